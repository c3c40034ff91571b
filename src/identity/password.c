/* SPDX-License-Identifier: Apache-2.0 */
/*
 * argon2id with libsodium's interactive parameters: 2 passes over 64 MiB, one lane, which costs a
 * guesser about 50 ms of a core and 64 MiB each time. The parameters travel inside the hash.
 */
#include "identity/password.h"

#include "base/encode.h"
#include "base/error.h"

#include <sodium.h>
#include <string.h>

#define PASSWORD_PASSES crypto_pwhash_OPSLIMIT_INTERACTIVE
#define PASSWORD_MEMORY crypto_pwhash_MEMLIMIT_INTERACTIVE

/* Of 32 random bytes that nobody kept, with the parameters above (a test compares them). */
static const char password_nobody[] =
    "$argon2id$v=19$m=65536,t=2,p=1$9m5EpP8Zb/JDxNV8efiEvA$"
    "qyCbbKo3O10ZV+IfAiSRksGBuUAWlCwYy3YuBOTQEYA";

bool password_acceptable(const char *password, GError **error)
{
    size_t size = strlen(password);
    if (size > PASSWORD_BYTES_MAX || !g_utf8_validate(password, (gssize)size, NULL))
        return error_set(error, ERROR_INVALID, "identity.password",
                         "The password is not text of at most %d bytes.", PASSWORD_BYTES_MAX);
    if (g_utf8_strlen(password, (gssize)size) < PASSWORD_CHARACTERS_MIN)
        return error_set(error, ERROR_INVALID, "identity.password",
                         "The password is too short; it needs at least %d characters: a few words "
                         "do well.",
                         PASSWORD_CHARACTERS_MIN);
    if (strspn(password, (char[]){password[0], '\0'}) == size)
        return error_set(error, ERROR_INVALID, "identity.password",
                         "The password is one character repeated; choose another.");
    return true;
}

char *password_hash(const char *password, GError **error)
{
    char *hash = g_malloc0(crypto_pwhash_STRBYTES);
    if (crypto_pwhash_str_alg(hash, password, strlen(password), PASSWORD_PASSES, PASSWORD_MEMORY,
                              crypto_pwhash_ALG_ARGON2ID13) == 0)
        return hash;
    g_free(hash);
    error_set(error, ERROR_UNAVAILABLE, "identity.memory",
              "There is not enough memory to hash a password now; try again.");
    return NULL;
}

bool password_check(const char *hash, const char *password)
{
    bool known = hash != NULL;
    bool equal = crypto_pwhash_str_verify(known ? hash : password_nobody, password,
                                          strlen(password)) == 0;
    return known && equal;
}
