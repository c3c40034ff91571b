/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the API, and names of things turned into identifiers. */
#include "cli/internal.h"

#include "base/ids.h"
#include "base/times.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 100000
#define PAGE_ROWS 200

/* ---- addresses ---- */

char *cli_escape(const char *text)
{
    return g_uri_escape_string(text, NULL, false);
}

char *cli_path(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *path = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return path;
}

/* ---- who, where ---- */

bool cli_server(Cli *cli, GError **error)
{
    if (cli->server != NULL)
        return true;
    if (cli->tokens == NULL && (cli->tokens = cli_tokens_load(error)) == NULL)
        return false;
    const char *given = cli_option(cli, "server");
    if (given == NULL)
        given = g_getenv("DARSE_SERVER");
    if (given == NULL)
        given = cli->tokens->current;
    if (given == NULL)
        return error_set(error, ERROR_UNAUTHENTICATED, "cli.no_server",
                         "No server is known; begin with darse login --server URL.");
    return cli_server_check(given, &cli->server, error);
}

HttpClient *cli_client(Cli *cli, GError **error)
{
    if (cli->client != NULL)
        return cli->client;
    if (!cli_server(cli, error))
        return NULL;
    const char *secret = g_getenv("DARSE_TOKEN");
    const CliToken *token = cli_tokens_find(cli->tokens, cli->server);
    if (secret == NULL && token != NULL)
        secret = token->secret;
    if (secret == NULL) {
        error_set(error, ERROR_UNAUTHENTICATED, "cli.not_signed_in",
                  "You are not signed in to %s; begin with darse login --server %s.", cli->server,
                  cli->server);
        return NULL;
    }
    cli->client = http_client_new(cli->server);
    http_client_set_token(cli->client, secret);
    return cli->client;
}

/* ---- calls ---- */

bool cli_problem(int status, const json_t *problem, GError **error)
{
    ErrorCode code = ERROR_INTERNAL;
    const char *detail = cli_text(problem, "detail");
    const char *reason = cli_text(problem, "reason");
    const char *request = status >= 500 ? cli_text(problem, "request") : "";
    for (int i = 0; i < ERROR_CODE_COUNT; i++) {
        if (error_kind(i)->http_status == status)
            code = (ErrorCode)i;
    }
    if (*detail == '\0')
        return error_set(error, code, "cli.answer", "The server answered with status %d.", status);
    return error_set(error, code, g_intern_string(reason), "%s (%s%s%s)", detail, reason,
                     *request != '\0' ? ", request " : "", request);
}

bool cli_call(Cli *cli, const char *method, const char *path, json_t *body, json_t **ret_answer,
              GError **error)
{
    g_autoptr(json_t) owned = body;
    g_autoptr(json_t) answer = NULL;
    g_autofree char *full = g_strconcat("/api/v1", path, NULL);
    int status = 0;
    HttpClient *client = cli_client(cli, error);
    if (client == NULL || !http_client_call(client, method, full, owned, &status, &answer, error))
        return false;
    if (status < 200 || status > 299)
        return cli_problem(status, answer, error);
    if (ret_answer != NULL)
        *ret_answer = answer != NULL ? g_steal_pointer(&answer) : json_null();
    return true;
}

bool cli_get(Cli *cli, const char *path, json_t **ret_answer, GError **error)
{
    return cli_call(cli, "GET", path, NULL, ret_answer, error);
}

bool cli_list(Cli *cli, const char *path, json_t **ret_items, GError **error)
{
    g_autoptr(json_t) items = json_array();
    g_autofree char *cursor = NULL;
    do {
        g_autoptr(json_t) page = NULL;
        g_autofree char *mark = cursor != NULL ? cli_escape(cursor) : NULL;
        const char *join = strchr(path, '?') != NULL ? "&" : "?";
        g_autofree char *at = mark != NULL ? cli_path("%s%scursor=%s", path, join, mark)
                                           : g_strdup(path);
        if (!cli_get(cli, at, &page, error))
            return false;
        json_array_extend(items, json_object_get(page, "items"));
        g_free(cursor);
        cursor = g_strdup(json_string_value(json_object_get(page, "next")));
    } while (cursor != NULL && json_array_size(items) < ITEMS_MAX);
    *ret_items = g_steal_pointer(&items);
    return true;
}

/* ---- names ---- */

/* The id of the item of the list PATH whose FIELD is NAME. */
static bool find_in(Cli *cli, const char *path, const char *field, const char *name,
                    const char *what, char **ret_id, GError **error)
{
    g_autoptr(json_t) items = NULL;
    if (!cli_list(cli, path, &items, error))
        return false;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (strcmp(cli_text(item, field), name) == 0) {
            *ret_id = g_strdup(cli_text(item, "id"));
            return true;
        }
    }
    return error_set(error, ERROR_NOT_FOUND, "cli.no_such", "There is no %s \"%s\" for you.", what,
                     name);
}

static bool find(Cli *cli, const char *prefix, const char *path, const char *field,
                 const char *name, const char *what, char **ret_id, GError **error)
{
    if (!id_check(prefix, name))
        return find_in(cli, path, field, name, what, ret_id, error);
    *ret_id = g_strdup(name);
    return true;
}

bool cli_find_project(Cli *cli, const char *name, char **ret_id, GError **error)
{
    return find(cli, "prj", "/projects?limit=200", "slug", name, "project", ret_id, error);
}

bool cli_given_project(Cli *cli, char **ret_id, GError **error)
{
    const char *name = cli_option(cli, "project");
    if (name == NULL)
        name = g_getenv("DARSE_PROJECT");
    if (name == NULL)
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "Say which project, with --project or in $DARSE_PROJECT.");
    return cli_find_project(cli, name, ret_id, error);
}

bool cli_find_source(Cli *cli, const char *name, char **ret_id, GError **error)
{
    return find(cli, "src", "/sources?limit=200", "slug", name, "source", ret_id, error);
}

bool cli_find_organisation(Cli *cli, const char *name, char **ret_id, GError **error)
{
    return find(cli, "org", "/organisations?limit=200", "name", name, "organisation", ret_id,
                error);
}

bool cli_find_dataset(Cli *cli, const char *name, char **ret_id, GError **error)
{
    g_autofree char *source = NULL;
    g_autoptr(json_t) shown = NULL;
    const char *slash = strchr(name, '/');
    if (id_check("dts", name)) {
        *ret_id = g_strdup(name);
        return true;
    }
    if (slash == NULL)
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "A dataset is named by its identifier, or as SOURCE/DATASET.");
    g_autofree char *slug = g_strndup(name, (gsize)(slash - name));
    if (!cli_find_source(cli, slug, &source, error))
        return false;
    g_autofree char *path = cli_path("/sources/%s", source);
    if (!cli_get(cli, path, &shown, error))
        return false;
    /* The newest version comes last. */
    const json_t *datasets = json_object_get(shown, "datasets");
    for (size_t i = json_array_size(datasets); i > 0; i--) {
        const json_t *dataset = json_array_get(datasets, i - 1);
        if (strcmp(cli_text(dataset, "slug"), slash + 1) == 0) {
            *ret_id = g_strdup(cli_text(dataset, "id"));
            return true;
        }
    }
    return error_set(error, ERROR_NOT_FOUND, "cli.no_such", "There is no dataset \"%s\".", name);
}

bool cli_time(const char *text, char **ret_time, GError **error)
{
    char *end = NULL;
    int64_t days = g_ascii_strtoll(text, &end, 10);
    if (end != text && strcmp(end, "d") == 0 && days > 0 && days <= 36500) {
        *ret_time = time_format(time_now_ms() + days * TIME_DAY_MS);
        return true;
    }
    if (strlen(text) < 10 || strlen(text) > 40)
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "\"%s\" is no date; write 2027-01-31, or 90d for ninety days.", text);
    *ret_time = g_strdup(text);
    return true;
}

/* ---- show ---- */

bool cli_show_list(Cli *cli, const char *path, const CliColumn *columns, GError **error)
{
    g_autoptr(json_t) items = NULL;
    if (!cli_list(cli, path, &items, error))
        return false;
    cli_print_items(cli, items, columns);
    return true;
}

bool cli_show(Cli *cli, const char *path, const CliColumn *fields, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_get(cli, path, &answer, error))
        return false;
    cli_print_object(cli, answer, fields);
    return true;
}
