/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread watches the service: it forks it (so that the kernel, told by PDEATHSIG, ends the
 * service with this thread, that is with the engine), waits until it answers, then for its end.
 * Callers take a libcurl handle from a queue, so that connections stay open between calls.
 */
#include "engine/podman.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/times.h"

#include <curl/curl.h>
#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define PODMAN_API           "http://podman/v4.0.0/libpod"
#define PODMAN_ANSWER_MAX    (16 * 1024 * 1024)
#define PODMAN_CALL_MS       60000
#define PODMAN_READY_MS      20000
#define PODMAN_POLL_US       5000
#define PODMAN_RESTART_MS    200
#define PODMAN_HANDLES_MAX   16
#define PODMAN_REMOVE_TRIES  20
#define PODMAN_REMOVE_PAUSE_US 20000
#define CGROUP_UNIFIED       "/sys/fs/cgroup/unified"
#define SEARCH_PATH          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct Podman {
    char *socket_path;
    char *folder;             /* where the service stands: conmon drops a file "oom" where it stands */
    GStrv argv, envp;
    GThread *watcher;
    GMutex lock;
    GCond changed;
    bool ready, stopping;
    pid_t pid;
    GAsyncQueue *handles; /* of CURL */
};

/* ---- The service ---- */

/* Between fork and exec, in a process that had threads: system calls alone. A host with cgroups in
 * hybrid mode makes crun drop all limits; it decides by looking whether this path is a mount, so
 * the service gets a mount namespace of its own without it. Elsewhere the path is not there. */
static void podman_child(const Podman *podman, pid_t parent)
{
    struct statfs fs;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    if (statfs(CGROUP_UNIFIED, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) {
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0 ||
            umount2(CGROUP_UNIFIED, MNT_DETACH) < 0)
            _exit(126);
    }
    setsid();
    if (chdir(podman->folder) < 0)
        _exit(126);
    execve(podman->argv[0], podman->argv, podman->envp);
    _exit(127);
}

static pid_t podman_spawn(Podman *podman)
{
    pid_t parent = getpid();
    unlink(podman->socket_path);
    pid_t pid = fork();
    if (pid == 0)
        podman_child(podman, parent);
    return pid;
}

static bool podman_answers(const Podman *podman)
{
    FD_AUTO int fd = unix_connect(podman->socket_path, NULL);
    return fd >= 0;
}

static void podman_set_ready(Podman *podman, bool ready)
{
    g_mutex_lock(&podman->lock);
    podman->ready = ready;
    g_cond_broadcast(&podman->changed);
    g_mutex_unlock(&podman->lock);
}

/* Waits until the service answers or has ended. True if it has ended. */
static bool podman_await(Podman *podman, pid_t pid, int *ret_status)
{
    while (waitpid(pid, ret_status, WNOHANG) == 0) {
        if (podman_answers(podman)) {
            podman_set_ready(podman, true);
            return false;
        }
        g_usleep(PODMAN_POLL_US);
    }
    return true;
}

static bool podman_is_stopping(Podman *podman)
{
    g_mutex_lock(&podman->lock);
    bool stopping = podman->stopping;
    g_mutex_unlock(&podman->lock);
    return stopping;
}

/* Waits a little before the next start; returns early when asked to stop. */
static void podman_pause_restart(Podman *podman)
{
    gint64 until = g_get_monotonic_time() + PODMAN_RESTART_MS * 1000;
    g_mutex_lock(&podman->lock);
    while (!podman->stopping && g_cond_wait_until(&podman->changed, &podman->lock, until))
        continue;
    g_mutex_unlock(&podman->lock);
}

static void podman_run_once(Podman *podman)
{
    int status = 0;
    g_mutex_lock(&podman->lock);
    pid_t pid = podman->stopping ? -1 : podman_spawn(podman);
    podman->pid = pid;
    g_mutex_unlock(&podman->lock);
    if (pid < 0)
        return;
    if (!podman_await(podman, pid, &status))
        waitpid(pid, &status, 0);
    g_mutex_lock(&podman->lock);
    podman->pid = -1;
    podman->ready = false;
    g_cond_broadcast(&podman->changed);
    g_mutex_unlock(&podman->lock);
    if (!podman_is_stopping(podman)) {
        g_autofree char *text = g_strdup_printf("%d", status);
        log_warning("podman.ended", "wait_status", text);
    }
}

static void *podman_watch(void *data)
{
    Podman *podman = data;
    while (!podman_is_stopping(podman)) {
        podman_run_once(podman);
        podman_pause_restart(podman);
    }
    return NULL;
}

bool podman_wait(Podman *podman, int timeout_ms, GError **error)
{
    if (podman == NULL)
        return error_set(error, ERROR_UNAVAILABLE, "engine.no_podman",
                         "No service can run here: podman or its images are not installed.");
    gint64 until = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    g_mutex_lock(&podman->lock);
    while (!podman->ready && !podman->stopping &&
           g_cond_wait_until(&podman->changed, &podman->lock, until))
        continue;
    bool ready = podman->ready;
    g_mutex_unlock(&podman->lock);
    return ready || error_set(error, ERROR_UNAVAILABLE, "engine.podman",
                              "Podman does not answer; `darse doctor` says what is missing.");
}

/* ---- Making and ending ---- */

static char *program_path(const char *program, GError **error)
{
    char *path = g_find_program_in_path(program);
    if (path == NULL)
        error_set(error, ERROR_UNAVAILABLE, "engine.program",
                  "The program %s is not installed; install it and start again.", program);
    return path;
}

static GStrv podman_arguments(const PodmanOptions *options, const char *socket_path, GError **error)
{
    g_autofree char *program = program_path(options->program, error);
    g_autofree char *runtime = program == NULL ? NULL : program_path(options->runtime, error);
    if (runtime == NULL)
        return NULL;
    bool systemd = access("/run/systemd/system", F_OK) == 0;
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_autofree char *manager =
        g_strconcat("--cgroup-manager=", systemd ? "systemd" : "cgroupfs", NULL);
    g_autofree char *runtime_option = g_strconcat("--runtime=", runtime, NULL);
    g_autofree char *address = g_strconcat("unix://", socket_path, NULL);
    g_strv_builder_add_many(argv, program, manager, runtime_option, "--events-backend=none",
                            "--log-level=error", "--tmpdir", options->tmpdir, "system", "service",
                            "--time=0", address, NULL);
    return g_strv_builder_end(argv);
}

static GStrv podman_environment(const PodmanOptions *options)
{
    g_autoptr(GStrvBuilder) envp = g_strv_builder_new();
    g_autofree char *storage =
        g_strconcat("CONTAINERS_STORAGE_CONF=", options->storage_conf, NULL);
    g_strv_builder_add_many(envp, SEARCH_PATH, "HOME=/root", "CONTAINERS_CONF=/dev/null", storage,
                            NULL);
    return g_strv_builder_end(envp);
}

Podman *podman_new(const PodmanOptions *options, GError **error)
{
    g_autofree char *socket_path = g_build_filename(options->run_dir, "podman.sock", NULL);
    g_auto(GStrv) argv = podman_arguments(options, socket_path, error);
    if (argv == NULL)
        return NULL;
    Podman *podman = g_new0(Podman, 1);
    g_mutex_init(&podman->lock);
    g_cond_init(&podman->changed);
    podman->pid = -1;
    podman->socket_path = g_steal_pointer(&socket_path);
    podman->folder = g_strdup(options->run_dir);
    podman->argv = g_steal_pointer(&argv);
    podman->envp = podman_environment(options);
    podman->handles = g_async_queue_new();
    podman->watcher = g_thread_new("podman", podman_watch, podman);
    return podman;
}

void podman_free(Podman *podman)
{
    if (podman == NULL)
        return;
    g_mutex_lock(&podman->lock);
    podman->stopping = true;
    if (podman->pid > 0)
        kill(podman->pid, SIGTERM);
    g_cond_broadcast(&podman->changed);
    g_mutex_unlock(&podman->lock);
    g_thread_join(podman->watcher);
    CURL *handle = NULL;
    while ((handle = g_async_queue_try_pop(podman->handles)) != NULL)
        curl_easy_cleanup(handle);
    g_async_queue_unref(podman->handles);
    unlink(podman->socket_path);
    g_free(podman->socket_path);
    g_free(podman->folder);
    g_strfreev(podman->argv);
    g_strfreev(podman->envp);
    g_mutex_clear(&podman->lock);
    g_cond_clear(&podman->changed);
    g_free(podman);
}

/* ---- Calls ---- */

void podman_answer_clear(PodmanAnswer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
}

static CURL *handle_take(Podman *podman)
{
    CURL *handle = g_async_queue_try_pop(podman->handles);
    if (handle != NULL)
        return handle;
    handle = curl_easy_init();
    g_assert(handle != NULL);
    return handle;
}

static void handle_give(Podman *podman, CURL *handle, bool is_sound)
{
    if (is_sound && g_async_queue_length(podman->handles) < PODMAN_HANDLES_MAX) {
        curl_easy_reset(handle); /* keeps the connection */
        g_async_queue_push(podman->handles, handle);
    } else {
        curl_easy_cleanup(handle);
    }
}

static size_t answer_write(char *bytes, size_t size, size_t count, void *user)
{
    GString *text = user;
    if (text->len + size * count > PODMAN_ANSWER_MAX)
        return 0;
    g_string_append_len(text, bytes, (gssize)(size * count));
    return size * count;
}

static void handle_prepare(const Podman *podman, CURL *handle, const char *method, const char *url,
                           const char *body, GString *text)
{
    curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, podman->socket_path);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)PODMAN_CALL_MS);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, answer_write);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, text);
    if (body != NULL)
        curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body);
    else if (strcmp(method, "POST") == 0)
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, "");
}

/* One attempt; CURLE_OK when there was an answer. */
static CURLcode podman_attempt(Podman *podman, const char *method, const char *url,
                               const char *body, GString *text, long *ret_status)
{
    CURL *handle = handle_take(podman);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    handle_prepare(podman, handle, method, url, body, text);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(handle);
    if (code == CURLE_OK)
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, ret_status);
    curl_slist_free_all(headers);
    handle_give(podman, handle, code == CURLE_OK);
    return code;
}

bool podman_call(Podman *podman, const char *method, const char *path, const json_t *body,
                 PodmanAnswer *ret_answer, GError **error)
{
    g_autofree char *url = g_strconcat(PODMAN_API, path, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    long status = 0;
    if (!podman_wait(podman, PODMAN_READY_MS, error))
        return false;
    char *body_text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    CURLcode code = podman_attempt(podman, method, url, body_text, text, &status);
    if (code == CURLE_COULDNT_CONNECT) { /* nothing was sent: it is being started again */
        g_usleep(2 * PODMAN_RESTART_MS * 1000);
        if (podman_wait(podman, PODMAN_READY_MS, NULL))
            code = podman_attempt(podman, method, url, body_text, text, &status);
    }
    free(body_text);
    if (code != CURLE_OK)
        return error_set(error, ERROR_UNAVAILABLE, "engine.podman", "Podman did not answer: %s.",
                         curl_easy_strerror(code));
    ret_answer->status = status;
    ret_answer->json = text->len == 0 ? NULL : json_parse(text->str, text->len, NULL);
    return true;
}

/* ---- Containers ---- */

static bool podman_refused(const PodmanAnswer *answer, const char *what, GError **error)
{
    const char *cause = json_string_value(json_object_get(answer->json, "cause"));
    const char *message = json_string_value(json_object_get(answer->json, "message"));
    return error_set(error, ERROR_INTERNAL, "engine.podman_refused",
                     "Podman cannot %s the bubble (status %ld): %s", what, answer->status,
                     message != NULL ? message : cause != NULL ? cause : "no reason given");
}

static bool podman_act(Podman *podman, const char *method, const char *path, const json_t *body,
                       const char *what, GError **error)
{
    g_auto(PodmanAnswer) answer = {0};
    if (!podman_call(podman, method, path, body, &answer, error))
        return false;
    return (answer.status >= 200 && answer.status < 300) || podman_refused(&answer, what, error);
}

static char *container_path(const char *name, const char *tail)
{
    return g_strconcat("/containers/", name, tail, NULL);
}

bool podman_create(Podman *podman, const json_t *body, GError **error)
{
    return podman_act(podman, "POST", "/containers/create", body, "make", error);
}

bool podman_start(Podman *podman, const char *name, GError **error)
{
    g_autofree char *path = container_path(name, "/start");
    return podman_act(podman, "POST", path, NULL, "start", error);
}

/* Podman 4.3 now and then says "device or resource busy" while a mount of the container is still
 * going away: it is asked again, until it knows no such container. */
bool podman_remove(Podman *podman, const char *name, bool *ret_found, GError **error)
{
    g_autofree char *path = container_path(name, "?force=true&timeout=0&v=true");
    for (int i = 0;; i++) {
        g_auto(PodmanAnswer) answer = {0};
        if (!podman_call(podman, "DELETE", path, NULL, &answer, error))
            return false;
        if (answer.status == 404 || (answer.status >= 200 && answer.status < 300)) {
            *ret_found = i > 0 || answer.status != 404;
            return true;
        }
        if (i == PODMAN_REMOVE_TRIES)
            return podman_refused(&answer, "remove", error);
        g_usleep(PODMAN_REMOVE_PAUSE_US);
    }
}

static bool podman_inspect(Podman *podman, const char *name, PodmanAnswer *ret_answer,
                           GError **error)
{
    g_autofree char *path = container_path(name, "/json");
    if (!podman_call(podman, "GET", path, NULL, ret_answer, error))
        return false;
    if (ret_answer->status == 404)
        return error_set(error, ERROR_NOT_FOUND, "engine.service_unknown",
                         "There is no such service in the engine.");
    return ret_answer->status == 200 || podman_refused(ret_answer, "inspect", error);
}

static const char *inspected_state(const PodmanAnswer *answer)
{
    const json_t *state = json_object_get(answer->json, "State");
    const char *status = json_string_value(json_object_get(state, "Status"));
    return status == NULL ? "" : status;
}

/* Podman refuses to freeze what is frozen: the state wanted is what counts. */
static bool podman_move(Podman *podman, const char *name, const char *verb, const char *state,
                        GError **error)
{
    g_auto(PodmanAnswer) answer = {0};
    g_auto(PodmanAnswer) inspected = {0};
    g_autofree char *path = container_path(name, verb);
    if (!podman_call(podman, "POST", path, NULL, &answer, error))
        return false;
    if (answer.status >= 200 && answer.status < 300)
        return true;
    if (!podman_inspect(podman, name, &inspected, error))
        return false;
    return strcmp(inspected_state(&inspected), state) == 0 ||
           podman_refused(&answer, verb + 1, error);
}

bool podman_pause(Podman *podman, const char *name, GError **error)
{
    return podman_move(podman, name, "/pause", "paused", error);
}

bool podman_unpause(Podman *podman, const char *name, GError **error)
{
    return podman_move(podman, name, "/unpause", "running", error);
}

bool podman_pid(Podman *podman, const char *name, pid_t *ret_pid, int64_t *ret_started_ms,
                GError **error)
{
    g_auto(PodmanAnswer) answer = {0};
    int64_t started_ms = 0;
    if (!podman_inspect(podman, name, &answer, error))
        return false;
    const json_t *state = json_object_get(answer.json, "State");
    json_int_t pid = json_integer_value(json_object_get(state, "Pid"));
    const char *started = json_string_value(json_object_get(state, "StartedAt"));
    if (pid <= 0)
        return error_set(error, ERROR_INTERNAL, "engine.bubble_ended",
                         "The bubble ended as soon as it was started (exit code %d).",
                         (int)json_integer_value(json_object_get(state, "ExitCode")));
    if (started == NULL || !time_parse(started, &started_ms, NULL))
        started_ms = time_now_ms();
    *ret_pid = (pid_t)pid;
    *ret_started_ms = started_ms;
    return true;
}

static json_t *podman_list_path(Podman *podman, const char *path, GError **error)
{
    g_auto(PodmanAnswer) answer = {0};
    if (!podman_call(podman, "GET", path, NULL, &answer, error))
        return NULL;
    if (answer.status != 200 || !json_is_array(answer.json)) {
        podman_refused(&answer, "list", error);
        return NULL;
    }
    return json_incref(answer.json);
}

json_t *podman_list_storage(Podman *podman, GError **error)
{
    g_autoptr(json_t) all =
        podman_list_path(podman, "/containers/json?all=true&external=true", error);
    size_t i;
    json_t *container;
    if (all == NULL)
        return NULL;
    json_t *storage = json_array();
    json_array_foreach (all, i, container) {
        if (g_strcmp0(json_string_value(json_object_get(container, "State")), "storage") == 0)
            json_array_append(storage, container);
    }
    return storage;
}

json_t *podman_list(Podman *podman, const char *label, const char *value, GError **error)
{
    g_autofree char *wanted = g_strconcat(label, "=", value, NULL);
    g_autoptr(json_t) filters = json_pack("{s:[s]}", "label", wanted);
    char *text = json_dumps(filters, JSON_COMPACT);
    g_autofree char *escaped = g_uri_escape_string(text, NULL, FALSE);
    free(text);
    g_autofree char *path =
        g_strconcat("/containers/json?all=true&filters=", escaped, NULL);
    return podman_list_path(podman, path, error);
}

bool podman_has_image(Podman *podman, const char *image_id)
{
    g_auto(PodmanAnswer) answer = {0};
    g_autofree char *path = g_strconcat("/images/", image_id, "/exists", NULL);
    return podman_call(podman, "GET", path, NULL, &answer, NULL) && answer.status == 204;
}

char *podman_version(Podman *podman, GError **error)
{
    g_auto(PodmanAnswer) answer = {0};
    if (!podman_call(podman, "GET", "/info", NULL, &answer, error))
        return NULL;
    const json_t *version = json_object_get(answer.json, "version");
    const char *text = json_string_value(json_object_get(version, "Version"));
    if (answer.status != 200 || text == NULL) {
        podman_refused(&answer, "describe", error);
        return NULL;
    }
    return g_strdup(text);
}
