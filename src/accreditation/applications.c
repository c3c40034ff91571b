/* SPDX-License-Identifier: Apache-2.0 */
/* Applications: rows, states, who may see them, and what still awaits whom. */
#include "accreditation/internal.h"

#include "base/error.h"

#include <string.h>

#define FIRST_PART 8   /* applications read to complete a page, at least */

static const char *const state_names[APPLICATION_STATE_COUNT] = {
    [APPLICATION_DRAFT] = "draft",
    [APPLICATION_SUBMITTED] = "submitted",
    [APPLICATION_ADJOURNED] = "adjourned",
    [APPLICATION_DECIDED] = "decided",
    [APPLICATION_WITHDRAWN] = "withdrawn",
};

const ApplicationMove application_moves[] = {
    {APPLICATION_DRAFT, APPLICATION_SUBMITTED, "a member submits it"},
    {APPLICATION_DRAFT, APPLICATION_WITHDRAWN, "a member gives it up"},
    {APPLICATION_SUBMITTED, APPLICATION_DECIDED, "everybody asked has answered"},
    {APPLICATION_SUBMITTED, APPLICATION_ADJOURNED, "the committee asks for more"},
    {APPLICATION_SUBMITTED, APPLICATION_WITHDRAWN, "a member withdraws it"},
    {APPLICATION_ADJOURNED, APPLICATION_SUBMITTED, "a member completes it: a new round"},
    {APPLICATION_ADJOURNED, APPLICATION_DECIDED, "the committee gives its opinion all the same"},
    {APPLICATION_ADJOURNED, APPLICATION_WITHDRAWN, "a member withdraws it"},
    {APPLICATION_DECIDED, APPLICATION_ADJOURNED, "the committee takes it up again"},
    {0, 0, NULL},
};

const ApplicationSection application_sections[] = {
    {"method", ROUTE_RESEARCH},
    {"minimisation", ROUTE_RESEARCH | ROUTE_OWN_ADMINISTRATION},
    {"results", ROUTE_RESEARCH | ROUTE_OWN_ADMINISTRATION},
    {"funding", ROUTE_RESEARCH},
    {"mission", ROUTE_OWN_ADMINISTRATION},
    {NULL, 0},
};

const char *application_state_name(ApplicationState state)
{
    return state_names[state];
}

void application_person_free(void *data)
{
    ApplicationPerson *person = data;
    g_free(person->id);
    g_free(person->login);
    g_free(person->name);
    g_free(person->organisation);
    g_free(person);
}

void application_free(Application *a)
{
    if (a == NULL)
        return;
    g_free(a->id);
    g_free(a->project);
    g_free(a->justification);
    g_free(a->answers);
    g_free(a->created_by);
    g_free(a->created_by_login);
    g_free(a->created_by_name);
    g_clear_pointer(&a->datasets, g_ptr_array_unref);
    g_clear_pointer(&a->persons, g_ptr_array_unref);
    g_clear_pointer(&a->facts, g_ptr_array_unref);
    g_free(a);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static bool rows_end(GError **problem, GError **error)
{
    if (*problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(problem));
    return false;
}

bool application_is_editable(const Application *a)
{
    return a->state == APPLICATION_DRAFT || a->state == APPLICATION_ADJOURNED;
}

bool application_refuse_unknown(const char *id, GError **error)
{
    return error_set(error, ERROR_NOT_FOUND, "accreditation.no_application",
                     "There is no application \"%s\", or it is not yours to see.", id);
}

static bool application_name(StoreTx *tx, const ApplicationRow *row, GError **error)
{
    for (const char *const *dataset = row->datasets; *dataset != NULL; dataset++) {
        if (!store_exec(tx, error,
                        "INSERT INTO application_dataset (application, dataset) VALUES ($1, $2)",
                        store_text(row->id), store_text(*dataset)))
            return false;
    }
    for (const char *const *person = row->persons; *person != NULL; person++) {
        if (!store_exec(tx, error,
                        "INSERT INTO application_person (application, person) VALUES ($1, $2)",
                        store_text(row->id), store_text(*person)))
            return false;
    }
    return true;
}

bool application_insert(StoreTx *tx, const ApplicationRow *row, int64_t now_ms, GError **error)
{
    return store_exec(tx, error,
                      "INSERT INTO application (id, project, state, justification, created_by, "
                      "created_ms, answers, until_ms, round, version, changed_ms) VALUES ($1, $2, "
                      "'draft', $3, $4, $5, $6, $7, 1, 1, $5)", store_text(row->id),
                      store_text(row->project), store_text(row->justification),
                      store_text(row->author), store_integer(now_ms),
                      store_text(row->answers != NULL ? row->answers : "{}"),
                      store_optional(row->until_ms)) &&
           application_name(tx, row, error);
}

bool application_update(StoreTx *tx, const ApplicationRow *row, int64_t now_ms, GError **error)
{
    return store_exec(tx, error,
                      "UPDATE application SET justification = $1, answers = $2, until_ms = $3, "
                      "changed_ms = $4, version = version + 1 WHERE id = $5",
                      store_text(row->justification),
                      store_text(row->answers != NULL ? row->answers : "{}"),
                      store_optional(row->until_ms), store_integer(now_ms),
                      store_text(row->id)) &&
           store_exec(tx, error, "DELETE FROM application_dataset WHERE application = $1",
                      store_text(row->id)) &&
           store_exec(tx, error, "DELETE FROM application_person WHERE application = $1",
                      store_text(row->id)) &&
           application_name(tx, row, error);
}

static bool application_move_check(ApplicationState from, ApplicationState to, GError **error)
{
    for (const ApplicationMove *move = application_moves; move->when != NULL; move++) {
        if (move->from == from && move->to == to)
            return true;
    }
    return error_set(error, ERROR_CONFLICT, "accreditation.state",
                     "An application that is %s cannot become %s.", state_names[from],
                     state_names[to]);
}

bool application_move(StoreTx *tx, const Application *application, ApplicationState to,
                      int64_t now_ms, GError **error)
{
    static const char *const stamps[APPLICATION_STATE_COUNT] = {
        [APPLICATION_SUBMITTED] = "submitted_ms",
        [APPLICATION_ADJOURNED] = "decided_ms",
        [APPLICATION_DECIDED] = "decided_ms",
        [APPLICATION_WITHDRAWN] = "decided_ms",
    };
    if (!application_move_check(application->state, to, error))
        return false;
    g_autofree char *sql = g_strdup_printf(
        "UPDATE application SET state = $1, round = $2, version = version + 1, %s = $3 "
        "WHERE id = $4", stamps[to]);
    int64_t round = application->round + (application->state == APPLICATION_ADJOURNED &&
                                          to == APPLICATION_SUBMITTED);
    return store_exec(tx, error, sql, store_text(state_names[to]), store_integer(round),
                      store_integer(now_ms), store_text(application->id));
}

/* ---- who may see it --------------------------------------------------------------------------- */

bool application_visible(StoreTx *tx, const PolicyActor *actor, const Application *a,
                         int64_t now_ms, PolicyFacts *ret_facts, GError **error)
{
    PolicyFacts facts = {0};
    if (!application_facts(tx, actor, a, now_ms, &facts, error))
        return false;
    PolicyActor viewer = *actor;
    PolicyFacts seen = facts;
    /* A draft is the project's own: neither producers nor the committee see it yet, nor does somebody
     * whom it names and who has left the project, or is not in it yet. */
    if (a->submitted_ms == 0) {
        viewer.roles &= ~(unsigned)ROLE_COMMITTEE;
        seen.is_steward = false;
        seen.is_concerned = false;
    }
    /* As for a project: a missing scope is told by whoever decides next, and hides nothing here. */
    viewer.scopes = actor->scopes != 0 ? SCOPE_ALL : 0;
    if (!policy_decide(&viewer, VERB_APPLICATION_VIEW, &seen).allowed)
        return application_refuse_unknown(a->id, error);
    *ret_facts = facts;
    return true;
}

/* The same rule as a query: what is the actor's is found once, as sets, and not asked of each row.
 * Whoever sees all by a role of the platform is told by policy. */
static GPtrArray *application_ids(StoreTx *tx, const PolicyActor *actor,
                                  const ApplicationQuery *query, const char *after,
                                  int64_t now_ms, GError **error)
{
    static const PolicyFacts outside = {.has_project = true};
    PolicyActor plain = *actor;
    plain.roles &= ~(unsigned)ROLE_COMMITTEE;
    bool all = policy_decide(&plain, VERB_APPLICATION_VIEW, &outside).allowed;
    bool submitted = policy_decide(actor, VERB_APPLICATION_VIEW, &outside).allowed;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT a.id FROM application a WHERE ($1 = '' OR a.project = $1) AND ($2 = '' OR "
        "a.created_ms < (SELECT created_ms FROM application WHERE id = $2) OR (a.id < $2 AND "
        "a.created_ms = (SELECT created_ms FROM application WHERE id = $2))) AND ("
        "$3 = 'all' OR ($3 = 'submitted' AND a.submitted_ms IS NOT NULL) OR "
        "a.project IN (SELECT m.project FROM project_member m WHERE m.person = $4 AND "
        "m.removed_ms IS NULL AND m.starts_ms <= $5 AND m.ends_ms > $5) OR "
        "(a.submitted_ms IS NOT NULL AND (a.id IN (SELECT p.application FROM application_person p "
        "WHERE p.person = $4) OR a.id IN (SELECT ad.application FROM source_steward s "
        "JOIN dataset d ON d.source = s.source JOIN application_dataset ad ON ad.dataset = d.id "
        "WHERE s.person = $4)))) AND ($7 = '' OR a.state = $7) AND "
        "($8 = '' OR EXISTS (SELECT 1 FROM application_dataset ad JOIN dataset d ON "
        "d.id = ad.dataset WHERE ad.application = a.id AND d.source = $8)) AND "
        "($9 = 0 OR a.created_by = $4) "
        "ORDER BY a.created_ms DESC, a.id DESC LIMIT $6",
        store_text(query->project), store_text(after),
        store_text(all ? "all" : (submitted ? "submitted" : "own")), store_text(actor->id),
        store_integer(now_ms), store_integer(query->limit),
        store_text(query->state != NULL ? query->state : ""),
        store_text(query->source != NULL ? query->source : ""),
        store_integer(query->written_by_me));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(ids, g_strdup(store_row_text(rows, 0)));
    return rows_end(&problem, error) ? g_steal_pointer(&ids) : NULL;
}

/* Leaves in LIST what awaits the actor. */
static bool applications_awaiting(StoreTx *tx, const PolicyActor *actor, GPtrArray *list,
                                  int64_t now_ms, GError **error)
{
    g_autoptr(ApplicationSight) sight = application_sight(tx, actor, list, now_ms, error);
    if (sight == NULL)
        return false;
    for (guint i = list->len; i > 0; i--) {
        const Application *a = g_ptr_array_index(list, i - 1);
        PolicyFacts facts = application_sight_facts(sight, a);
        g_autoptr(GPtrArray) needs = application_needs(a, facts.route);
        bool mine = false;
        for (guint n = 0; n < needs->len && !mine; n++)
            mine = application_need_is_mine(sight, &facts, g_ptr_array_index(needs, n));
        if (!mine)
            g_ptr_array_remove_index(list, i - 1);
    }
    return true;
}

/* What is read to fill a page of which HAVE are found: a little more than what it lacks at first, then
 * twice as much each time. */
static int64_t next_part(const ApplicationQuery *query, const ApplicationQuery *part, guint have)
{
    int64_t wanted = MAX(query->limit - have, FIRST_PART);
    return MIN(part->limit == query->limit ? wanted : MAX(wanted, 2 * part->limit), query->limit);
}

GPtrArray *application_list(StoreTx *tx, const PolicyActor *actor, const ApplicationQuery *query,
                            int64_t now_ms, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)application_free);
    g_autofree char *after = g_strdup(query->after);
    ApplicationQuery part = *query;
    guint read = 0;
    do {
        g_autoptr(GPtrArray) ids = application_ids(tx, actor, &part, after, now_ms, error);
        g_autoptr(GPtrArray) page = ids != NULL ? application_load_many(tx, ids, error) : NULL;
        if (page == NULL)
            return NULL;
        read = ids->len;
        if (read > 0) {
            g_free(after);
            after = g_strdup(g_ptr_array_index(ids, read - 1));
        }
        if (query->awaiting_me && !applications_awaiting(tx, actor, page, now_ms, error))
            return NULL;
        while (page->len > 0 && list->len < query->limit)
            g_ptr_array_add(list, g_ptr_array_steal_index(page, 0));
        if (read < part.limit)
            break;
        part.limit = next_part(query, &part, list->len);
    } while (list->len < query->limit);
    return g_steal_pointer(&list);
}

/* ---- what awaits whom ------------------------------------------------------------------------- */

static ApplicationNeed *need_add(GPtrArray *needs, unsigned term, const Dataset *dataset,
                                 const ApplicationPerson *person, const char *waits_for)
{
    ApplicationNeed *need = g_new0(ApplicationNeed, 1);
    *need = (ApplicationNeed){term, dataset, person, waits_for, NULL};
    g_ptr_array_add(needs, need);
    return need;
}

/* A refusal ends the matter for a dataset: nothing more is asked of anybody. */
static bool dataset_is_refused(const Application *a, const Dataset *dataset)
{
    const AccreditationFact *agreement =
        fact_pick(a->facts, TERM_STEWARD_AGREEMENT, dataset->id, NULL);
    const AccreditationFact *opinion = fact_pick(a->facts, TERM_COMMITTEE_OPINION, NULL, NULL);
    return (agreement != NULL && strcmp(agreement->outcome, "refused") == 0) ||
           (opinion != NULL && strcmp(opinion->outcome, "unfavourable") == 0);
}

static void needs_of_stewards(const Application *a, GPtrArray *needs)
{
    for (guint i = 0; i < a->datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(a->datasets, i);
        if (fact_pick(a->facts, TERM_STEWARD_AGREEMENT, dataset->id, NULL) == NULL)
            need_add(needs, TERM_STEWARD_AGREEMENT, dataset, NULL, "steward");
    }
}

static void needs_of_committee(const Application *a, GPtrArray *needs)
{
    const AccreditationFact *opinion = fact_pick(a->facts, TERM_COMMITTEE_OPINION, NULL, NULL);
    bool any = false;
    for (guint i = 0; i < a->datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(a->datasets, i);
        const AccreditationFact *agreement =
            fact_pick(a->facts, TERM_STEWARD_AGREEMENT, dataset->id, NULL);
        if (agreement == NULL)
            return; /* the committee waits for every producer */
        any = any || !dataset_is_refused(a, dataset);
    }
    if (any && (opinion == NULL || strcmp(opinion->outcome, "adjourned") == 0))
        need_add(needs, TERM_COMMITTEE_OPINION, NULL, NULL, "committee");
}

static void needs_of_lead(const Application *a, GPtrArray *needs)
{
    for (guint i = 0; i < a->datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(a->datasets, i);
        for (guint j = 0; j < a->persons->len; j++) {
            const ApplicationPerson *person = g_ptr_array_index(a->persons, j);
            if (fact_pick(a->facts, TERM_NEED_TO_KNOW, dataset->id, person->id) == NULL)
                need_add(needs, TERM_NEED_TO_KNOW, dataset, person, "lead");
        }
    }
}

static void needs_of_persons(const Application *a, GPtrArray *needs)
{
    for (guint j = 0; j < a->persons->len; j++) {
        const ApplicationPerson *person = g_ptr_array_index(a->persons, j);
        bool missing = false;
        for (guint i = 0; i < a->datasets->len; i++) {
            const Dataset *dataset = g_ptr_array_index(a->datasets, i);
            missing = missing ||
                      (!dataset_is_refused(a, dataset) &&
                       fact_pick(a->facts, TERM_UNDERTAKING, dataset->id, person->id) == NULL);
        }
        if (missing)
            need_add(needs, TERM_UNDERTAKING, NULL, person, "person");
    }
}

typedef struct NeedRow {
    PolicyTerm term;
    void (*collect)(const Application *application, GPtrArray *needs);
} NeedRow;

static const NeedRow need_rows[] = {
    {TERM_STEWARD_AGREEMENT, needs_of_stewards},
    {TERM_COMMITTEE_OPINION, needs_of_committee},
    {TERM_NEED_TO_KNOW, needs_of_lead},
    {TERM_UNDERTAKING, needs_of_persons},
};

GPtrArray *application_needs(const Application *a, unsigned route)
{
    GPtrArray *needs = g_ptr_array_new_with_free_func(g_free);
    if (a->state == APPLICATION_WITHDRAWN)
        return needs;
    if (application_is_editable(a)) {
        ApplicationNeed *need = need_add(needs, 0, NULL, NULL, "applicant");
        need->applicant = a->state == APPLICATION_ADJOURNED ? a->created_by : NULL;
        return needs;
    }
    unsigned terms = policy_route((PolicyRoute)route)->terms;
    for (size_t i = 0; i < G_N_ELEMENTS(need_rows); i++) {
        if ((terms & need_rows[i].term) != 0)
            need_rows[i].collect(a, needs);
    }
    return needs;
}

bool application_settle(StoreTx *tx, const char *id, int64_t now_ms, GError **error)
{
    g_autoptr(Application) a = NULL;
    g_autoptr(Project) project = NULL;
    if (!application_load(tx, id, &a, error) || !project_load(tx, a->project, &project, error))
        return false;
    if (a->state != APPLICATION_SUBMITTED && a->state != APPLICATION_ADJOURNED)
        return true;
    const AccreditationFact *opinion = fact_pick(a->facts, TERM_COMMITTEE_OPINION, NULL, NULL);
    if (a->state == APPLICATION_ADJOURNED) {
        bool given = opinion != NULL && strcmp(opinion->outcome, "adjourned") != 0;
        return !given || application_move(tx, a, APPLICATION_DECIDED, now_ms, error);
    }
    g_autoptr(GPtrArray) needs = application_needs(a, project->route);
    for (guint i = 0; i < needs->len; i++) {
        const ApplicationNeed *need = g_ptr_array_index(needs, i);
        if (need->term != TERM_UNDERTAKING)
            return true;
    }
    return application_move(tx, a, APPLICATION_DECIDED, now_ms, error);
}
