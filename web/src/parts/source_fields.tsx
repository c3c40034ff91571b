// SPDX-License-Identifier: Apache-2.0
// The fields by which a producer describes a source, new or already there, and which refusal is
// about which field.
import type { RulePack, Source } from "../api/types";
import { WORDS } from "../api/words";
import { t } from "../i18n";
import { word } from "../i18n/words";
import { option } from "./command_text";
import { ChoicesField, LongField, SelectField, text, TextField, texts, words } from "./form";

export const ABOUT_SOURCE: Record<string, string> = {
  "sources.slug_taken": "slug",
  "sources.slug": "slug",
  "sources.law_excludes_purpose": "purposes",
  "sources.nothing_admitted": "purposes",
  "sources.no_rule_pack": "rule_pack",
  "sources.no_steward": "stewards",
  "sources.steward_disabled": "stewards",
  "identity.no_person": "stewards",
};

/** What the fields say, in the form of the API. */
export function sourceGiven(values: FormData) {
  return {
    title: text(values, "title"),
    summary: text(values, "summary"),
    legal_basis: text(values, "legal_basis"),
    routes: texts(values, "routes"),
    purposes: texts(values, "purposes"),
    rule_pack: text(values, "rule_pack"),
    theme: text(values, "theme"),
    stewards: words(values, "stewards"),
  };
}

/** The same as options of `darse source create` and `darse source edit`. */
export function sourceOptions(given: Partial<ReturnType<typeof sourceGiven>>): string[] {
  const each = (name: string, values: string[] | undefined) => (values ?? []).flatMap((one) => option(name, one));
  return [
    ...option("title", given.title),
    ...option("summary", given.summary),
    ...option("legal-basis", given.legal_basis),
    ...each("route", given.routes),
    ...each("purpose", given.purposes),
    ...option("rule-pack", given.rule_pack),
    ...option("theme", given.theme),
    ...each("steward", given.stewards),
  ];
}

/** The fields of SOURCE, or of a new one whose steward is LOGIN. A short name never changes. */
export function SourceFields(props: { packs: RulePack[]; source?: Source; login: string }) {
  const { source } = props;
  return (
    <>
      <TextField name="title" label={t("projects.title")} value={source?.title} />
      {!source && (
        <TextField
          name="slug"
          label={t("projects.slug")}
          hint={t("sources.slug_hint")}
          pattern="[a-z0-9]([a-z0-9\-]{0,48}[a-z0-9])"
          max={50}
        />
      )}
      <LongField name="summary" label={t("projects.summary")} value={source?.summary} />
      <SelectField
        name="theme"
        label={t("sources.theme")}
        value={source?.theme ?? "other"}
        choices={WORDS.theme.map((value) => ({ value, text: word("theme", value) }))}
      />
      <LongField
        name="legal_basis"
        label={t("sources.legal_basis")}
        hint={t("sources.legal_basis_hint")}
        value={source?.legal_basis}
        rows={2}
        max={2000}
      />
      <ChoicesField
        name="routes"
        label={t("sources.routes")}
        wide
        values={source?.routes}
        choices={WORDS.route.map((value) => ({ value, text: word("route", value) }))}
      />
      <ChoicesField
        name="purposes"
        label={t("sources.purposes")}
        hint={t("sources.purposes_hint")}
        values={source?.purposes}
        choices={WORDS.purpose.map((value) => ({ value, text: word("purpose", value) }))}
      />
      <SelectField
        name="rule_pack"
        label={t("source.rule_pack")}
        empty={source ? undefined : t("form.choose")}
        value={source?.rule_pack}
        choices={props.packs.map((pack) => ({ value: pack.name, text: pack.title }))}
      />
      <TextField
        name="stewards"
        label={t("source.stewards")}
        hint={t("sources.stewards_hint")}
        value={source?.stewards.map((person) => person.login).join(" ") ?? props.login}
        max={1000}
      />
    </>
  );
}
