/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services outlive the server, so that a state directory cannot simply be deleted: an engine is
 * started for it, asked to stop what runs, and ended; then the folder goes, keys first.
 */
#include "server/remove.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"
#include "engine/engine.h"
#include "server/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENGINE_WAIT_MS 20000

static pid_t remove_start_engine(const char *state_dir)
{
    g_autofree char *uid = g_strdup_printf("%u", (unsigned)geteuid());
    char *argv[] = {(char *)"darse", (char *)"engine", (char *)"--state", (char *)state_dir,
                    (char *)"--serve-uid", uid, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    return pid;
}

static bool remove_list(EngineClient *client, pid_t engine, json_t **ret_list, GError **error)
{
    int64_t deadline = time_monotonic_ms() + ENGINE_WAIT_MS;
    for (;;) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(Plan) plan = plan_service_list_new();
        if (engine_client_run(client, plan, NULL, NULL, ret_list, &problem))
            return true;
        bool ended = waitpid(engine, NULL, WNOHANG) != 0;
        if (ended || !error_is(problem, ERROR_UNAVAILABLE) || time_monotonic_ms() > deadline) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        g_usleep(20000);
    }
}

static bool remove_stop_services(EngineClient *client, const json_t *list, GError **error)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(list, "services"), i, row) {
        g_autoptr(Plan) plan =
            plan_service_stop_new(json_string_value(json_object_get(row, "service_id")));
        if (!engine_client_run(client, plan, NULL, NULL, NULL, error))
            return false;
    }
    return true;
}

static bool remove_with_engine(const char *state_dir, pid_t engine, GError **error)
{
    g_autofree char *socket = g_build_filename(state_dir, "run", "engine.sock", NULL);
    g_autoptr(EngineClient) client = engine_client_new(socket);
    g_autoptr(json_t) list = NULL;
    return remove_list(client, engine, &list, error) && remove_stop_services(client, list, error);
}

bool state_remove(const char *state_dir, GError **error)
{
    FD_AUTO int lock = supervisor_lock(state_dir, error);
    if (lock < 0)
        return false;
    pid_t engine = remove_start_engine(state_dir);
    if (engine < 0)
        return error_set_errno(error, errno, "state.engine", "Cannot start the engine");
    bool ok = remove_with_engine(state_dir, engine, error);
    kill(engine, SIGTERM);
    waitpid(engine, NULL, 0);
    g_autofree char *keys = g_build_filename(state_dir, "keys", NULL);
    return ok && tree_remove(keys, error) && tree_remove(state_dir, error);
}
