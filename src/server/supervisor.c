/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two children, one loop. A child that dies is started again after a delay that doubles from 0.2 s
 * to 10 s and falls back once it has lived a minute. The supervisor reads no file of people's, opens
 * no socket and parses nothing but the configuration.
 */
#include "server/supervisor.h"

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/times.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DELAY_FIRST_MS 200
#define DELAY_MAX_MS 10000
#define STOP_GRACE_MS 15000

typedef struct Child {
    const char *name;
    char **argv;
    bool drop_privilege;
    pid_t pid;             /* 0: not running */
    int64_t started_ms;
    int64_t start_at_ms;   /* when to start (again), monotonic */
    int delay_ms;
} Child;

bool supervisor_serve_identity(const Config *config, unsigned *ret_uid, unsigned *ret_gid,
                               GError **error)
{
    if (geteuid() != 0) {
        *ret_uid = getuid();
        *ret_gid = getgid();
        return true;
    }
    const char *name = config_text(config, "server.user");
    errno = 0;
    const struct passwd *user = getpwnam(name);
    if (user == NULL)
        return error_set(error, ERROR_INVALID, "server.no_user",
                         "There is no system user \"%s\"; make it with `useradd --system %s` or "
                         "name another one in server.user.", name, name);
    if (user->pw_uid == 0)
        return error_set(error, ERROR_INVALID, "server.user_root",
                         "server.user may not be root: the server holds no privilege.");
    *ret_uid = user->pw_uid;
    *ret_gid = user->pw_gid;
    return true;
}

static void child_exec(const Child *child, unsigned uid, unsigned gid, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127); /* the supervisor died in between */
    if (!child->drop_privilege)
        unsetenv("NOTIFY_SOCKET"); /* the server alone says when we are ready */
    if (child->drop_privilege && geteuid() == 0) {
        if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
            _exit(126);
        /* A change of identity clears the death signal. */
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (getppid() != parent)
            _exit(127);
    }
    execv("/proc/self/exe", child->argv);
    _exit(127);
}

static void child_start(Child *child, unsigned uid, unsigned gid)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child_exec(child, uid, gid, parent);
    child->started_ms = time_monotonic_ms();
    child->pid = pid > 0 ? pid : 0;
    if (pid < 0)
        child->start_at_ms = child->started_ms + DELAY_MAX_MS;
}

static void child_ended(Child *child, int status)
{
    int64_t now = time_monotonic_ms();
    g_autofree char *how =
        WIFSIGNALED(status) ? g_strdup_printf("signal %d", WTERMSIG(status))
                            : g_strdup_printf("code %d", WEXITSTATUS(status));
    log_warning("supervisor.child_ended", "child", child->name, "how", how);
    if (now - child->started_ms > TIME_MINUTE_MS)
        child->delay_ms = DELAY_FIRST_MS;
    child->start_at_ms = now + child->delay_ms;
    child->delay_ms = MIN(child->delay_ms * 2, DELAY_MAX_MS);
    child->pid = 0;
}

static void supervisor_reap(Child *children, size_t count)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (children[i].pid == pid)
                child_ended(&children[i], status);
        }
    }
}

static void supervisor_start_due(Child *children, size_t count, unsigned uid, unsigned gid)
{
    for (size_t i = 0; i < count; i++) {
        if (children[i].pid == 0 && children[i].start_at_ms <= time_monotonic_ms())
            child_start(&children[i], uid, gid);
    }
}

/* First the server, which ends its requests and its clock; then the engine. */
static void supervisor_stop(Child *children, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        Child *child = &children[i];
        if (child->pid == 0)
            continue;
        kill(child->pid, SIGTERM);
        int64_t deadline = time_monotonic_ms() + STOP_GRACE_MS;
        while (waitpid(child->pid, NULL, WNOHANG) == 0) {
            if (time_monotonic_ms() > deadline)
                kill(child->pid, SIGKILL);
            g_usleep(5000);
        }
        child->pid = 0;
    }
}

int supervisor_lock(const char *state_dir, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, "run", "lock", NULL);
    FD_AUTO int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        error_set_errno(error, errno, "server.lock", "Cannot open %s", path);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        error_set(error, ERROR_CONFLICT, "server.running",
                  "Another Darse already runs on %s; stop it first.", state_dir);
        return -1;
    }
    return fd_steal(&fd);
}

static void supervisor_loop(Child *children, size_t count, unsigned uid, unsigned gid)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGCHLD);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    for (;;) {
        supervisor_start_due(children, count, uid, gid);
        struct timespec wait = {.tv_sec = 0, .tv_nsec = 200 * 1000 * 1000};
        bool all = children[0].pid != 0 && children[1].pid != 0;
        int got = all ? sigwaitinfo(&wanted, NULL) : sigtimedwait(&wanted, NULL, &wait);
        if (got == SIGTERM || got == SIGINT)
            return;
        supervisor_reap(children, count);
    }
}

int supervisor_run(const Config *config, GError **error)
{
    unsigned uid = 0, gid = 0;
    if (!supervisor_serve_identity(config, &uid, &gid, error))
        return EXIT_FAILURE;
    const char *state_dir = config_state_dir(config);
    FD_AUTO int lock = supervisor_lock(state_dir, error);
    if (lock < 0)
        return EXIT_FAILURE;
    g_autofree char *uid_text = g_strdup_printf("%u", uid);
    char *engine_argv[] = {(char *)"darse", (char *)"engine", (char *)"--state",
                           (char *)state_dir, (char *)"--serve-uid", uid_text, NULL};
    char *serve_argv[] = {(char *)"darse", (char *)"serve", (char *)"--state", (char *)state_dir,
                          (char *)"--unprivileged", NULL};
    Child children[] = {
        {.name = "engine", .argv = engine_argv, .delay_ms = DELAY_FIRST_MS},
        {.name = "serve", .argv = serve_argv, .drop_privilege = true, .delay_ms = DELAY_FIRST_MS},
    };
    log_info("supervisor.started", "state", state_dir);
    supervisor_loop(children, G_N_ELEMENTS(children), uid, gid);
    supervisor_stop(children, G_N_ELEMENTS(children));
    log_info("supervisor.stopped");
    return EXIT_SUCCESS;
}
