/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first basis has one change a leaf: the leaf and all its totals go up by one. Fixing a column
 * subtracts from each row that has it a multiple of the shortest such row, which is then dropped.
 *
 * Rows hold leaves only. With all columns in them, as before, combining filled rows was most of the work,
 * and one leaf stood for dozens of columns. What is asked of a column in all rows (is it nothing, is it a
 * multiple of another one) is answered by sketches: sums over the rows of the column's value times a
 * pseudo-random number of the row. All columns' sketches follow a fix from one pass over the pivot.
 */
#include "sdc/changes.h"

#include "sdc/failure.h"
#include "sdc/memory.h"

#include <string.h>

#define NONE UINT32_MAX
#define ROOM_FIRST 4

enum { AHEAD = 6 };   /* places fetched before they are needed */

/* Rows that have had a leaf, some of them more than once. */
struct SdcUses {
    uint32_t count, room;
    uint32_t *rows;
};

/* --- rows ---------------------------------------------------------------------------------------- */

static uint32_t place_of(const SdcChange *row, uint32_t leaf)
{
    return (leaf * UINT32_C(0x9E3779B1)) >> row->shift;
}

/* The place of LEAF, or the free one where it would go. */
static uint32_t find_place(const SdcChange *row, uint32_t leaf)
{
    uint32_t at = place_of(row, leaf);
    while (row->leaves[at] != leaf && row->leaves[at] != NONE)
        at = (at + 1) & (row->room - 1);
    return at;
}

static uint64_t value_in(const SdcChange *row, uint32_t leaf)
{
    if (row->room == 0)
        return 0;
    uint32_t at = find_place(row, leaf);
    return row->leaves[at] == leaf ? row->values[at] : 0;
}

static void row_clear(const SdcContext *context, SdcChange *row)
{
    sdc_release(context, row->leaves, row->room, sizeof *row->leaves);
    sdc_release(context, row->values, row->room, sizeof *row->values);
    *row = (SdcChange){0};
}

/* At most half full with COUNT leaves. */
static bool row_init(const SdcContext *context, SdcChange *row, size_t count, SdcError *ret_error)
{
    uint32_t room = ROOM_FIRST, shift = 30;
    for (; room < 2 * count; room *= 2)
        shift--;
    uint32_t *leaves = sdc_resize(context, NULL, 0, room, sizeof *leaves, ret_error);
    uint64_t *values = leaves != NULL ? sdc_alloc(context, room, sizeof *values, ret_error) : NULL;
    if (values == NULL) {
        sdc_release(context, leaves, room, sizeof *leaves);
        return false;
    }
    memset(leaves, 0xFF, room * sizeof *leaves);
    *row = (SdcChange){.room = room, .shift = shift, .leaves = leaves, .values = values};
    return true;
}

/* What has become nothing stays behind. */
static bool row_rehash(const SdcContext *context, SdcChange *row, SdcError *ret_error)
{
    SdcChange made;
    if (!row_init(context, &made, (size_t)row->count + row->count / 4 + 1, ret_error))
        return false;
    for (uint32_t k = 0; k < row->room; k++) {
        if (row->values[k] == 0)
            continue;
        uint32_t at = find_place(&made, row->leaves[k]);
        made.leaves[at] = row->leaves[k];
        made.values[at] = row->values[k];
    }
    made.count = made.used = row->count;
    row_clear(context, row);
    *row = made;
    return true;
}

static bool note_row(SdcChanges *changes, uint32_t leaf, uint32_t row, SdcError *ret_error)
{
    struct SdcUses *uses = &changes->uses[leaf];
    if (uses->count == uses->room) {
        size_t room = uses->room + uses->room / 2 + 4;
        if (room >= UINT32_MAX)
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The elimination fills up beyond what can be "
                               "kept: the table is too large.");
        uint32_t *rows = sdc_resize(changes->context, uses->rows, uses->room, room, sizeof *rows, ret_error);
        if (rows == NULL)
            return false;
        uses->rows = rows;
        uses->room = (uint32_t)room;
    }
    uses->rows[uses->count++] = row;
    return true;
}

/* Adds VALUE, which is not nothing, to what row R has in LEAF. */
static inline bool row_add(SdcChanges *changes, uint32_t r, uint32_t leaf, uint64_t value, SdcError *ret_error)
{
    SdcChange *row = &changes->rows[r];
    uint32_t at = find_place(row, leaf);
    if (row->leaves[at] == leaf) {
        uint64_t before = row->values[at], after = sdc_mod_add(changes->prime, before, value);
        row->values[at] = after;
        row->count -= after == 0;
        row->count += before == 0;
        return before != 0 || note_row(changes, leaf, r, ret_error);
    }
    if (4 * (row->used + 1) > 3 * row->room) {
        if (!row_rehash(changes->context, row, ret_error))
            return false;
        at = find_place(row, leaf);
    }
    row->leaves[at] = leaf;
    row->values[at] = value;
    row->used++;
    row->count++;
    return note_row(changes, leaf, r, ret_error);
}

/* --- columns ------------------------------------------------------------------------------------- */

/* The number of row R in a sketch. */
static uint64_t number_of(const SdcChanges *changes, uint64_t r, uint64_t sketch)
{
    uint64_t x = (r + 1) * UINT64_C(0x9E3779B97F4A7C15) + (sketch + 1) * UINT64_C(0xD1B54A32D192ED03);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    x = (x ^ x >> 31) & ((UINT64_C(1) << changes->prime.bits) - 1);
    return x == 0 || x >= sdc_mod_size(changes->prime) ? 1 : x;
}

static bool is_pair(const SdcChanges *changes, uint32_t column)
{
    return column >= changes->parts.columns;
}

static uint64_t sketch_of(const SdcChanges *changes, uint32_t column, int sketch)
{
    if (!is_pair(changes, column))
        return changes->sketches[sketch][column];
    const SdcPair *pair = &changes->pairs[column - changes->parts.columns];
    uint64_t b = sdc_mod_multiply(changes->prime, pair->ratio, sketch_of(changes, pair->b, sketch));
    return sdc_mod_add(changes->prime, sketch_of(changes, pair->a, sketch), sdc_mod_negate(changes->prime, b));
}

bool sdc_changes_is_nothing(const SdcChanges *changes, uint32_t column)
{
    return sketch_of(changes, column, 0) == 0 && sketch_of(changes, column, 1) == 0;
}

void sdc_changes_sums(const SdcChanges *changes, uint32_t column, uint64_t ret_sums[2])
{
    for (int s = 0; s < 2; s++)
        ret_sums[s] = sketch_of(changes, column, s);
}

SdcBeside sdc_changes_beside(const SdcChanges *changes, uint32_t column)
{
    return (SdcBeside){{sketch_of(changes, column, 1), sdc_mod_negate(changes->prime, sketch_of(changes, column, 0))}};
}

uint64_t sdc_changes_apart(const SdcChanges *changes, uint32_t column, const SdcBeside *beside)
{
    SdcPrime prime = changes->prime;
    if (is_pair(changes, column)) {
        const SdcPair *pair = &changes->pairs[column - changes->parts.columns];
        uint64_t b = sdc_mod_multiply(prime, pair->ratio, sdc_changes_apart(changes, pair->b, beside));
        return sdc_mod_add(prime, sdc_changes_apart(changes, pair->a, beside), sdc_mod_negate(prime, b));
    }
    return sdc_mod_add(prime, sdc_mod_multiply(prime, changes->sketches[0][column], beside->factors[0]),
                       sdc_mod_multiply(prime, changes->sketches[1][column], beside->factors[1]));
}

/* FACTOR times what the rows have in LEAF, added to the sums. */
static size_t gather_leaf(SdcChanges *changes, uint32_t leaf, uint64_t factor, size_t count)
{
    struct SdcUses *uses = &changes->uses[leaf];
    uint32_t kept = 0, stamp = changes->stamp[0], leaf_stamp = ++changes->stamp[1];
    for (uint32_t i = 0; i < uses->count; i++) {
        uint32_t row = uses->rows[i];
        uint64_t value = changes->stamps[1][row] != leaf_stamp ? value_in(&changes->rows[row], leaf) : 0;
        if (value == 0)
            continue;
        changes->stamps[1][row] = leaf_stamp;
        uses->rows[kept++] = row;   /* who has it no longer will be noted again when it has */
        if (changes->stamps[0][row] != stamp) {
            changes->stamps[0][row] = stamp;
            changes->sums[row] = 0;
            changes->list[count++] = row;
        }
        changes->sums[row] = sdc_mod_add(changes->prime, changes->sums[row],
                                         sdc_mod_multiply_by(changes->prime, factor, value));
    }
    uses->count = kept;
    return count;
}

static size_t gather(SdcChanges *changes, uint32_t column, uint64_t factor, size_t count)
{
    if (is_pair(changes, column)) {
        const SdcPair *pair = &changes->pairs[column - changes->parts.columns];
        uint64_t minus = sdc_mod_negate(changes->prime, sdc_mod_multiply(changes->prime, factor, pair->ratio));
        count = gather(changes, pair->a, factor, count);
        return gather(changes, pair->b, minus, count);
    }
    const SdcParts *parts = &changes->parts;
    for (size_t i = parts->down_starts[column]; i < parts->down_starts[column + 1]; i++)
        count = gather_leaf(changes, parts->down[i].to,
                            sdc_mod_multiply_by(changes->prime, factor, parts->down[i].value), count);
    return count;
}

bool sdc_changes_find(SdcChanges *changes, uint32_t column, size_t *ret_count, SdcError *ret_error)
{
    if (changes->stamp[0] == UINT32_MAX || changes->stamp[1] > UINT32_MAX / 2)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The elimination takes too many steps: the table is "
                           "too large.");
    changes->stamp[0]++;
    size_t found = gather(changes, column, 1, 0), count = 0;
    for (size_t i = 0; i < found; i++) {
        if (changes->sums[changes->list[i]] != 0)
            changes->list[count++] = changes->list[i];
    }
    *ret_count = count;
    return true;
}

/* What LEAF is part of, VALUE times, added to the columns' values. Forgets dropped columns. */
static size_t expand_leaf(SdcChanges *changes, uint32_t leaf, uint64_t value, size_t count)
{
    SdcParts *parts = &changes->parts;
    uint64_t *values = changes->column_values;
    size_t end = parts->up_ends[leaf];
    for (size_t k = parts->up_starts[leaf]; k < end;) {
        const SdcPart *up = &parts->up[k];
        if (changes->dropped[up->to]) {
            parts->up[k] = parts->up[--end];
            continue;
        }
        if (!changes->touched[up->to]) {
            changes->touched[up->to] = true;
            changes->expanded[count++].to = up->to;
        }
        values[up->to] = sdc_mod_add(changes->prime, values[up->to],
                                     sdc_mod_multiply_by(changes->prime, up->value, value));
        k++;
    }
    parts->up_ends[leaf] = end;
    return count;
}

size_t sdc_changes_expand(SdcChanges *changes, uint32_t row)
{
    const SdcChange *change = &changes->rows[row];
    size_t count = 0, kept = 0;
    for (uint32_t k = 0; k < change->room; k++) {
        if (change->values[k] != 0)
            count = expand_leaf(changes, change->leaves[k], change->values[k], count);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t column = changes->expanded[i].to;
        uint64_t value = changes->column_values[column];
        changes->touched[column] = false;
        changes->column_values[column] = 0;
        if (value != 0)
            changes->expanded[kept++] = (SdcPart){value, column};
    }
    return kept;
}

/* --- fixing -------------------------------------------------------------------------------------- */

uint32_t sdc_changes_shortest(const SdcChanges *changes, size_t count)
{
    uint32_t shortest = changes->list[0];
    for (size_t i = 1; i < count; i++) {
        uint32_t row = changes->list[i];
        shortest = changes->rows[row].count < changes->rows[shortest].count ? row : shortest;
    }
    return shortest;
}

static bool list_pivot(SdcChanges *changes, const SdcChange *row, SdcError *ret_error)
{
    SdcPart *entries = changes->pivot;
    if (row->count > changes->pivot_room) {
        size_t room = (size_t)row->count + row->count / 2;
        entries = sdc_resize(changes->context, entries, changes->pivot_room, room, sizeof *entries, ret_error);
        if (entries == NULL)
            return false;
        changes->pivot = entries;
        changes->pivot_room = room;
    }
    size_t count = 0;
    for (uint32_t k = 0; k < row->room; k++) {
        if (row->values[k] != 0)
            entries[count++] = (SdcPart){row->values[k], row->leaves[k]};
    }
    changes->pivot_count = count;
    return true;
}

/* Adds FACTOR times the pivot to row A. */
static bool combine(SdcChanges *changes, uint32_t a, uint64_t factor, SdcError *ret_error)
{
    const SdcPart *pivot = changes->pivot;
    size_t count = changes->pivot_count;
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count) {
            const SdcChange *row = &changes->rows[a];
            uint32_t at = place_of(row, pivot[i + AHEAD].to);
            __builtin_prefetch(&row->leaves[at]);
            __builtin_prefetch(&row->values[at], 1);
        }
        if (!row_add(changes, a, pivot[i].to, sdc_mod_multiply_by(changes->prime, factor, pivot[i].value),
                     ret_error))
            return false;
    }
    return true;
}

/* The pivot, times FACTORS, goes into the sketches of all columns that anybody still asks about. */
static void sketch_pivot(SdcChanges *changes, uint32_t pivot, const uint64_t factors[2])
{
    SdcPrime prime = changes->prime;
    size_t count = sdc_changes_expand(changes, pivot);
    for (size_t i = 0; i < count; i++) {
        const SdcPart *part = &changes->expanded[i];
        for (int s = 0; s < 2; s++) {
            uint64_t *sketch = &changes->sketches[s][part->to];
            *sketch = sdc_mod_add(prime, *sketch, sdc_mod_multiply(prime, part->value, factors[s]));
        }
    }
}

bool sdc_changes_fix_found(SdcChanges *changes, size_t count, SdcError *ret_error)
{
    if (count == 0)
        return true;
    SdcPrime prime = changes->prime;
    uint32_t pivot = sdc_changes_shortest(changes, count);
    uint64_t inverse = sdc_mod_negate(prime, sdc_mod_invert(prime, changes->sums[pivot]));
    uint64_t factors[2] = {0};
    if (!list_pivot(changes, &changes->rows[pivot], ret_error))
        return false;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = changes->list[i];
        /* the pivot itself takes -1: it goes */
        uint64_t factor = row == pivot ? sdc_mod_negate(prime, 1)
                                       : sdc_mod_multiply(prime, inverse, changes->sums[row]);
        for (int s = 0; s < 2; s++)
            factors[s] = sdc_mod_add(prime, factors[s],
                                     sdc_mod_multiply_by(prime, factor, number_of(changes, row, (uint64_t)s)));
        if (row != pivot && !combine(changes, row, factor, ret_error))
            return false;
    }
    sketch_pivot(changes, pivot, factors);
    row_clear(changes->context, &changes->rows[pivot]);
    return true;
}

bool sdc_changes_fix(SdcChanges *changes, uint32_t column, SdcError *ret_error)
{
    size_t count = 0;
    return sdc_changes_find(changes, column, &count, ret_error) &&
           sdc_changes_fix_found(changes, count, ret_error);
}

/* --- the whole ----------------------------------------------------------------------------------- */

static bool changes_room(SdcChanges *changes, size_t pairs, SdcError *ret_error)
{
    const SdcContext *context = changes->context;
    size_t rows = changes->row_count, columns = changes->parts.columns;
    changes->rows = sdc_alloc(context, rows, sizeof *changes->rows, ret_error);
    changes->uses = sdc_alloc(context, rows, sizeof *changes->uses, ret_error);
    changes->list = sdc_alloc(context, rows, sizeof *changes->list, ret_error);
    changes->sums = sdc_alloc(context, rows, sizeof *changes->sums, ret_error);
    changes->dropped = sdc_alloc(context, columns, sizeof *changes->dropped, ret_error);
    changes->column_values = sdc_alloc(context, columns, sizeof *changes->column_values, ret_error);
    changes->touched = sdc_alloc(context, columns, sizeof *changes->touched, ret_error);
    changes->expanded = sdc_alloc(context, columns, sizeof *changes->expanded, ret_error);
    changes->pair_heads = sdc_alloc(context, columns + pairs, sizeof *changes->pair_heads, ret_error);
    changes->pairs = sdc_alloc(context, pairs, sizeof *changes->pairs, ret_error);
    changes->pair_room = pairs;
    bool ok = changes->rows != NULL && changes->uses != NULL && changes->list != NULL &&
              changes->sums != NULL && changes->pairs != NULL && changes->dropped != NULL &&
              changes->column_values != NULL && changes->touched != NULL && changes->expanded != NULL &&
              changes->pair_heads != NULL;
    for (int s = 0; s < 2 && ok; s++) {
        changes->stamps[s] = sdc_alloc(context, rows, sizeof(uint32_t), ret_error);
        changes->sketches[s] = sdc_alloc(context, columns, sizeof(uint64_t), ret_error);
        ok = changes->stamps[s] != NULL && changes->sketches[s] != NULL;
    }
    return ok;
}

static bool first_basis(SdcChanges *changes, const SdcRelations *relations, SdcError *ret_error)
{
    const SdcParts *parts = &changes->parts;
    for (uint32_t r = 0; r < changes->row_count; r++) {
        if (!row_init(changes->context, &changes->rows[r], 1, ret_error) ||
            !row_add(changes, r, r, 1, ret_error))
            return false;
        for (int s = 0; s < 2; s++) {
            uint64_t number = number_of(changes, r, (uint64_t)s);
            for (size_t k = parts->up_starts[r]; k < parts->up_starts[r + 1]; k++) {
                uint64_t *sketch = &changes->sketches[s][parts->up[k].to];
                *sketch = sdc_mod_add(changes->prime, *sketch,
                                      sdc_mod_multiply_by(changes->prime, parts->up[k].value, number));
            }
        }
    }
    for (size_t r = 0; r < relations->count; r++) {
        uint32_t column = (uint32_t)(relations->cells + r);
        if (parts->down_starts[column] < parts->down_starts[column + 1] &&
            !sdc_changes_fix(changes, column, ret_error))
            return false;
    }
    return true;
}

bool sdc_changes_init(const SdcContext *context, SdcChanges *changes, const SdcRelations *relations,
                      SdcPrime prime, size_t pairs, SdcError *ret_error)
{
    *changes = (SdcChanges){.context = context, .prime = prime,
                            .columns = relations->cells + relations->count};
    if (changes->columns + pairs >= NONE)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The table has too many cells and relations.");
    bool ok = sdc_parts_init(context, &changes->parts, relations, prime, ret_error);
    changes->row_count = ok ? changes->parts.leaves : 0;
    ok = ok && changes_room(changes, pairs, ret_error) && first_basis(changes, relations, ret_error);
    if (!ok)
        sdc_changes_clear(changes);
    return ok;
}

void sdc_changes_clear(SdcChanges *changes)
{
    const SdcContext *context = changes->context;
    size_t rows = changes->row_count;
    for (size_t r = 0; changes->rows != NULL && r < rows; r++)
        row_clear(context, &changes->rows[r]);
    for (size_t r = 0; changes->uses != NULL && r < rows; r++)
        sdc_release(context, changes->uses[r].rows, changes->uses[r].room, sizeof(uint32_t));
    for (int s = 0; s < 2; s++) {
        sdc_release(context, changes->stamps[s], rows, sizeof(uint32_t));
        sdc_release(context, changes->sketches[s], changes->parts.columns, sizeof(uint64_t));
    }
    sdc_release(context, changes->rows, rows, sizeof *changes->rows);
    sdc_release(context, changes->uses, rows, sizeof *changes->uses);
    sdc_release(context, changes->list, rows, sizeof *changes->list);
    sdc_release(context, changes->sums, rows, sizeof *changes->sums);
    sdc_release(context, changes->dropped, changes->parts.columns, sizeof *changes->dropped);
    sdc_release(context, changes->column_values, changes->parts.columns, sizeof *changes->column_values);
    sdc_release(context, changes->touched, changes->parts.columns, sizeof *changes->touched);
    sdc_release(context, changes->expanded, changes->parts.columns, sizeof *changes->expanded);
    sdc_release(context, changes->pair_heads, changes->parts.columns + changes->pair_room, sizeof(uint32_t));
    sdc_release(context, changes->pairs, changes->pair_room, sizeof *changes->pairs);
    sdc_release(context, changes->pivot, changes->pivot_room, sizeof *changes->pivot);
    sdc_parts_clear(&changes->parts);
    *changes = (SdcChanges){0};
}

uint32_t sdc_changes_add_pair(SdcChanges *changes, uint32_t a, uint32_t b, uint64_t ratio)
{
    uint32_t column = (uint32_t)changes->columns++, *heads = changes->pair_heads;
    changes->pairs[column - changes->parts.columns] = (SdcPair){a, b, ratio, {heads[a], heads[b]}};
    heads[a] = heads[b] = column;
    return column;
}

static void link_pair(SdcChanges *changes, uint32_t column)
{
    SdcPair *pair = &changes->pairs[column - changes->parts.columns];
    uint32_t *heads = changes->pair_heads;
    pair->next[0] = heads[pair->a];
    pair->next[1] = heads[pair->b];
    heads[pair->a] = heads[pair->b] = column;
}

void sdc_changes_keep_pairs(SdcChanges *changes, const bool *wanted)
{
    size_t first = changes->parts.columns;
    memset(changes->pair_heads, 0, changes->columns * sizeof *changes->pair_heads);
    /* from the last one on: a pair is needed where a later one that is linked already has it */
    for (size_t column = changes->columns; column-- > first;) {
        if (wanted[column] || changes->pair_heads[column] != 0)
            link_pair(changes, (uint32_t)column);
    }
}
