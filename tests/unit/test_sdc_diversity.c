/* SPDX-License-Identifier: Apache-2.0 */
/* l-diversity and t-closeness: the tables of the papers and cases by hand, then the definitions written
 * out again over random files. */
#include "sdc_fixture.h"

/* Two groups of four and one of two. Sensitive: 1 1 2 3 | 1 2 3 4 | 2 2. */
static const uint32_t hand_keys[] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3};
static const uint32_t hand_sensitive[] = {1, 1, 2, 3, 1, 2, 3, 4, 2, 2};
static const SdcCodes keys = {10, 3, hand_keys, NULL}, sensitive = {10, 4, hand_sensitive, NULL};

static void test_by_hand(void)
{
    SdcDiversity d;
    g_assert_true(sdc_diversity(NULL, &keys, 1, &sensitive, 2, 2, &d, NULL));
    g_assert_cmpuint(d.distinct[0], ==, 3);
    g_assert_cmpuint(d.distinct[4], ==, 4);
    g_assert_cmpuint(d.distinct[8], ==, 1);
    /* entropy of 1/2 1/4 1/4 is 1.5 ln 2 */
    g_assert_cmpfloat(fabs(d.entropy[0] - exp2(1.5)), <, 1e-14);
    g_assert_cmpfloat(fabs(d.entropy[4] - 4), <, 1e-14);
    g_assert_cmpfloat(d.entropy[8], ==, 1);
    /* 2 < 2 (1 + 1); 1 < 2 (1 + 1 + 1); not 2 < 0 */
    g_assert_cmpuint(d.recursive[0] + d.recursive[4] * 2u + d.recursive[8] * 4u, ==, 3);
    g_assert_cmpuint(d.not_recursive, ==, 2);
    g_assert_cmpuint(d.least_distinct, ==, 1);
    sdc_diversity_clear(NULL, &d);
    g_assert_true(sdc_diversity(NULL, &keys, 1, &sensitive, 1, 2, &d, NULL));
    g_assert_cmpuint(d.recursive[0], ==, 0);   /* 2 < 1 (1 + 1) is false */
    sdc_diversity_clear(NULL, &d);
}

/* Li, Li and Venkatasubramanian, section 4.1: salaries 3k..11k in nine records; the distance of {3k, 4k,
 * 5k} is 0.375, of {6k, 8k, 11k} 0.167. */
static void test_paper_ordered(void)
{
    static const uint32_t group[] = {1, 1, 1, 2, 2, 2, 3, 3, 3};
    static const uint32_t salary[] = {1, 2, 3, 4, 6, 9, 5, 7, 8};
    SdcCodes g = {9, 3, group, NULL}, s = {9, 9, salary, NULL};
    double distances[9], largest;
    g_assert_true(sdc_closeness(NULL, &g, 1, &s, SDC_DISTANCE_ORDERED, NULL, distances, &largest,
                                NULL));
    g_assert_cmpfloat(fabs(distances[0] - 0.375), <, 1e-14);
    g_assert_cmpfloat(fabs(distances[3] - 1. / 6), <, 1e-14);
    g_assert_cmpfloat(largest, ==, distances[0]);
    g_assert_true(sdc_closeness(NULL, &g, 1, &s, SDC_DISTANCE_EQUAL, NULL, distances, &largest, NULL));
    g_assert_cmpfloat(fabs(distances[0] - 2. / 3), <, 1e-14);
}

/* Four values under two parents under one root. Group {1,1}: against 1/4 each, 1/4 moves within the
 * first pair at cost 1/2, 1/2 crosses the root at cost 1. */
static void test_by_hand_hierarchical(void)
{
    static const uint32_t group[] = {1, 1, 2, 2, 2, 2, 2, 2}, value[] = {1, 1, 2, 2, 3, 3, 4, 4};
    static const uint32_t sizes[] = {4, 2, 1}, low[] = {0, 0, 1, 1}, high[] = {0, 0};
    const uint32_t *parents[] = {low, high};
    SdcHierarchy tree = {3, sizes, parents, NULL}, forest = {2, sizes, parents, NULL};
    SdcCodes g = {8, 2, group, NULL}, v = {8, 4, value, NULL};
    double distances[8], again[8], largest;
    g_assert_true(sdc_closeness(NULL, &g, 1, &v, SDC_DISTANCE_HIERARCHICAL, &tree, distances, &largest,
                                NULL));
    g_assert_cmpfloat(fabs(distances[0] - .625), <, 1e-14);
    g_assert_true(sdc_closeness(NULL, &g, 1, &v, SDC_DISTANCE_HIERARCHICAL, &forest, again, &largest,
                                NULL));
    g_assert_cmpmem(distances, sizeof distances, again, sizeof again);   /* a root is put above */
}

/* Keys 1 1 | 1 . | 2 1, sensitive 1, 2, 3. The second matches the first, and no other: as a category all
 * are alone; with wildcards the first two see two values of a half each, the third is alone. */
static void test_wildcards_by_hand(void)
{
    static const uint32_t a[] = {1, 1, 2}, b[] = {1, 0, 1}, s[] = {1, 2, 3};
    SdcCodes columns[] = {{3, 2, a, NULL}, {3, 1, b, NULL}}, values = {3, 3, s, NULL};
    SdcDiversity d;
    double distances[3], largest;
    g_assert_true(sdc_diversity(NULL, columns, 2, &values, 2, 2, &d, NULL));
    g_assert_cmpuint(d.distinct[0] + d.distinct[1] + d.distinct[2], ==, 3);
    sdc_diversity_clear(NULL, &d);
    g_assert_true(sdc_diversity_of_matches(NULL, columns, 2, SDC_MISSING_WILDCARD, &values, 2, 2, &d, NULL));
    g_assert_cmpuint(d.distinct[0], ==, 2);
    g_assert_cmpuint(d.distinct[1], ==, 2);
    g_assert_cmpuint(d.distinct[2], ==, 1);
    g_assert_cmpfloat(fabs(d.entropy[1] - 2), <, 1e-14);
    g_assert_cmpuint(d.not_recursive, ==, 1);
    sdc_diversity_clear(NULL, &d);
    g_assert_true(sdc_closeness_of_matches(NULL, columns, 2, SDC_MISSING_WILDCARD, &values, SDC_DISTANCE_EQUAL,
                                           NULL, distances, &largest, NULL));
    g_assert_cmpfloat(fabs(distances[0] - 1. / 3), <, 1e-14);
    g_assert_cmpfloat(fabs(distances[2] - 2. / 3), <, 1e-14);
    g_assert_cmpfloat(largest, ==, distances[2]);
}

/* --- the definitions, again ------------------------------------------------------------------------ */

#define VALUES 6

static void shares_of(const Small *small, SdcMissing meaning, size_t row, double p[VALUES + 1],
                      double q[VALUES + 1])
{
    double in_group = 0;
    for (size_t i = 0; i < small->rows; i++) {
        uint32_t value = small->codes[0][i];
        q[value] += 1.0 / (double)small->rows;
        if (!small_match(small->columns + 1, small->count - 1, meaning, row, i))
            continue;
        p[value]++;
        in_group++;
    }
    for (int v = 0; v <= VALUES; v++)
        p[v] /= in_group;
}

static double equal_by_definition(const double *p, const double *q)
{
    double sum = 0;
    for (int v = 0; v <= VALUES; v++)
        sum += fabs(p[v] - q[v]);
    return sum / 2;
}

static double ordered_by_definition(const double *p, const double *q, bool missing)
{
    double sum = 0, run = 0;
    for (int v = 0; v <= VALUES; v++) {
        run += p[v] - q[v];
        sum += fabs(run);
    }
    return sum / (missing ? VALUES : VALUES - 1);
}

/* Pairs (1,2) (3,4) (5,6), then a root; greedy moves are optimal in a tree: within pairs first. */
static double tree_by_definition(const double *p, const double *q)
{
    double cost = 0, across = fmax(p[0] - q[0], 0);
    for (int pair = 1; pair < VALUES; pair += 2) {
        double a = p[pair] - q[pair], b = p[pair + 1] - q[pair + 1];
        double within = a * b < 0 ? fmin(fabs(a), fabs(b)) : 0;
        cost += within * .5;
        across += fmax(a + b, 0);
    }
    return cost + across;
}

static void check_distances(const Small *small, SdcMissing meaning)
{
    static const uint32_t sizes[] = {6, 3, 1}, low[] = {0, 0, 1, 1, 2, 2}, high[] = {0, 0, 0};
    const uint32_t *parents[] = {low, high};
    SdcHierarchy tree = {2, sizes, parents, NULL};
    g_autofree double *equal = g_new(double, small->rows), *ordered = g_new(double, small->rows);
    g_autofree double *climbed = g_new(double, small->rows);
    double largest;
    bool missing = false;
    for (size_t i = 0; i < small->rows; i++)
        missing |= small->codes[0][i] == 0;
    g_assert_true(sdc_closeness_of_matches(NULL, small->columns + 1, small->count - 1, meaning, &small->columns[0],
                                SDC_DISTANCE_EQUAL, NULL, equal, &largest, NULL));
    g_assert_true(sdc_closeness_of_matches(NULL, small->columns + 1, small->count - 1, meaning, &small->columns[0],
                                SDC_DISTANCE_ORDERED, NULL, ordered, &largest, NULL));
    g_assert_true(sdc_closeness_of_matches(NULL, small->columns + 1, small->count - 1, meaning, &small->columns[0],
                                SDC_DISTANCE_HIERARCHICAL, &tree, climbed, &largest, NULL));
    for (size_t i = 0; i < small->rows; i++) {
        double p[VALUES + 1] = {0}, q[VALUES + 1] = {0};
        shares_of(small, meaning, i, p, q);
        g_assert_cmpfloat(fabs(equal[i] - equal_by_definition(p, q)), <, 1e-12);
        g_assert_cmpfloat(fabs(ordered[i] - ordered_by_definition(p, q, missing)), <, 1e-12);
        g_assert_cmpfloat(fabs(climbed[i] - tree_by_definition(p, q)), <, 1e-12);
    }
}

static void check_diversity(const Small *small, SdcMissing meaning)
{
    SdcDiversity d;
    g_assert_true(sdc_diversity_of_matches(NULL, small->columns + 1, small->count - 1, meaning,
                                           &small->columns[0], 1.5, 3, &d, NULL));
    uint32_t least = UINT32_MAX;
    size_t failing = 0;
    for (size_t i = 0; i < small->rows; i++) {
        double p[VALUES + 1] = {0}, q[VALUES + 1] = {0}, entropy = 0;
        uint32_t distinct = 0;
        shares_of(small, meaning, i, p, q);
        for (int v = 0; v <= VALUES; v++) {
            distinct += p[v] > 0;
            entropy -= p[v] > 0 ? p[v] * log(p[v]) : 0;
        }
        double first = 0, second = 0;   /* the two largest */
        for (int v = 0; v <= VALUES; v++) {
            if (p[v] > first) {
                second = first;
                first = p[v];
            } else if (p[v] > second) {
                second = p[v];
            }
        }
        double rest = 1.5 * (1 - first - second);
        g_assert_cmpuint(d.distinct[i], ==, distinct);
        g_assert_cmpfloat(fabs(d.entropy[i] - exp(entropy)), <, 1e-12);
        if (fabs(first - rest) > 1e-9)
            g_assert_cmpint(d.recursive[i], ==, first < rest);
        least = MIN(least, distinct);
        failing += d.recursive[i] == 0;
    }
    g_assert_cmpuint(d.least_distinct, ==, least);
    g_assert_cmpuint(d.not_recursive, ==, failing);
    sdc_diversity_clear(NULL, &d);
}

static void test_definitions(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    g_autofree Small *small = g_new0(Small, 1);
    for (int round = 0; round < 30; round++) {
        small_fill(small, rand, (size_t)g_rand_int_range(rand, 1, 300), 3, VALUES, round % 3 * 0.1);
        for (int meaning = SDC_MISSING_WILDCARD; meaning <= SDC_MISSING_CATEGORY; meaning++) {
            check_distances(small, (SdcMissing)meaning);
            check_diversity(small, (SdcMissing)meaning);
        }
    }
}

static void test_refused(void)
{
    SdcDiversity d = {.rows = 42};
    SdcError error = {0};
    double distances[10], largest = 7;
    uint32_t sizes[] = {3};
    SdcHierarchy small = {1, sizes, NULL, NULL};
    g_assert_false(sdc_diversity(NULL, &keys, 1, &sensitive, 0, 2, &d, &error));
    g_assert_false(sdc_diversity(NULL, &keys, 1, &sensitive, NAN, 2, &d, &error));
    g_assert_false(sdc_diversity(NULL, &keys, 1, &sensitive, 2, 0, &d, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    SdcCodes few = {9, 4, hand_sensitive, NULL};
    g_assert_false(sdc_diversity(NULL, &keys, 1, &few, 2, 2, &d, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    g_assert_false(sdc_closeness(NULL, &keys, 1, &sensitive, SDC_DISTANCE_HIERARCHICAL, NULL, distances,
                                 &largest, &error));
    g_assert_false(sdc_closeness(NULL, &keys, 1, &sensitive, SDC_DISTANCE_EQUAL, &small, distances,
                                 &largest, &error));
    g_assert_false(sdc_closeness(NULL, &keys, 1, &sensitive, SDC_DISTANCE_HIERARCHICAL, &small,
                                 distances, &largest, &error));
    g_assert_nonnull(strstr(error.sentence, "3 categories"));
    g_assert_cmpuint(d.rows, ==, 42);
    g_assert_cmpfloat(largest, ==, 7);
    SdcCodes none = {0, 0, hand_keys, NULL};
    g_assert_true(sdc_diversity(NULL, &none, 1, &none, 2, 2, &d, &error));
    sdc_diversity_clear(NULL, &d);
    g_assert_true(sdc_closeness(NULL, &none, 1, &none, SDC_DISTANCE_ORDERED, NULL, distances, &largest,
                                &error));
    g_assert_cmpfloat(largest, ==, 0);
}

static bool call_diversity(const SdcContext *context, SdcError *error)
{
    SdcDiversity d;
    if (!sdc_diversity(context, &keys, 1, &sensitive, 2, 2, &d, error))
        return false;
    sdc_diversity_clear(context, &d);
    return true;
}

static bool call_closeness(const SdcContext *context, SdcError *error)
{
    static const uint32_t sizes[] = {4, 2}, low[] = {0, 0, 1, 1};
    const uint32_t *parents[] = {low};
    SdcHierarchy tree = {2, sizes, parents, NULL};
    double distances[10], largest;
    return sdc_closeness(context, &keys, 1, &sensitive, SDC_DISTANCE_HIERARCHICAL, &tree, distances,
                         &largest, error);
}

static bool call_wildcards(const SdcContext *context, SdcError *error)
{
    static const uint32_t a[] = {1, 1, 2}, b[] = {1, 0, 1}, s[] = {1, 2, 3};
    SdcCodes columns[] = {{3, 2, a, NULL}, {3, 1, b, NULL}}, values = {3, 3, s, NULL};
    double distances[3], largest;
    return sdc_closeness_of_matches(context, columns, 2, SDC_MISSING_WILDCARD, &values, SDC_DISTANCE_ORDERED,
                                    NULL, distances, &largest, error);
}

static void test_no_memory(void)
{
    check_every_allocation(call_wildcards);
    check_every_allocation(call_diversity);
    check_every_allocation(call_closeness);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/diversity/by_hand", test_by_hand);
    g_test_add_func("/sdc/closeness/paper_ordered", test_paper_ordered);
    g_test_add_func("/sdc/closeness/by_hand_hierarchical", test_by_hand_hierarchical);
    g_test_add_func("/sdc/diversity/wildcards_by_hand", test_wildcards_by_hand);
    g_test_add_func("/sdc/diversity/definitions", test_definitions);
    g_test_add_func("/sdc/diversity/refused", test_refused);
    g_test_add_func("/sdc/diversity/no_memory", test_no_memory);
    return g_test_run();
}
