/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of a table and what is said of it: every rule in force applied or named as not applicable,
 * every flagged cell with the figure behind it, and hidden cells that others give away.
 */
#include "worker/lint.h"

#include "base/encode.h"
#include "base/error.h"
#include "worker/lint_parts.h"
#include "worker/rules.h"

#include <math.h>
#include <string.h>

/* The list stops before its message would be too large. */
#define FLAGS_BYTES_MAX (500 * 1024)
#define FLAG_BYTES 160

/* The declared column that a flag is shown at, by the position of its bit. Never one that the check alone
 * is for: those do not leave. */
static const int flag_columns[SDC_FLAG_COUNT] = {
    COLUMN_COUNT, COLUMN_CONTRIBUTORS, COLUMN_TOTAL, COLUMN_TOTAL, COLUMN_COUNT,
    COLUMN_COUNT, COLUMN_COUNT,        COLUMN_COUNT, COLUMN_COUNT,
};
static const int shown_columns[LINT_SHOWN_COLUMNS] = {COLUMN_COUNT, COLUMN_TOTAL};

typedef struct Lint {
    Table *table;
    SdcRules rules;
    LintColumns columns;
    LintStructure structure;
    SdcTable cells;
    SdcVerdict *verdicts;
    SdcSummary summary;
    json_t *flags;
    size_t flags_bytes;
} Lint;

static void lint_clear(Lint *lint)
{
    lint_columns_clear(&lint->columns);
    lint_structure_clear(&lint->structure);
    g_clear_pointer(&lint->verdicts, g_free);
    g_clear_pointer(&lint->flags, json_decref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lint, lint_clear)

/* --- Flags ------------------------------------------------------------------------------------- */

/* The declared column that shows why; another declared one if that is not declared. */
static int flag_column(const Lint *lint, int wanted)
{
    static const int order[] = {COLUMN_COUNT, COLUMN_TOTAL, COLUMN_CONTRIBUTORS, COLUMN_ABSOLUTE};
    if (lint->columns.of[wanted].values != NULL)
        return wanted;
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        if (lint->columns.of[order[i]].values != NULL)
            return order[i];
    }
    return COLUMN_LARGEST;
}

static json_t *figure(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Returns whether there was room for it. */
static bool flags_add(Lint *lint, size_t row, const char *rule, int column, SdcReason reason)
{
    const char *name = lint->columns.of[column].name;
    double value = lint_column_values(&lint->columns, column)[row];
    char text[32];
    lint->flags_bytes += FLAG_BYTES + strlen(name);
    if (json_array_size(lint->flags) >= WORKER_FLAGS_MAX || lint->flags_bytes > FLAGS_BYTES_MAX)
        return false;
    g_ascii_formatd(text, sizeof text, "%.15g", value);
    json_t *flag = json_pack("{s:I, s:s, s:s, s:s?}", "row", (json_int_t)row + 1, "rule", rule,
                             "column", name, "value", isnan(value) ? NULL : text);
    json_object_set_new(flag, "measure", figure(reason.measure));
    json_object_set_new(flag, "limit", figure(reason.limit));
    json_object_set_new(flag, "contributors", json_integer(reason.contributors));
    json_array_append_new(lint->flags, flag);
    return true;
}

static bool flags_of_rules(Lint *lint, size_t row)
{
    for (int f = 0; f < SDC_FLAG_COUNT; f++) {
        SdcFlag flag = sdc_flag_kinds()[f].flag;
        if ((lint->verdicts[row].flags & flag) == 0)
            continue;
        SdcReason reason = sdc_primary_reason(&lint->rules, &lint->cells, row, flag);
        if (!flags_add(lint, row, sdc_flag_kinds()[f].name, flag_column(lint, flag_columns[f]),
                       reason))
            return false;
    }
    return true;
}

static bool flags_of_structure(Lint *lint, size_t row)
{
    const SdcReason none = {NAN, NAN, 0};
    for (int i = 0; i < LINT_SHOWN_COLUMNS; i++) {
        const bool *found = lint->structure.recomputable[i];
        if (found != NULL && found[row] &&
            !flags_add(lint, row, "recomputable", shown_columns[i], none))
            return false;
    }
    return lint->structure.difference == NULL || !lint->structure.difference[row] ||
           flags_add(lint, row, "difference", COLUMN_COUNT,
                     (SdcReason){NAN, lint->rules.minimum_count, 0});
}

static bool is_recomputable(const Lint *lint, size_t row)
{
    const bool *const *found = (const bool *const *)lint->structure.recomputable;
    return (found[0] != NULL && found[0][row]) || (found[1] != NULL && found[1][row]);
}

/* Returns whether all were listed. Corrects the summary: what others give away is not hidden, and a total
 * that tells of what was left out is not safe. */
static bool flags_list(Lint *lint)
{
    bool all = true;
    lint->flags = json_array();
    for (size_t row = 0; row < lint->summary.cells; row++) {
        bool told = lint->structure.difference != NULL && lint->structure.difference[row];
        if (lint->verdicts[row].flags == 0 && (is_recomputable(lint, row) || told)) {
            bool hidden = lint->verdicts[row].status == SDC_STATUS_SUPPRESSED;
            lint->summary.suppressed -= hidden;
            lint->summary.safe -= !hidden;
            lint->summary.flagged++;
        }
        all = all && flags_of_rules(lint, row) && flags_of_structure(lint, row);
    }
    return all;
}

/* --- Result ------------------------------------------------------------------------------------ */

static json_t *flags_names(unsigned flags)
{
    json_t *names = json_array();
    for (int f = 0; f < SDC_FLAG_COUNT; f++) {
        if ((flags & sdc_flag_kinds()[f].flag) != 0)
            json_array_append_new(names, json_string(sdc_flag_kinds()[f].name));
    }
    return names;
}

static json_t *summary_json(const Lint *lint)
{
    const SdcSummary *summary = &lint->summary;
    json_t *by_rule = json_object();
    for (int f = 0; f < SDC_FLAG_COUNT; f++)
        json_object_set_new(by_rule, sdc_flag_kinds()[f].name,
                            json_integer((json_int_t)summary->by_flag[f]));
    json_object_set_new(by_rule, "recomputable", json_integer((json_int_t)lint->structure.found));
    json_object_set_new(by_rule, "difference", json_integer((json_int_t)lint->structure.left_out));
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "cells",
                     (json_int_t)summary->cells, "suppressed", (json_int_t)summary->suppressed,
                     "safe", (json_int_t)summary->safe, "flagged", (json_int_t)summary->flagged,
                     "by_rule", by_rule, "applied", flags_names(summary->applied), "not_applied",
                     flags_names(summary->not_applied), "short_of", flags_names(summary->short_of));
}

static bool is_number(const TableColumn *column)
{
    return strcmp(column->type, "integer") == 0 || strcmp(column->type, "number") == 0;
}

static void note_columns(Lint *lint)
{
    Table *table = lint->table;
    g_autoptr(GString) unchecked = g_string_new(NULL);
    for (guint i = 0; i < table->columns->len; i++) {
        const TableColumn *column = table_column(table, i);
        if (is_number(column) && !lint_columns_has(&lint->columns, (int)i) &&
            !lint_structure_has(&lint->structure, (int)i) && unchecked->len < 500)
            g_string_append_printf(unchecked, "%s\"%s\"", unchecked->len > 0 ? ", " : "",
                                   column->name);
    }
    if (unchecked->len > 0)
        g_ptr_array_add(table->notes,
                        g_strdup_printf("Columns of numbers that were not declared are not checked: "
                                        "%s.", unchecked->str));
}

/* Contributions are single units' own values: they serve the check and do not leave. */
static json_t *withheld_json(const Lint *lint)
{
    json_t *names = json_array();
    for (int i = COLUMN_LARGEST; i < COLUMNS_MAX; i++) {
        if (lint->columns.of[i].name != NULL)
            json_array_append_new(names, json_string(lint->columns.of[i].name));
    }
    return names;
}

static bool is_withheld(const Lint *lint, int index)
{
    for (int i = COLUMN_LARGEST; i < COLUMNS_MAX; i++) {
        if (lint->columns.of[i].name != NULL && lint->columns.of[i].index == index)
            return true;
    }
    return false;
}

static json_t *structure_json(const Lint *lint)
{
    const LintStructure *structure = &lint->structure;
    json_t *dimensions = json_array();
    for (unsigned d = 0; d < structure->count; d++)
        json_array_append_new(dimensions, json_string(structure->dimensions[d].column));
    return json_pack("{s:s, s:o, s:I, s:I, s:I}", "state", structure->state, "dimensions",
                     dimensions, "relations",
                     (json_int_t)(structure->has_relations ? structure->relations.count : 0),
                     "hidden", (json_int_t)structure->hidden, "recomputable",
                     (json_int_t)structure->found);
}

static json_t *lint_result(Lint *lint)
{
    bool all = flags_list(lint);
    json_t *names = json_array();
    note_columns(lint);
    for (guint i = 0; i < lint->table->columns->len; i++) {
        if (!is_withheld(lint, (int)i))
            json_array_append_new(names, json_string(table_column(lint->table, i)->name));
    }
    const char *verdict = lint->summary.flagged > 0       ? "flagged"
                          : lint->summary.not_applied > 0 ? "incomplete"
                                                          : "pass";
    return json_pack("{s:s, s:I, s:o, s:s, s:s, s:o, s:o, s:O, s:b, s:o, s:o}", "format",
                     lint->table->format, "rows", (json_int_t)lint->table->rows, "columns", names,
                     "basis", "author_declaration", "verdict", verdict, "summary",
                     summary_json(lint), "structure", structure_json(lint), "flags", lint->flags,
                     "flags_listed_all", (int)all, "withheld", withheld_json(lint), "notes",
                     table_notes(lint->table));
}

/* --- The whole --------------------------------------------------------------------------------- */

static void make_cells(Lint *lint)
{
    const LintColumns *columns = &lint->columns;
    lint->cells = (SdcTable){
        .cells = (size_t)lint->table->rows,
        .count = lint_column_values(columns, COLUMN_COUNT),
        .contributors = lint_column_values(columns, COLUMN_CONTRIBUTORS),
        .total = lint_column_values(columns, COLUMN_TOTAL),
        .absolute = lint_column_values(columns, COLUMN_ABSOLUTE),
        .top = columns->top,
        .relations = lint->structure.has_relations ? &lint->structure.relations : NULL,
    };
    for (unsigned t = 0; t < columns->top; t++)
        lint->cells.top_values[t] = lint_column_values(columns, COLUMN_LARGEST + (int)t);
}

static bool check_rules(Lint *lint, GError **error)
{
    SdcError problem;
    make_cells(lint);
    lint->verdicts = g_new0(SdcVerdict, lint->cells.cells + 1);
    if (!sdc_primary_check(&lint->rules, &lint->cells, lint->verdicts, &lint->summary, &problem))
        return error_set(error, ERROR_INVALID, "worker.arguments", "%s", problem.sentence);
    return true;
}

json_t *lint_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                 int output_fd, GError **error)
{
    (void)output_fd;
    g_auto(Lint) lint = {0};
    if (!lint_columns_take(&lint.columns, arguments, error) ||
        !lint_structure_take(&lint.structure, arguments, error) ||
        !rules_parse(json_object_get(arguments, "rules"), &lint.rules, error))
        return NULL;
    const char *format = json_string_value(json_object_get(arguments, "format"));
    g_autoptr(Table) table = table_open(duck, format, input_fd, limits, error);
    lint.table = table;
    if (table == NULL || !lint_columns_find(&lint.columns, table, error) ||
        !lint_columns_read(&lint.columns, table, error) ||
        !lint_structure_read(&lint.structure, table, error) || !check_rules(&lint, error) ||
        !lint_structure_check(&lint.structure, &lint.columns, &lint.rules,
                              (size_t)table->rows, table, error))
        return NULL;
    return lint_result(&lint);
}
