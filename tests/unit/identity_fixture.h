/* SPDX-License-Identifier: Apache-2.0 */
/* A small instance with an officer (second factor) and a scientist, served on a real port. */
#ifndef DARSE_TESTS_IDENTITY_FIXTURE_H
#define DARSE_TESTS_IDENTITY_FIXTURE_H

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/times.h"
#include "http/client.h"
#include "identity/account.h"
#include "identity/factor.h"
#include "identity/limiter.h"
#include "identity/manage.h"
#include "identity/password.h"
#include "identity/state.h"
#include "identity/totp.h"

#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD "correct horse battery"

/* ---- a small instance ---- */

typedef struct Fixture {
    char *dir;
    App app;
    Config *config;
    char *organisation, *officer, *scientist;   /* ids */
    char *officer_secret;                        /* of the second factor */
    HttpSite site;
    const HttpSite *sites[2];
    const HttpRoute *tables[2];
    HttpServer *server;
    char *url;
} Fixture;

typedef struct Setup {
    Fixture *fixture;
    char *hash;
} Setup;

static inline bool setup_rows(StoreTx *tx, void *data, GError **error)
{
    Setup *setup = data;
    Fixture *f = setup->fixture;
    if (!identity_organisation_create(tx, "Institut", "statistics", &f->organisation, error))
        return false;
    IdentityNewPerson officer = {.login = "officer", .name = "Olga Officer",
                                 .email = "olga@example.org", .organisation = f->organisation,
                                 .roles = ROLE_OFFICER, .language = "fr",
                                 .password_hash = setup->hash};
    IdentityNewPerson scientist = {.login = "scientist", .name = "Sam Scientist",
                                   .email = "sam@example.org", .organisation = f->organisation,
                                   .roles = 0, .language = "en", .password_hash = setup->hash};
    return identity_person_create(tx, &officer, &f->officer, error) &&
           identity_person_create(tx, &scientist, &f->scientist, error) &&
           identity_second_factor_set(identity_seal(&f->app), tx, f->officer, &f->officer_secret,
                                      error);
}

static inline void fixture_start_server(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    f->tables[0] = identity_routes;
    f->site = (HttpSite){.name = "portal", .tables = f->tables,
                         .authenticate = identity_authenticate,
                         .check_origin = identity_check_origin, .data = &f->app};
    f->sites[0] = &f->site;
    HttpListener listener = {.address = "127.0.0.1", .port = 0, .sites = f->sites};
    HttpLimits limits = {.max_connections = 20, .max_body_bytes = 65536};
    f->server = http_server_start(&listener, &limits, &error);
    g_assert_no_error(error);
    f->url = g_strdup_printf("http://localhost:%d", http_server_port(f->server));
    f->app.portal_url = f->url;
}

static inline void fixture_open(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    f->dir = g_dir_make_tmp("darse-identity-XXXXXX", &error);
    f->config = config_load(f->dir, &error);
    g_assert_no_error(error);
    g_autofree char *url = g_strdup_printf("sqlite:%s/darse.db", f->dir);
    f->app = (App){.config = f->config, .state_dir = f->dir, .events = events_new()};
    f->app.store = store_open(url, NULL, 2, &error);
    g_assert_no_error(error);
    g_assert_true(store_migrate(f->app.store, 0, &error));
    g_assert_true(identity_init(f->dir, &error));
    g_assert_true(identity_room.start(&f->app, &error));
    g_assert_no_error(error);
    /* A cheap hash of the same kind, so that the tests are not spent hashing. */
    char hash[crypto_pwhash_STRBYTES];
    g_assert_cmpint(crypto_pwhash_str_alg(hash, PASSWORD, strlen(PASSWORD), 1, 8192 * 2,
                                          crypto_pwhash_ALG_ARGON2ID13), ==, 0);
    Setup setup = {f, hash};
    g_assert_true(store_write(f->app.store, setup_rows, &setup, &error));
    g_assert_no_error(error);
    fixture_start_server(f);
}

static inline void fixture_close(Fixture *f, gconstpointer data)
{
    (void)data;
    http_server_stop(f->server, 1000);
    http_server_free(f->server);
    identity_room.stop(&f->app);
    store_close(f->app.store);
    events_free(f->app.events);
    config_free(f->config);
    tree_remove(f->dir, NULL);
    g_free(f->dir);
    g_free(f->organisation);
    g_free(f->officer);
    g_free(f->scientist);
    secret_free(f->officer_secret);
    g_free(f->url);
}

typedef struct Count {
    const char *sql;
    int64_t count;
} Count;

static inline bool count_read(StoreTx *tx, void *data, GError **error)
{
    Count *count = data;
    return store_query_integer(tx, &count->count, 0, error, count->sql);
}

static inline int64_t count_rows(Fixture *f, const char *sql)
{
    Count count = {sql, -1};
    g_autoptr(GError) error = NULL;
    store_read(f->app.store, count_read, &count, &error);
    g_assert_no_error(error);
    return count.count;
}

static inline bool run_sql(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, (const char *)data);
}

static inline void change_rows(Fixture *f, const char *sql)
{
    g_autoptr(GError) error = NULL;
    store_write(f->app.store, run_sql, (void *)sql, &error);
    g_assert_no_error(error);
}

static inline void current_code(const char *secret, int64_t steps_later, char ret_code[7])
{
    g_assert_true(totp_code(secret, totp_step(time_now_ms()) + steps_later, ret_code, NULL));
}

static inline const char *sign_in(Fixture *f, const char *login, const char *password, const char *code,
                           SessionGrant *ret_grant)
{
    SignIn given = {.login = login, .password = password, .code = code, .address = "192.0.2.1",
                    .agent = "test", .request = "req-test"};
    g_autoptr(GError) error = NULL;
    g_autoptr(IdentityPerson) person = NULL;
    if (account_sign_in(&f->app, &given, ret_grant, &person, &error)) {
        g_assert_cmpstr(person->login, ==, login);
        return "ok";
    }
    g_assert_nonnull(error);
    g_assert_null(person);
    return error_reason(error);
}

#define WITH_INSTANCE(name, function)                                                              \
    g_test_add("/identity/" name, Fixture, NULL, fixture_open, function, fixture_close)

#endif
