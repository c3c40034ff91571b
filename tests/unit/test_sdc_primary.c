/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary rules: each boundary by hand, then the published table of Insee's rtauargus package
 * where the reference data are on the machine.
 */
#include "sdc/sdc.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define C SDC_FLAG_MINIMUM_COUNT
#define S SDC_FLAG_DOMINANCE
#define R SDC_FLAG_ROUNDING
#define U SDC_FLAG_UNDECIDED
#define I SDC_FLAG_INVALID

static const SdcRules enterprise = {.minimum_count = 3, .dominance_percent = {85}};

static void test_flag_table(void)
{
    const SdcFlagKind *kinds = sdc_flag_kinds();
    for (int f = 0; f < SDC_FLAG_COUNT; f++) {
        g_assert_cmpint(kinds[f].flag, ==, 1 << f);
        g_assert_cmpuint(strlen(kinds[f].name), >, 3);
        g_assert_cmpuint(strlen(kinds[f].sentence), >, 10);
    }
}

static void test_refused(void)
{
    double one[] = {1};
    SdcVerdict verdict = {.flags = 0xAA};
    SdcSummary summary = {.cells = 42};
    SdcError error = {0};
    SdcTable nothing = {.cells = 1}, no_total = {.cells = 1, .count = one, .top = 1, .top_values = {one}};
    SdcTable table = {.cells = 1, .count = one};
    SdcRules none = {0};
    g_assert_false(sdc_primary_check(&enterprise, &nothing, &verdict, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_TABLE);
    g_assert_false(sdc_primary_check(&enterprise, &no_total, &verdict, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_TABLE);
    g_assert_false(sdc_primary_check(&none, &table, &verdict, &summary, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_RULES);
    g_assert_cmpint(verdict.flags, ==, 0xAA);
    g_assert_cmpuint(summary.cells, ==, 42);
}

static void test_empty(void)
{
    double none[1];
    SdcTable table = {.cells = 0, .count = none};
    SdcSummary summary;
    g_assert_true(sdc_primary_check(&enterprise, &table, NULL, &summary, NULL));
    g_assert_cmpuint(summary.cells, ==, 0);
    g_assert_cmpuint(summary.flagged, ==, 0);
}

typedef struct CellCase {
    const char *what;
    double n, total, largest;
    unsigned expected;
} CellCase;

static void check_cells(const SdcRules *rules, const CellCase *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SdcVerdict v;
        SdcSummary s;
        SdcTable table = {.cells = 1, .count = &cases[i].n, .total = &cases[i].total, .top = 1,
                          .top_values = {&cases[i].largest}};
        g_assert_true(sdc_primary_check(rules, &table, &v, &s, NULL));
        if (v.flags != cases[i].expected)
            g_error("%s: flags %#x, expected %#x", cases[i].what, v.flags, cases[i].expected);
        g_assert_cmpuint(s.suppressed + s.safe + s.flagged, ==, 1);
        g_assert_cmpuint(s.flagged, ==, v.flags != 0);
        g_assert_cmpuint(s.safe, ==, v.status == SDC_STATUS_SAFE);
        g_assert_cmpuint(s.suppressed, ==, v.status == SDC_STATUS_SUPPRESSED);
        if (v.flags == 0)
            g_assert_cmpuint(v.first, ==, SDC_FLAG_COUNT);
        else
            g_assert_cmpuint(v.first, ==, (unsigned)g_bit_nth_lsf(v.flags, -1));
    }
}

static void test_boundaries(void)
{
    static const CellCase cases[] = {
        {"one unit", 1, 50, 50, C | S},
        {"two equal units", 2, 100, 50, C},
        {"three units, safe", 3, 100, 50, 0},
        {"no unit", 0, 0, 0, 0},
        {"85 of 100 exactly: equality is safe", 10, 100, 85, 0},
        {"just above 85 %", 10, 100, 85.0001, S},
        {"17 of 20 exactly", 10, 20, 17, 0},
        {"all of it in a cell of many", 10, 100, 100, S},
        {"weighted count above", 3.25, 100, 40, 0},
        {"weighted count below", 2.99, 100, 40, C},
        {"a sliver of a unit", 0.2, 100, 600, C | S},
        {"many units, all zero", 10, 0, 0, 0},
        {"total zero, a contribution that is not", 10, 0, 5, S},
        {"negative total, safe", 10, -100, -50, 0},
        {"negative total, dominated", 10, -100, -90, S},
        {"signs cancel: stricter", 10, 10, 50, S},
        {"opposite sign", 10, 100, -86, S},
    };
    check_cells(&enterprise, cases, G_N_ELEMENTS(cases));
}

static void test_missing_and_impossible(void)
{
    static const CellCase cases[] = {
        {"all hidden", NAN, NAN, NAN, 0},
        {"count alone is shown", 5, NAN, NAN, 0},
        {"small count alone is shown", 2, NAN, NAN, C},
        {"total without count", NAN, 100, 10, U},
        {"total without largest", 10, 100, NAN, U},
        {"largest without total", 10, NAN, 40, U},
        {"total alone", NAN, 100, NAN, U},
        {"negative count", -1, 100, 50, I},
        {"infinite count", INFINITY, 100, 50, I},
        {"infinite total", 10, INFINITY, 50, I},
        {"infinite largest", 10, 100, INFINITY, S | I},
        {"a total of nobody", 0, 100, 50, I},
        {"a total of nobody, no largest", 0, 100, NAN, U | I},
        {"ten units of at most 5 cannot make 100", 10, 100, 5, I},
        {"ten units of 10 make 100", 10, 100, 10, 0},
        {"within the rounding of a file", 3, 1.0000003, 0.3333333, 0},
    };
    check_cells(&enterprise, cases, G_N_ELEMENTS(cases));
}

static void test_rounding_and_zeros(void)
{
    static const SdcRules rounded = {.minimum_count = 10, .rounding_base = 5};
    static const CellCase cases[] = {
        {"a multiple", 15, NAN, NAN, 0},
        {"not a multiple", 17, NAN, NAN, R},
        {"a fraction", 15.5, NAN, NAN, R},
        {"small multiple", 5, NAN, NAN, C},
        {"small, not a multiple", 7, NAN, NAN, C | R},
        {"zero is a multiple", 0, NAN, NAN, 0},
        {"zero after rounding may have a total", 0, 40, 20, 0},
        {"infinite", INFINITY, NAN, NAN, I},
    };
    check_cells(&rounded, cases, G_N_ELEMENTS(cases));
    static const SdcRules zeros = {.minimum_count = 10, .zero_is_unsafe = true};
    static const CellCase zero_cases[] = {
        {"nobody", 0, NAN, NAN, SDC_FLAG_ZERO},
        {"somebody", 10, NAN, NAN, 0},
    };
    check_cells(&zeros, zero_cases, G_N_ELEMENTS(zero_cases));
}

static void test_declared_columns(void)
{
    double n[] = {1, 3, NAN, 12}, x[] = {10, 10, NAN, 5};
    SdcVerdict v[4];
    SdcSummary s;
    SdcTable counts = {.cells = 4, .count = n};
    g_assert_true(sdc_primary_check(&enterprise, &counts, v, &s, NULL));
    g_assert_cmpint(v[0].flags, ==, C);
    g_assert_cmpint(v[1].flags, ==, 0);
    g_assert_cmpint(v[2].flags, ==, 0);
    g_assert_cmpuint(s.suppressed, ==, 1);
    g_assert_cmpuint(s.safe, ==, 2);
    g_assert_cmpuint(s.applied, ==, C);
    g_assert_cmpuint(s.not_applied, ==, S);
    SdcTable totals = {.cells = 4, .total = x};
    g_assert_true(sdc_primary_check(&enterprise, &totals, v, &s, NULL));
    g_assert_cmpuint(s.applied, ==, 0);
    g_assert_cmpuint(s.not_applied, ==, C | S);
}

static void test_summary(void)
{
    double n[] = {1, 2, 5, 5, 0, NAN}, total[] = {9, 10, 10, 10, 0, NAN};
    double largest[] = {9, 5, 9, 5, 0, NAN};
    SdcVerdict v[6];
    SdcSummary s;
    SdcTable table = {.cells = 6, .count = n, .total = total, .top = 1, .top_values = {largest}};
    g_assert_true(sdc_primary_check(&enterprise, &table, v, &s, NULL));
    g_assert_cmpuint(s.cells, ==, 6);
    g_assert_cmpuint(s.suppressed, ==, 1);
    g_assert_cmpuint(s.safe, ==, 2);
    g_assert_cmpuint(s.flagged, ==, 3);
    g_assert_cmpuint(s.by_flag[0], ==, 2);
    g_assert_cmpuint(s.by_flag[2], ==, 2);
    g_assert_cmpuint(s.first[0], ==, 2);
    g_assert_cmpuint(s.first[2], ==, 1);
}

/* Rules that take more contributors than the author declared: flagged when unsafe at best, safe when safe at
 * worst, undecided between. Of a total of 100. */
static void test_short_lists(void)
{
    static const SdcRules two = {.dominance_percent = {[1] = 85}}, p = {.p_percent = 10};
    static const struct {
        const SdcRules *rules;
        double n, largest, second;   /* second -1: no such column */
        unsigned flags;
    } cases[] = {
        {&two, 10, 90, -1, S},       /* the largest alone is too much */
        {&two, 10, 40, -1, 0},       /* two of 40 are 80 */
        {&two, 10, 50, -1, U},       /* 50 + at most 50 */
        {&two, 2, 50, -1, U},        /* the other has 50, but nobody says so */
        {&two, 1, 84, -1, I},        /* one unit of 84 cannot make 100 */
        {&two, 10, 50, 36, S},
        {&two, 10, 50, 35, 0},
        {&two, 10, 50, NAN, U},
        {&p, 10, 80, -1, U},         /* the rest is 20 less the second: 0 to 20; p asks 8 */
        {&p, 10, 95, -1, SDC_FLAG_P_Q},  /* the rest is at most 5, p asks 9.5 */
        {&p, 10, 80, 12, 0},         /* equality */
        {&p, 10, 80, 12.5, SDC_FLAG_P_Q},
        {&p, 10, 12, 11, 0},
        {&p, 10, 20, 30, I},         /* not in order */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        double total = 100;
        SdcTable table = {.cells = 1, .count = &cases[i].n, .total = &total,
                          .top = cases[i].second == -1 ? 1 : 2,
                          .top_values = {&cases[i].largest, &cases[i].second}};
        SdcVerdict v;
        SdcSummary s;
        g_assert_true(sdc_primary_check(cases[i].rules, &table, &v, &s, NULL));
        if (v.flags != cases[i].flags)
            g_error("case %zu: flags %#x, expected %#x", i, v.flags, cases[i].flags);
        unsigned rule = cases[i].rules == &two ? S : SDC_FLAG_P_Q;
        g_assert_cmpuint(s.applied, ==, rule);
        g_assert_cmpuint(s.short_of, ==, (v.flags & U) != 0 ? rule : 0);
    }
}

/* Twelve units by three holdings, of which one has nearly all: what each column is for. */
static void test_holdings_and_absolute(void)
{
    static const SdcRules rules = {.minimum_count = 3, .minimum_contributors = 4, .dominance_percent = {80}};
    double n = 12, m = 3, total = 20, absolute = 100, largest = 70;
    SdcTable table = {.cells = 1, .count = &n, .contributors = &m, .total = &total, .absolute = &absolute,
                      .top = 1, .top_values = {&largest}};
    SdcVerdict v;
    SdcSummary s;
    g_assert_true(sdc_primary_check(&rules, &table, &v, &s, NULL));
    g_assert_cmpint(v.flags, ==, SDC_FLAG_MINIMUM_CONTRIBUTORS);   /* 70 of A = 100 */
    g_assert_cmpfloat(v.above, ==, 10);
    g_assert_cmpfloat(v.below, ==, 10);
    table.absolute = NULL;             /* 70 of |X| = 20 */
    g_assert_true(sdc_primary_check(&rules, &table, &v, &s, NULL));
    g_assert_cmpint(v.flags, ==, SDC_FLAG_MINIMUM_CONTRIBUTORS | S);
    g_assert_cmpfloat_with_epsilon(v.above, 70 / .8 - 20, 1e-9);
    g_assert_cmpfloat(v.below, ==, 20);
    table.absolute = &absolute;
    largest = 101;
    g_assert_true(sdc_primary_check(&rules, &table, &v, &s, NULL));
    g_assert_true((v.flags & I) != 0);
    g_assert_cmpfloat(v.above, ==, 0);
    largest = 70;
    absolute = 19;
    g_assert_true(sdc_primary_check(&rules, &table, &v, &s, NULL));
    g_assert_true((v.flags & I) != 0);
    m = NAN;
    absolute = 100;
    g_assert_true(sdc_primary_check(&rules, &table, &v, &s, NULL));
    g_assert_cmpint(v.flags, ==, U);
    g_assert_cmpint(v.status, ==, SDC_STATUS_UNDECIDED);
    table.contributors = NULL;
    g_assert_true(sdc_primary_check(&rules, &table, &v, &s, NULL));
    g_assert_cmpint(v.flags, ==, 0);
    g_assert_cmpint(s.not_applied, ==, SDC_FLAG_MINIMUM_CONTRIBUTORS);
}

/* The figure behind each flag: of 100, contributions of 60, 30 and 6; 4 of 10 units are in this part. */
static void test_reasons(void)
{
    static const SdcRules rules = {.minimum_count = 5, .minimum_contributors = 4,
                                   .dominance_percent = {65, 80, 95}, .p_percent = 10, .q_percent = 50,
                                   .max_group_percent = 30, .rounding_base = 5};
    double n[] = {10, 4, 6}, m[] = {10, 3, 6}, total[] = {200, 100, 100};
    double x1[] = {60, 60, 20}, x2[] = {30, 30, 20}, x3[] = {20, 6, 20};
    static const uint32_t parents[] = {SDC_NO_PARENT, 0, 0}, cells[] = {0, 1, 2};
    const uint32_t *nodes[] = {cells};
    SdcTree tree = {3, parents, NULL};
    SdcTableShape shape = {1, &tree, 3, nodes, NULL};
    SdcRelations relations;
    g_assert_true(sdc_relations_from_tables(NULL, &shape, 1, 3, &relations, NULL));
    SdcTable table = {.cells = 3, .count = n, .contributors = m, .total = total, .top = 3,
                      .top_values = {x1, x2, x3}, .relations = &relations};
    SdcVerdict v[3];
    SdcSummary s;
    g_assert_true(sdc_primary_check(&rules, &table, v, &s, NULL));
    static const struct {
        SdcFlag flag;
        double measure, limit;
        unsigned contributors;
    } cases[] = {
        {C, 4, 5, 0},
        {SDC_FLAG_MINIMUM_CONTRIBUTORS, 3, 4, 0},
        {S, 90, 80, 2},                     /* 96 of 95 is less: 1.05 against 12.5 */
        {SDC_FLAG_P_Q, 1000. / 60, 20, 1},  /* the rest is 10 of 60 */
        {SDC_FLAG_GROUP, 40, 30, 0},
        {R, 4, 5, 0},
    };
    unsigned all = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        SdcReason reason = sdc_primary_reason(&rules, &table, 1, cases[i].flag);
        g_assert_cmpfloat_with_epsilon(reason.measure, cases[i].measure, 1e-9);
        g_assert_cmpfloat(reason.limit, ==, cases[i].limit);
        g_assert_cmpuint(reason.contributors, ==, cases[i].contributors);
        all |= cases[i].flag;
    }
    g_assert_cmpuint(v[1].flags, ==, all);
    g_assert_true(isnan(sdc_primary_reason(&rules, &table, 1, I).measure));
    sdc_relations_clear(NULL, &relations);
}

/* Protection in a table of counts: whole persons. */
static void test_protection_of_counts(void)
{
    static const SdcRules rules = {.minimum_count = 5, .margin_percent = 50, .zero_is_unsafe = true};
    double n[] = {0, 1, 4, 5};
    SdcVerdict v[4];
    SdcSummary s;
    SdcTable table = {.cells = 4, .count = n};
    g_assert_true(sdc_primary_check(&rules, &table, v, &s, NULL));
    double above[] = {5, 1, 2, 0}, below[] = {0, 1, 2, 0};
    for (int i = 0; i < 4; i++) {
        g_assert_cmpfloat(v[i].above, ==, above[i]);
        g_assert_cmpfloat(v[i].below, ==, below[i]);
    }
}

/* Two rows of two and their totals:  7 0 | 7   the first row stands in one column,
 *                                    3 4 | 7   the second column in one row. */
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
    SdcTable table = {.cells = 9, .count = counts, .relations = &relations};
    SdcRules all = {.max_group_percent = 100}, most = {.max_group_percent = 70};
    SdcVerdict v[9];
    SdcSummary s;
    g_assert_true(sdc_primary_check(&all, &table, v, &s, NULL));
    for (int i = 0; i < 9; i++)
        g_assert_cmpint(v[i].flags, ==, i == 0 || i == 4 ? SDC_FLAG_GROUP : 0);
    g_assert_true(sdc_primary_check(&most, &table, v, &s, NULL));
    for (int i = 0; i < 9; i++)   /* 7 of 10 is equality, 10 of 14 is 71 % */
        g_assert_cmpint(v[i].flags, ==, i == 0 || i == 4 || i == 6 ? SDC_FLAG_GROUP : 0);
    counts[2] = NAN;   /* a total that is not shown is the sum of its parts */
    g_assert_true(sdc_primary_check(&all, &table, v, &s, NULL));
    g_assert_cmpint(v[0].flags, ==, SDC_FLAG_GROUP);
    table.relations = NULL;
    g_assert_true(sdc_primary_check(&all, &table, v, &s, NULL));
    g_assert_cmpint(s.not_applied, ==, SDC_FLAG_GROUP);
    sdc_relations_clear(NULL, &relations);
}

/* $DARSE_TEST_DATA, or the folder shared/data beside the checkout. NULL if there is none. */
static char *reference_file(const char *relative)
{
    const char *root = g_getenv("DARSE_TEST_DATA");
    g_autofree char *beside = g_build_filename(DARSE_SOURCE_DIR, "..", "shared", "data", NULL);
    char *path = g_build_filename(root != NULL ? root : beside, relative, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        g_clear_pointer(&path, g_free);
    return path;
}

/* ACTIVITY,SIZE,N_OBS,TOT,MAX: 414 cells, 52 unsafe by count, 25 more by dominance. */
static void test_rtauargus(void)
{
    g_autofree char *path = reference_file("sdc/rtauargus/turnover_act_size.csv");
    if (path == NULL) {
        g_test_skip("the reference tables are not on this machine (set DARSE_TEST_DATA)");
        return;
    }
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    double n[1000], total[1000], largest[1000];
    size_t cells = 0;
    for (char **line = lines + 1; *line != NULL && **line != '\0'; line++, cells++) {
        g_assert_cmpuint(cells, <, 1000);
        g_auto(GStrv) fields = g_strsplit(*line, ",", -1);
        g_assert_cmpuint(g_strv_length(fields), ==, 5);
        n[cells] = g_ascii_strtod(fields[2], NULL);
        total[cells] = g_ascii_strtod(fields[3], NULL);
        largest[cells] = g_ascii_strtod(fields[4], NULL);
    }
    g_autofree SdcVerdict *v = g_new(SdcVerdict, cells);
    SdcSummary s;
    SdcTable table = {.cells = cells, .count = n, .total = total, .top = 1, .top_values = {largest}};
    g_assert_true(sdc_primary_check(&enterprise, &table, v, &s, NULL));
    g_assert_cmpuint(s.cells, ==, 414);
    g_assert_cmpuint(s.first[0], ==, 52);
    g_assert_cmpuint(s.first[2], ==, 25);
    g_assert_cmpuint(s.flagged, ==, 77);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/primary/flag_table", test_flag_table);
    g_test_add_func("/sdc/primary/refused", test_refused);
    g_test_add_func("/sdc/primary/empty", test_empty);
    g_test_add_func("/sdc/primary/boundaries", test_boundaries);
    g_test_add_func("/sdc/primary/missing_and_impossible", test_missing_and_impossible);
    g_test_add_func("/sdc/primary/rounding_and_zeros", test_rounding_and_zeros);
    g_test_add_func("/sdc/primary/declared_columns", test_declared_columns);
    g_test_add_func("/sdc/primary/summary", test_summary);
    g_test_add_func("/sdc/primary/short_lists", test_short_lists);
    g_test_add_func("/sdc/primary/holdings_and_absolute", test_holdings_and_absolute);
    g_test_add_func("/sdc/primary/protection_of_counts", test_protection_of_counts);
    g_test_add_func("/sdc/primary/reasons", test_reasons);
    g_test_add_func("/sdc/primary/groups", test_groups);
    g_test_add_func("/sdc/primary/rtauargus", test_rtauargus);
    return g_test_run();
}
