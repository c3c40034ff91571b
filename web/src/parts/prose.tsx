// SPDX-License-Identifier: Apache-2.0
// A text that an officer wrote, as the server made it: it lets no script, raw HTML or image through,
// and the content security policy of the pages runs none either.
import { useEffect, useRef } from "preact/hooks";
import { language } from "../i18n";

/** Markdown gives a table no title: the heading above it is what it is about. */
function nameTables(of: HTMLElement): void {
  let heading = document.querySelector("h1")?.textContent ?? "";
  for (const element of of.querySelectorAll("h1, h2, h3, h4, table"))
    if (element instanceof HTMLTableElement) element.setAttribute("aria-label", heading);
    else heading = element.textContent ?? heading;
}

export function Prose({ html, lang }: { html: string; lang?: "fr" | "en" }) {
  const text = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (text.current) nameTables(text.current);
  }, [html]);
  return (
    <div
      ref={text}
      class="prose text"
      lang={lang === language.get() ? undefined : lang}
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
}
