/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/relations.h"

#include "sdc/bag.h"
#include "sdc/failure.h"
#include "sdc/memory.h"
#include "sdc/nodes.h"
#include "sdc/tabulate.h"

#include <math.h>
#include <string.h>

#define NO_CELL UINT32_MAX

typedef struct Builder {
    const SdcContext *context;
    const SdcTableShape *table;
    unsigned shifts[SDC_DIMENSIONS_MAX];
    SdcBag places;             /* key -> index of a cell */
    uint32_t *totals;          /* of each cell in one dimension, or NO_CELL */
    size_t *counts;            /* parts of each total */
    SdcRelations out;
} Builder;

static uint64_t cell_key(const Builder *b, size_t cell)
{
    uint64_t key = 0;
    for (unsigned d = 0; d < b->table->dimensions; d++)
        key |= (uint64_t)b->table->nodes[d][cell] << b->shifts[d];
    return key;
}

static bool place_cells(Builder *b, SdcError *ret_error)
{
    const SdcTableShape *table = b->table;
    unsigned bits = 0;
    for (unsigned d = 0; d < table->dimensions; d++) {
        if (!sdc_tree_check(b->context, &table->trees[d], ret_error))
            return false;
        unsigned width = 1;
        while (width < 32 && table->trees[d].nodes > UINT32_C(1) << width)
            width++;
        b->shifts[d] = bits;
        bits += width;
    }
    if (bits > 63)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The dimensions have too many categories together: "
                           "their numbers take more than 63 bits.");
    for (size_t i = 0; i < table->cells; i++) {
        for (unsigned d = 0; d < table->dimensions; d++) {
            if (table->nodes[d][i] >= table->trees[d].nodes)
                return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu stands at category %u of dimension "
                                   "%u, which has %u.", i + 1, table->nodes[d][i] + 1, d + 1,
                                   table->trees[d].nodes);
        }
        bool is_new;
        SdcWord *place = sdc_bag_find(b->context, &b->places, cell_key(b, i), 0, &is_new, ret_error);
        if (place == NULL)
            return false;
        if (!is_new)
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cells %zu and %zu stand at the same place.",
                               (size_t)place[1].u + 1, i + 1);
        place[1].u = i;
    }
    return true;
}

/* Without adding: the cell at KEY, or NO_CELL. */
static uint32_t cell_at(const Builder *b, uint64_t key)
{
    const SdcWord *place = sdc_bag_peek(&b->places, key);
    return place != NULL ? (uint32_t)place[1].u : NO_CELL;
}

static uint32_t total_of(const Builder *b, size_t cell, unsigned d)
{
    const SdcTree *tree = &b->table->trees[d];
    uint32_t node = b->table->nodes[d][cell];
    uint64_t rest = cell_key(b, cell) - ((uint64_t)node << b->shifts[d]);
    for (node = tree->parents[node]; node != SDC_NO_PARENT; node = tree->parents[node]) {
        uint32_t total = cell_at(b, rest + ((uint64_t)node << b->shifts[d]));
        if (total != NO_CELL)
            return total;
    }
    return NO_CELL;
}

/* The total of each cell in dimension D, and how many parts each has. */
static void count_parts(Builder *b, unsigned d)
{
    size_t cells = b->table->cells;
    memset(b->counts, 0, cells * sizeof *b->counts);
    for (size_t i = 0; i < cells; i++) {
        b->totals[i] = total_of(b, i, d);
        if (b->totals[i] != NO_CELL)
            b->counts[b->totals[i]]++;
    }
}

static uint32_t id_of(const SdcTableShape *table, size_t cell)
{
    return table->ids != NULL ? table->ids[cell] : (uint32_t)cell;
}

/* Appends the relations of one dimension; the first pass only counts them. */
static void add_dimension(Builder *b, unsigned d, bool counting)
{
    SdcRelations *out = &b->out;
    size_t cells = b->table->cells;
    count_parts(b, d);
    for (size_t i = 0; i < cells; i++) {
        size_t parts = b->counts[i];
        if (parts == 0)
            continue;
        if (!counting) {
            out->starts[out->count] = out->terms;
            out->columns[out->terms] = id_of(b->table, i);
            out->signs[out->terms] = -1;
            b->counts[i] = out->terms + 1;   /* where the next part goes */
        }
        out->count++;
        out->terms += parts + 1;
    }
    for (size_t i = 0; i < cells && !counting; i++) {
        if (b->totals[i] == NO_CELL)
            continue;
        size_t at = b->counts[b->totals[i]]++;
        out->columns[at] = id_of(b->table, i);
        out->signs[at] = 1;
    }
}

static bool add_table(Builder *b, bool counting, SdcError *ret_error)
{
    size_t cells = b->table->cells;
    b->places = (SdcBag){.words = 2, .key_words = 1};
    b->totals = sdc_alloc(b->context, cells, sizeof *b->totals, ret_error);
    b->counts = sdc_alloc(b->context, cells, sizeof *b->counts, ret_error);
    bool ok = b->totals != NULL && b->counts != NULL && place_cells(b, ret_error);
    for (unsigned d = 0; d < b->table->dimensions && ok; d++)
        add_dimension(b, d, counting);
    sdc_bag_clear(b->context, &b->places);
    sdc_release(b->context, b->totals, cells, sizeof *b->totals);
    sdc_release(b->context, b->counts, cells, sizeof *b->counts);
    return ok;
}

static bool check_shape(const SdcTableShape *table, size_t cells, SdcError *ret_error)
{
    if (table->dimensions < 1 || table->dimensions > SDC_DIMENSIONS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "A table has 1 to %d dimensions, not %u.",
                           SDC_DIMENSIONS_MAX, table->dimensions);
    for (size_t i = 0; i < table->cells; i++) {
        if (id_of(table, i) >= cells)
            return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Cell %zu has the number %u; there are %zu "
                               "cells.", i + 1, id_of(table, i), cells);
    }
    return true;
}

static bool add_tables(Builder *b, const SdcTableShape *tables, size_t count, bool counting,
                       SdcError *ret_error)
{
    b->out.count = b->out.terms = 0;
    for (size_t t = 0; t < count; t++) {
        b->table = &tables[t];
        if (!add_table(b, counting, ret_error))
            return false;
    }
    return true;
}

bool sdc_relations_from_tables(const SdcContext *context, const SdcTableShape *tables, size_t count,
                               size_t cells, SdcRelations *ret_relations, SdcError *ret_error)
{
    Builder b = {.context = context, .out = {.cells = cells}};
    if (cells >= SDC_CELLS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu cells are more than %zu.", cells,
                           SDC_CELLS_MAX);
    for (size_t t = 0; t < count; t++) {
        if (!check_shape(&tables[t], cells, ret_error))
            return false;
    }
    if (!add_tables(&b, tables, count, true, ret_error))
        return false;
    b.out.starts = sdc_alloc(context, b.out.count + 1, sizeof *b.out.starts, ret_error);
    b.out.columns = sdc_alloc(context, b.out.terms, sizeof *b.out.columns, ret_error);
    b.out.signs = sdc_alloc(context, b.out.terms, sizeof *b.out.signs, ret_error);
    SdcRelations sizes = b.out;
    bool ok = b.out.starts != NULL && b.out.columns != NULL && b.out.signs != NULL &&
              add_tables(&b, tables, count, false, ret_error);
    b.out.count = sizes.count;
    b.out.terms = sizes.terms;
    if (!ok) {
        sdc_relations_clear(context, &b.out);
        return false;
    }
    b.out.starts[b.out.count] = b.out.terms;
    *ret_relations = b.out;
    return true;
}

void sdc_relations_clear(const SdcContext *context, SdcRelations *relations)
{
    sdc_release(context, relations->starts, relations->count + 1, sizeof *relations->starts);
    sdc_release(context, relations->columns, relations->terms, sizeof *relations->columns);
    sdc_release(context, relations->signs, relations->terms, sizeof *relations->signs);
    *relations = (SdcRelations){0};
}

bool sdc_relations_check(const SdcRelations *relations, const double *values, double tolerance,
                         SdcError *ret_error)
{
    for (size_t i = 0; i < relations->cells; i++) {
        if (!isfinite(values[i]))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has no finite value.", i + 1);
    }
    for (size_t r = 0; r < relations->count; r++) {
        double sum = 0, size = 0;
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            double value = values[relations->columns[k]];
            sum += relations->signs[k] * value;
            size += fabs(value);
        }
        if (fabs(sum) > tolerance * size)
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %u is not the sum of its %zu parts: they "
                               "make %g more. A part is missing, or values were rounded.",
                               relations->columns[relations->starts[r]] + 1,
                               relations->starts[r + 1] - relations->starts[r] - 1, sum);
    }
    return true;
}
