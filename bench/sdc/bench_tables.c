/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of tables, timed: processor seconds and wall. Peers are times of today's tools on the same
 * files and the same class of machine, which are not installable here. Results are checked before they are
 * timed.
 */
#include "sdc/sdc.h"
#include "sdchost/sdchost.h"

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
    SdcRules rules = {.minimum_count = 3, .max_share_percent = 85};
    SdcTable table = {.cells = cube.cells, .count = cube.units, .total = cube.total,
                      .largest = cube.top_values[0]};
    uint8_t *flags = g_malloc(cube.cells);
    SdcSummary summary;
    g_assert_true(sdc_primary_check(&rules, &table, flags, &summary, NULL));
    Clocks whole = clocks_since(start);
    printf("# %d rows, %d dimensions, %zu cells, %zu unsafe; %.2f s of processor\n", ROWS, DIMENSIONS,
           cube.cells, summary.flagged, whole.processor);
    figure("tabulate-10M", tabulated.wall, 0, 0);
    figure("tabulate-primary-10M", whole.wall, 0, 2);
    g_free(flags);
    g_free(values);
    for (int d = 0; d < DIMENSIONS; d++) {
        g_free(codes[d]);
        sdc_tree_clear(context, &trees[d]);
    }
    sdc_cube_clear(context, &cube);
}

int main(int argc, char **argv)
{
    unsigned threads = 0;
    if (argc == 3 && strcmp(argv[1], "--threads") == 0)
        threads = (unsigned)g_ascii_strtoull(argv[2], NULL, 10);
    SdchostPool *pool = sdchost_pool_new(threads, NULL);
    g_assert_nonnull(pool);
    SdcContext context = {.threads = sdchost_pool_threads(pool)};
    bench_tabulate(&context);
    sdchost_pool_free(pool);
    return 0;
}
