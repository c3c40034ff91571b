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
    APPLICATION_DECIDED,
    APPLICATION_STATE_COUNT,
} ApplicationState;
const char *application_state_name(ApplicationState state);

typedef struct ApplicationMove {
    ApplicationState from, to;
    const char *when;
} ApplicationMove;
extern const ApplicationMove application_moves[];

typedef struct ApplicationPerson {
    char *id, *login, *name;
} ApplicationPerson;

typedef struct Application {
    char *id, *project;
    ApplicationState state;
    char *justification;
    char *created_by, *created_by_login, *created_by_name;
    int64_t created_ms, submitted_ms, decided_ms;
    GPtrArray *datasets;           /* of Dataset */
    GPtrArray *persons;            /* of ApplicationPerson */
    GPtrArray *facts;              /* of AccreditationFact, newest first; with the needs to know of
                                      its persons and datasets */
} Application;
void application_free(Application *application);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Application, application_free)

/* ERROR_NOT_FOUND "accreditation.no_application". */
bool application_load(StoreTx *tx, const char *id, Application **ret_application, GError **error);
bool application_refuse_unknown(const char *id, GError **error);
/* Moves, or ERROR_CONFLICT "accreditation.state". */
bool application_move(StoreTx *tx, const Application *application, ApplicationState to,
                      int64_t now_ms, GError **error);
/* Decided, once everybody asked (but the persons themselves) has answered. */
bool application_settle(StoreTx *tx, const char *id, int64_t now_ms, GError **error);
/* Rows alone. */
bool application_insert(StoreTx *tx, const char *id, const char *project, const char *justification,
                        const char *author, const char *const *datasets,
                        const char *const *persons, int64_t now_ms, GError **error);
/* Ids of the applications that the actor may see, newest first, after AFTER ("" for the first). */
typedef struct ApplicationQuery {
    const char *project;           /* "" for all */
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
} ApplicationNeed;
/* Pure. ROUTE: of the project. Array of ApplicationNeed. */
GPtrArray *application_needs(const Application *application, unsigned route);
/* Is this need for ACTOR to fulfil? */
bool application_need_is_mine(StoreTx *tx, const PolicyActor *actor, const PolicyFacts *facts,
                              const ApplicationNeed *need, bool *ret_mine, GError **error);

#endif
