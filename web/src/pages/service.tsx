// SPDX-License-Identifier: Apache-2.0
// One service: its timeline as it happens, what it mounts, the way in, and the stop.
import { api } from "../api/client";
import { useServiceEvents } from "../api/live";
import { useAction, useResource } from "../api/resource";
import type { Project, Service } from "../api/types";
import { t, tMaybe } from "../i18n";
import { ActionButton } from "../parts/action";
import { WordBadge } from "../parts/badge";
import { Icon } from "../parts/icon";
import { Notice, ProblemNotice } from "../parts/notice";
import { Facts, LoadedPage, Page, Panel } from "../parts/page";
import { Time } from "../parts/time";
import { Timeline } from "../parts/timeline";
import type { PageProps } from "../routes";
import { useEffect } from "preact/hooks";

/** Opens the service's own origin. The tab is opened during the click, or the browser blocks it. */
function OpenButton({ service }: { service: Service }) {
  const { run, busy, problem } = useAction(async () => {
    const tab = window.open("about:blank", "_blank");
    try {
      const { url } = await api.post<{ url: string }>(`/services/${service.id}/ticket`, {});
      if (tab === null) {
        location.assign(url);
        return;
      }
      tab.opener = null;
      tab.location.replace(url);
    } catch (cause) {
      tab?.close();
      throw cause;
    }
  });
  return (
    <>
      <button
        type="button"
        class="button button-primary"
        aria-busy={busy}
        aria-disabled={busy ? "true" : undefined}
        onClick={() => void run()}
      >
        <Icon name="outside" />
        {t("service.open")}
      </button>
      <ProblemNotice problem={problem} />
    </>
  );
}

function reasonText(service: Service): string | undefined {
  if (!service.state_reason) return undefined;
  return tMaybe(`problem.${service.state_reason}`) ?? service.state_detail;
}

const OVER = ["stopped", "failed"];

function Inside(props: { service: Service; reload: () => Promise<void> }) {
  const { service } = props;
  const project = useResource<Project>(`/projects/${service.project}`);
  const events = useServiceEvents(service.id, service.events ?? []);
  useEffect(() => {
    if (events.length > (service.events?.length ?? 0)) void props.reload();
  }, [events.length]);
  const stop = async () => {
    await api.delete(`/services/${service.id}`);
    await props.reload();
  };
  const reason = reasonText(service);
  const projectTitle = project.data?.title ?? t("service.project");
  return (
    <Page
      title={service.name}
      documentTitle={`${service.name} · ${projectTitle}`}
      crumbs={[
        { to: `/projects/${service.project}`, text: projectTitle },
        { to: `/projects/${service.project}/services`, text: t("project.services") },
      ]}
      beside={<WordBadge list="service_state" value={service.state} />}
      actions={
        <>
          {service.state === "ready" && service.mine && <OpenButton service={service} />}
          {!OVER.includes(service.state) && service.state !== "stopping" && (
            <ActionButton kind="danger" act={stop}>
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
          <Panel title={t("service.timeline")}>
            <Timeline
              events={events}
              over={OVER.includes(service.state)}
              said={service.state_detail}
            />
          </Panel>
          <div class="stack-wide">
            <Panel title={t("service.data")}>
              {(service.mounts ?? []).length === 0 ? (
                <p class="soft">{t("launch.no_data")}</p>
              ) : (
                <ul class="terms">
                  {service.mounts?.map((mount) => (
                    <li key={mount.path}>
                      <Icon name="data" class="met" />
                      <div>
                        <p>
                          <a href={`/datasets/${mount.dataset}`}>{mount.title}</a>
                        </p>
                        <code class="break">{mount.path}</code>
                      </div>
                    </li>
                  ))}
                </ul>
              )}
            </Panel>
            <Panel title={t("service.about")}>
              <Facts
                items={[
                  [t("service.person"), service.person.name],
                  [t("launch.definition"), service.definition],
                  [t("service.launched"), <Time at={service.created} />],
                  [t("service.active"), <Time at={service.active} as="ago" />],
                  [t("service.ended"), service.ended ? <Time at={service.ended} /> : null],
                  [t("service.id"), <code class="break">{service.id}</code>],
                ]}
              />
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
