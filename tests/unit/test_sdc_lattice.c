/* SPDX-License-Identifier: Apache-2.0 */
/* The lattice search: every node tried from the definitions on random files; ARX's optima on adult. */
#include "sdc_adult.h"
#include "sdc_fixture.h"

#define LEVELS 3

/* Six values, three pairs, all. */
static const uint32_t sizes[] = {6, 3, 1}, low[] = {0, 0, 1, 1, 2, 2}, high[] = {0, 0, 0};
static const uint32_t *const parents[] = {low, high};
static const SdcHierarchy pairs = {LEVELS, sizes, parents, NULL};

static uint32_t ancestor(uint32_t code, unsigned level)
{
    if (level == 2)
        return 1;   /* missing too */
    return code == 0 || level == 0 ? code : (code - 1) / 2 + 1;
}

typedef struct Brute {
    double loss;
    size_t suppressed;
} Brute;

static bool alike(const Small *small, const unsigned *levels, size_t i, size_t j)
{
    for (size_t v = 0; v < small->count; v++) {
        if (ancestor(small->codes[v][i], levels[v]) != ancestor(small->codes[v][j], levels[v]))
            return false;
    }
    return true;
}

/* Records whose value of V at LEVEL is that of record I. */
static double frequency(const Small *small, size_t v, unsigned level, size_t i)
{
    double count = 0;
    for (size_t j = 0; j < small->rows; j++)
        count += ancestor(small->codes[v][i], level) == ancestor(small->codes[v][j], level);
    return count;
}

static double record_loss(const Small *small, const SdcLatticeOptions *o, const unsigned *levels, size_t i,
                          size_t class_size)
{
    static const double leaves[] = {1, 2, 6};
    double n = (double)small->rows, loss = 0;
    bool lost = class_size < o->k;
    if (o->loss == SDC_LOSS_DISCERNIBILITY)
        return lost ? n : (double)class_size;
    for (size_t v = 0; v < small->count; v++) {
        bool stays = small->codes[v][i] == 0 && levels[v] < 2;
        double share = stays ? 0 : (leaves[levels[v]] - 1) / 5;
        double kept = log2(frequency(small, v, levels[v], i));
        if (o->loss == SDC_LOSS_SHARE)
            loss += (lost ? 1 : share) / (n * (double)small->count);
        else
            loss += (lost ? log2(n) : kept) - log2(frequency(small, v, 0, i));
    }
    return loss;
}

static Brute brute_node(const Small *small, const SdcLatticeOptions *o, const unsigned *levels)
{
    Brute b = {0};
    for (size_t i = 0; i < small->rows; i++) {
        size_t class_size = 0;
        for (size_t j = 0; j < small->rows; j++)
            class_size += alike(small, levels, i, j);
        b.suppressed += class_size < o->k;
        b.loss += record_loss(small, o, levels, i, class_size);
    }
    return b;
}

/* Returns the least loss over all nodes, or infinity. */
static double brute_best(const Small *small, const SdcLatticeOptions *o)
{
    size_t nodes = 1;
    double best = INFINITY;
    for (size_t v = 0; v < small->count; v++)
        nodes *= LEVELS;
    for (size_t node = 0; node < nodes; node++) {
        unsigned levels[SMALL_KEYS_MAX];
        size_t rest = node;
        for (size_t v = 0; v < small->count; v++, rest /= LEVELS)
            levels[v] = (unsigned)(rest % LEVELS);
        Brute b = brute_node(small, o, levels);
        if (b.suppressed <= (size_t)(o->limit * (double)small->rows) && b.loss < best)
            best = b.loss;
    }
    return best;
}

/* The result is k-anonymous, is what its levels say, and its loss is what it is. */
static void check_result(const Small *small, const SdcLatticeOptions *o, const SdcLattice *r)
{
    Brute b = brute_node(small, o, r->levels);
    g_assert_cmpfloat(fabs(b.loss - r->loss), <, 1e-9 * (1 + b.loss));
    g_assert_cmpuint(b.suppressed, ==, r->suppressed);
    for (size_t i = 0; i < small->rows; i++) {
        size_t same = 0;
        for (size_t j = 0; j < small->rows; j++) {
            bool equal = !r->is_suppressed[j];
            for (size_t v = 0; v < small->count; v++)
                equal &= r->codes[v * small->rows + i] == r->codes[v * small->rows + j];
            same += equal;
        }
        if (!r->is_suppressed[i])
            g_assert_cmpuint(same, >=, o->k);
        for (size_t v = 0; v < small->count; v++)
            g_assert_cmpuint(r->codes[v * small->rows + i], ==,
                             r->is_suppressed[i] ? 0 : ancestor(small->codes[v][i], r->levels[v]));
    }
}

static void test_all_nodes(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(29);
    g_autofree Small *small = g_new0(Small, 1);
    SdcHierarchy hierarchies[SMALL_KEYS_MAX];
    for (int v = 0; v < SMALL_KEYS_MAX; v++)
        hierarchies[v] = pairs;
    static const double limits[] = {0, .05, .3};
    for (int round = 0; round < 36; round++) {
        size_t rows = (size_t)g_rand_int_range(rand, 10, 60);
        small_fill(small, rand, rows, (size_t)g_rand_int_range(rand, 1, 5), 6, round % 2 * .1);
        SdcLatticeOptions o = {.k = 2 + (uint32_t)round % 3, .limit = limits[round / 3 % 3],
                               .loss = (SdcLoss)(round % 3)};
        SdcLattice r, again;
        g_assert_true(sdc_lattice_search(NULL, small->columns, hierarchies, small->count, &o, &r, NULL));
        check_result(small, &o, &r);
        double best = brute_best(small, &o);
        g_assert_cmpfloat(fabs(r.loss - best), <, 1e-9 * (1 + best));
        g_assert_true(sdc_lattice_search(&threaded, small->columns, hierarchies, small->count, &o,
                                         &again, NULL));
        g_assert_cmpmem(r.codes, rows * small->count * 4, again.codes, rows * small->count * 4);
        g_assert_cmpfloat(r.loss, ==, again.loss);
        sdc_lattice_clear(NULL, &r);
        sdc_lattice_clear(&threaded, &again);
    }
}

/* --- adult ------------------------------------------------------------------------------------------ */

static void test_adult(void)
{
    Adult a = {0};
    if (!adult_read(&a)) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    g_assert_cmpuint(a.columns[0].rows, ==, 30162);
    static const struct {
        double limit, loss;
    } known[] = {{0, 33627534}, {.04, 7220555}};
#ifdef __SANITIZE_ADDRESS__
    size_t count = 1;   /* the walk of the whole lattice takes ten seconds there */
#else
    size_t count = G_N_ELEMENTS(known);
#endif
    for (size_t i = 0; i < count; i++) {
        SdcLatticeOptions o = {.k = 5, .limit = known[i].limit, .loss = SDC_LOSS_DISCERNIBILITY};
        SdcLattice r;
        gint64 start = g_get_monotonic_time();
        g_assert_true(sdc_lattice_search(NULL, a.columns, a.hierarchies, ADULT_KEYS, &o, &r, NULL));
        g_test_message("limit %g: loss %.0f, %zu suppressed, %zu of %zu nodes in %.1f ms", o.limit,
                       r.loss, r.suppressed, r.checked, r.nodes,
                       (double)(g_get_monotonic_time() - start) / 1000);
        g_assert_cmpuint(r.nodes, ==, 12960);
        g_assert_cmpfloat(r.loss, ==, known[i].loss);
        sdc_lattice_clear(NULL, &r);
    }
    adult_clear(&a);
}

static void test_refused(void)
{
    static const uint32_t codes[] = {1, 2, 6};
    static const unsigned two[] = {2}, three[] = {3};
    SdcCodes column = {3, 6, codes, NULL}, other = {3, 7, codes, NULL};
    SdcLattice r = {.rows = 42};
    SdcError error = {0};
    SdcLatticeOptions o = {.k = 0};
    g_assert_false(sdc_lattice_search(NULL, &column, &pairs, 1, &o, &r, &error));
    o = (SdcLatticeOptions){.k = 2, .limit = 1};
    g_assert_false(sdc_lattice_search(NULL, &column, &pairs, 1, &o, &r, &error));
    o = (SdcLatticeOptions){.k = 2, .lowest = three};
    g_assert_false(sdc_lattice_search(NULL, &column, &pairs, 1, &o, &r, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    o = (SdcLatticeOptions){.k = 2};
    g_assert_false(sdc_lattice_search(NULL, &other, &pairs, 1, &o, &r, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    o.k = 4;
    g_assert_false(sdc_lattice_search(NULL, &column, &pairs, 1, &o, &r, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
    SdcCodes many[20];
    SdcHierarchy hierarchies[20];
    for (int v = 0; v < 20; v++) {
        many[v] = column;
        hierarchies[v] = pairs;
    }
    g_assert_false(sdc_lattice_search(NULL, many, hierarchies, 20, &o, &r, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    g_assert_cmpuint(r.rows, ==, 42);
    o = (SdcLatticeOptions){.k = 3, .lowest = two, .loss = SDC_LOSS_SHARE};
    g_assert_true(sdc_lattice_search(NULL, &column, &pairs, 1, &o, &r, &error));
    g_assert_cmpfloat(r.loss, ==, 1);
    sdc_lattice_clear(NULL, &r);
    unsigned tops[20];
    for (int v = 0; v < 20; v++)
        tops[v] = 2;
    o = (SdcLatticeOptions){.k = 3, .limit = .5, .lowest = tops, .loss = SDC_LOSS_ENTROPY};
    g_assert_true(sdc_lattice_search(NULL, many, hierarchies, 20, &o, &r, &error));
    sdc_lattice_clear(NULL, &r);
    column.rows = 0;
    o = (SdcLatticeOptions){.k = 3};
    g_assert_true(sdc_lattice_search(NULL, &column, &pairs, 1, &o, &r, &error));
    g_assert_cmpuint(r.levels[0], ==, 0);
    sdc_lattice_clear(NULL, &r);
}

static bool call_both(const SdcContext *context, SdcError *error)
{
    static const uint32_t a[] = {1, 1, 2, 3, 6, 6}, b[] = {1, 2, 1, 0, 5, 5};
    SdcCodes columns[] = {{6, 6, a, NULL}, {6, 6, b, NULL}};
    SdcHierarchy hierarchies[] = {pairs, pairs};
    for (int i = 0; i < 2; i++) {
        SdcLatticeOptions o = {.k = 2, .limit = i * .4, .loss = SDC_LOSS_SHARE};
        SdcLattice r;
        if (!sdc_lattice_search(context, columns, hierarchies, 2, &o, &r, error))
            return false;
        sdc_lattice_clear(context, &r);
    }
    return true;
}

static void test_no_memory(void)
{
    check_every_allocation(call_both);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/lattice/all_nodes", test_all_nodes);
    g_test_add_func("/sdc/lattice/adult", test_adult);
    g_test_add_func("/sdc/lattice/refused", test_refused);
    g_test_add_func("/sdc/lattice/no_memory", test_no_memory);
    return g_test_run();
}
