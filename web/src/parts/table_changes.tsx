// SPDX-License-Identifier: Apache-2.0
// A table of the round before beside that of now: what was added, removed, changed.
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client";
import { problemFrom } from "../api/resource";
import type { Export, ExportFile, Preview, Problem } from "../api/types";
import { t, tn } from "../i18n";
import { formatNumber } from "../i18n/format";
import { compareTables, type CellChange, type RowChange, type TableChange } from "./compare";
import { previewPath } from "./data_preview";
import { Notice, ProblemNotice, Waiting } from "./notice";

const PAGE = 200;
const MOST = 2000;
const MARK = { added: "+", removed: "−", changed: "~" } as const;

function Changed({ cell, kind }: { cell: CellChange; kind: RowChange["kind"] }) {
  if (kind === "added") return <ins>{cell.after}</ins>;
  if (kind === "removed") return <del>{cell.before}</del>;
  if (!cell.changed) return <>{cell.after}</>;
  return (
    <>
      <del>{cell.before ?? t("changes.empty")}</del> <ins>{cell.after ?? t("changes.empty")}</ins>
    </>
  );
}

function isNumber(cell: CellChange): boolean {
  const value = cell.after ?? cell.before;
  return value === null || !Number.isNaN(Number(value));
}

function ChangesTable({ change, caption }: { change: TableChange; caption: string }) {
  const columns = change.rows[0]?.cells.map((cell) => cell.column) ?? [];
  return (
    <div class="data-frame" tabIndex={0} role="region" aria-label={caption}>
      <table class="data-table changes">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">{t("changes.kind")}</span>
            </th>
            <th scope="col">{t("preview.row")}</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {change.rows.map((row) => (
            <tr key={`${row.kind} ${row.row}`} class={`row-${row.kind}`}>
              <td class="words">
                <span aria-hidden="true">{MARK[row.kind]}</span>
                <span class="unseen">{t(`changes.${row.kind}`)}</span>
              </td>
              <th scope="row">{formatNumber(row.row)}</th>
              {row.cells.map((cell) => (
                <td
                  key={cell.column}
                  class={`${cell.changed ? "differs" : ""} ${isNumber(cell) ? "" : "words"}`}
                >
                  <Changed cell={cell} kind={row.kind} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function count(change: TableChange, kind: RowChange["kind"]): number {
  return change.rows.filter((row) => row.kind === kind).length;
}

function Summary({ change }: { change: TableChange }) {
  const said = [
    tn("changes.rows_added", count(change, "added")),
    tn("changes.rows_removed", count(change, "removed")),
    tn("changes.rows_changed", count(change, "changed")),
    tn("changes.rows_same", change.same),
    ...change.columnsAdded.map((column) => t("changes.column_added", { column })),
    ...change.columnsRemoved.map((column) => t("changes.column_removed", { column })),
  ];
  return <p class="note">{said.join(" · ")}</p>;
}

/** The first MOST rows, a page at a time. */
async function readWhole(of: Export, file: ExportFile, signal: AbortSignal): Promise<Preview> {
  const whole = await api.get<Preview>(previewPath(of, file, 0, PAGE), { signal });
  while (whole.values.length < Math.min(whole.rows, MOST)) {
    const path = previewPath(of, file, whole.values.length, PAGE);
    const { values } = await api.get<Preview>(path, { signal });
    if (values.length === 0) break;
    whole.values.push(...values);
  }
  return whole;
}

function useBoth(of: Export, before: ExportFile, after: ExportFile) {
  const [state, setState] = useState<{ both?: [Preview, Preview]; problem?: Problem }>({});
  useEffect(() => {
    const abort = new AbortController();
    Promise.all([readWhole(of, before, abort.signal), readWhole(of, after, abort.signal)]).then(
      (both) => setState({ both }),
      (cause: unknown) => {
        if (!abort.signal.aborted) setState({ problem: problemFrom(cause) });
      },
    );
    return () => abort.abort();
  }, [before.id, after.id]);
  return state;
}

export function TableChanges(props: { of: Export; before: ExportFile; after: ExportFile }) {
  const { of, before, after } = props;
  const { both, problem } = useBoth(of, before, after);
  const { count: n, contributors, total, absolute } = after.declaration;
  const declared = [n, contributors, total, absolute].filter((name): name is string => Boolean(name));
  if (problem) return <ProblemNotice problem={problem} />;
  if (!both) return <Waiting />;
  const [old, now] = both;
  const change = compareTables(old, now, declared);
  const cut = old.rows > old.values.length || now.rows > now.values.length;
  return (
    <div class="stack-tight">
      {before.sha256 === after.sha256 && <Notice tone="info">{t("changes.same_file")}</Notice>}
      {cut && <Notice tone="wait">{t("changes.cut", { rows: MOST })}</Notice>}
      <Summary change={change} />
      {change.rows.length > 0 && (
        <ChangesTable
          change={change}
          caption={t("changes.caption", { name: after.name, round: before.round })}
        />
      )}
    </div>
  );
}
