// SPDX-License-Identifier: Apache-2.0
// Searching the audit log, and the checkpoint to keep elsewhere.
import { useEffect, useState } from "preact/hooks";
import { api, LIMIT, query } from "../api/client";
import { useList, useResource } from "../api/resource";
import type { AuditCheck, AuditEntry, Person } from "../api/types";
import { t, tn } from "../i18n";
import { problemText } from "../i18n/words";
import { ActionButton } from "../parts/action";
import { AuditTable } from "../parts/audit_table";
import { Command } from "../parts/command";
import { Form, text, TextField } from "../parts/form";
import { Icon } from "../parts/icon";
import { Notice } from "../parts/notice";
import { Loaded, Page, Panel } from "../parts/page";
import { Progress } from "../parts/progress";
import { Time } from "../parts/time";

const FILTERS = ["actor", "verb", "object", "project", "from", "to"] as const;
type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

/** Gives TEXT to the person as a file NAME. */
function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

const CHECK_PERIOD_MS = 700;

function Verification() {
  const check = useResource<AuditCheck>("/admin/audit/verify");
  const running = check.data?.state === "running";
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => void check.reload(), CHECK_PERIOD_MS);
    return () => clearInterval(timer);
  }, [running, check.reload]);
  const begin = async () => {
    await api.post("/admin/audit/verify");
    await check.reload();
  };
  return (
    <Panel
      title={t("verify.title")}
      actions={
        !running && (
          <ActionButton icon="shield" act={begin}>
            {t("verify.begin")}
          </ActionButton>
        )
      }
    >
      <div class="stack" aria-live="polite">
        <p class="soft">{t("verify.lead")}</p>
        <Loaded of={check}>{(data) => <CheckState check={data} />}</Loaded>
      </div>
    </Panel>
  );
}

function CheckState({ check }: { check: AuditCheck }) {
  const began = check.began ? Date.parse(check.began) : undefined;
  if (check.state === "none") return null;
  if (check.state === "running")
    return (
      <Progress
        label={t("verify.running")}
        value={Math.min(check.rows, Math.max(0, check.entries - 1))}
        max={check.entries}
        since={began}
        note={t("verify.rows", { rows: check.rows, entries: check.entries })}
      />
    );
  if (check.state === "holds")
    return (
      <Notice tone="good">
        <p class="strong">{t("verify.holds")}</p>
        <p>
          {tn("verify.checked", check.entries)}{" "}
          {check.erased > 0 && tn("verify.erased", check.erased)} <Time at={check.ended} as="ago" />
        </p>
      </Notice>
    );
  return (
    <Notice tone="bad">
      <p class="strong">{t("verify.broken")}</p>
      <p>{problemText({ ...check, type: "", title: "", status: 0, request: "" })}</p>
      <p class="note">{t("verify.broken_what")}</p>
    </Notice>
  );
}

function Proof() {
  const submit = async (values: FormData) => {
    const number = text(values, "sequence") ?? "0";
    const proof = await api.get<unknown>(`/audit/${encodeURIComponent(number)}/proof`);
    save(`entry-${number}.json`, `${JSON.stringify(proof, null, 2)}\n`);
  };
  return (
    <Panel title={t("proof.title")}>
      <div class="stack">
        <p class="soft">{t("proof.lead")}</p>
        <Form submit={submit} action={t("proof.download")} about={{ "audit.not_found": "sequence" }}>
          <TextField name="sequence" type="number" label={t("proof.number")} max={16} />
        </Form>
        <Command
          lines={[
            {
              text: t("proof.check"),
              cli: ["audit", "check", "entry-412.json"],
              call: { method: "GET", path: "/audit/412/proof" },
            },
          ]}
        />
      </div>
    </Panel>
  );
}

function Checkpoint() {
  const checkpoint = useResource<{ checkpoint: string; key: string; size: number }>("/audit/checkpoint");
  const data = checkpoint.data;
  return (
    <Panel
      title={t("audit.checkpoint")}
      actions={
        data && (
          <button
            type="button"
            class="button button-small"
            onClick={() => save(`checkpoint-${data.size}.txt`, data.checkpoint)}
          >
            <Icon name="download" />
            {t("action.download")}
          </button>
        )
      }
    >
      <div class="stack">
        <p class="soft">{t("audit.checkpoint_text")}</p>
        <Loaded of={checkpoint}>
          {(data) => (
            <>
              <pre class="code-block" tabIndex={0} aria-label={t("audit.checkpoint")}>
                {data.checkpoint}
              </pre>
              <p class="note break">
                {t("audit.key")} <code>{data.key}</code>
              </p>
            </>
          )}
        </Loaded>
      </div>
    </Panel>
  );
}

export function AuditPage() {
  const [filters, setFilters] = useState<Filters>({});
  const entries = useList<AuditEntry>(`/audit${query(filters)}`);
  const persons = useList<Person>(`/persons?limit=${LIMIT}`);
  const names = Object.fromEntries((persons.data ?? []).map((person) => [person.id, person.name]));
  const search = async (values: FormData) => {
    setFilters(Object.fromEntries(FILTERS.map((name) => [name, text(values, name)])));
  };
  return (
    <Page title={t("nav.audit")} lead={t("audit.lead")}>
      <div class="stack-wide">
        <Panel title={t("audit.search")}>
          <Form submit={search} action={t("action.search")} label={t("audit.search")}>
            <div class="fields-row">
              <TextField name="actor" label={t("audit.actor")} hint={t("audit.actor_hint")} optional />
              <TextField name="verb" label={t("audit.verb")} hint={t("audit.verb_hint")} optional />
              <TextField name="object" label={t("audit.object")} hint={t("audit.id_hint")} optional />
            </div>
            <div class="fields-row">
              <TextField
                name="project"
                label={t("application.project")}
                hint={t("audit.id_hint")}
                optional
              />
              <TextField name="from" type="date" label={t("audit.from")} optional />
              <TextField name="to" type="date" label={t("audit.to")} optional />
            </div>
          </Form>
        </Panel>
        <Panel title={t("audit.entries")}>
          <AuditTable list={entries} caption={t("audit.entries")} names={names} />
        </Panel>
        <div class="columns columns-even">
          <Verification />
          <Proof />
        </div>
        <Checkpoint />
        <Command lines={[{ cli: ["audit", "list"], call: { method: "GET", path: "/audit" } }]} />
      </div>
    </Page>
  );
}
