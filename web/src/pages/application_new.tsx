// SPDX-License-Identifier: Apache-2.0
// A member of a project begins an application, or goes on with a draft that is there already.
import { useList, useResource } from "../api/resource";
import type { Application, Project } from "../api/types";
import { t } from "../i18n";
import { LoadedPage, Page, Panel } from "../parts/page";
import { Time } from "../parts/time";
import type { PageProps } from "../routes";
import { ApplicationEditor } from "./application_edit";

function Drafts({ project }: { project: string }) {
  const drafts = useList<Application>(`/applications?project=${project}&state=draft`, ["applications"]);
  if (!drafts.data || drafts.data.length === 0) return null;
  return (
    <Panel title={t("application.drafts")}>
      <ul class="openings" role="list">
        {drafts.data.map((draft) => (
          <li key={draft.id} class="opening">
            <div>
              <p>
                {draft.datasets.map((dataset) => dataset.title).join(", ") ||
                  t("application.none_chosen")}
              </p>
              <p class="note">
                {draft.created_by.name} · <Time at={draft.changed ?? draft.created} as="ago" />
              </p>
            </div>
            <a class="button button-small" href={`/applications/${draft.id}`}>
              {t("source.continue")}
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function ApplicationNew({ params }: PageProps) {
  const project = useResource<Project>(`/projects/${params.project}`);
  return (
    <LoadedPage of={project}>
      {(data) => (
        <Page
          title={t("data.apply")}
          crumbs={[
            { to: `/projects/${data.id}`, text: data.title },
            { to: `/projects/${data.id}/data`, text: t("project.data") },
          ]}
          lead={t("application.new_lead")}
        >
          <div class="stack-wide">
            <Drafts project={data.id} />
            <ApplicationEditor application={null} project={data} />
          </div>
        </Page>
      )}
    </LoadedPage>
  );
}
