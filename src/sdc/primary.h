/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary rules: which cells of a table are not safe to show, by which rule, and how far a suppressed
 * one is to be protected. The only owner of these rules: tables made from records (sdc/tabulate.h) and
 * tables that somebody declares (the airlock's) are judged by the same function. No allocation; every
 * function is a pure function of its arguments and may be called from any thread.
 *
 * Formulas. Of a cell: n the units it stands for, m the contributors behind it, X the total, A the sum of
 * absolute contributions, x1 >= x2 >= .. the largest contributions in absolute value, T(u) the sum of the u
 * largest. A contributor of weight w stands for w units of its value: T(u) takes units from the largest
 * contributor on until u are taken, so that T(1) is x1 as it was reported and not what it stands for.
 *   minimum_count         0 < n < minimum
 *   minimum_contributors  0 < m < minimum
 *   dominance (u, k)      100 T(u) > k A
 *   p %, p/q              q (A - T(c + 1)) < p x1, with a coalition of c; p % is q = 100
 *   group                 a part has all units of its total, or 100 n > g N, N those of the total
 *   zero                  n = 0
 *   rounding              n is not a multiple of the base
 * Equality is safe everywhere (with 1e-12 A of room for the rounding of sums).
 *
 * Protection. How much too high an estimate of the cell must be able to be, so that the rule would hold
 * for the estimate: (100/k) T(u) - A for dominance, (p/q) x1 - (A - T(c + 1)) for p/q, MARGIN_PERCENT of A
 * for the other rules; the largest of the rules that flag it. Below: the same, at most A. In a table of
 * counts n stands for A, and the amount is at least 1, for a zero MINIMUM_COUNT.
 *
 * References: Hundepool et al., "Statistical Disclosure Control", Wiley 2012, chapters 4 (magnitude
 * tables: minimum, dominance, p %, p/q, holdings, weights, protection) and 5 (frequency tables: group
 * disclosure, zeros). The packs carry their own.
 */
#ifndef DARSE_SDC_PRIMARY_H
#define DARSE_SDC_PRIMARY_H

#include "sdc/relations.h"
#include "sdc/tabulate.h"

/* --- Rules ------------------------------------------------------------------------------------- */

/*
 * The parameters of the primary rules. A rule with parameter 0 is not in force.
 *
 * minimum_count         the smallest *safe* number of units that a cell stands for (weights counted):
 *                       tools disagree on "< 3" against "<= 3". Domain: 0, or 1 to 1 000 000.
 * minimum_contributors  the same of those behind it: respondents of a sample, or holdings where the
 *                       enterprises of one group count as one. Weights not counted. Same domain.
 * dominance_percent     [u - 1] is k of the rule (u, k). Several may be in force. Domain: 0, or above
 *                       0 to 100.
 * p_percent, q_percent  what an attacker must not come closer to the largest contribution, and what he
 *                       knew before. Domain: p 0, or above 0 to 100; q 0 (100) or p to 100.
 * coalition             c: how many contributors put what they know together. 0 is 1. At most 9.
 * max_group_percent     g: the largest part of a total's units that one of its parts may have; all of
 *                       them never. 100: only that. Domain: 0, or above 0 to 100.
 * margin_percent        of protection where the rule itself gives none; 0 is 10. Domain: 0 to 1000. Not
 *                       a rule by itself.
 * rounding_base         every shown count must be a multiple of this. Domain: 0 or 2 to 1 000 000.
 * zero_is_unsafe        false by default: an empty cell has no unit to reveal. True where knowing that
 *                       nobody of a known group has a characteristic is itself a disclosure.
 */
typedef struct SdcRules {
    double minimum_count;
    double minimum_contributors;
    double dominance_percent[SDC_TOP_MAX];
    double p_percent, q_percent;
    unsigned coalition;
    double max_group_percent;
    double margin_percent;
    unsigned rounding_base;
    bool zero_is_unsafe;
} SdcRules;

/* Are all parameters in their domain? At least one rule must be in force. */
bool sdc_rules_check(const SdcRules *rules, SdcError *ret_error);

/*
 * The strictest of both, rule by rule: a table that passes the result passes A and B. Largest minimums,
 * smallest share in force for each number of contributors and for groups, largest p/q and coalition, largest
 * margin, least common multiple of the rounding bases, zero unsafe if it is for one. False if the common
 * multiple leaves its domain.
 */
bool sdc_rules_merge(const SdcRules *a, const SdcRules *b, SdcRules *ret_rules,
                     SdcError *ret_error);

/* How many of the largest contributors the rules look at: 0 to SDC_TOP_MAX. What to keep when tabulating,
 * and how many columns of contributors to declare. */
unsigned sdc_rules_top(const SdcRules *rules);

/* --- Packs: named, sourced parameters ---------------------------------------------------------- */

typedef struct SdcPack {
    const char *name;        /* "fr-enterprise" */
    unsigned version;        /* raised whenever the parameters change */
    const char *title;       /* one line, English */
    const char *reference;   /* where the parameters come from */
    SdcRules rules;
} SdcPack;

/* The table of packs, ended by a row with name NULL. */
const SdcPack *sdc_packs(void);
/* NULL if there is none of that name. NAME may be NULL. */
const SdcPack *sdc_pack_find(const char *name);

/* --- A table ----------------------------------------------------------------------------------- */

/*
 * A table as columns of CELLS values. NULL: there is no such column, and the rules that need it are not
 * applied (the summary says so). NaN: missing in that cell.
 *
 * count         n: units (a fraction when weighted)
 * contributors  m: respondents or holdings. NULL: the rule on them is not applied, and lists of top
 *               values are taken to be complete when they have as many as COUNT says
 * total         X; may be negative
 * absolute      A. NULL: |X| stands for it, which flags at least what A would
 * top_values    TOP columns, the largest in absolute value first. Fewer contributors than columns: 0 or NaN
 *               in the others
 * top_weights   units that each stands for. NULL: 1
 * relations     which cells are the sum of which, for the rule on groups. NULL: it is not applied
 */
typedef struct SdcTable {
    size_t cells;
    const double *count, *contributors, *total, *absolute;
    unsigned top;
    const double *top_values[SDC_TOP_MAX];
    const double *top_weights[SDC_TOP_MAX];
    const SdcRelations *relations;
} SdcTable;

/* The table that sdc_tabulate() made: units are COUNT, contributors UNITS. Borrows from CUBE. RELATIONS may
 * be NULL. */
SdcTable sdc_cube_table(const SdcCube *cube, const SdcRelations *relations);

/* --- The check --------------------------------------------------------------------------------- */

/* Why a cell is not safe to show. Bits; the order is that of attribution in SdcVerdict.first. */
typedef enum SdcFlag {
    SDC_FLAG_MINIMUM_COUNT = 1 << 0,
    SDC_FLAG_MINIMUM_CONTRIBUTORS = 1 << 1,
    SDC_FLAG_DOMINANCE = 1 << 2,
    SDC_FLAG_P_Q = 1 << 3,
    SDC_FLAG_GROUP = 1 << 4,
    SDC_FLAG_ZERO = 1 << 5,
    SDC_FLAG_ROUNDING = 1 << 6,
    SDC_FLAG_UNDECIDED = 1 << 7, /* a value that a rule in force needs is missing */
    SDC_FLAG_INVALID = 1 << 8,   /* infinite, negative, or values that contradict each other */
} SdcFlag;
#define SDC_FLAG_COUNT 9

typedef struct SdcFlagKind {
    SdcFlag flag;
    const char *name;        /* "minimum_count": stable, in records and in the API */
    const char *sentence;    /* English */
} SdcFlagKind;

/* The table of flags, SDC_FLAG_COUNT rows in the order of the bits. */
const SdcFlagKind *sdc_flag_kinds(void);

typedef enum SdcStatus {
    SDC_STATUS_SAFE,
    SDC_STATUS_SUPPRESSED,   /* every column is missing: nothing is shown */
    SDC_STATUS_UNSAFE,       /* a rule flags it */
    SDC_STATUS_UNDECIDED,    /* no rule flags it, and one could not be decided: never safe by default */
    SDC_STATUS_INVALID,      /* no rule flags it, and its values cannot be true */
} SdcStatus;

typedef struct SdcVerdict {
    double below, above;     /* protection it needs; 0 unless unsafe, and where invalid too */
    uint16_t flags;          /* SdcFlag bits */
    uint8_t status;          /* SdcStatus */
    uint8_t first;           /* row of sdc_flag_kinds() of its first flag; SDC_FLAG_COUNT: none */
} SdcVerdict;

typedef struct SdcSummary {
    size_t cells;
    size_t suppressed;
    size_t safe;                   /* shown and not flagged */
    size_t flagged;                /* cells = suppressed + safe + flagged */
    size_t by_flag[SDC_FLAG_COUNT];/* cells that bear each flag */
    size_t first[SDC_FLAG_COUNT];  /* each flagged cell once, under its first flag */
    unsigned applied;              /* SdcFlag bits of the rules that were in force and checkable */
    unsigned not_applied;          /* in force, but a column they need is not there */
    unsigned short_of;             /* of APPLIED: fewer contributors than the rule takes left a cell
                                      undecided */
} SdcSummary;

/*
 * Checks each cell into RET_VERDICTS (CELLS of them).
 *
 * A cell whose columns are all missing is suppressed. Otherwise, with a rule in force and its columns there:
 * a shown total with no count, or without its largest contribution, or a count that is missing beside any of
 * them, is UNDECIDED. Where fewer contributors are known than a rule takes, the rest is at least nothing and
 * at most as large as the last one known: a cell that is unsafe at best is flagged, one that is safe at worst
 * is not, between them it is UNDECIDED.
 *
 * INVALID is what cannot be true: a negative number of units, contributions that are not in order or together
 * more than A, |X| more than n units of at most these contributions make (or X != 0 with n = 0). Count and
 * total must be weighted alike. The tolerance is 1e-6 |X|; where a rounding base b is in force, n + b replaces
 * n and b is allowed on X.
 *
 * Group: a part is compared with the total's units (with the sum of its parts where that is missing and
 * they are not); totals with one part say nothing. Where it cannot be told, the part is not flagged.
 *
 * False, with nothing written, if the rules are outside their domain, if there is no column, or if
 * contributions are there without the total. An empty table (CELLS = 0) is a success with zero cells.
 * Complexity: O(cells x TOP + terms of the relations).
 */
bool sdc_primary_check(const SdcRules *rules, const SdcTable *table, SdcVerdict *ret_verdicts,
                       SdcSummary *ret_summary, SdcError *ret_error);

/* The figure behind a flag: MEASURE is what the cell has, LIMIT what the rule asks. Units or contributors;
 * for dominance the share in percent of the CONTRIBUTORS largest (of several broken rules, the one that asks
 * for most protection); for p/q how close the next COALITION contributors come to the largest, in percent
 * of it, and p/q in percent; for groups the share in percent of a total's units (the largest, where a cell
 * is a part of several). NaN where there is no figure, as for UNDECIDED and INVALID. */
typedef struct SdcReason {
    double measure, limit;
    unsigned contributors;
} SdcReason;

/* RULES and TABLE as sdc_primary_check() was given them; FLAG one that it gave the cell. */
SdcReason sdc_primary_reason(const SdcRules *rules, const SdcTable *table, size_t cell, SdcFlag flag);

#endif
