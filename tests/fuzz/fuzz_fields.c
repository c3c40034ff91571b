/* SPDX-License-Identifier: Apache-2.0 */
/* JSON bodies against a table of fields of every type: what is accepted has what is required. */
#include "fuzz.h"

#include "http/http.h"

static const HttpField member_fields[] = {
    {"login", HTTP_TEXT, true, .max = 8},
    {"role", HTTP_CHOICE, true, .choices = "lead scientist"},
    {0},
};

static const HttpField fields[] = {
    {"name", HTTP_TEXT, true, .max = 10},
    {"text", HTTP_LONG_TEXT, .min = 2},
    {"password", HTTP_SECRET},
    {"project", HTTP_ID, .choices = "prj"},
    {"tier", HTTP_CHOICE, .choices = "open restricted secure"},
    {"routes", HTTP_CHOICES, .choices = "research own", .max = 2},
    {"count", HTTP_INTEGER, .min = 1, .max = 9},
    {"share", HTTP_NUMBER},
    {"flag", HTTP_BOOLEAN},
    {"when", HTTP_TIME},
    {"tags", HTTP_TEXT_LIST, .max = 3},
    {"member", HTTP_OBJECT, .fields = member_fields},
    {"members", HTTP_LIST, .fields = member_fields, .max = 3},
    {"any", HTTP_ANY},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    g_autoptr(json_t) value = json_parse((const char *)bytes, size, NULL);
    if (value == NULL)
        return 0;
    g_autoptr(GError) error = NULL;
    if (!http_fields_check(fields, value, &error)) {
        g_assert_nonnull(error);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    const json_t *name = json_object_get(value, "name");
    g_assert_true(json_is_string(name));
    g_assert_cmpint(g_utf8_strlen(json_string_value(name), -1), <=, 10);
    return 0;
}
