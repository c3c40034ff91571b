/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The caller's side: spawn, hand over descriptors, wait with a deadline, kill, translate. Uses
 * posix_spawn, which does not copy the page tables of a large threaded server, and which closes
 * every other descriptor in the child.
 */
#include "worker/worker.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "base/times.h"
#include "worker/child.h"
#include "worker/problems.h"
#include "worker/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEATH_WAIT_MS 1000
/* A child that does not read must not hold its caller. */
#define SEND_LIMIT_SECONDS 10

const WorkerLimits *worker_limits(WorkerTask task)
{
    return &task_kind(task)->limits;
}

const char *worker_format_of(const char *file_name)
{
    static const struct {
        const char *end, *format;
    } rows[] = {{".csv", "csv"}, {".parquet", "parquet"}};
    size_t length = strlen(file_name);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t end = strlen(rows[i].end);
        if (length > end && g_ascii_strcasecmp(file_name + length - end, rows[i].end) == 0)
            return rows[i].format;
    }
    return NULL;
}

/* --- Start and end of the process -------------------------------------------------------------- */

typedef struct Descriptors {
    int socket, output, null; /* numbers above those that the child uses, or -1 */
    size_t inputs;
    int input[WORKER_INPUTS_MAX];
} Descriptors;

static void descriptors_close(Descriptors *d)
{
    int all[] = {d->socket, d->output, d->null};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i] >= 0)
            close(all[i]);
    }
    for (size_t i = 0; i < d->inputs; i++)
        close(d->input[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Descriptors, descriptors_close)

/* Copies above the numbers of the child, so that no dup2 there overwrites a source. */
static int descriptor_raise(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, CHILD_MORE_FD + WORKER_INPUTS_MAX);
}

static bool descriptors_make(int socket_fd, const int *input_fds, size_t inputs, int output_fd,
                             Descriptors *d, GError **error)
{
    d->socket = descriptor_raise(socket_fd);
    while (d->inputs < inputs && (d->input[d->inputs] = descriptor_raise(input_fds[d->inputs])) >= 0)
        d->inputs++;
    if (output_fd >= 0)
        d->output = descriptor_raise(output_fd);
    FD_AUTO int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    d->null = null_fd >= 0 ? descriptor_raise(null_fd) : -1;
    if (d->socket < 0 || d->inputs < inputs || d->null < 0 || (output_fd >= 0 && d->output < 0))
        return error_set_errno(error, errno, "worker.descriptors",
                               "The worker's descriptors cannot be made");
    return true;
}

static int spawn_actions(posix_spawn_file_actions_t *actions, const Descriptors *d)
{
    const struct {
        int from, to;
    } rows[] = {
        {d->null, STDIN_FILENO},       {d->null, STDOUT_FILENO},    {d->null, STDERR_FILENO},
        {d->socket, CHILD_SOCKET_FD},  {d->output, CHILD_OUTPUT_FD},
    };
    int failed = 0, last = CHILD_SOCKET_FD;
    for (size_t i = 0; i < G_N_ELEMENTS(rows) && failed == 0; i++) {
        if (rows[i].from < 0)
            continue;
        failed = posix_spawn_file_actions_adddup2(actions, rows[i].from, rows[i].to);
        last = rows[i].to;
    }
    for (size_t i = 0; i < d->inputs && failed == 0; i++) {
        failed = posix_spawn_file_actions_adddup2(actions, d->input[i], child_input_fd(i));
        last = MAX(last, child_input_fd(i));
    }
    if (failed == 0)
        failed = posix_spawn_file_actions_addclosefrom_np(actions, last + 1);
    return failed;
}

/* A session of its own (its group can be killed whole), default signals, none blocked. */
static int spawn_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawnattr_setsigmask(attributes, &none);
    if (failed == 0)
        failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (failed == 0)
        failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                          POSIX_SPAWN_SETSIGDEF);
    return failed;
}

static bool process_start(const char *program_path, const Descriptors *d, pid_t *ret_pid,
                          GError **error)
{
    char *argv[] = {(char *)"darse", (char *)"worker", NULL};
    /* Some builds of BLAS, which the solver stands on, start threads when they are loaded. */
    char *environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C.UTF-8",
                           (char *)"OPENBLAS_NUM_THREADS=1", (char *)"OMP_NUM_THREADS=1", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int failed = spawn_actions(&actions, d);
    if (failed == 0)
        failed = spawn_attributes(&attributes);
    if (failed == 0)
        failed = posix_spawn(ret_pid, program_path, &actions, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return error_set(error, ERROR_UNAVAILABLE, "worker.start",
                         "The worker cannot be started: %s.", g_strerror(failed));
    return true;
}

/* Reaps the process and returns its wait status. One that went silent is about to die: it is given
 * a moment to do so by itself, so that its status says why; any other is killed with its group. */
static int process_end(pid_t pid, bool is_dying)
{
    int status = 0;
    for (int waited_ms = 0; is_dying && waited_ms < DEATH_WAIT_MS; waited_ms += 5) {
        if (waitpid(pid, &status, WNOHANG) != 0)
            return status;
        g_usleep(5000);
    }
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

/* --- The answer -------------------------------------------------------------------------------- */

typedef struct ResultField {
    WorkerTask task;
    const char *name;
    json_type type;
} ResultField;

/* What callers rely on, checked because a file may have taken the worker over. */
static const ResultField result_fields[] = {
    {WORKER_PROFILE, "rows", JSON_INTEGER},  {WORKER_PROFILE, "columns", JSON_ARRAY},
    {WORKER_PROFILE, "notes", JSON_ARRAY},   {WORKER_CONVERT, "rows", JSON_INTEGER},
    {WORKER_CONVERT, "columns", JSON_ARRAY}, {WORKER_CONVERT, "bytes", JSON_INTEGER},
    {WORKER_CONVERT, "notes", JSON_ARRAY},   {WORKER_LINT, "rows", JSON_INTEGER},
    {WORKER_LINT, "columns", JSON_ARRAY},    {WORKER_LINT, "basis", JSON_STRING},
    {WORKER_LINT, "verdict", JSON_STRING},   {WORKER_LINT, "summary", JSON_OBJECT},
    {WORKER_LINT, "flags", JSON_ARRAY},      {WORKER_LINT, "notes", JSON_ARRAY},
    {WORKER_PREVIEW, "rows", JSON_INTEGER},  {WORKER_PREVIEW, "columns", JSON_ARRAY},
    {WORKER_PREVIEW, "values", JSON_ARRAY},  {WORKER_TEXT, "text", JSON_STRING},
    {WORKER_TEXT, "encoding", JSON_STRING},  {WORKER_IMAGE, "format", JSON_STRING},
    {WORKER_IMAGE, "width", JSON_INTEGER},   {WORKER_IMAGE, "height", JSON_INTEGER},
    {WORKER_IMAGE, "shown_width", JSON_INTEGER}, {WORKER_IMAGE, "shown_height", JSON_INTEGER},
    {WORKER_PROTECT, "rows", JSON_INTEGER}, {WORKER_PROTECT, "report", JSON_OBJECT},
    {WORKER_TABULATE, "files", JSON_ARRAY}, {WORKER_TABULATE, "report", JSON_OBJECT},
    {WORKER_SUPPRESS, "files", JSON_ARRAY}, {WORKER_SUPPRESS, "report", JSON_OBJECT},
    {WORKER_COMPARE, "report", JSON_OBJECT},
};

static bool result_check(WorkerTask task, const json_t *result, GError **error)
{
    bool ok = json_is_object(result);
    for (size_t i = 0; ok && i < G_N_ELEMENTS(result_fields); i++) {
        const ResultField *field = &result_fields[i];
        const json_t *value = json_object_get(result, field->name);
        ok = field->task != task || (value != NULL && json_typeof(value) == field->type);
    }
    return ok || error_set(error, ERROR_UNPROCESSABLE, "worker.answer",
                           "The file made its reader answer nonsense; it is refused.");
}

static bool answer_take(WorkerTask task, const json_t *answer, json_t **ret_result, GError **error)
{
    const json_t *problem = json_object_get(answer, "problem");
    if (problem != NULL)
        return problem_unpack(problem, error);
    json_t *result = json_object_get(answer, "result");
    if (!result_check(task, result, error))
        return false;
    *ret_result = json_incref(result);
    return true;
}

/* The process ended without an answer. */
static bool death_explain(int status, GError **error)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return error_set(error, ERROR_TOO_LARGE, "worker.cpu",
                         "Reading the file took more processor time than is allowed.");
    if (WIFSIGNALED(status))
        return error_set(error, ERROR_UNPROCESSABLE, "worker.crashed",
                         "The file made its reader stop (signal %d); it is refused.",
                         WTERMSIG(status));
    return error_set(error, ERROR_UNPROCESSABLE, "worker.crashed",
                     "The file made its reader stop (exit %d); it is refused.",
                     WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

typedef struct Watcher {
    WorkerProgress progress;
    void *user;
    const int *stop;
} Watcher;

#define STOP_LOOK_MS 100

/* False when somebody wants the work stopped; true when there is something to read, or no time left. */
static bool socket_await(int socket_fd, int64_t deadline_ms, const int *stop)
{
    struct pollfd wanted = {.fd = socket_fd, .events = POLLIN};
    while (stop != NULL) {
        if (g_atomic_int_get(stop) != 0)
            return false;
        if (poll(&wanted, 1, STOP_LOOK_MS) > 0 || time_monotonic_ms() >= deadline_ms)
            break;
    }
    return true;
}

/* The answer, after any number of messages on the way. */
static bool answer_await(int socket_fd, int64_t deadline_ms, const Watcher *watcher,
                         json_t **ret_answer, GError **error)
{
    for (;;) {
        g_autoptr(json_t) message = NULL;
        if (!socket_await(socket_fd, deadline_ms, watcher->stop))
            return error_set(error, ERROR_UNAVAILABLE, "worker.stopped",
                             "The server stopped the work; begin it again.");
        int64_t left = MAX(deadline_ms - time_monotonic_ms(), 0);
        if (!frame_receive(socket_fd, (int)MIN(left, G_MAXINT), &message, error))
            return false;
        double done;
        const char *what;
        if (message == NULL || json_object_get(message, "progress") == NULL) {
            *ret_answer = g_steal_pointer(&message);
            return true;
        }
        bool fits = json_unpack(message, "{s:{s:F, s:s}}", "progress", "done", &done, "what", &what) == 0;
        if (fits && watcher->progress != NULL && g_utf8_strlen(what, -1) < 200)
            watcher->progress(watcher->user, CLAMP(done, 0, 1), what);
    }
}

static bool converse(const json_t *request, int socket_fd, pid_t pid, int64_t wall_ms,
                     const Watcher *watcher, json_t **ret_answer, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    g_autoptr(GError) problem = NULL;
    int64_t deadline = time_monotonic_ms() + wall_ms;
    frame_send(socket_fd, request, NULL); /* if it is gone already, its answer or death says why */
    bool ok = answer_await(socket_fd, deadline, watcher, &answer, &problem);
    bool is_late = !ok && time_monotonic_ms() >= deadline;
    bool is_silent = ok ? answer == NULL : strcmp(error_reason(problem), "frame.broken") == 0;
    int status = process_end(pid, is_silent && !is_late);
    if (!ok && strcmp(error_reason(problem), "worker.stopped") == 0) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (is_late)
        return error_set(error, ERROR_TOO_LARGE, "worker.timeout",
                         "Reading the file took more than %lld seconds; it was stopped.",
                         (long long)(wall_ms / 1000));
    if (is_silent)
        return death_explain(status, error);
    if (!ok)
        return error_set(error, ERROR_UNPROCESSABLE, "worker.answer",
                         "The file made its reader answer nonsense; it is refused.");
    *ret_answer = g_steal_pointer(&answer);
    return true;
}

/* --- The whole --------------------------------------------------------------------------------- */

/* ../lib/darse/ of the program's own folder; NULL: not there. */
static char *library_installed(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program != NULL ? g_path_get_dirname(program) : NULL;
    if (folder == NULL)
        return NULL;
    g_autofree char *beside = g_build_filename(folder, "..", "lib", "darse", "libduckdb.so", NULL);
    char *path = g_canonicalize_filename(beside, NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        g_clear_pointer(&path, g_free);
    return path;
}

const char *worker_library(void)
{
    static const char *found; /* looked for once in the life of a process */
    const char *chosen = g_getenv("DARSE_DUCKDB_LIBRARY");
    if (chosen != NULL)
        return chosen;
    if (g_once_init_enter(&found)) {
        const char *installed = library_installed();
        g_once_init_leave(&found, installed != NULL ? installed : DARSE_DUCKDB_LIBRARY);
    }
    return found;
}

static const char *library_path(const WorkerProgram *program)
{
    if (program != NULL && program->library_path != NULL)
        return program->library_path;
    return worker_library();
}

static bool check_output(WorkerTask task, int output_fd, GError **error)
{
    struct stat st;
    if (!task_kind(task)->needs_output)
        return output_fd < 0 || error_set(error, ERROR_INVALID, "worker.arguments",
                                          "%s writes no file.", task_kind(task)->name);
    if (output_fd < 0 || fstat(output_fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size != 0)
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "%s needs an empty regular file to write.", task_kind(task)->name);
    return true;
}

bool worker_run(const WorkerLimits *limits, const WorkerProgram *program, WorkerTask task,
                const json_t *arguments, int input_fd, int output_fd, json_t **ret_result,
                GError **error)
{
    return worker_run_watched(limits, program, task, arguments, input_fd, output_fd, NULL, NULL,
                              ret_result, error);
}

bool worker_run_watched(const WorkerLimits *limits, const WorkerProgram *program, WorkerTask task,
                        const json_t *arguments, int input_fd, int output_fd, WorkerProgress progress,
                        void *user, json_t **ret_result, GError **error)
{
    return worker_run_files(limits, program, task, arguments, &input_fd, 1, output_fd, progress, user,
                            ret_result, error);
}

bool worker_run_files(const WorkerLimits *limits, const WorkerProgram *program, WorkerTask task,
                      const json_t *arguments, const int *input_fds, size_t inputs, int output_fd,
                      WorkerProgress progress, void *user, json_t **ret_result, GError **error)
{
    if (inputs < 1 || inputs > WORKER_INPUTS_MAX)
        return error_set(error, ERROR_INVALID, "worker.arguments", "A task reads 1 to %d files, not %zu.",
                         WORKER_INPUTS_MAX, inputs);
    Watcher watcher = {progress, user, program != NULL ? program->stop : NULL};
    const WorkerLimits *used = limits != NULL ? limits : worker_limits(task);
    const char *path = program != NULL ? program->program_path : NULL;
    if (!task_check_arguments(task, arguments, error) || !check_output(task, output_fd, error))
        return false;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_set_errno(error, errno, "worker.descriptors", "A socket cannot be made");
    FD_AUTO int ours = pair[0];
    FD_AUTO int theirs = pair[1];
    struct timeval send_limit = {.tv_sec = SEND_LIMIT_SECONDS};
    setsockopt(ours, SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof send_limit);
    g_auto(Descriptors) descriptors = {-1, -1, -1, 0, {0}};
    g_autoptr(json_t) request = json_pack(
        "{s:s, s:s, s:i, s:O, s:o}", "task", task_kind(task)->name, "library", library_path(program),
        "inputs", (int)inputs, "arguments", arguments, "limits", limits_pack(used));
    if (request == NULL)
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "The arguments hold text that is not UTF-8.");
    pid_t pid;
    if (!descriptors_make(theirs, input_fds, inputs, output_fd, &descriptors, error) ||
        !process_start(path != NULL ? path : "/proc/self/exe", &descriptors, &pid, error))
        return false;
    descriptors_close(&descriptors);
    descriptors = (Descriptors){-1, -1, -1, 0, {0}};
    close(fd_steal(&theirs));
    g_autoptr(json_t) answer = NULL;
    return converse(request, ours, pid, used->wall_ms, &watcher, &answer, error) &&
           answer_take(task, answer, ret_result, error);
}
