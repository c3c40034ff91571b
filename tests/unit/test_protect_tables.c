/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes of tables on small files by hand: refusals and where they point, hierarchies of uneven depth, cells in
 * common, intervals that are too narrow and become wide enough; and that a failure gives nothing. */
#include "protect/protect.h"

#include "base/encode.h"
#include "base/error.h"
#include "sdchost/sdchost.h"

#include <math.h>
#include <string.h>

static const SdcSolver *solver;

static json_t *json_of(const char *text)
{
    json_error_t problem;
    json_t *value = json_loads(text, 0, &problem);
    if (value == NULL)
        g_error("%s: %s", text, problem.text);
    return value;
}

/* "p,q,v" and lines: names that begin with # are numbers. */
static Microdata *file_of(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_auto(GStrv) names = g_strsplit(lines[0], ",", -1);
    Microdata *data = microdata_new();
    for (char **name = names; *name != NULL; name++)
        microdata_add_column(data, **name == '#' ? *name + 1 : *name, **name == '#');
    for (char **line = lines + 1; *line != NULL && **line != '\0'; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, ",", -1);
        const char *values[8];
        for (guint c = 0; c < data->columns->len; c++)
            values[c] = *fields[c] != '\0' ? fields[c] : NULL;
        g_assert_true(microdata_append(data, values, NULL));
    }
    return data;
}

typedef struct Done {
    GPtrArray *files;
    json_t *report;
    GError *error;
} Done;

static void done_clear(Done *done)
{
    g_clear_pointer(&done->files, g_ptr_array_unref);
    json_decref(done->report);
    g_clear_error(&done->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Done, done_clear)

static Done run(const char *recipe_text, TablesJob job, const char *one, const char *two)
{
    Done done = {0};
    g_autoptr(json_t) recipe = json_of(recipe_text);
    g_autoptr(Microdata) first = file_of(one), second = two != NULL ? file_of(two) : NULL;
    Microdata *inputs[] = {first, second};
    TablesContext context = {.solver = solver};
    if (protect_check_tables(recipe, &done.error) &&
        !protect_tables(inputs, two != NULL ? 2 : 1, recipe, job, &context, &done.files, &done.report, &done.error))
        g_assert_nonnull(done.error);
    if (done.error != NULL) {
        g_assert_null(done.files);
        g_assert_null(done.report);
    }
    return done;
}

static const Microdata *file_named(const Done *done, const char *name)
{
    for (guint i = 0; done->files != NULL && i < done->files->len; i++) {
        const TablesFile *file = done->files->pdata[i];
        if (strcmp(file->name, name) == 0)
            return file->data;
    }
    g_error("there is no file %s: %s", name, done->error != NULL ? done->error->message : "no error");
}

/* The text of COLUMN in the row whose first categories are LABELS ("a,x"). */
static char *cell(const Microdata *data, const char *labels, const char *column)
{
    g_auto(GStrv) wanted = g_strsplit(labels, ",", -1);
    char buffer[COLUMN_TEXT_BYTES];
    for (size_t i = 0; i < data->rows; i++) {
        bool fits = true;
        for (guint d = 0; wanted[d] != NULL; d++)
            fits = fits && g_strcmp0(column_text(data->columns->pdata[d], i, buffer), wanted[d]) == 0;
        if (fits)
            return g_strdup(column_text(microdata_find(data, column), i, buffer));
    }
    g_error("there is no cell %s", labels);
}

static void check_cell(const Done *done, const char *file, const char *labels, const char *column,
                       const char *expected)
{
    g_autofree char *text = cell(file_named(done, file), labels, column);
    if (g_strcmp0(text, expected) != 0)
        g_error("%s, %s of %s is %s, not %s", file, column, labels, text, expected);
}

#define HEAD "\"darse_tables\": 1, \"title\": \"t\""
#define ONE "\"tables\": [{\"name\": \"one\", \"dimensions\": [\"p\"]}]"
#define TWO_WAYS "\"tables\": [{\"name\": \"one\", \"dimensions\": [\"p\", \"q\"]}]"
#define CELLS "\"input\": \"cells\", \"value\": \"v\""

/* --- refusals ------------------------------------------------------------------------------------------ */

static void test_refusals(void)
{
    static const struct {
        const char *recipe, *file, *sentence;
    } rows[] = {
        {"{" HEAD "}", "p\na", "\"tables\" is missing"},
        {"{" HEAD ", \"tables\": []}", "p\na", "list of 1 to 12"},
        {"{" HEAD ", " ONE ", \"do\": 1}", "p\na", "\"do\" is not a field"},
        {"{" HEAD ", \"tables\": [{\"name\": \"a b\", \"dimensions\": [\"p\"]}]}", "p\na", "must be named by"},
        {"{" HEAD ", \"tables\": [{\"name\": \"a\", \"dimensions\": [\"p\"], \"hierarchies\": {\"z\": \"h\"}}]}", "p\na",
         "none of its dimensions"},
        {"{" HEAD ", \"tables\": [{\"name\": \"a\", \"dimensions\": [\"p\"], \"hierarchies\": {\"p\": \"h\"}}]}", "p\na",
         "no hierarchy \"h\""},
        {"{" HEAD ", " ONE ", \"rules\": {}}", "p\na", "No rule is in force"},
        {"{" HEAD ", " ONE ", \"input\": \"cells\"}", "p\na", "need \"value\", \"count\" or both"},
        {"{" HEAD ", " ONE ", " CELLS ", \"weight\": \"w\"}", "p\na", "\"weight\" has no meaning"},
        {"{" HEAD ", " ONE ", \"method\": {\"name\": \"round\"}}", "p\na", "needs a \"base\""},
        {"{" HEAD ", " ONE ", \"value\": \"v\", \"method\": {\"name\": \"round\", \"base\": 5}}", "p\na", "controlled"},
        {"{" HEAD ", " ONE "}", "p\n", "no row"},
        {"{" HEAD ", " ONE "}", "q\na", "column \"p\""},
        {"{" HEAD ", " ONE ", \"value\": \"v\"}", "p,#v\na,1\n,2", "Row 2 has no value in the column \"p\""},
        {"{" HEAD ", " ONE ", \"value\": \"v\", \"missing\": \"category\"}", "p,#v\na,1\nb,", "Row 2 has no value in "
         "the column \"v\""},
        {"{" HEAD ", " ONE ", \"hierarchies\": {\"p\": [[\"a\", \"A\"]]}}", "p\nb", "which its hierarchy lacks"},
        {"{" HEAD ", " ONE ", \"hierarchies\": {\"p\": [[\"a\", \"A\"]]}}", "p\nA", "which is a group"},
        {"{" HEAD ", " ONE ", \"hierarchies\": {\"p\": [[\"a\", \"b\", \"a\"]]}}", "p\na", "hierarchy of \"p\""},
        {"{" HEAD ", " ONE ", \"hierarchies\": {\"p\": [[\"a\", \"b\"], [\"b\", \"c\"], [\"d\", \"b\"]]}}", "p\na", ""},
        {"{" HEAD ", " ONE ", " CELLS "}", "p,#v\na,1\nb,2\nTotal,4", "is 4, and its 2 parts make 3"},
        {"{" HEAD ", " ONE ", " CELLS "}", "p,#v\na,1\nb,\nTotal,4", "p = b has no value"},
        {"{" HEAD ", " ONE ", " CELLS ", \"count\": \"n\"}", "p,#v,#n\na,1,-1\nTotal,1,2", "cannot have -1 units"},
        {"{" HEAD ", " ONE ", " CELLS ", \"count\": \"n\", \"largest\": [\"m\"], \"rules\": {\"minimum_count\": 2}}",
         "p,#v,#n,#m\na,9,2,1\nb,1,1,1\nTotal,10,3,9", "impossible or contradict"},
        {"{" HEAD ", " ONE ", " CELLS ", \"method\": {\"name\": \"round\", \"how\": \"controlled\", \"base\": 2}}",
         "p,#v\na,1e300\nb,0\nTotal,1e300", "The cell p = a has the value 1e+300"},
        {"{" HEAD ", " ONE ", " CELLS "}", "p,#v\na,1\nb,2\na,1\nTotal,3", "p = a is there twice, in rows 1 and 3"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Done) done = run(rows[i].recipe, TABLES_SUPPRESS, rows[i].file, NULL);
        if (*rows[i].sentence == '\0')
            continue;   /* a longer tree: fine */
        if (done.error == NULL || strstr(done.error->message, rows[i].sentence) == NULL)
            g_error("row %zu: %s, not %s", i, done.error != NULL ? done.error->message : "no error",
                    rows[i].sentence);
    }
}

static bool stop_at_once(void *user, double done, const char *what)
{
    (void)done;
    (void)what;
    return ++*(int *)user < 3;
}

static void test_stop_and_no_solver(void)
{
    g_autoptr(json_t) recipe = json_of("{" HEAD ", " ONE ", \"rules\": {\"minimum_count\": 2}}");
    g_autoptr(Microdata) data = file_of("p\na\nb\nb");
    int told = 0;
    TablesContext context = {.solver = solver, .progress = stop_at_once, .user = &told};
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(json_t) report = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(protect_tables(&data, 1, recipe, TABLES_SUPPRESS, &context, &files, &report, &error));
    g_assert_cmpstr(error_reason(error), ==, "protect.stopped");
    g_clear_error(&error);
    context = (TablesContext){0};
    g_assert_false(protect_tables(&data, 1, recipe, TABLES_SUPPRESS, &context, &files, &report, &error));
    g_assert_cmpstr(error_reason(error), ==, "protect.solver");
    g_assert_null(files);
}

/* --- categories ---------------------------------------------------------------------------------------- */

/* b has no town below it: it stands at both levels. */
static void test_uneven_hierarchy(void)
{
    g_auto(Done) done = run("{" HEAD ", " ONE ", \"value\": \"v\", \"hierarchies\": {\"p\": [[\"a1\", \"a\", \"all\"], "
                            "[\"a2\", \"a\", \"all\"], [\"b\", \"b\", \"all\"]]}}", TABLES_TABULATE,
                            "p,#v\na1,1\na2,2\nb,4\nb,8", NULL);
    g_assert_no_error(done.error);
    g_assert_cmpuint(file_named(&done, "one.cells")->rows, ==, 5);
    check_cell(&done, "one.cells", "a", "v", "3");
    check_cell(&done, "one.cells", "b", "v", "12");
    check_cell(&done, "one.cells", "b", "count", "2");
    check_cell(&done, "one.cells", "all", "v", "15");
    check_cell(&done, "one.cells", "b", "share_1_percent", "66.6667");
}

/* Weights, holdings and rules: 2 x 10 and 5 of one owner are one contributor of 25. */
static void test_holdings_and_weights(void)
{
    g_auto(Done) done = run("{" HEAD ", " ONE ", \"value\": \"v\", \"weight\": \"w\", \"holding\": \"h\", \"rules\": "
                            "{\"dominance\": [{\"contributors\": 1, \"percent\": 50}]}}", TABLES_TABULATE,
                            "p,h,#v,#w\na,x,10,2\na,x,5,1\na,y,15,1\nb,x,7,1\nb,y,7,1", NULL);
    g_assert_no_error(done.error);
    check_cell(&done, "one.cells", "a", "contributors", "2");
    check_cell(&done, "one.cells", "a", "count", "4");
    check_cell(&done, "one.cells", "a", "status", "unsafe");   /* 25 of 40 */
    check_cell(&done, "one.cells", "a", "share_1_percent", NULL);
    check_cell(&done, "one.cells", "b", "status", "safe");     /* equality */
    check_cell(&done, "one.cells", "b", "share_1_percent", "50");
    check_cell(&done, "one.cells", "Total", "status", "unsafe");   /* 32 of 54 */
}

/* --- linked tables -------------------------------------------------------------------------------------- */

#define LINKED(second) "{" HEAD ", " CELLS ", \"tables\": [{\"name\": \"one\", \"dimensions\": [\"p\"]}, {\"name\": " \
                       "\"two\", \"dimensions\": [\"q\", \"p\"]" second "}], \"marks\": \"m\"}"

static void test_common_cells(void)
{
    static const char one[] = "p,m,#v\na,c,3\nb,,7\nc,,5\nTotal,,15";
    static const char two[] = "p,q,m,#v\na,x,,1\na,y,,2\na,Total,,3\nb,x,,3\nb,y,,4\nb,Total,,7\nc,x,,2\nc,y,,3\n"
                              "c,Total,,5\nTotal,x,,6\nTotal,y,,9\nTotal,Total,,15";
    g_auto(Done) done = run(LINKED(""), TABLES_SUPPRESS, one, two);
    g_assert_no_error(done.error);
    const json_t *links = json_object_get(done.report, "links");
    g_assert_cmpint(json_integer_value(json_object_get(links, "cells")), ==, 12);
    g_assert_cmpint(json_integer_value(json_object_get(links, "common")), ==, 4);
    check_cell(&done, "two.protected", "Total,a", "status", "suppressed");
    check_cell(&done, "two.protected", "Total,a", "v", NULL);
    check_cell(&done, "one.confidential", "a", "rules", "marked");
    g_assert_cmpstr(json_string_value(json_object_get(done.report, "verdict")), ==, "safe");

    g_autofree char *other = g_strdup(two);
    strstr(other, "Total,,15")[8] = '6';
    g_auto(Done) refused = run(LINKED(""), TABLES_SUPPRESS, one, other);
    g_assert_nonnull(refused.error);
    g_assert_nonnull(strstr(refused.error->message, "p = Total (table one) is 15 there, and 16 in the table two"));
    g_auto(Done) apart = run(LINKED(", \"scope\": \"elsewhere\""), TABLES_SUPPRESS, one, two);
    g_assert_no_error(apart.error);
    g_assert_cmpint(json_integer_value(json_object_get(json_object_get(apart.report, "links"), "common")), ==, 0);
}

/* A cell that one table hides and another shows. */
static void test_audit_sees_what_is_shown_elsewhere(void)
{
    g_auto(Done) done = run("{" HEAD ", " CELLS ", \"tables\": [{\"name\": \"one\", \"dimensions\": [\"p\"]}, {\"name\": "
                            "\"two\", \"dimensions\": [\"p\"]}]}", TABLES_AUDIT,
                            "p,#v\na,\nb,\nc,5\nTotal,15", "p,#v\na,3\nb,\nc,5\nTotal,15");
    g_assert_no_error(done.error);
    const json_t *names = json_object_get(done.report, "shown_elsewhere");
    g_assert_cmpuint(json_array_size(names), ==, 1);
    g_assert_cmpstr(json_string_value(json_array_get(names, 0)), ==, "p = a (table one)");
    g_assert_cmpstr(json_string_value(json_object_get(done.report, "verdict")), ==, "unsafe");
    check_cell(&done, "two.audit", "b", "audit", "exact");
}

/* --- intervals ------------------------------------------------------------------------------------------- */

/* The cheapest way to hide 100 is among ones, which let it move by one; 10 % are asked for. */
#define NARROW "p,q,m,#v\na,x,c,100\na,y,,1\na,z,,40\na,Total,,141\nb,x,,1\nb,y,,1\nb,z,,2\nb,Total,,4\n" \
               "c,x,,60\nc,y,,30\nc,z,,50\nc,Total,,140\nTotal,x,,161\nTotal,y,,32\nTotal,z,,92\nTotal,Total,,285"
#define NARROW_RECIPE(method) "{" HEAD ", " TWO_WAYS ", " CELLS ", \"marks\": \"m\", \"method\": " method "}"

static const json_t *primary_of(const Done *done)
{
    return json_object_get(json_object_get(done->report, "audit"), "primary");
}

static void test_widening(void)
{
    g_auto(Done) narrow = run(NARROW_RECIPE("{\"name\": \"gauss\", \"widen\": false}"), TABLES_SUPPRESS, NARROW, NULL);
    g_assert_no_error(narrow.error);
    g_assert_cmpint(json_integer_value(json_object_get(primary_of(&narrow), "insufficient")), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(narrow.report, "verdict")), ==, "unsafe");
    check_cell(&narrow, "one.confidential", "a,x", "low", "99");
    check_cell(&narrow, "one.confidential", "a,x", "protect_above", "10");
    g_auto(Done) wide = run(NARROW_RECIPE("{\"name\": \"gauss\"}"), TABLES_SUPPRESS, NARROW, NULL);
    g_assert_no_error(wide.error);
    g_assert_cmpint(json_integer_value(json_object_get(primary_of(&wide), "safe")), ==, 1);
    g_auto(Done) least = run(NARROW_RECIPE("{\"name\": \"optimal\"}"), TABLES_SUPPRESS, NARROW, NULL);
    g_assert_no_error(least.error);
    const json_t *method = json_object_get(least.report, "method");
    g_assert_true(json_is_true(json_object_get(method, "proven")));
    g_assert_cmpstr(json_string_value(json_object_get(least.report, "verdict")), ==, "safe");
    g_autofree char *page = protect_tables_html(least.report, "fr");
    g_assert_nonnull(strstr(page, "moindre coût"));
}

/* Labels are somebody's text. */
static void test_page_escapes(void)
{
    g_auto(Done) done = run("{" HEAD ", " ONE ", \"rules\": {\"minimum_count\": 2}}", TABLES_SUPPRESS,
                            "p\n<b>&\nx\nx\ny\ny", NULL);
    g_assert_no_error(done.error);
    g_autofree char *page = protect_tables_html(done.report, "en");
    g_assert_null(strstr(page, "<b>&"));
    g_assert_nonnull(strstr(page, "&lt;b&gt;&amp;"));
}

/* However many cells there are and however long their names, the report is one message of the worker. */
static void test_report_is_bounded(void)
{
    g_autoptr(GString) text = g_string_new("p,q\n");
    g_autofree char *pad = g_strnfill(900, 'x');
    for (int i = 0; i < 140; i++) {
        for (int k = 0; k < 14; k++)
            g_string_append_printf(text, "%s%d,%s%d\n", pad, i, pad, k);
    }
    g_auto(Done) done = run("{" HEAD ", " TWO_WAYS ", \"rules\": {\"minimum_count\": 2}, \"method\": {\"name\": "
                            "\"none\"}}", TABLES_SUPPRESS, text->str, NULL);
    g_assert_no_error(done.error);
    g_autofree char *sent = json_dumps(done.report, JSON_COMPACT);
    g_assert_cmpuint(strlen(sent), <, 700 * 1024);
    g_assert_true(json_is_false(json_object_get(done.report, "cells_listed_all")));
    g_assert_cmpuint(file_named(&done, "one.confidential")->rows, ==, 141 * 15);
}

static void test_columns(void)
{
    g_autoptr(json_t) recipe = json_of("{" HEAD ", " CELLS ", \"count\": \"n\", \"largest\": [\"m1\", \"m2\"], \"tables\": "
                                       "[{\"name\": \"one\", \"dimensions\": [\"p\"]}, {\"name\": \"two\", "
                                       "\"dimensions\": [\"q\", \"r\"]}]}");
    g_autoptr(GPtrArray) texts = NULL, numbers = NULL;
    g_assert_true(protect_check_tables(recipe, NULL));
    g_assert_cmpuint(protect_tables_inputs(recipe), ==, 2);
    protect_tables_columns(recipe, 1, &texts, &numbers);
    g_assert_cmpuint(texts->len, ==, 2);
    g_assert_cmpstr(texts->pdata[0], ==, "q");
    g_assert_cmpuint(numbers->len, ==, 4);
    g_assert_cmpstr(numbers->pdata[3], ==, "m2");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    SdchostSolver *coin = sdchost_solver_open(NULL);
    g_assert_nonnull(coin);
    solver = sdchost_solver_table(coin);
    g_test_add_func("/protect/tables/refusals", test_refusals);
    g_test_add_func("/protect/tables/stop", test_stop_and_no_solver);
    g_test_add_func("/protect/tables/uneven", test_uneven_hierarchy);
    g_test_add_func("/protect/tables/holdings", test_holdings_and_weights);
    g_test_add_func("/protect/tables/common", test_common_cells);
    g_test_add_func("/protect/tables/elsewhere", test_audit_sees_what_is_shown_elsewhere);
    g_test_add_func("/protect/tables/widening", test_widening);
    g_test_add_func("/protect/tables/escapes", test_page_escapes);
    g_test_add_func("/protect/tables/bounded", test_report_is_bounded);
    g_test_add_func("/protect/tables/columns", test_columns);
    int failed = g_test_run();
    sdchost_solver_close(coin);
    return failed;
}
