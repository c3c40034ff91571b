// SPDX-License-Identifier: Apache-2.0
// A steward changes what a source declares. Only what was changed is sent, under the tag of what was
// read: when somebody was faster, what they wrote is shown, and what was entered here is kept.
import { useRef, useState } from "preact/hooks";
import { api, ProblemError, type Tagged } from "../api/client";
import { useResource, useTagged } from "../api/resource";
import type { Page as ApiPage, RulePack, Source } from "../api/types";
import { t } from "../i18n";
import type { Key } from "../i18n";
import { formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { Command } from "../parts/command";
import { Form, useTyped } from "../parts/form";
import { Notice } from "../parts/notice";
import { Facts, Loaded, LoadedPage, Page, Panel } from "../parts/page";
import { ABOUT_SOURCE, SourceFields, sourceGiven, sourceOptions } from "../parts/source_fields";
import { toast } from "../parts/toast";
import { navigate } from "../router";
import type { PageProps } from "../routes";
import { useMe } from "../session";

type Given = ReturnType<typeof sourceGiven>;

function givenOf(source: Source): Given {
  const { title, summary, legal_basis, routes, purposes, rule_pack, theme } = source;
  const stewards = source.stewards.map((person) => person.login);
  return { title, summary, legal_basis, routes, purposes, rule_pack, theme, stewards };
}

function same(a: Given[keyof Given], b: Given[keyof Given]): boolean {
  const plain = (value: typeof a) =>
    Array.isArray(value)
      ? [...value].sort().join(" ")
      : (value ?? "").replaceAll("\r\n", "\n").trim();
  return plain(a) === plain(b);
}

/** What AFTER says otherwise than BEFORE. */
export function sourceChanges(before: Given, after: Given): Partial<Given> {
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => !same(value, before[name as keyof Given])),
  );
}

const NAMES: Record<keyof Given, Key> = {
  title: "projects.title",
  summary: "projects.summary",
  theme: "sources.theme",
  legal_basis: "sources.legal_basis",
  routes: "sources.routes",
  purposes: "sources.purposes",
  rule_pack: "source.rule_pack",
  stewards: "source.stewards",
};

function shown(source: Source, name: keyof Given): string {
  switch (name) {
    case "routes":
      return formatList(source.routes.map((route) => word("route", route)));
    case "purposes":
      return formatList(source.purposes.map((purpose) => word("purpose", purpose)));
    case "stewards":
      return formatList(source.stewards.map((person) => person.name));
    case "theme":
      return word("theme", source.theme);
    default:
      return source[name];
  }
}

/** What somebody else wrote meanwhile. */
function Stale(props: { read: Source; now: Source }) {
  const changed = sourceChanges(givenOf(props.read), givenOf(props.now));
  const names = (Object.keys(NAMES) as (keyof Given)[]).filter((name) => name in changed);
  return (
    <Notice tone="wait" live>
      <div class="stack-tight">
        <p class="strong">{t("source.edit_stale")}</p>
        <p>{t(names.length > 0 ? "source.edit_stale_text" : "source.edit_stale_elsewhere")}</p>
        <Facts items={names.map((name) => [t(NAMES[name]), shown(props.now, name)])} />
      </div>
    </Notice>
  );
}

function Edit(props: { of: Tagged<Source>; packs: RulePack[] }) {
  const me = useMe();
  const read = props.of.data;
  const path = `/sources/${read.id}`;
  const etag = useRef(props.of.etag);
  const [now, setNow] = useState<Source | null>(null);
  const [typed, follow] = useTyped();
  const changesOf = (values: FormData) => sourceChanges(givenOf(read), sourceGiven(values));
  const submit = async (values: FormData) => {
    try {
      await api.patch(path, changesOf(values), { ifMatch: etag.current });
    } catch (cause) {
      if (!(cause instanceof ProblemError) || cause.problem.reason !== "http.changed") throw cause;
      const fresh = await api.tagged<Source>(path);
      etag.current = fresh.etag;
      setNow(fresh.data);
      return;
    }
    toast(t("source.edit_saved"));
    navigate(path);
  };
  const body = typed.has("title") ? changesOf(typed) : {};
  return (
    <div class="stack-wide">
      <Panel>
        <div onInput={follow} class="stack">
          <Form
            submit={submit}
            action={t("action.save")}
            cancel={() => navigate(path)}
            about={ABOUT_SOURCE}
          >
            <SourceFields packs={props.packs} source={read} login={me.login} />
            {now && <Stale read={read} now={now} />}
          </Form>
        </div>
      </Panel>
      <Command
        lines={[
          {
            cli: ["source", "edit", read.slug, ...sourceOptions(body)],
            call: { method: "PATCH", path, body, ifMatch: etag.current },
          },
        ]}
      />
    </div>
  );
}

export function SourceEdit({ params }: PageProps) {
  const source = useTagged<Source>(`/sources/${params.source}`);
  const packs = useResource<ApiPage<RulePack>>("/rule-packs");
  return (
    <LoadedPage of={source}>
      {(of) => (
        <Page
          title={t("source.edit")}
          documentTitle={`${t("source.edit")} · ${of.data.title}`}
          crumbs={[
            { to: "/sources", text: t("nav.sources") },
            { to: `/sources/${of.data.id}`, text: of.data.title },
          ]}
          lead={of.data.mine ? t("source.edit_lead") : undefined}
        >
          {of.data.mine ? (
            <Loaded of={packs}>{({ items }) => <Edit of={of} packs={items} />}</Loaded>
          ) : (
            <Notice tone="info">
              <p>{t("source.edit_steward")}</p>
              <p>
                <a href={`/sources/${of.data.id}`}>{t("source.edit_back")}</a>
              </p>
            </Notice>
          )}
        </Page>
      )}
    </LoadedPage>
  );
}
