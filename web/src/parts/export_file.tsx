// SPDX-License-Identifier: Apache-2.0
// A file of an export as author and checker see it: verdict, rules in words, the table with its
// flagged cells.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { query } from "../api/client";
import { useResource } from "../api/resource";
import type { Export, ExportFile, Flag, Preview, Rule } from "../api/types";
import { t, tMaybe, tn } from "../i18n";
import { formatBytes, formatNumber } from "../i18n/format";
import { WordBadge } from "./badge";
import { Icon } from "./icon";
import { Facts, Loaded } from "./page";

const ROWS = 50;

/** The sentence of a rule with its parameter. */
export function ruleText(rule: string | Rule): string {
  if (typeof rule === "string") return tMaybe(`rule.${rule}`) ?? rule;
  return (
    tMaybe(`rule.${rule.rule}`, { parameter: rule.parameter ?? "" }) ?? rule.detail ?? rule.rule
  );
}

function flagText(flag: Flag): string {
  return tMaybe(`flag.${flag.rule}`) ?? flag.detail;
}

function columnIndex(flag: Flag, columns: string[]): number {
  return typeof flag.column === "number" ? flag.column : columns.indexOf(flag.column);
}

function flagsByCell(preview: Preview): Map<string, Flag[]> {
  const cells = new Map<string, Flag[]>();
  for (const flag of preview.flags) {
    const key = `${flag.row} ${columnIndex(flag, preview.columns)}`;
    cells.set(key, [...(cells.get(key) ?? []), flag]);
  }
  return cells;
}

function shown(value: string | number | null): string {
  if (value === null) return "";
  return typeof value === "number" ? formatNumber(value) : value;
}

function isNumber(value: string | number | null): boolean {
  return typeof value === "number" || (value !== null && value !== "" && !Number.isNaN(Number(value)));
}

function Cell(props: { value: string | number | null; flags: Flag[] | undefined }) {
  const { value, flags } = props;
  if (!flags) return <td class={isNumber(value) ? undefined : "words"}>{shown(value)}</td>;
  const why = [...new Set(flags.map(flagText))].join(" ");
  return (
    <td class="flagged" title={why}>
      <Icon name="warning" /> {shown(value)}
      <span class="unseen"> ({why})</span>
    </td>
  );
}

export function PreviewTable(props: { preview: Preview; offset: number; caption: string }) {
  const { preview, offset } = props;
  const cells = flagsByCell(preview);
  return (
    <div class="data-frame" tabIndex={0} role="region" aria-label={props.caption}>
      <table class="data-table">
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t("preview.row")}</th>
            {preview.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row, index) => (
            <tr key={offset + index}>
              <th scope="row">{formatNumber(offset + index + 1)}</th>
              {row.map((value, column) => (
                <Cell
                  key={preview.columns[column]}
                  value={value}
                  flags={cells.get(`${offset + index} ${column}`)}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const FLAGS_SHOWN = 20;

/** Each flagged cell in words, for those who do not hover. */
function FlagList({ file }: { file: ExportFile }) {
  const { flags } = file.lint;
  if (flags.length === 0) return null;
  return (
    <div class="stack-tight">
      <p class="strong">{tn("count.flagged", file.lint.flagged ?? flags.length)}</p>
      <ul>
        {flags.slice(0, FLAGS_SHOWN).map((flag) => (
          <li key={`${flag.row} ${flag.column} ${flag.rule}`}>
            {t("preview.flag", { row: flag.row + 1, column: String(flag.column) })}{" "}
            <span class="soft">{flagText(flag)}</span>
          </li>
        ))}
      </ul>
      {flags.length > FLAGS_SHOWN && <p class="note">{t("preview.more_flags")}</p>}
    </div>
  );
}

function Pager(props: { offset: number; total: number; go: (offset: number) => void }) {
  const { offset, total, go } = props;
  if (total <= ROWS) return null;
  return (
    <div class="row">
      <button
        type="button"
        class="button button-small"
        aria-disabled={offset === 0 ? "true" : undefined}
        onClick={() => go(Math.max(0, offset - ROWS))}
      >
        {t("preview.before")}
      </button>
      <span class="note">
        {t("preview.range", {
          from: offset + 1,
          to: Math.min(total, offset + ROWS),
          total,
        })}
      </span>
      <button
        type="button"
        class="button button-small"
        aria-disabled={offset + ROWS >= total ? "true" : undefined}
        onClick={() => offset + ROWS < total && go(offset + ROWS)}
      >
        {t("preview.after")}
      </button>
    </div>
  );
}

function FilePreview(props: { of: Export; file: ExportFile }) {
  const { file } = props;
  const [offset, setOffset] = useState(0);
  const path = `/exports/${props.of.id}/files/${file.id}/preview`;
  const preview = useResource<Preview>(`${path}${query({ offset, limit: ROWS })}`);
  return (
    <Loaded of={preview}>
      {(data) => (
        <div class="stack-tight">
          <PreviewTable
            preview={data}
            offset={offset}
            caption={t("preview.caption", { name: file.name })}
          />
          <Pager offset={offset} total={file.lint.rows} go={setOffset} />
        </div>
      )}
    </Loaded>
  );
}

function declared(file: ExportFile): string {
  const { count, total, largest } = file.declaration;
  const parts = [
    count && t("declaration.count_is", { column: count }),
    total && t("declaration.total_is", { column: total }),
    largest && t("declaration.largest_is", { column: largest }),
  ].filter(Boolean);
  return parts.length === 0 ? t("declaration.none") : parts.join(", ");
}

export function FilePanel(props: {
  of: Export;
  file: ExportFile;
  actions?: ComponentChildren;
  open?: boolean;
}) {
  const { file } = props;
  const { lint } = file;
  const flagged = lint.flagged ?? lint.flags.length;
  return (
    <section class="panel" aria-label={file.name}>
      <div class="panel-head">
        <div>
          <h3 class="break">{file.name}</h3>
          <WordBadge list="verdict" value={file.verdict} />
          {flagged > 0 && <span class="note">{tn("count.flagged", flagged)}</span>}
        </div>
        {props.actions && <div>{props.actions}</div>}
      </div>
      <div class="stack">
        {lint.refusal && <p>{lint.refusal}</p>}
        <Facts
          items={[
            [t("declaration.title"), declared(file)],
            [
              t("preview.rules"),
              lint.rules.length > 0 && (
                <ul role="list">
                  {lint.rules.map((rule) => (
                    <li key={ruleText(rule)}>{ruleText(rule)}</li>
                  ))}
                </ul>
              ),
            ],
            [t("preview.basis"), t("preview.author_declaration")],
            [
              t("files.size"),
              `${formatBytes(file.size)} · ${tn("count.rows", lint.rows)}`,
            ],
            ["SHA-256", <code class="break">{file.sha256}</code>],
          ]}
        />
        <FlagList file={file} />
        <details class="more" open={props.open}>
          <summary>{t("preview.open")}</summary>
          <FilePreview of={props.of} file={file} />
        </details>
      </div>
    </section>
  );
}

/** The rounds before this one, each with what reviewers said. */
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
                    {typeof review.checker === "object" && review.checker
                      ? review.checker.name
                      : t("review.a_checker")}
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
