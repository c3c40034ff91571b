/* SPDX-License-Identifier: Apache-2.0 */
/* Request targets: what is decoded is UTF-8 and cannot climb out of its folder. */
#include "fuzz.h"

#include "http/target.h"

#include <string.h>

static void check_segments(GStrv segments)
{
    for (; *segments != NULL; segments++) {
        g_assert_true(g_utf8_validate(*segments, -1, NULL));
        g_assert_null(strchr(*segments, '/'));
        g_assert_cmpstr(*segments, !=, "..");
        g_assert_cmpstr(*segments, !=, ".");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    g_autofree char *text = g_strndup((const char *)bytes, size);
    g_autofree char *path = NULL;
    g_autofree char *query = NULL;
    if (!target_split(text, &path, &query, NULL))
        return 0;
    g_auto(GStrv) segments = NULL;
    if (target_decode_path(path, &segments, NULL))
        check_segments(segments);
    g_autoptr(GHashTable) parameters = NULL;
    if (!target_decode_query(query, &parameters, NULL))
        return 0;
    GHashTableIter iter;
    void *name, *value;
    g_hash_table_iter_init(&iter, parameters);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_assert_true(g_utf8_validate(name, -1, NULL) && g_utf8_validate(value, -1, NULL));
    return 0;
}
