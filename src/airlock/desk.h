/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done with exports: decided, logged, with the engine (copies) and the worker (reads). Knows
 * no HTTP.
 */
#ifndef DARSE_AIRLOCK_DESK_H
#define DARSE_AIRLOCK_DESK_H

#include "airlock/exports.h"
#include "app/app.h"

/* Facts of EXPORT for ACTOR. */
bool desk_facts(StoreTx *tx, const PolicyActor *actor, const Export *export, int64_t now_ms,
                PolicyFacts *ret_facts, GError **error);
/* Loads an export that ACTOR may see; for anybody else there is none. */
bool desk_load(StoreTx *tx, const PolicyActor *actor, const char *id, Export **ret_export,
               PolicyFacts *ret_facts, GError **error);

bool desk_create(App *app, const PolicyActor *actor, const char *project, const char *title,
                 const char *context, char **ret_id, GError **error);
/* TITLE or CONTEXT NULL: as it is. */
bool desk_edit(App *app, const PolicyActor *actor, const char *id, const char *title,
               const char *context, GError **error);

/* Copies PATH (below /project) into the export and checks it. NAME NULL: the file's own. The file
 * leaves no trace if anything refuses it. DECLARATION is what the author says of the columns: {"count",
 * "contributors", "total", "absolute", "largest": names or null, "next": [names], "dimensions":
 * [{"column", "total", "nested"}]}, each of which may be left out. Columns of contributions serve the check
 * and are taken out of the copy. */
bool desk_add_file(App *app, const PolicyActor *actor, const char *id, const char *path,
                   const char *name, const json_t *declaration, char **ret_file,
                   GError **error);
bool desk_remove_file(App *app, const PolicyActor *actor, const char *id, const char *file,
                      GError **error);
/* A descriptor on the copy of a file that ACTOR may read; logged. Or -1. WHOLE: to hand it over as it
 * is, which its author never gets; otherwise to show some rows of it. */
int desk_open_file(App *app, const PolicyActor *actor, const char *id, const char *file,
                   bool whole, ExportFile **ret_file, GError **error);

bool desk_submit(App *app, const PolicyActor *actor, const char *id, GError **error);
bool desk_withdraw(App *app, const PolicyActor *actor, const char *id, GError **error);
/* CODE: the checker's second factor. */
bool desk_review(App *app, const PolicyActor *actor, const char *id, ExportDecision decision,
                 const char *comment, const char *code, GError **error);

/* The package, made the first time (which releases the export). A descriptor and its size, or -1. One
 * is made at a time: two who ask together get the same one. */
int desk_release(App *app, const PolicyActor *actor, const char *id, int64_t *ret_size,
                 GError **error);

/* Where the copy of FILE lies. Caller frees. */
char *desk_file_path(const App *app, const Export *export, const char *file);

#endif
