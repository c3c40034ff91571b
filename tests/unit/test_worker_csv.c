/* SPDX-License-Identifier: Apache-2.0 */
/* The strict CSV reader: what it refuses and why, then what it understands. Every case is fed both
 * whole and byte by byte. */
#include "worker/csv.h"

#include "base/error.h"

#include <glib.h>
#include <string.h>

static const CsvLimits limits = {.rows = 1000, .columns = 20, .field_bytes = 1000};

static CsvScan *scan_bytes(const char *bytes, size_t size, size_t piece, const CsvLimits *l,
                           GError **error)
{
    g_autoptr(CsvScan) scan = csv_scan_new(l);
    for (size_t at = 0; at < size; at += piece) {
        if (!csv_scan_feed(scan, bytes + at, MIN(piece, size - at), error))
            return NULL;
    }
    return csv_scan_end(scan, error) ? g_steal_pointer(&scan) : NULL;
}

#define BYTES(text) text, sizeof(text) - 1

static void test_refused(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *reason;
        const char *sentence;    /* a part of it */
    } cases[] = {
        {BYTES(""), "table.empty", "empty"},
        {BYTES("\xEF\xBB\xBF"), "table.empty", "empty"},
        {BYTES("\n"), "table.blank_line", "Line 1"},
        {BYTES("a,b\n1,2\n\n3,4\n"), "table.blank_line", "Line 3"},
        {BYTES("a,b\n1,2\n\n"), "table.blank_line", "Line 3"},
        {BYTES("a,b\n1,2,3\n"), "table.too_many_values", "Line 2"},
        {BYTES("a,b,c\n1,2\n"), "table.too_few_values", "Line 2 has 2 values"},
        {BYTES("a,,c\n"), "table.column_name", "column 2"},
        {BYTES("a,b\x01\n"), "table.column_name", "column 2"},
        {BYTES("a,A\n1,2\n"), "table.column_twice", "\"A\""},
        {BYTES("a,b\n1,x\"y\n"), "table.quote", "Line 2, column 2"},
        {BYTES("a,b\n\"1\"x,2\n"), "table.quote", "follow the closing"},
        {BYTES("a,b\n1,\"open\n2,3\n4,5\n"), "table.quote_open", "line 2"},
        {BYTES("\"a,b\n1,2\n"), "table.quote_open", "line 1"},
        {BYTES("a,b\n1,\0\n"), "table.nul", "Line 2"},
        {BYTES("a,b\n1,caf\xE9\n"), "table.encoding", "Line 2, column 2"},
        {BYTES("caf\xE9,b\n"), "table.encoding", "Line 1"},
        {BYTES("a,b\n1,\xC0\xAF\n"), "table.encoding", "Line 2"},
        {BYTES("a,b\n1,\xED\xA0\x80\n"), "table.encoding", "Line 2"},
        {BYTES("\xFF\xFE" "a\0,\0"), "table.encoding", "UTF-16"},
        {BYTES("PK\3\4 and so on"), "table.not_csv", "spreadsheet"},
        {BYTES("PAR1 and so on"), "table.not_csv", "Parquet"},
        {BYTES("a,b\r1,2\r"), "table.line_end", "carriage return"},
        {BYTES("a,b\r\n1,2\n"), "table.line_end", "mixed"},
        {BYTES("a,b\n1,2\r\n"), "table.line_end", "mixed"},
        {BYTES("a,b\n1,2\r"), "table.line_end", "mixed"},
        {BYTES("a,b\r\n1,2\r"), "table.line_end", "ends in a carriage return"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (size_t piece = 1; piece <= 4096; piece *= 4096) {
            g_autoptr(GError) error = NULL;
            g_autoptr(CsvScan) scan =
                scan_bytes(cases[i].bytes, cases[i].size, piece, &limits, &error);
            g_assert_null(scan);
            g_assert_true(error_is(error, ERROR_UNPROCESSABLE));
            g_assert_cmpstr(error_reason(error), ==, cases[i].reason);
            if (strstr(error->message, cases[i].sentence) == NULL)
                g_error("case %zu: \"%s\" lacks \"%s\"", i, error->message, cases[i].sentence);
        }
    }
}

static char *repeat(const char *text, size_t times)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < times; i++)
        g_string_append(out, text);
    return g_string_free(out, false);
}

static void assert_too_large(const char *text, const CsvLimits *l, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CsvScan) scan = scan_bytes(text, strlen(text), 65536, l, &error);
    g_assert_null(scan);
    g_assert_true(error_is(error, ERROR_TOO_LARGE));
    g_assert_cmpstr(error_reason(error), ==, reason);
}

static void test_limits(void)
{
    g_autofree char *columns = repeat("a,", 10000000); /* ten million columns, no line end */
    assert_too_large(columns, &limits, "table.header_too_long");
    g_autofree char *names = g_strdup("a");
    for (int i = 0; i < 20; i++) {
        char *longer = g_strdup_printf("%s,a%d", names, i);
        g_free(names);
        names = longer;
    }
    assert_too_large(names, &limits, "table.too_many_columns"); /* 21 */
    g_autofree char *value = repeat("x", 1001);
    g_autofree char *wide = g_strdup_printf("a,b\n1,%s\n", value);
    assert_too_large(wide, &limits, "table.value_too_long");
    g_autofree char *rows = repeat("1\n", 1001);
    g_autofree char *tall = g_strdup_printf("a\n%s", rows);
    assert_too_large(tall, &limits, "table.too_many_rows");
    CsvLimits generous = {.rows = 10, .columns = 20, .field_bytes = INT64_C(1) << 40};
    g_autofree char *endless = repeat("0123456789", CSV_RECORD_BYTES_MAX / 10 + 1);
    g_autofree char *record = g_strdup_printf("a\n%s\n", endless);
    assert_too_large(record, &generous, "table.record_too_long");
}

static void test_at_the_limits(void)
{
    g_autofree char *value = repeat("x", 1000);
    g_autofree char *rows = repeat("1,2\n", 999);
    g_autofree char *text = g_strdup_printf("a,b\n%s1,%s\n", rows, value);
    g_autoptr(GError) error = NULL;
    g_autoptr(CsvScan) scan = scan_bytes(text, strlen(text), 7, &limits, &error);
    g_assert_no_error(error);
    g_assert_cmpint(csv_scan_rows(scan), ==, 1000);
    g_assert_cmpint(csv_scan_longest_record(scan), ==, 1003);
    g_assert_cmpint(csv_scan_value_bytes(scan), ==, 999 * 2 + 1001);
}

typedef struct TypeCase {
    const char *values;   /* lines of one column, in a file whose delimiter is ";" */
    CsvType type;
    bool comma;
    int missing;
} TypeCase;

static void test_types(void)
{
    static const TypeCase cases[] = {
        {"1\n-2\n0\n", CSV_INTEGER},
        {"999999999999999999\n", CSV_INTEGER},
        {"9999999999999999999\n", CSV_TEXT},          /* 19 digits: an identifier */
        {"01\n02\n", CSV_TEXT},                       /* codes */
        {"1\n01\n", CSV_TEXT},
        {"+1\n", CSV_TEXT},
        {"1.5\n2\n", CSV_NUMBER},
        {"1,5\n2\n", CSV_NUMBER, true},
        {"1,5\n2.5\n", CSV_TEXT},                     /* which one is the decimal sign? */
        {".5\n-.5\n", CSV_NUMBER},
        {"5.\n", CSV_TEXT},
        {"1e5\n1.5E-07\n", CSV_NUMBER},
        {"1e999\n", CSV_TEXT},
        {"inf\n", CSV_TEXT},
        {"0x10\n", CSV_TEXT},
        {"1 234\n", CSV_TEXT},
        {"1234567890123456.5\n", CSV_TEXT},           /* more than a double holds */
        {"1\nNA\n\"\"\n", CSV_INTEGER, false, 2},
        {"NaN\n1.5\n.\n", CSV_NUMBER, false, 2},
        {"NA\nNA\n", CSV_TEXT, false, 0},             /* may be a country */
        {"\"\"\n\"\"\n", CSV_TEXT, false, 2},
        {"2026-11-22\n2024-02-29\n", CSV_DATE},
        {"2026-02-29\n", CSV_TEXT},
        {"0000-01-01\n", CSV_TEXT},
        {"2026-11-22 04:03:17\n2026-11-22T23:59:59.123Z\n", CSV_TIMESTAMP},
        {"2026-11-22 24:00:00\n", CSV_TEXT},
        {"true\nFALSE\n", CSV_BOOLEAN},
        {"true\n1\n", CSV_TEXT},
        {"1\nx\n2026-01-01\n", CSV_TEXT},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) values = g_strsplit(cases[i].values, "\n", -1);
        g_autoptr(GString) text = g_string_new("v;w\n");
        for (char **v = values; **v != '\0'; v++)
            g_string_append_printf(text, "%s;\n", *v);
        g_autoptr(GError) error = NULL;
        g_autoptr(CsvScan) scan = scan_bytes(text->str, text->len, 3, &limits, &error);
        g_assert_no_error(error);
        const CsvColumn *column = csv_scan_column(scan, 0);
        if (column->type != cases[i].type)
            g_error("%s is read as type %d", cases[i].values, column->type);
        g_assert_cmpint(column->is_decimal_comma, ==, cases[i].comma);
        g_assert_cmpint(column->missing, ==, cases[i].missing);
    }
}

static void test_forms(void)
{
    static const struct {
        const char *text;
        char delimiter;
        size_t columns;
        int rows;
        const char *first_name;
    } cases[] = {
        {"a,b\n1,2\n", ',', 2, 1, "a"},
        {"a,b\n1,2", ',', 2, 1, "a"},
        {"a,b", ',', 2, 0, "a"},
        {"a,b\r\n1,2\r\n", ',', 2, 1, "a"},
        {"\xEF\xBB\xBF" "a;b\n1;2\n", ';', 2, 1, "a"},
        {"\xEF\xBB\xBF\"a\";b\n1;2\n", ';', 2, 1, "a"},
        {"a\tb\n1\t2\n", '\t', 2, 1, "a"},
        {"a|b\n1|2\n", '|', 2, 1, "a"},
        {"a\n1\n2\n", ',', 1, 2, "a"},
        {"\"a,b\";c;d\n1;2;3\n", ';', 3, 1, "a,b"},
        {"\"a \"\"b\"\"\",c\n1,2\n", ',', 2, 1, "a \"b\""},
        {"a,b\n\"line 1\nline 2\",2\n", ',', 2, 1, "a"},
        {"\"a\nb\",c\n1,2\n", '\0', 0, 0, NULL},   /* a name holds no line end */
        {"a,b\n,\n", ',', 2, 1, "a"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CsvScan) scan =
            scan_bytes(cases[i].text, strlen(cases[i].text), 1, &limits, &error);
        if (cases[i].first_name == NULL) {
            g_assert_cmpstr(error_reason(error), ==, "table.column_name");
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpint(csv_scan_delimiter(scan), ==, cases[i].delimiter);
        g_assert_cmpuint(csv_scan_column_count(scan), ==, cases[i].columns);
        g_assert_cmpint(csv_scan_rows(scan), ==, cases[i].rows);
        g_assert_cmpstr(csv_scan_column(scan, 0)->name, ==, cases[i].first_name);
    }
}

static void test_comma_file_has_no_decimal_comma(void)
{
    const char *text = "a,b\n\"1,234\",5\n";
    g_autoptr(CsvScan) scan = scan_bytes(text, strlen(text), 100, &limits, NULL);
    g_assert_cmpint(csv_scan_column(scan, 0)->type, ==, CSV_TEXT); /* 1234 or 1.234? */
}

static void test_formulas(void)
{
    const char *text = "a,b,c\nx,-5,-\n=1+1,-6,-\n@sum,7,-\n";
    g_autoptr(CsvScan) scan = scan_bytes(text, strlen(text), 100, &limits, NULL);
    g_assert_cmpint(csv_scan_column(scan, 0)->formula_line, ==, 3);
    g_assert_cmpint(csv_scan_column(scan, 1)->formula_line, ==, 0);
    g_assert_cmpint(csv_scan_column(scan, 2)->formula_line, ==, 0);
}

static void test_number_parse(void)
{
    double value = 42;
    g_assert_false(csv_number_parse("", false, &value));
    g_assert_false(csv_number_parse("1,5", false, &value));
    g_assert_false(csv_number_parse("1.5x", false, &value));
    g_assert_false(csv_number_parse("nan", false, &value));
    g_assert_cmpfloat(value, ==, 42);
    g_assert_true(csv_number_parse("-1.5e3", false, &value));
    g_assert_cmpfloat(value, ==, -1500);
    g_assert_true(csv_number_parse("2,25", true, &value));
    g_assert_cmpfloat(value, ==, 2.25);
    g_assert_true(csv_number_parse("123456789012345678", false, &value));
    g_assert_cmpfloat(value, ==, 123456789012345678.0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/worker/csv/refused", test_refused);
    g_test_add_func("/worker/csv/limits", test_limits);
    g_test_add_func("/worker/csv/at_the_limits", test_at_the_limits);
    g_test_add_func("/worker/csv/types", test_types);
    g_test_add_func("/worker/csv/forms", test_forms);
    g_test_add_func("/worker/csv/decimal_comma", test_comma_file_has_no_decimal_comma);
    g_test_add_func("/worker/csv/formulas", test_formulas);
    g_test_add_func("/worker/csv/number_parse", test_number_parse);
    return g_test_run();
}
