/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer and the checker of releases agree on. Private to the airlock. */
#ifndef DARSE_AIRLOCK_RELEASE_FORM_H
#define DARSE_AIRLOCK_RELEASE_FORM_H

#include "airlock/release.h"

#include <locale.h>
#include <sodium.h>

#define RELEASE_FORMAT "darse-release-1"
#define RELEASE_FILES_PREFIX "files/"

/* Members that are JSON, in the order in which they are stored, before the files. */
typedef enum ReleaseDocument {
    RELEASE_MANIFEST,
    RELEASE_RULES,
    RELEASE_REVIEWS,
    RELEASE_AUDIT,
    RELEASE_DOCUMENT_COUNT,
} ReleaseDocument;
/* Their names. */
const char *release_document_name(ReleaseDocument document);

/*
 * The seal: the comment at the very end of the zip,
 *     "darse-release-1 " public key (64 hexadecimal digits) " " signature (128) "\n"
 * where the signature is of RELEASE_FORMAT "\nseal\n" and the SHA-256 of all bytes before the
 * comment, its length field included.
 */
#define RELEASE_SEAL_SIZE (sizeof(RELEASE_FORMAT) + 64 + 1 + 128 + 1)
#define RELEASE_ZIP_END_SIZE 22   /* of the end record, without comment */

typedef struct ReleaseSeal {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t signature[crypto_sign_BYTES];
} ReleaseSeal;

/*
 * libarchive converts names through the locale of the thread, and refuses "été" in the C locale, in
 * which a server runs: this thread reads and writes UTF-8 until release_locale_leave().
 */
typedef struct ReleaseLocale {
    locale_t ours, before;
} ReleaseLocale;
ReleaseLocale release_locale_enter(void);
void release_locale_leave(ReleaseLocale *locale);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReleaseLocale, release_locale_leave)

/* What is signed, for the seal (KIND "seal") and for each review (KIND "review"). */
void release_signed_bytes(const char *kind, const uint8_t hash[HASH_SIZE], GByteArray *into);
/* The hash that a review's signature covers: of {"manifest_sha256", "review"}. */
void release_review_hash(const char *manifest_sha256, const json_t *review,
                         uint8_t ret_hash[HASH_SIZE]);
/* SHA-256 of the first SIZE bytes of FD. */
bool release_hash_start(int fd, int64_t size, uint8_t ret_hash[HASH_SIZE], GError **error);

#endif
