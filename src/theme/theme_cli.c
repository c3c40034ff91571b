/* SPDX-License-Identifier: Apache-2.0 */
/* Checking a theme before the server is given it. */
#include "theme/theme.h"

#include "base/error.h"
#include "base/verbs.h"

#include <stdio.h>

static int theme_check(int argc, char **argv);

const Verb theme_verbs[] = {
    {.name = "theme check", .usage = "FILE", .run = theme_check,
     .summary = "Check a theme file before the server is given it"},
    {.name = NULL},
};

static int theme_check(int argc, char **argv)
{
    g_autoptr(Theme) theme = NULL;
    g_auto(GStrv) rest = NULL;
    GError *error = NULL;
    if (!verb_parse(&theme_verbs[0], argc, argv, NULL, &rest))
        return EXIT_USAGE;
    if (rest == NULL || g_strv_length(rest) != 1) {
        fprintf(stderr, "usage: darse theme check FILE\n");
        return EXIT_USAGE;
    }
    if (!theme_read(rest[0], &theme, &error))
        return verb_fail(&theme_verbs[0], error);
    printf("The theme is sound. Write `theme = %s` under [web] in the configuration, and restart.\n",
           rest[0]);
    return EXIT_OK;
}
