/* SPDX-License-Identifier: Apache-2.0 */
/* A request in lines: method, path, query, then headers ("name: value"). Whatever it holds, reading and
 * checking it does no harm, what is decoded encodes to the same again, and no signature passes. */
#include "fuzz.h"

#include "lake/sigv4.h"

#include <string.h>

#define LINES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);
    SigV4Header headers[LINES_MAX];
    size_t count = 0;
    if (g_strv_length(lines) < 3)
        return 0;
    for (char **line = lines + 3; *line != NULL; line++) {
        char *colon = strchr(*line, ':');
        if (colon == NULL)
            continue;
        *colon = '\0';
        headers[count++] = (SigV4Header){*line, colon + 1};
    }
    SigV4Request request = {lines[0], lines[1], lines[2], headers, count};
    g_auto(SigV4) sigv4 = {0};
    g_autoptr(GError) error = NULL;
    if (!sigv4_parse(&request, &sigv4, &error)) {
        g_assert_nonnull(error);
        return 0;
    }
    uint8_t key[SIGV4_KEY_SIZE];
    g_assert_false(sigv4_check(&request, &sigv4, "no secret of anybody", sigv4.time_ms, key, &error));
    g_assert_nonnull(error);
    g_autofree char *path = sigv4_decode(request.path, strlen(request.path), NULL);
    if (path != NULL) {
        g_autofree char *encoded = sigv4_encode(path, true);
        g_autofree char *again = sigv4_decode(encoded, strlen(encoded), NULL);
        g_assert_cmpstr(again, ==, path);
    }
    return 0;
}
