/* SPDX-License-Identifier: Apache-2.0 */
/* The room's life: start, stop, duties, and what other rooms ask of it. */
#include "services/services.h"

#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "http/http.h"
#include "lake/lake.h"
#include "services/api.h"
#include "services/guard.h"
#include "services/lifetime.h"
#include "services/live.h"
#include "services/moves.h"
#include "services/passes.h"
#include "services/rights.h"
#include "services/tasks.h"
#include "services/usage.h"

#include <string.h>

#define ACTIVITY_WRITE_MS TIME_MINUTE_MS

/* ---- doors ---- */

typedef struct DoorCall {
    const char *person;
    PolicyActor *actor;
} DoorCall;

static bool door_read_person(StoreTx *tx, void *data, GError **error)
{
    DoorCall *call = data;
    return rights_person_actor(tx, call->person, &call->actor, error);
}

static bool door_find(App *app, const char *door_path, LakeDoor *ret_door, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(door_path);
    g_autofree char *id = g_path_get_basename(folder);
    g_auto(LakeDoor) door = {0};
    uid_t owner = 0;
    if (!id_check("svc", id) ||
        !live_find(services_of(app), id, &door.project, &door.person, &owner))
        return error_set(error, ERROR_NOT_FOUND, "services.none",
                         "No service is running behind this door.");
    DoorCall call = {.person = door.person};
    if (!store_read(app->store, door_read_person, &call, error))
        return false;
    door.actor = call.actor;
    door.actor->channel = CHANNEL_DOOR;
    door.actor->roles = 0;
    g_free(door.actor->id);
    door.actor->id = g_strconcat("service:", id, NULL);
    g_free(door.actor->session);
    door.actor->session = g_strdup(id);
    *ret_door = door;
    memset(&door, 0, sizeof door);
    return true;
}

/* ---- ends ---- */

static void bubble_ended(Services *services, const char *id)
{
    tasks_push(services, TASK_STOP, id);
}

/* ---- activity ---- */

typedef struct ActivityRow {
    char *id;
    int64_t active_ms;
} ActivityRow;

static void activity_row_free(void *data)
{
    ActivityRow *row = data;
    g_free(row->id);
    g_free(row);
}

static bool activity_in_write(StoreTx *tx, void *data, GError **error)
{
    const GPtrArray *rows = data;
    for (guint i = 0; i < rows->len; i++) {
        const ActivityRow *row = g_ptr_array_index(rows, i);
        if (!store_exec(tx, error, "UPDATE service SET active_ms = $1 WHERE id = $2",
                        store_integer(row->active_ms), store_text(row->id)))
            return false;
    }
    return true;
}

static bool services_write_activity(App *app, GError **error)
{
    Services *services = services_of(app);
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(activity_row_free);
    g_mutex_lock(&services->lock);
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, services->live);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        ServiceLive *live = value;
        if (live->active_ms == live->written_ms)
            continue;
        ActivityRow *row = g_new0(ActivityRow, 1);
        row->id = g_strdup(live->id);
        row->active_ms = live->active_ms;
        live->written_ms = live->active_ms;
        g_ptr_array_add(rows, row);
    }
    g_mutex_unlock(&services->lock);
    return rows->len == 0 || store_write(app->store, activity_in_write, rows, error);
}

/* ---- duties ---- */

/* Quickly until the engine has answered once, then now and then. */
static bool services_find_again(App *app, GError **error)
{
    return services_of(app)->reconciled || tasks_reconcile(app, error);
}

static const Duty services_duties[] = {
    {"services.find_again", 200, services_find_again},
    {"services.reconcile", 5000, tasks_reconcile},
    {"services.lifetimes", 5000, lifetime_end_due},
    {"services.warnings", 10000, lifetime_warn_due},
    {"services.activity", ACTIVITY_WRITE_MS, services_write_activity},
    {"services.passes", (int)TIME_HOUR_MS, passes_sweep},
    {0},
};

/* ---- life ---- */

static bool services_start(App *app, GError **error)
{
    (void)error;
    Services *services = g_new0(Services, 1);
    services->app = app;
    services->on_ended = bubble_ended;
    g_mutex_init(&services->lock);
    app->room_data[ROOM_SERVICES] = services;
    usage_start(services);
    passes_start(services);
    tasks_start(services);
    live_start(services);
    guard_start(services);
    lake_set_door_find(app, door_find);
    return true;
}

static void services_stop(App *app)
{
    Services *services = services_of(app);
    g_atomic_int_set(&services->stopping, 1);
    guard_stop(services);
    tasks_stop(services);
    live_stop(services);
    passes_stop(services);
    usage_stop(services);
    g_mutex_clear(&services->lock);
    g_free(services);
    app->room_data[ROOM_SERVICES] = NULL;
}

static bool services_measure(App *app, GError **error)
{
    metric_clear(METRIC_SERVICES);
    metric_set(METRIC_QUEUE, "launches", NULL,
               g_thread_pool_unprocessed(services_of(app)->tasks));
    return measure_rows(app, METRIC_SERVICES,
                        "SELECT state, count(*) FROM service WHERE ended_ms IS NULL GROUP BY state",
                        error);
}

const Room services_room = {
    .name = "services",
    .routes = services_routes,
    .duties = services_duties,
    .start = services_start,
    .stop = services_stop,
    .measure = services_measure,
};
