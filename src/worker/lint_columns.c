/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The declared columns are read as they were written: an empty value, or one of the usual marks of
 * a suppressed cell, hides the cell; anything else must be a number. The rest is sdc's business.
 */
#include "worker/lint_parts.h"

#include "base/error.h"
#include "worker/csv.h"

#include <math.h>
#include <string.h>

#define TEXT_BYTES_MAX 200

static const struct {
    const char *field;
    const char *what;
} declared_kinds[COLUMN_LARGEST + 1] = {
    [COLUMN_COUNT] = {"count_column", "counts"},
    [COLUMN_CONTRIBUTORS] = {"contributors_column", "contributors"},
    [COLUMN_TOTAL] = {"total_column", "totals"},
    [COLUMN_ABSOLUTE] = {"absolute_column", "sums of absolute values"},
    [COLUMN_LARGEST] = {"largest_column", "largest contributions"},
};

static const char *column_what(int i)
{
    return i > COLUMN_LARGEST ? "next largest contributions" : declared_kinds[i].what;
}

/* --- Declaration ------------------------------------------------------------------------------- */

static bool take_next(LintColumns *columns, const json_t *list, GError **error)
{
    size_t i;
    json_t *name;
    if (list == NULL || json_is_null(list))
        return true;
    if (!json_is_array(list) || json_array_size(list) > SDC_TOP_MAX - 1)
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "\"next_columns\" must be at most %d names of columns.", SDC_TOP_MAX - 1);
    if (json_array_size(list) > 0 && columns->of[COLUMN_LARGEST].name == NULL)
        return error_set(error, ERROR_INVALID, "table.column",
                         "The next contributions are declared without the largest one.");
    json_array_foreach ((json_t *)(uintptr_t)list, i, name) {
        columns->of[COLUMN_LARGEST + 1 + i].name = json_string_value(name);
        if (!json_is_string(name))
            return error_set(error, ERROR_INVALID, "worker.arguments",
                             "\"next_columns\" must be names of columns.");
    }
    columns->top += (unsigned)json_array_size(list);
    return true;
}

bool lint_columns_take(LintColumns *columns, const json_t *arguments, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(declared_kinds); i++) {
        const json_t *value = json_object_get(arguments, declared_kinds[i].field);
        if (value == NULL || json_is_null(value))
            continue;
        columns->of[i].name = json_string_value(value);
        if (columns->of[i].name == NULL)
            return error_set(error, ERROR_INVALID, "worker.arguments",
                             "\"%s\" must be the name of a column or null.",
                             declared_kinds[i].field);
    }
    columns->top = columns->of[COLUMN_LARGEST].name != NULL;
    return take_next(columns, json_object_get(arguments, "next_columns"), error);
}

bool lint_columns_find(LintColumns *columns, const Table *table, GError **error)
{
    int found = 0;
    for (int i = 0; i < COLUMNS_MAX; i++) {
        LintColumn *column = &columns->of[i];
        column->index = -1;
        if (column->name == NULL)
            continue;
        column->index = table_find(table, column->name);
        if (column->index < 0)
            return error_set(error, ERROR_INVALID, "table.column",
                             "The column of %s, \"%s\", is not in the file.", column_what(i),
                             column->name);
        for (int k = 0; k < i; k++) {
            if (columns->of[k].index == column->index)
                return error_set(error, ERROR_INVALID, "table.column",
                                 "The column \"%s\" is declared twice, as %s and as %s.",
                                 column->name, column_what(k), column_what(i));
        }
        column->values = g_array_sized_new(false, false, sizeof(double), 256);
        found++;
    }
    if (found == 0)
        return error_set(error, ERROR_INVALID, "table.column",
                         "No column is declared: name the column of counts, of totals or both.");
    return true;
}

/* --- Values ------------------------------------------------------------------------------------ */

static bool is_hidden(const char *text)
{
    static const char *const marks[] = {"", "c", "s", "x", "*", "-", ":", "..", "...", "(c)", "(s)"};
    if (text == NULL || csv_is_marker(text))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (g_ascii_strcasecmp(text, marks[i]) == 0)
            return true;
    }
    return false;
}

/* Parquet may hold numbers in forms that a CSV column may not: inf, 1e300. */
static bool number_parse(const char *text, bool decimal_comma, double *ret_value)
{
    if (csv_number_parse(text, decimal_comma, ret_value))
        return true;
    char *end = NULL;
    double value = g_ascii_strtod(text, &end);
    if (decimal_comma || end == text || *end != '\0' || strpbrk(text, "xX") != NULL)
        return false;
    *ret_value = value;
    return true;
}

typedef struct Reading {
    LintColumns *columns;
    const Table *table;
    int64_t row;
} Reading;

static bool read_row(void *context, size_t count, const char *const *values, GError **error)
{
    Reading *reading = context;
    size_t at = 0;
    reading->row++;
    for (int i = 0; i < COLUMNS_MAX; i++) {
        LintColumn *column = &reading->columns->of[i];
        if (column->values == NULL)
            continue;
        g_assert(at < count);
        const char *text = values[at++];
        bool comma = table_column(reading->table, (size_t)column->index)->is_decimal_comma;
        double value = (double)NAN;
        if (!is_hidden(text) && !number_parse(text, comma, &value)) {
            g_autofree char *shown = g_utf8_make_valid(text, -1);
            return error_set(error, ERROR_UNPROCESSABLE, "table.not_number",
                             "Row %lld, column \"%s\": \"%.40s\" is not a number; leave the value "
                             "empty where the cell is suppressed.", (long long)reading->row,
                             column->name, shown);
        }
        g_array_append_val(column->values, value);
    }
    return true;
}

/* A value too long to be a number stays one that is not: cut, and marked as cut. */
void lint_append_text(GString *sql, const char *name)
{
    g_autofree char *quoted = duck_name(name);
    g_string_append_printf(sql,
                           "CASE WHEN strlen(CAST(%s AS VARCHAR)) > %d "
                           "THEN left(CAST(%s AS VARCHAR), 40) || '...' "
                           "ELSE trim(CAST(%s AS VARCHAR)) END",
                           quoted, TEXT_BYTES_MAX, quoted, quoted);
}

bool lint_columns_read(LintColumns *columns, Table *table, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (int i = 0; i < COLUMNS_MAX; i++) {
        if (columns->of[i].values == NULL)
            continue;
        if (sql->len > strlen("SELECT "))
            g_string_append(sql, ", ");
        lint_append_text(sql, columns->of[i].name);
    }
    g_string_append(sql, " FROM raw");
    Reading reading = {columns, table, 0};
    return duck_query(table->duck, sql->str, read_row, &reading, error);
}

void lint_columns_clear(LintColumns *columns)
{
    for (int i = 0; i < COLUMNS_MAX; i++)
        g_clear_pointer(&columns->of[i].values, g_array_unref);
}

const double *lint_column_values(const LintColumns *columns, int column)
{
    const GArray *values = columns->of[column].values;
    return values != NULL ? (const double *)(const void *)values->data : NULL;
}

bool lint_columns_has(const LintColumns *columns, int index)
{
    for (int i = 0; i < COLUMNS_MAX; i++) {
        if (columns->of[i].values != NULL && columns->of[i].index == index)
            return true;
    }
    return false;
}
