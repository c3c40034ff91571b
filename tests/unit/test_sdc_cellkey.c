/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of chances against what defines them and against published ones; perturbed and rounded counts. */
#include "sdc_fixture.h"

static void check_row(const SdcChances *c, const SdcChanceRules *rules, size_t r)
{
    double sum = 0, mean = 0, variance = 0;
    for (size_t k = c->starts[r]; k < c->starts[r + 1]; k++) {
        double v = c->changes[k];
        g_assert_cmpfloat(c->chances[k], >=, 0);
        g_assert_cmpfloat(fabs(v), <=, rules->largest_change);
        g_assert_cmpfloat((double)r + v, >=, 0);
        g_assert_false((double)r + v >= 1 && (double)r + v <= rules->never_published);
        sum += c->chances[k];
        mean += v * c->chances[k];
        variance += v * v * c->chances[k];
        if (v == 0 && rules->stay > 0 && r > 0)
            g_assert_cmpfloat(c->chances[k], ==, rules->stay);
        g_assert_cmpfloat(fabs(c->cumulated[k] - sum), <, 1e-12);
    }
    g_assert_cmpfloat(c->cumulated[c->starts[r + 1] - 1], ==, 1);
    g_assert_cmpfloat(fabs(sum - 1), <, 1e-12);
    g_assert_cmpfloat(fabs(mean), <, 1e-9);
    g_assert_cmpfloat(fabs(variance - (r == 0 ? 0 : rules->variance)), <, 1e-9);
}

static void test_definition(void)
{
    static const SdcChanceRules rules[] = {{7, 4, 2, 0}, {5, 2.001, 2, 0}, {5, 3, 2, 0.5}, {2, 1, 0, 0},
                                           {50, 30, 0, 0}, {3, 1, 0, 0.2}};
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
        SdcChances c;
        g_assert_true(sdc_chances_make(NULL, &rules[i], &c, NULL));
        g_assert_cmpuint(c.rows, ==, rules[i].largest_change + rules[i].never_published + 2);
        for (size_t r = 0; r < c.rows; r++)
            check_row(&c, &rules[i], r);
        sdc_chances_clear(NULL, &c);
    }
}

/* i;j;p;v;...: every chance of the rows from FIRST to LAST. */
static void check_published(const char *relative, SdcChanceRules rules, size_t first, size_t last)
{
    g_autofree char *text = reference_text(relative);
    SdcChances c;
    g_assert_true(sdc_chances_make(NULL, &rules, &c, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    size_t entries = 0;
    for (char **line = lines + 1; *line != NULL && **line != '\0'; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, ";", -1);
        size_t row = g_ascii_strtoull(fields[0], NULL, 10);
        if (row < first || row > last)
            continue;
        entries++;
        gint64 change = g_ascii_strtoll(fields[3], NULL, 10);
        size_t k = c.starts[row];
        while (c.changes[k] != change)
            g_assert_cmpuint(++k, <, c.starts[row + 1]);
        g_assert_cmpfloat(fabs(c.chances[k] - g_ascii_strtod(fields[2], NULL)), <, 1e-6);
    }
    g_assert_cmpuint(entries, ==, c.starts[last + 1] - c.starts[first]);
    sdc_chances_clear(NULL, &c);
}

static void test_published(void)
{
    g_autofree char *path = reference_path("sdc/tauargus/cellkey__Frequency__tau_testW_ptable.txt");
    if (path == NULL) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    /* Rows 4 and 5 of the first, and 6 of the second, which has a chance to stay, were also made monotone
     * by their makers; that is not offered. */
    static const char first[] = "sdc/tauargus/cellkey__Frequency__tau_testW_ptable.txt";
    static const char second[] = "sdc/tauargus/cellkey__Magnitude__ptab_freq.txt";
    check_published(first, (SdcChanceRules){7, 4, 2, 0}, 0, 3);
    check_published(first, (SdcChanceRules){7, 4, 2, 0}, 6, 10);
    check_published(second, (SdcChanceRules){5, 3, 2, 0.5}, 0, 5);
    check_published(second, (SdcChanceRules){5, 3, 2, 0.5}, 7, 8);
}

static void test_refused(void)
{
    /* The last but one: count 1 with J = 2 goes to 0 or 3 at least, a variance of 2. */
    static const SdcChanceRules wrong[] = {{0, 1, 0, 0}, {SDC_CHANGE_MAX + 1, 1, 0, 0}, {3, 0, 0, 0},
                                           {3, NAN, 0, 0}, {3, 1, 0, 1}, {3, 1, 0, -0.1},
                                           {5, 2, 2, 0}, {2, 50, 0, 0}};
    SdcChances c = {.rows = 42};
    SdcError error = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(sdc_chances_make(NULL, &wrong[i], &c, &error));
        g_assert_cmpint(error.code, ==, i < 6 ? SDC_ERROR_ARGUMENT : SDC_ERROR_IMPOSSIBLE);
    }
    g_assert_cmpuint(c.rows, ==, 42);
}

static void test_perturb(void)
{
    SdcChanceRules rules = {7, 4, 2, 0};
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

static bool call_make(const SdcContext *context, SdcError *error)
{
    SdcChances c;
    bool done = sdc_chances_make(context, &(SdcChanceRules){3, 1, 0, 0}, &c, error);
    if (done)
        sdc_chances_clear(context, &c);
    return done;
}

static void test_memory(void)
{
    check_every_allocation(call_make);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/cellkey/definition", test_definition);
    g_test_add_func("/sdc/cellkey/published", test_published);
    g_test_add_func("/sdc/cellkey/refused", test_refused);
    g_test_add_func("/sdc/cellkey/perturb", test_perturb);
    g_test_add_func("/sdc/cellkey/round", test_round);
    g_test_add_func("/sdc/cellkey/deviation", test_deviation);
    g_test_add_func("/sdc/cellkey/memory", test_memory);
    return g_test_run();
}
