// SPDX-License-Identifier: Apache-2.0
// The closed lists of the API. Each word has its sentence under `word.<list>.<word>` in both
// languages; a test walks this table.
export const WORDS = {
  role: ["officer", "producer", "committee", "checker", "auditor"],
  project_role: ["lead", "scientist", "business"],
  scope: ["read", "work", "govern", "admin"],
  state: ["planned", "open", "frozen", "closed"],
  tier: ["open", "restricted", "secure"],
  level: ["public", "scientific", "secure"],
  route: ["research", "own_administration"],
  purpose: [
    "official_statistics",
    "research",
    "evaluation",
    "management",
    "control",
    "enforcement",
  ],
  term: [
    "project_open",
    "member",
    "steward_agreement",
    "committee_opinion",
    "need_to_know",
    "undertaking",
  ],
  task: [
    "sign_undertaking",
    "complete_application",
    "agree",
    "opine",
    "need_to_know",
    "review_export",
    "export_returned",
    "export_approved",
    "service_running",
  ],
  organisation_kind: ["administration", "statistics", "university", "company"],
  dataset_state: ["draft", "reading", "published", "failed"],
  application_state: ["draft", "submitted", "adjourned", "decided", "withdrawn"],
  outcome: ["agreed", "refused", "favourable", "adjourned", "unfavourable", "signed"],
  service_state: ["queued", "starting", "ready", "freezing", "stopping", "stopped", "failed"],
  export_state: [
    "draft",
    "submitted",
    "approved",
    "returned",
    "rejected",
    "released",
    "withdrawn",
  ],
  verdict: ["pass", "flagged", "incomplete"],
  decision: ["approve", "return", "reject"],
  decided: ["approve", "return", "reject"],
  flag: ["minimum_count", "largest_share", "rounding", "undecided", "invalid"],
  language: ["fr", "en"],
} as const;

export type WordList = keyof typeof WORDS;
export type WordOf<L extends WordList> = (typeof WORDS)[L][number];
