/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes of tables: whatever passes the check can be run on small files, to an end or to a sentence, as each
 * of the three jobs; the report of an end becomes a page, and so does anything that is given as one. */
#include "fuzz.h"

#include "base/encode.h"
#include "base/error.h"
#include "protect/protect.h"
#include "sdchost/sdchost.h"

/* Each column both as categories and as numbers: a recipe may name it as either. */
static Microdata *small_file(void)
{
    static const char *const rows[][6] = {
        {"a1", "x", "3", "9", "4", "0.25"},  {"a2", "x", "1", "5", "5", "0.5"},  {"b", "x", "12", "90", "20", "0"},
        {"A", "x", "4", "14", "5", "0.125"}, {"Total", "x", "16", NULL, "20", "0.3"}, {"a1", "y", "2", "7", "6", "0.9"},
        {"b", "y", "0", "0", "0", "0.7"},    {"Total", "Total", "18", "-3", "8", "0.6"}};
    static const char *const names[] = {"p", "q", "n", "v", "max", "key"};
    Microdata *data = microdata_new();
    for (int c = 0; c < 12; c++)
        microdata_add_column(data, names[c % 6], c >= 8);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *values[12];
        for (int c = 0; c < 12; c++)
            values[c] = rows[i][c % 6];
        microdata_append(data, values, NULL);
    }
    return data;
}

/* Cells that add up: what the three jobs do beyond the first check of sums. */
static Microdata *whole_table(void)
{
    static const char *const rows[][6] = {
        {"a", "x", "1", "20", "18", ""}, {"a", "y", "9", "50", "9", ""},     {"a", "Total", "10", "70", "18", ""},
        {"b", "x", "4", "10", "5", "c"}, {"b", "y", "2", "40", "30", ""},    {"b", "Total", "6", "50", "30", ""},
        {"Total", "x", "5", "30", "18", ""}, {"Total", "y", "11", "90", "30", ""},
        {"Total", "Total", "16", "120", "30", ""}};
    static const char *const names[] = {"p", "q", "n", "v", "max", "mark"};
    Microdata *data = microdata_new();
    for (int c = 0; c < 11; c++)
        microdata_add_column(data, names[c % 6], c >= 8);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *values[11];
        for (int c = 0; c < 11; c++)
            values[c] = rows[i][c % 6];
        microdata_append(data, values, NULL);
    }
    return data;
}

static void run_job(const json_t *recipe, TablesJob job, Microdata *(*make)(void), const SdcSolver *solver)
{
    Microdata *inputs[PROTECT_TABLES_MAX];
    size_t count = protect_tables_inputs(recipe);
    TablesContext context = {.solver = solver};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(json_t) report = NULL;
    for (size_t i = 0; i < count; i++)
        inputs[i] = make();
    if (protect_tables(inputs, count, recipe, job, &context, &files, &report, &error)) {
        g_autofree char *page = protect_tables_html(report, job == TABLES_AUDIT ? "fr" : "en");
        g_assert_nonnull(page);
        g_assert_cmpuint(files->len, >=, 1);
    } else {
        g_assert_nonnull(error);
    }
    for (size_t i = 0; i < count; i++)
        microdata_free(inputs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static SdchostSolver *solver;
    if (solver == NULL)
        solver = sdchost_solver_open(NULL);
    g_autoptr(json_t) recipe = json_parse((const char *)data, size, NULL);
    g_autoptr(GError) error = NULL;
    if (recipe != NULL) {   /* as a report: it comes from a worker that somebody may have taken over */
        g_autofree char *page = protect_tables_html(recipe, "fr");
        g_assert_nonnull(page);
    }
    if (recipe == NULL || !protect_check_tables(recipe, &error)) {
        g_assert_true(recipe == NULL || error != NULL);
        return 0;
    }
    g_autoptr(GPtrArray) texts = NULL, numbers = NULL;
    protect_tables_columns(recipe, 0, &texts, &numbers);
    for (int job = TABLES_TABULATE; job <= TABLES_AUDIT && solver != NULL; job++) {
        run_job(recipe, (TablesJob)job, small_file, sdchost_solver_table(solver));
        run_job(recipe, (TablesJob)job, whole_table, sdchost_solver_table(solver));
    }
    return 0;
}
