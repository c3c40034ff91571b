/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log's rows. A leaf covers the sequence number, the time and the salted hash of the body, so
 * that a body can be erased: without its salt the hash tells nothing of it, not even whether a
 * guess is right.
 */
#include "audit/rows.h"

#include "audit/tree_build.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"

#include <stdlib.h>
#include <string.h>

#define AUDIT_ENTRY_MAX (64 * 1024)

char *row_leaf_data(int64_t sequence, int64_t time_ms, const uint8_t body_hash[AUDIT_HASH_SIZE])
{
    g_autofree char *hex = hex_encode(body_hash, AUDIT_HASH_SIZE);
    return g_strdup_printf("{\"body\":\"%s\",\"seq\":%" G_GINT64_FORMAT ",\"time\":%" G_GINT64_FORMAT
                           "}", hex, sequence, time_ms);
}

void row_body_hash(const uint8_t salt[AUDIT_SALT_SIZE], const char *entry,
                   uint8_t ret_hash[AUDIT_HASH_SIZE])
{
    TreeHash hash = tree_hash_pair(salt, AUDIT_SALT_SIZE, entry, strlen(entry));
    memcpy(ret_hash, hash.bytes, AUDIT_HASH_SIZE);
}

void log_row_clear(LogRow *row)
{
    g_clear_pointer(&row->entry, g_free);
    row->has_body = false;
}

/* --- writing --- */

/* The canonical JSON of ENTRY; absent texts are left out. NULL if a text is not UTF-8. Caller frees
 * with free(). */
static char *row_entry_text(const AuditEntry *entry)
{
    const struct {
        const char *key, *value;
    } fields[] = {
        {"verb", entry->verb},       {"outcome", entry->outcome}, {"actor", entry->actor},
        {"object", entry->object},   {"project", entry->project}, {"reason", entry->reason},
        {"request", entry->request}, {"address", entry->address},
    };
    g_autoptr(json_t) object = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        bool is_given = fields[i].value != NULL && *fields[i].value != '\0';
        if (is_given &&
            json_object_set_new(object, fields[i].key, json_string(fields[i].value)) != 0)
            return NULL;
    }
    if (entry->details != NULL)
        json_object_set(object, "details", (json_t *)entry->details);
    return json_canonical(object);
}

static bool row_check_entry(const AuditEntry *entry, const char *text, GError **error)
{
    g_assert(entry->verb != NULL && entry->outcome != NULL && entry->actor != NULL);
    g_assert(entry->details == NULL || json_is_object(entry->details));
    if (text == NULL)
        return error_set(error, ERROR_INTERNAL, "audit.entry", "A text of an audit entry is not UTF-8.");
    if (strlen(text) > AUDIT_ENTRY_MAX)
        return error_set(error, ERROR_TOO_LARGE, "audit.entry",
                         "An audit entry has %zu bytes; at most %d are allowed.", strlen(text),
                         AUDIT_ENTRY_MAX);
    return true;
}

static const char *row_null_if_empty(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

static bool row_insert(StoreTx *tx, int64_t sequence, const AuditEntry *entry, const char *text,
                       GError **error)
{
    uint8_t salt[AUDIT_SALT_SIZE], body_hash[AUDIT_HASH_SIZE];
    int64_t now_ms = time_now_ms();
    random_fill(salt, sizeof salt);
    row_body_hash(salt, text, body_hash);
    g_autofree char *leaf_data = row_leaf_data(sequence, now_ms, body_hash);
    TreeHash leaf = tree_hash_leaf(leaf_data, strlen(leaf_data));
    return store_exec(tx, error,
                      "INSERT INTO audit_leaf (sequence, time_ms, body_hash, leaf_hash) "
                      "VALUES ($1, $2, $3, $4)",
                      store_integer(sequence), store_integer(now_ms),
                      store_bytes(body_hash, sizeof body_hash),
                      store_bytes(leaf.bytes, TREE_HASH_SIZE)) &&
           store_exec(tx, error,
                      "INSERT INTO audit_body (sequence, salt, entry, actor, verb, object, project) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                      store_integer(sequence), store_bytes(salt, sizeof salt), store_text(text),
                      store_text(entry->actor), store_text(entry->verb),
                      store_text(row_null_if_empty(entry->object)),
                      store_text(row_null_if_empty(entry->project)));
}

/* The store's single writer makes "the greatest, plus one" safe. */
bool audit_append(StoreTx *tx, const AuditEntry *entry, int64_t *ret_sequence, GError **error)
{
    int64_t sequence;
    char *text = row_entry_text(entry);
    bool ok = row_check_entry(entry, text, error) && row_count(tx, &sequence, error) &&
              row_insert(tx, sequence, entry, text, error);
    free(text);
    if (ok && ret_sequence != NULL)
        *ret_sequence = sequence;
    return ok;
}

/* --- erasing --- */

static bool erase_check(StoreTx *tx, int64_t sequence, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(tx, error,
                                            "SELECT verb FROM audit_body WHERE sequence = $1",
                                            store_integer(sequence));
    GError *failure = NULL;
    if (rows == NULL)
        return false;
    if (!store_next(rows, &failure)) {
        if (failure == NULL)
            error_set(&failure, ERROR_NOT_FOUND, "audit.no_body",
                      "Entry %" G_GINT64_FORMAT " does not exist or was erased already.", sequence);
        g_propagate_error(error, failure);
        return false;
    }
    if (strcmp(store_row_text(rows, 0), "audit.erase") == 0)
        return error_set(error, ERROR_DENIED, "audit.erase_record",
                         "The record of an erasure cannot be erased.");
    return true;
}

bool audit_erase_body(StoreTx *tx, int64_t sequence, const char *actor, const char *reason,
                      int64_t *ret_sequence, GError **error)
{
    if (!text_check(reason, 500, false, "The reason of the erasure", error) ||
        !erase_check(tx, sequence, error) ||
        !store_exec(tx, error, "DELETE FROM audit_body WHERE sequence = $1",
                    store_integer(sequence)))
        return false;
    g_autoptr(json_t) details = json_pack("{s:I, s:s}", "sequence", (json_int_t)sequence, "reason",
                                          reason);
    AuditEntry entry = {.verb = "audit.erase", .outcome = "done", .actor = actor,
                        .details = details};
    return audit_append(tx, &entry, ret_sequence, error);
}

/* --- reading --- */

bool row_count(StoreTx *tx, int64_t *ret_count, GError **error)
{
    return store_query_integer(tx, ret_count, 0, error,
                               "SELECT COALESCE(MAX(sequence), -1) + 1 FROM audit_leaf");
}

static bool row_copy_bytes(StoreRows *rows, int column, void *ret_bytes, size_t size,
                           int64_t sequence, GError **error)
{
    size_t got = 0;
    const void *bytes = store_row_bytes(rows, column, &got);
    if (bytes == NULL || got != size)
        return error_set(error, ERROR_CONFLICT, "audit.row",
                         "The row of entry %" G_GINT64_FORMAT " is damaged.", sequence);
    memcpy(ret_bytes, bytes, size);
    return true;
}

#define ROW_COLUMNS                                                                                \
    "SELECT l.sequence, l.time_ms, l.body_hash, l.leaf_hash, b.salt, b.entry FROM audit_leaf l "   \
    "LEFT JOIN audit_body b ON b.sequence = l.sequence "

static bool row_fill(StoreRows *rows, LogRow *row, GError **error)
{
    row->sequence = store_row_integer(rows, 0);
    row->time_ms = store_row_integer(rows, 1);
    row->has_body = !store_row_is_null(rows, 4);
    row->entry = g_strdup(store_row_text(rows, 5));
    return row_copy_bytes(rows, 2, row->body_hash, AUDIT_HASH_SIZE, row->sequence, error) &&
           row_copy_bytes(rows, 3, row->leaf_hash.bytes, AUDIT_HASH_SIZE, row->sequence, error) &&
           (!row->has_body ||
            row_copy_bytes(rows, 4, row->salt, AUDIT_SALT_SIZE, row->sequence, error));
}

bool row_read(StoreTx *tx, int64_t sequence, LogRow *ret_row, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(tx, error, ROW_COLUMNS "WHERE l.sequence = $1",
                                            store_integer(sequence));
    GError *failure = NULL;
    g_auto(LogRow) row = {0};
    if (rows == NULL)
        return false;
    if (!store_next(rows, &failure)) {
        if (failure == NULL)
            error_set(&failure, ERROR_NOT_FOUND, "audit.not_found",
                      "The log has no entry %" G_GINT64_FORMAT ".", sequence);
        g_propagate_error(error, failure);
        return false;
    }
    if (!row_fill(rows, &row, error))
        return false;
    *ret_row = row;
    row = (LogRow){0};
    return true;
}

static bool row_check_next(int64_t sequence, int64_t expected, GError **error)
{
    return sequence == expected ||
           error_set(error, ERROR_CONFLICT, "audit.gap",
                     "The database lacks the log's entry %" G_GINT64_FORMAT ".", expected);
}

bool row_each(StoreTx *tx, int64_t from, int64_t limit, RowEach each, void *user, GError **error)
{
    GError *failure = NULL;
    g_autoptr(StoreRows) rows =
        store_query(tx, error, ROW_COLUMNS "WHERE l.sequence >= $1 ORDER BY l.sequence LIMIT $2",
                    store_integer(from), store_integer(limit));
    if (rows == NULL)
        return false;
    for (int64_t expected = from; store_next(rows, &failure); expected++) {
        g_auto(LogRow) row = {0};
        if (!row_fill(rows, &row, error) || !row_check_next(row.sequence, expected, error) ||
            !each(user, &row, error))
            return false;
    }
    if (failure != NULL)
        g_propagate_error(error, failure);
    return failure == NULL;
}

bool row_each_leaf(StoreTx *tx, int64_t from, int64_t limit, LeafEach each, void *user,
                   int64_t *ret_count, GError **error)
{
    GError *failure = NULL;
    int64_t count = 0;
    g_autoptr(StoreRows) rows =
        store_query(tx, error,
                    "SELECT sequence, leaf_hash FROM audit_leaf WHERE sequence >= $1 "
                    "ORDER BY sequence LIMIT $2", store_integer(from), store_integer(limit));
    if (rows == NULL)
        return false;
    for (; store_next(rows, &failure); count++) {
        TreeHash leaf;
        if (!row_check_next(store_row_integer(rows, 0), from + count, error) ||
            !row_copy_bytes(rows, 1, leaf.bytes, TREE_HASH_SIZE, from + count, error) ||
            !each(user, &leaf, error))
            return false;
    }
    if (failure != NULL)
        g_propagate_error(error, failure);
    else
        *ret_count = count;
    return failure == NULL;
}

/* --- searching --- */

bool row_json(int64_t sequence, int64_t time_ms, const char *entry, json_t **ret_json,
              GError **error)
{
    g_autofree char *time = time_format(time_ms);
    g_autoptr(json_t) object = json_pack("{s:I, s:s, s:b}", "sequence", (json_int_t)sequence,
                                         "time", time, "erased", entry == NULL);
    if (entry != NULL) {
        g_autoptr(json_t) fields = json_parse(entry, strlen(entry), NULL);
        if (!json_is_object(fields))
            return error_set(error, ERROR_CONFLICT, "audit.row",
                             "The body of entry %" G_GINT64_FORMAT " is damaged.", sequence);
        json_object_update(object, fields);
    }
    *ret_json = g_steal_pointer(&object);
    return true;
}

/* With a condition on the body, the body's indexes lead, and erased entries do not show. */
static char *search_sql(const AuditFilter *filter, int64_t before, int64_t limit,
                        StoreValue *values, size_t *ret_count)
{
    bool needs_body = filter->actor != NULL || filter->object != NULL ||
                      filter->project != NULL || filter->verb != NULL;
    const struct {
        const char *condition;
        StoreValue value;
        bool is_used;
    } rows[] = {
        {needs_body ? "b.sequence < " : "l.sequence < ", store_integer(before), before >= 0},
        {"b.actor = ", store_text(filter->actor), filter->actor != NULL},
        {"b.object = ", store_text(filter->object), filter->object != NULL},
        {"b.project = ", store_text(filter->project), filter->project != NULL},
        {"b.verb = ", store_text(filter->verb), filter->verb != NULL},
        {"l.time_ms >= ", store_integer(filter->from_ms), filter->from_ms != 0},
        {"l.time_ms < ", store_integer(filter->to_ms), filter->to_ms != 0},
    };
    size_t count = 0;
    g_autoptr(GString) where = g_string_new("");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!rows[i].is_used)
            continue;
        values[count++] = rows[i].value;
        g_string_append_printf(where, "%s%s$%zu ", count > 1 ? "AND " : "WHERE ",
                               rows[i].condition, count);
    }
    values[count++] = store_integer(limit);
    *ret_count = count;
    return g_strdup_printf("SELECT l.sequence, l.time_ms, b.entry FROM audit_leaf l %sJOIN "
                           "audit_body b ON b.sequence = l.sequence %s"
                           "ORDER BY %s.sequence DESC LIMIT $%zu", needs_body ? "" : "LEFT ",
                           where->str, needs_body ? "b" : "l", count);
}

bool audit_search(StoreTx *tx, const AuditFilter *filter, int64_t before_sequence, int64_t limit,
                  json_t **ret_entries, GError **error)
{
    StoreValue values[8];
    size_t count = 0;
    GError *failure = NULL;
    g_autofree char *sql = search_sql(filter, before_sequence, limit, values, &count);
    g_autoptr(StoreRows) rows = store_query_values(tx, sql, values, count, error);
    g_autoptr(json_t) entries = json_array();
    if (rows == NULL)
        return false;
    while (store_next(rows, &failure)) {
        json_t *object = NULL;
        if (!row_json(store_row_integer(rows, 0), store_row_integer(rows, 1),
                      store_row_text(rows, 2), &object, error))
            return false;
        json_array_append_new(entries, object);
    }
    if (failure != NULL) {
        g_propagate_error(error, failure);
        return false;
    }
    *ret_entries = g_steal_pointer(&entries);
    return true;
}
