/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the route of a request in the site's tables, and checks the query against the route's
 * table. Patterns are compared with decoded segments; where two patterns fit, the one whose first
 * differing segment is literal wins, whatever the order of the tables.
 */
#include "http/internal.h"

#include "http/target.h"

#include <string.h>

static bool segment_is_name(const char *pattern)
{
    return *pattern == '{';
}

/* An empty segment never stands for a {name}. */
static bool pattern_fits(const char *pattern, GStrv segments)
{
    for (; *segments != NULL; segments++) {
        if (*pattern != '/')
            return false;
        pattern++;
        size_t size = strcspn(pattern, "/");
        if (segment_is_name(pattern)) {
            if (**segments == '\0')
                return false;
        } else if (strlen(*segments) != size || memcmp(*segments, pattern, size) != 0) {
            return false;
        }
        pattern += size;
    }
    return *pattern == '\0';
}

/* Both fit the same path: is A the more literal one? */
static bool pattern_is_closer(const char *a, const char *b)
{
    while (*a == '/' && *b == '/') {
        a++;
        b++;
        if (segment_is_name(a) != segment_is_name(b))
            return segment_is_name(b);
        a += strcspn(a, "/");
        b += strcspn(b, "/");
    }
    return false;
}

static bool method_fits(const HttpRoute *route, const char *method)
{
    if (strcmp(route->method, method) == 0)
        return true;
    return strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0;
}

static void allow_add(GString *allow, const char *method)
{
    g_autofree char *padded = g_strdup_printf(", %s,", allow->str);
    g_autofree char *word = g_strdup_printf(", %s,", method);
    if (strstr(padded, word) != NULL)
        return;
    g_string_append_printf(allow, "%s%s", allow->len > 0 ? ", " : "", method);
    if (strcmp(method, "GET") == 0)
        g_string_append(allow, ", HEAD");
}

static const HttpRoute *tables_find(const HttpRoute *const *tables, GStrv segments,
                                    const char *method, GString *allow)
{
    const HttpRoute *best = NULL;
    for (; *tables != NULL; tables++) {
        for (const HttpRoute *route = *tables; route->method != NULL; route++) {
            if (!pattern_fits(route->path, segments))
                continue;
            allow_add(allow, route->method);
            if (method_fits(route, method) &&
                (best == NULL || pattern_is_closer(route->path, best->path)))
                best = route;
        }
    }
    return best;
}

bool router_find(HttpRequest *request, GError **error)
{
    if (!target_decode_path(request->path, &request->segments, error))
        return false;
    g_autoptr(GString) allow = g_string_new(NULL);
    request->route =
        tables_find(request->site->tables, request->segments, request->method, allow);
    if (request->route != NULL) {
        request->stream = request->route->stream;
        return true;
    }
    if (allow->len == 0)
        return true;
    request->allow = g_strdup(allow->str);
    return error_set(error, ERROR_METHOD, "http.method",
                     "This path does not accept %s; it accepts %s.", request->method, allow->str);
}

/* ---- the query ---- */

static json_t *query_value(const HttpField *field, const char *text)
{
    char *end = NULL;
    switch (field->type) {
    case HTTP_INTEGER: {
        int64_t number;
        if (!g_ascii_string_to_signed(text, 10, INT64_MIN, INT64_MAX, &number, NULL))
            return json_string(text);
        return json_integer(number);
    }
    case HTTP_NUMBER: {
        double number = g_ascii_strtod(text, &end);
        return *text == '\0' || *end != '\0' ? json_string(text) : json_real(number);
    }
    case HTTP_BOOLEAN:
        if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
            return json_boolean(*text == 't');
        return json_string(text);
    default:
        return json_string(text);
    }
}

static const HttpField *field_named(const HttpField *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0)
            return fields;
    }
    return NULL;
}

bool router_check_query(HttpRequest *request, GError **error)
{
    static const HttpField none[] = {{0}};
    const HttpField *fields = request->route->query != NULL ? request->route->query : none;
    if (!target_decode_query(request->query_string, &request->query, error))
        return false;
    g_autoptr(json_t) values = json_object();
    GHashTableIter iter;
    void *name, *value;
    g_hash_table_iter_init(&iter, request->query);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const HttpField *field = field_named(fields, name);
        json_object_set_new(values, name,
                            field == NULL ? json_string(value) : query_value(field, value));
    }
    g_autoptr(GError) failure = NULL;
    if (http_fields_check(fields, values, &failure))
        return true;
    g_prefix_error(&failure, "In the query: ");
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}
