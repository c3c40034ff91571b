/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/backup.h"

#include "backup/internal.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/times.h"
#include "engine/vault.h"
#include "server/serve.h"
#include "server/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTIAL ".partial"
#define LOG_TURNS 50
#define CHECKPOINT_BYTES_MAX 65536

const char *const backup_data[] = {"data", "projects", "releases", NULL};
const char *const backup_keys[] = {"instance", "keys", NULL};

typedef struct Snapshot {
    const BackupWanted *wanted;
    const char *state_dir;
    BackupManifest manifest;
    int state_fd, to_fd, before_fd; /* before: the data of the last snapshot, or -1 */
    char *folder;             /* <to>/<name>.partial */
    CopyStats *stats;
} Snapshot;

static void snapshot_clear(Snapshot *snapshot)
{
    fd_cleanup(&snapshot->state_fd);
    fd_cleanup(&snapshot->to_fd);
    fd_cleanup(&snapshot->before_fd);
    g_free(snapshot->folder);
    backup_manifest_clear(&snapshot->manifest);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Snapshot, snapshot_clear)

int backup_open_folder(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        error_set_errno(error, errno, "backup.open", "Cannot open %s", path);
    return fd;
}

void backup_raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max; /* three descriptors a level of depth */
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* ---- what is refused at once ---- */

static bool paths_overlap(const char *one, const char *other)
{
    g_autofree char *a = g_strconcat(one, "/", NULL);
    g_autofree char *b = g_strconcat(other, "/", NULL);
    return g_str_has_prefix(a, b) || g_str_has_prefix(b, a);
}

static bool backup_check_places(const BackupWanted *wanted, GError **error)
{
    const char *state = config_state_dir(wanted->config);
    if (paths_overlap(wanted->to, state) || (wanted->keys_to != NULL && paths_overlap(wanted->keys_to, state)))
        return error_set(error, ERROR_INVALID, "backup.inside",
                         "A backup inside the state directory would be lost with it; choose a folder on "
                         "another disk.");
    if (wanted->keys_to != NULL && paths_overlap(wanted->to, wanted->keys_to))
        return error_set(error, ERROR_INVALID, "backup.keys_beside",
                         "Keys beside the data open them for whoever gets the backup; choose another place "
                         "for --keys-to.");
    return true;
}

static bool backup_check_plain(const Snapshot *snapshot, GError **error)
{
    FD_AUTO int projects = openat(snapshot->state_fd, "projects", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (snapshot->wanted->accept_plain || projects < 0 || !vault_supported(projects))
        return true;
    return error_set(error, ERROR_INVALID, "backup.plain",
                     "Projects and datasets are encrypted on this disk and are read in clear to be copied: "
                     "the destination must protect them (an encrypted disk, restic, borg). Say "
                     "--accept-plain if it does.");
}

/* ---- places ---- */

/* The newest finished snapshot in FOLDER; NULL: none. Names sort as their times do. */
static char *snapshot_newest(const char *folder)
{
    char *newest = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *manifest = g_build_filename(folder, name, BACKUP_MANIFEST, NULL);
        if (g_str_has_suffix(name, PARTIAL) || !g_file_test(manifest, G_FILE_TEST_EXISTS))
            continue;
        if (newest == NULL || strcmp(name, newest) > 0) {
            g_free(newest);
            newest = g_strdup(name);
        }
    }
    return newest;
}

static bool snapshot_begin(Snapshot *snapshot, GError **error)
{
    const char *to = snapshot->wanted->to;
    g_autofree char *last = snapshot_newest(to);
    g_autofree char *partial = g_strconcat(snapshot->manifest.name, PARTIAL, NULL);
    snapshot->folder = g_build_filename(to, partial, NULL);
    g_autofree char *state = g_build_filename(snapshot->folder, "state", NULL);
    if (!tree_remove(snapshot->folder, error) || !folder_make(snapshot->folder, 0700, error) ||
        !folder_make(state, 0700, error))
        return false;
    if (last != NULL) {
        g_autofree char *before = g_build_filename(to, last, "state", NULL);
        snapshot->before_fd = backup_open_folder(before, NULL);
    }
    snapshot->to_fd = backup_open_folder(state, error);
    return snapshot->to_fd >= 0;
}

/* ---- the parts, in their order ---- */

static bool copy_names(const Snapshot *snapshot, const char *const *names, GError **error)
{
    for (; *names != NULL; names++) {
        if (!copy_entry(snapshot->state_fd, snapshot->to_fd, snapshot->before_fd, *names, NULL,
                        snapshot->stats, error))
            return false;
    }
    return true;
}

/* NULL while there is none. */
static char *checkpoint_now(const Snapshot *snapshot)
{
    g_autofree char *path = g_build_filename(snapshot->state_dir, "audit", "checkpoint", NULL);
    char *text = NULL;
    return file_read(path, CHECKPOINT_BYTES_MAX, &text, NULL, NULL) ? text : NULL;
}

/* The sequencer takes a tile away once a newer checkpoint no longer needs it, so that files copied while a
 * checkpoint was written may miss one: they are copied again until none was. */
static bool copy_log(const Snapshot *snapshot, GError **error)
{
    static const char *const log[] = {"audit", NULL};
    for (int turn = 0; turn < LOG_TURNS; turn++) {
        g_autofree char *before = checkpoint_now(snapshot);
        if (!copy_names(snapshot, log, error))
            return false;
        g_autofree char *after = checkpoint_now(snapshot);
        if (g_strcmp0(before, after) == 0)
            return true;
    }
    return error_set(error, ERROR_UNAVAILABLE, "backup.log_moves",
                     "The audit log was written faster than it could be copied; take the backup again "
                     "at a quieter time");
}

static bool copy_database(Snapshot *snapshot, GError **error)
{
    const char *name = snapshot->manifest.postgres ? BACKUP_POSTGRES : BACKUP_SQLITE;
    g_autofree char *path = g_build_filename(snapshot->folder, "state", name, NULL);
    if (!backup_database(snapshot->wanted->config, snapshot->manifest.uid, snapshot->manifest.gid, path,
                         error))
        return false;
    FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC);
    int64_t size = 0;
    if (fd < 0 || !fd_hash(fd, &snapshot->manifest.database_sha256, &size, error))
        return false;
    snapshot->stats->files++;
    snapshot->stats->bytes += size;
    return true;
}

static bool copy_keys(const Snapshot *snapshot, GError **error)
{
    if (snapshot->wanted->keys_to == NULL)
        return true;
    g_autofree char *folder =
        g_build_filename(snapshot->wanted->keys_to, snapshot->manifest.name, NULL);
    if (!folder_make(folder, 0700, error))
        return false;
    FD_AUTO int to = backup_open_folder(folder, error);
    for (const char *const *name = backup_keys; *name != NULL; name++) {
        if (to < 0 || !copy_entry(snapshot->state_fd, to, -1, *name, NULL, snapshot->stats, error))
            return false;
    }
    return syncfs(to) == 0 || error_set_errno(error, errno, "backup.sync", "Cannot finish %s", folder);
}

static bool snapshot_copy(Snapshot *snapshot, GError **error)
{
    static const char *const configuration[] = {"darse.conf", NULL};
    g_auto(BackupVaults) vaults = {0};
    return backup_vaults_open(&vaults, snapshot->state_dir, snapshot->manifest.uid, error) &&
           copy_names(snapshot, configuration, error) && copy_names(snapshot, backup_data, error) &&
           copy_log(snapshot, error) && copy_database(snapshot, error) &&
           copy_names(snapshot, backup_data, error) && copy_keys(snapshot, error);
}

/* All on the disk, then its manifest, then its name: what has a name is whole. */
static bool snapshot_finish(const Snapshot *snapshot, GError **error)
{
    g_autofree char *final =
        g_build_filename(snapshot->wanted->to, snapshot->manifest.name, NULL);
    if (syncfs(snapshot->to_fd) < 0)
        return error_set_errno(error, errno, "backup.sync", "Cannot finish %s", snapshot->folder);
    if (!backup_manifest_write(snapshot->folder, &snapshot->manifest, error))
        return false;
    if (rename(snapshot->folder, final) < 0)
        return error_set_errno(error, errno, "backup.rename", "Cannot finish %s", final);
    return folder_sync(snapshot->wanted->to, error);
}

/* ---- afterwards ---- */

static int compare_names(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Removes the oldest finished snapshots in FOLDER beyond KEEP, by the names in the data's folder. */
static bool backup_forget(const BackupWanted *wanted, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(wanted->to, 0, NULL);
    const char *name;
    while (wanted->keep > 0 && dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *manifest = g_build_filename(wanted->to, name, BACKUP_MANIFEST, NULL);
        if (!g_str_has_suffix(name, PARTIAL) && g_file_test(manifest, G_FILE_TEST_EXISTS))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i + (guint)wanted->keep < names->len; i++) {
        g_autofree char *old = g_build_filename(wanted->to, g_ptr_array_index(names, i), NULL);
        g_autofree char *keys = wanted->keys_to == NULL
                                    ? NULL
                                    : g_build_filename(wanted->keys_to, g_ptr_array_index(names, i), NULL);
        if (!tree_remove(old, error) || (keys != NULL && !tree_remove(keys, error)))
            return false;
    }
    return true;
}

static bool backup_tell(const Snapshot *snapshot, GError **error)
{
    g_autofree char *path = g_build_filename(snapshot->state_dir, "backup.json", NULL);
    g_autofree char *text = g_strdup_printf("{\"done_ms\":%" G_GINT64_FORMAT ",\"name\":\"%s\"}\n",
                                            time_now_ms(), snapshot->manifest.name);
    return file_write(path, text, strlen(text), 0644, error);
}

static int backup_lock(const char *to, GError **error)
{
    g_autofree char *path = g_build_filename(to, ".lock", NULL);
    FD_AUTO int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        error_set_errno(error, errno, "backup.lock", "Cannot open %s", path);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        error_set(error, ERROR_CONFLICT, "backup.running", "Another backup to %s is under way.", to);
        return -1;
    }
    return fd_steal(&fd);
}

bool backup_take(const BackupWanted *wanted, char **ret_name, CopyStats *ret_stats, GError **error)
{
    g_auto(Snapshot) snapshot = {.wanted = wanted, .state_dir = config_state_dir(wanted->config),
                                 .state_fd = -1, .to_fd = -1, .before_fd = -1, .stats = ret_stats};
    unsigned uid = 0, gid = 0;
    if (!backup_check_places(wanted, error) || !folder_make(wanted->to, 0700, error) ||
        !supervisor_serve_identity(wanted->config, &uid, &gid, error))
        return false;
    FD_AUTO int lock = backup_lock(wanted->to, error);
    snapshot.state_fd = lock >= 0 ? backup_open_folder(snapshot.state_dir, error) : -1;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    snapshot.manifest = (BackupManifest){
        .made_ms = time_now_ms(), .uid = uid, .gid = gid,
        .postgres = *config_text(wanted->config, "store.url") != '\0',
        .name = g_date_time_format(now, "%Y-%m-%dT%H%M%S.%fZ")};
    backup_raise_files();
    if (snapshot.state_fd < 0 || !backup_check_plain(&snapshot, error) ||
        !snapshot_begin(&snapshot, error))
        return false;
    if (!snapshot_copy(&snapshot, error) || !snapshot_finish(&snapshot, error)) {
        tree_remove(snapshot.folder, NULL);
        return false;
    }
    *ret_name = g_strdup(snapshot.manifest.name);
    return backup_tell(&snapshot, error) && backup_forget(wanted, error);
}
