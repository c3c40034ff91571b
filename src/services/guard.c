/* SPDX-License-Identifier: Apache-2.0 */
/* The guard: asks again for each running service, and takes it away when a right has ended. */
#include "services/guard.h"

#include "base/error.h"
#include "base/log.h"
#include "base/times.h"
#include "engine/engine.h"
#include "services/moves.h"
#include "services/rights.h"
#include "services/services.h"
#include "services/tasks.h"

#define GUARD_PERIOD_MS 400

typedef struct LostRight {
    char *id;
    PolicyDecision decision;
} LostRight;

static void lost_right_free(void *data)
{
    LostRight *lost = data;
    g_free(lost->id);
    g_free(lost);
}

static bool guard_check_one(StoreTx *tx, const Service *service, GPtrArray *lost, GError **error)
{
    g_autoptr(PolicyActor) actor = NULL;
    PolicyDecision decision = {0};
    if (!rights_person_actor(tx, service->person, &actor, error) ||
        !rights_decide_open(tx, service, actor, time_now_ms(), &decision, error))
        return false;
    if (!decision.allowed) {
        LostRight *row = g_new0(LostRight, 1);
        row->id = g_strdup(service->id);
        row->decision = decision;
        g_ptr_array_add(lost, row);
    }
    return true;
}

static bool guard_check(StoreTx *tx, void *data, GError **error)
{
    GPtrArray *lost = data;
    g_autoptr(GPtrArray) rows = service_list(tx, NULL, NULL, true, "", 100000, error);
    if (rows == NULL)
        return false;
    for (guint i = 0; i < rows->len; i++) {
        const Service *service = g_ptr_array_index(rows, i);
        if (service->state == SERVICE_FREEZING || service->state == SERVICE_STOPPING)
            continue;
        g_autoptr(GError) problem = NULL;
        if (!guard_check_one(tx, service, lost, &problem)) /* the others are asked all the same */
            log_error("services.guard_failed", "service", service->id, "why", problem->message);
    }
    return true;
}

/* Cut, then frozen, so that nothing runs on the data from here on; then said; then removed. The cut
 * comes before the engine is asked, which may be slow, and again for what came in between. */
static void guard_take_away(Services *services, const LostRight *lost)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(Plan) plan = plan_service_freeze_new(lost->id);
    live_end_relays(services, lost->id);
    if (!engine_client_run(services->app->engine, plan, NULL, NULL, NULL, &problem))
        log_warning("services.freeze_failed", "service", lost->id, "why", problem->message);
    g_clear_error(&problem);
    live_end_relays(services, lost->id);
    if (!services_move(services, lost->id, SERVICE_FREEZING, lost->decision.reason,
                    lost->decision.sentence, &problem)) {
        if (!error_is(problem, ERROR_CONFLICT))
            log_error("services.freeze_failed", "service", lost->id, "why", problem->message);
        return;
    }
    tasks_push(services, TASK_STOP, lost->id);
}

static void guard_round(Services *services)
{
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(lost_right_free);
    g_autoptr(GError) problem = NULL;
    if (!store_read(services->app->store, guard_check, lost, &problem))
        log_error("services.guard_failed", "why", problem->message);
    for (guint i = 0; i < lost->len; i++)
        guard_take_away(services, g_ptr_array_index(lost, i));
}

static bool guard_has_work(Services *services)
{
    g_mutex_lock(&services->lock);
    bool work = g_hash_table_size(services->live) > 0 || g_hash_table_size(services->busy) > 0;
    g_mutex_unlock(&services->lock);
    return work;
}

static void *guard_thread(void *data)
{
    Services *services = data;
    bool closed = false;
    while (!closed) {
        json_t *event = events_wait(services->rights, GUARD_PERIOD_MS, &closed);
        if (event != NULL) {
            g_mutex_lock(&services->lock);
            services->generation++;
            g_mutex_unlock(&services->lock);
        }
        json_decref(event);
        if (!closed && guard_has_work(services))
            guard_round(services);
    }
    return NULL;
}

void guard_start(Services *services)
{
    static const char *const topics[] = {SERVICES_TOPIC_RIGHTS, NULL};
    services->rights = events_tap(services->app->events, topics, NULL);
    services->guard = g_thread_new("guard", guard_thread, services);
}

/* The bus is closed by then, which ends the thread. */
void guard_stop(Services *services)
{
    g_thread_join(services->guard);
    events_untap(services->rights);
}
