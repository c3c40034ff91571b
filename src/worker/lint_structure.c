/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be computed by subtraction. The author says which columns are the dimensions of the table and
 * which category of each is the total; how cells add up follows, and elimination finds every hidden value
 * that what is shown gives away. The values behind hidden cells are not in the file: how closely an
 * attacker can come to them is what `darse sdc audit` answers on the whole table.
 */
#include "worker/lint_parts.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Elimination over more cells than this would take longer than a check may. */
#define CELLS_MAX 40000
#define HIDDEN_MAX 8000

/* --- Declaration ------------------------------------------------------------------------------- */

static bool dimension_take(LintDimension *dimension, const json_t *row, GError **error)
{
    const char *key;
    json_t *value;
    bool ok = json_is_object(row);
    json_object_foreach ((json_t *)(uintptr_t)row, key, value) {
        if (strcmp(key, "column") == 0 && json_is_string(value))
            dimension->column = json_string_value(value);
        else if (strcmp(key, "total") == 0 && (json_is_string(value) || json_is_null(value)))
            dimension->total = json_string_value(value);
        else if (strcmp(key, "nested") == 0 && json_is_boolean(value))
            dimension->is_nested = json_is_true(value);
        else
            ok = false;
    }
    if (!ok || dimension->column == NULL)
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "A dimension has a \"column\" and may have a \"total\" and \"nested\".");
    return true;
}

bool lint_structure_take(LintStructure *structure, const json_t *arguments, GError **error)
{
    size_t i;
    json_t *row;
    const json_t *list = json_object_get(arguments, "dimensions");
    structure->state = "not_declared";
    if (list == NULL || json_is_null(list))
        return true;
    if (!json_is_array(list) || json_array_size(list) > SDC_DIMENSIONS_MAX)
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "\"dimensions\" must be at most %d columns.", SDC_DIMENSIONS_MAX);
    json_array_foreach ((json_t *)(uintptr_t)list, i, row) {
        if (!dimension_take(&structure->dimensions[i], row, error))
            return false;
    }
    structure->count = (unsigned)json_array_size(list);
    return true;
}

/* --- Categories -------------------------------------------------------------------------------- */

typedef struct Reading {
    LintStructure *structure;
} Reading;

static bool read_row(void *context, size_t count, const char *const *values, GError **error)
{
    LintStructure *structure = ((Reading *)context)->structure;
    (void)error;
    for (unsigned d = 0; d < structure->count; d++) {
        LintDimension *dimension = &structure->dimensions[d];
        g_assert(d < count);
        const char *text = values[d] != NULL ? values[d] : "";
        guint node = GPOINTER_TO_UINT(g_hash_table_lookup(dimension->nodes, text));
        if (node == 0) {
            char *label = g_strdup(text);
            g_ptr_array_add(dimension->labels, label);
            node = dimension->labels->len;
            g_hash_table_insert(dimension->nodes, label, GUINT_TO_POINTER(node));
        }
        uint32_t index = node - 1;
        g_array_append_val(dimension->rows, index);
    }
    return true;
}

/* The node of the total; SDC_NO_PARENT: none. */
static bool find_total(const LintDimension *dimension, Table *table, uint32_t *ret_node,
                       GError **error)
{
    static const char *const usual[] = {"total", "ensemble", "all", "tous", "toutes", "_t"};
    *ret_node = SDC_NO_PARENT;
    if (dimension->total != NULL) {
        guint node = GPOINTER_TO_UINT(g_hash_table_lookup(dimension->nodes, dimension->total));
        if (node == 0)
            return error_set(error, ERROR_INVALID, "table.dimension",
                             "The total of \"%s\", \"%.60s\", is not among its categories.",
                             dimension->column, dimension->total);
        *ret_node = node - 1;
        return true;
    }
    for (uint32_t i = 0; i < dimension->labels->len; i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(usual); k++) {
            if (g_ascii_strcasecmp(dimension->labels->pdata[i], usual[k]) != 0)
                continue;
            *ret_node = i;
            g_ptr_array_add(table->notes,
                            g_strdup_printf("\"%s\" is taken to be the total of \"%s\".",
                                            (const char *)dimension->labels->pdata[i],
                                            dimension->column));
            return true;
        }
    }
    return true;
}

/* The longest other category that LABEL begins with; SDC_NO_PARENT: none. */
static uint32_t nested_parent(const LintDimension *dimension, const char *label)
{
    g_autofree char *prefix = g_strdup(label);
    for (size_t length = strlen(label); length > 1; length--) {
        prefix[length - 1] = '\0';
        guint node = GPOINTER_TO_UINT(g_hash_table_lookup(dimension->nodes, prefix));
        if (node != 0)
            return node - 1;
    }
    return SDC_NO_PARENT;
}

static bool make_tree(LintDimension *dimension, Table *table, GError **error)
{
    uint32_t total;
    if (!find_total(dimension, table, &total, error))
        return false;
    for (uint32_t i = 0; i < dimension->labels->len; i++) {
        uint32_t parent = dimension->is_nested && i != total
                              ? nested_parent(dimension, dimension->labels->pdata[i])
                              : SDC_NO_PARENT;
        if (parent == SDC_NO_PARENT && i != total)
            parent = total;
        g_array_append_val(dimension->parents, parent);
    }
    return true;
}

static bool find_columns(LintStructure *structure, const Table *table, GError **error)
{
    for (unsigned d = 0; d < structure->count; d++) {
        LintDimension *dimension = &structure->dimensions[d];
        dimension->index = table_find(table, dimension->column);
        if (dimension->index < 0)
            return error_set(error, ERROR_INVALID, "table.dimension",
                             "The dimension \"%s\" is not a column of the file.",
                             dimension->column);
        for (unsigned e = 0; e < d; e++) {
            if (structure->dimensions[e].index == dimension->index)
                return error_set(error, ERROR_INVALID, "table.dimension",
                                 "The dimension \"%s\" is declared twice.", dimension->column);
        }
        dimension->nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        dimension->labels = g_ptr_array_new();
        dimension->rows = g_array_new(false, false, sizeof(uint32_t));
        dimension->parents = g_array_new(false, false, sizeof(uint32_t));
    }
    return true;
}

static bool make_relations(LintStructure *structure, GError **error)
{
    SdcTree trees[SDC_DIMENSIONS_MAX];
    const uint32_t *nodes[SDC_DIMENSIONS_MAX];
    SdcError problem = {0};
    for (unsigned d = 0; d < structure->count; d++) {
        const LintDimension *dimension = &structure->dimensions[d];
        trees[d] = (SdcTree){dimension->labels->len, (const uint32_t *)(void *)dimension->parents->data,
                             (const char *const *)dimension->labels->pdata};
        nodes[d] = (const uint32_t *)(void *)dimension->rows->data;
    }
    size_t cells = structure->dimensions[0].rows->len;
    SdcTableShape shape = {structure->count, trees, cells, nodes, NULL};
    if (!sdc_relations_from_tables(NULL, &shape, 1, cells, &structure->relations, &problem))
        return error_set(error, ERROR_UNPROCESSABLE, "table.dimension",
                         "The cells of the table cannot be told apart by its dimensions: %s",
                         problem.sentence);
    structure->has_relations = true;
    return true;
}

bool lint_structure_read(LintStructure *structure, Table *table, GError **error)
{
    if (structure->count == 0)
        return true;
    if (!find_columns(structure, table, error))
        return false;
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (unsigned d = 0; d < structure->count; d++) {
        g_string_append(sql, d > 0 ? ", " : "");
        lint_append_text(sql, structure->dimensions[d].column);
    }
    g_string_append(sql, " FROM raw");
    Reading reading = {structure};
    if (!duck_query(table->duck, sql->str, read_row, &reading, error))
        return false;
    for (unsigned d = 0; d < structure->count; d++) {
        if (!make_tree(&structure->dimensions[d], table, error))
            return false;
    }
    structure->state = "not_needed";
    return structure->dimensions[0].rows->len == 0 || make_relations(structure, error);
}

/* --- What follows from what is shown ------------------------------------------------------------ */

/* NaN where it is hidden; what is not and yet has no value was settled to be 0. */
static double known_value(const double *values, const bool *hidden, uint32_t cell)
{
    if (hidden[cell])
        return (double)NAN;
    return isnan(values[cell]) ? 0 : values[cell];
}

/* A total that its shown parts make up leaves nothing for the others, where nothing is negative: they are
 * known to be 0, though hidden. */
static bool settle_zeros(const SdcRelations *relations, const double *values, bool *hidden)
{
    bool any = false;
    for (size_t r = 0; r < relations->count; r++) {
        size_t begin = relations->starts[r], end = relations->starts[r + 1], unknown = 0;
        double rest = known_value(values, hidden, relations->columns[begin]);
        double size = fabs(rest);
        for (size_t k = begin + 1; k < end; k++) {
            if (hidden[relations->columns[k]])
                unknown++;
            else
                rest -= known_value(values, hidden, relations->columns[k]);
        }
        if (unknown == 0 || !(fabs(rest) <= 1e-9 * size))
            continue;
        for (size_t k = begin + 1; k < end; k++)
            hidden[relations->columns[k]] = false;
        any = true;
    }
    return any;
}

static bool has_negative(const double *values, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        if (values[i] < 0)
            return true;
    }
    return false;
}

static bool check_column(LintStructure *structure, const double *values, size_t rows,
                         bool **ret_found, GError **error)
{
    g_autofree bool *hidden = g_new(bool, rows), *found = g_new0(bool, rows);
    SdcError problem = {0};
    size_t unknown = 0, count = 0;
    for (size_t i = 0; i < rows; i++) {
        hidden[i] = isnan(values[i]);
        unknown += hidden[i];
    }
    structure->hidden += unknown;
    if (unknown == 0)
        return true;
    if (rows > CELLS_MAX || unknown > HIDDEN_MAX) {
        structure->state = "too_large";
        return true;
    }
    while (!has_negative(values, rows) && settle_zeros(&structure->relations, values, hidden))
        continue;
    if (!sdc_gauss_disclosed(NULL, &structure->relations, hidden, found, &count, &problem))
        return error_set(error, ERROR_UNPROCESSABLE, "table.dimension",
                         "What is hidden cannot be checked against the totals: %s",
                         problem.sentence);
    structure->found += count;
    *ret_found = g_steal_pointer(&found);
    return true;
}

/* Totals that stand for a few units more than their shown parts together: a row that was taken out, and not
 * only hidden, is the difference. */
static void check_differences(LintStructure *structure, const SdcRules *rules, const double *counts,
                              size_t rows)
{
    const SdcRelations *relations = &structure->relations;
    structure->difference = g_new0(bool, rows + 1);
    for (size_t r = 0; r < relations->count; r++) {
        uint32_t total = relations->columns[relations->starts[r]];
        double rest = counts[total];
        for (size_t k = relations->starts[r] + 1; k < relations->starts[r + 1]; k++)
            rest -= counts[relations->columns[k]];
        double room = (double)rules->rounding_base *
                          (double)(relations->starts[r + 1] - relations->starts[r]) +
                      1e-9 * fabs(counts[total]);
        if (!(rest > room && rest < rules->minimum_count) || structure->difference[total])
            continue;
        structure->difference[total] = true;
        structure->left_out++;
    }
}

bool lint_structure_check(LintStructure *structure, const LintColumns *columns,
                          const SdcRules *rules, size_t rows, Table *table, GError **error)
{
    static const int shown[LINT_SHOWN_COLUMNS] = {COLUMN_COUNT, COLUMN_TOTAL};
    if (!structure->has_relations)
        return true;
    for (int i = 0; i < LINT_SHOWN_COLUMNS; i++) {
        const double *values = lint_column_values(columns, shown[i]);
        if (values != NULL &&
            !check_column(structure, values, rows, &structure->recomputable[i], error))
            return false;
    }
    const double *counts = lint_column_values(columns, COLUMN_COUNT);
    if (counts != NULL && rules->minimum_count > 0)
        check_differences(structure, rules, counts, rows);
    if (structure->hidden > 0 && strcmp(structure->state, "too_large") != 0)
        structure->state = "checked";
    if (strcmp(structure->state, "too_large") == 0)
        g_ptr_array_add(table->notes,
                        g_strdup_printf("Whether hidden cells follow from totals was not checked: "
                                        "that is done up to %d cells of which %d are hidden.",
                                        CELLS_MAX, HIDDEN_MAX));
    return true;
}

void lint_structure_clear(LintStructure *structure)
{
    for (unsigned d = 0; d < structure->count; d++) {
        LintDimension *dimension = &structure->dimensions[d];
        g_clear_pointer(&dimension->labels, g_ptr_array_unref);
        g_clear_pointer(&dimension->nodes, g_hash_table_unref);
        g_clear_pointer(&dimension->rows, g_array_unref);
        g_clear_pointer(&dimension->parents, g_array_unref);
    }
    if (structure->has_relations)
        sdc_relations_clear(NULL, &structure->relations);
    for (int i = 0; i < LINT_SHOWN_COLUMNS; i++)
        g_clear_pointer(&structure->recomputable[i], g_free);
    g_clear_pointer(&structure->difference, g_free);
}

bool lint_structure_has(const LintStructure *structure, int index)
{
    for (unsigned d = 0; d < structure->count; d++) {
        if (structure->dimensions[d].index == index)
            return true;
    }
    return false;
}
