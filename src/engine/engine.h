/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine room seen from `serve`: running plans in the engine process, and connecting to the
 * doors of a bubble. The engine process itself (`darse engine`, a hidden verb) is engine_cli.c and
 * below; nothing here needs a privilege.
 */
#ifndef DARSE_ENGINE_ENGINE_H
#define DARSE_ENGINE_ENGINE_H

#include "base/verbs.h"
#include "engine/plan.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct EngineClient EngineClient;

/* SOCKET_PATH: <state>/run/engine.sock. Opens nothing yet. */
EngineClient *engine_client_new(const char *socket_path);
void engine_client_free(EngineClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineClient, engine_client_free)

/* Called in the caller's thread after each step: its name ("container") and how long it took. */
typedef void (*EngineProgress)(const char *step, double milliseconds, void *user);

/* Runs PLAN in the engine and waits for its end. Blocking, one connection per call, usable from
 * several threads at once. PROGRESS may be NULL. *RET_RESULT (may be a NULL pointer) is the object
 * that the builder of the plan documents; the caller drops it with json_decref. Errors keep the
 * engine's code and reason; ERROR_UNAVAILABLE "engine.unreachable" when no engine answers. When the
 * connection breaks, whether the plan was applied is unknown: ask plan_service_list_new(). */
bool engine_client_run(EngineClient *client, const Plan *plan, EngineProgress progress, void *user,
                       json_t **ret_result, GError **error);
/* As that, for a plan whose result comes with a descriptor, *RET_FD. */
bool engine_client_open(EngineClient *client, const Plan *plan, json_t **ret_result, int *ret_fd,
                        GError **error);

/* Connects to a door of a bubble: <STATE_DIR>/run/doors/<SERVICE_ID>/<DOOR_NAME>. What lies in that
 * folder is the bubble's to change, so no link is followed, the name must be a socket that OWNER
 * (the service's "door_owner") owns, and the process that listens must be OWNER too. Returns a
 * connected stream socket, close-on-exec and blocking, or -1. */
int engine_door_connect(const char *state_dir, const char *service_id, const char *door_name,
                        uid_t owner, GError **error);

/* `darse engine --state DIR --serve-uid UID`, hidden. Ended by a row with a NULL name. */
extern const Verb engine_verbs[];

#endif
