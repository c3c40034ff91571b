/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmark parses and writes; in between the tree is made harmless. Its own safe mode leaves raw HTML and
 * script links out; we take images too (they would ask another site when the page is opened), and let only
 * the schemes through that a text of this kind needs.
 */
#include "texts/render.h"

#include "base/error.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <string.h>

void rendered_text_clear(RenderedText *text)
{
    g_free(text->title);
    g_free(text->html);
    *text = (RenderedText){0};
}

static bool link_is_allowed(const char *url)
{
    static const char *const schemes[] = {"https://", "http://", "mailto:", NULL};
    if (url == NULL || strpbrk(url, "\r\n\t\\") != NULL)
        return false;
    if (*url == '/')
        return url[1] != '/'; /* "//host" is another site */
    if (*url == '#')
        return true;
    for (const char *const *scheme = schemes; *scheme != NULL; scheme++) {
        if (g_ascii_strncasecmp(url, *scheme, strlen(*scheme)) == 0)
            return true;
    }
    return false;
}

/* NODE gives way to what it holds: the words of a link, the alternative of an image. */
static void unwrap(cmark_node *node)
{
    cmark_node *child;
    while ((child = cmark_node_first_child(node)) != NULL)
        cmark_node_insert_before(node, child);
    cmark_node_unlink(node);
    cmark_node_free(node);
}

static bool is_harmful(cmark_node *node)
{
    cmark_node_type type = cmark_node_get_type(node);
    return type == CMARK_NODE_IMAGE ||
           (type == CMARK_NODE_LINK && !link_is_allowed(cmark_node_get_url(node)));
}

static bool is_raw(cmark_node *node)
{
    cmark_node_type type = cmark_node_get_type(node);
    return type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE;
}

/* What is to be changed is gathered first: a tree is not changed under its iterator. Inner nodes come first,
 * as they are left first. */
static void make_harmless(cmark_node *document)
{
    g_autoptr(GPtrArray) harmful = g_ptr_array_new();
    g_autoptr(GPtrArray) raw = g_ptr_array_new();
    cmark_iter *iter = cmark_iter_new(document);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        if (event == CMARK_EVENT_EXIT && is_harmful(node))
            g_ptr_array_add(harmful, node);
        else if (event == CMARK_EVENT_ENTER && is_raw(node)) /* leaves: entered, never left */
            g_ptr_array_add(raw, node);
    }
    cmark_iter_free(iter);
    for (guint i = 0; i < raw->len; i++) {
        cmark_node_unlink(g_ptr_array_index(raw, i));
        cmark_node_free(g_ptr_array_index(raw, i));
    }
    for (guint i = 0; i < harmful->len; i++)
        unwrap(g_ptr_array_index(harmful, i));
}

/* The page has a heading of its own, made of the first one. */
static char *take_title(cmark_node *document)
{
    cmark_node *first = cmark_node_first_child(document);
    if (first == NULL || cmark_node_get_type(first) != CMARK_NODE_HEADING ||
        cmark_node_get_heading_level(first) != 1)
        return g_strdup("");
    GString *title = g_string_new(NULL);
    cmark_iter *iter = cmark_iter_new(first);
    while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        const char *literal = cmark_node_get_literal(node);
        if (literal != NULL)
            g_string_append(title, literal);
        else if (cmark_node_get_type(node) == CMARK_NODE_SOFTBREAK)
            g_string_append_c(title, ' ');
    }
    cmark_iter_free(iter);
    cmark_node_unlink(first);
    cmark_node_free(first);
    return g_string_free(title, FALSE);
}

static cmark_node *parse(const char *markdown, size_t size, cmark_parser *parser)
{
    cmark_syntax_extension *tables = cmark_find_syntax_extension("table");
    if (tables != NULL)
        cmark_parser_attach_syntax_extension(parser, tables);
    cmark_parser_feed(parser, markdown, size);
    return cmark_parser_finish(parser);
}

/* Headers of a table say that they are of columns. What is written between tags is escaped, so that these
 * are tags. */
static char *with_scopes(const char *html)
{
    static const char *const tags[][2] = {{"<th>", "<th scope=\"col\">"},
                                          {"<th align", "<th scope=\"col\" align"}};
    char *text = g_strdup(html);
    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
        g_auto(GStrv) parts = g_strsplit(text, tags[i][0], -1);
        g_free(text);
        text = g_strjoinv(tags[i][1], parts);
    }
    return text;
}

bool text_render(const char *markdown, size_t size, RenderedText *ret_text, GError **error)
{
    static GOnce registered = G_ONCE_INIT;
    g_once(&registered, (GThreadFunc)(void (*)(void))cmark_gfm_core_extensions_ensure_registered,
           NULL);
    if (size > TEXTS_MARKDOWN_MAX)
        return error_set(error, ERROR_TOO_LARGE, "texts.too_long",
                         "The text is longer than %d bytes; shorten it.", TEXTS_MARKDOWN_MAX);
    if (!g_utf8_validate(markdown, (gssize)size, NULL))
        return error_set(error, ERROR_INVALID, "texts.not_utf8", "The text is not UTF-8.");
    cmark_parser *parser = cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8);
    cmark_node *document = parse(markdown, size, parser);
    make_harmless(document);
    char *title = take_title(document);
    char *html = cmark_render_html(document, CMARK_OPT_DEFAULT,
                                   cmark_parser_get_syntax_extensions(parser));
    *ret_text = (RenderedText){title, with_scopes(html)};
    free(html);
    cmark_node_free(document);
    cmark_parser_free(parser);
    return true;
}
