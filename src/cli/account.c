/* SPDX-License-Identifier: Apache-2.0 */
/* One's own account: its sessions, what one is told, name and language. */
#include "cli/internal.h"

#include <string.h>

/* ---- sessions ---- */

static bool act_session_list(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"SESSION", "id", CLI_TEXT},     {"FROM", "address", CLI_TEXT},
        {"SECOND FACTOR", "second_factor", CLI_YES}, {"OPENED", "created", CLI_TIME},
        {"SEEN", "seen", CLI_TIME},      {"EXPIRES", "expires", CLI_TIME},
        {"PROGRAM", "agent", CLI_TEXT},  {0}};
    return cli_show_list(cli, "/me/sessions", columns, error);
}

static bool act_session_end(Cli *cli, GError **error)
{
    g_autofree char *session = cli_escape(cli_word(cli, 0));
    g_autofree char *path = cli_path("/me/sessions/%s", session);
    g_autoptr(json_t) answer = NULL;
    return cli_in_session(cli, "DELETE", path, NULL, &answer, error);
}

/* The session that this opens is the one that is left, and it is ended too. */
static bool act_session_end_all(Cli *cli, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    return cli_in_session(cli, "POST", "/me/sessions/end-others", NULL, &answer, error);
}

/* ---- notices ---- */

static bool act_notice_list(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"NOTICE", "id", CLI_TEXT},   {"WHEN", "created", CLI_TIME}, {"WHAT", "subject.en", CLI_TEXT},
        {"PROJECT", "project.title", CLI_TEXT}, {"OF", "object", CLI_TEXT}, {"READ", "read", CLI_TIME},
        {0}};
    const char *path = cli_has(cli, "new") ? "/me/notices?limit=200&unread=true"
                                           : "/me/notices?limit=200";
    return cli_show_list(cli, path, columns, error);
}

static bool act_notice_read(Cli *cli, GError **error)
{
    bool all = cli_has(cli, "all");
    if (all == (cli->count > 0))
        return error_set(error, ERROR_INVALID, "cli.usage", "Name the notices that you have read, or "
                                                            "give --all.");
    if (all)
        return cli_call(cli, "POST", "/me/notices/read", NULL, NULL, error);
    for (int i = 0; i < cli->count; i++) {
        g_autofree char *notice = cli_escape(cli_word(cli, i));
        g_autofree char *path = cli_path("/me/notices/%s/read", notice);
        if (!cli_call(cli, "POST", path, NULL, NULL, error))
            return false;
    }
    return true;
}

static const CliColumn choice_columns[] = {
    {"KIND", "kind", CLI_TEXT},        {"HOW", "channel", CLI_TEXT},
    {"BY DEFAULT", "fallback", CLI_TEXT}, {"ALWAYS TOLD", "kept", CLI_YES},
    {"WHAT", "subject.en", CLI_TEXT},  {0}};

static bool act_notice_choices(Cli *cli, GError **error)
{
    return cli_show_list(cli, "/me/notice-choices", choice_columns, error);
}

static bool act_notice_choose(Cli *cli, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_call(cli, "PUT", "/me/notice-choices",
                  json_pack("{s:[{s:s, s:s}]}", "choices", "kind", cli_word(cli, 0), "channel",
                            cli_word(cli, 1)),
                  &answer, error))
        return false;
    cli_print_items(cli, json_object_get(answer, "items"), choice_columns);
    return true;
}

/* ---- the account ---- */

static bool act_account_edit(Cli *cli, GError **error)
{
    static const CliColumn fields[] = {{"Login", "login", CLI_TEXT}, {"Name", "name", CLI_TEXT},
                                       {"E-mail", "email", CLI_TEXT},
                                       {"Language", "language", CLI_TEXT}, {0}};
    g_autoptr(json_t) answer = NULL;
    json_t *body = json_pack("{s:s*, s:s*, s:s*}", "name", cli_option(cli, "name"), "email",
                             cli_option(cli, "email"), "language", cli_option(cli, "language"));
    if (!cli_in_session(cli, "PATCH", "/me", body, &answer, error))
        return false;
    cli_print_object(cli, answer, fields);
    return true;
}

/* ---- the table ---- */

static const VerbOption session_options[] = {CLI_PASSWORD_FD, CLI_CODE_FD, CLI_SERVER, {0}};
static const VerbOption notice_options[] = {
    {"new", 0, NULL, "Those alone that you have not read", NULL, false}, CLI_COMMON};
static const VerbOption read_options[] = {
    {"all", 0, NULL, "All of them", NULL, false}, CLI_SERVER, {0}};
static const VerbOption account_options[] = {
    {"name", 0, "NAME", "Name shown to others", NULL, false},
    {"email", 0, "ADDRESS", "E-mail address", NULL, false},
    {"language", 0, "CODE", "fr or en", "fr en", false},
    CLI_PASSWORD_FD, CLI_CODE_FD, CLI_COMMON};

const Verb cli_account_verbs[] = {
    {"account edit", "", "Change your name, address or language", .act = act_account_edit,
     .options = account_options,
     .about = "A token may not change the account: a session is opened with your password and code, and "
              "ended."},
    {"session list", "", "Your open sessions", .act = act_session_list},
    {"session end", "SESSION", "End one of them", .act = act_session_end,
     .options = session_options},
    {"session end-all", "", "End them all, wherever they are open", .act = act_session_end_all,
     .options = session_options, .about = "Tokens stay: darse token revoke ends those."},
    {"notice list", "", "What you were told, newest first", .act = act_notice_list,
     .options = notice_options, .examples = "darse notice list --new"},
    {"notice read", "[NOTICE...]", "Mark as read", .act = act_notice_read,
     .options = read_options, .examples = "darse notice read --all"},
    {"notice choices", "", "How you are told of what", .act = act_notice_choices},
    {"notice choose", "KIND CHANNEL", "Be told of it by page, mail, digest or none",
     .act = act_notice_choose, .examples = "darse notice choose service_ends mail"},
    {0},
};
