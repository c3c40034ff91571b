/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes: whatever passes the check can be run on a small file, to an end or to a sentence; the report of
 * an end becomes a page. */
#include "fuzz.h"

#include "base/encode.h"
#include "base/error.h"
#include "protect/protect.h"

static Microdata *small_file(void)
{
    static const char *const rows[][3] = {{"F", "Lyon", "10"}, {"M", "Lyon", "20"}, {"M", "Gap", NULL},
                                          {"F", NULL, "40"},   {"M", "Gap", "50"},  {"F", "Nice", "60"}};
    static const char *const names[] = {"sex", "city", "pay"};
    Microdata *data = microdata_new();
    for (int c = 0; c < 3; c++)
        microdata_add_column(data, names[c], c == 2);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        microdata_append(data, rows[i], NULL);
    return data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(json_t) recipe = json_parse((const char *)data, size, NULL);
    g_autoptr(GError) error = NULL;
    if (recipe == NULL || !protect_check_recipe(recipe, &error)) {
        g_assert_true(recipe == NULL || error != NULL);
        return 0;
    }
    g_autoptr(Microdata) records = small_file();
    ProtectOptions options = {.key = "0123456789abcdef0123456789abcdef"};
    json_t *report = NULL;
    if (!protect_run(records, recipe, &options, &report, &error)) {
        g_assert_nonnull(error);
        return 0;
    }
    g_autofree char *page = protect_report_html(report, "fr", "dark");
    g_assert_nonnull(page);
    json_decref(report);
    return 0;
}
