/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of exports, each of which is one row of a table, and what rounds said. */
#include "airlock/exports.h"

#include "base/error.h"

#include <string.h>

/* The end of a loop over rows: false if it was a failure. */
static bool rows_ended(GError *problem, GError **error)
{
    if (problem == NULL)
        return true;
    g_propagate_error(error, problem);
    return false;
}

/* ---- lists ---- */

typedef struct QueueRow {
    const char *where;             /* $1: the project or the person */
    bool oldest_first;             /* by submission; else newest first by creation */
} QueueRow;

static const QueueRow queues[] = {
    [EXPORTS_OF_PROJECT] = {"e.project = $1", false},
    [EXPORTS_TO_REVIEW] = {
        "e.state = 'submitted' AND e.author <> $1 AND NOT EXISTS (SELECT 1 FROM project_member m "
        "WHERE m.project = e.project AND m.person = $1) AND NOT EXISTS (SELECT 1 FROM "
        "export_review r WHERE r.export = e.id AND r.round = e.round AND r.checker = $1)", true},
    [EXPORTS_REVIEWED] = {
        "EXISTS (SELECT 1 FROM export_review r WHERE r.export = e.id AND r.checker = $1)", false},
    [EXPORTS_WRITTEN] = {
        "e.author = $1 AND EXISTS (SELECT 1 FROM project_member m WHERE m.project = e.project AND "
        "m.person = $1 AND m.removed_ms IS NULL)", false},
};

static char *list_sql(const QueueRow *queue)
{
    return g_strdup_printf(
        "SELECT " EXPORT_COLUMNS "WHERE (%s) AND ($2 = '' OR e.state = $2) AND (e.%s %s $3 OR "
        "(e.%s = $3 AND e.id %s $4)) ORDER BY e.%s %s, e.id %s LIMIT $5",
        queue->where, queue->oldest_first ? "submitted_ms" : "created_ms",
        queue->oldest_first ? ">" : "<", queue->oldest_first ? "submitted_ms" : "created_ms",
        queue->oldest_first ? ">" : "<", queue->oldest_first ? "submitted_ms" : "created_ms",
        queue->oldest_first ? "ASC" : "DESC", queue->oldest_first ? "ASC" : "DESC");
}

/* Where the page begins: the time of the last one seen. */
static bool list_start(StoreTx *tx, const ExportQuery *query, bool oldest_first, int64_t *ret_ms,
                       GError **error)
{
    *ret_ms = oldest_first ? INT64_MIN : INT64_MAX;
    return *query->after == '\0' ||
           store_query_integer(tx, ret_ms, 0, error,
                               oldest_first ? "SELECT submitted_ms FROM export WHERE id = $1"
                                            : "SELECT created_ms FROM export WHERE id = $1",
                               store_text(query->after));
}

GPtrArray *export_list(StoreTx *tx, const ExportQuery *query, GError **error)
{
    const QueueRow *queue = &queues[query->queue];
    int64_t start_ms = 0;
    if (!list_start(tx, query, queue->oldest_first, &start_ms, error))
        return NULL;
    g_autofree char *sql = list_sql(queue);
    g_autoptr(StoreRows) rows =
        store_query(tx, error, sql, store_text(query->subject),
                    store_text(query->state != NULL ? query->state : ""), store_integer(start_ms),
                    store_text(query->after), store_integer(query->limit));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)export_free);
    GError *problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(list, export_from_row(rows));
    return rows_ended(problem, error) ? g_steal_pointer(&list) : NULL;
}

bool export_tally(StoreTx *tx, const Export *export, ExportTally *ret_tally, GError **error)
{
    return store_query_integer(tx, &ret_tally->files, 0, error,
                               "SELECT count(*) FROM export_file WHERE export = $1 AND "
                               "removed_round IS NULL", store_text(export->id)) &&
           store_query_integer(tx, &ret_tally->files_flagged, 0, error,
                               "SELECT count(*) FROM export_file WHERE export = $1 AND "
                               "removed_round IS NULL AND verdict <> 'pass'",
                               store_text(export->id)) &&
           store_query_integer(tx, &ret_tally->reviews, 0, error,
                               "SELECT count(*) FROM export_review WHERE export = $1 AND "
                               "round = $2", store_text(export->id),
                               store_integer(export->round));
}

/* ---- rounds ---- */

void export_round_free(ExportRound *round)
{
    if (round == NULL)
        return;
    g_free(round->title);
    g_free(round->context);
    g_free(round);
}

bool export_round_keep(StoreTx *tx, const Export *export, GError **error)
{
    return store_exec(tx, error,
                      "INSERT INTO export_round (export, round, title, context, submitted_ms) "
                      "VALUES ($1, $2, $3, $4, $5)", store_text(export->id),
                      store_integer(export->round), store_text(export->title),
                      store_text(export->context), store_integer(export->submitted_ms));
}

GPtrArray *export_rounds(StoreTx *tx, const char *export, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT round, title, context, submitted_ms FROM export_round WHERE "
                   "export = $1 ORDER BY round", store_text(export));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)export_round_free);
    GError *problem = NULL;
    while (store_next(rows, &problem)) {
        ExportRound *round = g_new0(ExportRound, 1);
        round->round = store_row_integer(rows, 0);
        round->title = g_strdup(store_row_text(rows, 1));
        round->context = g_strdup(store_row_text(rows, 2));
        round->submitted_ms = store_row_integer(rows, 3);
        g_ptr_array_add(list, round);
    }
    return rows_ended(problem, error) ? g_steal_pointer(&list) : NULL;
}
