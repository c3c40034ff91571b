/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows are taken in chunks. Those of a chunk are dealt, in their order, into ranges of cells that fit a
 * core's cache, and each range is added up by one task; so each cell gets its rows in their order.
 *
 * Margins: of the first dimensions, whole runs of cells are added to the run of their parent, children in
 * the order of nodes; what is left are slices of some thousand cells, each finished by one task. Chunks,
 * ranges, runs and slices depend on the table alone, so that sums are the same whatever the threads.
 */
#include "sdc/dense.h"

#include "sdc/cells.h"
#include "sdc/failure.h"
#include "sdc/memory.h"

#include <float.h>
#include <string.h>

enum { BLOCKS = 64, RANGES_MAX = 256, BATCH = 512, RUN = 512, SLICE = 2048, AHEAD = 12 };
#define CELLS_MAX ((size_t)1 << 24)
#define CHUNK ((size_t)1 << 21)
#define NO_LEAF (UINT32_C(1) << 28)   /* eight of them, and any cell, add up to less than 2^32 */

/* A row on its way to its cell. */
typedef struct Item {
    uint32_t cell, row;
    double value;
} Item;

/* A node and its parent. */
typedef struct Step {
    uint32_t child, parent;
} Step;

typedef struct Dense {
    const SdcContext *context;
    const SdcTabulation *in;
    const SdcNodes *nodes;
    SdcLayout layout;
    size_t cells, strides[SDC_DIMENSIONS_MAX];
    SdcWord *records;                          /* CELLS of them */
    uint32_t *offsets[SDC_DIMENSIONS_MAX];     /* by code: what a leaf adds to the cell, or NO_LEAF */
    Step *steps[SDC_DIMENSIONS_MAX];           /* low parents first, then children in order */
    size_t step_counts[SDC_DIMENSIONS_MAX];
    /* of a chunk */
    size_t begin, end, room;
    uint32_t *keys;
    Item *items;
    unsigned range_shift, ranges;
    uint32_t counts[BLOCKS][RANGES_MAX], starts[RANGES_MAX + 1];
    SdcError errors[BLOCKS];
    /* of margins */
    unsigned dimension, first_sliced;
    size_t slice, group, groups;               /* cells a slice, slices a group */
    size_t *group_starts;                      /* in the cube, GROUPS + 1 */
    SdcCube cube;
} Dense;

static bool count_cells(const SdcTabulation *in, const SdcNodes *nodes, size_t *ret_cells)
{
    size_t cells = 1;
    for (unsigned d = 0; d < in->dimensions; d++) {
        if (__builtin_mul_overflow(cells, (size_t)nodes[d].count, &cells) || cells > CELLS_MAX)
            return false;
    }
    *ret_cells = cells;
    return true;
}

bool sdc_dense_suits(const SdcTabulation *in, const SdcNodes *nodes)
{
    size_t cells;
    return in->holdings == NULL && count_cells(in, nodes, &cells) &&
           (in->empty_cells || cells <= 2 * in->rows + UINT16_MAX);
}

/* --- set-up --------------------------------------------------------------------------------------- */

static bool make_offsets(Dense *w, unsigned d, SdcError *ret_error)
{
    const SdcNodes *nodes = &w->nodes[d];
    uint32_t *offsets = sdc_alloc(w->context, (size_t)nodes->count + 2, sizeof *offsets, ret_error);
    if (offsets == NULL)
        return false;
    offsets[0] = offsets[nodes->count + 1] = NO_LEAF;
    for (uint32_t node = 0; node < nodes->count; node++)
        offsets[node + 1] = nodes->heights[node] == 0 ? (uint32_t)(node * w->strides[d]) : NO_LEAF;
    w->offsets[d] = offsets;
    return true;
}

static bool make_steps(Dense *w, unsigned d, SdcError *ret_error)
{
    const SdcNodes *nodes = &w->nodes[d];
    Step *steps = sdc_alloc(w->context, nodes->count, sizeof *steps, ret_error);
    if (steps == NULL)
        return false;
    w->steps[d] = steps;
    for (uint32_t height = 1; height <= nodes->height; height++) {
        for (uint32_t node = 0; node < nodes->count; node++) {
            uint32_t parent = nodes->parents[node];
            if (parent != SDC_NO_PARENT && nodes->heights[parent] == height)
                steps[w->step_counts[d]++] = (Step){node, parent};
        }
    }
    return true;
}

static void plan_slices(Dense *w)
{
    w->slice = w->cells;
    while (w->slice > SLICE)
        w->slice /= w->nodes[w->first_sliced++].count;
    w->group = SLICE / w->slice;
    w->groups = (w->cells / w->slice + w->group - 1) / w->group;
}

static bool dense_init(Dense *w, SdcError *ret_error)
{
    if (!count_cells(w->in, w->nodes, &w->cells))
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The table is too large to be made as an array.");
    size_t stride = 1;
    for (unsigned d = w->in->dimensions; d-- > 0; stride *= w->nodes[d].count) {
        w->strides[d] = stride;
        if (!make_offsets(w, d, ret_error) || !make_steps(w, d, ret_error))
            return false;
    }
    w->layout = sdc_layout_of(w->in, 0);
    while ((w->cells - 1) >> w->range_shift >= RANGES_MAX)
        w->range_shift++;
    w->ranges = (unsigned)((w->cells - 1) >> w->range_shift) + 1;
    plan_slices(w);
    w->room = w->in->rows < CHUNK ? w->in->rows : CHUNK;
    w->keys = sdc_resize(w->context, NULL, 0, w->room, sizeof *w->keys, ret_error);
    w->items = sdc_resize(w->context, NULL, 0, w->room, sizeof *w->items, ret_error);
    w->records = sdc_resize(w->context, NULL, 0, w->cells * w->layout.words, sizeof *w->records, ret_error);
    w->group_starts = sdc_alloc(w->context, w->groups + 1, sizeof *w->group_starts, ret_error);
    return w->keys != NULL && w->items != NULL && w->records != NULL && w->group_starts != NULL;
}

static void dense_clear(Dense *w)
{
    for (unsigned d = 0; d < w->in->dimensions; d++) {
        sdc_release(w->context, w->offsets[d], (size_t)w->nodes[d].count + 2, sizeof(uint32_t));
        sdc_release(w->context, w->steps[d], w->nodes[d].count, sizeof(Step));
    }
    sdc_release(w->context, w->keys, w->room, sizeof *w->keys);
    sdc_release(w->context, w->items, w->room, sizeof *w->items);
    sdc_release(w->context, w->records, w->cells * w->layout.words, sizeof *w->records);
    sdc_release(w->context, w->group_starts, w->groups + 1, sizeof *w->group_starts);
}

/* --- rows ----------------------------------------------------------------------------------------- */

/* Plain loops, which compilers turn into vector instructions. */
static bool all_within(const double *values, size_t begin, size_t end, double low, double high)
{
    bool within = true;
    for (size_t i = begin; values != NULL && i < end; i++)
        within &= values[i] >= low && values[i] <= high;
    return within;
}

static bool numbers_are_good(const SdcTabulation *in, size_t begin, size_t end)
{
    return all_within(in->values, begin, end, -DBL_MAX, DBL_MAX) &&
           all_within(in->weights, begin, end, 0, SDC_WEIGHT_MAX) &&
           all_within(in->record_keys, begin, end, 0, 1 - DBL_EPSILON / 2);
}

static void add_offsets(const Dense *w, size_t begin, size_t count, uint32_t *ret_cells)
{
    memset(ret_cells, 0, count * sizeof *ret_cells);
    for (unsigned d = 0; d < w->in->dimensions; d++) {
        const uint32_t *codes = w->in->codes[d] + begin, *offsets = w->offsets[d];
        uint32_t beyond = w->nodes[d].count + 1;
        for (size_t i = 0; i < count; i++)
            ret_cells[i] += offsets[codes[i] < beyond ? codes[i] : beyond];
    }
}

static void find_fault(const Dense *w, size_t begin, size_t end, SdcError *ret_error)
{
    for (size_t row = begin; row < end; row++) {
        if (!sdc_tabulation_check_row(w->in, w->nodes, row, ret_error))
            return;
    }
}

static void block_of(const Dense *w, size_t block, size_t *ret_begin, size_t *ret_end)
{
    size_t rows = w->end - w->begin;
    *ret_begin = w->begin + rows * block / BLOCKS;
    *ret_end = w->begin + rows * (block + 1) / BLOCKS;
}

static void task_keys(void *data, size_t block)
{
    Dense *w = data;
    size_t begin, end;
    uint32_t *counts = w->counts[block];
    block_of(w, block, &begin, &end);
    memset(counts, 0, sizeof w->counts[block]);
    for (size_t count; begin < end; begin += count) {
        uint32_t *keys = w->keys + (begin - w->begin), most = 0;
        count = end - begin < BATCH ? end - begin : BATCH;
        add_offsets(w, begin, count, keys);
        for (size_t i = 0; i < count; i++)
            most = keys[i] > most ? keys[i] : most;
        if (most >= NO_LEAF || !numbers_are_good(w->in, begin, begin + count)) {
            find_fault(w, begin, begin + count, &w->errors[block]);
            return;
        }
        for (size_t i = 0; i < count; i++)
            counts[keys[i] >> w->range_shift]++;
    }
}

static void task_deal(void *data, size_t block)
{
    Dense *w = data;
    size_t begin, end;
    block_of(w, block, &begin, &end);
    uint32_t *next = w->counts[block];
    const double *values = w->in->values;
    for (size_t row = begin; row < end; row++) {
        uint32_t cell = w->keys[row - w->begin];
        w->items[next[cell >> w->range_shift]++] =
            (Item){cell, (uint32_t)row, values != NULL ? values[row] : 0};
    }
}

static void task_add(void *data, size_t r)
{
    Dense *w = data;
    const SdcLayout layout = w->layout;
    const SdcTabulation *in = w->in;
    SdcWord *records = w->records;
    if (w->begin == 0) {
        size_t first = r << w->range_shift, last = (r + 1) << w->range_shift;
        last = last < w->cells ? last : w->cells;
        memset(records + first * layout.words, 0, (last - first) * layout.words * sizeof *records);
    }
    size_t end = w->starts[r + 1];
    for (size_t i = w->starts[r]; i < end; i++) {
        const Item *item = &w->items[i];
        if (i + AHEAD < end)
            __builtin_prefetch(records + (size_t)item[AHEAD].cell * layout.words, 1);
        sdc_record_add_row(&layout, records + (size_t)item->cell * layout.words,
                           in->weights != NULL ? in->weights[item->row] : 1, item->value,
                           in->record_keys != NULL ? in->record_keys[item->row] : 0, item->row);
    }
}

/* From how many rows each block has for each range to where it puts them. */
static void place_blocks(Dense *w)
{
    uint32_t at = 0;
    for (unsigned r = 0; r < w->ranges; r++) {
        w->starts[r] = at;
        for (unsigned block = 0; block < BLOCKS; block++) {
            uint32_t count = w->counts[block][r];
            w->counts[block][r] = at;
            at += count;
        }
    }
    w->starts[w->ranges] = at;
}

static bool add_chunk(Dense *w, SdcError *ret_error)
{
    sdc_run_tasks(w->context, BLOCKS, task_keys, w);
    for (size_t block = 0; block < BLOCKS; block++) {
        if (w->errors[block].code == SDC_ERROR_NONE)
            continue;
        if (ret_error != NULL)
            *ret_error = w->errors[block];
        return false;
    }
    place_blocks(w);
    sdc_run_tasks(w->context, BLOCKS, task_deal, w);
    sdc_run_tasks(w->context, w->ranges, task_add, w);
    return true;
}

/* Once without rows too, since the first chunk sets the cells to nothing. */
static bool add_rows(Dense *w, SdcError *ret_error)
{
    size_t rows = w->in->rows;
    do {
        w->end = rows - w->begin < CHUNK ? rows : w->begin + CHUNK;
        if (!add_chunk(w, ret_error))
            return false;
        w->begin = w->end;
        if (!sdc_report(w->context, rows > 0 ? 0.5 * (double)w->end / (double)rows : 0.5, "records",
                        ret_error))
            return false;
    } while (w->begin < rows);
    return true;
}

/* --- margins -------------------------------------------------------------------------------------- */

/* COUNT cells from FIRST on, which are those of the first node of dimension D: them and the same of all
 * its nodes. */
static void add_run(const Dense *w, unsigned d, size_t first, size_t count)
{
    const SdcLayout layout = w->layout;
    size_t node = w->strides[d] * layout.words;
    SdcWord *run = w->records + first * layout.words;
    for (size_t s = 0; s < w->step_counts[d]; s++) {
        const SdcWord *from = run + w->steps[d][s].child * node;
        SdcWord *to = run + w->steps[d][s].parent * node;
        for (size_t i = 0; i < count; i++, from += layout.words, to += layout.words) {
            if (from[layout.units].d > 0)
                sdc_record_add(&layout, to, from);
        }
    }
}

/* A part of all cells of the first node of the dimension. */
static void task_runs(void *data, size_t block)
{
    const Dense *w = data;
    size_t stride = w->strides[w->dimension], nodes = w->nodes[w->dimension].count;
    size_t all = w->cells / nodes, at = all * block / BLOCKS, end = all * (block + 1) / BLOCKS;
    for (size_t count; at < end; at += count) {
        size_t inner = at % stride, outer = at / stride;
        count = stride - inner < end - at ? stride - inner : end - at;
        count = count < RUN ? count : RUN;
        add_run(w, w->dimension, outer * nodes * stride + inner, count);
    }
}

static void group_of(const Dense *w, size_t group, size_t *ret_begin, size_t *ret_end)
{
    size_t cells = w->group * w->slice;
    *ret_begin = group * cells;
    *ret_end = *ret_begin + cells < w->cells ? *ret_begin + cells : w->cells;
}

static void task_slices(void *data, size_t group)
{
    Dense *w = data;
    size_t begin, end, kept = 0;
    group_of(w, group, &begin, &end);
    for (unsigned d = w->first_sliced; d < w->in->dimensions; d++) {
        size_t step = w->strides[d] * w->nodes[d].count;
        for (size_t first = begin; first < end; first += step)
            add_run(w, d, first, w->strides[d]);
    }
    for (size_t cell = begin; cell < end; cell++)
        kept += w->in->empty_cells || w->records[cell * w->layout.words + w->layout.units].d > 0;
    w->group_starts[group + 1] = kept;
}

static void task_fill(void *data, size_t group)
{
    Dense *w = data;
    size_t begin, end, at = w->group_starts[group];
    uint32_t nodes[SDC_DIMENSIONS_MAX];
    group_of(w, group, &begin, &end);
    for (unsigned d = 0; d < w->in->dimensions; d++)
        nodes[d] = (uint32_t)(begin / w->strides[d] % w->nodes[d].count);
    for (size_t cell = begin; cell < end; cell++) {
        const SdcWord *record = w->records + cell * w->layout.words;
        if (w->in->empty_cells || record[w->layout.units].d > 0) {
            for (unsigned d = 0; d < w->in->dimensions; d++)
                w->cube.nodes[d][at] = nodes[d];
            sdc_cube_set(&w->cube, &w->layout, at++, record);
        }
        for (unsigned d = w->in->dimensions; d > 0 && ++nodes[d - 1] == w->nodes[d - 1].count;)
            nodes[--d] = 0;
    }
}

static bool make_cube(Dense *w, SdcError *ret_error)
{
    for (w->dimension = 0; w->dimension < w->first_sliced; w->dimension++) {
        if (!sdc_report(w->context, 0.5 + 0.3 * w->dimension / w->in->dimensions, "margins", ret_error))
            return false;
        sdc_run_tasks(w->context, BLOCKS, task_runs, w);
    }
    sdc_run_tasks(w->context, w->groups, task_slices, w);
    for (size_t group = 0; group < w->groups; group++)
        w->group_starts[group + 1] += w->group_starts[group];
    if (!sdc_report(w->context, 0.8, "cells", ret_error) ||
        !sdc_cube_init(w->context, w->in->dimensions, &w->layout, &w->cube, w->group_starts[w->groups],
                       ret_error))
        return false;
    sdc_run_tasks(w->context, w->groups, task_fill, w);
    return true;
}

bool sdc_dense_tabulate(const SdcContext *context, const SdcTabulation *in, const SdcNodes *nodes,
                        SdcCube *ret_cube, SdcError *ret_error)
{
    Dense *w = sdc_alloc(context, 1, sizeof *w, ret_error);
    if (w == NULL)
        return false;
    w->context = context;
    w->in = in;
    w->nodes = nodes;
    bool ok = dense_init(w, ret_error) && add_rows(w, ret_error) && make_cube(w, ret_error);
    if (ok)
        *ret_cube = w->cube;
    dense_clear(w);
    sdc_release(context, w, 1, sizeof *w);
    return ok;
}
