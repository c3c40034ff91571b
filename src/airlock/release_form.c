/* SPDX-License-Identifier: Apache-2.0 */
#include "airlock/release_form.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *release_document_name(ReleaseDocument document)
{
    static const char *const names[RELEASE_DOCUMENT_COUNT] = {
        [RELEASE_MANIFEST] = "manifest.json",
        [RELEASE_RULES] = "rules.json",
        [RELEASE_REVIEWS] = "reviews.json",
        [RELEASE_AUDIT] = "audit.json",
    };
    g_assert(document < RELEASE_DOCUMENT_COUNT);
    return names[document];
}

ReleaseLocale release_locale_enter(void)
{
    ReleaseLocale locale = {newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), (locale_t)0};
    if (locale.ours != (locale_t)0)
        locale.before = uselocale(locale.ours);
    return locale;
}

void release_locale_leave(ReleaseLocale *locale)
{
    if (locale->ours == (locale_t)0)
        return;
    uselocale(locale->before);
    freelocale(locale->ours);
    locale->ours = (locale_t)0;
}

void release_signed_bytes(const char *kind, const uint8_t hash[HASH_SIZE], GByteArray *into)
{
    g_byte_array_append(into, (const guint8 *)RELEASE_FORMAT "\n", sizeof RELEASE_FORMAT);
    g_byte_array_append(into, (const guint8 *)kind, (guint)strlen(kind));
    g_byte_array_append(into, (const guint8 *)"\n", 1);
    g_byte_array_append(into, hash, HASH_SIZE);
}

void release_review_hash(const char *manifest_sha256, const json_t *review,
                         uint8_t ret_hash[HASH_SIZE])
{
    g_autoptr(json_t) bound =
        json_pack("{s:s, s:O}", "manifest_sha256", manifest_sha256, "review", review);
    char *text = json_canonical(bound);
    g_assert(text != NULL);
    hash_bytes(text, strlen(text), ret_hash);
    free(text);
}

bool release_hash_start(int fd, int64_t size, uint8_t ret_hash[HASH_SIZE], GError **error)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    g_autofree unsigned char *chunk = g_malloc(65536);
    for (int64_t at = 0; at < size;) {
        ssize_t n = pread(fd, chunk, (size_t)MIN(65536, size - at), at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(error, errno, "files.read", "A file cannot be read");
        if (n == 0)
            return error_set(error, ERROR_UNPROCESSABLE, "release.truncated",
                             "The file is shorter than it was a moment ago.");
        crypto_hash_sha256_update(&state, chunk, (unsigned long long)n);
        at += n;
    }
    crypto_hash_sha256_final(&state, ret_hash);
    return true;
}
