/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the lake: objects, uploads in parts, usage. Decides nothing; knows neither HTTP nor
 * XML. What a change leaves without a row is given back as file ids, to be removed after the
 * commit.
 */
#ifndef DARSE_LAKE_ROWS_H
#define DARSE_LAKE_ROWS_H

#include "base/encode.h"
#include "store/store.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define LAKE_KEY_BYTES_MAX 1024
#define LAKE_PARTS_MAX 10000
#define LAKE_PART_BYTES_MIN (5 * 1024 * 1024)
#define LAKE_UPLOADS_MAX 1000            /* under way in one project */

/* A key: UTF-8, 1 to 1024 bytes, no control character and none that XML cannot hold.
 * ERROR_INVALID "lake.key". */
bool lake_key_check(const char *key, GError **error);

typedef struct LakeObject {
    char *key;
    char *id;                     /* of this content */
    int64_t size;
    char *etag;                   /* without quotes */
    char *content_type;
    json_t *headers;              /* {"kept":{...}, "meta":{...}, "checksum":{...}, "upload":id} */
    json_t *parts;                /* [{"file","size"}] */
    char *uploader;               /* person id or "service:<id>" */
    bool outside;
    int64_t modified_ms;
} LakeObject;
void lake_object_free(LakeObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LakeObject, lake_object_free)

/* *RET_OBJECT NULL when there is none. */
bool lake_object_find(StoreTx *tx, const char *project, const char *key, LakeObject **ret_object,
                      GError **error);
/* Puts OBJECT in its place, in the quota. FREED gets the files of what was there (WAS, or NULL). */
bool lake_object_put(StoreTx *tx, const char *project, const LakeObject *object,
                     const LakeObject *was, int64_t quota_bytes, GPtrArray *freed,
                     GError **error);
bool lake_object_drop(StoreTx *tx, const char *project, const LakeObject *was, GPtrArray *freed,
                      GError **error);
/* Adds the file ids of a parts array. */
void lake_parts_files(const json_t *parts, GPtrArray *into);

typedef struct LakeUsage {
    int64_t objects, bytes;
} LakeUsage;
bool lake_usage_read(StoreTx *tx, const char *project, LakeUsage *ret_usage, GError **error);
/* ERROR_QUOTA "lake.quota" when the project would hold more than QUOTA_BYTES. */
bool lake_usage_add(StoreTx *tx, const char *project, int64_t objects, int64_t bytes,
                    int64_t quota_bytes, GError **error);

/* ---- listing ---- */

typedef struct LakeListing {
    const char *project;
    const char *prefix;           /* "" for none */
    const char *delimiter;        /* "" for none */
    const char *after;            /* keys and common prefixes after this one; "" */
    const char *uploader;         /* NULL, or only what this person put from outside */
    int64_t limit;
} LakeListing;

typedef struct LakeListed {
    GPtrArray *objects;           /* of LakeObject, without headers and parts */
    GPtrArray *prefixes;          /* texts */
    bool truncated;
    char *last;                   /* the last key or prefix of the page; NULL when empty */
} LakeListed;
void lake_listed_clear(LakeListed *listed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LakeListed, lake_listed_clear)
bool lake_list(StoreTx *tx, const LakeListing *listing, LakeListed *ret_listed, GError **error);

/* ---- uploads in parts ---- */

typedef struct LakeUpload {
    char *id, *project, *key, *content_type, *uploader, *checksum;
    json_t *headers;
    bool outside;
    int64_t started_ms;
} LakeUpload;
void lake_upload_free(LakeUpload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LakeUpload, lake_upload_free)

typedef struct LakePart {
    int64_t number, size, modified_ms;
    char *file, *etag, *checksum;
} LakePart;
void lake_part_free(LakePart *part);

bool lake_upload_insert(StoreTx *tx, const LakeUpload *upload, GError **error);
/* ERROR_NOT_FOUND "lake.no_upload" unless it is of PROJECT and KEY. */
bool lake_upload_find(StoreTx *tx, const char *project, const char *key, const char *id,
                      LakeUpload **ret_upload, GError **error);
/* Removes it with its parts. FREED gets their files. */
bool lake_upload_drop(StoreTx *tx, const LakeUpload *upload, GPtrArray *freed, GError **error);
/* Puts PART in its place; FREED gets the file of the one that was there. */
bool lake_part_put(StoreTx *tx, const LakeUpload *upload, const LakePart *part,
                   int64_t quota_bytes, GPtrArray *freed, GError **error);
/* Parts after AFTER, in order. Array of LakePart. */
GPtrArray *lake_part_list(StoreTx *tx, const char *upload, int64_t after, int64_t limit,
                          GError **error);
/* Uploads under way by key and id, after these. Array of LakeUpload. */
GPtrArray *lake_upload_list(StoreTx *tx, const char *project, const char *prefix,
                            const char *after_key, const char *after_id, const char *uploader,
                            int64_t limit, GError **error);
/* Adds to IDS every file that rows of PROJECT name. */
bool lake_referenced(StoreTx *tx, const char *project, GHashTable *ids, GError **error);

#endif
