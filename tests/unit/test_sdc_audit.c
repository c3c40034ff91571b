/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attacker's intervals: rectangles worked by hand, random tables whose intervals are found by trying
 * all whole-numbered tables, and the published table of 414 cells.
 */
#include "sdc_fixture.h"
#include "sdc_tables.h"
#include "sdchost/sdchost.h"

static const SdcSolver *solver;
static SdcContext with_solver, with_threads;

/* 3 x 3 with totals; the rectangle of the first two rows and columns is not shown. */
static const uint32_t three_parents[] = {3, 3, 3, SDC_NO_PARENT};
static const SdcTree three[] = {{4, three_parents, NULL}, {4, three_parents, NULL}};

static void grid_relations(SdcRelations *ret_relations)
{
    static uint32_t nodes[2][16];
    for (uint32_t i = 0; i < 16; i++) {
        nodes[0][i] = i / 4;
        nodes[1][i] = i % 4;
    }
    const uint32_t *columns[] = {nodes[0], nodes[1]};
    SdcTableShape shape = {2, three, 16, columns, NULL};
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, 16, ret_relations, NULL));
}

/* The four are a + t, b - t, c - t, d + t: with 20 and 50 above, 10 and 40 below and nothing negative, t
 * goes from -20 to 10. */
static void test_rectangle(void)
{
    SdcRelations relations;
    grid_relations(&relations);
    double values[16] = {20, 50, 5, 75, 10, 40, 5, 55, 1, 2, 3, 6, 31, 92, 13, 136};
    bool suppressed[16] = {[0] = true, [1] = true, [4] = true, [5] = true};
    g_assert_true(sdc_relations_check(&relations, values, 0, NULL));
    double low[16], high[16];
    uint8_t states[16];
    SdcAuditSummary summary;
    SdcAudit audit = {&relations, values, suppressed, NULL, NULL, NULL, NULL, NULL};
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &summary, NULL));
    static const int cells[] = {0, 1, 4, 5};
    static const double lows[] = {0, 40, 0, 20}, highs[] = {30, 70, 30, 50};
    for (int k = 0; k < 4; k++) {
        g_assert_cmpfloat(fabs(low[cells[k]] - lows[k]), <, 1e-6);
        g_assert_cmpfloat(fabs(high[cells[k]] - highs[k]), <, 1e-6);
        g_assert_cmpint(states[cells[k]], ==, SDC_AUDIT_SAFE);
    }
    g_assert_cmpfloat(low[2], ==, 5);
    g_assert_cmpint(states[2], ==, SDC_AUDIT_SHOWN);
    g_assert_cmpuint(summary.components, ==, 1);
    g_assert_cmpuint(summary.targets, ==, 4);
    /* 10 above is what there is; 10.5 is not. */
    double above[16] = {[0] = 10}, below[16] = {[0] = 20};
    bool targets[16] = {[0] = true};
    audit.targets = targets, audit.above = above, audit.below = below;
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &summary, NULL));
    g_assert_cmpint(states[0], ==, SDC_AUDIT_SAFE);
    g_assert_cmpuint(summary.programs, ==, 2);
    above[0] = 10.5;
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &summary, NULL));
    g_assert_cmpint(states[0], ==, SDC_AUDIT_INSUFFICIENT);
    g_assert_cmpuint(summary.insufficient, ==, 1);
    /* What is known beforehand narrows it: cell 1 is known to be at most 55. */
    double lower[16] = {0}, upper[16];
    for (int i = 0; i < 16; i++)
        upper[i] = 1000;
    upper[1] = 55;
    audit.lower = lower, audit.upper = upper;
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &summary, NULL));
    g_assert_cmpfloat(fabs(low[0] - 15), <, 1e-6);
    upper[1] = 49;
    SdcError error = {0};
    g_assert_false(sdc_audit(&with_solver, &audit, low, high, states, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    sdc_relations_clear(NULL, &relations);
}

/* One cell alone is exact without any program; so is a chain of them; nothing suppressed is nothing. */
static void test_without_solver(void)
{
    SdcRelations relations;
    grid_relations(&relations);
    double values[16] = {20, 50, 5, 75, 10, 40, 5, 55, 1, 2, 3, 6, 31, 92, 13, 136}, low[16], high[16];
    bool suppressed[16] = {false};
    uint8_t states[16];
    SdcAuditSummary summary;
    SdcError error = {0};
    SdcAudit audit = {&relations, values, suppressed, NULL, NULL, NULL, NULL, NULL};
    g_assert_true(sdc_audit(NULL, &audit, low, high, states, &summary, NULL));
    g_assert_cmpuint(summary.targets, ==, 0);
    suppressed[0] = suppressed[1] = suppressed[5] = true;   /* 0 by its column, then 1, then 5 */
    g_assert_true(sdc_audit(NULL, &audit, low, high, states, &summary, NULL));
    g_assert_cmpuint(summary.exact, ==, 3);
    g_assert_cmpuint(summary.programs, ==, 0);
    suppressed[4] = true;
    g_assert_false(sdc_audit(NULL, &audit, low, high, states, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_SOLVER);
    values[2] = NAN;
    g_assert_false(sdc_audit(NULL, &audit, low, high, states, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    sdc_relations_clear(NULL, &relations);
}

/* Every table of whole numbers that keeps what is shown, by trying them all. The constraints of two-way
 * tables are totally unimodular: the least and greatest values are whole numbers. */
static void try_all(const SdcRelations *relations, const double *values, const bool *suppressed,
                    double *low, double *high)
{
    int hidden[16], count = 0;
    double trial[16];
    for (int i = 0; i < 16; i++) {
        low[i] = INFINITY;
        high[i] = -INFINITY;
        trial[i] = suppressed[i] ? 0 : values[i];
        if (suppressed[i])
            hidden[count++] = i;
    }
    enum { MOST = 13 };   /* no total of hidden inner cells is above 12 */
    for (;;) {
        if (sdc_relations_check(relations, trial, 0, NULL)) {
            for (int i = 0; i < 16; i++) {
                low[i] = fmin(low[i], trial[i]);
                high[i] = fmax(high[i], trial[i]);
            }
        }
        int k = 0;
        while (k < count && ++trial[hidden[k]] == MOST)
            trial[hidden[k++]] = 0;
        if (k == count)
            return;
    }
}

static void test_enumeration(void)
{
    SdcRelations relations;
    grid_relations(&relations);
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    for (int turn = 0; turn < 40; turn++) {
        double values[16] = {0}, low[16], high[16], least[16], greatest[16];
        bool suppressed[16] = {false};
        for (int i = 0; i < 9; i++) {
            double value = g_rand_int_range(rand, 0, 4);
            int r = i / 3, c = i % 3;
            values[r * 4 + c] = value;
            values[r * 4 + 3] += value;
            values[12 + c] += value;
            values[15] += value;
        }
        for (int k = 0; k < 5; k++) {
            int i = g_rand_int_range(rand, 0, 9);
            suppressed[i / 3 * 4 + i % 3] = true;
        }
        uint8_t states[16];
        SdcAuditSummary summary;
        SdcAudit audit = {&relations, values, suppressed, NULL, NULL, NULL, NULL, NULL};
        g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &summary, NULL));
        try_all(&relations, values, suppressed, least, greatest);
        for (int i = 0; i < 16; i++) {
            g_assert_cmpfloat(fabs(low[i] - least[i]), <, 1e-6);
            g_assert_cmpfloat(fabs(high[i] - greatest[i]), <, 1e-6);
            if (suppressed[i])
                g_assert_cmpint(states[i] == SDC_AUDIT_EXACT, ==, least[i] == greatest[i]);
        }
    }
    sdc_relations_clear(NULL, &relations);
}

/* The table of 414 cells of rtauargus: 77 primary cells, suppressed by elimination, then audited. */
static void test_published(void)
{
    g_autofree char *text = reference_text("sdc/rtauargus/turnover_act_size.csv");
    if (text == NULL) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    g_autofree char *activities = reference_text("sdc/rtauargus/activity_corr_table.csv");
    ActivitySize *table = activity_size_new(text, activities);
    const double *values = table->cells->columns[1];
    bool suppressed[414], singletons[414];
    for (int i = 0; i < 414; i++)
        singletons[i] = table->cells->columns[0][i] == 1;
    SdcGauss gauss = {&table->relations, table->primary, values, NULL, NULL, NULL, 0};
    SdcGaussSummary summary;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_cmpuint(summary.unprotected, ==, 0);
    double low[414], high[414], other_low[414], other_high[414];
    uint8_t states[414], threaded_states[414];
    SdcAuditSummary audited, again;
    SdcError error = {0};
    SdcAudit audit = {&table->relations, values, suppressed, table->primary, NULL, NULL, NULL, NULL};
    if (!sdc_audit(&with_solver, &audit, low, high, states, &audited, &error))
        g_error("%s", error.sentence);
    g_assert_cmpuint(audited.targets, ==, 77);
    g_assert_cmpuint(audited.safe, ==, 77);
    g_test_message("%zu secondary, %zu programs in %zu components", summary.secondary, audited.programs,
                   audited.components);
    g_assert_true(sdc_audit(&with_threads, &audit, other_low, other_high, threaded_states, &again, NULL));
    g_assert_cmpmem(low, sizeof low, other_low, sizeof other_low);
    g_assert_cmpmem(high, sizeof high, other_high, sizeof other_high);
    /* Those who are alone in a cell: some of them compute another's from that pattern, as elimination says
     * too; from the pattern that thinks of them, none does. */
    uint32_t who[414];
    bool exposed[414];
    size_t count;
    SdcInsiders insiders = {&audit, singletons, NULL, 1};
    SdcKnowledge knowledge = {&table->relations, suppressed, table->primary, singletons, NULL, 1};
    g_assert_true(sdc_audit_insiders(&with_solver, &insiders, low, high, states, who, &audited, NULL));
    g_assert_true(sdc_gauss_exposed(NULL, &knowledge, exposed, &count, NULL));
    g_test_message("%zu cells of others are exact for someone who is alone in a cell", audited.exact);
    g_assert_cmpuint(audited.exact, ==, count);
    gauss.singletons = singletons;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_true(sdc_audit_insiders(&with_solver, &insiders, low, high, states, who, &audited, NULL));
    g_test_message("%zu secondary, %zu programs of insiders", summary.secondary, audited.programs);
    g_assert_cmpuint(audited.exact, ==, 0);
    gauss.coalition = insiders.coalition = 2;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    g_assert_true(sdc_audit_insiders(&with_solver, &insiders, low, high, states, who, &audited, NULL));
    g_test_message("%zu secondary, %zu programs of two insiders", summary.secondary, audited.programs);
    g_assert_cmpuint(audited.exact, ==, 0);
    /* The primary cells alone protect nothing: most follow from the totals. */
    audit.suppressed = table->primary;
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &audited, NULL));
    g_assert_cmpuint(audited.exact, >, 40);
    activity_size_free(table);
}

static bool call_audit(const SdcContext *context, SdcError *error)
{
    SdcContext full = *context;
    full.solver = solver;
    SdcRelations relations;
    grid_relations(&relations);
    static const double values[16] = {20, 50, 5, 75, 10, 40, 5, 55, 1, 2, 3, 6, 31, 92, 13, 136};
    static const bool suppressed[16] = {[0] = true, [1] = true, [4] = true, [5] = true};
    double low[16], high[16];
    uint8_t states[16];
    SdcAuditSummary summary;
    SdcAudit audit = {&relations, values, suppressed, NULL, NULL, NULL, NULL, NULL};
    bool done = sdc_audit(&full, &audit, low, high, states, &summary, error);
    sdc_relations_clear(NULL, &relations);
    return done;
}

static void test_memory(void)
{
    check_every_allocation(call_audit);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    SdchostSolver *coin = sdchost_solver_open(NULL);
    g_assert_nonnull(coin);
    solver = sdchost_solver_table(coin);
    with_solver.solver = with_threads.solver = solver;
    with_threads.threads = &three_threads;
    g_test_add_func("/sdc/audit/rectangle", test_rectangle);
    g_test_add_func("/sdc/audit/without_solver", test_without_solver);
    g_test_add_func("/sdc/audit/enumeration", test_enumeration);
    g_test_add_func("/sdc/audit/published", test_published);
    g_test_add_func("/sdc/audit/memory", test_memory);
    int failed = g_test_run();
    sdchost_solver_close(coin);
    return failed;
}
