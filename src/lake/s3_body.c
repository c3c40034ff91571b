/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a call. Its length is known and counted against the quota before the first byte; its
 * sums are computed as it passes; nothing counts before all of them are right.
 */
#include "lake/s3.h"

#include "base/error.h"

#include <string.h>

/* ---- before ---- */

static bool is_chunked(const S3Call *call)
{
    SigV4Payload payload = call->sigv4.payload;
    return payload == SIGV4_CHUNKED_SIGNED || payload == SIGV4_CHUNKED_SIGNED_TRAILER ||
           payload == SIGV4_CHUNKED_UNSIGNED_TRAILER;
}

static bool body_length(S3Call *call, GError **error)
{
    int64_t length = http_request_content_length(call->request);
    const char *decoded = s3_header(call, "x-amz-decoded-content-length");
    gint64 value = -1;
    if (is_chunked(call)) {
        if (decoded == NULL ||
            !g_ascii_string_to_signed(decoded, 10, 0, INT64_MAX / 2, &value, NULL))
            return error_set(error, ERROR_LENGTH_REQUIRED, "lake.length",
                             "x-amz-decoded-content-length is missing or wrong.");
        length = value;
    }
    if (length < 0 && call->operation->body == S3_BODY_OBJECT)
        return error_set(error, ERROR_LENGTH_REQUIRED, "lake.length",
                         "The length of the body must be given.");
    call->body.length = length;
    return true;
}

/* The one checksum that the client announces, as a header or as a trailer. */
static bool body_checksum(S3Call *call, GError **error)
{
    const char *trailer = s3_header(call, "x-amz-trailer");
    int given = 0;
    for (int i = CHECKSUM_NONE + 1; i < CHECKSUM_COUNT; i++) {
        const ChecksumRow *row = checksum_row((ChecksumKind)i);
        bool in_trailer = trailer != NULL && g_ascii_strcasecmp(trailer, row->header) == 0;
        if (s3_header(call, row->header) != NULL || in_trailer) {
            call->body.checksum = row->kind;
            given++;
        }
    }
    if (given > 1)
        return error_set(error, ERROR_INVALID, "lake.request", "Give one checksum only.");
    if (trailer != NULL && given == 0)
        return error_set(error, ERROR_UNSUPPORTED, "lake.not_implemented",
                         "The trailer \"%s\" is not understood.", trailer);
    /* Parts of an upload that was begun with a checksum have it all. */
    if (given == 0 && call->upload != NULL)
        call->body.checksum = checksum_by_name(call->upload->checksum);
    return true;
}

static bool body_sink(const char *bytes, size_t size, void *user, GError **error)
{
    S3Call *call = user;
    S3Body *body = &call->body;
    if (body->length >= 0 && (int64_t)size > body->length - body->received)
        return error_set(error, ERROR_INVALID, "lake.incomplete",
                         "The body is longer than announced.");
    body->received += (int64_t)size;
    digest_update(body->digest, bytes, size);
    if (body->file != NULL)
        return lake_file_write(body->file, bytes, size, error);
    if (body->document->len + size > S3_XML_SIZE_MAX)
        return error_set(error, ERROR_TOO_LARGE, "lake.too_large", "The document is too large.");
    g_byte_array_append(body->document, (const guint8 *)bytes, (guint)size);
    return true;
}

static void body_start_chunked(S3Call *call)
{
    g_autofree char *scope = call->is_signed ? sigv4_scope(&call->sigv4) : NULL;
    AwsChunkedPlan plan = {
        .is_signed = call->sigv4.payload != SIGV4_CHUNKED_UNSIGNED_TRAILER,
        .is_trusted = !call->is_signed,
        .has_trailer = call->sigv4.payload != SIGV4_CHUNKED_SIGNED,
        .decoded_length = call->body.length,
        .scope = scope,
    };
    memcpy(plan.key, call->signing_key, sizeof plan.key);
    g_strlcpy(plan.amz_date, call->sigv4.amz_date, sizeof plan.amz_date);
    g_strlcpy(plan.seed_signature, call->sigv4.signature, sizeof plan.seed_signature);
    call->body.chunked = aws_chunked_new(&plan, body_sink, call);
}

static bool body_start_object(S3Call *call, GError **error)
{
    int64_t max_bytes = config_integer(call->app->config, "lake.max_object_bytes");
    int64_t length = call->body.length;
    if (length > max_bytes)
        return error_set(error, ERROR_TOO_LARGE, "lake.too_large",
                         "An object has at most %" G_GINT64_FORMAT " bytes.", max_bytes);
    int64_t was = call->object != NULL && call->upload == NULL ? call->object->size : 0;
    if (!lake_reserve(call->lake, call->project->id, length, call->used_bytes - was,
                      call->project->bucket_quota_bytes, error))
        return false;
    call->body.reserved = length;
    call->body.file = lake_file_create(call->lake->files, call->folder, error);
    return call->body.file != NULL;
}

bool s3_body_begin(S3Call *call, GError **error)
{
    S3BodyKind kind = call->operation->body;
    if (!body_length(call, error) || !body_checksum(call, error))
        return false;
    call->body.digest = digest_new(call->sigv4.payload == SIGV4_HASHED, call->body.checksum);
    if (kind == S3_BODY_OBJECT && !body_start_object(call, error))
        return false;
    if (kind == S3_BODY_XML)
        call->body.document = g_byte_array_new();
    if (is_chunked(call) && kind != S3_BODY_NONE)
        body_start_chunked(call);
    return true;
}

/* ---- during ---- */

bool s3_body_data(S3Call *call, const char *bytes, size_t size, GError **error)
{
    if (call->operation->body == S3_BODY_NONE)
        return error_set(error, ERROR_INVALID, "lake.request", "%s takes no body.",
                         call->operation->name);
    if (call->body.chunked != NULL)
        return aws_chunked_feed(call->body.chunked, bytes, size, error);
    return body_sink(bytes, size, call, error);
}

/* ---- after ---- */

static bool check_payload(const S3Call *call, GError **error)
{
    const uint8_t *sha256 = digest_sha256(call->body.digest);
    if (sha256 == NULL)
        return true;
    g_autofree char *hex = hex_encode(sha256, 32);
    return g_ascii_strcasecmp(hex, call->sigv4.payload_hash) == 0 ||
           error_set(error, ERROR_INVALID, "lake.payload",
                     "The body's SHA-256 is not that of x-amz-content-sha256.");
}

static bool check_md5(const S3Call *call, GError **error)
{
    const char *given = s3_header(call, "Content-MD5");
    if (given == NULL)
        return true;
    g_autofree char *md5 = g_base64_encode(digest_md5(call->body.digest), 16);
    return strcmp(md5, given) == 0 || error_set(error, ERROR_INVALID, "lake.digest",
                                                "The body's MD5 is not that of Content-MD5.");
}

static bool check_checksum(const S3Call *call, GError **error)
{
    const ChecksumRow *row = checksum_row(call->body.checksum);
    if (row->kind == CHECKSUM_NONE)
        return true;
    const char *given = s3_header(call, row->header);
    if (given == NULL && call->body.chunked != NULL)
        given = aws_chunked_trailer(call->body.chunked, row->header);
    if (given == NULL && s3_header(call, "x-amz-trailer") != NULL)
        return error_set(error, ERROR_INVALID, "lake.incomplete",
                         "The announced trailer %s did not come.", row->header);
    if (given == NULL)
        return true;
    /* With complete-multipart the header is of the whole object, not of this document. */
    if (call->operation->finish == s3_complete_upload)
        return true;
    return strcmp(given, digest_checksum(call->body.digest)) == 0 ||
           error_set(error, ERROR_INVALID, "lake.digest", "The body's %s is not that of %s.",
                     row->name, row->header);
}

bool s3_body_end(S3Call *call, GError **error)
{
    S3Body *body = &call->body;
    if (body->chunked != NULL && !aws_chunked_end(body->chunked, error))
        return false;
    if (call->operation->body != S3_BODY_NONE && body->length >= 0 &&
        body->received != body->length)
        return error_set(error, ERROR_INVALID, "lake.incomplete",
                         "The body is shorter than announced.");
    digest_finish(body->digest);
    if (call->operation->body == S3_BODY_NONE)
        return true;
    return check_payload(call, error) && check_md5(call, error) && check_checksum(call, error);
}

void s3_body_clear(S3Call *call)
{
    S3Body *body = &call->body;
    if (body->reserved > 0)
        lake_release(call->lake, call->project->id, body->reserved);
    body->reserved = 0;
    g_clear_pointer(&body->chunked, aws_chunked_free);
    g_clear_pointer(&body->digest, digest_free);
    g_clear_pointer(&body->file, lake_file_free);
    g_clear_pointer(&body->document, g_byte_array_unref);
}
