/* SPDX-License-Identifier: Apache-2.0 */
/* SUDA2: a file by hand, every subset tried by brute force, the known sum and maximum of the reference
 * file. */
#include "sdc_fixture.h"

static const SdcSudaOptions usual = {.sampling_fraction = .01, .missing = SDC_MISSING_CATEGORY};

/* Rows: (1,1,1) (1,1,2) (1,2,1) (2,1,1) (1,1,1). Row 4 is unique on {a}; rows 2 and 3 likewise on {c}
 * and {b}; the twins on nothing. Each MSU has one variable: score (3-1)! = 2. */
static void test_by_hand(void)
{
    static const uint32_t a[] = {1, 1, 1, 2, 1}, b[] = {1, 1, 2, 1, 1}, c[] = {1, 2, 1, 1, 1};
    SdcCodes columns[] = {{5, 2, a, NULL}, {5, 2, b, NULL}, {5, 2, c, NULL}};
    SdcSuda suda;
    g_assert_true(sdc_suda(NULL, columns, 3, &usual, &suda, NULL));
    static const double scores[] = {0, 2, 2, 2, 0};
    for (int i = 0; i < 5; i++)
        g_assert_cmpfloat(suda.scores[i], ==, scores[i]);
    g_assert_cmpuint(suda.by_size[1], ==, 3);
    g_assert_cmpfloat(fabs(suda.contributions[0] - 100. / 3), <, 1e-12);
    /* U = 3, P = 2, pi = .01: D = .03/(.03 + 1.98); Q = 1.25; A = 3 / 2^1.25;
     * DIS = 1/(1 + 198/3). */
    g_assert_cmpfloat(fabs(suda.dis[1] - 1 / 67.), <, 1e-14);
    g_assert_cmpfloat(suda.dis[0], ==, 0);
    sdc_suda_clear(NULL, &suda);
    sdc_suda_clear(NULL, &suda);
}

static bool is_unique(const Small *small, uint64_t set, SdcMissing missing, size_t row)
{
    SdcCodes columns[SMALL_KEYS_MAX];
    size_t count = 0;
    for (size_t v = 0; v < small->count; v++) {
        if ((set >> v & 1) != 0)
            columns[count++] = small->columns[v];
    }
    for (size_t j = 0; j < small->rows; j++) {
        if (j != row && small_match(columns, count, missing, row, j))
            return false;
    }
    return true;
}

static double score_by_definition(const Small *small, SdcMissing missing, size_t row, unsigned largest,
                                  uint32_t *ret_sets)
{
    static const double factorials[] = {1, 1, 2, 6, 24, 120, 720, 5040};
    double score = 0;
    *ret_sets = 0;
    for (uint64_t set = 1; set < UINT64_C(1) << small->count; set++) {
        bool minimal = is_unique(small, set, missing, row);
        for (uint64_t part = (set - 1) & set; minimal && part != 0; part = (part - 1) & set)
            minimal = !is_unique(small, part, missing, row);
        unsigned size = (unsigned)__builtin_popcountll(set);
        if (!minimal || size > largest)
            continue;
        score += factorials[small->count - size];
        ++*ret_sets;
    }
    return score;
}

static void check_definition(const Small *small, SdcMissing missing, unsigned largest)
{
    SdcSudaOptions options = {.largest_set = largest, .sampling_fraction = .1, .missing = missing};
    SdcSuda suda, again;
    g_assert_true(sdc_suda(NULL, small->columns, small->count, &options, &suda, NULL));
    g_assert_true(sdc_suda(&threaded, small->columns, small->count, &options, &again, NULL));
    for (size_t i = 0; i < small->rows; i++) {
        uint32_t sets;
        double score = score_by_definition(small, missing, i,
                                           largest != 0 ? largest : (unsigned)small->count, &sets);
        g_assert_cmpfloat(suda.scores[i], ==, score);
        g_assert_cmpuint(suda.sets[i], ==, sets);
        g_assert_true(suda.dis[i] >= 0 && suda.dis[i] <= 1);
    }
    g_assert_cmpmem(suda.dis, suda.rows * 8, again.dis, again.rows * 8);
    sdc_suda_clear(NULL, &suda);
    sdc_suda_clear(&threaded, &again);
}

static void test_all_subsets(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    g_autofree Small *small = g_new0(Small, 1);
    for (int round = 0; round < 12; round++) {
        small_fill(small, rand, (size_t)g_rand_int_range(rand, 1, 60),
                   (size_t)g_rand_int_range(rand, 3, 6), 2 + (uint32_t)round % 4, round % 2 * 0.2);
        check_definition(small, SDC_MISSING_CATEGORY, 0);
        check_definition(small, SDC_MISSING_WILDCARD, 0);
        check_definition(small, SDC_MISSING_WILDCARD, 2);
    }
}

static void test_reference(void)
{
    g_autoptr(Synthetic) s = synthetic_read(100000);
    if (s == NULL) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    SdcSuda suda;
    g_assert_true(sdc_suda(NULL, s->keys, 6, &usual, &suda, NULL));
    double sum = 0, most = 0;
    for (size_t i = 0; i < s->rows; i++) {
        sum += suda.scores[i];
        most = MAX(most, suda.scores[i]);
    }
    g_assert_cmpfloat(sum, ==, 161873);
    g_assert_cmpfloat(most, ==, 38);
    sdc_suda_clear(NULL, &suda);
}

static void test_refused(void)
{
    static const uint32_t codes[] = {1, 2};
    SdcCodes columns[64];
    for (int v = 0; v < 64; v++)
        columns[v] = (SdcCodes){2, 2, codes, NULL};
    SdcSuda suda = {.rows = 42};
    SdcError error = {0};
    SdcSudaOptions options = usual;
    g_assert_false(sdc_suda(NULL, columns, 2, &options, &suda, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    g_assert_false(sdc_suda(NULL, columns, 64, &options, &suda, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    options.sampling_fraction = 1;
    g_assert_false(sdc_suda(NULL, columns, 3, &options, &suda, &error));
    options = usual;
    options.largest_set = 4;
    g_assert_false(sdc_suda(NULL, columns, 3, &options, &suda, &error));
    g_assert_cmpuint(suda.rows, ==, 42);
    /* 64 variables are fine in small sets; all 64 are unique on each alone */
    options.largest_set = 2;
    options.weights = SDC_SUDA_IHSN;
    g_assert_true(sdc_suda(NULL, columns, 64, &options, &suda, &error));
    g_assert_cmpuint(suda.sets[0], ==, 64);
    g_assert_cmpfloat(fabs(suda.scores[0] / (exp2(63) - 1) - 1), <, 1e-12);
    sdc_suda_clear(NULL, &suda);
    for (int v = 0; v < 3; v++)
        columns[v].rows = 0;
    g_assert_true(sdc_suda(NULL, columns, 3, &usual, &suda, &error));
    sdc_suda_clear(NULL, &suda);
}

static bool call_suda(const SdcContext *context, SdcError *error)
{
    static const uint32_t a[] = {1, 1, 1, 2, 0}, b[] = {1, 1, 2, 1, 1};
    SdcCodes columns[] = {{5, 2, a, NULL}, {5, 2, b, NULL}, {5, 2, a, NULL}};
    SdcSudaOptions options = {.sampling_fraction = .1, .missing = SDC_MISSING_WILDCARD};
    SdcSuda suda;
    if (!sdc_suda(context, columns, 3, &options, &suda, error))
        return false;
    sdc_suda_clear(context, &suda);
    return true;
}

static void test_no_memory(void)
{
    check_every_allocation(call_suda);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/suda/by_hand", test_by_hand);
    g_test_add_func("/sdc/suda/all_subsets", test_all_subsets);
    g_test_add_func("/sdc/suda/reference", test_reference);
    g_test_add_func("/sdc/suda/refused", test_refused);
    g_test_add_func("/sdc/suda/no_memory", test_no_memory);
    return g_test_run();
}
