/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks JSON values against tables of fields. Every refusal names the field by its path
 * ("members[2].role"), says what was expected and what came. Pure: it looks at nothing but its
 * arguments.
 */
#include "http/http.h"

#include "base/ids.h"
#include "base/times.h"

#include <string.h>

#define FIELDS_TEXT_MAX 200
#define FIELDS_LONG_TEXT_MAX 10000
#define FIELDS_SECRET_MAX 1024
#define FIELDS_TEXT_LIST_MAX 100
#define FIELDS_LIST_MAX 1000
#define FIELDS_DEPTH_MAX 16
#define FIELDS_NAME_SHOWN 60

/* What is checked, how deep. Answers are ours: their texts have the lengths that we gave them. */
typedef struct Checking {
    int depth;
    bool answer;
} Checking;

static Checking deeper(Checking at)
{
    return (Checking){at.depth + 1, at.answer};
}

/* Lists that a row does not limit: those of people have FALLBACK items at most. */
static int64_t items_max(const HttpField *field, Checking at, int64_t fallback)
{
    if (field->max > 0)
        return field->max;
    return at.answer ? INT64_MAX : fallback;
}

static const char *json_type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
    default:
        return "null";
    }
}

static bool refuse_type(const char *path, const char *expected, const json_t *value, GError **error)
{
    return error_set(error, ERROR_INVALID, "fields.type",
                     "Field \"%s\" must be %s; it is %s.", path, expected, json_type_name(value));
}

static bool check_text(const HttpField *field, const json_t *value, const char *path,
                       int64_t fallback_max, GError **error)
{
    if (!json_is_string(value))
        return refuse_type(path, "a text", value, error);
    g_autofree char *what = g_strdup_printf("Field \"%s\"", path);
    int64_t max = field->max > 0 ? field->max : fallback_max;
    const char *text = json_string_value(value);
    if (!text_check(text, (size_t)max, field->type == HTTP_LONG_TEXT, what, error))
        return false;
    int64_t characters = g_utf8_strlen(text, -1);
    if (characters < field->min)
        return error_set(error, ERROR_INVALID, "text.too_short",
                         "%s has %" G_GINT64_FORMAT " characters; at least %" G_GINT64_FORMAT
                         " are needed.", what, characters, field->min);
    return true;
}

static bool check_id(const HttpField *field, const json_t *value, const char *path, GError **error)
{
    if (!json_is_string(value))
        return refuse_type(path, "an identifier", value, error);
    if (!id_check(field->choices, json_string_value(value)))
        return error_set(error, ERROR_INVALID, "fields.id",
                         "Field \"%s\" must be an identifier that begins with \"%s-\".", path,
                         field->choices);
    return true;
}

/* Is TEXT one of the words of CHOICES? */
static bool choice_known(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *p = choices; *p != '\0';) {
        size_t size = strcspn(p, " ");
        if (size == length && size > 0 && memcmp(p, text, size) == 0)
            return true;
        p += size;
        p += strspn(p, " ");
    }
    return false;
}

static bool check_choice(const HttpField *field, const json_t *value, const char *path,
                         GError **error)
{
    if (!json_is_string(value))
        return refuse_type(path, "a text", value, error);
    if (!choice_known(field->choices, json_string_value(value)))
        return error_set(error, ERROR_INVALID, "fields.choice",
                         "Field \"%s\" must be one of: %s.", path, field->choices);
    return true;
}

static bool check_count(const json_t *value, const char *path, int64_t max, GError **error)
{
    if (!json_is_array(value))
        return refuse_type(path, "a list", value, error);
    if ((int64_t)json_array_size(value) > max)
        return error_set(error, ERROR_INVALID, "fields.count",
                         "Field \"%s\" has %zu items; at most %" G_GINT64_FORMAT " are allowed.",
                         path, json_array_size(value), max);
    return true;
}

static bool check_choices(const HttpField *field, const json_t *value, const char *path,
                          Checking at, GError **error)
{
    if (!check_count(value, path, items_max(field, at, FIELDS_TEXT_LIST_MAX), error))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        g_autofree char *item_path = g_strdup_printf("%s[%zu]", path, i);
        const json_t *item = json_array_get(value, i);
        if (!check_choice(field, item, item_path, error))
            return false;
        for (size_t j = 0; j < i; j++) {
            if (json_equal(item, json_array_get(value, j)))
                return error_set(error, ERROR_INVALID, "fields.duplicate",
                                 "Field \"%s\" repeats \"%s\".", item_path,
                                 json_string_value(item));
        }
    }
    return true;
}

/* max 0 beside a min of 0 or more means "no upper bound". */
static bool within(const HttpField *field, double number)
{
    if (field->min == 0 && field->max == 0)
        return true;
    if (number < (double)field->min)
        return false;
    return (field->max == 0 && field->min >= 0) || number <= (double)field->max;
}

static bool check_number(const HttpField *field, const json_t *value, const char *path,
                         GError **error)
{
    if (field->type == HTTP_INTEGER && !json_is_integer(value))
        return refuse_type(path, "a whole number", value, error);
    if (!json_is_number(value))
        return refuse_type(path, "a number", value, error);
    if (within(field, json_number_value(value)))
        return true;
    if (field->max == 0 && field->min >= 0)
        return error_set(error, ERROR_INVALID, "fields.bounds",
                         "Field \"%s\" must be at least %" G_GINT64_FORMAT ".", path, field->min);
    return error_set(error, ERROR_INVALID, "fields.bounds",
                     "Field \"%s\" must lie between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
                     ".", path, field->min, field->max);
}

static bool check_time(const json_t *value, const char *path, GError **error)
{
    int64_t time_ms;
    if (!json_is_string(value))
        return refuse_type(path, "a date", value, error);
    if (!time_parse(json_string_value(value), &time_ms, NULL))
        return error_set(error, ERROR_INVALID, "fields.time",
                         "Field \"%s\" must be a date such as 2027-01-31 or an RFC 3339 time.",
                         path);
    return true;
}

static bool check_cells(const HttpField *field, const json_t *value, const char *path, Checking at,
                        GError **error)
{
    size_t i, j;
    json_t *row, *cell;
    if (!check_count(value, path, items_max(field, at, FIELDS_LIST_MAX), error))
        return false;
    json_array_foreach((json_t *)value, i, row) {
        if (!json_is_array(row))
            return refuse_type(path, "a list of lists", row, error);
        json_array_foreach(row, j, cell) {
            if (!json_is_string(cell) && !json_is_null(cell))
                return refuse_type(path, "a list of lists of texts", cell, error);
        }
    }
    return true;
}

static bool check_object(const HttpField *fields, const json_t *value, const char *path,
                         Checking at, GError **error);

static bool check_list(const HttpField *field, const json_t *value, const char *path, Checking at,
                       GError **error)
{
    if (!check_count(value, path, items_max(field, at, FIELDS_LIST_MAX), error))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        g_autofree char *item_path = g_strdup_printf("%s[%zu]", path, i);
        if (!check_object(field->fields, json_array_get(value, i), item_path, deeper(at), error))
            return false;
    }
    return true;
}

static bool type_is_text(HttpFieldType type)
{
    return type == HTTP_TEXT || type == HTTP_LONG_TEXT || type == HTTP_SECRET;
}

/* Texts of answers may hold what people's files hold: only their length has a promise. */
static bool check_answer_text(const HttpField *field, const json_t *value, const char *path,
                              GError **error)
{
    if (!json_is_string(value))
        return refuse_type(path, "a text", value, error);
    int64_t characters = g_utf8_strlen(json_string_value(value), -1);
    if (field->max == 0 || characters <= field->max)
        return true;
    return error_set(error, ERROR_INVALID, "text.too_long",
                     "Field \"%s\" has %" G_GINT64_FORMAT " characters; at most %" G_GINT64_FORMAT
                     " were promised.", path, characters, field->max);
}

static bool check_text_list(const HttpField *field, const json_t *value, const char *path,
                            Checking at, GError **error)
{
    static const HttpField item_field = {.type = HTTP_TEXT};
    if (!check_count(value, path, items_max(field, at, FIELDS_TEXT_LIST_MAX), error))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        g_autofree char *item_path = g_strdup_printf("%s[%zu]", path, i);
        const json_t *item = json_array_get(value, i);
        if (at.answer ? !check_answer_text(&item_field, item, item_path, error)
                      : !check_text(&item_field, item, item_path, FIELDS_TEXT_MAX, error))
            return false;
    }
    return true;
}

static bool check_value(const HttpField *field, const json_t *value, const char *path, Checking at,
                        GError **error)
{
    if (at.answer && type_is_text(field->type))
        return check_answer_text(field, value, path, error);
    switch (field->type) {
    case HTTP_TEXT:
        return check_text(field, value, path, FIELDS_TEXT_MAX, error);
    case HTTP_LONG_TEXT:
        return check_text(field, value, path, FIELDS_LONG_TEXT_MAX, error);
    case HTTP_SECRET:
        return check_text(field, value, path, FIELDS_SECRET_MAX, error);
    case HTTP_ID:
        return check_id(field, value, path, error);
    case HTTP_CHOICE:
        return check_choice(field, value, path, error);
    case HTTP_CHOICES:
        return check_choices(field, value, path, at, error);
    case HTTP_INTEGER:
    case HTTP_NUMBER:
        return check_number(field, value, path, error);
    case HTTP_BOOLEAN:
        return json_is_boolean(value) || refuse_type(path, "true or false", value, error);
    case HTTP_TIME:
        return check_time(value, path, error);
    case HTTP_TEXT_LIST:
        return check_text_list(field, value, path, at, error);
    case HTTP_OBJECT:
        return check_object(field->fields, value, path, deeper(at), error);
    case HTTP_LIST:
        return check_list(field, value, path, at, error);
    case HTTP_CELLS:
        return check_cells(field, value, path, at, error);
    case HTTP_ANY:
        return true;
    }
    g_assert_not_reached();
}

static const HttpField *field_find(const HttpField *fields, const char *name)
{
    for (const HttpField *field = fields; field->name != NULL; field++) {
        if (strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

static char *path_join(const char *path, const char *name)
{
    return *path == '\0' ? g_strdup(name) : g_strdup_printf("%s.%s", path, name);
}

/* An unknown name comes from the client: only its readable beginning is repeated. */
static bool refuse_unknown(const char *path, const char *name, GError **error)
{
    g_autofree char *shown = g_utf8_substring(name, 0, MIN(g_utf8_strlen(name, -1),
                                                           FIELDS_NAME_SHOWN));
    g_autofree char *whole = path_join(path, shown);
    return error_set(error, ERROR_INVALID, "fields.unknown", "Field \"%s\" is not known here.",
                     whole);
}

static bool check_object(const HttpField *fields, const json_t *value, const char *path,
                         Checking at, GError **error)
{
    if (!json_is_object(value)) {
        if (*path == '\0')
            return error_set(error, ERROR_INVALID, "fields.type",
                             "The body must be a JSON object; it is %s.", json_type_name(value));
        return refuse_type(path, "an object", value, error);
    }
    g_assert(at.depth <= FIELDS_DEPTH_MAX);
    const char *name;
    json_t *item;
    json_object_foreach ((json_t *)value, name, item) {
        if (field_find(fields, name) == NULL)
            return refuse_unknown(path, name, error);
    }
    for (const HttpField *field = fields; field->name != NULL; field++) {
        g_autofree char *field_path = path_join(path, field->name);
        item = json_object_get(value, field->name);
        /* For an optional field, null says the same as absence. */
        if (item == NULL || (json_is_null(item) && !field->required)) {
            if (field->required)
                return error_set(error, ERROR_INVALID, "fields.missing",
                                 "Field \"%s\" is missing.", field_path);
            continue;
        }
        if (at.answer && field->nullable && json_is_null(item))
            continue;
        if (!check_value(field, item, field_path, at, error))
            return false;
    }
    return true;
}

bool http_fields_check(const HttpField *fields, const json_t *value, GError **error)
{
    return check_object(fields, value, "", (Checking){0}, error);
}

bool http_answer_check(const HttpField *fields, const json_t *value, GError **error)
{
    return check_object(fields, value, "", (Checking){.answer = true}, error);
}
