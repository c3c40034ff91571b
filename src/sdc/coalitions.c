/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A primary cell follows from what a coalition knows when its column in the basis is a combination of the
 * coalition's columns. Columns are as long as the basis has rows: they are projected, by fixed
 * pseudo-random numbers modulo the prime, to one number more than the largest coalition has cells. What
 * follows still follows; what does not would seem to with a chance of 2^-59 a question, and then
 * costs a guard too many.
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

static bool keep_guard(SdcCoalitions *c, uint32_t cell, const SdcLink *links, size_t count, SdcError *ret_error)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!same_guard(c, &c->guards[i], cell, links, count))
            continue;
        c->exposed[cell] = c->exposed[cell] || (i < c->asked && !c->guards[i].inherent);
        return true;
    }
    if (c->count == c->room) {
        size_t room = 2 * c->room + 16;
        SdcGuard *guards = sdc_resize(c->context, c->guards, c->room, room, sizeof *guards, ret_error);
        if (guards == NULL)
            return false;
        c->guards = guards;
        c->room = room;
    }
    if (c->link_count + count > c->link_room) {
        size_t room = 2 * c->link_room + count + 16;
        SdcLink *all = sdc_resize(c->context, c->links, c->link_room, room, sizeof *all, ret_error);
        if (all == NULL)
            return false;
        c->links = all;
        c->link_room = room;
    }
    if (c->link_count + count > UINT32_MAX / 4)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "There are too many coalitions to guard against.");
    memcpy(&c->links[c->link_count], links, count * sizeof *links);
    c->guards[c->count++] = (SdcGuard){cell, (uint32_t)c->link_count, (uint32_t)count, false};
    c->link_count += count;
    return true;
}

/* --- what follows --------------------------------------------------------------------------------------- */

typedef struct Search {
    SdcCoalitions *c;
    SdcChanges *changes;
    SdcPrime prime;
    size_t length;            /* of a projected column */
    size_t most;              /* cells of a coalition */
    uint32_t *place;          /* of a cell: its projected column, or UINT32_MAX */
    uint32_t *targets;        /* primary cells that are something */
    size_t target_count, placed;
    uint64_t *vectors;        /* PLACED x LENGTH */
    uint64_t *reduced;        /* MOST x LENGTH: a coalition's columns in echelon form */
    uint64_t *recipes;        /* MOST x MOST: how each was made of the coalition's columns */
    size_t *pivots;
    uint32_t *known;          /* cells of the coalition at hand */
    size_t known_count, rank;
    uint64_t *work;           /* LENGTH, then MOST */
    SdcLink *links;
} Search;

static uint64_t projection(const Search *s, uint64_t row, uint64_t at)
{
    uint64_t x = row * UINT64_C(0x9E3779B97F4A7C15) + (at + 1) * UINT64_C(0xD1B54A32D192ED03);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    x = (x ^ x >> 31) & ((UINT64_C(1) << s->prime.bits) - 1);
    return x >= sdc_mod_size(s->prime) ? 1 : x;
}

static size_t suppressed_of(const SdcCoalitions *c, size_t owner, const bool *suppressed)
{
    size_t count = 0;
    for (size_t i = c->starts[owner]; i < c->starts[owner + 1]; i++)
        count += suppressed[c->owned[i]];
    return count;
}

static size_t largest_coalition(const SdcCoalitions *c, const bool *suppressed)
{
    size_t first = 0, second = 0;
    for (size_t o = 0; o < c->owners; o++) {
        size_t count = suppressed_of(c, o, suppressed);
        if (count > first) {
            second = first;
            first = count;
        } else if (count > second) {
            second = count;
        }
    }
    return first + (c->largest > 1 ? second : 0);
}

static bool search_init(Search *s, const bool *suppressed, SdcError *ret_error)
{
    const SdcCoalitions *c = s->c;
    s->most = largest_coalition(c, suppressed);
    s->length = s->most + 1 < s->changes->row_count ? s->most + 1 : s->changes->row_count;
    s->place = sdc_alloc(c->context, c->cells, sizeof *s->place, ret_error);
    s->targets = sdc_alloc(c->context, c->cells, sizeof *s->targets, ret_error);
    if (s->place == NULL || s->targets == NULL)
        return false;
    for (uint32_t i = 0; i < c->cells; i++) {
        bool is_there = suppressed[i] && !sdc_changes_is_nothing(s->changes, i);
        bool is_target = is_there && c->primary[i];
        s->place[i] = is_target || (is_there && c->owner[i] != SDC_NOBODY) ? (uint32_t)s->placed++ : UINT32_MAX;
        if (is_target)
            s->targets[s->target_count++] = i;
    }
    size_t room;
    if (__builtin_mul_overflow(s->placed, s->length, &room) || room > (size_t)1 << 28)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu cells and coalitions of %zu are too many to "
                           "search.", s->placed, s->most);
    s->vectors = sdc_alloc(c->context, room, sizeof *s->vectors, ret_error);
    s->reduced = sdc_alloc(c->context, s->most * s->length, sizeof *s->reduced, ret_error);
    s->recipes = sdc_alloc(c->context, s->most * s->most, sizeof *s->recipes, ret_error);
    s->pivots = sdc_alloc(c->context, s->most, sizeof *s->pivots, ret_error);
    s->known = sdc_alloc(c->context, s->most, sizeof *s->known, ret_error);
    s->work = sdc_alloc(c->context, s->length + s->most, sizeof *s->work, ret_error);
    s->links = sdc_alloc(c->context, s->most, sizeof *s->links, ret_error);
    return s->vectors != NULL && s->reduced != NULL && s->recipes != NULL && s->pivots != NULL &&
           s->known != NULL && s->work != NULL && s->links != NULL;
}

static void search_clear(Search *s)
{
    const SdcContext *context = s->c->context;
    sdc_release(context, s->place, s->c->cells, sizeof *s->place);
    sdc_release(context, s->targets, s->c->cells, sizeof *s->targets);
    sdc_release(context, s->vectors, s->placed * s->length, sizeof *s->vectors);
    sdc_release(context, s->reduced, s->most * s->length, sizeof *s->reduced);
    sdc_release(context, s->recipes, s->most * s->most, sizeof *s->recipes);
    sdc_release(context, s->pivots, s->most, sizeof *s->pivots);
    sdc_release(context, s->known, s->most, sizeof *s->known);
    sdc_release(context, s->work, s->length + s->most, sizeof *s->work);
    sdc_release(context, s->links, s->most, sizeof *s->links);
}

static void project_columns(Search *s)
{
    for (uint32_t r = 0; r < s->changes->row_count; r++) {
        size_t count = sdc_changes_expand(s->changes, r);
        for (size_t k = 0; k < count; k++) {
            const SdcPart *part = &s->changes->expanded[k];
            uint32_t place = part->to < s->c->cells ? s->place[part->to] : UINT32_MAX;
            if (place == UINT32_MAX)
                continue;
            uint64_t *vector = s->vectors + place * s->length;
            for (size_t at = 0; at < s->length; at++)
                vector[at] = sdc_mod_add(s->prime, vector[at],
                                         sdc_mod_multiply(s->prime, part->value, projection(s, r, at)));
        }
    }
}

/* WORK (a column, then how it is made) minus what the coalition's columns up to RANK explain of it. */
static void reduce(Search *s)
{
    for (size_t i = 0; i < s->rank; i++) {
        uint64_t factor = sdc_mod_negate(s->prime, s->work[s->pivots[i]]);
        if (factor == 0)
            continue;
        const uint64_t *row = s->reduced + i * s->length, *recipe = s->recipes + i * s->most;
        for (size_t at = 0; at < s->length; at++)
            s->work[at] = sdc_mod_add(s->prime, s->work[at], sdc_mod_multiply(s->prime, factor, row[at]));
        for (size_t at = 0; at < s->most; at++)
            s->work[s->length + at] = sdc_mod_add(s->prime, s->work[s->length + at],
                                                  sdc_mod_multiply(s->prime, factor, recipe[at]));
    }
}

static void load(Search *s, uint32_t cell)
{
    memcpy(s->work, s->vectors + s->place[cell] * s->length, s->length * sizeof *s->work);
    memset(s->work + s->length, 0, s->most * sizeof *s->work);
}

static size_t first_nonzero(const Search *s)
{
    size_t at = 0;
    while (at < s->length && s->work[at] == 0)
        at++;
    return at;
}

static void know_cell(Search *s, uint32_t cell)
{
    load(s, cell);
    s->work[s->length + s->known_count] = 1;
    s->known[s->known_count++] = cell;
    reduce(s);
    size_t pivot = first_nonzero(s);
    if (pivot == s->length)
        return;
    uint64_t inverse = sdc_mod_invert(s->prime, s->work[pivot]);
    for (size_t at = 0; at < s->length; at++)
        s->reduced[s->rank * s->length + at] = sdc_mod_multiply(s->prime, s->work[at], inverse);
    for (size_t at = 0; at < s->most; at++)
        s->recipes[s->rank * s->most + at] = sdc_mod_multiply(s->prime, s->work[s->length + at], inverse);
    s->pivots[s->rank++] = pivot;
}

static void know_owner(Search *s, size_t owner, const bool *suppressed)
{
    for (size_t i = s->c->starts[owner]; i < s->c->starts[owner + 1]; i++) {
        uint32_t cell = s->c->owned[i];
        if (suppressed[cell] && s->place[cell] != UINT32_MAX)
            know_cell(s, cell);
    }
}

/* Primary cells of others that follow from the coalition's. With a second owner, those that need both. */
static bool ask(Search *s, size_t first, size_t second, SdcError *ret_error)
{
    for (size_t t = 0; t < s->target_count; t++) {
        uint32_t cell = s->targets[t], owner = s->c->owner[cell];
        if (owner == first || owner == second)
            continue;
        load(s, cell);
        reduce(s);
        if (first_nonzero(s) < s->length)
            continue;
        size_t count = 0;
        for (size_t i = 0; i < s->known_count; i++) {
            uint64_t ratio = sdc_mod_negate(s->prime, s->work[s->length + i]);
            if (ratio != 0)
                s->links[count++] = (SdcLink){s->known[i], ratio};
        }
        if (!keep_guard(s->c, cell, s->links, count, ret_error))
            return false;
    }
    return true;
}

static void forget(Search *s)
{
    s->known_count = 0;
    s->rank = 0;
}

static bool search(Search *s, const bool *suppressed, SdcError *ret_error)
{
    for (size_t a = 0; a < s->c->owners; a++) {
        if (suppressed_of(s->c, a, suppressed) == 0)
            continue;
        if (!sdc_report(s->c->context, 0.9, "coalitions", ret_error))
            return false;
        forget(s);
        know_owner(s, a, suppressed);
        if (s->known_count > 0 && !ask(s, a, a, ret_error))
            return false;
        for (size_t b = a + 1; s->c->largest > 1 && b < s->c->owners; b++) {
            size_t known = s->known_count, rank = s->rank;
            know_owner(s, b, suppressed);
            if (s->known_count > known && !ask(s, a, b, ret_error))
                return false;
            s->known_count = known;
            s->rank = rank;
        }
    }
    return true;
}

bool sdc_coalitions_find(SdcCoalitions *c, SdcChanges *changes, const bool *suppressed,
                         size_t *ret_new, SdcError *ret_error)
{
    size_t before = c->count;
    Search s = {.c = c, .changes = changes, .prime = changes->prime};
    bool ok = true;
    memset(c->exposed, 0, c->cells * sizeof *c->exposed);
    if (c->owners > 0) {
        ok = search_init(&s, suppressed, ret_error);
        if (ok) {
            project_columns(&s);
            ok = search(&s, suppressed, ret_error);
        }
        search_clear(&s);
    }
    if (ok)
        *ret_new = c->count - before;
    return ok;
}
