/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values changed at random: PRAM, rank swapping, additive noise. Each draw is a function of the seed, the
 * stream (the caller gives each variable its own) and the record's position, so that nothing depends on
 * threads or on other variables. Missing values stay missing and take no part.
 *
 * PRAM (post-randomisation). A category k becomes j with probability R_kj. With a matrix of the caller R
 * is it. Without, R is invariant (expected counts are those of the file): P has p_kk uniform in (PD, 1) and
 * p_kj = (1 - p_kk)/(L - 1); with shares t of the categories, Q_jk = p_kj t_k / sum_i t_i p_ij;
 * R* = P Q; R = ALPHA R* + (1 - ALPHA) I. (t R* = t, hence t R = t.) L counts the categories that occur;
 * one alone stays. sdcMicro's defaults are PD = .8, ALPHA = .5. Time O(L^3 + rows log L).
 *
 * Rank swapping. Values are ranked (ties by record); from the lowest, each one not swapped yet is swapped
 * with one drawn evenly among those not swapped yet whose rank is at most PERCENT % of the number of values
 * above; with none left it stays. The multiset of values is kept exactly. Time O(rows log rows).
 *
 * Additive noise. x + N(0, (PERCENT/100 s)^2) with s the standard deviation (n - 1); CORRELATED: the
 * vector of all variables receives N(0, PERCENT/100 S) with S their covariance over complete records, so
 * that correlations are kept in expectation. A linear combination with no variance receives none. Time
 * O(rows d^2).
 *
 * References: Gouweleeuw, Kooiman, Willenborg, de Wolf, "Post randomisation for statistical disclosure
 * control", JOS 14(4), 1998, pp. 463-478 (invariant PRAM); Moore, "Controlled data-swapping
 * techniques for masking public use microdata sets", U.S. Bureau of the Census, Research report 96-04,
 * 1996; Brand, "Microdata protection through noise addition", LNCS 2316, 2002, pp. 97-116.
 */
#ifndef DARSE_SDC_PERTURBATION_H
#define DARSE_SDC_PERTURBATION_H

#include "sdc/microaggregation.h"

/* Categories of one variable of one call of PRAM: the matrix is full. */
#define SDC_PRAM_CATEGORIES_MAX 2000

typedef struct SdcPramOptions {
    uint64_t seed, stream;
    const double *matrix;   /* NULL, or CATEGORIES x CATEGORIES by rows, each in [0, 1] and each row of
                               sum 1 (within 1e-9) */
    double pd, alpha;       /* for MATRIX = NULL: both in [0, 1] */
} SdcPramOptions;

/* RET_CODES: rows values. RET_MATRIX: NULL, or CATEGORIES x CATEGORIES places for the R that was used
 * (identity for categories that do not occur). RET_CHANGED: how many records changed. */
bool sdc_pram(const SdcContext *context, const SdcCodes *column, const SdcPramOptions *options,
              uint32_t *ret_codes, double *ret_matrix, size_t *ret_changed, SdcError *ret_error);

/* PERCENT in (0, 100]. RET_VALUES: rows values. */
bool sdc_rank_swap(const SdcContext *context, const SdcNumbers *column, double percent, uint64_t seed,
                   uint64_t stream, double *ret_values, SdcError *ret_error);

/* PERCENT in (0, 1e6]; sdcMicro's default is 150. RET_VALUES: COUNT columns of rows values, one after the
 * other. Variable v draws from STREAM + v. */
bool sdc_add_noise(const SdcContext *context, const SdcNumbers *columns, size_t count, double percent,
                   bool correlated, uint64_t seed, uint64_t stream, double *ret_values,
                   SdcError *ret_error);

#endif
