// SPDX-License-Identifier: Apache-2.0
// The project's exports, and the start of a new one.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useList } from "../api/resource";
import type { Export, ExportBrief } from "../api/types";
import { t } from "../i18n";
import { WordBadge } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { Form, LongField, text, TextField } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { navigate } from "../router";
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
  const exports = useList<ExportBrief>(`/projects/${project.id}/exports`, [`project:${project.id}`]);
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
            { title: t("exports.author"), cell: (item) => item.author.name },
            { title: t("exports.round"), number: true, cell: (item) => item.round },
            { title: t("application.created"), cell: (item) => <Time at={item.created} as="date" /> },
            {
              title: t("projects.state"),
              cell: (item) => <WordBadge list="export_state" value={item.state} />,
            },
          ]}
        />
      </div>
      {creating && <NewExport project={project.id} close={() => setCreating(false)} />}
    </Panel>
  );
}
