// SPDX-License-Identifier: Apache-2.0
// The names of what lies in /project; contents leave through an export.
import { useResource } from "../api/resource";
import { query } from "../api/client";
import type { FileRow } from "../api/types";
import { t } from "../i18n";
import { formatBytes } from "../i18n/format";
import { Icon } from "../parts/icon";
import { Empty } from "../parts/notice";
import { Loaded, Panel } from "../parts/page";
import { Table } from "../parts/table";
import { Time } from "../parts/time";
import { navigate, place } from "../router";
import { useStore } from "../store";
import type { SectionProps } from "./project";

export interface Folder {
  path: string;
  items: FileRow[];
}

export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** The way from /project to FOLDER. */
export function FolderCrumbs(props: { folder: string; go: (folder: string) => void }) {
  const parts = props.folder === "" ? [] : props.folder.split("/");
  return (
    <nav class="crumbs" aria-label={t("files.way")}>
      <ol>
        <li>
          <button type="button" class="button button-small" onClick={() => props.go("")}>
            /project
          </button>
        </li>
        {parts.map((part, index) => (
          <li key={part}>
            <button
              type="button"
              class="button button-small"
              onClick={() => props.go(parts.slice(0, index + 1).join("/"))}
            >
              {part}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

export function ProjectFiles({ project }: SectionProps) {
  const { search } = useStore(place);
  const folder = new URLSearchParams(search).get("path") ?? "";
  const base = `/projects/${project.id}/files`;
  const files = useResource<Folder>(
    `${base}${query({ path: folder })}`,
    [`project:${project.id}`],
  );
  const address = (path: string) => `${base}${query({ path })}`;
  return (
    <Panel title={t("project.files")}>
      <div class="stack">
        <p class="soft">{t("files.lead")}</p>
        <FolderCrumbs folder={folder} go={(path) => navigate(address(path))} />
        <Loaded of={files}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="folder">
                <p>{t("files.none")}</p>
              </Empty>
            ) : (
              <Table
                caption={t("project.files")}
                rows={items}
                id={(row) => row.name}
                columns={[
                  {
                    title: t("files.name"),
                    head: true,
                    cell: (row) => (
                      <span class="row">
                        <Icon name={row.kind === "folder" ? "folder" : "file"} />
                        {row.kind === "folder" ? (
                          <a href={address(joinPath(folder, row.name))}>{row.name}</a>
                        ) : (
                          <span class="break">{row.name}</span>
                        )}
                      </span>
                    ),
                  },
                  {
                    title: t("files.size"),
                    number: true,
                    cell: (row) => (row.kind === "file" ? formatBytes(row.size) : "–"),
                  },
                  {
                    title: t("files.modified"),
                    cell: (row) => row.modified && <Time at={row.modified} />,
                  },
                ]}
              />
            )
          }
        </Loaded>
      </div>
    </Panel>
  );
}
