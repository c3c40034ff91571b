/* SPDX-License-Identifier: Apache-2.0 */
/* The check of an export's table by the primary rules. Runs in the sandbox. */
#ifndef DARSE_WORKER_LINT_H
#define DARSE_WORKER_LINT_H

#include "worker/duck.h"
#include "worker/table.h"
#include "worker/worker.h"

/* The task WORKER_LINT. */
json_t *lint_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                 int output_fd, GError **error);

/* The table's notes as an array of texts. */
json_t *table_notes(const Table *table);

#endif
