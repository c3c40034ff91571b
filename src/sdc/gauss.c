/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The greedy pass over the cells, repeated where those who know singletons' values could still compute a
 * primary cell: the cell minus what they know of it then becomes a cell of its own that must not be
 * computable.
 */
#include "sdc/gauss.h"

#include "sdc/changes.h"
#include "sdc/coalitions.h"
#include "sdc/failure.h"
#include "sdc/memory.h"

#include <math.h>
#include <string.h>

enum { ROUNDS_MAX = 50, THIN_EVERY = 512 };

typedef struct Greedy {
    const SdcContext *context;
    const SdcGauss *in;
    SdcChanges changes;
    uint32_t *order;          /* cells, dearest first */
    bool *guarded;            /* columns that must not become nothing: primary cells, then guards */
    bool *suppressed;
    SdcCoalitions coalitions;
    uint32_t *asked;          /* columns: the last question about disclosure that they were asked */
    uint32_t question;
    size_t guarded_room;      /* of GUARDED and ASKED */
    size_t unprotected;
} Greedy;

/* --- order --------------------------------------------------------------------------------------- */

static bool comes_before(const Greedy *g, uint32_t a, uint32_t b)
{
    const double *cost = g->in->cost;
    if (cost[a] != cost[b])
        return cost[a] > cost[b];
    const size_t *starts = g->changes.parts.down_starts;
    size_t leaves_a = starts[a + 1] - starts[a], leaves_b = starts[b + 1] - starts[b];
    if (leaves_a != leaves_b)
        return leaves_a > leaves_b;
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

/* Is COLUMN, or a pair that it is in, guarded and a multiple of the cell that BESIDE is of? APART is how far the
 * column is from being one. Pairs are reached by each of their columns, and asked once. */
static bool is_exposed(Greedy *g, uint32_t column, const SdcBeside *beside, uint64_t apart)
{
    const SdcChanges *changes = &g->changes;
    if (apart == 0 && g->guarded[column] && !sdc_changes_is_nothing(changes, column))
        return true;
    for (uint32_t pair = changes->pair_heads[column]; pair != 0;) {
        const SdcPair *p = &changes->pairs[pair - changes->parts.columns];
        if (g->asked[pair] != g->question) {
            g->asked[pair] = g->question;
            uint64_t a = p->a == column ? apart : sdc_changes_apart(changes, p->a, beside);
            uint64_t b = p->b == column ? apart : sdc_changes_apart(changes, p->b, beside);
            uint64_t minus = sdc_mod_negate(changes->prime, sdc_mod_multiply(changes->prime, p->ratio, b));
            if (is_exposed(g, pair, beside, sdc_mod_add(changes->prime, a, minus)))
                return true;
        }
        pair = p->next[p->a == column ? 0 : 1];
    }
    return false;
}

/* Would showing CELL disclose a guarded column? Only one that is a multiple of it can be, so that it is in
 * every row that the cell is in: the shortest of these rows names the few that may. */
static bool discloses(Greedy *g, uint32_t cell, size_t count)
{
    SdcChanges *changes = &g->changes;
    const SdcParts *parts = &changes->parts;
    const SdcChange *row = &changes->rows[sdc_changes_shortest(changes, count)];
    SdcBeside beside = sdc_changes_beside(changes, cell);
    size_t looked = 0;
    bool found = false;
    g->question++;
    for (uint32_t k = 0; k < row->room && !found; k++) {
        if (row->values[k] == 0)
            continue;
        uint32_t leaf = row->leaves[k];
        for (size_t i = parts->up_starts[leaf]; i < parts->up_ends[leaf] && !found; i++) {
            uint32_t column = parts->up[i].to;
            if (changes->touched[column])
                continue;
            changes->touched[column] = true;
            changes->expanded[looked++].to = column;
            found = is_exposed(g, column, &beside, sdc_changes_apart(changes, column, &beside));
        }
    }
    for (size_t i = 0; i < looked; i++)
        changes->touched[changes->expanded[i].to] = false;
    return found;
}

/* Of each guard, from FIRST on, the line that it lies on: multiples are on the same one, 0 is nothing. All are divided
 * at once, by the inverse of their product. PRODUCTS: room for one a guard. */
static void find_lines(const Greedy *g, size_t first, uint64_t *lines, uint64_t *products)
{
    const SdcChanges *changes = &g->changes;
    SdcPrime prime = changes->prime;
    uint64_t all = 1, sums[2];
    for (size_t column = first; column < changes->columns; column++) {
        lines[column - first] = 0;
        if (!g->guarded[column])
            continue;
        sdc_changes_sums(changes, (uint32_t)column, sums);
        lines[column - first] = sums[0];
        products[column - first] = all;
        all = sums[0] == 0 ? all : sdc_mod_multiply(prime, all, sums[0]);
    }
    uint64_t inverse = sdc_mod_invert(prime, all);
    for (size_t column = changes->columns; column-- > first;) {
        uint64_t *line = &lines[column - first], own = *line;
        if (!g->guarded[column])
            continue;
        sdc_changes_sums(changes, (uint32_t)column, sums);
        *line = sums[1] == 0 ? 0 : UINT64_MAX;
        if (own == 0)
            continue;
        *line = 1 + sdc_mod_multiply(prime, sums[1], sdc_mod_multiply(prime, inverse, products[column - first]));
        inverse = sdc_mod_multiply(prime, inverse, own);
    }
}

/* Guards that are multiples of each other stay so, whatever is shown: one of them is enough. Most of the many that
 * pairs of contributors make become so soon. (Two that only seem to be, with a chance of 2^-61, would be
 * found out when the pattern is asked what follows.) */
static void keep_one_a_line(Greedy *g, size_t first, const uint64_t *lines, uint64_t *slots, size_t slot_count)
{
    for (size_t column = first; column < g->changes.columns; column++) {
        uint64_t line = lines[column - first];
        if (!g->guarded[column])
            continue;
        size_t slot = (line * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (slot_count - 1);
        while (slots[slot] != 0 && slots[slot] != line)
            slot = (slot + 1) & (slot_count - 1);
        g->guarded[column] = line != 0 && slots[slot] == 0;
        slots[slot] = line;
    }
}

static bool thin_guards(Greedy *g, SdcError *ret_error)
{
    SdcChanges *changes = &g->changes;
    size_t first = changes->parts.columns, pairs = changes->columns - first, slot_count = 64;
    while (slot_count < 2 * pairs)
        slot_count *= 2;
    uint64_t *lines = sdc_alloc(g->context, pairs, sizeof *lines, ret_error);
    uint64_t *products = lines == NULL ? NULL : sdc_alloc(g->context, pairs, sizeof *products, ret_error);
    uint64_t *slots = products == NULL ? NULL : sdc_alloc(g->context, slot_count, sizeof *slots, ret_error);
    if (slots != NULL) {
        find_lines(g, first, lines, products);
        keep_one_a_line(g, first, lines, slots, slot_count);
        sdc_changes_keep_pairs(changes, g->guarded);
    }
    sdc_release(g->context, lines, pairs, sizeof *lines);
    sdc_release(g->context, products, pairs, sizeof *products);
    sdc_release(g->context, slots, slot_count, sizeof *slots);
    return slots != NULL;
}

static bool take_cell(Greedy *g, uint32_t cell, SdcError *ret_error)
{
    size_t count;
    if (g->suppressed[cell])
        return true;
    if (sdc_changes_is_nothing(&g->changes, cell)) {
        g->changes.dropped[cell] = true;
        return true;
    }
    if (!sdc_changes_find(&g->changes, cell, &count, ret_error))
        return false;
    bool must_show = g->in->shown != NULL && g->in->shown[cell];
    g->suppressed[cell] = !must_show && count > 0 && discloses(g, cell, count);
    if (!g->suppressed[cell] && !sdc_changes_fix_found(&g->changes, count, ret_error))
        return false;
    /* What is shown stays nothing; a secondary cell that nobody owns helps nobody to know more. */
    g->changes.dropped[cell] = !g->suppressed[cell] || g->coalitions.owner[cell] == SDC_NOBODY;
    return true;
}

static bool begin_pass(Greedy *g, SdcError *ret_error)
{
    const SdcRelations *relations = g->in->relations;
    size_t columns = relations->cells + relations->count + g->coalitions.link_count;
    g->guarded = sdc_alloc(g->context, columns, sizeof *g->guarded, ret_error);
    g->asked = sdc_alloc(g->context, columns, sizeof *g->asked, ret_error);
    g->guarded_room = columns;
    g->question = 0;
    if (g->guarded == NULL || g->asked == NULL)
        return false;
    if (!sdc_changes_init(g->context, &g->changes, relations, SDC_PRIME_61, g->coalitions.link_count, ret_error))
        return false;
    memcpy(g->suppressed, g->in->primary, relations->cells * sizeof *g->suppressed);
    memcpy(g->guarded, g->in->primary, relations->cells * sizeof *g->guarded);
    sdc_coalitions_guard(&g->coalitions, &g->changes, g->guarded);
    return order_cells(g, ret_error);
}

static void end_pass(Greedy *g)
{
    sdc_changes_clear(&g->changes);
    sdc_release(g->context, g->guarded, g->guarded_room, sizeof *g->guarded);
    sdc_release(g->context, g->asked, g->guarded_room, sizeof *g->asked);
    g->guarded = NULL;
    g->asked = NULL;
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
        if (i % THIN_EVERY == 0 && g->coalitions.count > 0 && !thin_guards(g, ret_error))
            return false;
        if (!take_cell(g, g->order[i], ret_error))
            return false;
    }
    g->unprotected = 0;
    for (size_t i = 0; i < cells; i++)
        g->unprotected += g->guarded[i] && sdc_changes_is_nothing(&g->changes, (uint32_t)i);
    return true;
}

/* --- the whole ----------------------------------------------------------------------------------- */

static bool check_knowledge(const bool *singletons, const uint32_t *contributors, unsigned coalition,
                            SdcError *ret_error)
{
    if (singletons != NULL && contributors != NULL)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Singletons were given twice, by flag and by "
                           "contributor: give one of them.");
    if (coalition > 2)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Coalitions of %u contributors were asked for; they "
                           "are of 1 or 2.", coalition);
    return true;
}

static bool check_request(const SdcGauss *in, SdcError *ret_error)
{
    if (!check_knowledge(in->singletons, in->contributors, in->coalition, ret_error))
        return false;
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
        size_t found = 0;
        bool ok = one_pass(g, ret_error) &&
                  sdc_coalitions_find(&g->coalitions, &g->changes, g->suppressed, &found, ret_error);
        end_pass(g);
        if (!ok)
            return false;
        *ret_rounds = round;
        if (found == 0)
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
    bool ok = g.order != NULL && g.suppressed != NULL &&
              sdc_coalitions_init(context, cells, gauss->primary, gauss->singletons, gauss->contributors,
                                  gauss->coalition, &g.coalitions, ret_error) &&
              passes(&g, &summary.rounds, ret_error) && verify(&g, ret_error);
    if (ok) {
        for (size_t i = 0; i < cells; i++) {
            ret_suppressed[i] = g.suppressed[i];
            summary.primary += gauss->primary[i];
            summary.secondary += g.suppressed[i] && !gauss->primary[i];
            summary.exposed += g.coalitions.exposed[i];
        }
        summary.unprotected = g.unprotected;
        *ret_summary = summary;
    }
    sdc_release(context, g.order, cells, sizeof *g.order);
    sdc_release(context, g.suppressed, cells, sizeof *g.suppressed);
    if (g.coalitions.owner != NULL)
        sdc_coalitions_clear(&g.coalitions);
    return ok;
}

/* Cells of few lowest cells first: the change of one that is shown just goes, and what is left are those of
 * suppressed cells. The other way round took a hundred times as long. */
static bool show_others(SdcChanges *changes, size_t cells, const bool *suppressed, SdcError *ret_error)
{
    const size_t *starts = changes->parts.down_starts;
    size_t more = 1;
    for (size_t most = 1; more > 0; most *= 2) {
        more = 0;
        for (uint32_t i = 0; i < cells; i++) {
            size_t leaves = starts[i + 1] - starts[i];
            more += leaves > most;
            if (suppressed[i] || leaves > most || leaves <= most / 2)
                continue;
            if (!sdc_changes_fix(changes, i, ret_error))
                return false;
            changes->dropped[i] = true;
        }
    }
    return true;
}

bool sdc_gauss_disclosed(const SdcContext *context, const SdcRelations *relations,
                         const bool *suppressed, bool *ret_disclosed, size_t *ret_count,
                         SdcError *ret_error)
{
    SdcChanges changes;
    size_t cells = relations->cells, count = 0;
    if (!sdc_changes_init(context, &changes, relations, SDC_PRIME_60, 0, ret_error))
        return false;
    bool *disclosed = sdc_alloc(context, cells, sizeof *disclosed, ret_error);
    bool ok = disclosed != NULL && show_others(&changes, cells, suppressed, ret_error);
    for (uint32_t i = 0; ok && i < cells; i++) {
        size_t rows = 0;
        ok = !suppressed[i] || sdc_changes_find(&changes, i, &rows, ret_error);
        disclosed[i] = suppressed[i] && rows == 0;
        count += disclosed[i];
    }
    if (ok) {
        memcpy(ret_disclosed, disclosed, cells * sizeof *disclosed);
        *ret_count = count;
    }
    sdc_release(context, disclosed, cells, sizeof *disclosed);
    sdc_changes_clear(&changes);
    return ok;
}

/* --- what those know who are in the table ------------------------------------------------------------- */

/* Guards that are nothing before anything is shown are known whatever is hidden: they do not count. */
static bool mark_inherent(SdcCoalitions *coalitions, const SdcRelations *relations, SdcError *ret_error)
{
    SdcChanges changes;
    if (!sdc_changes_init(coalitions->context, &changes, relations, SDC_PRIME_60, coalitions->link_count,
                          ret_error))
        return false;
    sdc_coalitions_guard(coalitions, &changes, NULL);
    sdc_changes_clear(&changes);
    return true;
}

bool sdc_gauss_exposed(const SdcContext *context, const SdcKnowledge *knowledge, bool *ret_exposed,
                       size_t *ret_count, SdcError *ret_error)
{
    const SdcRelations *relations = knowledge->relations;
    SdcCoalitions coalitions;
    SdcChanges changes;
    size_t found, count = 0;
    if (!check_knowledge(knowledge->singletons, knowledge->contributors, knowledge->coalition, ret_error) ||
        !sdc_coalitions_init(context, relations->cells, knowledge->primary, knowledge->singletons,
                             knowledge->contributors, knowledge->coalition, &coalitions, ret_error))
        return false;
    bool ok = sdc_changes_init(context, &changes, relations, SDC_PRIME_60, 0, ret_error);
    if (ok) {
        ok = show_others(&changes, relations->cells, knowledge->suppressed, ret_error) &&
             sdc_coalitions_find(&coalitions, &changes, knowledge->suppressed, &found, ret_error) &&
             mark_inherent(&coalitions, relations, ret_error);
        sdc_changes_clear(&changes);
    }
    if (ok) {
        memset(ret_exposed, 0, relations->cells * sizeof *ret_exposed);
        for (size_t i = 0; i < coalitions.count; i++)
            ret_exposed[coalitions.guards[i].cell] |= !coalitions.guards[i].inherent;
        for (size_t i = 0; i < relations->cells; i++)
            count += ret_exposed[i];
        *ret_count = count;
    }
    sdc_coalitions_clear(&coalitions);
    return ok;
}
