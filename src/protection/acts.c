/* SPDX-License-Identifier: Apache-2.0 */
/* What a steward does: begins a protection, publishes what came out, throws it away. */
#include "protection/internal.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/times.h"
#include "projects/projects.h"
#include "protect/protect.h"

#include <string.h>

/* ---- beginning ----------------------------------------------------------------------------------------- */

typedef struct CreateCall {
    const Protection *row;
    Source *source;
} CreateCall;

static bool create_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    CreateCall *call = data;
    PolicyFacts facts = {0};
    g_autoptr(Project) project = NULL;
    g_autoptr(Source) source = NULL;
    if (!source_load(tx, call->row->source, &source, error) ||
        !source_facts_add(tx, actor, source, NULL, NULL, &facts, error) ||
        !policy_enforce(actor, VERB_DATASET_PROTECT, &facts, error) ||
        (*call->row->project != '\0' && !project_load(tx, call->row->project, &project, error)))
        return false;
    call->source = g_steal_pointer(&source);
    return true;
}

static bool create_in(Act *act, void *data, GError **error)
{
    const CreateCall *call = data;
    PolicyFacts facts = {0};
    g_autofree char *hash =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, call->row->recipe, -1);
    act_about(act, call->row->id, NULL);
    act_detail(act, "step", "described");
    act_detail(act, "source", call->row->source);
    act_detail(act, "level", policy_name(SET_LEVEL, call->row->level));
    act_detail(act, "recipe", hash);
    return source_facts_add(act->tx, act->actor, call->source, NULL, NULL, &facts, error) &&
           act_allow(act, &facts, error) &&
           protection_insert(act->tx, call->row, act->actor->id, time_now_ms(), error);
}

/* Indented: the same bytes that `darse sdc run` and the pages write, so that one digest names a recipe. */
static char *recipe_text_of(const json_t *recipe)
{
    return json_dumps(recipe, JSON_INDENT(2));
}

static bool create_checked(App *app, const PolicyActor *actor, const Protection *row,
                           const json_t *recipe, GError **error)
{
    CreateCall call = {.row = row};
    g_autoptr(GPtrArray) domains = protect_domains(recipe);
    if (!look_run(app, actor, VERB_DATASET_PROTECT, row->source, false, create_look, &call, error))
        return false;
    bool ok = pseudonym_keys_make(app, actor, call.source, row->project, domains, error) &&
              act_run(app, actor, VERB_DATASET_PROTECT, create_in, &call, NULL, error);
    source_free(call.source);
    return ok;
}

bool protection_create(App *app, const PolicyActor *actor, const char *source,
                       const ProtectionGiven *given, char **ret_id, GError **error)
{
    if (!source_check_slug(given->slug, error) || !protect_check_recipe(given->recipe, error))
        return false;
    char *recipe = recipe_text_of(given->recipe);
    char *variables = given->variables != NULL ? json_dumps(given->variables, JSON_COMPACT) : strdup("[]");
    g_autofree char *id = id_new("prt");
    Protection row = {.id = id, .source = (char *)source, .slug = (char *)given->slug,
                      .title = (char *)given->title, .vintage = (char *)given->vintage,
                      .level = given->level, .variables = variables, .recipe = recipe,
                      .project = (char *)given->project};
    bool ok = strlen(recipe) <= PROTECTION_RECIPE_BYTES ||
              error_set(error, ERROR_TOO_LARGE, "protection.recipe",
                        "The recipe has more than %d bytes.", PROTECTION_RECIPE_BYTES);
    ok = ok && create_checked(app, actor, &row, given->recipe, error);
    free(recipe);
    free(variables);
    if (ok)
        *ret_id = g_steal_pointer(&id);
    return ok;
}

/* ---- publishing ---------------------------------------------------------------------------------------- */

static const json_t *named(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (g_strcmp0(json_string_value(json_object_get(one, "name")), name) == 0)
            return one;
    }
    return NULL;
}

typedef struct PublishCall {
    const char *id;
    Protection *p;
    json_t *variables;
} PublishCall;

/* What a column is called: as given, else as in the newest dataset of the source that has it, else by its
 * own name. */
static json_t *variable_of(const char *name, const json_t *given, const GPtrArray *datasets)
{
    const json_t *known = named(given, name);
    if (known != NULL)
        return json_deep_copy(known);
    for (guint i = datasets->len; i > 0; i--) {
        const Dataset *dataset = g_ptr_array_index(datasets, i - 1);
        g_autoptr(json_t) list = json_loads(dataset->variables, 0, NULL);
        const json_t *same = named(list, name);
        if (same == NULL)
            continue;
        json_t *variable = json_pack("{s:s, s:O}", "name", name, "label", json_object_get(same, "label"));
        json_t *description = json_object_get(same, "description");
        if (description != NULL)
            json_object_set(variable, "description", description);
        return variable;
    }
    return json_pack("{s:s, s:s}", "name", name, "label", name);
}

static json_t *variables_of(const Protection *p, const GPtrArray *datasets)
{
    g_autoptr(json_t) given = json_loads(p->variables, 0, NULL);
    g_autoptr(json_t) report = json_loads(p->report, 0, NULL);
    const json_t *columns = json_object_get(report, "columns");
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(columns); i++)
        json_array_append_new(
            list, variable_of(json_string_value(json_array_get(columns, i)), given, datasets));
    return list;
}

static bool publish_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    PublishCall *call = data;
    if (!protection_facts(tx, actor, VERB_DATASET_PROTECT, call->id, &call->p, NULL, error) ||
        !protection_move_check(call->p->state, PROTECTION_PUBLISHED, error))
        return false;
    g_autoptr(GPtrArray) datasets = dataset_list(tx, call->p->source, error);
    if (datasets == NULL)
        return false;
    call->variables = variables_of(call->p, datasets);
    return true;
}

static bool publish_also(Act *act, const char *dataset, void *data, GError **error)
{
    const PublishCall *call = data;
    act_detail(act, "protection", call->id);
    return protection_move(act->tx, call->id, PROTECTION_READY, PROTECTION_PUBLISHED, "", time_now_ms(),
                           error) &&
           store_exec(act->tx, error, "UPDATE protection SET dataset = $1 WHERE id = $2",
                      store_text(dataset), store_text(call->id));
}

static bool publish_ready(App *app, const PolicyActor *actor, PublishCall *call, GError **error)
{
    const Protection *p = call->p;
    FD_AUTO int fd = protection_open_made(app, p->id, error);
    if (fd < 0)
        return false;
    g_autofree char *file_name = g_strconcat(p->slug, ".csv", NULL);
    g_autofree char *dataset = NULL;
    char *variables = json_dumps(call->variables, JSON_COMPACT);
    SourceMade made = {.slug = p->slug, .title = p->title, .vintage = p->vintage, .level = p->level,
                       .variables = variables, .file_name = file_name, .fd = fd, .recipe = p->recipe,
                       .report = p->report, .also = publish_also, .data = call};
    bool ok = source_publish_made(app, actor, p->source, &made, &dataset, error);
    free(variables);
    return ok;
}

bool protection_publish(App *app, const PolicyActor *actor, const char *id, GError **error)
{
    PublishCall call = {.id = id};
    bool ok = look_run(app, actor, VERB_DATASET_PROTECT, id, false, publish_look, &call, error) &&
              publish_ready(app, actor, &call, error);
    if (ok)
        protection_drop_files(app, id);
    protection_free(call.p);
    json_decref(call.variables);
    return ok;
}

/* ---- throwing away ------------------------------------------------------------------------------------- */

static bool discard_in(Act *act, void *data, GError **error)
{
    const char *id = data;
    g_autoptr(Protection) p = NULL;
    act_about(act, id, NULL);
    act_detail(act, "step", "discarded");
    return protection_facts(act->tx, act->actor, VERB_DATASET_PROTECT, id, &p, NULL, error) &&
           protection_move(act->tx, id, p->state, PROTECTION_DISCARDED, "", time_now_ms(), error);
}

bool protection_discard(App *app, const PolicyActor *actor, const char *id, GError **error)
{
    if (!act_run(app, actor, VERB_DATASET_PROTECT, discard_in, (void *)id, NULL, error))
        return false;
    protection_drop_files(app, id);
    return true;
}
