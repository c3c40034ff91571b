// SPDX-License-Identifier: Apache-2.0
// What runs in the project, and what can be launched.
import { api } from "../api/client";
import { useList } from "../api/resource";
import type { Accreditation, Definition, Service } from "../api/types";
import { language, t } from "../i18n";
import { Form, TextField, ChoicesField, text } from "../parts/form";
import { Badge, WordBadge } from "../parts/badge";
import { Empty, Notice } from "../parts/notice";
import { Loaded, Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { navigate } from "../router";
import { useMe } from "../session";
import type { SectionProps } from "./project";

/** What the service will see under /data, and what it will not and why. */
function WillMount({ project }: SectionProps) {
  const me = useMe();
  const rights = useList<Accreditation>(`/projects/${project.id}/accreditations`, [
    `project:${project.id}`,
  ]);
  const mine = rights.data?.filter((right) => right.person.id === me.id);
  return (
    <Loaded of={{ ...rights, data: mine }}>
      {(items) => (
        <div class="stack-tight">
          <h3>{t("launch.mounts")}</h3>
          {items.length === 0 && <p class="soft">{t("launch.no_data")}</p>}
          <ul role="list" class="stack-tight">
            {items.map((right) => (
              <li key={right.dataset.id} class="row">
                <span>{right.dataset.title}</span>
                {right.holds ? (
                  <Badge tone="good">{t("launch.mounted")}</Badge>
                ) : (
                  <>
                    <Badge tone="wait">{t("launch.not_mounted")}</Badge>
                    <a href={`/projects/${project.id}/data`}>{t("launch.why")}</a>
                  </>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Loaded>
  );
}

function Launch(props: SectionProps) {
  const { project } = props;
  const definitions = useList<Definition>("/definitions");
  const submit = async (values: FormData) => {
    const service = await api.post<Service>(`/projects/${project.id}/services`, {
      definition: text(values, "definition"),
      name: text(values, "name"),
    });
    navigate(`/services/${service.id}`);
  };
  return (
    <Panel title={t("launch.title")}>
      <Loaded of={definitions}>
        {(items) => (
          <Form submit={submit} action={t("launch.submit")} label={t("launch.title")}>
            <ChoicesField
              name="definition"
              label={t("launch.definition")}
              one
              wide
              values={items[0] && [items[0].id]}
              choices={items.map((item) => ({
                value: item.id,
                text: item.title,
                hint: item.summary[language.get()],
              }))}
            />
            <TextField name="name" label={t("launch.name")} optional max={100} />
            <WillMount {...props} />
          </Form>
        )}
      </Loaded>
    </Panel>
  );
}

export function ProjectServices(props: SectionProps) {
  const { project } = props;
  const services = useList<Service>(`/projects/${project.id}/services`, [
    `project:${project.id}`,
  ]);
  const works = project.my_roles.includes("lead") || project.my_roles.includes("scientist");
  const pixelsOnly = project.tier_rules?.display === "pixels";
  return (
    <div class="columns">
      <Panel title={t("project.services")}>
        <ListTable
          list={services}
          caption={t("project.services")}
          id={(service) => service.id}
          empty={
            <Empty icon="service">
              <p>{t("services.none")}</p>
            </Empty>
          }
          columns={[
            {
              title: t("launch.name"),
              head: true,
              cell: (service) => <a href={`/services/${service.id}`}>{service.name}</a>,
            },
            { title: t("service.person"), cell: (service) => service.person.name },
            {
              title: t("projects.state"),
              cell: (service) => <WordBadge list="service_state" value={service.state} />,
            },
            { title: t("service.launched"), cell: (service) => <Time at={service.created} as="ago" /> },
          ]}
        />
      </Panel>
      {works && project.state === "open" && (
        <div class="stack">
          {pixelsOnly && (
            <Notice tone="info">
              <p>{t("problem.policy.pixels_only")}</p>
            </Notice>
          )}
          <Launch {...props} />
        </div>
      )}
    </div>
  );
}
