/* SPDX-License-Identifier: Apache-2.0 */
/* Services: the catalogue, launching and following, opening, stopping. */
#include "cli/internal.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_EVERY_US 200000
#define WAIT_SECONDS 600

static const CliColumn columns[] = {
    {"SERVICE", "id", CLI_TEXT},   {"NAME", "name", CLI_TEXT},     {"KIND", "definition", CLI_TEXT},
    {"PERSON", "person.login", CLI_TEXT}, {"STATE", "state", CLI_TEXT},
    {"CREATED", "created", CLI_TIME}, {0}};
static const CliColumn fields[] = {
    {"Service", "id", CLI_TEXT},   {"Name", "name", CLI_TEXT},     {"Kind", "definition", CLI_TEXT},
    {"Project", "project", CLI_TEXT}, {"Person", "person.login", CLI_TEXT},
    {"State", "state", CLI_TEXT},  {"Because", "state_detail", CLI_TEXT},
    {"Created", "created", CLI_TIME}, {"Ready", "ready", CLI_TIME}, {"Ended", "ended", CLI_TIME},
    {"Stops by itself", "ends", CLI_TIME}, {"Prolonged at most to", "ends_at_most", CLI_TIME},
    {0}};

static char *service_path(const char *id)
{
    g_autofree char *escaped = cli_escape(id);
    return cli_path("/services/%s", escaped);
}

static bool act_catalogue(Cli *cli, GError **error)
{
    static const CliColumn definitions[] = {{"KIND", "id", CLI_TEXT}, {"TITLE", "title", CLI_TEXT},
                                            {"SHOWN AS", "display", CLI_TEXT}, {0}};
    return cli_show_list(cli, "/definitions", definitions, error);
}

static bool act_list(Cli *cli, GError **error)
{
    if (!cli_has(cli, "project"))
        return cli_show_list(cli, "/services?limit=200", columns, error);
    g_autofree char *project = NULL;
    if (!cli_given_project(cli, &project, error))
        return false;
    g_autofree char *path = cli_path("/projects/%s/services?limit=200", project);
    return cli_show_list(cli, path, columns, error);
}

static bool act_show(Cli *cli, GError **error)
{
    static const CliColumn events[] = {{"STEP", "step", CLI_TEXT}, {"TIME", "time", CLI_TEXT},
                                       {"DETAIL", "detail", CLI_TEXT}, {0}};
    static const CliColumn mounts[] = {{"MOUNTED AT", "path", CLI_TEXT}, {"DATASET", "title", CLI_TEXT},
                                       {"LEVEL", "level", CLI_TEXT}, {0}};
    g_autofree char *path = service_path(cli_word(cli, 0));
    g_autoptr(json_t) service = NULL;
    if (!cli_get(cli, path, &service, error))
        return false;
    cli_print_object(cli, service, fields);
    if (!cli->json) {
        printf("\n");
        cli_print_items(cli, json_object_get(service, "events"), events);
        printf("\n");
        cli_print_items(cli, json_object_get(service, "mounts"), mounts);
    }
    return true;
}

/* ---- waiting ---- */

/* Steps after *SEEN, a line each on standard error. */
static void tell_steps(const json_t *service, size_t *seen)
{
    const json_t *events = json_object_get(service, "events");
    for (; *seen < json_array_size(events); (*seen)++) {
        const json_t *event = json_array_get(events, *seen);
        g_autofree char *step = cli_clean(cli_text(event, "step"));
        g_autofree char *detail = cli_clean(cli_text(event, "detail"));
        fprintf(stderr, "%s%s%s\n", step, *detail != '\0' ? ": " : "", detail);
    }
}

static bool is_one_of(const char *state, const char *states)
{
    g_auto(GStrv) list = g_strsplit(states, " ", -1);
    return g_strv_contains((const char *const *)list, state);
}

/* Until the state is one of GOOD, or one of BAD. *RET_SERVICE: as it is then. */
static bool wait_for(Cli *cli, const char *id, const char *good, const char *bad,
                     json_t **ret_service, GError **error)
{
    g_autofree char *path = service_path(id);
    int64_t until = g_get_monotonic_time() + (int64_t)WAIT_SECONDS * G_USEC_PER_SEC;
    size_t seen = 0;
    for (;;) {
        g_autoptr(json_t) service = NULL;
        if (!cli_get(cli, path, &service, error))
            return false;
        tell_steps(service, &seen);
        const char *state = cli_text(service, "state");
        cli->ended_badly = is_one_of(state, bad);
        if (cli->ended_badly || is_one_of(state, good)) {
            *ret_service = g_steal_pointer(&service);
            return true;
        }
        if (g_get_monotonic_time() > until)
            return error_set(error, ERROR_UNAVAILABLE, "cli.wait",
                             "The service is still %s after %d minutes; it is not waited for any "
                             "longer.", state, WAIT_SECONDS / 60);
        g_usleep(WAIT_EVERY_US);
    }
}

/* ---- opening ---- */

/* The address works once, so that it is printed only where no browser takes it. */
static bool browser_open(const char *url)
{
    const char *program = g_getenv("BROWSER");
    char *words[] = {(char *)(program != NULL ? program : "xdg-open"), (char *)url, NULL};
    if (program == NULL && g_getenv("DISPLAY") == NULL && g_getenv("WAYLAND_DISPLAY") == NULL)
        return false;
    return g_spawn_sync(NULL, words, NULL,
                        G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                            G_SPAWN_STDERR_TO_DEV_NULL,
                        NULL, NULL, NULL, NULL, NULL, NULL);
}

static bool open_service(Cli *cli, const char *id, GError **error)
{
    g_autofree char *path = service_path(id);
    g_autofree char *ticket = g_strconcat(path, "/ticket", NULL);
    g_autoptr(json_t) answer = NULL;
    if (!cli_call(cli, "POST", ticket, json_object(), &answer, error))
        return false;
    /* It goes to another program: not an option of it, nor a file of this machine. */
    g_autofree char *url = cli_clean(cli_text(answer, "url"));
    if (!g_str_has_prefix(url, "https://") && !g_str_has_prefix(url, "http://"))
        return error_set(error, ERROR_INTERNAL, "cli.answer",
                         "The server gave no address to open, but \"%s\".", url);
    if (cli->json)
        cli_print_json(answer);
    else if (!browser_open(url))
        printf("%s\n", url);
    return true;
}

static bool act_open(Cli *cli, GError **error)
{
    return open_service(cli, cli_word(cli, 0), error);
}

/* ---- launching ---- */

static bool parameters(Cli *cli, json_t *body, GError **error)
{
    static const struct {
        const char *option, *name;
    } rows[] = {{"cpus", "cpus"}, {"memory-mib", "memory_mib"}, {"hours", "hours"}};
    json_t *given = json_object();
    json_object_set_new(body, "parameters", given);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t value = 0;
        if (!cli_option_integer(cli, rows[i].option, 1, INT64_C(1) << 40, &value, error))
            return false;
        if (value > 0)
            json_object_set_new(given, rows[i].name, json_integer(value));
    }
    if (json_object_size(given) == 0)
        json_object_del(body, "parameters");
    return true;
}

static bool act_launch(Cli *cli, GError **error)
{
    g_autofree char *project = NULL;
    g_autoptr(json_t) service = NULL;
    g_autoptr(json_t) body = json_pack("{s:s, s:s*}", "definition", cli_word(cli, 0), "name",
                                       cli_option(cli, "name"));
    if (!parameters(cli, body, error) || !cli_given_project(cli, &project, error))
        return false;
    g_autofree char *path = cli_path("/projects/%s/services", project);
    if (!cli_call(cli, "POST", path, json_incref(body), &service, error))
        return false;
    g_autofree char *id = g_strdup(cli_text(service, "id"));
    bool open = cli_has(cli, "open");
    if (cli_has(cli, "wait") || open) {
        g_clear_pointer(&service, json_decref);
        if (!wait_for(cli, id, "ready", "failed stopped stopping freezing", &service, error))
            return false;
    }
    if (open && !cli->ended_badly)
        return open_service(cli, id, error);
    cli_print_object(cli, service, fields);
    return true;
}

static bool act_prolong(Cli *cli, GError **error)
{
    int64_t hours = 0;
    g_autofree char *path = service_path(cli_word(cli, 0));
    g_autofree char *prolong = g_strconcat(path, "/prolong", NULL);
    g_autoptr(json_t) service = NULL;
    if (!cli_option_integer(cli, "hours", 1, 720, &hours, error))
        return false;
    json_t *body = json_object();
    if (hours > 0)
        json_object_set_new(body, "hours", json_integer(hours));
    if (!cli_call(cli, "POST", prolong, body, &service, error))
        return false;
    cli_print_object(cli, service, fields);
    return true;
}

static bool act_stop(Cli *cli, GError **error)
{
    g_autofree char *path = service_path(cli_word(cli, 0));
    g_autoptr(json_t) service = NULL;
    if (!cli_call(cli, "DELETE", path, NULL, &service, error))
        return false;
    if (cli_has(cli, "wait")) {
        g_clear_pointer(&service, json_decref);
        if (!wait_for(cli, cli_word(cli, 0), "stopped failed", "", &service, error))
            return false;
    }
    cli_print_object(cli, service, fields);
    return true;
}

/* ---- the table ---- */

static const VerbOption list_options[] = {
    {"project", 'p', "PROJECT", "All services of a project; else your running ones", NULL, false},
    CLI_COMMON};
static const VerbOption launch_options[] = {
    CLI_PROJECT,
    {"name", 0, "NAME", "Its name", NULL, false},
    {"cpus", 0, "N", "Processors", NULL, false},
    {"memory-mib", 0, "N", "Memory", NULL, false},
    {"hours", 0, "N", "It is stopped after so many hours", NULL, false},
    {"wait", 'w', NULL, "Wait until it is ready, telling each step", NULL, false},
    {"open", 'o', NULL, "Wait, then open it in a browser, or print its one-time address", NULL, false},
    CLI_COMMON};
static const VerbOption prolong_options[] = {
    {"hours", 0, "N", "From now on; else as a launch that does not choose", NULL, false}, CLI_COMMON};
static const VerbOption stop_options[] = {
    {"wait", 'w', NULL, "Wait until it is gone", NULL, false}, CLI_COMMON};

const Verb cli_service_verbs[] = {
    {"service catalogue", "", "What can be launched", .act = act_catalogue},
    {"service list", "", "Services", .act = act_list, .options = list_options},
    {"service launch", "KIND", "Launch a service in a project", .act = act_launch,
     .options = launch_options,
     .examples = "darse service launch jupyter --project care-use --wait --open\n"
                 "darse service launch jupyter -p care-use --memory-mib 4096 --json"},
    {"service show", "SERVICE", "One service: its steps, and what it mounts", .act = act_show},
    {"service open", "SERVICE", "Open it in a browser, or print its one-time address",
     .act = act_open},
    {"service prolong", "SERVICE", "Keep it for longer", .act = act_prolong,
     .options = prolong_options,
     .about = "It is never kept past its project's last day, nor past the longest life of its kind; the "
              "answer says until when it is.",
     .examples = "darse service prolong svc-... --hours 4"},
    {"service stop", "SERVICE", "Stop a service", .act = act_stop, .options = stop_options},
    {0},
};
