/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The predicate on rows: what is known of the project, the person and the dataset, then each
 * application that names both, newest first, until one has all its terms.
 */
#include "accreditation/internal.h"

#include "base/error.h"
#include "identity/identity.h"

#include <string.h>

void accreditation_free(Accreditation *a)
{
    if (a == NULL)
        return;
    g_free(a->person);
    g_free(a->login);
    g_free(a->name);
    g_free(a->dataset);
    g_free(a->dataset_title);
    g_free(a->level);
    g_free(a->source);
    g_free(a->source_title);
    if (a->facts != NULL)
        g_ptr_array_unref(a->facts);
    g_free(a);
}

/* The three things an accreditation is about. */
typedef struct Ground {
    Project *project;
    Dataset *dataset;
    Source *source;
    IdentityPerson *person;
    AccreditationFacts facts;      /* all but what is signed */
} Ground;

static void ground_clear(Ground *ground)
{
    project_free(ground->project);
    dataset_free(ground->dataset);
    source_free(ground->source);
    identity_person_free(ground->person);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ground, ground_clear)

static bool ground_load(StoreTx *tx, const char *project, const char *dataset, const char *person,
                        int64_t now_ms, Ground *ret_ground, GError **error)
{
    g_auto(Ground) g = {0};
    AccreditationFacts *f = &g.facts;
    if (!project_load(tx, project, &g.project, error) ||
        !dataset_load(tx, dataset, &g.dataset, error) ||
        !source_load(tx, g.dataset->source, &g.source, error) ||
        !identity_person_load(tx, person, &g.person, error) ||
        !project_member_live(tx, project, person, now_ms, &f->roles, &f->member_ends_ms, error))
        return false;
    f->route = g.project->route;
    f->purpose = g.project->purpose;
    f->tier = g.project->tier;
    f->state = project_state_at(g.project, now_ms);
    f->project_ends_ms = g.project->ends_ms;
    f->disabled = g.person->disabled_ms != 0;
    f->published = g.dataset->state == DATASET_PUBLISHED;
    f->level = g.dataset->level;
    f->source_routes = g.source->routes;
    f->source_purposes = g.source->purposes;
    f->same_organisation = strcmp(g.source->organisation, g.project->organisation) == 0;
    *ret_ground = g;
    g = (Ground){0};
    return true;
}

/* Ids of the submitted or decided applications that name both, newest first. */
static GPtrArray *applications_naming(StoreTx *tx, const char *project, const char *dataset,
                                      const char *person, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT a.id FROM application a JOIN application_dataset d ON d.application = a.id "
        "JOIN application_person p ON p.application = a.id WHERE a.project = $1 AND "
        "d.dataset = $2 AND p.person = $3 AND a.state IN ('submitted', 'adjourned', 'decided') "
        "ORDER BY a.submitted_ms DESC, a.id", store_text(project), store_text(dataset),
        store_text(person));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(ids, g_strdup(store_row_text(rows, 0)));
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&ids);
}

/* One way to be accredited: the facts of one application, or of none. */
typedef struct Attempt {
    AccreditationTerm terms[ACCREDITATION_TERMS_MAX];
    size_t count, met;
    bool holds;
    GPtrArray *facts;
} Attempt;

static bool attempt_make(StoreTx *tx, const Ground *ground, const char *application,
                         int64_t now_ms, Attempt *ret_attempt, GError **error)
{
    const char *dataset = ground->dataset->id;
    const char *person = ground->person->id;
    Attempt attempt = {.facts = facts_load(tx, ground->project->id, application, error)};
    if (attempt.facts == NULL)
        return false;
    AccreditationFacts facts = ground->facts;
    facts.asked = application != NULL;
    facts.agreement = fact_pick(attempt.facts, TERM_STEWARD_AGREEMENT, dataset, NULL);
    facts.opinion = fact_pick(attempt.facts, TERM_COMMITTEE_OPINION, NULL, NULL);
    facts.need = fact_pick(attempt.facts, TERM_NEED_TO_KNOW, dataset, person);
    facts.undertaking = fact_pick(attempt.facts, TERM_UNDERTAKING, dataset, person);
    attempt.holds = accreditation_evaluate(&facts, now_ms, attempt.terms, &attempt.count);
    for (size_t i = 0; i < attempt.count; i++)
        attempt.met += attempt.terms[i].met ? 1 : 0;
    *ret_attempt = attempt;
    return true;
}

/* The attempt that holds, else the one with the most terms met, else the newest. The caller owns
 * its facts. */
static bool attempt_best(StoreTx *tx, const Ground *ground, int64_t now_ms, Attempt *ret_best,
                         GError **error)
{
    g_autoptr(GPtrArray) ids = applications_naming(tx, ground->project->id, ground->dataset->id,
                                                   ground->person->id, error);
    Attempt best = {0};
    if (ids == NULL)
        return false;
    if (ids->len == 0)
        return attempt_make(tx, ground, NULL, now_ms, ret_best, error);
    for (guint i = 0; i < ids->len && !best.holds; i++) {
        Attempt attempt = {0};
        if (!attempt_make(tx, ground, g_ptr_array_index(ids, i), now_ms, &attempt, error)) {
            g_clear_pointer(&best.facts, g_ptr_array_unref);
            return false;
        }
        bool better = best.facts == NULL || attempt.holds || attempt.met > best.met;
        Attempt *worse = better ? &best : &attempt;
        g_clear_pointer(&worse->facts, g_ptr_array_unref);
        if (better)
            best = attempt;
    }
    *ret_best = best;
    return true;
}

bool accreditation_holds(StoreTx *tx, const char *project, const char *dataset, const char *person,
                         int64_t now_ms, bool *ret_holds, GError **error)
{
    g_auto(Ground) ground = {0};
    g_autoptr(GError) problem = NULL;
    Attempt best = {0};
    if (!ground_load(tx, project, dataset, person, now_ms, &ground, &problem)) {
        if (!error_is(problem, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        *ret_holds = false;
        return true;
    }
    if (!attempt_best(tx, &ground, now_ms, &best, error))
        return false;
    g_ptr_array_unref(best.facts);
    *ret_holds = best.holds;
    return true;
}

Accreditation *accreditation_explain(StoreTx *tx, const char *project, const char *dataset,
                                     const char *person, int64_t now_ms, GError **error)
{
    g_auto(Ground) ground = {0};
    Attempt best = {0};
    if (!ground_load(tx, project, dataset, person, now_ms, &ground, error) ||
        !attempt_best(tx, &ground, now_ms, &best, error))
        return NULL;
    Accreditation *a = g_new0(Accreditation, 1);
    a->person = g_strdup(person);
    a->login = g_strdup(ground.person->login);
    a->name = g_strdup(ground.person->name);
    a->dataset = g_strdup(dataset);
    a->dataset_title = g_strdup(ground.dataset->title);
    a->level = g_strdup(policy_name(SET_LEVEL, ground.dataset->level));
    a->source = g_strdup(ground.source->id);
    a->source_title = g_strdup(ground.source->title);
    a->holds = best.holds;
    a->term_count = best.count;
    memcpy(a->terms, best.terms, sizeof a->terms);
    a->facts = best.facts;
    return a;
}

/* ---- volumes --------------------------------------------------------------------------------- */

static GPtrArray *label_load(StoreTx *tx, const char *volume, GError **error)
{
    /* Pairs: project, dataset. */
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT project, dataset FROM volume_label WHERE volume = $1 ORDER BY dataset",
        store_text(volume));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        g_ptr_array_add(pairs, g_strdup(store_row_text(rows, 0)));
        g_ptr_array_add(pairs, g_strdup(store_row_text(rows, 1)));
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&pairs);
}

bool accreditation_label_held(StoreTx *tx, const char *volume, const char *person, int64_t now_ms,
                              bool *ret_held, GError **error)
{
    g_autoptr(GPtrArray) pairs = label_load(tx, volume, error);
    bool held = true;
    if (pairs == NULL)
        return false;
    for (guint i = 0; i + 1 < pairs->len && held; i += 2) {
        if (!accreditation_holds(tx, g_ptr_array_index(pairs, i), g_ptr_array_index(pairs, i + 1),
                                 person, now_ms, &held, error))
            return false;
    }
    *ret_held = held;
    return true;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Every date that a term looks at. */
static const char *const date_queries[] = {
    "SELECT coalesce(min(expires_ms), 0) FROM accreditation_fact WHERE revoked_ms IS NULL AND "
    "expires_ms > $1",
    "SELECT coalesce(min(ends_ms), 0) FROM project WHERE state = 'open' AND ends_ms > $1",
    "SELECT coalesce(min(starts_ms), 0) FROM project WHERE state = 'open' AND starts_ms > $1",
    "SELECT coalesce(min(ends_ms), 0) FROM project_member WHERE removed_ms IS NULL AND "
    "ends_ms > $1",
    "SELECT coalesce(min(starts_ms), 0) FROM project_member WHERE removed_ms IS NULL AND "
    "starts_ms > $1",
};

bool accreditation_next_expiry(StoreTx *tx, int64_t now_ms, int64_t *ret_ms, GError **error)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < G_N_ELEMENTS(date_queries); i++) {
        int64_t date = 0;
        if (!store_query_integer(tx, &date, 0, error, date_queries[i], store_integer(now_ms)))
            return false;
        if (date != 0)
            next = MIN(next, date);
    }
    *ret_ms = next;
    return true;
}

/* ---- the project's table ---------------------------------------------------------------------- */

typedef struct Pair {
    char *person, *dataset;
} Pair;

static void pair_free(void *data)
{
    Pair *pair = data;
    g_free(pair->person);
    g_free(pair->dataset);
    g_free(pair);
}

static GPtrArray *pairs_load(StoreTx *tx, const char *project, const char *person, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT p.person, d.dataset FROM application a "
        "JOIN application_dataset d ON d.application = a.id "
        "JOIN application_person p ON p.application = a.id "
        "WHERE a.project = $1 AND a.state IN ('submitted', 'adjourned', 'decided') AND "
        "($2 = '' OR p.person = $2) "
        "UNION SELECT person, dataset FROM accreditation_fact WHERE project = $1 AND "
        "person IS NOT NULL AND dataset IS NOT NULL AND ($2 = '' OR person = $2) ORDER BY 1, 2",
        store_text(project), store_text(person != NULL ? person : ""));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(pair_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        Pair *pair = g_new0(Pair, 1);
        pair->person = g_strdup(store_row_text(rows, 0));
        pair->dataset = g_strdup(store_row_text(rows, 1));
        g_ptr_array_add(pairs, pair);
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&pairs);
}

GPtrArray *accreditation_list(StoreTx *tx, const char *project, const char *person,
                              int64_t now_ms, GError **error)
{
    g_autoptr(GPtrArray) pairs = pairs_load(tx, project, person, error);
    if (pairs == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)accreditation_free);
    for (guint i = 0; i < pairs->len; i++) {
        const Pair *pair = g_ptr_array_index(pairs, i);
        Accreditation *a =
            accreditation_explain(tx, project, pair->dataset, pair->person, now_ms, error);
        if (a == NULL)
            return NULL;
        g_ptr_array_add(list, a);
    }
    return g_steal_pointer(&list);
}
