/* SPDX-License-Identifier: Apache-2.0 */
/* No script, nothing fetched; every text of a file or a recipe is escaped. */
#include "protect/page.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

void page_put(Page *page, const char *html)
{
    g_string_append(page->html, html);
}

void page_text(Page *page, const char *text)
{
    g_autofree char *safe = g_markup_escape_text(text != NULL ? text : "", -1);
    g_string_append(page->html, safe);
}

void page_digits(Page *page, const char *digits)
{
    size_t whole = strspn(digits, "-0123456789");
    bool plain = strchr(digits, 'e') == NULL;
    for (size_t i = 0; digits[i] != '\0'; i++) {
        if (plain && i > 0 && i < whole && (whole - i) % 3 == 0 && digits[i - 1] != '-')
            page_put(page, page->language == 1 ? "\u202f" : ",");
        if (digits[i] == '.' && page->language == 1)
            page_put(page, ",");
        else
            g_string_append_c(page->html, digits[i]);
    }
}

void page_number(Page *page, const json_t *value)
{
    char digits[64];
    double number = json_number_value(value);
    if (!json_is_number(value)) {
        page_put(page, "–");
        return;
    }
    bool whole = json_is_integer(value) || (number == floor(number) && fabs(number) < 1e15);
    page_digits(page, g_ascii_formatd(digits, sizeof digits, whole                    ? "%.0f"
                                                             : fabs(number) >= 1000 ? "%.1f"
                                                                                    : "%.4g", number));
}

void page_head(Page *page, const char *title)
{
    g_string_append_printf(page->html, "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\">"
                           "<meta name=\"viewport\" content=\"width=device-width\"><title>",
                           page->language == 1 ? "fr" : "en");
    page_text(page, title);
    page_put(page,
        "</title><style>"
        ":root{color-scheme:light dark;--ink:#1b1b1f;--soft:#5c5c66;--line:#d9d9e0;--paper:#fff;"
        "--old:#9aa0b4;--new:#1f5fbf;--good:#1a7f4b;--bad:#b3261e;--hatch:#d9d9e0}"
        "@media(prefers-color-scheme:dark){:root{--ink:#ececf1;--soft:#a3a3ad;--line:#3a3a44;"
        "--paper:#17171b;--old:#6d7388;--new:#7fb0ff;--good:#5cc990;--bad:#ff8a80;--hatch:#3a3a44}}"
        "body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;"
        "padding:1.5rem;max-width:60rem}h1{font-size:1.6rem;margin:0 0 .2rem}"
        "h2{font-size:1.2rem;margin:2.2rem 0 .6rem}p{margin:.3rem 0;color:var(--soft)}"
        ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
        "th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:right}"
        "th:first-child,td:first-child{text-align:left}thead th{color:var(--soft);font-weight:600}"
        "tbody th{font-weight:400}svg{width:100%;height:auto;max-width:44rem}svg text{fill:var(--ink);"
        "font:12px system-ui,sans-serif}.old{fill:var(--old)}.new{fill:var(--new)}"
        "code{overflow-wrap:anywhere;font-size:.85em}.text th,.text td{text-align:left}"
        ".verdict{border:1px solid var(--line);border-left:.4rem solid var(--good);border-radius:.4rem;padding:.7rem 1rem;"
        "margin:1.2rem 0;color:var(--ink)}.verdict.bad{border-left-color:var(--bad)}.verdict strong{display:block}"
        ".verdict.bad{color:var(--ink)}.verdict.bad strong{color:var(--bad)}"
        "table th.words{text-align:left}td small{white-space:nowrap}"
        ".good{color:var(--good)}.bad{color:var(--bad)}.note{font-size:.9rem}td.cell{text-align:left}"
        "td.hid{color:var(--soft);background:repeating-linear-gradient(135deg,var(--hatch) 0 2px,transparent 2px 7px)}"
        "td.hid b{color:var(--bad)}.grid th{text-align:left;white-space:nowrap}.grid thead th{text-align:right}"
        ".bar{width:9rem;height:1rem;max-width:none;display:block}.bar .rail{stroke:var(--line);stroke-width:1}"
        ".bar .reach{stroke:var(--new);stroke-width:3}.bar .asked{stroke:var(--ink);stroke-width:7;opacity:.35}"
        ".bar .reach.bad{stroke:var(--bad)}ul{margin:.3rem 0;padding-left:1.2rem}"
        "@media(max-width:40rem){body{padding:1rem}th,td{padding:.3rem .25rem}table{font-size:.85rem}}"
        "</style></head><body>");
}
