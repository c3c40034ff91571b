/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a database must offer to the store: one table of functions per kind of database. A link is
 * one connection, used by one thread at a time. Only the store's own files include this.
 */
#ifndef DARSE_STORE_BACKEND_H
#define DARSE_STORE_BACKEND_H

#include "store/store.h"

#define STORE_PARAMETERS_MAX 64
#define STORE_STATEMENTS_MAX 96   /* prepared statements kept per connection */

typedef struct StoreBackend StoreBackend;

/* First member of each database's own connection. */
typedef struct StoreLink {
    const StoreBackend *backend;
    int64_t idle_since_ms;    /* of a pooled reader */
} StoreLink;

/* First member of each database's own cursor. */
struct StoreRows {
    const StoreBackend *backend;
    StoreTx *tx;
};

typedef struct StoreAddress {
    char *url;
    char *password;
} StoreAddress;

typedef enum StoreStep {
    STORE_STEP_BEGIN,     /* the writer's also takes the lock that keeps other writers out */
    STORE_STEP_COMMIT,
    STORE_STEP_ROLLBACK,
    STORE_STEP_SAVEPOINT,
    STORE_STEP_RELEASE,
    STORE_STEP_UNDO,      /* back to the savepoint, and forget it */
    STORE_STEP_COUNT,
} StoreStep;

struct StoreBackend {
    StoreLink *(*open)(const StoreAddress *address, bool is_writer, GError **error);
    void (*close)(StoreLink *link);
    bool (*step)(StoreLink *link, StoreStep step, GError **error);
    /* False once the connection is lost: the link must be closed and opened anew. */
    bool (*is_usable)(StoreLink *link);
    /* False after the database gave up the whole transaction by itself. */
    bool (*in_transaction)(StoreLink *link);
    /* Several statements, without parameters. */
    bool (*script)(StoreLink *link, const char *sql, GError **error);
    bool (*exec)(StoreLink *link, const char *sql, const StoreValue *values, size_t count,
                 int64_t *ret_changed, GError **error);
    StoreRows *(*query)(StoreLink *link, const char *sql, const StoreValue *values, size_t count,
                        GError **error);
    bool (*next)(StoreRows *rows, GError **error);
    const char *(*text)(StoreRows *rows, int column);
    int64_t (*integer)(StoreRows *rows, int column);
    const void *(*bytes)(StoreRows *rows, int column, size_t *ret_size);
    bool (*is_null)(StoreRows *rows, int column);
    void (*rows_free)(StoreRows *rows);
};

extern const StoreBackend store_sqlite;
extern const StoreBackend store_postgres;

#endif
