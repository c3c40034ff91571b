/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gateway itself says to a person: a small page in French and English when a browser asks
 * for a page, a problem document otherwise. Its one style sheet is allowed by its hash.
 */
#include "gateway/internal.h"

#include "base/encode.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f5f7fa;color:#1b2733}"
    "main{max-width:38em;margin:10vh auto;padding:2em;background:#fff;border-radius:8px}"
    "h1{font-size:1.4em;margin-top:0}a{color:#0b5cad}section+section{border-top:1px solid #d5dce4;"
    "margin-top:1.5em;padding-top:1.5em}small{color:#5a6875}"
    "@media(prefers-color-scheme:dark){body{background:#141a20;color:#e6ebf0}"
    "main{background:#1e262e}a{color:#7db8f5}section+section{border-color:#3a4550}"
    "small{color:#9aa8b5}}";

typedef struct PageText {
    ErrorCode code;
    const char *french_title, *french, *english_title, *english;
} PageText;

/* The first row serves every other code. */
static const PageText texts[] = {
    {ERROR_INTERNAL, "Une erreur est survenue",
     "La demande n'a pas pu être traitée.", "Something went wrong",
     "The request could not be handled."},
    {ERROR_INVALID, "Demande incorrecte", "Cette adresse ou cette demande n'est pas correcte.",
     "Bad request", "This address or request is not correct."},
    {ERROR_UNAUTHENTICATED, "Ouvrez ce service depuis le portail",
     "Vous n'êtes pas connecté à ce service, ou votre session a pris fin.",
     "Open this service from the portal",
     "You are not signed in to this service, or your session has ended."},
    {ERROR_DENIED, "Accès refusé", "Ce service ne vous est pas ouvert, pour la raison suivante.",
     "Not allowed", "This service is not open to you, for the following reason."},
    {ERROR_NOT_FOUND, "Service introuvable", "Il n'y a pas de service à cette adresse.",
     "No such service", "There is no service at this address."},
    {ERROR_CONFLICT, "Ce service est arrêté", "Il ne fonctionne pas en ce moment.",
     "This service is stopped", "It is not running now."},
    {ERROR_UNAVAILABLE, "Le service ne répond pas",
     "Il démarre, s'arrête, ou ne répond plus. Réessayez dans un instant.",
     "The service does not answer",
     "It is starting, stopping, or no longer answers. Try again in a moment."},
};

static const PageText *text_of(const GError *problem)
{
    ErrorCode code = error_kind_of(problem)->code;
    for (size_t i = 1; i < G_N_ELEMENTS(texts); i++) {
        if (texts[i].code == code)
            return &texts[i];
    }
    return &texts[0];
}

static void section(GString *page, const char *language, const char *title, const char *text,
                    const char *link, const char *url)
{
    g_autofree char *address = g_markup_escape_text(url, -1);
    g_string_append_printf(page,
                           "<section lang=\"%s\"><h1>%s</h1><p>%s</p><p><a href=\"%s\">%s</a></p>"
                           "</section>",
                           language, title, text, address, link);
}

static GBytes *page_make(const HttpRequest *request, const Gateway *gateway, const GError *problem)
{
    const PageText *text = text_of(problem);
    GString *page = g_string_new("<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\">"
                                 "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    g_string_append_printf(page, "%s</title><style>%s</style></head><body><main>",
                           text->french_title, style);
    section(page, "fr", text->french_title, text->french, "Aller au portail", gateway->portal_url);
    section(page, "en", text->english_title, text->english, "Go to the portal",
            gateway->portal_url);
    g_string_append(page, "<section>");
    if (error_kind_of(problem)->is_public) {
        g_autofree char *valid = g_utf8_make_valid(problem->message, -1);
        g_autofree char *sentence = g_markup_escape_text(valid, -1);
        g_string_append_printf(page, "<p lang=\"en\">%s</p>", sentence);
    }
    g_string_append_printf(page, "<p><small>%s</small></p></section></main></body></html>",
                           http_request_id(request));
    gsize size = page->len;
    return g_bytes_new_take(g_string_free(page, FALSE), size);
}

static char *style_policy(void)
{
    uint8_t hash[HASH_SIZE];
    hash_bytes(style, strlen(style), hash);
    g_autofree char *encoded = g_base64_encode(hash, sizeof hash);
    return g_strdup_printf("default-src 'none'; style-src 'sha256-%s'; frame-ancestors 'self'; "
                           "base-uri 'none'; form-action 'none'", encoded);
}

bool page_write_problem(HttpRequest *request, const GError *problem, GError **error)
{
    const Gateway *gateway = http_request_site_data(request);
    const char *accept = http_request_header(request, "Accept");
    int status = error_kind_of(problem)->http_status;
    http_reply_header(request, "Cache-Control", "no-store");
    http_reply_header(request, "X-Content-Type-Options", "nosniff");
    http_reply_header(request, "Referrer-Policy", "no-referrer");
    if (accept != NULL && strstr(accept, "text/html") != NULL) {
        g_autofree char *policy = style_policy();
        g_autoptr(GBytes) page = page_make(request, gateway, problem);
        http_reply_header(request, "Content-Security-Policy", policy);
        return http_reply_bytes(request, status, "text/html; charset=utf-8", page, error);
    }
    g_autoptr(json_t) document = http_problem(problem, http_request_id(request));
    char *text = json_dumps(document, JSON_COMPACT);
    g_autoptr(GBytes) bytes = g_bytes_new_with_free_func(text, strlen(text), free, text);
    return http_reply_bytes(request, status, "application/problem+json", bytes, error);
}
