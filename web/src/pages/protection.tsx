// SPDX-License-Identifier: Apache-2.0
// A raw file on its way to being a use file: how far the recipe is, what it did, and the decision.
import { api } from "../api/client";
import { useResource } from "../api/resource";
import type { Protection, Source } from "../api/types";
import { t, tMaybe } from "../i18n";
import { formatBytes, formatList } from "../i18n/format";
import { ActionButton } from "../parts/action";
import { WordBadge } from "../parts/badge";
import { Command } from "../parts/command";
import { useEvery } from "../parts/every";
import { Notice } from "../parts/notice";
import { Facts, LoadedPage, Page, Panel } from "../parts/page";
import { Progress } from "../parts/progress";
import { Risk, useReportAddress } from "../parts/risk";
import type { PageProps } from "../routes";

const LOOK_MS = 700;

function Running({ of, reload }: { of: Protection; reload: () => Promise<void> }) {
  useEvery(LOOK_MS, reload);
  return (
    <Panel title={t("protection.running")}>
      <div class="stack" aria-live="polite">
        <Progress
          label={tMaybe(`recipe_step.${of.step}`) ?? t("protection.reading")}
          value={Math.round(of.done * 100)}
          since={Date.parse(of.changed)}
        />
        <p class="note">{t("protection.erased_after")}</p>
      </div>
    </Panel>
  );
}

function Decision({ of, reload }: { of: Protection; reload: () => Promise<void> }) {
  const act = (what: string) => async () => {
    await api.post(`/protections/${of.id}/${what}`);
    await reload();
  };
  return (
    <Panel title={t("protection.decision")}>
      <div class="stack">
        <p>{t("protection.decide")}</p>
        <div class="row">
          <ActionButton kind="primary" act={act("publish")}>
            {t("protection.publish")}
          </ActionButton>
          <ActionButton act={act("discard")}>{t("protection.discard")}</ActionButton>
        </div>
      </div>
    </Panel>
  );
}

function Result({ of }: { of: Protection }) {
  const address = useReportAddress(`/protections/${of.id}`);
  if (!of.summary) return null;
  return (
    <Panel
      title={t("protection.risk")}
      actions={
        <a class="button" href={address} target="_blank" rel="noopener">
          {t("protection.report")}
        </a>
      }
    >
      <Risk summary={of.summary} />
    </Panel>
  );
}

function Inside({ of, reload }: { of: Protection; reload: () => Promise<void> }) {
  const source = useResource<Source>(`/sources/${of.source}`);
  return (
    <Page
      title={of.title}
      crumbs={[
        { to: "/sources", text: t("nav.sources") },
        { to: `/sources/${of.source}`, text: source.data?.title ?? "…" },
        { to: `/sources/${of.source}/protect`, text: t("protect.title") },
      ]}
      beside={
        <>
          <WordBadge list="level" value={of.level} />
          <WordBadge list="protection_state" value={of.state} />
        </>
      }
      actions={
        of.dataset && (
          <a class="button button-primary" href={`/datasets/${of.dataset}`}>
            {t("protection.see_dataset")}
          </a>
        )
      }
    >
      <div class="stack-wide">
        {of.failure && <Notice tone="bad">{of.failure}</Notice>}
        {of.state === "published" && <Notice tone="good">{t("protection.published")}</Notice>}
        {of.state === "running" && <Running of={of} reload={reload} />}
        {of.state === "ready" && <Decision of={of} reload={reload} />}
        <Result of={of} />
        <Panel title={t("protection.about")}>
          <Facts
            shape="grid"
            items={[
              [t("protect.recipe"), of.recipe_title],
              [t("dataset.vintage"), of.vintage],
              [t("projects.slug"), <code>{of.slug}</code>],
              [t("keys.domains"), of.domains.length > 0 ? formatList(of.domains) : null],
              [t("protect.raw"), of.file_name ? `${of.file_name} (${formatBytes(of.file_size)})` : null],
              [t("protection.raw_sha256"), of.file_sha256 ? <code class="break">{of.file_sha256}</code> : null],
              [t("protect.by"), of.created_by],
            ]}
          />
        </Panel>
        <Command
          lines={[
            { cli: ["protection", "show", of.id], call: { method: "GET", path: `/protections/${of.id}` } },
            ...(of.state === "ready"
              ? [
                  {
                    text: t("protection.publish"),
                    cli: ["protection", "publish", of.id],
                    call: { method: "POST" as const, path: `/protections/${of.id}/publish` },
                  },
                ]
              : []),
          ]}
        />
      </div>
    </Page>
  );
}

export function ProtectionPage({ params }: PageProps) {
  const one = useResource<Protection>(`/protections/${params.protection}`);
  return <LoadedPage of={one}>{(data) => <Inside of={data} reload={one.reload} />}</LoadedPage>;
}
