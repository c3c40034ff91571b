/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers: recorded by the http_reply_*() calls, then handed to libmicrohttpd. The security headers
 * of the portal are one table, added to every answer of a site that has route tables; raw sites
 * (services, lake) answer for themselves, since their pages are not ours.
 */
#include "http/internal.h"

#include "base/files.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REPLY_BLOCK (32 * 1024)
#define REPLY_HEADERS_MAX 200

static const struct {
    const char *name, *value;
} security_headers[] = {
    {"Content-Security-Policy",
     "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy",
     "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=()"},
};

/* ---- recording ---- */

void http_reply_header(HttpRequest *request, const char *name, const char *value)
{
    Reply *reply = &request->reply;
    if (reply->headers == NULL)
        reply->headers = g_ptr_array_new_with_free_func(g_free);
    if (reply->headers->len >= 2 * REPLY_HEADERS_MAX || *value == '\0')
        return;
    g_ptr_array_add(reply->headers, g_strdup(name));
    g_ptr_array_add(reply->headers, g_strdelimit(g_strdup(value), "\t", ' '));
}

static const char *reply_header(const Reply *reply, const char *name)
{
    for (guint i = 0; reply->headers != NULL && i < reply->headers->len; i += 2) {
        if (g_ascii_strcasecmp(reply->headers->pdata[i], name) == 0)
            return reply->headers->pdata[i + 1];
    }
    return NULL;
}

void reply_clear(Reply *reply)
{
    if (reply->state != NULL && reply->free_state != NULL)
        reply->free_state(reply->state);
    reply->state = NULL;
    fd_cleanup(&reply->fd);
    reply->fd = -1;
    g_clear_pointer(&reply->bytes, g_bytes_unref);
    g_clear_pointer(&reply->extra, g_bytes_unref);
    g_clear_pointer(&reply->type, g_free);
    if (reply->headers != NULL)
        g_ptr_array_set_size(reply->headers, 0);
    reply->kind = REPLY_NONE;
    reply->status = 0;
}

/* Refuses a second answer, without touching the first. */
static bool reply_begin(HttpRequest *request, ReplyKind kind, int status, const char *type,
                        GError **error)
{
    if (request->reply.kind != REPLY_NONE)
        return error_set(error, ERROR_INTERNAL, "http.two_answers",
                         "a second answer was given to %s %s", request->method, request->path);
    request->reply.kind = kind;
    request->reply.status = status;
    request->reply.type = g_strdup(type);
    return true;
}

bool http_reply_bytes(HttpRequest *request, int status, const char *type, GBytes *bytes,
                      GError **error)
{
    if (!reply_begin(request, REPLY_BYTES, status, type, error))
        return false;
    request->reply.bytes = g_bytes_ref(bytes);
    return true;
}

static bool status_is_foreseen(const HttpRoute *route, int status)
{
    return status == (route->success > 0 ? route->success : 200) || status == route->also;
}

/* Is this what the route's row, and so the API document, says? */
static bool reply_check(const HttpRequest *request, int status, const json_t *value,
                        GError **error)
{
    const HttpRoute *route = request->route;
    if (request->site == NULL || !request->site->check_answers || route == NULL)
        return true;
    g_autoptr(GError) problem = NULL;
    if (!status_is_foreseen(route, status) || (value == NULL) != (route->answer == NULL))
        error_set(&problem, ERROR_INTERNAL, "http.undeclared", "%d is not in its row, or not so",
                  status);
    else if (value == NULL || http_answer_check(route->answer, value, &problem))
        return true;
    return error_set(error, ERROR_INTERNAL, "http.undeclared", "the answer of %s %s: %s",
                     route->method, route->path, problem->message);
}

bool http_reply_json(HttpRequest *request, int status, json_t *value, GError **error)
{
    bool described = request->route == NULL || request->route->answer_types == NULL;
    if (described && !reply_check(request, status, value, error)) {
        json_decref(value);
        return false;
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    if (text == NULL)
        return error_set(error, ERROR_INTERNAL, "http.json", "an answer could not be written");
    g_autoptr(GBytes) bytes = g_bytes_new_with_free_func(text, strlen(text), free, text);
    return http_reply_bytes(request, status, "application/json", bytes, error);
}

GBytes *http_reply_recorded(const HttpRequest *request, int *ret_status)
{
    if (request->reply.kind != REPLY_BYTES)
        return NULL;
    *ret_status = request->reply.status;
    return request->reply.bytes;
}

bool http_reply_empty(HttpRequest *request, int status, GError **error)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("", 0);
    if (!reply_check(request, status, NULL, error))
        return false;
    return http_reply_bytes(request, status, NULL, bytes, error);
}

bool http_reply_file(HttpRequest *request, int status, const char *type, int fd, int64_t offset,
                     int64_t size, GError **error)
{
    FD_AUTO int owned = fd;
    if (!reply_begin(request, REPLY_FILE, status, type, error))
        return false;
    request->reply.fd = fd_steal(&owned);
    request->reply.offset = offset;
    request->reply.size = size;
    return true;
}

bool http_reply_stream(HttpRequest *request, int status, const char *type, int64_t size,
                       HttpRead read, void *state, GDestroyNotify free_state, GError **error)
{
    if (!reply_begin(request, REPLY_STREAM, status, type, error)) {
        if (free_state != NULL)
            free_state(state);
        return false;
    }
    request->reply.size = size;
    request->reply.read = read;
    request->reply.state = state;
    request->reply.free_state = free_state;
    return true;
}

bool http_reply_relay(HttpRequest *request, int peer_fd, GBytes *extra,
                      HttpRelayActivity on_bytes, void *user, GDestroyNotify free_user,
                      GError **error)
{
    FD_AUTO int owned = peer_fd;
    if (!reply_begin(request, REPLY_RELAY, MHD_HTTP_SWITCHING_PROTOCOLS, NULL, error)) {
        if (free_user != NULL)
            free_user(user);
        return false;
    }
    request->reply.fd = fd_steal(&owned);
    request->reply.extra = extra != NULL ? g_bytes_ref(extra) : NULL;
    request->reply.on_bytes = on_bytes;
    request->reply.state = user;
    request->reply.free_state = free_user;
    return true;
}

/* ---- sending ---- */

typedef struct StreamReader {
    HttpServer *server;
    HttpRead read;
    void *state;
    GDestroyNotify free_state;
} StreamReader;

static ssize_t stream_reader_read(void *user, uint64_t position, char *buffer, size_t size)
{
    (void)position;
    StreamReader *reader = user;
    if (atomic_load(&reader->server->stopping))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    ssize_t count = reader->read(reader->state, buffer, size);
    if (count < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    return count == 0 ? MHD_CONTENT_READER_END_OF_STREAM : count;
}

static void stream_reader_free(void *user)
{
    StreamReader *reader = user;
    if (reader->free_state != NULL)
        reader->free_state(reader->state);
    g_free(reader);
}

static void bytes_free(void *bytes)
{
    g_bytes_unref(bytes);
}

static void upgraded(void *user, struct MHD_Connection *mhd, void *request_context,
                     const char *extra, size_t extra_size, MHD_socket fd,
                     struct MHD_UpgradeResponseHandle *handle)
{
    (void)mhd;
    (void)request_context;
    HttpRequest *request = user;
    Reply *reply = &request->reply;
    void *state = g_steal_pointer(&reply->state);
    relay_start(request->server->relays, fd, handle, extra, extra_size, fd_steal(&reply->fd),
                reply->extra, reply->on_bytes, state, reply->free_state);
}

static struct MHD_Response *response_make(HttpRequest *request)
{
    Reply *reply = &request->reply;
    switch (reply->kind) {
    case REPLY_BYTES: {
        size_t size;
        const void *data = g_bytes_get_data(reply->bytes, &size);
        return MHD_create_response_from_buffer_with_free_callback_cls(
            size, data != NULL ? (void *)data : (void *)"", bytes_free, g_bytes_ref(reply->bytes));
    }
    case REPLY_FILE: {
        struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(
            (uint64_t)reply->size, reply->fd, (uint64_t)reply->offset);
        if (response != NULL)
            reply->fd = -1;
        return response;
    }
    case REPLY_STREAM: {
        StreamReader *reader = g_new(StreamReader, 1);
        *reader = (StreamReader){request->server, reply->read, g_steal_pointer(&reply->state),
                                 reply->free_state};
        return MHD_create_response_from_callback(
            reply->size < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)reply->size, REPLY_BLOCK,
            stream_reader_read, reader, stream_reader_free);
    }
    case REPLY_RELAY:
        return MHD_create_response_for_upgrade(upgraded, request);
    case REPLY_NONE:
        break;
    }
    return NULL;
}

static void header_default(HttpRequest *request, const char *name, const char *value)
{
    if (reply_header(&request->reply, name) == NULL)
        http_reply_header(request, name, value);
}

/* What every answer carries beside what its handler gave. */
static void headers_complete(HttpRequest *request)
{
    if (request->reply.type != NULL)
        http_reply_header(request, "Content-Type", request->reply.type);
    http_reply_header(request, "X-Request-Id", request->id);
    rates_headers(request);
    deprecation_headers(request);
    if (request->site != NULL && request->site->raw != NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(security_headers); i++)
        header_default(request, security_headers[i].name, security_headers[i].value);
    header_default(request, "Cache-Control", "no-store");
    if (request->site != NULL && request->site->https)
        header_default(request, "Strict-Transport-Security", "max-age=31536000");
}

static void response_headers(HttpRequest *request, struct MHD_Response *response)
{
    headers_complete(request);
    const GPtrArray *headers = request->reply.headers;
    for (guint i = 0; i < headers->len; i += 2) {
        if (MHD_add_response_header(response, headers->pdata[i], headers->pdata[i + 1]) != MHD_YES)
            log_warning("http.header_dropped", "request", request->id, "header",
                        headers->pdata[i]);
    }
}

bool reply_send(HttpRequest *request, bool close_after)
{
    struct MHD_Response *response = response_make(request);
    if (response == NULL)
        return false;
    response_headers(request, response);
    if (close_after)
        MHD_add_response_header(response, "Connection", "close");
    request_extend(request, request->reply.kind == REPLY_STREAM || request->reply.kind == REPLY_RELAY
                                ? HTTP_LONG_SECONDS : HTTP_IDLE_SECONDS);
    enum MHD_Result result =
        MHD_queue_response(request->mhd, (unsigned int)request->reply.status, response);
    MHD_destroy_response(response);
    return result == MHD_YES;
}

void reply_send_raw(HttpRequest *request)
{
    const Reply *reply = &request->reply;
    if (reply->kind != REPLY_BYTES)
        return;
    headers_complete(request);
    size_t size;
    const char *data = g_bytes_get_data(reply->bytes, &size);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\nConnection: close\r\n",
                    reply->status,
                    MHD_get_reason_phrase_for((unsigned int)reply->status), size);
    for (guint i = 0; i < reply->headers->len; i += 2)
        g_string_append_printf(text, "%s: %s\r\n", (char *)reply->headers->pdata[i],
                               (char *)reply->headers->pdata[i + 1]);
    g_string_append(text, "\r\n");
    g_string_append_len(text, data, (gssize)size);
    /* It fits in an empty send buffer; a client that reads nothing gets what fits. */
    ssize_t sent = send(request->connection->fd, text->str, text->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
}
