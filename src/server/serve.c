/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the parts in order, waits for a signal, stops them in the reverse order. */
#include "server/serve.h"

#include "app/once.h"
#include "base/files.h"
#include "base/log.h"
#include "base/times.h"
#include "engine/engine.h"
#include "gateway/gateway.h"
#include "identity/identity.h"
#include "lake/lake.h"
#include "server/clock.h"
#include "server/notify.h"
#include "server/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_READERS 8
#define STOP_GRACE_MS 5000
#define ROOMS_MAX 32

#define RATES 3

typedef struct Serve {
    App app;
    const Room *const *rooms;
    const HttpRoute *tables[ROOMS_MAX + 1];
    HttpSite portal_site;
    HttpRate rates[RATES + 1];
    const HttpSite *portal_sites[3];
    const HttpSite *lake_sites[2];
    char *portal_url, *lake_url, *services_suffix, *program;
    Watch *watch;
    size_t rooms_started;
} Serve;

char *serve_store_url(const Config *config)
{
    const char *url = config_text(config, "store.url");
    if (*url != '\0')
        return g_strdup(url);
    return g_strdup_printf("sqlite:%s/darse.db", config_state_dir(config));
}

static bool serve_store_password(const Config *config, char **ret_password, GError **error)
{
    const char *path = config_text(config, "store.password_file");
    char *password = NULL;
    if (*path != '\0' && !file_read(path, 1024, &password, NULL, error))
        return false;
    if (password != NULL)
        g_strchomp(password);
    *ret_password = password;
    return true;
}

Store *serve_store_open(const Config *config, int readers, GError **error)
{
    g_autofree char *url = serve_store_url(config);
    char *password = NULL;
    if (!serve_store_password(config, &password, error))
        return NULL;
    Store *store = store_open(url, password, readers, error);
    secret_free(password);
    return store;
}

bool serve_is_loopback(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

typedef struct DemonstrationQuestion {
    bool yes;
} DemonstrationQuestion;

static bool serve_read_demonstration(StoreTx *tx, void *data, GError **error)
{
    DemonstrationQuestion *question = data;
    int64_t count = 0;
    if (!store_query_integer(tx, &count, 0, error,
                             "SELECT count(*) FROM instance_fact WHERE name = $1 AND value = $2",
                             store_text("demonstration"), store_text("true")))
        return false;
    question->yes = count > 0;
    return true;
}

bool serve_is_demonstration(Store *store, bool *ret_demonstration, GError **error)
{
    DemonstrationQuestion question = {false};
    if (!store_read(store, serve_read_demonstration, &question, error))
        return false;
    *ret_demonstration = question.yes;
    return true;
}

static bool serve_open_parts(Serve *serve, GError **error)
{
    App *app = &serve->app;
    app->store = serve_store_open(app->config, STORE_READERS, error);
    if (app->store == NULL || !store_migrate(app->store, 0, error))
        return false;
    app->audit = audit_open(app->state_dir, app->store, error);
    if (app->audit == NULL)
        return false;
    if (!serve_is_demonstration(app->store, &app->demonstration, error))
        return false;
    const char *address = config_text(app->config, "server.listen");
    if (app->demonstration && !serve_is_loopback(address))
        return error_set(error, ERROR_INVALID, "server.demonstration",
                         "This state directory is a demonstration, whose passwords are public: it "
                         "listens on loopback only, not on %s.", address);
    g_autofree char *socket = g_build_filename(app->state_dir, "run", "engine.sock", NULL);
    app->engine = engine_client_new(socket);
    app->events = events_new();
    app->once = once_new();
    return true;
}

/* Ports may be chosen by the kernel, and addresses hold them: they are known once the listeners
 * are bound, before the rooms start and before anything is answered from them. */
static bool serve_free_port(const Config *config, const char *key, int *ret_port, GError **error)
{
    int port = (int)config_integer(config, key);
    if (port != 0) {
        *ret_port = port;
        return true;
    }
    FD_AUTO int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return error_set_errno(error, errno, "server.port", "No free port");
    *ret_port = ntohs(address.sin_port);
    return true;
}

static void serve_name_addresses(Serve *serve, int port, int lake_port)
{
    const Config *config = serve->app.config;
    const char *given = config_text(config, "server.public_url");
    serve->portal_url = *given != '\0' ? g_strdup(given)
                                       : g_strdup_printf("http://localhost:%d", port);
    if (g_str_has_suffix(serve->portal_url, "/"))
        serve->portal_url[strlen(serve->portal_url) - 1] = '\0';
    const char *domain = config_text(config, "server.services_domain");
    const char *after_scheme = strstr(serve->portal_url, "://");
    const char *colon = after_scheme != NULL ? strrchr(after_scheme + 3, ':') : NULL;
    serve->services_suffix = g_strdup_printf(".%s%s", domain, colon != NULL ? colon : "");
    serve->lake_url = g_strdup_printf("http://localhost:%d", lake_port);
    serve->app.portal_url = serve->portal_url;
    serve->app.services_suffix = serve->services_suffix;
    serve->app.lake_url = serve->lake_url;
}

static bool serve_start_rooms(Serve *serve, GError **error)
{
    size_t tables = 0;
    for (const Room *const *room = serve->rooms; *room != NULL; room++) {
        if ((*room)->start != NULL && !(*room)->start(&serve->app, error)) {
            g_prefix_error(error, "%s: ", (*room)->name);
            return false;
        }
        serve->rooms_started++;
        g_assert(tables < ROOMS_MAX);
        if ((*room)->routes != NULL)
            serve->tables[tables++] = (*room)->routes;
    }
    return true;
}

/* The host part of "name:port" or "[::1]:port". Caller frees. */
static char *host_name(const char *host)
{
    const char *end = strrchr(host, ']');
    const char *colon = strchr(end != NULL ? end : host, ':');
    return colon != NULL ? g_strndup(host, (size_t)(colon - host)) : g_strdup(host);
}

/* A name that is not ours gets nothing of ours: a page elsewhere whose name is made to point here
 * (DNS rebinding) is refused. Loopback's own names are ours where the portal listens there. */
static bool portal_match(const char *host, void *data)
{
    static const char *const loopback[] = {"localhost", "127.0.0.1", "[::1]", NULL};
    const App *app = data;
    const char *after_scheme = strstr(app->portal_url, "://");
    g_autofree char *name = host_name(host);
    g_autofree char *own = host_name(after_scheme != NULL ? after_scheme + 3 : app->portal_url);
    if (g_ascii_strcasecmp(name, own) == 0)
        return true;
    for (const char *const *one = loopback; *one != NULL; one++) {
        if (g_ascii_strcasecmp(name, *one) == 0)
            return serve_is_loopback(config_text(app->config, "server.listen"));
    }
    return false;
}

static HttpServer *serve_listen(Serve *serve, int port, const HttpSite *const *sites,
                                GError **error)
{
    const Config *config = serve->app.config;
    HttpListener listener = {
        .address = config_text(config, "server.listen"), .port = port, .sites = sites};
    HttpLimits limits = {
        .max_connections = (int)config_integer(config, "server.max_connections"),
        .max_body_bytes = config_integer(config, "server.max_body_bytes"),
    };
    return http_server_start(&listener, &limits, error);
}

/* What a minute admits: per address before anybody is known, then per person. */
static const struct {
    HttpRate rate;
    const char *option;
} rate_rows[] = {
    {{"address", HTTP_RATE_BY_ADDRESS, HTTP_RATE_ALL, 0}, "api.requests_per_address"},
    {{"reads", HTTP_RATE_BY_ACTOR, HTTP_RATE_READS, 0}, "api.reads_per_person"},
    {{"writes", HTTP_RATE_BY_ACTOR, HTTP_RATE_WRITES, 0}, "api.writes_per_person"},
};
G_STATIC_ASSERT(G_N_ELEMENTS(rate_rows) == RATES);

static void serve_set_rates(Serve *serve)
{
    for (int i = 0; i < RATES; i++) {
        serve->rates[i] = rate_rows[i].rate;
        serve->rates[i].per_minute =
            (int)config_integer(serve->app.config, rate_rows[i].option);
    }
}

static bool serve_start_listeners(Serve *serve, int port, int lake_port, GError **error)
{
    App *app = &serve->app;
    serve_set_rates(serve);
    serve->portal_site = (HttpSite){
        .name = "portal",
        .match = portal_match,
        .tables = serve->tables,
        .authenticate = identity_authenticate,
        .check_origin = identity_check_origin,
        .static_resource = "/darse/web",
        .data = app,
        .rates = serve->rates,
        .once = &once_hooks,
        .check_answers = config_boolean(app->config, "server.check_answers"),
        .https = g_str_has_prefix(app->portal_url, "https:"),
    };
    serve->portal_sites[0] = gateway_site(app);
    serve->portal_sites[1] = &serve->portal_site;
    serve->lake_sites[0] = lake_site(app);
    app->lake = serve_listen(serve, lake_port, serve->lake_sites, error);
    if (app->lake == NULL)
        return false;
    app->portal = serve_listen(serve, port, serve->portal_sites, error);
    return app->portal != NULL;
}

static bool serve_write_ready(Serve *serve, GError **error)
{
    g_autofree char *path = g_build_filename(serve->app.state_dir, "run", "ready.json", NULL);
    g_autoptr(json_t) ready = json_pack(
        "{s:s, s:s, s:i, s:i, s:i}", "portal", serve->portal_url, "lake", serve->lake_url, "port",
        http_server_port(serve->app.portal), "lake_port", http_server_port(serve->app.lake), "pid",
        (int)getpid());
    char *text = json_dumps(ready, JSON_COMPACT);
    bool ok = file_write(path, text, strlen(text), 0644, error);
    free(text);
    return ok;
}

static bool serve_start(Serve *serve, GError **error)
{
    int port = 0, lake_port = 0;
    const Config *config = serve->app.config;
    return serve_open_parts(serve, error) &&
           serve_free_port(config, "server.port", &port, error) &&
           serve_free_port(config, "server.lake_port", &lake_port, error) &&
           (serve_name_addresses(serve, port, lake_port), true) &&
           serve_start_rooms(serve, error) &&
           serve_start_listeners(serve, port, lake_port, error) &&
           watch_start(&serve->app, &serve->watch, error) &&
           serve_write_ready(serve, error);
}

static void serve_stop(Serve *serve)
{
    App *app = &serve->app;
    clock_stop(app->clock);
    if (app->events != NULL)
        events_close(app->events);
    watch_stop(serve->watch, STOP_GRACE_MS);
    if (app->portal != NULL)
        http_server_stop(app->portal, STOP_GRACE_MS);
    if (app->lake != NULL)
        http_server_stop(app->lake, STOP_GRACE_MS);
    for (size_t i = serve->rooms_started; i-- > 0;) {
        if (serve->rooms[i]->stop != NULL)
            serve->rooms[i]->stop(app);
    }
    watch_free(serve->watch);
    http_server_free(app->portal);
    http_server_free(app->lake);
    audit_close(app->audit);
    store_close(app->store);
    engine_client_free(app->engine);
    events_free(app->events);
    once_free(app->once);
    g_free(serve->portal_url);
    g_free(serve->lake_url);
    g_free(serve->services_suffix);
    g_free(serve->program);
}

static void serve_wait_signal(void)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    int got = 0;
    sigwait(&wanted, &got);
}

/* Signals are blocked before any thread starts, so that only serve_wait_signal() sees them. */
static void serve_block_signals(void)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int serve_run(const Config *config, const Room *const *rooms, GError **error)
{
    int64_t began = time_monotonic_ms();
    umask(0077);
    /* Many short-lived threads: without a bound glibc keeps an arena for each. */
    mallopt(M_ARENA_MAX, 2);
    serve_block_signals();
    Serve serve = {.rooms = rooms};
    serve.program = g_file_read_link("/proc/self/exe", NULL);
    serve.app.config = config;
    serve.app.state_dir = config_state_dir(config);
    serve.app.program = serve.program;
    bool ok = serve_start(&serve, error);
    if (ok) {
        serve.app.clock = clock_start(&serve.app, rooms);
        g_autofree char *took = g_strdup_printf("%" G_GINT64_FORMAT,
                                                time_monotonic_ms() - began);
        log_info("serve.ready", "portal", serve.portal_url, "lake", serve.lake_url, "took_ms",
                 took);
        notify_manager("READY=1\nSTATUS=Serving");
        serve_wait_signal();
        notify_manager("STOPPING=1");
        log_info("serve.stopping");
    }
    serve_stop(&serve);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
