/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the whole table into columns, lets `protect` work, writes what is left. Nothing of the given file
 * gets through but values: the protected file is written anew.
 */
#include "worker/protect_task.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "base/times.h"
#include "protect/protect.h"
#include "worker/child.h"
#include "worker/table.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define WRITE_BYTES (1024 * 1024)
#define PROGRESS_EVERY_MS 200

/* --- in ------------------------------------------------------------------------------------------------ */

static bool is_number(const TableColumn *column)
{
    return strcmp(column->type, "integer") == 0 || strcmp(column->type, "number") == 0;
}

static bool take_row(void *context, size_t columns, const char *const *values, GError **error)
{
    (void)columns;
    return microdata_append(context, values, error);
}

Microdata *records_load(Table *table, GError **error)
{
    g_autoptr(Microdata) data = microdata_new();
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (guint i = 0; i < table->columns->len; i++) {
        const TableColumn *column = table_column(table, i);
        g_autofree char *name = duck_name(column->name);
        microdata_add_column(data, column->name, is_number(column));
        g_string_append_printf(sql, is_number(column) ? "%sCAST(CAST(%s AS DOUBLE) AS VARCHAR)"
                                                      : "%sCAST(%s AS VARCHAR)",
                               i > 0 ? ", " : "", name);
    }
    g_string_append(sql, " FROM t");
    return duck_query(table->duck, sql->str, take_row, data, error) ? g_steal_pointer(&data) : NULL;
}

/* --- out ----------------------------------------------------------------------------------------------- */

static void append_field(GString *out, const char *text)
{
    if (text == NULL)
        return;
    if (*text != '\0' && strpbrk(text, ",\"\r\n") == NULL && *text != ' ') {
        g_string_append(out, text);
        return;
    }
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

static bool flush(GString *out, int fd, size_t limit, GError **error)
{
    if (out->len < limit)
        return true;
    bool ok = fd_write_all(fd, out->str, out->len, error);
    g_string_truncate(out, 0);
    return ok;
}

bool records_write_csv(const Microdata *data, int fd, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    char buffer[COLUMN_TEXT_BYTES];
    for (guint c = 0; c < data->columns->len; c++) {
        g_string_append(out, c > 0 ? "," : "");
        append_field(out, ((const MicrodataColumn *)data->columns->pdata[c])->name);
    }
    g_string_append_c(out, '\n');
    for (size_t i = 0; i < data->rows; i++) {
        for (guint c = 0; c < data->columns->len; c++) {
            g_string_append(out, c > 0 ? "," : "");
            append_field(out, column_text(data->columns->pdata[c], i, buffer));
        }
        g_string_append_c(out, '\n');
        if (!flush(out, fd, WRITE_BYTES, error))
            return false;
    }
    return flush(out, fd, 0, error);
}

/* DuckDB reads the text that was just written, with the types that are known, and writes it over. */
static bool rewrite_as_parquet(Table *table, const Microdata *data, int fd, GError **error)
{
    g_autoptr(GString) sql = g_string_new("DROP VIEW t; DROP VIEW raw; CREATE TEMP TABLE p AS SELECT * FROM "
                                          "read_csv(");
    g_string_append_printf(sql, "'/proc/self/fd/%d', header = true, delim = ',', quote = '\"', escape = "
                           "'\"', nullstr = '', allow_quoted_nulls = false, auto_detect = false, columns = {",
                           fd);
    for (guint c = 0; c < data->columns->len; c++) {
        const MicrodataColumn *column = data->columns->pdata[c];
        g_autofree char *name = duck_text(column->name);
        g_string_append_printf(sql, "%s%s: '%s'", c > 0 ? ", " : "", name,
                               column->is_number ? "DOUBLE" : "VARCHAR");
    }
    g_string_append(sql, "}); CREATE TEMP VIEW t AS SELECT * FROM p");
    if (!duck_query(table->duck, sql->str, NULL, NULL, error))
        return false;
    if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return error_set_errno(error, errno, "files.write", "The protected file cannot be rewritten");
    return table_write_parquet(table, NULL, fd, error);
}

/* --- between ------------------------------------------------------------------------------------------- */

bool told_pass_on(void *user, double done, const char *what)
{
    Told *told = user;
    int64_t now = time_monotonic_ms();
    if (now - told->at_ms < PROGRESS_EVERY_MS)
        return true;
    told->at_ms = now;
    g_autoptr(json_t) message = json_pack("{s:{s:f, s:s}}", "progress", "done", done, "what", what);
    frame_send(CHILD_SOCKET_FD, message, NULL);   /* who does not listen will see the result */
    return true;
}

static bool check_arguments(const json_t *arguments, GError **error)
{
    const char *output = json_string_value(json_object_get(arguments, "output"));
    if (g_strcmp0(output, "csv") != 0 && g_strcmp0(output, "parquet") != 0)
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "\"output\" must be \"csv\" or \"parquet\".");
    return protect_check_recipe(json_object_get(arguments, "recipe"), error);
}

json_t *protect_task_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                         int output_fd, GError **error)
{
    if (!check_arguments(arguments, error))
        return NULL;
    const char *format = json_string_value(json_object_get(arguments, "format"));
    g_autoptr(Table) table = table_open(duck, format, input_fd, limits, error);
    g_autoptr(Microdata) data = table != NULL ? records_load(table, error) : NULL;
    if (data == NULL)
        return NULL;
    Told told = {0};
    ProtectOptions options = {.key = json_string_value(json_object_get(arguments, "key")),
                              .keys = json_object_get(arguments, "keys"), .progress = told_pass_on, .user = &told};
    g_autoptr(json_t) report = NULL;
    if (!protect_run(data, json_object_get(arguments, "recipe"), &options, &report, error) ||
        !records_write_csv(data, output_fd, error))
        return NULL;
    const char *output = json_string_value(json_object_get(arguments, "output"));
    if (strcmp(output, "parquet") == 0 && !rewrite_as_parquet(table, data, output_fd, error))
        return NULL;
    return json_pack("{s:I, s:O}", "rows", (json_int_t)data->rows, "report", report);
}
