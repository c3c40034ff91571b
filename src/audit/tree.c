/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merkle trees of RFC 6962. Hashing goes through libcrypto, which uses the processor's own SHA-256
 * instructions: three times as fast here as libsodium's portable code, and a tree of ten million
 * leaves is ten million hashes. The digest's context is kept per thread; fetching it anew would
 * cost more than the hash.
 */
#include "audit/tree_build.h"

#include <openssl/evp.h>
#include <string.h>

static GPrivate hash_context = G_PRIVATE_INIT((GDestroyNotify)EVP_MD_CTX_free);

static EVP_MD_CTX *tree_context(void)
{
    EVP_MD_CTX *context = g_private_get(&hash_context);
    if (context != NULL)
        return context;
    context = EVP_MD_CTX_new();
    g_assert(context != NULL && EVP_DigestInit_ex2(context, EVP_sha256(), NULL) == 1);
    g_private_set(&hash_context, context);
    return context;
}

TreeHash tree_hash_pair(const void *a, size_t a_size, const void *b, size_t b_size)
{
    TreeHash hash;
    EVP_MD_CTX *context = tree_context();
    bool ok = EVP_DigestInit_ex2(context, NULL, NULL) == 1 &&
              EVP_DigestUpdate(context, a, a_size) == 1 &&
              EVP_DigestUpdate(context, b, b_size) == 1 &&
              EVP_DigestFinal_ex(context, hash.bytes, NULL) == 1;
    g_assert(ok);
    return hash;
}

TreeHash tree_hash_leaf(const void *data, size_t size)
{
    static const uint8_t prefix = 0;
    return tree_hash_pair(&prefix, 1, data, size);
}

TreeHash tree_hash_node(const TreeHash *left, const TreeHash *right)
{
    uint8_t bytes[1 + 2 * TREE_HASH_SIZE];
    bytes[0] = 1;
    memcpy(bytes + 1, left, TREE_HASH_SIZE);
    memcpy(bytes + 1 + TREE_HASH_SIZE, right, TREE_HASH_SIZE);
    return tree_hash_pair(bytes, sizeof bytes, NULL, 0);
}

TreeHash tree_hash_empty(void)
{
    return tree_hash_pair(NULL, 0, NULL, 0);
}

bool tree_hash_equal(const TreeHash *a, const TreeHash *b)
{
    return memcmp(a->bytes, b->bytes, TREE_HASH_SIZE) == 0;
}

int64_t tree_split(int64_t size)
{
    g_assert(size > 1);
    return INT64_C(1) << (63 - __builtin_clzll((unsigned long long)(size - 1)));
}

TreeHash tree_hash_list(const TreeHash *hashes, size_t count)
{
    g_assert(count > 0);
    if (count == 1)
        return hashes[0];
    size_t split = (size_t)tree_split((int64_t)count);
    TreeHash left = tree_hash_list(hashes, split);
    TreeHash right = tree_hash_list(hashes + split, count - split);
    return tree_hash_node(&left, &right);
}

/* RFC 9162 section 2.1.3.2. */
bool tree_verify_inclusion(const TreeHash *leaf, int64_t index, int64_t size,
                           const TreeProof *proof, const TreeHash *root)
{
    if (index < 0 || index >= size || proof->count > TREE_PROOF_MAX)
        return false;
    uint64_t at = (uint64_t)index, last = (uint64_t)size - 1;
    TreeHash hash = *leaf;
    for (size_t i = 0; i < proof->count; i++) {
        if (last == 0)
            return false;
        if ((at & 1) != 0 || at == last) {
            hash = tree_hash_node(&proof->hashes[i], &hash);
            while ((at & 1) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = tree_hash_node(&hash, &proof->hashes[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && tree_hash_equal(&hash, root);
}

/* The part of RFC 9162 section 2.1.4.2 that walks the proof, FIRST being its start. */
static bool tree_walk_consistency(uint64_t at, uint64_t last, TreeHash first,
                                  const TreeHash *hashes, size_t count, const TreeHash *old_root,
                                  const TreeHash *new_root)
{
    TreeHash old_hash = first, new_hash = first;
    for (size_t i = 0; i < count; i++) {
        if (last == 0)
            return false;
        if ((at & 1) != 0 || at == last) {
            old_hash = tree_hash_node(&hashes[i], &old_hash);
            new_hash = tree_hash_node(&hashes[i], &new_hash);
            while ((at & 1) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = tree_hash_node(&new_hash, &hashes[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && tree_hash_equal(&old_hash, old_root) &&
           tree_hash_equal(&new_hash, new_root);
}

bool tree_verify_consistency(int64_t old_size, const TreeHash *old_root, int64_t new_size,
                             const TreeHash *new_root, const TreeProof *proof)
{
    if (old_size < 0 || new_size < old_size || proof->count > TREE_PROOF_MAX)
        return false;
    if (old_size == new_size)
        return proof->count == 0 && tree_hash_equal(old_root, new_root);
    if (old_size == 0) {
        TreeHash empty = tree_hash_empty();
        return proof->count == 0 && tree_hash_equal(old_root, &empty);
    }
    uint64_t at = (uint64_t)old_size - 1, last = (uint64_t)new_size - 1;
    while ((at & 1) != 0) {
        at >>= 1;
        last >>= 1;
    }
    /* A power of two is its own start; otherwise the proof gives it. */
    if ((old_size & (old_size - 1)) == 0)
        return tree_walk_consistency(at, last, *old_root, proof->hashes, proof->count, old_root,
                                     new_root);
    return proof->count > 0 && tree_walk_consistency(at, last, proof->hashes[0], proof->hashes + 1,
                                                     proof->count - 1, old_root, new_root);
}
