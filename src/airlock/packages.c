/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The package of an approved export. Its manifest's hash goes into the leaf of the release, in the
 * same savepoint as the move to released; the zip is then made with that leaf's proof. A crash in
 * between loses nothing: the same content gives the same bytes, and the next call makes them.
 */
#include "airlock/desk.h"

#include "airlock/release.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"
#include "projects/projects.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROOF_WAIT_MS 10000

typedef struct Package {
    App *app;
    const char *id;
    Export *export;
    Project *project;
    PolicyFacts facts;
    GPtrArray *files;             /* of ExportFile */
    GPtrArray *reviews;           /* of ExportReview, every round */
    GArray *opened;               /* of ReleaseFile */
    json_t *description, *rules, *review_list;
    char *manifest_hash;
} Package;

static void package_clear(Package *package)
{
    export_free(package->export);
    project_free(package->project);
    g_clear_pointer(&package->files, g_ptr_array_unref);
    g_clear_pointer(&package->reviews, g_ptr_array_unref);
    for (guint i = 0; package->opened != NULL && i < package->opened->len; i++)
        close(g_array_index(package->opened, ReleaseFile, i).fd);
    g_clear_pointer(&package->opened, g_array_unref);
    json_decref(package->description);
    json_decref(package->rules);
    json_decref(package->review_list);
    g_free(package->manifest_hash);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Package, package_clear)

/* ---- reading ---- */

static bool package_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Package *package = data;
    if (!desk_load(tx, actor, package->id, &package->export, &package->facts, error) ||
        !policy_enforce(actor, VERB_EXPORT_RELEASE, &package->facts, error) ||
        !project_load(tx, package->export->project, &package->project, error))
        return false;
    if (package->export->state != EXPORT_APPROVED && package->export->state != EXPORT_RELEASED)
        return error_set(error, ERROR_CONFLICT, "airlock.not_approved",
                         "The export is %s; a package is made once it is approved.",
                         export_state_name(package->export->state));
    package->files = export_files(tx, package->id, false, error);
    package->reviews = package->files != NULL ? export_reviews(tx, package->id, error) : NULL;
    return package->reviews != NULL;
}

/* ---- content ---- */

static json_t *package_describe(const Package *package)
{
    const Export *export = package->export;
    const Project *project = package->project;
    return json_pack("{s:{s:s, s:s, s:s, s:I}, s:{s:s, s:s, s:s, s:s, s:s, s:s}, "
                     "s:{s:s, s:s, s:s}}",
                     "export", "id", export->id, "title", export->title, "context",
                     export->context, "round", (json_int_t)export->round, "project", "id",
                     project->id, "title", project->title, "tier",
                     policy_name(SET_TIER, project->tier), "route",
                     policy_name(SET_ROUTE, project->route), "purpose",
                     policy_name(SET_PURPOSE, project->purpose), "legal_basis",
                     project->legal_basis, "author", "id", export->author, "login",
                     export->author_login, "name", export->author_name);
}

/* The shares behind the flags were computed from columns that do not leave; neither do they. */
static void forget_measures(json_t *lint)
{
    size_t i;
    json_t *flag;
    json_array_foreach (json_object_get(lint, "flags"), i, flag)
        json_object_set_new(flag, "measure", json_null());
}

static bool package_add_rules(const Package *package, json_t *list, GError **error)
{
    for (guint i = 0; i < package->files->len; i++) {
        const ExportFile *file = g_ptr_array_index(package->files, i);
        g_autoptr(json_t) lint = json_parse(file->lint, strlen(file->lint), error);
        g_autoptr(json_t) declared =
            lint != NULL ? json_parse(file->declaration, strlen(file->declaration), error) : NULL;
        if (declared == NULL)
            return false;
        forget_measures(lint);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:O, s:O}", "file", file->name,
                                              "sha256", file->sha256, "verdict", file->verdict,
                                              "declaration", declared, "check", lint));
    }
    return true;
}

static json_t *package_list_reviews(const Package *package)
{
    json_t *list = json_array();
    for (guint i = 0; i < package->reviews->len; i++) {
        const ExportReview *review = g_ptr_array_index(package->reviews, i);
        g_autofree char *when = time_format(review->reviewed_ms);
        json_array_append_new(
            list, json_pack("{s:{s:s, s:s, s:s}, s:I, s:s, s:s, s:s}", "checker", "id",
                            review->checker, "login", review->login, "name", review->name,
                            "round", (json_int_t)review->round, "decision",
                            export_decision_name(review->decision), "comment", review->comment,
                            "reviewed", when));
    }
    return list;
}

static bool package_open_files(Package *package, GError **error)
{
    package->opened = g_array_new(FALSE, TRUE, sizeof(ReleaseFile));
    for (guint i = 0; i < package->files->len; i++) {
        const ExportFile *file = g_ptr_array_index(package->files, i);
        g_autofree char *path = desk_file_path(package->app, package->export, file->id);
        ReleaseFile row = {.path = file->name,
                           .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
        if (row.fd < 0)
            return error_set(error, ERROR_UNAVAILABLE, "airlock.locked",
                             "The files cannot be read now: the project's folder is locked.");
        g_array_append_val(package->opened, row);
    }
    return true;
}

static ReleaseContent package_content(const Package *package)
{
    return (ReleaseContent){
        .description = package->description,
        .decided_ms = package->export->decided_ms,
        .files = (const ReleaseFile *)(void *)package->opened->data,
        .file_count = package->opened->len,
        .rules = package->rules,
        .reviews = package->review_list,
    };
}

/* Are the copies still what was reviewed? The manifest would say otherwise, but it is better not to
 * make it. */
static bool package_check_hashes(const Package *package, GError **error)
{
    for (guint i = 0; i < package->files->len; i++) {
        const ExportFile *file = g_ptr_array_index(package->files, i);
        g_autofree char *hash = NULL;
        int64_t size = 0;
        if (!fd_hash(g_array_index(package->opened, ReleaseFile, i).fd, &hash, &size, error))
            return false;
        if (strcmp(hash, file->sha256) != 0)
            return error_set(error, ERROR_INTERNAL, "airlock.changed",
                             "The copy of %s is not what was reviewed", file->id);
    }
    return true;
}

static bool package_prepare(Package *package, GError **error)
{
    package->description = package_describe(package);
    package->rules = json_array();
    package->review_list = package_list_reviews(package);
    if (!package_add_rules(package, package->rules, error) ||
        !package_open_files(package, error) || !package_check_hashes(package, error))
        return false;
    ReleaseContent content = package_content(package);
    return release_manifest_hash(&content, &package->manifest_hash, error);
}

/* ---- release ---- */

static bool package_release_in_act(Act *act, void *data, GError **error)
{
    Package *package = data;
    PolicyFacts facts = {0};
    g_autoptr(Export) export = NULL;
    if (!desk_load(act->tx, act->actor, package->id, &export, &facts, error))
        return false;
    act_about(act, export->id, export->project);
    act_detail(act, "manifest_sha256", package->manifest_hash);
    act_detail(act, "state", "released");
    g_autofree char *topic = g_strconcat("project:", export->project, NULL);
    act_notify(act, topic);
    return act_allow(act, &facts, error) &&
           export_move(act->tx, export, EXPORT_RELEASED, time_now_ms(), error);
}

static bool package_reload(StoreTx *tx, void *data, GError **error)
{
    Package *package = data;
    g_autoptr(Export) export = NULL;
    if (!export_load(tx, package->id, &export, error))
        return false;
    export_free(package->export);
    package->export = g_steal_pointer(&export);
    return true;
}

static bool package_move(Package *package, const PolicyActor *actor, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (package->export->state == EXPORT_APPROVED &&
        !act_run(package->app, actor, VERB_EXPORT_RELEASE, package_release_in_act, package, NULL,
                 &problem) &&
        !error_is(problem, ERROR_CONFLICT)) { /* a conflict: somebody else took it just now */
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return store_read(package->app->store, package_reload, package, error);
}

static bool package_write_zip(const Package *package, const json_t *proof, const char *path,
                              GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".tmp", NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(ReleaseKey) key = release_key_open(package->app->state_dir, error);
    if (key == NULL)
        return false;
    unlink(temporary);
    FD_AUTO int fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(error, errno, "airlock.package", "Cannot make %s", temporary);
    ReleaseContent content = package_content(package);
    if (!release_write(&content, proof, key, fd, error)) {
        unlink(temporary);
        return false;
    }
    if (rename(temporary, path) < 0)
        return error_set_errno(error, errno, "airlock.package", "Cannot put %s in place", path);
    return folder_sync(folder, error);
}

static bool package_make(Package *package, const char *path, GError **error)
{
    int64_t sequence = package->export->audit_sequence;
    if (!audit_wait(package->app->audit, sequence, PROOF_WAIT_MS, error))
        return false;
    g_autoptr(json_t) proof = audit_prove(package->app->audit, sequence, error);
    return proof != NULL && package_write_zip(package, proof, path, error);
}

static bool package_record_in_write(StoreTx *tx, void *data, GError **error)
{
    const char *const *texts = data;
    return export_set_release(tx, texts[0], texts[1], error);
}

static int package_open(Package *package, const char *path, int64_t *ret_size, GError **error)
{
    FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        error_set_errno(error, errno, "airlock.package", "Cannot read %s", path);
        return -1;
    }
    g_autofree char *hash = NULL;
    int64_t size = 0;
    if (!fd_hash(fd, &hash, &size, error))
        return -1;
    const char *texts[] = {package->id, hash};
    if (package->export->release_sha256 == NULL &&
        !store_write(package->app->store, package_record_in_write, texts, error))
        return -1;
    *ret_size = size;
    return fd_steal(&fd);
}

int desk_release(App *app, const PolicyActor *actor, const char *id, int64_t *ret_size,
                 GError **error)
{
    g_auto(Package) package = {.app = app, .id = id};
    g_autofree char *name = g_strconcat(id, ".zip", NULL);
    g_autofree char *path = g_build_filename(app->state_dir, "releases", name, NULL);
    if (!look_run(app, actor, VERB_EXPORT_RELEASE, id, true, package_look, &package, error))
        return -1;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(app->room_data[ROOM_AIRLOCK]);
    bool there = package.export->state == EXPORT_RELEASED && access(path, R_OK) == 0;
    if (!there && (!package_prepare(&package, error) || !package_move(&package, actor, error) ||
                   !package_make(&package, path, error)))
        return -1;
    return package_open(&package, path, ret_size, error);
}
