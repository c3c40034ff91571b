/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes come from people: everything is checked by tables before anything is applied. */
#include "protect/recipe.h"

#include "protect/steps.h"

#include "base/encode.h"
#include "base/error.h"
#include "sdc/sdc.h"

#include <math.h>
#include <string.h>

static const char *const missing_words[] = {"wildcard", "category", NULL};

static const Field recipe_fields[] = {
    {"darse_recipe", FIELD_INTEGER, true, 1, 1},
    {"title", FIELD_TEXT, true},
    {"seed", FIELD_INTEGER, true, 0, RECIPE_SEED_MAX},
    {"keys", FIELD_TEXTS, true},
    {"missing", FIELD_WORD, true, .words = missing_words},
    {"k", FIELD_INTEGER, true, 2, 1000000},
    {"weight", FIELD_TEXT},
    {"household", FIELD_TEXT},
    {"sensitive", FIELD_TEXTS},
    {"hierarchies", FIELD_HIERARCHIES},
    {"steps", FIELD_STEPS, true},
    {NULL},
};

const char *recipe_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

double recipe_number(const json_t *object, const char *name, double otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

G_GNUC_PRINTF(4, 5)
static bool wrong(GError **error, const char *where, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *why = g_strdup_vprintf(format, args);
    va_end(args);
    return error_set(error, ERROR_INVALID, "recipe.field", "%s: \"%s\" %s.", where, name, why);
}

static bool check_text(const Field *field, const json_t *value, const char *where, GError **error)
{
    const char *text = json_string_value(value);
    if (text == NULL || *text == '\0' || strlen(text) > 1000)
        return wrong(error, where, field->name, "must be a text of 1 to 1000 bytes");
    return true;
}

static bool check_number(const Field *field, const json_t *value, const char *where, GError **error)
{
    double number = json_number_value(value);
    bool right_type = field->type == FIELD_INTEGER ? json_is_integer(value) : json_is_number(value);
    if (!right_type || !(number >= field->low && number <= field->high))
        return wrong(error, where, field->name, "must be %s from %.10g to %.10g",
                     field->type == FIELD_INTEGER ? "a whole number" : "a number", field->low,
                     field->high);
    return true;
}

static bool check_word(const Field *field, const json_t *value, const char *where, GError **error)
{
    const char *word = json_string_value(value);
    if (word != NULL && g_strv_contains(field->words, word))
        return true;
    g_autofree char *words = g_strjoinv("\", \"", (char **)field->words);
    return wrong(error, where, field->name, "must be one of \"%s\"", words);
}

static bool check_texts(const Field *field, const json_t *value, const char *where, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    size_t count = json_array_size(value);
    bool ok = count >= 1 && count <= SDC_KEYS_MAX;
    for (size_t i = 0; ok && i < count; i++) {
        const char *text = json_string_value(json_array_get(value, i));
        ok = text != NULL && *text != '\0' && g_hash_table_add(seen, (gpointer)text);
    }
    return ok || wrong(error, where, field->name, "must be a list of 1 to %d different texts",
                       SDC_KEYS_MAX);
}

static bool check_numbers(const Field *field, const json_t *value, const char *where, GError **error)
{
    size_t count = json_array_size(value);
    bool ok = count >= 1 && count <= 1000;
    for (size_t i = 0; ok && i < count; i++) {
        ok = json_is_number(json_array_get(value, i)) &&
             (i == 0 || json_number_value(json_array_get(value, i)) >
                            json_number_value(json_array_get(value, i - 1)));
    }
    return ok || wrong(error, where, field->name, "must be a list of 1 to 1000 increasing numbers");
}

static bool check_amounts(const Field *field, const json_t *value, const char *where, GError **error)
{
    const char *key;
    json_t *amount;
    bool ok = json_object_size(value) >= 1;
    json_object_foreach ((json_t *)value, key, amount) {
        double number = json_number_value(amount);
        ok &= json_is_number(amount) && number >= field->low && number <= field->high;
    }
    return ok || wrong(error, where, field->name, "must be an object of numbers from %g to %g",
                       field->low, field->high);
}

static bool check_labels(const Field *field, const json_t *value, const char *where, GError **error)
{
    const char *key;
    json_t *label;
    bool ok = json_is_object(value);
    json_object_foreach ((json_t *)value, key, label)
        ok &= json_string_length(label) > 0 && json_string_length(label) <= 1000;
    return ok || wrong(error, where, field->name, "must be an object of texts");
}

static bool check_objects(const Field *field, const json_t *value, GError **error)
{
    size_t count = json_array_size(value);
    if (count < 1 || count > field->high)
        return wrong(error, "the recipe", field->name, "must be a list of 1 to %.0f objects", field->high);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *where = g_strdup_printf("%s, %zu", field->name, i + 1);
        if (!recipe_check_fields(json_array_get(value, i), field->fields, where, error))
            return false;
    }
    return true;
}

/* --- hierarchies -------------------------------------------------------------------------------- */

/* Rows of equal length; a value once; a group has one group above, wherever it occurs. */
static bool check_hierarchy(const char *column, const json_t *rows, GError **error)
{
    size_t count = json_array_size(rows), levels = json_array_size(json_array_get(rows, 0));
    if (count < 1 || count > PROTECT_HIERARCHY_ROWS_MAX || levels < 2 ||
        levels > SDC_HIERARCHY_LEVELS_MAX)
        return error_set(error, ERROR_INVALID, "recipe.hierarchy",
                         "The hierarchy of \"%s\" must be a list of 1 to %d rows of 2 to %d texts.",
                         column, PROTECT_HIERARCHY_ROWS_MAX, SDC_HIERARCHY_LEVELS_MAX);
    g_autoptr(GHashTable) above = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(rows, i);
        bool ok = json_array_size(row) == levels;
        for (size_t l = 0; ok && l < levels; l++)
            ok = json_string_length(json_array_get(row, l)) > 0;
        if (!ok)
            return error_set(error, ERROR_INVALID, "recipe.hierarchy",
                             "Row %zu of the hierarchy of \"%s\" is not a list of %zu texts, as its "
                             "first row is.", i + 1, column, levels);
        for (size_t l = 0; l + 1 < levels; l++) {
            const char *text = json_string_value(json_array_get(row, l));
            const char *next = json_string_value(json_array_get(row, l + 1));
            g_autofree char *key = g_strdup_printf("%zu:%s", l, text);
            const char *known = g_hash_table_lookup(above, key);
            if (known != NULL && (l == 0 || strcmp(known, next) != 0))
                return error_set(error, ERROR_INVALID, "recipe.hierarchy",
                                 l == 0 ? "The hierarchy of \"%s\" has the value \"%.60s\" twice."
                                        : "The hierarchy of \"%s\" is no tree: \"%.60s\" has two "
                                          "groups above it.", column, text);
            g_hash_table_insert(above, g_steal_pointer(&key), (gpointer)next);
        }
    }
    return true;
}

static bool check_hierarchies(const json_t *value, GError **error)
{
    const char *column;
    json_t *rows;
    if (!json_is_object(value))
        return wrong(error, "the recipe", "hierarchies", "must be an object");
    json_object_foreach ((json_t *)value, column, rows) {
        if (!check_hierarchy(column, rows, error))
            return false;
    }
    return true;
}

static bool check_fields(const json_t *object, const Field *fields, bool is_step, const char *where,
                         GError **error);

/* --- steps --------------------------------------------------------------------------------------- */

static bool check_steps(const json_t *steps, GError **error)
{
    size_t count = json_array_size(steps);
    if (!json_is_array(steps) || count > PROTECT_STEPS_MAX)
        return wrong(error, "the recipe", "steps", "must be a list of at most %d steps",
                     PROTECT_STEPS_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *step = json_array_get(steps, i);
        const char *name = recipe_text(step, "do");
        const StepKind *kind = step_find(name);
        if (kind == NULL)
            return error_set(error, ERROR_INVALID, "recipe.step",
                             "Step %zu does \"%s\", which is no step.", i + 1,
                             name != NULL ? name : "nothing");
        g_autofree char *where = g_strdup_printf("step %zu (%s)", i + 1, name);
        if (!check_fields(step, kind->fields, true, where, error))
            return false;
    }
    return true;
}

static bool check_field(const Field *field, const json_t *value, const char *where, GError **error)
{
    switch (field->type) {
    case FIELD_TEXT:
        return check_text(field, value, where, error);
    case FIELD_NUMBER:
    case FIELD_INTEGER:
        return check_number(field, value, where, error);
    case FIELD_FLAG:
        return json_is_boolean(value) || wrong(error, where, field->name, "must be true or false");
    case FIELD_WORD:
        return check_word(field, value, where, error);
    case FIELD_TEXTS:
        return check_texts(field, value, where, error);
    case FIELD_NUMBERS:
        return check_numbers(field, value, where, error);
    case FIELD_AMOUNTS:
        return check_amounts(field, value, where, error);
    case FIELD_HIERARCHIES:
        return check_hierarchies(value, error);
    case FIELD_STEPS:
        return check_steps(value, error);
    case FIELD_LABELS:
        return check_labels(field, value, where, error);
    case FIELD_OBJECT:
        return recipe_check_fields(value, field->fields, field->name, error);
    case FIELD_OBJECTS:
        return check_objects(field, value, error);
    }
    g_assert_not_reached();
}

static bool check_fields(const json_t *object, const Field *fields, bool is_step, const char *where,
                         GError **error)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return error_set(error, ERROR_INVALID, "recipe.field", "%s is not an object.", where);
    json_object_foreach ((json_t *)object, key, value) {
        const Field *field = fields;
        while (field->name != NULL && strcmp(field->name, key) != 0)
            field++;
        if (field->name == NULL && !(is_step && strcmp(key, "do") == 0))
            return wrong(error, where, key, "is not a field there");
        if (field->name != NULL && !check_field(field, value, where, error))
            return false;
    }
    for (const Field *field = fields; field->name != NULL; field++) {
        if (field->is_required && json_object_get(object, field->name) == NULL)
            return wrong(error, where, field->name, "is missing");
    }
    return true;
}

bool recipe_check_fields(const json_t *object, const Field *fields, const char *where, GError **error)
{
    return check_fields(object, fields, false, where, error);
}

bool protect_check_recipe(const json_t *recipe, GError **error)
{
    return recipe_check_fields(recipe, recipe_fields, "the recipe", error);
}
