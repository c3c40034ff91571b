/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard thread: asks policy again for every running service whenever a right may have changed,
 * and twice a second besides, since terms expire by themselves. What may no longer be open is
 * frozen, cut off, marked with the reason, then stopped.
 */
#ifndef DARSE_SERVICES_GUARD_H
#define DARSE_SERVICES_GUARD_H

#include "services/live.h"

void guard_start(Services *services);
/* The bus of events is closed by then, which ends the thread. */
void guard_stop(Services *services);

#endif
