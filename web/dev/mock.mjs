// SPDX-License-Identifier: Apache-2.0
// A stand-in for the server, for looking at pages: the built pages, and answers from fixtures.mjs.
// Never part of the program. `node dev/mock.mjs [PORT]`; sign in with any login of the fixtures
// and the password "mock"; the login is kept in a cookie.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { answer } from "./fixtures.mjs";

// A few operations of the real document.
const API_DOCUMENT = JSON.parse(readFileSync(new URL("openapi.json", import.meta.url), "utf8"));
const DIST = join(fileURLToPath(new URL(".", import.meta.url)), "../dist");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
// What the server prints from a theme file (docs/theme.md), for who has the cookie "look".
const LOOK = {
  css: ":root:root{--colour-primary:light-dark(#000091,#a9a9ff);--colour-primary-strong:light-dark(#00006d,#c6c6ff);--colour-quay:light-dark(#1b1b35,#0e0e1c);--colour-focus:light-dark(#000091,#f0bd5c);--radius:0px;--radius-large:0px;}",
  logo: "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 32'><rect width='16' height='32' fill='#000091'/><rect x='16' width='16' height='32' fill='#fff'/><rect x='32' width='16' height='32' fill='#e1000f'/></svg>",
  about: {
    name: "Datalab",
    owner: { fr: "Ministère de la Cohésion", en: "Ministry of Cohesion" },
    logo: "/theme/logo/mark.svg",
    footer: [{ text: { fr: "Mentions légales", en: "Legal notice" }, url: "https://ministry.example/legal" }],
  },
};
const PLAIN = { name: null, owner: null, logo: null, footer: [] };
const SECURITY = {
  "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  "X-Content-Type-Options": "nosniff",
};

function cookie(request, name) {
  return new RegExp(`(?:^|; )${name}=([a-z0-9]+)`).exec(request.headers.cookie ?? "")?.[1];
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function problem(response, status, reason, detail) {
  send(response, status, { title: "", status, reason, detail, request: "req-mock" });
}

async function signIn(request, response) {
  let body = "";
  for await (const part of request) body += part;
  const { login, password, code } = JSON.parse(body);
  if (password !== "mock") return problem(response, 401, "identity.refused", "Wrong.");
  if (!code) return problem(response, 401, "identity.code_needed", "Give the code.");
  const given = answer("/session", login, cookie(request, "language") ?? "en");
  return send(response, 200, given, { "Set-Cookie": `login=${login}; Path=/` });
}

function events(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(": hello\n\n");
}

async function api(request, response, path) {
  if (request.method === "POST" && path === "/session") return signIn(request, response);
  if (request.method !== "GET") return problem(response, 403, "policy.role", "This is a stand-in.");
  if (path.endsWith("/events")) return events(response);
  if (path === "/openapi.json") return send(response, 200, API_DOCUMENT);
  if (path === "/theme") return send(response, 200, cookie(request, "look") ? LOOK.about : PLAIN);
  const login = cookie(request, "login");
  if (!login && path !== "/about" && !path.startsWith("/texts/")) return problem(response, 401, "identity.nobody", "Sign in first.");
  const body = answer(path, login, cookie(request, "language") ?? "en");
  if (body === undefined) return problem(response, 404, "http.no_route", "There is nothing here.");
  return send(response, 200, body);
}

async function page(response, path) {
  const name = extname(path) === "" ? "index.html" : normalize(path);
  try {
    const bytes = await readFile(join(DIST, name));
    response.writeHead(200, { ...SECURITY, "Content-Type": TYPES[extname(name)] ?? "text/plain" });
    response.end(bytes);
  } catch {
    problem(response, 404, "http.no_route", "There is nothing here.");
  }
}

function theme(request, response, path) {
  const css = path === "/theme/theme.css";
  response.writeHead(200, { "Content-Type": css ? "text/css" : "image/svg+xml" });
  response.end(css ? (cookie(request, "look") ? LOOK.css : "") : LOOK.logo);
}

export function startMock(port = 0) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname.startsWith("/theme/")) theme(request, response, pathname);
    else if (pathname.startsWith("/api/v1/")) void api(request, response, pathname.slice(7));
    else void page(response, pathname);
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startMock(Number(process.argv[2] ?? 5180));
  console.log(`http://localhost:${server.address().port}`);
}
