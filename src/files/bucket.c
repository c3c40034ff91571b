/* SPDX-License-Identifier: Apache-2.0 */
/* The bucket as a place with folders: what lies between two slashes of a key is a folder. */
#include "base/encode.h"
#include "base/error.h"
#include "base/times.h"
#include "files/internal.h"
#include "lake/digest.h"
#include "lake/reader.h"
#include "lake/rights.h"
#include "lake/state.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define COPY_BUFFER (256 * 1024)

/* ---- listing ---- */

typedef struct BucketList {
    LakeListing listing;
    LakeListed listed;
} BucketList;

static bool bucket_list_read(StoreTx *tx, void *data, GError **error)
{
    BucketList *list = data;
    return lake_list(tx, &list->listing, &list->listed, error);
}

static json_t *item_json(const char *name, const char *kind, int64_t size, int64_t modified_ms)
{
    g_autofree char *time = modified_ms != 0 ? time_format(modified_ms) : NULL;
    return json_pack("{s:s, s:s, s:I, s:s?}", "name", name, "kind", kind, "size",
                     (json_int_t)size, "modified", time);
}

static json_t *bucket_items(const LakeListed *listed, size_t prefix)
{
    json_t *items = json_array();
    for (guint i = 0; i < listed->prefixes->len; i++) {
        g_autofree char *name = g_strdup((char *)listed->prefixes->pdata[i] + prefix);
        size_t length = strlen(name);
        if (length > 1)
            name[length - 1] = '\0';
        json_array_append_new(items, item_json(name, "folder", 0, 0));
    }
    for (guint i = 0; i < listed->objects->len; i++) {
        const LakeObject *object = listed->objects->pdata[i];
        if (object->key[prefix] != '\0')
            json_array_append_new(items, item_json(object->key + prefix, "file", object->size,
                                                   object->modified_ms));
    }
    return items;
}

json_t *files_bucket_list(FilesTarget *target, const char *after, int64_t limit, GError **error)
{
    const LakeCaller caller = {.actor = target->actor, .person = target->actor->id};
    g_autofree char *prefix = *target->path != '\0' ? g_strconcat(target->path, "/", NULL)
                                                    : g_strdup("");
    BucketList list = {.listing = {.project = target->project_id, .prefix = prefix,
                                   .delimiter = "/", .after = after,
                                   .uploader = lake_list_only(&caller, &target->facts),
                                   .limit = limit}};
    json_t *result = NULL;
    if (store_read(target->app->store, bucket_list_read, &list, error))
        result = json_pack("{s:o, s:s?, s:n}", "items", bucket_items(&list.listed, strlen(prefix)),
                           "next", list.listed.truncated ? list.listed.last : NULL, "count");
    lake_listed_clear(&list.listed);
    return result;
}

/* ---- reading ---- */

LakeReader *files_bucket_open(FilesTarget *target, int64_t first, int64_t size, GError **error)
{
    g_autofree char *folder = lake_bucket_folder(target->app->state_dir, target->project_id);
    LakeReader *reader = lake_reader_new(folder, target->object->parts, first, size);
    g_autoptr(GError) problem = NULL;
    if (size == 0 || lake_reader_open(reader, &problem))
        return reader;
    lake_reader_free(reader);
    if (g_strcmp0(error_reason(problem), "lake.file_gone") == 0)
        error_set(error, ERROR_CONFLICT, "files.changed",
                  "The object was replaced at this moment; try again.");
    else
        g_propagate_error(error, g_steal_pointer(&problem));
    return NULL;
}

/* ---- putting ---- */

typedef struct BucketPut {
    LakeObject *object;
    GPtrArray *freed;
    bool replace;
} BucketPut;

static bool bucket_put_in(Act *act, FilesTarget *target, void *data, GError **error)
{
    BucketPut *put = data;
    g_ptr_array_set_size(put->freed, 0);
    if (target->object != NULL && !put->replace)
        return error_set(error, ERROR_CONFLICT, "files.exists", "There already is a \"%s\".",
                         target->path);
    put->object->modified_ms = time_now_ms();
    return lake_object_put(act->tx, target->project_id, put->object, target->object,
                           target->project->bucket_quota_bytes, put->freed, error);
}

static bool copy_in(int fd, int64_t size, LakeFile *file, Digest *digest, GError **error)
{
    g_autofree char *buffer = g_malloc(COPY_BUFFER);
    for (int64_t at = 0; at < size;) {
        ssize_t got = pread(fd, buffer, (size_t)MIN(COPY_BUFFER, size - at), (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set(error, ERROR_INTERNAL, "files.upload", "An upload cannot be read");
        if (!lake_file_write(file, buffer, (size_t)got, error))
            return false;
        digest_update(digest, buffer, (size_t)got);
        at += got;
    }
    digest_finish(digest);
    return lake_file_keep(file, error);
}

static LakeObject *object_new(const FilesTarget *target, const LakeFile *file,
                              const Digest *digest)
{
    LakeObject *object = g_new0(LakeObject, 1);
    object->key = g_strdup(target->path);
    object->id = g_strdup(lake_file_id(file));
    object->size = lake_file_size(file);
    object->etag = hex_encode(digest_md5(digest), 16);
    object->content_type = g_strdup("binary/octet-stream");
    object->headers = json_object();
    object->parts = json_pack("[{s:s, s:I}]", "file", object->id, "size",
                              (json_int_t)object->size);
    object->uploader = g_strdup(target->actor->id);
    object->outside = true;
    return object;
}

static void remove_freed(const FilesTarget *target, const char *folder, const GPtrArray *freed)
{
    (void)target;
    for (guint i = 0; i < freed->len; i++)
        lake_file_remove(folder, freed->pdata[i]);
}

bool files_bucket_put(FilesTarget *target, int fd, int64_t size, bool replace, GError **error)
{
    g_autofree char *folder = lake_bucket_folder(target->app->state_dir, target->project_id);
    g_autoptr(Digest) digest = digest_new(false, CHECKSUM_NONE);
    g_autoptr(LakeFile) file = lake_file_create(lake_of(target->app)->files, folder, error);
    if (file == NULL || !copy_in(fd, size, file, digest, error))
        return false;
    g_autoptr(LakeObject) object = object_new(target, file, digest);
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(json_t) details = json_pack("{s:I, s:s}", "size", (json_int_t)object->size, "etag",
                                          object->etag);
    BucketPut put = {object, freed, replace};
    if (!files_target_act(target, VERB_FILES_PUT, details, bucket_put_in, &put, error))
        return false;
    lake_file_settle(file);
    remove_freed(target, folder, freed);
    return true;
}

/* ---- removing ---- */

static bool bucket_remove_in(Act *act, FilesTarget *target, void *data, GError **error)
{
    GPtrArray *freed = data;
    g_ptr_array_set_size(freed, 0);
    if (target->object == NULL)
        return error_set(error, ERROR_NOT_FOUND, "lake.no_object", "There is no such object.");
    return lake_object_drop(act->tx, target->project_id, target->object, freed, error);
}

bool files_bucket_remove(FilesTarget *target, GError **error)
{
    g_autofree char *folder = lake_bucket_folder(target->app->state_dir, target->project_id);
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    if (!files_target_act(target, VERB_FILES_CHANGE, NULL, bucket_remove_in, freed, error))
        return false;
    remove_freed(target, folder, freed);
    return true;
}
