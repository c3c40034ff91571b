/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of one recipe in memory: axes as trees with labels, cells of each table, and one number for cells
 * that several tables share. Private to the room.
 */
#ifndef DARSE_PROTECT_TABLESET_H
#define DARSE_PROTECT_TABLESET_H

#include "protect/recipe.h"
#include "protect/tables.h"
#include "sdc/sdc.h"

/* One dimension of one table. */
typedef struct Axis {
    const char *column;        /* the recipe's */
    GPtrArray *labels;         /* of nodes; text */
    GArray *parents;           /* uint32_t, SDC_NO_PARENT at roots */
    GHashTable *index;         /* label -> 1 + node */
    uint32_t total;            /* the one root, or SDC_NO_PARENT */
} Axis;

typedef struct TableCells {
    const char *name, *scope;
    const json_t *spec;
    unsigned dimensions;
    Axis axes[SDC_DIMENSIONS_MAX];
    SdcTree trees[SDC_DIMENSIONS_MAX];
    SdcCube cube;              /* what the rules look at; of the room's allocator (malloc) */
    GArray *rows;              /* uint32_t, of cells: the row of the input */
    uint32_t *ids;             /* number of each cell among all */
    bool *missing;             /* of cells whose value is not known; NULL: none */
    bool *marked;              /* suppressed by whoever made it; NULL: not said */
} TableCells;

typedef struct CellPlace {
    uint32_t table, cell;
} CellPlace;

/* Primary and protection, by the number of a cell. */
typedef struct CellVerdict {
    double below, above;
    uint16_t flags;
} CellVerdict;

typedef struct TableSet {
    const json_t *recipe;
    TableCells *tables;
    size_t count;
    bool has_values;           /* magnitudes, not counts */
    SdcRelations relations;
    size_t cells;              /* each common one once */
    CellPlace *places;         /* where each is first */
    double *values, *counts, *units;
    CellVerdict *verdicts;
    unsigned rules_not_applied;    /* SdcFlag bits: in force, and a column they need is not there */
    bool *primary, *suppressed;
    double *low, *high;        /* after an audit */
    uint8_t *states;           /* SdcAuditState */
    double *published;         /* perturbed or rounded; NULL: VALUES where not suppressed */
} TableSet;

TableSet *tableset_new(const json_t *recipe);
void tableset_free(TableSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TableSet, tableset_free)

/* "activity = A, size = Total", and the table where there are several. Caller frees. */
char *tableset_cell_name(const TableSet *set, size_t id);
const char *axis_label(const Axis *axis, uint32_t node);

/* --- axes (axis.c) -------------------------------------------------------------------------------- */

/* Of dimension D of TABLE: from the recipe's hierarchy, else flat over LABELS (one a category of the file). */
bool axis_build(const json_t *recipe, const json_t *table, unsigned d, const GPtrArray *labels, Axis *ret_axis,
                GError **error);
void axis_clear(Axis *axis);
/* SDC_NO_PARENT if there is none of that label. */
uint32_t axis_find(const Axis *axis, const char *label);

/* --- cells (tables_cells.c) ----------------------------------------------------------------------- */

/* Fills TABLES of SET from the files. */
bool tableset_load(TableSet *set, Microdata *const *inputs, size_t count, const SdcContext *context,
                   GError **error);

/* --- what they have in common (tables_link.c) ------------------------------------------------------ */

/* Numbers, relations, values by number; refuses common cells that differ. */
bool tableset_link(TableSet *set, const SdcContext *context, GError **error);
/* Do shown values add up? Names the first total that is not the sum of its parts. */
bool tableset_check_sums(const TableSet *set, GError **error);

/* --- rules (tables_rules.c) ------------------------------------------------------------------------ */

#define TABLE_FLAG_COUNT (SDC_FLAG_COUNT + 1)   /* the last: marked by hand */
const char *table_flag_name(unsigned flag);
bool tables_rules_read(const json_t *object, SdcRules *ret_rules, GError **error);
bool tables_rules_want_empty(const json_t *recipe);
/* How many contributors pool what they know, as far as elimination looks: 1 or 2. */
unsigned tables_rules_coalition(const json_t *recipe);
/* Contributors to keep for the rules; at least 1 where there are values. */
unsigned tables_rules_top(const json_t *recipe);
bool tableset_judge(TableSet *set, GError **error);
/* Cells that whoever made the table marked are unsafe, whatever the rules say. */
void tableset_mark(TableSet *set);

/* --- protection (tables_protect.c) ----------------------------------------------------------------- */

bool tableset_protect(TableSet *set, const SdcContext *context, json_t *report, GError **error);
bool tableset_audit(TableSet *set, const SdcContext *context, json_t *report, GError **error);
/* Of a table that somebody else has suppressed. */
bool tableset_audit_given(TableSet *set, const SdcContext *context, json_t *report, GError **error);

/* --- results (tables_output.c) --------------------------------------------------------------------- */

void tableset_files(const TableSet *set, TablesJob job, GPtrArray *files);
void tableset_report(const TableSet *set, json_t *report);

/* An error of a kernel as ours. The second one names the cell that a sentence begins with. */
bool tableset_failed(const TableSet *set, const SdcError *failure, GError **error);
bool tables_failed(const SdcError *failure, GError **error);

#endif
