// SPDX-License-Identifier: Apache-2.0
// What the API says, in the words of the API. Nothing here knows pages.
import type { WordOf } from "./words";

export interface Problem {
  title: string;
  status: number;
  detail: string;
  reason: string;
  request?: string;
}

export interface Page<T> {
  items: T[];
  next?: string | null;
}

export interface Organisation {
  id: string;
  name: string;
  kind?: string;
}

export interface PersonBrief {
  id: string;
  login: string;
  name: string;
}

export interface Person extends PersonBrief {
  email: string;
  organisation: Organisation;
  roles: WordOf<"role">[];
  language: string;
  has_second_factor: boolean;
  disabled: boolean;
}

export interface Session {
  person: Person;
  csrf: string;
  second_factor: boolean;
  expires: string;
}

export interface SessionRow {
  id: string;
  address: string;
  agent: string;
  created: string;
  seen: string;
  expires: string;
  second_factor: boolean;
  current: boolean;
}

export interface TokenRow {
  id: string;
  name: string;
  scopes: WordOf<"scope">[];
  created: string;
  used?: string | null;
  expires: string;
  token?: string;
}

export interface TierRules {
  levels: WordOf<"level">[];
  display: string;
  checkers: number;
  lake_put_outside: boolean;
  lake_get_outside: boolean;
  second_factor: boolean;
}

export interface Project {
  id: string;
  slug: string;
  title: string;
  summary: string;
  organisation: Organisation;
  route: WordOf<"route">;
  purpose: WordOf<"purpose">;
  legal_basis: string;
  tier: WordOf<"tier">;
  state: WordOf<"state">;
  state_reason?: string;
  encrypted: boolean;
  bucket_quota_bytes: number;
  starts: string;
  ends: string;
  created: string;
  my_roles: WordOf<"project_role">[];
  tier_rules?: TierRules;
}

export interface ProjectBrief {
  id: string;
  title: string;
  tier?: WordOf<"tier">;
  route?: WordOf<"route">;
}

export interface Member {
  person: string;
  login: string;
  name: string;
  roles: WordOf<"project_role">[];
  starts: string;
  ends: string;
}

export interface DatasetBrief {
  id: string;
  title: string;
  level: WordOf<"level">;
  source?: { id: string; title: string; slug?: string };
}

export interface Term {
  term: WordOf<"term">;
  met: boolean;
  reason?: string | null;
  detail?: string | null;
  by?: string | null;
  signed?: string | null;
  expires?: string | null;
  waits_for?: string[] | null;
  fact?: string | null;
}

export interface Accreditation {
  person: PersonBrief;
  dataset: DatasetBrief;
  holds: boolean;
  terms: Term[];
}

export interface FileRow {
  name: string;
  kind: "file" | "folder";
  size: number;
  modified: string;
}

export interface Source {
  id: string;
  slug: string;
  title: string;
  summary: string;
  organisation: Organisation;
  legal_basis: string;
  routes: WordOf<"route">[];
  purposes: WordOf<"purpose">[];
  rule_pack: string;
  stewards: PersonBrief[];
  mine?: boolean;
  datasets?: Dataset[];
}

export interface RulePack {
  name: string;
  title: string;
  reference?: string;
  rules: Rules;
}

/** The parameters of the primary rules; 0 is a rule that is not in force. */
export interface Rules {
  minimum_count: number;
  max_share_percent: number;
  rounding_base: number;
  zero_is_unsafe: boolean;
}

export interface Variable {
  name: string;
  label?: string;
  description?: string;
  type?: string;
  missing?: number;
  distinct?: number;
}

export interface Dataset extends DatasetBrief {
  slug: string;
  vintage: string;
  version: number;
  state: WordOf<"dataset_state">;
  failure?: string;
  file_name?: string;
  file_size?: number;
  file_sha256?: string;
  rows?: number;
  variables?: Variable[];
  encrypted?: boolean;
  published?: string | null;
  /** Where services see it. */
  path?: string;
}

export interface Agreement {
  dataset: string;
  outcome: string;
  comment?: string;
  by?: string;
  signed?: string;
  expires?: string | null;
  revoked: boolean;
  fact?: string;
}

/** What an application awaits: a signature, or to be submitted. */
export interface Need {
  term: WordOf<"term"> | "submit";
  dataset?: string | null;
  person?: PersonBrief | null;
  waits_for: string[];
}

export interface Application {
  id: string;
  project: ProjectBrief;
  state: WordOf<"application_state">;
  justification: string;
  created_by: PersonBrief | string;
  created: string;
  submitted?: string | null;
  decided?: string | null;
  datasets: DatasetBrief[];
  persons: PersonBrief[];
  agreements: Agreement[];
  opinion: Omit<Agreement, "dataset"> | null;
  undertakings: { person: string; dataset: string; signed: string; revoked: boolean }[];
  needs: Need[];
}

export interface Task {
  kind: WordOf<"task">;
  project: { id: string; title: string } | null;
  object: string;
  title: string;
  since: string;
}

export interface Definition {
  id: string;
  title: string;
  summary: Record<string, string>;
  display: string;
  image?: string;
}

export interface ServiceEvent {
  number: number;
  step: string;
  detail: string;
  time: string;
}

export interface Mount {
  path: string;
  dataset: string;
  title: string;
  level: WordOf<"level">;
}

export interface Service {
  id: string;
  project: string;
  person: PersonBrief;
  definition: string;
  name: string;
  state: WordOf<"service_state">;
  state_reason?: string;
  state_detail?: string;
  created: string;
  ready?: string | null;
  ended?: string | null;
  active?: string | null;
  mounts?: Mount[];
  events?: ServiceEvent[];
  mine?: boolean;
}

export interface LakeKey {
  access_key: string;
  secret_key?: string;
  endpoint?: string;
  bucket?: string;
  created?: string;
  expires: string;
}

export interface Bucket {
  bucket: string;
  endpoint: string;
  objects: number;
  bytes: number;
  quota_bytes: number;
}

/** A cell that a rule does not let pass; row 1 is the first after the header. */
export interface Flag {
  row: number;
  column: string;
  rule: WordOf<"flag">;
  value: string | null;
}

export interface Lint {
  rows: number;
  columns: string[];
  verdict: WordOf<"verdict">;
  summary: { cells: number; suppressed: number; safe: number; flagged: number };
  flags: Flag[];
  flags_listed_all: boolean;
  notes: string[];
  rules: Rules;
}

/** Names of the columns that the author declares. */
export interface Declaration {
  count?: string | null;
  total?: string | null;
  largest?: string | null;
}

export interface ExportFile {
  id: string;
  name: string;
  size: number;
  sha256: string;
  kind: string;
  declaration: Declaration;
  verdict: WordOf<"verdict">;
  lint: Lint;
  round: number;
  removed_round: number | null;
  added: string;
}

export interface Review {
  checker: PersonBrief;
  decision: WordOf<"decision">;
  comment: string;
  round: number;
  reviewed: string;
}

/** What a list of exports says of each. */
export interface ExportBrief {
  id: string;
  project: ProjectBrief;
  author: PersonBrief;
  title: string;
  context: string;
  state: WordOf<"export_state">;
  round: number;
  created: string;
  submitted?: string | null;
  decided?: string | null;
  released?: string | null;
  checkers_needed: number;
}

export interface Export extends ExportBrief {
  reviews: Review[];
  reviews_given: number;
  files: ExportFile[];
  removed_files: ExportFile[];
  may: {
    edit: boolean;
    submit: boolean;
    review: boolean;
    release: boolean;
    withdraw: boolean;
    read_files: boolean;
  };
}

export interface Preview {
  rows: number;
  columns: { name: string; type: string }[];
  values: (string | null)[][];
  flags: Flag[];
}

export interface AuditEntry {
  sequence: number;
  time: string;
  verb: string;
  actor?: string | null;
  object?: string | null;
  project?: string | null;
  outcome?: string;
  reason?: string | null;
  details?: Record<string, unknown> | null;
}

export interface About {
  version: string;
  demonstration: boolean;
  portal_url: string;
  lake_url: string;
  services_suffix: string;
  encryption?: { supported: boolean };
  languages: string[];
}
