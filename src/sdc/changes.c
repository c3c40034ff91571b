/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first basis has one change a cell without parts: the cell and all its totals go up by one. Where
 * tables are linked, a total has parts in several tables; what a change breaks of the relations that did
 * not define its total is a column of its own, fixed like a cell.
 *
 * Fixing a column subtracts from each row that has it a multiple of the shortest such row, which is then
 * dropped. Subtracting from each row the next one, so that neighbours' common totals cancel, was tried,
 * for all columns and for those that most rows have: it fills more than twice as much where the cells of
 * a large table are sparse, and gains little in small ones.
 */
#include "sdc/changes.h"

#include "sdc/failure.h"
#include "sdc/memory.h"
#include "sdc/modular.h"
#include "sdc/tabulate.h"

#include <string.h>

#define NONE UINT32_MAX

typedef struct SdcNote {
    uint32_t row, next;
} SdcNote;

/* --- rows ---------------------------------------------------------------------------------------- */

static uint64_t value_in(const SdcChange *row, uint32_t column)
{
    uint32_t low = 0, high = row->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (row->columns[middle] < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low < row->count && row->columns[low] == column ? row->values[low] : 0;
}

static bool row_room(const SdcContext *context, SdcChange *row, size_t room, SdcError *ret_error)
{
    if (room <= row->room)
        return true;
    uint32_t *columns = sdc_alloc(context, room, sizeof *columns, ret_error);
    uint64_t *values = columns != NULL ? sdc_alloc(context, room, sizeof *values, ret_error) : NULL;
    if (values == NULL) {
        sdc_release(context, columns, room, sizeof *columns);
        return false;
    }
    if (row->count > 0) {
        memcpy(columns, row->columns, row->count * sizeof *columns);
        memcpy(values, row->values, row->count * sizeof *values);
    }
    sdc_release(context, row->columns, row->room, sizeof *columns);
    sdc_release(context, row->values, row->room, sizeof *values);
    *row = (SdcChange){row->count, (uint32_t)room, columns, values};
    return true;
}

static void row_clear(const SdcContext *context, SdcChange *row)
{
    sdc_release(context, row->columns, row->room, sizeof *row->columns);
    sdc_release(context, row->values, row->room, sizeof *row->values);
    *row = (SdcChange){0};
}

static bool note_row(SdcChanges *changes, uint32_t column, uint32_t row, SdcError *ret_error)
{
    if (changes->note_count == changes->note_room) {
        size_t room = changes->note_room + changes->note_room / 2 + 1024;
        if (room >= UINT32_MAX)
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The elimination fills up beyond what can be "
                               "kept: the table is too large.");
        SdcNote *notes = sdc_resize(changes->context, changes->notes, changes->note_room, room,
                                    sizeof *notes, ret_error);
        if (notes == NULL)
            return false;
        changes->notes = notes;
        changes->note_room = room;
    }
    changes->notes[changes->note_count] = (SdcNote){row, changes->heads[column]};
    changes->heads[column] = (uint32_t)++changes->note_count;
    changes->counts[column]++;
    return true;
}

/* --- finding ------------------------------------------------------------------------------------- */

/* Notes come latest first, and nearly sorted: insertion from the end costs little. */
static size_t sort_unique(uint32_t *list, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        uint32_t swapped = list[i];
        list[i] = list[count - 1 - i];
        list[count - 1 - i] = swapped;
    }
    for (size_t gap = 1 + count / 3; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
        for (size_t i = gap; i < count; i++) {
            uint32_t taken = list[i];
            size_t at = i;
            for (; at >= gap && list[at - gap] > taken; at -= gap)
                list[at] = list[at - gap];
            list[at] = taken;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || list[kept - 1] != list[i])
            list[kept++] = list[i];
    }
    return kept;
}

bool sdc_changes_find(SdcChanges *changes, uint32_t column, size_t *ret_count, SdcError *ret_error)
{
    size_t count = 0;
    for (uint32_t n = changes->heads[column]; n != 0; n = changes->notes[n - 1].next) {
        if (count == changes->list_room) {
            size_t room = changes->list_room * 2 + 256;
            uint32_t *list = sdc_resize(changes->context, changes->list, changes->list_room, room,
                                        sizeof *list, ret_error);
            if (list == NULL)
                return false;
            changes->list = list;
            changes->list_room = room;
        }
        uint32_t row = changes->notes[n - 1].row;
        if (value_in(&changes->rows[row], column) != 0)
            changes->list[count++] = row;
    }
    *ret_count = sort_unique(changes->list, count);
    return true;
}

bool sdc_changes_follows(const SdcChanges *changes, uint32_t column, uint32_t by, size_t count,
                         uint64_t *ret_ratio)
{
    if (count == 0 || changes->counts[column] != count)
        return false;
    SdcPrime prime = changes->prime;
    const SdcChange *first = &changes->rows[changes->list[0]];
    uint64_t own = value_in(first, column), its = value_in(first, by);
    for (size_t i = 0; i < count; i++) {
        const SdcChange *row = &changes->rows[changes->list[i]];
        uint64_t value = value_in(row, column);
        if (value == 0 || sdc_mod_multiply(prime, value, its) != sdc_mod_multiply(prime, own, value_in(row, by)))
            return false;
    }
    *ret_ratio = sdc_mod_multiply(prime, own, sdc_mod_invert(prime, its));
    return true;
}

/* --- fixing -------------------------------------------------------------------------------------- */

/* Row A plus FACTOR times row B, without COLUMN, which vanishes. */
static bool combine(SdcChanges *changes, uint32_t a, uint32_t b, uint64_t factor, uint32_t column,
                    SdcError *ret_error)
{
    SdcChange *to = &changes->rows[a], *out = &changes->scratch;
    const SdcChange *from = &changes->rows[b];
    if (!row_room(changes->context, out, (size_t)to->count + from->count, ret_error))
        return false;
    uint32_t i = 0, k = 0, n = 0;
    while (i < to->count || k < from->count) {
        uint32_t left = i < to->count ? to->columns[i] : NONE;
        uint32_t right = k < from->count ? from->columns[k] : NONE;
        uint32_t at = left < right ? left : right;
        uint64_t value = left == at ? to->values[i++] : 0;
        bool had = left == at;
        if (right == at)
            value = sdc_mod_add(changes->prime, value, sdc_mod_multiply_by(changes->prime, factor, from->values[k++]));
        if (at == column || changes->dropped[at])
            continue;
        if (value == 0) {
            changes->counts[at]--;
            continue;
        }
        if (!had && !note_row(changes, at, a, ret_error))
            return false;
        out->columns[n] = at;
        out->values[n++] = value;
    }
    if (n > to->room && !row_room(changes->context, to, n + n / 4, ret_error))
        return false;
    memcpy(to->columns, out->columns, n * sizeof *to->columns);
    memcpy(to->values, out->values, n * sizeof *to->values);
    to->count = n;
    return true;
}

static void drop_row(SdcChanges *changes, uint32_t r)
{
    SdcChange *row = &changes->rows[r];
    for (uint32_t k = 0; k < row->count; k++)
        changes->counts[row->columns[k]]--;
    row_clear(changes->context, row);
}

static bool fix_with_pivot(SdcChanges *changes, uint32_t column, size_t count, uint32_t pivot,
                           SdcError *ret_error)
{
    uint64_t inverse = sdc_mod_negate(changes->prime,
                              sdc_mod_invert(changes->prime, value_in(&changes->rows[pivot], column)));
    for (size_t i = 0; i < count; i++) {
        uint32_t row = changes->list[i];
        uint64_t factor = sdc_mod_multiply(changes->prime, inverse, value_in(&changes->rows[row], column));
        if (row != pivot && !combine(changes, row, pivot, factor, column, ret_error))
            return false;
    }
    drop_row(changes, pivot);
    return true;
}

/* The shortest row is the pivot: it fills the others least. */
bool sdc_changes_fix(SdcChanges *changes, uint32_t column, SdcError *ret_error)
{
    size_t count;
    changes->fixed = 0;
    if (changes->counts[column] == 0)
        return true;
    if (!sdc_changes_find(changes, column, &count, ret_error))
        return false;
    uint32_t shortest = changes->list[0];
    for (size_t i = 1; i < count; i++) {
        uint32_t row = changes->list[i];
        shortest = changes->rows[row].count < changes->rows[shortest].count ? row : shortest;
    }
    if (!fix_with_pivot(changes, column, count, shortest, ret_error))
        return false;
    changes->counts[column] = 0;
    changes->fixed = count;
    return true;
}

void sdc_changes_close(SdcChanges *changes, size_t count, bool *kept)
{
    for (size_t i = 0; i < count; i++) {
        const SdcChange *row = &changes->rows[changes->list[i]];
        uint32_t k = 0;
        while (k < row->count && (kept[row->columns[k]] || changes->dropped[row->columns[k]]))
            k++;
        if (k < row->count)
            continue;
        for (k = 0; k < row->count; k++) {
            kept[row->columns[k]] = false;
            changes->dropped[row->columns[k]] = true;
        }
    }
}

/* --- the first basis ----------------------------------------------------------------------------- */

typedef struct Start {
    const SdcContext *context;
    const SdcRelations *relations;
    uint32_t *defined_by;     /* of a cell: the relation that defines it, or NONE for one without parts */
    size_t *use_starts;       /* of a cell: the relations that have it as a part or total, CELLS + 1 */
    uint32_t *uses;
    uint32_t *ranks;          /* parts before totals */
    uint32_t *by_rank;        /* the cells in that order */
    uint64_t *values;         /* of the change that is made, by cell, then by relation */
    uint32_t *touched;        /* its cells; then a heap of ranks */
    uint32_t *broken;         /* relations it touches */
} Start;

static void start_clear(Start *s)
{
    size_t cells = s->relations->cells, count = s->relations->count;
    sdc_release(s->context, s->defined_by, cells, sizeof(uint32_t));
    sdc_release(s->context, s->use_starts, cells + 2, sizeof(size_t));
    sdc_release(s->context, s->uses, s->relations->terms, sizeof(uint32_t));
    sdc_release(s->context, s->ranks, cells, sizeof(uint32_t));
    sdc_release(s->context, s->by_rank, cells, sizeof(uint32_t));
    sdc_release(s->context, s->values, cells + count, sizeof(uint64_t));
    sdc_release(s->context, s->touched, cells, sizeof(uint32_t));
    sdc_release(s->context, s->broken, count, sizeof(uint32_t));
}

static uint32_t total_of(const SdcRelations *relations, size_t r)
{
    return relations->columns[relations->starts[r]];
}

static void index_uses(Start *s)
{
    const SdcRelations *relations = s->relations;
    for (size_t k = 0; k < relations->terms; k++)
        s->use_starts[relations->columns[k] + 2]++;
    for (size_t c = 0; c < relations->cells; c++)
        s->use_starts[c + 2] += s->use_starts[c + 1];
    for (size_t r = 0; r < relations->count; r++) {
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++)
            s->uses[s->use_starts[relations->columns[k] + 1]++] = (uint32_t)r;
    }
}

/* Orders the cells so that every cell comes after the parts that define it. */
static bool rank_cells(Start *s, SdcError *ret_error)
{
    const SdcRelations *relations = s->relations;
    uint32_t *waiting = s->touched, ready = 0, cells = (uint32_t)relations->cells;
    for (uint32_t c = 0; c < cells; c++) {
        uint32_t r = s->defined_by[c];
        waiting[c] = r == NONE ? 0 : (uint32_t)(relations->starts[r + 1] - relations->starts[r] - 1);
        if (waiting[c] == 0)
            s->by_rank[ready++] = c;
    }
    for (uint32_t done = 0; done < ready; done++) {
        uint32_t c = s->by_rank[done];
        s->ranks[c] = done;
        for (size_t u = s->use_starts[c]; u < s->use_starts[c + 1]; u++) {
            uint32_t total = total_of(relations, s->uses[u]);
            if (total != c && s->defined_by[total] == s->uses[u] && --waiting[total] == 0)
                s->by_rank[ready++] = total;
        }
    }
    if (ready < cells)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "The relations go in a circle: some cell is a part of "
                           "itself.");
    return true;
}

static bool start_init(Start *s, SdcError *ret_error)
{
    const SdcRelations *relations = s->relations;
    size_t cells = relations->cells, count = relations->count;
    s->defined_by = sdc_alloc(s->context, cells, sizeof(uint32_t), ret_error);
    s->use_starts = sdc_alloc(s->context, cells + 2, sizeof(size_t), ret_error);
    s->uses = sdc_alloc(s->context, relations->terms, sizeof(uint32_t), ret_error);
    s->ranks = sdc_alloc(s->context, cells, sizeof(uint32_t), ret_error);
    s->by_rank = sdc_alloc(s->context, cells, sizeof(uint32_t), ret_error);
    s->values = sdc_alloc(s->context, cells + count, sizeof(uint64_t), ret_error);
    s->touched = sdc_alloc(s->context, cells, sizeof(uint32_t), ret_error);
    s->broken = sdc_alloc(s->context, count, sizeof(uint32_t), ret_error);
    if (s->defined_by == NULL || s->use_starts == NULL || s->uses == NULL || s->ranks == NULL ||
        s->by_rank == NULL || s->values == NULL || s->touched == NULL || s->broken == NULL)
        return false;
    for (size_t c = 0; c < cells; c++)
        s->defined_by[c] = NONE;
    for (size_t r = count; r-- > 0;)
        s->defined_by[total_of(relations, r)] = (uint32_t)r;
    index_uses(s);
    return rank_cells(s, ret_error);
}

static void push_rank(uint32_t *heap, size_t *count, uint32_t rank)
{
    size_t at = (*count)++;
    for (; at > 0 && heap[(at - 1) / 2] > rank; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = rank;
}

static uint32_t pop_rank(uint32_t *heap, size_t *count)
{
    uint32_t first = heap[0], last = heap[--*count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < *count; at = child) {
        if (child + 1 < *count && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= last)
            break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return first;
}

/* Goes from a part to the totals that it defines, lowest rank first, so that a total is complete before
 * it is passed on. TOUCHED holds the finished cells from the end, the heap at its beginning: together
 * they are no more than the cells. */
static size_t spread_change(Start *s, SdcPrime prime, uint32_t leaf)
{
    size_t waiting = 0, done = 0, cells = s->relations->cells;
    uint32_t *heap = s->touched;
    s->values[leaf] = 1;
    push_rank(heap, &waiting, s->ranks[leaf]);
    while (waiting > 0) {
        uint32_t c = s->by_rank[pop_rank(heap, &waiting)];
        s->touched[cells - ++done] = c;
        for (size_t u = s->use_starts[c]; u < s->use_starts[c + 1]; u++) {
            uint32_t total = total_of(s->relations, s->uses[u]);
            if (total == c || s->defined_by[total] != s->uses[u])
                continue;
            if (s->values[total] == 0)
                push_rank(heap, &waiting, s->ranks[total]);
            s->values[total] = sdc_mod_add(prime, s->values[total], s->values[c]);
        }
    }
    memmove(s->touched, s->touched + cells - done, done * sizeof *s->touched);
    return done;
}

/* What the change breaks of relations that define nothing; returns how many it touches. */
static size_t find_broken(Start *s, SdcPrime prime, size_t touched)
{
    size_t broken = 0, cells = s->relations->cells;
    for (size_t i = 0; i < touched; i++) {
        uint32_t c = s->touched[i];
        for (size_t u = s->use_starts[c]; u < s->use_starts[c + 1]; u++) {
            uint32_t r = s->uses[u], total = total_of(s->relations, r);
            if (s->defined_by[total] == r)
                continue;
            uint64_t *value = &s->values[cells + r];
            if (*value == 0)
                s->broken[broken++] = r;
            *value = sdc_mod_add(prime, *value, total == c ? sdc_mod_negate(prime, s->values[c]) : s->values[c]);
            if (*value == 0)
                *value = sdc_mod_size(prime);   /* touched, and nothing so far */
        }
    }
    return broken;
}

static bool store_change(SdcChanges *changes, Start *s, uint32_t row, size_t touched, size_t broken,
                         SdcError *ret_error)
{
    SdcChange *change = &changes->rows[row];
    size_t cells = s->relations->cells;
    bool ok = row_room(s->context, change, touched + broken, ret_error);
    touched = sort_unique(s->touched, touched);
    broken = sort_unique(s->broken, broken);
    for (size_t i = 0; i < touched + broken; i++) {
        uint32_t column = i < touched ? s->touched[i] : (uint32_t)cells + s->broken[i - touched];
        uint64_t value = s->values[column];
        s->values[column] = 0;
        if (!ok || value == 0 || value == sdc_mod_size(changes->prime))
            continue;
        change->columns[change->count] = column;
        change->values[change->count++] = value;
        ok = note_row(changes, column, row, ret_error);
    }
    return ok;
}

static bool first_basis(SdcChanges *changes, Start *s, SdcError *ret_error)
{
    uint32_t row = 0;
    for (uint32_t c = 0; c < s->relations->cells; c++) {
        if (s->defined_by[c] != NONE)
            continue;
        size_t touched = spread_change(s, changes->prime, c);
        size_t broken = find_broken(s, changes->prime, touched);
        if (!store_change(changes, s, row++, touched, broken, ret_error))
            return false;
    }
    for (uint32_t r = 0; r < s->relations->count; r++) {
        if (!sdc_changes_fix(changes, (uint32_t)s->relations->cells + r, ret_error))
            return false;
    }
    return true;
}

static size_t leaves_of(const Start *s)
{
    size_t leaves = 0;
    for (size_t c = 0; c < s->relations->cells; c++)
        leaves += s->defined_by[c] == NONE;
    return leaves;
}

static bool changes_room(SdcChanges *changes, SdcError *ret_error)
{
    size_t room = changes->column_room;
    changes->counts = sdc_alloc(changes->context, room, sizeof(uint32_t), ret_error);
    changes->heads = sdc_alloc(changes->context, room, sizeof(uint32_t), ret_error);
    changes->dropped = sdc_alloc(changes->context, room, sizeof(bool), ret_error);
    return changes->counts != NULL && changes->heads != NULL && changes->dropped != NULL;
}

bool sdc_changes_init(const SdcContext *context, SdcChanges *changes, const SdcRelations *relations,
                      SdcPrime prime, size_t pairs, SdcError *ret_error)
{
    *changes = (SdcChanges){.context = context, .prime = prime,
                            .columns = relations->cells + relations->count};
    if (relations->cells + relations->count + pairs >= NONE)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The table has too many cells and relations.");
    changes->column_room = changes->columns + pairs;
    Start s = {.context = context, .relations = relations};
    bool ok = changes_room(changes, ret_error) && start_init(&s, ret_error);
    if (ok) {
        changes->row_count = leaves_of(&s);
        changes->rows = sdc_alloc(context, changes->row_count, sizeof *changes->rows, ret_error);
        ok = changes->rows != NULL && first_basis(changes, &s, ret_error);
    }
    start_clear(&s);
    if (!ok)
        sdc_changes_clear(changes);
    return ok;
}

void sdc_changes_clear(SdcChanges *changes)
{
    const SdcContext *context = changes->context;
    for (size_t r = 0; changes->rows != NULL && r < changes->row_count; r++)
        row_clear(context, &changes->rows[r]);
    row_clear(context, &changes->scratch);
    sdc_release(context, changes->rows, changes->row_count, sizeof *changes->rows);
    sdc_release(context, changes->counts, changes->column_room, sizeof(uint32_t));
    sdc_release(context, changes->heads, changes->column_room, sizeof(uint32_t));
    sdc_release(context, changes->dropped, changes->column_room, sizeof(bool));
    sdc_release(context, changes->notes, changes->note_room, sizeof *changes->notes);
    sdc_release(context, changes->list, changes->list_room, sizeof *changes->list);
    *changes = (SdcChanges){0};
}

static bool add_entry(SdcChanges *changes, uint32_t row, uint32_t column, uint64_t value,
                      SdcError *ret_error)
{
    SdcChange *change = &changes->rows[row];
    uint64_t *last = change->count > 0 && change->columns[change->count - 1] == column
                         ? &change->values[change->count - 1] : NULL;
    if (last != NULL) {
        *last = sdc_mod_add(changes->prime, *last, value);
        if (*last == 0) {
            change->count--;
            changes->counts[column]--;
        }
        return true;
    }
    if (!row_room(changes->context, change, (size_t)change->count + 1, ret_error))
        return false;
    change->columns[change->count] = column;
    change->values[change->count++] = value;
    return note_row(changes, column, row, ret_error);
}

bool sdc_changes_add_pair(SdcChanges *changes, uint32_t a, uint32_t b, uint64_t ratio,
                          SdcError *ret_error)
{
    uint32_t column = (uint32_t)changes->columns++, of[] = {a, b};
    uint64_t factors[] = {1, sdc_mod_negate(changes->prime, ratio)};
    for (int side = 0; side < 2; side++) {
        size_t count;
        if (!sdc_changes_find(changes, of[side], &count, ret_error))
            return false;
        for (size_t i = 0; i < count; i++) {
            uint64_t value = value_in(&changes->rows[changes->list[i]], of[side]);
            if (!add_entry(changes, changes->list[i], column,
                           sdc_mod_multiply(changes->prime, factors[side], value), ret_error))
                return false;
        }
    }
    return true;
}
