/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies kept in memory: JSON of a limited size and depth, checked against the route's table before
 * the handler runs. The depth is counted before parsing, because the parser recurses and request
 * threads have small stacks.
 */
#include "http/internal.h"

#include <string.h>

static bool type_is_json(const char *type)
{
    static const char json[] = "application/json";
    if (type == NULL || g_ascii_strncasecmp(type, json, sizeof json - 1) != 0)
        return false;
    const char *rest = type + sizeof json - 1;
    rest += strspn(rest, " \t");
    if (*rest == '\0')
        return true;
    if (*rest != ';')
        return false;
    rest++;
    rest += strspn(rest, " \t");
    return *rest == '\0' || g_ascii_strcasecmp(rest, "charset=utf-8") == 0 ||
           g_ascii_strcasecmp(rest, "charset=\"utf-8\"") == 0;
}

static bool too_large(HttpRequest *request, GError **error)
{
    return error_set(error, ERROR_TOO_LARGE, "http.body_too_large",
                     "The body is larger than the %" G_GINT64_FORMAT " bytes allowed here.",
                     request->server->limits.max_body_bytes);
}

bool body_expect(HttpRequest *request, GError **error)
{
    if (!request->has_body)
        return true;
    if (request->route->body == NULL)
        return error_set(error, ERROR_INVALID, "http.body_unexpected",
                         "This request takes no body; send none.");
    if (!type_is_json(http_request_header(request, "Content-Type")))
        return error_set(error, ERROR_UNSUPPORTED, "http.content_type",
                         "The body must be sent as application/json in UTF-8.");
    if (request->content_length > request->server->limits.max_body_bytes)
        return too_large(request, error);
    request->body = g_byte_array_new();
    return true;
}

bool body_append(HttpRequest *request, const char *bytes, size_t size, GError **error)
{
    g_assert(request->body != NULL);
    if ((int64_t)(request->body->len + size) > request->server->limits.max_body_bytes)
        return too_large(request, error);
    g_byte_array_append(request->body, (const guint8 *)bytes, (guint)size);
    return true;
}

bool body_depth_check(const char *bytes, size_t size, int max, GError **error)
{
    int depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < size; i++) {
        char c = bytes[i];
        if (in_text) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_text = false;
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            if (++depth > max)
                return error_set(error, ERROR_INVALID, "json.too_deep",
                                 "The body nests more than %d levels.", max);
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

/* A table with no required field accepts an absent body as an empty object. */
static bool body_absent(HttpRequest *request, GError **error)
{
    for (const HttpField *field = request->route->body; field->name != NULL; field++) {
        if (field->required)
            return error_set(error, ERROR_INVALID, "http.body_missing",
                             "A JSON body is needed, with field \"%s\".", field->name);
    }
    request->json = json_object();
    return true;
}

bool body_finish(HttpRequest *request, GError **error)
{
    if (request->route->body == NULL)
        return true;
    if (request->body == NULL || request->body->len == 0)
        return body_absent(request, error);
    const char *bytes = (const char *)request->body->data;
    size_t size = request->body->len;
    if (!body_depth_check(bytes, size, HTTP_JSON_DEPTH_MAX, error))
        return false;
    request->json = json_parse(bytes, size, error);
    if (request->json == NULL)
        return false;
    /* The text may hold a password: not one copy longer than needed. */
    explicit_bzero(request->body->data, size);
    g_clear_pointer(&request->body, g_byte_array_unref);
    return http_fields_check(request->route->body, request->json, error);
}
