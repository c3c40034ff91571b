/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's client. The conversation: one frame {"plan": {...}}, then frames {"step", "ms"} as
 * the work goes on, then one {"result": {...}} or {"error": {"code", "reason", "message"}}.
 */
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "engine/engine.h"

#include <unistd.h>

#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)

struct EngineClient {
    char *socket_path;
};

/* How long the engine may be silent between two frames. Copying a large dataset takes long; all
 * else is short, or waits for podman to come up. */
static int plan_timeout_ms(PlanKind kind)
{
    switch (kind) {
    case PLAN_DATASET_SEAL:
        return 6 * 60 * MINUTE_MS;
    case PLAN_PROJECT_DESTROY:
    case PLAN_DATASET_DESTROY:
        return 60 * MINUTE_MS;
    default:
        return 2 * MINUTE_MS;
    }
}

EngineClient *engine_client_new(const char *socket_path)
{
    EngineClient *client = g_new0(EngineClient, 1);
    client->socket_path = g_strdup(socket_path);
    return client;
}

void engine_client_free(EngineClient *client)
{
    if (client == NULL)
        return;
    g_free(client->socket_path);
    g_free(client);
}

/* The engine's error as ours. */
static bool error_from_frame(const json_t *json, GError **error)
{
    int code = ERROR_INTERNAL;
    const char *reason = NULL, *message = NULL;
    if (json_unpack((json_t *)json, "{s:i, s:s, s:s}", "code", &code, "reason", &reason, "message",
                    &message) != 0 ||
        code < 0 || code >= ERROR_CODE_COUNT)
        return error_set(error, ERROR_INTERNAL, "engine.answer",
                         "The engine's answer is not understood.");
    return error_set(error, (ErrorCode)code, g_intern_string(reason), "%s", message);
}

/* Reads frames until the last one. */
static bool client_follow(int fd, int timeout_ms, EngineProgress progress, void *user,
                          json_t **ret_result, GError **error)
{
    for (;;) {
        g_autoptr(json_t) frame = NULL;
        if (!frame_receive(fd, timeout_ms, &frame, error))
            return false;
        if (frame == NULL)
            return error_set(error, ERROR_UNAVAILABLE, "engine.gone",
                             "The engine stopped before it answered; whether the plan was applied "
                             "is not known.");
        json_t *result = json_object_get(frame, "result");
        json_t *failure = json_object_get(frame, "error");
        const char *step = json_string_value(json_object_get(frame, "step"));
        if (failure != NULL)
            return error_from_frame(failure, error);
        if (step != NULL && progress != NULL)
            progress(step, json_number_value(json_object_get(frame, "ms")), user);
        if (result != NULL) {
            if (ret_result != NULL)
                *ret_result = json_incref(result);
            return true;
        }
    }
}

/* The connection on which PLAN was carried out, or -1. */
static int client_ask(EngineClient *client, const Plan *plan, EngineProgress progress, void *user,
                      json_t **ret_result, GError **error)
{
    FD_AUTO int fd = unix_connect(client->socket_path, NULL);
    if (fd < 0) {
        error_set(error, ERROR_UNAVAILABLE, "engine.unreachable",
                  "The engine does not answer; try again in a moment.");
        return -1;
    }
    g_autoptr(json_t) request = json_pack("{s:o}", "plan", plan_to_json(plan));
    if (!frame_send(fd, request, error) ||
        !client_follow(fd, plan_timeout_ms(plan->kind), progress, user, ret_result, error))
        return -1;
    return fd_steal(&fd);
}

bool engine_client_run(EngineClient *client, const Plan *plan, EngineProgress progress, void *user,
                       json_t **ret_result, GError **error)
{
    FD_AUTO int fd = client_ask(client, plan, progress, user, ret_result, error);
    return fd >= 0;
}

bool engine_client_open(EngineClient *client, const Plan *plan, json_t **ret_result, int *ret_fd,
                        GError **error)
{
    g_autoptr(json_t) result = NULL;
    FD_AUTO int fd = client_ask(client, plan, NULL, NULL, &result, error);
    int passed_fd = fd < 0 ? -1 : frame_receive_fd(fd, 10 * SECOND_MS, error);
    if (passed_fd < 0)
        return false;
    *ret_fd = passed_fd;
    *ret_result = g_steal_pointer(&result);
    return true;
}
