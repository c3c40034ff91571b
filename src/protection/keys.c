/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys. A row stays when its key is destroyed: the domain must never get another key by mistake, as the
 * new pseudonyms would look like the old ones and match none of them.
 */
#include "protection/internal.h"

#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/times.h"
#include "identity/identity.h"
#include "projects/projects.h"

#include <string.h>

#define KEY_RANDOM_BYTES 32                    /* 43 characters as text */

void pseudonym_key_free(PseudonymKey *key)
{
    if (key == NULL)
        return;
    g_free(key->id);
    g_free(key->organisation);
    g_free(key->organisation_name);
    g_free(key->project);
    g_free(key->project_title);
    g_free(key->domain);
    g_free(key->created_by);
    g_free(key->destroyed_by);
    g_free(key->reason);
    g_free(key);
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

#define KEY_COLUMNS                                                                                \
    "k.id, k.organisation, o.name, k.project, coalesce(p.title, ''), k.domain, c.name, "           \
    "k.created_ms, coalesce(d.name, ''), k.destroyed_ms, k.reason FROM pseudonym_key k "           \
    "JOIN organisation o ON o.id = k.organisation JOIN person c ON c.id = k.created_by "           \
    "LEFT JOIN project p ON p.id = k.project LEFT JOIN person d ON d.id = k.destroyed_by "

static PseudonymKey *key_of_row(StoreRows *rows)
{
    PseudonymKey *key = g_new0(PseudonymKey, 1);
    char **texts[] = {&key->id, &key->organisation, &key->organisation_name, &key->project,
                      &key->project_title, &key->domain, &key->created_by};
    for (int i = 0; i < (int)G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(store_row_text(rows, i));
    key->created_ms = store_row_integer(rows, 7);
    key->destroyed_by = g_strdup(store_row_text(rows, 8));
    key->destroyed_ms = store_row_integer(rows, 9);
    key->reason = g_strdup(store_row_text(rows, 10));
    return key;
}

static GPtrArray *keys_of_rows(StoreRows *rows, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)pseudonym_key_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(list, key_of_row(rows));
    if (problem == NULL)
        return g_steal_pointer(&list);
    g_propagate_error(error, g_steal_pointer(&problem));
    return NULL;
}

GPtrArray *pseudonym_key_list(StoreTx *tx, const char *organisation, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " KEY_COLUMNS "WHERE k.organisation = $1 OR $1 = '' "
                    "ORDER BY o.name, k.domain, k.project, k.id",
                    store_text(organisation != NULL ? organisation : ""));
    return rows != NULL ? keys_of_rows(rows, error) : NULL;
}

bool pseudonym_key_load(StoreTx *tx, const char *id, PseudonymKey **ret_key, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " KEY_COLUMNS "WHERE k.id = $1", store_text(id));
    g_autoptr(GPtrArray) list = rows != NULL ? keys_of_rows(rows, error) : NULL;
    if (list == NULL)
        return false;
    if (list->len == 0)
        return error_set(error, ERROR_NOT_FOUND, "protection.no_key", "There is no key \"%s\".", id);
    *ret_key = g_ptr_array_steal_index(list, 0);
    return true;
}

/* *RET_KEY NULL: there is none. */
static bool key_find(StoreTx *tx, const char *organisation, const char *project, const char *domain,
                     PseudonymKey **ret_key, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT " KEY_COLUMNS "WHERE k.organisation = $1 AND k.project = $2 AND "
        "k.domain = $3", store_text(organisation), store_text(project), store_text(domain));
    g_autoptr(GPtrArray) list = rows != NULL ? keys_of_rows(rows, error) : NULL;
    if (list == NULL)
        return false;
    *ret_key = list->len > 0 ? g_ptr_array_steal_index(list, 0) : NULL;
    return true;
}

static bool refuse_destroyed(const PseudonymKey *key, GError **error)
{
    g_autofree char *when = time_format(key->destroyed_ms);
    return error_set(error, ERROR_CONFLICT, "protection.key_destroyed",
                     "The key of the domain \"%s\" was destroyed by %s on %.10s (%s). What was made "
                     "under it cannot be made again; name another domain in the recipe.",
                     key->domain, key->destroyed_by, when, key->reason);
}

void pseudonym_key_facts(const PolicyActor *actor, const char *organisation, PolicyFacts *facts)
{
    facts->is_owner = (actor->roles & ROLE_PRODUCER) != 0 &&
                      g_strcmp0(actor->organisation, organisation) == 0;
}

/* ---- making -------------------------------------------------------------------------------------------- */

typedef struct MakeCall {
    App *app;
    const Source *source;
    const char *project, *domain;
    bool missing;
} MakeCall;

static bool missing_in(StoreTx *tx, void *data, GError **error)
{
    MakeCall *call = data;
    g_autoptr(PseudonymKey) key = NULL;
    if (!key_find(tx, call->source->organisation, call->project, call->domain, &key, error))
        return false;
    call->missing = key == NULL;
    return key == NULL || key->destroyed_ms == 0 || refuse_destroyed(key, error);
}

static GBytes *seal_new(const App *app, const char *id)
{
    g_autofree char *context = g_strconcat("pseudonym:", id, NULL);
    char *secret = random_token(KEY_RANDOM_BYTES);
    GBytes *sealed = identity_seal_text(identity_seal(app), context, secret);
    secret_free(secret);
    return sealed;
}

static bool make_in(Act *act, void *data, GError **error)
{
    const MakeCall *call = data;
    PolicyFacts facts = {0};
    g_autofree char *id = id_new("key");
    g_autoptr(GBytes) sealed = seal_new(call->app, id);
    size_t size;
    const void *bytes = g_bytes_get_data(sealed, &size);
    act_about(act, id, *call->project != '\0' ? call->project : NULL);
    act_detail(act, "domain", call->domain);
    act_detail(act, "organisation", call->source->organisation);
    return source_facts_add(act->tx, act->actor, call->source, NULL, NULL, &facts, error) &&
           act_allow(act, &facts, error) &&
           store_exec(act->tx, error,
                      "INSERT INTO pseudonym_key (id, organisation, project, domain, sealed, "
                      "created_by, created_ms, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, '')",
                      store_text(id), store_text(call->source->organisation),
                      store_text(call->project), store_text(call->domain), store_bytes(bytes, size),
                      store_text(act->actor->id), store_integer(time_now_ms()));
}

bool pseudonym_keys_make(App *app, const PolicyActor *actor, const Source *source, const char *project,
                         const GPtrArray *domains, GError **error)
{
    for (guint i = 0; i < domains->len; i++) {
        g_autoptr(GError) problem = NULL;
        MakeCall call = {.app = app, .source = source, .project = project,
                         .domain = g_ptr_array_index(domains, i)};
        if (!store_read(app->store, missing_in, &call, error))
            return false;
        /* A conflict: another steward made it in between. */
        if (call.missing && !act_run(app, actor, VERB_KEY_CREATE, make_in, &call, NULL, &problem) &&
            !error_is(problem, ERROR_CONFLICT)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
    }
    return true;
}

/* ---- using --------------------------------------------------------------------------------------------- */

typedef struct TakeCall {
    App *app;
    const char *organisation, *project;
    const GPtrArray *domains;
    json_t *secrets, *used;
} TakeCall;

static bool unseal(const TakeCall *call, StoreTx *tx, const PseudonymKey *key, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(tx, error, "SELECT sealed FROM pseudonym_key WHERE id = $1",
                                            store_text(key->id));
    if (rows == NULL || !store_next(rows, error))
        return false;
    size_t size = 0;
    const void *sealed = store_row_bytes(rows, 0, &size);
    g_autofree char *context = g_strconcat("pseudonym:", key->id, NULL);
    char *secret = identity_unseal_text(identity_seal(call->app), context, sealed, size, error);
    if (secret == NULL)
        return false;
    json_object_set_new(call->secrets, key->domain, json_string(secret));
    json_array_append_new(call->used, json_pack("{s:s, s:s}", "domain", key->domain, "key", key->id));
    secret_free(secret);
    return true;
}

static bool take_in(StoreTx *tx, void *data, GError **error)
{
    const TakeCall *call = data;
    for (guint i = 0; i < call->domains->len; i++) {
        const char *domain = g_ptr_array_index(call->domains, i);
        g_autoptr(PseudonymKey) key = NULL;
        if (!key_find(tx, call->organisation, call->project, domain, &key, error))
            return false;
        if (key == NULL)
            return error_set(error, ERROR_CONFLICT, "protection.no_key",
                             "The domain \"%s\" has no key.", domain);
        if (key->destroyed_ms != 0)
            return refuse_destroyed(key, error);
        if (!unseal(call, tx, key, error))
            return false;
    }
    return true;
}

bool pseudonym_keys_take(App *app, const char *organisation, const char *project,
                         const GPtrArray *domains, json_t **ret_secrets, json_t **ret_used,
                         GError **error)
{
    TakeCall call = {app, organisation, project, domains, json_object(), json_array()};
    if (store_read(app->store, take_in, &call, error)) {
        *ret_secrets = call.secrets;
        *ret_used = call.used;
        return true;
    }
    pseudonym_keys_wipe(call.secrets);
    json_decref(call.used);
    return false;
}

void pseudonym_keys_wipe(json_t *secrets)
{
    const char *domain;
    json_t *value;
    json_object_foreach (secrets, domain, value)
        explicit_bzero((char *)json_string_value(value), json_string_length(value));
    json_decref(secrets);
}

/* ---- destroying ---------------------------------------------------------------------------------------- */

typedef struct DestroyCall {
    App *app;
    const char *id, *reason, *code;
} DestroyCall;

static bool destroy_in(Act *act, void *data, GError **error)
{
    const DestroyCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(PseudonymKey) key = NULL;
    act_about(act, call->id, NULL);
    if (!pseudonym_key_load(act->tx, call->id, &key, error))
        return false;
    pseudonym_key_facts(act->actor, key->organisation, &facts);
    act_about(act, key->id, *key->project != '\0' ? key->project : NULL);
    act_detail(act, "domain", key->domain);
    act_detail(act, "organisation", key->organisation);
    act_detail(act, "reason", call->reason);
    if (!act_allow(act, &facts, error))
        return false;
    if (key->destroyed_ms != 0)
        return refuse_destroyed(key, error);
    return identity_verify_code(call->app, act->tx, act->actor->id, call->code, error) &&
           store_exec(act->tx, error,
                      "UPDATE pseudonym_key SET sealed = NULL, destroyed_by = $1, destroyed_ms = $2, "
                      "reason = $3 WHERE id = $4 AND destroyed_ms IS NULL",
                      store_text(act->actor->id), store_integer(time_now_ms()),
                      store_text(call->reason), store_text(key->id));
}

bool pseudonym_key_destroy(App *app, const PolicyActor *actor, const char *id, const char *reason,
                           const char *code, GError **error)
{
    DestroyCall call = {app, id, reason, code};
    return act_run(app, actor, VERB_KEY_DESTROY, destroy_in, &call, NULL, error);
}
