/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kernel on records, and the tabulation, against everything that can be wrong with what it is given:
 * a table of kernels crossed with a table of spoilt inputs. Each call ends with success and finite
 * results, or with the code that the spoilt input calls for and a sentence, outputs untouched; never with a
 * leak, and under a failing allocator always with the memory error.
 */
#include "sdc_fixture.h"

enum { ROWS = 40, KEYS = 3, NUMBERS = 2, CATEGORIES = 4, RESULTS = 4096 };

typedef struct Input {
    size_t rows, keys, numbers;
    uint32_t key_codes[KEYS][ROWS], other_codes[ROWS];
    double number_values[NUMBERS][ROWS], weight_values[ROWS];
    SdcCodes columns[SDC_KEYS_MAX + 1];   /* KEYS, more where too many are asked for */
    SdcCodes other;                       /* sensitive variable, strata, household */
    SdcNumbers amounts[NUMBERS], weights;
    uint32_t parents[2][CATEGORIES];
    const uint32_t *parent_columns[2];
    uint32_t sizes[3];
    SdcHierarchy hierarchies[SDC_KEYS_MAX + 1];
} Input;

static Input *input_new(void)
{
    Input *in = g_new0(Input, 1);
    g_autoptr(GRand) rand = g_rand_new_with_seed(52);
    in->rows = ROWS;
    in->keys = KEYS;
    in->numbers = NUMBERS;
    for (size_t i = 0; i < ROWS; i++) {
        for (int v = 0; v < KEYS; v++)
            in->key_codes[v][i] = (uint32_t)g_rand_int_range(rand, v == 0 ? 0 : 1, CATEGORIES + 1);
        in->other_codes[i] = (uint32_t)g_rand_int_range(rand, 1, CATEGORIES + 1);
        for (int v = 0; v < NUMBERS; v++)
            in->number_values[v][i] = g_rand_int_range(rand, 0, 100);
        in->weight_values[i] = g_rand_int_range(rand, 1, 9);
    }
    for (uint32_t c = 0; c < CATEGORIES; c++)
        in->parents[0][c] = c / 2;
    in->parent_columns[0] = in->parents[0];
    in->parent_columns[1] = in->parents[1];
    in->sizes[0] = CATEGORIES;
    in->sizes[1] = CATEGORIES / 2;
    in->sizes[2] = 1;
    for (size_t v = 0; v <= SDC_KEYS_MAX; v++) {
        in->columns[v] = (SdcCodes){ROWS, CATEGORIES, in->key_codes[v % KEYS], NULL};
        in->hierarchies[v] = (SdcHierarchy){3, in->sizes, in->parent_columns, NULL};
    }
    in->other = (SdcCodes){ROWS, CATEGORIES, in->other_codes, NULL};
    for (int v = 0; v < NUMBERS; v++)
        in->amounts[v] = (SdcNumbers){ROWS, in->number_values[v]};
    in->weights = (SdcNumbers){ROWS, in->weight_values};
    return in;
}

/* --- kernels ---------------------------------------------------------------------------------------------- */

enum { USES_KEYS = 1, USES_OTHER = 2, USES_NUMBERS = 4, USES_WEIGHTS = 8, USES_TREE = 16, USES_COUNT = 32 };

/* RET_RESULTS: up to RESULTS numbers, that must be finite (or NaN where NaN went in). */
typedef bool (*Call)(const SdcContext *context, const Input *in, double *ret_results, size_t *ret_count,
                     SdcError *error);

static void put(double *results, size_t *count, double value)
{
    if (*count < RESULTS)
        results[(*count)++] = value;
}

static bool call_classes(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    SdcClasses c;
    if (!sdc_classes_find(context, in->columns, in->keys, &c, error))
        return false;
    for (size_t i = 0; i < c.rows; i++)
        put(out, n, c.of_row[i]);
    sdc_classes_clear(context, &c);
    return true;
}

static bool frequencies(const SdcContext *context, const Input *in, SdcMissing missing, double *out, size_t *n,
                        SdcError *error)
{
    SdcFrequencies f;
    if (!sdc_frequencies_count(context, in->columns, in->keys, &in->weights, missing, &f, error))
        return false;
    double *risks = g_new(double, MAX(f.rows, 1));
    SdcGlobalRisk global;
    bool done = sdc_risk_individual(context, &f, SDC_RISK_EXACT, risks, error) &&
                sdc_risk_household(context, risks, &in->other, risks, error) &&
                sdc_risk_global(context, risks, f.rows, 0.01, &global, error);
    for (size_t i = 0; done && i < f.rows; i++) {
        put(out, n, risks[i]);
        g_assert_true(risks[i] >= 0 && risks[i] <= 1);
    }
    if (done)
        put(out, n, global.expected);
    g_free(risks);
    sdc_frequencies_clear(context, &f);
    return done;
}

static bool call_risk(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    return frequencies(context, in, SDC_MISSING_CATEGORY, out, n, error);
}

static bool call_wild_risk(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    return frequencies(context, in, SDC_MISSING_WILDCARD, out, n, error);
}

static bool call_suda(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    SdcSuda s;
    SdcSudaOptions options = {0, SDC_SUDA_FACTORIAL, 0.01, SDC_MISSING_WILDCARD};
    if (!sdc_suda(context, in->columns, in->keys, &options, &s, error))
        return false;
    for (size_t i = 0; i < s.rows; i++)
        put(out, n, s.scores[i] + s.dis[i]);
    sdc_suda_clear(context, &s);
    return true;
}

static bool call_diversity(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    SdcDiversity d;
    if (!sdc_diversity_of_matches(context, in->columns, in->keys, SDC_MISSING_WILDCARD, &in->other, 2, 2, &d,
                                  error))
        return false;
    for (size_t i = 0; i < d.rows; i++)
        put(out, n, d.entropy[i]);
    sdc_diversity_clear(context, &d);
    return true;
}

static bool call_closeness(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    double *distances = g_new(double, MAX(in->rows, 1)), largest = 0;
    bool done = sdc_closeness(context, in->columns, in->keys, &in->other, SDC_DISTANCE_HIERARCHICAL,
                              &in->hierarchies[0], distances, &largest, error);
    for (size_t i = 0; done && i < in->rows; i++)
        put(out, n, distances[i]);
    g_free(distances);
    return done;
}

static bool suppress(const SdcContext *context, const Input *in, SdcSuppressionRule rule, double *out, size_t *n,
                     SdcError *error)
{
    SdcSuppression s;
    SdcSuppressionOptions options = {.rule = rule, .k = 2, .strata = &in->other};
    if (!sdc_suppress(context, in->columns, in->keys, &options, &s, error))
        return false;
    put(out, n, (double)s.cells);
    sdc_suppression_clear(context, &s);
    return true;
}

static bool call_greedy(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    return suppress(context, in, SDC_SUPPRESSION_GREEDY, out, n, error);
}

static bool call_thrifty(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    return suppress(context, in, SDC_SUPPRESSION_THRIFTY, out, n, error);
}

static bool call_mdav(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    SdcMicroaggregation m;
    if (!sdc_mdav(context, in->amounts, in->numbers, 3, &m, error))
        return false;
    for (size_t i = 0; i < m.rows * m.variables; i++)
        put(out, n, m.values[i]);
    put(out, n, m.sse);
    sdc_microaggregation_clear(context, &m);
    return true;
}

static bool call_pram(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    uint32_t codes[ROWS];
    size_t changed;
    SdcPramOptions options = {1, 1, NULL, 0.8, 0.5};
    if (!sdc_pram(context, &in->columns[0], &options, codes, NULL, &changed, error))
        return false;
    put(out, n, (double)changed);
    return true;
}

static bool call_swap(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    double values[ROWS];
    if (!sdc_rank_swap(context, &in->amounts[0], 10, 1, 1, values, error))
        return false;
    for (size_t i = 0; i < in->rows; i++)
        put(out, n, values[i]);
    return true;
}

static bool call_noise(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    double values[NUMBERS * ROWS];
    if (!sdc_add_noise(context, in->amounts, in->numbers, 50, true, 1, 1, values, error))
        return false;
    for (size_t i = 0; i < in->rows * in->numbers; i++)
        put(out, n, values[i]);
    return true;
}

static bool call_recode(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    uint32_t codes[ROWS];
    if (!sdc_recode(context, &in->columns[0], &in->hierarchies[0], 1, codes, error))
        return false;
    for (size_t i = 0; i < in->rows; i++)
        put(out, n, codes[i]);
    return true;
}

static bool call_tails(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    double values[ROWS];
    size_t changed;
    if (!sdc_code_tails(context, &in->amounts[0], 10, 80, SDC_CODING_MEAN, values, &changed, error))
        return false;
    for (size_t i = 0; i < in->rows; i++)
        put(out, n, values[i]);
    return true;
}

static bool call_round(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    double values[ROWS];
    if (!sdc_round(context, &in->amounts[0], 5, SDC_ROUNDING_RANDOM, 1, 1, values, error))
        return false;
    for (size_t i = 0; i < in->rows; i++)
        put(out, n, values[i]);
    return true;
}

static bool call_sample(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    uint8_t keep[ROWS];
    double weights[ROWS];
    if (!sdc_sample(context, in->other.rows, 0.5, &in->other, &in->weights, 1, 1, keep, weights, error))
        return false;
    for (size_t i = 0; i < in->rows; i++)
        put(out, n, keep[i] ? weights[i] : 0);
    return true;
}

static bool call_lattice(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    SdcLattice l;
    SdcLatticeOptions options = {.k = 2, .limit = 0.1, .loss = SDC_LOSS_ENTROPY};
    if (!sdc_lattice_search(context, in->columns, in->hierarchies, in->keys, &options, &l, error))
        return false;
    put(out, n, l.loss);
    sdc_lattice_clear(context, &l);
    return true;
}

static bool call_numbers_loss(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    SdcNumbersLoss loss;
    if (!sdc_numbers_loss(context, in->amounts, in->amounts, in->numbers, &loss, error))
        return false;
    put(out, n, loss.il1s);
    return true;
}

static bool call_tables_loss(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    SdcTablesLoss loss;
    if (!sdc_tables_loss(context, in->columns, in->columns, in->keys, 2, &loss, error))
        return false;
    put(out, n, loss.hellinger_mean);
    return true;
}

/* The tree of the first hierarchy with a total; codes of 0 are missing, which a table does not take. */
static bool call_tabulate(const SdcContext *context, const Input *in, double *out, size_t *n, SdcError *error)
{
    SdcTree tree;
    SdcCube cube;
    if (!sdc_tree_from_hierarchy(context, &in->hierarchies[0], true, &tree, error))
        return false;
    const uint32_t *codes[] = {in->other.codes};
    SdcTabulation t = {.rows = in->other.rows, .dimensions = 1, .trees = &tree, .codes = codes,
                       .values = in->amounts[0].values, .weights = in->weights.values, .top = 2,
                       .empty_cells = true};
    bool done = sdc_tabulate(context, &t, &cube, error);
    if (done) {
        for (size_t i = 0; i < cube.cells; i++)
            put(out, n, cube.total[i]);
        sdc_cube_clear(context, &cube);
    }
    sdc_tree_clear(context, &tree);
    return done;
}

typedef struct Kernel {
    const char *name;
    Call call;
    unsigned uses;
    bool allocates;
} Kernel;

static const Kernel kernels[] = {
    {"classes", call_classes, USES_KEYS | USES_COUNT, true},
    {"risk", call_risk, USES_KEYS | USES_COUNT | USES_WEIGHTS | USES_OTHER, true},
    {"risk with wildcards", call_wild_risk, USES_KEYS | USES_COUNT | USES_WEIGHTS | USES_OTHER, true},
    {"suda", call_suda, USES_KEYS | USES_COUNT, true},
    {"diversity", call_diversity, USES_KEYS | USES_COUNT | USES_OTHER, true},
    {"closeness", call_closeness, USES_KEYS | USES_COUNT | USES_OTHER | USES_TREE, true},
    {"greedy suppression", call_greedy, USES_KEYS | USES_COUNT | USES_OTHER, true},
    {"thrifty suppression", call_thrifty, USES_KEYS | USES_COUNT | USES_OTHER, true},
    {"mdav", call_mdav, USES_NUMBERS, true},
    {"pram", call_pram, USES_KEYS, true},
    {"rank swapping", call_swap, USES_NUMBERS, true},
    {"noise", call_noise, USES_NUMBERS, true},
    {"recoding", call_recode, USES_KEYS | USES_TREE, false},
    {"tails", call_tails, USES_NUMBERS, false},
    {"rounding", call_round, USES_NUMBERS, false},
    {"sampling", call_sample, USES_OTHER | USES_WEIGHTS, true},
    {"lattice", call_lattice, USES_KEYS | USES_COUNT | USES_TREE, true},
    {"loss of numbers", call_numbers_loss, USES_NUMBERS, true},
    {"loss of tables", call_tables_loss, USES_KEYS | USES_COUNT, true},
    {"tabulation", call_tabulate, USES_OTHER | USES_TREE | USES_WEIGHTS, true},
};

/* --- what can be wrong -------------------------------------------------------------------------------------- */

typedef void (*Spoil)(Input *in);

static void code_out_of_range(Input *in)
{
    in->key_codes[0][7] = CATEGORIES + 1;
    in->other_codes[7] = UINT32_MAX;
}

static void length_differs(Input *in)
{
    in->columns[1].rows = ROWS - 1;
    in->other.rows = ROWS - 2;
    in->amounts[1].rows = ROWS - 1;
}

static void too_many_rows(Input *in)
{
    for (size_t v = 0; v <= SDC_KEYS_MAX; v++)
        in->columns[v].rows = SIZE_MAX / 2;
    in->other.rows = in->amounts[0].rows = in->amounts[1].rows = in->weights.rows = SIZE_MAX / 2;
}

static void too_many_categories(Input *in)
{
    in->columns[0].categories = UINT32_MAX;
    in->other.categories = UINT32_MAX;
}

static void no_column(Input *in)
{
    in->keys = 0;
}

static void too_many_columns(Input *in)
{
    in->keys = SDC_KEYS_MAX + 1;
}

static void infinite(Input *in)
{
    in->number_values[0][3] = INFINITY;
    in->weight_values[3] = INFINITY;
}

static void minus_infinite(Input *in)
{
    in->number_values[0][3] = -INFINITY;
    in->weight_values[3] = -INFINITY;
}

static void negative_weight(Input *in)
{
    in->weight_values[3] = -1;
}

static void missing_weight(Input *in)
{
    in->weight_values[3] = NAN;
}

static void parent_out_of_range(Input *in)
{
    in->parents[0][1] = CATEGORIES / 2;
}

static void hierarchy_misses_a_value(Input *in)
{
    in->sizes[0] = CATEGORIES - 1;
}

static void no_level(Input *in)
{
    for (size_t v = 0; v <= SDC_KEYS_MAX; v++)
        in->hierarchies[v].levels = 0;
}

static void too_many_levels(Input *in)
{
    for (size_t v = 0; v <= SDC_KEYS_MAX; v++)
        in->hierarchies[v].levels = SDC_HIERARCHY_LEVELS_MAX + 1;
}

typedef struct Wrong {
    const char *name;
    Spoil spoil;
    unsigned hits;      /* kernels that use one of these must refuse it */
} Wrong;

static const Wrong wrong[] = {
    {"code out of range", code_out_of_range, USES_KEYS | USES_OTHER},
    {"lengths differ", length_differs, 0},
    {"too many rows", too_many_rows, USES_KEYS | USES_OTHER | USES_NUMBERS},
    {"too many categories", too_many_categories, 0},
    {"no column", no_column, USES_COUNT},
    {"too many columns", too_many_columns, USES_COUNT},
    {"infinite", infinite, USES_NUMBERS | USES_WEIGHTS},
    {"minus infinite", minus_infinite, USES_NUMBERS | USES_WEIGHTS},
    {"negative weight", negative_weight, USES_WEIGHTS},
    {"missing weight", missing_weight, USES_WEIGHTS},
    {"parent out of range", parent_out_of_range, USES_TREE},
    {"hierarchy misses a value", hierarchy_misses_a_value, USES_TREE},
    {"no level", no_level, USES_TREE},
    {"too many levels", too_many_levels, USES_TREE},
};

static void check_wrong(const Kernel *kernel, const Wrong *w)
{
    g_autofree Input *in = input_new();
    g_autofree double *results = g_new(double, RESULTS);
    Ledger ledger = {0};
    SdcAllocator allocator = {ledger_reallocate, &ledger};
    SdcContext context = {.allocator = &allocator};
    SdcError error = {0};
    size_t count = 0;
    w->spoil(in);
    bool done = kernel->call(&context, in, results, &count, &error);
    if (done && (kernel->uses & w->hits) != 0)
        g_error("%s takes what has %s", kernel->name, w->name);
    if (!done && (error.code == SDC_ERROR_NONE || strlen(error.sentence) < 20))
        g_error("%s refuses what has %s without a reason: '%s'", kernel->name, w->name, error.sentence);
    if (!done && error.code == SDC_ERROR_MEMORY)
        g_error("%s asks for memory before it looks at what has %s", kernel->name, w->name);
    g_assert_cmpuint(ledger.blocks, ==, 0);
    g_assert_cmpuint(ledger.bytes, ==, 0);
}

static void test_wrong(void)
{
    for (size_t k = 0; k < G_N_ELEMENTS(kernels); k++) {
        for (size_t w = 0; w < G_N_ELEMENTS(wrong); w++)
            check_wrong(&kernels[k], &wrong[w]);
    }
}

/* --- what is odd, and right ----------------------------------------------------------------------------------- */

static void set_rows(Input *in, size_t rows)
{
    in->rows = rows;
    for (size_t v = 0; v <= SDC_KEYS_MAX; v++)
        in->columns[v].rows = rows;
    in->other.rows = in->weights.rows = rows;
    for (int v = 0; v < NUMBERS; v++)
        in->amounts[v].rows = rows;
}

static void nothing(Input *in)
{
    (void)in;
}

static void no_record(Input *in)
{
    set_rows(in, 0);
}

static void one_record(Input *in)
{
    set_rows(in, 1);
}

static void all_missing(Input *in)
{
    memset(in->key_codes, 0, sizeof in->key_codes);
    for (size_t i = 0; i < ROWS; i++)
        in->number_values[0][i] = in->number_values[1][i] = NAN;
}

static void all_equal(Input *in)
{
    for (size_t i = 0; i < ROWS; i++) {
        in->key_codes[0][i] = in->key_codes[1][i] = in->key_codes[2][i] = 1;
        in->number_values[0][i] = in->number_values[1][i] = 5;
    }
}

static void no_weight(Input *in)
{
    memset(in->weight_values, 0, sizeof in->weight_values);
}

static void huge(Input *in)
{
    for (size_t i = 0; i < ROWS; i++) {
        in->number_values[0][i] *= 1e306;
        in->number_values[1][i] *= -1e306;
    }
}

static void tiny(Input *in)
{
    for (size_t i = 0; i < ROWS; i++)
        in->number_values[0][i] *= 4.9e-324;
}

typedef struct Odd {
    const char *name;
    Spoil make;
    bool may_refuse, has_missing;
} Odd;

/* What may be refused: a tabulation without values, microaggregation with missing values or fewer records
 * than a group, sums beyond what a double holds. */
static const Odd odd[] = {
    {"nothing", nothing, false, false},
    {"no record", no_record, true, false},
    {"one record", one_record, true, false},
    {"all missing", all_missing, true, true},
    {"all equal", all_equal, false, false},
    {"no weight", no_weight, true, false},
    {"huge values", huge, true, false},
    {"tiny values", tiny, false, false},
};

static void test_odd(void)
{
    g_autofree double *results = g_new(double, RESULTS);
    for (size_t k = 0; k < G_N_ELEMENTS(kernels); k++) {
        for (size_t o = 0; o < G_N_ELEMENTS(odd); o++) {
            g_autofree Input *in = input_new();
            Ledger ledger = {0};
            SdcAllocator allocator = {ledger_reallocate, &ledger};
            SdcContext context = {.allocator = &allocator};
            SdcError error = {0};
            size_t count = 0;
            odd[o].make(in);
            bool done = kernels[k].call(&context, in, results, &count, &error);
            if (!done && !odd[o].may_refuse)
                g_error("%s refuses %s: %s", kernels[k].name, odd[o].name, error.sentence);
            if (!done && (error.code == SDC_ERROR_NONE || error.code == SDC_ERROR_MEMORY ||
                          strlen(error.sentence) < 20))
                g_error("%s refuses %s without a reason: '%s'", kernels[k].name, odd[o].name, error.sentence);
            if (!done)
                g_test_message("%s, %s: %s", kernels[k].name, odd[o].name, error.sentence);
            for (size_t i = 0; done && i < count; i++) {
                if (!isfinite(results[i]) && !odd[o].has_missing)
                    g_error("%s gives %g for %s", kernels[k].name, results[i], odd[o].name);
                g_assert_false(isinf(results[i]));
            }
            g_assert_cmpuint(ledger.blocks, ==, 0);
        }
    }
}

/* --- memory --------------------------------------------------------------------------------------------------- */

static Input *memory_input;
static Call memory_call;

static bool call_for_memory(const SdcContext *context, SdcError *error)
{
    double results[RESULTS];
    size_t count = 0;
    return memory_call(context, memory_input, results, &count, error);
}

static void test_memory(void)
{
    memory_input = input_new();
    for (size_t k = 0; k < G_N_ELEMENTS(kernels); k++) {
        memory_call = kernels[k].call;
        if (kernels[k].allocates)
            check_every_allocation(call_for_memory);
    }
    g_free(memory_input);
}

/* --- ten million distinct values --------------------------------------------------------------------------------- */

static void test_ten_million(void)
{
    const size_t rows = 10000000;
    g_autofree uint32_t *codes = g_new(uint32_t, rows), *recoded = g_new(uint32_t, rows);
    g_autofree double *values = g_new(double, rows);
    for (size_t i = 0; i < rows; i++) {
        codes[i] = (uint32_t)(rows - i);
        values[i] = (double)i;
    }
    SdcCodes column = {rows, (uint32_t)rows, codes, NULL};
    SdcFrequencies f;
    g_assert_true(sdc_frequencies_count(NULL, &column, 1, NULL, SDC_MISSING_WILDCARD, &f, NULL));
    g_assert_cmpuint(sdc_anonymity(&f, 2).uniques, ==, rows);
    sdc_frequencies_clear(NULL, &f);
    SdcDiversity d;
    g_assert_true(sdc_diversity(NULL, &column, 1, &column, 2, 2, &d, NULL));
    g_assert_cmpuint(d.least_distinct, ==, 1);
    sdc_diversity_clear(NULL, &d);
    g_autofree uint32_t *parents = g_new0(uint32_t, rows);
    const uint32_t sizes[] = {(uint32_t)rows, 1}, *columns[] = {parents};
    SdcHierarchy hierarchy = {2, sizes, columns, NULL};
    g_assert_true(sdc_recode(NULL, &column, &hierarchy, 1, recoded, NULL));
    g_assert_cmpuint(recoded[rows / 2], ==, 1);
    SdcTree tree;
    SdcCube cube;
    g_assert_true(sdc_tree_flat(NULL, (uint32_t)rows, &tree, NULL));
    const uint32_t *dimension[] = {codes};
    SdcTabulation t = {.rows = rows, .dimensions = 1, .trees = &tree, .codes = dimension, .values = values,
                       .top = 1};
    g_assert_true(sdc_tabulate(NULL, &t, &cube, NULL));
    g_assert_cmpuint(cube.cells, ==, rows + 1);
    g_assert_cmpfloat(cube.total[rows], ==, (double)rows * (double)(rows - 1) / 2);
    sdc_cube_clear(NULL, &cube);
    sdc_tree_clear(NULL, &tree);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/input/wrong", test_wrong);
    g_test_add_func("/sdc/input/odd", test_odd);
    g_test_add_func("/sdc/input/memory", test_memory);
    g_test_add_func("/sdc/input/ten_million", test_ten_million);
    return g_test_run();
}
