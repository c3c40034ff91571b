/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker as its callers see it: this program starts itself as `worker`. Hostile files first, then the
 * tasks.
 */
#include "worker/worker.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "worker/duck.h"
#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* An unlinked regular file with this content. */
static int file_of(const void *bytes, size_t size)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("darse-worker-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    unlink(path);
    g_assert_true(fd_write_all(fd, bytes, size, NULL));
    return fd;
}

static bool run(WorkerTask task, json_t *arguments, int input, int output, json_t **ret_result,
                GError **error)
{
    g_autoptr(json_t) owned = arguments;
    g_assert_nonnull(owned);
    return worker_run(NULL, NULL, task, owned, input, output, ret_result, error);
}

static json_t *run_text(WorkerTask task, json_t *arguments, const char *text, GError **error)
{
    FD_AUTO int fd = file_of(text, strlen(text));
    json_t *result = NULL;
    run(task, arguments, fd, -1, &result, error);
    return result;
}

static json_t *format(const char *name)
{
    return json_pack("{s:s}", "format", name);
}

static json_t *lint_arguments(const char *count, const char *total, const char *largest)
{
    return json_pack("{s:s, s:{s:i, s:[{s:i, s:i}]}, s:s?, s:s?, s:s?}", "format", "csv",
                     "rules", "minimum_count", 3, "dominance", "contributors", 1, "percent", 85,
                     "count_column", count,
                     "total_column", total, "largest_column", largest);
}

static void assert_problem(GError *error, ErrorCode code, const char *reason)
{
    if (error == NULL)
        g_error("no error where %s was expected", reason);
    if (!error_is(error, code) || strcmp(error_reason(error), reason) != 0)
        g_error("%s (code %d): \"%s\" instead of %s", error_reason(error), error->code,
                error->message, reason);
    g_error_free(error);
}

static json_int_t integer(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    g_assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static json_t *column(const json_t *result, size_t i)
{
    return json_array_get(json_object_get(result, "columns"), i);
}

/* --- Hostile files ----------------------------------------------------------------------------- */

static void test_bad_csv(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        ErrorCode code;
        const char *reason;
    } cases[] = {
#define BAD(text) text, sizeof(text) - 1
        {BAD(""), ERROR_UNPROCESSABLE, "table.empty"},
        {BAD("a,b\n1,\"never closed\n"), ERROR_UNPROCESSABLE, "table.quote_open"},
        {BAD("a,b\n1,\0\n"), ERROR_UNPROCESSABLE, "table.nul"},
        {BAD("a,b\n1,caf\xE9\n"), ERROR_UNPROCESSABLE, "table.encoding"},
        {BAD("a,b\n1,2,3\n"), ERROR_UNPROCESSABLE, "table.too_many_values"},
        {BAD("a,a\n1,2\n"), ERROR_UNPROCESSABLE, "table.column_twice"},
        {BAD("PAR1xxxxxxxxPAR1"), ERROR_UNPROCESSABLE, "table.not_csv"},
    };
    static const WorkerTask tasks[] = {WORKER_PROFILE, WORKER_PREVIEW};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        WorkerTask task = tasks[i % G_N_ELEMENTS(tasks)];
        json_t *arguments = format("csv");
        if (task == WORKER_PREVIEW)
            json_object_set_new(arguments, "rows", json_integer(5));
        FD_AUTO int fd = file_of(cases[i].bytes, cases[i].size);
        json_t *result = (json_t *)0x1;
        GError *error = NULL;
        g_assert_false(run(task, arguments, fd, -1, &result, &error));
        g_assert_true(result == (json_t *)0x1);
        assert_problem(error, cases[i].code, cases[i].reason);
    }
}

static void test_bad_parquet(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *reason;
    } cases[] = {
        {BAD("a,b\n1,2\n"), "table.not_parquet"},
        {BAD("PAR1"), "table.not_parquet"},
        {BAD("PAR1xxxxxxxxPARE"), "table.encrypted"},
        {BAD("PAR1\0\0\0\0PAR1"), "table.unreadable"},
        {BAD("PAR1\xff\xff\xff\xffPAR1"), "table.unreadable"},
        {BAD("PAR1\x15\x02\x19\x2c\x48\x06\x08\0\0\0PAR1"), "table.unreadable"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        FD_AUTO int fd = file_of(cases[i].bytes, cases[i].size);
        json_t *result = NULL;
        GError *error = NULL;
        g_assert_false(run(WORKER_PROFILE, format("parquet"), fd, -1, &result, &error));
        assert_problem(error, ERROR_UNPROCESSABLE, cases[i].reason);
    }
}

static void test_ten_million_columns(void)
{
    g_autoptr(GString) header = g_string_sized_new(20000000);
    for (int i = 0; i < 10000000; i++)
        g_string_append_len(header, "a,", 2);
    FD_AUTO int fd = file_of(header->str, header->len);
    json_t *result = NULL;
    GError *error = NULL;
    g_assert_false(run(WORKER_PROFILE, format("csv"), fd, -1, &result, &error));
    assert_problem(error, ERROR_TOO_LARGE, "table.header_too_long");
}

/* A Parquet file made by SQL, with a DuckDB of the test's own. */
static int parquet_of(const char *sql)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("darse-parquet-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(Duck) duck = duck_open(worker_library(), INT64_C(1) << 30, &error);
    g_assert_no_error(error);
    g_autofree char *copy = g_strdup_printf(
        "COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)", sql, path);
    g_assert_true(duck_query(duck, copy, NULL, NULL, &error));
    unlink(path);
    return fd;
}

static void test_parquet_bombs(void)
{
    json_t *lint = lint_arguments("a", NULL, NULL);
    json_object_set_new(lint, "format", json_string("parquet"));
    g_autoptr(json_t) kept = lint;
    json_t *result = NULL;
    GError *error = NULL;
    FD_AUTO int rows = parquet_of("SELECT 7 AS a FROM range(5000000)");
    struct stat st;
    g_assert_cmpint(fstat(rows, &st), ==, 0);
    g_assert_cmpint(st.st_size, <, 200000);
    g_assert_false(worker_run(NULL, NULL, WORKER_LINT, lint, rows, -1, &result, &error));
    assert_problem(g_steal_pointer(&error), ERROR_TOO_LARGE, "table.too_many_rows");
    /* One dictionary entry of a megabyte, referred to two thousand times. */
    FD_AUTO int wide = parquet_of("SELECT repeat('x', 1000000) AS a FROM range(2000)");
    g_assert_cmpint(fstat(wide, &st), ==, 0);
    g_assert_cmpint(st.st_size, <, 200000);
    g_assert_false(worker_run(NULL, NULL, WORKER_LINT, lint, wide, -1, &result, &error));
    assert_problem(g_steal_pointer(&error), ERROR_UNPROCESSABLE, "table.not_number");
    FD_AUTO int nested = parquet_of("SELECT [1, 2] AS a");
    g_assert_false(worker_run(NULL, NULL, WORKER_LINT, lint, nested, -1, &result, &error));
    assert_problem(g_steal_pointer(&error), ERROR_UNPROCESSABLE, "table.column_type");
    FD_AUTO int binary = parquet_of("SELECT 'x'::BLOB AS a");
    g_assert_false(worker_run(NULL, NULL, WORKER_LINT, lint, binary, -1, &result, &error));
    assert_problem(g_steal_pointer(&error), ERROR_UNPROCESSABLE, "table.column_type");
}

/* Each byte of a small Parquet file flipped: an answer or a problem, never anything else. */
static void test_parquet_flips(void)
{
    FD_AUTO int good = parquet_of("SELECT i AS a, 'k' || i AS b FROM range(50) r(i)");
    struct stat st;
    g_assert_cmpint(fstat(good, &st), ==, 0);
    g_autofree char *bytes = g_malloc((gsize)st.st_size);
    g_assert_cmpint(pread(good, bytes, (size_t)st.st_size, 0), ==, st.st_size);
    int step = g_test_thorough() ? 1 : (int)MAX(1, st.st_size / 24);
    for (off_t i = 0; i < st.st_size; i += step) {
        bytes[i] = (char)(bytes[i] ^ 0x55);
        FD_AUTO int fd = file_of(bytes, (size_t)st.st_size);
        bytes[i] = (char)(bytes[i] ^ 0x55);
        g_autoptr(json_t) result = NULL;
        g_autoptr(GError) error = NULL;
        bool ok = run(WORKER_PROFILE, format("parquet"), fd, -1, &result, &error);
        g_assert_true(ok == (result != NULL) && ok == (error == NULL));
        if (!ok)
            g_assert_true(error_is(error, ERROR_UNPROCESSABLE) ||
                          error_is(error, ERROR_TOO_LARGE));
    }
}

/* --- Arguments and limits ---------------------------------------------------------------------- */

static void test_arguments(void)
{
    static const struct {
        WorkerTask task;
        const char *json;
        const char *reason;
    } cases[] = {
        {WORKER_PROFILE, "{}", "worker.arguments"},
        {WORKER_PROFILE, "{\"format\": \"xlsx\"}", "worker.arguments"},
        {WORKER_PROFILE, "{\"format\": \"csv\", \"more\": 1}", "worker.arguments"},
        {WORKER_PREVIEW, "{\"format\": \"csv\"}", "worker.arguments"},
        {WORKER_PREVIEW, "{\"format\": \"csv\", \"rows\": 201}", "worker.arguments"},
        {WORKER_PREVIEW, "{\"format\": \"csv\", \"rows\": 2, \"offset\": -1}",
         "worker.arguments"},
        {WORKER_CONVERT, "{\"format\": \"csv\"}", "worker.arguments"}, /* no output */
        {WORKER_LINT, "{\"format\": \"csv\", \"count_column\": \"a\"}", "worker.arguments"},
        {WORKER_LINT, "{\"format\": \"csv\", \"count_column\": \"a\", \"rules\": {}}",
         "worker.arguments"},
        {WORKER_LINT, "{\"format\": \"csv\", \"count_column\": \"a\", \"rules\": "
                      "{\"minimum_count\": 3, \"p\": 1}}", "worker.arguments"},
        {WORKER_LINT, "{\"format\": \"csv\", \"count_column\": 3, \"rules\": "
                      "{\"minimum_count\": 3}}", "worker.arguments"},
        {WORKER_LINT, "{\"format\": \"csv\", \"rules\": {\"minimum_count\": 3}}", "table.column"},
        {WORKER_LINT, "{\"format\": \"csv\", \"count_column\": \"z\", \"rules\": "
                      "{\"minimum_count\": 3}}", "table.column"},
        {WORKER_LINT, "{\"format\": \"csv\", \"count_column\": \"a\", \"total_column\": \"a\", "
                      "\"rules\": {\"minimum_count\": 3}}", "table.column"},
        {WORKER_LINT, "{\"format\": \"csv\", \"total_column\": null, \"largest_column\": \"a\", "
                      "\"rules\": {\"p_percent\": 10}}", "worker.arguments"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        json_t *arguments = json_parse(cases[i].json, strlen(cases[i].json), NULL);
        g_autoptr(json_t) result = run_text(cases[i].task, arguments, "a,b\n1,2\n", &error);
        g_assert_null(result);
        assert_problem(error, ERROR_INVALID, cases[i].reason);
    }
}

static void test_not_a_regular_file(void)
{
    int pipes[2];
    g_assert_cmpint(pipe(pipes), ==, 0);
    GError *error = NULL;
    json_t *result = NULL;
    g_assert_false(run(WORKER_PROFILE, format("csv"), pipes[0], -1, &result, &error));
    g_assert_true(error_is(error, ERROR_INVALID) || error_is(error, ERROR_UNAVAILABLE));
    g_clear_error(&error);
    close(pipes[0]);
    close(pipes[1]);
}

static void test_limits(void)
{
    g_autoptr(GString) big = g_string_new("a,b\n");
    for (int i = 0; i < 20000; i++)
        g_string_append_printf(big, "%d,x%d\n", i, i);
    FD_AUTO int fd = file_of(big->str, big->len);
    const struct {
        WorkerLimits limits;
        const char *reason;
    } cases[] = {
        {{.input_bytes = 1000}, "table.too_large"},
        {{.rows = 19999}, "table.too_many_rows"},
        {{.columns = 1}, "table.too_many_columns"},
        {{.field_bytes = 3}, "table.value_too_long"},
        {{.wall_ms = 1}, "worker.timeout"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        WorkerLimits limits = *worker_limits(WORKER_PROFILE);
        const WorkerLimits *given = &cases[i].limits;
        limits.input_bytes = given->input_bytes != 0 ? given->input_bytes : limits.input_bytes;
        limits.rows = given->rows != 0 ? given->rows : limits.rows;
        limits.columns = given->columns != 0 ? given->columns : limits.columns;
        limits.field_bytes = given->field_bytes != 0 ? given->field_bytes : limits.field_bytes;
        limits.wall_ms = given->wall_ms != 0 ? given->wall_ms : limits.wall_ms;
        g_autoptr(json_t) arguments = format("csv");
        json_t *result = NULL;
        GError *error = NULL;
        g_assert_false(worker_run(&limits, NULL, WORKER_PROFILE, arguments, fd, -1, &result,
                                  &error));
        assert_problem(error, ERROR_TOO_LARGE, cases[i].reason);
    }
}

static void test_cpu_limit(void)
{
    g_autoptr(GString) tall = g_string_sized_new(60000000);
    g_string_append(tall, "a\n");
    while (tall->len < 60000000)
        g_string_append_len(tall, "1\n2\n3\n4\n5\n6\n7\n8\n", 16);
    FD_AUTO int fd = file_of(tall->str, tall->len);
    WorkerLimits limits = *worker_limits(WORKER_PROFILE);
    limits.cpu_seconds = 1;
    g_autoptr(json_t) arguments = format("csv");
    json_t *result = NULL;
    GError *error = NULL;
    g_assert_false(
        worker_run(&limits, NULL, WORKER_PROFILE, arguments, fd, -1, &result, &error));
    assert_problem(error, ERROR_TOO_LARGE, "worker.cpu");
}

static void test_output_limit(void)
{
    g_autoptr(GString) big = g_string_new("a,b\n");
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (int i = 0; i < 50000; i++)
        g_string_append_printf(big, "%u,%u\n", g_rand_int(random), g_rand_int(random));
    FD_AUTO int fd = file_of(big->str, big->len);
    FD_AUTO int out = file_of("", 0);
    WorkerLimits limits = *worker_limits(WORKER_CONVERT);
    limits.output_bytes = 10000;
    g_autoptr(json_t) arguments = format("csv");
    json_t *result = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(worker_run(&limits, NULL, WORKER_CONVERT, arguments, fd, out, &result, &error));
    struct stat st;
    g_assert_cmpint(fstat(out, &st), ==, 0);
    g_assert_cmpint(st.st_size, <=, 10000);
}

static void test_no_library(void)
{
    WorkerProgram program = {.library_path = "/nonexistent/libduckdb.so"};
    FD_AUTO int fd = file_of("a\n1\n", 4);
    g_autoptr(json_t) arguments = format("csv");
    json_t *result = NULL;
    GError *error = NULL;
    g_assert_false(
        worker_run(NULL, &program, WORKER_PROFILE, arguments, fd, -1, &result, &error));
    assert_problem(error, ERROR_UNAVAILABLE, "worker.library");
}

static void test_no_program(void)
{
    FD_AUTO int fd = file_of("a\n1\n", 4);
    g_autoptr(json_t) arguments = format("csv");
    json_t *result = NULL;
    GError *error = NULL;
    WorkerProgram missing = {.program_path = "/nonexistent/darse"};
    g_assert_false(
        worker_run(NULL, &missing, WORKER_PROFILE, arguments, fd, -1, &result, &error));
    assert_problem(g_steal_pointer(&error), ERROR_UNAVAILABLE, "worker.start");
    WorkerProgram silent = {.program_path = "/bin/true"};
    g_assert_false(
        worker_run(NULL, &silent, WORKER_PROFILE, arguments, fd, -1, &result, &error));
    assert_problem(g_steal_pointer(&error), ERROR_UNPROCESSABLE, "worker.crashed");
    WorkerLimits short_wall = *worker_limits(WORKER_PROFILE);
    short_wall.wall_ms = 300;
    WorkerProgram mute = {.program_path = "/usr/bin/yes"}; /* "yes worker", for ever */
    g_assert_false(
        worker_run(&short_wall, &mute, WORKER_PROFILE, arguments, fd, -1, &result, &error));
    assert_problem(g_steal_pointer(&error), ERROR_TOO_LARGE, "worker.timeout");
    g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1); /* nothing is left behind */
    g_assert_cmpint(errno, ==, ECHILD);
}

/* A program that sends a frame, whatever it is asked. Caller removes and frees. */
static char *forger_of(const char *answer, uint32_t announced)
{
    g_autoptr(GString) script = g_string_new("#!/bin/sh\nprintf '");
    for (int shift = 24; shift >= 0; shift -= 8)
        g_string_append_printf(script, "\\%03o", (announced >> shift) & 255);
    for (const char *p = answer; *p != '\0'; p++)
        g_string_append_printf(script, "\\%03o", (unsigned char)*p);
    g_string_append(script, "' >&3\n");
    char *path = g_strdup("/tmp/darse-forger-XXXXXX");
    int fd = g_mkstemp_full(path, O_WRONLY | O_CLOEXEC, 0700);
    g_assert_true(fd_write_all(fd, script->str, script->len, NULL));
    close(fd);
    return path;
}

/* A worker that a file took over: it answers what it likes. */
static void test_forged_answers(void)
{
    static const struct {
        const char *answer;
        uint32_t announced;     /* 0: its length */
        ErrorCode code;
        const char *reason;
    } cases[] = {
        {"{}", 0, ERROR_UNPROCESSABLE, "worker.answer"},
        {"[]", 0, ERROR_UNPROCESSABLE, "worker.answer"},
        {"xx", 0, ERROR_UNPROCESSABLE, "worker.answer"},
        {"{\"result\":{}}", 0, ERROR_UNPROCESSABLE, "worker.answer"},
        {"{\"result\":{\"rows\":\"1\",\"columns\":[],\"notes\":[]}}", 0, ERROR_UNPROCESSABLE,
         "worker.answer"},
        {"{\"problem\":{}}", 0, ERROR_UNPROCESSABLE, "worker.answer"},
        {"{}", 0x7fffffff, ERROR_UNPROCESSABLE, "worker.answer"},
        {"{}", 100, ERROR_UNPROCESSABLE, "worker.crashed"},
        {"{\"problem\":{\"code\":\"denied\",\"reason\":\"a.b\",\"sentence\":\"\\u001b[31m\"}}", 0,
         ERROR_INTERNAL, "worker.problem"},
        {"{\"problem\":{\"code\":\"too_large\",\"reason\":\"table.memory\",\"sentence\":\"x\"}}", 0,
         ERROR_TOO_LARGE, "table.memory"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint32_t announced = cases[i].announced;
        g_autofree char *path = forger_of(
            cases[i].answer, announced != 0 ? announced : (uint32_t)strlen(cases[i].answer));
        WorkerProgram program = {.program_path = path};
        FD_AUTO int input = file_of("a\n1\n", 4);
        g_autoptr(json_t) arguments = format("csv");
        json_t *result = NULL;
        GError *error = NULL;
        g_assert_false(
            worker_run(NULL, &program, WORKER_PROFILE, arguments, input, -1, &result, &error));
        unlink(path);
        g_assert_nonnull(error);
        g_assert_null(strchr(error->message, '\033'));
        assert_problem(error, cases[i].code, cases[i].reason);
    }
}

/* --- Tasks -------------------------------------------------------------------------------------- */

static const char enterprises[] =
    "\xEF\xBB\xBF" "nace;dep;turnover;created;active;comment\r\n"
    "01;2A;10,5;2020-01-31;true;\"a \"\"quoted\"\" one\"\r\n"
    "62;75;-3;2021-02-28;false;\"two\nlines\"\r\n"
    "62;01;NA;;true;=1+1\r\n";

static void assert_column(const json_t *result, size_t i, const char *name, const char *type,
                          int missing, int distinct)
{
    const json_t *c = column(result, i);
    g_assert_cmpstr(text(c, "name"), ==, name);
    g_assert_cmpstr(text(c, "type"), ==, type);
    g_assert_cmpint(integer(c, "missing"), ==, missing);
    g_assert_cmpint(integer(c, "distinct"), ==, distinct);
}

static void assert_enterprises(const json_t *result)
{
    g_assert_cmpint(integer(result, "rows"), ==, 3);
    g_assert_cmpuint(json_array_size(json_object_get(result, "columns")), ==, 6);
    assert_column(result, 0, "nace", "text", 0, 2);
    assert_column(result, 1, "dep", "text", 0, 3);
    assert_column(result, 2, "turnover", "number", 1, 2);
    assert_column(result, 3, "created", "date", 1, 2);
    assert_column(result, 4, "active", "boolean", 0, 2);
    assert_column(result, 5, "comment", "text", 0, 3);
    g_assert_cmpstr(text(column(result, 2), "min"), ==, "-3.0");
    g_assert_cmpstr(text(column(result, 2), "max"), ==, "10.5");
    g_assert_cmpstr(text(column(result, 3), "max"), ==, "2021-02-28");
    g_assert_null(json_object_get(column(result, 0), "min"));
    g_assert_cmpstr(text(result, "delimiter"), ==, ";");
    g_assert_cmpuint(json_array_size(json_object_get(result, "notes")), ==, 2);
}

static void test_profile(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) result = run_text(WORKER_PROFILE, format("csv"), enterprises, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text(result, "format"), ==, "csv");
    g_assert_cmpstr(text(result, "decimal"), ==, ",");
    assert_enterprises(result);
}

static void test_header_only(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) result = run_text(WORKER_PROFILE, format("csv"), "a,b", &error);
    g_assert_no_error(error);
    g_assert_cmpint(integer(result, "rows"), ==, 0);
    assert_column(result, 1, "b", "text", 0, 0);
}

static void test_names_are_only_names(void)
{
    const char *file = "\"a\"\"; DROP VIEW t; --\",\"b'c\",\"{d}\"\n1,2,3\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) result = run_text(WORKER_PROFILE, format("csv"), file, &error);
    g_assert_no_error(error);
    assert_column(result, 0, "a\"; DROP VIEW t; --", "integer", 0, 1);
    assert_column(result, 1, "b'c", "integer", 0, 1);
}

static void test_convert(void)
{
    FD_AUTO int in = file_of(enterprises, strlen(enterprises));
    FD_AUTO int out = file_of("", 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) result = NULL;
    g_assert_true(run(WORKER_CONVERT, format("csv"), in, out, &result, &error));
    assert_enterprises(result);
    struct stat st;
    g_assert_cmpint(fstat(out, &st), ==, 0);
    g_assert_cmpint(integer(result, "bytes"), ==, st.st_size);
    /* A second output, from the Parquet: the same table. */
    FD_AUTO int again = file_of("", 0);
    g_autoptr(json_t) copied = NULL;
    g_assert_true(run(WORKER_CONVERT, format("parquet"), out, again, &copied, &error));
    g_assert_true(json_equal(json_object_get(result, "columns"),
                             json_object_get(copied, "columns")));
    GError *refused = NULL;
    json_t *none = NULL;
    g_assert_false(run(WORKER_CONVERT, format("csv"), in, out, &none, &refused)); /* not empty */
    assert_problem(refused, ERROR_INVALID, "worker.arguments");
}

static void test_preview(void)
{
    json_t *arguments = format("csv");
    json_object_set_new(arguments, "rows", json_integer(2));
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) result = run_text(WORKER_PREVIEW, arguments, enterprises, &error);
    g_assert_no_error(error);
    g_assert_cmpint(integer(result, "rows"), ==, 3);
    const json_t *values = json_object_get(result, "values");
    g_assert_cmpuint(json_array_size(values), ==, 2);
    const json_t *row = json_array_get(values, 1);
    g_assert_cmpstr(json_string_value(json_array_get(row, 0)), ==, "62");
    g_assert_cmpstr(json_string_value(json_array_get(row, 2)), ==, "-3.0");
    g_assert_cmpstr(json_string_value(json_array_get(row, 5)), ==, "two\nlines");
    /* Further on: the second row is the first of those passed on to, and nothing is after the end. */
    static const struct { int offset; size_t rows; } pages[] = {{1, 2}, {2, 1}, {3, 0}, {900, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
        json_t *further = format("csv");
        json_object_set_new(further, "rows", json_integer(2));
        json_object_set_new(further, "offset", json_integer(pages[i].offset));
        g_autoptr(json_t) page = run_text(WORKER_PREVIEW, further, enterprises, &error);
        g_assert_no_error(error);
        const json_t *cells = json_object_get(page, "values");
        g_assert_cmpint(integer(page, "rows"), ==, 3);
        g_assert_cmpuint(json_array_size(cells), ==, pages[i].rows);
        if (pages[i].offset == 1)
            g_assert_cmpstr(json_string_value(json_array_get(json_array_get(cells, 0), 0)), ==,
                            "62");
    }
}

static const char cross_table[] = "activity,n,turnover,max\n"
                                  "A,1,50,50\n"
                                  "B,2,100,50\n"
                                  "C,10,100,40\n"
                                  "D,10,100,90\n"
                                  "E,,,\n"
                                  "F,s,s,s\n"
                                  "G,10,,\n"
                                  "H,,100,\n"
                                  "I,-4,100,10\n";

static void test_lint(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) result =
        run_text(WORKER_LINT, lint_arguments("n", "turnover", "max"), cross_table, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text(result, "basis"), ==, "author_declaration");
    g_assert_cmpstr(text(result, "verdict"), ==, "flagged");
    const json_t *summary = json_object_get(result, "summary");
    g_assert_cmpint(integer(summary, "cells"), ==, 9);
    g_assert_cmpint(integer(summary, "suppressed"), ==, 2);
    g_assert_cmpint(integer(summary, "safe"), ==, 2);
    g_assert_cmpint(integer(summary, "flagged"), ==, 5);
    static const struct {
        int row;
        const char *rule, *column, *value;
    } expected[] = {
        {1, "minimum_count", "n", "1"}, {1, "dominance", "turnover", "50"},
        {2, "minimum_count", "n", "2"}, {4, "dominance", "turnover", "100"},
        {8, "undecided", "n", NULL},    {9, "invalid", "n", "-4"},
    };
    const json_t *flags = json_object_get(result, "flags");
    g_assert_cmpuint(json_array_size(flags), ==, G_N_ELEMENTS(expected));
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        const json_t *flag = json_array_get(flags, i);
        g_assert_cmpint(integer(flag, "row"), ==, expected[i].row);
        g_assert_cmpstr(text(flag, "rule"), ==, expected[i].rule);
        g_assert_cmpstr(text(flag, "column"), ==, expected[i].column);
        g_assert_cmpstr(text(flag, "value"), ==, expected[i].value);
    }
    g_assert_true(json_is_true(json_object_get(result, "flags_listed_all")));
}

static void test_lint_verdicts(void)
{
    const char *safe = "k,n,x,m\nA,5,100,40\nB,,,\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) pass = run_text(WORKER_LINT, lint_arguments("n", "x", "m"), safe, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text(pass, "verdict"), ==, "pass");
    g_autoptr(json_t) incomplete =
        run_text(WORKER_LINT, lint_arguments("n", NULL, NULL), safe, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text(incomplete, "verdict"), ==, "incomplete");
    g_autofree char *notes = json_dumps(json_object_get(incomplete, "notes"), 0);
    g_assert_nonnull(strstr(notes, "\\\"x\\\", \\\"m\\\"")); /* undeclared numbers are named */
}

static json_t *lint_of(const char *arguments, const char *table)
{
    g_autoptr(GError) error = NULL;
    json_t *parsed = json_loads(arguments, 0, NULL);
    g_assert_nonnull(parsed);
    json_t *result = run_text(WORKER_LINT, parsed, table, &error);
    g_assert_no_error(error);
    return result;
}

/* ROW RULE COLUMN MEASURE, a line each. */
static char *flags_text(const json_t *result)
{
    GString *lines = g_string_new(NULL);
    size_t i;
    json_t *flag;
    json_array_foreach (json_object_get(result, "flags"), i, flag) {
        json_t *measure = json_object_get(flag, "measure");
        g_string_append_printf(lines, "%d %s %s", (int)integer(flag, "row"), text(flag, "rule"),
                               text(flag, "column"));
        if (json_is_number(measure))
            g_string_append_printf(lines, " %.4g", json_number_value(measure));
        g_string_append_c(lines, '\n');
    }
    return g_string_free(lines, false);
}

/* The rules that take more than one contributor, by the columns that an author can give. */
static void test_lint_contributors(void)
{
    static const char table[] = "k,n,groups,x,size,x1,x2,x3\n"
                                "A,10,5,100,100,50,36,5\n"     /* 86 % */
                                "B,10,2,100,100,30,29,28\n"    /* two groups */
                                "C,10,5,100,100,80,15,4\n"     /* the rest is 5 of 80 */
                                "D,10,5,20,100,30,20,10\n"     /* signs cancel; safe by size */
                                "E,1,1,5,5,5,,\n"
                                "F,,,,,,,\n";
    g_autoptr(json_t) all = lint_of(
        "{\"format\": \"csv\", \"rules\": {\"minimum_contributors\": 3, \"dominance\": "
        "[{\"contributors\": 2, \"percent\": 85}], \"p_percent\": 10}, \"count_column\": \"n\", "
        "\"contributors_column\": \"groups\", \"total_column\": \"x\", \"absolute_column\": "
        "\"size\", \"largest_column\": \"x1\", \"next_columns\": [\"x2\", \"x3\"]}", table);
    g_autofree char *flags = flags_text(all);
    g_assert_cmpstr(flags, ==,
                    "1 dominance x 86\n"
                    "2 minimum_contributors groups 2\n"
                    "3 dominance x 95\n3 p_percent x 6.25\n"
                    "5 minimum_contributors groups 1\n5 dominance x 100\n5 p_percent x 0\n");
    g_autofree char *withheld = json_dumps(json_object_get(all, "withheld"), JSON_COMPACT);
    g_assert_cmpstr(withheld, ==, "[\"x1\",\"x2\",\"x3\"]");
    g_autoptr(json_t) largest_alone = lint_of(
        "{\"format\": \"csv\", \"rules\": {\"dominance\": [{\"contributors\": 2, \"percent\": "
        "85}]}, \"count_column\": \"n\", \"total_column\": \"x\", \"largest_column\": \"x1\"}",
        table);
    g_autofree char *short_flags = flags_text(largest_alone);
    g_assert_cmpstr(short_flags, ==,
                    "1 undecided n\n3 undecided n\n4 dominance x 150\n5 dominance x 100\n");
    g_autofree char *short_of = json_dumps(
        json_object_get(json_object_get(largest_alone, "summary"), "short_of"), JSON_COMPACT);
    g_assert_cmpstr(short_of, ==, "[\"dominance\"]");
}

#define CROSS "{\"format\": \"csv\", \"rules\": {\"minimum_count\": 3}, \"count_column\": \"n\", " \
              "\"total_column\": \"x\", \"dimensions\": "
#define BOTH "[{\"column\": \"a\"}, {\"column\": \"b\", \"total\": \"T\"}]}"

static void assert_structure(const char *dimensions, const char *table, const char *state,
                             const char *flags, const char *verdict)
{
    g_autofree char *arguments = g_strconcat(CROSS, dimensions, NULL);
    g_autoptr(json_t) result = lint_of(arguments, table);
    g_autofree char *found = flags_text(result);
    g_assert_cmpstr(found, ==, flags);
    g_assert_cmpstr(text(json_object_get(result, "structure"), "state"), ==, state);
    g_assert_cmpstr(text(result, "verdict"), ==, verdict);
}

/* A hidden cell that its row gives away; one that needs two rows and two columns; and one that nothing does. */
static void test_lint_recomputable(void)
{
    assert_structure(BOTH, "a,b,n,x\np,u,,\np,v,6,60\np,T,8,80\nq,u,5,50\nq,v,4,40\nq,T,9,90\n"
                           "Total,u,7,70\nTotal,v,10,100\nTotal,T,17,170\n",
                     "checked", "1 recomputable n\n1 recomputable x\n", "flagged");
    assert_structure(BOTH, "a,b,n,x\np,u,,\np,v,,\np,T,8,80\nq,u,,\nq,v,,\nq,T,9,90\n"
                           "Total,u,7,70\nTotal,v,10,100\nTotal,T,17,170\n",
                     "checked", "", "pass");
    assert_structure("[]}", "a,b,n,x\np,u,,\np,v,6,60\np,T,8,80\n", "not_declared", "", "pass");
    assert_structure(BOTH, "a,b,n,x\np,u,5,50\np,v,6,60\np,T,11,110\n", "not_needed", "", "pass");
    /* the count alone gives it away */
    assert_structure(BOTH, "a,b,n,x\np,u,,\np,v,6,\np,T,8,80\n", "checked", "1 recomputable n\n",
                     "flagged");
    /* hidden, and known to be nothing: no unit to reveal */
    assert_structure(BOTH, "a,b,n,x\np,u,,\np,v,6,60\np,T,6,60\n", "checked", "", "pass");
}

/* A row that was taken out, and a hierarchy of codes. */
static void test_lint_differences(void)
{
    assert_structure(BOTH, "a,b,n,x\np,u,5,50\np,v,6,60\np,T,13,130\n", "not_needed",
                     "3 difference n\n", "flagged");
    assert_structure(BOTH, "a,b,n,x\np,u,5,50\np,v,6,60\np,T,14,140\n", "not_needed", "", "pass");
    assert_structure("[{\"column\": \"a\", \"nested\": true}]}",
                     "a,n,x\nTotal,20,200\n10,8,80\n10.1,5,50\n10.2,,\n11,12,120\n", "checked",
                     "4 recomputable n\n4 recomputable x\n", "flagged");
    /* without the hierarchy, 10 and its parts are four categories of one level */
    assert_structure("[{\"column\": \"a\"}]}",
                     "a,n,x\nTotal,,\n10,8,80\n10.1,5,50\n10.2,,\n11,12,120\n", "checked", "",
                     "pass");
}

static void test_lint_dimensions_refused(void)
{
    static const struct {
        const char *dimensions, *table, *reason;
    } cases[] = {
        {"[{\"column\": \"z\"}]}", "a,n,x\np,5,5\n", "table.dimension"},
        {"[{\"column\": \"a\", \"total\": \"T\"}]}", "a,n,x\np,5,5\n", "table.dimension"},
        {"[{\"column\": \"a\"}, {\"column\": \"a\"}]}", "a,n,x\np,5,5\n", "table.dimension"},
        {"[{\"column\": \"a\"}]}", "a,n,x\np,5,5\np,6,6\n", "table.dimension"},
        {"[{\"total\": \"a\"}]}", "a,n,x\np,5,5\n", "worker.arguments"},
        {"[{\"column\": \"a\", \"more\": 1}]}", "a,n,x\np,5,5\n", "worker.arguments"},
        {"\"a\"}", "a,n,x\np,5,5\n", "worker.arguments"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *arguments = g_strconcat(CROSS, cases[i].dimensions, NULL);
        GError *error = NULL;
        g_assert_null(run_text(WORKER_LINT, json_loads(arguments, 0, NULL), cases[i].table, &error));
        assert_problem(error, strcmp(cases[i].reason, "table.dimension") == 0 && i == 3
                                  ? ERROR_UNPROCESSABLE : ERROR_INVALID, cases[i].reason);
    }
}

/* The columns that the check alone is for are taken out; everything else stays as it was written. */
static void test_convert_without(void)
{
    static const char table[] = "k;n;x;max\n\"a;b\";01;1,50;9\nc;;NA;\n\"say \"\"no\"\"\";-3;=1;2\n";
    static const struct {
        const char *without, *expected;
    } cases[] = {
        {"[\"max\"]", "k;n;x\n\"a;b\";01;1,50\nc;;NA\n\"say \"\"no\"\"\";-3;=1\n"},
        {"[]", "k;n;x;max\n\"a;b\";01;1,50;9\nc;;NA;\n\"say \"\"no\"\"\";-3;=1;2\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        FD_AUTO int input = file_of(table, strlen(table));
        FD_AUTO int output = file_of("", 0);
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) result = NULL;
        run(WORKER_CONVERT, json_pack("{s:s, s:s, s:o}", "format", "csv", "output", "csv", "without",
                                      json_loads(cases[i].without, 0, NULL)), input, output, &result, &error);
        g_assert_no_error(error);
        char written[300] = {0};
        g_assert_cmpint(pread(output, written, sizeof written - 1, 0), >, 0);
        g_assert_cmpstr(written, ==, cases[i].expected);
        g_assert_cmpint(integer(result, "rows"), ==, 3);
    }
    FD_AUTO int input = file_of(table, strlen(table));
    FD_AUTO int output = file_of("", 0);
    json_t *result = NULL;
    GError *error = NULL;
    run(WORKER_CONVERT, json_pack("{s:s, s:s, s:[s]}", "format", "csv", "output", "csv", "without",
                                  "none"), input, output, &result, &error);
    g_assert_null(result);
    assert_problem(error, ERROR_INVALID, "table.column");
}

static void test_lint_not_a_number(void)
{
    GError *error = NULL;
    g_autoptr(json_t) result = run_text(WORKER_LINT, lint_arguments("n", NULL, NULL),
                                        "k,n\nA,5\nB,<5\n", &error);
    g_assert_null(result);
    g_assert_nonnull(strstr(error->message, "Row 2"));
    assert_problem(error, ERROR_UNPROCESSABLE, "table.not_number");
}

/* Two hundred spaces before a small count do not make it a suppressed one. */
static void test_lint_hidden_by_spaces(void)
{
    GError *error = NULL;
    g_autofree char *table = g_strdup_printf("k,n\nA,%250s1\n", "");
    g_autoptr(json_t) result =
        run_text(WORKER_LINT, lint_arguments("n", NULL, NULL), table, &error);
    g_assert_null(result);
    assert_problem(error, ERROR_UNPROCESSABLE, "table.not_number");
}

static void test_lint_many_flags(void)
{
    g_autoptr(GString) table = g_string_new("n\n");
    for (int i = 0; i < WORKER_FLAGS_MAX + 10; i++)
        g_string_append(table, "1\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) result =
        run_text(WORKER_LINT, lint_arguments("n", NULL, NULL), table->str, &error);
    g_assert_no_error(error);
    g_assert_true(json_is_false(json_object_get(result, "flags_listed_all")));
    g_assert_cmpuint(json_array_size(json_object_get(result, "flags")), <=, WORKER_FLAGS_MAX);
    g_assert_cmpint(integer(json_object_get(result, "summary"), "flagged"), ==,
                    WORKER_FLAGS_MAX + 10);
}

static void test_format_of(void)
{
    g_assert_cmpstr(worker_format_of("a.csv"), ==, "csv");
    g_assert_cmpstr(worker_format_of("A.CSV"), ==, "csv");
    g_assert_cmpstr(worker_format_of("x/y.parquet"), ==, "parquet");
    g_assert_null(worker_format_of("a.xlsx"));
    g_assert_null(worker_format_of(".csv"));
    g_assert_null(worker_format_of("csv"));
    g_assert_null(worker_format_of(""));
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "worker") == 0)
        return worker_main();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/worker/format_of", test_format_of);
    g_test_add_func("/worker/bad_csv", test_bad_csv);
    g_test_add_func("/worker/bad_parquet", test_bad_parquet);
    g_test_add_func("/worker/ten_million_columns", test_ten_million_columns);
    g_test_add_func("/worker/arguments", test_arguments);
    g_test_add_func("/worker/not_a_regular_file", test_not_a_regular_file);
    g_test_add_func("/worker/limits", test_limits);
    g_test_add_func("/worker/cpu_limit", test_cpu_limit);
    g_test_add_func("/worker/output_limit", test_output_limit);
    g_test_add_func("/worker/no_library", test_no_library);
    g_test_add_func("/worker/no_program", test_no_program);
    g_test_add_func("/worker/forged_answers", test_forged_answers);
    g_test_add_func("/worker/profile", test_profile);
    g_test_add_func("/worker/header_only", test_header_only);
    g_test_add_func("/worker/names_are_only_names", test_names_are_only_names);
    g_test_add_func("/worker/convert", test_convert);
    g_test_add_func("/worker/preview", test_preview);
    g_test_add_func("/worker/lint", test_lint);
    g_test_add_func("/worker/lint_verdicts", test_lint_verdicts);
    g_test_add_func("/worker/convert_without", test_convert_without);
    g_test_add_func("/worker/lint_contributors", test_lint_contributors);
    g_test_add_func("/worker/lint_recomputable", test_lint_recomputable);
    g_test_add_func("/worker/lint_differences", test_lint_differences);
    g_test_add_func("/worker/lint_dimensions_refused", test_lint_dimensions_refused);
    g_test_add_func("/worker/lint_not_a_number", test_lint_not_a_number);
    g_test_add_func("/worker/lint_hidden_by_spaces", test_lint_hidden_by_spaces);
    g_test_add_func("/worker/lint_many_flags", test_lint_many_flags);
    g_test_add_func("/worker/parquet_bombs", test_parquet_bombs);
    g_test_add_func("/worker/parquet_flips", test_parquet_flips);
    return g_test_run();
}
