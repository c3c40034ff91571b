/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_WORKER_WORKER_CLI_H
#define DARSE_WORKER_WORKER_CLI_H

#include "base/verbs.h"

/* Ended by a row with name NULL. */
extern const Verb worker_verbs[];
/* Protection of files by recipes: sdc run, sdc risk. */
extern const Verb sdc_verbs[];
/* Tables: sdc tabulate, suppress, audit, compare. */
extern const Verb sdc_table_verbs[];

#endif
