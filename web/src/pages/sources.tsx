// SPDX-License-Identifier: Apache-2.0
// What producers offer: found by words of their variables, narrowed by producer, theme, level, route
// and purpose, each with how many it would leave.
import { query } from "../api/client";
import { useList, useResource } from "../api/resource";
import type { Source, SourceFacets } from "../api/types";
import { t, tn } from "../i18n";
import { formatList, formatNumber } from "../i18n/format";
import { word } from "../i18n/words";
import type { WordList } from "../api/words";
import { WordBadge } from "../parts/badge";
import { Command, option } from "../parts/command";
import { Filters } from "../parts/filters";
import type { Choice } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Loaded, Page } from "../parts/page";
import { navigate, useAddress } from "../router";
import { hasRole, useMe } from "../session";

type Count = SourceFacets["themes"][number];

/** Choices with their counts; the chosen one stays, also when it leaves nothing. */
function choicesOf(list: WordList, counts: Count[] | undefined, chosen: string): Choice[] {
  const rows = counts ?? [];
  const all = rows.some((row) => row.value === chosen) || chosen === ""
    ? rows
    : [...rows, { value: chosen, count: 0 }];
  return all
    .map((row) => ({
      value: row.value,
      text: `${word(list, row.value)} (${formatNumber(row.count)})`,
    }))
    .sort((a, b) => a.text.localeCompare(b.text));
}

function Card({ source, words }: { source: Source; words: string }) {
  const to = `/sources/${source.id}${query({ v: words })}`;
  return (
    <li class="result">
      <div class="row row-between">
        <h2>
          <a href={to}>{source.title}</a>
        </h2>
        <span class="row">
          {source.levels.map((level) => (
            <WordBadge key={level} list="level" value={level} />
          ))}
        </span>
      </div>
      <p class="note">
        {source.organisation.name} · {word("theme", source.theme)} ·{" "}
        {tn("sources.datasets", source.dataset_count)}
      </p>
      <p class="prose result-summary">{source.summary}</p>
      <p class="note">
        {t("sources.for", {
          routes: formatList(source.routes.map((route) => word("route", route))),
          purposes: formatList(source.purposes.map((purpose) => word("purpose", purpose))),
        })}
      </p>
    </li>
  );
}

const NAMES = ["q", "producer", "theme", "level", "route", "purpose"] as const;

function useFilters(): Record<(typeof NAMES)[number], string> {
  const [q] = useAddress("q");
  const [producer] = useAddress("producer");
  const [theme] = useAddress("theme");
  const [level] = useAddress("level");
  const [route] = useAddress("route");
  const [purpose] = useAddress("purpose");
  return { q, producer, theme, level, route, purpose };
}

function FilterStrip({ filters }: { filters: ReturnType<typeof useFilters> }) {
  const facets = useResource<SourceFacets>(`/source-facets${query(filters)}`);
  const data = facets.data;
  const producers = (data?.producers ?? []).map((row) => ({
    value: row.id,
    text: `${row.name} (${formatNumber(row.count)})`,
  }));
  return (
    <div class="stack-tight">
      <Filters
        label={t("sources.search")}
        search={{ label: t("sources.words") }}
        selects={[
          { name: "producer", label: t("sources.producer"), choices: producers },
          {
            name: "theme",
            label: t("sources.theme"),
            choices: choicesOf("theme", data?.themes, filters.theme),
          },
          {
            name: "level",
            label: t("dataset.level"),
            choices: choicesOf("level", data?.levels, filters.level),
          },
          {
            name: "route",
            label: t("sources.route"),
            choices: choicesOf("route", data?.routes, filters.route),
          },
          {
            name: "purpose",
            label: t("sources.purpose"),
            choices: choicesOf("purpose", data?.purposes, filters.purpose),
          },
        ]}
      />
      <div class="row row-between">
        <p class="note" role="status">
          {data && tn("sources.found", data.total)}
        </p>
        {NAMES.some((name) => filters[name] !== "") && (
          <button type="button" class="button button-small" onClick={() => navigate("/sources", true)}>
            <Icon name="close" />
            {t("sources.clear")}
          </button>
        )}
      </div>
    </div>
  );
}

export function Sources() {
  const me = useMe();
  const filters = useFilters();
  const path = `/sources${query(filters)}`;
  const list = useList<Source>(path);
  const filtered = NAMES.some((name) => filters[name] !== "");
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
      <div class="stack-wide">
        <FilterStrip filters={filters} />
        <Loaded of={list}>
          {(items) =>
            items.length === 0 ? (
              <Empty icon="data">
                <p>{filtered ? t("sources.none_found") : t("sources.none")}</p>
              </Empty>
            ) : (
              <div class="stack">
                <ul class="results" role="list">
                  {items.map((source) => (
                    <Card key={source.id} source={source} words={filters.q} />
                  ))}
                </ul>
                {list.more && (
                  <div>
                    <button type="button" class="button" onClick={() => void list.more?.()}>
                      {t("action.more")}
                    </button>
                  </div>
                )}
              </div>
            )
          }
        </Loaded>
        <Command
          lines={[
            { cli: ["source", "list", ...option("search", filters.q)], call: { method: "GET", path } },
          ]}
        />
      </div>
    </Page>
  );
}
