/* SPDX-License-Identifier: Apache-2.0 */
/* The CSV reader: whole and byte by byte must agree. */
#include "fuzz.h"

#include "worker/csv.h"

static CsvScan *scan(const uint8_t *data, size_t size, size_t piece)
{
    CsvLimits limits = {.rows = 1000, .columns = 50, .field_bytes = 5000};
    g_autoptr(CsvScan) result = csv_scan_new(&limits);
    for (size_t at = 0; at < size; at += piece) {
        if (!csv_scan_feed(result, (const char *)data + at, MIN(piece, size - at), NULL))
            return NULL;
    }
    return csv_scan_end(result, NULL) ? g_steal_pointer(&result) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(CsvScan) whole = scan(data, size, size + 1);
    g_autoptr(CsvScan) pieces = scan(data, size, 1);
    g_assert_true((whole == NULL) == (pieces == NULL));
    if (whole == NULL)
        return 0;
    g_assert_cmpint(csv_scan_rows(whole), ==, csv_scan_rows(pieces));
    g_assert_cmpint(csv_scan_value_bytes(whole), ==, csv_scan_value_bytes(pieces));
    g_assert_cmpuint(csv_scan_column_count(whole), >=, 1);
    for (size_t i = 0; i < csv_scan_column_count(whole); i++) {
        const CsvColumn *column = csv_scan_column(whole, i);
        g_assert_true(g_utf8_validate(column->name, -1, NULL));
        g_assert_cmpint(column->type, ==, csv_scan_column(pieces, i)->type);
        g_assert_cmpint(column->missing, <=, csv_scan_rows(whole));
    }
    return 0;
}
