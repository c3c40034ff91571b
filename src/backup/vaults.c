/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted folders and copies. A folder whose key is not in the kernel's hands (a closed project, or any
 * before its first use after a reboot) shows scrambled names only: it is unlocked for the copy and locked
 * again. */
#include "backup/internal.h"

#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct VaultKind {
    const char *folder;       /* of the state directory */
    const char *prefix;       /* of the identifiers in it */
} VaultKind;

static const VaultKind kinds[] = {{"projects", "prj"}, {"data", "dts"}};

void backup_vaults_clear(BackupVaults *vaults)
{
    for (guint i = 0; vaults->locked != NULL && i < vaults->locked->len; i++) {
        g_autoptr(GError) problem = NULL;
        const char *path = g_ptr_array_index(vaults->locked, i);
        g_autofree char *id = g_path_get_basename(path);
        if (!vault_close(vaults->places, vaults->keys, path, id, &problem))
            log_warning("backup.vault_not_locked", "vault", path, "why", problem->message);
    }
    g_clear_pointer(&vaults->locked, g_ptr_array_unref);
    g_clear_pointer(&vaults->keys, keys_free);
    g_clear_pointer(&vaults->places, places_free);
}

static bool vaults_load(BackupVaults *vaults, const char *state_dir, uid_t uid, GError **error)
{
    g_autofree char *keys = g_build_filename(state_dir, "keys", NULL);
    vaults->locked = g_ptr_array_new_with_free_func(g_free);
    vaults->places = places_open(state_dir, uid, error);
    if (vaults->places != NULL)
        vaults->keys = keys_open(keys, error);
    return vaults->keys != NULL;
}

static bool vaults_unlock(BackupVaults *vaults, const char *state_dir, const VaultKind *kind, GError **error)
{
    g_autofree char *folder = g_build_filename(state_dir, kind->folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *id;
    while (dir != NULL && (id = g_dir_read_name(dir)) != NULL) {
        VaultState state = {0};
        g_autofree char *path = g_build_filename(kind->folder, id, NULL);
        if (!id_check(kind->prefix, id) || !vault_is_locked(vaults->places, path))
            continue;
        if (!vault_open(vaults->places, vaults->keys, path, id, -1, false, &state, error)) {
            g_prefix_error(error, "%s: ", path);
            return false;
        }
        g_ptr_array_add(vaults->locked, g_steal_pointer(&path));
    }
    return true;
}

bool backup_vaults_open(BackupVaults *vaults, const char *state_dir, uid_t uid, GError **error)
{
    g_autofree char *projects = g_build_filename(state_dir, "projects", NULL);
    FD_AUTO int fd = backup_open_folder(projects, error);
    if (fd < 0)
        return false;
    if (!vault_supported(fd))
        return true; /* nothing is encrypted, and the store of keys is left alone */
    if (!vaults_load(vaults, state_dir, uid, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!vaults_unlock(vaults, state_dir, &kinds[i], error))
            return false;
    }
    return true;
}

static const VaultKind *kind_of(const char *folder)
{
    return g_strcmp0(folder, kinds[0].folder) == 0 ? &kinds[0] : &kinds[1];
}

bool backup_vaults_make(BackupVaults *vaults, const char *from, const char *parent, GError **error)
{
    g_autofree char *folder = g_build_filename(from, parent, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *id;
    while (dir != NULL && (id = g_dir_read_name(dir)) != NULL) {
        KeyRecord record = {0};
        VaultState state = {0};
        bool found = false;
        g_autofree char *path = g_build_filename(parent, id, NULL);
        if (!id_check(kind_of(parent)->prefix, id))
            continue;
        if (!keys_get(vaults->keys, id, &record, &found, error))
            return false;
        bool sealed = found && record.encrypted && !record.destroyed;
        key_record_wipe(&record);
        if (sealed && !vault_open(vaults->places, vaults->keys, path, id, -1, true, &state, error)) {
            g_prefix_error(error, "%s was encrypted and cannot be here: ", path);
            return false;
        }
    }
    return true;
}
