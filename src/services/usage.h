/* SPDX-License-Identifier: Apache-2.0 */
/* What running services use, sampled beside the listing of the engine, which knows their processes. */
#ifndef DARSE_SERVICES_USAGE_H
#define DARSE_SERVICES_USAGE_H

#include "services/live.h"
#include "services/services.h"

/* LISTED: the engine's answer to a list plan. Forgets those that are not in it. */
void usage_sample(Services *services, const json_t *listed);
void usage_start(Services *services);
void usage_stop(Services *services);

/* Pure: the path of the group that counts CONTROLLER ("memory", "cpuacct") in the text of
 * /proc/<pid>/cgroup, below the mount of control groups: "/memory/a/b" where they are of version 1, "/a/b"
 * of version 2. NULL when it is the root, which counts the whole machine. Caller frees. */
char *usage_group_path(const char *text, const char *controller, bool *ret_unified);

#endif
