/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cell-key method for totals: by hand, against the definition written over records, without bias, and
 * the same noise for the same records wherever they stand.
 */
#include "sdc_fixture.h"

enum { ROWS = 3000 };

typedef struct Records {
    uint32_t codes[2][ROWS];
    double values[ROWS], weights[ROWS], keys[ROWS];
} Records;

static Records *records_new(GRand *rand, double low, double high)
{
    Records *r = g_new(Records, 1);
    for (size_t i = 0; i < ROWS; i++) {
        r->codes[0][i] = (uint32_t)g_rand_int_range(rand, 1, 5);
        r->codes[1][i] = (uint32_t)g_rand_int_range(rand, 1, 40);
        r->values[i] = floor(pow(g_rand_double(rand), 4) * (high - low) + low);
        r->weights[i] = g_rand_int_range(rand, 1, 4);
        r->keys[i] = r->values[i] == 0 ? 0 : floor(g_rand_double(rand) * 0x1p32) * 0x1p-32;
    }
    return r;
}

static SdcCube cube_of(const Records *r, unsigned dimensions, const double *weights, unsigned top)
{
    SdcTree trees[2];
    g_assert_true(sdc_tree_flat(NULL, 4, &trees[0], NULL));
    g_assert_true(sdc_tree_flat(NULL, 39, &trees[1], NULL));
    const uint32_t *codes[] = {r->codes[0], r->codes[1]};
    SdcTabulation t = {.rows = ROWS, .dimensions = dimensions, .trees = trees, .codes = codes,
                       .values = r->values, .weights = weights, .record_keys = r->keys, .top = top};
    SdcCube cube;
    g_assert_true(sdc_tabulate(NULL, &t, &cube, NULL));
    sdc_tree_clear(NULL, &trees[0]);
    sdc_tree_clear(NULL, &trees[1]);
    return cube;
}

static SdcChances table_of(SdcChanceRules rules)
{
    SdcChances chances;
    g_assert_true(sdc_chances_make(NULL, &rules, &chances, NULL));
    return chances;
}

/* One cell of one record or several, as a cube. */
typedef struct OneCell {
    double count, units, total, absolute, key, values[2], weights[2];
    SdcCube cube;
} OneCell;

static void one_cell(OneCell *c, double first, double second, double rest)
{
    *c = (OneCell){.count = 3, .units = 3, .total = first + second + rest, .values = {first, second},
                   .weights = {1, 1}};
    c->absolute = fabs(first) + fabs(second) + fabs(rest);
    c->cube = (SdcCube){.dimensions = 1, .top = 2, .cells = 1, .count = &c->count, .units = &c->units,
                        .total = &c->total, .absolute = &c->absolute, .cell_key = &c->key,
                        .top_values = {&c->values[0], &c->values[1]},
                        .top_weights = {&c->weights[0], &c->weights[1]}};
}

/* A table that takes one away or adds one, at even chances: what comes out shows the scale. */
static size_t coin_starts[] = {0, 1, 3, 5};
static int32_t coin_changes[] = {0, -1, 1, -1, 1};
static double coin_chances[] = {1, 0.5, 0.5, 0.5, 0.5}, coin_cumulated[] = {1, 0.5, 1, 0.5, 1};
static const SdcChances coin = {3, 5, 1, coin_starts, coin_changes, coin_chances, coin_cumulated};

/* 100 of 60, 30 and 10; shares .25 to .05, flexpoint 50, power 3:
 * m(100) = .05 (1 + 9 (100/150)^3) = .1833333; the largest one's noise is 60 m = 11, the second's 5.5. */
static void test_by_hand(void)
{
    OneCell c;
    one_cell(&c, 60, 30, 10);
    SdcMagnitudeRules rules = {.even = &coin, .top = 1, .weights = {1, 1}, .small_share = 0.25,
                               .large_share = 0.05, .flexpoint = 50, .power = 3};
    double out, m = 0.05 * (1 + 9.0 * 8 / 27);
    c.key = 0.75;
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(out - 111), <, 1e-9);
    c.key = 0.25;
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(out - 89), <, 1e-9);
    rules.top = 2;
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(fabs(out - 89) - 30 * m), <, 1e-9);
    /* All negative: the same with its sign. */
    rules.top = 1;
    one_cell(&c, -60, -30, -10);
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(out + 89), <, 1e-9);
    /* Both signs: s is 100 still, and the noise goes to the total of -20. */
    one_cell(&c, -60, 30, 10);
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(out + 31), <, 1e-9);
    /* At the flexpoint p1; far above it p2; without it p1; mean and sum as scale. */
    one_cell(&c, 50, 0, 0);
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(out - 37.5), <, 1e-9);
    one_cell(&c, 1e9, 0, 0);
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(out / 1e9 - 0.95), <, 1e-4);
    rules.flexpoint = 0;
    one_cell(&c, 60, 30, 10);
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(out - 85), <, 1e-9);
    rules.magnifier = SDC_MAGNIFIER_SUM;
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(out - 75), <, 1e-9);
    rules.magnifier = SDC_MAGNIFIER_MEAN;
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(fabs(out - (100 - 25.0 / 3)), <, 1e-9);
    /* Small cells: sd 1 over (.25 sd 1): below 4 a plain change; 1.5 is halfway between two rows. */
    rules.small = &coin;
    double point;
    g_assert_true(sdc_magnitudes_separation(&rules, &point, NULL));
    g_assert_cmpfloat(point, ==, 4);
    one_cell(&c, 1.5, 0, 0);
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(out, ==, 0.5);
    /* Half a unit is between row 0, which stays, and row 1. */
    one_cell(&c, 0.5, 0, 0);
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(out, ==, 0);
    one_cell(&c, 0, 0, 0);
    g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
    g_assert_cmpfloat(out, ==, 0);
}

/* Over all keys: the mean is the total, nothing passes 0, and the variance that of the scales. */
static void test_unbiased(void)
{
    SdcChances table = table_of((SdcChanceRules){5, 1, 0, 0, true, 2, false});
    SdcMagnitudeRules rules = {.even = &table, .top = 2, .weights = {1, 0.6}, .small_share = 0.25,
                               .large_share = 0.05, .flexpoint = 500, .power = 3};
    static const double cells[][3] = {{60, 30, 10}, {100, 0, 0}, {1, 1, 0}, {9000, 10, 5}, {3, 3, 3000},
                                      {-60, -30, -10}, {-60, 30, 10}};
    enum { KEYS = 200000 };
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++) {
        OneCell c;
        one_cell(&c, cells[i][0], cells[i][1], cells[i][2]);
        double sum = 0, squares = 0;
        for (size_t k = 0; k < KEYS; k++) {
            double out;
            c.key = ((double)k + 0.5) / KEYS;
            g_assert_true(sdc_magnitudes_perturb(&rules, &c.cube, &out, NULL));
            if (fabs(c.total) == c.absolute)
                g_assert_cmpfloat(out * c.total, >=, 0);
            sum += out - c.total;
            squares += (out - c.total) * (out - c.total);
        }
        double sd = sqrt(squares / KEYS);
        g_assert_cmpfloat(sd, >, 0);
        g_assert_cmpfloat(fabs(sum / KEYS), <, 6 * sd / sqrt(KEYS));
        /* Where no row but the last is looked up, the variance is known. */
        if (i == 4 || i == 6) {
            double m = i == 4 ? 0.05 * (1 + (0.25 * c.absolute - 25) / 25 * pow(1000 / (500 + c.absolute), 3))
                              : 0.25;
            double expected = m * m * (c.values[0] * c.values[0] + 0.36 * c.values[1] * c.values[1]);
            g_assert_cmpfloat(fabs(sd * sd / expected - 1), <, 0.02);
        }
    }
    sdc_chances_clear(NULL, &table);
}

/* The definition over the records of a cell, by other means: the key by integers, the look-up by walking
 * from the first change on. */
static double walked(const SdcChances *t, double state, double key)
{
    double found[2], steps = t->steps;
    double low = fmin(floor(state), (double)t->rows - 1), high = fmin(low + 1, (double)t->rows - 1);
    for (int side = 0; side < 2; side++) {
        size_t row = (size_t)(side == 0 ? low : high), k = t->starts[row];
        while (k + 1 < t->starts[row + 1] && !(key < t->cumulated[k]))
            k++;
        found[side] = t->changes[k] / steps;
    }
    double part = fmin(state, (double)t->rows - 1) - low;
    return found[0] + part * (found[1] - found[0]);
}

static int larger_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static double defined(const Records *r, const SdcMagnitudeRules *rules, uint32_t code, bool *ret_mixed)
{
    double list[ROWS], s = 0, total = 0;
    uint64_t key = 0;
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (r->codes[0][i] != code && code != 5)
            continue;
        list[n++] = fabs(r->values[i]);
        s += list[n - 1] * r->weights[i];
        total += r->values[i] * r->weights[i];
        key += (uint64_t)(r->keys[i] * 0x1p32);
    }
    qsort(list, n, sizeof *list, larger_first);
    *ret_mixed = s != fabs(total);
    double u = (double)(key & UINT32_MAX) * 0x1p-32, m = rules->small_share;
    double d = m * list[0];
    const SdcChances *table = n % 2 == 1 ? rules->odd : rules->even;
    if (s == 0)
        return total;
    double v = walked(table, *ret_mixed ? 1e300 : s / d, u);
    return *ret_mixed ? total + d * v : (total < 0 ? -1 : 1) * (s + d * v);
}

static void test_definition(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(45);
    SdcChances even = table_of((SdcChanceRules){5, 1, 0, 0, true, 2, false});
    SdcChances odd = table_of((SdcChanceRules){8, 3, 0, 0, false, 4, true});
    SdcMagnitudeRules rules = {.even = &even, .odd = &odd, .top = 1, .weights = {1}, .small_share = 0.3};
    static const double ranges[][2] = {{0, 1000}, {-500, 500}, {-1000, 0}, {0, 2}};
    for (size_t k = 0; k < G_N_ELEMENTS(ranges); k++) {
        g_autofree Records *r = records_new(rand, ranges[k][0], ranges[k][1]);
        SdcCube cube = cube_of(r, 1, r->weights, 3);
        double out[5];
        g_assert_cmpuint(cube.cells, ==, 5);
        g_assert_true(sdc_magnitudes_perturb(&rules, &cube, out, NULL));
        for (uint32_t code = 1; code <= 5; code++) {
            bool mixed;
            double expected = defined(r, &rules, code, &mixed);
            g_assert_cmpint(mixed, ==, k == 1);
            g_assert_cmpfloat(fabs(out[code - 1] - expected), <=, 1e-9 * fabs(expected));
        }
        sdc_cube_clear(NULL, &cube);
    }
    sdc_chances_clear(NULL, &even);
    sdc_chances_clear(NULL, &odd);
}

/* The same records have the same noise in a table of one dimension and in the margins of two, in any order
 * of rows; and records of value 0 with key 0 change nothing. */
static void test_consistent(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(46);
    g_autofree Records *r = records_new(rand, 0, 1000);
    SdcChances table = table_of((SdcChanceRules){5, 1, 0, 0, true, 2, false});
    SdcMagnitudeRules rules = {.even = &table, .small = &table, .top = 3, .weights = {1, 0.5, 0.25},
                               .small_share = 0.25, .large_share = 0.05, .flexpoint = 500, .power = 3};
    SdcCube one = cube_of(r, 1, r->weights, 3), two = cube_of(r, 2, r->weights, 3);
    double small[5], *large = g_new(double, two.cells);
    g_assert_true(sdc_magnitudes_perturb(&rules, &one, small, NULL));
    g_assert_true(sdc_magnitudes_perturb(&rules, &two, large, NULL));
    size_t margins = 0, changed = 0;
    for (size_t i = 0; i < two.cells; i++) {
        changed += large[i] != two.total[i];
        g_assert_cmpfloat(large[i], >=, 0);
        if (two.nodes[1][i] != 39)
            continue;
        margins++;
        g_assert_cmpfloat(large[i], ==, small[two.nodes[0][i]]);
    }
    g_assert_cmpuint(margins, ==, 5);
    g_assert_cmpuint(changed, >, two.cells / 2);
    sdc_cube_clear(NULL, &one);
    for (size_t i = 0; i < ROWS / 2; i++) {
        size_t j = ROWS - 1 - i;
        for (int d = 0; d < 2; d++) {
            uint32_t code = r->codes[d][i];
            r->codes[d][i] = r->codes[d][j];
            r->codes[d][j] = code;
        }
        double *columns[] = {r->values, r->weights, r->keys};
        for (int c = 0; c < 3; c++) {
            double value = columns[c][i];
            columns[c][i] = columns[c][j];
            columns[c][j] = value;
        }
    }
    one = cube_of(r, 1, r->weights, 3);
    double again[5];
    g_assert_true(sdc_magnitudes_perturb(&rules, &one, again, NULL));
    g_assert_cmpmem(small, sizeof small, again, sizeof again);
    sdc_cube_clear(NULL, &one);
    sdc_cube_clear(NULL, &two);
    sdc_chances_clear(NULL, &table);
    g_free(large);
}

static void test_refused(void)
{
    SdcMagnitudeRules good = {.even = &coin, .top = 2, .weights = {1, 0.5}, .small_share = 0.25,
                              .large_share = 0.05, .flexpoint = 50, .power = 3};
    OneCell c;
    one_cell(&c, 60, 30, 10);
    double out = 42;
    SdcError error = {0};
    SdcChances empty = {0};
    SdcMagnitudeRules wrong[12];
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        wrong[i] = good;
    wrong[0].even = NULL;
    wrong[1].odd = &empty;
    wrong[2].top = 0;
    wrong[3].top = SDC_TOP_MAX + 1;
    wrong[4].weights[0] = 0.5;
    wrong[5].weights[1] = 1.5;
    wrong[6].small_share = NAN;
    wrong[7].large_share = 0.3;
    wrong[8].flexpoint = -1;
    wrong[9].power = 0.5;
    wrong[10].magnifier = SDC_MAGNIFIER_SUM;   /* with two contributors */
    wrong[11].small = &coin;                   /* ends at 3.58: a flexpoint below it */
    wrong[11].flexpoint = 3;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(sdc_magnitudes_perturb(&wrong[i], &c.cube, &out, &error));
        g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    }
    good.top = 3;
    good.weights[2] = 0.1;
    g_assert_false(sdc_magnitudes_perturb(&good, &c.cube, &out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    good.top = 2;
    static const double bad_keys[] = {1, -0.1, NAN};
    for (size_t i = 0; i < G_N_ELEMENTS(bad_keys); i++) {
        c.key = bad_keys[i];
        g_assert_false(sdc_magnitudes_perturb(&good, &c.cube, &out, &error));
    }
    c.key = 0;
    c.total = INFINITY;
    g_assert_false(sdc_magnitudes_perturb(&good, &c.cube, &out, &error));
    c.cube.cell_key = NULL;
    g_assert_false(sdc_magnitudes_perturb(&good, &c.cube, &out, &error));
    g_assert_cmpfloat(out, ==, 42);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/magnitudes/by_hand", test_by_hand);
    g_test_add_func("/sdc/magnitudes/unbiased", test_unbiased);
    g_test_add_func("/sdc/magnitudes/definition", test_definition);
    g_test_add_func("/sdc/magnitudes/consistent", test_consistent);
    g_test_add_func("/sdc/magnitudes/refused", test_refused);
    return g_test_run();
}
