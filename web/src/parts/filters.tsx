// SPDX-License-Identifier: Apache-2.0
// What narrows a list: words and choices, kept in the address so that a view can be sent to
// somebody. The page reads the same names with `useAddress` and filters, or asks the server.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { useAddress } from "../router";
import type { Choice } from "./form";
import { Icon } from "./icon";

const SETTLE_MS = 250;

interface SearchProps {
  label: string;
  /** In the address; "q" if not given. */
  name?: string;
}

function Search({ label, name = "q" }: SearchProps) {
  const id = useId();
  const [kept, keep] = useAddress(name);
  const [value, setValue] = useState(kept);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setValue(kept), [kept]);
  const onInput = (text: string) => {
    setValue(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => keep(text.trim()), SETTLE_MS);
  };
  return (
    <div class="field filter-search">
      <label for={id}>{label}</label>
      <div class="with-icon">
        <Icon name="search" />
        <input
          id={id}
          type="search"
          maxLength={100}
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </div>
    </div>
  );
}

interface SelectProps {
  name: string;
  label: string;
  choices: Choice[];
}

function Select({ name, label, choices }: SelectProps) {
  const id = useId();
  const [kept, keep] = useAddress(name);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={kept} onChange={(event) => keep(event.currentTarget.value)}>
        <option value="">{t("filter.all")}</option>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Filters(props: { label?: string; search?: SearchProps; selects?: SelectProps[] }) {
  return (
    <div class="filters" role="search" aria-label={props.label ?? t("filter.label")}>
      {props.search && <Search {...props.search} />}
      {props.selects?.map((select) => <Select key={select.name} {...select} />)}
    </div>
  );
}

/** Whether each of WORDS, without case or accents, is in one of TEXTS. */
export function holdsWords(words: string, ...texts: (string | undefined)[]): boolean {
  const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const all = plain(texts.filter(Boolean).join(" "));
  return plain(words)
    .split(/\s+/)
    .every((word) => all.includes(word));
}
