/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/bag.h"

#include "sdc/failure.h"
#include "sdc/memory.h"

#define BAG_FIRST 64

static uint64_t hash_of(const SdcBag *bag, uint64_t key, uint64_t second)
{
    return sdc_mix(bag->key_words == 2 ? key ^ sdc_mix(second + 1) : key);
}

/* The half of the hash spares a look at most records that have another key. */
static uint64_t slot_of(uint64_t hash, size_t index)
{
    return (hash & 0xFFFFFFFF00000000u) | (index + 1);
}

static bool bag_rehash(const SdcContext *context, SdcBag *bag, SdcError *ret_error)
{
    size_t count = bag->slot_count == 0 ? 2 * BAG_FIRST : 2 * bag->slot_count;
    uint64_t *slots = sdc_alloc(context, count, sizeof *slots, ret_error);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < bag->count; i++) {
        const SdcWord *record = bag->records + i * bag->words;
        uint64_t hash = hash_of(bag, record[0].u, bag->key_words == 2 ? record[1].u : 0);
        size_t at = hash & (count - 1);
        while (slots[at] != 0)
            at = (at + 1) & (count - 1);
        slots[at] = slot_of(hash, i);
    }
    sdc_release(context, bag->slots, bag->slot_count, sizeof *slots);
    bag->slots = slots;
    bag->slot_count = count;
    return true;
}

static bool bag_grow(const SdcContext *context, SdcBag *bag, SdcError *ret_error)
{
    size_t capacity = bag->capacity == 0 ? BAG_FIRST : bag->capacity + bag->capacity / 2;
    if (capacity >= UINT32_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "The table has too many cells.");
    SdcWord *records = sdc_resize(context, bag->records, bag->capacity * bag->words,
                                  capacity * bag->words, sizeof *records, ret_error);
    if (records == NULL)
        return false;
    bag->records = records;
    bag->capacity = capacity;
    return true;
}

SdcWord *sdc_bag_find(const SdcContext *context, SdcBag *bag, uint64_t key, uint64_t second,
                      bool *ret_new, SdcError *ret_error)
{
    if (2 * bag->count >= bag->slot_count && !bag_rehash(context, bag, ret_error))
        return NULL;
    uint64_t hash = hash_of(bag, key, second);
    size_t mask = bag->slot_count - 1, at = hash & mask;
    for (; bag->slots[at] != 0; at = (at + 1) & mask) {
        if ((bag->slots[at] ^ hash) >> 32 != 0)
            continue;
        SdcWord *record = bag->records + (size_t)((uint32_t)bag->slots[at] - 1) * bag->words;
        if (record[0].u == key && (bag->key_words == 1 || record[1].u == second)) {
            *ret_new = false;
            return record;
        }
    }
    if (bag->count == bag->capacity && !bag_grow(context, bag, ret_error))
        return NULL;
    SdcWord *record = bag->records + bag->count * bag->words;
    for (unsigned w = 0; w < bag->words; w++)
        record[w].u = 0;
    record[0].u = key;
    if (bag->key_words == 2)
        record[1].u = second;
    bag->slots[at] = slot_of(hash, bag->count++);
    *ret_new = true;
    return record;
}

const SdcWord *sdc_bag_peek(const SdcBag *bag, uint64_t key)
{
    if (bag->count == 0)
        return NULL;
    size_t mask = bag->slot_count - 1;
    for (size_t at = hash_of(bag, key, 0) & mask; bag->slots[at] != 0; at = (at + 1) & mask) {
        const SdcWord *record = bag->records + (size_t)((uint32_t)bag->slots[at] - 1) * bag->words;
        if (record[0].u == key)
            return record;
    }
    return NULL;
}

void sdc_bag_clear(const SdcContext *context, SdcBag *bag)
{
    sdc_release(context, bag->records, bag->capacity * bag->words, sizeof *bag->records);
    sdc_release(context, bag->slots, bag->slot_count, sizeof *bag->slots);
    *bag = (SdcBag){.words = bag->words, .key_words = bag->key_words};
}
