// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from "vitest";
import en from "../src/i18n/en.json";
import fr from "../src/i18n/fr.json";
import { putTexts } from "../src/i18n";
import { formatAgo, formatBytes, formatDate, formatDuration, formatList } from "../src/i18n/format";
import { dateAfter } from "../src/parts/dates";

/** Intl writes several kinds of spaces. */
const plain = (text: string) => text.replace(/\s/g, " ");

describe("formats, in French", () => {
  beforeEach(() => putTexts("fr", fr));

  it("sizes", () => {
    expect(plain(formatBytes(0))).toBe("0 octet");
    expect(plain(formatBytes(999))).toBe("999 octets");
    expect(plain(formatBytes(1000))).toBe("1 ko");
    expect(plain(formatBytes(1536))).toBe("1,5 ko");
    expect(plain(formatBytes(999_500))).toBe("1 Mo");
    expect(plain(formatBytes(20_400_000))).toBe("20 Mo");
    expect(plain(formatBytes(5_000_000_000_000_000))).toBe("5 000 To");
  });

  it("dates and lists", () => {
    expect(formatDate("2027-01-31T12:00:00Z")).toBe("31 janv. 2027");
    expect(formatDate("nonsense")).toBe("nonsense");
    expect(formatList(["a", "b", "c"])).toBe("a, b et c");
  });
});

describe("formats, in English", () => {
  beforeEach(() => putTexts("en", en));

  it("durations", () => {
    expect(formatDuration(-5)).toBe("0 ms");
    expect(formatDuration(180)).toBe("180 ms");
    expect(formatDuration(2440)).toBe("2.4 sec");
    expect(formatDuration(200_000)).toBe("3 min");
    expect(formatDuration(7_140_000)).toBe("119 min");
    expect(formatDuration(7_200_000)).toBe("2 hr");
    expect(formatDuration(38_880_000)).toBe("10 hr 48 min");
  });

  it("distances in time", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    expect(formatAgo("2026-11-22T11:59:30Z", now)).toBe("just now");
    expect(formatAgo("2026-11-22T09:00:00Z", now)).toBe("3 hours ago");
    expect(formatAgo("2026-12-04T12:00:00Z", now)).toBe("in 12 days");
  });

  it("the date of a date field", () => {
    expect(dateAfter(1, Date.parse("2026-12-31T10:00:00Z"))).toBe("2027-01-01");
  });
});
