/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets, cookies and the short memory of decisions. Only hashes are stored. */
#include "services/passes.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "identity/identity.h"
#include "services/rights.h"

#include <string.h>

#define PASS_COOKIE_MS (12 * TIME_HOUR_MS)
#define PASS_MEMORY_MS 400
#define PASS_MEMORY_MAX 10000
#define PASS_SECRET_MAX 128

/* ---- tickets ---- */

bool passes_ticket_new(StoreTx *tx, const PolicyActor *actor, const char *service,
                       int64_t now_ms, char **ret_ticket, GError **error)
{
    char *ticket = random_token(32);
    g_autofree char *hash = hash_text_hex(ticket);
    if (!store_exec(tx, error,
                    "INSERT INTO service_ticket (ticket_hash, service, person, session, "
                    "second_factor, expires_ms) VALUES ($1, $2, $3, $4, $5, $6)",
                    store_text(hash), store_text(service), store_text(actor->id),
                    store_text(actor->session), store_integer(actor->second_factor ? 1 : 0),
                    store_integer(now_ms + PASS_TICKET_MS))) {
        secret_free(ticket);
        return false;
    }
    *ret_ticket = ticket;
    return true;
}

typedef struct EnterCall {
    const char *service;
    const char *ticket_hash;
    char *cookie;
} EnterCall;

/* One statement uses the ticket up: of two that race, one changes the row. */
static bool enter_use_ticket(StoreTx *tx, const EnterCall *call, int64_t now_ms, GError **error)
{
    int64_t changed = 0;
    if (!store_exec_changed(tx, &changed, error,
                            "UPDATE service_ticket SET used_ms = $1 WHERE ticket_hash = $2 AND "
                            "service = $3 AND used_ms IS NULL AND expires_ms > $4",
                            store_integer(now_ms), store_text(call->ticket_hash),
                            store_text(call->service), store_integer(now_ms)))
        return false;
    if (changed != 1)
        return error_set(error, ERROR_DENIED, "services.ticket",
                         "This way in has been used or is too old; open the service again from "
                         "the portal.");
    return true;
}

static bool enter_in_write(StoreTx *tx, void *data, GError **error)
{
    EnterCall *call = data;
    int64_t now = time_now_ms();
    if (!enter_use_ticket(tx, call, now, error))
        return false;
    g_autofree char *hash = hash_text_hex(call->cookie);
    return store_exec(tx, error,
                      "INSERT INTO service_cookie (cookie_hash, service, person, session, "
                      "second_factor, created_ms, expires_ms) "
                      "SELECT $1, service, person, session, second_factor, $2, $3 "
                      "FROM service_ticket WHERE ticket_hash = $4",
                      store_text(hash), store_integer(now), store_integer(now + PASS_COOKIE_MS),
                      store_text(call->ticket_hash));
}

bool passes_enter(App *app, const char *service, const char *ticket, char **ret_cookie,
                  GError **error)
{
    if (strlen(ticket) > PASS_SECRET_MAX)
        return error_set(error, ERROR_DENIED, "services.ticket", "This is not a ticket.");
    g_autofree char *hash = hash_text_hex(ticket);
    EnterCall call = {.service = service, .ticket_hash = hash, .cookie = random_token(32)};
    if (!store_write(app->store, enter_in_write, &call, error)) {
        secret_free(call.cookie);
        return false;
    }
    *ret_cookie = call.cookie;
    return true;
}

/* ---- cookies ---- */

typedef struct Pass {
    int64_t until_ms;          /* monotonic */
    int64_t generation;
    uid_t owner;
} Pass;

typedef struct AuthoriseCall {
    App *app;
    const char *service;
    const char *cookie_hash;
} AuthoriseCall;

static bool authorise_load_cookie(StoreTx *tx, const AuthoriseCall *call, char **ret_person,
                                  char **ret_session, bool *ret_factor, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT person, session, second_factor FROM service_cookie "
        "WHERE cookie_hash = $1 AND service = $2 AND expires_ms > $3",
        store_text(call->cookie_hash), store_text(call->service),
        store_integer(time_now_ms()));
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    if (store_next(rows, &problem)) {
        *ret_person = g_strdup(store_row_text(rows, 0));
        *ret_session = g_strdup(store_row_text(rows, 1));
        *ret_factor = store_row_integer(rows, 2) != 0;
        return true;
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return error_set(error, ERROR_UNAUTHENTICATED, "services.cookie",
                     "Open the service from the portal.");
}

static bool authorise_state(const Service *service, GError **error)
{
    if (service->state == SERVICE_READY)
        return true;
    if (*service->state_detail != '\0')
        return error_set(error, ERROR_CONFLICT, "services.not_running", "The service is %s: %s",
                         service_state_name(service->state), service->state_detail);
    return error_set(error, ERROR_CONFLICT, "services.not_running", "The service is %s.",
                     service_state_name(service->state));
}

static bool authorise_in_read(StoreTx *tx, void *data, GError **error)
{
    const AuthoriseCall *call = data;
    g_autofree char *person = NULL;
    g_autofree char *session = NULL;
    bool factor = false, alive = false;
    if (!authorise_load_cookie(tx, call, &person, &session, &factor, error) ||
        !identity_session_alive(call->app, tx, session, time_now_ms(), &alive, error))
        return false;
    if (!alive)
        return error_set(error, ERROR_UNAUTHENTICATED, "services.cookie",
                         "Your session has ended; sign in to the portal and open the service "
                         "again.");
    g_autoptr(Service) service = NULL;
    g_autoptr(PolicyActor) actor = NULL;
    PolicyDecision decision = {0};
    if (!service_load(tx, call->service, &service, error) || !authorise_state(service, error) ||
        !rights_person_actor(tx, person, &actor, error))
        return false;
    actor->second_factor = factor;
    if (!rights_decide_open(tx, service, actor, time_now_ms(), &decision, error))
        return false;
    if (!decision.allowed)
        return error_set(error, ERROR_DENIED, decision.reason, "%s", decision.sentence);
    return true;
}

static bool pass_recall(Services *services, const char *key, uid_t *ret_owner,
                        int64_t *ret_generation)
{
    g_mutex_lock(&services->lock);
    const Pass *pass = g_hash_table_lookup(services->passes, key);
    bool good = pass != NULL && pass->until_ms > time_monotonic_ms() &&
                pass->generation == services->generation;
    if (good)
        *ret_owner = pass->owner;
    *ret_generation = services->generation;
    g_mutex_unlock(&services->lock);
    return good;
}

/* GENERATION was read before the decision: a change in between makes the memory worthless. */
static void pass_remember(Services *services, const char *key, uid_t owner, int64_t generation)
{
    Pass *pass = g_new0(Pass, 1);
    pass->until_ms = time_monotonic_ms() + PASS_MEMORY_MS;
    pass->generation = generation;
    pass->owner = owner;
    g_mutex_lock(&services->lock);
    if (g_hash_table_size(services->passes) >= PASS_MEMORY_MAX)
        g_hash_table_remove_all(services->passes);
    g_hash_table_replace(services->passes, g_strdup(key), pass);
    g_mutex_unlock(&services->lock);
}

bool passes_authorise(App *app, const char *service, const char *cookie, uid_t *ret_owner,
                      GError **error)
{
    Services *services = services_of(app);
    if (cookie == NULL || strlen(cookie) > PASS_SECRET_MAX)
        return error_set(error, ERROR_UNAUTHENTICATED, "services.cookie",
                         "Open the service from the portal.");
    g_autofree char *hash = hash_text_hex(cookie);
    g_autofree char *key = g_strconcat(service, "/", hash, NULL);
    int64_t generation = 0;
    if (pass_recall(services, key, ret_owner, &generation))
        return true;
    AuthoriseCall call = {app, service, hash};
    if (!store_read(app->store, authorise_in_read, &call, error))
        return false;
    uid_t owner = 0;
    if (!live_find(services, service, NULL, NULL, &owner))
        return error_set(error, ERROR_CONFLICT, "services.not_running",
                         "The service is being found again; try in a moment.");
    pass_remember(services, key, owner, generation);
    *ret_owner = owner;
    return true;
}

void passes_start(Services *services)
{
    services->passes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void passes_stop(Services *services)
{
    g_hash_table_unref(services->passes);
}

static bool sweep_in_write(StoreTx *tx, void *data, GError **error)
{
    const int64_t *now = data;
    return store_exec(tx, error, "DELETE FROM service_ticket WHERE expires_ms < $1",
                      store_integer(*now)) &&
           store_exec(tx, error, "DELETE FROM service_cookie WHERE expires_ms < $1",
                      store_integer(*now));
}

bool passes_sweep(App *app, GError **error)
{
    int64_t now = time_now_ms() - TIME_HOUR_MS;
    return store_write(app->store, sweep_in_write, &now, error);
}
