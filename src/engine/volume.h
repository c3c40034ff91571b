/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a volume, /project or a home, for a person who works outside of the bubble: listed,
 * opened, put, moved, removed. Everything below the volume belongs to hostile hands: each path is
 * resolved by the kernel below the volume's descriptor, no link followed, and the last segment is
 * named to its parent's descriptor. Knows no plan, no key and no person.
 */
#ifndef DARSE_ENGINE_VOLUME_H
#define DARSE_ENGINE_VOLUME_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum VolumeSort { VOLUME_BY_NAME, VOLUME_BY_SIZE, VOLUME_BY_TIME } VolumeSort;
/* By its name in plan_sorts. */
bool volume_sort_parse(const char *name, VolumeSort *ret_sort);

typedef struct VolumeListing {
    const char *folder;     /* below the volume; "" for itself */
    VolumeSort sort;
    bool descending;        /* folders come first either way */
    const char *after;      /* `next` of the page before; "" */
    int64_t limit;
} VolumeListing;
/* The object that plan_browse_new documents, or NULL. */
json_t *volume_browse(int volume_fd, const VolumeListing *listing, GError **error);

/* A regular file, for reading. -1 on failure. */
int volume_open(int volume_fd, const char *file, int64_t *ret_size, int64_t *ret_modified_ms,
                GError **error);

typedef struct VolumePut {
    int from_fd;            /* folder that holds the file to move in */
    const char *from_name;
    uid_t from_owner;       /* who must own it */
    const char *file;       /* its place below the volume */
    bool replace;
    uid_t owner;
    gid_t group;
} VolumePut;
/* Gives the file away, syncs it, and moves it to its place at once. */
bool volume_put(int volume_fd, const VolumePut *put, GError **error);
/* One new folder, in one that is there. */
bool volume_make_folder(int volume_fd, const char *folder, uid_t owner, gid_t group,
                        GError **error);
/* TO must be new. */
bool volume_move(int volume_fd, const char *from, const char *to, GError **error);
/* A folder that is not empty goes with what it holds only if RECURSIVE. */
bool volume_remove(int volume_fd, const char *file, bool recursive, GError **error);

#endif
