/* SPDX-License-Identifier: Apache-2.0 */
/* The sums of one body, computed as it passes: MD5 always (the ETag), SHA-256 when it is signed,
 * and the checksum that the client chose. Pure. */
#ifndef DARSE_LAKE_DIGEST_H
#define DARSE_LAKE_DIGEST_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ChecksumKind {
    CHECKSUM_NONE,
    CHECKSUM_CRC32,
    CHECKSUM_CRC32C,
    CHECKSUM_CRC64NVME,
    CHECKSUM_SHA1,
    CHECKSUM_SHA256,
    CHECKSUM_COUNT,
} ChecksumKind;

typedef struct ChecksumRow {
    ChecksumKind kind;
    const char *name;          /* "CRC32", as in x-amz-sdk-checksum-algorithm */
    const char *header;        /* "x-amz-checksum-crc32" */
    const char *element;       /* "ChecksumCRC32" */
    size_t size;               /* bytes */
} ChecksumRow;
const ChecksumRow *checksum_row(ChecksumKind kind);
/* By NAME in any case, or by header. CHECKSUM_NONE if it is none of ours. */
ChecksumKind checksum_by_name(const char *name);
ChecksumKind checksum_by_header(const char *header);

#define DIGEST_SIZE_MAX 32

typedef struct Digest Digest;
Digest *digest_new(bool sha256, ChecksumKind checksum);
void digest_free(Digest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Digest, digest_free)
void digest_update(Digest *digest, const void *bytes, size_t size);
/* Ends the sums; then the values can be asked, as often as wanted. */
void digest_finish(Digest *digest);
const uint8_t *digest_md5(const Digest *digest);           /* 16 bytes */
const uint8_t *digest_sha256(const Digest *digest);        /* 32 bytes; NULL unless asked */
/* In base64, NULL if none was asked. */
const char *digest_checksum(const Digest *digest);

/* Checksum of a multipart object made of the checksums (base64) of its parts: base64 + "-N". NULL
 * if one of them is not of KIND. Caller frees. */
char *checksum_composite(ChecksumKind kind, const char *const *parts, size_t count);
/* Checksum of the whole from those of the parts, for CRC32 alone; NULL otherwise. Caller frees. */
char *checksum_combine(ChecksumKind kind, const char *const *parts, const int64_t *sizes,
                       size_t count);

#endif
