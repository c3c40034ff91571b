/* SPDX-License-Identifier: Apache-2.0 */
/* The table of tasks, and the three that describe or copy a table; lint.c has the fourth. */
#include "worker/tasks.h"

#include "base/encode.h"
#include "base/error.h"
#include "worker/lint.h"
#include "worker/picture.h"
#include "worker/protect_task.h"
#include "worker/table.h"
#include "worker/tables_task.h"
#include "worker/text.h"

#include <string.h>
#include <sys/stat.h>

#define MEGABYTE (INT64_C(1024) * 1024)
#define GIGABYTE (1024 * MEGABYTE)

/* Distinct values are counted exactly up to this many rows, so many columns at once. */
#define DISTINCT_ROWS_MAX 1000000
#define PROFILE_COLUMNS_AT_ONCE 8
/* A preview stops before its message would be too large. */
#define PREVIEW_BYTES_MAX (600 * 1024)
#define PREVIEW_VALUE_CHARACTERS 200

static json_t *table_describe(const Table *table)
{
    json_t *result = json_pack("{s:s, s:I}", "format", table->format, "rows",
                               (json_int_t)table->rows);
    if (table->delimiter != '\0')
        json_object_set_new(result, "delimiter", json_stringn(&table->delimiter, 1));
    return result;
}

json_t *table_notes(const Table *table)
{
    json_t *notes = json_array();
    for (guint i = 0; i < table->notes->len; i++)
        json_array_append_new(notes, json_string(table->notes->pdata[i]));
    return notes;
}

/* --- Profile ----------------------------------------------------------------------------------- */

typedef struct Profile {
    Table *table;
    json_t *columns;
    guint first;             /* of this group */
    bool is_exact;
} Profile;

static bool has_range(const TableColumn *column)
{
    return strcmp(column->type, "integer") == 0 || strcmp(column->type, "number") == 0 ||
           strcmp(column->type, "date") == 0 || strcmp(column->type, "timestamp") == 0;
}

/* Four texts for each column of the group: missing, distinct, min, max. */
static char *profile_sql(const Profile *profile, guint end)
{
    GString *sql = g_string_new("SELECT ");
    for (guint i = profile->first; i < end; i++) {
        const TableColumn *column = table_column(profile->table, i);
        g_autofree char *name = duck_name(column->name);
        g_string_append_printf(sql, "%sCAST(count(*) - count(%s) AS VARCHAR), CAST(%s%s) AS "
                               "VARCHAR), ", i > profile->first ? ", " : "", name,
                               profile->is_exact ? "count(DISTINCT " : "approx_count_distinct(",
                               name);
        if (has_range(column))
            g_string_append_printf(sql, "CAST(min(%s) AS VARCHAR), CAST(max(%s) AS VARCHAR)", name,
                                   name);
        else
            g_string_append(sql, "CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR)");
    }
    g_string_append(sql, " FROM t");
    return g_string_free(sql, false);
}

static bool profile_row(void *context, size_t columns, const char *const *values, GError **error)
{
    Profile *profile = context;
    (void)error;
    for (size_t c = 0; c + 4 <= columns; c += 4) {
        const TableColumn *column = table_column(profile->table, profile->first + c / 4);
        json_t *row = json_pack("{s:s, s:s, s:I, s:I}", "name", column->name, "type",
                                column->type, "missing",
                                (json_int_t)g_ascii_strtoll(values[c], NULL, 10), "distinct",
                                (json_int_t)g_ascii_strtoll(values[c + 1], NULL, 10));
        if (has_range(column) && values[c + 2] != NULL && values[c + 3] != NULL) {
            json_object_set_new(row, "min", json_string(values[c + 2]));
            json_object_set_new(row, "max", json_string(values[c + 3]));
        }
        json_array_append_new(profile->columns, row);
    }
    return true;
}

static const char *decimal_sign(const Table *table)
{
    for (guint i = 0; i < table->columns->len; i++) {
        if (table_column(table, i)->is_decimal_comma)
            return ",";
    }
    return ".";
}

static json_t *table_profile(Table *table, GError **error)
{
    g_autoptr(json_t) columns = json_array();
    Profile profile = {table, columns, 0, table->rows <= DISTINCT_ROWS_MAX};
    while (profile.first < table->columns->len) {
        guint end = MIN(profile.first + PROFILE_COLUMNS_AT_ONCE, table->columns->len);
        g_autofree char *sql = profile_sql(&profile, end);
        if (!duck_query(table->duck, sql, profile_row, &profile, error))
            return NULL;
        profile.first = end;
    }
    json_t *result = table_describe(table);
    json_object_set(result, "columns", columns);
    json_object_set_new(result, "distinct_is_exact", json_boolean(profile.is_exact));
    if (table->delimiter != '\0')
        json_object_set_new(result, "decimal", json_string(decimal_sign(table)));
    json_object_set_new(result, "notes", table_notes(table));
    return result;
}

static const char *format_of(const json_t *arguments)
{
    return json_string_value(json_object_get(arguments, "format"));
}

static json_t *run_profile(Duck *duck, const WorkerLimits *limits, const json_t *arguments,
                           int input_fd, int output_fd, GError **error)
{
    (void)output_fd;
    g_autoptr(Table) table = table_open(duck, format_of(arguments), input_fd, limits, error);
    return table != NULL ? table_profile(table, error) : NULL;
}

/* --- Convert ----------------------------------------------------------------------------------- */

/* The names in LIST, ended by NULL; borrowed. NULL where there is none or it is no list of texts. */
static const char **texts_of(const json_t *list)
{
    size_t i;
    json_t *text;
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    json_array_foreach ((json_t *)(uintptr_t)list, i, text) {
        if (!json_is_string(text))
            return NULL;
        g_ptr_array_add(texts, (char *)(uintptr_t)json_string_value(text));
    }
    g_ptr_array_add(texts, NULL);
    return (const char **)g_ptr_array_free(g_steal_pointer(&texts), false);
}

/* As Parquet, or with "output": "csv" as CSV; without the columns named in "without". *RET_LEFT_OUT: how
 * many. */
static bool convert_write(Table *table, const json_t *arguments, int output_fd,
                          const char **ret_format, guint *ret_left_out, GError **error)
{
    const json_t *output = json_object_get(arguments, "output");
    const json_t *list = json_object_get(arguments, "without");
    const char *format = output != NULL ? json_string_value(output) : "parquet";
    bool is_csv = g_strcmp0(format, "csv") == 0;
    g_autofree const char **without = texts_of(list);
    if (!(is_csv || g_strcmp0(format, "parquet") == 0) || without == NULL ||
        (list != NULL && !json_is_array(list)))
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "\"output\" must be \"csv\" or \"parquet\", \"without\" names of columns.");
    *ret_format = is_csv ? "csv" : "parquet";
    *ret_left_out = g_strv_length((char **)without);
    for (guint i = 0; i < *ret_left_out; i++) {
        if (table_find(table, without[i]) < 0)
            return error_set(error, ERROR_INVALID, "table.column",
                             "The column \"%s\" is not in the file.", without[i]);
    }
    return is_csv ? table_write_csv(table, without, output_fd, error)
                  : table_write_parquet(table, without, output_fd, error);
}

/* The profile is taken from what was written, so it also proves that it can be read. */
static json_t *run_convert(Duck *duck, const WorkerLimits *limits, const json_t *arguments,
                           int input_fd, int output_fd, GError **error)
{
    g_autoptr(Table) table = table_open(duck, format_of(arguments), input_fd, limits, error);
    const char *format = NULL;
    guint left_out = 0;
    if (table == NULL ||
        !convert_write(table, arguments, output_fd, &format, &left_out, error))
        return NULL;
    if (!duck_query(duck, "DROP VIEW t; DROP VIEW raw", NULL, NULL, error))
        return NULL;
    WorkerLimits written_limits = *limits;
    written_limits.input_bytes = limits->output_bytes;
    g_autoptr(Table) written = table_open(duck, format, output_fd, &written_limits, error);
    if (written == NULL)
        return NULL;
    if (written->rows != table->rows || written->columns->len + left_out != table->columns->len) {
        error_set(error, ERROR_UNPROCESSABLE, "table.unreadable",
                  "The file announces %lld rows and holds %lld.", (long long)table->rows,
                  (long long)written->rows);
        return NULL;
    }
    g_autoptr(json_t) result = table_profile(written, error);
    struct stat st;
    if (result == NULL)
        return NULL;
    g_assert(fstat(output_fd, &st) == 0);
    json_object_set_new(result, "bytes", json_integer((json_int_t)st.st_size));
    json_object_set_new(result, "format", json_string(table->format));
    if (table->delimiter != '\0') {
        json_object_set_new(result, "delimiter", json_stringn(&table->delimiter, 1));
        json_object_set_new(result, "decimal", json_string(decimal_sign(table)));
    }
    json_object_set_new(result, "notes", table_notes(table));
    return g_steal_pointer(&result);
}

/* --- Preview ----------------------------------------------------------------------------------- */

typedef struct Preview {
    json_t *rows;
    size_t bytes;
} Preview;

static bool preview_row(void *context, size_t columns, const char *const *values, GError **error)
{
    Preview *preview = context;
    (void)error;
    if (preview->bytes > PREVIEW_BYTES_MAX)
        return true;
    json_t *row = json_array();
    for (size_t c = 0; c < columns; c++) {
        if (values[c] == NULL) {
            json_array_append_new(row, json_null());
            continue;
        }
        g_autofree char *valid = g_utf8_make_valid(values[c], -1);
        json_array_append_new(row, json_string(valid));
        preview->bytes += strlen(valid) + 3;
    }
    json_array_append_new(preview->rows, row);
    return true;
}

static char *preview_sql(const Table *table, json_int_t rows, json_int_t offset)
{
    GString *sql = g_string_new("SELECT ");
    for (guint i = 0; i < table->columns->len; i++) {
        g_autofree char *name = duck_name(table_column(table, i)->name);
        g_string_append_printf(sql, "%sleft(CAST(%s AS VARCHAR), %d)", i > 0 ? ", " : "", name,
                               PREVIEW_VALUE_CHARACTERS);
    }
    /* Without an order of its own, a table is read in the order of its file: see duck.c. */
    g_string_append_printf(sql, " FROM t LIMIT %" JSON_INTEGER_FORMAT
                           " OFFSET %" JSON_INTEGER_FORMAT, rows, offset);
    return g_string_free(sql, false);
}

static json_t *run_preview(Duck *duck, const WorkerLimits *limits, const json_t *arguments,
                           int input_fd, int output_fd, GError **error)
{
    (void)output_fd;
    json_int_t rows = json_integer_value(json_object_get(arguments, "rows"));
    if (rows < 1 || rows > WORKER_PREVIEW_ROWS_MAX) {
        error_set(error, ERROR_INVALID, "worker.arguments",
                  "\"rows\" must be 1 to %d.", WORKER_PREVIEW_ROWS_MAX);
        return NULL;
    }
    json_int_t offset = json_integer_value(json_object_get(arguments, "offset"));
    if (offset < 0 || offset > INT32_MAX) {
        error_set(error, ERROR_INVALID, "worker.arguments", "\"offset\" must be 0 or more.");
        return NULL;
    }
    g_autoptr(Table) table = table_open(duck, format_of(arguments), input_fd, limits, error);
    if (table == NULL)
        return NULL;
    g_autofree char *sql = preview_sql(table, rows, offset);
    g_autoptr(json_t) values = json_array();
    Preview preview = {.rows = values};
    if (!duck_query(duck, sql, preview_row, &preview, error))
        return NULL;
    json_t *columns = json_array();
    for (guint i = 0; i < table->columns->len; i++)
        json_array_append_new(columns,
                              json_pack("{s:s, s:s}", "name", table_column(table, i)->name, "type",
                                        table_column(table, i)->type));
    json_t *result = table_describe(table);
    json_object_set_new(result, "columns", columns);
    json_object_set(result, "values", values);
    return result;
}

/* --- The table of tasks ------------------------------------------------------------------------ */

static const char *const fields_none[] = {NULL};
static const char *const fields_format[] = {"format", NULL};
static const char *const fields_convert[] = {"format", "output", "without", NULL};
static const char *const fields_preview[] = {"format", "rows", "offset", NULL};
static const char *const fields_lint[] = {"format", "rules", "count_column",
                                          "contributors_column", "total_column", "absolute_column",
                                          "largest_column", "next_columns", "dimensions", NULL};

static const char *const fields_protect[] = {"format", "recipe", "output", "key", "keys", NULL};

static const char *const fields_tables[] = {"formats", "recipe", "json", NULL};
static const char *const fields_suppress[] = {"formats", "recipe", "job", "json", NULL};
static const char *const fields_compare[] = {"formats", "options", NULL};

#define TABLE_LIMITS                                                                               \
    {.wall_ms = 4 * 60 * 60 * 1000, .cpu_seconds = 4 * 60 * 60, .memory_bytes = 8 * GIGABYTE,      \
     .input_bytes = 16 * GIGABYTE, .output_bytes = 16 * GIGABYTE, .rows = 50000000,                \
     .columns = 500, .field_bytes = 64 * 1024}

static const TaskKind kinds[WORKER_TASK_COUNT] = {
    [WORKER_PROFILE] = {"profile", fields_format, false, true, run_profile,
        {.wall_ms = 15 * 60 * 1000, .cpu_seconds = 10 * 60, .memory_bytes = 2 * GIGABYTE,
         .input_bytes = 16 * GIGABYTE, .output_bytes = 0, .rows = 500000000, .columns = 2000,
         .field_bytes = MEGABYTE}},
    [WORKER_CONVERT] = {"convert", fields_convert, true, true, run_convert,
        {.wall_ms = 30 * 60 * 1000, .cpu_seconds = 20 * 60, .memory_bytes = 2 * GIGABYTE,
         .input_bytes = 16 * GIGABYTE, .output_bytes = 16 * GIGABYTE, .rows = 500000000,
         .columns = 2000, .field_bytes = MEGABYTE}},
    [WORKER_LINT] = {"lint", fields_lint, false, true, lint_run,
        {.wall_ms = 60 * 1000, .cpu_seconds = 30, .memory_bytes = GIGABYTE,
         .input_bytes = 32 * MEGABYTE, .output_bytes = 0, .rows = 200000, .columns = 500,
         .field_bytes = 64 * 1024}},
    [WORKER_PREVIEW] = {"preview", fields_preview, false, true, run_preview,
        {.wall_ms = 60 * 1000, .cpu_seconds = 30, .memory_bytes = GIGABYTE,
         .input_bytes = 16 * GIGABYTE, .output_bytes = 0, .rows = 500000000, .columns = 500,
         .field_bytes = MEGABYTE}},
    [WORKER_TEXT] = {"text", fields_none, false, false, text_run,
        {.wall_ms = 10 * 1000, .cpu_seconds = 5, .memory_bytes = 256 * MEGABYTE,
         .input_bytes = INT64_MAX, .output_bytes = 0}},
    [WORKER_IMAGE] = {"image", fields_none, true, false, picture_run,
        {.wall_ms = 20 * 1000, .cpu_seconds = 10, .memory_bytes = GIGABYTE,
         .input_bytes = 64 * MEGABYTE, .output_bytes = 16 * MEGABYTE}},
    [WORKER_PROTECT] = {"protect", fields_protect, true, true, protect_task_run,
        {.wall_ms = 4 * 60 * 60 * 1000, .cpu_seconds = 4 * 60 * 60, .memory_bytes = 8 * GIGABYTE,
         .input_bytes = 16 * GIGABYTE, .output_bytes = 16 * GIGABYTE, .rows = 50000000,
         .columns = 500, .field_bytes = 64 * 1024}},
    [WORKER_TABULATE] = {"tabulate", fields_tables, true, true, NULL, TABLE_LIMITS,
                         .run_tables = tables_task_run},
    [WORKER_SUPPRESS] = {"suppress", fields_suppress, true, true, NULL, TABLE_LIMITS,
                         .needs_solver = true, .run_tables = tables_task_run},
    [WORKER_COMPARE] = {"compare", fields_compare, false, true, NULL, TABLE_LIMITS,
                        .run_tables = compare_task_run},
};

const TaskKind *task_kind(WorkerTask task)
{
    g_assert(task < WORKER_TASK_COUNT);
    return &kinds[task];
}

WorkerTask task_find(const char *name)
{
    for (int i = 0; i < WORKER_TASK_COUNT; i++) {
        if (g_strcmp0(name, kinds[i].name) == 0)
            return (WorkerTask)i;
    }
    return WORKER_TASK_COUNT;
}

bool task_check_arguments(WorkerTask task, const json_t *arguments, GError **error)
{
    const TaskKind *kind = task_kind(task);
    const char *key;
    json_t *value;
    if (!json_is_object(arguments))
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "The arguments of %s are not an object.", kind->name);
    json_object_foreach((json_t *)arguments, key, value) {
        if (!g_strv_contains(kind->fields, key))
            return error_set(error, ERROR_INVALID, "worker.arguments",
                             "%s does not know the argument \"%s\".", kind->name, key);
    }
    const char *format = format_of(arguments);
    if (!kind->is_table || !g_strv_contains(kind->fields, "format"))
        return true;
    if (g_strcmp0(format, "csv") != 0 && g_strcmp0(format, "parquet") != 0)
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "\"format\" must be \"csv\" or \"parquet\".");
    return true;
}
