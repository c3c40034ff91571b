/* SPDX-License-Identifier: Apache-2.0 */
/*
 * S3 decodes the path once and encodes it once, and never normalises it: "//" and "." stay. That is
 * why the raw target is needed. Comparison is in constant time. Every x-amz-* header that is there
 * must be signed: otherwise whoever sits between could add one.
 */
#include "lake/sigv4.h"

#include "base/encode.h"
#include "base/error.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define QUERY_PAIRS_MAX 64
#define SIGNED_HEADERS_MAX 64

static const struct {
    const char *text;
    SigV4Payload payload;
} payload_kinds[] = {
    {"UNSIGNED-PAYLOAD", SIGV4_UNSIGNED},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", SIGV4_CHUNKED_SIGNED},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", SIGV4_CHUNKED_SIGNED_TRAILER},
    {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", SIGV4_CHUNKED_UNSIGNED_TRAILER},
};

void sigv4_clear(SigV4 *sigv4)
{
    g_clear_pointer(&sigv4->access_key, g_free);
    g_clear_pointer(&sigv4->region, g_free);
    g_clear_pointer(&sigv4->signed_headers, g_free);
    g_clear_pointer(&sigv4->payload_hash, g_free);
}

/* ---- percent coding ---- */

char *sigv4_decode(const char *raw, size_t size, GError **error)
{
    char *text = g_malloc(size + 1);
    size_t length = 0;
    bool ok = true;
    for (size_t i = 0; i < size && ok; i++) {
        int byte = (unsigned char)raw[i];
        if (raw[i] == '%') {
            int high = i + 1 < size ? g_ascii_xdigit_value(raw[i + 1]) : -1;
            int low = i + 2 < size ? g_ascii_xdigit_value(raw[i + 2]) : -1;
            ok = high >= 0 && low >= 0;
            byte = high * 16 + low;
            i += 2;
        }
        ok = ok && byte != 0;
        text[length++] = (char)byte;
    }
    text[length] = '\0';
    if (ok && g_utf8_validate(text, (gssize)length, NULL))
        return text;
    g_free(text);
    error_set(error, ERROR_INVALID, "lake.uri",
              "The address holds a wrong percent escape, a NUL, or bytes that are not UTF-8.");
    return NULL;
}

char *sigv4_encode(const char *text, bool keep_slash)
{
    GString *out = g_string_new(NULL);
    for (const char *c = text; *c != '\0'; c++) {
        if (g_ascii_isalnum(*c) || strchr("-._~", *c) != NULL || (keep_slash && *c == '/'))
            g_string_append_c(out, *c);
        else
            g_string_append_printf(out, "%%%02X", (unsigned char)*c);
    }
    return g_string_free(out, FALSE);
}

/* ---- the query ---- */

bool sigv4_query_parse(const char *query, GPtrArray **ret_pairs, GError **error)
{
    g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(g_free);
    const char *at = query;
    while (*at != '\0') {
        size_t size = strcspn(at, "&");
        const char *equals = memchr(at, '=', size);
        size_t name_size = equals != NULL ? (size_t)(equals - at) : size;
        size_t value_size = equals != NULL ? size - name_size - 1 : 0;
        if (size > 0) {
            char *name = sigv4_decode(at, name_size, error);
            char *value = name != NULL
                              ? sigv4_decode(equals != NULL ? equals + 1 : at, value_size, error)
                              : NULL;
            if (value == NULL) {
                g_free(name);
                return false;
            }
            g_ptr_array_add(pairs, name);
            g_ptr_array_add(pairs, value);
        }
        if (pairs->len > 2 * QUERY_PAIRS_MAX)
            return error_set(error, ERROR_INVALID, "lake.uri",
                             "The query has too many parameters.");
        at += size + (at[size] == '&');
    }
    g_ptr_array_add(pairs, NULL);
    *ret_pairs = g_steal_pointer(&pairs);
    return true;
}

const char *sigv4_query_get(const GPtrArray *pairs, const char *name)
{
    for (guint i = 0; i + 1 < pairs->len; i += 2) {
        if (strcmp(g_ptr_array_index(pairs, i), name) == 0)
            return g_ptr_array_index(pairs, i + 1);
    }
    return NULL;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted by encoded name then value. "=" sorts after "-" and ".", which may stand in names, so the
 * two are kept apart by a byte below all others while sorting. */
static bool canonical_query(const char *query, GString *out, GError **error)
{
    g_autoptr(GPtrArray) pairs = NULL;
    if (!sigv4_query_parse(query, &pairs, error))
        return false;
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i + 1 < pairs->len; i += 2) {
        if (strcmp(g_ptr_array_index(pairs, i), "X-Amz-Signature") == 0)
            continue;
        g_autofree char *name = sigv4_encode(g_ptr_array_index(pairs, i), false);
        g_autofree char *value = sigv4_encode(g_ptr_array_index(pairs, i + 1), false);
        g_ptr_array_add(lines, g_strconcat(name, "\x01", value, NULL));
    }
    g_ptr_array_sort(lines, compare_texts);
    for (guint i = 0; i < lines->len; i++) {
        char *line = g_ptr_array_index(lines, i);
        *strchr(line, '\x01') = '=';
        g_string_append_printf(out, "%s%s", i > 0 ? "&" : "", line);
    }
    return true;
}

/* ---- headers ---- */

static const char *header_get(const SigV4Request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (g_ascii_strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    }
    return NULL;
}

/* Trimmed, runs of spaces made one; several of one name joined by commas. */
static void canonical_header(const SigV4Request *request, const char *name, GString *out)
{
    bool first = true;
    g_string_append_printf(out, "%s:", name);
    for (size_t i = 0; i < request->header_count; i++) {
        if (g_ascii_strcasecmp(request->headers[i].name, name) != 0)
            continue;
        g_autofree char *value = g_strdup(request->headers[i].value);
        g_strstrip(value);
        if (!first)
            g_string_append_c(out, ',');
        first = false;
        for (const char *c = value; *c != '\0'; c++) {
            if (*c != ' ' || c[1] != ' ')
                g_string_append_c(out, *c);
        }
    }
    g_string_append_c(out, '\n');
}

static bool must_be_signed(const char *lower_name)
{
    return strcmp(lower_name, "host") == 0 || g_str_has_prefix(lower_name, "x-amz-");
}

static bool check_signed(const SigV4Request *request, const char *const *names, GError **error)
{
    if (!g_strv_contains(names, "host"))
        return error_set(error, ERROR_DENIED, "lake.signature",
                         "The signature does not cover the Host header.");
    for (size_t i = 0; i < request->header_count; i++) {
        g_autofree char *lower = g_ascii_strdown(request->headers[i].name, -1);
        if (must_be_signed(lower) && !g_strv_contains(names, lower))
            return error_set(error, ERROR_DENIED, "lake.signature",
                             "The header %s is not covered by the signature.", lower);
    }
    return true;
}

char *sigv4_canonical_request(const SigV4Request *request, const SigV4 *sigv4, GError **error)
{
    g_auto(GStrv) names = g_strsplit(sigv4->signed_headers, ";", SIGNED_HEADERS_MAX);
    g_autofree char *path = sigv4_decode(request->path, strlen(request->path), error);
    if (path == NULL || !check_signed(request, (const char *const *)names, error))
        return NULL;
    g_autofree char *encoded = sigv4_encode(path, true);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%s\n%s\n", request->method, encoded);
    if (!canonical_query(request->query, out, error)) {
        g_string_free(out, TRUE);
        return NULL;
    }
    g_string_append_c(out, '\n');
    for (char **name = names; *name != NULL; name++)
        canonical_header(request, *name, out);
    g_string_append_printf(out, "\n%s\n%s", sigv4->signed_headers, sigv4->payload_hash);
    return g_string_free(out, FALSE);
}

/* ---- reading the credentials ---- */

static bool refuse_authorization(GError **error, const char *what)
{
    return error_set(error, ERROR_INVALID, "lake.authorization", "The authorization is wrong: %s.",
                     what);
}

/* "20130524T000000Z" */
static bool parse_amz_date(const char *text, SigV4 *sigv4, GError **error)
{
    bool ok = text != NULL && strlen(text) == 16 && text[8] == 'T' && text[15] == 'Z';
    for (int i = 0; ok && i < 15; i++)
        ok = i == 8 || g_ascii_isdigit(text[i]);
    if (!ok)
        return refuse_authorization(error, "x-amz-date is missing or not like 20130524T000000Z");
    int n[6];
    sscanf(text, "%4d%2d%2dT%2d%2d%2d", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]);
    g_autoptr(GDateTime) time = g_date_time_new_utc(n[0], n[1], n[2], n[3], n[4], n[5]);
    if (time == NULL)
        return refuse_authorization(error, "x-amz-date is no date");
    g_strlcpy(sigv4->amz_date, text, sizeof sigv4->amz_date);
    g_strlcpy(sigv4->date, text, sizeof sigv4->date);
    sigv4->time_ms = g_date_time_to_unix(time) * 1000;
    return true;
}

/* "AK/20130524/region/s3/aws4_request" */
static bool parse_credential(const char *text, SigV4 *sigv4, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text != NULL ? text : "", "/", 6);
    if (g_strv_length(parts) != 5 || *parts[0] == '\0' || strlen(parts[0]) > 128 ||
        *parts[2] == '\0' || strlen(parts[2]) > 64)
        return refuse_authorization(error,
                                    "the credential is not key/date/region/s3/aws4_request");
    if (strcmp(parts[3], "s3") != 0 || strcmp(parts[4], "aws4_request") != 0)
        return refuse_authorization(error, "the credential's scope is not s3/aws4_request");
    if (strcmp(parts[1], sigv4->date) != 0)
        return refuse_authorization(error, "the credential's date is not that of x-amz-date");
    sigv4->access_key = g_strdup(parts[0]);
    sigv4->region = g_strdup(parts[2]);
    return true;
}

/* Lower case, sorted, without repetition, as the client must have signed them. */
static bool parse_signed_headers(const char *text, SigV4 *sigv4, GError **error)
{
    if (text == NULL || *text == '\0')
        return refuse_authorization(error, "SignedHeaders is missing");
    g_auto(GStrv) names = g_strsplit(text, ";", SIGNED_HEADERS_MAX + 1);
    if (g_strv_length(names) > SIGNED_HEADERS_MAX)
        return refuse_authorization(error, "SignedHeaders is too long");
    for (size_t i = 0; names[i] != NULL; i++) {
        g_autofree char *lower = g_ascii_strdown(names[i], -1);
        if (*lower == '\0' || strcmp(lower, names[i]) != 0 || strpbrk(lower, " :\r\n\t") != NULL ||
            (i > 0 && strcmp(names[i - 1], names[i]) >= 0))
            return refuse_authorization(error, "SignedHeaders is not sorted or not lower case");
    }
    sigv4->signed_headers = g_strdup(text);
    return true;
}

static bool parse_signature(const char *text, SigV4 *sigv4, GError **error)
{
    uint8_t bytes[32];
    if (text == NULL || !hex_decode(text, bytes, sizeof bytes))
        return refuse_authorization(error, "the signature is not 64 hexadecimal digits");
    g_autofree char *lower = g_ascii_strdown(text, -1);
    g_strlcpy(sigv4->signature, lower, sizeof sigv4->signature);
    return true;
}

static bool parse_payload(const char *text, SigV4 *sigv4, GError **error)
{
    uint8_t bytes[32];
    if (text == NULL)
        return refuse_authorization(error, "x-amz-content-sha256 is missing");
    sigv4->payload_hash = g_strdup(text);
    for (size_t i = 0; i < G_N_ELEMENTS(payload_kinds); i++) {
        if (strcmp(text, payload_kinds[i].text) == 0) {
            sigv4->payload = payload_kinds[i].payload;
            return true;
        }
    }
    if (!hex_decode(text, bytes, sizeof bytes))
        return refuse_authorization(error, "x-amz-content-sha256 is neither a SHA-256 nor a known "
                                           "kind of payload");
    sigv4->payload = SIGV4_HASHED;
    return true;
}

bool sigv4_parse_payload(const char *text, SigV4 *sigv4, GError **error)
{
    return parse_payload(text != NULL ? text : "UNSIGNED-PAYLOAD", sigv4, error);
}

/* VALUE of "Name=VALUE" in "Credential=..., SignedHeaders=..., Signature=...". Caller frees. */
static char *authorization_part(GStrv parts, const char *name)
{
    for (char **part = parts; *part != NULL; part++) {
        g_strstrip(*part);
        size_t length = strlen(name);
        if (strncmp(*part, name, length) == 0 && (*part)[length] == '=')
            return g_strdup(*part + length + 1);
    }
    return NULL;
}

static bool parse_header_form(const SigV4Request *request, const char *authorization,
                              SigV4 *sigv4, GError **error)
{
    if (!g_str_has_prefix(authorization, ALGORITHM " "))
        return refuse_authorization(error, "only " ALGORITHM " is accepted");
    if (strlen(authorization) > 4096)
        return refuse_authorization(error, "it is too long");
    g_auto(GStrv) parts = g_strsplit(authorization + strlen(ALGORITHM " "), ",", 8);
    g_autofree char *credential = authorization_part(parts, "Credential");
    g_autofree char *signed_headers = authorization_part(parts, "SignedHeaders");
    g_autofree char *signature = authorization_part(parts, "Signature");
    return parse_amz_date(header_get(request, "x-amz-date"), sigv4, error) &&
           parse_credential(credential, sigv4, error) &&
           parse_signed_headers(signed_headers, sigv4, error) &&
           parse_signature(signature, sigv4, error) &&
           parse_payload(header_get(request, "x-amz-content-sha256"), sigv4, error);
}

static bool parse_expires(const char *text, SigV4 *sigv4, GError **error)
{
    guint64 seconds = 0;
    if (text == NULL ||
        !g_ascii_string_to_unsigned(text, 10, 1, SIGV4_EXPIRES_MAX_S, &seconds, NULL))
        return refuse_authorization(error, "X-Amz-Expires is not from 1 to 604800 seconds");
    sigv4->expires_s = (int64_t)seconds;
    return true;
}

static bool parse_query_form(const SigV4Request *request, const GPtrArray *pairs, SigV4 *sigv4,
                             GError **error)
{
    const char *payload = header_get(request, "x-amz-content-sha256");
    if (payload == NULL)
        payload = sigv4_query_get(pairs, "X-Amz-Content-Sha256");
    sigv4->presigned = true;
    if (strcmp(sigv4_query_get(pairs, "X-Amz-Algorithm"), ALGORITHM) != 0)
        return refuse_authorization(error, "only " ALGORITHM " is accepted");
    return parse_amz_date(sigv4_query_get(pairs, "X-Amz-Date"), sigv4, error) &&
           parse_credential(sigv4_query_get(pairs, "X-Amz-Credential"), sigv4, error) &&
           parse_expires(sigv4_query_get(pairs, "X-Amz-Expires"), sigv4, error) &&
           parse_signed_headers(sigv4_query_get(pairs, "X-Amz-SignedHeaders"), sigv4, error) &&
           parse_signature(sigv4_query_get(pairs, "X-Amz-Signature"), sigv4, error) &&
           parse_payload(payload != NULL ? payload : "UNSIGNED-PAYLOAD", sigv4, error);
}

bool sigv4_parse(const SigV4Request *request, SigV4 *ret_sigv4, GError **error)
{
    g_auto(SigV4) sigv4 = {0};
    g_autoptr(GPtrArray) pairs = NULL;
    const char *authorization = header_get(request, "Authorization");
    if (!sigv4_query_parse(request->query, &pairs, error))
        return false;
    bool presigned = sigv4_query_get(pairs, "X-Amz-Algorithm") != NULL;
    bool ok;
    if (presigned && authorization != NULL)
        ok = refuse_authorization(error, "it is given both in the query and in a header");
    else if (presigned)
        ok = parse_query_form(request, pairs, &sigv4, error);
    else if (authorization != NULL)
        ok = parse_header_form(request, authorization, &sigv4, error);
    else
        ok = error_set(error, ERROR_DENIED, "lake.anonymous",
                       "The request is not signed; use a key of your project.");
    if (!ok)
        return false;
    *ret_sigv4 = sigv4;
    sigv4 = (SigV4){0};
    return true;
}

/* ---- signing ---- */

char *sigv4_scope(const SigV4 *sigv4)
{
    return g_strdup_printf("%s/%s/s3/aws4_request", sigv4->date, sigv4->region);
}

char *sigv4_string_to_sign(const SigV4 *sigv4, const char *canonical_request)
{
    g_autofree char *scope = sigv4_scope(sigv4);
    g_autofree char *hash = hash_text_hex(canonical_request);
    return g_strdup_printf(ALGORITHM "\n%s\n%s\n%s", sigv4->amz_date, scope, hash);
}

static void hmac(const void *key, size_t key_size, const char *text, uint8_t ret_mac[32])
{
    unsigned int size = 32;
    const uint8_t *mac = HMAC(EVP_sha256(), key, (int)key_size, (const uint8_t *)text,
                              strlen(text), ret_mac, &size);
    g_assert(mac != NULL && size == 32);
}

void sigv4_signing_key(const char *secret, const SigV4 *sigv4, uint8_t ret_key[SIGV4_KEY_SIZE])
{
    uint8_t mac[32];
    char *seed = g_strconcat("AWS4", secret, NULL);
    hmac(seed, strlen(seed), sigv4->date, mac);
    secret_free(seed);
    hmac(mac, sizeof mac, sigv4->region, mac);
    hmac(mac, sizeof mac, "s3", mac);
    hmac(mac, sizeof mac, "aws4_request", ret_key);
    OPENSSL_cleanse(mac, sizeof mac);
}

void sigv4_sign(const uint8_t key[SIGV4_KEY_SIZE], const char *text, char ret_signature[65])
{
    uint8_t mac[32];
    hmac(key, SIGV4_KEY_SIZE, text, mac);
    g_autofree char *hex = hex_encode(mac, sizeof mac);
    g_strlcpy(ret_signature, hex, 65);
}

static bool check_time(const SigV4 *sigv4, int64_t now_ms, GError **error)
{
    int64_t latest_ms = sigv4->presigned ? sigv4->time_ms + sigv4->expires_s * 1000
                                         : sigv4->time_ms + SIGV4_SKEW_MS;
    if (sigv4->presigned && now_ms > latest_ms)
        return error_set(error, ERROR_DENIED, "lake.expired", "Request has expired.");
    if (now_ms > latest_ms || now_ms < sigv4->time_ms - SIGV4_SKEW_MS)
        return error_set(error, ERROR_DENIED, "lake.clock_skew",
                         "The request's time differs by more than 15 minutes from the server's; "
                         "set your clock.");
    return true;
}

bool sigv4_check(const SigV4Request *request, const SigV4 *sigv4, const char *secret,
                 int64_t now_ms, uint8_t ret_key[SIGV4_KEY_SIZE], GError **error)
{
    char expected[65];
    g_autofree char *canonical = sigv4_canonical_request(request, sigv4, error);
    if (canonical == NULL || !check_time(sigv4, now_ms, error))
        return false;
    g_autofree char *to_sign = sigv4_string_to_sign(sigv4, canonical);
    uint8_t key[SIGV4_KEY_SIZE];
    sigv4_signing_key(secret, sigv4, key);
    sigv4_sign(key, to_sign, expected);
    bool equal = CRYPTO_memcmp(expected, sigv4->signature, 64) == 0;
    if (equal)
        memcpy(ret_key, key, sizeof key);
    OPENSSL_cleanse(key, sizeof key);
    return equal || error_set(error, ERROR_DENIED, "lake.signature",
                              "The signature does not match; check the secret key and the "
                              "signing method.");
}
