/* SPDX-License-Identifier: Apache-2.0 */
/* Packages that claim to be releases: the zip without its seal, then the whole check. */
#include "fuzz.h"

#include "airlock/release_read.h"
#include "base/files.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FD_AUTO int fd = memfd_create("release", MFD_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    if (size > 0 && write(fd, data, size) != (ssize_t)size)
        return 0;
    g_autoptr(ReleaseParts) parts = release_read_parts(fd, NULL);
    for (guint i = 0; parts != NULL && i < parts->files->len; i++) {
        const ReleaseMember *member = parts->files->pdata[i];
        g_assert_true(path_check_relative(member->path, NULL));
        g_assert_cmpint(member->size, >=, 0);
    }
    g_autoptr(ReleaseReport) report = NULL;
    if (release_verify(fd, NULL, &report, NULL))
        g_assert_true(json_is_object(report->manifest) && json_is_array(report->reviews));
    return 0;
}
