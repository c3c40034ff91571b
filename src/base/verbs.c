/* SPDX-License-Identifier: Apache-2.0 */
/* Shared parts of command-line verbs. */
#include "base/verbs.h"

#include <stdio.h>

bool verb_parse(const Verb *verb, int argc, char **argv, const GOptionEntry *entries,
                GStrv *ret_rest)
{
    g_autoptr(GOptionContext) context = g_option_context_new(verb->usage);
    g_option_context_set_summary(context, verb->summary);
    if (entries != NULL)
        g_option_context_add_main_entries(context, entries, NULL);
    g_auto(GStrv) copy = g_new0(char *, (size_t)argc + 1);
    for (int i = 0; i < argc; i++)
        copy[i] = g_strdup(argv[i]);
    g_autofree char *name = g_strconcat("darse ", verb->name, NULL);
    g_set_prgname(name);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse_strv(context, &copy, &error)) {
        fprintf(stderr, "darse %s: %s\nusage: darse %s %s\n", verb->name, error->message,
                verb->name, verb->usage);
        return false;
    }
    char **rest = copy[0] != NULL ? copy + 1 : copy;
    if (ret_rest == NULL && rest[0] != NULL) {
        fprintf(stderr, "darse %s: what is \"%s\"?\nusage: darse %s %s\n", verb->name, rest[0],
                verb->name, verb->usage);
        return false;
    }
    if (ret_rest != NULL)
        *ret_rest = g_strdupv(rest);
    return true;
}

int verb_fail(const Verb *verb, GError *error)
{
    fprintf(stderr, "darse %s: %s\n", verb->name,
            error != NULL ? error->message : "failed without saying why");
    g_clear_error(&error);
    return EXIT_FAILED;
}

char *verb_state_dir(const char *given)
{
    if (given != NULL)
        return g_canonicalize_filename(given, NULL);
    const char *environment = g_getenv("DARSE_STATE");
    if (environment != NULL)
        return g_canonicalize_filename(environment, NULL);
    bool installed = g_file_test("/etc/darse", G_FILE_TEST_IS_DIR);
    if (installed && !g_file_test("state/instance", G_FILE_TEST_IS_DIR))
        return g_strdup(VERB_STATE_INSTALLED);
    return g_canonicalize_filename("state", NULL);
}
