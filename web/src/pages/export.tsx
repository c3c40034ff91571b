// SPDX-License-Identifier: Apache-2.0
// One export, as its author works on it: files, declarations, submission, reviews, download.
import { useState } from "preact/hooks";
import { api, query } from "../api/client";
import { useResource } from "../api/resource";
import type { Export, ExportFile } from "../api/types";
import { t, tn } from "../i18n";
import { ActionButton } from "../parts/action";
import { TierBadge, WordBadge } from "../parts/badge";
import { Command, option, type CommandLine } from "../parts/command";
import { declarationOf, DeclarationFields } from "../parts/declaration";
import { Dialog } from "../parts/dialog";
import { FilePanel, Reviews } from "../parts/export_file";
import { Form, LongField, text, TextField } from "../parts/form";
import { Icon } from "../parts/icon";
import { Empty, Notice } from "../parts/notice";
import { Facts, Loaded, LoadedPage, Page, Panel } from "../parts/page";
import { Stepper, type Step } from "../parts/stepper";
import { Time } from "../parts/time";
import { toast } from "../parts/toast";
import type { PageProps } from "../routes";
import { useMe } from "../session";
import { FolderCrumbs, joinPath, type Folder } from "./project_files";

interface Part {
  of: Export;
  reload: () => Promise<void>;
}

/** Walks /project until a file is chosen. */
function FileChoice(props: { project: string; chosen: string; choose: (path: string) => void }) {
  const [folder, setFolder] = useState("");
  const files = useResource<Folder>(
    `/projects/${props.project}/files${query({ path: folder })}`,
  );
  return (
    <fieldset class="field">
      <legend>{t("export.choose_file")}</legend>
      <FolderCrumbs folder={folder} go={setFolder} />
      <Loaded of={files}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="soft">{t("files.none")}</p>
          ) : (
            <div class="choices">
              {items.map((row) => {
                const path = joinPath(folder, row.name);
                return row.kind === "folder" ? (
                  <button
                    key={path}
                    type="button"
                    class="button button-plain"
                    onClick={() => setFolder(path)}
                  >
                    <Icon name="folder" />
                    {row.name}
                  </button>
                ) : (
                  <label key={path} class="choice">
                    <input
                      type="radio"
                      name="path"
                      value={path}
                      required
                      checked={props.chosen === path}
                      onChange={() => props.choose(path)}
                    />
                    <span class="break">{row.name}</span>
                  </label>
                );
              })}
            </div>
          )
        }
      </Loaded>
    </fieldset>
  );
}

function AddFile(props: Part & { close: () => void }) {
  const [path, setPath] = useState("");
  const submit = async (values: FormData) => {
    await api.post<ExportFile>(`/exports/${props.of.id}/files`, {
      path,
      declaration: declarationOf(values),
    });
    await props.reload();
    props.close();
  };
  return (
    <Dialog title={t("export.add_file")} close={props.close}>
      <Form
        submit={submit}
        action={t("action.add")}
        cancel={props.close}
        about={{ "airlock.declaration": "count" }}
      >
        <FileChoice project={props.of.project.id} chosen={path} choose={setPath} />
        <DeclarationFields rules={props.of.rule_pack.rules} />
      </Form>
    </Dialog>
  );
}

function EditExport(props: Part & { close: () => void }) {
  const submit = async (values: FormData) => {
    await api.patch(`/exports/${props.of.id}`, {
      title: text(values, "title"),
      context: text(values, "context"),
    });
    await props.reload();
    props.close();
  };
  return (
    <Dialog title={t("export.edit")} close={props.close}>
      <Form submit={submit} action={t("action.save")} cancel={props.close}>
        <TextField name="title" label={t("exports.title")} value={props.of.title} />
        <LongField
          name="context"
          label={t("exports.context")}
          hint={t("exports.context_hint")}
          value={props.of.context}
          rows={6}
        />
      </Form>
    </Dialog>
  );
}

function Next({ of }: { of: Export }) {
  switch (of.state) {
    case "draft":
      return <Notice tone="info">{t("export.next_draft")}</Notice>;
    case "submitted":
      return <Notice tone="wait">{tn("export.next_submitted", of.checkers_needed)}</Notice>;
    case "returned":
      return <Notice tone="wait">{t("export.next_returned")}</Notice>;
    case "approved":
      return <Notice tone="good">{t("export.next_approved")}</Notice>;
    case "rejected":
      return <Notice tone="bad">{t("export.next_rejected")}</Notice>;
    case "released":
      return <Notice tone="good">{t("export.next_released")}</Notice>;
    default:
      return null;
  }
}

/** Where the export is on its way out; what each step waits for. */
function stepsOf(of: Export): Step[] {
  const order = ["draft", "submitted", "decided", "released"] as const;
  const at = { draft: 0, returned: 0, submitted: 1, approved: 2, rejected: 2, withdrawn: 2, released: 3 }[
    of.state
  ];
  const flagged = of.files.filter((file) => file.verdict !== "pass").length;
  const notes: Record<(typeof order)[number], string | undefined> = {
    draft:
      of.files.length === 0
        ? t("export.no_file")
        : flagged > 0
          ? tn("reviews.flagged", flagged)
          : t("reviews.pass"),
    submitted: t("review.given_of", { given: of.reviews_given, needed: of.checkers_needed }),
    decided: of.state === "rejected" || of.state === "withdrawn" ? t(`word.export_state.${of.state}`) : undefined,
    released: undefined,
  };
  const stopped = of.state === "rejected" || of.state === "withdrawn";
  return order.map((name, index) => ({
    text: t(`export.step_${name}`),
    note: index <= at || name === "submitted" ? notes[name] : undefined,
    state:
      index < at || of.state === "released"
        ? "done"
        : index === at
          ? stopped || of.state === "returned"
            ? "problem"
            : "here"
          : "coming",
  }));
}

/** What the checkers of the last round asked for, where the author reads first. */
function Returned({ of }: { of: Export }) {
  const said = of.reviews.filter((review) => review.round === of.round && review.comment !== "");
  if (of.state !== "returned" && of.state !== "rejected") return null;
  if (said.length === 0) return null;
  return (
    <Panel title={t("export.asked")}>
      <div class="stack-tight">
        {said.map((review) => (
          <div key={review.reviewed} class="stack-tight">
            <p class="row">
              <WordBadge list="decided" value={review.decision} />
              <span class="note">{review.checker.name}</span>
            </p>
            <p class="prose">{review.comment}</p>
          </div>
        ))}
        {of.state === "returned" && <p class="note">{t("export.replace_hint")}</p>}
      </div>
    </Panel>
  );
}

/** How whoever gets the package proves that it is what was approved. */
function Verify({ of }: { of: Export }) {
  if (!of.may.release) return null;
  const name = `${of.id}.zip`;
  return (
    <Panel title={t("export.verify")}>
      <div class="stack">
        <ol class="stack-tight">
          <li>{t("export.verify_1")}</li>
          <li>{t("export.verify_2")}</li>
          <li>{t("export.verify_3")}</li>
        </ol>
        <Command
          lines={[
            {
              text: t("export.download"),
              cli: ["export", "download", of.id, name],
              call: { method: "GET", path: `/exports/${of.id}/release`, output: name },
            },
            { text: t("export.verify"), cli: ["release", "verify", name] },
          ]}
        />
      </div>
    </Panel>
  );
}

function Rounds({ of }: { of: Export }) {
  if (of.rounds.length === 0) return null;
  return (
    <Panel title={t("export.rounds")}>
      <ol class="stack-tight" role="list">
        {[...of.rounds].reverse().map((round) => {
          const files = [...of.files, ...of.removed_files].filter(
            (file) =>
              file.round <= round.round &&
              (file.removed_round === null || file.removed_round > round.round),
          );
          return (
            <li key={round.round}>
              <p>
                <span class="strong">{t("review.round", { round: round.round })}</span>{" "}
                <span class="note">
                  <Time at={round.submitted} />
                </span>
              </p>
              <p class="note break">{files.map((file) => file.name).join(", ")}</p>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

function commandsOf(of: Export): CommandLine[] {
  const path = `/exports/${of.id}`;
  const lines: (CommandLine | false)[] = [
    { text: t("command.this"), cli: ["export", "status", of.id], call: { method: "GET", path } },
    of.may.edit && {
      text: t("export.add_file"),
      cli: ["export", "add", of.id, "results/table.csv", ...option("count", "n")],
      call: {
        method: "POST",
        path: `${path}/files`,
        body: { path: "results/table.csv", declaration: { count: "n" } },
      },
    },
    of.may.submit && {
      text: t("export.submit"),
      cli: ["export", "submit", of.id],
      call: { method: "POST", path: `${path}/submit` },
    },
    of.may.withdraw && {
      text: t("export.withdraw"),
      cli: ["export", "withdraw", of.id],
      call: { method: "POST", path: `${path}/withdraw` },
    },
  ];
  return lines.filter((line) => line !== false);
}

function Files(props: Part) {
  const { of } = props;
  const [adding, setAdding] = useState(false);
  const remove = async (file: ExportFile) => {
    await api.delete(`/exports/${of.id}/files/${file.id}`);
    await props.reload();
  };
  return (
    <section class="stack" aria-label={t("export.files")}>
      <div class="row row-between">
        <h2>{t("export.files")}</h2>
        {of.may.edit && (
          <button type="button" class="button" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            {t("export.add_file")}
          </button>
        )}
      </div>
      {of.files.length === 0 && (
        <Empty icon="file">
          <p>{t("export.no_file")}</p>
        </Empty>
      )}
      {of.files.map((file) => (
        <FilePanel
          key={file.id}
          of={of}
          file={file}
          open={of.files.length === 1}
          mend={of.may.edit}
          actions={
            of.may.edit && (
              <ActionButton
                small
                act={() => remove(file)}
                label={t("export.remove_file", { name: file.name })}
              >
                {t("action.remove")}
              </ActionButton>
            )
          }
        />
      ))}
      {adding && <AddFile {...props} close={() => setAdding(false)} />}
    </section>
  );
}

function Actions(props: Part) {
  const { of } = props;
  const act = (verb: "submit" | "withdraw") => async () => {
    await api.post(`/exports/${of.id}/${verb}`);
    await props.reload();
    toast(t(verb === "submit" ? "export.submitted" : "export.withdrawn"));
  };
  return (
    <>
      {of.may.submit && (
        <ActionButton kind="primary" icon="review" act={act("submit")}>
          {t("export.submit")}
        </ActionButton>
      )}
      {of.may.release && (
        <a class="button button-primary" href={`/api/v1/exports/${of.id}/release`} download>
          <Icon name="download" />
          {t("export.download")}
        </a>
      )}
      {of.may.review && (
        <a class="button button-primary" href={`/exports/${of.id}/review`}>
          <Icon name="review" />
          {t("export.review")}
        </a>
      )}
      {of.may.withdraw && (
        <ActionButton kind="danger" act={act("withdraw")}>
          {t("export.withdraw")}
        </ActionButton>
      )}
    </>
  );
}

function Inside(props: Part) {
  const { of } = props;
  const [editing, setEditing] = useState(false);
  return (
    <Page
      title={of.title}
      documentTitle={`${of.title} · ${of.project.title}`}
      crumbs={[
        { to: `/projects/${of.project.id}`, text: of.project.title },
        { to: `/projects/${of.project.id}/exports`, text: t("project.exports") },
      ]}
      beside={<WordBadge list="export_state" value={of.state} />}
      actions={<Actions {...props} />}
    >
      <div class="stack-wide">
        <Stepper label={t("export.steps")} steps={stepsOf(of)} />
        <Next of={of} />
        <Returned of={of} />
        <div class="columns">
          <Files {...props} />
          <div class="stack-wide">
            <Panel
              title={t("exports.context")}
              actions={
                of.may.edit && (
                  <button
                    type="button"
                    class="button button-small"
                    onClick={() => setEditing(true)}
                  >
                    {t("action.edit")}
                  </button>
                )
              }
            >
              <div class="stack">
                <p class="prose">{of.context}</p>
                <Facts
                  items={[
                    [t("exports.author"), of.author.name],
                    [t("exports.round"), String(of.round)],
                    [
                      t("projects.tier"),
                      of.project.tier ? <TierBadge tier={of.project.tier} /> : null,
                    ],
                    [t("application.submitted"), of.submitted && <Time at={of.submitted} />],
                    [t("export.decided"), of.decided && <Time at={of.decided} />],
                    [t("export.released"), of.released && <Time at={of.released} />],
                  ]}
                />
              </div>
            </Panel>
            <Verify of={of} />
            <Panel title={t("export.reviews")}>
              <Reviews of={of} />
            </Panel>
            <Rounds of={of} />
          </div>
        </div>
        <Command lines={commandsOf(of)} />
      </div>
      {editing && <EditExport {...props} close={() => setEditing(false)} />}
    </Page>
  );
}

export function ExportPage({ params }: PageProps) {
  const me = useMe();
  const path = `/exports/${params.export}`;
  const shown = useResource<Export>(path, [`person:${me.id}`, "exports"]);
  return <LoadedPage of={shown}>{(data) => <Inside of={data} reload={shown.reload} />}</LoadedPage>;
}
