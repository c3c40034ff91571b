/* SPDX-License-Identifier: Apache-2.0 */
/* app: acting leaves one leaf or changes nothing; denials are leaves; events; pages. */
#include "app/app.h"
#include "app/once.h"
#include "base/error.h"
#include "base/files.h"
#include "http/client.h"

#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

typedef struct Fixture {
    char *dir;
    App app;
} Fixture;

static void setup(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    f->dir = g_dir_make_tmp("darse-XXXXXX", NULL);
    g_autofree char *url = g_strdup_printf("sqlite:%s/t.db", f->dir);
    f->app.store = store_open(url, NULL, 2, &error);
    g_assert_no_error(error);
    g_assert_true(store_migrate(f->app.store, 0, &error));
    f->app.events = events_new();
}

static void teardown(Fixture *f, const void *unused)
{
    (void)unused;
    store_close(f->app.store);
    events_free(f->app.events);
    g_assert_true(tree_remove(f->dir, NULL));
    g_free(f->dir);
}

typedef struct Count {
    const char *sql;
    int64_t count;
} Count;

static bool read_count(StoreTx *tx, void *data, GError **error)
{
    Count *count = data;
    return store_query_integer(tx, &count->count, -1, error, count->sql);
}

static int64_t count_of(Fixture *f, const char *sql)
{
    Count count = {.sql = sql};
    GError *error = NULL;
    g_assert_true(store_read(f->app.store, read_count, &count, &error));
    g_assert_no_error(error);
    return count.count;
}

#define LEAVES "SELECT count(*) FROM audit_leaf"
#define DONE "SELECT count(*) FROM audit_body WHERE entry LIKE '%\"outcome\":\"done\"%'"
#define DENIED "SELECT count(*) FROM audit_body WHERE entry LIKE '%\"outcome\":\"denied\"%'"
#define FACTS "SELECT count(*) FROM instance_fact"

typedef enum Ending { END_WELL, END_DENIED_LATE, END_FAILED } Ending;

static bool insert_fact(Act *act, void *data, GError **error)
{
    const Ending *ending = data;
    PolicyFacts facts = {0};
    act_about(act, "obj-1", "prj-1");
    act_detail(act, "colour", "blue");
    act_notify(act, "project:prj-1");
    if (!store_exec(act->tx, error, "INSERT INTO instance_fact VALUES ('a', 'b')"))
        return false;
    if (*ending == END_FAILED)
        return error_set(error, ERROR_CONFLICT, "test.conflict", "No.");
    return act_allow(act, &facts, error);
}

static PolicyActor officer = {.id = (char *)"per-1", .roles = ROLE_OFFICER, .scopes = SCOPE_ALL,
                              .second_factor = true, .request = (char *)"req-1",
                              .address = (char *)"127.0.0.1"};
static PolicyActor nobody_much = {.id = (char *)"per-2", .scopes = SCOPE_ALL};

static void test_done(Fixture *f, const void *unused)
{
    (void)unused;
    static const char *const topics[] = {"project:prj-1", NULL};
    EventsTap *tap = events_tap(f->app.events, topics, NULL);
    GError *error = NULL;
    Ending ending = END_WELL;
    int64_t sequence = -1;
    g_assert_true(act_run(&f->app, &officer, VERB_PERSON_MANAGE, insert_fact, &ending, &sequence,
                          &error));
    g_assert_no_error(error);
    g_assert_cmpint(sequence, ==, 0);
    g_assert_cmpint(count_of(f, FACTS), ==, 1);
    g_assert_cmpint(count_of(f, DONE), ==, 1);
    g_assert_cmpint(count_of(f, "SELECT count(*) FROM audit_body WHERE actor = 'per-1' AND object "
                                "= 'obj-1' AND project = 'prj-1' AND verb = 'person.manage'"),
                    ==, 1);
    bool closed = true;
    json_t *event = events_wait(tap, 0, &closed);
    g_assert_nonnull(event);
    g_assert_false(closed);
    json_decref(event);
    events_untap(tap);
}

static void test_denied(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    Ending ending = END_WELL;
    int64_t sequence = 77;
    g_assert_false(act_run(&f->app, &nobody_much, VERB_PERSON_MANAGE, insert_fact, &ending,
                           &sequence, &error));
    g_assert_cmpstr(error_reason(error), ==, "policy.role");
    g_clear_error(&error);
    g_assert_cmpint(sequence, ==, 77);
    /* The row inserted before the question is gone; the denial is in the log. */
    g_assert_cmpint(count_of(f, FACTS), ==, 0);
    g_assert_cmpint(count_of(f, DENIED), ==, 1);
    g_assert_cmpint(count_of(f, LEAVES), ==, 1);
    g_assert_cmpint(count_of(f, "SELECT count(*) FROM audit_body WHERE entry LIKE "
                                "'%policy.role%' AND object = 'obj-1'"), ==, 1);
}

static void test_failed(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    Ending ending = END_FAILED;
    g_assert_false(act_run(&f->app, &officer, VERB_PERSON_MANAGE, insert_fact, &ending, NULL,
                           &error));
    g_assert_cmpstr(error_reason(error), ==, "test.conflict");
    g_clear_error(&error);
    g_assert_cmpint(count_of(f, FACTS), ==, 0);
    g_assert_cmpint(count_of(f, LEAVES), ==, 0);
}

static bool look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    (void)tx;
    const PolicyVerb *verb = data;
    PolicyFacts facts = {0};
    return policy_enforce(actor, *verb, &facts, error);
}

static void test_look(Fixture *f, const void *unused)
{
    (void)unused;
    GError *error = NULL;
    PolicyVerb verb = VERB_AUDIT_READ;
    g_assert_true(look_run(&f->app, &officer, verb, "log", false, look, &verb, &error));
    g_assert_cmpint(count_of(f, LEAVES), ==, 0);
    g_assert_true(look_run(&f->app, &officer, verb, "log", true, look, &verb, &error));
    g_assert_cmpint(count_of(f, DONE), ==, 1);
    g_assert_false(look_run(&f->app, &nobody_much, verb, "log", false, look, &verb, &error));
    g_assert_true(error_is(error, ERROR_DENIED));
    g_clear_error(&error);
    g_assert_cmpint(count_of(f, DENIED), ==, 1);
}

static void test_events_overflow(void)
{
    Events *events = events_new();
    static const char *const topics[] = {"a", NULL};
    EventsTap *tap = events_tap(events, topics, NULL);
    bool closed = true;
    events_publish(events, "b", NULL);
    g_assert_null(events_wait(tap, 0, &closed));
    g_assert_false(closed);
    for (int i = 0; i < 300; i++)
        events_publish(events, "a", json_integer(i));
    g_autoptr(json_t) first = events_wait(tap, 0, &closed);
    g_assert_cmpstr(json_string_value(json_object_get(first, "topic")), ==, "missed");
    g_autoptr(json_t) second = events_wait(tap, 0, &closed);
    g_assert_cmpint(json_integer_value(json_object_get(second, "data")), ==, 300 - 256);
    events_close(events);
    int waiting = 0;
    json_t *event;
    while ((event = events_wait(tap, 1000, &closed)) != NULL) {
        json_decref(event);
        waiting++;
    }
    g_assert_cmpint(waiting, ==, 255);
    g_assert_true(closed);
    events_untap(tap);
    events_free(events);
}

static json_t *next_event(EventsTap *tap)
{
    bool closed = false;
    return events_wait(tap, 0, &closed);
}

static const char *text_of(const json_t *event, const char *name)
{
    return json_string_value(json_object_get(event, name));
}

/* ---- calls that are done once ---- */

static atomic_int once_acts;       /* how often the action was committed */
static ErrorCode once_failure;     /* how its answer then fails; ERROR_CODE_COUNT: it does not */

static bool once_in_act(Act *act, void *data, GError **error)
{
    (void)data;
    (void)error;
    act_about(act, "thing", NULL);
    return true;
}

static bool once_make(HttpRequest *request, GError **error)
{
    if (once_failure == ERROR_CONFLICT)
        return error_set(error, ERROR_CONFLICT, "test.refused", "Not now.");
    if (!act_run(request_app(request), request_actor(request), VERB_ACCOUNT_OWN, once_in_act, NULL,
                 NULL, error))
        return false;
    atomic_fetch_add(&once_acts, 1);
    if (once_failure != ERROR_CODE_COUNT)
        return error_set(error, once_failure, "test.read", "The answer could not be read.");
    return http_reply_json(request, 201, json_pack("{s:i}", "n", atomic_load(&once_acts)), error);
}

static bool once_authenticate(HttpRequest *request, GError **error)
{
    (void)error;
    PolicyActor *actor = policy_actor_system();
    http_request_set_actor(request, actor, (GDestroyNotify)policy_actor_free);
    return true;
}

static int once_post(HttpClient *client, const char *key, char **ret_reason)
{
    int status = 0;
    g_autoptr(json_t) answer = NULL;
    GError *error = NULL;
    http_client_set_header(client, "Idempotency-Key", key);
    g_assert_true(http_client_call(client, "POST", "/things", NULL, &status, &answer, &error));
    g_assert_no_error(error);
    g_free(*ret_reason);
    *ret_reason = g_strdup(json_string_value(json_object_get(answer, "reason")));
    return status;
}

/* A fault after the commit does not free the key; a refusal does. */
static void test_once(Fixture *f, const void *unused)
{
    (void)unused;
    static const HttpField answer[] = {{"n", HTTP_INTEGER, .required = true}, {0}};
    static const HttpRoute routes[] = {
        {.method = "POST", .path = "/things", .handler = once_make, .access = HTTP_PERSON,
         .answer = answer, .success = 201},
        {0}};
    static const HttpRoute *const tables[] = {routes, NULL};
    HttpSite site = {.name = "test", .tables = tables, .authenticate = once_authenticate,
                     .data = &f->app, .once = &once_hooks};
    const HttpSite *const sites[] = {&site, NULL};
    HttpListener listener = {.address = "127.0.0.1", .sites = sites};
    HttpLimits limits = {.max_connections = 4, .max_body_bytes = 4096};
    g_autoptr(GError) error = NULL;
    g_autofree char *reason = NULL;
    f->app.once = once_new();
    HttpServer *server = http_server_start(&listener, &limits, &error);
    g_assert_no_error(error);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d", http_server_port(server));
    g_autoptr(HttpClient) client = http_client_new(url);

    static const ErrorCode faults[] = {ERROR_INTERNAL, ERROR_UNAVAILABLE};
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autofree char *key = g_strdup_printf("fault-%zu-key", i);
        int before = atomic_load(&once_acts);
        once_failure = faults[i];
        g_assert_cmpint(once_post(client, key, &reason), >=, 500);
        once_failure = ERROR_CODE_COUNT;
        g_assert_cmpint(once_post(client, key, &reason), ==, 409);
        g_assert_cmpstr(reason, ==, "http.done_already");
        g_assert_cmpint(atomic_load(&once_acts), ==, before + 1);
    }
    int before = atomic_load(&once_acts);
    once_failure = ERROR_CONFLICT;
    g_assert_cmpint(once_post(client, "refused-key", &reason), ==, 409);
    g_assert_cmpstr(reason, ==, "test.refused");
    once_failure = ERROR_CODE_COUNT;
    g_assert_cmpint(once_post(client, "refused-key", &reason), ==, 201);
    g_assert_cmpint(once_post(client, "refused-key", &reason), ==, 201);
    g_assert_cmpint(atomic_load(&once_acts), ==, before + 1);
    http_server_stop(server, 1000);
    http_server_free(server);
    once_free(f->app.once);
    f->app.once = NULL;
}

/* Who comes back is told what came meanwhile, each topic once; or that it is not known. */
static void test_events_resume(void)
{
    Events *events = events_new();
    static const char *const topics[] = {"a", "b", NULL};
    EventsTap *tap = events_tap(events, topics, NULL);
    events_publish(events, "a", NULL);
    g_autoptr(json_t) seen = next_event(tap);
    events_untap(tap);
    for (int i = 0; i < 3; i++)
        events_publish(events, "a", NULL);
    events_publish(events, "other", NULL);
    events_publish(events, "b", NULL);
    tap = events_tap(events, topics, text_of(seen, "id"));
    g_autoptr(json_t) first = next_event(tap);
    g_autoptr(json_t) second = next_event(tap);
    g_assert_cmpstr(text_of(first, "topic"), ==, "a");
    g_assert_cmpstr(text_of(second, "topic"), ==, "b");
    g_assert_null(next_event(tap));
    events_untap(tap);
    const char *unknown[] = {"0123456789abcdef-1", "x", "7", text_of(second, "id")};
    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
        tap = events_tap(events, topics, unknown[i]);
        g_autoptr(json_t) event = next_event(tap);
        g_assert_cmpstr(event != NULL ? text_of(event, "topic") : "", ==, i < 3 ? "missed" : "");
        events_untap(tap);
    }
    for (int i = 0; i < 5000; i++)
        events_publish(events, "b", NULL);
    tap = events_tap(events, topics, text_of(seen, "id"));
    g_autoptr(json_t) gap = next_event(tap);
    g_assert_cmpstr(text_of(gap, "topic"), ==, "missed");
    events_untap(tap);
    events_free(events);
}

static const char *item_key(const json_t *item)
{
    return json_string_value(item);
}

static void test_page(void)
{
    json_t *items = json_pack("[s,s,s]", "a", "b", "c");
    g_autoptr(json_t) page = page_json(items, 2, item_key);
    g_assert_cmpuint(json_array_size(json_object_get(page, "items")), ==, 2);
    g_assert_cmpstr(json_string_value(json_object_get(page, "next")), ==, "Yg==");
    g_autoptr(json_t) last = page_json(json_pack("[s,s]", "a", "b"), 2, item_key);
    g_assert_true(json_is_null(json_object_get(last, "next")));
    g_autoptr(json_t) empty = page_json(json_array(), 2, item_key);
    g_assert_true(json_is_null(json_object_get(empty, "next")));
}

int main(int argc, char **argv)
{
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_init(&argc, &argv, NULL);
    g_test_add("/app/done", Fixture, NULL, setup, test_done, teardown);
    g_test_add("/app/denied", Fixture, NULL, setup, test_denied, teardown);
    g_test_add("/app/once", Fixture, NULL, setup, test_once, teardown);
    g_test_add("/app/failed", Fixture, NULL, setup, test_failed, teardown);
    g_test_add("/app/look", Fixture, NULL, setup, test_look, teardown);
    g_test_add_func("/app/events/overflow", test_events_overflow);
    g_test_add_func("/app/events/resume", test_events_resume);
    g_test_add_func("/app/page", test_page);
    return g_test_run();
}
