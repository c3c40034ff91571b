// SPDX-License-Identifier: Apache-2.0
// Writing the texts of the platform, side by side in both languages, with a preview of what people
// will see, and the versions so far.
import { useRef, useState } from "preact/hooks";
import { api } from "../api/client";
import { useAction, useList, useResource, type Resource } from "../api/resource";
import type { PlatformText, PlatformTextVersion, TextInLanguage } from "../api/types";
import { t, tn, type Key } from "../i18n";
import { formatNumber } from "../i18n/format";
import { Badge } from "../parts/badge";
import { Command } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { ChoicesField, Form, LongField, SelectField, text } from "../parts/form";
import { ProblemNotice } from "../parts/notice";
import { OfficerPage } from "../parts/officer";
import { Loaded, Panel } from "../parts/page";
import { Prose } from "../parts/prose";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { toast } from "../parts/toast";
import { useAddress } from "../router";

const NAMES = ["terms", "privacy", "accessibility"] as const;
type Name = (typeof NAMES)[number];
const GRACE_DAYS = ["0", "7", "14", "30", "90"];
const GRACE_DAYS_NORMAL = "14";
const MARKDOWN_MAX = 60_000;
const LANGUAGES = ["fr", "en"] as const;

const nameText = (name: Name) => t(`texts.${name}` as Key);

function Preview(props: { markdown: string; lang: "fr" | "en"; close: () => void }) {
  const [shown, setShown] = useState<TextInLanguage>();
  const asked = useRef(false);
  const { run, problem } = useAction(async () =>
    setShown(await api.post<TextInLanguage>("/texts-preview", { markdown: props.markdown })),
  );
  if (!asked.current) {
    asked.current = true;
    void run();
  }
  return (
    <Dialog title={t("texts.preview")} close={props.close} wide>
      <ProblemNotice problem={problem} />
      {shown && (
        <div lang={props.lang}>
          <h3>{shown.title}</h3>
          <Prose html={shown.html} lang={props.lang} />
        </div>
      )}
    </Dialog>
  );
}

function Editor(props: { of: Resource<PlatformText>; text: PlatformText; written: () => Promise<void> }) {
  const form = useRef<HTMLDivElement>(null);
  const [preview, setPreview] = useState<{ lang: "fr" | "en"; markdown: string } | null>(null);
  const submit = async (values: FormData) => {
    const asks = values.has("asks_acceptance");
    await api.put(`/texts/${props.text.name}`, {
      base: props.text.version,
      fr: text(values, "fr"),
      en: text(values, "en"),
      asks_acceptance: asks,
      ...(asks ? { grace_days: Number(text(values, "grace_days")) } : {}),
    });
    toast(t("texts.written"), "good", { href: `/${props.text.name}`, text: t("texts.read") });
    await props.written();
  };
  const look = (lang: "fr" | "en") => {
    const field = form.current?.querySelector<HTMLTextAreaElement>(`[name="${lang}"]`);
    setPreview({ lang, markdown: field?.value.trim() || "–" });
  };
  return (
    <div ref={form} class="writing">
      <Form
        submit={submit}
        action={t("texts.write")}
        about={{ "texts.too_long": "fr", "texts.not_terms": "asks_acceptance" }}
      >
        <div class="columns columns-even">
          {LANGUAGES.map((lang) => (
            <div key={lang} class="stack-tight">
              <LongField
                name={lang}
                label={t(`texts.in_${lang}` as Key)}
                hint={t("texts.hint")}
                rows={22}
                max={MARKDOWN_MAX}
                value={props.text[lang].markdown}
              />
              <div>
                <button type="button" class="button button-small" onClick={() => look(lang)}>
                  {t(`texts.preview_${lang}` as Key)}
                </button>
              </div>
            </div>
          ))}
        </div>
        {props.text.name === "terms" && (
          <>
            <ChoicesField
              name="asks_acceptance"
              label={t("texts.acceptance")}
              optional
              wide
              choices={[{ value: "yes", text: t("texts.ask"), hint: t("texts.ask_hint") }]}
            />
            <SelectField
              name="grace_days"
              label={t("texts.grace")}
              hint={t("texts.grace_hint")}
              value={GRACE_DAYS_NORMAL}
              choices={GRACE_DAYS.map((days) => ({
                value: days,
                text: days === "0" ? t("texts.at_once") : tn("texts.days", Number(days)),
              }))}
            />
          </>
        )}
      </Form>
      {preview && <Preview {...preview} close={() => setPreview(null)} />}
    </div>
  );
}

function Versions({ list, name }: { list: ReturnType<typeof useList<PlatformTextVersion>>; name: Name }) {
  return (
    <Panel title={t("texts.versions")}>
      <ListTable
        list={list}
        caption={t("texts.versions")}
        id={(row) => String(row.version)}
        address="versions"
        empty={<p class="soft">{t("texts.shipped")}</p>}
        columns={[
          { title: t("texts.number"), head: true, cell: (row) => formatNumber(row.version) },
          { title: t("texts.when"), cell: (row) => <Time at={row.written} /> },
          { title: t("texts.by"), cell: (row) => row.by },
          ...(name === "terms"
            ? [
                {
                  title: t("texts.acceptance"),
                  cell: (row: PlatformTextVersion) =>
                    row.asks_acceptance ? (
                      <Badge tone="info">{t("texts.asked")}</Badge>
                    ) : (
                      <span class="soft">–</span>
                    ),
                },
                {
                  title: t("texts.until"),
                  cell: (row: PlatformTextVersion) =>
                    row.due ? <Time at={row.due} /> : <span class="soft">–</span>,
                },
                {
                  title: t("texts.accepted"),
                  number: true,
                  cell: (row: PlatformTextVersion) => formatNumber(row.accepted),
                },
              ]
            : []),
        ]}
      />
    </Panel>
  );
}

function One({ name }: { name: Name }) {
  const shown = useResource<PlatformText>(`/texts/${name}`);
  const versions = useList<PlatformTextVersion>(`/texts/${name}/versions`);
  const written = async () => {
    await Promise.all([shown.reload(), versions.reload()]);
  };
  return (
    <>
      <Panel
        title={nameText(name)}
        actions={
          <a class="button button-small" href={`/${name}`}>
            {t("texts.read")}
          </a>
        }
      >
        <Loaded of={shown}>
          {(data) => <Editor key={data.version} of={shown} text={data} written={written} />}
        </Loaded>
      </Panel>
      <Versions list={versions} name={name} />
    </>
  );
}

export function OfficerTexts() {
  const [chosen, choose] = useAddress("text", "terms");
  const name = NAMES.find((one) => one === chosen) ?? "terms";
  return (
    <OfficerPage here="/officer/texts" title={t("officer.texts")} lead={t("texts.lead")}>
      <div class="row" role="group" aria-label={t("officer.texts")}>
        {NAMES.map((one) => (
          <button
            key={one}
            type="button"
            class={`button ${one === name ? "button-primary" : ""}`}
            aria-pressed={one === name}
            onClick={() => choose(one)}
          >
            {nameText(one)}
          </button>
        ))}
      </div>
      <One key={name} name={name} />
      <Command
        lines={[
          {
            text: t("texts.versions"),
            cli: ["admin", "text", "versions", name],
            call: { method: "GET", path: `/texts/${name}/versions` },
          },
          {
            text: t("texts.write"),
            cli: [
              "admin", "text", "write", name, "--fr", `${name}.fr.md`, "--en", `${name}.en.md`,
              ...(name === "terms" ? ["--ask", "--grace-days", GRACE_DAYS_NORMAL] : []),
            ],
            call: {
              method: "PUT",
              path: `/texts/${name}`,
              body: {
                fr: "# …", en: "# …", base: 0,
                ...(name === "terms"
                  ? { asks_acceptance: true, grace_days: Number(GRACE_DAYS_NORMAL) }
                  : {}),
              },
            },
          },
        ]}
      />
    </OfficerPage>
  );
}
