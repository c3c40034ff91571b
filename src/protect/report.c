/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as a page: tables and plots of what measure.c found, in two languages. No script, nothing
 * fetched; every text of the file or the recipe is escaped.
 */
#include "protect/protect.h"

#include "protect/page.h"
#include "protect/recipe.h"

#include <math.h>
#include <string.h>

typedef enum Text {
    T_TITLE, T_KEYS, T_SEED, T_RISK, T_BEFORE, T_AFTER, T_RECORDS, T_COLUMNS, T_COMBINATIONS,
    T_UNIQUES, T_BELOW, T_WILDCARD, T_CATEGORY, T_SMALLEST, T_EXPECTED, T_RATE, T_LARGEST, T_HOUSEHOLD,
    T_SUDA, T_PLOT, T_ALIKE, T_UTILITY, T_COLUMN, T_EMPTY, T_MEAN, T_DEVIATION, T_CHANGE, T_REMOVED,
    T_RECODED, T_IL1S, T_CORRELATION, T_EIGENVALUES, T_TABLES, T_HELLINGER, T_STEPS, T_STEP,
    T_DONE, T_FILES, T_SENSITIVE, T_DISTINCT, T_DISTANCE, T_ABSENT, T_IDENTIFIERS, T_COUNT
} Text;

static const char *const texts[T_COUNT][2] = {
    [T_TITLE] = {"Protection report", "Rapport de protection"},
    [T_KEYS] = {"Keys", "Variables clés"},
    [T_SEED] = {"seed", "graine"},
    [T_RISK] = {"Risk", "Risque"},
    [T_BEFORE] = {"Before", "Avant"},
    [T_AFTER] = {"After", "Après"},
    [T_RECORDS] = {"Records", "Enregistrements"},
    [T_COLUMNS] = {"Columns", "Colonnes"},
    [T_COMBINATIONS] = {"Combinations of keys", "Combinaisons des clés"},
    [T_UNIQUES] = {"Unique records", "Enregistrements uniques"},
    [T_BELOW] = {"Records with fewer than k alike", "Enregistrements avec moins de k semblables"},
    [T_WILDCARD] = {"missing matches everything", "manquant égale tout"},
    [T_CATEGORY] = {"missing is a value", "manquant est une valeur"},
    [T_SMALLEST] = {"Fewest alike", "Plus petit nombre de semblables"},
    [T_EXPECTED] = {"Expected re-identifications", "Réidentifications attendues"},
    [T_RATE] = {"Rate", "Taux"},
    [T_LARGEST] = {"Largest individual risk", "Plus grand risque individuel"},
    [T_HOUSEHOLD] = {"Largest household risk", "Plus grand risque de ménage"},
    [T_SUDA] = {"Records with a special unique (SUDA2)", "Enregistrements à unicité spéciale (SUDA2)"},
    [T_PLOT] = {"Records by the number of records alike", "Enregistrements selon le nombre de semblables"},
    [T_ALIKE] = {"alike", "semblables"},
    [T_UTILITY] = {"Utility", "Utilité"},
    [T_COLUMN] = {"Column", "Colonne"},
    [T_EMPTY] = {"Missing", "Manquants"},
    [T_MEAN] = {"Mean", "Moyenne"},
    [T_DEVIATION] = {"Standard deviation", "Écart type"},
    [T_CHANGE] = {"Change", "Changement"},
    [T_REMOVED] = {"removed", "supprimée"},
    [T_RECODED] = {"recoded", "recodée"},
    [T_IL1S] = {"IL1s, mean", "IL1s, moyenne"},
    [T_CORRELATION] = {"Loss of correlations", "Perte de corrélations"},
    [T_EIGENVALUES] = {"Loss of eigenvalues", "Perte de valeurs propres"},
    [T_TABLES] = {"Tables of columns that were not recoded", "Tableaux des colonnes non recodées"},
    [T_HELLINGER] = {"Hellinger distance, mean and largest", "Distance de Hellinger, moyenne et maximum"},
    [T_STEPS] = {"Steps", "Étapes"},
    [T_STEP] = {"Step", "Étape"},
    [T_DONE] = {"What it did", "Effet"},
    [T_FILES] = {"To make it again", "Pour le refaire"},
    [T_SENSITIVE] = {"Sensitive columns", "Variables sensibles"},
    [T_DISTINCT] = {"Fewest values in a group", "Plus petit nombre de valeurs d'un groupe"},
    [T_DISTANCE] = {"Largest distance to the file", "Plus grande distance au fichier"},
    [T_ABSENT] = {"keys removed", "clés supprimées"},
    [T_IDENTIFIERS] = {"Columns that look like direct identifiers",
                       "Colonnes qui ressemblent à des identifiants directs"},
};

static const char *say(const Page *page, Text text)
{
    return texts[text][page->language];
}

/* --- risk --------------------------------------------------------------------------------------------- */

static const json_t *path(const json_t *object, const char *first, const char *second)
{
    const json_t *value = json_object_get(object, first);
    return second != NULL ? json_object_get(value, second) : value;
}

static void risk_row(Page *page, const json_t *report, const char *label, const char *detail,
                     const char *first, const char *second)
{
    page_put(page, "<tr><th scope=\"row\">");
    page_text(page, label);
    if (detail != NULL) {
        page_put(page, " <small>(");
        page_text(page, detail);
        page_put(page, ")</small>");
    }
    page_put(page, "</th><td>");
    page_number(page, path(json_object_get(report, "before"), first, second));
    page_put(page, "</td><td>");
    page_number(page, path(json_object_get(report, "after"), first, second));
    page_put(page, "</td></tr>");
}

static void put_risk(Page *page, const json_t *report)
{
    static const struct {
        Text label;
        int detail;    /* a Text, or -1 */
        const char *first, *second;
    } rows[] = {
        {T_RECORDS, -1, "records", NULL},
        {T_COLUMNS, -1, "columns", NULL},
        {T_COMBINATIONS, -1, "category", "keys"},
        {T_UNIQUES, T_WILDCARD, "wildcard", "uniques"},
        {T_UNIQUES, T_CATEGORY, "category", "uniques"},
        {T_BELOW, T_WILDCARD, "wildcard", "below_k"},
        {T_BELOW, T_CATEGORY, "category", "below_k"},
        {T_SMALLEST, T_WILDCARD, "wildcard", "smallest"},
        {T_EXPECTED, -1, "individual", "expected"},
        {T_RATE, -1, "individual", "rate"},
        {T_LARGEST, -1, "individual", "largest"},
        {T_HOUSEHOLD, -1, "household", "largest"},
        {T_SUDA, -1, "suda", "records"},
    };
    g_string_append_printf(page->html, "<h2>%s</h2><div class=\"wide\"><table><thead><tr><td></td>"
                           "<th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
                           say(page, T_RISK), say(page, T_BEFORE), say(page, T_AFTER));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        risk_row(page, report, say(page, rows[i].label),
                 rows[i].detail >= 0 ? say(page, (Text)rows[i].detail) : NULL, rows[i].first,
                 rows[i].second);
    page_put(page, "</tbody></table></div>");
    const json_t *absent = path(report, "after", "keys_absent");
    size_t i;
    json_t *name;
    if (json_array_size(absent) > 0)
        g_string_append_printf(page->html, "<p>%s%s:", say(page, T_ABSENT), page->language ? " " : "");
    json_array_foreach (absent, i, name) {
        page_put(page, " ");
        page_text(page, json_string_value(name));
    }
    if (json_array_size(absent) > 0)
        page_put(page, "</p>");
}

static void put_bar(Page *page, const char *class, double x, double share)
{
    double height = 150 * share;
    g_string_append_printf(page->html, "<rect class=\"%s\" x=\"%.0f\" y=\"%.1f\" width=\"34\" "
                           "height=\"%.1f\"/><text x=\"%.0f\" y=\"%.1f\" text-anchor=\"middle\">%.0f%%"
                           "</text>", class, x, 175 - height, height, x + 17, 170 - height, 100 * share);
}

/* Shares of records by the number of records alike, missing as a value: nothing is flattered. */
static void put_plot(Page *page, const json_t *report)
{
    const json_t *before = json_object_get(path(report, "before", "category"), "sizes");
    const json_t *after = json_object_get(path(report, "after", "category"), "sizes");
    double all_before = json_number_value(path(report, "before", "records"));
    double all_after = json_number_value(path(report, "after", "records"));
    if (before == NULL)
        return;
    g_string_append_printf(page->html, "<h2>%s <small>(%s)</small></h2><svg viewBox=\"0 0 600 205\" "
                           "role=\"img\" aria-label=\"%s\">", say(page, T_PLOT), say(page, T_CATEGORY),
                           say(page, T_PLOT));
    for (size_t b = 0; b < json_array_size(before); b++) {
        const json_t *old = json_array_get(before, b), *new = json_array_get(after, b);
        double x = 15 + 97 * (double)b;
        put_bar(page, "old", x, recipe_number(old, "records", 0) / fmax(all_before, 1));
        if (new != NULL)
            put_bar(page, "new", x + 40, recipe_number(new, "records", 0) / fmax(all_after, 1));
        g_string_append_printf(page->html, "<text x=\"%.0f\" y=\"196\" text-anchor=\"middle\">%s</text>",
                               x + 37, recipe_text(old, "alike"));
    }
    g_string_append_printf(page->html, "</svg><p><svg viewBox=\"0 0 10 10\" style=\"width:.7em\"><rect "
                           "class=\"old\" width=\"10\" height=\"10\"/></svg> %s &#160; <svg viewBox=\"0 0 "
                           "10 10\" style=\"width:.7em\"><rect class=\"new\" width=\"10\" height=\"10\"/>"
                           "</svg> %s</p>", say(page, T_BEFORE), say(page, T_AFTER));
}

static void put_sensitive(Page *page, const json_t *report)
{
    const json_t *before = path(report, "before", "sensitive"), *after = path(report, "after", "sensitive");
    const char *name;
    json_t *old;
    if (json_object_size(before) == 0)
        return;
    g_string_append_printf(page->html, "<h2>%s</h2><div class=\"wide\"><table><thead><tr><td></td>"
                           "<th colspan=\"2\">%s</th><th colspan=\"2\">%s</th></tr><tr><td></td>"
                           "<th>%s</th><th>%s</th><th>%s</th><th>%s</th></tr></thead><tbody>",
                           say(page, T_SENSITIVE), say(page, T_DISTINCT), say(page, T_DISTANCE),
                           say(page, T_BEFORE), say(page, T_AFTER), say(page, T_BEFORE),
                           say(page, T_AFTER));
    json_object_foreach ((json_t *)before, name, old) {
        const json_t *new = json_object_get(after, name);
        static const char *const fields[] = {"least_distinct", "largest_distance"};
        page_put(page, "<tr><th scope=\"row\">");
        page_text(page, name);
        page_put(page, "</th>");
        for (int f = 0; f < 2; f++) {
            page_put(page, "<td>");
            page_number(page, json_object_get(old, fields[f]));
            page_put(page, "</td><td>");
            page_number(page, json_object_get(new, fields[f]));
            page_put(page, "</td>");
        }
        page_put(page, "</tr>");
    }
    page_put(page, "</tbody></table></div>");
}

/* --- utility ------------------------------------------------------------------------------------------ */

static void put_column(Page *page, const json_t *row)
{
    static const char *const fields[] = {"missing_before", "missing_after", "mean_before", "mean_after",
                                         "deviation_before", "deviation_after"};
    const char *change = recipe_text(row, "change");
    page_put(page, "<tr><th scope=\"row\">");
    page_text(page, recipe_text(row, "column"));
    page_put(page, "</th>");
    for (size_t f = 0; f < G_N_ELEMENTS(fields); f++) {
        page_put(page, "<td>");
        page_number(page, json_object_get(row, fields[f]));
        page_put(page, "</td>");
    }
    g_string_append_printf(page->html, "<td>%s</td></tr>",
                           change == NULL ? "" : say(page, strcmp(change, "removed") == 0 ? T_REMOVED
                                                                                          : T_RECODED));
}

/* Before, in grey; what is still there after, in full ink. */
static void put_identifiers(Page *page, const json_t *report)
{
    static const char *const when[] = {"before", "after"};
    static const Text labels[] = {T_BEFORE, T_AFTER};
    if (json_array_size(path(report, "before", "identifiers")) == 0)
        return;
    g_string_append_printf(page->html, "<h2>%s</h2>", say(page, T_IDENTIFIERS));
    for (int w = 0; w < 2; w++) {
        size_t i;
        json_t *row;
        const json_t *rows = path(report, when[w], "identifiers");
        g_string_append_printf(page->html, "<p>%s%s:", say(page, labels[w]), page->language ? " " : "");
        if (json_array_size(rows) == 0)
            page_put(page, " –");
        json_array_foreach (rows, i, row) {
            page_put(page, i > 0 ? ", " : " ");
            page_text(page, recipe_text(row, "column"));
            g_string_append_printf(page->html, " (%s)", recipe_text(row, "kind"));
        }
        page_put(page, "</p>");
    }
}

static void put_utility(Page *page, const json_t *report)
{
    const json_t *utility = json_object_get(report, "utility");
    const json_t *numbers = json_object_get(utility, "numbers");
    size_t i;
    json_t *row;
    g_string_append_printf(page->html, "<h2>%s</h2><div class=\"wide\"><table><thead><tr><th>%s</th>"
                           "<th colspan=\"2\">%s</th><th colspan=\"2\">%s</th><th colspan=\"2\">%s</th>"
                           "<th>%s</th></tr><tr><td></td>", say(page, T_UTILITY), say(page, T_COLUMN),
                           say(page, T_EMPTY), say(page, T_MEAN), say(page, T_DEVIATION),
                           say(page, T_CHANGE));
    for (int pair = 0; pair < 3; pair++)
        g_string_append_printf(page->html, "<th>%s</th><th>%s</th>", say(page, T_BEFORE),
                               say(page, T_AFTER));
    page_put(page, "<td></td></tr></thead><tbody>");
    json_array_foreach (json_object_get(utility, "columns"), i, row)
        put_column(page, row);
    page_put(page, "</tbody></table></div>");
    static const struct {
        const char *field;
        Text text;
    } losses[] = {{"il1s_mean", T_IL1S}, {"correlation", T_CORRELATION}, {"eigenvalues", T_EIGENVALUES}};
    for (size_t l = 0; numbers != NULL && l < G_N_ELEMENTS(losses); l++) {
        g_string_append_printf(page->html, "<p>%s: ", say(page, losses[l].text));
        page_number(page, json_object_get(numbers, losses[l].field));
        page_put(page, "</p>");
    }
    json_array_foreach (json_object_get(utility, "tables"), i, row) {
        g_string_append_printf(page->html, "<p>%s (%zu): %s ", say(page, T_TABLES), i + 1,
                               say(page, T_HELLINGER));
        page_number(page, json_object_get(row, "hellinger_mean"));
        page_put(page, " / ");
        page_number(page, json_object_get(row, "hellinger_largest"));
        page_put(page, "</p>");
    }
}

/* --- steps -------------------------------------------------------------------------------------------- */

static void put_steps(Page *page, const json_t *report)
{
    const json_t *steps = path(report, "recipe", "steps");
    size_t i;
    json_t *log;
    g_string_append_printf(page->html, "<h2>%s</h2><div class=\"wide\"><table class=\"text\"><thead><tr><th>%s"
                           "</th><th>%s</th></tr></thead><tbody>", say(page, T_STEPS), say(page, T_STEP),
                           say(page, T_DONE));
    json_array_foreach (json_object_get(report, "steps"), i, log) {
        g_autofree char *asked = json_dumps(json_array_get(steps, i), JSON_COMPACT);
        g_autofree char *did = json_dumps(log, JSON_COMPACT);
        page_put(page, "<tr><td><code>");
        page_text(page, asked);
        page_put(page, "</code></td><td><code>");
        page_text(page, did);
        page_put(page, "</code></td></tr>");
    }
    page_put(page, "</tbody></table></div>");
}

static void put_files(Page *page, const json_t *report)
{
    const json_t *files = json_object_get(report, "files");
    const char *name;
    json_t *value;
    if (files == NULL)
        return;
    g_string_append_printf(page->html, "<h2>%s</h2>", say(page, T_FILES));
    json_object_foreach ((json_t *)files, name, value) {
        page_put(page, "<p>");
        page_text(page, name);
        page_put(page, " <code>");
        page_text(page, json_string_value(value));
        page_put(page, "</code></p>");
    }
}

char *protect_report_html(const json_t *report, const char *language, const char *theme)
{
    (void)theme;
    Page page = {g_string_new(NULL), g_strcmp0(language, "fr") == 0};
    const json_t *recipe = json_object_get(report, "recipe");
    const char *missing = recipe_text(recipe, "missing");
    size_t i;
    json_t *key;
    page_head(&page, recipe_text(recipe, "title"));
    page_put(&page, "<h1>");
    page_text(&page, recipe_text(recipe, "title"));
    g_string_append_printf(page.html, "</h1><p>%s. %s:", say(&page, T_TITLE), say(&page, T_KEYS));
    json_array_foreach (json_object_get(recipe, "keys"), i, key) {
        page_put(&page, i > 0 ? ", " : " ");
        page_text(&page, json_string_value(key));
    }
    g_string_append_printf(page.html, ". k = %.0f; ", recipe_number(recipe, "k", 0));
    page_text(&page, say(&page, g_strcmp0(missing, "wildcard") == 0 ? T_WILDCARD : T_CATEGORY));
    g_string_append_printf(page.html, "; %s %.0f.</p>", say(&page, T_SEED), recipe_number(recipe, "seed", 0));
    put_risk(&page, report);
    put_identifiers(&page, report);
    put_plot(&page, report);
    put_sensitive(&page, report);
    put_utility(&page, report);
    put_steps(&page, report);
    put_files(&page, report);
    page_put(&page, "</body></html>\n");
    return g_string_free(page.html, false);
}
