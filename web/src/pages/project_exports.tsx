// SPDX-License-Identifier: Apache-2.0
// The project's exports, and the start of a new one.
import { useState } from "preact/hooks";
import { api, query } from "../api/client";
import { useList } from "../api/resource";
import type { Export, ExportBrief } from "../api/types";
import { t, tn } from "../i18n";
import { WORDS } from "../api/words";
import { word } from "../i18n/words";
import { Badge, WordBadge } from "../parts/badge";
import { Command } from "../parts/command";
import { Filters } from "../parts/filters";
import { Dialog } from "../parts/dialog";
import { Form, LongField, text, TextField } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { navigate, useAddress } from "../router";
import type { SectionProps } from "./project";

function NewExport(props: { project: string; close: () => void }) {
  const submit = async (values: FormData) => {
    const made = await api.post<Export>(`/projects/${props.project}/exports`, {
      title: text(values, "title"),
      context: text(values, "context"),
    });
    navigate(`/exports/${made.id}`);
  };
  return (
    <Dialog title={t("exports.new")} close={props.close}>
      <Form submit={submit} action={t("exports.create")} cancel={props.close}>
        <TextField name="title" label={t("exports.title")} />
        <LongField
          name="context"
          label={t("exports.context")}
          hint={t("exports.context_hint")}
          rows={6}
        />
      </Form>
    </Dialog>
  );
}

export function ProjectExports({ project }: SectionProps) {
  const [state] = useAddress("state");
  const path = `/projects/${project.id}/exports${query({ state })}`;
  const exports = useList<ExportBrief>(path, [`project:${project.id}`]);
  const [creating, setCreating] = useState(false);
  const works = project.my_roles.includes("lead") || project.my_roles.includes("scientist");
  return (
    <Panel
      title={t("project.exports")}
      actions={
        works && (
          <button
            type="button"
            class="button button-primary button-small"
            onClick={() => setCreating(true)}
          >
            <Icon name="plus" />
            {t("exports.new")}
          </button>
        )
      }
    >
      <div class="stack">
        <p class="soft">{t("exports.lead")}</p>
        <Filters
          selects={[
            {
              name: "state",
              label: t("projects.state"),
              choices: WORDS.export_state.map((value) => ({ value, text: word("export_state", value) })),
            },
          ]}
        />
        <ListTable
          list={exports}
          caption={t("project.exports")}
          id={(item) => item.id}
          empty={
            <Empty icon="export">
              <p>{t("exports.none")}</p>
            </Empty>
          }
          columns={[
            {
              title: t("exports.title"),
              head: true,
              cell: (item) => <a href={`/exports/${item.id}`}>{item.title}</a>,
            },
            {
              title: t("exports.author"),
              name: "author",
              sort: (item) => item.author.name,
              cell: (item) => item.author.name,
            },
            { title: t("export.files"), number: true, cell: (item) => item.files_count },
            {
              title: t("reviews.check"),
              cell: (item) =>
                item.files_count === 0 ? (
                  "–"
                ) : item.files_flagged > 0 ? (
                  <Badge tone="wait">{tn("reviews.flagged", item.files_flagged)}</Badge>
                ) : (
                  <Badge tone="good">{t("reviews.pass")}</Badge>
                ),
            },
            { title: t("exports.round"), number: true, cell: (item) => item.round },
            {
              title: t("application.created"),
              name: "created",
              sort: (item) => item.created,
              cell: (item) => <Time at={item.created} as="date" />,
            },
            {
              title: t("projects.state"),
              cell: (item) => <WordBadge list="export_state" value={item.state} />,
            },
          ]}
        />
      </div>
      <Command
        lines={[
          { cli: ["export", "list", project.id], call: { method: "GET", path } },
          {
            text: t("exports.new"),
            cli: ["export", "create", project.id, "--title", "…", "--context", "…"],
            call: {
              method: "POST",
              path: `/projects/${project.id}/exports`,
              body: { title: "…", context: "…" },
            },
          },
        ]}
      />
      {creating && <NewExport project={project.id} close={() => setCreating(false)} />}
    </Panel>
  );
}
