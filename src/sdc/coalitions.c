/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owners of cells, and the guards that were found so far: a guard is looked up by its cell and links, since
 * pairs of owners find the same one again and again.
 */
#include "sdc/coalitions.h"

#include "sdc/failure.h"
#include "sdc/memory.h"

#include <string.h>

/* --- owners -------------------------------------------------------------------------------------------- */

/* Contributors are numbered by their first cell: bottom-up merge sort of cells by number, then by cell. */
static void sort_cells(uint32_t *cells, uint32_t *spare, size_t count, const uint32_t *number)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * width) {
            size_t middle = begin + width < count ? begin + width : count;
            size_t end = middle + width < count ? middle + width : count;
            size_t i = begin, k = middle;
            for (size_t at = begin; at < end; at++) {
                bool left = k == end || (i < middle && number[cells[i]] <= number[cells[k]]);
                spare[at] = left ? cells[i++] : cells[k++];
            }
        }
        memcpy(cells, spare, count * sizeof *cells);
    }
}

static bool number_owners(SdcCoalitions *c, const bool *singletons, const uint32_t *contributors,
                          SdcError *ret_error)
{
    size_t count = 0;
    for (uint32_t i = 0; i < c->cells; i++) {
        c->owner[i] = SDC_NOBODY;
        if (contributors != NULL ? contributors[i] != 0 : singletons != NULL && singletons[i])
            c->owned[count++] = i;
    }
    c->owned_count = count;
    if (contributors != NULL) {
        uint32_t *spare = sdc_alloc(c->context, count, sizeof *spare, ret_error);
        if (spare == NULL)
            return false;
        sort_cells(c->owned, spare, count, contributors);
        sdc_release(c->context, spare, count, sizeof *spare);
    }
    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && contributors != NULL && contributors[c->owned[i]] == contributors[c->owned[i - 1]];
        if (!same)
            c->starts[c->owners++] = i;
        c->owner[c->owned[i]] = (uint32_t)c->owners - 1;
    }
    c->starts[c->owners] = count;
    return true;
}

bool sdc_coalitions_init(const SdcContext *context, size_t cells, const bool *primary,
                         const bool *singletons, const uint32_t *contributors, unsigned largest,
                         SdcCoalitions *ret_coalitions, SdcError *ret_error)
{
    SdcCoalitions c = {.context = context, .primary = primary, .cells = cells, .largest = largest};
    c.owner = sdc_alloc(context, cells, sizeof *c.owner, ret_error);
    c.starts = sdc_alloc(context, cells + 1, sizeof *c.starts, ret_error);
    c.owned = sdc_alloc(context, cells, sizeof *c.owned, ret_error);
    c.exposed = sdc_alloc(context, cells, sizeof *c.exposed, ret_error);
    bool ok = c.owner != NULL && c.starts != NULL && c.owned != NULL && c.exposed != NULL &&
              number_owners(&c, singletons, contributors, ret_error);
    if (ok)
        *ret_coalitions = c;
    else
        sdc_coalitions_clear(&c);
    return ok;
}

void sdc_coalitions_clear(SdcCoalitions *c)
{
    sdc_release(c->context, c->owner, c->cells, sizeof *c->owner);
    sdc_release(c->context, c->starts, c->cells + 1, sizeof *c->starts);
    sdc_release(c->context, c->owned, c->cells, sizeof *c->owned);
    sdc_release(c->context, c->exposed, c->cells, sizeof *c->exposed);
    sdc_release(c->context, c->guards, c->room, sizeof *c->guards);
    sdc_release(c->context, c->links, c->link_room, sizeof *c->links);
    sdc_release(c->context, c->slots, c->slot_count, sizeof *c->slots);
    *c = (SdcCoalitions){0};
}

/* --- guards -------------------------------------------------------------------------------------------- */

void sdc_coalitions_guard(SdcCoalitions *c, SdcChanges *changes, bool *guarded)
{
    for (size_t i = 0; i < c->count; i++) {
        SdcGuard *guard = &c->guards[i];
        uint32_t column = guard->cell;
        for (uint32_t k = 0; k < guard->count; k++) {
            const SdcLink *link = &c->links[guard->first + k];
            column = sdc_changes_add_pair(changes, column, link->cell, link->ratio);
        }
        guard->inherent = sdc_changes_is_nothing(changes, column);
        if (guarded != NULL)
            guarded[column] = !guard->inherent;
    }
    c->asked = c->count;
}

static uint64_t hash_guard(uint32_t cell, const SdcLink *links, size_t count)
{
    uint64_t hash = cell * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t k = 0; k < count; k++) {
        hash = (hash ^ hash >> 29 ^ links[k].cell) * UINT64_C(0xBF58476D1CE4E5B9);
        hash = (hash ^ hash >> 32 ^ links[k].ratio) * UINT64_C(0x94D049BB133111EB);
    }
    return hash ^ hash >> 31;
}

static bool same_guard(const SdcCoalitions *c, const SdcGuard *a, uint32_t cell, const SdcLink *links,
                       size_t count)
{
    if (a->cell != cell || a->count != count)
        return false;
    for (size_t k = 0; k < count; k++) {
        const SdcLink *link = &c->links[a->first + k];
        if (link->cell != links[k].cell || link->ratio != links[k].ratio)
            return false;
    }
    return true;
}

/* The place of a guard in the slots, or the free one where it belongs. */
static size_t slot_of(const SdcCoalitions *c, uint32_t cell, const SdcLink *links, size_t count)
{
    size_t slot = hash_guard(cell, links, count) & (c->slot_count - 1);
    while (c->slots[slot] != 0 && !same_guard(c, &c->guards[c->slots[slot] - 1], cell, links, count))
        slot = (slot + 1) & (c->slot_count - 1);
    return slot;
}

/* Twice as many slots as guards, and one more. */
static bool grow_slots(SdcCoalitions *c, SdcError *ret_error)
{
    if (2 * (c->count + 1) <= c->slot_count)
        return true;
    size_t old = c->slot_count, count = old == 0 ? 64 : 2 * old;
    uint32_t *slots = sdc_alloc(c->context, count, sizeof *slots, ret_error);
    if (slots == NULL)
        return false;
    sdc_release(c->context, c->slots, old, sizeof *slots);
    c->slots = slots;
    c->slot_count = count;
    for (size_t i = 0; i < c->count; i++) {
        const SdcGuard *guard = &c->guards[i];
        c->slots[slot_of(c, guard->cell, c->links + guard->first, guard->count)] = (uint32_t)i + 1;
    }
    return true;
}

static bool grow_guards(SdcCoalitions *c, size_t links, SdcError *ret_error)
{
    if (c->count == c->room) {
        size_t room = 2 * c->room + 16;
        SdcGuard *guards = sdc_resize(c->context, c->guards, c->room, room, sizeof *guards, ret_error);
        if (guards == NULL)
            return false;
        c->guards = guards;
        c->room = room;
    }
    if (c->link_count + links > c->link_room) {
        size_t room = 2 * c->link_room + links + 16;
        SdcLink *all = sdc_resize(c->context, c->links, c->link_room, room, sizeof *all, ret_error);
        if (all == NULL)
            return false;
        c->links = all;
        c->link_room = room;
    }
    return true;
}

bool sdc_coalitions_keep(SdcCoalitions *c, uint32_t cell, const SdcLink *links, size_t count, SdcError *ret_error)
{
    if (!grow_slots(c, ret_error))
        return false;
    size_t slot = slot_of(c, cell, links, count);
    if (c->slots[slot] != 0) {
        size_t i = c->slots[slot] - 1;
        c->exposed[cell] = c->exposed[cell] || (i < c->asked && !c->guards[i].inherent);
        return true;
    }
    if (c->link_count + count > SDC_LINKS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "There are too many ways in which contributors could "
                           "compute unsafe cells: more than %d of their cells come into them. Protect smaller "
                           "tables, or against one contributor at a time.", SDC_LINKS_MAX);
    if (!grow_guards(c, count, ret_error))
        return false;
    memcpy(&c->links[c->link_count], links, count * sizeof *links);
    c->guards[c->count++] = (SdcGuard){cell, (uint32_t)c->link_count, (uint32_t)count, false};
    c->link_count += count;
    c->slots[slot] = (uint32_t)c->count;
    return true;
}
