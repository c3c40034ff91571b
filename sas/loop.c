/* SPDX-License-Identifier: Apache-2.0 */
/* Level-triggered epoll. A source that wants nothing is taken out of the set altogether, because
 * epoll reports hang-ups even of those that asked for no event, and would turn without rest. */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define LOOP_BATCH 128

bool loop_open(Loop *loop)
{
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll_fd >= 0;
}

bool loop_watch(Loop *loop, Source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (source->fd < 0 || (source->added && source->events == events))
        return true;
    if (events == 0) {
        if (source->added)
            epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
        source->added = false;
        source->events = 0;
        return true;
    }
    int operation = source->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(loop->epoll_fd, operation, source->fd, &event) < 0)
        return false;
    source->added = true;
    source->events = events;
    return true;
}

void loop_close(Loop *loop, Source *source)
{
    if (source->fd < 0)
        return;
    loop_watch(loop, source, 0);
    close(source->fd);
    source->fd = -1;
}

void loop_turn(Loop *loop, int timeout_ms)
{
    struct epoll_event events[LOOP_BATCH];
    int count = epoll_wait(loop->epoll_fd, events, LOOP_BATCH, timeout_ms);
    for (int i = 0; i < count; i++) {
        Source *source = events[i].data.ptr;
        if (source->fd >= 0)
            source->handle(source, events[i].events);
    }
}

static int64_t clock_read(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_ms(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
    return clock_read(CLOCK_REALTIME);
}

bool fd_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}
