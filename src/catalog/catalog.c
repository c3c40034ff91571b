/* SPDX-License-Identifier: Apache-2.0 */
/* The table of definitions, and the choices that each leaves to its person. */
#include "catalog/catalog.h"

#include "base/error.h"

#include <string.h>

static const CatalogDefinition definitions[] = {
    {"jupyter", "JupyterLab",
     "Notebooks in Python with numpy, pandas, pyarrow, matplotlib, scikit-learn, statsmodels and "
     "duckdb.",
     "Notebooks en Python avec numpy, pandas, pyarrow, matplotlib, scikit-learn, statsmodels et "
     "duckdb.",
     "jupyter", DISPLAY_WEB, {1, 512, 1}, 720},
    {0},
};

static const int64_t cpu_steps[] = {1, 2, 4, 8, 16, 32, 64, 128, 0};
static const int64_t memory_steps[] = {512,   1024,  2048,   4096,   8192,   16384, 32768,
                                       65536, 131072, 262144, 524288, 0};
static const int64_t hour_steps[] = {1, 2, 4, 8, 12, 24, 48, 72, 168, 336, 720, 0};

static const CatalogParameterRow parameters[PARAMETER_COUNT] = {
    [PARAMETER_CPUS] = {"cpus", "cpu", "Processors", "Processeurs", cpu_steps},
    [PARAMETER_MEMORY_MIB] = {"memory_mib", "mebibyte", "Memory", "Mémoire", memory_steps},
    [PARAMETER_HOURS] = {"hours", "hour", "Lifetime", "Durée de vie", hour_steps},
};

const CatalogParameterRow *catalog_parameter(CatalogParameter parameter)
{
    g_assert(parameter < PARAMETER_COUNT);
    return &parameters[parameter];
}

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

/* ---- choices ---- */

static int offered_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool offered_has(const GArray *offered, int64_t value)
{
    for (guint i = 0; i < offered->len; i++) {
        if (g_array_index(offered, int64_t, i) == value)
            return true;
    }
    return false;
}

/* The normal value is what the officer wrote: offered even when it is no step, and even when the
 * definition would like more. */
GArray *catalog_offered(const CatalogDefinition *definition, const CatalogLimits *limits,
                        CatalogParameter parameter)
{
    GArray *offered = g_array_new(false, false, sizeof(int64_t));
    g_array_append_val(offered, limits->normal[parameter]);
    for (const int64_t *step = parameters[parameter].steps; *step != 0; step++) {
        if (*step >= definition->least[parameter] && *step <= limits->most[parameter] &&
            !offered_has(offered, *step))
            g_array_append_val(offered, *step);
    }
    g_array_sort(offered, offered_compare);
    return offered;
}

static char *offered_text(const GArray *offered)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < offered->len; i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "",
                               g_array_index(offered, int64_t, i));
    return g_string_free(g_steal_pointer(&text), false);
}

bool catalog_choose_one(const CatalogDefinition *definition, const CatalogLimits *limits,
                        CatalogParameter parameter, int64_t asked, int64_t *ret_value,
                        GError **error)
{
    g_autoptr(GArray) offered = catalog_offered(definition, limits, parameter);
    int64_t value = asked == CATALOG_UNASKED ? limits->normal[parameter] : asked;
    if (!offered_has(offered, value)) {
        g_autofree char *text = offered_text(offered);
        return error_set(error, ERROR_INVALID, "catalog.parameter",
                         "Field \"%s\" cannot be %" G_GINT64_FORMAT "; %s offers %s.",
                         parameters[parameter].name, value, definition->title, text);
    }
    *ret_value = value;
    return true;
}

bool catalog_choose(const CatalogDefinition *definition, const CatalogLimits *limits,
                    const CatalogChoices *asked, CatalogChoices *ret_choices, GError **error)
{
    CatalogChoices choices = {0};
    for (int i = 0; i < PARAMETER_COUNT; i++) {
        if (!catalog_choose_one(definition, limits, (CatalogParameter)i, asked->values[i],
                                &choices.values[i], error))
            return false;
    }
    *ret_choices = choices;
    return true;
}
