/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The S3 site: everything goes to one stream. At the head of a request: who asks, what for, is it
 * allowed; only then is a body accepted. A refusal at the head closes the connection, since the
 * body behind it would be read as another request.
 */
#include "lake/s3.h"

#include "base/error.h"
#include "base/times.h"
#include "lake/keys.h"
#include "lake/s3_error.h"

#include <openssl/crypto.h>
#include <string.h>

#define HEADERS_MAX 128

/* First row that fits is taken: rows that need more come first. */
const S3Operation s3_operations[] = {
    {"ListBuckets", "GET", S3_SERVICE, "", "max-buckets prefix continuation-token", false,
     VERB_LAKE_LIST, S3_BODY_NONE, s3_list_buckets},
    {"GetBucketLocation", "GET", S3_BUCKET, "location", "", false, VERB_LAKE_LIST, S3_BODY_NONE,
     s3_get_location},
    {"GetBucketVersioning", "GET", S3_BUCKET, "versioning", "", false, VERB_LAKE_LIST,
     S3_BODY_NONE, s3_get_versioning},
    {"ListMultipartUploads", "GET", S3_BUCKET, "uploads",
     "prefix key-marker upload-id-marker max-uploads encoding-type", false, VERB_LAKE_LIST,
     S3_BODY_NONE, s3_list_uploads},
    {"ListObjectsV2", "GET", S3_BUCKET, "list-type",
     "prefix delimiter max-keys continuation-token start-after encoding-type fetch-owner", false,
     VERB_LAKE_LIST, S3_BODY_NONE, s3_list_objects_v2},
    {"ListObjects", "GET", S3_BUCKET, "", "prefix delimiter max-keys marker encoding-type", false,
     VERB_LAKE_LIST, S3_BODY_NONE, s3_list_objects},
    {"HeadBucket", "HEAD", S3_BUCKET, "", "", false, VERB_LAKE_LIST, S3_BODY_NONE, s3_head_bucket},
    {"CreateBucket", "PUT", S3_BUCKET, "", "", false, VERB_LAKE_LIST, S3_BODY_XML,
     s3_create_bucket},
    {"DeleteObjects", "POST", S3_BUCKET, "delete", "", false, VERB_LAKE_LIST, S3_BODY_XML,
     s3_delete_objects},
    {"ListParts", "GET", S3_OBJECT, "uploadId", "max-parts part-number-marker encoding-type", false,
     VERB_LAKE_LIST, S3_BODY_NONE, s3_list_parts},
    {"GetObject", "GET", S3_OBJECT, "", "response-*", false, VERB_LAKE_GET, S3_BODY_NONE,
     s3_get_object},
    {"HeadObject", "HEAD", S3_OBJECT, "", "response-*", false, VERB_LAKE_GET, S3_BODY_NONE,
     s3_get_object},
    {"UploadPartCopy", "PUT", S3_OBJECT, "partNumber uploadId", "", true, VERB_LAKE_PUT,
     S3_BODY_NONE, s3_upload_part_copy},
    {"UploadPart", "PUT", S3_OBJECT, "partNumber uploadId", "", false, VERB_LAKE_PUT,
     S3_BODY_OBJECT, s3_upload_part},
    {"CopyObject", "PUT", S3_OBJECT, "", "", true, VERB_LAKE_PUT, S3_BODY_NONE, s3_copy_object},
    {"PutObject", "PUT", S3_OBJECT, "", "", false, VERB_LAKE_PUT, S3_BODY_OBJECT, s3_put_object},
    {"CreateMultipartUpload", "POST", S3_OBJECT, "uploads", "", false, VERB_LAKE_PUT,
     S3_BODY_XML, s3_create_upload},
    {"CompleteMultipartUpload", "POST", S3_OBJECT, "uploadId", "", false, VERB_LAKE_PUT,
     S3_BODY_XML, s3_complete_upload},
    {"AbortMultipartUpload", "DELETE", S3_OBJECT, "uploadId", "", false, VERB_LAKE_PUT,
     S3_BODY_NONE, s3_abort_upload},
    {"DeleteObject", "DELETE", S3_OBJECT, "", "", false, VERB_LAKE_DELETE, S3_BODY_NONE,
     s3_delete_object},
    {0},
};

/* ---- small helpers of the operations ---- */

const char *s3_query(const S3Call *call, const char *name)
{
    return sigv4_query_get(call->query, name);
}

const char *s3_header(const S3Call *call, const char *name)
{
    return http_request_header(call->request, name);
}

bool s3_query_integer(const S3Call *call, const char *name, int64_t fallback, int64_t min,
                      int64_t max, bool clamp, int64_t *ret_value, GError **error)
{
    const char *text = s3_query(call, name);
    gint64 value = fallback;
    if (text != NULL &&
        !g_ascii_string_to_signed(text, 10, min, clamp ? INT32_MAX : max, &value, NULL))
        return error_set(error, ERROR_INVALID, "lake.argument",
                         "%s must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                         ".",
                         name, min, max);
    *ret_value = MIN(value, max);
    return true;
}

bool s3_reply_xml(S3Call *call, int status, S3Xml *xml, GError **error)
{
    g_autoptr(GBytes) bytes = s3_xml_finish(xml);
    return http_reply_bytes(call->request, status, "application/xml", bytes, error);
}

bool s3_note_read(S3Call *call, PolicyVerb verb, const char *key, GError **error)
{
    return lake_reads_note(call->lake->reads, call->actor, verb, call->project->id, key, error);
}

void s3_remove_files(const S3Call *call, const GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++)
        lake_file_remove(call->folder, g_ptr_array_index(files, i));
}

bool s3_allow(S3Call *call, Act *act, const LakeObject *was, GError **error)
{
    PolicyFacts facts;
    if (!lake_facts(act->tx, &call->caller, call->project->id, time_now_ms(), &facts, error))
        return false;
    facts.own_upload = lake_is_own(&call->caller, was);
    act_about(act, call->key != NULL ? call->key : call->bucket, call->project->id);
    act_detail(act, "operation", call->operation->name);
    return act_allow(act, &facts, error);
}

/* ---- the target ---- */

/* "/bucket/key/with/slashes": decoded once, never normalised. */
static bool call_read_target(S3Call *call, GError **error)
{
    const char *raw = http_request_path(call->request);
    if (!sigv4_query_parse(http_request_query_string(call->request), &call->query, error))
        return false;
    if (*raw != '/')
        return error_set(error, ERROR_INVALID, "lake.uri", "The address does not begin with /.");
    g_autofree char *path = sigv4_decode(raw, strlen(raw), error);
    if (path == NULL)
        return false;
    char *slash = strchr(path + 1, '/');
    call->target = path[1] == '\0'                        ? S3_SERVICE
                   : slash == NULL || slash[1] == '\0' ? S3_BUCKET
                                                          : S3_OBJECT;
    if (call->target == S3_SERVICE)
        return true;
    call->bucket = slash != NULL ? g_strndup(path + 1, (gsize)(slash - path) - 1)
                                 : g_strdup(path + 1);
    if (call->target == S3_OBJECT)
        call->key = g_strdup(slash + 1);
    return call->key == NULL || lake_key_check(call->key, error);
}

/* ---- who ---- */

typedef struct HeaderList {
    SigV4Header headers[HEADERS_MAX];
    size_t count;
    bool overflow;
} HeaderList;

static void header_collect(const char *name, const char *value, void *user)
{
    HeaderList *list = user;
    if (list->count < HEADERS_MAX)
        list->headers[list->count++] = (SigV4Header){name, value};
    else
        list->overflow = true;
}

static void actor_free(void *actor)
{
    policy_actor_free(actor);
}

/* Takes ACTOR. */
static void call_set_actor(S3Call *call, PolicyActor *actor, const char *person, bool inside)
{
    g_free(actor->address);
    g_free(actor->request);
    actor->address = g_strdup(inside ? "" : http_request_address(call->request));
    actor->request = g_strdup(http_request_id(call->request));
    call->actor = actor;
    call->person = g_strdup(person);
    call->caller = (LakeCaller){.actor = actor, .person = call->person, .inside = inside};
    http_request_set_actor(call->request, actor, actor_free);
    http_request_set_actor_id(call->request, actor->id);
}

typedef struct KeyRead {
    const App *app;
    const char *access;
    int64_t now_ms;
    LakeKeyOwner owner;
} KeyRead;

static bool key_read(StoreTx *tx, void *data, GError **error)
{
    KeyRead *read = data;
    return lake_key_find(read->app, tx, read->access, read->now_ms, &read->owner, error);
}

static bool call_identify_signed(S3Call *call, GError **error)
{
    HeaderList list = {.count = 0};
    http_request_each_header(call->request, header_collect, &list);
    SigV4Request request = {
        .method = http_request_method(call->request),
        .path = http_request_path(call->request),
        .query = http_request_query_string(call->request),
        .headers = list.headers,
        .header_count = list.count,
    };
    if (list.overflow)
        return error_set(error, ERROR_INVALID, "lake.request", "There are too many headers.");
    if (!sigv4_parse(&request, &call->sigv4, error))
        return false;
    KeyRead read = {.app = call->app, .access = call->sigv4.access_key, .now_ms = time_now_ms()};
    bool ok = store_read(call->app->store, key_read, &read, error) &&
              sigv4_check(&request, &call->sigv4, read.owner.secret, read.now_ms,
                          call->signing_key, error);
    if (ok) {
        PolicyActor *actor = g_steal_pointer(&read.owner.actor);
        call->own_project = g_steal_pointer(&read.owner.project);
        call->is_signed = true;
        call_set_actor(call, actor, actor->id, false);
    }
    lake_key_owner_clear(&read.owner);
    return ok;
}

static bool call_identify_door(S3Call *call, const char *door_path, GError **error)
{
    g_auto(LakeDoor) door = {0};
    g_autoptr(GError) problem = NULL;
    LakeDoorFind find = call->lake->door_find;
    if (find == NULL || !find(call->app, door_path, &door, &problem)) {
        if (problem != NULL && !error_is(problem, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        return error_set(error, ERROR_DENIED, "lake.door",
                         "No live service stands behind this door.");
    }
    call->own_project = g_steal_pointer(&door.project);
    call_set_actor(call, g_steal_pointer(&door.actor), door.person, true);
    return sigv4_parse_payload(s3_header(call, "x-amz-content-sha256"), &call->sigv4, error);
}

static bool call_identify(S3Call *call, GError **error)
{
    const char *door = http_request_door(call->request);
    return door != NULL ? call_identify_door(call, door, error)
                        : call_identify_signed(call, error);
}

/* ---- what for ---- */

static bool operation_names(const char *words, const char *name)
{
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    for (char **word = list; *word != NULL; word++) {
        size_t length = strlen(*word);
        bool family = length > 0 && (*word)[length - 1] == '*';
        if (strcmp(*word, name) == 0 || (family && strncmp(*word, name, length - 1) == 0))
            return true;
    }
    return false;
}

static bool operation_fits(const S3Operation *operation, const S3Call *call)
{
    bool copies = s3_header(call, "x-amz-copy-source") != NULL;
    if (operation->target != call->target || operation->copies != copies ||
        strcmp(operation->method, http_request_method(call->request)) != 0)
        return false;
    g_auto(GStrv) needs = g_strsplit(operation->needs, " ", -1);
    for (char **need = needs; *need != NULL && **need != '\0'; need++) {
        if (s3_query(call, *need) == NULL)
            return false;
    }
    return true;
}

/* Sub-resources that are not understood (?acl, ?versionId, ...) are refused, never taken for the
 * plain operation. */
static bool operation_check_query(const S3Operation *operation, const S3Call *call, GError **error)
{
    for (guint i = 0; i + 1 < call->query->len; i += 2) {
        const char *name = g_ptr_array_index(call->query, i);
        if (strcmp(name, "x-id") == 0 || g_str_has_prefix(name, "X-Amz-") ||
            operation_names(operation->needs, name) || operation_names(operation->allows, name))
            continue;
        return error_set(error, ERROR_UNSUPPORTED, "lake.not_implemented",
                         "%s with the parameter \"%s\" is not implemented.", operation->name, name);
    }
    return true;
}

static bool call_find_operation(S3Call *call, GError **error)
{
    for (const S3Operation *operation = s3_operations; operation->name != NULL; operation++) {
        if (operation_fits(operation, call)) {
            call->operation = operation;
            return operation_check_query(operation, call, error);
        }
    }
    return error_set(error, ERROR_METHOD, "lake.method", "The method is not allowed here.");
}

/* ---- is it allowed ---- */

/* A name that is not there looks like one that may not be seen, where only own uploads may be. */
static bool call_is_own(const S3Call *call)
{
    if (call->operation->verb == VERB_LAKE_LIST)
        return true;
    if (call->operation->verb == VERB_LAKE_GET && call->object == NULL)
        return lake_list_only(&call->caller, &call->facts) == NULL;
    return lake_is_own(&call->caller, call->object);
}

static bool upload_visible(const S3Call *call)
{
    const char *only = lake_list_only(&call->caller, &call->facts);
    return only == NULL || (call->upload->outside && strcmp(call->upload->uploader, only) == 0);
}

bool s3_upload_check_side(const S3Call *call, const LakeUpload *upload, GError **error)
{
    const char *only = lake_list_only(&call->caller, &call->facts);
    bool ours = only == NULL || strcmp(upload->uploader, only) == 0;
    return (ours && upload->outside == !call->caller.inside) ||
           error_set(error, ERROR_NOT_FOUND, "lake.no_upload",
                     "There is no such upload under way on this side of the bucket.");
}

static bool call_find_upload(S3Call *call, StoreTx *tx, GError **error)
{
    const char *id = s3_query(call, "uploadId");
    if (id == NULL || call->target != S3_OBJECT || call->operation->finish == s3_complete_upload)
        return true;
    if (!lake_upload_find(tx, call->project->id, call->key, id, &call->upload, error))
        return false;
    return upload_visible(call) || error_set(error, ERROR_NOT_FOUND, "lake.no_upload",
                                             "There is no such upload under way.");
}

static bool call_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    S3Call *call = data;
    LakeUsage usage = {0};
    if (!project_load(tx, call->own_project, &call->project, error))
        return false;
    if (call->bucket != NULL && strcmp(call->bucket, call->project->slug) != 0)
        return error_set(error, ERROR_DENIED, "lake.other_bucket",
                         "This key is not for that bucket.");
    if (!lake_facts(tx, &call->caller, call->project->id, time_now_ms(), &call->facts, error) ||
        (call->key != NULL &&
         !lake_object_find(tx, call->project->id, call->key, &call->object, error)))
        return false;
    call->facts.own_upload = call_is_own(call);
    if (!policy_enforce(actor, call->operation->verb, &call->facts, error) ||
        !call_find_upload(call, tx, error) ||
        !lake_usage_read(tx, call->project->id, &usage, error))
        return false;
    call->used_bytes = usage.bytes;
    return true;
}

/* ---- the stream ---- */

static void call_free(void *state)
{
    S3Call *call = state;
    if (call == NULL)
        return;
    s3_body_clear(call);
    g_clear_pointer(&call->query, g_ptr_array_unref);
    g_free(call->bucket);
    g_free(call->key);
    g_free(call->person);
    g_free(call->own_project);
    g_free(call->folder);
    project_free(call->project);
    lake_object_free(call->object);
    lake_upload_free(call->upload);
    sigv4_clear(&call->sigv4);
    OPENSSL_cleanse(call->signing_key, sizeof call->signing_key);
    g_free(call);
}

static bool call_accept(S3Call *call, GError **error)
{
    if (!call_read_target(call, error) || !call_identify(call, error) ||
        !call_find_operation(call, error) || !s3_headers_check(call, error) ||
        !look_run(call->app, call->actor, call->operation->verb,
                  call->key != NULL ? call->key : "", false, call_look, call, error))
        return false;
    call->folder = lake_bucket_folder(call->app->state_dir, call->project->id);
    if (call->operation->verb == VERB_LAKE_PUT &&
        !s3_write_conditions(call, call->object, error))
        return false;
    return s3_body_begin(call, error);
}

static bool call_begin(HttpRequest *request, void **ret_state, GError **error)
{
    S3Call *call = g_new0(S3Call, 1);
    call->request = request;
    call->app = request_app(request);
    call->lake = lake_of(call->app);
    http_reply_header(request, "x-amz-request-id", http_request_id(request));
    /* An object may be a page: it gets no power over anything else on this host. */
    http_reply_header(request, "Content-Security-Policy", "sandbox");
    http_reply_header(request, "X-Content-Type-Options", "nosniff");
    if (call_accept(call, error)) {
        *ret_state = call;
        return true;
    }
    call_free(call);
    return false;
}

static bool call_data(HttpRequest *request, void *state, const char *bytes, size_t size,
                      GError **error)
{
    (void)request;
    return s3_body_data(state, bytes, size, error);
}

static bool call_finish(HttpRequest *request, void *state, GError **error)
{
    (void)request;
    S3Call *call = state;
    return s3_body_end(call, error) && call->operation->finish(call, error);
}

static const HttpStream s3_stream = {
    .begin = call_begin,
    .data = call_data,
    .finish = call_finish,
    .free = call_free,
};

const HttpSite *lake_site(App *app)
{
    Lake *lake = lake_of(app);
    lake->site = (HttpSite){
        .name = "lake",
        .raw = &s3_stream,
        .write_problem = s3_write_problem,
        .data = app,
    };
    return &lake->site;
}
