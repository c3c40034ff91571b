/* SPDX-License-Identifier: Apache-2.0 */
/* darse demo prepare | load | show. (`darse demo code` is the identity room's.) */
#include "demo/demo.h"

#include "base/error.h"
#include "demo/load.h"

#include <stdio.h>
#include <string.h>

#define PREPARE_ROW                                                                                \
    {"demo prepare", "[--state DIR]", "Make a demonstration's officer, before its first start",   \
     verb_prepare, true}
#define LOAD_ROW                                                                                   \
    {"demo load", "[--state DIR] --data DIR",                                                      \
     "Fill a running demonstration through its API", verb_load, false}
#define SHOW_ROW                                                                                   \
    {"demo show", "[--state DIR]", "Print a demonstration's address, accounts and what to try",   \
     verb_show, false}

static int verb_prepare(int argc, char **argv);
static int verb_load(int argc, char **argv);
static int verb_show(int argc, char **argv);

static const Verb prepare_verb = PREPARE_ROW;
static const Verb load_verb = LOAD_ROW;
static const Verb show_verb = SHOW_ROW;
const Verb demo_verbs[] = {PREPARE_ROW, LOAD_ROW, SHOW_ROW, {0}};

/* --state alone. */
static bool parse(const Verb *verb, int argc, char **argv, char **ret_state_dir)
{
    g_autofree char *state = NULL;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory", "DIR"}, {0}};
    if (!verb_parse(verb, argc, argv, entries, NULL))
        return false;
    *ret_state_dir = verb_state_dir(state);
    return true;
}

static int verb_prepare(int argc, char **argv)
{
    g_autofree char *state_dir = NULL;
    if (!parse(&prepare_verb, argc, argv, &state_dir))
        return EXIT_USAGE;
    GError *error = NULL;
    return demo_prepare(state_dir, &error) ? EXIT_OK : verb_fail(&prepare_verb, error);
}

static int verb_load(int argc, char **argv)
{
    g_autofree char *state = NULL;
    g_autofree char *data = NULL;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory", "DIR"},
        {"data", 0, 0, G_OPTION_ARG_FILENAME, &data, "Folder that demo/prepare filled", "DIR"},
        {0},
    };
    if (!verb_parse(&load_verb, argc, argv, entries, NULL))
        return EXIT_USAGE;
    if (data == NULL) {
        fprintf(stderr, "usage: darse %s %s\n", load_verb.name, load_verb.usage);
        return EXIT_USAGE;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    g_autofree char *state_dir = verb_state_dir(state);
    GError *error = NULL;
    g_autoptr(DemoWorld) world = demo_world_open(state_dir, &error);
    if (world == NULL || !demo_load(world, data, &error))
        return verb_fail(&load_verb, error);
    return EXIT_OK;
}

/* ---- what ./run prints at the end ---- */

static const char *const suggestions[] = {
    "Sign in as scientist; open \"Use of care and insurance\"; apply for the health data.",
    "Sign in as producer (agree), as committee (decide), as scientist again (sign).",
    "As scientist, launch JupyterLab: the data lie in /data, the project's files in /project.",
    "Write a table there, ask for its export, and review it as checker1.",
    "As producer2, open \"Employees, a teaching file\": use files made by recipes, with reports.",
    "Or let Darse play all of it: ./run --tour",
    NULL,
};

static void show_accounts(void)
{
    printf("  Accounts, all with the password %s\n\n", DEMO_PASSWORD);
    for (const DemoAccount *account = demo_accounts; account->login != NULL; account++)
        printf("    %-10s  %-18s %s\n", account->login, account->name, account->part);
    printf("\n  Signing in also asks for a code of six digits: ./run --code scientist prints it.\n");
}

static bool show_encryption(const DemoWorld *world, GError **error)
{
    g_autoptr(HttpClient) client = http_client_new(demo_world_url(world));
    g_autoptr(json_t) about = NULL;
    int status = 0;
    if (!http_client_call(client, "GET", "/api/v1/about", NULL, &status, &about, error))
        return false;
    if (!json_is_true(json_object_get(json_object_get(about, "encryption"), "supported")))
        printf("\n  This machine's file system cannot encrypt folders (fscrypt). A real Darse would\n"
               "  refuse the secure project; this demonstration is set to accept it unencrypted.\n");
    return true;
}

static int verb_show(int argc, char **argv)
{
    g_autofree char *state_dir = NULL;
    if (!parse(&show_verb, argc, argv, &state_dir))
        return EXIT_USAGE;
    GError *error = NULL;
    g_autoptr(DemoWorld) world = demo_world_open(state_dir, &error);
    if (world == NULL)
        return verb_fail(&show_verb, error);
    printf("  Darse is ready:  %s\n\n", demo_world_url(world));
    show_accounts();
    if (!show_encryption(world, &error))
        return verb_fail(&show_verb, error);
    printf("\n  What to try\n\n");
    for (size_t i = 0; suggestions[i] != NULL; i++)
        printf("    %zu. %s\n", i + 1, suggestions[i]);
    return EXIT_OK;
}
