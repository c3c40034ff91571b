// SPDX-License-Identifier: Apache-2.0
// Every command box shows a command, and one that the program has.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(__dirname, "../..");
const reference = readFileSync(join(root, "docs/cli.md"), "utf8");
const verbs = new Set(
  [...reference.matchAll(/^### darse (.*)$|^\| `darse ([a-z -]*[a-z])/gm)].map((row) => (row[1] ?? row[2] ?? "").trim()),
);

/** The words that each box begins with, as far as they are written out. */
function boxes(folder: string): { file: string; words: string[] }[] {
  return readdirSync(join(root, "web/src", folder)).flatMap((file) => {
    const text = readFileSync(join(root, "web/src", folder, file), "utf8");
    return [...text.matchAll(/\bcli: \[((?:\s*"[a-z-]+",?)*)/g)].map((box) => ({
      file,
      words: [...(box[1] ?? "").matchAll(/"([a-z-]+)"/g)].map((word) => word[1] ?? ""),
    }));
  });
}

const known = (words: string[]) => [1, 2, 3].some((count) => verbs.has(words.slice(0, count).join(" ")));

describe("command boxes", () => {
  const all = [...boxes("pages"), ...boxes("parts")].filter((box) => !["command.tsx", "command_text.ts"].includes(box.file));

  it("are many, as are the verbs", () => {
    expect(all.length).toBeGreaterThan(50);
    expect(verbs.size).toBeGreaterThan(100);
  });

  it("show verbs of the reference", () => {
    expect(all.filter((box) => !known(box.words)).map((box) => `${box.file}: ${box.words.join(" ")}`)).toEqual([]);
  });
});
