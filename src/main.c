/* SPDX-License-Identifier: Apache-2.0 */
/* The two tables that know every room: those of the server, and those that offer verbs. */
#include "accreditation/accreditation.h"
#include "airlock/airlock.h"
#include "airlock/release.h"
#include "audit/audit.h"
#include "auditor/auditor.h"
#include "backup/backup.h"
#include "cli/cli.h"
#include "demo/demo.h"
#include "doctor/doctor.h"
#include "engine/engine.h"
#include "files/files.h"
#include "gateway/gateway.h"
#include "identity/identity.h"
#include "lake/lake.h"
#include "notices/notices.h"
#include "officer/officer.h"
#include "projects/projects.h"
#include "protection/protection.h"
#include "server/platform.h"
#include "server/server_cli.h"
#include "services/services.h"
#include "sources/sources.h"
#include "tasks/tasks.h"
#include "texts/texts.h"
#include "theme/theme.h"
#include "tour/tour.h"
#include "worker/worker_cli.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* In the order in which they start. */
static const Room *const rooms[] = {
    &platform_room, &notices_room, &identity_room, &audit_room,  &projects_room, &sources_room,
    &protection_room, &accreditation_room, &lake_room, &services_room, &gateway_room, &airlock_room,
    &tasks_room, &files_room, &officer_room, &texts_room, &theme_room, NULL,
};

extern const Verb own_verbs[];
static const Verb *const verb_tables[] = {
    cli_session_verbs, cli_project_verbs, cli_source_verbs, cli_protection_verbs,
    cli_application_verbs, cli_service_verbs, cli_file_verbs, cli_export_verbs, cli_admin_verbs,
    cli_text_verbs, cli_account_verbs, cli_platform_verbs, own_verbs,
    server_verbs, identity_verbs, demo_verbs,   tour_verbs,   audit_verbs,
    doctor_verbs, backup_verbs, release_verbs, worker_verbs, sdc_verbs, sdc_table_verbs, engine_verbs, theme_verbs, NULL,
};

const Room *const *server_rooms(void)
{
    return rooms;
}

static void print_verbs(FILE *out, bool of_people)
{
    for (const Verb *const *table = verb_tables; *table != NULL; table++) {
        for (const Verb *verb = *table; verb->name != NULL; verb++) {
            if (!verb->hidden && (verb->act != NULL) == of_people)
                fprintf(out, "  %-34s %s\n", verb->name, verb->summary);
        }
    }
}

static void print_help(FILE *out)
{
    fprintf(out, "Darse %s: a secure data-science platform\n\nusage: darse VERB [OPTIONS]\n\n"
                 "With a server (begin with darse login):\n", DARSE_VERSION);
    print_verbs(out, true);
    fprintf(out, "\nOn the machine:\n");
    print_verbs(out, false);
    fprintf(out, "\n`darse VERB --help` says more; docs/cli.md is the reference. The state directory is\n"
                 "--state DIR, else $DARSE_STATE, else ./state, else " VERB_STATE_INSTALLED " of the "
                 "package.\nExit codes: 0 done, 1 failed, 2 wrong usage, others in the reference.\n");
}

/* The verbs that begin with the words given, when they are none themselves. */
static int print_beginning(int argc, char **argv)
{
    g_autofree char *typed = argc > 0 ? g_strconcat(argv[0], " ", NULL) : g_strdup("");
    bool found = false;
    for (const Verb *const *table = verb_tables; *table != NULL; table++) {
        for (const Verb *verb = *table; verb->name != NULL; verb++) {
            if (verb->hidden || !g_str_has_prefix(verb->name, typed))
                continue;
            fprintf(stderr, "%s  darse %-30s %s\n", found ? "" : "Which one?\n", verb->name,
                    verb->summary);
            found = true;
        }
    }
    if (!found)
        fprintf(stderr, "darse: there is no verb \"%s\"; see `darse help`\n", argv[0]);
    return EXIT_USAGE;
}

static int run_help(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--markdown") == 0)
        cli_print_markdown(verb_tables, stdout);
    else
        print_help(stdout);
    return EXIT_OK;
}

static int run_completion(int argc, char **argv)
{
    if (argc == 2 && cli_print_completion(verb_tables, argv[1], stdout))
        return EXIT_OK;
    bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
    fprintf(asked ? stdout : stderr, "usage: darse completion bash|zsh|fish\n");
    return asked ? EXIT_OK : EXIT_USAGE;
}

const Verb own_verbs[] = {
    {"help", "[--markdown]", "This list, or the reference", run_help},
    {"completion", "bash|zsh|fish", "A script that completes what you type", run_completion},
    {0},
};

/* Number of words of ARGV that NAME ("audit verify") takes, 0 if they do not match. */
static int verb_match(const char *name, int argc, char **argv)
{
    g_auto(GStrv) words = g_strsplit(name, " ", -1);
    int count = (int)g_strv_length(words);
    if (count > argc)
        return 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], argv[i]) != 0)
            return 0;
    }
    return count;
}

/* A verb of the server and one of the machine may have the same words: --state asks for the latter. */
static bool names_state(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--state") == 0 || g_str_has_prefix(argv[i], "--state="))
            return true;
    }
    return false;
}

static const Verb *verb_find(int argc, char **argv, int *ret_words)
{
    const Verb *best = NULL;
    bool on_machine = names_state(argc, argv);
    for (const Verb *const *table = verb_tables; *table != NULL; table++) {
        for (const Verb *verb = *table; verb->name != NULL; verb++) {
            int words = verb_match(verb->name, argc, argv);
            bool rather = best != NULL && words == *ret_words && on_machine && best->act != NULL &&
                          verb->act == NULL;
            if (words > 0 && (best == NULL || words > *ret_words || rather)) {
                best = verb;
                *ret_words = words;
            }
        }
    }
    return best;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0) {
        fprintf(stderr, "darse: no source of random numbers\n");
        return EXIT_FAILED;
    }
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("darse %s\n", DARSE_VERSION);
        return EXIT_OK;
    }
    int words = 0;
    const Verb *verb = verb_find(argc - 1, argv + 1, &words);
    if (verb == NULL)
        return print_beginning(argc - 1, argv + 1);
    if (verb->act != NULL)
        return cli_run(verb, argc - words, argv + words);
    return verb->run(argc - words, argv + words);
}
