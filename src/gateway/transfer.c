/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request relayed to a service and its answer relayed back. Bodies are never kept: what the
 * client sends is passed on as it comes, what the service sends is read when the client has room.
 * A short answer that came with its head is given whole, in one packet.
 */
#include "gateway/internal.h"

#include "base/error.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* ---- the request ---- */

typedef struct HeadWriter {
    GString *head;
    const char *connection;
} HeadWriter;

static void write_header(const char *name, const char *value, void *user)
{
    HeadWriter *writer = user;
    if (rewrite_request_header(name, writer->connection) == REWRITE_KEEP)
        g_string_append_printf(writer->head, "%s: %s\r\n", name, value);
}

static GString *head_make(Transfer *transfer)
{
    HttpRequest *request = transfer->request;
    const char *connection = http_request_header(request, "Connection");
    HeadWriter writer = {g_string_sized_new(1024), connection};
    g_string_append_printf(writer.head, "%s %s HTTP/1.1\r\n", http_request_method(request),
                           http_request_target(request));
    http_request_each_header(request, write_header, &writer);
    g_autofree char *cookies = rewrite_cookies(http_request_header(request, "Cookie"));
    if (cookies != NULL)
        g_string_append_printf(writer.head, "Cookie: %s\r\n", cookies);
    g_string_append_printf(writer.head, "X-Forwarded-Host: %s\r\nX-Forwarded-Proto: %s\r\n",
                           http_request_host(request),
                           transfer->gateway->https ? "https" : "http");
    if (transfer->upgrade)
        g_string_append(writer.head, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    if (transfer->chunked)
        g_string_append(writer.head, "Transfer-Encoding: chunked\r\n");
    else if (http_request_content_length(request) >= 0)
        g_string_append_printf(writer.head, "Content-Length: %" G_GINT64_FORMAT "\r\n",
                               http_request_content_length(request));
    g_string_append(writer.head, "\r\n");
    return writer.head;
}

static bool transfer_connect(Transfer *transfer, bool may_reuse, GError **error)
{
    Gateway *gateway = transfer->gateway;
    g_clear_pointer(&transfer->passage, passage_free);
    g_clear_pointer(&transfer->upstream, upstream_free);
    if (may_reuse)
        transfer->upstream = pool_take(&gateway->pool, transfer->service);
    if (transfer->upstream == NULL) {
        int fd = gateway->authority.connect(gateway->authority.user, transfer->service, error);
        if (fd < 0)
            return false;
        transfer->upstream = upstream_new(fd);
    }
    transfer->passage =
        passage_new(gateway, transfer->service, transfer->cookie, transfer->upstream->fd);
    return true;
}

bool transfer_begin(Transfer *transfer, GError **error)
{
    static const char *const idempotent[] = {"GET", "HEAD", "OPTIONS", NULL};
    HttpRequest *request = transfer->request;
    const char *method = http_request_method(request);
    transfer->answers_head = strcmp(method, "HEAD") == 0;
    transfer->idempotent = g_strv_contains(idempotent, method);
    transfer->chunked = http_request_header(request, "Transfer-Encoding") != NULL;
    transfer->has_body = transfer->chunked || http_request_content_length(request) > 0;
    transfer->head = head_make(transfer);
    if (!transfer->has_body)
        return true;
    /* A body cannot be sent twice: it never goes to a connection that may be dead. */
    return transfer_connect(transfer, false, error) &&
           upstream_send(request, transfer->upstream, transfer->head->str, transfer->head->len,
                         error);
}

static bool send_piece(Transfer *transfer, const char *bytes, size_t size, GError **error)
{
    HttpRequest *request = transfer->request;
    if (!transfer->chunked)
        return upstream_send(request, transfer->upstream, bytes, size, error);
    char line[24];
    int length = g_snprintf(line, sizeof line, "%zx\r\n", size);
    return upstream_send(request, transfer->upstream, line, (size_t)length, error) &&
           upstream_send(request, transfer->upstream, bytes, size, error) &&
           upstream_send(request, transfer->upstream, "\r\n", 2, error);
}

bool transfer_data(Transfer *transfer, const char *bytes, size_t size, GError **error)
{
    if (transfer->broken)
        return true;
    g_autoptr(GError) failure = NULL;
    if (send_piece(transfer, bytes, size, &failure))
        return true;
    /* A service may refuse an upload before it has read it: its answer is worth reading. */
    if (strcmp(error_reason(failure), "gateway.lost") == 0) {
        transfer->broken = true;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* ---- the answer's head ---- */

static bool head_receive(Transfer *transfer, GError **error)
{
    Upstream *upstream = transfer->upstream;
    for (;;) {
        size_t end = head_find_end(upstream->buffer + upstream->start,
                                   upstream->end - upstream->start);
        if (end > 0) {
            head_clear(&transfer->answer);
            if (!head_parse(upstream->buffer + upstream->start, end, transfer->answers_head,
                            &transfer->answer, error))
                return false;
            upstream->start += end;
            return true;
        }
        if (upstream->start > 0) {
            memmove(upstream->buffer, upstream->buffer + upstream->start,
                    upstream->end - upstream->start);
            upstream->end -= upstream->start;
            upstream->start = 0;
        }
        if (upstream->end == GATEWAY_BUFFER)
            return error_set(error, ERROR_UNAVAILABLE, "gateway.bad_answer",
                             "The head of the service's answer has more than %d bytes.",
                             GATEWAY_BUFFER);
        ssize_t count = upstream_receive(transfer->request, upstream, NULL, 0, error);
        if (count < 0)
            return false;
        if (count == 0)
            return error_set(error, ERROR_UNAVAILABLE, "gateway.lost",
                             "The service closed the connection before it answered.");
    }
}

/* Interim answers (100, 103) end here; 101 is final. */
static bool answer_receive(Transfer *transfer, GError **error)
{
    for (int interim = 0; interim < 8; interim++) {
        if (!head_receive(transfer, error))
            return false;
        if (transfer->answer.status >= 200 || transfer->answer.status == 101)
            return true;
    }
    return error_set(error, ERROR_UNAVAILABLE, "gateway.bad_answer",
                     "The service sends interim answers without end.");
}

/* A pooled connection may have died unseen: what may be repeated is, once, on a new one. */
static bool exchange(Transfer *transfer, GError **error)
{
    HttpRequest *request = transfer->request;
    if (transfer->has_body) {
        if (transfer->chunked && !transfer->broken &&
            !upstream_send(request, transfer->upstream, "0\r\n\r\n", 5, NULL))
            transfer->broken = true;
        return answer_receive(transfer, error);
    }
    for (bool first = true;; first = false) {
        g_autoptr(GError) failure = NULL;
        bool fresh_only = !first || transfer->upgrade || !transfer->idempotent;
        if (!transfer_connect(transfer, !fresh_only, error))
            return false;
        /* Nothing can be there yet: it is waited for before it is looked for. */
        if (upstream_send(request, transfer->upstream, transfer->head->str, transfer->head->len,
                          &failure) &&
            http_request_wait(request, transfer->upstream->fd, POLLIN, GATEWAY_ANSWER_MS,
                              &failure) &&
            answer_receive(transfer, &failure))
            return true;
        bool repeat = transfer->upstream->reused && transfer->upstream->end == 0 &&
                      strcmp(error_reason(failure), "gateway.lost") == 0;
        if (!repeat) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
    }
}

/* ---- the answer's body ---- */

/* What was read with the head comes first. */
static ssize_t take(Transfer *transfer, char *out, size_t size)
{
    Upstream *upstream = transfer->upstream;
    size_t ready = upstream->end - upstream->start;
    if (ready > 0) {
        size_t count = MIN(ready, size);
        memcpy(out, upstream->buffer + upstream->start, count);
        upstream->start += count;
        return (ssize_t)count;
    }
    return upstream_receive(transfer->request, upstream, out, size, NULL);
}

/* The whole answer was read: the connection can serve another request. */
static void transfer_done(Transfer *transfer)
{
    if (transfer->upstream == NULL)
        return;
    g_clear_pointer(&transfer->passage, passage_free);
    Upstream *upstream = g_steal_pointer(&transfer->upstream);
    if (transfer->answer.keep_alive && !transfer->broken)
        pool_give(&transfer->gateway->pool, transfer->service, upstream);
    else
        upstream_free(upstream);
}

static ssize_t read_length(Transfer *transfer, char *out, size_t size)
{
    if (transfer->left == 0)
        return 0;
    if ((uint64_t)transfer->left < size)
        size = (size_t)transfer->left;
    ssize_t count = take(transfer, out, size);
    if (count <= 0)
        return -1;
    transfer->left -= count;
    if (transfer->left == 0)
        transfer_done(transfer);
    return count;
}

static ssize_t read_chunked(Transfer *transfer, char *out, size_t size)
{
    Upstream *upstream = transfer->upstream;
    while (!transfer->chunks.done) {
        if (upstream->start == upstream->end) {
            upstream->start = upstream->end = 0;
            if (upstream_receive(transfer->request, upstream, NULL, 0, NULL) <= 0)
                return -1;
        }
        size_t used = 0;
        ssize_t count = chunks_decode(&transfer->chunks, upstream->buffer + upstream->start,
                                      upstream->end - upstream->start, &used, out, size);
        upstream->start += used;
        if (count != 0)
            return count;
    }
    transfer_done(transfer);
    return 0;
}

static ssize_t read_body(void *state, char *out, size_t size)
{
    Transfer *transfer = state;
    switch (transfer->answer.body) {
    case HEAD_BODY_LENGTH:
        return read_length(transfer, out, size);
    case HEAD_BODY_CHUNKED:
        return transfer->upstream == NULL ? 0 : read_chunked(transfer, out, size);
    case HEAD_BODY_CLOSE:
        return take(transfer, out, size);
    case HEAD_BODY_NONE:
        break;
    }
    return 0;
}

static void answer_header(const Transfer *transfer, const HeadField *field)
{
    bool confined = transfer->target.content_policy != NULL;
    if (confined && rewrite_reaches_out(field->name))
        return;
    if (confined && g_ascii_strcasecmp(field->name, "Content-Security-Policy") == 0) {
        g_autofree char *policy = rewrite_policy(field->value);
        http_reply_header(transfer->request, field->name, policy);
        return;
    }
    http_reply_header(transfer->request, field->name, field->value);
}

static void answer_headers(const Transfer *transfer)
{
    const Head *answer = &transfer->answer;
    const char *connection = head_field(answer, "Connection");
    for (int i = 0; i < answer->field_count; i++) {
        const HeadField *field = &answer->fields[i];
        if (rewrite_answer_header(field->name, field->value, connection) == REWRITE_KEEP)
            answer_header(transfer, field);
    }
    if (transfer->target.content_policy != NULL)
        http_reply_header(transfer->request, "Content-Security-Policy",
                          transfer->target.content_policy);
}

/* A short answer that is here already. */
static bool reply_whole(Transfer *transfer, GError **error)
{
    size_t size = (size_t)transfer->left;
    g_autoptr(GBytes) bytes =
        g_bytes_new(transfer->upstream->buffer + transfer->upstream->start, size);
    transfer->upstream->start += size;
    transfer_done(transfer);
    return http_reply_bytes(transfer->request, transfer->answer.status, NULL, bytes, error);
}

static bool reply_stream(Transfer *transfer, int64_t size, GError **error)
{
    atomic_fetch_add(&transfer->owners, 1);
    return http_reply_stream(transfer->request, transfer->answer.status, NULL, size, read_body,
                             transfer, transfer_release, error);
}

static bool reply_body(Transfer *transfer, GError **error)
{
    const Head *answer = &transfer->answer;
    if (answer->body == HEAD_BODY_NONE) {
        transfer_done(transfer);
        /* To a HEAD: the length that a GET would have, or none if that is not known. */
        if (transfer->answers_head && answer->status == 200 && answer->length != 0)
            return reply_stream(transfer, answer->length, error);
        return http_reply_empty(transfer->request, answer->status, error);
    }
    transfer->left = answer->length;
    if (answer->body == HEAD_BODY_LENGTH &&
        (uint64_t)answer->length <= transfer->upstream->end - transfer->upstream->start)
        return reply_whole(transfer, error);
    return reply_stream(transfer, answer->body == HEAD_BODY_LENGTH ? answer->length : -1, error);
}

/* ---- upgrades ---- */

static void on_relay_bytes(void *user, size_t bytes)
{
    if (bytes >= GATEWAY_ACTIVITY_BYTES)
        passage_active(user);
}

static bool reply_upgrade(Transfer *transfer, GError **error)
{
    Upstream *upstream = transfer->upstream;
    const char *protocol = head_field(&transfer->answer, "Upgrade");
    if (!transfer->upgrade || protocol == NULL || g_ascii_strcasecmp(protocol, "websocket") != 0)
        return error_set(error, ERROR_UNAVAILABLE, "gateway.bad_answer",
                         "The service switched to a protocol that was not asked for.");
    answer_headers(transfer);
    http_reply_header(transfer->request, "Upgrade", "websocket");
    g_autoptr(GBytes) extra = g_bytes_new(upstream->buffer + upstream->start,
                                          upstream->end - upstream->start);
    int fd = upstream->fd;
    passage_forget_socket(transfer->passage);
    upstream->fd = -1;
    g_clear_pointer(&transfer->upstream, upstream_free);
    return http_reply_relay(transfer->request, fd, extra, on_relay_bytes,
                            g_steal_pointer(&transfer->passage), passage_free, error);
}

bool transfer_finish(Transfer *transfer, GError **error)
{
    if (!exchange(transfer, error))
        return false;
    if (transfer->answer.status == 101)
        return reply_upgrade(transfer, error);
    answer_headers(transfer);
    return reply_body(transfer, error);
}

void transfer_release(void *user)
{
    Transfer *transfer = user;
    if (transfer == NULL || atomic_fetch_sub(&transfer->owners, 1) > 1)
        return;
    g_clear_pointer(&transfer->passage, passage_free);
    upstream_free(transfer->upstream);
    head_clear(&transfer->answer);
    if (transfer->head != NULL)
        g_string_free(transfer->head, TRUE);
    g_free(transfer->service);
    secret_free(transfer->cookie);
    g_free(transfer);
}
