/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions on what the client knows already. Answers to GET carry a strong entity tag, the hash of
 * their bytes: If-None-Match then costs no transfer. A PATCH with If-Match is done only if the GET of
 * the same path would still answer with that tag: the GET's own handler is asked, as the same person,
 * and one lock per path is held until the change is made, so that of two persons who saw the same
 * thing only one changes it.
 */
#include "http/internal.h"

#include "base/encode.h"
#include "http/headers.h"

#include <string.h>

#define ETAG_BYTES 12

static bool fields_hold_secret(const HttpField *fields)
{
    for (; fields != NULL && fields->name != NULL; fields++) {
        if (fields->type == HTTP_SECRET || fields_hold_secret(fields->fields))
            return true;
    }
    return false;
}

bool http_route_answers_secret(const HttpRoute *route)
{
    return fields_hold_secret(route->answer);
}

bool http_request_answers_secret(const HttpRequest *request)
{
    return http_route_answers_secret(request->route);
}

bool route_has_etag(const HttpRoute *route)
{
    if (strcmp(route->method, "GET") != 0 || http_route_answers_secret(route))
        return false;
    return route->answer != NULL ||
           (route->answer_types != NULL && strcmp(route->answer_types, "application/json") == 0);
}

const HttpRoute *route_twin(const HttpRoute *const *tables, const HttpRoute *route)
{
    if (strcmp(route->method, "PATCH") != 0)
        return NULL;
    for (; *tables != NULL; tables++) {
        for (const HttpRoute *row = *tables; row->method != NULL; row++) {
            if (strcmp(row->path, route->path) == 0 && route_has_etag(row) &&
                row->answer == route->answer)
                return row;
        }
    }
    return NULL;
}

static char *etag_of(GBytes *bytes)
{
    uint8_t hash[HASH_SIZE];
    size_t size;
    const void *data = g_bytes_get_data(bytes, &size);
    hash_bytes(data, size, hash);
    g_autofree char *hex = hex_encode(hash, ETAG_BYTES);
    return g_strdup_printf("\"%s\"", hex);
}

/* ---- If-None-Match ---- */

static bool reply_not_modified(HttpRequest *request, const char *etag)
{
    reply_clear(&request->reply);
    http_reply_header(request, "ETag", etag);
    request->reply.kind = REPLY_BYTES;
    request->reply.status = 304;
    request->reply.bytes = g_bytes_new_static("", 0);
    return true;
}

bool conditions_answer(HttpRequest *request, GError **error)
{
    const HttpRoute *route = request->route;
    const Reply *reply = &request->reply;
    if (route == NULL || request->site->tables == NULL || reply->kind != REPLY_BYTES ||
        reply->status != 200 ||
        !(route_has_etag(route) || route_twin(request->site->tables, route) != NULL))
        return true;
    g_autofree char *etag = etag_of(reply->bytes);
    const char *list = http_request_header(request, "If-None-Match");
    bool match = false;
    if (list != NULL && request_is_safe(request) &&
        !header_etags_match(list, etag, false, &match, error))
        return false;
    if (match)
        return reply_not_modified(request, etag);
    http_reply_header(request, "ETag", etag);
    return true;
}

/* ---- If-Match ---- */

/* What a GET would answer now. */
static bool current_etag(HttpRequest *request, const HttpRoute *twin, char **ret_etag,
                         GError **error)
{
    const HttpRoute *route = request->route;
    request->route = twin;
    bool ok = twin->handler(request, error);
    request->route = route;
    if (ok && request->reply.kind == REPLY_BYTES)
        *ret_etag = etag_of(request->reply.bytes);
    else if (ok)
        ok = error_set(error, ERROR_INTERNAL, "http.no_answer", "no answer to compare with");
    reply_clear(&request->reply);
    return ok;
}

static bool match_then_run(HttpRequest *request, const HttpRoute *twin, const char *list,
                           GError **error)
{
    bool match = false;
    g_autofree char *etag = NULL;
    if (!current_etag(request, twin, &etag, error) ||
        !header_etags_match(list, etag, true, &match, error))
        return false;
    if (!match)
        return error_set(error, ERROR_PRECONDITION, "http.changed",
                         "Somebody changed it since you read it: read it again, then decide.");
    return request->route->handler(request, error);
}

bool conditions_run(HttpRequest *request, GError **error)
{
    const char *list = http_request_header(request, "If-Match");
    const HttpRoute *twin =
        list != NULL ? route_twin(request->site->tables, request->route) : NULL;
    if (twin == NULL)
        return request->route->handler(request, error);
    GMutex *lock =
        &request->server->match_locks[g_str_hash(request->path) % HTTP_MATCH_LOCKS];
    g_mutex_lock(lock);
    bool ok = match_then_run(request, twin, list, error);
    g_mutex_unlock(lock);
    return ok;
}
