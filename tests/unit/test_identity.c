/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identity: what must be refused comes first. The rows are in a real SQLite database.
 */
#include "identity_fixture.h"

/* ---- parts without rows ---- */

static void test_password(void)
{
    static const char *const bad[] = {"", "short", "eleven char", "aaaaaaaaaaaaaaaa", "\xff\xfe"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(identity_password_hash(bad[i], &error));
        g_assert_cmpstr(error_reason(error), ==, "identity.password");
    }
    g_autofree char *hash = identity_password_hash("twelve chars", NULL);
    g_assert_nonnull(hash);
    g_assert_true(g_str_has_prefix(hash, "$argon2id$v=19$m=65536,t=2,p=1$"));
    g_assert_true(password_check(hash, "twelve chars"));
    g_assert_false(password_check(hash, "twelve charz"));
    g_assert_false(password_check(hash, ""));
    /* Whoever is unknown costs the same work as whoever is known. */
    int64_t known_ms = g_get_monotonic_time();
    password_check(hash, "wrong password");
    known_ms = g_get_monotonic_time() - known_ms;
    int64_t unknown_ms = g_get_monotonic_time();
    g_assert_false(password_check(NULL, "wrong password"));
    unknown_ms = g_get_monotonic_time() - unknown_ms;
    g_assert_cmpint(unknown_ms * 5, >, known_ms);
}

static void test_totp(void)
{
    /* RFC 6238, appendix B, SHA-1, the last six digits. */
    static const struct {
        int64_t seconds;
        const char *code;
    } vectors[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                   {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    static const char secret[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    char code[TOTP_DIGITS + 1];
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_assert_true(totp_code(secret, vectors[i].seconds / 30, code, NULL));
        g_assert_cmpstr(code, ==, vectors[i].code);
    }
    int64_t step = 100, now_ms = step * 30000 + 10, found = 0;
    static const struct {
        int64_t offset, last_step;
        bool matches;
    } cases[] = {{-2, -1, false}, {-1, -1, true},   {0, -1, true},  {1, -1, true}, {2, -1, false},
                 {0, 100, false}, {-1, 100, false}, {1, 100, true}, {0, 99, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_true(totp_code(secret, step + cases[i].offset, code, NULL));
        g_assert_true(totp_match(secret, code, now_ms, cases[i].last_step, &found, NULL));
        g_assert_cmpint(found, ==, cases[i].matches ? step + cases[i].offset : -1);
    }
    static const char *const not_codes[] = {"", "12345", "1234567", "12345a", "12345 ", " 123456"};
    for (size_t i = 0; i < G_N_ELEMENTS(not_codes); i++)
        g_assert_false(totp_looks_like_code(not_codes[i]));
    g_autoptr(GError) error = NULL;
    g_assert_false(totp_code("not base32 !!", 1, code, &error));
    g_assert_true(error_is(error, ERROR_INTERNAL));
    char *made = totp_secret_new();
    g_assert_cmpuint(strlen(made), ==, 32);
    g_assert_true(totp_code(made, 1, code, NULL));
    secret_free(made);
}

static void test_limiter(void)
{
    g_autoptr(Limiter) limiter = limiter_new(3);
    for (int i = 0; i < 4; i++)
        g_assert_true(limiter_take(limiter, "a", 5, 1000));
    limiter_return(limiter, "a");
    g_assert_true(limiter_take(limiter, "a", 5, 1000));
    g_assert_true(limiter_take(limiter, "a", 5, 1000));
    g_assert_false(limiter_take(limiter, "a", 5, 1000));
    g_assert_false(limiter_take(limiter, "a", 5, 1000 + LIMITER_WINDOW_MS - 1));
    g_assert_true(limiter_take(limiter, "b", 5, 2000));
    g_assert_true(limiter_take(limiter, "a", 5, 1000 + LIMITER_WINDOW_MS));
    limiter_clear(limiter, "a");
    limiter_clear(limiter, "never seen");
    limiter_return(limiter, "never seen");
    /* Bounded: the oldest leaves. */
    for (int i = 0; i < 100; i++) {
        g_autofree char *key = g_strdup_printf("k%d", i);
        g_assert_true(limiter_take(limiter, key, 1, 3000));
    }
    g_assert_cmpuint(limiter_size(limiter), ==, 3);
    g_assert_false(limiter_take(limiter, "k99", 1, 3000));
}

static void test_seal(Fixture *f, gconstpointer data)
{
    (void)data;
    const IdentitySeal *seal = identity_seal(&f->app);
    g_autoptr(GBytes) sealed = identity_seal_text(seal, "totp:a", "secret text");
    gsize size = 0;
    const uint8_t *bytes = g_bytes_get_data(sealed, &size);
    g_autoptr(GError) error = NULL;
    g_assert_null(identity_unseal_text(seal, "totp:b", bytes, size, &error));
    g_assert_true(error_is(error, ERROR_INTERNAL));
    for (gsize i = 0; i < size; i++) {
        g_autofree uint8_t *changed = g_memdup2(bytes, size);
        changed[i] ^= 1;
        g_assert_null(identity_unseal_text(seal, "totp:a", changed, size, NULL));
        g_assert_null(identity_unseal_text(seal, "totp:a", bytes, i, NULL));
    }
    g_assert_null(identity_unseal_text(seal, "totp:a", NULL, 0, NULL));
    char *opened = identity_unseal_text(seal, "totp:a", bytes, size, NULL);
    g_assert_cmpstr(opened, ==, "secret text");
    secret_free(opened);
    /* The key is made once, and only its owner reads it. */
    g_autofree char *path = g_build_filename(f->dir, "instance", "seal.key", NULL);
    GStatBuf status;
    g_assert_cmpint(g_stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    g_assert_true(identity_init(f->dir, NULL));
    g_autoptr(IdentitySeal) again = identity_seal_open(f->dir, NULL);
    opened = identity_unseal_text(again, "totp:a", bytes, size, NULL);
    g_assert_cmpstr(opened, ==, "secret text");
    secret_free(opened);
    g_assert_true(file_write(path, "short", 5, 0600, NULL));
    g_clear_error(&error);
    g_assert_null(identity_seal_open(f->dir, &error));
    g_assert_nonnull(error);
}

/* ---- signing in ---- */

static void test_sign_in_refused(Fixture *f, gconstpointer data)
{
    (void)data;
    g_auto(SessionGrant) grant = {0};
    char code[7], old[7];
    current_code(f->officer_secret, 0, code);
    current_code(f->officer_secret, -3, old);
    const struct {
        const char *login, *password, *code, *reason;
    } cases[] = {
        {"nobody", PASSWORD, NULL, "identity.refused"},
        {"", PASSWORD, NULL, "identity.refused"},
        {"scientist", "wrong password", NULL, "identity.refused"},
        {"scientist", "", NULL, "identity.refused"},
        {"Scientist", PASSWORD, NULL, "identity.refused"},
        {"officer", PASSWORD, NULL, "identity.code_needed"},
        {"officer", PASSWORD, "", "identity.refused"},
        {"officer", PASSWORD, "000000x", "identity.refused"},
        {"officer", PASSWORD, old, "identity.refused"},
        {"officer", "wrong password", code, "identity.refused"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *reason =
            sign_in(f, cases[i].login, cases[i].password, cases[i].code, &grant);
        g_assert_cmpstr(reason, ==, cases[i].reason);
    }
    g_assert_cmpint(count_rows(f, "SELECT COUNT(*) FROM session"), ==, 0);
    /* The failures are in the log, without what was typed. */
    g_assert_cmpint(count_rows(f, "SELECT COUNT(*) FROM audit_body"), ==,
                    G_N_ELEMENTS(cases) - 1);
    change_rows(f, "UPDATE person SET disabled_ms = 1 WHERE login = 'scientist'");
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &grant), ==, "identity.refused");
    change_rows(f, "UPDATE person SET disabled_ms = NULL, password_hash = NULL "
                   "WHERE login = 'scientist'");
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &grant), ==, "identity.refused");
    g_assert_null(grant.secret);
}

static void test_sign_in_replay(Fixture *f, gconstpointer data)
{
    (void)data;
    g_auto(SessionGrant) grant = {0};
    char code[7], next[7];
    current_code(f->officer_secret, 0, code);
    current_code(f->officer_secret, 1, next);
    g_assert_cmpstr(sign_in(f, "officer", PASSWORD, code, &grant), ==, "ok");
    session_grant_clear(&grant);
    g_assert_cmpstr(sign_in(f, "officer", PASSWORD, code, &grant), ==, "identity.refused");
    g_assert_cmpstr(sign_in(f, "officer", PASSWORD, next, &grant), ==, "ok");
    session_grant_clear(&grant);
    g_assert_cmpstr(sign_in(f, "officer", PASSWORD, next, &grant), ==, "identity.refused");
    /* An older step never comes back. */
    g_assert_cmpstr(sign_in(f, "officer", PASSWORD, code, &grant), ==, "identity.refused");
    g_assert_cmpint(count_rows(f, "SELECT COUNT(*) FROM session WHERE second_factor = 1"), ==, 2);
}

static void test_sign_in_limit(Fixture *f, gconstpointer data)
{
    (void)data;
    g_auto(SessionGrant) grant = {0};
    int allowed = (int)config_integer(f->config, "identity.sign_in_attempts");
    for (int i = 0; i < 3 * allowed; i++) {
        g_assert_cmpstr(sign_in(f, "officer", PASSWORD, NULL, &grant), ==,
                        "identity.code_needed");
    }
    for (int i = 0; i < allowed; i++)
        g_assert_cmpstr(sign_in(f, "scientist", "wrong", NULL, &grant), ==, "identity.refused");
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &grant), ==, "identity.rate_limited");
    /* Another account from the same address still may, until the address has failed too often. */
    g_assert_cmpstr(sign_in(f, "officer", PASSWORD, NULL, &grant), ==, "identity.code_needed");
    for (int i = 0; i < allowed * IDENTITY_ADDRESS_FACTOR; i++) {
        g_autofree char *login = g_strdup_printf("guess%d", i);
        sign_in(f, login, "wrong", NULL, &grant);
    }
    g_assert_cmpstr(sign_in(f, "officer", PASSWORD, NULL, &grant), ==, "identity.rate_limited");
}

/* Who has one address of a network of IPv6 has them all: they count as one. */
static void test_sign_in_limit_of_a_network(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    int allowed = (int)config_integer(f->config, "identity.sign_in_attempts");
    for (int i = 0; i < allowed * IDENTITY_ADDRESS_FACTOR; i++) {
        g_autofree char *account = g_strdup_printf("guess%d", i);
        g_autofree char *address = g_strdup_printf("2001:db8:0:7::%x", i + 1);
        g_assert_true(identity_attempt_begin(&f->app, account, address, NULL));
    }
    g_assert_false(identity_attempt_begin(&f->app, "officer", "2001:db8:0:7:ff::9", &error));
    g_assert_cmpstr(error_reason(error), ==, "identity.rate_limited");
    g_assert_true(identity_attempt_begin(&f->app, "officer", "2001:db8:0:8::9", NULL));
}

/* ---- sessions and tokens ---- */

typedef struct Find {
    bool token;
    const char *secret;
    SessionTimes times;
    PolicyActor *actor;
} Find;

static bool find_read(StoreTx *tx, void *data, GError **error)
{
    Find *find = data;
    int64_t seen_ms = 0, expires_ms = 0;
    return (find->token ? token_find : session_find)(tx, find->secret, find->times, &find->actor,
                                                     &seen_ms, &expires_ms, error);
}

static bool found(Fixture *f, bool token, const char *secret, int64_t now_ms, PolicyActor **ret)
{
    Find find = {.token = token, .secret = secret, .times = {now_ms, 60 * TIME_MINUTE_MS}};
    g_autoptr(GError) error = NULL;
    bool ok = store_read(f->app.store, find_read, &find, &error);
    if (!ok)
        g_assert_cmpstr(error_reason(error), ==, "identity.session_ended");
    if (ret != NULL)
        *ret = g_steal_pointer(&find.actor);
    policy_actor_free(find.actor);
    return ok;
}

typedef struct Alive {
    Fixture *fixture;
    const char *session;
    int64_t now_ms;
    bool alive;
} Alive;

static bool alive_read(StoreTx *tx, void *data, GError **error)
{
    Alive *alive = data;
    return identity_session_alive(&alive->fixture->app, tx, alive->session, alive->now_ms,
                                  &alive->alive, error);
}

static bool is_alive(Fixture *f, const char *session, int64_t now_ms)
{
    Alive alive = {f, session, now_ms, false};
    g_assert_true(store_read(f->app.store, alive_read, &alive, NULL));
    return alive.alive;
}

static void test_session_ends(Fixture *f, gconstpointer data)
{
    (void)data;
    g_auto(SessionGrant) grant = {0};
    int64_t now_ms = time_now_ms();
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &grant), ==, "ok");
    g_assert_cmpuint(strlen(grant.secret), >=, 43);
    g_assert_cmpint(count_rows(f, "SELECT COUNT(*) FROM session WHERE LENGTH(token_hash) = 64"),
                    ==, 1);
    g_assert_false(found(f, false, "", now_ms, NULL));
    g_assert_false(found(f, false, "x", now_ms, NULL));
    g_assert_false(found(f, true, grant.secret, now_ms, NULL));
    g_assert_true(found(f, false, grant.secret, now_ms, NULL));
    g_assert_false(found(f, false, grant.secret, now_ms + 61 * TIME_MINUTE_MS, NULL));
    change_rows(f, "UPDATE session SET seen_ms = 9000000000000");
    g_assert_true(found(f, false, grant.secret, grant.expires_ms - 1, NULL));
    g_assert_false(found(f, false, grant.secret, grant.expires_ms, NULL));
    g_assert_true(is_alive(f, grant.id, now_ms));
    g_assert_false(is_alive(f, grant.id, grant.expires_ms));
    g_assert_false(is_alive(f, "ses-nothing", now_ms));
    change_rows(f, "UPDATE session SET seen_ms = 5");
    g_assert_false(is_alive(f, grant.id, now_ms));
    g_assert_true(identity_session_touch(&f->app, grant.id, now_ms, NULL));
    g_assert_true(is_alive(f, grant.id, now_ms));
    g_assert_true(found(f, false, grant.secret, now_ms, NULL));
    /* A disabled person has no session and no token from that moment. */
    PersonChange change = {.set_disabled = true, .disabled = true};
    g_autoptr(PolicyActor) system = policy_actor_system();
    g_autoptr(IdentityPerson) person = NULL;
    g_assert_true(
        manage_change_person(&f->app, system, "scientist", &change, &person, NULL));
    g_assert_cmpint(person->disabled_ms, >, 0);
    g_assert_false(found(f, false, grant.secret, now_ms, NULL));
    g_assert_false(is_alive(f, grant.id, now_ms));
    change_rows(f, "UPDATE session SET ended_ms = NULL");
    g_assert_false(found(f, false, grant.secret, now_ms, NULL));
    g_assert_false(is_alive(f, grant.id, now_ms));
}

static PolicyActor *actor_of(Fixture *f, const SessionGrant *grant)
{
    PolicyActor *actor = NULL;
    g_assert_true(found(f, false, grant->secret, time_now_ms(), &actor));
    return actor;
}

static void test_tokens(Fixture *f, gconstpointer data)
{
    (void)data;
    g_auto(SessionGrant) grant = {0};
    int64_t now_ms = time_now_ms(), day_ms = now_ms + TIME_DAY_MS;
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &grant), ==, "ok");
    g_autoptr(PolicyActor) actor = actor_of(f, &grant);
    const struct {
        const char *name;
        unsigned scopes;
        int64_t expires_ms;
        const char *reason;
    } cases[] = {
        {"past", SCOPE_READ, now_ms - 1, "identity.token_expiry"},
        {"too long", SCOPE_READ, now_ms + 367 * TIME_DAY_MS, "identity.token_expiry"},
        {"no scope", 0, day_ms, "identity.token_scopes"},
    };
    char *id = NULL, *secret = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(account_create_token(&f->app, actor, cases[i].name, cases[i].scopes,
                                            cases[i].expires_ms, &id, &secret, &error));
        g_assert_cmpstr(error_reason(error), ==, cases[i].reason);
        g_assert_null(id);
        g_assert_null(secret);
    }
    g_assert_true(account_create_token(&f->app, actor, "laptop", SCOPE_READ, day_ms, &id, &secret,
                                       NULL));
    g_assert_true(g_str_has_prefix(secret, "dar_"));
    g_assert_false(found(f, false, secret, now_ms, NULL));
    PolicyActor *bearer = NULL;
    g_assert_true(found(f, true, secret, now_ms, &bearer));
    g_assert_cmpint(bearer->scopes, ==, SCOPE_READ);
    g_assert_cmpint(bearer->channel, ==, CHANNEL_TOKEN);
    g_assert_false(bearer->second_factor);
    g_assert_true(is_alive(f, id, now_ms));
    /* A token cannot make itself a wider one, nor change the account. */
    g_autoptr(GError) error = NULL;
    char *wide_id = NULL, *wide = NULL;
    g_assert_false(account_create_token(&f->app, bearer, "wide", SCOPE_ALL, day_ms, &wide_id,
                                        &wide, &error));
    g_assert_cmpstr(error_reason(error), ==, "identity.session_needed");
    /* It is refused what its scopes do not cover. */
    g_assert_false(policy_decide(bearer, VERB_PERSON_MANAGE, NULL).allowed);
    g_assert_cmpstr(policy_decide(bearer, VERB_PERSON_MANAGE, NULL).reason, ==, "policy.scope");
    g_assert_false(found(f, true, secret, day_ms, NULL));
    g_clear_error(&error);
    g_assert_false(account_revoke_token(&f->app, actor, "tok-nothing", &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
    g_assert_true(account_revoke_token(&f->app, actor, id, NULL));
    g_assert_false(found(f, true, secret, now_ms, NULL));
    g_assert_false(is_alive(f, id, now_ms));
    policy_actor_free(bearer);
    g_free(id);
    secret_free(secret);
}

/* ---- codes that sign ---- */

typedef struct Verify {
    Fixture *fixture;
    const char *person, *code;
    bool fail_after;
} Verify;

static bool verify_write(StoreTx *tx, void *data, GError **error)
{
    Verify *verify = data;
    return identity_verify_code(&verify->fixture->app, tx, verify->person, verify->code, error) &&
           (!verify->fail_after || error_set(error, ERROR_CONFLICT, "test.after", "After."));
}

static const char *verify(Fixture *f, const char *person, const char *code, bool fail_after)
{
    Verify run = {f, person, code, fail_after};
    g_autoptr(GError) error = NULL;
    return store_write(f->app.store, verify_write, &run, &error) ? "ok" : error_reason(error);
}

static void test_verify_code(Fixture *f, gconstpointer data)
{
    (void)data;
    char code[7];
    current_code(f->officer_secret, 0, code);
    g_assert_cmpstr(verify(f, f->scientist, code, false), ==, "identity.no_second_factor");
    g_assert_cmpstr(verify(f, "per-nothing", code, false), ==, "identity.no_person");
    g_assert_cmpstr(verify(f, f->officer, "", false), ==, "identity.code_refused");
    g_assert_cmpstr(verify(f, f->officer, "abcdef", false), ==, "identity.code_refused");
    /* A write that fails gives the code back. */
    g_assert_cmpstr(verify(f, f->officer, code, true), ==, "test.after");
    g_assert_cmpstr(verify(f, f->officer, code, false), ==, "ok");
    g_assert_cmpstr(verify(f, f->officer, code, false), ==, "identity.code_refused");
    for (int i = 0; i < 9; i++)
        g_assert_cmpstr(verify(f, f->officer, "abcdef", false), ==, "identity.code_refused");
    current_code(f->officer_secret, 1, code);
    g_assert_cmpstr(verify(f, f->officer, code, false), ==, "identity.rate_limited");
}

static void test_set_up_factor(Fixture *f, gconstpointer data)
{
    (void)data;
    g_auto(SessionGrant) grant = {0}, other = {0};
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &grant), ==, "ok");
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &other), ==, "ok");
    g_autoptr(PolicyActor) actor = actor_of(f, &grant);
    char *secret = NULL, *uri = NULL;
    GStrv codes = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(account_confirm_factor(&f->app, actor, "123456", &codes, &error));
    g_assert_cmpstr(error_reason(error), ==, "identity.nothing_pending");
    g_clear_error(&error);
    g_assert_false(account_begin_factor(&f->app, actor, "wrong", NULL, &secret, &uri, &error));
    g_assert_cmpstr(error_reason(error), ==, "identity.password_refused");
    g_clear_error(&error);
    g_assert_true(account_begin_factor(&f->app, actor, PASSWORD, NULL, &secret, &uri, &error));
    g_assert_true(g_str_has_prefix(uri, "otpauth://totp/Darse:scientist?secret="));
    g_assert_false(account_confirm_factor(&f->app, actor, "000000x", &codes, &error));
    g_assert_cmpstr(error_reason(error), ==, "identity.code_refused");
    g_clear_error(&error);
    /* Nothing holds before it is confirmed. */
    g_assert_cmpint(count_rows(f, "SELECT COUNT(*) FROM person WHERE login = 'scientist' AND "
                                  "totp_sealed IS NOT NULL"), ==, 0);
    char code[7];
    current_code(secret, 0, code);
    g_assert_true(account_confirm_factor(&f->app, actor, code, &codes, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(g_strv_length(codes), ==, RECOVERY_CODES);
    g_assert_false(found(f, false, other.secret, time_now_ms(), NULL));
    g_autoptr(PolicyActor) now = actor_of(f, &grant);
    g_assert_true(now->second_factor);
    /* The code that confirmed is used up; a recovery code works once, however it is spelt. */
    g_auto(SessionGrant) third = {0};
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, code, &third), ==, "identity.refused");
    g_autofree char *shouted = g_ascii_strup(codes[3], -1);
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, shouted, &third), ==, "ok");
    session_grant_clear(&third);
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, codes[3], &third), ==, "identity.refused");
    /* A recovery code signs nothing. */
    g_assert_cmpstr(verify(f, f->scientist, codes[4], false), ==, "identity.code_refused");
    recovery_codes_free(codes);
    secret_free(secret);
    secret_free(uri);
}

static void test_change_password(Fixture *f, gconstpointer data)
{
    (void)data;
    g_auto(SessionGrant) grant = {0}, other = {0}, after = {0};
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &grant), ==, "ok");
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &other), ==, "ok");
    g_autoptr(PolicyActor) actor = actor_of(f, &grant);
    const struct {
        const char *current, *password, *reason;
    } cases[] = {{"wrong", "a good long password", "identity.password_refused"},
                 {PASSWORD, "short", "identity.password"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(account_set_password(&f->app, actor, cases[i].current, cases[i].password,
                                            NULL, &error));
        g_assert_cmpstr(error_reason(error), ==, cases[i].reason);
    }
    g_assert_true(account_set_password(&f->app, actor, PASSWORD, "a good long password", NULL,
                                       NULL));
    g_assert_false(found(f, false, other.secret, time_now_ms(), NULL));
    g_assert_true(found(f, false, grant.secret, time_now_ms(), NULL));
    g_assert_cmpstr(sign_in(f, "scientist", PASSWORD, NULL, &after), ==, "identity.refused");
    g_assert_cmpstr(sign_in(f, "scientist", "a good long password", NULL, &after), ==, "ok");
}

/* ---- officers ---- */

static void test_last_officer(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(PolicyActor) system = policy_actor_system();
    const PersonChange changes[] = {{.set_disabled = true, .disabled = true},
                                    {.set_roles = true, .roles = ROLE_AUDITOR}};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(IdentityPerson) person = NULL;
        g_assert_false(
            manage_change_person(&f->app, system, "officer", &changes[i], &person, &error));
        g_assert_cmpstr(error_reason(error), ==, "identity.last_officer");
        g_assert_null(person);
    }
    PersonChange promote = {.set_roles = true, .roles = ROLE_OFFICER};
    g_autoptr(IdentityPerson) promoted = NULL, disabled = NULL;
    g_assert_true(
        manage_change_person(&f->app, system, "scientist", &promote, &promoted, NULL));
    g_assert_true(
        manage_change_person(&f->app, system, f->officer, &changes[0], &disabled, NULL));
}

static void test_demo_code(Fixture *f, gconstpointer data)
{
    (void)data;
    const IdentitySeal *seal = identity_seal(&f->app);
    g_autoptr(GError) error = NULL;
    g_assert_null(identity_demo_code(f->app.store, seal, "officer", &error));
    g_assert_cmpstr(error_reason(error), ==, "identity.not_demonstration");
    g_clear_error(&error);
    change_rows(f, "INSERT INTO instance_fact (name, value) VALUES ('demonstration', 'true')");
    g_assert_null(identity_demo_code(f->app.store, seal, "scientist", &error));
    g_assert_cmpstr(error_reason(error), ==, "identity.no_second_factor");
    g_auto(SessionGrant) grant = {0};
    for (int i = 0; i < 2; i++) {
        char *code = identity_demo_code(f->app.store, seal, "officer", NULL);
        g_assert_cmpstr(sign_in(f, "officer", PASSWORD, code, &grant), ==, "ok");
        session_grant_clear(&grant);
        secret_free(code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_setup("test", LOG_LEVEL_ERROR);
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_add_func("/identity/password", test_password);
    g_test_add_func("/identity/totp", test_totp);
    g_test_add_func("/identity/limiter", test_limiter);
    WITH_INSTANCE("seal", test_seal);
    WITH_INSTANCE("sign-in/refused", test_sign_in_refused);
    WITH_INSTANCE("sign-in/replay", test_sign_in_replay);
    WITH_INSTANCE("sign-in/limit", test_sign_in_limit);
    WITH_INSTANCE("sign-in/limit-of-a-network", test_sign_in_limit_of_a_network);
    WITH_INSTANCE("session/ends", test_session_ends);
    WITH_INSTANCE("tokens", test_tokens);
    WITH_INSTANCE("code/verify", test_verify_code);
    WITH_INSTANCE("code/set-up", test_set_up_factor);
    WITH_INSTANCE("password/change", test_change_password);
    WITH_INSTANCE("officer/last", test_last_officer);
    WITH_INSTANCE("demonstration/code", test_demo_code);
    return g_test_run();
}
