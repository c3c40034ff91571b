/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database behind one interface: SQLite or PostgreSQL, chosen by the address; nothing else in
 * the program knows which.
 *
 * Reading: store_read() runs a closure on a pooled connection, in one consistent snapshot.
 *
 * Writing: store_write() hands a closure to the single writer, which runs each closure in its own
 * savepoint, groups what is waiting into one transaction, commits it durably, and only then answers
 * everyone in the group. A closure that fails undoes its own savepoint alone. A failed commit fails
 * the whole group. Closures run on the writer's thread: short, no network, no waiting.
 *
 * SQL is the subset that both databases share: types TEXT, BIGINT, BYTEA; parameters $1, $2, ...
 * (each at least once); ON CONFLICT; RETURNING; no function that differs. A statement that fails
 * fails its whole closure, whatever the closure returns, and no other runs after it. Times are
 * BIGINT milliseconds, booleans BIGINT 0 or 1, JSON is TEXT.
 */
#ifndef DARSE_STORE_STORE_H
#define DARSE_STORE_STORE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Store Store;
typedef struct StoreTx StoreTx;       /* a savepoint or a snapshot; valid inside its closure only */
typedef struct StoreRows StoreRows;

typedef bool (*StoreAction)(StoreTx *tx, void *data, GError **error);

/* URL: "sqlite:/path/darse.db" or "postgresql://...". PASSWORD may be NULL. Starts the writer
 * thread; does not migrate. READERS: connections kept for reading (1..64). */
Store *store_open(const char *url, const char *password, int readers, GError **error);
/* Waits for the writer to finish what it accepted. Accepts NULL. */
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* Brings the schema to the newest version, one durable transaction per migration, and refuses a
 * database that is newer than this program. UP_TO: 0 for the newest (tests give older ones). */
bool store_migrate(Store *store, int up_to, GError **error);
int store_schema_newest(void);
bool store_schema_version(Store *store, int *ret_version, GError **error);

bool store_read(Store *store, StoreAction action, void *data, GError **error);
bool store_write(Store *store, StoreAction action, void *data, GError **error);

/* Called once after each durable commit, on the writer's thread: for the audit sequencer and
 * for waking waiters. Set before the first write; must be quick. */
typedef void (*StoreCommitHook)(void *user);
void store_set_commit_hook(Store *store, StoreCommitHook hook, void *user);

/* Closes readers that nobody needed for IDLE_MS, all but one: what they remember of the database is
 * memory that an idle server does not need. */
void store_trim(Store *store, int64_t idle_ms);

/* Is the store writable and answering? For /healthz. */
bool store_check(Store *store, GError **error);

/* Copies the SQLite file FROM, as it is at one moment, to the new file TO; the server may run. The copy is
 * checked. For PostgreSQL there is pg_dump. */
bool store_snapshot_sqlite(const char *from, const char *to, GError **error);

/* Parameters. Texts and bytes are borrowed until the call returns; a NULL pointer is SQL NULL. */
typedef enum StoreType { STORE_NOTHING, STORE_TEXT, STORE_INTEGER, STORE_BYTES, STORE_NULL } StoreType;
typedef struct StoreValue {
    StoreType type;
    const void *bytes;
    size_t size;
    int64_t integer;
} StoreValue;

static inline StoreValue store_text(const char *text)
{
    return (StoreValue){.type = text != NULL ? STORE_TEXT : STORE_NULL, .bytes = text};
}
static inline StoreValue store_integer(int64_t integer)
{
    return (StoreValue){.type = STORE_INTEGER, .integer = integer};
}
static inline StoreValue store_bytes(const void *bytes, size_t size)
{
    return (StoreValue){.type = bytes != NULL ? STORE_BYTES : STORE_NULL, .bytes = bytes,
                        .size = size};
}
/* A time or number that may be absent: 0 becomes NULL. */
static inline StoreValue store_optional(int64_t integer)
{
    return (StoreValue){.type = integer != 0 ? STORE_INTEGER : STORE_NULL, .integer = integer};
}

/* One statement without rows. RET_CHANGED may be NULL. A broken uniqueness or reference is
 * ERROR_CONFLICT "store.conflict"; the caller usually checks before, and turns it into its own
 * sentence. Use the macro:
 *     store_exec(tx, error, "UPDATE person SET name = $1 WHERE id = $2", store_text(n), store_text(i))
 */
bool store_exec_values(StoreTx *tx, const char *sql, const StoreValue *values, size_t count,
                       int64_t *ret_changed, GError **error);
#define STORE_VALUES(...) ((const StoreValue[]){{STORE_NOTHING, NULL, 0, 0}, ##__VA_ARGS__})
#define STORE_COUNT(...) (sizeof STORE_VALUES(__VA_ARGS__) / sizeof(StoreValue) - 1)
#define store_exec(tx, error, sql, ...)                                                            \
    store_exec_values(tx, sql, STORE_VALUES(__VA_ARGS__) + 1, STORE_COUNT(__VA_ARGS__), NULL, error)
#define store_exec_changed(tx, ret_changed, error, sql, ...)                                       \
    store_exec_values(tx, sql, STORE_VALUES(__VA_ARGS__) + 1, STORE_COUNT(__VA_ARGS__),            \
                      ret_changed, error)

/* Rows. NULL on failure. Iterate with store_next(); columns from 0. Texts and bytes are valid until
 * the next store_next() or store_rows_free(). A NULL text column is NULL; a NULL integer is 0
 * (store_is_null tells). */
StoreRows *store_query_values(StoreTx *tx, const char *sql, const StoreValue *values, size_t count,
                              GError **error);
#define store_query(tx, error, sql, ...)                                                           \
    store_query_values(tx, sql, STORE_VALUES(__VA_ARGS__) + 1, STORE_COUNT(__VA_ARGS__), error)
/* True while there is a row. After false, *ERROR is set if it was a failure and not the end. */
bool store_next(StoreRows *rows, GError **error);
const char *store_row_text(StoreRows *rows, int column);
int64_t store_row_integer(StoreRows *rows, int column);
const void *store_row_bytes(StoreRows *rows, int column, size_t *ret_size);
bool store_row_is_null(StoreRows *rows, int column);
void store_rows_free(StoreRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreRows, store_rows_free)

/* One query for many keys: "$keys" in SQL stands for the list inside IN (...), and what is given
 * besides is $1 to $4 before them. TAKE is called for each row, in the order of SQL; beyond 60 keys
 * there are several queries, so that the order holds only among rows of one key. Texts of keys are
 * borrowed; the same key may stand twice. */
typedef bool (*StoreRowTaker)(StoreRows *rows, void *data, GError **error);
bool store_query_keys_values(StoreTx *tx, const char *sql, const GPtrArray *keys,
                             StoreRowTaker take, void *data, const StoreValue *before,
                             size_t before_count, GError **error);
#define store_query_keys(tx, keys, take, data, error, sql, ...)                                    \
    store_query_keys_values(tx, sql, keys, take, data, STORE_VALUES(__VA_ARGS__) + 1,              \
                            STORE_COUNT(__VA_ARGS__), error)
/* How many statements TX has been given: what tests of lists count. */
size_t store_tx_statements(const StoreTx *tx);

/* True with *RET_INTEGER from the first column of the first row; no row gives FALLBACK. */
bool store_query_integer_values(StoreTx *tx, const char *sql, const StoreValue *values,
                                size_t count, int64_t fallback, int64_t *ret_integer,
                                GError **error);
#define store_query_integer(tx, ret_integer, fallback, error, sql, ...)                            \
    store_query_integer_values(tx, sql, STORE_VALUES(__VA_ARGS__) + 1, STORE_COUNT(__VA_ARGS__),   \
                               fallback, ret_integer, error)

#endif
