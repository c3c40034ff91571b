/* SPDX-License-Identifier: Apache-2.0 */
/* What those who decide read beside an application: its rounds, and what was decided before. */
#include "accreditation/internal.h"

#include "base/error.h"

#include <string.h>

static bool rows_end(GError **problem, GError **error)
{
    if (*problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(problem));
    return false;
}

/* ---- rounds ---- */

void application_round_free(ApplicationRound *round)
{
    if (round == NULL)
        return;
    g_free(round->justification);
    g_free(round->answers);
    g_free(round->submitted_by_name);
    g_free(round);
}

GPtrArray *application_rounds(StoreTx *tx, const char *application, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT r.round, r.justification, r.answers, r.until_ms, r.submitted_ms, p.name FROM "
        "application_round r JOIN person p ON p.id = r.submitted_by WHERE r.application = $1 "
        "ORDER BY r.round", store_text(application));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)application_round_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        ApplicationRound *round = g_new0(ApplicationRound, 1);
        round->round = store_row_integer(rows, 0);
        round->justification = g_strdup(store_row_text(rows, 1));
        round->answers = g_strdup(store_row_text(rows, 2));
        round->until_ms = store_row_integer(rows, 3);
        round->submitted_ms = store_row_integer(rows, 4);
        round->submitted_by_name = g_strdup(store_row_text(rows, 5));
        g_ptr_array_add(list, round);
    }
    return rows_end(&problem, error) ? g_steal_pointer(&list) : NULL;
}

bool application_round_keep(StoreTx *tx, const Application *a, const char *by, int64_t now_ms,
                            GError **error)
{
    return store_exec(tx, error,
                      "INSERT INTO application_round (application, round, justification, answers, "
                      "until_ms, submitted_by, submitted_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                      store_text(a->id), store_integer(a->round), store_text(a->justification),
                      store_text(a->answers), store_optional(a->until_ms), store_text(by),
                      store_integer(now_ms));
}

/* ---- earlier decisions ---- */

void earlier_decision_free(EarlierDecision *d)
{
    if (d == NULL)
        return;
    g_free(d->application);
    g_free(d->project_title);
    g_free(d->dataset_title);
    g_free(d->source_title);
    g_free(d->outcome);
    g_free(d->comment);
    g_free(d->by_name);
    g_free(d);
}

/* A producer's answers are those about the sources asked for here; the committee's opinions, those in
 * this project or about these sources. */
static const char earlier_sql[] =
    "SELECT f.application, j.title, d.title, s.title, f.term, f.outcome, f.comment, p.name, "
    "f.signed_ms, f.expires_ms, f.revoked_ms, f.project, "
    "(SELECT count(*) FROM application_person one JOIN application_person two ON "
    "two.person = one.person WHERE one.application = f.application AND two.application = $1) "
    "FROM accreditation_fact f JOIN project j ON j.id = f.project JOIN person p ON "
    "p.id = f.signed_by LEFT JOIN dataset d ON d.id = f.dataset LEFT JOIN source s ON "
    "s.id = d.source WHERE f.application <> $1 AND ((f.term = 'steward_agreement' AND d.source IN "
    "(SELECT e.source FROM application_dataset ad JOIN dataset e ON e.id = ad.dataset WHERE "
    "ad.application = $1)) OR (f.term = 'committee_opinion' AND (f.project = $2 OR EXISTS (SELECT 1 "
    "FROM application_dataset theirs JOIN dataset t ON t.id = theirs.dataset WHERE "
    "theirs.application = f.application AND t.source IN (SELECT e.source FROM "
    "application_dataset ad JOIN dataset e ON e.id = ad.dataset WHERE ad.application = $1))))) "
    "ORDER BY f.signed_ms DESC LIMIT $3";

static EarlierDecision *earlier_of_row(StoreRows *rows, const char *project)
{
    EarlierDecision *d = g_new0(EarlierDecision, 1);
    d->application = g_strdup(store_row_text(rows, 0));
    d->project_title = g_strdup(store_row_text(rows, 1));
    d->dataset_title = g_strdup(store_row_text(rows, 2));
    d->source_title = g_strdup(store_row_text(rows, 3));
    policy_value(SET_TERM, store_row_text(rows, 4), &d->term);
    d->outcome = g_strdup(store_row_text(rows, 5));
    d->comment = g_strdup(store_row_text(rows, 6));
    d->by_name = g_strdup(store_row_text(rows, 7));
    d->signed_ms = store_row_integer(rows, 8);
    d->expires_ms = store_row_integer(rows, 9);
    d->revoked = store_row_integer(rows, 10) != 0;
    d->same_project = strcmp(store_row_text(rows, 11), project) == 0;
    d->same_persons = store_row_integer(rows, 12) > 0;
    return d;
}

static bool earlier_is_visible(StoreTx *tx, const PolicyActor *actor, const EarlierDecision *d,
                               int64_t now_ms, bool *ret_visible, GError **error)
{
    PolicyFacts facts = {0};
    g_autoptr(Application) a = NULL;
    g_autoptr(GError) problem = NULL;
    if (!application_load(tx, d->application, &a, error))
        return false;
    *ret_visible = application_visible(tx, actor, a, now_ms, &facts, &problem);
    if (*ret_visible || error_is(problem, ERROR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

GPtrArray *application_earlier(StoreTx *tx, const PolicyActor *actor, const Application *a,
                               int64_t now_ms, size_t limit, GError **error)
{
    /* Read in full before anything else is asked on this connection. */
    enum { READ_MOST = 200 };
    g_autoptr(GPtrArray) all =
        g_ptr_array_new_with_free_func((GDestroyNotify)earlier_decision_free);
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows =
        store_query(tx, error, earlier_sql, store_text(a->id), store_text(a->project),
                    store_integer(READ_MOST));
    if (rows == NULL)
        return NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(all, earlier_of_row(rows, a->project));
    if (!rows_end(&problem, error))
        return NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)earlier_decision_free);
    while (all->len > 0 && list->len < limit) {
        EarlierDecision *d = g_ptr_array_steal_index(all, 0);
        bool visible = false;
        bool ok = earlier_is_visible(tx, actor, d, now_ms, &visible, error);
        if (ok && visible)
            g_ptr_array_add(list, d);
        else
            earlier_decision_free(d);
        if (!ok)
            return NULL;
    }
    return g_steal_pointer(&list);
}
