/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads in parts. A part is a file of its own; completing writes the list of files as the
 * object's row and moves no byte. Completing twice gives the same answer, since clients repeat it when the
 * first answer is lost.
 */
#include "lake/s3.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "lake/s3_object.h"

#include <openssl/evp.h>
#include <string.h>

#define UPLOAD_ID_BYTES 24

/* ---- begin ---- */

static bool create_commit(Act *act, void *data, GError **error)
{
    const LakeUpload *upload = data;
    return lake_upload_insert(act->tx, upload, error);
}

typedef struct CreateRun {
    S3Call *call;
    LakeUpload *upload;
} CreateRun;

static bool create_run(Act *act, void *data, GError **error)
{
    CreateRun *run = data;
    g_autoptr(LakeObject) was = NULL;
    return lake_object_find(act->tx, run->call->project->id, run->call->key, &was, error) &&
           s3_allow(run->call, act, was, error) && create_commit(act, run->upload, error);
}

static LakeUpload *upload_new(const S3Call *call, GError **error)
{
    const char *algorithm = s3_header(call, "x-amz-checksum-algorithm");
    const char *type = s3_header(call, "x-amz-checksum-type");
    ChecksumKind kind = algorithm != NULL ? checksum_by_name(algorithm) : CHECKSUM_NONE;
    bool full = type != NULL && g_ascii_strcasecmp(type, "FULL_OBJECT") == 0;
    /* Only of CRC-32 does a library of ours combine the sums of parts. */
    bool combines = kind == CHECKSUM_CRC32;
    if ((full && !combines) || (!full && kind == CHECKSUM_CRC64NVME)) {
        error_set(error, ERROR_UNSUPPORTED, "lake.not_implemented",
                  "A checksum of the whole object made of its parts is implemented for CRC32 "
                  "only.");
        return NULL;
    }
    json_t *headers = s3_headers_kept(call, error);
    if (headers == NULL)
        return NULL;
    if (kind != CHECKSUM_NONE)
        json_object_set_new(headers, "checksum_type",
                            json_string(full ? "FULL_OBJECT" : "COMPOSITE"));
    LakeUpload *upload = g_new0(LakeUpload, 1);
    upload->id = random_token(UPLOAD_ID_BYTES);
    upload->project = g_strdup(call->project->id);
    upload->key = g_strdup(call->key);
    upload->content_type = g_strdup(s3_content_type(call));
    upload->headers = headers;
    upload->uploader = g_strdup(call->caller.inside ? call->actor->id : call->person);
    upload->outside = !call->caller.inside;
    upload->started_ms = time_now_ms();
    upload->checksum = g_strdup(checksum_row(kind)->name);
    return upload;
}

bool s3_create_upload(S3Call *call, GError **error)
{
    g_autoptr(LakeUpload) upload = upload_new(call, error);
    CreateRun run = {call, upload};
    if (upload == NULL ||
        !act_run(call->app, call->actor, VERB_LAKE_PUT, create_run, &run, NULL, error))
        return false;
    S3Xml *xml = s3_xml_new("InitiateMultipartUploadResult", false);
    s3_xml_text(xml, "Bucket", call->bucket);
    s3_xml_text(xml, "Key", call->key);
    s3_xml_text(xml, "UploadId", upload->id);
    if (*upload->checksum != '\0') {
        http_reply_header(call->request, "x-amz-checksum-algorithm", upload->checksum);
        http_reply_header(call->request, "x-amz-checksum-type",
                          json_string_value(json_object_get(upload->headers, "checksum_type")));
    }
    return s3_reply_xml(call, 200, xml, error);
}

/* ---- a part ---- */

typedef struct PartRun {
    S3Call *call;
    LakePart part;
    GPtrArray *freed;
} PartRun;

/* The upload may have been completed or aborted while the part came in: it is found again here. */
static bool part_commit(Act *act, void *data, GError **error)
{
    PartRun *run = data;
    S3Call *call = run->call;
    g_autoptr(LakeObject) was = NULL;
    g_autoptr(LakeUpload) upload = NULL;
    g_ptr_array_set_size(run->freed, 0);
    if (!lake_object_find(act->tx, call->project->id, call->key, &was, error) ||
        !s3_allow(call, act, was, error) ||
        !lake_upload_find(act->tx, call->project->id, call->key, call->upload->id, &upload,
                          error) ||
        !s3_upload_check_side(call, upload, error))
        return false;
    json_object_set_new(act->details, "part", json_integer(run->part.number));
    json_object_set_new(act->details, "size", json_integer(run->part.size));
    run->part.modified_ms = time_now_ms();
    return lake_part_put(act->tx, upload, &run->part, call->project->bucket_quota_bytes,
                         run->freed, error);
}

static bool part_keep(S3Call *call, PartRun *run, GError **error)
{
    S3Body *body = &call->body;
    if (!lake_file_keep(body->file, error))
        return false;
    run->part.file = (char *)lake_file_id(body->file);
    run->part.size = lake_file_size(body->file);
    run->part.etag = hex_encode(digest_md5(body->digest), 16);
    const char *sum = digest_checksum(body->digest);
    run->part.checksum = (char *)(sum != NULL ? sum : "");
    bool ok = act_run(call->app, call->actor, VERB_LAKE_PUT, part_commit, run, NULL, error);
    if (ok) {
        lake_file_settle(body->file);
        s3_remove_files(call, run->freed);
    }
    return ok;
}

static bool part_reply(S3Call *call, const PartRun *run, GError **error)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\"", run->part.etag);
    http_reply_header(call->request, "ETag", quoted);
    if (*run->part.checksum != '\0')
        http_reply_header(call->request, checksum_row(call->body.checksum)->header,
                          run->part.checksum);
    return http_reply_empty(call->request, 200, error);
}

bool s3_upload_part(S3Call *call, GError **error)
{
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    PartRun run = {.call = call, .freed = freed};
    if (!s3_query_integer(call, "partNumber", 0, 1, LAKE_PARTS_MAX, false, &run.part.number, error))
        return false;
    bool ok = part_keep(call, &run, error) && part_reply(call, &run, error);
    g_free(run.part.etag);
    return ok;
}

bool s3_upload_part_copy(S3Call *call, GError **error)
{
    (void)call;
    return error_set(error, ERROR_UNSUPPORTED, "lake.not_implemented",
                     "UploadPartCopy is not implemented; copy the object whole.");
}

/* ---- completing ---- */

typedef struct WantedPart {
    int64_t number;
    char *etag;
    char *checksum;         /* NULL: not given */
} WantedPart;

static void wanted_free(void *data)
{
    WantedPart *part = data;
    g_free(part->etag);
    g_free(part->checksum);
    g_free(part);
}

typedef struct Completion {
    S3Call *call;
    GPtrArray *wanted;      /* of WantedPart */
    WantedPart *current;
    LakeObject *object;     /* what was made */
    GPtrArray *freed;
} Completion;

static WantedPart *completion_current(Completion *completion)
{
    if (completion->current == NULL)
        completion->current = g_new0(WantedPart, 1);
    return completion->current;
}

static bool completion_part_end(Completion *completion, GError **error)
{
    WantedPart *part = completion_current(completion);
    guint count = completion->wanted->len;
    if (part->number < 1 || part->number > LAKE_PARTS_MAX || part->etag == NULL)
        return error_set(error, ERROR_INVALID, "lake.xml",
                         "Each part needs a number from 1 to %d and an ETag.", LAKE_PARTS_MAX);
    if (count > 0 &&
        ((WantedPart *)g_ptr_array_index(completion->wanted, count - 1))->number >= part->number)
        return error_set(error, ERROR_INVALID, "lake.part_order",
                         "The parts are not in ascending order.");
    g_ptr_array_add(completion->wanted, g_steal_pointer(&completion->current));
    return true;
}

static char *etag_bare(const char *text)
{
    g_autofree char *copy = g_strdup(text);
    char *bare = g_strstrip(copy);
    size_t length = strlen(bare);
    if (length >= 2 && bare[0] == '"' && bare[length - 1] == '"')
        return g_strndup(bare + 1, length - 2);
    return g_strdup(bare);
}

static bool completion_element(const char *path, const char *text, void *user, GError **error)
{
    static const char part[] = "CompleteMultipartUpload/Part";
    Completion *completion = user;
    if (strcmp(path, part) == 0)
        return completion_part_end(completion, error);
    if (strcmp(path, "CompleteMultipartUpload") == 0)
        return true;
    const char *name = g_str_has_prefix(path, part) && path[strlen(part)] == '/'
                           ? path + strlen(part) + 1
                           : "";
    WantedPart *current = completion_current(completion);
    if (strcmp(name, "PartNumber") == 0) {
        current->number = g_ascii_strtoll(text, NULL, 10);
    } else if (strcmp(name, "ETag") == 0) {
        g_free(current->etag);
        current->etag = etag_bare(text);
    } else if (g_str_has_prefix(name, "Checksum")) {
        g_free(current->checksum);
        current->checksum = g_strdup(text);
    } else {
        return error_set(error, ERROR_UNSUPPORTED, "lake.not_implemented",
                         "<%s> is not understood.", path);
    }
    return true;
}

static bool part_check(const LakePart *part, const WantedPart *wanted, bool last, GError **error)
{
    if (part == NULL || strcmp(part->etag, wanted->etag) != 0 ||
        (wanted->checksum != NULL && *part->checksum != '\0' &&
         strcmp(wanted->checksum, part->checksum) != 0))
        return error_set(error, ERROR_INVALID, "lake.part",
                         "Part %" G_GINT64_FORMAT " was not uploaded, or is another one.",
                         wanted->number);
    if (!last && part->size < LAKE_PART_BYTES_MIN)
        return error_set(error, ERROR_INVALID, "lake.part_small",
                         "Part %" G_GINT64_FORMAT " has less than 5 MiB and is not the last.",
                         wanted->number);
    return true;
}

/* "md5 of the parts' md5s" and their number, as AWS does it. */
static char *etag_of_parts(const GPtrArray *parts)
{
    g_autoptr(Digest) digest = digest_new(false, CHECKSUM_NONE);
    for (guint i = 0; i < parts->len; i++) {
        uint8_t md5[16];
        const LakePart *part = g_ptr_array_index(parts, i);
        g_assert(hex_decode(part->etag, md5, sizeof md5));
        digest_update(digest, md5, sizeof md5);
    }
    digest_finish(digest);
    g_autofree char *hex = hex_encode(digest_md5(digest), 16);
    return g_strdup_printf("%s-%u", hex, parts->len);
}

static bool completion_checksum(const LakeUpload *upload, const GPtrArray *parts,
                                LakeObject *object, S3Call *call, GError **error)
{
    ChecksumKind kind = checksum_by_name(upload->checksum);
    const char *type = json_string_value(json_object_get(upload->headers, "checksum_type"));
    if (kind == CHECKSUM_NONE || type == NULL)
        return true;
    g_autofree const char **sums = g_new0(const char *, parts->len);
    g_autofree int64_t *sizes = g_new0(int64_t, parts->len);
    for (guint i = 0; i < parts->len; i++) {
        const LakePart *part = g_ptr_array_index(parts, i);
        sums[i] = part->checksum;
        sizes[i] = part->size;
    }
    g_autofree char *value = strcmp(type, "FULL_OBJECT") == 0
                                 ? checksum_combine(kind, sums, sizes, parts->len)
                                 : checksum_composite(kind, sums, parts->len);
    const char *given = s3_header(call, checksum_row(kind)->header);
    if (value == NULL || (given != NULL && strcmp(given, value) != 0))
        return error_set(error, ERROR_INVALID, "lake.digest",
                         "The checksum of the whole does not follow from those of the parts.");
    json_object_set_new(object->headers, "checksum",
                        json_pack("{s:s, s:s, s:s}", "kind", checksum_row(kind)->name, "type",
                                  type, "value", value));
    return true;
}

/* The parts that are wanted out of those that are there; the others are freed. */
static GPtrArray *completion_choose(const Completion *completion, const GPtrArray *there,
                                    GError **error)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    guint at = 0;
    for (guint i = 0; i < completion->wanted->len; i++) {
        const WantedPart *wanted = g_ptr_array_index(completion->wanted, i);
        LakePart *part = NULL;
        while (at < there->len &&
               ((LakePart *)g_ptr_array_index(there, at))->number < wanted->number)
            at++;
        if (at < there->len &&
            ((LakePart *)g_ptr_array_index(there, at))->number == wanted->number)
            part = g_ptr_array_index(there, at);
        if (!part_check(part, wanted, i + 1 == completion->wanted->len, error))
            return NULL;
        g_ptr_array_add(chosen, part);
    }
    return g_steal_pointer(&chosen);
}

static void completion_fill(LakeObject *object, const LakeUpload *upload, const GPtrArray *parts)
{
    object->parts = json_array();
    for (guint i = 0; i < parts->len; i++) {
        const LakePart *part = g_ptr_array_index(parts, i);
        object->size += part->size;
        json_array_append_new(object->parts, json_pack("{s:s, s:I}", "file", part->file, "size",
                                                       (json_int_t)part->size));
    }
    object->id = g_strdup(((LakePart *)g_ptr_array_index(parts, 0))->file);
    object->etag = etag_of_parts(parts);
    object->modified_ms = time_now_ms();
    json_object_set_new(object->headers, "upload", json_string(upload->id));
    json_object_del(object->headers, "checksum_type");
}

/* The freed files but those that the object now has. */
static void completion_keep(GPtrArray *freed, const json_t *parts)
{
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    lake_parts_files(parts, kept);
    for (guint i = 0; i < kept->len; i++)
        g_hash_table_add(names, g_ptr_array_index(kept, i));
    for (guint i = freed->len; i-- > 0;) {
        if (g_hash_table_contains(names, g_ptr_array_index(freed, i)))
            g_ptr_array_remove_index_fast(freed, i);
    }
}

static bool completion_make(Completion *completion, Act *act, const LakeUpload *upload,
                            const LakeObject *was, GError **error)
{
    S3Call *call = completion->call;
    g_autoptr(GPtrArray) there = lake_part_list(act->tx, upload->id, 0, LAKE_PARTS_MAX, error);
    g_autoptr(GPtrArray) parts =
        there != NULL ? completion_choose(completion, there, error) : NULL;
    if (parts == NULL)
        return false;
    g_autoptr(LakeObject) object =
        s3_object_new(call, upload->content_type, json_deep_copy(upload->headers));
    const char *announced = s3_header(call, "x-amz-mp-object-size");
    if (!completion_checksum(upload, parts, object, call, error))
        return false;
    completion_fill(object, upload, parts);
    if (announced != NULL && g_ascii_strtoll(announced, NULL, 10) != object->size)
        return error_set(error, ERROR_INVALID, "lake.request",
                         "The parts do not add up to x-amz-mp-object-size.");
    json_object_set_new(act->details, "size", json_integer(object->size));
    json_object_set_new(act->details, "etag", json_string(object->etag));
    /* The parts leave the usage before the object enters it. */
    if (!lake_upload_drop(act->tx, upload, completion->freed, error))
        return false;
    completion_keep(completion->freed, object->parts);
    if (!lake_object_put(act->tx, call->project->id, object, was,
                         call->project->bucket_quota_bytes, completion->freed, error))
        return false;
    lake_object_free(completion->object);
    completion->object = g_steal_pointer(&object);
    return true;
}

/* Was it this upload that made what lies under the key? Then it is a repetition. */
static bool completion_repeated(const Completion *completion, const LakeObject *was,
                                const char *upload)
{
    (void)completion;
    return was != NULL &&
           g_strcmp0(json_string_value(json_object_get(was->headers, "upload")), upload) == 0;
}

static bool completion_commit(Act *act, void *data, GError **error)
{
    Completion *completion = data;
    S3Call *call = completion->call;
    const char *id = s3_query(call, "uploadId");
    g_autoptr(LakeObject) was = NULL;
    g_autoptr(LakeUpload) upload = NULL;
    g_ptr_array_set_size(completion->freed, 0);
    if (!lake_object_find(act->tx, call->project->id, call->key, &was, error) ||
        !s3_allow(call, act, was, error))
        return false;
    act_detail(act, "upload", id);
    if (completion_repeated(completion, was, id)) {
        lake_object_free(completion->object);
        completion->object = g_steal_pointer(&was);
        return true;
    }
    return s3_write_conditions(call, was, error) &&
           lake_upload_find(act->tx, call->project->id, call->key, id, &upload, error) &&
           s3_upload_check_side(call, upload, error) &&
           completion_make(completion, act, upload, was, error);
}

static bool completion_reply(const Completion *completion, GError **error)
{
    S3Call *call = completion->call;
    const LakeObject *object = completion->object;
    const json_t *checksum = json_object_get(object->headers, "checksum");
    const char *kind = json_string_value(json_object_get(checksum, "kind"));
    g_autofree char *location =
        g_strdup_printf("%s/%s/%s", call->app->lake_url, call->bucket, call->key);
    S3Xml *xml = s3_xml_new("CompleteMultipartUploadResult", false);
    s3_xml_text(xml, "Location", location);
    s3_xml_text(xml, "Bucket", call->bucket);
    s3_xml_text(xml, "Key", call->key);
    s3_xml_etag(xml, object->etag);
    if (kind != NULL) {
        s3_xml_text(xml, checksum_row(checksum_by_name(kind))->element,
                    json_string_value(json_object_get(checksum, "value")));
        s3_xml_text(xml, "ChecksumType", json_string_value(json_object_get(checksum, "type")));
    }
    return s3_reply_xml(call, 200, xml, error);
}

bool s3_complete_upload(S3Call *call, GError **error)
{
    Completion completion = {
        .call = call,
        .wanted = g_ptr_array_new_with_free_func(wanted_free),
        .freed = g_ptr_array_new_with_free_func(g_free),
    };
    const GByteArray *body = call->body.document;
    bool ok = s3_xml_read((const char *)body->data, body->len, completion_element, &completion,
                          error);
    if (ok && completion.wanted->len == 0)
        ok = error_set(error, ERROR_INVALID, "lake.xml", "There is no part.");
    ok = ok && act_run(call->app, call->actor, VERB_LAKE_PUT, completion_commit, &completion, NULL,
                       error);
    if (ok)
        s3_remove_files(call, completion.freed);
    ok = ok && completion_reply(&completion, error);
    if (completion.current != NULL)
        wanted_free(completion.current);
    lake_object_free(completion.object);
    g_ptr_array_unref(completion.wanted);
    g_ptr_array_unref(completion.freed);
    return ok;
}

/* ---- aborting and listing ---- */

static bool abort_commit(Act *act, void *data, GError **error)
{
    PartRun *run = data;
    S3Call *call = run->call;
    g_autoptr(LakeUpload) upload = NULL;
    g_ptr_array_set_size(run->freed, 0);
    return s3_allow(call, act, NULL, error) &&
           lake_upload_find(act->tx, call->project->id, call->key, call->upload->id, &upload,
                            error) &&
           lake_upload_drop(act->tx, upload, run->freed, error);
}

bool s3_abort_upload(S3Call *call, GError **error)
{
    g_autoptr(GPtrArray) freed = g_ptr_array_new_with_free_func(g_free);
    PartRun run = {.call = call, .freed = freed};
    if (!act_run(call->app, call->actor, VERB_LAKE_PUT, abort_commit, &run, NULL, error))
        return false;
    s3_remove_files(call, freed);
    return http_reply_empty(call->request, 204, error);
}

typedef struct PartsCall {
    S3Call *call;
    int64_t after, limit;
    GPtrArray *parts;
} PartsCall;

static bool parts_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    (void)actor; /* decided with the call */
    PartsCall *list = data;
    list->parts =
        lake_part_list(tx, list->call->upload->id, list->after, list->limit + 1, error);
    return list->parts != NULL;
}

static S3Xml *parts_xml(const PartsCall *list)
{
    S3Call *call = list->call;
    bool truncated = (int64_t)list->parts->len > list->limit;
    guint shown = truncated ? (guint)list->limit : list->parts->len;
    ChecksumKind kind = checksum_by_name(call->upload->checksum);
    S3Xml *xml = s3_xml_new("ListPartsResult", false);
    s3_xml_text(xml, "Bucket", call->bucket);
    s3_xml_text(xml, "Key", call->key);
    s3_xml_text(xml, "UploadId", call->upload->id);
    s3_xml_integer(xml, "PartNumberMarker", list->after);
    s3_xml_integer(xml, "MaxParts", list->limit);
    s3_xml_boolean(xml, "IsTruncated", truncated);
    if (truncated && shown > 0)
        s3_xml_integer(xml, "NextPartNumberMarker",
                       ((LakePart *)g_ptr_array_index(list->parts, shown - 1))->number);
    for (guint i = 0; i < shown; i++) {
        const LakePart *part = g_ptr_array_index(list->parts, i);
        s3_xml_begin(xml, "Part");
        s3_xml_integer(xml, "PartNumber", part->number);
        s3_xml_time(xml, "LastModified", part->modified_ms);
        s3_xml_etag(xml, part->etag);
        s3_xml_integer(xml, "Size", part->size);
        if (kind != CHECKSUM_NONE && *part->checksum != '\0')
            s3_xml_text(xml, checksum_row(kind)->element, part->checksum);
        s3_xml_end(xml);
    }
    return xml;
}

bool s3_list_parts(S3Call *call, GError **error)
{
    PartsCall list = {.call = call};
    if (!s3_query_integer(call, "part-number-marker", 0, 0, LAKE_PARTS_MAX, false, &list.after,
                          error) ||
        !s3_query_integer(call, "max-parts", 1000, 1, 1000, true, &list.limit, error) ||
        !look_run(call->app, call->actor, VERB_LAKE_LIST, call->key, false, parts_look, &list,
                  error))
        return false;
    bool ok = s3_reply_xml(call, 200, parts_xml(&list), error);
    g_ptr_array_unref(list.parts);
    return ok;
}
