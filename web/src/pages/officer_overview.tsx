// SPDX-License-Identifier: Apache-2.0
// How the platform is, at one glance, for an officer.
import type { ComponentChildren } from "preact";
import { api } from "../api/client";
import { useResource } from "../api/resource";
import type { PlatformOverview } from "../api/types";
import { t, tn } from "../i18n";
import { formatBytes, formatNumber, formatPercent } from "../i18n/format";
import { ActionButton } from "../parts/action";
import { Badge } from "../parts/badge";
import { Command } from "../parts/command";
import { useEvery } from "../parts/every";
import { Notice, type Tone } from "../parts/notice";
import { OfficerPage } from "../parts/officer";
import { Facts, Loaded, Panel } from "../parts/page";
import { Time } from "../parts/time";
import { toast } from "../parts/toast";

const PERIOD_MS = 10_000;
const DISK_LOW = 0.1;

interface Part {
  name: string;
  tone: Tone;
  state: string;
  note: ComponentChildren;
}

function disk(data: PlatformOverview): Part | undefined {
  if (!data.disk) return undefined;
  const { free_bytes, total_bytes } = data.disk;
  const free = total_bytes > 0 ? free_bytes / total_bytes : 0;
  return {
    name: t("officer.disk"),
    tone: free < DISK_LOW ? "bad" : "good",
    state: free < DISK_LOW ? t("officer.disk_low") : t("officer.well"),
    note: t("officer.disk_free", {
      free: formatBytes(free_bytes),
      total: formatBytes(total_bytes),
      share: formatPercent(free),
    }),
  };
}

function mail({ mail: state }: PlatformOverview): Part {
  const name = t("officer.mail");
  if (!state.configured)
    return { name, tone: "calm", state: t("officer.mail_off"), note: t("officer.mail_off_note") };
  const late = state.oldest_due !== null && Date.now() - Date.parse(state.oldest_due) > 600_000;
  return {
    name,
    tone: late ? "bad" : "good",
    state: late ? t("officer.mail_late") : t("officer.well"),
    note: (
      <>
        {t("officer.mail_counts", {
          sent: state.sent,
          due: state.due,
          failed: state.failed + state.unknown,
        })}
        {state.last_failure && (
          <>
            <br />
            {t("officer.mail_last")} <span class="break">{state.last_failure}</span>
          </>
        )}
      </>
    ),
  };
}

function parts(data: PlatformOverview): Part[] {
  const well = (ok: boolean, bad: string): Pick<Part, "tone" | "state"> => ({
    tone: ok ? "good" : "bad",
    state: ok ? t("officer.well") : bad,
  });
  const list: (Part | undefined)[] = [
    {
      name: t("officer.store"),
      ...well(data.store.ok, t("officer.store_bad")),
      note: t(data.store.kind === "sqlite" ? "officer.store_sqlite" : "officer.store_postgresql", {
        schema: data.store.schema,
      }),
    },
    {
      name: t("officer.engine"),
      ...well(data.engine.ok, t("officer.engine_bad")),
      note: tn("officer.engine_note", data.counts.services_running),
    },
    {
      name: t("officer.audit"),
      ...well(data.audit.ok, t("officer.audit_bad")),
      note: <a href="/audit">{tn("officer.audit_note", data.audit.entries)}</a>,
    },
    {
      name: t("officer.clock"),
      ...well(data.clock.failing === 0, tn("officer.clock_bad", data.clock.failing)),
      note: <a href="/officer/clock">{tn("officer.clock_note", data.clock.duties)}</a>,
    },
    mail(data),
    disk(data),
  ];
  return list.filter((part): part is Part => part !== undefined);
}

function Health({ data }: { data: PlatformOverview }) {
  const tryMail = async () => {
    await api.post("/admin/mail/test");
    toast(t("officer.mail_tried"));
  };
  return (
    <Panel
      title={t("officer.health")}
      actions={
        data.mail.configured && (
          <ActionButton small icon="mail" act={tryMail}>
            {t("officer.mail_try")}
          </ActionButton>
        )
      }
    >
      <ul role="list" class="health">
        {parts(data).map((part) => (
          <li key={part.name}>
            <p class="row row-between">
              <span class="strong">{part.name}</span>
              <Badge tone={part.tone}>{part.state}</Badge>
            </p>
            <p class="note">{part.note}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Counts({ data }: { data: PlatformOverview }) {
  const { counts } = data;
  const waiting = counts.applications_waiting + counts.exports_waiting;
  return (
    <>
      {counts.services_failed_today > 0 && (
        <Notice tone="wait">{tn("officer.failed_today", counts.services_failed_today)}</Notice>
      )}
      <Panel title={t("officer.figures")}>
        <Facts
          shape="grid"
          items={[
            [
              t("nav.persons"),
              <a href="/persons">
                {formatNumber(counts.persons)}
                {counts.persons_disabled > 0 &&
                  ` (${tn("officer.disabled", counts.persons_disabled)})`}
              </a>,
            ],
            [t("officer.sessions"), formatNumber(counts.sessions)],
            [t("tokens.title"), formatNumber(counts.tokens)],
            [
              t("organisations.title"),
              <a href="/officer/organisations">{formatNumber(counts.organisations)}</a>,
            ],
            [
              t("nav.projects"),
              <a href="/officer/projects">
                {t("officer.projects_open", { open: counts.projects_open, all: counts.projects })}
              </a>,
            ],
            [
              t("officer.services"),
              <a href="/officer/services">{formatNumber(counts.services_running)}</a>,
            ],
            [
              t("nav.sources"),
              <a href="/officer/sources">
                {t("officer.datasets", { sources: counts.sources, datasets: counts.datasets })}
              </a>,
            ],
            [t("officer.waiting"), formatNumber(waiting)],
            [t("officer.buckets"), formatBytes(counts.bucket_bytes)],
            [t("officer.memory"), formatBytes(data.memory_bytes)],
          ]}
        />
      </Panel>
    </>
  );
}

export function OfficerOverview() {
  const overview = useResource<PlatformOverview>("/admin/overview");
  useEvery(PERIOD_MS, overview.reload);
  return (
    <OfficerPage here="/officer" title={t("officer.overview")}>
      <Loaded of={overview}>
        {(data) => (
          <>
            <Health data={data} />
            <Counts data={data} />
            <p class="note">
              {t("shell.version", { version: data.version })}
              {data.mail.oldest_due && (
                <>
                  {" · "}
                  {t("officer.mail_oldest")} <Time at={data.mail.oldest_due} as="ago" />
                </>
              )}
            </p>
          </>
        )}
      </Loaded>
      <Command
        lines={[{ cli: ["admin", "overview"], call: { method: "GET", path: "/admin/overview" } }]}
      />
    </OfficerPage>
  );
}
