// SPDX-License-Identifier: Apache-2.0
// The projects that the person may see, narrowed and sorted; the view is in the address.
import { useEffect } from "preact/hooks";
import { query } from "../api/client";
import { useList } from "../api/resource";
import type { Project } from "../api/types";
import { WORDS, type WordList } from "../api/words";
import { t } from "../i18n";
import { word } from "../i18n/words";
import { TierBadge, WordBadge } from "../parts/badge";
import { Command } from "../parts/command";
import { Filters, holdsWords } from "../parts/filters";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Page, Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Term } from "../parts/term";
import { Time } from "../parts/time";
import { useAddress } from "../router";
import { hasRole, useMe } from "../session";

const LIMIT = 200;

const choices = (list: WordList) =>
  WORDS[list].map((value) => ({ value, text: word(list, value) }));

export function Projects() {
  const me = useMe();
  const [words] = useAddress("q");
  const [tier] = useAddress("tier");
  const [state] = useAddress("state");
  const [role] = useAddress("role");
  const list = useList<Project>(`/projects${query({ limit: LIMIT })}`, [`person:${me.id}`]);
  const narrowed = words !== "" || tier !== "" || state !== "" || role !== "";
  const wanted = (project: Project) =>
    holdsWords(words, project.title, project.organisation.name, project.slug) &&
    (tier === "" || project.tier === tier) &&
    (state === "" || project.state === state) &&
    (role === "" || project.my_roles.some((one) => one === role));
  // What one looks for may be on a later page of the list: read on until there is none.
  useEffect(() => {
    if (narrowed && list.more) void list.more();
  }, [narrowed, list.data?.length]);
  return (
    <Page
      title={t("nav.projects")}
      lead={
        <>
          {t("projects.lead")} <Term name="project" /> · <Term name="tier" />
        </>
      }
      actions={
        hasRole(me, "officer") && (
          <a class="button button-primary" href="/projects/new">
            <Icon name="plus" />
            {t("projects.new")}
          </a>
        )
      }
    >
      <div class="stack">
        <Panel>
          <div class="stack">
            <Filters
              search={{ label: t("projects.search") }}
              selects={[
                { name: "tier", label: t("projects.tier"), choices: choices("tier") },
                { name: "state", label: t("projects.state"), choices: choices("state") },
                { name: "role", label: t("projects.my_role"), choices: choices("project_role") },
              ]}
            />
            <ListTable
              list={list}
              only={wanted}
              caption={t("nav.projects")}
              id={(project) => project.id}
              empty={
                <Empty icon="project">
                  <p>{t("home.no_project")}</p>
                </Empty>
              }
              columns={[
                {
                  title: t("projects.title"),
                  head: true,
                  name: "title",
                  sort: (project) => project.title,
                  cell: (project) => <a href={`/projects/${project.id}`}>{project.title}</a>,
                },
                {
                  title: t("projects.organisation"),
                  name: "organisation",
                  sort: (project) => project.organisation.name,
                  cell: (project) => project.organisation.name,
                },
                { title: t("projects.route"), cell: (project) => word("route", project.route) },
                {
                  title: t("projects.tier"),
                  name: "tier_order",
                  sort: (project) => WORDS.tier.indexOf(project.tier),
                  cell: (project) => <TierBadge tier={project.tier} />,
                },
                {
                  title: t("projects.state"),
                  cell: (project) => <WordBadge list="state" value={project.state} />,
                },
                {
                  title: t("projects.ends"),
                  name: "ends",
                  sort: (project) => project.ends,
                  cell: (project) => <Time at={project.ends} as="date" />,
                },
              ]}
            />
          </div>
        </Panel>
        <Command
          lines={[{ cli: ["project", "list"], call: { method: "GET", path: "/projects" } }]}
        />
      </div>
    </Page>
  );
}
