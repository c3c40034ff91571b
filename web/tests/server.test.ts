// SPDX-License-Identifier: Apache-2.0
// What the server can say is said in both languages: the verbs of its audit log, the reasons of its
// policy, the reasons of an unmet term.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "../src/i18n/en.json";

const source = (path: string) => readFileSync(join(__dirname, "../../src", path), "utf8");

function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""))];
}

const missing = (names: string[], prefix: string) =>
  names.map((name) => prefix + name).filter((key) => !(key in en));

describe("the server's words", () => {
  it("verbs", () => {
    const verbs = found(source("policy/policy.c"), /\{VERB_\w+,\s*"([a-z_.]+)"/g);
    expect(verbs.length).toBeGreaterThan(30);
    expect(missing(verbs, "verb.")).toEqual([]);
  });

  it("reasons of the policy", () => {
    const reasons = found(source("policy/policy.c"), /"(policy\.[a-z_]+)"/g);
    expect(reasons.length).toBeGreaterThan(20);
    expect(missing(reasons, "problem.")).toEqual([]);
  });

  it("reasons of unmet terms", () => {
    const reasons = found(source("accreditation/terms.c"), /"(accreditation\.[a-z_]+)"/g);
    expect(reasons.length).toBeGreaterThan(20);
    expect(missing(reasons, "problem.")).toEqual([]);
  });
});
