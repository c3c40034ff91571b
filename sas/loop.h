/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop of sas: one epoll, and sources that are called when their descriptor is ready.
 * Sources live inside the structures of their owners, which must stay in memory until the end of
 * the batch of events (loop_batch_end): an event for a source closed in the same batch is dropped
 * because its descriptor is -1 by then.
 */
#ifndef SAS_LOOP_H
#define SAS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Source Source;
struct Source {
    int fd; /* -1: closed */
    uint32_t events;
    bool added;
    void (*handle)(Source *source, uint32_t events);
};

typedef struct Loop {
    int epoll_fd;
} Loop;

/* The structure that holds SOURCE as its member MEMBER. */
#define SOURCE_OWNER(source, type, member)                                                         \
    ((type *)(void *)((char *)(source) - __builtin_offsetof(type, member)))

bool loop_open(Loop *loop);
/* Asks for EVENTS (0: none, and not even hang-ups). Returns false if the kernel refuses. */
bool loop_watch(Loop *loop, Source *source, uint32_t events);
/* Stops watching and closes the descriptor. */
void loop_close(Loop *loop, Source *source);
/* Waits for TIMEOUT_MS at most (-1: for ever) and calls the handlers. */
void loop_turn(Loop *loop, int timeout_ms);

int64_t clock_ms(void);      /* monotonic */
int64_t clock_wall_ms(void); /* since the epoch */
bool fd_nonblocking(int fd);

#endif
