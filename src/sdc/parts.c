/* SPDX-License-Identifier: Apache-2.0 */
/* One walk up from each lowest cell, in an order in which every total comes after its parts. */
#include "sdc/parts.h"

#include "sdc/failure.h"
#include "sdc/memory.h"

#include <string.h>

#define NONE UINT32_MAX

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

/* Appends the change that is made and forgets it. */
static bool store_change(SdcParts *parts, Start *s, SdcPrime prime, size_t touched, size_t broken,
                         SdcError *ret_error)
{
    size_t cells = s->relations->cells, most = parts->entries + touched + broken;
    if (most > parts->room) {
        size_t room = most + most / 2;
        SdcPart *up = sdc_resize(s->context, parts->up, parts->room, room, sizeof *up, ret_error);
        if (up == NULL)
            return false;
        parts->up = up;
        parts->room = room;
    }
    for (size_t i = 0; i < touched + broken; i++) {
        uint32_t column = i < touched ? s->touched[i] : (uint32_t)cells + s->broken[i - touched];
        uint64_t value = s->values[column];
        s->values[column] = 0;
        if (value != 0 && value != sdc_mod_size(prime))
            parts->up[parts->entries++] = (SdcPart){value, column};
    }
    parts->up_ends[parts->leaves] = parts->entries;
    parts->up_starts[++parts->leaves] = parts->entries;
    return true;
}

static bool walk_up(SdcParts *parts, Start *s, SdcPrime prime, SdcError *ret_error)
{
    for (uint32_t c = 0; c < s->relations->cells; c++) {
        if (s->defined_by[c] != NONE)
            continue;
        size_t touched = spread_change(s, prime, c);
        size_t broken = find_broken(s, prime, touched);
        if (!store_change(parts, s, prime, touched, broken, ret_error))
            return false;
    }
    return true;
}

/* The same by column, leaves in their order. */
static bool turn_over(SdcParts *parts, SdcError *ret_error)
{
    size_t columns = parts->columns;
    parts->down = sdc_resize(parts->context, NULL, 0, parts->entries, sizeof *parts->down, ret_error);
    if (parts->down == NULL)
        return false;
    for (size_t i = 0; i < parts->entries; i++)
        parts->down_starts[parts->up[i].to + 2]++;
    for (size_t c = 0; c < columns; c++)
        parts->down_starts[c + 2] += parts->down_starts[c + 1];
    for (uint32_t leaf = 0; leaf < parts->leaves; leaf++) {
        for (size_t i = parts->up_starts[leaf]; i < parts->up_starts[leaf + 1]; i++)
            parts->down[parts->down_starts[parts->up[i].to + 1]++] = (SdcPart){parts->up[i].value, leaf};
    }
    return true;
}

bool sdc_parts_init(const SdcContext *context, SdcParts *parts, const SdcRelations *relations,
                    SdcPrime prime, SdcError *ret_error)
{
    size_t cells = relations->cells;
    *parts = (SdcParts){.context = context, .cells = cells, .columns = cells + relations->count};
    parts->up_starts = sdc_alloc(context, cells + 1, sizeof *parts->up_starts, ret_error);
    parts->up_ends = sdc_alloc(context, cells, sizeof *parts->up_ends, ret_error);
    parts->down_starts = sdc_alloc(context, parts->columns + 2, sizeof *parts->down_starts, ret_error);
    Start s = {.context = context, .relations = relations};
    bool ok = parts->up_starts != NULL && parts->up_ends != NULL &&
              parts->down_starts != NULL &&
              start_init(&s, ret_error) && walk_up(parts, &s, prime, ret_error) && turn_over(parts, ret_error);
    start_clear(&s);
    if (!ok)
        sdc_parts_clear(parts);
    return ok;
}

void sdc_parts_clear(SdcParts *parts)
{
    const SdcContext *context = parts->context;
    sdc_release(context, parts->up_starts, parts->cells + 1, sizeof *parts->up_starts);
    sdc_release(context, parts->up_ends, parts->cells, sizeof *parts->up_ends);
    sdc_release(context, parts->down_starts, parts->columns + 2, sizeof *parts->down_starts);
    sdc_release(context, parts->up, parts->room, sizeof *parts->up);
    sdc_release(context, parts->down, parts->entries, sizeof *parts->down);
    *parts = (SdcParts){0};
}
