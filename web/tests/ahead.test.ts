// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test, vi } from "vitest";

const asked: string[] = [];
let status: Record<string, number> = {};

function answer(path: string): Response {
  const code = status[path] ?? 200;
  return new Response(JSON.stringify({ path, code }), { status: code });
}

beforeEach(() => {
  asked.length = 0;
  status = {};
  vi.resetModules();
  vi.stubGlobal("localStorage", { getItem: () => "fr", setItem: () => {} });
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url.replace("/api/v1", ""));
    const path = url.replace("/api/v1", "");
    if (status[path] === 0) throw new TypeError("no network");
    return answer(path);
  });
});

async function visit(pathname: string) {
  vi.stubGlobal("location", { pathname });
  await import("../src/ahead");
  return (await import("../src/api/client")).api;
}

test("home's first answers are asked before the program is there, and each is used once", async () => {
  const api = await visit("/");
  expect(asked).toEqual(["/session", "/theme", "/me/tasks", "/projects", "/services"]);
  expect(await api.get("/me/tasks")).toEqual({ path: "/me/tasks", code: 200 });
  expect(asked.length).toBe(5);
  expect(await api.get("/me/tasks")).toEqual({ path: "/me/tasks", code: 200 });
  expect(asked.length).toBe(6);
});

test("another page asks for what every visit needs alone", async () => {
  await visit("/projects");
  expect(asked).toEqual(["/session", "/theme"]);
});

test("a refusal that came ahead is asked again, unless it is the answer", async () => {
  status = { "/session": 401, "/me/tasks": 401 };
  const api = await visit("/");
  await expect(api.get("/session", { quiet: true })).rejects.toThrow();
  expect(asked.filter((path) => path === "/session").length).toBe(1);
  status = {};
  expect(await api.get("/me/tasks")).toEqual({ path: "/me/tasks", code: 200 });
});

test("without a network it is asked again, and the failure is told", async () => {
  status = { "/projects": 0 };
  const api = await visit("/");
  await expect(api.get("/projects")).rejects.toMatchObject({ problem: { reason: "web.offline" } });
  expect(asked.filter((path) => path === "/projects").length).toBe(2);
});

test("what was asked for somebody who left is not shown to the next", async () => {
  const api = await visit("/");
  (await import("../src/api/early")).forgetEarly();
  await api.get("/services");
  expect(asked.filter((path) => path === "/services").length).toBe(2);
});
