// SPDX-License-Identifier: Apache-2.0
// Which hours are offered to keep a service, and which services stop soon.
import { describe, expect, it } from "vitest";
import type { Definition, Service } from "../src/api/types";
import { endingSoon, hoursThatGain } from "../src/parts/lifetime";

const HOUR = 3_600_000;
const NOW = Date.parse("2027-01-31T12:00:00Z");
const at = (hours: number) => new Date(NOW + hours * HOUR).toISOString();
const definition = { schema: { properties: { hours: { enum: [1, 2, 4, 8, 12] } } } } as unknown as Definition;
const service = (ends: number | null, most?: number, state = "ready") =>
  ({
    id: "svc-1", state,
    ends: ends === null ? undefined : at(ends),
    ends_at_most: most === undefined ? undefined : at(most),
  }) as Service;

describe("the hours that are offered", () => {
  const cases: [string, Service, number[]][] = [
    ["those after the present end", service(3, 100), [4, 8, 12]],
    ["up to the first that reaches the limit", service(0.5, 6), [1, 2, 4, 8]],
    ["none at the limit", service(6, 6), []],
    ["none past it", service(7, 6), []],
    ["none when it never ends", service(null, 6), []],
    ["all when nothing limits it", service(0.1), [1, 2, 4, 8, 12]],
    ["none when it lasts longer than any", service(20, 100), []],
  ];
  for (const [name, one, wanted] of cases)
    it(name, () => expect(hoursThatGain(one, definition, NOW)).toEqual(wanted));

  it("none without the definition", () => expect(hoursThatGain(service(3, 100), undefined, NOW)).toEqual([]));
});

describe("what stops soon", () => {
  it("is ready, and has less than half an hour", () => {
    const rows = [service(0.4), service(0.6), service(-0.1), service(null), service(0.4, 1, "stopping")];
    expect(endingSoon(rows, NOW)).toEqual([rows[0]]);
  });
});
