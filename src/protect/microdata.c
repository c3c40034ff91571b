/* SPDX-License-Identifier: Apache-2.0 */
/* Dictionaries grow as records come; a column changes its kind when a step makes categories of numbers. */
#include "protect/microdata.h"

#include "base/error.h"
#include "sdc/sdc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void column_clear_codes(MicrodataColumn *column)
{
    g_clear_pointer(&column->codes, g_array_unref);
    g_clear_pointer(&column->labels, g_ptr_array_unref);
    g_clear_pointer(&column->index, g_hash_table_unref);
}

static void column_start_codes(MicrodataColumn *column)
{
    column->labels = g_ptr_array_new_with_free_func(g_free);
    column->index = g_hash_table_new(g_str_hash, g_str_equal);   /* texts are those of LABELS */
}

static void column_free(void *item)
{
    MicrodataColumn *column = item;
    g_clear_pointer(&column->values, g_array_unref);
    column_clear_codes(column);
    g_free(column->name);
    g_free(column);
}

Microdata *microdata_new(void)
{
    Microdata *data = g_new0(Microdata, 1);
    data->columns = g_ptr_array_new_with_free_func(column_free);
    data->origin = g_array_new(false, false, sizeof(uint32_t));
    return data;
}

void microdata_free(Microdata *data)
{
    if (data == NULL)
        return;
    g_ptr_array_unref(data->columns);
    g_array_unref(data->origin);
    g_free(data);
}

MicrodataColumn *microdata_add_column(Microdata *data, const char *name, bool is_number)
{
    MicrodataColumn *column = g_new0(MicrodataColumn, 1);
    column->name = g_strdup(name);
    column->is_number = is_number;
    if (is_number) {
        column->values = g_array_new(false, false, sizeof(double));
    } else {
        column->codes = g_array_new(false, false, sizeof(uint32_t));
        column_start_codes(column);
    }
    g_ptr_array_add(data->columns, column);
    return column;
}

uint32_t column_code(MicrodataColumn *column, const char *label)
{
    gpointer code = g_hash_table_lookup(column->index, label);
    if (code != NULL)
        return GPOINTER_TO_UINT(code);
    char *kept = g_strdup(label);
    g_ptr_array_add(column->labels, kept);
    g_hash_table_insert(column->index, kept, GUINT_TO_POINTER(column->labels->len));
    return column->labels->len;
}

static bool append_value(Microdata *data, MicrodataColumn *column, const char *text, GError **error)
{
    if (!column->is_number) {
        uint32_t code = text != NULL ? column_code(column, text) : 0;
        g_array_append_val(column->codes, code);
        return true;
    }
    char *end = NULL;
    double value = text != NULL ? g_ascii_strtod(text, &end) : (double)NAN;
    if (text != NULL && (end == text || *end != '\0' || !isfinite(value)))
        return error_set(error, ERROR_UNPROCESSABLE, "protect.value",
                         "Row %zu, column \"%s\": %.40s is not a finite number.", data->rows + 1,
                         column->name, text);
    g_array_append_val(column->values, value);
    return true;
}

bool microdata_append(Microdata *data, const char *const *values, GError **error)
{
    if (data->rows >= SDC_ROWS_MAX)
        return error_set(error, ERROR_TOO_LARGE, "protect.rows", "There are more than %zu records.",
                         SDC_ROWS_MAX);
    for (guint c = 0; c < data->columns->len; c++) {
        if (!append_value(data, data->columns->pdata[c], values[c], error))
            return false;
    }
    uint32_t row = (uint32_t)data->rows++;
    g_array_append_val(data->origin, row);
    return true;
}

MicrodataColumn *microdata_find(const Microdata *data, const char *name)
{
    for (guint c = 0; name != NULL && c < data->columns->len; c++) {
        MicrodataColumn *column = data->columns->pdata[c];
        if (strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

void microdata_drop(Microdata *data, const MicrodataColumn *column)
{
    g_ptr_array_remove(data->columns, (gpointer)column);
}

static GArray *taken(const GArray *from, const uint32_t *order, size_t count)
{
    guint size = g_array_get_element_size((GArray *)from);
    GArray *to = g_array_sized_new(false, false, size, (guint)count);
    for (size_t i = 0; i < count; i++)
        g_array_append_vals(to, from->data + (size_t)order[i] * size, 1);
    return to;
}

static void replace(GArray **array, const uint32_t *order, size_t count)
{
    GArray *next = taken(*array, order, count);
    g_array_unref(*array);
    *array = next;
}

void microdata_take(Microdata *data, const uint32_t *order, size_t count)
{
    for (guint c = 0; c < data->columns->len; c++) {
        MicrodataColumn *column = data->columns->pdata[c];
        replace(column->is_number ? &column->values : &column->codes, order, count);
    }
    replace(&data->origin, order, count);
    data->rows = count;
}

Microdata *microdata_copy(const Microdata *data)
{
    Microdata *copy = microdata_new();
    copy->rows = data->rows;
    g_array_append_vals(copy->origin, data->origin->data, data->origin->len);
    for (guint c = 0; c < data->columns->len; c++) {
        const MicrodataColumn *from = data->columns->pdata[c];
        MicrodataColumn *to = microdata_add_column(copy, from->name, from->is_number);
        to->level = from->level;
        if (from->is_number) {
            g_array_append_vals(to->values, from->values->data, from->values->len);
            continue;
        }
        g_array_append_vals(to->codes, from->codes->data, from->codes->len);
        for (guint l = 0; l < from->labels->len; l++)
            column_code(to, from->labels->pdata[l]);
    }
    return copy;
}

SdcCodes column_codes(const MicrodataColumn *column)
{
    g_assert(!column->is_number);
    return (SdcCodes){column->codes->len, column->labels->len, (const uint32_t *)column->codes->data,
                      (const char *const *)column->labels->pdata};
}

SdcNumbers column_numbers(const MicrodataColumn *column)
{
    g_assert(column->is_number);
    return (SdcNumbers){column->values->len, (const double *)column->values->data};
}

void column_set_codes(MicrodataColumn *column, GArray *codes, const char *const *labels, size_t count)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);   /* LABELS may be our own */
    for (size_t l = 0; l < count; l++)
        g_ptr_array_add(texts, g_strdup(labels[l]));
    g_clear_pointer(&column->values, g_array_unref);
    column_clear_codes(column);
    column->is_number = false;
    column->codes = codes;
    column_start_codes(column);
    for (size_t l = 0; l < count; l++)
        g_assert(column_code(column, texts->pdata[l]) == l + 1);
    g_ptr_array_unref(texts);
}

static gint compare_doubles(gconstpointer a, gconstpointer b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void column_make_codes(MicrodataColumn *column)
{
    if (!column->is_number)
        return;
    g_autoptr(GArray) sorted = g_array_new(false, false, sizeof(double));
    for (guint i = 0; i < column->values->len; i++) {
        double value = g_array_index(column->values, double, i);
        if (!isnan(value))
            g_array_append_val(sorted, value);
    }
    g_array_sort(sorted, compare_doubles);
    guint distinct = 0;
    for (guint i = 0; i < sorted->len; i++) {
        double value = g_array_index(sorted, double, i);
        if (distinct == 0 || g_array_index(sorted, double, distinct - 1) != value)
            g_array_index(sorted, double, distinct++) = value;
    }
    GArray *codes = g_array_sized_new(false, false, sizeof(uint32_t), column->values->len);
    for (guint i = 0; i < column->values->len; i++) {
        double value = g_array_index(column->values, double, i);
        const double *found = isnan(value) ? NULL : bsearch(&value, sorted->data, distinct, sizeof value,
                                                            compare_doubles);
        uint32_t code = found != NULL ? (uint32_t)(found - (const double *)sorted->data) + 1 : 0;
        g_array_append_val(codes, code);
    }
    g_autoptr(GPtrArray) labels = g_ptr_array_new_with_free_func(g_free);
    char buffer[COLUMN_TEXT_BYTES];
    for (guint d = 0; d < distinct; d++)
        g_ptr_array_add(labels, g_strdup(sdc_number_text(g_array_index(sorted, double, d), buffer)));
    column_set_codes(column, codes, (const char *const *)labels->pdata, distinct);
}

const char *column_text(const MicrodataColumn *column, size_t row, char *buffer)
{
    if (column->is_number) {
        double value = g_array_index(column->values, double, row);
        return isnan(value) ? NULL : sdc_number_text(value, buffer);
    }
    uint32_t code = g_array_index(column->codes, uint32_t, row);
    return code == 0 ? NULL : column->labels->pdata[code - 1];
}
