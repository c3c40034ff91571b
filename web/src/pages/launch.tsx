// SPDX-License-Identifier: Apache-2.0
// Launching a service: a form made from the definition's schema, filled from the address (so that a
// launch can be sent to somebody or done again), and beside it what the launch will do. A link only
// fills the form: a person presses the button.
import { useState } from "preact/hooks";
import { api, query } from "../api/client";
import { useList, useResource } from "../api/resource";
import type { Accreditation, Definition, LaunchLook, Project, Service } from "../api/types";
import { language, t, tMaybe, tn } from "../i18n";
import { formatDuration } from "../i18n/format";
import { Command, option } from "../parts/command";
import { Form, SelectField, TextField, text } from "../parts/form";
import { Icon } from "../parts/icon";
import { Notice } from "../parts/notice";
import { Loaded, LoadedPage, Page, Panel } from "../parts/page";
import { firstValue, SchemaFields, typedValues, type Schema } from "../parts/schema_form";
import { Term } from "../parts/term";
import { waitsText } from "../parts/terms";
import { navigate } from "../router";
import type { PageProps } from "../router";
import { useMe } from "../session";
import { Quotas } from "../parts/quotas";

/** The address of a launch with these choices. */
export function launchAddress(
  definition: string,
  choices: Record<string, string | number | undefined>,
): string {
  return `/launch/${definition}${query(choices)}`;
}

function StartEstimate({ definition }: { definition: Definition }) {
  const { count, median_ms, slow_ms } = definition.start;
  if (count === 0) return <p class="soft">{t("launch.never")}</p>;
  return (
    <>
      <p class="figure">{t("launch.about", { duration: formatDuration(median_ms) })}</p>
      <p class="note">
        {tn("launch.measured", count, { slow: formatDuration(slow_ms) })}
      </p>
    </>
  );
}

/** Datasets of the project that this person's service will not see, with the first reason. */
function Unmounted(props: { project: string; mounted: string[] }) {
  const me = useMe();
  const rights = useList<Accreditation>(`/projects/${props.project}/accreditations`, [
    `project:${props.project}`,
  ]);
  const missing = rights.data?.filter(
    (right) => right.person.id === me.id && !props.mounted.includes(right.dataset.id),
  );
  return (
    <Loaded of={{ ...rights, data: missing }}>
      {(items) => (
        <>
          {items.map((right) => {
            const unmet = right.terms.find((term) => !term.met);
            return (
              <li key={right.dataset.id}>
                <Icon name="refused" class="unmet" />
                <div>
                  <p class="strong">{right.dataset.title}</p>
                  <p class="note">{t("launch.not_mounted")}</p>
                  {unmet && (
                    <p class="note">
                      {(unmet.reason && tMaybe(`problem.${unmet.reason}`)) ?? unmet.detail}{" "}
                      {waitsText(unmet)}{" "}
                      <a href={`/projects/${props.project}/data`}>{t("launch.why")}</a>
                    </p>
                  )}
                </div>
              </li>
            );
          })}
        </>
      )}
    </Loaded>
  );
}

function Mounts({ project, look }: { project: string; look: LaunchLook }) {
  return (
    <div class="stack-tight">
      <h3>{t("launch.mounts")}</h3>
      <ul class="terms">
        {look.mounts.map((mount) => (
          <li key={mount.path}>
            <Icon name="good" class="met" />
            <div>
              <p>
                <a href={`/datasets/${mount.dataset}`}>{mount.title}</a>
              </p>
              <p class="note">
                {t("launch.mounted")} <code class="break">{mount.path}</code>
              </p>
            </div>
          </li>
        ))}
        <Unmounted project={project} mounted={look.mounts.map((mount) => mount.dataset)} />
        <li>
          <Icon name="folder" class="met" />
          <div>
            <p>{t("launch.folders")}</p>
            <code class="note">/project, /home</code>
          </div>
        </li>
      </ul>
    </div>
  );
}

function Beside(props: { definition: Definition; project: string; asked: Record<string, number> }) {
  const look = useResource<LaunchLook>(
    props.project === ""
      ? null
      : `/projects/${props.project}/launch${query({ definition: props.definition.id })}`,
    [`project:${props.project}`, "rights"],
  );
  return (
    <Panel title={t("launch.what")}>
      <div class="stack">
        <div class="stack-tight">
          <h3>{t("launch.start")}</h3>
          <StartEstimate definition={props.definition} />
        </div>
        {props.project === "" ? (
          <p class="soft">{t("launch.choose_project")}</p>
        ) : (
          <Loaded of={look}>
            {(data) => (
              <>
                {!data.allowed && (
                  <Notice tone="wait" live>
                    <p>{(data.reason && tMaybe(`problem.${data.reason}`)) ?? data.detail}</p>
                  </Notice>
                )}
                <Mounts project={props.project} look={data} />
                <Quotas quotas={data.quotas} asked={props.asked} />
              </>
            )}
          </Loaded>
        )}
      </div>
    </Panel>
  );
}

function addressed(): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(location.search));
}

function LaunchForm(props: { definition: Definition; projects: Project[] }) {
  const { definition, projects } = props;
  const asked = addressed();
  const schema = definition.schema as Schema;
  const mine = projects.filter(
    (project) =>
      project.state === "open" &&
      (project.my_roles.includes("lead") || project.my_roles.includes("scientist")),
  );
  const only = mine.length === 1 ? mine[0]?.id : undefined;
  const [project, setProject] = useState(
    mine.find((one) => one.id === asked.project || one.slug === asked.project)?.id ?? only ?? "",
  );
  const [name, setName] = useState(asked.name ?? "");
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(
      Object.entries(schema.properties).map(([key, property]) => [
        key,
        firstValue(property, asked[key]),
      ]),
    ),
  );
  const parameters = typedValues(schema, values);
  const body = { definition: definition.id, name: name.trim() || undefined, parameters };
  const submit = async (form: FormData) => {
    const service = await api.post<Service>(`/projects/${text(form, "project")}/services`, body);
    navigate(`/services/${service.id}`);
  };
  const slug = mine.find((one) => one.id === project)?.slug ?? project;
  return (
    <div class="columns">
      <div class="stack">
        <Panel title={t("launch.choices")}>
          <Form submit={submit} action={t("launch.submit")} label={t("launch.title")}>
            {mine.length === 0 && (
              <Notice tone="wait">
                <p>{t("launch.no_project")}</p>
              </Notice>
            )}
            <SelectField
              name="project"
              label={t("service.project")}
              hint={t("launch.project_hint")}
              value={project}
              empty={t("form.choose")}
              onChange={setProject}
              choices={mine.map((one) => ({ value: one.id, text: one.title }))}
            />
            <TextField
              name="name"
              label={t("launch.name")}
              hint={t("launch.name_hint")}
              value={name}
              onInput={setName}
              optional
              max={100}
            />
            <SchemaFields
              schema={schema}
              values={values}
              change={(key, value) => setValues((old) => ({ ...old, [key]: value }))}
            />
          </Form>
        </Panel>
        {project !== "" && (
          <Command
            lines={[
              {
                cli: [
                  "service", "launch", definition.id, "--project", slug,
                  ...option("name", name.trim()),
                  ...Object.entries(parameters).flatMap(([key, value]) =>
                    option(key.replaceAll("_", "-"), value),
                  ),
                  "--wait",
                ],
                call: { method: "POST", path: `/projects/${project}/services`, body },
              },
            ]}
          />
        )}
        <p class="note">
          {t("launch.link")}{" "}
          <a class="break" href={launchAddress(definition.id, { project: slug, name: body.name, ...parameters })}>
            {t("launch.link_text")}
          </a>
        </p>
      </div>
      <Beside
        definition={definition}
        project={project}
        asked={{
          services: 1,
          cpus: Number(parameters.cpus ?? 0),
          memory_mib: Number(parameters.memory_mib ?? 0),
        }}
      />
    </div>
  );
}

export function LaunchPage({ params }: PageProps) {
  const me = useMe();
  const definitions = useList<Definition>("/definitions");
  const projects = useList<Project>(`/projects${query({ limit: 200 })}`, [`person:${me.id}`]);
  const definition = definitions.data?.find((one) => one.id === params.definition);
  return (
    <LoadedPage of={definitions}>
      {() => (
        <Page
          title={definition ? t("launch.one", { name: definition.title }) : t("catalogue.unknown")}
          crumbs={[{ to: "/catalogue", text: t("nav.catalogue") }]}
          lead={
            <>
              {definition?.summary[language.get()]} <Term name="bubble" />
            </>
          }
        >
          {definition ? (
            <Loaded of={projects}>
              {(items) => <LaunchForm definition={definition} projects={items} />}
            </Loaded>
          ) : (
            <Notice tone="wait">
              <p>{t("catalogue.unknown_text")}</p>
            </Notice>
          )}
        </Page>
      )}
    </LoadedPage>
  );
}
