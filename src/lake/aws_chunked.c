/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state machine over bytes. Data are given out before their chunk's signature is known to be
 * right, so that nothing is held in memory: the caller commits nothing before aws_chunked_end().
 */
#include "lake/aws_chunked.h"

#include "base/encode.h"
#include "base/error.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

typedef enum ChunkedState {
    CHUNKED_HEADER,      /* in a chunk's first line */
    CHUNKED_DATA,
    CHUNKED_DATA_END,    /* in the line end after the data */
    CHUNKED_TRAILER,     /* in a trailer's line */
    CHUNKED_END,         /* nothing but one more line end may follow */
} ChunkedState;

struct AwsChunked {
    AwsChunkedPlan plan;
    char *scope;
    AwsChunkedSink sink;
    void *user;
    ChunkedState state;
    char line[AWS_CHUNKED_LINE_MAX + 1];
    size_t line_size;
    uint64_t chunk_left;
    uint64_t total;
    bool extra_line;             /* an empty line came after the end */
    char previous[65];           /* signature of the chunk before */
    char claimed[65];            /* of this one */
    EVP_MD_CTX *hash;            /* of this chunk's data */
    GPtrArray *trailers;         /* name, value, ... */
    GString *signed_trailers;
};

AwsChunked *aws_chunked_new(const AwsChunkedPlan *plan, AwsChunkedSink sink, void *user)
{
    AwsChunked *decoder = g_new0(AwsChunked, 1);
    decoder->plan = *plan;
    decoder->scope = g_strdup(plan->scope);
    decoder->sink = sink;
    decoder->user = user;
    decoder->hash = EVP_MD_CTX_new();
    decoder->trailers = g_ptr_array_new_with_free_func(g_free);
    decoder->signed_trailers = g_string_new(NULL);
    g_strlcpy(decoder->previous, plan->seed_signature, sizeof decoder->previous);
    return decoder;
}

void aws_chunked_free(AwsChunked *decoder)
{
    if (decoder == NULL)
        return;
    EVP_MD_CTX_free(decoder->hash);
    g_ptr_array_unref(decoder->trailers);
    g_string_free(decoder->signed_trailers, TRUE);
    g_free(decoder->scope);
    OPENSSL_cleanse(decoder, sizeof *decoder);
    g_free(decoder);
}

static bool refuse(GError **error, const char *what)
{
    return error_set(error, ERROR_INVALID, "lake.chunked", "The aws-chunked body is wrong: %s.",
                     what);
}

/* ---- signatures ---- */

static bool signature_check(AwsChunked *decoder, const char *kind, const char *hashes,
                            GError **error)
{
    char expected[65];
    g_autofree char *text = g_strdup_printf("%s\n%s\n%s\n%s\n%s", kind, decoder->plan.amz_date,
                                            decoder->scope, decoder->previous, hashes);
    sigv4_sign(decoder->plan.key, text, expected);
    if (CRYPTO_memcmp(expected, decoder->claimed, 64) != 0)
        return error_set(error, ERROR_DENIED, "lake.signature",
                         "The signature of a chunk does not match.");
    g_strlcpy(decoder->previous, expected, sizeof decoder->previous);
    return true;
}

static bool chunk_check(AwsChunked *decoder, GError **error)
{
    uint8_t bytes[32];
    unsigned int size = 0;
    if (!decoder->plan.is_signed || decoder->plan.is_trusted)
        return true;
    g_assert(EVP_DigestFinal_ex(decoder->hash, bytes, &size) == 1 && size == sizeof bytes);
    g_autofree char *hash = hex_encode(bytes, sizeof bytes);
    g_autofree char *hashes = g_strconcat(EMPTY_HASH, "\n", hash, NULL);
    return signature_check(decoder, "AWS4-HMAC-SHA256-PAYLOAD", hashes, error);
}

static bool trailers_check(AwsChunked *decoder, GError **error)
{
    const char *claimed = aws_chunked_trailer(decoder, "x-amz-trailer-signature");
    if (!decoder->plan.is_signed || decoder->plan.is_trusted)
        return true;
    if (claimed == NULL || strlen(claimed) != 64)
        return refuse(error, "the trailers are not signed");
    g_strlcpy(decoder->claimed, claimed, sizeof decoder->claimed);
    g_autofree char *hash = hash_text_hex(decoder->signed_trailers->str);
    return signature_check(decoder, "AWS4-HMAC-SHA256-TRAILER", hash, error);
}

/* ---- lines ---- */

static bool chunk_signature(AwsChunked *decoder, const char *extension, GError **error)
{
    static const char prefix[] = ";chunk-signature=";
    uint8_t bytes[32];
    if (!decoder->plan.is_signed)
        return *extension == '\0' || refuse(error, "a chunk has an unknown extension");
    if (!g_str_has_prefix(extension, prefix) ||
        !hex_decode(extension + strlen(prefix), bytes, sizeof bytes))
        return refuse(error, "a chunk has no signature");
    g_autofree char *lower = g_ascii_strdown(extension + strlen(prefix), -1);
    g_strlcpy(decoder->claimed, lower, sizeof decoder->claimed);
    g_assert(EVP_DigestInit_ex(decoder->hash, EVP_sha256(), NULL) == 1);
    return true;
}

static bool header_line(AwsChunked *decoder, GError **error)
{
    size_t digits = strspn(decoder->line, "0123456789abcdefABCDEF");
    if (digits == 0 || digits > 15)
        return refuse(error, "a chunk does not begin with its length");
    uint64_t length = g_ascii_strtoull(decoder->line, NULL, 16);
    if (!chunk_signature(decoder, decoder->line + digits, error))
        return false;
    if (length > (uint64_t)decoder->plan.decoded_length - decoder->total)
        return refuse(error, "it holds more than x-amz-decoded-content-length");
    decoder->chunk_left = length;
    decoder->total += length;
    if (length > 0) {
        decoder->state = CHUNKED_DATA;
        return true;
    }
    decoder->state = CHUNKED_TRAILER;
    return chunk_check(decoder, error);
}

static bool trailer_end(AwsChunked *decoder, GError **error)
{
    decoder->state = CHUNKED_END;
    return !decoder->plan.has_trailer || trailers_check(decoder, error);
}

static bool trailer_line(AwsChunked *decoder, GError **error)
{
    char *colon = strchr(decoder->line, ':');
    if (*decoder->line == '\0')
        return trailer_end(decoder, error);
    if (!decoder->plan.has_trailer)
        return refuse(error, "it has a trailer that was not announced");
    if (colon == NULL || colon == decoder->line ||
        decoder->trailers->len >= 2 * AWS_CHUNKED_TRAILERS_MAX)
        return refuse(error, "a trailer is not a header, or there are too many");
    char *name = g_ascii_strdown(decoder->line, colon - decoder->line);
    char *value = g_strstrip(g_strdup(colon + 1));
    g_ptr_array_add(decoder->trailers, name);
    g_ptr_array_add(decoder->trailers, value);
    if (strcmp(name, "x-amz-trailer-signature") != 0)
        g_string_append_printf(decoder->signed_trailers, "%s:%s\n", name, value);
    return true;
}

static bool line_done(AwsChunked *decoder, GError **error)
{
    if (decoder->line_size > 0 && decoder->line[decoder->line_size - 1] == '\r')
        decoder->line_size--;
    decoder->line[decoder->line_size] = '\0';
    if (strlen(decoder->line) != decoder->line_size)
        return refuse(error, "a line holds a NUL");
    decoder->line_size = 0;
    switch (decoder->state) {
    case CHUNKED_HEADER:
        return header_line(decoder, error);
    case CHUNKED_DATA_END:
        decoder->state = CHUNKED_HEADER;
        return *decoder->line == '\0' || refuse(error, "a chunk is longer than it says");
    case CHUNKED_TRAILER:
        return trailer_line(decoder, error);
    case CHUNKED_END:
        /* Some clients end their trailers with one line end too many. */
        if (*decoder->line != '\0' || decoder->extra_line)
            return refuse(error, "something follows its end");
        decoder->extra_line = true;
        return true;
    case CHUNKED_DATA:
        break;
    }
    g_assert_not_reached();
}

static bool line_byte(AwsChunked *decoder, char byte, GError **error)
{
    if (byte == '\n')
        return line_done(decoder, error);
    if (decoder->line_size >= AWS_CHUNKED_LINE_MAX)
        return refuse(error, "a line is too long");
    decoder->line[decoder->line_size++] = byte;
    return true;
}

/* ---- data ---- */

static bool data_bytes(AwsChunked *decoder, const char *bytes, size_t size, GError **error)
{
    if (decoder->plan.is_signed)
        g_assert(EVP_DigestUpdate(decoder->hash, bytes, size) == 1);
    if (!decoder->sink(bytes, size, decoder->user, error))
        return false;
    decoder->chunk_left -= size;
    if (decoder->chunk_left > 0)
        return true;
    decoder->state = CHUNKED_DATA_END;
    return chunk_check(decoder, error);
}

bool aws_chunked_feed(AwsChunked *decoder, const char *bytes, size_t size, GError **error)
{
    size_t at = 0;
    while (at < size) {
        size_t taken = 1;
        bool ok;
        if (decoder->state == CHUNKED_DATA) {
            taken = (size_t)MIN((uint64_t)(size - at), decoder->chunk_left);
            ok = data_bytes(decoder, bytes + at, taken, error);
        } else {
            ok = line_byte(decoder, bytes[at], error);
        }
        if (!ok)
            return false;
        at += taken;
    }
    return true;
}

bool aws_chunked_end(AwsChunked *decoder, GError **error)
{
    /* Without trailers, the last empty line is left out by some clients. */
    if (decoder->state == CHUNKED_TRAILER && decoder->line_size == 0 &&
        !decoder->plan.has_trailer)
        decoder->state = CHUNKED_END;
    if (decoder->state != CHUNKED_END || decoder->line_size > 0)
        return refuse(error, "it ends too early");
    if (decoder->total != (uint64_t)decoder->plan.decoded_length)
        return refuse(error, "it holds less than x-amz-decoded-content-length");
    return true;
}

const char *aws_chunked_trailer(const AwsChunked *decoder, const char *name)
{
    for (guint i = 0; i + 1 < decoder->trailers->len; i += 2) {
        if (strcmp(g_ptr_array_index(decoder->trailers, i), name) == 0)
            return g_ptr_array_index(decoder->trailers, i + 1);
    }
    return NULL;
}
