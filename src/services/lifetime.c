/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of a lifetime; the two duties that watch it: the warning, and the end. */
#include "services/lifetime.h"

#include "base/error.h"
#include "base/times.h"
#include "notices/notices.h"
#include "projects/projects.h"
#include "services/moves.h"
#include "services/services.h"
#include "services/tasks.h"

/* ---- limits ---- */

bool lifetime_latest(StoreTx *tx, const Config *config, const Service *service,
                     int64_t *ret_latest_ms, GError **error)
{
    const CatalogDefinition *definition = NULL;
    g_autoptr(Project) project = NULL;
    if (!catalog_find(service->definition, &definition, error) ||
        !project_load(tx, service->project, &project, error))
        return false;
    int64_t hours = MIN(definition->hours_in_all, config_integer(config, "services.hours_in_all"));
    *ret_latest_ms = MIN(service->created_ms + hours * TIME_HOUR_MS, project->ends_ms);
    return true;
}

bool lifetime_extend(const Service *service, int64_t hours, int64_t latest_ms, int64_t now_ms,
                     int64_t *ret_ends_ms, GError **error)
{
    int64_t ends_ms = MIN(now_ms + hours * TIME_HOUR_MS, latest_ms);
    g_autofree char *present = time_format(service->ends_ms);
    if (service->ends_ms == 0 || (ends_ms <= service->ends_ms && ends_ms != latest_ms))
        return error_set(error, ERROR_CONFLICT, "services.lasts_longer",
                         "The service already lasts longer than that%s%s.",
                         service->ends_ms != 0 ? ": until " : "",
                         service->ends_ms != 0 ? present : "");
    if (ends_ms <= service->ends_ms)
        return error_set(error, ERROR_CONFLICT, "services.longest",
                         "The service ends at %s, and can be prolonged no further: its kind has a "
                         "longest life, and its project a last day. Launch it again when it is over.",
                         present);
    *ret_ends_ms = ends_ms;
    return true;
}

/* ---- the end ---- */

static bool ended_read(StoreTx *tx, void *data, GError **error)
{
    GPtrArray **list = data;
    *list = service_outlived(tx, time_now_ms(), error);
    return *list != NULL;
}

/* What its person chose at the launch or since: the service ends as if they had stopped it. */
bool lifetime_end_due(App *app, GError **error)
{
    g_autoptr(GPtrArray) ids = NULL;
    if (!store_read(app->store, ended_read, &ids, error))
        return false;
    for (guint i = 0; i < ids->len; i++) {
        const char *id = g_ptr_array_index(ids, i);
        g_autoptr(GError) problem = NULL;
        if (services_move(services_of(app), id, SERVICE_STOPPING, "services.lifetime",
                          "The lifetime chosen for it is over.", &problem)) {
            tasks_push(services_of(app), TASK_STOP, id);
        } else if (!error_is(problem, ERROR_CONFLICT)) { /* else somebody moved it meanwhile */
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
    }
    return true;
}

/* ---- the warning ---- */

typedef struct Warning {
    App *app;
    GPtrArray *due;           /* of Service */
    GPtrArray *topics;
} Warning;

static bool warning_is_told(StoreTx *tx, const Service *service, bool *ret_told, GError **error)
{
    return notice_was_told(tx, service->person, NOTICE_SERVICE_ENDS, service->id,
                           service->ends_ms - LIFETIME_WARN_MS, ret_told, error);
}

static bool warning_read(StoreTx *tx, void *data, GError **error)
{
    Warning *w = data;
    g_autoptr(GPtrArray) soon = service_ending(tx, time_now_ms(), LIFETIME_WARN_MS, error);
    if (soon == NULL)
        return false;
    for (guint i = 0; i < soon->len; i++) {
        Service *service = g_ptr_array_index(soon, i);
        bool told = false;
        if (!warning_is_told(tx, service, &told, error))
            return false;
        if (!told) {
            soon->pdata[i] = NULL;
            g_ptr_array_add(w->due, service);
        }
    }
    return true;
}

/* Asked again inside: it may have been prolonged, stopped or told meanwhile. */
static bool warning_write(StoreTx *tx, void *data, GError **error)
{
    Warning *w = data;
    int64_t now_ms = time_now_ms();
    for (guint i = 0; i < w->due->len; i++) {
        const Service *old = g_ptr_array_index(w->due, i);
        g_autoptr(Service) service = NULL;
        bool told = false;
        if (!service_load(tx, old->id, &service, error) || !warning_is_told(tx, service, &told, error))
            return false;
        NoticeNew notice = {.kind = NOTICE_SERVICE_ENDS, .object = service->id,
                            .project = service->project};
        if (told || service->state != SERVICE_READY ||
            service->ends_ms - now_ms > LIFETIME_WARN_MS)
            continue;
        if (!notice_write(w->app, tx, service->person, &notice, now_ms, error))
            return false;
        g_ptr_array_add(w->topics, g_strconcat("person:", service->person, NULL));
    }
    return true;
}

/* Once for each end: when that is put off, the warning comes again before the new one. */
bool lifetime_warn_due(App *app, GError **error)
{
    g_autoptr(GPtrArray) due = g_ptr_array_new_with_free_func((GDestroyNotify)service_free);
    g_autoptr(GPtrArray) topics = g_ptr_array_new_with_free_func(g_free);
    Warning w = {.app = app, .due = due, .topics = topics};
    if (!store_read(app->store, warning_read, &w, error))
        return false;
    if (due->len == 0)
        return true;
    if (!store_write(app->store, warning_write, &w, error))
        return false;
    for (guint i = 0; i < topics->len; i++)
        events_publish(app->events, g_ptr_array_index(topics, i), NULL);
    events_publish(app->events, NOTICES_TOPIC_MAIL, NULL);
    return true;
}
