/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict reader of CSV, as a push parser over bytes: it says precisely what is wrong and where,
 * and learns the delimiter, the header, the number of rows and the type of each column from every
 * value of the file (no sample). It accepts one form only (RFC 4180 with "," ";" tab or "|"), so
 * that the reader which converts the file afterwards cannot understand it in another way.
 *
 * Types are cautious: a column is a number only if all its values are and nothing is lost by
 * reading them so. "01" is a code, not the number 1; "1,5" is a number only where "," does not
 * separate the columns; an identifier of more than 18 digits is a text.
 */
#ifndef DARSE_WORKER_CSV_H
#define DARSE_WORKER_CSV_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum CsvType {
    CSV_TEXT,
    CSV_INTEGER,
    CSV_NUMBER,
    CSV_DATE,       /* 2026-11-22 */
    CSV_TIMESTAMP,  /* 2026-11-22 04:03:17, or with T, fraction, Z */
    CSV_BOOLEAN,    /* true, false */
} CsvType;

typedef struct CsvColumn {
    char *name;
    CsvType type;
    bool is_decimal_comma;
    int64_t missing;        /* empty values, and markers unless the type is text */
    int64_t markers;        /* NA, NaN, N/A or "." */
    int64_t formula_line;   /* of the first value that a spreadsheet would run; 0: none */
    unsigned possible;      /* internal: types not yet excluded */
    int64_t values;         /* internal: neither empty nor marker */
} CsvColumn;

typedef struct CsvLimits {
    int64_t rows;
    int64_t columns;
    int64_t field_bytes;
} CsvLimits;

#define CSV_HEADER_BYTES_MAX (1024 * 1024)
#define CSV_RECORD_BYTES_MAX (8 * 1024 * 1024)

typedef struct CsvScan CsvScan;

CsvScan *csv_scan_new(const CsvLimits *limits);
void csv_scan_free(CsvScan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CsvScan, csv_scan_free)

/* Bytes in their order, in pieces of any size; then the end, after which the rest may be asked.
 * ERROR_UNPROCESSABLE or ERROR_TOO_LARGE says what is wrong; the scan is then over. */
bool csv_scan_feed(CsvScan *scan, const char *bytes, size_t size, GError **error);
bool csv_scan_end(CsvScan *scan, GError **error);

char csv_scan_delimiter(const CsvScan *scan);
bool csv_scan_is_crlf(const CsvScan *scan);
int64_t csv_scan_rows(const CsvScan *scan);
/* Sum of the lengths of all values, unquoted: what the second reader must find too. */
int64_t csv_scan_value_bytes(const CsvScan *scan);
int64_t csv_scan_longest_record(const CsvScan *scan);
size_t csv_scan_column_count(const CsvScan *scan);
const CsvColumn *csv_scan_column(const CsvScan *scan, size_t i);

/* One value that is not missing, as a number, DECIMAL_COMMA or point. False if it is not one. */
bool csv_number_parse(const char *text, bool decimal_comma, double *ret_value);
/* NA, NaN, N/A, "." */
bool csv_is_marker(const char *text);

#endif
