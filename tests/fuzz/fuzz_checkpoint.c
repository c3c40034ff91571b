/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed checkpoints and proofs, as an auditor receives them. The first byte says which:
 *   K  a verifier key, NUL, a note or (beginning with "{") a proof, all as given;
 *   T  the text of a checkpoint, which is signed here so that what follows the signature is reached;
 *   P  a proof, which gets a signed checkpoint of the one-leaf tree of its own "leaf_data".
 */
#include "audit/note.h"
#include "base/encode.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char signing_key[] =
    "PRIVATE+KEY+fuzz+be6f6e5b+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static void fuzz_given(const char *text, size_t size)
{
    const char *end = memchr(text, '\0', size);
    if (end == NULL)
        return;
    g_autofree char *rest = g_strndup(end + 1, size - (size_t)(end + 1 - text));
    g_auto(Checkpoint) checkpoint = {0};
    checkpoint_open(rest, text, &checkpoint, NULL);
    g_autoptr(json_t) proof = *rest == '{' ? json_parse(rest, strlen(rest), NULL) : NULL;
    g_autoptr(json_t) entry = NULL;
    if (proof != NULL)
        audit_verify_proof(proof, text, &entry, NULL);
}

static void fuzz_signed_text(const NoteSigner *signer, const char *key, const char *text,
                             size_t size)
{
    uint8_t signature[4 + crypto_sign_BYTES];
    char base64[128];
    g_autofree char *copy = g_strndup(text, size);
    g_auto(Checkpoint) checkpoint = {0};
    memcpy(signature, signer->key_id, 4);
    crypto_sign_detached(signature + 4, NULL, (const uint8_t *)copy, strlen(copy),
                         signer->secret_key);
    sodium_bin2base64(base64, sizeof base64, signature, sizeof signature,
                      sodium_base64_VARIANT_ORIGINAL);
    g_autofree char *note = g_strdup_printf("%s\n\xe2\x80\x94 %s %s\n", copy, signer->name, base64);
    checkpoint_open(note, key, &checkpoint, NULL);
}

static void fuzz_signed_proof(const NoteSigner *signer, const char *key, const char *text,
                              size_t size)
{
    g_autoptr(json_t) proof = json_parse(text, size, NULL);
    g_autoptr(json_t) entry = NULL;
    const char *leaf_data = json_string_value(json_object_get(proof, "leaf_data"));
    if (leaf_data == NULL)
        return;
    TreeHash leaf = tree_hash_leaf(leaf_data, strlen(leaf_data));
    g_autofree char *note = checkpoint_sign(signer, 1, &leaf);
    json_object_set_new(proof, "checkpoint", json_string(note));
    audit_verify_proof(proof, key, &entry, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(NoteSigner) signer = note_signer_new(signing_key, NULL);
    g_assert(signer != NULL);
    g_autofree char *key = note_verifier_key(signer);
    const char *text = (const char *)data + 1;
    if (size > 0 && data[0] == 'K')
        fuzz_given(text, size - 1);
    else if (size > 0 && data[0] == 'T')
        fuzz_signed_text(signer, key, text, size - 1);
    else if (size > 0 && data[0] == 'P')
        fuzz_signed_proof(signer, key, text, size - 1);
    return 0;
}
