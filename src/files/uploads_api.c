/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP face of uploads: in one call (PUT content), or in pieces that go on where they stopped. */
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"
#include "files/internal.h"

#include <string.h>

/* ---- answers ---- */

static json_t *upload_json(const FilesUpload *upload)
{
    g_autofree char *expires = time_format(upload->started_ms + FILES_UPLOAD_LIFE_MS);
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:b, s:s}", "id", upload->id, "place",
                     files_places[upload->place], "path", upload->path, "size",
                     (json_int_t)upload->size, "received", (json_int_t)upload->received, "replace",
                     upload->replace, "expires", expires);
}

static bool reply_put(HttpRequest *request, const FilesTarget *target, int64_t size, GError **error)
{
    json_t *answer = files_changed_json(target);
    json_object_set_new(answer, "size", json_integer(size));
    return http_reply_json(request, 201, answer, error);
}

/* ---- one call ---- */

typedef struct Incoming {
    FilesTarget target;
    FilesUpload *upload;
    int fd;
    bool one_call;                     /* over with the request, whatever becomes of it */
    int64_t length, came;
} Incoming;

static void incoming_free(void *data)
{
    Incoming *incoming = data;
    if (incoming->fd >= 0)
        files_upload_give_back(incoming->target.app, incoming->upload, incoming->fd);
    if (incoming->one_call && incoming->upload != NULL)
        files_upload_drop(incoming->target.app, incoming->upload);
    files_upload_free(incoming->upload);
    files_target_clear(&incoming->target);
    g_free(incoming);
}

static bool length_read(const HttpRequest *request, int64_t *ret_length, GError **error)
{
    *ret_length = http_request_content_length(request);
    return *ret_length >= 0 || error_set(error, ERROR_LENGTH_REQUIRED, "files.length",
                                         "Say how many bytes come, in Content-Length.");
}

static bool content_begin(HttpRequest *request, void **ret_state, GError **error)
{
    Incoming *incoming = g_new0(Incoming, 1);
    incoming->fd = -1;
    incoming->one_call = true;
    bool replace = g_strcmp0(http_request_query(request, "replace"), "true") == 0;
    bool ok = files_target_read(request, true, &incoming->target, error) &&
              length_read(request, &incoming->length, error);
    if (ok)
        incoming->upload = files_upload_begin(&incoming->target, incoming->length, replace, error);
    if (incoming->upload != NULL)
        incoming->fd = files_upload_take(incoming->target.app, incoming->upload, error);
    if (incoming->fd >= 0) {
        *ret_state = incoming;
        return true;
    }
    incoming_free(incoming);
    return false;
}

static bool content_data(HttpRequest *request, void *state, const char *bytes, size_t size,
                         GError **error)
{
    (void)request;
    Incoming *incoming = state;
    incoming->came += (int64_t)size;
    if (incoming->came > incoming->length)
        return error_set(error, ERROR_INVALID, "files.longer",
                         "More bytes came than Content-Length said.");
    return files_upload_write(incoming->upload, incoming->fd, bytes, size, error);
}

static bool content_finish(HttpRequest *request, void *state, GError **error)
{
    Incoming *incoming = state;
    files_upload_give_back(incoming->target.app, incoming->upload, incoming->fd);
    incoming->fd = -1;
    return files_upload_finish(&incoming->target, incoming->upload, error) &&
           reply_put(request, &incoming->target, incoming->upload->size, error);
}

const HttpStream files_content_stream = {content_begin, content_data, content_finish,
                                         incoming_free};

/* ---- in pieces ---- */

static bool target_of_upload(HttpRequest *request, const FilesUpload *upload,
                             FilesTarget *ret_target)
{
    *ret_target = (FilesTarget){
        .app = request_app(request),
        .actor = request_actor(request),
        .project_id = http_request_segment(request, "project"),
        .place = upload->place,
        .path = upload->path,
    };
    return true;
}

/* Whoever lost the right to put loses the upload too: it is asked at each piece. */
static FilesUpload *upload_of(HttpRequest *request, FilesTarget *ret_target, GError **error)
{
    g_autoptr(FilesUpload) upload =
        files_upload_load(request_app(request), request_actor(request),
                          http_request_segment(request, "project"),
                          http_request_segment(request, "upload"), error);
    if (upload == NULL)
        return NULL;
    target_of_upload(request, upload, ret_target);
    return files_target_look(ret_target, VERB_FILES_PUT, error) ? g_steal_pointer(&upload) : NULL;
}

static bool append_check(const HttpRequest *request, Incoming *incoming, GError **error)
{
    int64_t offset = http_request_query_integer(request, "offset", -1);
    const FilesUpload *upload = incoming->upload;
    if (!length_read(request, &incoming->length, error))
        return false;
    if (offset != upload->received)
        return error_set(error, ERROR_CONFLICT, "files.upload_offset",
                         "%" G_GINT64_FORMAT " bytes have come so far; go on from there.",
                         upload->received);
    return incoming->length <= upload->size - upload->received ||
           error_set(error, ERROR_INVALID, "files.longer",
                     "More bytes would come than the upload was said to have.");
}

static bool append_begin(HttpRequest *request, void **ret_state, GError **error)
{
    Incoming *incoming = g_new0(Incoming, 1);
    incoming->fd = -1;
    incoming->upload = upload_of(request, &incoming->target, error);
    if (incoming->upload != NULL)
        incoming->fd = files_upload_take(incoming->target.app, incoming->upload, error);
    if (incoming->fd >= 0 && append_check(request, incoming, error)) {
        *ret_state = incoming;
        return true;
    }
    incoming_free(incoming);
    return false;
}

static bool append_finish(HttpRequest *request, void *state, GError **error)
{
    Incoming *incoming = state;
    return http_reply_json(request, 200, upload_json(incoming->upload), error);
}

const HttpStream files_append_stream = {append_begin, content_data, append_finish, incoming_free};

bool files_api_upload_begin(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {
        .app = request_app(request),
        .actor = request_actor(request),
        .project_id = http_request_segment(request, "project"),
        .path = http_body_text(request, "path"),
    };
    const char *place = http_body_text(request, "place");
    if (place != NULL)
        files_place_parse(place, &target.place);
    if (!files_target_check(&target, true, error))
        return false;
    g_autoptr(FilesUpload) upload =
        files_upload_begin(&target, http_body_integer(request, "size", 0),
                           http_body_boolean(request, "replace", false), error);
    return upload != NULL && http_reply_json(request, 201, upload_json(upload), error);
}

bool files_api_upload_list(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {.app = request_app(request), .actor = request_actor(request),
                                  .project_id = http_request_segment(request, "project"),
                                  .path = ""};
    if (!files_target_look(&target, VERB_FILES_VIEW, error))
        return false;
    g_autoptr(GPtrArray) uploads =
        files_upload_list(target.app, target.actor, target.project_id, error);
    json_t *items = json_array();
    for (guint i = 0; i < uploads->len; i++)
        json_array_append_new(items, upload_json(uploads->pdata[i]));
    return http_reply_json(request, 200, json_pack("{s:o, s:n}", "items", items, "next"), error);
}

bool files_api_upload_show(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {0};
    g_autoptr(FilesUpload) upload = upload_of(request, &target, error);
    return upload != NULL && http_reply_json(request, 200, upload_json(upload), error);
}

bool files_api_upload_finish(HttpRequest *request, GError **error)
{
    g_auto(FilesTarget) target = {0};
    g_autoptr(FilesUpload) upload = upload_of(request, &target, error);
    return upload != NULL && files_upload_finish(&target, upload, error) &&
           reply_put(request, &target, upload->size, error);
}

/* One's own, whatever became of the rights. */
bool files_api_upload_drop(HttpRequest *request, GError **error)
{
    App *app = request_app(request);
    g_autoptr(FilesUpload) upload =
        files_upload_load(app, request_actor(request), http_request_segment(request, "project"),
                          http_request_segment(request, "upload"), error);
    int fd = upload == NULL ? -1 : files_upload_take(app, upload, error);
    if (fd < 0)
        return false;
    files_upload_drop(app, upload);
    files_upload_give_back(app, upload, fd);
    return http_reply_empty(request, 204, error);
}
