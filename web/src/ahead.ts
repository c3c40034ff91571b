// SPDX-License-Identifier: Apache-2.0
// What the first page will want, asked for while the program itself is still on its way. With what it
// imports this is a file of its own, loaded beside the program (vite.config.ts): it must stay small and know
// nothing of the rest.
import { askEarly } from "./api/early";
import { browserLanguage, fetchTexts } from "./i18n/fetch";

/** Of every visit, and of home (pages/home.tsx): the session first, since nothing is drawn without it. */
const ALWAYS = ["/session", "/theme"];
const HOME = ["/me/tasks", "/projects", "/services"];

for (const path of ALWAYS) askEarly(path);
// Most often the session says the same language.
fetchTexts(browserLanguage());
if (location.pathname === "/") for (const path of HOME) askEarly(path);
