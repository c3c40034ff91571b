/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done beside a request: starting a queued service, stopping one, taking back those that
 * run after a restart. Each task moves the row step by step; a crash in between is repaired by
 * tasks_reconcile().
 */
#ifndef DARSE_SERVICES_TASKS_H
#define DARSE_SERVICES_TASKS_H

#include "services/live.h"

typedef enum ServiceTaskKind { TASK_START, TASK_STOP, TASK_ADOPT } ServiceTaskKind;

void tasks_start(Services *services);
/* Waits for the tasks under way. */
void tasks_stop(Services *services);
/* One task per service at a time: another one for the same service waits behind it. */
void tasks_push(Services *services, ServiceTaskKind kind, const char *id);

/* Compares the rows with what the engine runs: takes back, ends, or stops what differs. */
bool tasks_reconcile(App *app, GError **error);

#endif
