// SPDX-License-Identifier: Apache-2.0
// A file of an export as author and checker see it: verdict, declaration, rules in words, how to mend
// what is flagged, the table with its flagged cells, and what changed since the round before.
import type { ComponentChildren } from "preact";
import type { Export, ExportFile } from "../api/types";
import { t, tn } from "../i18n";
import { formatBytes } from "../i18n/format";
import { rulesText } from "../i18n/words";
import { WordBadge } from "./badge";
import { DataPreview } from "./data_preview";
import { declaredText } from "./declaration";
import { Flags, LintRemarks } from "./lint";
import { Facts } from "./page";
import { TableChanges } from "./table_changes";
import { Tabs, type Tab } from "./tabs";
import { Time } from "./time";

/** The file of this name that was there in the round before this one. */
export function fileBefore(of: Export, file: ExportFile): ExportFile | undefined {
  return of.removed_files
    .filter((one) => one.name === file.name && one.round < file.round)
    .sort((a, b) => b.round - a.round)[0];
}

function Views({ of, file }: { of: Export; file: ExportFile }) {
  const before = fileBefore(of, file);
  if (!before) return <DataPreview of={of} file={file} />;
  const tabs: Tab[] = [
    { id: "now", text: t("changes.now"), content: () => <DataPreview of={of} file={file} /> },
    {
      id: "changes",
      text: t("changes.title", { round: before.round }),
      content: () => <TableChanges of={of} before={before} after={file} />,
    },
    {
      id: "before",
      text: t("review.round", { round: before.round }),
      content: () => <DataPreview of={of} file={before} />,
    },
  ];
  return <Tabs label={t("preview.views", { name: file.name })} tabs={tabs} first="changes" />;
}

export function FilePanel(props: {
  of: Export;
  file: ExportFile;
  actions?: ComponentChildren;
  open?: boolean;
  /** Says how to mend what is flagged. */
  mend?: boolean;
}) {
  const { of, file } = props;
  const { lint } = file;
  const before = fileBefore(of, file);
  return (
    <section class="panel" aria-label={file.name}>
      <div class="panel-head">
        <div>
          <h3 class="break">{file.name}</h3>
          <WordBadge list="verdict" value={file.verdict} />
          {file.round === of.round && of.round > 1 && (
            <span class="note">{before ? t("changes.replaced") : t("changes.new_file")}</span>
          )}
        </div>
        {props.actions && <div>{props.actions}</div>}
      </div>
      <div class="stack">
        <Facts
          items={[
            [t("declaration.title"), declaredText(file.declaration)],
            [
              t("preview.rules"),
              <ul role="list">
                {rulesText(lint.rules).map((sentence) => (
                  <li key={sentence}>{sentence}</li>
                ))}
              </ul>,
            ],
            [t("preview.basis"), t("preview.author_declaration")],
            [
              t("preview.result"),
              t("preview.counts", {
                cells: lint.summary.cells,
                safe: lint.summary.safe,
                suppressed: lint.summary.suppressed,
                flagged: lint.summary.flagged,
              }),
            ],
            [t("files.size"), `${formatBytes(file.size)} · ${tn("count.rows", lint.rows)}`],
            ["SHA-256", <code class="break">{file.sha256}</code>],
            [t("preview.added"), <Time at={file.added} />],
          ]}
        />
        <LintRemarks lint={lint} />
        <Flags lint={lint} mend={props.mend ?? false} />
        {of.may.read_files && (
          <details class="more" open={props.open}>
            <summary>{t("preview.open")}</summary>
            <Views of={of} file={file} />
          </details>
        )}
      </div>
    </section>
  );
}

/** The rounds, the last one first, each with what reviewers said. */
export function Reviews({ of }: { of: Export }) {
  if (of.reviews.length === 0) return <p class="soft">{t("review.none_yet")}</p>;
  const rounds = [...new Set(of.reviews.map((review) => review.round))].sort((a, b) => b - a);
  return (
    <div class="stack">
      {rounds.map((round) => (
        <section key={round} class="stack-tight" aria-label={t("review.round", { round })}>
          <h3>{t("review.round", { round })}</h3>
          {of.reviews
            .filter((review) => review.round === round)
            .map((review) => (
              <div key={review.reviewed} class="stack-tight">
                <p class="row">
                  <WordBadge list="decided" value={review.decision} />
                  <span class="note">
                    {review.checker.name} · <Time at={review.reviewed} as="date" />
                  </span>
                </p>
                {review.comment && <p class="prose">{review.comment}</p>}
              </div>
            ))}
        </section>
      ))}
    </div>
  );
}
