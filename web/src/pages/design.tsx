// SPDX-License-Identifier: Apache-2.0
// Every part in one place, in the theme in use: for who writes pages, for who writes a theme file,
// and for the browser tests. Not in the menu; its address is /design.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Badge } from "../parts/badge";
import { Command } from "../parts/command";
import { Dialog } from "../parts/dialog";
import { Filters, holdsWords } from "../parts/filters";
import { Form, SelectField, TextField } from "../parts/form";
import { Icon, ICON_NAMES } from "../parts/icon";
import { Empty, Notice, ProblemNotice, Waiting, type Tone } from "../parts/notice";
import { Facts, Page, Panel } from "../parts/page";
import { Progress } from "../parts/progress";
import { Stepper } from "../parts/stepper";
import { ListTable } from "../parts/table";
import { Tabs } from "../parts/tabs";
import { Term } from "../parts/term";
import { toast } from "../parts/toast";
import { useAddress } from "../router";

const TONES: Tone[] = ["good", "wait", "bad", "info", "calm"];
const COLOURS = [
  "ground", "panel", "sunken", "line", "line-strong", "ink", "ink-soft", "quay", "brass",
  "primary", "good", "wait", "bad", "info",
];
const BEGAN = Date.now() - 40_000;

function Colours() {
  return (
    <ul class="swatches" role="list">
      {COLOURS.map((name) => (
        <li key={name}>
          <span class="swatch" style={{ background: `var(--colour-${name})` }} />
          <code>{name}</code>
        </li>
      ))}
    </ul>
  );
}

function Icons() {
  return (
    <ul class="swatches" role="list">
      {ICON_NAMES.map((name) => (
        <li key={name}>
          <Icon name={name} /> <code>{name}</code>
        </li>
      ))}
    </ul>
  );
}

interface Row {
  word: string;
  number: number;
}
const ROWS: Row[] = [
  { word: "Écluse", number: 12 },
  { word: "darse", number: 3 },
  { word: "Quai", number: 140 },
];

function SampleTable() {
  const [words] = useAddress("q");
  const list = { data: ROWS, problem: undefined, loading: false, reload: async () => {}, more: undefined };
  return (
    <div class="stack">
      <Filters search={{ label: t("action.search") }} />
      <ListTable
        list={list}
        caption={t("design.table")}
        id={(row) => row.word}
        sorted="word"
        only={(row) => holdsWords(words, row.word)}
        empty={<Empty />}
        columns={[
          { title: t("design.word"), head: true, name: "word", sort: (row) => row.word, cell: (row) => row.word },
          { title: t("design.number"), number: true, name: "number", sort: (row) => row.number, cell: (row) => row.number },
        ]}
      />
    </div>
  );
}

function Opener() {
  const [open, setOpen] = useState(false);
  return (
    <div class="row">
      <button type="button" class="button" onClick={() => setOpen(true)}>
        {t("design.dialog")}
      </button>
      <button type="button" class="button" onClick={() => toast(t("state.saved"))}>
        {t("design.toast")}
      </button>
      {open && (
        <Dialog title={t("design.dialog")} close={() => setOpen(false)}>
          <p>{t("design.sample")}</p>
        </Dialog>
      )}
    </div>
  );
}

function Buttons() {
  return (
    <div class="row">
      <button type="button" class="button button-primary">
        <Icon name="launch" />
        {t("launch.submit")}
      </button>
      <button type="button" class="button">{t("action.edit")}</button>
      <button type="button" class="button button-danger">{t("action.remove")}</button>
      <button type="button" class="button button-plain">{t("action.cancel")}</button>
      <button type="button" class="button button-small">{t("action.more")}</button>
      <button type="button" class="button" aria-disabled="true">{t("action.save")}</button>
    </div>
  );
}

const sample = () => <p>{t("design.sample")}</p>;

function Steps() {
  return (
    <Stepper
      label={t("design.steps")}
      steps={[
        { text: t("step.queued"), state: "done", to: "/design" },
        { text: t("step.starting"), state: "done" },
        { text: t("step.container"), state: "here", note: t("design.sample") },
        { text: t("step.listening"), state: "problem" },
        { text: t("step.ready"), state: "coming" },
      ]}
    />
  );
}

const PARTS: [string, () => ComponentChildren][] = [
  ["design.colours", Colours],
  ["design.type", () => (
    <Facts
      items={[
        ["h1", <span class="specimen-title">{t("nav.home")}</span>],
        ["text", t("design.sample")],
        ["note", <span class="note">{t("design.sample")}</span>],
        ["code", <code>darse project list</code>],
      ]}
    />
  )],
  ["design.buttons", Buttons],
  ["design.states", () => (
    <div class="row">
      {TONES.map((tone) => <Badge key={tone} tone={tone}>{tone}</Badge>)}
    </div>
  )],
  ["design.notices", () => (
    <div class="stack">
      {TONES.slice(0, 4).map((tone) => <Notice key={tone} tone={tone}>{sample()}</Notice>)}
    </div>
  )],
  ["design.table", SampleTable],
  ["design.forms", () => (
    <Form submit={async () => toast(t("state.saved"))} action={t("action.save")}>
      <TextField name="name" label={t("design.word")} hint={t("design.sample")} />
      <SelectField
        name="choice"
        label={t("tier.levels")}
        choices={[{ value: "a", text: t("word.level.public") }]}
        optional
      />
    </Form>
  )],
  ["design.steps", Steps],
  ["design.tabs", () => (
    <Tabs
      label={t("design.tabs")}
      tabs={[
        { id: "one", text: t("project.overview"), icon: "info", content: sample },
        { id: "two", text: t("project.data"), icon: "data", content: () => <Buttons /> },
      ]}
    />
  )],
  ["design.progress", () => (
    <div class="stack">
      <Progress label="survey.csv" value={42} max={100} since={BEGAN} />
      <Progress label="register.parquet" />
    </div>
  )],
  ["design.dialog", Opener],
  ["design.term", () => (
    <p>
      <Term name="accreditation" /> · <Term name="bubble" />
    </p>
  )],
  ["design.commands", () => (
    <Command
      lines={[
        { cli: ["project", "list"], call: { method: "GET", path: "/projects" } },
        {
          text: t("action.edit"),
          cli: ["project", "edit", "health", "--title", "Demand for health care"],
          call: { method: "PATCH", path: "/projects/prj-…", body: { title: "Demand for health care" } },
        },
      ]}
    />
  )],
  ["design.empty", () => (
    <div class="stack">
      <Empty icon="inbox" title={t("home.no_task")} actions={<a class="button" href="/">{t("not_found.home")}</a>}>
        {sample()}
      </Empty>
      <div class="specimen-waiting"><Waiting /></div>
      <ProblemNotice
        problem={{ type: "about:blank", title: "", status: 503, reason: "web.status_503", detail: "", request: "req-…" }}
        retry={() => {}}
      />
    </div>
  )],
  ["design.icons", Icons],
];

export function Design() {
  return (
    <Page title={t("design.title")} lead={t("design.lead")}>
      <div class="stack-wide">
        {PARTS.map(([title, Part]) => (
          <Panel key={title} title={t(title as "design.title")}>
            <Part />
          </Panel>
        ))}
      </div>
    </Page>
  );
}
