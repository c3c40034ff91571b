/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applications: a project asks for datasets for named persons. Rows, states, who may see them, and
 * what still awaits whom.
 */
#ifndef DARSE_ACCREDITATION_APPLICATIONS_H
#define DARSE_ACCREDITATION_APPLICATIONS_H

#include "app/app.h"
#include "projects/projects.h"
#include "sources/sources.h"

#define APPLICATION_DATASETS_MAX 50
#define APPLICATION_PERSONS_MAX 50

typedef enum ApplicationState {
    APPLICATION_DRAFT,
    APPLICATION_SUBMITTED,
    APPLICATION_ADJOURNED,             /* the committee asks for more: the texts can be changed */
    APPLICATION_DECIDED,
    APPLICATION_WITHDRAWN,
    APPLICATION_STATE_COUNT,
} ApplicationState;
const char *application_state_name(ApplicationState state);

typedef struct ApplicationMove {
    ApplicationState from, to;
    const char *when;
} ApplicationMove;
extern const ApplicationMove application_moves[];

/* What the route asks for in words, besides the purpose. */
typedef struct ApplicationSection {
    const char *name;
    unsigned routes;               /* PolicyRoute bits */
} ApplicationSection;
extern const ApplicationSection application_sections[]; /* ended by a row with `name` NULL */
#define APPLICATION_SECTION_CHARACTERS 5000

typedef struct ApplicationPerson {
    char *id, *login, *name;
    char *organisation;            /* its name */
    unsigned roles;                /* in the project, now or later: PolicyProjectRole */
} ApplicationPerson;

typedef struct Application {
    char *id, *project;
    ApplicationState state;
    char *justification;
    char *answers;                 /* JSON object: name of a section, text */
    int64_t until_ms;              /* until when it is asked; 0: not said */
    int64_t round;                 /* of the last submission; 1 before the first */
    int64_t version;               /* grows with each saving */
    char *created_by, *created_by_login, *created_by_name;
    int64_t created_ms, changed_ms, submitted_ms, decided_ms;
    GPtrArray *datasets;           /* of Dataset */
    GPtrArray *persons;            /* of ApplicationPerson */
    GPtrArray *facts;              /* of AccreditationFact, newest first; with the needs to know of
                                      its persons and datasets */
} Application;
void application_free(Application *application);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Application, application_free)

/* ERROR_NOT_FOUND "accreditation.no_application". */
bool application_load(StoreTx *tx, const char *id, Application **ret_application, GError **error);
/* In the order of IDS, which must all exist. Array of Application. */
GPtrArray *application_load_many(StoreTx *tx, const GPtrArray *ids, GError **error);
bool application_refuse_unknown(const char *id, GError **error);
/* Moves, or ERROR_CONFLICT "accreditation.state". */
bool application_move(StoreTx *tx, const Application *application, ApplicationState to,
                      int64_t now_ms, GError **error);
/* Decided, once everybody asked (but the persons themselves) has answered. */
bool application_settle(StoreTx *tx, const char *id, int64_t now_ms, GError **error);
/* Rows alone. */
typedef struct ApplicationRow {
    const char *id, *project, *justification, *author;
    const char *answers;           /* JSON object; NULL: {} */
    int64_t until_ms;
    const char *const *datasets;   /* ids, ended by NULL */
    const char *const *persons;    /* ids, ended by NULL */
} ApplicationRow;
bool application_insert(StoreTx *tx, const ApplicationRow *row, int64_t now_ms, GError **error);
/* Replaces all that a draft says. */
bool application_update(StoreTx *tx, const ApplicationRow *row, int64_t now_ms, GError **error);

/* What was submitted, each time. */
typedef struct ApplicationRound {
    int64_t round, until_ms, submitted_ms;
    char *justification, *answers, *submitted_by_name;
} ApplicationRound;
void application_round_free(ApplicationRound *round);
GPtrArray *application_rounds(StoreTx *tx, const char *application, GError **error);
bool application_round_keep(StoreTx *tx, const Application *application, const char *by,
                            int64_t now_ms, GError **error);

/* What was decided before about the same sources, or in the same project. */
typedef struct EarlierDecision {
    char *application, *project_title, *dataset_title, *source_title; /* dataset: NULL, of all */
    unsigned term;
    char *outcome, *comment, *by_name;
    int64_t signed_ms, expires_ms;
    bool revoked, same_project, same_persons;
} EarlierDecision;
void earlier_decision_free(EarlierDecision *decision);
/* Newest first, at most LIMIT; of applications that ACTOR may see. */
GPtrArray *application_earlier(StoreTx *tx, const PolicyActor *actor, const Application *application,
                               int64_t now_ms, size_t limit, GError **error);
/* May it still be changed by the project? */
bool application_is_editable(const Application *application);
/* Ids of the applications that the actor may see, newest first, after AFTER ("" for the first). */
typedef struct ApplicationQuery {
    const char *project;           /* "" for all */
    const char *state;             /* idem */
    const char *source;            /* of one of its datasets; idem */
    bool written_by_me;
    bool awaiting_me;
    const char *after;
    int64_t limit;
} ApplicationQuery;
GPtrArray *application_list(StoreTx *tx, const PolicyActor *actor, const ApplicationQuery *query,
                            int64_t now_ms, GError **error);
/* Facts for policy about one application: the project's, is_steward (of any of its sources),
 * is_concerned (named by it). */
bool application_facts(StoreTx *tx, const PolicyActor *actor, const Application *application,
                       int64_t now_ms, PolicyFacts *ret_facts, GError **error);
/* As above; whoever may not see it is told that there is none. */
bool application_visible(StoreTx *tx, const PolicyActor *actor, const Application *application,
                         int64_t now_ms, PolicyFacts *ret_facts, GError **error);

/* What still awaits somebody: one line per missing signature. */
typedef struct ApplicationNeed {
    unsigned term;
    const Dataset *dataset;        /* NULL: all of them */
    const ApplicationPerson *person; /* NULL: whoever holds the role */
    const char *waits_for;         /* "steward", "committee", "lead", "person", "applicant" */
    const char *applicant;         /* who wrote an adjourned application; else NULL */
} ApplicationNeed;
/* Pure. ROUTE: of the project. Array of ApplicationNeed. */
GPtrArray *application_needs(const Application *application, unsigned route);
/* What ACTOR's part in each of APPLICATIONS rests on, read for all of them at once. Valid in the
 * closure it was read in. */
typedef struct ApplicationSight ApplicationSight;
ApplicationSight *application_sight(StoreTx *tx, const PolicyActor *actor,
                                    const GPtrArray *applications, int64_t now_ms, GError **error);
void application_sight_free(ApplicationSight *sight);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApplicationSight, application_sight_free)
/* As application_facts(); APPLICATION is one of those that SIGHT was read for. */
PolicyFacts application_sight_facts(const ApplicationSight *sight, const Application *application);
/* Is this need for the actor to fulfil? FACTS: of the application that it is of. */
bool application_need_is_mine(const ApplicationSight *sight, const PolicyFacts *facts,
                              const ApplicationNeed *need);

#endif
