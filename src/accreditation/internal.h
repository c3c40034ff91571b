/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this room alone. */
#ifndef DARSE_ACCREDITATION_INTERNAL_H
#define DARSE_ACCREDITATION_INTERNAL_H

#include "accreditation/accreditation.h"
#include "accreditation/applications.h"

#define FACT_LONGEST_MS (INT64_C(10) * 366 * 24 * 3600 * 1000)

/* ---- facts.c: rows of signed facts ---- */

/* What facts.c reads of a fact; the application that asked for it stands after these columns. */
#define FACT_COLUMNS                                                                               \
    "f.id, f.application, f.project, f.dataset, f.person, f.term, f.outcome, f.comment, "          \
    "f.signed_by, p.name, f.signed_ms, f.expires_ms, f.revoked_ms, f.revoked_reason"
#define FACT_COLUMN_ASKED 14
/* Needs to know are signed outside of applications and count for each. */
#define FACTS_OF_APPLICATIONS                                                                      \
    "SELECT " FACT_COLUMNS ", a.id FROM application a JOIN accreditation_fact f ON "               \
    "f.project = a.project AND (f.application = a.id OR f.application IS NULL) JOIN person p ON "  \
    "p.id = f.signed_by WHERE a.id IN ($keys) ORDER BY f.signed_ms DESC"
AccreditationFact *fact_of_row(StoreRows *rows, GError **error);
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

/* ---- applications.c, sight.c ---- */

void application_person_free(void *person);
/* The ids of their projects, each once, borrowed. */
GPtrArray *application_projects(const GPtrArray *applications);

/* ---- application_fields.c ---- */

#define APPLICATION_TERMS                                                                          \
    "project_open member steward_agreement committee_opinion need_to_know undertaking"
#define APPLICATION_STATES "draft submitted adjourned decided withdrawn"
extern const HttpField application_new_fields[], application_edit_fields[], application_answer[],
    applications_answer[], earlier_answer[], openings_answer[];

/* ---- answers.c ---- */

/* Names of whom we wait for where we know them, else the role. NULL on failure. */
json_t *answer_waits(StoreTx *tx, const char *waits_for, const char *project, const char *source,
                     const char *person_name, GError **error);
/* Each of APPLICATIONS, briefly: an array; NULL on failure. */
json_t *answer_applications(StoreTx *tx, const GPtrArray *applications, GError **error);
bool answer_application(StoreTx *tx, const Application *application, json_t **ret_json,
                        GError **error);
/* With what the reader may do, the project, the rounds and the history. */
bool answer_application_whole(StoreTx *tx, const PolicyActor *actor, const Application *application,
                              const PolicyFacts *facts, json_t **ret_json, GError **error);
json_t *answer_earlier(const EarlierDecision *decision);

/* ---- openings.c ---- */

/* [{"project", "datasets": [{"dataset", "allowed", "reason", "detail", "state", "application"}]}] */
json_t *source_openings(StoreTx *tx, const PolicyActor *actor, const char *source, int64_t now_ms,
                        GError **error);

/* ---- acts.c: what people sign, each as one decided, logged action ---- */

/* Everybody whom the application (may be NULL) is about should look again. */
void acts_notify(Act *act, const char *project, const Application *application);
/* Loads the application and the facts that everybody's decision starts from. */
bool acts_begin(Act *act, const char *id, Application **ret_application, PolicyFacts *ret_facts,
                GError **error);

/* ---- drafts.c: writing an application ---- */

/* In an edition, NULL (0 for a date) leaves what there is. */
typedef struct ApplicationNew {
    const char *project, *justification;
    const char *const *datasets;   /* ids, ended by NULL */
    const char *const *persons;    /* logins, ended by NULL */
    const char *answers;           /* JSON object: section, text */
    int64_t until_ms;
    int64_t version;               /* that was read; 0: whatever it is */
} ApplicationNew;
/* Is DATASET published, and may this project ask for it? ASK: the verb. */
bool application_check_dataset(Act *act, const Project *project, const PolicyFacts *facts,
                               PolicyVerb ask, const char *id, GError **error);
/* The person must work in the project, now or from a later day. Adds a copy of
 * the id to IDS, once. */
bool application_check_person(Act *act, const GPtrArray *members, const char *login,
                              GPtrArray *ids, GError **error);
bool application_edit(App *app, const PolicyActor *actor, const char *application,
                      const ApplicationNew *given, GError **error);
bool application_withdraw(App *app, const PolicyActor *actor, const char *application,
                          GError **error);
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
