/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command-line verbs. Each room offers a table of them; main.c holds the table of tables, from
 * which the help is printed. A verb parses its own options with GLib's GOptionContext.
 */
#ifndef DARSE_BASE_VERBS_H
#define DARSE_BASE_VERBS_H

#include <glib.h>
#include <stdbool.h>

/* Exit codes of every verb. */
#define EXIT_OK 0
#define EXIT_FAILED 1   /* the thing asked for did not work */
#define EXIT_USAGE 2    /* the command line was wrong */

/* One option of a verb of people, as a row: it is parsed, completed and documented from here. */
typedef struct VerbOption {
    const char *name;     /* "project" */
    char letter;          /* 'p', or 0 */
    const char *value;    /* "PROJECT"; NULL: a switch */
    const char *summary;
    const char *choices;  /* separated by spaces, for completion; or NULL */
    bool repeated;        /* may be given more than once */
} VerbOption;             /* tables end with a row whose name is NULL */

typedef struct Cli Cli;   /* a call of a verb of people (the room cli) */

typedef struct Verb {
    const char *name;     /* "audit verify": one to three words */
    const char *usage;    /* "[--since FILE]" */
    const char *summary;  /* one line */
    /* ARGV[0] is the verb's name. Returns an exit code. */
    int (*run)(int argc, char **argv);
    bool hidden;          /* for our own processes: not in the help */

    /* Of verbs that talk to a server by its public API, instead of `run`. `usage` then holds the
     * words in their order alone: "PROJECT [PATH]", "FROM... TO". */
    bool (*act)(Cli *cli, GError **error);
    const VerbOption *options;
    const char *about;    /* a paragraph for the reference, or NULL */
    const char *examples; /* command lines separated by line ends, or NULL */
} Verb;

/* Parses ARGV by ENTRIES (may be NULL); REST is what remains; RET_REST NULL: nothing may remain. On
 * failure prints why and how to call VERB, and returns false: the caller returns EXIT_USAGE. */
bool verb_parse(const Verb *verb, int argc, char **argv, const GOptionEntry *entries,
                GStrv *ret_rest);
/* Prints "darse VERB: sentence" on standard error and returns EXIT_FAILED. Frees ERROR. */
int verb_fail(const Verb *verb, GError *error);
#define VERB_STATE_INSTALLED "/var/lib/darse/state"
/* --state DIR, else $DARSE_STATE, else ./state where there is one or Darse is not installed by a package, else
 * VERB_STATE_INSTALLED. Caller frees. */
char *verb_state_dir(const char *given);

#endif
