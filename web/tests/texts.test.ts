// SPDX-License-Identifier: Apache-2.0
// Both languages are complete, and say nothing that nobody asks for.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { WORDS } from "../src/api/words";
import en from "../src/i18n/en.json";
import fr from "../src/i18n/fr.json";

const SOURCES = join(__dirname, "../src");
const texts: Record<string, Record<string, string>> = { en, fr };

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const code = files(SOURCES).map((path) => readFileSync(path, "utf8"));

/** Keys that the code writes out: "group.name" in any string. */
function written(): Set<string> {
  const keys = new Set<string>();
  for (const source of code) {
    for (const [, key] of source.matchAll(/"([a-z_]+(?:\.[a-z0-9_]+)+)"/g)) if (key) keys.add(key);
  }
  return keys;
}

/** Beginnings of keys that the code makes from data: `word.${list}.${value}`. */
function prefixes(): string[] {
  const found = new Set<string>();
  for (const source of code) {
    for (const [, start] of source.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)) if (start) found.add(start);
  }
  return [...found];
}

/** Keys given to t() and tn() themselves. */
function asked(): string[] {
  return code.flatMap((source) => [
    ...[...source.matchAll(/\bt\(\s*"([^"]+)"/g)].map((found) => found[1] ?? ""),
    ...[...source.matchAll(/\btn\(\s*"([^"]+)"/g)].flatMap((found) => [
      `${found[1]}.one`,
      `${found[1]}.other`,
    ]),
  ]);
}

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

describe("texts", () => {
  it("have the same keys in both languages", () => {
    expect(Object.keys(fr)).toEqual(Object.keys(en));
  });

  it("have no empty text, and keys in order", () => {
    for (const all of Object.values(texts)) {
      expect(Object.entries(all).filter(([, text]) => text.trim() === "")).toEqual([]);
      expect(Object.keys(all)).toEqual([...Object.keys(all)].sort());
    }
  });

  it("fill the same places in both languages", () => {
    const differing = Object.keys(en).filter((key) => {
      
      return (
        JSON.stringify(holes(texts.en?.[key] ?? "")) !== JSON.stringify(holes(texts.fr?.[key] ?? ""))
      );
    });
    expect(differing).toEqual([]);
  });

  it("exist for every key that the code asks for", () => {
    expect(asked().length).toBeGreaterThan(200);
    expect(asked().filter((key) => !(key in en))).toEqual([]);
  });

  it("are all used", () => {
    const known = written();
    const starts = prefixes();
    const unused = Object.keys(en).filter((key) => {
      const base = key.replace(/\.(one|other)$/, "");
      return !known.has(key) && !known.has(base) && !starts.some((start) => key.startsWith(start));
    });
    expect(unused).toEqual([]);
  });

  it("say every word of the API", () => {
    const missing = Object.entries(WORDS).flatMap(([list, words]) =>
      words.map((word) => `word.${list}.${word}`).filter((key) => !(key in en)),
    );
    expect(missing).toEqual([]);
  });

  it("say in French what English says, and not the same words", () => {
    const prose = Object.keys(en).filter((key) => (texts.en?.[key] ?? "").split(" ").length > 4);
    const same = prose.filter(
      (key) => texts.en?.[key] === texts.fr?.[key] && texts.en?.[key] !== "{detail}",
    );
    expect(same).toEqual([]);
  });
});
