/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Podman through its own API (libpod, over a unix socket), and the podman service itself, which is
 * our child: started, watched, started again when it dies, and gone when we are. No shell, no
 * command line per container, no socket that anybody else could reach. It knows nothing of plans.
 */
#ifndef DARSE_ENGINE_PODMAN_H
#define DARSE_ENGINE_PODMAN_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct Podman Podman;

typedef struct PodmanOptions {
    const char *program;      /* "podman": looked up in PATH, or a path */
    const char *runtime;      /* "crun", as above */
    const char *storage_conf; /* our own container store */
    const char *tmpdir;
    const char *run_dir; /* root's alone: podman.sock is made in it */
} PodmanOptions;

/* Returns at once; the service comes up meanwhile. */
Podman *podman_new(const PodmanOptions *options, GError **error);
/* Ends the service; containers go on. */
void podman_free(Podman *podman);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Podman, podman_free)

/* Waits until the service answers, or TIMEOUT_MS have passed. A PODMAN of NULL never answers: every
 * call fails with "engine.no_podman". */
bool podman_wait(Podman *podman, int timeout_ms, GError **error);

typedef struct PodmanAnswer {
    long status;
    json_t *json; /* NULL when the body is empty */
} PodmanAnswer;
void podman_answer_clear(PodmanAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PodmanAnswer, podman_answer_clear)

/* One call: PATH begins after "/libpod". BODY may be NULL. True if there was an answer, whatever
 * its status. Usable from several threads; connections are kept and used again. */
bool podman_call(Podman *podman, const char *method, const char *path, const json_t *body,
                 PodmanAnswer *ret_answer, GError **error);

/* ---- Containers, by name ---- */

bool podman_create(Podman *podman, const json_t *body, GError **error);
bool podman_start(Podman *podman, const char *name, GError **error);
/* *RET_FOUND is false when there is none. */
bool podman_remove(Podman *podman, const char *name, bool *ret_found, GError **error);
bool podman_pause(Podman *podman, const char *name, GError **error);
bool podman_unpause(Podman *podman, const char *name, GError **error);
/* First process of the container; an error if it does not run. */
bool podman_pid(Podman *podman, const char *name, pid_t *ret_pid, int64_t *ret_started_ms,
                GError **error);
/* Containers whose label LABEL has the value VALUE: podman's own array. NULL on failure. */
json_t *podman_list(Podman *podman, const char *label, const char *value, GError **error);
/* Containers that podman has only the storage of, whoever made them. NULL on failure. */
json_t *podman_list_storage(Podman *podman, GError **error);
/* Is the image with this identifier in the store? */
bool podman_has_image(Podman *podman, const char *image_id);
/* Podman's version. NULL on failure. */
char *podman_version(Podman *podman, GError **error);

#endif
