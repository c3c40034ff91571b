// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from "vitest";
import type { Problem } from "../src/api/types";
import en from "../src/i18n/en.json";
import fr from "../src/i18n/fr.json";
import { putTexts, t, tMaybe, tn } from "../src/i18n";
import { problemField, problemText, word } from "../src/i18n/words";

function problem(reason: string, detail = "", status = 400): Problem {
  return { title: "", status, reason, detail };
}

describe("problems", () => {
  beforeEach(() => putTexts("fr", fr));

  it("are said in the person's language by their reason", () => {
    expect(problemText(problem("identity.refused", "The login, the password…"))).toBe(
      fr["problem.identity.refused"],
    );
  });

  it("fall back on the server's sentence", () => {
    expect(problemText(problem("zeppelin.lost", "The zeppelin is lost."))).toBe(
      "The zeppelin is lost.",
    );
  });

  it("fall back on the status, then on something to read", () => {
    expect(problemText(problem("web.status_503", "", 503))).toBe(fr["problem.web.status_503"]);
    expect(problemText(problem("web.status_418", "", 418))).toBe(fr["problem.web.unexpected"]);
  });

  it("keep what the server alone can say", () => {
    const text = problemText(problem("sources.variables_differ", 'Column "age" is missing.'));
    expect(text).toContain('Column "age" is missing.');
    expect(text).toContain("description");
  });

  it("name the field that they are about", () => {
    expect(problemField(problem("fields.missing", 'Field "title" is missing.'))).toBe("title");
    expect(problemField(problem("fields.type", 'Field "variables[2].name" must be a text.'))).toBe(
      "variables",
    );
    expect(problemField(problem("identity.refused", "The login is wrong."))).toBeUndefined();
  });
});

describe("texts", () => {
  it("choose the plural of the language", () => {
    putTexts("fr", fr);
    expect(tn("count.objects", 0)).toBe("0 objet");
    expect(tn("count.objects", 2)).toBe("2 objets");
    putTexts("en", en);
    expect(tn("count.objects", 0)).toBe("0 objects");
    expect(tn("count.objects", 1)).toBe("1 object");
  });

  it("write numbers as the language does", () => {
    putTexts("fr", fr);
    expect(tn("count.rows", 20190)).toMatch(/^20\s190 lignes$/);
    putTexts("en", en);
    expect(tn("count.rows", 20190)).toBe("20,190 rows");
  });

  it("leave unknown places and unknown words as they are", () => {
    putTexts("en", en);
    expect(t("lake.used", { bytes: "1 MB" })).toBe("1 MB of {quota}");
    expect(tMaybe("no.such.key")).toBeUndefined();
    expect(word("tier", "moon")).toBe("moon");
  });
});
