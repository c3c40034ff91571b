// SPDX-License-Identifier: Apache-2.0
// What runs in the project, and what can be launched.
import { useList } from "../api/resource";
import type { Definition, Service } from "../api/types";
import { t } from "../i18n";
import { WordBadge } from "../parts/badge";
import { Command } from "../parts/command";
import { Empty, Notice } from "../parts/notice";
import { Loaded, Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { DefinitionCard } from "./catalogue";
import type { SectionProps } from "./project";

/** What can be launched here. */
function Offers({ project }: SectionProps) {
  const definitions = useList<Definition>("/definitions");
  return (
    <Loaded of={definitions}>
      {(items) => (
        <ul class="cards" role="list">
          {items.map((one) => (
            <DefinitionCard key={one.id} definition={one} project={project.slug} />
          ))}
        </ul>
      )}
    </Loaded>
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
      <div class="stack">
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
              name: "name",
              sort: (service) => service.name,
              cell: (service) => <a href={`/services/${service.id}`}>{service.name}</a>,
            },
            {
              title: t("service.person"),
              name: "person",
              sort: (service) => service.person.name,
              cell: (service) => service.person.name,
            },
            {
              title: t("projects.state"),
              name: "state",
              sort: (service) => service.state,
              cell: (service) => <WordBadge list="service_state" value={service.state} />,
            },
            {
              title: t("service.launched"),
              name: "created",
              sort: (service) => service.created,
              cell: (service) => <Time at={service.created} as="ago" />,
            },
          ]}
        />
      </Panel>
        <Command
          lines={[
            {
              cli: ["service", "list", "--project", project.slug],
              call: { method: "GET", path: `/projects/${project.id}/services` },
            },
          ]}
        />
      </div>
      {works && project.state === "open" && (
        <div class="stack">
          {pixelsOnly && (
            <Notice tone="info">
              <p>{t("problem.policy.pixels_only")}</p>
            </Notice>
          )}
          <Offers {...props} />
        </div>
      )}
    </div>
  );
}
