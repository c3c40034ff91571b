/* SPDX-License-Identifier: Apache-2.0 */
/* What the pages of reports are made of. Private to the room. */
#ifndef DARSE_PROTECT_PAGE_H
#define DARSE_PROTECT_PAGE_H

#include <glib.h>
#include <jansson.h>

typedef struct Page {
    GString *html;
    int language;      /* 0 English, 1 French */
} Page;

void page_put(Page *page, const char *html);
/* Escaped. */
void page_text(Page *page, const char *text);
/* A number as text, in groups of digits and with the decimal sign of the language. */
void page_digits(Page *page, const char *digits);
/* Digits in groups, the decimal sign of the language; a dash for what is not there. */
void page_number(Page *page, const json_t *value);
/* Up to the body, with the style. */
void page_head(Page *page, const char *title);

#endif
