/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's interface: linux/fscrypt.h. A key is known there by an identifier that the kernel
 * computes from it. */
#include "engine/vault.h"

#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <linux/fscrypt.h>
#include <sodium.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define VAULT_MODE 0711
#define VAULT_LOCK_TRIES 5
#define VAULT_LOCK_PAUSE_US 20000

typedef struct AddKey {
    struct fscrypt_add_key_arg arg;
    uint8_t raw[KEY_SIZE]; /* the argument's flexible end */
} AddKey;

bool vault_supported(int folder_fd)
{
    struct fscrypt_get_policy_ex_arg policy = {.policy_size = sizeof policy.policy};
    if (ioctl(folder_fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, &policy) == 0)
        return true;
    return errno == ENODATA;
}

/* Puts the key into the file system's keyring; fills its identifier. */
static bool key_add(int fd, const KeyRecord *record, uint8_t *ret_identifier, GError **error)
{
    AddKey add = {.arg = {.key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER, .raw_size = KEY_SIZE}};
    memcpy(add.raw, record->key, KEY_SIZE);
    int result = ioctl(fd, FS_IOC_ADD_ENCRYPTION_KEY, &add.arg);
    int saved = errno;
    memcpy(ret_identifier, add.arg.key_spec.u.identifier, FSCRYPT_KEY_IDENTIFIER_SIZE);
    sodium_memzero(&add, sizeof add);
    if (result < 0)
        return error_set_errno(error, saved, "engine.key_add",
                               "The kernel does not take the key of a vault");
    return true;
}

static bool policy_set(int fd, const uint8_t *identifier, GError **error)
{
    struct fscrypt_policy_v2 policy = {
        .version = FSCRYPT_POLICY_V2,
        .contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS,
        .filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS,
        .flags = FSCRYPT_POLICY_FLAGS_PAD_32,
    };
    memcpy(policy.master_key_identifier, identifier, sizeof policy.master_key_identifier);
    /* The same policy again is no error: a start after a crash comes through here. */
    if (ioctl(fd, FS_IOC_SET_ENCRYPTION_POLICY, &policy) < 0)
        return error_set_errno(error, errno, "engine.vault_policy",
                               "The folder cannot be encrypted with its key");
    return true;
}

/* The identifier of the key that the folder is encrypted with. False if it is not encrypted. */
static bool policy_identifier(int fd, uint8_t *ret_identifier)
{
    struct fscrypt_get_policy_ex_arg policy = {.policy_size = sizeof policy.policy};
    if (ioctl(fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, &policy) < 0 ||
        policy.policy.version != FSCRYPT_POLICY_V2)
        return false;
    memcpy(ret_identifier, policy.policy.v2.master_key_identifier, FSCRYPT_KEY_IDENTIFIER_SIZE);
    return true;
}

/* Unlocks the folder FD with the record's key, which must be the one that it is encrypted with. A
 * folder without a policy gets it now: the kernel takes that for an empty folder alone. */
static bool vault_unlock(int fd, const KeyRecord *record, GError **error)
{
    uint8_t identifier[FSCRYPT_KEY_IDENTIFIER_SIZE], actual[FSCRYPT_KEY_IDENTIFIER_SIZE];
    if (!key_add(fd, record, identifier, error))
        return false;
    if (!policy_identifier(fd, actual))
        return policy_set(fd, identifier, error);
    if (memcmp(identifier, actual, sizeof actual) != 0)
        return error_set(error, ERROR_INTERNAL, "engine.vault_key",
                         "The folder of a vault is encrypted with another key than its own.");
    return true;
}

static bool record_find(KeyStore *keys, const char *id, KeyRecord *ret_record, GError **error)
{
    bool found = false;
    if (!keys_get(keys, id, ret_record, &found, error))
        return false;
    return found || error_set(error, ERROR_NOT_FOUND, "engine.vault_unknown",
                              "There is no vault %s.", id);
}

bool vault_open(const Places *places, KeyStore *keys, const char *path, const char *id,
                int64_t id_base, bool create, VaultState *ret_state, GError **error)
{
    KeyRecord record = {0};
    VaultState state = {0};
    bool found = false;
    if (!keys_get(keys, id, &record, &found, error))
        return false;
    if (!found && create) {
        bool encrypted = vault_supported(places_root_fd(places, path));
        if (!keys_make(keys, id, id_base, encrypted, error) ||
            !record_find(keys, id, &record, error))
            return false;
    } else if (!found) {
        return error_set(error, ERROR_NOT_FOUND, "engine.vault_unknown", "There is no vault %s.",
                         id);
    }
    if (record.destroyed)
        return error_set(error, ERROR_CONFLICT, "engine.vault_destroyed",
                         "The key of %s was destroyed: its files are gone.", id);
    FD_AUTO int fd = create ? places_make_folder(places, path, geteuid(), VAULT_MODE,
                                                 &state.created, error)
                            : places_open_folder(places, path, error);
    bool ok = fd >= 0 && (!record.encrypted || vault_unlock(fd, &record, error));
    state.encrypted = record.encrypted;
    key_record_wipe(&record);
    if (ok)
        *ret_state = state;
    return ok;
}

/* Takes the key with IDENTIFIER out of the keyring of the file system that FD is on. The kernel
 * forgets the key at once, but files that are open stay readable: it says so, and is asked again.
 */
static bool key_remove(int fd, const uint8_t *identifier, GError **error)
{
    struct fscrypt_remove_key_arg arg = {.key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER};
    memcpy(arg.key_spec.u.identifier, identifier, sizeof arg.key_spec.u.identifier);
    for (int i = 0; i < VAULT_LOCK_TRIES; i++) {
        if (ioctl(fd, FS_IOC_REMOVE_ENCRYPTION_KEY, &arg) < 0)
            return errno == ENOKEY || error_set_errno(error, errno, "engine.key_remove",
                                                      "The kernel does not give the key up");
        if ((arg.removal_status_flags & FSCRYPT_KEY_REMOVAL_STATUS_FLAG_FILES_BUSY) == 0)
            return true;
        g_usleep(VAULT_LOCK_PAUSE_US);
    }
    return error_set(error, ERROR_CONFLICT, "engine.busy_vault",
                     "Files of the vault are still in use; stop what uses them and try again.");
}

/* The identifier of PATH's key. The folder is closed again: open, it would itself be in use. */
static bool vault_identifier(const Places *places, const char *path, uint8_t *ret_identifier)
{
    FD_AUTO int fd = places_open_folder(places, path, NULL);
    return fd >= 0 && policy_identifier(fd, ret_identifier);
}

bool vault_is_locked(const Places *places, const char *path)
{
    struct fscrypt_get_key_status_arg status = {
        .key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER};
    if (!vault_identifier(places, path, status.key_spec.u.identifier))
        return false;
    return ioctl(places_root_fd(places, path), FS_IOC_GET_ENCRYPTION_KEY_STATUS, &status) == 0 &&
           status.status == FSCRYPT_KEY_STATUS_ABSENT;
}

bool vault_close(const Places *places, KeyStore *keys, const char *path, const char *id,
                 GError **error)
{
    KeyRecord record = {0};
    uint8_t identifier[FSCRYPT_KEY_IDENTIFIER_SIZE];
    if (!record_find(keys, id, &record, error))
        return false;
    bool encrypted = record.encrypted && !record.destroyed;
    key_record_wipe(&record);
    if (!encrypted || !vault_identifier(places, path, identifier))
        return true;
    return key_remove(places_root_fd(places, path), identifier, error);
}

bool vault_destroy(const Places *places, KeyStore *keys, const char *path, const char *id,
                   bool *ret_key_destroyed, GError **error)
{
    KeyRecord record = {0};
    uint8_t identifier[FSCRYPT_KEY_IDENTIFIER_SIZE];
    if (!record_find(keys, id, &record, error))
        return false;
    bool encrypted = record.encrypted;
    key_record_wipe(&record);
    bool has_key = encrypted && vault_identifier(places, path, identifier);
    if (!keys_destroy(keys, id, error))
        return false;
    /* From here on the files are lost. They are removed while the kernel still has the key, since
     * without it nothing can be renamed, which removing what is deep needs. */
    if (!places_remove(places, path, error) ||
        (has_key && !key_remove(places_root_fd(places, path), identifier, error)))
        return false;
    *ret_key_destroyed = encrypted;
    return true;
}
