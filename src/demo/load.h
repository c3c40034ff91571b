/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a demonstration. Both do nothing where the work is done, so that they can be repeated. */
#ifndef DARSE_DEMO_LOAD_H
#define DARSE_DEMO_LOAD_H

#include "demo/demo.h"

/* Before the first start: the officer's organisation and account, straight into the store; there is
 * nobody yet who could do it through the API. */
bool demo_prepare(const char *state_dir, GError **error);
/* On the running server, through its API. FOLDER holds the files that the sources' tables name.
 * Prints a line per thing made. */
bool demo_load(DemoWorld *world, const char *folder, GError **error);

/* The datasets of SOURCE that recipes make and that are not published yet. THERE: the source as the API shows
 * it to its STEWARD. FOLDER has the raw file and the recipes. */
bool demo_load_use_files(DemoPerson *steward, const DemoSource *source, const json_t *there,
                         const char *folder, GError **error);

#endif
