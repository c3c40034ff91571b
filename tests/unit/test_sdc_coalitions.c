/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What those can compute who are in the table: random tables whose patterns are judged by a dense
 * elimination for every contributor and every two, tables made to be undone by one who knows, and
 * intervals found by trying all whole-numbered tables.
 */
#include "sdc_fixture.h"
#include "sdc_tables.h"
#include "sdchost/sdchost.h"

static SdcContext with_solver;

/* --- the judge for coalitions -------------------------------------------------------------------------- */

/* Can contributors A and B together compute P of a pattern, and not if all but their own cells were
 * hidden? */
static bool computes(const SdcRelations *relations, const bool *suppressed, const uint32_t *contributors,
                     uint32_t a, uint32_t b, size_t p)
{
    bool known[100] = {false}, all[100];
    if (!suppressed[p] || contributors[p] == a || contributors[p] == b)
        return false;
    for (size_t i = 0; i < relations->cells; i++) {
        known[i] = contributors[i] != 0 && (contributors[i] == a || contributors[i] == b);
        all[i] = true;
    }
    return is_fixed(relations, suppressed, p, known) && !is_fixed(relations, all, p, known);
}

static size_t count_exposed(const SdcRelations *relations, const bool *suppressed, const bool *primary,
                            const uint32_t *contributors, uint32_t most, unsigned coalition, bool *ret_exposed)
{
    size_t count = 0;
    for (size_t p = 0; p < relations->cells; p++) {
        ret_exposed[p] = false;
        for (uint32_t a = 1; primary[p] && a <= most; a++) {
            for (uint32_t b = a; b <= (coalition > 1 ? most : a); b++)
                ret_exposed[p] = ret_exposed[p] || computes(relations, suppressed, contributors, a, b, p);
        }
        count += ret_exposed[p];
    }
    return count;
}

/* --- random tables -------------------------------------------------------------------------------------- */

typedef struct Case {
    Grid grid;
    SdcRelations relations;
    bool primary[100], shown[100];
    uint32_t contributors[100];
    double cost[100];
    uint32_t most;
} Case;

/* Contributors that are alone in one cell, or in several. */
static void case_init(Case *c, GRand *rand)
{
    memset(c, 0, sizeof *c);
    grid_init(&c->grid, (unsigned)g_rand_int_range(rand, 2, 6), (unsigned)g_rand_int_range(rand, 2, 6));
    size_t cells = c->grid.shape.cells;
    g_assert_true(sdc_relations_from_tables(NULL, &c->grid.shape, 1, cells, &c->relations, NULL));
    for (size_t i = 0; i < cells; i++) {
        bool inner = c->grid.nodes[0][i] < c->grid.rows && c->grid.nodes[1][i] < c->grid.columns;
        c->primary[i] = inner && g_rand_int_range(rand, 0, 3) == 0;
        c->cost[i] = g_rand_int_range(rand, 1, 30) + (inner ? 0 : 100);
        if (!c->primary[i] || !g_rand_boolean(rand))
            continue;
        bool again = c->most > 0 && g_rand_int_range(rand, 0, 3) == 0;
        c->contributors[i] = again ? (uint32_t)g_rand_int_range(rand, 1, (gint32)c->most + 1) : ++c->most;
    }
}

static void case_clear(Case *c)
{
    sdc_relations_clear(NULL, &c->relations);
    grid_clear(&c->grid);
}

static void test_random(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(47);
    size_t alone = 0, together = 0;
    for (int turn = 0; turn < 120; turn++) {
        Case c;
        case_init(&c, rand);
        bool suppressed[100], exposed[100], found[100];
        SdcGaussSummary summary;
        for (unsigned coalition = 0; coalition <= 2; coalition++) {
            SdcGauss gauss = {&c.relations, c.primary, c.cost, NULL, NULL,
                              coalition > 0 ? c.contributors : NULL, coalition};
            SdcError error = {0};
            if (!sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, &error))
                g_error("%s", error.sentence);
            g_assert_cmpuint(summary.exposed, ==, 0);
            for (unsigned asked = 1; asked <= 2; asked++) {
                size_t expected = count_exposed(&c.relations, suppressed, c.primary, c.contributors, c.most, asked,
                                                exposed), count;
                SdcKnowledge knowledge = {&c.relations, suppressed, c.primary, NULL, c.contributors, asked};
                g_assert_true(sdc_gauss_exposed(NULL, &knowledge, found, &count, NULL));
                g_assert_cmpuint(count, ==, expected);
                g_assert_cmpmem(found, c.relations.cells, exposed, c.relations.cells);
                if (coalition >= asked && summary.unprotected == 0)
                    g_assert_cmpuint(expected, ==, 0);
                alone += coalition == 0 && asked == 1 && expected > 0;
                together += coalition == 1 && asked == 2 && expected > 0;
            }
        }
        case_clear(&c);
    }
    /* Protection that does not think of them is undone often enough for the above to mean something. */
    g_assert_cmpuint(alone, >, 20);
    g_assert_cmpuint(together, >, 5);
}

/* Cells that must be shown can leave a primary cell to one who knows: it is counted, not passed over. */
static void test_must_show(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(48);
    size_t seen = 0;
    for (int turn = 0; turn < 60; turn++) {
        Case c;
        case_init(&c, rand);
        bool suppressed[100], exposed[100];
        for (size_t i = 0; i < c.relations.cells; i++)
            c.shown[i] = !c.primary[i] && g_rand_int_range(rand, 0, 4) > 0;
        SdcGauss gauss = {&c.relations, c.primary, c.cost, c.shown, NULL, c.contributors, 2};
        SdcGaussSummary summary;
        g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
        size_t expected = count_exposed(&c.relations, suppressed, c.primary, c.contributors, c.most, 2, exposed);
        size_t disclosed = 0;
        for (size_t p = 0; p < c.relations.cells; p++) {
            bool open = c.primary[p] && is_fixed(&c.relations, suppressed, p, NULL);
            disclosed += open;
            expected -= open && exposed[p];   /* everybody computes these: they count as unprotected */
        }
        g_assert_cmpuint(summary.unprotected, ==, disclosed);
        g_assert_cmpuint(summary.exposed, ==, expected);
        seen += expected > 0;
        case_clear(&c);
    }
    g_assert_cmpuint(seen, >, 3);
}

/* --- by hand --------------------------------------------------------------------------------------------- */

/* A row of three parts, of one contributor each: 3, 4 and 5 of 12. Hiding two of them is enough for those
 * outside; each of the two then knows the other's. With singletons all three are hidden, which two
 * together undo: with coalitions of two it is the total that is hidden, and the third is shown again. */
static void test_row(void)
{
    SdcTree tree;
    g_assert_true(sdc_tree_flat(NULL, 3, &tree, NULL));
    static const uint32_t nodes[] = {0, 1, 2, 3}, contributors[] = {1, 2, 3, 0};
    static const double values[] = {3, 4, 5, 12};
    const uint32_t *columns[] = {nodes};
    SdcTableShape shape = {1, &tree, 4, columns, NULL};
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, 4, &relations, NULL));
    bool primary[4] = {true, true, false, false}, suppressed[4], exposed[4];
    SdcGaussSummary summary;
    size_t count;
    SdcGauss gauss = {&relations, primary, values, NULL, NULL, NULL, 0};
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.secondary, ==, 0);
    SdcKnowledge knowledge = {&relations, suppressed, primary, NULL, contributors, 1};
    g_assert_true(sdc_gauss_exposed(NULL, &knowledge, exposed, &count, NULL));
    g_assert_cmpuint(count, ==, 2);
    gauss.contributors = contributors;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.secondary, ==, 1);
    g_assert_true(suppressed[2] && !suppressed[3]);
    knowledge.coalition = 2;
    g_assert_true(sdc_gauss_exposed(NULL, &knowledge, exposed, &count, NULL));
    g_assert_cmpuint(count, ==, 2);
    gauss.coalition = 2;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.secondary, ==, 1);
    g_assert_true(suppressed[3] && !suppressed[2]);
    /* If the first two cells are one contributor's, nobody else knows anything of them. */
    static const uint32_t same[] = {1, 1, 0, 0};
    gauss.contributors = same;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.secondary, ==, 0);
    SdcError error = {0};
    gauss.singletons = primary;
    g_assert_false(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    gauss.singletons = NULL;
    gauss.coalition = 3;
    g_assert_false(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, &error));
    knowledge.coalition = 3;
    g_assert_false(sdc_gauss_exposed(NULL, &knowledge, exposed, &count, &error));
    /* The audit says the same: 3 and 4 of a shown 7 are open for others, exact for each other. */
    bool hidden[4] = {true, true, false, false};
    double low[4], high[4];
    uint8_t states[4];
    uint32_t who[4];
    SdcAuditSummary audited;
    SdcAudit audit = {&relations, values, hidden, NULL, NULL, NULL, NULL, NULL};
    SdcInsiders insiders = {&audit, NULL, contributors, 1};
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &audited, NULL));
    g_assert_cmpuint(audited.safe, ==, 2);
    g_assert_true(sdc_audit_insiders(&with_solver, &insiders, low, high, states, who, &audited, NULL));
    g_assert_cmpuint(audited.exact, ==, 2);
    g_assert_cmpuint(who[0], ==, 2);
    g_assert_cmpuint(who[1], ==, 1);
    insiders.contributors = same;
    g_assert_true(sdc_audit_insiders(&with_solver, &insiders, low, high, states, who, &audited, NULL));
    g_assert_cmpuint(audited.safe, ==, 2);
    g_assert_cmpuint(who[0] + who[1], ==, 0);
    insiders.coalition = 3;
    g_assert_false(sdc_audit_insiders(&with_solver, &insiders, low, high, states, who, &audited, &error));
    insiders = (SdcInsiders){&audit, NULL, NULL, 1};
    g_assert_false(sdc_audit_insiders(&with_solver, &insiders, low, high, states, who, &audited, &error));
    sdc_relations_clear(NULL, &relations);
    sdc_tree_clear(NULL, &tree);
}

/* --- intervals ------------------------------------------------------------------------------------------- */

/* 3 x 3 inner cells of 0 to 4: the bounds over all tables with the shown margins and the given cells. */
static void try_tables(const double *values, const bool *fixed, double *low, double *high)
{
    int y[9];
    for (int code = 0; code < 1953125; code++) {
        int rows[3] = {0}, columns[3] = {0};
        bool fits = true;
        for (int i = 0, rest = code; i < 9 && fits; i++, rest /= 5) {
            int at = i / 3 * 4 + i % 3;
            y[i] = rest % 5;
            fits = !fixed[at] || y[i] == (int)values[at];
            rows[i / 3] += y[i];
            columns[i % 3] += y[i];
        }
        for (int k = 0; k < 3; k++)
            fits = fits && rows[k] == (int)values[k * 4 + 3] && columns[k] == (int)values[12 + k];
        for (int i = 0; fits && i < 9; i++) {
            low[i / 3 * 4 + i % 3] = fmin(low[i / 3 * 4 + i % 3], y[i]);
            high[i / 3 * 4 + i % 3] = fmax(high[i / 3 * 4 + i % 3], y[i]);
        }
    }
}

static void test_intervals(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(49);
    Grid g;
    grid_init(&g, 3, 3);
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, &g.shape, 1, 16, &relations, NULL));
    for (int turn = 0; turn < 4; turn++) {
        double values[16] = {0}, upper[16], low[16], high[16];
        bool suppressed[16] = {false}, singletons[16] = {false};
        for (int i = 0; i < 9; i++) {
            int at = i / 3 * 4 + i % 3;
            values[at] = g_rand_int_range(rand, 0, 5);
            values[i / 3 * 4 + 3] += values[at];
            values[12 + i % 3] += values[at];
            values[15] += values[at];
            suppressed[at] = g_rand_int_range(rand, 0, 8) > 0;
            singletons[at] = suppressed[at] && g_rand_int_range(rand, 0, 3) == 0;
        }
        for (int i = 0; i < 16; i++)
            upper[i] = i % 4 == 3 || i > 11 ? 100 : 4;
        double best_low[16], best_high[16];
        for (int s = -1; s < 16; s++) {
            if (s >= 0 && !singletons[s])
                continue;
            bool fixed[16];
            double its_low[16], its_high[16];
            for (int i = 0; i < 16; i++) {
                fixed[i] = !suppressed[i] || i == s;
                its_low[i] = 100;
                its_high[i] = -1;
            }
            try_tables(values, fixed, its_low, its_high);
            for (int i = 0; i < 16; i++) {
                if (s < 0 || (i != s && its_high[i] - its_low[i] < best_high[i] - best_low[i])) {
                    best_low[i] = its_low[i];
                    best_high[i] = its_high[i];
                }
            }
        }
        uint8_t states[16];
        uint32_t who[16];
        SdcAuditSummary summary;
        SdcAudit audit = {&relations, values, suppressed, NULL, NULL, upper, NULL, NULL};
        SdcInsiders insiders = {&audit, singletons, NULL, 1};
        g_assert_true(sdc_audit_insiders(&with_solver, &insiders, low, high, states, who, &summary, NULL));
        for (int i = 0; i < 16; i++) {
            if (!suppressed[i])
                continue;
            g_assert_cmpfloat(fabs(high[i] - low[i] - (best_high[i] - best_low[i])), <, 1e-5);
            g_assert_cmpint(states[i] == SDC_AUDIT_EXACT, ==, best_high[i] == best_low[i]);
            g_assert_true(low[i] <= values[i] && values[i] <= high[i]);
        }
    }
    sdc_relations_clear(NULL, &relations);
    grid_clear(&g);
}

/* What elimination promises of coalitions of two, the audit by insiders confirms with linear programs. */
static void test_agree(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(50);
    for (int turn = 0; turn < 15; turn++) {
        Case c;
        case_init(&c, rand);
        bool suppressed[100];
        SdcGauss gauss = {&c.relations, c.primary, c.cost, NULL, NULL, c.contributors, 2};
        SdcGaussSummary summary;
        g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
        double values[100] = {0}, low[100], high[100];
        size_t width = c.grid.columns + 1;
        for (size_t i = 0; i < c.relations.cells; i++) {
            size_t row = c.grid.nodes[0][i], column = c.grid.nodes[1][i];
            if (row == c.grid.rows || column == c.grid.columns)
                continue;
            values[i] = g_rand_int_range(rand, 5, 50);
            values[row * width + c.grid.columns] += values[i];
            values[c.grid.rows * width + column] += values[i];
            values[c.relations.cells - 1] += values[i];
        }
        uint8_t states[100];
        uint32_t who[100];
        SdcAuditSummary audited;
        SdcAudit audit = {&c.relations, values, suppressed, c.primary, NULL, NULL, NULL, NULL};
        SdcInsiders insiders = {&audit, NULL, c.contributors, 2};
        g_assert_true(sdc_audit_insiders(&with_solver, &insiders, low, high, states, who, &audited, NULL));
        if (summary.unprotected == 0)
            g_assert_cmpuint(audited.exact, ==, 0);
        case_clear(&c);
    }
}

/* --- memory ---------------------------------------------------------------------------------------------- */

static bool call_all(const SdcContext *context, SdcError *error)
{
    SdcContext full = *context;
    full.solver = with_solver.solver;
    Grid g;
    grid_init(&g, 2, 3);
    static const bool primary[12] = {[0] = true, [1] = true, [5] = true};
    static const uint32_t contributors[12] = {[0] = 7, [1] = 3, [5] = 7};
    static const double values[12] = {1, 2, 3, 6, 4, 5, 6, 15, 5, 7, 9, 21};
    bool suppressed[12], exposed[12];
    double low[12], high[12];
    uint8_t states[12];
    uint32_t who[12];
    size_t count;
    SdcRelations relations;
    SdcGaussSummary summary;
    SdcAuditSummary audited;
    g_assert_true(sdc_relations_from_tables(NULL, &g.shape, 1, 12, &relations, NULL));
    SdcGauss gauss = {&relations, primary, values, NULL, NULL, contributors, 2};
    SdcKnowledge knowledge = {&relations, suppressed, primary, NULL, contributors, 2};
    SdcAudit audit = {&relations, values, suppressed, primary, NULL, NULL, NULL, NULL};
    SdcInsiders insiders = {&audit, NULL, contributors, 2};
    bool done = sdc_gauss_suppress(&full, &gauss, suppressed, &summary, error) &&
                sdc_gauss_exposed(&full, &knowledge, exposed, &count, error) &&
                sdc_audit_insiders(&full, &insiders, low, high, states, who, &audited, error);
    sdc_relations_clear(NULL, &relations);
    grid_clear(&g);
    return done;
}

static void test_memory(void)
{
    check_every_allocation(call_all);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    SdchostSolver *coin = sdchost_solver_open(NULL);
    g_assert_nonnull(coin);
    with_solver.solver = sdchost_solver_table(coin);
    g_test_add_func("/sdc/coalitions/random", test_random);
    g_test_add_func("/sdc/coalitions/must_show", test_must_show);
    g_test_add_func("/sdc/coalitions/row", test_row);
    g_test_add_func("/sdc/coalitions/intervals", test_intervals);
    g_test_add_func("/sdc/coalitions/agree", test_agree);
    g_test_add_func("/sdc/coalitions/memory", test_memory);
    int failed = g_test_run();
    sdchost_solver_close(coin);
    return failed;
}
