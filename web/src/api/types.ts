// SPDX-License-Identifier: Apache-2.0
// Generated from the API document by ../../types.mjs; to change it, change the rooms' tables of fields,
// then `npm run types`.

/** A page of a list. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface About {
  demonstration: boolean;
  encryption: Encryption;
  lake_url: string;
  languages: string[];
  portal_url: string;
  /** What follows a service's identifier in the host of its own origin */
  services_suffix: string;
  version: string;
}

export interface Accreditation {
  dataset: DatasetTitle;
  holds: boolean;
  person: PersonBrief;
  terms: Term[];
}

export interface AccreditationPage {
  items: Accreditation[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Agreement {
  by: string;
  comment: string;
  dataset: string;
  expires: string | null;
  fact: string;
  outcome: "agreed" | "refused" | "favourable" | "adjourned" | "unfavourable" | "signed" | "needed";
  revoked: boolean;
  signed: string;
}

export interface AgreementNew {
  /** Required of a refusal */
  comment?: string | null;
  dataset: string;
  expires?: string | null;
  outcome: "agreed" | "refused";
}

export interface Alive {
  ok: boolean;
}

export interface Applicant {
  id: string;
  login: string;
  name: string;
  organisation: string;
  roles: ("lead" | "scientist" | "business")[];
}

export interface Application {
  agreements: Agreement[];
  answers: ApplicationTexts;
  /** Last saved */
  changed: string | null;
  created: string;
  created_by: PersonBrief;
  datasets: DatasetBrief[];
  decided: string | null;
  /** What happened, oldest first */
  history?: ApplicationEvent[] | null;
  id: string;
  justification: string;
  /** What the caller may do now; this and the following: not in lists */
  may?: ApplicationMay | null;
  /** What submitting still needs */
  missing: ("datasets" | "persons" | "justification")[];
  needs: Need[];
  opinion: Opinion | null;
  persons: Applicant[];
  project: ApplicationProject;
  /** Of the last submission */
  round: number;
  /** What was submitted, each time */
  rounds?: ApplicationRound[] | null;
  /** What the route asks in words besides the purpose */
  sections?: ("method" | "minimisation" | "results" | "funding" | "mission")[] | null;
  state: "draft" | "submitted" | "adjourned" | "decided" | "withdrawn";
  submitted: string | null;
  /** What an accreditation needs on this route */
  terms?: ("project_open" | "member" | "steward_agreement" | "committee_opinion" | "need_to_know" | "undertaking")[] | null;
  undertakings: Undertaking[];
  /** Until when it is asked */
  until: string | null;
  version: number;
}

export interface ApplicationEdit {
  /** What the route asks besides; takes the place of all of it */
  answers?: ApplicationTextsNew | null;
  datasets?: string[] | null;
  /** The purpose: what the data are needed for */
  justification?: string | null;
  /** Logins of members */
  persons?: string[] | null;
  /** Until when it is asked */
  until?: string | null;
  /** As read: refused if somebody else has saved meanwhile */
  version?: number | null;
}

export interface ApplicationEvent {
  at: string;
  by: string | null;
  comment: string;
  dataset: string | null;
  outcome: "agreed" | "refused" | "favourable" | "adjourned" | "unfavourable" | "signed" | "needed" | null;
  person: string | null;
  term: "project_open" | "member" | "steward_agreement" | "committee_opinion" | "need_to_know" | "undertaking" | null;
  what: "created" | "submitted" | "signed" | "revoked" | "withdrawn";
}

export interface ApplicationMay {
  /** Datasets whose source is the caller's */
  agree: string[];
  edit: boolean;
  opine: boolean;
  submit: boolean;
  undertake: boolean;
  withdraw: boolean;
}

export interface ApplicationNew {
  /** What the route asks besides; takes the place of all of it */
  answers?: ApplicationTextsNew | null;
  datasets?: string[] | null;
  /** The purpose: what the data are needed for */
  justification?: string | null;
  /** Logins of members */
  persons?: string[] | null;
  /** Until when it is asked */
  until?: string | null;
}

export interface ApplicationPage {
  items: Application[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface ApplicationProject {
  ends?: string | null;
  id: string;
  leads?: string[] | null;
  legal_basis?: string | null;
  organisation?: string | null;
  purpose?: "official_statistics" | "research" | "evaluation" | "management" | "control" | "enforcement" | null;
  route: "research" | "own_administration";
  starts?: string | null;
  /** This and the following: not in lists */
  summary?: string | null;
  tier: "open" | "restricted" | "secure";
  title: string;
}

export interface ApplicationRound {
  answers: ApplicationTexts;
  by: string;
  justification: string;
  round: number;
  submitted: string;
  until: string | null;
}

export interface ApplicationTexts {
  /** Who pays for it, and any interest in the results */
  funding?: string | null;
  /** What will be computed, and how */
  method?: string | null;
  /** Why less detailed data would not do */
  minimisation?: string | null;
  /** The mission of the administration that it serves */
  mission?: string | null;
  /** What will leave, and where it will be published */
  results?: string | null;
}

export interface ApplicationTextsNew {
  /** Who pays for it, and any interest in the results */
  funding?: string | null;
  /** What will be computed, and how */
  method?: string | null;
  /** Why less detailed data would not do */
  minimisation?: string | null;
  /** The mission of the administration that it serves */
  mission?: string | null;
  /** What will leave, and where it will be published */
  results?: string | null;
}

export interface AuditCheck {
  began: string | null;
  detail: string;
  ended: string | null;
  /** How many there are to check */
  entries: number;
  /** Entries whose content was erased, on record */
  erased: number;
  /** What is broken: a stable slug, or empty */
  reason: string;
  /** Entries of the database checked so far */
  rows: number;
  state: "none" | "running" | "holds" | "broken";
  /** Checked so far */
  tiles: number;
}

export interface AuditEntry {
  actor?: string | null;
  address?: string | null;
  details?: unknown;
  /** Its content was erased, on record */
  erased?: boolean | null;
  id: string;
  object?: string | null;
  outcome?: "done" | "denied" | "failed" | null;
  project?: string | null;
  /** Slug of a denial's reason */
  reason?: string | null;
  request?: string | null;
  /** Number of the entry, from 0 without gap */
  sequence: number;
  time: string;
  verb?: string | null;
}

export interface AuditPage {
  items: AuditEntry[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface AuditProof {
  checkpoint: string;
  /** Absent once the content was erased */
  entry?: unknown;
  index: number;
  key: string;
  leaf_data: string;
  /** Hashes, the deepest first */
  proof: string[];
  /** Absent once the content was erased */
  salt?: string | null;
}

export interface Bucket {
  bucket: string;
  /** Of objects, and of the parts of unfinished uploads */
  bytes: number;
  endpoint: string;
  objects: number;
  quota_bytes: number;
}

export interface Changed {
  /** person:…, project:…, exports, applications; missed: read everything again */
  topic: string;
}

export interface Checkpoint {
  /** C2SP signed note */
  checkpoint: string;
  /** Verifier key; compare with the one kept */
  key: string;
  origin: string;
  /** Entries covered */
  size: number;
}

export interface Column {
  name: string;
  type: string;
}

export interface Dataset {
  encrypted: boolean;
  failure: string;
  file_name: string;
  file_sha256: string;
  file_size: number;
  /** Made here by a recipe: its stewards may read the report */
  has_report: boolean;
  id: string;
  level: "public" | "scientific" | "secure";
  /** Where it is seen in a bubble */
  path: string;
  published: string | null;
  rows: number;
  slug: string;
  source: SourceBrief;
  state: "draft" | "reading" | "published" | "failed";
  /** Tiers of project that may hold it */
  tiers: ("open" | "restricted" | "secure")[];
  title: string;
  variables: Variable[];
  version: number;
  vintage: string;
}

export interface DatasetBrief {
  id: string;
  level: "public" | "scientific" | "secure";
  slug: string;
  source: SourceBrief;
  state: "draft" | "reading" | "published" | "failed";
  title: string;
  version: number;
  vintage: string;
}

export interface DatasetNew {
  level: "public" | "scientific" | "secure";
  slug: string;
  title: string;
  variables: VariableNew[];
  /** 2024, 2023-Q4, ... */
  vintage: string;
}

export interface DatasetTitle {
  id: string;
  level: "public" | "scientific" | "secure";
  source: SourceTitle;
  title: string;
}

export interface Declaration {
  absolute: string | null;
  contributors: string | null;
  count: string | null;
  dimensions: Dimension[];
  largest: string | null;
  next: string[];
  total: string | null;
}

export interface DeclarationNew {
  /** Column of sums of absolute values, where some are negative */
  absolute?: string | null;
  /** Column of numbers of respondents, or of groups of enterprises */
  contributors?: string | null;
  /** Column of numbers of units, weights counted */
  count?: string | null;
  /** Columns of categories: how cells add up, so that subtraction can be tried */
  dimensions?: DimensionNew[] | null;
  /** Column of largest contributions; serves the check and is taken out */
  largest?: string | null;
  /** Columns of the second largest, third...; taken out too */
  next?: string[] | null;
  /** Column of totals */
  total?: string | null;
}

export interface Definition {
  display: "web" | "pixels";
  id: string;
  image: string;
  /** JSON Schema of `parameters` at a launch */
  schema: unknown;
  start: LaunchStart;
  summary: InBothLanguages;
  title: string;
}

export interface DefinitionPage {
  items: Definition[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Dimension {
  column: string;
  /** A category is a part of the longest other one that it begins with */
  nested: boolean;
  /** The category that is the total; null: one of the usual words, or none */
  total: string | null;
}

export interface DimensionNew {
  column: string;
  /** A category is a part of the longest other one that it begins with */
  nested?: boolean | null;
  /** The category that is the total */
  total?: string | null;
}

export interface Dominance {
  /** So many of the largest together */
  contributors: number;
  /** may have this share of the total at most */
  percent: number;
}

export interface Duty {
  /** The last failure */
  failed: string | null;
  /** The last run failed */
  failing: boolean;
  /** Its sentence, or empty */
  failure: string;
  failures: number;
  /** null: not since the start */
  last: string | null;
  /** "services.reconcile" */
  name: string;
  next: string;
  period_ms: number;
  /** Since the start */
  runs: number;
  /** The last run */
  took_ms: number;
}

export interface DutyPage {
  items: Duty[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface EarlierDecision {
  application: string;
  by: string;
  comment: string;
  /** Its title */
  dataset: string | null;
  expires: string | null;
  outcome: "agreed" | "refused" | "favourable" | "adjourned" | "unfavourable" | "signed" | "needed";
  /** Its title */
  project: string;
  revoked: boolean;
  /** It named one of these persons */
  same_persons: boolean;
  same_project: boolean;
  signed: string;
  /** Its title */
  source: string | null;
  term: "project_open" | "member" | "steward_agreement" | "committee_opinion" | "need_to_know" | "undertaking";
}

export interface EarlierDecisionPage {
  items: EarlierDecision[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Encryption {
  /** Whether folders are encrypted at rest, each under its own key */
  supported: boolean;
}

export interface Export {
  author: PersonBrief;
  checkers_needed: number;
  context: string;
  created: string;
  decided: string | null;
  files: ExportFile[];
  files_count: number;
  /** Files that did not pass the rules */
  files_flagged: number;
  id: string;
  /** What the caller may do now */
  may: ExportMay;
  project: ExportProject;
  project_id: string;
  released: string | null;
  removed_files: ExportFile[];
  reviews: Review[];
  reviews_given: number;
  round: number;
  /** What was submitted, each time; files tell their rounds themselves */
  rounds: ExportRound[];
  /** The strictest merge of the rule packs of the project's sources */
  rule_pack: MergedRules;
  state: "draft" | "submitted" | "returned" | "approved" | "rejected" | "released" | "withdrawn";
  submitted: string | null;
  title: string;
}

export interface ExportBrief {
  author: PersonBrief;
  checkers_needed: number;
  context: string;
  created: string;
  decided: string | null;
  files_count: number;
  /** Files that did not pass the rules */
  files_flagged: number;
  id: string;
  project: ExportProject;
  project_id: string;
  released: string | null;
  reviews_given: number;
  round: number;
  state: "draft" | "submitted" | "returned" | "approved" | "rejected" | "released" | "withdrawn";
  submitted: string | null;
  title: string;
}

export interface ExportEdit {
  context?: string | null;
  title?: string | null;
}

export interface ExportFile {
  added: string;
  /** Names of the columns declared */
  declaration: Declaration;
  id: string;
  kind: "csv" | "parquet";
  /** The rules applied and the cells flagged */
  lint: Lint;
  name: string;
  removed_round: number | null;
  round: number;
  sha256: string;
  size: number;
  verdict: "pass" | "flagged" | "incomplete";
}

export interface ExportFileNew {
  declaration: DeclarationNew;
  /** Name in the package; the file's own by default */
  name?: string | null;
  /** Below /project */
  path: string;
}

export interface ExportMay {
  edit: boolean;
  read_files: boolean;
  release: boolean;
  review: boolean;
  submit: boolean;
  withdraw: boolean;
}

export interface ExportNew {
  /** What the tables are: population, variables, method */
  context: string;
  title: string;
}

export interface ExportPage {
  items: ExportBrief[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface ExportProject {
  id: string;
  tier: "open" | "restricted" | "secure";
  title: string;
}

export interface ExportRound {
  context: string;
  round: number;
  submitted: string;
  title: string;
}

export interface FacetCount {
  count: number;
  value: string;
}

export interface FacetProducer {
  count: number;
  id: string;
  name: string;
}

export interface Fact {
  fact: string;
}

export interface FileChanged {
  path: string;
  place: "project" | "home" | "bucket";
  size?: number | null;
}

export interface FileMove {
  path: string;
  /** The project's volume (by default), my home in it, or its bucket */
  place?: "project" | "home" | "bucket" | null;
  /** In the same place */
  to: string;
}

export interface FilePreview {
  columns?: Column[] | null;
  encoding?: "utf-8" | "latin-1" | null;
  height?: number | null;
  kind: "table" | "text" | "image" | "none";
  path: string;
  place: "project" | "home" | "bucket";
  /** The picture made anew, in base64 */
  png?: string | null;
  /** Why it is not shown as what its name says */
  problem?: string | null;
  /** Of the whole table; null: cut before its end */
  rows?: number | null;
  size: number;
  text?: string | null;
  /** The file goes on */
  truncated: boolean;
  /** The first rows */
  values?: ((string | null)[])[] | null;
  width?: number | null;
}

export interface FileRow {
  kind: "file" | "folder" | "link" | "other";
  /** null for the folders of a bucket */
  modified: string | null;
  name: string;
  size: number;
}

export interface Files {
  /** Names in the folder; null: not counted */
  count: number | null;
  items: FileRow[];
  /** What the caller may do here, and why not the rest */
  may: FilesMay;
  /** Cursor of the next page; null at the end */
  next: string | null;
  path: string;
  place: "project" | "home" | "bucket";
}

export interface FilesMay {
  change: Right;
  get: Right;
  put: Right;
  show: Right;
}

export interface Flag {
  column: string;
  /** Of dominance, how many together; of p %, the coalition; else 0 */
  contributors: number;
  /** What the rule asks */
  limit: number | null;
  /** What the cell has: units, or a share in percent. null: as above, or no figure */
  measure: number | null;
  /** 1 is the first after the header */
  row: number;
  rule: "minimum_count" | "minimum_contributors" | "dominance" | "p_percent" | "group" | "zero" | "rounding" | "undecided" | "invalid" | "recomputable" | "difference";
  /** null: for those who may read the file */
  value: string | null;
}

export interface FolderNew {
  path: string;
  /** The project's volume (by default), my home in it, or its bucket */
  place?: "project" | "home" | "bucket" | null;
}

export interface Health {
  /** The engine answers: for officers and auditors */
  engine?: boolean | null;
  ok: boolean;
  /** The database can be written: for officers and auditors */
  store?: boolean | null;
}

export interface InBothLanguages {
  en: string;
  fr: string;
}

export interface JournalEntry {
  /** Person, service or system; empty: not for the project to know */
  actor?: string | null;
  /** Told to auditors */
  address?: string | null;
  details?: unknown;
  /** Its content was erased, on record: the rest is absent */
  erased?: boolean | null;
  key: string;
  object?: string | null;
  outcome?: "done" | "denied" | "failed" | null;
  project?: string | null;
  /** Slug of a denial's reason */
  reason?: string | null;
  request?: string | null;
  /** Number of the entry, from 0 without gap */
  sequence: number;
  time: string;
  verb?: string | null;
}

export interface JournalPage {
  items: JournalEntry[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface KeyDestruction {
  /** Of the second factor */
  code: string;
  /** Why; it stays on record */
  reason: string;
}

export interface KeyProject {
  id: string;
  title: string;
}

export interface LakeKey {
  access_key: string;
  created: string;
  expires: string;
}

export interface LakeKeyPage {
  items: LakeKey[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface LakeKeySecret {
  access_key: string;
  bucket: string;
  endpoint: string;
  expires: string;
  /** Shown once */
  secret_key: string;
}

export interface LaunchLook {
  allowed: boolean;
  detail?: string | null;
  mounts: Mount[];
  quotas: LaunchQuotas;
  /** Why not: a stable slug */
  reason?: string | null;
}

export interface LaunchParameters {
  /** Processors */
  cpus?: number | null;
  /** Lifetime; then it is stopped */
  hours?: number | null;
  /** Memory, in MiB */
  memory_mib?: number | null;
}

export interface LaunchQuotas {
  cpus: Quota;
  memory_mib: Quota;
  services: Quota;
}

export interface LaunchStart {
  /** Launches measured */
  count: number;
  median_ms: number;
  /** Nine of ten were faster */
  slow_ms: number;
}

export interface Lint {
  basis: "author_declaration";
  /** Of the file with these columns */
  checked_sha256: string;
  /** Empty for those who may not read the file; so are values and notes */
  columns: string[];
  flags: Flag[];
  flags_listed_all: boolean;
  format: "csv" | "parquet";
  notes: string[];
  /** Names of the rule packs that were merged */
  packs: string[];
  rows: number;
  rules: Rules;
  /** What was tried by subtraction */
  structure: LintStructure;
  summary: LintCounts;
  verdict: "pass" | "flagged" | "incomplete";
  /** Columns that served the check and were taken out */
  withheld: string[];
}

export interface LintCounts {
  applied: string[];
  /** Flagged cells by the name of the rule */
  by_rule: unknown;
  cells: number;
  flagged: number;
  /** For want of a declared column */
  not_applied: string[];
  safe: number;
  /** Rules that could not be decided for some cells, for want of contributors */
  short_of: string[];
  suppressed: number;
}

export interface LintStructure {
  dimensions: string[];
  hidden: number;
  /** Hidden values that follow from what is shown */
  recomputable: number;
  /** Sums of cells */
  relations: number;
  state: "not_declared" | "not_needed" | "checked" | "too_large";
}

export interface MeEdit {
  email?: string | null;
  language?: "fr" | "en" | null;
  name?: string | null;
}

export interface Member {
  ends: string;
  login: string;
  name: string;
  person: string;
  roles: ("lead" | "scientist" | "business")[];
  starts: string;
}

export interface MemberNew {
  ends?: string | null;
  login: string;
  roles: ("lead" | "scientist" | "business")[];
  starts?: string | null;
}

export interface MemberPage {
  items: Member[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface MergedRules {
  packs: RulePackBrief[];
  rules: Rules;
}

export interface Mount {
  dataset: string;
  level: "public" | "scientific" | "secure";
  path: string;
  title: string;
}

export interface Need {
  dataset: string | null;
  person: PersonBrief | null;
  term: "project_open" | "member" | "steward_agreement" | "committee_opinion" | "need_to_know" | "undertaking" | "submit";
  /** Names, or roles */
  waits_for: string[];
}

export interface NeedNew {
  comment: string;
  dataset: string;
  expires?: string | null;
  /** Login */
  person: string;
}

export interface NoticeChoice {
  channel: "page" | "mail" | "digest" | "none";
  /** What holds until one chooses */
  fallback: "page" | "mail" | "digest" | "none";
  group: "act" | "decided" | "rights" | "services" | "account" | "platform";
  /** It guards the account: never "none" */
  kept: boolean;
  kind: string;
  sentence: NoticeText;
  subject: NoticeText;
}

export interface NoticeChoices {
  items: NoticeChoice[];
  /** Without a mail server, everything is told on the page alone */
  mail_configured: boolean;
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface NoticeChoicesEdit {
  choices: ({ channel: "page" | "mail" | "digest" | "none"; kind: string; })[];
}

export interface NoticePage {
  items: NoticeRow[];
  /** Cursor of the next page; null at the end */
  next: string | null;
  /** How many are not read, in all */
  unread: number;
}

export interface NoticeRow {
  /** Path of its page on the portal */
  address: string;
  created: string;
  /** What somebody wrote about it, or empty */
  detail: string;
  group: "act" | "decided" | "rights" | "services" | "account" | "platform";
  id: string;
  /** A stable slug: "review" */
  kind: string;
  object: string;
  project: ProjectTitle | null;
  /** null: not yet */
  read: string | null;
  /** A stable slug, or empty */
  reason: string;
  sentence: NoticeText;
  subject: NoticeText;
}

export interface NoticeText {
  en: string;
  fr: string;
}

export interface Opening {
  datasets: OpeningDataset[];
  project: ProjectBrief;
}

export interface OpeningDataset {
  /** The project may apply for it */
  allowed: boolean;
  /** The latest one that names the caller */
  application: string | null;
  dataset: string;
  detail: string;
  reason: string;
  state: "none" | "draft" | "asked" | "accredited";
}

export interface OpeningPage {
  items: Opening[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Opinion {
  by: string;
  comment: string;
  dataset: string | null;
  expires: string | null;
  fact: string;
  outcome: "agreed" | "refused" | "favourable" | "adjourned" | "unfavourable" | "signed" | "needed";
  revoked: boolean;
  signed: string;
}

export interface OpinionNew {
  /** Required unless favourable */
  comment?: string | null;
  /** Required of a favourable opinion */
  expires?: string | null;
  outcome: "favourable" | "adjourned" | "unfavourable";
}

export interface Organisation {
  id: string;
  kind: "administration" | "statistics" | "university" | "company";
  name: string;
  /** How many of it may sign in; in the list */
  persons?: number | null;
}

export interface OrganisationBrief {
  id: string;
  name: string;
}

export interface OrganisationEdit {
  kind?: "administration" | "statistics" | "university" | "company" | null;
  name?: string | null;
}

export interface OrganisationNew {
  kind: "administration" | "statistics" | "university" | "company";
  name: string;
}

export interface OrganisationPage {
  items: Organisation[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface PasswordChange {
  code?: string | null;
  current: string;
  new: string;
}

export interface Person {
  disabled: boolean;
  /** Told to the person and to officers */
  email?: string | null;
  /** Told to the person and to officers */
  has_second_factor?: boolean | null;
  id: string;
  language?: "fr" | "en" | null;
  login: string;
  name: string;
  organisation: OrganisationBrief;
  roles: ("officer" | "producer" | "committee" | "checker" | "auditor")[];
}

export interface PersonBrief {
  id: string;
  login: string;
  name: string;
}

export interface PersonEdit {
  disabled?: boolean | null;
  email?: string | null;
  name?: string | null;
  roles?: ("officer" | "producer" | "committee" | "checker" | "auditor")[] | null;
}

export interface PersonNew {
  email: string;
  language: "fr" | "en";
  login: string;
  name: string;
  organisation: string;
  /** First password, at least 12 characters */
  password: string;
  roles: ("officer" | "producer" | "committee" | "checker" | "auditor")[];
}

export interface PersonPage {
  items: Person[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface PlatformAudit {
  /** That it covers */
  entries: number;
  /** There is a signed checkpoint */
  ok: boolean;
}

export interface PlatformClock {
  duties: number;
  /** Whose last run failed */
  failing: number;
}

export interface PlatformCounts {
  applications_waiting: number;
  /** In the buckets of all projects */
  bucket_bytes: number;
  /** Published ones */
  datasets: number;
  exports_waiting: number;
  organisations: number;
  /** Who may sign in */
  persons: number;
  persons_disabled: number;
  projects: number;
  projects_open: number;
  services_failed_today: number;
  services_running: number;
  /** Open ones */
  sessions: number;
  sources: number;
  /** Live API tokens */
  tokens: number;
}

export interface PlatformDisk {
  free_bytes: number;
  total_bytes: number;
}

export interface PlatformEngine {
  /** It answers: services can be launched */
  ok: boolean;
}

export interface PlatformMail {
  configured: boolean;
  /** Waiting to be sent */
  due: number;
  /** Given up */
  failed: number;
  /** Or empty */
  last_failure: string;
  oldest_due: string | null;
  sent: number;
  /** The server did not say whether it took them; not sent twice */
  unknown: number;
}

export interface PlatformOverview {
  audit: PlatformAudit;
  clock: PlatformClock;
  counts: PlatformCounts;
  demonstration: boolean;
  /** Where the state directory lies */
  disk: PlatformDisk | null;
  engine: PlatformEngine;
  mail: PlatformMail;
  /** Resident, of the server's process */
  memory_bytes: number;
  store: PlatformStore;
  version: string;
}

export interface PlatformStore {
  kind: "sqlite" | "postgresql";
  /** It writes */
  ok: boolean;
  /** Number of its newest migration */
  schema: number;
}

export interface PlatformText {
  asks_acceptance: boolean;
  /** Until then those who were here before may wait; null: it asks nothing */
  due: string | null;
  en: TextInLanguage;
  fr: TextInLanguage;
  /** terms, privacy or accessibility */
  name: string;
  /** 0: as shipped */
  version: number;
  /** null: as shipped */
  written: string | null;
}

export interface PlatformTextEdit {
  /** Of the terms: everybody is asked to accept them; whoever writes them in a session accepts them */
  asks_acceptance?: boolean | null;
  /** The version that it was written from */
  base: number;
  /** Markdown */
  en: string;
  /** Markdown */
  fr: string;
  /** How long those who are here now may go on before they accept (0) */
  grace_days?: number | null;
}

export interface PlatformTextVersion {
  /** By how many persons */
  accepted: number;
  asks_acceptance: boolean;
  /** Name of the officer */
  by: string;
  due: string | null;
  version: number;
  written: string;
}

export interface PlatformTextVersionPage {
  items: PlatformTextVersion[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Preview {
  columns: Column[];
  /** Of a CSV file; may be a tab */
  delimiter?: string | null;
  flags: Flag[];
  format: "csv" | "parquet";
  /** Rows passed over before them */
  offset: number;
  /** Of the whole file */
  rows: number;
  /** The rows asked for */
  values: ((string | null)[])[];
}

export interface Problem {
  /** What was wrong, why, what to do */
  detail: string;
  /** A stable slug, room.what */
  reason: string;
  /** To quote to the officer */
  request: string;
  status: number;
  title: string;
  /** The reason as an address */
  type: string;
}

export interface Project {
  bucket_quota_bytes: number;
  created: string;
  encrypted: boolean;
  ends: string;
  id: string;
  legal_basis: string;
  my_roles: ("lead" | "scientist" | "business")[];
  organisation: OrganisationBrief;
  purpose: "official_statistics" | "research" | "evaluation" | "management" | "control" | "enforcement";
  route: "research" | "own_administration";
  slug: string;
  starts: string;
  state: "planned" | "open" | "frozen" | "closed";
  /** Given with the last change of state */
  state_reason: string;
  summary: string;
  tier: "open" | "restricted" | "secure";
  tier_rules: TierRules;
  title: string;
}

export interface ProjectBrief {
  id: string;
  route: "research" | "own_administration";
  tier: "open" | "restricted" | "secure";
  title: string;
}

export interface ProjectEdit {
  /** An officer's decision */
  bucket_quota_bytes?: number | null;
  /** An officer's decision */
  ends?: string | null;
  summary?: string | null;
  title?: string | null;
}

export interface ProjectMove {
  reason: string;
  state: "open" | "frozen" | "closed";
}

export interface ProjectNew {
  ends: string;
  /** Login of the project's lead */
  lead: string;
  legal_basis: string;
  organisation: string;
  purpose: "official_statistics" | "research" | "evaluation" | "management" | "control" | "enforcement";
  route: "research" | "own_administration";
  /** Short name, and the name of the project's bucket */
  slug: string;
  /** Absent: now */
  starts?: string | null;
  summary: string;
  tier: "open" | "restricted" | "secure";
  title: string;
}

export interface ProjectPage {
  items: Project[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface ProjectTitle {
  id: string;
  title: string;
}

export interface ProjectUsage {
  bucket_bytes: number;
  /** 0: no limit is set */
  bucket_quota_bytes: number;
  ends: string;
  id: string;
  members: number;
  objects: number;
  organisation: OrganisationBrief;
  services_running: number;
  starts: string;
  state: "planned" | "open" | "frozen" | "closed";
  tier: "open" | "restricted" | "secure";
  title: string;
}

export interface ProjectUsagePage {
  items: ProjectUsage[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Protection {
  changed: string;
  created: string;
  created_by: string;
  /** Once it is published */
  dataset: string | null;
  /** Of the keys that the recipe uses */
  domains: string[];
  /** While it runs: from 0 to 1 */
  done: number;
  failure: string;
  /** Of the raw file, which is kept nowhere */
  file_name: string;
  file_sha256: string;
  file_size: number;
  id: string;
  level: "public" | "scientific" | "secure";
  project: string | null;
  recipe_title: string;
  slug: string;
  source: string;
  state: "waiting" | "receiving" | "running" | "ready" | "published" | "failed" | "discarded";
  /** While it runs: what the worker is at */
  step: string;
  summary: RiskSummary | null;
  title: string;
  vintage: string;
}

export interface ProtectionNew {
  level: "public" | "scientific" | "secure";
  /** Whose keys of pseudonyms; absent: those of files that serve every project */
  project?: string | null;
  /** As docs/sdc/recipes.md says */
  recipe: unknown;
  slug: string;
  title: string;
  /** What columns are called; others are named as in earlier datasets of the source */
  variables?: VariableNew[] | null;
  /** 2024, 2023-Q4, ... */
  vintage: string;
}

export interface ProtectionPage {
  items: Protection[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface ProtectionReport {
  /** As given: docs/sdc/recipes.md */
  recipe: unknown;
  /** Risk before and after, utility, each step, digests */
  report: unknown;
}

export interface PseudonymKey {
  created: string;
  created_by: string;
  destroyed: string | null;
  destroyed_by: string;
  domain: string;
  id: string;
  /** Pseudonyms can still be made under it */
  lives: boolean;
  organisation: OrganisationBrief;
  /** null: of the files that serve every project */
  project: KeyProject | null;
  reason: string;
}

export interface PseudonymKeyPage {
  items: PseudonymKey[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Quota {
  most: number;
  used: number;
}

export interface RecoveryCodes {
  /** Ten, shown once; each works once */
  recovery_codes: string[];
}

export interface RecoveryCodesNew {
  code: string;
  password: string;
}

export interface Review {
  checker: PersonBrief;
  comment: string;
  decision: "approve" | "return" | "reject";
  reviewed: string;
  round: number;
}

export interface ReviewNew {
  /** Second factor */
  code: string;
  comment?: string | null;
  decision: "approve" | "return" | "reject";
}

export interface Revocation {
  reason: string;
}

export interface Right {
  allowed: boolean;
  detail: string;
  reason: string;
}

export interface RiskLine {
  below_k: number;
  /** The same, missing being alike to everything */
  below_k_wildcard: number;
  columns: number;
  /** Re-identifications to expect */
  expected: number;
  /** Columns that look like direct identifiers */
  identifiers: number;
  records: number;
  /** Records alone with their keys, missing being a value */
  uniques: number;
}

export interface RiskSummary {
  after: RiskLine;
  before: RiskLine;
}

export interface RulePack {
  name: string;
  reference: string;
  /** 0: the rule is not in force */
  rules: Rules;
  title: string;
  /** Raised whenever the parameters change */
  version: number;
}

export interface RulePackBrief {
  name: string;
  reference: string;
  title: string;
  version: number;
}

export interface RulePackPage {
  items: RulePack[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Rules {
  /** Contributors who put together what they know; 0 is 1 */
  coalition: number;
  dominance: Dominance[];
  /** Protection of cells that have too few units; 0 is 10 */
  margin_percent: number;
  /** Of the units of a total in one of its parts; never all of them */
  max_group_percent: number;
  /** The smallest safe number of respondents, or of groups of enterprises */
  minimum_contributors: number;
  /** The smallest safe number of units that a cell stands for */
  minimum_count: number;
  /** How close nobody may come to the largest contribution */
  p_percent: number;
  /** How close everybody could before; 0 is 100 */
  q_percent: number;
  rounding_base: number;
  zero_is_unsafe: boolean;
}

export interface RunningService {
  active: string;
  created: string;
  definition: string;
  id: string;
  name: string;
  person: PersonBrief;
  project: ProjectTitle;
  state: "queued" | "starting" | "ready" | "freezing" | "stopping" | "stopped" | "failed";
  /** null: not measured yet */
  usage: ServiceUsage | null;
}

export interface RunningServicePage {
  items: RunningService[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface SecondFactor {
  /** Base32, shown once */
  secret: string;
  /** otpauth: address for an authenticator */
  uri: string;
}

export interface SecondFactorState {
  in_place: boolean;
  /** Each works once */
  recovery_codes_left: number;
}

export interface Service {
  active: string;
  cpus: number;
  created: string;
  definition: string;
  ended: string | null;
  /** When it is stopped by itself */
  ends?: string | null;
  /** Of one service: how far it may be prolonged */
  ends_at_most?: string | null;
  events?: ServiceEvent[] | null;
  id: string;
  memory_mib: number;
  mine: boolean;
  mounts?: Mount[] | null;
  name: string;
  person: PersonBrief;
  project: string;
  ready: string | null;
  state: "queued" | "starting" | "ready" | "freezing" | "stopping" | "stopped" | "failed";
  state_detail: string;
  /** Why it stopped: a stable slug */
  state_reason: string;
}

export interface ServiceEvent {
  detail: string;
  number: number;
  step: string;
  time: string;
}

export interface ServiceNew {
  /** From /definitions */
  definition: string;
  name?: string | null;
  /** Values that the definition's schema offers; its defaults for the others */
  parameters?: LaunchParameters | null;
}

export interface ServicePage {
  items: Service[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface ServiceProlong {
  /** From now on, one of those that the definition offers; its default when absent */
  hours?: number | null;
}

export interface ServiceTicket {
  /** Works once, within 30 seconds */
  url: string;
}

export interface ServiceUsage {
  cpu_limit: number;
  /** Processors' worth of work, lately */
  cpus: number;
  memory_bytes: number;
  memory_limit_bytes: number;
  sampled: string;
}

export interface Session {
  /** To send as X-Darse-CSRF with unsafe methods; empty for a token */
  csrf: string;
  /** It ends then in any case */
  expires: string;
  /** It ends after this long without a request; 0 for a token, which does not idle */
  idle_seconds: number;
  person: Person;
  /** Was it opened with the second factor? */
  second_factor: boolean;
}

export interface SessionPage {
  items: SessionRow[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface SessionRow {
  address: string;
  agent: string;
  created: string;
  /** Is it the one that asks? */
  current: boolean;
  expires: string;
  id: string;
  second_factor: boolean;
  seen: string;
}

export interface SignIn {
  /** Of the second factor, or a recovery code */
  code?: string | null;
  login: string;
  password: string;
}

export interface Source {
  created: string;
  /** Published datasets */
  dataset_count: number;
  /** Of one source, not in the list */
  datasets?: Dataset[] | null;
  id: string;
  legal_basis: string;
  /** Of its published datasets */
  levels: ("public" | "scientific" | "secure")[];
  /** I am a steward of it */
  mine: boolean;
  organisation: OrganisationBrief;
  /** When the last dataset was published */
  published?: string | null;
  purposes: ("official_statistics" | "research" | "evaluation" | "management" | "control" | "enforcement")[];
  routes: ("research" | "own_administration")[];
  rule_pack: string;
  slug: string;
  stewards: PersonBrief[];
  summary: string;
  theme: "agriculture" | "business" | "education" | "environment" | "health" | "housing" | "income" | "justice" | "labour" | "population" | "public_finance" | "transport" | "other";
  title: string;
  /** Who may use it, route by route */
  uses: SourceUse[];
}

export interface SourceBrief {
  id: string;
  slug: string;
  title: string;
}

export interface SourceEdit {
  legal_basis?: string | null;
  purposes?: ("official_statistics" | "research" | "evaluation" | "management" | "control" | "enforcement")[] | null;
  routes?: ("research" | "own_administration")[] | null;
  rule_pack?: string | null;
  stewards?: string[] | null;
  summary?: string | null;
  theme?: "agriculture" | "business" | "education" | "environment" | "health" | "housing" | "income" | "justice" | "labour" | "population" | "public_finance" | "transport" | "other" | null;
  title?: string | null;
}

export interface SourceFacets {
  levels: FacetCount[];
  producers: FacetProducer[];
  purposes: FacetCount[];
  routes: FacetCount[];
  themes: FacetCount[];
  /** With every filter */
  total: number;
}

export interface SourceNew {
  /** Legal basis of the collection */
  legal_basis: string;
  purposes: ("official_statistics" | "research" | "evaluation" | "management" | "control" | "enforcement")[];
  routes: ("research" | "own_administration")[];
  rule_pack: string;
  slug: string;
  /** Logins; absent: myself */
  stewards?: string[] | null;
  summary: string;
  /** Absent: other */
  theme?: "agriculture" | "business" | "education" | "environment" | "health" | "housing" | "income" | "justice" | "labour" | "population" | "public_finance" | "transport" | "other" | null;
  title: string;
}

export interface SourcePage {
  items: Source[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface SourceTitle {
  id: string;
  title: string;
}

export interface SourceUse {
  /** For projects of the producer's own organisation alone */
  own_organisation: boolean;
  purposes: ("official_statistics" | "research" | "evaluation" | "management" | "control" | "enforcement")[];
  route: "research" | "own_administration";
  /** What an accreditation needs on this route */
  terms: ("project_open" | "member" | "steward_agreement" | "committee_opinion" | "need_to_know" | "undertaking")[];
}

export interface Task {
  kind: "sign_undertaking" | "complete_application" | "agree" | "opine" | "need_to_know" | "review_export" | "export_returned" | "export_approved" | "service_running";
  /** The application, export or service */
  object: string;
  project: ProjectTitle | null;
  since: string | null;
  title: string;
}

export interface TaskPage {
  items: Task[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Term {
  by: string | null;
  detail: string;
  expires: string | null;
  fact: string | null;
  met: boolean;
  reason: string;
  signed: string | null;
  term: "project_open" | "member" | "steward_agreement" | "committee_opinion" | "need_to_know" | "undertaking";
  /** Names, or roles */
  waits_for: string[];
}

export interface TermsAcceptance {
  version: number;
}

export interface TermsState {
  accepted: string | null;
  /** 0: none */
  accepted_version: number;
  /** From then on all but my own account is refused */
  due: string | null;
  /** That time has come */
  overdue: boolean;
  /** I am asked to accept it */
  pending: boolean;
  /** The newest */
  version: number;
}

export interface TextInLanguage {
  /** Safe: no script, no raw HTML, no image */
  html: string;
  markdown: string;
  title: string;
}

export interface TextPreview {
  markdown: string;
}

export interface ThemeAbout {
  footer: ThemeLink[];
  /** Address of the image */
  logo?: string | null;
  /** Instead of Darse */
  name?: string | null;
  /** Whose platform it is */
  owner?: ThemeText | null;
}

export interface ThemeLink {
  text: ThemeText;
  url: string;
}

export interface ThemeText {
  en: string;
  fr: string;
}

export interface TierRules {
  checkers: number;
  display: "web" | "pixels";
  lake_get_outside: boolean;
  lake_put_outside: boolean;
  levels: ("public" | "scientific" | "secure")[];
  second_factor: boolean;
}

export interface Token {
  expires: string;
  id: string;
  name: string;
  scopes: ("read" | "work" | "govern" | "admin")[];
  /** Shown once */
  token: string;
}

export interface TokenNew {
  /** Within a year */
  expires: string;
  name: string;
  scopes: ("read" | "work" | "govern" | "admin")[];
}

export interface TokenPage {
  items: TokenRow[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface TokenRow {
  created: string;
  /** Is it the one that asks? */
  current: boolean;
  expires: string;
  id: string;
  name: string;
  scopes: ("read" | "work" | "govern" | "admin")[];
  /** null: never */
  used: string | null;
}

export interface Undertaking {
  by: string;
  comment: string;
  dataset: string;
  expires: string | null;
  fact: string;
  outcome: "agreed" | "refused" | "favourable" | "adjourned" | "unfavourable" | "signed" | "needed";
  person: string;
  revoked: boolean;
  signed: string;
}

export interface UndertakingNew {
  /** Code of the second factor */
  code: string;
}

export interface Upload {
  expires: string;
  id: string;
  path: string;
  place: "project" | "home" | "bucket";
  received: number;
  replace: boolean;
  size: number;
}

export interface UploadNew {
  path: string;
  /** The project's volume (by default), my home in it, or its bucket */
  place?: "project" | "home" | "bucket" | null;
  replace?: boolean | null;
  size: number;
}

export interface UploadPage {
  items: Upload[];
  /** Cursor of the next page; null at the end */
  next: string | null;
}

export interface Variable {
  description?: string | null;
  distinct?: number | null;
  label: string;
  max?: unknown;
  min?: unknown;
  missing?: number | null;
  name: string;
  type?: string | null;
}

export interface VariableNew {
  description?: string | null;
  label: string;
  name: string;
}
