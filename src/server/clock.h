/* SPDX-License-Identifier: Apache-2.0 */
/* The clock: one thread, one table of periodic duties gathered from the rooms. */
#ifndef DARSE_SERVER_CLOCK_H
#define DARSE_SERVER_CLOCK_H

#include "app/app.h"

typedef struct Clock Clock;

/* What happened to one duty since the start. Times are of the wall clock, 0: never. */
typedef struct ClockState {
    const char *name;
    int period_ms;
    int64_t last_ms, next_ms;      /* began last; begins next */
    int64_t took_ms;               /* the last run */
    int64_t runs, failures;
    int64_t failed_ms;             /* the last failure, and why */
    char *failure;                 /* NULL: none */
    bool failing;                  /* the last run failed */
} ClockState;
void clock_state_clear(ClockState *state);

/* A copy of every duty's state, in the order of the rooms. Array of ClockState; any thread. */
GArray *clock_states(Clock *clock);
/* Has the duty NAME run at once. ERROR_NOT_FOUND "clock.no_duty". Any thread. */
bool clock_hurry(Clock *clock, const char *name, GError **error);

Clock *clock_start(App *app, const Room *const *rooms);
/* Waits for the duty under way. Accepts NULL. */
void clock_stop(Clock *clock);

#endif
