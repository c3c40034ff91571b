// SPDX-License-Identifier: Apache-2.0
// The projects that the person may see, narrowed and sorted; the view is in the address.
import { query } from "../api/client";
import { useList } from "../api/resource";
import type { Project } from "../api/types";
import { t } from "../i18n";
import { word } from "../i18n/words";
import { Command } from "../parts/command";
import { Filters } from "../parts/filters";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Page, Panel } from "../parts/page";
import {
  endsColumn, organisationColumn, projectSelects, standingColumns, titleColumn, useProjectFilter, useReadOn,
  wordChoices,
} from "../parts/project_list";
import { ListTable } from "../parts/table";
import { Term } from "../parts/term";
import { useAddress } from "../router";
import { hasRole, useMe } from "../session";

const LIMIT = 200;

export function Projects() {
  const me = useMe();
  const [role] = useAddress("role");
  const list = useList<Project>(`/projects${query({ limit: LIMIT })}`, [`person:${me.id}`]);
  const filter = useProjectFilter();
  const wanted = (project: Project) =>
    filter.wanted(project, project.slug) && (role === "" || project.my_roles.some((one) => one === role));
  useReadOn(filter.narrowed || role !== "", list);
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
                ...projectSelects(),
                { name: "role", label: t("projects.my_role"), choices: wordChoices("project_role") },
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
                titleColumn<Project>(),
                organisationColumn<Project>(),
                { title: t("projects.route"), cell: (project) => word("route", project.route) },
                ...standingColumns<Project>(),
                endsColumn<Project>(),
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
