/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/internal.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef bool (*ChildWork)(const Config *config, void *data, GError **error);

static bool child_become(uid_t uid, gid_t gid)
{
    return geteuid() != 0 || (setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
                              setresuid(uid, uid, uid) == 0 &&
                              prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

/* Runs WORK in a child that is UID; what went wrong comes back through a pipe. */
static bool run_as(const Config *config, uid_t uid, gid_t gid, ChildWork work, void *data, GError **error)
{
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return error_set_errno(error, errno, "backup.pipe", "Cannot start a process");
    FD_AUTO int reading = pipes[0];
    FD_AUTO int writing = pipes[1];
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        g_autoptr(GError) problem = NULL;
        umask(0077);
        if (!child_become(uid, gid))
            _exit(126);
        if (work(config, data, &problem))
            _exit(0);
        fd_write_all(writing, problem->message, strlen(problem->message), NULL);
        _exit(1);
    }
    close(fd_steal(&writing));
    char why[1024] = "";
    ssize_t size = pid > 0 ? read(reading, why, sizeof why - 1) : 0;
    why[MAX(0, size)] = '\0';
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return error_set(error, ERROR_UNAVAILABLE, "backup.database", "%s",
                     *why != '\0' ? why : "The copy of the database failed without saying why.");
}

/* ---- SQLite ---- */

typedef struct SqliteWork {
    char *from, *to;
} SqliteWork;

static bool sqlite_work(const Config *config, void *data, GError **error)
{
    const SqliteWork *work = data;
    (void)config;
    return store_snapshot_sqlite(work->from, work->to, error);
}

/* From the server's folder of uploads to PATH, which is root's; the server could have put anything there. */
static bool sqlite_fetch(const char *temporary, uid_t uid, const char *path, GError **error)
{
    struct stat st;
    FD_AUTO int from = open(temporary, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (from < 0 || fstat(from, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != uid)
        return error_set(error, ERROR_INTERNAL, "backup.database",
                         "The copy of the database is not where it was made.");
    FD_AUTO int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return error_set_errno(error, errno, "backup.database", "Cannot write %s", path);
    g_autofree char *buffer = g_malloc(1024 * 1024);
    ssize_t count;
    while ((count = read(from, buffer, 1024 * 1024)) > 0) {
        if (!fd_write_all(to, buffer, (size_t)count, error))
            return false;
    }
    if (count < 0 || fchown(to, st.st_uid, st.st_gid) < 0)
        return error_set_errno(error, errno, "backup.database", "Cannot write %s", path);
    return true;
}

static bool sqlite_take(const Config *config, uid_t uid, gid_t gid, const char *path, GError **error)
{
    g_autofree char *name = id_new("backup");
    SqliteWork work = {g_build_filename(config_state_dir(config), "darse.db", NULL),
                       g_build_filename(config_state_dir(config), "uploads", name, NULL)};
    bool ok = run_as(config, uid, gid, sqlite_work, &work, error) &&
              sqlite_fetch(work.to, uid, path, error);
    unlink(work.to);
    g_free(work.from);
    g_free(work.to);
    return ok;
}

/* ---- PostgreSQL ---- */

/* The password goes by the environment, which only this user and root can read; never by an argument. */
static bool postgres_work(const Config *config, void *data, GError **error)
{
    const char *const *path = data;
    const char *file = config_text(config, "store.password_file");
    char *password = NULL;
    if (*file != '\0' && !file_read(file, 1024, &password, NULL, error))
        return false;
    if (password != NULL)
        setenv("PGPASSWORD", g_strchomp(password), 1);
    secret_free(password);
    g_autofree char *database = g_strconcat("--dbname=", config_text(config, "store.url"), NULL);
    char *argv[] = {(char *)"pg_dump", (char *)"--format=custom", (char *)"--no-owner",
                    (char *)"--no-password", database, NULL};
    (void)path;
    execvp(argv[0], argv);
    return error_set(error, ERROR_UNAVAILABLE, "backup.pg_dump",
                     "pg_dump does not run (%s); install postgresql-client of the server's version.",
                     g_strerror(errno));
}

static bool postgres_take(const Config *config, uid_t uid, gid_t gid, const char *path, GError **error)
{
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (to < 0 || kept < 0 || dup2(to, STDOUT_FILENO) < 0)
        return error_set_errno(error, errno, "backup.database", "Cannot write %s", path);
    close(to);
    bool ok = run_as(config, uid, gid, postgres_work, &path, error);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    return ok;
}

bool backup_database(const Config *config, uid_t uid, gid_t gid, const char *path, GError **error)
{
    return *config_text(config, "store.url") != '\0' ? postgres_take(config, uid, gid, path, error)
                                                     : sqlite_take(config, uid, gid, path, error);
}
