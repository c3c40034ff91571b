// SPDX-License-Identifier: Apache-2.0
// Light, dark, or what the browser prefers.
import { createStore } from "./store";

export type Theme = "auto" | "light" | "dark";
const CHOICE = "darse.theme";

function remembered(): Theme {
  const chosen = localStorage.getItem(CHOICE);
  return chosen === "light" || chosen === "dark" ? chosen : "auto";
}

export const theme = createStore<Theme>(remembered());

function apply(): void {
  const chosen = theme.get();
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function chooseTheme(chosen: Theme): void {
  localStorage.setItem(CHOICE, chosen);
  theme.set(chosen);
  apply();
}

export function startTheme(): void {
  apply();
}
