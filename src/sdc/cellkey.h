/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Perturbation of the counts of a table: the cell-key method (the table of chances is sdc/chances.h's;
 * magnitudes are sdc/magnitudes.h's), rounding cell by cell (additive rounding is sdc/rounding.h's), and
 * how far a perturbed table is from the true one.
 *
 * Cell keys. Every record has a key in [0, 1) for life; a cell's key is the sum of its records' keys modulo
 * 1 (sdc_tabulate()), so that the same records are changed in the same way in every table. A count f with
 * key c becomes f + v, where v is the first change of row min(f, last) whose cumulated chance is above c.
 *
 * Rounding to a base: to the nearest multiple (ties up), or at random without bias: f = q base + r becomes
 * (q + 1) base with chance r / base, else q base, by the draw (seed, stream, cell).
 *
 * Missing: counts must be whole, finite and not negative, keys in [0, 1). O(cells log D).
 * Results do not depend on threads; ties do not occur (a key on a boundary goes to the next change).
 * References: Fraser, Wooton, "A proposed method for confidentialising tabular output to protect against
 * differencing", Joint UNECE/Eurostat work session on statistical data confidentiality, 2005; rounding:
 * Hundepool et al., "Statistical Disclosure Control", Wiley 2012, chapter 5 (frequency tables).
 */
#ifndef DARSE_SDC_CELLKEY_H
#define DARSE_SDC_CELLKEY_H

#include "sdc/chances.h"

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
