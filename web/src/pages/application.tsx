// SPDX-License-Identifier: Apache-2.0
// One application. For its authors while they write, the steps; for everybody else the dossier, with
// beside it what the person reading must do.
import type { ComponentChildren } from "preact";
import { api } from "../api/client";
import { useResource } from "../api/resource";
import type {
  Agreement, Application, DatasetBrief, EarlierDecision, Need, Opinion, Page as ApiPage, RulePack,
  Source,
} from "../api/types";
import { t, tMaybe, tn } from "../i18n";
import { formatDate, formatList } from "../i18n/format";
import { rulesText, word } from "../i18n/words";
import { ActionButton } from "../parts/action";
import { Badge, TierBadge, WordBadge } from "../parts/badge";
import { Command, option, type CommandLine } from "../parts/command";
import { dateAfter } from "../parts/dates";
import { ChoicesField, CodeField, Form, LongField, text, TextField } from "../parts/form";
import { Icon, type IconName } from "../parts/icon";
import { Empty, Notice } from "../parts/notice";
import { Facts, Loaded, LoadedPage, Page, Panel } from "../parts/page";
import { personName } from "../parts/person";
import { Stepper, type Step } from "../parts/stepper";
import { Table } from "../parts/table";
import { TextChange } from "../parts/text_change";
import { Time } from "../parts/time";
import { toast } from "../parts/toast";
import type { PageProps } from "../routes";
import { useMe } from "../session";
import { ApplicationEditor } from "./application_edit";

const YEAR_DAYS = 365;

interface Part {
  application: Application;
  reload: () => Promise<void>;
}

/** The last answer of the steward, if any. */
function agreementOf(application: Application, dataset: DatasetBrief): Agreement | undefined {
  return application.agreements
    .filter((agreement) => agreement.dataset === dataset.id)
    .sort((a, b) => a.signed.localeCompare(b.signed))
    .pop();
}

function awaits(application: Application, term: Need["term"], dataset?: string): boolean {
  return application.needs.some(
    (need) => need.term === term && (dataset === undefined || need.dataset === dataset),
  );
}

function Outcome({ of }: { of: Agreement | Opinion }) {
  return (
    <div class="stack-tight">
      <p class="row">
        <WordBadge list="outcome" value={of.outcome} />
        {of.revoked && <Badge tone="bad">{t("application.revoked")}</Badge>}
        <span class="note">
          {personName(of.by)} · <Time at={of.signed} as="date" />
          {of.expires && (
            <>
              {" · "}
              {t("terms.until")} <Time at={of.expires} as="date" />
            </>
          )}
        </span>
      </p>
      {of.comment && <p class="prose">{of.comment}</p>}
    </div>
  );
}

/* ---- where it is ---- */

/** Who is awaited for TERM, in words. */
function awaited(application: Application, term: Need["term"]): string | undefined {
  const names = application.needs
    .filter((need) => need.term === term)
    .flatMap((need) => need.waits_for)
    .map((who) => tMaybe(`who.${who}`) ?? who);
  return names.length === 0
    ? undefined
    : t("terms.waits_for", { who: formatList([...new Set(names)]) });
}

function stepsOf(application: Application): Step[] {
  const { state } = application;
  const asked = application.submitted !== null;
  const over = state === "withdrawn";
  const steps: Step[] = [
    {
      text: t("application.stage_written"),
      note: application.submitted ? formatDate(application.submitted) : undefined,
      state: state === "draft" ? "here" : state === "adjourned" || over ? "problem" : "done",
    },
  ];
  const refused = (term: string) =>
    term === "steward_agreement"
      ? application.agreements.some((one) => one.outcome === "refused")
      : term === "committee_opinion" && application.opinion?.outcome === "unfavourable";
  for (const term of application.terms ?? []) {
    if (term === "project_open" || term === "member") continue;
    const open = awaits(application, term);
    const waits = steps.every((step) => step.state === "done");
    steps.push({
      text: word("term", term),
      note: asked && !over ? awaited(application, term) : undefined,
      state:
        over || !asked
          ? "coming"
          : refused(term)
            ? "problem"
            : open
              ? waits
                ? "here"
                : "coming"
              : term === "committee_opinion" && application.opinion?.outcome !== "favourable"
                ? "coming"
                : "done",
    });
  }
  return steps;
}

/* ---- the dossier ---- */

function Texts({ application }: { application: Application }) {
  const before = (application.rounds ?? []).filter((one) => one.round < application.round).pop();
  const one = (now: string, then: string | null | undefined) =>
    before && then && then !== now ? (
      <TextChange before={then} after={now} since={before.round} />
    ) : (
      <p class="prose">{now}</p>
    );
  return (
    <div class="stack">
      {one(application.justification, before?.justification)}
      {(application.sections ?? []).map((name) => {
        const now = application.answers[name];
        return (
          <section key={name} class="stack-tight" aria-label={word("section", name)}>
            <h3>{word("section", name)}</h3>
            {now ? one(now, before?.answers[name]) : <p class="soft">{t("application.not_said")}</p>}
          </section>
        );
      })}
    </div>
  );
}

function Asked({ application, inside }: { application: Application; inside: boolean }) {
  const { project } = application;
  return (
    <Panel title={t("application.asked")}>
      <div class="stack">
        <Texts application={application} />
        <Facts
          items={[
            [
              t("application.project"),
              <span class="row">
                {inside ? <a href={`/projects/${project.id}`}>{project.title}</a> : project.title}
                <TierBadge tier={project.tier} />
              </span>,
            ],
            [t("projects.summary"), project.summary],
            [t("projects.organisation"), project.organisation],
            [t("projects.route"), word("route", project.route)],
            [t("projects.purpose"), project.purpose && word("purpose", project.purpose)],
            [t("projects.legal_basis"), project.legal_basis],
            [t("application.leads"), formatList(project.leads ?? [])],
            [
              t("application.project_dates"),
              project.starts && project.ends && (
                <>
                  <Time at={project.starts} as="date" /> – <Time at={project.ends} as="date" />
                </>
              ),
            ],
            [
              t("application.until_asked"),
              application.until && <Time at={application.until} as="date" />,
            ],
            [t("application.by"), personName(application.created_by)],
            [t("application.submitted"), <Time at={application.submitted} />],
          ]}
        />
      </div>
    </Panel>
  );
}

function Persons({ application }: { application: Application }) {
  const signed = (person: string) =>
    application.datasets.length > 0 &&
    application.datasets.every((dataset) =>
      application.undertakings.some(
        (item) => item.person === person && item.dataset === dataset.id && !item.revoked,
      ),
    );
  return (
    <Panel title={t("application.persons")}>
      <Table
        caption={t("application.persons")}
        rows={application.persons}
        id={(person) => person.id}
        address="sort_persons"
        columns={[
          { title: t("application.person"), head: true, cell: (person) => person.name },
          { title: t("projects.organisation"), cell: (person) => person.organisation },
          {
            title: t("members.roles"),
            cell: (person) =>
              person.roles.length === 0
                ? t("application.left")
                : person.roles.map((role) => word("project_role", role)).join(", "),
          },
          {
            title: t("application.undertakings"),
            cell: (person) =>
              signed(person.id) ? (
                <Badge tone="good">{t("application.signed")}</Badge>
              ) : (
                t("application.unsigned")
              ),
          },
        ]}
      />
    </Panel>
  );
}

/** What the source says, beside what is asked of it. */
function SourceRules({ source }: { source: Source }) {
  const packs = useResource<ApiPage<RulePack>>("/rule-packs");
  const pack = packs.data?.items.find((item) => item.name === source.rule_pack);
  return (
    <Facts
      items={[
        [t("projects.legal_basis"), source.legal_basis],
        [
          t("sources.purposes"),
          formatList(source.purposes.map((purpose) => word("purpose", purpose))),
        ],
        [t("sources.routes"), formatList(source.routes.map((route) => word("route", route)))],
        [
          t("source.rule_pack"),
          pack && (
            <ul role="list">
              {rulesText(pack.rules).map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          ),
        ],
        [t("source.stewards"), formatList(source.stewards.map((person) => person.name))],
      ]}
    />
  );
}

function DatasetPart({ application, dataset }: { application: Application; dataset: DatasetBrief }) {
  const source = useResource<Source>(`/sources/${dataset.source.id}`);
  const agreement = agreementOf(application, dataset);
  const decides = application.may?.agree.includes(dataset.id) || application.may?.opine;
  return (
    <section class="stack-tight" aria-label={dataset.title}>
      <div class="row">
        <h3>
          <a href={`/datasets/${dataset.id}`}>{dataset.title}</a>
        </h3>
        <span class="note">{dataset.vintage}</span>
        <WordBadge list="level" value={dataset.level} />
      </div>
      <p class="note">
        <a href={`/sources/${dataset.source.id}`}>{dataset.source.title}</a>
      </p>
      {agreement ? (
        <Outcome of={agreement} />
      ) : (
        awaits(application, "steward_agreement", dataset.id) && (
          <p class="soft">{t("application.awaits_steward")}</p>
        )
      )}
      <details class="more" open={decides}>
        <summary>{t("application.source_rules")}</summary>
        <Loaded of={source}>{(data) => <SourceRules source={data} />}</Loaded>
      </details>
    </section>
  );
}

function Datasets({ application }: { application: Application }) {
  return (
    <Panel title={t("application.agreements")}>
      <div class="stack-wide">
        {application.datasets.map((dataset) => (
          <DatasetPart key={dataset.id} application={application} dataset={dataset} />
        ))}
      </div>
    </Panel>
  );
}

/** What was decided before about the same sources or in the same project. */
function Earlier({ application }: { application: Application }) {
  const earlier = useResource<ApiPage<EarlierDecision>>(`/applications/${application.id}/earlier`, [
    "applications",
  ]);
  return (
    <Panel title={t("application.earlier")}>
      <Loaded of={earlier}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="soft">{t("application.no_earlier")}</p>
          ) : (
            <Table
              caption={t("application.earlier")}
              rows={items}
              id={(one) => `${one.application} ${one.signed}`}
              address="sort_earlier"
              columns={[
                {
                  title: t("application.project"),
                  head: true,
                  cell: (one) => (
                    <a href={`/applications/${one.application}`}>
                      {one.project}
                      <span class="unseen">, {formatDate(one.signed)}</span>
                    </a>
                  ),
                },
                { title: t("dataset.title"), cell: (one) => one.dataset ?? t("application.all") },
                {
                  title: t("application.decision"),
                  cell: (one) => (
                    <>
                      <WordBadge list="outcome" value={one.outcome} />
                      {one.revoked && <Badge tone="bad">{t("application.revoked")}</Badge>}
                      {one.comment && <p class="note">{one.comment}</p>}
                    </>
                  ),
                },
                {
                  title: t("application.about"),
                  cell: (one) =>
                    [
                      one.same_project && t("application.same_project"),
                      one.same_persons && t("application.same_persons"),
                    ]
                      .filter(Boolean)
                      .join(", ") || "–",
                },
                {
                  title: t("application.signed_on"),
                  name: "signed",
                  sort: (one) => one.signed,
                  cell: (one) => (
                    <>
                      <Time at={one.signed} as="date" /> <span class="note">{one.by}</span>
                    </>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

/* ---- what the reader must do ---- */

function AgreementForm(props: Part & { dataset: DatasetBrief; again: boolean }) {
  const { application, dataset } = props;
  const path = `/applications/${application.id}/agreements`;
  const submit = async (values: FormData) => {
    await api.post(path, {
      dataset: dataset.id,
      outcome: text(values, "outcome"),
      comment: text(values, "comment"),
      expires: text(values, "expires"),
    });
    toast(t("application.signed_toast"));
    await props.reload();
  };
  return (
    <div class="stack">
      <Form
        submit={submit}
        action={t("application.sign_agreement")}
        label={t("application.agreement_for", { dataset: dataset.title })}
        about={{ "accreditation.comment_needed": "comment" }}
      >
        <ChoicesField
          name="outcome"
          label={t("application.your_agreement")}
          one
          wide
          choices={(["agreed", "refused"] as const).map((value) => ({
            value,
            text: word("outcome", value),
            hint: t(`application.${value}_hint`),
          }))}
        />
        <LongField
          name="comment"
          label={t("form.comment")}
          hint={t("application.comment_hint")}
          optional
          max={4000}
        />
        <TextField name="expires" type="date" label={t("application.until")} optional />
      </Form>
      <Command
        lines={[
          {
            cli: ["application", "agree", application.id, dataset.id],
            call: { method: "POST", path, body: { dataset: dataset.id, outcome: "agreed" } },
          },
          {
            cli: ["application", "refuse", application.id, dataset.id, ...option("comment", "…")],
            call: {
              method: "POST",
              path,
              body: { dataset: dataset.id, outcome: "refused", comment: "…" },
            },
          },
        ]}
      />
    </div>
  );
}

function OpinionForm(props: Part) {
  const path = `/applications/${props.application.id}/opinion`;
  const submit = async (values: FormData) => {
    const outcome = text(values, "outcome");
    await api.post(path, {
      outcome,
      comment: text(values, "comment"),
      expires: outcome === "favourable" ? text(values, "expires") : undefined,
    });
    toast(t("application.signed_toast"));
    await props.reload();
  };
  const asked = props.application.until?.slice(0, 10);
  return (
    <div class="stack">
      <Form
        submit={submit}
        action={t("application.sign_opinion")}
        about={{
          "accreditation.comment_needed": "comment",
          "accreditation.no_duration": "expires",
          "accreditation.expiry_past": "expires",
          "accreditation.expiry_far": "expires",
        }}
      >
        <ChoicesField
          name="outcome"
          label={t("application.your_opinion")}
          one
          wide
          choices={(["favourable", "adjourned", "unfavourable"] as const).map((value) => ({
            value,
            text: word("outcome", value),
            hint: t(`application.${value}_hint`),
          }))}
        />
        <LongField
          name="comment"
          label={t("form.comment")}
          hint={t("application.comment_hint")}
          optional
          max={4000}
        />
        <TextField
          name="expires"
          type="date"
          label={t("application.opinion_until")}
          hint={asked ? t("application.asked_until", { date: formatDate(asked) }) : undefined}
          value={asked ?? dateAfter(YEAR_DAYS)}
          optional
        />
      </Form>
      <Command
        lines={[
          {
            cli: [
              "application", "opinion", props.application.id, "favourable",
              ...option("until", asked ?? dateAfter(YEAR_DAYS)),
            ],
            call: {
              method: "POST",
              path,
              body: { outcome: "favourable", expires: asked ?? dateAfter(YEAR_DAYS) },
            },
          },
        ]}
      />
    </div>
  );
}

function UndertakingForm(props: Part) {
  const path = `/applications/${props.application.id}/undertaking`;
  const submit = async (values: FormData) => {
    await api.post(path, { code: text(values, "code") });
    toast(t("application.signed_toast"));
    await props.reload();
  };
  return (
    <div class="stack">
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
      <Command
        lines={[
          {
            cli: ["application", "sign", props.application.id],
            call: { method: "POST", path, body: { code: "……" } },
          },
        ]}
      />
    </div>
  );
}

/** A form that one must use now, or one to change an answer, folded. */
function Deed(props: { title: string; now: boolean; again: string; children: ComponentChildren }) {
  if (props.now) return <Panel title={props.title}>{props.children}</Panel>;
  return (
    <Panel title={props.title}>
      <details class="more">
        <summary>{props.again}</summary>
        {props.children}
      </details>
    </Panel>
  );
}

function Deeds(props: Part) {
  const { application } = props;
  const me = useMe();
  const may = application.may;
  const stewarded = application.datasets.filter((dataset) => may?.agree.includes(dataset.id));
  const mustSign = application.needs.some(
    (need) => need.term === "undertaking" && need.person?.id === me.id,
  );
  const producersFirst = awaits(application, "steward_agreement");
  return (
    <>
      {stewarded.map((dataset) => {
        const answered = agreementOf(application, dataset) !== undefined;
        return (
          <Deed
            key={dataset.id}
            title={t("application.your_decision_for", { name: dataset.title })}
            now={!answered}
            again={t("application.answer_again", { name: dataset.title })}
          >
            <AgreementForm {...props} dataset={dataset} again={answered} />
          </Deed>
        );
      })}
      {may?.opine && producersFirst && (
        <Panel title={t("application.opinion")}>
          <p class="soft">{t("application.awaits_committee")}</p>
        </Panel>
      )}
      {may?.opine && !producersFirst && (
        <Deed
          title={t("application.your_decision")}
          now={awaits(application, "committee_opinion")}
          again={t("application.opine_again")}
        >
          <OpinionForm {...props} />
        </Deed>
      )}
      {mustSign && (
        <Panel title={t("application.undertakings")}>
          <UndertakingForm {...props} />
        </Panel>
      )}
    </>
  );
}

/* ---- what happened ---- */

type Event = NonNullable<Application["history"]>[number];

const EVENT_ICON: Record<Event["what"], IconName> = {
  created: "edit",
  submitted: "send",
  signed: "sign",
  revoked: "refused",
  withdrawn: "undo",
};

function eventText(application: Application, event: Event): string {
  const dataset = application.datasets.find((one) => one.id === event.dataset)?.title;
  if (event.what === "signed" || event.what === "revoked") {
    const deed = tMaybe(`application.deed_${event.term}`) ?? word("term", event.term ?? "");
    const about = event.term === "steward_agreement" && dataset ? ` (${dataset})` : "";
    if (event.what === "revoked") return t("application.event_revoked", { term: `${deed}${about}` });
    if (event.term === "undertaking" || !event.outcome) return `${deed}${about}`;
    return t("application.event_signed", {
      deed: `${deed}${about}`,
      outcome: word("outcome", event.outcome).toLowerCase(),
    });
  }
  return t(`application.event_${event.what}`);
}

function History({ application }: { application: Application }) {
  const events = application.history ?? [];
  if (events.length === 0) return null;
  return (
    <Panel title={t("application.history")}>
      <ol class="history" role="list">
        {events.map((event, at) => (
          <li key={at}>
            <Icon name={EVENT_ICON[event.what]} />
            <div>
              <p>{eventText(application, event)}</p>
              <p class="note">
                {event.by && `${event.by} · `}
                <Time at={event.at} />
              </p>
              {event.comment && <p class="note break">{event.comment}</p>}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/* ---- the page ---- */

function Adjourned({ application }: { application: Application }) {
  if (application.state !== "adjourned") return null;
  return (
    <Notice tone="wait">
      <p class="strong">{t("application.adjourned_text")}</p>
      {application.opinion?.comment && <p class="prose">{application.opinion.comment}</p>}
    </Notice>
  );
}

function Withdraw(props: Part) {
  const { application } = props;
  if (!application.may?.withdraw || application.may.edit) return null;
  const withdraw = async () => {
    await api.post(`/applications/${application.id}/withdraw`);
    toast(t("application.withdrawn_toast"));
    await props.reload();
  };
  return (
    <ActionButton kind="danger" act={withdraw}>
      {t("application.withdraw")}
    </ActionButton>
  );
}

function withdrawLine(application: Application): CommandLine {
  return {
    text: t("application.withdraw"),
    cli: ["application", "withdraw", application.id],
    call: { method: "POST", path: `/applications/${application.id}/withdraw` },
  };
}

function Dossier(props: Part & { inside: boolean }) {
  const { application, inside } = props;
  const decides = application.may?.opine || (application.may?.agree.length ?? 0) > 0;
  const line: CommandLine = {
    text: t("command.this"),
    cli: ["application", "show", application.id],
    call: { method: "GET", path: `/applications/${application.id}` },
  };
  return (
    <div class="stack-wide">
      <Stepper label={t("application.way")} steps={stepsOf(application)} />
      {application.state === "withdrawn" && (
        <Notice tone="info">{t("application.is_withdrawn")}</Notice>
      )}
      <div class="columns decide">
        <div class="stack-wide">
          <Asked application={application} inside={inside} />
          <Persons application={application} />
          <Datasets application={application} />
          {decides && <Earlier application={application} />}
        </div>
        <div class="stack-wide decide-side">
          <Deeds {...props} />
          {application.opinion && (
            <Panel title={t("application.opinion")}>
              <Outcome of={application.opinion} />
            </Panel>
          )}
          <History application={application} />
        </div>
      </div>
      <Command lines={application.may?.withdraw ? [line, withdrawLine(application)] : [line]} />
    </div>
  );
}

function Inside(props: Part) {
  const me = useMe();
  const { application } = props;
  const { project } = application;
  const edits = application.may?.edit ?? false;
  const inside =
    edits ||
    application.may?.withdraw === true ||
    application.created_by.id === me.id ||
    application.persons.some((person) => person.id === me.id && person.roles.length > 0);
  return (
    <Page
      title={t("application.title")}
      documentTitle={`${t("application.title")} · ${project.title}`}
      crumbs={
        inside
          ? [
              { to: `/projects/${project.id}`, text: project.title },
              { to: `/projects/${project.id}/data`, text: t("project.data") },
            ]
          : [{ to: "/applications", text: t("nav.applications") }]
      }
      beside={
        <>
          <WordBadge list="application_state" value={application.state} />
          {application.round > 1 && (
            <span class="note">{t("review.round", { round: application.round })}</span>
          )}
        </>
      }
      lead={inside ? undefined : project.title}
      actions={<Withdraw {...props} />}
    >
      {edits ? (
        <div class="stack-wide">
          <Adjourned application={application} />
          <ApplicationEditor
            key={application.id}
            application={application}
            project={project}
            reload={props.reload}
          />
          {application.state === "adjourned" && <History application={application} />}
        </div>
      ) : application.datasets.length === 0 && application.submitted === null ? (
        <Empty icon="data">
          <p>{tn("application.chosen", 0)}</p>
        </Empty>
      ) : (
        <Dossier {...props} inside={inside} />
      )}
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
