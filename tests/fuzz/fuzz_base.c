/* SPDX-License-Identifier: Apache-2.0 */
/* The small parsers of texts that people send: paths, times, ids, hexadecimal, checked texts. */
#include "fuzz.h"

#include "base/encode.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/times.h"

#include <string.h>

static void check_path(const char *text)
{
    if (!path_check_relative(text, NULL))
        return;
    g_assert_true(text[0] != '/' && text[0] != '\0');
    g_assert_null(strstr(text, "//"));
    g_assert_null(strchr(text, '\\'));
    g_assert_false(g_str_has_prefix(text, "../") || g_str_has_suffix(text, "/.."));
    g_assert_null(strstr(text, "/../"));
    g_assert_true(strcmp(text, "..") != 0 && strcmp(text, ".") != 0);
}

static void check_time(const char *text)
{
    int64_t time_ms = 0, again_ms = 0;
    if (!time_parse(text, &time_ms, NULL))
        return;
    g_autofree char *formatted = time_format(time_ms);
    g_assert_true(time_parse(formatted, &again_ms, NULL));
    g_assert_cmpint(time_ms, ==, again_ms);
}

static void check_hex(const char *text)
{
    uint8_t bytes[16];
    if (!hex_decode(text, bytes, sizeof bytes))
        return;
    g_autofree char *again = hex_encode(bytes, sizeof bytes);
    g_assert_cmpint(g_ascii_strcasecmp(text, again), ==, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    check_path(text);
    check_time(text);
    check_hex(text);
    if (text_check(text, 100, true, "It", NULL))
        g_assert_true(g_utf8_validate(text, -1, NULL) && g_utf8_strlen(text, -1) <= 100);
    if (id_check("prj", text))
        g_assert_cmpuint(strlen(text), ==, 4 + ID_RANDOM_LENGTH);
    return 0;
}
