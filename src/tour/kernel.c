/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Jupyter kernel through the gateway, as the pages of JupyterLab speak to it: the service's own
 * origin, its cookies, its protection against forged requests, and the messages of the kernel on a
 * WebSocket (https://jupyter-client.readthedocs.io, "Messaging in Jupyter").
 */
#include "tour/steps.h"

#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"

#include <string.h>

#define OUTPUT_MAX_BYTES 65536
#define RUN_TIMEOUT_MS 60000

/* The value of cookie NAME in a Set-Cookie header, or NULL. Caller frees. */
static char *cookie_of(const char *header, const char *name)
{
    g_autofree char *start = g_strconcat(name, "=", NULL);
    if (header == NULL || !g_str_has_prefix(header, start))
        return NULL;
    const char *value = header + strlen(start);
    return g_strndup(value, strcspn(value, ";"));
}

static bool ticket_new(Tour *tour, char **ret_url, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/services/%s/ticket", tour->service);
    g_autoptr(json_t) ticket = NULL;
    if (!demo_call(tour->scientist, "POST", path, json_pack("{s:s}", "next", "/api/status"), 200,
                   &ticket, error))
        return false;
    *ret_url = g_strdup(demo_text(ticket, "url"));
    return true;
}

static bool origin_status(Tour *tour, HttpClient *client, const char *address, int *ret_status,
                          GError **error)
{
    return http_client_call(client, "GET", address, NULL, ret_status, NULL, error);
}

bool kernel_enter(Tour *tour, GError **error)
{
    g_autofree char *url = NULL;
    if (!ticket_new(tour, &url, error))
        return false;
    const char *end = strstr(url, "://") != NULL ? strchr(strstr(url, "://") + 3, '/') : NULL;
    if (end == NULL)
        return tour_fail(error, "the ticket's address is \"%s\"", url);
    tour->origin = g_strndup(url, (gsize)(end - url));
    g_autofree char *api = tour_path("%s/api/status", tour->origin);
    tour->browser = http_client_new(tour->origin);
    http_client_use_cookies(tour->browser);
    int status = 0;
    if (!origin_status(tour, tour->browser, api, &status, error))
        return false;
    if (status != 401 && status != 403)
        return tour_fail(error, "without a ticket the service answers %d", status);
    if (!origin_status(tour, tour->browser, url, &status, error))
        return false;
    if (status >= 400)
        return tour_fail(error, "the ticket was answered with %d", status);
    if (!origin_status(tour, tour->browser, api, &status, error))
        return false;
    if (status != 200)
        return tour_fail(error, "JupyterLab answers %d after the ticket", status);
    g_autoptr(HttpClient) other = http_client_new(tour->origin);
    http_client_use_cookies(other);
    if (!origin_status(tour, other, url, &status, error) ||
        !origin_status(tour, other, api, &status, error))
        return false;
    if (status != 401 && status != 403)
        return tour_fail(error, "the same ticket opened the service twice (%d)", status);
    tour_note(tour, "%s", tour->origin);
    return true;
}

/* JupyterLab gives the token that it wants back with every change when it shows a page. */
static bool kernel_take_token(Tour *tour, GError **error)
{
    g_autofree char *page = tour_path("%s/lab", tour->origin);
    int status = 0;
    if (!origin_status(tour, tour->browser, page, &status, error))
        return false;
    g_autofree char *token = cookie_of(http_client_header(tour->browser, "Set-Cookie"), "_xsrf");
    if (status != 200 || token == NULL)
        return tour_fail(error, "the page of JupyterLab answers %d %s", status,
                         token == NULL ? "and sets no _xsrf cookie" : "");
    http_client_set_header(tour->browser, "X-XSRFToken", token);
    http_client_set_header(tour->browser, "Origin", tour->origin);
    return true;
}

bool kernel_start(Tour *tour, GError **error)
{
    if (!kernel_take_token(tour, error))
        return false;
    g_autofree char *path = tour_path("%s/api/kernels", tour->origin);
    g_autoptr(json_t) body = json_pack("{s:s}", "name", "python3");
    g_autoptr(json_t) made = NULL;
    int status = 0;
    if (!http_client_call(tour->browser, "POST", path, body, &status, &made, error))
        return false;
    if (status != 201)
        return tour_fail(error, "starting a kernel was answered with %d: %s", status,
                         demo_text(made, "message"));
    tour->kernel = g_strdup(demo_text(made, "id"));
    return true;
}

static json_t *execute_request(const char *message_id, const char *session, const char *code)
{
    g_autofree char *date = time_format(time_now_ms());
    return json_pack(
        "{s:{s:s, s:s, s:s, s:s, s:s, s:s}, s:{}, s:{}, s:{s:s, s:b, s:b, s:{}, s:b, s:b}, s:s,"
        " s:[]}",
        "header", "msg_id", message_id, "session", session, "username", "scientist", "date", date,
        "msg_type", "execute_request", "version", "5.3", "parent_header", "metadata", "content",
        "code", code, "silent", 0, "store_history", 1, "user_expressions", "allow_stdin", 0,
        "stop_on_error", 1, "channel", "shell", "buffers");
}

/* Reads one message about MESSAGE_ID. *RET_DONE once the kernel is idle again. */
static bool kernel_take(const json_t *message, const char *message_id, GString *output,
                        bool *ret_done, GError **error)
{
    if (strcmp(demo_text(json_object_get(message, "parent_header"), "msg_id"), message_id) != 0)
        return true;
    const char *type = demo_text(json_object_get(message, "header"), "msg_type");
    const json_t *content = json_object_get(message, "content");
    if (strcmp(type, "stream") == 0 && output->len < OUTPUT_MAX_BYTES)
        g_string_append(output, demo_text(content, "text"));
    if (strcmp(type, "error") == 0)
        return tour_fail(error, "Python says %s: %s", demo_text(content, "ename"),
                         demo_text(content, "evalue"));
    if (strcmp(type, "status") == 0 && strcmp(demo_text(content, "execution_state"), "idle") == 0)
        *ret_done = true;
    return true;
}

bool kernel_run(Tour *tour, const char *code, char **ret_output, GError **error)
{
    g_autofree char *session = id_new("ses");
    g_autofree char *message_id = id_new("msg");
    g_autofree char *address =
        tour_path("ws%s/api/kernels/%s/channels?session_id=%s",
                  tour->origin + strlen("http"), tour->kernel, session);
    g_autoptr(HttpSocket) socket = http_socket_open(tour->browser, address, error);
    if (socket == NULL)
        return false;
    g_autoptr(json_t) request = execute_request(message_id, session, code);
    g_autofree char *text = json_dumps(request, JSON_COMPACT);
    if (!http_socket_send(socket, text, error))
        return false;
    g_autoptr(GString) output = g_string_new(NULL);
    int64_t deadline = time_monotonic_ms() + RUN_TIMEOUT_MS;
    for (bool done = false; !done;) {
        int64_t left = deadline - time_monotonic_ms();
        if (left <= 0)
            return tour_fail(error, "the kernel did not answer in %d s", RUN_TIMEOUT_MS / 1000);
        g_autofree char *received = http_socket_receive(socket, (int)left, error);
        if (received == NULL)
            return false;
        g_autoptr(json_t) message = json_loads(received, 0, NULL);
        if (message == NULL)
            return tour_fail(error, "the kernel sent something that is not JSON");
        if (!kernel_take(message, message_id, output, &done, error))
            return false;
    }
    *ret_output = g_string_free(g_steal_pointer(&output), FALSE);
    return true;
}
