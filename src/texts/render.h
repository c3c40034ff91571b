/* SPDX-License-Identifier: Apache-2.0 */
/* Markdown as HTML that may stand in a page of the portal. Pure: bytes in, text out. */
#ifndef DARSE_TEXTS_RENDER_H
#define DARSE_TEXTS_RENDER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define TEXTS_MARKDOWN_MAX 60000   /* bytes */

typedef struct RenderedText {
    char *title;                   /* of the first heading, if it is of level 1; else "" */
    char *html;                    /* without that heading */
} RenderedText;
void rendered_text_clear(RenderedText *text);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RenderedText, rendered_text_clear)

/* CommonMark with tables. Raw HTML, images and links to anything but http, https, mailto and paths of this
 * site are left out: whatever is written, the page runs no script and asks no other site for anything.
 * ERROR_TOO_LARGE "texts.too_long", ERROR_INVALID "texts.not_utf8". */
bool text_render(const char *markdown, size_t size, RenderedText *ret_text, GError **error);

#endif
