/* SPDX-License-Identifier: Apache-2.0 */
#include "sdc/rounding.h"

#include "sdc/failure.h"
#include "sdc/memory.h"
#include "sdc/solver.h"

#include <math.h>

/* Columns of a cell: up instead of down, steps beyond up, steps beyond down. */
enum { UP, ABOVE, BELOW, KINDS };

typedef struct Program {
    const SdcContext *context;
    const SdcControlled *in;
    size_t cells, columns, terms, most_terms;
    double *floors;            /* of a cell: multiples below it */
    size_t *use_starts;        /* of a cell: its relations, CELLS + 2 */
    uint32_t *uses;
    double *use_signs;
    uint32_t *column_of;       /* KINDS a cell, UINT32_MAX: none */
    size_t *starts;
    uint32_t *rows;
    double *values, *lower, *upper, *cost, *sides, *solution;
    bool *integer;
    double cost_scale, constant;
} Program;

static double weight_of(const Program *p, size_t cell)
{
    return p->in->weights != NULL ? p->in->weights[cell] : 1;
}

/* --- request ------------------------------------------------------------------------------------------- */

static bool check_request(const SdcContext *context, const SdcControlled *in, SdcError *ret_error)
{
    if (!(in->base > 0) || !isfinite(in->base) || in->steps > SDC_ROUNDING_STEPS_MAX || !(in->time_limit_s > 0))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The base is %g, %u steps beyond the next multiples "
                           "and %g seconds were asked for; the base and the time are above 0, and the steps "
                           "at most %d.", in->base, in->steps, in->time_limit_s, SDC_ROUNDING_STEPS_MAX);
    for (size_t i = 0; i < in->relations->cells; i++) {
        if (!(fabs(in->values[i]) / in->base <= 0x1p50))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has the value %g: it is not finite, or too "
                               "large for the base.", i + 1, in->values[i]);
        if (in->weights != NULL && !(in->weights[i] >= 0 && isfinite(in->weights[i])))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has the weight %g; a weight is finite and "
                               "not negative.", i + 1, in->weights[i]);
    }
    if (!sdc_relations_check(in->relations, in->values, 1e-9, ret_error))
        return false;
    if (context == NULL || context->solver == NULL)
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "Controlled rounding needs a solver of mixed-integer "
                           "programs, and none was given.");
    return true;
}

/* --- the program --------------------------------------------------------------------------------------- */

static bool program_init(Program *p, SdcError *ret_error)
{
    const SdcRelations *relations = p->in->relations;
    size_t columns = p->cells * KINDS;
    p->most_terms = relations->terms * KINDS;
    p->floors = sdc_alloc(p->context, p->cells, sizeof *p->floors, ret_error);
    p->use_starts = sdc_alloc(p->context, p->cells + 2, sizeof *p->use_starts, ret_error);
    p->uses = sdc_alloc(p->context, relations->terms, sizeof *p->uses, ret_error);
    p->use_signs = sdc_alloc(p->context, relations->terms, sizeof *p->use_signs, ret_error);
    p->column_of = sdc_alloc(p->context, columns, sizeof *p->column_of, ret_error);
    p->starts = sdc_alloc(p->context, columns + 1, sizeof *p->starts, ret_error);
    p->rows = sdc_alloc(p->context, p->most_terms, sizeof *p->rows, ret_error);
    p->values = sdc_alloc(p->context, p->most_terms, sizeof *p->values, ret_error);
    p->lower = sdc_alloc(p->context, columns, sizeof *p->lower, ret_error);
    p->upper = sdc_alloc(p->context, columns, sizeof *p->upper, ret_error);
    p->cost = sdc_alloc(p->context, columns, sizeof *p->cost, ret_error);
    p->solution = sdc_alloc(p->context, columns, sizeof *p->solution, ret_error);
    p->integer = sdc_alloc(p->context, columns, sizeof *p->integer, ret_error);
    p->sides = sdc_alloc(p->context, relations->count, sizeof *p->sides, ret_error);
    return p->floors != NULL && p->use_starts != NULL && p->uses != NULL && p->use_signs != NULL &&
           p->column_of != NULL && p->starts != NULL && p->rows != NULL && p->values != NULL &&
           p->lower != NULL && p->upper != NULL && p->cost != NULL && p->solution != NULL &&
           p->integer != NULL && p->sides != NULL;
}

static void program_clear(Program *p)
{
    const SdcRelations *relations = p->in->relations;
    size_t columns = p->cells * KINDS;
    sdc_release(p->context, p->floors, p->cells, sizeof *p->floors);
    sdc_release(p->context, p->use_starts, p->cells + 2, sizeof *p->use_starts);
    sdc_release(p->context, p->uses, relations->terms, sizeof *p->uses);
    sdc_release(p->context, p->use_signs, relations->terms, sizeof *p->use_signs);
    sdc_release(p->context, p->column_of, columns, sizeof *p->column_of);
    sdc_release(p->context, p->starts, columns + 1, sizeof *p->starts);
    sdc_release(p->context, p->rows, p->most_terms, sizeof *p->rows);
    sdc_release(p->context, p->values, p->most_terms, sizeof *p->values);
    sdc_release(p->context, p->lower, columns, sizeof *p->lower);
    sdc_release(p->context, p->upper, columns, sizeof *p->upper);
    sdc_release(p->context, p->cost, columns, sizeof *p->cost);
    sdc_release(p->context, p->solution, columns, sizeof *p->solution);
    sdc_release(p->context, p->integer, columns, sizeof *p->integer);
    sdc_release(p->context, p->sides, relations->count, sizeof *p->sides);
}

static void index_uses(Program *p)
{
    const SdcRelations *relations = p->in->relations;
    for (size_t k = 0; k < relations->terms; k++)
        p->use_starts[relations->columns[k] + 2]++;
    for (size_t c = 0; c < p->cells; c++)
        p->use_starts[c + 2] += p->use_starts[c + 1];
    for (size_t r = 0; r < relations->count; r++) {
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            size_t at = p->use_starts[relations->columns[k] + 1]++;
            p->uses[at] = (uint32_t)r;
            p->use_signs[at] = relations->signs[k];
        }
    }
}

static void add_column(Program *p, size_t cell, int kind, double upper, double cost)
{
    size_t column = p->columns++;
    p->column_of[cell * KINDS + (size_t)kind] = (uint32_t)column;
    p->upper[column] = upper;
    p->cost[column] = cost;
    p->integer[column] = true;
    for (size_t u = p->use_starts[cell]; u < p->use_starts[cell + 1]; u++, p->terms++) {
        p->rows[p->terms] = p->uses[u];
        p->values[p->terms] = kind == BELOW ? -p->use_signs[u] : p->use_signs[u];
    }
    p->starts[p->columns] = p->terms;
}

/* Of a cell between two multiples, REST above the lower one: going up costs what is missing instead of
 * what is over, so that the cost of staying down is a constant. */
static void add_cell(Program *p, size_t cell)
{
    double base = p->in->base, value = p->in->values[cell], steps = p->in->steps;
    double floors = p->floors[cell], rest = value - floors * base;
    bool is_multiple = rest == 0;
    double weight = weight_of(p, cell) / p->cost_scale;
    for (size_t k = 0; k < KINDS; k++)
        p->column_of[cell * KINDS + k] = UINT32_MAX;
    p->constant += weight_of(p, cell) * rest;
    if (value == 0)
        return;
    if (!is_multiple)
        add_column(p, cell, UP, 1, weight * (base - 2 * rest));
    double above = value < 0 ? fmin(steps, -(floors + !is_multiple)) : steps;
    double below = value > 0 ? fmin(steps, floors) : steps;
    if (above > 0)
        add_column(p, cell, ABOVE, above, weight * base);
    if (below > 0)
        add_column(p, cell, BELOW, below, weight * base);
}

static void fill_program(Program *p)
{
    const SdcRelations *relations = p->in->relations;
    double most = 0;
    for (size_t i = 0; i < p->cells; i++) {
        p->floors[i] = floor(p->in->values[i] / p->in->base);
        /* A value that is nearly a multiple by the rounding of a division: the rest says so. */
        double rest = p->in->values[i] - p->floors[i] * p->in->base;
        p->floors[i] += rest >= p->in->base ? 1 : rest < 0 ? -1 : 0;
        most = fmax(most, weight_of(p, i));
    }
    p->cost_scale = most > 0 ? most * p->in->base : 1;
    index_uses(p);
    for (size_t i = 0; i < p->cells; i++)
        add_cell(p, i);
    for (size_t r = 0; r < relations->count; r++) {
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++)
            p->sides[r] -= relations->signs[k] * p->floors[relations->columns[k]];
    }
}

/* --- the solution ---------------------------------------------------------------------------------------- */

static double taken(const Program *p, size_t cell, int kind)
{
    uint32_t column = p->column_of[cell * KINDS + (size_t)kind];
    return column == UINT32_MAX ? 0 : round(p->solution[column]);
}

static bool read_solution(Program *p, SdcControlledSummary *summary, SdcError *ret_error)
{
    const SdcRelations *relations = p->in->relations;
    for (size_t i = 0; i < p->cells; i++) {
        double move = taken(p, i, UP) + taken(p, i, ABOVE) - taken(p, i, BELOW);
        summary->beyond += move < 0 || move > (p->column_of[i * KINDS + UP] == UINT32_MAX ? 0 : 1);
        p->floors[i] += move;
        summary->distance += weight_of(p, i) * fabs(p->in->values[i] - p->floors[i] * p->in->base);
    }
    for (size_t r = 0; r < relations->count; r++) {
        double sum = 0;
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++)
            sum += relations->signs[k] * p->floors[relations->columns[k]];
        if (sum != 0)
            return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver's rounding does not add up in relation "
                               "%zu.", r + 1);
    }
    return true;
}

static bool solve(Program *p, SdcModel *model, SdcControlledSummary *summary, SdcError *ret_error)
{
    const SdcSolver *solver = p->context->solver;
    bool has_solution = false;
    if (p->columns == 0) {   /* all are multiples: what adds up within a tolerance may not, in whole numbers */
        summary->proven = true;
        return read_solution(p, summary, ret_error);
    }
    SdcSolverStatus status = solver->solve_mip(model, p->integer, p->in->time_limit_s, &has_solution);
    if (status == SDC_SOLVER_INFEASIBLE)
        return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE, "No rounding to multiples of %g adds up with %u "
                           "steps beyond the next multiples: allow more steps.", p->in->base, p->in->steps);
    if (status == SDC_SOLVER_LIMIT && !has_solution)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "No rounding was found in %g seconds.",
                           p->in->time_limit_s);
    if ((status != SDC_SOLVER_OPTIMAL && status != SDC_SOLVER_LIMIT) ||
        !solver->solution(model, NULL, p->solution, NULL))
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver %s did not solve the rounding (status %d).",
                           solver->name, (int)status);
    summary->proven = status == SDC_SOLVER_OPTIMAL;
    double bound = solver->bound(model) * p->cost_scale + p->constant;
    if (!read_solution(p, summary, ret_error))
        return false;
    summary->bound = summary->proven || !(bound < summary->distance) ? summary->distance : fmax(bound, 0);
    return true;
}

bool sdc_table_round_controlled(const SdcContext *context, const SdcControlled *rounding, double *ret_values,
                                SdcControlledSummary *ret_summary, SdcError *ret_error)
{
    if (!check_request(context, rounding, ret_error))
        return false;
    Program p = {.context = context, .in = rounding, .cells = rounding->relations->cells};
    SdcControlledSummary summary = {0};
    bool ok = program_init(&p, ret_error);
    if (ok) {
        fill_program(&p);
        const SdcSolver *solver = context->solver;
        SdcColumns columns = {p.columns, p.starts, p.rows, p.values, p.lower, p.upper, p.cost};
        SdcModel *model = solver->create(solver->user, rounding->relations->count, p.sides, p.sides, &columns);
        ok = model != NULL ? solve(&p, model, &summary, ret_error)
                           : sdc_failure(ret_error, SDC_ERROR_MEMORY, "The solver has no memory for a program.");
        if (model != NULL)
            solver->destroy(model);
    }
    if (ok) {
        for (size_t i = 0; i < p.cells; i++)
            ret_values[i] = p.floors[i] * rounding->base + 0.0;   /* no minus zero */
        *ret_summary = summary;
    }
    program_clear(&p);
    return ok;
}
