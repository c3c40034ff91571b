// SPDX-License-Identifier: Apache-2.0
// The checker's queue: exports that await a review, oldest first.
import { useList } from "../api/resource";
import type { ExportBrief } from "../api/types";
import { t } from "../i18n";
import { TierBadge } from "../parts/badge";
import { Empty } from "../parts/notice";
import { Page, Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { useMe } from "../session";

export function Reviews() {
  const me = useMe();
  const queue = useList<ExportBrief>("/exports?queue=review", ["exports", `person:${me.id}`]);
  return (
    <Page title={t("nav.reviews")} lead={t("reviews.lead")}>
      <Panel title={t("reviews.queue")}>
        <ListTable
          list={queue}
          caption={t("reviews.queue")}
          id={(item) => item.id}
          empty={
            <Empty icon="good">
              <p>{t("reviews.none")}</p>
            </Empty>
          }
          columns={[
            {
              title: t("exports.title"),
              head: true,
              cell: (item) => <a href={`/exports/${item.id}/review`}>{item.title}</a>,
            },
            { title: t("application.project"), cell: (item) => item.project.title },
            {
              title: t("projects.tier"),
              cell: (item) => (item.project.tier ? <TierBadge tier={item.project.tier} /> : "–"),
            },
            { title: t("exports.author"), cell: (item) => item.author.name },
            { title: t("exports.round"), number: true, cell: (item) => item.round },
            {
              title: t("application.submitted"),
              cell: (item) => <Time at={item.submitted} as="ago" />,
            },
          ]}
        />
      </Panel>
    </Page>
  );
}
