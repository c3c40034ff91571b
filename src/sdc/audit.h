/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit of a table with suppressed cells: between which bounds someone can put each of them who knows
 * what is shown, how cells add up, and an interval for every cell beforehand.
 *
 * Definition. With values v, suppressed cells S and what is known beforehand, lower <= v <= upper, the
 * interval of cell p is the least and the greatest y_p over all y that keep every relation, equal v
 * outside S, and lie between the bounds. The cell is exact when the interval is one point, insufficient
 * when it does not contain [v_p - below_p, v_p + above_p], safe otherwise.
 *
 * Two linear programs a target, on the deviations of suppressed cells alone, component by component; a
 * cell that is alone in a relation, or becomes it, needs none. Needs a solver in the context (unless none
 * is left to solve). Tolerance: 1e-6 in the unit of values, more only where values pass 1e9.
 * Missing: values must be finite. No suppressed cell: no target, and a success. Intervals do not depend on
 * threads: each component's programs are cut in pieces of a constant size.
 * Reference: Fischetti, Salazar, "Solving the cell suppression problem on tabular data with linear
 * constraints", Management Science 47(7), 2001, pp. 1008-1027 (the attacker's problems).
 */
#ifndef DARSE_SDC_AUDIT_H
#define DARSE_SDC_AUDIT_H

#include "sdc/relations.h"

typedef enum SdcAuditState {
    SDC_AUDIT_SHOWN,          /* not suppressed, or not asked for */
    SDC_AUDIT_SAFE,
    SDC_AUDIT_INSUFFICIENT,
    SDC_AUDIT_EXACT,
} SdcAuditState;

/* One value a cell in every array. */
typedef struct SdcAudit {
    const SdcRelations *relations;
    const double *values;
    const bool *suppressed;
    const bool *targets;      /* which of them to bound; NULL: all */
    const double *lower;      /* known beforehand; NULL: 0, or nothing where some value is negative */
    const double *upper;      /* NULL: nothing */
    const double *below, *above;   /* protection asked for, not negative; NULL: 0, any interval will do */
} SdcAudit;

typedef struct SdcAuditSummary {
    size_t targets, safe, insufficient, exact;
    size_t components, programs;   /* what had to be solved */
} SdcAuditSummary;

/* RET_LOW, RET_HIGH: bounds (INFINITY where there is none), the value itself for cells not asked for.
 * RET_STATES: SdcAuditState. All of CELLS values. */
bool sdc_audit(const SdcContext *context, const SdcAudit *audit, double *ret_low, double *ret_high,
               uint8_t *ret_states, SdcAuditSummary *ret_summary, SdcError *ret_error);

/*
 * The same with what those know who are in the table: the only contributor of cells knows their values
 * (sdc/gauss.h). For every contributor, and with COALITION 2 for every two, the intervals of the targets
 * of others are found with the contributor's own cells as shown ones; what is returned is the narrowest.
 * A target that the coalition knows by the relations alone (a total of nothing but its cells) is passed
 * over. Bounds known beforehand count as always: with LOWER 1, two ones whose sum of 2 is shown are exact.
 * Time: an audit a contributor, of the targets that are linked to its cells.
 */
typedef struct SdcInsiders {
    const SdcAudit *audit;
    const bool *singletons;             /* cells with one contributor, each another; or */
    const uint32_t *contributors;       /* number of a cell's only contributor, 0: it has several or none */
    unsigned coalition;                 /* 1 (or 0), 2 */
} SdcInsiders;

/* RET_INSIDERS: of each target 1 + a cell of the contributor who knows most of it, 0 where no one in the
 * table knows more than those outside. The summary counts verdicts, and programs of all audits. */
bool sdc_audit_insiders(const SdcContext *context, const SdcInsiders *insiders, double *ret_low,
                        double *ret_high, uint8_t *ret_states, uint32_t *ret_insiders,
                        SdcAuditSummary *ret_summary, SdcError *ret_error);

#endif
