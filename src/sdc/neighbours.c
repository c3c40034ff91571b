/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/neighbours.h"

#include <string.h>

static uint64_t missing_pattern(const SdcCodes *columns, size_t count, size_t row)
{
    uint64_t mask = 0;
    for (size_t v = 0; v < count; v++)
        mask |= (uint64_t)(columns[v].codes[row] == 0) << v;
    return mask;
}

/* Patterns are numbered by their first class, through a table of open addressing. */
static bool find_patterns(SdcNeighbours *n, SdcScope *scope, const SdcCodes *columns, SdcError *ret_error)
{
    static const uint64_t whole[] = {UINT64_MAX};
    size_t size = sdc_table_size(n->classes), last = size - 1;
    uint32_t *slots = sdc_scope_alloc(scope, size, sizeof *slots, ret_error);
    if (slots == NULL)
        return false;
    for (uint32_t c = 0; c < n->classes; c++) {
        uint64_t mask = missing_pattern(columns, n->packing.count, n->first[c]);
        size_t slot = sdc_key_hash(&mask, whole, 1) & last;
        while (slots[slot] != 0 && n->masks[slots[slot] - 1] != mask)
            slot = (slot + 1) & last;
        if (slots[slot] == 0) {
            n->masks[n->patterns++] = mask;
            slots[slot] = (uint32_t)n->patterns;
        }
        n->pattern_of[c] = slots[slot] - 1;
    }
    sdc_scope_release(scope, slots);
    return true;
}

static void order_classes(SdcNeighbours *n)
{
    for (size_t c = 0; c < n->classes; c++)
        n->starts[n->pattern_of[c] + 2]++;
    for (size_t p = 2; p < n->patterns + 2; p++)
        n->starts[p] += n->starts[p - 1];
    for (uint32_t c = 0; c < n->classes; c++)
        n->order[n->starts[n->pattern_of[c] + 1]++] = c;
    for (size_t p = 0; p < n->patterns; p++)
        n->table_starts[p + 1] = n->table_starts[p] + sdc_table_size(n->starts[p + 1] - n->starts[p]);
}

bool sdc_neighbours_open(SdcScope *scope, const SdcCodes *columns, size_t count, const uint32_t *first,
                         size_t classes, SdcNeighbours *ret_neighbours, SdcError *ret_error)
{
    SdcNeighbours n = {.first = first, .classes = classes, .current = SIZE_MAX};
    if (!sdc_packing_plan(columns, count, &n.packing, ret_error))
        return false;
    n.keys = sdc_packing_fill(&n.packing, columns, scope, ret_error);
    n.masks = n.keys != NULL ? sdc_scope_alloc(scope, classes, sizeof *n.masks, ret_error) : NULL;
    n.pattern_of = n.masks != NULL ? sdc_scope_alloc(scope, classes, sizeof *n.pattern_of, ret_error) : NULL;
    if (n.pattern_of == NULL || !find_patterns(&n, scope, columns, ret_error))
        return false;
    n.order = sdc_scope_alloc(scope, classes, sizeof *n.order, ret_error);
    n.starts = n.order != NULL ? sdc_scope_alloc(scope, n.patterns + 2, sizeof *n.starts, ret_error) : NULL;
    n.table_starts =
        n.starts != NULL ? sdc_scope_alloc(scope, n.patterns + 1, sizeof *n.table_starts, ret_error) : NULL;
    n.next = n.table_starts != NULL ? sdc_scope_alloc(scope, classes, sizeof *n.next, ret_error) : NULL;
    n.found = n.next != NULL ? sdc_scope_alloc(scope, classes, sizeof *n.found, ret_error) : NULL;
    if (n.found == NULL)
        return false;
    order_classes(&n);
    n.heads = sdc_scope_alloc(scope, n.table_starts[n.patterns], sizeof *n.heads, ret_error);
    if (n.heads == NULL)
        return false;
    *ret_neighbours = n;
    return true;
}

static const uint64_t *key_of(const SdcNeighbours *n, uint32_t class)
{
    return n->keys + (size_t)n->first[class] * n->packing.words;
}

static uint32_t *head_of(SdcNeighbours *n, size_t pattern, uint32_t class, const uint64_t *mask)
{
    size_t last = n->table_starts[pattern + 1] - n->table_starts[pattern] - 1;
    size_t slot = sdc_key_hash(key_of(n, class), mask, n->packing.words) & last;
    return &n->heads[n->table_starts[pattern] + slot];
}

/* Of every other pattern a table on what it has in common with this one. Chains keep the order. */
static void fill_tables(SdcNeighbours *n, size_t pattern)
{
    memset(n->heads, 0, n->table_starts[n->patterns] * sizeof *n->heads);
    for (size_t p = 0; p < n->patterns; p++) {
        uint64_t mask[SDC_KEYS_MAX];
        sdc_packing_mask(&n->packing, ~(n->masks[pattern] | n->masks[p]), mask);
        for (size_t i = n->starts[p + 1]; p != pattern && i-- > n->starts[p];) {
            uint32_t class = n->order[i], *head = head_of(n, p, class, mask);
            n->next[class] = *head;
            *head = class + 1;
        }
    }
    n->current = pattern;
}

size_t sdc_neighbours_find(SdcNeighbours *n, uint32_t class)
{
    size_t count = 0, pattern = n->pattern_of[class];
    n->found[count++] = class;
    if (n->current != pattern)
        fill_tables(n, pattern);
    for (size_t p = 0; p < n->patterns; p++) {
        uint64_t mask[SDC_KEYS_MAX];
        if (p == pattern)
            continue;
        sdc_packing_mask(&n->packing, ~(n->masks[pattern] | n->masks[p]), mask);
        for (uint32_t at = *head_of(n, p, class, mask); at != 0; at = n->next[at - 1]) {
            if (sdc_key_equal(key_of(n, at - 1), key_of(n, class), mask, n->packing.words))
                n->found[count++] = at - 1;
        }
    }
    return count;
}
