/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords are hashed before the write, never in it. What the hash was compared with is read again
 * inside the write, so that a password changed in between does not let an old one in.
 */
#include "identity/account.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/times.h"
#include "identity/factor.h"
#include "identity/state.h"
#include "identity/totp.h"

#include <string.h>

/* ---- what a password is compared with ---- */

typedef struct Credentials {
    const char *login;             /* or */
    const char *person_id;
    IdentityPerson *person;        /* NULL: nobody */
    char *password_hash;           /* NULL: none */
} Credentials;

static void credentials_clear(Credentials *credentials)
{
    g_clear_pointer(&credentials->person, identity_person_free);
    g_clear_pointer(&credentials->password_hash, secret_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Credentials, credentials_clear)

static bool credentials_hash(StoreTx *tx, const char *person, char **ret_hash, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT password_hash FROM person WHERE id = $1", store_text(person));
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    *ret_hash = store_next(rows, &problem) ? g_strdup(store_row_text(rows, 0)) : NULL;
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool credentials_load(StoreTx *tx, void *data, GError **error)
{
    Credentials *credentials = data;
    g_autoptr(GError) problem = NULL;
    bool found = credentials->person_id != NULL
                     ? identity_person_load(tx, credentials->person_id, &credentials->person,
                                            &problem)
                     : identity_person_find(tx, credentials->login, &credentials->person, &problem);
    if (found)
        return credentials_hash(tx, credentials->person->id, &credentials->password_hash, error);
    if (error_is(problem, ERROR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* ---- signing in ---- */

typedef struct SignInRun {
    App *app;
    const SignIn *sign_in;
    Credentials *credentials;
    SessionGrant *grant;
} SignInRun;

static bool sign_in_refuse(GError **error)
{
    return error_set(error, ERROR_UNAUTHENTICATED, "identity.refused",
                     "The login, the password or the code is wrong.");
}

/* A failed sign-in is written to the log, without what was typed: people type passwords where the
 * login goes. */
static bool sign_in_log(StoreTx *tx, void *data, GError **error)
{
    SignInRun *run = data;
    const IdentityPerson *person = run->credentials->person;
    g_autoptr(json_t) details = json_pack("{s:s}", "action", "sign_in");
    AuditEntry entry = {
        .verb = policy_verb_name(VERB_ACCOUNT_OWN),
        .outcome = "denied",
        .actor = "",
        .object = person != NULL ? person->id : "",
        .project = "",
        .reason = "identity.refused",
        .request = run->sign_in->request,
        .address = run->sign_in->address,
        .details = details,
    };
    return audit_append(tx, &entry, NULL, error);
}

static bool sign_in_failed(SignInRun *run, GError **error)
{
    return store_write(run->app->store, sign_in_log, run, error) && sign_in_refuse(error);
}

static bool sign_in_use_code(SignInRun *run, StoreTx *tx, int64_t now_ms, bool *ret_good,
                             GError **error)
{
    const IdentityPerson *person = run->credentials->person;
    const char *code = run->sign_in->code;
    if (totp_looks_like_code(code))
        return factor_use_code(identity_of(run->app)->seal, tx, person->id, code, now_ms, ret_good,
                               error);
    return factor_use_recovery(tx, person->id, code, now_ms, ret_good, error);
}

static bool sign_in_open(Act *act, void *data, GError **error)
{
    SignInRun *run = data;
    const IdentityPerson *was = run->credentials->person;
    g_autoptr(IdentityPerson) person = NULL;
    char *hash = NULL;
    int64_t now_ms = time_now_ms();
    int64_t life_ms = config_integer(act->app->config, "identity.session_hours") * TIME_HOUR_MS;
    if (!identity_person_load(act->tx, was->id, &person, error) ||
        !credentials_hash(act->tx, was->id, &hash, error))
        return false;
    bool same = person->disabled_ms == 0 &&
                g_strcmp0(hash, run->credentials->password_hash) == 0 &&
                person->has_second_factor == was->has_second_factor;
    secret_free(hash);
    act_about(act, person->id, NULL);
    act_detail(act, "action", "sign_in");
    if (same && person->has_second_factor &&
        !sign_in_use_code(run, act->tx, now_ms, &same, error))
        return false;
    if (!same)
        return sign_in_refuse(error);
    PolicyFacts facts = {.is_owner = true};
    return act_allow(act, &facts, error) &&
           session_create(act->tx, person->id, person->has_second_factor, run->sign_in->address,
                          run->sign_in->agent, now_ms, life_ms, run->grant, error);
}

static bool sign_in_act(SignInRun *run, GError **error)
{
    const IdentityPerson *person = run->credentials->person;
    PolicyActor actor = {
        .id = person->id,
        .login = person->login,
        .name = person->name,
        .organisation = person->organisation,
        .roles = person->roles,
        .scopes = SCOPE_ALL,
        .channel = CHANNEL_SESSION,
        .address = (char *)run->sign_in->address,
        .request = (char *)run->sign_in->request,
    };
    return act_run(run->app, &actor, VERB_ACCOUNT_OWN, sign_in_open, run, NULL, error);
}

/* The attempt has been counted; says whether it was a success, a failure or neither. */
static bool sign_in_judge(SignInRun *run, GError **error)
{
    Credentials *credentials = run->credentials;
    if (!store_read(run->app->store, credentials_load, credentials, error))
        return false;
    bool good = identity_check_password(run->app, credentials->password_hash,
                                        run->sign_in->password);
    if (!good || credentials->person->disabled_ms != 0)
        return sign_in_failed(run, error);
    if (credentials->person->has_second_factor && run->sign_in->code == NULL)
        return error_set(error, ERROR_UNAUTHENTICATED, "identity.code_needed",
                         "Give the code of your second factor too.");
    g_autoptr(GError) problem = NULL;
    if (sign_in_act(run, &problem))
        return true;
    if (g_strcmp0(error_reason(problem), "identity.refused") == 0)
        return sign_in_failed(run, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool account_sign_in(App *app, const SignIn *sign_in, SessionGrant *ret_grant,
                     IdentityPerson **ret_person, GError **error)
{
    g_auto(Credentials) credentials = {.login = sign_in->login};
    SignInRun run = {app, sign_in, &credentials, ret_grant};
    if (!identity_attempt_begin(app, sign_in->login, sign_in->address, error))
        return false;
    g_autoptr(GError) problem = NULL;
    if (sign_in_judge(&run, &problem)) {
        identity_attempt_succeeded(app, sign_in->login, sign_in->address);
        *ret_person = g_steal_pointer(&credentials.person);
        return true;
    }
    if (g_strcmp0(error_reason(problem), "identity.refused") != 0)
        identity_attempt_excused(app, sign_in->login, sign_in->address);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool account_tell(Act *act, const char *person, NoticeKind kind, GError **error)
{
    NoticeNew notice = {.kind = kind, .object = person};
    return notice_add(act, person, &notice, error);
}

/* ---- one's own account ---- */

/* What changes the account itself is done in a session: a token that leaks must not become one. */
static bool account_allow(Act *act, GError **error)
{
    PolicyFacts facts = {.is_owner = true};
    if (!act_allow(act, &facts, error))
        return false;
    if (act->actor->channel == CHANNEL_SESSION)
        return true;
    return error_set(error, ERROR_DENIED, "identity.session_needed",
                     "An API token may not change the account; sign in and do it there.");
}

static bool end_session(Act *act, void *data, GError **error)
{
    const char *session = data;
    act_about(act, session, NULL);
    act_detail(act, "action", "end_session");
    return account_allow(act, error) &&
           session_end(act->tx, act->actor->id, session, time_now_ms(), error);
}

bool account_end_session(App *app, const PolicyActor *actor, const char *session, GError **error)
{
    return act_run(app, actor, VERB_ACCOUNT_OWN, end_session, (void *)session, NULL, error);
}

static bool end_others(Act *act, void *data, GError **error)
{
    (void)data;
    act_about(act, act->actor->id, NULL);
    act_detail(act, "action", "end_other_sessions");
    return account_allow(act, error) &&
           store_exec(act->tx, error,
                      "UPDATE session SET ended_ms = $1 WHERE person = $2 AND ended_ms IS NULL AND "
                      "id <> $3", store_integer(time_now_ms()), store_text(act->actor->id),
                      store_text(act->actor->session));
}

bool account_end_others(App *app, const PolicyActor *actor, GError **error)
{
    return act_run(app, actor, VERB_ACCOUNT_OWN, end_others, NULL, NULL, error);
}

static bool update(Act *act, void *data, GError **error)
{
    const PersonChange *change = data;
    act_about(act, act->actor->id, NULL);
    act_detail(act, "action", "update");
    return account_allow(act, error) && person_update(act->tx, act->actor->id, change, error);
}

bool account_update(App *app, const PolicyActor *actor, const PersonChange *change, GError **error)
{
    PersonChange own = {.name = change->name, .email = change->email,
                        .language = change->language};
    return act_run(app, actor, VERB_ACCOUNT_OWN, update, &own, NULL, error);
}

/* ---- proving it again: the password, and the second factor if there is one ---- */

typedef struct Proof {
    App *app;
    const char *password, *code;
    Credentials credentials;
    /* what the proof allows */
    char *new_hash;
    const char *new_secret;
    int64_t new_step;
    GStrv codes;
} Proof;

static void proof_clear(Proof *proof)
{
    credentials_clear(&proof->credentials);
    secret_free(proof->new_hash);
    recovery_codes_free(proof->codes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Proof, proof_clear)

static bool proof_password(Proof *proof, const PolicyActor *actor, GError **error)
{
    const char *address = actor->address != NULL ? actor->address : "";
    proof->credentials.person_id = actor->id;
    if (!identity_attempt_begin(proof->app, actor->login, address, error))
        return false;
    bool loaded = store_read(proof->app->store, credentials_load, &proof->credentials, error);
    bool good = loaded && identity_check_password(
                              proof->app, proof->credentials.password_hash, proof->password);
    if (good || !loaded)
        identity_attempt_excused(proof->app, actor->login, address);
    return good || (loaded && error_set(error, ERROR_DENIED, "identity.password_refused",
                                        "The current password is wrong."));
}

/* Inside the write: the password is still the one that was compared, and the code is good. */
static bool proof_hold(Proof *proof, Act *act, GError **error)
{
    char *hash = NULL;
    if (!credentials_hash(act->tx, act->actor->id, &hash, error))
        return false;
    bool same = g_strcmp0(hash, proof->credentials.password_hash) == 0;
    secret_free(hash);
    if (!same)
        return error_set(error, ERROR_CONFLICT, "identity.changed",
                         "The password was changed meanwhile; try again.");
    if (!proof->credentials.person->has_second_factor)
        return true;
    if (proof->code == NULL)
        return error_set(error, ERROR_DENIED, "identity.code_needed",
                         "Give the code of your second factor too.");
    return identity_verify_code(proof->app, act->tx, act->actor->id, proof->code, error);
}

static bool set_password(Act *act, void *data, GError **error)
{
    Proof *proof = data;
    act_about(act, act->actor->id, NULL);
    act_detail(act, "action", "password");
    return account_allow(act, error) && proof_hold(proof, act, error) &&
           store_exec(act->tx, error, "UPDATE person SET password_hash = $1 WHERE id = $2",
                      store_text(proof->new_hash), store_text(act->actor->id)) &&
           identity_sessions_end(act->tx, act->actor->id, act->actor->session, time_now_ms(),
                                 error) &&
           account_tell(act, act->actor->id, NOTICE_ACCOUNT_PASSWORD, error);
}

bool account_set_password(App *app, const PolicyActor *actor, const char *current,
                          const char *password, const char *code, GError **error)
{
    g_auto(Proof) proof = {.app = app, .password = current, .code = code};
    if (!proof_password(&proof, actor, error))
        return false;
    proof.new_hash = identity_hash_password(app, password, error);
    return proof.new_hash != NULL &&
           act_run(app, actor, VERB_ACCOUNT_OWN, set_password, &proof, NULL, error);
}

static bool begin_factor(Act *act, void *data, GError **error)
{
    Proof *proof = data;
    act_about(act, act->actor->id, NULL);
    act_detail(act, "action", "second_factor_begin");
    return account_allow(act, error) && proof_hold(proof, act, error);
}

bool account_begin_factor(App *app, const PolicyActor *actor, const char *password,
                          const char *code, char **ret_secret, char **ret_uri, GError **error)
{
    g_auto(Proof) proof = {.app = app, .password = password, .code = code};
    if (!proof_password(&proof, actor, error) ||
        !act_run(app, actor, VERB_ACCOUNT_OWN, begin_factor, &proof, NULL, error))
        return false;
    char *secret = totp_secret_new();
    identity_pending_put(identity_of(app), actor->id, secret);
    *ret_uri = totp_uri(secret, actor->login, "Darse");
    *ret_secret = secret;
    return true;
}

static bool confirm_factor(Act *act, void *data, GError **error)
{
    Proof *proof = data;
    act_about(act, act->actor->id, NULL);
    act_detail(act, "action", "second_factor");
    return account_allow(act, error) &&
           factor_store(identity_of(proof->app)->seal, act->tx, act->actor->id, proof->new_secret,
                        proof->new_step, error) &&
           factor_new_recovery(act->tx, act->actor->id, &proof->codes, error) &&
           store_exec(act->tx, error, "UPDATE session SET second_factor = 1 WHERE id = $1",
                      store_text(act->actor->session)) &&
           identity_sessions_end(act->tx, act->actor->id, act->actor->session, time_now_ms(),
                                 error) &&
           account_tell(act, act->actor->id, NOTICE_ACCOUNT_FACTOR, error);
}

/* SECRET: what the person is setting up. */
static bool confirm_pending(App *app, const PolicyActor *actor, const char *secret,
                            const char *code, GStrv *ret_codes, GError **error)
{
    g_auto(Proof) proof = {.app = app, .new_secret = secret, .new_step = -1};
    if (totp_looks_like_code(code) &&
        !totp_match(secret, code, time_now_ms(), -1, &proof.new_step, error))
        return false;
    if (proof.new_step < 0)
        return error_set(error, ERROR_DENIED, "identity.code_refused",
                         "The code does not belong to the new secret; check the clock of your "
                         "device.");
    if (!act_run(app, actor, VERB_ACCOUNT_OWN, confirm_factor, &proof, NULL, error))
        return false;
    identity_pending_drop(identity_of(app), actor->id);
    *ret_codes = g_steal_pointer(&proof.codes);
    return true;
}

bool account_confirm_factor(App *app, const PolicyActor *actor, const char *code, GStrv *ret_codes,
                            GError **error)
{
    char *secret = identity_pending_get(identity_of(app), actor->id);
    if (secret == NULL)
        return error_set(error, ERROR_CONFLICT, "identity.nothing_pending",
                         "No second factor is being set up, or it was too long ago; begin again.");
    bool ok = confirm_pending(app, actor, secret, code, ret_codes, error);
    secret_free(secret);
    return ok;
}

static bool new_recovery(Act *act, void *data, GError **error)
{
    Proof *proof = data;
    act_about(act, act->actor->id, NULL);
    act_detail(act, "action", "recovery_codes");
    if (!proof->credentials.person->has_second_factor)
        return error_set(error, ERROR_CONFLICT, "identity.no_second_factor",
                         "There is no second factor for recovery codes to stand in for; set one up.");
    return account_allow(act, error) && proof_hold(proof, act, error) &&
           factor_new_recovery(act->tx, act->actor->id, &proof->codes, error) &&
           account_tell(act, act->actor->id, NOTICE_ACCOUNT_FACTOR, error);
}

bool account_new_recovery(App *app, const PolicyActor *actor, const char *password,
                          const char *code, GStrv *ret_codes, GError **error)
{
    g_auto(Proof) proof = {.app = app, .password = password, .code = code};
    if (!proof_password(&proof, actor, error) ||
        !act_run(app, actor, VERB_ACCOUNT_OWN, new_recovery, &proof, NULL, error))
        return false;
    *ret_codes = g_steal_pointer(&proof.codes);
    return true;
}

/* ---- tokens ---- */

typedef struct TokenRun {
    const char *name;
    unsigned scopes;
    int64_t expires_ms;
    char *id, *secret;
} TokenRun;

static bool create_token(Act *act, void *data, GError **error)
{
    TokenRun *run = data;
    act_detail(act, "action", "create_token");
    if (!account_allow(act, error) ||
        !token_create(act->tx, act->actor, run->name, run->scopes, time_now_ms(), run->expires_ms,
                      &run->id, &run->secret, error))
        return false;
    g_autofree char *words = policy_format_set(SET_SCOPE, run->scopes);
    act_about(act, run->id, NULL);
    act_detail(act, "scopes", words);
    return true;
}

bool account_create_token(App *app, const PolicyActor *actor, const char *name, unsigned scopes,
                          int64_t expires_ms, char **ret_id, char **ret_secret, GError **error)
{
    TokenRun run = {.name = name, .scopes = scopes, .expires_ms = expires_ms};
    if (act_run(app, actor, VERB_ACCOUNT_OWN, create_token, &run, NULL, error)) {
        *ret_id = run.id;
        *ret_secret = run.secret;
        return true;
    }
    g_free(run.id);
    secret_free(run.secret);
    return false;
}

static bool revoke_token(Act *act, void *data, GError **error)
{
    const char *token = data;
    act_about(act, token, NULL);
    act_detail(act, "action", "revoke_token");
    /* A token may end itself: whoever holds it only loses it. */
    bool itself = act->actor->channel == CHANNEL_TOKEN &&
                  g_strcmp0(act->actor->session, token) == 0;
    bool allowed = itself ? act_allow(act, &(PolicyFacts){.is_owner = true}, error)
                          : account_allow(act, error);
    return allowed &&
           token_revoke(act->tx, act->actor->id, token, time_now_ms(), error);
}

bool account_revoke_token(App *app, const PolicyActor *actor, const char *token, GError **error)
{
    return act_run(app, actor, VERB_ACCOUNT_OWN, revoke_token, (void *)token, NULL, error);
}
