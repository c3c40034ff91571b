/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merkle trees of RFC 6962 section 2.1: hashing, inclusion and consistency proofs and their
 * verification; and C2SP signed notes and checkpoints. Pure functions on bytes.
 */
#ifndef DARSE_AUDIT_TREE_H
#define DARSE_AUDIT_TREE_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_HASH_SIZE 32
#define TREE_PROOF_MAX 64

typedef struct TreeHash {
    uint8_t bytes[TREE_HASH_SIZE];
} TreeHash;

typedef struct TreeProof {
    TreeHash hashes[TREE_PROOF_MAX];
    size_t count;
} TreeProof;

TreeHash tree_hash_leaf(const void *data, size_t size);
TreeHash tree_hash_node(const TreeHash *left, const TreeHash *right);

bool tree_verify_inclusion(const TreeHash *leaf, int64_t index, int64_t size,
                           const TreeProof *proof, const TreeHash *root);
bool tree_verify_consistency(int64_t old_size, const TreeHash *old_root, int64_t new_size,
                             const TreeHash *new_root, const TreeProof *proof);

typedef struct Checkpoint {
    char *origin;
    int64_t size;
    TreeHash root;
} Checkpoint;
void checkpoint_clear(Checkpoint *checkpoint);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Checkpoint, checkpoint_clear)

/* Parses a signed note and checks its signature by VERIFIER_KEY ("name+hash+base64", C2SP
 * signed-note). */
bool checkpoint_open(const char *note, const char *verifier_key, Checkpoint *ret_checkpoint,
                     GError **error);

/* Checks the object made by audit_prove() with nothing but VERIFIER_KEY. RET_ENTRY (may be NULL) is
 * the proven entry, owned by the caller. */
bool audit_verify_proof(const json_t *proof, const char *verifier_key, json_t **ret_entry,
                        GError **error);

#endif
