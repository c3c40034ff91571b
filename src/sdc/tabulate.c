/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables most of whose cells are filled are made in sdc/dense.c; here are the others, and holdings.
 *
 * Rows are dealt into partitions by the hash of their cell of leaves, keeping their order; each partition
 * is added up by one task, and is small enough for a core's cache. Then one dimension after the other, from
 * the lowest nodes up, every cell is added to its parent. Partitions and blocks are constants, so that the
 * order of every sum is the same whatever the threads.
 *
 * A cell's key packs one node a dimension, the first in the highest bits, so that keys sort as nodes do.
 * With holdings, what is rolled up are (cell, holding) pairs, which give contributors at the very end: the
 * largest holding of a margin is not among the largest of its parts.
 */
#include "sdc/tabulate.h"

#include "sdc/bag.h"
#include "sdc/cells.h"
#include "sdc/dense.h"
#include "sdc/failure.h"
#include "sdc/memory.h"
#include "sdc/nodes.h"

#include <math.h>
#include <string.h>

enum { PARTITIONS = 64, BLOCKS = 64 };

/* An entry and the key of its parent. */
typedef struct Move {
    uint64_t key;
    uint32_t entry;
} Move;

typedef struct Work {
    const SdcContext *context;
    const SdcTabulation *in;
    SdcNodes nodes[SDC_DIMENSIONS_MAX];
    unsigned shifts[SDC_DIMENSIONS_MAX], bits;
    SdcLayout layout;              /* of entries: cells, or pairs of cell and holding */
    SdcLayout cell_layout;
    SdcBag entries[PARTITIONS], incoming[PARTITIONS], cells[PARTITIONS];
    uint64_t *keys;                /* of rows */
    uint32_t *order;               /* rows by partition */
    size_t starts[PARTITIONS + 1];
    size_t counts[BLOCKS][PARTITIONS];
    /* one round of the roll-up */
    unsigned dimension;
    uint32_t height;
    size_t ends[PARTITIONS];
    Move *moves[PARTITIONS];       /* of the entries of a partition, by where they go */
    uint32_t move_starts[PARTITIONS][PARTITIONS + 1];
    SdcError errors[BLOCKS];       /* of tasks */
} Work;

static unsigned partition_of(uint64_t key)
{
    return (unsigned)(sdc_mix(key) >> 58);
}

static uint32_t digit_of(const Work *work, unsigned dimension, uint64_t key)
{
    uint64_t rest = key >> work->shifts[dimension];
    unsigned above = dimension == 0 ? work->bits : work->shifts[dimension - 1];
    unsigned width = above - work->shifts[dimension];
    return (uint32_t)(rest & ((UINT64_C(1) << width) - 1));
}

/* The error of the lowest task is told. */
static bool tasks_succeeded(Work *work, SdcError *ret_error)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        if (work->errors[i].code == SDC_ERROR_NONE)
            continue;
        if (ret_error != NULL)
            *ret_error = work->errors[i];
        return false;
    }
    return true;
}

/* --- rows --------------------------------------------------------------------------------------- */

static void block_range(const Work *work, size_t block, size_t *ret_begin, size_t *ret_end)
{
    *ret_begin = (size_t)((unsigned __int128)work->in->rows * block / BLOCKS);
    *ret_end = (size_t)((unsigned __int128)work->in->rows * (block + 1) / BLOCKS);
}

static uint64_t row_key(const Work *work, size_t row)
{
    uint64_t key = 0;
    for (unsigned d = 0; d < work->in->dimensions; d++)
        key |= (uint64_t)(work->in->codes[d][row] - 1) << work->shifts[d];
    return key;
}

static void task_keys(void *data, size_t block)
{
    Work *work = data;
    size_t begin, end;
    block_range(work, block, &begin, &end);
    for (size_t row = begin; row < end; row++) {
        if (!sdc_tabulation_check_row(work->in, work->nodes, row, &work->errors[block]))
            return;
        work->keys[row] = row_key(work, row);
        work->counts[block][partition_of(work->keys[row])]++;
    }
}

static void task_deal(void *data, size_t block)
{
    Work *work = data;
    size_t begin, end;
    block_range(work, block, &begin, &end);
    size_t *next = work->counts[block];
    for (size_t row = begin; row < end; row++)
        work->order[next[partition_of(work->keys[row])]++] = (uint32_t)row;
}

static void task_add_rows(void *data, size_t p)
{
    Work *work = data;
    const SdcTabulation *in = work->in;
    for (size_t i = work->starts[p]; i < work->starts[p + 1]; i++) {
        size_t row = work->order[i];
        bool is_new;
        uint64_t holding = in->holdings != NULL ? in->holdings[row] : 0;
        SdcWord *record = sdc_bag_find(work->context, &work->entries[p], work->keys[row], holding,
                                       &is_new, &work->errors[p]);
        if (record == NULL)
            return;
        sdc_record_add_row(&work->layout, record, in->weights != NULL ? in->weights[row] : 1,
                           in->values != NULL ? in->values[row] : 0,
                           in->record_keys != NULL ? in->record_keys[row] : 0, row);
    }
}

/* From how many rows each block has of each partition to where each block writes them. */
static void place_blocks(Work *work)
{
    size_t at = 0;
    for (unsigned p = 0; p < PARTITIONS; p++) {
        work->starts[p] = at;
        for (unsigned block = 0; block < BLOCKS; block++) {
            size_t count = work->counts[block][p];
            work->counts[block][p] = at;
            at += count;
        }
    }
    work->starts[PARTITIONS] = at;
}

static bool add_rows(Work *work, SdcError *ret_error)
{
    const SdcContext *context = work->context;
    size_t rows = work->in->rows;
    work->keys = sdc_alloc(context, rows, sizeof *work->keys, ret_error);
    work->order = sdc_alloc(context, rows, sizeof *work->order, ret_error);
    bool ok = work->keys != NULL && work->order != NULL;
    if (ok) {
        sdc_run_tasks(context, BLOCKS, task_keys, work);
        ok = tasks_succeeded(work, ret_error);
    }
    if (ok) {
        place_blocks(work);
        sdc_run_tasks(context, BLOCKS, task_deal, work);
        sdc_run_tasks(context, PARTITIONS, task_add_rows, work);
        ok = tasks_succeeded(work, ret_error);
    }
    sdc_release(context, work->keys, rows, sizeof *work->keys);
    sdc_release(context, work->order, rows, sizeof *work->order);
    return ok;
}

/* --- margins ------------------------------------------------------------------------------------ */

/* The key of an entry's parent, if that is due in this round. */
static bool parent_key(const Work *work, uint64_t key, uint64_t *ret_key)
{
    const SdcNodes *nodes = &work->nodes[work->dimension];
    unsigned shift = work->shifts[work->dimension];
    uint32_t node = digit_of(work, work->dimension, key), parent = nodes->parents[node];
    if (parent == SDC_NO_PARENT || nodes->heights[parent] != work->height)
        return false;
    *ret_key = key - ((uint64_t)node << shift) + ((uint64_t)parent << shift);
    return true;
}

/* The moves of partition P, dealt by their target in the order of its entries. */
static void task_find_parents(void *data, size_t p)
{
    Work *work = data;
    const SdcBag *bag = &work->entries[p];
    uint32_t *starts = work->move_starts[p], next[PARTITIONS];
    uint64_t key;
    memset(starts, 0, sizeof work->move_starts[p]);
    for (size_t i = 0; i < work->ends[p]; i++) {
        if (parent_key(work, bag->records[i * bag->words].u, &key))
            starts[partition_of(key) + 1]++;
    }
    for (unsigned q = 0; q < PARTITIONS; q++)
        starts[q + 1] += starts[q];
    memcpy(next, starts, sizeof next);
    work->moves[p] = sdc_alloc(work->context, starts[PARTITIONS], sizeof(Move), &work->errors[p]);
    if (work->moves[p] == NULL)
        return;
    for (size_t i = 0; i < work->ends[p]; i++) {
        if (parent_key(work, bag->records[i * bag->words].u, &key))
            work->moves[p][next[partition_of(key)]++] = (Move){key, (uint32_t)i};
    }
}

/* Into a bag of its own, since others read the entries meanwhile. The parents are new cells: all the
 * children of one are added in the same round. */
static void task_add_to_parents(void *data, size_t p)
{
    Work *work = data;
    for (unsigned q = 0; q < PARTITIONS; q++) {
        const SdcBag *from = &work->entries[q];
        const Move *moves = work->moves[q];
        for (uint32_t m = work->move_starts[q][p]; m < work->move_starts[q][p + 1]; m++) {
            const SdcWord *record = from->records + (size_t)moves[m].entry * from->words;
            bool is_new;
            SdcWord *parent = sdc_bag_find(work->context, &work->incoming[p], moves[m].key,
                                           from->key_words == 2 ? record[1].u : 0, &is_new,
                                           &work->errors[p]);
            if (parent == NULL)
                return;
            sdc_record_add(&work->layout, parent, record);
        }
    }
}

static void task_append(void *data, size_t p)
{
    Work *work = data;
    SdcBag *to = &work->entries[p], *from = &work->incoming[p];
    size_t count = to->count + from->count;
    if (from->count > 0) {
        SdcWord *records = sdc_resize(work->context, to->records, to->capacity * to->words,
                                      count * to->words, sizeof *records, &work->errors[p]);
        if (records != NULL) {
            memcpy(records + to->count * to->words, from->records,
                   from->count * from->words * sizeof *records);
            to->records = records;
            to->count = to->capacity = count;
        }
    }
    sdc_bag_clear(work->context, from);
}

static void free_moves(Work *work)
{
    for (unsigned p = 0; p < PARTITIONS; p++) {
        sdc_release(work->context, work->moves[p], work->move_starts[p][PARTITIONS], sizeof(Move));
        work->moves[p] = NULL;
    }
}

static bool roll_up_round(Work *work, SdcError *ret_error)
{
    for (unsigned p = 0; p < PARTITIONS; p++)
        work->ends[p] = work->entries[p].count;
    sdc_run_tasks(work->context, PARTITIONS, task_find_parents, work);
    bool ok = tasks_succeeded(work, ret_error);
    if (ok) {
        sdc_run_tasks(work->context, PARTITIONS, task_add_to_parents, work);
        ok = tasks_succeeded(work, ret_error);
    }
    free_moves(work);
    if (!ok)
        return false;
    sdc_run_tasks(work->context, PARTITIONS, task_append, work);
    return tasks_succeeded(work, ret_error);
}

static bool roll_up(Work *work, SdcError *ret_error)
{
    for (unsigned p = 0; p < PARTITIONS; p++) {
        SdcBag *bag = &work->entries[p];
        sdc_release(work->context, bag->slots, bag->slot_count, sizeof *bag->slots);
        bag->slots = NULL;
        bag->slot_count = 0;
    }
    for (unsigned d = 0; d < work->in->dimensions; d++) {
        if (!sdc_report(work->context, 0.5 + 0.3 * d / work->in->dimensions, "margins", ret_error))
            return false;
        work->dimension = d;
        for (work->height = 1; work->height <= work->nodes[d].height; work->height++) {
            if (!roll_up_round(work, ret_error))
                return false;
        }
    }
    return true;
}

/* --- contributors of cells, where there are holdings --------------------------------------------- */

static void task_add_holdings(void *data, size_t p)
{
    Work *work = data;
    const SdcBag *pairs = &work->entries[p];
    const SdcLayout *from = &work->layout, *to = &work->cell_layout;
    for (size_t i = 0; i < pairs->count; i++) {
        const SdcWord *pair = pairs->records + i * pairs->words;
        bool is_new;
        SdcWord *cell = sdc_bag_find(work->context, &work->cells[p], pair[0].u, 0, &is_new,
                                     &work->errors[p]);
        if (cell == NULL)
            return;
        cell[to->count].d += pair[from->count].d;
        double value = from->total != 0 ? pair[from->total].d : 0;
        if (to->total != 0) {
            cell[to->total].d += value;
            cell[to->absolute].d += fabs(value);
        }
        if (to->cell_key != 0)
            cell[to->cell_key].u += pair[from->cell_key].u;
        sdc_record_add_contributor(to, cell, value, 1, pair[1].u);
    }
    sdc_bag_clear(work->context, &work->entries[p]);
}

static bool make_cells(Work *work, SdcError *ret_error)
{
    if (work->in->holdings == NULL) {
        memcpy(work->cells, work->entries, sizeof work->cells);
        memset(work->entries, 0, sizeof work->entries);
        return true;
    }
    sdc_run_tasks(work->context, PARTITIONS, task_add_holdings, work);
    return tasks_succeeded(work, ret_error);
}

/* --- the cube ----------------------------------------------------------------------------------- */

typedef struct Place {
    uint64_t key;
    const SdcWord *record;   /* NULL: an empty cell */
} Place;

/* By key, least significant byte first. SPARE has COUNT places; the result is in the one returned. */
static Place *sort_places(Place *places, Place *spare, size_t count, unsigned bits)
{
    for (unsigned shift = 0; shift < bits; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++)
            starts[(places[i].key >> shift & 255) + 1]++;
        for (unsigned b = 0; b < 256; b++)
            starts[b + 1] += starts[b];
        for (size_t i = 0; i < count; i++)
            spare[starts[places[i].key >> shift & 255]++] = places[i];
        Place *other = places;
        places = spare;
        spare = other;
    }
    return places;
}

/* All combinations of nodes in the order of keys; those of PLACES (sorted) keep their records. */
static void spread_places(const Work *work, const Place *places, size_t count, Place *all)
{
    uint32_t digits[SDC_DIMENSIONS_MAX] = {0};
    unsigned dimensions = work->in->dimensions;
    for (size_t at = 0, i = 0;; at++) {
        uint64_t key = 0;
        for (unsigned d = 0; d < dimensions; d++)
            key |= (uint64_t)digits[d] << work->shifts[d];
        all[at] = (Place){key, NULL};
        if (i < count && places[i].key == key)
            all[at].record = places[i++].record;
        unsigned d = dimensions;
        while (d > 0 && ++digits[d - 1] == work->nodes[d - 1].count)
            digits[--d] = 0;
        if (d == 0)
            return;
    }
}

static bool all_cells(const Work *work, size_t *ret_count, SdcError *ret_error)
{
    size_t count = 1;
    for (unsigned d = 0; d < work->in->dimensions; d++) {
        if (__builtin_mul_overflow(count, (size_t)work->nodes[d].count, &count) || count > SDC_CELLS_MAX)
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The table has more than %zu cells, empty ones "
                               "included.", SDC_CELLS_MAX);
    }
    *ret_count = count;
    return true;
}

typedef struct Fill {
    const Work *work;
    SdcCube *cube;
    const Place *places;
} Fill;

static void fill_cell(const Fill *fill, size_t cell)
{
    const Place *place = &fill->places[cell];
    for (unsigned d = 0; d < fill->cube->dimensions; d++)
        fill->cube->nodes[d][cell] = digit_of(fill->work, d, place->key);
    sdc_cube_set(fill->cube, &fill->work->cell_layout, cell, place->record);
}

static void task_fill(void *data, size_t block)
{
    const Fill *fill = data;
    size_t cells = fill->cube->cells;
    for (size_t i = cells * block / BLOCKS; i < cells * (block + 1) / BLOCKS; i++)
        fill_cell(fill, i);
}

static bool fill_cube(Work *work, SdcCube *ret_cube, SdcError *ret_error)
{
    const SdcContext *context = work->context;
    size_t count = 0, all = 0;
    for (unsigned p = 0; p < PARTITIONS; p++)
        count += work->cells[p].count;
    if (count > SDC_CELLS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The table has more than %zu cells.", SDC_CELLS_MAX);
    if (work->in->empty_cells && !all_cells(work, &all, ret_error))
        return false;
    size_t room = all > count ? all : count;
    Place *places = sdc_alloc(context, room, sizeof *places, ret_error);
    Place *spare = sdc_alloc(context, room, sizeof *spare, ret_error);
    SdcCube cube;
    bool ok = places != NULL && spare != NULL &&
              sdc_cube_init(context, work->in->dimensions, &work->cell_layout, &cube,
                            all > 0 ? all : count, ret_error);
    if (ok) {
        size_t next = 0;
        for (unsigned p = 0; p < PARTITIONS; p++) {
            const SdcBag *bag = &work->cells[p];
            for (size_t i = 0; i < bag->count; i++)
                places[next++] = (Place){bag->records[i * bag->words].u, bag->records + i * bag->words};
        }
        Place *sorted = sort_places(places, spare, count, work->bits);
        if (all > 0) {
            Place *spread = sorted == places ? spare : places;
            spread_places(work, sorted, count, spread);
            sorted = spread;
        }
        Fill fill = {work, &cube, sorted};
        sdc_run_tasks(context, BLOCKS, task_fill, &fill);
        *ret_cube = cube;
    }
    sdc_release(context, places, room, sizeof *places);
    sdc_release(context, spare, room, sizeof *spare);
    return ok;
}

/* --- the whole ---------------------------------------------------------------------------------- */

static bool check_request(const SdcTabulation *in, SdcError *ret_error)
{
    if (in->dimensions < 1 || in->dimensions > SDC_DIMENSIONS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "A table has 1 to %d dimensions, not %u.",
                           SDC_DIMENSIONS_MAX, in->dimensions);
    if (in->rows > SDC_ROWS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu rows are more than %zu.", in->rows,
                           SDC_ROWS_MAX);
    if (in->top > SDC_TOP_MAX || (in->top > 0 && in->values == NULL))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "0 to %d contributors can be kept, and none "
                           "without values; %u were asked for.", SDC_TOP_MAX, in->top);
    return true;
}

static bool work_init(Work *work, SdcError *ret_error)
{
    const SdcTabulation *in = work->in;
    for (unsigned d = in->dimensions; d-- > 0;) {
        if (!sdc_nodes_init(work->context, &work->nodes[d], &in->trees[d], ret_error))
            return false;
        unsigned width = 1;
        while (width < 32 && work->nodes[d].count > UINT32_C(1) << width)
            width++;
        work->shifts[d] = work->bits;
        work->bits += width;
        if (work->bits > 63)
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The dimensions have too many categories "
                               "together: their numbers take more than 63 bits.");
    }
    work->layout = sdc_layout_of(in, in->holdings != NULL ? 2 : 1);
    work->cell_layout = sdc_layout_of(in, 1);
    for (unsigned p = 0; p < PARTITIONS; p++) {
        SdcBag bag = {.words = work->layout.words, .key_words = work->layout.key_words};
        SdcBag cells = {.words = work->cell_layout.words, .key_words = 1};
        work->entries[p] = work->incoming[p] = bag;
        work->cells[p] = cells;
    }
    return true;
}

static void work_clear(Work *work)
{
    for (unsigned p = 0; p < PARTITIONS; p++) {
        sdc_bag_clear(work->context, &work->entries[p]);
        sdc_bag_clear(work->context, &work->incoming[p]);
        sdc_bag_clear(work->context, &work->cells[p]);
    }
    for (unsigned d = 0; d < work->in->dimensions; d++)
        sdc_nodes_clear(work->context, &work->nodes[d]);
}

/* Every value is finite; their sum may not be. */
static bool check_sums(const SdcCube *cube, SdcError *ret_error)
{
    for (size_t i = 0; i < cube->cells; i++) {
        if (!isfinite(cube->count[i]) || (cube->total != NULL && !isfinite(cube->absolute[i])))
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The values of cell %zu add up to more than a number "
                               "holds: use a larger unit.", i + 1);
    }
    return true;
}

bool sdc_tabulate(const SdcContext *context, const SdcTabulation *tabulation, SdcCube *ret_cube,
                  SdcError *ret_error)
{
    SdcCube cube = {0};
    if (!check_request(tabulation, ret_error) || !sdc_report(context, 0, "records", ret_error))
        return false;
    Work *work = sdc_alloc(context, 1, sizeof *work, ret_error);
    if (work == NULL)
        return false;
    work->context = context;
    work->in = tabulation;
    bool ok = work_init(work, ret_error);
    if (ok && sdc_dense_suits(tabulation, work->nodes))
        ok = sdc_dense_tabulate(context, tabulation, work->nodes, &cube, ret_error);
    else if (ok)
        ok = add_rows(work, ret_error) && roll_up(work, ret_error) && make_cells(work, ret_error) &&
             sdc_report(context, 0.8, "cells", ret_error) && fill_cube(work, &cube, ret_error);
    if (ok && !check_sums(&cube, ret_error)) {
        sdc_cube_clear(context, &cube);
        ok = false;
    }
    if (ok)
        *ret_cube = cube;
    work_clear(work);
    sdc_release(context, work, 1, sizeof *work);
    return ok;
}
