/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, tasks and random numbers of a context that may be NULL or have gaps. Private to src/sdc. */
#ifndef DARSE_SDC_MEMORY_H
#define DARSE_SDC_MEMORY_H

#include "sdc/core.h"

/* COUNT items of SIZE bytes, zeroed; COUNT 0 gives a block all the same. NULL with RET_ERROR filled
 * (SDC_ERROR_MEMORY, or SDC_ERROR_LIMIT when the product overflows). */
void *sdc_alloc(const SdcContext *context, size_t count, size_t size, SdcError *ret_error);
/* With the COUNT and SIZE it was asked with. BLOCK may be NULL. */
void sdc_release(const SdcContext *context, void *block, size_t count, size_t size);
/* BLOCK grown or shrunk to COUNT items; new items are not zeroed. On failure BLOCK is as it was. */
void *sdc_resize(const SdcContext *context, void *block, size_t old_count, size_t count, size_t size,
                 SdcError *ret_error);

/* At least 1. */
unsigned sdc_thread_count(const SdcContext *context);
void sdc_run_tasks(const SdcContext *context, size_t tasks, void (*task)(void *data, size_t index),
                   void *data);

void sdc_random_words(const SdcContext *context, uint64_t seed, uint64_t stream, uint64_t index,
                      uint64_t ret_words[2]);
/* Uniform in [0, 1) with 53 bits, from the first word. */
double sdc_random_uniform(const SdcContext *context, uint64_t seed, uint64_t stream, uint64_t index);
/* Uniform in 0..BOUND - 1 (BOUND > 0), without bias. */
uint64_t sdc_random_below(const SdcContext *context, uint64_t seed, uint64_t stream, uint64_t index,
                          uint64_t bound);
/* Standard normal (Box-Muller on the two words). */
double sdc_random_normal(const SdcContext *context, uint64_t seed, uint64_t stream, uint64_t index);

/* False with SDC_ERROR_CANCELLED when the caller wants to stop. */
bool sdc_report(const SdcContext *context, double done, const char *step, SdcError *ret_error);

#endif
