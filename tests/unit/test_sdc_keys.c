/* SPDX-License-Identifier: Apache-2.0 */
/* Frequencies and risks: by hand, against a count of all pairs, against the known results of the
 * synthetic reference file; on any number of threads; without memory. */
#include "sdc_fixture.h"

/* Seven records on two variables, worked by hand; 0 is missing. */
static const uint32_t hand_a[] = {1, 1, 1, 2, 2, 0, 0}, hand_b[] = {1, 1, 2, 1, 0, 1, 0};
static const double hand_weights[] = {10, 20, 30, 40, 50, 60, 70};
static const SdcCodes hand[] = {{7, 2, hand_a, NULL}, {7, 2, hand_b, NULL}};

static void test_by_hand(void)
{
    SdcNumbers weights = {7, hand_weights};
    SdcFrequencies f;
    g_assert_true(sdc_frequencies_count(NULL, hand, 2, &weights, SDC_MISSING_CATEGORY, &f, NULL));
    static const uint32_t as_category[] = {2, 2, 1, 1, 1, 1, 1};
    for (int i = 0; i < 7; i++)
        g_assert_cmpuint(f.sample[i], ==, as_category[i]);
    g_assert_cmpfloat(f.population[0], ==, 30);
    g_assert_cmpuint(f.keys, ==, 6);
    SdcAnonymity anonymity = sdc_anonymity(&f, 2);
    g_assert_cmpuint(anonymity.uniques, ==, 5);
    g_assert_cmpuint(anonymity.doubles, ==, 2);
    g_assert_cmpuint(anonymity.below, ==, 5);
    g_assert_cmpuint(anonymity.smallest, ==, 1);
    sdc_frequencies_clear(NULL, &f);
    /* (1,1): itself twice, (.,1), (.,.). (1,2): itself, (.,.). (2,1): itself, (2,.), (.,1), (.,.).
     * (2,.): itself, (2,1), (.,1), (.,.). (.,1): all but (1,2). (.,.): all. */
    static const uint32_t as_wildcard[] = {4, 4, 2, 4, 4, 6, 7};
    static const double populations[] = {160, 160, 100, 220, 220, 250, 280};
    g_assert_true(sdc_frequencies_count(NULL, hand, 2, &weights, SDC_MISSING_WILDCARD, &f, NULL));
    for (int i = 0; i < 7; i++) {
        g_assert_cmpuint(f.sample[i], ==, as_wildcard[i]);
        g_assert_cmpfloat(f.population[i], ==, populations[i]);
    }
    sdc_frequencies_clear(NULL, &f);
    sdc_frequencies_clear(NULL, &f);
}

static void check_pairs(const Small *small, SdcMissing missing, const SdcContext *context)
{
    SdcFrequencies f;
    g_assert_true(sdc_frequencies_count(context, small->columns, small->count, &small->weights,
                                        missing, &f, NULL));
    for (size_t i = 0; i < small->rows; i++) {
        uint32_t sample = 0;
        double population = 0;
        for (size_t j = 0; j < small->rows; j++) {
            if (!small_match(small->columns, small->count, missing, i, j))
                continue;
            sample++;
            population += small->weight_values[j];
        }
        g_assert_cmpuint(f.sample[i], ==, sample);
        g_assert_cmpfloat(f.population[i], ==, population);
    }
    sdc_frequencies_clear(context, &f);
}

static void test_all_pairs(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);
    g_autofree Small *small = g_new0(Small, 1);
    static const uint32_t categories[] = {1, 2, 3, 6, 4000000000};
    for (int round = 0; round < 60; round++) {
        size_t rows = (size_t)g_rand_int_range(rand, 1, 200);
        size_t count = (size_t)g_rand_int_range(rand, 1, SMALL_KEYS_MAX + 1);
        small_fill(small, rand, rows, count, 2, 0.2);
        uint32_t most = categories[round % 5];
        if (most > 2)
            small_fill(small, rand, rows, count, most > 6 ? 6 : most, round % 3 * 0.2);
        for (size_t v = 0; v < count; v++)
            small->columns[v].categories = MAX(most, 2);   /* the last one needs several words */
        check_pairs(small, SDC_MISSING_CATEGORY, NULL);
        check_pairs(small, SDC_MISSING_WILDCARD, NULL);
        check_pairs(small, SDC_MISSING_WILDCARD, &threaded);
    }
}

static void test_classes(void)
{
    SdcClasses classes;
    g_assert_true(sdc_classes_find(NULL, hand, 2, &classes, NULL));
    static const uint32_t of_row[] = {0, 0, 1, 2, 3, 4, 5}, first[] = {0, 2, 3, 4, 5, 6};
    g_assert_cmpuint(classes.count, ==, 6);
    g_assert_cmpmem(classes.of_row, 7 * 4, of_row, sizeof of_row);
    g_assert_cmpmem(classes.first, 6 * 4, first, sizeof first);
    g_assert_cmpuint(classes.sizes[0], ==, 2);
    sdc_classes_clear(NULL, &classes);
}

/* Enough records for several parts: numbering does not depend on threads, and is by first record. */
static void test_many(void)
{
    size_t rows = 400000;
    g_autofree uint32_t *a = g_new(uint32_t, rows), *b = g_new(uint32_t, rows);
    for (size_t i = 0; i < rows; i++) {
        a[i] = (uint32_t)(i * 7919 % 1000) + 1;
        b[i] = (uint32_t)(i / 3 * 104729 % 90000) + 1;
    }
    SdcCodes columns[] = {{rows, 1000, a, NULL}, {rows, 90000, b, NULL}};
    SdcClasses one, many;
    g_assert_true(sdc_classes_find(NULL, columns, 2, &one, NULL));
    g_assert_true(sdc_classes_find(&threaded, columns, 2, &many, NULL));
    g_assert_cmpuint(one.count, ==, many.count);
    g_assert_cmpint(memcmp(one.of_row, many.of_row, rows * 4), ==, 0);
    uint32_t next = 0;
    for (size_t i = 0; i < rows; i++) {
        uint32_t c = one.of_row[i];
        g_assert_cmpuint(c, <=, next);
        next += c == next;
        g_assert_true(a[one.first[c]] == a[i] && b[one.first[c]] == b[i]);
    }
    g_assert_cmpuint(next, ==, one.count);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (size_t i = 0; i < rows; i++)
        g_hash_table_add(seen, GSIZE_TO_POINTER((size_t)a[i] << 32 | b[i]));
    g_assert_cmpuint(g_hash_table_size(seen), ==, one.count);
    sdc_classes_clear(NULL, &one);
    sdc_classes_clear(&threaded, &many);
}

static void test_refused(void)
{
    SdcError error = {0};
    SdcFrequencies f = {.rows = 42};
    uint32_t codes[] = {1, 2}, beyond[] = {1, 3};
    double bad[][2] = {{1, NAN}, {1, -1}, {INFINITY, 1}};
    SdcCodes good = {2, 2, codes, NULL}, other[] = {{2, 2, codes, NULL}, {1, 2, codes, NULL}};
    SdcCodes outside = {2, 2, beyond, NULL};
    g_assert_false(sdc_frequencies_count(NULL, &good, 0, NULL, SDC_MISSING_CATEGORY, &f, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    g_assert_false(sdc_frequencies_count(NULL, &good, 65, NULL, SDC_MISSING_CATEGORY, &f, &error));
    g_assert_false(sdc_frequencies_count(NULL, other, 2, NULL, SDC_MISSING_CATEGORY, &f, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    g_assert_false(sdc_frequencies_count(NULL, &outside, 1, NULL, SDC_MISSING_CATEGORY, &f, &error));
    g_assert_nonnull(strstr(error.sentence, "Row 2"));
    for (int i = 0; i < 3; i++) {
        SdcNumbers weights = {2, bad[i]};
        g_assert_false(sdc_frequencies_count(NULL, &good, 1, &weights, SDC_MISSING_CATEGORY, &f,
                                             &error));
        g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    }
    SdcNumbers few = {1, bad[0]};
    g_assert_false(sdc_frequencies_count(NULL, &good, 1, &few, SDC_MISSING_CATEGORY, &f, &error));
    g_assert_cmpuint(f.rows, ==, 42);
    SdcCodes empty = {0, 0, codes, NULL};
    g_assert_true(sdc_frequencies_count(NULL, &empty, 1, NULL, SDC_MISSING_WILDCARD, &f, &error));
    g_assert_cmpuint(f.keys, ==, 0);
    sdc_frequencies_clear(NULL, &f);
    uint32_t none[] = {0, 0};
    SdcCodes missing = {2, 0, none, NULL};
    g_assert_true(sdc_frequencies_count(NULL, &missing, 1, NULL, SDC_MISSING_WILDCARD, &f, &error));
    g_assert_cmpuint(f.sample[1], ==, 2);
    sdc_frequencies_clear(NULL, &f);
}

/* The definition, summed term by term. */
static double risk_by_definition(uint32_t f, double p)
{
    double term = pow(p, f), sum = 0;
    for (double j = f; j < 200000 && (term / j > 1e-18 * sum || j < f + 10); j++) {
        sum += term / j;
        term *= j / (j - f + 1) * (1 - p);
    }
    return sum;
}

static void test_risk_formulas(void)
{
    /* By hand: p = 1/2: ln 2 and 1 - ln 2. */
    g_assert_cmpfloat(fabs(sdc_risk_of(1, 2, SDC_RISK_EXACT) - 0.693147180559945309), <, 1e-15);
    g_assert_cmpfloat(fabs(sdc_risk_of(2, 4, SDC_RISK_EXACT) - 0.306852819440054690), <, 1e-15);
    g_assert_cmpfloat(sdc_risk_of(3, 30, SDC_RISK_APPROXIMATE), ==, .1 / (3 - .9));
    g_assert_cmpfloat(sdc_risk_of(4, 4, SDC_RISK_EXACT), ==, .25);
    g_assert_cmpfloat(sdc_risk_of(4, 3, SDC_RISK_APPROXIMATE), ==, .25);
    g_assert_true(isnan(sdc_risk_of(0, 3, SDC_RISK_EXACT)));
    g_assert_true(isnan(sdc_risk_of(1, NAN, SDC_RISK_EXACT)));
    static const uint32_t frequencies[] = {1, 2, 3, 5, 10, 49, 50, 51, 200};
    static const double shares[] = {.02, .1, .3, .499, .5, .501, .7, .9, .999};
    for (size_t i = 0; i < G_N_ELEMENTS(frequencies); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(shares); j++) {
            uint32_t f = frequencies[i];
            if (pow(shares[j], f) < 1e-250)
                continue;   /* the first terms of the definition underflow */
            double exact = sdc_risk_of(f, f / shares[j], SDC_RISK_EXACT);
            double expected = risk_by_definition(f, shares[j]);
            g_assert_cmpfloat(fabs(exact / expected - 1), <, 1e-12);
        }
    }
    /* No seam, and decreasing in both, down to the tiniest shares. */
    for (uint32_t f = 1; f < 300; f++) {
        for (double p = 1e-9; p < 1; p *= 3) {
            double r = sdc_risk_of(f, f / p, SDC_RISK_EXACT);
            g_assert_true(r > 0 && r <= 1.0 / f);
            g_assert_cmpfloat(r, <=, sdc_risk_of(f, f / (p * 1.001), SDC_RISK_EXACT) * 1.01);
        }
    }
}

static void test_households_and_global(void)
{
    static const double risks[] = {.5, .5, .2, .1, 0};
    static const uint32_t households[] = {1, 1, 2, 0, 0};
    SdcCodes column = {5, 2, households, NULL};
    double together[5];
    g_assert_true(sdc_risk_household(NULL, risks, &column, together, NULL));
    g_assert_cmpfloat(together[0], ==, .75);
    g_assert_cmpfloat(together[1], ==, .75);
    g_assert_cmpfloat(fabs(together[2] - .2), <, 1e-15);
    g_assert_cmpfloat(together[3], ==, .1);
    g_assert_cmpfloat(together[4], ==, 0);
    SdcGlobalRisk g;
    SdcError error = {0};
    g_assert_true(sdc_risk_global(NULL, risks, 5, .16, &g, NULL));
    g_assert_cmpfloat(fabs(g.expected - 1.3), <, 1e-15);
    g_assert_cmpfloat(fabs(g.rate - .26), <, 1e-15);
    g_assert_cmpfloat(g.median, ==, .2);
    g_assert_cmpfloat(fabs(g.deviation - 1.4826 * .2), <, 1e-12);   /* of .3 .3 0 .1 .2 */
    /* 0 + .1 + .2 + 2 t = .8 */
    g_assert_cmpfloat(fabs(g.threshold - .25), <, 1e-12);
    g_assert_cmpuint(g.above, ==, 2);
    g_assert_cmpfloat(g.largest, ==, .5);
    g_assert_true(sdc_risk_global(NULL, risks, 5, .5, &g, NULL));
    g_assert_cmpfloat(g.threshold, ==, 1);
    g_assert_true(sdc_risk_global(NULL, risks, 0, .5, &g, NULL));
    g_assert_cmpfloat(g.rate, ==, 0);
    g_assert_false(sdc_risk_global(NULL, risks, 5, 0, &g, &error));
    double wrong[] = {.5, NAN};
    g_assert_false(sdc_risk_global(NULL, wrong, 2, .1, &g, &error));
    g_assert_nonnull(strstr(error.sentence, "Record 2"));
}

static void test_reference(void)
{
    g_autoptr(Synthetic) s = synthetic_read(100000);
    if (s == NULL) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    SdcFrequencies f, again;
    g_assert_true(sdc_frequencies_count(NULL, s->keys, 6, &s->weights, SDC_MISSING_WILDCARD, &f,
                                        NULL));
    SdcAnonymity anonymity = sdc_anonymity(&f, 3);
    g_assert_cmpuint(anonymity.keys, ==, 79151);
    g_assert_cmpuint(anonymity.uniques, ==, 64356);
    g_assert_cmpuint(anonymity.doubles, ==, 21520);
    g_assert_true(sdc_frequencies_count(&threaded, s->keys, 6, &s->weights, SDC_MISSING_CATEGORY,
                                        &again, NULL));
    g_assert_cmpint(memcmp(f.population, again.population, s->rows * sizeof(double)), ==, 0);
    g_assert_cmpint(memcmp(f.sample, again.sample, s->rows * sizeof(uint32_t)), ==, 0);
    g_autofree double *risks = g_new(double, s->rows), *exact = g_new(double, s->rows);
    SdcGlobalRisk g;
    g_assert_true(sdc_risk_individual(NULL, &f, SDC_RISK_APPROXIMATE, risks, NULL));
    g_assert_true(sdc_risk_global(NULL, risks, s->rows, .01, &g, NULL));
    g_assert_cmpfloat(fabs(g.expected - 7355.5813110840), <, 1e-9);
    g_assert_true(sdc_risk_individual(&threaded, &f, SDC_RISK_EXACT, exact, NULL));
    for (size_t i = 0; i < s->rows; i++)   /* the same but for f > 2, where one leads the other */
        g_assert_true(f.sample[i] <= 2 ? exact[i] == risks[i] : fabs(exact[i] / risks[i] - 1) < .15);
    sdc_frequencies_clear(NULL, &f);
    sdc_frequencies_clear(NULL, &again);
}

static bool call_frequencies(const SdcContext *context, SdcError *error)
{
    SdcFrequencies f;
    if (!sdc_frequencies_count(context, hand, 2, NULL, SDC_MISSING_WILDCARD, &f, error))
        return false;
    double risks[7];
    SdcGlobalRisk g;
    SdcCodes households = {7, 2, hand_a, NULL};
    bool done = sdc_risk_individual(context, &f, SDC_RISK_EXACT, risks, error) &&
                sdc_risk_household(context, risks, &households, risks, error) &&
                sdc_risk_global(context, risks, 7, .1, &g, error);
    sdc_frequencies_clear(context, &f);
    return done;
}

static bool call_classes(const SdcContext *context, SdcError *error)
{
    static uint32_t codes[140000];
    SdcClasses classes;
    if (!sdc_classes_find(context, &(SdcCodes){140000, 0, codes, NULL}, 1, &classes, error))
        return false;
    sdc_classes_clear(context, &classes);
    return true;
}

static void test_no_memory(void)
{
    check_every_allocation(call_frequencies);
    check_every_allocation(call_classes);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/keys/by_hand", test_by_hand);
    g_test_add_func("/sdc/keys/all_pairs", test_all_pairs);
    g_test_add_func("/sdc/keys/classes", test_classes);
    g_test_add_func("/sdc/keys/many", test_many);
    g_test_add_func("/sdc/keys/refused", test_refused);
    g_test_add_func("/sdc/risk/formulas", test_risk_formulas);
    g_test_add_func("/sdc/risk/households_and_global", test_households_and_global);
    g_test_add_func("/sdc/keys/reference", test_reference);
    g_test_add_func("/sdc/keys/no_memory", test_no_memory);
    return g_test_run();
}
