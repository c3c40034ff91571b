/* SPDX-License-Identifier: Apache-2.0 */
/* A picture's file: refused, or pixels of a bounded number, shrunk within a bounded side. */
#include "fuzz.h"

#include "worker/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(Picture) picture = {0};
    if (!picture_read(data, size, &picture, NULL))
        return 0;
    g_assert_cmpint((int64_t)picture.width * picture.height, <=, PICTURE_PIXELS_MAX);
    picture_shrink(&picture, 64);
    g_assert_true(picture.width >= 1 && picture.width <= 64);
    g_assert_true(picture.height >= 1 && picture.height <= 64);
    return 0;
}
