/* SPDX-License-Identifier: Apache-2.0 */
/* What the two sides of the worker agree on. */
#ifndef DARSE_WORKER_CHILD_H
#define DARSE_WORKER_CHILD_H

#include "worker/worker.h"

/* The only descriptors of the child above the standard three, which are /dev/null. Inputs after the first
 * follow the output's place. */
enum { CHILD_SOCKET_FD = 3, CHILD_INPUT_FD = 4, CHILD_OUTPUT_FD = 5, CHILD_MORE_FD = 6 };

static inline int child_input_fd(size_t index)
{
    return index == 0 ? CHILD_INPUT_FD : CHILD_MORE_FD + (int)index - 1;
}

json_t *limits_pack(const WorkerLimits *limits);

#endif
