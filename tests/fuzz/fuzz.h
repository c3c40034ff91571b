/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target is one file fuzz_<name>.c that defines this function, a folder corpus/<name>/ with at
 * least one input, and a line in meson.build. It must accept any bytes, crash on nothing, keep
 * nothing between calls, and check with g_assert what must hold for every input.
 */
#ifndef DARSE_TESTS_FUZZ_FUZZ_H
#define DARSE_TESTS_FUZZ_FUZZ_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a C text (a NUL byte ends it early). Caller frees. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    return g_strndup((const char *)data, size);
}

#endif
