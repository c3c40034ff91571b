/* SPDX-License-Identifier: Apache-2.0 */
/* The folders of a state directory: made by `darse init`, looked at by `darse doctor`. */
#ifndef DARSE_SERVER_FOLDERS_H
#define DARSE_SERVER_FOLDERS_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct StateFolder {
    const char *name;         /* "" is the state directory itself */
    mode_t mode;
    bool root;                /* kept by root: the engine's */
} StateFolder;

/* Ended by a row whose name is NULL. */
extern const StateFolder state_folders[];

/* Makes them, the server's own for UID and GID. */
bool state_folders_make(const char *state_dir, uid_t uid, gid_t gid, GError **error);

#endif
