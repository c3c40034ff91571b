/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/contributors.h"

#include "sdc/failure.h"

#include <math.h>
#include <string.h>

/* Relative room for the rounding of sums; in favour of safety of nobody: equality is safe. */
#define ROUNDING 1e-12

bool sdc_contributor_rules_check(const SdcContributorRules *r, SdcError *ret_error)
{
    if (!(r->minimum_units == 0 || (r->minimum_units >= 1 && r->minimum_units <= 1e6)))
        return sdc_failure(ret_error, SDC_ERROR_RULES, "minimum_units is %g; it must be 0 (no rule) or 1 to "
                           "1000000.", r->minimum_units);
    if (r->dominance_n > SDC_TOP_MAX || (r->dominance_n > 0 && !(r->dominance_percent > 0 &&
                                                                 r->dominance_percent <= 100)))
        return sdc_failure(ret_error, SDC_ERROR_RULES, "Dominance is of %u contributors and %g %%; there "
                           "may be up to %d, and above 0 to 100 %%.", r->dominance_n, r->dominance_percent,
                           SDC_TOP_MAX);
    double q = r->q_percent == 0 ? 100 : r->q_percent;
    if (!(r->p_percent >= 0 && r->p_percent <= 100 && q <= 100 && (r->p_percent == 0 || q >= r->p_percent)))
        return sdc_failure(ret_error, SDC_ERROR_RULES, "p is %g and q %g; they must be 0 <= p <= q <= 100.",
                           r->p_percent, q);
    if (r->coalition > SDC_TOP_MAX - 1)
        return sdc_failure(ret_error, SDC_ERROR_RULES, "A coalition of %u is more than %d.", r->coalition,
                           SDC_TOP_MAX - 1);
    if (!(r->minimum_margin_percent >= 0 && r->minimum_margin_percent <= 1000))
        return sdc_failure(ret_error, SDC_ERROR_RULES, "minimum_margin_percent is %g; it must be 0 to 1000.",
                           r->minimum_margin_percent);
    if (r->minimum_units == 0 && r->dominance_n == 0 && r->p_percent == 0)
        return sdc_failure(ret_error, SDC_ERROR_RULES, "No rule is in force.");
    return true;
}

/* T(units). */
static double top_units(const SdcCube *cube, size_t cell, double units)
{
    double sum = 0, last = 0, left = units;
    for (unsigned t = 0; t < cube->top && t < cube->units[cell] && left > 0; t++) {
        double taken = fmin(left, cube->top_weights[t][cell]);
        last = fabs(cube->top_values[t][cell]);
        sum += taken * last;
        left -= taken;
    }
    if (left > 0 && cube->units[cell] > cube->top)
        sum += left * last;
    return fmin(sum, cube->absolute[cell]);
}

static unsigned check_cell(const SdcContributorRules *r, const SdcCube *cube, size_t cell, double *ret_level)
{
    unsigned flags = 0;
    double level = 0, absolute = cube->absolute != NULL ? cube->absolute[cell] : 0;
    double room = ROUNDING * absolute;
    if (cube->units[cell] > 0 && cube->units[cell] < r->minimum_units) {
        double margin = r->minimum_margin_percent == 0 ? 10 : r->minimum_margin_percent;
        flags |= SDC_CONTRIBUTORS_MINIMUM;
        level = margin / 100 * (cube->absolute != NULL ? absolute : cube->count[cell]);
    }
    if (r->dominance_n > 0) {
        double excess = 100 / r->dominance_percent * top_units(cube, cell, r->dominance_n) - absolute;
        flags |= excess > room ? SDC_CONTRIBUTORS_DOMINANCE : 0;
        level = excess > room ? fmax(level, excess) : level;
    }
    if (r->p_percent > 0) {
        double q = r->q_percent == 0 ? 100 : r->q_percent;
        unsigned coalition = r->coalition == 0 ? 1 : r->coalition;
        double largest = cube->units[cell] > 0 ? fabs(cube->top_values[0][cell]) : 0;
        double excess = r->p_percent / q * largest - (absolute - top_units(cube, cell, coalition + 1));
        flags |= excess > room ? SDC_CONTRIBUTORS_P_Q : 0;
        level = excess > room ? fmax(level, excess) : level;
    }
    *ret_level = level;
    return flags;
}

bool sdc_contributors_check(const SdcContributorRules *rules, const SdcCube *cube, uint8_t *ret_flags,
                            double *ret_levels, SdcError *ret_error)
{
    if (!sdc_contributor_rules_check(rules, ret_error))
        return false;
    bool needs_values = rules->dominance_n > 0 || rules->p_percent > 0;
    if (needs_values && (cube->absolute == NULL || cube->top == 0))
        return sdc_failure(ret_error, SDC_ERROR_TABLE, "The rules on shares need a table with values that "
                           "kept its largest contributors.");
    for (size_t i = 0; i < cube->cells; i++) {
        double level;
        ret_flags[i] = (uint8_t)check_cell(rules, cube, i, &level);
        if (ret_levels != NULL)
            ret_levels[i] = level;
    }
    return true;
}

bool sdc_group_disclosure(const SdcRelations *relations, const double *counts, bool *ret_groups,
                          size_t *ret_count, SdcError *ret_error)
{
    for (size_t i = 0; i < relations->cells; i++) {
        if (!(counts[i] >= 0 && isfinite(counts[i])))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has the count %g.", i + 1, counts[i]);
    }
    size_t count = 0;
    memset(ret_groups, 0, relations->cells * sizeof *ret_groups);
    for (size_t r = 0; r < relations->count; r++) {
        size_t begin = relations->starts[r] + 1, end = relations->starts[r + 1], full = 0;
        uint32_t which = 0;
        for (size_t k = begin; k < end; k++) {
            if (counts[relations->columns[k]] > 0) {
                full++;
                which = relations->columns[k];
            }
        }
        if (full != 1 || end - begin < 2 || ret_groups[which])
            continue;
        ret_groups[which] = true;
        count++;
    }
    *ret_count = count;
    return true;
}
