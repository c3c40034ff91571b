/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of an officer on the machine, which work whether or not the server runs: the store is
 * the meeting point. They act as the system, and are in the log like any other action.
 */
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/times.h"
#include "identity/factor.h"
#include "identity/manage.h"
#include "identity/state.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD_LINE_MAX 2048

/* ---- the state directory, without a server ---- */

typedef struct Offline {
    App app;
    Config *config;
    PolicyActor *actor;
} Offline;

static void offline_close(Offline *offline)
{
    g_clear_pointer(&offline->app.store, store_close);
    g_clear_pointer(&offline->app.events, events_free);
    g_clear_pointer(&offline->config, config_free);
    g_clear_pointer(&offline->actor, policy_actor_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Offline, offline_close)

static Store *offline_store(const Config *config, GError **error)
{
    const char *url = config_text(config, "store.url");
    const char *password_file = config_text(config, "store.password_file");
    g_autofree char *embedded =
        g_strdup_printf("sqlite:%s/darse.db", config_state_dir(config));
    char *password = NULL;
    if (*password_file != '\0' && !file_read(password_file, 1024, &password, NULL, error))
        return NULL;
    if (password != NULL)
        g_strchomp(password);
    Store *store = store_open(*url != '\0' ? url : embedded, password, 1, error);
    secret_free(password);
    return store;
}

static bool offline_open(Offline *offline, const char *state_dir, GError **error)
{
    g_autofree char *dir = verb_state_dir(state_dir);
    int version = 0;
    offline->config = config_load(dir, error);
    if (offline->config == NULL)
        return false;
    offline->app.config = offline->config;
    offline->app.state_dir = config_state_dir(offline->config);
    g_autofree char *key = g_build_filename(dir, "instance", "seal.key", NULL);
    if (access(key, F_OK) < 0)
        return error_set(error, ERROR_NOT_FOUND, "identity.no_state",
                         "%s is not a state directory that you may read; give --state, or begin "
                         "with darse init.",
                         dir);
    offline->app.store = offline_store(offline->config, error);
    if (offline->app.store == NULL ||
        !store_schema_version(offline->app.store, &version, error))
        return false;
    if (version != store_schema_newest())
        return error_set(error, ERROR_CONFLICT, "identity.schema",
                         "The database is of another version of Darse; start the server once, so "
                         "that it is brought up to date.");
    offline->app.events = events_new();
    offline->actor = policy_actor_system();
    return true;
}

/* ---- person add ---- */

static const Verb *verb_row(const char *name)
{
    const Verb *verb = identity_verbs;
    while (strcmp(verb->name, name) != 0)
        verb++;
    return verb;
}

/* From the first line of PATH ("-": standard input), or invented. secret_free(). */
static char *password_take(const char *path, bool *ret_invented, GError **error)
{
    char *password = NULL;
    *ret_invented = path == NULL;
    if (path == NULL)
        return random_token(12);
    if (strcmp(path, "-") != 0) {
        if (!file_read(path, PASSWORD_LINE_MAX, &password, NULL, error))
            return NULL;
    } else {
        password = g_malloc0(PASSWORD_LINE_MAX);
        if (fgets(password, PASSWORD_LINE_MAX, stdin) == NULL)
            password[0] = '\0';
    }
    password[strcspn(password, "\r\n")] = '\0';
    return password;
}

typedef struct AddOptions {
    char *state, *name, *email, *organisation, *roles, *language, *password_file;
} AddOptions;

static void add_options_clear(AddOptions *options)
{
    g_free(options->state);
    g_free(options->name);
    g_free(options->email);
    g_free(options->organisation);
    g_free(options->roles);
    g_free(options->language);
    g_free(options->password_file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AddOptions, add_options_clear)

typedef struct FindOrganisation {
    const char *name;
    char *id;
} FindOrganisation;

static bool find_organisation(StoreTx *tx, void *data, GError **error)
{
    FindOrganisation *find = data;
    return organisation_find(tx, find->name, &find->id, error);
}

static bool add_with_hash(Offline *offline, const AddOptions *options, const char *login,
                          const char *hash, GError **error)
{
    FindOrganisation find = {.name = options->organisation};
    unsigned roles = 0;
    g_autoptr(IdentityPerson) person = NULL;
    if (!person_roles_parse(options->roles != NULL ? options->roles : "", &roles, error) ||
        !store_read(offline->app.store, find_organisation, &find, error))
        return false;
    IdentityNewPerson given = {
        .login = login,
        .name = options->name,
        .email = options->email,
        .organisation = find.id,
        .roles = roles,
        .language = options->language != NULL ? options->language : "fr",
        .password_hash = hash,
    };
    bool ok = manage_create_person(&offline->app, offline->actor, &given, &person, error);
    g_free(find.id);
    if (ok)
        printf("%s %s\n", person->id, person->login);
    return ok;
}

static bool add_person(const AddOptions *options, const char *login, GError **error)
{
    g_auto(Offline) offline = {0};
    bool invented = false;
    if (!offline_open(&offline, options->state, error))
        return false;
    char *password = password_take(options->password_file, &invented, error);
    char *hash = password != NULL ? identity_password_hash(password, error) : NULL;
    bool ok = hash != NULL && add_with_hash(&offline, options, login, hash, error);
    if (ok && invented)
        printf("first password: %s\n", password);
    secret_free(password);
    secret_free(hash);
    return ok;
}

static int run_person_add(int argc, char **argv)
{
    const Verb *verb = verb_row("person add");
    g_auto(AddOptions) options = {0};
    g_auto(GStrv) rest = NULL;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &options.state, "State directory", "DIR"},
        {"name", 0, 0, G_OPTION_ARG_STRING, &options.name, "Name shown to others", "NAME"},
        {"email", 0, 0, G_OPTION_ARG_STRING, &options.email, "E-mail address", "ADDRESS"},
        {"organisation", 0, 0, G_OPTION_ARG_STRING, &options.organisation, "Name or id", "NAME"},
        {"roles", 0, 0, G_OPTION_ARG_STRING, &options.roles,
         "Platform roles, separated by spaces", "ROLES"},
        {"language", 0, 0, G_OPTION_ARG_STRING, &options.language, "fr (default) or en", "CODE"},
        {"password-file", 0, 0, G_OPTION_ARG_FILENAME, &options.password_file,
         "File whose first line is the first password; - for standard input; otherwise one is "
         "invented and printed",
         "FILE"},
        {0},
    };
    GError *error = NULL;
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return EXIT_USAGE;
    if (g_strv_length(rest) != 1 || options.name == NULL || options.email == NULL ||
        options.organisation == NULL) {
        fprintf(stderr, "darse person add: give a login, --name, --email and --organisation\n");
        return EXIT_USAGE;
    }
    return add_person(&options, rest[0], &error) ? EXIT_OK : verb_fail(verb, error);
}

/* ---- the verbs about one person ---- */

/* Parses --state and exactly one name. */
static bool one_name(const Verb *verb, int argc, char **argv, char **ret_state, char **ret_name)
{
    g_autofree char *state = NULL;
    g_auto(GStrv) rest = NULL;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory", "DIR"},
        {0},
    };
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return false;
    if (g_strv_length(rest) != 1) {
        fprintf(stderr, "darse %s: give one login\n", verb->name);
        return false;
    }
    *ret_state = g_steal_pointer(&state);
    *ret_name = g_strdup(rest[0]);
    return true;
}

typedef bool (*OnPerson)(Offline *offline, const char *login, GError **error);

static int run_on_person(const char *verb_name, OnPerson on_person, int argc, char **argv)
{
    const Verb *verb = verb_row(verb_name);
    g_autofree char *state = NULL, *name = NULL;
    g_auto(Offline) offline = {0};
    GError *error = NULL;
    if (!one_name(verb, argc, argv, &state, &name))
        return EXIT_USAGE;
    bool ok = offline_open(&offline, state, &error) && on_person(&offline, name, &error);
    return ok ? EXIT_OK : verb_fail(verb, error);
}

static bool disable_person(Offline *offline, const char *login, GError **error)
{
    PersonChange change = {.set_disabled = true, .disabled = true};
    g_autoptr(IdentityPerson) person = NULL;
    return manage_change_person(&offline->app, offline->actor, login, &change, &person, error);
}

static int run_person_disable(int argc, char **argv)
{
    return run_on_person("person disable", disable_person, argc, argv);
}

static bool reset_person(Offline *offline, const char *login, GError **error)
{
    return manage_reset_factor(&offline->app, offline->actor, login, error);
}

static int run_person_reset(int argc, char **argv)
{
    return run_on_person("person reset-second-factor", reset_person, argc, argv);
}

static bool print_demo_code(Offline *offline, const char *login, GError **error)
{
    g_autoptr(IdentitySeal) seal = identity_seal_open(offline->app.state_dir, error);
    if (seal == NULL)
        return false;
    char *code = identity_demo_code(offline->app.store, seal, login, error);
    if (code == NULL)
        return false;
    printf("%s\n", code);
    secret_free(code);
    return true;
}

static int run_demo_code(int argc, char **argv)
{
    return run_on_person("demo code", print_demo_code, argc, argv);
}

/* ---- person list ---- */

static bool print_persons(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    g_autofree char *after = g_strdup("");
    for (;;) {
        g_autoptr(GPtrArray) persons = NULL;
        if (!person_list(tx, NULL, after, PAGE_LIMIT_MAX, &persons, error))
            return false;
        if (persons->len == 0)
            return true;
        for (guint i = 0; i < persons->len; i++) {
            const IdentityPerson *person = g_ptr_array_index(persons, i);
            g_autofree char *roles = policy_format_set(SET_ROLE, person->roles);
            printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", person->id, person->login, person->name,
                   person->organisation_name, *roles != '\0' ? roles : "-",
                   person->has_second_factor ? "second-factor" : "password-only",
                   person->disabled_ms != 0 ? "disabled" : "enabled");
            g_free(after);
            after = g_strdup(person->login);
        }
    }
}

static int run_read(const char *verb_name, StoreAction action, int argc, char **argv)
{
    const Verb *verb = verb_row(verb_name);
    g_autofree char *state = NULL;
    g_auto(GStrv) rest = NULL;
    g_auto(Offline) offline = {0};
    GError *error = NULL;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory", "DIR"},
        {0},
    };
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return EXIT_USAGE;
    bool ok = offline_open(&offline, state, &error) &&
              store_read(offline.app.store, action, NULL, &error);
    return ok ? EXIT_OK : verb_fail(verb, error);
}

static int run_person_list(int argc, char **argv)
{
    return run_read("person list", print_persons, argc, argv);
}

/* ---- organisations ---- */

static void print_organisation(const char *id, const char *name, const char *kind, int64_t persons,
                               void *data)
{
    (void)persons;
    char **last = data;
    printf("%s\t%s\t%s\n", id, name, kind);
    g_free(*last);
    *last = g_strdup(name);
}

static bool print_organisations(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    g_autofree char *after = g_strdup("");
    for (;;) {
        g_autofree char *last = NULL;
        if (!organisation_list(tx, after, PAGE_LIMIT_MAX, print_organisation, &last, error))
            return false;
        if (last == NULL)
            return true;
        g_free(after);
        after = g_steal_pointer(&last);
    }
}

static int run_organisation_list(int argc, char **argv)
{
    return run_read("organisation list", print_organisations, argc, argv);
}

static int run_organisation_add(int argc, char **argv)
{
    const Verb *verb = verb_row("organisation add");
    g_autofree char *state = NULL, *kind = NULL, *id = NULL;
    g_auto(GStrv) rest = NULL;
    g_auto(Offline) offline = {0};
    GError *error = NULL;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory", "DIR"},
        {"kind", 0, 0, G_OPTION_ARG_STRING, &kind,
         "administration (default), statistics, university or company", "KIND"},
        {0},
    };
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return EXIT_USAGE;
    if (g_strv_length(rest) != 1) {
        fprintf(stderr, "darse organisation add: give one name\n");
        return EXIT_USAGE;
    }
    if (!offline_open(&offline, state, &error) ||
        !manage_create_organisation(&offline.app, offline.actor, rest[0],
                                    kind != NULL ? kind : "administration", &id, &error))
        return verb_fail(verb, error);
    printf("%s %s\n", id, rest[0]);
    return EXIT_OK;
}

const Verb identity_verbs[] = {
    {"organisation add", "NAME [--kind KIND]", "Add an organisation", run_organisation_add, false},
    {"organisation list", "", "List organisations, tab-separated", run_organisation_list, false},
    {"person add", "LOGIN --name NAME --email ADDRESS --organisation NAME [--roles ROLES]",
     "Add a person who signs in with a password", run_person_add, false},
    {"person list", "", "List persons, tab-separated", run_person_list, false},
    {"person disable", "LOGIN", "Close an account; its sessions end at once", run_person_disable,
     false},
    {"person reset-second-factor", "LOGIN", "Take away a lost second factor", run_person_reset,
     false},
    {"demo code", "LOGIN", "Print a code of a demonstration account", run_demo_code, false},
    {0},
};
