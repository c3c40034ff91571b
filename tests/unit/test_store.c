/* SPDX-License-Identifier: Apache-2.0 */
/* store: every case runs on SQLite and on a real PostgreSQL. */
#include "database.h"

#include "base/error.h"
#include "base/ids.h"
#include "store/internal.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>

/* SQLite's syncs pass through here: the program's own definition goes before the C library's. */
static struct {
    int count;
    int is_failing;
} syncs;

static int sync_file(long number, int fd)
{
    g_atomic_int_inc(&syncs.count);
    if (g_atomic_int_get(&syncs.is_failing)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(number, fd);
}

int fsync(int fd)
{
    return sync_file(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_file(SYS_fdatasync, fd);
}

static bool run_script(StoreTx *tx, void *data, GError **error)
{
    for (const char *const *sql = data; *sql != NULL; sql++) {
        if (!store_exec(tx, error, *sql))
            return false;
    }
    return true;
}

static Store *new_store(Kind kind, char **ret_url)
{
    static const char *const tables[] = {
        "CREATE TABLE thing (id TEXT PRIMARY KEY, size BIGINT, body BYTEA, note TEXT)",
        "CREATE TABLE part (id TEXT PRIMARY KEY, thing TEXT NOT NULL REFERENCES thing (id))",
        NULL,
    };
    g_autoptr(GError) error = NULL;
    char *url = new_database(kind);
    Store *store = open_store(url);
    g_assert_true(store_migrate(store, 0, &error));
    g_assert_no_error(error);
    g_assert_true(store_write(store, run_script, (void *)tables, &error));
    g_assert_no_error(error);
    if (ret_url != NULL)
        *ret_url = url;
    else
        g_free(url);
    return store;
}

static bool add_thing(StoreTx *tx, void *id, GError **error)
{
    return store_exec(tx, error, "INSERT INTO thing (id, size) VALUES ($1, $2)", store_text(id),
                      store_integer(1));
}

static bool count_things(StoreTx *tx, void *ret_count, GError **error)
{
    return store_query_integer(tx, (int64_t *)ret_count, -1, error, "SELECT COUNT(*) FROM thing");
}

static int64_t things(Store *store)
{
    int64_t count = -1;
    g_autoptr(GError) error = NULL;
    g_assert_true(store_read(store, count_things, &count, &error));
    g_assert_no_error(error);
    return count;
}

/* --- opening --- */

static void test_open_refused(void)
{
    static const struct {
        const char *url, *reason;
    } cases[] = {
        {"", "store.url"},
        {"mysql://x", "store.url"},
        {"sqlite:/nonexistent/folder/x.db", "store.open"},
        {"sqlite:/tmp", "store.open"},
        {"postgresql://darse:secret@localhost/x", "store.password"},
        {"postgresql://darse@localhost/x?password=secret", "store.password"},
        {"postgresql://darse@/x?host=/nonexistent", "store.unavailable"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(store_open(cases[i].url, "word", 1, &error));
        g_assert_cmpstr(error_reason(error), ==, cases[i].reason);
        g_assert_null(strstr(error->message, "secret"));
        g_assert_null(strstr(error->message, "word,"));
    }
}

static void test_sqlite_mode(void)
{
    g_autofree char *url = NULL;
    g_autoptr(Store) store = new_store(SQLITE, &url);
    GStatBuf status;
    const char *const tails[] = {"", "-wal"};
    for (size_t i = 0; i < G_N_ELEMENTS(tails); i++) {
        g_autofree char *path = g_strconcat(url + strlen("sqlite:"), tails[i], NULL);
        g_assert_cmpint(g_stat(path, &status), ==, 0);
        g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    }
}

/* --- migrations --- */

static void test_migrate_every_version(gconstpointer data)
{
    Kind kind = (Kind)GPOINTER_TO_INT(data);
    if (!has_kind(kind))
        return;
    int newest = store_schema_newest();
    g_assert_cmpint(newest, >=, 1);
    for (int from = 1; from <= newest; from++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *url = new_database(kind);
        g_autoptr(Store) store = open_store(url);
        int version = -1;
        g_assert_true(store_migrate(store, from, &error));
        g_assert_no_error(error);
        g_assert_true(store_schema_version(store, &version, &error));
        g_assert_cmpint(version, ==, from);
        g_assert_true(store_migrate(store, 0, &error));
        g_assert_true(store_migrate(store, 0, &error));
        g_assert_no_error(error);
        g_assert_true(store_schema_version(store, &version, &error));
        g_assert_cmpint(version, ==, newest);
    }
}

static void test_migrate_newer_refused(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    static const char *const future[] = {
        "INSERT INTO schema_version (version, name, applied_ms) VALUES (9999, 'future', 0)", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    g_assert_true(store_write(store, run_script, (void *)future, &error));
    g_assert_false(store_migrate(store, 0, &error));
    g_assert_cmpstr(error_reason(error), ==, "store.newer");
}

/* --- savepoints and errors --- */

static bool add_two_then_fail(StoreTx *tx, void *data, GError **error)
{
    return add_thing(tx, "undone-1", error) && add_thing(tx, "undone-2", error) &&
           error_set(error, ERROR_DENIED, "test.no", "No.");
}

static bool add_then_fail_silently(StoreTx *tx, void *data, GError **error)
{
    add_thing(tx, "undone-3", NULL);
    return false;
}

static bool ignore_conflict(StoreTx *tx, void *data, GError **error)
{
    g_assert_true(add_thing(tx, "undone-4", error));
    g_autoptr(GError) ignored = NULL;
    g_assert_false(add_thing(tx, "kept", &ignored));
    /* After a failed statement nothing more runs, on both databases. */
    g_assert_false(add_thing(tx, "undone-5", NULL));
    return true;
}

static bool bad_sql(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, "INSERT INTO nowhere VALUES (1)");
}

static bool orphan(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, "INSERT INTO part (id, thing) VALUES ('p', 'none')");
}

static bool no_thing(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, "INSERT INTO part (id, thing) VALUES ($1, $2)", store_text("p"),
                      store_text(NULL));
}

static bool too_few(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, "INSERT INTO thing (id, size) VALUES ($1, $2)", store_text("x"));
}

static bool not_utf8(StoreTx *tx, void *data, GError **error)
{
    return add_thing(tx, "\xff\xfe", error);
}

static bool conflicting_returning(StoreTx *tx, void *data, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(tx, error,
                                            "INSERT INTO thing (id) VALUES ($1) RETURNING id",
                                            store_text("kept"));
    g_assert_null(rows);
    return false;
}

static void test_failures_undo(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    static const struct {
        StoreAction action;
        ErrorCode code;
        const char *reason;
    } cases[] = {
        {add_two_then_fail, ERROR_DENIED, "test.no"},
        {add_then_fail_silently, ERROR_INTERNAL, "store.silent"},
        {ignore_conflict, ERROR_CONFLICT, "store.conflict"},
        {orphan, ERROR_CONFLICT, "store.conflict"},
        {conflicting_returning, ERROR_CONFLICT, "store.conflict"},
        {no_thing, ERROR_INTERNAL, "store.statement"},
        {bad_sql, ERROR_INTERNAL, "store.statement"},
        {too_few, ERROR_INTERNAL, NULL},
        {not_utf8, ERROR_INVALID, "store.text"},
    };
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    g_assert_true(store_write(store, add_thing, "kept", NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(store_write(store, cases[i].action, NULL, &error));
        g_assert_true(error_is(error, (ErrorCode)cases[i].code));
        if (cases[i].reason != NULL)
            g_assert_cmpstr(error_reason(error), ==, cases[i].reason);
        g_assert_cmpint(things(store), ==, 1);
    }
    g_assert_true(store_write(store, add_thing, "after", NULL));
    g_assert_cmpint(things(store), ==, 2);
}

static void test_read_refuses_write(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    g_assert_false(store_read(store, add_thing, "x", &error));
    g_assert_nonnull(error);
    g_assert_cmpint(things(store), ==, 0);
}

/* --- values --- */

#define BLOB_SIZE (3 * 1024 * 1024)

static bool write_values(StoreTx *tx, void *blob, GError **error)
{
    int64_t changed = -1;
    const char *sql = "INSERT INTO thing (note, id, size, body) VALUES ($4, $1, $2, $3)";
    g_assert_true(store_exec(tx, error, sql, store_text("a"), store_integer(INT64_MIN),
                             store_bytes(blob, BLOB_SIZE), store_text("é漢字🙂'\"\\$1")));
    g_assert_true(store_exec(tx, error, sql, store_text("b"), store_optional(0),
                             store_bytes("", 0), store_text("")));
    g_assert_true(store_exec(tx, error, sql, store_text("c"), store_integer(INT64_MAX),
                             store_bytes(NULL, 0), store_text(NULL)));
    g_assert_true(store_exec_changed(tx, &changed, error,
                                     "UPDATE thing SET size = size WHERE id <> $1 AND id <> $1",
                                     store_text("a")));
    g_assert_cmpint(changed, ==, 2);
    g_assert_true(store_exec_changed(tx, &changed, error, "DELETE FROM thing WHERE id = 'none'"));
    g_assert_cmpint(changed, ==, 0);
    return true;
}

static bool read_values(StoreTx *tx, void *blob, GError **error)
{
    size_t size = 99;
    g_autoptr(StoreRows) rows = store_query(tx, error,
                                            "SELECT id, size, body, note FROM thing ORDER BY id");
    g_assert_true(store_next(rows, error));
    g_assert_cmpint(store_row_integer(rows, 1), ==, INT64_MIN);
    const void *body = store_row_bytes(rows, 2, &size);
    g_assert_cmpmem(body, size, blob, BLOB_SIZE);
    g_assert_cmpstr(store_row_text(rows, 3), ==, "é漢字🙂'\"\\$1");
    g_assert_true(store_next(rows, error));
    g_assert_true(store_row_is_null(rows, 1));
    g_assert_cmpint(store_row_integer(rows, 1), ==, 0);
    g_assert_nonnull(store_row_bytes(rows, 2, &size));
    g_assert_cmpuint(size, ==, 0);
    g_assert_cmpstr(store_row_text(rows, 3), ==, "");
    g_assert_true(store_next(rows, error));
    g_assert_cmpint(store_row_integer(rows, 1), ==, INT64_MAX);
    g_assert_null(store_row_bytes(rows, 2, &size));
    g_assert_null(store_row_text(rows, 3));
    g_assert_false(store_next(rows, error));
    g_assert_false(store_next(rows, error));
    return true;
}

static bool read_computed(StoreTx *tx, void *data, GError **error)
{
    int64_t value = 0;
    g_assert_true(store_query_integer(tx, &value, 0, error,
                                      "SELECT SUM(size) FROM thing WHERE id IN ('c', 'x')"));
    g_assert_cmpint(value, ==, INT64_MAX);
    g_assert_true(store_query_integer(tx, &value, 0, error, "SELECT $1 = $2", store_text("x"),
                                      store_text("x")));
    g_assert_cmpint(value, ==, 1);
    g_assert_true(store_query_integer(tx, &value, 7, error, "SELECT size FROM thing WHERE id = $1",
                                      store_text("none")));
    g_assert_cmpint(value, ==, 7);
    /* The same statement inside its own loop. */
    const char *sql = "SELECT id FROM thing WHERE id > $1 ORDER BY id";
    g_autoptr(StoreRows) outer = store_query(tx, error, sql, store_text(""));
    int pairs = 0;
    while (store_next(outer, error)) {
        g_autoptr(StoreRows) inner = store_query(tx, error, sql,
                                                 store_text(store_row_text(outer, 0)));
        while (store_next(inner, error))
            pairs++;
    }
    g_assert_cmpint(pairs, ==, 3);
    return true;
}

static void test_values(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    g_autofree char *blob = g_malloc(BLOB_SIZE);
    random_fill(blob, BLOB_SIZE);
    g_assert_true(store_write(store, write_values, blob, &error));
    g_assert_true(store_read(store, read_values, blob, &error));
    g_assert_true(store_read(store, read_computed, NULL, &error));
    g_assert_no_error(error);
}

static bool take_key(StoreRows *rows, void *data, GError **error)
{
    (void)error;
    g_assert_cmpint(store_row_integer(rows, 1), >=, 2);
    g_assert_true(g_hash_table_add(data, g_strdup(store_row_text(rows, 0))));
    return true;
}

/* Keys that pass the other condition and that do not; counts around the sizes of one query. */
static bool read_keys(StoreTx *tx, void *data, GError **error)
{
    static const struct { guint keys; size_t statements; } counts[] = {
        {0, 0}, {1, 1}, {2, 1}, {8, 1}, {9, 1}, {60, 1}, {61, 2}, {120, 2}, {150, 3}};
    (void)data;
    for (int i = 0; i < 150; i++) {
        g_autofree char *id = g_strdup_printf("key-%d", i);
        if (!store_exec(tx, error, "INSERT INTO thing (id, size) VALUES ($1, $2)", store_text(id),
                        store_integer(i)))
            return false;
    }
    for (size_t c = 0; c < G_N_ELEMENTS(counts); c++) {
        g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < counts[c].keys; i++)
            g_ptr_array_add(keys, g_strdup_printf("key-%u", i));
        size_t before = store_tx_statements(tx);
        g_assert_true(store_query_keys(tx, keys, take_key, found, error,
                                       "SELECT id, size FROM thing WHERE size >= $1 AND id IN "
                                       "($keys) ORDER BY id", store_integer(2)));
        g_assert_cmpuint(store_tx_statements(tx) - before, ==, counts[c].statements);
        g_assert_cmpuint(g_hash_table_size(found), ==, MAX(counts[c].keys, 2) - 2);
    }
    return true;
}

static void test_keys(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    store_write(store, read_keys, NULL, &error);
    g_assert_no_error(error);
}

static bool many_statements(StoreTx *tx, void *data, GError **error)
{
    for (int i = 0; i < 500; i++) {
        g_autofree char *sql = g_strdup_printf("SELECT %d", i % 250);
        int64_t value = -1;
        g_assert_true(store_query_integer(tx, &value, 0, error, sql));
        g_assert_cmpint(value, ==, i % 250);
    }
    return true;
}

static void test_statement_cache(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    g_assert_true(store_read(store, many_statements, NULL, NULL));
    g_assert_true(store_write(store, many_statements, NULL, NULL));
}

/* --- concurrency --- */

#define WRITERS 16
#define WRITES 25

typedef struct Crowd {
    Store *store;
    int number;
    int commits;       /* counted by the hook */
} Crowd;

static bool add_numbered(StoreTx *tx, void *data, GError **error)
{
    return add_thing(tx, data, error);
}

static void *crowd_member(void *data)
{
    Crowd *crowd = data;
    for (int i = 0; i < WRITES; i++) {
        g_autofree char *id = g_strdup_printf("%d-%d", crowd->number, i);
        g_autoptr(GError) error = NULL;
        g_assert_true(store_write(crowd->store, add_numbered, id, &error));
        g_assert_false(store_write(crowd->store, add_numbered, id, &error));
        g_assert_true(error_is(error, ERROR_CONFLICT));
    }
    return NULL;
}

static void count_commit(void *data)
{
    (*(int *)data)++;
}

static void test_concurrent_writers(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    Crowd crowd[WRITERS];
    GThread *threads[WRITERS];
    int commits = 0;
    store_set_commit_hook(store, count_commit, &commits);
    for (int i = 0; i < WRITERS; i++) {
        crowd[i] = (Crowd){store, i, 0};
        threads[i] = g_thread_new("crowd", crowd_member, &crowd[i]);
    }
    for (int i = 0; i < WRITERS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(things(store), ==, WRITERS * WRITES);
    g_assert_cmpint(commits, >, 0);
    g_assert_cmpint(commits, <=, WRITERS * WRITES);
}

typedef struct Gate {
    GMutex mutex;
    GCond changed;
    Store *store;
    bool is_inside, may_leave;
    int commits, order;
    int orders[WRITERS];
} Gate;

static bool wait_at_gate(StoreTx *tx, void *data, GError **error)
{
    Gate *gate = data;
    g_mutex_lock(&gate->mutex);
    gate->is_inside = true;
    g_cond_broadcast(&gate->changed);
    while (!gate->may_leave)
        g_cond_wait(&gate->changed, &gate->mutex);
    g_mutex_unlock(&gate->mutex);
    return true;
}

static void *gate_opener(void *data)
{
    Gate *gate = data;
    g_assert_true(store_write(gate->store, wait_at_gate, gate, NULL));
    return NULL;
}

static void *gate_follower(void *data)
{
    Gate *gate = data;
    g_autofree char *id = id_new("thg");
    g_assert_true(store_write(gate->store, add_thing, id, NULL));
    return NULL;
}

static void count_gate_commit(void *data)
{
    Gate *gate = data;
    gate->commits++;
}

/* While the first action is held inside the writer, the others gather; they must share its commit
 * or at most one more. */
static void test_group_commit(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    Gate gate = {.store = store};
    store_set_commit_hook(store, count_gate_commit, &gate);
    GThread *opener = g_thread_new("opener", gate_opener, &gate);
    g_mutex_lock(&gate.mutex);
    while (!gate.is_inside)
        g_cond_wait(&gate.changed, &gate.mutex);
    g_mutex_unlock(&gate.mutex);
    GThread *followers[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        followers[i] = g_thread_new("follower", gate_follower, &gate);
    g_usleep(200 * 1000);
    g_assert_cmpint(gate.commits, ==, 0);
    g_mutex_lock(&gate.mutex);
    gate.may_leave = true;
    g_cond_broadcast(&gate.changed);
    g_mutex_unlock(&gate.mutex);
    g_thread_join(opener);
    for (int i = 0; i < WRITERS; i++)
        g_thread_join(followers[i]);
    g_assert_cmpint(things(store), ==, WRITERS);
    g_assert_cmpint(gate.commits, >=, 1);
    g_assert_cmpint(gate.commits, <=, 2);
}

static bool snapshot_reader(StoreTx *tx, void *data, GError **error)
{
    int64_t before = -1, after = -1;
    g_assert_true(count_things(tx, &before, error));
    g_assert_true(store_write(data, add_thing, "during", NULL));
    g_assert_true(count_things(tx, &after, error));
    g_assert_cmpint(before, ==, after);
    return true;
}

static void test_snapshot(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    g_assert_true(store_read(store, snapshot_reader, store, NULL));
    g_assert_cmpint(things(store), ==, 1);
}

static void *slow_reader(void *data)
{
    for (int i = 0; i < 50; i++)
        g_assert_cmpint(things(data), ==, 1);
    return NULL;
}

/* More readers than connections wait for their turn. */
static void test_reader_pool(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autoptr(Store) store = new_store((Kind)GPOINTER_TO_INT(data), NULL);
    g_assert_true(store_write(store, add_thing, "x", NULL));
    GThread *threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        threads[i] = g_thread_new("reader", slow_reader, store);
    for (int i = 0; i < WRITERS; i++)
        g_thread_join(threads[i]);
    int open = store->readers_open;
    store_trim(store, 3600 * 1000);
    g_assert_cmpint(store->readers_open, ==, open);
    store_trim(store, -1);
    g_assert_cmpint(store->readers_open, ==, 1);
    g_assert_cmpint(things(store), ==, 1);
}

/* Two programs on one database: neither loses a change. */
static void test_two_stores(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_autofree char *url = NULL;
    g_autoptr(Store) one = new_store((Kind)GPOINTER_TO_INT(data), &url);
    g_autoptr(Store) two = open_store(url);
    Crowd crowd[4];
    GThread *threads[4];
    for (int i = 0; i < 4; i++) {
        crowd[i] = (Crowd){i % 2 == 0 ? one : two, i, 0};
        threads[i] = g_thread_new("crowd", crowd_member, &crowd[i]);
    }
    for (int i = 0; i < 4; i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(things(one), ==, 4 * WRITES);
}

/* --- crashes --- */

/* The child's life: write things one after the other, tell each acknowledged one by a byte. */
static G_NORETURN void write_until_killed(const char *url, int pipe_fd)
{
    Store *store = store_open(url, NULL, 1, NULL);
    for (int i = 0; store != NULL; i++) {
        char id[16];
        g_snprintf(id, sizeof id, "%d", i);
        if (!store_write(store, add_thing, id, NULL) || write(pipe_fd, "+", 1) != 1)
            break;
    }
    _exit(3);
}

static int64_t write_and_kill(const char *url, int after_ms)
{
    int ends[2];
    g_assert_cmpint(pipe(ends), ==, 0);
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        close(ends[0]);
        write_until_killed(url, ends[1]);
    }
    close(ends[1]);
    char byte;
    int64_t acknowledged = read(ends[0], &byte, 1) == 1;
    g_usleep((gulong)after_ms * 1000);
    g_assert_cmpint(kill(child, SIGKILL), ==, 0);
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status));
    while (read(ends[0], &byte, 1) == 1)
        acknowledged++;
    close(ends[0]);
    return acknowledged;
}

static void test_killed(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    for (int round = 0; round < 5; round++) {
        g_autofree char *url = NULL;
        store_close(new_store((Kind)GPOINTER_TO_INT(data), &url));
        int64_t acknowledged = write_and_kill(url, 20 + round * 17);
        g_autoptr(Store) store = open_store(url);
        g_assert_cmpint(acknowledged, >=, 1);
        /* One more may be there: committed, killed before it was told. */
        g_assert_cmpint(things(store), >=, acknowledged);
        g_assert_cmpint(things(store), <=, acknowledged + 1);
    }
}

/* A tiny file system of its own; the store must refuse, then work again once there is room. */
static void test_disk_full(void)
{
    g_autofree char *folder = g_build_filename(world.folder, "tiny", NULL);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0) {
        g_test_skip("mounting a small file system needs root");
        return;
    }
    g_autofree char *url = g_strdup_printf("sqlite:%s/x.db", folder);
    g_autofree char *ballast = g_build_filename(folder, "ballast", NULL);
    g_autoptr(Store) store = open_store(url);
    g_autofree char *full = g_malloc0(700 * 1024);
    g_assert_true(store_migrate(store, 0, NULL));
    static const char *const table[] = {"CREATE TABLE thing (id TEXT PRIMARY KEY, size BIGINT)",
                                        NULL};
    g_assert_true(store_write(store, run_script, (void *)table, NULL));
    g_assert_true(g_file_set_contents(ballast, full, 200 * 1024, NULL));
    int64_t added = 0;
    g_autoptr(GError) error = NULL;
    for (; added < 100000; added++) {
        g_autofree char *id = g_strdup_printf("%0200d", (int)added);
        if (!store_write(store, add_thing, id, &error))
            break;
    }
    g_assert_cmpstr(error_reason(error), ==, "store.disk");
    g_assert_cmpint(things(store), ==, added);
    g_assert_cmpint(g_unlink(ballast), ==, 0);
    g_assert_true(store_check(store, NULL));
    g_assert_true(store_write(store, add_thing, "again", NULL));
    g_assert_cmpint(things(store), ==, added + 1);
    g_clear_pointer(&store, store_close);
    g_assert_cmpint(umount(folder), ==, 0);
}

static void test_sync_before_answer(void)
{
    g_autoptr(Store) store = new_store(SQLITE, NULL);
    for (int i = 0; i < 20; i++) {
        g_autofree char *id = g_strdup_printf("%d", i);
        int before = g_atomic_int_get(&syncs.count);
        g_assert_true(store_write(store, add_thing, id, NULL));
        g_assert_cmpint(g_atomic_int_get(&syncs.count), >, before);
    }
}

/* What could not be synced is refused and not there, also after opening again; then all is well. */
static void test_sync_failing(void)
{
    g_autofree char *url = NULL;
    Store *store = new_store(SQLITE, &url);
    g_assert_true(store_write(store, add_thing, "before", NULL));
    g_atomic_int_set(&syncs.is_failing, 1);
    for (int i = 0; i < 3; i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(store_write(store, add_thing, "never", &error));
        g_assert_cmpstr(error_reason(error), ==, "store.disk");
        g_assert_cmpint(things(store), ==, 1);
    }
    g_assert_false(store_check(store, NULL));
    g_atomic_int_set(&syncs.is_failing, 0);
    g_assert_true(store_check(store, NULL));
    g_assert_true(store_write(store, add_thing, "after", NULL));
    store_close(store);
    store = open_store(url);
    g_assert_cmpint(things(store), ==, 2);
    store_close(store);
}

/* The server goes away at once and comes back: the store finds it again by itself. */
static void test_postgres_restart(void)
{
    if (!has_kind(POSTGRES))
        return;
    if (world.cluster == NULL) {
        g_test_skip("the PostgreSQL server is not ours to restart");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = new_store(POSTGRES, NULL);
    g_assert_true(store_write(store, add_thing, "before", NULL));
    g_assert_cmpint(things(store), ==, 1);
    g_assert_cmpint(run_postgres_script("restart", NULL), ==, 0);
    store_write(store, add_thing, "after", &error);
    g_assert_no_error(error);
    g_assert_cmpint(things(store), ==, 2);
    g_assert_true(store_check(store, NULL));
}

static void test_postgres_password(void)
{
    if (!has_kind(POSTGRES))
        return;
    if (world.cluster == NULL) {
        g_test_skip("the PostgreSQL server is not ours to add a user to");
        return;
    }
    postgres_run("CREATE ROLE sealed LOGIN PASSWORD 'open-sesame'");
    g_autofree char *url = g_strdup_printf("postgresql://sealed@/postgres?host=%s", world.cluster);
    static const char *const wrong[] = {NULL, "", "open-sesamf"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(store_open(url, wrong[i], 1, &error));
        g_assert_cmpstr(error_reason(error), ==, "store.unavailable");
        g_assert_null(strstr(error->message, "sesam"));
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(url, "open-sesame", 1, &error);
    g_assert_no_error(error);
}

static bool kill_own_connection(StoreTx *tx, void *data, GError **error)
{
    g_assert_true(add_thing(tx, "lost", error));
    return store_exec(tx, error, "SELECT pg_terminate_backend(pg_backend_pid())");
}

static void test_postgres_connection_lost(void)
{
    if (!has_kind(POSTGRES))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = new_store(POSTGRES, NULL);
    g_assert_false(store_write(store, kill_own_connection, NULL, &error));
    g_assert_nonnull(error);
    g_assert_cmpint(things(store), ==, 0);
    g_assert_true(store_write(store, add_thing, "kept", NULL));
    g_assert_cmpint(things(store), ==, 1);
}

/* --- all --- */

static const struct {
    const char *name;
    void (*run)(gconstpointer kind);
} cases[] = {
    {"migrate-every-version", test_migrate_every_version},
    {"migrate-newer-refused", test_migrate_newer_refused},
    {"failures-undo", test_failures_undo},
    {"read-refuses-write", test_read_refuses_write},
    {"values", test_values},
    {"keys", test_keys},
    {"statement-cache", test_statement_cache},
    {"concurrent-writers", test_concurrent_writers},
    {"group-commit", test_group_commit},
    {"snapshot", test_snapshot},
    {"reader-pool", test_reader_pool},
    {"two-stores", test_two_stores},
    {"killed", test_killed},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    world_begin();
    g_test_add_func("/store/open-refused", test_open_refused);
    g_test_add_func("/store/sqlite/mode", test_sqlite_mode);
    g_test_add_func("/store/sqlite/sync-before-answer", test_sync_before_answer);
    g_test_add_func("/store/sqlite/sync-failing", test_sync_failing);
    g_test_add_func("/store/sqlite/disk-full", test_disk_full);
    g_test_add_func("/store/postgres/connection-lost", test_postgres_connection_lost);
    g_test_add_func("/store/postgres/password", test_postgres_password);
    g_test_add_func("/store/postgres/restart", test_postgres_restart);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (int kind = 0; kind < KINDS; kind++) {
            g_autofree char *path = g_strdup_printf("/store/%s/%s", kind_names[kind],
                                                    cases[i].name);
            g_test_add_data_func(path, GINT_TO_POINTER(kind), cases[i].run);
        }
    }
    int status = g_test_run();
    world_end();
    return status;
}
