/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `darse backup`: a snapshot of a state directory, taken beside a running server, in a folder of its own that
 * shares unchanged files with the one before. `darse restore`: a new state directory of one.
 *
 * The order is what makes a snapshot whole (decision 0151): the files; the audit log; the database as it is at
 * one moment; the files that came since the first look. So every row finds its file, and the log never says more
 * than the database knows. Keys go to a place of their own, never beside the data.
 */
#ifndef DARSE_BACKUP_BACKUP_H
#define DARSE_BACKUP_BACKUP_H

#include "backup/copy.h"
#include "base/config.h"
#include "base/verbs.h"

typedef struct BackupWanted {
    const Config *config;     /* of the state directory */
    const char *to;           /* folder of snapshots of data */
    const char *keys_to;      /* of keys; NULL: they are left out */
    bool accept_plain;        /* the destination protects what is encrypted here */
    int keep;                 /* snapshots to keep; 0: all */
} BackupWanted;

/* *RET_NAME is the snapshot's own name; caller frees. */
bool backup_take(const BackupWanted *wanted, char **ret_name, CopyStats *ret_stats, GError **error);

typedef struct RestoreWanted {
    const char *from;         /* one snapshot of data */
    const char *keys;         /* one snapshot of keys */
    const char *state_dir;    /* must not exist, or be empty */
} RestoreWanted;

/* *RET_POSTGRES: path of the dump that is still to be given to pg_restore, or NULL. Caller frees. */
bool restore_run(const RestoreWanted *wanted, char **ret_postgres, CopyStats *ret_stats, GError **error);

/* What a snapshot says of itself: darse-backup.json. */
typedef struct BackupManifest {
    int64_t made_ms;
    bool postgres;
    uid_t uid;                /* of the server's user there */
    gid_t gid;
    char *database_sha256;
    char *name;
} BackupManifest;
void backup_manifest_clear(BackupManifest *manifest);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BackupManifest, backup_manifest_clear)

#define BACKUP_MANIFEST "darse-backup.json"
#define BACKUP_SQLITE "darse.db"
#define BACKUP_POSTGRES "darse.pgdump"
bool backup_manifest_write(const char *folder, const BackupManifest *manifest, GError **error);
/* Refuses what a later version wrote. */
bool backup_manifest_read(const char *folder, BackupManifest *ret_manifest, GError **error);

extern const Verb backup_verbs[];

#endif
