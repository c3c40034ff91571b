// SPDX-License-Identifier: Apache-2.0
// What just happened, said once at the edge of the window. Never the only place where something
// that matters is said: a toast goes away, unless it tells a problem or somebody is reading it.
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { createStore, useStore } from "../store";
import { Icon } from "./icon";
import type { Tone } from "./notice";

interface Toast {
  number: number;
  text: string;
  tone: Tone;
  to?: { href: string; text: string };
}

const SHOWN_MS = 7000;
const TOASTS_MAX = 4;
const toasts = createStore<Toast[]>([]);
let last = 0;

export function toast(text: string, tone: Tone = "good", to?: Toast["to"]): void {
  const next = { number: ++last, text, tone, to };
  toasts.set([...toasts.get(), next].slice(-TOASTS_MAX));
}

function drop(number: number): void {
  toasts.set(toasts.get().filter((one) => one.number !== number));
}

const ICON = { good: "good", wait: "warning", bad: "bad", info: "info", calm: "info" } as const;

function One({ of }: { of: Toast }) {
  const [read, setRead] = useState(false);
  useEffect(() => {
    if (read || of.tone === "bad") return;
    const timer = setTimeout(() => drop(of.number), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [read]);
  return (
    <li
      class={`toast toast-${of.tone}`}
      onMouseEnter={() => setRead(true)}
      onMouseLeave={() => setRead(false)}
      onFocusIn={() => setRead(true)}
      onFocusOut={() => setRead(false)}
    >
      <Icon name={ICON[of.tone]} />
      <p>
        {of.text} {of.to && <a href={of.to.href}>{of.to.text}</a>}
      </p>
      <button
        type="button"
        class="icon-button"
        aria-label={t("action.dismiss")}
        onClick={() => drop(of.number)}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

/** Drawn once, by the shell: the region must be there before the first word in it. */
export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div class="toasts" role="status" aria-label={t("toast.region")}>
      {shown.length > 0 && (
        <ul role="list">
          {shown.map((one) => (
            <One key={one.number} of={one} />
          ))}
        </ul>
      )}
    </div>
  );
}
