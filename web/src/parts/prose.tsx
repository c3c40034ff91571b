// SPDX-License-Identifier: Apache-2.0
// A text that an officer wrote, as the server made it: it lets no script, raw HTML or image through,
// and the content security policy of the pages runs none either.
import { language } from "../i18n";

export function Prose({ html, lang }: { html: string; lang?: "fr" | "en" }) {
  return (
    <div
      class="prose text"
      lang={lang === language.get() ? undefined : lang}
      dangerouslySetInnerHTML={{ __html: html }}
    />
  );
}
