// SPDX-License-Identifier: Apache-2.0
// What every list of projects has: how it is narrowed, and the columns that say which project it is.
import { useEffect } from "preact/hooks";
import type { Project } from "../api/types";
import { WORDS, type WordList } from "../api/words";
import { t } from "../i18n";
import { word } from "../i18n/words";
import { useAddress } from "../router";
import { TierBadge, WordBadge } from "./badge";
import { holdsWords } from "./filters";
import type { Column } from "./table";
import { Time } from "./time";

type Listed = Pick<Project, "id" | "title" | "tier" | "state" | "ends" | "organisation">;

export const wordChoices = (list: WordList) =>
  WORDS[list].map((value) => ({ value, text: word(list, value) }));

/** The selects of tier and state; their names are those that useProjectFilter() reads. */
export const projectSelects = () => [
  { name: "tier", label: t("projects.tier"), choices: wordChoices("tier") },
  { name: "state", label: t("projects.state"), choices: wordChoices("state") },
];

/** By words, tier and state, from the address. */
export function useProjectFilter() {
  const [words] = useAddress("q");
  const [tier] = useAddress("tier");
  const [state] = useAddress("state");
  return {
    narrowed: words !== "" || tier !== "" || state !== "",
    wanted: (project: Listed, ...more: string[]) =>
      holdsWords(words, project.title, project.organisation.name, ...more) &&
      (tier === "" || project.tier === tier) &&
      (state === "" || project.state === state),
  };
}

/** What one looks for may be on a later page of the list: reads on until there is none. */
export function useReadOn(
  narrowed: boolean,
  list: { data: unknown[] | undefined; more: (() => Promise<void>) | undefined },
): void {
  useEffect(() => {
    if (narrowed && list.more) void list.more();
  }, [narrowed, list.data?.length]);
}

export const titleColumn = <T extends Listed>(): Column<T> => ({
  title: t("projects.title"),
  head: true,
  name: "title",
  sort: (project) => project.title,
  cell: (project) => <a href={`/projects/${project.id}`}>{project.title}</a>,
});

export const organisationColumn = <T extends Listed>(): Column<T> => ({
  title: t("projects.organisation"),
  name: "organisation",
  sort: (project) => project.organisation.name,
  cell: (project) => project.organisation.name,
});

export const standingColumns = <T extends Listed>(): Column<T>[] => [
  {
    title: t("projects.tier"),
    name: "tier_order",
    sort: (project) => WORDS.tier.indexOf(project.tier),
    cell: (project) => <TierBadge tier={project.tier} />,
  },
  { title: t("projects.state"), cell: (project) => <WordBadge list="state" value={project.state} /> },
];

export const endsColumn = <T extends Listed>(): Column<T> => ({
  title: t("projects.ends"),
  name: "ends",
  sort: (project) => project.ends,
  cell: (project) => <Time at={project.ends} as="date" />,
});
