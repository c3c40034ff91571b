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
#define MARGIN_LIMIT 1000.0

/* (u, k) as the row of SdcRules.dominance_percent. */
#define DOMINANCE(u, k) [(u) - 1] = (k)

static const SdcPack packs[] = {
    {.name = "fr-enterprise", .version = 1,
     .title = "Enterprise statistics, France: 3 units, largest at most 85 %",
     .reference = "Insee, Guide du secret statistique: no cell on fewer than three enterprises, "
                  "none where one enterprise has more than 85 % of the total (decision of the "
                  "director general of Insee of 13 June 1980; law 51-711 of 7 June 1951)",
     .rules = {.minimum_count = 3, .dominance_percent = {DOMINANCE(1, 85)}}},
    {.name = "fr-person", .version = 1,
     .title = "Household and person surveys, France: 5 units",
     .reference = "Usual practice of output checking for surveys of persons and households; law "
                  "51-711 of 7 June 1951 sets the duty, not the number: the producer confirms it",
     .rules = {.minimum_count = 5}},
    {.name = "fr-tax-person", .version = 2,
     .title = "Tax data on persons, France: 11 units, largest at most 85 %",
     .reference = "Insee, manual on the protection of tables, rules by source: tax data on natural "
                  "persons, sole traders included, eleven units and none with more than 85 % of "
                  "the total (tax secrecy)",
     .rules = {.minimum_count = 11, .dominance_percent = {DOMINANCE(1, 85)}}},
    {.name = "fr-wealth-tax", .version = 1,
     .title = "Tax on wealth, France: 50 taxpayers, largest at most 85 %",
     .reference = "Insee, manual on the protection of tables, rules by source: wealth tax, at "
                  "least fifty taxpayers (and by commune only above 20 000 inhabitants, which the "
                  "checker looks at); dominance as for other tax data",
     .rules = {.minimum_count = 50, .dominance_percent = {DOMINANCE(1, 85)}}},
    {.name = "fr-health", .version = 1,
     .title = "Health data on persons, France: 11 units",
     .reference = "SNDS, rules on the export of results: no cell on fewer than eleven persons",
     .rules = {.minimum_count = 11}},
    {.name = "threshold-10", .version = 1,
     .title = "Research outputs, common practice: 10 units",
     .reference = "Handbook on Statistical Disclosure Control for Outputs (2019): 10 units as the "
                  "rule of thumb",
     .rules = {.minimum_count = 10}},
    {.name = "unknown-data", .version = 1,
     .title = "Nothing known of the data: 10 units, largest at most 85 %",
     .reference = "The rule of thumb for persons and the dominance rule of enterprise statistics "
                  "together: stands in where no source says what its data need",
     .rules = {.minimum_count = 10, .dominance_percent = {DOMINANCE(1, 85)}}},
    {.name = "outputs-strict", .version = 1,
     .title = "Research outputs, rule of thumb: 10 units, largest 50 %, no group above 90 %",
     .reference = "Guidelines for the checking of output based on microdata research (ESSnet SDC, "
                  "2010): 10 units, largest contributor at most half, no cell with more than 90 % "
                  "of the units of its row or column",
     .rules = {.minimum_count = 10, .dominance_percent = {DOMINANCE(1, 50)},
               .max_group_percent = 90}},
    {.name = "acro", .version = 1,
     .title = "Research outputs, defaults of ACRO: 10 units, two largest 90 %, p % of 10",
     .reference = "ACRO 0.4, default.yaml: safe_threshold 10, safe_nk_n 2 and safe_nk_k 0.90, "
                  "safe_pratio_p 0.10, zeros_are_disclosive",
     .rules = {.minimum_count = 10, .dominance_percent = {DOMINANCE(2, 90)}, .p_percent = 10,
               .zero_is_unsafe = true}},
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

static bool check_minimum(const char *name, double n, SdcError *ret_error)
{
    if (n == 0 || (n >= 1 && n <= COUNT_LIMIT))
        return true;
    return sdc_failure(ret_error, SDC_ERROR_RULES, "%s is %g; it must be 0 (no rule) or 1 to %g.",
                       name, n, COUNT_LIMIT);
}

static bool check_percent(const char *name, double k, SdcError *ret_error)
{
    if (k >= 0 && k <= 100)
        return true;
    return sdc_failure(ret_error, SDC_ERROR_RULES,
                       "%s is %g; it must be 0 (no rule) or above 0 to 100.", name, k);
}

/* The domain of the rules on shares; *RET_ANY where one is in force. */
static bool check_shares(const SdcRules *rules, bool *ret_any, SdcError *ret_error)
{
    *ret_any = rules->p_percent > 0;
    for (unsigned u = 0; u < SDC_TOP_MAX; u++) {
        if (!check_percent("dominance_percent", rules->dominance_percent[u], ret_error))
            return false;
        *ret_any = *ret_any || rules->dominance_percent[u] > 0;
    }
    double p = rules->p_percent, q = rules->q_percent;
    if (!check_percent("p_percent", p, ret_error))
        return false;
    if (!(q == 0 || (q >= p && q > 0 && q <= 100)))
        return sdc_failure(ret_error, SDC_ERROR_RULES,
                           "q_percent is %g; it must be 0 (100) or p_percent, %g, to 100.", q, p);
    if (rules->coalition > SDC_TOP_MAX - 1)
        return sdc_failure(ret_error, SDC_ERROR_RULES, "A coalition of %u is more than %d.",
                           rules->coalition, SDC_TOP_MAX - 1);
    return true;
}

bool sdc_rules_check(const SdcRules *rules, SdcError *ret_error)
{
    bool any;
    if (!check_minimum("minimum_count", rules->minimum_count, ret_error) ||
        !check_minimum("minimum_contributors", rules->minimum_contributors, ret_error) ||
        !check_shares(rules, &any, ret_error) ||
        !check_percent("max_group_percent", rules->max_group_percent, ret_error))
        return false;
    if (!(rules->margin_percent >= 0 && rules->margin_percent <= MARGIN_LIMIT))
        return sdc_failure(ret_error, SDC_ERROR_RULES, "margin_percent is %g; it must be 0 to %g.",
                           rules->margin_percent, MARGIN_LIMIT);
    unsigned base = rules->rounding_base;
    if (base == 1 || base > ROUNDING_LIMIT)
        return sdc_failure(ret_error, SDC_ERROR_RULES,
                           "rounding_base is %u; it must be 0 (no rule) or 2 to %u.", base,
                           ROUNDING_LIMIT);
    if (!any && rules->minimum_count == 0 && rules->minimum_contributors == 0 &&
        rules->max_group_percent == 0 && base == 0 && !rules->zero_is_unsafe)
        return sdc_failure(ret_error, SDC_ERROR_RULES, "No rule is in force.");
    return true;
}

unsigned sdc_rules_top(const SdcRules *rules)
{
    unsigned top = 0;
    for (unsigned u = 0; u < SDC_TOP_MAX; u++) {
        if (rules->dominance_percent[u] > 0)
            top = u + 1;
    }
    unsigned coalition = rules->coalition == 0 ? 1 : rules->coalition;
    if (rules->p_percent > 0 && coalition + 1 > top)
        top = coalition + 1;
    return top;
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

/* p and q of the rule that asks for more: it is p/q that counts. */
static void merge_p_q(const SdcRules *a, const SdcRules *b, SdcRules *merged)
{
    double qa = a->q_percent == 0 ? 100 : a->q_percent, qb = b->q_percent == 0 ? 100 : b->q_percent;
    const SdcRules *stricter = b->p_percent * qa > a->p_percent * qb ? b : a;
    merged->p_percent = stricter->p_percent;
    merged->q_percent = stricter->q_percent;
    unsigned ca = a->p_percent > 0 ? a->coalition : 0, cb = b->p_percent > 0 ? b->coalition : 0;
    merged->coalition = ca > cb ? ca : cb;
}

bool sdc_rules_merge(const SdcRules *a, const SdcRules *b, SdcRules *ret_rules,
                     SdcError *ret_error)
{
    if (!sdc_rules_check(a, ret_error) || !sdc_rules_check(b, ret_error))
        return false;
    bool too_large = false;
    SdcRules merged = {
        .minimum_count = fmax(a->minimum_count, b->minimum_count),
        .minimum_contributors = fmax(a->minimum_contributors, b->minimum_contributors),
        .max_group_percent = smallest_in_force(a->max_group_percent, b->max_group_percent),
        .margin_percent = fmax(a->margin_percent, b->margin_percent),
        .rounding_base = common_multiple(a->rounding_base, b->rounding_base, &too_large),
        .zero_is_unsafe = a->zero_is_unsafe || b->zero_is_unsafe,
    };
    for (unsigned u = 0; u < SDC_TOP_MAX; u++)
        merged.dominance_percent[u] =
            smallest_in_force(a->dominance_percent[u], b->dominance_percent[u]);
    merge_p_q(a, b, &merged);
    if (too_large)
        return sdc_failure(ret_error, SDC_ERROR_RULES,
                           "The rounding bases %u and %u have no common multiple up to %u.",
                           a->rounding_base, b->rounding_base, ROUNDING_LIMIT);
    *ret_rules = merged;
    return true;
}
