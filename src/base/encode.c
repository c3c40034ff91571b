/* SPDX-License-Identifier: Apache-2.0 */
/* Text forms of bytes. Hashes and comparisons come from libsodium, JSON from jansson. */
#include "base/encode.h"

#include "base/error.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

char *hex_encode(const void *bytes, size_t size)
{
    char *text = g_malloc(size * 2 + 1);
    sodium_bin2hex(text, size * 2 + 1, bytes, size);
    return text;
}

bool hex_decode(const char *text, void *ret_bytes, size_t size)
{
    if (text == NULL || strlen(text) != size * 2)
        return false;
    g_autofree unsigned char *bytes = g_malloc(size + 1);
    size_t length = 0;
    const char *end = NULL;
    if (sodium_hex2bin(bytes, size, text, size * 2, NULL, &length, &end) != 0 || length != size ||
        *end != '\0')
        return false;
    memcpy(ret_bytes, bytes, size);
    return true;
}

void hash_bytes(const void *bytes, size_t size, uint8_t ret_hash[HASH_SIZE])
{
    crypto_hash_sha256(ret_hash, bytes, size);
}

char *hash_text_hex(const char *text)
{
    uint8_t hash[HASH_SIZE];
    hash_bytes(text, strlen(text), hash);
    return hex_encode(hash, sizeof hash);
}

bool secret_equal(const char *a, const char *b)
{
    size_t length = strlen(a);
    if (strlen(b) != length)
        return false;
    return sodium_memcmp(a, b, length) == 0;
}

void secret_free(char *secret)
{
    if (secret == NULL)
        return;
    sodium_memzero(secret, strlen(secret));
    g_free(secret);
}

json_t *json_parse(const char *bytes, size_t size, GError **error)
{
    json_error_t problem;
    json_t *value = json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (value == NULL)
        error_set(error, ERROR_INVALID, "json.malformed",
                  "The body is not valid JSON: line %d, column %d: %s.", problem.line,
                  problem.column, problem.text);
    return value;
}

char *json_canonical(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

static bool text_has_control(const char *text, bool multiline)
{
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (multiline && (c == '\n' || c == '\t' || c == '\r'))
            continue;
        if (g_unichar_iscntrl(c))
            return true;
    }
    return false;
}

bool text_check(const char *text, size_t max_characters, bool multiline, const char *what,
                GError **error)
{
    if (text == NULL || *text == '\0')
        return error_set(error, ERROR_INVALID, "text.empty", "%s is empty.", what);
    if (!g_utf8_validate(text, -1, NULL))
        return error_set(error, ERROR_INVALID, "text.encoding", "%s is not valid UTF-8.", what);
    size_t characters = (size_t)g_utf8_strlen(text, -1);
    if (characters > max_characters)
        return error_set(error, ERROR_INVALID, "text.too_long",
                         "%s has %zu characters; at most %zu are allowed.", what, characters,
                         max_characters);
    if (text_has_control(text, multiline))
        return error_set(error, ERROR_INVALID, "text.control",
                         "%s holds a control character; remove it.", what);
    return true;
}

char *text_fold(const char *text)
{
    g_autofree char *apart = g_utf8_normalize(text, -1, G_NORMALIZE_NFKD);
    g_autofree char *folded = apart != NULL ? g_utf8_casefold(apart, -1) : NULL;
    GString *plain = g_string_new(NULL);
    for (const char *c = folded != NULL ? folded : ""; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar letter = g_utf8_get_char(c);
        if (!g_unichar_ismark(letter)) /* an accent, apart from its letter */
            g_string_append_unichar(plain, letter);
    }
    return g_string_free(plain, FALSE);
}
