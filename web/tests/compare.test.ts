// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { Preview } from "../src/api/types";
import { compareTables } from "../src/parts/compare";
import { changeOfText } from "../src/parts/text_change";

function table(columns: [string, string][], values: (string | null)[][], offset = 0): Preview {
  return {
    format: "csv",
    offset,
    rows: values.length,
    columns: columns.map(([name, type]) => ({ name, type })),
    values,
    flags: [],
  };
}

const COLUMNS: [string, string][] = [
  ["region", "text"],
  ["n", "integer"],
];

describe("what changed in a table", () => {
  it("matches rows by what they are about, wherever they stand", () => {
    const before = table(COLUMNS, [["north", "3"], ["south", "12"], ["east", "40"]]);
    const after = table(COLUMNS, [["south", "12"], ["east", "45"], ["west", "9"]]);
    const change = compareTables(before, after, ["n"]);
    expect(change.same).toBe(1);
    expect(change.rows.map((row) => [row.kind, row.row])).toEqual([
      ["changed", 2],
      ["added", 3],
      ["removed", 1],
    ]);
    expect(change.rows[0]?.cells.find((cell) => cell.column === "n")).toEqual({
      column: "n",
      before: "40",
      after: "45",
      changed: true,
    });
  });

  it("matches by place where keys do not tell rows apart", () => {
    const before = table(COLUMNS, [["north", "3"], ["north", "4"]]);
    const after = table(COLUMNS, [["north", "3"], ["north", "5"], ["north", "6"]]);
    const change = compareTables(before, after, ["n"]);
    expect(change.same).toBe(1);
    expect(change.rows.map((row) => row.kind)).toEqual(["changed", "added"]);
  });

  it("tells a hidden value from an empty text, and columns that come and go", () => {
    const before = table(COLUMNS, [["north", null]]);
    const after = table([...COLUMNS, ["total", "integer"]], [["north", "", "7"]]);
    const change = compareTables(before, after, ["n"]);
    expect(change.columnsAdded).toEqual(["total"]);
    expect(change.columnsRemoved).toEqual([]);
    expect(change.rows[0]?.cells.filter((cell) => cell.changed).map((cell) => cell.column)).toEqual([
      "n",
      "total",
    ]);
  });

  it("finds nothing in equal tables, nor in empty ones", () => {
    const same = table(COLUMNS, [["north", "3"]]);
    expect(compareTables(same, same, ["n"]).rows).toEqual([]);
    expect(compareTables(table(COLUMNS, []), table(COLUMNS, []), []).rows).toEqual([]);
  });
});

describe("what changed in a text", () => {
  const kinds = (before: string, after: string) =>
    changeOfText(before, after).map(({ kind, text }) => `${kind[0]}:${text}`);

  it("keeps the words in common", () => {
    expect(kinds("counts of persons", "counts of large persons")).toEqual([
      "s:counts of ",
      "a:large ",
      "s:persons",
    ]);
    expect(kinds("a b", "a c")).toEqual(["s:a ", "r:b", "a:c"]);
    expect(kinds("", "new")).toEqual(["a:new"]);
    expect(kinds("same", "same")).toEqual(["s:same"]);
  });

  it("gives back both texts whole, whatever they are", () => {
    for (const [before, after] of [["x y  z\n", "z y\tx"], ["a ".repeat(5000), "b"]]) {
      const pieces = changeOfText(before ?? "", after ?? "");
      const of = (...wanted: string[]) =>
        pieces.filter((piece) => wanted.includes(piece.kind)).map((piece) => piece.text).join("");
      expect(of("same", "removed")).toBe(before);
      expect(of("same", "added")).toBe(after);
    }
  });
});
