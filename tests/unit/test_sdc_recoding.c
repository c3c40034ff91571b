/* SPDX-License-Identifier: Apache-2.0 */
/* Recoding, tails, rounding, samples and permutations. */
#include "sdc_fixture.h"

static void test_recode(void)
{
    static const uint32_t codes[] = {1, 4, 0, 2}, sizes[] = {4, 2, 1}, low[] = {0, 0, 1, 1}, high[] = {0, 0};
    const uint32_t *parents[] = {low, high};
    SdcHierarchy h = {3, sizes, parents, NULL};
    SdcCodes column = {4, 4, codes, NULL}, other = {4, 5, codes, NULL};
    static const uint32_t expected[3][4] = {{1, 4, 0, 2}, {1, 2, 0, 1}, {1, 1, 0, 1}};
    uint32_t out[4];
    SdcError error = {0};
    for (unsigned level = 0; level < 3; level++) {
        g_assert_true(sdc_recode(NULL, &column, &h, level, out, NULL));
        g_assert_cmpmem(out, sizeof out, expected[level], sizeof expected[level]);
    }
    g_assert_false(sdc_recode(NULL, &column, &h, 3, out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    g_assert_false(sdc_recode(NULL, &other, &h, 1, out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
}

static void test_tails(void)
{
    static const double x[] = {1, 5, NAN, 10, 20, -4};
    SdcNumbers column = {6, x};
    double out[6];
    size_t changed;
    SdcError error = {0};
    g_assert_true(sdc_code_tails(NULL, &column, 0, 9, SDC_CODING_LIMIT, out, &changed, NULL));
    g_assert_true(out[0] == 1 && isnan(out[2]) && out[3] == 9 && out[4] == 9 && out[5] == 0);
    g_assert_cmpuint(changed, ==, 3);
    g_assert_true(sdc_code_tails(NULL, &column, NAN, 9, SDC_CODING_MEAN, out, &changed, NULL));
    g_assert_true(out[3] == 15 && out[4] == 15 && out[5] == -4);
    g_assert_cmpuint(changed, ==, 2);
    g_assert_true(sdc_code_tails(NULL, &column, NAN, 20, SDC_CODING_MEAN, out, &changed, NULL));
    g_assert_cmpuint(changed, ==, 0);   /* the limit itself stays */
    g_assert_false(sdc_code_tails(NULL, &column, 5, 4, SDC_CODING_LIMIT, out, &changed, &error));
    g_assert_false(sdc_code_tails(NULL, &column, NAN, NAN, SDC_CODING_LIMIT, out, &changed, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
}

static void test_rounding(void)
{
    static const double x[] = {7, 7.5, -7.5, NAN, 12.4, 0};
    SdcNumbers column = {6, x};
    double out[6];
    SdcError error = {0};
    g_assert_true(sdc_round(NULL, &column, 5, SDC_ROUNDING_NEAREST, 0, 0, out, NULL));
    g_assert_true(out[0] == 5 && out[1] == 10 && out[2] == -10 && isnan(out[3]) && out[4] == 10);
    double sum = 0;
    for (uint64_t seed = 0; seed < 10000; seed++) {
        g_assert_true(sdc_round(NULL, &column, 5, SDC_ROUNDING_RANDOM, seed, 1, out, NULL));
        g_assert_true(out[4] == 10 || out[4] == 15);
        g_assert_true(out[2] == -10 || out[2] == -5);
        g_assert_cmpfloat(out[5], ==, 0);
        sum += out[4];
    }
    g_assert_cmpfloat(fabs(sum / 10000 - 12.4), <, 5 * 2.5 / 100);
    static const double large[] = {1e300};
    g_assert_false(sdc_round(NULL, &(SdcNumbers){1, large}, 1, SDC_ROUNDING_NEAREST, 0, 0, out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    g_assert_false(sdc_round(NULL, &column, 0, SDC_ROUNDING_NEAREST, 0, 0, out, &error));
}

static void test_sample(void)
{
    uint32_t strata[100];
    double weights[100], out[100], sums[2] = {0};
    uint8_t keep[100];
    size_t kept[2] = {0};
    for (size_t i = 0; i < 100; i++) {
        strata[i] = (uint32_t)(i < 30);
        weights[i] = 2;
    }
    SdcCodes column = {100, 1, strata, NULL};
    SdcNumbers w = {100, weights};
    g_assert_true(sdc_sample(NULL, 100, .5, &column, &w, 1, 1, keep, out, NULL));
    for (size_t i = 0; i < 100; i++) {
        kept[strata[i]] += keep[i];
        sums[strata[i]] += out[i];
        g_assert_cmpint(keep[i] != 0, ==, out[i] > 0);
    }
    g_assert_true(kept[0] == 35 && kept[1] == 15);
    g_assert_cmpfloat(fabs(sums[0] - 140), <, 1e-9);   /* totals are kept in each stratum */
    g_assert_cmpfloat(fabs(sums[1] - 60), <, 1e-9);
    SdcError error = {0};
    g_assert_false(sdc_sample(NULL, 100, .001, &column, &w, 1, 1, keep, out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
    g_assert_false(sdc_sample(NULL, 100, 0, NULL, NULL, 1, 1, keep, NULL, &error));
    g_assert_false(sdc_sample(NULL, 99, .5, &column, NULL, 1, 1, keep, NULL, &error));
    g_assert_true(sdc_sample(NULL, 0, .5, NULL, NULL, 1, 1, keep, NULL, &error));
}

/* Each record is in half of the samples, and each order of three comes as often. */
static void test_even(void)
{
    size_t in[4] = {0}, orders[27] = {0};
    for (uint64_t seed = 0; seed < 6000; seed++) {
        uint8_t keep[4];
        uint32_t order[3];
        g_assert_true(sdc_sample(NULL, 4, .5, NULL, NULL, seed, 1, keep, NULL, NULL));
        for (int i = 0; i < 4; i++)
            in[i] += keep[i];
        g_assert_true(sdc_shuffle(NULL, 3, seed, 2, order, NULL));
        g_assert_cmpuint(order[0] + order[1] + order[2], ==, 3);
        orders[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    for (int i = 0; i < 4; i++)
        g_assert_cmpint(ABS((int)in[i] - 3000), <, 200);
    static const int permutations[] = {5, 7, 11, 15, 19, 21};   /* 012 021 102 120 201 210 */
    for (int i = 0; i < 6; i++)
        g_assert_cmpint(ABS((int)orders[permutations[i]] - 1000), <, 150);
}

static bool call_all(const SdcContext *context, SdcError *error)
{
    static const uint32_t codes[] = {1, 2, 2}, sizes[] = {2, 1}, up[] = {0, 0};
    const uint32_t *parents[] = {up};
    SdcHierarchy h = {2, sizes, parents, NULL};
    SdcCodes column = {3, 2, codes, NULL};
    uint32_t out[3];
    uint8_t keep[3];
    return sdc_recode(context, &column, &h, 1, out, error) &&
           sdc_sample(context, 3, .5, &column, NULL, 1, 1, keep, NULL, error);
}

static void test_no_memory(void)
{
    check_every_allocation(call_all);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/recoding/recode", test_recode);
    g_test_add_func("/sdc/recoding/tails", test_tails);
    g_test_add_func("/sdc/recoding/rounding", test_rounding);
    g_test_add_func("/sdc/recoding/sample", test_sample);
    g_test_add_func("/sdc/recoding/even", test_even);
    g_test_add_func("/sdc/recoding/no_memory", test_no_memory);
    return g_test_run();
}
