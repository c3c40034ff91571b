/* SPDX-License-Identifier: Apache-2.0 */
/* The table of steps. Private to the room. */
#ifndef DARSE_PROTECT_STEPS_H
#define DARSE_PROTECT_STEPS_H

#include "protect/recipe.h"

typedef struct Run {
    Microdata *data;
    const json_t *recipe;
    const ProtectOptions *options;
    SdcContext context;
    uint64_t seed;
    uint64_t stream;       /* of the step at hand: its columns take the following ones */
    double from, span;     /* of the whole work, what the step at hand is */
} Run;

typedef struct StepKind {
    const char *name;
    const char *summary;
    Field fields[STEP_FIELDS_MAX];
    /* Adds what it did to LOG. */
    bool (*apply)(Run *run, const json_t *step, json_t *log, GError **error);
} StepKind;

/* NULL if there is none of that name. */
const StepKind *step_find(const char *name);
const StepKind *step_kinds(size_t *ret_count);

/* For the steps: a column by the field NAME; of numbers where WANT_NUMBER, made into categories
 * otherwise. */
MicrodataColumn *step_column(Run *run, const json_t *step, const char *name, bool want_number,
                             GError **error);
/* As above for a list; RET_COLUMNS has 64 places. */
bool step_columns(Run *run, const json_t *step, const char *name, bool want_number,
                  MicrodataColumn **ret_columns, size_t *ret_count, GError **error);
/* A figure for the log of the step. */
void step_note(json_t *log, const char *what, double figure);
/* Steps under a key (keyed.c). */
bool step_pseudonym(Run *run, const json_t *step, json_t *log, GError **error);
bool step_record_key(Run *run, const json_t *step, json_t *log, GError **error);
/* An error of a kernel as ours. */
bool step_failed(const SdcError *failure, GError **error);

/* The hierarchy of COLUMN from its present level on; its values must all be there. Values of the hierarchy
 * that no record has are added to the column, as losses count them. */
typedef struct BuiltHierarchy {
    SdcHierarchy hierarchy;
    GPtrArray *blocks;         /* what it is made of */
    GPtrArray *labels;         /* of GPtrArray of text, one a level */
} BuiltHierarchy;
bool hierarchy_build(const Run *run, MicrodataColumn *column, BuiltHierarchy *ret_built,
                     GError **error);
void hierarchy_clear(BuiltHierarchy *built);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BuiltHierarchy, hierarchy_clear)

#endif
