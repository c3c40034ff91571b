/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers of the request headers that make calls safe to repeat: pure functions over text. */
#ifndef DARSE_HTTP_HEADERS_H
#define DARSE_HTTP_HEADERS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define HEADER_ETAGS_MAX 64
#define HEADER_KEY_MIN 8
#define HEADER_KEY_MAX 128
#define HEADER_EPOCH_SIZE 16

/* LIST is the value of If-None-Match or If-Match: "*", or entity tags with commas between them (RFC
 * 9110, 8.8.3). Is ETAG ("\"abc\"", strong) among them? STRONG: weak tags of the list do not count. */
bool header_etags_match(const char *list, const char *etag, bool strong, bool *ret_match,
                        GError **error);

/* The key in an Idempotency-Key: 8 to 128 letters, digits and -_.:~ , in quotes or not. */
bool header_idempotency_key(const char *text, char **ret_key, GError **error);

/* A place in a stream of events: which run of the server gave it, and its number there. "" and 0
 * when there is none. */
typedef struct HeaderEventId {
    char epoch[HEADER_EPOCH_SIZE + 1];
    int64_t number;
} HeaderEventId;

/* "<epoch>-<number>", or a number alone (epoch ""). Anything else is no place of ours: false. */
bool header_event_id(const char *text, HeaderEventId *ret_id);

#endif
