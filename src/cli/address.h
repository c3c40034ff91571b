/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a file is, as people write it: `PROJECT:/path` (the project's volume), `PROJECT:~/path` (my
 * home in it), `s3://PROJECT/key` (its bucket), and anything else is a local path. Pure.
 */
#ifndef DARSE_CLI_ADDRESS_H
#define DARSE_CLI_ADDRESS_H

#include <glib.h>
#include <stdbool.h>

typedef struct CliAddress {
    bool remote;
    char *project;        /* short name or identifier; NULL for a local one */
    const char *place;    /* "project", "home" or "bucket", of the API; NULL for a local one */
    char *path;           /* without a slash in front or at the end; "" for the root */
    bool folder;          /* written with a slash at the end, or the root */
} CliAddress;
void cli_address_clear(CliAddress *address);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CliAddress, cli_address_clear)

/* ERROR_INVALID "cli.address". A local name that looks like a remote one is written "./a:/b". */
bool cli_address_parse(const char *text, CliAddress *ret_address, GError **error);

#endif
