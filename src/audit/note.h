/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed notes (C2SP signed-note) with Ed25519: the keys' text forms, and signing. Opening one is
 * in tree.h.
 */
#ifndef DARSE_AUDIT_NOTE_H
#define DARSE_AUDIT_NOTE_H

#include "audit/tree.h"

#include <sodium.h>

#define NOTE_NAME_MAX 200
#define NOTE_SIZE_MAX 16384   /* a checkpoint with some cosignatures; anything longer is refused */

typedef struct NoteSigner {
    char *name;
    uint8_t key_id[4];
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
} NoteSigner;

/* NAME: 1 to NOTE_NAME_MAX characters without space, control character or "+". */
bool note_check_name(const char *name, GError **error);
/* "PRIVATE+KEY+name+hash+base64" of a new key. The caller wipes it with secret_free(). */
char *note_new_key(const char *name);
NoteSigner *note_signer_new(const char *private_key, GError **error);
void note_signer_free(NoteSigner *signer);   /* wipes; accepts NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NoteSigner, note_signer_free)
/* "name+hash+base64": what everyone may know. Caller frees. */
char *note_verifier_key(const NoteSigner *signer);

/* The signed checkpoint of a tree. Caller frees. */
char *checkpoint_sign(const NoteSigner *signer, int64_t size, const TreeHash *root);

#endif
