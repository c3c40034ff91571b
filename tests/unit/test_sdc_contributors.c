/* SPDX-License-Identifier: Apache-2.0 */
/* The rules on contributors: every boundary by hand, on cells made from records. */
#include "sdc_fixture.h"

#define M SDC_CONTRIBUTORS_MINIMUM
#define D SDC_CONTRIBUTORS_DOMINANCE
#define P SDC_CONTRIBUTORS_P_Q

typedef struct Cell {
    const char *what;
    double values[6], weights[6];   /* ended by 0 */
    SdcContributorRules rules;
    unsigned flags;
    double level;
} Cell;

static const Cell cells[] = {
    {"(2,85): 85 of 100 is safe", {50, 35, 15}, {0}, {.dominance_n = 2, .dominance_percent = 85}, 0, 0},
    {"(2,85): 86 of 100", {50, 36, 14}, {0}, {.dominance_n = 2, .dominance_percent = 80}, D, 7.5},
    {"(1,50)", {60, 40}, {0}, {.dominance_n = 1, .dominance_percent = 50}, D, 20},
    {"one contributor dominates", {5}, {0}, {.dominance_n = 2, .dominance_percent = 99}, D, 5 / .99 - 5},
    {"p = 10: the rest is 10 of 100, safe", {100, 50, 10}, {0}, {.p_percent = 10}, 0, 0},
    {"p = 10: the rest is 9 of 100", {100, 50, 9}, {0}, {.p_percent = 10}, P, 1},
    {"p = 10: two contributors", {100, 50}, {0}, {.p_percent = 10}, P, 10},
    {"p/q = 10/50: the rest is 15 of 100", {100, 50, 15}, {0}, {.p_percent = 10, .q_percent = 50}, P, 5},
    {"p/q = 10/50: the rest is 20 of 100", {100, 50, 20}, {0}, {.p_percent = 10, .q_percent = 50}, 0, 0},
    {"a coalition of two", {100, 50, 15, 5}, {0}, {.p_percent = 10, .coalition = 2}, P, 5},
    {"negative values count by size", {-100, 50, 9}, {0}, {.p_percent = 10}, P, 1},
    {"signs cancel in the total, not here", {100, -100, 1}, {0}, {.p_percent = 10}, P, 9},
    {"the largest stands for two: it is both", {100, 50, 5}, {2, 1, 1}, {.p_percent = 10}, 0, 0},
    {"half a unit of the second", {100, 40}, {1.5, 1}, {.dominance_n = 2, .dominance_percent = 75}, D,
     170 / .75 - 190},
    {"three units", {1, 1, 1}, {0}, {.minimum_units = 3}, 0, 0},
    {"two units", {60, 40}, {0}, {.minimum_units = 3}, M, 10},
    {"two units, a margin of 25 %", {60, 40}, {0}, {.minimum_units = 3, .minimum_margin_percent = 25}, M, 25},
    {"the larger level", {60, 40}, {0}, {.minimum_units = 3, .p_percent = 20}, M | P, 12},
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
        uint8_t flags;
        double level;
        g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
        g_assert_true(sdc_contributors_check(&c->rules, &cube, &flags, &level, NULL));
        if (flags != c->flags || fabs(level - c->level) > 1e-9)
            g_error("%s: flags %u, level %.12g; expected %u, %.12g", c->what, flags, level, c->flags,
                    c->level);
        sdc_cube_clear(NULL, &cube);
    }
}

/* With fewer contributors kept than the rule takes, nothing that it flags is missed. */
static void test_short_lists(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    static const uint32_t parents[] = {SDC_NO_PARENT};
    SdcTree tree = {1, parents, NULL};
    SdcContributorRules rules = {.dominance_n = 3, .dominance_percent = 80, .p_percent = 15, .coalition = 2};
    size_t flagged = 0;
    for (int turn = 0; turn < 500; turn++) {
        uint32_t codes[8];
        double values[8];
        const uint32_t *columns[] = {codes};
        for (int i = 0; i < 8; i++) {
            codes[i] = 1;
            values[i] = pow(10, g_rand_double_range(rand, 0, 3));
        }
        uint8_t whole = 0, short_list = 0;
        for (unsigned top = 1; top <= 8; top += 7) {
            SdcTabulation in = {.rows = 8, .dimensions = 1, .trees = &tree, .codes = columns,
                                .values = values, .top = top};
            SdcCube cube;
            g_assert_true(sdc_tabulate(NULL, &in, &cube, NULL));
            g_assert_true(sdc_contributors_check(&rules, &cube, top == 1 ? &short_list : &whole, NULL, NULL));
            sdc_cube_clear(NULL, &cube);
        }
        g_assert_cmpuint(whole & short_list, ==, whole);
        flagged += whole != 0;
    }
    g_assert_cmpuint(flagged, >, 50);
    g_assert_cmpuint(flagged, <, 450);
}

static void test_refused(void)
{
    static const SdcContributorRules wrong[] = {
        {0}, {.minimum_units = 0.5}, {.minimum_units = NAN}, {.dominance_n = 2},
        {.dominance_n = SDC_TOP_MAX + 1, .dominance_percent = 80}, {.p_percent = -1}, {.p_percent = NAN},
        {.p_percent = 20, .q_percent = 10}, {.p_percent = 10, .coalition = SDC_TOP_MAX},
        {.minimum_units = 3, .minimum_margin_percent = -1},
    };
    SdcError error = {0};
    for (size_t k = 0; k < G_N_ELEMENTS(wrong); k++) {
        g_assert_false(sdc_contributor_rules_check(&wrong[k], &error));
        g_assert_cmpint(error.code, ==, SDC_ERROR_RULES);
    }
    SdcCube counts = {.dimensions = 1};
    g_assert_false(sdc_contributors_check(&(SdcContributorRules){.p_percent = 10}, &counts, NULL, NULL,
                                          &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_TABLE);
}

/* Two rows of two: the first has all its units in the first column. */
static void test_groups(void)
{
    static const uint32_t parents[] = {2, 2, SDC_NO_PARENT};
    static const SdcTree trees[] = {{3, parents, NULL}, {3, parents, NULL}};
    static const uint32_t rows[] = {0, 0, 0, 1, 1, 1, 2, 2, 2}, columns[] = {0, 1, 2, 0, 1, 2, 0, 1, 2};
    const uint32_t *nodes[] = {rows, columns};
    SdcTableShape shape = {2, trees, 9, nodes, NULL};
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, 9, &relations, NULL));
    double counts[] = {7, 0, 7, 3, 4, 7, 10, 4, 14};
    bool groups[9];
    size_t count;
    g_assert_true(sdc_group_disclosure(&relations, counts, groups, &count, NULL));
    g_assert_cmpuint(count, ==, 2);
    g_assert_true(groups[0]);   /* all of the first row */
    g_assert_true(groups[4]);   /* all of the second column */
    counts[0] = -1;
    SdcError error = {0};
    g_assert_false(sdc_group_disclosure(&relations, counts, groups, &count, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    sdc_relations_clear(NULL, &relations);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/contributors/cells", test_cells);
    g_test_add_func("/sdc/contributors/short_lists", test_short_lists);
    g_test_add_func("/sdc/contributors/refused", test_refused);
    g_test_add_func("/sdc/contributors/groups", test_groups);
    return g_test_run();
}
