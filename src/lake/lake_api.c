/* SPDX-License-Identifier: Apache-2.0 */
/* The portal's face of the lake: keys for the S3 API, and what the bucket holds. */
#include "base/encode.h"
#include "base/error.h"
#include "base/times.h"
#include "lake/keys.h"
#include "lake/rights.h"
#include "lake/state.h"
#include "projects/projects.h"

static json_t *json_time(int64_t time_ms)
{
    g_autofree char *text = time_format(time_ms);
    return json_string(text);
}

typedef struct BucketRead {
    const char *id;
    bool keys;                  /* the list of own keys is wanted too */
    Project *project;
    LakeUsage usage;
    json_t *items;
} BucketRead;

static void bucket_read_clear(BucketRead *read)
{
    g_clear_pointer(&read->project, project_free);
    json_decref(read->items);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BucketRead, bucket_read_clear)

static bool keys_read(StoreTx *tx, const PolicyActor *actor, BucketRead *read, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error,
                    "SELECT access_key, created_ms, expires_ms FROM lake_key WHERE person = $1 AND "
                    "project = $2 AND revoked_ms IS NULL AND expires_ms > $3 ORDER BY created_ms",
                    store_text(actor->id), store_text(read->id), store_integer(time_now_ms()));
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    read->items = json_array();
    while (store_next(rows, &problem))
        json_array_append_new(read->items,
                              json_pack("{s:s, s:o, s:o}", "access_key", store_row_text(rows, 0),
                                        "created", json_time(store_row_integer(rows, 1)),
                                        "expires", json_time(store_row_integer(rows, 2))));
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* How much a bucket holds is part of the project's page; its names are not. */
static bool bucket_read(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    BucketRead *read = data;
    PolicyFacts facts;
    return project_facts_visible(tx, actor, read->id, time_now_ms(), &facts, error) &&
           policy_enforce(actor, VERB_PROJECT_VIEW, &facts, error) &&
           project_load(tx, read->id, &read->project, error) &&
           lake_usage_read(tx, read->id, &read->usage, error) &&
           (!read->keys || keys_read(tx, actor, read, error));
}

static bool bucket_look(HttpRequest *request, BucketRead *read, GError **error)
{
    return look_run(request_app(request), request_actor(request), VERB_PROJECT_VIEW, read->id,
                    false, bucket_read, read, error);
}

/* ---- handlers ---- */

static bool show_bucket(HttpRequest *request, GError **error)
{
    g_auto(BucketRead) read = {.id = http_request_segment(request, "project")};
    if (!bucket_look(request, &read, error))
        return false;
    return http_reply_json(
        request, 200,
        json_pack("{s:s, s:s, s:I, s:I, s:I}", "bucket", read.project->slug, "endpoint",
                  request_app(request)->lake_url, "objects", (json_int_t)read.usage.objects,
                  "bytes", (json_int_t)read.usage.bytes, "quota_bytes",
                  (json_int_t)read.project->bucket_quota_bytes),
        error);
}

static bool create_key(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    const PolicyActor *actor = request_actor(request);
    g_auto(BucketRead) read = {.id = http_request_segment(request, "project")};
    g_autofree char *access = NULL;
    char *secret = NULL;
    int64_t expires_ms = 0;
    if (!bucket_look(request, &read, error) ||
        !lake_key_create(app, actor, read.id, &access, &secret, &expires_ms, error))
        return false;
    json_t *answer = json_pack("{s:s, s:s, s:s, s:s, s:o}", "access_key", access, "secret_key",
                               secret, "endpoint", app->lake_url, "bucket", read.project->slug,
                               "expires", json_time(expires_ms));
    secret_free(secret);
    http_reply_header(request, "Cache-Control", "no-store");
    return http_reply_json(request, 201, answer, error);
}

/* At most LAKE_KEYS_MAX: one page. */
static bool list_keys(HttpRequest *request, GError **error)
{
    g_auto(BucketRead) read = {.id = http_request_segment(request, "project"), .keys = true};
    if (!bucket_look(request, &read, error))
        return false;
    return http_reply_json(request, 200,
                           json_pack("{s:O, s:n}", "items", read.items, "next"), error);
}

static bool revoke_key(HttpRequest *request, GError **error)
{
    return lake_key_revoke(request_app(request), request_actor(request),
                           http_request_segment(request, "project"),
                           http_request_segment(request, "access_key"), error) &&
           http_reply_empty(request, 204, error);
}

static const HttpField bucket_answer[] = {
    {"bucket", HTTP_TEXT, .required = true},
    {"endpoint", HTTP_TEXT, .required = true},
    {"objects", HTTP_INTEGER, .required = true},
    {"bytes", HTTP_INTEGER, .required = true,
     .summary = "Of objects, and of the parts of unfinished uploads"},
    {"quota_bytes", HTTP_INTEGER, .required = true},
    HTTP_SCHEMA("Bucket"),
};
static const HttpField key_answer[] = {
    {"access_key", HTTP_TEXT, .required = true},
    {"secret_key", HTTP_SECRET, .required = true, .summary = "Shown once"},
    {"endpoint", HTTP_TEXT, .required = true},
    {"bucket", HTTP_TEXT, .required = true},
    {"expires", HTTP_TIME, .required = true},
    HTTP_SCHEMA("LakeKeySecret"),
};

static const HttpField key_item_fields[] = {
    {"access_key", HTTP_TEXT, .required = true},
    {"created", HTTP_TIME, .required = true},
    {"expires", HTTP_TIME, .required = true},
    HTTP_SCHEMA("LakeKey"),
};
static const HttpField key_list_answer[] = {
    {"items", HTTP_LIST, .required = true, .fields = key_item_fields},
    ANSWER_NEXT,
    HTTP_SCHEMA("LakeKeyPage"),
};

#define ROUTE(method_, path_, handler_, summary_, ...)                                             \
    {.method = method_, .path = "/api/v1/projects/{project}" path_, .handler = handler_,           \
     .access = HTTP_PERSON, .tag = "lake", .summary = summary_, ##__VA_ARGS__}

const HttpRoute lake_routes[] = {
    ROUTE("GET", "/bucket", show_bucket, "The project's bucket", .answer = bucket_answer),
    ROUTE("GET", "/lake-keys", list_keys, "One's own live keys for the bucket",
          .answer = key_list_answer),
    ROUTE("POST", "/lake-keys", create_key, "Make a key for the bucket", .answer = key_answer,
          .success = 201),
    ROUTE("DELETE", "/lake-keys/{access_key}", revoke_key, "Revoke one of them", .success = 204),
    {0},
};
