/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as transactions, and paths that cannot escape. Everything durable is written to a
 * temporary beside its place, synced, renamed, and its folder synced.
 */
#ifndef DARSE_BASE_FILES_H
#define DARSE_BASE_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Closes a descriptor at the end of its scope: `FD_AUTO int fd = -1;` */
#define FD_AUTO __attribute__((cleanup(fd_cleanup)))
void fd_cleanup(int *fd);
int fd_steal(int *fd);

/* Whole file, at most SIZE_MAX_BYTES (else ERROR_TOO_LARGE); NUL added after the end. */
bool file_read(const char *path, size_t max_bytes, char **ret_text, size_t *ret_size,
               GError **error);
/* Atomic and durable replacement of PATH, with MODE. */
bool file_write(const char *path, const void *bytes, size_t size, mode_t mode, GError **error);
/* Writes all, whatever write(2) says in between. */
bool fd_write_all(int fd, const void *bytes, size_t size, GError **error);
/* Folder and its parents; no error if it is there. The last one gets MODE. */
bool folder_make(const char *path, mode_t mode, GError **error);
bool folder_sync(const char *path, GError **error);
/* Removes a tree without following links; no error if it is not there. It fails at a folder on which
 * something is mounted, and leaves that alone. */
bool tree_remove(const char *path, GError **error);

/* A relative path that a person gave: UTF-8, 1..1024 bytes, segments of 1..255 bytes, none of
 * them "." or "..", no leading or trailing slash, no control character, no backslash. */
bool path_check_relative(const char *path, GError **error);
/* Opens RELATIVE below FOLDER_FD with openat2: no link followed, nothing outside FOLDER_FD.
 * Returns the descriptor or -1. */
int open_beneath(int folder_fd, const char *relative, int flags, mode_t mode, GError **error);

/* SHA-256 (hexadecimal) and size of everything readable from FD, from its start. */
bool fd_hash(int fd, char **ret_hex, int64_t *ret_size, GError **error);

#endif
