/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and API tokens: rows that hold the hash of a secret which only its bearer has. */
#ifndef DARSE_IDENTITY_SESSIONS_H
#define DARSE_IDENTITY_SESSIONS_H

#include "identity/identity.h"

#define SESSION_COOKIE "__Host-darse"
#define SESSION_CSRF_HEADER "X-Darse-CSRF"
#define SESSION_LIVE_MAX 20            /* per person; the oldest beyond are ended */
#define TOKEN_PREFIX "dar_"
#define TOKEN_LIFE_MAX_MS (366 * TIME_DAY_MS)
#define TOKEN_LIVE_MAX 50              /* per person */
#define SEEN_EVERY_MS TIME_MINUTE_MS

/* What the bearer of a new session gets. */
typedef struct SessionGrant {
    char *id;
    char *secret;                      /* the cookie's value */
    char *csrf;
    int64_t expires_ms;
} SessionGrant;
void session_grant_clear(SessionGrant *grant);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SessionGrant, session_grant_clear)

/* The anti-forgery token that belongs to a cookie: derived from it, so that whoever holds the
 * cookie can be told it again. secret_free(). */
char *session_csrf(const char *secret);

/* Inside a write. */
bool session_create(StoreTx *tx, const char *person, bool second_factor, const char *address,
                    const char *agent, int64_t now_ms, int64_t life_ms, SessionGrant *ret_grant,
                    GError **error);
/* Ends one session of PERSON. ERROR_NOT_FOUND "identity.no_session". */
bool session_end(StoreTx *tx, const char *person, const char *session, int64_t now_ms,
                 GError **error);

typedef struct SessionTimes {
    int64_t now_ms;
    int64_t idle_ms;
} SessionTimes;

/* Who holds SECRET, as an actor; *RET_SEEN_MS is when it was last used. ERROR_UNAUTHENTICATED
 * "identity.session_ended" with a sentence. */
bool session_find(StoreTx *tx, const char *secret, SessionTimes times, PolicyActor **ret_actor,
                  int64_t *ret_seen_ms, int64_t *ret_expires_ms, GError **error);
bool token_find(StoreTx *tx, const char *secret, SessionTimes times, PolicyActor **ret_actor,
                int64_t *ret_seen_ms, int64_t *ret_expires_ms, GError **error);

/* A new API token of the actor's person. *RET_SECRET: secret_free(). */
bool token_create(StoreTx *tx, const PolicyActor *actor, const char *name, unsigned scopes,
                  int64_t now_ms, int64_t expires_ms, char **ret_id, char **ret_secret,
                  GError **error);
/* ERROR_NOT_FOUND "identity.no_token". */
bool token_revoke(StoreTx *tx, const char *person, const char *token, int64_t now_ms,
                  GError **error);

/* Writes that SESSION (or API token) was used now, in a write of its own. */
bool session_mark_seen(App *app, const char *session, int64_t now_ms, GError **error);

/* Forgets sessions and tokens that ended long ago. Inside a write. */
bool sessions_purge(StoreTx *tx, int64_t before_ms, GError **error);

#endif
