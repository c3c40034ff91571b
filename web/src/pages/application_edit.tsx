// SPDX-License-Identifier: Apache-2.0
// Writing an application, step by step. Each step is saved on the server, texts also while one
// writes: the draft is there tomorrow, on another machine, for another member.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, query } from "../api/client";
import { problemFrom, useList, useResource } from "../api/resource";
import type {
  Application, ApplicationTexts, DatasetBrief, Member, Opening, Page as ApiPage, Problem, Source,
} from "../api/types";
import { t, tMaybe, tn } from "../i18n";
import { formatTime } from "../i18n/format";
import { word } from "../i18n/words";
import { ActionButton } from "../parts/action";
import { TierBadge, WordBadge } from "../parts/badge";
import { Command, option } from "../parts/command";
import { dateAfter } from "../parts/dates";
import { Icon } from "../parts/icon";
import { Empty, Notice, ProblemNotice } from "../parts/notice";
import { Facts, Loaded, Panel } from "../parts/page";
import { SearchBox } from "../parts/search";
import { Stepper, type Step } from "../parts/stepper";
import { toast } from "../parts/toast";
import { navigate, useAddress } from "../router";
import { useMe } from "../session";

export interface Asking {
  id: string;
  title: string;
  tier: string;
  route: string;
}

type Section = NonNullable<Application["sections"]>[number];
type Change = Partial<{
  datasets: string[];
  persons: string[];
  justification: string;
  answers: ApplicationTexts;
  until: string;
}>;

const SETTLE_MS = 900;
const FEW = 3;
const STEPS = ["datasets", "persons", "purpose", "check"] as const;
type StepName = (typeof STEPS)[number];

/** Saves one change after another; each names the version that the one before gave. */
function useSaving(application: Application | null, project: Asking) {
  const current = useRef(application);
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const [saved, setSaved] = useState<string | null>(application?.changed ?? null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>();
  const run = async (change: Change, leaving = false): Promise<Application | null> => {
    setBusy(true);
    try {
      const before = current.current;
      const next = before
        ? await api.patch<Application>(
            `/applications/${before.id}`,
            { ...change, version: before.version },
            { keepalive: leaving },
          )
        : await api.post<Application>(`/projects/${project.id}/applications`, change);
      current.current = next;
      setSaved(next.changed);
      setProblem(undefined);
      return next;
    } catch (cause) {
      setProblem(problemFrom(cause));
      return null;
    } finally {
      setBusy(false);
    }
  };
  const save = (change: Change, leaving = false) => {
    // Whoever leaves cannot wait for what goes before.
    const next = leaving ? run(change, true) : queue.current.then(() => run(change));
    queue.current = next;
    return next;
  };
  return { save, saved, busy, problem };
}

function Saved(props: { at: string | null; busy: boolean; problem: Problem | undefined }) {
  return (
    <div class="saved">
      <p class="note" role="status">
        {props.busy
          ? t("application.saving")
          : props.at
            ? t("application.saved_at", { time: formatTime(props.at) })
            : t("application.not_saved")}
      </p>
      <ProblemNotice
        problem={props.problem}
        retry={
          props.problem?.reason === "accreditation.version" ? () => location.reload() : undefined
        }
      />
    </div>
  );
}

/* ---- datasets ---- */

function SourceChoices(props: {
  source: string;
  project: Asking;
  chosen: string[];
  toggle: (dataset: DatasetBrief, on: boolean) => void;
}) {
  const source = useResource<Source>(`/sources/${props.source}`);
  const openings = useResource<ApiPage<Opening>>(`/sources/${props.source}/openings`);
  const rows = openings.data?.items.find((one) => one.project.id === props.project.id)?.datasets;
  return (
    <Loaded of={source}>
      {(data) => {
        const published = (data.datasets ?? []).filter((one) => one.state === "published");
        if (published.length === 0) return <p class="soft">{t("source.no_dataset")}</p>;
        return (
          <div class="choice-list">
            {published.map((dataset) => {
              const row = rows?.find((one) => one.dataset === dataset.id);
              const on = props.chosen.includes(dataset.id);
              return (
                <label key={dataset.id} class="choice">
                  <input
                    type="checkbox"
                    name="datasets"
                    value={dataset.id}
                    checked={on}
                    disabled={!on && row !== undefined && !row.allowed}
                    onChange={(event) => props.toggle(dataset, event.currentTarget.checked)}
                  />
                  <span>
                    {dataset.title} ({dataset.vintage}){" "}
                    <WordBadge list="level" value={dataset.level} />
                    {row && !row.allowed && (
                      <span class="note"> {tMaybe(`problem.${row.reason}`) ?? row.detail}</span>
                    )}
                    {row?.state === "accredited" && (
                      <span class="note"> {t("source.accredited")}</span>
                    )}
                  </span>
                </label>
              );
            })}
          </div>
        );
      }}
    </Loaded>
  );
}

function SourceList(props: {
  project: Asking;
  chosen: string[];
  toggle: (dataset: DatasetBrief, on: boolean) => void;
}) {
  const [words, setWords] = useState("");
  const list = useList<Source>(`/sources${query({ q: words, route: props.project.route, limit: 20 })}`);
  const [open, setOpen] = useState<string[]>([]);
  // With few to choose from, nobody should have to open them one by one.
  const few = (list.data?.length ?? 0) <= FEW;
  return (
    <div class="stack">
      <SearchBox label={t("sources.words")} onSearch={setWords} />
      <Loaded of={list}>
        {(items) =>
          items.length === 0 ? (
            <Empty icon="data">
              <p>{t("sources.none_found")}</p>
            </Empty>
          ) : (
            <div class="stack-tight">
              {items.map((source) => (
                <details
                  key={source.id}
                  class="more"
                  open={few || open.includes(source.id)}
                  onToggle={(event) => {
                    if (event.currentTarget.open && !open.includes(source.id))
                      setOpen([...open, source.id]);
                  }}
                >
                  <summary>
                    {source.title} <span class="note">{source.organisation.name}</span>
                  </summary>
                  {(few || open.includes(source.id)) && (
                    <SourceChoices
                      source={source.id}
                      project={props.project}
                      chosen={props.chosen}
                      toggle={props.toggle}
                    />
                  )}
                </details>
              ))}
              {list.more && (
                <button type="button" class="button button-small" onClick={() => void list.more?.()}>
                  {t("action.more")}
                </button>
              )}
            </div>
          )
        }
      </Loaded>
    </div>
  );
}

function Chosen(props: { datasets: DatasetBrief[]; remove: (dataset: DatasetBrief) => void }) {
  if (props.datasets.length === 0) return <p class="soft">{t("application.none_chosen")}</p>;
  return (
    <ul class="openings" role="list">
      {props.datasets.map((dataset) => (
        <li key={dataset.id} class="opening">
          <div>
            <p class="row">
              {dataset.title} ({dataset.vintage})
              <WordBadge list="level" value={dataset.level} />
            </p>
            <p class="note">{dataset.source.title}</p>
          </div>
          <button
            type="button"
            class="button button-small"
            aria-label={t("application.remove", { name: dataset.title })}
            onClick={() => props.remove(dataset)}
          >
            {t("action.remove")}
          </button>
        </li>
      ))}
    </ul>
  );
}

/* ---- persons ---- */

function Persons(props: { project: Asking; chosen: string[]; change: (logins: string[]) => void }) {
  const members = useList<Member>(`/projects/${props.project.id}/members`);
  const workers = members.data?.filter(
    (member) => member.roles.includes("scientist") || member.roles.includes("lead"),
  );
  return (
    <Loaded of={{ ...members, data: workers }}>
      {(rows) => (
        <fieldset class="field">
          <legend>{t("application.persons")}</legend>
          <span class="hint">{t("application.persons_hint")}</span>
          <div class="choice-list">
            {rows.map((member) => (
              <label key={member.login} class="choice">
                <input
                  type="checkbox"
                  name="persons"
                  value={member.login}
                  checked={props.chosen.includes(member.login)}
                  onChange={(event) =>
                    props.change(
                      event.currentTarget.checked
                        ? [...props.chosen, member.login]
                        : props.chosen.filter((login) => login !== member.login),
                    )
                  }
                />
                <span>
                  {member.name}{" "}
                  <span class="note">
                    {member.roles.map((role) => word("project_role", role)).join(", ")}
                  </span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
    </Loaded>
  );
}

/* ---- purpose ---- */

function LongText(props: {
  name: string;
  label: string;
  hint: string;
  value: string;
  optional?: boolean;
  max: number;
  rows: number;
  change: (value: string) => void;
}) {
  const id = `text-${props.name}`;
  return (
    <div class="field">
      <label for={id}>
        {props.label} {props.optional && <span class="optional">{t("form.optional")}</span>}
      </label>
      <span class="hint" id={`${id}-hint`}>
        {props.hint}
      </span>
      <textarea
        id={id}
        name={props.name}
        rows={props.rows}
        maxLength={props.max}
        aria-describedby={`${id}-hint`}
        value={props.value}
        onInput={(event) => props.change(event.currentTarget.value)}
      />
    </div>
  );
}

interface Texts {
  justification: string;
  answers: ApplicationTexts;
  until: string;
}

function Purpose(props: { sections: Section[]; texts: Texts; change: (texts: Texts) => void }) {
  const { texts, change } = props;
  return (
    <div class="form">
      <LongText
        name="justification"
        label={t("application.justification")}
        hint={t("application.justification_hint")}
        value={texts.justification}
        max={10000}
        rows={6}
        change={(justification) => change({ ...texts, justification })}
      />
      {props.sections.map((section) => (
        <LongText
          key={section}
          name={section}
          label={word("section", section)}
          hint={tMaybe(`application.${section}_hint`) ?? ""}
          value={texts.answers[section] ?? ""}
          optional
          max={5000}
          rows={4}
          change={(value) => change({ ...texts, answers: { ...texts.answers, [section]: value } })}
        />
      ))}
      <div class="field">
        <label for="until">
          {t("application.until_asked")} <span class="optional">{t("form.optional")}</span>
        </label>
        <span class="hint" id="until-hint">
          {t("application.until_hint")}
        </span>
        <input
          id="until"
          type="date"
          min={dateAfter(1)}
          aria-describedby="until-hint"
          value={texts.until}
          onInput={(event) => change({ ...texts, until: event.currentTarget.value })}
        />
      </div>
    </div>
  );
}

/** Without texts that are empty: the API refuses them. */
function filled(answers: ApplicationTexts): ApplicationTexts {
  return Object.fromEntries(
    Object.entries(answers).filter(([, text]) => typeof text === "string" && text.trim() !== ""),
  );
}

/* ---- check ---- */

function Check(props: {
  application: Application;
  texts: Texts;
  datasets: DatasetBrief[];
  persons: string[];
  submit: () => Promise<void>;
  giveUp: () => Promise<void>;
}) {
  const { application, texts } = props;
  const named = (login: string) =>
    application.persons.find((person) => person.login === login)?.name ?? login;
  const missing = [
    props.datasets.length === 0 && t("application.missing_datasets"),
    props.persons.length === 0 && t("application.missing_persons"),
    texts.justification.trim() === "" && t("application.missing_justification"),
  ].filter((one) => one !== false);
  const left = (application.sections ?? []).filter((name) => !texts.answers[name]?.trim());
  return (
    <div class="stack">
      <Facts
        items={[
          [
            t("application.datasets"),
            <ul role="list">
              {props.datasets.map((dataset) => (
                <li key={dataset.id}>{`${dataset.title} (${dataset.vintage})`}</li>
              ))}
            </ul>,
          ],
          [t("application.persons"), props.persons.map(named).join(", ")],
          [t("application.justification"), texts.justification],
          ...(application.sections ?? []).map((name): [string, string] => [
            word("section", name),
            texts.answers[name] ?? "",
          ]),
        ]}
      />
      {left.length > 0 && (
        <Notice tone="info">
          {t("application.left_out", { names: left.map((name) => word("section", name)).join(", ") })}
        </Notice>
      )}
      <section class="stack-tight" aria-label={t("application.next")}>
        <h3>{t("application.next")}</h3>
        <ol class="way">
          {(application.terms ?? [])
            .filter((term) => term !== "project_open" && term !== "member")
            .map((term) => (
              <li key={term}>{tMaybe(`source.term_${term}`) ?? word("term", term)}</li>
            ))}
        </ol>
      </section>
      {missing.length > 0 && (
        <Notice tone="wait">
          <p>{t("application.missing")}</p>
          <ul>
            {missing.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </Notice>
      )}
      <div class="row">
        {missing.length === 0 && (
          <ActionButton kind="primary" icon="send" act={props.submit}>
            {application.state === "adjourned"
              ? t("application.submit_again")
              : t("application.submit")}
          </ActionButton>
        )}
        <ActionButton kind="danger" act={props.giveUp}>
          {application.submitted ? t("application.withdraw") : t("application.give_up")}
        </ActionButton>
      </div>
    </div>
  );
}

/* ---- the whole ---- */

function useEditor(application: Application | null, project: Asking) {
  const me = useMe();
  const saving = useSaving(application, project);
  const [datasets, setDatasets] = useState<DatasetBrief[]>(application?.datasets ?? []);
  const [persons, setPersons] = useState<string[]>(
    application ? application.persons.map((person) => person.login) : [me.login],
  );
  const [texts, setTexts] = useState<Texts>({
    justification: application?.justification ?? "",
    answers: application?.answers ?? {},
    until: application?.until?.slice(0, 10) ?? "",
  });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const waiting = useRef<Texts | null>(null);
  const [dirty, setDirty] = useState(false);
  const saveTexts = async (leaving = false) => {
    clearTimeout(timer.current);
    const next = waiting.current;
    waiting.current = null;
    if (!next) return;
    await saving.save(
      {
        ...(next.justification.trim() === "" ? {} : { justification: next.justification }),
        answers: filled(next.answers),
        ...(next.until === "" ? {} : { until: next.until }),
      },
      leaving,
    );
    setDirty(waiting.current !== null);
  };
  const changeTexts = (next: Texts) => {
    setTexts(next);
    setDirty(true);
    waiting.current = next;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void saveTexts(), SETTLE_MS);
  };
  // Whoever leaves the page in the middle of a sentence finds it again.
  useEffect(() => {
    const leave = () => void saveTexts(true);
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      void saveTexts();
    };
  }, []);
  return { saving, dirty, datasets, setDatasets, persons, setPersons, texts, changeTexts, saveTexts };
}

export function ApplicationEditor(props: {
  application: Application | null;
  project: Asking;
  reload?: () => Promise<void>;
}) {
  const { application, project } = props;
  const editor = useEditor(application, project);
  const [step, setStep] = useAddress("step", application?.state === "adjourned" ? "purpose" : "datasets");
  const adjourned = application?.state === "adjourned";
  const steps = STEPS.filter((name) => !adjourned || name === "purpose" || name === "check");
  const here: StepName = steps.find((name) => name === step) ?? steps[0] ?? "check";
  const at = steps.indexOf(here);
  const go = async (next: StepName) => {
    await editor.saveTexts();
    if (props.reload) await props.reload();
    setStep(next);
    scrollTo(0, 0);
  };
  const changeDatasets = async (next: DatasetBrief[]) => {
    const before = editor.datasets;
    editor.setDatasets(next);
    const saved = await editor.saving.save({
      datasets: next.map((dataset) => dataset.id),
      ...(application ? {} : { persons: editor.persons }),
    });
    if (!saved) editor.setDatasets(before);
    else if (!application) navigate(`/applications/${saved.id}`, true);
  };
  const changePersons = (logins: string[]) => {
    editor.setPersons(logins);
    if (application) void editor.saving.save({ persons: logins });
  };
  const toggle = (dataset: DatasetBrief, on: boolean) =>
    void changeDatasets(
      on
        ? [...editor.datasets, dataset]
        : editor.datasets.filter((one) => one.id !== dataset.id),
    );
  const act = async (verb: "submit" | "withdraw") => {
    if (!application) return;
    await editor.saveTexts();
    await api.post(`/applications/${application.id}/${verb}`);
    toast(t(verb === "submit" ? "application.submitted_toast" : "application.withdrawn_toast"));
    if (verb === "withdraw" && !application.submitted) navigate(`/projects/${project.id}/data`);
    else {
      navigate(`/applications/${application.id}`, true);
      await props.reload?.();
    }
  };
  const done: Record<StepName, boolean> = {
    datasets: editor.datasets.length > 0,
    persons: editor.persons.length > 0 && application !== null,
    purpose: editor.texts.justification.trim() !== "",
    check: false,
  };
  const notes: Partial<Record<StepName, string>> = {
    datasets: tn("application.chosen", editor.datasets.length),
    persons: tn("application.named", editor.persons.length),
  };
  return (
    <div class="stack-wide">
      <Stepper
        label={t("application.steps")}
        steps={steps.map((name): Step => ({
          text: t(`application.step_${name}`),
          note: notes[name],
          state: name === here ? "here" : done[name] ? "done" : "coming",
          go: name === here || (!application && name !== "datasets") ? undefined : () => void go(name),
        }))}
      />
      <Panel title={t(`application.step_${here}`)}>
        <div class="stack">
          <p class="row">
            <a href={`/projects/${project.id}`}>{project.title}</a>
            <TierBadge tier={project.tier} />
            <span class="note">{word("route", project.route)}</span>
          </p>
          {here === "datasets" && (
            <>
              <Chosen datasets={editor.datasets} remove={(dataset) => toggle(dataset, false)} />
              <SourceList
                project={project}
                chosen={editor.datasets.map((dataset) => dataset.id)}
                toggle={toggle}
              />
            </>
          )}
          {here === "persons" && (
            <Persons project={project} chosen={editor.persons} change={changePersons} />
          )}
          {here === "purpose" && (
            <Purpose
              sections={application?.sections ?? []}
              texts={editor.texts}
              change={editor.changeTexts}
            />
          )}
          {here === "check" && application && (
            <Check
              application={application}
              texts={editor.texts}
              datasets={editor.datasets}
              persons={editor.persons}
              submit={() => act("submit")}
              giveUp={() => act("withdraw")}
            />
          )}
          <Saved
            at={editor.saving.saved}
            busy={editor.saving.busy || editor.dirty}
            problem={editor.saving.problem}
          />
          <div class="row row-between">
            {at > 0 ? (
              <button type="button" class="button" onClick={() => void go(steps[at - 1] ?? here)}>
                <Icon name="back" />
                {t("application.back")}
              </button>
            ) : (
              <span />
            )}
            {at < steps.length - 1 && (
              <button
                type="button"
                class="button button-primary"
                disabled={!application}
                onClick={() => void go(steps[at + 1] ?? here)}
              >
                {t("application.continue")}
                <Icon name="arrow" />
              </button>
            )}
          </div>
        </div>
      </Panel>
      <Command
        lines={
          application
            ? [
                {
                  text: t("application.saving_it"),
                  cli: ["application", "edit", application.id, ...option("reason", "…")],
                  call: {
                    method: "PATCH",
                    path: `/applications/${application.id}`,
                    body: { justification: "…", version: application.version },
                  },
                },
                {
                  text: t("application.submit"),
                  cli: ["application", "submit", application.id],
                  call: { method: "POST", path: `/applications/${application.id}/submit` },
                },
              ]
            : [
                {
                  cli: [
                    "application",
                    "create",
                    project.id,
                    "DATASET",
                    ...option("person", editor.persons[0]),
                    ...option("reason", "…"),
                  ],
                  call: {
                    method: "POST",
                    path: `/projects/${project.id}/applications`,
                    body: { datasets: ["DATASET"], persons: editor.persons, justification: "…" },
                  },
                },
              ]
        }
      />
    </div>
  );
}
