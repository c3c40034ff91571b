/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was done under an Idempotency-Key, for a day: a client that got no answer sends the same
 * request again and gets the first answer, or is told that it was done.
 *
 * The row is written in the savepoint of the action itself, so that it is there exactly when the action
 * was done. The key is kept hashed; the request only as a hash keyed with the key, so that the row
 * tells nothing of a body to somebody who has the database. Answers that hold a secret are not kept.
 */
#ifndef DARSE_APP_ONCE_H
#define DARSE_APP_ONCE_H

#include "http/http.h"
#include "policy/policy.h"
#include "store/store.h"

#define ONCE_KEPT_MS (24 * 3600 * INT64_C(1000))

typedef struct App App;
typedef struct Once Once;

Once *once_new(void);
void once_free(Once *once);

/* For the portal's site. */
extern const HttpOnce once_hooks;

/* In the savepoint of an action: notes the key that ACTOR's request came under, if any. */
bool once_note(StoreTx *tx, const PolicyActor *actor, GError **error);

/* A duty: forgets what is older than a day. */
bool once_forget(App *app, GError **error);

#endif
