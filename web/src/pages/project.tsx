// SPDX-License-Identifier: Apache-2.0
// One project: its head and its sections, each with an address of its own.
import type { ComponentType } from "preact";
import { useResource, type Resource } from "../api/resource";
import type { Project } from "../api/types";
import { t, type Key } from "../i18n";
import { word } from "../i18n/words";
import { TierBadge, WordBadge } from "../parts/badge";
import { Notice } from "../parts/notice";
import { LoadedPage, Page, Sections } from "../parts/page";
import type { PageProps } from "../routes";
import type { SECTION_PATHS } from "./project_sections";
import { ProjectData } from "./project_data";
import { ProjectExports } from "./project_exports";
import { ProjectFiles } from "./project_files";
import { ProjectJournal } from "./project_journal";
import { ProjectMembers } from "./project_members";
import { ProjectOverview } from "./project_overview";
import { ProjectServices } from "./project_services";

export interface SectionProps {
  project: Project;
  reload: () => Promise<void>;
}

interface Section {
  path: (typeof SECTION_PATHS)[number];
  text: Key;
  page: ComponentType<SectionProps>;
}

const SECTIONS: Section[] = [
  { path: "", text: "project.overview", page: ProjectOverview },
  { path: "/members", text: "project.members", page: ProjectMembers },
  { path: "/data", text: "project.data", page: ProjectData },
  { path: "/services", text: "project.services", page: ProjectServices },
  { path: "/files", text: "project.files", page: ProjectFiles },
  { path: "/exports", text: "project.exports", page: ProjectExports },
  { path: "/journal", text: "project.journal", page: ProjectJournal },
];

function StateNotice({ project }: { project: Project }) {
  if (project.state === "open") return null;
  return (
    <Notice tone={project.state === "planned" ? "info" : "wait"}>
      <p class="strong">{t(`project.is_${project.state}`)}</p>
      {project.state_reason && <p>{project.state_reason}</p>}
    </Notice>
  );
}

function Inside(props: { of: Resource<Project>; project: Project; path: string }) {
  const { project } = props;
  const base = `/projects/${project.id}`;
  const section =
    SECTIONS.find((item) => base + item.path === props.path) ?? (SECTIONS[0] as Section);
  return (
    <Page
      title={project.title}
      documentTitle={`${t(section.text)} · ${project.title}`}
      at={props.path}
      crumbs={[{ to: "/projects", text: t("nav.projects") }]}
      beside={
        <>
          <TierBadge tier={project.tier} />
          <WordBadge list="state" value={project.state} />
        </>
      }
      lead={`${project.organisation.name} · ${word("route", project.route)}`}
    >
      <Sections
        label={t("project.sections")}
        here={base + section.path}
        items={SECTIONS.map((item) => ({ to: base + item.path, text: t(item.text) }))}
      />
      <div class="stack-wide">
        <StateNotice project={project} />
        <section.page project={project} reload={props.of.reload} />
      </div>
    </Page>
  );
}

export function ProjectPage({ params, path }: PageProps) {
  const project = useResource<Project>(`/projects/${params.project}`, [
    `project:${params.project}`,
  ]);
  return (
    <LoadedPage of={project}>
      {(data) => <Inside of={project} project={data} path={path.replace(/\/+$/, "")} />}
    </LoadedPage>
  );
}
