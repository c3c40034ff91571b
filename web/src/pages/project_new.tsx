// SPDX-License-Identifier: Apache-2.0
// An officer creates a project.
import { api, LIMIT } from "../api/client";
import { useList } from "../api/resource";
import type { Organisation, Project } from "../api/types";
import { WORDS } from "../api/words";
import { t } from "../i18n";
import { word } from "../i18n/words";
import { Command, option, type CommandLine } from "../parts/command";
import { ChoicesField, Form, LongField, SelectField, text, TextField, useTyped } from "../parts/form";
import { Loaded, Page, Panel } from "../parts/page";
import { dateAfter } from "../parts/dates";
import { navigate } from "../router";

const FIELDS = [
  "title", "slug", "summary", "organisation", "route", "purpose", "legal_basis", "tier", "lead",
  "starts", "ends",
] as const;

function givenOf(values: FormData) {
  return Object.fromEntries(FIELDS.map((name) => [name, text(values, name)]));
}

async function create(values: FormData): Promise<void> {
  const project = await api.post<Project>("/projects", givenOf(values));
  navigate(`/projects/${project.id}`);
}

/** The command of what was typed; the names of fields stand for what was not. */
function commandOf(typed: FormData): CommandLine {
  const given = (name: (typeof FIELDS)[number]) => text(typed, name) ?? name.toUpperCase();
  return {
    cli: [
      "admin", "project", "create", given("slug"),
      ...option("title", given("title")),
      ...option("summary", given("summary")),
      ...option("organisation", given("organisation")),
      ...option("route", given("route")),
      ...option("purpose", given("purpose")),
      ...option("legal-basis", given("legal_basis")),
      ...option("tier", given("tier")),
      ...option("lead", given("lead")),
      ...option("until", text(typed, "ends")),
    ],
    call: { method: "POST", path: "/projects", body: givenOf(typed) },
  };
}

export function ProjectNew() {
  const [typed, follow] = useTyped();
  const organisations = useList<Organisation>(`/organisations?limit=${LIMIT}`);
  return (
    <Page
      title={t("projects.new")}
      crumbs={[{ to: "/projects", text: t("nav.projects") }]}
      lead={t("projects.new_lead")}
    >
      <div class="stack-wide" onInput={follow}>
      <Panel>
        <Loaded of={organisations}>
          {(items) => (
            <Form
              submit={create}
              action={t("projects.create")}
              about={{
                "policy.route_purpose": "purpose",
                "projects.slug_taken": "slug",
                "projects.slug": "slug",
                "projects.dates": "ends",
                "identity.no_person": "lead",
              }}
            >
              <TextField name="title" label={t("projects.title")} />
              <TextField
                name="slug"
                label={t("projects.slug")}
                hint={t("projects.slug_hint")}
                pattern="[a-z0-9][a-z0-9\-]{1,61}[a-z0-9]"
                max={63}
              />
              <LongField name="summary" label={t("projects.summary")} max={2000} />
              <SelectField
                name="organisation"
                label={t("projects.organisation")}
                empty={t("form.choose")}
                choices={items.map((item) => ({ value: item.id, text: item.name }))}
              />
              <ChoicesField
                name="route"
                label={t("projects.route")}
                one
                wide
                choices={WORDS.route.map((value) => ({ value, text: word("route", value) }))}
              />
              <SelectField
                name="purpose"
                label={t("projects.purpose")}
                empty={t("form.choose")}
                choices={WORDS.purpose.map((value) => ({ value, text: word("purpose", value) }))}
              />
              <TextField name="legal_basis" label={t("projects.legal_basis")} max={2000} />
              <ChoicesField
                name="tier"
                label={t("projects.tier")}
                one
                wide
                choices={[
                  { value: "open", text: word("tier", "open"), hint: t("tier.open") },
                  {
                    value: "restricted",
                    text: word("tier", "restricted"),
                    hint: t("tier.restricted"),
                  },
                  { value: "secure", text: word("tier", "secure"), hint: t("tier.secure") },
                ]}
              />
              <TextField name="lead" label={t("projects.lead")} hint={t("form.login_hint")} />
              <div class="fields-row">
                <TextField
                  name="starts"
                  type="date"
                  label={t("projects.starts")}
                  value={dateAfter(0)}
                />
                <TextField
                  name="ends"
                  type="date"
                  label={t("projects.ends")}
                  value={dateAfter(365)}
                />
              </div>
            </Form>
          )}
        </Loaded>
      </Panel>
      <Command lines={[commandOf(typed)]} />
      </div>
    </Page>
  );
}
