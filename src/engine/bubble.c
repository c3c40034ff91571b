/* SPDX-License-Identifier: Apache-2.0 */
/* Between plans, podman and the kernel's own account of what runs. */
#include "engine/bubble.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/times.h"
#include "engine/container.h"
#include "engine/leftovers.h"
#include "engine/vault.h"
#include "engine/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOORS_WAIT_US    1000
#define DOORS_WAIT_TURNS 5000

char *bubble_name(const Engine *engine, const char *service_id)
{
    return container_name(keys_instance_id(engine->keys), service_id);
}

/* ---- Starting ---- */

typedef struct BubbleMounts {
    GPtrArray *asked;  /* of ContainerMount: what podman is told */
    GPtrArray *wanted; /* of VerifyMount: what must come of it */
} BubbleMounts;

static void bubble_mounts_clear(BubbleMounts *mounts)
{
    g_ptr_array_unref(mounts->asked);
    g_ptr_array_unref(mounts->wanted);
}

static void mounts_want(BubbleMounts *mounts, const char *target, bool read_only,
                        const struct stat *st)
{
    VerifyMount *wanted = g_new0(VerifyMount, 1);
    wanted->target = g_strdup(target);
    wanted->read_only = read_only;
    wanted->device = st->st_dev;
    wanted->inode = st->st_ino;
    g_ptr_array_add(mounts->wanted, wanted);
}

/* Opens the folder, so that it is known which one is meant, and notes where podman finds it. */
static bool mounts_add(BubbleMounts *mounts, const Places *places, const PlanStep *step,
                       GError **error)
{
    struct stat st;
    FD_AUTO int fd = places_open_folder(places, step->path, error);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) < 0)
        return error_set_errno(error, errno, "engine.stat", "Cannot look at %s", step->path);
    ContainerMount *asked = g_new0(ContainerMount, 1);
    asked->source = places_name(places, step->path);
    asked->target = g_strdup(step->target);
    asked->read_only = step->read_only;
    g_ptr_array_add(mounts->asked, asked);
    mounts_want(mounts, step->target, step->read_only, &st);
    return true;
}

static bool mounts_fill(BubbleMounts *mounts, const Engine *engine, const Plan *plan,
                        GError **error)
{
    struct stat st;
    mounts->asked = g_ptr_array_new_with_free_func((GDestroyNotify)container_mount_free);
    mounts->wanted = g_ptr_array_new_with_free_func((GDestroyNotify)verify_mount_free);
    if (stat(engine->sas_path, &st) < 0)
        return error_set_errno(error, errno, "engine.sas", "sas is not at %s", engine->sas_path);
    mounts_want(mounts, CONTAINER_SAS, true, &st);
    for (guint i = 0; i < plan->steps->len; i++) {
        const PlanStep *step = g_ptr_array_index(plan->steps, i);
        if (step->type == PLAN_STEP_MOUNT && !mounts_add(mounts, engine->places, step, error))
            return false;
    }
    return true;
}

static bool plan_has_lake(const Plan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const PlanStep *step = g_ptr_array_index(plan->steps, i);
        if (step->type == PLAN_STEP_MOUNT && strcmp(step->target, "/run/lake") == 0)
            return true;
    }
    return false;
}

/* The datasets that PLAN mounts, with blanks between. Caller frees. */
static char *plan_data_ids(const Plan *plan)
{
    GString *ids = g_string_new(NULL);
    for (guint i = 0; i < plan->steps->len; i++) {
        const PlanStep *step = g_ptr_array_index(plan->steps, i);
        if (step->type == PLAN_STEP_MOUNT && g_str_has_prefix(step->path, "data/"))
            g_string_append_printf(ids, "%s%s", ids->len == 0 ? "" : " ",
                                   step->path + strlen("data/"));
    }
    return g_string_free(ids, FALSE);
}

static json_t *bubble_body(const Engine *engine, const Plan *plan, const PlanStep *step,
                           const Image *image, const char *name, const GPtrArray *mounts)
{
    g_autofree char *data_ids = plan_data_ids(plan);
    const ContainerSpec spec = {
        .name = name,
        .image_id = image->id,
        .command = image->command,
        .port = image->port,
        .login = step->login,
        .instance_id = keys_instance_id(engine->keys),
        .state_dir = engine->state_dir,
        .service_id = plan->service_id,
        .project_id = plan->project_id,
        .data_ids = data_ids,
        .id_base = plan->id_base,
        .memory_bytes = step->memory_bytes,
        .cpu_milli = step->cpu_milli,
        .pids = step->pids,
        .tmpfs_bytes = step->tmpfs_bytes,
        .files_max = engine->files_max,
        .processes_max = engine->processes_max,
        .lake = plan_has_lake(plan),
        .seccomp_path = engine->seccomp_path,
        .sas_path = engine->sas_path,
        .mounts = mounts,
    };
    return container_body(&spec);
}

/* sas makes its status door last: once it is there, the bubble can be reached. */
static bool bubble_await_doors(const Engine *engine, const Plan *plan, pid_t pid, GError **error)
{
    struct stat st;
    g_autofree char *path = g_strconcat("run/doors/", plan->service_id, NULL);
    g_autofree char *proc = g_strdup_printf("/proc/%d", (int)pid);
    FD_AUTO int fd = places_open_folder(engine->places, path, error);
    if (fd < 0)
        return false;
    for (int i = 0; i < DOORS_WAIT_TURNS; i++) {
        if (fstatat(fd, "sas.sock", &st, AT_SYMLINK_NOFOLLOW) == 0)
            return true;
        if (access(proc, F_OK) < 0)
            break;
        g_usleep(DOORS_WAIT_US);
    }
    return error_set(error, ERROR_INTERNAL, "engine.bubble_ended",
                     "The bubble ended, or made no door, as soon as it was started.");
}

static json_t *bubble_run(Engine *engine, const Plan *plan, const PlanStep *step,
                          const BubbleMounts *mounts, bool *ret_made, GError **error)
{
    pid_t pid = 0;
    int64_t started_ms = 0;
    const Image *image = images_find(engine->images, step->image);
    g_autofree char *name = bubble_name(engine, plan->service_id);
    g_autoptr(json_t) body = bubble_body(engine, plan, step, image, name, mounts->asked);
    if (!podman_create(engine->podman, body, error))
        return NULL;
    *ret_made = true;
    if (!podman_start(engine->podman, name, error) ||
        !podman_pid(engine->podman, name, &pid, &started_ms, error))
        return NULL;
    const VerifyWanted wanted = {.id_base = plan->id_base, .mounts = mounts->wanted,
                                 .memory_bytes = step->memory_bytes, .pids = step->pids};
    if (!verify_bubble(pid, &wanted, error) || !bubble_await_doors(engine, plan, pid, error))
        return NULL;
    return json_pack("{s:s, s:I, s:I, s:I, s:i}", "service_id", plan->service_id, "pid",
                     (json_int_t)pid, "started_ms", (json_int_t)started_ms, "door_owner",
                     (json_int_t)(plan->id_base + PLAN_BUBBLE_UID), "port", image->port);
}

json_t *bubble_start(Engine *engine, const Plan *plan, const PlanStep *step, bool *ret_made,
                     GError **error)
{
    BubbleMounts mounts = {0};
    json_t *result = NULL;
    if (mounts_fill(&mounts, engine, plan, error))
        result = bubble_run(engine, plan, step, &mounts, ret_made, error);
    bubble_mounts_clear(&mounts);
    return result;
}

/* Ends the processes of containers named NAME that podman does not know of. */
static void leftovers_end_named(const Engine *engine, const char *name)
{
    g_autoptr(GPtrArray) found = leftovers_find();
    for (guint i = 0; engine->runtime_path != NULL && i < found->len; i++) {
        const Leftover *leftover = g_ptr_array_index(found, i);
        if (strcmp(leftover->name, name) == 0)
            leftover_end(leftover, engine->runtime_path, NULL);
    }
}

bool bubble_remove(Engine *engine, const char *service_id, bool *ret_found, GError **error)
{
    bool found = false;
    g_autofree char *name = bubble_name(engine, service_id);
    if (engine->podman != NULL && !podman_remove(engine->podman, name, &found, error))
        return false;
    if (!found)
        leftovers_end_named(engine, name);
    *ret_found = found;
    return true;
}

/* ---- Listing ---- */

static const char *label(const json_t *container, const char *name)
{
    return json_string_value(json_object_get(json_object_get(container, "Labels"), name));
}

static const char *first_name(const json_t *container)
{
    return json_string_value(json_array_get(json_object_get(container, "Names"), 0));
}

static const char *state_word(const json_t *container)
{
    const char *state = json_string_value(json_object_get(container, "State"));
    if (g_strcmp0(state, "running") == 0)
        return "running";
    return g_strcmp0(state, "paused") == 0 ? "frozen" : "exited";
}

static int64_t label_base(const json_t *container)
{
    const char *base = label(container, LABEL_ID_BASE);
    return base == NULL ? -1 : g_ascii_strtoll(base, NULL, 10);
}

static json_t *service_to_json(const json_t *container)
{
    const char *service = label(container, LABEL_SERVICE);
    const char *project = label(container, LABEL_PROJECT);
    if (!id_check(PLAN_ID_SERVICE, service) || !id_check(PLAN_ID_PROJECT, project))
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "service_id", service, "project_id", project,
                     "state", state_word(container), "pid",
                     json_integer_value(json_object_get(container, "Pid")), "started_ms",
                     json_integer_value(json_object_get(container, "StartedAt")) * 1000,
                     "door_owner", (json_int_t)(label_base(container) + PLAN_BUBBLE_UID));
}

/* Every container of this instance; where there is no podman, there is none. */
static json_t *containers_list(Engine *engine, const char *name, const char *value, GError **error)
{
    return engine->podman == NULL ? json_array() : podman_list(engine->podman, name, value, error);
}

json_t *bubble_list(Engine *engine, GError **error)
{
    size_t i;
    json_t *container;
    g_autoptr(json_t) containers =
        containers_list(engine, LABEL_INSTANCE, keys_instance_id(engine->keys), error);
    if (containers == NULL)
        return NULL;
    json_t *services = json_array();
    json_array_foreach (containers, i, container) {
        json_t *service = service_to_json(container);
        if (service != NULL)
            json_array_append_new(services, service);
    }
    return services;
}

static bool container_uses(const json_t *container, const char *id)
{
    const char *data = label(container, LABEL_DATA);
    g_auto(GStrv) ids = g_strsplit(data == NULL ? "" : data, " ", -1);
    return g_strcmp0(label(container, LABEL_PROJECT), id) == 0 ||
           g_strv_contains((const char *const *)ids, id);
}

bool bubble_uses(Engine *engine, const char *id, bool *ret_used, GError **error)
{
    size_t i;
    json_t *container;
    bool used = false;
    g_autoptr(json_t) containers =
        containers_list(engine, LABEL_INSTANCE, keys_instance_id(engine->keys), error);
    if (containers == NULL)
        return false;
    json_array_foreach (containers, i, container)
        used = used || container_uses(container, id);
    *ret_used = used;
    return true;
}

/* ---- After a restart ---- */

/* Is this container one that may go on? Those of an earlier state in the same folder, and those
 * that were made but never ran, may not; those that run must still be sealed. */
static bool container_sound(Engine *engine, const json_t *container)
{
    const char *state = json_string_value(json_object_get(container, "State"));
    const char *word = state_word(container);
    pid_t pid = (pid_t)json_integer_value(json_object_get(container, "Pid"));
    const VerifyWanted wanted = {.id_base = label_base(container)};
    if (g_strcmp0(label(container, LABEL_INSTANCE), keys_instance_id(engine->keys)) != 0 ||
        !id_check(PLAN_ID_SERVICE, label(container, LABEL_SERVICE)))
        return false;
    if (strcmp(word, "exited") == 0)
        return g_strcmp0(state, "exited") == 0 || g_strcmp0(state, "stopped") == 0;
    return pid > 0 && verify_bubble(pid, &wanted, NULL);
}

/* ALIVE: services whose bubbles may go on; REMOVED: identifiers of containers that may not. */
static bool recover_containers(Engine *engine, GHashTable *alive, GHashTable *removed,
                               GError **error)
{
    size_t i;
    json_t *container;
    g_autoptr(json_t) containers =
        containers_list(engine, LABEL_STATE, engine->state_dir, error);
    if (containers == NULL)
        return false;
    json_array_foreach (containers, i, container) {
        bool found = false;
        if (container_sound(engine, container)) {
            g_hash_table_add(alive, g_strdup(label(container, LABEL_SERVICE)));
            continue;
        }
        g_hash_table_add(removed,
                         g_strdup(json_string_value(json_object_get(container, "Id"))));
        if (first_name(container) != NULL &&
            !podman_remove(engine->podman, first_name(container), &found, error))
            return false;
    }
    return true;
}

/* Storage of containers of this instance that podman was killed while making. */
static bool recover_storage(Engine *engine, GError **error)
{
    size_t i;
    json_t *container;
    if (engine->podman == NULL)
        return true;
    g_autofree char *ours = container_name(keys_instance_id(engine->keys), "");
    g_autoptr(json_t) storage = podman_list_storage(engine->podman, error);
    if (storage == NULL)
        return false;
    json_array_foreach (storage, i, container) {
        bool found = false;
        const char *name = first_name(container);
        if (name != NULL && g_str_has_prefix(name, ours) &&
            !podman_remove(engine->podman, name, &found, error))
            return false;
    }
    return true;
}

/* Processes of containers that podman was killed while making: those just removed, and those of
 * this instance that it never wrote down. */
static void recover_processes(Engine *engine, GHashTable *alive, GHashTable *removed)
{
    g_autofree char *ours = container_name(keys_instance_id(engine->keys), "");
    g_autoptr(GPtrArray) found = leftovers_find();
    for (guint i = 0; i < found->len; i++) {
        const Leftover *leftover = g_ptr_array_index(found, i);
        bool lost = g_str_has_prefix(leftover->name, ours) &&
                    !g_hash_table_contains(alive, leftover->name + strlen(ours));
        if (!lost && !g_hash_table_contains(removed, leftover->container_id))
            continue;
        g_hash_table_add(removed, g_strdup(leftover->container_id));
        leftover_end(leftover, engine->runtime_path, NULL); /* it may just have ended by itself */
    }
}

typedef bool (*NameRecover)(Engine *engine, const char *name, GHashTable *alive, GError **error);

/* Calls RECOVER for each name in the root folder that PREFIX is. */
static bool recover_names(Engine *engine, const char *prefix, GHashTable *alive,
                          NameRecover recover, GError **error)
{
    int fd = openat(places_root_fd(engine->places, prefix), ".",
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        fd_cleanup(&fd);
        return error_set_errno(error, errno, "engine.list", "Cannot list %s", prefix);
    }
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.')
            ok = recover(engine, entry->d_name, alive, error);
    }
    closedir(dir);
    return ok;
}

/* Doors of which there is no bubble any more. */
static bool recover_doors(Engine *engine, const char *name, GHashTable *alive, GError **error)
{
    if (!id_check(PLAN_ID_SERVICE, name) || g_hash_table_contains(alive, name))
        return true;
    g_autofree char *path = g_strconcat("run/doors/", name, NULL);
    return places_remove(engine->places, path, error);
}

/* A dataset whose copy was interrupted: it was never acknowledged. */
static bool recover_sealing(Engine *engine, const char *name, GHashTable *alive, GError **error)
{
    bool destroyed = false;
    if (!g_str_has_suffix(name, ".sealing"))
        return true;
    g_autofree char *id = g_strndup(name, strlen(name) - strlen(".sealing"));
    if (!id_check(PLAN_ID_DATASET, id))
        return true;
    g_autofree char *path = g_strconcat("data/", name, NULL);
    return vault_destroy(engine->places, engine->keys, path, id, &destroyed, error) &&
           keys_forget(engine->keys, id, error);
}

bool bubble_recover(Engine *engine, int *ret_ended, GError **error)
{
    g_autoptr(GHashTable) alive = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) removed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!recover_containers(engine, alive, removed, error) || !recover_storage(engine, error))
        return false;
    if (engine->runtime_path != NULL)
        recover_processes(engine, alive, removed);
    if (!recover_names(engine, "run/doors/", alive, recover_doors, error) ||
        !recover_names(engine, "data/", alive, recover_sealing, error))
        return false;
    *ret_ended = (int)g_hash_table_size(removed);
    return true;
}
