/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of tables as a page, in two languages: the verdict first, then how it was reached. The report comes
 * from the worker, which read somebody's file: whatever its shape, this makes a page.
 */
#include "protect/tables.h"

#include "protect/page.h"
#include "protect/recipe.h"

#include "base/encode.h"

#include <math.h>
#include <string.h>

#define BAR_WIDTH 200.0

typedef enum Text {
    T_KIND_TABULATE, T_KIND_SUPPRESS, T_KIND_AUDIT, T_FOR_MAKER, T_SAFE, T_SAFE_WHY, T_UNSAFE, T_UNSAFE_WHY,
    T_TABLES, T_TABLE, T_DIMENSIONS, T_CELLS, T_PRIMARY, T_SECONDARY, T_VALUE_LOST, T_COUNT_LOST, T_RULES,
    T_COMMON, T_METHOD, T_AUDIT, T_AUDIT_ALL, T_OF_PRIMARY, T_OF_SECONDARY, T_IS_SAFE, T_INSUFFICIENT, T_EXACT,
    T_SOLVER, T_INTERVALS, T_INTERVALS_WHY, T_CELL, T_WHY, T_FROM, T_TO, T_ASKED, T_STATE, T_NOT_ALL, T_SHOWN_AS,
    T_UNSAFE_SHOWN, T_ELSEWHERE, T_NOT_APPLIED, T_DEVIATION, T_FILES, T_UNBOUNDED, T_PROVEN, T_NOT_PROVEN, T_COUNT
} Text;

static const char *const texts[T_COUNT][2] = {
    [T_KIND_TABULATE] = {"Tabulation", "Tabulation"},
    [T_KIND_SUPPRESS] = {"Protection of tables", "Protection de tableaux"},
    [T_KIND_AUDIT] = {"Audit of suppressed tables", "Audit de tableaux masqués"},
    [T_FOR_MAKER] = {"For those who answer for the tables: reasons and levels of protection are not for publication.",
                     "Pour les responsables des tableaux : motifs et niveaux de protection ne se publient pas."},
    [T_SAFE] = {"Every unsafe cell is protected.", "Chaque case à protéger est protégée."},
    [T_SAFE_WHY] = {"An attacker who knows all that is shown, and how cells add up, cannot come closer to any of "
                    "them than was asked for.",
                    "Qui connaît tout ce qui est publié, et comment les cases s’additionnent, ne peut approcher "
                    "aucune d’elles de plus près que demandé."},
    [T_UNSAFE] = {"Some cells are not protected.", "Des cases ne sont pas protégées."},
    [T_UNSAFE_WHY] = {"They are listed first below, with what an attacker can know of them.",
                      "Elles figurent en tête ci-dessous, avec ce qu’on peut en apprendre."},
    [T_TABLES] = {"Tables", "Tableaux"},
    [T_TABLE] = {"Table", "Tableau"},
    [T_DIMENSIONS] = {"Dimensions (categories)", "Dimensions (modalités)"},
    [T_CELLS] = {"Cells", "Cases"},
    [T_PRIMARY] = {"Unsafe", "À protéger"},
    [T_SECONDARY] = {"Secondary", "Secondaires"},
    [T_VALUE_LOST] = {"Value suppressed", "Valeur masquée"},
    [T_COUNT_LOST] = {"Units in suppressed cells", "Unités des cases masquées"},
    [T_RULES] = {"Cells by rule", "Cases par règle"},
    [T_COMMON] = {"cells that several tables share, counted once in relations and audit:",
                  "cases communes à plusieurs tableaux, comptées une fois dans les relations et l’audit :"},
    [T_METHOD] = {"Method", "Méthode"},
    [T_AUDIT] = {"Audit", "Audit"},
    [T_AUDIT_ALL] = {"Suppressed cells, linear programs solved", "Cases masquées, programmes linéaires résolus"},
    [T_OF_PRIMARY] = {"Cells to protect", "Cases à protéger"},
    [T_OF_SECONDARY] = {"Secondary cells", "Cases secondaires"},
    [T_IS_SAFE] = {"Safe", "Sûres"},
    [T_INSUFFICIENT] = {"Too narrow", "Trop étroites"},
    [T_EXACT] = {"Computable", "Calculables"},
    [T_SOLVER] = {"Solver", "Solveur"},
    [T_INTERVALS] = {"What an attacker can know", "Ce qu’on peut en apprendre"},
    [T_INTERVALS_WHY] = {"The line is the interval that can be computed, the pale band what was asked for.",
                         "Le trait est l’intervalle calculable, la bande pâle celui qui était demandé."},
    [T_CELL] = {"Cell", "Case"},
    [T_WHY] = {"Why", "Motif"},
    [T_FROM] = {"From", "De"},
    [T_TO] = {"To", "À"},
    [T_ASKED] = {"Interval", "Intervalle"},
    [T_STATE] = {"State", "État"},
    [T_NOT_ALL] = {"The list stops here; the confidential file has all cells.",
                   "La liste s’arrête ici ; le fichier confidentiel contient toutes les cases."},
    [T_SHOWN_AS] = {"As it is shown", "Tel qu’il est publié"},
    [T_UNSAFE_SHOWN] = {"Unsafe, and shown", "À protéger, et publiées"},
    [T_ELSEWHERE] = {"Suppressed here, and shown in another table", "Masquées ici, publiées dans un autre tableau"},
    [T_NOT_APPLIED] = {"Rules in force that could not be applied, for lack of a column",
                       "Règles en vigueur non appliquées, faute d’une colonne"},
    [T_DEVIATION] = {"Change of values", "Modification des valeurs"},
    [T_FILES] = {"To make it again", "Pour le refaire"},
    [T_UNBOUNDED] = {"unbounded", "non borné"},
    [T_PROVEN] = {"Proven: nothing costs less.", "Prouvé : rien ne coûte moins."},
    [T_NOT_PROVEN] = {"Not proven to cost the least: time ended.",
                      "Pas prouvé minimal : le temps imparti est écoulé."},
};

/* Words of reports that people read; others are shown as they are. */
static const char *const words[][3] = {
    {"minimum_count", "too few units", "trop peu d’unités"},
    {"minimum_contributors", "too few contributors", "trop peu de contributeurs"},
    {"dominance", "dominance", "dominance"},
    {"p_q", "p % rule", "règle du p %"},
    {"zero", "zero", "zéro"},
    {"group", "whole group", "groupe entier"},
    {"undecided", "not decided", "indécidable"},
    {"rounding", "not rounded", "non arrondie"},
    {"exposed", "computable by contributors of others", "calculables par des contributeurs d’autres cases"},
    {"marked", "marked by hand", "marquée à la main"},
    {"safe", "safe", "sûre"},
    {"insufficient", "too narrow", "trop étroit"},
    {"exact", "computable", "calculable"},
    {"unsafe", "unsafe", "à protéger"},
    {"secondary", "secondary", "secondaire"},
    {"gauss", "elimination", "élimination"},
    {"optimal", "least cost", "moindre coût"},
    {"cell_key", "cell keys", "clés de cases"},
    {"round", "rounding", "arrondi"},
    {"none", "unsafe cells alone", "cases à protéger seules"},
    {"eliminations", "eliminations", "éliminations"},
    {"unprotected", "without any possible protection", "sans protection possible"},
    {"added_for_intervals", "cells added to widen intervals", "cases ajoutées pour élargir les intervalles"},
    {"cost", "cost", "coût"},
    {"bound", "proven lower bound", "borne inférieure prouvée"},
    {"cuts", "cuts", "coupes"},
    {"programs", "programs", "programmes"},
    {"base", "base", "base"},
    {"distance", "sum of changes", "somme des changements"},
    {"beyond", "cells beyond the next multiples", "cases au-delà des multiples voisins"},
    {"shown", "shown cells", "cases publiées"},
    {"unchanged", "unchanged cells", "cases inchangées"},
    {"mean", "mean change", "changement moyen"},
    {"largest", "largest change", "plus grand changement"},
    {"mean_relative", "mean relative change", "changement relatif moyen"},
    {"mean_root", "mean change of square roots", "changement moyen des racines"},
    {"rows_of_chances", "rows of the table of chances", "lignes de la table de probabilités"},
};

static const char *say(const Page *page, Text text)
{
    return texts[text][page->language];
}

static const char *word(const Page *page, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_strcmp0(words[i][0], name) == 0)
            return words[i][1 + page->language];
    }
    return name != NULL ? name : "";
}

/* "minimum_count+dominance" in words. */
static void put_reasons(Page *page, const char *reasons)
{
    g_auto(GStrv) parts = g_strsplit(reasons != NULL ? reasons : "", "+", -1);
    for (size_t i = 0; parts[i] != NULL; i++) {
        page_put(page, i > 0 ? ", " : "");
        page_text(page, word(page, parts[i]));
    }
}

/* Heads of columns of words stand to the left, as these do. */
static void put_heads(Page *page, const Text *heads, size_t count)
{
    static const bool is_words[T_COUNT] = {[T_DIMENSIONS] = true, [T_RULES] = true, [T_WHY] = true,
                                           [T_ASKED] = true, [T_STATE] = true};
    page_put(page, "<div class=\"wide\"><table><thead><tr>");
    for (size_t i = 0; i < count; i++)
        g_string_append_printf(page->html, "<th scope=\"col\"%s>%s</th>",
                               is_words[heads[i]] ? " class=\"words\"" : "", say(page, heads[i]));
    page_put(page, "</tr></thead><tbody>");
}

static void put_cell(Page *page, const json_t *number)
{
    page_put(page, "<td>");
    page_number(page, number);
    page_put(page, "</td>");
}

static void put_percent(Page *page, const json_t *part, const json_t *all)
{
    double whole = json_number_value(all);
    page_put(page, "<td>");
    page_number(page, part);
    if (whole > 0) {
        g_autoptr(json_t) percent = json_real(round(1000 * json_number_value(part) / whole) / 10);
        page_put(page, " <small>(");
        page_number(page, percent);
        page_put(page, page->language == 1 ? "\u202f%)</small>" : "%)</small>");
    }
    page_put(page, "</td>");
}

/* --- the verdict ------------------------------------------------------------------------------------------ */

static void put_top(Page *page, const json_t *report)
{
    const char *job = recipe_text(report, "job"), *verdict = recipe_text(report, "verdict");
    Text kind = g_strcmp0(job, "audit") == 0      ? T_KIND_AUDIT
                : g_strcmp0(job, "suppress") == 0 ? T_KIND_SUPPRESS
                                               : T_KIND_TABULATE;
    page_put(page, "<h1>");
    page_text(page, recipe_text(json_object_get(report, "recipe"), "title"));
    g_string_append_printf(page->html, "</h1><p>%s. %s</p>", say(page, kind), say(page, T_FOR_MAKER));
    if (g_strcmp0(verdict, "none") == 0)
        return;
    bool safe = g_strcmp0(verdict, "safe") == 0;
    g_string_append_printf(page->html, "<p class=\"verdict%s\" role=\"status\"><strong>%s %s</strong>%s</p>",
                           safe ? "" : " bad", safe ? "✓" : "✗", say(page, safe ? T_SAFE : T_UNSAFE),
                           say(page, safe ? T_SAFE_WHY : T_UNSAFE_WHY));
}

static void put_names(Page *page, Text title, const json_t *names)
{
    size_t i;
    json_t *name;
    if (json_array_size(names) == 0)
        return;
    g_string_append_printf(page->html, "<h2 class=\"bad\">%s</h2><ul>", say(page, title));
    json_array_foreach (names, i, name) {
        page_put(page, "<li>");
        page_text(page, word(page, json_string_value(name)));
        page_put(page, "</li>");
    }
    page_put(page, "</ul>");
}

/* --- tables ----------------------------------------------------------------------------------------------- */

static void put_table_row(Page *page, const json_t *row)
{
    size_t i;
    json_t *dimension, *count;
    const char *rule;
    bool first = true;
    page_put(page, "<tr><th scope=\"row\">");
    page_text(page, recipe_text(row, "name"));
    page_put(page, "</th><td class=\"cell\">");
    json_array_foreach (json_object_get(row, "dimensions"), i, dimension) {
        page_put(page, i > 0 ? " × " : "");
        page_text(page, recipe_text(dimension, "column"));
        g_string_append_printf(page->html, " (%.0f)", recipe_number(dimension, "categories", 0));
    }
    page_put(page, "</td>");
    put_cell(page, json_object_get(row, "cells"));
    put_cell(page, json_object_get(row, "primary"));
    put_cell(page, json_object_get(row, "secondary"));
    put_percent(page, json_object_get(row, "value_suppressed"), json_object_get(row, "value"));
    put_percent(page, json_object_get(row, "count_suppressed"), json_object_get(row, "count"));
    page_put(page, "<td class=\"cell\">");
    json_object_foreach (json_object_get(row, "by_rule"), rule, count) {
        page_put(page, first ? "" : ", ");
        page_text(page, word(page, rule));
        g_string_append_printf(page->html, " %lld", (long long)json_integer_value(count));
        first = false;
    }
    page_put(page, "</td></tr>");
}

static void put_tables(Page *page, const json_t *report)
{
    static const Text heads[] = {T_TABLE, T_DIMENSIONS, T_CELLS, T_PRIMARY, T_SECONDARY, T_VALUE_LOST,
                                 T_COUNT_LOST, T_RULES};
    size_t i;
    json_t *row;
    const json_t *common = json_object_get(json_object_get(report, "links"), "common");
    g_string_append_printf(page->html, "<h2>%s</h2>", say(page, T_TABLES));
    put_heads(page, heads, G_N_ELEMENTS(heads));
    json_array_foreach (json_object_get(report, "tables"), i, row)
        put_table_row(page, row);
    page_put(page, "</tbody></table></div>");
    if (json_integer_value(common) > 0)
        g_string_append_printf(page->html, "<p>%s %lld</p>", say(page, T_COMMON),
                               (long long)json_integer_value(common));
}

/* --- method and audit -------------------------------------------------------------------------------------- */

static void put_figures(Page *page, const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        if (!json_is_number(value))
            continue;
        page_put(page, "<br>");
        page_text(page, word(page, key));
        page_put(page, page->language == 1 ? " : " : ": ");
        page_number(page, value);
    }
}

static void put_method(Page *page, const json_t *report)
{
    const json_t *method = json_object_get(report, "method"), *proven = json_object_get(method, "proven");
    if (method == NULL)
        return;
    g_string_append_printf(page->html, "<h2>%s</h2><p><strong>", say(page, T_METHOD));
    page_text(page, word(page, recipe_text(method, "name")));
    page_put(page, "</strong>");
    put_figures(page, method);
    if (proven != NULL)
        g_string_append_printf(page->html, "<br>%s", say(page, json_is_true(proven) ? T_PROVEN : T_NOT_PROVEN));
    page_put(page, "</p>");
}

static void put_deviation(Page *page, const json_t *report)
{
    if (json_object_get(report, "audit") != NULL || json_object_get(report, "deviation") == NULL)
        return;
    g_string_append_printf(page->html, "<h2>%s</h2><p>", say(page, T_DEVIATION));
    put_figures(page, json_object_get(report, "deviation"));
    page_put(page, "</p>");
}

static void put_audit_row(Page *page, const json_t *audit, const char *role, Text label)
{
    const json_t *row = json_object_get(audit, role);
    g_string_append_printf(page->html, "<tr><th scope=\"row\">%s</th>", say(page, label));
    put_cell(page, json_object_get(row, "safe"));
    put_cell(page, json_object_get(row, "insufficient"));
    put_cell(page, json_object_get(row, "exact"));
    page_put(page, "</tr>");
}

static void put_audit(Page *page, const json_t *report)
{
    static const Text heads[] = {T_AUDIT, T_IS_SAFE, T_INSUFFICIENT, T_EXACT};
    const json_t *audit = json_object_get(report, "audit");
    if (audit == NULL)
        return;
    g_string_append_printf(page->html, "<h2>%s</h2>", say(page, T_AUDIT));
    put_heads(page, heads, G_N_ELEMENTS(heads));
    put_audit_row(page, audit, "primary", T_OF_PRIMARY);
    put_audit_row(page, audit, "secondary", T_OF_SECONDARY);
    g_string_append_printf(page->html, "</tbody></table></div><p>%s%s: ", say(page, T_AUDIT_ALL),
                           page->language == 1 ? " " : "");
    page_number(page, json_object_get(audit, "cells"));
    page_put(page, " / ");
    page_number(page, json_object_get(audit, "programs"));
    g_string_append_printf(page->html, ". %s%s: ", say(page, T_SOLVER), page->language == 1 ? " " : "");
    page_text(page, recipe_text(report, "solver"));
    page_put(page, "</p>");
}

/* --- intervals --------------------------------------------------------------------------------------------- */

static double place(double value, double low, double high)
{
    double share = high > low ? (value - low) / (high - low) : 0;
    return 4 + (BAR_WIDTH - 8) * CLAMP(share, 0, 1);
}

static void put_line(Page *page, const char *class, double from, double to)
{
    g_string_append_printf(page->html, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"10\" y2=\"10\"/>", class, from,
                           MAX(to, from + 4));
}

/* The interval on a scale of its own; one without an end leaves the picture. */
static void put_bar(Page *page, const json_t *row)
{
    const json_t *low = json_object_get(row, "low"), *high = json_object_get(row, "high");
    const json_t *asked_low = json_object_get(row, "asked_low"), *asked_high = json_object_get(row, "asked_high");
    double from = json_is_number(low) ? json_number_value(low) : json_number_value(asked_low);
    double to = json_is_number(high) ? json_number_value(high)
                                     : 2 * MAX(json_number_value(asked_high), json_number_value(low));
    double least = MIN(0, from), most = MAX(to, json_number_value(asked_high));
    bool bad = g_strcmp0(recipe_text(row, "state"), "safe") != 0;
    most += (most - least) * .05;
    g_string_append_printf(page->html, "<td><svg class=\"bar\" viewBox=\"0 0 %.0f 20\" aria-hidden=\"true\">",
                           BAR_WIDTH);
    put_line(page, "rail", 4, BAR_WIDTH - 4);
    if (asked_low != NULL)
        put_line(page, "asked", place(json_number_value(asked_low), least, most),
                 place(json_number_value(asked_high), least, most));
    put_line(page, bad ? "reach bad" : "reach", json_is_number(low) ? place(from, least, most) : 0,
             json_is_number(high) ? place(to, least, most) : BAR_WIDTH);
    page_put(page, "</svg></td>");
}

static void put_bound(Page *page, const json_t *bound)
{
    page_put(page, "<td>");
    if (json_is_number(bound))
        page_number(page, bound);
    else
        page_put(page, say(page, T_UNBOUNDED));
    page_put(page, "</td>");
}

static void put_interval(Page *page, const json_t *row)
{
    const char *state = recipe_text(row, "state"), *rules = recipe_text(row, "rules");
    bool primary = g_strcmp0(recipe_text(row, "role"), "primary") == 0;
    page_put(page, "<tr><th scope=\"row\">");
    page_text(page, recipe_text(row, "cell"));
    page_put(page, "</th><td class=\"cell\">");
    if (rules != NULL)
        put_reasons(page, rules);
    else
        page_put(page, primary ? "" : word(page, "secondary"));
    page_put(page, "</td>");
    put_bound(page, json_object_get(row, "low"));
    put_bound(page, json_object_get(row, "high"));
    put_bar(page, row);
    bool bad = g_strcmp0(state, "safe") != 0 && primary;
    g_string_append_printf(page->html, "<td class=\"cell%s\">", bad ? " bad" : "");
    page_text(page, word(page, state));
    page_put(page, "</td></tr>");
}

static void put_intervals(Page *page, const json_t *report)
{
    static const Text heads[] = {T_CELL, T_WHY, T_FROM, T_TO, T_ASKED, T_STATE};
    const json_t *cells = json_object_get(report, "cells");
    size_t i;
    json_t *row;
    if (json_array_size(cells) == 0)
        return;
    g_string_append_printf(page->html, "<h2>%s</h2><p>%s</p>", say(page, T_INTERVALS), say(page, T_INTERVALS_WHY));
    put_heads(page, heads, G_N_ELEMENTS(heads));
    json_array_foreach (cells, i, row)
        put_interval(page, row);
    page_put(page, "</tbody></table></div>");
    if (json_is_false(json_object_get(report, "cells_listed_all")))
        g_string_append_printf(page->html, "<p>%s</p>", say(page, T_NOT_ALL));
}

/* --- the tables themselves ---------------------------------------------------------------------------------- */

static void put_hidden(Page *page, const char *role)
{
    bool unsafe = strcmp(role, "unsafe") == 0;
    page_put(page, unsafe ? "<td class=\"hid\"><b>" : "<td class=\"hid\">");
    page_text(page, word(page, role));
    page_put(page, unsafe ? "</b></td>" : "</td>");
}

static void put_grid(Page *page, const json_t *table)
{
    const json_t *grid = json_object_get(table, "grid");
    size_t i, c;
    json_t *name, *value;
    if (grid == NULL)
        return;
    g_string_append_printf(page->html, "<h2>%s%s", say(page, T_SHOWN_AS), page->language == 1 ? " : " : ": ");
    page_text(page, recipe_text(table, "name"));
    page_put(page, "</h2><div class=\"wide\"><table class=\"grid\"><thead><tr><td></td>");
    json_array_foreach (json_object_get(grid, "columns"), i, name) {
        page_put(page, "<th scope=\"col\">");
        page_text(page, json_string_value(name));
        page_put(page, "</th>");
    }
    page_put(page, "</tr></thead><tbody>");
    json_array_foreach (json_object_get(grid, "rows"), i, name) {
        json_int_t depth = json_integer_value(json_array_get(json_object_get(grid, "depths"), i));
        g_string_append_printf(page->html, "<tr><th scope=\"row\" style=\"padding-left:%.1frem\">",
                               .6 + 1.2 * (double)CLAMP(depth, 0, 20));
        page_text(page, json_string_value(name));
        page_put(page, "</th>");
        json_array_foreach (json_array_get(json_object_get(grid, "values"), i), c, value) {
            const char *hidden = json_string_value(value);
            if (hidden == NULL)
                put_cell(page, value);
            else
                put_hidden(page, hidden);
        }
        page_put(page, "</tr>");
    }
    page_put(page, "</tbody></table></div>");
}

static void put_files(Page *page, const json_t *report)
{
    const char *name;
    json_t *value;
    const json_t *files = json_object_get(report, "files");
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

char *protect_tables_html(const json_t *report, const char *language)
{
    Page page = {g_string_new(NULL), g_strcmp0(language, "fr") == 0};
    size_t i;
    json_t *table;
    page_head(&page, recipe_text(json_object_get(report, "recipe"), "title"));
    put_top(&page, report);
    put_names(&page, T_UNSAFE_SHOWN, json_object_get(report, "unsafe_shown"));
    put_names(&page, T_ELSEWHERE, json_object_get(report, "shown_elsewhere"));
    put_names(&page, T_NOT_APPLIED, json_object_get(report, "rules_not_applied"));
    put_tables(&page, report);
    put_audit(&page, report);
    put_method(&page, report);
    put_deviation(&page, report);
    json_array_foreach (json_object_get(report, "tables"), i, table)
        put_grid(&page, table);
    put_intervals(&page, report);
    put_files(&page, report);
    page_put(&page, "</body></html>\n");
    return g_string_free(page.html, false);
}
