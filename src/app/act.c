/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way to act: decision, change and audit leaf in one savepoint; a denial is its own leaf.
 */
#include "app/app.h"

#include "app/once.h"

#include <string.h>

typedef struct ActRun {
    Act act;
    ActClosure closure;
    void *data;
} ActRun;

static void act_clear(Act *act)
{
    g_free(act->object);
    g_free(act->project);
    json_decref(act->details);
    g_ptr_array_unref(act->topics);
}

static void act_begin(Act *act, App *app, const PolicyActor *actor, PolicyVerb verb)
{
    *act = (Act){.app = app,
                 .actor = actor,
                 .verb = verb,
                 .object = g_strdup(""),
                 .project = g_strdup(""),
                 .details = json_object(),
                 .sequence = -1,
                 .topics = g_ptr_array_new_with_free_func(g_free)};
}

static AuditEntry act_entry(const Act *act, const char *outcome, const char *reason)
{
    const PolicyActor *actor = act->actor;
    return (AuditEntry){
        .verb = policy_verb_name(act->verb),
        .outcome = outcome,
        .actor = actor != NULL && actor->id != NULL ? actor->id : "",
        .object = act->object,
        .project = act->project,
        .reason = reason,
        .request = actor != NULL && actor->request != NULL ? actor->request : "",
        .address = actor != NULL && actor->address != NULL ? actor->address : "",
        .details = json_object_size(act->details) > 0 ? act->details : NULL,
    };
}

static bool act_in_savepoint(StoreTx *tx, void *data, GError **error)
{
    ActRun *run = data;
    run->act.tx = tx;
    bool ok = policy_enforce_terms(run->act.actor, run->act.verb, error) &&
              run->closure(&run->act, run->data, error);
    if (ok) {
        AuditEntry entry = act_entry(&run->act, "done", "");
        ok = once_note(tx, run->act.actor, error) &&
             audit_append(tx, &entry, &run->act.sequence, error);
    }
    run->act.tx = NULL;
    return ok;
}

static bool act_append_entry(StoreTx *tx, void *data, GError **error)
{
    const AuditEntry *entry = data;
    return audit_append(tx, entry, NULL, error);
}

/* A denial changes nothing but the log. If even that fails, the failure is what the caller sees:
 * nothing is refused in silence. */
static bool act_log_denial(Act *act, GError **error)
{
    g_autoptr(GError) problem = NULL;
    AuditEntry entry = act_entry(act, "denied", error_reason(*error));
    if (store_write(act->app->store, act_append_entry, &entry, &problem))
        return false;
    g_clear_error(error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static void act_publish(Act *act)
{
    for (guint i = 0; i < act->topics->len; i++)
        events_publish(act->app->events, g_ptr_array_index(act->topics, i), NULL);
}

bool act_run(App *app, const PolicyActor *actor, PolicyVerb verb, ActClosure closure, void *data,
             int64_t *ret_sequence, GError **error)
{
    ActRun run = {.closure = closure, .data = data};
    g_autoptr(GError) problem = NULL;
    act_begin(&run.act, app, actor, verb);
    bool ok = store_write(app->store, act_in_savepoint, &run, &problem);
    if (ok) {
        act_publish(&run.act);
        if (ret_sequence != NULL)
            *ret_sequence = run.act.sequence;
    } else if (error_is(problem, ERROR_DENIED)) {
        act_log_denial(&run.act, &problem);
    }
    act_clear(&run.act);
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&problem));
    return ok;
}

bool act_allow(Act *act, const PolicyFacts *facts, GError **error)
{
    return policy_enforce(act->actor, act->verb, facts, error);
}

static void text_replace(char **place, const char *text)
{
    if (text == NULL)
        return;
    char *copy = g_strdup(text);
    g_free(*place);
    *place = copy;
}

void act_about(Act *act, const char *object, const char *project)
{
    text_replace(&act->object, object);
    text_replace(&act->project, project);
}

void act_detail(Act *act, const char *key, const char *value)
{
    json_object_set_new(act->details, key, json_string_nocheck(value != NULL ? value : ""));
}

void act_notify(Act *act, const char *topic)
{
    g_ptr_array_add(act->topics, g_strdup(topic));
}

/* ---- reading ------------------------------------------------------------------------------- */

typedef struct Look {
    const PolicyActor *actor;
    PolicyVerb verb;
    LookClosure closure;
    void *data;
} Look;

static bool look_in_snapshot(StoreTx *tx, void *data, GError **error)
{
    Look *look = data;
    return policy_enforce_terms(look->actor, look->verb, error) &&
           look->closure(tx, look->actor, look->data, error);
}

bool look_run(App *app, const PolicyActor *actor, PolicyVerb verb, const char *object,
              bool audited, LookClosure closure, void *data, GError **error)
{
    Look look = {.actor = actor, .verb = verb, .closure = closure, .data = data};
    g_autoptr(GError) problem = NULL;
    bool ok = store_read(app->store, look_in_snapshot, &look, &problem);
    bool refused = !ok && error_is(problem, ERROR_DENIED);
    if (refused || (ok && audited)) {
        Act act;
        act_begin(&act, app, actor, verb);
        act_about(&act, object, NULL);
        if (refused) {
            act_log_denial(&act, &problem);
        } else {
            AuditEntry entry = act_entry(&act, "done", "");
            ok = store_write(app->store, act_append_entry, &entry, &problem);
        }
        act_clear(&act);
    }
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&problem));
    return ok;
}

App *request_app(const HttpRequest *request)
{
    return http_request_site_data(request);
}

const PolicyActor *request_actor(const HttpRequest *request)
{
    return http_request_actor(request);
}
