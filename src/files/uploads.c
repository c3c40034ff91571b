/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads. What is received lies in the project's vault, in incoming/<upload>/: `data`, as far as it
 * came, and `upload.json`, what it is to become. Both survive a restart, so that a broken upload goes
 * on where it stopped; neither is in the database, as names of files are the project's and go with
 * its key. When all is there, the engine moves `data` to its place: a file is never seen in part.
 */
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/times.h"
#include "files/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define META_BYTES_MAX 8192
#define SWEEP_PERIOD_MS (30 * 1000)
#define SCAN_MAX 10000                 /* folders of one project looked at */

/* The room's state: which uploads bytes are coming in for. */
typedef struct FilesState {
    GMutex lock;
    GHashTable *busy;                  /* set of upload ids */
} FilesState;

static FilesState *state_of(const App *app)
{
    FilesState *state = app->room_data[ROOM_FILES];
    g_assert(state != NULL);
    return state;
}

void files_upload_free(FilesUpload *upload)
{
    if (upload == NULL)
        return;
    g_free(upload->id);
    g_free(upload->project);
    g_free(upload->person);
    g_free(upload->path);
    g_free(upload->folder);
    g_free(upload);
}

/* ---- on the disk ---- */

static char *upload_data(const FilesUpload *upload)
{
    return g_build_filename(upload->folder, "data", NULL);
}

static bool upload_save(const FilesUpload *upload, GError **error)
{
    g_autoptr(json_t) meta = json_pack(
        "{s:s, s:s, s:s, s:b, s:I, s:I}", "person", upload->person, "place",
        files_places[upload->place], "path", upload->path, "replace", upload->replace, "size",
        (json_int_t)upload->size, "started_ms", (json_int_t)upload->started_ms);
    g_autofree char *path = g_build_filename(upload->folder, "upload.json", NULL);
    char *text = json_canonical(meta);
    bool ok = file_write(path, text, strlen(text), 0600, error);
    free(text);
    return ok;
}

static FilesUpload *upload_read(const App *app, const char *project, const char *id)
{
    g_autoptr(FilesUpload) upload = g_new0(FilesUpload, 1);
    g_autofree char *incoming = files_incoming(app, project);
    upload->id = g_strdup(id);
    upload->project = g_strdup(project);
    upload->folder = g_build_filename(incoming, id, NULL);
    g_autofree char *path = g_build_filename(upload->folder, "upload.json", NULL);
    g_autofree char *data = upload_data(upload), *text = NULL;
    size_t size = 0;
    struct stat st;
    if (!id_check(PLAN_ID_UPLOAD, id) || !file_read(path, META_BYTES_MAX, &text, &size, NULL) ||
        lstat(data, &st) < 0)
        return NULL;
    g_autoptr(json_t) meta = json_parse(text, size, NULL);
    upload->person = g_strdup(json_string_value(json_object_get(meta, "person")));
    upload->path = g_strdup(json_string_value(json_object_get(meta, "path")));
    upload->replace = json_is_true(json_object_get(meta, "replace"));
    upload->size = json_integer_value(json_object_get(meta, "size"));
    upload->started_ms = json_integer_value(json_object_get(meta, "started_ms"));
    upload->received = st.st_size;
    if (upload->person == NULL || upload->path == NULL ||
        !files_place_parse(json_string_value(json_object_get(meta, "place")), &upload->place))
        return NULL;
    return g_steal_pointer(&upload);
}

static GPtrArray *upload_scan(const App *app, const char *project)
{
    GPtrArray *uploads = g_ptr_array_new_with_free_func((GDestroyNotify)files_upload_free);
    g_autofree char *incoming = files_incoming(app, project);
    g_autoptr(GDir) dir = g_dir_open(incoming, 0, NULL);
    const char *name = NULL;
    for (int seen = 0; dir != NULL && seen < SCAN_MAX && (name = g_dir_read_name(dir)) != NULL;
         seen++) {
        FilesUpload *upload = upload_read(app, project, name);
        if (upload != NULL)
            g_ptr_array_add(uploads, upload);
    }
    return uploads;
}

/* ---- who writes ---- */

static bool busy_enter(App *app, const char *id)
{
    FilesState *state = state_of(app);
    g_mutex_lock(&state->lock);
    bool entered = g_hash_table_add(state->busy, g_strdup(id));
    g_mutex_unlock(&state->lock);
    return entered;
}

static void busy_leave(App *app, const char *id)
{
    FilesState *state = state_of(app);
    g_mutex_lock(&state->lock);
    g_hash_table_remove(state->busy, id);
    g_mutex_unlock(&state->lock);
}

int files_upload_take(App *app, const FilesUpload *upload, GError **error)
{
    g_autofree char *data = upload_data(upload);
    if (!busy_enter(app, upload->id)) {
        error_set(error, ERROR_CONFLICT, "files.upload_busy",
                  "Bytes of this upload are still coming in; wait for their end.");
        return -1;
    }
    int fd = open(data, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        error_set(error, ERROR_NOT_FOUND, "files.no_upload", "There is no such upload.");
        busy_leave(app, upload->id);
    }
    return fd;
}

void files_upload_give_back(App *app, const FilesUpload *upload, int fd)
{
    fd_cleanup(&fd);
    busy_leave(app, upload->id);
}

bool files_upload_write(FilesUpload *upload, int fd, const char *bytes, size_t size,
                        GError **error)
{
    if ((int64_t)size > upload->size - upload->received)
        return error_set(error, ERROR_INVALID, "files.longer",
                         "More bytes came than the upload was said to have.");
    while (size > 0) {
        ssize_t wrote = pwrite(fd, bytes, size, (off_t)upload->received);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && (errno == ENOSPC || errno == EDQUOT))
            return error_set(error, ERROR_QUOTA, "files.disk_full", "There is no room left.");
        if (wrote < 0)
            return error_set_errno(error, errno, "files.upload", "Cannot write an upload");
        bytes += wrote;
        size -= (size_t)wrote;
        upload->received += wrote;
    }
    return true;
}

/* ---- beginning ---- */

static bool room_check(const App *app, const char *folder, const GPtrArray *uploads, int64_t size,
                       GError **error)
{
    struct statvfs fs;
    int64_t promised = 0;
    if (statvfs(folder, &fs) < 0)
        return error_set(error, ERROR_UNAVAILABLE, "files.locked",
                         "The project's files cannot be reached now; they are locked.");
    for (guint i = 0; i < uploads->len; i++) {
        const FilesUpload *upload = uploads->pdata[i];
        promised += upload->size - upload->received;
    }
    int64_t keep = config_integer(app->config, "files.keep_free_bytes");
    int64_t room = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize - keep - promised;
    return size <= room ||
           error_set(error, ERROR_QUOTA, "files.disk_full",
                     "The disk has room for %" G_GINT64_FORMAT " more bytes, and the file has %"
                     G_GINT64_FORMAT ".", MAX(0, room), size);
}

static bool begin_check(const FilesTarget *target, int64_t size, const GPtrArray *uploads,
                        GError **error)
{
    int64_t most = config_integer(target->app->config, "files.max_upload_bytes");
    int own = 0;
    for (guint i = 0; i < uploads->len; i++)
        own += strcmp(((FilesUpload *)uploads->pdata[i])->person, target->actor->id) == 0;
    if (size > most)
        return error_set(error, ERROR_TOO_LARGE, "files.too_large",
                         "The file has %" G_GINT64_FORMAT " bytes; at most %" G_GINT64_FORMAT
                         " are accepted.", size, most);
    if (own >= FILES_UPLOADS_MAX)
        return error_set(error, ERROR_QUOTA, "files.too_many_uploads",
                         "You have %d uploads under way in this project; finish or cancel one.",
                         own);
    g_autofree char *incoming = files_incoming(target->app, target->project_id);
    return room_check(target->app, incoming, uploads, size, error);
}

static bool bucket_room(StoreTx *tx, void *data, GError **error)
{
    const FilesTarget *target = data;
    LakeUsage usage;
    return lake_usage_read(tx, target->project_id, &usage, error) &&
           (usage.bytes < target->project->bucket_quota_bytes ||
            error_set(error, ERROR_QUOTA, "lake.quota", "The bucket is full."));
}

FilesUpload *files_upload_begin(FilesTarget *target, int64_t size, bool replace, GError **error)
{
    if (!files_target_look(target, VERB_FILES_PUT, error))
        return NULL;
    g_autoptr(GPtrArray) uploads = upload_scan(target->app, target->project_id);
    if (!begin_check(target, size, uploads, error) ||
        (target->place == PLACE_BUCKET &&
         !store_read(target->app->store, bucket_room, target, error)))
        return NULL;
    g_autofree char *incoming = files_incoming(target->app, target->project_id);
    g_autoptr(FilesUpload) upload = g_new0(FilesUpload, 1);
    upload->id = id_new(PLAN_ID_UPLOAD);
    upload->project = g_strdup(target->project_id);
    upload->person = g_strdup(target->actor->id);
    upload->path = g_strdup(target->path);
    upload->folder = g_build_filename(incoming, upload->id, NULL);
    upload->place = target->place;
    upload->replace = replace;
    upload->size = size;
    upload->started_ms = time_now_ms();
    g_autofree char *data = upload_data(upload);
    if (!folder_make(upload->folder, 0700, error))
        return NULL;
    FD_AUTO int fd = open(data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || !upload_save(upload, error)) {
        if (fd < 0)
            error_set_errno(error, errno, "files.upload", "Cannot make %s", data);
        tree_remove(upload->folder, NULL);
        return NULL;
    }
    return g_steal_pointer(&upload);
}

FilesUpload *files_upload_load(App *app, const PolicyActor *actor, const char *project,
                               const char *id, GError **error)
{
    g_autoptr(FilesUpload) upload = upload_read(app, project, id);
    if (upload != NULL && strcmp(upload->person, actor->id) == 0)
        return g_steal_pointer(&upload);
    error_set(error, ERROR_NOT_FOUND, "files.no_upload",
              "There is no such upload; it may be over, or too old.");
    return NULL;
}

GPtrArray *files_upload_list(App *app, const PolicyActor *actor, const char *project,
                             GError **error)
{
    (void)error;
    g_autoptr(GPtrArray) all = upload_scan(app, project);
    GPtrArray *own = g_ptr_array_new_with_free_func((GDestroyNotify)files_upload_free);
    for (guint i = 0; i < all->len; i++) {
        if (strcmp(((FilesUpload *)all->pdata[i])->person, actor->id) == 0)
            g_ptr_array_add(own, g_steal_pointer(&all->pdata[i]));
    }
    return own;
}

void files_upload_drop(App *app, const FilesUpload *upload)
{
    (void)app;
    g_autoptr(GError) problem = NULL;
    if (!tree_remove(upload->folder, &problem))
        log_warning("files.upload", "detail", problem->message);
}

/* ---- the end ---- */

static bool put_in_volume(FilesTarget *target, const FilesUpload *upload, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) details = json_pack("{s:I, s:b}", "size", (json_int_t)upload->size,
                                          "replace", upload->replace);
    if (!files_target_act(target, VERB_FILES_PUT, details, NULL, NULL, error))
        return false;
    PlanVolume volume = files_target_volume(target);
    g_autoptr(Plan) plan = plan_file_put_new(&volume, upload->id, upload->path, upload->replace);
    if (engine_client_run(target->app->engine, plan, NULL, NULL, NULL, &problem))
        return true;
    files_target_failed(target, VERB_FILES_PUT, problem);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* What stopped the file from taking its place can be mended: the upload stays for another try. */
bool files_upload_finish(FilesTarget *target, FilesUpload *upload, GError **error)
{
    if (upload->received != upload->size)
        return error_set(error, ERROR_CONFLICT, "files.upload_partial",
                         "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " bytes have come; send the "
                         "rest first.", upload->received, upload->size);
    int fd = files_upload_take(target->app, upload, error);
    if (fd < 0)
        return false;
    bool ok = target->place == PLACE_BUCKET
                  ? files_bucket_put(target, fd, upload->size, upload->replace, error)
                  : put_in_volume(target, upload, error);
    if (ok)
        files_upload_drop(target->app, upload);
    files_upload_give_back(target->app, upload, fd);
    return ok;
}

/* ---- the room's life ---- */

static bool sweep_projects(StoreTx *tx, void *data, GError **error)
{
    GPtrArray *projects = data;
    g_autoptr(StoreRows) rows = store_query(tx, error, "SELECT id FROM project ORDER BY id");
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem))
        g_ptr_array_add(projects, g_strdup(store_row_text(rows, 0)));
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* By the age of its folder, whatever is in it: a crash may have left one without upload.json. */
static void sweep_one(App *app, const char *incoming, const char *name)
{
    g_autofree char *folder = g_build_filename(incoming, name, NULL);
    g_autofree char *data = g_build_filename(folder, "data", NULL);
    struct stat st;
    int64_t before = time_now_ms() - FILES_UPLOAD_LIFE_MS;
    bool found = lstat(data, &st) == 0 || lstat(folder, &st) == 0;
    if (!found || (int64_t)st.st_mtim.tv_sec * 1000 > before || !id_check(PLAN_ID_UPLOAD, name) ||
        !busy_enter(app, name))
        return;
    g_autoptr(GError) problem = NULL;
    if (!tree_remove(folder, &problem))
        log_warning("files.sweep", "detail", problem->message);
    busy_leave(app, name);
}

static bool duty_sweep(App *app, GError **error)
{
    g_autoptr(GPtrArray) projects = g_ptr_array_new_with_free_func(g_free);
    if (!store_read(app->store, sweep_projects, projects, error))
        return false;
    for (guint i = 0; i < projects->len; i++) {
        g_autofree char *incoming = files_incoming(app, projects->pdata[i]);
        g_autoptr(GDir) dir = g_dir_open(incoming, 0, NULL);
        const char *name = NULL;
        for (int n = 0; dir != NULL && n < SCAN_MAX && (name = g_dir_read_name(dir)) != NULL; n++)
            sweep_one(app, incoming, name);
    }
    return true;
}

const Duty files_duties[] = {{"files.uploads", SWEEP_PERIOD_MS, duty_sweep}, {0}};

bool files_start(App *app, GError **error)
{
    (void)error;
    FilesState *state = g_new0(FilesState, 1);
    g_mutex_init(&state->lock);
    state->busy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    app->room_data[ROOM_FILES] = state;
    return true;
}

void files_stop(App *app)
{
    FilesState *state = g_steal_pointer(&app->room_data[ROOM_FILES]);
    g_hash_table_unref(state->busy);
    g_mutex_clear(&state->lock);
    g_free(state);
}
