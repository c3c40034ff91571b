/* SPDX-License-Identifier: Apache-2.0 */
/* aws-chunked bodies: decoded whole or in small pieces, the result is the same. The first byte chooses
 * the kind, the second the announced length. */
#include "fuzz.h"

#include "lake/aws_chunked.h"

#include <string.h>

static bool take(const char *bytes, size_t size, void *user, GError **error)
{
    (void)error;
    g_byte_array_append(user, (const guint8 *)bytes, (guint)size);
    return true;
}

static bool decode(const AwsChunkedPlan *plan, const char *bytes, size_t size, size_t step,
                   GByteArray *out)
{
    g_autoptr(AwsChunked) decoder = aws_chunked_new(plan, take, out);
    g_autoptr(GError) error = NULL;
    bool ok = true;
    for (size_t at = 0; ok && at < size; at += step)
        ok = aws_chunked_feed(decoder, bytes + at, MIN(step, size - at), &error);
    ok = ok && aws_chunked_end(decoder, &error);
    g_assert_true(ok == (error == NULL));
    g_assert_cmpint(out->len, <=, plan->decoded_length);
    g_assert_true(!ok || (int64_t)out->len == plan->decoded_length);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    AwsChunkedPlan plan = {
        .is_signed = (data[0] & 1) != 0,
        .is_trusted = (data[0] & 2) != 0,
        .has_trailer = (data[0] & 4) != 0,
        .decoded_length = data[1],
        .amz_date = "20130524T000000Z",
        .scope = "20130524/us-east-1/s3/aws4_request",
    };
    const char *bytes = (const char *)data + 2;
    g_autoptr(GByteArray) whole = g_byte_array_new();
    g_autoptr(GByteArray) pieces = g_byte_array_new();
    bool whole_ok = decode(&plan, bytes, size - 2, size, whole);
    bool pieces_ok = decode(&plan, bytes, size - 2, 1 + data[1] % 7, pieces);
    g_assert_true(whole_ok == pieces_ok);
    if (whole_ok)
        g_assert_cmpmem(whole->data, whole->len, pieces->data, pieces->len);
    return 0;
}
