/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels of records, timed on one thread in processor seconds: the best of several runs. Peers are
 * times of sdcMicro 5.8.1 and ARX on the same files and the same class of machine, which are not
 * installable here. Each result is compared with the known one before its time counts; a file that is not
 * there is a comment, not a figure. DARSE_TEST_DATA names the folder of reference data.
 */
#include "sdc_adult.h"
#include "sdc_fixture.h"

#include <stdio.h>
#include <time.h>

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* GOAL: how many times faster than the peer. */
static void figure(const char *name, double ours, double peer, double goal)
{
    printf("sdc.%s ours=%.4gs peer=%.4gs ratio=%.4g goal=<=%.4g %s\n", name, ours, peer, ours / peer,
           1 / goal, ours * goal <= peer ? "ok" : "short");
    fflush(stdout);
}

static double best_of(int times, void (*run)(const void *data), const void *data)
{
    double best = INFINITY;
    for (int i = 0; i < times; i++) {
        double start = processor_seconds();
        run(data);
        best = MIN(best, processor_seconds() - start);
    }
    return best;
}

/* --- one function for each figure; a wrong result ends the program -------------------------------- */

static void run_risk(const void *data)
{
    const Synthetic *s = data;
    SdcFrequencies f;
    g_autofree double *risks = g_new(double, s->rows);
    g_assert_true(sdc_frequencies_count(NULL, s->keys, 6, &s->weights, SDC_MISSING_WILDCARD, &f, NULL));
    g_assert_true(sdc_risk_individual(NULL, &f, SDC_RISK_APPROXIMATE, risks, NULL));
    double expected = 0;
    for (size_t i = 0; i < s->rows; i++)
        expected += risks[i];
    g_assert_cmpfloat(fabs(expected - 7355.5813110840), <, 1e-8);
    sdc_frequencies_clear(NULL, &f);
}

static void run_suda(const void *data)
{
    const Synthetic *s = data;
    SdcSudaOptions options = {.sampling_fraction = .01, .missing = SDC_MISSING_CATEGORY};
    SdcSuda suda;
    g_assert_true(sdc_suda(NULL, s->keys, 6, &options, &suda, NULL));
    double sum = 0;
    for (size_t i = 0; i < s->rows; i++)
        sum += suda.scores[i];
    g_assert_cmpfloat(sum, ==, 161873);
    sdc_suda_clear(NULL, &suda);
}

static void run_mdav(const void *data)
{
    const Synthetic *s = data;
    SdcMicroaggregation m;
    g_assert_true(sdc_mdav(NULL, s->amounts, 3, 3, &m, NULL));
    g_assert_cmpfloat(fabs(m.sse / m.sst - .00078966), <, 1e-8);
    sdc_microaggregation_clear(NULL, &m);
}

static void run_swap(const void *data)
{
    const Synthetic *s = data;
    g_autofree double *out = g_new(double, s->rows);
    for (uint64_t v = 0; v < 3; v++)
        g_assert_true(sdc_rank_swap(NULL, &s->amounts[v], 5, 1, v, out, NULL));
}

static void run_pram(const void *data)
{
    const Synthetic *s = data;
    g_autofree uint32_t *out = g_new(uint32_t, s->rows);
    SdcPramOptions options = {.seed = 1, .pd = .8, .alpha = .5};
    size_t changed;
    for (int v = 0; v < 2; v++)
        g_assert_true(sdc_pram(NULL, &s->keys[v], &options, out, NULL, &changed, NULL));
}

static void suppress(const Synthetic *s, SdcSuppressionRule rule)
{
    SdcSuppressionOptions options = {.rule = rule, .k = 3};
    SdcSuppression made;
    g_assert_true(sdc_suppress(NULL, s->keys, 6, &options, &made, NULL));
    g_assert_true(s->rows != 5000 || rule != SDC_SUPPRESSION_GREEDY || made.cells == 6177);
    sdc_suppression_clear(NULL, &made);
}

static void run_greedy(const void *data)
{
    suppress(data, SDC_SUPPRESSION_GREEDY);
}

static void run_thrifty(const void *data)
{
    suppress(data, SDC_SUPPRESSION_THRIFTY);
}

static void bench_synthetic(void)
{
    g_autoptr(Synthetic) s = synthetic_read(100000);
    if (s == NULL) {
        printf("# sdc: %s\n", SKIP_WITHOUT_DATA);
        return;
    }
    figure("risk", best_of(9, run_risk, s), .132, 20);
    figure("suda2", best_of(5, run_suda, s), .94, 20);
    figure("mdav", best_of(3, run_mdav, s), 58.5, 20);
    figure("rank_swap", best_of(5, run_swap, s), 16.1, 20);
    figure("pram", best_of(5, run_pram, s), 1.86, 20);
    double all = best_of(1, run_greedy, s);
    printf("sdc.suppress_100k ours=%.4gs peer=- ratio=- goal=<=10s %s\n", all, all <= 10 ? "ok" : "short");
    double thrifty = best_of(1, run_thrifty, s);
    printf("sdc.suppress_100k_thrifty ours=%.4gs peer=- ratio=- goal=<=10s %s\n", thrifty,
           thrifty <= 10 ? "ok" : "short");
    synthetic_point(s, 20000);
    figure("suppress_20k", best_of(3, run_greedy, s), 285, 500);
    figure("suppress_20k_thrifty", best_of(1, run_thrifty, s), 285, 20);
    synthetic_point(s, 5000);
    figure("suppress_5k", best_of(3, run_greedy, s), 44, 500);
}

/* --- adult, k = 5, discernibility ------------------------------------------------------------------- */

typedef struct Lattice {
    const Adult *adult;
    double limit, loss;
} Lattice;

static void run_lattice(const void *data)
{
    const Lattice *l = data;
    SdcLatticeOptions options = {.k = 5, .limit = l->limit, .loss = SDC_LOSS_DISCERNIBILITY};
    SdcLattice found;
    g_assert_true(sdc_lattice_search(NULL, l->adult->columns, l->adult->hierarchies, ADULT_KEYS, &options,
                                     &found, NULL));
    g_assert_cmpfloat(found.loss, ==, l->loss);
    sdc_lattice_clear(NULL, &found);
}

static void bench_adult(void)
{
    Adult adult = {0};
    if (!adult_read(&adult))
        return;
    figure("lattice", best_of(7, run_lattice, &(Lattice){&adult, 0, 33627534}), .034, 2);
    figure("lattice_4_percent", best_of(3, run_lattice, &(Lattice){&adult, .04, 7220555}), 1.06, 2);
    adult_clear(&adult);
}

/* `bench_records adult` or `bench_records synthetic`: that file alone. */
int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "synthetic") == 0)
        bench_synthetic();
    if (argc < 2 || strcmp(argv[1], "adult") == 0)
        bench_adult();
    return 0;
}
