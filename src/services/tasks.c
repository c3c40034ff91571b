/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying out launches and stops through the engine. */
#include "services/tasks.h"

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "engine/engine.h"
#include "services/moves.h"
#include "services/start.h"
#include "services/usage.h"

#include <string.h>
#include <unistd.h>

#define TASKS_AT_ONCE 4

typedef struct ServiceTask {
    ServiceTaskKind kind;
    char *id;
} ServiceTask;

/* ---- stopping ---- */

static void task_remove_lake_door(Services *services, const char *id)
{
    g_autofree char *folder = g_build_filename(services->app->state_dir, "run", "lake", id, NULL);
    g_autoptr(GError) problem = NULL;
    if (!tree_remove(folder, &problem))
        log_warning("services.lake_door", "service", id, "why", problem->message);
}

static bool task_stop(Services *services, const char *id, GError **error)
{
    live_end_relays(services, id);
    g_autoptr(Plan) plan = plan_service_stop_new(id);
    if (!engine_client_run(services->app->engine, plan, NULL, NULL, NULL, error))
        return false;
    live_remove(services, id);
    task_remove_lake_door(services, id);
    g_autoptr(GError) problem = NULL;
    if (services_move(services, id, SERVICE_STOPPED, "", "", &problem) ||
        error_is(problem, ERROR_CONFLICT))
        return true; /* a conflict: it was over already, marked so by whoever ended it */
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* ---- the pool ---- */

static bool task_do(Services *services, const ServiceTask *task, GError **error)
{
    bool failed = false, ok = false;
    switch (task->kind) {
    case TASK_START:
        ok = start_service(services, task->id, &failed, error);
        break;
    case TASK_STOP:
        return task_stop(services, task->id, error);
    case TASK_ADOPT:
        ok = start_adopt(services, task->id, &failed, error);
        break;
    }
    if (failed) /* removes what may be left of it */
        tasks_push(services, TASK_STOP, task->id);
    return ok;
}

static bool task_claim(Services *services, const char *id)
{
    g_mutex_lock(&services->lock);
    bool mine = g_hash_table_add(services->busy, g_strdup(id));
    g_mutex_unlock(&services->lock);
    return mine;
}

static void task_release(Services *services, const char *id)
{
    g_mutex_lock(&services->lock);
    g_hash_table_remove(services->busy, id);
    g_mutex_unlock(&services->lock);
}

static void task_run(void *data, void *user)
{
    ServiceTask *task = data;
    Services *services = user;
    while (!task_claim(services, task->id))
        g_usleep(5000);
    g_autoptr(GError) problem = NULL;
    if (!task_do(services, task, &problem))
        log_error("services.task_failed", "service", task->id, "why", problem->message);
    task_release(services, task->id);
    g_free(task->id);
    g_free(task);
}

void tasks_push(Services *services, ServiceTaskKind kind, const char *id)
{
    ServiceTask *task = g_new0(ServiceTask, 1);
    task->kind = kind;
    task->id = g_strdup(id);
    g_thread_pool_push(services->tasks, task, NULL);
}

void tasks_start(Services *services)
{
    services->busy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    services->tasks = g_thread_pool_new(task_run, services, TASKS_AT_ONCE, FALSE, NULL);
}

void tasks_stop(Services *services)
{
    g_thread_pool_free(services->tasks, FALSE, TRUE);
    g_hash_table_unref(services->busy);
}

/* ---- after a restart, and every few seconds ---- */

static bool reconcile_read(StoreTx *tx, void *data, GError **error)
{
    GPtrArray **list = data;
    *list = service_list(tx, NULL, NULL, true, "", 100000, error);
    return *list != NULL;
}

static const json_t *listed_find(const json_t *result, const char *id)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(result, "services"), i, row) {
        if (g_strcmp0(json_string_value(json_object_get(row, "service_id")), id) == 0)
            return row;
    }
    return NULL;
}

static bool services_is_busy(Services *services, const char *id)
{
    g_mutex_lock(&services->lock);
    bool busy = g_hash_table_contains(services->busy, id);
    g_mutex_unlock(&services->lock);
    return busy;
}

static bool reconcile_lost(Services *services, const Service *service, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (services_move(services, service->id, SERVICE_FAILED, "services.lost",
                   "The service was not running any more.", &problem)) {
        tasks_push(services, TASK_STOP, service->id); /* removes what may be left of it */
        return true;
    }
    if (error_is(problem, ERROR_CONFLICT))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool reconcile_one(Services *services, const Service *service, const json_t *listed,
                          GError **error)
{
    uid_t owner = 0;
    const char *state = json_string_value(json_object_get(listed, "state"));
    bool running = g_strcmp0(state, "running") == 0;
    bool ending = service->state == SERVICE_FREEZING || service->state == SERVICE_STOPPING;
    if (services_is_busy(services, service->id))
        return true;
    if (ending || (listed != NULL && !running)) {
        tasks_push(services, TASK_STOP, service->id);
        return true;
    }
    if (running) {
        if (!live_find(services, service->id, NULL, NULL, &owner)) {
            live_add(services, service->id, service->project, service->person,
                     (uid_t)json_integer_value(json_object_get(listed, "door_owner")));
            tasks_push(services, TASK_ADOPT, service->id);
        }
        return true;
    }
    if (service->state == SERVICE_QUEUED) {
        tasks_push(services, TASK_START, service->id);
        return true;
    }
    /* A bubble that we listen to tells its end itself: the listing is older than the row. */
    if (live_find(services, service->id, NULL, NULL, &owner))
        return true;
    return reconcile_lost(services, service, error);
}

static void reconcile_strangers(Services *services, const json_t *result,
                                const GPtrArray *rows)
{
    size_t i;
    const json_t *listed;
    json_array_foreach(json_object_get(result, "services"), i, listed) {
        const char *id = json_string_value(json_object_get(listed, "service_id"));
        bool known = id == NULL;
        for (guint j = 0; !known && j < rows->len; j++)
            known = strcmp(((const Service *)g_ptr_array_index(rows, j))->id, id) == 0;
        if (!known && !services_is_busy(services, id))
            tasks_push(services, TASK_STOP, id);
    }
}

/* The listing is asked before the rows: a service started in between is in the rows as queued or
 * starting with a task under way, and left alone. */
bool tasks_reconcile(App *app, GError **error)
{
    Services *services = services_of(app);
    g_autoptr(json_t) result = NULL;
    g_autoptr(GPtrArray) rows = NULL;
    g_autoptr(Plan) plan = plan_service_list_new();
    g_autoptr(GError) problem = NULL;
    if (!engine_client_run(app->engine, plan, NULL, NULL, &result, &problem)) {
        if (error_is(problem, ERROR_UNAVAILABLE))
            return true; /* the engine is being started again; /healthz says so meanwhile */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    usage_sample(services, result);
    if (!store_read(app->store, reconcile_read, &rows, error))
        return false;
    for (guint i = 0; i < rows->len; i++) {
        const Service *service = g_ptr_array_index(rows, i);
        if (service->state == SERVICE_STARTING && services->reconciled)
            continue; /* its start task says how it goes */
        if (!reconcile_one(services, service, listed_find(result, service->id), error))
            return false;
    }
    reconcile_strangers(services, result, rows);
    services->reconciled = true;
    return true;
}
