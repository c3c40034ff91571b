/* SPDX-License-Identifier: Apache-2.0 */
/* The shared ground of the kernels: random numbers against their published vectors, checks of data,
 * memory that cannot be had. */
#include "sdc/memory.h"
#include "sdc/sdc.h"

#include <glib.h>
#include <math.h>
#include <string.h>

/* Random123, kat_vectors: philox4x32 with 10 rounds. Counter words 0..3 are index and stream, key words
 * the seed, lowest first. */
static void test_philox(void)
{
    uint64_t words[2];
    sdc_random_words(NULL, 0, 0, 0, words);
    g_assert_cmphex((uint32_t)words[0], ==, 0x6627e8d5);
    g_assert_cmphex(words[0] >> 32, ==, 0xe169c58d);
    g_assert_cmphex((uint32_t)words[1], ==, 0xbc57ac4c);
    g_assert_cmphex(words[1] >> 32, ==, 0x9b00dbd8);
    sdc_random_words(NULL, UINT64_MAX, UINT64_MAX, UINT64_MAX, words);
    g_assert_cmphex((uint32_t)words[0], ==, 0x408f276d);
    g_assert_cmphex(words[0] >> 32, ==, 0x41c83b0e);
    g_assert_cmphex((uint32_t)words[1], ==, 0xa20bc7c6);
    g_assert_cmphex(words[1] >> 32, ==, 0x6d5451fd);
    /* key a4093822 299f31d0, counter 243f6a88 85a308d3 13198a2e 03707344 */
    sdc_random_words(NULL, 0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88, words);
    g_assert_cmphex((uint32_t)words[0], ==, 0xd16cfe09);
    g_assert_cmphex(words[0] >> 32, ==, 0x94fdcceb);
    g_assert_cmphex((uint32_t)words[1], ==, 0x5001e420);
    g_assert_cmphex(words[1] >> 32, ==, 0x24126ea1);
}

static void test_draws(void)
{
    double sum = 0, squares = 0;
    int counts[6] = {0};
    for (uint64_t i = 0; i < 60000; i++) {
        double u = sdc_random_uniform(NULL, 7, 1, i);
        g_assert_true(u >= 0 && u < 1);
        counts[sdc_random_below(NULL, 7, 2, i, 6)]++;
        double z = sdc_random_normal(NULL, 7, 3, i);
        g_assert_true(isfinite(z));
        sum += z;
        squares += z * z;
    }
    for (int k = 0; k < 6; k++)
        g_assert_cmpint(ABS(counts[k] - 10000), <, 500);   /* over five standard deviations */
    g_assert_cmpfloat(fabs(sum / 60000), <, 0.025);
    g_assert_cmpfloat(fabs(squares / 60000 - 1), <, 0.035);
    g_assert_cmpuint(sdc_random_below(NULL, 7, 2, 5, 1), ==, 0);
}

static void *refuse(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    (void)user, (void)block, (void)old_bytes, (void)new_bytes;
    return NULL;
}

static void test_memory(void)
{
    SdcError error = {0};
    SdcAllocator none = {refuse, NULL};
    SdcContext context = {.allocator = &none};
    g_assert_null(sdc_alloc(&context, 10, 8, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_MEMORY);
    g_assert_null(sdc_alloc(NULL, SIZE_MAX / 4, 8, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_LIMIT);
    uint64_t *block = sdc_alloc(NULL, 0, 8, &error);
    g_assert_nonnull(block);
    block = sdc_resize(NULL, block, 0, 3, 8, &error);
    g_assert_nonnull(block);
    sdc_release(NULL, block, 3, 8);
    sdc_release(NULL, NULL, 3, 8);
}

static void test_checks(void)
{
    SdcError error = {0};
    uint32_t codes[] = {0, 1, 3};
    g_assert_true(sdc_codes_check(&(SdcCodes){3, 3, codes, NULL}, &error));
    g_assert_false(sdc_codes_check(&(SdcCodes){3, 2, codes, NULL}, &error));
    g_assert_cmpint(error.code, ==, SDC_ERROR_DATA);
    g_assert_nonnull(strstr(error.sentence, "Row 3"));
    double values[] = {1, NAN, INFINITY};
    g_assert_true(sdc_numbers_check(&(SdcNumbers){2, values}, &error));
    g_assert_false(sdc_numbers_check(&(SdcNumbers){3, values}, &error));
    uint32_t sizes[] = {3, 2, 1}, low[] = {0, 1, 1}, high[] = {0, 0}, wrong[] = {0, 2, 1};
    const uint32_t *good[] = {low, high}, *bad[] = {wrong, high};
    g_assert_true(sdc_hierarchy_check(&(SdcHierarchy){3, sizes, good, NULL}, &error));
    g_assert_false(sdc_hierarchy_check(&(SdcHierarchy){3, sizes, bad, NULL}, &error));
    g_assert_false(sdc_hierarchy_check(&(SdcHierarchy){0, sizes, good, NULL}, &error));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/core/philox", test_philox);
    g_test_add_func("/sdc/core/draws", test_draws);
    g_test_add_func("/sdc/core/memory", test_memory);
    g_test_add_func("/sdc/core/checks", test_checks);
    return g_test_run();
}
