/* SPDX-License-Identifier: Apache-2.0 */
/* Laying out and filling packed keys. */
#include "sdc/packing.h"

#include "sdc/failure.h"

#include <string.h>

static unsigned bits_of(uint32_t categories)
{
    return categories == 0 ? 1 : 32 - (unsigned)__builtin_clz(categories);
}

bool sdc_packing_plan(const SdcCodes *columns, size_t count, SdcPacking *ret_packing,
                      SdcError *ret_error)
{
    if (count < 1 || count > SDC_KEYS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "%zu key variables were given; 1 to %d are "
                           "possible.", count, SDC_KEYS_MAX);
    SdcPacking packing = {.count = count, .words = 1};
    unsigned used = 0;
    for (size_t v = 0; v < count; v++) {
        if (columns[v].rows != columns[0].rows)
            return sdc_failure(ret_error, SDC_ERROR_DATA,
                               "Key variable %zu has %zu rows, the first one has %zu.", v + 1,
                               columns[v].rows, columns[0].rows);
        if (!sdc_codes_check(&columns[v], ret_error))
            return false;
        unsigned bits = bits_of(columns[v].categories);
        if (used + bits > 64) {
            packing.words++;
            used = 0;
        }
        packing.word[v] = (uint8_t)(packing.words - 1);
        packing.shift[v] = (uint8_t)used;
        packing.field[v] = (UINT64_MAX >> (64 - bits)) << used;
        used += bits;
    }
    *ret_packing = packing;
    return true;
}

#define BLOCK_ROWS ((size_t)1 << 16)

typedef struct Fill {
    const SdcPacking *packing;
    const SdcCodes *columns;
    uint64_t *keys;
} Fill;

static void fill_block(void *data, size_t index)
{
    const Fill *fill = data;
    const SdcPacking *packing = fill->packing;
    size_t start = index * BLOCK_ROWS, end = start + BLOCK_ROWS;
    if (end > fill->columns[0].rows)
        end = fill->columns[0].rows;
    for (size_t v = 0; v < packing->count; v++) {
        const uint32_t *codes = fill->columns[v].codes;
        uint64_t *out = fill->keys + packing->word[v];
        unsigned shift = packing->shift[v], words = packing->words;
        for (size_t i = start; i < end; i++)
            out[i * words] |= (uint64_t)codes[i] << shift;
    }
}

uint64_t *sdc_packing_fill(const SdcPacking *packing, const SdcCodes *columns, SdcScope *scope,
                           SdcError *ret_error)
{
    size_t rows = columns[0].rows;
    uint64_t *keys = sdc_scope_alloc(scope, rows * packing->words, sizeof *keys, ret_error);
    if (keys == NULL)
        return NULL;
    Fill fill = {packing, columns, keys};
    sdc_run_tasks(scope->context, (rows + BLOCK_ROWS - 1) / BLOCK_ROWS, fill_block, &fill);
    return keys;
}

void sdc_packing_mask(const SdcPacking *packing, uint64_t subset, uint64_t *ret_words)
{
    memset(ret_words, 0, packing->words * sizeof *ret_words);
    for (size_t v = 0; v < packing->count; v++) {
        if ((subset >> v & 1) != 0)
            ret_words[packing->word[v]] |= packing->field[v];
    }
}
