/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL behind the store's table of functions, through libpq. Results come as text: SUM of
 * BIGINT is NUMERIC there, and text is the one form in which every integer reads alike. The writer
 * takes an advisory lock for each transaction, so that two programs on one database remain one
 * writer at a time, as with SQLite.
 */
#include "store/backend.h"

#include "base/error.h"

#include <endian.h>
#include <libpq-fe.h>
#include <string.h>

#define POSTGRES_BOOLEAN 16
#define POSTGRES_BYTEA 17
#define POSTGRES_INT8 20
#define POSTGRES_TEXT 25

typedef struct PostgresLink {
    StoreLink base;
    PGconn *connection;
    bool is_writer;
    bool is_lost;
    GHashTable *statements;   /* parameter types and SQL, to the name of the prepared statement */
    unsigned prepared;
} PostgresLink;

typedef struct PostgresRows {
    StoreRows base;
    PGresult *result;
    int row;                  /* -1 before the first */
    GHashTable *decoded;      /* column to GBytes, of the present row */
} PostgresRows;

typedef struct PostgresParameters {
    Oid types[STORE_PARAMETERS_MAX];
    const char *values[STORE_PARAMETERS_MAX];
    int lengths[STORE_PARAMETERS_MAX];
    int formats[STORE_PARAMETERS_MAX];
    uint64_t integers[STORE_PARAMETERS_MAX];
} PostgresParameters;

static PostgresLink *postgres_of(StoreLink *link)
{
    return (PostgresLink *)link;
}

typedef struct PostgresState {
    const char *prefix;   /* of SQLSTATE */
    ErrorCode code;
    const char *reason;
    const char *sentence;
} PostgresState;

static const PostgresState states[] = {
    {"23505", ERROR_CONFLICT, "store.conflict",
     "It exists already, or refers to something that does not exist."},
    {"23503", ERROR_CONFLICT, "store.conflict",
     "It exists already, or refers to something that does not exist."},
    {"53", ERROR_UNAVAILABLE, "store.disk",
     "The database has no room or no connection left; nothing was changed."},
    {"55P03", ERROR_UNAVAILABLE, "store.busy",
     "Another program holds the database; try again in a moment."},
    {"57", ERROR_UNAVAILABLE, "store.unavailable",
     "The database is stopping or took too long; try again in a moment."},
};

/* RESULT may be NULL (no memory, or no answer at all). An error without SQLSTATE is the client's
 * own: the connection is lost, even where PQstatus does not know it yet (a write that failed). */
static bool postgres_fail(PostgresLink *link, const PGresult *result, const char *sql,
                          GError **error)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (state == NULL || PQstatus(link->connection) != CONNECTION_OK)
        link->is_lost = true;
    for (size_t i = 0; state != NULL && i < G_N_ELEMENTS(states); i++) {
        if (g_str_has_prefix(state, states[i].prefix))
            return error_set(error, states[i].code, states[i].reason, "%s", states[i].sentence);
    }
    if (link->is_lost)
        return error_set(error, ERROR_UNAVAILABLE, "store.unavailable",
                         "The connection to the database is lost; try again in a moment.");
    return error_set(error, ERROR_INTERNAL, "store.statement", "PostgreSQL: %s %s, in: %.200s",
                     state, PQresultErrorMessage(result), sql);
}

static bool postgres_result_ok(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static bool postgres_script(StoreLink *base, const char *sql, GError **error)
{
    PostgresLink *link = postgres_of(base);
    PGresult *result = PQexec(link->connection, sql);
    bool ok = postgres_result_ok(result) || postgres_fail(link, result, sql, error);
    PQclear(result);
    return ok;
}

/* --- statements --- */

static bool postgres_fill(PostgresParameters *p, const StoreValue *values, size_t count,
                          GError **error)
{
    for (size_t i = 0; i < count; i++) {
        const StoreValue *value = &values[i];
        if (value->size > INT32_MAX)
            return error_set(error, ERROR_TOO_LARGE, "store.value", "A value is over 2 GiB.");
        p->types[i] = value->type == STORE_TEXT      ? POSTGRES_TEXT
                      : value->type == STORE_INTEGER ? POSTGRES_INT8
                      : value->type == STORE_BYTES   ? POSTGRES_BYTEA
                                                     : 0;   /* NULL: inferred */
        p->integers[i] = htobe64((uint64_t)value->integer);
        p->values[i] = value->type == STORE_INTEGER ? (const char *)&p->integers[i]
                       : value->type == STORE_NULL  ? NULL
                                                    : value->bytes;
        p->lengths[i] = value->type == STORE_INTEGER ? 8 : (int)value->size;
        p->formats[i] = value->type == STORE_INTEGER || value->type == STORE_BYTES;
    }
    return true;
}

/* One statement may be prepared several times: the types of its parameters belong to it. */
static char *postgres_key(const PostgresParameters *p, size_t count, const char *sql)
{
    char types[STORE_PARAMETERS_MAX + 1];
    for (size_t i = 0; i < count; i++)
        types[i] = (char)('a' + p->types[i]);
    types[count] = '\0';
    return g_strconcat(types, " ", sql, NULL);
}

static const char *postgres_prepare(PostgresLink *link, const PostgresParameters *p, size_t count,
                                    const char *sql, GError **error)
{
    g_autofree char *key = postgres_key(p, count, sql);
    const char *known = g_hash_table_lookup(link->statements, key);
    if (known != NULL)
        return known;
    if (g_hash_table_size(link->statements) >= STORE_STATEMENTS_MAX) {
        if (!postgres_script(&link->base, "DEALLOCATE ALL", error))
            return NULL;
        g_hash_table_remove_all(link->statements);
    }
    char *name = g_strdup_printf("s%u", link->prepared++);
    PGresult *result = PQprepare(link->connection, name, sql, (int)count, p->types);
    bool ok = postgres_result_ok(result) || postgres_fail(link, result, sql, error);
    PQclear(result);
    if (!ok) {
        g_free(name);
        return NULL;
    }
    g_hash_table_insert(link->statements, g_steal_pointer(&key), name);
    return name;
}

static PGresult *postgres_run(PostgresLink *link, const char *sql, const StoreValue *values,
                              size_t count, GError **error)
{
    PostgresParameters p;
    if (!postgres_fill(&p, values, count, error))
        return NULL;
    const char *name = postgres_prepare(link, &p, count, sql, error);
    if (name == NULL)
        return NULL;
    PGresult *result = PQexecPrepared(link->connection, name, (int)count, p.values, p.lengths,
                                      p.formats, 0);
    if (postgres_result_ok(result))
        return result;
    postgres_fail(link, result, sql, error);
    PQclear(result);
    return NULL;
}

static bool postgres_exec(StoreLink *base, const char *sql, const StoreValue *values, size_t count,
                          int64_t *ret_changed, GError **error)
{
    PGresult *result = postgres_run(postgres_of(base), sql, values, count, error);
    if (result == NULL)
        return false;
    bool has_rows = PQresultStatus(result) == PGRES_TUPLES_OK &&
                    g_str_has_prefix(PQcmdStatus(result), "SELECT");
    *ret_changed = has_rows ? 0 : g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return true;
}

static StoreRows *postgres_query(StoreLink *base, const char *sql, const StoreValue *values,
                                 size_t count, GError **error)
{
    PGresult *result = postgres_run(postgres_of(base), sql, values, count, error);
    if (result == NULL)
        return NULL;
    PostgresRows *rows = g_new0(PostgresRows, 1);
    rows->result = result;
    rows->row = -1;
    return &rows->base;
}

/* --- rows --- */

static PostgresRows *postgres_rows(StoreRows *base, int column)
{
    PostgresRows *rows = (PostgresRows *)base;
    g_assert(rows->row >= 0 && rows->row < PQntuples(rows->result));
    g_assert(column >= 0 && column < PQnfields(rows->result));
    return rows;
}

static bool postgres_next(StoreRows *base, GError **error)
{
    PostgresRows *rows = (PostgresRows *)base;
    g_clear_pointer(&rows->decoded, g_hash_table_destroy);
    if (rows->row < PQntuples(rows->result))
        rows->row++;
    return rows->row < PQntuples(rows->result);
}

static bool postgres_row_is_null(StoreRows *base, int column)
{
    PostgresRows *rows = postgres_rows(base, column);
    return PQgetisnull(rows->result, rows->row, column) != 0;
}

static const char *postgres_row_text(StoreRows *base, int column)
{
    PostgresRows *rows = postgres_rows(base, column);
    if (PQgetisnull(rows->result, rows->row, column))
        return NULL;
    return PQgetvalue(rows->result, rows->row, column);
}

static int64_t postgres_row_integer(StoreRows *base, int column)
{
    PostgresRows *rows = postgres_rows(base, column);
    const char *text = PQgetvalue(rows->result, rows->row, column);
    if (PQftype(rows->result, column) == POSTGRES_BOOLEAN)
        return text[0] == 't';
    return g_ascii_strtoll(text, NULL, 10);
}

static const void *postgres_row_bytes(StoreRows *base, int column, size_t *ret_size)
{
    PostgresRows *rows = postgres_rows(base, column);
    *ret_size = 0;
    if (PQgetisnull(rows->result, rows->row, column))
        return NULL;
    const char *text = PQgetvalue(rows->result, rows->row, column);
    if (PQftype(rows->result, column) != POSTGRES_BYTEA) {
        *ret_size = (size_t)PQgetlength(rows->result, rows->row, column);
        return text;
    }
    if (rows->decoded == NULL)
        rows->decoded = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_bytes_unref);
    GBytes *known = g_hash_table_lookup(rows->decoded, GINT_TO_POINTER(column));
    if (known == NULL) {
        size_t size = 0;
        unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &size);
        g_assert(bytes != NULL);
        known = g_bytes_new_with_free_func(bytes, size, PQfreemem, bytes);
        g_hash_table_insert(rows->decoded, GINT_TO_POINTER(column), known);
    }
    const void *data = g_bytes_get_data(known, ret_size);
    return data != NULL ? data : "";
}

static void postgres_rows_free(StoreRows *base)
{
    PostgresRows *rows = (PostgresRows *)base;
    g_clear_pointer(&rows->decoded, g_hash_table_destroy);
    PQclear(rows->result);
    g_free(rows);
}

/* --- connection --- */

/* A transaction in error answers COMMIT with success and ROLLBACK; only the word tells. */
static bool postgres_commit(PostgresLink *link, GError **error)
{
    PGresult *result = PQexec(link->connection, "COMMIT");
    bool is_answered = postgres_result_ok(result);
    bool ok = is_answered && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    g_autoptr(GError) failure = NULL;
    if (is_answered && !ok)
        error_set(error, ERROR_INTERNAL, "store.lost", "The database undid a transaction.");
    else if (!ok)
        postgres_fail(link, result, "COMMIT", &failure);
    if (failure != NULL && link->is_lost)
        error_set(error, ERROR_INTERNAL, "store.commit",
                  "The connection was lost during a commit: whether it was done is unknown.");
    else if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    PQclear(result);
    return ok;
}

static bool postgres_step(StoreLink *base, StoreStep step, GError **error)
{
    static const char *const sql[STORE_STEP_COUNT] = {
        [STORE_STEP_BEGIN] = "BEGIN; SELECT pg_advisory_xact_lock(7089063441)",
        [STORE_STEP_ROLLBACK] = "ROLLBACK",
        [STORE_STEP_SAVEPOINT] = "SAVEPOINT action",
        [STORE_STEP_RELEASE] = "RELEASE SAVEPOINT action",
        [STORE_STEP_UNDO] = "ROLLBACK TO SAVEPOINT action; RELEASE SAVEPOINT action",
    };
    if (step == STORE_STEP_COMMIT)
        return postgres_commit(postgres_of(base), error);
    if (step == STORE_STEP_BEGIN && !postgres_of(base)->is_writer)
        return postgres_script(base, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
    return postgres_script(base, sql[step], error);
}

static bool postgres_is_usable(StoreLink *link)
{
    return !postgres_of(link)->is_lost && PQstatus(postgres_of(link)->connection) == CONNECTION_OK;
}

static bool postgres_in_transaction(StoreLink *link)
{
    if (!postgres_is_usable(link))
        return false;
    PGTransactionStatusType status = PQtransactionStatus(postgres_of(link)->connection);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

static void postgres_close(StoreLink *base)
{
    if (base == NULL)
        return;
    PostgresLink *link = postgres_of(base);
    PQfinish(link->connection);
    g_hash_table_destroy(link->statements);
    g_free(link);
}

static void postgres_quiet(void *user, const char *message)
{
}

/* A server set to answer before the disk has the data would break the store's promise. */
static bool postgres_check_server(PostgresLink *link, GError **error)
{
    StoreRows *rows = postgres_query(&link->base,
                                     "SELECT current_setting('fsync'), "
                                     "current_setting('server_encoding'), "
                                     "current_setting('synchronous_commit')", NULL, 0, error);
    if (rows == NULL)
        return false;
    postgres_next(rows, NULL);
    bool is_durable = strcmp(postgres_row_text(rows, 0), "on") == 0;
    bool is_utf8 = strcmp(postgres_row_text(rows, 1), "UTF8") == 0;
    bool is_lazy = strcmp(postgres_row_text(rows, 2), "off") == 0;
    postgres_rows_free(rows);
    if (!is_durable)
        return error_set(error, ERROR_UNAVAILABLE, "store.durability",
                         "The PostgreSQL server runs with fsync = off; turn it on.");
    if (!is_utf8)
        return error_set(error, ERROR_UNAVAILABLE, "store.encoding",
                         "The PostgreSQL database must have the encoding UTF8.");
    return !is_lazy || postgres_script(&link->base, "SET synchronous_commit = on", error);
}

static bool postgres_configure(PostgresLink *link, GError **error)
{
    PQsetNoticeProcessor(link->connection, postgres_quiet, NULL);
    return postgres_script(&link->base,
                           "SET standard_conforming_strings = on; SET bytea_output = 'hex'; "
                           "SET lock_timeout = '10s'; SET statement_timeout = '60s'; "
                           "SET idle_in_transaction_session_timeout = '5min'", error) &&
           (!link->is_writer || postgres_check_server(link, error));
}

/* The password goes by itself, never inside the address, which is shown and logged. */
static PGconn *postgres_connect(const StoreAddress *address)
{
    const char *const keywords[] = {
        "dbname", "password", "application_name", "client_encoding", "connect_timeout",
        "tcp_user_timeout", NULL,
    };
    const char *const values[] = {
        address->url, address->password, "darse", "UTF8", "10", "30000", NULL,
    };
    return PQconnectdbParams(keywords, values, 1);
}

static bool postgres_address_has_password(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool found = false;
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "password") == 0 && o->val != NULL)
            found = true;
    }
    PQconninfoFree(options);
    return found;
}

static StoreLink *postgres_open(const StoreAddress *address, bool is_writer, GError **error)
{
    if (postgres_address_has_password(address->url)) {
        error_set(error, ERROR_INVALID, "store.password",
                  "The database address may not hold a password; put it in a file and name that "
                  "file in store.password_file.");
        return NULL;
    }
    PostgresLink *link = g_new0(PostgresLink, 1);
    link->base.backend = &store_postgres;
    link->is_writer = is_writer;
    link->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    link->connection = postgres_connect(address);
    bool ok = PQstatus(link->connection) == CONNECTION_OK;
    if (!ok)
        error_set(error, ERROR_UNAVAILABLE, "store.unavailable", "Cannot reach the database: %s",
                  PQerrorMessage(link->connection));
    if (ok && postgres_configure(link, error))
        return &link->base;
    postgres_close(&link->base);
    return NULL;
}

const StoreBackend store_postgres = {
    .open = postgres_open,
    .close = postgres_close,
    .step = postgres_step,
    .is_usable = postgres_is_usable,
    .in_transaction = postgres_in_transaction,
    .script = postgres_script,
    .exec = postgres_exec,
    .query = postgres_query,
    .next = postgres_next,
    .text = postgres_row_text,
    .integer = postgres_row_integer,
    .bytes = postgres_row_bytes,
    .is_null = postgres_row_is_null,
    .rows_free = postgres_rows_free,
};
