/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A release: what leaves through the airlock, as one zip that proves itself offline.
 *
 *     manifest.json   what was released, when it was decided, path, size and SHA-256 of each file,
 *                     SHA-256 of rules.json
 *     rules.json      every rule applied, to what, with which result and on which basis
 *     reviews.json    each reviewer's decision, each signed together with the manifest's hash
 *     audit.json      the inclusion proof of the audit entry that names the manifest's hash
 *     files/...       the files
 *
 * Members are stored in this order, uncompressed, dated at the decision: the same release gives the
 * same bytes. The zip's comment is the seal: an Ed25519 signature of every byte before it, so that
 * no byte of the package can change unseen. Signatures are made with the attest key of the instance
 * (<state>/instance/attest.key).
 *
 * The room's other files decide who may release what; this one knows neither people nor the store.
 */
#ifndef DARSE_AIRLOCK_RELEASE_H
#define DARSE_AIRLOCK_RELEASE_H

#include "base/encode.h"
#include "base/verbs.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELEASE_FILES_MAX 1000
#define RELEASE_BYTES_MAX (INT64_C(1) << 30)        /* of all files together */
#define RELEASE_DOCUMENT_MAX (16 * 1024 * 1024)     /* each of the JSON members */

/* --- The instance's key -------------------------------------------------------------------------- */

typedef struct ReleaseKey ReleaseKey;

/* Makes <STATE_DIR>/instance/attest.key (0600) and attest.pub ("name+hash+base64", the form of
 * audit.pub). NAME as in audit_init(). ERROR_CONFLICT if there is one already. */
bool release_init(const char *state_dir, const char *name, GError **error);
ReleaseKey *release_key_open(const char *state_dir, GError **error);
void release_key_free(ReleaseKey *key);             /* wipes */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReleaseKey, release_key_free)

/* --- Making one ---------------------------------------------------------------------------------- */

typedef struct ReleaseFile {
    const char *path;            /* relative, as path_check_relative() wants it */
    int fd;                      /* readable regular file; its offset is not used */
} ReleaseFile;

typedef struct ReleaseContent {
    const json_t *description;   /* object: ids, names, round, context; copied into the manifest */
    int64_t decided_ms;          /* the decision: the date of everything in the zip */
    const ReleaseFile *files;
    size_t file_count;           /* 1 to RELEASE_FILES_MAX */
    const json_t *rules;         /* array of objects, one per file and check */
    const json_t *reviews;       /* array of objects, one per reviewer: who, decision, when, comment */
} ReleaseContent;

/* The SHA-256 (hexadecimal) of the manifest that release_write() will write: put it into the
 * details of the audit entry of the release, as "manifest_sha256". Reads and hashes the files. */
bool release_manifest_hash(const ReleaseContent *content, char **ret_hex, GError **error);

/* Writes the zip to the empty regular file open (read and write) as OUTPUT_FD, and syncs it.
 * AUDIT_PROOF is what audit_prove() gave for the entry whose details hold "manifest_sha256";
 * refused if they differ. */
bool release_write(const ReleaseContent *content, const json_t *audit_proof,
                   const ReleaseKey *key, int output_fd, GError **error);

/* --- Checking one -------------------------------------------------------------------------------- */

typedef struct ReleaseReport {
    json_t *manifest;
    json_t *reviews;             /* array, the signed reviews */
    json_t *rules;
    json_t *entry;               /* the proven audit entry */
    char *attest_key;            /* "name+hash+base64" that signed, as the package says */
    char *audit_key;
    bool are_keys_known;         /* both were among the trusted keys */
} ReleaseReport;

void release_report_free(ReleaseReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReleaseReport, release_report_free)

/*
 * Checks everything of the package open as FD: the seal, the form of the zip (paths, links,
 * duplicates, sizes), each hash, each review's signature, the audit proof, and that nothing is there
 * that the manifest does not name.
 *
 * TRUSTED_KEYS: NULL-ended verifier keys kept from the instance (`darse release keys`); the package's
 * keys must be among them. NULL: the package is only checked against the keys that it carries, which
 * proves that it is whole, not who made it; the report says so.
 *
 * ERROR_UNPROCESSABLE, reasons "release.*", says what does not hold.
 */
bool release_verify(int fd, const char *const *trusted_keys, ReleaseReport **ret_report,
                    GError **error);

/* "release verify", "release keys"; ended by a row with name NULL. */
extern const Verb release_verbs[];

#endif
