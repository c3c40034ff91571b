/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary rules that need more than one contributor of a cell, on tables that sdc_tabulate() made
 * from records; group disclosure; and how far a suppressed cell is to be protected. The rules on declared
 * columns are in sdc/primary.h; with one contributor and no weights both say the same.
 *
 * Formulas. Of a cell: A the sum of absolute contributions, x1 the largest, T(m) the sum of the m largest,
 * all in absolute value. A contributor of weight w stands for w units of its value: T(m) takes units from
 * the largest contributor on until m are taken.
 *   (n,k) dominance   unsafe when 100 T(n) > k A
 *   p/q with a coalition of c   unsafe when q (A - T(c + 1)) < p x1; p % is q = 100
 *   minimum number of contributors   unsafe when 0 < units < minimum
 * Equality is safe. Where fewer contributors were kept than a rule takes units, what is missing is taken to
 * be as large as the last one kept: the rule then flags at least what it should.
 * Levels: the amount by which an estimate of the cell must be able to be too high, (100 / k) T(n) - A and
 * (p / q) x1 - (A - T(c + 1)), the largest of the broken rules; for the minimum number, a percentage of A.
 *
 * Missing: the table has none. Empty cells are safe. O(cells x contributors kept).
 * Reference: Hundepool et al., "Statistical Disclosure Control" (2012), 4.2.1 to 4.2.3, table 4.3.
 */
#ifndef DARSE_SDC_CONTRIBUTORS_H
#define DARSE_SDC_CONTRIBUTORS_H

#include "sdc/relations.h"
#include "sdc/tabulate.h"

/* A rule with parameter 0 is not in force; one must be. */
typedef struct SdcContributorRules {
    double minimum_units;          /* 0, or 1 to 1 000 000 */
    unsigned dominance_n;          /* 0, or 1 to SDC_TOP_MAX */
    double dominance_percent;      /* k, above 0 to 100, with DOMINANCE_N */
    double p_percent;              /* 0, or above 0 to 100 */
    double q_percent;              /* 0: 100; else above P_PERCENT to 100 */
    unsigned coalition;            /* c, 0: 1; at most SDC_TOP_MAX - 1 */
    double minimum_margin_percent; /* of the total, for cells below MINIMUM_UNITS; 0: 10 */
} SdcContributorRules;

typedef enum SdcContributorFlag {
    SDC_CONTRIBUTORS_MINIMUM = 1 << 0,
    SDC_CONTRIBUTORS_DOMINANCE = 1 << 1,
    SDC_CONTRIBUTORS_P_Q = 1 << 2,
} SdcContributorFlag;

bool sdc_contributor_rules_check(const SdcContributorRules *rules, SdcError *ret_error);

/* RET_FLAGS: SdcContributorFlag bits, 0 for a safe cell. RET_LEVELS: 0 for a safe cell; may be NULL. Both
 * of CELLS values. The cube must have values and at least one contributor for the rules on them. */
bool sdc_contributors_check(const SdcContributorRules *rules, const SdcCube *cube, uint8_t *ret_flags,
                            double *ret_levels, SdcError *ret_error);

/* Group disclosure: RET_GROUPS (one a cell) is true for a part with all the units of a total that has
 * several parts: who is known to be in the total is then known to be in the part. COUNTS: one a cell. */
bool sdc_group_disclosure(const SdcRelations *relations, const double *counts, bool *ret_groups,
                          size_t *ret_count, SdcError *ret_error);

#endif
