/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue: what can be launched. A definition says which image runs, what the browser
 * receives from it (pages or pixels) and what its person may choose: processors, memory, lifetime.
 * Choices are checked here against the definition and the limits of this Darse; the engine checks
 * what comes of them again. Knows nothing of projects or people.
 */
#ifndef DARSE_CATALOG_CATALOG_H
#define DARSE_CATALOG_CATALOG_H

#include "policy/policy.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What one may choose at a launch. */
typedef enum CatalogParameter {
    PARAMETER_CPUS,        /* processors */
    PARAMETER_MEMORY_MIB,
    PARAMETER_HOURS,       /* then the service is stopped */
    PARAMETER_COUNT,
} CatalogParameter;

typedef struct CatalogParameterRow {
    const char *name;             /* in the API */
    const char *unit;             /* "cpu", "mebibyte", "hour" */
    const char *title_en, *title_fr;
    const int64_t *steps;         /* values worth offering, ended by 0 */
} CatalogParameterRow;
const CatalogParameterRow *catalog_parameter(CatalogParameter parameter);

typedef struct CatalogDefinition {
    const char *id;               /* "jupyter" */
    const char *title;
    const char *summary_en, *summary_fr;
    const char *image;            /* name in the engine's list of images */
    PolicyDisplay display;
    int64_t least[PARAMETER_COUNT]; /* below these it does not work */
    int64_t hours_in_all;           /* the longest life, however often prolonged */
} CatalogDefinition;

/* Of this Darse: what is given when nothing is asked, and the most. */
typedef struct CatalogLimits {
    int64_t normal[PARAMETER_COUNT];
    int64_t most[PARAMETER_COUNT];
} CatalogLimits;

#define CATALOG_UNASKED (-1)

typedef struct CatalogChoices {
    int64_t values[PARAMETER_COUNT];
} CatalogChoices;

/* Ended by a row with id NULL. */
const CatalogDefinition *catalog_definitions(void);
/* ERROR_NOT_FOUND "catalog.no_definition". */
bool catalog_find(const char *id, const CatalogDefinition **ret_definition, GError **error);
const char *catalog_display_name(PolicyDisplay display);   /* "web", "pixels" */

/* The values that a form offers, in order, the normal one among them. Elements: int64_t. */
GArray *catalog_offered(const CatalogDefinition *definition, const CatalogLimits *limits,
                        CatalogParameter parameter);
/* One of them alone. ASKED may be CATALOG_UNASKED. */
bool catalog_choose_one(const CatalogDefinition *definition, const CatalogLimits *limits,
                        CatalogParameter parameter, int64_t asked, int64_t *ret_value,
                        GError **error);
/* The normal value for what is CATALOG_UNASKED. A value that is not offered: ERROR_INVALID
 * "catalog.parameter", with the offered ones. */
bool catalog_choose(const CatalogDefinition *definition, const CatalogLimits *limits,
                    const CatalogChoices *asked, CatalogChoices *ret_choices, GError **error);

#endif
