/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes out: for each table a file that may be shown, with a mark for each cell that is not, and one with
 * everything, for who made it; and the figures of the report. The list of cells in a report is bounded: the
 * confidential file has all of them.
 */
#include "protect/tableset.h"

#include "base/encode.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

#define LISTED_MAX 1500
/* A report travels in one message of the worker. */
#define LISTED_BYTES_MAX (300 * 1024)
#define GRIDS_BYTES_MAX (200 * 1024)
#define ROW_BYTES 160      /* of a listed cell, besides its texts */
#define VALUE_BYTES 20
#define GRID_ROWS_MAX 150
#define GRID_COLUMNS_MAX 16

static const char *const state_names[] = {"shown", "safe", "insufficient", "exact"};

static json_t *real(double value)
{
    if (!isfinite(value))
        return json_null();
    bool whole = value == floor(value) && fabs(value) < 1e15;
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

/* --- files --------------------------------------------------------------------------------------------- */

static void put_code(MicrodataColumn *column, const char *label)
{
    uint32_t code = label != NULL ? column_code(column, label) : 0;
    g_array_append_val(column->codes, code);
}

static void put_number(MicrodataColumn *column, double value)
{
    g_array_append_val(column->values, value);
}

static void file_free(void *item)
{
    TablesFile *file = item;
    microdata_free(file->data);
    g_free(file->name);
    g_free(file);
}

static Microdata *file_new(GPtrArray *files, const TableCells *table, const char *what)
{
    TablesFile *file = g_new0(TablesFile, 1);
    file->name = g_strdup_printf("%s.%s", table->name, what);
    file->data = microdata_new();
    file->data->rows = table->cube.cells;
    g_ptr_array_add(files, file);
    for (unsigned d = 0; d < table->dimensions; d++) {
        const Axis *axis = &table->axes[d];
        MicrodataColumn *column = microdata_add_column(file->data, axis->column, false);
        for (size_t i = 0; i < table->cube.cells; i++)
            put_code(column, axis_label(axis, table->cube.nodes[d][i]));
    }
    return file->data;
}

static const char *value_name(const TableSet *set)
{
    const char *value = recipe_text(set->recipe, "value"), *count = recipe_text(set->recipe, "count");
    return value != NULL ? value : count != NULL ? count : "count";
}

static char *reasons_of(const TableSet *set, uint32_t id)
{
    GString *text = g_string_new(NULL);
    for (unsigned f = 0; f < TABLE_FLAG_COUNT; f++) {
        if ((set->verdicts[id].flags >> f & 1) != 0)
            g_string_append_printf(text, "%s%s", text->len > 0 ? "+" : "", table_flag_name(f));
    }
    return g_string_free(text, false);
}

/* Only what is shown, and that something is not: not why. */
static void protected_file(const TableSet *set, const TableCells *table, GPtrArray *files)
{
    Microdata *data = file_new(files, table, "protected");
    MicrodataColumn *value = microdata_add_column(data, value_name(set), true);
    MicrodataColumn *status = set->published == NULL ? microdata_add_column(data, "status", false) : NULL;
    for (size_t i = 0; i < table->cube.cells; i++) {
        uint32_t id = table->ids[i];
        bool hidden = set->suppressed[id];
        put_number(value, hidden                   ? (double)NAN
                          : set->published != NULL ? set->published[id]
                                                   : set->values[id]);
        if (status != NULL)
            put_code(status, hidden ? "suppressed" : "shown");
    }
}

static void add_audit(const TableSet *set, const TableCells *table, Microdata *data)
{
    static const char *const names[] = {"low", "high", "protect_below", "protect_above"};
    MicrodataColumn *numbers[4], *state = microdata_add_column(data, "audit", false);
    for (int n = 0; n < 4; n++)
        numbers[n] = microdata_add_column(data, names[n], true);
    for (size_t i = 0; i < table->cube.cells; i++) {
        uint32_t id = table->ids[i];
        bool hidden = set->suppressed[id];
        double figures[] = {set->low[id], set->high[id], set->verdicts[id].below, set->verdicts[id].above};
        put_code(state, hidden ? state_names[set->states[id]] : NULL);
        for (int n = 0; n < 4; n++) {
            bool there = hidden && isfinite(figures[n]) && (n < 2 || set->verdicts[id].flags != 0);
            put_number(numbers[n], there ? figures[n] : (double)NAN);
        }
    }
}

/* Shares of the largest contributors, of cells that the rules find safe: of others they are the secret. */
static void add_shares(const TableSet *set, const TableCells *table, Microdata *data)
{
    const SdcCube *cube = &table->cube;
    for (unsigned t = 0; t < cube->top; t++) {
        g_autofree char *name = g_strdup_printf("share_%u_percent", t + 1);
        MicrodataColumn *column = microdata_add_column(data, name, true);
        for (size_t i = 0; i < cube->cells; i++) {
            bool allowed = !set->primary[table->ids[i]] && cube->absolute[i] > 0;
            double share = 100 * fabs(cube->top_values[t][i]) * cube->top_weights[t][i] / cube->absolute[i];
            put_number(column, allowed ? round(share * 1e4) / 1e4 : (double)NAN);
        }
    }
}

static void confidential_file(const TableSet *set, const TableCells *table, TablesJob job, GPtrArray *files)
{
    const SdcCube *cube = &table->cube;
    bool records = g_strcmp0(recipe_text(set->recipe, "input"), "cells") != 0;
    Microdata *data = file_new(files, table, job == TABLES_TABULATE ? "cells"
                                             : job == TABLES_AUDIT  ? "audit"
                                                                    : "confidential");
    const char *count_name = recipe_text(set->recipe, "count");
    bool counted = records || count_name != NULL;
    MicrodataColumn *count = counted ? microdata_add_column(data, count_name != NULL ? count_name : "count", true)
                                     : NULL;
    MicrodataColumn *units = records ? microdata_add_column(data, "contributors", true) : NULL;
    MicrodataColumn *value = set->has_values ? microdata_add_column(data, value_name(set), true) : NULL;
    MicrodataColumn *published = set->published != NULL ? microdata_add_column(data, "published", true) : NULL;
    MicrodataColumn *status = microdata_add_column(data, "status", false);
    MicrodataColumn *reasons = microdata_add_column(data, "rules", false);
    for (size_t i = 0; i < cube->cells; i++) {
        uint32_t id = table->ids[i];
        g_autofree char *why = reasons_of(set, id);
        bool secondary = set->suppressed != NULL && set->suppressed[id] && !set->primary[id];
        bool given = job == TABLES_AUDIT && set->suppressed[id] && set->verdicts[id].flags == 0;
        if (count != NULL)
            put_number(count, cube->count[i]);
        if (units != NULL)
            put_number(units, cube->units[i]);
        if (value != NULL)
            put_number(value, cube->total[i]);
        if (published != NULL)
            put_number(published, set->published[id]);
        put_code(status, given ? "suppressed" : secondary ? "secondary" : set->primary[id] ? "unsafe" : "safe");
        put_code(reasons, *why != '\0' ? why : NULL);
    }
    if (job == TABLES_TABULATE)
        add_shares(set, table, data);
    if (set->low != NULL)
        add_audit(set, table, data);
}

void tableset_files(const TableSet *set, TablesJob job, GPtrArray *files)
{
    g_ptr_array_set_free_func(files, file_free);
    for (size_t t = 0; t < set->count; t++) {
        if (job == TABLES_SUPPRESS)
            protected_file(set, &set->tables[t], files);
        confidential_file(set, &set->tables[t], job, files);
    }
}

/* --- report -------------------------------------------------------------------------------------------- */

typedef struct Sums {
    size_t primary, secondary, by_flag[TABLE_FLAG_COUNT];
    double value, value_lost, count, count_lost;
} Sums;

static void add_cell(const TableSet *set, const TableCells *table, size_t i, Sums *s)
{
    uint32_t id = table->ids[i];
    bool hidden = set->suppressed != NULL ? set->suppressed[id] : false;
    bool primary = set->primary[id];
    double value = set->values[id], count = set->counts[id];
    s->primary += primary;
    s->secondary += hidden && !primary;
    for (unsigned f = 0; f < TABLE_FLAG_COUNT; f++)
        s->by_flag[f] += set->verdicts[id].flags >> f & 1;
    s->value += isnan(value) || (table->missing != NULL && table->missing[i]) ? 0 : fabs(value);
    s->count += isnan(count) ? 0 : count;
    bool known = table->missing == NULL || !table->missing[i];   /* else it is only one that fits */
    s->value_lost += hidden && known ? fabs(value) : 0;
    s->count_lost += hidden && !isnan(count) ? count : 0;
}

/* Categories in the order in which people read them: TOTALS_FIRST, each group before its parts, else after. */
typedef struct Reading {
    uint32_t order[GRID_ROWS_MAX], depth[GRID_ROWS_MAX], place[GRID_ROWS_MAX];
    size_t count;
} Reading;

static void read_below(const Axis *axis, uint32_t parent, uint32_t depth, bool totals_first, Reading *reading)
{
    for (uint32_t node = 0; node < axis->labels->len; node++) {
        if (g_array_index(axis->parents, uint32_t, node) != parent)
            continue;
        if (!totals_first)
            read_below(axis, node, depth + 1, totals_first, reading);
        reading->place[node] = (uint32_t)reading->count;
        reading->depth[reading->count] = depth;
        reading->order[reading->count++] = node;
        if (totals_first)
            read_below(axis, node, depth + 1, totals_first, reading);
    }
}

static bool take_bytes(const Axis *rows, const Axis *columns, size_t *bytes_left)
{
    size_t bytes = (size_t)rows->labels->len * columns->labels->len * VALUE_BYTES;
    const Axis *both[] = {rows, columns};
    for (int a = 0; a < 2; a++) {
        for (guint l = 0; l < both[a]->labels->len; l++)
            bytes += strlen(both[a]->labels->pdata[l]) + VALUE_BYTES;
    }
    if (bytes > *bytes_left)
        return false;
    *bytes_left -= bytes;
    return true;
}

/* The table as it is shown, when it is small enough to look at: rows by the first dimension. */
static json_t *grid_json(const TableSet *set, const TableCells *table, size_t *bytes_left)
{
    const Axis *rows = &table->axes[0], *columns = &table->axes[1];
    if (table->dimensions != 2 || rows->labels->len > GRID_ROWS_MAX || columns->labels->len > GRID_COLUMNS_MAX ||
        set->suppressed == NULL || !take_bytes(rows, columns, bytes_left))
        return NULL;
    json_t *grid = json_array(), *heads = json_array(), *names = json_array(), *depths = json_array();
    Reading down = {.count = 0}, across = {.count = 0};
    read_below(rows, SDC_NO_PARENT, 0, true, &down);
    read_below(columns, SDC_NO_PARENT, 0, false, &across);
    for (size_t r = 0; r < down.count; r++) {
        json_t *line = json_array();
        for (guint c = 0; c < columns->labels->len; c++)
            json_array_append_new(line, json_null());
        json_array_append_new(grid, line);
        json_array_append_new(names, json_string(axis_label(rows, down.order[r])));
        json_array_append_new(depths, json_integer(down.depth[r]));
    }
    for (size_t c = 0; c < across.count; c++)
        json_array_append_new(heads, json_string(axis_label(columns, across.order[c])));
    for (size_t i = 0; i < table->cube.cells; i++) {
        uint32_t id = table->ids[i];
        json_t *line = json_array_get(grid, down.place[table->cube.nodes[0][i]]);
        double value = set->published != NULL ? set->published[id] : set->values[id];
        json_t *shown = !set->suppressed[id] ? real(value)
                                             : json_string(set->primary[id] ? "unsafe" : "secondary");
        json_array_set_new(line, across.place[table->cube.nodes[1][i]], shown);
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "columns", heads, "rows", names, "depths", depths, "values", grid);
}

static json_t *table_json(const TableSet *set, const TableCells *table, size_t *bytes_left)
{
    Sums s = {0};
    json_t *by_rule = json_object(), *dimensions = json_array();
    for (size_t i = 0; i < table->cube.cells; i++)
        add_cell(set, table, i, &s);
    for (unsigned f = 0; f < TABLE_FLAG_COUNT; f++) {
        if (s.by_flag[f] > 0)
            json_object_set_new(by_rule, table_flag_name(f), json_integer((json_int_t)s.by_flag[f]));
    }
    for (unsigned d = 0; d < table->dimensions; d++)
        json_array_append_new(dimensions, json_pack("{s:s, s:i}", "column", table->axes[d].column, "categories",
                                                    (int)table->axes[d].labels->len));
    json_t *row = json_pack("{s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "name", table->name, "dimensions",
                            dimensions, "cells", (json_int_t)table->cube.cells, "primary",
                            (json_int_t)s.primary, "secondary", (json_int_t)s.secondary, "by_rule", by_rule,
                            "value", real(s.value), "value_suppressed", real(s.value_lost), "count", real(s.count),
                            "count_suppressed", real(s.count_lost));
    json_t *grid = grid_json(set, table, bytes_left);
    if (grid != NULL)
        json_object_set_new(row, "grid", grid);
    return row;
}

static json_t *cell_json(const TableSet *set, uint32_t id)
{
    g_autofree char *name = tableset_cell_name(set, id), *why = reasons_of(set, id);
    const CellVerdict *verdict = &set->verdicts[id];
    json_t *row = json_pack("{s:s, s:s, s:s, s:o, s:o}", "cell", name, "role",
                            set->primary[id] ? "primary" : "secondary", "state", state_names[set->states[id]],
                            "low", real(set->low[id]), "high", real(set->high[id]));
    if (*why != '\0')
        json_object_set_new(row, "rules", json_string(why));
    if (set->primary[id] && verdict->above + verdict->below > 0) {
        json_object_set_new(row, "asked_low", real(set->values[id] - verdict->below));
        json_object_set_new(row, "asked_high", real(set->values[id] + verdict->above));
    }
    return row;
}

/* Failures first, then unsafe cells, then the others. */
static unsigned order_of(const TableSet *set, uint32_t id)
{
    if (set->states[id] != SDC_AUDIT_SAFE && set->primary[id])
        return 0;
    return set->primary[id] ? 1 : 2;
}

static void list_cells(const TableSet *set, json_t *report)
{
    json_t *list = json_array();
    size_t listed = 0, all = 0, bytes = 0;
    for (unsigned order = 0; order < 3; order++) {
        for (uint32_t i = 0; i < set->cells; i++) {
            if (!set->suppressed[i] || order_of(set, i) != order)
                continue;
            all++;
            if (listed == LISTED_MAX || bytes > LISTED_BYTES_MAX)
                continue;
            json_t *row = cell_json(set, i);
            bytes += json_string_length(json_object_get(row, "cell")) + ROW_BYTES;
            json_array_append_new(list, row);
            listed++;
        }
    }
    json_object_set_new(report, "cells", list);
    json_object_set_new(report, "cells_listed_all", json_boolean(listed == all));
}

void tableset_report(const TableSet *set, json_t *report)
{
    json_t *tables = json_array(), *head = json_copy((json_t *)set->recipe);
    json_object_del(head, "hierarchies");   /* may have thousands of rows */
    size_t placed = 0, bytes_left = GRIDS_BYTES_MAX;
    for (size_t t = 0; t < set->count; t++) {
        json_array_append_new(tables, table_json(set, &set->tables[t], &bytes_left));
        placed += set->tables[t].cube.cells;
    }
    json_object_set_new(report, "recipe", head);
    json_object_set_new(report, "tables", tables);
    json_object_set_new(report, "links",
                        json_pack("{s:I, s:I, s:I}", "cells", (json_int_t)set->cells, "common",
                                  (json_int_t)(placed - set->cells), "relations",
                                  (json_int_t)set->relations.count));
    json_t *skipped = json_array();
    for (unsigned f = 0; f < SDC_FLAG_COUNT; f++) {
        if ((set->rules_not_applied >> f & 1) != 0)
            json_array_append_new(skipped, json_string(table_flag_name(f)));
    }
    json_object_set_new(report, "rules_not_applied", skipped);
    if (set->low != NULL && set->suppressed != NULL)
        list_cells(set, report);
}

/* --- the whole ----------------------------------------------------------------------------------------- */

static bool pass_on(void *user, double done, const char *what)
{
    const TablesContext *context = user;
    return context->progress(context->user, done, what);
}

static bool tell(const TablesContext *context, double done, const char *what, GError **error)
{
    return context->progress == NULL || context->progress(context->user, done, what) ||
           error_set(error, ERROR_CONFLICT, "protect.stopped", "Stopped at \"%s\", as asked.", what);
}

bool protect_tables(Microdata *const *inputs, size_t count, const json_t *recipe, TablesJob job,
                    const TablesContext *context, GPtrArray **ret_files, json_t **ret_report, GError **error)
{
    static const char *const jobs[] = {"tabulate", "suppress", "audit"};
    SdcProgress progress = {pass_on, (void *)context};
    SdcContext kernel = {.solver = context->solver, .progress = context->progress != NULL ? &progress : NULL};
    g_autoptr(TableSet) set = tableset_new(recipe);
    g_autoptr(json_t) report = json_pack("{s:s, s:s}", "job", jobs[job], "verdict", "none");
    bool cells = g_strcmp0(recipe_text(recipe, "input"), "cells") == 0;
    if (job != TABLES_TABULATE && context->solver == NULL)
        return error_set(error, ERROR_UNAVAILABLE, "protect.solver", "A table is not protected without a solver of "
                         "linear programs: it could not be audited.");
    if (job == TABLES_AUDIT && !cells)
        return error_set(error, ERROR_INVALID, "recipe.field", "An audit is of cells, not of records.");
    if (!tell(context, 0, "tabulation", error) || !tableset_load(set, inputs, count, &kernel, error) ||
        !tell(context, .1, "relations", error) || !tableset_link(set, &kernel, error) ||
        !tell(context, .2, "rules", error) || !tableset_judge(set, error))
        return false;
    bool ok = job == TABLES_TABULATE   ? true
              : job == TABLES_SUPPRESS ? tableset_protect(set, &kernel, report, error)
                                       : tableset_audit_given(set, &kernel, report, error);
    if (!ok || !tell(context, .95, "files", error))
        return false;
    GPtrArray *files = g_ptr_array_new();
    tableset_files(set, job, files);
    tableset_report(set, report);
    *ret_files = files;
    *ret_report = g_steal_pointer(&report);
    return true;
}
