/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's side: receive one message, load DuckDB, close the door behind, do the task, answer,
 * end. Nothing of the input is touched before the sandbox is closed.
 */
#include "worker/child.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/frame.h"
#include "sdchost/sdchost.h"
#include "worker/duck.h"
#include "worker/problems.h"
#include "worker/sandbox.h"
#include "worker/tasks.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* DuckDB's own accounting stops before the address space does. */
#define DUCK_MEMORY_SHARE 2
#define REQUEST_TIMEOUT_MS 10000

json_t *limits_pack(const WorkerLimits *limits)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "wall_ms",
                     (json_int_t)limits->wall_ms, "cpu_seconds", (json_int_t)limits->cpu_seconds,
                     "memory_bytes", (json_int_t)limits->memory_bytes, "input_bytes",
                     (json_int_t)limits->input_bytes, "output_bytes",
                     (json_int_t)limits->output_bytes, "rows", (json_int_t)limits->rows, "columns",
                     (json_int_t)limits->columns, "field_bytes", (json_int_t)limits->field_bytes);
}

typedef struct Request {
    WorkerTask task;
    WorkerLimits limits;
    const char *library;
    int inputs;
    const json_t *arguments;
} Request;

static bool request_unpack(json_t *message, Request *ret_request, GError **error)
{
    Request r = {0};
    const char *task = NULL;
    json_t *arguments = NULL;
    json_int_t wall, cpu, memory, input, output, rows, columns, field;
    if (json_unpack(message, "{s:s, s:s, s:i, s:o, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}}", "task",
                    &task, "library", &r.library, "inputs", &r.inputs, "arguments", &arguments, "limits", "wall_ms",
                    &wall, "cpu_seconds", &cpu, "memory_bytes", &memory, "input_bytes", &input,
                    "output_bytes", &output, "rows", &rows, "columns", &columns, "field_bytes",
                    &field) != 0 ||
        r.inputs < 1 || r.inputs > WORKER_INPUTS_MAX)
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "The request to the worker is malformed.");
    r.limits = (WorkerLimits){wall, cpu, memory, input, output, rows, columns, field};
    r.arguments = arguments;
    r.task = task_find(task);
    if (r.task == WORKER_TASK_COUNT)
        return error_set(error, ERROR_INVALID, "worker.arguments",
                         "The worker has no task \"%s\".", task);
    *ret_request = r;
    return true;
}

/* Its libraries are opened here: afterwards no file can be. */
static bool load_solver(const SdcSolver **ret_solver, GError **error)
{
    SdcError failure;
    SdchostSolver *solver = sdchost_solver_open(&failure);
    if (solver == NULL)
        return error_set(error, ERROR_UNAVAILABLE, "worker.solver", "%s", failure.sentence);
    *ret_solver = sdchost_solver_table(solver);
    return true;
}

static json_t *request_run(const Request *r, GError **error)
{
    const TaskKind *kind = task_kind(r->task);
    int output_fd = kind->needs_output ? CHILD_OUTPUT_FD : -1;
    if (!task_check_arguments(r->task, r->arguments, error) || !sandbox_limit(&r->limits, error))
        return NULL;
    Duck *duck = NULL;
    if (kind->is_table)
        duck = duck_open(r->library, r->limits.memory_bytes / DUCK_MEMORY_SHARE, error);
    const SdcSolver *solver = NULL;
    int input_fds[WORKER_INPUTS_MAX];
    for (int i = 0; i < r->inputs; i++)
        input_fds[i] = child_input_fd((size_t)i);
    if ((kind->is_table && duck == NULL) || (kind->needs_solver && !load_solver(&solver, error)) ||
        !sandbox_enter(input_fds, (size_t)r->inputs, output_fd, error))
        return NULL;
    /* Never closed: the process ends here, and unloading 65 MB of C++ takes longer than the task. */
    if (kind->run_tables != NULL)
        return kind->run_tables(duck, solver, &r->limits, r->arguments, (size_t)r->inputs, output_fd, error);
    return kind->run(duck, &r->limits, r->arguments, CHILD_INPUT_FD, output_fd, error);
}

static json_t *answer_make(GError **error)
{
    g_autoptr(json_t) message = NULL;
    if (!frame_receive(CHILD_SOCKET_FD, REQUEST_TIMEOUT_MS, &message, error))
        return NULL;
    if (message == NULL) {
        error_set(error, ERROR_INVALID, "worker.arguments", "No request came.");
        return NULL;
    }
    Request request;
    if (!request_unpack(message, &request, error))
        return NULL;
    json_t *result = request_run(&request, error);
    return result != NULL ? json_pack("{s:o}", "result", result) : NULL;
}

int worker_main(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    umask(077);
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) answer = answer_make(&error);
    if (answer == NULL)
        answer = json_pack("{s:o}", "problem", problem_pack(error));
    g_clear_error(&error);
    if (!frame_send(CHILD_SOCKET_FD, answer, &error)) {
        g_autoptr(json_t) problem = json_pack("{s:o}", "problem", problem_pack(error));
        frame_send(CHILD_SOCKET_FD, problem, NULL);
    }
    _exit(0); /* no destructor of any library runs inside the sandbox */
}
