/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recipes for other people's programs: the shared library libdarse-recipes, which wants GLib and jansson of the
 * system. Records come in and go out as Arrow streams (sdc/arrow.h says of which types), texts are UTF-8 and
 * NUL-ended. The same recipe and the same values give what `darse sdc run` gives: a column of texts or of a
 * dictionary is read as its texts, in the order of the records.
 *
 * RET_ERROR receives a sentence on failure; what is returned is given back with protect_arrow_free(). Any
 * function may be called from any thread. Memory that GLib cannot have ends the program.
 */
#ifndef DARSE_PROTECT_PROTECT_ARROW_H
#define DARSE_PROTECT_PROTECT_ARROW_H

#include "sdc/arrow.h"

typedef struct ProtectArrowRun {
    const char *recipe;           /* JSON */
    const char *keys;             /* JSON object {domain: secret}, or NULL */
    const char *key;              /* a secret for all domains, or NULL */
    bool (*progress)(void *user, double done, const char *what);   /* false stops; or NULL */
    void *user;
} ProtectArrowRun;

/* NULL, or what is wrong with the recipe. */
char *protect_arrow_check_recipe(const char *recipe);

/* RECORDS stays the caller's to release. *RET_REPORT: JSON, as `darse sdc run` writes it but for what it says of
 * files. */
bool protect_arrow_run(const ProtectArrowRun *run, struct ArrowArrayStream *records,
                       struct ArrowArrayStream *ret_records, char **ret_report, char **ret_error);

/* The report as a page; LANGUAGE "en" or "fr". */
char *protect_arrow_html(const char *report, const char *language, char **ret_error);

/* Name and summary of step INDEX; false beyond the last. */
bool protect_arrow_step(size_t index, const char **ret_name, const char **ret_summary);

void protect_arrow_free(char *text);

#endif
