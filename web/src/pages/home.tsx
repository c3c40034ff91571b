// SPDX-License-Identifier: Apache-2.0
// What awaits me, what changed, what runs, where I work; and the ways that my role takes most often.
import { useEffect } from "preact/hooks";
import { api } from "../api/client";
import { useList, useResource } from "../api/resource";
import type { NoticeRow as News, Page as ApiPage, Person, Project, Service, Task } from "../api/types";
import { language, t, tn, type Key } from "../i18n";
import { word } from "../i18n/words";
import { ActionButton } from "../parts/action";
import { Badge, TierBadge, WordBadge } from "../parts/badge";
import { Command } from "../parts/command";
import { Icon, type IconName } from "../parts/icon";
import { Empty } from "../parts/notice";
import { OpenService } from "../parts/open_service";
import { Loaded, Page, Panel } from "../parts/page";
import { Time } from "../parts/time";
import { hasRole, useMe } from "../session";

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
const NEWS_SHOWN = 5;
const PROJECTS_SHOWN = 6;

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
      <p class="all-done">
        <Icon name="good" />
        {t("home.no_task")}
      </p>
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

/** What people are told, newest first; those not yet read are marked, in words too. */
function Changed({ me }: { me: Person }) {
  const news = useList<News>(`/me/notices?limit=${NEWS_SHOWN}`, [`person:${me.id}`]);
  const unread = news.data?.some((one) => one.read === null) ?? false;
  const readAll = async () => {
    await api.post("/me/notices/read");
    await news.reload();
  };
  return (
    <Panel
      title={t("home.changed")}
      actions={
        unread && (
          <ActionButton kind="plain" small act={readAll}>
            {t("home.read_all")}
          </ActionButton>
        )
      }
    >
      <Loaded of={news}>
        {(items) =>
          items.length === 0 ? (
            <p class="soft">{t("home.no_news")}</p>
          ) : (
            <ul class="links">
              {items.slice(0, NEWS_SHOWN).map((one) => (
                <li key={one.id}>
                  <Icon name="bell" />
                  <div>
                    <p>
                      <a href={one.address} class={one.read === null ? "strong" : ""}>
                        {one.sentence[language.get()]}
                      </a>
                      {one.read === null && <span class="unread">{t("home.unread")}</span>}
                    </p>
                    {one.project && <p class="note">{one.project.title}</p>}
                  </div>
                  <div class="links-end note">
                    <Time at={one.created} as="ago" />
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Running({ services }: { services: Service[] }) {
  if (services.length === 0)
    return (
      <div class="stack-tight">
        <p class="soft">{t("home.no_service")}</p>
        <p>
          <a class="button" href="/catalogue">
            <Icon name="launch" />
            {t("home.to_catalogue")}
          </a>
        </p>
      </div>
    );
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
            {service.state === "ready" ? (
              <OpenService id={service.id} small name={service.name} />
            ) : (
              <WordBadge list="service_state" value={service.state} />
            )}
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

interface Shortcut {
  to: string;
  text: Key;
  icon: IconName;
  shown: (person: Person, projects: Project[]) => boolean;
}

const works = (project: Project) =>
  project.state === "open" &&
  (project.my_roles.includes("lead") || project.my_roles.includes("scientist"));

const SHORTCUTS: Shortcut[] = [
  { to: "/catalogue", text: "home.to_catalogue", icon: "launch", shown: (_, projects) => projects.some(works) },
  { to: "/sources", text: "home.to_sources", icon: "search", shown: () => true },
  { to: "/projects/new", text: "projects.new", icon: "plus", shown: (me) => hasRole(me, "officer") },
  { to: "/persons", text: "nav.persons", icon: "people", shown: (me) => hasRole(me, "officer") },
  { to: "/sources/new", text: "sources.new", icon: "data", shown: (me) => hasRole(me, "producer") },
  { to: "/applications", text: "nav.applications", icon: "scale", shown: (me) => hasRole(me, "producer", "committee") },
  { to: "/reviews", text: "nav.reviews", icon: "review", shown: (me) => hasRole(me, "checker") },
  { to: "/audit", text: "nav.audit", icon: "shield", shown: (me) => hasRole(me, "auditor", "officer") },
  { to: "/account", text: "nav.account", icon: "person", shown: () => true },
];

function Shortcuts({ me, projects }: { me: Person; projects: Project[] }) {
  return (
    <nav aria-label={t("home.shortcuts")}>
      <ul class="shortcuts" role="list">
        {SHORTCUTS.filter((one) => one.shown(me, projects)).map((one) => (
          <li key={one.to}>
            <a href={one.to}>
              <Icon name={one.icon} />
              {t(one.text)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Projects({ projects }: { projects: Project[] }) {
  if (projects.length === 0)
    return (
      <Empty icon="project">
        <p>{t("home.no_project")}</p>
      </Empty>
    );
  return (
    <ul class="links">
      {projects.slice(0, PROJECTS_SHOWN).map((project) => (
        <ProjectRow key={project.id} project={project} />
      ))}
    </ul>
  );
}

/** Whoever governs opens home to decide; whoever works, to work: what they come for is first. */
function governs(me: Person): boolean {
  return hasRole(me, "producer", "committee", "checker", "auditor");
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
  const waiting = tasks.data ? todo(tasks.data.items).length : 0;
  const hasProjects = (projects.data ?? []).length > 0;
  useEffect(() => {
    // For bench/web: what the person came for is drawn.
    if (tasks.data) performance.mark("darse.home");
  }, [tasks.data !== undefined]);
  return (
    <Page title={t("home.title", { name: me.name })} documentTitle={t("nav.home")}>
      <div class="stack-wide">
        <Shortcuts me={me} projects={projects.data ?? []} />
        <div class="columns">
          <div class="stack-wide">
            <Panel
              title={t("home.tasks")}
              beside={
                waiting > 0 ? <Badge tone="wait">{tn("home.task_count", waiting)}</Badge> : undefined
              }
            >
              <Loaded of={tasks}>{(data) => <Tasks tasks={todo(data.items)} />}</Loaded>
            </Panel>
            {(hasProjects || !governs(me)) && (
              <Panel title={t("home.projects")} actions={<a href="/projects">{t("home.all")}</a>}>
                <Loaded of={projects}>{(items) => <Projects projects={items} />}</Loaded>
              </Panel>
            )}
          </div>
          <div class="stack-wide">
            {(hasProjects || !governs(me)) && (
              <Panel title={t("home.services")}>
                <Loaded of={services}>{(items) => <Running services={items} />}</Loaded>
              </Panel>
            )}
            <Changed me={me} />
          </div>
        </div>
        <Command
          lines={[
            { text: t("home.tasks"), cli: ["tasks"], call: { method: "GET", path: "/me/tasks" } },
            { text: t("home.services"), cli: ["service", "list"], call: { method: "GET", path: "/services" } },
          ]}
        />
      </div>
    </Page>
  );
}

/** Running services have a panel of their own. */
const todo = (tasks: Task[]) => tasks.filter((task) => task.kind !== "service_running");
