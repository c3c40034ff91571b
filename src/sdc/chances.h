/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of chances of the cell-key method: by how much a cell of each size may be changed, and with
 * what chance. Counts are changed by whole numbers, magnitudes (sdc/magnitudes.h) by parts of a unit.
 *
 * Definition. Row i is for cells of size i = 0, 1, .., D + J + 1; larger cells have the last row. Its
 * changes are the multiples v of 1 / STEPS with |v| <= D, i + v >= 0 and not 0 < i + v <= J. Their chances
 * have the greatest entropy among those with sum 1, mean 0 and variance V, and
 *   STAY: v = 0 has chance STAY, where it is allowed (the greatest entropy is that of the others);
 *   MONOTONE: the chances do not decrease from -D to 0 and do not increase from 0 to D, among the changes
 *   that the row has; v = 0 takes part in both where it is allowed and has no fixed chance;
 *   AT_MOST: the variance is V or less. Small sizes need it: what is above can move far, what is below
 *   cannot, and V then asks for long flat tails, or cannot be had in order at all.
 * Row 0 never changes.
 *
 * Method. p_v is proportional to exp(a v + b v^2), a and b by Newton's method on the convex dual. With
 * MONOTONE, neighbours that break the order are tied to one chance (v and v^2 then stand for their
 * means), and a tie is given up when its multiplier is negative: at the end all orders hold and all
 * multipliers are >= 0, which are the conditions of the optimum.
 * O(D STEPS) a row and iteration. Deterministic, one thread. No data, hence nothing missing.
 *
 * References: Fraser, Wooton, "A proposed method for confidentialising tabular output to protect against
 * differencing", Joint UNECE/Eurostat work session on statistical data confidentiality, 2005; Marley,
 * Leaver, "A method for confidentialising user-defined tables: statistical properties and a
 * risk-utility analysis", 58th World Statistics Congress, 2011 (greatest entropy); Giessing,
 * "Computational issues in the design of transition probabilities and disclosure risk estimation for
 * additive noise", Privacy in Statistical Databases 2016, LNCS 9867,
 * doi 10.1007/978-3-319-45381-1_18.
 */
#ifndef DARSE_SDC_CHANCES_H
#define DARSE_SDC_CHANCES_H

#include "sdc/core.h"

#define SDC_CHANGE_MAX 100

typedef struct SdcChanceRules {
    unsigned largest_change;     /* D; D x STEPS is 1 to SDC_CHANGE_MAX */
    double variance;             /* V, above 0 */
    unsigned never_published;    /* J: sizes in (0, J] never appear; 0 to SDC_CHANGE_MAX */
    double stay;                 /* 0, or the chance of no change, below 1 */
    bool monotone;
    unsigned steps;              /* changes are multiples of 1 / STEPS; 0: 1, as counts need */
    bool at_most;                /* the variance may be less than V */
} SdcChanceRules;

/* Row i: entries starts[i] .. starts[i + 1] - 1, by increasing change. Owned. */
typedef struct SdcChances {
    size_t rows, count;
    unsigned steps;                /* at least 1 */
    size_t *starts;
    int32_t *changes;              /* in parts of 1 / STEPS */
    double *chances, *cumulated;   /* the last of a row is 1 */
} SdcChances;

/* SDC_ERROR_IMPOSSIBLE names the row that no chances can satisfy. */
bool sdc_chances_make(const SdcContext *context, const SdcChanceRules *rules, SdcChances *ret_chances,
                      SdcError *ret_error);
void sdc_chances_clear(const SdcContext *context, SdcChances *chances);

#endif
