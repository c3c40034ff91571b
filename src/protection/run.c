/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: the raw one on its way in, the worker on it, the protected one until somebody decides.
 *
 *   uploads/<upload>/raw.csv        from the first byte until the worker has ended
 *   uploads/<upload>/protected.csv  from then on until it is published or thrown away
 *
 * What is open is known in memory alone: the start of the program empties uploads/ (it holds what nobody
 * should find there), so that protections under way fail then and are begun anew.
 */
#include "protection/internal.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/times.h"
#include "engine/plan.h"
#include "protect/protect.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MADE_NAME "protected.csv"

typedef struct Live {
    char *folder;
    double done;
    char *what;
    bool at_work;
} Live;

struct ProtectionData {
    GMutex lock;
    GHashTable *live;                          /* protection id -> Live */
    GThreadPool *pool;
    int stop;                                  /* atomic: workers under way are killed */
};

struct RawUpload {
    App *app;
    char *id, *folder, *path, *file_name;
    const char *format;
    int fd;
    int64_t length, received;
    GChecksum *hash;
    bool reserved, handed_over;
};

typedef struct Job {
    char *id, *folder, *path;
    const char *format;                        /* static */
} Job;

static struct ProtectionData *data_of(App *app)
{
    return app->room_data[ROOM_PROTECTION];
}

static void live_free(void *item)
{
    Live *live = item;
    g_free(live->folder);
    g_free(live->what);
    g_free(live);
}

static void job_free(Job *job)
{
    g_free(job->id);
    g_free(job->folder);
    g_free(job->path);
    g_free(job);
}

/* ---- moves of the program itself ----------------------------------------------------------------------- */

typedef struct MoveCall {
    const char *id;
    ProtectionState from, to;
    const char *failure, *report;
} MoveCall;

static bool move_in(Act *act, void *data, GError **error)
{
    const MoveCall *call = data;
    act_about(act, call->id, NULL);
    act_detail(act, "step", protection_state_name(call->to));
    return protection_move(act->tx, call->id, call->from, call->to, call->failure, time_now_ms(), error) &&
           (call->report == NULL ||
            store_exec(act->tx, error, "UPDATE protection SET report = $1 WHERE id = $2",
                       store_text(call->report), store_text(call->id)));
}

static bool move(App *app, const MoveCall *call, GError **error)
{
    g_autoptr(PolicyActor) actor = policy_actor_system();
    return act_run(app, actor, VERB_DATASET_PROTECT, move_in, (void *)call, NULL, error);
}

static void move_or_log(App *app, const MoveCall *call)
{
    g_autoptr(GError) problem = NULL;
    if (!move(app, call, &problem))
        log_warning("protection.move_failed", "protection", call->id, "why", problem->message);
}

static void erase(const char *folder)
{
    g_autoptr(GError) problem = NULL;
    if (folder != NULL && !tree_remove(folder, &problem))
        log_error("protection.raw_left", "folder", folder, "why", problem->message);
}

/* ---- the raw file arrives ------------------------------------------------------------------------------ */

static bool check_file(App *app, const char *name, int64_t length, GError **error)
{
    int64_t most = MIN(config_integer(app->config, "sources.max_upload_bytes"),
                       worker_limits(WORKER_PROTECT)->input_bytes);
    if (worker_format_of(name) == NULL)
        return error_set(error, ERROR_UNSUPPORTED, "sources.type",
                         "Only CSV (.csv) and Parquet (.parquet) files are read.");
    if (length < 0)
        return error_set(error, ERROR_LENGTH_REQUIRED, "sources.length",
                         "Say the file's size in Content-Length.");
    if (length == 0)
        return error_set(error, ERROR_INVALID, "sources.empty", "The file is empty.");
    return length <= most ||
           error_set(error, ERROR_TOO_LARGE, "sources.too_large",
                     "The file has %" G_GINT64_FORMAT " bytes; at most %" G_GINT64_FORMAT
                     " are accepted.", length, most);
}

static bool begin_in(Act *act, void *data, GError **error)
{
    const RawUpload *upload = data;
    g_autoptr(Protection) p = NULL;
    act_about(act, upload->id, NULL);
    act_detail(act, "step", "receiving");
    return protection_facts(act->tx, act->actor, VERB_DATASET_PROTECT, upload->id, &p, NULL, error) &&
           protection_move(act->tx, upload->id, PROTECTION_WAITING, PROTECTION_RECEIVING, "",
                           time_now_ms(), error);
}

static bool open_raw(RawUpload *upload, GError **error)
{
    g_autofree char *folder_id = id_new(PLAN_ID_UPLOAD);
    g_autofree char *name = g_strconcat("raw.", upload->format, NULL);
    upload->folder = g_build_filename(upload->app->state_dir, "uploads", folder_id, NULL);
    upload->path = g_build_filename(upload->folder, name, NULL);
    if (!folder_make(upload->folder, 0700, error))
        return false;
    upload->fd = open(upload->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return upload->fd >= 0 ||
           error_set_errno(error, errno, "sources.upload", "Cannot make %s", upload->path);
}

RawUpload *raw_upload_begin(App *app, const PolicyActor *actor, const char *id, const char *file_name,
                            int64_t length, GError **error)
{
    if (!check_file(app, file_name, length, error))
        return NULL;
    RawUpload *upload = g_new0(RawUpload, 1);
    upload->app = app;
    upload->id = g_strdup(id);
    upload->file_name = g_strdup(file_name);
    upload->format = worker_format_of(file_name);
    upload->fd = -1;
    upload->length = length;
    upload->hash = g_checksum_new(G_CHECKSUM_SHA256);
    upload->reserved = act_run(app, actor, VERB_DATASET_PROTECT, begin_in, upload, NULL, error);
    if (upload->reserved && open_raw(upload, error))
        return upload;
    raw_upload_free(upload);
    return NULL;
}

bool raw_upload_write(RawUpload *upload, const char *bytes, size_t size, GError **error)
{
    if ((int64_t)size > upload->length - upload->received)
        return error_set(error, ERROR_INVALID, "sources.longer",
                         "More bytes came than Content-Length said.");
    if (!fd_write_all(upload->fd, bytes, size, error))
        return false;
    g_checksum_update(upload->hash, (const guchar *)bytes, (gssize)size);
    upload->received += (int64_t)size;
    return true;
}

static bool received_in(Act *act, void *data, GError **error)
{
    const RawUpload *upload = data;
    const char *hash = g_checksum_get_string(upload->hash);
    g_autoptr(Protection) p = NULL;
    act_about(act, upload->id, NULL);
    act_detail(act, "step", "received");
    act_detail(act, "sha256", hash);
    /* Asked again: stewards may have changed while the file travelled. */
    return protection_facts(act->tx, act->actor, VERB_DATASET_PROTECT, upload->id, &p, NULL, error) &&
           protection_move(act->tx, upload->id, PROTECTION_RECEIVING, PROTECTION_RUNNING, "",
                           time_now_ms(), error) &&
           store_exec(act->tx, error,
                      "UPDATE protection SET file_name = $1, file_size = $2, file_sha256 = $3 WHERE "
                      "id = $4", store_text(upload->file_name), store_integer(upload->length),
                      store_text(hash), store_text(upload->id));
}

bool raw_upload_finish(RawUpload *upload, const PolicyActor *actor, GError **error)
{
    struct ProtectionData *data = data_of(upload->app);
    if (upload->received != upload->length)
        return error_set(error, ERROR_INVALID, "sources.shorter",
                         "Fewer bytes came than Content-Length said; send the file again.");
    if (!act_run(upload->app, actor, VERB_DATASET_PROTECT, received_in, upload, NULL, error))
        return false;
    upload->handed_over = true;
    Live *live = g_new0(Live, 1);
    live->folder = g_strdup(upload->folder);
    live->what = g_strdup("");
    live->at_work = true;
    g_mutex_lock(&data->lock);
    g_hash_table_replace(data->live, g_strdup(upload->id), live);
    g_mutex_unlock(&data->lock);
    Job *job = g_new0(Job, 1);
    job->id = g_strdup(upload->id);
    job->folder = g_strdup(upload->folder);
    job->path = g_strdup(upload->path);
    job->format = upload->format;
    g_thread_pool_push(data->pool, job, NULL);
    return true;
}

void raw_upload_free(RawUpload *upload)
{
    if (upload == NULL)
        return;
    if (upload->fd >= 0)
        close(upload->fd);
    if (!upload->handed_over) {
        erase(upload->folder);
        MoveCall call = {upload->id, PROTECTION_RECEIVING, PROTECTION_WAITING,
                         "The file did not arrive whole; send it again.", NULL};
        if (upload->reserved)
            move_or_log(upload->app, &call);
    }
    g_checksum_free(upload->hash);
    g_free(upload->id);
    g_free(upload->folder);
    g_free(upload->path);
    g_free(upload->file_name);
    g_free(upload);
}

/* ---- the worker ---------------------------------------------------------------------------------------- */

typedef struct Running {
    App *app;
    const Job *job;
    Protection *p;
    Source *source;
} Running;

static void note_progress(void *user, double done, const char *what)
{
    const Running *run = user;
    struct ProtectionData *data = data_of(run->app);
    g_mutex_lock(&data->lock);
    Live *live = g_hash_table_lookup(data->live, run->job->id);
    if (live != NULL) {
        live->done = done;
        g_free(live->what);
        live->what = g_strdup(what);
    }
    g_mutex_unlock(&data->lock);
}

static bool load_in(StoreTx *tx, void *data, GError **error)
{
    Running *run = data;
    return protection_load(tx, run->job->id, &run->p, error) &&
           source_load(tx, run->p->source, &run->source, error);
}

static json_t *arguments_of(const Running *run, const json_t *recipe, json_t *secrets)
{
    json_t *arguments = json_pack("{s:s, s:O, s:s}", "format", run->job->format, "recipe", recipe,
                                  "output", "csv");
    if (json_object_size(secrets) > 0)
        json_object_set(arguments, "keys", secrets);
    return arguments;
}

/* The report with what must be the same for the result to be the same. */
static bool describe(const Running *run, json_t *report, int made_fd, json_t *used, GError **error)
{
    g_autofree char *output = NULL;
    int64_t size;
    if (!fd_hash(made_fd, &output, &size, error))
        return false;
    g_autofree char *recipe = g_compute_checksum_for_string(G_CHECKSUM_SHA256, run->p->recipe, -1);
    protect_report_files(report, recipe, run->p->file_sha256, output);
    json_object_set(report, "keys", used);
    return true;
}

static bool apply(Running *run, const json_t *recipe, json_t *secrets, json_t *used, char **ret_report,
                  GError **error)
{
    g_autofree char *made = g_build_filename(run->job->folder, MADE_NAME, NULL);
    FD_AUTO int raw_fd = open(run->job->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    FD_AUTO int made_fd = open(made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (raw_fd < 0 || made_fd < 0)
        return error_set_errno(error, errno, "sources.upload", "Cannot open the files of %s",
                               run->job->folder);
    WorkerProgram program = {.program_path = run->app->program, .stop = &data_of(run->app)->stop};
    g_autoptr(json_t) arguments = arguments_of(run, recipe, secrets);
    g_autoptr(json_t) result = NULL;
    if (!worker_run_watched(NULL, &program, WORKER_PROTECT, arguments, raw_fd, made_fd, note_progress, run,
                            &result, error))
        return false;
    json_t *report = json_object_get(result, "report");
    if (!describe(run, report, made_fd, used, error))
        return false;
    char *text = json_dumps(report, JSON_COMPACT);
    *ret_report = g_strdup(text);
    free(text);
    return true;
}

static bool run_recipe(Running *run, char **ret_report, GError **error)
{
    json_t *secrets = NULL;
    g_autoptr(json_t) used = NULL;
    g_autoptr(json_t) recipe = json_loads(run->p->recipe, 0, NULL);
    g_autoptr(GPtrArray) domains = protect_domains(recipe);
    if (!pseudonym_keys_take(run->app, run->source->organisation, run->p->project, domains, &secrets,
                             &used, error))
        return false;
    bool ok = apply(run, recipe, secrets, used, ret_report, error);
    pseudonym_keys_wipe(secrets);
    return ok;
}

static void end_work(App *app, const char *id)
{
    struct ProtectionData *data = data_of(app);
    g_mutex_lock(&data->lock);
    Live *live = g_hash_table_lookup(data->live, id);
    if (live != NULL)
        live->at_work = false;
    g_mutex_unlock(&data->lock);
}

/* The raw file is gone before anybody is told how it ended. */
static void erase_raw(const Job *job)
{
    if (unlink(job->path) < 0 && errno != ENOENT)
        log_error("protection.raw_left", "file", job->path, "why", g_strerror(errno));
}

static void job_run(void *item, void *user)
{
    Job *job = item;
    Running run = {.app = user, .job = job};
    g_autofree char *report = NULL;
    g_autoptr(GError) problem = NULL;
    bool ok = store_read(run.app->store, load_in, &run, &problem) && run_recipe(&run, &report, &problem);
    erase_raw(job);
    end_work(run.app, job->id);
    if (ok) {
        MoveCall call = {job->id, PROTECTION_RUNNING, PROTECTION_READY, "", report};
        move_or_log(run.app, &call);
    } else {
        MoveCall call = {job->id, PROTECTION_RUNNING, PROTECTION_FAILED,
                         error_kind_of(problem)->is_public
                             ? problem->message
                             : "The server could not protect this file; its log says why.", NULL};
        if (!error_kind_of(problem)->is_public)
            log_error("protection.failed", "protection", job->id, "why", problem->message);
        protection_drop_files(run.app, job->id);
        move_or_log(run.app, &call);
    }
    protection_free(run.p);
    source_free(run.source);
    job_free(job);
}

/* ---- for others ---------------------------------------------------------------------------------------- */

bool protection_progress(App *app, const char *id, double *ret_done, char **ret_what)
{
    struct ProtectionData *data = data_of(app);
    g_mutex_lock(&data->lock);
    const Live *live = g_hash_table_lookup(data->live, id);
    bool at_work = live != NULL && live->at_work;
    if (at_work) {
        *ret_done = live->done;
        *ret_what = g_strdup(live->what);
    }
    g_mutex_unlock(&data->lock);
    return at_work;
}

int protection_open_made(App *app, const char *id, GError **error)
{
    struct ProtectionData *data = data_of(app);
    g_mutex_lock(&data->lock);
    const Live *live = g_hash_table_lookup(data->live, id);
    g_autofree char *path = live != NULL ? g_build_filename(live->folder, MADE_NAME, NULL) : NULL;
    g_mutex_unlock(&data->lock);
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0)
        error_set(error, ERROR_CONFLICT, "protection.gone",
                  "The protected file is not kept any more; begin a new protection.");
    return fd;
}

void protection_drop_files(App *app, const char *id)
{
    struct ProtectionData *data = data_of(app);
    g_mutex_lock(&data->lock);
    const Live *live = g_hash_table_lookup(data->live, id);
    g_autofree char *folder = live != NULL ? g_strdup(live->folder) : NULL;
    g_hash_table_remove(data->live, id);
    g_mutex_unlock(&data->lock);
    erase(folder);
}

/* ---- what nobody came for, and what a stop left -------------------------------------------------------- */

typedef struct Sweep {
    const char *sql;
    int64_t before_ms;
    GPtrArray *ids, *states;
} Sweep;

static bool sweep_read(StoreTx *tx, void *data, GError **error)
{
    Sweep *sweep = data;
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows =
        store_query(tx, error, sweep->sql, store_integer(sweep->before_ms));
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem)) {
        g_ptr_array_add(sweep->ids, g_strdup(store_row_text(rows, 0)));
        g_ptr_array_add(sweep->states, g_strdup(store_row_text(rows, 1)));
    }
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static ProtectionState state_of(const char *name)
{
    ProtectionState state = PROTECTION_WAITING;
    while (strcmp(protection_state_name(state), name) != 0)
        state++;
    return state;
}

static bool sweep_run(App *app, const char *sql, int64_t before_ms, ProtectionState to,
                      const char *failure, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func(g_free);
    Sweep sweep = {sql, before_ms, ids, states};
    if (!store_read(app->store, sweep_read, &sweep, error))
        return false;
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(GError) problem = NULL;
        MoveCall call = {ids->pdata[i], state_of(states->pdata[i]), to, failure, NULL};
        if (move(app, &call, &problem))
            protection_drop_files(app, ids->pdata[i]);
        else if (!error_is(problem, ERROR_CONFLICT))   /* a conflict: somebody was faster */
            log_warning("protection.move_failed", "protection", call.id, "why", problem->message);
    }
    return true;
}

static bool drop_stale(App *app, GError **error)
{
    int64_t before = time_now_ms() - PROTECTION_KEPT_HOURS * TIME_HOUR_MS;
    return sweep_run(app, "SELECT id, state FROM protection WHERE state IN ('waiting', 'ready') AND "
                     "changed_ms < $1", before, PROTECTION_DISCARDED,
                     "Nobody published it within a day.", error);
}

const Duty protection_duties[] = {
    {"protection.stale", 60000, drop_stale},
    {0},
};

bool protection_start(App *app, GError **error)
{
    struct ProtectionData *data = g_new0(struct ProtectionData, 1);
    g_mutex_init(&data->lock);
    data->live = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, live_free);
    data->pool = g_thread_pool_new(job_run, app, PROTECTION_AT_ONCE, FALSE, NULL);
    app->room_data[ROOM_PROTECTION] = data;
    return sweep_run(app, "SELECT id, state FROM protection WHERE state IN ('receiving', 'running', "
                     "'ready') AND changed_ms < $1", INT64_MAX, PROTECTION_FAILED,
                     "The server stopped, and kept nothing of the file; begin again.", error);
}

/* A worker may have hours to go: it is killed, and its protection fails. */
void protection_stop(App *app)
{
    struct ProtectionData *data = data_of(app);
    if (data == NULL)
        return;
    g_atomic_int_set(&data->stop, 1);
    g_thread_pool_free(data->pool, FALSE, TRUE);
    app->room_data[ROOM_PROTECTION] = NULL;
    g_hash_table_unref(data->live);
    g_mutex_clear(&data->lock);
    g_free(data);
}
