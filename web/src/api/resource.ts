// SPDX-License-Identifier: Apache-2.0
// Reading for pages: what is known is shown at once, then read again; read again also when the
// server says that one of TOPICS changed.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { api, ProblemError, problemOfPages, type Tagged } from "./client";
import { forgetEarly } from "./early";
import { onTopic } from "./live";
import type { Page, Problem } from "./types";

const known = new Map<string, unknown>();
const KNOWN_MAX = 100;
const SETTLE_MS = 60;

export function forgetAll(): void {
  known.clear();
  forgetEarly();
}

function remember(path: string, data: unknown): void {
  known.delete(path);
  known.set(path, data);
  const oldest = known.keys().next();
  if (known.size > KNOWN_MAX && !oldest.done) known.delete(oldest.value);
}

export interface Resource<T> {
  data: T | undefined;
  problem: Problem | undefined;
  loading: boolean;
  reload: () => Promise<void>;
}

export function problemFrom(cause: unknown): Problem {
  if (cause instanceof ProblemError) return cause.problem;
  return problemOfPages("web.unexpected", String(cause));
}

/** PATH null reads nothing. */
export function useResource<T>(path: string | null, topics: string[] = []): Resource<T> {
  const [state, setState] = useState<{ path: string | null; data?: T; problem?: Problem }>({
    path: null,
  });
  const current = useRef(path);
  current.current = path;

  const load = useCallback(
    async (signal?: AbortSignal) => {
      if (path === null) return;
      try {
        const data = await api.get<T>(path, { signal });
        remember(path, data);
        if (current.current === path) setState({ path, data });
      } catch (cause) {
        if (signal?.aborted || current.current !== path) return;
        const problem = problemFrom(cause);
        if (problem.status !== 0) known.delete(path);
        setState({ path, data: known.get(path) as T | undefined, problem });
      }
    },
    [path],
  );

  // At once, not after the waiting was drawn.
  useLayoutEffect(() => {
    const abort = new AbortController();
    void load(abort.signal);
    return () => abort.abort();
  }, [load]);

  const wanted = topics.join(" ");
  useEffect(() => {
    if (wanted === "") return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onTopic((topic) => {
      if (topic !== "missed" && !wanted.split(" ").includes(topic)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void load(), SETTLE_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [wanted, load]);

  const fresh = state.path === path;
  const data = fresh ? state.data : path === null ? undefined : (known.get(path) as T | undefined);
  const problem = fresh ? state.problem : undefined;
  return {
    data,
    problem,
    loading: path !== null && data === undefined && problem === undefined,
    reload: load,
  };
}

/** For a form that changes what it read: read once, never from what was known, with its tag. */
export function useTagged<T>(path: string): Resource<Tagged<T>> {
  const [state, setState] = useState<{ path: string; data?: Tagged<T>; problem?: Problem }>();
  const load = useCallback(async () => {
    try {
      setState({ path, data: await api.tagged<T>(path) });
    } catch (cause) {
      setState({ path, problem: problemFrom(cause) });
    }
  }, [path]);
  useLayoutEffect(() => void load(), [load]);
  const fresh = state?.path === path ? state : undefined;
  return {
    data: fresh?.data,
    problem: fresh?.problem,
    loading: fresh === undefined,
    reload: load,
  };
}

export interface List<T> extends Resource<T[]> {
  /** Reads the next page; undefined when there is none. */
  more: (() => Promise<void>) | undefined;
}

/** A list of the API, page by page. */
export function useList<T>(path: string | null, topics: string[] = []): List<T> {
  const first = useResource<Page<T>>(path, topics);
  const [rest, setRest] = useState<{ of?: Page<T>; items: T[]; next?: string | null }>({ items: [] });
  const same = rest.of === first.data;
  const items = first.data && [...first.data.items, ...(same ? rest.items : [])];
  const next = same && rest.of !== undefined ? rest.next : first.data?.next;
  const more = async () => {
    const mark = path?.includes("?") ? "&" : "?";
    const page = await api.get<Page<T>>(`${path}${mark}cursor=${encodeURIComponent(next ?? "")}`);
    setRest({
      of: first.data,
      items: [...(same ? rest.items : []), ...page.items],
      next: page.next,
    });
  };
  return { ...first, data: items, more: next ? more : undefined };
}

/** Something that a person does: busy while it runs, and the problem that came of it. */
export function useAction<A extends unknown[]>(act: (...args: A) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>();
  const run = async (...args: A): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setProblem(undefined);
    try {
      await act(...args);
      return true;
    } catch (cause) {
      setProblem(problemFrom(cause));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, problem, clear: () => setProblem(undefined) };
}
