// SPDX-License-Identifier: Apache-2.0
// A producer describes a source.
import { api } from "../api/client";
import { useResource } from "../api/resource";
import type { Page as ApiPage, RulePack, Source } from "../api/types";
import { WORDS } from "../api/words";
import { t } from "../i18n";
import { word } from "../i18n/words";
import { Command } from "../parts/command";
import { ChoicesField, Form, LongField, SelectField, text, TextField, texts, words } from "../parts/form";
import { Loaded, Page, Panel } from "../parts/page";
import { navigate } from "../router";
import { useMe } from "../session";

async function create(values: FormData): Promise<void> {
  const source = await api.post<Source>("/sources", {
    title: text(values, "title"),
    slug: text(values, "slug"),
    summary: text(values, "summary"),
    legal_basis: text(values, "legal_basis"),
    routes: texts(values, "routes"),
    purposes: texts(values, "purposes"),
    rule_pack: text(values, "rule_pack"),
    theme: text(values, "theme"),
    stewards: words(values, "stewards"),
  });
  navigate(`/sources/${source.id}`);
}

export function SourceNew() {
  const me = useMe();
  const packs = useResource<ApiPage<RulePack>>("/rule-packs");
  return (
    <Page
      title={t("sources.new")}
      crumbs={[{ to: "/sources", text: t("nav.sources") }]}
      lead={t("sources.new_lead")}
    >
      <Panel>
        <Loaded of={packs}>
          {({ items }) => (
            <Form
              submit={create}
              action={t("sources.create")}
              about={{ "sources.slug_taken": "slug", "sources.slug": "slug",
                "sources.law_excludes_purpose": "purposes",
                "identity.no_person": "stewards",
              }}
            >
              <TextField name="title" label={t("sources.title")} />
              <TextField
                name="slug"
                label={t("projects.slug")}
                hint={t("sources.slug_hint")}
                pattern="[a-z0-9]([a-z0-9\-]{0,48}[a-z0-9])"
                max={50}
              />
              <LongField name="summary" label={t("projects.summary")} max={2000} />
              <SelectField
                name="theme"
                label={t("sources.theme")}
                value="other"
                choices={WORDS.theme.map((value) => ({ value, text: word("theme", value) }))}
              />
              <TextField
                name="legal_basis"
                label={t("sources.legal_basis")}
                hint={t("sources.legal_basis_hint")}
              />
              <ChoicesField
                name="routes"
                label={t("sources.routes")}
                wide
                choices={WORDS.route.map((value) => ({ value, text: word("route", value) }))}
              />
              <ChoicesField
                name="purposes"
                label={t("sources.purposes")}
                hint={t("sources.purposes_hint")}
                choices={WORDS.purpose.map((value) => ({ value, text: word("purpose", value) }))}
              />
              <SelectField
                name="rule_pack"
                label={t("source.rule_pack")}
                empty={t("form.choose")}
                choices={items.map((pack) => ({ value: pack.name, text: pack.title }))}
              />
              <TextField
                name="stewards"
                label={t("source.stewards")}
                hint={t("sources.stewards_hint")}
                value={me.login}
              />
            </Form>
          )}
        </Loaded>
      </Panel>
      <Command
        lines={[
          {
            cli: ["source", "create", "--title", "…", "--slug", "…"],
            call: {
              method: "POST",
              path: "/sources",
              body: {
                title: "…",
                slug: "…",
                summary: "…",
                legal_basis: "…",
                routes: ["research"],
                purposes: ["research"],
                rule_pack: "fr-person",
              },
            },
          },
        ]}
      />
    </Page>
  );
}
