// SPDX-License-Identifier: Apache-2.0
const DAY_MS = 24 * 60 * 60 * 1000;

/** The date so many days from now, as a date field wants it: 2027-01-31. */
export function dateAfter(days: number, now: number = Date.now()): string {
  return new Date(now + days * DAY_MS).toISOString().slice(0, 10);
}
