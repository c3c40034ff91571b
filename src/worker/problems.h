/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The errors that may cross from the worker to its caller: a closed list, because what comes back
 * may have been forged by a file that took the worker over.
 */
#ifndef DARSE_WORKER_PROBLEMS_H
#define DARSE_WORKER_PROBLEMS_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* {"code", "reason", "sentence"} */
json_t *problem_pack(const GError *problem);
/* Fills ERROR from such an object; always returns false. */
bool problem_unpack(const json_t *object, GError **error);

#endif
