/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary rules of tables on declared columns, and the rule packs that hold their parameters. No
 * allocation; every function is a pure function of its arguments and may be called from any thread.
 *
 * References: Hundepool et al., "Statistical Disclosure Control" (2012), chapter 4; tau-Argus user's
 * manual 4.2, section 2; the packs carry their own.
 */
#ifndef DARSE_SDC_PRIMARY_H
#define DARSE_SDC_PRIMARY_H

#include "sdc/core.h"

/* --- Rules ------------------------------------------------------------------------------------- */

/*
 * The parameters of the primary rules. A rule with parameter 0 is not in force.
 *
 * minimum_count      A cell of n contributing units is safe when n >= minimum_count. (Stored as the
 *                    smallest *safe* count, because tools disagree on "< 3" against "<= 3".) Domain:
 *                    0 or 1 to 1 000 000.
 * max_share_percent  (1,k) dominance: a cell of total X and largest contribution x1 is unsafe when
 *                    100 |x1| > k |X|. Equality is safe. Domain: 0, or above 0 to 100.
 * rounding_base      Every shown count must be a multiple of this. Domain: 0 or 2 to 1 000 000.
 * zero_is_unsafe     Whether a cell with n = 0 is unsafe. False by default: an empty cell has no
 *                    unit to reveal. True where knowing that nobody has a characteristic reveals it
 *                    of a known group (group disclosure), as for sensitive facts on persons.
 */
typedef struct SdcRules {
    double minimum_count;
    double max_share_percent;
    unsigned rounding_base;
    bool zero_is_unsafe;
} SdcRules;

/* Are all parameters in their domain? At least one rule must be in force. */
bool sdc_rules_check(const SdcRules *rules, SdcError *ret_error);

/*
 * The strictest of both, rule by rule: a table that passes the result passes A and B. Largest
 * minimum_count, smallest share in force, least common multiple of the rounding bases, zero unsafe
 * if it is for one. False if the common multiple leaves its domain.
 */
bool sdc_rules_merge(const SdcRules *a, const SdcRules *b, SdcRules *ret_rules,
                     SdcError *ret_error);

/* --- Packs: named, sourced parameters ---------------------------------------------------------- */

typedef struct SdcPack {
    const char *name;        /* "fr-enterprise" */
    const char *title;       /* one line, English */
    const char *reference;   /* where the parameters come from */
    SdcRules rules;
} SdcPack;

/* The table of packs, ended by a row with name NULL. */
const SdcPack *sdc_packs(void);
/* NULL if there is none of that name. NAME may be NULL. */
const SdcPack *sdc_pack_find(const char *name);

/* --- Primary check of a table ------------------------------------------------------------------ */

/*
 * Why a cell is not safe to show. Bits; the order is that of attribution in SdcSummary.first.
 */
typedef enum SdcFlag {
    SDC_FLAG_MINIMUM_COUNT = 1 << 0, /* 0 < n < minimum_count (or n = 0 where zero is unsafe) */
    SDC_FLAG_LARGEST_SHARE = 1 << 1, /* 100 |x1| > k |X| */
    SDC_FLAG_ROUNDING      = 1 << 2, /* n is not a multiple of rounding_base */
    SDC_FLAG_UNDECIDED     = 1 << 3, /* a value that a rule in force needs is missing */
    SDC_FLAG_INVALID       = 1 << 4, /* infinite, a negative count, or values that contradict each
                                        other (see below) */
} SdcFlag;
#define SDC_FLAG_COUNT 5

typedef struct SdcFlagKind {
    SdcFlag flag;
    const char *name;        /* "minimum_count": stable, in records and in the API */
    const char *sentence;    /* English */
} SdcFlagKind;

/* The table of flags, SDC_FLAG_COUNT rows in the order of the bits. */
const SdcFlagKind *sdc_flag_kinds(void);

/*
 * A table as columns of CELLS values. NULL: the author declared no such column, and the rules that
 * need it are not applied (the summary says so). NaN: missing in that cell.
 *
 * count    number of contributing units (may be a fraction when weighted)
 * total    sum of the contributions; may be negative
 * largest  the contribution that is largest in absolute value
 *
 * Negative contributions: the share is that of absolute values, |x1| / |X|. As |X| is at most the
 * sum of absolute contributions, this flags every cell that the definition on absolute
 * contributions flags, and more where signs cancel.
 */
typedef struct SdcTable {
    size_t cells;
    const double *count;
    const double *total;
    const double *largest;
} SdcTable;

typedef struct SdcSummary {
    size_t cells;
    size_t suppressed;             /* every declared column is missing: nothing is shown; safe */
    size_t safe;                   /* shown and not flagged */
    size_t flagged;                /* cells = suppressed + safe + flagged */
    size_t by_flag[SDC_FLAG_COUNT];/* cells that bear each flag */
    size_t first[SDC_FLAG_COUNT];  /* each flagged cell once, under its first flag */
    unsigned applied;              /* SdcFlag bits of the rules that were in force and checkable */
    unsigned not_applied;          /* in force, but a column they need was not declared */
} SdcSummary;

/*
 * Checks each cell. RET_FLAGS (CELLS bytes) receives SdcFlag bits, 0 for a safe or suppressed cell.
 *
 * A cell whose declared columns are all missing is suppressed. Otherwise, with a rule in force and
 * its columns declared: a shown total with no count, or a shown total with no largest contribution,
 * or a count that is missing beside a largest contribution, is UNDECIDED, never safe by default.
 *
 * INVALID also covers what cannot be true, |X| > n |x1| beyond rounding (or X != 0 with n = 0),
 * since a declaration that contradicts itself proves nothing. Count and total must be weighted
 * alike. The tolerance is 1e-6 |X|; where a rounding base b is in force, n + b replaces n and b is
 * allowed on X.
 *
 * False, with nothing written, if the rules are outside their domain, if no column is declared, or
 * if LARGEST is declared without TOTAL. An empty table (CELLS = 0) is a success with zero cells.
 */
bool sdc_primary_check(const SdcRules *rules, const SdcTable *table, uint8_t *ret_flags,
                       SdcSummary *ret_summary, SdcError *ret_error);

#endif
