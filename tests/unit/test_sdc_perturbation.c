/* SPDX-License-Identifier: Apache-2.0 */
/* PRAM, rank swapping and noise: what each promises exactly is checked exactly, what it promises in
 * expectation within five standard deviations. */
#include "sdc_fixture.h"

#define ROWS 20000

static uint32_t codes[ROWS];
static double values[ROWS];

static void fill(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        codes[i] = i % 100 == 0 ? 0 : i % 10 < 6 ? 1 : i % 10 < 9 ? 2 : 4;   /* 3 does not occur */
        values[i] = i % 50 == 0 ? NAN : sdc_random_normal(NULL, 99, 1, i) * 10 + 100;
    }
}

static void count_codes(const uint32_t *of, size_t counts[5])
{
    memset(counts, 0, 5 * sizeof *counts);
    for (size_t i = 0; i < ROWS; i++)
        counts[of[i]]++;
}

static void test_pram_invariant(void)
{
    static uint32_t out[ROWS], again[ROWS];
    SdcCodes column = {ROWS, 4, codes, NULL};
    SdcPramOptions options = {.seed = 5, .stream = 1, .pd = .8, .alpha = .5};
    double r[16];
    size_t changed, before[5], after[5];
    g_assert_true(sdc_pram(NULL, &column, &options, out, r, &changed, NULL));
    count_codes(codes, before);
    count_codes(out, after);
    g_assert_cmpuint(after[0], ==, before[0]);
    g_assert_cmpuint(after[3], ==, 0);
    for (int j = 0; j < 4; j++) {
        double sum = 0, expected = 0;
        for (int k = 0; k < 4; k++) {
            g_assert_true(r[j * 4 + k] >= 0 && r[j * 4 + k] <= 1);
            sum += r[j * 4 + k];
            expected += (double)before[k + 1] * r[k * 4 + j];
        }
        g_assert_cmpfloat(fabs(sum - 1), <, 1e-12);
        g_assert_cmpfloat(fabs(expected - (double)before[j + 1]), <, 1e-8);   /* t R = t */
        g_assert_cmpfloat(fabs((double)after[j + 1] - expected), <, 5 * sqrt(expected + 1));
    }
    size_t differ = 0;
    for (size_t i = 0; i < ROWS; i++)
        differ += out[i] != codes[i];
    g_assert_cmpuint(differ, ==, changed);
    g_assert_cmpuint(changed, >, 100);
    g_assert_true(sdc_pram(&threaded, &column, &options, again, NULL, &changed, NULL));
    g_assert_cmpmem(out, sizeof out, again, sizeof again);
    options.seed = 6;
    g_assert_true(sdc_pram(NULL, &column, &options, again, NULL, &changed, NULL));
    g_assert_cmpint(memcmp(out, again, sizeof out), !=, 0);
}

static void test_pram_matrix(void)
{
    static uint32_t out[ROWS];
    SdcCodes column = {ROWS, 4, codes, NULL};
    static const double swap[] = {0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, .25, 0, .75, 0};
    SdcPramOptions options = {.seed = 5, .matrix = swap};
    size_t changed, counts[5];
    g_assert_true(sdc_pram(NULL, &column, &options, out, NULL, &changed, NULL));
    for (size_t i = 0; i < ROWS; i++) {
        if (codes[i] == 1 || codes[i] == 2)
            g_assert_cmpuint(out[i], ==, 3 - codes[i]);
    }
    count_codes(out, counts);
    g_assert_cmpuint(counts[4], ==, 0);
    g_assert_cmpfloat(fabs((double)counts[3] - 1500), <, 5 * sqrt(2000 * .25 * .75));
    double wrong[16];
    SdcError error = {0};
    memcpy(wrong, swap, sizeof wrong);
    wrong[0] = .5;
    options.matrix = wrong;
    g_assert_false(sdc_pram(NULL, &column, &options, out, NULL, &changed, &error));
    g_assert_nonnull(strstr(error.sentence, "Row 1"));
    wrong[0] = -1;
    g_assert_false(sdc_pram(NULL, &column, &options, out, NULL, &changed, &error));
    options = (SdcPramOptions){.pd = 2, .alpha = .5};
    g_assert_false(sdc_pram(NULL, &column, &options, out, NULL, &changed, &error));
    column.categories = SDC_PRAM_CATEGORIES_MAX + 1;
    g_assert_false(sdc_pram(NULL, &column, &options, out, NULL, &changed, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    static const uint32_t one[] = {1, 1, 0};   /* a category alone stays */
    options = (SdcPramOptions){.pd = 0, .alpha = 1};
    g_assert_true(sdc_pram(NULL, &(SdcCodes){3, 2, one, NULL}, &options, out, NULL, &changed, NULL));
    g_assert_cmpuint(changed, ==, 0);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The multiset is kept; each value comes from a rank within reach; swaps are mutual. */
static void check_swap(const double *before, const double *after, size_t rows, double percent)
{
    g_autofree double *sorted = g_new(double, rows), *sorted_after = g_new(double, rows);
    size_t present = 0, present_after = 0;
    for (size_t i = 0; i < rows; i++) {
        g_assert_cmpint(isnan(before[i]), ==, isnan(after[i]));
        if (!isnan(before[i])) {
            sorted[present++] = before[i];
            sorted_after[present_after++] = after[i];
        }
    }
    qsort(sorted, present, sizeof *sorted, compare_doubles);
    qsort(sorted_after, present, sizeof *sorted, compare_doubles);
    g_assert_cmpmem(sorted, present * 8, sorted_after, present_after * 8);
    size_t reach = (size_t)(percent / 100 * (double)present);
    for (size_t i = 0; i < rows; i++) {
        if (isnan(before[i]) || before[i] == after[i])
            continue;
        const double *a = bsearch(&before[i], sorted, present, sizeof *sorted, compare_doubles);
        const double *b = bsearch(&after[i], sorted, present, sizeof *sorted, compare_doubles);
        g_assert_cmpint(ABS(a - b), <=, (ptrdiff_t)reach);
    }
}

static void test_rank_swap(void)
{
    static double out[ROWS], again[ROWS];
    SdcNumbers column = {ROWS, values};
    static const double percents[] = {.01, 1, 5, 100};
    for (size_t p = 0; p < G_N_ELEMENTS(percents); p++) {
        g_assert_true(sdc_rank_swap(NULL, &column, percents[p], 3, 7, out, NULL));
        check_swap(values, out, ROWS, percents[p]);
        size_t moved = 0;
        for (size_t i = 0; i < ROWS; i++)
            moved += !isnan(values[i]) && out[i] != values[i];
        if (percents[p] >= 1)
            g_assert_cmpuint(moved, >, ROWS * 9 / 10);
        g_assert_true(sdc_rank_swap(&threaded, &column, percents[p], 3, 7, again, NULL));
        g_assert_cmpmem(out, sizeof out, again, sizeof again);
    }
    static const double two[] = {2, 1};
    g_assert_true(sdc_rank_swap(NULL, &(SdcNumbers){2, two}, 50, 1, 1, out, NULL));
    g_assert_cmpfloat(out[0], ==, 1);   /* the only choice */
    g_assert_cmpfloat(out[1], ==, 2);
    static const double alone[] = {NAN, 4};
    g_assert_true(sdc_rank_swap(NULL, &(SdcNumbers){2, alone}, 100, 1, 1, out, NULL));
    g_assert_true(isnan(out[0]) && out[1] == 4);
    g_assert_true(sdc_rank_swap(NULL, &(SdcNumbers){0, alone}, 100, 1, 1, out, NULL));
    SdcError error = {0};
    g_assert_false(sdc_rank_swap(NULL, &column, 0, 1, 1, out, &error));
    g_assert_false(sdc_rank_swap(NULL, &column, NAN, 1, 1, out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
}

/* Partners are drawn evenly: in a window of four, the lowest rank meets each with probability 1/4. */
static void test_rank_swap_even(void)
{
    static const double five[] = {0, 1, 2, 3, 4};
    size_t met[5] = {0};
    for (uint64_t seed = 0; seed < 4000; seed++) {
        double out[5];
        g_assert_true(sdc_rank_swap(NULL, &(SdcNumbers){5, five}, 80, seed, 1, out, NULL));
        met[(size_t)out[0]]++;
    }
    g_assert_cmpuint(met[0], ==, 0);
    for (int i = 1; i < 5; i++)
        g_assert_cmpint(ABS((int)met[i] - 1000), <, 140);
}

static double covariance(const double *x, const double *y)
{
    double n = 0, mx = 0, my = 0, sum = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (!isnan(x[i]) && !isnan(y[i])) {
            n++;
            mx += x[i];
            my += y[i];
        }
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (!isnan(x[i]) && !isnan(y[i]))
            sum += (x[i] - mx / n) * (y[i] - my / n);
    }
    return sum / (n - 1);
}

static void test_noise(void)
{
    static double second[ROWS], sum[ROWS], out[3 * ROWS], noise[3][ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        second[i] = .5 * (isnan(values[i]) ? 0 : values[i]) + sdc_random_normal(NULL, 98, 2, i);
        sum[i] = values[i] + second[i];   /* singular with the other two */
    }
    SdcNumbers columns[] = {{ROWS, values}, {ROWS, second}, {ROWS, sum}};
    for (int correlated = 0; correlated < 2; correlated++) {
        g_assert_true(sdc_add_noise(NULL, columns, 3, 50, correlated, 11, 40, out, NULL));
        for (size_t v = 0; v < 3; v++) {
            for (size_t i = 0; i < ROWS; i++)
                noise[v][i] = out[v * ROWS + i] - columns[v].values[i];
        }
        g_assert_true(isnan(out[0]));
        double s = covariance(values, values), t = covariance(values, second);
        double expected = correlated ? .5 * s : .25 * s;
        g_assert_cmpfloat(fabs(covariance(noise[0], noise[0]) / expected - 1), <, .05);
        double together = covariance(noise[0], noise[1]);
        if (correlated)
            g_assert_cmpfloat(fabs(together / (.5 * t) - 1), <, .06);
        else
            g_assert_cmpfloat(fabs(together), <, .05 * sqrt(expected * .25 *
                                                            covariance(second, second)));
        for (size_t i = 0; correlated && i < ROWS; i++) {   /* the sum stays a sum */
            if (!isnan(values[i]))
                g_assert_cmpfloat(fabs(noise[2][i] - noise[0][i] - noise[1][i]), <, 1e-4);
        }
    }
    SdcError error = {0};
    g_assert_false(sdc_add_noise(NULL, columns, 0, 50, false, 1, 1, out, &error));
    g_assert_false(sdc_add_noise(NULL, columns, 1, 0, false, 1, 1, out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    static const double huge[] = {1e308, -1e308, 1e308};
    g_assert_false(sdc_add_noise(NULL, &(SdcNumbers){3, huge}, 1, 50, false, 1, 1, out, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    static const double one[] = {5};
    g_assert_true(sdc_add_noise(NULL, &(SdcNumbers){1, one}, 1, 50, true, 1, 1, out, NULL));
    g_assert_cmpfloat(out[0], ==, 5);   /* one value has no spread */
}

static bool call_all(const SdcContext *context, SdcError *error)
{
    static const uint32_t c[] = {1, 2, 2, 0};
    static const double x[] = {1, 2, 5, 3};
    uint32_t out[4];
    double numbers[4];
    size_t changed;
    SdcCodes column = {4, 2, c, NULL};
    SdcNumbers amount = {4, x};
    SdcPramOptions options = {.pd = .8, .alpha = .5};
    return sdc_pram(context, &column, &options, out, NULL, &changed, error) &&
           sdc_rank_swap(context, &amount, 50, 1, 1, numbers, error) &&
           sdc_add_noise(context, &amount, 1, 50, true, 1, 1, numbers, error);
}

static void test_no_memory(void)
{
    check_every_allocation(call_all);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fill();
    g_test_add_func("/sdc/perturbation/pram_invariant", test_pram_invariant);
    g_test_add_func("/sdc/perturbation/pram_matrix", test_pram_matrix);
    g_test_add_func("/sdc/perturbation/rank_swap", test_rank_swap);
    g_test_add_func("/sdc/perturbation/rank_swap_even", test_rank_swap_even);
    g_test_add_func("/sdc/perturbation/noise", test_noise);
    g_test_add_func("/sdc/perturbation/no_memory", test_no_memory);
    return g_test_run();
}
