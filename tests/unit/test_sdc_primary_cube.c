/* SPDX-License-Identifier: Apache-2.0 */
/* The primary rules on tables made from records: every boundary by hand, weights and protection included. */
#include "sdc_fixture.h"

#define M SDC_FLAG_MINIMUM_CONTRIBUTORS
#define D SDC_FLAG_DOMINANCE
#define P SDC_FLAG_P_Q
#define DOMINANCE(u, k) .dominance_percent[(u) - 1] = (k)

typedef struct Cell {
    const char *what;
    double values[6], weights[6];   /* ended by 0 */
    SdcRules rules;
    unsigned flags;
    double level;
} Cell;

static const Cell cells[] = {
    {"(2,85): 85 of 100 is safe", {50, 35, 15}, {0}, {DOMINANCE(2, 85)}, 0, 0},
    {"(2,85): 86 of 100", {50, 36, 14}, {0}, {DOMINANCE(2, 80)}, D, 7.5},
    {"(1,50)", {60, 40}, {0}, {DOMINANCE(1, 50)}, D, 20},
    {"one contributor dominates", {5}, {0}, {DOMINANCE(2, 99)}, D, 5 / .99 - 5},
    {"p = 10: the rest is 10 of 100, safe", {100, 50, 10}, {0}, {.p_percent = 10}, 0, 0},
    {"p = 10: the rest is 9 of 100", {100, 50, 9}, {0}, {.p_percent = 10}, P, 1},
    {"p = 10: two contributors", {100, 50}, {0}, {.p_percent = 10}, P, 10},
    {"p/q = 10/50: the rest is 15 of 100", {100, 50, 15}, {0}, {.p_percent = 10, .q_percent = 50}, P, 5},
    {"p/q = 10/50: the rest is 20 of 100", {100, 50, 20}, {0}, {.p_percent = 10, .q_percent = 50}, 0, 0},
    {"a coalition of two", {100, 50, 15, 5}, {0}, {.p_percent = 10, .coalition = 2}, P, 5},
    {"negative values count by size", {-100, 50, 9}, {0}, {.p_percent = 10}, P, 1},
    {"signs cancel in the total, not here", {100, -100, 1}, {0}, {.p_percent = 10}, P, 9},
    {"the largest stands for two: it is both", {100, 50, 5}, {2, 1, 1}, {.p_percent = 10}, 0, 0},
    {"half a unit of the second", {100, 40}, {1.5, 1}, {DOMINANCE(2, 75)}, D,
     170 / .75 - 190},
    {"three units", {1, 1, 1}, {0}, {.minimum_contributors = 3}, 0, 0},
    {"two units", {60, 40}, {0}, {.minimum_contributors = 3}, M, 10},
    {"two units, a margin of 25 %", {60, 40}, {0}, {.minimum_contributors = 3, .margin_percent = 25}, M, 25},
    {"the larger level", {60, 40}, {0}, {.minimum_contributors = 3, .p_percent = 20}, M | P, 12},
};

static void test_cells(void)
{
    static const uint32_t codes[] = {1, 1, 1, 1, 1, 1}, parents[] = {SDC_NO_PARENT};
    const uint32_t *columns[] = {codes};
    SdcTree tree = {1, parents, NULL};
    for (size_t k = 0; k < G_N_ELEMENTS(cells); k++) {
        const Cell *c = &cells[k];
        size_t rows = 0;
        while (rows < 6 && c->values[rows] != 0)
            rows++;
        SdcTabulation in = {.rows = rows, .dimensions = 1, .trees = &tree, .codes = columns,
                            .values = c->values, .weights = c->weights[0] > 0 ? c->weights : NULL, .top = 4};
        SdcCube cube;
        SdcVerdict v;
        SdcSummary summary;
        g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
        SdcTable table = sdc_cube_table(&cube, NULL);
        g_assert_true(sdc_primary_check(&c->rules, &table, &v, &summary, NULL));
        if (v.flags != c->flags || fabs(v.above - c->level) > 1e-9)
            g_error("%s: flags %u, level %.12g; expected %u, %.12g", c->what, v.flags, v.above, c->flags,
                    c->level);
        g_assert_cmpfloat(v.below, <=, MIN(v.above, cube.absolute[0]));
        sdc_cube_clear(NULL, &cube);
    }
}

/* With fewer contributors kept than the rules take: a cell that all contributors make unsafe is never called
 * safe, and one that they make safe is never called unsafe. */
static void test_short_lists(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    static const uint32_t parents[] = {SDC_NO_PARENT};
    SdcTree tree = {1, parents, NULL};
    SdcRules rules = {DOMINANCE(3, 80), .p_percent = 15, .coalition = 2};
    size_t flagged = 0, undecided = 0;
    for (int turn = 0; turn < 500; turn++) {
        uint32_t codes[8];
        double values[8];
        const uint32_t *columns[] = {codes};
        for (int i = 0; i < 8; i++) {
            codes[i] = 1;
            values[i] = pow(10, g_rand_double_range(rand, 0, 3));
        }
        SdcVerdict whole, short_list;
        for (unsigned top = 1; top <= 8; top += 7) {
            SdcTabulation in = {.rows = 8, .dimensions = 1, .trees = &tree, .codes = columns,
                                .values = values, .top = top};
            SdcCube cube;
            g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
            SdcTable table = sdc_cube_table(&cube, NULL);
            SdcSummary summary;
            g_assert_true(sdc_primary_check(&rules, &table, top == 1 ? &short_list : &whole, &summary, NULL));
            sdc_cube_clear(NULL, &cube);
        }
        g_assert_cmpuint(whole.flags & SDC_FLAG_UNDECIDED, ==, 0);
        g_assert_cmpuint(short_list.flags & (D | P) & ~whole.flags, ==, 0);
        if (whole.flags != 0)
            g_assert_cmpuint(short_list.flags, !=, 0);
        flagged += whole.flags != 0;
        undecided += short_list.flags == SDC_FLAG_UNDECIDED;
    }
    g_assert_cmpuint(undecided, >, 20);
    g_assert_cmpuint(flagged, >, 50);
    g_assert_cmpuint(flagged, <, 450);
}

/* A table of counts has no shares: the rules on them are not applied, and the summary says so. */
static void test_counts(void)
{
    static const uint32_t codes[] = {1, 1, 1}, parents[] = {SDC_NO_PARENT};
    const uint32_t *columns[] = {codes};
    SdcTree tree = {1, parents, NULL};
    SdcTabulation in = {.rows = 3, .dimensions = 1, .trees = &tree, .codes = columns};
    SdcRules rules = {.minimum_count = 4, .p_percent = 10};
    SdcCube cube;
    SdcVerdict v;
    SdcSummary summary;
    g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
    SdcTable table = sdc_cube_table(&cube, NULL);
    g_assert_true(sdc_primary_check(&rules, &table, &v, &summary, NULL));
    g_assert_cmpuint(v.flags, ==, SDC_FLAG_MINIMUM_COUNT);
    g_assert_cmpfloat(v.above, ==, 1);
    g_assert_cmpuint(summary.not_applied, ==, P);
    sdc_cube_clear(NULL, &cube);
}

/* Six records of two holdings, of weight 1.5: minimum of units, of records and of holdings are three things. */
static void test_holdings(void)
{
    static const uint32_t codes[] = {1, 1, 1, 1, 1, 1}, parents[] = {SDC_NO_PARENT};
    static const uint32_t holdings[] = {0, 0, 0, 0, 0, 1};
    static const double values[] = {10, 10, 10, 10, 10, 10}, weights[] = {1.5, 1.5, 1.5, 1.5, 1.5, 1.5};
    const uint32_t *columns[] = {codes};
    SdcTree tree = {1, parents, NULL};
    SdcTabulation in = {.rows = 6, .dimensions = 1, .trees = &tree, .codes = columns, .values = values,
                        .weights = weights, .top = 2};
    SdcRules rules = {.minimum_count = 9, .minimum_contributors = 3, DOMINANCE(1, 80)};
    for (int grouped = 0; grouped < 2; grouped++) {
        SdcCube cube;
        SdcVerdict v;
        SdcSummary summary;
        in.holdings = grouped ? holdings : NULL;
        g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
        SdcTable table = sdc_cube_table(&cube, NULL);
        g_assert_true(sdc_primary_check(&rules, &table, &v, &summary, NULL));
        /* 75 of 90 in one holding; two holdings; nine units all the same */
        g_assert_cmpuint(v.flags, ==, grouped ? M | D : 0);
        sdc_cube_clear(NULL, &cube);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/primary_cube/cells", test_cells);
    g_test_add_func("/sdc/primary_cube/short_lists", test_short_lists);
    g_test_add_func("/sdc/primary_cube/counts", test_counts);
    g_test_add_func("/sdc/primary_cube/holdings", test_holdings);
    return g_test_run();
}
