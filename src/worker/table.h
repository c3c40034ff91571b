/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of a person as a table of DuckDB, after every check that can be made on it: the view `t`
 * has typed columns, the view `raw` the same columns as they were written. Runs in the sandbox.
 */
#ifndef DARSE_WORKER_TABLE_H
#define DARSE_WORKER_TABLE_H

#include "worker/duck.h"
#include "worker/worker.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct TableColumn {
    char *name;
    const char *type;       /* "boolean" "integer" "number" "date" "timestamp" "text" "other" */
    bool is_decimal_comma;
} TableColumn;

typedef struct Table {
    Duck *duck;             /* borrowed */
    const char *format;     /* "csv" or "parquet" */
    int64_t rows;
    GArray *columns;        /* of TableColumn */
    char delimiter;         /* CSV */
    GPtrArray *notes;       /* sentences */
} Table;

Table *table_open(Duck *duck, const char *format, int fd, const WorkerLimits *limits,
                  GError **error);
void table_free(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

const TableColumn *table_column(const Table *table, size_t i);
/* -1 if there is none of that name. */
int table_find(const Table *table, const char *name);

/* Writes `t` as one Parquet file on the empty file open as FD, but not the columns named in WITHOUT (NULL:
 * all). */
bool table_write_parquet(Table *table, const char *const *without, int fd, GError **error);
/* Writes `raw` as CSV, its values as they were written, between the same delimiters. */
bool table_write_csv(Table *table, const char *const *without, int fd, GError **error);

#endif
