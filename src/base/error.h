/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of the whole program. A function that can fail takes a trailing `GError **error` and
 * fills it where the cause is known, with a code (which decides the HTTP status and who may see
 * the sentence), a reason (a stable slug, `room.what`, part of the API) and a sentence that says
 * what was wrong, why, and what to do.
 */
#ifndef DARSE_BASE_ERROR_H
#define DARSE_BASE_ERROR_H

#include <glib.h>
#include <stdbool.h>

typedef enum ErrorCode {
    ERROR_INTERNAL = 0,        /* our fault; the sentence goes to the log, never to a person */
    ERROR_INVALID,             /* the input is wrong: 400 */
    ERROR_UNAUTHENTICATED,     /* sign in first: 401 */
    ERROR_DENIED,              /* policy says no: 403 */
    ERROR_NOT_FOUND,           /* no such thing, or not for this person: 404 */
    ERROR_METHOD,              /* the path exists, the method does not: 405 */
    ERROR_CONFLICT,            /* the state does not allow it now: 409 */
    ERROR_LENGTH_REQUIRED,     /* 411 */
    ERROR_PRECONDITION,        /* 412 */
    ERROR_TOO_LARGE,           /* over a stated limit: 413 */
    ERROR_UNSUPPORTED,         /* media type or feature not accepted: 415 */
    ERROR_RANGE,               /* 416 */
    ERROR_UNPROCESSABLE,       /* well formed, but its content is refused: 422 */
    ERROR_RATE_LIMITED,        /* 429 */
    ERROR_UNAVAILABLE,         /* a part we need (engine, worker) does not answer: 503 */
    ERROR_QUOTA,               /* no room left under a quota: 507 */
    ERROR_CODE_COUNT,
} ErrorCode;

typedef struct ErrorKind {
    ErrorCode code;
    int http_status;
    const char *title;         /* English, short; the pages translate by reason */
    bool is_public;            /* may the sentence be shown to the person? */
    const char *meaning;       /* for the manual: when it is answered */
} ErrorKind;

#define ERROR_DOMAIN (error_domain())
GQuark error_domain(void);

/* The row of CODE; a foreign or unknown code gives the row of ERROR_INTERNAL. */
const ErrorKind *error_kind(int code);
const ErrorKind *error_kind_of(const GError *error);

/* The reason slug; "internal" for errors of other domains. Never NULL. */
const char *error_reason(const GError *error);

/* Fills *ERROR (which may be a NULL pointer) and returns false. REASON is a static string. */
bool error_set(GError **error, ErrorCode code, const char *reason, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* As error_set, with ": <strerror(saved_errno)>" at the end; always ERROR_INTERNAL. */
bool error_set_errno(GError **error, int saved_errno, const char *reason, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
bool error_is(const GError *error, ErrorCode code);

#endif
