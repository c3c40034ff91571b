/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as a page: what measure.c found, in two languages. No script, nothing fetched. It is made of a
 * report that may come from a worker which read somebody's file: every text of it is escaped, every field
 * may be missing or of another type.
 */
#include "protect/protect.h"

#include "protect/page.h"
#include "protect/recipe.h"
#include "protect/report_page.h"

#include <math.h>
#include <string.h>

static const char *say(const Page *page, Text text)
{
    return report_text(text, page->language);
}

static void put_said(Page *page, Text text)
{
    page_text(page, say(page, text));
}

/* TEXT between OPEN and CLOSE, which are ours. */
static void put_in(Page *page, const char *open, const char *text, const char *close)
{
    page_put(page, open);
    page_text(page, text);
    page_put(page, close);
}

static const json_t *path(const json_t *object, const char *first, const char *second)
{
    const json_t *value = json_object_get(object, first);
    return second != NULL ? json_object_get(value, second) : value;
}

static void put_percent(Page *page, double percent, const char *format)
{
    char digits[64];
    page_digits(page, g_ascii_formatd(digits, sizeof digits, format, percent));
    page_put(page, page->language == 1 ? "\u00a0%" : "%");
}

/* How far AFTER is from BEFORE, in per cent; nothing where that has no meaning. */
static void put_change(Page *page, const json_t *before, const json_t *after, bool is_risk)
{
    double old = json_number_value(before), now = json_number_value(after);
    if (!json_is_number(before) || !json_is_number(after) || old == 0 || old == now)
        return;
    double percent = 100 * (now - old) / fabs(old);
    if (fabs(percent) < .005)   /* the order of a sum, not the recipe */
        return;
    g_string_append_printf(page->html, "<span class=\"%s\">%s", !is_risk   ? "soft"
                                                                : now < old ? "less"
                                                                            : "more",
                           percent > 0 ? "+" : "−");
    put_percent(page, fabs(percent), fabs(percent) >= 9.95 || percent == 0 ? "%.0f" : "%.2g");
    page_put(page, "</span>");
}

/* --- head --------------------------------------------------------------------------------------------- */

static void put_head(Page *page, const char *title, const char *theme)
{
    bool forced = g_strcmp0(theme, "light") == 0 || g_strcmp0(theme, "dark") == 0;
    g_string_append_printf(page->html, "<!doctype html><html lang=\"%s\"%s%s%s><head><meta charset=\"utf-8\">"
                           "<meta name=\"viewport\" content=\"width=device-width\"><title>",
                           page->language == 1 ? "fr" : "en", forced ? " data-theme=\"" : "",
                           forced ? theme : "", forced ? "\"" : "");
    page_text(page, title);
    g_string_append_printf(page->html, "</title><style>%s</style></head><body><main>", report_style);
}

static void put_fact(Page *page, const char *label, const char *value)
{
    put_in(page, "<div><dt>", label, "</dt><dd>");
    put_in(page, "", value, "</dd></div>");
}

static char *names_joined(const json_t *list)
{
    GString *names = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", name != NULL ? name : "");
    }
    return g_string_free(names, false);
}

static void put_title(Page *page, const json_t *report)
{
    const json_t *recipe = json_object_get(report, "recipe");
    bool wildcard = g_strcmp0(recipe_text(recipe, "missing"), "wildcard") == 0;
    g_autofree char *keys = names_joined(json_object_get(recipe, "keys"));
    g_autofree char *k = g_strdup_printf("%.0f", recipe_number(recipe, "k", 0));
    g_autofree char *seed = g_strdup_printf("%.0f", recipe_number(recipe, "seed", 0));
    put_in(page, "<p class=\"over\">", say(page, T_TITLE), "</p>");
    put_in(page, "<h1>", recipe_text(recipe, "title"), "</h1>");
    put_in(page, "<p class=\"soft\">", say(page, T_LEAD), "</p><dl class=\"facts\">");
    put_fact(page, say(page, T_KEYS), keys);
    put_fact(page, "k", k);
    put_fact(page, say(page, T_EMPTY), say(page, wildcard ? T_WILDCARD : T_CATEGORY));
    if (recipe_text(recipe, "weight") != NULL)
        put_fact(page, say(page, T_WEIGHT), recipe_text(recipe, "weight"));
    put_fact(page, say(page, T_SEED), seed);
    page_put(page, "</dl>");
}

/* The four figures that a decision is made by. */
static void put_tiles(Page *page, const json_t *report)
{
    const json_t *recipe = json_object_get(report, "recipe");
    const char *missing = recipe_text(recipe, "missing");
    const char *meaning = g_strcmp0(missing, "wildcard") == 0 ? "wildcard" : "category";
    const struct {
        Text label;
        const char *first, *second;
        bool is_risk;
    } tiles[] = {
        {T_BELOW, meaning, "below_k", true},
        {T_UNIQUES, meaning, "uniques", true},
        {T_EXPECTED, "individual", "expected", true},
        {T_RECORDS, "records", NULL, false},
    };
    page_put(page, "<div class=\"tiles\">");
    for (size_t i = 0; i < G_N_ELEMENTS(tiles); i++) {
        const json_t *before = path(json_object_get(report, "before"), tiles[i].first, tiles[i].second);
        const json_t *after = path(json_object_get(report, "after"), tiles[i].first, tiles[i].second);
        put_in(page, "<div class=\"tile\"><p>", say(page, tiles[i].label), "</p><span class=\"from\">");
        page_number(page, before);
        page_put(page, "</span><span class=\"arrow\" aria-hidden=\"true\">→</span><strong>");
        page_number(page, after);
        page_put(page, "</strong> ");
        put_change(page, before, after, tiles[i].is_risk);
        page_put(page, "</div>");
    }
    page_put(page, "</div>");
}

/* --- risk --------------------------------------------------------------------------------------------- */

/* The last two cells of a row: side by side, or one below the other where the page is narrow. */
static void put_after(Page *page, const json_t *before, const json_t *after, bool is_risk)
{
    page_put(page, "</td><td>");
    page_number(page, after);
    page_put(page, "<small class=\"narrow\">");
    put_change(page, before, after, is_risk);
    page_put(page, "</small></td><td class=\"roomy\">");
    put_change(page, before, after, is_risk);
    page_put(page, "</td></tr>");
}

static void put_table(Page *page, const Text *heads, size_t count, Text name)
{
    put_in(page, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"", say(page, name),
           "\"><table><thead><tr>");
    for (size_t h = 0; h < count; h++)
        put_in(page, heads[h] != T_CHANGE_OF                    ? "<th scope=\"col\">"
                     : name == T_UTILITY                        ? "<th scope=\"col\" class=\"left\">"
                                                                : "<th scope=\"col\" class=\"roomy\">",
               say(page, heads[h]), "</th>");
    page_put(page, "</tr></thead><tbody>");
}

static void risk_row(Page *page, const json_t *report, const char *label, const char *detail,
                     const char *first, const char *second, bool is_risk)
{
    const json_t *before = path(json_object_get(report, "before"), first, second);
    const json_t *after = path(json_object_get(report, "after"), first, second);
    if (!json_is_number(before) && !json_is_number(after))
        return;
    put_in(page, "<tr><th scope=\"row\">", label, "");
    if (detail != NULL)
        put_in(page, "<small>", detail, "</small>");
    page_put(page, "</th><td>");
    page_number(page, before);
    put_after(page, before, after, is_risk);
}

static void put_risk(Page *page, const json_t *report)
{
    static const struct {
        Text label;
        int detail;    /* a Text, or -1 */
        const char *first, *second;
        bool is_risk;
    } rows[] = {
        {T_RECORDS, -1, "records", NULL, false},
        {T_COLUMNS, -1, "columns", NULL, false},
        {T_COMBINATIONS, -1, "category", "keys", true},
        {T_UNIQUES, T_WILDCARD, "wildcard", "uniques", true},
        {T_UNIQUES, T_CATEGORY, "category", "uniques", true},
        {T_BELOW, T_WILDCARD, "wildcard", "below_k", true},
        {T_BELOW, T_CATEGORY, "category", "below_k", true},
        {T_SMALLEST, T_WILDCARD, "wildcard", "smallest", false},
        {T_EXPECTED, -1, "individual", "expected", true},
        {T_RATE, -1, "individual", "rate", true},
        {T_LARGEST, -1, "individual", "largest", true},
        {T_HOUSEHOLD, -1, "household", "largest", true},
        {T_SUDA, -1, "suda", "records", true},
    };
    static const Text heads[] = {T_MEASURE, T_BEFORE, T_AFTER, T_CHANGE_OF};
    put_in(page, "<section><h2>", say(page, T_RISK), "</h2>");
    put_table(page, heads, G_N_ELEMENTS(heads), T_RISK);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        risk_row(page, report, say(page, rows[i].label),
                 rows[i].detail >= 0 ? say(page, (Text)rows[i].detail) : NULL, rows[i].first,
                 rows[i].second, rows[i].is_risk);
    page_put(page, "</tbody></table></div>");
    const json_t *absent = path(report, "after", "keys_absent");
    if (json_array_size(absent) > 0) {
        g_autofree char *names = names_joined(absent);
        put_in(page, "<p class=\"soft\">", say(page, T_ABSENT), page->language ? " : " : ": ");
        put_in(page, "", names, "</p>");
    }
    page_put(page, "</section>");
}

static void put_bar(Page *page, const char *class, double share)
{
    char width[32];
    share = isfinite(share) ? CLAMP(share, 0, 1) : 0;
    g_string_append_printf(page->html, "<div class=\"bar %s\"><div class=\"track\"><i style=\"width:%s%%\">"
                           "</i><span>", class, g_ascii_formatd(width, sizeof width, "%.2f", 80 * share));
    put_percent(page, 100 * share, share > 0 && share < .0995 ? "%.2g" : "%.0f");
    page_put(page, "</span></div></div>");
}

/* Shares of records by the number of records alike, missing as a value: nothing is flattered. */
static void put_plot(Page *page, const json_t *report)
{
    const json_t *before = json_object_get(path(report, "before", "category"), "sizes");
    const json_t *after = json_object_get(path(report, "after", "category"), "sizes");
    double all_before = json_number_value(path(report, "before", "records"));
    double all_after = json_number_value(path(report, "after", "records"));
    if (json_array_size(before) == 0)
        return;
    put_in(page, "<section><h2>", say(page, T_PLOT), "</h2>");
    put_in(page, "<p class=\"soft\">", say(page, T_PLOT_NOTE), "</p>");
    put_in(page, "<p class=\"legend\" aria-hidden=\"true\"><span>", say(page, T_BEFORE), "</span>");
    put_in(page, "<span class=\"new\">", say(page, T_AFTER), "</span></p><dl class=\"plot\">");
    for (size_t b = 0; b < json_array_size(before); b++) {
        const json_t *old = json_array_get(before, b), *new = json_array_get(after, b);
        put_in(page, "<dt>", recipe_text(old, "alike"), "</dt><dd>");
        put_bar(page, "old", recipe_number(old, "records", 0) / fmax(all_before, 1));
        put_bar(page, "new", recipe_number(new, "records", 0) / fmax(all_after, 1));
        page_put(page, "</dd>");
    }
    page_put(page, "</dl></section>");
}

static void put_sensitive(Page *page, const json_t *report)
{
    static const char *const figures[] = {"least_distinct", "largest_distance"};
    static const Text labels[] = {T_DISTINCT, T_DISTANCE};
    const json_t *before = path(report, "before", "sensitive"), *after = path(report, "after", "sensitive");
    const char *name;
    json_t *old;
    if (json_object_size(before) == 0)
        return;
    static const Text heads[] = {T_COLUMN, T_BEFORE, T_AFTER, T_CHANGE_OF};
    put_in(page, "<section><h2>", say(page, T_SENSITIVE), "</h2>");
    put_table(page, heads, G_N_ELEMENTS(heads), T_SENSITIVE);
    json_object_foreach ((json_t *)before, name, old) {
        const json_t *new = json_object_get(after, name);
        for (int f = 0; f < 2; f++) {
            const json_t *was = json_object_get(old, figures[f]), *is = json_object_get(new, figures[f]);
            put_in(page, "<tr><th scope=\"row\">", name, "");
            put_in(page, "<small>", say(page, labels[f]), "</small></th><td>");
            page_number(page, was);
            put_after(page, was, is, f == 1);
        }
    }
    page_put(page, "</tbody></table></div></section>");
}

static bool is_listed(const json_t *rows, const char *column)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (g_strcmp0(recipe_text(json_array_get(rows, i), "column"), column) == 0)
            return true;
    }
    return false;
}

static bool is_recoded(const json_t *report, const char *column)
{
    const json_t *rows = path(report, "utility", "columns");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (g_strcmp0(recipe_text(row, "column"), column) == 0)
            return g_strcmp0(recipe_text(row, "change"), "recoded") == 0;
    }
    return false;
}

/* What looked like a direct identifier, and whether it is still there. */
static void put_identifiers(Page *page, const json_t *report)
{
    const json_t *before = path(report, "before", "identifiers"), *after = path(report, "after", "identifiers");
    if (json_array_size(before) == 0)
        return;
    put_in(page, "<section><h2>", say(page, T_IDENTIFIERS), "</h2><dl class=\"rows\">");
    for (size_t i = 0; i < json_array_size(before); i++) {
        const json_t *row = json_array_get(before, i);
        const char *column = recipe_text(row, "column");
        bool recoded = is_recoded(report, column), left = !recoded && is_listed(after, column);
        put_in(page, "<dt>", column, "</dt><dd>");
        put_in(page, "", report_word(recipe_text(row, "kind"), page->language), " ");
        put_in(page, left ? "<span class=\"mark bad\">" : "<span class=\"mark good\">",
               say(page, left ? T_IDENTIFIERS_LEFT : recoded ? T_RECODED : T_REMOVED), "</span></dd>");
    }
    page_put(page, "</dl></section>");
}

/* --- utility ------------------------------------------------------------------------------------------ */

static bool has_changed(const json_t *row)
{
    static const char *const pairs[][2] = {{"missing_before", "missing_after"}, {"mean_before", "mean_after"},
                                           {"deviation_before", "deviation_after"}};
    for (size_t p = 0; p < G_N_ELEMENTS(pairs); p++) {
        if (json_number_value(json_object_get(row, pairs[p][0])) !=
            json_number_value(json_object_get(row, pairs[p][1])))
            return true;
    }
    return false;
}

static void put_pair(Page *page, const json_t *row, const char *before, const char *after)
{
    const json_t *old = json_object_get(row, before), *now = json_object_get(row, after);
    page_put(page, "<td>");
    if (json_is_number(old) || json_is_number(now)) {
        page_number(page, old);
        if (!json_equal((json_t *)old, (json_t *)now)) {
            page_put(page, " → ");
            page_number(page, now);
            page_put(page, " <small>");
            put_change(page, old, now, false);
            page_put(page, "</small>");
        }
    }
    page_put(page, "</td>");
}

static void put_column(Page *page, const json_t *row)
{
    const char *change = recipe_text(row, "change");
    Text word = g_strcmp0(change, "removed") == 0   ? T_REMOVED
                : g_strcmp0(change, "recoded") == 0 ? T_RECODED
                : has_changed(row)                  ? T_CHANGED
                                                    : T_KEPT;
    put_in(page, "<tr><th scope=\"row\">", recipe_text(row, "column"), "</th><td class=\"left\">");
    put_in(page, "<span class=\"mark\">", say(page, word), "</span></td>");
    put_pair(page, row, "missing_before", "missing_after");
    put_pair(page, row, "mean_before", "mean_after");
    put_pair(page, row, "deviation_before", "deviation_after");
    page_put(page, "</tr>");
}

/* Columns that the recipe made. */
static void put_added(Page *page, const json_t *report)
{
    const json_t *old = path(report, "utility", "columns"), *names = json_object_get(report, "columns");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (is_listed(old, name))
            continue;
        put_in(page, "<tr><th scope=\"row\">", name, "</th><td class=\"left\">");
        put_in(page, "<span class=\"mark good\">", say(page, T_ADDED),
               "</span></td><td></td><td></td><td></td></tr>");
    }
}

static void put_loss(Page *page, const char *label, const char *detail, const json_t *value)
{
    if (!json_is_number(value))
        return;
    put_in(page, "<dt>", label, "");
    if (detail != NULL)
        put_in(page, ", ", detail, "");
    page_put(page, "</dt><dd>");
    page_number(page, value);
    page_put(page, "</dd>");
}

static void put_losses(Page *page, const json_t *utility)
{
    static const struct {
        const char *field;
        Text text;
    } losses[] = {{"il1s_mean", T_IL1S}, {"correlation", T_CORRELATION}, {"eigenvalues", T_EIGENVALUES}};
    const json_t *tables = json_object_get(utility, "tables");
    put_in(page, "<h3>", say(page, T_LOSSES), "</h3><dl class=\"rows\">");
    for (size_t l = 0; l < G_N_ELEMENTS(losses); l++)
        put_loss(page, say(page, losses[l].text), NULL, path(utility, "numbers", losses[l].field));
    for (size_t i = 0; i < json_array_size(tables); i++) {
        const json_t *row = json_array_get(tables, i);
        g_autofree char *label =
            g_strdup_printf("%s %.0f", say(page, T_TABLES), recipe_number(row, "ways", 0));
        put_loss(page, label, say(page, T_HELLINGER_MEAN), json_object_get(row, "hellinger_mean"));
        put_loss(page, label, say(page, T_HELLINGER_LARGEST), json_object_get(row, "hellinger_largest"));
    }
    page_put(page, "</dl>");
}

static void put_utility(Page *page, const json_t *report)
{
    static const Text heads[] = {T_COLUMN, T_CHANGE_OF, T_EMPTY, T_MEAN, T_DEVIATION};
    const json_t *utility = json_object_get(report, "utility");
    const json_t *columns = json_object_get(utility, "columns");
    put_in(page, "<section><h2>", say(page, T_UTILITY), "</h2>");
    put_in(page, "<p class=\"soft\">", say(page, T_UTILITY_NOTE), "</p>");
    put_table(page, heads, G_N_ELEMENTS(heads), T_UTILITY);
    for (size_t i = 0; i < json_array_size(columns); i++)
        put_column(page, json_array_get(columns, i));
    put_added(page, report);
    page_put(page, "</tbody></table></div>");
    put_losses(page, utility);
    page_put(page, "</section>");
}

/* --- steps -------------------------------------------------------------------------------------------- */

/* A value of a recipe or a log: a number, a word, a list, or pairs. */
static void put_value(Page *page, const json_t *value, int depth)
{
    const char *name;
    json_t *one;
    size_t i = 0;
    if (json_is_number(value))
        page_number(page, value);
    else if (json_is_string(value))
        page_text(page, json_string_value(value));
    else if (json_is_boolean(value))
        page_put(page, json_is_true(value) ? "✓" : "–");
    if (depth > 2)
        return;
    for (i = 0; i < json_array_size(value); i++) {
        page_put(page, i > 0 ? ", " : "");
        put_value(page, json_array_get(value, i), depth + 1);
    }
    i = 0;
    json_object_foreach ((json_t *)value, name, one) {
        put_in(page, i++ > 0 ? ", " : "", name, " ");
        put_value(page, one, depth + 1);
    }
}

static bool is_word_of_recipe(const char *name)
{
    return strcmp(name, "how") == 0 || strcmp(name, "as") == 0 || strcmp(name, "rule") == 0 ||
           strcmp(name, "loss") == 0;
}

static void put_pairs(Page *page, const json_t *object, const char *class)
{
    const char *name;
    json_t *value;
    g_string_append_printf(page->html, "<dl class=\"pairs %s\">", class);
    json_object_foreach ((json_t *)object, name, value) {
        if (strcmp(name, "do") == 0 || strcmp(name, "step") == 0)
            continue;
        put_in(page, "<div><dt>", report_word(name, page->language), "</dt><dd>");
        if (json_is_string(value) && is_word_of_recipe(name))
            page_text(page, report_word(json_string_value(value), page->language));
        else
            put_value(page, value, 0);
        page_put(page, "</dd></div>");
    }
    page_put(page, "</dl>");
}

static void put_steps(Page *page, const json_t *report)
{
    const json_t *asked = path(report, "recipe", "steps"), *logs = json_object_get(report, "steps");
    put_in(page, "<section><h2>", say(page, T_STEPS), "</h2>");
    if (json_array_size(logs) == 0)
        put_in(page, "<p class=\"soft\">", say(page, T_NOTHING), "</p>");
    page_put(page, "<ol class=\"steps\">");
    for (size_t i = 0; i < json_array_size(logs); i++) {
        const json_t *log = json_array_get(logs, i);
        const char *kind = recipe_text(log, "do");
        put_in(page, "<li><h3>", report_word(kind, page->language), " <code class=\"soft\">");
        put_in(page, "", kind, "</code></h3>");
        put_pairs(page, json_array_get(asked, i), "");
        put_pairs(page, log, "done");
        page_put(page, "</li>");
    }
    page_put(page, "</ol></section>");
}

static void put_files(Page *page, const json_t *report)
{
    const json_t *files = json_object_get(report, "files"), *keys = json_object_get(report, "keys");
    const char *name;
    json_t *value;
    if (!json_is_object(files))
        return;
    put_in(page, "<section><h2>", say(page, T_FILES), "</h2>");
    put_in(page, "<p class=\"soft\">", say(page, T_FILES_NOTE), "</p><dl class=\"rows\">");
    json_object_foreach ((json_t *)files, name, value) {
        put_in(page, "<dt>", report_word(name, page->language), "</dt><dd><code>");
        put_in(page, "", json_string_value(value), "</code></dd>");
    }
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);
        put_in(page, "<dt>", say(page, T_KEY_USED), " ");
        put_in(page, "<strong>", recipe_text(key, "domain"), "</strong></dt><dd><code>");
        put_in(page, "", recipe_text(key, "key"), "</code></dd>");
    }
    page_put(page, "</dl></section>");
}

char *protect_report_html(const json_t *report, const char *language, const char *theme)
{
    Page page = {g_string_new(NULL), g_strcmp0(language, "fr") == 0};
    put_head(&page, recipe_text(json_object_get(report, "recipe"), "title"), theme);
    put_title(&page, report);
    put_tiles(&page, report);
    put_risk(&page, report);
    put_plot(&page, report);
    put_identifiers(&page, report);
    put_sensitive(&page, report);
    put_utility(&page, report);
    put_steps(&page, report);
    put_files(&page, report);
    put_in(&page, "<section><h2>", say(&page, T_LIMITS), "</h2><p class=\"soft\">");
    put_said(&page, T_LIMITS_NOTE);
    page_put(&page, "</p></section></main></body></html>\n");
    return g_string_free(page.html, false);
}
