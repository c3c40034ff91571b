/* SPDX-License-Identifier: Apache-2.0 */
#include "base/declare.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

json_t *declare_names(const char *text)
{
    json_t *names = json_array();
    /* Bytes that are no text become a name that no column has, and is refused as such. */
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", -1);
    g_auto(GStrv) parts = g_strsplit(valid, ",", -1);
    for (char **part = parts; *part != NULL; part++) {
        if (*g_strstrip(*part) != '\0')
            json_array_append_new(names, json_string(*part));
    }
    return names;
}

static bool is_among(const json_t *names, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach ((json_t *)(uintptr_t)names, i, one) {
        if (strcmp(json_string_value(one), name) == 0)
            return true;
    }
    return false;
}

json_t *declare_dimensions(const char *text, const char *nested)
{
    json_t *dimensions = json_array(), *names = declare_names(text), *deep = declare_names(nested);
    size_t i;
    json_t *name;
    json_array_foreach (names, i, name) {
        g_auto(GStrv) halves = g_strsplit(json_string_value(name), "=", 2);
        json_t *row = json_pack("{s:s}", "column", g_strstrip(halves[0]));
        if (halves[1] != NULL)
            json_object_set_new(row, "total", json_string(g_strstrip(halves[1])));
        json_object_set_new(row, "nested", json_boolean(is_among(deep, halves[0])));
        json_array_append_new(dimensions, row);
    }
    json_decref(names);
    json_decref(deep);
    return dimensions;
}
