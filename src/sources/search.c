/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding sources: an index of words that both databases hold as plain rows. What is looked for is
 * the beginning of words, without case and accents, in the source, its published datasets and their
 * variables; a description that nobody may see yet is not found either.
 */
#include "base/encode.h"
#include "base/error.h"
#include "sources/internal.h"

#include <string.h>

GHashTable *source_words_new(void)
{
    return g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
}

static void word_take(GHashTable *words, GString *word)
{
    if (word->len > 0 && g_hash_table_size(words) < SOURCE_WORDS_MAX)
        g_hash_table_add(words, g_bytes_new(word->str, word->len));
    g_string_truncate(word, 0);
}

void source_words_add(GHashTable *words, const char *text)
{
    g_autofree char *folded = text_fold(text);
    g_autoptr(GString) word = g_string_new(NULL);
    for (const char *c = folded; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar letter = g_utf8_get_char(c);
        if (!g_unichar_isalnum(letter))
            word_take(words, word);
        else if (word->len + 6 <= SOURCE_WORD_BYTES)
            g_string_append_unichar(word, letter);
    }
    word_take(words, word);
}

/* ---- the index ---- */

static void variables_add(GHashTable *words, const char *variables)
{
    g_autoptr(json_t) list = json_parse(variables, strlen(variables), NULL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        static const char *const keys[] = {"name", "label"};
        for (size_t k = 0; k < G_N_ELEMENTS(keys); k++) {
            const char *text = json_string_value(json_object_get(json_array_get(list, i), keys[k]));
            if (text != NULL)
                source_words_add(words, text);
        }
    }
}

static bool words_write(StoreTx *tx, const char *source, GHashTable *words, GError **error)
{
    GHashTableIter iterator;
    gpointer word;
    if (!store_exec(tx, error, "DELETE FROM source_word WHERE source = $1", store_text(source)))
        return false;
    g_hash_table_iter_init(&iterator, words);
    while (g_hash_table_iter_next(&iterator, &word, NULL)) {
        gsize size = 0;
        const void *bytes = g_bytes_get_data(word, &size);
        if (!store_exec(tx, error, "INSERT INTO source_word (word, source) VALUES ($1, $2)",
                        store_bytes(bytes, size), store_text(source)))
            return false;
    }
    return true;
}

bool source_index(StoreTx *tx, const char *id, GError **error)
{
    g_autoptr(Source) source = NULL;
    if (!source_load(tx, id, &source, error))
        return false;
    g_autoptr(GPtrArray) datasets = dataset_list(tx, id, error);
    if (datasets == NULL)
        return false;
    g_autoptr(GHashTable) words = source_words_new();
    const char *const texts[] = {source->title, source->slug, source->organisation_name,
                                 source->summary};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        source_words_add(words, texts[i]);
    for (guint i = 0; i < datasets->len; i++) {
        const Dataset *dataset = g_ptr_array_index(datasets, i);
        if (dataset->state != DATASET_PUBLISHED)
            continue;
        source_words_add(words, dataset->title);
        source_words_add(words, dataset->vintage);
        variables_add(words, dataset->variables);
    }
    return words_write(tx, id, words, error);
}

bool source_index_missing(StoreTx *tx, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT s.id FROM source s WHERE NOT EXISTS (SELECT 1 FROM source_word w WHERE "
                   "w.source = s.id)");
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem))
        g_ptr_array_add(ids, g_strdup(store_row_text(rows, 0)));
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    for (guint i = 0; i < ids->len; i++) {
        if (!source_index(tx, g_ptr_array_index(ids, i), error))
            return false;
    }
    return true;
}

/* ---- what it offers, and how many match ---- */

static bool take_offer(StoreRows *rows, void *data, GError **error)
{
    const char *source = store_row_text(rows, 0);
    SourceOffer *offer = g_hash_table_lookup(data, source);
    unsigned level = 0;
    if (!policy_value(SET_LEVEL, store_row_text(rows, 1), &level))
        return error_set(error, ERROR_INTERNAL, "sources.word", "Unknown level in %s", source);
    offer->levels |= level;
    offer->datasets += store_row_integer(rows, 2);
    offer->published_ms = MAX(offer->published_ms, store_row_integer(rows, 3));
    return true;
}

GHashTable *source_offers(StoreTx *tx, const GPtrArray *sources, GError **error)
{
    g_autoptr(GHashTable) offers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < sources->len; i++)
        g_hash_table_insert(offers, g_strdup(g_ptr_array_index(sources, i)),
                            g_new0(SourceOffer, 1));
    if (!store_query_keys(tx, sources, take_offer, offers, error,
                          "SELECT source, level, count(*), max(published_ms) FROM dataset WHERE "
                          "source IN ($keys) AND state = 'published' GROUP BY source, level"))
        return NULL;
    return g_steal_pointer(&offers);
}

/* The dimensions that a source is filtered by, as bits: which of the query's filters it passes. */
enum { BY_PRODUCER = 1, BY_THEME = 2, BY_LEVEL = 4, BY_ROUTE = 8, BY_PURPOSE = 16, BY_ALL = 31 };

static bool passes(const char *wanted, const char *value)
{
    return wanted == NULL || strcmp(wanted, value) == 0;
}

static unsigned filters_passed(const SourceQuery *query, const Source *source, unsigned levels)
{
    return (passes(query->producer, source->organisation) ? BY_PRODUCER : 0u) |
           (passes(query->theme, source->theme) ? BY_THEME : 0u) |
           (query->level == 0 || (levels & query->level) != 0 ? BY_LEVEL : 0u) |
           (query->route == 0 || (source->routes & query->route) != 0 ? BY_ROUTE : 0u) |
           (query->purpose == 0 || (source->purposes & query->purpose) != 0 ? BY_PURPOSE : 0u);
}

static json_t *facet_of(json_t *list, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *row = json_array_get(list, i);
        if (strcmp(json_string_value(json_object_get(row, key)), value) == 0)
            return row;
    }
    json_t *row = json_pack("{s:s, s:i}", key, value, "count", 0);
    json_array_append_new(list, row);
    return row;
}

static void facet_count(json_t *facets, const char *name, const char *key, const char *value,
                        const char *label)
{
    json_t *row = facet_of(json_object_get(facets, name), key, value);
    json_int_t count = json_integer_value(json_object_get(row, "count"));
    json_object_set_new(row, "count", json_integer(count + 1));
    if (label != NULL)
        json_object_set_new(row, "name", json_string(label));
}

static void facet_count_bits(json_t *facets, const char *name, PolicySet set, unsigned bits)
{
    for (const PolicyName *word = policy_names(set); word->name != NULL; word++) {
        if ((bits & word->value) != 0)
            facet_count(facets, name, "value", word->name, NULL);
    }
}

static void facets_add(json_t *facets, const Source *source, unsigned levels, unsigned passed)
{
    if ((passed | BY_PRODUCER) == BY_ALL)
        facet_count(facets, "producers", "id", source->organisation, source->organisation_name);
    if ((passed | BY_THEME) == BY_ALL)
        facet_count(facets, "themes", "value", source->theme, NULL);
    if ((passed | BY_LEVEL) == BY_ALL)
        facet_count_bits(facets, "levels", SET_LEVEL, levels);
    if ((passed | BY_ROUTE) == BY_ALL)
        facet_count_bits(facets, "routes", SET_ROUTE, source->routes);
    if ((passed | BY_PURPOSE) == BY_ALL)
        facet_count_bits(facets, "purposes", SET_PURPOSE, source->purposes);
    if (passed == BY_ALL) {
        json_int_t total = json_integer_value(json_object_get(facets, "total"));
        json_object_set_new(facets, "total", json_integer(total + 1));
    }
}

/* Source id -> PolicyLevel bits of its published datasets, in one query. */
static GHashTable *levels_load(StoreTx *tx, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT DISTINCT source, level FROM dataset WHERE state = 'published'");
    g_autoptr(GHashTable) levels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return NULL;
    while (store_next(rows, &problem)) {
        unsigned level = 0;
        const char *source = store_row_text(rows, 0);
        policy_value(SET_LEVEL, store_row_text(rows, 1), &level);
        level |= GPOINTER_TO_UINT(g_hash_table_lookup(levels, source));
        g_hash_table_insert(levels, g_strdup(source), GUINT_TO_POINTER(level));
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&levels);
}

json_t *source_facets(StoreTx *tx, const SourceQuery *query, GError **error)
{
    SourceQuery wide = {.words = query->words, .steward = query->steward, .limit = INT32_MAX};
    g_autoptr(GPtrArray) list = source_list(tx, &wide, error);
    g_autoptr(GHashTable) levels = list != NULL ? levels_load(tx, error) : NULL;
    if (levels == NULL)
        return NULL;
    json_t *facets = json_pack("{s:i, s:[], s:[], s:[], s:[], s:[]}", "total", 0, "producers",
                               "themes", "levels", "routes", "purposes");
    for (guint i = 0; i < list->len; i++) {
        const Source *source = g_ptr_array_index(list, i);
        unsigned held = GPOINTER_TO_UINT(g_hash_table_lookup(levels, source->id));
        facets_add(facets, source, held, filters_passed(query, source, held));
    }
    return facets;
}
