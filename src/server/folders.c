/* SPDX-License-Identifier: Apache-2.0 */
#include "server/folders.h"

#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

const StateFolder state_folders[] = {
    {"", 0711, false},         {"audit", 0700, false},   {"instance", 0700, false},
    {"keys", 0700, true},      {"data", 0711, false},    {"projects", 0711, false},
    {"run", 0711, false},      {"run/doors", 0700, false}, {"run/lake", 0700, false},
    {"uploads", 0700, false},  {"releases", 0700, false},
    {NULL, 0, false},
};

bool state_folders_make(const char *state_dir, uid_t uid, gid_t gid, GError **error)
{
    for (const StateFolder *folder = state_folders; folder->name != NULL; folder++) {
        g_autofree char *path = g_build_filename(state_dir, folder->name, NULL);
        if (!folder_make(path, folder->mode, error))
            return false;
        uid_t owner = folder->root ? geteuid() : uid;
        gid_t group = folder->root ? getegid() : gid;
        if (chown(path, owner, group) < 0 || chmod(path, folder->mode) < 0)
            return error_set_errno(error, errno, "state.folder", "Cannot prepare %s", path);
    }
    return true;
}
