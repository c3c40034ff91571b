// SPDX-License-Identifier: Apache-2.0
// One source: what it is, who may use it and for what, its datasets.
import { useResource } from "../api/resource";
import type { Page as ApiPage, RulePack, Source } from "../api/types";
import { t } from "../i18n";
import { formatList, formatNumber } from "../i18n/format";
import { rulesText, word } from "../i18n/words";
import { WordBadge } from "../parts/badge";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Facts, LoadedPage, Page, Panel } from "../parts/page";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import type { PageProps } from "../routes";
import { useMe } from "../session";

function Pack({ name }: { name: string }) {
  const packs = useResource<ApiPage<RulePack>>("/rule-packs");
  const pack = packs.data?.items.find((item) => item.name === name);
  if (!pack) return <code>{name}</code>;
  return (
    <>
      <code>{name}</code>
      <ul role="list" class="note">
        {rulesText(pack.rules).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </>
  );
}

function Datasets({ source }: { source: Source }) {
  const datasets = source.datasets ?? [];
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
          cell: (dataset) => <a href={`/datasets/${dataset.id}`}>{dataset.title}</a>,
        },
        { title: t("dataset.vintage"), cell: (dataset) => dataset.vintage },
        {
          title: t("dataset.level"),
          cell: (dataset) => <WordBadge list="level" value={dataset.level} />,
        },
        {
          title: t("dataset.rows"),
          number: true,
          cell: (dataset) => (dataset.rows ? formatNumber(dataset.rows) : "–"),
        },
        {
          title: t("dataset.state"),
          cell: (dataset) => <WordBadge list="dataset_state" value={dataset.state} />,
        },
        {
          title: t("dataset.published"),
          cell: (dataset) => <Time at={dataset.published} as="date" />,
        },
      ]}
    />
  );
}

function Inside({ source }: { source: Source }) {
  const me = useMe();
  const mine = source.mine ?? source.stewards.some((person) => person.id === me.id);
  return (
    <Page
      title={source.title}
      crumbs={[{ to: "/sources", text: t("nav.sources") }]}
      lead={source.organisation.name}
      actions={
        mine && (
          <a class="button button-primary" href={`/sources/${source.id}/publish`}>
            <Icon name="plus" />
            {t("source.publish")}
          </a>
        )
      }
    >
      <div class="columns">
        <div class="stack-wide">
          <Panel title={t("source.about")}>
            <p class="prose">{source.summary}</p>
          </Panel>
          <Panel title={t("source.datasets")}>
            <Datasets source={source} />
          </Panel>
        </div>
        <Panel title={t("source.use")}>
          <Facts
            items={[
              [t("sources.routes"), formatList(source.routes.map((item) => word("route", item)))],
              [
                t("sources.purposes"),
                formatList(source.purposes.map((item) => word("purpose", item))),
              ],
              [t("projects.legal_basis"), source.legal_basis],
              [t("source.stewards"), formatList(source.stewards.map((person) => person.name))],
              [t("source.rule_pack"), <Pack name={source.rule_pack} />],
            ]}
          />
        </Panel>
      </div>
    </Page>
  );
}

export function SourcePage({ params }: PageProps) {
  const source = useResource<Source>(`/sources/${params.source}`);
  return <LoadedPage of={source}>{(data) => <Inside source={data} />}</LoadedPage>;
}
