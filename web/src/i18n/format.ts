// SPDX-License-Identifier: Apache-2.0
// Dates, numbers and lists in the person's language.
import { language, tn, t } from "./index";

function format(options: Intl.DateTimeFormatOptions, time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  return new Intl.DateTimeFormat(language.get(), options).format(date);
}

export const formatDate = (time: string) => format({ dateStyle: "medium" }, time);
export const formatDateTime = (time: string) =>
  format({ dateStyle: "medium", timeStyle: "short" }, time);
export const formatTime = (time: string) => format({ timeStyle: "medium" }, time);
export const formatExactTime = (time: string) =>
  format({ dateStyle: "medium", timeStyle: "medium" }, time);

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(language.get()).format(value);
}

/** A share of one: 0.42 is "42 %". */
export function formatPercent(share: number): string {
  return new Intl.NumberFormat(language.get(), { style: "percent", maximumFractionDigits: 0 }).format(
    share,
  );
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** Sizes by thousands, as people read them: 20.4 kB, 20,4 ko. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(language.get(), {
    style: "unit",
    unit: UNITS[unit],
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}

/** Memory by powers of two, as machines count it: 512 MiB, 4 GiB (Mio, Gio in French). */
export function formatMemory(mebibytes: number): string {
  const byte = language.get() === "fr" ? "o" : "B";
  return mebibytes < 1024
    ? `${formatNumber(mebibytes)} Mi${byte}`
    : `${formatNumber(Math.round((mebibytes / 1024) * 10) / 10)} Gi${byte}`;
}

export function formatList(items: string[]): string {
  return new Intl.ListFormat(language.get(), { type: "conjunction" }).format(items);
}

/** 180 ms, 2.4 s, 3 min, 10 h 48 min. */
export function formatDuration(ms: number): string {
  const locale = language.get();
  const unit = (value: number, name: string, digits: number) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: digits,
    }).format(value);
  if (ms < 1000) return unit(Math.max(0, Math.round(ms)), "millisecond", 0);
  if (ms < 60_000) return unit(ms / 1000, "second", 1);
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return unit(minutes, "minute", 0);
  const rest = minutes % 60;
  return unit(Math.floor(minutes / 60), "hour", 0) + (rest > 0 ? ` ${unit(rest, "minute", 0)}` : "");
}

const MINUTE = 60_000;
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 24 * 60 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
];

/** "3 hours ago", "in 12 days". */
export function formatAgo(time: string, now: number = Date.now()): string {
  const distance = new Date(time).getTime() - now;
  const relative = new Intl.RelativeTimeFormat(language.get(), { numeric: "auto" });
  for (const [unit, size] of STEPS) {
    if (Math.abs(distance) >= size) return relative.format(Math.round(distance / size), unit);
  }
  return t("time.now");
}

export function formatRows(count: number): string {
  return tn("count.rows", count);
}
