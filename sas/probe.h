/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a port of the bubble, every 20 milliseconds, whether it answers HTTP: first whether somebody
 * listens, then whether the answer begins with "HTTP/". Ends at the first that does.
 */
#ifndef SAS_PROBE_H
#define SAS_PROBE_H

#include "status.h"

#define PROBE_EVERY_MS 20
#define PROBE_ANSWER_TIMEOUT_MS 10000

typedef struct Probe {
    Source source;
    Loop *loop;
    Status *status;
    int port;
    int64_t asked_ms, next_ms;
    bool asked, over;
} Probe;

void probe_init(Probe *probe, Loop *loop, Status *status, int port);
/* Does what is due; returns in how many milliseconds to be called again, -1 when it is over. */
int probe_step(Probe *probe);

#endif
