/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relations of tables and suppression by elimination: cases by hand, small random tables against a dense
 * elimination in floating point that shares nothing with the kernel, and the published patterns of
 * Statistics Norway's packages.
 */
#include "sdc_fixture.h"
#include "sdc_tables.h"

static void test_relations(void)
{
    Grid g;
    grid_init(&g, 2, 3);
    SdcRelations relations;
    SdcError error = {0};
    g_assert_true(sdc_relations_from_tables(NULL, &g.shape, 1, 12, &relations, NULL));
    g_assert_cmpuint(relations.count, ==, 4 + 3);
    g_assert_cmpuint(relations.terms, ==, 4 * 3 + 3 * 4);
    double values[] = {1, 2, 3, 6, 4, 5, 6, 15, 5, 7, 9, 21};
    g_assert_true(sdc_relations_check(&relations, values, 1e-9, &error));
    values[5] = 5.5;
    g_assert_false(sdc_relations_check(&relations, values, 1e-9, &error));
    g_assert_true(sdc_relations_check(&relations, values, 0.1, &error));
    values[5] = NAN;
    g_assert_false(sdc_relations_check(&relations, values, 0.1, &error));
    sdc_relations_clear(NULL, &relations);
    g.nodes[1][5] = 0;
    g_assert_false(sdc_relations_from_tables(NULL, &g.shape, 1, 12, &relations, &error));
    g_assert_nonnull(strstr(error.sentence, "same place"));
    g.nodes[1][5] = 4;
    g_assert_false(sdc_relations_from_tables(NULL, &g.shape, 1, 12, &relations, &error));
    g.nodes[1][5] = 1;
    g_assert_false(sdc_relations_from_tables(NULL, &g.shape, 1, 11, &relations, &error));
    grid_clear(&g);
}

/* A branch without its own total: the parts are those of the next total above. */
static void test_missing_total(void)
{
    static const uint32_t parents[] = {3, 3, 4, 4, SDC_NO_PARENT}, all[] = {0, 1, 2, 3, 4},
                          without[] = {0, 1, 2, 4};
    SdcTree tree = {5, parents, NULL};
    const uint32_t *columns[] = {all};
    SdcTableShape shape = {1, &tree, 5, columns, NULL};
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, 5, &relations, NULL));
    g_assert_cmpuint(relations.count, ==, 2);
    g_assert_cmpuint(relations.terms, ==, 6);
    sdc_relations_clear(NULL, &relations);
    columns[0] = without;
    shape.cells = 4;
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, 4, &relations, NULL));
    g_assert_cmpuint(relations.count, ==, 1);
    g_assert_cmpuint(relations.terms, ==, 4);
    sdc_relations_clear(NULL, &relations);
}

/* 3 x 3, the corner is unsafe. Costs are values: of the four cells of a rectangle the kernel keeps the
 * cheapest way out: the rectangle with (1, 1), of 2, 2 and 1. */
static void test_by_hand(void)
{
    Grid g;
    grid_init(&g, 3, 3);
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, &g.shape, 1, 16, &relations, NULL));
    static const double values[] = {1, 2, 9, 12, 2, 1, 9, 12, 9, 9, 9, 27, 12, 12, 27, 51};
    static const bool expected[16] = {[0] = true, [1] = true, [4] = true, [5] = true};
    bool primary[16] = {[0] = true}, suppressed[16], disclosed[16];
    g_assert_true(sdc_relations_check(&relations, values, 0, NULL));
    SdcGaussSummary summary;
    SdcGauss gauss = {&relations, primary, values, NULL, NULL, NULL, 0};
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpmem(suppressed, sizeof suppressed, expected, sizeof expected);
    g_assert_cmpuint(summary.secondary, ==, 3);
    g_assert_cmpuint(summary.unprotected, ==, 0);
    size_t count;
    g_assert_true(sdc_gauss_disclosed(NULL, &relations, suppressed, disclosed, &count, NULL));
    g_assert_cmpuint(count, ==, 0);
    g_assert_true(sdc_gauss_disclosed(NULL, &relations, primary, disclosed, &count, NULL));
    g_assert_cmpuint(count, ==, 1);
    g_assert_true(disclosed[0]);
    /* Everything else must be shown: nothing can protect it, and that is said. */
    bool shown[16];
    for (int i = 0; i < 16; i++)
        shown[i] = i != 0;
    gauss.shown = shown;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.unprotected, ==, 1);
    shown[0] = true;
    SdcError error = {0};
    g_assert_false(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    double costs[16] = {NAN};
    gauss = (SdcGauss){&relations, primary, costs, NULL, NULL, NULL, 0};
    g_assert_false(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    sdc_relations_clear(NULL, &relations);
    grid_clear(&g);
}

/* --- random tables ------------------------------------------------------------------------------- */

static void check_pattern(const SdcRelations *relations, const bool *primary, const bool *singletons,
                          const bool *suppressed)
{
    size_t n = relations->cells;
    bool disclosed[400], known[400] = {false};
    size_t count, expected = 0;
    g_assert_true(sdc_gauss_disclosed(NULL, relations, suppressed, disclosed, &count, NULL));
    for (size_t i = 0; i < n; i++) {
        bool fixed = suppressed[i] && is_fixed(relations, suppressed, i, NULL);
        g_assert_cmpint(disclosed[i], ==, fixed);
        expected += fixed;
        g_assert_false(primary[i] && fixed);
        for (size_t s = 0; singletons != NULL && s < n && primary[i]; s++) {
            known[s] = s != i && singletons[s] && suppressed[s];
            if (known[s])
                g_assert_false(is_fixed(relations, suppressed, i, known));
            known[s] = false;
        }
    }
    g_assert_cmpuint(count, ==, expected);
}

/* No secondary cell is there for nothing: shown, it discloses a primary one. */
static void check_needed(const SdcRelations *relations, const bool *primary, bool *suppressed)
{
    for (size_t i = 0; i < relations->cells; i++) {
        if (!suppressed[i] || primary[i])
            continue;
        suppressed[i] = false;
        bool fixed = false;
        for (size_t p = 0; p < relations->cells && !fixed; p++)
            fixed = primary[p] && is_fixed(relations, suppressed, p, NULL);
        g_assert_true(fixed);
        suppressed[i] = true;
    }
}

static void test_random(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    for (int turn = 0; turn < 60; turn++) {
        Grid g;
        grid_init(&g, (unsigned)g_rand_int_range(rand, 2, 6), (unsigned)g_rand_int_range(rand, 2, 6));
        size_t cells = g.shape.cells;
        SdcRelations relations;
        g_assert_true(sdc_relations_from_tables(NULL, &g.shape, 1, cells, &relations, NULL));
        bool primary[100] = {false}, singletons[100] = {false}, suppressed[100];
        double cost[100];
        for (size_t i = 0; i < cells; i++) {
            cost[i] = g_rand_int_range(rand, 1, 30);
            bool inner = g.nodes[0][i] < g.rows && g.nodes[1][i] < g.columns;
            primary[i] = inner && g_rand_int_range(rand, 0, 5) == 0;
            singletons[i] = primary[i] && g_rand_boolean(rand);
            cost[i] += inner ? 0 : 100;
        }
        SdcGaussSummary summary;
        SdcGauss gauss = {&relations, primary, cost, NULL, NULL, NULL, 0};
        g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
        g_assert_cmpuint(summary.unprotected, ==, 0);
        check_pattern(&relations, primary, NULL, suppressed);
        check_needed(&relations, primary, suppressed);
        gauss.singletons = singletons;
        g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
        check_pattern(&relations, primary, singletons, suppressed);
        sdc_relations_clear(NULL, &relations);
        grid_clear(&g);
    }
}

/* Two tables share the margin of their columns: what one shows must not undo the other. */
static void test_linked(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(8);
    for (int turn = 0; turn < 30; turn++) {
        Grid a, b;
        unsigned columns = (unsigned)g_rand_int_range(rand, 2, 5);
        grid_init(&a, 3, columns);
        grid_init(&b, 4, columns);
        uint32_t ids[100];
        size_t shared = columns + 1, cells = a.shape.cells + b.shape.cells - shared;
        for (uint32_t i = 0; i < b.shape.cells; i++) {
            bool is_margin = i >= b.shape.cells - shared;
            ids[i] = (uint32_t)(a.shape.cells + i - (is_margin ? b.shape.cells : 0));
        }
        b.shape.ids = ids;
        SdcTableShape both[] = {a.shape, b.shape};
        SdcRelations relations;
        g_assert_true(sdc_relations_from_tables(NULL, both, 2, cells, &relations, NULL));
        bool primary[100] = {false}, suppressed[100];
        double cost[100];
        for (size_t i = 0; i < cells; i++) {
            cost[i] = g_rand_int_range(rand, 1, 30);
            primary[i] = g_rand_int_range(rand, 0, 7) == 0 && i + 1 != a.shape.cells;
        }
        SdcGaussSummary summary;
        SdcGauss gauss = {&relations, primary, cost, NULL, NULL, NULL, 0};
        g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
        if (summary.unprotected == 0)
            check_pattern(&relations, primary, NULL, suppressed);
        sdc_relations_clear(NULL, &relations);
        grid_clear(&a);
        grid_clear(&b);
    }
}

/* --- published patterns -------------------------------------------------------------------------- */

typedef struct Published {
    const char *expected, *records;
    unsigned dimensions;
    int paths[3][3][3];        /* of each table and dimension: columns of RECORDS, then -1 */
    int tables;
    size_t cells, primary, suppressed, same;   /* SAME: cells of which ours says the same */
} Published;

static const Published published[] = {
    {"sdc/gauss/expected_z1_GaussSuppressionFromData.csv", "sdc/gauss/z1.csv", 2,
     {{{0, -1}, {1, -1}}}, 1, 45, 3, 6, 45},
    {"sdc/gauss/expected_z2_GaussSuppressionFromData.csv", "sdc/gauss/z2.csv", 2,
     {{{0, 1, -1}, {3, -1}}, {{0, 2, -1}, {3, -1}}}, 2, 100, 11, 29, 100},
    {"sdc/gauss/expected_z3_GaussSuppressionFromData.csv", "sdc/gauss/z3.csv", 3,
     {{{0, 1, -1}, {3, -1}, {4, 5, -1}}, {{0, 2, -1}, {3, -1}, {4, 5, -1}}}, 2, 1350, 503, 684, 1349},
};

static void check_published(const Published *which)
{
    g_autofree char *records = reference_text(which->records);
    g_autofree char *text = reference_text(which->expected);
    CellText *cells = cell_text_new(text, which->dimensions);
    g_assert_cmpuint(cells->cells, ==, which->cells);
    LabelTable *tables[2];
    SdcTableShape shapes[2];
    for (int t = 0; t < which->tables; t++) {
        tables[t] = label_table_new(which->dimensions);
        for (unsigned d = 0; d < which->dimensions; d++) {
            int count = 0;
            while (which->paths[t][d][count] >= 0)
                count++;
            labels_read(&tables[t]->labels[d], records, which->paths[t][d], count);
        }
        label_table_take(tables[t], cells);
        shapes[t] = label_table_shape(tables[t]);
    }
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, shapes, (size_t)which->tables, cells->cells, &relations,
                                            NULL));
    SdcError error = {0};
    if (!sdc_relations_check(&relations, cells->columns[0], 1e-9, &error))
        g_error("%s", error.sentence);
    bool primary[1350], theirs[1350], suppressed[1350], disclosed[1350], singletons[1350];
    for (size_t i = 0; i < cells->cells; i++) {
        primary[i] = cells->columns[1][i] != 0;
        theirs[i] = cells->columns[2][i] != 0;
        singletons[i] = cells->columns[0][i] == 1;
    }
    SdcGaussSummary summary;
    SdcGauss gauss = {&relations, primary, cells->columns[0], NULL, NULL, NULL, 0};
    if (!sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, &error))
        g_error("%s", error.sentence);
    size_t same = 0, count, theirs_count = 0;
    for (size_t i = 0; i < cells->cells; i++) {
        same += suppressed[i] == theirs[i];
        theirs_count += theirs[i];
    }
    g_assert_cmpuint(summary.primary, ==, which->primary);
    g_assert_cmpuint(theirs_count, ==, which->suppressed);
    g_assert_cmpuint(same, ==, which->same);
    g_assert_cmpuint(summary.primary + summary.secondary, <=, which->suppressed);
    g_assert_cmpuint(summary.unprotected, ==, 0);
    g_assert_true(sdc_gauss_disclosed(NULL, &relations, theirs, disclosed, &count, NULL));
    g_assert_cmpuint(count, ==, 0);
    /* With singletons, more; and of the pattern without, some contributor could have computed a cell. */
    size_t secondary = summary.secondary;
    gauss.singletons = singletons;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.secondary, >=, secondary);
    g_assert_true(sdc_gauss_disclosed(NULL, &relations, suppressed, disclosed, &count, NULL));
    g_assert_cmpuint(count, ==, 0);
    sdc_relations_clear(NULL, &relations);
    for (int t = 0; t < which->tables; t++)
        label_table_free(tables[t]);
    cell_text_free(cells);
}

static void test_published(void)
{
    g_autofree char *path = reference_path(published[0].expected);
    if (path == NULL) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(published); i++)
        check_published(&published[i]);
}

/* --- memory -------------------------------------------------------------------------------------- */

static bool call_gauss(const SdcContext *context, SdcError *error)
{
    Grid g;
    grid_init(&g, 2, 3);
    bool primary[12] = {[0] = true, [5] = true}, singletons[12] = {[0] = true}, suppressed[12];
    static const double cost[12] = {1, 2, 3, 60, 4, 5, 6, 70, 50, 70, 90, 210};
    SdcRelations relations;
    SdcGaussSummary summary;
    bool done = sdc_relations_from_tables(context, &g.shape, 1, 12, &relations, error);
    if (done) {
        SdcGauss gauss = {&relations, primary, cost, NULL, singletons, NULL, 0};
        done = sdc_gauss_suppress(context, &gauss, suppressed, &summary, error);
        sdc_relations_clear(context, &relations);
    }
    grid_clear(&g);
    return done;
}

static void test_memory(void)
{
    check_every_allocation(call_gauss);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/gauss/relations", test_relations);
    g_test_add_func("/sdc/gauss/missing_total", test_missing_total);
    g_test_add_func("/sdc/gauss/by_hand", test_by_hand);
    g_test_add_func("/sdc/gauss/random", test_random);
    g_test_add_func("/sdc/gauss/linked", test_linked);
    g_test_add_func("/sdc/gauss/published", test_published);
    g_test_add_func("/sdc/gauss/memory", test_memory);
    return g_test_run();
}
