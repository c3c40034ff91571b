/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker does with a table: one row per task. Runs in the sandbox. */
#ifndef DARSE_WORKER_TASKS_H
#define DARSE_WORKER_TASKS_H

#include "sdc/solver.h"
#include "worker/duck.h"
#include "worker/worker.h"

#include <glib.h>
#include <jansson.h>

typedef struct TaskKind {
    const char *name;                  /* in messages */
    const char *const *fields;         /* of the arguments, NULL-ended */
    bool needs_output;
    bool is_table;                     /* read by DuckDB; has a format */
    json_t *(*run)(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                   int output_fd, GError **error);
    WorkerLimits limits;
    bool needs_solver;                 /* of linear programs */
    /* Instead of RUN, for tasks that read several files (child_input_fd()) or need the solver, which is NULL
     * where it was not asked for. */
    json_t *(*run_tables)(Duck *duck, const SdcSolver *solver, const WorkerLimits *limits,
                          const json_t *arguments, size_t inputs, int output_fd, GError **error);
} TaskKind;

const TaskKind *task_kind(WorkerTask task);
/* WORKER_TASK_COUNT if there is none of that name. */
WorkerTask task_find(const char *name);
/* Only known fields, a known format, and what the task needs. */
bool task_check_arguments(WorkerTask task, const json_t *arguments, GError **error);

#endif
