/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets and listings. A person sees one bucket, that of the key's or the door's project. */
#include "lake/s3.h"

#include "base/encode.h"
#include "base/error.h"

#include <string.h>

#define KEYS_MAX 1000

bool s3_list_buckets(S3Call *call, GError **error)
{
    S3Xml *xml = s3_xml_new("ListAllMyBucketsResult", false);
    s3_xml_begin(xml, "Owner");
    s3_xml_text(xml, "ID", call->project->id);
    s3_xml_end(xml);
    s3_xml_begin(xml, "Buckets");
    s3_xml_begin(xml, "Bucket");
    s3_xml_text(xml, "Name", call->project->slug);
    s3_xml_time(xml, "CreationDate", call->project->created_ms);
    s3_xml_end(xml);
    s3_xml_end(xml);
    return s3_reply_xml(call, 200, xml, error);
}

bool s3_head_bucket(S3Call *call, GError **error)
{
    return http_reply_empty(call->request, 200, error);
}

bool s3_create_bucket(S3Call *call, GError **error)
{
    (void)call;
    return error_set(error, ERROR_CONFLICT, "lake.bucket_owned",
                     "The bucket is there already: it comes with the project.");
}

bool s3_get_location(S3Call *call, GError **error)
{
    return s3_reply_xml(call, 200, s3_xml_new("LocationConstraint", false), error);
}

bool s3_get_versioning(S3Call *call, GError **error)
{
    return s3_reply_xml(call, 200, s3_xml_new("VersioningConfiguration", false), error);
}

/* ---- objects ---- */

typedef struct ListCall {
    S3Call *call;
    LakeListing listing;
    LakeListed listed;
    bool encode;
    char *token;            /* decoded continuation token, V2 */
} ListCall;

static bool list_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    (void)actor; /* decided with the call */
    ListCall *list = data;
    return lake_list(tx, &list->listing, &list->listed, error);
}

/* With encoding-type=url names are encoded, so that any key fits in XML. */
static void list_name(const ListCall *list, S3Xml *xml, const char *element, const char *name)
{
    g_autofree char *encoded = list->encode ? sigv4_encode(name, true) : NULL;
    s3_xml_text(xml, element, encoded != NULL ? encoded : name);
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static bool list_prepare(ListCall *list, GError **error)
{
    S3Call *call = list->call;
    const char *encoding = s3_query(call, "encoding-type");
    int64_t limit = KEYS_MAX;
    if (encoding != NULL && strcmp(encoding, "url") != 0)
        return error_set(error, ERROR_INVALID, "lake.argument", "encoding-type must be url.");
    if (!s3_query_integer(call, "max-keys", KEYS_MAX, 0, KEYS_MAX, true, &limit, error))
        return false;
    list->encode = encoding != NULL;
    list->listing = (LakeListing){
        .project = call->project->id,
        .prefix = or_empty(s3_query(call, "prefix")),
        .delimiter = or_empty(s3_query(call, "delimiter")),
        .after = "",
        .uploader = lake_list_only(&call->caller, &call->facts),
        .limit = limit,
    };
    return true;
}

static void list_contents(const ListCall *list, S3Xml *xml)
{
    for (guint i = 0; i < list->listed.objects->len; i++) {
        const LakeObject *object = g_ptr_array_index(list->listed.objects, i);
        s3_xml_begin(xml, "Contents");
        list_name(list, xml, "Key", object->key);
        s3_xml_time(xml, "LastModified", object->modified_ms);
        s3_xml_etag(xml, object->etag);
        s3_xml_integer(xml, "Size", object->size);
        s3_xml_text(xml, "StorageClass", "STANDARD");
        s3_xml_end(xml);
    }
    for (guint i = 0; i < list->listed.prefixes->len; i++) {
        s3_xml_begin(xml, "CommonPrefixes");
        list_name(list, xml, "Prefix", g_ptr_array_index(list->listed.prefixes, i));
        s3_xml_end(xml);
    }
}

/* What both versions say first. */
static S3Xml *list_xml(const ListCall *list)
{
    S3Xml *xml = s3_xml_new("ListBucketResult", false);
    s3_xml_text(xml, "Name", list->call->bucket);
    list_name(list, xml, "Prefix", list->listing.prefix);
    if (*list->listing.delimiter != '\0')
        list_name(list, xml, "Delimiter", list->listing.delimiter);
    s3_xml_integer(xml, "MaxKeys", list->listing.limit);
    if (list->encode)
        s3_xml_text(xml, "EncodingType", "url");
    s3_xml_boolean(xml, "IsTruncated", list->listed.truncated);
    return xml;
}

static bool list_run(ListCall *list, GError **error)
{
    S3Call *call = list->call;
    return look_run(call->app, call->actor, VERB_LAKE_LIST, call->project->id, false, list_look,
                    list, error) &&
           s3_note_read(call, VERB_LAKE_LIST, list->listing.prefix, error);
}

bool s3_list_objects(S3Call *call, GError **error)
{
    ListCall list = {.call = call};
    if (!list_prepare(&list, error))
        return false;
    list.listing.after = or_empty(s3_query(call, "marker"));
    bool ok = list_run(&list, error);
    if (ok) {
        S3Xml *xml = list_xml(&list);
        list_name(&list, xml, "Marker", list.listing.after);
        if (list.listed.truncated && *list.listing.delimiter != '\0')
            list_name(&list, xml, "NextMarker", list.listed.last);
        list_contents(&list, xml);
        ok = s3_reply_xml(call, 200, xml, error);
    }
    lake_listed_clear(&list.listed);
    return ok;
}

/* The token is the base64 of the last name, which is what its holder has seen already. */
static bool token_decode(const char *token, char **ret_name, GError **error)
{
    gsize size = 0;
    g_autofree guchar *bytes = g_base64_decode(token, &size);
    g_autofree char *again = g_base64_encode(bytes, size);
    if (strcmp(again, token) != 0 || !g_utf8_validate((char *)bytes, (gssize)size, NULL))
        return error_set(error, ERROR_INVALID, "lake.argument",
                         "The continuation token is not one of this server.");
    *ret_name = g_strndup((char *)bytes, size);
    return true;
}

static S3Xml *list_v2_xml(const ListCall *list)
{
    const char *token = s3_query(list->call, "continuation-token");
    const char *start = s3_query(list->call, "start-after");
    S3Xml *xml = list_xml(list);
    s3_xml_integer(xml, "KeyCount",
                   (int64_t)list->listed.objects->len + list->listed.prefixes->len);
    s3_xml_text(xml, "ContinuationToken", token);
    if (start != NULL)
        list_name(list, xml, "StartAfter", start);
    if (list->listed.truncated) {
        g_autofree char *next = g_base64_encode((const guchar *)list->listed.last,
                                                strlen(list->listed.last));
        s3_xml_text(xml, "NextContinuationToken", next);
    }
    list_contents(list, xml);
    return xml;
}

bool s3_list_objects_v2(S3Call *call, GError **error)
{
    ListCall list = {.call = call};
    const char *token = s3_query(call, "continuation-token");
    if (strcmp(s3_query(call, "list-type"), "2") != 0)
        return error_set(error, ERROR_INVALID, "lake.argument", "list-type must be 2.");
    if (!list_prepare(&list, error) ||
        (token != NULL && !token_decode(token, &list.token, error)))
        return false;
    list.listing.after =
        list.token != NULL ? list.token : or_empty(s3_query(call, "start-after"));
    bool ok = list_run(&list, error) && s3_reply_xml(call, 200, list_v2_xml(&list), error);
    lake_listed_clear(&list.listed);
    g_free(list.token);
    return ok;
}

/* ---- uploads under way ---- */

typedef struct UploadsCall {
    S3Call *call;
    int64_t limit;
    GPtrArray *uploads;
} UploadsCall;

static bool uploads_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    (void)actor;
    UploadsCall *list = data;
    S3Call *call = list->call;
    list->uploads = lake_upload_list(
        tx, call->project->id, or_empty(s3_query(call, "prefix")),
        or_empty(s3_query(call, "key-marker")), or_empty(s3_query(call, "upload-id-marker")),
        lake_list_only(&call->caller, &call->facts), list->limit + 1, error);
    return list->uploads != NULL;
}

static S3Xml *uploads_xml(const UploadsCall *list)
{
    S3Call *call = list->call;
    bool truncated = (int64_t)list->uploads->len > list->limit;
    guint shown = truncated ? (guint)list->limit : list->uploads->len;
    ListCall names = {.encode = s3_query(call, "encoding-type") != NULL};
    S3Xml *xml = s3_xml_new("ListMultipartUploadsResult", false);
    s3_xml_text(xml, "Bucket", call->bucket);
    list_name(&names, xml, "KeyMarker", or_empty(s3_query(call, "key-marker")));
    s3_xml_text(xml, "UploadIdMarker", or_empty(s3_query(call, "upload-id-marker")));
    list_name(&names, xml, "Prefix", or_empty(s3_query(call, "prefix")));
    s3_xml_integer(xml, "MaxUploads", list->limit);
    s3_xml_boolean(xml, "IsTruncated", truncated);
    if (names.encode)
        s3_xml_text(xml, "EncodingType", "url");
    if (truncated && shown > 0) {
        const LakeUpload *last = g_ptr_array_index(list->uploads, shown - 1);
        list_name(&names, xml, "NextKeyMarker", last->key);
        s3_xml_text(xml, "NextUploadIdMarker", last->id);
    }
    for (guint i = 0; i < shown; i++) {
        const LakeUpload *upload = g_ptr_array_index(list->uploads, i);
        s3_xml_begin(xml, "Upload");
        list_name(&names, xml, "Key", upload->key);
        s3_xml_text(xml, "UploadId", upload->id);
        s3_xml_text(xml, "StorageClass", "STANDARD");
        s3_xml_time(xml, "Initiated", upload->started_ms);
        s3_xml_end(xml);
    }
    return xml;
}

bool s3_list_uploads(S3Call *call, GError **error)
{
    UploadsCall list = {.call = call};
    if (!s3_query_integer(call, "max-uploads", KEYS_MAX, 1, KEYS_MAX, true, &list.limit, error) ||
        !look_run(call->app, call->actor, VERB_LAKE_LIST, call->project->id, false, uploads_look,
                  &list, error))
        return false;
    bool ok = s3_reply_xml(call, 200, uploads_xml(&list), error);
    g_ptr_array_unref(list.uploads);
    return ok;
}
