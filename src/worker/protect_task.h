/* SPDX-License-Identifier: Apache-2.0 */
/* The task that applies a recipe: table in, protected table out; and what the tasks on tables share with it.
 * Runs in the sandbox. */
#ifndef DARSE_WORKER_PROTECT_TASK_H
#define DARSE_WORKER_PROTECT_TASK_H

#include "protect/microdata.h"
#include "worker/table.h"
#include "worker/tasks.h"

json_t *protect_task_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                         int output_fd, GError **error);

/* All columns: numbers as numbers, everything else as texts. */
Microdata *records_load(Table *table, GError **error);
/* At the place where FD stands. */
bool records_write_csv(const Microdata *data, int fd, GError **error);

/* For ProtectProgress and TablesProgress: tells the caller's process now and then. USER is a Told, zeroed. */
typedef struct Told {
    int64_t at_ms;
} Told;
bool told_pass_on(void *user, double done, const char *what);

#endif
