/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of chances against what defines them, and against those that tau-Argus and its partners publish. */
#include "sdc_fixture.h"

static void check_order(const SdcChances *c, const SdcChanceRules *rules, size_t r)
{
    for (size_t k = c->starts[r]; k + 1 < c->starts[r + 1]; k++) {
        double p = c->chances[k], next = c->chances[k + 1];
        if (rules->stay > 0 && (c->changes[k] == 0 || c->changes[k + 1] == 0))
            continue;
        if (c->changes[k + 1] <= 0)
            g_assert_cmpfloat(p, <=, next + 1e-12);
        if (c->changes[k] >= 0)
            g_assert_cmpfloat(next, <=, p + 1e-12);
    }
}

static void check_row(const SdcChances *c, const SdcChanceRules *rules, size_t r)
{
    double sum = 0, mean = 0, variance = 0;
    for (size_t k = c->starts[r]; k < c->starts[r + 1]; k++) {
        double v = c->changes[k] / (double)c->steps;
        g_assert_cmpfloat(c->chances[k], >=, 0);
        g_assert_cmpfloat(fabs(v), <=, rules->largest_change);
        g_assert_cmpfloat((double)r + v, >=, 0);
        g_assert_false((double)r + v > 0 && (double)r + v <= rules->never_published);
        sum += c->chances[k];
        mean += v * c->chances[k];
        variance += v * v * c->chances[k];
        if (v == 0 && rules->stay > 0 && r > 0)
            g_assert_cmpfloat(c->chances[k], ==, rules->stay);
        g_assert_cmpfloat(fabs(c->cumulated[k] - sum), <, 1e-12);
    }
    if (rules->monotone)
        check_order(c, rules, r);
    g_assert_cmpfloat(c->cumulated[c->starts[r + 1] - 1], ==, 1);
    g_assert_cmpfloat(fabs(sum - 1), <, 1e-12);
    g_assert_cmpfloat(fabs(mean), <, 1e-9);
    double wanted = r == 0 ? 0 : rules->variance;
    if (!rules->at_most || r >= rules->largest_change)
        g_assert_cmpfloat(fabs(variance - wanted), <, 1e-9);
    else
        g_assert_cmpfloat(variance, <=, wanted + 1e-9);
}

static void test_definition(void)
{
    static const SdcChanceRules rules[] = {{7, 4, 2, 0, false, 1, false}, {5, 2.001, 2, 0, false, 0, false},
                                           {5, 3, 2, 0.5, false, 1, false}, {2, 1, 0, 0, false, 1, false},
                                           {50, 30, 0, 0, false, 2, false}, {3, 1, 0, 0.2, false, 1, false},
                                           {7, 4, 2, 0, true, 1, false}, {5, 3, 2, 0.5, true, 1, false},
                                           {5, 1, 0, 0, true, 2, false}, {5, 1, 0, 0, true, 20, false},
                                           {5, 3, 0, 0, true, 1, true}, {8, 2, 0, 0, true, 2, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
        SdcChances c;
        g_assert_true(sdc_chances_make(NULL, &rules[i], &c, NULL));
        g_assert_cmpuint(c.rows, ==, rules[i].largest_change + rules[i].never_published + 2);
        for (size_t r = 0; r < c.rows; r++)
            check_row(&c, &rules[i], r);
        sdc_chances_clear(NULL, &c);
    }
}


/* --- no other chances have more entropy --------------------------------------------------------------- */

static double entropy_of(const double *p, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum -= p[i] > 0 ? p[i] * log(p[i]) : 0;
    return sum;
}

/* A direction among four changes that keeps sum, mean and variance: of divided differences. */
static void keep_moments(const double *v, double *d)
{
    for (int i = 0; i < 4; i++) {
        d[i] = 1;
        for (int j = 0; j < 4; j++)
            d[i] /= i == j ? 1 : v[i] - v[j];
    }
}

static bool is_ordered(const SdcChances *c, size_t r, const double *p)
{
    const int32_t *v = &c->changes[c->starts[r]];
    for (size_t i = 0; i + 1 < c->starts[r + 1] - c->starts[r]; i++) {
        if ((v[i + 1] <= 0 && p[i] > p[i + 1]) || (v[i] >= 0 && p[i] < p[i + 1]))
            return false;
    }
    return true;
}

/* Small steps along random directions from the solution: none that respects the order gains. */
static void check_optimal(const SdcChances *c, size_t r, bool monotone, GRand *rand)
{
    size_t n = c->starts[r + 1] - c->starts[r], tried = 0;
    const double *p = &c->chances[c->starts[r]];
    const int32_t *v = &c->changes[c->starts[r]];
    double best = entropy_of(p, n), q[SDC_CHANGE_MAX * 2 + 1], sum[SDC_CHANGE_MAX * 2 + 1];
    for (int turn = 0; turn < 4000; turn++) {
        memset(sum, 0, sizeof sum);
        for (int part = g_rand_int_range(rand, 1, 4); part > 0; part--) {
            size_t at[4];
            double vs[4], d[4];
            for (int i = 0; i < 4; i++)
                at[i] = (size_t)g_rand_int_range(rand, 0, (gint32)n);
            if (at[0] == at[1] || at[0] == at[2] || at[0] == at[3] || at[1] == at[2] || at[1] == at[3] ||
                at[2] == at[3])
                continue;
            for (int i = 0; i < 4; i++)
                vs[i] = v[at[i]];
            keep_moments(vs, d);
            double scale = g_rand_double_range(rand, -1e-3, 1e-3) / (fabs(d[0]) + fabs(d[1]));
            for (int i = 0; i < 4; i++)
                sum[at[i]] += scale * d[i];
        }
        bool inside = true;
        for (size_t i = 0; i < n; i++) {
            q[i] = p[i] + sum[i];
            inside = inside && q[i] >= 0;
        }
        if (!inside || (monotone && !is_ordered(c, r, q)))
            continue;
        tried++;
        g_assert_cmpfloat(entropy_of(q, n), <=, best + 1e-12);
    }
    g_assert_cmpuint(tried, >, 50);
}

static void test_optimal(void)
{
    static const SdcChanceRules rules[] = {{7, 4, 2, 0, false, 1, false}, {7, 4, 2, 0, true, 1, false},
                                           {5, 1, 0, 0, true, 2, false}, {5, 3, 0, 0, true, 1, true},
                                           {8, 2, 0, 0, true, 2, true}};
    g_autoptr(GRand) rand = g_rand_new_with_seed(44);
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
        SdcChances c;
        g_assert_true(sdc_chances_make(NULL, &rules[i], &c, NULL));
        for (size_t r = 5; r < c.rows; r++)
            check_optimal(&c, r, rules[i].monotone, rand);
        sdc_chances_clear(NULL, &c);
    }
}

/* By hand: D = 1, V = 1/2: from two on, 1/4, 1/2, 1/4. Size 1, J = 0 the same. D = 1, V = 2/3 is the even
 * distribution, and V above it would have the middle below the ends: with order there is none. */
static void test_by_hand(void)
{
    SdcChanceRules rules = {1, 0.5, 0, 0, true, 1, false};
    SdcChances c;
    SdcError error = {0};
    g_assert_true(sdc_chances_make(NULL, &rules, &c, NULL));
    static const double expected[] = {1, 0.25, 0.5, 0.25, 0.25, 0.5, 0.25};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpfloat(fabs(c.chances[i] - expected[i]), <, 1e-12);
    sdc_chances_clear(NULL, &c);
    rules.variance = 0.8;
    g_assert_false(sdc_chances_make(NULL, &rules, &c, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
    rules.monotone = false;
    g_assert_true(sdc_chances_make(NULL, &rules, &c, NULL));
    g_assert_cmpfloat(fabs(c.chances[2] - 0.2), <, 1e-12);
    sdc_chances_clear(NULL, &c);
}

/* --- published tables ----------------------------------------------------------------------------------- */

typedef struct PublishedTable {
    const char *relative;
    SdcChanceRules rules;
    guint64 rows;        /* bit r: row r is compared */
    double tolerance;
} PublishedTable;

/* i;j;p;v;... */
static void check_published(const PublishedTable *table)
{
    g_autofree char *text = reference_text(table->relative);
    SdcChances c;
    g_assert_true(sdc_chances_make(NULL, &table->rules, &c, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    size_t entries = 0, expected = 0;
    for (char **line = lines + 1; *line != NULL && **line != '\0'; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, ";", -1);
        guint64 row = g_ascii_strtoull(fields[0], NULL, 10);
        if ((table->rows >> row & 1) == 0)
            continue;
        entries++;
        long change = lround(g_ascii_strtod(fields[3], NULL) * c.steps);
        size_t k = c.starts[row];
        while (c.changes[k] != change)
            g_assert_cmpuint(++k, <, c.starts[row + 1]);
        double theirs = g_ascii_strtod(fields[2], NULL);
        if (fabs(c.chances[k] - theirs) >= table->tolerance)
            g_error("%s, row %d, change %ld: %.9f, not %.9f", table->relative, (int)row, change,
                    c.chances[k], theirs);
    }
    for (size_t r = 0; r < c.rows; r++)
        expected += table->rows >> r & 1 ? c.starts[r + 1] - c.starts[r] : 0;
    g_assert_cmpuint(entries, ==, expected);
    sdc_chances_clear(NULL, &c);
}

static void test_published(void)
{
    static const PublishedTable tables[] = {
        {"sdc/tauargus/cellkey__Frequency__tau_testW_ptable.txt", {7, 4, 2, 0, true, 1, false}, 0x7ff, 1e-6},
        {"sdc/tauargus/cellkey__Magnitude__ptab_freq.txt", {5, 3, 2, 0.5, true, 1, false}, 0x1ff, 1e-6},
        {"sdc/tauargus/cellkey__Magnitude__ptab_savings_all.txt", {5, 1, 0, 0, true, 2, false}, 0x23, 1e-6},
        {"sdc/tauargus/cellkey__Magnitude__ptab_savings_smallcells.txt", {8, 2, 0, 0, true, 2, true}, 0x103, 1e-6},
    };
    g_autofree char *path = reference_path(tables[0].relative);
    if (path == NULL) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        check_published(&tables[i]);
}

static void test_refused(void)
{
    /* The last but one: count 1 with J = 2 goes to 0 or 3 at least, a variance of 2. */
    static const SdcChanceRules wrong[] = {
        {0, 1, 0, 0, false, 1, false}, {SDC_CHANGE_MAX + 1, 1, 0, 0, false, 1, false}, {3, 0, 0, 0, false, 1, false},
        {3, NAN, 0, 0, false, 1, false}, {3, 1, 0, 1, false, 1, false}, {3, 1, 0, -0.1, false, 1, false},
        {3, INFINITY, 0, 0, false, 1, false}, {3, 1, SDC_CHANGE_MAX + 1, 0, false, 1, false}, {3, 1, 0, 0, false, UINT_MAX, false},
        {50, 1, 0, 0, false, 3, false}, {5, 2, 2, 0, false, 1, false}, {2, 50, 0, 0, false, 1, false}};
    SdcChances c = {.rows = 42};
    SdcError error = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(sdc_chances_make(NULL, &wrong[i], &c, &error));
        g_assert_cmpint(error.code, ==, i < 10 ? SDC_ERROR_ARGUMENT : SDC_ERROR_IMPOSSIBLE);
    }
    g_assert_cmpuint(c.rows, ==, 42);
}

static bool call_make(const SdcContext *context, SdcError *error)
{
    SdcChances c;
    bool done = sdc_chances_make(context, &(SdcChanceRules){3, 1, 0, 0, true, 2, false}, &c, error);
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
    g_test_add_func("/sdc/chances/definition", test_definition);
    g_test_add_func("/sdc/chances/optimal", test_optimal);
    g_test_add_func("/sdc/chances/by_hand", test_by_hand);
    g_test_add_func("/sdc/chances/published", test_published);
    g_test_add_func("/sdc/chances/refused", test_refused);
    g_test_add_func("/sdc/chances/memory", test_memory);
    return g_test_run();
}
