/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DuckDB, loaded at run time and only in the worker: 65 MB that no other process maps. In memory,
 * one thread, no extension loaded or installed, no configuration change after opening. Queries are
 * ours; values that come from files are only ever quoted identifiers in them.
 */
#ifndef DARSE_WORKER_DUCK_H
#define DARSE_WORKER_DUCK_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Duck Duck;

/* Loads LIBRARY_PATH and opens an empty database that may use MEMORY_BYTES. Before the sandbox. */
Duck *duck_open(const char *library_path, int64_t memory_bytes, GError **error);
void duck_close(Duck *duck);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Duck, duck_close)

/* Sees each row: COLUMNS texts, NULL where missing, valid during the call. Returns false to stop,
 * with ERROR filled. */
typedef bool (*DuckRow)(void *context, size_t columns, const char *const *values, GError **error);

/* Runs SQL. Every result column must be VARCHAR when ROW is given. A failure of DuckDB becomes
 * ERROR_UNPROCESSABLE "table.unreadable", or ERROR_TOO_LARGE "table.memory" when memory ran out. */
bool duck_query(Duck *duck, const char *sql, DuckRow row, void *context, GError **error);
/* One row, one column. *RET_TEXT may become NULL. */
bool duck_query_text(Duck *duck, const char *sql, char **ret_text, GError **error);

/* "a ""quoted"" name" and 'a text', for SQL. Caller frees. */
char *duck_name(const char *name);
char *duck_text(const char *text);

#endif
