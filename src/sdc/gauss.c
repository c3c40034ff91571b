/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The greedy pass over the cells, repeated where someone who knows a singleton's value could still
 * compute a primary cell: that pair then becomes a cell of its own that must not be computable.
 */
#include "sdc/gauss.h"

#include "sdc/changes.h"
#include "sdc/failure.h"
#include "sdc/memory.h"

#include <math.h>
#include <string.h>

enum { ROUNDS_MAX = 50 };

typedef struct Pair {
    uint32_t cell, singleton;
    uint64_t ratio;
} Pair;

typedef struct Greedy {
    const SdcContext *context;
    const SdcGauss *in;
    SdcChanges changes;
    uint32_t *order;          /* cells, dearest first */
    bool *guarded;            /* columns that must not become nothing: primary cells, then pairs */
    bool *suppressed;
    Pair *pairs;
    size_t pair_count, pair_room;
    size_t guarded_room;
    size_t unprotected;
} Greedy;

/* --- order --------------------------------------------------------------------------------------- */

static bool comes_before(const Greedy *g, uint32_t a, uint32_t b)
{
    const double *cost = g->in->cost;
    if (cost[a] != cost[b])
        return cost[a] > cost[b];
    if (g->changes.counts[a] != g->changes.counts[b])
        return g->changes.counts[a] > g->changes.counts[b];
    return a > b;
}

/* Bottom-up merge sort. */
static bool order_cells(Greedy *g, SdcError *ret_error)
{
    size_t cells = g->in->relations->cells;
    uint32_t *spare = sdc_alloc(g->context, cells, sizeof *spare, ret_error);
    if (spare == NULL)
        return false;
    for (size_t i = 0; i < cells; i++)
        g->order[i] = (uint32_t)i;
    for (size_t width = 1; width < cells; width *= 2) {
        for (size_t begin = 0; begin < cells; begin += 2 * width) {
            size_t middle = begin + width < cells ? begin + width : cells;
            size_t end = middle + width < cells ? middle + width : cells;
            size_t i = begin, k = middle;
            for (size_t at = begin; at < end; at++) {
                bool left = k == end || (i < middle && !comes_before(g, g->order[k], g->order[i]));
                spare[at] = left ? g->order[i++] : g->order[k++];
            }
        }
        memcpy(g->order, spare, cells * sizeof *spare);
    }
    sdc_release(g->context, spare, cells, sizeof *spare);
    return true;
}

/* --- one pass ------------------------------------------------------------------------------------ */

/* Would showing CELL disclose a guarded column? Only one that stands in every row that the cell stands
 * in can be: the shortest of these rows names the few that may. */
static bool discloses(Greedy *g, uint32_t cell, size_t count)
{
    const SdcChanges *changes = &g->changes;
    const SdcChange *shortest = &changes->rows[changes->list[0]];
    for (size_t i = 1; i < count; i++) {
        const SdcChange *row = &changes->rows[changes->list[i]];
        shortest = row->count < shortest->count ? row : shortest;
    }
    uint64_t ratio;
    for (uint32_t k = 0; k < shortest->count; k++) {
        uint32_t column = shortest->columns[k];
        if (g->guarded[column] && sdc_changes_follows(changes, column, cell, count, &ratio))
            return true;
    }
    return false;
}

static bool take_cell(Greedy *g, uint32_t cell, SdcError *ret_error)
{
    size_t count = 0;
    if (g->suppressed[cell] || g->changes.counts[cell] == 0)
        return true;
    bool must_show = g->in->shown != NULL && g->in->shown[cell];
    if (!must_show && !sdc_changes_find(&g->changes, cell, &count, ret_error))
        return false;
    if (must_show || !discloses(g, cell, count)) {
        if (!sdc_changes_fix(&g->changes, cell, ret_error))
            return false;
        count = g->changes.fixed;
    } else {
        g->suppressed[cell] = true;
        g->changes.dropped[cell] = g->in->singletons == NULL || !g->in->singletons[cell];
    }
    /* What is safe for good need not be carried on; with singletons, pairs of such cells still matter. */
    if (g->in->singletons == NULL)
        sdc_changes_close(&g->changes, count, g->guarded);
    return true;
}

static bool begin_pass(Greedy *g, SdcError *ret_error)
{
    const SdcRelations *relations = g->in->relations;
    size_t columns = relations->cells + relations->count + g->pair_count;
    g->guarded = sdc_alloc(g->context, columns, sizeof *g->guarded, ret_error);
    if (g->guarded == NULL)
        return false;
    g->guarded_room = columns;
    if (!sdc_changes_init(g->context, &g->changes, relations, SDC_PRIME_61, g->pair_count, ret_error))
        return false;
    memcpy(g->suppressed, g->in->primary, relations->cells * sizeof *g->suppressed);
    memcpy(g->guarded, g->in->primary, relations->cells * sizeof *g->guarded);
    for (size_t i = 0; i < g->pair_count; i++) {
        uint32_t column = (uint32_t)g->changes.columns;
        if (!sdc_changes_add_pair(&g->changes, g->pairs[i].cell, g->pairs[i].singleton, g->pairs[i].ratio,
                                  ret_error))
            return false;
        g->guarded[column] = true;
    }
    return order_cells(g, ret_error);
}

static void end_pass(Greedy *g)
{
    sdc_changes_clear(&g->changes);
    sdc_release(g->context, g->guarded, g->guarded_room, sizeof *g->guarded);
    g->guarded = NULL;
}

static bool one_pass(Greedy *g, SdcError *ret_error)
{
    size_t cells = g->in->relations->cells;
    if (!begin_pass(g, ret_error))
        return false;
    for (size_t i = cells; i-- > 0;) {   /* cells without parts first: their rows just go */
        if (g->in->shown != NULL && g->in->shown[g->order[i]] &&
            !take_cell(g, g->order[i], ret_error))
            return false;
    }
    for (size_t i = 0; i < cells; i++) {
        if (i % 1024 == 0 && !sdc_report(g->context, 0.9 * (double)i / (double)cells, "elimination",
                                         ret_error))
            return false;
        if (!take_cell(g, g->order[i], ret_error))
            return false;
    }
    g->unprotected = 0;
    for (size_t i = 0; i < cells; i++)
        g->unprotected += g->guarded[i] && g->changes.counts[i] == 0;
    return true;
}

/* --- singletons ---------------------------------------------------------------------------------- */

/* A pair that is guarded and holds all the same is one by the relations alone: a total of that one cell,
 * whose contributor knows it anyway. */
static bool is_known_pair(const Greedy *g, Pair pair)
{
    for (size_t i = 0; i < g->pair_count; i++) {
        if (g->pairs[i].cell == pair.cell && g->pairs[i].singleton == pair.singleton &&
            g->pairs[i].ratio == pair.ratio)
            return true;
    }
    return false;
}

static bool add_pair(Greedy *g, Pair pair, SdcError *ret_error)
{
    if (is_known_pair(g, pair))
        return true;
    if (g->pair_count == g->pair_room) {
        size_t room = 2 * g->pair_room + 16;
        Pair *pairs = sdc_resize(g->context, g->pairs, g->pair_room, room, sizeof *pairs, ret_error);
        if (pairs == NULL)
            return false;
        g->pairs = pairs;
        g->pair_room = room;
    }
    g->pairs[g->pair_count++] = pair;
    return true;
}

static bool add_pairs_of(Greedy *g, uint32_t singleton, SdcError *ret_error)
{
    size_t count;
    if (!sdc_changes_find(&g->changes, singleton, &count, ret_error))
        return false;
    if (count == 0)
        return true;
    const SdcChange *first = &g->changes.rows[g->changes.list[0]];
    for (uint32_t k = 0; k < first->count; k++) {
        Pair pair = {first->columns[k], singleton, 0};
        if (pair.cell == singleton || pair.cell >= g->in->relations->cells || !g->in->primary[pair.cell])
            continue;
        if (sdc_changes_follows(&g->changes, pair.cell, singleton, count, &pair.ratio) &&
            !add_pair(g, pair, ret_error))
            return false;
    }
    return true;
}

/* Primary cells that follow from a singleton's value, as pairs for the next pass. */
static bool add_pairs(Greedy *g, SdcError *ret_error)
{
    for (uint32_t i = 0; g->in->singletons != NULL && i < g->in->relations->cells; i++) {
        if (g->in->singletons[i] && g->suppressed[i] && !add_pairs_of(g, i, ret_error))
            return false;
    }
    return true;
}

/* --- the whole ----------------------------------------------------------------------------------- */

static bool check_request(const SdcGauss *in, SdcError *ret_error)
{
    for (size_t i = 0; i < in->relations->cells; i++) {
        if (!isfinite(in->cost[i]))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has no finite cost.", i + 1);
        if (in->primary[i] && in->shown != NULL && in->shown[i])
            return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Cell %zu is unsafe and must be shown: it "
                               "cannot be both.", i + 1);
    }
    return true;
}

/* By another prime: what the first one took for nothing by accident would show here. */
static bool verify(Greedy *g, SdcError *ret_error)
{
    size_t cells = g->in->relations->cells, count, wrong = 0;
    bool *disclosed = sdc_alloc(g->context, cells, sizeof *disclosed, ret_error);
    if (disclosed == NULL)
        return false;
    bool ok = sdc_gauss_disclosed(g->context, g->in->relations, g->suppressed, disclosed, &count, ret_error);
    for (size_t i = 0; ok && i < cells; i++)
        wrong += g->in->primary[i] && disclosed[i];
    sdc_release(g->context, disclosed, cells, sizeof *disclosed);
    if (ok && wrong != g->unprotected)
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The two eliminations do not agree: %zu primary "
                           "cells are disclosed, not %zu.", wrong, g->unprotected);
    return ok;
}

static bool passes(Greedy *g, size_t *ret_rounds, SdcError *ret_error)
{
    for (size_t round = 1; round <= ROUNDS_MAX; round++) {
        size_t before = g->pair_count;
        bool ok = one_pass(g, ret_error) && add_pairs(g, ret_error);
        end_pass(g);
        if (!ok)
            return false;
        *ret_rounds = round;
        if (g->pair_count == before)
            return true;
    }
    return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE, "After %d eliminations there are still primary "
                       "cells that the contributor of another one can compute.", ROUNDS_MAX);
}

bool sdc_gauss_suppress(const SdcContext *context, const SdcGauss *gauss, bool *ret_suppressed,
                        SdcGaussSummary *ret_summary, SdcError *ret_error)
{
    size_t cells = gauss->relations->cells;
    Greedy g = {.context = context, .in = gauss};
    SdcGaussSummary summary = {0};
    if (!check_request(gauss, ret_error))
        return false;
    g.order = sdc_alloc(context, cells, sizeof *g.order, ret_error);
    g.suppressed = sdc_alloc(context, cells, sizeof *g.suppressed, ret_error);
    bool ok = g.order != NULL && g.suppressed != NULL && passes(&g, &summary.rounds, ret_error) &&
              verify(&g, ret_error);
    if (ok) {
        for (size_t i = 0; i < cells; i++) {
            ret_suppressed[i] = g.suppressed[i];
            summary.primary += gauss->primary[i];
            summary.secondary += g.suppressed[i] && !gauss->primary[i];
        }
        summary.unprotected = g.unprotected;
        *ret_summary = summary;
    }
    sdc_release(context, g.order, cells, sizeof *g.order);
    sdc_release(context, g.suppressed, cells, sizeof *g.suppressed);
    sdc_release(context, g.pairs, g.pair_room, sizeof *g.pairs);
    return ok;
}

bool sdc_gauss_disclosed(const SdcContext *context, const SdcRelations *relations,
                         const bool *suppressed, bool *ret_disclosed, size_t *ret_count,
                         SdcError *ret_error)
{
    SdcChanges changes;
    size_t cells = relations->cells, count = 0;
    if (!sdc_changes_init(context, &changes, relations, SDC_PRIME_60, 0, ret_error))
        return false;
    bool *kept = sdc_alloc(context, changes.columns, sizeof *kept, ret_error), ok = kept != NULL;
    if (ok)
        memcpy(kept, suppressed, cells * sizeof *kept);
    /* Cells that few changes touch first: the one change of a cell without parts just goes, and what is
     * left are those of suppressed cells. The other way round took a hundred times as long. */
    for (size_t most = 1; ok && most / 2 < changes.row_count; most *= 2) {
        for (uint32_t i = 0; ok && i < cells; i++) {
            if (suppressed[i] || changes.counts[i] == 0 || changes.counts[i] > most)
                continue;
            ok = sdc_changes_fix(&changes, i, ret_error);
            if (ok)
                sdc_changes_close(&changes, changes.fixed, kept);
        }
    }
    if (ok) {
        for (size_t i = 0; i < cells; i++) {
            ret_disclosed[i] = kept[i] && changes.counts[i] == 0;
            count += ret_disclosed[i];
        }
        *ret_count = count;
    }
    sdc_release(context, kept, changes.columns, sizeof *kept);
    sdc_changes_clear(&changes);
    return ok;
}
