/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The push parser. One state per byte position in a record; the first record is held back until its
 * end, because the delimiter is learnt from it.
 */
#include "worker/csv.h"

#include "base/encode.h"
#include "base/error.h"
#include "worker/csv_types.h"

#include <string.h>

#define NAME_CHARACTERS_MAX 200

typedef enum CsvState {
    STATE_FIELD_START,
    STATE_PLAIN,
    STATE_QUOTED,
    STATE_QUOTE_SEEN,   /* a quote inside quotes: the end of the value, or half of a pair */
    STATE_RETURN_SEEN,  /* a carriage return: a line feed must follow */
} CsvState;

struct CsvScan {
    CsvLimits limits;
    GByteArray *head;         /* the first record, until its end is known; then NULL */
    bool head_is_quoted;      /* scanning of head: inside quotes */
    size_t head_scanned;
    CsvState state;
    char delimiter;
    int line_end;             /* 0 unknown, '\n' or '\r' (for CR LF) */
    GString *field;
    bool field_was_quoted;
    GArray *columns;          /* of CsvColumn */
    bool has_header;
    size_t field_index;       /* in the record */
    int64_t line, record_line, quote_line;
    int64_t record_bytes, longest_record;
    int64_t rows, value_bytes;
};

static void column_clear(CsvColumn *column)
{
    g_free(column->name);
}

CsvScan *csv_scan_new(const CsvLimits *limits)
{
    CsvScan *scan = g_new0(CsvScan, 1);
    scan->limits = *limits;
    scan->head = g_byte_array_new();
    scan->field = g_string_sized_new(256);
    scan->columns = g_array_new(false, true, sizeof(CsvColumn));
    g_array_set_clear_func(scan->columns, (GDestroyNotify)column_clear);
    scan->line = scan->record_line = 1;
    return scan;
}

void csv_scan_free(CsvScan *scan)
{
    if (scan == NULL)
        return;
    g_clear_pointer(&scan->head, g_byte_array_unref);
    g_string_free(scan->field, true);
    g_array_unref(scan->columns);
    g_free(scan);
}

#define LINE(scan) ((long long)(scan)->line)

/* --- Header ------------------------------------------------------------------------------------ */

static bool header_add(CsvScan *scan, GError **error)
{
    if ((int64_t)scan->columns->len >= scan->limits.columns)
        return error_set(error, ERROR_TOO_LARGE, "table.too_many_columns",
                         "The file has more than %lld columns.",
                         (long long)scan->limits.columns);
    g_autofree char *what = g_strdup_printf("The name of column %u", scan->columns->len + 1);
    g_autoptr(GError) problem = NULL;
    if (!text_check(scan->field->str, NAME_CHARACTERS_MAX, false, what, &problem))
        return error_set(error, ERROR_UNPROCESSABLE, "table.column_name",
                         "%s The first line must hold the names of the columns.",
                         problem->message);
    CsvColumn column = {.name = g_strdup(scan->field->str), .possible = CSV_CAN_ALL};
    if (scan->delimiter == ',')
        column.possible &= ~(unsigned)CSV_CAN_COMMA;
    g_array_append_val(scan->columns, column);
    return true;
}

/* Names are compared without case: tools that read the converted file do so. */
static bool header_end(CsvScan *scan, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < scan->columns->len; i++) {
        const char *name = g_array_index(scan->columns, CsvColumn, i).name;
        if (!g_hash_table_add(seen, g_utf8_casefold(name, -1)))
            return error_set(error, ERROR_UNPROCESSABLE, "table.column_twice",
                             "Two columns are named \"%s\" (upper and lower case count as the "
                             "same); rename one.", name);
    }
    scan->has_header = true;
    return true;
}

/* --- Values ------------------------------------------------------------------------------------ */

static void value_note(CsvScan *scan, CsvColumn *column)
{
    const char *text = scan->field->str;
    if (*text == '\0') {
        column->missing++;
        return;
    }
    if (csv_is_marker(text)) {
        column->markers++;
        return;
    }
    column->values++;
    if (column->possible != 0)
        column->possible = csv_value_types(text, column->possible);
    if (column->formula_line == 0 && csv_value_is_formula(text))
        column->formula_line = scan->record_line;
}

static bool field_end(CsvScan *scan, GError **error)
{
    size_t index = scan->field_index++;
    if (!g_utf8_validate_len(scan->field->str, scan->field->len, NULL))
        return error_set(error, ERROR_UNPROCESSABLE, "table.encoding",
                         "Line %lld, column %zu: the text is not valid UTF-8; save the file as "
                         "UTF-8.", LINE(scan), index + 1);
    bool ok = true;
    if (!scan->has_header) {
        ok = header_add(scan, error);
    } else {
        if (index >= scan->columns->len)
            return error_set(error, ERROR_UNPROCESSABLE, "table.too_many_values",
                             "Line %lld has more values than the header has columns (%u).",
                             LINE(scan), scan->columns->len);
        value_note(scan, &g_array_index(scan->columns, CsvColumn, index));
        scan->value_bytes += (int64_t)scan->field->len;
    }
    g_string_truncate(scan->field, 0);
    return ok;
}

static bool record_is_blank(const CsvScan *scan)
{
    return scan->field_index == 0 && scan->field->len == 0 && !scan->field_was_quoted;
}

static bool record_end(CsvScan *scan, GError **error)
{
    if (record_is_blank(scan))
        return error_set(error, ERROR_UNPROCESSABLE, "table.blank_line",
                         "Line %lld is empty; remove it.", LINE(scan));
    if (!field_end(scan, error))
        return false;
    if (!scan->has_header) {
        if (!header_end(scan, error))
            return false;
    } else {
        if (scan->field_index != scan->columns->len)
            return error_set(error, ERROR_UNPROCESSABLE, "table.too_few_values",
                             "Line %lld has %zu values; the header has %u columns.",
                             (long long)scan->record_line, scan->field_index, scan->columns->len);
        if (++scan->rows > scan->limits.rows)
            return error_set(error, ERROR_TOO_LARGE, "table.too_many_rows",
                             "The file has more than %lld rows.", (long long)scan->limits.rows);
    }
    scan->longest_record = MAX(scan->longest_record, scan->record_bytes);
    scan->record_bytes = 0;
    scan->field_index = 0;
    scan->field_was_quoted = false;
    scan->state = STATE_FIELD_START;
    scan->record_line = ++scan->line;
    return true;
}

static bool line_end_note(CsvScan *scan, int kind, GError **error)
{
    if (scan->line_end == 0)
        scan->line_end = kind;
    if (scan->line_end != kind)
        return error_set(error, ERROR_UNPROCESSABLE, "table.line_end",
                         "Line %lld ends in another way than the lines before it (CR LF and LF are "
                         "mixed); save the file with one kind of line end.", LINE(scan));
    return true;
}

/* --- Bytes ------------------------------------------------------------------------------------- */

static bool field_append(CsvScan *scan, char c, GError **error)
{
    if ((int64_t)scan->field->len >= scan->limits.field_bytes)
        return error_set(error, ERROR_TOO_LARGE, "table.value_too_long",
                         "Line %lld, column %zu: a value has more than %lld bytes (is a quotation "
                         "mark missing?).", (long long)scan->record_line, scan->field_index + 1,
                         (long long)scan->limits.field_bytes);
    g_string_append_c(scan->field, c);
    return true;
}

/* C ends a value (a delimiter or a line end), or is an error here. */
static bool feed_end_of_value(CsvScan *scan, char c, bool *ret_is_end, GError **error)
{
    *ret_is_end = true;
    if (c == scan->delimiter) {
        scan->state = STATE_FIELD_START;
        scan->field_was_quoted = false;
        return field_end(scan, error);
    }
    if (c == '\n')
        return line_end_note(scan, '\n', error) && record_end(scan, error);
    if (c == '\r') {
        scan->state = STATE_RETURN_SEEN;
        return line_end_note(scan, '\r', error);
    }
    *ret_is_end = false;
    return true;
}

static bool feed_plain(CsvScan *scan, char c, GError **error)
{
    bool is_start = scan->state == STATE_FIELD_START, is_end = false;
    if (c == '"' && is_start) {
        scan->state = STATE_QUOTED;
        scan->field_was_quoted = true;
        scan->quote_line = scan->line;
        return true;
    }
    if (c == '"')
        return error_set(error, ERROR_UNPROCESSABLE, "table.quote",
                         "Line %lld, column %zu: a quotation mark stands inside a value that does "
                         "not begin with one; put the value in quotation marks and double those "
                         "inside.", LINE(scan), scan->field_index + 1);
    if (!feed_end_of_value(scan, c, &is_end, error))
        return false;
    if (is_end)
        return true;
    scan->state = STATE_PLAIN;
    return field_append(scan, c, error);
}

static bool feed_quoted(CsvScan *scan, char c, GError **error)
{
    if (c == '"') {
        scan->state = STATE_QUOTE_SEEN;
        return true;
    }
    if (c == '\n')
        scan->line++;
    return field_append(scan, c, error);
}

static bool feed_quote_seen(CsvScan *scan, char c, GError **error)
{
    if (c == '"') {
        scan->state = STATE_QUOTED;
        return field_append(scan, c, error);
    }
    bool is_end = false;
    if (!feed_end_of_value(scan, c, &is_end, error))
        return false;
    if (!is_end)
        return error_set(error, ERROR_UNPROCESSABLE, "table.quote",
                         "Line %lld, column %zu: characters follow the closing quotation mark.",
                         LINE(scan), scan->field_index + 1);
    return true;
}

static bool feed_byte(CsvScan *scan, char c, GError **error)
{
    if (c == '\0')
        return error_set(error, ERROR_UNPROCESSABLE, "table.nul",
                         "Line %lld holds a NUL byte; this is not a text file.", LINE(scan));
    if (++scan->record_bytes > CSV_RECORD_BYTES_MAX)
        return error_set(error, ERROR_TOO_LARGE, "table.record_too_long",
                         "The row that begins at line %lld has more than %d bytes.",
                         (long long)scan->record_line, CSV_RECORD_BYTES_MAX);
    switch (scan->state) {
    case STATE_FIELD_START:
    case STATE_PLAIN:
        return feed_plain(scan, c, error);
    case STATE_QUOTED:
        return feed_quoted(scan, c, error);
    case STATE_QUOTE_SEEN:
        return feed_quote_seen(scan, c, error);
    case STATE_RETURN_SEEN:
        if (c == '\n')
            return record_end(scan, error);
        return error_set(error, ERROR_UNPROCESSABLE, "table.line_end",
                         "Line %lld holds a carriage return that is not followed by a line feed; "
                         "save the file with ordinary line ends.", LINE(scan));
    }
    g_assert_not_reached();
}

/* --- The first record: encoding marks and the delimiter ------------------------------------------ */

static bool head_check_start(CsvScan *scan, GError **error)
{
    const guint8 *b = scan->head->data;
    guint n = scan->head->len;
    if (n >= 2 && ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF)))
        return error_set(error, ERROR_UNPROCESSABLE, "table.encoding",
                         "The file is in UTF-16; save it as UTF-8.");
    if (n >= 4 && (memcmp(b, "PK\3\4", 4) == 0 || memcmp(b, "PAR1", 4) == 0))
        return error_set(error, ERROR_UNPROCESSABLE, "table.not_csv",
                         "The file is not CSV but %s.", b[1] == 'K' ? "a zip or a spreadsheet"
                                                                    : "Parquet");
    if (n >= 3 && memcmp(b, "\xEF\xBB\xBF", 3) == 0) {
        g_byte_array_remove_range(scan->head, 0, 3);
        scan->head_scanned -= MIN(3, scan->head_scanned);
    }
    return true;
}

/* The candidate seen most often outside quotes in the header; "," if none is. */
static char delimiter_detect(const guint8 *bytes, size_t size)
{
    static const char candidates[] = ",;\t|";
    size_t counts[sizeof candidates - 1] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        for (size_t k = 0; k < sizeof candidates - 1; k++)
            counts[k] += bytes[i] == (guint8)candidates[k];
    }
    for (size_t k = 1; k < sizeof candidates - 1; k++) {
        if (counts[k] > counts[best])
            best = k;
    }
    return candidates[best];
}

/* Looks on for the end of the first record. */
static bool head_is_complete(CsvScan *scan)
{
    for (; scan->head_scanned < scan->head->len; scan->head_scanned++) {
        guint8 c = scan->head->data[scan->head_scanned];
        if (c == '"')
            scan->head_is_quoted = !scan->head_is_quoted;
        if (c == '\n' && !scan->head_is_quoted)
            return true;
    }
    return false;
}

static bool feed_bytes(CsvScan *scan, const char *bytes, size_t size, GError **error)
{
    for (size_t i = 0; i < size; i++) {
        if (!feed_byte(scan, bytes[i], error))
            return false;
    }
    return true;
}

static bool head_release(CsvScan *scan, GError **error)
{
    g_autoptr(GByteArray) head = scan->head;
    bool ok = head_check_start(scan, error);
    scan->head = NULL;
    if (!ok)
        return false;
    scan->delimiter = delimiter_detect(head->data, MIN(scan->head_scanned, head->len));
    return feed_bytes(scan, (const char *)head->data, head->len, error);
}

bool csv_scan_feed(CsvScan *scan, const char *bytes, size_t size, GError **error)
{
    if (scan->head == NULL)
        return feed_bytes(scan, bytes, size, error);
    g_byte_array_append(scan->head, (const guint8 *)bytes, (guint)size);
    if (head_is_complete(scan))
        return head_release(scan, error);
    if (scan->head->len > CSV_HEADER_BYTES_MAX)
        return error_set(error, ERROR_TOO_LARGE, "table.header_too_long",
                         "The header has no end within %d bytes: too many columns, a missing "
                         "quotation mark, or not a CSV file.", CSV_HEADER_BYTES_MAX);
    return true;
}

/* --- The end ------------------------------------------------------------------------------------- */

static void column_decide(CsvColumn *column)
{
    static const struct {
        CsvCan can;
        CsvType type;
    } order[] = {
        {CSV_CAN_INTEGER, CSV_INTEGER}, {CSV_CAN_POINT, CSV_NUMBER},
        {CSV_CAN_COMMA, CSV_NUMBER},    {CSV_CAN_DATE, CSV_DATE},
        {CSV_CAN_TIMESTAMP, CSV_TIMESTAMP}, {CSV_CAN_BOOLEAN, CSV_BOOLEAN},
    };
    column->type = CSV_TEXT;
    for (size_t i = 0; column->values > 0 && i < G_N_ELEMENTS(order); i++) {
        if ((column->possible & order[i].can) == 0)
            continue;
        column->type = order[i].type;
        column->is_decimal_comma = order[i].can == CSV_CAN_COMMA;
        break;
    }
    if (column->type == CSV_TEXT)
        return;
    column->missing += column->markers;
    column->formula_line = 0; /* "-5" is a number */
}

bool csv_scan_end(CsvScan *scan, GError **error)
{
    if (scan->head != NULL && scan->head->len > 0 && !head_release(scan, error))
        return false;
    if (scan->state == STATE_QUOTED)
        return error_set(error, ERROR_UNPROCESSABLE, "table.quote_open",
                         "A quotation mark opened at line %lld is never closed.",
                         (long long)scan->quote_line);
    if (scan->state == STATE_RETURN_SEEN)
        return error_set(error, ERROR_UNPROCESSABLE, "table.line_end",
                         "The file ends in a carriage return without its line feed.");
    bool is_open = scan->state != STATE_FIELD_START || scan->field_index > 0;
    if (is_open && !record_end(scan, error))
        return false;
    if (!scan->has_header)
        return error_set(error, ERROR_UNPROCESSABLE, "table.empty", "The file is empty.");
    for (guint i = 0; i < scan->columns->len; i++)
        column_decide(&g_array_index(scan->columns, CsvColumn, i));
    return true;
}

char csv_scan_delimiter(const CsvScan *scan)
{
    return scan->delimiter;
}

bool csv_scan_is_crlf(const CsvScan *scan)
{
    return scan->line_end == '\r';
}

int64_t csv_scan_rows(const CsvScan *scan)
{
    return scan->rows;
}

int64_t csv_scan_value_bytes(const CsvScan *scan)
{
    return scan->value_bytes;
}

int64_t csv_scan_longest_record(const CsvScan *scan)
{
    return scan->longest_record;
}

size_t csv_scan_column_count(const CsvScan *scan)
{
    return scan->columns->len;
}

const CsvColumn *csv_scan_column(const CsvScan *scan, size_t i)
{
    g_assert(i < scan->columns->len);
    return &g_array_index(scan->columns, CsvColumn, i);
}
