/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Controlled rounding against all roundings of small tables of two and three dimensions, zero-restricted
 * and general; the table of 414 cells; what is refused.
 */
#include "sdc_fixture.h"
#include "sdc_tables.h"
#include "sdchost/sdchost.h"

static SdcContext with_solver;

/* --- all roundings ---------------------------------------------------------------------------------------- */

enum { CELLS_MAX = 27 };

/* Two parts and their total in each of DIMENSIONS: cell numbers in base 3, the digit 2 a total. */
typedef struct Cross {
    unsigned dimensions;
    size_t cells, inner_count;
    size_t inner[8];
    SdcTree trees[3];
    uint32_t nodes[3][CELLS_MAX];
    SdcRelations relations;
} Cross;

static const uint32_t two_parents[] = {2, 2, SDC_NO_PARENT};

static void cross_init(Cross *c, unsigned dimensions)
{
    *c = (Cross){.dimensions = dimensions, .cells = dimensions == 2 ? 9 : 27};
    const uint32_t *columns[3];
    for (unsigned d = 0; d < dimensions; d++) {
        c->trees[d] = (SdcTree){3, two_parents, NULL};
        columns[d] = c->nodes[d];
    }
    for (size_t i = 0; i < c->cells; i++) {
        bool inner = true;
        for (unsigned d = 0, rest = (unsigned)i; d < dimensions; d++, rest /= 3) {
            c->nodes[d][i] = rest % 3;
            inner = inner && rest % 3 != 2;
        }
        if (inner)
            c->inner[c->inner_count++] = i;
    }
    SdcTableShape shape = {dimensions, c->trees, c->cells, columns, NULL};
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, c->cells, &c->relations, NULL));
}

static bool is_part(const Cross *c, size_t inner, size_t cell)
{
    for (unsigned d = 0; d < c->dimensions; d++) {
        if (c->nodes[d][cell] != 2 && c->nodes[d][cell] != c->nodes[d][inner])
            return false;
    }
    return true;
}

static void add_totals(const Cross *c, const double *inner, double *ret_cells)
{
    for (size_t i = 0; i < c->cells; i++) {
        ret_cells[i] = 0;
        for (size_t k = 0; k < c->inner_count; k++)
            ret_cells[i] += is_part(c, c->inner[k], i) ? inner[k] : 0;
    }
}

/* May A be rounded to Z? */
static bool is_allowed(double a, double z, double base, unsigned steps)
{
    double down = floor(a / base) * base, up = ceil(a / base) * base;
    if (a == 0)
        return z == 0;
    return z >= down - steps * base && z <= up + steps * base && z * a >= 0;
}

/* The least distance of all roundings, or INFINITY. */
static double try_all(const Cross *c, const double *values, const double *weights, double base, unsigned steps)
{
    size_t choices = 2 + 2 * steps, codes = 1;
    double best = INFINITY;
    for (size_t k = 0; k < c->inner_count; k++)
        codes *= choices;
    for (size_t code = 0; code < codes; code++) {
        double inner[8], z[CELLS_MAX], distance = 0;
        size_t rest = code;
        for (size_t k = 0; k < c->inner_count; k++, rest /= choices)
            inner[k] = (floor(values[c->inner[k]] / base) - steps + (double)(rest % choices)) * base;
        add_totals(c, inner, z);
        for (size_t i = 0; i < c->cells && distance < best; i++)
            distance = is_allowed(values[i], z[i], base, steps)
                           ? distance + (weights != NULL ? weights[i] : 1) * fabs(values[i] - z[i]) : INFINITY;
        best = fmin(best, distance);
    }
    return best;
}

static void check_rounding(const Cross *c, const double *values, const double *weights, double base,
                           unsigned steps, size_t *impossible)
{
    SdcControlled rounding = {&c->relations, values, base, steps, weights, 20};
    SdcControlledSummary summary;
    SdcError error = {0};
    double z[CELLS_MAX], expected = try_all(c, values, weights, base, steps), distance = 0;
    bool done = sdc_table_round_controlled(&with_solver, &rounding, z, &summary, &error);
    g_assert_cmpint(done, ==, isfinite(expected));
    if (!done) {
        g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
        (*impossible)++;
        return;
    }
    size_t beyond = 0;
    for (size_t i = 0; i < c->cells; i++) {
        g_assert_true(is_allowed(values[i], z[i], base, steps));
        g_assert_cmpfloat(z[i] / base, ==, floor(z[i] / base));
        distance += (weights != NULL ? weights[i] : 1) * fabs(values[i] - z[i]);
        beyond += !is_allowed(values[i], z[i], base, 0);
    }
    g_assert_true(sdc_relations_check(&c->relations, z, 0, NULL));
    g_assert_true(summary.proven);
    g_assert_cmpfloat(fabs(distance - summary.distance), <, 1e-9);
    g_assert_cmpfloat(fabs(distance - expected), <, 1e-6);
    g_assert_cmpfloat(summary.bound, ==, summary.distance);
    g_assert_cmpuint(beyond, ==, summary.beyond);
}

static void test_all(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(51);
    size_t impossible[4] = {0};
    for (int turn = 0; turn < 120; turn++) {
        Cross c;
        cross_init(&c, turn % 2 == 0 ? 2 : 3);
        double inner[8], values[CELLS_MAX], weights[CELLS_MAX];
        for (size_t k = 0; k < c.inner_count; k++)
            inner[k] = g_rand_int_range(rand, turn % 5 == 0 ? -9 : 0, 12);
        add_totals(&c, inner, values);
        for (size_t i = 0; i < c.cells; i++)
            weights[i] = g_rand_int_range(rand, 0, 5);
        unsigned steps = turn % 3 == 0 && c.dimensions == 2 ? 1 : 0;
        check_rounding(&c, values, turn % 4 == 0 ? weights : NULL, turn % 7 == 0 ? 3 : 5, steps,
                       &impossible[c.dimensions]);
        sdc_relations_clear(NULL, &c.relations);
    }
    g_assert_cmpuint(impossible[2], ==, 0);   /* two dimensions always have one */
    g_test_message("%zu tables of three dimensions have no zero-restricted rounding", impossible[3]);
}

/* Ones in 2 x 2, to base 3: rows and columns are 2, the whole is 4, so that each row and column has at most
 * one 3 and the whole is 3 or 6. One 3 costs 2 + 3 x 1 inside, 1 each for its row and column, 2 each for the
 * others, 1 for the whole: 12. Two on a diagonal cost 2 x 2 + 2 x 1 + 4 x 1 + 2: 12 as well. */
static void test_by_hand(void)
{
    Cross c;
    cross_init(&c, 2);
    static const double ones[] = {1, 1, 1, 1};
    double values[9], z[9];
    add_totals(&c, ones, values);
    SdcControlled rounding = {&c.relations, values, 3, 0, NULL, 20};
    SdcControlledSummary summary;
    g_assert_true(sdc_table_round_controlled(&with_solver, &rounding, z, &summary, NULL));
    g_assert_cmpfloat(fabs(summary.distance - 12), <, 1e-9);
    /* What is a multiple already does not move; and the output may be the input. */
    static const double threes[] = {3, 0, 6, 9};
    add_totals(&c, threes, values);
    memcpy(z, values, sizeof z);
    rounding.values = z;
    g_assert_true(sdc_table_round_controlled(&with_solver, &rounding, z, &summary, NULL));
    g_assert_cmpmem(z, sizeof z, values, sizeof values);
    g_assert_cmpfloat(summary.distance, ==, 0);
    sdc_relations_clear(NULL, &c.relations);
}

/* Three linked tables: a + b, b + c and a + c of ones, to base 2. Each total stays 2, so that each two of a,
 * b and c would differ: impossible. With one step more, all totals may be 0 or 4. */
static void test_impossible(void)
{
    static const uint32_t nodes[] = {0, 1, 2};
    static const uint32_t ids[3][3] = {{0, 1, 3}, {1, 2, 4}, {0, 2, 5}};
    static const double values[] = {1, 1, 1, 2, 2, 2};
    static const SdcTree tree = {3, two_parents, NULL};
    const uint32_t *columns[] = {nodes};
    SdcTableShape shapes[3];
    for (int t = 0; t < 3; t++)
        shapes[t] = (SdcTableShape){1, &tree, 3, columns, ids[t]};
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, shapes, 3, 6, &relations, NULL));
    SdcControlled rounding = {&relations, values, 2, 0, NULL, 20};
    SdcControlledSummary summary;
    SdcError error = {0};
    double z[6];
    g_assert_false(sdc_table_round_controlled(&with_solver, &rounding, z, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
    rounding.steps = 1;
    g_assert_true(sdc_table_round_controlled(&with_solver, &rounding, z, &summary, NULL));
    g_assert_true(sdc_relations_check(&relations, z, 0, NULL));
    g_assert_cmpuint(summary.beyond, >, 0);
    /* All down is 3 + 6 away; one up is 3, and the total without it 2. */
    g_assert_cmpfloat(fabs(summary.distance - 5), <, 1e-9);
    sdc_relations_clear(NULL, &relations);
}

static void test_refused(void)
{
    Cross c;
    cross_init(&c, 2);
    static const double ones[] = {1, 1, 1, 1};
    double values[9], wrong[9], z[9] = {42};
    add_totals(&c, ones, values);
    memcpy(wrong, values, sizeof wrong);
    SdcControlled good = {&c.relations, values, 3, 0, NULL, 20}, bad = good;
    SdcControlledSummary summary;
    SdcError error = {0};
    static const double bases[] = {0, -1, NAN, INFINITY};
    for (size_t i = 0; i < G_N_ELEMENTS(bases); i++) {
        bad.base = bases[i];
        g_assert_false(sdc_table_round_controlled(&with_solver, &bad, z, &summary, &error));
        g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    }
    bad = good;
    bad.steps = SDC_ROUNDING_STEPS_MAX + 1;
    g_assert_false(sdc_table_round_controlled(&with_solver, &bad, z, &summary, &error));
    bad = good;
    bad.time_limit_s = 0;
    g_assert_false(sdc_table_round_controlled(&with_solver, &bad, z, &summary, &error));
    bad = good;
    bad.values = wrong;
    static const double data[] = {NAN, INFINITY, 1e300, 2};   /* the last does not add up */
    for (size_t i = 0; i < G_N_ELEMENTS(data); i++) {
        wrong[0] = data[i];
        g_assert_false(sdc_table_round_controlled(&with_solver, &bad, z, &summary, &error));
        g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    }
    bad = good;
    bad.weights = wrong;
    wrong[0] = -1;
    g_assert_false(sdc_table_round_controlled(&with_solver, &bad, z, &summary, &error));
    g_assert_false(sdc_table_round_controlled(NULL, &good, z, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_SOLVER);
    g_assert_cmpfloat(z[0], ==, 42);
    sdc_relations_clear(NULL, &c.relations);
}

/* Numbers of enterprises of 414 cells, to multiples of ten: all add up, none is further than it must. */
static void test_published(void)
{
    g_autofree char *text = reference_text("sdc/rtauargus/turnover_act_size.csv");
    if (text == NULL) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    g_autofree char *activities = reference_text("sdc/rtauargus/activity_corr_table.csv");
    ActivitySize *table = activity_size_new(text, activities);
    const double *values = table->cells->columns[0];
    SdcControlled rounding = {&table->relations, values, 10, 0, NULL, 60};
    SdcControlledSummary summary;
    SdcError error = {0};
    double z[414], nearest[414], least = 0;
    if (!sdc_table_round_controlled(&with_solver, &rounding, z, &summary, &error))
        g_error("%s", error.sentence);
    g_assert_true(sdc_table_round(values, 414, 10, nearest, NULL));
    g_assert_true(sdc_relations_check(&table->relations, z, 0, NULL));
    for (int i = 0; i < 414; i++) {
        g_assert_cmpfloat(fabs(z[i] - values[i]), <, 10);
        least += fabs(nearest[i] - values[i]);
    }
    g_test_message("distance %g, of %g at least when nothing has to add up", summary.distance, least);
    g_assert_true(summary.proven);
    g_assert_cmpfloat(summary.distance, >=, least);
    g_assert_cmpfloat(summary.distance, <, 1.5 * least);
    activity_size_free(table);
}

static bool call_rounding(const SdcContext *context, SdcError *error)
{
    SdcContext full = *context;
    full.solver = with_solver.solver;
    Cross c;
    cross_init(&c, 2);
    static const double ones[] = {1, 1, 1, 1};
    double values[9], z[9];
    add_totals(&c, ones, values);
    SdcControlled rounding = {&c.relations, values, 3, 1, NULL, 20};
    SdcControlledSummary summary;
    bool done = sdc_table_round_controlled(&full, &rounding, z, &summary, error);
    sdc_relations_clear(NULL, &c.relations);
    return done;
}

static void test_memory(void)
{
    check_every_allocation(call_rounding);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    SdchostSolver *coin = sdchost_solver_open(NULL);
    g_assert_nonnull(coin);
    with_solver.solver = sdchost_solver_table(coin);
    g_test_add_func("/sdc/rounding/by_hand", test_by_hand);
    g_test_add_func("/sdc/rounding/impossible", test_impossible);
    g_test_add_func("/sdc/rounding/all", test_all);
    g_test_add_func("/sdc/rounding/refused", test_refused);
    g_test_add_func("/sdc/rounding/published", test_published);
    g_test_add_func("/sdc/rounding/memory", test_memory);
    int failed = g_test_run();
    sdchost_solver_close(coin);
    return failed;
}
