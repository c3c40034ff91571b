/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file on its way to being a published dataset.
 *
 *   1  decided; the row goes from draft to reading         a crash leaves: a reading row
 *   2  bytes into uploads/<upload>/<name>                   and an upload
 *   3  the worker profiles it; compared with what was described
 *   4  the worker writes the Parquet copy beside it
 *   5  the engine seals the folder as data/<dataset>        and sealed data
 *   6  the row goes from reading to published, with its audit leaf
 *
 * Everything before 6 is undone on failure. After a crash the start removes uploads and the duty
 * `sources.leftovers` destroys what was sealed without being published: such a dataset is failed,
 * as its key is gone for good; one that was not sealed is a draft again.
 */
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/times.h"
#include "engine/engine.h"
#include "sources/internal.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct SourcesData {
    GMutex lock;
    GHashTable *reading;           /* dataset id -> how many requests here hold or want it */
};

struct Publication {
    App *app;
    char *dataset, *slug, *variables;
    unsigned level;
    char *upload;                  /* id of the folder in uploads/ */
    char *folder;                  /* its path */
    char *file_name, *parquet_name;
    const char *format;
    int fd;
    int64_t length, received;
    GChecksum *hash;
    bool noted, reserved, sealed, published;
    char *failure;                 /* for the producer to read on the dataset's page */
    const SourceMade *made;        /* or NULL: sent by a steward */
};

/* ---- who is reading ------------------------------------------------------------------------- */

/* Counted, and noted before the row says `reading`: the duty must never take a row of a living
 * request for one that a crash left. */
static void reading_note(App *app, const char *dataset, int change)
{
    struct SourcesData *data = app->room_data[ROOM_SOURCES];
    g_mutex_lock(&data->lock);
    int count = GPOINTER_TO_INT(g_hash_table_lookup(data->reading, dataset)) + change;
    if (count > 0)
        g_hash_table_replace(data->reading, g_strdup(dataset), GINT_TO_POINTER(count));
    else
        g_hash_table_remove(data->reading, dataset);
    g_mutex_unlock(&data->lock);
}

static bool reading_is(App *app, const char *dataset)
{
    struct SourcesData *data = app->room_data[ROOM_SOURCES];
    g_mutex_lock(&data->lock);
    bool is_reading = g_hash_table_contains(data->reading, dataset);
    g_mutex_unlock(&data->lock);
    return is_reading;
}

typedef struct MoveCall {
    const char *dataset;
    DatasetState from, to;
    const char *failure;
} MoveCall;

static bool move_in(StoreTx *tx, void *data, GError **error)
{
    const MoveCall *call = data;
    return dataset_move(tx, call->dataset, call->from, call->to, call->failure, error);
}

/* ---- step 1 --------------------------------------------------------------------------------- */

static bool publish_facts(StoreTx *tx, const PolicyActor *actor, const char *id,
                          Dataset **ret_dataset, GError **error)
{
    PolicyFacts facts = {0};
    g_autoptr(Dataset) dataset = NULL;
    g_autoptr(Source) source = NULL;
    if (!dataset_load(tx, id, &dataset, error) ||
        !source_load(tx, dataset->source, &source, error) ||
        !source_facts_add(tx, actor, source, dataset, NULL, &facts, error) ||
        !policy_enforce(actor, VERB_DATASET_PUBLISH, &facts, error))
        return false;
    *ret_dataset = g_steal_pointer(&dataset);
    return true;
}

static bool publish_look(StoreTx *tx, const PolicyActor *actor, void *data, GError **error)
{
    Publication *p = data;
    g_autoptr(Dataset) dataset = NULL;
    if (!publish_facts(tx, actor, p->dataset, &dataset, error) ||
        !dataset_move_check(dataset->state, DATASET_READING, error))
        return false;
    p->slug = g_strdup(dataset->slug);
    p->variables = g_strdup(dataset->variables);
    p->level = dataset->level;
    return true;
}

static bool name_check(const char *name, GError **error)
{
    if (strchr(name, '/') == NULL && name[0] != '.' && strlen(name) <= 200 &&
        path_check_relative(name, NULL))
        return true;
    return error_set(error, ERROR_INVALID, "sources.file_name",
                     "The file's name must be a plain one, without slashes or a dot in front, of "
                     "at most 200 bytes.");
}

static bool length_check(App *app, int64_t length, GError **error)
{
    int64_t most = config_integer(app->config, "sources.max_upload_bytes");
    most = MIN(most, worker_limits(WORKER_CONVERT)->input_bytes);
    if (length < 0)
        return error_set(error, ERROR_LENGTH_REQUIRED, "sources.length",
                         "Say the file's size in Content-Length.");
    if (length == 0)
        return error_set(error, ERROR_INVALID, "sources.empty", "The file is empty.");
    if (length > most)
        return error_set(error, ERROR_TOO_LARGE, "sources.too_large",
                         "The file has %" G_GINT64_FORMAT " bytes; at most %" G_GINT64_FORMAT
                         " are accepted.", length, most);
    return true;
}

/* A level that must be encrypted is refused here, before bytes travel, not after. */
static const char *const accept_keys[] = {
    [LEVEL_SCIENTIFIC] = "engine.accept_unencrypted_restricted",
    [LEVEL_SECURE] = "engine.accept_unencrypted_secure",
};

static bool encryption_check(App *app, unsigned level, bool encrypted, GError **error)
{
    if (encrypted || level == LEVEL_PUBLIC || config_boolean(app->config, accept_keys[level]))
        return true;
    return error_set(error, ERROR_DENIED, "policy.encryption",
                     "The state directory's file system cannot encrypt (fscrypt), which datasets "
                     "of this level require; use one that can, or accept it explicitly in the "
                     "configuration (%s).", accept_keys[level]);
}

static bool host_check(App *app, unsigned level, GError **error)
{
    if (encryption_check(app, level, false, NULL))
        return true;
    g_autoptr(Plan) plan = plan_host_check_new();
    g_autoptr(json_t) result = NULL;
    return engine_client_run(app->engine, plan, NULL, NULL, &result, error) &&
           encryption_check(app, level, json_is_true(json_object_get(result, "encrypted")), error);
}

static bool upload_open(Publication *p, GError **error)
{
    p->upload = id_new(PLAN_ID_UPLOAD);
    p->folder = g_build_filename(p->app->state_dir, "uploads", p->upload, NULL);
    g_autofree char *path = g_build_filename(p->folder, p->file_name, NULL);
    if (!folder_make(p->folder, 0700, error))
        return false;
    p->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->fd < 0)
        return error_set_errno(error, errno, "sources.upload", "Cannot make %s", path);
    return true;
}

Publication *publication_begin(App *app, const PolicyActor *actor, const char *dataset,
                               const char *file_name, int64_t length, GError **error)
{
    g_autofree char *name = g_strdup(file_name);
    Publication *p = g_new0(Publication, 1);
    p->app = app;
    p->dataset = g_strdup(dataset);
    p->fd = -1;
    p->length = length;
    p->hash = g_checksum_new(G_CHECKSUM_SHA256);
    p->format = worker_format_of(name);
    bool ok = name_check(name, error) && length_check(app, length, error);
    if (ok && p->format == NULL)
        ok = error_set(error, ERROR_UNSUPPORTED, "sources.type",
                       "Only CSV (.csv) and Parquet (.parquet) files are read.");
    ok = ok && look_run(app, actor, VERB_DATASET_PUBLISH, dataset, false, publish_look, p, error) &&
         host_check(app, p->level, error);
    if (ok) {
        p->parquet_name = g_strconcat(p->slug, ".parquet", NULL);
        bool same = strcmp(p->parquet_name, name) == 0;
        p->file_name = same ? g_strconcat(p->slug, ".original.parquet", NULL)
                            : g_steal_pointer(&name);
        MoveCall call = {dataset, DATASET_DRAFT, DATASET_READING, ""};
        reading_note(app, dataset, 1);
        p->noted = true;
        p->reserved = store_write(app->store, move_in, &call, error);
        ok = p->reserved && upload_open(p, error);
    }
    if (ok)
        return p;
    publication_free(p);
    return NULL;
}

/* ---- step 2 --------------------------------------------------------------------------------- */

bool publication_write(Publication *p, const char *bytes, size_t size, GError **error)
{
    if ((int64_t)size > p->length - p->received)
        return error_set(error, ERROR_INVALID, "sources.longer",
                         "More bytes came than Content-Length said.");
    if (!fd_write_all(p->fd, bytes, size, error))
        return false;
    g_checksum_update(p->hash, (const guchar *)bytes, (gssize)size);
    p->received += (int64_t)size;
    return true;
}

/* ---- steps 3 to 6 ----------------------------------------------------------------------------- */

static bool publish_profile(Publication *p, json_t **ret_profile, char **ret_variables,
                            GError **error)
{
    WorkerProgram program = {.program_path = p->app->program};
    g_autoptr(json_t) arguments = json_pack("{s:s}", "format", p->format);
    g_autoptr(json_t) profile = NULL;
    if (!worker_run(NULL, &program, WORKER_PROFILE, arguments, p->fd, -1, &profile, error))
        return false;
    char *matched = dataset_match(p->variables, json_object_get(profile, "columns"),
                                  p->level == LEVEL_PUBLIC, error);
    if (matched == NULL)
        return false;
    *ret_profile = g_steal_pointer(&profile);
    *ret_variables = matched;
    return true;
}

static bool publish_convert(Publication *p, GError **error)
{
    WorkerProgram program = {.program_path = p->app->program};
    g_autofree char *path = g_build_filename(p->folder, p->parquet_name, NULL);
    FD_AUTO int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set_errno(error, errno, "sources.upload", "Cannot make %s", path);
    g_autoptr(json_t) arguments = json_pack("{s:s}", "format", p->format);
    g_autoptr(json_t) result = NULL;
    if (!worker_run(NULL, &program, WORKER_CONVERT, arguments, p->fd, fd, &result, error))
        return false;
    if (fsync(fd) < 0)
        return error_set_errno(error, errno, "sources.upload", "Cannot sync %s", path);
    return folder_sync(p->folder, error);
}

static bool seal_same_file(const Publication *p, const json_t *result)
{
    size_t index = 0;
    json_t *file = NULL;
    json_array_foreach(json_object_get(result, "files"), index, file)
    {
        if (g_strcmp0(json_string_value(json_object_get(file, "name")), p->file_name) == 0)
            return g_strcmp0(json_string_value(json_object_get(file, "sha256")),
                             g_checksum_get_string(p->hash)) == 0;
    }
    return false;
}

static bool publish_seal(Publication *p, bool *ret_encrypted, GError **error)
{
    /* The copy is at most about as large as what it is made from, plus its footer. */
    int64_t most = 2 * p->length + 64 * 1024 * 1024;
    g_autoptr(Plan) plan = plan_dataset_seal_new(p->dataset, p->upload, most);
    g_autoptr(json_t) result = NULL;
    p->sealed = true;              /* from here on, whatever is there must be destroyed */
    if (!engine_client_run(p->app->engine, plan, NULL, NULL, &result, error))
        return false;
    bool encrypted = json_is_true(json_object_get(result, "encrypted"));
    if (!seal_same_file(p, result))
        return error_set(error, ERROR_INTERNAL, "sources.seal_differs",
                         "What was sealed for %s is not what was received", p->dataset);
    if (!encryption_check(p->app, p->level, encrypted, error))
        return false;
    *ret_encrypted = encrypted;
    return true;
}

typedef struct PublishCall {
    const Publication *p;
    const char *variables;
    int64_t rows;
    bool encrypted;
} PublishCall;

void publication_set_made(Publication *p, const SourceMade *made)
{
    p->made = made;
}

static bool publish_made(Act *act, const Publication *p, GError **error)
{
    if (p->made == NULL)
        return true;
    return store_exec(act->tx, error,
                      "INSERT INTO dataset_report (dataset, recipe, report) VALUES ($1, $2, $3)",
                      store_text(p->dataset), store_text(p->made->recipe),
                      store_text(p->made->report)) &&
           (p->made->also == NULL || p->made->also(act, p->dataset, p->made->data, error));
}

static bool publish_in(Act *act, void *data, GError **error)
{
    const PublishCall *call = data;
    const Publication *p = call->p;
    g_autoptr(Dataset) dataset = NULL;
    act_about(act, p->dataset, NULL);
    act_detail(act, "step", "published");
    act_detail(act, "level", policy_name(SET_LEVEL, p->level));
    act_detail(act, "sha256", g_checksum_get_string(p->hash));
    /* Asked again: stewards may have changed while the file travelled. */
    return publish_facts(act->tx, act->actor, p->dataset, &dataset, error) &&
           dataset_move(act->tx, p->dataset, DATASET_READING, DATASET_PUBLISHED, "", error) &&
           store_exec(act->tx, error,
                      "UPDATE dataset SET file_name = $1, file_size = $2, file_sha256 = $3, "
                      "rows_count = $4, variables = $5, encrypted = $6, published_by = $7, "
                      "published_ms = $8 WHERE id = $9",
                      store_text(p->file_name), store_integer(p->length),
                      store_text(g_checksum_get_string(p->hash)), store_integer(call->rows),
                      store_text(call->variables), store_integer(call->encrypted),
                      store_text(act->actor->id), store_integer(time_now_ms()),
                      store_text(p->dataset)) &&
           publish_made(act, p, error) && source_index(act->tx, dataset->source, error);
}

static bool publish_all(Publication *p, const PolicyActor *actor, GError **error)
{
    g_autoptr(json_t) profile = NULL;
    char *variables = NULL;
    PublishCall call = {.p = p};
    bool ok = publish_profile(p, &profile, &variables, error) && publish_convert(p, error) &&
              publish_seal(p, &call.encrypted, error);
    if (ok) {
        call.variables = variables;
        call.rows = json_integer_value(json_object_get(profile, "rows"));
        ok = act_run(p->app, actor, VERB_DATASET_PUBLISH, publish_in, &call, NULL, error);
    }
    free(variables);
    return ok;
}

bool publication_finish(Publication *p, const PolicyActor *actor, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (p->received != p->length)
        return error_set(error, ERROR_INVALID, "sources.shorter",
                         "Fewer bytes came than Content-Length said; send the file again.");
    if (fsync(p->fd) < 0)
        return error_set_errno(error, errno, "sources.upload", "Cannot sync the upload");
    p->published = publish_all(p, actor, &problem);
    if (p->published)
        return true;
    p->failure = g_strdup(error_kind_of(problem)->is_public
                              ? problem->message
                              : "The server could not take this file; its log says why.");
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* Destroys what was sealed, if anything was; true when nothing is left. */
static bool sealed_destroy(App *app, const char *dataset, bool *ret_was_there)
{
    g_autofree char *path = dataset_path(app, dataset);
    g_autoptr(GError) problem = NULL;
    *ret_was_there = g_file_test(path, G_FILE_TEST_EXISTS);
    if (!*ret_was_there)
        return true;
    g_autoptr(Plan) plan = plan_dataset_destroy_new(dataset);
    if (engine_client_run(app->engine, plan, NULL, NULL, NULL, &problem))
        return true;
    log_warning("sources.leftover_failed", "dataset", dataset, "why", problem->message);
    return false;
}

static void publication_undo(Publication *p)
{
    g_autoptr(GError) problem = NULL;
    bool was_sealed = false;
    if (p->sealed && !sealed_destroy(p->app, p->dataset, &was_sealed))
        return; /* still reading: the duty goes on */
    const char *failure = p->failure != NULL ? p->failure
                                             : "The file did not arrive whole; send it again.";
    MoveCall call = {p->dataset, DATASET_READING, was_sealed ? DATASET_FAILED : DATASET_DRAFT,
                     failure};
    if (!store_write(p->app->store, move_in, &call, &problem))
        log_warning("sources.undo_failed", "dataset", p->dataset, "why", problem->message);
}

void publication_free(Publication *p)
{
    if (p == NULL)
        return;
    g_autoptr(GError) problem = NULL;
    if (p->fd >= 0)
        close(p->fd);
    if (p->folder != NULL && !tree_remove(p->folder, &problem))
        log_warning("sources.upload_left", "folder", p->folder, "why", problem->message);
    if (p->reserved && !p->published)
        publication_undo(p);
    if (p->noted)
        reading_note(p->app, p->dataset, -1);
    g_checksum_free(p->hash);
    g_free(p->dataset);
    g_free(p->slug);
    g_free(p->variables);
    g_free(p->upload);
    g_free(p->folder);
    g_free(p->file_name);
    g_free(p->parquet_name);
    g_free(p->failure);
    g_free(p);
}

/* ---- what a crash left ------------------------------------------------------------------------ */

/* Nothing is being uploaded when the program starts. */
static bool uploads_clear(App *app, GError **error)
{
    g_autofree char *folder = g_build_filename(app->state_dir, "uploads", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    if (dir == NULL)
        return true;
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (id_check(PLAN_ID_UPLOAD, name) && !tree_remove(path, error))
            return false;
    }
    return true;
}

static bool leftovers_read(StoreTx *tx, void *data, GError **error)
{
    GPtrArray *ids = data;
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT id FROM dataset WHERE state = 'reading' ORDER BY id");
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(ids, g_strdup(store_row_text(rows, 0)));
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool leftovers_sweep(App *app, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    if (!store_read(app->store, leftovers_read, ids, error))
        return false;
    for (guint i = 0; i < ids->len; i++) {
        const char *id = g_ptr_array_index(ids, i);
        bool was_sealed = false;
        if (reading_is(app, id) || !sealed_destroy(app, id, &was_sealed))
            continue;
        MoveCall call = {id, DATASET_READING, was_sealed ? DATASET_FAILED : DATASET_DRAFT,
                         was_sealed ? "The server stopped while it was publishing the file; "
                                      "describe a new version and send the file again."
                                    : "The server stopped while the file was arriving; send it "
                                      "again."};
        g_autoptr(GError) problem = NULL;
        /* A conflict: the row was being finished meanwhile. */
        if (!store_write(app->store, move_in, &call, &problem) &&
            !error_is(problem, ERROR_CONFLICT))
            log_warning("sources.leftover_failed", "dataset", id, "why", problem->message);
    }
    return true;
}

const Duty sources_duties[] = {
    {"sources.leftovers", 3000, leftovers_sweep},
    {0},
};

/* Sources described before there was an index. */
static bool index_in(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    return source_index_missing(tx, error);
}

bool sources_start(App *app, GError **error)
{
    struct SourcesData *data = g_new0(struct SourcesData, 1);
    g_mutex_init(&data->lock);
    data->reading = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    app->room_data[ROOM_SOURCES] = data;
    return uploads_clear(app, error) && store_write(app->store, index_in, NULL, error);
}

void sources_stop(App *app)
{
    struct SourcesData *data = app->room_data[ROOM_SOURCES];
    if (data == NULL)
        return;
    g_hash_table_unref(data->reading);
    g_mutex_clear(&data->lock);
    g_free(data);
    app->room_data[ROOM_SOURCES] = NULL;
}
