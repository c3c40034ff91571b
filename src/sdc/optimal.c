/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two models live side by side: the master, whose columns say which cells are suppressed, and the
 * attacker's, whose columns are the deviations of all cells, held at zero where a cell is shown. In the
 * relaxed stage a cell that is half suppressed may deviate by half of what it may; cuts are then not sure
 * to be violated, and only those that are go in.
 */
#include "sdc/optimal.h"

#include "sdc/failure.h"
#include "sdc/memory.h"
#include "sdc/solver.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { RELAXED_ROUNDS = 40, STALLED_ROUNDS = 3 };
#define SLACK 1e-6
#define COST_LARGEST 1e6    /* costs are scaled to this, since solvers compare them by absolute amounts */

typedef struct Search {
    const SdcContext *context;
    const SdcSolver *solver;
    const SdcOptimal *in;
    size_t cells;
    double value_scale, cost_scale;
    double *room_down, *room_up;   /* scaled; SDC_INFINITY: any amount */
    double *numbers;               /* zeros of relations, lower, upper and cost of columns */
    double *reduced, *dual, *weights, *x, *best;
    uint32_t *columns;
    bool *integer;
    bool *quiet;                   /* sides that did not fall short when last tried: below, then above */
    bool has_best;
    double best_cost;
    SdcModel *master, *attacker;
    double deadline;
    SdcOptimalSummary summary;
} Search;

static double processor_now(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static double seconds_left(const Search *b)
{
    return b->deadline - processor_now();
}

/* --- set-up --------------------------------------------------------------------------------------- */

static double room_of(const double *bound, double value, double sign, double open, double scale)
{
    double room = bound != NULL ? sign * (*bound - value) : open;
    return room / scale < SDC_INFINITY ? room / scale : SDC_INFINITY;
}

static bool check_cell(const Search *b, size_t i, SdcError *ret_error)
{
    const SdcOptimal *in = b->in;
    if (!isfinite(in->values[i]) || !isfinite(in->cost[i]) || in->cost[i] < 0)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu has no finite value, or no cost that is "
                           "finite and not negative.", i + 1);
    if (!(b->room_down[i] >= 0 && b->room_up[i] >= 0))
        return sdc_failure(ret_error, SDC_ERROR_DATA, "Cell %zu is not within what is said to be known of "
                           "it beforehand.", i + 1);
    if (!in->primary[i])
        return true;
    if (in->shown != NULL && in->shown[i])
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Cell %zu is unsafe and must be shown: it cannot "
                           "be both.", i + 1);
    if (!(in->below[i] >= 0 && in->above[i] >= 0 && in->below[i] + in->above[i] >= SLACK))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Cell %zu is to be protected by %g below and %g "
                           "above; neither may be negative, nor both nothing.", i + 1, in->below[i],
                           in->above[i]);
    if (b->room_down[i] * b->value_scale < in->below[i] * (1 - SLACK) ||
        b->room_up[i] * b->value_scale < in->above[i] * (1 - SLACK))
        return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE, "Cell %zu is known beforehand more narrowly "
                           "than it is to be protected.", i + 1);
    return true;
}

static bool set_rooms(Search *b, SdcError *ret_error)
{
    const SdcOptimal *in = b->in;
    double most = 0, dearest = 0;
    bool any_negative = false;
    for (size_t i = 0; i < b->cells; i++) {
        most = fmax(most, fabs(in->values[i]));
        dearest = fmax(dearest, in->cost[i]);
        any_negative = any_negative || in->values[i] < 0;
    }
    b->value_scale = most > 1e9 ? most / 1e9 : most > 0 && most < 1e3 ? most / 1e3 : 1;
    b->cost_scale = dearest > 0 ? dearest / COST_LARGEST : 1;
    for (size_t i = 0; i < b->cells; i++) {
        double down = any_negative ? (double)INFINITY : in->values[i];
        b->room_down[i] = room_of(in->lower != NULL ? &in->lower[i] : NULL, in->values[i], -1, down,
                                  b->value_scale);
        b->room_up[i] = room_of(in->upper != NULL ? &in->upper[i] : NULL, in->values[i], 1, INFINITY,
                                b->value_scale);
        if (!check_cell(b, i, ret_error))
            return false;
    }
    return true;
}

static bool search_init(Search *b, SdcError *ret_error)
{
    const SdcContext *context = b->context;
    size_t n = b->cells, rows = b->in->relations->count;
    b->room_down = sdc_alloc(context, n, sizeof(double), ret_error);
    b->room_up = sdc_alloc(context, n, sizeof(double), ret_error);
    b->numbers = sdc_alloc(context, rows + 3 * n, sizeof(double), ret_error);
    b->reduced = sdc_alloc(context, n, sizeof(double), ret_error);
    b->dual = sdc_alloc(context, rows, sizeof(double), ret_error);
    b->weights = sdc_alloc(context, n, sizeof(double), ret_error);
    b->x = sdc_alloc(context, n, sizeof(double), ret_error);
    b->best = sdc_alloc(context, n, sizeof(double), ret_error);
    b->columns = sdc_alloc(context, n, sizeof(uint32_t), ret_error);
    b->integer = sdc_alloc(context, n, sizeof(bool), ret_error);
    b->quiet = sdc_alloc(context, 2 * n, sizeof(bool), ret_error);
    return b->room_down != NULL && b->room_up != NULL && b->numbers != NULL && b->reduced != NULL &&
           b->dual != NULL && b->weights != NULL && b->x != NULL && b->best != NULL &&
           b->columns != NULL && b->integer != NULL && b->quiet != NULL;
}

static void search_clear(Search *b)
{
    const SdcContext *context = b->context;
    size_t n = b->cells, rows = b->in->relations->count;
    if (b->master != NULL)
        b->solver->destroy(b->master);
    if (b->attacker != NULL)
        b->solver->destroy(b->attacker);
    sdc_release(context, b->room_down, n, sizeof(double));
    sdc_release(context, b->room_up, n, sizeof(double));
    sdc_release(context, b->numbers, rows + 3 * n, sizeof(double));
    sdc_release(context, b->reduced, n, sizeof(double));
    sdc_release(context, b->dual, rows, sizeof(double));
    sdc_release(context, b->weights, n, sizeof(double));
    sdc_release(context, b->x, n, sizeof(double));
    sdc_release(context, b->best, n, sizeof(double));
    sdc_release(context, b->columns, n, sizeof(uint32_t));
    sdc_release(context, b->integer, n, sizeof(bool));
    sdc_release(context, b->quiet, 2 * n, sizeof(bool));
}

/* Rows are the relations, columns the cells. */
static bool make_attacker(Search *b, SdcError *ret_error)
{
    const SdcRelations *relations = b->in->relations;
    const SdcContext *context = b->context;
    size_t n = b->cells, *starts = sdc_alloc(context, n + 2, sizeof *starts, ret_error);
    uint32_t *rows = sdc_alloc(context, relations->terms, sizeof *rows, ret_error);
    double *values = sdc_alloc(context, relations->terms, sizeof *values, ret_error);
    bool ok = starts != NULL && rows != NULL && values != NULL;
    if (ok) {
        for (size_t k = 0; k < relations->terms; k++)
            starts[relations->columns[k] + 2]++;
        for (size_t c = 0; c < n; c++)
            starts[c + 2] += starts[c + 1];
        for (size_t r = 0; r < relations->count; r++) {
            for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
                size_t at = starts[relations->columns[k] + 1]++;
                rows[at] = (uint32_t)r;
                values[at] = relations->signs[k];
            }
        }
        double *zeros = b->numbers, *lower = zeros + relations->count;
        SdcColumns columns = {n, starts, rows, values, lower, lower + n, lower + 2 * n};
        b->attacker = b->solver->create(b->solver->user, relations->count, zeros, zeros, &columns);
        ok = b->attacker != NULL ||
             sdc_failure(ret_error, SDC_ERROR_MEMORY, "The solver has no memory for the attacker's program.");
    }
    sdc_release(context, starts, n + 2, sizeof *starts);
    sdc_release(context, rows, relations->terms, sizeof *rows);
    sdc_release(context, values, relations->terms, sizeof *values);
    return ok;
}

static bool add_cut(Search *b, size_t count, double least, SdcError *ret_error)
{
    SdcRow row = {count, b->columns, b->weights, least, SDC_INFINITY};
    b->summary.cuts++;
    return b->solver->add_row(b->master, &row) ||
           sdc_failure(ret_error, SDC_ERROR_MEMORY, "The solver has no memory for another cut.");
}

/* A primary cell cannot deviate alone in a relation: another cell of it is suppressed. */
static bool add_first_cuts(Search *b, SdcError *ret_error)
{
    const SdcRelations *relations = b->in->relations;
    for (size_t r = 0; r < relations->count; r++) {
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++) {
            if (!b->in->primary[relations->columns[k]])
                continue;
            size_t count = 0;
            for (size_t j = relations->starts[r]; j < relations->starts[r + 1]; j++) {
                if (j == k)
                    continue;
                b->columns[count] = relations->columns[j];
                b->weights[count++] = 1;
            }
            if (!add_cut(b, count, 1, ret_error))
                return false;
        }
    }
    return true;
}

static bool make_master(Search *b, SdcError *ret_error)
{
    size_t n = b->cells, *starts = sdc_alloc(b->context, n + 1, sizeof *starts, ret_error);
    if (starts == NULL)
        return false;
    double *lower = b->numbers + b->in->relations->count, *upper = lower + n, *cost = upper + n;
    for (size_t i = 0; i < n; i++) {
        bool fixed = b->in->shown != NULL && b->in->shown[i];
        lower[i] = b->in->primary[i] ? 1 : 0;
        upper[i] = fixed ? 0 : 1;
        cost[i] = b->in->primary[i] ? 0 : b->in->cost[i] / b->cost_scale;
        b->integer[i] = true;
    }
    SdcColumns columns = {n, starts, b->columns, b->weights, lower, upper, cost};
    b->master = b->solver->create(b->solver->user, 0, b->numbers, b->numbers, &columns);
    sdc_release(b->context, starts, n + 1, sizeof *starts);
    if (b->master == NULL)
        return sdc_failure(ret_error, SDC_ERROR_MEMORY, "The solver has no memory for the master problem.");
    return add_first_cuts(b, ret_error);
}

/* --- the attacker --------------------------------------------------------------------------------- */

/* Deviations in proportion to X. An open room of a half suppressed cell is taken as the table's largest
 * value. */
static bool open_cells(Search *b, SdcError *ret_error)
{
    for (size_t i = 0; i < b->cells; i++) {
        double x = b->x[i] < 1e-9 ? 0 : b->x[i] > 1 - 1e-9 ? 1 : b->x[i];
        double down = b->room_down[i], up = b->room_up[i];
        if (x < 1) {
            down = x * fmin(down, 1e9);
            up = x * fmin(up, 1e9);
        }
        if (!b->solver->set_bounds(b->attacker, i, -down, up))
            return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver refused a bound.");
    }
    return true;
}

/* The cut that the duals of the last program give, of which LEVEL is asked: how far X satisfies it. */
static double weigh_cells(Search *b, size_t p, double sign, double level, size_t *ret_count)
{
    const SdcRelations *relations = b->in->relations;
    for (size_t i = 0; i < b->cells; i++)
        b->reduced[i] = i == p ? sign : 0;
    for (size_t r = 0; r < relations->count; r++) {
        if (b->dual[r] == 0)
            continue;
        for (size_t k = relations->starts[r]; k < relations->starts[r + 1]; k++)
            b->reduced[relations->columns[k]] -= relations->signs[k] * b->dual[r];
    }
    double reached = 0;
    size_t count = 0;
    for (size_t i = 0; i < b->cells; i++) {
        double d = b->reduced[i];
        if (fabs(d) < 1e-9)
            continue;
        double weight = fmin(1, d < 0 ? -d * b->room_up[i] / level : d * b->room_down[i] / level);
        if (weight <= 0)
            continue;
        b->columns[count] = (uint32_t)i;
        b->weights[count++] = weight;
        reached += weight * b->x[i];
    }
    *ret_count = count;
    return reached;
}

/* One side of one primary cell; adds a cut where the protection is not reached. */
static bool attack_side(Search *b, size_t p, double sign, double level, bool *ret_short,
                        SdcError *ret_error)
{
    double least;
    size_t count;
    *ret_short = false;
    if (level * b->value_scale < SLACK)
        return true;
    b->summary.programs++;
    if (!b->solver->set_cost(b->attacker, p, sign))
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver refused a cost.");
    SdcSolverStatus status = b->solver->solve_lp(b->attacker, fmax(1, seconds_left(b)));
    b->solver->set_cost(b->attacker, p, 0);
    if (status == SDC_SOLVER_UNBOUNDED)
        return true;
    if (status == SDC_SOLVER_LIMIT)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "Time ended within an attacker's program.");
    if (status != SDC_SOLVER_OPTIMAL || !b->solver->solution(b->attacker, &least, NULL, b->dual))
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver %s did not solve an attacker's program "
                           "(status %d).", b->solver->name, (int)status);
    if (-least >= level - fmax(level, 1) * SLACK)
        return true;
    if (weigh_cells(b, p, sign, level, &count) > 1 - SLACK / 2)
        return true;
    *ret_short = true;
    return add_cut(b, count, 1, ret_error);
}

/* All primary cells against B->x, or, with ONLY_LOUD, those that fell short when they were last tried. */
static bool attack_all(Search *b, bool only_loud, size_t *ret_cuts, SdcError *ret_error)
{
    *ret_cuts = 0;
    if (!open_cells(b, ret_error))
        return false;
    for (size_t p = 0; p < b->cells; p++) {
        for (int side = 0; side < 2 && b->in->primary[p]; side++) {
            bool *quiet = &b->quiet[side == 0 ? p : b->cells + p], is_short;
            double level = (side == 0 ? b->in->below[p] : b->in->above[p]) / b->value_scale;
            if (only_loud && *quiet)
                continue;
            if (!attack_side(b, p, side == 0 ? 1 : -1, level, &is_short, ret_error))
                return false;
            *quiet = !is_short;
            *ret_cuts += is_short;
        }
    }
    return true;
}

/* --- the stages ----------------------------------------------------------------------------------- */

static double cost_of(const Search *b, const double *x)
{
    double cost = 0;
    for (size_t i = 0; i < b->cells; i++)
        cost += b->in->primary[i] ? 0 : x[i] * b->in->cost[i];
    return cost;
}

static bool is_over(SdcSolverStatus status)
{
    return status == SDC_SOLVER_LIMIT;
}

static bool master_failed(const Search *b, SdcSolverStatus status, SdcError *ret_error)
{
    if (status == SDC_SOLVER_INFEASIBLE)
        return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE, "Some unsafe cell cannot be protected, even if "
                           "all that may be suppressed is.");
    return sdc_failure(ret_error, SDC_ERROR_SOLVER, "The solver %s did not solve the master problem (status "
                       "%d).", b->solver->name, (int)status);
}

/* The pattern that came with the request, if it protects. Its cuts are kept. */
static bool try_known(Search *b, SdcError *ret_error)
{
    size_t cuts;
    if (b->in->known == NULL)
        return true;
    for (size_t i = 0; i < b->cells; i++) {
        b->x[i] = b->in->known[i] || b->in->primary[i];
        if (b->x[i] > 0 && b->in->shown != NULL && b->in->shown[i])
            return true;
    }
    if (!attack_all(b, false, &cuts, ret_error))
        return false;
    memset(b->quiet, 0, 2 * b->cells * sizeof *b->quiet);   /* says nothing of cheaper patterns */
    if (cuts > 0)
        return true;
    memcpy(b->best, b->x, b->cells * sizeof *b->best);
    b->has_best = true;
    b->best_cost = cost_of(b, b->best);
    return true;
}

static bool relaxed_stage(Search *b, SdcError *ret_error)
{
    double last = -1;
    for (int round = 0, stalled = 0; round < RELAXED_ROUNDS && stalled < STALLED_ROUNDS; round++) {
        size_t cuts;
        double bound;
        if (seconds_left(b) <= 0)
            return true;
        SdcSolverStatus status = b->solver->solve_lp(b->master, seconds_left(b));
        if (is_over(status))
            return true;
        if (status != SDC_SOLVER_OPTIMAL || !b->solver->solution(b->master, &bound, b->x, NULL))
            return master_failed(b, status, ret_error);
        b->summary.bound = fmax(b->summary.bound, bound * b->cost_scale);
        b->summary.rounds++;
        if (!attack_all(b, round % 4 != 0, &cuts, ret_error))
            return false;
        if (cuts == 0 && round % 4 == 0)
            return true;
        stalled = bound <= last * (1 + 1e-4) ? stalled + 1 : 0;
        last = bound;
    }
    return true;
}

static bool integer_round(Search *b, bool *ret_done, SdcError *ret_error)
{
    bool has_solution = false;
    size_t cuts;
    for (size_t i = 0; i < b->cells; i++)   /* all that may be suppressed: no cut asks for more */
        b->x[i] = b->in->shown == NULL || !b->in->shown[i];
    if (!b->solver->set_start(b->master, b->has_best ? b->best : b->x))
        return sdc_failure(ret_error, SDC_ERROR_MEMORY, "The solver has no memory for a start.");
    SdcSolverStatus status = b->solver->solve_mip(b->master, b->integer, seconds_left(b), &has_solution);
    if (status != SDC_SOLVER_OPTIMAL && !is_over(status))
        return master_failed(b, status, ret_error);
    b->summary.rounds++;
    b->summary.bound = fmax(b->summary.bound, b->solver->bound(b->master) * b->cost_scale);
    if (!has_solution || !b->solver->solution(b->master, NULL, b->x, NULL))
        return true;
    for (size_t i = 0; i < b->cells; i++)
        b->x[i] = b->x[i] > 0.5;
    if (!attack_all(b, false, &cuts, ret_error))
        return false;
    if (cuts == 0 && (!b->has_best || cost_of(b, b->x) < b->best_cost)) {
        memcpy(b->best, b->x, b->cells * sizeof *b->best);
        b->has_best = true;
        b->best_cost = cost_of(b, b->best);
        b->summary.from_known = false;
    }
    b->summary.proven = cuts == 0 && status == SDC_SOLVER_OPTIMAL;
    *ret_done = b->summary.proven;
    return true;
}

static bool integer_stage(Search *b, SdcError *ret_error)
{
    b->summary.from_known = b->has_best;
    for (bool done = false; !done && seconds_left(b) > 0;) {
        if (!sdc_report(b->context, 0.5, "optimal suppression", ret_error) ||
            !integer_round(b, &done, ret_error))
            return false;
    }
    if (!b->has_best)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "Time ended before a pattern that protects was "
                           "found.");
    return true;
}

static void give_back(Search *b, bool *ret_suppressed, SdcOptimalSummary *ret_summary)
{
    SdcOptimalSummary *summary = &b->summary;
    for (size_t i = 0; i < b->cells; i++) {
        ret_suppressed[i] = b->best[i] > 0.5;
        summary->primary += b->in->primary[i];
        summary->secondary += ret_suppressed[i] && !b->in->primary[i];
    }
    summary->cost = b->best_cost;
    summary->bound = summary->proven ? summary->cost : fmin(summary->bound, summary->cost);
    *ret_summary = *summary;
}

bool sdc_optimal_suppress(const SdcContext *context, const SdcOptimal *optimal, bool *ret_suppressed,
                          SdcOptimalSummary *ret_summary, SdcError *ret_error)
{
    if (context == NULL || context->solver == NULL)
        return sdc_failure(ret_error, SDC_ERROR_SOLVER, "Optimal suppression needs a solver of linear and "
                           "mixed-integer programs, and none was given.");
    if (!(optimal->time_limit_s > 0) || optimal->below == NULL || optimal->above == NULL)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Optimal suppression needs a time limit above 0 "
                           "and protection levels.");
    Search b = {.context = context, .solver = context->solver, .in = optimal,
                 .cells = optimal->relations->cells, .deadline = processor_now() + optimal->time_limit_s};
    bool ok = search_init(&b, ret_error) && set_rooms(&b, ret_error) && make_attacker(&b, ret_error) &&
              make_master(&b, ret_error) && try_known(&b, ret_error) && relaxed_stage(&b, ret_error) &&
              integer_stage(&b, ret_error);
    if (ok)
        give_back(&b, ret_suppressed, ret_summary);
    search_clear(&b);
    return ok;
}
