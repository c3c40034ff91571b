// SPDX-License-Identifier: Apache-2.0
// The terms of an accreditation: met or not, why, until when, and who must act.
import type { Term } from "../api/types";
import { t, tMaybe } from "../i18n";
import { formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { Icon } from "./icon";
import { Time } from "./time";

/** "Awaits: the committee", or nothing. */
export function waitsText(term: Term): string {
  const waits = term.waits_for ?? [];
  return waits.length > 0 ? t("terms.waits_for", { who: formatList(waits.map(actor)) }) : "";
}

function Why({ term }: { term: Term }) {
  if (term.met) return null;
  const known = term.reason ? tMaybe(`problem.${term.reason}`) : undefined;
  const why = known ?? term.detail;
  const waits = waitsText(term);
  return (
    <>
      {why && <p class="note">{why}</p>}
      {waits && <p class="note">{waits}</p>}
    </>
  );
}

/** Who must act: a person's name as it is, a role in words. */
function actor(who: string): string {
  return tMaybe(`who.${who}`) ?? who;
}

function Met({ term }: { term: Term }) {
  if (!term.met || !term.signed) return null;
  return (
    <p class="note">
      {term.by ? t("terms.signed_by", { name: term.by }) : t("terms.signed")}{" "}
      <Time at={term.signed} as="date" />
      {term.expires && (
        <>
          {" · "}
          {t("terms.until")} <Time at={term.expires} as="date" />
        </>
      )}
    </p>
  );
}

export function Terms(props: { terms: Term[]; revoke?: (fact: string) => void }) {
  const { revoke } = props;
  return (
    <ul class="terms">
      {props.terms.map((term) => (
        <li key={term.term}>
          <Icon name={term.met ? "good" : "clock"} class={term.met ? "met" : "unmet"} />
          <div>
            <p>
              <span class={term.met ? "" : "strong"}>{word("term", term.term)}</span>
              <span class="unseen">{term.met ? t("terms.met") : t("terms.unmet")}</span>
            </p>
            <Met term={term} />
            <Why term={term} />
            {revoke && term.met && term.fact && (
              <button
                type="button"
                class="button button-small button-danger"
                aria-label={t("data.revoke_term", { term: word("term", term.term) })}
                onClick={() => revoke(term.fact as string)}
              >
                {t("data.revoke")}
              </button>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
