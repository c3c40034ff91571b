/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Controlled rounding: every cell of a table, totals included, becomes a multiple of a base, and all still
 * add up. (Rounding cell by cell, which does not add up, is sdc/cellkey.h's.)
 *
 * Problem. With values a, base b and relations, find multiples z of b that satisfy every relation and make
 * the sum of weight |a - z| least, where
 *   z is one of the two multiples next to a; what is a multiple stays (zero-restricted, STEPS 0);
 *   or one of STEPS more multiples below or above them (general).
 * Zeros stay zeros, and no cell changes its sign.
 * Of two dimensions a zero-restricted solution always exists; of more, or with linked tables, there may
 * be none: SDC_ERROR_IMPOSSIBLE, and STEPS 1 usually has one.
 *
 * Method: one mixed-integer program through the solver of the context: a column says whether a goes up or
 * down, two more how many steps beyond. What comes back is checked in whole numbers. "Proven" is said when
 * the solver proved that no rounding is nearer; else the bound says how far it may be from that.
 * Exponential in the worst case; of two dimensions the relaxed program is whole-numbered. Deterministic
 * unless time ends it; one thread. Ties: any of the nearest.
 * Missing: values must be finite, and add up within 1e-9 of what is added.
 *
 * References: Causey, Cox, Ernst, "Applications of transportation theory to statistical problems", Journal
 * of the American Statistical Association 80 (1985), pp. 903-909 (two dimensions, and a table of three
 * without a solution); Salazar, "Controlled rounding and cell perturbation: statistical disclosure
 * limitation methods for tabular data", Mathematical Programming 105 (2006), pp. 583-603.
 */
#ifndef DARSE_SDC_ROUNDING_H
#define DARSE_SDC_ROUNDING_H

#include "sdc/relations.h"

#define SDC_ROUNDING_STEPS_MAX 100

typedef struct SdcControlled {
    const SdcRelations *relations;
    const double *values;      /* one a cell; at most 2^50 bases */
    double base;               /* above 0 */
    unsigned steps;            /* 0: zero-restricted; at most SDC_ROUNDING_STEPS_MAX */
    const double *weights;     /* one a cell, finite and not negative; NULL: 1 */
    double time_limit_s;       /* above 0 */
} SdcControlled;

typedef struct SdcControlledSummary {
    bool proven;
    double distance;           /* sum of weight |a - z| */
    double bound;              /* no rounding is nearer */
    size_t beyond;             /* cells that left the two multiples next to them */
} SdcControlledSummary;

/* RET_VALUES has CELLS values, and may be VALUES. SDC_ERROR_LIMIT: time ended before any was found. */
bool sdc_table_round_controlled(const SdcContext *context, const SdcControlled *rounding, double *ret_values,
                                SdcControlledSummary *ret_summary, SdcError *ret_error);

#endif
