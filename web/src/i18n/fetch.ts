// SPDX-License-Identifier: Apache-2.0
// Where the texts of a language come from, and which one is likely to be wanted.
export type Language = "fr" | "en";
export type Texts = Record<string, string>;

const LANGUAGES: Record<Language, () => Promise<Texts>> = {
  fr: async () => (await import("./fr.json")).default,
  en: async () => (await import("./en.json")).default,
};
const CHOICE = "darse.language";

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

export function rememberLanguage(chosen: Language): void {
  localStorage.setItem(CHOICE, chosen);
}

export const textsOf = (wanted: Language): Promise<Texts> => LANGUAGES[wanted]();

/** Begins to fetch the texts of a language that will most likely be wanted. */
export function fetchTexts(likely: Language): void {
  void textsOf(likely).catch(() => {});
}
