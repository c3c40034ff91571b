/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gateway's room: answers the core's questions from the services room, opens doors through the
 * engine's safe way, and has open connections asked about again every second.
 */
#include "gateway/gateway.h"

#include "base/times.h"
#include "engine/engine.h"
#include "gateway/core.h"
#include "projects/projects.h"
#include "services/live.h"
#include "services/passes.h"

#include <string.h>

#define GATEWAY_DOOR "http.sock"
#define GATEWAY_RECHECK_MS 1000
#define GATEWAY_POLICIES_MAX 10000

typedef struct GatewayRoom {
    App *app;
    Gateway *gateway;
    GMutex lock;               /* of the table */
    GHashTable *policies;      /* service to static text: a service's project keeps its tier */
} GatewayRoom;

static GatewayRoom *room_of(const App *app)
{
    return app->room_data[ROOM_GATEWAY];
}

/* ---- the authority ---- */

static bool authority_enter(void *user, const char *service, const char *ticket,
                            char **ret_cookie, GError **error)
{
    const GatewayRoom *room = user;
    return passes_enter(room->app, service, ticket, ret_cookie, error);
}

typedef struct TierCall {
    const char *service;
    PolicyTier tier;
} TierCall;

static bool tier_in_read(StoreTx *tx, void *data, GError **error)
{
    TierCall *call = data;
    g_autoptr(Service) service = NULL;
    g_autoptr(Project) project = NULL;
    if (!service_load(tx, call->service, &service, error) ||
        !project_load(tx, service->project, &project, error))
        return false;
    call->tier = project->tier;
    return true;
}

/* "" stands for none. */
static bool policy_of(GatewayRoom *room, const char *service, const char **ret_policy,
                      GError **error)
{
    g_mutex_lock(&room->lock);
    const char *policy = g_hash_table_lookup(room->policies, service);
    g_mutex_unlock(&room->lock);
    if (policy == NULL) {
        TierCall call = {.service = service};
        if (!store_read(room->app->store, tier_in_read, &call, error))
            return false;
        /* Where data may be downloaded, its pages may reach out as well. */
        policy = policy_tier(call.tier)->lake_get_outside ? "" : GATEWAY_POLICY_CONFINED;
        g_mutex_lock(&room->lock);
        if (g_hash_table_size(room->policies) >= GATEWAY_POLICIES_MAX)
            g_hash_table_remove_all(room->policies);
        g_hash_table_replace(room->policies, g_strdup(service), (char *)policy);
        g_mutex_unlock(&room->lock);
    }
    *ret_policy = *policy != '\0' ? policy : NULL;
    return true;
}

static bool authority_authorise(void *user, const char *service, const char *cookie,
                                GatewayTarget *ret_target, GError **error)
{
    GatewayRoom *room = user;
    uid_t owner;
    return passes_authorise(room->app, service, cookie, &owner, error) &&
           policy_of(room, service, &ret_target->content_policy, error);
}

static int authority_connect(void *user, const char *service, GError **error)
{
    const GatewayRoom *room = user;
    uid_t owner = 0;
    if (!live_find(services_of(room->app), service, NULL, NULL, &owner)) {
        error_set(error, ERROR_CONFLICT, "services.not_running", "The service is not running.");
        return -1;
    }
    return engine_door_connect(room->app->state_dir, service, GATEWAY_DOOR, owner, error);
}

static void authority_activity(void *user, const char *service)
{
    const GatewayRoom *room = user;
    live_touch(services_of(room->app), service, time_now_ms());
}

/* ---- life ---- */

static bool room_start(App *app, GError **error)
{
    (void)error;
    GatewayRoom *room = g_new0(GatewayRoom, 1);
    GatewayConfig config = {
        .id_prefix = "svc",
        .domain = config_text(app->config, "server.services_domain"),
        .portal_url = app->portal_url,
        .https = g_str_has_prefix(app->portal_url, "https:"),
    };
    GatewayAuthority authority = {authority_enter, authority_authorise, authority_connect,
                                  authority_activity, room};
    room->app = app;
    room->policies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_mutex_init(&room->lock);
    room->gateway = gateway_new(&config, &authority);
    app->room_data[ROOM_GATEWAY] = room;
    return true;
}

static void room_stop(App *app)
{
    GatewayRoom *room = room_of(app);
    gateway_free(room->gateway);
    g_hash_table_unref(room->policies);
    g_mutex_clear(&room->lock);
    g_free(room);
    app->room_data[ROOM_GATEWAY] = NULL;
}

static bool room_recheck(App *app, GError **error)
{
    (void)error;
    gateway_recheck(room_of(app)->gateway, app->portal);
    return true;
}

static const Duty duties[] = {
    {"gateway.recheck", GATEWAY_RECHECK_MS, room_recheck},
    {0},
};

const Room gateway_room = {
    .name = "gateway",
    .duties = duties,
    .start = room_start,
    .stop = room_stop,
};

const HttpSite *gateway_site(App *app)
{
    return gateway_http_site(room_of(app)->gateway);
}
