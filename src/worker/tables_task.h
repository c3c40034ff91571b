/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks on tables: files in, `protect` at work, one stream of CSV files out. Run in the sandbox. */
#ifndef DARSE_WORKER_TABLES_TASK_H
#define DARSE_WORKER_TABLES_TASK_H

#include "worker/tasks.h"

json_t *tables_task_run(Duck *duck, const SdcSolver *solver, const WorkerLimits *limits,
                        const json_t *arguments, size_t inputs, int output_fd, GError **error);
json_t *compare_task_run(Duck *duck, const SdcSolver *solver, const WorkerLimits *limits,
                         const json_t *arguments, size_t inputs, int output_fd, GError **error);

#endif
