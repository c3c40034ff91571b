// SPDX-License-Identifier: Apache-2.0
// Every project with what it holds and may hold; an officer changes the quota of its bucket.
import { useState } from "preact/hooks";
import { api, LIMIT } from "../api/client";
import { useList } from "../api/resource";
import type { ProjectUsage } from "../api/types";
import { t } from "../i18n";
import { formatBytes, formatNumber } from "../i18n/format";
import { Command } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { Filters } from "../parts/filters";
import { Form, text, TextField } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { OfficerPage } from "../parts/officer";
import { Panel } from "../parts/page";
import {
  endsColumn, organisationColumn, projectSelects, standingColumns, titleColumn, useProjectFilter, useReadOn,
} from "../parts/project_list";
import { ListTable, RowButton } from "../parts/table";
import { toast } from "../parts/toast";

const GIGABYTE = 1e9;

function QuotaDialog(props: { project: ProjectUsage; done: () => Promise<void>; close: () => void }) {
  const { project } = props;
  const submit = async (values: FormData) => {
    const gigabytes = Number(text(values, "bucket_quota_bytes"));
    await api.patch(`/projects/${project.id}`, {
      bucket_quota_bytes: Math.round(gigabytes * GIGABYTE),
    });
    toast(t("project_quota.saved", { title: project.title }));
    await props.done();
    props.close();
  };
  return (
    <Dialog title={t("project_quota.title", { title: project.title })} close={props.close}>
      <Form submit={submit} action={t("action.save")} cancel={props.close}>
        <TextField
          name="bucket_quota_bytes"
          type="number"
          label={t("project_quota.bucket")}
          hint={t("project_quota.hint", { used: formatBytes(project.bucket_bytes) })}
          value={String(project.bucket_quota_bytes / GIGABYTE)}
        />
      </Form>
    </Dialog>
  );
}

function Bucket({ of }: { of: ProjectUsage }) {
  const share = of.bucket_quota_bytes > 0 ? of.bucket_bytes / of.bucket_quota_bytes : 0;
  return (
    <span class="stack-tight usage">
      <span class="number">
        {t("usage.of", {
          used: formatBytes(of.bucket_bytes),
          limit: formatBytes(of.bucket_quota_bytes),
        })}
      </span>
      <meter
        aria-label={t("project_quota.used", { title: of.title })}
        min={0}
        max={1}
        high={0.9}
        optimum={0}
        value={Math.min(1, share)}
      />
    </span>
  );
}

export function OfficerProjects() {
  const list = useList<ProjectUsage>(`/admin/projects?limit=${LIMIT}`);
  const [changing, setChanging] = useState<ProjectUsage | null>(null);
  const { narrowed, wanted } = useProjectFilter();
  useReadOn(narrowed, list);
  return (
    <OfficerPage
      here="/officer/projects"
      title={t("officer.projects")}
      lead={t("project_quota.lead")}
      actions={
        <a class="button button-primary" href="/projects/new">
          <Icon name="plus" />
          {t("projects.new")}
        </a>
      }
    >
      <Panel title={t("nav.projects")}>
        <div class="stack">
          <Filters
            search={{ label: t("project_quota.search") }}
            selects={projectSelects()}
          />
          <ListTable
            list={list}
            only={wanted}
            caption={t("nav.projects")}
            id={(project) => project.id}
            sorted="title"
            empty={
              <Empty icon="project">
                <p>{t("project_quota.none")}</p>
              </Empty>
            }
            columns={[
              titleColumn<ProjectUsage>(),
              organisationColumn<ProjectUsage>(),
              ...standingColumns<ProjectUsage>(),
              {
                title: t("project_quota.members"),
                number: true,
                name: "members",
                sort: (project) => project.members,
                cell: (project) => formatNumber(project.members),
              },
              {
                title: t("officer.services"),
                number: true,
                name: "services",
                sort: (project) => project.services_running,
                cell: (project) => formatNumber(project.services_running),
              },
              {
                title: t("project_quota.bucket_short"),
                name: "bucket",
                sort: (project) => project.bucket_bytes,
                cell: (project) => <Bucket of={project} />,
              },
              endsColumn<ProjectUsage>(),
              {
                title: t("table.actions"),
                cell: (project) =>
                  project.state !== "closed" && (
                    <RowButton
                      label={t("project_quota.title", { title: project.title })}
                      act={() => setChanging(project)}
                    >
                      {t("project_quota.change")}
                    </RowButton>
                  ),
              },
            ]}
          />
        </div>
      </Panel>
      <Command
        lines={[
          {
            text: t("command.this"),
            cli: ["admin", "project", "usage"],
            call: { method: "GET", path: "/admin/projects" },
          },
          {
            text: t("project_quota.change"),
            cli: ["admin", "project", "quota", "PROJECT", "20000000000"],
            call: {
              method: "PATCH",
              path: "/projects/PROJECT",
              body: { bucket_quota_bytes: 20_000_000_000 },
            },
          },
        ]}
      />
      {changing && (
        <QuotaDialog project={changing} done={list.reload} close={() => setChanging(null)} />
      )}
    </OfficerPage>
  );
}
