/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary rules, cell by cell. A cell passes only if every rule in force says so: a value that
 * is missing, impossible or contradicted by another never makes a cell safe.
 */
#include "sdc/sdc.h"

#include "sdc/failure.h"

#include <math.h>
#include <string.h>

/* Relative room for the rounding of what was written in a file, and of sums. */
#define TOLERANCE 1e-6
#define ROUNDING 1e-12
#define MARGIN_DEFAULT 10.0

static const SdcFlagKind flag_kinds[SDC_FLAG_COUNT] = {
    {SDC_FLAG_MINIMUM_COUNT, "minimum_count", "Fewer units than the smallest safe number."},
    {SDC_FLAG_MINIMUM_CONTRIBUTORS, "minimum_contributors",
     "Fewer contributors than the smallest safe number."},
    {SDC_FLAG_DOMINANCE, "dominance",
     "The largest contributors have more than the allowed share of the total."},
    {SDC_FLAG_P_Q, "p_percent", "A contributor could estimate the largest one too closely."},
    {SDC_FLAG_GROUP, "group", "All or nearly all units of a total are in this one part of it."},
    {SDC_FLAG_ZERO, "zero", "No unit: of a known group, nobody has this characteristic."},
    {SDC_FLAG_ROUNDING, "rounding", "The count is not a multiple of the rounding base."},
    {SDC_FLAG_UNDECIDED, "undecided", "A value that the rules need is missing."},
    {SDC_FLAG_INVALID, "invalid", "The values are impossible or contradict each other."},
};

const SdcFlagKind *sdc_flag_kinds(void)
{
    return flag_kinds;
}

/* One cell; NaN where missing or where there is no such column. */
typedef struct Cell {
    double n, m, total;
    double absolute;                  /* A, or |X| */
    double value[SDC_TOP_MAX];        /* absolute contributions, TOP of them known */
    double weight[SDC_TOP_MAX];
    unsigned top;
    bool whole;                       /* there are no other contributors than these */
    bool has_absolute, hidden;
} Cell;

typedef struct Check {
    const SdcRules *rules;
    const SdcTable *table;
    unsigned applied;
    SdcSummary summary;
} Check;

static double value_at(const double *column, size_t i)
{
    return column != NULL ? column[i] : (double)NAN;
}

/* Field by field: millions of cells, and most of a Cell is not used by most of them. */
static void cell_take(const SdcTable *table, size_t i, Cell *c)
{
    bool top_hidden = true;
    c->n = value_at(table->count, i);
    c->m = value_at(table->contributors, i);
    c->total = value_at(table->total, i);
    c->absolute = value_at(table->absolute, i);
    c->top = 0;
    c->has_absolute = !isnan(c->absolute);
    c->absolute = c->has_absolute ? c->absolute : fabs(c->total);
    for (unsigned t = 0; t < table->top; t++)
        top_hidden = top_hidden && isnan(table->top_values[t][i]);
    while (c->top < table->top && !isnan(table->top_values[c->top][i])) {
        c->value[c->top] = fabs(table->top_values[c->top][i]);
        c->weight[c->top] = table->top_weights[c->top] != NULL ? table->top_weights[c->top][i] : 1;
        c->top++;
    }
    double contributors = isnan(c->m) ? c->n : c->m;
    c->whole = contributors <= c->top || (c->top > 0 && c->value[c->top - 1] == 0);
    c->hidden = isnan(c->n) && isnan(c->m) && isnan(c->total) && !c->has_absolute && top_hidden;
}

/* --- what cannot be true ----------------------------------------------------------------------- */

/* The most that N units can make of which none exceeds these contributions. */
static double most_of(const Cell *c, double n)
{
    double sum = 0, left = n;
    for (unsigned t = 0; t < c->top && left > 0; t++) {
        double units = fmin(left, c->weight[t]);
        sum += units * c->value[t];
        left -= units;
    }
    return left > 0 && c->top > 0 ? sum + left * c->value[c->top - 1] : sum;
}

static bool is_contradiction(const SdcRules *rules, const Cell *c)
{
    double known = 0;
    for (unsigned t = 0; t < c->top; t++) {
        if (t > 0 && c->value[t] > c->value[t - 1] * (1 + TOLERANCE) + rules->rounding_base)
            return true;
        known += c->value[t] * c->weight[t];
    }
    if (c->has_absolute && !isnan(c->total) &&
        fabs(c->total) > c->absolute * (1 + TOLERANCE) + rules->rounding_base)
        return true;
    if (c->has_absolute && known > c->absolute * (1 + TOLERANCE) + rules->rounding_base)
        return true;
    if (isnan(c->n) || isnan(c->total))
        return false;
    /* By holding, one contribution is of several units: as many as there are of either. */
    double n = (isnan(c->m) ? c->n : fmax(c->n, c->m)) + rules->rounding_base;
    if (n == 0)
        return fabs(c->total) > 0;
    double room = TOLERANCE * fabs(c->total) + rules->rounding_base;
    return c->top > 0 && fabs(c->total) > most_of(c, n) + room;
}

static bool is_invalid(const SdcRules *rules, const Cell *c)
{
    if (isinf(c->n) || isinf(c->m) || isinf(c->total) || isinf(c->absolute) || c->n < 0 || c->m < 0 ||
        c->absolute < 0)
        return true;
    for (unsigned t = 0; t < c->top; t++) {
        if (isinf(c->value[t]) || !(c->weight[t] >= 0 && isfinite(c->weight[t])))
            return true;
    }
    return is_contradiction(rules, c);
}

/* --- the rules on shares ------------------------------------------------------------------------ */

/* T(UNITS) lies between these. */
typedef struct Bounds {
    double low, high;
} Bounds;

static Bounds top_units(const Cell *c, double units)
{
    double sum = 0, left = units, last = c->top > 0 ? c->value[c->top - 1] : 0;
    for (unsigned t = 0; t < c->top && left > 0; t++) {
        double taken = fmin(left, c->weight[t]);
        sum += taken * c->value[t];
        left -= taken;
    }
    double rest = left > 0 && !c->whole ? fmin(left * last, fmax(0, c->absolute - sum)) : 0;
    return (Bounds){sum, sum + rest};
}

/* A rule says by how much the cell exceeds it, at best and at worst. Returns whether it is flagged. */
static bool apply_excess(Check *check, const Cell *c, SdcFlag flag, Bounds excess, SdcVerdict *verdict)
{
    double room = ROUNDING * c->absolute;
    if (excess.low > room) {
        verdict->flags |= (uint16_t)flag;
        verdict->above = fmax(verdict->above, excess.high);
        return true;
    }
    if (excess.high > room) {
        verdict->flags |= SDC_FLAG_UNDECIDED;
        check->summary.short_of |= flag;
    }
    return false;
}

static void apply_shares(Check *check, const Cell *c, SdcVerdict *verdict)
{
    const SdcRules *rules = check->rules;
    if (isnan(c->absolute) || c->top == 0)
        return;
    for (unsigned u = 0; (check->applied & SDC_FLAG_DOMINANCE) != 0 && u < SDC_TOP_MAX; u++) {
        if (rules->dominance_percent[u] == 0)
            continue;
        Bounds top = top_units(c, u + 1);
        double scale = 100 / rules->dominance_percent[u];
        apply_excess(check, c, SDC_FLAG_DOMINANCE,
                     (Bounds){scale * top.low - c->absolute, scale * top.high - c->absolute}, verdict);
    }
    if ((check->applied & SDC_FLAG_P_Q) != 0) {
        double q = rules->q_percent == 0 ? 100 : rules->q_percent;
        Bounds top = top_units(c, (rules->coalition == 0 ? 1 : rules->coalition) + 1.0);
        double error = rules->p_percent / q * c->value[0];
        apply_excess(check, c, SDC_FLAG_P_Q,
                     (Bounds){error - (c->absolute - top.low), error - (c->absolute - top.high)}, verdict);
    }
}

/* --- the rules on numbers ----------------------------------------------------------------------- */

static void flag_with_margin(const Check *check, const Cell *c, SdcFlag flag, SdcVerdict *verdict)
{
    double margin = check->rules->margin_percent == 0 ? MARGIN_DEFAULT : check->rules->margin_percent;
    double size = isnan(c->absolute) ? c->n : c->absolute;
    double above = margin / 100 * size;
    /* Who looks for a number of persons knows that it is a whole one. */
    if (isnan(c->absolute))
        above = fmax(above, flag == SDC_FLAG_ZERO ? fmax(1, check->rules->minimum_count) : 1);
    verdict->flags |= (uint16_t)flag;
    verdict->above = fmax(verdict->above, above);
}

static void apply_numbers(const Check *check, const Cell *c, SdcVerdict *verdict)
{
    const SdcRules *rules = check->rules;
    if ((check->applied & SDC_FLAG_MINIMUM_COUNT) != 0 && c->n > 0 && c->n < rules->minimum_count)
        flag_with_margin(check, c, SDC_FLAG_MINIMUM_COUNT, verdict);
    if ((check->applied & SDC_FLAG_MINIMUM_CONTRIBUTORS) != 0 && c->m > 0 &&
        c->m < rules->minimum_contributors)
        flag_with_margin(check, c, SDC_FLAG_MINIMUM_CONTRIBUTORS, verdict);
    if ((check->applied & SDC_FLAG_ZERO) != 0 && c->n == 0)
        flag_with_margin(check, c, SDC_FLAG_ZERO, verdict);
    if ((check->applied & SDC_FLAG_ROUNDING) != 0 && isfinite(c->n) &&
        fmod(c->n, rules->rounding_base) != 0)
        flag_with_margin(check, c, SDC_FLAG_ROUNDING, verdict);
    if ((verdict->flags & SDC_FLAG_GROUP) != 0)
        flag_with_margin(check, c, SDC_FLAG_GROUP, verdict);
}

static bool is_undecided(unsigned applied, const Cell *c)
{
    const unsigned on_count =
        SDC_FLAG_MINIMUM_COUNT | SDC_FLAG_ROUNDING | SDC_FLAG_ZERO | SDC_FLAG_GROUP;
    if ((applied & on_count) != 0 && isnan(c->n))
        return true; /* not suppressed, so something else of the cell is shown */
    if ((applied & SDC_FLAG_MINIMUM_CONTRIBUTORS) != 0 && isnan(c->m))
        return true;
    const unsigned on_shares = SDC_FLAG_DOMINANCE | SDC_FLAG_P_Q;
    bool nobody = c->n == 0 && c->total == 0;
    return (applied & on_shares) != 0 && isnan(c->total) != (c->top == 0) && !nobody;
}

/* VERDICT comes with the flag of the rule on groups. */
static void check_cell(Check *check, const Cell *c, SdcVerdict *verdict)
{
    if (c->hidden)
        return;
    apply_numbers(check, c, verdict);
    apply_shares(check, c, verdict);
    if (is_undecided(check->applied, c))
        verdict->flags |= SDC_FLAG_UNDECIDED;
    if (is_invalid(check->rules, c))
        verdict->flags |= SDC_FLAG_INVALID;
}

/* --- groups ------------------------------------------------------------------------------------- */

/* The units of the total of relation R; NaN where neither it nor all its parts say. */
static double group_total(const SdcTable *table, size_t r)
{
    const SdcRelations *relations = table->relations;
    double total = table->count[relations->columns[relations->starts[r]]], sum = 0;
    for (size_t k = relations->starts[r] + 1; k < relations->starts[r + 1]; k++)
        sum += table->count[relations->columns[k]];
    return isnan(total) ? sum : total;
}

static void check_groups(const Check *check, SdcVerdict *verdicts)
{
    const SdcRelations *relations = check->table->relations;
    for (size_t r = 0; r < relations->count; r++) {
        size_t begin = relations->starts[r] + 1, end = relations->starts[r + 1];
        double total = group_total(check->table, r);
        if (end - begin < 2 || !(total > 0))
            continue;
        for (size_t k = begin; k < end; k++) {
            double n = check->table->count[relations->columns[k]];
            if (n >= total || 100 * n > check->rules->max_group_percent * total)
                verdicts[relations->columns[k]].flags = SDC_FLAG_GROUP;
        }
    }
}

/* --- the whole ---------------------------------------------------------------------------------- */

static bool dominance_in_force(const SdcRules *rules)
{
    for (unsigned u = 0; u < SDC_TOP_MAX; u++) {
        if (rules->dominance_percent[u] > 0)
            return true;
    }
    return false;
}

static unsigned rules_in_force(const SdcRules *rules)
{
    return (rules->minimum_count > 0 ? SDC_FLAG_MINIMUM_COUNT : 0u) |
           (rules->minimum_contributors > 0 ? SDC_FLAG_MINIMUM_CONTRIBUTORS : 0u) |
           (dominance_in_force(rules) ? SDC_FLAG_DOMINANCE : 0u) |
           (rules->p_percent > 0 ? SDC_FLAG_P_Q : 0u) |
           (rules->max_group_percent > 0 ? SDC_FLAG_GROUP : 0u) |
           (rules->zero_is_unsafe ? SDC_FLAG_ZERO : 0u) |
           (rules->rounding_base > 0 ? SDC_FLAG_ROUNDING : 0u);
}

static unsigned rules_checkable(const SdcTable *table)
{
    unsigned flags = 0;
    if (table->count != NULL)
        flags |= SDC_FLAG_MINIMUM_COUNT | SDC_FLAG_ROUNDING | SDC_FLAG_ZERO;
    if (table->count != NULL && table->relations != NULL)
        flags |= SDC_FLAG_GROUP;
    if (table->contributors != NULL)
        flags |= SDC_FLAG_MINIMUM_CONTRIBUTORS;
    if (table->total != NULL && table->top > 0)
        flags |= SDC_FLAG_DOMINANCE | SDC_FLAG_P_Q;
    return flags;
}

static void verdict_finish(SdcSummary *summary, const Cell *c, SdcVerdict *verdict)
{
    const unsigned not_rules = SDC_FLAG_UNDECIDED | SDC_FLAG_INVALID;
    double size = isnan(c->absolute) ? c->n : c->absolute;
    verdict->first = SDC_FLAG_COUNT;
    verdict->above = (verdict->flags & SDC_FLAG_INVALID) != 0 ? 0 : verdict->above;
    verdict->below = fmin(verdict->above, size);
    for (unsigned f = SDC_FLAG_COUNT; f-- > 0;) {
        if ((verdict->flags & flag_kinds[f].flag) == 0)
            continue;
        summary->by_flag[f]++;
        verdict->first = (uint8_t)f;
    }
    verdict->status = (uint8_t)(c->hidden                               ? SDC_STATUS_SUPPRESSED
                                : (verdict->flags & ~not_rules) != 0     ? SDC_STATUS_UNSAFE
                                : (verdict->flags & SDC_FLAG_INVALID)    ? SDC_STATUS_INVALID
                                : (verdict->flags & SDC_FLAG_UNDECIDED) ? SDC_STATUS_UNDECIDED
                                                                         : SDC_STATUS_SAFE);
    summary->suppressed += verdict->status == SDC_STATUS_SUPPRESSED;
    summary->safe += verdict->status == SDC_STATUS_SAFE;
    summary->flagged += verdict->flags != 0;
    if (verdict->flags != 0)
        summary->first[verdict->first]++;
}

static bool table_check(const SdcTable *table, SdcError *ret_error)
{
    if (table->top > SDC_TOP_MAX)
        return sdc_failure(ret_error, SDC_ERROR_TABLE, "There are %u columns of contributions; at most %d "
                           "are looked at.", table->top, SDC_TOP_MAX);
    if (table->count == NULL && table->total == NULL && table->top == 0 && table->contributors == NULL)
        return sdc_failure(ret_error, SDC_ERROR_TABLE,
                           "No column is declared: name the column of counts, of totals or both.");
    if (table->top > 0 && table->total == NULL)
        return sdc_failure(ret_error, SDC_ERROR_TABLE,
                           "The largest contribution is declared without the total that it is a "
                           "part of.");
    if (table->relations != NULL && table->relations->cells != table->cells)
        return sdc_failure(ret_error, SDC_ERROR_TABLE, "The relations are of %zu cells, the table of %zu.",
                           table->relations->cells, table->cells);
    return true;
}

bool sdc_primary_check(const SdcRules *rules, const SdcTable *table, SdcVerdict *ret_verdicts,
                       SdcSummary *ret_summary, SdcError *ret_error)
{
    if (!sdc_rules_check(rules, ret_error) || !table_check(table, ret_error))
        return false;
    unsigned in_force = rules_in_force(rules), applied = in_force & rules_checkable(table);
    Check check = {rules, table, applied, {.cells = table->cells, .applied = applied,
                                           .not_applied = in_force & ~applied}};
    if (table->cells > 0)
        memset(ret_verdicts, 0, table->cells * sizeof *ret_verdicts);
    if ((applied & SDC_FLAG_GROUP) != 0)
        check_groups(&check, ret_verdicts);
    for (size_t i = 0; i < table->cells; i++) {
        Cell c;
        cell_take(table, i, &c);
        check_cell(&check, &c, &ret_verdicts[i]);
        verdict_finish(&check.summary, &c, &ret_verdicts[i]);
    }
    *ret_summary = check.summary;
    return true;
}

/* --- the figure behind a flag ------------------------------------------------------------------- */

static double percent_of(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : part > 0 ? (double)INFINITY : 0;
}

static SdcReason dominance_reason(const SdcRules *rules, const Cell *c)
{
    SdcReason reason = {NAN, NAN, 0};
    double most = -INFINITY;
    for (unsigned u = 0; u < SDC_TOP_MAX; u++) {
        if (rules->dominance_percent[u] == 0)
            continue;
        Bounds top = top_units(c, u + 1);
        double excess = 100 / rules->dominance_percent[u] * top.low - c->absolute;
        if (excess <= most)
            continue;
        most = excess;
        reason = (SdcReason){percent_of(top.low, c->absolute), rules->dominance_percent[u], u + 1};
    }
    return reason;
}

static SdcReason p_q_reason(const SdcRules *rules, const Cell *c)
{
    unsigned coalition = rules->coalition == 0 ? 1 : rules->coalition;
    double q = rules->q_percent == 0 ? 100 : rules->q_percent;
    double rest = fmax(0, c->absolute - top_units(c, coalition + 1.0).low);
    return (SdcReason){percent_of(rest, c->top > 0 ? c->value[0] : 0), 100 * rules->p_percent / q,
                       coalition};
}

static SdcReason group_reason(const SdcRules *rules, const SdcTable *table, size_t cell)
{
    const SdcRelations *relations = table->relations;
    SdcReason reason = {NAN, rules->max_group_percent, 0};
    for (size_t r = 0; r < relations->count; r++) {
        double total = group_total(table, r);
        for (size_t k = relations->starts[r] + 1; k < relations->starts[r + 1]; k++) {
            if (relations->columns[k] == cell && relations->starts[r + 1] - relations->starts[r] > 2)
                reason.measure = fmax(reason.measure, percent_of(table->count[cell], total));
        }
    }
    return reason;
}

SdcReason sdc_primary_reason(const SdcRules *rules, const SdcTable *table, size_t cell, SdcFlag flag)
{
    Cell c;
    cell_take(table, cell, &c);
    switch (flag) {
    case SDC_FLAG_MINIMUM_COUNT: return (SdcReason){c.n, rules->minimum_count, 0};
    case SDC_FLAG_MINIMUM_CONTRIBUTORS: return (SdcReason){c.m, rules->minimum_contributors, 0};
    case SDC_FLAG_DOMINANCE: return dominance_reason(rules, &c);
    case SDC_FLAG_P_Q: return p_q_reason(rules, &c);
    case SDC_FLAG_GROUP: return group_reason(rules, table, cell);
    case SDC_FLAG_ZERO: return (SdcReason){0, NAN, 0};
    case SDC_FLAG_ROUNDING: return (SdcReason){c.n, rules->rounding_base, 0};
    default: return (SdcReason){NAN, NAN, 0};
    }
}

SdcTable sdc_cube_table(const SdcCube *cube, const SdcRelations *relations)
{
    SdcTable table = {.cells = cube->cells, .count = cube->count, .contributors = cube->units,
                      .total = cube->total, .absolute = cube->absolute, .relations = relations,
                      .top = cube->total != NULL ? cube->top : 0};
    for (unsigned t = 0; t < table.top; t++) {
        table.top_values[t] = cube->top_values[t];
        table.top_weights[t] = cube->top_weights[t];
    }
    return table;
}
