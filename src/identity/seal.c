/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instance key: 32 bytes in a file that the server's user alone reads. It seals short secrets
 * that must come back in clear (second factors, lake keys) with XChaCha20-Poly1305; the context is
 * authenticated, so that a sealed secret moved to another row does not open.
 */
#include "identity/identity.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEAL_KEY_SIZE crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define SEAL_NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEAL_TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SEAL_SECRET_MAX 4096

struct IdentitySeal {
    uint8_t key[SEAL_KEY_SIZE];
};

static char *seal_path(const char *state_dir)
{
    return g_build_filename(state_dir, "instance", "seal.key", NULL);
}

bool identity_init(const char *state_dir, GError **error)
{
    if (sodium_init() < 0)
        return error_set(error, ERROR_INTERNAL, "identity.sodium", "libsodium does not start.");
    g_autofree char *path = seal_path(state_dir);
    g_autofree char *folder = g_path_get_dirname(path);
    if (access(path, F_OK) == 0)
        return true;
    if (errno != ENOENT)
        return error_set_errno(error, errno, "identity.seal_key", "Cannot look at %s", path);
    if (!folder_make(folder, 0700, error))
        return false;
    uint8_t key[SEAL_KEY_SIZE];
    random_fill(key, sizeof key);
    bool ok = file_write(path, key, sizeof key, 0600, error);
    sodium_memzero(key, sizeof key);
    return ok;
}

IdentitySeal *identity_seal_open(const char *state_dir, GError **error)
{
    if (sodium_init() < 0) {
        error_set(error, ERROR_INTERNAL, "identity.sodium", "libsodium does not start.");
        return NULL;
    }
    g_autofree char *path = seal_path(state_dir);
    char *bytes = NULL;
    size_t size = 0;
    if (!file_read(path, SEAL_KEY_SIZE, &bytes, &size, error))
        return NULL;
    IdentitySeal *seal = NULL;
    if (size == SEAL_KEY_SIZE) {
        seal = g_new(IdentitySeal, 1);
        memcpy(seal->key, bytes, SEAL_KEY_SIZE);
        sodium_mlock(seal, sizeof *seal); /* best effort: the limit may be small */
    } else {
        error_set(error, ERROR_INTERNAL, "identity.seal_key",
                  "%s holds %zu bytes instead of %u; put the right file back from a backup.", path,
                  size, (unsigned)SEAL_KEY_SIZE);
    }
    sodium_memzero(bytes, size);
    g_free(bytes);
    return seal;
}

void identity_seal_free(IdentitySeal *seal)
{
    if (seal == NULL)
        return;
    sodium_munlock(seal, sizeof *seal); /* wipes */
    g_free(seal);
}

GBytes *identity_seal_text(const IdentitySeal *seal, const char *context, const char *secret)
{
    size_t length = strlen(secret);
    g_assert(length <= SEAL_SECRET_MAX);
    size_t size = SEAL_NONCE_SIZE + length + SEAL_TAG_SIZE;
    uint8_t *sealed = g_malloc(size);
    random_fill(sealed, SEAL_NONCE_SIZE);
    int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed + SEAL_NONCE_SIZE, NULL, (const uint8_t *)secret, length, (const uint8_t *)context,
        strlen(context), NULL, sealed, seal->key);
    g_assert(failed == 0);
    return g_bytes_new_take(sealed, size);
}

char *identity_unseal_text(const IdentitySeal *seal, const char *context, const void *sealed,
                           size_t size, GError **error)
{
    const uint8_t *bytes = sealed;
    if (bytes == NULL || size < SEAL_NONCE_SIZE + SEAL_TAG_SIZE ||
        size > SEAL_NONCE_SIZE + SEAL_TAG_SIZE + SEAL_SECRET_MAX) {
        error_set(error, ERROR_INTERNAL, "identity.unseal", "A sealed secret has a wrong size.");
        return NULL;
    }
    char *secret = g_malloc0(size - SEAL_NONCE_SIZE - SEAL_TAG_SIZE + 1);
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        (uint8_t *)secret, NULL, NULL, bytes + SEAL_NONCE_SIZE, size - SEAL_NONCE_SIZE,
        (const uint8_t *)context, strlen(context), bytes, seal->key);
    if (failed == 0)
        return secret;
    g_free(secret);
    error_set(error, ERROR_INTERNAL, "identity.unseal",
              "A sealed secret does not open with this instance's key (instance/seal.key): the key "
              "file or the row was changed.");
    return NULL;
}
