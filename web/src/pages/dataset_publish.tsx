// SPDX-License-Identifier: Apache-2.0
// A producer publishes a dataset: its description first, then the file, read on the server before
// anything is kept.
import { useRef, useState } from "preact/hooks";
import { api, query, upload } from "../api/client";
import { useResource } from "../api/resource";
import type { Dataset, Source, Variable } from "../api/types";
import { WORDS } from "../api/words";
import { t } from "../i18n";
import { formatBytes, formatDuration } from "../i18n/format";
import { word } from "../i18n/words";
import { Command, option, type CommandLine } from "../parts/command";
import { ChoicesField, FileField, Form, LongField, text, TextField, useTyped } from "../parts/form";
import { LoadedPage, Page, Panel } from "../parts/page";
import { navigate } from "../router";
import type { PageProps } from "../routes";

/** What a version is described by, whether its file is sent as it is or made by a recipe. */
export function VersionFields({ slugHint }: { slugHint: string }) {
  return (
    <>
      <TextField name="title" label={t("dataset.title")} />
      <div class="fields-row">
        <TextField
          name="slug"
          label={t("projects.slug")}
          hint={slugHint}
          pattern="[a-z0-9]([a-z0-9\-]{0,48}[a-z0-9])"
          max={50}
        />
        <TextField name="vintage" label={t("dataset.vintage")} hint={t("publish.vintage_hint")} max={40} />
      </div>
      <ChoicesField
        name="level"
        label={t("dataset.level")}
        one
        wide
        choices={WORDS.level.map((value) => ({
          value,
          text: word("level", value),
          hint: t(`level.${value}`),
        }))}
      />
    </>
  );
}

const TYPES: Record<string, string> = {
  csv: "text/csv",
  parquet: "application/vnd.apache.parquet",
};
const HEAD_BYTES = 64 * 1024;

export function typeOf(name: string): string {
  return TYPES[name.split(".").pop()?.toLowerCase() ?? ""] ?? "application/octet-stream";
}

/** `name; label; description`, one variable a line. */
export function parseVariables(lines: string): Variable[] {
  return lines
    .split("\n")
    .map((line) => line.split(";").map((part) => part.trim()))
    .filter((parts) => parts[0])
    .map(([name = "", label = "", description = ""]) => ({
      name,
      label: label === "" ? name : label,
      ...(description === "" ? {} : { description }),
    }));
}

/** The columns of a CSV's first line, one a line: a start for the description. */
export function columnsOf(head: string): string[] {
  const line = head.split(/\r?\n/, 1)[0] ?? "";
  const separator = [";", "\t", ","].find((mark) => line.includes(mark)) ?? ",";
  return line
    .replace(/^\uFEFF/, "")
    .split(separator)
    .map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
}

interface Sending {
  sent: number;
  size: number;
  since: number;
}

function Progress({ sending }: { sending: Sending }) {
  const { sent, size, since } = sending;
  const spent = Date.now() - since;
  const left = sent > 0 ? (spent * (size - sent)) / sent : 0;
  return (
    <div class="stack-tight" role="status">
      <progress max={size} value={sent} aria-label={t("publish.sending")} />
      <p class="note">
        {sent < size
          ? t("publish.progress", {
              sent: formatBytes(sent),
              size: formatBytes(size),
              left: formatDuration(left),
            })
          : t("publish.reading")}
      </p>
    </div>
  );
}

/** Sends FILE as the content of dataset ID, telling how far it is. */
async function sendFile(
  id: string,
  file: File,
  tell: (sending: Sending | null) => void,
): Promise<void> {
  const since = Date.now();
  tell({ sent: 0, size: file.size, since });
  try {
    await upload(
      `/datasets/${id}/file${query({ name: file.name })}`,
      file,
      typeOf(file.name),
      (sent) => tell({ sent, size: file.size, since }),
      new AbortController().signal,
    );
  } finally {
    tell(null);
  }
}

/** Reasons that are about the file. */
const ABOUT_FILE = {
  "sources.type": "file",
  "sources.too_large": "file",
  "sources.empty": "file",
  "sources.variables_differ": "file",
};

function FileInput(props: { onFile?: (file: File | undefined) => void }) {
  return (
    <FileField
      name="file"
      label={t("publish.file")}
      hint={t("publish.file_hint")}
      accept=".csv,.parquet"
      onFile={props.onFile}
    />
  );
}

/** Sends the file of dataset ID; "FILE" until one is chosen. */
function fileCommand(id: string, typed: FormData, words?: string): CommandLine {
  const chosen = typed.get("file");
  const name = chosen instanceof File && chosen.name !== "" ? chosen.name : "FILE.csv";
  return {
    text: words,
    cli: ["dataset", "publish", id, name],
    call: { method: "PUT", path: `/datasets/${id}/file${query({ name })}`, file: name, type: typeOf(name) },
  };
}

/** For a dataset that is described and waits for its file. */
export function WaitingForFile(props: { dataset: Dataset; done: () => Promise<void> }) {
  const [sending, setSending] = useState<Sending | null>(null);
  const submit = async (values: FormData) => {
    await sendFile(props.dataset.id, values.get("file") as File, setSending);
    await props.done();
  };
  const [typed, follow] = useTyped();
  return (
    <div class="stack" onInput={follow}>
      <Form submit={submit} action={t("source.publish")} about={ABOUT_FILE}>
        <p>{t("publish.waits")}</p>
        <FileInput />
        {sending && <Progress sending={sending} />}
      </Form>
      <Command lines={[fileCommand(props.dataset.id, typed)]} />
    </div>
  );
}

function descriptionOf(values: FormData) {
  return {
    title: text(values, "title"),
    slug: text(values, "slug"),
    vintage: text(values, "vintage"),
    level: text(values, "level"),
    variables: parseVariables(text(values, "variables") ?? ""),
  };
}

function publishCommands(source: Source, typed: FormData): CommandLine[] {
  const given = (name: string) => text(typed, name) ?? name.toUpperCase();
  return [
    {
      text: t("publish.variables"),
      cli: [
        "dataset", "create", source.slug,
        ...option("title", given("title")),
        ...option("slug", given("slug")),
        ...option("vintage", given("vintage")),
        ...option("level", given("level")),
        "--variables", "variables.json",
      ],
      call: { method: "POST", path: `/sources/${source.id}/datasets`, body: descriptionOf(typed) },
    },
    fileCommand("DATASET", typed, t("publish.file")),
  ];
}

function PublishForm({ source }: { source: Source }) {
  const [typed, follow] = useTyped();
  const [sending, setSending] = useState<Sending | null>(null);
  const draft = useRef<{ id: string; of: string } | null>(null);
  const form = useRef<HTMLDivElement>(null);

  const describe = async (file: File | undefined) => {
    if (!file || typeOf(file.name) !== "text/csv") return;
    const area = form.current?.querySelector<HTMLTextAreaElement>("[name=variables]");
    if (!area || area.value.trim() !== "") return;
    const columns = columnsOf(await file.slice(0, HEAD_BYTES).text());
    area.value = columns.map((name) => `${name}; `).join("\n");
  };

  const submit = async (values: FormData) => {
    const file = values.get("file") as File;
    const description = descriptionOf(values);
    // A refused file leaves the draft: it is used again when the same description gets another.
    const of = JSON.stringify(description);
    if (draft.current?.of !== of) {
      const made = await api.post<Dataset>(`/sources/${source.id}/datasets`, description);
      draft.current = { id: made.id, of };
    }
    const { id } = draft.current;
    await sendFile(id, file, setSending);
    navigate(`/datasets/${id}`);
  };

  return (
    <div ref={form} class="stack" onInput={follow}>
      <Form
        submit={submit}
        action={t("source.publish")}
        about={{
          "sources.slug": "slug",
          "sources.draft_waits": "slug",
          ...ABOUT_FILE,
          "sources.no_variable": "variables",
          "sources.variable_twice": "variables",
        }}
      >
        <VersionFields slugHint={t("publish.slug_hint")} />
        <FileInput onFile={(file) => void describe(file)} />
        <LongField
          name="variables"
          label={t("publish.variables")}
          hint={t("publish.variables_hint")}
          rows={10}
          max={200000}
        />
        {sending && <Progress sending={sending} />}
      </Form>
      <Command lines={publishCommands(source, typed)} />
    </div>
  );
}

export function DatasetPublish({ params }: PageProps) {
  const source = useResource<Source>(`/sources/${params.source}`);
  return (
    <LoadedPage of={source}>
      {(data) => (
        <Page
          title={t("source.publish")}
          crumbs={[
            { to: "/sources", text: t("nav.sources") },
            { to: `/sources/${data.id}`, text: data.title },
          ]}
          lead={t("publish.lead")}
        >
          <Panel>
            <PublishForm source={data} />
          </Panel>
        </Page>
      )}
    </LoadedPage>
  );
}
