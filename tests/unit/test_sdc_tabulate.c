/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: a case worked by hand, then small random files against a definition that reads every record
 * for every cell. */
#include "sdc_fixture.h"

/* Branches of different lengths: 7 = {6, 3, 4}, 6 = {2, 5}, 5 = {0, 1}. */
static const uint32_t uneven_parents[] = {5, 5, 6, 7, 7, 6, 7, SDC_NO_PARENT};
static const uint32_t flat_parents[] = {3, 3, 3, SDC_NO_PARENT};
static const uint32_t roots_parents[] = {2, 2, SDC_NO_PARENT, SDC_NO_PARENT};
static const SdcTree trees[] = {{8, uneven_parents, NULL}, {4, flat_parents, NULL},
                                {4, roots_parents, NULL}};
static const uint32_t leaves[3][5] = {{0, 1, 2, 3, 4}, {0, 1, 2}, {0, 1, 3}};
static const int leaf_counts[3] = {5, 3, 3};

static bool is_under(const SdcTree *tree, uint32_t node, uint32_t ancestor)
{
    for (; node != SDC_NO_PARENT; node = tree->parents[node]) {
        if (node == ancestor)
            return true;
    }
    return false;
}

typedef struct Records {
    size_t rows;
    uint32_t codes[3][300], holdings[300];
    const uint32_t *columns[3];
    double values[300], weights[300], keys[300];
} Records;

static void records_fill(Records *r, GRand *rand, size_t rows)
{
    r->rows = rows;
    for (int d = 0; d < 3; d++)
        r->columns[d] = r->codes[d];
    for (size_t i = 0; i < rows; i++) {
        for (int d = 0; d < 3; d++)
            r->codes[d][i] = 1 + leaves[d][g_rand_int_range(rand, 0, leaf_counts[d])];
        r->values[i] = g_rand_int_range(rand, -20, 100);
        r->weights[i] = g_rand_int_range(rand, 1, 5);
        r->holdings[i] = (uint32_t)g_rand_int_range(rand, 0, 12);
        r->keys[i] = g_rand_int_range(rand, 0, 1 << 20) * 0x1p-20;
    }
}

typedef struct Contributor {
    double value, weight;
    uint32_t who;
    bool present;
} Contributor;

static int compare_contributors(const void *a, const void *b)
{
    const Contributor *x = a, *y = b;
    if (x->present != y->present)
        return x->present ? -1 : 1;
    if (fabs(x->value) != fabs(y->value))
        return fabs(x->value) > fabs(y->value) ? -1 : 1;
    return x->who < y->who ? -1 : x->who > y->who;
}

/* One cell by the definition; the cube's must be the same, ties of the top being ties of size. */
static void check_cell(const SdcTabulation *in, const SdcCube *cube, size_t cell)
{
    static Contributor list[300];
    memset(list, 0, sizeof list);
    double count = 0, total = 0, absolute = 0, key = 0, units = 0;
    for (size_t i = 0; i < in->rows; i++) {
        bool inside = true;
        for (unsigned d = 0; d < in->dimensions; d++)
            inside = inside && is_under(&in->trees[d], in->codes[d][i] - 1, cube->nodes[d][cell]);
        if (!inside)
            continue;
        double weight = in->weights != NULL ? in->weights[i] : 1;
        double value = in->values != NULL ? in->values[i] : 0;
        count += weight;
        if (in->record_keys != NULL)
            key += in->record_keys[i];
        size_t who = in->holdings != NULL ? in->holdings[i] : i;
        units += !list[who].present;
        list[who].present = true;
        list[who].who = (uint32_t)who;
        list[who].value += in->holdings != NULL ? weight * value : value;
        list[who].weight = in->holdings != NULL ? 1 : weight;
    }
    for (size_t k = 0; k < 300; k++) {
        total += list[k].weight * list[k].value;
        absolute += list[k].weight * fabs(list[k].value);
    }
    qsort(list, 300, sizeof *list, compare_contributors);
    g_assert_cmpfloat(cube->count[cell], ==, count);
    g_assert_cmpfloat(cube->units[cell], ==, units);
    if (in->values != NULL) {
        g_assert_cmpfloat(cube->total[cell], ==, total);
        g_assert_cmpfloat(cube->absolute[cell], ==, absolute);
    }
    if (in->record_keys != NULL)
        g_assert_cmpfloat(cube->cell_key[cell], ==, key - floor(key));
    for (unsigned t = 0; t < in->top; t++) {
        g_assert_cmpfloat(fabs(cube->top_values[t][cell]), ==, fabs(list[t].value));
        if (in->weights == NULL || in->holdings != NULL)
            g_assert_cmpfloat(cube->top_weights[t][cell], ==, list[t].present);
    }
    if (in->top > 0 && list[0].present)
        g_assert_cmpuint(cube->first[cell], ==, list[0].who);
}

static SdcTabulation request(const Records *r, unsigned variant)
{
    return (SdcTabulation){
        .rows = r->rows, .dimensions = 3, .trees = trees, .codes = r->columns,
        .values = (variant & 1) != 0 ? r->values : NULL,
        .weights = (variant & 2) != 0 ? r->weights : NULL,
        .holdings = (variant & 4) != 0 ? r->holdings : NULL,
        .record_keys = (variant & 8) != 0 ? r->keys : NULL,
        .top = (variant & 1) != 0 ? 1 + variant % 3 : 0,
        .empty_cells = (variant & 16) != 0,
    };
}

static void assert_same_cube(const SdcCube *a, const SdcCube *b)
{
    g_assert_cmpuint(a->cells, ==, b->cells);
    for (unsigned d = 0; d < a->dimensions; d++)
        g_assert_cmpmem(a->nodes[d], a->cells * 4, b->nodes[d], b->cells * 4);
    g_assert_cmpmem(a->count, a->cells * 8, b->count, b->cells * 8);
    if (a->total != NULL)
        g_assert_cmpmem(a->total, a->cells * 8, b->total, b->cells * 8);
    for (unsigned t = 0; t < a->top; t++)
        g_assert_cmpmem(a->top_values[t], a->cells * 8, b->top_values[t], b->cells * 8);
}

static void check_threads(const SdcTabulation *in, const SdcCube *cube)
{
    SdcCube again;
    g_assert_true(sdc_tabulate(&threaded, in, &again, NULL));
    assert_same_cube(cube, &again);
    sdc_cube_clear(NULL, &again);
}

static void test_definition(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    static const size_t sizes[] = {0, 1, 2, 40, 300};
    for (unsigned variant = 0; variant < 32; variant++) {
        for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++) {
            static Records r;
            records_fill(&r, rand, sizes[s]);
            SdcTabulation in = request(&r, variant);
            SdcCube cube;
            g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
            if (s == 4 && variant % 5 == 0)
                check_threads(&in, &cube);
            if (in.empty_cells)
                g_assert_cmpuint(cube.cells, ==, 8 * 4 * 4);
            for (size_t c = 0; c < cube.cells; c++) {
                check_cell(&in, &cube, c);
                if (!in.empty_cells)
                    g_assert_cmpfloat(cube.units[c], >, 0);
            }
            sdc_cube_clear(NULL, &cube);
        }
    }
}

/* A dimension of which hardly anything is used makes the table sparse: it is made another way, and must be
 * the same. Its total comes last, so that the cells of the table without it are every second one. */
static void test_sparse(void)
{
    enum { WIDE = 40000 };
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    SdcTree wide;
    g_assert_true(sdc_tree_flat(NULL, WIDE, &wide, NULL));
    SdcTree all[4] = {trees[0], trees[1], trees[2], wide};
    static uint32_t codes[300];
    for (int i = 0; i < 300; i++)
        codes[i] = 7 + 1000 * (i % 2);
    for (unsigned variant = 0; variant < 16; variant++) {
        static Records r;
        records_fill(&r, rand, 300);
        SdcTabulation in = request(&r, variant);
        const uint32_t *columns[4] = {r.columns[0], r.columns[1], r.columns[2], codes};
        SdcCube narrow, cube;
        g_assert_true(sdc_tabulate(NULL, &in, &narrow, NULL));
        in.dimensions = 4, in.trees = all, in.codes = columns;
        g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
        size_t c = 0;
        for (size_t i = 0; i < cube.cells; i++) {
            check_cell(&in, &cube, i);
            if (cube.nodes[3][i] != WIDE)
                continue;
            for (unsigned d = 0; d < 3; d++)
                g_assert_cmpuint(cube.nodes[d][i], ==, narrow.nodes[d][c]);
            g_assert_cmpfloat(cube.count[i], ==, narrow.count[c++]);
        }
        g_assert_cmpuint(c, ==, narrow.cells);
        check_threads(&in, &cube);
        sdc_cube_clear(NULL, &narrow);
        sdc_cube_clear(NULL, &cube);
    }
    sdc_tree_clear(NULL, &wide);
}

/* More rows than are taken at once, and more cells than one task finishes: leaves against a plain loop,
 * totals against the sum of their leaves. The values are whole, so that sums are exact in any order. */
static void test_many(void)
{
    enum { MANY = 2200000, LEAVES = 3000 };
    SdcTree flat;
    g_assert_true(sdc_tree_flat(NULL, LEAVES, &flat, NULL));
    SdcTree both[2] = {flat, trees[1]};
    g_autofree uint32_t *wide = g_new(uint32_t, MANY), *narrow = g_new(uint32_t, MANY);
    g_autofree double *values = g_new(double, MANY), *totals = g_new0(double, LEAVES * 3);
    g_autofree double *largest = g_new0(double, LEAVES * 3);
    g_autofree uint32_t *firsts = g_new0(uint32_t, LEAVES * 3);
    uint64_t state = 9;
    for (uint32_t i = 0; i < MANY; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        wide[i] = 1 + (uint32_t)(state >> 33) % LEAVES;
        narrow[i] = 1 + (uint32_t)(state >> 60) % 3;
        values[i] = (double)(state >> 44) - 1000;
        size_t leaf = (wide[i] - 1) * 3 + narrow[i] - 1;
        if (fabs(values[i]) > fabs(largest[leaf])) {
            largest[leaf] = values[i];
            firsts[leaf] = i;
        }
        totals[leaf] += values[i];
    }
    const uint32_t *columns[] = {wide, narrow};
    SdcTabulation in = {.rows = MANY, .dimensions = 2, .trees = both, .codes = columns, .values = values,
                        .top = 2};
    SdcCube cube;
    g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
    check_threads(&in, &cube);
    g_assert_cmpuint(cube.cells, ==, (LEAVES + 1) * 4);
    for (size_t w = 0; w < LEAVES; w++) {
        double sum = 0;
        for (size_t n = 0; n < 3; n++) {
            size_t leaf = w * 3 + n, cell = w * 4 + n;
            sum += totals[leaf];
            g_assert_cmpfloat(cube.total[cell], ==, totals[leaf]);
            g_assert_cmpfloat(cube.top_values[0][cell], ==, largest[leaf]);
            g_assert_cmpuint(cube.first[cell], ==, firsts[leaf]);
        }
        g_assert_cmpfloat(cube.total[w * 4 + 3], ==, sum);
    }
    g_assert_cmpfloat(cube.count[cube.cells - 1], ==, MANY);
    sdc_cube_clear(NULL, &cube);
    sdc_tree_clear(NULL, &flat);
}

/* Five enterprises of two holdings, by hand. Industry: 60 + 30 of holding 0, 10 of holding 1; trade: 25 of
 * holding 1, 5 of holding 2. */
static void test_by_hand(void)
{
    static const uint32_t codes[] = {1, 1, 1, 2, 2}, holdings[] = {0, 0, 1, 1, 2};
    static const double values[] = {60, 30, 10, 25, 5};
    const uint32_t *columns[] = {codes};
    SdcTree tree;
    g_assert_true(sdc_tree_flat(NULL, 2, &tree, NULL));
    g_assert_cmpuint(tree.nodes, ==, 3);
    SdcTabulation in = {.rows = 5, .dimensions = 1, .trees = &tree, .codes = columns, .values = values,
                        .holdings = holdings, .top = 2};
    SdcCube cube;
    g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
    static const double totals[] = {100, 30, 130}, units[] = {2, 2, 3}, counts[] = {3, 2, 5};
    static const double first[] = {90, 25, 90}, second[] = {10, 5, 35};
    g_assert_cmpuint(cube.cells, ==, 3);
    for (int c = 0; c < 3; c++) {
        g_assert_cmpfloat(cube.total[c], ==, totals[c]);
        g_assert_cmpfloat(cube.units[c], ==, units[c]);
        g_assert_cmpfloat(cube.count[c], ==, counts[c]);
        g_assert_cmpfloat(cube.top_values[0][c], ==, first[c]);
        g_assert_cmpfloat(cube.top_values[1][c], ==, second[c]);
    }
    g_assert_cmpuint(cube.first[1], ==, 1);
    sdc_cube_clear(NULL, &cube);
    sdc_tree_clear(NULL, &tree);
}

static void test_refused(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);
    static Records r;
    records_fill(&r, rand, 20);
    SdcCube cube = {.cells = 42};
    SdcError error = {0};
    static const struct {
        double value, weight, key;
        uint32_t code;
        const char *says;
    } cases[] = {
        {NAN, 1, 0, 1, "no finite value"}, {INFINITY, 1, 0, 1, "no finite value"},
        {1, -1, 0, 1, "weight"}, {1, NAN, 0, 1, "weight"}, {1, 1, 1, 1, "record key"},
        {1, 1, NAN, 1, "record key"}, {1, 1, 0, 0, "no category"}, {1, 1, 0, 9, "has not"},
        {1, 1, 0, 6, "at a total"},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(cases); k++) {
        Records bad = r;
        for (int d = 0; d < 3; d++)
            bad.columns[d] = bad.codes[d];
        bad.values[6] = cases[k].value;
        bad.weights[6] = cases[k].weight;
        bad.keys[6] = cases[k].key;
        bad.codes[0][6] = cases[k].code;
        SdcTabulation in = request(&bad, 11);
        g_assert_false(sdc_tabulate(NULL, &in, &cube, &error));
        g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
        g_assert_nonnull(strstr(error.sentence, cases[k].says));
        g_assert_nonnull(strstr(error.sentence, "Row 7"));
    }
    SdcTabulation in = request(&r, 1);
    in.top = SDC_TOP_MAX + 1;
    g_assert_false(sdc_tabulate(NULL, &in, &cube, &error));
    in.top = 1, in.values = NULL;
    g_assert_false(sdc_tabulate(NULL, &in, &cube, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    in.top = 0, in.dimensions = 0;
    g_assert_false(sdc_tabulate(NULL, &in, &cube, &error));
    g_assert_cmpuint(cube.cells, ==, 42);
}

static void test_trees(void)
{
    SdcError error = {0};
    static const uint32_t circle[] = {1, 2, 0, SDC_NO_PARENT}, beyond[] = {7, SDC_NO_PARENT};
    g_assert_false(sdc_tree_check(NULL, &(SdcTree){4, circle, NULL}, &error));
    g_assert_nonnull(strstr(error.sentence, "not a tree"));
    g_assert_false(sdc_tree_check(NULL, &(SdcTree){2, beyond, NULL}, &error));
    g_assert_false(sdc_tree_check(NULL, &(SdcTree){0, beyond, NULL}, &error));
    for (int t = 0; t < 3; t++)
        g_assert_true(sdc_tree_check(NULL, &trees[t], &error));
    uint32_t sizes[] = {3, 2}, low[] = {0, 1, 1};
    const uint32_t *parents[] = {low};
    SdcHierarchy hierarchy = {2, sizes, parents, NULL};
    SdcTree tree;
    g_assert_true(sdc_tree_from_hierarchy(NULL, &hierarchy, true, &tree, NULL));
    static const uint32_t expected[] = {3, 4, 4, 5, 5, SDC_NO_PARENT};
    g_assert_cmpmem(tree.parents, tree.nodes * 4, expected, sizeof expected);
    sdc_tree_clear(NULL, &tree);
    g_assert_true(sdc_tree_flat(NULL, 1, &tree, NULL));
    g_assert_cmpuint(tree.nodes, ==, 1);
    sdc_tree_clear(NULL, &tree);
    sdc_tree_clear(NULL, &tree);
    /* Three dimensions of 2^22 categories do not fit a key. */
    g_assert_true(sdc_tree_flat(NULL, 1 << 22, &tree, NULL));
    SdcTree large[] = {tree, tree, tree};
    SdcTabulation in = {.dimensions = 3, .trees = large};
    SdcCube cube;
    g_assert_false(sdc_tabulate(NULL, &in, &cube, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    in.dimensions = 2, in.empty_cells = true;
    const uint32_t *none[] = {NULL, NULL};
    in.codes = none;
    g_assert_false(sdc_tabulate(NULL, &in, &cube, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    sdc_tree_clear(NULL, &tree);
}

static bool call_tabulate(const SdcContext *context, SdcError *error)
{
    static Records r;
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    records_fill(&r, rand, 60);
    SdcTabulation in = request(&r, 1 + 2 + 4 + 8 + 16);
    SdcCube cube;
    bool done = sdc_tabulate(context, &in, &cube, error);
    if (done)
        sdc_cube_clear(context, &cube);
    return done;
}

static bool call_dense(const SdcContext *context, SdcError *error)
{
    static Records r;
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    records_fill(&r, rand, 60);
    SdcTabulation in = request(&r, 1 + 2 + 8);
    SdcCube cube;
    bool done = sdc_tabulate(context, &in, &cube, error);
    if (done)
        sdc_cube_clear(context, &cube);
    return done;
}

static void test_memory(void)
{
    check_every_allocation(call_tabulate);
    check_every_allocation(call_dense);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/tabulate/by_hand", test_by_hand);
    g_test_add_func("/sdc/tabulate/definition", test_definition);
    g_test_add_func("/sdc/tabulate/sparse", test_sparse);
    g_test_add_func("/sdc/tabulate/many", test_many);
    g_test_add_func("/sdc/tabulate/refused", test_refused);
    g_test_add_func("/sdc/tabulate/trees", test_trees);
    g_test_add_func("/sdc/tabulate/memory", test_memory);
    return g_test_run();
}
