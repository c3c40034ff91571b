/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers that podman does not know any more. When podman is killed between making a container's
 * first process and writing that down, a conmon and that process stay behind, and removing the
 * container from podman's records does not end them. They are found by conmon's command line and
 * ended by the OCI runtime, which has its own record of them.
 */
#ifndef DARSE_ENGINE_LEFTOVERS_H
#define DARSE_ENGINE_LEFTOVERS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Leftover {
    char *container_id;
    char *name;
} Leftover;

void leftover_free(Leftover *leftover);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Leftover, leftover_free)

/* Reads a process's command line (words ended by NUL, as in /proc). NULL if it is not a conmon's,
 * or its identifier is not one. Pure. */
Leftover *leftover_parse(const char *command_line, size_t size);

/* All that have a conmon now, wanted or not: an array of Leftover. */
GPtrArray *leftovers_find(void);
/* Ends one with RUNTIME (a path). */
bool leftover_end(const Leftover *leftover, const char *runtime, GError **error);

#endif
