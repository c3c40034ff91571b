/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords: argon2id by libsodium. No database, no request. */
#ifndef DARSE_IDENTITY_PASSWORD_H
#define DARSE_IDENTITY_PASSWORD_H

#include <glib.h>
#include <stdbool.h>

#define PASSWORD_CHARACTERS_MIN 12
#define PASSWORD_BYTES_MAX 1024

/* Refuses passwords that are too short, too long, or made of one repeated character. */
bool password_acceptable(const char *password, GError **error);
/* argon2id, 2 passes over 64 MiB. Does not judge the password. Caller frees. */
char *password_hash(const char *password, GError **error);
/* HASH NULL (unknown login, no password): the same work is done against a hash that nothing
 * matches, so that the time says nothing; then false. */
bool password_check(const char *hash, const char *password);

#endif
