// SPDX-License-Identifier: Apache-2.0
// Applications that await the reader, those they write, and all that they may see, narrowed by state
// and source.
import { query } from "../api/client";
import { useList, type List } from "../api/resource";
import type { Application, Source } from "../api/types";
import { WORDS } from "../api/words";
import { t, tMaybe } from "../i18n";
import { formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { TierBadge, WordBadge } from "../parts/badge";
import { Command } from "../parts/command";
import { Filters, holdsWords } from "../parts/filters";
import { Empty } from "../parts/notice";
import { Page, Panel } from "../parts/page";
import { ListTable, type Column } from "../parts/table";
import { Time } from "../parts/time";
import { useAddress } from "../router";
import { hasRole, useMe } from "../session";

function titleOf(application: Application): string {
  const titles = application.datasets.map((dataset) => dataset.title);
  return titles.length === 0 ? t("application.none_chosen") : titles.join(", ");
}

/** Whose turn it is, in words. */
function turnOf(application: Application): string {
  const who = application.needs.flatMap((need) => need.waits_for);
  return who.length === 0
    ? "–"
    : formatList([...new Set(who.map((one) => tMaybe(`who.${one}`) ?? one))]);
}

function columns(): Column<Application>[] {
  return [
    {
      title: t("application.datasets"),
      head: true,
      cell: (application) => (
        <a href={`/applications/${application.id}`}>{titleOf(application)}</a>
      ),
    },
    {
      title: t("application.project"),
      name: "project",
      sort: (application) => application.project.title,
      cell: (application) => application.project.title,
    },
    {
      title: t("projects.tier"),
      cell: (application) => <TierBadge tier={application.project.tier} />,
    },
    {
      title: t("application.persons"),
      cell: (application) => application.persons.map((person) => person.name).join(", "),
    },
    {
      title: t("application.submitted"),
      name: "submitted",
      sort: (application) => application.submitted,
      cell: (application) => <Time at={application.submitted} as="ago" />,
    },
    { title: t("application.turn"), cell: turnOf },
    {
      title: t("projects.state"),
      cell: (application) => <WordBadge list="application_state" value={application.state} />,
    },
  ];
}

function ApplicationTable(props: {
  list: List<Application>;
  caption: string;
  empty: string;
  address: string;
  sorted?: string;
  only?: (application: Application) => boolean;
}) {
  return (
    <ListTable
      list={props.list}
      caption={props.caption}
      id={(application) => application.id}
      address={props.address}
      sorted={props.sorted}
      only={props.only}
      empty={
        <Empty icon="good">
          <p>{props.empty}</p>
        </Empty>
      }
      columns={columns()}
    />
  );
}

export function Applications() {
  const me = useMe();
  const topics = ["applications", `person:${me.id}`];
  const [words] = useAddress("q");
  const [state] = useAddress("state");
  const [source] = useAddress("source");
  const path = `/applications${query({ state, source })}`;
  const awaiting = useList<Application>("/applications?awaiting=me", topics);
  const all = useList<Application>(path, topics);
  const mine = useList<Source>("/sources?steward=me&limit=200");
  const lead = hasRole(me, "committee") ? t("applications.committee") : t("applications.steward");
  const matches = (application: Application) =>
    holdsWords(
      words,
      titleOf(application),
      application.project.title,
      ...application.persons.map((person) => person.name),
    );
  return (
    <Page title={t("nav.applications")} lead={lead}>
      <div class="stack-wide">
        <Panel title={t("applications.awaiting")}>
          <ApplicationTable
            list={awaiting}
            caption={t("applications.awaiting")}
            empty={t("applications.none_awaiting")}
            address="sort"
            sorted="submitted"
          />
        </Panel>
        <Panel title={t("applications.all")}>
          <div class="stack">
            <Filters
              search={{ label: t("applications.search") }}
              selects={[
                {
                  name: "state",
                  label: t("projects.state"),
                  choices: WORDS.application_state.map((value) => ({
                    value,
                    text: word("application_state", value),
                  })),
                },
                ...(mine.data && mine.data.length > 0
                  ? [
                      {
                        name: "source",
                        label: t("applications.source"),
                        choices: mine.data.map((one) => ({ value: one.id, text: one.title })),
                      },
                    ]
                  : []),
              ]}
            />
            <ApplicationTable
              list={all}
              caption={t("applications.all")}
              empty={t("applications.none")}
              address="sort_all"
              only={words === "" ? undefined : matches}
            />
          </div>
        </Panel>
        <Command
          lines={[{ cli: ["application", "list"], call: { method: "GET", path } }]}
        />
      </div>
    </Page>
  );
}
