/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers: which are understood, which are kept with an object, what conditions and ranges mean. A
 * store that ignored a header asking for encryption or for a lock would answer "done" to what it
 * did not do.
 */
#include "lake/s3.h"

#include "base/error.h"

#include <string.h>

#define META_PREFIX "x-amz-meta-"
#define META_BYTES_MAX 2048
#define KEPT_BYTES_MAX 1024

/* VALUES: the only ones accepted, by spaces; NULL: any. */
static const struct {
    const char *name, *values;
} understood[] = {
    {"x-amz-date", NULL},
    {"x-amz-content-sha256", NULL},
    {"x-amz-decoded-content-length", NULL},
    {"x-amz-trailer", NULL},
    {"x-amz-user-agent", NULL},
    {"x-amz-sdk-checksum-algorithm", "CRC32 CRC32C CRC64NVME SHA1 SHA256"},
    {"x-amz-checksum-algorithm", "CRC32 CRC32C CRC64NVME SHA1 SHA256"},
    {"x-amz-checksum-type", "COMPOSITE FULL_OBJECT"},
    {"x-amz-checksum-mode", "ENABLED"},
    {"x-amz-checksum-crc32", NULL},
    {"x-amz-checksum-crc32c", NULL},
    {"x-amz-checksum-crc64nvme", NULL},
    {"x-amz-checksum-sha1", NULL},
    {"x-amz-checksum-sha256", NULL},
    {"x-amz-copy-source", NULL},
    {"x-amz-copy-source-if-match", NULL},
    {"x-amz-copy-source-if-none-match", NULL},
    {"x-amz-copy-source-if-modified-since", NULL},
    {"x-amz-copy-source-if-unmodified-since", NULL},
    {"x-amz-metadata-directive", "COPY REPLACE"},
    {"x-amz-storage-class", "STANDARD"},
    {"x-amz-acl", "private bucket-owner-full-control"},
    {"x-amz-mp-object-size", NULL},
};

static const struct {
    const char *name, *override;    /* OVERRIDE: query parameter of a GET */
} kept_headers[] = {
    {"Cache-Control", "response-cache-control"},
    {"Content-Disposition", "response-content-disposition"},
    {"Content-Encoding", "response-content-encoding"},
    {"Content-Language", "response-content-language"},
    {"Expires", "response-expires"},
};

/* ---- which are understood ---- */

typedef struct HeaderCheck {
    char *problem;
} HeaderCheck;

static bool value_accepted(const char *values, const char *value)
{
    g_auto(GStrv) list = g_strsplit(values, " ", -1);
    for (char **word = list; *word != NULL; word++) {
        if (g_ascii_strcasecmp(*word, value) == 0)
            return true;
    }
    return false;
}

static bool header_understood(const char *name, const char *value)
{
    if (g_ascii_strncasecmp(name, "x-amz-", 6) != 0 ||
        g_ascii_strncasecmp(name, META_PREFIX, strlen(META_PREFIX)) == 0)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(understood); i++) {
        if (g_ascii_strcasecmp(name, understood[i].name) == 0)
            return understood[i].values == NULL || value_accepted(understood[i].values, value);
    }
    return false;
}

static void header_check(const char *name, const char *value, void *user)
{
    HeaderCheck *check = user;
    if (check->problem == NULL && !header_understood(name, value))
        check->problem = g_ascii_strdown(name, -1);
}

bool s3_headers_check(const S3Call *call, GError **error)
{
    HeaderCheck check = {NULL};
    http_request_each_header(call->request, header_check, &check);
    if (check.problem == NULL)
        return true;
    error_set(error, ERROR_UNSUPPORTED, "lake.not_implemented",
              "The header %s asks for something that is not implemented; nothing was done.",
              check.problem);
    g_free(check.problem);
    return false;
}

/* ---- which are kept ---- */

typedef struct KeptHeaders {
    json_t *kept, *meta;
    size_t meta_bytes;
    bool bad;
} KeptHeaders;

/* Clients send UTF-8 or ISO 8859-1; what comes back is what was sent, as far as JSON holds it. */
static json_t *header_json(const char *value)
{
    if (g_utf8_validate(value, -1, NULL))
        return json_string(value);
    g_autofree char *latin = g_convert(value, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
    return latin != NULL ? json_string(latin) : NULL;
}

/* aws-chunked was the framing of the request, not the encoding of the object. */
static char *without_aws_chunked(const char *value)
{
    g_auto(GStrv) list = g_strsplit(value, ",", -1);
    GString *kept = g_string_new(NULL);
    for (char **word = list; *word != NULL; word++) {
        g_strstrip(*word);
        if (**word != '\0' && g_ascii_strcasecmp(*word, "aws-chunked") != 0)
            g_string_append_printf(kept, "%s%s", kept->len > 0 ? ", " : "", *word);
    }
    return g_string_free(kept, FALSE);
}

static void kept_add(KeptHeaders *headers, json_t *into, const char *name, const char *value)
{
    json_t *text = header_json(value);
    if (text == NULL || strpbrk(value, "\r\n") != NULL || strlen(value) > META_BYTES_MAX)
        headers->bad = true;
    json_object_set_new(into, name, text != NULL ? text : json_string(""));
}

static void header_keep(const char *name, const char *value, void *user)
{
    KeptHeaders *headers = user;
    if (g_ascii_strncasecmp(name, META_PREFIX, strlen(META_PREFIX)) == 0) {
        g_autofree char *lower = g_ascii_strdown(name + strlen(META_PREFIX), -1);
        headers->meta_bytes += strlen(lower) + strlen(value);
        kept_add(headers, headers->meta, lower, value);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(kept_headers); i++) {
        if (g_ascii_strcasecmp(name, kept_headers[i].name) != 0)
            continue;
        g_autofree char *kept = without_aws_chunked(value);
        const char *text = strcmp(kept_headers[i].name, "Content-Encoding") == 0 ? kept : value;
        headers->bad = headers->bad || strlen(value) > KEPT_BYTES_MAX;
        if (*text != '\0')
            kept_add(headers, headers->kept, kept_headers[i].name, text);
    }
}

json_t *s3_headers_kept(const S3Call *call, GError **error)
{
    KeptHeaders headers = {.kept = json_object(), .meta = json_object()};
    http_request_each_header(call->request, header_keep, &headers);
    if (!headers.bad && headers.meta_bytes <= META_BYTES_MAX)
        return json_pack("{s:o, s:o}", "kept", headers.kept, "meta", headers.meta);
    json_decref(headers.kept);
    json_decref(headers.meta);
    error_set(error, ERROR_INVALID, "lake.argument",
              "The headers kept with an object may have %d bytes of metadata in all, %d each "
              "otherwise, without line ends.",
              META_BYTES_MAX, KEPT_BYTES_MAX);
    return NULL;
}

static void reply_checksum(S3Call *call, const json_t *checksum)
{
    const char *kind = json_string_value(json_object_get(checksum, "kind"));
    const char *value = json_string_value(json_object_get(checksum, "value"));
    const char *type = json_string_value(json_object_get(checksum, "type"));
    if (kind == NULL || value == NULL)
        return;
    http_reply_header(call->request, checksum_row(checksum_by_name(kind))->header, value);
    http_reply_header(call->request, "x-amz-checksum-type", type != NULL ? type : "FULL_OBJECT");
}

void s3_reply_kept(S3Call *call, const LakeObject *object)
{
    const json_t *kept = json_object_get(object->headers, "kept");
    json_t *meta = json_object_get(object->headers, "meta"), *value;
    const char *name, *mode = s3_header(call, "x-amz-checksum-mode");
    for (size_t i = 0; i < G_N_ELEMENTS(kept_headers); i++) {
        const char *text = s3_query(call, kept_headers[i].override);
        if (text == NULL || strpbrk(text, "\r\n") != NULL)
            text = json_string_value(json_object_get(kept, kept_headers[i].name));
        if (text != NULL)
            http_reply_header(call->request, kept_headers[i].name, text);
    }
    json_object_foreach(meta, name, value) {
        g_autofree char *header = g_strconcat(META_PREFIX, name, NULL);
        http_reply_header(call->request, header, json_string_value(value));
    }
    /* A sum of the whole beside a part of it makes clients refuse the part. */
    if (mode != NULL && s3_header(call, "Range") == NULL)
        reply_checksum(call, json_object_get(object->headers, "checksum"));
}

/* ---- conditions ---- */

/* "*", or any of "a", W/"b", c. */
static bool etag_listed(const char *list, const char *etag)
{
    g_auto(GStrv) tags = g_strsplit(list, ",", -1);
    for (char **tag = tags; *tag != NULL; tag++) {
        char *text = g_strstrip(*tag);
        if (strcmp(text, "*") == 0)
            return true;
        if (g_str_has_prefix(text, "W/"))
            text += 2;
        size_t length = strlen(text);
        if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
            text[length - 1] = '\0';
            text++;
        }
        if (strcmp(text, etag) == 0)
            return true;
    }
    return false;
}

static bool precondition_failed(GError **error, const char *which)
{
    return error_set(error, ERROR_PRECONDITION, "lake.precondition",
                     "At least one of the preconditions did not hold: %s.", which);
}

bool s3_write_conditions(const S3Call *call, const LakeObject *was, GError **error)
{
    const char *match = s3_header(call, "If-Match");
    const char *none = s3_header(call, "If-None-Match");
    /* Conditions of a multipart upload are those of its completion. */
    if (call->upload != NULL && call->operation->finish != s3_complete_upload)
        return true;
    if (none != NULL && strcmp(none, "*") != 0)
        return error_set(error, ERROR_UNSUPPORTED, "lake.not_implemented",
                         "If-None-Match takes * alone when writing.");
    if (none != NULL && was != NULL)
        return precondition_failed(error, "If-None-Match");
    if (match != NULL && was == NULL)
        return error_set(error, ERROR_NOT_FOUND, "lake.no_object",
                         "There is no such object to match.");
    if (match != NULL && !etag_listed(match, was->etag))
        return precondition_failed(error, "If-Match");
    return true;
}

/* Seconds since the epoch of an HTTP date; false if it is none. */
static bool http_date_parse(const char *text, int64_t *ret_seconds)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (end == NULL || *end != '\0')
        return false;
    *ret_seconds = timegm(&tm);
    return true;
}

static const char *condition(const S3Call *call, const char *prefix, const char *name)
{
    g_autofree char *header = g_strconcat(prefix, name, NULL);
    return s3_header(call, header);
}

bool s3_read_conditions(const S3Call *call, const LakeObject *object, const char *prefix,
                        bool *ret_unchanged, GError **error)
{
    const char *match = condition(call, prefix, "if-match");
    const char *none = condition(call, prefix, "if-none-match");
    const char *modified = condition(call, prefix, "if-modified-since");
    const char *unmodified = condition(call, prefix, "if-unmodified-since");
    int64_t since = 0, changed = object->modified_ms / 1000;
    *ret_unchanged = false;
    if (match != NULL && !etag_listed(match, object->etag))
        return precondition_failed(error, "If-Match");
    if (match == NULL && unmodified != NULL && http_date_parse(unmodified, &since) &&
        changed > since)
        return precondition_failed(error, "If-Unmodified-Since");
    if (none != NULL)
        *ret_unchanged = etag_listed(none, object->etag);
    else if (modified != NULL && http_date_parse(modified, &since))
        *ret_unchanged = changed <= since;
    return true;
}

/* ---- ranges ---- */

/* Digits from AT; false without any or with too many. Moves *AT. */
static bool range_number(const char **at, int64_t *ret_number)
{
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 18)
        return false;
    *ret_number = (int64_t)g_ascii_strtoull(*at, NULL, 10);
    *at += digits;
    return true;
}

bool s3_range_parse(const char *header, int64_t size, S3Range *ret_range, GError **error)
{
    S3Range whole = {.partial = false, .first = 0, .size = size};
    int64_t first = 0, last = size - 1;
    *ret_range = whole;
    if (header == NULL || !g_str_has_prefix(header, "bytes="))
        return true;
    const char *at = header + strlen("bytes=");
    bool suffix = *at == '-';
    if (suffix) {
        at++;
        if (!range_number(&at, &last) || *at != '\0')
            return true;
        first = last >= size ? 0 : size - last;
        if (last == 0)
            first = size; /* none of it */
        last = size - 1;
    } else {
        if (!range_number(&at, &first) || *at++ != '-')
            return true;
        if (*at != '\0' && (!range_number(&at, &last) || *at != '\0' || last < first))
            return true;
        last = MIN(last, size - 1);
    }
    if (first >= size)
        return error_set(error, ERROR_RANGE, "lake.range",
                         "The range lies outside of the object's %" G_GINT64_FORMAT " bytes.",
                         size);
    *ret_range = (S3Range){.partial = true, .first = first, .size = last - first + 1};
    return true;
}
