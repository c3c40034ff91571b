/* SPDX-License-Identifier: Apache-2.0 */
/* The task that applies a recipe: table in, protected table out. Runs in the sandbox. */
#ifndef DARSE_WORKER_PROTECT_TASK_H
#define DARSE_WORKER_PROTECT_TASK_H

#include "worker/tasks.h"

json_t *protect_task_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                         int output_fd, GError **error);

#endif
