/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying a tree that others write into meanwhile. Nothing is trusted of what is found: no link is followed,
 * nothing that is mounted below is entered, sockets and devices are left out, what vanishes is skipped.
 */
#ifndef DARSE_BACKUP_COPY_H
#define DARSE_BACKUP_COPY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct CopyStats {
    int64_t files, bytes;     /* copied now */
    int64_t shared;           /* unchanged: linked to the copy before, or there already */
    int64_t left_out;         /* sockets, devices, deeper than COPY_DEPTH_MAX */
} CopyStats;

#define COPY_DEPTH_MAX 200

typedef struct CopyOwner {
    uid_t from_uid, to_uid;   /* files of FROM become TO's; all others keep their numbers */
    gid_t from_gid, to_gid;
} CopyOwner;

/* Copies FROM/NAME (a file or a folder) to TO/NAME, with owners, modes and times. What is there already with
 * the same size and time stays. BEFORE (-1: none) is a folder with an earlier copy, which shares its unchanged
 * files. Descriptors stay the caller's. A missing FROM/NAME is no error. OWNER may be NULL. */
bool copy_entry(int from_fd, int to_fd, int before_fd, const char *name, const CopyOwner *owner,
                CopyStats *stats, GError **error);

#endif
