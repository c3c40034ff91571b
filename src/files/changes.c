/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders, other names, removing. The leaf is written before the engine acts: a change without a
 * trace must not be. When the engine then refuses, a second leaf says so.
 */
#include "base/error.h"
#include "base/files.h"
#include "files/internal.h"

static bool change_run(FilesTarget *target, json_t *details, Plan *(*plan_new)(FilesTarget *,
                                                                               const void *),
                       const void *data, GError **error)
{
    g_autoptr(json_t) owned = details;
    g_autoptr(GError) problem = NULL;
    if (!files_target_act(target, VERB_FILES_CHANGE, owned, NULL, NULL, error))
        return false;
    g_autoptr(Plan) plan = plan_new(target, data);
    if (engine_client_run(target->app->engine, plan, NULL, NULL, NULL, &problem))
        return true;
    files_target_failed(target, VERB_FILES_CHANGE, problem);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* ---- folders ---- */

static Plan *folder_plan(FilesTarget *target, const void *data)
{
    (void)data;
    PlanVolume volume = files_target_volume(target);
    return plan_file_folder_new(&volume, target->path);
}

bool files_make_folder(FilesTarget *target, GError **error)
{
    if (target->place == PLACE_BUCKET)
        return error_set(error, ERROR_UNSUPPORTED, "files.bucket_folder",
                         "A bucket has no folders of its own: they come with the names of its "
                         "objects.");
    return change_run(target, json_pack("{s:s}", "change", "folder"), folder_plan, NULL, error);
}

/* ---- moving ---- */

static Plan *move_plan(FilesTarget *target, const void *data)
{
    PlanVolume volume = files_target_volume(target);
    return plan_file_move_new(&volume, target->path, data);
}

bool files_move(FilesTarget *target, const char *to, GError **error)
{
    if (target->place == PLACE_BUCKET)
        return error_set(error, ERROR_UNSUPPORTED, "files.bucket_move",
                         "Objects of a bucket keep their names; copy them by the S3 API.");
    if (!path_check_relative(to, error))
        return false;
    return change_run(target, json_pack("{s:s, s:s}", "change", "move", "to", to), move_plan, to,
                      error);
}

/* ---- removing ---- */

static Plan *remove_plan(FilesTarget *target, const void *data)
{
    const bool *recursive = data;
    PlanVolume volume = files_target_volume(target);
    return plan_file_remove_new(&volume, target->path, *recursive);
}

bool files_remove(FilesTarget *target, bool recursive, GError **error)
{
    if (target->place == PLACE_BUCKET)
        return files_bucket_remove(target, error);
    return change_run(target, json_pack("{s:s}", "change", "remove"), remove_plan, &recursive,
                      error);
}
