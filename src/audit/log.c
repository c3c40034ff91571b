/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and checkpoint of a state directory; making proofs, and checking them with a key alone. */
#include "audit/log.h"

#include "audit/tiles.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_KEY "instance/audit.key"
#define LOG_VERIFIER "instance/audit.pub"

char *log_folder(const char *state_dir)
{
    return g_build_filename(state_dir, "audit", NULL);
}

static bool log_write_keys(const char *key_path, const char *verifier_path, const char *origin,
                           GError **error)
{
    char *key = note_new_key(origin);
    g_autoptr(NoteSigner) signer = note_signer_new(key, error);
    g_assert(signer != NULL);
    g_autofree char *verifier = note_verifier_key(signer);
    g_autofree char *verifier_line = g_strconcat(verifier, "\n", NULL);
    /* The key last: with it, the log exists. */
    bool ok = file_write(verifier_path, verifier_line, strlen(verifier_line), 0644, error) &&
              file_write(key_path, key, strlen(key), 0600, error);
    secret_free(key);
    return ok;
}

bool audit_init(const char *state_dir, const char *origin, GError **error)
{
    g_autofree char *key_path = g_build_filename(state_dir, LOG_KEY, NULL);
    g_autofree char *verifier_path = g_build_filename(state_dir, LOG_VERIFIER, NULL);
    g_autofree char *instance = g_path_get_dirname(key_path);
    g_autofree char *folder = log_folder(state_dir);
    if (!note_check_name(origin, error) || !folder_make(instance, 0700, error) ||
        !folder_make(folder, 0750, error))
        return false;
    if (g_file_test(key_path, G_FILE_TEST_EXISTS))
        return error_set(error, ERROR_CONFLICT, "audit.exists",
                         "%s exists: this log has its key already.", key_path);
    return log_write_keys(key_path, verifier_path, origin, error);
}

NoteSigner *log_load_signer(const char *state_dir, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, LOG_KEY, NULL);
    char *text = NULL;
    if (!file_read(path, 4096, &text, NULL, error))
        return NULL;
    NoteSigner *signer = note_signer_new(text, error);
    secret_free(text);
    if (signer == NULL)
        g_prefix_error(error, "%s: ", path);
    return signer;
}

bool log_load_verifier(const char *state_dir, char **ret_key, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, LOG_VERIFIER, NULL);
    if (!file_read(path, 4096, ret_key, NULL, error))
        return false;
    g_strchomp(*ret_key);
    return true;
}

bool log_load_checkpoint(const char *folder, const char *verifier_key, char **ret_note,
                         Checkpoint *ret_checkpoint, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "checkpoint", NULL);
    g_autofree char *note = NULL;
    if (!file_read(path, NOTE_SIZE_MAX, &note, NULL, error))
        return false;
    if (!checkpoint_open(note, verifier_key, ret_checkpoint, error)) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    if (ret_note != NULL)
        *ret_note = g_steal_pointer(&note);
    return true;
}

/* --- proofs --- */

int64_t log_checkpoint_time(const char *folder)
{
    struct stat st;
    g_autofree char *path = g_build_filename(folder, "checkpoint", NULL);
    return stat(path, &st) == 0 ? st.st_mtim.tv_sec * TIME_SECOND_MS : 0;
}

json_t *log_prove(const char *folder, const char *note, int64_t size, const char *verifier_key,
                  const LogRow *row, GError **error)
{
    g_autofree TreeProof *proof = g_new0(TreeProof, 1);
    TreeHash leaf;
    if (!tiles_prove(folder, row->sequence, size, &leaf, proof, error))
        return NULL;
    if (memcmp(leaf.bytes, row->leaf_hash.bytes, TREE_HASH_SIZE) != 0) {
        error_set(error, ERROR_CONFLICT, "audit.disagree",
                  "Entry %" G_GINT64_FORMAT " differs between the database and the log's tiles; "
                  "run `darse audit verify`.", row->sequence);
        return NULL;
    }
    g_autofree char *leaf_data = row_leaf_data(row->sequence, row->time_ms, row->body_hash);
    g_autoptr(json_t) object = json_pack("{s:s, s:s, s:I, s:[], s:s}", "checkpoint", note,
                                         "leaf_data", leaf_data, "index",
                                         (json_int_t)row->sequence, "proof", "key", verifier_key);
    json_t *hashes = json_object_get(object, "proof");
    for (size_t i = 0; i < proof->count; i++) {
        g_autofree char *hex = hex_encode(proof->hashes[i].bytes, TREE_HASH_SIZE);
        json_array_append_new(hashes, json_string(hex));
    }
    if (row->has_body) {
        g_autofree char *salt = hex_encode(row->salt, AUDIT_SALT_SIZE);
        json_t *entry = json_parse(row->entry, strlen(row->entry), error);
        if (entry == NULL)
            return NULL;
        json_object_set_new(object, "salt", json_string(salt));
        json_object_set_new(object, "entry", entry);
    }
    return g_steal_pointer(&object);
}

static bool proof_malformed(GError **error)
{
    return error_set(error, ERROR_INVALID, "audit.proof", "This is not a proof of an audit entry.");
}

static bool proof_false(GError **error)
{
    return error_set(error, ERROR_INVALID, "audit.proof_false",
                     "The proof is false: the entry is not in the log that was signed.");
}

static bool proof_read_hashes(const json_t *array, TreeProof *ret_proof, GError **error)
{
    size_t count = json_array_size(array);
    if (!json_is_array(array) || count > TREE_PROOF_MAX)
        return proof_malformed(error);
    for (size_t i = 0; i < count; i++) {
        const char *hex = json_string_value(json_array_get(array, i));
        if (!hex_decode(hex, ret_proof->hashes[i].bytes, TREE_HASH_SIZE))
            return proof_malformed(error);
    }
    ret_proof->count = count;
    return true;
}

/* The leaf's bytes are what was hashed; what they say must be said in exactly one way. */
static bool proof_read_leaf(const char *leaf_data, int64_t index, uint8_t ret_body[AUDIT_HASH_SIZE],
                            GError **error)
{
    g_autoptr(json_t) leaf = json_parse(leaf_data, strlen(leaf_data), NULL);
    const json_t *time = json_object_get(leaf, "time");
    const char *body = json_string_value(json_object_get(leaf, "body"));
    if (!json_is_integer(time) || !hex_decode(body, ret_body, AUDIT_HASH_SIZE))
        return proof_malformed(error);
    g_autofree char *again = row_leaf_data(index, json_integer_value(time), ret_body);
    return strcmp(again, leaf_data) == 0 || proof_false(error);
}

static bool proof_check_entry(const json_t *entry, const char *salt_hex,
                              const uint8_t body_hash[AUDIT_HASH_SIZE], GError **error)
{
    uint8_t salt[AUDIT_SALT_SIZE], hash[AUDIT_HASH_SIZE];
    if (!json_is_object(entry) || !hex_decode(salt_hex, salt, sizeof salt))
        return proof_malformed(error);
    char *text = json_canonical(entry);
    if (text == NULL)
        return proof_malformed(error);
    row_body_hash(salt, text, hash);
    free(text);
    return memcmp(hash, body_hash, sizeof hash) == 0 || proof_false(error);
}

bool audit_verify_proof(const json_t *proof, const char *verifier_key, json_t **ret_entry,
                        GError **error)
{
    const char *note = json_string_value(json_object_get(proof, "checkpoint"));
    const char *leaf_data = json_string_value(json_object_get(proof, "leaf_data"));
    const json_t *index = json_object_get(proof, "index");
    json_t *entry = json_object_get(proof, "entry");
    g_autofree TreeProof *hashes = g_new0(TreeProof, 1);
    g_auto(Checkpoint) checkpoint = {0};
    uint8_t body_hash[AUDIT_HASH_SIZE];
    if (note == NULL || leaf_data == NULL || !json_is_integer(index))
        return proof_malformed(error);
    if (!checkpoint_open(note, verifier_key, &checkpoint, error) ||
        !proof_read_hashes(json_object_get(proof, "proof"), hashes, error) ||
        !proof_read_leaf(leaf_data, json_integer_value(index), body_hash, error))
        return false;
    TreeHash leaf = tree_hash_leaf(leaf_data, strlen(leaf_data));
    if (!tree_verify_inclusion(&leaf, json_integer_value(index), checkpoint.size, hashes,
                               &checkpoint.root))
        return proof_false(error);
    if (entry == NULL && ret_entry != NULL)
        return error_set(error, ERROR_NOT_FOUND, "audit.erased",
                         "The entry is in the log, but its content was erased.");
    if (entry != NULL &&
        !proof_check_entry(entry, json_string_value(json_object_get(proof, "salt")), body_hash,
                           error))
        return false;
    if (ret_entry != NULL)
        *ret_entry = json_incref(entry);
    return true;
}
