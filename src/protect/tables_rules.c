/* SPDX-License-Identifier: Apache-2.0 */
/* What the recipe calls unsafe, by the rules of sdc, on all cells of all tables at once. */
#include "protect/tableset.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* What a cell of nothing is protected by: zero itself must not be certain. */
#define LEAST_LEVEL 1e-3
#define FLAG_MARKED (1 << SDC_FLAG_COUNT)

const char *table_flag_name(unsigned flag)
{
    return flag == SDC_FLAG_COUNT ? "marked" : sdc_flag_kinds()[flag].name;
}

/* --- from the recipe ----------------------------------------------------------------------------------- */

static SdcRules own_rules(const json_t *object)
{
    SdcRules rules = {.minimum_count = recipe_number(object, "minimum_count", 0),
                      .minimum_contributors = recipe_number(object, "minimum_contributors", 0),
                      .p_percent = recipe_number(object, "p_percent", 0),
                      .q_percent = recipe_number(object, "q_percent", 0),
                      .coalition = (unsigned)recipe_number(object, "coalition", 0),
                      .max_group_percent = recipe_number(object, "max_group_percent", 0),
                      .margin_percent = recipe_number(object, "margin_percent", 0),
                      .zero_is_unsafe = json_is_true(json_object_get(object, "zero_is_unsafe"))};
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(object, "dominance"), i, row) {
        int u = (int)recipe_number(row, "contributors", 1);
        rules.dominance_percent[u - 1] = recipe_number(row, "percent", 0);
    }
    return rules;
}

/* The strictest of the pack and of what the recipe says itself. */
bool tables_rules_read(const json_t *object, SdcRules *ret_rules, GError **error)
{
    SdcRules own = own_rules(object);
    SdcError failure;
    const char *name = recipe_text(object, "pack");
    const SdcPack *pack = sdc_pack_find(name);
    if (name != NULL && pack == NULL)
        return error_set(error, ERROR_INVALID, "recipe.field", "rules: there is no pack \"%.60s\"; see darse sdc "
                         "packs.", name);
    if (pack != NULL && json_object_size(object) == 1)
        own = pack->rules;
    bool ok = sdc_rules_check(&own, &failure) &&
              (pack == NULL || sdc_rules_merge(&own, &pack->rules, &own, &failure));
    if (!ok)
        return error_set(error, ERROR_INVALID, "recipe.field", "rules: %s", failure.sentence);
    *ret_rules = own;
    return true;
}

/* Without any: nothing is unsafe. */
static SdcRules rules_of(const json_t *recipe)
{
    SdcRules rules = {0};
    const json_t *object = json_object_get(recipe, "rules");
    if (object != NULL)
        tables_rules_read(object, &rules, NULL);
    return rules;
}

unsigned tables_rules_top(const json_t *recipe)
{
    SdcRules rules = rules_of(recipe);
    return MAX(sdc_rules_top(&rules), 2);   /* reports show the two largest */
}

bool tables_rules_want_empty(const json_t *recipe)
{
    return rules_of(recipe).zero_is_unsafe;
}

unsigned tables_rules_coalition(const json_t *recipe)
{
    return rules_of(recipe).coalition > 1 ? 2 : 1;
}

/* --- the cells ----------------------------------------------------------------------------------------- */

static double *by_number(const TableSet *set, size_t at, GPtrArray *blocks)
{
    double *column = g_new(double, MAX(set->cells, 1));
    g_ptr_array_add(blocks, column);
    for (size_t i = 0; i < set->cells; i++) {
        CellPlace place = set->places[i];
        const SdcCube *cube = &set->tables[place.table].cube;
        const double *from = *(double *const *)(const void *)((const char *)cube + at);
        column[i] = from[place.cell];
    }
    return column;
}

static SdcTable all_cells(const TableSet *set, GPtrArray *blocks)
{
    bool records = g_strcmp0(recipe_text(set->recipe, "input"), "cells") != 0;
    bool counted = records || recipe_text(set->recipe, "count") != NULL;
    unsigned top = set->tables[0].cube.top;
    SdcTable table = {.cells = set->cells, .top = top, .relations = &set->relations};
    if (counted)
        table.count = by_number(set, offsetof(SdcCube, count), blocks);
    if (records)
        table.contributors = by_number(set, offsetof(SdcCube, units), blocks);
    if (set->has_values)
        table.total = by_number(set, offsetof(SdcCube, total), blocks);
    if (set->has_values && records)
        table.absolute = by_number(set, offsetof(SdcCube, absolute), blocks);
    for (unsigned t = 0; t < top; t++) {
        table.top_values[t] = by_number(set, offsetof(SdcCube, top_values) + t * sizeof(double *), blocks);
        if (records)
            table.top_weights[t] = by_number(set, offsetof(SdcCube, top_weights) + t * sizeof(double *), blocks);
    }
    return table;
}

static void flag_cell(TableSet *set, size_t id, unsigned flags, double below, double above)
{
    CellVerdict *verdict = &set->verdicts[id];
    double most = set->has_values ? fabs(set->values[id]) : set->counts[id];
    verdict->flags |= (uint16_t)flags;
    verdict->above = fmax(fmax(verdict->above, above), LEAST_LEVEL);
    verdict->below = fmin(fmax(verdict->below, below), most);
    set->primary[id] = true;
}

/* Where a rule gives no amount by itself. */
static double margin_of(const TableSet *set, double percent, size_t id)
{
    double margin = (percent == 0 ? 10 : percent) / 100 * fabs(set->values[id]);
    return set->has_values ? margin : fmax(margin, 1);
}

static bool take_verdict(TableSet *set, const SdcRules *rules, size_t id, const SdcVerdict *v, GError **error)
{
    if (v->status == SDC_STATUS_SAFE || v->status == SDC_STATUS_SUPPRESSED)
        return true;
    if ((v->flags & SDC_FLAG_INVALID) != 0) {
        g_autofree char *name = tableset_cell_name(set, id);
        return error_set(error, ERROR_UNPROCESSABLE, "protect.cell", "The values of the cell %s are impossible or "
                         "contradict each other (its count, total and largest contributions).", name);
    }
    double margin = v->status == SDC_STATUS_UNDECIDED ? margin_of(set, rules->margin_percent, id) : 0;
    flag_cell(set, id, v->flags, fmax(v->below, margin), fmax(v->above, margin));
    return true;
}

void tableset_mark(TableSet *set)
{
    double percent = rules_of(set->recipe).margin_percent;
    for (size_t t = 0; t < set->count; t++) {
        const TableCells *table = &set->tables[t];
        for (size_t i = 0; table->marked != NULL && i < table->cube.cells; i++) {
            uint32_t id = table->ids[i];
            double margin = margin_of(set, percent, id);
            if (table->marked[i])
                flag_cell(set, id, FLAG_MARKED, margin, margin);
        }
    }
}

bool tableset_judge(TableSet *set, GError **error)
{
    SdcRules rules = rules_of(set->recipe);
    set->verdicts = g_new0(CellVerdict, MAX(set->cells, 1));
    set->primary = g_new0(bool, MAX(set->cells, 1));
    if (json_object_get(set->recipe, "rules") == NULL)
        return true;
    g_autoptr(GPtrArray) blocks = g_ptr_array_new_with_free_func(g_free);
    g_autofree SdcVerdict *verdicts = g_new0(SdcVerdict, MAX(set->cells, 1));
    SdcTable table = all_cells(set, blocks);
    SdcSummary summary;
    SdcError failure;
    if (!sdc_primary_check(&rules, &table, verdicts, &summary, &failure))
        return tables_failed(&failure, error);
    set->rules_not_applied = summary.not_applied;
    for (size_t i = 0; i < set->cells; i++) {
        if (!take_verdict(set, &rules, i, &verdicts[i], error))
            return false;
    }
    return true;
}
