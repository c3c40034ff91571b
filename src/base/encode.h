/* SPDX-License-Identifier: Apache-2.0 */
/* Text forms of bytes, and small text helpers shared by every room. */
#ifndef DARSE_BASE_ENCODE_H
#define DARSE_BASE_ENCODE_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* Lower-case hexadecimal. Caller frees. */
char *hex_encode(const void *bytes, size_t size);
/* Decodes exactly SIZE bytes; false on any other length or character. */
bool hex_decode(const char *text, void *ret_bytes, size_t size);

/* SHA-256. */
#define HASH_SIZE 32
void hash_bytes(const void *bytes, size_t size, uint8_t ret_hash[HASH_SIZE]);
/* Hexadecimal SHA-256 of TEXT: how tokens and tickets are stored. Caller frees. */
char *hash_text_hex(const char *text);

/* Equal in constant time (for the length of A). */
bool secret_equal(const char *a, const char *b);
/* Wipes and frees. Accepts NULL. */
void secret_free(char *secret);

/* Parses at most SIZE bytes as one JSON value, duplicates refused, depth and size limited by the
 * caller's body limit. NULL with ERROR_INVALID "json.malformed" otherwise. */
json_t *json_parse(const char *bytes, size_t size, GError **error);
/* Compact, sorted keys: the one canonical form that is hashed. Caller frees with free(). */
char *json_canonical(const json_t *value);

/* UTF-8, no control characters (line feed and tab allowed if MULTILINE), 1..MAX_CHARACTERS. */
bool text_check(const char *text, size_t max_characters, bool multiline, const char *what,
                GError **error);
/* TEXT without case and without accents: what is compared when people look for something. "" when it is
 * not UTF-8. Caller frees. */
char *text_fold(const char *text);

#endif
