/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/backup.h"

#include <stdio.h>

static const Verb backup_verb;
static const Verb restore_verb;

static void print_stats(const CopyStats *stats)
{
    g_autofree char *size = g_format_size_full((guint64)stats->bytes, G_FORMAT_SIZE_IEC_UNITS);
    printf("%" G_GINT64_FORMAT " files copied (%s), %" G_GINT64_FORMAT " unchanged", stats->files, size,
           stats->shared);
    if (stats->left_out > 0)
        printf(", %" G_GINT64_FORMAT " left out (sockets, devices, mounts, too deep)", stats->left_out);
    printf("\n");
}

static int verb_backup(int argc, char **argv)
{
    g_autofree char *state = NULL;
    g_autofree char *to = NULL;
    g_autofree char *keys_to = NULL;
    gboolean accept_plain = FALSE;
    int keep = 0;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory", "DIR"},
        {"to", 0, 0, G_OPTION_ARG_FILENAME, &to, "Folder of snapshots, made if it is not there", "DIR"},
        {"keys-to", 0, 0, G_OPTION_ARG_FILENAME, &keys_to, "Folder of snapshots of the keys", "DIR"},
        {"keep", 0, 0, G_OPTION_ARG_INT, &keep, "Remove all but the newest N (0: keep all)", "N"},
        {"accept-plain", 0, 0, G_OPTION_ARG_NONE, &accept_plain,
         "The destination protects what is encrypted here", NULL},
        {0},
    };
    if (!verb_parse(&backup_verb, argc, argv, entries, NULL))
        return EXIT_USAGE;
    if (to == NULL || keep < 0) {
        fprintf(stderr, "darse backup: %s\n", to == NULL ? "--to says where" : "--keep is a number");
        return EXIT_USAGE;
    }
    GError *error = NULL;
    CopyStats stats = {0};
    g_autofree char *name = NULL;
    g_autofree char *state_dir = verb_state_dir(state);
    g_autofree char *to_dir = g_canonicalize_filename(to, NULL);
    g_autofree char *keys_dir = keys_to != NULL ? g_canonicalize_filename(keys_to, NULL) : NULL;
    g_autoptr(Config) config = config_load(state_dir, &error);
    BackupWanted wanted = {config, to_dir, keys_dir, accept_plain, keep};
    if (config == NULL || !backup_take(&wanted, &name, &stats, &error))
        return verb_fail(&backup_verb, error);
    printf("%s/%s\n", to_dir, name);
    print_stats(&stats);
    if (keys_dir == NULL)
        printf("The keys are not in it: without a copy made with --keys-to, nothing can be restored.\n");
    return EXIT_OK;
}

static int verb_restore(int argc, char **argv)
{
    g_autofree char *state = NULL;
    g_autofree char *from = NULL;
    g_autofree char *keys = NULL;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "State directory to make", "DIR"},
        {"from", 0, 0, G_OPTION_ARG_FILENAME, &from, "One snapshot", "DIR"},
        {"keys", 0, 0, G_OPTION_ARG_FILENAME, &keys, "One snapshot of the keys", "DIR"},
        {0},
    };
    if (!verb_parse(&restore_verb, argc, argv, entries, NULL))
        return EXIT_USAGE;
    if (from == NULL || keys == NULL) {
        fprintf(stderr, "darse restore: --from and --keys say of what\n");
        return EXIT_USAGE;
    }
    GError *error = NULL;
    CopyStats stats = {0};
    g_autofree char *dump = NULL;
    g_autofree char *state_dir = verb_state_dir(state);
    g_autofree char *from_dir = g_canonicalize_filename(from, NULL);
    g_autofree char *keys_dir = g_canonicalize_filename(keys, NULL);
    RestoreWanted wanted = {from_dir, keys_dir, state_dir};
    if (!restore_run(&wanted, &dump, &stats, &error))
        return verb_fail(&restore_verb, error);
    print_stats(&stats);
    if (dump != NULL)
        printf("The database is still to be restored into the empty one of store.url:\n"
               "  pg_restore --no-owner --exit-on-error --dbname=URL %s\n", dump);
    printf("Then check it: darse audit verify --state %s\n", state_dir);
    return EXIT_OK;
}

#define BACKUP_ROW                                                                                 \
    {"backup", "--to DIR [--keys-to DIR] [--keep N] [--accept-plain] [--state DIR]",               \
     "Take a snapshot, beside a running server", verb_backup, false}
#define RESTORE_ROW                                                                                \
    {"restore", "--from SNAPSHOT --keys SNAPSHOT [--state DIR]", "Make a state directory of a snapshot", \
     verb_restore, false}

static const Verb backup_verb = BACKUP_ROW;
static const Verb restore_verb = RESTORE_ROW;
const Verb backup_verbs[] = {BACKUP_ROW, RESTORE_ROW, {0}};
