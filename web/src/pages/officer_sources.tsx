// SPDX-License-Identifier: Apache-2.0
// Sources of every producer, and the rule packs that they may carry.
import { LIMIT } from "../api/client";
import { useList } from "../api/resource";
import type { RulePack, Source } from "../api/types";
import { t } from "../i18n";
import { rulesText } from "../i18n/words";
import { Command } from "../parts/command";
import { Filters, holdsWords } from "../parts/filters";
import { Empty } from "../parts/notice";
import { OfficerPage } from "../parts/officer";
import { Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Term } from "../parts/term";
import { useAddress } from "../router";

function SourcesPanel({ sources, packs }: { sources: ReturnType<typeof useList<Source>>; packs: RulePack[] }) {
  const [words] = useAddress("q");
  const [pack] = useAddress("pack");
  const only = (source: Source) =>
    (pack === "" || source.rule_pack === pack) &&
    holdsWords(words, source.title, source.organisation.name);
  return (
    <Panel title={t("nav.sources")}>
      <div class="stack">
        <Filters
          search={{ label: t("officer_sources.search") }}
          selects={[
            {
              name: "pack",
              label: t("officer_sources.pack"),
              choices: packs.map((one) => ({ value: one.name, text: one.name })),
            },
          ]}
        />
        <ListTable
          list={sources}
          only={only}
          caption={t("nav.sources")}
          id={(source) => source.id}
          sorted="title"
          empty={
            <Empty icon="data">
              <p>{t("officer_sources.none")}</p>
            </Empty>
          }
          columns={[
            {
              title: t("officer_sources.title"),
              head: true,
              name: "title",
              sort: (source) => source.title,
              cell: (source) => <a href={`/sources/${source.id}`}>{source.title}</a>,
            },
            {
              title: t("projects.organisation"),
              name: "organisation",
              sort: (source) => source.organisation.name,
              cell: (source) => source.organisation.name,
            },
            {
              title: t("officer_sources.pack"),
              name: "pack",
              sort: (source) => source.rule_pack,
              cell: (source) => <code>{source.rule_pack}</code>,
            },
          ]}
        />
      </div>
    </Panel>
  );
}

function PacksPanel({ list, sources }: { list: ReturnType<typeof useList<RulePack>>; sources: Source[] }) {
  return (
    <Panel title={t("officer_sources.packs")} beside={<Term name="rule_pack" />}>
      <ListTable
        list={list}
        caption={t("officer_sources.packs")}
        id={(pack) => pack.name}
        address="packs"
        empty={<p class="soft">{t("officer_sources.no_pack")}</p>}
        columns={[
          {
            title: t("officer_sources.pack"),
            head: true,
            cell: (pack) => (
              <span class="stack-tight">
                <span>
                  <code>{pack.name}</code>{" "}
                  <span class="note">{t("officer_sources.version", { version: pack.version })}</span>
                </span>
                <span class="note">{pack.title}</span>
              </span>
            ),
          },
          {
            title: t("officer_sources.rules"),
            cell: (pack) => (
              <ul class="plain">
                {rulesText(pack.rules).map((rule) => (
                  <li key={rule}>{rule}</li>
                ))}
              </ul>
            ),
          },
          { title: t("officer_sources.reference"), cell: (pack) => <span class="note">{pack.reference || "–"}</span> },
          {
            title: t("nav.sources"),
            number: true,
            cell: (pack) => sources.filter((source) => source.rule_pack === pack.name).length,
          },
        ]}
      />
    </Panel>
  );
}

export function OfficerSources() {
  const sources = useList<Source>(`/sources?limit=${LIMIT}`);
  const packs = useList<RulePack>("/rule-packs");
  return (
    <OfficerPage
      here="/officer/sources"
      title={t("officer.sources")}
      lead={t("officer_sources.lead")}
      actions={
        <a class="button" href="/keys">
          {t("keys.title")}
        </a>
      }
    >
      <SourcesPanel sources={sources} packs={packs.data ?? []} />
      <PacksPanel list={packs} sources={sources.data ?? []} />
      <Command lines={[{ cli: ["source", "list"], call: { method: "GET", path: "/sources" } }]} />
    </OfficerPage>
  );
}
