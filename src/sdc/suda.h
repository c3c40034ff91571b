/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SUDA2: special uniques. A minimal sample unique (MSU) of a record is a set S of key variables on which
 * the record is unique in the file while on no proper subset of S it is. The fewer variables suffice, and
 * the more such sets a record has, the more it stands out:
 *
 *     score = sum over its MSU of w(|S|)
 *
 * FACTORIAL weights: w(s) = (m - s)! (Elliot, Manning and Ford 2002; sdcMicro's default), in doubles,
 * exact up to m = 22. IHSN weights: w(s) = (2^(m-s) - 1) s! (m-s)! / m!, of the guides of the
 * International Household Survey Network.
 *
 * DIS-SUDA turns scores into a measure between 0 and 1 with the data intrusion simulation: with U sample
 * uniques on all m variables, P records that share their key with exactly one other, and pi the share of
 * the population that is in the sample,
 *
 *     D = U pi / (U pi + P (1 - pi)),   Q = 1 + (8 - m)/20,
 *     A = sum over records with score > 0 of 1/score^Q,
 *     DIS_i = 1 / (1 + (U/D - U) / (score_i^Q A)),   0 where the score is 0.
 *
 * References: Elliot, Manning and Ford, "A computational algorithm for handling the special uniques
 * problem", IJUFKS 10(5), 2002, pp. 493-509 (scores); Manning, Haglin and Keane, "A recursive
 * search algorithm for statistical disclosure assessment", DMKD 16(2), 2008, pp. 165-196;
 * Skinner and Elliot, "A measure of disclosure risk for microdata", JRSS B 64(4), 2002, pp. 855-867 (D).
 */
#ifndef DARSE_SDC_SUDA_H
#define DARSE_SDC_SUDA_H

#include "sdc/keys.h"

typedef enum SdcSudaWeights { SDC_SUDA_FACTORIAL, SDC_SUDA_IHSN } SdcSudaWeights;

/* Subsets of key variables that one call may look at; 20 variables have 1 048 575. */
#define SDC_SUDA_SUBSETS_MAX ((size_t)1 << 20)

typedef struct SdcSudaOptions {
    unsigned largest_set;      /* look at sets of up to this many variables; 0 means all */
    SdcSudaWeights weights;
    double sampling_fraction;  /* pi, in (0, 1); sdcMicro's default is .01 */
    SdcMissing missing;        /* WILDCARD: a record with a missing value is unique on a set only if no
                                  other record can be equal to it there */
} SdcSudaOptions;

typedef struct SdcSuda {
    size_t rows;
    size_t variables;
    double *scores;            /* ROWS values */
    double *dis;               /* ROWS values, DIS-SUDA */
    uint32_t *sets;            /* ROWS values: number of MSU */
    size_t by_size[SDC_KEYS_MAX + 1];   /* MSU of each size in the file */
    double contributions[SDC_KEYS_MAX]; /* percent of the sum of scores that comes from MSU that
                                           contain the variable */
} SdcSuda;

/*
 * Domain: 3 to SDC_KEYS_MAX variables, at most SDC_SUDA_SUBSETS_MAX subsets. Level by level: on a set S
 * only the records that are unique on no proper subset are counted, since the others match nobody there.
 * Time at most O(2^m rows), memory O(C(m, m/2) rows / 4) bytes; subsets of a level run as tasks. (D with
 * U = 0 or P = 0: DIS is 0 without uniques; D = 1, and so DIS = 1, without pairs.)
 */
bool sdc_suda(const SdcContext *context, const SdcCodes *columns, size_t count,
              const SdcSudaOptions *options, SdcSuda *ret_suda, SdcError *ret_error);
void sdc_suda_clear(const SdcContext *context, SdcSuda *suda);

#endif
