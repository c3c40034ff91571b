/* SPDX-License-Identifier: Apache-2.0 */
/* Somewhere in a project's files: what was asked for, whether it may be, and the log of it. */
#include "accreditation/accreditation.h"
#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/times.h"
#include "files/internal.h"
#include "lake/reader.h"
#include "lake/rights.h"
#include "lake/state.h"

#include <string.h>

const char *const files_places[] = {"project", "home", "bucket", NULL};

void files_target_clear(FilesTarget *target)
{
    g_clear_pointer(&target->project, project_free);
    g_clear_pointer(&target->object, lake_object_free);
}

bool files_place_parse(const char *name, FilesPlace *ret_place)
{
    for (int i = 0; files_places[i] != NULL; i++) {
        if (g_strcmp0(files_places[i], name) == 0) {
            *ret_place = (FilesPlace)i;
            return true;
        }
    }
    return false;
}

bool files_target_check(const FilesTarget *target, bool needs_path, GError **error)
{
    if (*target->path == '\0')
        return !needs_path || error_set(error, ERROR_INVALID, "files.path",
                                        "Say which file or folder, in \"path\".");
    return target->place == PLACE_BUCKET ? lake_key_check(target->path, error)
                                         : path_check_relative(target->path, error);
}

bool files_target_read(HttpRequest *request, bool needs_path, FilesTarget *ret_target,
                       GError **error)
{
    const char *place = http_request_query(request, "place");
    const char *path = http_request_query(request, "path");
    FilesTarget target = {
        .app = request_app(request),
        .actor = request_actor(request),
        .project_id = http_request_segment(request, "project"),
        .path = path != NULL ? path : "",
    };
    if (place != NULL && !files_place_parse(place, &target.place))
        return error_set(error, ERROR_INVALID, "files.place", "There is no such place.");
    if (!files_target_check(&target, needs_path, error))
        return false;
    *ret_target = target;
    return true;
}

char *files_target_text(const FilesTarget *target)
{
    return g_strdup_printf("%s:/%s", files_places[target->place], target->path);
}

PlanVolume files_target_volume(const FilesTarget *target)
{
    return (PlanVolume){.project_id = target->project->id,
                        .id_base = target->project->id_base,
                        .login = target->place == PLACE_HOME ? target->actor->login : NULL};
}

/* ---- may it be? ---- */

/* In the bucket, outside of the bubbles, one rule holds whichever door of ours one comes by: the
 * lake's. To be shown an object is to get it. */
PolicyVerb files_verb(const FilesTarget *target, PolicyVerb verb)
{
    static const struct {
        PolicyVerb volume, bucket;
    } rows[] = {
        {VERB_FILES_VIEW, VERB_LAKE_LIST}, {VERB_FILES_SHOW, VERB_LAKE_GET},
        {VERB_FILES_GET, VERB_LAKE_GET},   {VERB_FILES_PUT, VERB_LAKE_PUT},
        {VERB_FILES_CHANGE, VERB_LAKE_DELETE},
    };
    for (size_t i = 0; target->place == PLACE_BUCKET && i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].volume == verb)
            return rows[i].bucket;
    }
    return verb;
}

static bool load_bucket(StoreTx *tx, FilesTarget *target, int64_t now_ms, GError **error)
{
    const LakeCaller caller = {.actor = target->actor, .person = target->actor->id};
    g_clear_pointer(&target->object, lake_object_free);
    if (!lake_facts(tx, &caller, target->project_id, now_ms, &target->facts, error) ||
        (*target->path != '\0' &&
         !lake_object_find(tx, target->project_id, target->path, &target->object, error)))
        return false;
    /* Somebody else's name and a name that is not there get one refusal (decision 0054). */
    target->facts.own_upload = target->object != NULL
                                   ? lake_is_own(&caller, target->object)
                                   : true;
    return true;
}

static bool load_volume(StoreTx *tx, FilesTarget *target, int64_t now_ms, GError **error)
{
    g_autofree char *volume =
        target->place == PLACE_HOME
            ? g_strconcat(target->project_id, "/home/", target->actor->id, NULL)
            : g_strconcat(target->project_id, "/files", NULL);
    return accreditation_label_held(tx, volume, target->actor->id, now_ms,
                                    &target->facts.label_held, error);
}

bool files_target_load(StoreTx *tx, FilesTarget *target, GError **error)
{
    int64_t now = time_now_ms();
    g_clear_pointer(&target->project, project_free);
    if (!project_facts_visible(tx, target->actor, target->project_id, now, &target->facts, error) ||
        !project_load(tx, target->project_id, &target->project, error))
        return false;
    return target->place == PLACE_BUCKET ? load_bucket(tx, target, now, error)
                                         : load_volume(tx, target, now, error);
}

typedef struct TargetLook {
    FilesTarget *target;
    PolicyVerb verb;
} TargetLook;

/* A reader of the bucket who may not download learns nothing of which names are there. */
static void hide_missing(TargetLook *look)
{
    FilesTarget *target = look->target;
    if (look->verb == VERB_LAKE_GET && target->object == NULL)
        target->facts.own_upload = false;
    if (look->verb == VERB_LAKE_LIST)
        target->facts.own_upload = true;   /* lake_list_only() says of whom */
}

static bool target_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    TargetLook *look = data;
    if (!files_target_load(tx, look->target, error))
        return false;
    hide_missing(look);
    return policy_enforce(actor, look->verb, &look->target->facts, error);
}

bool files_target_look(FilesTarget *target, PolicyVerb verb, GError **error)
{
    TargetLook look = {target, files_verb(target, verb)};
    g_autofree char *text = files_target_text(target);
    return look_run(target->app, target->actor, look.verb, text, false, target_look, &look, error);
}

bool files_target_look_noted(FilesTarget *target, PolicyVerb verb, GError **error)
{
    g_autofree char *text = files_target_text(target);
    return files_target_look(target, verb, error) &&
           lake_reads_note(lake_of(target->app)->reads, target->actor, files_verb(target, verb),
                           target->project_id, text, error);
}

/* ---- acting ---- */

typedef struct TargetAct {
    FilesTarget *target;
    json_t *details;
    FilesChange change;
    void *data;
} TargetAct;

static bool target_act(Act *act, void *data, GError **error)
{
    TargetAct *run = data;
    FilesTarget *target = run->target;
    g_autofree char *text = files_target_text(target);
    g_autofree char *topic = g_strconcat("project:", target->project_id, NULL);
    act_about(act, text, target->project_id);
    if (!files_target_load(act->tx, target, error) || !act_allow(act, &target->facts, error))
        return false;
    if (run->details != NULL)
        json_object_update(act->details, run->details);
    act_notify(act, topic);
    return run->change == NULL || run->change(act, target, run->data, error);
}

bool files_target_act(FilesTarget *target, PolicyVerb verb, json_t *details, FilesChange change,
                      void *data, GError **error)
{
    TargetAct run = {target, details, change, data};
    return act_run(target->app, target->actor, files_verb(target, verb), target_act, &run, NULL,
                   error);
}

typedef struct FailedLeaf {
    const FilesTarget *target;
    PolicyVerb verb;
    const GError *why;
} FailedLeaf;

static bool failed_append(StoreTx *tx, void *data, GError **error)
{
    const FailedLeaf *leaf = data;
    const PolicyActor *actor = leaf->target->actor;
    g_autofree char *text = files_target_text(leaf->target);
    const AuditEntry entry = {
        .verb = policy_verb_name(files_verb(leaf->target, leaf->verb)),
        .outcome = "failed",
        .actor = actor->id,
        .object = text,
        .project = leaf->target->project_id,
        .reason = error_reason(leaf->why),
        .request = actor->request != NULL ? actor->request : "",
        .address = actor->address != NULL ? actor->address : "",
    };
    return audit_append(tx, &entry, NULL, error);
}

void files_target_failed(const FilesTarget *target, PolicyVerb verb, const GError *why)
{
    FailedLeaf leaf = {target, verb, why};
    g_autoptr(GError) problem = NULL;
    if (!store_write(target->app->store, failed_append, &leaf, &problem))
        log_error("files.leaf", "detail", problem->message);
}

/* ---- opening ---- */

void files_source_clear(FilesSource *source)
{
    fd_cleanup(&source->fd);
    source->fd = -1;
    g_clear_pointer(&source->reader, lake_reader_free);
}

static bool open_object(FilesTarget *target, FilesSource *ret_source, GError **error)
{
    if (target->object == NULL)
        return error_set(error, ERROR_NOT_FOUND, "lake.no_object", "There is no such object.");
    LakeReader *reader = files_bucket_open(target, 0, target->object->size, error);
    if (reader == NULL)
        return false;
    *ret_source = (FilesSource){-1, reader, target->object->size, target->object->modified_ms};
    return true;
}

bool files_source_open(FilesTarget *target, FilesSource *ret_source, GError **error)
{
    if (target->place == PLACE_BUCKET)
        return open_object(target, ret_source, error);
    PlanVolume volume = files_target_volume(target);
    g_autoptr(Plan) plan = plan_file_open_new(&volume, target->path);
    g_autoptr(json_t) result = NULL;
    int fd = -1;
    if (!engine_client_open(target->app->engine, plan, &result, &fd, error))
        return false;
    *ret_source = (FilesSource){fd, NULL,
                                json_integer_value(json_object_get(result, "size")),
                                json_integer_value(json_object_get(result, "modified_ms"))};
    return true;
}
