/* SPDX-License-Identifier: Apache-2.0 */
/* Rights to a running service. */
#include "services/rights.h"

#include "accreditation/accreditation.h"
#include "base/error.h"
#include "identity/identity.h"
#include "projects/projects.h"

#include <string.h>

bool rights_load_facts(StoreTx *tx, const PolicyActor *actor, const char *project,
                       const char *person, int64_t now_ms, PolicyFacts *ret_facts,
                       GError **error)
{
    PolicyFacts facts = {0};
    bool files = false, home = false;
    g_autofree char *files_volume = volume_files(project);
    g_autofree char *home_volume = volume_home(project, person);
    if (!project_facts_load(tx, actor, project, now_ms, &facts, error) ||
        !accreditation_label_held(tx, files_volume, person, now_ms, &files, error) ||
        !accreditation_label_held(tx, home_volume, person, now_ms, &home, error))
        return false;
    facts.label_held = files && home;
    facts.is_owner = strcmp(actor->id, person) == 0;
    *ret_facts = facts;
    return true;
}

static bool rights_add_if_usable(StoreTx *tx, const PolicyActor *actor, const char *project,
                                 const PolicyFacts *project_facts, const char *dataset,
                                 const char *level, int64_t now_ms, GPtrArray *into,
                                 GError **error)
{
    PolicyFacts facts = *project_facts;
    if (!policy_value(SET_LEVEL, level, &facts.level))
        return error_set(error, ERROR_INTERNAL, "services.level", "Unknown level %s", level);
    if (!accreditation_holds(tx, project, dataset, actor->id, now_ms, &facts.accredited, error))
        return false;
    if (policy_decide(actor, VERB_DATASET_USE, &facts).allowed)
        g_ptr_array_add(into, g_strdup(dataset));
    return true;
}

GPtrArray *rights_mountable(StoreTx *tx, const PolicyActor *actor, const char *project,
                            const PolicyFacts *project_facts, int64_t now_ms, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT id, level FROM dataset WHERE state = 'published' AND id IN ("
        "SELECT ad.dataset FROM application a JOIN application_dataset ad ON "
        "ad.application = a.id WHERE a.project = $1 UNION "
        "SELECT dataset FROM accreditation_fact WHERE project = $1 AND dataset IS NOT NULL) "
        "ORDER BY id", store_text(project));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) levels = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        g_ptr_array_add(ids, g_strdup(store_row_text(rows, 0)));
        g_ptr_array_add(levels, g_strdup(store_row_text(rows, 1)));
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    g_autoptr(GPtrArray) usable = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < ids->len; i++) {
        if (!rights_add_if_usable(tx, actor, project, project_facts, g_ptr_array_index(ids, i),
                                  g_ptr_array_index(levels, i), now_ms, usable, error))
            return NULL;
    }
    return g_steal_pointer(&usable);
}

bool rights_person_actor(StoreTx *tx, const char *person, PolicyActor **ret_actor,
                         GError **error)
{
    g_autoptr(IdentityPerson) row = NULL;
    if (!identity_person_load(tx, person, &row, error))
        return false;
    PolicyActor *actor = g_new0(PolicyActor, 1);
    actor->id = g_strdup(row->id);
    actor->login = g_strdup(row->login);
    actor->name = g_strdup(row->name);
    actor->organisation = g_strdup(row->organisation);
    actor->roles = row->roles;
    /* A disabled person has no scope left: every decision is a denial. */
    actor->scopes = row->disabled_ms == 0 ? SCOPE_ALL : 0;
    actor->second_factor = true; /* shown when the service was opened or launched */
    actor->channel = CHANNEL_SESSION;
    actor->session = g_strdup("");
    actor->address = g_strdup("");
    actor->request = g_strdup("");
    *ret_actor = actor;
    return true;
}

bool rights_decide_open(StoreTx *tx, const Service *service, const PolicyActor *actor,
                        int64_t now_ms, PolicyDecision *ret_decision, GError **error)
{
    PolicyFacts facts = {0};
    if (!rights_load_facts(tx, actor, service->project, service->person, now_ms, &facts, error))
        return false;
    *ret_decision = policy_decide(actor, VERB_SERVICE_OPEN, &facts);
    return true;
}
