// SPDX-License-Identifier: Apache-2.0
// How tightly things are set: comfortable, or compact for those who read long tables all day.
import { createStore } from "./store";

export type Density = "comfortable" | "compact";
const CHOICE = "darse.density";

export const density = createStore<Density>(
  localStorage.getItem(CHOICE) === "compact" ? "compact" : "comfortable",
);

function apply(): void {
  if (density.get() === "compact") document.documentElement.dataset.density = "compact";
  else delete document.documentElement.dataset.density;
}

export function chooseDensity(chosen: Density): void {
  localStorage.setItem(CHOICE, chosen);
  density.set(chosen);
  apply();
}

export function startDensity(): void {
  apply();
}
