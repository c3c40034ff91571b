/* SPDX-License-Identifier: Apache-2.0 */
/* Identifiers and random tokens, all from the kernel's generator through libsodium. */
#include "base/ids.h"

#include <sodium.h>
#include <string.h>

static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* no l, o, 0, 1 */
G_STATIC_ASSERT(sizeof alphabet == 33);

void random_fill(void *buffer, size_t size)
{
    randombytes_buf(buffer, size);
}

static char *id_of_bytes(const char *prefix, const unsigned char *bytes)
{
    size_t prefix_length = strlen(prefix);
    g_assert(prefix_length >= 1 && prefix_length <= ID_PREFIX_MAX);
    char *id = g_malloc(prefix_length + 1 + ID_RANDOM_LENGTH + 1);
    memcpy(id, prefix, prefix_length);
    id[prefix_length] = '-';
    for (int i = 0; i < ID_RANDOM_LENGTH; i++)
        id[prefix_length + 1 + (size_t)i] = alphabet[bytes[i] & 31];
    id[prefix_length + 1 + ID_RANDOM_LENGTH] = '\0';
    return id;
}

char *id_new(const char *prefix)
{
    unsigned char bytes[ID_RANDOM_LENGTH];
    random_fill(bytes, sizeof bytes);
    return id_of_bytes(prefix, bytes);
}

/* SplitMix64: a step, then a mixing that is one to one, so that no number comes twice. */
static uint64_t seed_next(uint64_t *seed)
{
    uint64_t mixed = *seed += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

char *id_next(const char *prefix, uint64_t *seed)
{
    uint64_t numbers[2] = {seed_next(seed), seed_next(seed)};
    unsigned char bytes[ID_RANDOM_LENGTH];
    G_STATIC_ASSERT(sizeof bytes == sizeof numbers);
    memcpy(bytes, numbers, sizeof bytes);
    return id_of_bytes(prefix, bytes);
}

bool id_check(const char *prefix, const char *text)
{
    size_t prefix_length = strlen(prefix);
    if (text == NULL || strncmp(text, prefix, prefix_length) != 0 || text[prefix_length] != '-')
        return false;
    const char *tail = text + prefix_length + 1;
    if (strlen(tail) != ID_RANDOM_LENGTH)
        return false;
    return strspn(tail, alphabet) == ID_RANDOM_LENGTH;
}

char *random_token(size_t bytes)
{
    g_assert(bytes >= 8 && bytes <= 64);
    unsigned char raw[64];
    random_fill(raw, bytes);
    size_t size = sodium_base64_encoded_len(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = g_malloc(size);
    sodium_bin2base64(text, size, raw, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof raw);
    return text;
}
