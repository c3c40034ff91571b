/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request: its head checked for framing tricks, and accessors. What the library is lax about is
 * refused here: two lengths, a length beside a transfer encoding, two hosts, an encoding other than
 * chunked. Any of these is how one request is made to look like two to somebody in between.
 */
#include "http/internal.h"

#include "base/ids.h"
#include "base/times.h"
#include "http/target.h"

#include <string.h>

HttpRequest *request_new(HttpServer *server, struct MHD_Connection *mhd, const char *method)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    g_assert(info != NULL && info->socket_context != NULL);
    HttpRequest *request = g_new0(HttpRequest, 1);
    request->server = server;
    request->connection = info->socket_context;
    request->mhd = mhd;
    request->method = g_strdup(method);
    request->content_length = -1;
    request->reply.fd = -1;
    g_autofree char *id = id_next("req", &request->connection->id_seed);
    g_strlcpy(request->id, id, sizeof request->id);
    return request;
}

void request_free(HttpRequest *request)
{
    if (request->stream != NULL && request->stream_state != NULL && request->stream->free != NULL)
        request->stream->free(request->stream_state);
    reply_clear(&request->reply);
    g_clear_pointer(&request->reply.headers, g_ptr_array_unref);
    if (request->actor != NULL && request->free_actor != NULL)
        request->free_actor(request->actor);
    g_clear_pointer(&request->query, g_hash_table_unref);
    g_clear_pointer(&request->body, g_byte_array_unref);
    json_decref(request->json);
    g_strfreev(request->segments);
    g_free(request->method);
    g_free(request->actor_id);
    g_free(request->allow);
    g_free(request->path);
    g_free(request->query_string);
    g_free(request->host);
    g_free(request);
}

/* The library counts from the last byte it moved: the time that a handler took comes on top, or
 * the connection would be cut just when its answer is ready. */
void request_extend(HttpRequest *request, int idle_seconds)
{
    int64_t spent_ms = time_monotonic_ms() - request->connection->started_ms;
    MHD_set_connection_option(request->mhd, MHD_CONNECTION_OPTION_TIMEOUT,
                              (unsigned int)(idle_seconds + spent_ms / 1000 + 1));
}

bool request_is_safe(const HttpRequest *request)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS", NULL};
    return g_strv_contains(safe, request->method);
}

/* ---- the head ---- */

typedef struct HeadCount {
    int headers, hosts, lengths, encodings;
    const char *host, *length, *encoding;
    bool bad_name;
} HeadCount;

static bool name_is_token(const char *name)
{
    if (*name == '\0')
        return false;
    for (const char *p = name; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr("!#$%&'*+-.^_`|~", *p) == NULL)
            return false;
    }
    return true;
}

static bool value_is_clean(const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
            return false;
    }
    return true;
}

static enum MHD_Result head_count(void *user, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    (void)kind;
    HeadCount *count = user;
    count->headers++;
    if (!name_is_token(name) || (value != NULL && !value_is_clean(value)))
        count->bad_name = true;
    if (g_ascii_strcasecmp(name, "Host") == 0) {
        count->hosts++;
        count->host = value;
    } else if (g_ascii_strcasecmp(name, "Content-Length") == 0) {
        count->lengths++;
        count->length = value;
    } else if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0) {
        count->encodings++;
        count->encoding = value;
    }
    return MHD_YES;
}

static bool check_framing(HttpRequest *request, const HeadCount *count, GError **error)
{
    if (count->bad_name)
        return error_set(error, ERROR_INVALID, "http.header",
                         "A header has a malformed name or a control character in its value.");
    if (count->headers > HTTP_HEADERS_MAX)
        return error_set(error, ERROR_TOO_LARGE, "http.headers",
                         "The request has %d headers; at most %d are allowed.", count->headers,
                         HTTP_HEADERS_MAX);
    if (count->lengths > 1)
        return error_set(error, ERROR_INVALID, "http.length",
                         "Content-Length is given more than once.");
    if (count->lengths > 0 && count->encodings > 0)
        return error_set(error, ERROR_INVALID, "http.length",
                         "Content-Length and Transfer-Encoding exclude each other.");
    if (count->encodings > 1 ||
        (count->encodings == 1 && g_ascii_strcasecmp(count->encoding, "chunked") != 0))
        return error_set(error, ERROR_INVALID, "http.encoding",
                         "The only Transfer-Encoding accepted is \"chunked\".");
    request->has_body = count->encodings == 1;
    if (count->lengths == 1) {
        uint64_t length;
        if (!g_ascii_string_to_unsigned(count->length, 10, 0, INT64_MAX, &length, NULL))
            return error_set(error, ERROR_INVALID, "http.length",
                             "Content-Length is not a number of bytes.");
        request->content_length = (int64_t)length;
        request->has_body = length > 0;
    }
    request->framed = true;
    return true;
}

static bool check_host(HttpRequest *request, const HeadCount *count, GError **error)
{
    if (count->hosts != 1 || count->host == NULL || *count->host == '\0')
        return error_set(error, ERROR_INVALID, "http.host",
                         "Exactly one Host header is needed.");
    const char *host = count->host;
    if (strlen(host) > 260 || host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                "0123456789.-_:[]")] != '\0')
        return error_set(error, ERROR_INVALID, "http.host", "The Host header is malformed.");
    request->host = g_ascii_strdown(host, -1);
    return true;
}

static const HttpSite *site_find(const HttpServer *server, const char *host)
{
    for (const HttpSite *const *site = server->sites; *site != NULL; site++) {
        if ((*site)->match == NULL || (*site)->match(host, (*site)->data))
            return *site;
    }
    return NULL;
}

bool request_read_head(HttpRequest *request, GError **error)
{
    HeadCount count = {0};
    MHD_get_connection_values(request->mhd, MHD_HEADER_KIND, head_count, &count);
    if (count.hosts == 1 && check_host(request, &count, NULL))
        request->site = site_find(request->server, request->host);
    if (!check_framing(request, &count, error))
        return false;
    if (request->host == NULL && !check_host(request, &count, error))
        return false;
    if (request->site == NULL)
        return error_set(error, ERROR_NOT_FOUND, "http.unknown_host",
                         "No site is served here under this host name.");
    if (request->connection->target == NULL)
        return error_set(error, ERROR_INTERNAL, "http.target", "no request target was kept");
    return target_split(request->connection->target, &request->path, &request->query_string,
                        error);
}

/* ---- accessors ---- */

const char *http_request_id(const HttpRequest *request)
{
    return request->id;
}

const char *http_request_method(const HttpRequest *request)
{
    return request->method;
}

const char *http_request_target(const HttpRequest *request)
{
    return request->connection->target;
}

const char *http_request_path(const HttpRequest *request)
{
    return request->path;
}

const char *http_request_query_string(const HttpRequest *request)
{
    return request->query_string;
}

const char *http_request_host(const HttpRequest *request)
{
    return request->host;
}

const char *http_request_address(const HttpRequest *request)
{
    return request->connection->address;
}

const char *http_request_door(const HttpRequest *request)
{
    return request->connection->door;
}

const char *http_request_header(const HttpRequest *request, const char *name)
{
    return MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
}

typedef struct EachHeader {
    HttpEachHeader each;
    void *user;
} EachHeader;

static enum MHD_Result each_header(void *user, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    const EachHeader *state = user;
    state->each(name, value != NULL ? value : "", state->user);
    return MHD_YES;
}

void http_request_each_header(const HttpRequest *request, HttpEachHeader each, void *user)
{
    EachHeader state = {each, user};
    MHD_get_connection_values(request->mhd, MHD_HEADER_KIND, each_header, &state);
}

const char *http_request_cookie(const HttpRequest *request, const char *name)
{
    return MHD_lookup_connection_value(request->mhd, MHD_COOKIE_KIND, name);
}

int64_t http_request_content_length(const HttpRequest *request)
{
    return request->content_length;
}

const char *http_request_segment(const HttpRequest *request, const char *name)
{
    g_assert(request->route != NULL);
    size_t length = strlen(name);
    const char *pattern = request->route->path;
    for (size_t i = 0; *pattern == '/' && request->segments[i] != NULL; i++) {
        pattern++;
        size_t size = strcspn(pattern, "/");
        if (size == length + 2 && pattern[0] == '{' && memcmp(pattern + 1, name, length) == 0)
            return request->segments[i];
        pattern += size;
    }
    g_error("route %s has no segment {%s}", request->route->path, name);
}

const char *http_request_query(const HttpRequest *request, const char *name)
{
    return request->query == NULL ? NULL : g_hash_table_lookup(request->query, name);
}

int64_t http_request_query_integer(const HttpRequest *request, const char *name, int64_t fallback)
{
    const char *text = http_request_query(request, name);
    return text == NULL ? fallback : g_ascii_strtoll(text, NULL, 10);
}

const json_t *http_request_body(const HttpRequest *request)
{
    return request->json;
}

const char *http_body_text(const HttpRequest *request, const char *name)
{
    return json_string_value(json_object_get(request->json, name));
}

int64_t http_body_integer(const HttpRequest *request, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(request->json, name);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool http_body_boolean(const HttpRequest *request, const char *name, bool fallback)
{
    const json_t *value = json_object_get(request->json, name);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

int64_t http_body_time(const HttpRequest *request, const char *name, int64_t fallback)
{
    const char *text = http_body_text(request, name);
    int64_t time_ms;
    if (text == NULL || !time_parse(text, &time_ms, NULL))
        return fallback;
    return time_ms;
}

void *http_request_site_data(const HttpRequest *request)
{
    return request->site->data;
}

void http_request_set_actor(HttpRequest *request, void *actor, GDestroyNotify free_actor)
{
    if (request->actor != NULL && request->free_actor != NULL)
        request->free_actor(request->actor);
    request->actor = actor;
    request->free_actor = free_actor;
}

void http_request_set_actor_id(HttpRequest *request, const char *id)
{
    g_free(request->actor_id);
    request->actor_id = g_strdup(id);
}

void *http_request_actor(const HttpRequest *request)
{
    return request->actor;
}
