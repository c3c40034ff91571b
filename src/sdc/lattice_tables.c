/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of classes is made from a table at lower levels by mapping codes up and merging; classes keep the
 * order of their first record, whichever way they came, so that sums are the same to the bit.
 */
#include "sdc/lattice_tables.h"

#include <string.h>

void sdc_lattice_table_clear(const SdcContext *context, unsigned words, SdcLatticeTable *table)
{
    sdc_release(context, table->keys, table->capacity * words, sizeof *table->keys);
    sdc_release(context, table->sizes, table->capacity, sizeof *table->sizes);
    *table = (SdcLatticeTable){0};
}

bool sdc_lattice_table_alloc(const SdcContext *context, unsigned words, size_t capacity,
                             SdcLatticeTable *table, SdcError *ret_error)
{
    *table = (SdcLatticeTable){.capacity = capacity};
    table->keys = sdc_alloc(context, capacity * words, sizeof *table->keys, ret_error);
    table->sizes =
        table->keys != NULL ? sdc_alloc(context, capacity, sizeof *table->sizes, ret_error) : NULL;
    if (table->sizes == NULL)
        sdc_lattice_table_clear(context, words, table);
    return table->sizes != NULL;
}

/* The map of variable V from level FROM to level TO, code 0 included. */
void sdc_lattice_fill_map(const SdcLatticeSearch *s, size_t v, unsigned from, unsigned to)
{
    const SdcHierarchy *h = &s->hierarchies[v];
    uint32_t *map = s->maps[v];
    map[0] = h->sizes[to] == 1 ? 1 : 0;
    for (uint32_t c = 0; c < h->sizes[from]; c++) {
        uint32_t code = c;
        for (unsigned l = from; l < to; l++)
            code = h->parents[l][code];
        map[c + 1] = code + 1;
    }
}

static const uint64_t whole[SDC_KEYS_MAX] = {[0 ... SDC_KEYS_MAX - 1] = UINT64_MAX};

/* Always inlined, so that the loop for keys of one word (nearly all) is free of the count of words. */
__attribute__((always_inline)) static inline void add_class(uint32_t *slots, size_t last, unsigned words,
                                                            SdcLatticeTable *table, const uint64_t *key,
                                                            uint32_t size)
{
    size_t slot = sdc_key_hash(key, whole, words) & last;
    while (slots[slot] != 0 &&
           !sdc_key_equal(table->keys + (size_t)(slots[slot] - 1) * words, key, whole, words))
        slot = (slot + 1) & last;
    if (slots[slot] != 0) {
        table->sizes[slots[slot] - 1] += size;
        return;
    }
    for (unsigned w = 0; w < words; w++)
        table->keys[table->count * words + w] = key[w];
    table->sizes[table->count++] = size;
    slots[slot] = (uint32_t)table->count;
}

#define AHEAD 8   /* classes whose slots are fetched while others are looked at */

/* The loop for keys of one word. */
static void merge_words(const SdcLatticeSearch *s, const SdcLatticeTable *from, const size_t *changed, size_t changes,
                        size_t last, SdcLatticeTable *to)
{
    const SdcPacking *packing = &s->packing;
    uint64_t keys[AHEAD] = {0};
    for (size_t c = 0; c < from->count + AHEAD; c++) {
        uint64_t ready = keys[c % AHEAD];
        if (c < from->count) {
            uint64_t key = from->keys[c];
            for (size_t i = 0; i < changes; i++) {
                size_t v = changed[i];
                uint64_t code = (key & packing->field[v]) >> packing->shift[v];
                key = (key & ~packing->field[v]) | (uint64_t)s->maps[v][code] << packing->shift[v];
            }
            keys[c % AHEAD] = key;
            __builtin_prefetch(&s->slots[sdc_key_hash(&key, whole, 1) & last]);
        }
        if (c >= AHEAD)
            add_class(s->slots, last, 1, to, &ready, from->sizes[c - AHEAD]);
    }
}

__attribute__((always_inline)) static inline void merge(const SdcLatticeSearch *s, const SdcLatticeTable *from,
                                                        const size_t *changed, size_t changes, size_t last,
                                                        unsigned words, SdcLatticeTable *to)
{
    const SdcPacking *packing = &s->packing;
    for (size_t c = 0; c < from->count; c++) {
        uint64_t key[SDC_KEYS_MAX];
        for (unsigned w = 0; w < words; w++)
            key[w] = from->keys[c * words + w];
        for (size_t i = 0; i < changes; i++) {
            size_t v = changed[i];
            unsigned w = words == 1 ? 0 : packing->word[v];
            uint64_t code = (key[w] & packing->field[v]) >> packing->shift[v];
            key[w] = (key[w] & ~packing->field[v]) | (uint64_t)s->maps[v][code] << packing->shift[v];
        }
        add_class(s->slots, last, words, to, key, from->sizes[c]);
    }
}

/* Variables of one word, from the lowest bits up, as runs of at most SDC_GROUP_BITS. */
typedef struct Groups {
    size_t count;
    unsigned shift[SDC_GROUPS_MAX], bits[SDC_GROUPS_MAX];
    size_t places;                     /* combinations of codes after the step */
} Groups;

/* Appends variable V to the maps of group G: of each code of the group so far, one a code of V. */
static void extend_group(const SdcLatticeSearch *s, const SdcLatticeTable *from, size_t g, unsigned bits, size_t v,
                         bool is_mapped, size_t places)
{
    uint64_t *keys = s->group_keys + g * SDC_GROUP_CODES;
    uint32_t *index = s->group_places + g * SDC_GROUP_CODES;
    unsigned width = (unsigned)__builtin_popcountll(s->packing.field[v]), shift = s->packing.shift[v];
    for (uint32_t code = UINT32_C(1) << width; code-- > 0;) {
        bool exists = code <= s->hierarchies[v].sizes[from->levels[v]];
        uint32_t to = !exists ? 0 : is_mapped ? s->maps[v][code] : code;
        size_t base = (size_t)code << bits;
        for (size_t low = 0; low < (size_t)1 << bits; low++) {
            keys[base + low] = keys[low] | (uint64_t)to << shift;
            index[base + low] = index[low] + (uint32_t)(to * places);
        }
    }
}

/* False where the codes after the step have too many combinations for the slots, or a variable too many
 * codes for a group. */
static bool make_groups(const SdcLatticeSearch *s, const SdcLatticeTable *from, const unsigned *levels,
                        bool fresh, size_t slots, Groups *groups)
{
    unsigned at = 0;
    *groups = (Groups){.places = 1};
    for (size_t v = 0; v < s->variables; v++) {
        unsigned width = (unsigned)__builtin_popcountll(s->packing.field[v]);
        size_t g = groups->count - 1;
        if (width > SDC_GROUP_BITS || s->packing.shift[v] != at)
            return false;
        if (groups->count == 0 || groups->bits[g] + width > SDC_GROUP_BITS) {
            g = groups->count++;
            groups->shift[g] = at;
            s->group_keys[g * SDC_GROUP_CODES] = s->group_places[g * SDC_GROUP_CODES] = 0;
        }
        extend_group(s, from, g, groups->bits[g], v, fresh || levels[v] != from->levels[v], groups->places);
        groups->bits[g] += width;
        at += width;
        groups->places *= (size_t)s->hierarchies[v].sizes[levels[v]] + 1;
        if (groups->places > slots)
            return false;
    }
    return true;
}

/* The place of the codes of group G in its maps. */
static size_t code_in(const Groups *groups, size_t g, uint64_t key)
{
    return g * SDC_GROUP_CODES + (key >> groups->shift[g] & ((UINT64_C(1) << groups->bits[g]) - 1));
}

/* Nothing is hashed: the codes after the step are a number, which is a slot. */
static void merge_groups(const SdcLatticeSearch *s, const SdcLatticeTable *from, const Groups *groups,
                         SdcLatticeTable *to)
{
    memset(s->slots, 0, groups->places * sizeof *s->slots);
    for (size_t c = 0; c < from->count; c++) {
        uint64_t key = from->keys[c];
        uint32_t place = 0;
        for (size_t g = 0; g < groups->count; g++)
            place += s->group_places[code_in(groups, g, key)];
        if (s->slots[place] == 0) {
            uint64_t mapped = 0;
            for (size_t g = 0; g < groups->count; g++)
                mapped |= s->group_keys[code_in(groups, g, key)];
            to->keys[to->count] = mapped;
            to->sizes[to->count++] = 0;
            s->slots[place] = (uint32_t)to->count;
        }
        to->sizes[s->slots[place] - 1] += from->sizes[c];
    }
}

void sdc_lattice_climb(const SdcLatticeSearch *s, const SdcLatticeTable *from, const unsigned *levels,
                       bool fresh, SdcLatticeTable *to)
{
    size_t changed[SDC_KEYS_MAX], changes = 0, last = sdc_table_size(from->count) - 1;
    for (size_t v = 0; v < s->variables; v++) {
        if (!fresh && levels[v] == from->levels[v])
            continue;
        sdc_lattice_fill_map(s, v, from->levels[v], levels[v]);
        changed[changes++] = v;
    }
    to->count = 0;
    memcpy(to->levels, levels, sizeof to->levels);
    Groups groups;
    if (s->packing.words == 1 && changes > 1 && from->count >= SDC_GROUPED_LEAST &&
        make_groups(s, from, levels, fresh, last + 1, &groups)) {
        merge_groups(s, from, &groups, to);
        return;
    }
    memset(s->slots, 0, (last + 1) * sizeof *s->slots);
    if (s->packing.words == 1)
        merge_words(s, from, changed, changes, last, to);
    else
        merge(s, from, changed, changes, last, s->packing.words, to);
}
