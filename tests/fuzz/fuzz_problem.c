/* SPDX-License-Identifier: Apache-2.0 */
/* A problem reported by a worker that may have been taken over. */
#include "fuzz.h"

#include "base/encode.h"
#include "base/error.h"
#include "worker/problems.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(json_t) object = json_parse((const char *)data, size, NULL);
    g_autoptr(GError) error = NULL;
    if (object == NULL)
        return 0;
    g_assert_false(problem_unpack(object, &error));
    g_assert_nonnull(error);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_assert_cmpint(g_utf8_strlen(error->message, -1), <=, 1000);
    return 0;
}
