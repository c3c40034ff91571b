/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections to services: sending and receiving with time limits on behalf of a request, and a
 * small pool of idle ones. A pooled connection that has something to say is dead or cheating: it is
 * closed, never used.
 */
#include "gateway/internal.h"

#include "base/error.h"
#include "base/times.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Upstream *upstream_new(int fd)
{
    Upstream *upstream = g_new0(Upstream, 1);
    upstream->fd = fd;
    upstream->buffer = g_malloc(GATEWAY_BUFFER);
    return upstream;
}

void upstream_free(Upstream *upstream)
{
    if (upstream == NULL)
        return;
    if (upstream->fd >= 0)
        close(upstream->fd);
    g_free(upstream->buffer);
    g_free(upstream);
}

static bool lost(GError **error)
{
    return error_set(error, ERROR_UNAVAILABLE, "gateway.lost",
                     "The service closed the connection before it answered.");
}

bool upstream_send(HttpRequest *request, Upstream *upstream, const void *bytes, size_t size,
                   GError **error)
{
    const char *next = bytes;
    while (size > 0) {
        ssize_t sent = send(upstream->fd, next, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            next += sent;
            size -= (size_t)sent;
        } else if (errno == EAGAIN) {
            if (!http_request_wait(request, upstream->fd, POLLOUT, GATEWAY_SEND_MS, error))
                return false;
        } else if (errno != EINTR) {
            return lost(error);
        }
    }
    return true;
}

ssize_t upstream_receive(HttpRequest *request, Upstream *upstream, char *out, size_t size,
                         GError **error)
{
    char *into = out;
    if (out == NULL) {
        into = upstream->buffer + upstream->end;
        size = GATEWAY_BUFFER - upstream->end;
    }
    for (;;) {
        ssize_t count = recv(upstream->fd, into, size, MSG_DONTWAIT);
        if (count >= 0) {
            if (out == NULL)
                upstream->end += (size_t)count;
            return count;
        }
        if (errno == EAGAIN) {
            if (!http_request_wait(request, upstream->fd, POLLIN, GATEWAY_ANSWER_MS, error))
                return -1;
        } else if (errno != EINTR) {
            lost(error);
            return -1;
        }
    }
}

/* ---- the pool ---- */

static void queue_free(void *queue)
{
    g_queue_free_full(queue, (GDestroyNotify)upstream_free);
}

void pool_init(Pool *pool)
{
    g_mutex_init(&pool->mutex);
    pool->idle = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, queue_free);
}

void pool_clear(Pool *pool)
{
    g_hash_table_unref(pool->idle);
    g_mutex_clear(&pool->mutex);
}

void pool_drop(Pool *pool, const char *service)
{
    g_mutex_lock(&pool->mutex);
    g_hash_table_remove(pool->idle, service);
    g_mutex_unlock(&pool->mutex);
}

static bool upstream_is_fresh(const Upstream *upstream)
{
    struct pollfd poll_fd = {.fd = upstream->fd, .events = POLLIN | POLLRDHUP};
    return time_monotonic_ms() - upstream->idle_since_ms < GATEWAY_IDLE_MS &&
           poll(&poll_fd, 1, 0) == 0;
}

/* The last one given: the most likely to live. NULL: there is none. */
static Upstream *pool_pop(Pool *pool, const char *service)
{
    g_mutex_lock(&pool->mutex);
    GQueue *queue = g_hash_table_lookup(pool->idle, service);
    Upstream *found = queue != NULL ? g_queue_pop_head(queue) : NULL;
    if (queue != NULL && g_queue_is_empty(queue))
        g_hash_table_remove(pool->idle, service);
    g_mutex_unlock(&pool->mutex);
    return found;
}

/* The system is asked about each without the lock, which all requests need. */
Upstream *pool_take(Pool *pool, const char *service)
{
    Upstream *found = pool_pop(pool, service);
    while (found != NULL && !upstream_is_fresh(found)) {
        upstream_free(found);
        found = pool_pop(pool, service);
    }
    return found;
}

/* The oldest are at the tail. */
static void queue_trim(GQueue *queue, int64_t now_ms)
{
    for (;;) {
        Upstream *oldest = g_queue_peek_tail(queue);
        if (oldest == NULL || (now_ms - oldest->idle_since_ms < GATEWAY_IDLE_MS &&
                               queue->length < GATEWAY_IDLE_PER_SERVICE))
            return;
        upstream_free(g_queue_pop_tail(queue));
    }
}

void pool_give(Pool *pool, const char *service, Upstream *upstream)
{
    /* Bytes that nobody asked for: the next request must not take them for its answer. */
    if (upstream->start != upstream->end) {
        upstream_free(upstream);
        return;
    }
    upstream->reused = true;
    upstream->start = upstream->end = 0;
    upstream->idle_since_ms = time_monotonic_ms();
    g_mutex_lock(&pool->mutex);
    GQueue *queue = g_hash_table_lookup(pool->idle, service);
    if (queue == NULL) {
        queue = g_queue_new();
        g_hash_table_insert(pool->idle, g_strdup(service), queue);
    }
    queue_trim(queue, upstream->idle_since_ms);
    g_queue_push_head(queue, upstream);
    g_mutex_unlock(&pool->mutex);
}
