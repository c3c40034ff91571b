/* SPDX-License-Identifier: Apache-2.0 */
/* The two tables that know every room: those of the server, and those that offer verbs. */
#include "accreditation/accreditation.h"
#include "airlock/airlock.h"
#include "airlock/release.h"
#include "audit/audit.h"
#include "auditor/auditor.h"
#include "backup/backup.h"
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
    &accreditation_room, &lake_room, &services_room, &gateway_room, &airlock_room,
    &tasks_room, &files_room, &officer_room, &texts_room, &theme_room, NULL,
};

static const Verb *const verb_tables[] = {
    server_verbs, identity_verbs, demo_verbs,   tour_verbs,   audit_verbs,
    doctor_verbs, backup_verbs, release_verbs, worker_verbs, sdc_verbs,  engine_verbs, theme_verbs, NULL,
};

const Room *const *server_rooms(void)
{
    return rooms;
}

static void print_help(FILE *out)
{
    fprintf(out, "Darse %s: a secure data-science platform\n\nusage: darse VERB [OPTIONS]\n\n",
            DARSE_VERSION);
    for (const Verb *const *table = verb_tables; *table != NULL; table++) {
        for (const Verb *verb = *table; verb->name != NULL; verb++) {
            if (!verb->hidden)
                fprintf(out, "  %-28s %s\n", verb->name, verb->summary);
        }
    }
    fprintf(out, "\n`darse VERB --help` says more. The state directory is --state DIR, else\n"
                 "$DARSE_STATE, else ./state, else " VERB_STATE_INSTALLED " of the package. Exit codes: 0 done, 1 failed, 2 wrong usage.\n");
}

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

static const Verb *verb_find(int argc, char **argv, int *ret_words)
{
    const Verb *best = NULL;
    for (const Verb *const *table = verb_tables; *table != NULL; table++) {
        for (const Verb *verb = *table; verb->name != NULL; verb++) {
            int words = verb_match(verb->name, argc, argv);
            if (words > 0 && (best == NULL || words > *ret_words)) {
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
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("darse %s\n", DARSE_VERSION);
        return EXIT_OK;
    }
    int words = 0;
    const Verb *verb = verb_find(argc - 1, argv + 1, &words);
    if (verb == NULL) {
        fprintf(stderr, "darse: there is no verb \"%s\"; see `darse help`\n", argv[1]);
        return EXIT_USAGE;
    }
    return verb->run(argc - words, argv + words);
}
