/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the check of a table: what the author declares of its columns, their values, and how its cells
 * add up. Runs in the sandbox; included by lint*.c alone.
 */
#ifndef DARSE_WORKER_LINT_PARTS_H
#define DARSE_WORKER_LINT_PARTS_H

#include "sdc/sdc.h"
#include "worker/table.h"

#include <jansson.h>

/* --- Columns of numbers ------------------------------------------------------------------------ */

enum {
    COLUMN_COUNT,
    COLUMN_CONTRIBUTORS,
    COLUMN_TOTAL,
    COLUMN_ABSOLUTE,
    COLUMN_LARGEST,                                    /* and the next ones after it */
    COLUMNS_MAX = COLUMN_LARGEST + SDC_TOP_MAX,
};

typedef struct LintColumn {
    const char *name;    /* NULL: not declared. Borrowed from the arguments */
    int index;           /* in the table */
    GArray *values;      /* of double; NaN: hidden */
} LintColumn;

typedef struct LintColumns {
    LintColumn of[COLUMNS_MAX];
    unsigned top;        /* contributions declared */
} LintColumns;

/* The names in ARGUMENTS; then their places in TABLE; then their values. */
bool lint_columns_take(LintColumns *columns, const json_t *arguments, GError **error);
bool lint_columns_find(LintColumns *columns, const Table *table, GError **error);
bool lint_columns_read(LintColumns *columns, Table *table, GError **error);
void lint_columns_clear(LintColumns *columns);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LintColumns, lint_columns_clear)

/* NULL if it is not declared. */
const double *lint_column_values(const LintColumns *columns, int column);
bool lint_columns_has(const LintColumns *columns, int index);
/* The SQL of the column NAME as a text, cut where no number and no label of a category is as long. */
void lint_append_text(GString *sql, const char *name);

/* --- How cells add up -------------------------------------------------------------------------- */

typedef struct LintDimension {
    const char *column, *total;   /* borrowed; TOTAL NULL: one of the usual words, or none */
    bool is_nested;               /* a category is a part of the longest other one that it begins with */
    int index;
    GHashTable *nodes;            /* label -> node + 1 */
    GPtrArray *labels;            /* of nodes; borrowed from NODES */
    GArray *rows;                 /* of uint32_t: the node of each row */
    GArray *parents;              /* of uint32_t */
} LintDimension;

#define LINT_SHOWN_COLUMNS 2

typedef struct LintStructure {
    LintDimension dimensions[SDC_DIMENSIONS_MAX];
    unsigned count;
    SdcRelations relations;
    bool has_relations;
    const char *state;            /* "not_declared" "not_needed" "checked" "too_large" */
    bool *recomputable[LINT_SHOWN_COLUMNS];   /* of counts, of totals: one a row, or NULL */
    size_t hidden, found;         /* hidden values of these columns; which others give away */
    bool *difference;             /* totals that tell how few units were left out; one a row, or NULL */
    size_t left_out;              /* how many of them */
} LintStructure;

bool lint_structure_take(LintStructure *structure, const json_t *arguments, GError **error);
bool lint_structure_read(LintStructure *structure, Table *table, GError **error);
/* Which hidden values of the columns of counts and of totals follow from what is shown, and which totals
 * tell of rows that were left out. */
bool lint_structure_check(LintStructure *structure, const LintColumns *columns,
                          const SdcRules *rules, size_t rows, Table *table, GError **error);
void lint_structure_clear(LintStructure *structure);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LintStructure, lint_structure_clear)

bool lint_structure_has(const LintStructure *structure, int index);

#endif
