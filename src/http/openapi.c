/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OpenAPI 3.1 document, printed from the same tables that route requests and check bodies, so
 * that it cannot drift from them.
 */
#include "http/http.h"

#include <string.h>

static json_t *fields_schema(const HttpField *fields);

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

static json_t *text_schema(const HttpField *field, int64_t fallback_max)
{
    json_t *schema = json_pack("{s:s, s:I, s:I}", "type", "string", "minLength",
                               (json_int_t)MAX(1, field->min), "maxLength",
                               (json_int_t)(field->max > 0 ? field->max : fallback_max));
    if (field->type == HTTP_SECRET)
        json_object_set_new(schema, "format", json_string("password"));
    return schema;
}

static json_t *number_schema(const HttpField *field, const char *type)
{
    json_t *schema = json_pack("{s:s}", "type", type);
    if (field->min == 0 && field->max == 0)
        return schema;
    json_object_set_new(schema, "minimum", json_integer(field->min));
    if (field->max != 0 || field->min < 0)
        json_object_set_new(schema, "maximum", json_integer(field->max));
    return schema;
}

static json_t *list_schema(json_t *items, int64_t max)
{
    return json_pack("{s:s, s:o, s:I}", "type", "array", "items", items, "maxItems",
                     (json_int_t)max);
}

static json_t *field_schema(const HttpField *field)
{
    switch (field->type) {
    case HTTP_TEXT:
        return text_schema(field, 200);
    case HTTP_LONG_TEXT:
        return text_schema(field, 10000);
    case HTTP_SECRET:
        return text_schema(field, 1024);
    case HTTP_ID: {
        g_autofree char *pattern = g_strdup_printf("^%s-[a-z2-9]{16}$", field->choices);
        return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
    }
    case HTTP_CHOICE:
        return json_pack("{s:s, s:o}", "type", "string", "enum", choices_array(field->choices));
    case HTTP_CHOICES: {
        json_t *item = json_pack("{s:s, s:o}", "type", "string", "enum",
                                 choices_array(field->choices));
        json_t *schema = list_schema(item, field->max > 0 ? field->max : 100);
        json_object_set_new(schema, "uniqueItems", json_true());
        return schema;
    }
    case HTTP_INTEGER:
        return number_schema(field, "integer");
    case HTTP_NUMBER:
        return number_schema(field, "number");
    case HTTP_BOOLEAN:
        return json_pack("{s:s}", "type", "boolean");
    case HTTP_TIME:
        return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
    case HTTP_TEXT_LIST:
        return list_schema(json_pack("{s:s, s:i}", "type", "string", "maxLength", 200),
                           field->max > 0 ? field->max : 100);
    case HTTP_OBJECT:
        return fields_schema(field->fields);
    case HTTP_LIST:
        return list_schema(fields_schema(field->fields), field->max > 0 ? field->max : 1000);
    case HTTP_ANY:
        return json_object();
    }
    g_assert_not_reached();
}

static json_t *fields_schema(const HttpField *fields)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (const HttpField *field = fields; field->name != NULL; field++) {
        json_t *schema = field_schema(field);
        if (field->summary != NULL)
            json_object_set_new(schema, "description", json_string(field->summary));
        json_object_set_new(properties, field->name, schema);
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

/* {name} segments of the path, then the query. */
static json_t *parameters_of(const HttpRoute *route)
{
    json_t *parameters = json_array();
    for (const char *p = strchr(route->path, '{'); p != NULL; p = strchr(p + 1, '{')) {
        g_autofree char *name = g_strndup(p + 1, strcspn(p + 1, "}"));
        json_array_append_new(parameters,
                              json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", name, "in", "path",
                                        "required", 1, "schema", "type", "string"));
    }
    for (const HttpField *field = route->query; field != NULL && field->name != NULL; field++) {
        json_t *parameter =
            json_pack("{s:s, s:s, s:b, s:o}", "name", field->name, "in", "query", "required",
                      field->required ? 1 : 0, "schema", field_schema(field));
        if (field->summary != NULL)
            json_object_set_new(parameter, "description", json_string(field->summary));
        json_array_append_new(parameters, parameter);
    }
    return parameters;
}

static json_t *responses_of(const HttpRoute *route)
{
    char status[12];
    g_snprintf(status, sizeof status, "%d", route->success > 0 ? route->success : 200);
    json_t *success = json_pack("{s:s}", "description", "Success");
    if (route->answer != NULL)
        json_object_set_new(success, "content",
                            json_pack("{s:{s:o}}", "application/json", "schema",
                                      fields_schema(route->answer)));
    return json_pack("{s:o, s:{s:s}}", status, success, "default", "$ref",
                     "#/components/responses/Problem");
}

/* "get_projects_project_members": stable, made of method and path. */
static char *operation_id(const HttpRoute *route)
{
    g_autofree char *method = g_ascii_strdown(route->method, -1);
    const char *path = route->path;
    if (g_str_has_prefix(path, "/api/v1/"))
        path += strlen("/api/v1/");
    GString *id = g_string_new(method);
    g_string_append_c(id, '_');
    for (; *path != '\0'; path++) {
        if (g_ascii_isalnum(*path))
            g_string_append_c(id, *path);
        else if (id->str[id->len - 1] != '_')
            g_string_append_c(id, '_');
    }
    if (id->str[id->len - 1] == '_')
        g_string_truncate(id, id->len - 1);
    return g_string_free(id, FALSE);
}

static json_t *operation_of(const HttpRoute *route)
{
    g_autofree char *id = operation_id(route);
    json_t *operation = json_pack("{s:s, s:s, s:o, s:o}", "operationId", id, "summary",
                                  route->summary != NULL ? route->summary : "", "parameters",
                                  parameters_of(route), "responses", responses_of(route));
    if (route->tag != NULL)
        json_object_set_new(operation, "tags", json_pack("[s]", route->tag));
    if (route->access == HTTP_PUBLIC)
        json_object_set_new(operation, "security", json_array());
    if (route->body != NULL)
        json_object_set_new(operation, "requestBody",
                            json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content",
                                      "application/json", "schema", fields_schema(route->body)));
    else if (route->stream != NULL)
        json_object_set_new(operation, "requestBody",
                            json_pack("{s:{s:{}}}", "content", "application/octet-stream"));
    return operation;
}

static json_t *components(void)
{
    return json_pack(
        "{s:{s:{s:s, s:s}, s:{s:s, s:s, s:s}}, s:{s:{s:s, s:{s:{s:{s:s}}}}},"
        " s:{s:{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}, s:[s,s,s,s]}}}",
        "securitySchemes",
            "token", "type", "http", "scheme", "bearer",
            "session", "type", "apiKey", "in", "cookie", "name", "__Host-darse",
        "responses", "Problem", "description", "A problem (RFC 9457)", "content",
            "application/problem+json", "schema", "$ref", "#/components/schemas/Problem",
        "schemas", "Problem", "type", "object", "properties",
            "type", "type", "string", "title", "type", "string", "status", "type", "integer",
            "detail", "type", "string", "reason", "type", "string", "request", "type", "string",
            "required", "type", "title", "status", "reason");
}

json_t *http_openapi(const HttpRoute *const *tables, const char *title, const char *version,
                     const char *server_url)
{
    json_t *paths = json_object();
    for (; *tables != NULL; tables++) {
        for (const HttpRoute *route = *tables; route->method != NULL; route++) {
            json_t *item = json_object_get(paths, route->path);
            if (item == NULL) {
                item = json_object();
                json_object_set_new(paths, route->path, item);
            }
            g_autofree char *method = g_ascii_strdown(route->method, -1);
            json_object_set_new(item, method, operation_of(route));
        }
    }
    return json_pack("{s:s, s:{s:s, s:s}, s:[{s:s}], s:[{s:[]}, {s:[]}], s:o, s:o}", "openapi",
                     "3.1.0", "info", "title", title, "version", version, "servers", "url",
                     server_url, "security", "token", "session", "paths", paths, "components",
                     components());
}
