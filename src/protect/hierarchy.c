/* SPDX-License-Identifier: Apache-2.0 */
/* From rows of texts to the arrays of the kernels. The rows were checked to be a tree. */
#include "protect/steps.h"

#include "base/error.h"

#include <string.h>

void hierarchy_clear(BuiltHierarchy *built)
{
    g_clear_pointer(&built->blocks, g_ptr_array_unref);
    g_clear_pointer(&built->labels, g_ptr_array_unref);
}

static void *take_block(BuiltHierarchy *built, size_t bytes)
{
    void *block = g_malloc0(MAX(bytes, 1));
    g_ptr_array_add(built->blocks, block);
    return block;
}

/* The values of a column that has no record of them yet, and the refusal of those that are unknown. */
static bool match_values(MicrodataColumn *column, const json_t *rows, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < json_array_size(rows); i++)
        g_hash_table_add(known, (gpointer)json_string_value(
                                    json_array_get(json_array_get(rows, i), column->level)));
    for (guint l = 0; l < column->labels->len; l++) {
        if (!g_hash_table_contains(known, column->labels->pdata[l]))
            return error_set(error, ERROR_UNPROCESSABLE, "protect.hierarchy",
                             "Column \"%s\" has the value \"%.60s\", which its hierarchy lacks.",
                             column->name, (const char *)column->labels->pdata[l]);
    }
    for (size_t i = 0; i < json_array_size(rows); i++)
        column_code(column, json_string_value(json_array_get(json_array_get(rows, i), column->level)));
    return true;
}

/* Codes of a level, numbered by first row; level 0 is the column's own. */
static GHashTable *number_level(BuiltHierarchy *built, const MicrodataColumn *column, const json_t *rows,
                                unsigned level)
{
    GHashTable *codes = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *labels = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(built->labels, labels);
    for (guint l = 0; level == 0 && l < column->labels->len; l++) {
        char *text = g_strdup(column->labels->pdata[l]);
        g_ptr_array_add(labels, text);
        g_hash_table_insert(codes, text, GUINT_TO_POINTER(labels->len));
    }
    for (size_t i = 0; level > 0 && i < json_array_size(rows); i++) {
        const char *text =
            json_string_value(json_array_get(json_array_get(rows, i), column->level + level));
        if (g_hash_table_contains(codes, text))
            continue;
        char *kept = g_strdup(text);
        g_ptr_array_add(labels, kept);
        g_hash_table_insert(codes, kept, GUINT_TO_POINTER(labels->len));
    }
    return codes;
}

static void fill_level(const json_t *rows, unsigned at, GHashTable *below, GHashTable *above,
                       uint32_t *parents)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        guint child = GPOINTER_TO_UINT(
            g_hash_table_lookup(below, json_string_value(json_array_get(row, at))));
        guint parent = GPOINTER_TO_UINT(
            g_hash_table_lookup(above, json_string_value(json_array_get(row, at + 1))));
        parents[child - 1] = parent - 1;
    }
}

bool hierarchy_build(const Run *run, MicrodataColumn *column, BuiltHierarchy *ret_built, GError **error)
{
    const json_t *rows = json_object_get(json_object_get(run->recipe, "hierarchies"), column->name);
    size_t depth = json_array_size(json_array_get(rows, 0));
    if (rows == NULL || column->level >= depth)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.hierarchy",
                         "The recipe has no hierarchy of the column \"%s\".", column->name);
    if (!match_values(column, rows, error))
        return false;
    unsigned levels = (unsigned)(depth - column->level);
    BuiltHierarchy built = {
        .blocks = g_ptr_array_new_with_free_func(g_free),
        .labels = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref)};
    uint32_t *sizes = take_block(&built, levels * sizeof *sizes);
    uint32_t **parents = take_block(&built, levels * sizeof *parents);
    GHashTable *below = number_level(&built, column, rows, 0);
    for (unsigned l = 0; l < levels; l++) {
        sizes[l] = g_hash_table_size(below);
        if (l + 1 == levels)
            break;
        GHashTable *above = number_level(&built, column, rows, l + 1);
        parents[l] = take_block(&built, sizes[l] * sizeof **parents);
        fill_level(rows, column->level + l, below, above, parents[l]);
        g_hash_table_unref(below);
        below = above;
    }
    g_hash_table_unref(below);
    built.hierarchy = (SdcHierarchy){levels, sizes, (const uint32_t *const *)parents, NULL};
    *ret_built = built;
    return true;
}
