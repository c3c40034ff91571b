// SPDX-License-Identifier: Apache-2.0
import { useEffect, useId, useState } from "preact/hooks";

const SETTLE_MS = 250;

/** Tells the text once the person stops typing. */
export function SearchBox(props: { label: string; onSearch: (text: string) => void }) {
  const id = useId();
  const [value, setValue] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => props.onSearch(value.trim()), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return (
    <div class="field" role="search">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="search"
        maxLength={100}
        onInput={(event) => setValue(event.currentTarget.value)}
      />
    </div>
  );
}
