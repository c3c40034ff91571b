/* SPDX-License-Identifier: Apache-2.0 */
/* Projects, leads and facts for a whole page of a list: one query each, however long the page. */
#include "projects/internal.h"

#include "base/error.h"

static bool take_project(StoreRows *rows, void *data, GError **error)
{
    Project *project = project_of_row(rows, error);
    if (project != NULL)
        g_hash_table_replace(data, project->id, project);
    return project != NULL;
}

GHashTable *project_load_many(StoreTx *tx, const GPtrArray *ids, GError **error)
{
    g_autoptr(GHashTable) projects =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)project_free);
    if (!store_query_keys(tx, ids, take_project, projects, error,
                          "SELECT " PROJECT_COLUMNS "WHERE p.id IN ($keys)"))
        return NULL;
    return g_steal_pointer(&projects);
}

/* The project stands after the columns of a member. */
static bool take_member(StoreRows *rows, void *data, GError **error)
{
    enum { COLUMN_PROJECT = 6 };
    ProjectMember *member = project_member_of_row(rows, error);
    if (member == NULL)
        return false;
    g_ptr_array_add(g_hash_table_lookup(data, store_row_text(rows, COLUMN_PROJECT)), member);
    return true;
}

GHashTable *project_leads_many(StoreTx *tx, const GPtrArray *projects, GError **error)
{
    g_autoptr(GHashTable) leads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                          (GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < projects->len; i++)
        g_hash_table_insert(leads, g_strdup(g_ptr_array_index(projects, i)),
                            g_ptr_array_new_with_free_func((GDestroyNotify)project_member_free));
    if (!store_query_keys(tx, projects, take_member, leads, error,
                          "SELECT m.person, p.login, p.name, m.roles, m.starts_ms, m.ends_ms, "
                          "m.project FROM project_member m JOIN person p ON p.id = m.person "
                          "WHERE m.project IN ($keys) AND m.removed_ms IS NULL AND ' ' || m.roles "
                          "|| ' ' LIKE '% lead %' ORDER BY p.login"))
        return NULL;
    return g_steal_pointer(&leads);
}

/* ---- facts ---- */

typedef struct Membership {
    GHashTable *facts;
    int64_t now_ms;
} Membership;

/* A row of project_member, whatever its dates: the past and the future forbid to decide, the present
 * alone gives roles. */
static bool take_membership(StoreRows *rows, void *data, GError **error)
{
    const Membership *membership = data;
    PolicyFacts *facts = g_hash_table_lookup(membership->facts, store_row_text(rows, 0));
    bool live = store_row_is_null(rows, 2) && store_row_integer(rows, 3) <= membership->now_ms &&
                store_row_integer(rows, 4) > membership->now_ms;
    facts->was_member = true;
    if (live && !policy_parse_set(SET_PROJECT_ROLE, store_row_text(rows, 1), &facts->project_roles))
        return error_set(error, ERROR_INTERNAL, "projects.word", "Unknown role of a member");
    return true;
}

GHashTable *project_facts_many(StoreTx *tx, const PolicyActor *actor, const GPtrArray *projects,
                               int64_t now_ms, GError **error)
{
    g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; i < projects->len; i++) {
        const Project *project = g_ptr_array_index(projects, i);
        PolicyFacts *facts = g_new0(PolicyFacts, 1);
        *facts = (PolicyFacts){
            .has_project = true,
            .tier = project->tier,
            .state = project_state_at(project, now_ms),
            .route = project->route,
            .purpose = project->purpose,
            .encrypted = project->encrypted,
        };
        g_hash_table_insert(all, g_strdup(project->id), facts);
        g_ptr_array_add(ids, project->id);
    }
    Membership membership = {.facts = all, .now_ms = now_ms};
    if (actor != NULL &&
        !store_query_keys(tx, ids, take_membership, &membership, error,
                          "SELECT project, roles, removed_ms, starts_ms, ends_ms FROM "
                          "project_member WHERE person = $1 AND project IN ($keys)",
                          store_text(actor->id)))
        return NULL;
    return g_steal_pointer(&all);
}
