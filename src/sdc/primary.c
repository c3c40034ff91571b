/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary rules, cell by cell. A cell passes only if every rule in force says so: a value that
 * is missing, impossible or contradicted by another never makes a cell safe.
 */
#include "sdc/sdc.h"

#include "sdc/failure.h"

#include <math.h>
#include <string.h>

/* Relative room for the rounding of what was written in a file. */
#define TOLERANCE 1e-6

static const SdcFlagKind flag_kinds[SDC_FLAG_COUNT] = {
    {SDC_FLAG_MINIMUM_COUNT, "minimum_count", "Fewer units than the smallest safe number."},
    {SDC_FLAG_LARGEST_SHARE, "largest_share",
     "The largest contributor has more than the allowed share of the total."},
    {SDC_FLAG_ROUNDING, "rounding", "The count is not a multiple of the rounding base."},
    {SDC_FLAG_UNDECIDED, "undecided", "A value that the rules need is missing."},
    {SDC_FLAG_INVALID, "invalid", "The values are impossible or contradict each other."},
};

const SdcFlagKind *sdc_flag_kinds(void)
{
    return flag_kinds;
}

/* One cell; NaN where missing or where the column is not declared. */
typedef struct Cell {
    double n, total, largest;
} Cell;

/* Could this total come from N units of which none exceeds LARGEST in absolute value? */
static bool is_contradiction(const SdcRules *rules, Cell c)
{
    if (isnan(c.n) || isnan(c.total))
        return false;
    double room = TOLERANCE * fabs(c.total) + rules->rounding_base;
    double n = c.n + rules->rounding_base;
    if (n == 0)
        return fabs(c.total) > 0;
    if (isnan(c.largest))
        return false;
    return fabs(c.total) > n * fabs(c.largest) + room;
}

static bool is_invalid(const SdcRules *rules, Cell c)
{
    if (isinf(c.n) || isinf(c.total) || isinf(c.largest))
        return true;
    return c.n < 0 || is_contradiction(rules, c);
}

static bool is_undecided(unsigned applied, Cell c)
{
    const unsigned on_count = SDC_FLAG_MINIMUM_COUNT | SDC_FLAG_ROUNDING;
    if ((applied & on_count) != 0 && isnan(c.n))
        return true; /* not suppressed, so something else of the cell is shown */
    if ((applied & SDC_FLAG_LARGEST_SHARE) != 0 && isnan(c.total) != isnan(c.largest))
        return true;
    return false;
}

static bool is_multiple(double n, unsigned base)
{
    return fmod(n, base) == 0;
}

static uint8_t check_cell(const SdcRules *rules, unsigned applied, Cell c)
{
    unsigned flags = 0;
    if ((applied & SDC_FLAG_MINIMUM_COUNT) != 0) {
        if (c.n > 0 && c.n < rules->minimum_count)
            flags |= SDC_FLAG_MINIMUM_COUNT;
        if (c.n == 0 && rules->zero_is_unsafe)
            flags |= SDC_FLAG_MINIMUM_COUNT;
    }
    if ((applied & SDC_FLAG_LARGEST_SHARE) != 0 &&
        100.0 * fabs(c.largest) > rules->max_share_percent * fabs(c.total))
        flags |= SDC_FLAG_LARGEST_SHARE;
    if ((applied & SDC_FLAG_ROUNDING) != 0 && isfinite(c.n) &&
        !is_multiple(c.n, rules->rounding_base))
        flags |= SDC_FLAG_ROUNDING;
    if (is_undecided(applied, c))
        flags |= SDC_FLAG_UNDECIDED;
    if (is_invalid(rules, c))
        flags |= SDC_FLAG_INVALID;
    return (uint8_t)flags;
}

static double value_at(const double *column, size_t i)
{
    return column != NULL ? column[i] : (double)NAN;
}

static unsigned rules_in_force(const SdcRules *rules)
{
    unsigned flags = 0;
    if (rules->minimum_count > 0 || rules->zero_is_unsafe)
        flags |= SDC_FLAG_MINIMUM_COUNT;
    if (rules->max_share_percent > 0)
        flags |= SDC_FLAG_LARGEST_SHARE;
    if (rules->rounding_base > 0)
        flags |= SDC_FLAG_ROUNDING;
    return flags;
}

static unsigned rules_checkable(const SdcTable *table)
{
    unsigned flags = 0;
    if (table->count != NULL)
        flags |= SDC_FLAG_MINIMUM_COUNT | SDC_FLAG_ROUNDING;
    if (table->total != NULL && table->largest != NULL)
        flags |= SDC_FLAG_LARGEST_SHARE;
    return flags;
}

static void summary_add(SdcSummary *summary, Cell c, uint8_t flags)
{
    if (flags == 0) {
        bool hidden = isnan(c.n) && isnan(c.total) && isnan(c.largest);
        if (hidden)
            summary->suppressed++;
        else
            summary->safe++;
        return;
    }
    summary->flagged++;
    bool is_first = true;
    for (int f = 0; f < SDC_FLAG_COUNT; f++) {
        if ((flags & flag_kinds[f].flag) == 0)
            continue;
        summary->by_flag[f]++;
        if (is_first)
            summary->first[f]++;
        is_first = false;
    }
}

bool sdc_primary_check(const SdcRules *rules, const SdcTable *table, uint8_t *ret_flags,
                       SdcSummary *ret_summary, SdcError *ret_error)
{
    if (!sdc_rules_check(rules, ret_error))
        return false;
    if (table->count == NULL && table->total == NULL && table->largest == NULL)
        return sdc_failure(ret_error, SDC_ERROR_TABLE,
                           "No column is declared: name the column of counts, of totals or both.");
    if (table->largest != NULL && table->total == NULL)
        return sdc_failure(ret_error, SDC_ERROR_TABLE,
                           "The largest contribution is declared without the total that it is a "
                           "part of.");
    unsigned in_force = rules_in_force(rules);
    unsigned applied = in_force & rules_checkable(table);
    SdcSummary summary = {
        .cells = table->cells, .applied = applied, .not_applied = in_force & ~applied};
    for (size_t i = 0; i < table->cells; i++) {
        Cell c = {value_at(table->count, i), value_at(table->total, i),
                  value_at(table->largest, i)};
        bool hidden = isnan(c.n) && isnan(c.total) && isnan(c.largest);
        ret_flags[i] = hidden ? 0 : check_cell(rules, applied, c);
        summary_add(&summary, c, ret_flags[i]);
    }
    *ret_summary = summary;
    return true;
}
