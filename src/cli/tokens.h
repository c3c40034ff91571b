/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of tokens, ~/.config/darse/tokens.json: one entry per server that a person signed in to.
 * It is the person's alone (0600, in a folder of 0700): a wider one is refused, not mended, as others
 * may have read it.
 */
#ifndef DARSE_CLI_TOKENS_H
#define DARSE_CLI_TOKENS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define TOKENS_MAX 100
#define TOKENS_BYTES_MAX (256 * 1024)

typedef struct CliToken {
    char *url, *login, *id, *expires;
    char *secret;
} CliToken;

typedef struct CliTokens {
    char *current;        /* url of the server that was chosen last; NULL: none */
    GPtrArray *list;      /* of CliToken */
} CliTokens;
CliTokens *cli_tokens_new(void);
void cli_tokens_free(CliTokens *tokens);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliTokens, cli_tokens_free)

/* Pure. ERROR_INVALID "cli.tokens". */
bool cli_tokens_parse(const char *bytes, size_t size, CliTokens **ret_tokens, GError **error);
/* secret_free(). */
char *cli_tokens_format(const CliTokens *tokens);

/* NULL when there is none for URL. */
const CliToken *cli_tokens_find(const CliTokens *tokens, const char *url);
void cli_tokens_put(CliTokens *tokens, const char *url, const char *login, const char *id,
                    const char *expires, const char *secret);
void cli_tokens_drop(CliTokens *tokens, const char *url);

/* Where the file is. Caller frees. */
char *cli_tokens_path(void);
/* No file is no token. ERROR_DENIED "cli.tokens_mode" when others may read it. */
CliTokens *cli_tokens_load(GError **error);
bool cli_tokens_save(const CliTokens *tokens, GError **error);

/* "https://host[:port]", as servers are named here: scheme and host in lower case, no path. Pure.
 * ERROR_INVALID "cli.server"; plain http only to this machine, as a token would be read on the way. */
bool cli_server_check(const char *text, char **ret_url, GError **error);

#endif
