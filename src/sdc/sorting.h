/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting without the C library's qsort (which may allocate, and has no place for a context). Stable, so
 * that ties keep the order of records. Private to src/sdc.
 */
#ifndef DARSE_SDC_SORTING_H
#define DARSE_SDC_SORTING_H

#include "sdc/scope.h"

/* RET_ORDER (COUNT values) receives the records by increasing VALUES; NaN come last. O(count): eight
 * counting passes at most. */
bool sdc_order_numbers(const SdcContext *context, const double *values, size_t count,
                       uint32_t *ret_order, SdcError *ret_error);
/* The same on 64-bit integers. */
bool sdc_order_words(const SdcContext *context, const uint64_t *values, size_t count,
                     uint32_t *ret_order, SdcError *ret_error);

#endif
