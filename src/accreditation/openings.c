/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a person may ask for a source: each project in which they work, and for each published
 * dataset what policy says to an application, or what there is of one already.
 */
#include "accreditation/internal.h"

#include "base/error.h"
#include "projects/answers.h"

#include <string.h>

#define OPENINGS_PROJECTS_MAX 100

typedef struct Opening {
    StoreTx *tx;
    const PolicyActor *actor;
    const Source *source;
    const GPtrArray *datasets;
    int64_t now_ms;
} Opening;

/* The latest application of the project that names the actor and the dataset: "draft", "asked" or
 * "". */
static bool asked_state(const Opening *o, const char *project, const char *dataset,
                        char **ret_application, const char **ret_state, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        o->tx, error,
        "SELECT a.id, a.submitted_ms FROM application a JOIN application_dataset d ON "
        "d.application = a.id JOIN application_person p ON p.application = a.id WHERE "
        "a.project = $1 AND d.dataset = $2 AND p.person = $3 AND a.state <> 'withdrawn' "
        "ORDER BY a.created_ms DESC LIMIT 1",
        store_text(project), store_text(dataset), store_text(o->actor->id));
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    *ret_state = "none";
    if (store_next(rows, &problem)) {
        *ret_application = g_strdup(store_row_text(rows, 0));
        *ret_state = store_row_is_null(rows, 1) ? "draft" : "asked";
    }
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool opening_json(const Opening *o, const Project *project, const PolicyFacts *facts,
                         const Dataset *dataset, json_t *list, GError **error)
{
    bool holds = false;
    const char *state = "none";
    g_autofree char *application = NULL;
    PolicyFacts about = *facts;
    if (!source_facts_add(o->tx, o->actor, o->source, dataset, project->organisation, &about,
                          error) ||
        !accreditation_holds(o->tx, project->id, dataset->id, o->actor->id, o->now_ms, &holds,
                             error) ||
        !asked_state(o, project->id, dataset->id, &application, &state, error))
        return false;
    PolicyDecision decision = policy_decide(o->actor, VERB_APPLICATION_CREATE, &about);
    json_array_append_new(
        list, json_pack("{s:s, s:b, s:s, s:s, s:s, s:s?}", "dataset", dataset->id, "allowed",
                        decision.allowed, "reason", decision.reason, "detail", decision.sentence,
                        "state", holds ? "accredited" : state, "application", application));
    return true;
}

static bool project_json(const Opening *o, const Project *project, json_t *items, GError **error)
{
    PolicyFacts facts = {0};
    if (!project_facts_load(o->tx, o->actor, project->id, o->now_ms, &facts, error))
        return false;
    if ((facts.project_roles & (PROJECT_LEAD | PROJECT_SCIENTIST)) == 0)
        return true;
    json_t *list = json_array();
    json_array_append_new(items, json_pack("{s:o, s:o}", "project", answer_project_brief(project),
                                           "datasets", list));
    for (guint i = 0; i < o->datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(o->datasets, i);
        if (dataset->state == DATASET_PUBLISHED &&
            !opening_json(o, project, &facts, dataset, list, error))
            return false;
    }
    return true;
}

json_t *source_openings(StoreTx *tx, const PolicyActor *actor, const char *source, int64_t now_ms,
                        GError **error)
{
    /* As a member, whatever the platform's roles show besides. */
    PolicyActor member = *actor;
    g_autoptr(Source) row = NULL;
    member.roles = 0;
    if (!source_load(tx, source, &row, error))
        return NULL;
    g_autoptr(GPtrArray) datasets = dataset_list(tx, source, error);
    g_autoptr(GPtrArray) projects =
        datasets != NULL
            ? project_list(tx, &member, now_ms, "", OPENINGS_PROJECTS_MAX, error)
            : NULL;
    if (projects == NULL)
        return NULL;
    Opening opening = {tx, actor, row, datasets, now_ms};
    g_autoptr(json_t) items = json_array();
    for (guint i = 0; i < projects->len; i++) {
        if (!project_json(&opening, g_ptr_array_index(projects, i), items, error))
            return NULL;
    }
    return g_steal_pointer(&items);
}
