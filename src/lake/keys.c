/* SPDX-License-Identifier: Apache-2.0 */
/* A key holds as long as it is neither revoked nor expired and its person is not disabled; what it
 * may do is decided anew at each request. */
#include "lake/keys.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "identity/identity.h"
#include "lake/rights.h"
#include "texts/texts.h"

#include <string.h>

void lake_key_owner_clear(LakeKeyOwner *owner)
{
    g_clear_pointer(&owner->actor, policy_actor_free);
    g_clear_pointer(&owner->project, g_free);
    g_clear_pointer(&owner->secret, secret_free);
}

static char *key_context(const char *access)
{
    return g_strconcat("lake:", access, NULL);
}

typedef struct KeyRun {
    const char *project;
    const char *access_given;
    char *access, *secret;
    int64_t expires_ms;
} KeyRun;

static bool key_allow(Act *act, const char *project, GError **error)
{
    LakeCaller caller = {.actor = act->actor, .person = act->actor->id};
    PolicyFacts facts;
    if (!lake_facts(act->tx, &caller, project, time_now_ms(), &facts, error))
        return false;
    facts.own_upload = true; /* a key is for one's own uploads at least */
    act_about(act, NULL, project);
    return act_allow(act, &facts, error);
}

static bool key_check_count(StoreTx *tx, const char *person, const char *project, int64_t now_ms,
                            GError **error)
{
    int64_t live = 0;
    if (!store_query_integer(tx, &live, 0, error,
                             "SELECT COUNT(*) FROM lake_key WHERE person = $1 AND project = $2 AND "
                             "revoked_ms IS NULL AND expires_ms > $3",
                             store_text(person), store_text(project), store_integer(now_ms)))
        return false;
    return live < LAKE_KEYS_MAX ||
           error_set(error, ERROR_CONFLICT, "lake.key_count",
                     "You have %d live keys for this project; revoke one first.", LAKE_KEYS_MAX);
}

/* "DARSE" and 15 characters: the shape that S3 clients expect. */
static char *access_new(void)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t bytes[15];
    char *access = g_malloc0(21);
    random_fill(bytes, sizeof bytes);
    memcpy(access, "DARSE", 5);
    for (size_t i = 0; i < sizeof bytes; i++)
        access[5 + i] = alphabet[bytes[i] % 32];
    return access;
}

static bool key_insert(Act *act, void *data, GError **error)
{
    KeyRun *run = data;
    int64_t now_ms = time_now_ms();
    if (!key_allow(act, run->project, error) ||
        !key_check_count(act->tx, act->actor->id, run->project, now_ms, error))
        return false;
    run->expires_ms = now_ms + LAKE_KEY_LIFE_MS;
    g_autofree char *context = key_context(run->access);
    g_autoptr(GBytes) sealed = identity_seal_text(identity_seal(act->app), context, run->secret);
    act_about(act, run->access, NULL);
    act_detail(act, "action", "create");
    return store_exec(act->tx, error,
                      "INSERT INTO lake_key (access_key, secret_sealed, person, project, "
                      "created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6)",
                      store_text(run->access),
                      store_bytes(g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed)),
                      store_text(act->actor->id), store_text(run->project),
                      store_integer(now_ms), store_integer(run->expires_ms));
}

bool lake_key_create(App *app, const PolicyActor *actor, const char *project, char **ret_access,
                     char **ret_secret, int64_t *ret_expires_ms, GError **error)
{
    KeyRun run = {.project = project, .access = access_new(), .secret = random_token(30)};
    if (act_run(app, actor, VERB_LAKE_KEY, key_insert, &run, NULL, error)) {
        *ret_access = run.access;
        *ret_secret = run.secret;
        *ret_expires_ms = run.expires_ms;
        return true;
    }
    g_free(run.access);
    secret_free(run.secret);
    return false;
}

static bool key_revoke(Act *act, void *data, GError **error)
{
    KeyRun *run = data;
    int64_t changed = 0;
    act_about(act, run->access_given, run->project);
    act_detail(act, "action", "revoke");
    /* Giving up one's own key needs no right in the project, which may be gone. */
    if (!policy_enforce(act->actor, VERB_ACCOUNT_OWN, &(PolicyFacts){.is_owner = true}, error) ||
        !store_exec_changed(act->tx, &changed, error,
                            "UPDATE lake_key SET revoked_ms = $1 WHERE access_key = $2 AND "
                            "person = $3 AND project = $4 AND revoked_ms IS NULL",
                            store_integer(time_now_ms()), store_text(run->access_given),
                            store_text(act->actor->id), store_text(run->project)))
        return false;
    return changed == 1 || error_set(error, ERROR_NOT_FOUND, "lake.no_key",
                                     "You have no such live key for this project.");
}

bool lake_key_revoke(App *app, const PolicyActor *actor, const char *project, const char *access,
                     GError **error)
{
    KeyRun run = {.project = project, .access_given = access};
    return act_run(app, actor, VERB_LAKE_KEY, key_revoke, &run, NULL, error);
}

/* ---- who holds a key ---- */

static bool key_refuse(GError **error)
{
    return error_set(error, ERROR_DENIED, "lake.access_key",
                     "The access key is unknown, revoked or expired; make another one on the "
                     "project's page.");
}

static PolicyActor *key_actor(const IdentityPerson *person, const char *access)
{
    PolicyActor *actor = g_new0(PolicyActor, 1);
    actor->id = g_strdup(person->id);
    actor->login = g_strdup(person->login);
    actor->name = g_strdup(person->name);
    actor->organisation = g_strdup(person->organisation);
    actor->roles = person->roles;
    actor->scopes = SCOPE_READ | SCOPE_WORK;
    /* A tier that requires it was asked for it when the key was made. */
    actor->second_factor = true;
    actor->channel = CHANNEL_TOKEN;
    actor->session = g_strdup(access);
    actor->address = g_strdup("");
    actor->request = g_strdup("");
    return actor;
}

bool lake_key_find(const App *app, StoreTx *tx, const char *access, int64_t now_ms,
                   LakeKeyOwner *ret_owner, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error,
                    "SELECT k.secret_sealed, k.person, k.project, " TERMS_DUE_SQL " FROM lake_key k "
                    "JOIN person p ON p.id = k.person WHERE k.access_key = $1 AND k.revoked_ms IS "
                    "NULL AND k.expires_ms > $2",
                    store_text(access), store_integer(now_ms));
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    if (!store_next(rows, &problem)) {
        if (problem == NULL)
            return key_refuse(error);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    g_auto(LakeKeyOwner) owner = {0};
    g_autofree char *context = key_context(access);
    g_autofree char *person_id = g_strdup(store_row_text(rows, 1));
    size_t size = 0;
    const void *sealed = store_row_bytes(rows, 0, &size);
    int64_t terms_due_ms = store_row_integer(rows, 3);
    owner.project = g_strdup(store_row_text(rows, 2));
    owner.secret = identity_unseal_text(identity_seal(app), context, sealed, size, error);
    g_autoptr(IdentityPerson) person = NULL;
    if (owner.secret == NULL || !identity_person_load(tx, person_id, &person, error))
        return false;
    if (person->disabled_ms != 0)
        return key_refuse(error);
    owner.actor = key_actor(person, access);
    owner.actor->terms_overdue = terms_overdue(terms_due_ms, now_ms);
    *ret_owner = owner;
    owner = (LakeKeyOwner){0};
    return true;
}
