/* SPDX-License-Identifier: Apache-2.0 */
/* What a person does with their own account: signing in and out, password, second factor, tokens.
 * Each is one action: decided by policy, written to the log. */
#ifndef DARSE_IDENTITY_ACCOUNT_H
#define DARSE_IDENTITY_ACCOUNT_H

#include "identity/persons.h"
#include "identity/sessions.h"
#include "notices/notices.h"

typedef struct SignIn {
    const char *login, *password;
    const char *code;                      /* six digits or a recovery code; NULL: not given */
    const char *address, *agent, *request;
} SignIn;

/* ERROR_UNAUTHENTICATED "identity.refused" (whatever was wrong) or "identity.code_needed";
 * ERROR_RATE_LIMITED. *RET_PERSON and *RET_GRANT on success. */
bool account_sign_in(App *app, const SignIn *sign_in, SessionGrant *ret_grant,
                     IdentityPerson **ret_person, GError **error);
bool account_end_session(App *app, const PolicyActor *actor, const char *session, GError **error);

/* Every other session of the person; tokens stay. */
bool account_end_others(App *app, const PolicyActor *actor, GError **error);

bool account_update(App *app, const PolicyActor *actor, const PersonChange *change,
                    GError **error);
/* CODE is needed when the person has a second factor. Ends the other sessions and the tokens. */
bool account_set_password(App *app, const PolicyActor *actor, const char *current,
                          const char *password, const char *code, GError **error);

/* Begins to set up a second factor (CODE: of the old one, if there is one). secret_free() both. */
bool account_begin_factor(App *app, const PolicyActor *actor, const char *password,
                          const char *code, char **ret_secret, char **ret_uri, GError **error);
/* A code of the new one puts it in place. The session counts as opened with it; others end. */
bool account_confirm_factor(App *app, const PolicyActor *actor, const char *code, GStrv *ret_codes,
                            GError **error);

/* New recovery codes; the old ones no longer work. ERROR_CONFLICT "identity.no_second_factor". */
bool account_new_recovery(App *app, const PolicyActor *actor, const char *password,
                          const char *code, GStrv *ret_codes, GError **error);

bool account_create_token(App *app, const PolicyActor *actor, const char *name, unsigned scopes,
                          int64_t expires_ms, char **ret_id, char **ret_secret, GError **error);
bool account_revoke_token(App *app, const PolicyActor *actor, const char *token, GError **error);

/* Inside an action on PERSON's account. */
bool account_tell(Act *act, const char *person, NoticeKind kind, GError **error);

#endif
