/* SPDX-License-Identifier: Apache-2.0 */
/* The verb that the supervisor runs. Hidden: people never type it. */
#include "base/log.h"
#include "engine/engine.h"
#include "engine/process.h"

#define ENGINE_STORE_DEFAULT "/var/lib/darse/containers"

/* As images/build: the option, else $DARSE_STORE, else the machine's own. */
static const char *engine_store(const char *given)
{
    const char *from_environment = g_getenv("DARSE_STORE");
    if (given != NULL)
        return given;
    return from_environment != NULL ? from_environment : ENGINE_STORE_DEFAULT;
}

static int engine_run(int argc, char **argv)
{
    g_autofree char *state = NULL;
    g_autofree char *store = NULL;
    g_autofree char *sas = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) rest = NULL;
    LogLevel level = LOG_LEVEL_INFO;
    int serve_uid = -1;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory", "DIR"},
        {"serve-uid", 0, 0, G_OPTION_ARG_INT, &serve_uid, "User that may ask", "UID"},
        {"store", 0, 0, G_OPTION_ARG_FILENAME, &store, "Container store", "DIR"},
        {"sas", 0, 0, G_OPTION_ARG_FILENAME, &sas, "The sas program", "FILE"},
        {NULL},
    };
    if (!verb_parse(&engine_verbs[0], argc, argv, entries, &rest))
        return EXIT_USAGE;
    if (serve_uid < 0) {
        g_printerr("darse engine: --serve-uid is needed\n");
        return EXIT_USAGE;
    }
    g_autofree char *state_dir = verb_state_dir(state);
    g_autoptr(Config) config = config_load(state_dir, &error);
    if (config == NULL)
        return verb_fail(&engine_verbs[0], g_steal_pointer(&error));
    log_level_parse(config_text(config, "server.log_level"), &level);
    log_setup("engine", level);
    const EngineOptions options = {.config = config, .serve_uid = (uid_t)serve_uid,
                                   .store = engine_store(store),
                                   .sas_path = sas};
    if (!engine_process_run(&options, &error))
        return verb_fail(&engine_verbs[0], g_steal_pointer(&error));
    return EXIT_OK;
}

const Verb engine_verbs[] = {
    {.name = "engine", .usage = "--state DIR --serve-uid UID [--store DIR] [--sas FILE]",
     .summary = "Apply launch plans (started by serve, as root).", .run = engine_run,
     .hidden = true},
    {.name = NULL},
};
