/* SPDX-License-Identifier: Apache-2.0 */
/* Persons and organisations are made and changed by an officer, through the API or on the
 * machine. */
#include "identity/manage.h"

#include "base/ids.h"
#include "base/times.h"
#include "identity/account.h"
#include "identity/factor.h"

#include <string.h>

bool person_resolve(StoreTx *tx, const char *person, IdentityPerson **ret_person, GError **error)
{
    return id_check("per", person) ? identity_person_load(tx, person, ret_person, error)
                                   : identity_person_find(tx, person, ret_person, error);
}

/* Roles and accounts carry rights: whoever watches "rights" looks again at once. */
static void notify_person(Act *act, const char *person)
{
    g_autofree char *topic = g_strconcat("person:", person, NULL);
    act_notify(act, topic);
    act_notify(act, "rights");
}

typedef struct Management {
    const IdentityNewPerson *new_person;
    const char *person;
    const PersonChange *change;
    const char *name, *kind;
    IdentityPerson *ret_person;
    const char *organisation;
    char *ret_id;
} Management;

static bool create_person(Act *act, void *data, GError **error)
{
    Management *run = data;
    if (!act_allow(act, &(PolicyFacts){0}, error) ||
        !identity_person_create(act->tx, run->new_person, &run->ret_id, error) ||
        !identity_person_load(act->tx, run->ret_id, &run->ret_person, error))
        return false;
    g_autofree char *roles = policy_format_set(SET_ROLE, run->new_person->roles);
    act_about(act, run->ret_id, NULL);
    act_detail(act, "action", "create");
    act_detail(act, "login", run->new_person->login);
    act_detail(act, "roles", roles);
    return true;
}

bool manage_create_person(App *app, const PolicyActor *actor, const IdentityNewPerson *person,
                          IdentityPerson **ret_person, GError **error)
{
    Management run = {.new_person = person};
    bool ok = act_run(app, actor, VERB_PERSON_MANAGE, create_person, &run, NULL, error);
    if (ok)
        *ret_person = g_steal_pointer(&run.ret_person);
    identity_person_free(run.ret_person);
    g_free(run.ret_id);
    return ok;
}

static bool change_person(Act *act, void *data, GError **error)
{
    Management *run = data;
    const PersonChange *change = run->change;
    g_autoptr(IdentityPerson) person = NULL;
    if (!act_allow(act, &(PolicyFacts){0}, error) ||
        !person_resolve(act->tx, run->person, &person, error) ||
        !person_change(act->tx, person, change, time_now_ms(), error) ||
        !identity_person_load(act->tx, person->id, &run->ret_person, error))
        return false;
    act_about(act, person->id, NULL);
    act_detail(act, "action", "change");
    if (change->set_roles) {
        g_autofree char *roles = policy_format_set(SET_ROLE, change->roles);
        act_detail(act, "roles", roles);
    }
    if (change->set_disabled)
        act_detail(act, "disabled", change->disabled ? "true" : "false");
    notify_person(act, person->id);
    return (!change->set_roles && !change->set_disabled) ||
           account_tell(act, person->id, NOTICE_ACCOUNT_ROLES, error);
}

bool manage_change_person(App *app, const PolicyActor *actor, const char *person,
                          const PersonChange *change, IdentityPerson **ret_person, GError **error)
{
    Management run = {.person = person, .change = change};
    bool ok = act_run(app, actor, VERB_PERSON_MANAGE, change_person, &run, NULL, error);
    if (ok)
        *ret_person = g_steal_pointer(&run.ret_person);
    identity_person_free(run.ret_person);
    return ok;
}

static bool reset_factor(Act *act, void *data, GError **error)
{
    Management *run = data;
    g_autoptr(IdentityPerson) person = NULL;
    if (!act_allow(act, &(PolicyFacts){0}, error) ||
        !person_resolve(act->tx, run->person, &person, error) ||
        !factor_reset(act->tx, person->id, error) ||
        !identity_sessions_end(act->tx, person->id, NULL, time_now_ms(), error))
        return false;
    act_about(act, person->id, NULL);
    act_detail(act, "action", "reset_second_factor");
    notify_person(act, person->id);
    return account_tell(act, person->id, NOTICE_ACCOUNT_FACTOR, error);
}

bool manage_reset_factor(App *app, const PolicyActor *actor, const char *person, GError **error)
{
    Management run = {.person = person};
    return act_run(app, actor, VERB_PERSON_MANAGE, reset_factor, &run, NULL, error);
}

static bool create_organisation(Act *act, void *data, GError **error)
{
    Management *run = data;
    if (!act_allow(act, &(PolicyFacts){0}, error) ||
        !identity_organisation_create(act->tx, run->name, run->kind, &run->ret_id, error))
        return false;
    act_about(act, run->ret_id, NULL);
    act_detail(act, "name", run->name);
    return true;
}

bool manage_create_organisation(App *app, const PolicyActor *actor, const char *name,
                                const char *kind, char **ret_id, GError **error)
{
    Management run = {.name = name, .kind = kind};
    bool ok =
        act_run(app, actor, VERB_ORGANISATION_MANAGE, create_organisation, &run, NULL, error);
    if (ok)
        *ret_id = g_steal_pointer(&run.ret_id);
    g_free(run.ret_id);
    return ok;
}

static bool change_organisation(Act *act, void *data, GError **error)
{
    Management *run = data;
    act_about(act, run->organisation, NULL);
    if (run->name != NULL)
        act_detail(act, "name", run->name);
    if (run->kind != NULL)
        act_detail(act, "kind", run->kind);
    return act_allow(act, &(PolicyFacts){0}, error) &&
           organisation_update(act->tx, run->organisation, run->name, run->kind, error);
}

bool manage_change_organisation(App *app, const PolicyActor *actor, const char *organisation,
                                const char *name, const char *kind, GError **error)
{
    Management run = {.organisation = organisation, .name = name, .kind = kind};
    return act_run(app, actor, VERB_ORGANISATION_MANAGE, change_organisation, &run, NULL, error);
}
