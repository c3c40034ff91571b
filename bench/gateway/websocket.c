/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the benchmark: a client of CONNECTIONS WebSockets through a proxy, each sending one message of 64 bytes,
 * waiting for its echo, and sending the next. Prints messages a second.
 *
 * usage: bench_websocket PORT HOST CONNECTIONS SECONDS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A masked text frame of 64 bytes; the service sends the same bytes back. */
#define FRAME_SIZE 70
#define EVENTS 64

static unsigned char frame[FRAME_SIZE] = {0x81, 0x80 | 64, 1, 2, 3, 4};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int open_one(int port, const char *host)
{
    char request[1024], answer[4096];
    size_t size = 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int length = snprintf(request, sizeof request,
                          "GET /ws HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Origin: http://%s:%d\r\n"
                          "Cookie: __Host-darse-service=bench; other=1\r\n\r\n", host, port, host, port);
    if (send(fd, request, (size_t)length, MSG_NOSIGNAL) != length)
        fail("send");
    for (;;) {
        ssize_t count = recv(fd, answer + size, 1, 0);
        if (count <= 0 || size + 2 > sizeof answer)
            fail("handshake");
        answer[size += (size_t)count] = '\0';
        if (size >= 4 && strcmp(answer + size - 4, "\r\n\r\n") == 0)
            break;
    }
    if (strncmp(answer, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "%s", answer);
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    int port = atoi(argv[1]), connections = atoi(argv[3]);
    double seconds = atof(argv[4]);
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    size_t *received = calloc((size_t)connections, sizeof *received);
    int *fds = calloc((size_t)connections, sizeof *fds);
    long messages = 0;
    for (int i = 0; i < connections; i++) {
        fds[i] = open_one(port, argv[2]);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)i};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fds[i], &event);
        if (send(fds[i], frame, FRAME_SIZE, MSG_NOSIGNAL) != FRAME_SIZE)
            fail("send");
    }
    double start = now();
    while (now() < start + seconds) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll_fd, events, EVENTS, 1000);
        if (count == 0) {
            fprintf(stderr, "nothing comes back\n");
            return 1;
        }
        for (int i = 0; i < count; i++) {
            unsigned char bytes[FRAME_SIZE];
            unsigned which = events[i].data.u32;
            ssize_t got = recv(fds[which], bytes, FRAME_SIZE - received[which], 0);
            if (got <= 0)
                fail("recv");
            received[which] += (size_t)got;
            if (received[which] < FRAME_SIZE)
                continue;
            received[which] = 0;
            messages++;
            if (send(fds[which], frame, FRAME_SIZE, MSG_NOSIGNAL) != FRAME_SIZE)
                fail("send");
        }
    }
    printf("%.1f\n", (double)messages / (now() - start));
    return 0;
}
