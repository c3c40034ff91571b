/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client of the command line, on libcurl. Cookies are kept here and not by libcurl, which
 * refuses Secure cookies over plain http for names below ".localhost" that browsers trust.
 */
#include "http/client_internal.h"

#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENT_CONNECT_SECONDS 10L
#define CLIENT_STALL_SECONDS 120L
#define CLIENT_ANSWER_MAX (64 * 1024 * 1024)

HttpClient *http_client_new(const char *base_url)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    HttpClient *client = g_new0(HttpClient, 1);
    client->curl = curl_easy_init();
    g_assert(client->curl != NULL);
    client->base_url = g_strdup(base_url);
    while (g_str_has_suffix(client->base_url, "/"))
        client->base_url[strlen(client->base_url) - 1] = '\0';
    client->jar = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                        (GDestroyNotify)g_hash_table_unref);
    client->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    client->own_headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify)secret_free);
    return client;
}

void http_client_free(HttpClient *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    secret_free(client->token);
    g_free(client->base_url);
    g_hash_table_unref(client->jar);
    g_hash_table_unref(client->headers);
    g_hash_table_unref(client->own_headers);
    g_free(client);
}

void http_client_set_token(HttpClient *client, const char *token)
{
    secret_free(client->token);
    client->token = g_strdup(token);
}

void http_client_set_header(HttpClient *client, const char *name, const char *value)
{
    if (value != NULL)
        g_hash_table_replace(client->own_headers, g_strdup(name), g_strdup(value));
    else
        g_hash_table_remove(client->own_headers, name);
}

void http_client_use_cookies(HttpClient *client)
{
    client->use_cookies = true;
}

const char *http_client_header(HttpClient *client, const char *name)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    return g_hash_table_lookup(client->headers, lower);
}

/* ---- addresses ---- */

char *client_url(const HttpClient *client, const char *path)
{
    if (g_str_has_prefix(path, "http://") || g_str_has_prefix(path, "https://"))
        return g_strdup(path);
    return g_strconcat(client->base_url, path, NULL);
}

static char *url_part(const char *url, CURLUPart part)
{
    CURLU *parsed = curl_url();
    char *text = NULL;
    char *copy = NULL;
    if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parsed, part, &text, part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) ==
            CURLUE_OK)
        copy = g_strdup(text);
    curl_free(text);
    curl_url_cleanup(parsed);
    return copy;
}

char *client_url_host(const char *url)
{
    return url_part(url, CURLUPART_HOST);
}

char *client_url_port(const char *url)
{
    return url_part(url, CURLUPART_PORT);
}

struct curl_slist *client_resolve(const char *url)
{
    g_autofree char *host = client_url_host(url);
    g_autofree char *port = client_url_port(url);
    if (host == NULL || port == NULL ||
        (!g_str_has_suffix(host, ".localhost") && strcmp(host, "localhost") != 0))
        return NULL;
    g_autofree char *entry = g_strdup_printf("%s:%s:127.0.0.1,::1", host, port);
    return curl_slist_append(NULL, entry);
}

/* ---- cookies ---- */

char *client_cookies(const HttpClient *client, const char *url)
{
    g_autofree char *host = client_url_host(url);
    GHashTable *cookies = host == NULL ? NULL : g_hash_table_lookup(client->jar, host);
    if (!client->use_cookies || cookies == NULL || g_hash_table_size(cookies) == 0)
        return NULL;
    GString *text = g_string_new(NULL);
    GHashTableIter iter;
    void *name, *value;
    g_hash_table_iter_init(&iter, cookies);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_string_append_printf(text, "%s%s=%s", text->len > 0 ? "; " : "", (char *)name,
                               (char *)value);
    return g_string_free(text, FALSE);
}

static void cookie_store(HttpClient *client, const char *host, const char *line)
{
    g_auto(GStrv) parts = g_strsplit(line, ";", -1);
    char *equals = parts[0] == NULL ? NULL : strchr(parts[0], '=');
    if (equals == NULL)
        return;
    *equals = '\0';
    const char *name = g_strstrip(parts[0]);
    const char *value = g_strstrip(equals + 1);
    bool expired = *value == '\0';
    for (char **part = parts + 1; *part != NULL; part++) {
        const char *attribute = g_strstrip(*part);
        if (g_ascii_strncasecmp(attribute, "max-age=", 8) == 0)
            expired = expired || g_ascii_strtoll(attribute + 8, NULL, 10) <= 0;
    }
    GHashTable *cookies = g_hash_table_lookup(client->jar, host);
    if (cookies == NULL) {
        cookies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_hash_table_insert(client->jar, g_strdup(host), cookies);
    }
    if (expired)
        g_hash_table_remove(cookies, name);
    else
        g_hash_table_replace(cookies, g_strdup(name), g_strdup(value));
}

/* ---- one exchange ---- */

typedef struct Exchange {
    HttpClient *client;
    char *host;
    GByteArray *answer;
    int64_t max_bytes;
    bool too_large;
    int into_fd;            /* where the body of a good answer goes, or -1 */
    bool write_failed;
    int from_fd;            /* of what is sent */
    int64_t at, left;
    HttpProgress progress;
    void *user;
} Exchange;

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
    Exchange *exchange = user;
    g_autofree char *line = g_strndup(bytes, size * count);
    char *colon = strchr(line, ':');
    if (g_str_has_prefix(line, "HTTP/"))
        g_hash_table_remove_all(exchange->client->headers);
    if (colon != NULL) {
        *colon = '\0';
        const char *value = g_strstrip(colon + 1);
        char *name = g_ascii_strdown(line, -1);
        if (exchange->client->use_cookies && strcmp(name, "set-cookie") == 0)
            cookie_store(exchange->client, exchange->host, value);
        g_hash_table_replace(exchange->client->headers, name, g_strdup(value));
    }
    return size * count;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *user)
{
    Exchange *exchange = user;
    long status = 0;
    curl_easy_getinfo(exchange->client->curl, CURLINFO_RESPONSE_CODE, &status);
    if (exchange->into_fd >= 0 && status >= 200 && status < 300) {
        exchange->write_failed = !fd_write_all(exchange->into_fd, bytes, size * count, NULL);
        return exchange->write_failed ? 0 : size * count;
    }
    if ((int64_t)(exchange->answer->len + size * count) > exchange->max_bytes) {
        exchange->too_large = true;
        return 0;
    }
    g_byte_array_append(exchange->answer, (const guint8 *)bytes, (guint)(size * count));
    return size * count;
}

struct curl_slist *client_common_headers(const HttpClient *client, const char *url)
{
    struct curl_slist *list = NULL;
    if (client->token != NULL) {
        char *line = g_strconcat("Authorization: Bearer ", client->token, NULL);
        list = curl_slist_append(list, line);
        secret_free(line);
    }
    char *cookies = client_cookies(client, url);
    if (cookies != NULL) {
        char *line = g_strconcat("Cookie: ", cookies, NULL);
        list = curl_slist_append(list, line);
        secret_free(line);
        secret_free(cookies);
    }
    GHashTableIter iter;
    void *name, *value;
    g_hash_table_iter_init(&iter, client->own_headers);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        char *line = g_strdup_printf("%s: %s", (char *)name, (char *)value);
        list = curl_slist_append(list, line);
        secret_free(line);
    }
    return list;
}

void client_prepare(CURL *curl, const char *url, struct curl_slist *resolve)
{
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_RESOLVE, resolve);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1,.localhost");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "darse/" DARSE_VERSION);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CLIENT_CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, CLIENT_STALL_SECONDS);
}

/* The caller has set method and body. */
static bool exchange_run(Exchange *exchange, const char *url, struct curl_slist *extra,
                         int *ret_status, GError **error)
{
    CURL *curl = exchange->client->curl;
    char detail[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = client_common_headers(exchange->client, url);
    for (struct curl_slist *line = extra; line != NULL; line = line->next)
        headers = curl_slist_append(headers, line->data);
    /* No "Expect: 100-continue" wait for small bodies. */
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    g_hash_table_remove_all(exchange->client->headers);
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    if (exchange->write_failed)
        return error_set(error, ERROR_UNAVAILABLE, "client.write",
                         "What %s answers cannot be written here; is the disk full?", url);
    if (exchange->too_large)
        return error_set(error, ERROR_TOO_LARGE, "client.too_large",
                         "The answer of %s has more than %" G_GINT64_FORMAT " bytes.", url,
                         exchange->max_bytes);
    /* A server that refuses an upload may answer before it has read it all. */
    if (code != CURLE_OK && !(code == CURLE_SEND_ERROR && status >= 400))
        return error_set(error, ERROR_UNAVAILABLE, "client.failed", "%s: %s", url,
                         *detail != '\0' ? detail : curl_easy_strerror(code));
    *ret_status = (int)status;
    return true;
}

static json_t *answer_json(const Exchange *exchange)
{
    const char *type = http_client_header(exchange->client, "Content-Type");
    if (type == NULL || strstr(type, "json") == NULL || exchange->answer->len == 0)
        return NULL;
    return json_parse((const char *)exchange->answer->data, exchange->answer->len, NULL);
}

static struct curl_slist *method_set(HttpClient *client, const char *method)
{
    CURL *curl = client->curl;
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");
    list = curl_slist_append(list, "Expect:");
    if (g_hash_table_contains(client->own_headers, "Origin"))
        return list;
    g_autofree char *origin = g_strconcat("Origin: ", client->base_url, NULL);
    return curl_slist_append(list, origin);
}

static bool exchange_json(HttpClient *client, const char *url, struct curl_slist *headers,
                          struct curl_slist *resolve, int *ret_status, json_t **ret_answer,
                          GError **error)
{
    Exchange exchange = {.client = client, .host = client_url_host(url),
                         .answer = g_byte_array_new(), .max_bytes = CLIENT_ANSWER_MAX,
                         .into_fd = -1};
    bool done = exchange_run(&exchange, url, headers, ret_status, error);
    if (done && ret_answer != NULL)
        *ret_answer = answer_json(&exchange);
    g_byte_array_unref(exchange.answer);
    g_free(exchange.host);
    curl_slist_free_all(headers);
    curl_slist_free_all(resolve);
    return done;
}

bool http_client_call(HttpClient *client, const char *method, const char *path,
                      const json_t *body, int *ret_status, json_t **ret_answer, GError **error)
{
    g_autofree char *url = client_url(client, path);
    struct curl_slist *resolve = client_resolve(url);
    client_prepare(client->curl, url, resolve);
    struct curl_slist *headers = method_set(client, method);
    char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    if (text != NULL) {
        headers = curl_slist_append(headers, "Content-Type: application/json");
        curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, text);
        curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(text));
        curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
    }
    bool done = exchange_json(client, url, headers, resolve, ret_status, ret_answer, error);
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
    return done;
}

bool http_client_upload(HttpClient *client, const char *method, const char *path,
                        const char *content_type, const char *file, int *ret_status,
                        json_t **ret_answer, GError **error)
{
    FILE *stream = fopen(file, "rbe");
    struct stat facts;
    if (stream == NULL || fstat(fileno(stream), &facts) < 0 || !S_ISREG(facts.st_mode)) {
        int saved = errno;
        if (stream != NULL)
            fclose(stream);
        return error_set_errno(error, saved, "client.file", "cannot read \"%s\"", file);
    }
    g_autofree char *url = client_url(client, path);
    struct curl_slist *resolve = client_resolve(url);
    client_prepare(client->curl, url, resolve);
    curl_easy_setopt(client->curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(client->curl, CURLOPT_READDATA, stream);
    curl_easy_setopt(client->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)facts.st_size);
    struct curl_slist *headers = method_set(client, method);
    g_autofree char *type = g_strconcat("Content-Type: ", content_type, NULL);
    headers = curl_slist_append(headers, type);
    bool done = exchange_json(client, url, headers, resolve, ret_status, ret_answer, error);
    fclose(stream);
    return done;
}

bool http_client_download(HttpClient *client, const char *path, int64_t max_bytes,
                          int *ret_status, GBytes **ret_bytes, GError **error)
{
    g_autofree char *url = client_url(client, path);
    g_autofree char *host = client_url_host(url);
    struct curl_slist *resolve = client_resolve(url);
    client_prepare(client->curl, url, resolve);
    Exchange exchange = {.client = client, .host = host, .answer = g_byte_array_new(),
                         .max_bytes = max_bytes, .into_fd = -1};
    bool done = exchange_run(&exchange, url, NULL, ret_status, error);
    curl_slist_free_all(resolve);
    if (done)
        *ret_bytes = g_byte_array_free_to_bytes(exchange.answer);
    else
        g_byte_array_unref(exchange.answer);
    return done;
}

/* ---- files, with progress ---- */

static size_t on_read(char *buffer, size_t size, size_t count, void *user)
{
    Exchange *exchange = user;
    int64_t wanted = MIN((int64_t)(size * count), exchange->left);
    if (wanted == 0)
        return 0;
    ssize_t got = pread(exchange->from_fd, buffer, (size_t)wanted, (off_t)exchange->at);
    if (got <= 0)
        return CURL_READFUNC_ABORT; /* it became shorter, or cannot be read */
    exchange->at += got;
    exchange->left -= got;
    return (size_t)got;
}

static int on_progress(void *user, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    const Exchange *exchange = user;
    bool sending = exchange->from_fd >= 0;
    curl_off_t all = sending ? up_all : down_all;
    exchange->progress(sending ? up : down, all > 0 ? all : -1, exchange->user);
    return 0;
}

static bool exchange_files(Exchange *exchange, const char *url, struct curl_slist *headers,
                           struct curl_slist *resolve, int *ret_status, json_t **ret_answer,
                           GError **error)
{
    CURL *curl = exchange->client->curl;
    if (exchange->progress != NULL) {
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
    }
    bool done = exchange_run(exchange, url, headers, ret_status, error);
    if (done)
        *ret_answer = answer_json(exchange);
    curl_slist_free_all(headers);
    curl_slist_free_all(resolve);
    g_byte_array_unref(exchange->answer);
    g_free(exchange->host);
    return done;
}

bool http_client_send(HttpClient *client, const char *method, const char *path, const char *type,
                      int fd, int64_t offset, int64_t size, HttpProgress progress, void *user,
                      int *ret_status, json_t **ret_answer, GError **error)
{
    g_autofree char *url = client_url(client, path);
    struct curl_slist *resolve = client_resolve(url);
    Exchange exchange = {.client = client, .host = client_url_host(url),
                         .answer = g_byte_array_new(), .max_bytes = CLIENT_ANSWER_MAX,
                         .into_fd = -1, .from_fd = fd, .at = offset, .left = size,
                         .progress = progress, .user = user};
    client_prepare(client->curl, url, resolve);
    curl_easy_setopt(client->curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(client->curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(client->curl, CURLOPT_READDATA, &exchange);
    curl_easy_setopt(client->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)size);
    struct curl_slist *headers = method_set(client, method);
    g_autofree char *line = g_strconcat("Content-Type: ", type, NULL);
    headers = curl_slist_append(headers, line);
    return exchange_files(&exchange, url, headers, resolve, ret_status, ret_answer, error);
}

bool http_client_fetch(HttpClient *client, const char *path, int fd, HttpProgress progress,
                       void *user, int *ret_status, json_t **ret_answer, GError **error)
{
    g_autofree char *url = client_url(client, path);
    struct curl_slist *resolve = client_resolve(url);
    Exchange exchange = {.client = client, .host = client_url_host(url),
                         .answer = g_byte_array_new(), .max_bytes = CLIENT_ANSWER_MAX,
                         .into_fd = fd, .from_fd = -1, .progress = progress, .user = user};
    client_prepare(client->curl, url, resolve);
    return exchange_files(&exchange, url, NULL, resolve, ret_status, ret_answer, error);
}
