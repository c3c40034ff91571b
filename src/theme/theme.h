/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The look of this Darse: a file of the officer's that replaces colours, shapes, fonts, logo, names
 * and the links of the footer, without building anything again. Everything in it is checked when the
 * server starts: only known tokens, only values of their kind, and only colours that people can read
 * (WCAG 2 AA), so that the style sheet printed from it can hold nothing else.
 */
#ifndef DARSE_THEME_THEME_H
#define DARSE_THEME_THEME_H

#include "app/app.h"

#include <jansson.h>
#include <stdbool.h>

extern const Room theme_room;
extern const Verb theme_verbs[];

typedef struct ThemeFile {
    char *name;               /* of the file, as in its address */
    const char *type;         /* media type */
    GBytes *bytes;
} ThemeFile;

typedef struct Theme {
    char *css;                /* "" without a theme */
    json_t *about;            /* what pages draw: name, owner, logo, footer */
    ThemeFile logo;           /* bytes NULL: none */
    GPtrArray *fonts;         /* of ThemeFile */
} Theme;
void theme_free(Theme *theme);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Theme, theme_free)

/* The look as shipped. */
Theme *theme_plain_new(void);
/* From TEXT; logo and fonts are files beside it, in FOLDER. ERROR_INVALID "theme.*". */
bool theme_parse(const char *text, size_t size, const char *folder, Theme **ret_theme,
                 GError **error);
/* From the file at PATH. */
bool theme_read(const char *path, Theme **ret_theme, GError **error);

/* Contrast of two colours, "#rrggbb", as WCAG 2 defines it: 1 to 21. Pure. */
double theme_contrast(const char *a, const char *b);

#endif
