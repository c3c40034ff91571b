// SPDX-License-Identifier: Apache-2.0
// Searching the audit log, and the checkpoint to keep elsewhere.
import { useState } from "preact/hooks";
import { LIMIT, query } from "../api/client";
import { useList, useResource } from "../api/resource";
import type { AuditEntry, Person } from "../api/types";
import { t } from "../i18n";
import { AuditTable } from "../parts/audit_table";
import { Form, text, TextField } from "../parts/form";
import { Loaded, Page, Panel } from "../parts/page";

const FILTERS = ["actor", "verb", "object", "project", "from", "to"] as const;
type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

function Checkpoint() {
  const checkpoint = useResource<{ checkpoint: string; key: string }>("/audit/checkpoint");
  return (
    <Panel title={t("audit.checkpoint")}>
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
        <Checkpoint />
      </div>
    </Page>
  );
}
