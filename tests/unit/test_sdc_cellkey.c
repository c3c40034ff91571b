/* SPDX-License-Identifier: Apache-2.0 */
/* Perturbed and rounded counts. */
#include "sdc_fixture.h"

static void test_perturb(void)
{
    SdcChanceRules rules = {7, 4, 2, 0, true, 1, false};
    SdcChances c;
    SdcError error = {0};
    g_assert_true(sdc_chances_make(NULL, &rules, &c, NULL));
    enum { CELLS = 100000 };
    g_autofree double *counts = g_new(double, CELLS), *keys = g_new(double, CELLS);
    g_autofree double *out = g_new(double, CELLS);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < CELLS; i++) {
        counts[i] = (double)(i % 15);
        keys[i] = sdc_random_uniform(NULL, 1, 1, i);
    }
    g_assert_true(sdc_cellkey_perturb(&c, counts, keys, CELLS, out, NULL));
    for (size_t i = 0; i < CELLS; i++) {
        double v = out[i] - counts[i];
        g_assert_true(out[i] == 0 || out[i] > 2);
        g_assert_true(counts[i] > 0 || out[i] == 0);
        sum += v;
        squares += v * v;
    }
    double changed = CELLS * 14.0 / 15;
    g_assert_cmpfloat(fabs(sum / changed), <, 0.04);            /* six standard errors */
    g_assert_cmpfloat(fabs(squares / changed - 4), <, 0.15);
    /* The ends of a row, and just on a boundary. */
    double count[] = {1, 1, 1}, key[] = {0, 1 - 0x1p-53, c.cumulated[c.starts[1]]}, result[3];
    g_assert_true(sdc_cellkey_perturb(&c, count, key, 3, result, NULL));
    g_assert_cmpfloat(result[0], ==, 0);
    g_assert_cmpfloat(result[1], ==, 8);
    g_assert_cmpfloat(result[2], ==, 3);
    static const double bad_counts[] = {-1, 0.5, NAN, INFINITY}, bad_keys[] = {1, -0.1, NAN};
    for (size_t i = 0; i < G_N_ELEMENTS(bad_counts); i++) {
        g_assert_false(sdc_cellkey_perturb(&c, &bad_counts[i], key, 1, result, &error));
        g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad_keys); i++)
        g_assert_false(sdc_cellkey_perturb(&c, count, &bad_keys[i], 1, result, &error));
    g_assert_cmpfloat(result[0], ==, 0);
    sdc_chances_clear(NULL, &c);
}

static void test_round(void)
{
    static const double counts[] = {0, 1, 2, 3, 7, 8, 10}, expected[] = {0, 0, 0, 5, 5, 10, 10};
    double out[7];
    SdcError error = {0};
    g_assert_true(sdc_table_round(counts, 7, 5, out, NULL));
    g_assert_cmpmem(out, sizeof out, expected, sizeof expected);
    g_assert_true(sdc_table_round(counts, 7, 2, out, NULL));
    g_assert_cmpfloat(out[1], ==, 2);   /* a tie goes up */
    double sums[7] = {0};
    for (uint64_t turn = 0; turn < 20000; turn++) {
        g_assert_true(sdc_table_round_random(NULL, counts, 7, 5, turn, 9, out, NULL));
        for (int i = 0; i < 7; i++) {
            g_assert_true(fmod(out[i], 5) == 0 && fabs(out[i] - counts[i]) < 5);
            sums[i] += out[i];
        }
    }
    for (int i = 0; i < 7; i++)
        g_assert_cmpfloat(fabs(sums[i] / 20000 - counts[i]), <, 0.1);   /* over five standard errors */
    g_assert_false(sdc_table_round(counts, 7, 1, out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    static const double half = 0.5;
    g_assert_false(sdc_table_round_random(NULL, &half, 1, 5, 1, 1, out, &error));
}

static void test_deviation(void)
{
    static const double x[] = {4, 9, 0, 100}, z[] = {9, 9, 1, NAN};
    static const bool suppressed[] = {false, false, false, true};
    SdcDeviation d;
    SdcError error = {0};
    g_assert_true(sdc_table_deviation(x, z, suppressed, 4, &d, NULL));
    g_assert_cmpuint(d.shown, ==, 3);
    g_assert_cmpuint(d.unchanged, ==, 1);
    g_assert_cmpuint(d.suppressed, ==, 1);
    g_assert_cmpfloat(d.mean, ==, 2);
    g_assert_cmpfloat(d.largest, ==, 5);
    g_assert_cmpfloat(d.mean_relative, ==, 0.625);
    g_assert_cmpfloat(fabs(d.mean_root - 2.0 / 3), <, 1e-12);
    g_assert_cmpfloat(d.suppressed_value, ==, 100);
    g_assert_cmpfloat(d.suppressed_share, ==, 100.0 / 113);
    g_assert_false(sdc_table_deviation(x, z, NULL, 4, &d, &error));
    g_assert_true(sdc_table_deviation(x, z, NULL, 0, &d, &error));
    g_assert_cmpfloat(d.mean, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/cellkey/perturb", test_perturb);
    g_test_add_func("/sdc/cellkey/round", test_round);
    g_test_add_func("/sdc/cellkey/deviation", test_deviation);
    return g_test_run();
}
