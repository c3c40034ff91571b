/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is who: persons, organisations, local accounts, second factors, sessions and tokens.
 *
 * A password is kept as argon2id, a session cookie or API token as its SHA-256, a second factor's
 * secret sealed with the instance key. Secrets are wiped and never logged. The room attaches a
 * PolicyActor to each request; what that actor may do is policy's business.
 */
#ifndef DARSE_IDENTITY_IDENTITY_H
#define DARSE_IDENTITY_IDENTITY_H

#include "app/app.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Identity Identity;   /* the room's state in a running server */

extern const Room identity_room;
extern const HttpRoute identity_routes[];
extern const Verb identity_verbs[];

/* ---- the instance key ---- */

/* A key that lies in <STATE_DIR>/instance/seal.key (0600) and seals short secrets at rest. */
typedef struct IdentitySeal IdentitySeal;

/* Makes the key unless it is there. Durable. */
bool identity_init(const char *state_dir, GError **error);
IdentitySeal *identity_seal_open(const char *state_dir, GError **error);
void identity_seal_free(IdentitySeal *seal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IdentitySeal, identity_seal_free)
/* The key of a running server; asserted to be there. */
const IdentitySeal *identity_seal(const App *app);

/* CONTEXT ties a sealed secret to its row ("totp:per-..."): it opens under the same one only. */
GBytes *identity_seal_text(const IdentitySeal *seal, const char *context, const char *secret);
/* Free with secret_free(). NULL and ERROR_INTERNAL if the key, the context or the bytes differ. */
char *identity_unseal_text(const IdentitySeal *seal, const char *context, const void *sealed,
                           size_t size, GError **error);

/* ---- persons and organisations ---- */

typedef struct IdentityPerson {
    char *id;
    char *login;
    char *name;
    char *email;
    char *organisation;             /* id */
    char *organisation_name;
    unsigned roles;                 /* PolicyRole bits */
    char *language;
    bool has_second_factor;
    int64_t disabled_ms;            /* 0: may sign in */
    int64_t created_ms;
} IdentityPerson;

void identity_person_free(IdentityPerson *person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IdentityPerson, identity_person_free)

/* By id or by login. ERROR_NOT_FOUND "identity.no_person". */
bool identity_person_load(StoreTx *tx, const char *id, IdentityPerson **ret_person,
                          GError **error);
bool identity_person_find(StoreTx *tx, const char *login, IdentityPerson **ret_person,
                          GError **error);

/* Ids (as char*) of those who hold ROLE (one PolicyRole) and may sign in. */
GPtrArray *identity_persons_with(StoreTx *tx, unsigned role, GError **error);

/* {"id","login","name"}: how a person appears inside other things. Caller drops. */
json_t *identity_person_brief(const IdentityPerson *person);
/* The whole person of the API. */
json_t *identity_person_json(const IdentityPerson *person);

typedef struct IdentityNewPerson {
    const char *login;              /* 2..40 of a-z 0-9 . - _, begins with a letter */
    const char *name;
    const char *email;
    const char *organisation;       /* id */
    unsigned roles;
    const char *language;           /* "fr" or "en" */
    const char *password_hash;      /* of identity_password_hash(), or NULL: cannot sign in */
} IdentityNewPerson;

/* Inside a write. ERROR_CONFLICT "identity.login_taken". Caller frees *RET_ID. */
bool identity_person_create(StoreTx *tx, const IdentityNewPerson *person, char **ret_id,
                            GError **error);
/* KIND: administration, statistics, university or company. ERROR_CONFLICT when the name is
 * taken. */
bool identity_organisation_create(StoreTx *tx, const char *name, const char *kind, char **ret_id,
                                  GError **error);

/* argon2id. Slow (about 0.1 s) and takes 64 MiB: never inside a write. Refuses passwords under 12
 * characters. Caller frees. */
char *identity_password_hash(const char *password, GError **error);

/* ---- second factor ---- */

/* Gives PERSON a new secret (base32, in *RET_SECRET unless NULL: secret_free()), at once and
 * without confirmation: for the demonstration and for tests. Inside a write. */
bool identity_second_factor_set(const IdentitySeal *seal, StoreTx *tx, const char *person,
                                char **ret_secret, GError **error);

/* Checks a six-digit code of PERSON and uses it up, inside a write: a code works once, and a write
 * that fails gives it back. For what is signed: undertakings, reviews. ERROR_DENIED
 * "identity.code_refused" (wrong or used), ERROR_CONFLICT "identity.no_second_factor",
 * ERROR_RATE_LIMITED "identity.rate_limited". */
bool identity_verify_code(App *app, StoreTx *tx, const char *person, const char *code,
                          GError **error);

/* A code of LOGIN that is accepted now: refused unless the state is a demonstration. Waits (at most
 * 60 s) until one is unused. Caller frees with secret_free(). */
char *identity_demo_code(Store *store, const IdentitySeal *seal, const char *login,
                         GError **error);

/* ---- sessions, for those who hold one open (gateway, event streams) ---- */

/* SESSION is PolicyActor.session: of a session or of an API token. Alive: not ended, not expired,
 * not idle for too long, person not disabled. */
bool identity_session_alive(const App *app, StoreTx *tx, const char *session, int64_t now_ms,
                            bool *ret_alive, GError **error);
/* Somebody is using it (work in a service counts): written at most once a minute. */
bool identity_session_touch(App *app, const char *session, int64_t now_ms, GError **error);
/* Ends every session and revokes every token of PERSON but KEEP (may be NULL), inside a write. */
bool identity_sessions_end(StoreTx *tx, const char *person, const char *keep, int64_t now_ms,
                           GError **error);

/* ---- for HttpSite ---- */

/* Attaches a PolicyActor: by the session cookie or by the bearer token. Fails with
 * ERROR_UNAUTHENTICATED when there is none or it does not hold. */
bool identity_authenticate(HttpRequest *request, GError **error);
/* For unsafe methods: a cookie needs the session's token in X-Darse-CSRF, and what the browser says
 * of the origin must be ours. ERROR_DENIED "identity.csrf". */
bool identity_check_origin(HttpRequest *request, GError **error);

#endif
