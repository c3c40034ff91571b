/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of threads, and CLP and CBC behind the solver's interface: programs worked by hand. */
#include "sdchost/sdchost.h"

#include <glib.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* --- threads ----------------------------------------------------------------------------------- */

typedef struct Tally {
    const SdcThreads *threads;
    _Atomic unsigned seen[1000];
} Tally;

static void tally_task(void *data, size_t index)
{
    Tally *tally = data;
    atomic_fetch_add(&tally->seen[index], 1);
}

static void nested_task(void *data, size_t index)
{
    Tally *tally = data;
    if (index == 3)
        tally->threads->run(tally->threads->user, 500, tally_task, tally);
}

static void test_pool(void)
{
    static const unsigned counts[] = {1, 2, 7};
    for (size_t c = 0; c < G_N_ELEMENTS(counts); c++) {
        SdchostPool *pool = sdchost_pool_new(counts[c], NULL);
        g_assert_nonnull(pool);
        const SdcThreads *threads = sdchost_pool_threads(pool);
        g_assert_cmpuint(threads->count, ==, counts[c]);
        for (unsigned round = 1; round <= 200; round++) {
            static Tally tally;
            memset(&tally, 0, sizeof tally);
            tally.threads = threads;
            threads->run(threads->user, round, tally_task, &tally);
            for (unsigned i = 0; i < 1000; i++)
                g_assert_cmpuint(tally.seen[i], ==, i < round);
        }
        static Tally nested;
        memset(&nested, 0, sizeof nested);
        nested.threads = threads;
        threads->run(threads->user, 10, nested_task, &nested);
        for (unsigned i = 0; i < 500; i++)
            g_assert_cmpuint(nested.seen[i], ==, 1);
        threads->run(threads->user, 0, tally_task, &nested);
        sdchost_pool_free(pool);
    }
    SdcError error = {0};
    g_assert_null(sdchost_pool_new(SDCHOST_THREADS_MAX + 1, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    SdchostPool *all = sdchost_pool_new(0, NULL);
    g_assert_cmpuint(sdchost_pool_threads(all)->count, >=, 1);
    sdchost_pool_free(all);
    sdchost_pool_free(NULL);
}

/* --- linear programs --------------------------------------------------------------------------- */

static const SdcSolver *solver;

static void assert_near(double a, double b)
{
    g_assert_cmpfloat(fabs(a - b), <, 1e-6);
}

/* Hillier and Lieberman's glass factory: maximise 3x + 5y, x <= 4, 2y <= 12, 3x + 2y <= 18. The optimum
 * is 36 at (2, 6); one more of the second resource is worth 3/2, of the third 1. */
static SdcModel *factory(void)
{
    static const size_t starts[] = {0, 2, 4};
    static const uint32_t rows[] = {0, 2, 1, 2};
    static const double values[] = {1, 3, 2, 2}, lower[] = {0, 0}, cost[] = {-3, -5};
    static const double upper[] = {SDC_INFINITY, SDC_INFINITY};
    static const double row_lower[] = {-SDC_INFINITY, -SDC_INFINITY, -SDC_INFINITY};
    static const double row_upper[] = {4, 12, 18};
    SdcColumns columns = {2, starts, rows, values, lower, upper, cost};
    SdcModel *model = solver->create(solver->user, 3, row_lower, row_upper, &columns);
    g_assert_nonnull(model);
    return model;
}

static void test_linear(void)
{
    SdcModel *model = factory();
    double objective = 0, x[2], dual[3];
    g_assert_false(solver->solution(model, &objective, x, dual));
    g_assert_cmpint(solver->solve_lp(model, 10), ==, SDC_SOLVER_OPTIMAL);
    g_assert_true(solver->solution(model, &objective, x, dual));
    assert_near(objective, -36);
    assert_near(x[0], 2);
    assert_near(x[1], 6);
    assert_near(dual[0], 0);
    assert_near(dual[1], -1.5);
    assert_near(dual[2], -1);
    /* From the last basis: maximise x, then y, then with y at most 5, then with a third row. */
    solver->set_cost(model, 1, 0);
    g_assert_cmpint(solver->solve_lp(model, 10), ==, SDC_SOLVER_OPTIMAL);
    g_assert_true(solver->solution(model, &objective, x, NULL));
    assert_near(objective, -12);
    solver->set_cost(model, 0, -3);
    solver->set_cost(model, 1, -5);
    g_assert_true(solver->set_bounds(model, 1, 0, 5));
    g_assert_cmpint(solver->solve_lp(model, 10), ==, SDC_SOLVER_OPTIMAL);
    g_assert_true(solver->solution(model, &objective, x, NULL));
    assert_near(objective, -(3 * 8.0 / 3 + 25));
    static const uint32_t which[] = {0, 1};
    static const double ones[] = {1, 1};
    g_assert_true(solver->add_row(model, &(SdcRow){2, which, ones, -SDC_INFINITY, 6}));
    g_assert_cmpint(solver->solve_lp(model, 10), ==, SDC_SOLVER_OPTIMAL);
    g_assert_true(solver->solution(model, &objective, x, NULL));
    assert_near(objective, -28);
    g_assert_true(solver->set_row_bounds(model, 3, -SDC_INFINITY, 7));
    g_assert_cmpint(solver->solve_lp(model, 10), ==, SDC_SOLVER_OPTIMAL);
    g_assert_true(solver->solution(model, &objective, NULL, NULL));
    assert_near(objective, -31);
    static const uint32_t beyond[] = {2};
    g_assert_false(solver->add_row(model, &(SdcRow){1, beyond, ones, 0, 1}));
    g_assert_false(solver->set_bounds(model, 2, 0, 1));
    g_assert_false(solver->set_cost(model, 2, 0));
    g_assert_false(solver->set_row_bounds(model, 4, 0, 1));
    solver->destroy(model);
    solver->destroy(NULL);
}

static void test_impossible(void)
{
    SdcModel *model = factory();
    static const uint32_t which[] = {0, 1};
    static const double ones[] = {1, 1};
    g_assert_true(solver->add_row(model, &(SdcRow){2, which, ones, 11, SDC_INFINITY}));
    g_assert_cmpint(solver->solve_lp(model, 10), ==, SDC_SOLVER_INFEASIBLE);
    g_assert_false(solver->solution(model, NULL, NULL, NULL));
    solver->set_row_bounds(model, 3, 8, SDC_INFINITY);
    g_assert_cmpint(solver->solve_lp(model, 10), ==, SDC_SOLVER_OPTIMAL);
    for (size_t row = 0; row < 3; row++)
        solver->set_row_bounds(model, row, -SDC_INFINITY, SDC_INFINITY);
    g_assert_cmpint(solver->solve_lp(model, 10), ==, SDC_SOLVER_UNBOUNDED);
    bool integer[2] = {true, true}, has_solution = true;
    g_assert_cmpint(solver->solve_mip(model, integer, 10, &has_solution), ==, SDC_SOLVER_UNBOUNDED);
    g_assert_false(has_solution);
    solver->destroy(model);
}

/* --- with integers ----------------------------------------------------------------------------- */

/* Worth 10, 13, 7; weights 3, 4, 2; room for 6: the last two, 20. The relaxation takes the first and the
 * last and a quarter of the second: 20.25. */
static void test_knapsack(void)
{
    static const size_t starts[] = {0, 1, 2, 3};
    static const uint32_t rows[] = {0, 0, 0};
    static const double values[] = {3, 4, 2}, lower[] = {0, 0, 0}, upper[] = {1, 1, 1};
    static const double cost[] = {-10, -13, -7}, row_lower[] = {-SDC_INFINITY}, row_upper[] = {6};
    static const bool integer[] = {true, true, true};
    SdcColumns columns = {3, starts, rows, values, lower, upper, cost};
    SdcModel *model = solver->create(solver->user, 1, row_lower, row_upper, &columns);
    double objective, x[3], dual[1];
    g_assert_cmpint(solver->solve_lp(model, 10), ==, SDC_SOLVER_OPTIMAL);
    g_assert_true(solver->solution(model, &objective, NULL, dual));
    assert_near(objective, -20.25);
    bool has_solution = false;
    g_assert_cmpint(solver->solve_mip(model, integer, 10, &has_solution), ==, SDC_SOLVER_OPTIMAL);
    g_assert_true(has_solution);
    g_assert_true(solver->solution(model, &objective, x, NULL));
    g_assert_false(solver->solution(model, NULL, NULL, dual));
    assert_near(objective, -20);
    assert_near(solver->bound(model), -20);
    assert_near(x[0], 0);
    assert_near(x[1] + x[2], 2);
    /* A cut, and again: without the pair, the first and the last are left. */
    static const uint32_t pair[] = {1, 2};
    static const double ones[] = {1, 1};
    g_assert_true(solver->add_row(model, &(SdcRow){2, pair, ones, -SDC_INFINITY, 1}));
    double start[] = {1, 0, 1};
    g_assert_true(solver->set_start(model, start));
    g_assert_cmpint(solver->solve_mip(model, integer, 10, &has_solution), ==, SDC_SOLVER_OPTIMAL);
    g_assert_true(solver->solution(model, &objective, NULL, NULL));
    assert_near(objective, -17);
    double impossible[] = {1, 1, 1};
    g_assert_true(solver->set_start(model, impossible));
    g_assert_cmpint(solver->solve_mip(model, integer, 10, &has_solution), ==, SDC_SOLVER_OPTIMAL);
    g_assert_true(solver->solution(model, &objective, NULL, NULL));
    assert_near(objective, -17);
    /* 3a + 4b + 2c = 1: the relaxation can, whole numbers cannot. */
    g_assert_true(solver->set_row_bounds(model, 0, 1, 1));
    g_assert_true(solver->set_start(model, NULL));
    g_assert_cmpint(solver->solve_mip(model, integer, 10, &has_solution), ==, SDC_SOLVER_INFEASIBLE);
    g_assert_false(has_solution);
    solver->destroy(model);
}

/* Market split (Cornuejols and Dawande): hopeless for branch and bound at this size, so that the limit
 * is what ends it; the solution given at the start is never lost. */
static void test_limit(void)
{
    enum { ROWS = 5, ITEMS = 40, COLUMNS = ITEMS + 2 * ROWS };
    size_t starts[COLUMNS + 1];
    uint32_t rows[ITEMS * ROWS + 2 * ROWS], state = 12345;
    double values[ITEMS * ROWS + 2 * ROWS], lower[COLUMNS] = {0}, upper[COLUMNS], cost[COLUMNS] = {0};
    double right[ROWS] = {0}, start[COLUMNS] = {0};
    bool integer[COLUMNS] = {false}, has_solution = false;
    size_t next = 0;
    for (size_t j = 0; j < COLUMNS; j++) {
        starts[j] = next;
        bool is_item = j < ITEMS;
        integer[j] = is_item;
        upper[j] = is_item ? 1 : SDC_INFINITY;
        cost[j] = is_item ? 0 : 1;
        for (uint32_t i = 0; i < ROWS; i++) {
            state = state * 1664525u + 1013904223u;
            double value = is_item ? state >> 16 & 127 : (j - ITEMS) / 2 == i ? 1 - 2.0 * (j % 2) : 0;
            if (value == 0)
                continue;
            rows[next] = i;
            values[next++] = value;
            right[i] += is_item ? value : 0;
        }
    }
    starts[COLUMNS] = next;
    double given = 0;
    for (size_t i = 0; i < ROWS; i++) {
        right[i] = floor(right[i] / 2);
        start[ITEMS + 2 * i] = right[i];
        given += right[i];
    }
    SdcColumns columns = {COLUMNS, starts, rows, values, lower, upper, cost};
    SdcModel *model = solver->create(solver->user, ROWS, right, right, &columns);
    g_assert_true(solver->set_start(model, start));
    g_assert_cmpint(solver->solve_mip(model, integer, 0.5, &has_solution), ==, SDC_SOLVER_LIMIT);
    g_assert_true(has_solution);
    double objective;
    g_assert_true(solver->solution(model, &objective, NULL, NULL));
    g_assert_cmpfloat(objective, <=, given + 1e-6);
    g_assert_cmpfloat(solver->bound(model), <=, objective + 1e-6);
    g_assert_cmpfloat(solver->bound(model), >=, -1e-6);
    solver->destroy(model);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    SdcError error = {0};
    SdchostSolver *coin = sdchost_solver_open(&error);
    if (coin == NULL)
        g_error("%s", error.sentence);
    solver = sdchost_solver_table(coin);
    g_assert_nonnull(strstr(solver->name, "CLP"));
    g_test_add_func("/sdchost/pool", test_pool);
    g_test_add_func("/sdchost/linear", test_linear);
    g_test_add_func("/sdchost/impossible", test_impossible);
    g_test_add_func("/sdchost/knapsack", test_knapsack);
    g_test_add_func("/sdchost/limit", test_limit);
    int failed = g_test_run();
    sdchost_solver_close(coin);
    return failed;
}
