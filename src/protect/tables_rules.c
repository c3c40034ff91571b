/* SPDX-License-Identifier: Apache-2.0 */
/* What the recipe calls unsafe, as the rules of sdc; a cell in several tables obeys its strictest verdict. */
#include "protect/tableset.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

static const char *const flag_names[TABLE_FLAG_COUNT] = {"minimum_count", "dominance", "p_q", "zero", "group",
                                                         "marked"};
enum { FLAG_ZERO = 1 << 3, FLAG_GROUP = 1 << 4, FLAG_MARKED = 1 << 5 };

const char *table_flag_name(unsigned flag)
{
    return flag_names[flag];
}

static const SdcPack *pack_of(const json_t *rules, GError **error)
{
    static const SdcPack none;
    const char *name = recipe_text(rules, "pack");
    if (name == NULL)
        return &none;
    const SdcPack *pack = sdc_pack_find(name);
    if (pack == NULL)
        error_set(error, ERROR_INVALID, "recipe.field", "rules: there is no pack \"%.60s\"; see darse sdc packs.",
                  name);
    return pack;
}

/* The recipe's own parameters win over the pack's. */
static bool rules_of(const json_t *rules, SdcContributorRules *ret_rules, GError **error)
{
    const SdcPack *pack = pack_of(rules, error);
    if (pack == NULL)
        return false;
    SdcContributorRules r = {
        .minimum_units = fmax(recipe_number(rules, "minimum_count", pack->rules.minimum_count),
                              recipe_number(rules, "minimum_contributors", 0)),
        .dominance_n = pack->rules.max_share_percent > 0 ? 1 : 0,
        .dominance_percent = pack->rules.max_share_percent,
        .p_percent = recipe_number(rules, "p_percent", 0),
        .q_percent = recipe_number(rules, "q_percent", 0),
        .coalition = (unsigned)recipe_number(rules, "coalition", 0),
        .minimum_margin_percent = recipe_number(rules, "margin_percent", 0)};
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(rules, "dominance_percent"), key, value) {
        guint64 n;
        if (!g_ascii_string_to_unsigned(key, 10, 1, SDC_TOP_MAX, &n, NULL))
            return error_set(error, ERROR_INVALID, "recipe.field", "rules: \"dominance_percent\" is by numbers "
                             "of contributors from 1 to %d, as in {\"1\": 85}, not by \"%.20s\".", SDC_TOP_MAX,
                             key);
        r.dominance_n = (unsigned)n;
        r.dominance_percent = json_number_value(value);
    }
    *ret_rules = r;
    return true;
}

static bool has_contributor_rule(const SdcContributorRules *r)
{
    return r->minimum_units > 0 || r->dominance_n > 0 || r->p_percent > 0;
}

bool tables_rules_check(const json_t *rules, GError **error)
{
    SdcContributorRules r;
    SdcError failure;
    if (!rules_of(rules, &r, error))
        return false;
    if (has_contributor_rule(&r) && !sdc_contributor_rules_check(&r, &failure))
        return error_set(error, ERROR_INVALID, "recipe.field", "rules: %s", failure.sentence);
    return true;
}

unsigned tables_rules_top(const json_t *recipe)
{
    SdcContributorRules r = {0};
    const json_t *rules = json_object_get(recipe, "rules");
    rules_of(rules, &r, NULL);
    unsigned coalition = r.coalition == 0 ? 1 : r.coalition;
    unsigned top = MAX(r.dominance_n, r.p_percent > 0 ? coalition + 1 : 0);
    return MAX(top, 2);
}

/* What a cell of nothing is protected by: zero itself must not be certain. */
#define LEAST_LEVEL 1e-3

static void flag_cell(TableSet *set, uint32_t id, unsigned flags, double level)
{
    CellVerdict *verdict = &set->verdicts[id];
    double most = set->has_values ? fabs(set->values[id]) : set->counts[id];
    verdict->flags |= (uint16_t)flags;
    verdict->above = fmax(fmax(verdict->above, level), LEAST_LEVEL);
    verdict->below = fmin(verdict->above, most);
}

/* Where a rule gives no amount by itself. */
static double margin_of(const TableSet *set, const json_t *rules, uint32_t id)
{
    double percent = recipe_number(rules, "margin_percent", 10);
    double margin = percent / 100 * fabs(set->values[id]);
    return set->has_values ? margin : fmax(margin, 1);
}

static bool judge_table(TableSet *set, const TableCells *table, const SdcContributorRules *r, GError **error)
{
    const SdcCube *cube = &table->cube;
    g_autofree uint8_t *flags = g_new0(uint8_t, MAX(cube->cells, 1));
    g_autofree double *levels = g_new0(double, MAX(cube->cells, 1));
    SdcContributorRules used = *r;
    if (!set->has_values || cube->top == 0)
        used.dominance_n = 0, used.p_percent = 0;
    SdcError failure;
    if (has_contributor_rule(&used) && !sdc_contributors_check(&used, cube, flags, levels, &failure))
        return tables_failed(&failure, error);
    const json_t *rules = json_object_get(set->recipe, "rules");
    bool zeros = json_is_true(json_object_get(rules, "zero_is_unsafe"));
    for (size_t i = 0; i < cube->cells; i++) {
        uint32_t id = table->ids[i];
        if (zeros && cube->units[i] == 0)
            flag_cell(set, id, FLAG_ZERO, fmax(margin_of(set, rules, id), 1));
        if (flags[i] != 0)
            flag_cell(set, id, flags[i], set->has_values ? levels[i] : fmax(levels[i], 1));
    }
    return true;
}

void tableset_mark(TableSet *set)
{
    for (size_t t = 0; t < set->count; t++) {
        const TableCells *table = &set->tables[t];
        for (size_t i = 0; table->marked != NULL && i < table->cube.cells; i++) {
            uint32_t id = table->ids[i];
            if (!table->marked[i])
                continue;
            flag_cell(set, id, FLAG_MARKED, margin_of(set, json_object_get(set->recipe, "rules"), id));
            set->primary[id] = true;
        }
    }
}

bool tableset_judge(TableSet *set, GError **error)
{
    SdcContributorRules r = {0};
    const json_t *rules = json_object_get(set->recipe, "rules");
    set->verdicts = g_new0(CellVerdict, MAX(set->cells, 1));
    set->primary = g_new0(bool, MAX(set->cells, 1));
    if (!rules_of(rules, &r, error))
        return false;
    for (size_t t = 0; t < set->count; t++) {
        if (!judge_table(set, &set->tables[t], &r, error))
            return false;
    }
    if (json_is_true(json_object_get(rules, "group_disclosure"))) {
        g_autofree bool *groups = g_new0(bool, MAX(set->cells, 1));
        size_t count;
        SdcError failure;
        if (!sdc_group_disclosure(&set->relations, set->counts, groups, &count, &failure))
            return tables_failed(&failure, error);
        for (uint32_t i = 0; i < set->cells; i++) {
            if (groups[i])
                flag_cell(set, i, FLAG_GROUP, margin_of(set, rules, i));
        }
    }
    for (size_t i = 0; i < set->cells; i++)
        set->primary[i] = set->verdicts[i].flags != 0;
    return true;
}
