/* SPDX-License-Identifier: Apache-2.0 */
/* The C API of DuckDB through dlopen: the table below is all that is used of it. */
#include "worker/duck.h"

#include "base/error.h"

#include <dlfcn.h>
#include <duckdb.h>
#include <string.h>

#define DUCK_FUNCTIONS(F)                                                                          \
    F(create_config) F(set_config) F(destroy_config) F(open_ext) F(connect) F(disconnect)          \
    F(close) F(query) F(destroy_result) F(result_error) F(result_error_type) F(column_count)       \
    F(column_type) F(fetch_chunk) F(destroy_data_chunk) F(data_chunk_get_size)                     \
    F(data_chunk_get_vector) F(vector_get_data) F(vector_get_validity) F(validity_row_is_valid)    \
    F(string_t_length) F(string_t_data) F(free)

struct Duck {
    void *library;
    duckdb_database database;
    duckdb_connection connection;
#define F(name) __typeof__(&duckdb_##name) name;
    DUCK_FUNCTIONS(F)
#undef F
};

static bool duck_load(Duck *duck, const char *path, GError **error)
{
    duck->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (duck->library == NULL)
        return error_set(error, ERROR_UNAVAILABLE, "worker.library",
                         "The DuckDB library cannot be loaded (%s); install it with "
                         "scripts/duckdb.", dlerror());
    const struct {
        const char *name;
        void **slot;
    } symbols[] = {
#define F(name) {"duckdb_" #name, (void **)(void *)&duck->name},
        DUCK_FUNCTIONS(F)
#undef F
    };
    for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
        *symbols[i].slot = dlsym(duck->library, symbols[i].name);
        if (*symbols[i].slot == NULL)
            return error_set(error, ERROR_UNAVAILABLE, "worker.library",
                             "%s has no %s; install the pinned version with scripts/duckdb.", path,
                             symbols[i].name);
    }
    return true;
}

static bool duck_configure(Duck *duck, duckdb_config config, int64_t memory_bytes, GError **error)
{
    g_autofree char *memory = g_strdup_printf("%" G_GINT64_FORMAT "B", memory_bytes);
    const struct {
        const char *key, *value;
    } settings[] = {
        {"threads", "1"},
        {"memory_limit", memory},
        {"temp_directory", ""},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"allow_unsigned_extensions", "false"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (duck->set_config(config, settings[i].key, settings[i].value) != DuckDBSuccess)
            return error_set(error, ERROR_UNAVAILABLE, "worker.library",
                             "DuckDB does not know the setting %s.", settings[i].key);
    }
    return true;
}

static bool duck_start(Duck *duck, int64_t memory_bytes, GError **error)
{
    duckdb_config config = NULL;
    char *why = NULL;
    if (duck->create_config(&config) != DuckDBSuccess)
        return error_set(error, ERROR_UNAVAILABLE, "worker.library", "DuckDB cannot start.");
    bool ok = duck_configure(duck, config, memory_bytes, error);
    if (ok && (duck->open_ext(NULL, &duck->database, config, &why) != DuckDBSuccess ||
               duck->connect(duck->database, &duck->connection) != DuckDBSuccess))
        ok = error_set(error, ERROR_UNAVAILABLE, "worker.library", "DuckDB cannot start: %s",
                       why != NULL ? why : "no reason given");
    if (why != NULL)
        duck->free(why);
    duck->destroy_config(&config);
    return ok;
}

Duck *duck_open(const char *library_path, int64_t memory_bytes, GError **error)
{
    g_autoptr(Duck) duck = g_new0(Duck, 1);
    if (!duck_load(duck, library_path, error) || !duck_start(duck, memory_bytes, error))
        return NULL;
    return g_steal_pointer(&duck);
}

void duck_close(Duck *duck)
{
    if (duck == NULL)
        return;
    if (duck->connection != NULL)
        duck->disconnect(&duck->connection);
    if (duck->database != NULL)
        duck->close(&duck->database);
    if (duck->library != NULL)
        dlclose(duck->library);
    g_free(duck);
}

/* DuckDB's messages begin with a class ("Invalid Input Error: ..."), go on for many lines, and may
 * hold bytes of the file: the first line, bounded, made valid. */
static bool duck_failure(Duck *duck, duckdb_result *result, GError **error)
{
    const char *message = duck->result_error(result);
    g_autofree char *valid = g_utf8_make_valid(message != NULL ? message : "no reason given", -1);
    char *line_end = strpbrk(valid, "\r\n");
    if (line_end != NULL)
        *line_end = '\0';
    g_autofree char *shown = g_utf8_substring(valid, 0, MIN(300, g_utf8_strlen(valid, -1)));
    if (duck->result_error_type(result) == DUCKDB_ERROR_OUT_OF_MEMORY)
        return error_set(error, ERROR_TOO_LARGE, "table.memory",
                         "Reading the file needs more memory than is allowed.");
    return error_set(error, ERROR_UNPROCESSABLE, "table.unreadable",
                     "The file cannot be read: %s", shown);
}

/* One chunk of rows; TEXTS has a slot per column. */
typedef struct ChunkReader {
    Duck *duck;
    size_t columns;
    GString **buffers;
    const char **texts;
    DuckRow row;
    void *context;
} ChunkReader;

static const char *chunk_value(ChunkReader *reader, duckdb_data_chunk chunk, size_t column,
                               size_t i)
{
    Duck *duck = reader->duck;
    duckdb_vector vector = duck->data_chunk_get_vector(chunk, column);
    uint64_t *validity = duck->vector_get_validity(vector);
    if (validity != NULL && !duck->validity_row_is_valid(validity, i))
        return NULL;
    duckdb_string_t *strings = duck->vector_get_data(vector);
    GString *buffer = reader->buffers[column];
    g_string_truncate(buffer, 0);
    g_string_append_len(buffer, duck->string_t_data(&strings[i]),
                        duck->string_t_length(strings[i]));
    return buffer->str;
}

static bool chunk_read(ChunkReader *reader, duckdb_data_chunk chunk, GError **error)
{
    size_t rows = reader->duck->data_chunk_get_size(chunk);
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < reader->columns; c++)
            reader->texts[c] = chunk_value(reader, chunk, c, i);
        if (!reader->row(reader->context, reader->columns, reader->texts, error))
            return false;
    }
    return true;
}

static bool result_read(Duck *duck, duckdb_result *result, DuckRow row, void *context,
                        GError **error)
{
    size_t columns = duck->column_count(result);
    for (size_t c = 0; c < columns; c++)
        g_assert(duck->column_type(result, c) == DUCKDB_TYPE_VARCHAR);
    g_autofree const char **texts = g_new0(const char *, columns + 1);
    GString **buffers = g_new0(GString *, columns + 1);
    for (size_t c = 0; c < columns; c++)
        buffers[c] = g_string_new(NULL);
    ChunkReader reader = {duck, columns, buffers, texts, row, context};
    bool ok = true;
    duckdb_data_chunk chunk;
    while (ok && (chunk = duck->fetch_chunk(*result)) != NULL) {
        ok = chunk_read(&reader, chunk, error);
        duck->destroy_data_chunk(&chunk);
    }
    for (size_t c = 0; c < columns; c++)
        g_string_free(buffers[c], true);
    g_free(buffers);
    return ok;
}

bool duck_query(Duck *duck, const char *sql, DuckRow row, void *context, GError **error)
{
    duckdb_result result;
    bool ok = duck->query(duck->connection, sql, &result) == DuckDBSuccess;
    if (!ok)
        duck_failure(duck, &result, error);
    else if (row != NULL)
        ok = result_read(duck, &result, row, context, error);
    duck->destroy_result(&result);
    return ok;
}

static bool keep_text(void *context, size_t columns, const char *const *values, GError **error)
{
    char **text = context;
    (void)columns;
    (void)error;
    g_free(*text);
    *text = g_strdup(values[0]);
    return true;
}

bool duck_query_text(Duck *duck, const char *sql, char **ret_text, GError **error)
{
    g_autofree char *text = NULL;
    if (!duck_query(duck, sql, keep_text, &text, error))
        return false;
    *ret_text = g_steal_pointer(&text);
    return true;
}

static char *quoted(const char *text, char mark)
{
    GString *out = g_string_new(NULL);
    g_string_append_c(out, mark);
    for (; *text != '\0'; text++) {
        if (*text == mark)
            g_string_append_c(out, mark);
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, mark);
    return g_string_free(out, false);
}

char *duck_name(const char *name)
{
    return quoted(name, '"');
}

char *duck_text(const char *text)
{
    return quoted(text, '\'');
}
