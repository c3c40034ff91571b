/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the benchmark: a service on a unix socket (and on a port, for a proxy that knows no unix sockets) with
 * one small answer, one large one at /large, and an echo of WebSockets at /ws; and our gateway in front of it
 * with an authority that compares the cookie and nothing else. Prints the gateway's port and the service's,
 * then runs until its standard input ends.
 *
 * usage: bench_gateway SOCKET
 */
#include "base/files.h"
#include "base/frame.h"
#include "base/log.h"
#include "gateway/core.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY "{\"status\": \"idle\", \"connections\": 2, \"kernels\": 1, \"pad\": \"xxx\"}"
static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 64\r\n"
    "Server: small\r\nCache-Control: no-store\r\n\r\n" BODY;
/* A byte more, and every proxy rightly closes the connection instead of using it again. */
G_STATIC_ASSERT(sizeof BODY == 64 + 1);

#define LARGE_BYTES (64 * 1024 * 1024)
#define PIECE_BYTES (256 * 1024)

static bool send_large(int fd)
{
    static char piece[PIECE_BYTES];
    char head[128];
    int length = g_snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                                               "Content-Length: %d\r\n\r\n", LARGE_BYTES);
    bool ok = fd_write_all(fd, head, (size_t)length, NULL);
    for (int sent = 0; ok && sent < LARGE_BYTES; sent += PIECE_BYTES)
        ok = fd_write_all(fd, piece, sizeof piece, NULL);
    return ok;
}

/* No frame is looked at: what comes goes back. */
static void echo(int fd)
{
    static const char accepted[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                   "Connection: Upgrade\r\n"
                                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    char buffer[65536];
    ssize_t count = fd_write_all(fd, accepted, sizeof accepted - 1, NULL) ? 1 : 0;
    while (count > 0 && (count = recv(fd, buffer, sizeof buffer, 0)) > 0) {
        if (!fd_write_all(fd, buffer, (size_t)count, NULL))
            return;
    }
}

static void *serve_one(void *user)
{
    int fd = GPOINTER_TO_INT(user);
    char buffer[8192];
    size_t size = 0;
    for (;;) {
        ssize_t count = recv(fd, buffer + size, sizeof buffer - size, 0);
        if (count <= 0)
            break;
        size += (size_t)count;
        if (size < 4 || memcmp(buffer + size - 4, "\r\n\r\n", 4) != 0)
            continue;
        size = 0;
        if (strncmp(buffer, "GET /ws ", 8) == 0) {
            echo(fd);
            break;
        }
        if (strncmp(buffer, "GET /large ", 11) == 0) {
            if (!send_large(fd))
                break;
            continue;
        }
        if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
            break;
    }
    close(fd);
    return NULL;
}

static void *serve(void *user)
{
    int listening = GPOINTER_TO_INT(user);
    for (;;) {
        int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        g_thread_unref(g_thread_new("service", serve_one, GINT_TO_POINTER(fd)));
    }
}

static bool authorise(void *user, const char *service, const char *cookie,
                      GatewayTarget *ret_target, GError **error)
{
    ret_target->content_policy = GATEWAY_POLICY_CONFINED;
    if (g_strcmp0(cookie, "bench") != 0)
        return error_set(error, ERROR_UNAUTHENTICATED, "bench.cookie", "No cookie.");
    return true;
}

static bool enter(void *user, const char *service, const char *ticket, char **ret_cookie,
                  GError **error)
{
    return error_set(error, ERROR_DENIED, "bench.ticket", "No tickets here.");
}

static int door(void *user, const char *service, GError **error)
{
    return unix_connect(user, error);
}

/* The same service on a port of loopback. Returns it. */
static int serve_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(fd, 1024), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &size), ==, 0);
    g_thread_unref(g_thread_new("accept", serve, GINT_TO_POINTER(fd)));
    return ntohs(address.sin_port);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (argc != 2)
        return 2;
    log_setup("bench", LOG_LEVEL_INFO);
    signal(SIGPIPE, SIG_IGN);
    int listening = unix_listen(argv[1], 0666, &error);
    g_assert_no_error(error);
    /* nginx does not wait for a place in the queue: it must be long enough for all. */
    g_assert_cmpint(listen(listening, 1024), ==, 0);
    g_thread_unref(g_thread_new("accept", serve, GINT_TO_POINTER(listening)));
    GatewayConfig config = {"svc", "localhost", "http://localhost", false};
    GatewayAuthority authority = {enter, authorise, door, NULL, argv[1]};
    g_autoptr(Gateway) gateway = gateway_new(&config, &authority);
    const HttpSite *sites[] = {gateway_http_site(gateway), NULL};
    HttpListener listener = {"127.0.0.1", 0, sites};
    HttpLimits limits = {.max_connections = 1000, .max_body_bytes = 65536};
    HttpServer *server = http_server_start(&listener, &limits, &error);
    g_assert_no_error(error);
    printf("%d %d\n", http_server_port(server), serve_port());
    fflush(stdout);
    while (getchar() != EOF)
        ;
    http_server_stop(server, 100);
    http_server_free(server);
    return 0;
}
