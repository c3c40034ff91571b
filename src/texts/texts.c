/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of versions and of acceptances; the shipped texts are inside the program. */
#include "texts/texts.h"

#include "base/error.h"
#include "base/times.h"

#include <gio/gio.h>
#include <string.h>

/* Made from texts.gresource.xml. */
extern GResource *darse_texts_get_resource(void);

const char *const text_names[] = {"terms", "privacy", "accessibility", NULL};

void text_version_clear(TextVersion *text)
{
    g_free(text->name);
    g_free(text->fr);
    g_free(text->en);
    g_free(text->by);
    g_free(text->by_name);
    *text = (TextVersion){0};
}

static bool refuse_unknown(const char *name, GError **error)
{
    return error_set(error, ERROR_NOT_FOUND, "texts.no_text",
                     "There is no text \"%s\", or not that version of it.", name);
}

static char *shipped(const char *name, const char *language)
{
    g_autofree char *path = g_strdup_printf("/darse/texts/%s.%s.md", name, language);
    g_autoptr(GBytes) bytes = g_resource_lookup_data(darse_texts_get_resource(), path,
                                                     G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    g_assert(bytes != NULL);
    gsize size = 0;
    const char *text = g_bytes_get_data(bytes, &size);
    return g_strndup(text, size);
}

static bool load_row(StoreTx *tx, const char *name, int64_t version, TextVersion *ret_text,
                     GError **error)
{
    GError *problem = NULL;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT t.version, t.fr, t.en, t.asks, t.written_by, p.name, t.written_ms, t.due_ms FROM "
        "text_version t "
        "JOIN person p ON p.id = t.written_by WHERE t.name = $1 AND ($2 = -1 OR t.version = $2) "
        "ORDER BY t.version DESC LIMIT 1", store_text(name), store_integer(version));
    if (rows == NULL)
        return false;
    if (store_next(rows, &problem))
        *ret_text = (TextVersion){
            .name = g_strdup(name), .version = store_row_integer(rows, 0),
            .fr = g_strdup(store_row_text(rows, 1)), .en = g_strdup(store_row_text(rows, 2)),
            .asks = store_row_integer(rows, 3) != 0, .by = g_strdup(store_row_text(rows, 4)),
            .by_name = g_strdup(store_row_text(rows, 5)), .written_ms = store_row_integer(rows, 6), .due_ms = store_row_integer(rows, 7),
        };
    if (problem == NULL)
        return true;
    g_propagate_error(error, problem);
    return false;
}

bool text_load(StoreTx *tx, const char *name, int64_t version, TextVersion *ret_text,
               GError **error)
{
    g_auto(TextVersion) text = {0};
    if (!g_strv_contains(text_names, name))
        return refuse_unknown(name, error);
    if (version != 0 && !load_row(tx, name, version, &text, error))
        return false;
    if (text.name == NULL && version > 0)
        return refuse_unknown(name, error);
    if (text.name == NULL)
        text = (TextVersion){.name = g_strdup(name), .fr = shipped(name, "fr"),
                             .en = shipped(name, "en")};
    *ret_text = text;
    text = (TextVersion){0};
    return true;
}

static bool newest(StoreTx *tx, const char *name, int64_t *ret_version, GError **error)
{
    return store_query_integer(tx, ret_version, 0, error,
                               "SELECT version FROM text_version WHERE name = $1 ORDER BY version "
                               "DESC LIMIT 1", store_text(name));
}

static bool refuse_changed(GError **error)
{
    return error_set(error, ERROR_CONFLICT, "texts.changed",
                     "The text was changed meanwhile; read the newest version first.");
}

bool text_write(StoreTx *tx, const TextNew *text, int64_t now_ms, int64_t *ret_version,
                GError **error)
{
    int64_t last = 0;
    if (!g_strv_contains(text_names, text->name))
        return refuse_unknown(text->name, error);
    if (text->asks && strcmp(text->name, "terms") != 0)
        return error_set(error, ERROR_INVALID, "texts.not_terms",
                         "Only the terms of use can ask to be accepted.");
    if (!newest(tx, text->name, &last, error))
        return false;
    if (last != text->base)
        return refuse_changed(error);
    int64_t due_ms = text->asks ? now_ms + text->grace_days * TIME_DAY_MS : 0;
    if (!store_exec(tx, error,
                    "INSERT INTO text_version (name, version, fr, en, asks, due_ms, written_by, "
                    "written_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", store_text(text->name),
                    store_integer(last + 1), store_text(text->fr), store_text(text->en),
                    store_integer(text->asks ? 1 : 0), store_integer(due_ms),
                    store_text(text->by), store_integer(now_ms)))
        return false;
    *ret_version = last + 1;
    return true;
}

bool terms_state(StoreTx *tx, const char *person, TermsState *ret_state, GError **error)
{
    TermsState state = {0};
    if (!store_query_integer(tx, &state.asked, 0, error,
                             "SELECT version FROM text_version WHERE name = 'terms' AND asks = 1 "
                             "ORDER BY version DESC LIMIT 1") ||
        !store_query_integer(tx, &state.accepted, 0, error,
                             "SELECT version FROM text_acceptance WHERE person = $1 "
                             "ORDER BY version DESC LIMIT 1", store_text(person)) ||
        !store_query_integer(tx, &state.accepted_ms, 0, error,
                             "SELECT accepted_ms FROM text_acceptance WHERE person = $1 "
                             "ORDER BY version DESC LIMIT 1", store_text(person)) ||
        !store_query_integer(tx, &state.due_ms, 0, error,
                             "SELECT " TERMS_DUE_SQL " FROM person p WHERE p.id = $1",
                             store_text(person)))
        return false;
    *ret_state = state;
    return true;
}

bool terms_accept(StoreTx *tx, const char *person, int64_t version, int64_t now_ms, GError **error)
{
    int64_t last = 0;
    if (!newest(tx, "terms", &last, error))
        return false;
    if (last != version)
        return refuse_changed(error);
    return store_exec(tx, error,
                      "INSERT INTO text_acceptance (person, version, accepted_ms) VALUES ($1, $2, $3) "
                      "ON CONFLICT (person, version) DO NOTHING",
                      store_text(person), store_integer(version), store_integer(now_ms));
}
