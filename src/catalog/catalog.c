/* SPDX-License-Identifier: Apache-2.0 */
/* The table of definitions. */
#include "catalog/catalog.h"

#include "base/error.h"

#include <string.h>

static const CatalogDefinition definitions[] = {
    {"jupyter", "JupyterLab",
     "Notebooks in Python with numpy, pandas, pyarrow, matplotlib, scikit-learn, statsmodels and "
     "duckdb.",
     "Notebooks en Python avec numpy, pandas, pyarrow, matplotlib, scikit-learn, statsmodels et "
     "duckdb.",
     "jupyter", DISPLAY_WEB},
    {0},
};

const CatalogDefinition *catalog_definitions(void)
{
    return definitions;
}

bool catalog_find(const char *id, const CatalogDefinition **ret_definition, GError **error)
{
    for (const CatalogDefinition *d = definitions; d->id != NULL; d++) {
        if (strcmp(d->id, id) == 0) {
            *ret_definition = d;
            return true;
        }
    }
    return error_set(error, ERROR_NOT_FOUND, "catalog.no_definition",
                     "There is no service \"%s\" in the catalogue.", id);
}

const char *catalog_display_name(PolicyDisplay display)
{
    return display == DISPLAY_PIXELS ? "pixels" : "web";
}
