/* SPDX-License-Identifier: Apache-2.0 */
/* The terms of use, for everybody; the texts of the platform, for officers. */
#include "cli/internal.h"

#include "base/files.h"

#include <string.h>

#define TEXT_BYTES_MAX (256 * 1024)

/* ---- everybody ---- */

static const CliColumn terms_fields[] = {
    {"Version", "version", CLI_NUMBER},     {"Asked to accept", "pending", CLI_YES},
    {"Until", "due", CLI_TIME},             {"Refused until then", "overdue", CLI_YES},
    {"Accepted version", "accepted_version", CLI_NUMBER},
    {"Accepted", "accepted", CLI_TIME},     {0}};

/* The Markdown of a text in the language asked for. */
static void print_text(const Cli *cli, const json_t *text)
{
    const char *language = cli_option(cli, "language");
    const json_t *in = json_object_get(text, language != NULL ? language : "fr");
    g_autofree char *clean = cli_clean_lines(cli_text(in, "markdown"));
    fputs(clean, stdout);
    if (*clean != '\0' && clean[strlen(clean) - 1] != '\n')
        putchar('\n');
}

static bool act_terms_show(Cli *cli, GError **error)
{
    g_autoptr(json_t) text = NULL;
    if (!cli_get(cli, "/texts/terms", &text, error))
        return false;
    if (cli->json)
        cli_print_json(text);
    else
        print_text(cli, text);
    return true;
}

static bool act_terms_state(Cli *cli, GError **error)
{
    return cli_show(cli, "/me/terms", terms_fields, error);
}

static bool act_terms_accept(Cli *cli, GError **error)
{
    char *end = NULL;
    const char *word = cli_word(cli, 0);
    int64_t version = g_ascii_strtoll(word, &end, 10);
    g_autoptr(json_t) answer = NULL;
    if (end == word || *end != '\0' || version < 0)
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "Say which version you have read: darse terms state tells it.");
    if (!cli_in_session(cli, "POST", "/me/terms",
                        json_pack("{s:I}", "version", (json_int_t)version), &answer, error))
        return false;
    cli_say(cli, "You have accepted version %" G_GINT64_FORMAT " of the terms of use.", version);
    return true;
}

/* ---- officers ---- */

static const CliColumn text_fields[] = {
    {"Text", "name", CLI_TEXT},       {"Version", "version", CLI_NUMBER},
    {"Asks to be accepted", "asks_acceptance", CLI_YES}, {"Until", "due", CLI_TIME},
    {"Written", "written", CLI_TIME}, {"In French", "fr.title", CLI_TEXT},
    {"In English", "en.title", CLI_TEXT}, {0}};
static const CliColumn version_columns[] = {
    {"VERSION", "version", CLI_NUMBER}, {"WRITTEN", "written", CLI_TIME}, {"BY", "by", CLI_TEXT},
    {"ASKS", "asks_acceptance", CLI_YES}, {"UNTIL", "due", CLI_TIME},
    {"ACCEPTED BY", "accepted", CLI_NUMBER}, {0}};

static char *text_path(const Cli *cli, const char *below)
{
    g_autofree char *name = cli_escape(cli_word(cli, 0));
    return cli_path("/texts/%s%s", name, below);
}

static bool act_text_show(Cli *cli, GError **error)
{
    g_autofree char *path = text_path(cli, "");
    g_autoptr(json_t) text = NULL;
    if (!cli_get(cli, path, &text, error))
        return false;
    if (!cli->json && cli_has(cli, "language"))
        print_text(cli, text);
    else
        cli_print_object(cli, text, text_fields);
    return true;
}

static bool act_text_versions(Cli *cli, GError **error)
{
    g_autofree char *path = text_path(cli, "/versions");
    return cli_show_list(cli, path, version_columns, error);
}

static bool read_text(const Cli *cli, const char *option, char **ret_text, GError **error)
{
    const char *file = NULL;
    size_t size = 0;
    return cli_option_needed(cli, option, &file, error) &&
           file_read(file, TEXT_BYTES_MAX, ret_text, &size, error);
}

/* The version that is replaced is read first, unless the caller names the one that they read. */
static bool text_base(Cli *cli, const char *path, int64_t *ret_base, GError **error)
{
    g_autoptr(json_t) now = NULL;
    int64_t base = -1;
    if (!cli_option_integer(cli, "base", 0, 1000000, &base, error) ||
        (base < 0 && !cli_get(cli, path, &now, error)))
        return false;
    *ret_base = base >= 0 ? base : json_integer_value(json_object_get(now, "version"));
    return true;
}

static bool act_text_write(Cli *cli, GError **error)
{
    g_autofree char *path = text_path(cli, ""), *fr = NULL, *en = NULL;
    g_autoptr(json_t) answer = NULL;
    int64_t base = 0, grace = 0;
    if (!read_text(cli, "fr", &fr, error) || !read_text(cli, "en", &en, error) ||
        !cli_option_integer(cli, "grace-days", 0, 90, &grace, error) ||
        !text_base(cli, path, &base, error))
        return false;
    json_t *body = json_pack("{s:s, s:s, s:I, s:b}", "fr", fr, "en", en, "base", (json_int_t)base,
                             "asks_acceptance", cli_has(cli, "ask"));
    if (body == NULL)
        return error_set(error, ERROR_INVALID, "cli.file", "A text is not written in UTF-8.");
    if (cli_has(cli, "ask"))
        json_object_set_new(body, "grace_days", json_integer(grace));
    if (!cli_call(cli, "PUT", path, body, &answer, error))
        return false;
    cli_print_object(cli, answer, text_fields);
    return true;
}

/* ---- the table ---- */

#define LANGUAGES "fr en"
static const VerbOption read_options[] = {
    {"language", 0, "CODE", "fr (by default) or en", LANGUAGES, false}, CLI_COMMON};
static const VerbOption show_options[] = {
    {"language", 0, "CODE", "Print the text itself, in fr or en", LANGUAGES, false}, CLI_COMMON};
static const VerbOption accept_options[] = {CLI_PASSWORD_FD, CLI_CODE_FD, CLI_SERVER, {0}};
static const VerbOption write_options[] = {
    {"fr", 0, "FILE", "In French, Markdown; its first line is the title", NULL, false},
    {"en", 0, "FILE", "In English", NULL, false},
    {"base", 0, "VERSION", "The version it was written from; else the one in force", NULL, false},
    {"ask", 0, NULL, "Of the terms: everybody is asked to accept them", NULL, false},
    {"grace-days", 0, "N", "How long those who are here now may go on before (0)", NULL, false},
    CLI_COMMON};

const Verb cli_text_verbs[] = {
    {"terms show", "", "Read the terms of use", .act = act_terms_show, .options = read_options},
    {"terms state", "", "Whether you are asked to accept them, and until when",
     .act = act_terms_state},
    {"terms accept", "VERSION", "Accept the version that you have read", .act = act_terms_accept,
     .options = accept_options,
     .about = "A token cannot accept: a session is opened with your password and code, and ended.",
     .examples = "darse terms show --language en | less\ndarse terms accept 2"},
    {"admin text show", "TEXT", "One text of the platform: terms, privacy or accessibility",
     .act = act_text_show, .options = show_options},
    {"admin text versions", "TEXT", "Its versions, and how many persons accepted each",
     .act = act_text_versions},
    {"admin text write", "TEXT", "Put a new version in force", .act = act_text_write,
     .options = write_options,
     .examples = "darse admin text show terms --language fr > terms.fr.md\n"
                 "darse admin text write terms --fr terms.fr.md --en terms.en.md --ask --grace-days 14"},
    {0},
};
