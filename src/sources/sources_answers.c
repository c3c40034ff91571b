/* SPDX-License-Identifier: Apache-2.0 */
/* Sources, datasets and rules as JSON. */
#include "sources/answers.h"

#include "projects/answers.h"
#include "sources/internal.h"

#include <string.h>

json_t *answer_dataset_brief(const Dataset *d)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:{s:s, s:s, s:s}}", "id", d->id, "slug",
                     d->slug, "title", d->title, "vintage", d->vintage, "version",
                     (json_int_t)d->version, "level", policy_name(SET_LEVEL, d->level), "state",
                     dataset_state_name(d->state), "source", "id", d->source, "slug",
                     d->source_slug, "title", d->source_title);
}

/* The tiers that admit LEVEL. */
static json_t *tiers_json(unsigned level)
{
    json_t *tiers = json_array();
    for (int tier = 0; tier < TIER_COUNT; tier++) {
        const PolicyTierRow *row = policy_tier((PolicyTier)tier);
        if ((row->levels & level) != 0)
            json_array_append_new(tiers, json_string(row->name));
    }
    return tiers;
}

json_t *answer_dataset(const Dataset *d)
{
    json_t *json = answer_dataset_brief(d);
    json_t *variables = json_loads(d->variables, 0, NULL);
    g_autofree char *folder = dataset_folder(d);
    json_object_set_new(json, "failure", json_string(d->failure));
    json_object_set_new(json, "file_name", json_string(d->file_name));
    json_object_set_new(json, "file_size", json_integer(d->file_size));
    json_object_set_new(json, "file_sha256", json_string(d->file_sha256));
    json_object_set_new(json, "rows", json_integer(d->rows));
    json_object_set_new(json, "variables", variables != NULL ? variables : json_array());
    json_object_set_new(json, "encrypted", json_boolean(d->encrypted));
    json_object_set_new(json, "published", answer_time(d->published_ms));
    json_object_set_new(json, "path", json_sprintf("/data/%s", folder));
    json_object_set_new(json, "tiers", tiers_json(d->level));
    json_object_set_new(json, "has_report", json_boolean(d->has_report));
    return json;
}

/* What a project of each admitted route must have before it may use the source. */
static json_t *routes_json(const Source *s)
{
    json_t *list = json_array();
    for (const PolicyName *name = policy_names(SET_ROUTE); name->name != NULL; name++) {
        if ((s->routes & name->value) == 0)
            continue;
        const PolicyRouteRow *route = policy_route((PolicyRoute)name->value);
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:b}", "route", name->name, "terms",
                                              answer_words(SET_TERM, route->terms), "purposes",
                                              answer_words(SET_PURPOSE,
                                                           route->purposes & s->purposes),
                                              "own_organisation", route->own_organisation));
    }
    return list;
}

static json_t *stewards_json(const GPtrArray *stewards, const char *me, bool *ret_mine)
{
    json_t *persons = json_array();
    *ret_mine = false;
    for (guint i = 0; i < stewards->len; i++) {
        const SourceSteward *steward = g_ptr_array_index(stewards, i);
        *ret_mine = *ret_mine || strcmp(steward->person, me) == 0;
        json_array_append_new(persons,
                              answer_person(steward->person, steward->login, steward->name));
    }
    return persons;
}

static json_t *source_json(const PolicyActor *actor, const Source *s, const GPtrArray *stewards,
                           const SourceOffer *offer)
{
    bool mine = false;
    json_t *persons = stewards_json(stewards, actor->id, &mine);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:o, s:o, s:s, s:s, s:o, s:b, s:o}", "id", s->id,
        "slug", s->slug, "title", s->title, "summary", s->summary, "organisation", "id",
        s->organisation, "name", s->organisation_name, "legal_basis", s->legal_basis, "routes",
        answer_words(SET_ROUTE, s->routes), "purposes", answer_words(SET_PURPOSE, s->purposes),
        "rule_pack", s->rule_pack, "theme", s->theme, "stewards", persons, "mine", mine, "created",
        answer_time(s->created_ms));
    json_object_set_new(json, "levels", answer_words(SET_LEVEL, offer->levels));
    json_object_set_new(json, "dataset_count", json_integer(offer->datasets));
    json_object_set_new(json, "published", answer_time(offer->published_ms));
    json_object_set_new(json, "uses", routes_json(s));
    return json;
}

json_t *answer_sources(StoreTx *tx, const PolicyActor *actor, const GPtrArray *sources,
                       GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; i < sources->len; i++)
        g_ptr_array_add(ids, ((const Source *)g_ptr_array_index(sources, i))->id);
    g_autoptr(GHashTable) stewards = source_stewards_many(tx, ids, error);
    g_autoptr(GHashTable) offers = stewards != NULL ? source_offers(tx, ids, error) : NULL;
    if (offers == NULL)
        return NULL;
    json_t *list = json_array();
    for (guint i = 0; i < sources->len; i++) {
        const Source *s = g_ptr_array_index(sources, i);
        json_array_append_new(list, source_json(actor, s, g_hash_table_lookup(stewards, s->id),
                                                g_hash_table_lookup(offers, s->id)));
    }
    return list;
}

bool answer_source(StoreTx *tx, const PolicyActor *actor, const Source *s, json_t **ret_json,
                   GError **error)
{
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    g_ptr_array_add(one, (void *)s);
    g_autoptr(json_t) list = answer_sources(tx, actor, one, error);
    if (list == NULL)
        return false;
    *ret_json = json_incref(json_array_get(list, 0));
    return true;
}
