/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One object: get, head, put, copy, delete; and many deletions at once. The row is changed in the
 * same savepoint in which conditions, quota and policy are judged again, so that of many writers
 * under one condition exactly one wins.
 */
#include "lake/s3.h"

#include "base/error.h"
#include "base/files.h"
#include "base/times.h"
#include "lake/reader.h"
#include "lake/s3_object.h"

#include <string.h>
#include <unistd.h>

#define COPY_BYTES_MAX (INT64_C(5) * 1024 * 1024 * 1024)
#define COPY_BUFFER (256 * 1024)
#define OPEN_ATTEMPTS 3
#define DEFAULT_TYPE "binary/octet-stream"

/* ---- reading ---- */

static bool find_again(StoreTx *tx, void *data, GError **error)
{
    S3Call *call = data;
    g_clear_pointer(&call->object, lake_object_free);
    return lake_object_find(tx, call->project->id, call->key, &call->object, error);
}

/* The first byte can be read. The object may be replaced between the look at its row and the
 * opening of its file; then the row of now is taken. */
static bool object_open(S3Call *call, LakeReader **ret_reader, S3Range *range, GError **error)
{
    for (int attempt = 0;; attempt++) {
        g_autoptr(GError) problem = NULL;
        if (!s3_range_parse(s3_header(call, "Range"), call->object->size, range, error))
            return false;
        LakeReader *reader =
            lake_reader_new(call->folder, call->object->parts, range->first, range->size);
        if (range->size == 0 || lake_reader_open(reader, &problem)) {
            *ret_reader = reader;
            return true;
        }
        lake_reader_free(reader);
        bool gone = g_strcmp0(error_reason(problem), "lake.file_gone") == 0;
        if (!gone || attempt >= OPEN_ATTEMPTS) {
            if (gone)
                return error_set(error, ERROR_INTERNAL, "lake.file",
                                 "The file of an object is missing.");
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (!store_read(call->app->store, find_again, call, error))
            return false;
        if (call->object == NULL)
            return error_set(error, ERROR_NOT_FOUND, "lake.no_object", "There is no such object.");
    }
}

static void reply_validators(S3Call *call, const LakeObject *object)
{
    g_autofree char *date = time_format_http(object->modified_ms);
    g_autofree char *etag = g_strdup_printf("\"%s\"", object->etag);
    http_reply_header(call->request, "ETag", etag);
    http_reply_header(call->request, "Last-Modified", date);
    http_reply_header(call->request, "Accept-Ranges", "bytes");
}

static bool reply_object(S3Call *call, LakeReader *reader, const S3Range *range, GError **error)
{
    const LakeObject *object = call->object;
    const char *type = s3_query(call, "response-content-type");
    if (type == NULL || strpbrk(type, "\r\n") != NULL)
        type = object->content_type;
    reply_validators(call, object);
    s3_reply_kept(call, object);
    if (range->partial) {
        g_autofree char *content_range =
            g_strdup_printf("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                            range->first, range->first + range->size - 1, object->size);
        http_reply_header(call->request, "Content-Range", content_range);
    }
    return http_reply_stream(call->request, range->partial ? 206 : 200, type, range->size,
                             lake_reader_read, reader, lake_reader_free, error);
}

bool s3_get_object(S3Call *call, GError **error)
{
    bool unchanged = false;
    LakeReader *reader = NULL;
    S3Range range;
    if (call->object == NULL)
        return error_set(error, ERROR_NOT_FOUND, "lake.no_object", "There is no such object.");
    if (!s3_read_conditions(call, call->object, "", &unchanged, error))
        return false;
    if (unchanged) {
        reply_validators(call, call->object);
        return http_reply_empty(call->request, 304, error);
    }
    if (!object_open(call, &reader, &range, error)) {
        if (error != NULL && error_is(*error, ERROR_RANGE)) {
            g_autofree char *all = g_strdup_printf("bytes */%" G_GINT64_FORMAT, call->object->size);
            http_reply_header(call->request, "Content-Range", all);
        }
        return false;
    }
    if (!s3_note_read(call, VERB_LAKE_GET, call->key, error)) {
        lake_reader_free(reader);
        return false;
    }
    return reply_object(call, reader, &range, error);
}

/* ---- putting ---- */

typedef struct PutRun {
    S3Call *call;
    LakeObject *object;
    GPtrArray *freed;
} PutRun;

static bool put_commit(Act *act, void *data, GError **error)
{
    PutRun *run = data;
    S3Call *call = run->call;
    g_autoptr(LakeObject) was = NULL;
    g_ptr_array_set_size(run->freed, 0);
    if (!lake_object_find(act->tx, call->project->id, run->object->key, &was, error) ||
        !s3_allow(call, act, was, error) || !s3_write_conditions(call, was, error))
        return false;
    json_object_set_new(act->details, "size", json_integer(run->object->size));
    json_object_set_new(act->details, "etag", json_string(run->object->etag));
    run->object->modified_ms = time_now_ms();
    return lake_object_put(act->tx, call->project->id, run->object, was,
                           call->project->bucket_quota_bytes, run->freed, error);
}

/* Commits OBJECT, whose FILE is durable. */
static bool put_run(S3Call *call, LakeObject *object, LakeFile *file, GError **error)
{
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    PutRun run = {call, object, freed};
    if (!act_run(call->app, call->actor, VERB_LAKE_PUT, put_commit, &run, NULL, error))
        return false;
    lake_file_settle(file);
    s3_remove_files(call, freed);
    return true;
}

LakeObject *s3_object_new(const S3Call *call, const char *content_type, json_t *headers)
{
    LakeObject *object = g_new0(LakeObject, 1);
    object->key = g_strdup(call->key);
    object->content_type = g_strdup(content_type != NULL ? content_type : DEFAULT_TYPE);
    object->headers = headers;
    object->uploader = g_strdup(call->caller.inside ? call->actor->id : call->person);
    object->outside = !call->caller.inside;
    return object;
}

const char *s3_content_type(const S3Call *call)
{
    const char *type = s3_header(call, "Content-Type");
    return type != NULL && *type != '\0' && strlen(type) <= 200 &&
                   g_utf8_validate(type, -1, NULL)
               ? type
               : DEFAULT_TYPE;
}

static void object_set_file(LakeObject *object, const LakeFile *file, const Digest *digest,
                            ChecksumKind checksum)
{
    object->id = g_strdup(lake_file_id(file));
    object->size = lake_file_size(file);
    object->etag = hex_encode(digest_md5(digest), 16);
    object->parts = json_pack("[{s:s, s:I}]", "file", object->id, "size",
                              (json_int_t)object->size);
    if (checksum != CHECKSUM_NONE)
        json_object_set_new(object->headers, "checksum",
                            json_pack("{s:s, s:s, s:s}", "kind", checksum_row(checksum)->name,
                                      "type", "FULL_OBJECT", "value", digest_checksum(digest)));
}

static void reply_etag(S3Call *call, const char *etag)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\"", etag);
    http_reply_header(call->request, "ETag", quoted);
}

bool s3_put_object(S3Call *call, GError **error)
{
    S3Body *body = &call->body;
    json_t *headers = s3_headers_kept(call, error);
    if (headers == NULL)
        return false;
    g_autoptr(LakeObject) object = s3_object_new(call, s3_content_type(call), headers);
    if (!lake_file_keep(body->file, error))
        return false;
    object_set_file(object, body->file, body->digest, body->checksum);
    if (!put_run(call, object, body->file, error))
        return false;
    reply_etag(call, object->etag);
    if (body->checksum != CHECKSUM_NONE) {
        http_reply_header(call->request, checksum_row(body->checksum)->header,
                          digest_checksum(body->digest));
        http_reply_header(call->request, "x-amz-checksum-type", "FULL_OBJECT");
    }
    return http_reply_empty(call->request, 200, error);
}

/* ---- copying within the project ---- */

typedef struct CopySource {
    S3Call *call;
    char *key;
    LakeObject *object;
} CopySource;

/* "/bucket/key", encoded, perhaps with "?versionId=null". */
static bool copy_source_key(const S3Call *call, char **ret_key, GError **error)
{
    const char *raw = s3_header(call, "x-amz-copy-source");
    const char *begin = *raw == '/' ? raw + 1 : raw;
    const char *version = strstr(begin, "?versionId=");
    if (version != NULL && strcmp(version, "?versionId=null") != 0)
        return error_set(error, ERROR_UNSUPPORTED, "lake.not_implemented",
                         "There are no versions to copy from.");
    g_autofree char *path = sigv4_decode(
        begin, version != NULL ? (size_t)(version - begin) : strlen(begin), error);
    if (path == NULL)
        return false;
    const char *slash = strchr(path, '/');
    if (slash == NULL || strlen(call->bucket) != (size_t)(slash - path) ||
        strncmp(path, call->bucket, (size_t)(slash - path)) != 0)
        return error_set(error, ERROR_DENIED, "lake.other_bucket",
                         "Objects are copied within one bucket only.");
    if (!lake_key_check(slash + 1, error))
        return false;
    *ret_key = g_strdup(slash + 1);
    return true;
}

static bool copy_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    CopySource *source = data;
    S3Call *call = source->call;
    PolicyFacts facts = call->facts;
    if (!lake_object_find(tx, call->project->id, source->key, &source->object, error))
        return false;
    facts.own_upload = source->object != NULL
                           ? lake_is_own(&call->caller, source->object)
                           : lake_list_only(&call->caller, &call->facts) == NULL;
    if (!policy_enforce(actor, VERB_LAKE_GET, &facts, error))
        return false;
    return source->object != NULL || error_set(error, ERROR_NOT_FOUND, "lake.no_object",
                                               "There is no such object to copy.");
}

static bool copy_bytes(S3Call *call, const LakeObject *from, LakeFile *file, Digest *digest,
                       GError **error)
{
    g_autofree char *buffer = g_malloc(COPY_BUFFER);
    LakeReader *reader = lake_reader_new(call->folder, from->parts, 0, from->size);
    bool ok = true;
    for (int64_t left = from->size; ok && left > 0;) {
        ssize_t got = lake_reader_read(reader, buffer, COPY_BUFFER);
        left -= got;
        if (got <= 0)
            ok = error_set(error, ERROR_CONFLICT, "lake.source_changed",
                           "The source changed while it was copied; try again.");
        else
            ok = lake_file_write(file, buffer, (size_t)got, error);
        if (ok)
            digest_update(digest, buffer, (size_t)got);
    }
    lake_reader_free(reader);
    digest_finish(digest);
    return ok && lake_file_keep(file, error);
}

static LakeObject *copy_object_new(const S3Call *call, const LakeObject *from, GError **error)
{
    const char *directive = s3_header(call, "x-amz-metadata-directive");
    bool replace = directive != NULL && g_ascii_strcasecmp(directive, "REPLACE") == 0;
    if (!replace && strcmp(from->key, call->key) == 0) {
        error_set(error, ERROR_INVALID, "lake.request",
                  "An object is copied onto itself only to replace its metadata.");
        return NULL;
    }
    json_t *headers = replace ? s3_headers_kept(call, error) : json_deep_copy(from->headers);
    if (headers == NULL)
        return NULL;
    json_object_del(headers, "checksum");
    json_object_del(headers, "upload");
    return s3_object_new(call, replace ? s3_content_type(call) : from->content_type, headers);
}

static bool copy_write(S3Call *call, const LakeObject *from, LakeObject *object, GError **error)
{
    /* Clients that ask for a checksum by default get the commonest. */
    const char *wanted = s3_header(call, "x-amz-checksum-algorithm");
    ChecksumKind checksum = wanted != NULL ? checksum_by_name(wanted) : CHECKSUM_CRC32;
    g_autoptr(LakeFile) file = lake_file_create(call->lake->files, call->folder, error);
    g_autoptr(Digest) digest = digest_new(false, checksum);
    if (file == NULL || !copy_bytes(call, from, file, digest, error))
        return false;
    object_set_file(object, file, digest, checksum);
    return put_run(call, object, file, error) &&
           s3_note_read(call, VERB_LAKE_GET, from->key, error);
}

static bool copy_run(S3Call *call, const LakeObject *from, GError **error)
{
    bool unchanged = false;
    if (!s3_read_conditions(call, from, "x-amz-copy-source-", &unchanged, error))
        return false;
    if (unchanged)
        return error_set(error, ERROR_PRECONDITION, "lake.precondition",
                         "At least one of the preconditions of the source did not hold.");
    if (from->size > COPY_BYTES_MAX)
        return error_set(error, ERROR_TOO_LARGE, "lake.too_large",
                         "At most 5 GiB are copied at once.");
    g_autoptr(LakeObject) object = copy_object_new(call, from, error);
    if (object == NULL || !lake_reserve(call->lake, call->project->id, from->size,
                                        call->used_bytes, call->project->bucket_quota_bytes, error))
        return false;
    bool ok = copy_write(call, from, object, error);
    lake_release(call->lake, call->project->id, from->size);
    if (!ok)
        return false;
    S3Xml *xml = s3_xml_new("CopyObjectResult", false);
    s3_xml_time(xml, "LastModified", object->modified_ms);
    s3_xml_etag(xml, object->etag);
    return s3_reply_xml(call, 200, xml, error);
}

bool s3_copy_object(S3Call *call, GError **error)
{
    CopySource source = {.call = call};
    bool ok = copy_source_key(call, &source.key, error) &&
              look_run(call->app, call->actor, VERB_LAKE_GET, source.key, false, copy_look,
                       &source, error) &&
              copy_run(call, source.object, error);
    g_free(source.key);
    lake_object_free(source.object);
    return ok;
}

/* ---- deleting ---- */

typedef struct DeleteRun {
    S3Call *call;
    GPtrArray *keys;
    GPtrArray *freed;
} DeleteRun;

static bool delete_one(Act *act, DeleteRun *run, const char *key, GError **error)
{
    S3Call *call = run->call;
    g_autoptr(LakeObject) was = NULL;
    const char *match = s3_header(call, "If-Match");
    if (!lake_object_find(act->tx, call->project->id, key, &was, error) ||
        !s3_allow(call, act, was, error))
        return false;
    if (match != NULL && !s3_write_conditions(call, was, error))
        return false;
    /* What is not there is as good as deleted. */
    return was == NULL || lake_object_drop(act->tx, call->project->id, was, run->freed, error);
}

static bool delete_commit(Act *act, void *data, GError **error)
{
    DeleteRun *run = data;
    json_t *keys = json_array();
    json_object_set_new(act->details, "keys", keys);
    g_ptr_array_set_size(run->freed, 0);
    for (guint i = 0; i < run->keys->len; i++) {
        const char *key = g_ptr_array_index(run->keys, i);
        if (!delete_one(act, run, key, error))
            return false;
        json_array_append_new(keys, json_string(key));
    }
    return true;
}

static bool delete_run(S3Call *call, GPtrArray *keys, GError **error)
{
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    DeleteRun run = {call, keys, freed};
    if (!act_run(call->app, call->actor, VERB_LAKE_DELETE, delete_commit, &run, NULL, error))
        return false;
    s3_remove_files(call, freed);
    return true;
}

bool s3_delete_object(S3Call *call, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_ptr_array_add(keys, call->key);
    return delete_run(call, keys, error) && http_reply_empty(call->request, 204, error);
}

typedef struct DeleteDocument {
    GPtrArray *keys;
    char *key;
    bool quiet;
} DeleteDocument;

#define DELETE_KEYS_MAX 1000

static bool delete_element(const char *path, const char *text, void *user, GError **error)
{
    DeleteDocument *document = user;
    if (strcmp(path, "Delete/Quiet") == 0) {
        document->quiet = g_ascii_strcasecmp(text, "true") == 0;
    } else if (strcmp(path, "Delete/Object/Key") == 0) {
        g_free(document->key);
        document->key = g_strdup(text);
    } else if (strcmp(path, "Delete/Object") == 0) {
        if (document->key == NULL || document->keys->len >= DELETE_KEYS_MAX)
            return error_set(error, ERROR_INVALID, "lake.xml",
                             "Each object needs a key, and there are at most %d.",
                             DELETE_KEYS_MAX);
        g_ptr_array_add(document->keys, g_steal_pointer(&document->key));
    } else if (strcmp(path, "Delete") != 0) {
        return error_set(error, ERROR_UNSUPPORTED, "lake.not_implemented",
                         "<%s> is not understood.", path);
    }
    return true;
}

static bool delete_check_sums(const S3Call *call, GError **error)
{
    if (call->body.checksum != CHECKSUM_NONE || s3_header(call, "Content-MD5") != NULL)
        return true;
    return error_set(error, ERROR_INVALID, "lake.checksum_needed",
                     "A deletion of several objects needs Content-MD5 or a checksum of its body.");
}

static S3Xml *delete_result(const DeleteDocument *document)
{
    S3Xml *xml = s3_xml_new("DeleteResult", false);
    for (guint i = 0; i < document->keys->len && !document->quiet; i++) {
        s3_xml_begin(xml, "Deleted");
        s3_xml_text(xml, "Key", g_ptr_array_index(document->keys, i));
        s3_xml_end(xml);
    }
    return xml;
}

/* All or none: one action, one savepoint, one leaf. */
bool s3_delete_objects(S3Call *call, GError **error)
{
    DeleteDocument document = {.keys = g_ptr_array_new_with_free_func(g_free)};
    const GByteArray *body = call->body.document;
    bool ok = delete_check_sums(call, error) &&
              s3_xml_read((const char *)body->data, body->len, delete_element, &document, error);
    if (ok && document.keys->len == 0)
        ok = error_set(error, ERROR_INVALID, "lake.xml", "There is no object to delete.");
    for (guint i = 0; ok && i < document.keys->len; i++)
        ok = lake_key_check(g_ptr_array_index(document.keys, i), error);
    ok = ok && delete_run(call, document.keys, error) &&
         s3_reply_xml(call, 200, delete_result(&document), error);
    g_ptr_array_unref(document.keys);
    g_free(document.key);
    return ok;
}
