/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cell-key method for totals: noise in proportion to what the largest contributors give, the same
 * for the same records in every table.
 *
 * Definition. Of a cell: X its total, s the sum of absolute contributions, c_1 >= c_2 >= .. the absolute
 * values of its largest units (a contributor of weight w stands for w units of its value), u its key (sdc_tabulate()). Each contributor j = 1..TOP that
 * there is adds noise of scale d_j = e_j m(s) c_j:
 *   v_j = look-up of (state r_(j-1) / d_j, key u_j),  r_j = r_(j-1) + d_j v_j,  r_0 = s,
 * and the published total is r_TOP with the sign of X. The look-up of a state between two rows of the table
 * of chances takes both rows' changes under the one key and mixes them in the proportion of the distances;
 * above the last row it is the last row. As no row takes more than the state it is for, nothing changes
 * its sign, and as each row has mean 0, so has the noise. Where contributions have both signs, the total may
 * change its sign: all look-ups are in the last row, and the published total is X + sum d_j v_j.
 *   u_1 is the cell's key, u_2.. are mixed from it.
 *   MEAN and SUM: one source of noise, with c_1 = s / (units represented), or s.
 *   m(s), the flex function: with shares p1 >= p2, flexpoint F and power q,
 *     m(s) = p2 (1 + (p1 s - p2 F) / (p2 F) (2 F / (F + s))^q) for s > F, p1 up to it. m(F) = p1, and for
 *     q > 1 it goes down to p2 for large cells. F = 0: m = p1 everywhere.
 *   SMALL: cells with s < S change by the plain look-up of (state s, key u) in this table: as counts do,
 *     so that totals of ones agree with counts. S = sd(SMALL) / (p1 sd(EVEN) sqrt(sum e_j^2)), sd being
 *     the root of the last row's variance: the noise of a cell of TOP equal contributors that large.
 *   EVEN and ODD: tables for cells with an even or odd number of contributors.
 * Changes of a table of chances count in its steps: v = change / steps.
 *
 * Zeros: a cell without contributors, or with zeros alone, stays 0. A record whose value is 0 should not
 * change the noise of a total: give it the key 0 when the cube for totals is made.
 * Missing: a cube has none. Ties: equal contributors are told apart by nothing but their place, and do not
 * show. O(cells x TOP x log D); no memory, no threads. Not offered: a contributor's range as scale, and
 * extra noise for sensitive cells.
 *
 * References: Thompson, Broadfoot, Elazar, "Methodology for the automatic confidentialisation of
 * statistical outputs from remote servers at the Australian Bureau of Statistics", Joint UNECE/Eurostat
 * work session on statistical data confidentiality, 2013 (largest contributors); Giessing, Tent,
 * "Concepts for generalising tools implementing the cell key method to the case of continuous variables",
 * Joint UNECE/Eurostat work session, 2019 (flex function, separation point, look-up between rows).
 * Looking up what is left, r_(j-1), and not s for every contributor is this library's: with s, several
 * contributors together can take more than there is.
 */
#ifndef DARSE_SDC_MAGNITUDES_H
#define DARSE_SDC_MAGNITUDES_H

#include "sdc/chances.h"
#include "sdc/tabulate.h"

typedef enum SdcMagnifier { SDC_MAGNIFIER_TOP, SDC_MAGNIFIER_MEAN, SDC_MAGNIFIER_SUM } SdcMagnifier;

typedef struct SdcMagnitudeRules {
    const SdcChances *even, *odd;      /* ODD NULL: EVEN for all cells */
    const SdcChances *small;           /* NULL: small cells are like others */
    SdcMagnifier magnifier;
    unsigned top;                      /* for SDC_MAGNIFIER_TOP, 1 to SDC_TOP_MAX; else 1 */
    double weights[SDC_TOP_MAX];       /* e: the first is 1, none above the one before, none below 0 */
    double small_share, large_share;   /* p1 >= p2, above 0, at most 1; without flexpoint p2 is not used */
    double flexpoint;                  /* F, 0 or above S */
    double power;                      /* q, at least 1 */
} SdcMagnitudeRules;

/* S for these rules, 0 without SMALL. */
bool sdc_magnitudes_separation(const SdcMagnitudeRules *rules, double *ret_point, SdcError *ret_error);

/* The cube needs values, record keys and, for SDC_MAGNIFIER_TOP, TOP contributors. RET_TOTALS: a value a
 * cell. Nothing is written on failure. */
bool sdc_magnitudes_perturb(const SdcMagnitudeRules *rules, const SdcCube *cube, double *ret_totals,
                            SdcError *ret_error);

#endif
