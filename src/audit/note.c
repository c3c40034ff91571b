/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed notes and checkpoints. The reader takes text from outside (a file kept by an auditor, a
 * package to verify): each length is checked before anything is copied, and only the one
 * canonical form of numbers and base64 is accepted.
 */
#include "audit/note.h"

#include "base/encode.h"
#include "base/error.h"

#include <string.h>

#define NOTE_ED25519 0x01
#define NOTE_SIGNATURES_MAX 100
#define NOTE_PRIVATE "PRIVATE+KEY+"
#define NOTE_DASH "\xe2\x80\x94 "   /* em dash, space */
#define NOTE_SIGNATURE_SIZE (4 + crypto_sign_BYTES)
#define NOTE_KEY_SIZE (1 + crypto_sign_PUBLICKEYBYTES)   /* also of a seed: both have 32 bytes */

static char *base64_encode(const void *bytes, size_t size)
{
    size_t room = sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL);
    char *text = g_malloc(room);
    return sodium_bin2base64(text, room, bytes, size, sodium_base64_VARIANT_ORIGINAL);
}

/* Exactly SIZE bytes from LENGTH characters. */
static bool base64_decode(const char *text, size_t length, void *ret_bytes, size_t size)
{
    size_t got = 0;
    const char *end = NULL;
    return sodium_base642bin(ret_bytes, size, text, length, NULL, &got, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == size && end == text + length;
}

bool note_check_name(const char *name, GError **error)
{
    if (!text_check(name, NOTE_NAME_MAX, false, "The log's name", error))
        return false;
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p)) {
        if (*p == '+' || g_unichar_isspace(g_utf8_get_char(p)))
            return error_set(error, ERROR_INVALID, "audit.name",
                             "The log's name may hold no space and no \"+\".");
    }
    return true;
}

/* First four bytes of SHA-256(name, line feed, type, public key). */
static void note_key_id(const char *name, const uint8_t typed_key[NOTE_KEY_SIZE],
                        uint8_t ret_id[4])
{
    uint8_t hash[HASH_SIZE];
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)name, (guint)strlen(name));
    g_byte_array_append(bytes, (const guint8 *)"\n", 1);
    g_byte_array_append(bytes, typed_key, NOTE_KEY_SIZE);
    hash_bytes(bytes->data, bytes->len, hash);
    memcpy(ret_id, hash, 4);
}

static char *note_format_key(const char *prefix, const char *name, const uint8_t id[4],
                             const uint8_t key[crypto_sign_PUBLICKEYBYTES])
{
    uint8_t typed[NOTE_KEY_SIZE] = {NOTE_ED25519};
    memcpy(typed + 1, key, crypto_sign_PUBLICKEYBYTES);
    g_autofree char *id_hex = hex_encode(id, 4);
    char *key_text = base64_encode(typed, sizeof typed);
    char *text = g_strdup_printf("%s%s+%s+%s", prefix, name, id_hex, key_text);
    secret_free(key_text);
    sodium_memzero(typed, sizeof typed);
    return text;
}

/* "name+hash+base64", to its parts. */
static bool note_parse_key(const char *text, char **ret_name, uint8_t ret_id[4],
                           uint8_t ret_key[crypto_sign_PUBLICKEYBYTES], GError **error)
{
    uint8_t typed[NOTE_KEY_SIZE], id[4];
    const char *first = strchr(text, '+');
    const char *second = first != NULL ? strchr(first + 1, '+') : NULL;
    g_autofree char *name = first != NULL ? g_strndup(text, (size_t)(first - text)) : NULL;
    g_autofree char *id_hex =
        second != NULL ? g_strndup(first + 1, (size_t)(second - first - 1)) : NULL;
    bool ok = strlen(text) <= 1024 && id_hex != NULL && note_check_name(name, NULL) &&
              hex_decode(id_hex, id, sizeof id) &&
              base64_decode(second + 1, strlen(second + 1), typed, sizeof typed) &&
              typed[0] == NOTE_ED25519;
    if (ok)
        memcpy(ret_key, typed + 1, sizeof typed - 1);
    sodium_memzero(typed, sizeof typed);
    if (!ok)
        return error_set(error, ERROR_INVALID, "audit.key",
                         "The key is not \"name+hash+base64\" with an Ed25519 key.");
    memcpy(ret_id, id, sizeof id);
    *ret_name = g_steal_pointer(&name);
    return true;
}

static bool note_parse_verifier(const char *text, char **ret_name, uint8_t ret_id[4],
                                uint8_t ret_key[crypto_sign_PUBLICKEYBYTES], GError **error)
{
    uint8_t typed[NOTE_KEY_SIZE] = {NOTE_ED25519}, id[4];
    g_autofree char *trimmed = g_strchomp(g_strdup(text));
    g_autofree char *name = NULL;
    if (!note_parse_key(trimmed, &name, ret_id, ret_key, error))
        return false;
    memcpy(typed + 1, ret_key, crypto_sign_PUBLICKEYBYTES);
    note_key_id(name, typed, id);
    if (memcmp(id, ret_id, sizeof id) != 0)
        return error_set(error, ERROR_INVALID, "audit.key",
                         "The verifier key's hash does not match its content.");
    *ret_name = g_steal_pointer(&name);
    return true;
}

/* --- signing --- */

static NoteSigner *note_signer_from_seed(const char *name,
                                         const uint8_t seed[crypto_sign_SEEDBYTES])
{
    uint8_t typed[NOTE_KEY_SIZE] = {NOTE_ED25519};
    NoteSigner *signer = g_new0(NoteSigner, 1);
    signer->name = g_strdup(name);
    crypto_sign_seed_keypair(signer->public_key, signer->secret_key, seed);
    memcpy(typed + 1, signer->public_key, sizeof signer->public_key);
    note_key_id(name, typed, signer->key_id);
    return signer;
}

char *note_new_key(const char *name)
{
    uint8_t seed[crypto_sign_SEEDBYTES];
    randombytes_buf(seed, sizeof seed);
    g_autoptr(NoteSigner) signer = note_signer_from_seed(name, seed);
    char *text = note_format_key(NOTE_PRIVATE, name, signer->key_id, seed);
    sodium_memzero(seed, sizeof seed);
    return text;
}

NoteSigner *note_signer_new(const char *private_key, GError **error)
{
    uint8_t seed[crypto_sign_SEEDBYTES], id[4];
    g_autofree char *name = NULL;
    if (!g_str_has_prefix(private_key, NOTE_PRIVATE)) {
        error_set(error, ERROR_INVALID, "audit.key", "This is not a signing key.");
        return NULL;
    }
    char *trimmed = g_strchomp(g_strdup(private_key + strlen(NOTE_PRIVATE)));
    bool ok = note_parse_key(trimmed, &name, id, seed, error);
    secret_free(trimmed);
    if (!ok)
        return NULL;
    NoteSigner *signer = note_signer_from_seed(name, seed);
    sodium_memzero(seed, sizeof seed);
    if (memcmp(id, signer->key_id, sizeof id) == 0)
        return signer;
    note_signer_free(signer);
    error_set(error, ERROR_INVALID, "audit.key", "The signing key is damaged.");
    return NULL;
}

void note_signer_free(NoteSigner *signer)
{
    if (signer == NULL)
        return;
    g_free(signer->name);
    sodium_memzero(signer, sizeof *signer);
    g_free(signer);
}

char *note_verifier_key(const NoteSigner *signer)
{
    return note_format_key("", signer->name, signer->key_id, signer->public_key);
}

char *checkpoint_sign(const NoteSigner *signer, int64_t size, const TreeHash *root)
{
    uint8_t signature[NOTE_SIGNATURE_SIZE];
    g_autofree char *root_text = base64_encode(root->bytes, TREE_HASH_SIZE);
    g_autofree char *text = g_strdup_printf("%s\n%" G_GINT64_FORMAT "\n%s\n", signer->name, size,
                                            root_text);
    memcpy(signature, signer->key_id, 4);
    crypto_sign_detached(signature + 4, NULL, (const uint8_t *)text, strlen(text),
                         signer->secret_key);
    g_autofree char *signature_text = base64_encode(signature, sizeof signature);
    return g_strdup_printf("%s\n" NOTE_DASH "%s %s\n", text, signer->name, signature_text);
}

/* --- opening --- */

void checkpoint_clear(Checkpoint *checkpoint)
{
    g_clear_pointer(&checkpoint->origin, g_free);
    checkpoint->size = 0;
}

static bool checkpoint_malformed(GError **error)
{
    return error_set(error, ERROR_INVALID, "audit.checkpoint", "This is not a signed checkpoint.");
}

typedef enum NoteLine { NOTE_LINE_BAD, NOTE_LINE_OTHER, NOTE_LINE_FALSE, NOTE_LINE_TRUE } NoteLine;

/* One signature line: ours and true, ours and false, somebody else's, or nonsense. */
static NoteLine note_check_line(const char *line, const char *text, size_t text_size,
                                const char *name, const uint8_t id[4],
                                const uint8_t key[crypto_sign_PUBLICKEYBYTES])
{
    uint8_t signature[NOTE_SIGNATURE_SIZE];
    if (!g_str_has_prefix(line, NOTE_DASH))
        return NOTE_LINE_BAD;
    const char *start = line + strlen(NOTE_DASH);
    const char *space = strchr(start, ' ');
    if (space == NULL || space == start)
        return NOTE_LINE_BAD;
    size_t length = (size_t)(space - start);
    if (strlen(name) != length || memcmp(start, name, length) != 0)
        return NOTE_LINE_OTHER;
    if (!base64_decode(space + 1, strlen(space + 1), signature, sizeof signature) ||
        memcmp(signature, id, 4) != 0)
        return NOTE_LINE_OTHER;
    bool ok = crypto_sign_verify_detached(signature + 4, (const uint8_t *)text, text_size, key) == 0;
    return ok ? NOTE_LINE_TRUE : NOTE_LINE_FALSE;
}

/* SIGNATURES: the lines after the blank one. */
static bool note_check_signatures(const char *signatures, const char *text, size_t text_size,
                                  const char *verifier_key, GError **error)
{
    uint8_t id[4], key[crypto_sign_PUBLICKEYBYTES];
    g_autofree char *name = NULL;
    if (!note_parse_verifier(verifier_key, &name, id, key, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(signatures, "\n", NOTE_SIGNATURES_MAX + 2);
    bool is_signed = false;
    guint count = g_strv_length(lines);
    if (count < 2 || count > NOTE_SIGNATURES_MAX || *lines[count - 1] != '\0')
        return checkpoint_malformed(error);
    for (guint i = 0; i + 1 < count; i++) {
        NoteLine line = note_check_line(lines[i], text, text_size, name, id, key);
        if (line == NOTE_LINE_BAD)
            return checkpoint_malformed(error);
        if (line == NOTE_LINE_FALSE)
            return error_set(error, ERROR_INVALID, "audit.signature",
                             "The checkpoint's signature is false.");
        is_signed = is_signed || line == NOTE_LINE_TRUE;
    }
    return is_signed || error_set(error, ERROR_INVALID, "audit.signature",
                                  "The checkpoint is not signed by the key %s.", name);
}

static bool checkpoint_parse_size(const char *text, int64_t *ret_size)
{
    size_t length = strlen(text);
    if (length < 1 || length > 16 || (length > 1 && text[0] == '0') ||
        strspn(text, "0123456789") != length)
        return false;
    *ret_size = g_ascii_strtoll(text, NULL, 10);
    return true;
}

/* TEXT: origin, size, root, then maybe lines that we do not know, each ended by a line feed. */
static bool checkpoint_parse(const char *text, size_t text_size, Checkpoint *ret, GError **error)
{
    g_autofree char *copy = g_strndup(text, text_size);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    guint count = g_strv_length(lines);
    int64_t size;
    TreeHash root;
    bool ok = count >= 4 && *lines[count - 1] == '\0' && note_check_name(lines[0], NULL) &&
              checkpoint_parse_size(lines[1], &size) &&
              base64_decode(lines[2], strlen(lines[2]), root.bytes, TREE_HASH_SIZE);
    if (!ok)
        return checkpoint_malformed(error);
    *ret = (Checkpoint){.origin = g_strdup(lines[0]), .size = size, .root = root};
    return true;
}

bool checkpoint_open(const char *note, const char *verifier_key, Checkpoint *ret_checkpoint,
                     GError **error)
{
    g_auto(Checkpoint) checkpoint = {0};
    if (strlen(note) > NOTE_SIZE_MAX || !g_utf8_validate(note, -1, NULL))
        return checkpoint_malformed(error);
    const char *blank = strstr(note, "\n\n");
    if (blank == NULL || strstr(blank + 1, "\n\n") != NULL)
        return checkpoint_malformed(error);
    size_t text_size = (size_t)(blank + 1 - note);
    if (!note_check_signatures(blank + 2, note, text_size, verifier_key, error) ||
        !checkpoint_parse(note, text_size, &checkpoint, error))
        return false;
    size_t name_length = strlen(checkpoint.origin);
    if (strncmp(verifier_key, checkpoint.origin, name_length) != 0 ||
        verifier_key[name_length] != '+')
        return error_set(error, ERROR_INVALID, "audit.origin",
                         "The checkpoint is of another log, \"%s\".", checkpoint.origin);
    *ret_checkpoint = checkpoint;
    checkpoint = (Checkpoint){0};
    return true;
}
