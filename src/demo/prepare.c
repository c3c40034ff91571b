/* SPDX-License-Identifier: Apache-2.0 */
/* The one account that nobody can make through the API: the first officer's. */
#include "demo/load.h"

#include "base/config.h"
#include "base/error.h"
#include "identity/identity.h"
#include "server/serve.h"

#include <string.h>

typedef struct Preparation {
    const DemoAccount *account;
    const char *organisation_name, *organisation_kind;
    const char *password_hash;
    const IdentitySeal *seal;
} Preparation;

static bool prepare_write(StoreTx *tx, void *data, GError **error)
{
    const Preparation *preparation = data;
    const DemoAccount *account = preparation->account;
    g_autoptr(IdentityPerson) person = NULL;
    g_autoptr(GError) absent = NULL;
    if (identity_person_find(tx, account->login, &person, &absent))
        return true;
    if (!error_is(absent, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&absent));
        return false;
    }
    g_autofree char *organisation = NULL;
    g_autofree char *id = NULL;
    if (!identity_organisation_create(tx, preparation->organisation_name,
                                      preparation->organisation_kind, &organisation, error))
        return false;
    g_autofree char *email = g_strdup_printf("%s@darse.example", account->login);
    IdentityNewPerson fresh = {
        .login = account->login, .name = account->name, .email = email,
        .organisation = organisation, .roles = ROLE_OFFICER, .language = "en",
        .password_hash = preparation->password_hash};
    return identity_person_create(tx, &fresh, &id, error) &&
           identity_second_factor_set(preparation->seal, tx, id, NULL, error);
}

bool demo_prepare(const char *state_dir, GError **error)
{
    g_autoptr(Config) config = config_load(state_dir, error);
    if (config == NULL)
        return false;
    g_autoptr(Store) store = serve_store_open(config, 1, error);
    bool yes = false;
    if (store == NULL || !serve_is_demonstration(store, &yes, error))
        return false;
    if (!yes)
        return error_set(error, ERROR_DENIED, "demo.not_one",
                         "%s is not a demonstration; nothing was done.", state_dir);
    g_autoptr(IdentitySeal) seal = identity_seal_open(state_dir, error);
    g_autofree char *hash = seal != NULL ? identity_password_hash(DEMO_PASSWORD, error) : NULL;
    if (hash == NULL)
        return false;
    Preparation preparation = {.account = &demo_accounts[0], .password_hash = hash, .seal = seal};
    for (const DemoOrganisation *o = demo_organisations; o->key != NULL; o++) {
        if (strcmp(o->key, preparation.account->organisation) == 0) {
            preparation.organisation_name = o->name;
            preparation.organisation_kind = o->kind;
        }
    }
    return store_write(store, prepare_write, &preparation, error);
}
