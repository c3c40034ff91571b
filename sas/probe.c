/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt at a time. A server that accepts before it can answer keeps its attempt waiting, so
 * that its first answer is seen at once and not at the next turn. */
#include "probe.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const char question[] =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: sas\r\nConnection: close\r\n\r\n";

static void probe_drop(Probe *probe)
{
    loop_close(probe->loop, &probe->source);
    probe->asked = false;
    probe->next_ms = clock_ms() + PROBE_EVERY_MS;
}

static void probe_ask(Probe *probe)
{
    size_t size = sizeof question - 1;
    int problem = 0;
    socklen_t length = sizeof problem;
    if (getsockopt(probe->source.fd, SOL_SOCKET, SO_ERROR, &problem, &length) < 0 ||
        problem != 0 ||
        send(probe->source.fd, question, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size ||
        !loop_watch(probe->loop, &probe->source, EPOLLIN)) {
        probe_drop(probe);
        return;
    }
    probe->asked = true;
    status_reach(probe->status, STATE_LISTENING);
}

static void probe_handle(Source *source, uint32_t events)
{
    Probe *probe = SOURCE_OWNER(source, Probe, source);
    char answer[5];
    (void)events;
    if (!probe->asked) {
        probe_ask(probe);
        return;
    }
    ssize_t n = recv(source->fd, answer, sizeof answer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    probe_drop(probe);
    if (n == (ssize_t)sizeof answer && memcmp(answer, "HTTP/", sizeof answer) == 0) {
        probe->over = true;
        status_reach(probe->status, STATE_READY);
    }
}

static void probe_connect(Probe *probe)
{
    Address to = address_loopback(probe->port);
    probe->asked_ms = clock_ms();
    probe->next_ms = probe->asked_ms + PROBE_EVERY_MS;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    probe->source = (Source){.fd = fd, .handle = probe_handle};
    if ((connect(fd, &to.name.any, to.size) < 0 && errno != EINPROGRESS) ||
        !loop_watch(probe->loop, &probe->source, EPOLLOUT))
        probe_drop(probe);
}

void probe_init(Probe *probe, Loop *loop, Status *status, int port)
{
    probe->source.fd = -1;
    probe->loop = loop;
    probe->status = status;
    probe->port = port;
    probe->over = port == 0;
}

int probe_step(Probe *probe)
{
    if (probe->over)
        return -1;
    int64_t now = clock_ms();
    if (probe->source.fd >= 0 && now - probe->asked_ms > PROBE_ANSWER_TIMEOUT_MS)
        probe_drop(probe);
    if (probe->source.fd < 0 && now >= probe->next_ms)
        probe_connect(probe);
    int64_t due = probe->source.fd >= 0 ? probe->asked_ms + PROBE_ANSWER_TIMEOUT_MS + 1
                                        : probe->next_ms;
    return due > now ? (int)(due - now) : 0;
}
