/* SPDX-License-Identifier: Apache-2.0 */
#include "server/watch.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/health.h"
#include "server/serve.h"
#include "server/server_cli.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define WATCH_CONNECTIONS 32
#define TOKEN_MIN 16
#define TOKEN_MAX 1024

struct Watch {
    App *app;
    HttpServer *server;
    HttpSite site;
    const HttpSite *sites[2];
    bool has_token;
    unsigned char token[HASH_SIZE];   /* hashed: compared whole, whatever was sent */
};

/* ---- who may ---- */

static Watch *watch_of(const HttpRequest *request)
{
    return http_request_site_data(request);
}

static bool watch_allow(HttpRequest *request, GError **error)
{
    const Watch *watch = watch_of(request);
    const char *header = http_request_header(request, "Authorization");
    unsigned char given[HASH_SIZE] = {0};
    if (!watch->has_token)
        return true;
    if (header != NULL && g_ascii_strncasecmp(header, "Bearer ", 7) == 0) {
        const char *token = header + 7;
        crypto_hash_sha256(given, (const unsigned char *)token, strlen(token));
        if (sodium_memcmp(given, watch->token, HASH_SIZE) == 0)
            return true;
    }
    return error_set(error, ERROR_UNAUTHENTICATED, "metrics.token",
                     "The metrics need the token of metrics.token_file, as \"Authorization: Bearer\".");
}

/* Without a token, only an address or this machine's own name is accepted as Host: a page elsewhere
 * whose name is made to point here (DNS rebinding) reads nothing. */
static bool watch_match(const char *host, void *data)
{
    const Watch *watch = data;
    struct in_addr v4;
    const char *colon = strchr(host, ':');
    g_autofree char *name = colon != NULL ? g_strndup(host, (size_t)(colon - host)) : g_strdup(host);
    return watch->has_token || *host == '[' || inet_pton(AF_INET, name, &v4) == 1 ||
           g_ascii_strcasecmp(name, "localhost") == 0;
}

/* ---- what they get ---- */

static void watch_measure_disk(const App *app)
{
    struct statvfs disk;
    if (statvfs(app->state_dir, &disk) == 0)
        metric_set(METRIC_DISK_FREE, "state", NULL, (int64_t)disk.f_bavail * (int64_t)disk.f_frsize);
}

/* Root's file, written by `darse backup`: only its time is looked at. */
static void watch_measure_backup(const App *app)
{
    struct stat st;
    g_autofree char *path = g_build_filename(app->state_dir, "backup.json", NULL);
    if (stat(path, &st) == 0)
        metric_set(METRIC_BACKUP_LAST, NULL, NULL, st.st_mtim.tv_sec * INT64_C(1000000));
}

static bool watch_metrics(HttpRequest *request, GError **error)
{
    Watch *watch = watch_of(request);
    Health health;
    if (!watch_allow(request, error))
        return false;
    health_look(watch->app, &health);
    metrics_measure_process();
    watch_measure_disk(watch->app);
    watch_measure_backup(watch->app);
    audit_measure(watch->app->audit);
    for (const Room *const *room = server_rooms(); *room != NULL; room++) {
        g_autoptr(GError) problem = NULL;
        /* What cannot be counted now must not hide the rest: darse_part_up tells. */
        if ((*room)->measure != NULL && !(*room)->measure(watch->app, &problem))
            log_warning("metrics.room", "room", (*room)->name, "why", problem->message);
    }
    char *text = metrics_text();
    g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));
    return http_reply_bytes(request, 200, "text/plain; version=0.0.4; charset=utf-8",
                            g_steal_pointer(&bytes), error);
}

static bool watch_health(HttpRequest *request, GError **error)
{
    return watch_allow(request, error) && health_parts(request, watch_of(request)->app, error);
}

static const HttpRoute watch_routes[] = {
    {.method = "GET", .path = "/metrics", .handler = watch_metrics, .access = HTTP_PUBLIC,
     .tag = "watch", .summary = "Metrics in Prometheus' text format"},
    {.method = "GET", .path = "/healthz", .handler = watch_health, .access = HTTP_PUBLIC,
     .answer = health_ready_fields, .tag = "watch", .summary = "As the portal's, with its parts"},
    {.method = "GET", .path = "/livez", .handler = health_live, .access = HTTP_PUBLIC,
     .answer = health_live_fields, .tag = "watch", .summary = "200 while the process answers"},
    {0},
};
static const HttpRoute *const watch_tables[] = {watch_routes, NULL};

/* ---- life ---- */

static bool watch_read_token(Watch *watch, GError **error)
{
    const char *path = config_text(watch->app->config, "metrics.token_file");
    const char *address = config_text(watch->app->config, "metrics.listen");
    char *token = NULL;
    if (*path == '\0') {
        if (serve_is_loopback(address))
            return true;
        return error_set(error, ERROR_INVALID, "metrics.no_token",
                         "metrics.listen is %s, which others can reach: name a file with a token in "
                         "metrics.token_file, or listen on 127.0.0.1.", address);
    }
    if (!file_read(path, TOKEN_MAX, &token, NULL, error))
        return false;
    g_strstrip(token);
    bool ok = strlen(token) >= TOKEN_MIN;
    crypto_hash_sha256(watch->token, (const unsigned char *)token, strlen(token));
    secret_free(token);
    watch->has_token = ok;
    return ok || error_set(error, ERROR_INVALID, "metrics.token_short",
                           "The token in %s has fewer than %d characters.", path, TOKEN_MIN);
}

static bool watch_listen(Watch *watch, GError **error)
{
    const Config *config = watch->app->config;
    HttpListener listener = {.address = config_text(config, "metrics.listen"),
                             .port = (int)config_integer(config, "metrics.port"),
                             .sites = watch->sites};
    HttpLimits limits = {.max_connections = WATCH_CONNECTIONS, .max_body_bytes = 1024};
    watch->site = (HttpSite){.name = "watch", .match = watch_match, .tables = watch_tables,
                             .data = watch};
    watch->sites[0] = &watch->site;
    watch->server = http_server_start(&listener, &limits, error);
    if (watch->server == NULL)
        g_prefix_error(error, "metrics: ");
    return watch->server != NULL;
}

bool watch_start(App *app, Watch **ret_watch, GError **error)
{
    *ret_watch = NULL;
    if (config_integer(app->config, "metrics.port") == 0)
        return true;
    Watch *watch = g_new0(Watch, 1);
    watch->app = app;
    if (!watch_read_token(watch, error) || !watch_listen(watch, error)) {
        watch_free(watch);
        return false;
    }
    *ret_watch = watch;
    return true;
}

void watch_stop(Watch *watch, int grace_ms)
{
    if (watch != NULL)
        http_server_stop(watch->server, grace_ms);
}

void watch_free(Watch *watch)
{
    if (watch == NULL)
        return;
    http_server_free(watch->server);
    g_free(watch);
}
