// SPDX-License-Identifier: Apache-2.0
// A producer describes a source.
import { api } from "../api/client";
import { useResource } from "../api/resource";
import type { Page as ApiPage, RulePack, Source } from "../api/types";
import { t } from "../i18n";
import { Command } from "../parts/command";
import { Form, text, useTyped } from "../parts/form";
import { Loaded, Page, Panel } from "../parts/page";
import { ABOUT_SOURCE, SourceFields, sourceGiven, sourceOptions } from "../parts/source_fields";
import { navigate } from "../router";
import { useMe } from "../session";

async function create(values: FormData): Promise<void> {
  const source = await api.post<Source>("/sources", {
    ...sourceGiven(values),
    slug: text(values, "slug"),
  });
  navigate(`/sources/${source.id}`);
}

const EXAMPLE = {
  title: "…",
  slug: "…",
  summary: "…",
  legal_basis: "…",
  routes: ["research"],
  purposes: ["research"],
  rule_pack: "fr-person",
};

export function SourceNew() {
  const me = useMe();
  const [typed, follow] = useTyped();
  const packs = useResource<ApiPage<RulePack>>("/rule-packs");
  return (
    <Page
      title={t("sources.new")}
      crumbs={[{ to: "/sources", text: t("nav.sources") }]}
      lead={t("sources.new_lead")}
    >
      <div class="stack-wide" onInput={follow}>
      <Panel>
        <Loaded of={packs}>
          {({ items }) => (
            <Form
              submit={create}
              action={t("sources.create")}
              about={ABOUT_SOURCE}
            >
              <SourceFields packs={items} login={me.login} />
            </Form>
          )}
        </Loaded>
      </Panel>
      <Command
        lines={[
          {
            cli: [
              "source", "create", (typed.has("title") && text(typed, "slug")) || EXAMPLE.slug,
              ...sourceOptions(typed.has("title") ? sourceGiven(typed) : EXAMPLE),
            ],
            call: {
              method: "POST",
              path: "/sources",
              body: typed.has("title")
                ? { ...sourceGiven(typed), slug: text(typed, "slug") }
                : EXAMPLE,
            },
          },
        ]}
      />
      </div>
    </Page>
  );
}
