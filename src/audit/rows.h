/* SPDX-License-Identifier: Apache-2.0 */
/* The log's rows: how a leaf is made of an entry, and reading them in order. */
#ifndef DARSE_AUDIT_ROWS_H
#define DARSE_AUDIT_ROWS_H

#include "audit/audit.h"
#include "audit/tree.h"

/* The bytes that a leaf's hash covers. Caller frees. */
char *row_leaf_data(int64_t sequence, int64_t time_ms, const uint8_t body_hash[AUDIT_HASH_SIZE]);
void row_body_hash(const uint8_t salt[AUDIT_SALT_SIZE], const char *entry,
                   uint8_t ret_hash[AUDIT_HASH_SIZE]);

/* One row of the log, with its body unless that was erased. */
typedef struct LogRow {
    int64_t sequence, time_ms;
    uint8_t body_hash[AUDIT_HASH_SIZE];
    TreeHash leaf_hash;
    bool has_body;
    uint8_t salt[AUDIT_SALT_SIZE];
    char *entry;
} LogRow;
void log_row_clear(LogRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LogRow, log_row_clear)

/* Entry SEQUENCE; ERROR_NOT_FOUND. */
bool row_read(StoreTx *tx, int64_t sequence, LogRow *ret_row, GError **error);

/* Calls EACH for the rows from FROM on, at most LIMIT, in order. A missing sequence number is
 * ERROR_CONFLICT "audit.gap". */
typedef bool (*RowEach)(void *user, const LogRow *row, GError **error);
bool row_each(StoreTx *tx, int64_t from, int64_t limit, RowEach each, void *user, GError **error);

/* The leaf hashes alone, from FROM on, at most LIMIT. */
typedef bool (*LeafEach)(void *user, const TreeHash *leaf, GError **error);
bool row_each_leaf(StoreTx *tx, int64_t from, int64_t limit, LeafEach each, void *user,
                   int64_t *ret_count, GError **error);

/* How many entries there are. */
bool row_count(StoreTx *tx, int64_t *ret_count, GError **error);

/* {"sequence","time","erased", and the fields of ENTRY (NULL: erased)}. Owned by the caller. */
bool row_json(int64_t sequence, int64_t time_ms, const char *entry, json_t **ret_json,
              GError **error);

#endif
