/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying a plan that was judged good: one loop over its steps, which reports each and, when one
 * fails, undoes what those before it did. Plans about the same project, service or dataset wait for
 * each other.
 */
#ifndef DARSE_ENGINE_STEPS_H
#define DARSE_ENGINE_STEPS_H

#include "engine/images.h"
#include "engine/keys.h"
#include "engine/places.h"
#include "engine/plan.h"
#include "engine/podman.h"

#define ENGINE_LOCKS 64

/* Everything that the engine process has; fixed after start. */
typedef struct Engine {
    char *state_dir;
    Places *places;
    KeyStore *keys;
    Images *images;
    Podman *podman; /* NULL where there is none: no service can be, nor start */
    char *sas_path, *seccomp_path;
    char *runtime_path; /* of the OCI runtime; NULL where it is not installed */
    EngineLimits limits;
    int64_t files_max, processes_max; /* resource limits of a bubble, within our own */
    GMutex locks[ENGINE_LOCKS];       /* by subject; see steps.c */
} Engine;

typedef void (*StepsProgress)(const char *step, double milliseconds, void *user);

/* The result object of the plan's kind, or NULL. *RET_FD: a descriptor to hand over with it (the
 * caller closes it), or -1. Usable from several threads. */
json_t *steps_apply(Engine *engine, const Plan *plan, StepsProgress progress, void *user,
                    int *ret_fd, GError **error);

#endif
