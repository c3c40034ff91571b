/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file to the server or from it. Sent in pieces that are acknowledged, so that a broken connection
 * costs one piece; fetched beside its place and renamed there, so that no half of a file is taken for
 * a whole.
 */
#include "cli/remote.h"

#include "base/files.h"
#include "base/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES (INT64_C(16) * 1024 * 1024)
#define TRIES_MAX 5
#define TRY_AFTER_US 500000

/* ---- sending ---- */

typedef struct Send {
    Cli *cli;
    char *uploads;                     /* "/projects/ID/uploads" */
    char *id;
    int fd;
    int64_t size, received;
    CliProgress progress;
} Send;

static void send_clear(Send *send)
{
    g_free(send->uploads);
    g_free(send->id);
    fd_cleanup(&send->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Send, send_clear)

static bool piece_send(Send *send, int *ret_status, json_t **ret_answer, GError **error)
{
    g_autofree char *path = cli_path("/api/v1%s/%s?offset=%" G_GINT64_FORMAT, send->uploads,
                                     send->id, send->received);
    HttpClient *client = cli_client(send->cli, error);
    send->progress.before = send->received;
    return client != NULL &&
           http_client_send(client, "PUT", path, "application/octet-stream", send->fd,
                            send->received, MIN(PIECE_BYTES, send->size - send->received),
                            cli_progress, &send->progress, ret_status, ret_answer, error);
}

/* How far it came, after a break. */
static bool ask_received(Send *send, GError **error)
{
    g_autofree char *path = cli_path("%s/%s", send->uploads, send->id);
    g_autoptr(json_t) answer = NULL;
    if (!cli_get(send->cli, path, &answer, error))
        return false;
    send->received = json_integer_value(json_object_get(answer, "received"));
    return true;
}

static bool pieces_send(Send *send, GError **error)
{
    int tries = 0;
    while (send->received < send->size) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(json_t) answer = NULL;
        int status = 0;
        bool spoken = piece_send(send, &status, &answer, &problem);
        if (spoken && status == 200) {
            send->received = json_integer_value(json_object_get(answer, "received"));
            tries = 0;
            continue;
        }
        /* 409: the server has not yet seen the end of the connection that broke. */
        bool again = (!spoken && error_is(problem, ERROR_UNAVAILABLE)) ||
                     (spoken && (status == 409 || status == 503));
        if (!again || ++tries > TRIES_MAX) {
            if (!spoken)
                g_propagate_error(error, g_steal_pointer(&problem));
            return spoken ? cli_problem(status, answer, error) : false;
        }
        g_usleep(TRY_AFTER_US * (gulong)tries);
        if (!ask_received(send, NULL))
            continue;
    }
    return true;
}

static bool send_run(Send *send, const CliRemote *to, const char *path, GError **error)
{
    g_autoptr(json_t) begun = NULL;
    g_autoptr(GError) problem = NULL;
    if (!cli_call(send->cli, "POST", send->uploads,
                  json_pack("{s:s, s:s, s:I, s:b}", "place", to->at.place, "path", path, "size",
                            (json_int_t)send->size, "replace",
                            cli_has(send->cli, "replace")),
                  &begun, error))
        return false;
    send->id = g_strdup(cli_text(begun, "id"));
    bool ok = pieces_send(send, &problem);
    cli_progress_end(&send->progress);
    if (ok) {
        g_autofree char *finish = cli_path("%s/%s/finish", send->uploads, send->id);
        ok = cli_call(send->cli, "POST", finish, NULL, NULL, &problem);
    }
    if (ok)
        return true;
    g_autofree char *drop = cli_path("%s/%s", send->uploads, send->id);
    cli_call(send->cli, "DELETE", drop, NULL, NULL, NULL);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool cli_send_file(Cli *cli, const CliRemote *to, const char *path, const char *local,
                   GError **error)
{
    FD_AUTO int fd = open(local, O_RDONLY | O_CLOEXEC);
    return cli_send_open(cli, to, path, local, fd, error);
}

bool cli_send_open(Cli *cli, const CliRemote *to, const char *path, const char *local, int fd,
                   GError **error)
{
    struct stat st;
    g_auto(Send) send = {.cli = cli, .fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1};
    if (send.fd < 0 || fstat(send.fd, &st) < 0 || !S_ISREG(st.st_mode))
        return error_set(error, ERROR_INVALID, "cli.file", "\"%s\" is not a file to read.", local);
    send.uploads = cli_path("/projects/%s/uploads", to->project);
    send.size = st.st_size;
    send.progress = (CliProgress){.label = local, .total = st.st_size,
                                  .started_us = g_get_monotonic_time()};
    return send_run(&send, to, path, error);
}

/* ---- fetching ---- */

bool cli_fetch_into(Cli *cli, const CliRemote *from, const char *path, int fd, GError **error)
{
    g_autofree char *below = cli_remote_path(from, "/content", path);
    g_autofree char *full = g_strconcat("/api/v1", below, NULL);
    g_autoptr(json_t) answer = NULL;
    int status = 0;
    CliProgress progress = {.label = path, .total = -1, .started_us = g_get_monotonic_time()};
    HttpClient *client = cli_client(cli, error);
    bool spoken = client != NULL && http_client_fetch(client, full, fd, cli_progress, &progress,
                                                      &status, &answer, error);
    cli_progress_end(&progress);
    return spoken && (status == 200 || cli_problem(status, answer, error));
}

bool cli_fetch_file(Cli *cli, const CliRemote *from, const char *path, const char *local,
                    GError **error)
{
    g_autofree char *mark = random_token(8);
    g_autofree char *part = g_strdup_printf("%s.%s.part", local, mark);
    if (!cli_has(cli, "replace") && access(local, F_OK) == 0)
        return error_set(error, ERROR_CONFLICT, "files.exists",
                         "\"%s\" is there already; --replace replaces it.", local);
    FD_AUTO int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return error_set(error, ERROR_INVALID, "cli.file", "\"%s\" cannot be made: %s.", local,
                         g_strerror(errno));
    bool ok = cli_fetch_into(cli, from, path, fd, error);
    if (ok && rename(part, local) < 0)
        ok = error_set(error, ERROR_INVALID, "cli.file", "\"%s\" cannot be made: %s.", local,
                       g_strerror(errno));
    if (!ok)
        unlink(part);
    return ok;
}
