/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server: a listening socket, libmicrohttpd with one small-stacked thread per connection, the
 * list of connections, and a reaper that closes those whose head does not come in time (the
 * library's own timeout restarts at every byte, which a slow-loris client lives on).
 */
#include "http/internal.h"

#include "base/files.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/times.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SERVER_STACK_SIZE (512 * 1024)
#define SERVER_BACKLOG 1024
#define SERVER_REAP_MS 500

/* ---- the listening socket ---- */

static int socket_bind(const struct addrinfo *found, const HttpListener *listener, GError **error)
{
    FD_AUTO int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0) {
        error_set_errno(error, errno, "http.listen", "no socket");
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, SERVER_BACKLOG) < 0) {
        error_set_errno(error, errno, "http.listen", "cannot listen on %s port %d",
                        listener->address, listener->port);
        return -1;
    }
    return fd_steal(&fd);
}

static int socket_listen(const HttpListener *listener, GError **error)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[12];
    g_snprintf(port, sizeof port, "%d", listener->port);
    int failure = getaddrinfo(listener->address, port, &hints, &found);
    if (failure != 0) {
        error_set(error, ERROR_INVALID, "http.listen",
                  "\"%s\" is not a numeric address to listen on: %s.", listener->address,
                  gai_strerror(failure));
        return -1;
    }
    int fd = socket_bind(found, listener, error);
    freeaddrinfo(found);
    return fd;
}

static int socket_port(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* ---- connections ---- */

static char *address_text(const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address == NULL)
        return g_strdup("");
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, sizeof text);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, sizeof text);
    else if (address->sa_family == AF_UNIX)
        g_strlcpy(text, "door", sizeof text);
    return g_strdup(text);
}

static char *door_path(int fd)
{
    struct sockaddr_un address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
        address.sun_family != AF_UNIX || size <= offsetof(struct sockaddr_un, sun_path))
        return NULL;
    return g_strndup(address.sun_path, size - offsetof(struct sockaddr_un, sun_path));
}

static HttpConnection *connection_new(HttpServer *server, struct MHD_Connection *mhd)
{
    HttpConnection *connection = g_new0(HttpConnection, 1);
    connection->server = server;
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    connection->address = address_text(
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    connection->door = door_path(connection->fd);
    connection->link.data = connection;
    random_fill(&connection->id_seed, sizeof connection->id_seed);
    connection->started_ms = time_monotonic_ms();
    atomic_store(&connection->deadline_ms, connection->started_ms + server->limits.head_timeout_ms);
    g_mutex_lock(&server->mutex);
    g_queue_push_tail_link(&server->connections, &connection->link);
    g_cond_signal(&server->wake);
    g_mutex_unlock(&server->mutex);
    return connection;
}

static void connection_free(HttpServer *server, HttpConnection *connection)
{
    g_mutex_lock(&server->mutex);
    g_queue_unlink(&server->connections, &connection->link);
    g_mutex_unlock(&server->mutex);
    g_free(connection->door);
    g_free(connection->address);
    g_free(connection->target);
    g_free(connection);
}

static void on_connection(void *server, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = connection_new(server, mhd);
    } else if (*context != NULL) {
        connection_free(server, *context);
        *context = NULL;
    }
}

/* Called with the raw target as soon as the request line is complete. Kept with the connection, not
 * with a request: the library makes no request when the rest of the head turns out malformed. */
static void *on_target(void *server, const char *target, struct MHD_Connection *mhd)
{
    (void)server;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    HttpConnection *connection = info->socket_context;
    g_free(connection->target);
    connection->target = g_strdup(target);
    connection->started_us = g_get_monotonic_time();
    connection->started_ms = connection->started_us / 1000;
    return NULL;
}

/* No unescaping by the library: the room decodes once, itself. */
static size_t on_unescape(void *user, struct MHD_Connection *mhd, char *text)
{
    (void)user;
    (void)mhd;
    return strlen(text);
}

G_GNUC_PRINTF(2, 0)
static void on_library_log(void *user, const char *format, va_list arguments)
{
    (void)user;
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    log_debug("http.library", "message", g_strchomp(text));
}

/* ---- the reaper ---- */

static void reap(HttpServer *server)
{
    int64_t now_ms = time_monotonic_ms();
    for (GList *link = server->connections.head; link != NULL; link = link->next) {
        HttpConnection *connection = link->data;
        int64_t deadline_ms = atomic_load(&connection->deadline_ms);
        if (deadline_ms != 0 && deadline_ms < now_ms)
            shutdown(connection->fd, SHUT_RDWR);
    }
}

static void *reaper_main(void *user)
{
    HttpServer *server = user;
    g_mutex_lock(&server->mutex);
    while (!atomic_load(&server->stopping)) {
        if (server->connections.length == 0) {
            g_cond_wait(&server->wake, &server->mutex);
            continue;
        }
        g_cond_wait_until(&server->wake, &server->mutex,
                          g_get_monotonic_time() + SERVER_REAP_MS * 1000);
        reap(server);
    }
    g_mutex_unlock(&server->mutex);
    return NULL;
}

/* ---- start and stop ---- */

static struct MHD_Daemon *daemon_start(HttpServer *server, int fd)
{
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                         MHD_USE_POLL | MHD_USE_ITC | MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, dispatch, server,
        /* The logger comes first: options before it would complain on standard error. */
        MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned int)server->limits.max_connections,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)HTTP_IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEADER_MEMORY,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)SERVER_STACK_SIZE,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
        MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, dispatch_completed, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
#if MHD_VERSION >= 0x00097701
        /* Bare line feeds and folded headers are refused; older libraries normalise them. */
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
#else
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
#endif
        MHD_OPTION_END);
}

static void server_free(HttpServer *server)
{
    if (server->stop_fd >= 0)
        close(server->stop_fd);
    g_clear_pointer(&server->rates, rates_free);
    for (int i = 0; i < HTTP_MATCH_LOCKS; i++)
        g_mutex_clear(&server->match_locks[i]);
    g_clear_pointer(&server->etags, g_hash_table_unref);
    g_mutex_clear(&server->mutex);
    g_cond_clear(&server->wake);
    g_free(server);
}

HttpServer *http_server_start(const HttpListener *listener, const HttpLimits *limits,
                              GError **error)
{
    FD_AUTO int fd = socket_listen(listener, error);
    if (fd < 0)
        return NULL;
    HttpServer *server = g_new0(HttpServer, 1);
    server->sites = listener->sites;
    server->limits = *limits;
    if (server->limits.head_timeout_ms == 0)
        server->limits.head_timeout_ms = HTTP_HEAD_TIMEOUT_MS;
    server->port = socket_port(fd);
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->rates = rates_new();
    for (int i = 0; i < HTTP_MATCH_LOCKS; i++)
        g_mutex_init(&server->match_locks[i]);
    server->etags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_mutex_init(&server->mutex);
    g_cond_init(&server->wake);
    server->relays = relay_pool_new();
    server->daemon = daemon_start(server, fd);
    if (server->daemon == NULL || server->stop_fd < 0) {
        error_set(error, ERROR_INTERNAL, "http.start", "the HTTP server did not start");
        relay_pool_free(server->relays);
        server_free(server);
        return NULL;
    }
    fd_steal(&fd);
    server->reaper = g_thread_new("http-reaper", reaper_main, server);
    return server;
}

int http_server_port(const HttpServer *server)
{
    return server->port;
}

bool http_server_adopt(HttpServer *server, int fd, GError **error)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &size) < 0) {
        int saved = errno;
        close(fd);
        return error_set_errno(error, saved, "http.adopt", "the connection is gone");
    }
    /* It closes FD also when it refuses. */
    if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&address, size) != MHD_YES)
        return error_set(error, ERROR_UNAVAILABLE, "http.adopt",
                         "The server takes no more connections for now.");
    return true;
}

void http_server_end_relays(HttpServer *server, HttpRelayMatch match, void *wanted)
{
    relay_pool_end(server->relays, match, wanted);
}

bool http_request_wait(HttpRequest *request, int fd, short events, int timeout_ms, GError **error)
{
    struct pollfd fds[3] = {
        {.fd = fd, .events = events},
        {.fd = request->connection->fd, .events = POLLRDHUP},
        {.fd = request->server->stop_fd, .events = POLLIN},
    };
    int ready;
    do {
        ready = poll(fds, 3, timeout_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return error_set_errno(error, errno, "http.wait", "poll");
    if (ready == 0)
        return error_set(error, ERROR_UNAVAILABLE, "http.wait_timeout",
                         "What was asked for did not answer in time.");
    if (fds[2].revents != 0)
        return error_set(error, ERROR_UNAVAILABLE, "http.stopping", "The server is stopping.");
    if (fds[1].revents != 0 && fds[0].revents == 0)
        return error_set(error, ERROR_UNAVAILABLE, "http.client_gone", "The client went away.");
    return true;
}

static void wait_for_requests(HttpServer *server, int grace_ms)
{
    int64_t end_ms = time_monotonic_ms() + grace_ms;
    while (atomic_load(&server->active) > 0 && time_monotonic_ms() < end_ms)
        g_usleep(5000);
}

void http_server_stop(HttpServer *server, int grace_ms)
{
    if (server == NULL)
        return;
    MHD_socket listening = MHD_quiesce_daemon(server->daemon);
    g_mutex_lock(&server->mutex);
    atomic_store(&server->stopping, true);
    g_cond_signal(&server->wake);
    g_mutex_unlock(&server->mutex);
    uint64_t one = 1;
    ssize_t written = write(server->stop_fd, &one, sizeof one);
    (void)written;
    g_thread_join(server->reaper);
    wait_for_requests(server, grace_ms);
    relay_pool_stop(server->relays);
    MHD_stop_daemon(server->daemon);
    if (listening >= 0)
        close(listening);
}

void http_server_free(HttpServer *server)
{
    if (server == NULL)
        return;
    relay_pool_free(server->relays);
    server_free(server);
}
