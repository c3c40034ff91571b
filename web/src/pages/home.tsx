// SPDX-License-Identifier: Apache-2.0
// What awaits me, my running services, my projects.
import { useList, useResource } from "../api/resource";
import type { Page as ApiPage, Project, Service, Task } from "../api/types";
import { t, tn } from "../i18n";
import { word } from "../i18n/words";
import { Badge, TierBadge, WordBadge } from "../parts/badge";
import { Icon, type IconName } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Loaded, Page, Panel } from "../parts/page";
import { Time } from "../parts/time";
import { useMe } from "../session";

const TASK_ICON: Record<string, IconName> = {
  sign_undertaking: "sign",
  complete_application: "sign",
  agree: "scale",
  opine: "scale",
  need_to_know: "key",
  review_export: "review",
  export_returned: "export",
  export_approved: "download",
  service_running: "service",
};

/** Where a task is done. */
export function taskAddress(task: Task): string {
  switch (task.kind) {
    case "review_export":
      return `/exports/${task.object}/review`;
    case "export_returned":
    case "export_approved":
      return `/exports/${task.object}`;
    case "service_running":
      return `/services/${task.object}`;
    case "need_to_know":
      return `/projects/${task.project?.id ?? ""}/data`;
    default:
      return `/applications/${task.object}`;
  }
}

function TaskRow({ task }: { task: Task }) {
  return (
    <li>
      <Icon name={TASK_ICON[task.kind] ?? "inbox"} />
      <div>
        <p>
          <a href={taskAddress(task)} class="strong">
            {word("task", task.kind)}
          </a>
        </p>
        <p class="note">
          {task.title}
          {task.project && task.project.title !== task.title && ` · ${task.project.title}`}
        </p>
      </div>
      <div class="links-end note">
        <Time at={task.since} as="ago" />
      </div>
    </li>
  );
}

function Tasks(props: { tasks: Task[] }) {
  if (props.tasks.length === 0) {
    return (
      <Empty icon="good">
        <p>{t("home.no_task")}</p>
      </Empty>
    );
  }
  return (
    <ul class="links">
      {props.tasks.map((task) => (
        <TaskRow key={`${task.kind} ${task.object}`} task={task} />
      ))}
    </ul>
  );
}

function Running({ services }: { services: Service[] }) {
  if (services.length === 0) return <p class="soft">{t("home.no_service")}</p>;
  return (
    <ul class="links">
      {services.map((service) => (
        <li key={service.id}>
          <Icon name="service" />
          <div>
            <p>
              <a href={`/services/${service.id}`} class="strong">
                {service.name}
              </a>
            </p>
            <p class="note">
              {t("service.since")} <Time at={service.created} as="ago" />
            </p>
          </div>
          <div class="links-end">
            <WordBadge list="service_state" value={service.state} />
          </div>
        </li>
      ))}
    </ul>
  );
}

export function ProjectRow({ project }: { project: Project }) {
  return (
    <li>
      <Icon name="project" />
      <div>
        <p>
          <a href={`/projects/${project.id}`} class="strong">
            {project.title}
          </a>
        </p>
        <p class="note">
          {project.organisation.name}
          {project.my_roles.map((role) => ` · ${word("project_role", role)}`)}
        </p>
      </div>
      <div class="links-end">
        <TierBadge tier={project.tier} />
        {project.state !== "open" && <WordBadge list="state" value={project.state} />}
      </div>
    </li>
  );
}

export function Home() {
  const me = useMe();
  const mine = [`person:${me.id}`];
  const tasks = useResource<ApiPage<Task>>("/me/tasks", mine);
  const projects = useList<Project>("/projects", mine);
  const services = useList<Service>(
    "/services",
    [...mine, ...(projects.data ?? []).map((project) => `project:${project.id}`)],
  );
  return (
    <Page title={t("home.title", { name: me.name })} documentTitle={t("nav.home")}>
      <div class="columns">
        <div class="stack-wide">
          <Panel
            title={t("home.tasks")}
            beside={
              tasks.data && todo(tasks.data.items).length > 0 ? (
                <Badge tone="wait">{tn("home.task_count", todo(tasks.data.items).length)}</Badge>
              ) : undefined
            }
          >
            <Loaded of={tasks}>{(data) => <Tasks tasks={todo(data.items)} />}</Loaded>
          </Panel>
          <Panel title={t("home.projects")} actions={<a href="/projects">{t("home.all")}</a>}>
            <Loaded of={projects}>
              {(items) =>
                items.length === 0 ? (
                  <Empty icon="project">
                    <p>{t("home.no_project")}</p>
                  </Empty>
                ) : (
                  <ul class="links">
                    {items.slice(0, 8).map((project) => (
                      <ProjectRow key={project.id} project={project} />
                    ))}
                  </ul>
                )
              }
            </Loaded>
          </Panel>
        </div>
        <Panel title={t("home.services")}>
          <Loaded of={services}>{(items) => <Running services={items} />}</Loaded>
        </Panel>
      </div>
    </Page>
  );
}

/** Running services have a panel of their own. */
const todo = (tasks: Task[]) => tasks.filter((task) => task.kind !== "service_running");
