/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's front: opening, the pool of readers, and statements, which check their parameters and
 * then go to the database's own table of functions.
 */
#include "store/internal.h"

#include "base/error.h"
#include "base/times.h"

#include <string.h>

typedef struct StoreScheme {
    const char *prefix;
    const StoreBackend *backend;
} StoreScheme;

static const StoreScheme schemes[] = {
    {"sqlite:", &store_sqlite},
    {"postgresql://", &store_postgres},
    {"postgres://", &store_postgres},
};

static const StoreBackend *store_find_backend(const char *url)
{
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (g_str_has_prefix(url, schemes[i].prefix))
            return schemes[i].backend;
    }
    return NULL;
}

static void store_free(Store *store)
{
    if (store->writer != NULL)
        store->backend->close(store->writer);
    g_ptr_array_free(store->idle_readers, TRUE);
    g_mutex_clear(&store->mutex);
    g_mutex_clear(&store->writer_mutex);
    g_cond_clear(&store->arrived);
    g_cond_clear(&store->reader_back);
    g_free(store->address.url);
    if (store->address.password != NULL)
        explicit_bzero(store->address.password, strlen(store->address.password));
    g_free(store->address.password);
    g_free(store);
}

Store *store_open(const char *url, const char *password, int readers, GError **error)
{
    g_assert(readers >= 1 && readers <= 64);
    const StoreBackend *backend = store_find_backend(url);
    if (backend == NULL) {
        error_set(error, ERROR_INVALID, "store.url",
                  "The database address must begin with sqlite: or postgresql://.");
        return NULL;
    }
    StoreAddress address = {.url = g_strdup(url), .password = g_strdup(password)};
    Store *store = g_new0(Store, 1);
    store->backend = backend;
    store->address = address;
    store->last = &store->first;
    store->readers_max = readers;
    store->idle_readers = g_ptr_array_new_with_free_func((GDestroyNotify)backend->close);
    g_mutex_init(&store->mutex);
    g_mutex_init(&store->writer_mutex);
    g_cond_init(&store->arrived);
    g_cond_init(&store->reader_back);
    store->writer = backend->open(&store->address, true, error);
    if (store->writer == NULL) {
        store_free(store);
        return NULL;
    }
    store->thread = g_thread_new("store-writer", store_writer_main, store);
    return store;
}

void store_close(Store *store)
{
    if (store == NULL)
        return;
    g_mutex_lock(&store->mutex);
    store->is_stopping = true;
    g_cond_signal(&store->arrived);
    g_mutex_unlock(&store->mutex);
    g_thread_join(store->thread);
    g_assert(store->readers_open == (int)store->idle_readers->len);
    store_free(store);
}

void store_set_commit_hook(Store *store, StoreCommitHook hook, void *user)
{
    g_mutex_lock(&store->writer_mutex);
    g_mutex_lock(&store->mutex);
    store->hook = hook;
    store->hook_user = user;
    g_mutex_unlock(&store->mutex);
    g_mutex_unlock(&store->writer_mutex);
}

/* --- transactions --- */

bool store_tx_run(StoreLink *link, StoreAction action, void *data, GError **error)
{
    StoreTx tx = {.link = link};
    GError *failure = NULL;
    bool ok = action(&tx, data, &failure);
    g_assert(tx.open_rows == 0);
    if (!ok && failure == NULL)
        error_set(&failure, ERROR_INTERNAL, "store.silent", "An action failed without saying why.");
    if (ok && tx.failure != NULL) {
        ok = false;
        failure = g_steal_pointer(&tx.failure);
    }
    g_clear_error(&tx.failure);
    if (ok)
        g_assert(failure == NULL);
    else
        g_propagate_error(error, failure);
    return ok;
}

static StoreLink *store_take_reader(Store *store, GError **error)
{
    StoreLink *link = NULL;
    bool may_open = false;
    g_mutex_lock(&store->mutex);
    while (store->idle_readers->len == 0 && store->readers_open >= store->readers_max)
        g_cond_wait(&store->reader_back, &store->mutex);
    if (store->idle_readers->len > 0) {
        link = g_ptr_array_steal_index_fast(store->idle_readers, store->idle_readers->len - 1);
    } else {
        store->readers_open++;
        may_open = true;
    }
    g_mutex_unlock(&store->mutex);
    if (may_open)
        link = store->backend->open(&store->address, false, error);
    return link;
}

/* LINK NULL: the place of a connection that is no more. */
static void store_give_reader(Store *store, StoreLink *link)
{
    if (link != NULL && !store->backend->is_usable(link)) {
        store->backend->close(link);
        link = NULL;
    }
    if (link != NULL)
        link->idle_since_ms = time_monotonic_ms();
    g_mutex_lock(&store->mutex);
    if (link != NULL)
        g_ptr_array_add(store->idle_readers, link);
    else
        store->readers_open--;
    g_cond_signal(&store->reader_back);
    g_mutex_unlock(&store->mutex);
}

/* The last one given is the next one taken, so that the first of the array has waited longest. */
static StoreLink *store_steal_idle(Store *store, int64_t before_ms)
{
    StoreLink *link = NULL;
    g_mutex_lock(&store->mutex);
    if (store->idle_readers->len > 1) {
        link = g_ptr_array_index(store->idle_readers, 0);
        if (link->idle_since_ms < before_ms) {
            g_ptr_array_steal_index(store->idle_readers, 0);
            store->readers_open--;
            g_cond_signal(&store->reader_back);
        } else {
            link = NULL;
        }
    }
    g_mutex_unlock(&store->mutex);
    return link;
}

void store_trim(Store *store, int64_t idle_ms)
{
    int64_t before_ms = time_monotonic_ms() - idle_ms;
    StoreLink *link;
    while ((link = store_steal_idle(store, before_ms)) != NULL)
        store->backend->close(link);
}

/* A pooled connection may have been lost while it was idle: nothing was asked of it yet, so another
 * is opened in its place. */
static bool store_reader_begin(Store *store, StoreLink **link, GError **error)
{
    g_autoptr(GError) lost = NULL;
    if (store->backend->step(*link, STORE_STEP_BEGIN, &lost))
        return true;
    if (store->backend->is_usable(*link)) {
        g_propagate_error(error, g_steal_pointer(&lost));
        return false;
    }
    store->backend->close(*link);
    *link = store->backend->open(&store->address, false, error);
    return *link != NULL && store->backend->step(*link, STORE_STEP_BEGIN, error);
}

bool store_read(Store *store, StoreAction action, void *data, GError **error)
{
    StoreLink *link = store_take_reader(store, error);
    bool is_begun = link != NULL && store_reader_begin(store, &link, error);
    bool ok = is_begun && store_tx_run(link, action, data, error);
    bool is_clean = is_begun && store->backend->step(link, STORE_STEP_ROLLBACK, NULL);
    if (!is_clean) {
        store->backend->close(link);   /* in a state that nobody knows: not for the next reader */
        link = NULL;
    }
    store_give_reader(store, link);
    return ok;
}

bool store_write(Store *store, StoreAction action, void *data, GError **error)
{
    return store_writer_submit(store, action, data, error);
}

static bool store_check_read(StoreTx *tx, void *data, GError **error)
{
    int64_t count;
    return store_query_integer(tx, &count, 0, error, "SELECT COUNT(*) FROM schema_version");
}

/* A real write that leaves nothing, so that a full disk shows. (An UPDATE to the same values would
 * not do: SQLite sees that, and writes nothing.) */
static bool store_check_write(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, "INSERT INTO schema_version (version, name, applied_ms) "
                                 "VALUES (-1, 'check', 0)") &&
           store_exec(tx, error, "DELETE FROM schema_version WHERE version = -1");
}

bool store_check(Store *store, GError **error)
{
    g_mutex_lock(&store->mutex);
    bool is_failing = store->is_failing;
    g_mutex_unlock(&store->mutex);
    if (is_failing && !store_write(store, store_check_write, NULL, error))
        return false;
    return store_read(store, store_check_read, NULL, error);
}

/* --- statements --- */

static bool store_check_values(const StoreValue *values, size_t count, GError **error)
{
    if (count > STORE_PARAMETERS_MAX)
        return error_set(error, ERROR_INTERNAL, "store.parameters",
                         "A statement has %zu parameters; at most %d are allowed.", count,
                         STORE_PARAMETERS_MAX);
    for (size_t i = 0; i < count; i++) {
        g_assert(values[i].type != STORE_NOTHING);
        if (values[i].type == STORE_TEXT && !g_utf8_validate(values[i].bytes, -1, NULL))
            return error_set(error, ERROR_INVALID, "store.text", "A text is not valid UTF-8.");
    }
    return true;
}

/* Refuses further statements after a failure. */
static bool store_tx_ready(StoreTx *tx, const StoreValue *values, size_t count, GError **error)
{
    if (tx->failure == NULL)
        return store_check_values(values, count, error);
    if (error != NULL)
        *error = g_error_copy(tx->failure);
    return false;
}

static bool store_tx_fail(StoreTx *tx, GError *failure, GError **error)
{
    if (tx->failure == NULL)
        tx->failure = g_error_copy(failure);
    g_propagate_error(error, failure);
    return false;
}

bool store_exec_values(StoreTx *tx, const char *sql, const StoreValue *values, size_t count,
                       int64_t *ret_changed, GError **error)
{
    if (!store_tx_ready(tx, values, count, error))
        return false;
    GError *failure = NULL;
    int64_t changed = 0;
    tx->statements++;
    if (!tx->link->backend->exec(tx->link, sql, values, count, &changed, &failure))
        return store_tx_fail(tx, failure, error);
    if (ret_changed != NULL)
        *ret_changed = changed;
    return true;
}

StoreRows *store_query_values(StoreTx *tx, const char *sql, const StoreValue *values, size_t count,
                              GError **error)
{
    if (!store_tx_ready(tx, values, count, error))
        return NULL;
    GError *failure = NULL;
    tx->statements++;
    StoreRows *rows = tx->link->backend->query(tx->link, sql, values, count, &failure);
    if (rows == NULL) {
        store_tx_fail(tx, failure, error);
        return NULL;
    }
    rows->backend = tx->link->backend;
    rows->tx = tx;
    tx->open_rows++;
    return rows;
}

bool store_next(StoreRows *rows, GError **error)
{
    GError *failure = NULL;
    if (rows->backend->next(rows, &failure))
        return true;
    return failure != NULL && store_tx_fail(rows->tx, failure, error);
}

const char *store_row_text(StoreRows *rows, int column)
{
    return rows->backend->text(rows, column);
}

int64_t store_row_integer(StoreRows *rows, int column)
{
    return rows->backend->integer(rows, column);
}

const void *store_row_bytes(StoreRows *rows, int column, size_t *ret_size)
{
    return rows->backend->bytes(rows, column, ret_size);
}

bool store_row_is_null(StoreRows *rows, int column)
{
    return rows->backend->is_null(rows, column);
}

void store_rows_free(StoreRows *rows)
{
    if (rows == NULL)
        return;
    rows->tx->open_rows--;
    rows->backend->rows_free(rows);
}

bool store_query_integer_values(StoreTx *tx, const char *sql, const StoreValue *values,
                                size_t count, int64_t fallback, int64_t *ret_integer,
                                GError **error)
{
    g_autoptr(StoreRows) rows = store_query_values(tx, sql, values, count, error);
    if (rows == NULL)
        return false;
    GError *failure = NULL;
    if (store_next(rows, &failure))
        *ret_integer = store_row_integer(rows, 0);
    else if (failure == NULL)
        *ret_integer = fallback;
    else
        g_propagate_error(error, failure);
    return failure == NULL;
}

size_t store_tx_statements(const StoreTx *tx)
{
    return tx->statements;
}
