// SPDX-License-Identifier: Apache-2.0
// Addresses and pages. Links are plain <a>: a click on one of ours is handled here.
import { createStore } from "./store";

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

function ours(event: MouseEvent): HTMLAnchorElement | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = (event.target as Element | null)?.closest("a");
  if (!link || link.target || link.hasAttribute("download")) return null;
  if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return null;
  if (link.hash !== "" && link.pathname === location.pathname) return null;
  return link;
}

export function startRouter(): void {
  addEventListener("popstate", arrive);
  document.addEventListener("click", (event) => {
    const link = ours(event);
    if (!link) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}

export type Params = Record<string, string>;

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
