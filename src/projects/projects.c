/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of projects and members, and the facts that policy needs of them. A member is never erased:
 * a removal is a date, and joining again starts the row anew.
 */
#include "projects/projects.h"

#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "projects/internal.h"

#include <string.h>

void project_free(Project *project)
{
    if (project == NULL)
        return;
    g_free(project->id);
    g_free(project->slug);
    g_free(project->title);
    g_free(project->summary);
    g_free(project->organisation);
    g_free(project->organisation_name);
    g_free(project->legal_basis);
    g_free(project->state_reason);
    g_free(project);
}

void project_member_free(ProjectMember *member)
{
    if (member == NULL)
        return;
    g_free(member->person);
    g_free(member->login);
    g_free(member->name);
    g_free(member);
}

static bool row_word(PolicySet set, const char *word, unsigned *ret_value, GError **error)
{
    if (policy_value(set, word, ret_value))
        return true;
    return error_set(error, ERROR_INTERNAL, "projects.word", "Unknown word \"%s\" in a project row",
                     word);
}

Project *project_of_row(StoreRows *rows, GError **error)
{
    g_autoptr(Project) project = g_new0(Project, 1);
    unsigned tier = 0;
    project->id = g_strdup(store_row_text(rows, 0));
    project->slug = g_strdup(store_row_text(rows, 1));
    project->title = g_strdup(store_row_text(rows, 2));
    project->summary = g_strdup(store_row_text(rows, 3));
    project->organisation = g_strdup(store_row_text(rows, 4));
    project->organisation_name = g_strdup(store_row_text(rows, 5));
    project->legal_basis = g_strdup(store_row_text(rows, 6));
    project->state_reason = g_strdup(store_row_text(rows, 7));
    if (!row_word(SET_ROUTE, store_row_text(rows, 8), &project->route, error) ||
        !row_word(SET_PURPOSE, store_row_text(rows, 9), &project->purpose, error) ||
        !row_word(SET_TIER, store_row_text(rows, 10), &tier, error) ||
        !row_word(SET_STATE, store_row_text(rows, 11), &project->state, error))
        return NULL;
    project->tier = (PolicyTier)tier;
    project->id_base = store_row_integer(rows, 12);
    project->encrypted = store_row_integer(rows, 13) != 0;
    project->bucket_quota_bytes = store_row_integer(rows, 14);
    project->starts_ms = store_row_integer(rows, 15);
    project->ends_ms = store_row_integer(rows, 16);
    project->created_ms = store_row_integer(rows, 17);
    return g_steal_pointer(&project);
}

bool project_was_member(StoreTx *tx, const char *project, const char *person, bool *ret_was,
                        GError **error)
{
    int64_t rows = 0;
    if (!store_query_integer(tx, &rows, 0, error,
                             "SELECT count(*) FROM project_member WHERE project = $1 AND "
                             "person = $2", store_text(project), store_text(person)))
        return false;
    *ret_was = rows > 0;
    return true;
}

static bool project_of_query(StoreRows *rows, const char *what, Project **ret_project,
                             GError **error)
{
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    if (!store_next(rows, &problem)) {
        if (problem != NULL) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        return project_refuse_unknown(what, error);
    }
    Project *project = project_of_row(rows, error);
    if (project == NULL)
        return false;
    *ret_project = project;
    return true;
}

bool project_refuse_unknown(const char *what, GError **error)
{
    return error_set(error, ERROR_NOT_FOUND, "projects.no_project",
                     "There is no project \"%s\", or it is not yours to see.", what);
}

bool project_load(StoreTx *tx, const char *id, Project **ret_project, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " PROJECT_COLUMNS "WHERE p.id = $1", store_text(id));
    return project_of_query(rows, id, ret_project, error);
}

bool project_find(StoreTx *tx, const char *slug, Project **ret_project, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " PROJECT_COLUMNS "WHERE p.slug = $1", store_text(slug));
    return project_of_query(rows, slug, ret_project, error);
}

unsigned project_state_at(const Project *project, int64_t now_ms)
{
    if (project->state != STATE_OPEN)
        return project->state;
    if (now_ms < project->starts_ms)
        return STATE_PLANNED;
    return now_ms < project->ends_ms ? STATE_OPEN : STATE_FROZEN;
}

bool project_member_live(StoreTx *tx, const char *project, const char *person, int64_t now_ms,
                         unsigned *ret_roles, int64_t *ret_ends_ms, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT roles, ends_ms FROM project_member WHERE project = $1 AND person = $2 "
        "AND removed_ms IS NULL AND starts_ms <= $3 AND ends_ms > $3",
        store_text(project), store_text(person), store_integer(now_ms));
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    unsigned roles = 0;
    int64_t ends_ms = 0;
    if (store_next(rows, &problem)) {
        ends_ms = store_row_integer(rows, 1);
        if (!policy_parse_set(SET_PROJECT_ROLE, store_row_text(rows, 0), &roles))
            return error_set(error, ERROR_INTERNAL, "projects.word", "Unknown role of a member");
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *ret_roles = roles;
    *ret_ends_ms = ends_ms;
    return true;
}

bool project_facts_of(StoreTx *tx, const PolicyActor *actor, const Project *project,
                      int64_t now_ms, PolicyFacts *ret_facts, GError **error)
{
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    g_ptr_array_add(one, (void *)project);
    g_autoptr(GHashTable) facts = project_facts_many(tx, actor, one, now_ms, error);
    if (facts == NULL)
        return false;
    *ret_facts = *(const PolicyFacts *)g_hash_table_lookup(facts, project->id);
    return true;
}

bool project_facts_load(StoreTx *tx, const PolicyActor *actor, const char *project,
                        int64_t now_ms, PolicyFacts *ret_facts, GError **error)
{
    g_autoptr(Project) row = NULL;
    return project_load(tx, project, &row, error) &&
           project_facts_of(tx, actor, row, now_ms, ret_facts, error);
}

bool project_facts_visible(StoreTx *tx, const PolicyActor *actor, const char *project,
                           int64_t now_ms, PolicyFacts *ret_facts, GError **error)
{
    PolicyFacts facts = {0};
    if (!project_facts_load(tx, actor, project, now_ms, &facts, error))
        return false;
    /* A token without the scope, or a person who has yet to accept the terms, is told so by whoever
     * decides next: here only whose project it is counts. Asked of the token itself, the scope would be missed first and hide that the person
     * has no part in the project. */
    PolicyActor whole = *actor;
    whole.scopes = actor->scopes != 0 ? SCOPE_ALL : 0;
    whole.terms_overdue = false;
    if (!policy_decide(&whole, VERB_PROJECT_VIEW, &facts).allowed)
        return project_refuse_unknown(project, error);
    *ret_facts = facts;
    return true;
}

/* ---- lists --------------------------------------------------------------------------------- */

static bool rows_end(GError **problem, GError **error)
{
    if (*problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(problem));
    return false;
}

GPtrArray *project_list(StoreTx *tx, const PolicyActor *actor, int64_t now_ms, const char *after,
                        int64_t limit, GError **error)
{
    /* The same rule as policy's, as a join: whether a role of the platform sees all of them is
     * asked of policy itself. */
    static const PolicyFacts outside = {.has_project = true};
    static const char every[] =
        "SELECT " PROJECT_COLUMNS "WHERE p.id > $1 ORDER BY p.id LIMIT $2";
    static const char own[] =
        "SELECT " PROJECT_COLUMNS "WHERE p.id > $1 AND p.id IN (SELECT m.project FROM "
        "project_member m WHERE m.person = $3 AND m.removed_ms IS NULL AND m.starts_ms <= $4 AND "
        "m.ends_ms > $4) ORDER BY p.id LIMIT $2";
    bool all = policy_decide(actor, VERB_PROJECT_VIEW, &outside).allowed;
    g_autoptr(StoreRows) rows =
        all ? store_query(tx, error, every, store_text(after), store_integer(limit))
            : store_query(tx, error, own, store_text(after), store_integer(limit),
                          store_text(actor->id), store_integer(now_ms));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)project_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        Project *project = project_of_row(rows, error);
        if (project == NULL)
            return NULL;
        g_ptr_array_add(list, project);
    }
    return rows_end(&problem, error) ? g_steal_pointer(&list) : NULL;
}

ProjectMember *project_member_of_row(StoreRows *rows, GError **error)
{
    g_autoptr(ProjectMember) member = g_new0(ProjectMember, 1);
    member->person = g_strdup(store_row_text(rows, 0));
    member->login = g_strdup(store_row_text(rows, 1));
    member->name = g_strdup(store_row_text(rows, 2));
    if (!policy_parse_set(SET_PROJECT_ROLE, store_row_text(rows, 3), &member->roles)) {
        error_set(error, ERROR_INTERNAL, "projects.word", "Unknown role of a member");
        return NULL;
    }
    member->starts_ms = store_row_integer(rows, 4);
    member->ends_ms = store_row_integer(rows, 5);
    return g_steal_pointer(&member);
}

GPtrArray *project_members(StoreTx *tx, const char *project, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT " MEMBER_COLUMNS "WHERE m.project = $1 AND m.removed_ms IS NULL ORDER BY p.login", store_text(project));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)project_member_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        ProjectMember *member = project_member_of_row(rows, error);
        if (member == NULL)
            return NULL;
        g_ptr_array_add(list, member);
    }
    return rows_end(&problem, error) ? g_steal_pointer(&list) : NULL;
}

/* ---- changing rows ------------------------------------------------------------------------- */

/* Also the name of the project's bucket: lower-case letters, digits, hyphens inside. */
static bool project_check_slug(const char *slug, GError **error)
{
    size_t length = strlen(slug);
    bool ok = length >= 3 && length <= 63 && slug[0] != '-' && slug[length - 1] != '-' &&
              strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
              !g_str_has_prefix(slug, "xn--") && !g_str_has_suffix(slug, "-s3alias");
    if (ok)
        return true;
    return error_set(error, ERROR_INVALID, "projects.slug",
                     "The short name \"%s\" cannot name a bucket: use 3 to 63 lower-case letters, "
                     "digits and hyphens, no hyphen at either end.", slug);
}

bool project_check_dates(int64_t starts_ms, int64_t ends_ms, GError **error)
{
    if (ends_ms > starts_ms && ends_ms - starts_ms <= PROJECT_LONGEST_MS)
        return true;
    return error_set(error, ERROR_INVALID, "projects.dates",
                     "The end must come after the start, at most 30 years later.");
}

/* The next free range: one above the highest ever given, so that a range is never given twice, not
 * even after its project is gone. Safe without a lock: the store has a single writer. */
static bool project_next_base(StoreTx *tx, int64_t range_start, int64_t *ret_base, GError **error)
{
    int64_t highest = 0;
    if (!store_query_integer(tx, &highest, 0, error,
                             "SELECT coalesce(max(id_base), 0) FROM project"))
        return false;
    *ret_base = highest == 0 ? range_start : MAX(highest + PROJECT_ID_RANGE, range_start);
    if (*ret_base > PROJECT_ID_LAST)
        return error_set(error, ERROR_QUOTA, "projects.no_ids",
                         "No range of user ids is left on this machine for one more project.");
    return true;
}

bool project_insert(StoreTx *tx, const ProjectNew *given, const char *id, const char *created_by,
                    int64_t id_range_start, int64_t quota_bytes, bool encrypted, int64_t now_ms,
                    GError **error)
{
    int64_t base = 0, taken = 0, organisations = 0;
    if (!project_check_slug(given->slug, error) ||
        !project_check_dates(given->starts_ms, given->ends_ms, error) ||
        !store_query_integer(tx, &taken, 0, error, "SELECT count(*) FROM project WHERE slug = $1",
                             store_text(given->slug)) ||
        !store_query_integer(tx, &organisations, 0, error,
                             "SELECT count(*) FROM organisation WHERE id = $1",
                             store_text(given->organisation)) ||
        !project_next_base(tx, id_range_start, &base, error))
        return false;
    if (taken > 0)
        return error_set(error, ERROR_CONFLICT, "projects.slug_taken",
                         "A project named \"%s\" exists already; choose another short name.",
                         given->slug);
    if (organisations == 0)
        return error_set(error, ERROR_INVALID, "projects.no_organisation",
                         "There is no organisation \"%s\".", given->organisation);
    return store_exec(
        tx, error,
        "INSERT INTO project (id, slug, title, summary, organisation, route, purpose, legal_basis, "
        "tier, state, state_reason, id_base, encrypted, bucket_quota_bytes, starts_ms, ends_ms, "
        "created_by, created_ms, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', "
        "$11, $12, $13, $14, $15, $16, $17, 1)",
        store_text(id), store_text(given->slug), store_text(given->title),
        store_text(given->summary), store_text(given->organisation),
        store_text(policy_name(SET_ROUTE, given->route)),
        store_text(policy_name(SET_PURPOSE, given->purpose)), store_text(given->legal_basis),
        store_text(policy_name(SET_TIER, given->tier)),
        store_text(policy_name(SET_STATE, STATE_PLANNED)), store_integer(base),
        store_integer(encrypted), store_integer(quota_bytes), store_integer(given->starts_ms),
        store_integer(given->ends_ms), store_text(created_by), store_integer(now_ms));
}

bool project_member_put(StoreTx *tx, const Project *project, const char *person, unsigned roles,
                        int64_t starts_ms, int64_t ends_ms, const char *added_by, int64_t now_ms,
                        GError **error)
{
    if (roles == 0)
        return error_set(error, ERROR_INVALID, "projects.no_role",
                         "A member needs at least one role: lead, scientist or business.");
    if (ends_ms <= starts_ms)
        return error_set(error, ERROR_INVALID, "projects.dates",
                         "The membership must end after it starts.");
    if (ends_ms > project->ends_ms)
        return error_set(error, ERROR_INVALID, "projects.member_outlives",
                         "The membership cannot last longer than the project.");
    g_autofree char *words = policy_format_set(SET_PROJECT_ROLE, roles);
    return store_exec(
               tx, error,
               "INSERT INTO project_member (project, person, roles, starts_ms, ends_ms, added_by, "
               "added_ms, removed_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL) "
               "ON CONFLICT (project, person) DO UPDATE SET roles = excluded.roles, "
               "starts_ms = excluded.starts_ms, ends_ms = excluded.ends_ms, "
               "added_by = excluded.added_by, added_ms = excluded.added_ms, removed_ms = NULL",
               store_text(project->id), store_text(person), store_text(words),
               store_integer(starts_ms), store_integer(ends_ms), store_text(added_by),
               store_integer(now_ms)) &&
           project_check_has_lead(tx, project->id, error);
}

bool project_check_has_lead(StoreTx *tx, const char *project, GError **error)
{
    int64_t leads = 0;
    if (!store_query_integer(tx, &leads, 0, error,
                             "SELECT count(*) FROM project_member WHERE project = $1 AND "
                             "removed_ms IS NULL AND ' ' || roles || ' ' LIKE '% lead %'",
                             store_text(project)))
        return false;
    if (leads > 0)
        return true;
    return error_set(error, ERROR_CONFLICT, "projects.last_lead",
                     "A project always has a lead; name another one first.");
}

bool project_member_drop(StoreTx *tx, const char *project, const char *person, int64_t now_ms,
                         GError **error)
{
    int64_t changed = 0;
    if (!store_exec_changed(tx, &changed, error,
                            "UPDATE project_member SET removed_ms = $1 WHERE project = $2 AND "
                            "person = $3 AND removed_ms IS NULL", store_integer(now_ms),
                            store_text(project), store_text(person)))
        return false;
    if (changed == 0)
        return error_set(error, ERROR_NOT_FOUND, "projects.no_member",
                         "This person is not a member of the project.");
    return project_check_has_lead(tx, project, error);
}

/* ---- the state machine --------------------------------------------------------------------- */

const ProjectMove project_moves[] = {
    {STATE_PLANNED, STATE_OPEN, "an officer opens it"},
    {STATE_OPEN, STATE_FROZEN, "an officer freezes it"},
    {STATE_FROZEN, STATE_OPEN, "an officer opens it again"},
    {STATE_OPEN, STATE_CLOSED, "an officer closes it"},
    {STATE_FROZEN, STATE_CLOSED, "an officer closes it"},
    {STATE_PLANNED, STATE_CLOSED, "given up before it opened"},
    {0, 0, NULL},
};

bool project_move_check(unsigned from, unsigned to, GError **error)
{
    for (const ProjectMove *move = project_moves; move->when != NULL; move++) {
        if (move->from == from && move->to == to)
            return true;
    }
    return error_set(error, ERROR_CONFLICT, "projects.state",
                     "A project that is %s cannot become %s.", policy_name(SET_STATE, from),
                     policy_name(SET_STATE, to));
}

bool project_state_set(StoreTx *tx, const Project *project, unsigned to, const char *reason,
                       bool encrypted, GError **error)
{
    if (!project_move_check(project->state, to, error))
        return false;
    return store_exec(tx, error,
                      "UPDATE project SET state = $1, state_reason = $2, encrypted = $3, "
                      "version = version + 1 WHERE id = $4", store_text(policy_name(SET_STATE, to)),
                      store_text(reason), store_integer(encrypted), store_text(project->id));
}
