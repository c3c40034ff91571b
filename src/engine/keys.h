/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key store: <state>/keys, root's alone. One record per project and dataset: its key, wrapped
 * (XChaCha20-Poly1305) under the instance key and bound to its identifier and id range; for a
 * project also its range of user ids, which is never given twice, even after its end. It knows no
 * file system: vault.c uses the keys. Safe from several threads.
 */
#ifndef DARSE_ENGINE_KEYS_H
#define DARSE_ENGINE_KEYS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define KEY_SIZE 64 /* AES-256-XTS takes two halves */

typedef struct KeyStore KeyStore;

typedef struct KeyRecord {
    bool encrypted; /* was the file system able to encrypt when it was made? */
    bool destroyed; /* its key is gone for good */
    int64_t id_base; /* -1: not a project */
    int64_t created_ms;
    uint8_t key[KEY_SIZE]; /* zero unless encrypted and not destroyed */
} KeyRecord;

/* Opens, or makes, the store in FOLDER, which must be its owner's alone. */
KeyStore *keys_open(const char *folder, GError **error);
void keys_free(KeyStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyStore, keys_free)

/* Identifier of this instance, made with the store: labels of containers. */
const char *keys_instance_id(const KeyStore *store);

/* Fills RET_RECORD and sets *RET_FOUND; a record that cannot be opened is an error. The caller
 * wipes the record with key_record_wipe. */
bool keys_get(KeyStore *store, const char *id, KeyRecord *ret_record, bool *ret_found,
              GError **error);
/* Makes a record with a new random key (if ENCRYPTED); durable on return. ID must be new. */
bool keys_make(KeyStore *store, const char *id, int64_t id_base, bool encrypted, GError **error);
/* Overwrites the key and leaves a record that says when. No error if it is already destroyed. */
bool keys_destroy(KeyStore *store, const char *id, GError **error);
/* Forgets a record altogether: for what never came to be. */
bool keys_forget(KeyStore *store, const char *id, GError **error);

/* -1 when PROJECT_ID has no record. */
int64_t keys_project_base(KeyStore *store, const char *project_id);
/* The project that was given BASE; NULL when it is free. Lives as long as the store. */
const char *keys_base_project(KeyStore *store, int64_t base);

void key_record_wipe(KeyRecord *record);

#endif
