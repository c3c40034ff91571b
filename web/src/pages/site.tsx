// SPDX-License-Identifier: Apache-2.0
// The map of the site: every place that this person may go to, in words, as a second way beside the
// navigation.
import type { Person, Project } from "../api/types";
import { useList } from "../api/resource";
import { t, type Key } from "../i18n";
import { OFFICER_SECTIONS } from "../parts/officer";
import { Loaded, Page, Panel } from "../parts/page";
import { PLACES } from "../parts/shell";
import { hasRole, session } from "../session";
import { useStore } from "../store";

const ACCOUNT: [string, Key][] = [
  ["/account", "nav.account"],
  ["/account/notifications", "told.choose"],
  ["/notifications", "told.title"],
];
const ABOUT: [string, Key][] = [
  ["/terms", "texts.terms"],
  ["/privacy", "texts.privacy"],
  ["/accessibility", "texts.accessibility"],
  ["/glossary", "glossary_page.title"],
  ["/docs/api", "api.title"],
];

function Links({ of }: { of: [string, string][] }) {
  return (
    <ul class="list">
      {of.map(([to, text]) => (
        <li key={to}>
          <a href={to}>{text}</a>
        </li>
      ))}
    </ul>
  );
}

const texts = (rows: [string, Key][]): [string, string][] => rows.map(([to, key]) => [to, t(key)]);

function OwnProjects() {
  const projects = useList<Project>("/projects");
  return (
    <Panel title={t("nav.projects")}>
      <Loaded of={projects}>
        {(items) => <Links of={items.map((one) => [`/projects/${one.id}`, one.title])} />}
      </Loaded>
    </Panel>
  );
}

function Places({ person }: { person: Person }) {
  return (
    <>
      <Panel title={t("shell.places")}>
        <Links of={PLACES.filter((one) => one.shown(person)).map((one) => [one.to, t(one.text)])} />
      </Panel>
      <OwnProjects />
      {hasRole(person, "officer") && (
        <Panel title={t("nav.officer")}>
          <Links of={texts(OFFICER_SECTIONS)} />
        </Panel>
      )}
      <Panel title={t("nav.account")}>
        <Links of={texts(ACCOUNT)} />
      </Panel>
    </>
  );
}

export function Site() {
  const person = useStore(session)?.person;
  return (
    <Page title={t("site.title")} lead={t("site.lead")}>
      <div class="stack-wide">
        {person && <Places person={person} />}
        <Panel title={t("shell.about")}>
          <Links of={texts(ABOUT)} />
        </Panel>
      </div>
    </Page>
  );
}
