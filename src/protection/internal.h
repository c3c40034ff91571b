/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this room alone. */
#ifndef DARSE_PROTECTION_INTERNAL_H
#define DARSE_PROTECTION_INTERNAL_H

#include "protection/protection.h"
#include "sources/sources.h"

#define PROTECTION_RECIPE_BYTES (900 * 1024)   /* it travels to the worker in one message */
#define PROTECTION_OPEN_MAX 10                 /* of one source, at once */
#define PROTECTION_LISTED_MAX 50
#define PROTECTION_KEPT_HOURS 24               /* what nobody publishes is thrown away */
#define PROTECTION_AT_ONCE 2

/* ---- keys (keys.c) ---- */

typedef struct PseudonymKey {
    char *id;
    char *organisation, *organisation_name;
    char *project, *project_title;             /* "": the common ones */
    char *domain;
    char *created_by;
    int64_t created_ms;
    char *destroyed_by;                        /* name; "" while it lives */
    int64_t destroyed_ms;                      /* 0: it lives */
    char *reason;
} PseudonymKey;
void pseudonym_key_free(PseudonymKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PseudonymKey, pseudonym_key_free)

/* ERROR_NOT_FOUND "protection.no_key". */
bool pseudonym_key_load(StoreTx *tx, const char *id, PseudonymKey **ret_key, GError **error);
/* Of ORGANISATION, or of all where it is NULL. Array of PseudonymKey. */
GPtrArray *pseudonym_key_list(StoreTx *tx, const char *organisation, GError **error);
/* Who may see and destroy KEY: fills is_owner. */
void pseudonym_key_facts(const PolicyActor *actor, const char *organisation, PolicyFacts *facts);

/* Makes those of DOMAINS that are not there yet, each with a leaf of its own. ERROR_CONFLICT
 * "protection.key_destroyed" when one of them is destroyed. */
bool pseudonym_keys_make(App *app, const PolicyActor *actor, const Source *source, const char *project,
                         const GPtrArray *domains, GError **error);
/* {domain: secret} in *RET_SECRETS, to be wiped by keys_wipe(), and [{"domain","key"}] in *RET_USED. */
bool pseudonym_keys_take(App *app, const char *organisation, const char *project,
                         const GPtrArray *domains, json_t **ret_secrets, json_t **ret_used,
                         GError **error);
void pseudonym_keys_wipe(json_t *secrets);
bool pseudonym_key_destroy(App *app, const PolicyActor *actor, const char *id, const char *reason,
                           const char *code, GError **error);

/* ---- rows (rows.c) ---- */

typedef enum ProtectionState {
    PROTECTION_WAITING,                        /* for the raw file */
    PROTECTION_RECEIVING,
    PROTECTION_RUNNING,                        /* in the worker */
    PROTECTION_READY,                          /* the report can be read */
    PROTECTION_PUBLISHED,
    PROTECTION_FAILED,
    PROTECTION_DISCARDED,
} ProtectionState;
#define PROTECTION_STATES "waiting receiving running ready published failed discarded"
const char *protection_state_name(ProtectionState state);

typedef struct ProtectionMove {
    ProtectionState from, to;
    const char *when;
} ProtectionMove;
extern const ProtectionMove protection_moves[];   /* ended by a row with `when` NULL */

typedef struct Protection {
    char *id, *source, *slug, *title, *vintage;
    unsigned level;
    char *variables, *recipe, *project;
    ProtectionState state;
    char *failure;
    char *file_name, *file_sha256;             /* of the raw file */
    int64_t file_size;
    char *report;                              /* JSON; "" */
    char *dataset;                             /* "" */
    char *created_by;                          /* name */
    int64_t created_ms, changed_ms;
} Protection;
void protection_free(Protection *protection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Protection, protection_free)

bool protection_load(StoreTx *tx, const char *id, Protection **ret_protection, GError **error);
GPtrArray *protection_list(StoreTx *tx, const char *source, GError **error);
bool protection_insert(StoreTx *tx, const Protection *given, const char *author, int64_t now_ms,
                       GError **error);
bool protection_move_check(ProtectionState from, ProtectionState to, GError **error);
/* ERROR_CONFLICT "protection.state" when it is not in FROM any more. */
bool protection_move(StoreTx *tx, const char *id, ProtectionState from, ProtectionState to,
                     const char *failure, int64_t now_ms, GError **error);
/* Loads the protection and its source, and asks policy for VERB. */
bool protection_facts(StoreTx *tx, const PolicyActor *actor, PolicyVerb verb, const char *id,
                      Protection **ret_protection, Source **ret_source, GError **error);

/* ---- acts (acts.c) ---- */

typedef struct ProtectionGiven {
    const char *slug, *title, *vintage, *project;   /* PROJECT: "" or an id */
    unsigned level;
    const json_t *recipe, *variables;               /* VARIABLES may be NULL */
} ProtectionGiven;
bool protection_create(App *app, const PolicyActor *actor, const char *source,
                       const ProtectionGiven *given, char **ret_id, GError **error);
bool protection_publish(App *app, const PolicyActor *actor, const char *id, GError **error);
bool protection_discard(App *app, const PolicyActor *actor, const char *id, GError **error);

/* ---- files and the worker (run.c) ---- */

typedef struct RawUpload RawUpload;
RawUpload *raw_upload_begin(App *app, const PolicyActor *actor, const char *id, const char *file_name,
                            int64_t length, GError **error);
bool raw_upload_write(RawUpload *upload, const char *bytes, size_t size, GError **error);
/* The worker is started; the protection runs. */
bool raw_upload_finish(RawUpload *upload, const PolicyActor *actor, GError **error);
void raw_upload_free(RawUpload *upload);

/* How far the worker is; false when it is not at work on ID. Caller frees *RET_WHAT. */
bool protection_progress(App *app, const char *id, double *ret_done, char **ret_what);
/* The protected file of a ready protection; -1 with ERROR_CONFLICT when it is gone. */
int protection_open_made(App *app, const char *id, GError **error);
/* Erases what is kept of ID. */
void protection_drop_files(App *app, const char *id);

bool protection_start(App *app, GError **error);
void protection_stop(App *app);
extern const Duty protection_duties[];

/* ---- the HTTP face ---- */

bool api_key_list(HttpRequest *request, GError **error);
bool api_key_destroy(HttpRequest *request, GError **error);
bool api_protection_report(HttpRequest *request, GError **error);
bool api_protection_page(HttpRequest *request, GError **error);
bool api_dataset_report(HttpRequest *request, GError **error);
bool api_dataset_page(HttpRequest *request, GError **error);
extern const HttpField key_destroy_fields[], key_answer[], keys_answer[], report_answer[],
    report_page_query[];

#endif
