// SPDX-License-Identifier: Apache-2.0
// A producer makes a use file of a raw file: the recipe and the dataset to come first, then the file, which
// the server erases once the recipe has been applied.
import { useState } from "preact/hooks";
import { api, ProblemError, problemOfPages, query, upload } from "../api/client";
import { useResource } from "../api/resource";
import type {
  Application, Dataset, Page as ApiPage, Protection, ProtectionReport, Source,
} from "../api/types";
import { t } from "../i18n";
import { formatBytes } from "../i18n/format";
import { WordBadge } from "../parts/badge";
import { Command, option, type CommandLine } from "../parts/command";
import { FileField, Form, SelectField, text, useTyped } from "../parts/form";
import { Notice } from "../parts/notice";
import { Loaded, LoadedPage, Page, Panel } from "../parts/page";
import { Progress } from "../parts/progress";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { navigate } from "../router";
import type { PageProps } from "../routes";
import { typeOf, VersionFields } from "./dataset_publish";

interface Sending {
  sent: number;
  size: number;
  since: number;
}

const chosen = (values: FormData, name: string): File | undefined => {
  const file = values.get(name);
  return file instanceof File && file.name !== "" ? file : undefined;
};

/** The recipe of a file, or of an earlier version. */
async function recipeOf(values: FormData): Promise<unknown> {
  const earlier = text(values, "earlier");
  if (earlier) return (await api.get<ProtectionReport>(`/datasets/${earlier}/report`)).recipe;
  const file = chosen(values, "recipe");
  if (!file) throw new ProblemError(problemOfPages("protection.recipe_needed", ""));
  try {
    return JSON.parse(await file.text());
  } catch (cause) {
    throw new ProblemError(problemOfPages("recipe.json", String((cause as Error).message)));
  }
}

const ABOUT = {
  "sources.slug": "slug",
  "sources.type": "file",
  "sources.too_large": "file",
  "sources.empty": "file",
  "recipe.json": "recipe",
  "recipe.field": "recipe",
  "recipe.step": "recipe",
  "recipe.hierarchy": "recipe",
  "protection.recipe": "recipe",
  "protection.recipe_needed": "recipe",
};

function commandsOf(source: Source, typed: FormData): CommandLine[] {
  const given = (name: string) => text(typed, name) ?? name.toUpperCase();
  const recipe = chosen(typed, "recipe")?.name ?? "recipe.json";
  const file = chosen(typed, "file")?.name ?? "raw.csv";
  const project = text(typed, "project");
  const body = {
    title: given("title"), slug: given("slug"), vintage: given("vintage"), level: given("level"),
    ...(project ? { project } : {}), recipe: {},
  };
  return [
    {
      cli: [
        "dataset", "protect", source.slug, file, "--recipe", recipe,
        ...option("title", given("title")), ...option("slug", given("slug")),
        ...option("vintage", given("vintage")), ...option("level", given("level")),
        ...option("project", project),
      ],
      call: { method: "POST", path: `/sources/${source.id}/protections`, body },
    },
  ];
}

/** Projects that asked for the source: each may have keys of its own. */
function ProjectField({ source }: { source: Source }) {
  const applications = useResource<ApiPage<Application>>(`/applications${query({ source: source.id })}`);
  const projects = new Map((applications.data?.items ?? []).map((one) => [one.project.id, one.project.title]));
  return (
    <SelectField
      name="project"
      label={t("protect.project")}
      hint={t("protect.project_hint")}
      optional
      empty={t("protect.every_project")}
      choices={[...projects].map(([value, title]) => ({ value, text: title }))}
    />
  );
}

function ProtectForm({ source }: { source: Source }) {
  const [typed, follow] = useTyped();
  const [sending, setSending] = useState<Sending | null>(null);
  const made = (source.datasets ?? []).filter((one: Dataset) => one.has_report && one.state === "published");

  const submit = async (values: FormData) => {
    const file = values.get("file") as File;
    const project = text(values, "project");
    const begun = await api.post<Protection>(`/sources/${source.id}/protections`, {
      title: text(values, "title"),
      slug: text(values, "slug"),
      vintage: text(values, "vintage"),
      level: text(values, "level"),
      recipe: await recipeOf(values),
      ...(project ? { project } : {}),
    });
    const since = Date.now();
    setSending({ sent: 0, size: file.size, since });
    try {
      await upload(
        `/protections/${begun.id}/file${query({ name: file.name })}`,
        file,
        typeOf(file.name),
        (sent) => setSending({ sent, size: file.size, since }),
        new AbortController().signal,
      );
    } catch (cause) {
      await api.post(`/protections/${begun.id}/discard`).catch(() => undefined);
      throw cause;
    } finally {
      setSending(null);
    }
    navigate(`/protections/${begun.id}`);
  };

  return (
    <div class="stack" onInput={follow}>
      <Form submit={submit} action={t("protect.begin")} about={ABOUT}>
        <VersionFields slugHint={t("protect.slug_hint")} />
        <FileField name="recipe" label={t("protect.recipe")} hint={t("protect.recipe_hint")} accept=".json" optional />
        {made.length > 0 && (
          <SelectField
            name="earlier"
            label={t("protect.earlier")}
            optional
            empty={t("protect.from_file")}
            choices={made.map((one) => ({ value: one.id, text: `${one.title} (${one.vintage}, ${one.version})` }))}
          />
        )}
        <ProjectField source={source} />
        <FileField name="file" label={t("protect.raw")} hint={t("protect.raw_hint")} accept=".csv,.parquet" />
        {sending && (
          <Progress
            label={t("publish.sending")}
            value={sending.sent}
            max={sending.size}
            since={sending.since}
            note={formatBytes(sending.sent)}
          />
        )}
      </Form>
      <Command lines={commandsOf(source, typed)} />
    </div>
  );
}

function Open({ source }: { source: Source }) {
  const list = useResource<ApiPage<Protection>>(`/sources/${source.id}/protections`);
  return (
    <Loaded of={list}>
      {({ items }) =>
        items.length === 0 ? (
          <p class="soft">{t("protect.none")}</p>
        ) : (
          <Table
            caption={t("protect.earlier_ones")}
            rows={items}
            id={(one) => one.id}
            columns={[
              {
                title: t("dataset.title"),
                head: true,
                cell: (one) => <a href={`/protections/${one.id}`}>{one.title}</a>,
              },
              { title: t("dataset.level"), cell: (one) => <WordBadge list="level" value={one.level} /> },
              { title: t("protect.state"), cell: (one) => <WordBadge list="protection_state" value={one.state} /> },
              { title: t("protect.by"), cell: (one) => one.created_by },
              { title: t("protect.since"), cell: (one) => <Time at={one.created} /> },
            ]}
          />
        )
      }
    </Loaded>
  );
}

export function DatasetProtect({ params }: PageProps) {
  const source = useResource<Source>(`/sources/${params.source}`);
  return (
    <LoadedPage of={source}>
      {(data) => (
        <Page
          title={t("protect.title")}
          crumbs={[
            { to: "/sources", text: t("nav.sources") },
            { to: `/sources/${data.id}`, text: data.title },
          ]}
          lead={t("protect.lead")}
          actions={
            <a class="button" href="/keys">
              {t("keys.title")}
            </a>
          }
        >
          {data.mine ? (
            <div class="stack-wide">
              <Panel title={t("protect.new")}>
                <ProtectForm source={data} />
              </Panel>
              <Panel title={t("protect.earlier_ones")}>
                <Open source={data} />
              </Panel>
            </div>
          ) : (
            <Notice tone="info">{t("protect.stewards_only")}</Notice>
          )}
        </Page>
      )}
    </LoadedPage>
  );
}
