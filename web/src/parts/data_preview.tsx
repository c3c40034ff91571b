// SPDX-License-Identifier: Apache-2.0
// A table of an export, a page of rows at a time, with its flagged cells: one can go from one flagged
// cell to the next wherever they are.
import { useEffect, useRef, useState } from "preact/hooks";
import { query } from "../api/client";
import { useResource } from "../api/resource";
import type { Declaration, Export, ExportFile, Flag, Preview } from "../api/types";
import { t, tn } from "../i18n";
import { formatNumber } from "../i18n/format";
import { word } from "../i18n/words";
import { declaredAs } from "./declaration";
import { Icon } from "./icon";
import { flagFigure } from "./lint";
import { Loaded } from "./page";

export const PREVIEW_ROWS = 100;
const NUMBERS = ["integer", "number"];

export function previewPath(of: Export, file: ExportFile, offset = 0, limit = PREVIEW_ROWS): string {
  return `/exports/${of.id}/files/${file.id}/preview${query({ limit, offset: offset || undefined })}`;
}

function flagsByCell(flags: Flag[]): Map<string, Flag[]> {
  const cells = new Map<string, Flag[]>();
  for (const flag of flags) {
    const key = `${flag.row} ${flag.column}`;
    cells.set(key, [...(cells.get(key) ?? []), flag]);
  }
  return cells;
}

function Cell(props: {
  at: string;
  value: string | null;
  number: boolean;
  flags: Flag[] | undefined;
}) {
  const { value, flags } = props;
  if (!flags) return <td class={props.number ? undefined : "words"}>{value}</td>;
  const why = flags
    .map((flag) => [word("flag", flag.rule), flagFigure(flag)].filter(Boolean).join(" "))
    .join(" ");
  return (
    <td class="flagged" title={why} data-cell={props.at} tabIndex={-1}>
      <Icon name="warning" /> {value}
      <span class="unseen"> ({why})</span>
    </td>
  );
}

export function PreviewTable(props: {
  preview: Preview;
  caption: string;
  declaration?: Declaration;
}) {
  const { preview } = props;
  const cells = flagsByCell(preview.flags);
  return (
    <div class="data-frame" tabIndex={0} role="region" aria-label={props.caption}>
      <table class="data-table">
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t("preview.row")}</th>
            {preview.columns.map((column) => {
              const as = declaredAs(props.declaration, column.name);
              return (
                <th
                  key={column.name}
                  scope="col"
                  class={[as && "declared", !NUMBERS.includes(column.type) && "words"].filter(Boolean).join(" ")}
                >
                  {column.name}
                  {as && <span class="note">{as}</span>}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {preview.values.map((row, index) => {
            const number = preview.offset + index + 1;
            return (
              <tr key={number}>
                <th scope="row">{formatNumber(number)}</th>
                {preview.columns.map((column, at) => (
                  <Cell
                    key={column.name}
                    at={`${number} ${column.name}`}
                    value={row[at] ?? null}
                    number={NUMBERS.includes(column.type)}
                    flags={cells.get(`${number} ${column.name}`)}
                  />
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Paging(props: { preview: Preview; go: (offset: number) => void }) {
  const { offset, rows, values } = props.preview;
  if (rows <= values.length) return null;
  return (
    <div class="row">
      <button
        type="button"
        class="button button-small"
        disabled={offset === 0}
        onClick={() => props.go(Math.max(0, offset - PREVIEW_ROWS))}
      >
        {t("preview.earlier")}
      </button>
      <span class="note" role="status">
        {t("preview.rows", {
          from: values.length === 0 ? offset : offset + 1,
          to: offset + values.length,
          total: rows,
        })}
      </span>
      <button
        type="button"
        class="button button-small"
        disabled={offset + PREVIEW_ROWS >= rows}
        onClick={() => props.go(offset + PREVIEW_ROWS)}
      >
        {t("preview.later")}
      </button>
    </div>
  );
}

/** From one flagged cell to the next, over the whole file. */
function FlagWalk(props: { flags: Flag[]; at: number; go: (at: number) => void }) {
  const { flags, at } = props;
  if (flags.length === 0) return null;
  const move = (by: number) => props.go((at + by + flags.length) % flags.length);
  return (
    <div class="row" role="group" aria-label={t("preview.walk")}>
      <button type="button" class="button button-small" onClick={() => move(at < 0 ? 0 : -1)}>
        <Icon name="up" />
        {t("preview.flag_before")}
      </button>
      <button type="button" class="button button-small" onClick={() => move(1)}>
        <Icon name="down" />
        {t("preview.flag_next")}
      </button>
      <span class="note" role="status">
        {at < 0
          ? tn("count.flagged", flags.length)
          : t("preview.flag_at", { at: at + 1, count: flags.length })}
      </span>
    </div>
  );
}

function cellsOf(flags: Flag[]): Flag[] {
  const seen = new Set<string>();
  return flags
    .filter((flag) => {
      const key = `${flag.row} ${flag.column}`;
      return !seen.has(key) && Boolean(seen.add(key));
    })
    .sort((a, b) => a.row - b.row);
}

export function DataPreview(props: { of: Export; file: ExportFile }) {
  const { of, file } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const [at, setAt] = useState(-1);
  const flags = cellsOf(file.lint.flags);
  const preview = useResource<Preview>(previewPath(of, file, offset));
  const target = flags[at];
  const go = (next: number) => {
    const flag = flags[next];
    if (!flag) return;
    setAt(next);
    setOffset(Math.floor((flag.row - 1) / PREVIEW_ROWS) * PREVIEW_ROWS);
  };
  useEffect(() => {
    if (!target || preview.data?.offset !== offset) return;
    const cell = frame.current?.querySelector<HTMLElement>(
      `[data-cell="${CSS.escape(`${target.row} ${target.column}`)}"]`,
    );
    cell?.focus({ preventScroll: true });
    cell?.scrollIntoView({ block: "center", inline: "center" });
  }, [at, preview.data]);
  return (
    <div class="stack-tight" ref={frame}>
      <FlagWalk flags={flags} at={at} go={go} />
      <Loaded of={preview}>
        {(data) => (
          <>
            <PreviewTable
              preview={data}
              declaration={file.declaration}
              caption={t("preview.caption", { name: file.name })}
            />
            <Paging
              preview={data}
              go={(next) => {
                setAt(-1);
                setOffset(next);
              }}
            />
          </>
        )}
      </Loaded>
    </div>
  );
}
