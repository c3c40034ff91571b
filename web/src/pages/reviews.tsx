// SPDX-License-Identifier: Apache-2.0
// The checker's queue, those that wait longest first, and what they have reviewed.
import { useList, type List } from "../api/resource";
import type { ExportBrief } from "../api/types";
import { t, tn } from "../i18n";
import { Badge, TierBadge, WordBadge } from "../parts/badge";
import { Command } from "../parts/command";
import { Empty } from "../parts/notice";
import { Page, Panel } from "../parts/page";
import { ListTable, type Column } from "../parts/table";
import { Time } from "../parts/time";
import { useMe } from "../session";

function Verdict({ of }: { of: ExportBrief }) {
  return of.files_flagged > 0 ? (
    <Badge tone="wait">{tn("reviews.flagged", of.files_flagged)}</Badge>
  ) : (
    <Badge tone="good">{t("reviews.pass")}</Badge>
  );
}

const TITLE: Column<ExportBrief> = {
  title: "",
  head: true,
  cell: (item) => <a href={`/exports/${item.id}/review`}>{item.title}</a>,
};

function columns(queue: boolean): Column<ExportBrief>[] {
  const shared: Column<ExportBrief>[] = [
    { ...TITLE, title: t("exports.title") },
    { title: t("application.project"), cell: (item) => item.project.title },
    { title: t("projects.tier"), cell: (item) => <TierBadge tier={item.project.tier} /> },
    { title: t("exports.author"), cell: (item) => item.author.name },
    { title: t("exports.round"), number: true, cell: (item) => item.round },
    { title: t("export.files"), number: true, cell: (item) => item.files_count },
  ];
  const last: Column<ExportBrief>[] = queue
    ? [
        { title: t("reviews.check"), cell: (item) => <Verdict of={item} /> },
        {
          title: t("review.checkers"),
          cell: (item) =>
            t("review.given_of", { given: item.reviews_given, needed: item.checkers_needed }),
        },
        { title: t("reviews.waiting"), cell: (item) => <Time at={item.submitted} as="ago" /> },
      ]
    : [
        {
          title: t("projects.state"),
          cell: (item) => <WordBadge list="export_state" value={item.state} />,
        },
        { title: t("export.decided"), cell: (item) => <Time at={item.decided} as="date" /> },
      ];
  return [...shared, ...last];
}

function Table(props: { list: List<ExportBrief>; caption: string; empty: string; queue: boolean }) {
  return (
    <ListTable
      list={props.list}
      caption={props.caption}
      id={(item) => item.id}
      address={props.queue ? "sort" : "sort_reviewed"}
      empty={
        <Empty icon="good">
          <p>{props.empty}</p>
        </Empty>
      }
      columns={columns(props.queue)}
    />
  );
}

export function Reviews() {
  const me = useMe();
  const topics = ["exports", `person:${me.id}`];
  const queue = useList<ExportBrief>("/exports?queue=review", topics);
  const reviewed = useList<ExportBrief>("/exports?queue=reviewed", topics);
  return (
    <Page title={t("nav.reviews")} lead={t("reviews.lead")}>
      <div class="stack-wide">
        <Panel title={t("reviews.queue")}>
          <Table list={queue} caption={t("reviews.queue")} empty={t("reviews.none")} queue />
        </Panel>
        <Panel title={t("reviews.reviewed")}>
          <Table
            list={reviewed}
            caption={t("reviews.reviewed")}
            empty={t("reviews.none_reviewed")}
            queue={false}
          />
        </Panel>
        <Command
          lines={[
            { cli: ["review", "list"], call: { method: "GET", path: "/exports?queue=review" } },
          ]}
        />
      </div>
    </Page>
  );
}
