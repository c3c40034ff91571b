/* SPDX-License-Identifier: Apache-2.0 */
/* Protections: their rows and their states. */
#include "protection/internal.h"

#include "base/error.h"

#include <string.h>

void protection_free(Protection *p)
{
    if (p == NULL)
        return;
    char *texts[] = {p->id, p->source, p->slug, p->title, p->vintage, p->variables, p->recipe,
                     p->project, p->failure, p->file_name, p->file_sha256, p->report, p->dataset,
                     p->created_by};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_free(p);
}

/* ---- states ---- */

static const char *const state_names[] = {
    [PROTECTION_WAITING] = "waiting",     [PROTECTION_RECEIVING] = "receiving",
    [PROTECTION_RUNNING] = "running",     [PROTECTION_READY] = "ready",
    [PROTECTION_PUBLISHED] = "published", [PROTECTION_FAILED] = "failed",
    [PROTECTION_DISCARDED] = "discarded",
};

const char *protection_state_name(ProtectionState state)
{
    return state_names[state];
}

static bool state_parse(const char *name, ProtectionState *ret_state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(state_names); i++) {
        if (g_strcmp0(state_names[i], name) == 0) {
            *ret_state = (ProtectionState)i;
            return true;
        }
    }
    return false;
}

const ProtectionMove protection_moves[] = {
    {PROTECTION_WAITING, PROTECTION_RECEIVING, "the raw file arrives"},
    {PROTECTION_RECEIVING, PROTECTION_WAITING, "it is cut off or refused"},
    {PROTECTION_RECEIVING, PROTECTION_RUNNING, "it is there whole"},
    {PROTECTION_RECEIVING, PROTECTION_FAILED, "the server stops"},
    {PROTECTION_RUNNING, PROTECTION_READY, "the recipe is applied"},
    {PROTECTION_RUNNING, PROTECTION_FAILED, "the recipe fails, or the server stops"},
    {PROTECTION_READY, PROTECTION_PUBLISHED, "a steward publishes"},
    {PROTECTION_READY, PROTECTION_DISCARDED, "a steward throws it away, or nobody came"},
    {PROTECTION_READY, PROTECTION_FAILED, "the server stops"},
    {PROTECTION_WAITING, PROTECTION_DISCARDED, "idem"},
    {0, 0, NULL},
};

bool protection_move_check(ProtectionState from, ProtectionState to, GError **error)
{
    for (const ProtectionMove *move = protection_moves; move->when != NULL; move++) {
        if (move->from == from && move->to == to)
            return true;
    }
    return error_set(error, ERROR_CONFLICT, "protection.state",
                     "A protection that is %s cannot become %s; begin a new one.", state_names[from],
                     state_names[to]);
}

bool protection_move(StoreTx *tx, const char *id, ProtectionState from, ProtectionState to,
                     const char *failure, int64_t now_ms, GError **error)
{
    int64_t changed = 0;
    if (!protection_move_check(from, to, error) ||
        !store_exec_changed(tx, &changed, error,
                            "UPDATE protection SET state = $1, failure = $2, changed_ms = $3 "
                            "WHERE id = $4 AND state = $5", store_text(state_names[to]),
                            store_text(failure), store_integer(now_ms), store_text(id),
                            store_text(state_names[from])))
        return false;
    return changed == 1 ||
           error_set(error, ERROR_CONFLICT, "protection.state",
                     "The protection is not %s any more; look at it again.", state_names[from]);
}

/* ---- rows ---- */

#define PROTECTION_COLUMNS                                                                         \
    "p.id, p.source, p.slug, p.title, p.vintage, p.variables, p.recipe, p.project, p.failure, "    \
    "p.file_name, p.file_sha256, p.report, coalesce(p.dataset, ''), c.name, p.level, p.state, "    \
    "p.file_size, p.created_ms, p.changed_ms FROM protection p JOIN person c ON "                  \
    "c.id = p.created_by "

static Protection *protection_of_row(StoreRows *rows, GError **error)
{
    g_autoptr(Protection) p = g_new0(Protection, 1);
    char **texts[] = {&p->id, &p->source, &p->slug, &p->title, &p->vintage, &p->variables, &p->recipe,
                      &p->project, &p->failure, &p->file_name, &p->file_sha256, &p->report,
                      &p->dataset, &p->created_by};
    for (int i = 0; i < (int)G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(store_row_text(rows, i));
    if (!policy_value(SET_LEVEL, store_row_text(rows, 14), &p->level) ||
        !state_parse(store_row_text(rows, 15), &p->state)) {
        error_set(error, ERROR_INTERNAL, "protection.word", "Unknown word in protection %s", p->id);
        return NULL;
    }
    p->file_size = store_row_integer(rows, 16);
    p->created_ms = store_row_integer(rows, 17);
    p->changed_ms = store_row_integer(rows, 18);
    return g_steal_pointer(&p);
}

static GPtrArray *protections_of(StoreRows *rows, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)protection_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        Protection *p = protection_of_row(rows, error);
        if (p == NULL)
            return NULL;
        g_ptr_array_add(list, p);
    }
    if (problem == NULL)
        return g_steal_pointer(&list);
    g_propagate_error(error, g_steal_pointer(&problem));
    return NULL;
}

bool protection_load(StoreTx *tx, const char *id, Protection **ret_protection, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " PROTECTION_COLUMNS "WHERE p.id = $1", store_text(id));
    g_autoptr(GPtrArray) list = rows != NULL ? protections_of(rows, error) : NULL;
    if (list == NULL)
        return false;
    if (list->len == 0)
        return error_set(error, ERROR_NOT_FOUND, "protection.none", "There is no protection \"%s\".", id);
    *ret_protection = g_ptr_array_steal_index(list, 0);
    return true;
}

GPtrArray *protection_list(StoreTx *tx, const char *source, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT " PROTECTION_COLUMNS "WHERE p.source = $1 ORDER BY p.created_ms DESC, p.id "
        "LIMIT $2", store_text(source), store_integer(PROTECTION_LISTED_MAX));
    return rows != NULL ? protections_of(rows, error) : NULL;
}

bool protection_insert(StoreTx *tx, const Protection *given, const char *author, int64_t now_ms,
                       GError **error)
{
    int64_t open = 0;
    if (!store_query_integer(tx, &open, 0, error,
                             "SELECT count(*) FROM protection WHERE source = $1 AND state IN "
                             "('waiting', 'receiving', 'running', 'ready')", store_text(given->source)))
        return false;
    if (open >= PROTECTION_OPEN_MAX)
        return error_set(error, ERROR_CONFLICT, "protection.too_many",
                         "%d protections of this source are open; publish or discard one first.",
                         PROTECTION_OPEN_MAX);
    return store_exec(
        tx, error,
        "INSERT INTO protection (id, source, slug, title, vintage, level, variables, recipe, project, "
        "state, failure, file_name, file_size, file_sha256, report, created_by, created_ms, changed_ms) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', '', '', 0, '', '', $10, $11, $11)",
        store_text(given->id), store_text(given->source), store_text(given->slug),
        store_text(given->title), store_text(given->vintage),
        store_text(policy_name(SET_LEVEL, given->level)), store_text(given->variables),
        store_text(given->recipe), store_text(given->project), store_text(author),
        store_integer(now_ms));
}

bool protection_facts(StoreTx *tx, const PolicyActor *actor, PolicyVerb verb, const char *id,
                      Protection **ret_protection, Source **ret_source, GError **error)
{
    PolicyFacts facts = {0};
    g_autoptr(Protection) p = NULL;
    g_autoptr(Source) source = NULL;
    if (!protection_load(tx, id, &p, error) || !source_load(tx, p->source, &source, error) ||
        !source_facts_add(tx, actor, source, NULL, NULL, &facts, error) ||
        !policy_enforce(actor, verb, &facts, error))
        return false;
    *ret_protection = g_steal_pointer(&p);
    if (ret_source != NULL)
        *ret_source = g_steal_pointer(&source);
    return true;
}
