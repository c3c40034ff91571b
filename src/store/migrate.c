/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migrations: numbered, forward only, each in one durable transaction with the row that says that
 * it ran. The version is read again inside that transaction, so two programs that start together
 * do not run one twice.
 */
#include "store/internal.h"

#include "base/error.h"
#include "base/times.h"

static bool migrate_version(StoreTx *tx, void *data, GError **error)
{
    int64_t version;
    if (!store_query_integer(tx, &version, 0, error,
                             "SELECT COALESCE(MAX(version), 0) FROM schema_version"))
        return false;
    *(int *)data = (int)version;
    return true;
}

int store_schema_newest(void)
{
    int newest = 0;
    for (const StoreMigration *m = store_migrations; m->version != 0; m++)
        newest = m->version;
    return newest;
}

bool store_schema_version(Store *store, int *ret_version, GError **error)
{
    return store_read(store, migrate_version, ret_version, error);
}

typedef struct MigrateStep {
    const StoreMigration *migration;   /* NULL: only make the table of versions */
} MigrateStep;

static bool migrate_apply(StoreTx *tx, void *data, GError **error)
{
    const StoreMigration *migration = ((MigrateStep *)data)->migration;
    const StoreBackend *backend = tx->link->backend;
    if (migration == NULL)
        return backend->script(tx->link,
                               "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY "
                               "KEY, name TEXT NOT NULL, applied_ms BIGINT NOT NULL)", error);
    int version;
    if (!migrate_version(tx, &version, error))
        return false;
    if (version >= migration->version)
        return true;
    if (!backend->script(tx->link, migration->sql, error)) {
        g_prefix_error(error, "Migration %d (%s): ", migration->version, migration->name);
        return false;
    }
    return store_exec(tx, error,
                      "INSERT INTO schema_version (version, name, applied_ms) VALUES ($1, $2, $3)",
                      store_integer(migration->version), store_text(migration->name),
                      store_integer(time_now_ms()));
}

/* Not through the queue: a migration must be alone in its transaction. */
static bool migrate_transaction(Store *store, const StoreMigration *migration, GError **error)
{
    MigrateStep step = {migration};
    g_mutex_lock(&store->writer_mutex);
    bool is_begun = store_writer_begin(store, error);
    bool ok = is_begun && store_tx_run(store->writer, migrate_apply, &step, error) &&
              store->backend->step(store->writer, STORE_STEP_COMMIT, error);
    if (!ok && store->writer != NULL)
        store_writer_rollback(store);
    g_mutex_unlock(&store->writer_mutex);
    return ok;
}

bool store_migrate(Store *store, int up_to, GError **error)
{
    int newest = store_schema_newest();
    int goal = up_to == 0 ? newest : up_to;
    int version = 0;
    if (!migrate_transaction(store, NULL, error) || !store_schema_version(store, &version, error))
        return false;
    if (version > newest)
        return error_set(error, ERROR_CONFLICT, "store.newer",
                         "The database has schema %d; this program knows up to %d. Use the program "
                         "that wrote it, or a newer one.", version, newest);
    for (const StoreMigration *m = store_migrations; m->version != 0 && m->version <= goal; m++) {
        if (m->version > version && !migrate_transaction(store, m, error))
            return false;
    }
    return true;
}
