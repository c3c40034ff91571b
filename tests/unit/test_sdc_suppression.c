/* SPDX-License-Identifier: Apache-2.0 */
/* Local suppression: parity with the known counts, a checker that compares all pairs of the result, and
 * the promise that the thrifty way never costs more. */
#include "sdc_fixture.h"

/* What the result claims, checked on its own: only values made missing, counted right, and every record
 * matches K others of its stratum. */
static void check_result(const Small *small, const SdcSuppressionOptions *options,
                         const SdcSuppression *result)
{
    SdcCodes columns[SMALL_KEYS_MAX];
    size_t cells = 0;
    for (size_t v = 0; v < small->count; v++) {
        const uint32_t *codes = result->codes + v * small->rows;
        columns[v] = (SdcCodes){small->rows, small->columns[v].categories, codes, NULL};
        size_t made = 0;
        for (size_t i = 0; i < small->rows; i++) {
            g_assert_true(codes[i] == small->codes[v][i] || codes[i] == 0);
            made += codes[i] != small->codes[v][i];
        }
        g_assert_cmpuint(result->by_variable[v], ==, made);
        cells += made;
    }
    g_assert_cmpuint(result->cells, ==, cells);
    for (size_t i = 0; i < small->rows; i++) {
        size_t matches = 0;
        for (size_t j = 0; j < small->rows; j++) {
            bool same = options->strata == NULL ||
                        options->strata->codes[i] == options->strata->codes[j];
            matches += same && small_match(columns, small->count, SDC_MISSING_WILDCARD, i, j);
        }
        g_assert_cmpuint(matches, >=, options->k);
    }
}

static void test_by_hand(void)
{
    /* Three alike, one that differs in the second variable only: that value goes. */
    static const uint32_t a[] = {1, 1, 1, 1}, b[] = {1, 1, 1, 2};
    SdcCodes columns[] = {{4, 1, a, NULL}, {4, 2, b, NULL}};
    SdcSuppressionOptions options = {.k = 3};
    for (int rule = 0; rule < 2; rule++) {
        SdcSuppression s;
        options.rule = (SdcSuppressionRule)rule;
        g_assert_true(sdc_suppress(NULL, columns, 2, &options, &s, NULL));
        g_assert_cmpuint(s.cells, ==, 1);
        g_assert_cmpuint(s.codes[4 + 3], ==, 0);
        g_assert_cmpuint(s.by_variable[1], ==, 1);
        sdc_suppression_clear(NULL, &s);
        sdc_suppression_clear(NULL, &s);
    }
}

static void test_importance(void)
{
    /* Records 1 and 2 differ in both variables: the important one goes first, in each; then the other. */
    static const uint32_t a[] = {1, 2}, b[] = {1, 2}, order[][2] = {{0, 1}, {1, 0}};
    SdcCodes columns[] = {{2, 2, a, NULL}, {2, 2, b, NULL}};
    for (int o = 0; o < 2; o++) {
        SdcSuppressionOptions options = {.k = 2, .importance = order[o]};
        SdcSuppression s;
        g_assert_true(sdc_suppress(NULL, columns, 2, &options, &s, NULL));
        g_assert_cmpuint(s.codes[(size_t)o * 2], ==, 0);
        g_assert_cmpuint(s.cells, ==, 2);
        sdc_suppression_clear(NULL, &s);
    }
    static const double costs[] = {1, 5};
    SdcSuppressionOptions options = {.rule = SDC_SUPPRESSION_THRIFTY, .k = 2, .costs = costs};
    SdcSuppression s;
    g_assert_true(sdc_suppress(NULL, columns, 2, &options, &s, NULL));
    g_assert_cmpfloat(s.cost, ==, 6);   /* either record loses both, or one value each */
    sdc_suppression_clear(NULL, &s);
}

static void test_properties(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(17);
    g_autofree Small *small = g_new0(Small, 1);
    size_t greedy_cells = 0, thrifty_cells = 0;
    for (int round = 0; round < 60; round++) {
        size_t rows = (size_t)g_rand_int_range(rand, 40, 200);
        size_t count = (size_t)g_rand_int_range(rand, 1, 7);
        small_fill(small, rand, rows, count, (uint32_t)g_rand_int_range(rand, 2, 8),
                   round % 3 * 0.05);
        uint32_t strata[SMALL_ROWS_MAX];
        for (size_t i = 0; i < rows; i++)
            strata[i] = (uint32_t)(i % 3);
        SdcCodes strata_column = {rows, 2, strata, NULL};
        static const double costs[] = {1, 2, 3, 1, 2, 3};
        SdcSuppressionOptions options = {.k = 2 + (uint32_t)round % 4};
        if (round % 2 != 0)
            options.strata = &strata_column;
        if (round % 5 == 0)
            options.costs = costs;
        if (round % 7 == 0) {
            for (size_t v = 0; v < count; v++)
                small->columns[v].categories = 1000;   /* wide codes */
        }
        SdcSuppression greedy, thrifty, again;
        g_assert_true(sdc_suppress(NULL, small->columns, count, &options, &greedy, NULL));
        check_result(small, &options, &greedy);
        options.rule = SDC_SUPPRESSION_THRIFTY;
        g_assert_true(sdc_suppress(NULL, small->columns, count, &options, &thrifty, NULL));
        g_assert_true(sdc_suppress(&threaded, small->columns, count, &options, &again, NULL));
        check_result(small, &options, &thrifty);
        g_assert_cmpfloat(thrifty.cost, <=, greedy.cost);
        g_assert_cmpmem(thrifty.codes, rows * count * 4, again.codes, rows * count * 4);
        g_assert_cmpuint(thrifty.greedy_strata + thrifty.thrifty_strata, ==,
                         options.strata != NULL ? 3 : 1);
        greedy_cells += greedy.cells;
        thrifty_cells += thrifty.cells;
        sdc_suppression_clear(NULL, &greedy);
        sdc_suppression_clear(NULL, &thrifty);
        sdc_suppression_clear(&threaded, &again);
    }
    g_test_message("greedy %zu cells, thrifty %zu", greedy_cells, thrifty_cells);
    g_assert_cmpuint(thrifty_cells * 10, <, greedy_cells * 9);
}

/* sdcMicro's kAnon, k = 3, on the first 5 000 rows. */
static void test_reference(void)
{
    g_autoptr(Synthetic) s = synthetic_read(5000);
    if (s == NULL) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    static const size_t expected[] = {9, 382, 1912, 130, 3678, 66};
    SdcSuppressionOptions options = {.k = 3};
    SdcSuppression greedy, thrifty;
    g_assert_true(sdc_suppress(NULL, s->keys, 6, &options, &greedy, NULL));
    for (int v = 0; v < 6; v++)
        g_assert_cmpuint(greedy.by_variable[v], ==, expected[v]);
    g_assert_cmpuint(greedy.cells, ==, 6177);
    options.rule = SDC_SUPPRESSION_THRIFTY;
    g_assert_true(sdc_suppress(NULL, s->keys, 6, &options, &thrifty, NULL));
    g_test_message("thrifty: %zu cells", thrifty.cells);
    g_assert_cmpuint(thrifty.cells, <, 4800);
    sdc_suppression_clear(NULL, &greedy);
    sdc_suppression_clear(NULL, &thrifty);
}

static void test_refused(void)
{
    static const uint32_t a[] = {1, 2, 3}, twice[] = {0, 0}, beyond[] = {0, 2};
    static const double free_of_charge[] = {0, 1};
    SdcCodes columns[] = {{3, 3, a, NULL}, {3, 3, a, NULL}}, short_strata = {2, 3, a, NULL};
    SdcSuppression s = {.rows = 42};
    SdcError error = {0};
    const SdcSuppressionOptions wrong[] = {
        {.k = 1},
        {.k = 2, .importance = twice},
        {.k = 2, .importance = beyond},
        {.k = 2, .costs = free_of_charge},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(sdc_suppress(NULL, columns, 2, &wrong[i], &s, &error));
        g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    }
    SdcSuppressionOptions options = {.k = 2, .strata = &short_strata};
    g_assert_false(sdc_suppress(NULL, columns, 2, &options, &s, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    options = (SdcSuppressionOptions){.k = 4};
    g_assert_false(sdc_suppress(NULL, columns, 2, &options, &s, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
    SdcCodes alone = {1, 3, a, NULL}, nobody = {0, 3, a, NULL};
    options.k = 2;
    g_assert_false(sdc_suppress(NULL, &alone, 1, &options, &s, &error));
    g_assert_false(sdc_suppress(NULL, &nobody, 1, &options, &s, &error));
    g_assert_cmpuint(s.rows, ==, 42);
    static const uint32_t missing[] = {0, 0, 0};
    SdcCodes all_missing = {3, 0, missing, NULL};
    g_assert_true(sdc_suppress(NULL, &all_missing, 1, &options, &s, &error));
    g_assert_cmpuint(s.cells, ==, 0);
    sdc_suppression_clear(NULL, &s);
}

static bool never(void *user, double done, const char *step)
{
    (void)user, (void)done, (void)step;
    return false;
}

static void test_stopped(void)
{
    static const uint32_t a[] = {1, 2, 3};
    SdcCodes column = {3, 3, a, NULL};
    SdcProgress progress = {never, NULL};
    SdcContext context = {.progress = &progress};
    SdcSuppressionOptions options = {.k = 2};
    SdcSuppression s;
    SdcError error = {0};
    g_assert_false(sdc_suppress(&context, &column, 1, &options, &s, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_CANCELLED);
}

static bool call_suppress(const SdcContext *context, SdcError *error)
{
    static const uint32_t a[] = {1, 2, 3, 1, 2, 3}, b[] = {1, 1, 2, 2, 0, 3}, c[] = {1, 1, 1, 2, 2, 2};
    SdcCodes columns[] = {{6, 3, a, NULL}, {6, 3, b, NULL}}, strata = {6, 2, c, NULL};
    SdcSuppressionOptions options = {.rule = SDC_SUPPRESSION_THRIFTY, .k = 2, .strata = &strata};
    SdcSuppression s;
    if (!sdc_suppress(context, columns, 2, &options, &s, error))
        return false;
    sdc_suppression_clear(context, &s);
    return true;
}

static void test_no_memory(void)
{
    check_every_allocation(call_suppress);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/suppression/by_hand", test_by_hand);
    g_test_add_func("/sdc/suppression/importance", test_importance);
    g_test_add_func("/sdc/suppression/properties", test_properties);
    g_test_add_func("/sdc/suppression/reference", test_reference);
    g_test_add_func("/sdc/suppression/refused", test_refused);
    g_test_add_func("/sdc/suppression/stopped", test_stopped);
    g_test_add_func("/sdc/suppression/no_memory", test_no_memory);
    return g_test_run();
}
