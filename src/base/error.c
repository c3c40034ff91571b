/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of error kinds, and errors that carry a reason beside their sentence. */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>

typedef struct ReasonPrivate {
    const char *reason;
} ReasonPrivate;

static void reason_private_init(ReasonPrivate *priv)
{
    priv->reason = "internal";
}

static void reason_private_copy(const ReasonPrivate *from, ReasonPrivate *to)
{
    to->reason = from->reason;
}

static void reason_private_clear(ReasonPrivate *priv)
{
    (void)priv;
}

/* Defines reason_quark() and reason_get_private(). */
GQuark reason_quark(void);
G_DEFINE_EXTENDED_ERROR(Reason, reason)

static const ErrorKind kinds[ERROR_CODE_COUNT] = {
    [ERROR_INTERNAL] = {ERROR_INTERNAL, 500, "Internal error", false,
     "a fault of the server: its cause is in the log under the request's identifier"},
    [ERROR_INVALID] = {ERROR_INVALID, 400, "Invalid request", true,
     "the path, the query, a header or the body is not what the operation takes; "
     "sent again unchanged, it fails again"},
    [ERROR_UNAUTHENTICATED] = {ERROR_UNAUTHENTICATED, 401, "Sign-in needed", true,
     "no token or session, or one that ended"},
    [ERROR_DENIED] = {ERROR_DENIED, 403, "Not allowed", true,
     "policy says no; `reason` says which rule. The refusal is in the audit log"},
    [ERROR_NOT_FOUND] = {ERROR_NOT_FOUND, 404, "Not found", true,
     "there is no such thing, or it is not yours to see"},
    [ERROR_METHOD] = {ERROR_METHOD, 405, "Method not allowed", true,
     "the path exists, the method does not; `Allow` says which do"},
    [ERROR_CONFLICT] = {ERROR_CONFLICT, 409, "Conflict", true,
     "the state of things does not allow it now, or the name is taken, or it is being done "
     "under the same Idempotency-Key"},
    [ERROR_LENGTH_REQUIRED] = {ERROR_LENGTH_REQUIRED, 411, "Length required", true,
     "a file is sent without Content-Length"},
    [ERROR_PRECONDITION] = {ERROR_PRECONDITION, 412, "Precondition failed", true,
     "what If-Match names is no longer what is there"},
    [ERROR_TOO_LARGE] = {ERROR_TOO_LARGE, 413, "Too large", true,
     "over a stated limit: body, query, file, rows"},
    [ERROR_UNSUPPORTED] = {ERROR_UNSUPPORTED, 415, "Not supported", true,
     "the media type or the kind of file is not accepted"},
    [ERROR_RANGE] = {ERROR_RANGE, 416, "Range not satisfiable", true,
     "the range lies outside of the file"},
    [ERROR_UNPROCESSABLE] = {ERROR_UNPROCESSABLE, 422, "Content refused", true,
     "well formed, but its content is refused; or the Idempotency-Key was used "
     "for another request"},
    [ERROR_RATE_LIMITED] = {ERROR_RATE_LIMITED, 429, "Too many attempts", true,
     "too many requests, or too many wrong codes; `Retry-After` says how long to wait"},
    [ERROR_UNAVAILABLE] = {ERROR_UNAVAILABLE, 503, "Unavailable for now", true,
     "a part that is needed (database, engine, worker) does not answer; try again "
     "after `Retry-After`"},
    [ERROR_QUOTA] = {ERROR_QUOTA, 507, "Quota reached", true,
     "no room left under a quota"},
};

GQuark error_domain(void)
{
    return reason_quark();
}

const ErrorKind *error_kind(int code)
{
    if (code < 0 || code >= ERROR_CODE_COUNT)
        return &kinds[ERROR_INTERNAL];
    return &kinds[code];
}

const ErrorKind *error_kind_of(const GError *error)
{
    if (error == NULL || error->domain != ERROR_DOMAIN)
        return &kinds[ERROR_INTERNAL];
    return error_kind(error->code);
}

const char *error_reason(const GError *error)
{
    if (error == NULL || error->domain != ERROR_DOMAIN)
        return "internal";
    return reason_get_private(error)->reason;
}

static void error_fill(GError **error, ErrorCode code, const char *reason, char *sentence)
{
    if (error != NULL) {
        g_assert(*error == NULL);
        *error = g_error_new_literal(ERROR_DOMAIN, code, sentence);
        reason_get_private(*error)->reason = reason;
    }
    g_free(sentence);
}

bool error_set(GError **error, ErrorCode code, const char *reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_fill(error, code, reason, g_strdup_vprintf(format, args));
    va_end(args);
    return false;
}

bool error_set_errno(GError **error, int saved_errno, const char *reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    error_fill(error, ERROR_INTERNAL, reason,
               g_strdup_printf("%s: %s", what, g_strerror(saved_errno)));
    return false;
}

bool error_is(const GError *error, ErrorCode code)
{
    return g_error_matches(error, ERROR_DOMAIN, (int)code);
}
