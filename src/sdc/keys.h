/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and their frequencies: which records share their combination of key variables.
 *
 * Reference: Sweeney, "k-anonymity: a model for protecting privacy", IJUFKS 10(5), 2002, pp. 557-570;
 * for f and F, Franconi and Polettini, "Individual risk estimation in mu-Argus: a
 * review", PSD 2004, LNCS 3050, pp. 262-272.
 */
#ifndef DARSE_SDC_KEYS_H
#define DARSE_SDC_KEYS_H

#include "sdc/core.h"

/* Key variables of one call. */
#define SDC_KEYS_MAX 64

/*
 * The partition of records by equal keys; a missing value is a category of its own. Classes are numbered
 * by their first record.
 */
typedef struct SdcClasses {
    size_t rows;
    size_t count;        /* classes */
    uint32_t *of_row;    /* ROWS values: class of each record */
    uint32_t *first;     /* COUNT values: first record of each class */
    uint32_t *sizes;     /* COUNT values: records in each class */
} SdcClasses;

/*
 * Domain: COUNT in 1..SDC_KEYS_MAX columns of equal length that pass sdc_codes_check(). No record: no
 * class. Time O(rows x count), memory 16 to 24 bytes a record and 8 more for each further 64 bits of
 * packed key; threads work on parts of the keys' hash.
 */
bool sdc_classes_find(const SdcContext *context, const SdcCodes *columns, size_t count,
                      SdcClasses *ret_classes, SdcError *ret_error);
void sdc_classes_clear(const SdcContext *context, SdcClasses *classes);

/*
 * f and F of each record. f_i is the number of records whose key matches that of record i, itself
 * included; F_i is the sum of their weights, which estimates the size of the key in the population.
 *
 * MISSING_CATEGORY: two keys match when they are equal. MISSING_WILDCARD: two keys match when in each
 * variable they are equal or one of them is missing. (Matching with wildcards is not transitive: there
 * are no classes, and a file that is k-anonymous under wildcards need not be so under categories.)
 *
 * WEIGHTS: NULL means 1 for each record; otherwise finite and >= 0, none missing. Sums are made in the
 * order of records (of classes, under wildcards), so that they are the same for any number of threads.
 *
 * Time O(rows x count), plus O(classes) for each pair of patterns of missing values under wildcards.
 */
typedef struct SdcFrequencies {
    size_t rows;
    size_t keys;           /* distinct keys, missing as a category */
    SdcMissing missing;
    uint32_t *sample;      /* ROWS values: f */
    double *population;    /* ROWS values: F */
} SdcFrequencies;

bool sdc_frequencies_count(const SdcContext *context, const SdcCodes *columns, size_t count,
                           const SdcNumbers *weights, SdcMissing missing,
                           SdcFrequencies *ret_frequencies, SdcError *ret_error);
void sdc_frequencies_clear(const SdcContext *context, SdcFrequencies *frequencies);

/* What of it says something on anonymity. */
typedef struct SdcAnonymity {
    size_t rows, keys;
    size_t uniques;        /* records with f = 1 */
    size_t doubles;        /* records with f = 2 */
    size_t below;          /* records with f < k: 0 means that the file is k-anonymous */
    uint32_t k;            /* as asked */
    uint32_t smallest;     /* least f, 0 when there is no record */
} SdcAnonymity;

SdcAnonymity sdc_anonymity(const SdcFrequencies *frequencies, uint32_t k);

#endif
