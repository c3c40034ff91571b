/* SPDX-License-Identifier: Apache-2.0 */
/* audit: trees, proofs, keys and checkpoints, against the definitions of RFC 6962 written out
 * plainly, and against published vectors. */
#include "audit/note.h"
#include "audit/tree_build.h"
#include "base/encode.h"
#include "base/error.h"

#include <string.h>

#define SIZE_MAX_TESTED 300

/* mth[a][b]: the hash of leaves a to b (excluded), by the recursive definition alone. */
static TreeHash mth[SIZE_MAX_TESTED + 1][SIZE_MAX_TESTED + 1];
static TreeHash leaves[SIZE_MAX_TESTED];

static int plain_split(int count)
{
    int k = 1;
    while (k * 2 < count)
        k *= 2;
    return k;
}

static void fill_table(void)
{
    for (int i = 0; i < SIZE_MAX_TESTED; i++) {
        leaves[i] = tree_hash_leaf(&i, sizeof i);
        mth[i][i + 1] = leaves[i];
    }
    for (int count = 2; count <= SIZE_MAX_TESTED; count++) {
        for (int start = 0; start + count <= SIZE_MAX_TESTED; start++) {
            int middle = start + plain_split(count);
            mth[start][start + count] = tree_hash_node(&mth[start][middle],
                                                       &mth[middle][start + count]);
        }
    }
}

static void plain_path(int index, int start, int end, TreeProof *proof)
{
    if (end - start == 1)
        return;
    int middle = start + plain_split(end - start);
    if (index < middle) {
        plain_path(index, start, middle, proof);
        proof->hashes[proof->count++] = mth[middle][end];
    } else {
        plain_path(index, middle, end, proof);
        proof->hashes[proof->count++] = mth[start][middle];
    }
}

/* SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2, M counted from START. */
static void plain_subproof(int m, int start, int end, bool is_whole, TreeProof *proof)
{
    if (m == end - start) {
        if (!is_whole)
            proof->hashes[proof->count++] = mth[start][end];
        return;
    }
    int k = plain_split(end - start);
    if (m <= k) {
        plain_subproof(m, start, start + k, is_whole, proof);
        proof->hashes[proof->count++] = mth[start + k][end];
    } else {
        plain_subproof(m - k, start + k, end, false, proof);
        proof->hashes[proof->count++] = mth[start][start + k];
    }
}

static void assert_hash(const TreeHash *hash, const char *hex)
{
    g_autofree char *got = hex_encode(hash->bytes, TREE_HASH_SIZE);
    g_assert_cmpstr(got, ==, hex);
}

/* The reference tree of Certificate Transparency's implementations. */
static void test_vectors(void)
{
    static const struct {
        const char *leaf, *root;
    } rows[] = {
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    g_autofree TreeEdge *edge = g_new0(TreeEdge, 1);
    TreeHash root = tree_edge_root(edge);
    assert_hash(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t bytes[16];
        size_t size = strlen(rows[i].leaf) / 2;
        g_assert_true(hex_decode(rows[i].leaf, bytes, size));
        TreeHash leaf = tree_hash_leaf(bytes, size);
        g_assert_true(tree_edge_add(edge, &leaf, NULL, NULL, NULL));
        root = tree_edge_root(edge);
        assert_hash(&root, rows[i].root);
    }
}

static void test_edge_all_sizes(void)
{
    g_autofree TreeEdge *edge = g_new0(TreeEdge, 1);
    for (int size = 1; size <= SIZE_MAX_TESTED; size++) {
        g_assert_true(tree_edge_add(edge, &leaves[size - 1], NULL, NULL, NULL));
        TreeHash root = tree_edge_root(edge);
        g_assert_true(tree_hash_equal(&root, &mth[0][size]));
        root = tree_hash_list(leaves, (size_t)size);
        g_assert_true(tree_hash_equal(&root, &mth[0][size]));
    }
}

static void refuse_changed_inclusion(int index, int size, const TreeProof *proof)
{
    const TreeHash *root = &mth[0][size];
    TreeProof changed = *proof;
    g_assert_false(tree_verify_inclusion(&mth[0][SIZE_MAX_TESTED], index, size, proof, root));
    g_assert_false(tree_verify_inclusion(&leaves[index], index, size, proof, &leaves[0]) &&
                   size > 1);
    g_assert_false(tree_verify_inclusion(&leaves[index], size, size, proof, root));
    g_assert_false(tree_verify_inclusion(&leaves[index], -1, size, proof, root));
    for (int other = 0; other < size; other += 7)
        g_assert_true(other == index ||
                      !tree_verify_inclusion(&leaves[index], other, size, proof, root));
    changed.hashes[changed.count++] = leaves[0];
    g_assert_false(tree_verify_inclusion(&leaves[index], index, size, &changed, root));
    for (size_t i = 0; i < proof->count; i++) {
        changed = *proof;
        changed.hashes[i].bytes[i % TREE_HASH_SIZE] ^= 0x10;
        g_assert_false(tree_verify_inclusion(&leaves[index], index, size, &changed, root));
    }
    changed = *proof;
    if (changed.count-- > 0)
        g_assert_false(tree_verify_inclusion(&leaves[index], index, size, &changed, root));
}

static void test_inclusion_all_sizes(void)
{
    for (int size = 1; size <= SIZE_MAX_TESTED; size++) {
        for (int index = 0; index < size; index++) {
            TreeProof proof = {.count = 0};
            plain_path(index, 0, size, &proof);
            g_assert_true(tree_verify_inclusion(&leaves[index], index, size, &proof,
                                                &mth[0][size]));
            if (size < 40 || index % 37 == 0)
                refuse_changed_inclusion(index, size, &proof);
        }
    }
}

static void refuse_changed_consistency(int old_size, int new_size, const TreeProof *proof)
{
    const TreeHash *old_root = &mth[0][old_size], *new_root = &mth[0][new_size];
    TreeProof changed = *proof;
    changed.hashes[changed.count++] = leaves[0];
    g_assert_false(tree_verify_consistency(old_size, old_root, new_size, new_root, &changed));
    for (size_t i = 0; i < proof->count; i++) {
        changed = *proof;
        changed.hashes[i].bytes[31] ^= 1;
        g_assert_false(tree_verify_consistency(old_size, old_root, new_size, new_root, &changed));
    }
    if (old_size == new_size)
        return;
    g_assert_false(tree_verify_consistency(old_size, new_root, new_size, new_root, proof));
    g_assert_false(tree_verify_consistency(old_size, old_root, new_size, old_root, proof));
    g_assert_false(tree_verify_consistency(new_size, new_root, old_size, old_root, proof));
    changed = *proof;
    changed.count--;
    g_assert_false(tree_verify_consistency(old_size, old_root, new_size, new_root, &changed));
}

static void test_consistency_all_sizes(void)
{
    for (int new_size = 1; new_size <= SIZE_MAX_TESTED; new_size++) {
        for (int old_size = 1; old_size <= new_size; old_size++) {
            TreeProof proof = {.count = 0};
            plain_subproof(old_size, 0, new_size, true, &proof);
            g_assert_true(tree_verify_consistency(old_size, &mth[0][old_size], new_size,
                                                  &mth[0][new_size], &proof));
            if (new_size < 40 || old_size % 37 == 0)
                refuse_changed_consistency(old_size, new_size, &proof);
        }
    }
    TreeProof none = {.count = 0};
    TreeHash empty = tree_hash_empty();
    g_assert_true(tree_verify_consistency(0, &empty, 5, &mth[0][5], &none));
    g_assert_false(tree_verify_consistency(0, &leaves[0], 5, &mth[0][5], &none));
    g_assert_false(tree_verify_consistency(-1, &empty, 5, &mth[0][5], &none));
}

/* --- keys --- */

static void test_names_refused(void)
{
    g_autofree char *long_name = g_strnfill(NOTE_NAME_MAX + 1, 'a');
    const char *const bad[] = {"", "a b", "a+b", "a\tb", "a\n", "\xff", "a\xc2\xa0" "b", long_name};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(note_check_name(bad[i], NULL));
    g_assert_true(note_check_name("darse.example.fr/audit-\xc3\xa9", NULL));
}

/* Key and signature published with the note format's own documentation. */
#define NEUMANN "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define NEUMANN_TEXT                                                                               \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define NEUMANN_SIGNATURE                                                                          \
    "\n\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNX"  \
    "gKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

static void test_published_signature(void)
{
    g_auto(Checkpoint) checkpoint = {0};
    g_autoptr(GError) error = NULL;
    /* The signature is true, and the text is no checkpoint. */
    g_assert_false(checkpoint_open(NEUMANN_TEXT NEUMANN_SIGNATURE, NEUMANN, &checkpoint, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.checkpoint");
    g_clear_error(&error);
    g_assert_false(checkpoint_open("X" NEUMANN_TEXT NEUMANN_SIGNATURE, NEUMANN, &checkpoint,
                                   &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.signature");
    g_assert_null(checkpoint.origin);
}

static void test_verifier_key_refused(void)
{
    static const char *const bad[] = {
        "",
        "+",
        "++",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWAA==",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW extra",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(Checkpoint) checkpoint = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(checkpoint_open(NEUMANN_TEXT NEUMANN_SIGNATURE, bad[i], &checkpoint,
                                       &error));
        g_assert_cmpstr(error_reason(error), ==, "audit.key");
    }
}

static void test_signing_key(void)
{
    g_autofree char *key = note_new_key("darse.example/log");
    g_autofree char *other = note_new_key("darse.example/log");
    g_assert_cmpstr(key, !=, other);
    g_autoptr(NoteSigner) signer = note_signer_new(key, NULL);
    g_assert_nonnull(signer);
    g_assert_cmpstr(signer->name, ==, "darse.example/log");
    g_autofree char *verifier = note_verifier_key(signer);
    g_assert_true(g_str_has_prefix(verifier, "darse.example/log+"));
    g_autofree char *damaged = g_strdup(key);
    damaged[strlen(damaged) - 10] ^= 1;
    g_assert_null(note_signer_new(damaged, NULL));
    g_assert_null(note_signer_new(verifier, NULL));
    g_assert_null(note_signer_new("", NULL));
}

/* --- checkpoints --- */

static void test_checkpoint(void)
{
    g_autofree char *key = note_new_key("darse.example/log");
    g_autofree char *other_key = note_new_key("other.example/log");
    g_autoptr(NoteSigner) signer = note_signer_new(key, NULL);
    g_autoptr(NoteSigner) other = note_signer_new(other_key, NULL);
    g_autofree char *verifier = note_verifier_key(signer);
    g_autofree char *other_verifier = note_verifier_key(other);
    g_autofree char *note = checkpoint_sign(signer, 123456, &leaves[0]);
    g_auto(Checkpoint) checkpoint = {0};
    g_autoptr(GError) error = NULL;
    g_assert_true(checkpoint_open(note, verifier, &checkpoint, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(checkpoint.origin, ==, "darse.example/log");
    g_assert_cmpint(checkpoint.size, ==, 123456);
    g_assert_true(tree_hash_equal(&checkpoint.root, &leaves[0]));
    g_auto(Checkpoint) untouched = {0};
    g_assert_false(checkpoint_open(note, other_verifier, &untouched, NULL));
    /* A witness's line beside ours changes nothing. */
    g_autofree char *cosigned = g_strconcat(note, "\xe2\x80\x94 witness AAAAAAAAAAAA\n", NULL);
    checkpoint_clear(&checkpoint);
    g_assert_true(checkpoint_open(cosigned, verifier, &checkpoint, NULL));
    /* Each byte counts. */
    for (size_t i = 0; i < strlen(note); i++) {
        g_autofree char *changed = g_strdup(note);
        changed[i] ^= 4;
        g_assert_false(checkpoint_open(changed, verifier, &untouched, NULL));
        g_autofree char *cut = g_strndup(note, i);
        g_assert_false(checkpoint_open(cut, verifier, &untouched, NULL));
    }
    g_assert_null(untouched.origin);
}

/* Signed by the right key, and still not a checkpoint. */
static void test_checkpoint_text_refused(void)
{
    static const char *const bad[] = {
        "log\n1\n",
        "log\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n99999999999999999999\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        "log\n1\nAAAA\n",
        "other\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    };
    g_autofree char *key = note_new_key("log");
    g_autoptr(NoteSigner) signer = note_signer_new(key, NULL);
    g_autofree char *verifier = note_verifier_key(signer);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        uint8_t signature[4 + crypto_sign_BYTES];
        char base64[128];
        memcpy(signature, signer->key_id, 4);
        crypto_sign_detached(signature + 4, NULL, (const uint8_t *)bad[i], strlen(bad[i]),
                             signer->secret_key);
        sodium_bin2base64(base64, sizeof base64, signature, sizeof signature,
                          sodium_base64_VARIANT_ORIGINAL);
        g_autofree char *note = g_strdup_printf("%s\n\xe2\x80\x94 log %s\n", bad[i], base64);
        g_auto(Checkpoint) checkpoint = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(checkpoint_open(note, verifier, &checkpoint, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
        g_assert_cmpstr(error_reason(error), !=, "audit.signature");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(sodium_init(), >=, 0);
    fill_table();
    g_test_add_func("/audit/tree/vectors", test_vectors);
    g_test_add_func("/audit/tree/edge-all-sizes", test_edge_all_sizes);
    g_test_add_func("/audit/tree/inclusion-all-sizes", test_inclusion_all_sizes);
    g_test_add_func("/audit/tree/consistency-all-sizes", test_consistency_all_sizes);
    g_test_add_func("/audit/note/names-refused", test_names_refused);
    g_test_add_func("/audit/note/published-signature", test_published_signature);
    g_test_add_func("/audit/note/verifier-key-refused", test_verifier_key_refused);
    g_test_add_func("/audit/note/signing-key", test_signing_key);
    g_test_add_func("/audit/note/checkpoint", test_checkpoint);
    g_test_add_func("/audit/note/checkpoint-text-refused", test_checkpoint_text_refused);
    return g_test_run();
}
