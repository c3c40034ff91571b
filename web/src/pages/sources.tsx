// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { query } from "../api/client";
import { useList } from "../api/resource";
import type { Source } from "../api/types";
import { t } from "../i18n";
import { formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Page, Panel } from "../parts/page";
import { SearchBox } from "../parts/search";
import { ListTable } from "../parts/table";
import { hasRole, useMe } from "../session";

export function Sources() {
  const me = useMe();
  const [search, setSearch] = useState("");
  const list = useList<Source>(`/sources${query({ q: search })}`);
  return (
    <Page
      title={t("nav.sources")}
      lead={t("sources.lead")}
      actions={
        hasRole(me, "producer") && (
          <a class="button button-primary" href="/sources/new">
            <Icon name="plus" />
            {t("sources.new")}
          </a>
        )
      }
    >
      <Panel>
        <div class="stack">
          <SearchBox label={t("sources.search")} onSearch={setSearch} />
          <ListTable
            list={list}
            caption={t("nav.sources")}
            id={(source) => source.id}
            empty={
              <Empty icon="data">
                <p>{search === "" ? t("sources.none") : t("sources.none_found")}</p>
              </Empty>
            }
            columns={[
              {
                title: t("sources.title"),
                head: true,
                cell: (source) => <a href={`/sources/${source.id}`}>{source.title}</a>,
              },
              { title: t("sources.producer"), cell: (source) => source.organisation.name },
              {
                title: t("sources.routes"),
                cell: (source) => formatList(source.routes.map((route) => word("route", route))),
              },
              {
                title: t("sources.purposes"),
                cell: (source) =>
                  formatList(source.purposes.map((purpose) => word("purpose", purpose))),
              },
            ]}
          />
        </div>
      </Panel>
    </Page>
  );
}
