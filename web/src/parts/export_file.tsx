// SPDX-License-Identifier: Apache-2.0
// A file of an export as author and checker see it: verdict, rules in words, the table with its
// flagged cells.
import type { ComponentChildren } from "preact";
import { query } from "../api/client";
import { useResource } from "../api/resource";
import type { Export, ExportFile, Flag, Lint, Preview } from "../api/types";
import { t, tn } from "../i18n";
import { formatBytes, formatNumber } from "../i18n/format";
import { rulesText, word } from "../i18n/words";
import { WordBadge } from "./badge";
import { Icon } from "./icon";
import { Notice } from "./notice";
import { Facts, Loaded } from "./page";

const ROWS = 200;
const FLAGS_SHOWN = 20;

function flagsByCell(preview: Preview): Map<string, Flag[]> {
  const cells = new Map<string, Flag[]>();
  for (const flag of preview.flags) {
    const key = `${flag.row} ${flag.column}`;
    cells.set(key, [...(cells.get(key) ?? []), flag]);
  }
  return cells;
}

const NUMBERS = ["integer", "number"];

function Cell(props: { value: string | null; number: boolean; flags: Flag[] | undefined }) {
  const { value, flags } = props;
  if (!flags) return <td class={props.number ? undefined : "words"}>{value}</td>;
  const why = [...new Set(flags.map((flag) => word("flag", flag.rule)))].join(" ");
  return (
    <td class="flagged" title={why}>
      <Icon name="warning" /> {value}
      <span class="unseen"> ({why})</span>
    </td>
  );
}

export function PreviewTable(props: { preview: Preview; caption: string }) {
  const { preview } = props;
  const cells = flagsByCell(preview);
  return (
    <div class="data-frame" tabIndex={0} role="region" aria-label={props.caption}>
      <table class="data-table">
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t("preview.row")}</th>
            {preview.columns.map((column) => (
              <th key={column.name} scope="col">
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.values.map((row, index) => (
            <tr key={index}>
              <th scope="row">{formatNumber(index + 1)}</th>
              {preview.columns.map((column, at) => (
                <Cell
                  key={column.name}
                  value={row[at] ?? null}
                  number={NUMBERS.includes(column.type)}
                  flags={cells.get(`${index + 1} ${column.name}`)}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Each flagged cell in words, for those who do not hover. */
function FlagList({ lint }: { lint: Lint }) {
  const { flags } = lint;
  if (flags.length === 0) return null;
  return (
    <div class="stack-tight">
      <p class="strong">{tn("count.flagged", lint.summary.flagged)}</p>
      <ul>
        {flags.slice(0, FLAGS_SHOWN).map((flag) => (
          <li key={`${flag.row} ${flag.column} ${flag.rule}`}>
            {t("preview.flag", { row: flag.row, column: flag.column, value: flag.value ?? "–" })}{" "}
            <span class="soft">{word("flag", flag.rule)}</span>
          </li>
        ))}
      </ul>
      {flags.length > FLAGS_SHOWN && <p class="note">{t("preview.more_flags")}</p>}
    </div>
  );
}

function FilePreview(props: { of: Export; file: ExportFile }) {
  const { file } = props;
  const preview = useResource<Preview>(
    `/exports/${props.of.id}/files/${file.id}/preview${query({ limit: ROWS })}`,
  );
  return (
    <Loaded of={preview}>
      {(data) => (
        <div class="stack-tight">
          <PreviewTable preview={data} caption={t("preview.caption", { name: file.name })} />
          {data.rows > data.values.length && (
            <p class="note">
              {t("preview.first", { shown: data.values.length, total: data.rows })}
            </p>
          )}
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
  return (
    <section class="panel" aria-label={file.name}>
      <div class="panel-head">
        <div>
          <h3 class="break">{file.name}</h3>
          <WordBadge list="verdict" value={file.verdict} />
        </div>
        {props.actions && <div>{props.actions}</div>}
      </div>
      <div class="stack">
        <Facts
          items={[
            [t("declaration.title"), declared(file)],
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
              t("files.size"),
              `${formatBytes(file.size)} · ${tn("count.rows", lint.rows)}`,
            ],
            ["SHA-256", <code class="break">{file.sha256}</code>],
          ]}
        />
        {file.verdict === "incomplete" && (
          <Notice tone="wait">{t("preview.incomplete")}</Notice>
        )}
        <FlagList lint={lint} />
        {props.of.may.read_files && (
          <details class="more" open={props.open}>
            <summary>{t("preview.open")}</summary>
            <FilePreview of={props.of} file={file} />
          </details>
        )}
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
                    {review.checker.name}
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
