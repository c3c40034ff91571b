/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status door: whoever connects is told, a line at a time, how far the service is and when it
 * was last used. `state started|listening|ready MS` (MS since sas began; all lines so far come at
 * once) and `activity UNIX_MS OPEN` (last byte through the service's door, 0 if none yet, and the
 * number of connections open). The end of the stream says that the service is over.
 */
#ifndef SAS_STATUS_H
#define SAS_STATUS_H

#include "loop.h"
#include "relay.h"

#define STATUS_READERS_MAX 16
#define STATUS_ACTIVITY_MS 2000

typedef enum State { STATE_STARTED, STATE_LISTENING, STATE_READY, STATE_COUNT } State;

typedef struct Status {
    Source listener;
    Source readers[STATUS_READERS_MAX];
    Loop *loop;
    const Relays *relays;
    int64_t began_ms;
    int64_t reached_ms[STATE_COUNT]; /* -1: not yet */
    int64_t told_activity_ms, told_at_ms;
    int told_open;
} Status;

/* Begins the clock. A status without a door (path NULL) only remembers. */
bool status_open(Status *status, Loop *loop, const Relays *relays, const char *path);
void status_reach(Status *status, State state);
/* Tells about activity if it changed since the last time. To be called every second or so. */
void status_tell_activity(Status *status);

#endif
