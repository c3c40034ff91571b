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
    "s.purposes, s.rule_pack, s.created_ms, s.version FROM source s "                              \
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

/* WORDS as a pattern of LIKE with \ as escape. */
static char *like_pattern(const char *words)
{
    GString *pattern = g_string_new("%");
    g_autofree char *lower = g_ascii_strdown(words, -1);
    for (const char *c = lower; *c != '\0'; c++) {
        if (*c == '%' || *c == '_' || *c == '\\')
            g_string_append_c(pattern, '\\');
        g_string_append_c(pattern, *c);
    }
    g_string_append_c(pattern, '%');
    return g_string_free(pattern, FALSE);
}

GPtrArray *source_list(StoreTx *tx, const char *words, const char *after, int64_t limit,
                       GError **error)
{
    g_autofree char *pattern = like_pattern(words);
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT " SOURCE_COLUMNS "WHERE s.slug > $1 AND (lower(s.title) LIKE $2 ESCAPE '\\' OR "
        "s.slug LIKE $2 ESCAPE '\\') ORDER BY s.slug LIMIT $3",
        store_text(after), store_text(pattern), store_integer(limit));
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

bool source_check(const char *legal_basis, unsigned routes, unsigned purposes,
                  const char *rule_pack, GError **error)
{
    if (routes == 0 || purposes == 0)
        return error_set(error, ERROR_INVALID, "sources.nothing_admitted",
                         "A source admits at least one route and one purpose.");
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
                      "routes, purposes, rule_pack, created_by, created_ms, version) "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)",
                      store_text(id), store_text(given->slug), store_text(given->title),
                      store_text(given->summary), store_text(organisation),
                      store_text(given->legal_basis), store_text(routes), store_text(purposes),
                      store_text(given->rule_pack), store_text(created_by),
                      store_integer(now_ms));
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
                               now, error);
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
                      "purposes = $5, rule_pack = $6, version = version + 1 WHERE id = $7",
                      store_text(or_as_is(given->title, source->title)),
                      store_text(or_as_is(given->summary, source->summary)),
                      store_text(legal_basis), store_text(route_words), store_text(purpose_words),
                      store_text(pack), store_text(call->id));
}

bool source_edit(App *app, const PolicyActor *actor, const char *source, const SourceGiven *given,
                 GError **error)
{
    SourceCall call = {source, given};
    return act_run(app, actor, VERB_SOURCE_EDIT, source_edit_in, &call, NULL, error);
}
