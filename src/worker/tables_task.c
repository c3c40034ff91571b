/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads of each file the columns that a recipe of tables names: categories as they are written (a code "01" is
 * not the number 1), numbers as numbers. What comes out is written one file after the other.
 */
#include "worker/tables_task.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "protect/protect.h"
#include "worker/child.h"
#include "worker/protect_task.h"
#include "worker/table.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* --- in ------------------------------------------------------------------------------------------------ */

/* Categories and numbers of the file, by name. NULL: all columns, with the types that they have. */
typedef struct Wanted {
    GPtrArray *texts, *numbers;
} Wanted;

static void wanted_clear(Wanted *wanted)
{
    g_clear_pointer(&wanted->texts, g_ptr_array_unref);
    g_clear_pointer(&wanted->numbers, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static bool take_row(void *context, size_t columns, const char *const *values, GError **error)
{
    (void)columns;
    return microdata_append(context, values, error);
}

static bool is_number(const TableColumn *column)
{
    return strcmp(column->type, "integer") == 0 || strcmp(column->type, "number") == 0;
}

static void append_number(GString *sql, const Table *table, const TableColumn *column, const char *name)
{
    bool is_csv = strcmp(table->format, "csv") == 0;
    const char *comma = column->is_decimal_comma ? "replace(" : "";
    const char *point = column->is_decimal_comma ? ", ',', '.')" : "";
    if (!is_csv)
        g_string_append_printf(sql, "CAST(CAST(%s AS DOUBLE) AS VARCHAR)", name);
    else
        g_string_append_printf(sql, "CAST(CAST(CASE WHEN %s IN ('NA', 'NaN', 'N/A', 'nan', '.') THEN NULL ELSE "
                               "%s%s%s END AS DOUBLE) AS VARCHAR)", name, comma, name, point);
}

/* A column without any value has no type. */
static bool is_all_empty(Table *table, const char *name)
{
    g_autofree char *sql = g_strdup_printf("SELECT CAST(count(%s) AS VARCHAR) FROM raw", name);
    g_autofree char *count = NULL;
    return duck_query_text(table->duck, sql, &count, NULL) && g_strcmp0(count, "0") == 0;
}

static bool append_column(GString *sql, Table *table, Microdata *data, const char *wanted, bool as_number,
                          GError **error)
{
    int found = table_find(table, wanted);
    if (found < 0)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.column", "The file has no column \"%.60s\".", wanted);
    const TableColumn *column = table_column(table, (size_t)found);
    g_autofree char *name = duck_name(wanted);
    if (as_number && !is_number(column) && !is_all_empty(table, name))
        return error_set(error, ERROR_UNPROCESSABLE, "protect.column", "The column \"%.60s\" does not hold numbers; "
                         "what is suppressed must be empty there.", wanted);
    g_string_append(sql, data->columns->len > 0 ? ", " : "");
    if (as_number)
        append_number(sql, table, column, name);
    else
        g_string_append_printf(sql, "CAST(%s AS VARCHAR)", name);
    microdata_add_column(data, wanted, as_number);
    return true;
}

static Microdata *load_wanted(Table *table, const Wanted *wanted, GError **error)
{
    g_autoptr(Microdata) data = microdata_new();
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (guint i = 0; i < wanted->texts->len; i++) {
        if (!append_column(sql, table, data, wanted->texts->pdata[i], false, error))
            return NULL;
    }
    for (guint i = 0; i < wanted->numbers->len; i++) {
        if (!append_column(sql, table, data, wanted->numbers->pdata[i], true, error))
            return NULL;
    }
    g_string_append(sql, " FROM raw");
    return duck_query(table->duck, sql->str, take_row, data, error) ? g_steal_pointer(&data) : NULL;
}

static Microdata *load_input(Duck *duck, const WorkerLimits *limits, const json_t *formats, size_t input,
                             const Wanted *wanted, GError **error)
{
    const char *format = json_string_value(json_array_get(formats, input));
    g_autoptr(Table) table = table_open(duck, format, child_input_fd(input), limits, error);
    if (table == NULL)
        return NULL;
    g_autoptr(Microdata) data = wanted->texts != NULL ? load_wanted(table, wanted, error)
                                                      : records_load(table, error);
    if (data == NULL || !duck_query(duck, "DROP VIEW t; DROP VIEW raw", NULL, NULL, error))
        return NULL;
    return g_steal_pointer(&data);
}

static bool check_formats(const json_t *formats, size_t inputs, GError **error)
{
    bool ok = json_array_size(formats) == inputs;
    for (size_t i = 0; ok && i < inputs; i++) {
        const char *format = json_string_value(json_array_get(formats, i));
        ok = g_strcmp0(format, "csv") == 0 || g_strcmp0(format, "parquet") == 0;
    }
    return ok || error_set(error, ERROR_INVALID, "worker.arguments",
                           "\"formats\" must say \"csv\" or \"parquet\" for each of %zu files.", inputs);
}

typedef struct Inputs {
    Microdata *data[WORKER_INPUTS_MAX];
} Inputs;

static void inputs_clear(Inputs *inputs)
{
    for (size_t i = 0; i < WORKER_INPUTS_MAX; i++)
        microdata_free(inputs->data[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Inputs, inputs_clear)

/* --- out ----------------------------------------------------------------------------------------------- */

static bool write_json(const Microdata *data, int fd, GError **error);

static json_t *write_files(const GPtrArray *files, bool as_json, int fd, GError **error)
{
    g_autoptr(json_t) list = json_array();
    off_t at = 0;
    for (guint i = 0; i < files->len; i++) {
        const TablesFile *file = files->pdata[i];
        if (!(as_json ? write_json(file->data, fd, error) : records_write_csv(file->data, fd, error)))
            return NULL;
        off_t end = lseek(fd, 0, SEEK_CUR);
        if (end < 0) {
            error_set_errno(error, errno, "files.write", "The tables cannot be written");
            return NULL;
        }
        json_array_append_new(list, json_pack("{s:s, s:I}", "name", file->name, "bytes", (json_int_t)(end - at)));
        at = end;
    }
    return g_steal_pointer(&list);
}

static bool flush(GString *out, int fd, size_t limit, GError **error)
{
    bool ok = out->len < limit || fd_write_all(fd, out->str, out->len, error);
    if (out->len >= limit)
        g_string_truncate(out, 0);
    return ok;
}

/* A list of objects, one a row; what is missing is null. */
static bool write_json(const Microdata *data, int fd, GError **error)
{
    g_autoptr(GString) out = g_string_new("[");
    char buffer[COLUMN_TEXT_BYTES];
    for (size_t i = 0; i < data->rows; i++) {
        g_autoptr(json_t) row = json_object();
        for (guint c = 0; c < data->columns->len; c++) {
            const MicrodataColumn *column = data->columns->pdata[c];
            const char *text = column_text(column, i, buffer);
            json_t *value = text == NULL ? json_null()
                            : column->is_number ? json_real(g_array_index(column->values, double, i))
                                                : json_string(text);
            json_object_set_new(row, column->name, value);
        }
        g_autofree char *line = json_dumps(row, JSON_COMPACT);
        g_string_append_printf(out, "%s\n%s", i > 0 ? "," : "", line);
        if (!flush(out, fd, 1024 * 1024, error))
            return false;
    }
    g_string_append(out, "\n]\n");
    return flush(out, fd, 0, error);
}

/* --- the tasks ----------------------------------------------------------------------------------------- */

static TablesJob job_of(const json_t *arguments, const SdcSolver *solver)
{
    const char *job = json_string_value(json_object_get(arguments, "job"));
    return solver == NULL ? TABLES_TABULATE : g_strcmp0(job, "audit") == 0 ? TABLES_AUDIT : TABLES_SUPPRESS;
}

json_t *tables_task_run(Duck *duck, const SdcSolver *solver, const WorkerLimits *limits,
                        const json_t *arguments, size_t inputs, int output_fd, GError **error)
{
    const json_t *recipe = json_object_get(arguments, "recipe"), *formats = json_object_get(arguments, "formats");
    if (!check_formats(formats, inputs, error) || !protect_check_tables(recipe, error))
        return NULL;
    g_auto(Inputs) files = {0};
    for (size_t i = 0; i < inputs; i++) {
        g_auto(Wanted) wanted = {0};
        protect_tables_columns(recipe, i, &wanted.texts, &wanted.numbers);
        files.data[i] = load_input(duck, limits, formats, i, &wanted, error);
        if (files.data[i] == NULL && inputs > 1)
            g_prefix_error(error, "File %zu: ", i + 1);
        if (files.data[i] == NULL)
            return NULL;
    }
    Told told = {0};
    TablesContext context = {.solver = solver, .progress = told_pass_on, .user = &told};
    g_autoptr(GPtrArray) results = NULL;
    g_autoptr(json_t) report = NULL;
    if (!protect_tables(files.data, inputs, recipe, job_of(arguments, solver), &context, &results, &report, error))
        return NULL;
    g_autoptr(json_t) list = write_files(results, json_is_true(json_object_get(arguments, "json")), output_fd, error);
    return list != NULL ? json_pack("{s:O, s:O}", "report", report, "files", list) : NULL;
}

json_t *compare_task_run(Duck *duck, const SdcSolver *solver, const WorkerLimits *limits,
                         const json_t *arguments, size_t inputs, int output_fd, GError **error)
{
    (void)solver;
    (void)output_fd;
    const json_t *options = json_object_get(arguments, "options"), *formats = json_object_get(arguments, "formats");
    const json_t *by = json_object_get(options, "by");
    if (!check_formats(formats, inputs, error))
        return NULL;
    if (inputs != 2 || !json_is_object(options)) {
        error_set(error, ERROR_INVALID, "worker.arguments", "A comparison is of two files, with options.");
        return NULL;
    }
    g_auto(Inputs) files = {0};
    for (size_t i = 0; i < 2; i++) {
        g_auto(Wanted) wanted = {0};
        if (by != NULL) {
            wanted = (Wanted){g_ptr_array_new(), g_ptr_array_new()};
            for (size_t b = 0; b < json_array_size(by); b++)
                g_ptr_array_add(wanted.texts, (gpointer)json_string_value(json_array_get(by, b)));
            g_ptr_array_add(wanted.numbers, (gpointer)json_string_value(json_object_get(options, "value")));
        }
        files.data[i] = load_input(duck, limits, formats, i, &wanted, error);
        if (files.data[i] == NULL) {
            g_prefix_error(error, "The %s file: ", i == 0 ? "original" : "protected");
            return NULL;
        }
    }
    json_t *report = protect_compare(files.data[0], files.data[1], options, error);
    return report != NULL ? json_pack("{s:o}", "report", report) : NULL;
}
