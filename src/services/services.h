/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services: interactive programs running in bubbles. A launch is one decided, logged action that
 * answers at once; the room then carries it out beside, tells its timeline, watches the bubble,
 * opens the way to it for the gateway, and stops it when its person asks, when it dies, or when a
 * right is lost.
 *
 * When a right is lost the bubble is frozen, its connections are cut, then it is stopped; the
 * reason is kept with the service. Files stay for the others.
 *
 * The room tells the lake who is behind a door (lake_set_door_find): a service's identity is its
 * door, with the name of its person.
 */
#ifndef DARSE_SERVICES_SERVICES_H
#define DARSE_SERVICES_SERVICES_H

#include "app/app.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

extern const Room services_room;

/* Topic on which every room publishes after a change that may end somebody's right. */
#define SERVICES_TOPIC_RIGHTS "rights"

/* What a running service uses now, as its control group counts it. */
typedef struct ServiceUsage {
    int64_t memory_bytes, memory_limit_bytes;
    double cpus;                   /* processors' worth of work since the sample before */
    double cpu_limit;
    int64_t sampled_ms;
} ServiceUsage;
/* False when it has not been measured: it does not run, or the host does not count. */
bool services_usage(App *app, const char *service, ServiceUsage *ret_usage);

#endif
