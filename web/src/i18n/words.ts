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
  const { minimum_count, minimum_contributors, p_percent: p, q_percent: q, coalition } = rules;
  const { max_group_percent: group, rounding_base, zero_is_unsafe } = rules;
  return [
    minimum_count > 0 && t("rule.minimum_count", { parameter: minimum_count }),
    minimum_contributors > 0 && t("rule.minimum_contributors", { parameter: minimum_contributors }),
    ...rules.dominance.map(({ contributors, percent: parameter }) =>
      contributors === 1
        ? t("rule.dominance_one", { parameter })
        : t("rule.dominance", { contributors, parameter }),
    ),
    p > 0 &&
      (q > 0 && q < 100
        ? t("rule.p_q", { parameter: p, before: q })
        : t("rule.p_percent", { parameter: p })),
    p > 0 && coalition > 1 && t("rule.coalition", { parameter: coalition }),
    group > 0 &&
      (group < 100 ? t("rule.group_percent", { parameter: group }) : t("rule.group")),
    rounding_base > 0 && t("rule.rounding", { parameter: rounding_base }),
    zero_is_unsafe && t("rule.zero"),
  ].filter((sentence) => sentence !== false);
}
