/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that make calls safe to repeat: the first byte chooses which. */
#include "fuzz.h"

#include "base/error.h"
#include "http/headers.h"

#include <string.h>

static void check_etags(const char *text)
{
    bool weak = false, strong = false;
    bool ok = header_etags_match(text, "\"abc\"", false, &weak, NULL);
    g_assert_true(ok == header_etags_match(text, "\"abc\"", true, &strong, NULL));
    g_assert_true(weak || !strong); /* what matches strongly matches weakly */
}

static void check_key(const char *text)
{
    g_autofree char *key = NULL, *again = NULL;
    if (!header_idempotency_key(text, &key, NULL))
        return;
    g_assert_true(strlen(key) >= HEADER_KEY_MIN && strlen(key) <= HEADER_KEY_MAX);
    g_assert_true(header_idempotency_key(key, &again, NULL));
    g_assert_cmpstr(key, ==, again);
}

static void check_event_id(const char *text)
{
    HeaderEventId id;
    if (header_event_id(text, &id))
        g_assert_true(id.number >= 0 && (*id.epoch == '\0' || strlen(id.epoch) == 16));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    g_autofree char *text = g_strndup((const char *)bytes + 1, size - 1);
    switch (bytes[0] % 3) {
    case 0:
        check_etags(text);
        break;
    case 1:
        check_key(text);
        break;
    default:
        check_event_id(text);
    }
    return 0;
}
