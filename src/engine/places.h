/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folders of the state directory that the engine works in, opened once at start and from then
 * on reached through their descriptors: whoever owns the state directory can rename things in it,
 * and must not be able to send the engine elsewhere. Every path below them is opened with openat2,
 * no link followed. The files below are made by hostile hands: nothing here trusts a name, a type,
 * a size or a depth.
 */
#ifndef DARSE_ENGINE_PLACES_H
#define DARSE_ENGINE_PLACES_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct Places Places;

/* Opens the folders, making what is missing: projects/ and data/ belong to the engine and
 * the server's group (0750: what is sealed below can be read by all, so nobody else may come near);
 * uploads/, run/, run/doors/ and run/lake/ to SERVE_UID. */
Places *places_open(const char *state_dir, uid_t serve_uid, GError **error);
void places_free(Places *places);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Places, places_free)

uid_t places_serve_uid(const Places *places);
/* The group that goes with UID: serve's own for serve, the number itself for a project's person. */
gid_t places_gid(const Places *places, uid_t uid);
/* The root folder that PATH lies in: its descriptor stays the places'. -1 if there is none. */
int places_root_fd(const Places *places, const char *path);
/* Where PATH (relative to the state directory) is by name, for mounts. Caller frees. */
char *places_name(const Places *places, const char *path);

/* Opens a folder by its path below the state directory. -1 on failure. */
int places_open_folder(const Places *places, const char *path, GError **error);
/* As that, but makes the last segment if it is missing, owned by UID, with MODE. *RET_MADE may be
 * a NULL pointer. */
int places_make_folder(const Places *places, const char *path, uid_t uid, mode_t mode,
                       bool *ret_made, GError **error);
/* Renames within one parent; both are paths below the state directory. The target must be new. */
bool places_rename(const Places *places, const char *from, const char *to, GError **error);
/* Removes a tree, however deep, whatever is in it; no error if it is not there. */
bool places_remove(const Places *places, const char *path, GError **error);
/* As that, for the folder NAME of PARENT_FD. */
bool places_remove_at(int parent_fd, const char *name, GError **error);

/* Copies the regular file FROM/FILE to the new name NAME in the folder TO, at most MAX_BYTES,
 * durable before it is visible. */
typedef struct CopyWanted {
    int from_fd, to_fd; /* folders */
    const char *file, *name;
    int64_t max_bytes;
    uid_t owner;
    gid_t group;
    mode_t mode;
} CopyWanted;
bool places_copy(const CopyWanted *wanted, char **ret_sha256, int64_t *ret_size, GError **error);

#endif
