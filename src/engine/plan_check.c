/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's own judgement of a plan, whoever sent it. Each kind has a grammar: what the plan is
 * about, and which steps, in which order, how often. Each step has a check that ties its paths to
 * the thing the plan is about: a path is never looked at for what it is not, but compared with the
 * one or few that it must be. What lies on the disk (links above all) is checked when a step opens
 * its paths, with openat2.
 */
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "engine/plan.h"

#include <string.h>

#define MEBIBYTE (INT64_C(1024) * 1024)
#define GIBIBYTE (1024 * MEBIBYTE)
#define MEMORY_MIN_BYTES (256 * MEBIBYTE)
#define CPU_MIN_MILLI 50
#define PIDS_MIN 16
#define LOGIN_MAX 32
#define SLUG_MAX 63

typedef enum PlanSubject {
    SUBJECT_PROJECT = 1, /* with its id_base */
    SUBJECT_SERVICE = 2,
    SUBJECT_DATASET = 4,
} PlanSubject;

typedef struct PlanPart {
    PlanStepType type;
    int min, max; /* max 0 ends the list */
} PlanPart;

#define PLAN_PARTS_MAX 6
#define ONE(type)      {type, 1, 1}

static const struct PlanGrammar {
    int subjects;
    PlanPart parts[PLAN_PARTS_MAX];
} grammars[PLAN_KIND_COUNT] = {
    [PLAN_PROJECT_OPEN] = {SUBJECT_PROJECT,
                           {ONE(PLAN_STEP_VAULT_OPEN), {PLAN_STEP_FOLDER, 5, 5}}},
    [PLAN_PROJECT_CLOSE] = {SUBJECT_PROJECT, {ONE(PLAN_STEP_VAULT_CLOSE)}},
    [PLAN_PROJECT_DESTROY] = {SUBJECT_PROJECT, {ONE(PLAN_STEP_VAULT_DESTROY)}},
    [PLAN_DATASET_SEAL] = {SUBJECT_DATASET, {ONE(PLAN_STEP_SEAL)}},
    [PLAN_DATASET_OPEN] = {SUBJECT_DATASET, {ONE(PLAN_STEP_VAULT_OPEN)}},
    [PLAN_DATASET_CLOSE] = {SUBJECT_DATASET, {ONE(PLAN_STEP_VAULT_CLOSE)}},
    [PLAN_DATASET_DESTROY] = {SUBJECT_DATASET, {ONE(PLAN_STEP_VAULT_DESTROY)}},
    [PLAN_SERVICE_START] = {SUBJECT_PROJECT | SUBJECT_SERVICE,
                            {{PLAN_STEP_VAULT_OPEN, 1, 101},
                             ONE(PLAN_STEP_FOLDER),
                             ONE(PLAN_STEP_DOORS),
                             {PLAN_STEP_MOUNT, 3, 104},
                             ONE(PLAN_STEP_CONTAINER)}},
    [PLAN_SERVICE_FREEZE] = {SUBJECT_SERVICE, {ONE(PLAN_STEP_FREEZE)}},
    [PLAN_SERVICE_THAW] = {SUBJECT_SERVICE, {ONE(PLAN_STEP_THAW)}},
    [PLAN_SERVICE_STOP] = {SUBJECT_SERVICE, {ONE(PLAN_STEP_STOP)}},
    [PLAN_SERVICE_LIST] = {0, {ONE(PLAN_STEP_LIST)}},
    [PLAN_COLLECT] = {SUBJECT_PROJECT,
                      {ONE(PLAN_STEP_VAULT_OPEN), ONE(PLAN_STEP_FOLDER), ONE(PLAN_STEP_COLLECT)}},
    [PLAN_BROWSE] = {SUBJECT_PROJECT, {ONE(PLAN_STEP_VAULT_OPEN), ONE(PLAN_STEP_BROWSE)}},
    [PLAN_FILE_OPEN] = {SUBJECT_PROJECT, {ONE(PLAN_STEP_VAULT_OPEN), ONE(PLAN_STEP_FILE_OPEN)}},
    [PLAN_FILE_PUT] = {SUBJECT_PROJECT,
                       {ONE(PLAN_STEP_VAULT_OPEN), {PLAN_STEP_FOLDER, 0, 1},
                        ONE(PLAN_STEP_FILE_PUT)}},
    [PLAN_FILE_FOLDER] = {SUBJECT_PROJECT,
                          {ONE(PLAN_STEP_VAULT_OPEN), {PLAN_STEP_FOLDER, 0, 1},
                           ONE(PLAN_STEP_FILE_FOLDER)}},
    [PLAN_FILE_MOVE] = {SUBJECT_PROJECT, {ONE(PLAN_STEP_VAULT_OPEN), ONE(PLAN_STEP_FILE_MOVE)}},
    [PLAN_FILE_REMOVE] = {SUBJECT_PROJECT,
                          {ONE(PLAN_STEP_VAULT_OPEN), ONE(PLAN_STEP_FILE_REMOVE)}},
    [PLAN_HOST_CHECK] = {0, {ONE(PLAN_STEP_HOST_CHECK)}},
};

EngineLimits engine_limits_default(void)
{
    return (EngineLimits){
        .memory_max_bytes = 1024 * GIBIBYTE,
        .cpu_max_milli = 1024 * 1000,
        .pids_max = 100000,
        .collect_max_bytes = GIBIBYTE,
        .seal_max_bytes = 16 * 1024 * GIBIBYTE,
        .browse_max = 5000,
        .id_range_start = 200000,
        .id_range_end = INT64_C(4000000000),
    };
}

static bool refuse(GError **error, const char *reason, const char *sentence)
{
    return error_set(error, ERROR_DENIED, reason, "The engine refuses this plan: %s", sentence);
}

static bool characters_ok(const char *text, size_t max, const char *first, const char *others)
{
    size_t length = text == NULL ? 0 : strlen(text);
    return length >= 1 && length <= max && strchr(first, text[0]) != NULL &&
           strspn(text, others) == length;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static bool login_ok(const char *login)
{
    return characters_ok(login, LOGIN_MAX, LOWER, LOWER DIGIT "._-");
}

static bool slug_ok(const char *slug)
{
    return characters_ok(slug, SLUG_MAX, LOWER UPPER DIGIT, LOWER UPPER DIGIT "._-");
}

/* If PATH is FOLDER followed by an identifier of PREFIX and nothing else, that identifier. */
static const char *path_id(const char *path, const char *folder, const char *prefix)
{
    if (path == NULL || !g_str_has_prefix(path, folder))
        return NULL;
    const char *id = path + strlen(folder);
    return id_check(prefix, id) ? id : NULL;
}

/* True if PATH is projects/<the plan's project><BELOW>. */
static bool path_of_project(const Plan *plan, const char *path, const char *below)
{
    if (plan->project_id == NULL || path == NULL)
        return false;
    g_autofree char *expected = g_strconcat("projects/", plan->project_id, below, NULL);
    return strcmp(path, expected) == 0;
}

static bool path_of_dataset(const Plan *plan, const char *path)
{
    const char *id = path_id(path, "data/", PLAN_ID_DATASET);
    return id != NULL && plan->dataset_id != NULL && strcmp(id, plan->dataset_id) == 0;
}

/* True if PATH is <FOLDER><the plan's service>. */
static bool path_of_service(const Plan *plan, const char *path, const char *folder)
{
    const char *id = path_id(path, folder, PLAN_ID_SERVICE);
    return id != NULL && plan->service_id != NULL && strcmp(id, plan->service_id) == 0;
}

static bool opens_vault(const Plan *plan, const char *path)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const PlanStep *step = g_ptr_array_index(plan->steps, i);
        if (step->type == PLAN_STEP_VAULT_OPEN && strcmp(step->path, path) == 0)
            return true;
    }
    return false;
}

static const PlanStep *container_step(const Plan *plan)
{
    return g_ptr_array_index(plan->steps, plan->steps->len - 1);
}

/* ---- One check per type of step ---- */

static bool check_vault_open(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                             GError **error)
{
    if (step->create && plan->kind != PLAN_PROJECT_OPEN)
        return refuse(error, "engine.plan_create", "only opening a project may make its vault.");
    if (plan->project_id != NULL && path_of_project(plan, step->path, ""))
        return true;
    if (plan->kind == PLAN_SERVICE_START && path_id(step->path, "data/", PLAN_ID_DATASET) != NULL)
        return true;
    if (path_of_dataset(plan, step->path))
        return true;
    return refuse(error, "engine.plan_path", "it opens a vault that is not its own.");
}

static bool check_vault(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                        GError **error)
{
    if (path_of_project(plan, step->path, "") || path_of_dataset(plan, step->path))
        return true;
    return refuse(error, "engine.plan_path", "it closes or destroys a vault that is not its own.");
}

static const struct ProjectFolder {
    const char *below, *owner;
} project_folders[] = {
    {"/files", "project"},
    {"/homes", "engine"},
    {"/bucket", "serve"},
    {"/drafts", "serve"},
    {"/incoming", "serve"},
};

static bool check_folder_of_project(const Plan *plan, const PlanStep *step)
{
    for (size_t i = 0; i < G_N_ELEMENTS(project_folders); i++) {
        if (path_of_project(plan, step->path, project_folders[i].below))
            return strcmp(step->owner, project_folders[i].owner) == 0;
    }
    return false;
}

/* The home of somebody: projects/<the plan's project>/homes/<login>. */
static bool path_of_home(const Plan *plan, const char *path)
{
    if (plan->project_id == NULL || path == NULL)
        return false;
    g_autofree char *homes = g_strconcat("projects/", plan->project_id, "/homes/", NULL);
    return g_str_has_prefix(path, homes) && login_ok(path + strlen(homes));
}

static bool path_of_volume(const Plan *plan, const char *path)
{
    return path_of_project(plan, path, "/files") || path_of_home(plan, path);
}

static bool check_folder(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                         GError **error)
{
    bool ok = false;
    if (plan->kind == PLAN_PROJECT_OPEN) {
        ok = check_folder_of_project(plan, step);
    } else if (plan->kind == PLAN_COLLECT) {
        const PlanStep *collect = container_step(plan);
        ok = g_strcmp0(step->path, collect->target) == 0 && strcmp(step->owner, "serve") == 0;
    } else if (plan->kind == PLAN_FILE_PUT || plan->kind == PLAN_FILE_FOLDER) {
        ok = path_of_home(plan, step->path) && strcmp(step->owner, "project") == 0 &&
             g_strcmp0(step->path, container_step(plan)->path) == 0;
    } else {
        const char *login = container_step(plan)->login;
        g_autofree char *home = g_strconcat("/homes/", login, NULL);
        ok = login_ok(login) && path_of_project(plan, step->path, home) &&
             strcmp(step->owner, "project") == 0;
    }
    return ok || refuse(error, "engine.plan_folder", "it makes a folder that its kind may not.");
}

static bool check_seal(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                       GError **error)
{
    if (path_id(step->path, "uploads/", PLAN_ID_UPLOAD) == NULL)
        return refuse(error, "engine.plan_path", "the upload is not below uploads/.");
    if (!path_of_dataset(plan, step->target))
        return refuse(error, "engine.plan_path", "it seals another dataset than its own.");
    if (step->max_bytes < 1 || step->max_bytes > limits->seal_max_bytes)
        return refuse(error, "engine.plan_limit", "the size allowed to the dataset is too large.");
    return true;
}

static bool check_doors(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                        GError **error)
{
    return path_of_service(plan, step->path, "run/doors/") ||
           refuse(error, "engine.plan_path", "the doors are not those of its service.");
}

static bool data_target_ok(const char *target)
{
    if (!g_str_has_prefix(target, "/data/"))
        return false;
    g_auto(GStrv) parts = g_strsplit(target + strlen("/data/"), "/", 3);
    return g_strv_length(parts) == 2 && slug_ok(parts[0]) && slug_ok(parts[1]);
}

/* The closed list of what a bubble may see, and how. */
static bool mount_ok(const Plan *plan, const PlanStep *step)
{
    const char *login = container_step(plan)->login;
    g_autofree char *home = g_strconcat("/homes/", login, NULL);
    g_autofree char *home_target = g_strconcat("/home/", login, NULL);
    if (strcmp(step->target, "/project") == 0)
        return !step->read_only && path_of_project(plan, step->path, "/files");
    if (strcmp(step->target, home_target) == 0)
        return !step->read_only && login_ok(login) && path_of_project(plan, step->path, home);
    if (strcmp(step->target, "/run/doors") == 0)
        return !step->read_only && path_of_service(plan, step->path, "run/doors/");
    if (strcmp(step->target, "/run/lake") == 0)
        return step->read_only && path_of_service(plan, step->path, "run/lake/");
    return step->read_only && data_target_ok(step->target) &&
           path_id(step->path, "data/", PLAN_ID_DATASET) != NULL && opens_vault(plan, step->path);
}

static bool mount_repeated(const Plan *plan, const PlanStep *step)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const PlanStep *other = g_ptr_array_index(plan->steps, i);
        if (other == step)
            return false;
        if (other->type == PLAN_STEP_MOUNT && strcmp(other->target, step->target) == 0)
            return true;
    }
    return false;
}

static bool check_mount(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                        GError **error)
{
    if (!mount_ok(plan, step))
        return refuse(error, "engine.plan_mount", "it mounts what its service may not see, or "
                                                  "where or how it may not.");
    if (mount_repeated(plan, step))
        return refuse(error, "engine.plan_mount", "it mounts two things in one place.");
    return true;
}

static bool image_ok(const char *image, const EngineLimits *limits)
{
    return image != NULL && limits->images != NULL && g_strv_contains(limits->images, image);
}

static bool within(int64_t value, int64_t min, int64_t max)
{
    return value >= min && value <= max;
}

static bool has_mount(const Plan *plan, const char *target)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const PlanStep *step = g_ptr_array_index(plan->steps, i);
        if (step->type == PLAN_STEP_MOUNT && strcmp(step->target, target) == 0)
            return true;
    }
    return false;
}

static bool check_container(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                            GError **error)
{
    g_autofree char *home = g_strconcat("/home/", step->login, NULL);
    g_autofree char *vault = g_strconcat("projects/", plan->project_id, NULL);
    if (strcmp(step->network, "none") != 0)
        return refuse(error, "engine.plan_network", "a bubble has no network.");
    if (!image_ok(step->image, limits))
        return refuse(error, "engine.plan_image", "the image is not one of the installed ones.");
    if (!login_ok(step->login))
        return refuse(error, "engine.plan_login", "the login is not well formed.");
    if (!within(step->memory_bytes, MEMORY_MIN_BYTES, limits->memory_max_bytes) ||
        !within(step->cpu_milli, CPU_MIN_MILLI, limits->cpu_max_milli) ||
        !within(step->pids, PIDS_MIN, limits->pids_max))
        return refuse(error, "engine.plan_limit", "memory, processors or processes are not within "
                                                  "the limits of this machine.");
    if (!within(step->tmpfs_bytes, MEBIBYTE, step->memory_bytes / 2))
        return refuse(error, "engine.plan_limit", "/tmp counts as memory: it may take half of it.");
    if (!has_mount(plan, "/project") || !has_mount(plan, home) || !has_mount(plan, "/run/doors"))
        return refuse(error, "engine.plan_mount", "the project, the home or the doors are not "
                                                  "mounted.");
    return opens_vault(plan, vault) ||
           refuse(error, "engine.plan_path", "it does not open the vault of its project.");
}

static bool check_stop(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                       GError **error)
{
    return check_doors(plan, step, limits, error);
}

static bool check_collect(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                          GError **error)
{
    g_autofree char *drafts = g_strconcat("projects/", plan->project_id, "/drafts/", NULL);
    if (!path_of_project(plan, step->path, "/files") ||
        path_id(step->target, drafts, PLAN_ID_EXPORT) == NULL)
        return refuse(error, "engine.plan_path", "it copies from or to another place than its "
                                                 "project's files and drafts.");
    if (!path_check_relative(step->file, error) || !path_check_relative(step->name, error))
        return false;
    if (strchr(step->name, '/') != NULL)
        return refuse(error, "engine.plan_path", "the name of the copy holds a slash.");
    return within(step->max_bytes, 0, limits->collect_max_bytes) ||
           refuse(error, "engine.plan_limit", "the size allowed to the file is too large.");
}

static bool check_browse(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                         GError **error)
{
    if (!path_of_volume(plan, step->path))
        return refuse(error, "engine.plan_path", "it lists another folder than its project's.");
    if (*step->file != '\0' && !path_check_relative(step->file, error))
        return false;
    if (!g_strv_contains(plan_sorts, step->sort))
        return refuse(error, "engine.plan_field", "it lists in an order that is not known.");
    return within(step->limit, 1, limits->browse_max) ||
           refuse(error, "engine.plan_limit", "it asks for too many entries.");
}

/* One place of one of the project's volumes. */
static bool check_file(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                       GError **error)
{
    if (!path_of_volume(plan, step->path))
        return refuse(error, "engine.plan_path", "it works in another folder than its project's.");
    return path_check_relative(step->file, error);
}

static bool check_file_put(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                           GError **error)
{
    g_autofree char *incoming = g_strconcat("projects/", plan->project_id, "/incoming/", NULL);
    if (path_id(step->target, incoming, PLAN_ID_UPLOAD) == NULL)
        return refuse(error, "engine.plan_path", "what it moves in was not received for it.");
    return check_file(plan, step, limits, error);
}

static bool check_file_move(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                            GError **error)
{
    return check_file(plan, step, limits, error) && path_check_relative(step->name, error);
}

static bool check_nothing(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                          GError **error)
{
    return true;
}

typedef bool (*StepCheck)(const Plan *plan, const PlanStep *step, const EngineLimits *limits,
                          GError **error);

static const StepCheck step_checks[PLAN_STEP_COUNT] = {
    [PLAN_STEP_VAULT_OPEN] = check_vault_open, [PLAN_STEP_VAULT_CLOSE] = check_vault,
    [PLAN_STEP_VAULT_DESTROY] = check_vault,   [PLAN_STEP_FOLDER] = check_folder,
    [PLAN_STEP_SEAL] = check_seal,             [PLAN_STEP_DOORS] = check_doors,
    [PLAN_STEP_MOUNT] = check_mount,           [PLAN_STEP_CONTAINER] = check_container,
    [PLAN_STEP_FREEZE] = check_nothing,        [PLAN_STEP_THAW] = check_nothing,
    [PLAN_STEP_STOP] = check_stop,             [PLAN_STEP_LIST] = check_nothing,
    [PLAN_STEP_COLLECT] = check_collect,       [PLAN_STEP_BROWSE] = check_browse,
    [PLAN_STEP_HOST_CHECK] = check_nothing,    [PLAN_STEP_FILE_OPEN] = check_file,
    [PLAN_STEP_FILE_PUT] = check_file_put,     [PLAN_STEP_FILE_FOLDER] = check_file,
    [PLAN_STEP_FILE_MOVE] = check_file_move,   [PLAN_STEP_FILE_REMOVE] = check_file,
};

/* ---- The plan as a whole ---- */

static bool check_subject(const char *id, const char *prefix, bool wanted, GError **error)
{
    if (wanted ? id_check(prefix, id) : id == NULL)
        return true;
    return refuse(error, "engine.plan_subject", "what it is about is missing, not well formed, or "
                                                "more than its kind has.");
}

static bool check_range(const Plan *plan, const EngineLimits *limits, GError **error)
{
    int64_t base = plan->id_base;
    if (limits->project_base == NULL || limits->base_project == NULL)
        return refuse(error, "engine.plan_range", "no project is known here.");
    if (!within(base, limits->id_range_start, limits->id_range_end - PLAN_ID_RANGE) ||
        (base - limits->id_range_start) % PLAN_ID_RANGE != 0)
        return refuse(error, "engine.plan_range", "the range of user ids is not one of those given "
                                                  "to projects.");
    int64_t known = limits->project_base(plan->project_id, limits->user);
    if (known >= 0)
        return known == base ||
               refuse(error, "engine.plan_range", "the range of user ids is not its project's.");
    if (plan->kind != PLAN_PROJECT_OPEN)
        return error_set(error, ERROR_NOT_FOUND, "engine.project_unknown",
                         "The engine has no such project; open it first.");
    return limits->base_project(base, limits->user) == NULL ||
           refuse(error, "engine.plan_range", "the range of user ids is another project's.");
}

static bool check_subjects(const Plan *plan, const EngineLimits *limits, GError **error)
{
    int subjects = grammars[plan->kind].subjects;
    bool project = (subjects & SUBJECT_PROJECT) != 0;
    if (!check_subject(plan->project_id, PLAN_ID_PROJECT, project, error) ||
        !check_subject(plan->service_id, PLAN_ID_SERVICE, (subjects & SUBJECT_SERVICE) != 0,
                       error) ||
        !check_subject(plan->dataset_id, PLAN_ID_DATASET, (subjects & SUBJECT_DATASET) != 0, error))
        return false;
    if (!project)
        return plan->id_base == -1 ||
               refuse(error, "engine.plan_subject", "its kind has no range of user ids.");
    return check_range(plan, limits, error);
}

/* The steps are those of the kind, in its order, as many as it may have. */
static bool check_grammar(const Plan *plan, GError **error)
{
    const PlanPart *part = grammars[plan->kind].parts;
    guint at = 0;
    for (int i = 0; i < PLAN_PARTS_MAX && part[i].max > 0; i++) {
        int count = 0;
        while (at < plan->steps->len && count < part[i].max &&
               ((const PlanStep *)g_ptr_array_index(plan->steps, at))->type == part[i].type) {
            at++;
            count++;
        }
        if (count < part[i].min)
            return refuse(error, "engine.plan_steps", "a step of its kind is missing.");
    }
    return at == plan->steps->len ||
           refuse(error, "engine.plan_steps", "it has a step that its kind may not have.");
}

/* Texts that a step has are never NULL once the plan was read from JSON; a builder that was given
 * NULL is refused here. */
static bool check_texts(const PlanStep *step)
{
    switch (step->type) {
    case PLAN_STEP_FOLDER:
        return step->path != NULL && step->owner != NULL;
    case PLAN_STEP_SEAL:
        return step->path != NULL && step->target != NULL;
    case PLAN_STEP_MOUNT:
        return step->path != NULL && step->target != NULL;
    case PLAN_STEP_CONTAINER:
        return step->image != NULL && step->network != NULL && step->login != NULL;
    case PLAN_STEP_COLLECT:
        return step->path != NULL && step->file != NULL && step->target != NULL &&
               step->name != NULL;
    case PLAN_STEP_BROWSE:
        return step->path != NULL && step->file != NULL && step->sort != NULL &&
               step->after != NULL;
    case PLAN_STEP_FILE_OPEN:
    case PLAN_STEP_FILE_FOLDER:
    case PLAN_STEP_FILE_REMOVE:
        return step->path != NULL && step->file != NULL;
    case PLAN_STEP_FILE_PUT:
        return step->path != NULL && step->file != NULL && step->target != NULL;
    case PLAN_STEP_FILE_MOVE:
        return step->path != NULL && step->file != NULL && step->name != NULL;
    case PLAN_STEP_FREEZE:
    case PLAN_STEP_THAW:
    case PLAN_STEP_LIST:
    case PLAN_STEP_HOST_CHECK:
        return true;
    default:
        return step->path != NULL;
    }
}

bool plan_check(const Plan *plan, const EngineLimits *limits, GError **error)
{
    if (!check_subjects(plan, limits, error) || !check_grammar(plan, error))
        return false;
    for (guint i = 0; i < plan->steps->len; i++) {
        if (!check_texts(g_ptr_array_index(plan->steps, i)))
            return refuse(error, "engine.plan_field", "a step lacks a text.");
    }
    for (guint i = 0; i < plan->steps->len; i++) {
        const PlanStep *step = g_ptr_array_index(plan->steps, i);
        if (!step_checks[step->type](plan, step, limits, error))
            return false;
    }
    return true;
}
