/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a request, as the library calls it: once with the head, then for each piece of the
 * body, then at its end, and once more when all is over. A refusal before the body is answered at
 * once and closes the connection, since what follows could be read as another request.
 */
#include "http/internal.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/times.h"
#include "http/headers.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static bool authenticate(HttpRequest *request, GError **error)
{
    const HttpSite *site = request->site;
    bool needed = request->route->access == HTTP_PERSON;
    if (site->authenticate == NULL) {
        if (needed)
            return error_set(error, ERROR_UNAUTHENTICATED, "http.sign_in", "Sign in first.");
        return true;
    }
    g_autoptr(GError) failure = NULL;
    bool known = site->authenticate(request, &failure);
    if (!known && needed) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (needed && request->actor == NULL)
        return error_set(error, ERROR_UNAUTHENTICATED, "http.sign_in", "Sign in first.");
    if (request->actor != NULL && !request_is_safe(request) && site->check_origin != NULL)
        return site->check_origin(request, error);
    return true;
}

static bool stream_begin(HttpRequest *request, GError **error)
{
    return request->stream->begin == NULL ||
           request->stream->begin(request, &request->stream_state, error);
}

static bool table_accept(HttpRequest *request, GError **error)
{
    if (!router_find(request, error))
        return false;
    if (request->route == NULL) {
        if (!request->has_body && static_reply(request))
            return true;
        return error_set(error, ERROR_NOT_FOUND, "http.not_found", "There is nothing here.");
    }
    if (!rates_check(request, HTTP_RATE_BY_ADDRESS, error) || !authenticate(request, error) ||
        !rates_check(request, HTTP_RATE_BY_ACTOR, error) || !router_check_query(request, error))
        return false;
    return request->stream != NULL ? stream_begin(request, error) : body_expect(request, error);
}

static bool head_accept(HttpRequest *request, GError **error)
{
    if (!request_read_head(request, error))
        return false;
    if (request->site->raw != NULL) {
        request->stream = request->site->raw;
        return stream_begin(request, error);
    }
    return table_accept(request, error);
}

static void set_deadline(HttpRequest *request, int64_t after_ms)
{
    atomic_store(&request->connection->deadline_ms,
                 after_ms == 0 ? 0 : time_monotonic_ms() + after_ms);
}

static enum MHD_Result send_or_close(HttpRequest *request, bool close_after)
{
    if (reply_send(request, close_after))
        return MHD_YES;
    log_error("http.not_sent", "request", request->id);
    return MHD_NO;
}

static enum MHD_Result head_received(HttpRequest *request)
{
    set_deadline(request, 0);
    g_autoptr(GError) failure = NULL;
    if (head_accept(request, &failure)) {
        if (request->has_body && request->stream == NULL)
            set_deadline(request, HTTP_BODY_DEADLINE_MS);
        if (request->has_body && request->stream != NULL)
            request_extend(request, HTTP_LONG_SECONDS);
        return MHD_YES;
    }
    problem_reply(request, failure);
    /* Without a body the answer waits for the last call: the library closes after an answer that
     * comes before it. With one, that is what we want. */
    if (!request->has_body && request->framed)
        return MHD_YES;
    request->linger = true;
    return send_or_close(request, true);
}

static enum MHD_Result body_received(HttpRequest *request, const char *bytes, size_t size)
{
    g_autoptr(GError) failure = NULL;
    bool taken = request->stream != NULL
                     ? request->stream->data(request, request->stream_state, bytes, size, &failure)
                     : body_append(request, bytes, size, &failure);
    if (taken)
        return MHD_YES;
    /* The library takes no answer in the middle of a body: write it, then close. */
    problem_reply(request, failure);
    reply_send_raw(request);
    request->linger = true;
    return MHD_NO;
}

/* The handler, once for a given Idempotency-Key. */
static bool handler_run(HttpRequest *request, GError **error)
{
    const HttpOnce *once = request->site->once;
    const char *header = http_request_header(request, "Idempotency-Key");
    g_autofree char *key = NULL;
    if (once == NULL || header == NULL || !http_route_creates(request->route))
        return conditions_run(request, error);
    if (!header_idempotency_key(header, &key, error) || !once->begin(request, key, error))
        return false;
    if (request->reply.kind != REPLY_NONE)
        return true;
    g_autoptr(GError) failure = NULL;
    bool done = request->route->handler(request, &failure);
    once->end(request, done ? NULL : failure);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

static bool request_run(HttpRequest *request, GError **error)
{
    if (request->reply.kind != REPLY_NONE)
        return true;
    bool done;
    if (request->stream != NULL)
        done = request->stream->finish(request, request->stream_state, error);
    else
        done = body_finish(request, error) && handler_run(request, error);
    if (done && request->reply.kind == REPLY_NONE)
        return error_set(error, ERROR_INTERNAL, "http.no_answer", "no answer was given");
    return done && conditions_answer(request, error);
}

/* What a request is counted as: never its path, which anybody can invent. */
static const char *metric_class(const HttpRequest *request)
{
    if (request->route != NULL)
        return request->route->tag != NULL ? request->route->tag : "other";
    if (request->site == NULL)
        return "none";
    return request->site->raw != NULL ? request->site->name : "pages";
}

static enum MHD_Result request_complete(HttpRequest *request)
{
    set_deadline(request, 0);
    g_autoptr(GError) failure = NULL;
    if (!request_run(request, &failure))
        problem_reply(request, failure);
    metric_observe(METRIC_HTTP_SECONDS, metric_class(request), NULL,
                   g_get_monotonic_time() - request->connection->started_us);
    return send_or_close(request, false);
}

enum MHD_Result dispatch(void *server, struct MHD_Connection *mhd, const char *url,
                         const char *method, const char *version, const char *upload_data,
                         size_t *upload_size, void **context)
{
    (void)url;
    (void)version;
    HttpRequest *request = *context;
    if (request == NULL) {
        request = request_new(server, mhd, method);
        *context = request;
        atomic_fetch_add(&request->server->active, 1);
        metric_add(METRIC_HTTP_ACTIVE, NULL, NULL, 1);
        return head_received(request);
    }
    if (*upload_size == 0)
        return request_complete(request);
    size_t size = *upload_size;
    *upload_size = 0;
    return body_received(request, upload_data, size);
}

/* ---- the end ---- */

/* A close with unread bytes makes the kernel send a reset, which can destroy the answer before the
 * client reads it: what it still sends is read and dropped, for a limited time. The library has
 * already shut our side for writing. */
static void linger(int fd)
{
    char scrap[16384];
    int64_t end_ms = time_monotonic_ms() + HTTP_LINGER_MS;
    shutdown(fd, SHUT_WR);
    for (;;) {
        int64_t left_ms = end_ms - time_monotonic_ms();
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (left_ms <= 0 || poll(&poll_fd, 1, (int)left_ms) <= 0)
            return;
        if (recv(fd, scrap, sizeof scrap, MSG_DONTWAIT) <= 0)
            return;
    }
}

static const char *log_route(const HttpRequest *request)
{
    if (request->route != NULL)
        return request->route->path;
    return request->site != NULL ? request->site->name : "-";
}

static void log_access(const HttpRequest *request, enum MHD_RequestTerminationCode code)
{
    char status[12], duration[24];
    g_snprintf(status, sizeof status, "%d", request->reply.status);
    g_snprintf(duration, sizeof duration, "%" G_GINT64_FORMAT,
               time_monotonic_ms() - request->connection->started_ms);
    log_info("http.request", "request", request->id, "method", request->method, "route",
             log_route(request), "status", status, "ms", duration, "actor",
             request->actor_id, "reason", request->reason, "end",
             code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "complete" : "cut");
}

static const char *metric_status(const HttpRequest *request)
{
    static const char *const classes[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    int digit = request->reply.status / 100;
    return classes[digit >= 1 && digit <= 5 ? digit : 0];
}

void dispatch_completed(void *server, struct MHD_Connection *mhd, void **context,
                        enum MHD_RequestTerminationCode code)
{
    HttpServer *self = server;
    HttpRequest *request = *context;
    if (request == NULL)
        return;
    *context = NULL;
    if (request->linger && !atomic_load(&self->stopping))
        linger(request->connection->fd);
    log_access(request, code);
    metric_add(METRIC_HTTP_REQUESTS, metric_class(request), metric_status(request), 1);
    metric_add(METRIC_HTTP_ACTIVE, NULL, NULL, -1);
    MHD_set_connection_option(mhd, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned int)HTTP_IDLE_SECONDS);
    /* From now on, for the whole head of the next request on this connection. */
    set_deadline(request, HTTP_IDLE_SECONDS * 1000 + self->limits.head_timeout_ms);
    request_free(request);
    atomic_fetch_sub(&self->active, 1);
}
