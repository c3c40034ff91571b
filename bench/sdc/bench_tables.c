/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of tables, timed: processor seconds and wall. Peers are times of today's tools on the same
 * files and the same class of machine, which are not installable here. Results are checked before they are
 * timed.
 */
#include "sdc/sdc.h"
#include "sdchost/sdchost.h"

#include "../../tests/unit/sdc_tables.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct Clocks {
    double wall, processor;
} Clocks;

static Clocks clocks_now(void)
{
    struct timespec wall, processor;
    clock_gettime(CLOCK_MONOTONIC, &wall);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &processor);
    return (Clocks){(double)wall.tv_sec + 1e-9 * (double)wall.tv_nsec,
                    (double)processor.tv_sec + 1e-9 * (double)processor.tv_nsec};
}

static Clocks clocks_since(Clocks start)
{
    Clocks now = clocks_now();
    return (Clocks){now.wall - start.wall, now.processor - start.processor};
}

/* PEER 0: none. GOAL_MAX 0: none; else the figure must not be above it. */
static void figure(const char *name, double ours, double peer, double goal_max)
{
    char peer_text[40] = "-", ratio[40] = "-", goal[40] = "-";
    const char *verdict = "";
    if (peer > 0) {
        snprintf(peer_text, sizeof peer_text, "%.4gs", peer);
        snprintf(ratio, sizeof ratio, "%.4g", ours / peer);
    }
    if (goal_max > 0) {
        snprintf(goal, sizeof goal, "<=%.4gs", goal_max);
        verdict = ours <= goal_max ? " ok" : " short";
    }
    printf("sdc.%s ours=%.4gs peer=%s ratio=%s goal=%s%s\n", name, ours, peer_text, ratio, goal, verdict);
    fflush(stdout);
}

/* --- tabulation ------------------------------------------------------------------------------------ */

/* Departments in regions, activities in three levels, size, legal form, age: 101, 88, 5, 4, 6 leaves. */
enum { ROWS = 10000000, DIMENSIONS = 5 };

static void tree_of(const SdcContext *context, uint32_t leaves, uint32_t middle, uint32_t upper,
                    SdcTree *ret_tree)
{
    uint32_t sizes[] = {leaves, middle, upper}, low[200], high[200];
    const uint32_t *parents[] = {low, high};
    for (uint32_t c = 0; c < leaves; c++)
        low[c] = c * middle / leaves;
    for (uint32_t c = 0; c < middle; c++)
        high[c] = c * upper / middle;
    SdcHierarchy hierarchy = {middle == 0 ? 1 : upper == 0 ? 2 : 3, sizes, parents, NULL};
    g_assert_true(sdc_tree_from_hierarchy(context, &hierarchy, true, ret_tree, NULL));
}

static void bench_tabulate(const SdcContext *context)
{
    SdcTree trees[DIMENSIONS];
    static const uint32_t leaves[DIMENSIONS] = {101, 88, 5, 4, 6};
    tree_of(context, 101, 13, 0, &trees[0]);
    tree_of(context, 88, 38, 17, &trees[1]);
    for (int d = 2; d < DIMENSIONS; d++)
        g_assert_true(sdc_tree_flat(context, leaves[d], &trees[d], NULL));
    uint32_t *codes[DIMENSIONS];
    double *values = g_new(double, ROWS);
    for (int d = 0; d < DIMENSIONS; d++)
        codes[d] = g_new(uint32_t, ROWS);
    uint64_t state = 1;
    for (size_t i = 0; i < ROWS; i++) {
        for (int d = 0; d < DIMENSIONS; d++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            double u = (double)(state >> 11) * 0x1p-53;
            codes[d][i] = 1 + (uint32_t)(u * u * leaves[d]);   /* some categories are frequent */
        }
        values[i] = (double)(state >> 40);
    }
    SdcTabulation in = {.rows = ROWS, .dimensions = DIMENSIONS, .trees = trees,
                        .codes = (const uint32_t *const *)codes, .values = values, .top = 3};
    Clocks start = clocks_now();
    SdcCube cube;
    g_assert_true(sdc_tabulate(context, &in, &cube, NULL));
    Clocks tabulated = clocks_since(start);
    g_assert_cmpfloat(cube.count[cube.cells - 1], ==, ROWS);
    SdcRules rules = {.minimum_count = 3, .dominance_percent = {85}};
    SdcTable table = sdc_cube_table(&cube, NULL);
    SdcVerdict *verdicts = g_new(SdcVerdict, cube.cells);
    SdcSummary summary;
    g_assert_true(sdc_primary_check(&rules, &table, verdicts, &summary, NULL));
    Clocks whole = clocks_since(start);
    printf("# %d rows, %d dimensions, %zu cells, %zu unsafe; %.2f s of processor\n", ROWS, DIMENSIONS,
           cube.cells, summary.flagged, whole.processor);
    figure("tabulate-10M", tabulated.wall, 0, 0);
    figure("tabulate-primary-10M", whole.wall, 0, 2);
    g_free(verdicts);
    g_free(values);
    for (int d = 0; d < DIMENSIONS; d++) {
        g_free(codes[d]);
        sdc_tree_clear(context, &trees[d]);
    }
    sdc_cube_clear(context, &cube);
}

/* --- suppression by elimination ------------------------------------------------------------------- */

/* 9 786 units over 44 x 5 x 11 x 4 x 4 cells, totals included; the first three dimensions, four, all. A
 * stand-in of the same sizes for the file of the published times, which is not ours to copy. */
static void small_table(unsigned dimensions, SdcTree *ret_trees, SdcCube *ret_cube)
{
    static const uint32_t leaves[] = {32, 4, 10, 3, 3};
    enum { UNITS = 9786 };
    uint32_t sizes[] = {32, 8, 3}, low[32], high[8];
    const uint32_t *parents[] = {low, high};
    for (uint32_t c = 0; c < 32; c++)
        low[c] = c / 4;
    for (uint32_t c = 0; c < 8; c++)
        high[c] = c * 3 / 8;
    SdcHierarchy hierarchy = {3, sizes, parents, NULL};
    g_assert_true(sdc_tree_from_hierarchy(NULL, &hierarchy, true, &ret_trees[0], NULL));
    for (unsigned d = 1; d < dimensions; d++)
        g_assert_true(sdc_tree_flat(NULL, leaves[d], &ret_trees[d], NULL));
    static uint32_t codes[5][UNITS];
    const uint32_t *columns[5];
    uint64_t state = 3;
    for (size_t i = 0; i < UNITS; i++) {
        for (unsigned d = 0; d < 5; d++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            double u = (double)(state >> 11) * 0x1p-53;
            codes[d][i] = 1 + (uint32_t)(u * u * leaves[d]);
        }
    }
    for (unsigned d = 0; d < 5; d++)
        columns[d] = codes[d];
    SdcTabulation in = {.rows = UNITS, .dimensions = dimensions, .trees = ret_trees, .codes = columns,
                        .empty_cells = true};
    g_assert_true(sdc_tabulate(NULL, &in, ret_cube, NULL));
}

/* COALITION 0: against those outside alone; 2: against every two who are alone in a cell, too. */
static void bench_gauss(unsigned dimensions, size_t cells, double peer, unsigned coalition)
{
    SdcTree trees[5];
    SdcCube cube;
    small_table(dimensions, trees, &cube);
    g_assert_cmpuint(cube.cells, ==, cells);
    bool *primary = g_new0(bool, cells), *shown = g_new0(bool, cells), *suppressed = g_new0(bool, cells);
    g_autofree bool *singletons = g_new0(bool, cells);
    for (size_t i = 0; i < cells; i++) {
        singletons[i] = cube.count[i] == 1;
        primary[i] = cube.count[i] > 0 && cube.count[i] < 3;
        shown[i] = cube.count[i] == 0;
    }
    Clocks start = clocks_now();
    SdcTableShape shape = {dimensions, trees, cells, (const uint32_t *const *)cube.nodes, NULL};
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, cells, &relations, NULL));
    SdcGauss gauss = {&relations, primary, cube.count, shown, coalition > 0 ? singletons : NULL, NULL, coalition};
    SdcGaussSummary summary;
    g_assert_true(sdc_gauss_suppress(NULL, &gauss, suppressed, &summary, NULL));
    Clocks taken = clocks_since(start);
    printf("# %zu cells, %zu relations, %zu primary, %zu secondary, %zu cannot be protected\n", cells,
           relations.count, summary.primary, summary.secondary, summary.unprotected);
    g_autofree char *name = g_strdup_printf("gauss-%zu%s", cells, coalition > 1 ? "-pairs" : "");
    figure(name, taken.processor, peer, peer / 20);
    sdc_relations_clear(NULL, &relations);
    sdc_cube_clear(NULL, &cube);
    for (unsigned d = 0; d < dimensions; d++)
        sdc_tree_clear(NULL, &trees[d]);
    g_free(primary);
    g_free(shown);
    g_free(suppressed);
}

/* --- the table of 414 cells: audited, and proven optimal ------------------------------------------- */

/* Median of RUNS. */
enum { RUNS = 9 };

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, RUNS, sizeof *values, compare_doubles);
    return values[RUNS / 2];
}

static char *reference(const char *root, const char *name)
{
    g_autofree char *path = g_build_filename(root, "sdc", "rtauargus", name, NULL);
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void audit_once(const SdcContext *context, const ActivitySize *table, const bool *suppressed)
{
    double low[414], high[414];
    uint8_t states[414];
    SdcAuditSummary summary;
    SdcAudit audit = {&table->relations, table->cells->columns[1], suppressed, table->primary, NULL, NULL,
                      NULL, NULL};
    g_assert_true(sdc_audit(context, &audit, low, high, states, &summary, NULL));
    g_assert_cmpuint(summary.safe, ==, 77);
    g_assert_cmpuint(summary.programs, ==, 154);
}

static void bench_published(const SdcContext *context, const char *root)
{
    g_autofree char *text = reference(root, "turnover_act_size.csv");
    g_autofree char *activities = reference(root, "activity_corr_table.csv");
    if (text == NULL || activities == NULL) {
        printf("# the table of 414 cells is not on this machine (set DARSE_TEST_DATA)\n");
        return;
    }
    ActivitySize *table = activity_size_new(text, activities);
    bool by_gauss[414], suppressed[414];
    double gauss_times[RUNS], audit_times[RUNS], optimal_times[RUNS];
    SdcOptimalSummary summary;
    for (int run = 0; run < RUNS; run++) {
        Clocks start = clocks_now();
        SdcGaussSummary gauss_summary;
        SdcGauss gauss = {&table->relations, table->primary, table->cells->columns[1], NULL, NULL, NULL, 0};
        g_assert_true(sdc_gauss_suppress(context, &gauss, by_gauss, &gauss_summary, NULL));
        gauss_times[run] = clocks_since(start).processor;
        start = clocks_now();
        audit_once(context, table, by_gauss);
        audit_times[run] = clocks_since(start).processor;
        start = clocks_now();
        SdcOptimal optimal = {&table->relations, table->cells->columns[1], table->primary,
                              table->cells->columns[1], NULL, NULL, NULL, table->below, table->above,
                              by_gauss, 60};
        g_assert_true(sdc_optimal_suppress(context, &optimal, suppressed, &summary, NULL));
        g_assert_true(summary.proven);
        audit_once(context, table, suppressed);
        optimal_times[run] = clocks_since(start).processor;
    }
    printf("# 414 cells, 77 primary, solver %s; optimum %.10g with %zu secondary, %zu rounds, %zu cuts, %zu "
           "programs\n", context->solver->name, summary.cost, summary.secondary, summary.rounds,
           summary.cuts, summary.programs);
    figure("gauss-414", median(gauss_times), 0, 0);
    figure("audit-414", median(audit_times), 0, 0);
    figure("optimal-and-audit-414", median(optimal_times), 0, 1);
    activity_size_free(table);
}

int main(int argc, char **argv)
{
    unsigned threads = 0;
    if (argc == 3 && strcmp(argv[1], "--threads") == 0)
        threads = (unsigned)g_ascii_strtoull(argv[2], NULL, 10);
    const char *data = g_getenv("DARSE_TEST_DATA");
    SdchostPool *pool = sdchost_pool_new(threads, NULL);
    SdchostSolver *solver = sdchost_solver_open(NULL);
    g_assert_nonnull(pool);
    g_assert_nonnull(solver);
    SdcContext context = {.threads = sdchost_pool_threads(pool), .solver = sdchost_solver_table(solver)};
    bench_published(&context, data != NULL ? data : "../shared/data");
    bench_gauss(3, 2420, 0.61, 0);
    bench_gauss(4, 9680, 5.1, 0);
    bench_gauss(5, 38720, 70, 0);
    bench_gauss(3, 2420, 0, 2);
    bench_gauss(4, 9680, 0, 2);
    bench_tabulate(&context);
    sdchost_solver_close(solver);
    sdchost_pool_free(pool);
    return 0;
}
