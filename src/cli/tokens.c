/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tokens.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELD_MAX 1024

static void token_free(void *data)
{
    CliToken *token = data;
    if (token == NULL)
        return;
    g_free(token->url);
    g_free(token->login);
    g_free(token->id);
    g_free(token->expires);
    secret_free(token->secret);
    g_free(token);
}

CliTokens *cli_tokens_new(void)
{
    CliTokens *tokens = g_new0(CliTokens, 1);
    tokens->list = g_ptr_array_new_with_free_func(token_free);
    return tokens;
}

void cli_tokens_free(CliTokens *tokens)
{
    if (tokens == NULL)
        return;
    g_free(tokens->current);
    g_ptr_array_unref(tokens->list);
    g_free(tokens);
}

/* ---- servers ---- */

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || g_str_has_suffix(host, ".localhost") ||
           strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
}

bool cli_server_check(const char *text, char **ret_url, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
    const char *scheme = uri != NULL ? g_uri_get_scheme(uri) : NULL;
    const char *host = uri != NULL ? g_uri_get_host(uri) : NULL;
    if (host == NULL || *host == '\0' || strlen(text) > FIELD_MAX ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) ||
        g_uri_get_userinfo(uri) != NULL || g_uri_get_query(uri) != NULL ||
        g_uri_get_fragment(uri) != NULL || strlen(g_uri_get_path(uri)) > 1)
        return error_set(error, ERROR_INVALID, "cli.server",
                         "A server is written https://host or https://host:port.");
    if (strcmp(scheme, "http") == 0 && !is_loopback(host))
        return error_set(error, ERROR_INVALID, "cli.server",
                         "%s is reached without encryption; only https is spoken to other machines.",
                         host);
    g_autofree char *lower = g_ascii_strdown(host, -1);
    bool v6 = strchr(lower, ':') != NULL;
    int port = g_uri_get_port(uri);
    g_autofree char *end = port > 0 ? g_strdup_printf(":%d", port) : g_strdup("");
    *ret_url = g_strdup_printf("%s://%s%s%s%s", scheme, v6 ? "[" : "", lower, v6 ? "]" : "", end);
    return true;
}

/* ---- the text of the file ---- */

static char *field(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text != NULL && text_check(text, FIELD_MAX, false, name, NULL) ? g_strdup(text) : NULL;
}

static bool take_row(const json_t *row, CliTokens *tokens)
{
    CliToken *token = g_new0(CliToken, 1);
    g_ptr_array_add(tokens->list, token);
    g_autofree char *url = field(row, "server");
    token->login = field(row, "login");
    token->id = field(row, "id");
    token->expires = field(row, "expires");
    token->secret = field(row, "token");
    return json_object_size(row) == 5 && url != NULL && token->login != NULL &&
           token->id != NULL && token->expires != NULL && token->secret != NULL &&
           cli_server_check(url, &token->url, NULL);
}

bool cli_tokens_parse(const char *bytes, size_t size, CliTokens **ret_tokens, GError **error)
{
    g_autoptr(json_t) json = size > 0 && size <= TOKENS_BYTES_MAX ? json_parse(bytes, size, NULL)
                                                                   : NULL;
    const json_t *rows = json_object_get(json, "servers");
    const json_t *current = json_object_get(json, "current");
    g_autoptr(CliTokens) tokens = cli_tokens_new();
    bool ok = json_is_array(rows) && json_array_size(rows) <= TOKENS_MAX &&
              (current == NULL || json_is_null(current) ||
               cli_server_check(json_is_string(current) ? json_string_value(current) : "",
                                &tokens->current, NULL));
    for (size_t i = 0; ok && i < json_array_size(rows); i++)
        ok = take_row(json_array_get(rows, i), tokens);
    if (!ok)
        return error_set(error, ERROR_INVALID, "cli.tokens",
                         "The file of tokens is not one of ours; remove it and sign in again.");
    *ret_tokens = g_steal_pointer(&tokens);
    return true;
}

char *cli_tokens_format(const CliTokens *tokens)
{
    json_t *rows = json_array();
    for (guint i = 0; i < tokens->list->len; i++) {
        const CliToken *token = tokens->list->pdata[i];
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:s}", "server", token->url,
                                              "login", token->login, "id", token->id, "expires",
                                              token->expires, "token", token->secret));
    }
    g_autoptr(json_t) json = json_pack("{s:s?, s:o}", "current", tokens->current, "servers", rows);
    char *text = json_dumps(json, JSON_INDENT(2));
    char *copy = g_strconcat(text, "\n", NULL);
    explicit_bzero(text, strlen(text));
    free(text);
    return copy;
}

/* ---- its entries ---- */

static guint find_at(const CliTokens *tokens, const char *url)
{
    guint at = 0;
    while (at < tokens->list->len &&
           strcmp(((CliToken *)tokens->list->pdata[at])->url, url) != 0)
        at++;
    return at;
}

const CliToken *cli_tokens_find(const CliTokens *tokens, const char *url)
{
    guint at = find_at(tokens, url);
    return at < tokens->list->len ? tokens->list->pdata[at] : NULL;
}

void cli_tokens_drop(CliTokens *tokens, const char *url)
{
    guint at = find_at(tokens, url);
    if (at < tokens->list->len)
        g_ptr_array_remove_index(tokens->list, at);
    if (g_strcmp0(tokens->current, url) == 0)
        g_clear_pointer(&tokens->current, g_free);
}

void cli_tokens_put(CliTokens *tokens, const char *url, const char *login, const char *id,
                    const char *expires, const char *secret)
{
    cli_tokens_drop(tokens, url);
    CliToken *token = g_new0(CliToken, 1);
    *token = (CliToken){g_strdup(url), g_strdup(login), g_strdup(id), g_strdup(expires),
                        g_strdup(secret)};
    g_ptr_array_add(tokens->list, token);
    g_free(tokens->current);
    tokens->current = g_strdup(url);
}

/* ---- the file ---- */

char *cli_tokens_path(void)
{
    return g_build_filename(g_get_user_config_dir(), "darse", "tokens.json", NULL);
}

static bool mode_check(int fd, const char *path, GError **error)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 077) != 0)
        return error_set(error, ERROR_DENIED, "cli.tokens_mode",
                         "%s can be read by others than you: its tokens may be known. Revoke them "
                         "(on your account's page), remove the file, and sign in again.",
                         path);
    return true;
}

CliTokens *cli_tokens_load(GError **error)
{
    g_autofree char *path = cli_tokens_path();
    FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return cli_tokens_new();
    if (fd < 0) {
        error_set(error, ERROR_DENIED, "cli.tokens_mode", "%s cannot be opened: %s.", path,
                  g_strerror(errno));
        return NULL;
    }
    if (!mode_check(fd, path, error))
        return NULL;
    char *bytes = g_malloc0(TOKENS_BYTES_MAX + 2);
    ssize_t size = read(fd, bytes, TOKENS_BYTES_MAX + 1);
    CliTokens *tokens = NULL;
    if (size < 0)
        error_set_errno(error, errno, "cli.tokens", "Cannot read %s", path);
    else
        cli_tokens_parse(bytes, (size_t)size, &tokens, error);
    explicit_bzero(bytes, TOKENS_BYTES_MAX + 2);
    g_free(bytes);
    return tokens;
}

bool cli_tokens_save(const CliTokens *tokens, GError **error)
{
    g_autofree char *path = cli_tokens_path();
    g_autofree char *folder = g_path_get_dirname(path);
    if (tokens->list->len > TOKENS_MAX)
        return error_set(error, ERROR_TOO_LARGE, "cli.tokens", "There are too many servers.");
    if (!folder_make(folder, 0700, error))
        return false;
    char *text = cli_tokens_format(tokens);
    bool ok = file_write(path, text, strlen(text), 0600, error);
    secret_free(text);
    return ok;
}
