/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit of a table that somebody else has suppressed. Where the true values are not there, some table that
 * fits what is shown stands for them: the attacker's intervals are the same from any.
 */
#include "protect/tableset.h"

#include "base/error.h"
#include "sdc/solver.h"

#include <math.h>
#include <string.h>

#define LISTED_MAX 200
#define SOLVE_SECONDS 600.0
#define SUM_TOLERANCE 1e-6

/* A cell is suppressed when no table shows it. *RET_ELSEWHERE: cells that one hides and another shows. */
static json_t *find_suppressed(TableSet *set)
{
    g_autofree bool *hidden = g_new0(bool, MAX(set->cells, 1)), *shown = g_new0(bool, MAX(set->cells, 1));
    json_t *elsewhere = json_array();
    for (size_t t = 0; t < set->count; t++) {
        const TableCells *table = &set->tables[t];
        for (size_t i = 0; i < table->cube.cells; i++) {
            bool out = table->missing[i] || (table->marked != NULL && table->marked[i]);
            (out ? hidden : shown)[table->ids[i]] = true;
        }
    }
    set->suppressed = g_new0(bool, MAX(set->cells, 1));
    for (size_t i = 0; i < set->cells; i++) {
        set->suppressed[i] = hidden[i] && !shown[i];
        if (hidden[i] && shown[i] && json_array_size(elsewhere) < LISTED_MAX) {
            g_autofree char *name = tableset_cell_name(set, i);
            json_array_append_new(elsewhere, json_string(name));
        }
    }
    return elsewhere;
}

/* --- a table that fits --------------------------------------------------------------------------------- */

typedef struct Fit {
    size_t unknowns, rows, terms;
    uint32_t *cells;           /* of unknowns */
    uint32_t *column;          /* 1 + unknown of a cell */
    uint32_t *relation;        /* of rows */
    size_t *starts;
    uint32_t *term_rows;
    double *numbers, *lower, *upper, *cost, *sums;
    double scale;
} Fit;

static void fit_clear(Fit *f)
{
    void *blocks[] = {f->cells, f->column, f->relation, f->starts, f->term_rows, f->numbers, f->lower, f->upper,
                      f->cost, f->sums};
    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++)
        g_free(blocks[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fit, fit_clear)

static void find_unknowns(const TableSet *set, Fit *f)
{
    const SdcRelations *relations = &set->relations;
    double most = 0;
    f->cells = g_new(uint32_t, MAX(set->cells, 1));
    f->column = g_new0(uint32_t, MAX(set->cells, 1));
    f->relation = g_new(uint32_t, MAX(relations->count, 1));
    for (uint32_t i = 0; i < set->cells; i++) {
        if (isnan(set->values[i])) {
            f->cells[f->unknowns++] = i;
            f->column[i] = (uint32_t)f->unknowns;
        } else {
            most = fmax(most, fabs(set->values[i]));
        }
    }
    for (uint32_t r = 0; r < relations->count; r++) {
        size_t before = f->terms;
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++)
            f->terms += f->column[relations->columns[k]] != 0;
        if (f->terms > before)
            f->relation[f->rows++] = r;
    }
    f->scale = most > 0 ? most / 1e3 : 1;
}

/* Columns: the unknown cells, then what each row lacks and what it has too much. */
static void fill_columns(const TableSet *set, Fit *f)
{
    const SdcRelations *relations = &set->relations;
    size_t columns = f->unknowns + 2 * f->rows, terms = f->terms + 2 * f->rows;
    bool negative = false;
    for (size_t i = 0; i < set->cells; i++)
        negative = negative || set->values[i] < 0;
    f->starts = g_new0(size_t, columns + 1);
    f->term_rows = g_new(uint32_t, MAX(terms, 1));
    f->numbers = g_new(double, MAX(terms, 1));
    f->lower = g_new0(double, MAX(columns, 1));
    f->upper = g_new(double, MAX(columns, 1));
    f->cost = g_new0(double, MAX(columns, 1));
    f->sums = g_new0(double, MAX(f->rows, 1));
    for (uint32_t row = 0; row < f->rows; row++) {
        uint32_t r = f->relation[row];
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            uint32_t cell = relations->columns[k];
            if (f->column[cell] != 0)
                f->starts[f->column[cell]]++;
            else
                f->sums[row] -= relations->signs[k] * set->values[cell] / f->scale;
        }
    }
    for (size_t j = 0; j < columns; j++) {
        f->upper[j] = SDC_INFINITY;
        f->lower[j] = negative && j < f->unknowns ? -SDC_INFINITY : 0;
        f->cost[j] = j < f->unknowns ? 0 : 1;
        f->starts[j + 1] = j < f->unknowns ? f->starts[j] + f->starts[j + 1] : f->starts[j] + 1;
    }
    g_autofree size_t *next = g_memdup2(f->starts, (columns + 1) * sizeof *next);
    for (uint32_t row = 0; row < f->rows; row++) {
        uint32_t r = f->relation[row];
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            uint32_t column = f->column[relations->columns[k]];
            if (column == 0)
                continue;
            f->term_rows[next[column - 1]] = row;
            f->numbers[next[column - 1]++] = relations->signs[k];
        }
        for (int side = 0; side < 2; side++) {
            size_t j = f->unknowns + 2 * row + (size_t)side;
            f->term_rows[f->starts[j]] = row;
            f->numbers[f->starts[j]] = side == 0 ? 1 : -1;
        }
    }
}

/* The row that is furthest from a sum, if it is further than rounding explains. */
static bool check_rests(const TableSet *set, const Fit *f, const double *found, GError **error)
{
    double allowed = recipe_number(json_object_get(set->recipe, "audit"), "tolerance", 0);
    for (size_t row = 0; row < f->rows; row++) {
        double rest = (found[f->unknowns + 2 * row] + found[f->unknowns + 2 * row + 1]) * f->scale;
        uint32_t r = f->relation[row], total = set->relations.columns[set->relations.starts[r]];
        if (rest <= allowed + SUM_TOLERANCE * 1e3 * f->scale)
            continue;
        g_autofree char *name = tableset_cell_name(set, total);
        return error_set(error, ERROR_UNPROCESSABLE, "protect.sums", "No values of the suppressed cells fit what is "
                         "shown: the cell %s is off its parts by at least %.6g. If values were rounded, say by how "
                         "much with a tolerance.", name, rest);
    }
    return true;
}

static bool solve_fit(TableSet *set, const SdcContext *context, const Fit *f, GError **error)
{
    const SdcSolver *solver = context->solver;
    SdcColumns columns = {f->unknowns + 2 * f->rows, f->starts, f->term_rows, f->numbers, f->lower, f->upper,
                          f->cost};
    g_autofree double *found = g_new0(double, columns.count + 1);
    SdcModel *model = solver->create(solver->user, f->rows, f->sums, f->sums, &columns);
    if (model == NULL)
        return error_set(error, ERROR_TOO_LARGE, "protect.memory", "The solver has no memory for the table.");
    SdcSolverStatus status = solver->solve_lp(model, SOLVE_SECONDS);
    bool ok = status == SDC_SOLVER_OPTIMAL && solver->solution(model, NULL, found, NULL);
    solver->destroy(model);
    if (!ok)
        return error_set(error, ERROR_UNAVAILABLE, "protect.solver", "The solver %s did not find a table that fits "
                         "what is shown (status %d).", solver->name, (int)status);
    if (!check_rests(set, f, found, error))
        return false;
    for (size_t j = 0; j < f->unknowns; j++) {
        double value = found[j] * f->scale;
        set->values[f->cells[j]] = f->lower[j] == 0 ? fmax(value, 0) : value;
    }
    return true;
}

static bool find_values(TableSet *set, const SdcContext *context, GError **error)
{
    g_auto(Fit) fit = {0};
    find_unknowns(set, &fit);
    if (fit.unknowns == 0)
        return true;
    fill_columns(set, &fit);
    if (fit.rows > 0)
        return solve_fit(set, context, &fit, error);
    for (size_t j = 0; j < fit.unknowns; j++)
        set->values[fit.cells[j]] = 0;   /* in no relation: nothing bounds them */
    return true;
}

/* --- the verdict --------------------------------------------------------------------------------------- */

/* An interval narrower than PERCENT of its upper end. */
static void judge_widths(TableSet *set, double percent)
{
    for (size_t i = 0; percent > 0 && i < set->cells; i++) {
        bool narrow = set->high[i] - set->low[i] < percent / 100 * fmax(fabs(set->high[i]), fabs(set->low[i]));
        if (set->suppressed[i] && set->states[i] == SDC_AUDIT_SAFE && narrow)
            set->states[i] = SDC_AUDIT_INSUFFICIENT;
    }
}

static json_t *unsafe_shown(const TableSet *set)
{
    json_t *names = json_array();
    for (size_t i = 0; i < set->cells; i++) {
        if (!set->primary[i] || set->suppressed[i] || json_array_size(names) >= LISTED_MAX)
            continue;
        g_autofree char *name = tableset_cell_name(set, i);
        json_array_append_new(names, json_string(name));
    }
    return names;
}

/* Without rules every suppressed cell is to be protected. */
static void protect_all(TableSet *set)
{
    for (size_t i = 0; i < set->cells; i++)
        set->primary[i] = set->suppressed[i];
}

bool tableset_audit_given(TableSet *set, const SdcContext *context, json_t *report, GError **error)
{
    bool whole = true, has_rules = json_object_get(set->recipe, "rules") != NULL;
    json_t *elsewhere = find_suppressed(set);
    json_object_set_new(report, "shown_elsewhere", elsewhere);
    for (size_t i = 0; i < set->cells; i++)
        whole = whole && !isnan(set->values[i]);
    if (!tableset_check_sums(set, error))
        return false;
    if (has_rules && !whole)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.rules", "Rules need the values of the suppressed "
                         "cells: give them with a column of marks, or leave the rules out.");
    if (!find_values(set, context, error))
        return false;
    if (!has_rules)
        protect_all(set);
    json_object_set_new(report, "rules_applied", json_boolean(has_rules));
    if (!tableset_audit(set, context, report, error))
        return false;
    json_t *shown = unsafe_shown(set);
    json_object_set_new(report, "unsafe_shown", shown);
    judge_widths(set, recipe_number(json_object_get(set->recipe, "audit"), "width_percent", 0));
    bool safe = json_array_size(shown) == 0 && json_array_size(elsewhere) == 0;
    for (size_t i = 0; safe && i < set->cells; i++)
        safe = !set->suppressed[i] || !set->primary[i] || set->states[i] == SDC_AUDIT_SAFE;
    json_object_set_new(report, "verdict", json_string(safe ? "safe" : "unsafe"));
    return true;
}
