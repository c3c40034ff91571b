/* SPDX-License-Identifier: Apache-2.0 */
/* From files to cells: records are tabulated, cells are taken as they are. Refusals name row and column. */
#include "protect/tableset.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISSING_LABEL "(missing)"

TableSet *tableset_new(const json_t *recipe)
{
    TableSet *set = g_new0(TableSet, 1);
    set->recipe = recipe;
    set->count = json_array_size(json_object_get(recipe, "tables"));
    set->tables = g_new0(TableCells, set->count);
    set->has_values = recipe_text(recipe, "value") != NULL;
    for (size_t t = 0; t < set->count; t++) {
        TableCells *table = &set->tables[t];
        table->spec = json_array_get(json_object_get(recipe, "tables"), t);
        table->name = recipe_text(table->spec, "name");
        table->scope = recipe_text(table->spec, "scope");
    }
    return set;
}

static void table_clear(TableCells *table)
{
    for (unsigned d = 0; d < SDC_DIMENSIONS_MAX; d++)
        axis_clear(&table->axes[d]);
    sdc_cube_clear(NULL, &table->cube);
    g_free(table->ids);
    g_free(table->missing);
    g_free(table->marked);
}

void tableset_free(TableSet *set)
{
    if (set == NULL)
        return;
    for (size_t t = 0; t < set->count; t++)
        table_clear(&set->tables[t]);
    sdc_relations_clear(NULL, &set->relations);
    void *blocks[] = {set->tables, set->places, set->values, set->counts, set->units, set->verdicts,
                      set->primary, set->suppressed, set->low, set->high, set->states, set->published};
    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++)
        g_free(blocks[i]);
    g_free(set);
}

bool tables_failed(const SdcError *failure, GError **error)
{
    bool stopped = failure->code == SDC_ERROR_CANCELLED;
    bool large = failure->code == SDC_ERROR_MEMORY || failure->code == SDC_ERROR_LIMIT;
    bool solver = failure->code == SDC_ERROR_SOLVER;
    ErrorCode code = stopped ? ERROR_CONFLICT : large ? ERROR_TOO_LARGE : solver ? ERROR_UNAVAILABLE
                                                                                : ERROR_UNPROCESSABLE;
    return error_set(error, code, stopped ? "protect.stopped" : "protect.kernel", "%s", failure->sentence);
}

bool tableset_failed(const TableSet *set, const SdcError *failure, GError **error)
{
    unsigned long id = 0;
    int length = 0;
    SdcError named = *failure;
    if (sscanf(failure->sentence, "Cell %lu%n", &id, &length) == 1 && id >= 1 && id <= set->cells) {
        g_autofree char *name = tableset_cell_name(set, id - 1);
        g_snprintf(named.sentence, sizeof named.sentence, "The cell %s%s", name, failure->sentence + length);
    }
    return tables_failed(&named, error);
}

/* --- columns ------------------------------------------------------------------------------------------- */

static MicrodataColumn *find_column(const Microdata *data, const char *name, bool is_number)
{
    for (guint c = 0; name != NULL && c < data->columns->len; c++) {
        MicrodataColumn *column = data->columns->pdata[c];
        if (column->is_number == is_number && strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

static bool need_column(const Microdata *data, const char *name, bool is_number, MicrodataColumn **ret_column,
                        GError **error)
{
    *ret_column = find_column(data, name, is_number);
    return name == NULL || *ret_column != NULL ||
           error_set(error, ERROR_UNPROCESSABLE, "protect.column", "The recipe names the column \"%.60s\", which "
                     "the file lacks.", name);
}

static const double *values_of(const MicrodataColumn *column)
{
    return column != NULL ? (const double *)(const void *)column->values->data : NULL;
}

static uint32_t *codes_of(const MicrodataColumn *column)
{
    return (uint32_t *)(void *)column->codes->data;
}

static bool is_missing(const MicrodataColumn *column, size_t row)
{
    return column->is_number ? isnan(values_of(column)[row]) : codes_of(column)[row] == 0;
}

/* --- records ------------------------------------------------------------------------------------------- */

static bool check_missing(Microdata *data, const char *rule, GError **error)
{
    g_autofree uint32_t *kept = g_new(uint32_t, data->rows);
    size_t count = 0;
    for (size_t i = 0; i < data->rows; i++) {
        bool whole = true;
        for (guint c = 0; c < data->columns->len; c++) {
            const MicrodataColumn *column = data->columns->pdata[c];
            if (!is_missing(column, i))
                continue;
            if (g_strcmp0(rule, "leave_out") != 0)
                return error_set(error, ERROR_UNPROCESSABLE, "protect.missing", "Row %u has no value in the "
                                 "column \"%s\". Set \"missing\" to \"leave_out\"%s, or mend the file.",
                                 g_array_index(data->origin, uint32_t, i) + 1, column->name,
                                 column->is_number ? "" : " or \"category\"");
            whole = false;
        }
        if (whole)
            kept[count++] = (uint32_t)i;
    }
    if (count < data->rows)
        microdata_take(data, kept, count);
    return count > 0 || error_set(error, ERROR_UNPROCESSABLE, "protect.empty", "No record is left once those "
                                  "with missing values are left out.");
}

static void name_missing(Microdata *data, const json_t *table)
{
    const json_t *dimensions = json_object_get(table, "dimensions");
    for (size_t d = 0; d < json_array_size(dimensions); d++) {
        MicrodataColumn *column = find_column(data, json_string_value(json_array_get(dimensions, d)), false);
        for (size_t i = 0; column != NULL && i < data->rows; i++) {
            if (codes_of(column)[i] == 0)
                codes_of(column)[i] = column_code(column, MISSING_LABEL);
        }
    }
}

/* 1 + node of each category of COLUMN. */
static uint32_t *map_labels(Axis *axis, const MicrodataColumn *column, bool leaves_only, GError **error)
{
    g_autofree bool *has_parts = g_new0(bool, axis->labels->len + 1);
    for (guint n = 0; n < axis->parents->len; n++) {
        uint32_t parent = g_array_index(axis->parents, uint32_t, n);
        if (parent != SDC_NO_PARENT)
            has_parts[parent] = true;
    }
    g_autofree uint32_t *map = g_new0(uint32_t, column->labels->len + 1);
    for (guint l = 0; l < column->labels->len; l++) {
        const char *label = column->labels->pdata[l];
        uint32_t node = axis_find(axis, label);
        if (node == SDC_NO_PARENT) {
            error_set(error, ERROR_UNPROCESSABLE, "protect.hierarchy", "Column \"%s\" has the value \"%.60s\", "
                      "which its hierarchy lacks.", column->name, label);
            return NULL;
        }
        if (leaves_only && has_parts[node]) {
            error_set(error, ERROR_UNPROCESSABLE, "protect.hierarchy", "Column \"%s\" has the value \"%.60s\", "
                      "which is a group in its hierarchy: records stand at its lowest categories.",
                      column->name, label);
            return NULL;
        }
        map[l + 1] = node + 1;
    }
    return g_steal_pointer(&map);
}

/* Records without a category stand beside the highest groups. */
static void add_missing_leaf(Axis *axis)
{
    if (axis_find(axis, MISSING_LABEL) != SDC_NO_PARENT || axis->total == SDC_NO_PARENT)
        return;
    char *label = g_strdup(MISSING_LABEL);
    g_ptr_array_add(axis->labels, label);
    g_array_append_val(axis->parents, axis->total);
    g_hash_table_insert(axis->index, label, GUINT_TO_POINTER(axis->labels->len));
}

static bool make_axes(const TableSet *set, TableCells *table, const Microdata *data, bool records,
                      uint32_t **ret_codes, GError **error)
{
    const json_t *dimensions = json_object_get(table->spec, "dimensions");
    table->dimensions = (unsigned)json_array_size(dimensions);
    for (unsigned d = 0; d < table->dimensions; d++) {
        MicrodataColumn *column;
        Axis *axis = &table->axes[d];
        if (!need_column(data, json_string_value(json_array_get(dimensions, d)), false, &column, error) ||
            !axis_build(set->recipe, table->spec, d, column->labels, axis, error))
            return false;
        if (g_hash_table_contains(column->index, MISSING_LABEL) && records)
            add_missing_leaf(axis);
        g_autofree uint32_t *map = map_labels(axis, column, records, error);
        if (map == NULL)
            return false;
        ret_codes[d] = g_new(uint32_t, MAX(data->rows, 1));
        for (size_t i = 0; i < data->rows; i++)
            ret_codes[d][i] = map[codes_of(column)[i]];
        table->trees[d] = (SdcTree){axis->labels->len, (const uint32_t *)(const void *)axis->parents->data,
                                    (const char *const *)axis->labels->pdata};
    }
    return true;
}

static bool tabulate(const TableSet *set, TableCells *table, const Microdata *data, uint32_t *const *codes,
                     const SdcContext *context, GError **error)
{
    MicrodataColumn *value, *weight, *key, *holding;
    const json_t *recipe = set->recipe;
    if (!need_column(data, recipe_text(recipe, "value"), true, &value, error) ||
        !need_column(data, recipe_text(recipe, "weight"), true, &weight, error) ||
        !need_column(data, recipe_text(recipe, "record_key"), true, &key, error) ||
        !need_column(data, recipe_text(recipe, "holding"), false, &holding, error))
        return false;
    SdcTabulation request = {
        .rows = data->rows, .dimensions = table->dimensions, .trees = table->trees,
        .codes = (const uint32_t *const *)codes, .values = values_of(value), .weights = values_of(weight),
        .holdings = holding != NULL ? codes_of(holding) : NULL, .record_keys = values_of(key),
        .top = set->has_values ? tables_rules_top(recipe) : 0,
        .empty_cells = tables_rules_want_empty(recipe)};
    SdcError failure;
    if (!sdc_tabulate(context, &request, &table->cube, &failure))
        return tables_failed(&failure, error);
    return true;
}

static bool load_records(TableSet *set, Microdata *data, const SdcContext *context, GError **error)
{
    const char *missing = recipe_text(set->recipe, "missing");
    for (size_t t = 0; t < set->count && g_strcmp0(missing, "category") == 0; t++)
        name_missing(data, set->tables[t].spec);
    if (!check_missing(data, missing, error))
        return false;
    for (size_t t = 0; t < set->count; t++) {
        uint32_t *codes[SDC_DIMENSIONS_MAX] = {NULL};
        bool ok = make_axes(set, &set->tables[t], data, true, codes, error) &&
                  tabulate(set, &set->tables[t], data, codes, context, error);
        for (unsigned d = 0; d < SDC_DIMENSIONS_MAX; d++)
            g_free(codes[d]);
        if (!ok) {
            g_prefix_error(error, "Table \"%s\": ", set->tables[t].name);
            return false;
        }
    }
    return true;
}

/* --- cells --------------------------------------------------------------------------------------------- */

/* Words that say that a cell is shown; anything else says that it is not. */
static bool says_shown(const char *mark)
{
    static const char *const words[] = {"", "shown", "safe", "false", "0", "no", "V", NULL};
    return mark == NULL || g_strv_contains(words, mark) || g_ascii_strcasecmp(mark, "false") == 0;
}

static void take_marks(TableCells *table, const MicrodataColumn *column, size_t rows)
{
    table->marked = g_new0(bool, rows);
    for (size_t i = 0; i < rows; i++) {
        uint32_t code = codes_of(column)[i];
        table->marked[i] = code != 0 && !says_shown(column->labels->pdata[code - 1]);
    }
}

static double *copy_column(const MicrodataColumn *column, size_t rows)
{
    double *copy = calloc(MAX(rows, 1), sizeof *copy);
    g_assert(copy != NULL);
    if (column != NULL)
        memcpy(copy, values_of(column), rows * sizeof *copy);
    return copy;
}

static bool check_counts(const MicrodataColumn *count, size_t rows, GError **error)
{
    for (size_t i = 0; count != NULL && i < rows; i++) {
        if (values_of(count)[i] < 0)
            return error_set(error, ERROR_UNPROCESSABLE, "protect.value", "Row %zu, column \"%s\": a cell cannot "
                             "have %g units.", i + 1, count->name, values_of(count)[i]);
    }
    return true;
}

static bool take_cube(const TableSet *set, TableCells *table, const Microdata *data, GError **error)
{
    MicrodataColumn *value, *count, *top;
    const json_t *largest = json_object_get(set->recipe, "largest");
    SdcCube *cube = &table->cube;
    size_t rows = data->rows;
    if (!need_column(data, recipe_text(set->recipe, "value"), true, &value, error) ||
        !need_column(data, recipe_text(set->recipe, "count"), true, &count, error) ||
        !check_counts(count, rows, error))
        return false;
    cube->dimensions = table->dimensions;
    cube->cells = rows;
    cube->count = copy_column(count, rows);
    cube->units = copy_column(count, rows);
    if (value != NULL) {
        cube->total = copy_column(value, rows);
        cube->absolute = copy_column(value, rows);
    }
    const MicrodataColumn *shown = value != NULL ? value : count;
    table->missing = g_new0(bool, MAX(rows, 1));
    for (size_t i = 0; i < rows; i++) {
        table->missing[i] = is_missing(shown, i);
        if (value != NULL)
            cube->absolute[i] = fabs(cube->total[i]);
    }
    for (size_t t = 0; t < json_array_size(largest); t++) {
        if (!need_column(data, json_string_value(json_array_get(largest, t)), true, &top, error))
            return false;
        cube->top_values[t] = copy_column(top, rows);
        cube->top_weights[t] = copy_column(NULL, rows);
        for (size_t i = 0; i < rows; i++)
            cube->top_weights[t][i] = 1;
        cube->top = (unsigned)t + 1;
    }
    return true;
}

static bool load_cells(TableSet *set, TableCells *table, const Microdata *data, GError **error)
{
    uint32_t *codes[SDC_DIMENSIONS_MAX] = {NULL};
    MicrodataColumn *marks;
    if (!make_axes(set, table, data, false, codes, error) ||
        !need_column(data, recipe_text(set->recipe, "marks"), false, &marks, error) ||
        !take_cube(set, table, data, error)) {
        for (unsigned d = 0; d < SDC_DIMENSIONS_MAX; d++)
            g_free(codes[d]);
        return false;
    }
    if (marks != NULL)
        take_marks(table, marks, data->rows);
    bool ok = true;
    for (unsigned d = 0; d < table->dimensions; d++) {
        table->cube.nodes[d] = calloc(MAX(data->rows, 1), sizeof **table->cube.nodes);
        g_assert(table->cube.nodes[d] != NULL);
        for (size_t i = 0; ok && i < data->rows; i++) {
            if (codes[d][i] == 0)
                ok = error_set(error, ERROR_UNPROCESSABLE, "protect.missing", "Row %zu has no value in the "
                               "column \"%s\": it is no cell.", i + 1, table->axes[d].column);
            table->cube.nodes[d][i] = codes[d][i] - 1;
        }
        g_free(codes[d]);
    }
    return ok;
}

bool tableset_load(TableSet *set, Microdata *const *inputs, size_t count, const SdcContext *context,
                   GError **error)
{
    if (count != protect_tables_inputs(set->recipe))
        return error_set(error, ERROR_INVALID, "protect.inputs", "The recipe reads %zu files, and %zu were given.",
                         protect_tables_inputs(set->recipe), count);
    for (size_t i = 0; i < count; i++) {
        if (inputs[i]->rows == 0)
            return error_set(error, ERROR_UNPROCESSABLE, "protect.empty", "The file has no row.");
    }
    if (g_strcmp0(recipe_text(set->recipe, "input"), "cells") != 0)
        return load_records(set, inputs[0], context, error);
    for (size_t t = 0; t < set->count; t++) {
        if (!load_cells(set, &set->tables[t], inputs[t], error)) {
            g_prefix_error(error, "Table \"%s\": ", set->tables[t].name);
            return false;
        }
    }
    return true;
}
