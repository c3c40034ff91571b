/* SPDX-License-Identifier: Apache-2.0 */
/* What each step does: fields to arguments of a kernel, results to columns, figures to the log. */
#include "protect/steps.h"

#include "base/error.h"
#include "sdc/sdc.h"

#include <math.h>
#include <string.h>

bool step_failed(const SdcError *failure, GError **error)
{
    bool stopped = failure->code == SDC_ERROR_CANCELLED;
    bool memory = failure->code == SDC_ERROR_MEMORY || failure->code == SDC_ERROR_LIMIT;
    return error_set(error, stopped ? ERROR_CONFLICT : memory ? ERROR_TOO_LARGE : ERROR_UNPROCESSABLE,
                     stopped ? "protect.stopped" : "protect.kernel", "%s", failure->sentence);
}

static MicrodataColumn *column_named(const Run *run, const char *name, bool want_number, GError **error)
{
    MicrodataColumn *column = microdata_find(run->data, name);
    if (column == NULL) {
        error_set(error, ERROR_UNPROCESSABLE, "protect.column", "There is no column \"%s\".", name);
        return NULL;
    }
    if (want_number && !column->is_number) {
        error_set(error, ERROR_UNPROCESSABLE, "protect.column",
                  "The column \"%s\" does not hold numbers.", name);
        return NULL;
    }
    if (!want_number)
        column_make_codes(column);
    return column;
}

MicrodataColumn *step_column(Run *run, const json_t *step, const char *name, bool want_number,
                             GError **error)
{
    return column_named(run, recipe_text(step, name), want_number, error);
}

bool step_columns(Run *run, const json_t *step, const char *name, bool want_number,
                  MicrodataColumn **ret_columns, size_t *ret_count, GError **error)
{
    const json_t *names = json_object_get(step, name);
    *ret_count = json_array_size(names);
    for (size_t i = 0; i < *ret_count; i++) {
        ret_columns[i] =
            column_named(run, json_string_value(json_array_get(names, i)), want_number, error);
        if (ret_columns[i] == NULL)
            return false;
    }
    return true;
}

void step_note(json_t *log, const char *what, double figure)
{
    bool whole = figure == floor(figure) && fabs(figure) < 1e15;
    json_object_set_new(log, what, whole ? json_integer((json_int_t)figure) : json_real(figure));
}

static double *values_of(MicrodataColumn *column)
{
    return (double *)column->values->data;
}

static GArray *codes_new(size_t rows)
{
    return g_array_set_size(g_array_new(false, true, sizeof(uint32_t)), (guint)rows);
}

/* --- identifiers and records ------------------------------------------------------------------------ */

static bool do_drop(Run *run, const json_t *step, json_t *log, GError **error)
{
    const json_t *names = json_object_get(step, "columns");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        const MicrodataColumn *column = microdata_find(run->data, name);
        if (column == NULL)
            return error_set(error, ERROR_UNPROCESSABLE, "protect.column",
                             "There is no column \"%s\".", name);
        microdata_drop(run->data, column);
    }
    if (run->data->columns->len == 0)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.column", "No column is left.");
    step_note(log, "columns", (double)json_array_size(names));
    return true;
}

static bool do_shuffle(Run *run, const json_t *step, json_t *log, GError **error)
{
    (void)step;
    SdcError failure;
    g_autofree uint32_t *order = g_new(uint32_t, run->data->rows);
    if (!sdc_shuffle(&run->context, run->data->rows, run->seed, run->stream, order, &failure))
        return step_failed(&failure, error);
    microdata_take(run->data, order, run->data->rows);
    step_note(log, "records", (double)run->data->rows);
    return true;
}

static bool do_sample(Run *run, const json_t *step, json_t *log, GError **error)
{
    SdcError failure;
    SdcCodes strata;
    SdcNumbers weights;
    MicrodataColumn *by = NULL, *weight = microdata_find(run->data, recipe_text(run->recipe, "weight"));
    if (recipe_text(step, "strata") != NULL) {
        by = step_column(run, step, "strata", false, error);
        if (by == NULL)
            return false;
        strata = column_codes(by);
    }
    bool weighted = weight != NULL && weight->is_number;
    if (weighted)
        weights = column_numbers(weight);
    size_t rows = run->data->rows, kept = 0;
    g_autofree uint8_t *keep = g_new(uint8_t, rows);
    g_autofree double *adjusted = g_new(double, rows);
    if (!sdc_sample(&run->context, rows, recipe_number(step, "fraction", 1), by != NULL ? &strata : NULL,
                    weighted ? &weights : NULL, run->seed, run->stream, keep, adjusted, &failure))
        return step_failed(&failure, error);
    g_autofree uint32_t *order = g_new(uint32_t, rows);
    for (size_t i = 0; i < rows; i++) {
        if (weighted)
            values_of(weight)[i] = adjusted[i];
        if (keep[i])
            order[kept++] = (uint32_t)i;
    }
    microdata_take(run->data, order, kept);
    step_note(log, "records", (double)kept);
    return true;
}

/* --- recoding ---------------------------------------------------------------------------------------- */

static void set_level(MicrodataColumn *column, const BuiltHierarchy *built, unsigned level, GArray *codes)
{
    const GPtrArray *labels = built->labels->pdata[level];
    column_set_codes(column, codes, (const char *const *)labels->pdata, labels->len);
    column->level += level;
}

static bool do_recode(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *column = step_column(run, step, "column", false, error);
    g_auto(BuiltHierarchy) built = {0};
    if (column == NULL || !hierarchy_build(run, column, &built, error))
        return false;
    double level = recipe_number(step, "level", 1) - column->level;
    if (level < 0 || level >= built.hierarchy.levels)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.level",
                         "The column \"%s\" is at level %u of %u; it cannot be recoded to %g.",
                         column->name, column->level, built.hierarchy.levels - 1 + column->level,
                         recipe_number(step, "level", 1));
    SdcCodes codes = column_codes(column);
    GArray *recoded = codes_new(run->data->rows);
    SdcError failure;
    if (!sdc_recode(&run->context, &codes, &built.hierarchy, (unsigned)level,
                    (uint32_t *)recoded->data, &failure)) {
        g_array_unref(recoded);
        return step_failed(&failure, error);
    }
    step_note(log, "categories_before", column->labels->len);
    set_level(column, &built, (unsigned)level, recoded);
    step_note(log, "categories_after", column->labels->len);
    return true;
}

/* Intervals [a, b) with the ends below and above: "< a", "a to < b", ">= b". */
static bool do_cut(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *column = step_column(run, step, "column", true, error);
    if (column == NULL)
        return false;
    const json_t *at = json_object_get(step, "at");
    size_t count = json_array_size(at);
    g_autoptr(GPtrArray) labels = g_ptr_array_new_with_free_func(g_free);
    for (size_t c = 0; c <= count; c++) {
        double from = c > 0 ? json_number_value(json_array_get(at, c - 1)) : 0;
        double to = c < count ? json_number_value(json_array_get(at, c)) : 0;
        g_ptr_array_add(labels, c == 0       ? g_strdup_printf("< %.12g", to)
                                : c == count ? g_strdup_printf(">= %.12g", from)
                                             : g_strdup_printf("%.12g to < %.12g", from, to));
    }
    GArray *codes = codes_new(run->data->rows);
    for (size_t i = 0; i < run->data->rows; i++) {
        double value = values_of(column)[i];
        uint32_t code = isnan(value) ? 0 : 1;
        for (size_t c = 0; code != 0 && c < count && value >= json_number_value(json_array_get(at, c)); c++)
            code++;
        g_array_index(codes, uint32_t, i) = code;
    }
    column_set_codes(column, codes, (const char *const *)labels->pdata, labels->len);
    step_note(log, "categories_after", labels->len);
    return true;
}

static bool do_tails(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *column = step_column(run, step, "column", true, error);
    if (column == NULL)
        return false;
    SdcNumbers numbers = column_numbers(column);
    SdcCodingTail tail =
        g_strcmp0(recipe_text(step, "as"), "mean") == 0 ? SDC_CODING_MEAN : SDC_CODING_LIMIT;
    size_t changed;
    SdcError failure;
    g_autofree double *coded = g_new(double, run->data->rows);
    if (!sdc_code_tails(&run->context, &numbers, recipe_number(step, "bottom", (double)NAN),
                        recipe_number(step, "top", (double)NAN), tail, coded, &changed, &failure))
        return step_failed(&failure, error);
    memcpy(values_of(column), coded, run->data->rows * sizeof *coded);
    step_note(log, "values_changed", (double)changed);
    return true;
}

static bool do_round(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *column = step_column(run, step, "column", true, error);
    if (column == NULL)
        return false;
    SdcNumbers numbers = column_numbers(column);
    SdcRounding how = g_strcmp0(recipe_text(step, "how"), "random") == 0 ? SDC_ROUNDING_RANDOM
                                                                        : SDC_ROUNDING_NEAREST;
    SdcError failure;
    g_autofree double *rounded = g_new(double, run->data->rows);
    if (!sdc_round(&run->context, &numbers, recipe_number(step, "base", 1), how, run->seed, run->stream,
                   rounded, &failure))
        return step_failed(&failure, error);
    memcpy(values_of(column), rounded, run->data->rows * sizeof *rounded);
    step_note(log, "values", (double)run->data->rows);
    return true;
}

/* --- keys --------------------------------------------------------------------------------------------- */

static bool do_suppress(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *columns[SDC_KEYS_MAX];
    SdcCodes codes[SDC_KEYS_MAX];
    double costs[SDC_KEYS_MAX];
    size_t count;
    if (!step_columns(run, step, "columns", false, columns, &count, error))
        return false;
    for (size_t v = 0; v < count; v++) {
        codes[v] = column_codes(columns[v]);
        costs[v] = recipe_number(json_object_get(step, "costs"), columns[v]->name, 1);
    }
    bool greedy = g_strcmp0(recipe_text(step, "rule"), "greedy") == 0;
    SdcSuppressionOptions options = {
        .rule = greedy ? SDC_SUPPRESSION_GREEDY : SDC_SUPPRESSION_THRIFTY,
        .k = (uint32_t)recipe_number(step, "k", recipe_number(run->recipe, "k", 3)), .costs = costs};
    SdcSuppression made;
    SdcError failure;
    if (!sdc_suppress(&run->context, codes, count, &options, &made, &failure))
        return step_failed(&failure, error);
    json_t *by = json_object();
    for (size_t v = 0; v < count; v++) {
        memcpy(columns[v]->codes->data, made.codes + v * made.rows, made.rows * sizeof *made.codes);
        step_note(by, columns[v]->name, (double)made.by_variable[v]);
    }
    step_note(log, "cells", (double)made.cells);
    json_object_set_new(log, "cells_by_column", by);
    sdc_suppression_clear(&run->context, &made);
    return true;
}

static void keep_lattice(Run *run, MicrodataColumn **columns, size_t count, const BuiltHierarchy *built,
                         const SdcLattice *found, json_t *log)
{
    json_t *levels = json_object();
    size_t kept = 0;
    g_autofree uint32_t *order = g_new(uint32_t, found->rows);
    for (size_t v = 0; v < count; v++) {
        GArray *codes = codes_new(found->rows);
        memcpy(codes->data, found->codes + v * found->rows, found->rows * sizeof *found->codes);
        set_level(columns[v], &built[v], found->levels[v], codes);
        step_note(levels, columns[v]->name, columns[v]->level);
    }
    for (size_t i = 0; i < found->rows; i++) {
        if (!found->is_suppressed[i])
            order[kept++] = (uint32_t)i;
    }
    microdata_take(run->data, order, kept);
    json_object_set_new(log, "levels", levels);
    step_note(log, "records_removed", (double)found->suppressed);
    step_note(log, "loss", found->loss);
    step_note(log, "nodes", (double)found->nodes);
}

static bool do_lattice(Run *run, const json_t *step, json_t *log, GError **error)
{
    static const char *const losses[] = {"discernibility", "share", "entropy"};
    MicrodataColumn *columns[SDC_KEYS_MAX];
    BuiltHierarchy built[SDC_KEYS_MAX] = {0};
    SdcHierarchy hierarchies[SDC_KEYS_MAX];
    SdcCodes codes[SDC_KEYS_MAX];
    SdcLatticeOptions options = {
        .k = (uint32_t)recipe_number(step, "k", recipe_number(run->recipe, "k", 3)),
        .limit = recipe_number(step, "limit", 0), .loss = SDC_LOSS_SHARE};
    for (int l = 0; l < 3; l++) {
        if (g_strcmp0(recipe_text(step, "loss"), losses[l]) == 0)
            options.loss = (SdcLoss)l;
    }
    size_t count;
    bool ok = step_columns(run, step, "columns", false, columns, &count, error);
    for (size_t v = 0; ok && v < count; v++) {
        ok = hierarchy_build(run, columns[v], &built[v], error);
        hierarchies[v] = built[v].hierarchy;
        codes[v] = column_codes(columns[v]);
    }
    SdcLattice found;
    SdcError failure;
    if (ok && !sdc_lattice_search(&run->context, codes, hierarchies, count, &options, &found, &failure))
        ok = step_failed(&failure, error);
    else if (ok) {
        keep_lattice(run, columns, count, built, &found, log);
        sdc_lattice_clear(&run->context, &found);
    }
    for (size_t v = 0; v < SDC_KEYS_MAX; v++)
        hierarchy_clear(&built[v]);
    return ok;
}

static bool do_pram(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *column = step_column(run, step, "column", false, error);
    if (column == NULL)
        return false;
    SdcCodes codes = column_codes(column);
    SdcPramOptions options = {.seed = run->seed, .stream = run->stream,
                              .pd = recipe_number(step, "pd", .8),
                              .alpha = recipe_number(step, "alpha", .5)};
    size_t changed;
    SdcError failure;
    g_autofree uint32_t *out = g_new(uint32_t, run->data->rows);
    if (!sdc_pram(&run->context, &codes, &options, out, NULL, &changed, &failure))
        return step_failed(&failure, error);
    memcpy(column->codes->data, out, run->data->rows * sizeof *out);
    step_note(log, "values_changed", (double)changed);
    return true;
}

/* --- numbers ------------------------------------------------------------------------------------------- */

static bool numbers_of(Run *run, const json_t *step, MicrodataColumn **ret_columns, SdcNumbers *ret_numbers,
                       size_t *ret_count, GError **error)
{
    if (!step_columns(run, step, "columns", true, ret_columns, ret_count, error))
        return false;
    for (size_t v = 0; v < *ret_count; v++)
        ret_numbers[v] = column_numbers(ret_columns[v]);
    return true;
}

static bool do_microaggregate(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *columns[SDC_NUMBERS_MAX];
    SdcNumbers numbers[SDC_NUMBERS_MAX];
    size_t count;
    SdcMicroaggregation made;
    SdcError failure;
    if (!numbers_of(run, step, columns, numbers, &count, error))
        return false;
    uint32_t k = (uint32_t)recipe_number(step, "k", recipe_number(run->recipe, "k", 3));
    if (!sdc_mdav(&run->context, numbers, count, k, &made, &failure))
        return step_failed(&failure, error);
    for (size_t v = 0; v < count; v++)
        memcpy(values_of(columns[v]), made.values + v * made.rows, made.rows * sizeof *made.values);
    step_note(log, "groups", (double)made.groups);
    step_note(log, "loss", made.sst > 0 ? made.sse / made.sst : 0);
    sdc_microaggregation_clear(&run->context, &made);
    return true;
}

static bool do_swap(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *columns[SDC_NUMBERS_MAX];
    SdcNumbers numbers[SDC_NUMBERS_MAX];
    size_t count, changed = 0;
    if (!numbers_of(run, step, columns, numbers, &count, error))
        return false;
    g_autofree double *out = g_new(double, run->data->rows);
    for (size_t v = 0; v < count; v++) {
        SdcError failure;
        if (!sdc_rank_swap(&run->context, &numbers[v], recipe_number(step, "percent", 5), run->seed,
                           run->stream + v, out, &failure))
            return step_failed(&failure, error);
        for (size_t i = 0; i < run->data->rows; i++)
            changed += out[i] != numbers[v].values[i] && !isnan(out[i]);
        memcpy(values_of(columns[v]), out, run->data->rows * sizeof *out);
    }
    step_note(log, "values_changed", (double)changed);
    return true;
}

static bool do_noise(Run *run, const json_t *step, json_t *log, GError **error)
{
    MicrodataColumn *columns[SDC_NUMBERS_MAX];
    SdcNumbers numbers[SDC_NUMBERS_MAX];
    size_t count, rows = run->data->rows;
    SdcError failure;
    if (!numbers_of(run, step, columns, numbers, &count, error))
        return false;
    g_autofree double *out = g_new(double, rows * count);
    if (!sdc_add_noise(&run->context, numbers, count, recipe_number(step, "percent", 10),
                       json_is_true(json_object_get(step, "correlated")), run->seed, run->stream, out,
                       &failure))
        return step_failed(&failure, error);
    for (size_t v = 0; v < count; v++)
        memcpy(values_of(columns[v]), out + v * rows, rows * sizeof *out);
    step_note(log, "values", (double)(rows * count));
    return true;
}

/* --- the table ------------------------------------------------------------------------------------------ */

static const char *const tail_words[] = {"limit", "mean", NULL};
static const char *const rounding_words[] = {"nearest", "random", NULL};
static const char *const rule_words[] = {"thrifty", "greedy", NULL};
static const char *const loss_words[] = {"discernibility", "share", "entropy", NULL};

#define COLUMN {"column", FIELD_TEXT, true}
#define COLUMNS {"columns", FIELD_TEXTS, true}
#define K {"k", FIELD_INTEGER, false, 2, 1000000}
#define NUMBER_LIMITS -1e300, 1e300

static const StepKind kinds[] = {
    {"drop", "removes columns", {COLUMNS}, do_drop},
    {"pseudonym", "replaces values by a keyed code", {COLUMN, {"domain", FIELD_TEXT}}, step_pseudonym},
    {"record_key", "adds a keyed number for tables by the cell-key method",
     {COLUMNS, {"as", FIELD_TEXT}, {"domain", FIELD_TEXT}}, step_record_key},
    {"shuffle", "puts the records in a random order", {{NULL}}, do_shuffle},
    {"sample", "keeps a random sample", {{"fraction", FIELD_NUMBER, true, 1e-9, 1},
     {"strata", FIELD_TEXT}}, do_sample},
    {"recode", "recodes by a level of the hierarchy",
     {COLUMN, {"level", FIELD_INTEGER, true, 0, SDC_HIERARCHY_LEVELS_MAX - 1}}, do_recode},
    {"cut", "makes intervals of numbers", {COLUMN, {"at", FIELD_NUMBERS, true}}, do_cut},
    {"tails", "codes values beyond a limit alike", {COLUMN, {"top", FIELD_NUMBER, false, NUMBER_LIMITS},
     {"bottom", FIELD_NUMBER, false, NUMBER_LIMITS}, {"as", FIELD_WORD, .words = tail_words}}, do_tails},
    {"round", "rounds to multiples of a base", {COLUMN, {"base", FIELD_NUMBER, true, 1e-9, 1e15},
     {"how", FIELD_WORD, .words = rounding_words}}, do_round},
    {"lattice", "recodes by the combination of levels that loses least",
     {COLUMNS, K, {"limit", FIELD_NUMBER, false, 0, 0.999}, {"loss", FIELD_WORD, .words = loss_words}},
     do_lattice},
    {"suppress", "makes single values missing until each record has k alike",
     {COLUMNS, K, {"rule", FIELD_WORD, .words = rule_words}, {"costs", FIELD_AMOUNTS, false, 1e-6, 1e6}},
     do_suppress},
    {"pram", "changes categories at random", {COLUMN, {"pd", FIELD_NUMBER, false, 0, 1},
     {"alpha", FIELD_NUMBER, false, 0, 1}}, do_pram},
    {"microaggregate", "replaces numbers by means of groups of k", {COLUMNS, K}, do_microaggregate},
    {"swap", "swaps numbers of near rank", {COLUMNS, {"percent", FIELD_NUMBER, true, 1e-6, 100}}, do_swap},
    {"noise", "adds random noise to numbers", {COLUMNS, {"percent", FIELD_NUMBER, true, 1e-6, 1e6},
     {"correlated", FIELD_FLAG}}, do_noise},
};

const StepKind *step_kinds(size_t *ret_count)
{
    *ret_count = G_N_ELEMENTS(kinds);
    return kinds;
}

const StepKind *step_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}
