// SPDX-License-Identifier: Apache-2.0
// Everything a checker needs to decide, on one page: context and what changed in it, files with
// flagged cells and the round before, the rules in words, what was said before, and the decision.
import { api } from "../api/client";
import { useResource } from "../api/resource";
import type { Export } from "../api/types";
import { WORDS } from "../api/words";
import { useState } from "preact/hooks";
import { t, tn } from "../i18n";
import { rulesText, word } from "../i18n/words";
import { TierBadge, WordBadge } from "../parts/badge";
import { Command, option } from "../parts/command";
import { fileBefore, FilePanel, Reviews } from "../parts/export_file";
import { ChoicesField, CodeField, Form, LongField, text } from "../parts/form";
import { Icon } from "../parts/icon";
import { Notice } from "../parts/notice";
import { Facts, LoadedPage, Page, Panel } from "../parts/page";
import { TextChange } from "../parts/text_change";
import { Time } from "../parts/time";
import { toast } from "../parts/toast";
import { navigate } from "../router";
import type { PageProps } from "../routes";

function Decide({ of }: { of: Export }) {
  const [decision, setDecision] = useState("");
  const flagged = of.files.filter((file) => file.verdict !== "pass").length;
  const submit = async (values: FormData) => {
    await api.post(`/exports/${of.id}/reviews`, {
      decision: text(values, "decision"),
      comment: text(values, "comment"),
      code: text(values, "code"),
    });
    toast(t("review.signed", { title: of.title }));
    navigate("/reviews");
  };
  return (
    <div class="stack" onChange={(event) => {
      const field = event.target as HTMLInputElement;
      if (field.name === "decision") setDecision(field.value);
    }}>
      <Form
        submit={submit}
        action={t("review.sign")}
        about={{
          "identity.refused": "code",
          "identity.code_refused": "code",
          "airlock.comment_needed": "comment",
          "airlock.flags_need_comment": "comment",
        }}
      >
        {flagged > 0 && <Notice tone="wait">{tn("review.flagged_files", flagged)}</Notice>}
        <ChoicesField
          name="decision"
          label={t("review.decision")}
          one
          wide
          choices={WORDS.decision.map((value) => ({
            value,
            text: word("decision", value),
            hint: t(`review.${value}_hint`),
          }))}
        />
        <LongField
          name="comment"
          label={t("form.comment")}
          hint={flagged > 0 ? t("review.comment_flagged") : t("review.comment_hint")}
          optional
          max={5000}
        />
        <CodeField />
      </Form>
      <Command
        lines={[
          {
            cli: ["review", "decide", of.id, decision || "approve", ...option("comment", "…")],
            call: {
              method: "POST",
              path: `/exports/${of.id}/reviews`,
              body: { decision: decision || "approve", comment: "…", code: "……" },
            },
          },
        ]}
      />
    </div>
  );
}

function Context({ of }: { of: Export }) {
  const before = of.rounds.filter((round) => round.round < of.round).pop();
  return (
    <Panel title={t("exports.context")}>
      <div class="stack">
        {before && before.context !== of.context ? (
          <TextChange before={before.context} after={of.context} since={before.round} />
        ) : (
          <p class="prose">{of.context}</p>
        )}
        <Facts
          shape="grid"
          items={[
            [t("application.project"), of.project.title],
            [t("projects.tier"), <TierBadge tier={of.project.tier} />],
            [t("exports.author"), of.author.name],
            [t("exports.round"), String(of.round)],
            [t("application.submitted"), <Time at={of.submitted} as="ago" />],
            [
              t("review.checkers"),
              t("review.given_of", { given: of.reviews_given, needed: of.checkers_needed }),
            ],
          ]}
        />
      </div>
    </Panel>
  );
}

function Rules({ of }: { of: Export }) {
  return (
    <Panel title={t("review.rules")}>
      <div class="stack-tight">
        <ul>
          {rulesText(of.rule_pack.rules).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        {of.rule_pack.packs.map((pack) => (
          <p key={pack.name} class="note">
            <code>{pack.name}</code> {t("officer_sources.version", { version: pack.version })}
            {" · "}
            {pack.title}. {pack.reference}
          </p>
        ))}
        {of.rule_pack.packs.length > 1 && <p class="note">{t("review.rules_merged")}</p>}
      </div>
    </Panel>
  );
}

/** What is not there any more and has nothing in its place. */
function Gone({ of }: { of: Export }) {
  const gone = of.removed_files.filter(
    (old) =>
      old.removed_round === of.round &&
      old.round < of.round &&
      !of.files.some((file) => fileBefore(of, file)?.id === old.id),
  );
  if (gone.length === 0) return null;
  return (
    <Notice tone="info">
      {t("changes.files_gone", { names: gone.map((file) => file.name).join(", ") })}
    </Notice>
  );
}

function Files({ of }: { of: Export }) {
  return (
    <section class="stack" aria-label={t("export.files")}>
      <h2>{t("export.files")}</h2>
      <Gone of={of} />
      {of.files.map((file) => (
        <div key={file.id} class="stack-tight">
          <FilePanel
            of={of}
            file={file}
            open
            actions={
              of.may.read_files && (
                <a
                  class="button button-small"
                  href={`/api/v1/exports/${of.id}/files/${file.id}/content`}
                  download={file.name}
                >
                  <Icon name="download" />
                  {t("action.download")}
                  <span class="unseen"> {file.name}</span>
                </a>
              )
            }
          />
          {of.may.read_files && (
            <Command
              lines={[
                { cli: ["review", "preview", of.id, file.id] },
                {
                  cli: ["review", "download", of.id, file.id, file.name],
                  call: {
                    method: "GET",
                    path: `/exports/${of.id}/files/${file.id}/content`,
                    output: file.name,
                  },
                },
              ]}
            />
          )}
        </div>
      ))}
    </section>
  );
}

function Inside({ of }: { of: Export }) {
  return (
    <Page
      title={t("review.title", { title: of.title })}
      crumbs={[{ to: "/reviews", text: t("nav.reviews") }]}
      beside={<WordBadge list="export_state" value={of.state} />}
    >
      <div class="columns decide">
        <div class="stack-wide">
          <Context of={of} />
          <Files of={of} />
        </div>
        <div class="stack-wide decide-side">
          <Panel title={t("review.yours")}>
            {of.may.review ? <Decide of={of} /> : <Notice tone="info">{t("review.not_yours")}</Notice>}
          </Panel>
          <Rules of={of} />
          <Panel title={t("review.before")}>
            <Reviews of={of} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

export function ReviewPage({ params }: PageProps) {
  const shown = useResource<Export>(`/exports/${params.export}`, ["exports"]);
  return <LoadedPage of={shown}>{(data) => <Inside of={data} />}</LoadedPage>;
}
