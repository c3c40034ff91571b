// SPDX-License-Identifier: Apache-2.0
// The texts. Only the language in use is fetched. Every key exists in both files (a test says so),
// so that a missing text cannot reach a person.
import { createStore } from "../store";
import { rememberLanguage, textsOf, type Language, type Texts } from "./fetch";
import type en from "./en.json";

export { browserLanguage, isLanguage, type Language } from "./fetch";
export type Key = keyof typeof en;
export type Values = Record<string, string | number>;

/** Keys that have a form per plural category: `x.one`, `x.other`. */
export type PluralKey = Key extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never;

let texts: Texts = {};
export const language = createStore<Language>("en");

export async function useTexts(wanted: Language, remember: boolean): Promise<void> {
  texts = await textsOf(wanted);
  if (remember) rememberLanguage(wanted);
  document.documentElement.lang = wanted;
  language.set(wanted);
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
