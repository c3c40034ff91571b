/* SPDX-License-Identifier: Apache-2.0 */
/* Identifiers of rows and things: "prj-" + 16 characters of base32 (80 random bits). They are
 * valid DNS labels, sort at random, and are not secrets. */
#ifndef DARSE_BASE_IDS_H
#define DARSE_BASE_IDS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_PREFIX_MAX 8
#define ID_RANDOM_LENGTH 16
#define ID_MAX (ID_PREFIX_MAX + 1 + ID_RANDOM_LENGTH)

/* PREFIX: 1 to ID_PREFIX_MAX lower-case letters. Caller frees. */
char *id_new(const char *prefix);
/* The same form, drawn from *SEED, which goes on: for names that need not be hard to guess and are made for
 * each request. *SEED begins as anything random. */
char *id_next(const char *prefix, uint64_t *seed);
/* True if TEXT is an identifier with exactly this prefix. TEXT may be NULL. */
bool id_check(const char *prefix, const char *text);

/* Fills BUFFER from the kernel's generator; aborts if the kernel has none. */
void random_fill(void *buffer, size_t size);
/* BYTES (8 to 64) random bytes as base64url without padding. Tokens, tickets and cookies take 32. */
char *random_token(size_t bytes);

#endif
