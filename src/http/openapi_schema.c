/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON schemas of the tables of fields, for the API document: the limits that fields.c checks, said
 * in the words of JSON Schema 2020-12. Tables with a name become components, the others are written
 * where they are used.
 */
#include "http/openapi_internal.h"

#include <string.h>

#define TEXT_MAX 200
#define LONG_TEXT_MAX 10000
#define SECRET_MAX 1024
#define TEXT_LIST_MAX 100
#define LIST_MAX 1000

static json_t *choices_array(const char *choices)
{
    json_t *values = json_array();
    g_auto(GStrv) words = g_strsplit(choices, " ", -1);
    for (char **word = words; *word != NULL; word++) {
        if (**word != '\0')
            json_array_append_new(values, json_string(*word));
    }
    return values;
}

static json_t *text_schema(const HttpField *field, SchemaUse use, int64_t fallback_max)
{
    json_t *schema = json_pack("{s:s}", "type", "string");
    if (use == SCHEMA_INPUT)
        json_object_set_new(schema, "minLength", json_integer(MAX(1, field->min)));
    if (use == SCHEMA_INPUT || field->max > 0)
        json_object_set_new(schema, "maxLength",
                            json_integer(field->max > 0 ? field->max : fallback_max));
    if (field->type == HTTP_SECRET)
        json_object_set_new(schema, "format", json_string("password"));
    return schema;
}

static json_t *number_schema(const HttpField *field, const char *type)
{
    json_t *schema = json_pack("{s:s}", "type", type);
    if (strcmp(type, "integer") == 0)
        json_object_set_new(schema, "format", json_string("int64"));
    if (field->min == 0 && field->max == 0)
        return schema;
    json_object_set_new(schema, "minimum", json_integer(field->min));
    if ((field->max != 0 || field->min < 0) && field->max != INT64_MAX)
        json_object_set_new(schema, "maximum", json_integer(field->max));
    return schema;
}

static json_t *list_schema(const HttpField *field, json_t *items, SchemaUse use, int64_t fallback)
{
    json_t *schema = json_pack("{s:s, s:o}", "type", "array", "items", items);
    if (field->max > 0 || use == SCHEMA_INPUT)
        json_object_set_new(schema, "maxItems",
                            json_integer(field->max > 0 ? field->max : fallback));
    return schema;
}

static json_t *choices_schema(const HttpField *field, SchemaUse use)
{
    json_t *item =
        json_pack("{s:s, s:o}", "type", "string", "enum", choices_array(field->choices));
    json_t *schema = list_schema(field, item, use, TEXT_LIST_MAX);
    json_object_set_new(schema, "uniqueItems", json_true());
    return schema;
}

/* We write one form; we read a plain date too. */
static json_t *time_schema(SchemaUse use)
{
    if (use == SCHEMA_ANSWER)
        return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
    return json_pack("{s:s, s:[{s:s}, {s:s}]}", "type", "string", "anyOf", "format", "date-time",
                     "format", "date");
}

static json_t *text_list_schema(const HttpField *field, SchemaUse use)
{
    json_t *item = json_pack("{s:s}", "type", "string");
    if (use == SCHEMA_INPUT) {
        json_object_set_new(item, "minLength", json_integer(1));
        json_object_set_new(item, "maxLength", json_integer(TEXT_MAX));
    }
    return list_schema(field, item, use, TEXT_LIST_MAX);
}

static json_t *plain_schema(json_t *schemas, const HttpField *field, SchemaUse use)
{
    switch (field->type) {
    case HTTP_TEXT:
        return text_schema(field, use, TEXT_MAX);
    case HTTP_LONG_TEXT:
        return text_schema(field, use, LONG_TEXT_MAX);
    case HTTP_SECRET:
        return text_schema(field, use, SECRET_MAX);
    case HTTP_ID: {
        g_autofree char *pattern =
            g_strdup_printf("^%s-[abcdefghijkmnpqrstuvwxyz2-9]{16}$", field->choices);
        return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
    }
    case HTTP_CHOICE:
        return json_pack("{s:s, s:o}", "type", "string", "enum", choices_array(field->choices));
    case HTTP_CHOICES:
        return choices_schema(field, use);
    case HTTP_INTEGER:
        return number_schema(field, "integer");
    case HTTP_NUMBER:
        return number_schema(field, "number");
    case HTTP_BOOLEAN:
        return json_pack("{s:s}", "type", "boolean");
    case HTTP_TIME:
        return time_schema(use);
    case HTTP_TEXT_LIST:
        return text_list_schema(field, use);
    case HTTP_OBJECT:
        return schema_of_fields(schemas, field->fields, use);
    case HTTP_LIST:
        return list_schema(field, schema_of_fields(schemas, field->fields, use), use, LIST_MAX);
    case HTTP_CELLS:
        return list_schema(field,
                           json_pack("{s:s, s:{s:[s,s]}}", "type", "array", "items", "type",
                                     "string", "null"),
                           use, LIST_MAX);
    case HTTP_ANY:
        return json_object();
    }
    g_assert_not_reached();
}

/* The same, or null. */
static json_t *nullable_schema(json_t *schema)
{
    json_t *type = json_object_get(schema, "type");
    if (!json_is_string(type))
        return json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null");
    json_t *values = json_object_get(schema, "enum");
    if (values != NULL)
        json_array_append_new(values, json_null());
    /* A time's forms are alternatives: formats say nothing of null, so they stay. */
    json_object_set_new(schema, "type", json_pack("[O, s]", type, "null"));
    return schema;
}

json_t *schema_of_field(json_t *schemas, const HttpField *field, SchemaUse use)
{
    json_t *schema = plain_schema(schemas, field, use);
    bool or_null = field->type != HTTP_ANY && (!field->required || field->nullable);
    if (or_null)
        schema = nullable_schema(schema);
    if (field->summary != NULL)
        json_object_set_new(schema, "description", json_string(field->summary));
    if (json_object_get(schema, "$ref") == NULL) {
        json_t *example = example_of_field(field, use);
        json_object_set_new(schema, "examples", json_pack("[o]", example));
    }
    return schema;
}

static json_t *object_schema(json_t *schemas, const HttpField *fields, SchemaUse use)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (const HttpField *field = fields; field->name != NULL; field++) {
        json_object_set_new(properties, field->name, schema_of_field(schemas, field, use));
        if (field->required)
            json_array_append_new(required, json_string(field->name));
    }
    json_t *schema = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                               "additionalProperties", 0);
    if (json_array_size(required) > 0)
        json_object_set_new(schema, "required", required);
    else
        json_decref(required);
    return schema;
}

json_t *schema_of_fields(json_t *schemas, const HttpField *fields, SchemaUse use)
{
    const HttpField *last = fields;
    while (last->name != NULL)
        last++;
    json_t *schema = object_schema(schemas, fields, use);
    if (last->summary == NULL)
        return schema;
    json_t *known = json_object_get(schemas, last->summary);
    if (known != NULL && !json_equal(known, schema))
        g_error("two different tables of fields are called %s", last->summary);
    json_object_set_new(schemas, last->summary, schema);
    g_autofree char *reference = g_strconcat("#/components/schemas/", last->summary, NULL);
    return json_pack("{s:s}", "$ref", reference);
}
