/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The published log of a state directory as it lies on the disk: the signed checkpoint, its keys,
 * and proofs. For the sequencer and for command-line verbs that run beside a server.
 */
#ifndef DARSE_AUDIT_LOG_H
#define DARSE_AUDIT_LOG_H

#include "audit/note.h"
#include "audit/rows.h"

/* <state>/audit. Caller frees. */
char *log_folder(const char *state_dir);
NoteSigner *log_load_signer(const char *state_dir, GError **error);
/* <state>/instance/audit.pub: the verifier key. Caller frees. */
bool log_load_verifier(const char *state_dir, char **ret_key, GError **error);
/* FOLDER/checkpoint, checked. ERROR_NOT_FOUND when there is none yet. RET_NOTE may be NULL. */
bool log_load_checkpoint(const char *folder, const char *verifier_key, char **ret_note,
                         Checkpoint *ret_checkpoint, GError **error);
/* When FOLDER/checkpoint was written; 0 when there is none. */
int64_t log_checkpoint_time(const char *folder);
/* The object described at audit_prove(). */
json_t *log_prove(const char *folder, const char *note, int64_t size, const char *verifier_key,
                  const LogRow *row, GError **error);

#endif
