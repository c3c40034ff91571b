/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listener of those who watch machines: /metrics, and /healthz with its parts. A listener of its
 * own, never a path of the portal: behind a proxy everybody seems to come from loopback.
 */
#ifndef DARSE_SERVER_WATCH_H
#define DARSE_SERVER_WATCH_H

#include "app/app.h"

typedef struct Watch Watch;

/* *RET_WATCH is NULL when metrics.port is 0. Refuses to listen beyond loopback without a token. */
bool watch_start(App *app, Watch **ret_watch, GError **error);
void watch_stop(Watch *watch, int grace_ms);
void watch_free(Watch *watch);

#endif
