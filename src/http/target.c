/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting and decoding of request targets. See target.h. */
#include "http/target.h"

#include "base/error.h"

#include <string.h>

bool target_split(const char *target, char **ret_path, char **ret_query, GError **error)
{
    if (target[0] != '/')
        return error_set(error, ERROR_INVALID, "http.target",
                         "The request target must begin with a slash.");
    size_t length = strlen(target);
    if (length > TARGET_MAX)
        return error_set(error, ERROR_TOO_LARGE, "http.target_too_long",
                         "The request target has %zu bytes; at most %d are allowed.", length,
                         TARGET_MAX);
    for (const char *p = target; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || *p == '#')
            return error_set(error, ERROR_INVALID, "http.target",
                             "The request target holds a character that must be "
                             "percent-encoded.");
    }
    const char *mark = strchr(target, '?');
    *ret_path = mark == NULL ? g_strdup(target) : g_strndup(target, (size_t)(mark - target));
    *ret_query = g_strdup(mark == NULL ? "" : mark + 1);
    return true;
}

/* Decodes into a fresh buffer; false on a bad escape or an encoded NUL. */
static bool percent_decode(const char *text, size_t size, bool plus_is_space, char **ret_text)
{
    g_autofree char *out = g_malloc(size + 1);
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= size || !g_ascii_isxdigit(text[i + 1]) || !g_ascii_isxdigit(text[i + 2]))
                return false;
            c = (char)(g_ascii_xdigit_value(text[i + 1]) * 16 + g_ascii_xdigit_value(text[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return false;
        out[length++] = c;
    }
    out[length] = '\0';
    if (!g_utf8_validate(out, (gssize)length, NULL))
        return false;
    *ret_text = g_steal_pointer(&out);
    return true;
}

static bool has_control(const char *text)
{
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return true;
    }
    return false;
}

bool target_decode_segment(const char *text, size_t size, char **ret_text, GError **error)
{
    g_autofree char *decoded = NULL;
    if (!percent_decode(text, size, false, &decoded))
        return error_set(error, ERROR_INVALID, "http.path",
                         "The path holds a percent-escape that is malformed, is not UTF-8, or "
                         "stands for NUL.");
    if (strpbrk(decoded, "/\\") != NULL || has_control(decoded))
        return error_set(error, ERROR_INVALID, "http.path",
                         "A segment of the path holds an encoded slash, a backslash or a control "
                         "character.");
    if (strcmp(decoded, ".") == 0 || strcmp(decoded, "..") == 0)
        return error_set(error, ERROR_INVALID, "http.path",
                         "The path holds a \".\" or \"..\" segment; send the plain path.");
    *ret_text = g_steal_pointer(&decoded);
    return true;
}

bool target_decode_path(const char *path, GStrv *ret_segments, GError **error)
{
    g_autoptr(GPtrArray) segments = g_ptr_array_new_with_free_func(g_free);
    const char *p = path;
    while (*p == '/' && p[1] != '\0') {
        p++;
        size_t size = strcspn(p, "/");
        if (segments->len >= TARGET_SEGMENTS_MAX)
            return error_set(error, ERROR_INVALID, "http.path",
                             "The path has more than %d segments.", TARGET_SEGMENTS_MAX);
        char *segment = NULL;
        if (!target_decode_segment(p, size, &segment, error))
            return false;
        g_ptr_array_add(segments, segment);
        p += size;
    }
    if (*p == '/' && segments->len > 0)
        g_ptr_array_add(segments, g_strdup(""));
    g_ptr_array_add(segments, NULL);
    *ret_segments = (GStrv)g_ptr_array_free(g_steal_pointer(&segments), FALSE);
    return true;
}

static bool parameter_add(GHashTable *parameters, const char *text, size_t size, GError **error)
{
    const char *equals = memchr(text, '=', size);
    size_t name_size = equals == NULL ? size : (size_t)(equals - text);
    const char *value_text = equals == NULL ? "" : equals + 1;
    size_t value_size = equals == NULL ? 0 : size - name_size - 1;
    g_autofree char *name = NULL;
    g_autofree char *value = NULL;
    if (!percent_decode(text, name_size, true, &name) ||
        !percent_decode(value_text, value_size, true, &value))
        return error_set(error, ERROR_INVALID, "http.query",
                         "The query holds a percent-escape that is malformed, is not UTF-8, or "
                         "stands for NUL.");
    if (*name == '\0' || has_control(name))
        return error_set(error, ERROR_INVALID, "http.query",
                         "The query holds a parameter without a proper name.");
    if (g_hash_table_contains(parameters, name))
        return error_set(error, ERROR_INVALID, "http.query_twice",
                         "Query parameter \"%s\" is given twice.", name);
    if (g_hash_table_size(parameters) >= TARGET_PARAMETERS_MAX)
        return error_set(error, ERROR_INVALID, "http.query",
                         "The query has more than %d parameters.", TARGET_PARAMETERS_MAX);
    g_hash_table_insert(parameters, g_steal_pointer(&name), g_steal_pointer(&value));
    return true;
}

bool target_decode_query(const char *query, GHashTable **ret_parameters, GError **error)
{
    size_t length = strlen(query);
    if (length > TARGET_QUERY_MAX)
        return error_set(error, ERROR_TOO_LARGE, "http.query_too_long",
                         "The query has %zu bytes; at most %d are allowed.", length,
                         TARGET_QUERY_MAX);
    g_autoptr(GHashTable) parameters =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const char *p = query;
    while (*p != '\0') {
        size_t size = strcspn(p, "&");
        if (size > 0 && !parameter_add(parameters, p, size, error))
            return false;
        p += size;
        if (*p == '&')
            p++;
    }
    *ret_parameters = g_steal_pointer(&parameters);
    return true;
}
