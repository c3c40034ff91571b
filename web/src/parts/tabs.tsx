// SPDX-License-Identifier: Apache-2.0
// Several views of one thing in one place, without an address of their own (those are `Sections`).
// Arrow keys move, as the ARIA pattern for tabs says.
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icon";

export interface Tab {
  id: string;
  text: string;
  icon?: IconName;
  content: () => ComponentChildren;
}

const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

export function Tabs(props: { label: string; tabs: Tab[]; first?: string }) {
  const base = useId();
  const strip = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState(props.first ?? props.tabs[0]?.id);
  const shown = props.tabs.find((tab) => tab.id === chosen) ?? props.tabs[0];
  if (!shown) return null;
  const onKey = (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    const next = move && props.tabs[move(props.tabs.indexOf(shown), props.tabs.length)];
    if (!next) return;
    event.preventDefault();
    setChosen(next.id);
    strip.current?.querySelector<HTMLElement>(`#${CSS.escape(`${base}-${next.id}`)}`)?.focus();
  };
  return (
    <div class="tabs">
      <div class="tabs-strip" role="tablist" aria-label={props.label} ref={strip} onKeyDown={onKey}>
        {props.tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${base}-${tab.id}`}
            aria-selected={tab.id === shown.id}
            aria-controls={tab.id === shown.id ? `${base}-panel` : undefined}
            tabIndex={tab.id === shown.id ? 0 : -1}
            onClick={() => setChosen(tab.id)}
          >
            {tab.icon && <Icon name={tab.icon} />}
            {tab.text}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${base}-panel`}
        aria-labelledby={`${base}-${shown.id}`}
        tabIndex={0}
        class="tabs-panel"
      >
        {shown.content()}
      </div>
    </div>
  );
}
