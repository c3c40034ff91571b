/* SPDX-License-Identifier: Apache-2.0 */
/* Files on the server, as the verbs of files see them. */
#ifndef DARSE_CLI_REMOTE_H
#define DARSE_CLI_REMOTE_H

#include "cli/address.h"
#include "cli/internal.h"

/* An address of the server, its project found. */
typedef struct CliRemote {
    CliAddress at;
    char *project;                     /* identifier */
} CliRemote;
void cli_remote_clear(CliRemote *remote);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CliRemote, cli_remote_clear)

/* ERROR_INVALID "cli.usage" for a local path. */
bool cli_remote_parse(Cli *cli, const char *text, CliRemote *ret_remote, GError **error);
/* "/projects/ID/files<WHAT>?place=...&path=PATH". */
char *cli_remote_path(const CliRemote *remote, const char *what, const char *path);
bool cli_remote_is_folder(Cli *cli, const CliRemote *remote, const char *path, bool *ret_is,
                          GError **error);
/* One after the other; "" in front is nothing. Caller frees. */
char *cli_join(const char *folder, const char *name);

/* ---- transfer.c ---- */

bool cli_send_file(Cli *cli, const CliRemote *to, const char *path, const char *local,
                   GError **error);
/* The same of an open file, which stays the caller's; LOCAL is what it is called in what is said. */
bool cli_send_open(Cli *cli, const CliRemote *to, const char *path, const char *local, int fd,
                   GError **error);
bool cli_fetch_file(Cli *cli, const CliRemote *from, const char *path, const char *local,
                    GError **error);
bool cli_fetch_into(Cli *cli, const CliRemote *from, const char *path, int fd, GError **error);

#endif
