/* SPDX-License-Identifier: Apache-2.0 */
/* The beginning of a file shown as text: valid, without control characters, or refused. */
#include "fuzz.h"

#include "worker/text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *encoding = NULL;
    for (int cut = 0; cut <= 1; cut++) {
        g_autofree char *text = text_decode((const char *)data, size, cut == 1, &encoding);
        if (text == NULL)
            continue;
        g_assert_true(g_utf8_validate(text, -1, NULL));
        for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
            gunichar c = g_utf8_get_char(at);
            g_assert_true(c == '\n' || c == '\t' || !g_unichar_iscntrl(c));
        }
    }
    return 0;
}
