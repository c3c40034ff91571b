// SPDX-License-Identifier: Apache-2.0
// The bell: how many notices were not read yet, as the server tells it.
import { useResource } from "../api/resource";
import type { NoticePage, Person } from "../api/types";
import { t, tn } from "../i18n";
import { formatNumber } from "../i18n/format";
import { place } from "../router";
import { useStore } from "../store";
import { Icon } from "./icon";

const MOST = 99;

export function Bell({ person }: { person: Person }) {
  const told = useResource<NoticePage>("/me/notices?limit=1", [`person:${person.id}`]);
  const { path } = useStore(place);
  const unread = told.data?.unread ?? 0;
  return (
    <a
      class="bell"
      href="/notifications"
      aria-current={path === "/notifications" ? "page" : undefined}
      aria-label={unread > 0 ? tn("bell.unread", unread) : t("bell.none")}
    >
      <Icon name="bell" />
      {unread > 0 && (
        <span class="bell-count" aria-hidden="true">
          {unread > MOST ? `${MOST}+` : formatNumber(unread)}
        </span>
      )}
    </a>
  );
}
