/* SPDX-License-Identifier: Apache-2.0 */
/* Status lines of bubbles: what is accepted has a state name or is an activity, never both wild. */
#include "services/status.h"

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *line = g_strndup((const char *)data, size);
    BubbleStatus status = {.state = "untouched", .value = -7};
    if (status_parse(line, &status)) {
        g_assert_cmpint(status.value, >=, 0);
        g_assert_cmpint(status.open, >=, 0);
        g_assert_cmpuint(strlen(status.state), <, sizeof status.state);
    } else {
        g_assert_cmpint(status.value, ==, -7);
    }
    return 0;
}
