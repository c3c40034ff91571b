/* SPDX-License-Identifier: Apache-2.0 */
/* theme: what a file may say, and that nothing else comes into the style sheet. */
#include "base/error.h"
#include "base/files.h"
#include "theme/theme.h"
#include "theme/tokens.h"

#include <string.h>

#define SVG "<svg xmlns='http://www.w3.org/2000/svg'/>"

typedef struct Folder {
    char *path;
} Folder;

static void put(const Folder *folder, const char *name, const char *bytes, size_t size)
{
    g_autofree char *path = g_build_filename(folder->path, name, NULL);
    g_assert_true(file_write(path, bytes, size, 0644, NULL));
}

static void setup(Folder *folder, const void *unused)
{
    (void)unused;
    folder->path = g_dir_make_tmp("darse-XXXXXX", NULL);
    put(folder, "mark.svg", SVG, strlen(SVG));
    put(folder, "bad.svg", "<svg><SCRIPT/></svg>", 20);
    put(folder, "entity.svg", "<!DOCTYPE svg []><svg/>", 23);
    put(folder, "text.svg", "hello", 5);
    put(folder, "state.woff2", "wOF2....", 8);
    put(folder, "not.woff2", "OTTO....", 8);
    put(folder, "fake.png", "GIF89a", 6);
}

static void teardown(Folder *folder, const void *unused)
{
    (void)unused;
    g_assert_true(tree_remove(folder->path, NULL));
    g_free(folder->path);
}

static void test_refused(Folder *folder, const void *unused)
{
    (void)unused;
    static const char *const rows[] = {
        "", "[]", "{", "{\"name\": \"a\", \"name\": \"b\"}", "{\"colour\": {}}",
        "{\"name\": \"\"}", "{\"name\": 3}", "{\"name\": \"a\\nb\"}",
        "{\"name\": \"12345678901234567890123456789012345678901\"}",
        "{\"owner\": \"Ministry\"}", "{\"owner\": {\"fr\": \"a\"}}",
        "{\"colours\": []}", "{\"colours\": {\"pink\": \"#ff00ff\"}}",
        "{\"colours\": {\"primary\": \"red\"}}", "{\"colours\": {\"primary\": \"#00009\"}}",
        "{\"colours\": {\"primary\": \"#00009g\"}}",
        "{\"colours\": {\"primary\": \"#000091;}body{display:none\"}}",
        "{\"colours\": {\"primary\": [\"#000091\"]}}",
        "{\"colours\": {\"primary\": [\"#000091\", \"#8585f6\", \"#000000\"]}}",
        "{\"measures\": {\"radius\": 25}}", "{\"measures\": {\"radius\": -1}}",
        "{\"measures\": {\"radius\": \"6px\"}}", "{\"measures\": {\"width\": 6}}",
        "{\"font_text\": \"A\\\"; }\"}", "{\"font_text\": \"\"}",
        "{\"fonts\": [{\"family\": \"State\", \"file\": \"../state.woff2\"}]}",
        "{\"fonts\": [{\"family\": \"State\", \"file\": \"none.woff2\"}]}",
        "{\"fonts\": [{\"family\": \"State\", \"file\": \"not.woff2\"}]}",
        "{\"fonts\": [{\"family\": \"State\", \"file\": \"state.woff2\", \"weight\": 1000}]}",
        "{\"fonts\": {}}", "{\"logo\": \"../mark.svg\"}", "{\"logo\": \"/etc/passwd\"}",
        "{\"logo\": \"bad.svg\"}", "{\"logo\": \"entity.svg\"}", "{\"logo\": \"text.svg\"}",
        "{\"logo\": \"fake.png\"}", "{\"logo\": \"state.woff2\"}", "{\"logo\": \".svg\"}",
        "{\"footer\": [{\"text\": {\"fr\": \"a\", \"en\": \"a\"}, \"url\": \"javascript:alert(1)\"}]}",
        "{\"footer\": [{\"text\": {\"fr\": \"a\", \"en\": \"a\"}, \"url\": \"//elsewhere\"}]}",
        "{\"footer\": [{\"text\": {\"fr\": \"a\", \"en\": \"a\"}, \"url\": \"http://x\"}]}",
        "{\"footer\": [{\"text\": \"a\", \"url\": \"/x\"}]}",
        "{\"footer\": [{\"text\": {\"fr\": \"a\", \"en\": \"a\"}, \"url\": \"/x\", \"on\": 1}]}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Theme *untouched = NULL;
        GError *error = NULL;
        g_test_message("%s", rows[i]);
        g_assert_false(theme_parse(rows[i], strlen(rows[i]), folder->path, &untouched, &error));
        g_assert_null(untouched);
        g_assert_nonnull(error);
        g_assert_true(strlen(error->message) > 10);
        g_clear_error(&error);
    }
}

static void test_contrast(Folder *folder, const void *unused)
{
    (void)unused;
    static const char pale[] = "{\"colours\": {\"ink\": [\"#999999\", \"#e4edef\"]}}";
    Theme *untouched = NULL;
    GError *error = NULL;
    g_assert_cmpfloat_with_epsilon(theme_contrast("#000000", "#ffffff"), 21.0, 0.001);
    g_assert_cmpfloat_with_epsilon(theme_contrast("#777777", "#ffffff"), 4.478, 0.001);
    g_assert_cmpfloat(theme_contrast("#123456", "#123456"), ==, 1.0);
    g_assert_false(theme_parse(pale, strlen(pale), folder->path, &untouched, &error));
    g_assert_cmpstr(error_reason(error), ==, "theme.contrast");
    g_assert_nonnull(strstr(error->message, "ink (#999999) on ground"));
    g_clear_error(&error);
    /* What is shipped can be read, in both forms; every pair names two colours. */
    g_autoptr(Theme) plain = NULL;
    g_assert_true(theme_parse("{\"colours\": {}}", 15, folder->path, &plain, &error));
    g_assert_no_error(error);
}

static void test_taken(Folder *folder, const void *unused)
{
    (void)unused;
    static const char text[] =
        "{\"name\": \"Datalab\", \"owner\": {\"fr\": \"Ministère\", \"en\": \"Ministry\"},"
        " \"logo\": \"mark.svg\","
        " \"colours\": {\"primary\": [\"#000091\", \"#8585f6\"], \"primary-strong\": [\"#00006d\", "
        "\"#b1b1f9\"], \"quay\": \"#1e1e3c\"},"
        " \"measures\": {\"radius\": 0, \"weight-title\": 700},"
        " \"fonts\": [{\"family\": \"State Sans\", \"file\": \"state.woff2\", \"weight\": 200, "
        "\"weight_to\": 800}], \"font_text\": \"State Sans\","
        " \"footer\": [{\"text\": {\"fr\": \"Aide\", \"en\": \"Help\"}, \"url\": "
        "\"https://help.example\"}]}";
    GError *error = NULL;
    g_autoptr(Theme) theme = NULL;
    g_assert_true(theme_parse(text, strlen(text), folder->path, &theme, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(
        theme->css, ==,
        "@font-face{font-family:\"State Sans\";font-style:normal;font-display:swap;font-weight:200 "
        "800;src:url(\"/theme/fonts/state.woff2\") format(\"woff2\")}:root:root{--colour-primary:"
        "light-dark(#000091,#8585f6);--colour-primary-strong:light-dark(#00006d,#b1b1f9);"
        "--colour-quay:light-dark(#1e1e3c,#1e1e3c);--radius:0px;--weight-title:700;--font-text:"
        "\"State Sans\",system-ui,sans-serif;}\n");
    g_assert_cmpstr(json_string_value(json_object_get(theme->about, "logo")), ==,
                    "/theme/logo/mark.svg");
    g_assert_cmpuint(json_array_size(json_object_get(theme->about, "footer")), ==, 1);
    g_assert_cmpuint(theme->fonts->len, ==, 1);
    g_autoptr(Theme) plain = theme_plain_new();
    g_assert_cmpstr(plain->css, ==, "");
}

static void test_tables(void)
{
    for (const ThemePair *pair = theme_pairs; pair->ink != NULL; pair++) {
        int found = 0;
        for (const ThemeColour *row = theme_colours; row->name != NULL; row++)
            found += strcmp(row->name, pair->ink) == 0 || strcmp(row->name, pair->ground) == 0;
        g_assert_cmpint(found, ==, 2);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/theme/tables", test_tables);
    g_test_add("/theme/refused", Folder, NULL, setup, test_refused, teardown);
    g_test_add("/theme/contrast", Folder, NULL, setup, test_contrast, teardown);
    g_test_add("/theme/taken", Folder, NULL, setup, test_taken, teardown);
    return g_test_run();
}
