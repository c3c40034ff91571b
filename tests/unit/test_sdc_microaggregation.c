/* SPDX-License-Identifier: Apache-2.0 */
/* MDAV: against the algorithm written out with all distances, on data with and without ties; the known
 * losses of the reference file. */
#include "sdc_fixture.h"

static void test_by_hand(void)
{
    /* Two triples far apart, in the order a b a b a b. */
    static const double x[] = {1, 101, 2, 102, 3, 103};
    SdcNumbers column = {6, x};
    SdcMicroaggregation m;
    g_assert_true(sdc_mdav(NULL, &column, 1, 3, &m, NULL));
    g_assert_cmpuint(m.groups, ==, 2);
    for (int i = 0; i < 6; i++) {
        g_assert_cmpuint(m.group[i], ==, m.group[i % 2]);
        g_assert_cmpfloat(fabs(m.values[i] - (i % 2 != 0 ? 102 : 2)), <, 1e-12);
    }
    g_assert_cmpuint(m.group[0], !=, m.group[1]);
    /* SSE 4 of a total sum of squares of 15004 */
    g_assert_cmpfloat(fabs(m.sse / m.sst - 4. / 15004), <, 1e-15);
    sdc_microaggregation_clear(NULL, &m);
    sdc_microaggregation_clear(NULL, &m);
}

/* --- the algorithm, with all distances -------------------------------------------------------------- */

#define NAIVE_ROWS 300

typedef struct Naive {
    size_t rows, count, k, left;
    double x[NAIVE_ROWS][8];
    int group[NAIVE_ROWS], groups;
} Naive;

static double naive_distance(const Naive *n, size_t i, const double *c)
{
    double sum = 0;
    for (size_t v = 0; v < n->count; v++)
        sum += (n->x[i][v] - c[v]) * (n->x[i][v] - c[v]);
    return sum;
}

static size_t naive_pick(const Naive *n, const double *c, bool farthest)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n->rows; i++) {
        if (n->group[i] >= 0)
            continue;
        double d = naive_distance(n, i, c);
        if (best == SIZE_MAX || (farthest ? d > naive_distance(n, best, c)
                                          : d < naive_distance(n, best, c)))
            best = i;
    }
    return best;
}

static void naive_group(Naive *n, size_t seed)
{
    double c[8];
    memcpy(c, n->x[seed], sizeof c);
    n->group[seed] = n->groups;
    for (size_t i = 1; i < n->k; i++)
        n->group[naive_pick(n, c, false)] = n->groups;
    n->groups++;
    n->left -= n->k;
}

static size_t naive_extreme(const Naive *n)
{
    double c[8] = {0};
    for (size_t i = 0; i < n->rows; i++) {
        for (size_t v = 0; v < n->count && n->group[i] < 0; v++)
            c[v] += n->x[i][v];
    }
    for (size_t v = 0; v < n->count; v++)
        c[v] /= (double)n->left;
    return naive_pick(n, c, true);
}

static void naive_run(Naive *n)
{
    while (n->left >= 3 * n->k) {
        size_t r = naive_extreme(n), s = naive_pick(n, n->x[r], true);
        naive_group(n, r);
        naive_group(n, n->group[s] < 0 ? s : naive_pick(n, n->x[r], true));
    }
    if (n->left >= 2 * n->k)
        naive_group(n, naive_extreme(n));
    for (size_t i = 0; i < n->rows; i++) {
        if (n->group[i] < 0)
            n->group[i] = n->groups;
    }
    n->groups++;
}

static void naive_standardise(Naive *n, double columns[][NAIVE_ROWS])
{
    for (size_t v = 0; v < n->count; v++) {
        double mean = 0, squares = 0;
        for (size_t i = 0; i < n->rows; i++)
            mean += columns[v][i] / (double)n->rows;
        for (size_t i = 0; i < n->rows; i++)
            squares += (columns[v][i] - mean) * (columns[v][i] - mean);
        double deviation = sqrt(squares / (double)n->rows);
        for (size_t i = 0; i < n->rows; i++)
            n->x[i][v] = (columns[v][i] - mean) / (deviation > 0 ? deviation : 1);
    }
}

static void check_sizes(const SdcMicroaggregation *m, size_t k)
{
    g_autofree size_t *sizes = g_new0(size_t, m->groups);
    for (size_t i = 0; i < m->rows; i++) {
        g_assert_cmpuint(m->group[i], <, m->groups);
        sizes[m->group[i]]++;
    }
    for (size_t g = 0; g < m->groups; g++)
        g_assert_true(sizes[g] >= k && sizes[g] < 2 * k);
}

static void check_means(const SdcMicroaggregation *m, const SdcNumbers *columns)
{
    for (size_t v = 0; v < m->variables; v++) {
        for (size_t i = 0; i < m->rows; i++) {
            double sum = 0, members = 0;
            for (size_t j = 0; j < m->rows; j++) {
                sum += m->group[j] == m->group[i] ? columns[v].values[j] : 0;
                members += m->group[j] == m->group[i];
            }
            g_assert_cmpfloat(fabs(m->values[v * m->rows + i] - sum / members), <, 1e-9);
        }
    }
}

static void test_naive(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(23);
    for (int round = 0; round < 40; round++) {
        static double columns[8][NAIVE_ROWS];
        g_autofree Naive *n = g_new0(Naive, 1);
        n->rows = (size_t)g_rand_int_range(rand, 30, NAIVE_ROWS);
        n->left = n->rows;
        n->count = (size_t)g_rand_int_range(rand, 1, 6);
        n->k = (size_t)g_rand_int_range(rand, 2, 8);
        SdcNumbers numbers[8];
        for (size_t v = 0; v < n->count; v++) {
            for (size_t i = 0; i < n->rows; i++)   /* rounds 0, 4, ...: tied a lot */
                columns[v][i] = round % 4 == 0 ? g_rand_int_range(rand, 0, 2)
                                               : exp(g_rand_double_range(rand, 0, 5));
            numbers[v] = (SdcNumbers){n->rows, columns[v]};
        }
        memset(n->group, 0xFF, sizeof n->group);
        naive_standardise(n, columns);
        naive_run(n);
        SdcMicroaggregation m;
        g_assert_true(sdc_mdav(NULL, numbers, n->count, (uint32_t)n->k, &m, NULL));
        check_sizes(&m, n->k);
        check_means(&m, numbers);
        if (round % 4 != 0) {   /* in ties the centre's last bit decides, and sums differ in it */
            g_assert_cmpuint(m.groups, ==, (size_t)n->groups);
            for (size_t i = 0; i < n->rows; i++)
                g_assert_cmpuint(m.group[i], ==, (uint32_t)n->group[i]);
        }
        sdc_microaggregation_clear(NULL, &m);
    }
}

/* Records that are all the same, and constant variables. */
static void test_degenerate(void)
{
    static double same[1000], rising[1000];
    for (int i = 0; i < 1000; i++) {
        same[i] = 7;
        rising[i] = i;
    }
    SdcNumbers columns[] = {{1000, same}, {1000, rising}};
    SdcMicroaggregation m;
    g_assert_true(sdc_mdav(NULL, columns, 1, 3, &m, NULL));
    check_sizes(&m, 3);
    g_assert_cmpfloat(m.sse, ==, 0);
    g_assert_cmpfloat(fabs(m.values[500] - 7), <, 1e-14);
    sdc_microaggregation_clear(NULL, &m);
    g_assert_true(sdc_mdav(NULL, columns, 2, 4, &m, NULL));
    check_sizes(&m, 4);
    sdc_microaggregation_clear(NULL, &m);
    g_assert_true(sdc_mdav(NULL, &(SdcNumbers){3, rising}, 1, 3, &m, NULL));
    g_assert_cmpuint(m.groups, ==, 1);
    sdc_microaggregation_clear(NULL, &m);
}

static void test_reference(void)
{
    static const struct {
        size_t rows;
        double loss;
    } known[] = {{5000, .00269466}, {10000, .00339547}, {100000, .00078966}};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        g_autoptr(Synthetic) s = synthetic_read(known[i].rows);
        if (s == NULL) {
            g_test_skip(SKIP_WITHOUT_DATA);
            return;
        }
        SdcMicroaggregation m;
        g_assert_true(sdc_mdav(NULL, s->amounts, 3, 3, &m, NULL));
        g_assert_cmpfloat(fabs(m.sse / m.sst - known[i].loss), <, 1e-8);
        check_sizes(&m, 3);
        sdc_microaggregation_clear(NULL, &m);
    }
}

static void test_refused(void)
{
    static const double good[] = {1, 2, 3}, bad[] = {1, NAN, 3}, endless[] = {1, 2, INFINITY};
    static const double huge[] = {1e300, -1e300, 0};
    SdcMicroaggregation m = {.rows = 42};
    SdcError error = {0};
    SdcNumbers columns[] = {{3, good}, {2, good}};
    g_assert_false(sdc_mdav(NULL, columns, 0, 3, &m, &error));
    g_assert_false(sdc_mdav(NULL, columns, 65, 3, &m, &error));
    g_assert_false(sdc_mdav(NULL, columns, 1, 1, &m, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    g_assert_false(sdc_mdav(NULL, columns, 2, 2, &m, &error));
    g_assert_false(sdc_mdav(NULL, &(SdcNumbers){3, bad}, 1, 2, &m, &error));
    g_assert_nonnull(strstr(error.sentence, "Row 2"));
    g_assert_false(sdc_mdav(NULL, &(SdcNumbers){3, endless}, 1, 2, &m, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    g_assert_false(sdc_mdav(NULL, &(SdcNumbers){3, huge}, 1, 2, &m, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    g_assert_false(sdc_mdav(NULL, columns, 1, 4, &m, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
    g_assert_cmpuint(m.rows, ==, 42);
}

static bool call_mdav(const SdcContext *context, SdcError *error)
{
    static const double x[] = {5, 1, 4, 2, 8, 9, 7};
    SdcMicroaggregation m;
    if (!sdc_mdav(context, &(SdcNumbers){7, x}, 1, 2, &m, error))
        return false;
    sdc_microaggregation_clear(context, &m);
    return true;
}

static void test_no_memory(void)
{
    check_every_allocation(call_mdav);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/microaggregation/by_hand", test_by_hand);
    g_test_add_func("/sdc/microaggregation/naive", test_naive);
    g_test_add_func("/sdc/microaggregation/degenerate", test_degenerate);
    g_test_add_func("/sdc/microaggregation/reference", test_reference);
    g_test_add_func("/sdc/microaggregation/refused", test_refused);
    g_test_add_func("/sdc/microaggregation/no_memory", test_no_memory);
    return g_test_run();
}
