/* SPDX-License-Identifier: Apache-2.0 */
/* The room's life: state, duties, doors, quotas of what is under way. */
#include "lake/lake.h"

#include "base/error.h"
#include "base/log.h"
#include "base/times.h"
#include "lake/rows.h"
#include "lake/state.h"

#include <libxml/parser.h>
#include <unistd.h>

#define SWEEP_PERIOD_MS 5000
#define STALE_PERIOD_MS (int)(10 * TIME_MINUTE_MS)
#define UPLOAD_LIFE_MS (7 * TIME_DAY_MS)

Lake *lake_of(const App *app)
{
    Lake *lake = app->room_data[ROOM_LAKE];
    g_assert(lake != NULL);
    return lake;
}

void lake_door_clear(LakeDoor *door)
{
    g_clear_pointer(&door->actor, policy_actor_free);
    g_clear_pointer(&door->project, g_free);
    g_clear_pointer(&door->person, g_free);
}

void lake_set_door_find(App *app, LakeDoorFind find)
{
    lake_of(app)->door_find = find;
}

/* ---- room for what is under way ---- */

static int64_t reserved_bytes(Lake *lake, const char *project)
{
    const int64_t *bytes = g_hash_table_lookup(lake->reserved, project);
    return bytes != NULL ? *bytes : 0;
}

static void reserved_set(Lake *lake, const char *project, int64_t bytes)
{
    if (bytes > 0)
        g_hash_table_replace(lake->reserved, g_strdup(project), g_memdup2(&bytes, sizeof bytes));
    else
        g_hash_table_remove(lake->reserved, project);
}

bool lake_reserve(Lake *lake, const char *project, int64_t bytes, int64_t used,
                  int64_t quota_bytes, GError **error)
{
    int64_t total = 0;
    g_mutex_lock(&lake->lock);
    int64_t under_way = reserved_bytes(lake, project);
    bool fits = !__builtin_add_overflow(used, bytes, &total) &&
                !__builtin_add_overflow(total, under_way, &total) && total <= quota_bytes;
    if (fits)
        reserved_set(lake, project, under_way + bytes);
    g_mutex_unlock(&lake->lock);
    return fits ||
           error_set(error, ERROR_QUOTA, "lake.quota",
                     "The bucket's quota is %" G_GINT64_FORMAT " bytes and %" G_GINT64_FORMAT
                     " are used or being uploaded; remove something, or ask an officer for more "
                     "room.",
                     quota_bytes, used + under_way);
}

void lake_release(Lake *lake, const char *project, int64_t bytes)
{
    g_mutex_lock(&lake->lock);
    reserved_set(lake, project, reserved_bytes(lake, project) - bytes);
    g_mutex_unlock(&lake->lock);
}

/* ---- duties ---- */

static bool duty_flush_reads(App *app, GError **error)
{
    return lake_reads_flush(lake_of(app)->reads, app, error);
}

typedef struct Sweep {
    App *app;
    const char *project;
    GPtrArray *projects;
    GHashTable *ids;
} Sweep;

static bool sweep_projects(StoreTx *tx, void *data, GError **error)
{
    Sweep *sweep = data;
    g_autoptr(StoreRows) rows = store_query(tx, error, "SELECT id FROM project ORDER BY id");
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem))
        g_ptr_array_add(sweep->projects, g_strdup(store_row_text(rows, 0)));
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool sweep_read(StoreTx *tx, void *data, GError **error)
{
    Sweep *sweep = data;
    return lake_referenced(tx, sweep->project, sweep->ids, error);
}

static bool sweep_load(GHashTable *ids, void *user, GError **error)
{
    Sweep *sweep = user;
    sweep->ids = ids;
    return store_read(sweep->app->store, sweep_read, sweep, error);
}

/* *RET_SWEPT false: the folder is not there or locked, to be tried again. */
static bool sweep_project(Sweep *sweep, const char *project, bool *ret_swept, GError **error)
{
    Lake *lake = lake_of(sweep->app);
    size_t removed = 0;
    g_autofree char *folder = lake_bucket_folder(sweep->app->state_dir, project);
    sweep->project = project;
    *ret_swept = access(folder, R_OK | X_OK) == 0;
    if (!*ret_swept)
        return true;
    if (!lake_files_sweep(lake->files, folder, lake->started_ms, sweep_load, sweep, &removed,
                          error))
        return false;
    if (removed > 0) {
        g_autofree char *count = g_strdup_printf("%zu", removed);
        log_info("lake.swept", "project", project, "files", count);
    }
    return true;
}

/* Once after a start, for each project: what a crash left without a row. While the server runs,
 * each failure removes its own file. */
static bool duty_sweep(App *app, GError **error)
{
    Lake *lake = lake_of(app);
    Sweep sweep = {.app = app};
    if (lake->unswept == NULL) {
        g_autoptr(GPtrArray) projects = g_ptr_array_new_with_free_func(g_free);
        sweep.projects = projects;
        if (!store_read(app->store, sweep_projects, &sweep, error))
            return false;
        lake->unswept = g_steal_pointer(&projects);
    }
    for (guint i = lake->unswept->len; i-- > 0;) {
        bool swept = false;
        if (!sweep_project(&sweep, g_ptr_array_index(lake->unswept, i), &swept, error))
            return false;
        if (swept)
            g_ptr_array_remove_index_fast(lake->unswept, i);
    }
    return true;
}

/* ---- uploads that nobody ends ---- */

typedef struct StaleList {
    int64_t before_ms;
    GPtrArray *ids, *projects, *keys;
} StaleList;

static bool stale_read(StoreTx *tx, void *data, GError **error)
{
    StaleList *list = data;
    g_autoptr(StoreRows) rows =
        store_query(tx, error,
                    "SELECT id, project, key FROM lake_upload WHERE started_ms < $1 LIMIT 100",
                    store_integer(list->before_ms));
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem)) {
        size_t size = 0;
        const void *key = store_row_bytes(rows, 2, &size);
        g_ptr_array_add(list->ids, g_strdup(store_row_text(rows, 0)));
        g_ptr_array_add(list->projects, g_strdup(store_row_text(rows, 1)));
        g_ptr_array_add(list->keys, g_strndup(key, size));
    }
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

typedef struct StaleRun {
    const char *id, *project, *key;
    GPtrArray *freed;
} StaleRun;

static bool stale_drop(Act *act, void *data, GError **error)
{
    StaleRun *run = data;
    g_autoptr(LakeUpload) upload = NULL;
    g_ptr_array_set_size(run->freed, 0);
    act_about(act, run->key, run->project);
    act_detail(act, "operation", "AbortMultipartUpload");
    act_detail(act, "because", "unfinished for a week");
    return act_allow(act, NULL, error) &&
           lake_upload_find(act->tx, run->project, run->key, run->id, &upload, error) &&
           lake_upload_drop(act->tx, upload, run->freed, error);
}

static bool stale_end(App *app, const PolicyActor *system, StaleRun *run, GError **error)
{
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *folder = lake_bucket_folder(app->state_dir, run->project);
    run->freed = freed;
    if (!act_run(app, system, VERB_LAKE_PUT, stale_drop, run, NULL, error))
        return false;
    for (guint i = 0; i < freed->len; i++)
        lake_file_remove(folder, g_ptr_array_index(freed, i));
    return true;
}

/* They count against the quota: after a week they are aborted. */
static bool duty_stale_uploads(App *app, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) projects = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(PolicyActor) system = policy_actor_system();
    StaleList list = {time_now_ms() - UPLOAD_LIFE_MS, ids, projects, keys};
    if (!store_read(app->store, stale_read, &list, error))
        return false;
    for (guint i = 0; i < ids->len; i++) {
        StaleRun run = {g_ptr_array_index(ids, i), g_ptr_array_index(projects, i),
                        g_ptr_array_index(keys, i), NULL};
        if (!stale_end(app, system, &run, error))
            return false;
    }
    return true;
}

static const Duty lake_duties[] = {
    {"lake.reads", LAKE_READS_PERIOD_MS, duty_flush_reads},
    {"lake.sweep", SWEEP_PERIOD_MS, duty_sweep},
    {"lake.stale_uploads", STALE_PERIOD_MS, duty_stale_uploads},
    {NULL, 0, NULL},
};

/* ---- the room ---- */

static bool lake_start(App *app, GError **error)
{
    (void)error;
    Lake *lake = g_new0(Lake, 1);
    xmlInitParser();
    lake->files = lake_files_new();
    lake->reads = lake_reads_new();
    lake->started_ms = time_now_ms();
    g_mutex_init(&lake->lock);
    lake->reserved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    app->room_data[ROOM_LAKE] = lake;
    return true;
}

static void lake_stop(App *app)
{
    Lake *lake = app->room_data[ROOM_LAKE];
    g_autoptr(GError) problem = NULL;
    if (lake == NULL)
        return;
    if (!lake_reads_flush(lake->reads, app, &problem))
        log_error("lake.reads_lost", "why", problem->message);
    lake_files_free(lake->files);
    lake_reads_free(lake->reads);
    g_clear_pointer(&lake->unswept, g_ptr_array_unref);
    g_hash_table_unref(lake->reserved);
    g_mutex_clear(&lake->lock);
    g_free(lake);
    app->room_data[ROOM_LAKE] = NULL;
}

const Room lake_room = {
    .name = "lake",
    .routes = lake_routes,
    .duties = lake_duties,
    .start = lake_start,
    .stop = lake_stop,
};
