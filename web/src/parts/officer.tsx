// SPDX-License-Identifier: Apache-2.0
// The frame of the officers' pages: one place with sections.
import type { ComponentChildren } from "preact";
import { t, type Key } from "../i18n";
import { Page, Sections } from "./page";

export const OFFICER_SECTIONS: [string, Key][] = [
  ["/officer", "officer.overview"],
  ["/persons", "nav.persons"],
  ["/officer/organisations", "organisations.title"],
  ["/officer/projects", "officer.projects"],
  ["/officer/services", "officer.services"],
  ["/officer/sources", "officer.sources"],
  ["/officer/clock", "officer.clock"],
  ["/officer/texts", "officer.texts"],
];

/** Addresses of the officers' place, for the navigation. */
export const OFFICER_PATHS = OFFICER_SECTIONS.map(([path]) => path);

export function OfficerPage(props: {
  here: string;
  title: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <Page
      title={t("nav.officer")}
      documentTitle={`${props.title} · ${t("nav.officer")}`}
      at={props.here}
      lead={props.lead}
      actions={props.actions}
    >
      <Sections
        label={t("officer.sections")}
        here={props.here}
        items={OFFICER_SECTIONS.map(([to, text]) => ({ to, text: t(text) }))}
      />
      <div class="stack-wide">{props.children}</div>
    </Page>
  );
}
