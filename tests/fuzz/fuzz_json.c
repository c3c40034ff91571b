/* SPDX-License-Identifier: Apache-2.0 */
/* JSON bodies: what was parsed has one canonical form, which parses to itself. */
#include "fuzz.h"

#include "base/encode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(json_t) value = json_parse((const char *)data, size, NULL);
    if (value == NULL)
        return 0;
    char *canonical = json_canonical(value);
    g_assert_nonnull(canonical);
    g_autoptr(json_t) again = json_parse(canonical, strlen(canonical), NULL);
    g_assert_nonnull(again);
    char *second = json_canonical(again);
    g_assert_cmpstr(canonical, ==, second);
    free(canonical);
    free(second);
    return 0;
}
