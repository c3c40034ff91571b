/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS signature version 4, as S3 uses it. Pure functions over the raw request target and headers:
 * no clock, no database, no request of ours. Both forms: the Authorization header and the presigned
 * query.
 */
#ifndef DARSE_LAKE_SIGV4_H
#define DARSE_LAKE_SIGV4_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGV4_SKEW_MS (15 * 60 * 1000)
#define SIGV4_EXPIRES_MAX_S (7 * 24 * 3600)
#define SIGV4_KEY_SIZE 32

typedef struct SigV4Header {
    const char *name, *value;
} SigV4Header;

typedef struct SigV4Request {
    const char *method;
    const char *path;            /* raw, as in the request line, without the query */
    const char *query;           /* raw, "" if none */
    const SigV4Header *headers;  /* in the order of the request */
    size_t header_count;
} SigV4Request;

typedef enum SigV4Payload {
    SIGV4_HASHED,                /* the SHA-256 of the whole body is in the signature */
    SIGV4_UNSIGNED,
    SIGV4_CHUNKED_SIGNED,        /* aws-chunked, each chunk signed */
    SIGV4_CHUNKED_SIGNED_TRAILER,
    SIGV4_CHUNKED_UNSIGNED_TRAILER,
} SigV4Payload;

typedef struct SigV4 {
    bool presigned;
    char *access_key;
    char *region;
    char *signed_headers;        /* as given: "host;x-amz-date" */
    char date[9];                /* "20130524" */
    char amz_date[17];           /* "20130524T000000Z" */
    char signature[65];
    int64_t time_ms;             /* of amz_date */
    int64_t expires_s;           /* presigned only */
    SigV4Payload payload;
    char *payload_hash;          /* as it stands in the canonical request */
} SigV4;

void sigv4_clear(SigV4 *sigv4);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SigV4, sigv4_clear)

/* Reads the credentials, the date and the kind of payload. ERROR_INVALID "lake.authorization",
 * ERROR_DENIED "lake.anonymous" when there is no signature at all. */
bool sigv4_parse(const SigV4Request *request, SigV4 *ret_sigv4, GError **error);

/* x-amz-content-sha256 alone (NULL: unsigned), for a request whose signature says nothing: that
 * of a door. */
bool sigv4_parse_payload(const char *text, SigV4 *sigv4, GError **error);

/* What is signed. Refuses a request whose x-amz-* headers or Host are not all signed. Caller
 * frees. */
char *sigv4_canonical_request(const SigV4Request *request, const SigV4 *sigv4, GError **error);
/* "date/region/s3/aws4_request". Caller frees. */
char *sigv4_scope(const SigV4 *sigv4);
char *sigv4_string_to_sign(const SigV4 *sigv4, const char *canonical_request);
void sigv4_signing_key(const char *secret, const SigV4 *sigv4, uint8_t ret_key[SIGV4_KEY_SIZE]);
void sigv4_sign(const uint8_t key[SIGV4_KEY_SIZE], const char *text, char ret_signature[65]);

/* The signature is SECRET's and the time is right. ERROR_DENIED "lake.signature",
 * "lake.clock_skew", "lake.expired". *RET_KEY is the signing key, for the chunks. */
bool sigv4_check(const SigV4Request *request, const SigV4 *sigv4, const char *secret,
                 int64_t now_ms, uint8_t ret_key[SIGV4_KEY_SIZE], GError **error);

/* Percent-decoding of one path or query part; the bytes of NUL are refused, and what is not
 * UTF-8. Caller frees. ERROR_INVALID "lake.uri". */
char *sigv4_decode(const char *raw, size_t size, GError **error);
/* Percent-encoding as AWS does it: all but A-Z a-z 0-9 - . _ ~ (and / if KEEP_SLASH). */
char *sigv4_encode(const char *text, bool keep_slash);

/* The raw query taken apart and decoded, in order. Elements: name, value, name, value, ... NULL. */
bool sigv4_query_parse(const char *query, GPtrArray **ret_pairs, GError **error);
/* First value of NAME (exact case), or NULL. */
const char *sigv4_query_get(const GPtrArray *pairs, const char *name);

#endif
