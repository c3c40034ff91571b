/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Problem documents (RFC 9457), written from the one table of error kinds. The sentence of an
 * internal error stays in the log: the client gets the request's id to quote.
 */
#include "http/internal.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

json_t *http_problem(const GError *error, const char *request_id)
{
    const ErrorKind *kind = error_kind_of(error);
    const char *reason = error_reason(error);
    g_autofree char *type = g_strdup_printf("urn:darse:problem:%s", reason);
    g_autofree char *detail =
        g_utf8_make_valid(kind->is_public ? error->message
                                          : "Something failed on our side. Quote the request "
                                            "identifier to the person who runs this site.", -1);
    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "type", type, "title", kind->title,
                     "status", kind->http_status, "detail", detail, "reason", reason, "request",
                     request_id);
}

static bool problem_write_json(HttpRequest *request, const GError *problem)
{
    g_autoptr(json_t) document = http_problem(problem, request->id);
    char *text = json_dumps(document, JSON_COMPACT);
    g_assert(text != NULL);
    g_autoptr(GBytes) bytes = g_bytes_new_with_free_func(text, strlen(text), free, text);
    return http_reply_bytes(request, error_kind_of(problem)->http_status,
                            "application/problem+json", bytes, NULL);
}

/* For tests: a problem that the route's row does not foresee becomes an internal error. */
static void problem_check(const HttpRequest *request, const GError *problem, GError **ret_instead)
{
    const ErrorKind *kind = error_kind_of(problem);
    if (request->site != NULL && request->site->check_answers && request->route != NULL &&
        kind->is_public && (http_route_problems(request->route) & HTTP_PROBLEM(kind->code)) == 0)
        error_set(ret_instead, ERROR_INTERNAL, "http.undeclared",
                  "%s %s is not said to answer %d (%s)", request->route->method,
                  request->route->path, kind->http_status, problem->message);
}

void problem_reply(HttpRequest *request, const GError *problem)
{
    g_autoptr(GError) instead = NULL;
    problem_check(request, problem, &instead);
    if (instead != NULL)
        problem = instead;
    const ErrorKind *kind = error_kind_of(problem);
    if (!kind->is_public)
        log_error("http.failure", "request", request->id, "reason", error_reason(problem),
                  "message", problem->message);
    reply_clear(&request->reply);
    request->reason = error_reason(problem);
    if (kind->code == ERROR_RATE_LIMITED || kind->code == ERROR_UNAVAILABLE) {
        char seconds[12];
        g_snprintf(seconds, sizeof seconds, "%d", MAX(request->rate.retry_s, 1));
        http_reply_header(request, "Retry-After", seconds);
    }
    if (kind->code == ERROR_UNAUTHENTICATED)
        http_reply_header(request, "WWW-Authenticate", "Bearer realm=\"darse\"");
    if (kind->code == ERROR_METHOD && request->allow != NULL)
        http_reply_header(request, "Allow", request->allow);
    if (request->site != NULL && request->site->write_problem != NULL) {
        g_autoptr(GError) failure = NULL;
        if (request->site->write_problem(request, problem, &failure) &&
            request->reply.kind != REPLY_NONE)
            return;
        log_error("http.problem_writer", "request", request->id, "message",
                  failure != NULL ? failure->message : "it wrote nothing");
        reply_clear(&request->reply);
    }
    problem_write_json(request, problem);
}
