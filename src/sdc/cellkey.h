/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Perturbation of the counts of a table: the cell-key method with the maker of its table of chances, and
 * rounding; and how far a perturbed table is from the true one.
 *
 * Cell keys. Every record has a key in [0, 1) for life; a cell's key is the sum of its records' keys modulo
 * 1 (sdc_tabulate()), so that the same records are changed in the same way in every table. A count f with
 * key c becomes f + v, where v is the first change of row min(f, last) whose cumulated chance is above c.
 * Table of chances: row i has the changes v with |v| <= D, i + v >= 0 and i + v not in 1..J; their chances
 * have the greatest entropy among those with sum 1, mean 0 and variance V, and, with STAY, chance STAY of
 * no change where v = 0 is allowed. Row 0 never changes. The last row is D + J + 1.
 * Solution: p_v proportional to exp(a v + b v^2), a and b by Newton's method on the convex dual.
 *
 * Rounding to a base: to the nearest multiple (ties up), or at random without bias: f = q base + r becomes
 * (q + 1) base with chance r / base, else q base, by the draw (seed, stream, cell).
 *
 * Missing: counts must be whole, finite and not negative, keys in [0, 1). O(cells log D), O(D) a row.
 * Results do not depend on threads; ties do not occur (a key on a boundary goes to the next change).
 * References: Fraser, Wooton, "A proposed method for confidentialising tabular output to protect against
 * differencing", UNECE 2005; Giessing, "Computational issues in the design of transition probabilities and
 * disclosure risk estimation for additive noise", PSD 2016, LNCS 9867, section 2; rounding: Hundepool et
 * al., "Statistical Disclosure Control" (2012), 5.4.
 */
#ifndef DARSE_SDC_CELLKEY_H
#define DARSE_SDC_CELLKEY_H

#include "sdc/core.h"

#define SDC_CHANGE_MAX 100

typedef struct SdcChanceRules {
    unsigned largest_change;     /* D, 1 to SDC_CHANGE_MAX */
    double variance;             /* V, above 0 */
    unsigned never_published;    /* J: counts 1..J never appear; 0 to SDC_CHANGE_MAX */
    double stay;                 /* 0, or the chance of no change, below 1 */
} SdcChanceRules;

/* Row i: entries starts[i] .. starts[i + 1] - 1, by increasing change. Owned. */
typedef struct SdcChances {
    size_t rows, count;
    size_t *starts;
    int32_t *changes;
    double *chances, *cumulated;   /* the last of a row is 1 */
} SdcChances;

/* SDC_ERROR_IMPOSSIBLE names the row that no chances can satisfy. */
bool sdc_chances_make(const SdcContext *context, const SdcChanceRules *rules, SdcChances *ret_chances,
                      SdcError *ret_error);
void sdc_chances_clear(const SdcContext *context, SdcChances *chances);

/* COUNTS, KEYS and RET_COUNTS have CELLS values; RET_COUNTS may be COUNTS. Nothing is written on failure. */
bool sdc_cellkey_perturb(const SdcChances *chances, const double *counts, const double *keys, size_t cells,
                         double *ret_counts, SdcError *ret_error);

bool sdc_table_round(const double *counts, size_t cells, unsigned base, double *ret_counts,
                     SdcError *ret_error);
bool sdc_table_round_random(const SdcContext *context, const double *counts, size_t cells, unsigned base,
                            uint64_t seed, uint64_t stream, double *ret_counts, SdcError *ret_error);

/* Of the cells that are shown (SUPPRESSED NULL: all): unchanged ones, mean and largest |z - x|, mean
 * |z - x| / |x| over x != 0, mean |sqrt z - sqrt x| over both not negative. Of the others: how many, and
 * their share of the sum of |x|. No cell: zeros. */
typedef struct SdcDeviation {
    size_t shown, unchanged, suppressed;
    double mean, largest, mean_relative, mean_root;
    double suppressed_value, suppressed_share;
} SdcDeviation;

bool sdc_table_deviation(const double *original, const double *published, const bool *suppressed,
                         size_t cells, SdcDeviation *ret_deviation, SdcError *ret_error);

#endif
