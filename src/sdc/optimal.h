/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secondary suppression of least cost that protects every primary cell by its interval.
 *
 * Problem. Find the set S of suppressed cells, primary cells included, of least total cost such that for
 * every primary cell p the attacker's interval (sdc/audit.h) contains [v_p - below_p, v_p + above_p].
 *
 * Method: Benders. A master problem chooses cells; for each primary cell and side, the attacker's program
 * over the chosen cells either reaches the protection asked for, or its dual says which cells could have
 * let it: with d the reduced cost of every cell, sum over i of min(level, max(d_i, 0) (upper_i - v_i) +
 * max(-d_i, 0) (v_i - lower_i)) x_i >= level. First on the relaxed master, then on the whole-numbered one,
 * until no program falls short. A pattern that is known (elimination's) starts the search and is given
 * back if time ends it.
 * Exact: "proven" is said when the last master was solved to optimality (relative gap 1e-9) and no
 * attacker falls short of a level by more than 1e-6 of it or of the unit of values.
 * Complexity: exponential in the worst case; tables of some hundred cells take a second. Deterministic
 * unless time ends it; one thread.
 * Missing: costs and values must be finite, costs not negative; a primary cell needs a level above 0 on one
 * side at least.
 * Reference: Fischetti, Salazar, "Solving the cell suppression problem on tabular data with linear
 * constraints", Management Science 47(7), 2001, pp. 1008-1027 (capacity constraints).
 */
#ifndef DARSE_SDC_OPTIMAL_H
#define DARSE_SDC_OPTIMAL_H

#include "sdc/relations.h"

typedef struct SdcOptimal {
    const SdcRelations *relations;
    const double *values;
    const bool *primary;
    const double *cost;            /* what is lost by not showing a cell; not negative */
    const bool *shown;             /* cells that must be shown; NULL: none */
    const double *lower, *upper;   /* known beforehand, as for sdc_audit() */
    const double *below, *above;   /* protection of primary cells; one side may be 0 */
    const bool *known;             /* a pattern to start from, or NULL */
    double time_limit_s;           /* of processor time */
} SdcOptimal;

typedef struct SdcOptimalSummary {
    size_t primary, secondary;
    double cost;                   /* of secondary cells */
    double bound;                  /* proven: no pattern costs less */
    bool proven;                   /* COST is the least */
    bool from_known;               /* time ended it, and the pattern is the one that was given */
    size_t rounds, cuts, programs;
} SdcOptimalSummary;

/* SDC_ERROR_IMPOSSIBLE where some primary cell cannot be protected though all that may is suppressed;
 * SDC_ERROR_LIMIT where time ended before any pattern was found and KNOWN does not protect. */
bool sdc_optimal_suppress(const SdcContext *context, const SdcOptimal *optimal, bool *ret_suppressed,
                          SdcOptimalSummary *ret_summary, SdcError *ret_error);

#endif
