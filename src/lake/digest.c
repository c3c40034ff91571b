/* SPDX-License-Identifier: Apache-2.0 */
/* MD5 and the SHA family by libcrypto, CRC-32 by zlib, the two other CRCs by crc.c. */
#include "lake/digest.h"

#include "lake/crc.h"

#include <openssl/evp.h>
#include <string.h>
#include <zlib.h>

static const ChecksumRow rows[CHECKSUM_COUNT] = {
    [CHECKSUM_NONE] = {CHECKSUM_NONE, "", "", "", 0},
    [CHECKSUM_CRC32] = {CHECKSUM_CRC32, "CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4},
    [CHECKSUM_CRC32C] = {CHECKSUM_CRC32C, "CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4},
    [CHECKSUM_CRC64NVME] = {CHECKSUM_CRC64NVME, "CRC64NVME", "x-amz-checksum-crc64nvme",
                            "ChecksumCRC64NVME", 8},
    [CHECKSUM_SHA1] = {CHECKSUM_SHA1, "SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20},
    [CHECKSUM_SHA256] = {CHECKSUM_SHA256, "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32},
};

const ChecksumRow *checksum_row(ChecksumKind kind)
{
    g_assert(kind < CHECKSUM_COUNT);
    return &rows[kind];
}

ChecksumKind checksum_by_name(const char *name)
{
    for (int i = CHECKSUM_NONE + 1; i < CHECKSUM_COUNT; i++) {
        if (g_ascii_strcasecmp(rows[i].name, name) == 0)
            return (ChecksumKind)i;
    }
    return CHECKSUM_NONE;
}

ChecksumKind checksum_by_header(const char *header)
{
    for (int i = CHECKSUM_NONE + 1; i < CHECKSUM_COUNT; i++) {
        if (g_ascii_strcasecmp(rows[i].header, header) == 0)
            return (ChecksumKind)i;
    }
    return CHECKSUM_NONE;
}

struct Digest {
    ChecksumKind kind;
    EVP_MD_CTX *md5, *sha256, *checksum;   /* CHECKSUM: SHA-1, or SHA-256 */
    uint64_t crc;
    uint8_t md5_bytes[16], sha256_bytes[32];
    char *checksum_text;
};

static EVP_MD_CTX *hash_begin(const EVP_MD *kind)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    g_assert(context != NULL && EVP_DigestInit_ex(context, kind, NULL) == 1);
    return context;
}

static void hash_end(EVP_MD_CTX *context, uint8_t *ret_bytes)
{
    g_assert(EVP_DigestFinal_ex(context, ret_bytes, NULL) == 1);
}

Digest *digest_new(bool sha256, ChecksumKind checksum)
{
    Digest *digest = g_new0(Digest, 1);
    digest->kind = checksum;
    digest->md5 = hash_begin(EVP_md5());
    if (sha256)
        digest->sha256 = hash_begin(EVP_sha256());
    if (checksum == CHECKSUM_SHA1)
        digest->checksum = hash_begin(EVP_sha1());
    if (checksum == CHECKSUM_SHA256)
        digest->checksum = hash_begin(EVP_sha256());
    return digest;
}

void digest_free(Digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->md5);
    EVP_MD_CTX_free(digest->sha256);
    EVP_MD_CTX_free(digest->checksum);
    g_free(digest->checksum_text);
    g_free(digest);
}

static void crc_update(Digest *digest, const void *bytes, size_t size)
{
    if (digest->kind == CHECKSUM_CRC32)
        digest->crc = crc32_z((uLong)digest->crc, bytes, size);
    else if (digest->kind == CHECKSUM_CRC32C)
        digest->crc = crc32c_update((uint32_t)digest->crc, bytes, size);
    else if (digest->kind == CHECKSUM_CRC64NVME)
        digest->crc = crc64nvme_update(digest->crc, bytes, size);
}

void digest_update(Digest *digest, const void *bytes, size_t size)
{
    EVP_MD_CTX *contexts[] = {digest->md5, digest->sha256, digest->checksum};
    for (size_t i = 0; i < G_N_ELEMENTS(contexts); i++) {
        if (contexts[i] != NULL)
            g_assert(EVP_DigestUpdate(contexts[i], bytes, size) == 1);
    }
    crc_update(digest, bytes, size);
}

void digest_finish(Digest *digest)
{
    uint8_t bytes[DIGEST_SIZE_MAX];
    size_t size = rows[digest->kind].size;
    hash_end(digest->md5, digest->md5_bytes);
    if (digest->sha256 != NULL)
        hash_end(digest->sha256, digest->sha256_bytes);
    if (digest->kind == CHECKSUM_NONE)
        return;
    if (digest->checksum != NULL) {
        hash_end(digest->checksum, bytes);
    } else {
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(digest->crc >> (8 * (size - 1 - i)));
    }
    digest->checksum_text = g_base64_encode(bytes, size);
}

const uint8_t *digest_md5(const Digest *digest)
{
    return digest->md5_bytes;
}

const uint8_t *digest_sha256(const Digest *digest)
{
    return digest->sha256 != NULL ? digest->sha256_bytes : NULL;
}

const char *digest_checksum(const Digest *digest)
{
    return digest->checksum_text;
}

/* ---- of several parts ---- */

static bool checksum_bytes(ChecksumKind kind, const char *text, uint8_t *ret_bytes)
{
    gsize size = 0;
    g_autofree guchar *bytes = text != NULL ? g_base64_decode(text, &size) : NULL;
    if (bytes == NULL || size != rows[kind].size)
        return false;
    memcpy(ret_bytes, bytes, size);
    return true;
}

char *checksum_composite(ChecksumKind kind, const char *const *parts, size_t count)
{
    g_autoptr(Digest) digest = digest_new(false, kind);
    uint8_t bytes[DIGEST_SIZE_MAX];
    if (kind == CHECKSUM_NONE)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!checksum_bytes(kind, parts[i], bytes))
            return NULL;
        digest_update(digest, bytes, rows[kind].size);
    }
    digest_finish(digest);
    return g_strdup_printf("%s-%zu", digest_checksum(digest), count);
}

char *checksum_combine(ChecksumKind kind, const char *const *parts, const int64_t *sizes,
                       size_t count)
{
    uLong crc = crc32(0, NULL, 0);
    uint8_t bytes[DIGEST_SIZE_MAX];
    if (kind != CHECKSUM_CRC32)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!checksum_bytes(kind, parts[i], bytes))
            return NULL;
        uLong part = 0;
        for (size_t byte = 0; byte < 4; byte++)
            part = part << 8 | bytes[byte];
        crc = crc32_combine(crc, part, (z_off_t)sizes[i]);
    }
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(crc >> (8 * (3 - i)));
    return g_base64_encode(bytes, 4);
}
