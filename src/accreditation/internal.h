/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this room alone. */
#ifndef DARSE_ACCREDITATION_INTERNAL_H
#define DARSE_ACCREDITATION_INTERNAL_H

#include "accreditation/accreditation.h"
#include "accreditation/applications.h"

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

/* ---- tell.c: notices ---- */

/* After a change of the application that was in state BEFORE: tells those whom it waits for now, and
 * those it is about if it was ANSWERED or has become decided. */
bool application_tell(Act *act, const char *application, ApplicationState before, bool answered,
                      GError **error);
bool fact_tell_revoked(Act *act, const AccreditationFact *fact, const char *reason,
                       GError **error);
/* Duty: what ends within thirty days, told once. */
bool accreditation_remind(App *app, GError **error);

#endif
