// SPDX-License-Identifier: Apache-2.0
// The texts. Only the language in use is fetched. Every key exists in both files (a test says so),
// so that a missing text cannot reach a person.
import { createStore } from "../store";
import type en from "./en.json";

export type Key = keyof typeof en;
export type Language = "fr" | "en";
export type Values = Record<string, string | number>;
type Texts = Record<string, string>;

/** Keys that have a form per plural category: `x.one`, `x.other`. */
export type PluralKey = Key extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never;

const LANGUAGES: Record<Language, () => Promise<Texts>> = {
  fr: async () => (await import("./fr.json")).default,
  en: async () => (await import("./en.json")).default,
};
const CHOICE = "darse.language";

let texts: Texts = {};
export const language = createStore<Language>("en");

export function isLanguage(value: unknown): value is Language {
  return value === "fr" || value === "en";
}

/** What this browser chose before, else what it prefers. */
export function browserLanguage(): Language {
  const chosen = localStorage.getItem(CHOICE);
  if (isLanguage(chosen)) return chosen;
  for (const preferred of navigator.languages) {
    const short = preferred.slice(0, 2);
    if (isLanguage(short)) return short;
  }
  return "en";
}

export async function useTexts(wanted: Language, remember: boolean): Promise<void> {
  texts = await LANGUAGES[wanted]();
  if (remember) localStorage.setItem(CHOICE, wanted);
  document.documentElement.lang = wanted;
  language.set(wanted);
}

/** Begins to fetch the texts of a language that will most likely be wanted. */
export function fetchTexts(likely: Language): void {
  void LANGUAGES[likely]().catch(() => {});
}

/** For tests. */
export function putTexts(wanted: Language, all: Texts): void {
  texts = all;
  language.set(wanted);
}

export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(language.get()).format(value) : value;
  });
}

export function t(key: Key, values?: Values): string {
  return fill(texts[key] ?? key, values);
}

/** With {count}. */
export function tn(key: PluralKey, count: number, values?: Values): string {
  const form = new Intl.PluralRules(language.get()).select(count);
  const text = texts[`${key}.${form}`] ?? texts[`${key}.other`] ?? key;
  return fill(text, { count, ...values });
}

/** A text whose key is made of data; undefined when there is none. */
export function tMaybe(key: string, values?: Values): string | undefined {
  const text = texts[key];
  return text === undefined ? undefined : fill(text, values);
}
