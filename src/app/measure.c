/* SPDX-License-Identifier: Apache-2.0 */
/* Counting rows for the metrics. */
#include "app/app.h"

typedef struct MeasureCall {
    Metric metric;
    const char *sql;
} MeasureCall;

static bool measure_in_snapshot(StoreTx *tx, void *data, GError **error)
{
    const MeasureCall *call = data;
    g_autoptr(StoreRows) rows = store_query(tx, error, call->sql);
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem))
        metric_set(call->metric, store_row_text(rows, 0), NULL, store_row_integer(rows, 1));
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool measure_rows(App *app, Metric metric, const char *sql, GError **error)
{
    MeasureCall call = {metric, sql};
    return store_read(app->store, measure_in_snapshot, &call, error);
}
