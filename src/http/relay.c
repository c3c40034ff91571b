/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relays of upgraded connections: a few threads, each with one epoll and one scratch buffer, that
 * know only bytes. A side that does not read stops us from reading the other (back-pressure); only
 * what could not be sent is kept, so that a thousand idle WebSockets cost no buffers. Threads are
 * started with the first relay.
 */
#include "http/internal.h"

#include "base/files.h"
#include "base/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define RELAY_THREADS 2
#define RELAY_SCRATCH (64 * 1024)
#define RELAY_EVENTS 64
#define RELAY_TURNS 4 /* reads of one side before the others get their turn */

typedef struct Relay Relay;

typedef struct Side {
    Relay *relay;
    int fd;
    char *pending;            /* what could not be sent to FD yet */
    size_t size, offset;
    bool ended;               /* it will send no more */
    uint32_t armed;
} Side;

typedef struct RelayThread {
    RelayPool *pool;
    GThread *thread;
    int epoll_fd, wake_fd;
    char *scratch;
    GPtrArray *dead;          /* ended in this batch of events; freed after it */
} RelayThread;

struct Relay {
    RelayThread *thread;
    Side sides[2];            /* 0: the client, 1: the peer */
    struct MHD_UpgradeResponseHandle *handle;
    HttpRelayActivity on_bytes;
    void *user;
    GDestroyNotify free_user;
    bool is_new;              /* not in the thread's epoll yet */
    bool is_dead;
    GList link;
};

struct RelayPool {
    GMutex mutex;             /* of all below; a relay's sockets are open while it is listed */
    GQueue relays;
    bool stopping;
    int started, next;
    RelayThread threads[RELAY_THREADS];
};

static Side *other_side(Side *side)
{
    return &side->relay->sides[side == &side->relay->sides[0] ? 1 : 0];
}

static void side_arm(Side *side)
{
    uint32_t wanted = 0;
    if (!side->ended && other_side(side)->pending == NULL)
        wanted |= EPOLLIN;
    if (side->pending != NULL)
        wanted |= EPOLLOUT;
    if (wanted == side->armed)
        return;
    struct epoll_event event = {.events = wanted, .data.ptr = side};
    epoll_ctl(side->relay->thread->epoll_fd, EPOLL_CTL_MOD, side->fd, &event);
    side->armed = wanted;
}

/* Sends what it can; -1 when the side is broken. */
static ssize_t side_send(Side *side, const char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t sent = send(side->fd, bytes + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0)
            done += (size_t)sent;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)done;
}

static void side_keep(Side *side, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    side->pending = g_memdup2(bytes, size);
    side->size = size;
    side->offset = 0;
}

static bool side_flush(Side *side)
{
    if (side->pending == NULL)
        return true;
    ssize_t sent = side_send(side, side->pending + side->offset, side->size - side->offset);
    if (sent < 0)
        return false;
    side->offset += (size_t)sent;
    if (side->offset == side->size)
        g_clear_pointer(&side->pending, g_free);
    return true;
}

/* Moves bytes from SIDE to the other until one of them has enough. */
static bool side_pump(Side *side)
{
    Relay *relay = side->relay;
    Side *to = other_side(side);
    char *scratch = relay->thread->scratch;
    for (int turn = 0; turn < RELAY_TURNS && to->pending == NULL && !side->ended; turn++) {
        ssize_t count = recv(side->fd, scratch, RELAY_SCRATCH, MSG_DONTWAIT);
        if (count < 0)
            return errno == EAGAIN || errno == EINTR;
        if (count == 0) {
            side->ended = true;
            return true;
        }
        if (relay->on_bytes != NULL)
            relay->on_bytes(relay->user, (size_t)count);
        ssize_t sent = side_send(to, scratch, (size_t)count);
        if (sent < 0)
            return false;
        side_keep(to, scratch + sent, (size_t)(count - sent));
        if (count < RELAY_SCRATCH)
            return true;
    }
    return true;
}

static bool relay_is_over(const Relay *relay)
{
    return (relay->sides[0].ended && relay->sides[1].pending == NULL) ||
           (relay->sides[1].ended && relay->sides[0].pending == NULL);
}

static void relay_kill(Relay *relay)
{
    if (relay->is_dead)
        return;
    relay->is_dead = true;
    g_ptr_array_add(relay->thread->dead, relay);
}

static void relay_event(Side *side, uint32_t events)
{
    Relay *relay = side->relay;
    if (relay->is_dead)
        return;
    bool alive = side_flush(side);
    if (alive && (events & EPOLLIN) != 0)
        alive = side_pump(side);
    else if ((events & (EPOLLHUP | EPOLLERR)) != 0)
        alive = false;
    if (!alive || relay_is_over(relay)) {
        relay_kill(relay);
        return;
    }
    side_arm(&relay->sides[0]);
    side_arm(&relay->sides[1]);
}

/* Closes without any list or epoll: for a relay that is in neither (any more). */
static void relay_close(Relay *relay)
{
    shutdown(relay->sides[0].fd, SHUT_RDWR);
    MHD_upgrade_action(relay->handle, MHD_UPGRADE_ACTION_CLOSE);
    close(relay->sides[1].fd);
    for (int i = 0; i < 2; i++)
        g_free(relay->sides[i].pending);
    if (relay->free_user != NULL)
        relay->free_user(relay->user);
    g_free(relay);
}

static void relay_end(Relay *relay)
{
    RelayPool *pool = relay->thread->pool;
    for (int i = 0; i < 2; i++)
        epoll_ctl(relay->thread->epoll_fd, EPOLL_CTL_DEL, relay->sides[i].fd, NULL);
    g_mutex_lock(&pool->mutex);
    g_queue_unlink(&pool->relays, &relay->link);
    metric_add(METRIC_HTTP_RELAYS, NULL, NULL, -1);
    g_mutex_unlock(&pool->mutex);
    relay_close(relay);
}

/* Arms what was just started. Both sides are set before the first event of either is looked at. */
static void relay_arm(Relay *relay)
{
    for (int i = 0; i < 2; i++) {
        Side *side = &relay->sides[i];
        side->armed = EPOLLOUT;
        struct epoll_event event = {.events = side->armed, .data.ptr = side};
        if (epoll_ctl(relay->thread->epoll_fd, EPOLL_CTL_ADD, side->fd, &event) < 0)
            relay_kill(relay);
    }
}

/* Takes in new relays; on a stop, ends every relay of this thread and returns false. */
static bool thread_woken(RelayThread *thread)
{
    RelayPool *pool = thread->pool;
    uint64_t count;
    ssize_t got = read(thread->wake_fd, &count, sizeof count);
    (void)got;
    g_mutex_lock(&pool->mutex);
    bool stopping = pool->stopping;
    for (GList *link = pool->relays.head; link != NULL; link = link->next) {
        Relay *relay = link->data;
        if (relay->thread != thread)
            continue;
        if (stopping)
            relay_kill(relay);
        else if (relay->is_new)
            relay_arm(relay);
        relay->is_new = false;
    }
    g_mutex_unlock(&pool->mutex);
    return !stopping;
}

static void thread_bury(RelayThread *thread)
{
    for (guint i = 0; i < thread->dead->len; i++)
        relay_end(thread->dead->pdata[i]);
    g_ptr_array_set_size(thread->dead, 0);
}

static void *relay_main(void *user)
{
    RelayThread *thread = user;
    struct epoll_event events[RELAY_EVENTS];
    for (bool running = true; running;) {
        int count = epoll_wait(thread->epoll_fd, events, RELAY_EVENTS, -1);
        bool woken = false;
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                woken = true;
            else
                relay_event(events[i].data.ptr, events[i].events);
        }
        /* First, so that the walk below meets no relay that is already condemned. */
        thread_bury(thread);
        if (woken)
            running = thread_woken(thread);
        thread_bury(thread);
    }
    return NULL;
}

static void thread_start(RelayPool *pool, RelayThread *thread)
{
    thread->pool = pool;
    thread->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    thread->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    thread->scratch = g_malloc(RELAY_SCRATCH);
    thread->dead = g_ptr_array_new();
    g_assert(thread->epoll_fd >= 0 && thread->wake_fd >= 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, thread->wake_fd, &event);
    thread->thread = g_thread_new("http-relay", relay_main, thread);
}

RelayPool *relay_pool_new(void)
{
    RelayPool *pool = g_new0(RelayPool, 1);
    g_mutex_init(&pool->mutex);
    return pool;
}

/* A client that vanished without a word is noticed within two minutes. */
static void client_prepare(int fd)
{
    int on = 1, idle = 60, interval = 20, count = 3;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void thread_wake(RelayThread *thread)
{
    uint64_t one = 1;
    ssize_t written = write(thread->wake_fd, &one, sizeof one);
    (void)written;
}

static void relay_list(RelayPool *pool, Relay *relay)
{
    RelayThread *thread = &pool->threads[pool->next];
    if (pool->started == pool->next) {
        thread_start(pool, thread);
        pool->started++;
    }
    pool->next = (pool->next + 1) % RELAY_THREADS;
    relay->thread = thread;
    relay->is_new = true;
    g_queue_push_tail_link(&pool->relays, &relay->link);
    metric_add(METRIC_HTTP_RELAYS, NULL, NULL, 1);
    thread_wake(thread);
}

void relay_start(RelayPool *pool, int client_fd, struct MHD_UpgradeResponseHandle *handle,
                 const void *from_client, size_t from_client_size, int peer_fd, GBytes *from_peer,
                 HttpRelayActivity on_bytes, void *user, GDestroyNotify free_user)
{
    Relay *relay = g_new0(Relay, 1);
    relay->handle = handle;
    relay->on_bytes = on_bytes;
    relay->user = user;
    relay->free_user = free_user;
    relay->link.data = relay;
    relay->sides[0] = (Side){.relay = relay, .fd = client_fd};
    relay->sides[1] = (Side){.relay = relay, .fd = peer_fd};
    side_keep(&relay->sides[1], from_client, from_client_size);
    if (from_peer != NULL) {
        size_t size;
        const void *bytes = g_bytes_get_data(from_peer, &size);
        side_keep(&relay->sides[0], bytes, size);
    }
    client_prepare(client_fd);
    g_mutex_lock(&pool->mutex);
    bool refused = pool->stopping;
    if (!refused)
        relay_list(pool, relay);
    g_mutex_unlock(&pool->mutex);
    if (refused)
        relay_close(relay);
}

/* Shutting the sockets is enough: their thread sees the end and closes. */
static void relay_shut(Relay *relay)
{
    for (int i = 0; i < 2; i++)
        shutdown(relay->sides[i].fd, SHUT_RDWR);
}

void relay_pool_end(RelayPool *pool, HttpRelayMatch match, void *wanted)
{
    g_mutex_lock(&pool->mutex);
    for (GList *link = pool->relays.head; link != NULL; link = link->next) {
        Relay *relay = link->data;
        if (match(relay->user, wanted))
            relay_shut(relay);
    }
    g_mutex_unlock(&pool->mutex);
}

void relay_pool_stop(RelayPool *pool)
{
    g_mutex_lock(&pool->mutex);
    pool->stopping = true;
    for (GList *link = pool->relays.head; link != NULL; link = link->next)
        relay_shut(link->data);
    g_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->started; i++) {
        thread_wake(&pool->threads[i]);
        g_thread_join(pool->threads[i].thread);
    }
}

void relay_pool_free(RelayPool *pool)
{
    for (int i = 0; i < pool->started; i++) {
        RelayThread *thread = &pool->threads[i];
        close(thread->epoll_fd);
        close(thread->wake_fd);
        g_free(thread->scratch);
        g_ptr_array_unref(thread->dead);
    }
    g_mutex_clear(&pool->mutex);
    g_free(pool);
}
