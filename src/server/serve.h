/* SPDX-License-Identifier: Apache-2.0 */
/* The unprivileged server process: opens the store and the audit log, starts each room, listens,
 * runs the clock, and stops in the reverse order on SIGTERM. */
#ifndef DARSE_SERVER_SERVE_H
#define DARSE_SERVER_SERVE_H

#include "app/app.h"

/* The rooms, in the order in which they start; ended by NULL. Given by main, which alone knows
 * them all. */
int serve_run(const Config *config, const Room *const *rooms, GError **error);

/* Address of the store as configured. Caller frees. */
char *serve_store_url(const Config *config);
/* Opens the configured store (READERS connections for reading). */
Store *serve_store_open(const Config *config, int readers, GError **error);
bool serve_is_loopback(const char *address);
/* Is this state directory a demonstration? */
bool serve_is_demonstration(Store *store, bool *ret_demonstration, GError **error);

#endif
