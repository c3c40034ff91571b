/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tamper-evident log: an RFC 6962 Merkle tree whose leaves are written in the same savepoint
 * as the action they record.
 *
 * Row audit_leaf: sequence (0, 1, 2, ... without gap), time, and the leaf hash
 *     leaf = SHA-256(0x00 || leaf_data),  leaf_data = canonical JSON {"body":hex,"seq":n,"time":ms}
 *     body = SHA-256(salt || canonical JSON of the entry)
 * Row audit_body: sequence, salt (32 random bytes), the entry. Erasing a body row keeps every proof.
 *
 * After each commit the sequencer writes tiles (C2SP tlog-tiles: height 8, hashes, in
 * <state>/audit/tile/...) and a checkpoint (C2SP signed note: origin, size, root; Ed25519). Tiles never
 * run ahead of rows, and are rebuilt from rows after a crash.
 */
#ifndef DARSE_AUDIT_AUDIT_H
#define DARSE_AUDIT_AUDIT_H

#include "base/encode.h"
#include "base/verbs.h"
#include "store/store.h"

#include <jansson.h>

#define AUDIT_HASH_SIZE 32
#define AUDIT_SALT_SIZE 32

typedef struct Audit Audit;

/* One entry. Texts are borrowed. */
typedef struct AuditEntry {
    const char *verb;         /* policy verb's name: "project.create" */
    const char *outcome;      /* "done", "denied", "failed" */
    const char *actor;        /* person id, "service:<id>" or "system" */
    const char *object;       /* id of the thing acted on, or "" */
    const char *project;      /* id or "" */
    const char *reason;       /* reason slug of a denial, or "" */
    const char *request;      /* request id, or "" */
    const char *address;      /* network address of the client, or "" */
    const json_t *details;    /* object or NULL: what was decided or changed; no people's data */
} AuditEntry;

/* Inside the action's savepoint. RET_SEQUENCE may be NULL. Needs no Audit: rows only. */
bool audit_append(StoreTx *tx, const AuditEntry *entry, int64_t *ret_sequence, GError **error);
/* Erases the body of entry SEQUENCE for good, and appends an entry "audit.erase" that says so, by
 * ACTOR and for REASON (a sentence). Proofs of the entry's existence, time and hash remain. The
 * record of an erasure cannot be erased. */
bool audit_erase_body(StoreTx *tx, int64_t sequence, const char *actor, const char *reason,
                      int64_t *ret_sequence, GError **error);

/* What auditors look for. NULL or 0: any. Times from FROM_MS (included) to TO_MS (excluded). */
typedef struct AuditFilter {
    const char *actor;
    const char *object;
    const char *project;
    const char *verb;
    int64_t from_ms, to_ms;
} AuditFilter;
/* Newest first, those before BEFORE_SEQUENCE (-1: from the newest), at most LIMIT. An array of
 * {"sequence","time","erased", and the fields of the entry}; owned by the caller. */
bool audit_search(StoreTx *tx, const AuditFilter *filter, int64_t before_sequence, int64_t limit,
                  json_t **ret_entries, GError **error);

/* audit_init() makes <STATE_DIR>/audit, and in <STATE_DIR>/instance the signing key audit.key and
 * its verifier key audit.pub; it refuses a log that has its key already. ORIGIN names the log: no
 * space, no "+".
 *
 * audit_open() rebuilds missing tiles from rows, refuses to start when tiles hold more than the
 * rows or disagree with them, publishes what is not published yet, starts the sequencer thread and
 * sets the store's commit hook. Close it before the store. */
bool audit_init(const char *state_dir, const char *origin, GError **error);
Audit *audit_open(const char *state_dir, Store *store, GError **error);
void audit_close(Audit *audit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Audit, audit_close)

/* Waits (at most TIMEOUT_MS) until a signed checkpoint covers SEQUENCE. */
bool audit_wait(Audit *audit, int64_t sequence, int timeout_ms, GError **error);
/* The newest signed checkpoint, as text. Caller frees. */
char *audit_checkpoint(Audit *audit, GError **error);
/* Sets the metrics of the log. */
void audit_measure(Audit *audit);
/* What checks its signature: "name+hash+base64". Lives as long as AUDIT. */
const char *audit_verifier_key(const Audit *audit);
/* Everything needed to check entry SEQUENCE offline, as one JSON object: {"checkpoint":text,
 * "leaf_data":text, "index":n, "proof":[hex...], "salt":hex, "entry":{...},
 * "key":"<verifier key>"}; without "salt" and "entry" once its body was erased. */
json_t *audit_prove(Audit *audit, int64_t sequence, GError **error);

/* Checks the whole log on this machine: tiles against the signed checkpoint, rows against the tiles. TELL
 * (may be NULL) hears how far it is. Any thread; minutes for millions of entries. */
typedef void (*AuditTell)(int64_t tiles, int64_t rows, void *user);
typedef struct AuditVerified {
    int64_t size, tiles, rows, erased;
} AuditVerified;
bool audit_verify(Audit *audit, AuditTell tell, void *user, AuditVerified *ret_verified,
                  GError **error);
/* Entries that the newest checkpoint covers. */
bool audit_size(Audit *audit, int64_t *ret_size, GError **error);

/* `darse audit ...`, ended by an empty row. */
extern const Verb audit_verbs[];

#endif
