/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vaults: folders encrypted by the kernel (fscrypt, policies of version 2: AES-256-XTS for
 * contents, AES-256-CTS for names) with a key of their own. While the key is in the file system's
 * keyring, the files are plain to whoever may read them; once it is removed, only scrambled names
 * are left. Where the file system cannot, a vault is a plain folder and says so: who decides what
 * that means is `serve`.
 */
#ifndef DARSE_ENGINE_VAULT_H
#define DARSE_ENGINE_VAULT_H

#include "engine/keys.h"
#include "engine/places.h"

typedef struct VaultState {
    bool encrypted, created;
} VaultState;

/* Can the file system that FOLDER_FD is on encrypt? */
bool vault_supported(int folder_fd);

/* Makes (if CREATE and it is new) or unlocks the vault ID, which is the folder PATH. What a crash
 * left half made is finished. ID_BASE: as keys_make. */
bool vault_open(const Places *places, KeyStore *keys, const char *path, const char *id,
                int64_t id_base, bool create, VaultState *ret_state, GError **error);
/* Is it encrypted, and its key not in the kernel's hands? */
bool vault_is_locked(const Places *places, const char *path);
/* Locks it. ERROR_CONFLICT "engine.busy_vault" while files of it are in use. */
bool vault_close(const Places *places, KeyStore *keys, const char *path, const char *id,
                 GError **error);
/* Destroys the key, then locks what can be locked, then removes the files. */
bool vault_destroy(const Places *places, KeyStore *keys, const char *path, const char *id,
                   bool *ret_key_destroyed, GError **error);

#endif
