/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DARSE_BACKUP_INTERNAL_H
#define DARSE_BACKUP_INTERNAL_H

#include "backup/backup.h"
#include "engine/vault.h"

/* Folders of a state directory; ended by NULL. */
extern const char *const backup_data[];
extern const char *const backup_keys[];

int backup_open_folder(const char *path, GError **error);
void backup_raise_files(void);

/* Writes a copy of the database, as it is at one moment, to the new file PATH. What reads the database is a
 * child that has become UID: whoever holds the server holds its files too, and must not get root by them. */
bool backup_database(const Config *config, uid_t uid, gid_t gid, const char *path, GError **error);

/* The vaults of a state directory that were locked and are unlocked for the copy; clearing locks them again. */
typedef struct BackupVaults {
    Places *places;
    KeyStore *keys;
    GPtrArray *locked;        /* paths, "projects/prj-..." */
} BackupVaults;
bool backup_vaults_open(BackupVaults *vaults, const char *state_dir, uid_t uid, GError **error);
void backup_vaults_clear(BackupVaults *vaults);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BackupVaults, backup_vaults_clear)
/* Makes the vaults of NAMES (as in the folder FROM/PARENT) anew and empty, each with its key of old. */
bool backup_vaults_make(BackupVaults *vaults, const char *from, const char *parent, GError **error);

#endif
