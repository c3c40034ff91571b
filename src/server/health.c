/* SPDX-License-Identifier: Apache-2.0 */
#include "server/health.h"

#include "base/metrics.h"
#include "base/times.h"
#include "engine/engine.h"

#define WELL_KEPT_MS 1000
#define ILL_KEPT_MS 100

/* The platform's state. */
typedef struct HealthMemory {
    GMutex lock;
    Health last;
    int64_t asked_ms;    /* 0: never */
} HealthMemory;

static bool health_is_well(const Health *health)
{
    return health->store && health->engine;
}

static void health_ask(App *app, Health *ret_health)
{
    g_autoptr(Plan) plan = plan_service_list_new();
    ret_health->store = store_check(app->store, NULL);
    ret_health->engine = engine_client_run(app->engine, plan, NULL, NULL, NULL, NULL);
    metric_set(METRIC_PART_UP, "store", NULL, ret_health->store);
    metric_set(METRIC_PART_UP, "engine", NULL, ret_health->engine);
}

void health_look(App *app, Health *ret_health)
{
    HealthMemory *memory = app->room_data[ROOM_PLATFORM];
    g_mutex_lock(&memory->lock);
    int64_t kept_ms = health_is_well(&memory->last) ? WELL_KEPT_MS : ILL_KEPT_MS;
    if (memory->asked_ms == 0 || time_monotonic_ms() - memory->asked_ms >= kept_ms) {
        health_ask(app, &memory->last);
        memory->asked_ms = time_monotonic_ms();
    }
    *ret_health = memory->last;
    g_mutex_unlock(&memory->lock);
}

static bool health_reply(HttpRequest *request, App *app, bool parts, GError **error)
{
    Health health = {0};
    health_look(app, &health);
    json_t *answer = json_pack("{s:b}", "ok", health_is_well(&health));
    if (parts) {
        json_object_set_new(answer, "store", json_boolean(health.store));
        json_object_set_new(answer, "engine", json_boolean(health.engine));
    }
    return http_reply_json(request, health_is_well(&health) ? 200 : 503, answer, error);
}

bool health_live(HttpRequest *request, GError **error)
{
    return http_reply_json(request, 200, json_pack("{s:b}", "ok", 1), error);
}

bool health_ready(HttpRequest *request, GError **error)
{
    const PolicyActor *actor = request_actor(request);
    bool parts = actor != NULL && (actor->roles & (ROLE_OFFICER | ROLE_AUDITOR)) != 0;
    return health_reply(request, request_app(request), parts, error);
}

bool health_parts(HttpRequest *request, App *app, GError **error)
{
    return health_reply(request, app, true, error);
}

const HttpField health_live_fields[] = {
    {"ok", HTTP_BOOLEAN, .required = true},
    HTTP_SCHEMA("Alive"),
};

const HttpField health_ready_fields[] = {
    {"ok", HTTP_BOOLEAN, .required = true},
    {"store", HTTP_BOOLEAN, .summary = "The database can be written: for officers and auditors"},
    {"engine", HTTP_BOOLEAN, .summary = "The engine answers: for officers and auditors"},
    HTTP_SCHEMA("Health"),
};

bool health_start(App *app, GError **error)
{
    (void)error;
    HealthMemory *memory = g_new0(HealthMemory, 1);
    g_mutex_init(&memory->lock);
    app->room_data[ROOM_PLATFORM] = memory;
    return true;
}

void health_stop(App *app)
{
    HealthMemory *memory = g_steal_pointer(&app->room_data[ROOM_PLATFORM]);
    g_mutex_clear(&memory->lock);
    g_free(memory);
}
