/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each connection has two ends. What is read from one is written to the other at once, from one
 * chunk shared by all; only what the other did not take is kept, and until it has taken that,
 * nothing more is read. So an idle connection costs two descriptors and no buffer.
 */
#include "relay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTEN_BACKLOG 1024

typedef struct End {
    Source source;
    Connection *connection;
    struct End *other;
    char *held;        /* bytes read from here that the other end did not take yet */
    size_t held_size, held_at;
    bool ended;        /* its end of stream was read */
    bool passed;       /* ... and passed on to the other end */
} End;

struct Connection {
    End a, b; /* a: who connected to us; b: whom we connected to */
    Relays *relays;
    Connection *previous, *next;
    int64_t touched_ms;
    bool connecting, counts_activity, closed;
};

Address address_loopback(int port)
{
    Address address = {.size = sizeof address.name.ip};
    address.name.ip.sin_family = AF_INET;
    address.name.ip.sin_port = htons((uint16_t)port);
    address.name.ip.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool address_unix(const char *path, Address *ret_address)
{
    Address address = {.size = sizeof address.name.local};
    if (strlen(path) >= sizeof address.name.local.sun_path)
        return false;
    address.name.local.sun_family = AF_UNIX;
    strcpy(address.name.local.sun_path, path);
    *ret_address = address;
    return true;
}

/* Binds a unix socket and gives it its name when it listens. The folder decides who comes near. */
static bool listen_unix(int fd, const Address *address)
{
    const char *path = address->name.local.sun_path;
    Address hidden = *address;
    size_t length = strlen(path);
    if (length + 2 > sizeof hidden.name.local.sun_path)
        return false;
    hidden.name.local.sun_path[length] = '~';
    unlink(hidden.name.local.sun_path);
    mode_t mask = umask(0111);
    int bound = bind(fd, &hidden.name.any, hidden.size);
    umask(mask);
    return bound == 0 && listen(fd, LISTEN_BACKLOG) == 0 &&
           rename(hidden.name.local.sun_path, path) == 0;
}

static bool listen_ip(int fd, const Address *address)
{
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    return bind(fd, &address->name.any, address->size) == 0 && listen(fd, LISTEN_BACKLOG) == 0;
}

int address_listen(const Address *address)
{
    int family = address->name.any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (family == AF_UNIX ? listen_unix(fd, address) : listen_ip(fd, address))
        return fd;
    close(fd);
    return -1;
}

void relays_init(Relays *relays, Loop *loop)
{
    struct rlimit files = {.rlim_cur = 1024};
    getrlimit(RLIMIT_NOFILE, &files);
    relays->loop = loop;
    relays->limit = RELAY_CONNECTIONS_MAX;
    if (files.rlim_cur != RLIM_INFINITY && files.rlim_cur < 2 * RELAY_CONNECTIONS_MAX + 128)
        relays->limit = files.rlim_cur > 256 ? (int)(files.rlim_cur - 128) / 2 : 64;
}

static void connection_close(Connection *c)
{
    Relays *relays = c->relays;
    if (c->closed)
        return;
    c->closed = true;
    loop_close(relays->loop, &c->a.source);
    loop_close(relays->loop, &c->b.source);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        relays->first = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    c->next = relays->dead;
    relays->dead = c;
    relays->open--;
}

void relays_collect(Relays *relays)
{
    while (relays->dead != NULL) {
        Connection *c = relays->dead;
        relays->dead = c->next;
        free(c->a.held);
        free(c->b.held);
        free(c);
    }
}

/* Asks for the events that END can use now. */
static bool end_watch(End *end)
{
    uint32_t events = 0;
    if (!end->ended && end->held == NULL && !end->connection->connecting)
        events |= EPOLLIN;
    if (end->other->held != NULL || (end->connection->connecting && end == &end->connection->b))
        events |= EPOLLOUT;
    if (end->ended && end->held == NULL)
        events |= EPOLLHUP; /* whoever asked is gone altogether */
    return loop_watch(end->connection->relays->loop, &end->source, events);
}

/* Keeps what the other end did not take. */
static bool end_hold(End *end, const char *bytes, size_t size)
{
    end->held = malloc(size);
    if (end->held == NULL)
        return false;
    memcpy(end->held, bytes, size);
    end->held_size = size;
    end->held_at = 0;
    return true;
}

/* Sends as much as FD takes; -1 when it is broken. */
static ssize_t socket_send(int fd, const char *bytes, size_t size)
{
    size_t sent = 0;
    while (sent < size) {
        ssize_t n = send(fd, bytes + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n < 0)
            return -1;
        sent += (size_t)n;
    }
    return (ssize_t)sent;
}

static void connection_touch(Connection *c)
{
    c->touched_ms = clock_ms();
    if (c->counts_activity)
        c->relays->last_activity_ms = clock_wall_ms();
}

/* Passes END's end of stream on, once all its bytes are. False when both ways are over. */
static bool end_pass(End *end)
{
    if (end->ended && end->held == NULL && !end->passed) {
        end->passed = true;
        shutdown(end->other->source.fd, SHUT_WR);
    }
    return !(end->passed && end->other->passed);
}

static bool end_read(End *end)
{
    Relays *relays = end->connection->relays;
    ssize_t n = recv(end->source.fd, relays->chunk, sizeof relays->chunk, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR || errno == EWOULDBLOCK;
    connection_touch(end->connection);
    if (n == 0) {
        end->ended = true;
        return true;
    }
    ssize_t sent = socket_send(end->other->source.fd, relays->chunk, (size_t)n);
    if (sent < 0)
        return false;
    return sent == n || end_hold(end, relays->chunk + sent, (size_t)(n - sent));
}

/* Sends to END what the other end holds for it. */
static bool end_drain(End *end)
{
    End *from = end->other;
    ssize_t sent =
        socket_send(end->source.fd, from->held + from->held_at, from->held_size - from->held_at);
    if (sent < 0)
        return false;
    from->held_at += (size_t)sent;
    if (sent > 0)
        connection_touch(end->connection);
    if (from->held_at < from->held_size)
        return true;
    free(from->held);
    from->held = NULL;
    return true;
}

static bool connection_finish_connect(Connection *c)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    if (getsockopt(c->b.source.fd, SOL_SOCKET, SO_ERROR, &problem, &size) < 0 || problem != 0)
        return false;
    c->connecting = false;
    return true;
}

static bool end_step(End *end, uint32_t events)
{
    Connection *c = end->connection;
    if (c->connecting)
        return end == &c->b && connection_finish_connect(c);
    if (end->other->held != NULL && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0 &&
        !end_drain(end))
        return false;
    if (!end->ended && end->held == NULL && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 &&
        !end_read(end))
        return false;
    if (end->ended && end->held == NULL && (events & EPOLLHUP) != 0)
        return false; /* nothing can be delivered to it any more */
    return end_pass(end) && end_pass(end->other);
}

static void end_handle(Source *source, uint32_t events)
{
    End *end = SOURCE_OWNER(source, End, source);
    if (!end_step(end, events) || !end_watch(end) || !end_watch(end->other))
        connection_close(end->connection);
}

static void end_init(End *end, Connection *connection, End *other, int fd)
{
    end->source.fd = fd;
    end->source.handle = end_handle;
    end->connection = connection;
    end->other = other;
}

/* Joins FD, just accepted, to the relay's address. Takes FD over. */
static void connection_open(Relay *relay, int fd)
{
    Relays *relays = relay->relays;
    Connection *c = relays->open < relays->limit ? calloc(1, sizeof *c) : NULL;
    int to = c == NULL ? -1
                       : socket(relay->to.name.any.sa_family,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (to < 0) {
        free(c);
        close(fd);
        return;
    }
    end_init(&c->a, c, &c->b, fd);
    end_init(&c->b, c, &c->a, to);
    c->relays = relays;
    c->counts_activity = relay->counts_activity;
    c->next = relays->first;
    if (c->next != NULL)
        c->next->previous = c;
    relays->first = c;
    relays->open++;
    connection_touch(c);
    int result = connect(to, &relay->to.name.any, relay->to.size);
    c->connecting = result < 0 && errno == EINPROGRESS;
    if ((result < 0 && !c->connecting) || !end_watch(&c->a) || !end_watch(&c->b))
        connection_close(c);
}

static void relay_accept(Source *source, uint32_t events)
{
    (void)events;
    Relay *relay = SOURCE_OWNER(source, Relay, listener);
    for (int i = 0; i < 64; i++) {
        int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            connection_open(relay, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            relay->paused = true;
            loop_watch(relay->relays->loop, source, 0);
        }
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

bool relay_open(Relay *relay, Relays *relays, const Address *from, const Address *to)
{
    int fd = address_listen(from);
    if (fd < 0)
        return false;
    relay->listener = (Source){.fd = fd, .handle = relay_accept};
    relay->relays = relays;
    relay->to = *to;
    return loop_watch(relays->loop, &relay->listener, EPOLLIN);
}

void relay_resume(Relay *relay)
{
    if (!relay->paused)
        return;
    relay->paused = false;
    loop_watch(relay->relays->loop, &relay->listener, EPOLLIN);
}

void relays_sweep(Relays *relays)
{
    int64_t now = clock_ms();
    Connection *next = NULL;
    for (Connection *c = relays->first; c != NULL; c = next) {
        next = c->next;
        int64_t allowed = RELAY_IDLE_TIMEOUT_MS;
        if (c->a.ended || c->b.ended)
            allowed = RELAY_HALF_CLOSED_TIMEOUT_MS;
        if (c->connecting)
            allowed = RELAY_CONNECT_TIMEOUT_MS;
        if (now - c->touched_ms > allowed)
            connection_close(c);
    }
}
