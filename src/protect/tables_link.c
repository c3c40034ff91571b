/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells that tables have in common: those of the same value, in the same scope, at the same categories, where
 * a dimension's total says nothing about it. What follows works on numbers of cells.
 */
#include "protect/tableset.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Relative room for what was added up in another order, or written with fewer digits. */
#define SAME 1e-6

char *tableset_cell_name(const TableSet *set, size_t id)
{
    CellPlace place = set->places[id];
    const TableCells *table = &set->tables[place.table];
    GString *name = g_string_new(NULL);
    for (unsigned d = 0; d < table->dimensions; d++)
        g_string_append_printf(name, "%s%s = %.60s", d > 0 ? ", " : "", table->axes[d].column,
                               axis_label(&table->axes[d], table->cube.nodes[d][place.cell]));
    if (set->count > 1)
        g_string_append_printf(name, " (table %s)", table->name);
    return g_string_free(name, false);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *cell_key(const TableCells *table, size_t cell)
{
    char *parts[SDC_DIMENSIONS_MAX + 1] = {NULL};
    unsigned count = 0;
    for (unsigned d = 0; d < table->dimensions; d++) {
        const Axis *axis = &table->axes[d];
        uint32_t node = table->cube.nodes[d][cell];
        if (node != axis->total)
            parts[count++] = g_strdup_printf("%s\x1f%s", axis->column, axis_label(axis, node));
    }
    qsort(parts, count, sizeof *parts, compare_texts);
    g_autofree char *joined = g_strjoinv("\x1e", parts);
    char *key = g_strdup_printf("%s\x1e%s", table->scope != NULL ? table->scope : "", joined);
    for (unsigned p = 0; p < count; p++)
        g_free(parts[p]);
    return key;
}

/* A second cell at one place of one table. */
static bool place_taken(const TableSet *set, size_t id, GError **error)
{
    g_autofree char *name = tableset_cell_name(set, id);
    return error_set(error, ERROR_UNPROCESSABLE, "protect.cell", "The cell %s is there twice.", name);
}

static bool number_cells(TableSet *set, GError **error)
{
    size_t all = 0;
    for (size_t t = 0; t < set->count; t++)
        all += set->tables[t].cube.cells;
    if (all > PROTECT_CELLS_MAX)
        return error_set(error, ERROR_TOO_LARGE, "protect.cells", "The tables have %zu cells; at most %d are "
                         "possible.", all, PROTECT_CELLS_MAX);
    set->places = g_new(CellPlace, MAX(all, 1));
    if (set->count == 1) {   /* nothing to find; the relations refuse two cells at one place */
        set->tables[0].ids = g_new(uint32_t, MAX(all, 1));
        for (; set->cells < all; set->cells++) {
            set->places[set->cells] = (CellPlace){0, (uint32_t)set->cells};
            set->tables[0].ids[set->cells] = (uint32_t)set->cells;
        }
        return true;
    }
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t t = 0; t < set->count; t++) {
        TableCells *table = &set->tables[t];
        g_autofree bool *seen = g_new0(bool, MAX(all, 1));
        table->ids = g_new(uint32_t, MAX(table->cube.cells, 1));
        for (size_t i = 0; i < table->cube.cells; i++) {
            g_autofree char *key = cell_key(table, i);
            uint32_t id = GPOINTER_TO_UINT(g_hash_table_lookup(known, key));
            if (id != 0 && seen[id - 1])
                return place_taken(set, id - 1, error);
            if (id == 0) {
                set->places[set->cells++] = (CellPlace){(uint32_t)t, (uint32_t)i};
                id = (uint32_t)set->cells;
                g_hash_table_insert(known, g_steal_pointer(&key), GUINT_TO_POINTER(id));
            }
            seen[id - 1] = true;
            table->ids[i] = id - 1;
        }
    }
    return true;
}

static double value_at(const TableSet *set, const TableCells *table, size_t cell)
{
    return set->has_values ? table->cube.total[cell] : table->cube.count[cell];
}

static bool differs(const TableSet *set, const TableCells *table, size_t cell, GError **error)
{
    uint32_t id = table->ids[cell];
    g_autofree char *name = tableset_cell_name(set, id);
    return error_set(error, ERROR_UNPROCESSABLE, "protect.linked", "The cell %s is %.15g there, and %.15g in the "
                     "table %s. If it is not the same cell, give one of the tables a \"scope\".", name,
                     set->values[id], value_at(set, table, cell), table->name);
}

/* Each number gets its values from the first table that has them. */
static bool gather(TableSet *set, GError **error)
{
    size_t cells = MAX(set->cells, 1);
    set->values = g_new(double, cells);
    set->counts = g_new(double, cells);
    set->units = g_new(double, cells);
    for (size_t i = 0; i < set->cells; i++)
        set->values[i] = (double)NAN;
    for (size_t t = 0; t < set->count; t++) {
        const TableCells *table = &set->tables[t];
        for (size_t i = 0; i < table->cube.cells; i++) {
            uint32_t id = table->ids[i];
            double value = value_at(set, table, i);
            if (isnan(value) && !isnan(set->values[id]))
                continue;
            if (!isnan(set->values[id])) {
                if (fabs(value - set->values[id]) > SAME * fmax(fabs(value), fabs(set->values[id])))
                    return differs(set, table, i, error);
                continue;
            }
            set->values[id] = value;
            set->counts[id] = table->cube.count[i];
            set->units[id] = table->cube.units[i];
        }
    }
    return true;
}

/* Of one table, the kernel finds two cells at one place by their numbers: those of rows. */
static bool same_place(const TableSet *set, const SdcError *failure, GError **error)
{
    unsigned long first, second;
    if (sscanf(failure->sentence, "Cells %lu and %lu stand at the same place", &first, &second) != 2 ||
        first < 1 || first > set->cells || second < 1 || second > set->cells)
        return tables_failed(failure, error);
    g_autofree char *name = tableset_cell_name(set, first - 1);
    return error_set(error, ERROR_UNPROCESSABLE, "protect.cell", "The cell %s is there twice, in rows %lu and %lu.",
                     name, MIN(first, second), MAX(first, second));
}

bool tableset_link(TableSet *set, const SdcContext *context, GError **error)
{
    if (!number_cells(set, error) || !gather(set, error))
        return false;
    SdcTableShape shapes[PROTECT_TABLES_MAX];
    for (size_t t = 0; t < set->count; t++) {
        TableCells *table = &set->tables[t];
        shapes[t] = (SdcTableShape){table->dimensions, table->trees, table->cube.cells,
                                    (const uint32_t *const *)table->cube.nodes, table->ids};
    }
    SdcError failure;
    if (!sdc_relations_from_tables(context, shapes, set->count, set->cells, &set->relations, &failure))
        return same_place(set, &failure, error);
    return true;
}

bool tableset_check_sums(const TableSet *set, GError **error)
{
    const SdcRelations *relations = &set->relations;
    double allowed = recipe_number(json_object_get(set->recipe, "audit"), "tolerance", 0);
    for (size_t r = 0; r < relations->count; r++) {
        double sum = 0, size = 0;
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            double value = set->values[relations->columns[k]];
            sum += relations->signs[k] * value;
            size += fabs(value);
        }
        if (!(fabs(sum) > SAME * size + allowed))   /* also where something is missing */
            continue;
        size_t total = relations->columns[relations->starts[r]];
        g_autofree char *name = tableset_cell_name(set, total);
        return error_set(error, ERROR_UNPROCESSABLE, "protect.sums", "The cell %s is %.15g, and its %zu parts "
                         "make %.15g. A part is missing, or values were rounded.", name, set->values[total],
                         relations->starts[r + 1] - relations->starts[r] - 1, set->values[total] + sum);
    }
    return true;
}
