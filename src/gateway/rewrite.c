/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is changed between a browser and a service: which headers pass, whose cookies, and which
 * requests of other origins are refused. Pure functions over text.
 *
 * Two services of one site (svc-a.services.example.org, svc-b.services.example.org) are "same site"
 * for a browser, so that SameSite cookies do not part them: a page of one could send requests to
 * the other with its reader's cookie. Fetch metadata and Origin are therefore checked here.
 */
#include "gateway/internal.h"

#include "base/error.h"

#include <string.h>

/* Of one connection only (RFC 9110, section 7.6.1), or ours to say. */
static const char *const request_drops[] = {
    "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Trailer",
    "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Expect", "Content-Length", "Forwarded",
    "X-Real-IP", "Cookie", NULL,
};

static const char *const answer_drops[] = {
    "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Trailer",
    "Transfer-Encoding", "Upgrade", "Content-Length", "Date", "X-Request-Id",
    "Strict-Transport-Security", "Public-Key-Pins", "Alt-Svc",
    /* It would end the portal's session too, where both share a domain. */
    "Clear-Site-Data", NULL,
};

/* By these a browser sends something elsewhere without a page asking: reports, connections made
 * ahead, the next page. */
static const char *const outgoing[] = {
    "Content-Security-Policy-Report-Only", "Report-To", "Reporting-Endpoints", "NEL", "Link",
    "Refresh", "SourceMap", "X-DNS-Prefetch-Control", NULL,
};

static const char own_cookies[] = "__Host-darse";
static const char forwarded[] = "X-Forwarded-";

static bool name_is_in(const char *const *list, const char *name)
{
    for (; *list != NULL; list++) {
        if (g_ascii_strcasecmp(*list, name) == 0)
            return true;
    }
    return false;
}

RewriteVerdict rewrite_request_header(const char *name, const char *connection)
{
    if (name_is_in(request_drops, name) || head_has_token(connection, name) ||
        g_ascii_strncasecmp(name, forwarded, sizeof forwarded - 1) == 0)
        return REWRITE_DROP;
    return REWRITE_KEEP;
}

/* A cookie of a service stays with that origin, and is not one of ours. */
static bool cookie_is_allowed(const char *value)
{
    if (g_ascii_strncasecmp(value, own_cookies, sizeof own_cookies - 1) == 0)
        return false;
    for (const char *part = strchr(value, ';'); part != NULL; part = strchr(part, ';')) {
        part++;
        part += strspn(part, " \t");
        if (g_ascii_strncasecmp(part, "domain", 6) == 0 &&
            (part[6] == '=' || part[6] == ' ' || part[6] == '\t'))
            return false;
    }
    return true;
}

RewriteVerdict rewrite_answer_header(const char *name, const char *value, const char *connection)
{
    if (name_is_in(answer_drops, name) || head_has_token(connection, name))
        return REWRITE_DROP;
    if (g_ascii_strcasecmp(name, "Set-Cookie") == 0 && !cookie_is_allowed(value))
        return REWRITE_DROP;
    return REWRITE_KEEP;
}

bool rewrite_reaches_out(const char *name)
{
    return name_is_in(outgoing, name);
}

char *rewrite_policy(const char *value)
{
    GString *kept = g_string_new(NULL);
    g_auto(GStrv) directives = g_strsplit(value, ";", -1);
    for (char **directive = directives; *directive != NULL; directive++) {
        const char *text = g_strstrip(*directive);
        if (*text != '\0' && g_ascii_strncasecmp(text, "report-", 7) != 0)
            g_string_append_printf(kept, "%s%s", kept->len > 0 ? "; " : "", text);
    }
    return g_string_free(kept, FALSE);
}

char *rewrite_cookies(const char *value)
{
    if (value == NULL)
        return NULL;
    GString *kept = g_string_new(NULL);
    while (*value != '\0') {
        value += strspn(value, " \t;");
        size_t size = strcspn(value, ";");
        if (size > 0 && g_ascii_strncasecmp(value, own_cookies, sizeof own_cookies - 1) != 0) {
            if (kept->len > 0)
                g_string_append(kept, "; ");
            g_string_append_len(kept, value, (gssize)size);
        }
        value += size;
    }
    return g_string_free(kept, kept->len == 0);
}

bool rewrite_next_is_safe(const char *next)
{
    if (next[0] != '/' || next[1] == '/' || strlen(next) > 2000)
        return false;
    for (const char *p = next; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || *p == '\\')
            return false;
    }
    return true;
}

static bool origin_is_own(const RewriteOrigin *facts)
{
    g_autofree char *own = g_strdup_printf("%s://%s", facts->https ? "https" : "http", facts->host);
    return g_ascii_strcasecmp(facts->origin, own) == 0;
}

bool rewrite_check_origin(const RewriteOrigin *facts, GError **error)
{
    bool safe = !facts->upgrade && (strcmp(facts->method, "GET") == 0 ||
                                    strcmp(facts->method, "HEAD") == 0);
    bool foreign = facts->fetch_site != NULL && (strcmp(facts->fetch_site, "cross-site") == 0 ||
                                                 strcmp(facts->fetch_site, "same-site") == 0);
    /* A person who follows a link to the service, in a tab of its own. */
    bool visit = safe && g_strcmp0(facts->fetch_mode, "navigate") == 0 &&
                 g_strcmp0(facts->fetch_dest, "document") == 0;
    if ((foreign && !visit) || (!safe && facts->origin != NULL && !origin_is_own(facts)))
        return error_set(error, ERROR_DENIED, "gateway.other_origin",
                         "A page of another site asked for this; only the service's own pages "
                         "may.");
    return true;
}
