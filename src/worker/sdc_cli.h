/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of records and those of tables share. */
#ifndef DARSE_WORKER_SDC_CLI_H
#define DARSE_WORKER_SDC_CLI_H

#include "worker/worker_cli.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* -1 with ERROR. *RET_FORMAT from the name: "csv" or "parquet". */
int sdc_open_input(const char *path, const char **ret_format, GError **error);
/* A recipe as JSON, unchecked, with its SHA-256. NULL with ERROR. */
json_t *sdc_read_json(const char *path, char **ret_hash, GError **error);
/* WorkerProgress: a line on standard error, or one line rewritten on a terminal. */
void sdc_show_progress(void *user, double done, const char *what);
void sdc_end_progress(void);

/* `sdc run` with a recipe of tables. Takes nothing; returns an exit code. */
typedef struct SdcTablesRun {
    const Verb *verb;
    json_t *recipe;
    const char *recipe_hash;       /* NULL: made of options */
    char *const *inputs;           /* NULL-ended */
    const char *out, *language;
    const char *job;               /* "tabulate", "suppress", "audit" */
    bool parquet, as_json;
} SdcTablesRun;
int sdc_tables_run(const SdcTablesRun *run);

#endif
