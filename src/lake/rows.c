/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys are bytes in the database, so that both databases order them as S3 lists them. Usage changes
 * in the same savepoint as the rows that it counts.
 */
#include "lake/rows.h"

#include "base/error.h"

#include <string.h>

void lake_object_free(LakeObject *object)
{
    if (object == NULL)
        return;
    g_free(object->key);
    g_free(object->id);
    g_free(object->etag);
    g_free(object->content_type);
    g_free(object->uploader);
    json_decref(object->headers);
    json_decref(object->parts);
    g_free(object);
}

void lake_upload_free(LakeUpload *upload)
{
    if (upload == NULL)
        return;
    g_free(upload->id);
    g_free(upload->project);
    g_free(upload->key);
    g_free(upload->content_type);
    g_free(upload->uploader);
    g_free(upload->checksum);
    json_decref(upload->headers);
    g_free(upload);
}

void lake_part_free(LakePart *part)
{
    if (part == NULL)
        return;
    g_free(part->file);
    g_free(part->etag);
    g_free(part->checksum);
    g_free(part);
}

bool lake_key_check(const char *key, GError **error)
{
    size_t size = strlen(key);
    bool ok = size > 0 && size <= LAKE_KEY_BYTES_MAX && g_utf8_validate(key, (gssize)size, NULL);
    for (const char *c = key; ok && *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);
        ok = character >= 0x20 && character != 0x7f && character != 0xfffe && character != 0xffff;
    }
    return ok || error_set(error, ERROR_INVALID, "lake.key",
                           "A key has 1 to %d bytes of UTF-8 without control characters.",
                           LAKE_KEY_BYTES_MAX);
}

static StoreValue key_bytes(const char *key)
{
    return store_bytes(key, strlen(key));
}

static char *row_key(StoreRows *rows, int column)
{
    size_t size = 0;
    const void *bytes = store_row_bytes(rows, column, &size);
    return g_strndup(bytes, size);
}

static json_t *row_json(StoreRows *rows, int column)
{
    const char *text = store_row_text(rows, column);
    return text != NULL ? json_parse(text, strlen(text), NULL) : NULL;
}

/* True at a row; false at the end or on failure, then *ERROR is set. */
static bool rows_failed(GError *problem, GError **error)
{
    if (problem == NULL)
        return false;
    g_propagate_error(error, problem);
    return true;
}

/* ---- usage ---- */

bool lake_usage_read(StoreTx *tx, const char *project, LakeUsage *ret_usage, GError **error)
{
    LakeUsage usage = {0};
    if (!store_query_integer(tx, &usage.objects, 0, error,
                             "SELECT objects FROM lake_usage WHERE project = $1",
                             store_text(project)) ||
        !store_query_integer(tx, &usage.bytes, 0, error,
                             "SELECT bytes FROM lake_usage WHERE project = $1",
                             store_text(project)))
        return false;
    *ret_usage = usage;
    return true;
}

bool lake_usage_add(StoreTx *tx, const char *project, int64_t objects, int64_t bytes,
                    int64_t quota_bytes, GError **error)
{
    LakeUsage usage;
    if (!lake_usage_read(tx, project, &usage, error))
        return false;
    /* What makes the bucket smaller is always allowed. */
    if (bytes > 0 && (usage.bytes > quota_bytes || bytes > quota_bytes - usage.bytes))
        return error_set(error, ERROR_QUOTA, "lake.quota",
                         "The bucket's quota is %" G_GINT64_FORMAT " bytes and %" G_GINT64_FORMAT
                         " are used; remove something, or ask an officer for more room.",
                         quota_bytes, usage.bytes);
    return store_exec(tx, error,
                      "INSERT INTO lake_usage (project, objects, bytes) VALUES ($1, $2, $3) "
                      "ON CONFLICT (project) DO UPDATE SET objects = lake_usage.objects + "
                      "excluded.objects, bytes = lake_usage.bytes + excluded.bytes",
                      store_text(project), store_integer(objects), store_integer(bytes));
}

/* ---- objects ---- */

#define OBJECT_COLUMNS                                                                             \
    "key, object, size, etag, content_type, uploader, uploader_outside, modified_ms"

static LakeObject *object_from_row(StoreRows *rows)
{
    LakeObject *object = g_new0(LakeObject, 1);
    object->key = row_key(rows, 0);
    object->id = g_strdup(store_row_text(rows, 1));
    object->size = store_row_integer(rows, 2);
    object->etag = g_strdup(store_row_text(rows, 3));
    object->content_type = g_strdup(store_row_text(rows, 4));
    object->uploader = g_strdup(store_row_text(rows, 5));
    object->outside = store_row_integer(rows, 6) != 0;
    object->modified_ms = store_row_integer(rows, 7);
    return object;
}

bool lake_object_find(StoreTx *tx, const char *project, const char *key, LakeObject **ret_object,
                      GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error,
                    "SELECT " OBJECT_COLUMNS ", headers, parts FROM lake_object "
                    "WHERE project = $1 AND key = $2",
                    store_text(project), key_bytes(key));
    GError *problem = NULL;
    if (rows == NULL)
        return false;
    if (!store_next(rows, &problem)) {
        *ret_object = NULL;
        return !rows_failed(problem, error);
    }
    g_autoptr(LakeObject) object = object_from_row(rows);
    object->headers = row_json(rows, 8);
    object->parts = row_json(rows, 9);
    if (object->headers == NULL || !json_is_array(object->parts))
        return error_set(error, ERROR_INTERNAL, "lake.row", "An object's row is damaged.");
    *ret_object = g_steal_pointer(&object);
    return true;
}

void lake_parts_files(const json_t *parts, GPtrArray *into)
{
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const char *file =
            json_string_value(json_object_get(json_array_get(parts, i), "file"));
        if (file != NULL)
            g_ptr_array_add(into, g_strdup(file));
    }
}

bool lake_object_put(StoreTx *tx, const char *project, const LakeObject *object,
                     const LakeObject *was, int64_t quota_bytes, GPtrArray *freed, GError **error)
{
    int64_t more_objects = was != NULL ? 0 : 1;
    int64_t more_bytes = object->size - (was != NULL ? was->size : 0);
    if (!lake_usage_add(tx, project, more_objects, more_bytes, quota_bytes, error))
        return false;
    char *headers = json_canonical(object->headers);
    char *parts = json_canonical(object->parts);
    bool ok = store_exec(
        tx, error,
        "INSERT INTO lake_object (project, key, object, size, etag, content_type, headers, parts, "
        "uploader, uploader_outside, modified_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
        "$11) ON CONFLICT (project, key) DO UPDATE SET object = excluded.object, "
        "size = excluded.size, etag = excluded.etag, content_type = excluded.content_type, "
        "headers = excluded.headers, parts = excluded.parts, uploader = excluded.uploader, "
        "uploader_outside = excluded.uploader_outside, modified_ms = excluded.modified_ms",
        store_text(project), key_bytes(object->key), store_text(object->id),
        store_integer(object->size), store_text(object->etag), store_text(object->content_type),
        store_text(headers), store_text(parts), store_text(object->uploader),
        store_integer(object->outside), store_integer(object->modified_ms));
    free(headers);
    free(parts);
    if (ok && was != NULL)
        lake_parts_files(was->parts, freed);
    return ok;
}

bool lake_object_drop(StoreTx *tx, const char *project, const LakeObject *was, GPtrArray *freed,
                      GError **error)
{
    if (!store_exec(tx, error, "DELETE FROM lake_object WHERE project = $1 AND key = $2",
                    store_text(project), key_bytes(was->key)) ||
        !lake_usage_add(tx, project, -1, -was->size, 0, error))
        return false;
    lake_parts_files(was->parts, freed);
    return true;
}

/* ---- listing ---- */

void lake_listed_clear(LakeListed *listed)
{
    g_clear_pointer(&listed->objects, g_ptr_array_unref);
    g_clear_pointer(&listed->prefixes, g_ptr_array_unref);
    g_clear_pointer(&listed->last, g_free);
}

/* The least text of bytes that is greater than every one that begins with PREFIX. UTF-8 holds no
 * byte 0xff, so the last one can always be raised. */
static char *text_successor(const char *prefix)
{
    char *after = g_strdup(prefix);
    size_t size = strlen(after);
    g_assert(size > 0);
    after[size - 1] = (char)((unsigned char)after[size - 1] + 1);
    return after;
}

typedef struct ListWalk {
    const LakeListing *listing;
    LakeListed *listed;
    char *from;                   /* keys from here on */
    bool inclusive;
    char *end;                    /* and before here; NULL: to the end */
} ListWalk;

static void walk_seek(ListWalk *walk, char *from)
{
    g_free(walk->from);
    walk->from = from;
    walk->inclusive = true;
}

/* The common prefix that KEY falls under, or NULL. Caller frees. */
static char *common_prefix(const LakeListing *listing, const char *key)
{
    if (*listing->delimiter == '\0')
        return NULL;
    const char *at = strstr(key + strlen(listing->prefix), listing->delimiter);
    return at != NULL ? g_strndup(key, (gsize)(at - key) + strlen(listing->delimiter)) : NULL;
}

static bool walk_is_full(const ListWalk *walk)
{
    return (int64_t)(walk->listed->objects->len + walk->listed->prefixes->len) >=
           walk->listing->limit;
}

static void walk_add(ListWalk *walk, GPtrArray *into, void *item, const char *key)
{
    g_ptr_array_add(into, item);
    g_free(walk->listed->last);
    walk->listed->last = g_strdup(key);
}

/* Takes the row at hand. *RET_SEEK: past what the next query begins, or NULL. */
static bool walk_row(ListWalk *walk, StoreRows *rows, char **ret_seek)
{
    g_autofree char *key = row_key(rows, 0);
    g_autofree char *prefix = common_prefix(walk->listing, key);
    bool listed_before = prefix != NULL && strcmp(prefix, walk->listing->after) <= 0;
    if (!listed_before && walk_is_full(walk)) {
        walk->listed->truncated = true;
        return false;
    }
    if (prefix == NULL) {
        walk_add(walk, walk->listed->objects, object_from_row(rows), key);
        return true;
    }
    *ret_seek = text_successor(prefix);
    if (!listed_before)
        walk_add(walk, walk->listed->prefixes, g_strdup(prefix), prefix);
    return false;
}

static StoreRows *walk_query(StoreTx *tx, ListWalk *walk, GError **error)
{
    /* Without an end: no key reaches this byte. */
    static const char beyond[] = "\xff";
    const LakeListing *listing = walk->listing;
    int64_t left =
        listing->limit - walk->listed->objects->len - walk->listed->prefixes->len + 1;
    const char *end = walk->end != NULL ? walk->end : beyond;
    const char *sql =
        walk->inclusive
            ? "SELECT " OBJECT_COLUMNS " FROM lake_object WHERE project = $1 AND key >= $2 AND "
              "key < $3 AND ($4 = '' OR (uploader = $5 AND uploader_outside = 1)) "
              "ORDER BY key LIMIT $6"
            : "SELECT " OBJECT_COLUMNS " FROM lake_object WHERE project = $1 AND key > $2 AND "
              "key < $3 AND ($4 = '' OR (uploader = $5 AND uploader_outside = 1)) "
              "ORDER BY key LIMIT $6";
    const char *uploader = listing->uploader != NULL ? listing->uploader : "";
    return store_query(tx, error, sql, store_text(listing->project), key_bytes(walk->from),
                       key_bytes(end), store_text(uploader), store_text(uploader),
                       store_integer(left));
}

static bool walk_run(StoreTx *tx, ListWalk *walk, GError **error)
{
    for (;;) {
        g_autoptr(StoreRows) rows = walk_query(tx, walk, error);
        char *seek = NULL;
        GError *problem = NULL;
        if (rows == NULL)
            return false;
        while (store_next(rows, &problem) && walk_row(walk, rows, &seek))
            ;
        if (rows_failed(problem, error))
            return false;
        if (seek == NULL)
            return true;
        walk_seek(walk, seek);
    }
}

bool lake_list(StoreTx *tx, const LakeListing *listing, LakeListed *ret_listed, GError **error)
{
    g_auto(LakeListed) listed = {
        .objects = g_ptr_array_new_with_free_func((GDestroyNotify)lake_object_free),
        .prefixes = g_ptr_array_new_with_free_func(g_free),
    };
    bool from_prefix = strcmp(listing->prefix, listing->after) > 0;
    ListWalk walk = {
        .listing = listing,
        .listed = &listed,
        .from = g_strdup(from_prefix ? listing->prefix : listing->after),
        .inclusive = from_prefix,
        .end = *listing->prefix != '\0' ? text_successor(listing->prefix) : NULL,
    };
    bool ok = listing->limit == 0 || walk_run(tx, &walk, error);
    g_free(walk.from);
    g_free(walk.end);
    if (!ok)
        return false;
    *ret_listed = listed;
    listed = (LakeListed){0};
    return true;
}

/* ---- uploads in parts ---- */

#define UPLOAD_COLUMNS                                                                             \
    "id, project, key, content_type, headers, uploader, uploader_outside, started_ms, checksum"

static LakeUpload *upload_from_row(StoreRows *rows)
{
    LakeUpload *upload = g_new0(LakeUpload, 1);
    upload->id = g_strdup(store_row_text(rows, 0));
    upload->project = g_strdup(store_row_text(rows, 1));
    upload->key = row_key(rows, 2);
    upload->content_type = g_strdup(store_row_text(rows, 3));
    upload->headers = row_json(rows, 4);
    upload->uploader = g_strdup(store_row_text(rows, 5));
    upload->outside = store_row_integer(rows, 6) != 0;
    upload->started_ms = store_row_integer(rows, 7);
    upload->checksum = g_strdup(store_row_text(rows, 8));
    return upload;
}

bool lake_upload_insert(StoreTx *tx, const LakeUpload *upload, GError **error)
{
    int64_t under_way = 0;
    if (!store_query_integer(tx, &under_way, 0, error,
                             "SELECT COUNT(*) FROM lake_upload WHERE project = $1",
                             store_text(upload->project)))
        return false;
    if (under_way >= LAKE_UPLOADS_MAX)
        return error_set(error, ERROR_CONFLICT, "lake.uploads",
                         "The bucket has %d unfinished uploads; complete or abort some.",
                         LAKE_UPLOADS_MAX);
    char *headers = json_canonical(upload->headers);
    bool ok = store_exec(tx, error,
                         "INSERT INTO lake_upload (" UPLOAD_COLUMNS ") VALUES "
                         "($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                         store_text(upload->id), store_text(upload->project),
                         key_bytes(upload->key), store_text(upload->content_type),
                         store_text(headers), store_text(upload->uploader),
                         store_integer(upload->outside), store_integer(upload->started_ms),
                         store_text(upload->checksum));
    free(headers);
    return ok;
}

bool lake_upload_find(StoreTx *tx, const char *project, const char *key, const char *id,
                      LakeUpload **ret_upload, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error,
                    "SELECT " UPLOAD_COLUMNS " FROM lake_upload WHERE id = $1 AND project = $2 "
                    "AND key = $3",
                    store_text(id), store_text(project), key_bytes(key));
    GError *problem = NULL;
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem)) {
        *ret_upload = upload_from_row(rows);
        return true;
    }
    if (rows_failed(problem, error))
        return false;
    return error_set(error, ERROR_NOT_FOUND, "lake.no_upload",
                     "There is no such upload under way; it was completed, aborted, or never "
                     "begun.");
}

bool lake_upload_drop(StoreTx *tx, const LakeUpload *upload, GPtrArray *freed, GError **error)
{
    g_autoptr(GPtrArray) parts =
        lake_part_list(tx, upload->id, 0, LAKE_PARTS_MAX, error);
    int64_t bytes = 0;
    if (parts == NULL)
        return false;
    for (guint i = 0; i < parts->len; i++) {
        const LakePart *part = g_ptr_array_index(parts, i);
        bytes += part->size;
        g_ptr_array_add(freed, g_strdup(part->file));
    }
    return store_exec(tx, error, "DELETE FROM lake_part WHERE upload = $1",
                      store_text(upload->id)) &&
           store_exec(tx, error, "DELETE FROM lake_upload WHERE id = $1",
                      store_text(upload->id)) &&
           lake_usage_add(tx, upload->project, 0, -bytes, 0, error);
}

static LakePart *part_from_row(StoreRows *rows)
{
    LakePart *part = g_new0(LakePart, 1);
    part->number = store_row_integer(rows, 0);
    part->file = g_strdup(store_row_text(rows, 1));
    part->size = store_row_integer(rows, 2);
    part->etag = g_strdup(store_row_text(rows, 3));
    part->modified_ms = store_row_integer(rows, 4);
    part->checksum = g_strdup(store_row_text(rows, 5));
    return part;
}

GPtrArray *lake_part_list(StoreTx *tx, const char *upload, int64_t after, int64_t limit,
                          GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error,
                    "SELECT number, file, size, etag, modified_ms, checksum FROM lake_part "
                    "WHERE upload = $1 AND number > $2 ORDER BY number LIMIT $3",
                    store_text(upload), store_integer(after), store_integer(limit));
    GError *problem = NULL;
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)lake_part_free);
    while (store_next(rows, &problem))
        g_ptr_array_add(parts, part_from_row(rows));
    return rows_failed(problem, error) ? NULL : g_steal_pointer(&parts);
}

bool lake_part_put(StoreTx *tx, const LakeUpload *upload, const LakePart *part,
                   int64_t quota_bytes, GPtrArray *freed, GError **error)
{
    g_autoptr(GPtrArray) there =
        lake_part_list(tx, upload->id, part->number - 1, 1, error);
    if (there == NULL)
        return false;
    const LakePart *was = there->len > 0 ? g_ptr_array_index(there, 0) : NULL;
    if (was != NULL && was->number != part->number)
        was = NULL;
    int64_t more_bytes = part->size - (was != NULL ? was->size : 0);
    if (!lake_usage_add(tx, upload->project, 0, more_bytes, quota_bytes, error) ||
        !store_exec(tx, error,
                    "INSERT INTO lake_part (upload, number, file, size, etag, modified_ms, "
                    "checksum) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (upload, number) "
                    "DO UPDATE SET file = excluded.file, size = excluded.size, "
                    "etag = excluded.etag, modified_ms = excluded.modified_ms, "
                    "checksum = excluded.checksum",
                    store_text(upload->id), store_integer(part->number), store_text(part->file),
                    store_integer(part->size), store_text(part->etag),
                    store_integer(part->modified_ms), store_text(part->checksum)))
        return false;
    if (was != NULL)
        g_ptr_array_add(freed, g_strdup(was->file));
    return true;
}

GPtrArray *lake_upload_list(StoreTx *tx, const char *project, const char *prefix,
                            const char *after_key, const char *after_id, const char *uploader,
                            int64_t limit, GError **error)
{
    g_autofree char *end = *prefix != '\0' ? text_successor(prefix) : g_strdup("\xff");
    const char *only = uploader != NULL ? uploader : "";
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT " UPLOAD_COLUMNS " FROM lake_upload WHERE project = $1 AND key >= $2 AND key < $3 "
        "AND (key > $4 OR (key = $5 AND id > $6)) AND "
        "($7 = '' OR (uploader = $8 AND uploader_outside = 1)) ORDER BY key, id LIMIT $9",
        store_text(project), key_bytes(prefix), key_bytes(end), key_bytes(after_key),
        key_bytes(after_key), store_text(after_id), store_text(only), store_text(only),
        store_integer(limit));
    GError *problem = NULL;
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) uploads =
        g_ptr_array_new_with_free_func((GDestroyNotify)lake_upload_free);
    while (store_next(rows, &problem))
        g_ptr_array_add(uploads, upload_from_row(rows));
    return rows_failed(problem, error) ? NULL : g_steal_pointer(&uploads);
}

/* ---- what the sweeper must leave ---- */

static void referenced_add(const json_t *parts, GHashTable *ids)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(NULL);
    lake_parts_files(parts, files);
    for (guint i = 0; i < files->len; i++)
        g_hash_table_add(ids, g_ptr_array_index(files, i));
}

static bool referenced_objects(StoreTx *tx, const char *project, GHashTable *ids, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT parts FROM lake_object WHERE project = $1", store_text(project));
    GError *problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem)) {
        g_autoptr(json_t) parts = row_json(rows, 0);
        if (!json_is_array(parts))
            return error_set(error, ERROR_INTERNAL, "lake.row", "An object's row is damaged.");
        referenced_add(parts, ids);
    }
    return !rows_failed(problem, error);
}

bool lake_referenced(StoreTx *tx, const char *project, GHashTable *ids, GError **error)
{
    if (!referenced_objects(tx, project, ids, error))
        return false;
    g_autoptr(StoreRows) rows =
        store_query(tx, error,
                    "SELECT p.file FROM lake_part p JOIN lake_upload u ON u.id = p.upload "
                    "WHERE u.project = $1",
                    store_text(project));
    GError *problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem))
        g_hash_table_add(ids, g_strdup(store_row_text(rows, 0)));
    return !rows_failed(problem, error);
}
