/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local suppression: single values of key variables are made missing until each record matches at least k
 * records, itself included, where a missing value matches every value (SDC_MISSING_WILDCARD; f of
 * sdc/keys.h). That is what sdcMicro and mu-Argus call k-anonymity after suppression. It is weaker than
 * k-anonymity with missing as a category: a record whose keys are all missing matches everybody. Reports
 * print both counts.
 *
 * GREEDY, the rule that sdcMicro applies. In passes, until no record has f < k:
 *   1. of records with equal keys at most k, the first ones, are candidates;
 *   2. records with f < k are taken by increasing f, ties in the order of the file;
 *   3. for each, among candidates at the least number > 0 of variables in which both have values and
 *      differ, the first variable in the order of importance in which one of them differs is made
 *      missing, at once;
 *   4. f is counted again.
 *
 * THRIFTY. Records with f < k at the start are taken in the same order, and left alone if suppressions
 * made before have protected them. For each, the set of variables of least cost is made missing such that
 * the record matches k records; among equal costs the one that helps most other records below k, then the
 * lowest set. Then each suppressed value is given back if every record still matches k. The result of
 * GREEDY is treated the same way, and the cheaper of both is kept: never more than GREEDY, at equal cost
 * of variables never more cells. With more than SDC_THRIFTY_KEYS_MAX variables only the second is made.
 *
 * Both end with a count that shows that every record has f >= k; a file of fewer than k records is
 * SDC_ERROR_IMPOSSIBLE. Values missing from the start are wildcards and cost nothing.
 *
 * Time O(records below k x rows x variables) byte operations, vectorised; GREEDY stops looking as soon as
 * nothing can change the choice. Memory about 20 bytes a record and variable.
 *
 * References: Templ, Kowarik, Meindl, "Statistical disclosure control for micro-data using the R package
 * sdcMicro", JSS 67(4), 2015, pp. 1-36 (local suppression); de Waal and
 * Willenborg, "Optimal local suppression in microdata", JOS 14(4), 1998, pp. 421-435 (the problem).
 */
#ifndef DARSE_SDC_SUPPRESSION_H
#define DARSE_SDC_SUPPRESSION_H

#include "sdc/keys.h"

#define SDC_THRIFTY_KEYS_MAX 12

typedef enum SdcSuppressionRule { SDC_SUPPRESSION_GREEDY, SDC_SUPPRESSION_THRIFTY } SdcSuppressionRule;

typedef struct SdcSuppressionOptions {
    SdcSuppressionRule rule;
    uint32_t k;                  /* at least 2 */
    const uint32_t *importance;  /* GREEDY: the variables (0-based), that to suppress first first. NULL: by
                                    decreasing number of categories in the file, then by position */
    const double *costs;         /* THRIFTY: cost of one missing value of each variable, in (0, 1e6]. NULL:
                                    1 each */
    const SdcCodes *strata;      /* NULL, or k holds within each stratum (missing is a stratum) */
} SdcSuppressionOptions;

typedef struct SdcSuppression {
    size_t rows, variables;
    uint32_t *codes;             /* VARIABLES columns of ROWS codes, one after the other */
    size_t cells;                /* values made missing */
    size_t by_variable[SDC_KEYS_MAX];
    double cost;
    size_t greedy_strata, thrifty_strata;   /* by which way each stratum was made (1 in all without) */
} SdcSuppression;

bool sdc_suppress(const SdcContext *context, const SdcCodes *columns, size_t count,
                  const SdcSuppressionOptions *options, SdcSuppression *ret_suppression,
                  SdcError *ret_error);
void sdc_suppression_clear(const SdcContext *context, SdcSuppression *suppression);

#endif
