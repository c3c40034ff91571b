/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protection of tables: from records, or from cells that are there already, to tables that may be shown, with
 * the attacker's interval of everything that is not. It must not know files nor the command line. The
 * statistics are sdc's; here are names, recipes and reports.
 *
 * A recipe of tables (version 1) is one JSON object:
 *
 *   darse_tables  1
 *   title         a line for people
 *   input         "records" (default) or "cells": one file of records, or one file of cells for each table
 *   tables        [{"name", "dimensions": [columns], "hierarchies": {column: name}, "scope"}]
 *   value, weight, holding, record_key     columns; without VALUE the tables are of counts
 *   count, largest, marks   of cells: number of units, largest contributions, and what is suppressed
 *   hierarchies   as in recipes of records; total, totals: what totals are called (in one column)
 *   rules, method what is unsafe, and what is done about it
 *
 * docs/sdc/tables.md explains each field; unknown ones are refused. Cells that two tables share are one cell.
 * The same recipe and the same input give the same bytes.
 */
#ifndef DARSE_PROTECT_TABLES_H
#define DARSE_PROTECT_TABLES_H

#include "protect/microdata.h"
#include "sdc/core.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define PROTECT_TABLES_MAX 12
#define PROTECT_CELLS_MAX 20000000

/* The whole schema, and that every hierarchy is a tree. ERROR_INVALID "recipe.*" with the place. */
bool protect_check_tables(const json_t *recipe, GError **error);

typedef enum TablesJob {
    TABLES_TABULATE,   /* the cells with what the rules say of them */
    TABLES_SUPPRESS,   /* what the recipe's method makes of them, audited */
    TABLES_AUDIT,      /* cells of which some are suppressed already */
} TablesJob;

/* Which columns of file INPUT are used. Texts are read as they are written, numbers as numbers. Each name
 * once. Caller frees both. */
void protect_tables_columns(const json_t *recipe, size_t input, GPtrArray **ret_texts,
                            GPtrArray **ret_numbers);
/* How many files the recipe reads. */
size_t protect_tables_inputs(const json_t *recipe);

/* One file of the result: "turnover.protected" may be shown, "turnover.confidential" has everything. */
typedef struct TablesFile {
    char *name;
    Microdata *data;
} TablesFile;

typedef bool (*TablesProgress)(void *user, double done, const char *what);
typedef struct TablesContext {
    const struct SdcSolver *solver;    /* not for TABLES_TABULATE */
    TablesProgress progress;           /* or NULL */
    void *user;
} TablesContext;

/* By a checked RECIPE. RET_FILES: of TablesFile. *RET_REPORT: {"job", "recipe", "tables", "cells", "audit", ...,
 * "verdict": "safe" | "unsafe" | "none"}. */
bool protect_tables(Microdata *const *inputs, size_t count, const json_t *recipe, TablesJob job,
                    const TablesContext *context, GPtrArray **ret_files, json_t **ret_report,
                    GError **error);

/* The report as one HTML page without any script or outside reference; LANGUAGE "en" or "fr". */
char *protect_tables_html(const json_t *report, const char *language);

/* What PROTECTED lost of ORIGINAL: records in the same order, or cells matched by their categories. OPTIONS:
 * {"by": [columns of categories], "value": column} of cells, {"key": [columns that name records], "ways": 1..4} of
 * records; all but BY and VALUE may be absent. NULL with ERROR. */
json_t *protect_compare(const Microdata *original, const Microdata *protected_, const json_t *options,
                        GError **error);

#endif
