// SPDX-License-Identifier: Apache-2.0
// What I was told, newest first; what was not read yet stands out.
import { api, query } from "../api/client";
import { useList, type List } from "../api/resource";
import type { NoticeRow } from "../api/types";
import { language, t, tMaybe, tn } from "../i18n";
import { ActionButton } from "../parts/action";
import { Badge } from "../parts/badge";
import { Command } from "../parts/command";
import { Icon, type IconName } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Loaded, Page, Panel } from "../parts/page";
import { Time } from "../parts/time";
import { useAddress } from "../router";
import { useMe } from "../session";

const ICON: Record<NoticeRow["group"], IconName> = {
  act: "sign",
  decided: "good",
  rights: "shield",
  services: "service",
  account: "person",
  platform: "settings",
};

function reasonText(reason: string): string | undefined {
  if (reason === "") return undefined;
  return tMaybe(`reason.${reason}`) ?? tMaybe(`problem.${reason}`, { detail: "" });
}

function Row({ notice, reload }: { notice: NoticeRow; reload: () => Promise<void> }) {
  const here = language.get();
  const unread = notice.read === null;
  const reason = reasonText(notice.reason);
  const read = async () => {
    await api.post(`/me/notices/${notice.id}/read`);
    await reload();
  };
  const open = () => {
    if (unread) void api.post(`/me/notices/${notice.id}/read`).catch(() => {});
  };
  return (
    <li class={unread ? "told told-new" : "told"}>
      <Icon name={ICON[notice.group] ?? "info"} />
      <div class="stack-tight">
        <div class="row row-between">
          <a class="strong" href={notice.address} onClick={open}>
            {notice.subject[here]}
          </a>
          <span class="row">
            {unread && <Badge tone="info">{t("told.new")}</Badge>}
            <span class="note">
              <Time at={notice.created} as="ago" />
            </span>
          </span>
        </div>
        <p>{notice.sentence[here]}</p>
        {reason && <p class="soft">{reason}</p>}
        {notice.detail && <p class="soft quote">{notice.detail}</p>}
        <div class="row row-between">
          <span class="note">{notice.project?.title}</span>
          {unread && (
            <ActionButton
              small
              kind="plain"
              act={read}
              label={t("told.read_one", { subject: notice.subject[here] })}
            >
              {t("told.read")}
            </ActionButton>
          )}
        </div>
      </div>
    </li>
  );
}

function Rows({ list }: { list: List<NoticeRow> }) {
  return (
    <Loaded of={list}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty icon="inbox" title={t("told.none")}>
            <p>{t("told.none_text")}</p>
          </Empty>
        ) : (
          <div class="stack">
            <ul role="list" class="told-list">
              {rows.map((notice) => (
                <Row key={notice.id} notice={notice} reload={list.reload} />
              ))}
            </ul>
            <p class="row note">
              {list.more && <ActionButton act={list.more}>{t("action.more")}</ActionButton>}
              {tn("told.count", rows.length)}
            </p>
          </div>
        )
      }
    </Loaded>
  );
}

export function Notifications() {
  const me = useMe();
  const [shown, show] = useAddress("show");
  const list = useList<NoticeRow>(`/me/notices${query({ unread: shown === "unread" ? "true" : undefined })}`, [
    `person:${me.id}`,
  ]);
  const readAll = async () => {
    await api.post("/me/notices/read");
    await list.reload();
  };
  const some = list.data?.some((notice) => notice.read === null);
  return (
    <Page
      title={t("told.title")}
      lead={t("told.lead")}
      actions={
        <>
          {some && (
            <ActionButton icon="good" act={readAll}>
              {t("told.read_all")}
            </ActionButton>
          )}
          <a class="button" href="/account/notifications">
            {t("told.choose")}
          </a>
        </>
      }
    >
      <div class="stack-wide">
        <Panel
          title={t("told.list")}
          actions={
            <button
              type="button"
              class="button button-small"
              aria-pressed={shown === "unread"}
              onClick={() => show(shown === "unread" ? "" : "unread")}
            >
              {t("told.only_new")}
            </button>
          }
        >
          <Rows list={list} />
        </Panel>
        <Command
          lines={[
            { text: t("told.list"), cli: ["notice", "list"], call: { method: "GET", path: "/me/notices" } },
            {
              text: t("told.read_all"),
              cli: ["notice", "read", "--all"],
              call: { method: "POST", path: "/me/notices/read" },
            },
          ]}
        />
      </div>
    </Page>
  );
}
