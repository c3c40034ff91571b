/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of fields, targets and depth: the pure parts of the http room. */
#include "http/http.h"
#include "http/target.h"

#include <string.h>

static const HttpField member_fields[] = {
    {"login", HTTP_TEXT, true, .max = 8},
    {"role", HTTP_CHOICE, true, .choices = "lead scientist"},
    {0},
};

static const HttpField fields[] = {
    {"name", HTTP_TEXT, true, .max = 10},
    {"code", HTTP_TEXT, .min = 3, .max = 4},
    {"text", HTTP_LONG_TEXT},
    {"password", HTTP_SECRET},
    {"project", HTTP_ID, .choices = "prj"},
    {"tier", HTTP_CHOICE, .choices = "open restricted secure"},
    {"routes", HTTP_CHOICES, .choices = "research own", .max = 2},
    {"count", HTTP_INTEGER, .min = 1, .max = 9},
    {"cold", HTTP_INTEGER, .min = -5},
    {"positive", HTTP_INTEGER, .min = 1},
    {"share", HTTP_NUMBER},
    {"flag", HTTP_BOOLEAN},
    {"when", HTTP_TIME},
    {"tags", HTTP_TEXT_LIST, .max = 2},
    {"member", HTTP_OBJECT, .fields = member_fields},
    {"members", HTTP_LIST, .fields = member_fields, .max = 2},
    {"any", HTTP_ANY},
    {0},
};

static const struct {
    const char *json;
    const char *reason;   /* NULL: accepted */
    const char *sentence; /* a part of it */
} cases[] = {
    {"[]", "fields.type", "must be a JSON object; it is a list"},
    {"\"x\"", "fields.type", "it is a text"},
    {"{}", "fields.missing", "\"name\" is missing"},
    {"{\"name\":null}", "fields.type", "\"name\" must be a text; it is null"},
    {"{\"name\":7}", "fields.type", "\"name\" must be a text; it is a number"},
    {"{\"name\":\"\"}", "text.empty", "\"name\" is empty"},
    {"{\"name\":\"12345678901\"}", "text.too_long", "11 characters; at most 10"},
    {"{\"name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}", NULL, NULL},
    {"{\"name\":\"a\\nb\"}", "text.control", "control character"},
    {"{\"name\":\"a\",\"extra\":1}", "fields.unknown", "\"extra\" is not known"},
    {"{\"name\":\"a\",\"code\":\"ab\"}", "text.too_short", "2 characters; at least 3"},
    {"{\"name\":\"a\",\"code\":\"abc\"}", NULL, NULL},
    {"{\"name\":\"a\",\"code\":null}", NULL, NULL},
    {"{\"name\":\"a\",\"text\":\"b\\nc\"}", NULL, NULL},
    {"{\"name\":\"a\",\"project\":\"dst-abcdefghijkmnpqr\"}", "fields.id", "\"prj-\""},
    {"{\"name\":\"a\",\"project\":\"prj-abcdefghijkmnpqr\"}", NULL, NULL},
    {"{\"name\":\"a\",\"tier\":\"closed\"}", "fields.choice", "open restricted secure"},
    {"{\"name\":\"a\",\"tier\":\"open restricted\"}", "fields.choice", "one of"},
    {"{\"name\":\"a\",\"tier\":\"secure\"}", NULL, NULL},
    {"{\"name\":\"a\",\"routes\":[\"own\",\"own\"]}", "fields.duplicate", "routes[1]"},
    {"{\"name\":\"a\",\"routes\":[\"own\",\"sea\"]}", "fields.choice", "routes[1]"},
    {"{\"name\":\"a\",\"routes\":[\"own\",\"research\"]}", NULL, NULL},
    {"{\"name\":\"a\",\"count\":0}", "fields.bounds", "between 1 and 9"},
    {"{\"name\":\"a\",\"count\":10}", "fields.bounds", "between 1 and 9"},
    {"{\"name\":\"a\",\"count\":1.5}", "fields.type", "whole number"},
    {"{\"name\":\"a\",\"count\":9}", NULL, NULL},
    {"{\"name\":\"a\",\"cold\":1}", "fields.bounds", "between -5 and 0"},
    {"{\"name\":\"a\",\"positive\":0}", "fields.bounds", "at least 1"},
    {"{\"name\":\"a\",\"positive\":9000000000}", NULL, NULL},
    {"{\"name\":\"a\",\"share\":\"1\"}", "fields.type", "a number; it is a text"},
    {"{\"name\":\"a\",\"share\":-0.5}", NULL, NULL},
    {"{\"name\":\"a\",\"flag\":1}", "fields.type", "true or false"},
    {"{\"name\":\"a\",\"when\":\"31/01/2027\"}", "fields.time", "2027-01-31"},
    {"{\"name\":\"a\",\"when\":\"2027-01-31\"}", NULL, NULL},
    {"{\"name\":\"a\",\"tags\":[\"x\",\"y\",\"z\"]}", "fields.count", "3 items; at most 2"},
    {"{\"name\":\"a\",\"tags\":[\"x\",2]}", "fields.type", "tags[1]"},
    {"{\"name\":\"a\",\"member\":{\"login\":\"b\"}}", "fields.missing", "\"member.role\""},
    {"{\"name\":\"a\",\"members\":[{\"login\":\"b\",\"role\":\"lead\"},{\"login\":\"c\","
     "\"role\":\"king\"}]}", "fields.choice", "\"members[1].role\""},
    {"{\"name\":\"a\",\"members\":[{\"login\":\"b\",\"role\":\"lead\",\"age\":3}]}",
     "fields.unknown", "\"members[0].age\""},
    {"{\"name\":\"a\",\"any\":{\"x\":[1,{}]}}", NULL, NULL},
};

static void test_fields(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) value = json_parse(cases[i].json, strlen(cases[i].json), &error);
        g_assert_no_error(error);
        bool accepted = http_fields_check(fields, value, &error);
        g_test_message("%s", cases[i].json);
        if (cases[i].reason == NULL) {
            g_assert_no_error(error);
            g_assert_true(accepted);
            continue;
        }
        g_assert_false(accepted);
        g_assert_true(error_is(error, ERROR_INVALID));
        g_assert_cmpstr(error_reason(error), ==, cases[i].reason);
        g_assert_nonnull(strstr(error->message, cases[i].sentence));
    }
}

static const struct {
    const char *path;
    const char *joined; /* decoded segments with "|" between; NULL: refused */
} paths[] = {
    {"/", ""},
    {"/a/b", "a|b"},
    {"/a/", "a|"},
    {"/a//b", "a||b"},
    {"/caf%C3%A9", "caf\xc3\xa9"},
    {"/a%20b+c", "a b+c"},
    {"/a%2Fb", NULL},
    {"/a%5Cb", NULL},
    {"/a%00", NULL},
    {"/a%", NULL},
    {"/a%4", NULL},
    {"/a%zz", NULL},
    {"/%C3", NULL},
    {"/%C0%AF", NULL},
    {"/..", NULL},
    {"/a/../b", NULL},
    {"/a/%2e%2E/b", NULL},
    {"/a/./b", NULL},
    {"/a%0Ab", NULL},
    {"/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3", NULL},
};

static void test_paths(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) segments = NULL;
        bool decoded = target_decode_path(paths[i].path, &segments, &error);
        g_test_message("%s", paths[i].path);
        if (paths[i].joined == NULL) {
            g_assert_false(decoded);
            g_assert_true(error_is(error, ERROR_INVALID));
            g_assert_null(segments);
            continue;
        }
        g_assert_no_error(error);
        g_autofree char *joined = g_strjoinv("|", segments);
        g_assert_cmpstr(joined, ==, paths[i].joined);
    }
}

static const struct {
    const char *target, *path, *query;
} targets[] = {
    {"/", "/", ""},
    {"/a?b=c?d", "/a", "b=c?d"},
    {"http://x/", NULL, NULL},
    {"*", NULL, NULL},
    {"", NULL, NULL},
    {"/a b", NULL, NULL},
    {"/a\xc3\xa9", NULL, NULL},
    {"/a#b", NULL, NULL},
};

static void test_targets(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *path = NULL;
        g_autofree char *query = NULL;
        g_assert_true(target_split(targets[i].target, &path, &query, NULL) ==
                      (targets[i].path != NULL));
        g_assert_cmpstr(path, ==, targets[i].path);
        g_assert_cmpstr(query, ==, targets[i].query);
    }
    g_autofree char *path = NULL;
    g_autofree char *query = NULL;
    g_autofree char *longest = g_strnfill(TARGET_MAX + 1, '/');
    g_autoptr(GError) error = NULL;
    g_assert_false(target_split(longest, &path, &query, &error));
    g_assert_true(error_is(error, ERROR_TOO_LARGE));
}

static void test_queries(void)
{
    static const char *const refused[] = {"a=1&a=2", "=1", "a=%", "a=%00", "a=%ff", "%0a=1", NULL};
    for (size_t i = 0; refused[i] != NULL; i++) {
        g_autoptr(GHashTable) parameters = NULL;
        g_test_message("%s", refused[i]);
        g_assert_false(target_decode_query(refused[i], &parameters, NULL));
        g_assert_null(parameters);
    }
    g_autoptr(GHashTable) parameters = NULL;
    g_assert_true(target_decode_query("a=b+c%2Bd&&flag&x=", &parameters, NULL));
    g_assert_cmpuint(g_hash_table_size(parameters), ==, 3);
    g_assert_cmpstr(g_hash_table_lookup(parameters, "a"), ==, "b c+d");
    g_assert_cmpstr(g_hash_table_lookup(parameters, "flag"), ==, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/fields", test_fields);
    g_test_add_func("/http/targets", test_targets);
    g_test_add_func("/http/paths", test_paths);
    g_test_add_func("/http/queries", test_queries);
    return g_test_run();
}
