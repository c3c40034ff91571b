/* SPDX-License-Identifier: Apache-2.0 */
/* Entity tags, keys, places in streams, limits of requests, and what follows from a route's row. */
#include "http/headers.h"
#include "http/internal.h"

#include <string.h>

static const struct {
    const char *list;
    int weak, strong;          /* match; -1: malformed */
} etag_cases[] = {
    {"", -1, -1}, {"abc", -1, -1}, {"\"abc", -1, -1}, {"\"abc\" \"d\"", -1, -1},
    {"\"abc\",", -1, -1}, {",\"abc\"", -1, -1}, {"* ,\"abc\"", -1, -1}, {"W/abc", -1, -1},
    {"\"a b\"", -1, -1}, {"w/\"abc\"", -1, -1},
    {"*", 1, 1}, {" * ", 1, 1}, {"\"abc\"", 1, 1}, {"\"x\", \"abc\"", 1, 1},
    {"\"x\",\t\"abc\" ", 1, 1}, {"W/\"abc\"", 1, 0}, {"W/\"abc\", \"abc\"", 1, 1},
    {"\"ab\"", 0, 0}, {"\"abcd\"", 0, 0}, {"\"\"", 0, 0}, {"\"x,\\\"", 0, 0},
};

static void test_etags(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(etag_cases); i++) {
        for (int strong = 0; strong < 2; strong++) {
            int wanted = strong ? etag_cases[i].strong : etag_cases[i].weak;
            bool match = true;
            g_autoptr(GError) error = NULL;
            g_test_message("%s strong %d", etag_cases[i].list, strong);
            bool ok = header_etags_match(etag_cases[i].list, "\"abc\"", strong, &match, &error);
            g_assert_cmpint(ok, ==, wanted >= 0);
            g_assert_cmpint(match, ==, ok ? wanted : 1); /* untouched on failure */
            if (!ok)
                g_assert_true(error_is(error, ERROR_INVALID));
        }
    }
    g_autoptr(GString) many = g_string_new("\"x\"");
    for (int i = 1; i < HEADER_ETAGS_MAX; i++)
        g_string_append(many, ", \"x\"");
    bool match = true;
    g_assert_true(header_etags_match(many->str, "\"abc\"", true, &match, NULL));
    g_string_append(many, ", \"x\"");
    g_assert_false(header_etags_match(many->str, "\"abc\"", true, &match, NULL));
}

static void test_keys(void)
{
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"", NULL}, {"short", NULL}, {"\"12345678", NULL}, {"1234 5678", NULL},
        {"12345678é", NULL}, {"12345678\"", NULL}, {"\"12345678\" x", NULL},
        {"12345678", "12345678"}, {"\"12345678\"", "12345678"}, {" 1234-_.:~5678 ", "1234-_.:~5678"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *key = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(header_idempotency_key(cases[i].text, &key, &error), ==,
                        cases[i].key != NULL);
        g_assert_cmpstr(key, ==, cases[i].key);
        g_assert_true((error == NULL) == (cases[i].key != NULL));
    }
    g_autofree char *longest = g_strnfill(HEADER_KEY_MAX, 'a');
    g_autofree char *longer = g_strnfill(HEADER_KEY_MAX + 1, 'a');
    g_autofree char *key = NULL;
    g_assert_true(header_idempotency_key(longest, &key, NULL));
    g_assert_false(header_idempotency_key(longer, &key, NULL));
}

static void test_event_ids(void)
{
    static const char *const bad[] = {"", "-", "x", "12-3", "0123456789abcdeF-1", "-1",
                                      "0123456789abcdef-", "0123456789abcdef-1-2", "1 ",
                                      "1234567890123456789"};
    HeaderEventId id = {.number = 7};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(header_event_id(bad[i], &id));
        g_assert_cmpint(id.number, ==, 7);
    }
    g_assert_true(header_event_id("42", &id));
    g_assert_cmpint(id.number, ==, 42);
    g_assert_cmpstr(id.epoch, ==, "");
    g_assert_true(header_event_id("0123456789abcdef-9", &id));
    g_assert_cmpint(id.number, ==, 9);
    g_assert_cmpstr(id.epoch, ==, "0123456789abcdef");
}

static void test_networks(void)
{
    static const struct {
        const char *address, *network;
    } cases[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:db8:1:2::1", "2001:db8:1:2::/64"},
        {"2001:db8:1:3::1", "2001:db8:1:3::/64"},
        {"::ffff:192.0.2.7", "::ffff:192.0.2.7"},
        {"::1", "::1"},
        {"door", "door"},
        {"", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *network = http_network_of(cases[i].address);
        g_assert_cmpstr(network, ==, cases[i].network);
    }
}

static void test_rates(void)
{
    static const HttpRate rate = {"reads", HTTP_RATE_BY_ACTOR, HTTP_RATE_READS, 60};
    RateBuckets *rates = rates_new();
    RateState state;
    g_assert_cmpint(http_rate_burst(&rate), ==, 12);
    for (int i = 0; i < 12; i++) {
        g_assert_true(rates_take(rates, &rate, "per-1", 1000, &state));
        g_assert_cmpint(state.left, ==, 11 - i);
        g_assert_cmpint(state.retry_s, ==, 0);
    }
    g_assert_false(rates_take(rates, &rate, "per-1", 1000, &state));
    g_assert_cmpint(state.retry_s, >=, 1);
    g_assert_cmpint(state.retry_s, <=, 2);
    g_assert_true(rates_take(rates, &rate, "per-2", 1000, &state));
    g_assert_false(rates_take(rates, &rate, "per-1", 1900, &state));
    g_assert_true(rates_take(rates, &rate, "per-1", 2001, &state));
    g_assert_false(rates_take(rates, &rate, "per-1", 2001, &state));
    /* However long it rests, a bucket holds no more than its burst. */
    for (int i = 0; i < 12; i++)
        g_assert_true(rates_take(rates, &rate, "per-1", 10000000, &state));
    g_assert_false(rates_take(rates, &rate, "per-1", 10000000, &state));
    rates_free(rates);
}

/* Addresses can be made up: their buckets may not fill the memory. */
static void test_rates_are_bounded(void)
{
    static const HttpRate rate = {"address", HTTP_RATE_BY_ADDRESS, HTTP_RATE_ALL, 60};
    RateBuckets *rates = rates_new();
    RateState state;
    for (int i = 0; i < 250000; i++) {
        char key[16];
        g_snprintf(key, sizeof key, "%d", i);
        g_assert_true(rates_take(rates, &rate, key, i, &state));
    }
    g_assert_cmpuint(rates_count(rates), <=, 100000);
    rates_free(rates);
}

static bool handler(HttpRequest *request, GError **error)
{
    return http_reply_empty(request, 204, error);
}

static const HttpField thing[] = {
    {"id", HTTP_ID, .required = true, .choices = "thi"},
    {"note", HTTP_TEXT},
    {"end", HTTP_TIME, .required = true, .nullable = true},
    HTTP_SCHEMA("Thing"),
};
static const HttpField secret_thing[] = {
    {"inner", HTTP_OBJECT, .fields = (const HttpField[]){{"token", HTTP_SECRET}, {0}}}, {0}};
static const HttpField body[] = {{"note", HTTP_TEXT, .required = true, .max = 9}, {0}};
static const HttpRoute routes[] = {
    {.method = "GET", .path = "/things/{thing}", .handler = handler, .access = HTTP_PERSON,
     .answer = thing},
    {.method = "PATCH", .path = "/things/{thing}", .handler = handler, .access = HTTP_PERSON,
     .body = body, .answer = thing},
    {.method = "POST", .path = "/things", .handler = handler, .access = HTTP_PERSON, .body = body,
     .answer = secret_thing, .success = 201, .problems = HTTP_PROBLEM(ERROR_QUOTA)},
    {.method = "GET", .path = "/about", .handler = handler, .answer = secret_thing},
    {0},
};
static const HttpRoute *const tables[] = {routes, NULL};

static void test_rows(void)
{
    g_assert_true(route_has_etag(&routes[0]));
    g_assert_false(route_has_etag(&routes[3])); /* a secret's hash is told to nobody */
    g_assert_true(route_twin(tables, &routes[1]) == &routes[0]);
    g_assert_null(route_twin(tables, &routes[2]));
    g_assert_true(http_route_creates(&routes[2]));
    g_assert_false(http_route_creates(&routes[1]));
    g_assert_true(http_route_answers_secret(&routes[2]));
    unsigned problems = http_route_problems(&routes[2]);
    static const ErrorCode some[] = {ERROR_INVALID, ERROR_UNAUTHENTICATED, ERROR_DENIED,
                                     ERROR_CONFLICT, ERROR_TOO_LARGE, ERROR_UNSUPPORTED,
                                     ERROR_UNPROCESSABLE, ERROR_RATE_LIMITED, ERROR_QUOTA};
    for (size_t i = 0; i < G_N_ELEMENTS(some); i++)
        g_assert_true((problems & HTTP_PROBLEM(some[i])) != 0);
    g_assert_false((problems & HTTP_PROBLEM(ERROR_NOT_FOUND)) != 0);
    g_assert_false((problems & HTTP_PROBLEM(ERROR_INTERNAL)) != 0);
    g_assert_true((http_route_problems(&routes[0]) & HTTP_PROBLEM(ERROR_NOT_FOUND)) != 0);
    g_assert_false((http_route_problems(&routes[3]) & HTTP_PROBLEM(ERROR_DENIED)) != 0);
}

static const json_t *at(const json_t *value, const char *path)
{
    g_auto(GStrv) names = g_strsplit(path, " ", -1);
    for (char **name = names; *name != NULL && value != NULL; name++)
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(*name))
                                     : json_object_get(value, *name);
    return value;
}

static void test_document(void)
{
    g_autoptr(json_t) document = http_openapi(tables, "Test", "1", "http://localhost");
    static const char *const there[] = {
        "paths /things post responses 201 headers Idempotency-Replayed",
        "paths /things post responses 507",
        "paths /things post security 1 csrf",
        "paths /things/{thing} get responses 200 headers ETag",
        "paths /things/{thing} get responses 304",
        "paths /things/{thing} patch responses 412",
        "paths /things/{thing} patch requestBody content application/json example note",
        "components schemas Thing properties end",
        "components responses 429 headers Retry-After",
        "components parameters Last-Event-ID example",
    };
    static const char *const absent[] = {
        "paths /things post responses default", "paths /things post responses 404",
        "paths /things post responses 500", "paths /things/{thing} get security 0 csrf",
        "paths /about get responses 200 headers ETag", "paths /about get responses 401",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(there); i++) {
        g_test_message("%s", there[i]);
        g_assert_nonnull(at(document, there[i]));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(absent); i++) {
        g_test_message("%s", absent[i]);
        g_assert_null(at(document, absent[i]));
    }
    g_assert_cmpstr(json_string_value(at(document, "components schemas Thing properties end type 1")),
                    ==, "null");
    g_assert_cmpuint(json_array_size(at(document, "components schemas Thing required")), ==, 2);
}

static void test_answers(void)
{
    static const struct {
        const char *json;
        bool good;
    } cases[] = {
        {"{\"id\":\"thi-abcdefghijkmnpqr\",\"end\":null}", true},
        {"{\"id\":\"thi-abcdefghijkmnpqr\",\"end\":null,\"note\":null}", true},
        {"{\"id\":\"thi-abcdefghijkmnpqr\",\"end\":null,\"note\":\"\"}", true},
        {"{\"id\":\"thi-abcdefghijkmnpqr\",\"end\":null,\"note\":\"a\\nb\"}", true},
        {"{\"id\":\"thi-abcdefghijkmnpqr\"}", false},
        {"{\"id\":null,\"end\":null}", false},
        {"{\"id\":\"oth-abcdefghijkmnpqr\",\"end\":null}", false},
        {"{\"id\":\"thi-abcdefghijkmnpqr\",\"end\":\"soon\"}", false},
        {"{\"id\":\"thi-abcdefghijkmnpqr\",\"end\":null,\"more\":1}", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(json_t) value = json_loads(cases[i].json, 0, NULL);
        g_test_message("%s", cases[i].json);
        g_assert_cmpint(http_answer_check(thing, value, NULL), ==, cases[i].good);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/calls/etags", test_etags);
    g_test_add_func("/http/calls/keys", test_keys);
    g_test_add_func("/http/calls/event-ids", test_event_ids);
    g_test_add_func("/http/calls/networks", test_networks);
    g_test_add_func("/http/calls/rates", test_rates);
    g_test_add_func("/http/calls/rates-are-bounded", test_rates_are_bounded);
    g_test_add_func("/http/calls/rows", test_rows);
    g_test_add_func("/http/calls/document", test_document);
    g_test_add_func("/http/calls/answers", test_answers);
    return g_test_run();
}
