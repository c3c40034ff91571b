/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session ends by itself after a time in any case and sooner when idle; a token at its date. The
 * person's row is read each time, so that disabling somebody or changing a role holds at once.
 */
#include "identity/sessions.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "texts/texts.h"

#include <string.h>

#define SECRET_BYTES 32

void session_grant_clear(SessionGrant *grant)
{
    g_clear_pointer(&grant->id, g_free);
    g_clear_pointer(&grant->secret, secret_free);
    g_clear_pointer(&grant->csrf, secret_free);
}

char *session_csrf(const char *secret)
{
    char *labelled = g_strconcat("darse csrf ", secret, NULL);
    char *csrf = hash_text_hex(labelled);
    secret_free(labelled);
    return csrf;
}

static bool session_end_oldest(StoreTx *tx, const char *person, int64_t now_ms, GError **error)
{
    return store_exec(tx, error,
                      "UPDATE session SET ended_ms = $1 WHERE person = $2 AND ended_ms IS NULL AND "
                      "id NOT IN (SELECT id FROM session WHERE person = $3 AND ended_ms IS NULL "
                      "ORDER BY created_ms DESC LIMIT $4)",
                      store_integer(now_ms), store_text(person), store_text(person),
                      store_integer(SESSION_LIVE_MAX));
}

bool session_create(StoreTx *tx, const char *person, bool second_factor, const char *address,
                    const char *agent, int64_t now_ms, int64_t life_ms, SessionGrant *ret_grant,
                    GError **error)
{
    g_auto(SessionGrant) grant = {.id = id_new("ses"), .secret = random_token(SECRET_BYTES),
                                  .expires_ms = now_ms + life_ms};
    grant.csrf = session_csrf(grant.secret);
    g_autofree char *token_hash = hash_text_hex(grant.secret);
    g_autofree char *csrf_hash = hash_text_hex(grant.csrf);
    g_autofree char *valid = g_utf8_make_valid(agent, -1);
    g_autofree char *short_agent = g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), 200));
    if (!store_exec(tx, error,
                    "INSERT INTO session (id, token_hash, person, csrf_hash, second_factor, "
                    "address, agent, created_ms, seen_ms, expires_ms) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    store_text(grant.id), store_text(token_hash), store_text(person),
                    store_text(csrf_hash), store_integer(second_factor), store_text(address),
                    store_text(short_agent), store_integer(now_ms), store_integer(now_ms),
                    store_integer(grant.expires_ms)) ||
        !session_end_oldest(tx, person, now_ms, error))
        return false;
    *ret_grant = grant;
    grant = (SessionGrant){0};
    return true;
}

bool session_end(StoreTx *tx, const char *person, const char *session, int64_t now_ms,
                 GError **error)
{
    int64_t changed = 0;
    if (!store_exec_changed(tx, &changed, error,
                            "UPDATE session SET ended_ms = $1 WHERE id = $2 AND person = $3 AND "
                            "ended_ms IS NULL",
                            store_integer(now_ms), store_text(session), store_text(person)))
        return false;
    return changed == 1 || error_set(error, ERROR_NOT_FOUND, "identity.no_session",
                                     "You have no such open session.");
}

bool identity_sessions_end(StoreTx *tx, const char *person, const char *keep, int64_t now_ms,
                           GError **error)
{
    const char *kept = keep != NULL ? keep : "";
    return store_exec(tx, error,
                      "UPDATE session SET ended_ms = $1 WHERE person = $2 AND ended_ms IS NULL AND "
                      "id <> $3",
                      store_integer(now_ms), store_text(person), store_text(kept)) &&
           store_exec(tx, error,
                      "UPDATE api_token SET revoked_ms = $1 WHERE person = $2 AND "
                      "revoked_ms IS NULL AND id <> $3",
                      store_integer(now_ms), store_text(person), store_text(kept));
}

/* ---- who holds a secret ---- */

#define HOLDER_COLUMNS                                                                             \
    TERMS_DUE_SQL ", p.id, p.login, p.name, p.organisation, p.roles, COALESCE(p.disabled_ms, 0), "

static PolicyActor *holder_actor(StoreRows *rows, int64_t now_ms)
{
    PolicyActor *actor = g_new0(PolicyActor, 1);
    actor->id = g_strdup(store_row_text(rows, 1));
    actor->login = g_strdup(store_row_text(rows, 2));
    actor->name = g_strdup(store_row_text(rows, 3));
    actor->organisation = g_strdup(store_row_text(rows, 4));
    if (!policy_parse_set(SET_ROLE, store_row_text(rows, 5), &actor->roles))
        actor->roles = 0;
    actor->session = g_strdup(store_row_text(rows, 7));
    actor->second_factor = store_row_integer(rows, 8) != 0;
    actor->terms_overdue = terms_overdue(store_row_integer(rows, 0), now_ms);
    return actor;
}

static bool holder_refuse(GError **error)
{
    return error_set(error, ERROR_UNAUTHENTICATED, "identity.session_ended",
                     "The session or token is unknown, ended or expired; sign in again.");
}

/* The one row of QUERY, or a refusal. */
static bool holder_row(StoreRows *rows, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem))
        return true;
    if (problem == NULL)
        return holder_refuse(error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool session_find(StoreTx *tx, const char *secret, SessionTimes times, PolicyActor **ret_actor,
                  int64_t *ret_seen_ms, int64_t *ret_expires_ms, GError **error)
{
    g_autofree char *hash = hash_text_hex(secret);
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT " HOLDER_COLUMNS "s.id, s.second_factor, s.seen_ms, s.expires_ms "
        "FROM session s JOIN person p ON p.id = s.person "
        "WHERE s.token_hash = $1 AND s.ended_ms IS NULL",
        store_text(hash));
    if (!holder_row(rows, error))
        return false;
    int64_t seen_ms = store_row_integer(rows, 9), expires_ms = store_row_integer(rows, 10);
    if (store_row_integer(rows, 6) != 0 || times.now_ms >= expires_ms ||
        times.now_ms - seen_ms >= times.idle_ms)
        return holder_refuse(error);
    PolicyActor *actor = holder_actor(rows, times.now_ms);
    actor->scopes = SCOPE_ALL;
    actor->channel = CHANNEL_SESSION;
    *ret_actor = actor;
    *ret_seen_ms = seen_ms;
    *ret_expires_ms = expires_ms;
    return true;
}

bool token_find(StoreTx *tx, const char *secret, SessionTimes times, PolicyActor **ret_actor,
                int64_t *ret_seen_ms, int64_t *ret_expires_ms, GError **error)
{
    g_autofree char *hash = hash_text_hex(secret);
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT " HOLDER_COLUMNS "t.id, t.second_factor, COALESCE(t.used_ms, 0), t.expires_ms, "
        "t.scopes FROM api_token t JOIN person p ON p.id = t.person "
        "WHERE t.token_hash = $1 AND t.revoked_ms IS NULL",
        store_text(hash));
    if (!holder_row(rows, error))
        return false;
    unsigned scopes = 0;
    if (store_row_integer(rows, 6) != 0 || times.now_ms >= store_row_integer(rows, 10) ||
        !policy_parse_set(SET_SCOPE, store_row_text(rows, 11), &scopes))
        return holder_refuse(error);
    PolicyActor *actor = holder_actor(rows, times.now_ms);
    actor->scopes = scopes;
    actor->channel = CHANNEL_TOKEN;
    *ret_actor = actor;
    *ret_seen_ms = store_row_integer(rows, 9);
    *ret_expires_ms = store_row_integer(rows, 10);
    return true;
}

/* ---- tokens ---- */

bool token_create(StoreTx *tx, const PolicyActor *actor, const char *name, unsigned scopes,
                  int64_t now_ms, int64_t expires_ms, char **ret_id, char **ret_secret,
                  GError **error)
{
    int64_t live = 0;
    if (!text_check(name, 100, false, "The name", error))
        return false;
    if (scopes == 0)
        return error_set(error, ERROR_INVALID, "identity.token_scopes",
                         "Give at least one scope: read, work, govern, admin.");
    if (expires_ms <= now_ms || expires_ms > now_ms + TOKEN_LIFE_MAX_MS)
        return error_set(error, ERROR_INVALID, "identity.token_expiry",
                         "A token expires in the future, within a year.");
    if (!store_query_integer(tx, &live, 0, error,
                             "SELECT COUNT(*) FROM api_token WHERE person = $1 AND "
                             "revoked_ms IS NULL AND expires_ms > $2",
                             store_text(actor->id), store_integer(now_ms)))
        return false;
    if (live >= TOKEN_LIVE_MAX)
        return error_set(error, ERROR_CONFLICT, "identity.token_count",
                         "You have %d live tokens; revoke one first.", TOKEN_LIVE_MAX);
    char *random = random_token(SECRET_BYTES);
    char *secret = g_strconcat(TOKEN_PREFIX, random, NULL);
    secret_free(random);
    g_autofree char *id = id_new("tok");
    g_autofree char *hash = hash_text_hex(secret);
    g_autofree char *words = policy_format_set(SET_SCOPE, scopes);
    if (!store_exec(tx, error,
                    "INSERT INTO api_token (id, token_hash, person, name, scopes, second_factor, "
                    "created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    store_text(id), store_text(hash), store_text(actor->id), store_text(name),
                    store_text(words), store_integer(actor->second_factor), store_integer(now_ms),
                    store_integer(expires_ms))) {
        secret_free(secret);
        return false;
    }
    *ret_id = g_steal_pointer(&id);
    *ret_secret = secret;
    return true;
}

bool token_revoke(StoreTx *tx, const char *person, const char *token, int64_t now_ms,
                  GError **error)
{
    int64_t changed = 0;
    if (!store_exec_changed(tx, &changed, error,
                            "UPDATE api_token SET revoked_ms = $1 WHERE id = $2 AND person = $3 "
                            "AND revoked_ms IS NULL",
                            store_integer(now_ms), store_text(token), store_text(person)))
        return false;
    return changed == 1 ||
           error_set(error, ERROR_NOT_FOUND, "identity.no_token", "You have no such live token.");
}

/* ---- alive, seen, purged ---- */

static bool alive_count(StoreTx *tx, const char *session, int64_t now_ms, int64_t idle_ms,
                        int64_t *ret_count, GError **error)
{
    if (id_check("tok", session))
        return store_query_integer(
            tx, ret_count, 0, error,
            "SELECT COUNT(*) FROM api_token t JOIN person p ON p.id = t.person WHERE t.id = $1 AND "
            "t.revoked_ms IS NULL AND t.expires_ms > $2 AND p.disabled_ms IS NULL",
            store_text(session), store_integer(now_ms));
    return store_query_integer(
        tx, ret_count, 0, error,
        "SELECT COUNT(*) FROM session s JOIN person p ON p.id = s.person WHERE s.id = $1 AND "
        "s.ended_ms IS NULL AND s.expires_ms > $2 AND s.seen_ms > $3 AND p.disabled_ms IS NULL",
        store_text(session), store_integer(now_ms), store_integer(now_ms - idle_ms));
}

bool identity_session_alive(const App *app, StoreTx *tx, const char *session, int64_t now_ms,
                            bool *ret_alive, GError **error)
{
    int64_t count = 0;
    int64_t idle_ms =
        config_integer(app->config, "identity.session_idle_minutes") * TIME_MINUTE_MS;
    if (!alive_count(tx, session, now_ms, idle_ms, &count, error))
        return false;
    *ret_alive = count > 0;
    return true;
}

typedef struct SessionTouch {
    const char *session;
    int64_t now_ms;
    bool due;
} SessionTouch;

static bool touch_is_due(StoreTx *tx, void *data, GError **error)
{
    SessionTouch *touch = data;
    int64_t seen_ms = 0;
    if (!store_query_integer(tx, &seen_ms, touch->now_ms, error,
                             "SELECT seen_ms FROM session WHERE id = $1",
                             store_text(touch->session)))
        return false;
    touch->due = touch->now_ms - seen_ms >= SEEN_EVERY_MS;
    return true;
}

static bool touch_write(StoreTx *tx, void *data, GError **error)
{
    SessionTouch *touch = data;
    if (id_check("tok", touch->session))
        return store_exec(tx, error, "UPDATE api_token SET used_ms = $1 WHERE id = $2",
                          store_integer(touch->now_ms), store_text(touch->session));
    return store_exec(tx, error,
                      "UPDATE session SET seen_ms = $1 WHERE id = $2 AND ended_ms IS NULL",
                      store_integer(touch->now_ms), store_text(touch->session));
}

bool identity_session_touch(App *app, const char *session, int64_t now_ms, GError **error)
{
    SessionTouch touch = {.session = session, .now_ms = now_ms};
    if (id_check("tok", session))
        return true; /* tokens do not idle */
    if (!store_read(app->store, touch_is_due, &touch, error))
        return false;
    return !touch.due || store_write(app->store, touch_write, &touch, error);
}

bool session_mark_seen(App *app, const char *session, int64_t now_ms, GError **error)
{
    SessionTouch touch = {.session = session, .now_ms = now_ms};
    return store_write(app->store, touch_write, &touch, error);
}

bool sessions_purge(StoreTx *tx, int64_t before_ms, GError **error)
{
    return store_exec(tx, error, "DELETE FROM session WHERE expires_ms < $1",
                      store_integer(before_ms)) &&
           store_exec(tx, error, "DELETE FROM api_token WHERE expires_ms < $1",
                      store_integer(before_ms));
}
