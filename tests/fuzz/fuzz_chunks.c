/* SPDX-License-Identifier: Apache-2.0 */
/* Chunked bodies: decoded whole or byte by byte, the result is the same. */
#include "fuzz.h"

#include "gateway/head.h"

#include <string.h>

typedef struct Result {
    GByteArray *body;
    size_t used;
    bool failed, done;
} Result;

/* Gives at most STEP bytes at a time, in and out. */
static Result decode(const char *bytes, size_t size, size_t step)
{
    Result result = {.body = g_byte_array_new()};
    Chunks chunks = {0};
    g_autofree char *out = g_malloc(step);
    while (result.used < size && !chunks.done) {
        size_t used = 0;
        ssize_t count = chunks_decode(&chunks, bytes + result.used,
                                      MIN(step, size - result.used), &used, out, step);
        if (count < 0) {
            result.failed = true;
            break;
        }
        g_assert_true(used > 0 || count > 0);
        g_byte_array_append(result.body, (const guint8 *)out, (guint)count);
        result.used += used;
    }
    result.done = chunks.done;
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    Result whole = decode((const char *)bytes, size, size + 1);
    Result slow = decode((const char *)bytes, size, 1);
    g_assert_true(whole.failed == slow.failed && whole.done == slow.done);
    if (!whole.failed) {
        g_assert_cmpuint(whole.used, ==, slow.used);
        g_assert_cmpuint(whole.body->len, ==, slow.body->len);
        if (whole.body->len > 0)
            g_assert_cmpint(memcmp(whole.body->data, slow.body->data, slow.body->len), ==, 0);
    }
    g_byte_array_unref(whole.body);
    g_byte_array_unref(slow.body);
    return 0;
}
