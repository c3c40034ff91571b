// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it, vi } from "vitest";

let publish: typeof import("../src/pages/dataset_publish");

beforeAll(async () => {
  vi.stubGlobal("location", { pathname: "/", search: "", origin: "http://localhost" });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
  publish = await import("../src/pages/dataset_publish");
});

describe("describing a dataset", () => {
  it("reads one variable a line", () => {
    expect(publish.parseVariables("age; Age in years; at the interview\n\n sex ;\nnuts2")).toEqual([
      { name: "age", label: "Age in years", description: "at the interview" },
      { name: "sex", label: "sex" },
      { name: "nuts2", label: "nuts2" },
    ]);
  });

  it("finds the columns of a CSV", () => {
    expect(publish.columnsOf('\uFEFFa;"b";c\r\n1;2;3')).toEqual(["a", "b", "c"]);
    expect(publish.columnsOf("mdvis,lncoins\n1,2")).toEqual(["mdvis", "lncoins"]);
    expect(publish.columnsOf("alone")).toEqual(["alone"]);
  });
});
