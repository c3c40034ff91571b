/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exports: rows, states, files, reviews. Knows neither HTTP nor the engine nor the worker: those who
 * add a file have already copied and linted it.
 */
#ifndef DARSE_AIRLOCK_EXPORTS_H
#define DARSE_AIRLOCK_EXPORTS_H

#include "policy/policy.h"
#include "sdc/sdc.h"
#include "store/store.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ExportState {
    EXPORT_DRAFT,
    EXPORT_SUBMITTED,
    EXPORT_RETURNED,
    EXPORT_APPROVED,
    EXPORT_REJECTED,
    EXPORT_RELEASED,
    EXPORT_WITHDRAWN,
    EXPORT_STATE_COUNT,
} ExportState;
const char *export_state_name(ExportState state);
bool export_state_parse(const char *name, ExportState *ret_state);
/* May its author still change it? */
bool export_state_is_editable(ExportState state);

typedef struct ExportMove {
    ExportState from, to;
    const char *when;              /* for the diagram */
} ExportMove;
extern const ExportMove export_moves[];    /* ended by a row with `when` NULL */
/* ERROR_CONFLICT "airlock.state" unless the table has the row. */
bool export_move_check(ExportState from, ExportState to, GError **error);

typedef enum ExportDecision { DECISION_APPROVE, DECISION_RETURN, DECISION_REJECT, DECISION_COUNT }
    ExportDecision;
const char *export_decision_name(ExportDecision decision);
bool export_decision_parse(const char *name, ExportDecision *ret_decision);

/* What COUNT reviews of one round make of an export that needs NEEDED: EXPORT_SUBMITTED while some
 * are missing; then one rejection rejects, one return returns, else it is approved. Pure. */
ExportState export_consolidate(const ExportDecision *decisions, size_t count, size_t needed);

typedef struct Export {
    char *id, *project;
    char *author, *author_login, *author_name;
    char *title, *context;
    ExportState state;
    int64_t round;                 /* of the last submission; 1 before the first */
    int64_t created_ms, submitted_ms, decided_ms, released_ms;
    char *release_sha256;          /* NULL until released */
    int64_t audit_sequence;        /* leaf of the release; -1 */
} Export;
void export_free(Export *export);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Export, export_free)
/* The round that a change made now belongs to: the next one once returned. */
int64_t export_round_now(const Export *export);

typedef struct ExportFile {
    char *id, *export;
    int64_t round, removed_round;  /* removed_round 0: still there */
    char *name, *sha256, *kind;
    int64_t size;
    char *declaration, *lint;      /* JSON texts */
    char *verdict;                 /* pass, flagged, incomplete */
    int64_t added_ms;
} ExportFile;
void export_file_free(ExportFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExportFile, export_file_free)

typedef struct ExportReview {
    char *checker, *login, *name;
    int64_t round;
    ExportDecision decision;
    char *comment;
    int64_t reviewed_ms;
} ExportReview;
void export_review_free(ExportReview *review);

/* ---- rows ---- */

bool export_insert(StoreTx *tx, const char *id, const char *project, const char *author,
                   const char *title, const char *context, int64_t now_ms, GError **error);
/* ERROR_NOT_FOUND "airlock.no_export". */
bool export_load(StoreTx *tx, const char *id, Export **ret_export, GError **error);

typedef enum ExportQueue {
    EXPORTS_OF_PROJECT,            /* newest first */
    EXPORTS_TO_REVIEW,             /* by PERSON, who is no member and has not reviewed this round;
                                      those that wait longest first */
    EXPORTS_REVIEWED,              /* by PERSON, in any round; newest first */
    EXPORTS_WRITTEN,               /* by PERSON, in projects where they still are; newest first */
} ExportQueue;
typedef struct ExportQuery {
    ExportQueue queue;
    const char *subject;           /* the project, or else the person */
    const char *state;             /* NULL: any */
    const char *after;             /* id of the last one seen; "" */
    int64_t limit;
} ExportQuery;
GPtrArray *export_list(StoreTx *tx, const ExportQuery *query, GError **error);

/* What a queue says of an export: its files of now, those that did not pass, the reviews of its
 * round. */
typedef struct ExportTally {
    int64_t files, files_flagged, reviews;
} ExportTally;
bool export_tally(StoreTx *tx, const Export *export, ExportTally *ret_tally, GError **error);

/* What a round said when it was submitted. */
typedef struct ExportRound {
    int64_t round, submitted_ms;
    char *title, *context;
} ExportRound;
void export_round_free(ExportRound *round);
bool export_round_keep(StoreTx *tx, const Export *export, GError **error);
/* In order. */
GPtrArray *export_rounds(StoreTx *tx, const char *export, GError **error);

/* Columns of a row for export_from_row(). */
#define EXPORT_COLUMNS                                                                             \
    "e.id, e.project, e.author, p.login, p.name, e.title, e.context, e.state, e.round, "           \
    "e.created_ms, e.submitted_ms, e.decided_ms, e.released_ms, e.release_sha256, "                \
    "e.audit_sequence FROM export e JOIN person p ON p.id = e.author "
Export *export_from_row(StoreRows *rows);
bool export_edit(StoreTx *tx, const char *id, const char *title, const char *context,
                 GError **error);
/* Moves by the table and stamps the time that the new state has. */
bool export_move(StoreTx *tx, const Export *export, ExportState to, int64_t now_ms,
                 GError **error);
bool export_set_release(StoreTx *tx, const char *id, const char *sha256, GError **error);

bool export_file_insert(StoreTx *tx, const ExportFile *file, GError **error);
/* ERROR_NOT_FOUND "airlock.no_file". */
bool export_file_load(StoreTx *tx, const char *export, const char *id, ExportFile **ret_file,
                      GError **error);
/* Those still there, by name; all of them in order of adding when WITH_REMOVED. */
GPtrArray *export_files(StoreTx *tx, const char *export, bool with_removed, GError **error);
bool export_file_remove(StoreTx *tx, const char *export, const char *id, int64_t round,
                        GError **error);

bool export_review_insert(StoreTx *tx, const Export *export, const char *checker,
                          ExportDecision decision, const char *comment, int64_t now_ms,
                          GError **error);
/* In order of round and time. */
GPtrArray *export_reviews(StoreTx *tx, const char *export, GError **error);

/* ---- what it obeys ---- */

#define EXPORT_DEFAULT_PACK "unknown-data"

/* Adds the label of the project's files to the export's. */
bool export_label_grow(StoreTx *tx, const Export *export, GError **error);
/* The strictest merge of the rule packs of the sources in the label of the project's files; with no
 * label, the pack EXPORT_DEFAULT_PACK stands in. RET_NAMES: names of the packs, sorted; caller frees. */
bool export_rules(StoreTx *tx, const char *project, SdcRules *ret_rules, GStrv *ret_names,
                  GError **error);

#endif
