/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Microaggregation by MDAV (maximum distance to average vector): records are put in groups of at least k
 * that are alike, and each value is replaced by its group's mean.
 *
 * Variables are divided by their standard deviation (those that are constant by 1). While at least 3k
 * records are left: c is their mean, r the record farthest from c, s the one farthest from r; r and the
 * k - 1 nearest to it form a group, then s and the k - 1 nearest to it of those left. With 2k to 3k - 1
 * left, r and its k - 1 nearest form one more group; the rest is the last group. Distances are Euclidean,
 * ties go to the first record. Groups have k to 2k - 1 records.
 *
 * Domain: at least one variable and k records, k >= 2, no missing value and nothing infinite (records with
 * missing values: leave them out or impute first; a mean of what is not there is nobody's).
 * Loss: SSE/SST on the standardised variables, in [0, 1].
 * Time O(n log n) times a factor that grows with the number of variables, O(n^2 / k) at worst; sdcMicro and
 * mu-Argus take the latter always. The groups are the same: see sdc/kdtree.h.
 *
 * References: Domingo-Ferrer and Mateo-Sanz, "Practical data-oriented microaggregation for statistical
 * disclosure control", IEEE TKDE 14(1), 2002, pp. 189-201; Domingo-Ferrer and Torra, "Ordinal, continuous
 * and heterogeneous k-anonymity through microaggregation", DMKD 11(2), 2005, pp. 195-212
 * (MDAV-generic).
 */
#ifndef DARSE_SDC_MICROAGGREGATION_H
#define DARSE_SDC_MICROAGGREGATION_H

#include "sdc/core.h"

#define SDC_NUMBERS_MAX 64   /* variables of one call */

typedef struct SdcMicroaggregation {
    size_t rows, variables;
    size_t groups;
    uint32_t *group;      /* ROWS values, 0 to GROUPS - 1 in the order they were formed */
    double *values;       /* VARIABLES columns of ROWS means */
    double sse, sst;      /* within groups, and total, on standardised variables */
} SdcMicroaggregation;

bool sdc_mdav(const SdcContext *context, const SdcNumbers *columns, size_t count, uint32_t k,
              SdcMicroaggregation *ret_result, SdcError *ret_error);
void sdc_microaggregation_clear(const SdcContext *context, SdcMicroaggregation *result);

#endif
