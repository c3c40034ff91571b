// SPDX-License-Identifier: Apache-2.0
// The keys of pseudonyms, without any secret, and their destruction.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useList } from "../api/resource";
import type { PseudonymKey } from "../api/types";
import { t } from "../i18n";
import { Badge } from "../parts/badge";
import { Command, option } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { CodeField, Form, text, TextField } from "../parts/form";
import { Empty, Notice } from "../parts/notice";
import { Page, Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { toast } from "../parts/toast";

function Destroy(props: { of: PseudonymKey; close: () => void; done: () => Promise<void> }) {
  const submit = async (values: FormData) => {
    await api.post(`/pseudonym-keys/${props.of.id}/destroy`, {
      reason: text(values, "reason"),
      code: text(values, "code"),
    });
    await props.done();
    props.close();
    toast(t("keys.destroyed_now"));
  };
  return (
    <Dialog title={t("keys.destroy_title", { domain: props.of.domain })} close={props.close}>
      <Notice tone="bad">{t("keys.destroy_warning")}</Notice>
      <Form
        submit={submit}
        action={t("keys.destroy")}
        danger
        cancel={props.close}
        about={{ "identity.code_refused": "code" }}
      >
        <TextField name="reason" label={t("keys.reason")} hint={t("keys.reason_hint")} max={400} />
        <CodeField />
      </Form>
    </Dialog>
  );
}

function State({ of }: { of: PseudonymKey }) {
  if (of.lives) return <Badge tone="good">{t("keys.lives")}</Badge>;
  return (
    <span class="stack-tight">
      <span>
        <Badge tone="calm">{t("keys.destroyed")}</Badge>
      </span>
      <span class="note">
        <Time at={of.destroyed} as="date" /> · {of.destroyed_by} · {of.reason}
      </span>
    </span>
  );
}

export function KeysPage() {
  const keys = useList<PseudonymKey>("/pseudonym-keys");
  const [destroying, setDestroying] = useState<PseudonymKey | null>(null);
  return (
    <Page title={t("keys.title")} crumbs={[{ to: "/sources", text: t("nav.sources") }]} lead={t("keys.lead")}>
      <div class="stack-wide">
        <Panel>
          <ListTable
            list={keys}
            caption={t("keys.title")}
            id={(key) => key.id}
            empty={
              <Empty icon="key">
                <p>{t("keys.none")}</p>
              </Empty>
            }
            columns={[
              {
                title: t("keys.domain"),
                head: true,
                name: "domain",
                sort: (key) => key.domain,
                cell: (key) => <code>{key.domain}</code>,
              },
              { title: t("keys.project"), cell: (key) => key.project?.title ?? t("protect.every_project") },
              { title: t("keys.organisation"), cell: (key) => key.organisation.name },
              {
                title: t("keys.made"),
                cell: (key) => (
                  <span class="stack-tight">
                    <Time at={key.created} as="date" />
                    <span class="note">{key.created_by}</span>
                  </span>
                ),
              },
              { title: t("keys.state"), cell: (key) => <State of={key} /> },
              {
                title: t("keys.destroy"),
                cell: (key) =>
                  key.lives ? (
                    <button
                      type="button"
                      class="button button-small button-danger"
                      aria-label={t("keys.destroy_title", { domain: key.domain })}
                      onClick={() => setDestroying(key)}
                    >
                      {t("keys.destroy")}
                    </button>
                  ) : null,
              },
            ]}
          />
        </Panel>
        <Command
          lines={[
            { cli: ["key", "list"], call: { method: "GET", path: "/pseudonym-keys" } },
            {
              text: t("keys.destroy"),
              cli: ["key", "destroy", "KEY", ...option("reason", "REASON")],
              call: { method: "POST", path: "/pseudonym-keys/KEY/destroy", body: { reason: "REASON", code: "CODE" } },
            },
          ]}
        />
      </div>
      {destroying && (
        <Destroy of={destroying} close={() => setDestroying(null)} done={keys.reload} />
      )}
    </Page>
  );
}
