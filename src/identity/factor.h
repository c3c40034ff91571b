/* SPDX-License-Identifier: Apache-2.0 */
/* The second factor's rows: the sealed secret, the last step used, the recovery codes. */
#ifndef DARSE_IDENTITY_FACTOR_H
#define DARSE_IDENTITY_FACTOR_H

#include "identity/identity.h"

#define RECOVERY_CODES 10

/* All inside a write. */

/* Uses up a six-digit code. ERROR_CONFLICT "identity.no_second_factor"; otherwise *RET_GOOD. */
bool factor_use_code(const IdentitySeal *seal, StoreTx *tx, const char *person, const char *code,
                     int64_t now_ms, bool *ret_good, GError **error);
/* Uses up a recovery code, however it is spelt. */
bool factor_use_recovery(StoreTx *tx, const char *person, const char *code, int64_t now_ms,
                         bool *ret_good, GError **error);
/* Stores SECRET as the person's, as used up to STEP; drops the recovery codes. */
bool factor_store(const IdentitySeal *seal, StoreTx *tx, const char *person, const char *secret,
                  int64_t step, GError **error);
/* RECOVERY_CODES new codes instead of the old. *RET_CODES: to show once. */
bool factor_new_recovery(StoreTx *tx, const char *person, GStrv *ret_codes, GError **error);
/* The person has no second factor any more. */
bool factor_reset(StoreTx *tx, const char *person, GError **error);
void recovery_codes_free(GStrv codes);   /* wipes */

#endif
