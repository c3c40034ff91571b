/* SPDX-License-Identifier: Apache-2.0 */
/* Radix sort by bytes, lowest first; a pass where all bytes are equal is left out. */
#include "sdc/sorting.h"

#include <math.h>
#include <string.h>

static bool order_words(SdcScope *scope, const uint64_t *words, size_t count, uint32_t *ret_order,
                        SdcError *ret_error)
{
    uint32_t *other = sdc_scope_alloc(scope, count, sizeof *other, ret_error);
    if (other == NULL)
        return false;
    uint32_t *from = ret_order, *to = other;
    for (size_t i = 0; i < count; i++)
        from[i] = (uint32_t)i;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t places[256] = {0};
        for (size_t i = 0; i < count; i++)
            places[words[i] >> shift & 0xFF]++;
        if (count == 0 || places[words[0] >> shift & 0xFF] == count)
            continue;
        size_t place = 0;
        for (int b = 0; b < 256; b++) {
            size_t items = places[b];
            places[b] = place;
            place += items;
        }
        for (size_t i = 0; i < count; i++)
            to[places[words[from[i]] >> shift & 0xFF]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != ret_order)
        memcpy(ret_order, from, count * sizeof *from);
    return true;
}

/* The bits of a double as an integer of the same order; -0 as 0; NaN last. */
static uint64_t sortable(double value)
{
    if (isnan(value))
        return UINT64_MAX;
    value += 0.0;
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    return word >> 63 != 0 ? ~word : word | UINT64_C(1) << 63;
}

bool sdc_order_numbers(const SdcContext *context, const double *values, size_t count,
                       uint32_t *ret_order, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    uint64_t *words = sdc_scope_alloc(&scope, count, sizeof *words, ret_error);
    if (words == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        words[i] = sortable(values[i]);
    return order_words(&scope, words, count, ret_order, ret_error);
}

bool sdc_order_words(const SdcContext *context, const uint64_t *values, size_t count,
                     uint32_t *ret_order, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    return order_words(&scope, values, count, ret_order, ret_error);
}
