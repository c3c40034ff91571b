// SPDX-License-Identifier: Apache-2.0
// The words of the API and its problems, as people read them.
import type { Problem, Rules } from "../api/types";
import type { WordList } from "../api/words";
import { t, tMaybe } from "./index";

/** A word of a closed list; one that this version does not know is shown as it is. */
export function word(list: WordList, value: string): string {
  return tMaybe(`word.${list}.${value}`) ?? value;
}

/** The sentence of a problem: by its reason, else the server's own (in English). */
export function problemText(problem: Problem): string {
  const known = tMaybe(`problem.${problem.reason}`, { detail: problem.detail });
  if (known !== undefined) return known;
  if (problem.detail !== "") return problem.detail;
  return tMaybe(`problem.web.status_${problem.status}`) ?? t("problem.web.unexpected");
}

/** The field of a form that a problem is about, when the server names one: `Field "title" ...`. */
export function problemField(problem: Problem): string | undefined {
  return /^Field "([a-z_]+)/.exec(problem.detail)?.[1];
}

/** The rules in force, a sentence each. */
export function rulesText(rules: Rules): string[] {
  const { minimum_count, max_share_percent, rounding_base, zero_is_unsafe } = rules;
  return [
    minimum_count > 0 && t("rule.minimum_count", { parameter: minimum_count }),
    max_share_percent > 0 && t("rule.max_share", { parameter: max_share_percent }),
    rounding_base > 0 && t("rule.rounding", { parameter: rounding_base }),
    zero_is_unsafe && t("rule.zero"),
  ].filter((sentence) => sentence !== false);
}
