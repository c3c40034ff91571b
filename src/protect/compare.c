/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a protected file lost: records in the same order, or matched by a column that names them; cells matched
 * by their categories. The measures are those of reports.
 */
#include "protect/tables.h"

#include "protect/measure.h"

#include "base/error.h"
#include "sdc/sdc.h"

#include <math.h>
#include <string.h>

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static const MicrodataColumn *need(const Microdata *data, const char *name, const char *which, GError **error)
{
    const MicrodataColumn *column = microdata_find(data, name);
    if (column == NULL)
        error_set(error, ERROR_UNPROCESSABLE, "protect.column", "The %s file has no column \"%.60s\".", which, name);
    return column;
}

/* --- matching ------------------------------------------------------------------------------------------ */

/* The texts of NAMES in row I, as one. */
static bool row_key(const Microdata *data, const json_t *names, const char *which, size_t i, char **ret_key,
                    GError **error)
{
    GString *key = g_string_new(NULL);
    char buffer[COLUMN_TEXT_BYTES];
    for (size_t n = 0; n < json_array_size(names); n++) {
        const MicrodataColumn *column = need(data, json_string_value(json_array_get(names, n)), which, error);
        const char *text = column != NULL ? column_text(column, i, buffer) : NULL;
        if (column != NULL && text == NULL)
            error_set(error, ERROR_UNPROCESSABLE, "protect.missing", "Row %zu of the %s file has no value in the "
                      "column \"%s\".", i + 1, which, column->name);
        if (text == NULL) {
            g_string_free(key, true);
            return false;
        }
        g_string_append_printf(key, "%s\x1f", text);
    }
    *ret_key = g_string_free(key, false);
    return true;
}

/* 1 + row by key; a key that is there twice is refused. */
static GHashTable *index_rows(const Microdata *data, const json_t *names, const char *which, GError **error)
{
    g_autoptr(GHashTable) rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t i = 0; i < data->rows; i++) {
        char *key;
        if (!row_key(data, names, which, i, &key, error))
            return NULL;
        gpointer known = g_hash_table_lookup(rows, key);
        if (known != NULL) {
            error_set(error, ERROR_UNPROCESSABLE, "protect.cell", "Rows %u and %zu of the %s file have the same "
                      "categories.", GPOINTER_TO_UINT(known), i + 1, which);
            g_free(key);
            return NULL;
        }
        g_hash_table_insert(rows, key, GUINT_TO_POINTER(i + 1));
    }
    return g_steal_pointer(&rows);
}

/* --- records ------------------------------------------------------------------------------------------- */

/* Gives each protected record the original one that it was. */
static bool match_records(const Microdata *original, Microdata *now, const json_t *options, GError **error)
{
    const json_t *names = json_object_get(options, "key");
    uint32_t *origin = (uint32_t *)(void *)now->origin->data;
    if (names == NULL && original->rows != now->rows)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.records", "The files have %zu and %zu records; name "
                         "a key that says which is which.", original->rows, now->rows);
    for (size_t i = 0; names == NULL && i < now->rows; i++)
        origin[i] = (uint32_t)i;
    if (names == NULL)
        return true;
    g_autoptr(GHashTable) rows = index_rows(original, names, "original", error);
    for (size_t i = 0; rows != NULL && i < now->rows; i++) {
        g_autofree char *key = NULL;
        if (!row_key(now, names, "protected", i, &key, error))
            return false;
        gpointer row = g_hash_table_lookup(rows, key);
        if (row == NULL)
            return error_set(error, ERROR_UNPROCESSABLE, "protect.records", "Row %zu of the protected file is not in "
                             "the original one.", i + 1);
        origin[i] = GPOINTER_TO_UINT(row) - 1;
    }
    return rows != NULL;
}

static json_t *compare_records(const Microdata *original, const Microdata *protected_, const json_t *options,
                               GError **error)
{
    g_autoptr(Microdata) now = microdata_copy(protected_);
    Run run = {.data = now, .recipe = options};
    if (!match_records(original, now, options, error))
        return NULL;
    json_t *utility = measure_utility(&run, original, error);
    return utility != NULL ? json_pack("{s:s, s:o}", "kind", "records", "utility", utility) : NULL;
}

/* --- cells --------------------------------------------------------------------------------------------- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nearest rank. */
static json_t *quantiles(double *changes, size_t count)
{
    static const int percents[] = {50, 75, 90, 95, 99, 100};
    json_t *all = json_object();
    qsort(changes, count, sizeof *changes, compare_doubles);
    for (size_t q = 0; count > 0 && q < G_N_ELEMENTS(percents); q++) {
        size_t rank = (count * (size_t)percents[q] + 99) / 100;
        g_autofree char *name = g_strdup_printf("%d", percents[q]);
        json_object_set_new(all, name, real(changes[rank - 1]));
    }
    return all;
}

typedef struct Pairs {
    double *original, *published, *changes;
    bool *suppressed;
    size_t count, shown, absent;
} Pairs;

static void pairs_clear(Pairs *p)
{
    g_free(p->original);
    g_free(p->published);
    g_free(p->changes);
    g_free(p->suppressed);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pairs, pairs_clear)

/* A cell without a value, or that is not there any more, is suppressed. */
static bool pair_cells(const Microdata *original, const Microdata *now, const json_t *by, const char *value,
                       Pairs *p, GError **error)
{
    const MicrodataColumn *old = need(original, value, "original", error);
    const MicrodataColumn *new = old != NULL ? need(now, value, "protected", error) : NULL;
    if (new == NULL)
        return false;
    if (!old->is_number || !new->is_number)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.column", "The column \"%s\" does not hold numbers in "
                         "the %s file.", value, old->is_number ? "protected" : "original");
    g_autoptr(GHashTable) rows = index_rows(now, by, "protected", error);
    size_t matched = 0;
    if (rows == NULL)
        return false;
    for (size_t i = 0; i < original->rows; i++) {
        g_autofree char *key = NULL;
        if (!row_key(original, by, "original", i, &key, error))
            return false;
        gpointer row = g_hash_table_lookup(rows, key);
        double x = g_array_index(old->values, double, i);
        double z = row != NULL ? g_array_index(new->values, double, GPOINTER_TO_UINT(row) - 1) : (double)NAN;
        matched += row != NULL;
        p->absent += row == NULL;
        if (isnan(x))
            continue;   /* nothing to compare with */
        p->original[p->count] = x;
        p->published[p->count] = isnan(z) ? 0 : z;
        p->suppressed[p->count++] = isnan(z);
        if (!isnan(z))
            p->changes[p->shown++] = fabs(z - x);
    }
    return matched == now->rows || error_set(error, ERROR_UNPROCESSABLE, "protect.cell", "%zu cells of the "
                                             "protected file are not in the original one.", now->rows - matched);
}

static json_t *compare_cells(const Microdata *original, const Microdata *now, const json_t *options,
                             GError **error)
{
    g_auto(Pairs) p = {.original = g_new(double, MAX(original->rows, 1)),
                       .published = g_new(double, MAX(original->rows, 1)),
                       .changes = g_new(double, MAX(original->rows, 1)),
                       .suppressed = g_new(bool, MAX(original->rows, 1))};
    const char *value = json_string_value(json_object_get(options, "value"));
    g_autoptr(GHashTable) twice = index_rows(original, json_object_get(options, "by"), "original", error);
    if (twice == NULL || !pair_cells(original, now, json_object_get(options, "by"), value, &p, error))
        return NULL;
    SdcDeviation d;
    SdcError failure;
    if (!sdc_table_deviation(p.original, p.published, p.suppressed, p.count, &d, &failure)) {
        step_failed(&failure, error);
        return NULL;
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", "cells",
                     "value", value, "cells", (json_int_t)p.count, "shown", (json_int_t)d.shown, "unchanged",
                     (json_int_t)d.unchanged, "suppressed", (json_int_t)d.suppressed, "absent",
                     (json_int_t)p.absent, "mean_deviation", real(d.mean), "largest_deviation", real(d.largest),
                     "mean_relative", real(d.mean_relative), "mean_root", real(d.mean_root), "suppressed_value",
                     real(d.suppressed_value), "suppressed_share", real(d.suppressed_share), "deviation_quantiles",
                     quantiles(p.changes, p.shown));
}

json_t *protect_compare(const Microdata *original, const Microdata *protected_, const json_t *options,
                        GError **error)
{
    if (original->rows == 0 || protected_->rows == 0) {
        error_set(error, ERROR_UNPROCESSABLE, "protect.empty", "The %s file has no row.",
                  original->rows == 0 ? "original" : "protected");
        return NULL;
    }
    return json_object_get(options, "by") != NULL ? compare_cells(original, protected_, options, error)
                                                  : compare_records(original, protected_, options, error);
}
