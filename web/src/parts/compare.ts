// SPDX-License-Identifier: Apache-2.0
// What changed between two versions of a table. Rows are matched by the columns that say what a cell
// is about (neither declared nor numbers in both); where those do not tell rows apart, by their place.
import type { Preview } from "../api/types";

export interface CellChange {
  column: string;
  before: string | null;
  after: string | null;
  changed: boolean;
}

export interface RowChange {
  kind: "added" | "removed" | "changed";
  /** The row's number in the version that has it: the later one, if both have it. */
  row: number;
  cells: CellChange[];
}

export interface TableChange {
  columnsAdded: string[];
  columnsRemoved: string[];
  rows: RowChange[];
  same: number;
}

type Row = Map<string, string | null>;

function rowsOf(preview: Preview): Row[] {
  return preview.values.map(
    (values) => new Map(preview.columns.map((column, at) => [column.name, values[at] ?? null])),
  );
}

const NUMBERS = ["integer", "number"];

function keyColumns(before: Preview, after: Preview, declared: string[]): string[] {
  const numbers = new Set(
    [...before.columns, ...after.columns]
      .filter((column) => NUMBERS.includes(column.type))
      .map((column) => column.name),
  );
  const there = new Set(before.columns.map((column) => column.name));
  return after.columns
    .map((column) => column.name)
    .filter((name) => there.has(name) && !numbers.has(name) && !declared.includes(name));
}

/** Undefined when two rows have the same key: then it is none. */
function byKey(rows: Row[], columns: string[]): Map<string, number> | undefined {
  if (columns.length === 0) return undefined;
  const index = new Map<string, number>();
  for (const [at, row] of rows.entries()) {
    const key = JSON.stringify(columns.map((name) => row.get(name)));
    if (index.has(key)) return undefined;
    index.set(key, at);
  }
  return index;
}

function pairs(before: Row[], after: Row[], columns: string[]): [number | null, number | null][] {
  const one = byKey(before, columns);
  const two = byKey(after, columns);
  if (!one || !two) {
    const count = Math.max(before.length, after.length);
    return Array.from({ length: count }, (_, at) => [
      at < before.length ? at : null,
      at < after.length ? at : null,
    ]);
  }
  const now = [...two].map(([key, at]): [number | null, number | null] => [one.get(key) ?? null, at]);
  const gone = [...one]
    .filter(([key]) => !two.has(key))
    .map(([, at]): [number | null, number | null] => [at, null]);
  return [...now, ...gone];
}

export function compareTables(before: Preview, after: Preview, declared: string[]): TableChange {
  const names = (preview: Preview) => preview.columns.map((column) => column.name);
  const [was, is] = [rowsOf(before), rowsOf(after)];
  const columns = [...names(after), ...names(before).filter((name) => !names(after).includes(name))];
  const change: TableChange = {
    columnsAdded: names(after).filter((name) => !names(before).includes(name)),
    columnsRemoved: names(before).filter((name) => !names(after).includes(name)),
    rows: [],
    same: 0,
  };
  for (const [one, two] of pairs(was, is, keyColumns(before, after, declared))) {
    const [old, now] = [one === null ? undefined : was[one], two === null ? undefined : is[two]];
    const cells = columns.map((column): CellChange => {
      const [a, b] = [old?.get(column) ?? null, now?.get(column) ?? null];
      return { column, before: a, after: b, changed: old !== undefined && now !== undefined && a !== b };
    });
    const kind = old === undefined ? "added" : now === undefined ? "removed" : "changed";
    if (kind === "changed" && !cells.some((cell) => cell.changed)) change.same += 1;
    else
      change.rows.push({
        kind,
        row: two === null ? before.offset + (one ?? 0) + 1 : after.offset + two + 1,
        cells,
      });
  }
  return change;
}
