/* SPDX-License-Identifier: Apache-2.0 */
/* The file of tokens. What is taken is written again as the same. */
#include "fuzz.h"

#include "base/encode.h"
#include "cli/tokens.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(CliTokens) tokens = NULL;
    g_autoptr(CliTokens) again = NULL;
    if (!cli_tokens_parse((const char *)data, size, &tokens, NULL))
        return 0;
    char *text = cli_tokens_format(tokens);
    if (strlen(text) <= TOKENS_BYTES_MAX) {
        g_assert_true(cli_tokens_parse(text, strlen(text), &again, NULL));
        g_assert_cmpuint(again->list->len, ==, tokens->list->len);
        g_assert_cmpstr(again->current, ==, tokens->current);
    }
    secret_free(text);
    return 0;
}
