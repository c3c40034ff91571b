/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of lists: keyset cursors, opaque to clients. */
#include "app/app.h"

#include <string.h>

static char *cursor_encode(const char *key)
{
    char *text = g_base64_encode((const guchar *)key, strlen(key));
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    return text;
}

json_t *page_json(json_t *items, int64_t limit, const char *(*key_of)(const json_t *item))
{
    g_autofree char *next = NULL;
    size_t count = json_array_size(items);
    if (count > (size_t)limit) {
        json_array_remove(items, count - 1);
        next = cursor_encode(key_of(json_array_get(items, count - 2)));
    }
    return json_pack("{s:o, s:s?}", "items", items, "next", next);
}

bool page_key(const HttpRequest *request, char **ret_key, GError **error)
{
    const char *cursor = http_request_query(request, "cursor");
    if (cursor == NULL) {
        *ret_key = g_strdup("");
        return true;
    }
    g_autofree char *text = g_strdup(cursor);
    g_strdelimit(text, "-", '+');
    g_strdelimit(text, "_", '/');
    gsize size = 0;
    g_autofree guchar *bytes = g_base64_decode(text, &size);
    g_autofree char *again = g_base64_encode(bytes, size);
    if (size == 0 || strcmp(again, text) != 0 || !g_utf8_validate((char *)bytes, (gssize)size, NULL))
        return error_set(error, ERROR_INVALID, "page.cursor",
                         "The cursor is not one that this server gave; start from the first page.");
    *ret_key = g_strndup((char *)bytes, size);
    return true;
}

int64_t page_limit(const HttpRequest *request)
{
    return http_request_query_integer(request, "limit", PAGE_LIMIT_DEFAULT);
}
