/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite behind the store's table of functions. WAL with synchronous=FULL: a commit is on the disk
 * before it is answered. The writer begins with BEGIN IMMEDIATE, so that another program's writer
 * (a command-line verb) waits instead of failing half-way. Page caches are small, since the system's own
 * cache holds the file, but hold what the largest page of a list touches: read again and again through
 * the system, it cost a third of the page's time.
 */
#include "store/backend.h"

#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>

#define SQLITE_WAIT_MS 10000

typedef struct SqliteStatement {
    char *sql;
    sqlite3_stmt *stmt;
    int *indexes;             /* of "$1", "$2", ... for SQLite; as many as it has parameters */
    GList place;              /* in `recent`; data is the statement */
} SqliteStatement;

typedef struct SqliteLink {
    StoreLink base;
    sqlite3 *db;
    bool is_writer;
    /* Prepared statements that are not in use now; one in use is taken out, so that a query may
     * run again inside its own loop. */
    GHashTable *statements;
    GQueue recent;            /* the most recently used first */
} SqliteLink;

typedef struct SqliteRows {
    StoreRows base;
    SqliteLink *link;
    SqliteStatement *statement;
    int ahead;                /* result of a step not given yet, or -1 */
} SqliteRows;

static SqliteLink *sqlite_of(StoreLink *link)
{
    return (SqliteLink *)link;
}

static bool sqlite_fail(SqliteLink *link, const char *sql, GError **error)
{
    int code = sqlite3_extended_errcode(link->db);
    const char *message = sqlite3_errmsg(link->db);
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return error_set(error, ERROR_CONFLICT, "store.conflict",
                         "It exists already, or refers to something that does not exist.");
    default:
        break;
    }
    switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
        return error_set(error, ERROR_UNAVAILABLE, "store.disk",
                         "The database cannot be written for now (%s); nothing was changed.",
                         message);
    case SQLITE_BUSY:
        return error_set(error, ERROR_UNAVAILABLE, "store.busy",
                         "Another program holds the database; try again in a moment.");
    default:
        return error_set(error, ERROR_INTERNAL, "store.statement", "SQLite: %s (%d), in: %.200s",
                         message, code, sql);
    }
}

/* --- prepared statements --- */

static void sqlite_statement_free(SqliteStatement *statement)
{
    sqlite3_finalize(statement->stmt);
    g_free(statement->indexes);
    g_free(statement->sql);
    g_free(statement);
}

static void sqlite_forget(SqliteLink *link, SqliteStatement *statement)
{
    g_hash_table_remove(link->statements, statement->sql);
    g_queue_unlink(&link->recent, &statement->place);
}

/* SQLite numbers "$2" by its place in the text, hence the look-up by name: once a statement, since a
 * query of many keys has sixty. 0: there is no such name. */
static int *sqlite_indexes(sqlite3_stmt *stmt)
{
    int count = sqlite3_bind_parameter_count(stmt);
    int *indexes = g_new0(int, count + 1);
    for (int i = 0; i < count; i++) {
        char name[16];
        g_snprintf(name, sizeof name, "$%d", i + 1);
        indexes[i] = sqlite3_bind_parameter_index(stmt, name);
    }
    return indexes;
}

static SqliteStatement *sqlite_take(SqliteLink *link, const char *sql, GError **error)
{
    SqliteStatement *statement = g_hash_table_lookup(link->statements, sql);
    if (statement != NULL) {
        sqlite_forget(link, statement);
        return statement;
    }
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(link->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
        SQLITE_OK) {
        sqlite_fail(link, sql, error);
        return NULL;
    }
    if (stmt == NULL) {
        error_set(error, ERROR_INTERNAL, "store.statement", "An empty statement was given.");
        return NULL;
    }
    statement = g_new0(SqliteStatement, 1);
    statement->sql = g_strdup(sql);
    statement->stmt = stmt;
    statement->indexes = sqlite_indexes(stmt);
    statement->place.data = statement;
    return statement;
}

static void sqlite_give(SqliteLink *link, SqliteStatement *statement)
{
    sqlite3_reset(statement->stmt);
    sqlite3_clear_bindings(statement->stmt);
    if (g_hash_table_contains(link->statements, statement->sql)) {
        sqlite_statement_free(statement);
        return;
    }
    if (link->recent.length >= STORE_STATEMENTS_MAX) {
        SqliteStatement *oldest = g_queue_peek_tail(&link->recent);
        sqlite_forget(link, oldest);
        sqlite_statement_free(oldest);
    }
    g_hash_table_insert(link->statements, statement->sql, statement);
    g_queue_push_head_link(&link->recent, &statement->place);
}

static int sqlite_bind_value(sqlite3_stmt *stmt, int index, const StoreValue *value)
{
    switch (value->type) {
    case STORE_TEXT:
        return sqlite3_bind_text(stmt, index, value->bytes, -1, SQLITE_STATIC);
    case STORE_INTEGER:
        return sqlite3_bind_int64(stmt, index, value->integer);
    case STORE_BYTES:
        return sqlite3_bind_blob64(stmt, index, value->bytes, value->size, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(stmt, index);
    }
}

static bool sqlite_bind(SqliteLink *link, SqliteStatement *statement, const StoreValue *values,
                        size_t count, GError **error)
{
    if (sqlite3_bind_parameter_count(statement->stmt) != (int)count)
        return error_set(error, ERROR_INTERNAL, "store.parameters",
                         "%zu parameters were given for %d, in: %.200s", count,
                         sqlite3_bind_parameter_count(statement->stmt), statement->sql);
    for (size_t i = 0; i < count; i++) {
        int index = statement->indexes[i];
        if (index == 0)
            return error_set(error, ERROR_INTERNAL, "store.parameters", "No $%zu in: %.200s", i + 1,
                             statement->sql);
        if (sqlite_bind_value(statement->stmt, index, &values[i]) != SQLITE_OK)
            return sqlite_fail(link, statement->sql, error);
    }
    return true;
}

static SqliteStatement *sqlite_prepare(SqliteLink *link, const char *sql, const StoreValue *values,
                                       size_t count, GError **error)
{
    SqliteStatement *statement = sqlite_take(link, sql, error);
    if (statement == NULL || sqlite_bind(link, statement, values, count, error))
        return statement;
    sqlite_give(link, statement);
    return NULL;
}

static bool sqlite_exec(StoreLink *base, const char *sql, const StoreValue *values, size_t count,
                        int64_t *ret_changed, GError **error)
{
    SqliteLink *link = sqlite_of(base);
    SqliteStatement *statement = sqlite_prepare(link, sql, values, count, error);
    if (statement == NULL)
        return false;
    int result;
    do {
        result = sqlite3_step(statement->stmt);
    } while (result == SQLITE_ROW);
    bool ok = result == SQLITE_DONE || sqlite_fail(link, sql, error);
    if (ok)
        *ret_changed = sqlite3_stmt_readonly(statement->stmt) ? 0 : sqlite3_changes64(link->db);
    sqlite_give(link, statement);
    return ok;
}

/* The first step is done at once: an INSERT ... RETURNING acts, and fails, here and not later. */
static StoreRows *sqlite_query(StoreLink *base, const char *sql, const StoreValue *values,
                               size_t count, GError **error)
{
    SqliteLink *link = sqlite_of(base);
    SqliteStatement *statement = sqlite_prepare(link, sql, values, count, error);
    if (statement == NULL)
        return NULL;
    int result = sqlite3_step(statement->stmt);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        sqlite_fail(link, sql, error);
        sqlite_give(link, statement);
        return NULL;
    }
    SqliteRows *rows = g_new0(SqliteRows, 1);
    rows->link = link;
    rows->statement = statement;
    rows->ahead = result;
    return &rows->base;
}

/* --- rows --- */

static sqlite3_stmt *sqlite_rows(StoreRows *rows)
{
    return ((SqliteRows *)rows)->statement->stmt;
}

static bool sqlite_next(StoreRows *base, GError **error)
{
    SqliteRows *rows = (SqliteRows *)base;
    int result = rows->ahead;
    if (result == -1)
        result = sqlite3_step(rows->statement->stmt);
    /* After the end a step would begin again. */
    rows->ahead = result == SQLITE_ROW ? -1 : SQLITE_DONE;
    if (result == SQLITE_ROW || result == SQLITE_DONE)
        return result == SQLITE_ROW;
    return sqlite_fail(rows->link, rows->statement->sql, error);
}

static const char *sqlite_row_text(StoreRows *rows, int column)
{
    g_assert(column >= 0 && column < sqlite3_column_count(sqlite_rows(rows)));
    return (const char *)sqlite3_column_text(sqlite_rows(rows), column);
}

static int64_t sqlite_row_integer(StoreRows *rows, int column)
{
    g_assert(column >= 0 && column < sqlite3_column_count(sqlite_rows(rows)));
    return sqlite3_column_int64(sqlite_rows(rows), column);
}

static bool sqlite_row_is_null(StoreRows *rows, int column)
{
    g_assert(column >= 0 && column < sqlite3_column_count(sqlite_rows(rows)));
    return sqlite3_column_type(sqlite_rows(rows), column) == SQLITE_NULL;
}

static const void *sqlite_row_bytes(StoreRows *rows, int column, size_t *ret_size)
{
    if (sqlite_row_is_null(rows, column)) {
        *ret_size = 0;
        return NULL;
    }
    const void *bytes = sqlite3_column_blob(sqlite_rows(rows), column);
    *ret_size = (size_t)sqlite3_column_bytes(sqlite_rows(rows), column);
    return bytes != NULL ? bytes : "";
}

static void sqlite_rows_free(StoreRows *base)
{
    SqliteRows *rows = (SqliteRows *)base;
    sqlite_give(rows->link, rows->statement);
    g_free(rows);
}

/* --- connection --- */

/* Scripts are migrations and our own settings. Only the exact words INTEGER PRIMARY KEY make the
 * key the table itself; a BIGINT one would be a second tree beside it, written at each insert. */
static bool sqlite_script(StoreLink *base, const char *sql, GError **error)
{
    SqliteLink *link = sqlite_of(base);
    g_autoptr(GString) text = g_string_new(sql);
    g_string_replace(text, "BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY", 0);
    return sqlite3_exec(link->db, text->str, NULL, NULL, NULL) == SQLITE_OK ||
           sqlite_fail(link, sql, error);
}

static bool sqlite_step(StoreLink *base, StoreStep step, GError **error)
{
    static const char *const sql[STORE_STEP_COUNT][2] = {
        [STORE_STEP_BEGIN] = {"BEGIN IMMEDIATE", NULL},
        [STORE_STEP_COMMIT] = {"COMMIT", NULL},
        [STORE_STEP_ROLLBACK] = {"ROLLBACK", NULL},
        [STORE_STEP_SAVEPOINT] = {"SAVEPOINT action", NULL},
        [STORE_STEP_RELEASE] = {"RELEASE action", NULL},
        [STORE_STEP_UNDO] = {"ROLLBACK TO action", "RELEASE action"},
    };
    int64_t changed;
    const char *first = sql[step][0];
    if (step == STORE_STEP_BEGIN && !sqlite_of(base)->is_writer)
        first = "BEGIN";
    return sqlite_exec(base, first, NULL, 0, &changed, error) &&
           (sql[step][1] == NULL || sqlite_exec(base, sql[step][1], NULL, 0, &changed, error));
}

static bool sqlite_is_usable(StoreLink *link)
{
    return true;
}

static bool sqlite_in_transaction(StoreLink *link)
{
    return sqlite3_get_autocommit(sqlite_of(link)->db) == 0;
}

static void sqlite_close(StoreLink *base)
{
    if (base == NULL)
        return;
    SqliteLink *link = sqlite_of(base);
    SqliteStatement *statement;
    while ((statement = g_queue_peek_head(&link->recent)) != NULL) {
        sqlite_forget(link, statement);
        sqlite_statement_free(statement);
    }
    g_hash_table_destroy(link->statements);
    sqlite3_close(link->db);
    g_free(link);
}

/* journal_mode answers with the mode that the file system allowed. */
static bool sqlite_require_wal(SqliteLink *link, GError **error)
{
    int64_t changed;
    g_autofree char *mode = NULL;
    StoreRows *rows = sqlite_query(&link->base, "PRAGMA journal_mode = WAL", NULL, 0, error);
    if (rows == NULL)
        return false;
    if (sqlite_next(rows, NULL))
        mode = g_strdup(sqlite_row_text(rows, 0));
    sqlite_rows_free(rows);
    if (g_strcmp0(mode, "wal") != 0)
        return error_set(error, ERROR_INTERNAL, "store.wal",
                         "SQLite cannot use its write-ahead log here (got %s); the state directory "
                         "must be on a local file system.", mode != NULL ? mode : "nothing");
    return sqlite_exec(&link->base, "PRAGMA wal_autocheckpoint = 1000", NULL, 0, &changed, error);
}

static bool sqlite_configure(SqliteLink *link, bool is_writer, GError **error)
{
    static const char *const settings =
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
        "PRAGMA secure_delete = ON; "
        "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;";
    sqlite3_busy_timeout(link->db, SQLITE_WAIT_MS);
    sqlite3_db_config(link->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_limit(link->db, SQLITE_LIMIT_ATTACHED, 0);
    return sqlite_script(&link->base, settings, error) &&
           (!is_writer || sqlite_require_wal(link, error)) &&
           sqlite_script(&link->base, is_writer ? "PRAGMA cache_size = -2048"
                                                : "PRAGMA cache_size = -8192; "
                                                  "PRAGMA query_only = ON", error);
}

/* The file holds everything there is to know: for the server's user alone. SQLite gives its log the
 * same mode. */
static bool sqlite_create(const char *path, GError **error)
{
    FD_AUTO int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(error, errno, "store.open", "Cannot open the database %s", path);
    return true;
}

static StoreLink *sqlite_open(const StoreAddress *address, bool is_writer, GError **error)
{
    const char *path = address->url + strlen("sqlite:");
    if (is_writer && !sqlite_create(path, error))
        return NULL;
    SqliteLink *link = g_new0(SqliteLink, 1);
    link->base.backend = &store_sqlite;
    link->is_writer = is_writer;
    link->statements = g_hash_table_new(g_str_hash, g_str_equal);
    g_queue_init(&link->recent);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    bool ok = sqlite3_open_v2(path, &link->db, flags, NULL) == SQLITE_OK;
    if (!ok)
        error_set(error, ERROR_INTERNAL, "store.open", "Cannot open the database %s: %s", path,
                  link->db != NULL ? sqlite3_errmsg(link->db) : "no memory");
    if (ok && sqlite_configure(link, is_writer, error))
        return &link->base;
    sqlite_close(&link->base);
    return NULL;
}

const StoreBackend store_sqlite = {
    .open = sqlite_open,
    .close = sqlite_close,
    .step = sqlite_step,
    .is_usable = sqlite_is_usable,
    .in_transaction = sqlite_in_transaction,
    .script = sqlite_script,
    .exec = sqlite_exec,
    .query = sqlite_query,
    .next = sqlite_next,
    .text = sqlite_row_text,
    .integer = sqlite_row_integer,
    .bytes = sqlite_row_bytes,
    .is_null = sqlite_row_is_null,
    .rows_free = sqlite_rows_free,
};
