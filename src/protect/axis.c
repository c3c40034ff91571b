/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dimension as a tree of labels. A row of a hierarchy is a path from a lowest category upwards; a label that
 * stands at two levels of one path is one category (branches of different lengths are written so). A label
 * names one category of its column, wherever it stands.
 */
#include "protect/tableset.h"

#include "base/error.h"

#include <string.h>

static void axis_init(Axis *axis, const char *column)
{
    *axis = (Axis){.column = column, .labels = g_ptr_array_new_with_free_func(g_free),
                   .parents = g_array_new(false, false, sizeof(uint32_t)),
                   .index = g_hash_table_new(g_str_hash, g_str_equal), .total = SDC_NO_PARENT};
}

void axis_clear(Axis *axis)
{
    g_clear_pointer(&axis->labels, g_ptr_array_unref);
    g_clear_pointer(&axis->parents, g_array_unref);
    g_clear_pointer(&axis->index, g_hash_table_unref);
}

const char *axis_label(const Axis *axis, uint32_t node)
{
    return axis->labels->pdata[node];
}

uint32_t axis_find(const Axis *axis, const char *label)
{
    gpointer known = g_hash_table_lookup(axis->index, label);
    return known != NULL ? GPOINTER_TO_UINT(known) - 1 : SDC_NO_PARENT;
}

static uint32_t axis_node(Axis *axis, const char *label)
{
    uint32_t known = axis_find(axis, label), none = SDC_NO_PARENT;
    if (known != SDC_NO_PARENT)
        return known;
    char *kept = g_strdup(label);
    g_ptr_array_add(axis->labels, kept);
    g_array_append_val(axis->parents, none);
    g_hash_table_insert(axis->index, kept, GUINT_TO_POINTER(axis->labels->len));
    return axis->labels->len - 1;
}

static uint32_t *parent_of(const Axis *axis, uint32_t node)
{
    return &g_array_index(axis->parents, uint32_t, node);
}

static bool add_edge(Axis *axis, const char *below, const char *above, GError **error)
{
    uint32_t child = axis_node(axis, below), parent = axis_node(axis, above);
    uint32_t known = *parent_of(axis, child);
    if (child == parent || known == parent)
        return true;
    if (known != SDC_NO_PARENT)
        return error_set(error, ERROR_UNPROCESSABLE, "protect.hierarchy",
                         "The hierarchy of \"%s\" is no tree: \"%.60s\" is under \"%.60s\" and under "
                         "\"%.60s\".", axis->column, below, axis_label(axis, known), above);
    *parent_of(axis, child) = parent;
    return true;
}

static bool add_hierarchy(Axis *axis, const json_t *rows, GError **error)
{
    size_t i, l;
    json_t *row, *label;
    json_array_foreach (rows, i, row) {
        const char *below = NULL;
        json_array_foreach (row, l, label) {
            const char *text = json_string_value(label);
            if (below == NULL)
                axis_node(axis, text);
            else if (!add_edge(axis, below, text, error))
                return false;
            below = text;
        }
    }
    return true;
}

/* What totals of this column are called. */
static const char *total_label(const json_t *recipe, const char *column)
{
    const char *own = recipe_text(json_object_get(recipe, "totals"), column);
    const char *all = recipe_text(recipe, "total");
    return own != NULL ? own : all != NULL ? all : "Total";
}

/* Puts all roots under one total, where there are several and the total is not one of them. */
static void add_total(Axis *axis, const char *label)
{
    uint32_t roots = 0, root = SDC_NO_PARENT, nodes = axis->labels->len;
    for (uint32_t i = 0; i < nodes; i++) {
        if (*parent_of(axis, i) == SDC_NO_PARENT) {
            roots++;
            root = i;
        }
    }
    bool is_flat = roots == nodes;
    if (roots == 1 && !is_flat) {
        axis->total = root;
        return;
    }
    uint32_t total = axis_node(axis, label);
    for (uint32_t i = 0; i < nodes; i++) {
        if (i != total && *parent_of(axis, i) == SDC_NO_PARENT)
            *parent_of(axis, i) = total;
    }
    axis->total = total;
}

static bool check_tree(const Axis *axis, GError **error)
{
    SdcTree tree = {axis->labels->len, (const uint32_t *)(const void *)axis->parents->data,
                    (const char *const *)axis->labels->pdata};
    SdcError failure;
    if (sdc_tree_check(NULL, &tree, &failure))
        return true;
    return error_set(error, ERROR_UNPROCESSABLE, "protect.hierarchy", "The hierarchy of \"%s\": %s",
                     axis->column, failure.sentence);
}

bool axis_build(const json_t *recipe, const json_t *table, unsigned d, const GPtrArray *labels, Axis *ret_axis,
                GError **error)
{
    const char *column = json_string_value(json_array_get(json_object_get(table, "dimensions"), d));
    const char *name = recipe_text(json_object_get(table, "hierarchies"), column);
    const json_t *rows = json_object_get(json_object_get(recipe, "hierarchies"), name != NULL ? name : column);
    if (name != NULL && rows == NULL)
        return error_set(error, ERROR_INVALID, "recipe.hierarchy",
                         "The recipe has no hierarchy \"%.60s\", which a table names for \"%.60s\".", name,
                         column);
    Axis axis;
    axis_init(&axis, column);
    bool ok = rows == NULL || add_hierarchy(&axis, rows, error);
    for (guint i = 0; ok && rows == NULL && i < labels->len; i++)
        axis_node(&axis, labels->pdata[i]);
    if (ok)
        add_total(&axis, total_label(recipe, column));
    if (!ok || !check_tree(&axis, error)) {
        axis_clear(&axis);
        return false;
    }
    *ret_axis = axis;
    return true;
}
