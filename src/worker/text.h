/* SPDX-License-Identifier: Apache-2.0 */
/* The beginning of a text file, for a person to look at. Runs in the sandbox. */
#ifndef DARSE_WORKER_TEXT_H
#define DARSE_WORKER_TEXT_H

#include "worker/duck.h"
#include "worker/worker.h"

/* BYTES as text without control characters but line ends and tabs, caller frees; NULL for what is
 * no text. *RET_ENCODING: "utf-8", else "latin-1". CUT: more bytes follow. Pure. */
char *text_decode(const char *bytes, size_t size, bool cut, const char **ret_encoding);

json_t *text_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                 int output_fd, GError **error);

#endif
