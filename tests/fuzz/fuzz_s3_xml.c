/* SPDX-License-Identifier: Apache-2.0 */
/* XML bodies of S3: read or refused, never an entity, never too deep. */
#include "fuzz.h"

#include "lake/s3_xml.h"

#include <string.h>

static bool look(const char *path, const char *text, void *user, GError **error)
{
    (void)user;
    (void)error;
    int depth = 1;
    for (const char *c = path; *c != '\0'; c++)
        depth += *c == '/';
    g_assert_cmpint(depth, <=, S3_XML_DEPTH_MAX);
    g_assert_cmpuint(strlen(text), <=, S3_XML_TEXT_MAX);
    g_assert_true(g_utf8_validate(text, -1, NULL));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    bool ok = s3_xml_read((const char *)data, size, look, NULL, &error);
    g_assert_true(ok == (error == NULL));
    return 0;
}
