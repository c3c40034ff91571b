// SPDX-License-Identifier: Apache-2.0
// The API, readable: every operation of the document that this server serves, with a call to copy. Open to
// everybody, as the document is.
import { useMemo } from "preact/hooks";
import { useResource } from "../api/resource";
import { language, t, tn, type Key } from "../i18n";
import { Badge } from "../parts/badge";
import { CopyButton } from "../parts/command";
import { Filters } from "../parts/filters";
import { Empty, Notice } from "../parts/notice";
import { Facts, LoadedPage, Page, Panel } from "../parts/page";
import { Table } from "../parts/table";
import { useAddress } from "../router";
import { useStore } from "../store";
import {
  callsOf,
  curlOf,
  fieldsOf,
  found,
  type Answer,
  type ApiDocument,
  type Call,
  type Field,
  type Parameter,
  type Schema,
} from "./api_text";

const NEEDS: Record<string, Key> = { token: "api.token", session: "api.session" };

function Code({ text, label }: { text: string; label: string }) {
  return (
    <div class="command-line">
      <div>
        {/* Scrolls by itself, so that it must take the keyboard. */}
        <pre tabIndex={0} aria-label={label}>
          <code>{text}</code>
        </pre>
        <CopyButton text={text} />
      </div>
    </div>
  );
}

function FieldTable({ caption, fields }: { caption: string; fields: Field[] }) {
  if (fields.length === 0) return null;
  return (
    <Table
      rows={fields}
      caption={caption}
      id={(field) => field.name}
      columns={[
        { title: t("api.field"), head: true, cell: (field) => <code class="break">{field.name}</code> },
        { title: t("api.type"), cell: (field) => <code class="break">{field.type}</code> },
        { title: t("api.required"), cell: (field) => (field.required ? t("answer.yes") : t("answer.no")) },
        { title: t("api.meaning"), cell: (field) => <span lang="en">{field.description}</span> },
      ]}
    />
  );
}

function fieldOf(parameter: Parameter): Field {
  const type = parameter.schema.enum?.join(" | ") ?? [parameter.schema.type ?? "any"].flat().join(" | ");
  return {
    name: parameter.in === "header" ? `${parameter.name}:` : parameter.name,
    type: `${parameter.in} · ${type}`,
    required: parameter.required,
    description: parameter.description ?? "",
  };
}

function Content({ of, document, title }: { of: Answer["content"]; document: ApiDocument; title: string }) {
  return (
    <>
      {Object.entries(of ?? {}).map(([type, content]) => (
        <section key={type} class="stack-tight">
          <h3>
            {title} <code>{type}</code>
          </h3>
          {content.schema && (
            <FieldTable caption={title} fields={fieldsOf(document, content.schema as Schema)} />
          )}
          {content.example !== undefined && (
            <details>
              <summary>{t("api.example")}</summary>
              <Code text={JSON.stringify(content.example, null, 2)} label={t("api.example")} />
            </details>
          )}
        </section>
      ))}
    </>
  );
}

function Events({ of, document }: { of: Answer["x-events"]; document: ApiDocument }) {
  return (
    <>
      {Object.entries(of ?? {}).map(([name, event]) => (
        <section key={name} class="stack-tight">
          <h3>
            {t("api.event")} <code>{name}</code>
          </h3>
          <p class="soft" lang="en">
            {event.description}
          </p>
          {event.schema && <FieldTable caption={name} fields={fieldsOf(document, event.schema)} />}
        </section>
      ))}
    </>
  );
}

function needs(call: Call): string {
  if (call.security?.length === 0) return t("api.nobody");
  const names = (call.security ?? []).map((one) => NEEDS[Object.keys(one)[0] ?? ""]);
  return names.flatMap((name) => (name ? [t(name)] : [])).join(", ");
}

function Details({ call, document }: { call: Call; document: ApiDocument }) {
  const statuses = Object.entries(call.responses);
  const good = statuses.filter(([status]) => Number(status) < 300);
  const others = statuses.filter(([status]) => Number(status) >= 300);
  const meaning = (answer: Answer) =>
    answer.$ref ? document.components.responses[answer.$ref.split("/").pop() ?? ""]?.description : answer.description;
  return (
    <div class="stack">
      {call.description && (
        <Notice tone="wait">
          <p lang="en">{call.description}</p>
        </Notice>
      )}
      <Facts
        items={[
          [t("api.name"), <code>{call.operationId}</code>],
          [t("api.needs"), needs(call)],
        ]}
      />
      <Code text={curlOf(location.origin, call)} label={t("api.call")} />
      <FieldTable caption={t("api.parameters")} fields={call.parameters.map(fieldOf)} />
      <Content of={call.requestBody?.content} document={document} title={t("api.body")} />
      {good.map(([status, answer]) => (
        <div key={status} class="stack">
          <Content of={answer.content} document={document} title={t("api.answer", { status })} />
          <Events of={answer["x-events"]} document={document} />
          {!answer.content && <p>{t("api.empty_answer", { status })}</p>}
        </div>
      ))}
      <section class="stack-tight">
        <h3>{t("api.refusals")}</h3>
        <ul class="api-statuses">
          {others.map(([status, answer]) => (
            <li key={status}>
              <code>{status}</code> <span lang="en">{meaning(answer)}</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Operation({ call, document, open }: { call: Call; document: ApiDocument; open: boolean }) {
  const [chosen, choose] = useAddress("operation");
  const shown = open || chosen === call.operationId;
  return (
    <details
      class="api-operation"
      open={shown}
      onToggle={(event) => {
        if (event.currentTarget.open && chosen !== call.operationId && !open) choose(call.operationId);
        if (!event.currentTarget.open && chosen === call.operationId) choose("");
      }}
    >
      <summary>
        <span class={`api-method api-${call.method.toLowerCase()}`}>{call.method}</span>
        <code class="break">{call.path}</code>
        <span class="api-summary" lang="en">
          {call.summary}
        </span>
        {call.deprecated && <Badge tone="wait">{t("api.deprecated")}</Badge>}
      </summary>
      {shown && <Details call={call} document={document} />}
    </details>
  );
}

function Operations({ document }: { document: ApiDocument }) {
  const [words] = useAddress("q");
  const calls = useMemo(() => callsOf(document), [document]);
  const shown = found(calls, words);
  const groups = [...new Set(shown.map((call) => call.tags?.[0] ?? ""))].sort();
  return (
    <div class="stack">
      <Filters search={{ label: t("api.search") }} />
      <p class="note" role="status">
        {tn("api.count", shown.length)}
      </p>
      {shown.length === 0 && (
        <Empty icon="search">
          <p>{t("api.none")}</p>
        </Empty>
      )}
      {groups.map((group) => (
        <Panel key={group} title={group}>
          <div class="api-list">
            {shown
              .filter((call) => (call.tags?.[0] ?? "") === group)
              .map((call) => (
                <Operation key={call.operationId} call={call} document={document} open={shown.length === 1} />
              ))}
          </div>
        </Panel>
      ))}
    </div>
  );
}

export function ApiPage() {
  useStore(language);
  const document = useResource<ApiDocument>("/openapi.json");
  return (
    <LoadedPage of={document}>
      {(data) => (
        <Page
          title={t("api.title")}
          lead={t("api.lead")}
          actions={
            <a class="button" href="/api/v1/openapi.json" download="darse-openapi.json">
              {t("api.document", { version: data.info.version })}
            </a>
          }
        >
          <Operations document={data} />
        </Page>
      )}
    </LoadedPage>
  );
}
