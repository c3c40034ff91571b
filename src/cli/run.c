/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a verb: words and options by the verb's row, the act, the exit code. */
#include "cli/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MANY 100000

const VerbOption cli_common_options[] = {CLI_COMMON};

const CliExit cli_exits[] = {
    {EXIT_OK, "done"},
    {EXIT_FAILED, "failed; the sentence on standard error says why"},
    {EXIT_USAGE, "the command line was wrong"},
    {EXIT_SIGN_IN, "nobody is signed in, or the token is over"},
    {EXIT_REFUSED, "refused: you may not do this"},
    {EXIT_NOT_FOUND, "there is no such thing, or not for you"},
    {EXIT_CONFLICT, "the state of things does not allow it now"},
    {EXIT_UNAVAILABLE, "the server, or a part of it, does not answer"},
    {EXIT_LIMIT, "over a limit or a quota"},
    {EXIT_ENDED_BADLY, "what was waited for ended badly"},
    {0},
};

static int exit_of(const GError *error)
{
    static const struct {
        ErrorCode code;
        int exit;
    } rows[] = {
        {ERROR_UNAUTHENTICATED, EXIT_SIGN_IN}, {ERROR_DENIED, EXIT_REFUSED},
        {ERROR_NOT_FOUND, EXIT_NOT_FOUND},     {ERROR_CONFLICT, EXIT_CONFLICT},
        {ERROR_PRECONDITION, EXIT_CONFLICT},   {ERROR_UNAVAILABLE, EXIT_UNAVAILABLE},
        {ERROR_TOO_LARGE, EXIT_LIMIT},         {ERROR_QUOTA, EXIT_LIMIT},
        {ERROR_RATE_LIMITED, EXIT_LIMIT},
    };
    if (g_strcmp0(error_reason(error), "cli.usage") == 0)
        return EXIT_USAGE;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (error_is(error, rows[i].code))
            return rows[i].exit;
    }
    return EXIT_FAILED;
}

/* ---- words ---- */

/* What `usage` asks for: "PROJECT [PATH]" is 1 to 2, "FROM... TO" 2 and more. */
static void usage_counts(const char *usage, int *ret_min, int *ret_max)
{
    g_auto(GStrv) words = g_strsplit(usage, " ", -1);
    int min = 0, max = 0;
    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0')
            continue;
        min += **word == '[' ? 0 : 1;
        max += strstr(*word, "...") != NULL ? WORDS_MANY : 1;
    }
    *ret_min = min;
    *ret_max = max;
}

const char *cli_word(const Cli *cli, int at)
{
    return at < cli->count ? cli->words[at] : NULL;
}

GStrv cli_options(const Cli *cli, const char *name)
{
    return g_hash_table_lookup(cli->options, name);
}

const char *cli_option(const Cli *cli, const char *name)
{
    GStrv values = cli_options(cli, name);
    return values == NULL || values[0] == NULL ? NULL : values[g_strv_length(values) - 1];
}

bool cli_has(const Cli *cli, const char *name)
{
    return cli_options(cli, name) != NULL;
}

bool cli_option_integer(const Cli *cli, const char *name, int64_t min, int64_t max,
                        int64_t *ret_value, GError **error)
{
    const char *text = cli_option(cli, name);
    char *end = NULL;
    if (text == NULL)
        return true;
    errno = 0;
    int64_t value = g_ascii_strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "--%s is a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                         ", not \"%s\".", name, min, max, text);
    *ret_value = value;
    return true;
}

bool cli_option_needed(const Cli *cli, const char *name, const char **ret_value, GError **error)
{
    const char *value = cli_option(cli, name);
    if (value == NULL)
        return error_set(error, ERROR_INVALID, "cli.usage", "--%s is needed.", name);
    *ret_value = value;
    return true;
}

/* ---- parsing ---- */

typedef struct Parsed {
    guint count;
    GOptionEntry *entries;
    GStrv *texts;
    gboolean *switches;
} Parsed;

static Parsed parsed_new(const VerbOption *options)
{
    Parsed parsed = {0};
    while (options[parsed.count].name != NULL)
        parsed.count++;
    parsed.entries = g_new0(GOptionEntry, parsed.count + 1);
    parsed.texts = g_new0(GStrv, parsed.count);
    parsed.switches = g_new0(gboolean, parsed.count);
    for (guint i = 0; i < parsed.count; i++) {
        bool text = options[i].value != NULL;
        void *into = text ? (void *)&parsed.texts[i] : (void *)&parsed.switches[i];
        parsed.entries[i] = (GOptionEntry){
            options[i].name, options[i].letter, 0,
            text ? G_OPTION_ARG_STRING_ARRAY : G_OPTION_ARG_NONE, into, options[i].summary,
            options[i].value};
    }
    return parsed;
}

static bool parsed_take(Parsed *parsed, const VerbOption *options, Cli *cli, GError **error)
{
    bool ok = true;
    for (guint i = 0; i < parsed->count; i++) {
        GStrv values = g_steal_pointer(&parsed->texts[i]);
        if (values == NULL && parsed->switches[i])
            values = g_new0(char *, 1);
        if (values == NULL)
            continue;
        if (g_strv_length(values) > 1 && !options[i].repeated)
            ok = error_set(ok ? error : NULL, ERROR_INVALID, "cli.usage",
                           "--%s is given more than once.", options[i].name);
        g_hash_table_replace(cli->options, g_strdup(options[i].name), values);
    }
    g_free(parsed->entries);
    g_free(parsed->texts);
    g_free(parsed->switches);
    return ok;
}

static bool parse_options(Cli *cli, int argc, char **argv, GError **error)
{
    const VerbOption *options =
        cli->verb->options != NULL ? cli->verb->options : cli_common_options;
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_auto(GStrv) copy = g_new0(char *, (size_t)argc + 1);
    g_autoptr(GError) problem = NULL;
    Parsed parsed = parsed_new(options);
    for (int i = 0; i < argc; i++)
        copy[i] = g_strdup(argv[i]);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, parsed.entries, NULL);
    bool ok = g_option_context_parse_strv(context, &copy, &problem);
    if (!ok)
        error_set(error, ERROR_INVALID, "cli.usage", "%s.", problem->message);
    bool taken = parsed_take(&parsed, options, cli, ok ? error : NULL);
    if (!ok || !taken)
        return false;
    cli->words = g_strdupv(copy[0] != NULL ? copy + 1 : copy);
    cli->count = (int)g_strv_length(cli->words);
    /* A "--" ends the options, and is no word. */
    if (cli->count > 0 && strcmp(cli->words[0], "--") == 0) {
        g_free(cli->words[0]);
        memmove(cli->words, cli->words + 1, sizeof(char *) * (size_t)cli->count);
        cli->count--;
    }
    return true;
}

static bool parse(Cli *cli, int argc, char **argv, GError **error)
{
    int min = 0, max = 0;
    if (!parse_options(cli, argc, argv, error))
        return false;
    usage_counts(cli->verb->usage, &min, &max);
    if (cli->count >= min && cli->count <= max)
        return true;
    return error_set(error, ERROR_INVALID, "cli.usage", "%s.",
                     cli->count < min ? "A word is missing" : "There is a word too many");
}

/* ---- the call ---- */

static void cli_clear(Cli *cli)
{
    g_strfreev(cli->words);
    g_hash_table_unref(cli->options);
    cli_tokens_free(cli->tokens);
    http_client_free(cli->client);
    g_free(cli->server);
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

static int fail(const Verb *verb, GError *error)
{
    g_autofree char *clean = cli_clean(error->message);
    fprintf(stderr, "darse %s: %s\n", verb->name, clean);
    if (g_strcmp0(error_reason(error), "cli.usage") == 0) {
        g_autofree char *usage = cli_usage(verb);
        fprintf(stderr, "usage: darse %s\n`darse %s --help` says more.\n", usage, verb->name);
    }
    return exit_of(error);
}

int cli_run(const Verb *verb, int argc, char **argv)
{
    if (wants_help(argc, argv)) {
        cli_print_verb_help(verb, stdout);
        return EXIT_OK;
    }
    g_autoptr(GError) error = NULL;
    Cli cli = {.verb = verb,
               .options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify)g_strfreev)};
    int code = EXIT_OK;
    if (!parse(&cli, argc, argv, &error)) {
        code = fail(verb, error);
    } else {
        cli.json = cli_has(&cli, "json");
        if (!verb->act(&cli, &error))
            code = fail(verb, error);
        else if (fflush(stdout) != 0 || ferror(stdout))
            code = EXIT_FAILED;
        else if (cli.ended_badly)
            code = EXIT_ENDED_BADLY;
    }
    cli_clear(&cli);
    return code;
}
