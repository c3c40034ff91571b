/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A primary cell follows from what a coalition knows when its column in the basis is a combination of the
 * coalition's columns. Columns are as long as the basis has rows: they are projected, by fixed
 * pseudo-random numbers modulo the prime, to one number more than the largest coalition has cells. What
 * follows still follows; what does not would seem to with a chance of 2^-59 a question, and then
 * costs a guard too many.
 *
 * A vector orthogonal to all that a coalition knows says of nearly every cell, by one product, that it does
 * not follow. Second owners of a single cell are not even asked so: what is left of their column without the
 * first owner's must be a multiple of what is left of the cell's, and multiples are found by hash.
 */
#include "sdc/coalitions.h"

#include "sdc/failure.h"
#include "sdc/memory.h"

#include <string.h>

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
    uint64_t *check;          /* LENGTH: orthogonal to the coalition's columns */
    SdcLink *links;
    /* for coalitions of two, less what the first owner's columns explain: */
    uint64_t *points;         /* PLACED x LENGTH: columns, their first value that is not 0 made 1 */
    uint64_t *products;       /* PLACED */
    uint32_t *heads;          /* HEAD_COUNT: targets by the hash of their point, as chains of targets */
    uint32_t *next;           /* numbers of targets from 1 on; 0: no more */
    size_t head_count;
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

static bool points_init(Search *s, SdcError *ret_error)
{
    const SdcContext *context = s->c->context;
    for (s->head_count = 64; s->head_count < 2 * s->target_count;)
        s->head_count *= 2;
    s->points = sdc_alloc(context, s->placed * s->length, sizeof *s->points, ret_error);
    s->products = sdc_alloc(context, s->placed, sizeof *s->products, ret_error);
    s->heads = sdc_alloc(context, s->head_count, sizeof *s->heads, ret_error);
    s->next = sdc_alloc(context, s->target_count + 1, sizeof *s->next, ret_error);
    return s->points != NULL && s->products != NULL && s->heads != NULL && s->next != NULL;
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
    s->check = sdc_alloc(c->context, s->length, sizeof *s->check, ret_error);
    s->links = sdc_alloc(c->context, s->most, sizeof *s->links, ret_error);
    return s->vectors != NULL && s->reduced != NULL && s->recipes != NULL && s->pivots != NULL &&
           s->known != NULL && s->work != NULL && s->check != NULL && s->links != NULL &&
           (c->largest < 2 || points_init(s, ret_error));
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
    sdc_release(context, s->check, s->length, sizeof *s->check);
    sdc_release(context, s->links, s->most, sizeof *s->links);
    sdc_release(context, s->points, s->placed * s->length, sizeof *s->points);
    sdc_release(context, s->products, s->placed, sizeof *s->products);
    sdc_release(context, s->heads, s->head_count, sizeof *s->heads);
    sdc_release(context, s->next, s->target_count + 1, sizeof *s->next);
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

static uint64_t product(const Search *s, const uint64_t *a, const uint64_t *b)
{
    uint64_t sum = 0;
    for (size_t at = 0; at < s->length; at++)
        sum = sdc_mod_add(s->prime, sum, sdc_mod_multiply(s->prime, a[at], b[at]));
    return sum;
}

/* COLUMN minus what the coalition's columns up to RANK explain of it, and RECIPE, unless NULL, likewise. */
static void reduce_column(const Search *s, uint64_t *column, uint64_t *recipe)
{
    for (size_t i = 0; i < s->rank; i++) {
        uint64_t factor = sdc_mod_negate(s->prime, column[s->pivots[i]]);
        if (factor == 0)
            continue;
        const uint64_t *row = s->reduced + i * s->length, *its = s->recipes + i * s->most;
        for (size_t at = 0; at < s->length; at++)
            column[at] = sdc_mod_add(s->prime, column[at], sdc_mod_multiply(s->prime, factor, row[at]));
        for (size_t at = 0; recipe != NULL && at < s->most; at++)
            recipe[at] = sdc_mod_add(s->prime, recipe[at], sdc_mod_multiply(s->prime, factor, its[at]));
    }
}

static void reduce(Search *s)
{
    reduce_column(s, s->work, s->work + s->length);
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

/* --- one coalition ----------------------------------------------------------------------------------------- */

/* Rows of the echelon form have 0 at the pivots of rows before: the last one is made orthogonal first. */
static void make_check(Search *s)
{
    for (size_t at = 0; at < s->length; at++)
        s->check[at] = projection(s, UINT32_MAX, at);
    for (size_t i = s->rank; i-- > 0;)
        s->check[s->pivots[i]] = 0;
    for (size_t i = s->rank; i-- > 0;)
        s->check[s->pivots[i]] = sdc_mod_negate(s->prime, product(s, s->check, s->reduced + i * s->length));
}

/* CELL's column, if it follows from what is known: then there is a guard. */
static bool ask_cell(Search *s, uint32_t cell, SdcError *ret_error)
{
    load(s, cell);
    reduce(s);
    if (first_nonzero(s) < s->length)
        return true;
    size_t count = 0;
    for (size_t i = 0; i < s->known_count; i++) {
        uint64_t ratio = sdc_mod_negate(s->prime, s->work[s->length + i]);
        if (ratio != 0)
            s->links[count++] = (SdcLink){s->known[i], ratio};
    }
    return sdc_coalitions_keep(s->c, cell, s->links, count, ret_error);
}

/* Primary cells of others that follow from the coalition's. */
static bool ask(Search *s, size_t first, size_t second, SdcError *ret_error)
{
    make_check(s);
    for (size_t t = 0; t < s->target_count; t++) {
        uint32_t cell = s->targets[t], owner = s->c->owner[cell];
        if (owner == first || owner == second ||
            product(s, s->check, s->vectors + s->place[cell] * s->length) != 0)
            continue;
        if (!ask_cell(s, cell, ret_error))
            return false;
    }
    return true;
}

/* --- coalitions of two ------------------------------------------------------------------------------------- */

static uint64_t *point_of(const Search *s, uint32_t cell)
{
    return s->points + s->place[cell] * s->length;
}

static uint64_t first_value(const Search *s, const uint64_t *vector)
{
    for (size_t at = 0; at < s->length; at++) {
        if (vector[at] != 0)
            return vector[at];
    }
    return 0;
}

/* All points at once: the values to divide by are inverted by their common product. */
static void scale_points(Search *s)
{
    uint64_t all = 1;
    for (size_t p = 0; p < s->placed; p++) {
        uint64_t first = first_value(s, s->points + p * s->length);
        s->products[p] = all;
        all = first == 0 ? all : sdc_mod_multiply(s->prime, all, first);
    }
    uint64_t inverse = sdc_mod_invert(s->prime, all);
    for (size_t p = s->placed; p-- > 0;) {
        uint64_t *point = s->points + p * s->length, first = first_value(s, point);
        if (first == 0)
            continue;
        uint64_t scale = sdc_mod_multiply(s->prime, inverse, s->products[p]);
        inverse = sdc_mod_multiply(s->prime, inverse, first);
        for (size_t at = 0; at < s->length; at++)
            point[at] = sdc_mod_multiply(s->prime, point[at], scale);
    }
}

static uint32_t *head_of(const Search *s, const uint64_t *point)
{
    uint64_t hash = 0;
    for (size_t at = 0; at < s->length; at++)
        hash = (hash ^ hash >> 29 ^ point[at]) * UINT64_C(0x9E3779B97F4A7C15);
    return &s->heads[(hash ^ hash >> 32) & (s->head_count - 1)];
}

/* After the first owner's columns were made known. */
static void make_points(Search *s)
{
    memcpy(s->points, s->vectors, s->placed * s->length * sizeof *s->points);
    for (size_t p = 0; p < s->placed; p++)
        reduce_column(s, s->points + p * s->length, NULL);
    scale_points(s);
    memset(s->heads, 0, s->head_count * sizeof *s->heads);
    for (size_t t = s->target_count; t-- > 0;) {
        const uint64_t *point = point_of(s, s->targets[t]);
        if (first_value(s, point) == 0)
            continue;   /* the first owner needs nobody for it */
        uint32_t *head = head_of(s, point);
        s->next[t + 1] = *head;
        *head = (uint32_t)t + 1;
    }
}

/* The only cell of OWNER whose value it has to tell, or UINT32_MAX; *RET_COUNT: how many there are. */
static uint32_t only_cell(const Search *s, size_t owner, const bool *suppressed, size_t *ret_count)
{
    uint32_t only = UINT32_MAX;
    *ret_count = 0;
    for (size_t i = s->c->starts[owner]; i < s->c->starts[owner + 1]; i++) {
        uint32_t cell = s->c->owned[i];
        if (!suppressed[cell] || s->place[cell] == UINT32_MAX)
            continue;
        only = (*ret_count)++ == 0 ? cell : UINT32_MAX;
    }
    return only;
}

/* The first owner's columns are known; the second one adds KNOWN, one cell. */
static bool ask_multiples(Search *s, size_t first, uint32_t known, SdcError *ret_error)
{
    const uint64_t *point = point_of(s, known);
    bool is_known = false;
    if (first_value(s, point) == 0)
        return true;   /* nothing that the first one does not know */
    for (uint32_t t = *head_of(s, point); t != 0; t = s->next[t]) {
        uint32_t cell = s->targets[t - 1], owner = s->c->owner[cell];
        if (owner == first || owner == s->c->owner[known] ||
            memcmp(point, point_of(s, cell), s->length * sizeof *point) != 0)
            continue;
        if (!is_known)
            know_cell(s, known);
        is_known = true;
        if (!ask_cell(s, cell, ret_error))
            return false;
    }
    return true;
}

static bool ask_pair(Search *s, size_t first, size_t second, const bool *suppressed, SdcError *ret_error)
{
    size_t count, known = s->known_count, rank = s->rank;
    uint32_t only = only_cell(s, second, suppressed, &count);
    bool ok = true;
    if (count == 1) {
        ok = ask_multiples(s, first, only, ret_error);
    } else if (count > 1) {
        know_owner(s, second, suppressed);
        ok = s->rank == rank || ask(s, first, second, ret_error);
    }
    s->known_count = known;
    s->rank = rank;
    return ok;
}

/* --- the whole --------------------------------------------------------------------------------------------- */

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
        if (s->c->largest < 2)
            continue;
        make_points(s);
        for (size_t b = a + 1; b < s->c->owners; b++) {
            if (!ask_pair(s, a, b, suppressed, ret_error))
                return false;
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
