/* SPDX-License-Identifier: Apache-2.0 */
/* catalog: what is offered within the limits, and what is refused. */
#include "base/error.h"
#include "catalog/catalog.h"

static const CatalogLimits limits = {.normal = {2, 2048, 12}, .most = {4, 4096, 24}};

static void test_table(void)
{
    for (const CatalogDefinition *d = catalog_definitions(); d->id != NULL; d++) {
        const CatalogDefinition *found = NULL;
        g_assert_true(catalog_find(d->id, &found, NULL));
        g_assert_true(found == d);
        for (int i = 0; i < PARAMETER_COUNT; i++)
            g_assert_cmpint(d->least[i], >, 0);
        g_assert_cmpint(d->hours_in_all, >=, d->least[PARAMETER_HOURS]);
    }
    for (int i = 0; i < PARAMETER_COUNT; i++) {
        const CatalogParameterRow *row = catalog_parameter((CatalogParameter)i);
        g_assert_nonnull(row->name);
        for (const int64_t *step = row->steps; step[0] != 0 && step[1] != 0; step++)
            g_assert_cmpint(step[0], <, step[1]);
    }
    const CatalogDefinition *untouched = NULL;
    GError *error = NULL;
    g_assert_false(catalog_find("nothing", &untouched, &error));
    g_assert_null(untouched);
    g_assert_cmpstr(error_reason(error), ==, "catalog.no_definition");
    g_clear_error(&error);
}

static char *offered(const CatalogLimits *of, CatalogParameter parameter)
{
    g_autoptr(GArray) values = catalog_offered(catalog_definitions(), of, parameter);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < values->len; i++)
        g_string_append_printf(text, "%" G_GINT64_FORMAT " ", g_array_index(values, int64_t, i));
    return g_string_free(g_steal_pointer(&text), false);
}

static void test_offered(void)
{
    /* A normal value that is no step is offered in its place; steps stay within least and most. */
    static const CatalogLimits odd = {.normal = {3, 300, 12}, .most = {3, 1024, 12}};
    static const struct { const CatalogLimits *of; CatalogParameter parameter; const char *text; }
    rows[] = {
        {&limits, PARAMETER_CPUS, "1 2 4 "},
        {&limits, PARAMETER_MEMORY_MIB, "512 1024 2048 4096 "},
        {&limits, PARAMETER_HOURS, "1 2 4 8 12 24 "},
        {&odd, PARAMETER_CPUS, "1 2 3 "},
        {&odd, PARAMETER_MEMORY_MIB, "300 512 1024 "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = offered(rows[i].of, rows[i].parameter);
        g_assert_cmpstr(text, ==, rows[i].text);
    }
}

static void test_choose(void)
{
    static const struct { CatalogChoices asked; bool good; CatalogChoices wanted; } rows[] = {
        {{{-1, -1, -1}}, true, {{2, 2048, 12}}},
        {{{4, 512, 1}}, true, {{4, 512, 1}}},
        {{{8, -1, -1}}, false, {{0}}},
        {{{-1, 8192, -1}}, false, {{0}}},
        {{{-1, 2047, -1}}, false, {{0}}},
        {{{-1, -1, 48}}, false, {{0}}},
        {{{0, -1, -1}}, false, {{0}}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CatalogChoices choices = {{77, 77, 77}};
        GError *error = NULL;
        g_assert_cmpint(catalog_choose(catalog_definitions(), &limits, &rows[i].asked, &choices,
                                       &error), ==, rows[i].good);
        for (int p = 0; p < PARAMETER_COUNT; p++)
            g_assert_cmpint(choices.values[p], ==, rows[i].good ? rows[i].wanted.values[p] : 77);
        if (!rows[i].good)
            g_assert_cmpstr(error_reason(error), ==, "catalog.parameter");
        g_clear_error(&error);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/catalog/table", test_table);
    g_test_add_func("/catalog/offered", test_offered);
    g_test_add_func("/catalog/choose", test_choose);
    return g_test_run();
}
