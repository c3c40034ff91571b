/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One query for many keys: what a page of rows needs besides itself is read for the whole page and
 * not row by row. Both databases know "IN ($1, ..., $n)" alone; few sizes are used, so that few
 * statements are prepared, and the places left over repeat the last key, which changes nothing.
 */
#include "store/backend.h"

#include <string.h>

#define KEYS_MARK "$keys"
/* With what stands before the keys, never more than STORE_PARAMETERS_MAX. */
static const size_t sizes[] = {1, 8, 60};
#define KEYS_LARGEST 60
#define BEFORE_LARGEST (STORE_PARAMETERS_MAX - KEYS_LARGEST)

static char *keys_sql(const char *sql, size_t before, size_t size)
{
    const char *mark = strstr(sql, KEYS_MARK);
    g_assert(mark != NULL && strstr(mark + 1, KEYS_MARK) == NULL);
    GString *text = g_string_new_len(sql, mark - sql);
    for (size_t i = 0; i < size; i++)
        g_string_append_printf(text, "%s$%zu", i > 0 ? ", " : "", before + i + 1);
    g_string_append(text, mark + strlen(KEYS_MARK));
    return g_string_free(text, FALSE);
}

static bool keys_read(StoreTx *tx, const char *sql, const StoreValue *values, size_t count,
                      StoreRowTaker take, void *data, GError **error)
{
    g_autoptr(StoreRows) rows = store_query_values(tx, sql, values, count, error);
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem)) {
        if (!take(rows, data, error))
            return false;
    }
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool store_query_keys_values(StoreTx *tx, const char *sql, const GPtrArray *keys,
                             StoreRowTaker take, void *data, const StoreValue *before,
                             size_t before_count, GError **error)
{
    g_assert(before_count <= BEFORE_LARGEST);
    StoreValue values[STORE_PARAMETERS_MAX];
    for (size_t i = 0; i < before_count; i++)
        values[i] = before[i];
    for (size_t done = 0; done < keys->len;) {
        size_t count = MIN(keys->len - done, KEYS_LARGEST), size = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(sizes) && size < count; i++)
            size = sizes[i];
        for (size_t i = 0; i < size; i++)
            values[before_count + i] =
                store_text(g_ptr_array_index(keys, done + MIN(i, count - 1)));
        g_autofree char *text = keys_sql(sql, before_count, size);
        if (!keys_read(tx, text, values, before_count + size, take, data, error))
            return false;
        done += count;
    }
    return true;
}
