// SPDX-License-Identifier: Apache-2.0
// The words of Darse, one for one thing, with what they mean and the word of the other language.
import { useEffect } from "preact/hooks";
import { language, t, tMaybe, type Key } from "../i18n";
import en from "../i18n/en.json";
import fr from "../i18n/fr.json";
import { Filters, holdsWords } from "../parts/filters";
import { Page, Panel } from "../parts/page";
import { useAddress } from "../router";

const TERM = "glossary_term.";
const WORDS = Object.keys(en)
  .filter((key) => key.startsWith(TERM))
  .map((key) => key.slice(TERM.length));

type Texts = Record<string, string>;

/** The same word in the other language, for those who read both. */
function other(name: string): string {
  const texts: Texts = language.get() === "fr" ? (en as Texts) : (fr as Texts);
  return texts[TERM + name] ?? "";
}

function Entry({ name }: { name: string }) {
  return (
    <div class="entry" id={name} tabIndex={-1}>
      <dt>
        <span class="strong">{t(`glossary_term.${name}` as Key)}</span>{" "}
        <span class="note" lang={language.get() === "fr" ? "en" : "fr"}>
          {other(name)}
        </span>
      </dt>
      <dd>{tMaybe(`glossary.${name}`)}</dd>
    </div>
  );
}

export function Glossary() {
  const [words] = useAddress("q");
  const term = (name: string) => t(`glossary_term.${name}` as Key);
  const collator = new Intl.Collator(language.get());
  const shown = WORDS.filter((name) =>
    holdsWords(words, term(name), other(name), tMaybe(`glossary.${name}`)),
  ).sort((a, b) => collator.compare(term(a), term(b)));
  // The address may name a word: the entry is there only once the page is drawn.
  useEffect(() => {
    const entry = document.getElementById(location.hash.slice(1));
    if (!entry?.classList.contains("entry")) return;
    entry.scrollIntoView();
    entry.focus({ preventScroll: true });
  }, []);
  return (
    <Page title={t("glossary_page.title")} lead={t("glossary_page.lead")}>
      <Panel>
        <div class="stack">
          <Filters search={{ label: t("glossary_page.search") }} />
          {shown.length === 0 && <p class="soft">{t("glossary_page.none")}</p>}
          <dl class="glossary">
            {shown.map((name) => (
              <Entry key={name} name={name} />
            ))}
          </dl>
        </div>
      </Panel>
    </Page>
  );
}
