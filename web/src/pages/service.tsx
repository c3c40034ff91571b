// SPDX-License-Identifier: Apache-2.0
// One service: its timeline as it happens, what it mounts, what was chosen, the way in, the stop,
// and the same again.
import { useEffect } from "preact/hooks";
import { api } from "../api/client";
import { useServiceEvents } from "../api/live";
import { useList, useResource } from "../api/resource";
import type { Definition, Project, Service } from "../api/types";
import { t, tMaybe, tn } from "../i18n";
import { formatMemory } from "../i18n/format";
import { ActionButton } from "../parts/action";
import { WordBadge } from "../parts/badge";
import { Command } from "../parts/command";
import { Icon } from "../parts/icon";
import { Lifetime } from "../parts/lifetime";
import { Notice } from "../parts/notice";
import { Facts, LoadedPage, Page, Panel } from "../parts/page";
import { OpenService } from "../parts/open_service";
import { Time } from "../parts/time";
import { Timeline } from "../parts/timeline";
import type { PageProps } from "../router";
import { launchAddress } from "./launch";

function reasonText(service: Service): string | undefined {
  if (!service.state_reason) return undefined;
  return tMaybe(`problem.${service.state_reason}`) ?? service.state_detail;
}

const OVER = ["stopped", "failed"];

/** The choices again, as the form of a launch takes them. */
function againAddress(service: Service): string {
  const hours = service.ends
    ? Math.round((new Date(service.ends).getTime() - new Date(service.created).getTime()) / 3_600_000)
    : undefined;
  return launchAddress(service.definition, {
    project: service.project,
    name: service.name,
    cpus: service.cpus,
    memory_mib: service.memory_mib,
    hours,
  });
}

function Mounts({ service }: { service: Service }) {
  const mounts = service.mounts ?? [];
  if (mounts.length === 0) return <p class="soft">{t("launch.no_data")}</p>;
  return (
    <ul class="terms">
      {mounts.map((mount) => (
        <li key={mount.path}>
          <Icon name="data" class="met" />
          <div>
            <p>
              <a href={`/datasets/${mount.dataset}`}>{mount.title}</a>
            </p>
            <code class="note break">{mount.path}</code>
          </div>
        </li>
      ))}
    </ul>
  );
}

function About({ service, definition }: { service: Service; definition: Definition | undefined }) {
  return (
    <Facts
      items={[
        [t("service.person"), service.person.name],
        [t("launch.definition"), definition?.title ?? service.definition],
        [
          t("service.resources"),
          `${tn("unit.cpu", service.cpus)} · ${formatMemory(service.memory_mib)}`,
        ],
        [t("service.launched"), <Time at={service.created} />],
        [t("service.active"), <Time at={service.active} as="ago" />],
        [t("service.ended"), service.ended ? <Time at={service.ended} /> : null],
        [t("service.id"), <code class="break">{service.id}</code>],
      ]}
    />
  );
}

function Inside(props: { service: Service; reload: () => Promise<void> }) {
  const { service } = props;
  const project = useResource<Project>(`/projects/${service.project}`);
  const definitions = useList<Definition>("/definitions");
  const definition = definitions.data?.find((one) => one.id === service.definition);
  const events = useServiceEvents(service.id, service.events ?? []);
  useEffect(() => {
    if (events.length > (service.events?.length ?? 0)) void props.reload();
  }, [events.length]);
  const stop = async () => {
    await api.delete(`/services/${service.id}`);
    await props.reload();
  };
  const reason = reasonText(service);
  const over = OVER.includes(service.state);
  const projectTitle = project.data?.title ?? t("service.project");
  return (
    <Page
      title={service.name}
      documentTitle={`${service.name} · ${projectTitle}`}
      crumbs={[
        { to: "/projects", text: t("nav.projects") },
        { to: `/projects/${service.project}`, text: projectTitle },
        { to: `/projects/${service.project}/services`, text: t("project.services") },
      ]}
      beside={<WordBadge list="service_state" value={service.state} />}
      actions={
        <>
          {service.state === "ready" && service.mine && <OpenService id={service.id} />}
          {over && service.mine && (
            <a class="button button-primary" href={againAddress(service)}>
              <Icon name="again" />
              {t("service.again")}
            </a>
          )}
          {!over && service.state !== "stopping" && (
            <ActionButton kind="danger" icon="stop" act={stop}>
              {t("service.stop")}
            </ActionButton>
          )}
        </>
      }
    >
      <div class="stack-wide">
        {reason && service.state_reason !== "services.asked" && (
          <Notice tone={service.state === "failed" || service.state === "freezing" ? "bad" : "wait"}>
            <p>{reason}</p>
          </Notice>
        )}
        <div class="columns">
          <div class="stack">
            <Panel title={t("service.timeline")}>
              <Timeline
                events={events}
                over={over}
                said={service.state_detail}
                usual={definition && definition.start.count > 0 ? definition.start.median_ms : undefined}
              />
            </Panel>
            <Command
              lines={[
                {
                  cli: ["service", "show", service.id],
                  call: { method: "GET", path: `/services/${service.id}` },
                },
                ...(service.state === "ready" && service.mine
                  ? [
                      {
                        text: t("service.open"),
                        cli: ["service", "open", service.id],
                        call: { method: "POST" as const, path: `/services/${service.id}/ticket`, body: {} },
                      },
                    ]
                  : []),
                ...(!over && service.mine
                  ? [
                      {
                        text: t("lifetime.prolong"),
                        cli: ["service", "prolong", service.id, "--hours", 4],
                        call: {
                          method: "POST" as const,
                          path: `/services/${service.id}/prolong`,
                          body: { hours: 4 },
                        },
                      },
                    ]
                  : []),
                ...(over
                  ? []
                  : [
                      {
                        text: t("service.stop"),
                        cli: ["service", "stop", service.id, "--wait"],
                        call: { method: "DELETE" as const, path: `/services/${service.id}` },
                      },
                    ]),
              ]}
            />
          </div>
          <div class="stack-wide">
            {!over && service.state !== "stopping" && service.state !== "freezing" && (
              <Panel title={t("lifetime.title")}>
                <Lifetime service={service} definition={definition} reload={props.reload} />
              </Panel>
            )}
            <Panel title={t("service.data")}>
              <Mounts service={service} />
            </Panel>
            <Panel title={t("service.about")}>
              <About service={service} definition={definition} />
            </Panel>
          </div>
        </div>
      </div>
    </Page>
  );
}

export function ServicePage({ params }: PageProps) {
  const service = useResource<Service>(`/services/${params.service}`);
  return (
    <LoadedPage of={service}>
      {(data) => <Inside service={data} reload={service.reload} />}
    </LoadedPage>
  );
}
