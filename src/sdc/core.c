/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context's gaps filled: malloc, the calling thread, Philox; and the checks of data that come from
 * outside.
 *
 * Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11, section
 * 3 and table 2; its test vectors are in tests/unit/test_sdc_core.c.
 */
#include "sdc/core.h"

#include "sdc/failure.h"
#include "sdc/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

unsigned sdc_abi(void)
{
    return SDC_ABI;
}

/* --- memory ------------------------------------------------------------------------------------ */

static void *reallocate(const SdcContext *context, void *block, size_t old_bytes, size_t new_bytes)
{
    const SdcAllocator *allocator = context != NULL ? context->allocator : NULL;
    if (allocator != NULL)
        return allocator->reallocate(allocator->user, block, old_bytes, new_bytes);
    if (new_bytes == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_bytes);
}

/* One byte at least, so that an empty array is a block like another. */
static bool bytes_of(size_t count, size_t size, size_t *ret_bytes, SdcError *ret_error)
{
    if (__builtin_mul_overflow(count, size, ret_bytes) || *ret_bytes > PTRDIFF_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu items of %zu bytes are more than memory can "
                           "address.", count, size);
    if (*ret_bytes == 0)
        *ret_bytes = 1;
    return true;
}

void *sdc_resize(const SdcContext *context, void *block, size_t old_count, size_t count, size_t size,
                 SdcError *ret_error)
{
    size_t old_bytes = 0, bytes;
    if (!bytes_of(count, size, &bytes, ret_error) ||
        (block != NULL && !bytes_of(old_count, size, &old_bytes, ret_error)))
        return NULL;
    void *grown = reallocate(context, block, old_bytes, bytes);
    if (grown == NULL)
        sdc_failure(ret_error, SDC_ERROR_MEMORY, "%zu bytes of memory could not be had.", bytes);
    return grown;
}

void *sdc_alloc(const SdcContext *context, size_t count, size_t size, SdcError *ret_error)
{
    void *block = sdc_resize(context, NULL, 0, count, size, ret_error);
    if (block != NULL)
        memset(block, 0, count * size);
    return block;
}

void sdc_release(const SdcContext *context, void *block, size_t count, size_t size)
{
    size_t bytes;
    if (block != NULL && bytes_of(count, size, &bytes, NULL))
        reallocate(context, block, bytes, 0);
}

/* --- tasks and progress ------------------------------------------------------------------------ */

unsigned sdc_thread_count(const SdcContext *context)
{
    if (context == NULL || context->threads == NULL || context->threads->count == 0)
        return 1;
    return context->threads->count;
}

void sdc_run_tasks(const SdcContext *context, size_t tasks, void (*task)(void *data, size_t index),
                   void *data)
{
    if (sdc_thread_count(context) > 1 && tasks > 1) {
        context->threads->run(context->threads->user, tasks, task, data);
        return;
    }
    for (size_t i = 0; i < tasks; i++)
        task(data, i);
}

bool sdc_report(const SdcContext *context, double done, const char *step, SdcError *ret_error)
{
    const SdcProgress *progress = context != NULL ? context->progress : NULL;
    if (progress == NULL || progress->report(progress->user, done, step))
        return true;
    return sdc_failure(ret_error, SDC_ERROR_CANCELLED, "Stopped at \"%s\", as asked.", step);
}

/* --- random numbers ---------------------------------------------------------------------------- */

static void philox_round(uint32_t counter[4], const uint32_t key[2])
{
    uint64_t a = (uint64_t)0xD2511F53u * counter[0];
    uint64_t b = (uint64_t)0xCD9E8D57u * counter[2];
    uint32_t next[4] = {(uint32_t)(b >> 32) ^ counter[1] ^ key[0], (uint32_t)b,
                        (uint32_t)(a >> 32) ^ counter[3] ^ key[1], (uint32_t)a};
    memcpy(counter, next, sizeof next);
}

static void philox(uint64_t seed, uint64_t stream, uint64_t index, uint64_t ret_words[2])
{
    uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream,
                           (uint32_t)(stream >> 32)};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (int round = 0; round < 10; round++) {
        philox_round(counter, key);
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    ret_words[0] = counter[0] | (uint64_t)counter[1] << 32;
    ret_words[1] = counter[2] | (uint64_t)counter[3] << 32;
}

void sdc_random_words(const SdcContext *context, uint64_t seed, uint64_t stream, uint64_t index,
                      uint64_t ret_words[2])
{
    const SdcRandom *random = context != NULL ? context->random : NULL;
    if (random != NULL)
        random->words(random->user, seed, stream, index, ret_words);
    else
        philox(seed, stream, index, ret_words);
}

static double uniform_of(uint64_t word)
{
    return (double)(word >> 11) * 0x1p-53;
}

double sdc_random_uniform(const SdcContext *context, uint64_t seed, uint64_t stream, uint64_t index)
{
    uint64_t words[2];
    sdc_random_words(context, seed, stream, index, words);
    return uniform_of(words[0]);
}

/* Lemire's method; a word that would bring bias is followed by the second one, then by words of the
 * streams above (the top bits of a stream are ours). */
uint64_t sdc_random_below(const SdcContext *context, uint64_t seed, uint64_t stream, uint64_t index,
                          uint64_t bound)
{
    uint64_t threshold = (0 - bound) % bound;
    for (uint64_t turn = 0;; turn++) {
        uint64_t words[2];
        sdc_random_words(context, seed, stream ^ (turn << 48), index, words);
        for (int i = 0; i < 2; i++) {
            unsigned __int128 product = (unsigned __int128)words[i] * bound;
            if ((uint64_t)product >= threshold)
                return (uint64_t)(product >> 64);
        }
    }
}

double sdc_random_normal(const SdcContext *context, uint64_t seed, uint64_t stream, uint64_t index)
{
    uint64_t words[2];
    sdc_random_words(context, seed, stream, index, words);
    double radius = sqrt(-2 * log(1 - uniform_of(words[0])));
    return radius * cos(2 * 3.14159265358979323846 * uniform_of(words[1]));
}

/* --- checks of data ---------------------------------------------------------------------------- */

bool sdc_codes_check(const SdcCodes *codes, SdcError *ret_error)
{
    if (codes->rows > SDC_ROWS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu rows are more than %zu.", codes->rows,
                           SDC_ROWS_MAX);
    if (codes->categories > SDC_CATEGORIES_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%u categories are more than %u.",
                           codes->categories, SDC_CATEGORIES_MAX);
    for (size_t i = 0; i < codes->rows; i++) {
        if (codes->codes[i] > codes->categories)
            return sdc_failure(ret_error, SDC_ERROR_DATA,
                               "Row %zu has code %u; the column has %u categories.", i + 1,
                               codes->codes[i], codes->categories);
    }
    return true;
}

bool sdc_numbers_check(const SdcNumbers *numbers, SdcError *ret_error)
{
    if (numbers->rows > SDC_ROWS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu rows are more than %zu.", numbers->rows,
                           SDC_ROWS_MAX);
    for (size_t i = 0; i < numbers->rows; i++) {
        if (isinf(numbers->values[i]))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Row %zu has an infinite value.", i + 1);
    }
    return true;
}

bool sdc_hierarchy_check(const SdcHierarchy *hierarchy, SdcError *ret_error)
{
    if (hierarchy->levels < 1 || hierarchy->levels > SDC_HIERARCHY_LEVELS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "A hierarchy has 1 to %d levels, not %u.",
                           SDC_HIERARCHY_LEVELS_MAX, hierarchy->levels);
    for (unsigned l = 0; l < hierarchy->levels; l++) {
        if (hierarchy->sizes[l] > SDC_CATEGORIES_MAX)
            return sdc_failure(ret_error, SDC_ERROR_LIMIT, "Level %u has %u categories.", l,
                               hierarchy->sizes[l]);
    }
    for (unsigned l = 0; l + 1 < hierarchy->levels; l++) {
        for (uint32_t c = 0; c < hierarchy->sizes[l]; c++) {
            if (hierarchy->parents[l][c] >= hierarchy->sizes[l + 1])
                return sdc_failure(ret_error, SDC_ERROR_DATA,
                                   "Category %u of level %u has parent %u; level %u has %u categories.",
                                   c, l, hierarchy->parents[l][c], l + 1, hierarchy->sizes[l + 1]);
        }
    }
    return true;
}
