/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to go says so: Deprecation (RFC 9745), Sunset (RFC 8594) and a link to what takes its place
 * (RFC 5829), on every answer of the route, refusals too. The row is checked where the API document is
 * printed, so that a row with a date that is none, or with too little time, never ships.
 */
#include "http/internal.h"

#include "base/times.h"

bool http_deprecation_check(const HttpDeprecation *row, GError **error)
{
    int64_t since_ms = 0, sunset_ms = 0;
    if (!time_parse(row->since, &since_ms, error) ||
        (row->sunset != NULL && !time_parse(row->sunset, &sunset_ms, error)))
        return false;
    if (row->sunset != NULL && sunset_ms - since_ms < HTTP_SUNSET_DAYS_MIN * TIME_DAY_MS)
        return error_set(error, ERROR_INVALID, "http.sunset",
                         "What is deprecated since %s stays for %d days at least; %s is sooner.",
                         row->since, HTTP_SUNSET_DAYS_MIN, row->sunset);
    if (row->successor != NULL && *row->successor != '/')
        return error_set(error, ERROR_INVALID, "http.successor",
                         "The successor is a path, not \"%s\".", row->successor);
    return true;
}

void deprecation_headers(HttpRequest *request)
{
    const HttpDeprecation *row = request->route != NULL ? request->route->deprecated : NULL;
    int64_t time_ms = 0;
    if (row == NULL)
        return;
    if (time_parse(row->since, &time_ms, NULL)) {
        g_autofree char *since = g_strdup_printf("@%" G_GINT64_FORMAT, time_ms / 1000);
        http_reply_header(request, "Deprecation", since);
    }
    if (row->sunset != NULL && time_parse(row->sunset, &time_ms, NULL)) {
        g_autofree char *sunset = time_format_http(time_ms);
        http_reply_header(request, "Sunset", sunset);
    }
    if (row->successor != NULL) {
        g_autofree char *link = g_strdup_printf("<%s>; rel=\"successor-version\"", row->successor);
        http_reply_header(request, "Link", link);
    }
}

char *http_deprecation_text(const HttpDeprecation *row)
{
    g_autofree char *until = row->sunset != NULL
                                 ? g_strdup_printf(", answers until %s", row->sunset)
                                 : g_strdup("");
    g_autofree char *instead = row->successor != NULL
                                   ? g_strdup_printf(" Use %s.", row->successor)
                                   : g_strdup("");
    return g_strdup_printf("Deprecated since %s%s.%s", row->since, until, instead);
}
