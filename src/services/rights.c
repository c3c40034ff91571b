/* SPDX-License-Identifier: Apache-2.0 */
/* Rights to a running service, and the guard that takes it away when they end. */
#include "services/rights.h"

#include "accreditation/accreditation.h"
#include "base/error.h"
#include "base/log.h"
#include "base/times.h"
#include "engine/engine.h"
#include "identity/identity.h"
#include "projects/projects.h"
#include "services/services.h"
#include "services/start.h"
#include "services/tasks.h"

#include <string.h>

#define GUARD_PERIOD_MS 400

bool rights_load_facts(StoreTx *tx, const PolicyActor *actor, const char *project,
                       const char *person, int64_t now_ms, PolicyFacts *ret_facts,
                       GError **error)
{
    PolicyFacts facts = {0};
    bool files = false, home = false;
    g_autofree char *files_volume = volume_files(project);
    g_autofree char *home_volume = volume_home(project, person);
    if (!project_facts_load(tx, actor, project, now_ms, &facts, error) ||
        !accreditation_label_held(tx, files_volume, person, now_ms, &files, error) ||
        !accreditation_label_held(tx, home_volume, person, now_ms, &home, error))
        return false;
    facts.label_held = files && home;
    facts.is_owner = strcmp(actor->id, person) == 0;
    *ret_facts = facts;
    return true;
}

static bool rights_add_if_usable(StoreTx *tx, const PolicyActor *actor, const char *project,
                                 const PolicyFacts *project_facts, const char *dataset,
                                 const char *level, int64_t now_ms, GPtrArray *into,
                                 GError **error)
{
    PolicyFacts facts = *project_facts;
    if (!policy_value(SET_LEVEL, level, &facts.level))
        return error_set(error, ERROR_INTERNAL, "services.level", "Unknown level %s", level);
    if (!accreditation_holds(tx, project, dataset, actor->id, now_ms, &facts.accredited, error))
        return false;
    if (policy_decide(actor, VERB_DATASET_USE, &facts).allowed)
        g_ptr_array_add(into, g_strdup(dataset));
    return true;
}

GPtrArray *rights_mountable(StoreTx *tx, const PolicyActor *actor, const char *project,
                            const PolicyFacts *project_facts, int64_t now_ms, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT id, level FROM dataset WHERE state = 'published' AND id IN ("
        "SELECT ad.dataset FROM application a JOIN application_dataset ad ON "
        "ad.application = a.id WHERE a.project = $1 UNION "
        "SELECT dataset FROM accreditation_fact WHERE project = $1 AND dataset IS NOT NULL) "
        "ORDER BY id", store_text(project));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) levels = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        g_ptr_array_add(ids, g_strdup(store_row_text(rows, 0)));
        g_ptr_array_add(levels, g_strdup(store_row_text(rows, 1)));
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    g_autoptr(GPtrArray) usable = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < ids->len; i++) {
        if (!rights_add_if_usable(tx, actor, project, project_facts, g_ptr_array_index(ids, i),
                                  g_ptr_array_index(levels, i), now_ms, usable, error))
            return NULL;
    }
    return g_steal_pointer(&usable);
}

bool rights_person_actor(StoreTx *tx, const char *person, PolicyActor **ret_actor,
                         GError **error)
{
    g_autoptr(IdentityPerson) row = NULL;
    if (!identity_person_load(tx, person, &row, error))
        return false;
    PolicyActor *actor = g_new0(PolicyActor, 1);
    actor->id = g_strdup(row->id);
    actor->login = g_strdup(row->login);
    actor->name = g_strdup(row->name);
    actor->organisation = g_strdup(row->organisation);
    actor->roles = row->roles;
    /* A disabled person has no scope left: every decision is a denial. */
    actor->scopes = row->disabled_ms == 0 ? SCOPE_ALL : 0;
    actor->second_factor = true; /* shown when the service was opened or launched */
    actor->channel = CHANNEL_SESSION;
    actor->session = g_strdup("");
    actor->address = g_strdup("");
    actor->request = g_strdup("");
    *ret_actor = actor;
    return true;
}

bool rights_decide_open(StoreTx *tx, const Service *service, const PolicyActor *actor,
                        int64_t now_ms, PolicyDecision *ret_decision, GError **error)
{
    PolicyFacts facts = {0};
    if (!rights_load_facts(tx, actor, service->project, service->person, now_ms, &facts, error))
        return false;
    *ret_decision = policy_decide(actor, VERB_SERVICE_OPEN, &facts);
    return true;
}

/* ---- the guard ---- */

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
        if (!guard_check_one(tx, service, lost, error))
            return false;
    }
    return true;
}

/* Frozen first, so that nothing runs on the data from here on; then said; then removed. */
static void guard_take_away(Services *services, const LostRight *lost)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(Plan) plan = plan_service_freeze_new(lost->id);
    if (!engine_client_run(services->app->engine, plan, NULL, NULL, NULL, &problem))
        log_warning("services.freeze_failed", "service", lost->id, "why", problem->message);
    g_clear_error(&problem);
    start_end_relays(services, lost->id);
    if (!tasks_move(services, lost->id, SERVICE_FREEZING, lost->decision.reason,
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

void rights_guard_start(Services *services)
{
    static const char *const topics[] = {SERVICES_TOPIC_RIGHTS, NULL};
    services->rights = events_tap(services->app->events, topics);
    services->guard = g_thread_new("guard", guard_thread, services);
}

/* The bus is closed by then, which ends the thread. */
void rights_guard_stop(Services *services)
{
    g_thread_join(services->guard);
    events_untap(services->rights);
}
