/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of the whole program: serve, init, config. */
#include "server/server_cli.h"

#include "airlock/release.h"
#include "audit/audit.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/metrics.h"
#include "identity/identity.h"
#include "server/folders.h"
#include "server/remove.h"
#include "server/platform.h"
#include "server/serve.h"
#include "server/supervisor.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const Verb serve_verb;
static const Verb init_verb;
static const Verb config_verb;
static const Verb metrics_verb;
static const Verb state_remove_verb;
static const Verb openapi_verb;

static bool server_setup_log(const Config *config, const char *process, GError **error)
{
    LogLevel level = LOG_LEVEL_INFO;
    const char *text = config_text(config, "server.log_level");
    if (!log_level_parse(text, &level))
        return error_set(error, ERROR_INVALID, "config.log_level",
                         "server.log_level is \"%s\"; it must be debug, info, warning or error.",
                         text);
    log_setup(process, level);
    return true;
}

static int server_run(const char *state_dir, bool unprivileged, GError **error)
{
    g_autofree char *instance = g_build_filename(state_dir, "instance", NULL);
    if (!g_file_test(instance, G_FILE_TEST_IS_DIR)) {
        error_set(error, ERROR_NOT_FOUND, "server.no_state",
                  "%s is not a state directory; make one with `darse init --state %s`.", state_dir,
                  state_dir);
        return EXIT_FAILED;
    }
    g_autoptr(Config) config = config_load(state_dir, error);
    if (config == NULL || !server_setup_log(config, unprivileged ? "serve" : "supervisor", error))
        return EXIT_FAILED;
    return unprivileged ? serve_run(config, server_rooms(), error) : supervisor_run(config, error);
}

static int verb_serve(int argc, char **argv)
{
    g_autofree char *state = NULL;
    gboolean unprivileged = FALSE;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory", "DIR"},
        {"unprivileged", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &unprivileged,
         "The server process itself, started by the supervisor", NULL},
        {0},
    };
    if (!verb_parse(&serve_verb, argc, argv, entries, NULL))
        return EXIT_USAGE;
    g_autofree char *state_dir = verb_state_dir(state);
    GError *error = NULL;
    int code = server_run(state_dir, unprivileged, &error);
    return error != NULL ? verb_fail(&serve_verb, error) : code;
}

/* ---- init ---- */

static bool init_write_fact(StoreTx *tx, const char *name, const char *value, GError **error)
{
    return store_exec(tx, error, "INSERT INTO instance_fact (name, value) VALUES ($1, $2)",
                      store_text(name), store_text(value));
}

static bool init_write_facts(StoreTx *tx, void *data, GError **error)
{
    const bool *demonstration = data;
    g_autofree char *instance = id_new("ins");
    return init_write_fact(tx, "instance_id", instance, error) &&
           init_write_fact(tx, "demonstration", *demonstration ? "true" : "false", error);
}

/* Runs as the server's user, so that everything it makes belongs to it. */
static bool init_as_serve(const char *state_dir, bool demonstration, GError **error)
{
    umask(0077);
    g_autoptr(Config) config = config_load(state_dir, error);
    if (config == NULL)
        return false;
    if (!audit_init(state_dir, "darse", error) ||
        !release_init(state_dir, "darse-attest", error) || !identity_init(state_dir, error))
        return false;
    g_autoptr(Store) store = serve_store_open(config, 1, error);
    return store != NULL && store_migrate(store, 0, error) &&
           store_write(store, init_write_facts, &demonstration, error);
}

/* In a child process, since becoming the server's user cannot be undone and a failed init is
 * cleaned up with the caller's rights. The child says itself what went wrong. */
static bool init_in_child(const char *state_dir, bool demonstration, unsigned uid, unsigned gid,
                          GError **error)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        return error_set_errno(error, errno, "init.fork", "Cannot start a process");
    if (pid == 0) {
        g_autoptr(GError) problem = NULL;
        if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
                               setresuid(uid, uid, uid) < 0))
            _exit(EXIT_FAILED);
        if (!init_as_serve(state_dir, demonstration, &problem)) {
            fprintf(stderr, "darse init: %s\n", problem->message);
            _exit(EXIT_FAILED);
        }
        _exit(EXIT_OK);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_OK)
        return error_set(error, ERROR_INTERNAL, "init.failed",
                         "The state directory could not be filled (the user \"%u\" must be able "
                         "to reach it).", uid);
    return true;
}

static bool init_write_config(const char *state_dir, const char *lines, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, "darse.conf", NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    g_autofree char *text = g_strconcat(
        "# Options of this Darse. Every line is optional: `darse config` prints them all with\n"
        "# their documentation.\n", lines != NULL ? lines : "", NULL);
    return file_write(path, text, strlen(text), 0644, error);
}

static bool init_run(const char *state_dir, bool demonstration, const char *config_lines,
                     GError **error)
{
    g_autofree char *instance = g_build_filename(state_dir, "instance", NULL);
    if (g_file_test(instance, G_FILE_TEST_EXISTS))
        return error_set(error, ERROR_CONFLICT, "init.exists",
                         "%s is already a state directory; nothing was changed.", state_dir);
    if (!folder_make(state_dir, 0711, error) || !init_write_config(state_dir, config_lines, error))
        return false;
    g_autoptr(Config) config = config_load(state_dir, error);
    unsigned uid = 0, gid = 0;
    return config != NULL && supervisor_serve_identity(config, &uid, &gid, error) &&
           state_folders_make(state_dir, uid, gid, error) &&
           init_in_child(state_dir, demonstration, uid, gid, error);
}

static int verb_init(int argc, char **argv)
{
    g_autofree char *state = NULL;
    g_auto(GStrv) options = NULL;
    gboolean demonstration = FALSE;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory to make", "DIR"},
        {"demonstration", 0, 0, G_OPTION_ARG_NONE, &demonstration,
         "A demonstration: public passwords, loopback only", NULL},
        {"option", 'o', 0, G_OPTION_ARG_STRING_ARRAY, &options,
         "A line of darse.conf: group.key=value (may be repeated)", "OPTION"},
        {0},
    };
    if (!verb_parse(&init_verb, argc, argv, entries, NULL))
        return EXIT_USAGE;
    g_autoptr(GKeyFile) file = g_key_file_new();
    for (char **option = options; option != NULL && *option != NULL; option++) {
        g_auto(GStrv) parts = g_strsplit(*option, "=", 2);
        g_auto(GStrv) names = g_strsplit(parts[0] != NULL ? parts[0] : "", ".", 2);
        if (g_strv_length(parts) != 2 || g_strv_length(names) != 2) {
            fprintf(stderr, "darse init: \"%s\" is not group.key=value\n", *option);
            return EXIT_USAGE;
        }
        g_key_file_set_string(file, names[0], names[1], parts[1]);
    }
    g_autofree char *lines = g_key_file_to_data(file, NULL, NULL);
    g_autofree char *state_dir = verb_state_dir(state);
    GError *error = NULL;
    bool was_there = g_file_test(state_dir, G_FILE_TEST_EXISTS);
    if (!init_run(state_dir, demonstration, lines, &error)) {
        if (!was_there)
            tree_remove(state_dir, NULL);
        return verb_fail(&init_verb, error);
    }
    printf("%s is ready; start it with `darse serve --state %s`.\n", state_dir, state_dir);
    return EXIT_OK;
}

static int verb_state_remove(int argc, char **argv)
{
    g_autofree char *state = NULL;
    gboolean yes = FALSE;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory to remove", "DIR"},
        {"yes", 0, 0, G_OPTION_ARG_NONE, &yes, "Everything in it is lost: yes", NULL},
        {0},
    };
    if (!verb_parse(&state_remove_verb, argc, argv, entries, NULL))
        return EXIT_USAGE;
    if (!yes) {
        fprintf(stderr, "darse state remove: data, keys and the audit log are lost for good; say "
                        "--yes if that is wanted\n");
        return EXIT_USAGE;
    }
    g_autofree char *state_dir = verb_state_dir(state);
    g_autofree char *instance = g_build_filename(state_dir, "instance", NULL);
    GError *error = NULL;
    if (!g_file_test(instance, G_FILE_TEST_IS_DIR))
        error_set(&error, ERROR_NOT_FOUND, "server.no_state",
                  "%s is not a state directory; nothing was removed.", state_dir);
    if (error != NULL || !state_remove(state_dir, &error))
        return verb_fail(&state_remove_verb, error);
    return EXIT_OK;
}

static int verb_metrics(int argc, char **argv)
{
    if (!verb_parse(&metrics_verb, argc, argv, NULL, NULL))
        return EXIT_USAGE;
    g_autofree char *text = metrics_document();
    fputs(text, stdout);
    return EXIT_OK;
}

static int verb_config(int argc, char **argv)
{
    if (!verb_parse(&config_verb, argc, argv, NULL, NULL))
        return EXIT_USAGE;
    g_autofree char *text = config_document();
    fputs(text, stdout);
    return EXIT_OK;
}

/* For docs/api.md. */
static void print_problems(void)
{
    printf("| status | title | when |\n|---|---|---|\n");
    for (int code = 0; code < ERROR_CODE_COUNT; code++) {
        const ErrorKind *kind = error_kind(code);
        printf("| %d | %s | %s |\n", kind->http_status, kind->title, kind->meaning);
    }
}

static int verb_openapi(int argc, char **argv)
{
    gboolean problems = FALSE;
    const GOptionEntry entries[] = {
        {"problems", 0, 0, G_OPTION_ARG_NONE, &problems,
         "Print the table of problems instead, as Markdown", NULL},
        {0},
    };
    if (!verb_parse(&openapi_verb, argc, argv, entries, NULL))
        return EXIT_USAGE;
    if (problems) {
        print_problems();
        return EXIT_OK;
    }
    g_autoptr(json_t) document = platform_openapi_document("http://localhost:8080");
    return json_dumpf(document, stdout, JSON_INDENT(2) | JSON_SORT_KEYS) == 0 &&
                   putchar('\n') != EOF
               ? EXIT_OK
               : EXIT_FAILED;
}

#define SERVE_ROW                                                                                  \
    {"serve", "[--state DIR]", "Run the platform (supervisor, server and engine)", verb_serve,     \
     false}
#define INIT_ROW                                                                                   \
    {"init", "[--state DIR] [--demonstration] [--option GROUP.KEY=VALUE]...",                      \
     "Make a state directory", verb_init, false}
#define STATE_REMOVE_ROW                                                                           \
    {"state remove", "[--state DIR] --yes", "Remove a state directory with all that is in it",     \
     verb_state_remove, false}
#define CONFIG_ROW                                                                                 \
    {"config", "", "Print every option with its default and documentation", verb_config, false}

#define METRICS_ROW                                                                                \
    {"metrics", "", "Print every metric of /metrics with its meaning", verb_metrics, false}
#define OPENAPI_ROW {"openapi", "[--problems]", "Print the API as an OpenAPI document", verb_openapi, false}

static const Verb serve_verb = SERVE_ROW;
static const Verb init_verb = INIT_ROW;
static const Verb config_verb = CONFIG_ROW;
static const Verb metrics_verb = METRICS_ROW;
static const Verb state_remove_verb = STATE_REMOVE_ROW;
static const Verb openapi_verb = OPENAPI_ROW;
const Verb server_verbs[] = {SERVE_ROW,        INIT_ROW,    CONFIG_ROW, METRICS_ROW,
                             STATE_REMOVE_ROW, OPENAPI_ROW, {0}};
