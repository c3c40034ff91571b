/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking a whole log: every tile against the signed checkpoint, an older checkpoint against the
 * tree (roll-back and fork), and every row against the tiles.
 */
#ifndef DARSE_AUDIT_VERIFY_H
#define DARSE_AUDIT_VERIFY_H

#include "audit/rows.h"

typedef struct VerifyReport {
    int64_t size;       /* entries that the checkpoint covers */
    int64_t tiles;
    int64_t rows;       /* rows checked */
    int64_t erased;     /* of which have no body any more */
    AuditTell tell;     /* called after each tile and each batch of rows; may be NULL */
    void *user;
} VerifyReport;

/* SINCE: an older checkpoint of this log, or NULL. Needs nothing but the files. */
bool verify_tiles(const char *folder, const Checkpoint *checkpoint, const Checkpoint *since,
                  VerifyReport *report, GError **error);
/* After verify_tiles(). */
bool verify_rows(const char *folder, const Checkpoint *checkpoint, Store *store,
                 VerifyReport *report, GError **error);

#endif
