// SPDX-License-Identifier: Apache-2.0
// Applications that a steward or the committee must decide, and those they saw before.
import { useList, type List } from "../api/resource";
import type { Application } from "../api/types";
import { t } from "../i18n";
import { TierBadge, WordBadge } from "../parts/badge";
import { Empty } from "../parts/notice";
import { Page, Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { hasRole, useMe } from "../session";

function ApplicationTable(props: { list: List<Application>; caption: string; empty: string }) {
  return (
    <ListTable
      list={props.list}
      caption={props.caption}
      id={(application) => application.id}
      empty={
        <Empty icon="good">
          <p>{props.empty}</p>
        </Empty>
      }
      columns={[
        {
          title: t("application.datasets"),
          head: true,
          cell: (application) => (
            <a href={`/applications/${application.id}`}>
              {application.datasets.map((dataset) => dataset.title).join(", ")}
            </a>
          ),
        },
        { title: t("application.project"), cell: (application) => application.project.title },
        {
          title: t("projects.tier"),
          cell: (application) =>
            application.project.tier ? <TierBadge tier={application.project.tier} /> : "–",
        },
        {
          title: t("application.persons"),
          cell: (application) => application.persons.map((person) => person.name).join(", "),
        },
        {
          title: t("application.submitted"),
          cell: (application) => <Time at={application.submitted} as="date" />,
        },
        {
          title: t("projects.state"),
          cell: (application) => <WordBadge list="application_state" value={application.state} />,
        },
      ]}
    />
  );
}

export function Applications() {
  const me = useMe();
  const topics = ["applications", `person:${me.id}`];
  const awaiting = useList<Application>("/applications?awaiting=me", topics);
  const all = useList<Application>("/applications", topics);
  const lead = hasRole(me, "committee") ? t("applications.committee") : t("applications.steward");
  return (
    <Page title={t("nav.applications")} lead={lead}>
      <div class="stack-wide">
        <Panel title={t("applications.awaiting")}>
          <ApplicationTable
            list={awaiting}
            caption={t("applications.awaiting")}
            empty={t("applications.none_awaiting")}
          />
        </Panel>
        <Panel title={t("applications.all")}>
          <ApplicationTable
            list={all}
            caption={t("applications.all")}
            empty={t("applications.none")}
          />
        </Panel>
      </div>
    </Page>
  );
}
