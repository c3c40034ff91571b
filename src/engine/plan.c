/* SPDX-License-Identifier: Apache-2.0 */
/* The builders of plans. They only write down what is wanted: plan_check judges it. */
#include "engine/plan.h"

void plan_step_free(PlanStep *step)
{
    if (step == NULL)
        return;
    g_free(step->path);
    g_free(step->target);
    g_free(step->owner);
    g_free(step->file);
    g_free(step->name);
    g_free(step->image);
    g_free(step->network);
    g_free(step->login);
    g_free(step->sort);
    g_free(step->after);
    g_free(step);
}

void plan_free(Plan *plan)
{
    if (plan == NULL)
        return;
    g_free(plan->project_id);
    g_free(plan->service_id);
    g_free(plan->dataset_id);
    if (plan->steps != NULL)
        g_ptr_array_unref(plan->steps);
    g_free(plan);
}

static Plan *plan_new(PlanKind kind)
{
    Plan *plan = g_new0(Plan, 1);
    plan->kind = kind;
    plan->id_base = -1;
    plan->steps = g_ptr_array_new_with_free_func((GDestroyNotify)plan_step_free);
    return plan;
}

static Plan *plan_project_new(PlanKind kind, const char *project_id, int64_t id_base)
{
    Plan *plan = plan_new(kind);
    plan->project_id = g_strdup(project_id);
    plan->id_base = id_base;
    return plan;
}

static Plan *plan_dataset_new(PlanKind kind, const char *dataset_id)
{
    Plan *plan = plan_new(kind);
    plan->dataset_id = g_strdup(dataset_id);
    return plan;
}

static Plan *plan_service_new(PlanKind kind, const char *service_id)
{
    Plan *plan = plan_new(kind);
    plan->service_id = g_strdup(service_id);
    return plan;
}

static PlanStep *plan_add(Plan *plan, PlanStepType type)
{
    PlanStep *step = g_new0(PlanStep, 1);
    step->type = type;
    g_ptr_array_add(plan->steps, step);
    return step;
}

static PlanStep *plan_add_path(Plan *plan, PlanStepType type, char *path)
{
    PlanStep *step = plan_add(plan, type);
    step->path = path;
    return step;
}

static char *project_path(const Plan *plan, const char *below)
{
    return g_strconcat("projects/", plan->project_id, below, NULL);
}

static void plan_add_folder(Plan *plan, char *path, const char *owner)
{
    plan_add_path(plan, PLAN_STEP_FOLDER, path)->owner = g_strdup(owner);
}

Plan *plan_project_open_new(const char *project_id, int64_t id_base)
{
    Plan *plan = plan_project_new(PLAN_PROJECT_OPEN, project_id, id_base);
    plan_add_path(plan, PLAN_STEP_VAULT_OPEN, project_path(plan, ""))->create = true;
    plan_add_folder(plan, project_path(plan, "/files"), "project");
    plan_add_folder(plan, project_path(plan, "/homes"), "engine");
    plan_add_folder(plan, project_path(plan, "/bucket"), "serve");
    plan_add_folder(plan, project_path(plan, "/drafts"), "serve");
    plan_add_folder(plan, project_path(plan, "/incoming"), "serve");
    return plan;
}

Plan *plan_project_close_new(const char *project_id, int64_t id_base)
{
    Plan *plan = plan_project_new(PLAN_PROJECT_CLOSE, project_id, id_base);
    plan_add_path(plan, PLAN_STEP_VAULT_CLOSE, project_path(plan, ""));
    return plan;
}

Plan *plan_project_destroy_new(const char *project_id, int64_t id_base)
{
    Plan *plan = plan_project_new(PLAN_PROJECT_DESTROY, project_id, id_base);
    plan_add_path(plan, PLAN_STEP_VAULT_DESTROY, project_path(plan, ""));
    return plan;
}

Plan *plan_dataset_seal_new(const char *dataset_id, const char *upload_id, int64_t max_bytes)
{
    Plan *plan = plan_dataset_new(PLAN_DATASET_SEAL, dataset_id);
    PlanStep *step =
        plan_add_path(plan, PLAN_STEP_SEAL, g_strconcat("uploads/", upload_id, NULL));
    step->target = g_strconcat("data/", dataset_id, NULL);
    step->max_bytes = max_bytes;
    return plan;
}

static Plan *plan_dataset_one_step(PlanKind kind, PlanStepType type, const char *dataset_id)
{
    Plan *plan = plan_dataset_new(kind, dataset_id);
    plan_add_path(plan, type, g_strconcat("data/", dataset_id, NULL));
    return plan;
}

Plan *plan_dataset_open_new(const char *dataset_id)
{
    return plan_dataset_one_step(PLAN_DATASET_OPEN, PLAN_STEP_VAULT_OPEN, dataset_id);
}

Plan *plan_dataset_close_new(const char *dataset_id)
{
    return plan_dataset_one_step(PLAN_DATASET_CLOSE, PLAN_STEP_VAULT_CLOSE, dataset_id);
}

Plan *plan_dataset_destroy_new(const char *dataset_id)
{
    return plan_dataset_one_step(PLAN_DATASET_DESTROY, PLAN_STEP_VAULT_DESTROY, dataset_id);
}

static void plan_add_mount(Plan *plan, char *path, char *target, bool read_only)
{
    PlanStep *step = plan_add_path(plan, PLAN_STEP_MOUNT, path);
    step->target = target;
    step->read_only = read_only;
}

static void plan_add_container(Plan *plan, const PlanService *service)
{
    PlanStep *step = plan_add(plan, PLAN_STEP_CONTAINER);
    step->image = g_strdup(service->image);
    step->network = g_strdup("none");
    step->login = g_strdup(service->login);
    step->memory_bytes = service->memory_bytes;
    step->cpu_milli = service->cpu_milli;
    step->pids = service->pids;
    step->tmpfs_bytes = service->tmpfs_bytes;
}

Plan *plan_service_start_new(const PlanService *service)
{
    Plan *plan = plan_project_new(PLAN_SERVICE_START, service->project_id, service->id_base);
    const char *id = service->service_id;
    plan->service_id = g_strdup(id);
    plan_add_path(plan, PLAN_STEP_VAULT_OPEN, project_path(plan, ""));
    for (size_t i = 0; i < service->data_count; i++)
        plan_add_path(plan, PLAN_STEP_VAULT_OPEN,
                      g_strconcat("data/", service->data[i].dataset_id, NULL));
    g_autofree char *home = g_strconcat("/homes/", service->login, NULL);
    plan_add_folder(plan, project_path(plan, home), "project");
    plan_add_path(plan, PLAN_STEP_DOORS, g_strconcat("run/doors/", id, NULL));
    plan_add_mount(plan, project_path(plan, "/files"), g_strdup("/project"), false);
    plan_add_mount(plan, project_path(plan, home), g_strconcat("/home/", service->login, NULL),
                   false);
    plan_add_mount(plan, g_strconcat("run/doors/", id, NULL), g_strdup("/run/doors"), false);
    if (service->lake)
        plan_add_mount(plan, g_strconcat("run/lake/", id, NULL), g_strdup("/run/lake"), true);
    for (size_t i = 0; i < service->data_count; i++)
        plan_add_mount(plan, g_strconcat("data/", service->data[i].dataset_id, NULL),
                       g_strconcat("/data/", service->data[i].folder, NULL), true);
    plan_add_container(plan, service);
    return plan;
}

Plan *plan_service_freeze_new(const char *service_id)
{
    Plan *plan = plan_service_new(PLAN_SERVICE_FREEZE, service_id);
    plan_add(plan, PLAN_STEP_FREEZE);
    return plan;
}

Plan *plan_service_thaw_new(const char *service_id)
{
    Plan *plan = plan_service_new(PLAN_SERVICE_THAW, service_id);
    plan_add(plan, PLAN_STEP_THAW);
    return plan;
}

Plan *plan_service_stop_new(const char *service_id)
{
    Plan *plan = plan_service_new(PLAN_SERVICE_STOP, service_id);
    plan_add_path(plan, PLAN_STEP_STOP, g_strconcat("run/doors/", service_id, NULL));
    return plan;
}

Plan *plan_service_list_new(void)
{
    Plan *plan = plan_new(PLAN_SERVICE_LIST);
    plan_add(plan, PLAN_STEP_LIST);
    return plan;
}

Plan *plan_collect_new(const char *project_id, int64_t id_base, const char *file,
                       const char *export_id, const char *name, int64_t max_bytes)
{
    Plan *plan = plan_project_new(PLAN_COLLECT, project_id, id_base);
    g_autofree char *draft = g_strconcat("/drafts/", export_id, NULL);
    plan_add_path(plan, PLAN_STEP_VAULT_OPEN, project_path(plan, ""));
    plan_add_folder(plan, project_path(plan, draft), "serve");
    PlanStep *step = plan_add_path(plan, PLAN_STEP_COLLECT, project_path(plan, "/files"));
    step->file = g_strdup(file);
    step->target = project_path(plan, draft);
    step->name = g_strdup(name);
    step->max_bytes = max_bytes;
    return plan;
}

/* ---- Volumes ---- */

const char *const plan_sorts[] = {"name", "size", "modified", NULL};

static char *volume_path(const Plan *plan, const PlanVolume *volume)
{
    if (volume->login == NULL)
        return project_path(plan, "/files");
    g_autofree char *home = g_strconcat("/homes/", volume->login, NULL);
    return project_path(plan, home);
}

static Plan *plan_volume_new(PlanKind kind, PlanStepType type, const PlanVolume *volume,
                             const char *file)
{
    Plan *plan = plan_project_new(kind, volume->project_id, volume->id_base);
    plan_add_path(plan, PLAN_STEP_VAULT_OPEN, project_path(plan, ""));
    if (volume->login != NULL && (kind == PLAN_FILE_PUT || kind == PLAN_FILE_FOLDER))
        plan_add_folder(plan, volume_path(plan, volume), "project");
    plan_add_path(plan, type, volume_path(plan, volume))->file = g_strdup(file);
    return plan;
}

static PlanStep *plan_last(const Plan *plan)
{
    return g_ptr_array_index(plan->steps, plan->steps->len - 1);
}

Plan *plan_browse_new(const PlanVolume *volume, const PlanBrowse *browse)
{
    Plan *plan = plan_volume_new(PLAN_BROWSE, PLAN_STEP_BROWSE, volume, browse->folder);
    PlanStep *step = plan_last(plan);
    step->limit = browse->limit;
    step->sort = g_strdup(browse->sort);
    step->after = g_strdup(browse->after);
    step->descending = browse->descending;
    return plan;
}

Plan *plan_file_open_new(const PlanVolume *volume, const char *file)
{
    return plan_volume_new(PLAN_FILE_OPEN, PLAN_STEP_FILE_OPEN, volume, file);
}

Plan *plan_file_put_new(const PlanVolume *volume, const char *upload_id, const char *file,
                        bool replace)
{
    Plan *plan = plan_volume_new(PLAN_FILE_PUT, PLAN_STEP_FILE_PUT, volume, file);
    g_autofree char *incoming = g_strconcat("/incoming/", upload_id, NULL);
    PlanStep *step = plan_last(plan);
    step->target = project_path(plan, incoming);
    step->replace = replace;
    return plan;
}

Plan *plan_file_folder_new(const PlanVolume *volume, const char *folder)
{
    return plan_volume_new(PLAN_FILE_FOLDER, PLAN_STEP_FILE_FOLDER, volume, folder);
}

Plan *plan_file_move_new(const PlanVolume *volume, const char *from, const char *to)
{
    Plan *plan = plan_volume_new(PLAN_FILE_MOVE, PLAN_STEP_FILE_MOVE, volume, from);
    plan_last(plan)->name = g_strdup(to);
    return plan;
}

Plan *plan_file_remove_new(const PlanVolume *volume, const char *file, bool recursive)
{
    Plan *plan = plan_volume_new(PLAN_FILE_REMOVE, PLAN_STEP_FILE_REMOVE, volume, file);
    plan_last(plan)->recursive = recursive;
    return plan;
}

Plan *plan_host_check_new(void)
{
    Plan *plan = plan_new(PLAN_HOST_CHECK);
    plan_add(plan, PLAN_STEP_HOST_CHECK);
    return plan;
}
