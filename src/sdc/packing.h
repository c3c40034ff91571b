/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys as bits: each column takes as many bits as its codes need, columns never straddle 64-bit words, so
 * that a subset of the key variables is a mask and equality is a comparison of words. Private to src/sdc.
 */
#ifndef DARSE_SDC_PACKING_H
#define DARSE_SDC_PACKING_H

#include "sdc/keys.h"
#include "sdc/scope.h"

typedef struct SdcPacking {
    size_t count;                         /* columns */
    unsigned words;                       /* words of a key */
    uint8_t word[SDC_KEYS_MAX];           /* where each column lies */
    uint8_t shift[SDC_KEYS_MAX];
    uint64_t field[SDC_KEYS_MAX];         /* its bits, in place */
} SdcPacking;

/* Checks the columns (number, lengths, codes) and lays them out. */
bool sdc_packing_plan(const SdcCodes *columns, size_t count, SdcPacking *ret_packing,
                      SdcError *ret_error);
/* The keys of all records, WORDS words each, in a block of SCOPE. */
uint64_t *sdc_packing_fill(const SdcPacking *packing, const SdcCodes *columns, SdcScope *scope,
                           SdcError *ret_error);
/* The mask (words) that keeps the columns whose bit is set in SUBSET. */
void sdc_packing_mask(const SdcPacking *packing, uint64_t subset, uint64_t *ret_words);

static inline uint64_t sdc_key_hash(const uint64_t *key, const uint64_t *mask, unsigned words)
{
    uint64_t hash = 0;
    for (unsigned w = 0; w < words; w++) {
        hash = (hash ^ (key[w] & mask[w])) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    hash *= UINT64_C(0xBF58476D1CE4E5B9);
    return hash ^ hash >> 32;
}

static inline bool sdc_key_equal(const uint64_t *a, const uint64_t *b, const uint64_t *mask,
                                 unsigned words)
{
    uint64_t differences = 0;
    for (unsigned w = 0; w < words; w++)
        differences |= (a[w] ^ b[w]) & mask[w];
    return differences == 0;
}

/* The least power of two that is at least twice COUNT, and at least 16. */
static inline size_t sdc_table_size(size_t count)
{
    size_t size = 16;
    while (size < 2 * count)
        size *= 2;
    return size;
}

#endif
