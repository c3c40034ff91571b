/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this room alone. */
#ifndef DARSE_ACCREDITATION_INTERNAL_H
#define DARSE_ACCREDITATION_INTERNAL_H

#include "accreditation/accreditation.h"
#include "projects/projects.h"
#include "sources/sources.h"

#define APPLICATION_DATASETS_MAX 50
#define APPLICATION_PERSONS_MAX 50
#define FACT_LONGEST_MS (INT64_C(10) * 366 * 24 * 3600 * 1000)

/* ---- facts.c: rows of signed facts ---- */

/* The facts of APPLICATION (NULL: of none) and the project's needs to know, newest first. The last
 * one signed for a term, a dataset and a person is the one that counts. */
GPtrArray *facts_load(StoreTx *tx, const char *project, const char *application, GError **error);
/* ERROR_NOT_FOUND "accreditation.no_fact". */
bool fact_load(StoreTx *tx, const char *id, AccreditationFact **ret_fact, GError **error);
/* The first of FACTS (newest first) about TERM, DATASET (NULL: about none) and PERSON (NULL: about
 * none); NULL if there is none. Borrowed. */
const AccreditationFact *fact_pick(const GPtrArray *facts, unsigned term, const char *dataset,
                                   const char *person);
/* Signs. FACT's id and signed_ms are made here: the time is later than that of every fact of the
 * project, so that "last" is always one. Caller frees *RET_ID (may be a NULL pointer). */
bool fact_sign(StoreTx *tx, const AccreditationFact *fact, int64_t now_ms, char **ret_id,
               GError **error);
bool fact_revoke_row(StoreTx *tx, const AccreditationFact *fact, const char *by,
                     const char *reason, int64_t now_ms, GError **error);
bool fact_refuse_unknown(const char *id, GError **error);

/* ---- applications.c ---- */

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

/* ---- acts.c: what people sign, each as one decided, logged action ---- */

typedef struct ApplicationNew {
    const char *project, *justification;
    const char *const *datasets;   /* ids, ended by NULL */
    const char *const *persons;    /* logins, ended by NULL */
} ApplicationNew;
bool application_create(App *app, const PolicyActor *actor, const ApplicationNew *given,
                        char **ret_id, GError **error);
bool application_submit(App *app, const PolicyActor *actor, const char *application,
                        GError **error);

typedef struct Signature {
    const char *dataset;           /* NULL where the term is about all */
    const char *person;            /* login; need to know alone */
    const char *outcome, *comment;
    int64_t expires_ms;            /* 0: none */
} Signature;
bool application_agree(App *app, const PolicyActor *actor, const char *application,
                       const Signature *signature, GError **error);
bool application_opine(App *app, const PolicyActor *actor, const char *application,
                       const Signature *signature, GError **error);
bool application_undertake(App *app, const PolicyActor *actor, const char *application,
                           const char *code, GError **error);
bool need_to_know_sign(App *app, const PolicyActor *actor, const char *project,
                       const Signature *signature, char **ret_fact, GError **error);
bool fact_revoke(App *app, const PolicyActor *actor, const char *fact, const char *reason,
                 GError **error);

#endif
