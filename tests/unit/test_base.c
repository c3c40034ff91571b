/* SPDX-License-Identifier: Apache-2.0 */
/* base: errors, identifiers, times, text, paths, files, frames, configuration. */
#include "base/config.h"
#include "base/declare.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/times.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void test_error_table(void)
{
    for (int i = 0; i < ERROR_CODE_COUNT; i++) {
        const ErrorKind *kind = error_kind(i);
        g_assert_cmpint((int)kind->code, ==, i);
        g_assert_cmpint(kind->http_status, >=, 400);
        g_assert_nonnull(kind->title);
    }
    g_assert_cmpint(error_kind(-1)->http_status, ==, 500);
    g_assert_false(error_kind(ERROR_INTERNAL)->is_public);
}

static void test_error_reason(void)
{
    GError *error = NULL;
    g_assert_false(error_set(&error, ERROR_DENIED, "room.what", "No, %d times.", 3));
    g_assert_true(error_is(error, ERROR_DENIED));
    g_assert_cmpstr(error_reason(error), ==, "room.what");
    g_assert_cmpstr(error->message, ==, "No, 3 times.");
    GError *copy = g_error_copy(error);
    g_assert_cmpstr(error_reason(copy), ==, "room.what");
    g_error_free(copy);
    g_error_free(error);
    GError *foreign = g_error_new_literal(g_quark_from_static_string("x"), 2, "x");
    g_assert_cmpstr(error_reason(foreign), ==, "internal");
    g_assert_cmpint(error_kind_of(foreign)->http_status, ==, 500);
    g_error_free(foreign);
}

static void assert_json(json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    g_assert_cmpstr(text, ==, expected);
    free(text);
    json_decref(value);
}

static void test_declare(void)
{
    assert_json(declare_names(NULL), "[]");
    assert_json(declare_names(" , "), "[]");
    assert_json(declare_names("x2, x 3,"), "[\"x2\",\"x 3\"]");
    assert_json(declare_names("a\xff"), "[\"a\xef\xbf\xbd\"]");
    assert_json(declare_dimensions("nace, size = All", " nace"),
                "[{\"column\":\"nace\",\"nested\":true},"
                "{\"column\":\"size\",\"nested\":false,\"total\":\"All\"}]");
    assert_json(declare_dimensions("a=", NULL), "[{\"column\":\"a\",\"nested\":false,\"total\":\"\"}]");
}

static void test_ids(void)
{
    g_autofree char *a = id_new("prj");
    g_autofree char *b = id_new("prj");
    g_assert_cmpstr(a, !=, b);
    g_assert_true(id_check("prj", a));
    g_assert_false(id_check("pr", a));
    static const char *const bad[] = {"prj-", "prj-0000000000000000", "prj-aaaaaaaaaaaaaaa",
                                      "prj-aaaaaaaaaaaaaaaaa", "prj/aaaaaaaaaaaaaaaa", ""};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(id_check("prj", bad[i]));
    g_assert_false(id_check("prj", NULL));
}

static void test_ids_in_a_row(void)
{
    uint64_t seed = 7, same = 7;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < 10000; i++) {
        char *id = id_next("req", &seed);
        g_assert_true(id_check("req", id));
        g_assert_true(g_hash_table_add(seen, id));
    }
    g_autofree char *first = id_next("req", &same);
    g_assert_true(g_hash_table_contains(seen, first));
}

/* What standard error is given when VALUE is logged, as JSON. */
static json_t *logged(const char *value)
{
    int pipe_fds[2], saved = dup(STDERR_FILENO);
    char line[4096];
    g_assert_cmpint(pipe(pipe_fds), ==, 0);
    g_assert_cmpint(dup2(pipe_fds[1], STDERR_FILENO), >=, 0);
    log_warning("test.event", "key", value, "last", "1");
    g_assert_cmpint(dup2(saved, STDERR_FILENO), >=, 0);
    ssize_t size = read(pipe_fds[0], line, sizeof line);
    g_assert_cmpint(size, >, 0);
    g_assert_cmpint(line[size - 1], ==, '\n');
    g_assert_null(memchr(line, '\n', (size_t)size - 1));
    close(saved);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return json_loadb(line, (size_t)size, JSON_REJECT_DUPLICATES, NULL);
}

static void test_log(void)
{
    static const struct { const char *value, *read; } cases[] = {
        {"plain", "plain"}, {"", ""}, {NULL, ""}, {"\"quoted\" \\", "\"quoted\" \\"},
        {"two\nlines\t\x01\x7f", "two\nlines\t\x01\x7f"}, {"Élise \xe2\x82\xac", "Élise \xe2\x82\xac"},
        {"not \xff UTF-8", "not \xef\xbf\xbd UTF-8"}, {"\",\"admin\":\"yes", "\",\"admin\":\"yes"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(json_t) line = logged(cases[i].value);
        g_assert_nonnull(line);
        g_assert_cmpuint(json_object_size(line), ==, 6);
        g_assert_cmpstr(json_string_value(json_object_get(line, "key")), ==, cases[i].read);
        g_assert_cmpstr(json_string_value(json_object_get(line, "event")), ==, "test.event");
        g_assert_cmpstr(json_string_value(json_object_get(line, "level")), ==, "warning");
    }
}

static void test_times(void)
{
    g_autofree char *text = time_format(INT64_C(1795665797123));
    g_assert_cmpstr(text, ==, "2026-11-26T04:03:17.123Z");
    static const struct { int64_t time_ms; const char *text; } formats[] = {
        {0, "1970-01-01T00:00:00.000Z"}, {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(-61312291200000), "0027-02-03T00:00:00.000Z"},
        {INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"}, {INT64_C(253402300800000), ""},
        {INT64_C(-62135596800001), ""}, {INT64_MIN, ""}, {INT64_MAX, ""},
        {INT64_C(1709164800000), "2024-02-29T00:00:00.000Z"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *formatted = time_format(formats[i].time_ms);
        g_assert_cmpstr(formatted, ==, formats[i].text);
    }
    int64_t back = 7;
    g_assert_true(time_parse(text, &back, NULL));
    g_assert_cmpint(back, ==, INT64_C(1795665797123));
    g_assert_true(time_parse("1970-01-02", &back, NULL));
    g_assert_cmpint(back, ==, TIME_DAY_MS);
    back = 7;
    static const char *const bad[] = {"", "tomorrow", "2026-13-01", "2026-11-26T04:03:17.123Zzzzzzzzz"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(time_parse(bad[i], &back, NULL));
    g_assert_cmpint(back, ==, 7);
    g_autofree char *http = time_format_http(INT64_C(1795665797123));
    g_assert_cmpstr(http, ==, "Thu, 26 Nov 2026 04:03:17 GMT");
}

static void test_text_check(void)
{
    g_assert_true(text_check("Économie", 8, false, "x", NULL));
    g_assert_false(text_check("Économies", 8, false, "x", NULL));
    g_assert_false(text_check("", 8, false, "x", NULL));
    g_assert_false(text_check(NULL, 8, false, "x", NULL));
    g_assert_false(text_check("a\nb", 8, false, "x", NULL));
    g_assert_true(text_check("a\nb", 8, true, "x", NULL));
    g_assert_false(text_check("a\x1b", 8, true, "x", NULL));
    g_assert_false(text_check("\xff", 8, true, "x", NULL));
}

static void test_text_fold(void)
{
    static const struct { const char *text, *folded; } cases[] = {
        {"", ""}, {"Élise ÇELIK", "elise celik"}, {"E\xcc\x81lise", "elise"}, {"STRASSE", "strasse"},
        {"Straße", "strasse"}, {"Żółć 100%", "zołc 100%"}, {"a\nB", "a\nb"}, {"\xff", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *folded = text_fold(cases[i].text);
        g_assert_cmpstr(folded, ==, cases[i].folded);
    }
}

static void test_json(void)
{
    GError *error = NULL;
    g_assert_null(json_parse("{\"a\":1,\"a\":2}", 13, &error));
    g_assert_cmpstr(error_reason(error), ==, "json.malformed");
    g_clear_error(&error);
    g_assert_null(json_parse("{", 1, NULL));
    g_autoptr(json_t) value = json_parse("{\"b\":1,\"a\":[true]}", 18, NULL);
    char *text = json_canonical(value);
    g_assert_cmpstr(text, ==, "{\"a\":[true],\"b\":1}");
    free(text);
}

static void test_paths(void)
{
    static const char *const good[] = {"a", "a/b.csv", "données/é.csv", "..a", "a..", ".x"};
    static const char *const bad[] = {"", "/a", "a/", "a//b", ".", "..", "a/../b", "a\\b", "a\nb"};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(path_check_relative(good[i], NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(path_check_relative(bad[i], NULL));
    g_assert_false(path_check_relative(NULL, NULL));
}

static void test_files(void)
{
    g_autofree char *dir = g_dir_make_tmp("darse-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "x", NULL);
    g_assert_true(file_write(path, "hello", 5, 0600, NULL));
    g_autofree char *text = NULL;
    size_t size = 0;
    g_assert_true(file_read(path, 5, &text, &size, NULL));
    g_assert_cmpstr(text, ==, "hello");
    char *untouched = NULL;
    GError *error = NULL;
    g_assert_false(file_read(path, 4, &untouched, NULL, &error));
    g_assert_true(error_is(error, ERROR_TOO_LARGE));
    g_assert_null(untouched);
    g_clear_error(&error);
    g_autofree char *link = g_build_filename(dir, "link", NULL);
    g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
    FD_AUTO int folder = open(dir, O_RDONLY | O_DIRECTORY);
    g_assert_cmpint(open_beneath(folder, "link", O_RDONLY, 0, &error), ==, -1);
    g_assert_cmpstr(error_reason(error), ==, "path.link");
    g_clear_error(&error);
    g_assert_cmpint(open_beneath(folder, "../x", O_RDONLY, 0, NULL), ==, -1);
    FD_AUTO int fd = open_beneath(folder, "x", O_RDONLY, 0, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_autofree char *hex = NULL;
    int64_t hashed = 0;
    g_assert_true(fd_hash(fd, &hex, &hashed, NULL));
    g_assert_cmpstr(hex, ==, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    g_assert_true(tree_remove(dir, NULL));
    g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test("/etc/passwd", G_FILE_TEST_EXISTS));
}

static void test_frames(void)
{
    int pair[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    g_autoptr(json_t) sent = json_pack("{s:i}", "n", 4);
    g_assert_true(frame_send(pair[0], sent, NULL));
    json_t *got = NULL;
    g_assert_true(frame_receive(pair[1], 1000, &got, NULL));
    g_assert_true(json_equal(sent, got));
    json_decref(got);
    g_assert_cmpint(write(pair[0], "\x7f\xff\xff\xff", 4), ==, 4);
    GError *error = NULL;
    got = NULL;
    g_assert_false(frame_receive(pair[1], 1000, &got, &error));
    g_assert_cmpstr(error_reason(error), ==, "frame.length");
    g_clear_error(&error);
    g_assert_cmpint(write(pair[0], "\0\0\0\2[]", 6), ==, 6);
    g_assert_false(frame_receive(pair[1], 1000, &got, &error));
    g_assert_cmpstr(error_reason(error), ==, "frame.not_object");
    g_clear_error(&error);
    g_assert_false(frame_receive(pair[1], 10, &got, &error));
    g_assert_cmpstr(error_reason(error), ==, "frame.timeout");
    g_clear_error(&error);
    close(pair[0]);
    g_assert_true(frame_receive(pair[1], 1000, &got, NULL));
    g_assert_null(got);
    close(pair[1]);
}

static void test_config(void)
{
    for (const ConfigOption *o = config_options(); o->group != NULL; o++) {
        g_assert_cmpint((int)strlen(o->documentation), >, 10);
        g_assert_true(o->type != CONFIG_INTEGER || o->min < o->max);
    }
    g_autofree char *dir = g_dir_make_tmp("darse-XXXXXX", NULL);
    g_autoptr(Config) defaults = config_load(dir, NULL);
    g_assert_cmpint(config_integer(defaults, "server.port"), ==, 8080);
    g_autofree char *path = g_build_filename(dir, "darse.conf", NULL);
    static const struct { const char *text; const char *reason; } bad[] = {
        {"[server]\nport = 70000\n", "config.integer"},
        {"[server]\nport = \n", "config.integer"},
        {"[server]\nprot = 1\n", "config.unknown"},
        {"[engine]\naccept_unencrypted_secure = maybe\n", "config.boolean"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_true(g_file_set_contents(path, bad[i].text, -1, NULL));
        GError *error = NULL;
        g_assert_null(config_load(dir, &error));
        g_assert_cmpstr(error_reason(error), ==, bad[i].reason);
        g_clear_error(&error);
    }
    g_autofree char *document = config_document();
    g_assert_true(g_file_set_contents(path, document, -1, NULL));
    g_autoptr(Config) same = config_load(dir, NULL);
    g_assert_nonnull(same);
    g_assert_true(tree_remove(dir, NULL));
}

int main(int argc, char **argv)
{
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/error/table", test_error_table);
    g_test_add_func("/base/error/reason", test_error_reason);
    g_test_add_func("/base/ids", test_ids);
    g_test_add_func("/base/ids/next", test_ids_in_a_row);
    g_test_add_func("/base/log", test_log);
    g_test_add_func("/base/times", test_times);
    g_test_add_func("/base/text", test_text_check);
    g_test_add_func("/base/text/fold", test_text_fold);
    g_test_add_func("/base/json", test_json);
    g_test_add_func("/base/paths", test_paths);
    g_test_add_func("/base/files", test_files);
    g_test_add_func("/base/frames", test_frames);
    g_test_add_func("/base/config", test_config);
    g_test_add_func("/base/declare", test_declare);
    return g_test_run();
}
