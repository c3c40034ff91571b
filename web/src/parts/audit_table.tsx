// SPDX-License-Identifier: Apache-2.0
// Entries of the audit log.
import type { List } from "../api/resource";
import type { AuditEntry, JournalEntry } from "../api/types";
import { t, tMaybe } from "../i18n";
import { Badge } from "./badge";
import { Empty } from "./notice";
import { ListTable } from "./table";
import { Time } from "./time";

/** A verb of the policy in words: "project.create". */
export function verbText(verb: string): string {
  return tMaybe(`verb.${verb}`) ?? verb;
}

function Actor(props: { id: string | null | undefined; names: Record<string, string> }) {
  if (!props.id) return <span class="soft">–</span>;
  const name = props.names[props.id];
  return name ? <>{name}</> : <code class="break">{props.id}</code>;
}

function Details({ entry }: { entry: AuditEntry | JournalEntry }) {
  const details = Object.entries(entry.details ?? {});
  if (entry.reason) details.unshift(["reason", entry.reason]);
  if (details.length === 0) return <span class="soft">–</span>;
  return (
    <details class="more">
      <summary>{t("audit.details")}</summary>
      <dl class="facts">
        {details.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** NAMES: of persons by their identifier, those that the reader may know. */
export function AuditTable(props: {
  list: List<AuditEntry | JournalEntry>;
  caption: string;
  names: Record<string, string>;
}) {
  return (
    <ListTable
      list={props.list}
      caption={props.caption}
      id={(entry) => String(entry.sequence)}
      empty={
        <Empty icon="clock">
          <p>{t("audit.none")}</p>
        </Empty>
      }
      columns={[
        { title: t("audit.sequence"), number: true, cell: (entry) => entry.sequence },
        { title: t("audit.time"), cell: (entry) => <Time at={entry.time} /> },
        { title: t("audit.actor"), cell: (entry) => <Actor id={entry.actor} names={props.names} /> },
        {
          title: t("audit.verb"),
          head: true,
          cell: (entry) => (
            <span class="row">
              {verbText(entry.verb ?? "")}
              {entry.outcome === "denied" && <Badge tone="bad">{t("audit.denied")}</Badge>}
              {entry.outcome === "failed" && <Badge tone="wait">{t("audit.failed")}</Badge>}
            </span>
          ),
        },
        {
          title: t("audit.object"),
          cell: (entry) => (entry.object ? <code class="break">{entry.object}</code> : "–"),
        },
        { title: t("audit.details"), cell: (entry) => <Details entry={entry} /> },
      ]}
    />
  );
}
