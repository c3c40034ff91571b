/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/backup.h"

#include "backup/internal.h"
#include "base/error.h"
#include "base/files.h"
#include "server/folders.h"
#include "server/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Restore {
    const RestoreWanted *wanted;
    BackupManifest manifest;
    CopyOwner owner;
    char *from;               /* the snapshot's folder of the state */
    int from_fd, to_fd, keys_fd;
    CopyStats *stats;
} Restore;

static void restore_clear(Restore *restore)
{
    backup_manifest_clear(&restore->manifest);
    g_free(restore->from);
    fd_cleanup(&restore->from_fd);
    fd_cleanup(&restore->to_fd);
    fd_cleanup(&restore->keys_fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Restore, restore_clear)

static bool folder_is_empty(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    return dir != NULL && g_dir_read_name(dir) == NULL;
}

static bool restore_check(Restore *restore, GError **error)
{
    const char *state = restore->wanted->state_dir;
    if (g_file_test(state, G_FILE_TEST_EXISTS) && !folder_is_empty(state))
        return error_set(error, ERROR_CONFLICT, "restore.exists",
                         "%s exists and is not empty; nothing was changed. Restore to a new place, or move "
                         "the old one away first.", state);
    if (!backup_manifest_read(restore->wanted->from, &restore->manifest, error))
        return false;
    restore->from = g_build_filename(restore->wanted->from, "state", NULL);
    restore->from_fd = backup_open_folder(restore->from, error);
    restore->keys_fd =
        restore->from_fd >= 0 ? backup_open_folder(restore->wanted->keys, error) : -1;
    if (restore->keys_fd < 0)
        return false;
    for (const char *const *name = backup_keys; *name != NULL; name++) {
        if (faccessat(restore->keys_fd, *name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
            return error_set(error, ERROR_NOT_FOUND, "restore.no_keys",
                             "%s has no folder \"%s\": it is not a snapshot of keys.",
                             restore->wanted->keys, *name);
    }
    return true;
}

static bool restore_check_database(const Restore *restore, GError **error)
{
    g_autofree char *hash = NULL;
    int64_t size = 0;
    const char *name = restore->manifest.postgres ? BACKUP_POSTGRES : BACKUP_SQLITE;
    FD_AUTO int fd = openat(restore->from_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(error, errno, "restore.database", "Cannot open the snapshot's %s", name);
    if (!fd_hash(fd, &hash, &size, error))
        return false;
    return strcmp(hash, restore->manifest.database_sha256) == 0 ||
           error_set(error, ERROR_INVALID, "restore.damaged",
                     "The snapshot's database is not what was written: its hash differs. Use another "
                     "snapshot.");
}

static bool restore_copy(const Restore *restore, int from_fd, const char *name, GError **error)
{
    return copy_entry(from_fd, restore->to_fd, -1, name, &restore->owner, restore->stats, error);
}

static bool restore_configuration(Restore *restore, GError **error)
{
    if (!restore_copy(restore, restore->from_fd, "darse.conf", error))
        return false;
    g_autoptr(Config) config = config_load(restore->wanted->state_dir, error);
    unsigned uid = 0, gid = 0;
    if (config == NULL || !supervisor_serve_identity(config, &uid, &gid, error))
        return false;
    restore->owner = (CopyOwner){restore->manifest.uid, uid, restore->manifest.gid, gid};
    return state_folders_make(restore->wanted->state_dir, uid, gid, error);
}

static bool restore_vaults(const Restore *restore, GError **error)
{
    g_auto(BackupVaults) vaults = {0};
    const char *state = restore->wanted->state_dir;
    g_autofree char *keys = g_build_filename(state, "keys", NULL);
    vaults.places = places_open(state, restore->owner.to_uid, error);
    vaults.keys = vaults.places != NULL ? keys_open(keys, error) : NULL;
    return vaults.keys != NULL && backup_vaults_make(&vaults, restore->from, "projects", error) &&
           backup_vaults_make(&vaults, restore->from, "data", error);
}

static bool restore_fill(Restore *restore, GError **error)
{
    if (!restore_configuration(restore, error))
        return false;
    for (const char *const *name = backup_keys; *name != NULL; name++) {
        if (!restore_copy(restore, restore->keys_fd, *name, error))
            return false;
    }
    if (!restore_vaults(restore, error) || !restore_copy(restore, restore->from_fd, "audit", error))
        return false;
    for (const char *const *name = backup_data; *name != NULL; name++) {
        if (!restore_copy(restore, restore->from_fd, *name, error))
            return false;
    }
    if (!restore->manifest.postgres && !restore_copy(restore, restore->from_fd, BACKUP_SQLITE, error))
        return false;
    return syncfs(restore->to_fd) == 0 ||
           error_set_errno(error, errno, "restore.sync", "Cannot finish %s", restore->wanted->state_dir);
}

bool restore_run(const RestoreWanted *wanted, char **ret_postgres, CopyStats *ret_stats, GError **error)
{
    g_auto(Restore) restore = {.wanted = wanted, .from_fd = -1, .to_fd = -1, .keys_fd = -1,
                               .stats = ret_stats};
    bool was_there = g_file_test(wanted->state_dir, G_FILE_TEST_EXISTS);
    backup_raise_files();
    if (!restore_check(&restore, error) || !restore_check_database(&restore, error) ||
        !folder_make(wanted->state_dir, 0711, error))
        return false;
    restore.to_fd = backup_open_folder(wanted->state_dir, error);
    if (restore.to_fd < 0 || !restore_fill(&restore, error)) {
        if (!was_there)
            tree_remove(wanted->state_dir, NULL);
        return false;
    }
    *ret_postgres = restore.manifest.postgres
                        ? g_build_filename(restore.from, BACKUP_POSTGRES, NULL) : NULL;
    return true;
}
