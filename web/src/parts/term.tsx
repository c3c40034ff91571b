// SPDX-License-Identifier: Apache-2.0
// A word of ours with its meaning one press away: the same texts as the glossary page. A native
// popover: Escape and a click elsewhere close it, and the focus goes back by itself.
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { t, tMaybe, type Key } from "../i18n";
import { Icon } from "./icon";

/** The words that have `glossary.<word>` (the meaning) and `glossary_term.<word>` (the term). */
export type Word = Key extends infer K ? (K extends `glossary_term.${infer W}` ? W : never) : never;

const EDGE = 12;

/** Under the word, inside the window. */
function put(popover: HTMLElement, opener: HTMLElement): void {
  const word = opener.getBoundingClientRect();
  const { width, height } = popover.getBoundingClientRect();
  const below = word.bottom + 6 + height <= innerHeight;
  const left = Math.max(EDGE, Math.min(word.left, innerWidth - width - EDGE));
  popover.style.left = `${left}px`;
  popover.style.top = `${below ? word.bottom + 6 : Math.max(EDGE, word.top - height - 6)}px`;
}

/** CHILDREN are the words as they stand in the sentence; the term itself when there are none. */
export function Term(props: { name: Word; children?: ComponentChildren }) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const term = t(`glossary_term.${props.name}` as Key);
  const onToggle = () => {
    if (popover.current?.matches(":popover-open") && opener.current)
      put(popover.current, opener.current);
  };
  return (
    <>
      <button
        ref={opener}
        type="button"
        class="term"
        popovertarget={id}
        aria-label={t("term.open", { term })}
      >
        {props.children ?? term}
        <Icon name="help" />
      </button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        class="term-panel"
        role="note"
        aria-label={term}
        onToggle={onToggle}
      >
        <p class="strong">{term}</p>
        <p>{tMaybe(`glossary.${props.name}`)}</p>
        <p class="note">
          <a href={`/glossary#${props.name}`}>{t("term.all")}</a>
        </p>
      </div>
    </>
  );
}
