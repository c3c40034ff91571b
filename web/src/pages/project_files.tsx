// SPDX-License-Identifier: Apache-2.0
// A project's files from outside of its services: its volume, my home in it, its bucket. What the tier
// closes is not drawn as if it worked: the page says why, and where the way out is.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, query } from "../api/client";
import { useResource } from "../api/resource";
import type { FileRow, Files, Problem, Project } from "../api/types";
import { t } from "../i18n";
import { formatBytes } from "../i18n/format";
import { problemText } from "../i18n/words";
import { Command, type CommandLine } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { FilePreviewDialog } from "../parts/file_preview";
import { UploadList, useUploads } from "../parts/file_uploads";
import { Form, text, TextField } from "../parts/form";
import { Icon, type IconName } from "../parts/icon";
import { Empty, Notice } from "../parts/notice";
import { Loaded, Panel } from "../parts/page";
import { Table, type Column } from "../parts/table";
import { Time } from "../parts/time";
import { toast } from "../parts/toast";
import { navigate, place, useAddress } from "../router";
import { useStore } from "../store";
import type { SectionProps } from "./project";

export type Folder = Files;

type Place = Files["place"];
const PLACES: Place[] = ["project", "home", "bucket"];
const ROOT: Record<Place, string> = { project: "/project", home: "~", bucket: "s3:/" };

export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** The way from the root to FOLDER. */
export function FolderCrumbs(props: {
  folder: string;
  root?: string;
  go: (folder: string) => void;
}) {
  const parts = props.folder === "" ? [] : props.folder.split("/");
  return (
    <nav class="crumbs" aria-label={t("files.way")}>
      <ol>
        <li>
          <button type="button" class="button button-small" onClick={() => props.go("")}>
            {props.root ?? "/project"}
          </button>
        </li>
        {parts.map((part, index) => (
          <li key={`${index}${part}`}>
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

function PlaceSwitch(props: { here: Place; go: (place: Place) => void }) {
  return (
    <fieldset class="switch">
      <legend class="unseen">{t("files.place")}</legend>
      {PLACES.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="place"
            value={one}
            checked={props.here === one}
            onChange={() => props.go(one)}
          />
          <span>{t(`files.place_${one}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** `care-use:/a`, `care-use:~/a`, `s3://care-use/a`: as the command line has it. */
function addressOf(project: Project, where: Place, path: string): string {
  if (where === "bucket") return `s3://${project.slug}/${path}`;
  return `${project.slug}:${where === "home" ? "~/" : "/"}${path}`;
}

function commandsOf(project: Project, of: Files): CommandLine[] {
  const base = `/projects/${project.id}/files`;
  const at = addressOf(project, of.place, of.path);
  const inside = (name: string) => addressOf(project, of.place, joinPath(of.path, name));
  const asked = (name: string) => query({ place: of.place, path: joinPath(of.path, name) });
  const lines: CommandLine[] = [
    {
      text: t("files.command_list"),
      cli: ["ls", at],
      call: { method: "GET", path: `${base}${query({ place: of.place, path: of.path })}` },
    },
  ];
  if (of.may.put.allowed)
    lines.push({
      text: t("files.command_send"),
      cli: ["cp", "table.csv", inside("table.csv")],
      call: { method: "PUT", path: `${base}/content${asked("table.csv")}`, file: "table.csv" },
    });
  if (of.may.get.allowed)
    lines.push({
      text: t("files.command_fetch"),
      cli: ["cp", inside("table.csv"), "."],
      call: { method: "GET", path: `${base}/content${asked("table.csv")}`, output: "table.csv" },
    });
  return lines;
}

/** What the tier or the caller's role closes, once, in words. */
function Closed({ project, of }: { project: Project; of: Files }) {
  const right = [of.may.get, of.may.put].find((one) => !one.allowed);
  if (!right) return null;
  const problem: Problem = { type: "", title: "", status: 403, request: "", ...right };
  return (
    <Notice tone="info">
      <p>{problemText(problem)}</p>
      {!of.may.get.allowed && (
        <p>
          <a href={`/projects/${project.id}/exports`}>{t("files.ask_export")}</a>
        </p>
      )}
    </Notice>
  );
}

interface Acts {
  project: Project;
  of: Files;
  reload: () => Promise<void>;
  close: () => void;
}

function NewFolder(props: Acts) {
  const { of, project } = props;
  return (
    <Dialog title={t("files.new_folder")} close={props.close}>
      <Form
        action={t("files.make")}
        cancel={props.close}
        about={{ "files.exists": "name", "path.segment": "name", "path.backslash": "name" }}
        submit={async (values) => {
          const path = joinPath(of.path, text(values, "name") ?? "");
          await api.post(`/projects/${project.id}/files/folders`, { place: of.place, path });
          props.close();
          await props.reload();
        }}
      >
        <TextField name="name" label={t("files.name")} />
      </Form>
    </Dialog>
  );
}

function Rename(props: Acts & { row: FileRow }) {
  const { of, project, row } = props;
  const path = joinPath(of.path, row.name);
  return (
    <Dialog title={t("files.rename_of", { name: row.name })} close={props.close}>
      <Form
        action={t("files.rename")}
        cancel={props.close}
        about={{ "files.exists": "to", "files.missing": "to", "path.segment": "to" }}
        submit={async (values) => {
          const to = text(values, "to") ?? "";
          await api.post(`/projects/${project.id}/files/move`, { place: of.place, path, to });
          props.close();
          await props.reload();
        }}
      >
        <TextField name="to" label={t("files.new_path")} hint={t("files.new_path_hint")} value={path} />
      </Form>
    </Dialog>
  );
}

function Remove(props: Acts & { row: FileRow }) {
  const { of, project, row } = props;
  const path = joinPath(of.path, row.name);
  const folder = row.kind === "folder";
  return (
    <Dialog title={t("files.remove_of", { name: row.name })} close={props.close}>
      <Form
        action={t("files.remove")}
        danger
        cancel={props.close}
        submit={async () => {
          const asked = query({ place: of.place, path, recursive: folder ? "true" : undefined });
          await api.delete(`/projects/${project.id}/files${asked}`);
          props.close();
          toast(t("files.removed", { name: row.name }));
          await props.reload();
        }}
      >
        <p>{t(folder ? "files.remove_folder_lead" : "files.remove_lead")}</p>
      </Form>
    </Dialog>
  );
}

interface Chosen {
  row: FileRow;
  what: "show" | "rename" | "remove";
}

function iconOf(row: FileRow): IconName {
  if (row.kind === "folder") return "folder";
  if (/\.(csv|parquet)$/i.test(row.name)) return "table";
  if (/\.(png|jpe?g)$/i.test(row.name)) return "image";
  return row.kind === "file" ? "file" : "refused";
}

function RowActions(props: { project: Project; of: Files; row: FileRow; choose: (chosen: Chosen) => void }) {
  const { of, row, choose } = props;
  const asked = query({ place: of.place, path: joinPath(of.path, row.name) });
  const inBucket = of.place === "bucket";
  if (row.kind === "other" || (inBucket && row.kind === "folder")) return null;
  return (
    <span class="row row-tight row-end">
      {row.kind === "file" && of.may.get.allowed && (
        <a
          class="icon-button"
          href={`/api/v1/projects/${props.project.id}/files/content${asked}`}
          download
          aria-label={t("files.fetch_of", { name: row.name })}
          title={t("files.fetch")}
        >
          <Icon name="download" />
        </a>
      )}
      {of.may.change.allowed && !inBucket && (
        <button
          type="button"
          class="icon-button"
          aria-label={t("files.rename_of", { name: row.name })}
          title={t("files.rename")}
          onClick={() => choose({ row, what: "rename" })}
        >
          <Icon name="edit" />
        </button>
      )}
      {of.may.change.allowed && (
        <button
          type="button"
          class="icon-button"
          aria-label={t("files.remove_of", { name: row.name })}
          title={t("files.remove")}
          onClick={() => choose({ row, what: "remove" })}
        >
          <Icon name="remove" />
        </button>
      )}
    </span>
  );
}

function Name(props: { of: Files; row: FileRow; to: string; show: () => void }) {
  const { row } = props;
  const shown = row.kind === "file" && props.of.may.show.allowed;
  return (
    <span class="row row-tight">
      <Icon name={iconOf(row)} />
      {row.kind === "folder" ? (
        <a class="break" href={props.to}>
          {row.name}
        </a>
      ) : shown ? (
        <button type="button" class="link break" onClick={props.show}>
          {row.name}
        </button>
      ) : (
        <span class="break">{row.name}</span>
      )}
      {(row.kind === "link" || row.kind === "other") && (
        <span class="note">{t(`files.kind_${row.kind}`)}</span>
      )}
    </span>
  );
}

const sortName = (row: FileRow) => `${row.kind === "folder" ? 0 : 1}${row.name}`;

function columnsOf(
  project: Project,
  of: Files,
  address: (path: string) => string,
  choose: (chosen: Chosen) => void,
): Column<FileRow>[] {
  return [
    {
      title: t("files.name"),
      name: "name",
      head: true,
      sort: sortName,
      cell: (row) => (
        <Name
          of={of}
          row={row}
          to={address(joinPath(of.path, row.name))}
          show={() => choose({ row, what: "show" })}
        />
      ),
    },
    {
      title: t("files.size"),
      name: "size",
      number: true,
      sort: (row) => (row.kind === "file" ? row.size : null),
      cell: (row) => (row.kind === "file" ? formatBytes(row.size) : "–"),
    },
    {
      title: t("files.modified"),
      name: "modified",
      sort: (row) => row.modified,
      cell: (row) => (row.modified ? <Time at={row.modified} /> : "–"),
    },
    {
      title: t("files.actions"),
      number: true,
      cell: (row) => <RowActions project={project} of={of} row={row} choose={choose} />,
    },
  ];
}

/** Pages after the first, of the same folder. */
function useRest(of: Files, address: string) {
  const [rest, setRest] = useState<{ after: Files; items: FileRow[]; next: string | null }>();
  useEffect(() => setRest(undefined), [of]);
  const kept = rest?.after === of ? rest : undefined;
  const next = kept ? kept.next : of.next;
  const more = async () => {
    const page = await api.get<Files>(`${address}&cursor=${encodeURIComponent(next ?? "")}`);
    setRest({ after: of, items: [...(kept?.items ?? []), ...page.items], next: page.next });
  };
  return { items: [...of.items, ...(kept?.items ?? [])], more: next ? more : undefined };
}

function Listing(props: {
  project: Project;
  of: Files;
  asked: string;
  address: (path: string) => string;
  choose: (chosen: Chosen) => void;
}) {
  const { project, of } = props;
  const { items, more } = useRest(of, props.asked);
  if (items.length === 0)
    return (
      <Empty icon="folder">
        <p>{t("files.none")}</p>
        {of.may.put.allowed && <p class="soft">{t("files.drop_here")}</p>}
      </Empty>
    );
  return (
    <div class="stack">
      <Table
        caption={t(`files.place_${of.place}`)}
        rows={items}
        id={(row) => row.name}
        sorted="name"
        columns={columnsOf(project, of, props.address, props.choose)}
      />
      {more && (
        <div class="row">
          <button type="button" class="button" onClick={() => void more()}>
            {t("action.more")}
          </button>
          {of.count !== null && (
            <span class="note">{t("files.of_all", { shown: items.length, all: of.count })}</span>
          )}
        </div>
      )}
    </div>
  );
}

function SendButton(props: { send: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t("files.send")}
        onChange={(event) => {
          const { files } = event.currentTarget;
          props.send(files ? [...files] : []);
          event.currentTarget.value = "";
        }}
      />
      <button
        type="button"
        class="button button-primary"
        onClick={() => input.current?.click()}
      >
        <Icon name="upload" />
        {t("files.send")}
      </button>
    </>
  );
}

/** Names that are there already: replaced only if the person says so. */
function Replace(props: { files: File[]; close: () => void; replace: () => void }) {
  return (
    <Dialog title={t("files.replace_title")} close={props.close}>
      <p>{t("files.replace_lead")}</p>
      <ul>
        {props.files.map((file) => (
          <li key={file.name} class="break">
            {file.name}
          </li>
        ))}
      </ul>
      <div class="row">
        <button type="button" class="button button-danger" onClick={props.replace}>
          {t("files.replace")}
        </button>
        <button type="button" class="button" onClick={props.close}>
          {t("action.cancel")}
        </button>
      </div>
    </Dialog>
  );
}

function Explorer(props: {
  project: Project;
  of: Files;
  asked: string;
  address: (path: string) => string;
  reload: () => Promise<void>;
}) {
  const { project, of, reload } = props;
  const [chosen, choose] = useState<Chosen | null>(null);
  const [making, setMaking] = useState(false);
  const [twice, setTwice] = useState<File[]>([]);
  const [over, setOver] = useState(false);
  const uploads = useUploads(project.id, () => void reload());
  const close = () => choose(null);
  const put = (files: File[], replace: boolean) =>
    files.forEach((file) => uploads.add(file, of.place, joinPath(of.path, file.name), replace));
  const send = (files: File[]) => {
    const there = new Set(of.items.map((row) => row.name));
    put(files.filter((file) => !there.has(file.name)), false);
    setTwice(files.filter((file) => there.has(file.name)));
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (of.may.put.allowed && event.dataTransfer) send([...event.dataTransfer.files]);
  };
  const acts = { project, of, reload, close };
  return (
    <div
      class={`stack drop-area ${over && of.may.put.allowed ? "drop-over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Closed project={project} of={of} />
      {of.may.put.allowed && (
        <div class="row">
          <SendButton send={send} />
          {of.place !== "bucket" && (
            <button type="button" class="button" onClick={() => setMaking(true)}>
              <Icon name="folder" />
              {t("files.new_folder")}
            </button>
          )}
        </div>
      )}
      <UploadList list={uploads.list} drop={uploads.drop} retry={uploads.retry} />
      <Listing {...props} choose={choose} />
      {making && <NewFolder {...acts} close={() => setMaking(false)} />}
      {chosen?.what === "rename" && <Rename {...acts} row={chosen.row} />}
      {chosen?.what === "remove" && <Remove {...acts} row={chosen.row} />}
      {chosen?.what === "show" && (
        <FilePreviewDialog
          project={project.id}
          place={of.place}
          path={joinPath(of.path, chosen.row.name)}
          close={close}
        />
      )}
      {twice.length > 0 && (
        <Replace
          files={twice}
          close={() => setTwice([])}
          replace={() => {
            put(twice, true);
            setTwice([]);
          }}
        />
      )}
    </div>
  );
}

export function ProjectFiles({ project }: SectionProps) {
  const { search } = useStore(place);
  const folder = new URLSearchParams(search).get("path") ?? "";
  const [written] = useAddress("place", "project");
  const here: Place = PLACES.find((one) => one === written) ?? "project";
  const asked = `/projects/${project.id}/files${query({ place: here, path: folder })}`;
  const files = useResource<Files>(asked, [`project:${project.id}`]);
  const address = (path: string, where: Place = here) =>
    `/projects/${project.id}/files${query({ place: where === "project" ? "" : where, path })}`;
  return (
    <Panel
      title={t("project.files")}
      actions={<PlaceSwitch here={here} go={(next) => navigate(address("", next))} />}
    >
      <div class="stack">
        <p class="soft">{t(`files.lead_${here}`)}</p>
        <FolderCrumbs
          folder={folder}
          root={here === "bucket" ? `s3://${project.slug}` : ROOT[here]}
          go={(path) => navigate(address(path))}
        />
        <Loaded of={files}>
          {(of) => (
            <>
              <Explorer
                project={project}
                of={of}
                asked={asked}
                address={address}
                reload={files.reload}
              />
              <Command lines={commandsOf(project, of)} />
            </>
          )}
        </Loaded>
      </div>
    </Panel>
  );
}
