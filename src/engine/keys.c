/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record is a small JSON file <id>.json, so that an officer can see what there is; the wrapped
 * key in it is useless without instance.key, which a backup keeps elsewhere. What the record says
 * of itself (identifier, range, creation) is authenticated with the key: a record copied to another
 * name, or with another range, does not open.
 */
#include "engine/keys.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/times.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRAP_KEY_SIZE    crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define WRAP_NONCE_SIZE  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define WRAPPED_SIZE     (KEY_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define RECORD_MAX_BYTES 4096

struct KeyStore {
    char *folder;
    char *instance_id;
    uint8_t instance_key[WRAP_KEY_SIZE];
    GMutex lock;
    GHashTable *bases;    /* project id -> int64_t* */
    GHashTable *projects; /* int64_t* -> project id */
};

void key_record_wipe(KeyRecord *record)
{
    sodium_memzero(record, sizeof *record);
}

void keys_free(KeyStore *store)
{
    if (store == NULL)
        return;
    sodium_memzero(store->instance_key, sizeof store->instance_key);
    g_hash_table_unref(store->bases);
    g_hash_table_unref(store->projects);
    g_mutex_clear(&store->lock);
    g_free(store->instance_id);
    g_free(store->folder);
    g_free(store);
}

const char *keys_instance_id(const KeyStore *store)
{
    return store->instance_id;
}

static char *record_path(const KeyStore *store, const char *id)
{
    return g_strconcat(store->folder, "/", id, ".json", NULL);
}

/* What is authenticated beside the key. */
static char *record_subject(const char *id, int64_t id_base, int64_t created_ms)
{
    return g_strdup_printf("darse key 1\n%s\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT "\n", id,
                           id_base, created_ms);
}

static void keys_remember(KeyStore *store, const char *id, int64_t id_base)
{
    if (id_base < 0)
        return;
    g_mutex_lock(&store->lock);
    g_hash_table_insert(store->bases, g_strdup(id), g_memdup2(&id_base, sizeof id_base));
    g_hash_table_insert(store->projects, g_memdup2(&id_base, sizeof id_base), g_strdup(id));
    g_mutex_unlock(&store->lock);
}

/* ---- Records as JSON ---- */

static json_t *record_to_json(const KeyStore *store, const char *id, const KeyRecord *record)
{
    uint8_t nonce[WRAP_NONCE_SIZE], wrapped[WRAPPED_SIZE];
    json_t *json = json_pack("{s:i, s:s, s:I, s:I, s:b}", "version", 1, "id", id, "id_base",
                             (json_int_t)record->id_base, "created_ms",
                             (json_int_t)record->created_ms, "encrypted", record->encrypted);
    if (!record->encrypted)
        return json;
    g_autofree char *subject = record_subject(id, record->id_base, record->created_ms);
    random_fill(nonce, sizeof nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped, NULL, record->key, KEY_SIZE,
                                               (const uint8_t *)subject, strlen(subject), NULL,
                                               nonce, store->instance_key);
    g_autofree char *nonce_hex = hex_encode(nonce, sizeof nonce);
    g_autofree char *wrapped_hex = hex_encode(wrapped, sizeof wrapped);
    json_object_set_new(json, "nonce", json_string(nonce_hex));
    json_object_set_new(json, "wrapped_key", json_string(wrapped_hex));
    return json;
}

static bool record_broken(const char *id, GError **error)
{
    return error_set(error, ERROR_INTERNAL, "engine.key_record",
                     "The key record of %s is damaged or belongs to another instance; restore it "
                     "from the backup of the key store.", id);
}

static bool record_unwrap(const KeyStore *store, const char *id, const json_t *json,
                          KeyRecord *record, GError **error)
{
    uint8_t nonce[WRAP_NONCE_SIZE], wrapped[WRAPPED_SIZE];
    g_autofree char *subject = record_subject(id, record->id_base, record->created_ms);
    const char *nonce_hex = json_string_value(json_object_get(json, "nonce"));
    const char *wrapped_hex = json_string_value(json_object_get(json, "wrapped_key"));
    if (!hex_decode(nonce_hex, nonce, sizeof nonce) ||
        !hex_decode(wrapped_hex, wrapped, sizeof wrapped) ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(record->key, NULL, NULL, wrapped, sizeof wrapped,
                                                   (const uint8_t *)subject, strlen(subject), nonce,
                                                   store->instance_key) != 0)
        return record_broken(id, error);
    return true;
}

static bool record_from_json(const KeyStore *store, const char *id, const json_t *json,
                             KeyRecord *ret_record, GError **error)
{
    KeyRecord record = {0};
    const char *own_id = NULL;
    json_int_t id_base = -1, created_ms = 0;
    int version = 0, encrypted = 0;
    if (json_unpack((json_t *)json, "{s:i, s:s, s:I, s:I, s:b}", "version", &version, "id",
                    &own_id, "id_base", &id_base, "created_ms", &created_ms, "encrypted",
                    &encrypted) != 0 ||
        version != 1 || strcmp(own_id, id) != 0)
        return record_broken(id, error);
    record.id_base = id_base;
    record.created_ms = created_ms;
    record.encrypted = encrypted != 0;
    record.destroyed = json_object_get(json, "destroyed_ms") != NULL;
    if (record.encrypted && !record.destroyed && !record_unwrap(store, id, json, &record, error))
        return false;
    *ret_record = record;
    key_record_wipe(&record);
    return true;
}

static bool record_write(const KeyStore *store, const char *id, const json_t *json, GError **error)
{
    g_autofree char *path = record_path(store, id);
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
    bool ok = file_write(path, text, strlen(text), 0600, error);
    free(text);
    return ok;
}

bool keys_get(KeyStore *store, const char *id, KeyRecord *ret_record, bool *ret_found,
              GError **error)
{
    g_autofree char *path = record_path(store, id);
    g_autofree char *text = NULL;
    size_t size = 0;
    if (access(path, F_OK) < 0 && errno == ENOENT) {
        *ret_found = false;
        return true;
    }
    if (!file_read(path, RECORD_MAX_BYTES, &text, &size, error))
        return false;
    g_autoptr(json_t) json = json_parse(text, size, NULL);
    if (json == NULL)
        return record_broken(id, error);
    if (!record_from_json(store, id, json, ret_record, error))
        return false;
    *ret_found = true;
    return true;
}

bool keys_make(KeyStore *store, const char *id, int64_t id_base, bool encrypted, GError **error)
{
    g_autofree char *path = record_path(store, id);
    if (access(path, F_OK) == 0)
        return error_set(error, ERROR_CONFLICT, "engine.key_exists", "%s already has a key.", id);
    KeyRecord record = {.id_base = id_base, .created_ms = time_now_ms(), .encrypted = encrypted};
    if (encrypted)
        random_fill(record.key, sizeof record.key);
    g_autoptr(json_t) json = record_to_json(store, id, &record);
    key_record_wipe(&record);
    if (!record_write(store, id, json, error))
        return false;
    keys_remember(store, id, id_base);
    return true;
}

/* Overwrites the file's bytes where they lie; the disk below may still keep old ones, which is why
 * the certificate of destruction names the instance key too. */
static bool record_overwrite(const char *path, GError **error)
{
    static const char zeros[RECORD_MAX_BYTES];
    struct stat st;
    FD_AUTO int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_set_errno(error, errno, "engine.key_open", "Cannot open %s", path);
    if (!fd_write_all(fd, zeros, (size_t)MIN(st.st_size, RECORD_MAX_BYTES), error))
        return false;
    if (fsync(fd) < 0)
        return error_set_errno(error, errno, "engine.key_sync", "Cannot overwrite %s", path);
    return true;
}

bool keys_destroy(KeyStore *store, const char *id, GError **error)
{
    KeyRecord record = {0};
    bool found = false;
    if (!keys_get(store, id, &record, &found, error))
        return false;
    if (!found || record.destroyed) {
        key_record_wipe(&record);
        return true;
    }
    g_autofree char *path = record_path(store, id);
    g_autoptr(json_t) json =
        json_pack("{s:i, s:s, s:I, s:I, s:b, s:I}", "version", 1, "id", id, "id_base",
                  (json_int_t)record.id_base, "created_ms", (json_int_t)record.created_ms,
                  "encrypted", record.encrypted, "destroyed_ms", (json_int_t)time_now_ms());
    key_record_wipe(&record);
    /* The tombstone takes the name first: a crash in between leaves a record that says what
     * happened, and the old file is overwritten through the second name it was given. */
    g_autofree char *old = g_strconcat(path, ".old", NULL);
    unlink(old);
    if (link(path, old) < 0)
        return error_set_errno(error, errno, "engine.key_link", "Cannot destroy the key of %s", id);
    if (!record_write(store, id, json, error) || !record_overwrite(old, error))
        return false;
    unlink(old);
    return folder_sync(store->folder, error);
}

bool keys_forget(KeyStore *store, const char *id, GError **error)
{
    g_autofree char *path = record_path(store, id);
    if (access(path, F_OK) < 0)
        return true;
    if (!record_overwrite(path, error))
        return false;
    unlink(path);
    g_mutex_lock(&store->lock);
    const int64_t *base = g_hash_table_lookup(store->bases, id);
    if (base != NULL)
        g_hash_table_remove(store->projects, base);
    g_hash_table_remove(store->bases, id);
    g_mutex_unlock(&store->lock);
    return folder_sync(store->folder, error);
}

int64_t keys_project_base(KeyStore *store, const char *project_id)
{
    g_mutex_lock(&store->lock);
    const int64_t *base = g_hash_table_lookup(store->bases, project_id);
    int64_t result = base == NULL ? -1 : *base;
    g_mutex_unlock(&store->lock);
    return result;
}

const char *keys_base_project(KeyStore *store, int64_t base)
{
    g_mutex_lock(&store->lock);
    const char *id = g_hash_table_lookup(store->projects, &base);
    const char *result = id == NULL ? NULL : g_intern_string(id);
    g_mutex_unlock(&store->lock);
    return result;
}

/* ---- Opening ---- */

static bool folder_private(const char *folder, GError **error)
{
    struct stat st;
    if (!folder_make(folder, 0700, error))
        return false;
    if (lstat(folder, &st) < 0)
        return error_set_errno(error, errno, "engine.keys_folder", "Cannot look at %s", folder);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        return error_set(error, ERROR_INTERNAL, "engine.keys_folder",
                         "%s must be a folder that its owner alone can open (chmod 700) and that "
                         "belongs to user %u.", folder, (unsigned)geteuid());
    return true;
}

/* Reads a secret or an identifier of the instance, made the first time. */
static bool instance_file(const char *folder, const char *name, size_t size, uint8_t *ret_bytes,
                          GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (access(path, F_OK) < 0 && errno == ENOENT) {
        random_fill(ret_bytes, size);
        return file_write(path, ret_bytes, size, 0600, error);
    }
    g_autofree char *bytes = NULL;
    size_t got = 0;
    if (!file_read(path, size, &bytes, &got, error))
        return false;
    if (got != size)
        return error_set(error, ERROR_INTERNAL, "engine.instance_key",
                         "%s must have %zu bytes; restore it from its backup.", path, size);
    memcpy(ret_bytes, bytes, size);
    sodium_memzero(bytes, size);
    return true;
}

/* A destruction that a crash interrupted left a second name: if it is still the record itself, the
 * destruction never took place; otherwise it is the old key, to be overwritten. */
static bool keys_finish_destroy(const KeyStore *store, const char *name, GError **error)
{
    struct stat old_st, st;
    g_autofree char *old = g_build_filename(store->folder, name, NULL);
    g_autofree char *path = g_strndup(old, strlen(old) - strlen(".old"));
    if (lstat(old, &old_st) < 0)
        return true;
    bool same = lstat(path, &st) == 0 && st.st_ino == old_st.st_ino;
    if (!same && !record_overwrite(old, error))
        return false;
    unlink(old);
    return folder_sync(store->folder, error);
}

/* Remembers which ranges are taken. */
static bool keys_scan(KeyStore *store, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(store->folder, 0, error);
    const char *name = NULL;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, ".json.old") && !keys_finish_destroy(store, name, error))
            return false;
        if (!g_str_has_suffix(name, ".json"))
            continue;
        KeyRecord record = {0};
        bool found = false;
        g_autofree char *id = g_strndup(name, strlen(name) - strlen(".json"));
        if (!keys_get(store, id, &record, &found, error))
            return false;
        keys_remember(store, id, found ? record.id_base : -1);
        key_record_wipe(&record);
    }
    return dir != NULL;
}

KeyStore *keys_open(const char *folder, GError **error)
{
    uint8_t instance[8];
    if (sodium_init() < 0) {
        error_set(error, ERROR_INTERNAL, "engine.sodium", "The cryptographic library fails.");
        return NULL;
    }
    g_autoptr(KeyStore) store = g_new0(KeyStore, 1);
    g_mutex_init(&store->lock);
    store->folder = g_strdup(folder);
    store->bases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    store->projects = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    if (!folder_private(folder, error) ||
        !instance_file(folder, "instance.key", sizeof store->instance_key, store->instance_key,
                       error) ||
        !instance_file(folder, "instance.id", sizeof instance, instance, error) ||
        !keys_scan(store, error))
        return NULL;
    store->instance_id = hex_encode(instance, sizeof instance);
    return g_steal_pointer(&store);
}
