/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The aws-chunked body: chunks of "length[;chunk-signature=...]", data, then perhaps trailers. A
 * decoder that is fed bytes in any pieces and gives the data out; it keeps one line at most. Pure:
 * links with base and libcrypto alone.
 */
#ifndef DARSE_LAKE_AWS_CHUNKED_H
#define DARSE_LAKE_AWS_CHUNKED_H

#include "lake/sigv4.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AWS_CHUNKED_LINE_MAX 1024
#define AWS_CHUNKED_TRAILERS_MAX 16

typedef struct AwsChunked AwsChunked;

typedef bool (*AwsChunkedSink)(const char *bytes, size_t size, void *user, GError **error);

typedef struct AwsChunkedPlan {
    bool is_signed;                       /* each chunk carries a signature */
    bool is_trusted;                      /* signatures are there but not checked: through a door */
    bool has_trailer;
    int64_t decoded_length;               /* x-amz-decoded-content-length */
    /* for a signed one */
    uint8_t key[SIGV4_KEY_SIZE];
    char amz_date[17];
    const char *scope;                    /* copied */
    char seed_signature[65];
} AwsChunkedPlan;

AwsChunked *aws_chunked_new(const AwsChunkedPlan *plan, AwsChunkedSink sink, void *user);
void aws_chunked_free(AwsChunked *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsChunked, aws_chunked_free)

/* ERROR_INVALID "lake.chunked", ERROR_DENIED "lake.signature"; the sink's own errors. After a
 * failure the decoder is not fed again. */
bool aws_chunked_feed(AwsChunked *decoder, const char *bytes, size_t size, GError **error);
/* The body is over: it must be complete and of the announced length. */
bool aws_chunked_end(AwsChunked *decoder, GError **error);
/* Value of a trailer (lower-case name), NULL if absent. After aws_chunked_end(). */
const char *aws_chunked_trailer(const AwsChunked *decoder, const char *name);

#endif
