/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket client: libcurl connects (TLS included), the handshake is written here, wslay makes and
 * reads the frames.
 */
#include "http/client_internal.h"

#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <wslay/wslay.h>

#define SOCKET_MESSAGE_MAX (64 * 1024 * 1024)
#define SOCKET_HEAD_MAX (32 * 1024)
#define SOCKET_OPEN_MS 20000
#define SOCKET_SEND_MS 60000
#define SOCKET_ACCEPT_KEY "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455, section 1.3 */

struct HttpSocket {
    CURL *curl;
    struct curl_slist *resolve;
    wslay_event_context_ptr frames;
    GByteArray *early;        /* read past the end of the handshake */
    GQueue received;          /* of char* */
    bool closed;
};

static bool socket_poll(HttpSocket *self, short events, int64_t end_ms)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    int64_t left_ms = end_ms - time_monotonic_ms();
    curl_easy_getinfo(self->curl, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD || left_ms <= 0)
        return false;
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return poll(&poll_fd, 1, (int)left_ms) > 0;
}

/* ---- the handshake ---- */

static bool head_send(HttpSocket *self, const char *text, int64_t end_ms, GError **error)
{
    size_t size = strlen(text), done = 0;
    while (done < size) {
        size_t sent = 0;
        CURLcode code = curl_easy_send(self->curl, text + done, size - done, &sent);
        done += sent;
        if (code == CURLE_AGAIN && socket_poll(self, POLLOUT, end_ms))
            continue;
        if (code != CURLE_OK)
            return error_set(error, ERROR_UNAVAILABLE, "client.socket",
                             "The WebSocket handshake could not be sent.");
    }
    return true;
}

/* Reads up to the empty line; what follows it is kept for the frames. */
static char *head_receive(HttpSocket *self, int64_t end_ms, GError **error)
{
    g_autoptr(GByteArray) head = g_byte_array_new();
    char buffer[4096];
    while (head->len < SOCKET_HEAD_MAX) {
        size_t count = 0;
        CURLcode code = curl_easy_recv(self->curl, buffer, sizeof buffer, &count);
        if (code == CURLE_AGAIN && socket_poll(self, POLLIN, end_ms))
            continue;
        if (code != CURLE_OK || count == 0)
            break;
        g_byte_array_append(head, (const guint8 *)buffer, (guint)count);
        const char *end = memmem(head->data, head->len, "\r\n\r\n", 4);
        if (end == NULL)
            continue;
        size_t size = (size_t)(end - (const char *)head->data) + 4;
        g_byte_array_append(self->early, head->data + size, head->len - (guint)size);
        return g_strndup((const char *)head->data, size);
    }
    error_set(error, ERROR_UNAVAILABLE, "client.socket",
              "The server did not answer the WebSocket handshake.");
    return NULL;
}

static char *accept_of(const char *key)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    guint8 digest[20];
    gsize size = sizeof digest;
    g_checksum_update(sum, (const guchar *)key, -1);
    g_checksum_update(sum, (const guchar *)SOCKET_ACCEPT_KEY, -1);
    g_checksum_get_digest(sum, digest, &size);
    return g_base64_encode(digest, size);
}

static char *head_field(const char *head, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *colon = strchr(*line, ':');
        if (colon == NULL)
            continue;
        *colon = '\0';
        if (g_ascii_strcasecmp(*line, name) == 0)
            return g_strdup(g_strstrip(colon + 1));
    }
    return NULL;
}

static char *handshake_text(const HttpClient *client, const char *url, const char *key)
{
    g_autofree char *host = client_url_host(url);
    g_autofree char *port = client_url_port(url);
    const char *path = strchr(url + strlen("https://"), '/');
    const char *scheme_end = strstr(url, "://");
    GString *text = g_string_new(NULL);
    g_string_printf(text,
                    "GET %s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: %s\r\n",
                    path != NULL ? path : "/", host, port, key);
    if (!g_hash_table_contains(client->own_headers, "Origin"))
        g_string_append_printf(text, "Origin: %.*s://%s:%s\r\n", (int)(scheme_end - url), url,
                               host, port);
    struct curl_slist *headers = client_common_headers(client, url);
    for (struct curl_slist *line = headers; line != NULL; line = line->next)
        g_string_append_printf(text, "%s\r\n", line->data);
    curl_slist_free_all(headers);
    g_string_append(text, "\r\n");
    return g_string_free(text, FALSE);
}

static bool handshake(HttpSocket *self, const HttpClient *client, const char *url, GError **error)
{
    unsigned char raw[16];
    random_fill(raw, sizeof raw);
    g_autofree char *key = g_base64_encode(raw, sizeof raw);
    char *text = handshake_text(client, url, key);
    int64_t end_ms = time_monotonic_ms() + SOCKET_OPEN_MS;
    bool sent = head_send(self, text, end_ms, error);
    secret_free(text);
    if (!sent)
        return false;
    g_autofree char *head = head_receive(self, end_ms, error);
    if (head == NULL)
        return false;
    if (!g_str_has_prefix(head, "HTTP/1.1 101 "))
        return error_set(error, ERROR_UNAVAILABLE, "client.socket_refused",
                         "The server refused the WebSocket: %.*s.", (int)strcspn(head, "\r\n"),
                         head);
    g_autofree char *accepted = head_field(head, "Sec-WebSocket-Accept");
    g_autofree char *expected = accept_of(key);
    if (g_strcmp0(accepted, expected) != 0)
        return error_set(error, ERROR_UNAVAILABLE, "client.socket_refused",
                         "The server's WebSocket answer does not match our key.");
    return true;
}

/* ---- frames ---- */

static ssize_t on_recv(wslay_event_context_ptr frames, uint8_t *buffer, size_t size, int flags,
                       void *user)
{
    (void)flags;
    HttpSocket *self = user;
    if (self->early->len > 0) {
        size_t count = MIN(size, self->early->len);
        memcpy(buffer, self->early->data, count);
        g_byte_array_remove_range(self->early, 0, (guint)count);
        return (ssize_t)count;
    }
    size_t count = 0;
    CURLcode code = curl_easy_recv(self->curl, buffer, size, &count);
    if (code == CURLE_AGAIN) {
        wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (code != CURLE_OK || count == 0) {
        self->closed = true;
        wslay_event_set_error(frames, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    return (ssize_t)count;
}

static ssize_t on_send(wslay_event_context_ptr frames, const uint8_t *bytes, size_t size, int flags,
                       void *user)
{
    (void)flags;
    HttpSocket *self = user;
    size_t sent = 0;
    CURLcode code = curl_easy_send(self->curl, bytes, size, &sent);
    if (code == CURLE_OK)
        return (ssize_t)sent;
    wslay_event_set_error(frames, code == CURLE_AGAIN ? WSLAY_ERR_WOULDBLOCK
                                                      : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static int on_mask(wslay_event_context_ptr frames, uint8_t *buffer, size_t size, void *user)
{
    (void)frames;
    (void)user;
    random_fill(buffer, size);
    return 0;
}

static void on_message(wslay_event_context_ptr frames,
                       const struct wslay_event_on_msg_recv_arg *message, void *user)
{
    (void)frames;
    HttpSocket *self = user;
    if (message->opcode == WSLAY_TEXT_FRAME || message->opcode == WSLAY_BINARY_FRAME)
        g_queue_push_tail(&self->received,
                          g_strndup((const char *)message->msg, message->msg_length));
    else if (message->opcode == WSLAY_CONNECTION_CLOSE)
        self->closed = true;
}

static const struct wslay_event_callbacks callbacks = {
    .recv_callback = on_recv,
    .send_callback = on_send,
    .genmask_callback = on_mask,
    .on_msg_recv_callback = on_message,
};

/* ---- the socket ---- */

static bool socket_connect(HttpSocket *self, const char *url, GError **error)
{
    char detail[CURL_ERROR_SIZE] = "";
    self->resolve = client_resolve(url);
    client_prepare(self->curl, url, self->resolve);
    curl_easy_setopt(self->curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(self->curl, CURLOPT_ERRORBUFFER, detail);
    CURLcode code = curl_easy_perform(self->curl);
    curl_easy_setopt(self->curl, CURLOPT_ERRORBUFFER, NULL);
    if (code == CURLE_OK)
        return true;
    return error_set(error, ERROR_UNAVAILABLE, "client.failed", "%s: %s", url,
                     *detail != '\0' ? detail : curl_easy_strerror(code));
}

HttpSocket *http_socket_open(HttpClient *client, const char *url, GError **error)
{
    /* "ws://" and "wss://" are http and https here. */
    g_autofree char *plain = g_str_has_prefix(url, "ws") ? g_strconcat("http", url + 2, NULL)
                                                         : client_url(client, url);
    g_autoptr(HttpSocket) self = g_new0(HttpSocket, 1);
    self->curl = curl_easy_init();
    self->early = g_byte_array_new();
    g_queue_init(&self->received);
    if (!socket_connect(self, plain, error) || !handshake(self, client, plain, error))
        return NULL;
    if (wslay_event_context_client_init(&self->frames, &callbacks, self) != 0) {
        error_set(error, ERROR_INTERNAL, "client.socket", "no frame context");
        return NULL;
    }
    wslay_event_config_set_max_recv_msg_length(self->frames, SOCKET_MESSAGE_MAX);
    return g_steal_pointer(&self);
}

bool http_socket_send(HttpSocket *self, const char *text, GError **error)
{
    struct wslay_event_msg message = {WSLAY_TEXT_FRAME, (const uint8_t *)text, strlen(text)};
    int64_t end_ms = time_monotonic_ms() + SOCKET_SEND_MS;
    bool queued = !self->closed && wslay_event_queue_msg(self->frames, &message) == 0;
    while (queued && wslay_event_want_write(self->frames)) {
        if (wslay_event_send(self->frames) != 0)
            queued = false;
        else if (wslay_event_want_write(self->frames) && !socket_poll(self, POLLOUT, end_ms))
            queued = false;
    }
    if (!queued)
        return error_set(error, ERROR_UNAVAILABLE, "client.socket_closed",
                         "The WebSocket is closed.");
    return true;
}

char *http_socket_receive(HttpSocket *self, int timeout_ms, GError **error)
{
    int64_t end_ms = time_monotonic_ms() + timeout_ms;
    while (g_queue_is_empty(&self->received)) {
        bool ended = self->closed || wslay_event_recv(self->frames) != 0;
        /* The last messages may have come together with the end. */
        if (ended && g_queue_is_empty(&self->received)) {
            error_set(error, ERROR_UNAVAILABLE, "client.socket_closed",
                      "The WebSocket was closed by the other side.");
            return NULL;
        }
        wslay_event_send(self->frames); /* pongs */
        if (g_queue_is_empty(&self->received) && !self->closed &&
            !socket_poll(self, POLLIN, end_ms)) {
            error_set(error, ERROR_UNAVAILABLE, "client.socket_timeout",
                      "No message came within %d ms.", timeout_ms);
            return NULL;
        }
    }
    return g_queue_pop_head(&self->received);
}

void http_socket_close(HttpSocket *self)
{
    if (self == NULL)
        return;
    if (self->frames != NULL) {
        wslay_event_queue_close(self->frames, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
        wslay_event_send(self->frames);
        wslay_event_context_free(self->frames);
    }
    curl_easy_cleanup(self->curl);
    curl_slist_free_all(self->resolve);
    g_byte_array_unref(self->early);
    g_queue_clear_full(&self->received, g_free);
    g_free(self);
}
