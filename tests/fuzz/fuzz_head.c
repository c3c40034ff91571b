/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of services' answers: what is accepted can be said again without changing its meaning. */
#include "fuzz.h"

#include "gateway/head.h"

#include <string.h>

static void check_head(const Head *head)
{
    g_assert_cmpint(head->status, >=, 100);
    g_assert_cmpint(head->status, <=, 599);
    for (int i = 0; i < head->field_count; i++) {
        g_assert_null(strpbrk(head->fields[i].name, "\r\n: \t"));
        g_assert_null(strpbrk(head->fields[i].value, "\r\n"));
    }
    if (head->body == HEAD_BODY_LENGTH)
        g_assert_cmpint(head->length, >=, 0);
    if (head->body == HEAD_BODY_CHUNKED)
        g_assert_null(head_field(head, "Content-Length"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *text = (const char *)bytes;
    size_t end = head_find_end(text, size);
    if (end == 0)
        return 0;
    for (int answers_head = 0; answers_head < 2; answers_head++) {
        g_auto(Head) head = {0};
        g_autoptr(GError) error = NULL;
        if (head_parse(text, end, answers_head != 0, &head, &error))
            check_head(&head);
        else
            g_assert_nonnull(error);
    }
    return 0;
}
