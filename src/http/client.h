/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client of our own command line (libcurl): JSON calls with a token or a cookie jar, file
 * uploads and downloads with progress, and a WebSocket for talking to a kernel. One client is used
 * by one thread.
 */
#ifndef DARSE_HTTP_CLIENT_H
#define DARSE_HTTP_CLIENT_H

#include "base/encode.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct HttpClient HttpClient;

/* BASE_URL: "http://localhost:8080". Host names that end in ".localhost" go to loopback. */
HttpClient *http_client_new(const char *base_url);
void http_client_free(HttpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_free)
/* Sent as `Authorization: Bearer`. Copied; wiped on free. */
void http_client_set_token(HttpClient *client, const char *token);
/* Keeps cookies in memory between calls. */
void http_client_use_cookies(HttpClient *client);
/* Sends NAME with every call from now on (X-Darse-CSRF, X-XSRFToken); VALUE NULL: no more. Copied. */
void http_client_set_header(HttpClient *client, const char *name, const char *value);

/* PATH: "/api/v1/..." or a whole URL. BODY may be NULL (borrowed). Any HTTP status is a success of
 * the call; RET_ANSWER is NULL when the answer is not JSON. */
bool http_client_call(HttpClient *client, const char *method, const char *path,
                      const json_t *body, int *ret_status, json_t **ret_answer, GError **error);
bool http_client_upload(HttpClient *client, const char *method, const char *path,
                        const char *content_type, const char *file, int *ret_status,
                        json_t **ret_answer, GError **error);
/* At most MAX_BYTES. */
bool http_client_download(HttpClient *client, const char *path, int64_t max_bytes,
                          int *ret_status, GBytes **ret_bytes, GError **error);

/* SENT or received of TOTAL bytes (-1: unknown). */
typedef void (*HttpProgress)(int64_t done, int64_t total, void *user);
/* Sends SIZE bytes of the regular file FD from OFFSET. PROGRESS may be NULL. */
bool http_client_send(HttpClient *client, const char *method, const char *path, const char *type,
                      int fd, int64_t offset, int64_t size, HttpProgress progress, void *user,
                      int *ret_status, json_t **ret_answer, GError **error);
/* Writes the body of a good answer (2xx) to FD as it comes; that of any other goes to *RET_ANSWER. */
bool http_client_fetch(HttpClient *client, const char *path, int fd, HttpProgress progress,
                       void *user, int *ret_status, json_t **ret_answer, GError **error);
/* Value of a header of the last answer, or NULL. */
const char *http_client_header(HttpClient *client, const char *name);

/* WebSocket text messages through the same cookies and token. */
typedef struct HttpSocket HttpSocket;
HttpSocket *http_socket_open(HttpClient *client, const char *url, GError **error);
bool http_socket_send(HttpSocket *socket, const char *text, GError **error);
/* A whole message; NULL on timeout (ERROR_UNAVAILABLE) or close. Caller frees. */
char *http_socket_receive(HttpSocket *socket, int timeout_ms, GError **error);
void http_socket_close(HttpSocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpSocket, http_socket_close)

#endif
