/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: their rows, their stewards, and what their law of collection excludes. */
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "identity/identity.h"
#include "sdc/sdc.h"
#include "sources/internal.h"

#include <string.h>

#define SOURCE_COLUMNS                                                                             \
    "s.id, s.slug, s.title, s.summary, s.organisation, o.name, s.legal_basis, s.routes, "          \
    "s.purposes, s.rule_pack, s.created_ms, s.version, s.theme FROM source s "                     \
    "JOIN organisation o ON o.id = s.organisation "

void source_free(Source *source)
{
    if (source == NULL)
        return;
    g_free(source->id);
    g_free(source->slug);
    g_free(source->title);
    g_free(source->summary);
    g_free(source->organisation);
    g_free(source->organisation_name);
    g_free(source->legal_basis);
    g_free(source->rule_pack);
    g_free(source->theme);
    g_free(source);
}

void source_steward_free(SourceSteward *steward)
{
    if (steward == NULL)
        return;
    g_free(steward->person);
    g_free(steward->login);
    g_free(steward->name);
    g_free(steward);
}

/* ---- reading ------------------------------------------------------------------------------- */

static Source *source_of_row(StoreRows *rows, GError **error)
{
    g_autoptr(Source) source = g_new0(Source, 1);
    source->id = g_strdup(store_row_text(rows, 0));
    source->slug = g_strdup(store_row_text(rows, 1));
    source->title = g_strdup(store_row_text(rows, 2));
    source->summary = g_strdup(store_row_text(rows, 3));
    source->organisation = g_strdup(store_row_text(rows, 4));
    source->organisation_name = g_strdup(store_row_text(rows, 5));
    source->legal_basis = g_strdup(store_row_text(rows, 6));
    if (!policy_parse_set(SET_ROUTE, store_row_text(rows, 7), &source->routes) ||
        !policy_parse_set(SET_PURPOSE, store_row_text(rows, 8), &source->purposes)) {
        error_set(error, ERROR_INTERNAL, "sources.word", "Unknown word in source %s", source->id);
        return NULL;
    }
    source->rule_pack = g_strdup(store_row_text(rows, 9));
    source->created_ms = store_row_integer(rows, 10);
    source->version = store_row_integer(rows, 11);
    source->theme = g_strdup(store_row_text(rows, 12));
    return g_steal_pointer(&source);
}

bool source_load(StoreTx *tx, const char *id, Source **ret_source, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT " SOURCE_COLUMNS "WHERE s.id = $1", store_text(id));
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    if (!store_next(rows, &problem)) {
        if (problem == NULL)
            return error_set(error, ERROR_NOT_FOUND, "sources.no_source",
                             "There is no source \"%s\".", id);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    Source *source = source_of_row(rows, error);
    if (source == NULL)
        return false;
    *ret_source = source;
    return true;
}

/* The words looked for, folded; the range of a beginning is [word, word with its last byte + 1). */
typedef struct Ranges {
    GBytes *from[SOURCE_QUERY_WORDS], *to[SOURCE_QUERY_WORDS];
    size_t count;
} Ranges;

static void ranges_clear(Ranges *ranges)
{
    for (size_t i = 0; i < SOURCE_QUERY_WORDS; i++) {
        g_clear_pointer(&ranges->from[i], g_bytes_unref);
        g_clear_pointer(&ranges->to[i], g_bytes_unref);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ranges, ranges_clear)

static bool ranges_of(const char *words, Ranges *ret_ranges, GError **error)
{
    g_autoptr(GHashTable) set = source_words_new();
    GHashTableIter iterator;
    gpointer word;
    source_words_add(set, words != NULL ? words : "");
    if (g_hash_table_size(set) > SOURCE_QUERY_WORDS)
        return error_set(error, ERROR_INVALID, "sources.too_many_words",
                         "Look for at most %d words at once.", SOURCE_QUERY_WORDS);
    g_hash_table_iter_init(&iterator, set);
    while (g_hash_table_iter_next(&iterator, &word, NULL)) {
        gsize size = 0;
        const guint8 *bytes = g_bytes_get_data(word, &size);
        g_autofree guint8 *end = g_memdup2(bytes, size);
        end[size - 1]++; /* never 255: the bytes are UTF-8 */
        ret_ranges->from[ret_ranges->count] = g_bytes_ref(word);
        ret_ranges->to[ret_ranges->count++] = g_bytes_new(end, size);
    }
    for (size_t i = ret_ranges->count; i < SOURCE_QUERY_WORDS; i++) {
        ret_ranges->from[i] = g_bytes_new("", 0);
        ret_ranges->to[i] = g_bytes_new("", 0);
    }
    return true;
}

static StoreValue value_of_bytes(GBytes *bytes)
{
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);
    return store_bytes(data != NULL ? data : "", size);
}

static StoreValue value_of_word(PolicySet set, unsigned value)
{
    return store_text(value != 0 ? policy_name(set, value) : "");
}

#define HAS_WORD(least, from, to)                                                                  \
    "AND ($9 < " #least " OR s.id IN (SELECT w.source FROM source_word w WHERE w.word >= $" #from  \
    " AND w.word < $" #to ")) "

/* A source's words and a dataset's level are looked for as sets: each is one range of an index. */
static const char list_sql[] =
    "SELECT " SOURCE_COLUMNS "WHERE s.slug > $1 AND ($2 = '' OR s.organisation = $2) AND "
    "($3 = '' OR s.theme = $3) AND ($4 = '' OR ' ' || s.routes || ' ' LIKE '% ' || $4 || ' %') AND "
    "($5 = '' OR ' ' || s.purposes || ' ' LIKE '% ' || $5 || ' %') AND "
    "($6 = '' OR EXISTS (SELECT 1 FROM dataset d WHERE d.source = s.id AND d.state = 'published' "
    "AND d.level = $6)) AND ($7 = '' OR EXISTS (SELECT 1 FROM source_steward t WHERE "
    "t.source = s.id AND t.person = $7)) "
    HAS_WORD(1, 10, 11) HAS_WORD(2, 12, 13) HAS_WORD(3, 14, 15) HAS_WORD(4, 16, 17)
    HAS_WORD(5, 18, 19) HAS_WORD(6, 20, 21) "ORDER BY s.slug LIMIT $8";

GPtrArray *source_list(StoreTx *tx, const SourceQuery *query, GError **error)
{
    g_auto(Ranges) ranges = {0};
    if (!ranges_of(query->words, &ranges, error))
        return NULL;
    StoreValue values[9 + 2 * SOURCE_QUERY_WORDS] = {
        store_text(query->after != NULL ? query->after : ""),
        store_text(query->producer != NULL ? query->producer : ""),
        store_text(query->theme != NULL ? query->theme : ""),
        value_of_word(SET_ROUTE, query->route),
        value_of_word(SET_PURPOSE, query->purpose),
        value_of_word(SET_LEVEL, query->level),
        store_text(query->steward != NULL ? query->steward : ""),
        store_integer(query->limit),
        store_integer((int64_t)ranges.count),
    };
    for (size_t i = 0; i < SOURCE_QUERY_WORDS; i++) {
        values[9 + 2 * i] = value_of_bytes(ranges.from[i]);
        values[10 + 2 * i] = value_of_bytes(ranges.to[i]);
    }
    g_autoptr(StoreRows) rows =
        store_query_values(tx, list_sql, values, G_N_ELEMENTS(values), error);
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)source_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        Source *source = source_of_row(rows, error);
        if (source == NULL)
            return NULL;
        g_ptr_array_add(list, source);
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&list);
}

GPtrArray *source_stewards(StoreTx *tx, const char *source, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT s.person, p.login, p.name FROM source_steward s JOIN person p ON p.id = s.person "
        "WHERE s.source = $1 ORDER BY p.login", store_text(source));
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)source_steward_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem)) {
        SourceSteward *steward = g_new0(SourceSteward, 1);
        steward->person = g_strdup(store_row_text(rows, 0));
        steward->login = g_strdup(store_row_text(rows, 1));
        steward->name = g_strdup(store_row_text(rows, 2));
        g_ptr_array_add(list, steward);
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&list);
}

static bool take_steward(StoreRows *rows, void *data, GError **error)
{
    (void)error;
    SourceSteward *steward = g_new0(SourceSteward, 1);
    steward->person = g_strdup(store_row_text(rows, 0));
    steward->login = g_strdup(store_row_text(rows, 1));
    steward->name = g_strdup(store_row_text(rows, 2));
    g_ptr_array_add(g_hash_table_lookup(data, store_row_text(rows, 3)), steward);
    return true;
}

GHashTable *source_stewards_many(StoreTx *tx, const GPtrArray *sources, GError **error)
{
    g_autoptr(GHashTable) stewards = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                           (GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < sources->len; i++)
        g_hash_table_insert(stewards, g_strdup(g_ptr_array_index(sources, i)),
                            g_ptr_array_new_with_free_func((GDestroyNotify)source_steward_free));
    if (!store_query_keys(tx, sources, take_steward, stewards, error,
                          "SELECT s.person, p.login, p.name, s.source FROM source_steward s JOIN "
                          "person p ON p.id = s.person WHERE s.source IN ($keys) ORDER BY p.login"))
        return NULL;
    return g_steal_pointer(&stewards);
}

GHashTable *source_stewarded(StoreTx *tx, const char *person, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT source FROM source_steward WHERE person = $1", store_text(person));
    g_autoptr(GHashTable) sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return NULL;
    while (store_next(rows, &problem))
        g_hash_table_add(sources, g_strdup(store_row_text(rows, 0)));
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&sources);
}

bool source_is_steward(StoreTx *tx, const char *source, const char *person, bool *ret_steward,
                       GError **error)
{
    int64_t count = 0;
    if (!store_query_integer(tx, &count, 0, error,
                             "SELECT count(*) FROM source_steward WHERE source = $1 AND "
                             "person = $2", store_text(source), store_text(person)))
        return false;
    *ret_steward = count > 0;
    return true;
}

bool source_facts_add(StoreTx *tx, const PolicyActor *actor, const Source *source,
                      const Dataset *dataset, const char *project_organisation,
                      PolicyFacts *facts, GError **error)
{
    if (actor != NULL &&
        !source_is_steward(tx, source->id, actor->id, &facts->is_steward, error))
        return false;
    facts->source_routes = source->routes;
    facts->source_purposes = source->purposes;
    if (dataset != NULL)
        facts->level = dataset->level;
    if (project_organisation != NULL)
        facts->same_organisation = strcmp(project_organisation, source->organisation) == 0;
    return true;
}

/* ---- what a source may declare ------------------------------------------------------------- */

typedef struct SourceLaw {
    const char *mark;             /* in the legal basis */
    unsigned never;               /* PolicyPurpose bits */
    const char *why;
} SourceLaw;

static const SourceLaw laws[] = {
    {"51-711", PURPOSE_CONTROL | PURPOSE_ENFORCEMENT,
     "Data collected under law 51-711 may never serve control or enforcement (article 6)."},
};

bool source_refuse_nothing(GError **error)
{
    return error_set(error, ERROR_INVALID, "sources.nothing_admitted",
                     "A source admits at least one route and one purpose.");
}

bool source_check(const char *legal_basis, unsigned routes, unsigned purposes,
                  const char *rule_pack, GError **error)
{
    if (routes == 0 || purposes == 0)
        return source_refuse_nothing(error);
    if (sdc_pack_find(rule_pack) == NULL)
        return error_set(error, ERROR_INVALID, "sources.no_rule_pack",
                         "There is no rule pack \"%s\"; see the list of rule packs.", rule_pack);
    for (size_t i = 0; i < G_N_ELEMENTS(laws); i++) {
        if (strstr(legal_basis, laws[i].mark) != NULL && (purposes & laws[i].never) != 0)
            return error_set(error, ERROR_UNPROCESSABLE, "sources.law_excludes_purpose", "%s",
                             laws[i].why);
    }
    return true;
}

bool source_check_slug(const char *slug, GError **error)
{
    size_t length = strlen(slug);
    bool ok = length >= 2 && length <= 50 && slug[0] != '-' && slug[length - 1] != '-' &&
              strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
    if (ok)
        return true;
    return error_set(error, ERROR_INVALID, "sources.slug",
                     "The short name \"%s\" is not usable as a folder: use 2 to 50 lower-case "
                     "letters, digits and hyphens, no hyphen at either end.", slug);
}

/* ---- changing ------------------------------------------------------------------------------- */

bool source_insert(StoreTx *tx, const SourceGiven *given, const char *id,
                   const char *organisation, const char *created_by, int64_t now_ms,
                   GError **error)
{
    int64_t taken = 0;
    if (!source_check_slug(given->slug, error) ||
        !source_check(given->legal_basis, given->routes, given->purposes, given->rule_pack,
                      error) ||
        !store_query_integer(tx, &taken, 0, error, "SELECT count(*) FROM source WHERE slug = $1",
                             store_text(given->slug)))
        return false;
    if (taken > 0)
        return error_set(error, ERROR_CONFLICT, "sources.slug_taken",
                         "A source named \"%s\" exists already; choose another short name.",
                         given->slug);
    g_autofree char *routes = policy_format_set(SET_ROUTE, given->routes);
    g_autofree char *purposes = policy_format_set(SET_PURPOSE, given->purposes);
    return store_exec(tx, error,
                      "INSERT INTO source (id, slug, title, summary, organisation, legal_basis, "
                      "routes, purposes, rule_pack, created_by, created_ms, version, theme) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12)",
                      store_text(id), store_text(given->slug), store_text(given->title),
                      store_text(given->summary), store_text(organisation),
                      store_text(given->legal_basis), store_text(routes), store_text(purposes),
                      store_text(given->rule_pack), store_text(created_by),
                      store_integer(now_ms),
                      store_text(given->theme != NULL ? given->theme : "other"));
}

bool source_stewards_set(StoreTx *tx, const char *source, const char *const *logins,
                         int64_t now_ms, GError **error)
{
    if (logins[0] == NULL)
        return error_set(error, ERROR_INVALID, "sources.no_steward",
                         "A source always has a steward, who answers for it.");
    if (!store_exec(tx, error, "DELETE FROM source_steward WHERE source = $1",
                    store_text(source)))
        return false;
    for (const char *const *login = logins; *login != NULL; login++) {
        g_autoptr(IdentityPerson) person = NULL;
        if (!identity_person_find(tx, *login, &person, error))
            return false;
        if (person->disabled_ms != 0)
            return error_set(error, ERROR_CONFLICT, "sources.steward_disabled",
                             "The account \"%s\" is disabled: it cannot answer for a source.",
                             *login);
        if (!store_exec(tx, error,
                        "INSERT INTO source_steward (source, person, added_ms) "
                        "VALUES ($1, $2, $3) ON CONFLICT (source, person) DO NOTHING",
                        store_text(source), store_text(person->id), store_integer(now_ms)))
            return false;
    }
    return true;
}

typedef struct SourceCall {
    const char *id;
    const SourceGiven *given;
} SourceCall;

static bool source_create_in(Act *act, void *data, GError **error)
{
    const SourceCall *call = data;
    const char *const author[] = {act->actor->login, NULL};
    int64_t now = time_now_ms();
    act_about(act, call->id, NULL);
    act_detail(act, "slug", call->given->slug);
    act_notify(act, "applications");
    return act_allow(act, NULL, error) &&
           source_insert(act->tx, call->given, call->id, act->actor->organisation, act->actor->id,
                         now, error) &&
           source_stewards_set(act->tx, call->id,
                               call->given->stewards != NULL ? call->given->stewards : author,
                               now, error) &&
           source_index(act->tx, call->id, error);
}

bool source_create(App *app, const PolicyActor *actor, const SourceGiven *given, char **ret_id,
                   GError **error)
{
    g_autofree char *id = id_new("src");
    SourceCall call = {id, given};
    if (!act_run(app, actor, VERB_SOURCE_CREATE, source_create_in, &call, NULL, error))
        return false;
    *ret_id = g_steal_pointer(&id);
    return true;
}

static const char *or_as_is(const char *given, const char *present)
{
    return given != NULL ? given : present;
}

static bool source_edit_in(Act *act, void *data, GError **error)
{
    const SourceCall *call = data;
    const SourceGiven *given = call->given;
    PolicyFacts facts = {0};
    g_autoptr(Source) source = NULL;
    act_about(act, call->id, NULL);
    if (!source_load(act->tx, call->id, &source, error) ||
        !source_facts_add(act->tx, act->actor, source, NULL, NULL, &facts, error) ||
        !act_allow(act, &facts, error))
        return false;
    unsigned routes = given->routes != 0 ? given->routes : source->routes;
    unsigned purposes = given->purposes != 0 ? given->purposes : source->purposes;
    const char *legal_basis = or_as_is(given->legal_basis, source->legal_basis);
    const char *pack = or_as_is(given->rule_pack, source->rule_pack);
    if (!source_check(legal_basis, routes, purposes, pack, error))
        return false;
    if (given->stewards != NULL &&
        !source_stewards_set(act->tx, call->id, given->stewards, time_now_ms(), error))
        return false;
    g_autofree char *route_words = policy_format_set(SET_ROUTE, routes);
    g_autofree char *purpose_words = policy_format_set(SET_PURPOSE, purposes);
    act_detail(act, "routes", route_words);
    act_detail(act, "purposes", purpose_words);
    act_detail(act, "rule_pack", pack);
    act_notify(act, "rights");
    act_notify(act, "applications");
    return store_exec(act->tx, error,
                      "UPDATE source SET title = $1, summary = $2, legal_basis = $3, routes = $4, "
                      "purposes = $5, rule_pack = $6, theme = $7, version = version + 1 "
                      "WHERE id = $8",
                      store_text(or_as_is(given->title, source->title)),
                      store_text(or_as_is(given->summary, source->summary)),
                      store_text(legal_basis), store_text(route_words), store_text(purpose_words),
                      store_text(pack), store_text(or_as_is(given->theme, source->theme)),
                      store_text(call->id)) &&
           source_index(act->tx, call->id, error);
}

bool source_edit(App *app, const PolicyActor *actor, const char *source, const SourceGiven *given,
                 GError **error)
{
    SourceCall call = {source, given};
    return act_run(app, actor, VERB_SOURCE_EDIT, source_edit_in, &call, NULL, error);
}
