/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Optimal suppression: small tables whose patterns are all tried, each judged by the audit; the published
 * table of 414 cells; what is impossible, and what time ends.
 */
#include "sdc_fixture.h"
#include "sdc_tables.h"
#include "sdchost/sdchost.h"

static SdcContext with_solver;

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

typedef struct Case {
    SdcRelations relations;
    double values[16], cost[16], below[16], above[16];
    bool primary[16], shown[16];
} Case;

static void case_fill(Case *c, GRand *rand)
{
    memset(c, 0, sizeof *c);
    grid_relations(&c->relations);
    for (int i = 0; i < 9; i++) {
        int at = i / 3 * 4 + i % 3;
        double value = g_rand_int_range(rand, 1, 40);
        c->values[at] = value;
        c->values[i / 3 * 4 + 3] += value;
        c->values[12 + i % 3] += value;
        c->values[15] += value;
        c->primary[at] = g_rand_int_range(rand, 0, 4) == 0;
    }
    for (int i = 0; i < 16; i++) {
        c->cost[i] = g_rand_boolean(rand) ? c->values[i] : 1 + c->values[i] / 64;
        c->below[i] = MAX(0.5, c->values[i] * 0.3);
        c->above[i] = MAX(0.5, c->values[i] * 0.2);
        c->shown[i] = i == 15;
    }
}

static bool protects(const Case *c, const bool *suppressed)
{
    double low[16], high[16];
    uint8_t states[16];
    SdcAuditSummary summary;
    SdcAudit audit = {&c->relations, c->values, suppressed, c->primary, NULL, NULL, c->below, c->above};
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &summary, NULL));
    return summary.safe == summary.targets;
}

/* INFINITY where no pattern protects. Patterns of whose cells no two are alone in a line are skipped
 * unseen by cost only, never by reasoning. */
static double least_cost(const Case *c)
{
    double least = INFINITY;
    for (unsigned pattern = 0; pattern < 1u << 15; pattern++) {
        bool suppressed[16] = {false}, is_superset = true;
        double cost = 0;
        for (int i = 0; i < 15; i++) {
            suppressed[i] = (pattern >> i & 1) != 0;
            is_superset = is_superset && (suppressed[i] || !c->primary[i]);
            cost += suppressed[i] && !c->primary[i] ? c->cost[i] : 0;
        }
        if (is_superset && cost < least && protects(c, suppressed))
            least = cost;
    }
    return least;
}

static void test_all_patterns(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);
    for (int turn = 0; turn < 6; turn++) {
        Case c;
        case_fill(&c, rand);
        bool suppressed[16];
        SdcOptimalSummary summary;
        SdcError error = {0};
        SdcOptimal optimal = {&c.relations, c.values, c.primary, c.cost, c.shown, NULL, NULL, c.below,
                              c.above, NULL, 20};
        double least = least_cost(&c);
        bool found = sdc_optimal_suppress(&with_solver, &optimal, suppressed, &summary, &error);
        g_assert_cmpint(found, ==, isfinite(least));
        if (found) {
            g_assert_true(summary.proven);
            g_assert_cmpfloat(fabs(summary.cost - least), <, 1e-6);
            g_assert_cmpfloat(fabs(summary.bound - least), <, 1e-6);
            g_assert_true(protects(&c, suppressed));
        } else {
            g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
        }
        sdc_relations_clear(NULL, &c.relations);
    }
}

static void test_refused(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(12);
    Case c;
    case_fill(&c, rand);
    memset(c.primary, 0, sizeof c.primary);
    c.primary[0] = true;
    bool suppressed[16];
    SdcOptimalSummary summary = {.cuts = 42};
    SdcError error = {0};
    SdcOptimal optimal = {&c.relations, c.values, c.primary, c.cost, c.shown, NULL, NULL, c.below, c.above,
                          NULL, 20};
    g_assert_false(sdc_optimal_suppress(NULL, &optimal, suppressed, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_SOLVER);
    /* Everything else must be shown. */
    for (int i = 0; i < 16; i++)
        c.shown[i] = i != 0;
    g_assert_false(sdc_optimal_suppress(&with_solver, &optimal, suppressed, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
    memset(c.shown, 0, sizeof c.shown);
    double upper[16];
    for (int i = 0; i < 16; i++)
        upper[i] = c.values[i] + (i == 0 ? c.above[0] / 2 : 1000);
    optimal.upper = upper;
    g_assert_false(sdc_optimal_suppress(&with_solver, &optimal, suppressed, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_IMPOSSIBLE);
    optimal.upper = NULL;
    c.below[0] = c.above[0] = 0;
    g_assert_false(sdc_optimal_suppress(&with_solver, &optimal, suppressed, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_ARGUMENT);
    c.below[0] = c.above[0] = 1;
    c.cost[3] = -1;
    g_assert_false(sdc_optimal_suppress(&with_solver, &optimal, suppressed, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    c.cost[3] = 1;
    optimal.time_limit_s = 0;
    g_assert_false(sdc_optimal_suppress(&with_solver, &optimal, suppressed, &summary, &error));
    g_assert_cmpuint(summary.cuts, ==, 42);
    /* No time: what is known comes back, and nothing is claimed. */
    bool known[16];
    memset(known, 1, sizeof known);
    optimal.time_limit_s = 1e-9;
    optimal.known = known;
    g_assert_true(sdc_optimal_suppress(&with_solver, &optimal, suppressed, &summary, &error));
    g_assert_true(summary.from_known);
    g_assert_false(summary.proven);
    g_assert_cmpuint(summary.secondary, ==, 15);
    g_assert_cmpfloat(summary.bound, <=, summary.cost);
    memcpy(known, c.primary, sizeof known);
    g_assert_false(sdc_optimal_suppress(&with_solver, &optimal, suppressed, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    sdc_relations_clear(NULL, &c.relations);
}

static void test_published(void)
{
    g_autofree char *text = reference_text("sdc/rtauargus/turnover_act_size.csv");
    if (text == NULL) {
        g_test_skip(SKIP_WITHOUT_DATA);
        return;
    }
    g_autofree char *activities = reference_text("sdc/rtauargus/activity_corr_table.csv");
    ActivitySize *table = activity_size_new(text, activities);
    bool suppressed[414], by_gauss[414];
    SdcGauss gauss = {&table->relations, table->primary, table->cells->columns[1], NULL, NULL, NULL, 0};
    SdcGaussSummary gauss_summary;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, by_gauss, &gauss_summary, NULL));
    SdcOptimal optimal = {&table->relations, table->cells->columns[1], table->primary,
                          table->cells->columns[1], NULL, NULL, NULL, table->below, table->above,
                          by_gauss, 60};
    SdcOptimalSummary summary;
    SdcError error = {0};
    if (!sdc_optimal_suppress(&with_solver, &optimal, suppressed, &summary, &error))
        g_error("%s", error.sentence);
    g_test_message("cost %.6g with %zu secondary (elimination: %zu), bound %.6g, %zu rounds, %zu cuts, %zu "
                   "programs", summary.cost, summary.secondary, gauss_summary.secondary, summary.bound,
                   summary.rounds, summary.cuts, summary.programs);
    g_assert_true(summary.proven);
    double low[414], high[414];
    uint8_t states[414];
    SdcAuditSummary audited;
    SdcAudit audit = {&table->relations, table->cells->columns[1], suppressed, table->primary, NULL, NULL,
                      table->below, table->above};
    g_assert_true(sdc_audit(&with_solver, &audit, low, high, states, &audited, NULL));
    g_assert_cmpuint(audited.safe, ==, 77);
    activity_size_free(table);
}

static bool call_optimal(const SdcContext *context, SdcError *error)
{
    SdcContext full = *context;
    full.solver = with_solver.solver;
    g_autoptr(GRand) rand = g_rand_new_with_seed(13);
    Case c;
    case_fill(&c, rand);
    memset(c.primary, 0, sizeof c.primary);
    c.primary[0] = c.primary[5] = true;
    bool suppressed[16];
    SdcOptimalSummary summary;
    SdcOptimal optimal = {&c.relations, c.values, c.primary, c.cost, NULL, NULL, NULL, c.below, c.above,
                          NULL, 20};
    bool done = sdc_optimal_suppress(&full, &optimal, suppressed, &summary, error);
    sdc_relations_clear(NULL, &c.relations);
    return done;
}

static void test_memory(void)
{
    check_every_allocation(call_optimal);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    SdchostSolver *coin = sdchost_solver_open(NULL);
    g_assert_nonnull(coin);
    with_solver.solver = sdchost_solver_table(coin);
    g_test_add_func("/sdc/optimal/all_patterns", test_all_patterns);
    g_test_add_func("/sdc/optimal/refused", test_refused);
    g_test_add_func("/sdc/optimal/published", test_published);
    g_test_add_func("/sdc/optimal/memory", test_memory);
    int failed = g_test_run();
    sdchost_solver_close(coin);
    return failed;
}
