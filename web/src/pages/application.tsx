// SPDX-License-Identifier: Apache-2.0
// One application: what is asked, who has said what, and what the person reading must do.
import { api } from "../api/client";
import { useResource } from "../api/resource";
import type { Application, DatasetBrief, Need, Source } from "../api/types";
import { t } from "../i18n";
import { formatList } from "../i18n/format";
import { word } from "../i18n/words";
import { ActionButton } from "../parts/action";
import { Badge, TierBadge, WordBadge } from "../parts/badge";
import { dateAfter } from "../parts/dates";
import { ChoicesField, CodeField, Form, LongField, text, TextField } from "../parts/form";
import { Icon } from "../parts/icon";
import { Notice } from "../parts/notice";
import { Facts, LoadedPage, Page, Panel } from "../parts/page";
import { personName } from "../parts/person";
import { Time } from "../parts/time";
import type { PageProps } from "../routes";
import { hasRole, useMe } from "../session";

const YEAR_DAYS = 365;

interface Part {
  application: Application;
  reload: () => Promise<void>;
}

/** The last answer of the steward, if any. */
function agreementOf(application: Application, dataset: DatasetBrief) {
  return application.agreements
    .filter((agreement) => agreement.dataset === dataset.id)
    .sort((a, b) => (a.signed ?? "").localeCompare(b.signed ?? ""))
    .pop();
}

function awaits(application: Application, term: Need["term"], dataset?: string): boolean {
  return application.needs.some(
    (need) => need.term === term && (dataset === undefined || need.dataset === dataset),
  );
}

function Outcome(props: {
  outcome: string;
  by?: string;
  signed?: string;
  comment?: string;
  revoked: boolean;
}) {
  return (
    <div class="stack-tight">
      <p class="row">
        <WordBadge list="outcome" value={props.outcome} />
        {props.revoked && <Badge tone="bad">{t("application.revoked")}</Badge>}
        <span class="note">
          {props.by && `${personName(props.by)} · `}
          <Time at={props.signed} as="date" />
        </span>
      </p>
      {props.comment && <p class="prose">{props.comment}</p>}
    </div>
  );
}

function AgreementForm(props: Part & { dataset: DatasetBrief }) {
  const { application, dataset } = props;
  const submit = async (values: FormData) => {
    await api.post(`/applications/${application.id}/agreements`, {
      dataset: dataset.id,
      outcome: text(values, "outcome"),
      comment: text(values, "comment"),
      expires: text(values, "expires"),
    });
    await props.reload();
  };
  return (
    <Form
      submit={submit}
      action={t("application.sign_agreement")}
      label={t("application.agreement_for", { dataset: dataset.title })}
    >
      <ChoicesField
        name="outcome"
        label={t("application.your_agreement")}
        one
        choices={["agreed", "refused"].map((value) => ({ value, text: word("outcome", value) }))}
      />
      <LongField name="comment" label={t("form.comment")} optional max={4000} />
      <TextField name="expires" type="date" label={t("application.until")} optional />
    </Form>
  );
}

/** The form shows for stewards of the dataset's source. */
function StewardPart(props: Part & { dataset: DatasetBrief }) {
  const me = useMe();
  const id = props.dataset.source?.id ?? null;
  const source = useResource<Source>(id === null ? null : `/sources/${id}`);
  const steward = source.data?.stewards.some((person) => person.id === me.id) ?? false;
  if (!steward) return <p class="soft">{t("application.awaits_steward")}</p>;
  return <AgreementForm {...props} />;
}

function Agreements(props: Part) {
  const { application } = props;
  return (
    <Panel title={t("application.agreements")}>
      <div class="stack-wide">
        {application.datasets.map((dataset) => {
          const agreement = agreementOf(application, dataset);
          return (
            <section key={dataset.id} class="stack-tight" aria-label={dataset.title}>
              <div class="row">
                <h3>
                  <a href={`/datasets/${dataset.id}`}>{dataset.title}</a>
                </h3>
                <WordBadge list="level" value={dataset.level} />
              </div>
              {dataset.source && <p class="note">{dataset.source.title}</p>}
              {agreement && <Outcome {...agreement} />}
              {awaits(application, "steward_agreement", dataset.id) && (
                <StewardPart {...props} dataset={dataset} />
              )}
              {!agreement && application.state === "draft" && (
                <p class="soft">{t("application.not_yet")}</p>
              )}
            </section>
          );
        })}
      </div>
    </Panel>
  );
}

function OpinionForm(props: Part) {
  const submit = async (values: FormData) => {
    await api.post(`/applications/${props.application.id}/opinion`, {
      outcome: text(values, "outcome"),
      comment: text(values, "comment"),
      expires: text(values, "expires"),
    });
    await props.reload();
  };
  return (
    <Form submit={submit} action={t("application.sign_opinion")}>
      <ChoicesField
        name="outcome"
        label={t("application.your_opinion")}
        one
        choices={["favourable", "adjourned", "unfavourable"].map((value) => ({
          value,
          text: word("outcome", value),
        }))}
      />
      <LongField name="comment" label={t("form.comment")} max={4000} />
      <TextField
        name="expires"
        type="date"
        label={t("application.opinion_until")}
        value={dateAfter(YEAR_DAYS)}
      />
    </Form>
  );
}

function Opinion(props: Part) {
  const { application } = props;
  const me = useMe();
  const awaited =
    awaits(application, "committee_opinion") && !awaits(application, "steward_agreement");
  const mayOpine = hasRole(me, "committee") && awaited;
  if (application.project.route && application.project.route !== "research") return null;
  return (
    <Panel title={t("application.opinion")}>
      <div class="stack">
        {application.opinion && <Outcome {...application.opinion} />}
        {application.opinion?.expires && (
          <p class="note">
            {t("terms.until")} <Time at={application.opinion.expires} as="date" />
          </p>
        )}
        {mayOpine && <OpinionForm {...props} />}
        {!application.opinion && !mayOpine && (
          <p class="soft">{t("application.awaits_committee")}</p>
        )}
      </div>
    </Panel>
  );
}

function UndertakingForm(props: Part) {
  const submit = async (values: FormData) => {
    await api.post(`/applications/${props.application.id}/undertaking`, {
      code: text(values, "code"),
    });
    await props.reload();
  };
  return (
    <Form
      submit={submit}
      action={t("application.sign")}
      about={{ "identity.code_refused": "code" }}
    >
      <p class="strong">{t("application.undertaking_lead")}</p>
      <ul>
        <li>{t("application.undertaking_1")}</li>
        <li>{t("application.undertaking_2")}</li>
        <li>{t("application.undertaking_3")}</li>
      </ul>
      <CodeField />
    </Form>
  );
}

function Undertakings(props: Part) {
  const { application } = props;
  const me = useMe();
  const signed = (person: string) =>
    application.datasets.every((dataset) =>
      application.undertakings.some(
        (item) => item.person === person && item.dataset === dataset.id && !item.revoked,
      ),
    );
  const mustSign = application.needs.some(
    (need) => need.term === "undertaking" && need.person?.id === me.id,
  );
  return (
    <Panel title={t("application.undertakings")}>
      <div class="stack">
        <ul class="terms">
          {application.persons.map((person) => (
            <li key={person.id}>
              <Icon
                name={signed(person.id) ? "good" : "clock"}
                class={signed(person.id) ? "met" : "unmet"}
              />
              <p>
                {person.name}{" "}
                <span class="note">
                  {signed(person.id) ? t("application.signed") : t("application.unsigned")}
                </span>
              </p>
            </li>
          ))}
        </ul>
        {mustSign && <UndertakingForm {...props} />}
      </div>
    </Panel>
  );
}

function Draft(props: Part) {
  const submit = async () => {
    await api.post(`/applications/${props.application.id}/submit`);
    await props.reload();
  };
  return (
    <Notice tone="info">
      <div class="stack">
        <p>{t("application.draft_text")}</p>
        <div>
          <ActionButton kind="primary" act={submit}>
            {t("application.submit")}
          </ActionButton>
        </div>
      </div>
    </Notice>
  );
}

function Inside(props: Part) {
  const { application } = props;
  const { project } = application;
  // Those who decide are not members: the project's page is not theirs to see.
  const decides = hasRole(useMe(), "producer", "committee");
  return (
    <Page
      title={t("application.title")}
      documentTitle={`${t("application.title")} · ${project.title}`}
      crumbs={
        decides
          ? [{ to: "/applications", text: t("nav.applications") }]
          : [
              { to: `/projects/${project.id}`, text: project.title },
              { to: `/projects/${project.id}/data`, text: t("project.data") },
            ]
      }
      beside={<WordBadge list="application_state" value={application.state} />}
    >
      <div class="stack-wide">
        {application.state === "draft" && <Draft {...props} />}
        <div class="columns">
          <div class="stack-wide">
            <Panel title={t("application.asked")}>
              <div class="stack">
                <p class="prose">{application.justification}</p>
                <Facts
                  items={[
                    [
                      t("application.project"),
                      <span class="row">
                        {decides ? (
                          project.title
                        ) : (
                          <a href={`/projects/${project.id}`}>{project.title}</a>
                        )}
                        {project.tier && <TierBadge tier={project.tier} />}
                      </span>,
                    ],
                    [
                      t("application.persons"),
                      formatList(application.persons.map((person) => person.name)),
                    ],
                    [t("application.by"), personName(application.created_by)],
                    [t("application.submitted"), <Time at={application.submitted} />],
                  ]}
                />
              </div>
            </Panel>
            <Agreements {...props} />
          </div>
          <div class="stack-wide">
            <Opinion {...props} />
            <Undertakings {...props} />
          </div>
        </div>
      </div>
    </Page>
  );
}

export function ApplicationPage({ params }: PageProps) {
  const me = useMe();
  const application = useResource<Application>(`/applications/${params.application}`, [
    "applications",
    `person:${me.id}`,
  ]);
  return (
    <LoadedPage of={application}>
      {(data) => <Inside application={data} reload={application.reload} />}
    </LoadedPage>
  );
}
