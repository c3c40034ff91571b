// SPDX-License-Identifier: Apache-2.0
// Invented answers about the platform itself: health, duties, usage, notifications, texts.
const day = 24 * 3600 * 1000;
const at = (days) => new Date(Date.now() + days * day).toISOString();
const list = (items) => ({ items, next: null });
const both = (en, fr) => ({ en, fr });

const overview = {
  version: "0.1.0", demonstration: true,
  store: { ok: true, kind: "sqlite", schema: 7 },
  engine: { ok: true },
  audit: { ok: true, entries: 48_213 },
  clock: { duties: 14, failing: 1 },
  mail: { configured: true, due: 3, sent: 1290, failed: 2, unknown: 1, oldest_due: at(-0.1), last_failure: "RCPT failed: 550 5.1.1 no such mailbox (the server answered 550)" },
  disk: { total_bytes: 512_000_000_000, free_bytes: 31_000_000_000 },
  memory_bytes: 36_400_000,
  counts: { persons: 214, persons_disabled: 3, organisations: 12, sessions: 41, tokens: 9, projects_open: 37, projects: 52, sources: 18, datasets: 96, applications_waiting: 4, exports_waiting: 2, services_running: 23, services_failed_today: 1, bucket_bytes: 1_240_000_000_000 },
};

const duty = (name, period_ms, more = {}) => ({ name, period_ms, last: at(-0.0002), next: at(0.0002), took_ms: 3, runs: 18_204, failures: 0, failed: null, failure: "", failing: false, ...more });
const duties = [
  duty("services.reconcile", 5000),
  duty("projects.vaults", 1000),
  duty("lake.sweep", 3_600_000, { failing: true, failures: 2, failed: at(-0.02), failure: "Cannot remove /var/lib/darse/projects/prj-health/bucket/objects/ob-2: Read-only file system", took_ms: 412 }),
  duty("notices.digest", 30_000, { last: null, runs: 0, took_ms: 0 }),
];

const running = (id, name, person, project, memory, cpus) => ({
  id, name, definition: "jupyter", state: memory ? "ready" : "starting", project, person,
  created: at(-0.3), active: at(-0.01),
  usage: memory ? { memory_bytes: memory, memory_limit_bytes: 2_147_483_648, cpus, cpu_limit: 2, sampled: at(0) } : null,
});
const health = { id: "prj-health", title: "Use of care and insurance" };
const usage = list([
  running("svc-ready", "Care, first look", { id: "per-scientist", login: "scientist", name: "Samir Haddad" }, health, 1_980_000_000, 1.84),
  running("svc-other", "Elasticities with a name that goes on for quite a while", { id: "per-lead", login: "lead", name: "Lucie Martin" }, health, 312_000_000, 0.02),
  running("svc-starting", "Elasticities", { id: "per-scientist", login: "scientist", name: "Samir Haddad" }, health, 0, 0),
]);

const projectUsage = (id, title, tier, state, bytes, quota) => ({
  id, title, tier, state, organisation: { id: "org-university", name: "Université du Littoral" },
  starts: at(-60), ends: at(700), bucket_quota_bytes: quota, bucket_bytes: bytes, objects: 812, members: 4, services_running: 2,
});
const projects = list([
  projectUsage("prj-health", "Use of care and insurance", "restricted", "open", 9_640_000_000, 10_000_000_000),
  projectUsage("prj-market", "Weight of large enterprises in regional markets, 2005 to 2025", "secure", "frozen", 0, 10_000_000_000),
  projectUsage("prj-old", "Census of ports", "open", "closed", 2_000_000, 1_000_000_000),
]);

const told = (id, group, subject, sentence, more = {}) => ({
  id, kind: id.slice(4), group, subject, sentence, address: "/exports/exp-draft", object: "exp-draft", project: health,
  reason: "", detail: "", created: at(-0.1), read: null, ...more,
});
const notices = {
  ...list([
    told("not-review", "act", both("An export awaits its review", "Une sortie attend d’être vérifiée"), both("An export was submitted; it awaits an independent review.", "Une demande de sortie a été déposée ; elle attend une vérification indépendante.")),
    told("not-stopped", "services", both("A service was stopped", "Un service a été arrêté"), both("One of your services was stopped; its page says why.", "L’un de vos services a été arrêté ; la raison est sur sa page."), { reason: "services.asked", detail: "Maintenance of the host at noon; everything was saved.", created: at(-1) }),
    told("not-password", "account", both("Your password was changed", "Votre mot de passe a été changé"), both("The password of your account has just been changed and your other sessions ended. If it was not you, tell the platform's officers at once.", "Le mot de passe de votre compte vient d’être changé et vos autres sessions ont pris fin."), { project: null, read: at(-2), created: at(-3) }),
  ]),
  unread: 2,
};

const choice = (kind, group, channel, en, fr, kept = false) => ({ kind, group, channel, fallback: channel, kept, subject: both(en, fr), sentence: both(`${en}, in a sentence.`, `${fr}, en une phrase.`) });
const choices = {
  ...list([
    choice("review", "act", "digest", "An export awaits its review", "Une sortie attend d’être vérifiée"),
    choice("export_approved", "decided", "mail", "Your export is approved", "Votre sortie est approuvée"),
    choice("right_ends", "rights", "mail", "An accreditation ends soon", "Une habilitation prend bientôt fin"),
    choice("service_stopped", "services", "page", "A service was stopped", "Un service a été arrêté"),
    choice("account_password", "account", "mail", "Your password was changed", "Votre mot de passe a été changé", true),
  ]),
  mail_configured: true,
};

const written = (title, lines) => ({ title, markdown: `# ${title}\n\n${lines}\n`, html: `<h2>Purpose</h2>\n<p>${lines} <a href="https://example.org">elsewhere</a></p>\n<ul>\n<li>One</li>\n<li>Two</li>\n</ul>\n<table>\n<thead>\n<tr>\n<th scope=\"col\">Data</th>\n<th scope=\"col\">Why</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>Name</td>\n<td>To know who acts</td>\n</tr>\n</tbody>\n</table>\n` });
const text = (name, en, fr) => ({ name, version: 2, asks_acceptance: name === "terms", due: name === "terms" ? at(10) : null, written: at(-4), en: written(en, "What this platform is for."), fr: written(fr, "À quoi sert cette plateforme.") });

const checks = {
  auditor: { state: "running", began: at(-0.0001), ended: null, tiles: 95, rows: 24_000, entries: 48_213, erased: 0, reason: "", detail: "" },
  officer: { state: "holds", began: at(-0.01), ended: at(-0.009), tiles: 190, rows: 48_213, entries: 48_213, erased: 1, reason: "", detail: "" },
};

/** Answers by path, for LOGIN. */
export const platform = (login) => ({
  "/admin/overview": overview,
  "/admin/duties": list(duties),
  "/admin/services": usage,
  "/admin/projects": projects,
  "/admin/audit/verify": checks[login] ?? { ...checks.auditor, state: "none" },
  "/me/notices": notices,
  "/me/notice-choices": choices,
  "/me/second-factor": { in_place: true, recovery_codes_left: 2 },
  "/me/terms": {
    version: 2,
    pending: login === "business" || login === "lead",
    due: login === "business" ? at(-1) : login === "lead" ? at(13) : null,
    overdue: login === "business",
    accepted_version: 2,
    accepted: at(-3),
  },
  "/texts/terms": text("terms", "Terms of use", "Conditions d’utilisation"),
  "/texts/privacy": text("privacy", "Personal data", "Données personnelles"),
  "/texts/accessibility": text("accessibility", "Accessibility statement", "Déclaration d’accessibilité"),
  "/texts/terms/versions": list([
    { version: 2, asks_acceptance: true, due: at(10), by: "Odile Ferrand", written: at(-4), accepted: 12 },
    { version: 1, asks_acceptance: false, due: null, by: "Odile Ferrand", written: at(-40), accepted: 0 },
  ]),
});
