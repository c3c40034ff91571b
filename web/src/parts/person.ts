// SPDX-License-Identifier: Apache-2.0
import type { PersonBrief } from "../api/types";

/** The name of somebody who may be given as an object, as text, or not at all. */
export function personName(person: PersonBrief | string | null | undefined): string {
  if (!person) return "–";
  return typeof person === "string" ? person : person.name;
}
