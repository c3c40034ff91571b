// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it, vi } from "vitest";

let match: typeof import("../src/router").match;

beforeAll(async () => {
  vi.stubGlobal("location", { pathname: "/", search: "", origin: "http://localhost" });
  ({ match } = await import("../src/router"));
});

describe("addresses", () => {
  const cases: [string, string, Record<string, string> | null][] = [
    ["/", "/", {}],
    ["/", "/projects", null],
    ["/projects", "/projects", {}],
    ["/projects", "/projects/", {}],
    ["/projects/{project}", "/projects/prj-1", { project: "prj-1" }],
    ["/projects/{project}", "/projects/", null],
    ["/projects/{project}/data", "/projects/prj-1/data", { project: "prj-1" }],
    ["/projects/{project}/data", "/projects/prj-1/files", null],
    ["/projects/{project}", "/projects/a%20b", { project: "a b" }],
    ["/projects/{project}", "/projects/%zz", null],
  ];
  for (const [pattern, path, expected] of cases) {
    it(`${pattern} and ${path}`, () => expect(match(pattern, path)).toEqual(expected));
  }
});
