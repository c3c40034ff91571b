// SPDX-License-Identifier: Apache-2.0
// Things of an invented platform, in the forms of the API, for looking at pages and states that a
// real server shows only for a moment.
import { platform } from "./fixtures_platform.mjs";

/** Rules of which only those in EXTRA are in force. */
const rulesOf = (extra) => ({
  minimum_count: 0, minimum_contributors: 0, dominance: [], p_percent: 0, q_percent: 0, coalition: 0,
  max_group_percent: 0, margin_percent: 0, rounding_base: 0, zero_is_unsafe: false, ...extra,
});

const day = 24 * 3600 * 1000;
const at = (days) => new Date(Date.now() + days * day).toISOString();
const brief = (id, login, name) => ({ id, login, name });

const ministry = { id: "org-ministry", name: "Ministère de la Cohésion", kind: "administration" };
const university = { id: "org-university", name: "Université du Littoral", kind: "university" };
const institute = { id: "org-institute", name: "Institut de statistique", kind: "statistics" };

const people = {
  officer: { ...brief("per-officer", "officer", "Odile Ferrand"), organisation: ministry, roles: ["officer"] },
  producer: { ...brief("per-producer", "producer", "Paul Nguyen"), organisation: institute, roles: ["producer"] },
  committee: { ...brief("per-committee", "committee", "Claire Diallo"), organisation: institute, roles: ["committee"] },
  lead: { ...brief("per-lead", "lead", "Lucie Martin"), organisation: university, roles: [] },
  scientist: { ...brief("per-scientist", "scientist", "Samir Haddad"), organisation: university, roles: [] },
  checker1: { ...brief("per-checker1", "checker1", "Chloé Bernard"), organisation: institute, roles: ["checker"] },
  business: { ...brief("per-business", "business", "Basile Fournier"), organisation: ministry, roles: [] },
  auditor: { ...brief("per-auditor", "auditor", "Antoine Leroy"), organisation: ministry, roles: ["auditor"] },
};
for (const person of Object.values(people)) {
  Object.assign(person, {
    email: `${person.login}@example.org`,
    language: "en",
    has_second_factor: person.login !== "lead",
    disabled: false,
  });
}
const mini = ({ id, login, name }) => ({ id, login, name });

const tierRules = {
  open: { levels: ["public"], display: "web", checkers: 0, lake_put_outside: true, lake_get_outside: true, second_factor: false },
  restricted: { levels: ["public", "scientific"], display: "web", checkers: 1, lake_put_outside: true, lake_get_outside: false, second_factor: true },
  secure: { levels: ["public", "scientific", "secure"], display: "pixels", checkers: 2, lake_put_outside: false, lake_get_outside: false, second_factor: true },
};

const project = (id, title, tier, state, extra = {}) => ({
  id,
  slug: id.slice(4),
  title,
  summary:
    "How much do people go to the doctor when care is free? Outpatient visits by coinsurance rate, age and health status, 1974 to 1982.",
  organisation: university,
  route: "research",
  purpose: "research",
  legal_basis: "Code du patrimoine, art. L. 213-3",
  tier,
  state,
  state_reason: state === "frozen" ? "An inspection of the room is under way." : "",
  encrypted: tier !== "open",
  bucket_quota_bytes: 10_000_000_000,
  starts: at(-60),
  ends: at(700),
  created: at(-61),
  my_roles: ["scientist"],
  tier_rules: tierRules[tier],
  ...extra,
});

const projects = [
  project("prj-health", "Demand for health care", "restricted", "open"),
  project("prj-turnover", "Concentration of turnover by employment area", "secure", "open"),
  project("prj-cohesion", "Territorial cohesion indicators", "open", "frozen", {
    organisation: ministry,
    route: "own_administration",
    purpose: "evaluation",
    my_roles: ["business"],
  }),
];
const projectBrief = (p) => ({ id: p.id, title: p.title, tier: p.tier, route: p.route });

const variables = [
  { name: "mdvis", label: "Outpatient medical visits in the year", type: "integer", missing: 0, distinct: 61 },
  { name: "lncoins", label: "Logarithm of the coinsurance rate plus one", type: "number", missing: 0, distinct: 4 },
  { name: "idp", label: "Individual deductible plan", description: "1 if the plan has a deductible per person.", type: "boolean", missing: 0, distinct: 2 },
  { name: "ndisease", label: "Number of chronic diseases", type: "number", missing: 212, distinct: 53 },
  { name: "hlthp", label: "Poor health, self-assessed", type: "boolean", missing: 3, distinct: 2 },
];

const source = {
  id: "src-rand",
  slug: "rand-hie",
  title: "Health Insurance Experiment",
  summary:
    "A randomised experiment on cost sharing: 20 190 person-years of families in six American cities, with plan, visits and health status.",
  organisation: institute,
  legal_basis: "Law 51-711, article 7bis",
  routes: ["research"],
  purposes: ["research", "official_statistics", "evaluation"],
  rule_pack: "fr-persons",
  stewards: [mini(people.producer)],
  mine: false,
  theme: "health",
  levels: ["scientific", "secure"],
  dataset_count: 2,
  published: at(-40),
  created: at(-90),
  uses: [{ route: "research", terms: ["project_open", "member", "steward_agreement", "committee_opinion", "undertaking"], purposes: ["research", "official_statistics", "evaluation"], own_organisation: false }],
};
const dataset = (id, title, level, extra = {}) => ({
  id,
  source: { id: source.id, slug: source.slug, title: source.title },
  slug: id.slice(4),
  title,
  vintage: "1974-1982",
  version: 1,
  level,
  state: "published",
  failure: "",
  file_name: "rand.csv",
  file_size: 1_634_220,
  file_sha256: "9f2b6a4de1c07a5be35b1d7a2f8c40bd0a6e1f53c9be8a77d2e40f61c85b9a10",
  rows: 20190,
  variables,
  encrypted: true,
  published: at(-40),
  path: `/data/rand-hie/${id.slice(4)}`,
  tiers: level === "secure" ? ["secure"] : ["restricted", "secure"],
  has_report: level === "scientific",
  ...extra,
});
const datasets = [
  dataset("dts-rand-fpr", "Person-years, scientific use", "scientific"),
  dataset("dts-rand-suf", "Person-years, secure use", "secure"),
];
source.datasets = datasets;
const enterprise = {
  ...source,
  id: "src-enterprises",
  slug: "enterprises",
  title: "Enterprise register (invented)",
  summary: "Units with activity, size class, region and turnover.",
  organisation: ministry,
  theme: "business",
  routes: ["research", "own_administration"],
  rule_pack: "fr-enterprises",
  datasets: [],
};
const riskLine = (records, columns, uniques, below_k, below_k_wildcard, expected, identifiers) => ({ records, columns, uniques, below_k, below_k_wildcard, expected, identifiers });
const protection = (id, state, extra = {}) => ({
  id,
  source: source.id,
  slug: "person-years-fpr",
  title: "Person-years, scientific use",
  vintage: "1974-1982",
  level: "scientific",
  state,
  failure: "",
  file_name: "persons-raw.csv",
  file_size: 2_184_220,
  file_sha256: "9f2b6a4de1c07a5be35b1d7a2f8c40bd0a6e1f53c9be8a77d2e40f61c85b9a10",
  recipe_title: "Persons, scientific use file",
  domains: ["person", "family"],
  project: null,
  done: 0,
  step: "",
  summary: null,
  dataset: null,
  created_by: people.producer.name,
  created: at(-0.02),
  changed: at(-0.01),
  ...extra,
});
const risk = { before: riskLine(20190, 14, 182, 694, 694, 683, 5), after: riskLine(20190, 9, 27, 42, 0, 363.7, 0) };
const protections = [
  protection("prt-ready", "ready", { summary: risk }),
  protection("prt-running", "running", { done: 0.62, step: "suppress" }),
  protection("prt-failed", "failed", { failure: 'Step 3 (suppress): There is no column "ctiy".' }),
  protection("prt-done", "published", { summary: risk, dataset: "dts-rand-fpr" }),
];
const keys = [
  { id: "key-person", domain: "person", organisation: { id: institute.id, name: institute.name }, project: null, created_by: people.producer.name, created: at(-40), lives: true, destroyed: null, destroyed_by: "", reason: "" },
  { id: "key-family", domain: "family", organisation: { id: institute.id, name: institute.name }, project: { id: projects[0].id, title: projects[0].title }, created_by: people.producer.name, created: at(-300), lives: false, destroyed: at(-12), destroyed_by: people.officer?.name ?? "Olivia", reason: "End of the agreement" },
];
const datasetBrief = (d) => ({ id: d.id, title: d.title, vintage: d.vintage, version: 1, slug: d.slug, state: d.state, level: d.level, source: d.source });
const facets = {
  total: 2,
  producers: [{ id: "org-institute", name: institute.name, count: 1 }, { id: "org-ministry", name: ministry.name, count: 1 }],
  themes: [{ value: "health", count: 1 }, { value: "business", count: 1 }],
  levels: [{ value: "scientific", count: 2 }, { value: "secure", count: 2 }],
  routes: [{ value: "research", count: 2 }, { value: "own_administration", count: 1 }],
  purposes: [{ value: "research", count: 2 }, { value: "evaluation", count: 1 }],
};
const opening = (d, allowed, state, reason = "") => ({ dataset: d.id, allowed, reason, detail: "", state, application: state === "none" ? null : "app-draft" });
const openings = [
  { project: projectBrief(projects[0]), datasets: [opening(datasets[0], true, "draft"), opening(datasets[1], false, "none", "policy.tier_level")] },
  { project: projectBrief(projects[1]), datasets: [opening(datasets[0], true, "accredited"), opening(datasets[1], true, "none")] },
];

const term = (name, met, extra = {}) => ({ term: name, met, reason: null, detail: null, by: null, signed: null, expires: null, waits_for: [], fact: null, ...extra });
const signed = (by, days, until) => ({ by, signed: at(-days), expires: until ? at(until) : null, fact: `fct-${by}-${days}` });
const right = (person, data, holds) => ({
  person: mini(person),
  dataset: datasetBrief(data),
  holds,
  terms: [
    term("project_open", true),
    term("member", true),
    term("steward_agreement", true, signed("Paul Nguyen", 12, 300)),
    holds
      ? term("committee_opinion", true, signed("Claire Diallo", 8, 300))
      : term("committee_opinion", false, { reason: "accreditation.opinion_missing", detail: "The committee has not given its opinion yet.", waits_for: ["committee"] }),
    holds
      ? term("undertaking", true, signed(person.name, 6))
      : term("undertaking", false, { reason: "accreditation.undertaking_missing", detail: "The person has not signed the undertaking yet.", waits_for: [person.name] }),
  ],
});

const event = (what, days, by, extra = {}) => ({ what, at: at(-days), by, term: null, outcome: null, dataset: null, person: null, comment: "", ...extra });
const applicant = (person, ...roles) => ({ ...mini(person), organisation: person.organisation.name, roles });
const application = (id, state, extra = {}) => ({
  id,
  project: { ...projectBrief(projects[0]), summary: projects[0].summary, purpose: "research", legal_basis: projects[0].legal_basis, organisation: university.name, starts: at(-60), ends: at(700), leads: ["Lucie Martin"] },
  state,
  justification:
    "We estimate the price elasticity of outpatient visits with a count model.\nPublished tables do not cross coinsurance with chronic disease, hence person-years are needed.",
  created_by: mini(people.scientist),
  created: at(-14),
  submitted: state === "draft" ? null : at(-13),
  decided: null,
  changed: at(-13),
  until: at(500),
  answers: { method: "Count models, by coinsurance and health status.", results: "Two tables and a figure in a working paper." },
  round: 1,
  version: 3,
  missing: [],
  sections: ["method", "minimisation", "results", "funding"],
  terms: ["project_open", "member", "steward_agreement", "committee_opinion", "undertaking"],
  may: { edit: false, submit: false, withdraw: false, agree: [], opine: false, undertake: false },
  rounds: state === "draft" ? [] : [{ round: 1, justification: "We estimate elasticities.", answers: {}, until: null, submitted: at(-13), by: "Samir Haddad" }],
  history: [
    event("created", 14, "Samir Haddad"),
    ...(state === "draft" ? [] : [event("submitted", 13, "Samir Haddad")]),
  ],
  datasets: datasets.map(datasetBrief),
  persons: [applicant(people.scientist, "scientist"), applicant(people.lead, "lead")],
  agreements: [],
  opinion: null,
  undertakings: [],
  needs: [
    ...datasets.map((d) => ({ term: "steward_agreement", dataset: d.id, person: null, waits_for: ["Paul Nguyen"] })),
    { term: "committee_opinion", dataset: null, person: null, waits_for: ["committee"] },
  ],
  ...extra,
});
const applications = [
  application("app-new", "submitted"),
  application("app-agreed", "submitted", {
    created: at(-20),
    agreements: datasets.map((d) => ({ dataset: d.id, outcome: "agreed", comment: "Within the purpose of the survey.", by: "Paul Nguyen", signed: at(-12), expires: at(300), revoked: false, fact: "fct-a" })),
    needs: [
      { term: "committee_opinion", dataset: null, person: null, waits_for: ["committee"] },
      { term: "undertaking", dataset: datasets[0].id, person: mini(people.scientist), waits_for: ["Samir Haddad"] },
    ],
  }),
  application("app-adjourned", "adjourned", {
    round: 2,
    opinion: { dataset: null, outcome: "adjourned", comment: "Say how large families are protected.", by: "Claire Diallo", signed: at(-2), expires: null, revoked: false, fact: "fct-o" },
    agreements: datasets.map((d) => ({ dataset: d.id, outcome: "agreed", comment: "", by: "Paul Nguyen", signed: at(-12), expires: null, revoked: false, fact: "fct-a" })),
    needs: [{ term: "submit", dataset: null, person: null, waits_for: ["applicant"] }],
    history: [
      event("created", 14, "Samir Haddad"), event("submitted", 13, "Samir Haddad"),
      event("signed", 12, "Paul Nguyen", { term: "steward_agreement", outcome: "agreed", dataset: "dts-rand-fpr" }),
      event("signed", 2, "Claire Diallo", { term: "committee_opinion", outcome: "adjourned", comment: "Say how large families are protected." }),
    ],
  }),
  application("app-draft", "draft", { may: { edit: true, submit: true, withdraw: true, agree: [], opine: false, undertake: false }, needs: [{ term: "submit", dataset: null, person: null, waits_for: ["Samir Haddad"] }] }),
];

/** What the reader may do depends on who reads. */
function applicationFor(found, login) {
  const works = login === "scientist" || login === "lead";
  const asked = found.state !== "draft";
  const edit = works && (found.state === "draft" || found.state === "adjourned");
  return {
    ...found,
    may: { edit, submit: edit, withdraw: works, agree: asked && login === "producer" ? datasets.map((d) => d.id) : [], opine: asked && login === "committee", undertake: asked && works },
  };
}
const earlier = [
  { application: "app-old", project: "Hospital stays", dataset: datasets[0].title, source: source.title, term: "steward_agreement", outcome: "agreed", comment: "For two years.", by: "Paul Nguyen", signed: at(-200), expires: at(400), revoked: false, same_project: false, same_persons: true },
  { application: "app-older", project: "Hospital stays", dataset: null, source: null, term: "committee_opinion", outcome: "unfavourable", comment: "Too wide.", by: "Claire Diallo", signed: at(-400), expires: null, revoked: false, same_project: false, same_persons: false },
];

const step = (number, name, ms, detail = "") => ({ number, step: name, detail, time: new Date(Date.now() - 600_000 + ms).toISOString() });
const service = (id, name, state, events, extra = {}) => ({
  id,
  project: "prj-health",
  person: mini(people.scientist),
  definition: "jupyter",
  name,
  state,
  state_reason: "",
  state_detail: "",
  created: new Date(Date.now() - 600_000).toISOString(),
  ready: null,
  ended: null,
  active: new Date(Date.now() - 60_000).toISOString(),
  ends: at(0.45),
  ends_at_most: at(29),
  cpus: 2,
  memory_mib: 4096,
  mine: true,
  events,
  mounts: [{ path: "/data/rand-hie/rand-fpr", dataset: "dts-rand-fpr", title: datasets[0].title, level: "scientific" }],
  ...extra,
});
const services = [
  service("svc-ready", "JupyterLab", "ready", [step(1, "queued", 0), step(2, "starting", 8), step(3, "container", 212), step(4, "listening", 1420), step(5, "ready", 1503), step(6, "prolonged", 300_000, at(0.45))]),
  service("svc-starting", "Estimates, second try", "starting", [step(1, "queued", 0), step(2, "starting", 9), step(3, "container", 230)]),
  service("svc-frozen", "JupyterLab", "stopped", [step(1, "queued", 0), step(2, "starting", 8), step(3, "container", 212), step(4, "listening", 1420), step(5, "ready", 1503), step(6, "freezing", 90_000), step(7, "stopped", 90_800)], {
    state_reason: "policy.not_accredited",
    state_detail: "You are not accredited for this dataset in this project.",
    ended: at(-0.001),
  }),
  service("svc-ending", "JupyterLab", "ready", [step(1, "queued", 0), step(5, "ready", 1503)], {
    ends: at(0.009),
    person: mini(people.lead),
  }),
];

const file = (id, name, verdict, flags) => ({
  id,
  name,
  size: 1834,
  sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
  kind: "csv",
  declaration: {
    count: "n", contributors: null, total: "visits", absolute: null, largest: "largest", next: [],
    dimensions: [{ column: "plan", total: null, nested: false }, { column: "health", total: null, nested: false }],
  },
  verdict,
  lint: {
    rows: 8,
    columns: ["plan", "health", "n", "visits"],
    basis: "author_declaration",
    verdict,
    summary: {
      cells: 8, suppressed: 0, safe: 8 - flags.length, flagged: flags.length, by_rule: {},
      applied: ["minimum_count", "dominance"], not_applied: [], short_of: [],
    },
    structure: { state: "not_needed", dimensions: ["plan", "health"], relations: 6, hidden: 0, recomputable: 0 },
    withheld: ["largest"],
    checked_sha256: "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
    flags,
    flags_listed_all: true,
    notes: [],
    packs: ["fr-persons"],
    rules: rulesOf({ minimum_count: 11, dominance: [{ contributors: 1, percent: 85 }] }),
  },
  removed_round: null,
  round: 1,
  added: at(-1),
});
const flags = [
  { row: 3, column: "n", rule: "minimum_count", value: "4", measure: 4, limit: 11, contributors: 0 },
  { row: 6, column: "visits", rule: "dominance", value: "66", measure: 90.9, limit: 85, contributors: 1 },
];
const right_ = (allowed, reason = "", detail = "") => ({ allowed, reason, detail });
const may = (...verbs) => Object.fromEntries(["edit", "submit", "review", "release", "withdraw", "read_files"].map((verb) => [verb, verbs.includes(verb)]));
const anExport = (id, state, extra = {}) => ({
  id,
  project: projectBrief(projects[0]),
  author: mini(people.scientist),
  title: "Visits by plan and health status",
  context:
    "Cross-table of outpatient visits by plan (four coinsurance rates) and self-assessed health.\nPopulation: person-years of the experiment. Unit behind each count: a person-year.",
  state,
  round: 2,
  created: at(-3),
  submitted: state === "draft" ? null : at(-1),
  decided: null,
  released: null,
  checkers_needed: 1,
  reviews: [{ checker: mini(people.checker1), decision: "return", comment: "Row 3 has four persons only: suppress it or merge the classes.", round: 1, reviewed: at(-2) }],
  files: [{ ...file("xfl-table", "visits_by_plan.csv", "flagged", flags), round: 2 }, file("xfl-second", "visits_rounded.csv", "pass", [])],
  reviews_given: 0,
  files_count: 2,
  files_flagged: 1,
  rounds: [
    { round: 1, title: "Visits by plan and health status", context: "Cross-table of outpatient visits by plan.", submitted: at(-2.5) },
    ...(state === "draft" ? [] : [{ round: 2, title: "Visits by plan and health status", context: "Cross-table of outpatient visits by plan (four coinsurance rates).", submitted: at(-1) }]),
  ],
  rule_pack: { packs: [{ name: "fr-persons", version: 1, title: "Persons", reference: "Usual practice" }], rules: rulesOf({ minimum_count: 11, dominance: [{ contributors: 1, percent: 85 }] }) },
  removed_files: [{ ...file("xfl-before", "visits_by_plan.csv", "flagged", flags), removed_round: 2 }],
  may: may(),
  ...extra,
});
const exports_ = [
  anExport("exp-draft", "draft", { may: may("edit", "submit", "withdraw", "read_files") }),
  anExport("exp-review", "submitted", { may: may("review", "read_files") }),
  anExport("exp-approved", "approved", { may: may("release"), decided: at(-0.5) }),
];
const preview = {
  format: "csv",
  offset: 0,
  rows: 8,
  columns: [
    { name: "plan", type: "text" },
    { name: "health", type: "text" },
    { name: "n", type: "integer" },
    { name: "visits", type: "integer" },
    { name: "largest", type: "integer" },
  ],
  values: [
    ["free", "good", "4210", "18230", "62"],
    ["free", "fair", "812", "4620", "60"],
    ["free", "poor", "4", "96", "40"],
    ["25 %", "good", "3120", "9840", "44"],
    ["25 %", "fair", "640", "2712", "52"],
    ["25 %", "poor", "31", "66", "60"],
    ["95 %", "good", "3904", "10020", "51"],
    ["95 %", "fair", "702", "2534", "39"],
  ],
  flags,
};

const entry = (sequence, verb, actor, object, extra = {}) => ({ sequence, time: at(-sequence / 50), verb, actor: actor.id, object, project: "prj-health", outcome: "done", details: {}, ...extra });
const entries = [
  entry(412, "service.launch", people.scientist, "svc-ready", { details: { datasets: ["dts-rand-fpr"] } }),
  entry(411, "export.review", people.checker1, "exp-review", { details: { decision: "return" } }),
  entry(410, "service.launch", people.lead, null, { outcome: "denied", reason: "policy.second_factor" }),
];

const choice = (en, fr, unit, values, normal) => ({ type: "integer", title: en, "x-title": { en, fr }, "x-unit": unit, enum: values, default: normal });
const definition = {
  id: "jupyter",
  title: "JupyterLab",
  summary: { en: "Notebooks, Python and a terminal.", fr: "Carnets, Python et un terminal." },
  display: "web",
  image: "darse/jupyter:1",
  schema: {
    type: "object",
    additionalProperties: false,
    properties: {
      cpus: choice("Processors", "Processeurs", "cpu", [1, 2, 4, 8], 2),
      memory_mib: choice("Memory", "Mémoire", "mebibyte", [512, 1024, 2048, 4096, 8192, 16384], 2048),
      hours: choice("Lifetime", "Durée de vie", "hour", [1, 2, 4, 8, 12, 24, 48, 168], 12),
    },
  },
  start: { count: 32, median_ms: 1480, slow_ms: 2310 },
};
const launchLook = (project) => ({
  allowed: project !== "prj-turnover",
  reason: project === "prj-turnover" ? "policy.pixels_only" : null,
  detail: project === "prj-turnover" ? "This project needs a service that sends pixels only." : null,
  mounts: project === "prj-health" ? [{ path: "/data/rand-hie/rand-fpr", dataset: "dts-rand-fpr", title: datasets[0].title, level: "scientific" }] : [],
  quotas: { services: { used: 2, most: 3 }, cpus: { used: 4, most: 16 }, memory_mib: { used: 8192, most: 32768 } },
});
const list = (items) => ({ items, next: null });
const tasks = {
  scientist: [
    { kind: "sign_undertaking", project: projectBrief(projects[0]), object: "app-agreed", title: "Person-years, scientific use", since: at(-2) },
    { kind: "export_returned", project: projectBrief(projects[0]), object: "exp-draft", title: "Visits by plan and health status", since: at(-0.2) },
    { kind: "export_approved", project: projectBrief(projects[0]), object: "exp-approved", title: "Elasticities", since: at(-0.1) },
  ],
  producer: [{ kind: "agree", project: projectBrief(projects[0]), object: "app-new", title: "Person-years, scientific use", since: at(-5) }],
  committee: [{ kind: "opine", project: projectBrief(projects[0]), object: "app-agreed", title: "Person-years, scientific use", since: at(-3) }],
  checker1: [{ kind: "review_export", project: projectBrief(projects[0]), object: "exp-review", title: "Visits by plan and health status", since: at(-1) }],
};

const session = (login, language) => ({ person: { ...people[login], language }, csrf: "none", second_factor: true, expires: at(0.5), idle_seconds: 7200 });
const own = (service, login) => ({ ...service, mine: service.person.login === login });

/** The answer to GET PATH for LOGIN, or undefined. */
export function answer(path, login, language) {
  const find = (items, prefix) => items.find((item) => path === `/${prefix}/${item.id}`);
  const fixed = {
    "/about": { version: "0.1.0", demonstration: true, portal_url: "http://localhost:8080", lake_url: "http://localhost:8081", services_suffix: ".localhost:8080", languages: ["fr", "en"] },
    "/session": login && session(login, language),
    "/me/tasks": list(tasks[login] ?? []),
    "/me/sessions": list([
      { id: "ses-1", address: "127.0.0.1", agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/142", second_factor: true, created: at(-0.2), seen: at(0), expires: at(1), current: true },
      { id: "ses-2", address: "10.0.0.7", agent: "Mozilla/5.0 (Windows NT 10.0) Firefox/140", second_factor: true, created: at(-3), seen: at(-1), expires: at(1), current: false },
    ]),
    "/me/tokens": list([{ id: "tok-1", name: "nightly figures", scopes: ["read", "work"], created: at(-10), used: at(-1), expires: at(20), current: false }]),
    "/organisations": list([ministry, university, institute].map((one, at) => ({ ...one, persons: at * 17 }))),
    "/persons": list(Object.values(people)),
    "/projects": list(login === "producer" || login === "committee" || login === "checker1" ? [] : projects),
    "/sources": list([source, enterprise]),
    "/source-facets": facets,
    "/sources/src-rand/protections": list(protections),
    "/pseudonym-keys": list(keys),
    "/rule-packs": list([
      { name: "fr-persons", version: 1, title: "Persons, French practice", reference: "", rules: rulesOf({ minimum_count: 11, zero_is_unsafe: true }) },
      { name: "fr-enterprises", version: 1, title: "Enterprises, French practice", reference: "", rules: rulesOf({ minimum_count: 3, dominance: [{ contributors: 1, percent: 85 }] }) },
    ]),
    "/definitions": list([definition]),
    "/services": list(login === "scientist" ? services.slice(0, 2) : login === "lead" ? services.slice(3) : []),
    "/applications": list(applications),
    "/exports": list([exports_[1]]),
    "/audit": list(entries),
    "/audit/checkpoint": { checkpoint: "localhost/darse\n412\nq8Zt3pNqB2m1v0p6uYl2mXx1s9Q=\n\n— localhost/darse Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=", key: "localhost/darse+1a2b3c4d+AZtq" },
    ...platform(login),
  };
  if (path in fixed) return fixed[path];
  const found =
    find(projects, "projects") ?? find(datasets, "datasets") ?? find(protections, "protections") ??
    find(exports_, "exports");
  if (found) return found;
  const offered = find([source, enterprise], "sources");
  if (offered) return { ...offered, mine: login === "producer" };
  const asking = find(applications, "applications");
  if (asking) return applicationFor(asking, login);
  if (/\/earlier$/.test(path)) return list(earlier);
  if (/\/openings$/.test(path)) return list(openings);
  const running = find(services, "services");
  if (running) return own(running, login);
  if (/xfl-before\/preview$/.test(path))
    return { ...preview, rows: 7, values: preview.values.slice(0, 7).map((row, at) => (at === 2 ? [...row.slice(0, 2), "3", ...row.slice(3)] : row)) };
  if (/\/preview$/.test(path)) return preview;
  const launched = /^\/projects\/(prj-[a-z]+)\/launch$/.exec(path)?.[1];
  if (launched) return launchLook(launched);
  const section = /^\/projects\/(prj-[a-z]+)\/([a-z-]+)$/.exec(path)?.[2];
  const sections = {
    members: list([
      { person: "per-lead", login: "lead", name: "Lucie Martin", roles: ["lead", "scientist"], starts: at(-60), ends: at(700) },
      { person: "per-scientist", login: "scientist", name: "Samir Haddad", roles: ["scientist"], starts: at(-60), ends: at(300) },
    ]),
    accreditations: list([right(people.lead, datasets[0], true), right(people.scientist, datasets[0], true), right(people.scientist, datasets[1], false)]),
    services: list(services),
    files: {
      place: "project",
      path: "",
      count: 6,
      next: null,
      items: [
        { name: "notebooks", kind: "folder", size: 0, modified: at(-2) },
        { name: "age_pyramid.png", kind: "file", size: 48_213, modified: at(-3) },
        { name: "latest", kind: "link", size: 0, modified: at(-1) },
        { name: "visits_by_plan_and_region_with_a_name_that_goes_on_for_quite_a_while.csv", kind: "file", size: 1834, modified: at(-1) },
        { name: "visits_rounded.csv", kind: "file", size: 1712, modified: at(-0.5) },
        { name: "run.socket", kind: "other", size: 0, modified: at(-0.1) },
      ],
      may: {
        show: right_(true),
        get: right_(false, "policy.files_out", "The tier lets no file be downloaded but through the airlock."),
        put: right_(true),
        change: right_(true),
      },
    },
    exports: list(exports_),
    journal: list(entries),
    bucket: { bucket: "health", endpoint: "http://localhost:8081", objects: 12, bytes: 2_340_000_000, quota_bytes: 10_000_000_000 },
    "lake-keys": list([{ access_key: "DARSEXK7Q2M4ZP", expires: at(25) }]),
  };
  return sections[section];
}
