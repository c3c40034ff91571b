/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of officers: whatever is written, no script, no image, no link to where it may not go. */
#include "fuzz.h"

#include "texts/render.h"

#include <string.h>

static void assert_harmless(const char *html)
{
    static const char *const never[] = {"<script", "<img", "<iframe", "<style", "<svg", "<object",
                                        "<form", "<input", "<a href=\"javascript:", "<a href=\"//",
                                        "<a href=\"data:", "<a href=\"vbscript:", "<a href=\"file:"};
    for (size_t i = 0; i < G_N_ELEMENTS(never); i++) {
        g_autofree char *lower = g_ascii_strdown(html, -1);
        g_assert_null(strstr(lower, never[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(RenderedText) text = {0};
    if (!text_render((const char *)data, size, &text, NULL)) {
        g_assert_null(text.html);
        return 0;
    }
    g_assert_true(g_utf8_validate(text.html, -1, NULL));
    assert_harmless(text.html);
    return 0;
}
