/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a bucket: immutable, named by a random identifier that is never used again, in
 * <bucket>/<2 hex>/<30 hex>. Written beside, synced, renamed, folder synced; only then may a row
 * name them. A file that is being made is known in memory until its row is settled, so that the
 * sweeper leaves it alone.
 */
#ifndef DARSE_LAKE_FILES_H
#define DARSE_LAKE_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct LakeFiles LakeFiles;     /* of a running server: which files are being made */
LakeFiles *lake_files_new(void);
void lake_files_free(LakeFiles *files);

/* <STATE_DIR>/projects/<PROJECT>/bucket. Caller frees. */
char *lake_bucket_folder(const char *state_dir, const char *project);

typedef struct LakeFile LakeFile;
/* FOLDER: of the bucket, made by the engine with the project. ERROR_UNAVAILABLE "lake.folder" when
 * it is missing or locked. */
LakeFile *lake_file_create(LakeFiles *files, const char *folder, GError **error);
/* ERROR_QUOTA "lake.disk_full". */
bool lake_file_write(LakeFile *file, const void *bytes, size_t size, GError **error);
/* Durable under its name from here on, and still removed by lake_file_free() unless settled. */
bool lake_file_keep(LakeFile *file, GError **error);
void lake_file_settle(LakeFile *file);
const char *lake_file_id(const LakeFile *file);
int64_t lake_file_size(const LakeFile *file);
void lake_file_free(LakeFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LakeFile, lake_file_free)

/* For reading: a descriptor, or -1. ERROR_NOT_FOUND "lake.file_gone" when there is no such file. */
int lake_file_open(const char *folder, const char *id, GError **error);
/* Nothing refers to it any more. What cannot be removed now is swept at the next start. */
void lake_file_remove(const char *folder, const char *id);

/* Removes from FOLDER the files that are neither being made nor in REFERENCED (a set of ids that
 * LOAD fills after the names were read), and older than BEFORE_MS. Stops at the first doubt. */
typedef bool (*LakeLoadReferenced)(GHashTable *ids, void *user, GError **error);
bool lake_files_sweep(LakeFiles *files, const char *folder, int64_t before_ms,
                      LakeLoadReferenced load, void *user, size_t *ret_removed, GError **error);

#endif
