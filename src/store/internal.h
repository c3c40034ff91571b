/* SPDX-License-Identifier: Apache-2.0 */
/* What the store's own files share: the store, its writer's queue, its pool of readers. */
#ifndef DARSE_STORE_INTERNAL_H
#define DARSE_STORE_INTERNAL_H

#include "store/backend.h"

/* A savepoint or a snapshot. One failed statement fails it all: PostgreSQL does so by nature, and
 * SQLite must not behave otherwise. */
struct StoreTx {
    StoreLink *link;
    GError *failure;    /* of the first statement that failed */
    int open_rows;
    size_t statements;
};

typedef struct StoreRequest StoreRequest;

struct Store {
    const StoreBackend *backend;
    StoreAddress address;

    GMutex mutex;             /* guards everything down to `hook_user` */
    GCond arrived;            /* a request waits, or the store stops */
    StoreRequest *first;
    StoreRequest **last;
    int waiting;
    bool is_stopping;
    bool is_failing;          /* the last group could not be committed */
    GCond reader_back;
    GPtrArray *idle_readers;
    int readers_open;
    int readers_max;
    StoreCommitHook hook;
    void *hook_user;

    GMutex writer_mutex;      /* guards `writer`: the writer's thread, or a migration */
    StoreLink *writer;        /* NULL while the connection is lost */
    GThread *thread;
};

typedef struct StoreMigration {
    int version;
    const char *name;
    const char *sql;
} StoreMigration;
/* Generated from migrations/ at build time; ended by a row with version 0. */
extern const StoreMigration store_migrations[];

/* Runs ACTION on LINK, inside whatever transaction is open; turns an unreported statement failure
 * into the action's own. */
bool store_tx_run(StoreLink *link, StoreAction action, void *data, GError **error);
/* The writer's connection, opened again if it was lost, with a transaction begun. Holding
 * writer_mutex. */
bool store_writer_begin(Store *store, GError **error);
/* Leaves the transaction, and drops the connection if even that fails. Holding writer_mutex. */
void store_writer_rollback(Store *store);
void store_writer_drop(Store *store);

void *store_writer_main(void *store);
bool store_writer_submit(Store *store, StoreAction action, void *data, GError **error);

#endif
