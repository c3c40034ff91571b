/* SPDX-License-Identifier: Apache-2.0 */
/* Keys for the S3 API from outside: of one person for one project, expiring, shown once. Signatures
 * need the secret itself, so it is sealed with the instance key and not hashed. */
#ifndef DARSE_LAKE_KEYS_H
#define DARSE_LAKE_KEYS_H

#include "app/app.h"

#define LAKE_KEY_LIFE_MS (90 * TIME_DAY_MS)
#define LAKE_KEYS_MAX 5                 /* live, per person and project */

/* ERROR_CONFLICT "lake.key_count". Caller frees *RET_ACCESS; secret_free(*RET_SECRET). */
bool lake_key_create(App *app, const PolicyActor *actor, const char *project, char **ret_access,
                     char **ret_secret, int64_t *ret_expires_ms, GError **error);
/* Of one's own keys. ERROR_NOT_FOUND "lake.no_key". */
bool lake_key_revoke(App *app, const PolicyActor *actor, const char *project, const char *access,
                     GError **error);

typedef struct LakeKeyOwner {
    PolicyActor *actor;
    char *project;
    char *secret;
} LakeKeyOwner;
void lake_key_owner_clear(LakeKeyOwner *owner);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LakeKeyOwner, lake_key_owner_clear)
/* Who holds the live key ACCESS. ERROR_DENIED "lake.access_key". Inside a read. */
bool lake_key_find(const App *app, StoreTx *tx, const char *access, int64_t now_ms,
                   LakeKeyOwner *ret_owner, GError **error);

#endif
