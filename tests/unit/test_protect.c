/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes: what is refused and where, what each step does to a small file, and that a report says it. */
#include "protect/protect.h"

#include "base/encode.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

#define HEAD "\"darse_recipe\": 1, \"title\": \"t\", \"seed\": 7, \"keys\": [\"sex\", \"city\"], " \
             "\"missing\": \"category\", \"k\": 2"
#define CITIES "\"hierarchies\": {\"city\": [[\"Lyon\", \"69\", \"ARA\"], [\"Bron\", \"69\", \"ARA\"], " \
               "[\"Gap\", \"05\", \"PACA\"], [\"Nice\", \"06\", \"PACA\"]]}"

static json_t *recipe_of(const char *text)
{
    json_error_t problem;
    json_t *recipe = json_loads(text, 0, &problem);
    if (recipe == NULL)
        g_error("%s: %s", text, problem.text);
    return recipe;
}

static json_t *with_steps(const char *steps)
{
    g_autofree char *text = g_strdup_printf("{%s, %s, \"steps\": [%s]}", HEAD, CITIES, steps);
    return recipe_of(text);
}

/* name, sex, city, pay; the sixth has no city and no pay. */
static Microdata *small_file(void)
{
    static const char *const rows[][4] = {
        {"Ana", "F", "Lyon", "1000"}, {"Bob", "M", "Lyon", "2000"}, {"Cid", "M", "Bron", "3000"},
        {"Dan", "M", "Gap", "4000"},  {"Eve", "F", "Nice", "5000"}, {"Fay", "F", NULL, NULL},
        {"Gus", "M", "Gap", "90000"}, {"Ivy", "F", "Bron", "1500"}};
    Microdata *data = microdata_new();
    static const char *const names[] = {"name", "sex", "city", "pay"};
    for (int c = 0; c < 4; c++)
        microdata_add_column(data, names[c], c == 3);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_true(microdata_append(data, rows[i], NULL));
    return data;
}

static const char *cell(const Microdata *data, const char *name, size_t row)
{
    static char buffer[COLUMN_TEXT_BYTES];
    return column_text(microdata_find(data, name), row, buffer);
}

static json_t *apply(Microdata *data, const char *steps, const char *key)
{
    g_autoptr(json_t) recipe = with_steps(steps);
    g_autoptr(GError) error = NULL;
    json_t *report = NULL;
    ProtectOptions options = {.key = key};
    if (!protect_check_recipe(recipe, &error) || !protect_run(data, recipe, &options, &report, &error))
        g_error("%s: %s", steps, error->message);
    return report;
}

static void test_refused_recipes(void)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"[]", "not an object"},
        {"{" HEAD "}", "\"steps\" is missing"},
        {"{\"darse_recipe\": 2}", "from 1 to 1"},
        {"{" HEAD ", \"steps\": [], \"extra\": 1}", "\"extra\" is not a field"},
        {"{" HEAD ", \"steps\": [], \"do\": \"drop\"}", "\"do\" is not a field"},
        {"{" HEAD ", \"steps\": [{\"do\": \"burn\"}]}", "Step 1 does \"burn\""},
        {"{" HEAD ", \"steps\": [3]}", "Step 1 does \"nothing\""},
        {"{" HEAD ", \"steps\": [{\"do\": \"drop\"}]}", "step 1 (drop): \"columns\" is missing"},
        {"{" HEAD ", \"steps\": [{\"do\": \"drop\", \"columns\": [\"a\", \"a\"]}]}", "different texts"},
        {"{" HEAD ", \"steps\": [{\"do\": \"sample\", \"fraction\": 2}]}", "to 1"},
        {"{" HEAD ", \"steps\": [{\"do\": \"cut\", \"column\": \"a\", \"at\": [2, 1]}]}", "increasing"},
        {"{" HEAD ", \"steps\": [{\"do\": \"tails\", \"column\": \"a\", \"as\": \"x\"}]}", "one of"},
        {"{" HEAD ", \"steps\": [{\"do\": \"noise\", \"columns\": [\"a\"], \"percent\": 1, "
         "\"correlated\": 1}]}", "true or false"},
        {"{" HEAD ", \"steps\": [{\"do\": \"suppress\", \"columns\": [\"a\"], \"costs\": {\"a\": 0}}]}",
         "object of numbers"},
        {"{" HEAD ", \"steps\": [], \"hierarchies\": {\"a\": [[\"x\", \"g\"], [\"y\"]]}}", "Row 2"},
        {"{" HEAD ", \"steps\": [], \"hierarchies\": {\"a\": [[\"x\", \"g\"], [\"x\", \"g\"]]}}", "twice"},
        {"{" HEAD ", \"steps\": [], \"hierarchies\": {\"a\": [[\"x\", \"g\", \"1\"], [\"y\", \"g\", "
         "\"2\"]]}}", "no tree"},
        {"{" HEAD ", \"steps\": [], \"hierarchies\": {\"a\": []}}", "list of 1 to"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(json_t) recipe = recipe_of(cases[i].text);
        g_autoptr(GError) error = NULL;
        g_assert_false(protect_check_recipe(recipe, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
        if (strstr(error->message, cases[i].word) == NULL)
            g_error("%s: \"%s\" lacks \"%s\"", cases[i].text, error->message, cases[i].word);
    }
}

static void test_refused_runs(void)
{
    static const struct {
        const char *steps, *word;
    } cases[] = {
        {"{\"do\": \"drop\", \"columns\": [\"none\"]}", "Step 1 (drop): There is no column \"none\""},
        {"{\"do\": \"drop\", \"columns\": [\"name\", \"sex\", \"city\", \"pay\"]}", "No column is left"},
        {"{\"do\": \"tails\", \"column\": \"sex\", \"top\": 1}", "does not hold numbers"},
        {"{\"do\": \"recode\", \"column\": \"sex\", \"level\": 1}", "no hierarchy"},
        {"{\"do\": \"recode\", \"column\": \"city\", \"level\": 3}", "cannot be recoded to 3"},
        {"{\"do\": \"recode\", \"column\": \"city\", \"level\": 2}, {\"do\": \"recode\", \"column\": "
         "\"city\", \"level\": 1}", "Step 2 (recode)"},
        {"{\"do\": \"pseudonym\", \"column\": \"name\"}", "at least 32 bytes"},
        {"{\"do\": \"record_key\", \"columns\": [\"name\"]}", "\"record\" needs a key"},
        {"{\"do\": \"microaggregate\", \"columns\": [\"pay\"]}", "Row 6"},
        {"{\"do\": \"suppress\", \"columns\": [\"sex\"], \"k\": 9}", "cannot be made alike"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(json_t) recipe = with_steps(cases[i].steps);
        g_autoptr(Microdata) data = small_file();
        g_autoptr(GError) error = NULL;
        json_t *report = NULL;
        g_assert_true(protect_check_recipe(recipe, NULL));
        g_assert_false(protect_run(data, recipe, NULL, &report, &error));
        g_assert_null(report);
        if (strstr(error->message, cases[i].word) == NULL)
            g_error("%s: \"%s\" lacks \"%s\"", cases[i].steps, error->message, cases[i].word);
    }
    g_autoptr(Microdata) empty = microdata_new();
    microdata_add_column(empty, "sex", false);
    g_autoptr(json_t) recipe = with_steps("");
    json_t *report = NULL;
    g_assert_false(protect_run(empty, recipe, NULL, &report, NULL));
    g_autoptr(Microdata) data = small_file();
    microdata_drop(data, microdata_find(data, "sex"));
    g_autoptr(GError) error = NULL;
    g_assert_false(protect_run(data, recipe, NULL, &report, &error));   /* a key that the file lacks */
    g_assert_nonnull(strstr(error->message, "\"sex\""));
    static const char *const bad[] = {"x", "F", "Lyon", "12,5"};
    g_clear_error(&error);
    g_autoptr(Microdata) typed = small_file();
    g_assert_false(microdata_append(typed, bad, &error));
    g_assert_nonnull(strstr(error->message, "Row 9"));
}

static void test_recoding(void)
{
    g_autoptr(Microdata) data = small_file();
    g_autoptr(json_t) report =
        apply(data, "{\"do\": \"recode\", \"column\": \"city\", \"level\": 1}, {\"do\": \"recode\", "
                    "\"column\": \"city\", \"level\": 2}, {\"do\": \"cut\", \"column\": \"pay\", \"at\": "
                    "[1500, 4000]}, {\"do\": \"drop\", \"columns\": [\"name\"]}", NULL);
    g_assert_cmpstr(cell(data, "city", 0), ==, "ARA");
    g_assert_cmpstr(cell(data, "city", 3), ==, "PACA");
    g_assert_null(cell(data, "city", 5));
    g_assert_cmpstr(cell(data, "pay", 0), ==, "< 1500");
    g_assert_cmpstr(cell(data, "pay", 7), ==, "1500 to < 4000");
    g_assert_cmpstr(cell(data, "pay", 3), ==, ">= 4000");
    g_assert_null(cell(data, "pay", 5));
    g_assert_null(microdata_find(data, "name"));
    json_int_t uniques;
    g_assert_cmpint(json_unpack(report, "{s:{s:{s:I}}}", "before", "category", "uniques", &uniques), ==, 0);
    g_assert_cmpint(uniques, ==, 6);   /* but for the two men of Gap */
    g_assert_cmpint(json_unpack(report, "{s:{s:{s:I}}}", "after", "category", "uniques", &uniques), ==, 0);
    g_assert_cmpint(uniques, ==, 2);   /* F-PACA, F without a city */
}

static void test_numbers(void)
{
    g_autoptr(Microdata) data = small_file();
    json_decref(apply(data, "{\"do\": \"tails\", \"column\": \"pay\", \"top\": 5000}, {\"do\": \"round\", "
                            "\"column\": \"pay\", \"base\": 1000}", NULL));
    static const char *const expected[] = {"1000", "2000", "3000", "4000", "5000", NULL, "5000", "2000"};
    for (size_t i = 0; i < 8; i++)
        g_assert_cmpstr(cell(data, "pay", i), ==, expected[i]);
}

/* Known HMAC-SHA-256: made with another implementation (Python's hmac). */
static void test_pseudonym(void)
{
    g_autoptr(Microdata) data = small_file();
    json_decref(apply(data, "{\"do\": \"pseudonym\", \"column\": \"name\", \"domain\": \"person\"}",
                      "0123456789abcdef0123456789abcdef"));
    g_assert_cmpstr(cell(data, "name", 0), ==, "2240af205e9751412389b7a480c2497e");
    g_assert_cmpuint(strlen(cell(data, "name", 1)), ==, 32);
}

/* Known numbers: made with another implementation (Python's hmac), as above. */
static void test_record_key(void)
{
    static const char step[] = "{\"do\": \"record_key\", \"columns\": [\"sex\", \"city\"]}, "
                               "{\"do\": \"drop\", \"columns\": [\"name\"]}, {\"do\": \"shuffle\"}";
    static const char *const key = "0123456789abcdef0123456789abcdef";
    g_autoptr(Microdata) data = small_file();
    g_autoptr(json_t) report = apply(data, step, key);
    const MicrodataColumn *keys = microdata_find(data, "record_key");
    g_assert_true(keys != NULL && keys->is_number);
    double of_row[8];
    for (size_t i = 0; i < 8; i++)
        of_row[g_array_index(data->origin, uint32_t, i)] = g_array_index(keys->values, double, i);
    /* First woman of Lyon; second man of Gap; the woman without a city. */
    g_assert_cmpfloat(of_row[0], ==, 0.9741447329791868);
    g_assert_cmpfloat(of_row[6], ==, 0.5750108898197446);
    g_assert_cmpfloat(of_row[5], ==, 0.45275806784685924);
    json_int_t repeated;
    g_assert_cmpint(json_unpack(json_array_get(json_object_get(report, "steps"), 0), "{s:I}",
                                "units_repeated", &repeated), ==, 0);
    g_assert_cmpint(repeated, ==, 1);
    /* Under the keys of domains: the same number from the same key, whatever else there is. */
    g_autoptr(json_t) recipe = with_steps(step);
    g_autoptr(json_t) all = json_pack("{s:s, s:s}", "other", "x", "record", key);
    ProtectOptions options = {.keys = all};
    g_autoptr(Microdata) again = small_file();
    json_t *second = NULL;
    g_assert_true(protect_run(again, recipe, &options, &second, NULL));
    json_decref(second);
    g_assert_cmpstr(cell(again, "record_key", 0), ==, cell(data, "record_key", 0));
    /* Without the domain's key, or under a name that is taken, there is none. */
    g_autoptr(GError) error = NULL;
    json_object_del(all, "record");
    g_autoptr(Microdata) third = small_file();
    g_assert_false(protect_run(third, recipe, &options, &second, &error));
    g_assert_nonnull(strstr(error->message, "The domain \"record\" needs a key"));
}

static void test_domains(void)
{
    g_autoptr(json_t) recipe = with_steps(
        "{\"do\": \"pseudonym\", \"column\": \"name\"}, {\"do\": \"shuffle\"}, {\"do\": \"record_key\", "
        "\"columns\": [\"sex\"]}, {\"do\": \"pseudonym\", \"column\": \"city\", \"domain\": \"name\"}");
    g_autoptr(GPtrArray) domains = protect_domains(recipe);
    g_assert_cmpuint(domains->len, ==, 2);
    g_assert_cmpstr(domains->pdata[0], ==, "name");
    g_assert_cmpstr(domains->pdata[1], ==, "record");
}

static void test_suppress_and_records(void)
{
    g_autoptr(Microdata) data = small_file();
    g_autoptr(json_t) report = apply(
        data, "{\"do\": \"shuffle\"}, {\"do\": \"suppress\", \"columns\": [\"sex\", \"city\"], "
              "\"costs\": {\"sex\": 5}}, {\"do\": \"swap\", \"columns\": [\"pay\"], \"percent\": 50}", NULL);
    g_assert_cmpuint(data->rows, ==, 8);
    json_int_t below, cells;
    g_assert_cmpint(json_unpack(report, "{s:{s:{s:I}}}", "after", "wildcard", "below_k", &below), ==, 0);
    g_assert_cmpint(below, ==, 0);
    g_assert_cmpint(json_unpack(json_array_get(json_object_get(report, "steps"), 1), "{s:I}", "cells",
                                &cells), ==, 0);
    double before = 0, after = 0;
    for (size_t i = 0; i < 8; i++) {
        double pay = g_array_index(microdata_find(data, "pay")->values, double, i);
        after += isnan(pay) ? 0 : pay;
    }
    before = 1000 + 2000 + 3000 + 4000 + 5000 + 90000 + 1500;
    g_assert_cmpfloat(after, ==, before);
    g_autoptr(Microdata) again = small_file();
    json_decref(apply(again, "{\"do\": \"shuffle\"}", NULL));
    bool moved = false;
    for (size_t i = 0; i < 8; i++) {
        moved |= g_array_index(again->origin, uint32_t, i) != i;
        g_assert_cmpuint(g_array_index(again->origin, uint32_t, i), ==,
                         g_array_index(data->origin, uint32_t, i));   /* the seed decides */
    }
    g_assert_true(moved);
}

static void test_lattice(void)
{
    g_autofree char *text = g_strdup_printf(
        "{%s, \"hierarchies\": {\"city\": [[\"Lyon\", \"69\", \"ARA\"], [\"Bron\", \"69\", \"ARA\"], [\"Gap\", "
        "\"05\", \"PACA\"], [\"Nice\", \"06\", \"PACA\"], [\"Toul\", \"54\", \"GES\"]], \"sex\": [[\"F\", "
        "\"all\"], [\"M\", \"all\"]]}, \"steps\": [{\"do\": \"lattice\", \"columns\": [\"city\", \"sex\"], "
        "\"limit\": 0.25, \"loss\": \"share\"}]}", HEAD);
    g_autoptr(json_t) recipe = recipe_of(text);
    g_autoptr(Microdata) data = small_file();
    g_autoptr(GError) error = NULL;
    json_t *report = NULL;
    g_assert_true(protect_check_recipe(recipe, &error));
    g_assert_true(protect_run(data, recipe, NULL, &report, &error));
    g_autoptr(json_t) owned = report;
    json_int_t below, removed;
    g_assert_cmpint(json_unpack(report, "{s:{s:{s:I}}}", "after", "category", "below_k", &below), ==, 0);
    g_assert_cmpint(below, ==, 0);
    g_assert_cmpint(json_unpack(json_array_get(json_object_get(report, "steps"), 0), "{s:I}",
                                "records_removed", &removed), ==, 0);
    /* Departments by sex: 69-F twice, 69-M twice, 05-M twice; Nice and the missing city go: 2 of 8. */
    g_assert_cmpint(removed, ==, 2);
    g_assert_cmpuint(data->rows, ==, 6);
    g_assert_cmpstr(cell(data, "city", 0), ==, "69");
    g_assert_cmpstr(cell(data, "sex", 0), ==, "F");
}

static void test_report(void)
{
    g_autoptr(Microdata) data = small_file();
    g_autofree char *text = g_strdup_printf("{%s, \"sensitive\": [\"pay\"], \"steps\": [{\"do\": \"drop\", "
                                            "\"columns\": [\"name\"]}]}", HEAD);
    g_autoptr(json_t) recipe = recipe_of(text);
    json_object_set_new(recipe, "title", json_string("<script>alert(1)</script>"));
    json_t *report = NULL;
    g_assert_true(protect_check_recipe(recipe, NULL));
    g_assert_true(protect_run(data, recipe, NULL, &report, NULL));
    g_autoptr(json_t) owned = report;
    g_autofree char *english = protect_report_html(report, NULL, NULL);
    g_autofree char *french = protect_report_html(report, "fr", "dark");
    g_assert_null(strstr(english, "<script"));
    g_assert_nonnull(strstr(english, "&lt;script&gt;"));
    g_assert_nonnull(strstr(english, "Expected re-identifications"));
    g_assert_nonnull(strstr(french, "Réidentifications attendues"));
    g_assert_nonnull(strstr(french, "lang=\"fr\""));
    g_assert_nonnull(strstr(english, "class=\"bar new\""));
    g_assert_null(strstr(english, "http"));
}

static void test_step_table(void)
{
    size_t count = 0;
    for (const ProtectStepSummary *row = protect_step_kinds(); row->name != NULL; row++, count++)
        g_assert_cmpuint(strlen(row->summary), >, 10);
    g_assert_cmpuint(count, ==, 15);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/protect/refused_recipes", test_refused_recipes);
    g_test_add_func("/protect/refused_runs", test_refused_runs);
    g_test_add_func("/protect/recoding", test_recoding);
    g_test_add_func("/protect/numbers", test_numbers);
    g_test_add_func("/protect/pseudonym", test_pseudonym);
    g_test_add_func("/protect/record_key", test_record_key);
    g_test_add_func("/protect/domains", test_domains);
    g_test_add_func("/protect/suppress_and_records", test_suppress_and_records);
    g_test_add_func("/protect/lattice", test_lattice);
    g_test_add_func("/protect/report", test_report);
    g_test_add_func("/protect/step_table", test_step_table);
    return g_test_run();
}
