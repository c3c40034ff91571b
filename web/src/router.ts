// SPDX-License-Identifier: Apache-2.0
// Addresses and pages. Links are plain <a>: a click on one of ours is handled here.
import { createStore, useStore } from "./store";

export interface Place {
  path: string;
  search: string;
  /** How many times the person has moved; 0 on the page that the browser loaded. */
  moves: number;
}

export const place = createStore<Place>({
  path: location.pathname,
  search: location.search,
  moves: 0,
});

function arrive(): void {
  place.set({
    path: location.pathname,
    search: location.search,
    moves: place.get().moves + 1,
  });
}

export function navigate(to: string, replace = false): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  arrive();
  if (!replace) scrollTo(0, 0);
}

/** A value of the address's query, "" when it is not there; writing it adds no step to go back. */
export function useAddress(name: string, normal = ""): [string, (value: string) => void] {
  const { search } = useStore(place);
  const value = new URLSearchParams(search).get(name) ?? normal;
  const write = (next: string) => {
    const query = new URLSearchParams(location.search);
    if (next === normal) query.delete(name);
    else query.set(name, next);
    const text = query.toString();
    history.replaceState(null, "", location.pathname + (text === "" ? "" : `?${text}`));
    place.set({ ...place.get(), search: location.search });
  };
  return [value, write];
}

function ours(event: MouseEvent): HTMLAnchorElement | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = (event.target as Element | null)?.closest("a");
  if (!link || link.target || link.hasAttribute("download")) return null;
  if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return null;
  if (link.hash !== "" && link.pathname === location.pathname) return null;
  return link;
}

/** FETCH gets the path of a link that somebody points at or reaches with the keyboard. */
export function startRouter(fetch: (path: string) => void): void {
  addEventListener("popstate", arrive);
  const wish = (event: Event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    if (link && link.origin === location.origin) fetch(link.pathname);
  };
  document.addEventListener("pointerover", wish, { passive: true });
  document.addEventListener("focusin", wish);
  document.addEventListener("click", (event) => {
    const link = ours(event);
    if (!link) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}

export type Params = Record<string, string>;

/** What a page gets. */
export interface PageProps {
  params: Params;
  path: string;
}

/** The {names} of PATTERN in PATH, or null when it does not fit. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split("/");
  const given = path.replace(/\/+$/, "").split("/");
  if (path === "/") given.push("");
  const normal = given.length === 1 ? ["", ""] : given;
  if (wanted.length !== normal.length) return null;
  const params: Params = {};
  for (let i = 0; i < wanted.length; i++) {
    const part = wanted[i] ?? "";
    const value = normal[i] ?? "";
    if (part.startsWith("{")) {
      if (value === "") return null;
      try {
        params[part.slice(1, -1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) {
      return null;
    }
  }
  return params;
}
