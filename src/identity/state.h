/* SPDX-License-Identifier: Apache-2.0 */
/* The room's state in a running server, and what its own files share about it. */
#ifndef DARSE_IDENTITY_STATE_H
#define DARSE_IDENTITY_STATE_H

#include "identity/identity.h"
#include "identity/limiter.h"

#define IDENTITY_HASHING_MAX 2          /* argon2id runs at once: 64 MiB each */
#define IDENTITY_PENDING_MAX 1000       /* second factors being set up */
#define IDENTITY_PENDING_LIFE_MS (15 * TIME_MINUTE_MS)
#define IDENTITY_ADDRESS_FACTOR 10      /* an address may be an office: this many accounts' worth */

struct Identity {
    IdentitySeal *seal;
    Limiter *limiter;
    GMutex lock;                        /* of what follows */
    GCond hashing_changed;
    int hashing;
    GHashTable *pending;                /* person id -> PendingFactor */
};

Identity *identity_new(IdentitySeal *seal);   /* takes SEAL */
void identity_free(Identity *identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Identity, identity_free)
Identity *identity_of(const App *app);

/* ERROR_RATE_LIMITED "identity.rate_limited" when ACCOUNT (a login) or ADDRESS failed too often.
 * Otherwise the attempt is counted: identity_attempt_succeeded() or _excused() takes it back. */
bool identity_attempt_begin(App *app, const char *account, const char *address, GError **error);
void identity_attempt_succeeded(App *app, const char *account, const char *address);
void identity_attempt_excused(App *app, const char *account, const char *address);

/* As password_check() and password_hash(), a bounded number at once. */
bool identity_check_password(App *app, const char *hash, const char *password);
char *identity_hash_password(App *app, const char *password, GError **error);

/* The secret that PERSON is setting up as second factor, between the two requests. Copies. */
void identity_pending_put(Identity *identity, const char *person, const char *secret);
/* NULL: none. secret_free(). */
char *identity_pending_get(Identity *identity, const char *person);
void identity_pending_drop(Identity *identity, const char *person);

#endif
