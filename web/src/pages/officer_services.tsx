// SPDX-License-Identifier: Apache-2.0
// Running services of every project, what each uses now, and stopping one with a reason.
import { useState } from "preact/hooks";
import { api, query } from "../api/client";
import { useList } from "../api/resource";
import type { RunningService } from "../api/types";
import { t } from "../i18n";
import { formatBytes, formatPercent } from "../i18n/format";
import { word } from "../i18n/words";
import { WORDS } from "../api/words";
import { WordBadge } from "../parts/badge";
import { Command } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { useEvery } from "../parts/every";
import { Filters, holdsWords } from "../parts/filters";
import { Form, LongField, text } from "../parts/form";
import { Empty } from "../parts/notice";
import { OfficerPage } from "../parts/officer";
import { Panel } from "../parts/page";
import { ListTable, RowButton } from "../parts/table";
import { Time } from "../parts/time";
import { toast } from "../parts/toast";
import { useAddress } from "../router";

const PERIOD_MS = 5000;
const REASON_MAX = 300;
const LIVE = WORDS.service_state.filter((state) => state !== "stopped" && state !== "failed");

function StopDialog(props: { service: RunningService; done: () => Promise<void>; close: () => void }) {
  const { service } = props;
  const submit = async (values: FormData) => {
    await api.delete(`/services/${service.id}${query({ reason: text(values, "reason") })}`);
    toast(t("usage.stopping", { name: service.name }));
    await props.done();
    props.close();
  };
  return (
    <Dialog title={t("usage.stop_title", { name: service.name })} close={props.close}>
      <p class="soft">{t("usage.stop_text", { person: service.person.name })}</p>
      <Form submit={submit} action={t("usage.stop")} danger cancel={props.close}>
        <LongField
          name="reason"
          label={t("usage.reason")}
          hint={t("usage.reason_hint")}
          rows={3}
          max={REASON_MAX}
        />
      </Form>
    </Dialog>
  );
}

function Share(props: { label: string; used: number; limit: number; text: string }) {
  const share = props.limit > 0 ? props.used / props.limit : 0;
  return (
    <span class="stack-tight usage">
      <span class="number">{props.text}</span>
      <meter
        aria-label={`${props.label} ${formatPercent(share)}`}
        min={0}
        max={1}
        high={0.9}
        optimum={0}
        value={Math.min(1, share)}
      />
    </span>
  );
}

function Memory({ of }: { of: RunningService }) {
  if (!of.usage) return <span class="soft">{t("usage.unknown")}</span>;
  const { memory_bytes, memory_limit_bytes } = of.usage;
  return (
    <Share
      label={t("usage.memory_of", { name: of.name })}
      used={memory_bytes}
      limit={memory_limit_bytes}
      text={t("usage.of", { used: formatBytes(memory_bytes), limit: formatBytes(memory_limit_bytes) })}
    />
  );
}

function Cpu({ of }: { of: RunningService }) {
  if (!of.usage) return <span class="soft">{t("usage.unknown")}</span>;
  const { cpus, cpu_limit } = of.usage;
  return (
    <Share
      label={t("usage.cpu_of", { name: of.name })}
      used={cpus}
      limit={cpu_limit}
      text={t("usage.of", { used: Math.round(cpus * 100) / 100, limit: cpu_limit })}
    />
  );
}

export function OfficerServices() {
  const list = useList<RunningService>("/admin/services");
  const [stopping, setStopping] = useState<RunningService | null>(null);
  const [words] = useAddress("q");
  const [state] = useAddress("state");
  useEvery(PERIOD_MS, list.reload);
  const only = (service: RunningService) =>
    (state === "" || service.state === state) &&
    holdsWords(words, service.name, service.person.name, service.person.login, service.project.title);
  return (
    <OfficerPage here="/officer/services" title={t("officer.services")} lead={t("usage.lead")}>
      <Panel title={t("usage.running")}>
        <div class="stack">
          <Filters
            search={{ label: t("usage.search") }}
            selects={[
              {
                name: "state",
                label: t("clock.state"),
                choices: LIVE.map((value) => ({ value, text: word("service_state", value) })),
              },
            ]}
          />
          <ListTable
            list={list}
            only={only}
            caption={t("usage.running")}
            id={(service) => service.id}
            sorted="-memory"
            empty={
              <Empty icon="service" title={t("usage.none")}>
                <p>{t("usage.none_text")}</p>
              </Empty>
            }
            columns={[
              {
                title: t("usage.service"),
                head: true,
                name: "service",
                sort: (service) => service.name,
                cell: (service) => <a href={`/services/${service.id}`}>{service.name}</a>,
              },
              {
                title: t("clock.state"),
                cell: (service) => <WordBadge list="service_state" value={service.state} />,
              },
              {
                title: t("usage.person"),
                name: "person",
                sort: (service) => service.person.name,
                cell: (service) => service.person.name,
              },
              {
                title: t("application.project"),
                name: "project",
                sort: (service) => service.project.title,
                cell: (service) => (
                  <a href={`/projects/${service.project.id}`}>{service.project.title}</a>
                ),
              },
              {
                title: t("usage.memory"),
                name: "memory",
                sort: (service) => service.usage?.memory_bytes,
                cell: (service) => <Memory of={service} />,
              },
              {
                title: t("usage.cpu"),
                name: "cpu",
                sort: (service) => service.usage?.cpus,
                cell: (service) => <Cpu of={service} />,
              },
              {
                title: t("usage.active"),
                name: "active",
                sort: (service) => service.active,
                cell: (service) => <Time at={service.active} as="ago" />,
              },
              {
                title: t("table.actions"),
                cell: (service) => (
                  <RowButton
                    label={t("usage.stop_title", { name: service.name })}
                    act={() => setStopping(service)}
                  >
                    {t("usage.stop")}
                  </RowButton>
                ),
              },
            ]}
          />
        </div>
      </Panel>
      <Command
        lines={[
          { cli: ["admin", "service", "list"], call: { method: "GET", path: "/admin/services" } },
        ]}
      />
      {stopping && (
        <StopDialog service={stopping} done={list.reload} close={() => setStopping(null)} />
      )}
    </OfficerPage>
  );
}
