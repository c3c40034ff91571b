/* SPDX-License-Identifier: Apache-2.0 */
/* The status lines of a bubble's first process: "state ready 123", "activity 1795665797123 2". What
 * they say is the bubble's to invent. Pure. */
#ifndef DARSE_SERVICES_STATUS_H
#define DARSE_SERVICES_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#define STATUS_LINE_MAX 200

typedef struct BubbleStatus {
    char state[16];            /* "" when it is an activity line */
    int64_t value;             /* milliseconds since the start, or the time of the last activity */
    int64_t open;              /* connections now */
} BubbleStatus;

/* False, with nothing written, for any other line. */
bool status_parse(const char *line, BubbleStatus *ret_status);

#endif
