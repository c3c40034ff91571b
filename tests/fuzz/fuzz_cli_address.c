/* SPDX-License-Identifier: Apache-2.0 */
/* An address of a file, as a person types it. What is taken is a project and a path without what a
 * terminal or a header would obey. */
#include "fuzz.h"

#include "base/encode.h"
#include "cli/address.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(CliAddress) address = {0};
    if (!cli_address_parse(text, &address, NULL))
        return 0;
    g_assert_nonnull(address.path);
    g_assert_true(address.remote == (address.project != NULL && address.place != NULL));
    if (address.remote) {
        g_assert_true(*address.path == '\0' ||
                      text_check(address.path, 1024, false, "The path", NULL));
        g_assert_cmpuint(strlen(address.project), <=, 63);
        g_assert_true(strpbrk(address.project, "/:. ") == NULL);
    } else {
        g_assert_cmpstr(address.path, ==, text);
    }
    return 0;
}
