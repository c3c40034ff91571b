/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room: who is asking. A request comes with the session cookie, or with an API token; its actor
 * is made from the rows as they are now. A cookie alone changes nothing: unsafe methods also need
 * the session's anti-forgery token and must come from our own pages.
 */
#include "identity/identity.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/log.h"
#include "base/times.h"
#include "identity/persons.h"
#include "identity/remind.h"
#include "identity/sessions.h"
#include "identity/state.h"

#include <string.h>

#define RETENTION_MS (90 * TIME_DAY_MS)   /* of sessions and tokens that are over */
#define BEARER "Bearer "

typedef bool (*HolderFind)(StoreTx *tx, const char *secret, SessionTimes times,
                           PolicyActor **ret_actor, int64_t *ret_seen_ms, int64_t *ret_expires_ms,
                           GError **error);

typedef struct Holder {
    HolderFind find;
    const char *secret;
    SessionTimes times;
    PolicyActor *actor;
    int64_t seen_ms, expires_ms;
} Holder;

static bool holder_read(StoreTx *tx, void *data, GError **error)
{
    Holder *holder = data;
    return holder->find(tx, holder->secret, holder->times, &holder->actor, &holder->seen_ms,
                        &holder->expires_ms, error);
}

/* A page of another origin can make a browser send the cookie with a GET (SameSite does not part
 * origins of one site, such as those of services), and some answers leave a trace. */
static bool fetched_by_own_page(const HttpRequest *request, GError **error)
{
    const char *site = http_request_header(request, "Sec-Fetch-Site");
    return site == NULL || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0 ||
           error_set(error, ERROR_DENIED, "identity.csrf",
                     "The request comes from another site's page; it was refused.");
}

/* The bearer token if there is one, else the cookie. */
static bool holder_of(const HttpRequest *request, Holder *ret_holder, GError **error)
{
    const App *app = request_app(request);
    const char *authorization = http_request_header(request, "Authorization");
    Holder holder = {
        .times = {.now_ms = time_now_ms(),
                  .idle_ms = config_integer(app->config, "identity.session_idle_minutes") *
                             TIME_MINUTE_MS},
    };
    if (authorization != NULL) {
        holder.find = token_find;
        if (g_ascii_strncasecmp(authorization, BEARER, strlen(BEARER)) == 0)
            holder.secret = authorization + strlen(BEARER);
        if (holder.secret == NULL || !g_str_has_prefix(holder.secret, TOKEN_PREFIX))
            return error_set(error, ERROR_UNAUTHENTICATED, "identity.authorization",
                             "The Authorization header does not hold a token of this server.");
    } else {
        holder.find = session_find;
        holder.secret = http_request_cookie(request, SESSION_COOKIE);
        if (holder.secret == NULL)
            return error_set(error, ERROR_UNAUTHENTICATED, "identity.nobody", "Sign in first.");
        if (!fetched_by_own_page(request, error))
            return false;
    }
    *ret_holder = holder;
    return true;
}

/* Not being able to note it only makes the session end sooner: said in the log, no more. */
static void holder_mark_seen(App *app, const Holder *holder)
{
    g_autoptr(GError) problem = NULL;
    if (holder->times.now_ms - holder->seen_ms < SEEN_EVERY_MS)
        return;
    if (!session_mark_seen(app, holder->actor->session, holder->times.now_ms, &problem))
        log_warning("identity.not_marked_seen", "session", holder->actor->session, "problem",
                    problem->message);
}

static void actor_free(void *actor)
{
    policy_actor_free(actor);
}

bool identity_authenticate(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    Holder holder;
    if (!holder_of(request, &holder, error) ||
        !store_read(app->store, holder_read, &holder, error))
        return false;
    holder.actor->address = g_strdup(http_request_address(request));
    holder.actor->request = g_strdup(http_request_id(request));
    holder_mark_seen(app, &holder);
    http_request_set_actor(request, holder.actor, actor_free);
    http_request_set_actor_id(request, holder.actor->id);
    return true;
}

/* ---- forged requests ---- */

/* "https://host:port" of our own page: the Host that was asked, or the configured address. */
static bool origin_is_ours(const HttpRequest *request, const char *origin)
{
    const App *app = request_app(request);
    const char *host = http_request_host(request);
    const char *authority = strstr(origin, "://");
    if (app->portal_url != NULL && strcmp(origin, app->portal_url) == 0)
        return true;
    return authority != NULL && host != NULL && g_ascii_strcasecmp(authority + 3, host) == 0;
}

static bool origin_check(const HttpRequest *request, GError **error)
{
    const char *origin = http_request_header(request, "Origin");
    if (origin != NULL && !origin_is_ours(request, origin))
        return error_set(error, ERROR_DENIED, "identity.csrf",
                         "The request comes from another site's page; it was refused.");
    return fetched_by_own_page(request, error);
}

bool identity_check_origin(HttpRequest *request, GError **error)
{
    const PolicyActor *actor = request_actor(request);
    if (actor != NULL && actor->channel == CHANNEL_TOKEN)
        return true;
    if (!origin_check(request, error))
        return false;
    /* Signing in needs no session, so the page cannot have its token yet. */
    if (actor == NULL || (strcmp(http_request_method(request), "POST") == 0 &&
                          strcmp(http_request_path(request), "/api/v1/session") == 0))
        return true;
    const char *given = http_request_header(request, SESSION_CSRF_HEADER);
    char *expected = session_csrf(http_request_cookie(request, SESSION_COOKIE));
    bool equal = given != NULL && secret_equal(expected, given);
    secret_free(expected);
    return equal || error_set(error, ERROR_DENIED, "identity.csrf",
                              "The header " SESSION_CSRF_HEADER " is missing or wrong; it holds "
                              "the `csrf` of GET /api/v1/session.");
}

/* ---- the room ---- */

static bool identity_start(App *app, GError **error)
{
    g_autoptr(IdentitySeal) seal = identity_seal_open(app->state_dir, error);
    if (seal == NULL || !store_write(app->store, persons_make_sought, NULL, error))
        return false;
    app->room_data[ROOM_IDENTITY] = identity_new(g_steal_pointer(&seal));
    return true;
}

static void identity_stop(App *app)
{
    identity_free(app->room_data[ROOM_IDENTITY]);
    app->room_data[ROOM_IDENTITY] = NULL;
}

static bool purge_write(StoreTx *tx, void *data, GError **error)
{
    return sessions_purge(tx, *(int64_t *)data, error);
}

static bool identity_purge(App *app, GError **error)
{
    int64_t before_ms = time_now_ms() - RETENTION_MS;
    return store_write(app->store, purge_write, &before_ms, error);
}

static const Duty identity_duties[] = {
    {"identity.purge", (int)TIME_HOUR_MS, identity_purge},
    {"identity.reminders", (int)TIME_HOUR_MS, identity_remind},
    {NULL, 0, NULL},
};

const Room identity_room = {
    .name = "identity",
    .routes = identity_routes,
    .verbs = identity_verbs,
    .duties = identity_duties,
    .start = identity_start,
    .stop = identity_stop,
};
