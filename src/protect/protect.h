/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protection by recipe: a readable file of steps, applied to a table of records in memory, and the report
 * of what it did to risk and utility. It must not know where the records come from or go to, nor the command
 * line: the worker reads and writes, its verbs print.
 *
 * A recipe (version 1) is one JSON object:
 *
 *   darse_recipe  1
 *   title         a line for people
 *   seed          of every random draw
 *   keys          columns whose combination could identify a record
 *   missing       "wildcard" or "category": what a missing key value means in the risk measures
 *   k             the smallest number of records alike that is aimed at (2 or more)
 *   weight, household, sensitive   columns (a name, a name, a list); all optional
 *   hierarchies   {column: [[value, its group, the group's group, ...], ...]}
 *   steps         [{"do": name, ...}], in order; protect_step_kinds() is the table of them
 *
 * docs/sdc/recipes.md explains each field; unknown ones are refused. The same recipe and the same records
 * give the same bytes.
 */
#ifndef DARSE_PROTECT_PROTECT_H
#define DARSE_PROTECT_PROTECT_H

#include "protect/microdata.h"
#include "protect/tables.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define PROTECT_STEPS_MAX 100
#define PROTECT_HIERARCHY_ROWS_MAX 200000

/* The whole schema, and that every hierarchy is a tree. ERROR_INVALID "recipe.*" with the place. */
bool protect_check_recipe(const json_t *recipe, GError **error);

/* The domains of the keys that a checked RECIPE asks for, each once. Array of text. */
GPtrArray *protect_domains(const json_t *recipe);

/* Called on the way; false stops (ERROR_CONFLICT "protect.stopped"). */
typedef bool (*ProtectProgress)(void *user, double done, const char *what);

typedef struct ProtectOptions {
    const char *key;               /* secret of pseudonyms, or NULL; only the steps that need it ask */
    const json_t *keys;            /* {domain: secret} instead of KEY; or NULL */
    ProtectProgress progress;      /* or NULL */
    void *user;
} ProtectOptions;

/* Applies a checked RECIPE to DATA in place. *RET_REPORT: {"recipe": {...}, "before": {...}, "after":
 * {...}, "utility": {...}, "steps": [...], "columns": [names left]}. On failure DATA is of no use any more. */
bool protect_run(Microdata *data, const json_t *recipe, const ProtectOptions *options,
                 json_t **ret_report, GError **error);

/* Adds what must be the same for the result to be the same, and what came out: SHA-256 in hexadecimal. */
void protect_report_files(json_t *report, const char *recipe_hash, const char *input_hash,
                          const char *output_hash);

/* The report as one HTML page without any script or outside reference; LANGUAGE "en" or "fr"; THEME "light" or
 * "dark", NULL: as the browser prefers. */
char *protect_report_html(const json_t *report, const char *language, const char *theme);

typedef struct ProtectStepSummary {
    const char *name, *summary;
} ProtectStepSummary;
/* Ended by a row with name NULL. */
const ProtectStepSummary *protect_step_kinds(void);

#endif
