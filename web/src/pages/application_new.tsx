// SPDX-License-Identifier: Apache-2.0
// A member of a project asks for datasets, for named persons, and says why.
import { useState } from "preact/hooks";
import { api, LIMIT } from "../api/client";
import { useList, useResource } from "../api/resource";
import type { Application, Dataset, Member, Project, Source } from "../api/types";
import { t } from "../i18n";
import { word } from "../i18n/words";
import { ChoicesField, Form, LongField, SelectField, text, texts } from "../parts/form";
import { Notice } from "../parts/notice";
import { Loaded, LoadedPage, Page, Panel } from "../parts/page";
import { navigate } from "../router";
import type { PageProps } from "../routes";
import { useMe } from "../session";

function mismatch(source: Source, project: Project): string | null {
  if (!source.routes.includes(project.route)) return t("problem.policy.source_route");
  if (!source.purposes.includes(project.purpose)) return t("problem.policy.source_purpose");
  return null;
}

function DatasetChoices(props: { source: string; project: Project }) {
  const source = useResource<Source>(`/sources/${props.source}`);
  return (
    <Loaded of={source}>
      {(data) => {
        const refusal = mismatch(data, props.project);
        if (refusal !== null) return <Notice tone="wait">{refusal}</Notice>;
        const published = (data.datasets ?? []).filter((item) => item.state === "published");
        if (published.length === 0) return <p class="soft">{t("source.no_dataset")}</p>;
        return (
          <ChoicesField
            name="datasets"
            label={t("application.datasets")}
            wide
            choices={published.map((item) => choiceOf(item, props.project))}
          />
        );
      }}
    </Loaded>
  );
}

function choiceOf(dataset: Dataset, project: Project) {
  const admitted = project.tier_rules?.levels.includes(dataset.level) ?? true;
  return {
    value: dataset.id,
    text: `${dataset.title} (${dataset.vintage})`,
    hint: admitted
      ? word("level", dataset.level)
      : `${word("level", dataset.level)}. ${t("problem.policy.tier_level")}`,
  };
}

function ApplicationForm({ project }: { project: Project }) {
  const me = useMe();
  const sources = useList<Source>(`/sources?limit=${LIMIT}`);
  const members = useList<Member>(`/projects/${project.id}/members`);
  const [source, setSource] = useState("");
  const submit = async (values: FormData) => {
    const application = await api.post<Application>(`/projects/${project.id}/applications`, {
      datasets: texts(values, "datasets"),
      persons: texts(values, "persons"),
      justification: text(values, "justification"),
    });
    navigate(`/applications/${application.id}`);
  };
  const workers = members.data?.filter(
    (member) => member.roles.includes("scientist") || member.roles.includes("lead"),
  );
  return (
    <Loaded of={sources}>
      {(items) => (
        <Form submit={submit} action={t("application.save")}>
          <SelectField
            name="source"
            label={t("application.source")}
            empty={t("form.choose")}
            onChange={setSource}
            choices={items.map((item) => ({ value: item.id, text: item.title }))}
          />
          {source !== "" && <DatasetChoices key={source} source={source} project={project} />}
          <Loaded of={{ ...members, data: workers }}>
            {(rows) => (
              <ChoicesField
                name="persons"
                label={t("application.persons")}
                hint={t("application.persons_hint")}
                values={[me.login]}
                choices={rows.map((member) => ({ value: member.login, text: member.name }))}
              />
            )}
          </Loaded>
          <LongField
            name="justification"
            label={t("application.justification")}
            hint={t("application.justification_hint")}
            rows={6}
          />
        </Form>
      )}
    </Loaded>
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
          <Panel>
            <ApplicationForm project={data} />
          </Panel>
        </Page>
      )}
    </LoadedPage>
  );
}
