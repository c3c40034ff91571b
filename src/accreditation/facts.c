/* SPDX-License-Identifier: Apache-2.0 */
/* Signed facts as rows: signing, revoking, finding the last one of its kind. */
#include "accreditation/internal.h"

#include "base/error.h"
#include "base/ids.h"

#include <string.h>

#define FACT_TABLES " FROM accreditation_fact f JOIN person p ON p.id = f.signed_by "

AccreditationFact *fact_of_row(StoreRows *rows, GError **error)
{
    g_autoptr(AccreditationFact) fact = g_new0(AccreditationFact, 1);
    fact->id = g_strdup(store_row_text(rows, 0));
    fact->application = g_strdup(store_row_text(rows, 1));
    fact->project = g_strdup(store_row_text(rows, 2));
    fact->dataset = g_strdup(store_row_text(rows, 3));
    fact->person = g_strdup(store_row_text(rows, 4));
    if (!policy_value(SET_TERM, store_row_text(rows, 5), &fact->term)) {
        error_set(error, ERROR_INTERNAL, "accreditation.word", "Unknown term in fact %s",
                  fact->id);
        return NULL;
    }
    fact->outcome = g_strdup(store_row_text(rows, 6));
    fact->comment = g_strdup(store_row_text(rows, 7));
    fact->by = g_strdup(store_row_text(rows, 8));
    fact->by_name = g_strdup(store_row_text(rows, 9));
    fact->signed_ms = store_row_integer(rows, 10);
    fact->expires_ms = store_row_integer(rows, 11);
    fact->revoked_ms = store_row_integer(rows, 12);
    fact->revoked_reason = g_strdup(store_row_text(rows, 13));
    return g_steal_pointer(&fact);
}

static GPtrArray *facts_of_query(StoreRows *rows, GError **error)
{
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)accreditation_fact_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        AccreditationFact *fact = fact_of_row(rows, error);
        if (fact == NULL)
            return NULL;
        g_ptr_array_add(list, fact);
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&list);
}

GPtrArray *facts_load(StoreTx *tx, const char *project, const char *application, GError **error)
{
    /* Needs to know are signed outside of applications and count for each. */
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT " FACT_COLUMNS FACT_TABLES "WHERE f.project = $1 AND (f.application = $2 OR "
        "f.application IS NULL) ORDER BY f.signed_ms DESC", store_text(project),
        store_text(application));
    return facts_of_query(rows, error);
}

bool fact_load(StoreTx *tx, const char *id, AccreditationFact **ret_fact, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " FACT_COLUMNS FACT_TABLES "WHERE f.id = $1", store_text(id));
    g_autoptr(GPtrArray) list = facts_of_query(rows, error);
    if (list == NULL)
        return false;
    if (list->len == 0)
        return fact_refuse_unknown(id, error);
    *ret_fact = g_ptr_array_steal_index(list, 0);
    return true;
}

bool fact_refuse_unknown(const char *id, GError **error)
{
    return error_set(error, ERROR_NOT_FOUND, "accreditation.no_fact",
                     "There is no signed fact \"%s\", or it is not yours to see.", id);
}

const AccreditationFact *fact_pick(const GPtrArray *facts, unsigned term, const char *dataset,
                                   const char *person)
{
    for (guint i = 0; i < facts->len; i++) {
        const AccreditationFact *fact = g_ptr_array_index(facts, i);
        if (fact->term == term && g_strcmp0(fact->dataset, dataset) == 0 &&
            g_strcmp0(fact->person, person) == 0)
            return fact;
    }
    return NULL;
}

static bool fact_check_expiry(const AccreditationFact *fact, int64_t now_ms, GError **error)
{
    if (fact->expires_ms == 0)
        return true;
    if (fact->expires_ms <= now_ms)
        return error_set(error, ERROR_INVALID, "accreditation.expiry_past",
                         "The expiry lies in the past.");
    if (fact->expires_ms - now_ms > FACT_LONGEST_MS)
        return error_set(error, ERROR_INVALID, "accreditation.expiry_far",
                         "The expiry lies more than ten years ahead.");
    return true;
}

bool fact_sign(StoreTx *tx, const AccreditationFact *fact, int64_t now_ms, char **ret_id,
               GError **error)
{
    g_autofree char *id = id_new("fac");
    int64_t last = 0;
    if (!fact_check_expiry(fact, now_ms, error) ||
        !store_query_integer(tx, &last, 0, error,
                             "SELECT coalesce(max(signed_ms), 0) FROM accreditation_fact WHERE "
                             "project = $1", store_text(fact->project)) ||
        !store_exec(tx, error,
                    "INSERT INTO accreditation_fact (id, application, project, dataset, person, "
                    "term, outcome, comment, signed_by, signed_ms, expires_ms) VALUES ($1, $2, "
                    "$3, $4, $5, $6, $7, $8, $9, $10, $11)",
                    store_text(id), store_text(fact->application), store_text(fact->project),
                    store_text(fact->dataset), store_text(fact->person),
                    store_text(policy_name(SET_TERM, fact->term)), store_text(fact->outcome),
                    store_text(fact->comment), store_text(fact->by),
                    store_integer(MAX(now_ms, last + 1)), store_optional(fact->expires_ms)))
        return false;
    if (ret_id != NULL)
        *ret_id = g_steal_pointer(&id);
    return true;
}

/* A fact that a later one has replaced decides nothing any more: revoking it would revoke nothing,
 * while its author believes the contrary. */
static bool fact_check_last(StoreTx *tx, const AccreditationFact *fact, GError **error)
{
    g_autoptr(GPtrArray) facts = facts_load(tx, fact->project, fact->application, error);
    if (facts == NULL)
        return false;
    const AccreditationFact *last = fact_pick(facts, fact->term, fact->dataset, fact->person);
    if (last != NULL && strcmp(last->id, fact->id) == 0)
        return true;
    return error_set(error, ERROR_CONFLICT, "accreditation.superseded",
                     "A later signature has taken the place of this one; revoke that one.");
}

bool fact_revoke_row(StoreTx *tx, const AccreditationFact *fact, const char *by,
                     const char *reason, int64_t now_ms, GError **error)
{
    if (fact->revoked_ms != 0)
        return error_set(error, ERROR_CONFLICT, "accreditation.revoked_already",
                         "This was revoked already.");
    return fact_check_last(tx, fact, error) &&
           store_exec(tx, error,
                      "UPDATE accreditation_fact SET revoked_ms = $1, revoked_by = $2, "
                      "revoked_reason = $3 WHERE id = $4 AND revoked_ms IS NULL",
                      store_integer(now_ms), store_text(by), store_text(reason),
                      store_text(fact->id));
}
