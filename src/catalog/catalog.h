/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue: what can be launched. A definition says which image runs, what the browser
 * receives from it (pages or pixels) and how much it may use. Knows nothing of projects or people.
 */
#ifndef DARSE_CATALOG_CATALOG_H
#define DARSE_CATALOG_CATALOG_H

#include "policy/policy.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct CatalogDefinition {
    const char *id;               /* "jupyter" */
    const char *title;
    const char *summary_en, *summary_fr;
    const char *image;            /* name in the engine's list of images */
    PolicyDisplay display;
} CatalogDefinition;

/* Ended by a row with id NULL. */
const CatalogDefinition *catalog_definitions(void);
/* ERROR_NOT_FOUND "catalog.no_definition". */
bool catalog_find(const char *id, const CatalogDefinition **ret_definition, GError **error);
const char *catalog_display_name(PolicyDisplay display);   /* "web", "pixels" */

#endif
