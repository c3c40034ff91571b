/* SPDX-License-Identifier: Apache-2.0 */
/* Clients branch on the code, people read the message. An internal error's sentence stays with
 * us. */
#include "lake/s3_error.h"

#include "base/error.h"
#include "lake/s3_xml.h"

#include <string.h>

const S3ErrorRow s3_error_rows[] = {
    {"lake.access_key", "InvalidAccessKeyId", 403},
    {"lake.anonymous", "AccessDenied", 403},
    {"lake.authorization", "AuthorizationHeaderMalformed", 400},
    {"lake.signature", "SignatureDoesNotMatch", 403},
    {"lake.clock_skew", "RequestTimeTooSkewed", 403},
    {"lake.expired", "AccessDenied", 403},
    {"lake.uri", "InvalidURI", 400},
    {"lake.key", "InvalidArgument", 400},
    {"lake.argument", "InvalidArgument", 400},
    {"lake.request", "InvalidRequest", 400},
    {"lake.chunked", "IncompleteBody", 400},
    {"lake.incomplete", "IncompleteBody", 400},
    {"lake.xml", "MalformedXML", 400},
    {"lake.digest", "BadDigest", 400},
    {"lake.payload", "XAmzContentSHA256Mismatch", 400},
    {"lake.checksum_needed", "InvalidRequest", 400},
    {"lake.length", "MissingContentLength", 411},
    {"lake.too_large", "EntityTooLarge", 400},
    {"lake.part_small", "EntityTooSmall", 400},
    {"lake.part", "InvalidPart", 400},
    {"lake.part_order", "InvalidPartOrder", 400},
    {"lake.no_bucket", "NoSuchBucket", 404},
    {"lake.no_object", "NoSuchKey", 404},
    {"lake.no_upload", "NoSuchUpload", 404},
    {"lake.precondition", "PreconditionFailed", 412},
    {"lake.range", "InvalidRange", 416},
    {"lake.bucket_owned", "BucketAlreadyOwnedByYou", 409},
    {"lake.not_implemented", "NotImplemented", 501},
    {"lake.method", "MethodNotAllowed", 405},
    {"lake.quota", "QuotaExceeded", 507},
    {"lake.disk_full", "QuotaExceeded", 507},
    {"lake.folder", "ServiceUnavailable", 503},
    {"lake.reads", "SlowDown", 503},
    {NULL, NULL, 0},
};

static const S3ErrorRow kind_rows[ERROR_CODE_COUNT] = {
    [ERROR_INTERNAL] = {NULL, "InternalError", 500},
    [ERROR_INVALID] = {NULL, "InvalidRequest", 400},
    [ERROR_UNAUTHENTICATED] = {NULL, "AccessDenied", 403},
    [ERROR_DENIED] = {NULL, "AccessDenied", 403},
    [ERROR_NOT_FOUND] = {NULL, "NoSuchKey", 404},
    [ERROR_METHOD] = {NULL, "MethodNotAllowed", 405},
    [ERROR_CONFLICT] = {NULL, "OperationAborted", 409},
    [ERROR_LENGTH_REQUIRED] = {NULL, "MissingContentLength", 411},
    [ERROR_PRECONDITION] = {NULL, "PreconditionFailed", 412},
    [ERROR_TOO_LARGE] = {NULL, "EntityTooLarge", 400},
    [ERROR_UNSUPPORTED] = {NULL, "NotImplemented", 501},
    [ERROR_RANGE] = {NULL, "InvalidRange", 416},
    [ERROR_UNPROCESSABLE] = {NULL, "InvalidRequest", 400},
    [ERROR_RATE_LIMITED] = {NULL, "SlowDown", 503},
    [ERROR_UNAVAILABLE] = {NULL, "ServiceUnavailable", 503},
    [ERROR_QUOTA] = {NULL, "QuotaExceeded", 507},
};

const S3ErrorRow *s3_error_row(const GError *problem)
{
    const char *reason = error_reason(problem);
    for (const S3ErrorRow *row = s3_error_rows; row->reason != NULL; row++) {
        if (strcmp(row->reason, reason) == 0)
            return row;
    }
    return &kind_rows[error_kind_of(problem)->code];
}

bool s3_write_problem(HttpRequest *request, const GError *problem, GError **error)
{
    const S3ErrorRow *row = s3_error_row(problem);
    const char *message = error_kind_of(problem)->is_public
                              ? problem->message
                              : "Something went wrong on the server; tell an officer the request's "
                                "id.";
    S3Xml *xml = s3_xml_new("Error", true);
    g_autofree char *valid = g_utf8_make_valid(message, -1);
    s3_xml_text(xml, "Code", row->code);
    s3_xml_text(xml, "Message", valid);
    s3_xml_text(xml, "Reason", error_reason(problem));
    s3_xml_text(xml, "RequestId", http_request_id(request));
    g_autoptr(GBytes) bytes = s3_xml_finish(xml);
    http_reply_header(request, "x-amz-request-id", http_request_id(request));
    return http_reply_bytes(request, row->status, "application/xml", bytes, error);
}
