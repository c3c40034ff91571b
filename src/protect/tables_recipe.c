/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of recipes of tables, and what follows from it: which files, which columns. */
#include "protect/tableset.h"

#include "base/error.h"

#include <string.h>

static const char *const input_words[] = {"records", "cells", NULL};
static const char *const missing_words[] = {"refuse", "leave_out", "category", NULL};
static const char *const method_words[] = {"gauss", "optimal", "cell_key", "round", "none", NULL};
static const char *const cost_words[] = {"value", "count", "one", NULL};
static const char *const how_words[] = {"nearest", "random", "controlled", NULL};

static const Field table_fields[] = {
    {"name", FIELD_TEXT, true},
    {"dimensions", FIELD_TEXTS, true},
    {"hierarchies", FIELD_LABELS},
    {"scope", FIELD_TEXT},
    {NULL},
};

static const Field dominance_fields[] = {
    {"contributors", FIELD_INTEGER, true, 1, SDC_TOP_MAX},
    {"percent", FIELD_NUMBER, true, 0, 100},
    {NULL},
};

/* The names are those of the worker's rules, so that a pack can be pasted. */
static const Field rule_fields[] = {
    {"pack", FIELD_TEXT},
    {"minimum_count", FIELD_NUMBER, false, 0, 1e6},
    {"minimum_contributors", FIELD_NUMBER, false, 0, 1e6},
    {"dominance", FIELD_OBJECTS, false, 1, SDC_TOP_MAX, .fields = dominance_fields},
    {"p_percent", FIELD_NUMBER, false, 0, 100},
    {"q_percent", FIELD_NUMBER, false, 0, 100},
    {"coalition", FIELD_INTEGER, false, 0, SDC_TOP_MAX - 1},
    {"margin_percent", FIELD_NUMBER, false, 0, 1000},
    {"max_group_percent", FIELD_NUMBER, false, 0, 100},
    {"zero_is_unsafe", FIELD_FLAG},
    {NULL},
};

static const Field method_fields[] = {
    {"name", FIELD_WORD, true, .words = method_words},
    {"cost", FIELD_WORD, .words = cost_words},
    {"widen", FIELD_FLAG},
    {"singletons", FIELD_FLAG},
    {"time_limit_s", FIELD_NUMBER, false, 0.1, 86400},
    {"base", FIELD_INTEGER, false, 2, 1000000},
    {"how", FIELD_WORD, .words = how_words},
    {"steps", FIELD_INTEGER, false, 0, SDC_ROUNDING_STEPS_MAX},
    {"largest_change", FIELD_INTEGER, false, 1, SDC_CHANGE_MAX},
    {"variance", FIELD_NUMBER, false, 1e-6, 1e4},
    {"never_published", FIELD_INTEGER, false, 0, SDC_CHANGE_MAX},
    {"stay", FIELD_NUMBER, false, 0, 0.999},
    {NULL},
};

static const Field audit_fields[] = {
    {"width_percent", FIELD_NUMBER, false, 0, 1e6},
    {"tolerance", FIELD_NUMBER, false, 0, 1e12},
    {NULL},
};

static const Field tables_fields[] = {
    {"darse_tables", FIELD_INTEGER, true, 1, 1},
    {"title", FIELD_TEXT, true},
    {"seed", FIELD_INTEGER, false, 0, RECIPE_SEED_MAX},
    {"input", FIELD_WORD, .words = input_words},
    {"tables", FIELD_OBJECTS, true, 1, PROTECT_TABLES_MAX, .fields = table_fields},
    {"value", FIELD_TEXT},
    {"weight", FIELD_TEXT},
    {"holding", FIELD_TEXT},
    {"record_key", FIELD_TEXT},
    {"count", FIELD_TEXT},
    {"largest", FIELD_TEXTS},
    {"marks", FIELD_TEXT},
    {"missing", FIELD_WORD, .words = missing_words},
    {"total", FIELD_TEXT},
    {"totals", FIELD_LABELS},
    {"hierarchies", FIELD_HIERARCHIES},
    {"rules", FIELD_OBJECT, .fields = rule_fields},
    {"method", FIELD_OBJECT, .fields = method_fields},
    {"audit", FIELD_OBJECT, .fields = audit_fields},
    {NULL},
};

static bool wrong(GError **error, const char *sentence)
{
    return error_set(error, ERROR_INVALID, "recipe.field", "%s", sentence);
}

/* Names become names of files. */
static bool check_table(const json_t *table, GHashTable *names, GError **error)
{
    const char *name = recipe_text(table, "name");
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    if (name[length] != '\0' || length > 60)
        return error_set(error, ERROR_INVALID, "recipe.field",
                         "The table \"%.60s\" must be named by 1 to 60 of the characters a-z, A-Z, 0-9, _ and "
                         "-.", name);
    if (!g_hash_table_add(names, (gpointer)name))
        return error_set(error, ERROR_INVALID, "recipe.field", "Two tables are named \"%s\".", name);
    const json_t *dimensions = json_object_get(table, "dimensions");
    if (json_array_size(dimensions) > SDC_DIMENSIONS_MAX)
        return error_set(error, ERROR_INVALID, "recipe.field", "The table \"%s\" has %zu dimensions; at most %d "
                         "are possible.", name, json_array_size(dimensions), SDC_DIMENSIONS_MAX);
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(table, "hierarchies"), key, value) {
        bool found = false;
        for (size_t d = 0; d < json_array_size(dimensions); d++)
            found |= strcmp(json_string_value(json_array_get(dimensions, d)), key) == 0;
        if (!found)
            return error_set(error, ERROR_INVALID, "recipe.field", "The table \"%s\" names a hierarchy of "
                             "\"%.60s\", which is none of its dimensions.", name, key);
    }
    return true;
}

/* Fields that have no meaning for this kind of input are a misunderstanding, not a detail. */
static bool check_input(const json_t *recipe, GError **error)
{
    static const char *const of_records[] = {"weight", "holding", "record_key", "missing"};
    static const char *const of_cells[] = {"count", "largest", "marks"};
    bool cells = g_strcmp0(recipe_text(recipe, "input"), "cells") == 0;
    const char *const *refused = cells ? of_records : of_cells;
    size_t count = cells ? G_N_ELEMENTS(of_records) : G_N_ELEMENTS(of_cells);
    for (size_t i = 0; i < count; i++) {
        if (json_object_get(recipe, refused[i]) != NULL)
            return error_set(error, ERROR_INVALID, "recipe.field", "the recipe: \"%s\" has no meaning where "
                             "\"input\" is \"%s\".", refused[i], cells ? "cells" : "records");
    }
    if (cells && recipe_text(recipe, "value") == NULL && recipe_text(recipe, "count") == NULL)
        return wrong(error, "the recipe: cells need \"value\", \"count\" or both.");
    if (json_object_get(recipe, "largest") != NULL && recipe_text(recipe, "value") == NULL)
        return wrong(error, "the recipe: \"largest\" contributions are there without the \"value\" that they "
                            "are part of.");
    if (json_array_size(json_object_get(recipe, "largest")) > SDC_TOP_MAX)
        return wrong(error, "the recipe: \"largest\" may name ten columns.");
    return true;
}

static bool check_method(const json_t *recipe, GError **error)
{
    const json_t *method = json_object_get(recipe, "method");
    const char *name = recipe_text(method, "name");
    if (g_strcmp0(name, "cell_key") == 0 && (recipe_text(recipe, "record_key") == NULL ||
                                             recipe_text(recipe, "value") != NULL))
        return wrong(error, "method: cell keys need \"record_key\" and change counts: the recipe must have "
                            "no \"value\".");
    if (g_strcmp0(name, "cell_key") == 0 && (json_object_get(method, "largest_change") == NULL ||
                                             json_object_get(method, "variance") == NULL))
        return wrong(error, "method: cell keys need \"largest_change\" and \"variance\".");
    if (g_strcmp0(name, "round") == 0 && json_object_get(method, "base") == NULL)
        return wrong(error, "method: rounding needs a \"base\".");
    if (g_strcmp0(name, "round") == 0 && recipe_text(recipe, "value") != NULL &&
        g_strcmp0(recipe_text(method, "how"), "controlled") != 0)
        return wrong(error, "method: values are rounded so that they add up (\"how\": \"controlled\"); the "
                            "other ways are for counts, and the recipe has a \"value\".");
    return true;
}

bool protect_check_tables(const json_t *recipe, GError **error)
{
    if (!recipe_check_fields(recipe, tables_fields, "the recipe", error))
        return false;
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    size_t i;
    json_t *table;
    json_array_foreach (json_object_get(recipe, "tables"), i, table) {
        if (!check_table(table, names, error))
            return false;
    }
    SdcRules read;
    const json_t *rules = json_object_get(recipe, "rules");
    return check_input(recipe, error) && check_method(recipe, error) &&
           (rules == NULL || tables_rules_read(rules, &read, error));
}

static void add_name(GPtrArray *names, GHashTable *seen, const char *name)
{
    if (name != NULL && g_hash_table_add(seen, (gpointer)name))
        g_ptr_array_add(names, (gpointer)name);
}

static void add_list(GPtrArray *names, GHashTable *seen, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        add_name(names, seen, json_string_value(json_array_get(list, i)));
}

size_t protect_tables_inputs(const json_t *recipe)
{
    bool cells = g_strcmp0(recipe_text(recipe, "input"), "cells") == 0;
    return cells ? json_array_size(json_object_get(recipe, "tables")) : 1;
}

void protect_tables_columns(const json_t *recipe, size_t input, GPtrArray **ret_texts,
                            GPtrArray **ret_numbers)
{
    static const char *const texts[] = {"holding", "marks"};
    static const char *const numbers[] = {"value", "weight", "record_key", "count"};
    bool cells = g_strcmp0(recipe_text(recipe, "input"), "cells") == 0;
    const json_t *tables = json_object_get(recipe, "tables");
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) seen_numbers = g_hash_table_new(g_str_hash, g_str_equal);
    *ret_texts = g_ptr_array_new();
    *ret_numbers = g_ptr_array_new();
    for (size_t t = cells ? input : 0; t < (cells ? input + 1 : json_array_size(tables)); t++)
        add_list(*ret_texts, seen, json_object_get(json_array_get(tables, t), "dimensions"));
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        add_name(*ret_texts, seen, recipe_text(recipe, texts[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        add_name(*ret_numbers, seen_numbers, recipe_text(recipe, numbers[i]));
    add_list(*ret_numbers, seen_numbers, json_object_get(recipe, "largest"));
}
