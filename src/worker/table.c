/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV is read twice: first by our strict scanner, which refuses anything ambiguous and decides the
 * types, then by DuckDB with every option given and nothing detected. Both must find the same rows
 * and the same bytes of values. Parquet is checked by its own magic and metadata before its data
 * are touched: announced rows and unpacked size, flat columns only.
 */
#include "worker/table.h"

#include "base/encode.h"
#include "base/error.h"
#include "worker/csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES (256 * 1024)
/* A Parquet file may unpack to this many times the largest input. */
#define UNPACKED_RATIO 16

static void column_clear(TableColumn *column)
{
    g_free(column->name);
}

static Table *table_new(Duck *duck, const char *format)
{
    Table *table = g_new0(Table, 1);
    table->duck = duck;
    table->format = format;
    table->columns = g_array_new(false, true, sizeof(TableColumn));
    g_array_set_clear_func(table->columns, (GDestroyNotify)column_clear);
    table->notes = g_ptr_array_new_with_free_func(g_free);
    return table;
}

void table_free(Table *table)
{
    if (table == NULL)
        return;
    g_array_unref(table->columns);
    g_ptr_array_unref(table->notes);
    g_free(table);
}

const TableColumn *table_column(const Table *table, size_t i)
{
    g_assert(i < table->columns->len);
    return &g_array_index(table->columns, TableColumn, i);
}

int table_find(const Table *table, const char *name)
{
    for (guint i = 0; i < table->columns->len; i++) {
        if (strcmp(table_column(table, i)->name, name) == 0)
            return (int)i;
    }
    return -1;
}

static char *descriptor_path(int fd)
{
    return g_strdup_printf("/proc/self/fd/%d", fd);
}

/* --- CSV --------------------------------------------------------------------------------------- */

static CsvScan *csv_scan_file(int fd, const WorkerLimits *limits, GError **error)
{
    CsvLimits csv = {limits->rows, limits->columns, limits->field_bytes};
    g_autoptr(CsvScan) scan = csv_scan_new(&csv);
    g_autofree char *bytes = g_malloc(READ_BYTES);
    for (off_t at = 0;;) {
        ssize_t n = pread(fd, bytes, READ_BYTES, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error_set_errno(error, errno, "files.read", "The file cannot be read");
            return NULL;
        }
        if (n == 0)
            break;
        if (!csv_scan_feed(scan, bytes, (size_t)n, error))
            return NULL;
        at += n;
    }
    return csv_scan_end(scan, error) ? g_steal_pointer(&scan) : NULL;
}

/* read_csv with nothing left to guess. Not its strict mode, which in 1.4.4 silently finds no row in a
 * file with CR LF ends when reading with one thread; csv_check_same() watches for such things. */
static char *csv_reader_sql(const CsvScan *scan, int fd)
{
    g_autofree char *path = descriptor_path(fd);
    const char delimiter[] = {csv_scan_delimiter(scan), '\0'};
    g_autoptr(GString) columns = g_string_new(NULL);
    for (size_t i = 0; i < csv_scan_column_count(scan); i++) {
        g_autofree char *name = duck_text(csv_scan_column(scan, i)->name);
        g_string_append_printf(columns, "%s%s: 'VARCHAR'", i > 0 ? ", " : "", name);
    }
    int64_t line = MAX(csv_scan_longest_record(scan) + 2, 2 * 1024 * 1024);
    return g_strdup_printf(
        "read_csv('%s', auto_detect = false, header = true, delim = '%s', quote = '\"', "
        "escape = '\"', new_line = '%s', encoding = 'utf-8', parallel = false, "
        "strict_mode = false, null_padding = false, ignore_errors = false, compression = 'none', "
        "hive_partitioning = false, nullstr = '', allow_quoted_nulls = true, "
        "max_line_size = %" G_GINT64_FORMAT ", buffer_size = %" G_GINT64_FORMAT ", "
        "columns = {%s})",
        path, delimiter, csv_scan_is_crlf(scan) ? "\\r\\n" : "\\n", line, 16 * line, columns->str);
}

static const struct {
    const char *name;     /* in results */
    const char *cast;     /* in SQL; NULL: as it is */
} csv_types[] = {
    [CSV_TEXT] = {"text", NULL},
    [CSV_INTEGER] = {"integer", "BIGINT"},
    [CSV_NUMBER] = {"number", "DOUBLE"},
    [CSV_DATE] = {"date", "DATE"},
    [CSV_TIMESTAMP] = {"timestamp", "TIMESTAMP"},
    [CSV_BOOLEAN] = {"boolean", "BOOLEAN"},
};

static void csv_append_cast(GString *sql, const CsvColumn *column)
{
    g_autofree char *name = duck_name(column->name);
    const char *cast = csv_types[column->type].cast;
    if (cast == NULL) {
        g_string_append(sql, name);
        return;
    }
    g_autofree char *value = column->is_decimal_comma
                                 ? g_strdup_printf("replace(%s, ',', '.')", name)
                                 : g_strdup(name);
    g_string_append_printf(sql,
                           "CAST(CASE WHEN %s IN ('NA', 'NaN', 'N/A', 'nan', '.') THEN NULL "
                           "ELSE %s END AS %s) AS %s", name, value, cast, name);
}

static bool csv_make_views(Table *table, const CsvScan *scan, int fd, GError **error)
{
    g_autofree char *reader = csv_reader_sql(scan, fd);
    g_autofree char *raw = g_strdup_printf("CREATE TEMP VIEW raw AS SELECT * FROM %s", reader);
    g_autoptr(GString) typed = g_string_new("CREATE TEMP VIEW t AS SELECT ");
    for (size_t i = 0; i < csv_scan_column_count(scan); i++) {
        if (i > 0)
            g_string_append(typed, ", ");
        csv_append_cast(typed, csv_scan_column(scan, i));
    }
    g_string_append(typed, " FROM raw");
    return duck_query(table->duck, raw, NULL, NULL, error) &&
           duck_query(table->duck, typed->str, NULL, NULL, error);
}

/* Our scanner and DuckDB must have read the same thing. */
static bool csv_check_same(Table *table, const CsvScan *scan, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT (count(*) || ' ' || coalesce(sum(0");
    for (size_t i = 0; i < csv_scan_column_count(scan); i++) {
        g_autofree char *name = duck_name(csv_scan_column(scan, i)->name);
        g_string_append_printf(sql, " + coalesce(strlen(%s), 0)", name);
    }
    g_string_append(sql, "), 0)) FROM raw");
    g_autofree char *found = NULL;
    if (!duck_query_text(table->duck, sql->str, &found, error))
        return false;
    g_autofree char *expected =
        g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, csv_scan_rows(scan),
                        csv_scan_value_bytes(scan));
    if (g_strcmp0(found, expected) != 0)
        return error_set(error, ERROR_UNPROCESSABLE, "table.ambiguous",
                         "The file can be read in two ways (rows and bytes of values: %s or %s); "
                         "write it again with ordinary quotation marks and line ends.", expected,
                         found != NULL ? found : "none");
    return true;
}

static void csv_note(Table *table, const CsvColumn *column)
{
    if (column->formula_line > 0)
        g_ptr_array_add(table->notes,
                        g_strdup_printf("Column \"%s\" has values that a spreadsheet would run as "
                                        "formulas, first at line %" G_GINT64_FORMAT ".",
                                        column->name, column->formula_line));
    if (column->type != CSV_TEXT && column->markers > 0)
        g_ptr_array_add(table->notes,
                        g_strdup_printf("Column \"%s\" writes %" G_GINT64_FORMAT " missing values "
                                        "as NA, NaN, N/A or a point.",
                                        column->name, column->markers));
}

static bool csv_open(Table *table, int fd, const WorkerLimits *limits, GError **error)
{
    g_autoptr(CsvScan) scan = csv_scan_file(fd, limits, error);
    if (scan == NULL)
        return false;
    table->rows = csv_scan_rows(scan);
    table->delimiter = csv_scan_delimiter(scan);
    for (size_t i = 0; i < csv_scan_column_count(scan); i++) {
        const CsvColumn *c = csv_scan_column(scan, i);
        TableColumn column = {g_strdup(c->name), csv_types[c->type].name, c->is_decimal_comma};
        g_array_append_val(table->columns, column);
        csv_note(table, c);
    }
    return csv_make_views(table, scan, fd, error) && csv_check_same(table, scan, error);
}

/* --- Parquet ----------------------------------------------------------------------------------- */

static bool parquet_check_magic(int fd, int64_t size, GError **error)
{
    char start[4] = {0}, end[4] = {0};
    bool ok = size >= 12 && pread(fd, start, 4, 0) == 4 && pread(fd, end, 4, size - 4) == 4;
    if (ok && memcmp(end, "PARE", 4) == 0)
        return error_set(error, ERROR_UNPROCESSABLE, "table.encrypted",
                         "The Parquet file is encrypted; give it in clear.");
    if (!ok || memcmp(start, "PAR1", 4) != 0 || memcmp(end, "PAR1", 4) != 0)
        return error_set(error, ERROR_UNPROCESSABLE, "table.not_parquet",
                         "The file is not a whole Parquet file: it must begin and end with "
                         "\"PAR1\".");
    return true;
}

static bool parquet_number(Table *table, const char *function, int fd, int64_t *ret_number,
                           GError **error)
{
    g_autofree char *path = descriptor_path(fd);
    g_autofree char *call = g_strdup_printf("%s('%s')", function, path);
    g_autofree char *what = g_strdup_printf(
        "SELECT CAST(coalesce(sum(greatest(%s, 0)), 0) AS VARCHAR) FROM %s",
        strcmp(function, "parquet_metadata") == 0 ? "total_uncompressed_size" : "num_rows", call);
    g_autofree char *text = NULL;
    if (!duck_query_text(table->duck, what, &text, error))
        return false;
    return g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, ret_number, NULL) ||
           error_set(error, ERROR_UNPROCESSABLE, "table.unreadable",
                     "The Parquet file announces impossible sizes.");
}

/* BIGINT, DECIMAL(18,3), STRUCT(a INTEGER), INTEGER[] ... NULL for what is refused. */
static const char *parquet_type(const char *type)
{
    static const struct {
        const char *prefix, *name;
    } rows[] = {
        {"BOOLEAN", "boolean"}, {"TINYINT", "integer"},  {"SMALLINT", "integer"},
        {"INTEGER", "integer"}, {"BIGINT", "integer"},   {"HUGEINT", "integer"},
        {"UTINYINT", "integer"}, {"USMALLINT", "integer"}, {"UINTEGER", "integer"},
        {"UBIGINT", "integer"}, {"UHUGEINT", "integer"}, {"FLOAT", "number"},
        {"DOUBLE", "number"},   {"DECIMAL", "number"},   {"DATE", "date"},
        {"TIMESTAMP", "timestamp"}, {"VARCHAR", "text"}, {"TIME", "other"}, {"UUID", "other"},
    };
    if (strchr(type, '[') != NULL)
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (g_str_has_prefix(type, rows[i].prefix))
            return rows[i].name;
    }
    return NULL;
}

typedef struct ParquetSchema {
    Table *table;
    const WorkerLimits *limits;
    GHashTable *seen;
} ParquetSchema;

static bool parquet_column(void *context, size_t columns, const char *const *values,
                           GError **error)
{
    ParquetSchema *schema = context;
    Table *table = schema->table;
    g_assert(columns == 2);
    const char *name = values[0] != NULL ? values[0] : "", *type = values[1];
    if ((int64_t)table->columns->len >= schema->limits->columns)
        return error_set(error, ERROR_TOO_LARGE, "table.too_many_columns",
                         "The file has more than %lld columns.",
                         (long long)schema->limits->columns);
    g_autofree char *what = g_strdup_printf("The name of column %u", table->columns->len + 1);
    g_autoptr(GError) problem = NULL;
    if (!text_check(name, 200, false, what, &problem))
        return error_set(error, ERROR_UNPROCESSABLE, "table.column_name", "%s", problem->message);
    const char *kind = parquet_type(type);
    if (kind == NULL)
        return error_set(error, ERROR_UNPROCESSABLE, "table.column_type",
                         "Column \"%s\" has the type %.60s; only flat columns of booleans, "
                         "numbers, dates, times and texts are accepted.", name, type);
    if (!g_hash_table_add(schema->seen, g_utf8_casefold(name, -1)))
        return error_set(error, ERROR_UNPROCESSABLE, "table.column_twice",
                         "Two columns are named \"%s\" (upper and lower case count as the same); "
                         "rename one.", name);
    TableColumn column = {g_strdup(name), kind, false};
    g_array_append_val(table->columns, column);
    return true;
}

static bool parquet_make_views(Table *table, int fd, const WorkerLimits *limits, GError **error)
{
    g_autofree char *path = descriptor_path(fd);
    g_autofree char *raw = g_strdup_printf(
        "CREATE TEMP VIEW raw AS SELECT * FROM read_parquet('%s', hive_partitioning = false, "
        "union_by_name = false)", path);
    if (!duck_query(table->duck, raw, NULL, NULL, error) ||
        !duck_query(table->duck, "CREATE TEMP VIEW t AS SELECT * FROM raw", NULL, NULL, error))
        return false;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    ParquetSchema schema = {table, limits, seen};
    return duck_query(table->duck, "SELECT column_name, column_type FROM (DESCRIBE raw)",
                      parquet_column, &schema, error);
}

static bool parquet_open(Table *table, int fd, int64_t size, const WorkerLimits *limits,
                         GError **error)
{
    int64_t unpacked = 0, unpacked_max = limits->input_bytes * UNPACKED_RATIO;
    if (!parquet_check_magic(fd, size, error) ||
        !parquet_number(table, "parquet_file_metadata", fd, &table->rows, error) ||
        !parquet_number(table, "parquet_metadata", fd, &unpacked, error))
        return false;
    if (table->rows > limits->rows)
        return error_set(error, ERROR_TOO_LARGE, "table.too_many_rows",
                         "The file announces %lld rows; at most %lld are allowed.",
                         (long long)table->rows, (long long)limits->rows);
    if (unpacked > unpacked_max)
        return error_set(error, ERROR_TOO_LARGE, "table.unpacked",
                         "The file announces %lld bytes once unpacked; at most %lld are allowed.",
                         (long long)unpacked, (long long)unpacked_max);
    return parquet_make_views(table, fd, limits, error);
}

/* --- Both -------------------------------------------------------------------------------------- */

Table *table_open(Duck *duck, const char *format, int fd, const WorkerLimits *limits,
                  GError **error)
{
    bool is_csv = strcmp(format, "csv") == 0;
    g_autoptr(Table) table = table_new(duck, is_csv ? "csv" : "parquet");
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        error_set(error, ERROR_INVALID, "worker.arguments", "The input is not a regular file.");
        return NULL;
    }
    if (st.st_size == 0) {
        error_set(error, ERROR_UNPROCESSABLE, "table.empty", "The file is empty.");
        return NULL;
    }
    if (st.st_size > limits->input_bytes) {
        error_set(error, ERROR_TOO_LARGE, "table.too_large",
                  "The file has %lld bytes; at most %lld are allowed.", (long long)st.st_size,
                  (long long)limits->input_bytes);
        return NULL;
    }
    bool ok = is_csv ? csv_open(table, fd, limits, error)
                     : parquet_open(table, fd, st.st_size, limits, error);
    return ok ? g_steal_pointer(&table) : NULL;
}

static bool write_columns(Table *table, const char *view, const char *const *without,
                          const char *options, int fd, GError **error)
{
    g_autofree char *path = descriptor_path(fd);
    g_autoptr(GString) sql = g_string_new("COPY (SELECT ");
    size_t begin = sql->len;
    for (guint i = 0; i < table->columns->len; i++) {
        const char *name = table_column(table, i)->name;
        if (without != NULL && g_strv_contains(without, name))
            continue;
        g_autofree char *quoted = duck_name(name);
        g_string_append_printf(sql, "%s%s", sql->len > begin ? ", " : "", quoted);
    }
    if (sql->len == begin)
        return error_set(error, ERROR_INVALID, "table.column", "No column is left to write.");
    g_string_append_printf(sql, " FROM %s) TO '%s' (%s, USE_TMP_FILE false, PER_THREAD_OUTPUT false)",
                           view, path, options);
    if (!duck_query(table->duck, sql->str, NULL, NULL, error))
        return false;
    if (fsync(fd) < 0)
        return error_set_errno(error, errno, "files.sync", "The converted file cannot be synced");
    return true;
}

bool table_write_parquet(Table *table, const char *const *without, int fd, GError **error)
{
    return write_columns(table, "t", without, "FORMAT parquet, COMPRESSION zstd", fd, error);
}

bool table_write_csv(Table *table, const char *const *without, int fd, GError **error)
{
    const char delimiter[] = {table->delimiter != '\0' ? table->delimiter : ',', '\0'};
    g_autofree char *options = g_strdup_printf(
        "FORMAT csv, HEADER true, DELIMITER '%s', QUOTE '\"', ESCAPE '\"', NULLSTR ''", delimiter);
    return write_columns(table, "raw", without, options, fd, error);
}
