/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first process of `darse serve`: it keeps what privilege it was given, does nothing with it
 * but start the engine (same privilege) and the server (unprivileged user), starts a dead one
 * again, and passes SIGTERM and SIGINT on.
 */
#ifndef DARSE_SERVER_SUPERVISOR_H
#define DARSE_SERVER_SUPERVISOR_H

#include "base/config.h"

#include <glib.h>

/* Runs until stopped. Returns an exit code. */
int supervisor_run(const Config *config, GError **error);

/* Identity that the server process takes: the configured user when started as root, else the
 * caller's own. */
bool supervisor_serve_identity(const Config *config, unsigned *ret_uid, unsigned *ret_gid,
                               GError **error);

/* One Darse per state directory: a lock held as long as the descriptor is open. Returns it, or -1
 * with ERROR_CONFLICT "server.running". */
int supervisor_lock(const char *state_dir, GError **error);

#endif
