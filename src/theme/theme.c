/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a theme file. Each part of it has a row in a table of readers; the style sheet is printed
 * only from values that were checked character by character, so that nothing in the file can end a
 * declaration or begin another.
 */
#include "theme/theme.h"

#include "base/error.h"
#include "base/files.h"
#include "theme/tokens.h"

#include <math.h>
#include <string.h>

#define THEME_BYTES_MAX  (64 * 1024)
#define LOGO_BYTES_MAX   (128 * 1024)
#define FONT_BYTES_MAX   (512 * 1024)
#define FONTS_MAX        8
#define LINKS_MAX        12
#define NAME_MAX_CHARS   40
#define TEXT_MAX_CHARS   120
#define URL_MAX_CHARS    500

static void theme_file_clear(ThemeFile *file)
{
    g_free(file->name);
    g_clear_pointer(&file->bytes, g_bytes_unref);
}

static void theme_file_free(void *data)
{
    theme_file_clear(data);
    g_free(data);
}

void theme_free(Theme *theme)
{
    if (theme == NULL)
        return;
    g_free(theme->css);
    json_decref(theme->about);
    theme_file_clear(&theme->logo);
    g_ptr_array_unref(theme->fonts);
    g_free(theme);
}

static Theme *theme_new(void)
{
    Theme *theme = g_new0(Theme, 1);
    theme->about = json_pack("{s:n, s:n, s:n, s:[]}", "name", "owner", "logo", "footer");
    theme->fonts = g_ptr_array_new_with_free_func(theme_file_free);
    return theme;
}

Theme *theme_plain_new(void)
{
    Theme *theme = theme_new();
    theme->css = g_strdup("");
    return theme;
}

static bool refuse(GError **error, const char *sentence, const char *what)
{
    return error_set(error, ERROR_INVALID, "theme.invalid", "The theme: %s: %s.", what, sentence);
}

/* ---- values ---- */

static bool is_colour(const char *text)
{
    if (text == NULL || text[0] != '#' || strlen(text) != 7)
        return false;
    for (int i = 1; i < 7; i++) {
        if (!g_ascii_isxdigit(text[i]))
            return false;
    }
    return true;
}

/* Letters, digits, spaces and dashes: what a font family needs, and nothing that ends a string. */
static bool is_family(const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    if (length == 0 || length > 60)
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && *p != ' ' && *p != '-')
            return false;
    }
    return true;
}

static bool is_line(const char *text, size_t most)
{
    if (text == NULL || *text == '\0' || g_utf8_strlen(text, -1) > (glong)most)
        return false;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return false;
    }
    return true;
}

/* A page of ours or an address that cannot run a script. */
static bool is_link(const char *url)
{
    bool ours = url != NULL && url[0] == '/' && url[1] != '/' && url[1] != '\\';
    return (ours || (url != NULL && g_str_has_prefix(url, "https://"))) &&
           is_line(url, URL_MAX_CHARS) && strpbrk(url, " \"'<>\\") == NULL;
}

static bool is_file_name(const char *name, const char *const *extensions, const char **ret_type)
{
    size_t length = name != NULL ? strlen(name) : 0;
    if (length == 0 || length > 80 || name[0] == '.')
        return false;
    for (const char *p = name; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && *p != '-' && *p != '_' && *p != '.')
            return false;
    }
    for (; *extensions != NULL; extensions += 2) {
        if (g_str_has_suffix(name, extensions[0])) {
            *ret_type = extensions[1];
            return true;
        }
    }
    return false;
}

static double channel(const char *colour, int at)
{
    double value = (g_ascii_xdigit_value(colour[at]) * 16 + g_ascii_xdigit_value(colour[at + 1])) /
                   255.0;
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(const char *colour)
{
    return 0.2126 * channel(colour, 1) + 0.7152 * channel(colour, 3) + 0.0722 * channel(colour, 5);
}

double theme_contrast(const char *a, const char *b)
{
    double x = luminance(a), y = luminance(b);
    return (MAX(x, y) + 0.05) / (MIN(x, y) + 0.05);
}

/* ---- reading ---- */

typedef struct Reading {
    Theme *theme;
    const char *folder;
    GString *css;             /* declarations of :root */
    GString *faces;           /* @font-face rules before it */
    const json_t *colours;
} Reading;

/* What a theme says of NAME in one of its forms, or what is shipped. */
static const char *colour_of(const Reading *reading, const ThemeColour *row, bool dark)
{
    const json_t *given = json_object_get(reading->colours, row->name);
    if (json_is_string(given))
        return json_string_value(given);
    if (json_is_array(given))
        return json_string_value(json_array_get(given, dark ? 1 : 0));
    return dark ? row->dark : row->light;
}

static const ThemeColour *colour_find(const char *name)
{
    for (const ThemeColour *row = theme_colours; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

static bool check_contrast(const Reading *reading, bool dark, GError **error)
{
    for (const ThemePair *pair = theme_pairs; pair->ink != NULL; pair++) {
        const char *ink = colour_of(reading, colour_find(pair->ink), dark);
        const char *ground = colour_of(reading, colour_find(pair->ground), dark);
        double contrast = theme_contrast(ink, ground);
        if (contrast < pair->least)
            return error_set(error, ERROR_INVALID, "theme.contrast",
                             "The theme: %s (%s) on %s (%s) has a contrast of %.2f in the %s form; "
                             "people need %.1f to read it.", pair->ink, ink, pair->ground, ground,
                             contrast, dark ? "dark" : "light", pair->least);
    }
    return true;
}

static bool read_colours(Reading *reading, const json_t *value, GError **error)
{
    const char *name;
    json_t *given;
    if (!json_is_object(value))
        return refuse(error, "it is an object of names and values", "\"colours\"");
    json_object_foreach((json_t *)value, name, given) {
        bool two = json_is_array(given) && json_array_size(given) == 2;
        const char *light = json_string_value(two ? json_array_get(given, 0) : given);
        const char *dark = json_string_value(two ? json_array_get(given, 1) : given);
        if (colour_find(name) == NULL)
            return refuse(error, "there is no such colour; docs/theme.md lists them", name);
        if (!is_colour(light) || !is_colour(dark))
            return refuse(error, "a colour is \"#rrggbb\", or two of them: light, dark", name);
        g_string_append_printf(reading->css, "--colour-%s:light-dark(%s,%s);", name, light, dark);
    }
    reading->colours = value;
    return check_contrast(reading, false, error) && check_contrast(reading, true, error);
}

static bool read_measures(Reading *reading, const json_t *value, GError **error)
{
    const char *name;
    json_t *given;
    if (!json_is_object(value))
        return refuse(error, "it is an object of names and numbers", "\"measures\"");
    json_object_foreach((json_t *)value, name, given) {
        const ThemeMeasure *row = theme_measures;
        while (row->name != NULL && strcmp(row->name, name) != 0)
            row++;
        if (row->name == NULL)
            return refuse(error, "there is no such measure; docs/theme.md lists them", name);
        if (!json_is_integer(given) || json_integer_value(given) < row->least ||
            json_integer_value(given) > row->most)
            return refuse(error, "it is not a whole number within its bounds", name);
        g_string_append_printf(reading->css, "--%s:%d%s;", name, (int)json_integer_value(given),
                               row->unit);
    }
    return true;
}

static bool read_file(const Reading *reading, const char *name, size_t most, GBytes **ret_bytes,
                      GError **error)
{
    g_autofree char *path = g_build_filename(reading->folder, name, NULL);
    char *text = NULL;
    size_t size = 0;
    if (!file_read(path, most, &text, &size, error)) {
        g_prefix_error(error, "The theme: ");
        return false;
    }
    *ret_bytes = g_bytes_new_take(text, size);
    return true;
}

static bool read_font(Reading *reading, const json_t *value, GError **error)
{
    static const char *const extensions[] = {".woff2", "font/woff2", NULL};
    const char *family = json_string_value(json_object_get(value, "family"));
    const char *file = json_string_value(json_object_get(value, "file"));
    const json_t *from = json_object_get(value, "weight");
    const json_t *to = json_object_get(value, "weight_to");
    bool italic = json_is_true(json_object_get(value, "italic"));
    int64_t least = from != NULL ? json_integer_value(from) : 400;
    int64_t most = to != NULL ? json_integer_value(to) : least;
    const char *type = NULL;
    if (!is_family(family) || !is_file_name(file, extensions, &type) || least < 100 ||
        most < least || most > 900)
        return refuse(error, "each has a family, a .woff2 file beside the theme, weights of 100 to "
                             "900", "\"fonts\"");
    g_autoptr(GBytes) bytes = NULL;
    if (!read_file(reading, file, FONT_BYTES_MAX, &bytes, error))
        return false;
    if (g_bytes_get_size(bytes) < 4 || memcmp(g_bytes_get_data(bytes, NULL), "wOF2", 4) != 0)
        return refuse(error, "the file is not a WOFF2 font", file);
    ThemeFile *font = g_new0(ThemeFile, 1);
    *font = (ThemeFile){g_strdup(file), type, g_steal_pointer(&bytes)};
    g_ptr_array_add(reading->theme->fonts, font);
    g_string_append_printf(reading->faces,
                           "@font-face{font-family:\"%s\";font-style:%s;font-display:swap;"
                           "font-weight:%d %d;src:url(\"/theme/fonts/%s\") format(\"woff2\")}",
                           family, italic ? "italic" : "normal", (int)least, (int)most, file);
    return true;
}

static bool read_fonts(Reading *reading, const json_t *value, GError **error)
{
    size_t i;
    json_t *font;
    if (!json_is_array(value) || json_array_size(value) > FONTS_MAX)
        return refuse(error, "it is a list of at most eight fonts", "\"fonts\"");
    json_array_foreach((json_t *)value, i, font) {
        if (!read_font(reading, font, error))
            return false;
    }
    return true;
}

static bool read_family(Reading *reading, const json_t *value, const char *token,
                        const char *fallback, GError **error)
{
    const char *family = json_string_value(value);
    if (!is_family(family))
        return refuse(error, "it is the name of a font family", token);
    g_string_append_printf(reading->css, "--%s:\"%s\",%s;", token, family, fallback);
    return true;
}

static bool read_font_text(Reading *reading, const json_t *value, GError **error)
{
    return read_family(reading, value, "font-text", "system-ui,sans-serif", error);
}

static bool read_font_code(Reading *reading, const json_t *value, GError **error)
{
    return read_family(reading, value, "font-code", "ui-monospace,monospace", error);
}

static bool read_name(Reading *reading, const json_t *value, GError **error)
{
    if (!is_line(json_string_value(value), NAME_MAX_CHARS))
        return refuse(error, "it is one line of at most 40 characters", "\"name\"");
    json_object_set(reading->theme->about, "name", (json_t *)value);
    return true;
}

/* {"fr": "...", "en": "..."} */
static bool is_in_both(const json_t *value)
{
    return json_object_size(value) == 2 &&
           is_line(json_string_value(json_object_get(value, "fr")), TEXT_MAX_CHARS) &&
           is_line(json_string_value(json_object_get(value, "en")), TEXT_MAX_CHARS);
}

static bool read_owner(Reading *reading, const json_t *value, GError **error)
{
    if (!is_in_both(value))
        return refuse(error, "it has a text in \"fr\" and in \"en\"", "\"owner\"");
    json_object_set(reading->theme->about, "owner", (json_t *)value);
    return true;
}

/* Drawn as an image and answered with a policy of its own, a logo runs nothing; these have no place in
 * one all the same. */
static bool logo_is_plain(const GBytes *bytes)
{
    static const char *const strange[] = {"<script", "<!DOCTYPE", "<!ENTITY", "<foreignObject",
                                          "javascript:", NULL};
    size_t size;
    const char *data = g_bytes_get_data((GBytes *)bytes, &size);
    g_autofree char *text = g_strndup(data, size);
    if (strlen(text) != size || !g_utf8_validate(text, -1, NULL) || strstr(text, "<svg") == NULL)
        return false;
    g_autofree char *lower = g_ascii_strdown(text, -1);
    for (const char *const *one = strange; *one != NULL; one++) {
        g_autofree char *wanted = g_ascii_strdown(*one, -1);
        if (strstr(lower, wanted) != NULL)
            return false;
    }
    return true;
}

static bool read_logo(Reading *reading, const json_t *value, GError **error)
{
    static const char *const extensions[] = {".svg", "image/svg+xml", ".png", "image/png", NULL};
    const char *name = json_string_value(value);
    ThemeFile *logo = &reading->theme->logo;
    g_autoptr(GBytes) bytes = NULL;
    if (!is_file_name(name, extensions, &logo->type))
        return refuse(error, "it is the name of an .svg or .png file beside the theme", "\"logo\"");
    if (!read_file(reading, name, LOGO_BYTES_MAX, &bytes, error))
        return false;
    bool svg = strcmp(logo->type, "image/svg+xml") == 0;
    if (svg ? !logo_is_plain(bytes)
            : g_bytes_get_size(bytes) < 4 ||
                  memcmp(g_bytes_get_data(bytes, NULL), "\x89PNG", 4) != 0)
        return refuse(error, "the file is not a plain image", name);
    logo->name = g_strdup(name);
    logo->bytes = g_steal_pointer(&bytes);
    json_object_set_new(reading->theme->about, "logo", json_sprintf("/theme/logo/%s", name));
    return true;
}

static bool read_footer(Reading *reading, const json_t *value, GError **error)
{
    size_t i;
    json_t *link;
    if (!json_is_array(value) || json_array_size(value) > LINKS_MAX)
        return refuse(error, "it is a list of at most twelve links", "\"footer\"");
    json_array_foreach((json_t *)value, i, link) {
        if (json_object_size(link) != 2 || !is_in_both(json_object_get(link, "text")) ||
            !is_link(json_string_value(json_object_get(link, "url"))))
            return refuse(error, "each has a \"text\" in \"fr\" and \"en\", and a \"url\" that "
                                 "begins with https:// or with one /", "\"footer\"");
    }
    json_object_set(reading->theme->about, "footer", (json_t *)value);
    return true;
}

static const struct {
    const char *name;
    bool (*read)(Reading *reading, const json_t *value, GError **error);
} readers[] = {
    {"name", read_name},           {"owner", read_owner},         {"logo", read_logo},
    {"colours", read_colours},     {"measures", read_measures},   {"fonts", read_fonts},
    {"font_text", read_font_text}, {"font_code", read_font_code}, {"footer", read_footer},
};

static bool read_part(Reading *reading, const char *name, const json_t *value, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        if (strcmp(readers[i].name, name) == 0)
            return readers[i].read(reading, value, error);
    }
    return refuse(error, "there is no such part; docs/theme.md lists them", name);
}

static bool read_parts(Reading *reading, const json_t *root, GError **error)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)root, name, value) {
        if (!read_part(reading, name, value, error))
            return false;
    }
    return true;
}

bool theme_parse(const char *text, size_t size, const char *folder, Theme **ret_theme,
                 GError **error)
{
    json_error_t where;
    g_autoptr(json_t) root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(root))
        return error_set(error, ERROR_INVALID, "theme.invalid",
                         "The theme is not a JSON object: %s, line %d.", where.text, where.line);
    g_autoptr(Theme) theme = theme_new();
    g_autoptr(GString) css = g_string_new(NULL);
    g_autoptr(GString) faces = g_string_new(NULL);
    Reading reading = {.theme = theme, .folder = folder, .css = css, .faces = faces};
    if (!read_parts(&reading, root, error))
        return false;
    /* Twice, to come before the style as shipped whichever is read last. */
    theme->css = g_strdup_printf("%s:root:root{%s}\n", faces->str, css->str);
    *ret_theme = g_steal_pointer(&theme);
    return true;
}

bool theme_read(const char *path, Theme **ret_theme, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *text = NULL;
    size_t size = 0;
    if (!file_read(path, THEME_BYTES_MAX, &text, &size, error)) {
        g_prefix_error(error, "The theme: ");
        return false;
    }
    return theme_parse(text, size, folder, ret_theme, error);
}
