// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from "vitest";
import type { Flag, Rules } from "../src/api/types";
import en from "../src/i18n/en.json";
import { putTexts } from "../src/i18n";
import { rulesText } from "../src/i18n/words";
import { contributorsNeeded, dimensionsOf, namesOf } from "../src/parts/declaration";
import { flagFigure, flagText } from "../src/parts/lint";

const none: Rules = {
  minimum_count: 0, minimum_contributors: 0, dominance: [], p_percent: 0, q_percent: 0, coalition: 0,
  max_group_percent: 0, margin_percent: 0, rounding_base: 0, zero_is_unsafe: false,
};

describe("what an author writes of columns", () => {
  it("is names between commas", () => {
    expect(namesOf(undefined)).toEqual([]);
    expect(namesOf(" x2 , x 3,")).toEqual(["x2", "x 3"]);
  });

  it("gives each dimension its total and whether its codes are nested", () => {
    expect(dimensionsOf("nace, size = All", "nace")).toEqual([
      { column: "nace", nested: true },
      { column: "size", total: "All", nested: false },
    ]);
  });

  it("is asked for as many contributors as the rules look at", () => {
    expect(contributorsNeeded(none)).toBe(0);
    expect(contributorsNeeded({ ...none, coalition: 3 })).toBe(0);
    expect(contributorsNeeded({ ...none, dominance: [{ contributors: 2, percent: 90 }] })).toBe(2);
    expect(contributorsNeeded({ ...none, p_percent: 10 })).toBe(2);
    expect(contributorsNeeded({ ...none, p_percent: 10, coalition: 3 })).toBe(4);
  });
});

describe("rules in words", () => {
  beforeEach(() => putTexts("en", en));

  it("name every rule in force and no other", () => {
    expect(rulesText(none)).toEqual([]);
    const all = rulesText({
      minimum_count: 3, minimum_contributors: 4,
      dominance: [{ contributors: 1, percent: 85 }, { contributors: 2, percent: 90 }],
      p_percent: 10, q_percent: 50, coalition: 2, max_group_percent: 90, margin_percent: 15,
      rounding_base: 5, zero_is_unsafe: true,
    });
    expect(all).toHaveLength(9);
    expect(all.join(" ")).toMatch(/85%.*2 largest.*90%.*10%.*50%.*2 contributors.*90%.*5\./);
    expect(rulesText({ ...none, p_percent: 10, q_percent: 100 })[0]).not.toContain("100");
    expect(rulesText({ ...none, max_group_percent: 100 })[0]).not.toContain("100");
  });
});

describe("a flagged cell", () => {
  beforeEach(() => putTexts("en", en));
  const flag: Flag = {
    row: 4, column: "turnover", rule: "dominance", value: "500", measure: 98.04, limit: 85, contributors: 1,
  };

  it("says the figure behind it", () => {
    expect(flagText(flag)).toBe("row 4, turnover: 500 (98% by the largest, at most 85%)");
    expect(flagFigure({ ...flag, contributors: 2 })).toContain("2 largest");
    expect(flagFigure({ ...flag, rule: "p_percent", measure: 6.25, limit: 10 })).toContain("6.3%");
    expect(flagFigure({ ...flag, rule: "minimum_count", measure: 1, limit: 3 })).toBe("1, at least 3");
  });

  it("says nothing where there is no figure", () => {
    expect(flagFigure({ ...flag, measure: null })).toBeUndefined();
    expect(flagText({ ...flag, rule: "recomputable", value: null, measure: null, limit: null })).toBe(
      "row 4, turnover: –",
    );
  });
});
