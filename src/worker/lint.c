/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The declared columns are read as they were written: an empty value, or one of the usual marks of
 * a suppressed cell, hides the cell; anything else must be a number. The rest is sdc's business.
 */
#include "worker/lint.h"

#include "base/encode.h"
#include "base/error.h"
#include "sdc/sdc.h"
#include "worker/csv.h"
#include "worker/rules.h"

#include <math.h>
#include <string.h>

enum { COLUMN_COUNT, COLUMN_TOTAL, COLUMN_LARGEST, DECLARED_COUNT };

static const struct {
    const char *field;
    const char *what;
} declared_kinds[DECLARED_COUNT] = {
    [COLUMN_COUNT] = {"count_column", "counts"},
    [COLUMN_TOTAL] = {"total_column", "totals"},
    [COLUMN_LARGEST] = {"largest_column", "largest contributions"},
};

/* Which declared column explains each flag, by the position of its bit. */
static const int flag_columns[SDC_FLAG_COUNT] = {
    COLUMN_COUNT, COLUMN_COUNT, COLUMN_LARGEST, COLUMN_LARGEST, COLUMN_COUNT,
    COLUMN_COUNT, COLUMN_COUNT, COLUMN_COUNT,   COLUMN_COUNT,
};

/* The list stops before its message would be too large. */
#define FLAGS_BYTES_MAX (500 * 1024)
#define FLAG_BYTES 80
#define NUMBER_BYTES_MAX 200

typedef struct Lint {
    Table *table;
    const char *declared[DECLARED_COUNT]; /* names; NULL: not declared */
    int index[DECLARED_COUNT];            /* in the table; -1 */
    GArray *values[DECLARED_COUNT];       /* of double */
    int64_t row;
} Lint;

static void lint_clear(Lint *lint)
{
    for (int i = 0; i < DECLARED_COUNT; i++)
        g_clear_pointer(&lint->values[i], g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lint, lint_clear)

/* --- Declaration ------------------------------------------------------------------------------- */

static bool lint_find_columns(Lint *lint, GError **error)
{
    int found = 0;
    for (int i = 0; i < DECLARED_COUNT; i++) {
        lint->index[i] = -1;
        if (lint->declared[i] == NULL)
            continue;
        lint->index[i] = table_find(lint->table, lint->declared[i]);
        if (lint->index[i] < 0)
            return error_set(error, ERROR_INVALID, "table.column",
                             "The column of %s, \"%s\", is not in the file.",
                             declared_kinds[i].what, lint->declared[i]);
        for (int k = 0; k < i; k++) {
            if (lint->index[k] == lint->index[i])
                return error_set(error, ERROR_INVALID, "table.column",
                                 "The column \"%s\" is declared twice, as %s and as %s.",
                                 lint->declared[i], declared_kinds[k].what, declared_kinds[i].what);
        }
        lint->values[i] = g_array_sized_new(false, false, sizeof(double), 256);
        found++;
    }
    if (found == 0)
        return error_set(error, ERROR_INVALID, "table.column",
                         "No column is declared: name the column of counts, of totals or both.");
    return true;
}

static bool lint_take_columns(Lint *lint, const json_t *arguments, GError **error)
{
    for (int i = 0; i < DECLARED_COUNT; i++) {
        const json_t *value = json_object_get(arguments, declared_kinds[i].field);
        if (value == NULL || json_is_null(value))
            continue;
        lint->declared[i] = json_string_value(value);
        if (lint->declared[i] == NULL)
            return error_set(error, ERROR_INVALID, "worker.arguments",
                             "\"%s\" must be the name of a column or null.",
                             declared_kinds[i].field);
    }
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

static bool lint_row(void *context, size_t columns, const char *const *values, GError **error)
{
    Lint *lint = context;
    size_t at = 0;
    lint->row++;
    for (int i = 0; i < DECLARED_COUNT; i++) {
        if (lint->values[i] == NULL)
            continue;
        g_assert(at < columns);
        const char *text = values[at++];
        bool comma = table_column(lint->table, (size_t)lint->index[i])->is_decimal_comma;
        double value = (double)NAN;
        if (!is_hidden(text) && !number_parse(text, comma, &value)) {
            g_autofree char *shown = g_utf8_make_valid(text, -1);
            return error_set(error, ERROR_UNPROCESSABLE, "table.not_number",
                             "Row %lld, column \"%s\": \"%.40s\" is not a number; leave the value "
                             "empty where the cell is suppressed.", (long long)lint->row,
                             lint->declared[i], shown);
        }
        g_array_append_val(lint->values[i], value);
    }
    return true;
}

static bool lint_read(Lint *lint, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (int i = 0; i < DECLARED_COUNT; i++) {
        if (lint->values[i] == NULL)
            continue;
        g_autofree char *name = duck_name(lint->declared[i]);
        /* A value too long to be a number stays one that is not: cut, and marked as cut. */
        g_string_append_printf(sql,
                               "%sCASE WHEN strlen(CAST(%s AS VARCHAR)) > %d "
                               "THEN left(CAST(%s AS VARCHAR), 40) || '...' "
                               "ELSE trim(CAST(%s AS VARCHAR)) END",
                               sql->len > 7 ? ", " : "", name, NUMBER_BYTES_MAX, name, name);
    }
    g_string_append(sql, " FROM raw");
    return duck_query(lint->table->duck, sql->str, lint_row, lint, error);
}

/* --- Result ------------------------------------------------------------------------------------ */

static json_t *flags_names(unsigned flags)
{
    json_t *names = json_array();
    for (int f = 0; f < SDC_FLAG_COUNT; f++) {
        if ((flags & sdc_flag_kinds()[f].flag) != 0)
            json_array_append_new(names, json_string(sdc_flag_kinds()[f].name));
    }
    return names;
}

static json_t *summary_json(const SdcSummary *summary)
{
    json_t *by_rule = json_object();
    for (int f = 0; f < SDC_FLAG_COUNT; f++)
        json_object_set_new(by_rule, sdc_flag_kinds()[f].name,
                            json_integer((json_int_t)summary->by_flag[f]));
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "cells", (json_int_t)summary->cells,
                     "suppressed", (json_int_t)summary->suppressed, "safe",
                     (json_int_t)summary->safe, "flagged", (json_int_t)summary->flagged, "by_rule",
                     by_rule, "applied", flags_names(summary->applied), "not_applied",
                     flags_names(summary->not_applied));
}

/* The declared column that shows why; another declared one if that is not declared. */
static int flag_column(const Lint *lint, int flag)
{
    int column = flag_columns[flag];
    for (int i = 0; lint->values[column] == NULL && i < DECLARED_COUNT; i++) {
        if (lint->values[i] != NULL)
            column = i;
    }
    return column;
}

static json_t *flag_json(const Lint *lint, size_t row, int flag)
{
    int column = flag_column(lint, flag);
    double value = g_array_index(lint->values[column], double, row);
    char text[32];
    g_ascii_formatd(text, sizeof text, "%.15g", value);
    return json_pack("{s:I, s:s, s:s, s:s?}", "row", (json_int_t)row + 1, "rule",
                     sdc_flag_kinds()[flag].name, "column", lint->declared[column], "value",
                     isnan(value) ? NULL : text);
}

/* Returns whether all were listed. */
static bool flags_list(const Lint *lint, const SdcVerdict *verdicts, size_t cells, json_t *into)
{
    size_t bytes = 0;
    for (size_t row = 0; row < cells; row++) {
        for (int f = 0; f < SDC_FLAG_COUNT; f++) {
            if ((verdicts[row].flags & sdc_flag_kinds()[f].flag) == 0)
                continue;
            bytes += FLAG_BYTES + strlen(lint->declared[flag_column(lint, f)]);
            if (json_array_size(into) >= WORKER_FLAGS_MAX || bytes > FLAGS_BYTES_MAX)
                return false;
            json_array_append_new(into, flag_json(lint, row, f));
        }
    }
    return true;
}

static void lint_note_columns(Lint *lint)
{
    Table *table = lint->table;
    if (lint->declared[COLUMN_LARGEST] != NULL)
        g_ptr_array_add(table->notes,
                        g_strdup_printf("Column \"%s\" holds the largest contribution of each cell, "
                                        "which is the value of one unit: it serves the check and "
                                        "should not be published.", lint->declared[COLUMN_LARGEST]));
    g_autoptr(GString) unchecked = g_string_new(NULL);
    for (guint i = 0; i < table->columns->len; i++) {
        const TableColumn *column = table_column(table, i);
        bool is_number = strcmp(column->type, "integer") == 0 ||
                         strcmp(column->type, "number") == 0;
        bool is_declared = (int)i == lint->index[COLUMN_COUNT] ||
                           (int)i == lint->index[COLUMN_TOTAL] ||
                           (int)i == lint->index[COLUMN_LARGEST];
        if (is_number && !is_declared && unchecked->len < 500)
            g_string_append_printf(unchecked, "%s\"%s\"", unchecked->len > 0 ? ", " : "",
                                   column->name);
    }
    if (unchecked->len > 0)
        g_ptr_array_add(table->notes,
                        g_strdup_printf("Columns of numbers that were not declared are not checked: "
                                        "%s.", unchecked->str));
}

static json_t *lint_result(Lint *lint, const SdcSummary *summary, const SdcVerdict *verdicts)
{
    lint_note_columns(lint);
    json_t *names = json_array(), *listed = json_array();
    for (guint i = 0; i < lint->table->columns->len; i++)
        json_array_append_new(names, json_string(table_column(lint->table, i)->name));
    bool all = flags_list(lint, verdicts, summary->cells, listed);
    const char *verdict = summary->flagged > 0       ? "flagged"
                          : summary->not_applied > 0 ? "incomplete"
                                                     : "pass";
    return json_pack("{s:s, s:I, s:o, s:s, s:s, s:o, s:o, s:b, s:o}", "format",
                     lint->table->format, "rows", (json_int_t)lint->row, "columns", names,
                     "basis", "author_declaration", "verdict", verdict, "summary",
                     summary_json(summary), "flags", listed, "flags_listed_all", (int)all, "notes",
                     table_notes(lint->table));
}

static const double *lint_values(const Lint *lint, int column)
{
    return lint->values[column] != NULL ? (const double *)(void *)lint->values[column]->data : NULL;
}

json_t *lint_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                 int output_fd, GError **error)
{
    (void)output_fd;
    g_auto(Lint) lint = {0};
    SdcRules rules;
    if (!lint_take_columns(&lint, arguments, error) || 
        !rules_parse(json_object_get(arguments, "rules"), &rules, error))
        return NULL;
    const char *format = json_string_value(json_object_get(arguments, "format"));
    g_autoptr(Table) table = table_open(duck, format, input_fd, limits, error);
    lint.table = table;
    if (table == NULL || !lint_find_columns(&lint, error) || !lint_read(&lint, error))
        return NULL;
    SdcTable cells = {.cells = (size_t)lint.row, .count = lint_values(&lint, COLUMN_COUNT),
                      .total = lint_values(&lint, COLUMN_TOTAL),
                      .top = lint.values[COLUMN_LARGEST] != NULL,
                      .top_values = {lint_values(&lint, COLUMN_LARGEST)}};
    g_autofree SdcVerdict *verdicts = g_new(SdcVerdict, (size_t)lint.row + 1);
    SdcSummary summary;
    SdcError problem;
    if (!sdc_primary_check(&rules, &cells, verdicts, &summary, &problem)) {
        error_set(error, ERROR_INVALID, "worker.arguments", "%s", problem.sentence);
        return NULL;
    }
    return lint_result(&lint, &summary, verdicts);
}
