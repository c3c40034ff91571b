/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of records that are made of 64-bit words, in the order in which they came: the cells of a
 * table while it is being made. Private to src/sdc.
 */
#ifndef DARSE_SDC_BAG_H
#define DARSE_SDC_BAG_H

#include "sdc/core.h"

typedef union SdcWord {
    uint64_t u;
    double d;
} SdcWord;

typedef struct SdcBag {
    unsigned words, key_words;   /* of a record; the key comes first, 1 or 2 words */
    size_t count, capacity;
    SdcWord *records;
    size_t slot_count;           /* a power of two, or 0 */
    uint64_t *slots;             /* half of the hash, and 1 + index of a record; 0 where free */
} SdcBag;

static inline uint64_t sdc_mix(uint64_t key)
{
    key ^= key >> 32;
    key *= 0x9E3779B97F4A7C15u;
    key ^= key >> 29;
    key *= 0xBF58476D1CE4E5B9u;
    return key ^ key >> 32;
}

/* The record with this key, new and zero but for its key if there was none (*RET_NEW). NULL when memory
 * runs out. The pointer lives until the next call. */
SdcWord *sdc_bag_find(const SdcContext *context, SdcBag *bag, uint64_t key, uint64_t second,
                      bool *ret_new, SdcError *ret_error);
/* Of a bag with one key word: the record that is there, or NULL. */
const SdcWord *sdc_bag_peek(const SdcBag *bag, uint64_t key);
void sdc_bag_clear(const SdcContext *context, SdcBag *bag);

#endif
