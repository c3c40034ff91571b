// SPDX-License-Identifier: Apache-2.0
// The projects that the person may see.
import { useState } from "preact/hooks";
import { useList } from "../api/resource";
import type { Project } from "../api/types";
import { t } from "../i18n";
import { word } from "../i18n/words";
import { TierBadge, WordBadge } from "../parts/badge";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Page, Panel } from "../parts/page";
import { SearchBox } from "../parts/search";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { hasRole, useMe } from "../session";

export function Projects() {
  const me = useMe();
  const [search, setSearch] = useState("");
  const list = useList<Project>("/projects", [`person:${me.id}`]);
  const wanted = search.toLowerCase();
  const shown = list.data?.filter((project) =>
    `${project.title} ${project.organisation.name}`.toLowerCase().includes(wanted),
  );
  return (
    <Page
      title={t("nav.projects")}
      actions={
        hasRole(me, "officer") && (
          <a class="button button-primary" href="/projects/new">
            <Icon name="plus" />
            {t("projects.new")}
          </a>
        )
      }
    >
      <Panel>
        <div class="stack">
          <SearchBox label={t("projects.search")} onSearch={setSearch} />
          <ListTable
            list={{ ...list, data: shown }}
            caption={t("nav.projects")}
            id={(project) => project.id}
            empty={
              <Empty icon="project">
                <p>{search === "" ? t("home.no_project") : t("projects.none_found")}</p>
              </Empty>
            }
            columns={[
              {
                title: t("projects.title"),
                head: true,
                cell: (project) => <a href={`/projects/${project.id}`}>{project.title}</a>,
              },
              { title: t("projects.organisation"), cell: (project) => project.organisation.name },
              { title: t("projects.route"), cell: (project) => word("route", project.route) },
              { title: t("projects.tier"), cell: (project) => <TierBadge tier={project.tier} /> },
              {
                title: t("projects.state"),
                cell: (project) => <WordBadge list="state" value={project.state} />,
              },
              { title: t("projects.ends"), cell: (project) => <Time at={project.ends} as="date" /> },
            ]}
          />
        </div>
      </Panel>
    </Page>
  );
}
