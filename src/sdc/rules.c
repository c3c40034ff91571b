/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain of rules, their strictest merge, and the named packs. The packs are rows with their
 * sources; whoever adds one adds a row, and docs/disclosure-rules.md prints the same table.
 */
#include "sdc/sdc.h"

#include "sdc/failure.h"

#include <math.h>
#include <string.h>

#define COUNT_LIMIT 1000000.0
#define ROUNDING_LIMIT 1000000u

static const SdcPack packs[] = {
    {.name = "fr-enterprise",
     .title = "Enterprise statistics, France: 3 units, largest at most 85 %",
     .reference = "Insee, Guide du secret statistique: no cell on fewer than three enterprises, "
                  "none where one enterprise has more than 85 % of the total (decision of the "
                  "director general of Insee of 13 June 1980; law 51-711 of 7 June 1951)",
     .rules = {.minimum_count = 3, .max_share_percent = 85}},
    {.name = "fr-person",
     .title = "Household and person surveys, France: 5 units",
     .reference = "Usual practice of output checking for surveys of persons and households; law "
                  "51-711 of 7 June 1951 sets the duty, not the number: the producer confirms it",
     .rules = {.minimum_count = 5}},
    {.name = "fr-tax-person",
     .title = "Tax data on households, France: 11 units",
     .reference = "Insee, Guide du secret statistique: no cell on fewer than eleven tax households "
                  "(tax secrecy)",
     .rules = {.minimum_count = 11}},
    {.name = "fr-health",
     .title = "Health data on persons, France: 11 units",
     .reference = "SNDS, rules on the export of results: no cell on fewer than eleven persons",
     .rules = {.minimum_count = 11}},
    {.name = "threshold-10",
     .title = "Research outputs, common practice: 10 units",
     .reference = "ACRO default parameters (safe_threshold 10); Handbook on Statistical Disclosure "
                  "Control for Outputs (2019): 10 units as the rule of thumb",
     .rules = {.minimum_count = 10}},
    {.name = NULL},
};

const SdcPack *sdc_packs(void)
{
    return packs;
}

const SdcPack *sdc_pack_find(const char *name)
{
    if (name == NULL)
        return NULL;
    for (const SdcPack *p = packs; p->name != NULL; p++) {
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

bool sdc_rules_check(const SdcRules *rules, SdcError *ret_error)
{
    double n = rules->minimum_count;
    if (!(n == 0 || (n >= 1 && n <= COUNT_LIMIT)))
        return sdc_failure(ret_error, SDC_ERROR_RULES,
                           "minimum_count is %g; it must be 0 (no rule) or 1 to %g.", n,
                           COUNT_LIMIT);
    double k = rules->max_share_percent;
    if (!(k >= 0 && k <= 100))
        return sdc_failure(ret_error, SDC_ERROR_RULES,
                           "max_share_percent is %g; it must be 0 (no rule) or above 0 to 100.", k);
    unsigned base = rules->rounding_base;
    if (base == 1 || base > ROUNDING_LIMIT)
        return sdc_failure(ret_error, SDC_ERROR_RULES,
                           "rounding_base is %u; it must be 0 (no rule) or 2 to %u.", base,
                           ROUNDING_LIMIT);
    if (n == 0 && k == 0 && base == 0 && !rules->zero_is_unsafe)
        return sdc_failure(ret_error, SDC_ERROR_RULES, "No rule is in force.");
    return true;
}

/* The least common multiple, where 0 means "no rule"; 0 with *RET_TOO_LARGE if over the limit. */
static unsigned common_multiple(unsigned a, unsigned b, bool *ret_too_large)
{
    *ret_too_large = false;
    if (a == 0 || b == 0)
        return a + b;
    unsigned x = a, y = b;
    while (y != 0) {
        unsigned rest = x % y;
        x = y;
        y = rest;
    }
    uint64_t multiple = (uint64_t)(a / x) * b;
    *ret_too_large = multiple > ROUNDING_LIMIT;
    return *ret_too_large ? 0 : (unsigned)multiple;
}

static double smallest_in_force(double a, double b)
{
    if (a == 0 || b == 0)
        return a + b;
    return fmin(a, b);
}

bool sdc_rules_merge(const SdcRules *a, const SdcRules *b, SdcRules *ret_rules,
                     SdcError *ret_error)
{
    if (!sdc_rules_check(a, ret_error) || !sdc_rules_check(b, ret_error))
        return false;
    bool too_large = false;
    SdcRules merged = {
        .minimum_count = fmax(a->minimum_count, b->minimum_count),
        .max_share_percent = smallest_in_force(a->max_share_percent, b->max_share_percent),
        .rounding_base = common_multiple(a->rounding_base, b->rounding_base, &too_large),
        .zero_is_unsafe = a->zero_is_unsafe || b->zero_is_unsafe,
    };
    if (too_large)
        return sdc_failure(ret_error, SDC_ERROR_RULES,
                           "The rounding bases %u and %u have no common multiple up to %u.",
                           a->rounding_base, b->rounding_base, ROUNDING_LIMIT);
    *ret_rules = merged;
    return true;
}
