// SPDX-License-Identifier: Apache-2.0
// Who is signed in, in this browser.
import { api, ProblemError, setCsrf, whenSignedOut } from "./api/client";
import { startLive, stopLive } from "./api/live";
import { forgetAll } from "./api/resource";
import type { About, Person, Session, ThemeAbout } from "./api/types";
import type { WordOf } from "./api/words";
import { browserLanguage, isLanguage, useTexts } from "./i18n";
import { createStore, useStore } from "./store";

/** undefined: not known yet; null: nobody. */
export const session = createStore<Session | null | undefined>(undefined);
export const about = createStore<About | undefined>(undefined);
/** What this Darse is called and looks like; the style itself is a sheet of the server's. */
export const brand = createStore<ThemeAbout>({ footer: [] });

export function brandName(): string {
  return brand.get().name ?? "Darse";
}

async function readBrand(): Promise<void> {
  const given = await api.get<ThemeAbout>("/theme", { quiet: true }).catch(() => undefined);
  if (!given) return;
  brand.set(given);
  if (given.logo) document.querySelector("link[rel=icon]")?.setAttribute("href", given.logo);
}

async function begin(next: Session): Promise<void> {
  setCsrf(next.csrf);
  if (isLanguage(next.person.language)) await useTexts(next.person.language, true);
  session.set(next);
  startLive();
}

function end(): void {
  setCsrf("");
  stopLive();
  forgetAll();
  session.set(null);
}

export async function startSession(): Promise<void> {
  whenSignedOut(end);
  // Asked (ahead.ts) at the same time as the session, and drawn with it: no other name flashes by.
  const branded = readBrand();
  try {
    await begin(await api.get<Session>("/session", { quiet: true }));
  } catch (cause) {
    await useTexts(browserLanguage(), false);
    session.set(null);
    if (!(cause instanceof ProblemError && cause.problem.status === 401)) throw cause;
  } finally {
    await branded;
    void api.get<About>("/about").then(about.set, () => {});
  }
}

export async function signIn(login: string, password: string, code?: string): Promise<void> {
  const body = code ? { login, password, code } : { login, password };
  await begin(await api.post<Session>("/session", body, { quiet: true }));
}

export async function signOut(): Promise<void> {
  await api.delete("/session", { quiet: true }).catch(() => {});
  end();
}

/** Reads the session again after the person changed something about themself. */
export async function renewSession(): Promise<void> {
  await begin(await api.get<Session>("/session"));
}

export function useMe(): Person {
  const current = useStore(session);
  if (!current) throw new Error("a page for persons was drawn for nobody");
  return current.person;
}

export function hasRole(person: Person, ...roles: WordOf<"role">[]): boolean {
  return roles.some((role) => person.roles.includes(role));
}
