/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, editing, submitting, reviewing: each one action. */
#include "airlock/desk.h"

#include "accreditation/accreditation.h"
#include "airlock/tell.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"
#include "identity/identity.h"
#include "projects/projects.h"

#include <string.h>

/* ---- facts ---- */

static bool desk_was_checker(StoreTx *tx, const PolicyActor *actor, const Export *export,
                             PolicyFacts *facts, GError **error)
{
    int64_t any = 0, now = 0;
    if (!store_query_integer(tx, &any, 0, error,
                             "SELECT count(*) FROM export_review WHERE export = $1 AND "
                             "checker = $2", store_text(export->id), store_text(actor->id)) ||
        !store_query_integer(tx, &now, 0, error,
                             "SELECT count(*) FROM export_review WHERE export = $1 AND "
                             "checker = $2 AND round = $3", store_text(export->id),
                             store_text(actor->id), store_integer(export->round)))
        return false;
    facts->was_checker = any > 0;
    facts->reviewed = now > 0;
    return true;
}

bool desk_facts(StoreTx *tx, const PolicyActor *actor, const Export *export, int64_t now_ms,
                PolicyFacts *ret_facts, GError **error)
{
    PolicyFacts facts = {0};
    g_autofree char *volume = g_strconcat(export->project, "/files", NULL);
    if (!project_facts_load(tx, actor, export->project, now_ms, &facts, error) ||
        !accreditation_label_held(tx, volume, actor->id, now_ms, &facts.label_held, error) ||
        !desk_was_checker(tx, actor, export, &facts, error))
        return false;
    facts.is_owner = strcmp(export->author, actor->id) == 0;
    facts.in_review = export->state == EXPORT_SUBMITTED;
    *ret_facts = facts;
    return true;
}

bool desk_load(StoreTx *tx, const PolicyActor *actor, const char *id, Export **ret_export,
               PolicyFacts *ret_facts, GError **error)
{
    g_autoptr(Export) export = NULL;
    PolicyFacts facts = {0};
    if (!export_load(tx, id, &export, error) ||
        !desk_facts(tx, actor, export, time_now_ms(), &facts, error))
        return false;
    if (!policy_decide(actor, VERB_EXPORT_VIEW, &facts).allowed)
        return error_set(error, ERROR_NOT_FOUND, "airlock.no_export", "There is no such export.");
    *ret_export = g_steal_pointer(&export);
    *ret_facts = facts;
    return true;
}

/* Everyone who may look again: the project's pages, and the checkers' queue. */
static void desk_notify(Act *act, const char *project)
{
    g_autofree char *topic = g_strconcat("project:", project, NULL);
    act_notify(act, topic);
    act_notify(act, "exports");
}

/* ---- calls ---- */

typedef struct DeskCall {
    const char *id;
    const char *project;
    const char *title, *context;
    const char *file;
    const char *comment, *code;
    ExportDecision decision;
    Export *export;
} DeskCall;

/* The common beginning of an action on an export: loaded, named in the leaf, decided. */
static bool desk_begin(Act *act, DeskCall *call, GError **error)
{
    PolicyFacts facts = {0};
    if (!desk_load(act->tx, act->actor, call->id, &call->export, &facts, error))
        return false;
    act_about(act, call->export->id, call->export->project);
    desk_notify(act, call->export->project);
    return act_allow(act, &facts, error);
}

static bool desk_run(App *app, const PolicyActor *actor, PolicyVerb verb, ActClosure closure,
                     DeskCall *call, GError **error)
{
    bool ok = act_run(app, actor, verb, closure, call, NULL, error);
    g_clear_pointer(&call->export, export_free);
    return ok;
}

static bool desk_require_editable(const Export *export, GError **error)
{
    if (export_state_is_editable(export->state))
        return true;
    return error_set(error, ERROR_CONFLICT, "airlock.state",
                     "The export is %s: it can be changed as a draft, or once returned.",
                     export_state_name(export->state));
}

/* ---- create, edit ---- */

static bool create_in_act(Act *act, void *data, GError **error)
{
    DeskCall *call = data;
    PolicyFacts facts = {0};
    int64_t now = time_now_ms();
    g_autofree char *volume = g_strconcat(call->project, "/files", NULL);
    act_about(act, call->id, call->project);
    if (!project_facts_visible(act->tx, act->actor, call->project, now, &facts, error) ||
        !accreditation_label_held(act->tx, volume, act->actor->id, now, &facts.label_held, error))
        return false;
    desk_notify(act, call->project);
    return act_allow(act, &facts, error) &&
           export_insert(act->tx, call->id, call->project, act->actor->id, call->title,
                         call->context, now, error);
}

bool desk_create(App *app, const PolicyActor *actor, const char *project, const char *title,
                 const char *context, char **ret_id, GError **error)
{
    g_autofree char *id = id_new("exp");
    DeskCall call = {.id = id, .project = project, .title = title, .context = context};
    if (!desk_run(app, actor, VERB_EXPORT_CREATE, create_in_act, &call, error))
        return false;
    *ret_id = g_steal_pointer(&id);
    return true;
}

static bool edit_in_act(Act *act, void *data, GError **error)
{
    DeskCall *call = data;
    return desk_begin(act, call, error) && desk_require_editable(call->export, error) &&
           export_edit(act->tx, call->id, call->title != NULL ? call->title : call->export->title,
                       call->context != NULL ? call->context : call->export->context, error);
}

bool desk_edit(App *app, const PolicyActor *actor, const char *id, const char *title,
               const char *context, GError **error)
{
    DeskCall call = {.id = id, .title = title, .context = context};
    return desk_run(app, actor, VERB_EXPORT_EDIT, edit_in_act, &call, error);
}

static bool remove_file_in_act(Act *act, void *data, GError **error)
{
    DeskCall *call = data;
    if (!desk_begin(act, call, error) || !desk_require_editable(call->export, error))
        return false;
    act_detail(act, "file", call->file);
    return export_file_remove(act->tx, call->id, call->file, export_round_now(call->export),
                              error);
}

bool desk_remove_file(App *app, const PolicyActor *actor, const char *id, const char *file,
                      GError **error)
{
    DeskCall call = {.id = id, .file = file};
    return desk_run(app, actor, VERB_EXPORT_EDIT, remove_file_in_act, &call, error);
}

/* ---- submit, withdraw ---- */

/* The hashes that are submitted, in the leaf: what was reviewed can be proven later. */
static bool submit_record_files(Act *act, const Export *export, GError **error)
{
    g_autoptr(GPtrArray) files = export_files(act->tx, export->id, false, error);
    if (files == NULL)
        return false;
    if (files->len == 0)
        return error_set(error, ERROR_CONFLICT, "airlock.no_files",
                         "The export has no file; add one first.");
    json_t *list = json_array();
    for (guint i = 0; i < files->len; i++) {
        const ExportFile *file = g_ptr_array_index(files, i);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", file->name, "sha256",
                                              file->sha256, "verdict", file->verdict));
    }
    json_object_set_new(act->details, "files", list);
    return true;
}

static bool submit_in_act(Act *act, void *data, GError **error)
{
    DeskCall *call = data;
    int64_t now = time_now_ms();
    if (!desk_begin(act, call, error) ||
        !export_move_check(call->export->state, EXPORT_SUBMITTED, error) ||
        !submit_record_files(act, call->export, error) ||
        !export_move(act->tx, call->export, EXPORT_SUBMITTED, now, error))
        return false;
    g_autoptr(Export) submitted = NULL;
    PolicyFacts facts = {0};
    if (!desk_load(act->tx, act->actor, call->id, &submitted, &facts, error) ||
        !export_round_keep(act->tx, submitted, error))
        return false;
    /* A tier without checkers: direct, logged. */
    return policy_tier(facts.tier)->checkers > 0
               ? export_tell_checkers(act, submitted, error)
               : export_move(act->tx, submitted, EXPORT_APPROVED, now, error);
}

bool desk_submit(App *app, const PolicyActor *actor, const char *id, GError **error)
{
    DeskCall call = {.id = id};
    return desk_run(app, actor, VERB_EXPORT_SUBMIT, submit_in_act, &call, error);
}

static bool withdraw_in_act(Act *act, void *data, GError **error)
{
    DeskCall *call = data;
    act_detail(act, "state", "withdrawn");
    return desk_begin(act, call, error) &&
           export_move(act->tx, call->export, EXPORT_WITHDRAWN, time_now_ms(), error);
}

bool desk_withdraw(App *app, const PolicyActor *actor, const char *id, GError **error)
{
    DeskCall call = {.id = id};
    return desk_run(app, actor, VERB_EXPORT_EDIT, withdraw_in_act, &call, error);
}

/* ---- review ---- */

static bool review_check_comment(Act *act, const DeskCall *call, GError **error)
{
    if (*call->comment != '\0')
        return true;
    if (call->decision != DECISION_APPROVE)
        return error_set(error, ERROR_INVALID, "airlock.comment_needed",
                         "Say in the comment what is wrong and what the author can do.");
    g_autoptr(GPtrArray) files = export_files(act->tx, call->id, false, error);
    if (files == NULL)
        return false;
    for (guint i = 0; i < files->len; i++) {
        const ExportFile *file = g_ptr_array_index(files, i);
        if (strcmp(file->verdict, "pass") != 0)
            return error_set(error, ERROR_INVALID, "airlock.flags_need_comment",
                             "%s did not pass the rules; to approve it all the same, say why in "
                             "the comment.", file->name);
    }
    return true;
}

/* The decisions of this round, the one just given among them. */
static bool review_consolidate(Act *act, const Export *export, size_t needed,
                               ExportState *ret_state, GError **error)
{
    g_autoptr(GPtrArray) reviews = export_reviews(act->tx, export->id, error);
    if (reviews == NULL)
        return false;
    g_autofree ExportDecision *given = g_new0(ExportDecision, reviews->len + 1);
    size_t count = 0;
    for (guint i = 0; i < reviews->len; i++) {
        const ExportReview *review = g_ptr_array_index(reviews, i);
        if (review->round == export->round)
            given[count++] = review->decision;
    }
    *ret_state = export_consolidate(given, count, needed);
    return true;
}

static bool review_in_act(Act *act, void *data, GError **error)
{
    DeskCall *call = data;
    ExportState state = EXPORT_SUBMITTED;
    int64_t now = time_now_ms();
    PolicyFacts facts = {0};
    if (!desk_begin(act, call, error) || !review_check_comment(act, call, error) ||
        !identity_verify_code(act->app, act->tx, act->actor->id, call->code, error) ||
        !desk_facts(act->tx, act->actor, call->export, now, &facts, error) ||
        !export_review_insert(act->tx, call->export, act->actor->id, call->decision,
                              call->comment, now, error) ||
        !review_consolidate(act, call->export, (size_t)policy_tier(facts.tier)->checkers, &state,
                            error))
        return false;
    act_detail(act, "decision", export_decision_name(call->decision));
    act_detail(act, "state", export_state_name(state));
    json_object_set_new(act->details, "round", json_integer(call->export->round));
    g_autofree char *author = g_strconcat("person:", call->export->author, NULL);
    act_notify(act, author);
    return state == EXPORT_SUBMITTED ||
           (export_move(act->tx, call->export, state, now, error) &&
            export_tell_author(act, call->export, state, error));
}

bool desk_review(App *app, const PolicyActor *actor, const char *id, ExportDecision decision,
                 const char *comment, const char *code, GError **error)
{
    DeskCall call = {.id = id, .decision = decision, .comment = comment != NULL ? comment : "",
                     .code = code};
    return desk_run(app, actor, VERB_EXPORT_REVIEW, review_in_act, &call, error);
}

/* ---- files ---- */

char *desk_file_path(const App *app, const Export *export, const char *file)
{
    return g_build_filename(app->state_dir, "projects", export->project, "drafts", export->id,
                            file, NULL);
}
