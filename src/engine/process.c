/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads rather than one loop: a start waits a hundred milliseconds for podman and a sealing for
 * minutes of copying, and neither may hold up freezing a service whose right was just lost. Threads
 * rather than processes: they share podman's connections and the locks by subject.
 */
#include "engine/process.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "base/log.h"
#include "engine/bubble.h"
#include "engine/seccomp.h"
#include "engine/steps.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROCESS_THREADS       24
#define PROCESS_ORDINARY_MAX  16 /* the other threads are for taking services away */
#define PROCESS_WAITING_MAX   64
#define PROCESS_REQUEST_MS    10000
#define PROCESS_RECOVER_MS    30000
#define PROCESS_RECOVER_WAIT_MS 1000
#define PROCESS_RECOVER_PAUSE_US 200000
#define BUBBLE_FILES_MAX      65536
#define BUBBLE_PROCESSES_MAX  16384 /* podman lowers its own to pid_max, 32768 at least */
#define RUN_ROOT              "/run/darse"
#define MIB                   (INT64_C(1024) * 1024)

typedef struct Process {
    Engine engine;
    char *run_dir;
    int lock_fd, listen_fd, signal_fd;
    GThreadPool *threads;
    GThread *recoverer;
    GMutex lock;
    GCond changed;
    bool recovered, stopping;
    int ordinary; /* plans under way that may be long */
} Process;

/* ---- One conversation ---- */

typedef struct Talk {
    int fd;
    bool broken; /* the client went away: the plan goes on, untold */
} Talk;

static void talk_send(Talk *talk, json_t *message)
{
    if (!talk->broken && !frame_send(talk->fd, message, NULL))
        talk->broken = true;
    json_decref(message);
}

static void talk_progress(const char *step, double milliseconds, void *user)
{
    talk_send(user, json_pack("{s:s, s:f}", "step", step, "ms", milliseconds));
}

static void talk_fail(Talk *talk, const GError *error)
{
    g_autofree char *message = g_utf8_make_valid(error->message, -1);
    talk_send(talk, json_pack("{s:{s:i, s:s, s:s}}", "error", "code",
                              (int)error_kind_of(error)->code, "reason", error_reason(error),
                              "message", message));
}

static bool talk_allowed(const Process *process, int fd, GError **error)
{
    uid_t peer = 0;
    if (!unix_peer_uid(fd, &peer, error))
        return false;
    if (peer == places_serve_uid(process->engine.places) || peer == geteuid())
        return true;
    return error_set(error, ERROR_DENIED, "engine.peer", "User %u may not ask the engine anything.",
                     (unsigned)peer);
}

static Plan *talk_receive(int fd, GError **error)
{
    g_autoptr(json_t) message = NULL;
    if (!frame_receive(fd, PROCESS_REQUEST_MS, &message, error))
        return NULL;
    const json_t *plan = json_object_get(message, "plan");
    if (plan == NULL || json_object_size(message) != 1) {
        error_set(error, ERROR_INVALID, "engine.request", "A request is one plan alone.");
        return NULL;
    }
    return plan_from_json(plan, error);
}

/* Nothing is done before what earlier engines left has been looked at. */
static bool process_wait_recovered(Process *process, GError **error)
{
    gint64 until = g_get_monotonic_time() + (gint64)PROCESS_RECOVER_MS * 1000;
    g_mutex_lock(&process->lock);
    while (!process->recovered && !process->stopping &&
           g_cond_wait_until(&process->changed, &process->lock, until))
        continue;
    bool recovered = process->recovered;
    g_mutex_unlock(&process->lock);
    return recovered || error_set(error, ERROR_UNAVAILABLE, "engine.starting",
                                  "The engine is not ready: podman does not answer yet.");
}

/* What a plan of this kind does not need podman for. */
static bool kind_is_offline(PlanKind kind)
{
    switch (kind) {
    case PLAN_PROJECT_OPEN:
    case PLAN_DATASET_OPEN:
    case PLAN_COLLECT:
    case PLAN_BROWSE:
    case PLAN_FILE_OPEN:
    case PLAN_FILE_PUT:
    case PLAN_FILE_FOLDER:
    case PLAN_FILE_MOVE:
    case PLAN_FILE_REMOVE:
    case PLAN_HOST_CHECK:
        return true;
    default:
        return false;
    }
}

/* What is asked all the time and changes nothing is worth no line. */
static LogLevel plan_level(const Plan *plan, const GError *error)
{
    if (error != NULL)
        return LOG_LEVEL_WARNING;
    bool quiet = plan->kind == PLAN_SERVICE_LIST || plan->kind == PLAN_BROWSE ||
                 plan->kind == PLAN_FILE_OPEN;
    return quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

/* What ends somebody's access must find a thread, however many copies and starts are asked for. */
static bool kind_is_urgent(PlanKind kind)
{
    return kind == PLAN_SERVICE_FREEZE || kind == PLAN_SERVICE_STOP || kind == PLAN_SERVICE_LIST ||
           kind == PLAN_HOST_CHECK;
}

static bool ordinary_enter(Process *process, PlanKind kind, GError **error)
{
    if (kind_is_urgent(kind))
        return true;
    g_mutex_lock(&process->lock);
    bool room = process->ordinary < PROCESS_ORDINARY_MAX;
    process->ordinary += room ? 1 : 0;
    g_mutex_unlock(&process->lock);
    return room || error_set(error, ERROR_UNAVAILABLE, "engine.busy",
                             "The engine is busy; try again in a moment.");
}

static void ordinary_leave(Process *process, PlanKind kind)
{
    if (kind_is_urgent(kind))
        return;
    g_mutex_lock(&process->lock);
    process->ordinary--;
    g_mutex_unlock(&process->lock);
}

static void log_plan(const Plan *plan, const GError *error, gint64 began)
{
    g_autofree char *ms = g_strdup_printf("%.1f", (double)(g_get_monotonic_time() - began) / 1000);
    const char *subject = plan == NULL               ? ""
                          : plan->service_id != NULL ? plan->service_id
                          : plan->project_id != NULL ? plan->project_id
                                                     : plan->dataset_id;
    log_event(plan_level(plan, error), "engine.plan", "kind",
              plan == NULL ? "" : plan_kind_name(plan->kind), "subject", subject, "ms", ms, "error",
              error == NULL ? "" : error_reason(error), "detail",
              error == NULL ? "" : error->message, NULL);
}

static json_t *talk_apply(Process *process, Talk *talk, const Plan *plan, int *ret_fd,
                          GError **error)
{
    if (plan == NULL || !plan_check(plan, &process->engine.limits, error))
        return NULL;
    if (!ordinary_enter(process, plan->kind, error))
        return NULL;
    json_t *result = NULL;
    if (kind_is_offline(plan->kind) || process_wait_recovered(process, error))
        result = steps_apply(&process->engine, plan, talk_progress, talk, ret_fd, error);
    ordinary_leave(process, plan->kind);
    return result;
}

static void talk_run(void *data, void *user)
{
    Process *process = user;
    Talk talk = {.fd = GPOINTER_TO_INT(data)};
    gint64 began = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;
    json_t *result = NULL;
    FD_AUTO int passed_fd = -1;
    if (talk_allowed(process, talk.fd, &error))
        plan = talk_receive(talk.fd, &error);
    if (error == NULL)
        result = talk_apply(process, &talk, plan, &passed_fd, &error);
    if (result != NULL)
        talk_send(&talk, json_pack("{s:o}", "result", result));
    else
        talk_fail(&talk, error);
    if (passed_fd >= 0 && !talk.broken)
        frame_send_fd(talk.fd, passed_fd, NULL);
    log_plan(plan, error, began);
    close(talk.fd);
}

/* ---- Coming up ---- */

static void *process_recover(void *data)
{
    Process *process = data;
    for (;;) {
        g_autoptr(GError) error = NULL;
        int ended = 0;
        bool ok = (process->engine.podman == NULL ||
                   podman_wait(process->engine.podman, PROCESS_RECOVER_WAIT_MS, &error)) &&
                  bubble_recover(&process->engine, &ended, &error);
        g_mutex_lock(&process->lock);
        process->recovered = ok;
        bool over = ok || process->stopping;
        g_cond_broadcast(&process->changed);
        g_mutex_unlock(&process->lock);
        if (ok) {
            g_autofree char *count = g_strdup_printf("%d", ended);
            log_info("engine.ready", "bubbles_removed", count);
        } else if (!over) {
            log_error("engine.recover", "detail", error->message);
        }
        if (over)
            return NULL;
        g_usleep(PROCESS_RECOVER_PAUSE_US);
    }
}

/* No more than we have ourselves, which only CAP_SYS_RESOURCE could raise. */
static int64_t rlimit_for_bubbles(int resource, int64_t most)
{
    struct rlimit own;
    if (getrlimit(resource, &own) < 0 || own.rlim_max == RLIM_INFINITY)
        return most;
    return (int64_t)MIN(own.rlim_max, (rlim_t)most);
}

static int64_t base_of_project(const char *project_id, void *user)
{
    return keys_project_base(user, project_id);
}

static const char *project_of_base(int64_t base, void *user)
{
    return keys_base_project(user, base);
}

/* A folder of root's alone, outside the state directory, whose owner could rename things in it. */
static char *process_run_dir(const char *state_dir, GError **error)
{
    g_autofree char *hash = hash_text_hex(state_dir);
    char *path = g_strdup_printf("%s/engine-%.12s", RUN_ROOT, hash);
    if (!folder_make(RUN_ROOT, 0711, error) || !folder_make(path, 0700, error)) {
        g_free(path);
        return NULL;
    }
    return path;
}

static bool process_lock(Process *process, GError **error)
{
    g_autofree char *path = g_build_filename(process->run_dir, "lock", NULL);
    process->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (process->lock_fd < 0)
        return error_set_errno(error, errno, "engine.lock", "Cannot open %s", path);
    if (flock(process->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return error_set(error, ERROR_CONFLICT, "engine.lock",
                         "Another engine already runs for this state directory.");
    return true;
}

/* sas lies beside the program: installed, or in the build. */
static char *sas_find(const char *given, GError **error)
{
    static const char *const places[] = {"../libexec/darse/sas", "sas/sas", "../sas/sas"};
    char *path = NULL;
    if (given != NULL)
        return g_canonicalize_filename(given, NULL);
    g_autofree char *self = g_file_read_link("/proc/self/exe", error);
    if (self == NULL)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(self);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *candidate = g_build_filename(folder, places[i], NULL);
        if (access(candidate, X_OK) == 0)
            return g_canonicalize_filename(candidate, NULL);
    }
    error_set(error, ERROR_UNAVAILABLE, "engine.sas",
              "sas, the first process of bubbles, is not installed beside %s.", self);
    return path;
}

static void engine_fill_limits(Engine *engine, const Config *config)
{
    engine->limits = engine_limits_default();
    engine->limits.id_range_start = config_integer(config, "engine.id_range_start");
    engine->limits.memory_max_bytes = MAX(config_integer(config, "services.memory_mib"),
                                          config_integer(config, "services.memory_mib_max")) *
                                      MIB;
    engine->limits.cpu_max_milli = MAX(config_integer(config, "services.cpus"),
                                       config_integer(config, "services.cpus_max")) * 1000;
    engine->limits.images = images_names(engine->images);
    engine->limits.project_base = base_of_project;
    engine->limits.base_project = project_of_base;
    engine->limits.user = engine->keys;
    engine->files_max = rlimit_for_bubbles(RLIMIT_NOFILE, BUBBLE_FILES_MAX);
    engine->processes_max = rlimit_for_bubbles(RLIMIT_NPROC, BUBBLE_PROCESSES_MAX);
}

/* A machine where podman or the images are missing still has its projects and datasets: it says so
 * at each start of a service, and when the host is checked. */
static void engine_find_podman(Engine *engine, const PodmanOptions *options)
{
    g_autoptr(GError) error = NULL;
    if (options->storage_conf == NULL)
        log_warning("engine.no_images", "detail", "no service can start: run images/build");
    else if ((engine->podman = podman_new(options, &error)) == NULL)
        log_error("engine.no_podman", "detail", error->message);
}

static bool engine_fill(Engine *engine, const EngineOptions *options, const char *run_dir,
                        GError **error)
{
    const char *state_dir = config_state_dir(options->config);
    g_autofree char *keys = g_build_filename(state_dir, "keys", NULL);
    engine->state_dir = g_strdup(state_dir);
    engine->seccomp_path = g_build_filename(run_dir, "seccomp.json", NULL);
    if ((engine->sas_path = sas_find(options->sas_path, error)) == NULL ||
        (engine->images = images_load(options->store, error)) == NULL ||
        (engine->places = places_open(state_dir, options->serve_uid, error)) == NULL ||
        (engine->keys = keys_open(keys, error)) == NULL ||
        !file_write(engine->seccomp_path, seccomp_profile, strlen(seccomp_profile), 0600, error))
        return false;
    const PodmanOptions podman = {
        .program = config_text(options->config, "engine.podman"),
        .runtime = config_text(options->config, "engine.runtime"),
        .storage_conf = images_storage_conf(engine->images),
        .tmpdir = images_tmpdir(engine->images),
        .run_dir = run_dir,
    };
    engine->runtime_path = g_find_program_in_path(podman.runtime);
    engine_fill_limits(engine, options->config);
    engine_find_podman(engine, &podman);
    return true;
}

static void engine_clear(Engine *engine)
{
    podman_free(engine->podman);
    images_free(engine->images);
    keys_free(engine->keys);
    places_free(engine->places);
    g_free(engine->state_dir);
    g_free(engine->sas_path);
    g_free(engine->seccomp_path);
    g_free(engine->runtime_path);
    for (int i = 0; i < ENGINE_LOCKS; i++)
        g_mutex_clear(&engine->locks[i]);
}

static bool process_listen(Process *process, uid_t serve_uid, GError **error)
{
    g_autofree char *path =
        g_build_filename(process->engine.state_dir, "run", "engine.sock", NULL);
    process->listen_fd = unix_listen(path, 0600, error);
    if (process->listen_fd < 0)
        return false;
    gid_t gid = places_gid(process->engine.places, serve_uid);
    if (lchown(path, serve_uid, gid) < 0)
        return error_set_errno(error, errno, "engine.listen", "Cannot give %s to the server", path);
    return true;
}

/* Blocked in every thread, since this comes first; read in the loop. */
static bool process_signals(Process *process, GError **error)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    process->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    return process->signal_fd >= 0 ||
           error_set_errno(error, errno, "engine.signals", "Cannot catch signals");
}

/* ---- The loop ---- */

static void process_accept(Process *process)
{
    int fd = accept4(process->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (g_thread_pool_unprocessed(process->threads) < PROCESS_WAITING_MAX) {
        g_thread_pool_push(process->threads, GINT_TO_POINTER(fd), NULL);
        return;
    }
    Talk talk = {.fd = fd};
    g_autoptr(GError) error = NULL;
    error_set(&error, ERROR_UNAVAILABLE, "engine.busy", "The engine is busy; try again.");
    talk_fail(&talk, error);
    close(fd);
}

static void process_loop(Process *process)
{
    struct pollfd fds[] = {{.fd = process->signal_fd, .events = POLLIN},
                           {.fd = process->listen_fd, .events = POLLIN}};
    while (fds[0].revents == 0) {
        if (poll(fds, G_N_ELEMENTS(fds), -1) < 0)
            continue;
        if (fds[1].revents != 0)
            process_accept(process);
    }
}

static bool process_begin(Process *process, const EngineOptions *options, GError **error)
{
    if (!process_signals(process, error))
        return false;
    process->run_dir = process_run_dir(config_state_dir(options->config), error);
    if (process->run_dir == NULL || !process_lock(process, error) ||
        !engine_fill(&process->engine, options, process->run_dir, error) ||
        !process_listen(process, options->serve_uid, error))
        return false;
    process->threads = g_thread_pool_new(talk_run, process, PROCESS_THREADS, FALSE, error);
    process->recoverer = g_thread_new("recover", process_recover, process);
    return process->threads != NULL;
}

/* Bubbles do not need it once they run. */
static void process_remove_run_dir(const Process *process)
{
    static const char *const names[] = {"seccomp.json", "podman.sock", "lock"};
    if (process->run_dir == NULL || process->listen_fd < 0)
        return; /* it may be another engine's */
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(process->run_dir, names[i], NULL);
        unlink(path);
    }
    rmdir(process->run_dir);
}

static void process_end(Process *process)
{
    g_mutex_lock(&process->lock);
    process->stopping = true;
    g_cond_broadcast(&process->changed);
    g_mutex_unlock(&process->lock);
    if (process->threads != NULL)
        g_thread_pool_free(process->threads, FALSE, TRUE); /* plans under way are finished */
    if (process->recoverer != NULL)
        g_thread_join(process->recoverer);
    engine_clear(&process->engine);
    process_remove_run_dir(process);
    fd_cleanup(&process->listen_fd);
    fd_cleanup(&process->signal_fd);
    fd_cleanup(&process->lock_fd);
    g_free(process->run_dir);
    g_mutex_clear(&process->lock);
    g_cond_clear(&process->changed);
}

bool engine_process_run(const EngineOptions *options, GError **error)
{
    Process process = {.lock_fd = -1, .listen_fd = -1, .signal_fd = -1};
    g_mutex_init(&process.lock);
    g_cond_init(&process.changed);
    for (int i = 0; i < ENGINE_LOCKS; i++)
        g_mutex_init(&process.engine.locks[i]);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bool ok = process_begin(&process, options, error);
    if (ok)
        process_loop(&process);
    process_end(&process);
    curl_global_cleanup();
    return ok;
}
