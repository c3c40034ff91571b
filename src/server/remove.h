/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a state directory whole: its services, its keys, its files. */
#ifndef DARSE_SERVER_REMOVE_H
#define DARSE_SERVER_REMOVE_H

#include <glib.h>
#include <stdbool.h>

/* ERROR_CONFLICT "server.running" while a Darse runs on it. */
bool state_remove(const char *state_dir, GError **error);

#endif
