// SPDX-License-Identifier: Apache-2.0
// One source: what it is, its datasets and variables, who may use it under which terms, and in which
// of my projects I can ask for it.
import { api } from "../api/client";
import { useResource } from "../api/resource";
import type {
  Application, Dataset, Opening, OpeningDataset, Page as ApiPage, RulePack, Source, SourceUse,
} from "../api/types";
import { t, tMaybe } from "../i18n";
import { formatList, formatNumber } from "../i18n/format";
import { rulesText, word } from "../i18n/words";
import { ActionButton } from "../parts/action";
import { TierBadge, WordBadge } from "../parts/badge";
import { Command, option } from "../parts/command";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Facts, Loaded, LoadedPage, Page, Panel } from "../parts/page";
import { useReportAddress } from "../parts/risk";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { Variables } from "../parts/variables";
import { navigate } from "../router";
import type { PageProps } from "../routes";
import { useMe } from "../session";

function Pack({ name }: { name: string }) {
  const packs = useResource<ApiPage<RulePack>>("/rule-packs");
  const pack = packs.data?.items.find((item) => item.name === name);
  if (!pack) return <code>{name}</code>;
  return (
    <>
      <ul role="list">
        {rulesText(pack.rules).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <p class="note">
        {pack.title} (<code>{name}</code>)
      </p>
    </>
  );
}

/** The way to an accreditation on one route, in words and in order. */
function Use({ use, organisation }: { use: SourceUse; organisation: string }) {
  return (
    <section class="stack-tight" aria-label={word("route", use.route)}>
      <h3>{word("route", use.route)}</h3>
      {use.own_organisation && <p>{t("source.own_only", { organisation })}</p>}
      <p>
        {use.purposes.length === 0
          ? t("source.no_purpose")
          : t("source.purposes", {
              purposes: formatList(use.purposes.map((purpose) => word("purpose", purpose))),
            })}
      </p>
      <ol class="way">
        {use.terms.map((term) => (
          <li key={term}>{tMaybe(`source.term_${term}`) ?? word("term", term)}</li>
        ))}
      </ol>
    </section>
  );
}

/** How a version was made, for who answers for it. */
function Report({ dataset }: { dataset: Dataset }) {
  const address = useReportAddress(`/datasets/${dataset.id}`);
  return (
    <a href={address} target="_blank" rel="noopener" aria-label={t("protection.report_of", { title: dataset.title })}>
      {t("protection.report_short")}
    </a>
  );
}

function Datasets({ datasets, mine }: { datasets: Dataset[]; mine: boolean }) {
  const reports = mine && datasets.some((dataset) => dataset.has_report);
  if (datasets.length === 0) {
    return (
      <Empty icon="data">
        <p>{t("source.no_dataset")}</p>
      </Empty>
    );
  }
  return (
    <Table
      caption={t("source.datasets")}
      rows={datasets}
      id={(dataset) => dataset.id}
      columns={[
        {
          title: t("dataset.title"),
          head: true,
          name: "title",
          sort: (dataset) => dataset.title,
          cell: (dataset) => <a href={`/datasets/${dataset.id}`}>{dataset.title}</a>,
        },
        {
          title: t("dataset.vintage"),
          name: "vintage",
          sort: (dataset) => dataset.vintage,
          cell: (dataset) => dataset.vintage,
        },
        {
          title: t("dataset.level"),
          cell: (dataset) => <WordBadge list="level" value={dataset.level} />,
        },
        {
          title: t("dataset.tiers"),
          cell: (dataset) =>
            dataset.tiers.map((tier) => tMaybe(`tier_name.${tier}`) ?? tier).join(", "),
        },
        {
          title: t("dataset.rows"),
          number: true,
          cell: (dataset) => (dataset.rows ? formatNumber(dataset.rows) : "–"),
        },
        {
          title: t("dataset.published"),
          cell: (dataset) =>
            dataset.state === "published" ? (
              <Time at={dataset.published} as="date" />
            ) : (
              <WordBadge list="dataset_state" value={dataset.state} />
            ),
        },
        ...(reports
          ? [
              {
                title: t("protection.report_column"),
                cell: (dataset: Dataset) => (dataset.has_report ? <Report dataset={dataset} /> : null),
              },
            ]
          : []),
      ]}
    />
  );
}

/** What one can do for one dataset in one project. */
function OpeningLine(props: { opening: Opening; row: OpeningDataset; title: string }) {
  const { opening, row } = props;
  const me = useMe();
  const begin = async () => {
    const draft = await api.post<Application>(`/projects/${opening.project.id}/applications`, {
      datasets: [row.dataset],
      persons: [me.login],
    });
    navigate(`/applications/${draft.id}`);
  };
  const link = row.application && (
    <a class="button button-small" href={`/applications/${row.application}`}>
      {row.state === "draft" ? t("source.continue") : t("source.see_application")}
    </a>
  );
  return (
    <li class="opening">
      <div>
        <p>{props.title}</p>
        {row.state === "accredited" ? (
          <p class="note row">
            <Icon name="good" class="met" />
            {t("source.accredited")}
          </p>
        ) : row.state === "asked" ? (
          <p class="note">{t("source.asked")}</p>
        ) : (
          !row.allowed && (
            <p class="note">{tMaybe(`problem.${row.reason}`) ?? row.detail}</p>
          )
        )}
      </div>
      {row.state === "none"
        ? row.allowed && (
            <ActionButton small act={begin} label={t("source.apply_for", { dataset: props.title })}>
              {t("source.apply")}
            </ActionButton>
          )
        : link}
    </li>
  );
}

function Openings({ source }: { source: Source }) {
  const me = useMe();
  const openings = useResource<ApiPage<Opening>>(`/sources/${source.id}/openings`, [
    `person:${me.id}`,
    "applications",
  ]);
  const titles = new Map((source.datasets ?? []).map((one) => [one.id, `${one.title} (${one.vintage})`]));
  return (
    <Loaded of={openings}>
      {({ items }) =>
        items.length === 0 ? (
          <p class="soft">{t("source.no_project")}</p>
        ) : (
          <div class="stack">
            {items.map((opening) => (
              <section key={opening.project.id} class="stack-tight" aria-label={opening.project.title}>
                <h3 class="row">
                  <a href={`/projects/${opening.project.id}/data`}>{opening.project.title}</a>
                  <TierBadge tier={opening.project.tier} />
                </h3>
                <ul class="openings" role="list">
                  {opening.datasets.map((row) => (
                    <OpeningLine
                      key={row.dataset}
                      opening={opening}
                      row={row}
                      title={titles.get(row.dataset) ?? row.dataset}
                    />
                  ))}
                </ul>
              </section>
            ))}
          </div>
        )
      }
    </Loaded>
  );
}

function Inside({ source }: { source: Source }) {
  const me = useMe();
  const datasets = source.datasets ?? [];
  const published = datasets.filter((dataset) => dataset.state === "published");
  const first = published[0];
  return (
    <Page
      title={source.title}
      crumbs={[{ to: "/sources", text: t("nav.sources") }]}
      beside={source.levels.map((level) => (
        <WordBadge key={level} list="level" value={level} />
      ))}
      lead={`${source.organisation.name} · ${word("theme", source.theme)}`}
      actions={
        source.mine && (
          <>
            <a class="button" href={`/sources/${source.id}/edit`}>
              {t("source.edit")}
            </a>
            <a class="button" href={`/applications?source=${source.id}`}>
              {t("source.applications")}
            </a>
            <a class="button" href={`/sources/${source.id}/protect`}>
              {t("protect.title")}
            </a>
            <a class="button button-primary" href={`/sources/${source.id}/publish`}>
              <Icon name="plus" />
              {t("source.publish")}
            </a>
          </>
        )
      }
    >
      <div class="stack-wide">
      <div class="columns">
        <div class="stack-wide">
          <Panel title={t("source.about")}>
            <p class="prose">{source.summary}</p>
          </Panel>
          <Panel title={t("source.datasets")}>
            <Datasets datasets={datasets} mine={source.mine} />
          </Panel>
          {published.length > 0 && (
            <Panel title={t("dataset.variables")}>
              <Variables datasets={published} />
            </Panel>
          )}
        </div>
        <div class="stack-wide">
          {published.length > 0 && (
            <Panel title={t("source.apply_title")}>
              <Openings source={source} />
            </Panel>
          )}
          <Panel title={t("source.use")}>
            <div class="stack">
              {source.uses.map((use) => (
                <Use key={use.route} use={use} organisation={source.organisation.name} />
              ))}
            </div>
          </Panel>
          <Panel title={t("source.terms")}>
            <Facts
              items={[
                [t("projects.legal_basis"), source.legal_basis],
                [t("source.stewards"), formatList(source.stewards.map((person) => person.name))],
                [t("source.rule_pack"), <Pack name={source.rule_pack} />],
              ]}
            />
          </Panel>
        </div>
      </div>
      <Command
        lines={[
          {
            text: t("command.this"),
            cli: ["source", "show", source.slug],
            call: { method: "GET", path: `/sources/${source.id}` },
          },
          ...(first
            ? [
                {
                  text: t("source.apply"),
                  cli: ["application", "create", "PROJECT", first.id, ...option("person", me.login)],
                  call: {
                    method: "POST" as const,
                    path: "/projects/PROJECT/applications",
                    body: { datasets: [first.id], persons: [me.login] },
                  },
                },
              ]
            : []),
        ]}
      />
      </div>
    </Page>
  );
}

export function SourcePage({ params }: PageProps) {
  const source = useResource<Source>(`/sources/${params.source}`);
  return <LoadedPage of={source}>{(data) => <Inside source={data} />}</LoadedPage>;
}
