/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in and out, tokens, what awaits me, calls by hand. */
#include "cli/internal.h"

#include "base/files.h"
#include "base/times.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAYS_NORMAL 30
#define DATA_BYTES_MAX (1024 * 1024)

/* ---- login ---- */

static json_t *words_json(const char *words)
{
    g_auto(GStrv) list = g_strsplit_set(words, " ,", -1);
    json_t *array = json_array();
    for (char **word = list; *word != NULL; word++) {
        if (**word != '\0')
            json_array_append_new(array, json_string(*word));
    }
    return array;
}

static bool post_session(HttpClient *client, const char *login, const char *password,
                         const char *code, int *ret_status, json_t **ret_answer, GError **error)
{
    g_autoptr(json_t) body = json_pack("{s:s, s:s, s:s*}", "login", login, "password", password,
                                       "code", code);
    return http_client_call(client, "POST", "/api/v1/session", body, ret_status, ret_answer,
                            error);
}

/* A session, only to make the token with; with the second factor where the account has one. */
static bool open_session(Cli *cli, HttpClient *client, const char *login, GError **error)
{
    int status = 0;
    g_autoptr(json_t) answer = NULL;
    char *password = cli_ask(cli, "password", "Password", true, error);
    bool ok = password != NULL &&
              post_session(client, login, password, NULL, &status, &answer, error);
    if (ok && status == 401 && strcmp(cli_text(answer, "reason"), "identity.code_needed") == 0) {
        char *code = cli_ask(cli, "code", "Code of your second factor", true, error);
        g_clear_pointer(&answer, json_decref);
        ok = code != NULL && post_session(client, login, password, code, &status, &answer, error);
        secret_free(code);
    }
    secret_free(password);
    if (!ok)
        return false;
    if (status != 200)
        return cli_problem(status, answer, error);
    http_client_set_header(client, "X-Darse-CSRF", cli_text(answer, "csrf"));
    return true;
}

static bool make_token(Cli *cli, HttpClient *client, const char *login, GError **error)
{
    int64_t days = DAYS_NORMAL;
    int status = 0;
    g_autoptr(json_t) answer = NULL;
    const char *scopes = cli_option(cli, "scopes");
    g_autofree char *name = g_strdup_printf("darse on %.80s", g_get_host_name());
    if (!cli_option_integer(cli, "days", 1, 365, &days, error))
        return false;
    g_autofree char *expires = time_format(time_now_ms() + days * TIME_DAY_MS);
    g_autoptr(json_t) body = json_pack(
        "{s:s, s:o, s:s}", "name", cli_has(cli, "name") ? cli_option(cli, "name") : name, "scopes",
        words_json(scopes != NULL ? scopes : "read work"), "expires", expires);
    if (!http_client_call(client, "POST", "/api/v1/me/tokens", body, &status, &answer, error))
        return false;
    if (status != 201)
        return cli_problem(status, answer, error);
    cli_tokens_put(cli->tokens, cli->server, login, cli_text(answer, "id"),
                   cli_text(answer, "expires"), cli_text(answer, "token"));
    return true;
}

/* A token of somebody who has yet to accept the terms is refused nearly everything: better said now. */
static void tell_terms(Cli *cli, HttpClient *client)
{
    int status = 0;
    g_autoptr(json_t) terms = NULL;
    if (!http_client_call(client, "GET", "/api/v1/me/terms", NULL, &status, &terms, NULL) ||
        status != 200 || !json_is_true(json_object_get(terms, "pending")))
        return;
    int64_t version = json_integer_value(json_object_get(terms, "version"));
    g_autofree char *due = cli_value(terms, "due", CLI_TIME);
    bool overdue = json_is_true(json_object_get(terms, "overdue"));
    fprintf(stderr, "The terms of use ask for your acceptance%s%s%s. Read them (darse terms show, or "
            "%s/terms), then: darse terms accept %" G_GINT64_FORMAT "\n",
            overdue ? "; until then nothing else is answered" : " before ", overdue ? "" : due,
            overdue ? "" : "; after that nothing else is answered", cli->server, version);
}

static bool act_login(Cli *cli, GError **error)
{
    if (!cli_server(cli, error))
        return false;
    g_autofree char *login = g_strdup(cli_word(cli, 0));
    if (login == NULL)
        login = cli_ask(cli, "login", "Login", false, error);
    if (login == NULL)
        return false;
    g_autoptr(HttpClient) client = http_client_new(cli->server);
    http_client_use_cookies(client);
    if (!open_session(cli, client, login, error))
        return false;
    bool ok = make_token(cli, client, login, error);
    if (ok)
        tell_terms(cli, client);
    http_client_call(client, "DELETE", "/api/v1/session", NULL, &(int){0}, NULL, NULL);
    if (!ok || !cli_tokens_save(cli->tokens, error))
        return false;
    const CliToken *token = cli_tokens_find(cli->tokens, cli->server);
    g_autofree char *expires = g_strndup(token->expires, 10);
    cli_say(cli, "Signed in to %s as %s, until %s.", cli->server, login, expires);
    return true;
}

static bool act_logout(Cli *cli, GError **error)
{
    if (!cli_server(cli, error))
        return false;
    const CliToken *token = cli_tokens_find(cli->tokens, cli->server);
    if (token == NULL)
        return error_set(error, ERROR_UNAUTHENTICATED, "cli.not_signed_in",
                         "You are not signed in to %s.", cli->server);
    g_autofree char *path = cli_path("/me/tokens/%s", token->id);
    g_autoptr(GError) problem = NULL;
    bool revoked = cli_call(cli, "DELETE", path, NULL, NULL, &problem);
    bool over = revoked || error_is(problem, ERROR_UNAUTHENTICATED) ||
                error_is(problem, ERROR_NOT_FOUND);
    cli_tokens_drop(cli->tokens, cli->server);
    if (!cli_tokens_save(cli->tokens, error))
        return false;
    if (!over)
        return error_set(error, ERROR_UNAVAILABLE, "cli.not_revoked",
                         "The token is forgotten here but was not revoked: %s", problem->message);
    cli_say(cli, "Signed out of %s.", cli->server);
    return true;
}

static const CliColumn me_fields[] = {
    {"Login", "person.login", CLI_TEXT},     {"Name", "person.name", CLI_TEXT},
    {"Organisation", "person.organisation.name", CLI_TEXT},
    {"Roles", "person.roles", CLI_WORDS},    {"Second factor", "second_factor", CLI_YES},
    {"Token expires", "expires", CLI_TIME},  {0}};

static bool act_whoami(Cli *cli, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_get(cli, "/session", &answer, error))
        return false;
    json_object_del(answer, "csrf");
    cli_print_object(cli, answer, me_fields);
    cli_say(cli, "Server         %s", cli->server);
    return true;
}

/* ---- servers ---- */

static bool act_server_list(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {{"SERVER", "server", CLI_TEXT}, {"LOGIN", "login", CLI_TEXT},
                                        {"EXPIRES", "expires", CLI_TIME},
                                        {"CURRENT", "current", CLI_YES}, {0}};
    cli->tokens = cli_tokens_load(error);
    if (cli->tokens == NULL)
        return false;
    g_autoptr(json_t) items = json_array();
    for (guint i = 0; i < cli->tokens->list->len; i++) {
        const CliToken *token = cli->tokens->list->pdata[i];
        json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:b}", "server", token->url,
                                               "login", token->login, "expires", token->expires,
                                               "current", g_strcmp0(token->url,
                                                                    cli->tokens->current) == 0));
    }
    cli_print_items(cli, items, columns);
    return true;
}

static bool act_server_use(Cli *cli, GError **error)
{
    g_autofree char *url = NULL;
    cli->tokens = cli_tokens_load(error);
    if (cli->tokens == NULL || !cli_server_check(cli_word(cli, 0), &url, error))
        return false;
    if (cli_tokens_find(cli->tokens, url) == NULL)
        return error_set(error, ERROR_NOT_FOUND, "cli.not_signed_in",
                         "You are not signed in to %s; darse login --server %s.", url, url);
    g_free(cli->tokens->current);
    cli->tokens->current = g_steal_pointer(&url);
    return cli_tokens_save(cli->tokens, error);
}

/* ---- tokens, tasks ---- */

static bool act_token_list(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"TOKEN", "id", CLI_TEXT},      {"NAME", "name", CLI_TEXT}, {"SCOPES", "scopes", CLI_WORDS},
        {"LAST USED", "used", CLI_TIME}, {"EXPIRES", "expires", CLI_TIME},
        {"THIS ONE", "current", CLI_YES}, {0}};
    return cli_show_list(cli, "/me/tokens", columns, error);
}

bool cli_in_session(Cli *cli, const char *method, const char *path, json_t *body,
                    json_t **ret_answer, GError **error)
{
    g_autoptr(json_t) owned = body;
    g_autofree char *full = g_strconcat("/api/v1", path, NULL);
    int status = 0;
    if (!cli_server(cli, error))
        return false;
    const CliToken *token = cli_tokens_find(cli->tokens, cli->server);
    if (token == NULL)
        return error_set(error, ERROR_UNAUTHENTICATED, "cli.not_signed_in",
                         "You are not signed in to %s.", cli->server);
    g_autoptr(HttpClient) client = http_client_new(cli->server);
    http_client_use_cookies(client);
    if (!open_session(cli, client, token->login, error))
        return false;
    bool ok = http_client_call(client, method, full, owned, &status, ret_answer, error);
    if (ok && (status < 200 || status > 299))
        ok = cli_problem(status, *ret_answer, error);
    http_client_call(client, "DELETE", "/api/v1/session", NULL, &(int){0}, NULL, NULL);
    return ok;
}

static bool act_token_create(Cli *cli, GError **error)
{
    int64_t days = DAYS_NORMAL;
    g_autoptr(json_t) answer = NULL;
    const char *scopes = cli_option(cli, "scopes");
    if (!cli_option_integer(cli, "days", 1, 365, &days, error))
        return false;
    g_autofree char *expires = time_format(time_now_ms() + days * TIME_DAY_MS);
    if (!cli_in_session(cli, "POST", "/me/tokens",
                    json_pack("{s:s, s:o, s:s}", "name", cli_word(cli, 0), "scopes",
                              words_json(scopes != NULL ? scopes : "read"), "expires", expires),
                    &answer, error))
        return false;
    if (cli->json)
        cli_print_json(answer);
    else
        printf("%s\n", cli_text(answer, "token"));
    return true;
}

static bool act_token_revoke(Cli *cli, GError **error)
{
    g_autofree char *token = cli_escape(cli_word(cli, 0));
    g_autofree char *path = cli_path("/me/tokens/%s", token);
    g_autoptr(json_t) answer = NULL;
    return cli_in_session(cli, "DELETE", path, NULL, &answer, error);
}

static bool act_tasks(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {{"WHAT", "kind", CLI_TEXT}, {"OF", "object", CLI_TEXT},
                                        {"TITLE", "title", CLI_TEXT},
                                        {"PROJECT", "project.title", CLI_TEXT},
                                        {"SINCE", "since", CLI_TIME}, {0}};
    return cli_show_list(cli, "/me/tasks", columns, error);
}

/* ---- calls by hand ---- */

/* --data JSON, or @FILE, or @- for standard input. */
static bool read_data(const Cli *cli, json_t **ret_body, GError **error)
{
    const char *data = cli_option(cli, "data");
    g_autofree char *text = NULL;
    size_t size = 0;
    if (data == NULL)
        return true;
    if (*data == '@') {
        const char *path = strcmp(data, "@-") == 0 ? "/dev/stdin" : data + 1;
        if (!file_read(path, DATA_BYTES_MAX, &text, &size, error))
            return false;
    } else {
        text = g_strdup(data);
        size = strlen(text);
    }
    *ret_body = json_parse(text, size, error);
    return *ret_body != NULL;
}

static bool act_api(Cli *cli, GError **error)
{
    g_autofree char *method = g_ascii_strup(cli_word(cli, 0), -1);
    const char *path = cli_word(cli, 1);
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", NULL};
    json_t *body = NULL;
    g_autoptr(json_t) answer = NULL;
    if (!g_strv_contains(methods, method) || *path != '/')
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "A call is a method and a path: darse api GET /projects.");
    if (g_str_has_prefix(path, "/api/v1/"))
        path += strlen("/api/v1");
    if (!read_data(cli, &body, error) || !cli_call(cli, method, path, body, &answer, error))
        return false;
    if (!json_is_null(answer))
        cli_print_json(answer);
    return true;
}

/* ---- the table ---- */

#define SCOPES "read work govern admin"
static const VerbOption login_options[] = {
    CLI_SERVER,
    {"scopes", 0, "WORDS", "What the token may be used for (\"read work\")", SCOPES, false},
    {"days", 0, "N", "It expires after so many days (30)", NULL, false},
    {"name", 0, "NAME", "Its name on your account's page (\"darse on HOST\")", NULL, false},
    CLI_PASSWORD_FD,
    CLI_CODE_FD,
    {0}};
static const VerbOption server_options[] = {CLI_SERVER, {0}};
static const VerbOption json_options[] = {CLI_JSON, {0}};
static const VerbOption none_options[] = {{0}};
static const VerbOption token_options[] = {
    {"scopes", 0, "WORDS", "What it may be used for (\"read\")", SCOPES, false},
    {"days", 0, "N", "It expires after so many days (30)", NULL, false},
    CLI_PASSWORD_FD, CLI_CODE_FD, CLI_COMMON};
static const VerbOption revoke_options[] = {CLI_PASSWORD_FD, CLI_CODE_FD, CLI_SERVER, {0}};
static const VerbOption api_options[] = {
    {"data", 'd', "JSON", "The body, or @FILE, or @- for standard input", NULL, false}, CLI_SERVER, {0}};

const Verb cli_session_verbs[] = {
    {"login", "[LOGIN]", "Sign in to a server", .act = act_login, .options = login_options,
     .about = "Asks for the password and the code of the second factor, and keeps a token that expires "
              "in ~/.config/darse/tokens.json, readable by you alone. The password is not kept.",
     .examples = "darse login scientist --server https://darse.example.fr\n"
                 "darse login robot --days 1 --scopes read --password-fd 0 < password"},
    {"logout", "", "Revoke the token of a server and forget it", .act = act_logout,
     .options = server_options},
    {"whoami", "", "Who you are there", .act = act_whoami},
    {"tasks", "", "What awaits you", .act = act_tasks},
    {"server list", "", "The servers you are signed in to", .act = act_server_list,
     .options = json_options},
    {"server use", "URL", "Talk to this one from now on", .act = act_server_use,
     .options = none_options},
    {"token list", "", "Your API tokens", .act = act_token_list},
    {"token create", "NAME", "Make an API token for a program, printed once",
     .act = act_token_create, .options = token_options,
     .about = "Asks for the password and the code again: a token makes no other.",
     .examples = "darse token create nightly --scopes read --days 90"},
    {"token revoke", "TOKEN", "Revoke one of them", .act = act_token_revoke,
     .options = revoke_options},
    {"api", "METHOD PATH", "Call the API by hand", .act = act_api, .options = api_options,
     .about = "PATH is what follows /api/v1. The answer is printed as it is.",
     .examples = "darse api GET /projects?limit=5\n"
                 "darse api POST /projects/prj-.../members -d '{\"login\": \"lead\", \"roles\": "
                 "[\"lead\"]}'"},
    {0},
};
