// SPDX-License-Identifier: Apache-2.0
// Everything a checker needs to decide, on one page: context, files with flagged cells and the
// rules in words, what was said before, and the decision.
import { api } from "../api/client";
import { useResource } from "../api/resource";
import type { Export } from "../api/types";
import { WORDS } from "../api/words";
import { t, tn } from "../i18n";
import { word } from "../i18n/words";
import { TierBadge, WordBadge } from "../parts/badge";
import { FilePanel, Reviews } from "../parts/export_file";
import { ChoicesField, CodeField, Form, LongField, text } from "../parts/form";
import { Icon } from "../parts/icon";
import { Notice } from "../parts/notice";
import { Facts, LoadedPage, Page, Panel } from "../parts/page";
import { Time } from "../parts/time";
import { navigate } from "../router";
import type { PageProps } from "../routes";

function Decide({ of }: { of: Export }) {
  const flagged = of.files.some((file) => file.verdict !== "pass");
  const submit = async (values: FormData) => {
    await api.post(`/exports/${of.id}/reviews`, {
      decision: text(values, "decision"),
      comment: text(values, "comment"),
      code: text(values, "code"),
    });
    navigate("/reviews");
  };
  return (
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
        hint={flagged ? t("review.comment_flagged") : t("review.comment_hint")}
        optional
        max={5000}
      />
      <CodeField />
    </Form>
  );
}

function Inside({ of }: { of: Export }) {
  return (
    <Page
      title={t("review.title", { title: of.title })}
      crumbs={[{ to: "/reviews", text: t("nav.reviews") }]}
      beside={<WordBadge list="export_state" value={of.state} />}
    >
      <div class="stack-wide">
        <Panel title={t("exports.context")}>
          <div class="stack">
            <p class="prose">{of.context}</p>
            <Facts
              shape="grid"
              items={[
                [t("application.project"), of.project.title],
                [
                  t("projects.tier"),
                  of.project.tier ? <TierBadge tier={of.project.tier} /> : null,
                ],
                [t("exports.author"), of.author.name],
                [t("exports.round"), String(of.round)],
                [t("application.submitted"), <Time at={of.submitted} />],
                [t("review.checkers"), tn("tier.checker_count", of.checkers_needed)],
              ]}
            />
          </div>
        </Panel>
        <section class="stack" aria-label={t("export.files")}>
          <h2>{t("export.files")}</h2>
          {of.files.map((file) => (
            <FilePanel
              key={file.id}
              of={of}
              file={file}
              open
              actions={
                <a
                  class="button button-small"
                  href={`/api/v1/exports/${of.id}/files/${file.id}/content`}
                  download={file.name}
                >
                  <Icon name="download" />
                  {t("action.download")}
                </a>
              }
            />
          ))}
        </section>
        <div class="columns columns-even">
          <Panel title={t("review.yours")}>
            {of.may.review ? (
              <Decide of={of} />
            ) : (
              <Notice tone="info">{t("review.not_yours")}</Notice>
            )}
          </Panel>
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
