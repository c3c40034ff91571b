/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what: one pure decision function over tables of verbs, roles, tiers, routes and
 * purposes. It reads no database, no clock and no file: the caller loads the facts. Every handler
 * that touches data or rights calls it, and a denial says why.
 */
#ifndef DARSE_POLICY_POLICY_H
#define DARSE_POLICY_POLICY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- words, each with its name in the API ---- */

typedef enum PolicyRole {            /* platform roles */
    ROLE_OFFICER = 1 << 0,
    ROLE_PRODUCER = 1 << 1,          /* may describe sources of their organisation */
    ROLE_COMMITTEE = 1 << 2,
    ROLE_CHECKER = 1 << 3,
    ROLE_AUDITOR = 1 << 4,
} PolicyRole;

typedef enum PolicyProjectRole {
    PROJECT_LEAD = 1 << 0,
    PROJECT_SCIENTIST = 1 << 1,
    PROJECT_BUSINESS = 1 << 2,       /* sees the project, launches nothing */
} PolicyProjectRole;

typedef enum PolicyScope {           /* what an API token may be used for; a session has all */
    SCOPE_READ = 1 << 0,
    SCOPE_WORK = 1 << 1,             /* projects, services, exports of its person */
    SCOPE_GOVERN = 1 << 2,           /* agreements, opinions, signatures, reviews */
    SCOPE_ADMIN = 1 << 3,            /* persons, projects, the platform */
} PolicyScope;
#define SCOPE_ALL (SCOPE_READ | SCOPE_WORK | SCOPE_GOVERN | SCOPE_ADMIN)

typedef enum PolicyState {
    STATE_PLANNED = 1 << 0,
    STATE_OPEN = 1 << 1,
    STATE_FROZEN = 1 << 2,
    STATE_CLOSED = 1 << 3,
} PolicyState;

typedef enum PolicyTier { TIER_OPEN, TIER_RESTRICTED, TIER_SECURE, TIER_COUNT } PolicyTier;

typedef enum PolicyLevel {
    LEVEL_PUBLIC = 1 << 0,
    LEVEL_SCIENTIFIC = 1 << 1,
    LEVEL_SECURE = 1 << 2,
} PolicyLevel;

typedef enum PolicyRoute {
    ROUTE_RESEARCH = 1 << 0,
    ROUTE_OWN_ADMINISTRATION = 1 << 1,
} PolicyRoute;

typedef enum PolicyPurpose {
    PURPOSE_OFFICIAL_STATISTICS = 1 << 0,
    PURPOSE_RESEARCH = 1 << 1,
    PURPOSE_EVALUATION = 1 << 2,
    PURPOSE_MANAGEMENT = 1 << 3,
    PURPOSE_CONTROL = 1 << 4,
    PURPOSE_ENFORCEMENT = 1 << 5,
} PolicyPurpose;

typedef enum PolicyTerm {            /* terms of an accreditation */
    TERM_PROJECT_OPEN = 1 << 0,
    TERM_MEMBER = 1 << 1,
    TERM_STEWARD_AGREEMENT = 1 << 2, /* per dataset */
    TERM_COMMITTEE_OPINION = 1 << 3, /* per dataset, with a duration */
    TERM_NEED_TO_KNOW = 1 << 4,      /* per dataset and person, signed by the lead */
    TERM_UNDERTAKING = 1 << 5,       /* per dataset and person, signed by the person */
} PolicyTerm;

typedef enum PolicyDisplay { DISPLAY_WEB, DISPLAY_PIXELS } PolicyDisplay;

/* One table of names per set: both directions, for the API, the database and the documents. */
typedef struct PolicyName {
    unsigned value;
    const char *name;
} PolicyName;
typedef enum PolicySet {
    SET_ROLE, SET_PROJECT_ROLE, SET_SCOPE, SET_STATE, SET_TIER, SET_LEVEL, SET_ROUTE, SET_PURPOSE,
    SET_TERM, SET_COUNT
} PolicySet;
const PolicyName *policy_names(PolicySet set);                 /* ends with name NULL */
const char *policy_name(PolicySet set, unsigned value);        /* one value; never NULL: "unknown" */
bool policy_value(PolicySet set, const char *name, unsigned *ret_value);
/* "read work" <-> bits. Unknown words: false. */
bool policy_parse_set(PolicySet set, const char *words, unsigned *ret_bits);
char *policy_format_set(PolicySet set, unsigned bits);         /* caller frees */

/* ---- tiers and routes ---- */

typedef struct PolicyTierRow {
    PolicyTier tier;
    const char *name;
    unsigned levels;                 /* datasets that may come in */
    PolicyDisplay display;           /* what the browser may receive */
    bool lake_put_outside;           /* S3 from outside the bubble: own uploads */
    bool lake_get_outside;
    int checkers;                    /* blind reviews an export needs; 0: direct, logged */
    bool second_factor;              /* required of whoever works there */
    bool encryption;                 /* required at rest unless the configuration accepts */
    bool mail_titles;                /* may a mail name the project? Mail leaves the platform */
} PolicyTierRow;
const PolicyTierRow *policy_tier(PolicyTier tier);

typedef struct PolicyRouteRow {
    PolicyRoute route;
    const char *name;
    unsigned terms;                  /* PolicyTerm bits that each accreditation needs */
    unsigned purposes;               /* purposes that a project of this route may declare */
    bool own_organisation;           /* sources must belong to the project's organisation */
} PolicyRouteRow;
const PolicyRouteRow *policy_route(PolicyRoute route);

/* ---- who asks ---- */

typedef enum PolicyChannel { CHANNEL_SESSION, CHANNEL_TOKEN, CHANNEL_DOOR, CHANNEL_SYSTEM } PolicyChannel;

typedef struct PolicyActor {
    char *id;                        /* person id; "service:<id>" for a door; "system" */
    char *login;
    char *name;
    char *organisation;
    unsigned roles;                  /* PolicyRole */
    unsigned scopes;                 /* PolicyScope */
    bool second_factor;
    bool terms_overdue;              /* the terms of use in force have not been accepted in time */
    PolicyChannel channel;
    char *session;                   /* session id, token id, service id; for the journal */
    char *address;
    char *request;                   /* request id */
    char *once_key, *once_request;   /* hashes, under an Idempotency-Key; else NULL */
} PolicyActor;
void policy_actor_free(PolicyActor *actor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicyActor, policy_actor_free)
/* The program itself: the clock, the command line on the machine. */
PolicyActor *policy_actor_system(void);

/* ---- verbs and facts ---- */

typedef enum PolicyVerb {
    VERB_ACCOUNT_OWN,                /* own profile, sessions, tokens, second factor, the terms */
    VERB_ACCOUNT_LISTS,              /* what is mine in the rooms: projects, services, tasks, notices */
    VERB_PERSON_LIST, VERB_PERSON_MANAGE, VERB_ORGANISATION_LIST, VERB_ORGANISATION_MANAGE,
    VERB_PROJECT_CREATE, VERB_PROJECT_VIEW, VERB_PROJECT_EDIT, VERB_PROJECT_MEMBER,
    VERB_PROJECT_STATE, VERB_PROJECT_QUOTA,
    VERB_SOURCE_VIEW, VERB_SOURCE_CREATE, VERB_SOURCE_EDIT, VERB_DATASET_PUBLISH,
    VERB_DATASET_PROTECT,            /* make a use file of a raw file by a recipe */
    VERB_DATASET_REPORT,             /* read how a use file was made */
    VERB_KEY_CREATE, VERB_KEY_VIEW, VERB_KEY_DESTROY,   /* keys of pseudonyms */
    VERB_APPLICATION_CREATE,         /* asks for a dataset: the source must admit it */
    VERB_APPLICATION_VIEW,
    VERB_APPLICATION_EDIT,           /* its texts, persons and dates, while it is a draft */
    VERB_APPLICATION_SUBMIT, VERB_APPLICATION_WITHDRAW,
    VERB_TERM_STEWARD, VERB_TERM_COMMITTEE, VERB_TERM_NEED_TO_KNOW, VERB_TERM_UNDERTAKING,
    VERB_TERM_REVOKE,
    VERB_DATASET_USE,                /* mount or read a dataset in a project */
    VERB_SERVICE_LAUNCH, VERB_SERVICE_VIEW, VERB_SERVICE_OPEN,
    VERB_SERVICE_PROLONG, VERB_SERVICE_STOP,
    VERB_FILES_VIEW,                 /* names of the project's files */
    VERB_FILES_SHOW,                 /* the beginning of one, on a page */
    VERB_FILES_GET, VERB_FILES_PUT,  /* one file, out of and into a volume */
    VERB_FILES_CHANGE,               /* folders, other names, removing */
    VERB_LAKE_PUT, VERB_LAKE_GET, VERB_LAKE_LIST, VERB_LAKE_DELETE, VERB_LAKE_KEY,
    VERB_EXPORT_CREATE, VERB_EXPORT_VIEW, VERB_EXPORT_EDIT, VERB_EXPORT_SUBMIT,
    VERB_EXPORT_REVIEW, VERB_EXPORT_FILE, VERB_EXPORT_RELEASE,
    VERB_AUDIT_READ,
    VERB_PLATFORM_VIEW,              /* health, duties, usage: of the platform, nobody's data */
    VERB_PLATFORM_MANAGE,            /* run a duty, try the mail, edit the pages of texts */
    VERB_COUNT
} PolicyVerb;

typedef struct PolicyFacts {
    /* the project, if the object is in one */
    bool has_project;
    unsigned project_roles;          /* the actor's live roles in it */
    bool was_member;                 /* the actor has, had or will have a part in it */
    PolicyTier tier;
    unsigned state;                  /* PolicyState */
    unsigned route, purpose;
    bool same_organisation;          /* source and project belong to one organisation */
    /* the source or dataset */
    bool is_steward;
    unsigned source_routes, source_purposes;
    unsigned level;
    bool accredited;                 /* the predicate holds for the actor on this dataset */
    /* the volume, service or export */
    bool label_held;                 /* the actor is accredited to every dataset of the label */
    bool is_owner;                   /* author of the export, person of the service or account */
    bool is_concerned;               /* the person whom the term is about */
    bool reviewed;                   /* the actor has reviewed this round */
    bool in_review;                  /* the export awaits reviews */
    bool was_checker;                /* the actor has reviewed some round of it */
    bool inside;                     /* the request comes through a door of this project */
    bool own_upload;                 /* the object was put from outside by this actor */
    unsigned display;                /* PolicyDisplay of the service's definition */
    /* the project's folder */
    bool encrypted, accept_unencrypted;
} PolicyFacts;

typedef struct PolicyDecision {
    bool allowed;
    const char *reason;              /* slug, static: "policy.not_a_member" */
    const char *sentence;            /* English, static; what to do */
} PolicyDecision;

/* The one decision. ACTOR NULL: nobody. Pure. */
PolicyDecision policy_decide(const PolicyActor *actor, PolicyVerb verb, const PolicyFacts *facts);
const char *policy_verb_name(PolicyVerb verb);                  /* "project.create" */
/* The part of it that needs no facts: whoever has yet to accept the terms of use is told that first,
 * and not that there is no such thing. */
bool policy_enforce_terms(const PolicyActor *actor, PolicyVerb verb, GError **error);
/* As ERROR_DENIED (ERROR_UNAUTHENTICATED for nobody). Returns true when allowed. */
bool policy_enforce(const PolicyActor *actor, PolicyVerb verb, const PolicyFacts *facts,
                    GError **error);

#endif
