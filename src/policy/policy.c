/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision. A verb is one row: which roles may ask, in which project states, on which channel
 * and token scope, and which further checks must hold. A check is one row too: a predicate over
 * the facts, and the reason given when it fails. Checks are evaluated in the order of their table,
 * from the most telling to the least.
 */
#include "policy/policy.h"

#include "base/error.h"


typedef enum PolicyNeed {
    NEED_STATE = 1 << 0,           /* the row's `states` */
    NEED_STEWARD = 1 << 1,
    NEED_NOT_OWNER = 1 << 2,
    NEED_NOT_MEMBER = 1 << 3,
    NEED_NOT_REVIEWED = 1 << 4,
    NEED_IN_REVIEW = 1 << 5,
    NEED_OWNER = 1 << 6,
    NEED_CONCERNED = 1 << 7,
    NEED_ROUTE = 1 << 8,
    NEED_PURPOSE = 1 << 9,
    NEED_LEVEL = 1 << 10,
    NEED_ORGANISATION = 1 << 11,
    NEED_LABEL = 1 << 12,
    NEED_ACCREDITED = 1 << 13,
    NEED_TIER_FACTOR = 1 << 14,
    NEED_FACTOR = 1 << 15,
    NEED_DISPLAY = 1 << 16,
    NEED_PUT_PLACE = 1 << 17,
    NEED_GET_PLACE = 1 << 18,
    NEED_ENCRYPTION = 1 << 19,
    NEED_PROJECT_PURPOSE = 1 << 20, /* the route admits the project's purpose */
    NEED_SIGHT = 1 << 21,           /* of an export: a checker sees those under review */
    NEED_FILES_SHOWN = 1 << 23,
    NEED_FILES_OUT = 1 << 24,
    NEED_FILES_IN = 1 << 25,
    NEED_FILE = 1 << 22,            /* of an export: a checker of the review; its author in part */
} PolicyNeed;

/* Who may ask: any row whose condition holds is enough. */
#define ANYONE (1u << 31)           /* any signed-in person */
#define STEWARD (1u << 30)          /* of the source at hand, whatever the role */
#define OWNER (1u << 29)            /* of the object at hand */
#define DOOR (1u << 28)             /* a service of the project, through its door */
#define CONCERNED (1u << 27)

typedef struct PolicyRule {
    PolicyVerb verb;
    const char *name;
    unsigned roles;                 /* PolicyRole bits and the marks above */
    unsigned project_roles;         /* PolicyProjectRole bits */
    unsigned scope;
    unsigned states;
    unsigned needs;
    bool before_terms;              /* also for whoever has yet to accept the terms of use */
} PolicyRule;

#define ANY_MEMBER (PROJECT_LEAD | PROJECT_SCIENTIST | PROJECT_BUSINESS)
#define WORKERS (PROJECT_LEAD | PROJECT_SCIENTIST)
#define LIVE (STATE_OPEN)
#define STARTED (STATE_OPEN | STATE_FROZEN)
#define NOT_CLOSED (STATE_PLANNED | STATE_OPEN | STATE_FROZEN)

static const PolicyRule rules[VERB_COUNT] = {
    [VERB_ACCOUNT_OWN] = {VERB_ACCOUNT_OWN, "account.own", OWNER, 0, SCOPE_READ, 0, 0, true},
    [VERB_ACCOUNT_LISTS] = {VERB_ACCOUNT_LISTS, "account.lists", OWNER, 0, SCOPE_READ, 0, 0},
    [VERB_PERSON_LIST] = {VERB_PERSON_LIST, "person.list", ANYONE, 0, SCOPE_READ, 0, 0},
    [VERB_PERSON_MANAGE] = {VERB_PERSON_MANAGE, "person.manage", ROLE_OFFICER, 0, SCOPE_ADMIN, 0,
                            NEED_FACTOR},
    [VERB_ORGANISATION_LIST] = {VERB_ORGANISATION_LIST, "organisation.list", ANYONE, 0,
                                SCOPE_READ, 0, 0},
    [VERB_ORGANISATION_MANAGE] = {VERB_ORGANISATION_MANAGE, "organisation.manage", ROLE_OFFICER,
                                  0, SCOPE_ADMIN, 0, NEED_FACTOR},

    [VERB_PROJECT_CREATE] = {VERB_PROJECT_CREATE, "project.create", ROLE_OFFICER, 0, SCOPE_ADMIN,
                             0, NEED_FACTOR | NEED_PROJECT_PURPOSE | NEED_ENCRYPTION},
    [VERB_PROJECT_VIEW] = {VERB_PROJECT_VIEW, "project.view", ROLE_OFFICER | ROLE_AUDITOR,
                           ANY_MEMBER, SCOPE_READ, 0, 0},
    [VERB_PROJECT_EDIT] = {VERB_PROJECT_EDIT, "project.edit", ROLE_OFFICER, PROJECT_LEAD,
                           SCOPE_WORK, NOT_CLOSED, NEED_STATE | NEED_TIER_FACTOR},
    [VERB_PROJECT_MEMBER] = {VERB_PROJECT_MEMBER, "project.member", ROLE_OFFICER, PROJECT_LEAD,
                             SCOPE_WORK, NOT_CLOSED, NEED_STATE | NEED_TIER_FACTOR},
    [VERB_PROJECT_STATE] = {VERB_PROJECT_STATE, "project.state", ROLE_OFFICER, 0, SCOPE_ADMIN, 0,
                            NEED_FACTOR},
    [VERB_PROJECT_QUOTA] = {VERB_PROJECT_QUOTA, "project.quota", ROLE_OFFICER, 0, SCOPE_ADMIN,
                            NOT_CLOSED, NEED_FACTOR | NEED_STATE},

    [VERB_SOURCE_VIEW] = {VERB_SOURCE_VIEW, "source.view", ANYONE, 0, SCOPE_READ, 0, 0},
    [VERB_SOURCE_CREATE] = {VERB_SOURCE_CREATE, "source.create", ROLE_PRODUCER, 0, SCOPE_GOVERN,
                            0, NEED_FACTOR},
    [VERB_SOURCE_EDIT] = {VERB_SOURCE_EDIT, "source.edit", STEWARD, 0, SCOPE_GOVERN, 0,
                          NEED_STEWARD | NEED_FACTOR},
    [VERB_DATASET_PUBLISH] = {VERB_DATASET_PUBLISH, "dataset.publish", STEWARD, 0, SCOPE_GOVERN,
                              0, NEED_STEWARD | NEED_FACTOR},

    [VERB_DATASET_PROTECT] = {VERB_DATASET_PROTECT, "dataset.protect", STEWARD, 0, SCOPE_GOVERN,
                              0, NEED_STEWARD | NEED_FACTOR},
    /* A report has seeds and single cases: whoever reads it can undo part of what was done. */
    [VERB_DATASET_REPORT] = {VERB_DATASET_REPORT, "dataset.report", STEWARD, 0, SCOPE_READ, 0,
                             NEED_STEWARD | NEED_FACTOR},
    [VERB_KEY_CREATE] = {VERB_KEY_CREATE, "key.create", STEWARD, 0, SCOPE_GOVERN, 0,
                         NEED_STEWARD | NEED_FACTOR},
    [VERB_KEY_VIEW] = {VERB_KEY_VIEW, "key.view", ROLE_OFFICER | ROLE_AUDITOR | OWNER, 0, SCOPE_READ,
                       0, 0},
    [VERB_KEY_DESTROY] = {VERB_KEY_DESTROY, "key.destroy", ROLE_OFFICER | OWNER, 0,
                          SCOPE_GOVERN | SCOPE_ADMIN, 0, NEED_FACTOR},

    [VERB_APPLICATION_CREATE] = {VERB_APPLICATION_CREATE, "application.create", 0, WORKERS,
                                 SCOPE_WORK, STATE_PLANNED | STATE_OPEN,
                                 NEED_STATE | NEED_ROUTE | NEED_PURPOSE | NEED_LEVEL |
                                     NEED_ORGANISATION | NEED_TIER_FACTOR},
    [VERB_APPLICATION_VIEW] = {VERB_APPLICATION_VIEW, "application.view",
                               ROLE_OFFICER | ROLE_AUDITOR | ROLE_COMMITTEE | STEWARD | CONCERNED,
                               ANY_MEMBER, SCOPE_READ, 0, 0},
    [VERB_APPLICATION_EDIT] = {VERB_APPLICATION_EDIT, "application.edit", 0, WORKERS, SCOPE_WORK,
                               STATE_PLANNED | STATE_OPEN, NEED_STATE | NEED_TIER_FACTOR},
    [VERB_APPLICATION_WITHDRAW] = {VERB_APPLICATION_WITHDRAW, "application.withdraw", 0, WORKERS,
                                   SCOPE_WORK, NOT_CLOSED, NEED_STATE | NEED_TIER_FACTOR},
    [VERB_APPLICATION_SUBMIT] = {VERB_APPLICATION_SUBMIT, "application.submit", 0, WORKERS,
                                 SCOPE_WORK, STATE_PLANNED | STATE_OPEN,
                                 NEED_STATE | NEED_TIER_FACTOR},
    [VERB_TERM_STEWARD] = {VERB_TERM_STEWARD, "term.steward_agreement", STEWARD, 0, SCOPE_GOVERN,
                           NOT_CLOSED, NEED_STATE | NEED_STEWARD | NEED_FACTOR},
    [VERB_TERM_COMMITTEE] = {VERB_TERM_COMMITTEE, "term.committee_opinion", ROLE_COMMITTEE, 0,
                             SCOPE_GOVERN, NOT_CLOSED,
                             NEED_STATE | NEED_NOT_MEMBER | NEED_FACTOR},
    [VERB_TERM_NEED_TO_KNOW] = {VERB_TERM_NEED_TO_KNOW, "term.need_to_know", 0, PROJECT_LEAD,
                                SCOPE_GOVERN, STATE_PLANNED | STATE_OPEN,
                                NEED_STATE | NEED_FACTOR | NEED_ROUTE | NEED_PURPOSE | NEED_LEVEL |
                                    NEED_ORGANISATION},
    [VERB_TERM_UNDERTAKING] = {VERB_TERM_UNDERTAKING, "term.undertaking", CONCERNED, 0,
                               SCOPE_GOVERN, NOT_CLOSED, NEED_STATE | NEED_CONCERNED},
    [VERB_TERM_REVOKE] = {VERB_TERM_REVOKE, "term.revoke",
                          ROLE_OFFICER | ROLE_COMMITTEE | STEWARD | OWNER, 0, SCOPE_GOVERN, 0,
                          NEED_FACTOR},
    [VERB_DATASET_USE] = {VERB_DATASET_USE, "dataset.use", DOOR, WORKERS, SCOPE_WORK, LIVE,
                          NEED_STATE | NEED_LEVEL | NEED_ACCREDITED | NEED_TIER_FACTOR},

    [VERB_SERVICE_LAUNCH] = {VERB_SERVICE_LAUNCH, "service.launch", 0, WORKERS, SCOPE_WORK, LIVE,
                             NEED_STATE | NEED_TIER_FACTOR | NEED_DISPLAY | NEED_LABEL},
    [VERB_SERVICE_VIEW] = {VERB_SERVICE_VIEW, "service.view", ROLE_OFFICER | ROLE_AUDITOR,
                           ANY_MEMBER, SCOPE_READ, 0, 0},
    [VERB_SERVICE_OPEN] = {VERB_SERVICE_OPEN, "service.open", 0, WORKERS, SCOPE_WORK, LIVE,
                           NEED_STATE | NEED_OWNER | NEED_TIER_FACTOR | NEED_LABEL},
    [VERB_SERVICE_PROLONG] = {VERB_SERVICE_PROLONG, "service.prolong", 0, WORKERS, SCOPE_WORK, LIVE,
                              NEED_STATE | NEED_OWNER | NEED_TIER_FACTOR | NEED_LABEL},
    [VERB_SERVICE_STOP] = {VERB_SERVICE_STOP, "service.stop", ROLE_OFFICER | OWNER, PROJECT_LEAD,
                           SCOPE_WORK, 0, 0},
    [VERB_FILES_VIEW] = {VERB_FILES_VIEW, "files.view", 0, WORKERS, SCOPE_READ, STARTED,
                         NEED_STATE | NEED_TIER_FACTOR | NEED_LABEL},
    [VERB_FILES_SHOW] = {VERB_FILES_SHOW, "files.show", 0, WORKERS, SCOPE_READ, LIVE,
                         NEED_STATE | NEED_TIER_FACTOR | NEED_FILES_SHOWN | NEED_LABEL},
    [VERB_FILES_GET] = {VERB_FILES_GET, "files.get", 0, WORKERS, SCOPE_READ, LIVE,
                        NEED_STATE | NEED_TIER_FACTOR | NEED_FILES_OUT | NEED_LABEL},
    [VERB_FILES_PUT] = {VERB_FILES_PUT, "files.put", 0, WORKERS, SCOPE_WORK, LIVE,
                        NEED_STATE | NEED_TIER_FACTOR | NEED_FILES_IN | NEED_LABEL},
    [VERB_FILES_CHANGE] = {VERB_FILES_CHANGE, "files.change", 0, WORKERS, SCOPE_WORK, LIVE,
                           NEED_STATE | NEED_TIER_FACTOR | NEED_FILES_IN | NEED_LABEL},

    [VERB_LAKE_PUT] = {VERB_LAKE_PUT, "lake.put", DOOR, WORKERS, SCOPE_WORK, LIVE,
                       NEED_STATE | NEED_TIER_FACTOR | NEED_PUT_PLACE | NEED_LABEL},
    [VERB_LAKE_GET] = {VERB_LAKE_GET, "lake.get", DOOR, WORKERS, SCOPE_READ, LIVE,
                       NEED_STATE | NEED_TIER_FACTOR | NEED_GET_PLACE | NEED_LABEL},
    [VERB_LAKE_LIST] = {VERB_LAKE_LIST, "lake.list", DOOR, WORKERS, SCOPE_READ, LIVE,
                        NEED_STATE | NEED_TIER_FACTOR | NEED_PUT_PLACE | NEED_LABEL},
    [VERB_LAKE_DELETE] = {VERB_LAKE_DELETE, "lake.delete", DOOR, WORKERS, SCOPE_WORK, LIVE,
                          NEED_STATE | NEED_TIER_FACTOR | NEED_PUT_PLACE | NEED_LABEL},
    [VERB_LAKE_KEY] = {VERB_LAKE_KEY, "lake.key", 0, WORKERS, SCOPE_WORK, LIVE,
                       NEED_STATE | NEED_TIER_FACTOR | NEED_PUT_PLACE},

    [VERB_EXPORT_CREATE] = {VERB_EXPORT_CREATE, "export.create", 0, WORKERS, SCOPE_WORK, LIVE,
                            NEED_STATE | NEED_TIER_FACTOR | NEED_LABEL},
    [VERB_EXPORT_VIEW] = {VERB_EXPORT_VIEW, "export.view",
                          ROLE_OFFICER | ROLE_AUDITOR | ROLE_CHECKER, ANY_MEMBER, SCOPE_READ, 0,
                          NEED_SIGHT},
    [VERB_EXPORT_EDIT] = {VERB_EXPORT_EDIT, "export.edit", 0, WORKERS, SCOPE_WORK, LIVE,
                          NEED_STATE | NEED_OWNER | NEED_TIER_FACTOR | NEED_LABEL},
    [VERB_EXPORT_SUBMIT] = {VERB_EXPORT_SUBMIT, "export.submit", 0, WORKERS, SCOPE_WORK, LIVE,
                            NEED_STATE | NEED_OWNER | NEED_TIER_FACTOR | NEED_LABEL},
    [VERB_EXPORT_REVIEW] = {VERB_EXPORT_REVIEW, "export.review", ROLE_CHECKER, 0, SCOPE_GOVERN, 0,
                            NEED_NOT_OWNER | NEED_NOT_MEMBER | NEED_IN_REVIEW |
                                NEED_NOT_REVIEWED | NEED_FACTOR},
    [VERB_EXPORT_FILE] = {VERB_EXPORT_FILE, "export.file", ROLE_CHECKER | OWNER, 0, SCOPE_READ, 0,
                          NEED_FACTOR | NEED_FILE},
    [VERB_EXPORT_RELEASE] = {VERB_EXPORT_RELEASE, "export.release", 0, WORKERS, SCOPE_WORK, 0,
                             NEED_TIER_FACTOR},

    [VERB_AUDIT_READ] = {VERB_AUDIT_READ, "audit.read", ROLE_AUDITOR | ROLE_OFFICER, 0,
                         SCOPE_READ, 0, NEED_FACTOR},
    [VERB_PLATFORM_VIEW] = {VERB_PLATFORM_VIEW, "platform.view", ROLE_OFFICER, 0, SCOPE_ADMIN, 0,
                            0},
    [VERB_PLATFORM_MANAGE] = {VERB_PLATFORM_MANAGE, "platform.manage", ROLE_OFFICER, 0,
                              SCOPE_ADMIN, 0, NEED_FACTOR},
};

/* ---- checks -------------------------------------------------------------------------------- */

typedef struct PolicyCheck {
    unsigned need;
    bool (*holds)(const PolicyActor *actor, const PolicyRule *rule, const PolicyFacts *facts);
    const char *reason;
    const char *sentence;
} PolicyCheck;

#define CHECK(name, expression)                                                                    \
    static bool check_##name(const PolicyActor *a, const PolicyRule *r, const PolicyFacts *f)      \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)r;                                                                                   \
        (void)f;                                                                                   \
        return expression;                                                                         \
    }

CHECK(state, (f->state & r->states) != 0)
CHECK(steward, f->is_steward)
CHECK(not_owner, !f->is_owner)
/* Nobody leaves a project for just as long as it takes to decide about it. */
CHECK(not_member, f->project_roles == 0 && !f->was_member)
CHECK(not_reviewed, !f->reviewed)
CHECK(in_review, f->in_review)
CHECK(owner, f->is_owner)
CHECK(concerned, f->is_concerned)
CHECK(route, (f->source_routes & f->route) != 0)
CHECK(purpose, (f->source_purposes & f->purpose) != 0)
CHECK(level, (policy_tier(f->tier)->levels & f->level) != 0)
CHECK(organisation, !policy_route((PolicyRoute)f->route)->own_organisation || f->same_organisation)
CHECK(label, f->label_held)
CHECK(accredited, f->accredited)
CHECK(tier_factor, !policy_tier(f->tier)->second_factor || a->second_factor)
CHECK(factor, a->second_factor)
CHECK(display, policy_tier(f->tier)->display == DISPLAY_WEB || f->display == DISPLAY_PIXELS)
/* Where the outside may put but not get, it touches its own uploads and nothing else: neither the
 * objects of services, nor those of other persons. */
CHECK(put_place, f->inside || (policy_tier(f->tier)->lake_put_outside &&
                               (policy_tier(f->tier)->lake_get_outside || f->own_upload)))
CHECK(get_place, f->inside || policy_tier(f->tier)->lake_get_outside || f->own_upload)
/* What the tier lets out of and into the bucket from outside, it lets out of and into /project: both
 * are the project's files. */
CHECK(files_shown, policy_tier(f->tier)->display == DISPLAY_WEB)
CHECK(files_out, policy_tier(f->tier)->lake_get_outside)
CHECK(files_in, policy_tier(f->tier)->lake_put_outside)
CHECK(encryption,
      !policy_tier(f->tier)->encryption || f->encrypted || f->accept_unencrypted)
CHECK(sight, f->project_roles != 0 || (a->roles & (ROLE_OFFICER | ROLE_AUDITOR)) != 0 ||
                 f->in_review || f->was_checker)
/* The author sees what a notebook's page could show them as well; where the browser may receive no more
 * than pixels, not even that. */
CHECK(file, f->is_owner ? policy_tier(f->tier)->display == DISPLAY_WEB && f->project_roles != 0 &&
                              f->label_held
                        : f->in_review && f->project_roles == 0 && !f->was_member)
CHECK(project_purpose, (policy_route((PolicyRoute)f->route)->purposes & f->purpose) != 0)

static const PolicyCheck checks[] = {
    {NEED_FACTOR, check_factor, "policy.second_factor",
     "This needs a session opened with the second factor; sign in again with your code."},
    {NEED_TIER_FACTOR, check_tier_factor, "policy.second_factor",
     "The project's tier requires a session opened with the second factor; sign in again with "
     "your code."},
    {NEED_STEWARD, check_steward, "policy.not_steward",
     "Only a steward of the source may do this."},
    {NEED_CONCERNED, check_concerned, "policy.not_concerned",
     "Only the person whom this concerns may do this."},
    {NEED_NOT_OWNER, check_not_owner, "policy.own_export",
     "The author of an export cannot review it; another checker must."},
    {NEED_NOT_MEMBER, check_not_member, "policy.member",
     "Whoever is or was a member of the project cannot decide about it; somebody from outside must."},
    {NEED_OWNER, check_owner, "policy.not_owner",
     "Only the person it belongs to may do this."},
    {NEED_STATE, check_state, "policy.project_state",
     "The project's state does not allow this; see the project's page for its state and why."},
    {NEED_PROJECT_PURPOSE, check_project_purpose, "policy.route_purpose",
     "This route does not admit that purpose."},
    {NEED_ENCRYPTION, check_encryption, "policy.encryption",
     "The state directory's file system cannot encrypt (fscrypt), which this tier requires; use "
     "one that can, or accept it explicitly in the configuration."},
    {NEED_ROUTE, check_route, "policy.source_route",
     "The source does not admit projects of this route."},
    {NEED_PURPOSE, check_purpose, "policy.source_purpose",
     "The source excludes the project's purpose."},
    {NEED_ORGANISATION, check_organisation, "policy.other_organisation",
     "On this route a project uses its own administration's sources only."},
    {NEED_LEVEL, check_level, "policy.tier_level",
     "A dataset of this level cannot enter a project of this tier."},
    {NEED_DISPLAY, check_display, "policy.pixels_only",
     "The secure tier needs a pixels-only service; none is installed."},
    {NEED_ACCREDITED, check_accredited, "policy.not_accredited",
     "You are not accredited for this dataset in this project; the project's data page says what "
     "is missing."},
    {NEED_LABEL, check_label, "policy.label",
     "The project's files have been beside data for which you are not accredited (any more); the "
     "project's data page says what is missing."},
    {NEED_PUT_PLACE, check_put_place, "policy.lake_outside",
     "The tier closes the bucket to the outside, or all of it but your own uploads; use it from a "
     "service of the project."},
    {NEED_GET_PLACE, check_get_place, "policy.lake_download",
     "The tier lets nothing be downloaded but through the airlock; ask for an export."},
    {NEED_FILES_SHOWN, check_files_shown, "policy.files_shown",
     "The tier shows files inside of the project's services only."},
    {NEED_FILES_OUT, check_files_out, "policy.files_out",
     "The tier lets no file be downloaded but through the airlock; ask for an export."},
    {NEED_FILES_IN, check_files_in, "policy.files_in",
     "The tier closes the project's files to the outside; work on them from a service of the "
     "project."},
    {NEED_SIGHT, check_sight, "policy.not_in_review",
     "The export is not awaiting reviews."},
    {NEED_FILE, check_file, "policy.export_file",
     "The files of an export are read by outside checkers while it awaits reviews, and previewed by "
     "its author where the tier lets a browser show data."},
    {NEED_IN_REVIEW, check_in_review, "policy.not_in_review",
     "The export is not awaiting reviews."},
    {NEED_NOT_REVIEWED, check_not_reviewed, "policy.reviewed",
     "You have already reviewed this round."},
};

static const PolicyDecision allowed = {true, "", ""};

static PolicyDecision denied(const char *reason, const char *sentence)
{
    return (PolicyDecision){false, reason, sentence};
}

static bool policy_role_fits(const PolicyActor *actor, const PolicyRule *rule,
                             const PolicyFacts *facts)
{
    if ((rule->roles & ANYONE) != 0 || (rule->roles & actor->roles) != 0)
        return true;
    if ((rule->roles & STEWARD) != 0 && facts->is_steward)
        return true;
    if ((rule->roles & OWNER) != 0 && facts->is_owner)
        return true;
    if ((rule->roles & CONCERNED) != 0 && facts->is_concerned)
        return true;
    return facts->has_project && (rule->project_roles & facts->project_roles) != 0;
}

static PolicyDecision policy_role_denial(const PolicyRule *rule)
{
    if ((rule->roles & STEWARD) != 0)
        return denied("policy.not_steward", "Only a steward of the source may do this.");
    if (rule->project_roles != 0)
        return denied("policy.not_a_member",
                      "Your role in this project does not allow this; ask the project's lead.");
    return denied("policy.role", "Your role does not allow this; ask a platform officer.");
}

static const char terms_sentence[] =
    "The terms of use ask for your acceptance: sign in to the pages to read and accept them, or use "
    "darse terms show and darse terms accept. Until then your own account alone is open to you, to "
    "your tokens and to your keys.";

static bool policy_awaits_terms(const PolicyActor *actor, PolicyVerb verb)
{
    return actor != NULL && actor->terms_overdue && !rules[verb].before_terms;
}

bool policy_enforce_terms(const PolicyActor *actor, PolicyVerb verb, GError **error)
{
    return !policy_awaits_terms(actor, verb) ||
           error_set(error, ERROR_DENIED, "policy.terms", "%s", terms_sentence);
}

PolicyDecision policy_decide(const PolicyActor *actor, PolicyVerb verb, const PolicyFacts *facts)
{
    static const PolicyFacts none = {0};
    g_assert(verb < VERB_COUNT && rules[verb].name != NULL);
    const PolicyRule *rule = &rules[verb];
    if (actor == NULL)
        return denied("policy.nobody", "Sign in first.");
    if (actor->channel == CHANNEL_SYSTEM)
        return allowed;
    if (facts == NULL)
        facts = &none;
    if (policy_awaits_terms(actor, verb))
        return denied("policy.terms", terms_sentence);
    if ((actor->scopes & rule->scope) == 0)
        return denied("policy.scope", "The token's scopes do not cover this; make another one.");
    if (actor->channel == CHANNEL_DOOR && ((rule->roles & DOOR) == 0 || !facts->inside))
        return denied("policy.door", "A service may not do this.");
    if (!policy_role_fits(actor, rule, facts))
        return policy_role_denial(rule);
    for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
        if ((rule->needs & checks[i].need) != 0 && !checks[i].holds(actor, rule, facts))
            return denied(checks[i].reason, checks[i].sentence);
    }
    return allowed;
}

const char *policy_verb_name(PolicyVerb verb)
{
    g_assert(verb < VERB_COUNT);
    return rules[verb].name;
}

bool policy_enforce(const PolicyActor *actor, PolicyVerb verb, const PolicyFacts *facts,
                    GError **error)
{
    PolicyDecision decision = policy_decide(actor, verb, facts);
    if (decision.allowed)
        return true;
    return error_set(error, actor == NULL ? ERROR_UNAUTHENTICATED : ERROR_DENIED, decision.reason,
                     "%s", decision.sentence);
}

/* ---- actors -------------------------------------------------------------------------------- */

void policy_actor_free(PolicyActor *actor)
{
    if (actor == NULL)
        return;
    g_free(actor->id);
    g_free(actor->login);
    g_free(actor->name);
    g_free(actor->organisation);
    g_free(actor->session);
    g_free(actor->address);
    g_free(actor->request);
    g_free(actor->once_key);
    g_free(actor->once_request);
    g_free(actor);
}

PolicyActor *policy_actor_system(void)
{
    PolicyActor *actor = g_new0(PolicyActor, 1);
    actor->id = g_strdup("system");
    actor->login = g_strdup("system");
    actor->name = g_strdup("Darse");
    actor->organisation = g_strdup("");
    actor->scopes = SCOPE_ALL;
    actor->second_factor = true;
    actor->channel = CHANNEL_SYSTEM;
    actor->session = g_strdup("");
    actor->address = g_strdup("");
    actor->request = g_strdup("");
    return actor;
}
