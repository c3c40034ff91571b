/* SPDX-License-Identifier: Apache-2.0 */
/* What the report tells: the kernels' figures, and small tables for its plots. */
#include "protect/measure.h"

#include "base/encode.h"
#include "base/error.h"
#include "sdc/sdc.h"

#include <math.h>
#include <string.h>

/* SUDA2 looks at every subset of keys: up to these. */
#define SUDA_KEYS_MAX 10
#define SUDA_ROWS_MAX 1000000

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* --- what looks like a direct identifier --------------------------------------------------------------- */

#define LOOK_ROWS 2000   /* records with a value that are looked at in each column */
#define LOOK_SHARE .5

/* The kind that most of its values have, or that its heading says; NONE for neither. */
static SdcIdentifier look_at_column(const MicrodataColumn *column, size_t rows, double *ret_share)
{
    size_t counts[SDC_IDENTIFIER_COUNT] = {0}, looked = 0, best = 0;
    char buffer[COLUMN_TEXT_BYTES];
    for (size_t i = 0; i < rows && looked < LOOK_ROWS; i++) {
        const char *text = column_text(column, i, buffer);
        if (text == NULL)
            continue;
        looked++;
        counts[sdc_identifier_of_text(text)]++;
    }
    for (size_t k = 1; k < SDC_IDENTIFIER_COUNT; k++)
        best = counts[k] > counts[best] || best == 0 ? k : best;
    *ret_share = looked > 0 ? (double)counts[best] / (double)looked : 0;
    if (*ret_share >= LOOK_SHARE)
        return (SdcIdentifier)best;
    return sdc_identifier_of_heading(column->name);
}

static json_t *identifiers_json(const Microdata *data)
{
    json_t *found = json_array();
    for (guint c = 0; c < data->columns->len; c++) {
        const MicrodataColumn *column = data->columns->pdata[c];
        double share;
        SdcIdentifier kind = look_at_column(column, data->rows, &share);
        if (kind != SDC_IDENTIFIER_NONE)
            json_array_append_new(found, json_pack("{s:s, s:s, s:f}", "column", column->name, "kind",
                                                   sdc_identifier_name(kind), "share", share));
    }
    return found;
}

/* --- risk ------------------------------------------------------------------------------------------------ */

typedef struct Keys {
    size_t count;
    SdcCodes codes[SDC_KEYS_MAX];
    GPtrArray *made;       /* columns made for this: numbers as categories */
    json_t *used, *absent;
} Keys;

static Microdata *categories_of(const MicrodataColumn *column)
{
    Microdata *alone = microdata_new();
    MicrodataColumn *copy = microdata_add_column(alone, column->name, true);
    g_array_append_vals(copy->values, column->values->data, column->values->len);
    column_make_codes(copy);
    return alone;
}

static SdcCodes codes_of(GPtrArray *made, const MicrodataColumn *column)
{
    if (!column->is_number)
        return column_codes(column);
    Microdata *alone = categories_of(column);
    g_ptr_array_add(made, alone);
    return column_codes(alone->columns->pdata[0]);
}

static void gather_keys(const Run *run, Keys *keys)
{
    const json_t *names = json_object_get(run->recipe, "keys");
    *keys = (Keys){.made = g_ptr_array_new_with_free_func((GDestroyNotify)microdata_free),
                   .used = json_array(), .absent = json_array()};
    for (size_t i = 0; i < json_array_size(names); i++) {
        json_t *name = json_array_get(names, i);
        const MicrodataColumn *column = microdata_find(run->data, json_string_value(name));
        json_array_append(column != NULL ? keys->used : keys->absent, name);
        if (column != NULL)
            keys->codes[keys->count++] = codes_of(keys->made, column);
    }
}

static void keys_clear(Keys *keys)
{
    g_ptr_array_unref(keys->made);
    json_decref(keys->used);
    json_decref(keys->absent);
}

static json_t *anonymity_json(const SdcFrequencies *f, uint32_t k)
{
    static const uint32_t ends[] = {1, 2, 4, 9, 49, UINT32_MAX};
    static const char *const names[] = {"1", "2", "3-4", "5-9", "10-49", "50+"};
    size_t records[G_N_ELEMENTS(ends)] = {0};
    SdcAnonymity a = sdc_anonymity(f, k);
    for (size_t i = 0; i < f->rows; i++) {
        size_t bin = 0;
        while (f->sample[i] > ends[bin])
            bin++;
        records[bin]++;
    }
    json_t *sizes = json_array();
    for (size_t b = 0; b < G_N_ELEMENTS(ends); b++)
        json_array_append_new(sizes, json_pack("{s:s, s:I}", "alike", names[b], "records",
                                               (json_int_t)records[b]));
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "keys", (json_int_t)a.keys, "uniques",
                     (json_int_t)a.uniques, "doubles", (json_int_t)a.doubles, "below_k",
                     (json_int_t)a.below, "smallest", (json_int_t)a.smallest, "sizes", sizes);
}

static json_t *global_json(const SdcGlobalRisk *g)
{
    return json_pack("{s:o, s:o, s:o, s:I}", "expected", real(g->expected), "rate", real(g->rate), "largest",
                     real(g->largest), "outliers", (json_int_t)g->outliers);
}

/* Individual and household risk under the recipe's meaning of missing values. */
static bool add_risks(Run *run, const SdcFrequencies *f, json_t *risk, SdcError *failure)
{
    g_autofree double *risks = g_new(double, MAX(f->rows, 1));
    SdcGlobalRisk g;
    if (!sdc_risk_individual(&run->context, f, SDC_RISK_EXACT, risks, failure) ||
        !sdc_risk_global(&run->context, risks, f->rows, .01, &g, failure))
        return false;
    json_object_set_new(risk, "individual", global_json(&g));
    MicrodataColumn *household = microdata_find(run->data, recipe_text(run->recipe, "household"));
    if (household == NULL)
        return true;
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func((GDestroyNotify)microdata_free);
    SdcCodes codes = codes_of(made, household);
    if (!sdc_risk_household(&run->context, risks, &codes, risks, failure) ||
        !sdc_risk_global(&run->context, risks, f->rows, .01, &g, failure))
        return false;
    json_object_set_new(risk, "household", global_json(&g));
    return true;
}

static bool add_suda(Run *run, const Keys *keys, SdcMissing missing, json_t *risk, SdcError *failure)
{
    if (keys->count < 3 || keys->count > SUDA_KEYS_MAX || run->data->rows > SUDA_ROWS_MAX)
        return true;
    SdcSudaOptions options = {.sampling_fraction = .01, .missing = missing};
    SdcSuda suda;
    if (!sdc_suda(&run->context, keys->codes, keys->count, &options, &suda, failure))
        return false;
    double largest = 0, above = 0;
    for (size_t i = 0; i < suda.rows; i++) {
        largest = fmax(largest, suda.dis[i]);
        above += suda.scores[i] > 0;
    }
    json_t *contributions = json_object();
    for (size_t v = 0; v < keys->count; v++)
        json_object_set_new(contributions, json_string_value(json_array_get(keys->used, v)),
                            real(suda.contributions[v]));
    json_object_set_new(risk, "suda", json_pack("{s:I, s:o, s:o}", "records", (json_int_t)above,
                                                "largest_dis", real(largest), "contributions",
                                                contributions));
    sdc_suda_clear(&run->context, &suda);
    return true;
}

static bool add_sensitive(Run *run, const Keys *keys, json_t *risk, SdcError *failure)
{
    const json_t *names = json_object_get(run->recipe, "sensitive");
    json_t *all = json_object();
    json_object_set_new(risk, "sensitive", all);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        const MicrodataColumn *column = microdata_find(run->data, name);
        if (column == NULL)
            continue;
        g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func((GDestroyNotify)microdata_free);
        g_autofree double *distances = g_new(double, MAX(run->data->rows, 1));
        SdcCodes codes = codes_of(made, column);
        SdcDiversity d;
        double largest;
        if (!sdc_closeness(&run->context, keys->codes, keys->count, &codes, SDC_DISTANCE_EQUAL, NULL,
                           distances, &largest, failure) ||
            !sdc_diversity(&run->context, keys->codes, keys->count, &codes, 2, 2, &d, failure))
            return false;
        json_object_set_new(all, name, json_pack("{s:I, s:o, s:o}", "least_distinct",
                                                 (json_int_t)d.least_distinct, "least_entropy",
                                                 real(d.least_entropy), "largest_distance",
                                                 real(largest)));
        sdc_diversity_clear(&run->context, &d);
    }
    return true;
}

static bool fill_risk(Run *run, const Keys *keys, json_t *risk, GError **error)
{
    MicrodataColumn *weight = microdata_find(run->data, recipe_text(run->recipe, "weight"));
    bool weighted = weight != NULL && weight->is_number;
    SdcNumbers weights = weighted ? column_numbers(weight) : (SdcNumbers){0};
    bool wildcard = strcmp(recipe_text(run->recipe, "missing"), "wildcard") == 0;
    uint32_t k = (uint32_t)recipe_number(run->recipe, "k", 3);
    SdcError failure;
    static const SdcMissing meanings[] = {SDC_MISSING_WILDCARD, SDC_MISSING_CATEGORY};
    static const char *const names[] = {"wildcard", "category"};
    for (int m = 0; m < 2; m++) {
        SdcFrequencies f;
        if (!sdc_frequencies_count(&run->context, keys->codes, keys->count, weighted ? &weights : NULL,
                                   meanings[m], &f, &failure))
            return step_failed(&failure, error);
        json_object_set_new(risk, names[m], anonymity_json(&f, k));
        bool ok = (m == 0) != wildcard || add_risks(run, &f, risk, &failure);
        sdc_frequencies_clear(&run->context, &f);
        if (!ok)
            return step_failed(&failure, error);
    }
    SdcMissing missing = wildcard ? SDC_MISSING_WILDCARD : SDC_MISSING_CATEGORY;
    return (add_suda(run, keys, missing, risk, &failure) &&
            add_sensitive(run, keys, risk, &failure)) || step_failed(&failure, error);
}

json_t *measure_risk(Run *run, GError **error)
{
    Keys keys;
    gather_keys(run, &keys);
    g_autoptr(json_t) risk = json_pack("{s:I, s:i, s:s, s:O, s:O}", "records", (json_int_t)run->data->rows,
                                       "columns", (int)run->data->columns->len, "missing",
                                       recipe_text(run->recipe, "missing"), "keys_used", keys.used,
                                       "keys_absent", keys.absent);
    json_object_set_new(risk, "identifiers", identifiers_json(run->data));
    bool ok = keys.count == 0 || fill_risk(run, &keys, risk, error);
    keys_clear(&keys);
    return ok ? g_steal_pointer(&risk) : NULL;
}

/* --- utility -------------------------------------------------------------------------------------------- */

static double mean_of(const SdcNumbers *numbers, double *ret_deviation)
{
    double count = 0, mean = 0, squares = 0;
    for (size_t i = 0; i < numbers->rows; i++)
        count += !isnan(numbers->values[i]);
    for (size_t i = 0; i < numbers->rows; i++)
        mean += isnan(numbers->values[i]) ? 0 : numbers->values[i] / count;
    for (size_t i = 0; i < numbers->rows; i++) {
        double d = numbers->values[i] - mean;
        squares += isnan(d) ? 0 : d * d;
    }
    *ret_deviation = count > 1 ? sqrt(squares / (count - 1)) : (double)NAN;
    return count > 0 ? mean : (double)NAN;
}

static size_t count_missing(const MicrodataColumn *column)
{
    size_t missing = 0, rows = column->is_number ? column->values->len : column->codes->len;
    for (size_t i = 0; i < rows; i++)
        missing += column->is_number ? isnan(g_array_index(column->values, double, i)) != 0
                                     : g_array_index(column->codes, uint32_t, i) == 0;
    return missing;
}

/* Some record has a value that the column did not know. */
static bool is_recoded(const MicrodataColumn *old, const MicrodataColumn *now)
{
    for (guint i = 0; i < now->codes->len; i++) {
        uint32_t code = g_array_index(now->codes, uint32_t, i);
        if (code != 0 && !g_hash_table_contains(old->index, now->labels->pdata[code - 1]))
            return true;
    }
    return false;
}

/* One row of the report for each column of the file. OLD is matched to the records that are left. */
static json_t *column_json(const MicrodataColumn *old, const MicrodataColumn *now)
{
    json_t *row = json_pack("{s:s}", "column", old->name);
    if (now == NULL) {
        json_object_set_new(row, "change", json_string("removed"));
        return row;
    }
    json_object_set_new(row, "missing_before", json_integer((json_int_t)count_missing(old)));
    json_object_set_new(row, "missing_after", json_integer((json_int_t)count_missing(now)));
    if (old->is_number && now->is_number) {
        double before_deviation, after_deviation;
        SdcNumbers before = column_numbers(old), after = column_numbers(now);
        double before_mean = mean_of(&before, &before_deviation);
        double after_mean = mean_of(&after, &after_deviation);
        json_object_set_new(row, "mean_before", real(before_mean));
        json_object_set_new(row, "mean_after", real(after_mean));
        json_object_set_new(row, "deviation_before", real(before_deviation));
        json_object_set_new(row, "deviation_after", real(after_deviation));
    }
    if (!old->is_number && !now->is_number && is_recoded(old, now))
        json_object_set_new(row, "change", json_string("recoded"));
    return row;
}

typedef struct Compared {
    size_t numbers, codes;
    SdcNumbers before[SDC_NUMBERS_MAX], after[SDC_NUMBERS_MAX];
    SdcCodes old[SDC_KEYS_MAX], now[SDC_KEYS_MAX];
} Compared;

/* Codes of NOW in the dictionary of OLD. */
static void align(MicrodataColumn *old, MicrodataColumn *now)
{
    GArray *codes = g_array_sized_new(false, false, sizeof(uint32_t), now->codes->len);
    for (guint i = 0; i < now->codes->len; i++) {
        uint32_t code = g_array_index(now->codes, uint32_t, i);
        uint32_t same = code == 0 ? 0 : column_code(old, now->labels->pdata[code - 1]);
        g_array_append_val(codes, same);
    }
    column_set_codes(now, codes, (const char *const *)old->labels->pdata, old->labels->len);
}

static void compare_column(Compared *c, MicrodataColumn *old, MicrodataColumn *now)
{
    if (old->is_number && now->is_number && c->numbers < SDC_NUMBERS_MAX) {
        c->before[c->numbers] = column_numbers(old);
        c->after[c->numbers++] = column_numbers(now);
    }
    if (!old->is_number && !now->is_number && !is_recoded(old, now) && c->codes < SDC_KEYS_MAX &&
        old->labels->len < old->codes->len / 2 + 2) {   /* not identifiers */
        align(old, now);
        c->old[c->codes] = column_codes(old);
        c->now[c->codes++] = column_codes(now);
    }
}

static bool add_losses(Run *run, const Compared *c, json_t *utility, SdcError *failure)
{
    if (c->numbers > 0) {
        SdcNumbersLoss loss;
        if (!sdc_numbers_loss(&run->context, c->before, c->after, c->numbers, &loss, failure))
            return false;
        json_object_set_new(utility, "numbers",
                            json_pack("{s:i, s:o, s:o, s:o, s:o}", "columns", (int)c->numbers, "il1s",
                                      real(loss.il1s), "il1s_mean", real(loss.il1s_mean), "correlation",
                                      real(loss.correlation), "eigenvalues", real(loss.eigenvalues)));
    }
    json_t *tables = json_array();
    json_object_set_new(utility, "tables", tables);
    unsigned most = (unsigned)recipe_number(run->recipe, "ways", 2);   /* comparisons may ask for more */
    for (unsigned ways = 1; ways <= most && ways <= c->codes; ways++) {
        SdcTablesLoss loss;
        if (!sdc_tables_loss(&run->context, c->old, c->now, c->codes, ways, &loss, failure))
            return false;
        json_array_append_new(tables, json_pack("{s:i, s:I, s:o, s:o, s:o}", "ways", (int)ways, "tables",
                                                (json_int_t)loss.tables, "hellinger_mean",
                                                real(loss.hellinger_mean), "hellinger_largest",
                                                real(loss.hellinger_largest), "variation_mean",
                                                real(loss.variation_mean)));
    }
    return true;
}

json_t *measure_utility(Run *run, const Microdata *before, GError **error)
{
    g_autoptr(Microdata) old = microdata_copy(before), now = microdata_copy(run->data);
    microdata_take(old, (const uint32_t *)now->origin->data, now->rows);
    g_autoptr(json_t) utility = json_pack("{s:I, s:I}", "records_before", (json_int_t)before->rows,
                                          "records_after", (json_int_t)now->rows);
    json_t *columns = json_array();
    json_object_set_new(utility, "columns", columns);
    Compared compared = {0};
    for (guint i = 0; i < old->columns->len; i++) {
        MicrodataColumn *column = old->columns->pdata[i];
        MicrodataColumn *match = microdata_find(now, column->name);
        if (match != NULL && !match->is_number)
            column_make_codes(column);   /* a number that became categories: the same texts, or recoded */
        json_array_append_new(columns, column_json(column, match));
    }
    for (guint i = 0; i < old->columns->len; i++) {
        MicrodataColumn *match = microdata_find(now, ((MicrodataColumn *)old->columns->pdata[i])->name);
        if (match != NULL && g_strcmp0(match->name, recipe_text(run->recipe, "weight")) != 0)
            compare_column(&compared, old->columns->pdata[i], match);
    }
    SdcError failure;
    if (!add_losses(run, &compared, utility, &failure)) {
        step_failed(&failure, error);
        return NULL;
    }
    return g_steal_pointer(&utility);
}
