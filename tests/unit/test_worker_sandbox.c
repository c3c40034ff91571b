/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's sandbox from the inside: what must fail does, with and without the solver's libraries, and
 * beside a second thread there is none.
 */
#include "worker/sandbox.h"

#include "base/error.h"
#include "base/files.h"
#include "sdchost/sdchost.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* An unlinked regular file with this content. */
static int file_of(const void *bytes, size_t size)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("darse-worker-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    unlink(path);
    g_assert_true(fd_write_all(fd, bytes, size, NULL));
    return fd;
}

/* --- The sandbox from the inside ---------------------------------------------------------------- */

typedef struct Attempt {
    const char *what;
    bool (*succeeds)(void);
} Attempt;

static bool try_open_passwd(void)
{
    return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool try_open_root(void)
{
    return open("/", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool try_create(void)
{
    return open("/tmp/darse-worker-escape", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool try_write_input(void)
{
    return open("/proc/self/fd/4", O_WRONLY) >= 0;
}

static bool try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool try_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool try_fork(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static bool try_exec(void)
{
    char *argv[] = {(char *)"true", NULL};
    return execv("/bin/true", argv) == 0;
}

static bool try_kill_parent(void)
{
    return kill(getppid(), 0) == 0;
}

static bool try_ptrace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool try_unlink(void)
{
    return unlink("/tmp") == 0 || errno != EPERM;
}

static bool try_mount(void)
{
    return mount("none", "/tmp", "tmpfs", 0, NULL) == 0;
}

static bool try_process_memory(void)
{
    return open("/proc/1/environ", O_RDONLY) >= 0 || open("/proc/self/maps", O_RDONLY) >= 0;
}

static bool try_link(void)
{
    return symlink("/etc/passwd", "/tmp/darse-worker-link") == 0;
}

static const Attempt attempts[] = {
    {"reading /etc/passwd", try_open_passwd},
    {"opening /", try_open_root},
    {"creating a file", try_create},
    {"writing the input", try_write_input},
    {"an internet socket", try_socket},
    {"a unix socket", try_unix_socket},
    {"a new process", try_fork},
    {"signalling the parent", try_kill_parent},
    {"ptrace", try_ptrace},
    {"removing", try_unlink},
    {"mounting", try_mount},
    {"reading processes", try_process_memory},
    {"a symbolic link", try_link},
    {"another program", try_exec},
};

/* max x + y under x + 2 y <= 4, 3 x + y <= 6: (1.6, 1.2); whole numbers only: 2. */
static bool solves(const SdcSolver *solver)
{
    static const size_t starts[] = {0, 2, 4};
    static const uint32_t rows[] = {0, 1, 0, 1};
    static const double values[] = {1, 3, 2, 1}, lower[] = {0, 0}, upper[] = {10, 10}, cost[] = {-1, -1};
    static const double row_lower[] = {-SDC_INFINITY, -SDC_INFINITY}, row_upper[] = {4, 6};
    static const bool integer[] = {true, true};
    SdcColumns columns = {2, starts, rows, values, lower, upper, cost};
    SdcModel *model = solver->create(solver->user, 2, row_lower, row_upper, &columns);
    double found = 0;
    bool has_solution = false;
    bool ok = model != NULL && solver->solve_lp(model, 10) == SDC_SOLVER_OPTIMAL &&
              solver->solution(model, &found, NULL, NULL) && fabs(found + 2.8) < 1e-9 &&
              solver->solve_mip(model, integer, 10, &has_solution) == SDC_SOLVER_OPTIMAL && has_solution &&
              solver->solution(model, &found, NULL, NULL) && fabs(found + 2) < 1e-9;
    if (model != NULL)
        solver->destroy(model);
    return ok;
}

/* In a child: enters the sandbox; exit 0 = everything failed as it must, else 1 + the index of
 * what succeeded. */
static int sandbox_child(int input_fd, const SdcSolver *solver)
{
    if (dup2(input_fd, 4) < 0 || !sandbox_enter(&(int){4}, 1, -1, NULL))
        return 100;
    char byte = 0;
    int again = open("/proc/self/fd/4", O_RDONLY);
    if (again < 0 || read(again, &byte, 1) != 1 || byte != 'a')
        return 101; /* what must work does not */
    if (solver != NULL && !solves(solver))
        return 102;
    for (size_t i = 0; i < G_N_ELEMENTS(attempts); i++) {
        if (attempts[i].succeeds())
            return 1 + (int)i;
    }
    return 0;
}

static void check_sandbox(const SdcSolver *solver)
{
    FD_AUTO int fd = file_of("a\n1\n", 4);
    pid_t pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0)
        _exit(sandbox_child(fd, solver));
    int status = 0;
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    int code = WEXITSTATUS(status);
    if (code >= 1 && (size_t)code <= G_N_ELEMENTS(attempts))
        g_error("the sandbox allows %s", attempts[code - 1].what);
    g_assert_cmpint(code, ==, 0);
}

static void test_sandbox(void)
{
    check_sandbox(NULL);
}

/* CLP and CBC, opened before, solve inside; nothing more is allowed with them. */
static void test_sandbox_with_solver(void)
{
    SdchostSolver *solver = sdchost_solver_open(NULL);
    g_assert_nonnull(solver);
    check_sandbox(sdchost_solver_table(solver));
    sdchost_solver_close(solver);
}

static void *wait_for_ever(void *user)
{
    while (pause() < 0)
        continue;
    return user;
}

static int threaded_child(int input_fd)
{
    pthread_t thread;
    g_autoptr(GError) error = NULL;
    if (dup2(input_fd, 4) < 0 || pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
        return 100;
    if (sandbox_enter(&(int){4}, 1, -1, &error))
        return 1;
    return strcmp(error_reason(error), "worker.sandbox") == 0 && strstr(error->message, "threads") != NULL ? 0 : 2;
}

/* A thread that a library started would stay outside: there is no sandbox then. */
static void test_sandbox_is_for_one_thread(void)
{
    FD_AUTO int fd = file_of("a\n1\n", 4);
    pid_t pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0)
        _exit(threaded_child(fd));
    int status = 0;
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/worker/sandbox", test_sandbox);
    g_test_add_func("/worker/sandbox/solver", test_sandbox_with_solver);
    g_test_add_func("/worker/sandbox/one_thread", test_sandbox_is_for_one_thread);
    return g_test_run();
}
