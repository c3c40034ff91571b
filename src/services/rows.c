/* SPDX-License-Identifier: Apache-2.0 */
/* SQL of services. */
#include "services/rows.h"

#include "base/error.h"
#include "base/times.h"

#include <stdlib.h>
#include <string.h>

typedef struct StateRow {
    const char *name;
    unsigned next;         /* bits of the states that may follow */
    bool over;
} StateRow;

#define TO(state) (1u << SERVICE_##state)

static const StateRow states[SERVICE_STATE_COUNT] = {
    [SERVICE_QUEUED] = {"queued", TO(STARTING) | TO(STOPPING) | TO(FREEZING) | TO(FAILED), false},
    [SERVICE_STARTING] = {"starting", TO(READY) | TO(STOPPING) | TO(FREEZING) | TO(FAILED), false},
    [SERVICE_READY] = {"ready", TO(STOPPING) | TO(FREEZING) | TO(FAILED) | TO(STOPPED), false},
    [SERVICE_FREEZING] = {"freezing", TO(STOPPED) | TO(FAILED), false},
    [SERVICE_STOPPING] = {"stopping", TO(STOPPED) | TO(FAILED), false},
    [SERVICE_STOPPED] = {"stopped", 0, true},
    [SERVICE_FAILED] = {"failed", 0, true},
};

const char *service_state_name(ServiceState state)
{
    g_assert(state < SERVICE_STATE_COUNT);
    return states[state].name;
}

bool service_state_parse(const char *name, ServiceState *ret_state)
{
    for (int i = 0; i < SERVICE_STATE_COUNT; i++) {
        if (strcmp(states[i].name, name) == 0) {
            *ret_state = (ServiceState)i;
            return true;
        }
    }
    return false;
}

bool service_state_may(ServiceState from, ServiceState to)
{
    return (states[from].next & (1u << to)) != 0;
}

bool service_state_is_over(ServiceState state)
{
    return states[state].over;
}

void service_free(Service *service)
{
    if (service == NULL)
        return;
    g_free(service->id);
    g_free(service->project);
    g_free(service->person);
    g_free(service->login);
    g_free(service->person_name);
    g_free(service->definition);
    g_free(service->name);
    g_free(service->state_reason);
    g_free(service->state_detail);
    g_free(service);
}

void service_event_free(ServiceEvent *event)
{
    if (event == NULL)
        return;
    g_free(event->step);
    g_free(event->detail);
    g_free(event);
}

char *volume_files(const char *project)
{
    return g_strconcat(project, "/files", NULL);
}

char *volume_home(const char *project, const char *person)
{
    return g_strconcat(project, "/home/", person, NULL);
}

char *volume_bucket(const char *project)
{
    return g_strconcat(project, "/bucket", NULL);
}

static bool label_grow(StoreTx *tx, const char *volume, const char *project, const char *dataset,
                       int64_t now_ms, GError **error)
{
    return store_exec(tx, error,
                      "INSERT INTO volume_label (volume, project, dataset, since_ms) "
                      "VALUES ($1, $2, $3, $4) ON CONFLICT (volume, dataset) DO NOTHING",
                      store_text(volume), store_text(project), store_text(dataset),
                      store_integer(now_ms));
}

static bool service_insert_dataset(StoreTx *tx, const Service *service, const char *dataset,
                                   int64_t now_ms, GError **error)
{
    g_autofree char *files = volume_files(service->project);
    g_autofree char *home = volume_home(service->project, service->person);
    g_autofree char *bucket = volume_bucket(service->project);
    const char *volumes[] = {files, home, bucket};
    bool ok = store_exec(tx, error,
                         "INSERT INTO service_dataset (service, dataset) VALUES ($1, $2)",
                         store_text(service->id), store_text(dataset));
    for (size_t i = 0; ok && i < G_N_ELEMENTS(volumes); i++)
        ok = label_grow(tx, volumes[i], service->project, dataset, now_ms, error);
    return ok;
}

bool service_insert(StoreTx *tx, const Service *service, const GPtrArray *datasets,
                    int64_t now_ms, GError **error)
{
    if (!store_exec(tx, error,
                    "INSERT INTO service (id, project, person, definition, name, state, "
                    "state_reason, state_detail, created_ms, active_ms, cpus, memory_mib, ends_ms) "
                    "VALUES ($1, $2, $3, $4, $5, 'queued', '', '', $6, $7, $8, $9, $10)",
                    store_text(service->id), store_text(service->project),
                    store_text(service->person), store_text(service->definition),
                    store_text(service->name), store_integer(now_ms), store_integer(now_ms),
                    store_integer(service->cpus), store_integer(service->memory_mib),
                    store_integer(service->ends_ms)))
        return false;
    for (guint i = 0; i < datasets->len; i++) {
        if (!service_insert_dataset(tx, service, g_ptr_array_index(datasets, i), now_ms, error))
            return false;
    }
    return service_note(tx, service->id, "queued", "", now_ms, error);
}

#define SERVICE_COLUMNS                                                                            \
    "s.id, s.project, s.person, p.login, p.name, s.definition, s.name, s.state, s.state_reason, "  \
    "s.state_detail, s.created_ms, s.ready_ms, s.ended_ms, s.active_ms, s.cpus, s.memory_mib, "     \
    "s.ends_ms "                                                                                   \
    "FROM service s JOIN person p ON p.id = s.person "

static Service *service_from_row(StoreRows *rows)
{
    Service *service = g_new0(Service, 1);
    service->id = g_strdup(store_row_text(rows, 0));
    service->project = g_strdup(store_row_text(rows, 1));
    service->person = g_strdup(store_row_text(rows, 2));
    service->login = g_strdup(store_row_text(rows, 3));
    service->person_name = g_strdup(store_row_text(rows, 4));
    service->definition = g_strdup(store_row_text(rows, 5));
    service->name = g_strdup(store_row_text(rows, 6));
    if (!service_state_parse(store_row_text(rows, 7), &service->state))
        service->state = SERVICE_FAILED;
    service->state_reason = g_strdup(store_row_text(rows, 8));
    service->state_detail = g_strdup(store_row_text(rows, 9));
    service->created_ms = store_row_integer(rows, 10);
    service->ready_ms = store_row_integer(rows, 11);
    service->ended_ms = store_row_integer(rows, 12);
    service->active_ms = store_row_integer(rows, 13);
    service->cpus = store_row_integer(rows, 14);
    service->memory_mib = store_row_integer(rows, 15);
    service->ends_ms = store_row_integer(rows, 16);
    return service;
}

bool service_load(StoreTx *tx, const char *id, Service **ret_service, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " SERVICE_COLUMNS "WHERE s.id = $1", store_text(id));
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    if (store_next(rows, &problem)) {
        *ret_service = service_from_row(rows);
        return true;
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return error_set(error, ERROR_NOT_FOUND, "services.none", "There is no such service.");
}

static GPtrArray *service_collect(StoreRows *rows, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)service_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(list, service_from_row(rows));
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&list);
}

/* The text holds the filters that are asked for and no others, so that each has its index: those that live
 * are few among all that there ever were, and are asked for twice a second. */
GPtrArray *service_list(StoreTx *tx, const char *project, const char *person, bool live_only,
                        const char *before_id, int64_t limit, GError **error)
{
    int64_t before_ms = INT64_MAX;
    if (*before_id != '\0' &&
        !store_query_integer(tx, &before_ms, 0, error,
                             "SELECT created_ms FROM service WHERE id = $1",
                             store_text(before_id)))
        return NULL;
    g_autofree char *sql = g_strdup_printf(
        "SELECT " SERVICE_COLUMNS
        "WHERE (s.created_ms < $1 OR (s.created_ms = $1 AND s.id < $2)) AND %s AND %s%s "
        "ORDER BY s.created_ms DESC, s.id DESC LIMIT $5",
        project != NULL ? "s.project = $3" : "$3 = ''", person != NULL ? "s.person = $4" : "$4 = ''",
        live_only ? " AND s.state NOT IN ('stopped', 'failed')" : "");
    g_autoptr(StoreRows) rows = store_query(
        tx, error, sql, store_integer(before_ms), store_text(before_id),
        store_text(project != NULL ? project : ""), store_text(person != NULL ? person : ""),
        store_integer(limit));
    return rows != NULL ? service_collect(rows, error) : NULL;
}

/* The first column of each row, as char*. */
static GPtrArray *first_texts(StoreRows *rows, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(list, g_strdup(store_row_text(rows, 0)));
    if (problem == NULL)
        return g_steal_pointer(&list);
    g_propagate_error(error, g_steal_pointer(&problem));
    return NULL;
}

GPtrArray *service_datasets(StoreTx *tx, const char *id, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT dataset FROM service_dataset WHERE service = $1 "
                               "ORDER BY dataset", store_text(id));
    return rows != NULL ? first_texts(rows, error) : NULL;
}

GPtrArray *service_events(StoreTx *tx, const char *id, int64_t after, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT number, step, detail, time_ms FROM service_event "
                   "WHERE service = $1 AND number > $2 ORDER BY number",
        store_text(id), store_integer(after));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)service_event_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        ServiceEvent *event = g_new0(ServiceEvent, 1);
        event->number = store_row_integer(rows, 0);
        event->step = g_strdup(store_row_text(rows, 1));
        event->detail = g_strdup(store_row_text(rows, 2));
        event->time_ms = store_row_integer(rows, 3);
        g_ptr_array_add(list, event);
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&list);
}

bool service_use(StoreTx *tx, const char *person, ServiceUse *ret_use, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT count(*), coalesce(sum(cpus), 0), coalesce(sum(memory_mib), 0) FROM service "
        "WHERE person = $1 AND state NOT IN ('stopped', 'failed')", store_text(person));
    if (rows == NULL || !store_next(rows, error))
        return false;
    *ret_use = (ServiceUse){store_row_integer(rows, 0), store_row_integer(rows, 1),
                            store_row_integer(rows, 2)};
    return true;
}

#define STARTS_COUNTED 50

static int starts_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

bool service_starts(StoreTx *tx, const char *definition, ServiceStarts *ret_starts,
                    GError **error)
{
    int64_t took[STARTS_COUNTED];
    size_t count = 0;
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT ready_ms - created_ms FROM service WHERE definition = $1 AND ready_ms IS NOT NULL "
        "ORDER BY created_ms DESC, id DESC LIMIT $2",
        store_text(definition), store_integer(STARTS_COUNTED));
    if (rows == NULL)
        return false;
    while (count < STARTS_COUNTED && store_next(rows, &problem))
        took[count++] = store_row_integer(rows, 0);
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    ServiceStarts starts = {.count = (int64_t)count};
    if (count > 0) {
        qsort(took, count, sizeof *took, starts_compare);
        starts.median_ms = took[(count - 1) / 2];
        starts.slow_ms = took[(count - 1) * 9 / 10];
    }
    *ret_starts = starts;
    return true;
}

GPtrArray *service_outlived(StoreTx *tx, int64_t now_ms, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT id FROM service WHERE ends_ms > 0 AND ends_ms <= $1 AND state IN ('queued', "
        "'starting', 'ready') ORDER BY id", store_integer(now_ms));
    return rows != NULL ? first_texts(rows, error) : NULL;
}

GPtrArray *service_ending(StoreTx *tx, int64_t now_ms, int64_t soon_ms, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT " SERVICE_COLUMNS "WHERE s.ended_ms IS NULL AND s.state = 'ready' AND "
        "s.ends_ms > $1 AND s.ends_ms <= $2 ORDER BY s.id",
        store_integer(now_ms), store_integer(now_ms + soon_ms));
    return rows != NULL ? service_collect(rows, error) : NULL;
}

bool service_prolong(StoreTx *tx, const char *id, int64_t ends_ms, int64_t now_ms, GError **error)
{
    g_autofree char *until = time_format(ends_ms);
    return store_exec(tx, error, "UPDATE service SET ends_ms = $1 WHERE id = $2",
                      store_integer(ends_ms), store_text(id)) &&
           service_note(tx, id, "prolonged", until, now_ms, error);
}

bool service_note(StoreTx *tx, const char *id, const char *step, const char *detail,
                  int64_t now_ms, GError **error)
{
    return store_exec(tx, error,
                      "INSERT INTO service_event (service, number, step, detail, time_ms) "
                      "SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4 "
                      "FROM service_event WHERE service = $1",
                      store_text(id), store_text(step), store_text(detail),
                      store_integer(now_ms));
}

static bool service_write_state(StoreTx *tx, const char *id, ServiceState state,
                                const char *reason, const char *detail, int64_t now_ms,
                                GError **error)
{
    return store_exec(tx, error,
                      "UPDATE service SET state = $1, state_reason = $2, state_detail = $3, "
                      "ready_ms = CASE WHEN $1 = 'ready' THEN $4 ELSE ready_ms END, "
                      "ended_ms = CASE WHEN $5 = 1 THEN $4 ELSE ended_ms END WHERE id = $6",
                      store_text(service_state_name(state)), store_text(reason),
                      store_text(detail), store_integer(now_ms),
                      store_integer(service_state_is_over(state) ? 1 : 0), store_text(id));
}

bool service_move(StoreTx *tx, const char *id, ServiceState state, const char *reason,
                  const char *detail, int64_t now_ms, GError **error)
{
    g_autoptr(Service) service = NULL;
    if (!service_load(tx, id, &service, error))
        return false;
    if (!service_state_may(service->state, state))
        return error_set(error, ERROR_CONFLICT, "services.state",
                         "The service is %s; it cannot become %s.",
                         service_state_name(service->state), service_state_name(state));
    /* Why it stops was said when it began to stop. */
    bool ending = service_state_is_over(state) && *reason == '\0';
    const char *kept_reason = ending ? service->state_reason : reason;
    const char *kept_detail = ending ? service->state_detail : detail;
    return service_write_state(tx, id, state, kept_reason, kept_detail, now_ms, error) &&
           service_note(tx, id, service_state_name(state), kept_detail, now_ms, error);
}
