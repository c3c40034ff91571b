/* SPDX-License-Identifier: Apache-2.0 */
/* What decides about a page of applications for one actor, read at once, in the snapshot of the page
 * itself: nothing of it outlives the request. */
#include "accreditation/internal.h"

#include <string.h>

struct ApplicationSight {
    const PolicyActor *actor;
    GHashTable *facts;             /* project -> PolicyFacts */
    GHashTable *stewarded;         /* ids of the actor's sources */
};

void application_sight_free(ApplicationSight *sight)
{
    if (sight == NULL)
        return;
    g_clear_pointer(&sight->facts, g_hash_table_unref);
    g_clear_pointer(&sight->stewarded, g_hash_table_unref);
    g_free(sight);
}

GPtrArray *application_projects(const GPtrArray *applications)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *ids = g_ptr_array_new();
    for (guint i = 0; i < applications->len; i++) {
        const Application *a = g_ptr_array_index(applications, i);
        if (g_hash_table_add(seen, a->project))
            g_ptr_array_add(ids, a->project);
    }
    return ids;
}

ApplicationSight *application_sight(StoreTx *tx, const PolicyActor *actor,
                                    const GPtrArray *applications, int64_t now_ms, GError **error)
{
    g_autoptr(ApplicationSight) sight = g_new0(ApplicationSight, 1);
    g_autoptr(GPtrArray) ids = application_projects(applications);
    g_autoptr(GHashTable) projects = project_load_many(tx, ids, error);
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    GHashTableIter iterator;
    void *project = NULL;
    if (projects == NULL)
        return NULL;
    g_hash_table_iter_init(&iterator, projects);
    while (g_hash_table_iter_next(&iterator, NULL, &project))
        g_ptr_array_add(rows, project);
    sight->actor = actor;
    sight->facts = project_facts_many(tx, actor, rows, now_ms, error);
    if (sight->facts == NULL)
        return NULL;
    sight->stewarded = source_stewarded(tx, actor->id, error);
    return sight->stewarded != NULL ? g_steal_pointer(&sight) : NULL;
}

PolicyFacts application_sight_facts(const ApplicationSight *sight, const Application *a)
{
    PolicyFacts facts = *(const PolicyFacts *)g_hash_table_lookup(sight->facts, a->project);
    for (guint i = 0; i < a->datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(a->datasets, i);
        facts.is_steward = facts.is_steward ||
                           g_hash_table_contains(sight->stewarded, dataset->source);
    }
    for (guint i = 0; i < a->persons->len; i++) {
        const ApplicationPerson *person = g_ptr_array_index(a->persons, i);
        facts.is_concerned = facts.is_concerned || strcmp(person->id, sight->actor->id) == 0;
    }
    return facts;
}

bool application_facts(StoreTx *tx, const PolicyActor *actor, const Application *a, int64_t now_ms,
                       PolicyFacts *ret_facts, GError **error)
{
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    g_ptr_array_add(one, (void *)a);
    g_autoptr(ApplicationSight) sight = application_sight(tx, actor, one, now_ms, error);
    if (sight == NULL)
        return false;
    *ret_facts = application_sight_facts(sight, a);
    return true;
}

bool application_need_is_mine(const ApplicationSight *sight, const PolicyFacts *facts,
                              const ApplicationNeed *need)
{
    const PolicyActor *actor = sight->actor;
    switch (need->term) {
    case TERM_STEWARD_AGREEMENT:
        return g_hash_table_contains(sight->stewarded, need->dataset->source);
    case TERM_COMMITTEE_OPINION:
        return (actor->roles & ROLE_COMMITTEE) != 0 && facts->project_roles == 0 &&
               !facts->was_member;
    case TERM_NEED_TO_KNOW:
        return (facts->project_roles & PROJECT_LEAD) != 0;
    case TERM_UNDERTAKING:
        return strcmp(need->person->id, actor->id) == 0;
    default:
        /* A draft waits for nobody in particular; one that was sent back, for its author. */
        return need->applicant != NULL && strcmp(need->applicant, actor->id) == 0;
    }
}
