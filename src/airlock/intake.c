/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking a file in: the engine copies it out of /project, the worker checks the copy, and only then
 * is it a row. Reading one back, for its author and its checkers.
 */
#include "airlock/desk.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/times.h"
#include "engine/engine.h"
#include "projects/projects.h"
#include "worker/rules.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROJECT_PREFIX "/project/"

typedef struct Intake {
    App *app;
    const char *id;              /* of the export */
    const char *path;            /* below /project */
    const char *name;
    const char *format;
    json_t *declaration;         /* every field of it there */
    Export *export;
    int64_t id_base;
    SdcRules rules;
    GStrv packs;
    char *file;                  /* its id, and its name in the draft folder */
    char *sha256;
    int64_t size;
    json_t *lint;
} Intake;

static void intake_clear(Intake *intake)
{
    export_free(intake->export);
    g_strfreev(intake->packs);
    g_free(intake->file);
    g_free(intake->sha256);
    json_decref(intake->lint);
    json_decref(intake->declaration);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Intake, intake_clear)

/* ---- before: may it be added at all? ---- */

static bool intake_check_place(StoreTx *tx, const Intake *intake, const Export *export,
                               GError **error)
{
    int64_t most = config_integer(intake->app->config, "airlock.max_files");
    g_autoptr(GPtrArray) files = export_files(tx, intake->id, false, error);
    if (files == NULL)
        return false;
    if (!export_state_is_editable(export->state))
        return error_set(error, ERROR_CONFLICT, "airlock.state",
                         "The export is %s: files can be added to a draft, or once returned.",
                         export_state_name(export->state));
    if ((int64_t)files->len >= most)
        return error_set(error, ERROR_QUOTA, "airlock.too_many_files",
                         "An export holds at most %" G_GINT64_FORMAT " files; make another one.",
                         most);
    for (guint i = 0; i < files->len; i++) {
        if (strcmp(((const ExportFile *)g_ptr_array_index(files, i))->name, intake->name) == 0)
            return error_set(error, ERROR_CONFLICT, "airlock.name_taken",
                             "The export already has a file \"%s\"; remove it first or give this "
                             "one another name.", intake->name);
    }
    return true;
}

static bool intake_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Intake *intake = data;
    PolicyFacts facts = {0};
    g_autoptr(Project) project = NULL;
    if (!desk_load(tx, actor, intake->id, &intake->export, &facts, error) ||
        !policy_enforce(actor, VERB_EXPORT_EDIT, &facts, error) ||
        !intake_check_place(tx, intake, intake->export, error) ||
        !project_load(tx, intake->export->project, &project, error))
        return false;
    intake->id_base = project->id_base;
    return export_rules(tx, intake->export->project, &intake->rules, &intake->packs, error);
}

/* ---- the copy and its check ---- */

static bool intake_copy(Intake *intake, GError **error)
{
    g_autoptr(json_t) result = NULL;
    g_autoptr(Plan) plan = plan_collect_new(
        intake->export->project, intake->id_base, intake->path, intake->id, intake->file,
        config_integer(intake->app->config, "airlock.max_file_bytes"));
    if (!engine_client_run(intake->app->engine, plan, NULL, NULL, &result, error))
        return false;
    intake->sha256 = g_strdup(json_string_value(json_object_get(result, "sha256")));
    intake->size = json_integer_value(json_object_get(result, "size"));
    return true;
}

static bool intake_rewrite_into(Intake *intake, const char *copy, const json_t *without, int output,
                                GError **error)
{
    FD_AUTO int input = open(copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (input < 0)
        return error_set_errno(error, errno, "airlock.copy", "Cannot read the copy");
    const Config *config = intake->app->config;
    WorkerLimits limits = *worker_limits(WORKER_CONVERT);
    limits.input_bytes = config_integer(config, "airlock.max_file_bytes");
    limits.output_bytes = limits.input_bytes;
    limits.rows = config_integer(config, "airlock.max_rows");
    WorkerProgram program = {.program_path = intake->app->program};
    g_autoptr(json_t) arguments = json_pack("{s:s, s:s, s:O*}", "format", intake->format, "output",
                                            intake->format, "without", without);
    g_autoptr(json_t) profile = NULL;
    if (!worker_run(&limits, &program, WORKER_CONVERT, arguments, input, output, &profile, error))
        return false;
    if (fsync(output) < 0)
        return error_set_errno(error, errno, "airlock.rewrite", "Cannot sync the copy");
    g_clear_pointer(&intake->sha256, g_free);
    return fd_hash(output, &intake->sha256, &intake->size, error);
}

/* The worker writes the copy anew from its values, without the columns WITHOUT (NULL: all of them). */
static bool intake_rewrite(Intake *intake, const char *copy, const json_t *without, GError **error)
{
    g_autofree char *fresh = g_strconcat(copy, ".rewritten", NULL);
    FD_AUTO int output = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (output < 0)
        return error_set_errno(error, errno, "airlock.rewrite", "Cannot make %s", fresh);
    g_autofree char *folder = g_path_get_dirname(copy);
    if (!intake_rewrite_into(intake, copy, without, output, error)) {
        unlink(fresh);
        return false;
    }
    if (rename(fresh, copy) < 0) {
        int saved = errno;
        unlink(fresh);
        return error_set_errno(error, saved, "airlock.rewrite", "Cannot put the copy in place");
    }
    return folder_sync(folder, error);
}

static json_t *intake_arguments(const Intake *intake)
{
    json_t *declared = intake->declaration;
    return json_pack("{s:s, s:o, s:O, s:O, s:O, s:O, s:O, s:O, s:O}", "format", intake->format,
                     "rules", rules_json(&intake->rules), "count_column",
                     json_object_get(declared, "count"), "contributors_column",
                     json_object_get(declared, "contributors"), "total_column",
                     json_object_get(declared, "total"), "absolute_column",
                     json_object_get(declared, "absolute"), "largest_column",
                     json_object_get(declared, "largest"), "next_columns",
                     json_object_get(declared, "next"), "dimensions",
                     json_object_get(declared, "dimensions"));
}

static void intake_add_packs(const Intake *intake)
{
    json_t *packs = json_array();
    for (char **name = intake->packs; *name != NULL; name++)
        json_array_append_new(packs, json_string(*name));
    json_object_set_new(intake->lint, "packs", packs);
    json_object_set_new(intake->lint, "rules", rules_json(&intake->rules));
}

static bool intake_check(Intake *intake, int fd, GError **error)
{
    const Config *config = intake->app->config;
    WorkerLimits limits = *worker_limits(WORKER_LINT);
    limits.input_bytes = config_integer(config, "airlock.max_file_bytes");
    limits.rows = config_integer(config, "airlock.max_rows");
    limits.wall_ms = config_integer(config, "worker.timeout_seconds") * 1000;
    WorkerProgram program = {.program_path = intake->app->program};
    g_autoptr(json_t) arguments = intake_arguments(intake);
    if (!worker_run(&limits, &program, WORKER_LINT, arguments, fd, -1, &intake->lint, error))
        return false;
    intake_add_packs(intake);
    return true;
}

/* The contributions of single units have served: what leaves, and what reviewers see, is the table without
 * them. The record keeps the hash of what was checked. */
static bool intake_withhold(Intake *intake, const char *copy, GError **error)
{
    json_object_set_new(intake->lint, "checked_sha256", json_string(intake->sha256));
    const json_t *withheld = json_object_get(intake->lint, "withheld");
    return json_array_size(withheld) == 0 || intake_rewrite(intake, copy, withheld, error);
}

/* ---- the row ---- */

static bool intake_insert(Act *act, const Intake *intake, const Export *export, GError **error)
{
    char *lint = json_dumps(intake->lint, JSON_COMPACT);
    char *declaration = json_dumps(intake->declaration, JSON_COMPACT);
    ExportFile file = {
        .id = intake->file,
        .export = export->id,
        .round = export_round_now(export),
        .name = (char *)intake->name,
        .size = intake->size,
        .sha256 = intake->sha256,
        .kind = (char *)intake->format,
        .declaration = declaration,
        .lint = lint,
        .verdict = (char *)json_string_value(json_object_get(intake->lint, "verdict")),
        .added_ms = time_now_ms(),
    };
    bool ok = export_file_insert(act->tx, &file, error) &&
              export_label_grow(act->tx, export, error);
    act_detail(act, "file", file.id);
    act_detail(act, "name", file.name);
    act_detail(act, "sha256", file.sha256);
    act_detail(act, "verdict", file.verdict);
    free(lint);
    free(declaration);
    return ok;
}

/* Everything is asked again: time has passed since the first look. */
static bool intake_in_act(Act *act, void *data, GError **error)
{
    const Intake *intake = data;
    PolicyFacts facts = {0};
    g_autoptr(Export) export = NULL;
    if (!desk_load(act->tx, act->actor, intake->id, &export, &facts, error))
        return false;
    act_about(act, export->id, export->project);
    g_autofree char *topic = g_strconcat("project:", export->project, NULL);
    act_notify(act, topic);
    return act_allow(act, &facts, error) && intake_check_place(act->tx, intake, export, error) &&
           intake_insert(act, intake, export, error);
}

/* ---- the whole ---- */

/* Every field of what the author declared, those that are not there as null or empty. */
static json_t *intake_declaration(const json_t *given)
{
    static const char *const names[] = {"count", "contributors", "total", "absolute", "largest"};
    json_t *whole = json_object(), *dimensions = json_array();
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        json_t *name = json_object_get(given, names[i]);
        json_object_set(whole, names[i], json_is_string(name) ? name : json_null());
    }
    json_t *next = json_object_get(given, "next"), *row;
    json_object_set_new(whole, "next", json_is_array(next) ? json_incref(next) : json_array());
    size_t i;
    json_array_foreach (json_object_get(given, "dimensions"), i, row) {
        json_array_append_new(
            dimensions,
            json_pack("{s:O, s:O?, s:b}", "column", json_object_get(row, "column"), "total",
                      json_object_get(row, "total"), "nested",
                      json_is_true(json_object_get(row, "nested"))));
    }
    json_object_set_new(whole, "dimensions", dimensions);
    return whole;
}

static bool intake_read_arguments(Intake *intake, GError **error)
{
    if (g_str_has_prefix(intake->path, PROJECT_PREFIX))
        intake->path += strlen(PROJECT_PREFIX);
    if (intake->name == NULL) {
        const char *slash = strrchr(intake->path, '/');
        intake->name = slash != NULL ? slash + 1 : intake->path;
    }
    if (!path_check_relative(intake->path, error) || !path_check_relative(intake->name, error))
        return false;
    intake->format = worker_format_of(intake->path);
    if (intake->format == NULL || g_strcmp0(worker_format_of(intake->name), intake->format) != 0)
        return error_set(error, ERROR_UNSUPPORTED, "airlock.type",
                         "Only tables in CSV or Parquet can leave, under a name that ends in .csv "
                         "or .parquet.");
    if (json_is_null(json_object_get(intake->declaration, "count")) &&
        json_is_null(json_object_get(intake->declaration, "total")))
        return error_set(error, ERROR_INVALID, "airlock.declaration",
                         "Declare at least the column that counts the units behind each row: "
                         "without it no rule can be checked.");
    return true;
}

static bool intake_take(Intake *intake, const PolicyActor *actor, const char *copy,
                        GError **error)
{
    /* A Parquet file can hide bytes that no reader shows: pages that nothing refers to, padding,
     * metadata. What is checked and released is made of its values alone. */
    if (strcmp(intake->format, "parquet") == 0 && !intake_rewrite(intake, copy, NULL, error))
        return false;
    FD_AUTO int fd = open(copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return error_set_errno(error, errno, "airlock.copy", "Cannot read the copy");
    return intake_check(intake, fd, error) && intake_withhold(intake, copy, error) &&
           act_run(intake->app, actor, VERB_EXPORT_EDIT, intake_in_act, intake, NULL, error);
}

bool desk_add_file(App *app, const PolicyActor *actor, const char *id, const char *path,
                   const char *name, const json_t *declaration, char **ret_file,
                   GError **error)
{
    g_auto(Intake) intake = {.app = app, .id = id, .path = path, .name = name,
                             .declaration = intake_declaration(declaration), .file = id_new("fil")};
    if (!intake_read_arguments(&intake, error) ||
        !look_run(app, actor, VERB_EXPORT_EDIT, id, false, intake_look, &intake, error) ||
        !intake_copy(&intake, error))
        return false;
    g_autofree char *copy = desk_file_path(app, intake.export, intake.file);
    if (!intake_take(&intake, actor, copy, error)) {
        unlink(copy);
        return false;
    }
    *ret_file = g_steal_pointer(&intake.file);
    return true;
}

/* ---- reading back ---- */

typedef struct OpenCall {
    const char *id, *file;
    bool whole;
    Export *export;
    ExportFile *found;
} OpenCall;

/* An author who could fetch the file as it is would need no airlock. */
static bool open_check_whole(const OpenCall *call, const PolicyFacts *facts, GError **error)
{
    if (!call->whole || !facts->is_owner || policy_tier(facts->tier)->lake_get_outside)
        return true;
    return error_set(error, ERROR_DENIED, "airlock.author_content",
                     "The author of an export gets its files in the package, once it is approved.");
}

static bool open_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    OpenCall *call = data;
    PolicyFacts facts = {0};
    return desk_load(tx, actor, call->id, &call->export, &facts, error) &&
           policy_enforce(actor, VERB_EXPORT_FILE, &facts, error) &&
           open_check_whole(call, &facts, error) &&
           export_file_load(tx, call->id, call->file, &call->found, error);
}

int desk_open_file(App *app, const PolicyActor *actor, const char *id, const char *file,
                   bool whole, ExportFile **ret_file, GError **error)
{
    OpenCall call = {.id = id, .file = file, .whole = whole};
    FD_AUTO int fd = -1;
    if (look_run(app, actor, VERB_EXPORT_FILE, file, true, open_look, &call, error)) {
        g_autofree char *path = desk_file_path(app, call.export, call.found->id);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
            error_set(error, ERROR_UNAVAILABLE, "airlock.locked",
                      "The file cannot be read now: the project's folder is locked.");
    }
    export_free(call.export);
    if (fd >= 0)
        *ret_file = g_steal_pointer(&call.found);
    export_file_free(call.found);
    return fd_steal(&fd);
}
