/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a protected file lost of the original one. Both have the same records in the same order.
 *
 * Numbers (x original, z protected; records where either is missing are left out of a term):
 *   il1s          sum over variables and records of |x - z| / (sqrt(2) s_j), s_j the standard deviation
 *                 (n - 1) of the original; a variable without spread is left out. sdcMicro's IL1s is this
 *                 sum; il1s_mean is it over the number of terms, which can be compared between files.
 *   correlation   sqrt(1/2 sum over j of (d_j/|d| - d'_j/|d'|)^2), d the diagonal of the inverse of the
 *                 correlation matrix: in [0, 1] (sdcMicro's IL_correl). NaN where a matrix is singular.
 *   eigenvalues   sum over j of |l_j - l'_j| / l_j, l the eigenvalues of the covariance matrix of the
 *                 variables divided by the original's standard deviations, in decreasing order; terms with
 *                 l_j below 1e-12 of the largest are left out.
 *   Covariances are over records that are complete in both files.
 *
 * Categories: for each K-way table of the variables, with p and q the shares of its cells in both files
 * (missing is a category),
 *   hellinger     sqrt(1/2 sum (sqrt p - sqrt q)^2)
 *   variation     1/2 sum |p - q|
 *
 * References: Mateo-Sanz, Domingo-Ferrer, Sebe, "Probabilistic information loss measures in
 * confidentiality protection of continuous microdata", DMKD 11(2), 2005, pp. 181-193;
 * Templ, Kowarik, Meindl, JSS 67(4), 2015, pp. 1-36; Hundepool et al., "Statistical Disclosure
 * Control", Wiley 2012, chapter 3.
 */
#ifndef DARSE_SDC_UTILITY_H
#define DARSE_SDC_UTILITY_H

#include "sdc/microaggregation.h"
#include "sdc/keys.h"

typedef struct SdcNumbersLoss {
    size_t terms;
    double il1s, il1s_mean;
    double correlation, eigenvalues;   /* NaN below two complete records or two variables */
} SdcNumbersLoss;

/* COUNT in 1..SDC_NUMBERS_MAX. O(rows d^2 + d^3). */
bool sdc_numbers_loss(const SdcContext *context, const SdcNumbers *original, const SdcNumbers *protected_,
                      size_t count, SdcNumbersLoss *ret_loss, SdcError *ret_error);

/* Tables of one call. */
#define SDC_TABLES_MAX ((size_t)1 << 20)

typedef struct SdcTablesLoss {
    size_t tables;
    double hellinger_mean, hellinger_largest;
    double variation_mean, variation_largest;
} SdcTablesLoss;

/*
 * All tables of WAYS (1 to COUNT) of the variables. Codes must mean the same in both files: a recoded
 * variable is compared after the original has been recoded alike. Time O(tables x rows x ways).
 */
bool sdc_tables_loss(const SdcContext *context, const SdcCodes *original, const SdcCodes *protected_,
                     size_t count, unsigned ways, SdcTablesLoss *ret_loss, SdcError *ret_error);

#endif
