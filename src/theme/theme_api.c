/* SPDX-License-Identifier: Apache-2.0 */
/* The theme over HTTP, for everybody: the sign-in page has it too. Read once, when the server starts. */
#include "theme/theme.h"

#include "base/error.h"

#include <string.h>

static const Theme *theme_of(const App *app)
{
    return app->room_data[ROOM_THEME];
}

/* A theme changes when the server starts again: browsers may keep it for a while. */
static bool reply_file(HttpRequest *request, const char *type, GBytes *bytes, GError **error)
{
    http_reply_header(request, "Cache-Control", "public, max-age=600");
    return http_reply_bytes(request, 200, type, bytes, error);
}

static bool api_css(HttpRequest *request, GError **error)
{
    const Theme *theme = theme_of(request_app(request));
    g_autoptr(GBytes) bytes = g_bytes_new_static(theme->css, strlen(theme->css));
    return reply_file(request, "text/css; charset=utf-8", bytes, error);
}

static bool no_file(GError **error)
{
    return error_set(error, ERROR_NOT_FOUND, "theme.no_file", "The theme has no such file.");
}

/* Somebody may open the image by itself: then too it may run nothing and fetch nothing. */
static bool api_logo(HttpRequest *request, GError **error)
{
    const Theme *theme = theme_of(request_app(request));
    if (theme->logo.bytes == NULL ||
        strcmp(theme->logo.name, http_request_segment(request, "file")) != 0)
        return no_file(error);
    http_reply_header(request, "Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    return reply_file(request, theme->logo.type, theme->logo.bytes, error);
}

static bool api_font(HttpRequest *request, GError **error)
{
    const Theme *theme = theme_of(request_app(request));
    const char *name = http_request_segment(request, "file");
    for (guint i = 0; i < theme->fonts->len; i++) {
        const ThemeFile *font = g_ptr_array_index(theme->fonts, i);
        if (strcmp(font->name, name) == 0)
            return reply_file(request, font->type, font->bytes, error);
    }
    return no_file(error);
}

static bool api_about(HttpRequest *request, GError **error)
{
    return http_reply_json(request, 200, json_incref(theme_of(request_app(request))->about), error);
}

static const HttpField text_fields[] = {
    {"fr", HTTP_TEXT, .required = true},
    {"en", HTTP_TEXT, .required = true},
    HTTP_SCHEMA("ThemeText"),
};
static const HttpField link_fields[] = {
    {"text", HTTP_OBJECT, .required = true, .fields = text_fields},
    {"url", HTTP_TEXT, .required = true, .max = 500},
    HTTP_SCHEMA("ThemeLink"),
};
static const HttpField about_fields[] = {
    {"name", HTTP_TEXT, .summary = "Instead of Darse"},
    {"owner", HTTP_OBJECT, .fields = text_fields, .summary = "Whose platform it is"},
    {"logo", HTTP_TEXT, .summary = "Address of the image"},
    {"footer", HTTP_LIST, .required = true, .fields = link_fields},
    HTTP_SCHEMA("ThemeAbout"),
};

static const HttpRoute theme_routes[] = {
    {.method = "GET", .path = "/api/v1/theme", .handler = api_about, .access = HTTP_PUBLIC,
     .answer = about_fields, .tag = "platform", .summary = "Names, logo and links of this Darse"},
    {.method = "GET", .path = "/theme/theme.css", .handler = api_css, .access = HTTP_PUBLIC,
     .answer_types = "text/css", .tag = "platform", .summary = "Style of this Darse"},
    {.method = "GET", .path = "/theme/logo/{file}", .handler = api_logo, .access = HTTP_PUBLIC,
     .answer_types = "image/svg+xml image/png", .tag = "platform", .summary = "Its logo"},
    {.method = "GET", .path = "/theme/fonts/{file}", .handler = api_font, .access = HTTP_PUBLIC,
     .answer_types = "font/woff2", .tag = "platform", .summary = "A font of its style"},
    {0},
};

/* ---- life ---- */

static bool theme_start(App *app, GError **error)
{
    const char *path = config_text(app->config, "web.theme");
    Theme *theme = NULL;
    if (*path == '\0')
        theme = theme_plain_new();
    else if (!theme_read(path, &theme, error))
        return false;
    app->room_data[ROOM_THEME] = theme;
    return true;
}

static void theme_stop(App *app)
{
    theme_free(app->room_data[ROOM_THEME]);
    app->room_data[ROOM_THEME] = NULL;
}

const Room theme_room = {
    .name = "theme", .routes = theme_routes, .start = theme_start, .stop = theme_stop};
