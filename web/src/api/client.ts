// SPDX-License-Identifier: Apache-2.0
// The one way to the API: JSON both ways, problem documents as exceptions, the anti-forgery header
// on every unsafe call. Knows no page and shows nothing.
import { READ, takeEarly } from "./early";
import type { Problem } from "./types";

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

let csrf = "";
let onSignedOut: () => void = () => {};

export function setCsrf(value: string): void {
  csrf = value;
}

/** Called when the server says that the session is over. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

let onTermsAsked: () => void = () => {};

/** Called when the server refuses because the terms of use were not accepted. Gives back how to end that. */
export function whenTermsAsked(handler: () => void): () => void {
  onTermsAsked = handler;
  return () => {
    onTermsAsked = () => {};
  };
}

/** What goes wrong on this side has the form of the server's problems. */
export function problemOfPages(reason: string, detail: string): Problem {
  return { type: "about:blank", title: "", status: 0, reason, detail, request: "" };
}

const SEEN = "darse.seen";
const SEEN_EVERY_MS = 5000;
let answered = Date.now();

/** The server answered this person: their session is no longer idle, in any tab of this browser. */
function noteAnswer(): void {
  const now = Date.now();
  if (now - answered < SEEN_EVERY_MS) return;
  answered = now;
  localStorage.setItem(SEEN, String(now));
}

/** When the server last answered, in this tab or another (milliseconds). */
export function lastAnswer(): number {
  return Math.max(answered, Number(localStorage.getItem(SEEN) ?? 0));
}

function offline(): ProblemError {
  return new ProblemError(problemOfPages("web.offline", ""));
}

async function problemOf(response: Response): Promise<ProblemError> {
  const unknown: Problem = {
    ...problemOfPages(`web.status_${response.status}`, ""),
    title: response.statusText,
    status: response.status,
  };
  try {
    const body = (await response.json()) as Partial<Problem>;
    return new ProblemError({ ...unknown, ...body });
  } catch {
    return new ProblemError(unknown);
  }
}

interface Options {
  signal?: AbortSignal;
  /** A 401 is an answer of its own here (sign-in), not the end of the session. */
  quiet?: boolean;
  /** Goes on when the page is left; for little. */
  keepalive?: boolean;
  /** Done only if what was read is still what is there. */
  ifMatch?: string;
}

/** What was read, and the tag by which a change of it names it. */
export interface Tagged<T> {
  data: T;
  etag: string | undefined;
}

/** What was asked before the program was here; a refusal is one only to those who expect it. */
async function askedEarly(path: string, options: Options): Promise<Response | undefined> {
  const response = await takeEarly(path);
  return response?.ok || (options.quiet && response) ? response : undefined;
}

async function ask(method: string, path: string, body?: unknown, options: Options = {}) {
  const headers: Record<string, string> = { ...READ.headers };
  if (method !== "GET" && csrf !== "") headers["X-Darse-CSRF"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (options.ifMatch !== undefined) headers["If-Match"] = options.ifMatch;
  let response = method === "GET" ? await askedEarly(path, options) : undefined;
  try {
    response ??= await fetch(`/api/v1${path}`, {
      ...READ,
      headers,
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: options.signal,
      keepalive: options.keepalive,
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw offline();
  }
  if (!response.ok) {
    if (response.status === 401 && !options.quiet) onSignedOut();
    const problem = await problemOf(response);
    if (problem.problem.reason === "policy.terms") onTermsAsked();
    throw problem;
  }
  noteAnswer();
  return response;
}

async function call(method: string, path: string, body?: unknown, options: Options = {}) {
  const response = await ask(method, path, body, options);
  if (response.status === 204 || response.headers.get("Content-Length") === "0") return undefined;
  const text = await response.text();
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

async function tagged<T>(path: string): Promise<Tagged<T>> {
  const response = await ask("GET", path);
  return { data: (await response.json()) as T, etag: response.headers.get("ETag") ?? undefined };
}

export const api = {
  tagged,
  get: <T>(path: string, options?: Options) => call("GET", path, undefined, options) as Promise<T>,
  post: <T>(path: string, body: unknown = undefined, options?: Options) =>
    call("POST", path, body, options) as Promise<T>,
  patch: <T>(path: string, body: unknown, options?: Options) =>
    call("PATCH", path, body, options) as Promise<T>,
  put: <T>(path: string, body: unknown, options?: Options) =>
    call("PUT", path, body, options) as Promise<T>,
  delete: (path: string, options?: Options) =>
    call("DELETE", path, undefined, options) as Promise<void>,
};

/** Sends a file as it is; PROGRESS gets bytes sent. fetch() cannot tell that, so XMLHttpRequest. */
export function upload<T>(
  path: string,
  file: Blob,
  type: string,
  progress: (sent: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/v1${path}`);
    request.setRequestHeader("Content-Type", type);
    request.setRequestHeader("X-Darse-CSRF", csrf);
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onerror = () => reject(offline());
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as T);
        return;
      }
      void problemOf(new Response(request.responseText, { status: request.status })).then(reject);
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

export function query(values: Record<string, string | number | undefined | null>): string {
  const parts = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** The largest page that a list gives. */
export const LIMIT = 200;
