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

static bool sweep_project(Sweep *sweep, const char *project, GError **error)
{
    Lake *lake = lake_of(sweep->app);
    size_t removed = 0;
    g_autofree char *folder = lake_bucket_folder(sweep->app->state_dir, project);
    sweep->project = project;
    if (access(folder, R_OK | X_OK) < 0)
        return true; /* never opened, or locked */
    if (!lake_files_sweep(lake->files, folder, lake->started_ms, sweep_load, sweep, &removed,
                          error))
        return false;
    if (removed > 0) {
        g_autofree char *count = g_strdup_printf("%zu", removed);
        log_info("lake.swept", "project", project, "files", count);
    }
    return true;
}

/* Once after a start: what a crash left without a row. While the server runs, each failure removes
 * its own file. */
static bool duty_sweep(App *app, GError **error)
{
    Lake *lake = lake_of(app);
    if (lake->swept)
        return true;
    g_autoptr(GPtrArray) projects = g_ptr_array_new_with_free_func(g_free);
    Sweep sweep = {.app = app, .projects = projects};
    if (!store_read(app->store, sweep_projects, &sweep, error))
        return false;
    for (guint i = 0; i < projects->len; i++) {
        if (!sweep_project(&sweep, g_ptr_array_index(projects, i), error))
            return false;
    }
    lake->swept = true;
    return true;
}

static const Duty lake_duties[] = {
    {"lake.reads", LAKE_READS_PERIOD_MS, duty_flush_reads},
    {"lake.sweep", SWEEP_PERIOD_MS, duty_sweep},
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
