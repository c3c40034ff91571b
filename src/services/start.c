/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting: the row and what it mounts are read, the lake door is made, the engine carries out the
 * plan, then the bubble's own first process says when the program answers HTTP.
 */
#include "services/start.h"

#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/times.h"
#include "catalog/catalog.h"
#include "engine/engine.h"
#include "projects/projects.h"
#include "services/mounts.h"
#include "services/moves.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (INT64_C(1024) * 1024)
#define TMPFS_SHARE 4        /* /tmp gets a quarter of the memory */
#define DOOR_WAIT_MS 5000
#define DOOR_STEP_US 5000

typedef struct StartFacts {
    const char *id;
    Service *service;
    int64_t id_base;
    GPtrArray *mounts;       /* of ServiceMount */
} StartFacts;

static void start_facts_clear(StartFacts *facts)
{
    service_free(facts->service);
    g_clear_pointer(&facts->mounts, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StartFacts, start_facts_clear)

static bool start_read(StoreTx *tx, void *data, GError **error)
{
    StartFacts *facts = data;
    g_autoptr(Project) project = NULL;
    if (!service_load(tx, facts->id, &facts->service, error) ||
        !project_load(tx, facts->service->project, &project, error))
        return false;
    facts->id_base = project->id_base;
    facts->mounts = service_mounts(tx, facts->id, error);
    return facts->mounts != NULL;
}

/* ---- timeline ---- */

typedef struct NoteCall {
    const char *id, *step, *detail;
} NoteCall;

static bool note_in_write(StoreTx *tx, void *data, GError **error)
{
    const NoteCall *call = data;
    return service_note(tx, call->id, call->step, call->detail, time_now_ms(), error);
}

static bool start_note(Services *services, const char *id, const char *step, const char *detail,
                       GError **error)
{
    NoteCall call = {id, step, detail};
    if (!store_write(services->app->store, note_in_write, &call, error))
        return false;
    g_autofree char *topic = g_strconcat("service:", id, NULL);
    events_publish(services->app->events, topic, NULL);
    return true;
}

/* ---- doors ---- */

static int start_lake_door(Services *services, const char *id, GError **error)
{
    g_autofree char *folder = g_build_filename(services->app->state_dir, "run", "lake", id, NULL);
    g_autofree char *path = g_build_filename(folder, "lake.sock", NULL);
    if (!folder_make(folder, 0711, error))
        return -1;
    if (chmod(folder, 0711) < 0) {
        error_set(error, ERROR_INTERNAL, "services.lake_door", "Cannot open %s", folder);
        return -1;
    }
    return unix_listen(path, 0666, error);
}

/* The bubble's first process makes its doors a few milliseconds after it is started. */
static int start_status_door(Services *services, const char *id, uid_t owner, GError **error)
{
    int64_t deadline = time_monotonic_ms() + DOOR_WAIT_MS;
    for (;;) {
        g_autoptr(GError) problem = NULL;
        int fd = engine_door_connect(services->app->state_dir, id, "sas.sock", owner, &problem);
        if (fd >= 0)
            return fd;
        if (time_monotonic_ms() > deadline || g_atomic_int_get(&services->stopping)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return -1;
        }
        g_usleep(DOOR_STEP_US);
    }
}

/* Reads status lines until "ready". Told once: "listening". */
static bool start_wait_ready(Services *services, const char *id, int fd, GError **error)
{
    int64_t timeout_s = config_integer(services->app->config, "services.start_timeout_seconds");
    int64_t deadline = time_monotonic_ms() + timeout_s * 1000;
    g_autoptr(GString) line = g_string_new(NULL);
    bool told = false; /* once, however often the bubble says it */
    while (time_monotonic_ms() < deadline && !g_atomic_int_get(&services->stopping)) {
        struct pollfd row = {.fd = fd, .events = POLLIN};
        if (poll(&row, 1, 200) <= 0)
            continue;
        char c;
        if (recv(fd, &c, 1, 0) != 1)
            return error_set(error, ERROR_UNAVAILABLE, "services.died",
                             "The program ended before it was ready.");
        if (c != '\n') {
            if (line->len < 200)
                g_string_append_c(line, c);
            continue;
        }
        BubbleStatus status = {.state = ""};
        bool known = status_parse(line->str, &status);
        g_string_truncate(line, 0);
        if (known && strcmp(status.state, "ready") == 0)
            return true;
        bool tell = known && !told && strcmp(status.state, "listening") == 0;
        told = told || tell;
        if (tell && !start_note(services, id, "listening", "", error))
            return false;
    }
    return error_set(error, ERROR_UNAVAILABLE, "services.timeout",
                     "The program was not ready after %" G_GINT64_FORMAT " seconds.", timeout_s);
}

/* ---- the plan ---- */

static bool start_open_project(Services *services, const StartFacts *facts, GError **error)
{
    g_autoptr(Plan) plan = plan_project_open_new(facts->service->project, facts->id_base);
    return engine_client_run(services->app->engine, plan, NULL, NULL, NULL, error);
}

static bool start_run_plan(Services *services, const StartFacts *facts, uid_t *ret_owner,
                           GError **error)
{
    const Config *config = services->app->config;
    const CatalogDefinition *definition = NULL;
    if (!catalog_find(facts->service->definition, &definition, error))
        return false;
    g_autofree PlanData *data = g_new0(PlanData, facts->mounts->len + 1);
    for (guint i = 0; i < facts->mounts->len; i++) {
        const ServiceMount *mount = g_ptr_array_index(facts->mounts, i);
        data[i] = (PlanData){.dataset_id = mount->dataset->id, .folder = mount->folder};
    }
    int64_t memory = facts->service->memory_mib * MIB;
    PlanService wanted = {
        .service_id = facts->id,
        .project_id = facts->service->project,
        .id_base = facts->id_base,
        .login = facts->service->login,
        .image = definition->image,
        .data = data,
        .data_count = facts->mounts->len,
        .lake = true,
        .memory_bytes = memory,
        .cpu_milli = facts->service->cpus * 1000,
        .pids = config_integer(config, "services.pids"),
        .tmpfs_bytes = memory / TMPFS_SHARE,
    };
    g_autoptr(Plan) plan = plan_service_start_new(&wanted);
    g_autoptr(json_t) result = NULL;
    if (!engine_client_run(services->app->engine, plan, NULL, NULL, &result, error))
        return false;
    *ret_owner = (uid_t)json_integer_value(json_object_get(result, "door_owner"));
    return true;
}

static void start_count(const Service *service, bool ready)
{
    metric_add(METRIC_LAUNCHES, service->definition, ready ? "ready" : "failed", 1);
    if (ready)
        metric_observe(METRIC_LAUNCH_SECONDS, service->definition, NULL,
                       (time_now_ms() - service->created_ms) * 1000);
}

static bool start_steps(Services *services, const StartFacts *facts, GError **error)
{
    uid_t owner = 0;
    const Service *service = facts->service;
    FD_AUTO int lake = start_lake_door(services, facts->id, error);
    if (lake < 0 || !start_open_project(services, facts, error) ||
        !start_run_plan(services, facts, &owner, error))
        return false;
    live_add(services, facts->id, service->project, service->person, owner);
    if (!start_note(services, facts->id, "container", "", error))
        return false;
    live_watch(services, facts->id, -1, fd_steal(&lake));
    FD_AUTO int status = start_status_door(services, facts->id, owner, error);
    if (status < 0 || !start_wait_ready(services, facts->id, status, error) ||
        !services_move(services, facts->id, SERVICE_READY, "", "", error))
        return false;
    live_watch(services, facts->id, fd_steal(&status), -1);
    return true;
}

/* A launch that failed leaves nothing: bubble, doors and entry are removed by the stop plan; the row
 * says why. A conflict means that somebody stopped it meanwhile: their word stands. */
static bool start_failed(Services *services, const char *id, const GError *why, bool *ret_failed,
                         GError **error)
{
    log_warning("services.launch_failed", "service", id, "reason", error_reason(why), "why",
                why->message);
    if (g_atomic_int_get(&services->stopping) && error_kind_of(why)->code == ERROR_UNAVAILABLE)
        return true; /* the server stops: the service is taken back at the next start */
    g_autoptr(GError) problem = NULL;
    bool is_public = error_kind_of(why)->is_public;
    if (!services_move(services, id, SERVICE_FAILED,
                    is_public ? error_reason(why) : "services.launch_failed",
                    is_public ? why->message : "The bubble could not be started; the log of the "
                                               "server says why.", &problem) &&
        !error_is(problem, ERROR_CONFLICT)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *ret_failed = true;
    return true;
}

bool start_service(Services *services, const char *id, bool *ret_failed, GError **error)
{
    g_auto(StartFacts) facts = {.id = id};
    g_autoptr(GError) problem = NULL;
    if (!store_read(services->app->store, start_read, &facts, error))
        return false;
    if (facts.service->state != SERVICE_QUEUED)
        return true; /* stopped before it began */
    if (services_move(services, id, SERVICE_STARTING, "", "", &problem) &&
        start_steps(services, &facts, &problem)) {
        start_count(facts.service, true);
        return true;
    }
    bool ok = start_failed(services, id, problem, ret_failed, error);
    if (*ret_failed)
        start_count(facts.service, false);
    return ok;
}

/* After a restart of the server the bubble goes on; its doors are found again. */
bool start_adopt(Services *services, const char *id, bool *ret_failed, GError **error)
{
    g_auto(StartFacts) facts = {.id = id};
    g_autoptr(GError) problem = NULL;
    uid_t owner = 0;
    if (!store_read(services->app->store, start_read, &facts, error))
        return false;
    if (!live_find(services, id, NULL, NULL, &owner) || service_state_is_over(facts.service->state))
        return true;
    FD_AUTO int lake = start_lake_door(services, id, &problem);
    FD_AUTO int status = lake >= 0 ? start_status_door(services, id, owner, &problem) : -1;
    bool ok = status >= 0;
    if (ok && facts.service->state == SERVICE_STARTING)
        ok = start_wait_ready(services, id, status, &problem) &&
             services_move(services, id, SERVICE_READY, "", "", &problem);
    if (!ok)
        return start_failed(services, id, problem, ret_failed, error);
    live_watch(services, id, fd_steal(&status), fd_steal(&lake));
    log_info("services.taken_back", "service", id);
    return true;
}
