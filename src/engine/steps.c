/* SPDX-License-Identifier: Apache-2.0 */
/* One function per type of step, in a table; the loop; the undoing. */
#include "engine/steps.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "engine/bubble.h"
#include "engine/host_check.h"
#include "engine/vault.h"
#include "engine/volume.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEAL_FILES_MAX 1000

typedef struct Run {
    Engine *engine;
    const Plan *plan;
    json_t *result;
    int passed_fd; /* a descriptor that the answer hands over, or -1 */
    bool doors_made, container_made; /* to be undone */
} Run;

typedef bool (*StepApply)(Run *run, const PlanStep *step, GError **error);

static const char *path_last(const char *path)
{
    return strrchr(path, '/') + 1;
}

static uid_t project_uid(const Plan *plan)
{
    return (uid_t)(plan->id_base + PLAN_BUBBLE_UID);
}

static void result_set(Run *run, const char *name, json_t *value)
{
    json_object_set_new(run->result, name, value);
}

/* ---- Vaults and folders ---- */

static bool apply_vault_open(Run *run, const PlanStep *step, GError **error)
{
    Engine *engine = run->engine;
    VaultState state = {0};
    bool is_project = g_str_has_prefix(step->path, "projects/");
    if (!vault_open(engine->places, engine->keys, step->path, path_last(step->path),
                    is_project ? run->plan->id_base : -1, step->create, &state, error))
        return false;
    if (run->plan->kind == PLAN_PROJECT_OPEN || run->plan->kind == PLAN_DATASET_OPEN) {
        result_set(run, "encrypted", json_boolean(state.encrypted));
        result_set(run, "created", json_boolean(state.created));
    }
    return true;
}

/* A vault is not locked, nor destroyed, under a bubble that uses it. */
static bool vault_unused(Run *run, GError **error)
{
    bool used = false;
    const Plan *plan = run->plan;
    const char *id = plan->project_id != NULL ? plan->project_id : plan->dataset_id;
    if (!bubble_uses(run->engine, id, &used, error))
        return false;
    return !used || error_set(error, ERROR_CONFLICT, "engine.busy_vault",
                              "A service that uses it still runs; stop it first.");
}

static bool apply_vault_close(Run *run, const PlanStep *step, GError **error)
{
    return vault_unused(run, error) && vault_close(run->engine->places, run->engine->keys,
                                                   step->path, path_last(step->path), error);
}

static bool apply_vault_destroy(Run *run, const PlanStep *step, GError **error)
{
    bool key_destroyed = false;
    if (!vault_unused(run, error) ||
        !vault_destroy(run->engine->places, run->engine->keys, step->path, path_last(step->path),
                       &key_destroyed, error))
        return false;
    result_set(run, "key_destroyed", json_boolean(key_destroyed));
    return true;
}

static const struct FolderOwner {
    const char *owner;
    mode_t mode;
} folder_owners[] = {{"project", 0700}, {"serve", 0700}, {"engine", 0711}};

static bool apply_folder(Run *run, const PlanStep *step, GError **error)
{
    const Places *places = run->engine->places;
    uid_t uid = geteuid();
    mode_t mode = 0700;
    for (size_t i = 0; i < G_N_ELEMENTS(folder_owners); i++) {
        if (strcmp(folder_owners[i].owner, step->owner) == 0)
            mode = folder_owners[i].mode;
    }
    if (strcmp(step->owner, "project") == 0)
        uid = project_uid(run->plan);
    else if (strcmp(step->owner, "serve") == 0)
        uid = places_serve_uid(places);
    FD_AUTO int fd = places_make_folder(places, step->path, uid, mode, NULL, error);
    return fd >= 0;
}

/* ---- Sealing a dataset ---- */

static bool seal_file(int from_fd, int to_fd, const char *name, int64_t *left, json_t *files,
                      GError **error)
{
    g_autofree char *sha256 = NULL;
    int64_t size = 0;
    const CopyWanted wanted = {.from_fd = from_fd, .to_fd = to_fd, .file = name, .name = name,
                               .max_bytes = *left, .owner = geteuid(), .group = getegid(),
                               .mode = 0444};
    if (!path_check_relative(name, error) || !places_copy(&wanted, &sha256, &size, error))
        return false;
    *left -= size;
    json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "name", name, "size",
                                           (json_int_t)size, "sha256", sha256));
    return true;
}

static bool seal_files(int from_fd, int to_fd, int64_t max_bytes, json_t *files, GError **error)
{
    int own = dup(from_fd);
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    if (dir == NULL) {
        fd_cleanup(&own);
        return error_set_errno(error, errno, "engine.seal", "Cannot list the upload");
    }
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        ok = json_array_size(files) < SEAL_FILES_MAX
                 ? seal_file(from_fd, to_fd, entry->d_name, &max_bytes, files, error)
                 : error_set(error, ERROR_TOO_LARGE, "engine.seal_files",
                             "A dataset may have at most %d files.", SEAL_FILES_MAX);
    }
    closedir(dir);
    if (ok && json_array_size(files) == 0)
        return error_set(error, ERROR_UNPROCESSABLE, "engine.seal_empty", "The upload is empty.");
    return ok;
}

static bool seal_into(Run *run, const PlanStep *step, const char *sealing, GError **error)
{
    const Places *places = run->engine->places;
    VaultState state = {0};
    g_autoptr(json_t) files = json_array();
    FD_AUTO int from_fd = places_open_folder(places, step->path, error);
    if (from_fd < 0 || !vault_open(places, run->engine->keys, sealing, run->plan->dataset_id, -1,
                                   true, &state, error))
        return false;
    FD_AUTO int to_fd = places_open_folder(places, sealing, error);
    if (to_fd < 0 || !seal_files(from_fd, to_fd, step->max_bytes, files, error))
        return false;
    if (fchmod(to_fd, 0555) < 0 || fsync(to_fd) < 0)
        return error_set_errno(error, errno, "engine.seal", "Cannot finish the dataset");
    if (!places_rename(places, sealing, step->target, error))
        return false;
    result_set(run, "encrypted", json_boolean(state.encrypted));
    result_set(run, "files", g_steal_pointer(&files));
    return true;
}

/* The copy is made under another name, which it leaves once it is complete and durable. */
static bool apply_seal(Run *run, const PlanStep *step, GError **error)
{
    Engine *engine = run->engine;
    const char *id = run->plan->dataset_id;
    KeyRecord record = {0};
    bool found = false, destroyed = false;
    if (!keys_get(engine->keys, id, &record, &found, error))
        return false;
    key_record_wipe(&record);
    if (found)
        return error_set(error, ERROR_CONFLICT, "engine.exists", "The dataset is already sealed.");
    g_autofree char *sealing = g_strconcat(step->target, ".sealing", NULL);
    if (seal_into(run, step, sealing, error))
        return true;
    vault_destroy(engine->places, engine->keys, sealing, id, &destroyed, NULL);
    keys_forget(engine->keys, id, NULL);
    return false;
}

/* ---- Services ---- */

static bool apply_doors(Run *run, const PlanStep *step, GError **error)
{
    FD_AUTO int fd = places_make_folder(run->engine->places, step->path, project_uid(run->plan),
                                        0711, &run->doors_made, error);
    if (fd < 0)
        return false;
    return run->doors_made || error_set(error, ERROR_CONFLICT, "engine.exists",
                                        "There already is a service with this identifier.");
}

static bool apply_mount(Run *run, const PlanStep *step, GError **error)
{
    return true; /* made with the container, which looks at them all */
}

static bool apply_container(Run *run, const PlanStep *step, GError **error)
{
    json_t *result = bubble_start(run->engine, run->plan, step, &run->container_made, error);
    if (result == NULL)
        return false;
    json_object_update(run->result, result);
    json_decref(result);
    return true;
}

static bool apply_freeze(Run *run, const PlanStep *step, GError **error)
{
    g_autofree char *name = bubble_name(run->engine, run->plan->service_id);
    return podman_pause(run->engine->podman, name, error);
}

static bool apply_thaw(Run *run, const PlanStep *step, GError **error)
{
    g_autofree char *name = bubble_name(run->engine, run->plan->service_id);
    return podman_unpause(run->engine->podman, name, error);
}

static bool apply_stop(Run *run, const PlanStep *step, GError **error)
{
    bool found = false;
    if (!bubble_remove(run->engine, run->plan->service_id, &found, error) ||
        !places_remove(run->engine->places, step->path, error))
        return false;
    result_set(run, "found", json_boolean(found));
    return true;
}

static bool apply_list(Run *run, const PlanStep *step, GError **error)
{
    json_t *services = bubble_list(run->engine, error);
    if (services == NULL)
        return false;
    result_set(run, "services", services);
    return true;
}

/* ---- Files ---- */

static bool apply_collect(Run *run, const PlanStep *step, GError **error)
{
    const Places *places = run->engine->places;
    g_autofree char *sha256 = NULL;
    int64_t size = 0;
    FD_AUTO int from_fd = places_open_folder(places, step->path, error);
    FD_AUTO int to_fd = from_fd < 0 ? -1 : places_open_folder(places, step->target, error);
    if (to_fd < 0)
        return false;
    uid_t owner = places_serve_uid(places);
    const CopyWanted wanted = {.from_fd = from_fd, .to_fd = to_fd, .file = step->file,
                               .name = step->name, .max_bytes = step->max_bytes, .owner = owner,
                               .group = places_gid(places, owner), .mode = 0400};
    if (!places_copy(&wanted, &sha256, &size, error))
        return false;
    result_set(run, "sha256", json_string(sha256));
    result_set(run, "size", json_integer(size));
    return true;
}

static bool apply_browse(Run *run, const PlanStep *step, GError **error)
{
    VolumeListing wanted = {.folder = step->file, .descending = step->descending,
                            .after = step->after, .limit = step->limit};
    FD_AUTO int fd = places_open_folder(run->engine->places, step->path, error);
    json_t *listing = NULL;
    if (fd >= 0 && volume_sort_parse(step->sort, &wanted.sort))
        listing = volume_browse(fd, &wanted, error);
    if (listing == NULL)
        return false;
    json_object_update(run->result, listing);
    json_decref(listing);
    return true;
}

static bool apply_file_open(Run *run, const PlanStep *step, GError **error)
{
    int64_t size = 0, modified_ms = 0;
    FD_AUTO int fd = places_open_folder(run->engine->places, step->path, error);
    run->passed_fd = fd < 0 ? -1 : volume_open(fd, step->file, &size, &modified_ms, error);
    if (run->passed_fd < 0)
        return false;
    result_set(run, "size", json_integer(size));
    result_set(run, "modified_ms", json_integer(modified_ms));
    return true;
}

static bool apply_file_put(Run *run, const PlanStep *step, GError **error)
{
    const Places *places = run->engine->places;
    uid_t owner = project_uid(run->plan);
    FD_AUTO int fd = places_open_folder(places, step->path, error);
    FD_AUTO int from_fd = fd < 0 ? -1 : places_open_folder(places, step->target, error);
    const VolumePut put = {.from_fd = from_fd, .from_name = "data",
                           .from_owner = places_serve_uid(places), .file = step->file,
                           .replace = step->replace, .owner = owner,
                           .group = places_gid(places, owner)};
    return from_fd >= 0 && volume_put(fd, &put, error);
}

static bool apply_file_folder(Run *run, const PlanStep *step, GError **error)
{
    uid_t owner = project_uid(run->plan);
    FD_AUTO int fd = places_open_folder(run->engine->places, step->path, error);
    return fd >= 0 && volume_make_folder(fd, step->file, owner,
                                         places_gid(run->engine->places, owner), error);
}

static bool apply_file_move(Run *run, const PlanStep *step, GError **error)
{
    FD_AUTO int fd = places_open_folder(run->engine->places, step->path, error);
    return fd >= 0 && volume_move(fd, step->file, step->name, error);
}

static bool apply_file_remove(Run *run, const PlanStep *step, GError **error)
{
    FD_AUTO int fd = places_open_folder(run->engine->places, step->path, error);
    return fd >= 0 && volume_remove(fd, step->file, step->recursive, error);
}

static bool apply_host_check(Run *run, const PlanStep *step, GError **error)
{
    json_t *result = host_check(run->engine);
    json_object_update(run->result, result);
    json_decref(result);
    return true;
}

static const StepApply step_applies[PLAN_STEP_COUNT] = {
    [PLAN_STEP_VAULT_OPEN] = apply_vault_open,
    [PLAN_STEP_VAULT_CLOSE] = apply_vault_close,
    [PLAN_STEP_VAULT_DESTROY] = apply_vault_destroy,
    [PLAN_STEP_FOLDER] = apply_folder,
    [PLAN_STEP_SEAL] = apply_seal,
    [PLAN_STEP_DOORS] = apply_doors,
    [PLAN_STEP_MOUNT] = apply_mount,
    [PLAN_STEP_CONTAINER] = apply_container,
    [PLAN_STEP_FREEZE] = apply_freeze,
    [PLAN_STEP_THAW] = apply_thaw,
    [PLAN_STEP_STOP] = apply_stop,
    [PLAN_STEP_LIST] = apply_list,
    [PLAN_STEP_COLLECT] = apply_collect,
    [PLAN_STEP_BROWSE] = apply_browse,
    [PLAN_STEP_HOST_CHECK] = apply_host_check,
    [PLAN_STEP_FILE_OPEN] = apply_file_open,
    [PLAN_STEP_FILE_PUT] = apply_file_put,
    [PLAN_STEP_FILE_FOLDER] = apply_file_folder,
    [PLAN_STEP_FILE_MOVE] = apply_file_move,
    [PLAN_STEP_FILE_REMOVE] = apply_file_remove,
};

/* ---- The loop ---- */

/* Nothing half done: no container, no doors. Folders in a vault stay, empty. */
static void run_undo(Run *run)
{
    bool found = false;
    if (run->container_made)
        bubble_remove(run->engine, run->plan->service_id, &found, NULL);
    if (run->doors_made) {
        g_autofree char *doors = g_strconcat("run/doors/", run->plan->service_id, NULL);
        places_remove(run->engine->places, doors, NULL);
    }
}

static bool run_steps(Run *run, StepsProgress progress, void *user, GError **error)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const PlanStep *step = g_ptr_array_index(run->plan->steps, i);
        gint64 began = g_get_monotonic_time();
        if (!step_applies[step->type](run, step, error))
            return false;
        if (progress != NULL && step->type != PLAN_STEP_MOUNT)
            progress(plan_step_name(step->type), (double)(g_get_monotonic_time() - began) / 1000,
                     user);
    }
    return true;
}

/* Locks by hash of the subjects, in the order of the array, so that two plans never wait for each
 * other crosswise. Returns which were taken, as bits. */
static uint64_t subjects_lock(Engine *engine, const Plan *plan)
{
    const char *const subjects[] = {plan->project_id, plan->service_id, plan->dataset_id};
    uint64_t taken = 0;
    /* Freezing waits for nobody, not even for a copy whose subject has the same hash. */
    for (size_t i = 0; i < G_N_ELEMENTS(subjects) && plan->kind != PLAN_SERVICE_FREEZE; i++) {
        if (subjects[i] != NULL)
            taken |= UINT64_C(1) << (g_str_hash(subjects[i]) % ENGINE_LOCKS);
    }
    for (int i = 0; i < ENGINE_LOCKS; i++) {
        if ((taken & (UINT64_C(1) << i)) != 0)
            g_mutex_lock(&engine->locks[i]);
    }
    return taken;
}

static void subjects_unlock(Engine *engine, uint64_t taken)
{
    for (int i = 0; i < ENGINE_LOCKS; i++) {
        if ((taken & (UINT64_C(1) << i)) != 0)
            g_mutex_unlock(&engine->locks[i]);
    }
}

json_t *steps_apply(Engine *engine, const Plan *plan, StepsProgress progress, void *user,
                    int *ret_fd, GError **error)
{
    Run run = {.engine = engine, .plan = plan, .result = json_object(), .passed_fd = -1};
    uint64_t taken = subjects_lock(engine, plan);
    bool ok = run_steps(&run, progress, user, error);
    if (!ok)
        run_undo(&run);
    subjects_unlock(engine, taken);
    if (ok) {
        *ret_fd = run.passed_fd;
        return run.result;
    }
    fd_cleanup(&run.passed_fd);
    json_decref(run.result);
    return NULL;
}
