// SPDX-License-Identifier: Apache-2.0
// One dataset: what it is and its variables.
import { useResource } from "../api/resource";
import type { Dataset, Source } from "../api/types";
import { t, tMaybe } from "../i18n";
import { Command } from "../parts/command";
import { formatBytes, formatNumber } from "../i18n/format";
import { WordBadge } from "../parts/badge";
import { Notice } from "../parts/notice";
import { Facts, LoadedPage, Page, Panel } from "../parts/page";
import { useReportAddress } from "../parts/risk";
import { Time } from "../parts/time";
import { Variables } from "../parts/variables";
import type { PageProps } from "../routes";
import { WaitingForFile } from "./dataset_publish";

/** How it was made by a recipe: for who answers for the source, as the report says how to undo a part. */
function Made({ dataset }: { dataset: Dataset }) {
  const source = useResource<Source>(`/sources/${dataset.source.id}`);
  const address = useReportAddress(`/datasets/${dataset.id}`);
  if (!source.data?.mine) return null;
  return (
    <Panel
      title={t("dataset.made")}
      actions={
        <a class="button" href={address} target="_blank" rel="noopener">
          {t("protection.report")}
        </a>
      }
    >
      <p>{t("dataset.made_text")}</p>
      <Command
        lines={[
          {
            cli: ["dataset", "report", dataset.id, "--page", "report.html"],
            call: { method: "GET", path: `/datasets/${dataset.id}/report` },
          },
        ]}
      />
    </Panel>
  );
}

function Inside({ dataset, reload }: { dataset: Dataset; reload: () => Promise<void> }) {
  return (
    <Page
      title={dataset.title}
      crumbs={[
        { to: "/sources", text: t("nav.sources") },
        ...(dataset.source
          ? [{ to: `/sources/${dataset.source.id}`, text: dataset.source.title }]
          : []),
      ]}
      beside={
        <>
          <WordBadge list="level" value={dataset.level} />
          <WordBadge list="dataset_state" value={dataset.state} />
        </>
      }
      actions={
        dataset.state === "published" && (
          <a class="button button-primary" href={`/sources/${dataset.source.id}`}>
            {t("dataset.how_to_apply")}
          </a>
        )
      }
    >
      <div class="stack-wide">
        {dataset.failure && <Notice tone="bad">{dataset.failure}</Notice>}
        {dataset.state === "draft" && (
          <Panel title={t("publish.file")}>
            <WaitingForFile dataset={dataset} done={reload} />
          </Panel>
        )}
        <Panel title={t("dataset.about")}>
          <Facts
            shape="grid"
            items={[
              [t("dataset.vintage"), dataset.vintage],
              [
                t("dataset.tiers"),
                dataset.tiers.map((tier) => tMaybe(`tier_name.${tier}`) ?? tier).join(", "),
              ],
              [t("dataset.version"), String(dataset.version)],
              [t("dataset.rows"), dataset.rows ? formatNumber(dataset.rows) : null],
              [t("files.size"), dataset.file_size ? formatBytes(dataset.file_size) : null],
              [t("dataset.published"), dataset.published && <Time at={dataset.published} />],
              [
                t("tier.encrypted"),
                dataset.encrypted ? t("answer.yes") : t("answer.no"),
              ],
              [
                t("dataset.path"),
                dataset.path ? <code class="break">{dataset.path}</code> : null,
              ],
              [
                "SHA-256",
                dataset.file_sha256 ? <code class="break">{dataset.file_sha256}</code> : null,
              ],
            ]}
          />
        </Panel>
        {dataset.has_report && <Made dataset={dataset} />}
        <Panel title={t("dataset.variables")}>
          <Variables datasets={[dataset]} />
        </Panel>
        <Command
          lines={[
            {
              cli: ["dataset", "show", dataset.id],
              call: { method: "GET", path: `/datasets/${dataset.id}` },
            },
          ]}
        />
      </div>
    </Page>
  );
}

export function DatasetPage({ params }: PageProps) {
  const dataset = useResource<Dataset>(`/datasets/${params.dataset}`);
  return <LoadedPage of={dataset}>{(data) => <Inside dataset={data} reload={dataset.reload} />}</LoadedPage>;
}
