/* SPDX-License-Identifier: Apache-2.0 */
/* A reader that does not read is dropped: nothing is kept for it. */
#include "status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const char *const state_names[STATE_COUNT] = {"started", "listening", "ready"};

static void status_send(Status *status, Source *reader, const char *line)
{
    size_t size = strlen(line);
    if (reader->fd >= 0 && send(reader->fd, line, size, MSG_NOSIGNAL | MSG_DONTWAIT) !=
                               (ssize_t)size)
        loop_close(status->loop, reader);
}

static void status_send_all(Status *status, const char *line)
{
    for (int i = 0; i < STATUS_READERS_MAX; i++)
        status_send(status, &status->readers[i], line);
}

static void state_line(const Status *status, State state, char *ret_line, size_t size)
{
    snprintf(ret_line, size, "state %s %" PRId64 "\n", state_names[state],
             status->reached_ms[state]);
}

static void activity_line(const Status *status, char *ret_line, size_t size)
{
    snprintf(ret_line, size, "activity %" PRId64 " %d\n", status->relays->last_activity_ms,
             status->relays->open);
}

/* Readers have nothing to say: what they send is dropped, and their end closes them. */
static void status_hear(Source *source, uint32_t events)
{
    char ignored[256];
    (void)events;
    ssize_t n = recv(source->fd, ignored, sizeof ignored, MSG_DONTWAIT);
    if (n <= 0) {
        close(source->fd); /* closing takes it out of the epoll set */
        source->fd = -1;
        source->added = false;
        source->events = 0;
    }
}

static void status_welcome(Status *status, int fd)
{
    char line[96];
    for (int i = 0; i < STATUS_READERS_MAX; i++) {
        Source *reader = &status->readers[i];
        if (reader->fd >= 0)
            continue;
        *reader = (Source){.fd = fd, .handle = status_hear};
        if (!loop_watch(status->loop, reader, EPOLLIN)) {
            loop_close(status->loop, reader);
            return;
        }
        for (int state = 0; state < STATE_COUNT; state++) {
            state_line(status, (State)state, line, sizeof line);
            if (status->reached_ms[state] >= 0)
                status_send(status, reader, line);
        }
        activity_line(status, line, sizeof line);
        status_send(status, reader, line);
        return;
    }
    close(fd);
}

static void status_accept(Source *source, uint32_t events)
{
    (void)events;
    Status *status = SOURCE_OWNER(source, Status, listener);
    int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        status_welcome(status, fd);
}

static bool status_listen(Status *status, const char *path)
{
    Address address;
    if (!address_unix(path, &address))
        return false;
    int fd = address_listen(&address);
    if (fd < 0)
        return false;
    status->listener = (Source){.fd = fd, .handle = status_accept};
    return loop_watch(status->loop, &status->listener, EPOLLIN);
}

bool status_open(Status *status, Loop *loop, const Relays *relays, const char *path)
{
    status->loop = loop;
    status->relays = relays;
    status->began_ms = clock_ms();
    for (int i = 0; i < STATE_COUNT; i++)
        status->reached_ms[i] = -1;
    for (int i = 0; i < STATUS_READERS_MAX; i++)
        status->readers[i].fd = -1;
    return path == NULL || status_listen(status, path);
}

void status_reach(Status *status, State state)
{
    char line[96];
    if (status->reached_ms[state] >= 0)
        return;
    status->reached_ms[state] = clock_ms() - status->began_ms;
    state_line(status, state, line, sizeof line);
    status_send_all(status, line);
}

void status_tell_activity(Status *status)
{
    char line[96];
    int64_t now = clock_ms();
    const Relays *relays = status->relays;
    if (now - status->told_at_ms < STATUS_ACTIVITY_MS ||
        (relays->last_activity_ms == status->told_activity_ms && relays->open == status->told_open))
        return;
    status->told_at_ms = now;
    status->told_activity_ms = relays->last_activity_ms;
    status->told_open = relays->open;
    activity_line(status, line, sizeof line);
    status_send_all(status, line);
}
