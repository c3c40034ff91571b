/* SPDX-License-Identifier: Apache-2.0 */
/* The clock: one thread, one table of periodic duties gathered from the rooms. */
#ifndef DARSE_SERVER_CLOCK_H
#define DARSE_SERVER_CLOCK_H

#include "app/app.h"

typedef struct Clock Clock;
Clock *clock_start(App *app, const Room *const *rooms);
/* Waits for the duty under way. Accepts NULL. */
void clock_stop(Clock *clock);

#endif
