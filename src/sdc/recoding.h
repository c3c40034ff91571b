/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coarser values: recoding by a hierarchy, top and bottom coding, rounding; and fewer records: sampling.
 * None of these invents a value. Missing values stay missing.
 *
 * Reference: Hundepool et al., "Statistical Disclosure Control", Wiley 2012, chapter 3 (microdata:
 * recoding, top and bottom coding, rounding, sampling).
 */
#ifndef DARSE_SDC_RECODING_H
#define DARSE_SDC_RECODING_H

#include "sdc/core.h"

/* Each code by its ancestor at LEVEL (below HIERARCHY->levels; 0 changes nothing). The hierarchy's lowest
 * level has the column's categories. RET_CODES: rows values, 1 to HIERARCHY->sizes[LEVEL]. */
bool sdc_recode(const SdcContext *context, const SdcCodes *column, const SdcHierarchy *hierarchy,
                unsigned level, uint32_t *ret_codes, SdcError *ret_error);

/* What values beyond the limit become. */
typedef enum SdcCodingTail { SDC_CODING_LIMIT, SDC_CODING_MEAN } SdcCodingTail;

/*
 * Values above TOP become TOP or the mean of the values above it; values below BOTTOM likewise. NaN: no
 * such limit. BOTTOM <= TOP. RET_CHANGED: how many changed.
 */
bool sdc_code_tails(const SdcContext *context, const SdcNumbers *column, double bottom, double top,
                    SdcCodingTail tail, double *ret_values, size_t *ret_changed, SdcError *ret_error);

typedef enum SdcRounding {
    SDC_ROUNDING_NEAREST,   /* to the nearest multiple of the base, halves away from zero */
    SDC_ROUNDING_RANDOM     /* x = q base + r, 0 <= r < base: up with probability r/base, so that the
                               expectation is x */
} SdcRounding;

/* BASE finite and > 0. |x| / BASE must be below 2^52, where multiples are exact. */
bool sdc_round(const SdcContext *context, const SdcNumbers *column, double base, SdcRounding rounding,
               uint64_t seed, uint64_t stream, double *ret_values, SdcError *ret_error);

/*
 * A simple random sample without replacement of floor(FRACTION n + 1/2) records in each stratum (STRATA
 * NULL: one). RET_KEEP (rows values) is 1 for records of the sample; RET_WEIGHTS (NULL, or rows values)
 * is WEIGHTS (NULL: 1 each) times n over the stratum's sample, 0 for the others. A stratum whose sample
 * would be empty is SDC_ERROR_IMPOSSIBLE: its records would have no weight. FRACTION in (0, 1]. Time
 * O(rows).
 */
bool sdc_sample(const SdcContext *context, size_t rows, double fraction, const SdcCodes *strata,
                const SdcNumbers *weights, uint64_t seed, uint64_t stream, uint8_t *ret_keep,
                double *ret_weights, SdcError *ret_error);

/* RET_ORDER (rows values): a random permutation of the records, each equally likely up to the 128 bits of
 * a draw. */
bool sdc_shuffle(const SdcContext *context, size_t rows, uint64_t seed, uint64_t stream,
                 uint32_t *ret_order, SdcError *ret_error);

#endif
