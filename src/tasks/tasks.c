/* SPDX-License-Identifier: Apache-2.0 */
/* One collector per room that can make somebody wait. */
#include "tasks/tasks.h"

#include "accreditation/applications.h"
#include "airlock/exports.h"
#include "base/error.h"
#include "projects/projects.h"
#include "services/rows.h"

#include <string.h>

#define TASKS_PER_LIST 100

void task_free(Task *task)
{
    if (task == NULL)
        return;
    g_free(task->project);
    g_free(task->project_title);
    g_free(task->object);
    g_free(task->title);
    g_free(task);
}

typedef struct Collection {
    StoreTx *tx;
    const PolicyActor *actor;
    int64_t now_ms;
    GPtrArray *tasks;
} Collection;

/* TITLE NULL: the project's, which is read once for all tasks. */
static void task_add(Collection *c, const char *kind, const char *project, const char *object,
                     const char *title, int64_t since_ms)
{
    Task *task = g_new0(Task, 1);
    task->kind = kind;
    task->project = g_strdup(project);
    task->object = g_strdup(object);
    task->title = g_strdup(title);
    task->since_ms = since_ms;
    g_ptr_array_add(c->tasks, task);
}

static bool tasks_name_projects(StoreTx *tx, const GPtrArray *tasks, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; i < tasks->len; i++) {
        const Task *task = g_ptr_array_index(tasks, i);
        if (g_hash_table_add(seen, task->project))
            g_ptr_array_add(ids, task->project);
    }
    g_autoptr(GHashTable) projects = project_load_many(tx, ids, error);
    for (guint i = 0; projects != NULL && i < tasks->len; i++) {
        Task *task = g_ptr_array_index(tasks, i);
        const Project *project = g_hash_table_lookup(projects, task->project);
        task->project_title = g_strdup(project->title);
        if (task->title == NULL)
            task->title = g_strdup(project->title);
    }
    return projects != NULL;
}

/* ---- signatures ---- */

typedef struct TermKind {
    PolicyTerm term;
    const char *kind;
} TermKind;

static const TermKind term_kinds[] = {
    {TERM_UNDERTAKING, "sign_undertaking"},
    {TERM_STEWARD_AGREEMENT, "agree"},
    {TERM_COMMITTEE_OPINION, "opine"},
    {TERM_NEED_TO_KNOW, "need_to_know"},
};

static const char *kind_of_term(unsigned term)
{
    for (size_t i = 0; i < G_N_ELEMENTS(term_kinds); i++) {
        if (term_kinds[i].term == term)
            return term_kinds[i].kind;
    }
    return NULL;
}

static void collect_application(Collection *c, const ApplicationSight *sight, const Application *a)
{
    PolicyFacts facts = application_sight_facts(sight, a);
    if (facts.state == STATE_CLOSED)
        return; /* nothing can be signed any more */
    g_autoptr(GPtrArray) needs = application_needs(a, facts.route);
    for (guint i = 0; i < needs->len; i++) {
        const ApplicationNeed *need = g_ptr_array_index(needs, i);
        const char *kind =
            need->applicant != NULL ? "complete_application" : kind_of_term(need->term);
        if (kind != NULL && application_need_is_mine(sight, &facts, need))
            task_add(c, kind, a->project, a->id,
                     need->dataset != NULL ? need->dataset->title : NULL, a->submitted_ms);
    }
}

static bool collect_signatures(Collection *c, GError **error)
{
    ApplicationQuery query = {.project = "", .awaiting_me = true, .after = "",
                              .limit = TASKS_PER_LIST};
    g_autoptr(GPtrArray) list = application_list(c->tx, c->actor, &query, c->now_ms, error);
    g_autoptr(ApplicationSight) sight =
        list != NULL ? application_sight(c->tx, c->actor, list, c->now_ms, error) : NULL;
    if (sight == NULL)
        return false;
    for (guint i = 0; i < list->len; i++)
        collect_application(c, sight, g_ptr_array_index(list, i));
    return true;
}

/* ---- exports ---- */

static bool collect_reviews(Collection *c, GError **error)
{
    if ((c->actor->roles & ROLE_CHECKER) == 0)
        return true;
    ExportQuery query = {.queue = EXPORTS_TO_REVIEW, .subject = c->actor->id, .after = "",
                         .limit = TASKS_PER_LIST};
    g_autoptr(GPtrArray) list = export_list(c->tx, &query, error);
    if (list == NULL)
        return false;
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        if (strcmp(export->author, c->actor->id) != 0)
            task_add(c, "review_export", export->project, export->id, export->title,
                     export->submitted_ms);
    }
    return true;
}

/* What the actor is in each project of EXPORTS: project -> PolicyFacts. */
static GHashTable *facts_of_exports(Collection *c, const GPtrArray *exports, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; i < exports->len; i++) {
        const Export *export = g_ptr_array_index(exports, i);
        if (g_hash_table_add(seen, export->project))
            g_ptr_array_add(ids, export->project);
    }
    g_autoptr(GHashTable) projects = project_load_many(c->tx, ids, error);
    if (projects == NULL)
        return NULL;
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    for (guint i = 0; i < ids->len; i++)
        g_ptr_array_add(rows, g_hash_table_lookup(projects, g_ptr_array_index(ids, i)));
    return project_facts_many(c->tx, c->actor, rows, c->now_ms, error);
}

typedef struct OwnKind {
    const char *state, *kind;
} OwnKind;

static bool collect_own_exports_in(Collection *c, const OwnKind *own, GError **error)
{
    ExportQuery query = {.queue = EXPORTS_WRITTEN, .subject = c->actor->id, .state = own->state,
                         .after = "", .limit = TASKS_PER_LIST};
    g_autoptr(GPtrArray) list = export_list(c->tx, &query, error);
    g_autoptr(GHashTable) facts = list != NULL ? facts_of_exports(c, list, error) : NULL;
    if (facts == NULL)
        return false;
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        const PolicyFacts *held = g_hash_table_lookup(facts, export->project);
        if (held->project_roles != 0) /* whose time in the project is over can do nothing about it */
            task_add(c, own->kind, export->project, export->id, export->title, export->decided_ms);
    }
    return true;
}

static bool collect_own_exports(Collection *c, GError **error)
{
    static const OwnKind kinds[] = {
        {"returned", "export_returned"}, {"approved", "export_approved"}};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!collect_own_exports_in(c, &kinds[i], error))
            return false;
    }
    return true;
}

/* ---- services ---- */

static bool collect_services(Collection *c, GError **error)
{
    g_autoptr(GPtrArray) list =
        service_list(c->tx, NULL, c->actor->id, true, "", TASKS_PER_LIST, error);
    if (list == NULL)
        return false;
    for (guint i = 0; i < list->len; i++) {
        const Service *service = g_ptr_array_index(list, i);
        task_add(c, "service_running", service->project, service->id, service->name,
                 service->created_ms);
    }
    return true;
}

typedef bool (*Collector)(Collection *collection, GError **error);
static const Collector collectors[] = {
    collect_signatures, collect_reviews, collect_own_exports, collect_services,
};

static int task_compare(const void *a, const void *b)
{
    const Task *one = *(Task *const *)a;
    const Task *two = *(Task *const *)b;
    if (one->since_ms != two->since_ms)
        return one->since_ms < two->since_ms ? -1 : 1;
    return strcmp(one->object, two->object);
}

GPtrArray *tasks_load(StoreTx *tx, const PolicyActor *actor, int64_t now_ms, GError **error)
{
    g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func((GDestroyNotify)task_free);
    Collection collection = {.tx = tx, .actor = actor, .now_ms = now_ms, .tasks = tasks};
    for (size_t i = 0; i < G_N_ELEMENTS(collectors); i++) {
        if (!collectors[i](&collection, error))
            return NULL;
    }
    if (!tasks_name_projects(tx, tasks, error))
        return NULL;
    g_ptr_array_sort(tasks, task_compare);
    return g_steal_pointer(&tasks);
}
