/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done about unsafe cells, and the audit of what came out: no pattern leaves here unaudited. Where
 * elimination's pattern lets an attacker come too close, more cells are added where a total and its parts have
 * too little room, and elimination begins anew.
 */
#include "protect/tableset.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

#define WIDEN_ROUNDS_MAX 100
/* Of a cell that is exact, and was to be protected by nothing. */
#define LEAST_LACK 1e-9
#define OPTIMAL_SECONDS 60

static const json_t *method_of(const TableSet *set)
{
    return json_object_get(set->recipe, "method");
}

static bool *flags_new(const TableSet *set)
{
    return g_new0(bool, MAX(set->cells, 1));
}

static bool is_empty(const TableSet *set, size_t i)
{
    return set->values[i] == 0 && (!(set->units[i] > 0) || !set->has_values);
}

/* An empty cell that is not unsafe hides nothing, and nothing behind it. */
static bool *shown_of(const TableSet *set)
{
    bool *shown = flags_new(set);
    for (size_t i = 0; i < set->cells; i++)
        shown[i] = is_empty(set, i) && !set->primary[i];
    return shown;
}

static double *costs_of(const TableSet *set)
{
    const char *cost = recipe_text(method_of(set), "cost");
    double *costs = g_new(double, MAX(set->cells, 1));
    for (size_t i = 0; i < set->cells; i++)
        costs[i] = g_strcmp0(cost, "one") == 0     ? 1
                   : g_strcmp0(cost, "count") == 0 ? set->counts[i]
                                                   : fabs(set->values[i]);
    return costs;
}

static void fill_levels(const TableSet *set, double **ret_below, double **ret_above)
{
    *ret_below = g_new0(double, MAX(set->cells, 1));
    *ret_above = g_new0(double, MAX(set->cells, 1));
    for (size_t i = 0; i < set->cells; i++) {
        (*ret_below)[i] = set->primary[i] ? set->verdicts[i].below : 0;
        (*ret_above)[i] = set->primary[i] ? set->verdicts[i].above : 0;
    }
}

/* --- audit -------------------------------------------------------------------------------------------- */

static bool audit_targets(TableSet *set, const SdcContext *context, const bool *targets,
                          SdcAuditSummary *ret_summary, GError **error)
{
    g_autofree double *below = NULL, *above = NULL;
    fill_levels(set, &below, &above);
    if (set->low == NULL) {
        set->low = g_new0(double, MAX(set->cells, 1));
        set->high = g_new0(double, MAX(set->cells, 1));
        set->states = g_new0(uint8_t, MAX(set->cells, 1));
    }
    SdcAudit audit = {.relations = &set->relations, .values = set->values, .suppressed = set->suppressed,
                      .targets = targets, .below = below, .above = above};
    SdcError failure;
    return sdc_audit(context, &audit, set->low, set->high, set->states, ret_summary, &failure) ||
           tableset_failed(set, &failure, error);
}

static json_t *count_states(const TableSet *set, bool primary)
{
    size_t counts[4] = {0};
    for (size_t i = 0; i < set->cells; i++) {
        if (set->suppressed[i] && set->primary[i] == primary)
            counts[set->states[i]]++;
    }
    return json_pack("{s:I, s:I, s:I}", "safe", (json_int_t)counts[SDC_AUDIT_SAFE], "insufficient",
                     (json_int_t)counts[SDC_AUDIT_INSUFFICIENT], "exact", (json_int_t)counts[SDC_AUDIT_EXACT]);
}

static bool all_safe(const TableSet *set)
{
    for (size_t i = 0; i < set->cells; i++) {
        if (set->primary[i] && set->states[i] != SDC_AUDIT_SAFE)
            return false;
    }
    return true;
}

bool tableset_audit(TableSet *set, const SdcContext *context, json_t *report, GError **error)
{
    SdcAuditSummary summary;
    if (!audit_targets(set, context, NULL, &summary, error))
        return false;
    json_object_set_new(report, "audit",
                        json_pack("{s:I, s:I, s:I, s:o, s:o}", "cells", (json_int_t)summary.targets, "programs",
                                  (json_int_t)summary.programs, "components",
                                  (json_int_t)summary.components, "primary", count_states(set, true),
                                  "secondary", count_states(set, false)));
    json_object_set_new(report, "solver", json_string(context->solver->name));
    json_object_set_new(report, "verdict", json_string(all_safe(set) ? "safe" : "unsafe"));
    return true;
}

/* --- elimination -------------------------------------------------------------------------------------- */

typedef struct Gauss {
    bool *wanted;          /* unsafe cells, and those added for their intervals */
    bool *shown, *singletons;
    uint32_t *contributors;
    double *cost;
    SdcGaussSummary summary;
    size_t added;
} Gauss;

static void gauss_clear(Gauss *g)
{
    g_free(g->wanted);
    g_free(g->shown);
    g_free(g->singletons);
    g_free(g->contributors);
    g_free(g->cost);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Gauss, gauss_clear)

static void gauss_init(const TableSet *set, Gauss *g)
{
    const json_t *asked = json_object_get(method_of(set), "singletons");
    bool singletons = asked != NULL ? json_is_true(asked) : set->has_values;
    g->wanted = flags_new(set);
    memcpy(g->wanted, set->primary, set->cells * sizeof *g->wanted);
    g->shown = shown_of(set);
    g->cost = costs_of(set);
    if (!singletons)
        return;
    g->singletons = flags_new(set);
    g->contributors = g_new0(uint32_t, MAX(set->cells, 1));
    bool named = true;
    for (size_t i = 0; i < set->cells; i++) {
        const SdcCube *cube = &set->tables[set->places[i].table].cube;
        g->singletons[i] = set->units[i] == 1;
        named = named && cube->first != NULL;
        if (named && g->singletons[i])
            g->contributors[i] = cube->first[set->places[i].cell] + 1;
    }
    if (named)
        g_clear_pointer(&g->singletons, g_free);
    else
        g_clear_pointer(&g->contributors, g_free);   /* of cells alone nobody knows who is in which */
}

static bool eliminate(TableSet *set, const SdcContext *context, Gauss *g, GError **error)
{
    SdcGauss request = {.relations = &set->relations, .primary = g->wanted, .cost = g->cost, .shown = g->shown,
                        .singletons = g->singletons, .contributors = g->contributors,
                        .coalition = tables_rules_coalition(set->recipe)};
    SdcError failure;
    return sdc_gauss_suppress(context, &request, set->suppressed, &g->summary, &failure) ||
           tableset_failed(set, &failure, error);
}

/* By how much cell TARGET can move within relation R alone, up or down. */
static double room_in(const TableSet *set, size_t r, uint32_t target, bool up)
{
    const SdcRelations *relations = &set->relations;
    bool is_total = relations->columns[relations->starts[r]] == target;
    double room = 0;
    for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
        uint32_t cell = relations->columns[k];
        if (cell == target || !set->suppressed[cell])
            continue;
        /* A total goes with its parts, parts go against each other; only what goes down has an end. */
        bool goes_up = is_total || relations->signs[k] < 0 ? up : !up;
        room += goes_up ? (double)INFINITY : fabs(set->values[cell]);
    }
    return room;
}

/* The cheapest cell of relation R that could be added and has ENOUGH; else the largest. */
static uint32_t candidate_in(const TableSet *set, const Gauss *g, size_t r, double enough)
{
    const SdcRelations *relations = &set->relations;
    uint32_t best = UINT32_MAX;
    for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
        uint32_t cell = relations->columns[k];
        if (set->suppressed[cell] || g->shown[cell])
            continue;
        if (best == UINT32_MAX) {
            best = cell;
            continue;
        }
        double size = fabs(set->values[cell]), best_size = fabs(set->values[best]);
        bool fits = size >= enough, best_fits = best_size >= enough;
        if (fits != best_fits ? fits : fits ? g->cost[cell] < g->cost[best] : size > best_size)
            best = cell;
    }
    return best;
}

/* How far an unsafe cell is from what was asked for, by the last audit. */
static double lack_of(const TableSet *set, uint32_t cell)
{
    double up = set->values[cell] + set->verdicts[cell].above - set->high[cell];
    double down = set->low[cell] - (set->values[cell] - set->verdicts[cell].below);
    return fmax(up, down);
}

/* Is relation R alone too tight for the unsafe cell? */
static bool is_tight(const TableSet *set, size_t r, uint32_t cell)
{
    return room_in(set, r, cell, true) < set->verdicts[cell].above ||
           room_in(set, r, cell, false) < set->verdicts[cell].below;
}

static size_t add_in_relation(const TableSet *set, Gauss *g, size_t r, double enough)
{
    uint32_t added = candidate_in(set, g, r, enough);
    if (added == UINT32_MAX || g->wanted[added])
        return 0;
    g->wanted[added] = true;
    return 1;
}

/* What the cells in NEAR lack (0: not near), in the relations that have one of them. With TIGHT, only where an
 * unsafe cell has too little room by the relation alone. */
static size_t add_room(const TableSet *set, Gauss *g, const double *near, bool tight)
{
    const SdcRelations *relations = &set->relations;
    size_t added = 0;
    for (size_t r = 0; r < relations->count; r++) {
        double enough = 0;
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            uint32_t cell = relations->columns[k];
            if (near[cell] > enough && (!tight || is_tight(set, r, cell)))
                enough = near[cell];
        }
        added += enough > 0 ? add_in_relation(set, g, r, enough) : 0;
    }
    return added;
}

/* Suppressed cells that share a relation with one in NEAR are near too, with what that one lacks. */
static bool spread(const TableSet *set, double *near)
{
    const SdcRelations *relations = &set->relations;
    g_autofree double *next = g_memdup2(near, set->cells * sizeof *near);
    bool grows = false;
    for (size_t r = 0; r < relations->count; r++) {
        double most = 0;
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++)
            most = fmax(most, near[relations->columns[k]]);
        for (size_t k = relations->starts[r]; most > 0 && k < relations->starts[r + 1]; k++) {
            uint32_t cell = relations->columns[k];
            if (!set->suppressed[cell] || next[cell] > 0)
                continue;
            next[cell] = most;
            grows = true;
        }
    }
    memcpy(near, next, set->cells * sizeof *near);
    return grows;
}

/* More cells for those that are not safe yet: in their own relations, then further and further away. */
static size_t add_cells(const TableSet *set, Gauss *g, const bool *failing)
{
    g_autofree double *near = g_new0(double, MAX(set->cells, 1));
    for (uint32_t i = 0; i < set->cells; i++)
        near[i] = failing[i] ? fmax(lack_of(set, i), LEAST_LACK) : 0;
    size_t added = add_room(set, g, near, true);
    do {
        added += added == 0 ? add_room(set, g, near, false) : 0;
    } while (added == 0 && spread(set, near));
    return added;
}

/* Cells are only added: what was safe stays safe, and need not be looked at again. */
static bool widen(TableSet *set, const SdcContext *context, Gauss *g, GError **error)
{
    g_autofree bool *failing = flags_new(set), *before = flags_new(set);
    memcpy(failing, set->primary, set->cells * sizeof *failing);
    for (size_t round = 0; round < WIDEN_ROUNDS_MAX; round++) {
        SdcAuditSummary summary;
        size_t count = 0;
        if (!audit_targets(set, context, failing, &summary, error))
            return false;
        for (size_t i = 0; i < set->cells; i++) {
            failing[i] = failing[i] && set->states[i] != SDC_AUDIT_SAFE;
            count += failing[i];
        }
        if (count == 0)
            return true;
        size_t added = add_cells(set, g, failing);
        if (added == 0)
            return true;   /* nothing is left to add: the report says which are not safe */
        g->added += added;
        /* Whom the pattern protects from besides, it goes on doing so as it grows. */
        g_clear_pointer(&g->singletons, g_free);
        g_clear_pointer(&g->contributors, g_free);
        SdcGaussSummary first = g->summary;
        memcpy(before, set->suppressed, set->cells * sizeof *before);
        if (!eliminate(set, context, g, error))
            return false;
        for (size_t i = 0; i < set->cells; i++)
            set->suppressed[i] = set->suppressed[i] || before[i];
        g->summary = (SdcGaussSummary){.rounds = first.rounds + g->summary.rounds, .exposed = first.exposed,
                                       .unprotected = first.unprotected};
    }
    return true;
}

static bool run_gauss(TableSet *set, const SdcContext *context, json_t *ret_log, GError **error)
{
    g_auto(Gauss) g = {0};
    gauss_init(set, &g);
    if (!eliminate(set, context, &g, error))
        return false;
    bool guards = g.singletons != NULL || g.contributors != NULL;
    bool widens = !json_is_false(json_object_get(method_of(set), "widen"));
    if (widens && !widen(set, context, &g, error))
        return false;
    json_t *log = json_pack("{s:I, s:I, s:I, s:I, s:b, s:b}", "eliminations", (json_int_t)(g.summary.rounds),
                            "unprotected", (json_int_t)g.summary.unprotected, "exposed",
                            (json_int_t)g.summary.exposed,
                            "added_for_intervals", (json_int_t)g.added, "widen", widens, "singletons",
                            guards);
    json_object_update_new(ret_log, log);
    return true;
}

/* --- least cost --------------------------------------------------------------------------------------- */

static bool run_optimal(TableSet *set, const SdcContext *context, json_t *log, GError **error)
{
    g_autofree double *below = NULL, *above = NULL, *cost = costs_of(set);
    g_autofree bool *known = flags_new(set), *shown = shown_of(set);
    if (!run_gauss(set, context, log, error))   /* a pattern to start from */
        return false;
    memcpy(known, set->suppressed, set->cells * sizeof *known);
    fill_levels(set, &below, &above);
    SdcOptimal request = {.relations = &set->relations, .values = set->values, .primary = set->primary,
                          .cost = cost, .shown = shown, .below = below, .above = above, .known = known,
                          .time_limit_s = recipe_number(method_of(set), "time_limit_s", OPTIMAL_SECONDS)};
    SdcOptimalSummary summary;
    SdcError failure;
    if (!sdc_optimal_suppress(context, &request, set->suppressed, &summary, &failure))
        return tableset_failed(set, &failure, error);
    json_t *found = json_pack("{s:f, s:f, s:b, s:b, s:I, s:I}", "cost", summary.cost, "bound",
                              isfinite(summary.bound) ? summary.bound : 0, "proven", summary.proven,
                              "from_elimination", summary.from_known, "cuts", (json_int_t)summary.cuts,
                              "programs", (json_int_t)summary.programs);
    json_object_update_new(log, found);
    return true;
}

/* --- changed values ----------------------------------------------------------------------------------- */

static bool run_cell_key(TableSet *set, const SdcContext *context, json_t *log, GError **error)
{
    const json_t *method = method_of(set);
    SdcChanceRules rules = {.largest_change = (unsigned)recipe_number(method, "largest_change", 0),
                            .variance = recipe_number(method, "variance", 0),
                            .never_published = (unsigned)recipe_number(method, "never_published", 0),
                            .stay = recipe_number(method, "stay", 0)};
    g_autofree double *keys = g_new(double, MAX(set->cells, 1));
    for (size_t i = 0; i < set->cells; i++)
        keys[i] = set->tables[set->places[i].table].cube.cell_key[set->places[i].cell];
    SdcChances chances;
    SdcError failure;
    if (!sdc_chances_make(context, &rules, &chances, &failure))
        return tableset_failed(set, &failure, error);
    bool ok = sdc_cellkey_perturb(&chances, set->values, keys, set->cells, set->published, &failure);
    json_object_set_new(log, "rows_of_chances", json_integer((json_int_t)chances.rows));
    sdc_chances_clear(context, &chances);
    return ok || tableset_failed(set, &failure, error);
}

/* So that all still adds up: an integer program. */
static bool run_controlled(TableSet *set, const SdcContext *context, json_t *log, GError **error)
{
    const json_t *method = method_of(set);
    SdcControlled request = {.relations = &set->relations, .values = set->values,
                             .base = recipe_number(method, "base", 0),
                             .steps = (unsigned)recipe_number(method, "steps", 0),
                             .time_limit_s = recipe_number(method, "time_limit_s", OPTIMAL_SECONDS)};
    SdcControlledSummary summary;
    SdcError failure;
    if (!sdc_table_round_controlled(context, &request, set->published, &summary, &failure))
        return tableset_failed(set, &failure, error);
    json_object_update_new(log, json_pack("{s:f, s:f, s:b, s:I}", "distance", summary.distance, "bound",
                                          isfinite(summary.bound) ? summary.bound : 0, "proven", summary.proven,
                                          "beyond", (json_int_t)summary.beyond));
    return true;
}

static bool run_round(TableSet *set, const SdcContext *context, json_t *log, GError **error)
{
    const json_t *method = method_of(set);
    unsigned base = (unsigned)recipe_number(method, "base", 0);
    bool random = g_strcmp0(recipe_text(method, "how"), "random") == 0;
    SdcError failure;
    json_object_set_new(log, "base", json_integer(base));
    if (g_strcmp0(recipe_text(method, "how"), "controlled") == 0)
        return run_controlled(set, context, log, error);
    bool ok = random ? sdc_table_round_random(context, set->values, set->cells, base,
                                              (uint64_t)recipe_number(set->recipe, "seed", 0), 0,
                                              set->published, &failure)
                     : sdc_table_round(set->values, set->cells, base, set->published, &failure);
    return ok || tableset_failed(set, &failure, error);
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool suppresses;
    bool (*run)(TableSet *set, const SdcContext *context, json_t *log, GError **error);
} methods[] = {
    {"gauss", true, run_gauss},
    {"optimal", true, run_optimal},
    {"cell_key", false, run_cell_key},
    {"round", false, run_round},
    {"none", true, NULL},
};

static bool check_known(const TableSet *set, GError **error)
{
    for (size_t i = 0; i < set->cells; i++) {
        if (!isnan(set->values[i]) && !isnan(set->counts[i]))
            continue;
        g_autofree char *name = tableset_cell_name(set, i);
        return error_set(error, ERROR_UNPROCESSABLE, "protect.missing", "The cell %s has no %s: a table is "
                         "protected before anything is taken out of it.", name,
                         isnan(set->values[i]) ? "value" : "count");
    }
    return true;
}

static json_t *deviation_json(const TableSet *set)
{
    SdcDeviation d;
    const double *published = set->published != NULL ? set->published : set->values;
    if (!sdc_table_deviation(set->values, published, set->suppressed, set->cells, &d, NULL))
        return json_object();
    return json_pack("{s:I, s:I, s:f, s:f, s:f, s:f}", "shown", (json_int_t)d.shown, "unchanged",
                     (json_int_t)d.unchanged, "mean", d.mean, "largest", d.largest, "mean_relative",
                     d.mean_relative, "mean_root", d.mean_root);
}

bool tableset_protect(TableSet *set, const SdcContext *context, json_t *report, GError **error)
{
    const char *name = recipe_text(method_of(set), "name");
    name = name != NULL ? name : "gauss";
    size_t m = 0;
    while (strcmp(methods[m].name, name) != 0)
        m++;
    if (!check_known(set, error) || !tableset_check_sums(set, error))
        return false;
    tableset_mark(set);
    set->suppressed = flags_new(set);
    json_t *log = json_pack("{s:s}", "name", name);
    json_object_set_new(report, "method", log);
    if (methods[m].suppresses)
        memcpy(set->suppressed, set->primary, set->cells * sizeof *set->suppressed);
    else
        set->published = g_new(double, MAX(set->cells, 1));
    if (methods[m].run != NULL && !methods[m].run(set, context, log, error))
        return false;
    if (!methods[m].suppresses)
        json_object_set_new(report, "verdict", json_string("none"));
    else if (!tableset_audit(set, context, report, error))
        return false;
    json_object_set_new(report, "deviation", deviation_json(set));
    return true;
}
