/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OpenAPI 3.1 document, printed from the same tables that route requests and check bodies, so
 * that it cannot drift from them. What every operation shares (problems, headers, who may call) is
 * derived here from the row: access, method, body, segments, status.
 */
#include "http/openapi_internal.h"

#include "http/internal.h"

#include <string.h>

#define ALWAYS                                                                                     \
    (HTTP_PROBLEM(ERROR_INVALID) | HTTP_PROBLEM(ERROR_TOO_LARGE) |                                 \
     HTTP_PROBLEM(ERROR_RATE_LIMITED) | HTTP_PROBLEM(ERROR_UNAVAILABLE))

/* ---- what follows from a row ---- */

static bool route_is_safe(const HttpRoute *route)
{
    return strcmp(route->method, "GET") == 0;
}

bool http_route_creates(const HttpRoute *route)
{
    return strcmp(route->method, "POST") == 0 && (route->success == 201 || route->success == 202);
}

unsigned http_route_problems(const HttpRoute *route)
{
    unsigned problems = ALWAYS | route->problems;
    if (route->access == HTTP_PERSON)
        problems |= HTTP_PROBLEM(ERROR_UNAUTHENTICATED) | HTTP_PROBLEM(ERROR_DENIED);
    if (strchr(route->path, '{') != NULL)
        problems |= HTTP_PROBLEM(ERROR_NOT_FOUND);
    if (route->body != NULL || route->stream != NULL)
        problems |= HTTP_PROBLEM(ERROR_UNSUPPORTED);
    if (!route_is_safe(route))
        problems |= HTTP_PROBLEM(ERROR_CONFLICT);
    if (strcmp(route->method, "PATCH") == 0 && route->answer != NULL)
        problems |= HTTP_PROBLEM(ERROR_PRECONDITION);
    if (http_route_creates(route) || route->body_types != NULL)
        problems |= HTTP_PROBLEM(ERROR_UNPROCESSABLE);
    return problems;
}

/* ---- operations ---- */

static json_t *header_reference(const char *name)
{
    g_autofree char *reference = g_strconcat("#/components/headers/", name, NULL);
    return json_pack("{s:s}", "$ref", reference);
}

/* {name} segments of the path. */
static void segments_add(json_t *parameters, const HttpRoute *route)
{
    for (const char *p = strchr(route->path, '{'); p != NULL; p = strchr(p + 1, '{')) {
        g_autofree char *name = g_strndup(p + 1, strcspn(p + 1, "}"));
        json_array_append_new(
            parameters, json_pack("{s:s, s:s, s:b, s:{s:s, s:i}, s:o}", "name", name, "in", "path",
                                  "required", 1, "schema", "type", "string", "minLength", 1,
                                  "example", example_of_segment(name)));
    }
}

static void parameter_reference(json_t *parameters, const char *name)
{
    g_autofree char *reference = g_strconcat("#/components/parameters/", name, NULL);
    json_array_append_new(parameters, json_pack("{s:s}", "$ref", reference));
}

/* Headers that make a call safe to repeat. */
static void conditions_add(json_t *parameters, const HttpRoute *const *tables,
                           const HttpRoute *route)
{
    if (route_has_etag(route))
        parameter_reference(parameters, "If-None-Match");
    if (route_twin(tables, route) != NULL)
        parameter_reference(parameters, "If-Match");
    if (http_route_creates(route))
        parameter_reference(parameters, "Idempotency-Key");
    if (route->events != NULL)
        parameter_reference(parameters, "Last-Event-ID");
}

static json_t *parameters_of(json_t *schemas, const HttpRoute *const *tables,
                             const HttpRoute *route)
{
    json_t *parameters = json_array();
    segments_add(parameters, route);
    conditions_add(parameters, tables, route);
    for (const HttpField *field = route->query; field != NULL && field->name != NULL; field++) {
        HttpField given = *field;
        given.required = true; /* for the schema: absent is not null in a query */
        json_t *schema = schema_of_field(schemas, &given, SCHEMA_INPUT);
        json_object_del(schema, "description");
        json_object_del(schema, "examples");
        json_t *parameter = json_pack("{s:s, s:s, s:b, s:o}", "name", field->name, "in", "query",
                                      "required", field->required ? 1 : 0, "schema", schema);
        if (field->summary != NULL)
            json_object_set_new(parameter, "description", json_string(field->summary));
        if (field->required)
            json_object_set_new(parameter, "example", example_of_field(field, SCHEMA_INPUT));
        json_array_append_new(parameters, parameter);
    }
    return parameters;
}

static json_t *typed_content(const char *types, json_t *schema)
{
    json_t *content = json_object();
    g_auto(GStrv) words = g_strsplit(types, " ", -1);
    for (char **type = words; *type != NULL; type++)
        json_object_set_new(content, *type, json_pack("{s:O}", "schema", schema));
    json_decref(schema);
    return content;
}

static json_t *json_content(json_t *schemas, const HttpField *fields, SchemaUse use)
{
    return json_pack("{s:{s:o, s:o}}", "application/json", "schema",
                     schema_of_fields(schemas, fields, use), "example",
                     example_of_fields(fields, use));
}

/* What a stream says cannot be told by a schema of its text: x-events gives that of each `data`. */
static void events_add(json_t *schemas, const HttpRoute *route, json_t *answer)
{
    json_t *events = json_object();
    for (const HttpEvent *event = route->events; event->name != NULL; event++) {
        json_t *row = json_pack("{s:o, s:o}", "schema",
                                schema_of_fields(schemas, event->fields, SCHEMA_ANSWER), "example",
                                example_of_fields(event->fields, SCHEMA_ANSWER));
        if (event->summary != NULL)
            json_object_set_new(row, "description", json_string(event->summary));
        json_object_set_new(events, event->name, row);
    }
    json_object_set_new(answer, "content",
                        typed_content("text/event-stream", json_pack("{s:s}", "type", "string")));
    json_object_set_new(answer, "x-events", events);
}

static void rate_headers_add(json_t *headers)
{
    json_object_set_new(headers, "RateLimit-Policy", header_reference("RateLimit-Policy"));
    json_object_set_new(headers, "RateLimit", header_reference("RateLimit"));
}

static void deprecation_headers_add(json_t *headers, const HttpRoute *route)
{
    if (route->deprecated == NULL)
        return;
    json_object_set_new(headers, "Deprecation", header_reference("Deprecation"));
    if (route->deprecated->sunset != NULL)
        json_object_set_new(headers, "Sunset", header_reference("Sunset"));
    if (route->deprecated->successor != NULL)
        json_object_set_new(headers, "Link", header_reference("Link"));
}

static json_t *success_of(json_t *schemas, const HttpRoute *const *tables,
                          const HttpRoute *route)
{
    json_t *answer = json_pack("{s:s, s:{s:o}}", "description", "Done", "headers", "X-Request-Id",
                               header_reference("X-Request-Id"));
    json_t *answer_headers = json_object_get(answer, "headers");
    rate_headers_add(answer_headers);
    if (route_has_etag(route) || route_twin(tables, route) != NULL)
        json_object_set_new(answer_headers, "ETag", header_reference("ETag"));
    if (http_route_creates(route))
        json_object_set_new(answer_headers, "Idempotency-Replayed",
                            header_reference("Idempotency-Replayed"));
    deprecation_headers_add(answer_headers, route);
    if (route->events != NULL)
        events_add(schemas, route, answer);
    else if (route->answer != NULL)
        json_object_set_new(answer, "content",
                            json_content(schemas, route->answer, SCHEMA_ANSWER));
    else if (route->answer_types != NULL)
        json_object_set_new(answer, "content",
                            typed_content(route->answer_types, json_object()));
    return answer;
}

/* One reference per status: kinds of errors have one status each. */
static void problems_add(json_t *responses, const HttpRoute *route)
{
    unsigned problems = http_route_problems(route);
    for (int code = 0; code < ERROR_CODE_COUNT; code++) {
        if ((problems & HTTP_PROBLEM(code)) == 0)
            continue;
        char status[12];
        g_snprintf(status, sizeof status, "%d", error_kind(code)->http_status);
        g_autofree char *reference = g_strconcat("#/components/responses/", status, NULL);
        if (json_object_get(responses, status) == NULL)
            json_object_set_new(responses, status, json_pack("{s:s}", "$ref", reference));
    }
}

static json_t *responses_of(json_t *schemas, const HttpRoute *const *tables,
                            const HttpRoute *route)
{
    json_t *responses = json_object();
    const int statuses[] = {route->success > 0 ? route->success : 200, route->also};
    for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
        char status[12];
        g_snprintf(status, sizeof status, "%d", statuses[i]);
        if (statuses[i] != 0)
            json_object_set_new(responses, status, success_of(schemas, tables, route));
    }
    if (route_has_etag(route))
        json_object_set_new(responses, "304",
                            json_pack("{s:s}", "$ref", "#/components/responses/304"));
    problems_add(responses, route);
    return responses;
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

/* A session needs the header against forged requests too where something is changed. */
static json_t *security_of(const HttpRoute *route)
{
    if (route->access == HTTP_PUBLIC)
        return json_array();
    if (route_is_safe(route))
        return json_pack("[{s:[]}, {s:[]}]", "token", "session");
    return json_pack("[{s:[]}, {s:[], s:[]}]", "token", "session", "csrf");
}

static json_t *request_body_of(json_t *schemas, const HttpRoute *route)
{
    if (route->body != NULL) {
        bool needed = false;
        for (const HttpField *field = route->body; field->name != NULL; field++)
            needed |= field->required;
        return json_pack("{s:b, s:o}", "required", needed ? 1 : 0, "content",
                         json_content(schemas, route->body, SCHEMA_INPUT));
    }
    const char *types =
        route->body_types != NULL ? route->body_types : "application/octet-stream";
    return json_pack("{s:b, s:o}", "required", 1, "content", typed_content(types, json_object()));
}

/* A row with too little time, or with a date that is none, is our mistake. */
static void deprecation_add(json_t *operation, const HttpRoute *route)
{
    if (route->deprecated == NULL)
        return;
    g_assert(http_deprecation_check(route->deprecated, NULL));
    g_autofree char *text = http_deprecation_text(route->deprecated);
    json_object_set_new(operation, "deprecated", json_true());
    json_object_set_new(operation, "description", json_string(text));
}

static json_t *operation_of(json_t *schemas, const HttpRoute *const *tables,
                            const HttpRoute *route)
{
    g_autofree char *id = operation_id(route);
    json_t *operation =
        json_pack("{s:s, s:s, s:o, s:o, s:o}", "operationId", id, "summary",
                  route->summary != NULL ? route->summary : "", "parameters",
                  parameters_of(schemas, tables, route), "responses",
                  responses_of(schemas, tables, route),
                  "security", security_of(route));
    if (route->tag != NULL)
        json_object_set_new(operation, "tags", json_pack("[s]", route->tag));
    deprecation_add(operation, route);
    if (route->body != NULL || route->stream != NULL)
        json_object_set_new(operation, "requestBody", request_body_of(schemas, route));
    return operation;
}

/* ---- components ---- */

static json_t *security_schemes(void)
{
    return json_pack(
        "{s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s}}",
        "token", "type", "http", "scheme", "bearer", "description",
        "An API token of a person's account: POST /api/v1/me/tokens",
        "session", "type", "apiKey", "in", "cookie", "name", "__Host-darse", "description",
        "The session that POST /api/v1/session opens",
        "csrf", "type", "apiKey", "in", "header", "name", "X-Darse-CSRF", "description",
        "`csrf` of the session's answer: what another site's page cannot know");
}

static const HttpField problem_fields[] = {
    {"type", HTTP_TEXT, .required = true, .example = "\"urn:darse:problem:projects.state\"",
     .summary = "The reason as an address"},
    {"title", HTTP_TEXT, .required = true, .example = "\"Conflict\""},
    {"status", HTTP_INTEGER, .required = true, .min = 400, .max = 599, .example = "409"},
    {"detail", HTTP_TEXT, .required = true, .summary = "What was wrong, why, what to do",
     .example = "\"The project is closed; it cannot be opened again.\""},
    {"reason", HTTP_TEXT, .required = true, .summary = "A stable slug, room.what",
     .example = "\"projects.state\""},
    {"request", HTTP_TEXT, .required = true, .summary = "To quote to the officer"},
    HTTP_SCHEMA("Problem"),
};

static json_t *problem_response(json_t *schemas, const ErrorKind *kind)
{
    json_t *response =
        json_pack("{s:s, s:{s:o}, s:{s:{s:o}}}", "description", kind->title, "headers",
                  "X-Request-Id", header_reference("X-Request-Id"), "content",
                  "application/problem+json", "schema",
                  schema_of_fields(schemas, problem_fields, SCHEMA_ANSWER));
    json_t *headers = json_object_get(response, "headers");
    rate_headers_add(headers);
    if (kind->code == ERROR_RATE_LIMITED || kind->code == ERROR_UNAVAILABLE)
        json_object_set_new(headers, "Retry-After", header_reference("Retry-After"));
    if (kind->code == ERROR_UNAUTHENTICATED)
        json_object_set_new(headers, "WWW-Authenticate", header_reference("WWW-Authenticate"));
    return response;
}

static json_t *problem_responses(json_t *schemas)
{
    json_t *responses = json_pack("{s:{s:s, s:{s:o}}}", "304", "description",
                                  "What If-None-Match names is still what would be answered",
                                  "headers", "ETag", header_reference("ETag"));
    for (int code = 0; code < ERROR_CODE_COUNT; code++) {
        const ErrorKind *kind = error_kind(code);
        char status[12];
        g_snprintf(status, sizeof status, "%d", kind->http_status);
        if (kind->is_public)
            json_object_set_new(responses, status, problem_response(schemas, kind));
    }
    return responses;
}

typedef struct HeaderRow {
    const char *name, *summary, *example;
} HeaderRow;

static const HeaderRow headers[] = {
    {"X-Request-Id", "Names this request in the log; quote it when something failed",
     "req-7kq2vx4m9t3bzrnh"},
    {"WWW-Authenticate", "How to sign in", "Bearer realm=\"darse\""},
    {"ETag", "Names this very answer: for If-None-Match, and for If-Match of a change",
     "\"9f86d081884c7d659a2feaa0\""},
    {"Idempotency-Replayed", "true: it was done before, this is the answer of then", "true"},
    {"RateLimit-Policy", "The rule that concerns this request: its quota q in a window of w seconds",
     "\"reads\";q=3000;w=60"},
    {"RateLimit", "How many requests r may follow at once; in t seconds the next after a refusal",
     "\"reads\";r=599;t=0"},
    {"Retry-After", "Seconds to wait", "1"},
    {"Deprecation", "Since when the operation is to go (RFC 9745), seconds since 1970", "@1801353600"},
    {"Sunset", "When it may stop to answer (RFC 8594)", "Mon, 31 Jan 2028 00:00:00 GMT"},
    {"Link", "What takes its place: relation successor-version",
     "</api/v1/projects>; rel=\"successor-version\""},
};

static const HeaderRow request_headers[] = {
    {"If-None-Match", "ETag of an answer that one has: 304 when it still holds",
     "\"9f86d081884c7d659a2feaa0\""},
    {"If-Match", "ETag of what one read: 412 when somebody changed it since",
     "\"9f86d081884c7d659a2feaa0\""},
    {"Idempotency-Key",
     "A random text of one's own: the same request under the same key is done once, and answered "
     "alike for a day", "4b2f6c1e-9a57-4a0e-8f1d-2f7c9e0b6a11"},
    {"Last-Event-ID", "The id of the last event that one has seen: what followed is sent first",
     "0123456789abcdef-42"},
};

static json_t *parameters_of_components(void)
{
    json_t *rows = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(request_headers); i++) {
        const HeaderRow *row = &request_headers[i];
        json_object_set_new(rows, row->name,
                            json_pack("{s:s, s:s, s:b, s:s, s:{s:s}, s:s}", "name", row->name,
                                      "in", "header", "required", 0, "description", row->summary,
                                      "schema", "type", "string", "example", row->example));
    }
    return rows;
}

static json_t *headers_of_components(void)
{
    json_t *rows = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(headers); i++)
        json_object_set_new(rows, headers[i].name,
                            json_pack("{s:s, s:{s:s}, s:s}", "description", headers[i].summary,
                                      "schema", "type", "string", "example", headers[i].example));
    return rows;
}

json_t *http_openapi(const HttpRoute *const *tables, const char *title, const char *version,
                     const char *server_url)
{
    json_t *paths = json_object();
    json_t *schemas = json_object();
    for (const HttpRoute *const *table = tables; *table != NULL; table++) {
        for (const HttpRoute *route = *table; route->method != NULL; route++) {
            json_t *item = json_object_get(paths, route->path);
            if (item == NULL) {
                item = json_object();
                json_object_set_new(paths, route->path, item);
            }
            g_autofree char *method = g_ascii_strdown(route->method, -1);
            json_object_set_new(item, method, operation_of(schemas, tables, route));
        }
    }
    json_t *responses = problem_responses(schemas);
    return json_pack("{s:s, s:{s:s, s:s, s:{s:s, s:s}}, s:[{s:s}], s:o, s:{s:o, s:o, s:o, s:o, s:o}}",
                     "openapi", "3.1.0", "info", "title", title, "version", version, "license",
                     "name", "Apache-2.0", "identifier", "Apache-2.0", "servers", "url",
                     server_url, "paths", paths, "components", "securitySchemes",
                     security_schemes(), "headers", headers_of_components(), "parameters",
                     parameters_of_components(), "responses",
                     responses, "schemas", schemas);
}
