/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face of identity: who is nobody, forged requests, sessions, persons. */
#include "identity_fixture.h"

/* ---- through HTTP ---- */

static int call(HttpClient *client, const char *method, const char *path, json_t *body,
                json_t **ret_answer)
{
    int status = 0;
    g_autoptr(GError) error = NULL;
    http_client_call(client, method, path, body, &status, ret_answer, &error);
    g_assert_no_error(error);
    json_decref(body);
    return status;
}

static const char *reason_of(const json_t *problem)
{
    return json_string_value(json_object_get(problem, "reason"));
}

static void expect(HttpClient *client, const char *method, const char *path, json_t *body,
                   int status, const char *reason)
{
    g_autoptr(json_t) answer = NULL;
    g_assert_cmpint(call(client, method, path, body, &answer), ==, status);
    if (reason != NULL)
        g_assert_cmpstr(reason_of(answer), ==, reason);
}

static HttpClient *client_signed_in(Fixture *f, const char *login, const char *code)
{
    HttpClient *client = http_client_new(f->url);
    http_client_use_cookies(client);
    g_autoptr(json_t) session = NULL;
    json_t *body = json_pack("{s:s, s:s, s:s*}", "login", login, "password", PASSWORD, "code", code);
    g_assert_cmpint(call(client, "POST", "/api/v1/session", body, &session), ==, 200);
    const char *cookie = http_client_header(client, "Set-Cookie");
    g_assert_true(g_str_has_prefix(cookie, "__Host-darse="));
    g_assert_nonnull(strstr(cookie, "Secure; HttpOnly; SameSite=Strict"));
    g_assert_nonnull(strstr(cookie, "Path=/;"));
    g_assert_null(strstr(cookie, "Domain"));
    http_client_set_header(client, "X-Darse-CSRF",
                           json_string_value(json_object_get(session, "csrf")));
    return client;
}

static void test_http_nobody(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(HttpClient) client = http_client_new(f->url);
    for (const HttpRoute *route = identity_routes; route->method != NULL; route++) {
        if (route->access == HTTP_PUBLIC)
            continue;
        g_autofree char *path = g_strdelimit(g_strdup(route->path), "{}", 'x');
        g_autoptr(json_t) answer = NULL;
        g_assert_cmpint(call(client, route->method, path, NULL, &answer), ==, 401);
    }
    http_client_set_token(client, "dar_nothing");
    expect(client, "GET", "/api/v1/session", NULL, 401, "identity.session_ended");
    expect(client, "POST", "/api/v1/session", json_pack("{s:s}", "login", "officer"), 400, NULL);
    expect(client, "POST", "/api/v1/session",
           json_pack("{s:s, s:s, s:s}", "login", "a", "password", "b", "more", "c"), 400, NULL);
}

static void test_http_csrf(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(HttpClient) client = client_signed_in(f, "scientist", NULL);
    json_t *change = json_pack("{s:s}", "name", "Somebody Else");
    expect(client, "GET", "/api/v1/session", NULL, 200, NULL);
    expect(client, "PATCH", "/api/v1/me", json_incref(change), 200, NULL);
    http_client_set_header(client, "Origin", "https://evil.example");
    expect(client, "PATCH", "/api/v1/me", json_incref(change), 403, "identity.csrf");
    http_client_set_header(client, "Origin", "null");
    expect(client, "PATCH", "/api/v1/me", json_incref(change), 403, "identity.csrf");
    http_client_set_header(client, "Origin", f->url);
    expect(client, "PATCH", "/api/v1/me", json_incref(change), 200, NULL);
    http_client_set_header(client, "Sec-Fetch-Site", "cross-site");
    expect(client, "PATCH", "/api/v1/me", json_incref(change), 403, "identity.csrf");
    http_client_set_header(client, "Sec-Fetch-Site", "same-site");
    expect(client, "PATCH", "/api/v1/me", json_incref(change), 403, "identity.csrf");
    /* Nor does the cookie open a GET to a service's page. */
    expect(client, "GET", "/api/v1/session", NULL, 403, "identity.csrf");
    expect(client, "POST", "/api/v1/session",
           json_pack("{s:s, s:s}", "login", "scientist", "password", PASSWORD), 403,
           "identity.csrf");
    http_client_set_header(client, "Sec-Fetch-Site", "same-origin");
    expect(client, "PATCH", "/api/v1/me", json_incref(change), 200, NULL);
    http_client_set_header(client, "X-Darse-CSRF", "wrong");
    expect(client, "PATCH", "/api/v1/me", json_incref(change), 403, "identity.csrf");
    http_client_set_header(client, "X-Darse-CSRF", NULL);
    expect(client, "PATCH", "/api/v1/me", json_incref(change), 403, "identity.csrf");
    expect(client, "DELETE", "/api/v1/session", NULL, 403, "identity.csrf");
    /* Signing in again needs no token of the session that is there. */
    expect(client, "POST", "/api/v1/session",
           json_pack("{s:s, s:s}", "login", "scientist", "password", PASSWORD), 200, NULL);
    json_decref(change);
}

static void test_http_session(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(HttpClient) client = client_signed_in(f, "scientist", NULL);
    g_autoptr(json_t) session = NULL, sessions = NULL, token = NULL;
    g_assert_cmpint(call(client, "GET", "/api/v1/session", NULL, &session), ==, 200);
    g_assert_cmpstr(json_string_value(json_object_get(json_object_get(session, "person"), "login")),
                    ==, "scientist");
    g_assert_false(json_boolean_value(json_object_get(session, "second_factor")));
    g_assert_cmpuint(strlen(json_string_value(json_object_get(session, "csrf"))), ==, 64);
    g_assert_cmpint(call(client, "GET", "/api/v1/me/sessions", NULL, &sessions), ==, 200);
    g_assert_cmpuint(json_array_size(json_object_get(sessions, "items")), ==, 1);
    /* A token reads; it does not change the account. */
    g_autofree char *expires = time_format(time_now_ms() + TIME_DAY_MS);
    json_t *body = json_pack("{s:s, s:[s], s:s}", "name", "laptop", "scopes", "read", "expires",
                             expires);
    g_assert_cmpint(call(client, "POST", "/api/v1/me/tokens", body, &token), ==, 201);
    g_autoptr(HttpClient) bearer = http_client_new(f->url);
    http_client_set_token(bearer, json_string_value(json_object_get(token, "token")));
    expect(bearer, "GET", "/api/v1/persons", NULL, 200, NULL);
    expect(bearer, "PATCH", "/api/v1/me", json_pack("{s:s}", "name", "X"), 403,
           "identity.session_needed");
    /* Ending the session ends it at once, for the same cookie too. */
    expect(client, "DELETE", "/api/v1/me/sessions/ses-aaaaaaaaaaaaaaaa", NULL, 404,
           "identity.no_session");
    expect(client, "DELETE", "/api/v1/session", NULL, 204, NULL);
    expect(client, "GET", "/api/v1/session", NULL, 401, NULL);
    expect(bearer, "GET", "/api/v1/session", NULL, 200, NULL);
}

static void test_http_persons(Fixture *f, gconstpointer data)
{
    (void)data;
    char code[7];
    current_code(f->officer_secret, 0, code);
    g_autoptr(HttpClient) officer = client_signed_in(f, "officer", code);
    g_autoptr(HttpClient) scientist = client_signed_in(f, "scientist", NULL);
    json_t *person = json_pack("{s:s, s:s, s:s, s:s, s:[s], s:s, s:s}", "login", "anna", "name",
                               "Anna", "email", "anna@example.org", "organisation",
                               f->organisation, "roles", "checker", "language", "fr", "password",
                               "a good long password");
    expect(scientist, "POST", "/api/v1/persons", json_deep_copy(person), 403, "policy.role");
    g_assert_cmpint(count_rows(f, "SELECT COUNT(*) FROM person"), ==, 2);
    static const struct {
        const char *field, *value, *reason;
    } bad[] = {{"login", "Anna", "identity.login"},
               {"login", "a/../b", "identity.login"},
               {"login", "officer", "identity.login_taken"},
               {"email", "nowhere", "identity.email"},
               {"password", "short", "identity.password"}};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        json_t *wrong = json_deep_copy(person);
        json_object_set_new(wrong, bad[i].field, json_string(bad[i].value));
        g_autoptr(json_t) answer = NULL;
        g_assert_cmpint(call(officer, "POST", "/api/v1/persons", wrong, &answer), >=, 400);
        g_assert_cmpstr(reason_of(answer), ==, bad[i].reason);
    }
    g_assert_cmpint(count_rows(f, "SELECT COUNT(*) FROM person"), ==, 2);
    g_autoptr(json_t) made = NULL, page = NULL, second = NULL;
    g_assert_cmpint(call(officer, "POST", "/api/v1/persons", person, &made), ==, 201);
    g_autofree char *path = g_strconcat(
        "/api/v1/persons/", json_string_value(json_object_get(made, "id")), NULL);
    expect(officer, "PATCH", path, json_pack("{s:[s,s]}", "roles", "auditor", "checker"), 200,
           NULL);
    expect(scientist, "PATCH", path, json_pack("{s:b}", "disabled", true), 403, "policy.role");
    g_assert_cmpint(call(scientist, "GET", "/api/v1/persons?limit=2", NULL, &page), ==, 200);
    g_assert_cmpuint(json_array_size(json_object_get(page, "items")), ==, 2);
    const json_t *colleague = json_array_get(json_object_get(page, "items"), 0);
    g_assert_nonnull(json_object_get(colleague, "login"));
    g_assert_null(json_object_get(colleague, "email"));
    g_assert_null(json_object_get(colleague, "has_second_factor"));
    g_autofree char *next = g_strconcat("/api/v1/persons?limit=2&cursor=",
                                        json_string_value(json_object_get(page, "next")), NULL);
    g_assert_cmpint(call(scientist, "GET", next, NULL, &second), ==, 200);
    g_assert_cmpuint(json_array_size(json_object_get(second, "items")), ==, 1);
    g_assert_true(json_is_null(json_object_get(second, "next")));
    g_autoptr(json_t) search = NULL, wild = NULL;
    g_assert_cmpint(call(scientist, "GET", "/api/v1/persons?q=AnN", NULL, &search), ==, 200);
    g_assert_cmpuint(json_array_size(json_object_get(search, "items")), ==, 1);
    g_assert_cmpint(call(scientist, "GET", "/api/v1/persons?q=%25", NULL, &wild), ==, 200);
    g_assert_cmpuint(json_array_size(json_object_get(wild, "items")), ==, 0);
    expect(officer, "POST", "/api/v1/organisations",
           json_pack("{s:s, s:s}", "name", "Institut", "kind", "company"), 409, NULL);
    expect(officer, "POST", "/api/v1/organisations",
           json_pack("{s:s, s:s}", "name", "New", "kind", "company"), 201, NULL);
    expect(scientist, "GET", "/api/v1/organisations", NULL, 200, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_setup("test", LOG_LEVEL_ERROR);
    g_assert_cmpint(sodium_init(), >=, 0);
    WITH_INSTANCE("http/nobody", test_http_nobody);
    WITH_INSTANCE("http/csrf", test_http_csrf);
    WITH_INSTANCE("http/session", test_http_session);
    WITH_INSTANCE("http/persons", test_http_persons);
    return g_test_run();
}
