/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line for people: verbs that talk to a server's public API with a token of theirs, and
 * nothing else. The tables of verbs are the grammar, the help, the reference (docs/cli.md) and the
 * completion of shells.
 */
#ifndef DARSE_CLI_CLI_H
#define DARSE_CLI_CLI_H

#include "base/verbs.h"

#include <stdio.h>

/* Each ends with a row whose name is NULL. */
extern const Verb cli_session_verbs[], cli_project_verbs[], cli_source_verbs[],
    cli_protection_verbs[], cli_application_verbs[], cli_service_verbs[], cli_file_verbs[],
    cli_export_verbs[], cli_admin_verbs[], cli_text_verbs[],
    cli_account_verbs[], cli_platform_verbs[];

/* Runs a verb that has `act`. ARGV[0] is the last word of its name. Returns an exit code. */
int cli_run(const Verb *verb, int argc, char **argv);

/* How a verb of people is called, after "darse ": "cp FROM... TO [options]". Caller frees. */
char *cli_usage(const Verb *verb);
void cli_print_verb_help(const Verb *verb, FILE *out);

/* From all tables (NULL-ended), of people and of the machine alike. */
void cli_print_markdown(const Verb *const *tables, FILE *out);
/* SHELL: "bash", "zsh" or "fish". False for any other. */
bool cli_print_completion(const Verb *const *tables, const char *shell, FILE *out);

#endif
