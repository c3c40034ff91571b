// SPDX-License-Identifier: Apache-2.0
// What parts compute: text for shells, order of rows, time left.
import { beforeAll, describe, expect, it, vi } from "vitest";

// Preferences are read when the parts are loaded; node has no storage.
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
vi.stubGlobal("location", { pathname: "/", search: "" });

type Texts = typeof import("../src/parts/command_text");
type Tables = typeof import("../src/parts/table");
type Filters = typeof import("../src/parts/filters");
type Progresses = typeof import("../src/parts/progress");
let texts: Texts, tables: Tables, filters: Filters, progress: Progresses;

beforeAll(async () => {
  texts = await import("../src/parts/command_text");
  tables = await import("../src/parts/table");
  filters = await import("../src/parts/filters");
  progress = await import("../src/parts/progress");
});

describe("commands", () => {
  const words: [string, string][] = [
    ["health", "health"],
    ["s3://health/a b", "'s3://health/a b'"],
    ["it's", "'it'\\''s'"],
    ["$HOME; rm -rf /", "'$HOME; rm -rf /'"],
    ["~/x", "'~/x'"],
    ["", "''"],
    ["a\nb", "'a\nb'"],
  ];
  it.each(words)("a shell reads %j as one plain word", (given, wanted) => {
    expect(texts.shellWord(given)).toBe(wanted);
  });

  it("leaves out what is not given", () => {
    expect(texts.cliText(["service", "launch", "jupyter", ...texts.option("name", ""), false])).toBe(
      "darse service launch jupyter",
    );
  });

  it("keeps the token in the shell's own variable", () => {
    const text = texts.curlText("https://darse.example", {
      method: "POST",
      path: "/projects/prj-1/services",
      body: { definition: "jupyter", name: "l'essai" },
    });
    expect(text).toBe(
      [
        "curl --fail-with-body -X POST \\",
        '  -H "Authorization: Bearer $DARSE_TOKEN" \\',
        "  -H 'Content-Type: application/json' \\",
        `  -d '{"definition":"jupyter","name":"l'\\''essai"}' \\`,
        "  https://darse.example/api/v1/projects/prj-1/services",
      ].join("\n"),
    );
  });

  it("says which version a change is about", () => {
    expect(
      texts.curlText("http://x", { method: "PATCH", path: "/sources/src-1", body: {}, ifMatch: '"a1"' }),
    ).toContain(`  -H 'If-Match: "a1"' \\\n`);
  });

  it("quotes an address with a query", () => {
    expect(texts.curlText("http://x", { method: "GET", path: "/sources?q=a&b=c" })).toContain(
      "'http://x/api/v1/sources?q=a&b=c'",
    );
  });
});

describe("order of rows", () => {
  const rows = [{ v: "b2" }, { v: "" }, { v: "B10" }, { v: "a" }];
  const column = { title: "v", cell: () => "", sort: (row: { v: string }) => row.v };
  const shown = (down: boolean) => tables.sortRows(rows, { column, down }).map((row) => row.v);
  it("numbers in words count as numbers, nothing comes last", () => {
    expect(shown(false)).toEqual(["a", "b2", "B10", ""]);
    expect(shown(true)).toEqual(["B10", "b2", "a", ""]);
  });
  it("is that of the list when none is chosen", () => {
    expect(tables.sortRows(rows, undefined)).toEqual(rows);
  });
});

describe("words searched", () => {
  it("ignore case, accents and order", () => {
    expect(filters.holdsWords("ecologie MINISTERE", "Ministère de l’Écologie")).toBe(true);
    expect(filters.holdsWords("ecologie mer", "Ministère de l’Écologie")).toBe(false);
    expect(filters.holdsWords("", undefined)).toBe(true);
  });
});

describe("time left", () => {
  it("follows the pace so far", () => {
    expect(progress.timeLeft(0, 10_000, 25, 100)).toBe(30_000);
  });
  it("is not guessed too early, nor from nothing", () => {
    expect(progress.timeLeft(0, 500, 25, 100)).toBeUndefined();
    expect(progress.timeLeft(0, 10_000, 0, 100)).toBeUndefined();
    expect(progress.timeLeft(0, 10_000, 5, 0)).toBeUndefined();
  });
});
