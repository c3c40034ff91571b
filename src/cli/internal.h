/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of people share. */
#ifndef DARSE_CLI_INTERNAL_H
#define DARSE_CLI_INTERNAL_H

#include "base/encode.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/tokens.h"
#include "http/client.h"

#include <jansson.h>

struct Cli {
    const Verb *verb;
    GStrv words;                       /* the words after the verb */
    int count;
    GHashTable *options;               /* name -> GStrv */
    bool json;
    CliTokens *tokens;
    char *server;                      /* url, once it is known */
    HttpClient *client;                /* of cli_client() */
    bool ended_badly;                  /* what was waited for: exit code 9 */
};

/* One of the options of nearly all verbs. */
#define CLI_SERVER {"server", 's', "URL", "The server; else $DARSE_SERVER, else the last one signed in to", NULL, false}
#define CLI_JSON {"json", 'j', NULL, "Print the API's own answer", NULL, false}
#define CLI_COMMON CLI_SERVER, CLI_JSON, {0}
#define CLI_PROJECT {"project", 'p', "PROJECT", "The project; else $DARSE_PROJECT", NULL, false}
extern const VerbOption cli_common_options[];

/* Exit codes beyond those of base/verbs.h; the reference is printed from the table of them. */
#define EXIT_SIGN_IN 3
#define EXIT_REFUSED 4
#define EXIT_NOT_FOUND 5
#define EXIT_CONFLICT 6
#define EXIT_UNAVAILABLE 7
#define EXIT_LIMIT 8
#define EXIT_ENDED_BADLY 9
typedef struct CliExit {
    int code;
    const char *meaning;
} CliExit;
extern const CliExit cli_exits[];      /* ended by meaning NULL */

/* ---- words and options ---- */

const char *cli_word(const Cli *cli, int at);                       /* NULL when not given */
const char *cli_option(const Cli *cli, const char *name);           /* the last one; NULL */
GStrv cli_options(const Cli *cli, const char *name);                /* NULL when not given */
bool cli_has(const Cli *cli, const char *name);
bool cli_option_integer(const Cli *cli, const char *name, int64_t min, int64_t max,
                        int64_t *ret_value, GError **error);        /* untouched when not given */
bool cli_option_needed(const Cli *cli, const char *name, const char **ret_value, GError **error);

/* ---- the server ---- */

bool cli_server(Cli *cli, GError **error);
/* The client with the token of the server at hand. NULL when nobody is signed in there. */
HttpClient *cli_client(Cli *cli, GError **error);
/* PATH is after "/api/v1". BODY is taken, may be NULL. Anything but 2xx is the problem's sentence as an
 * error. RET_ANSWER may be a NULL pointer. */
bool cli_call(Cli *cli, const char *method, const char *path, json_t *body, json_t **ret_answer,
              GError **error);
bool cli_get(Cli *cli, const char *path, json_t **ret_answer, GError **error);
/* The same in a session, opened with the person's password and code and ended after it: for what a token
 * may not do. The verb has CLI_PASSWORD_FD and CLI_CODE_FD among its options. */
bool cli_in_session(Cli *cli, const char *method, const char *path, json_t *body,
                    json_t **ret_answer, GError **error);
/* All pages of a list, as one array of items. */
bool cli_list(Cli *cli, const char *path, json_t **ret_items, GError **error);
/* The error that a refusal is. Always false. */
bool cli_problem(int status, const json_t *problem, GError **error);
/* One segment or value of an address. Caller frees. */
char *cli_escape(const char *text);
char *cli_path(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Identifiers of what people name. Caller frees. */
bool cli_find_project(Cli *cli, const char *name, char **ret_id, GError **error);
/* From --project or $DARSE_PROJECT. */
bool cli_given_project(Cli *cli, char **ret_id, GError **error);
bool cli_find_source(Cli *cli, const char *name, char **ret_id, GError **error);
bool cli_find_dataset(Cli *cli, const char *name, char **ret_id, GError **error);
bool cli_find_organisation(Cli *cli, const char *name, char **ret_id, GError **error);
/* "2027-01-31" or RFC 3339, or a number of days from now: "90d". */
bool cli_time(const char *text, char **ret_time, GError **error);

/* ---- printing ---- */

typedef enum CliKind { CLI_TEXT, CLI_TIME, CLI_SIZE, CLI_NUMBER, CLI_YES, CLI_WORDS } CliKind;
typedef struct CliColumn {
    const char *title;
    const char *path;                  /* of the item: "person.login" */
    CliKind kind;
} CliColumn;                           /* tables end with a row whose title is NULL */
/* ITEMS as a table, or with --json as they are. */
void cli_print_items(const Cli *cli, const json_t *items, const CliColumn *columns);
/* A preview of the server, {"columns": [{"name"}], "values": [[]]}, as a table. */
void cli_print_rows(const Cli *cli, const json_t *shown);
/* One object, a line per row of FIELDS; or as it is. */
void cli_print_object(const Cli *cli, const json_t *object, const CliColumn *fields);
void cli_print_json(const json_t *json);
/* A sentence on standard output, unless --json. */
void cli_say(const Cli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The value of PATH in OBJECT as text. Caller frees. */
char *cli_value(const json_t *object, const char *path, CliKind kind);
char *cli_size_text(int64_t bytes);
/* The text without what a terminal would obey. Caller frees. */
char *cli_clean(const char *text);
char *cli_clean_lines(const char *text);                            /* that keeps its lines */
const char *cli_text(const json_t *object, const char *name);       /* "" when absent */
/* GET and print. */
bool cli_show_list(Cli *cli, const char *path, const CliColumn *columns, GError **error);
bool cli_show(Cli *cli, const char *path, const CliColumn *fields, GError **error);

/* A line that is written over while something lasts; nothing where standard error is no terminal. */
typedef struct CliProgress {
    const char *label;
    int64_t before;                    /* bytes done before the call at hand */
    int64_t total;                     /* of the whole; -1: as the call says */
    int64_t started_us, shown_us;
} CliProgress;
void cli_progress(int64_t done, int64_t total, void *progress);
void cli_progress_end(CliProgress *progress);

/* ---- asking ---- */

/* A line from the terminal, without echo if SECRET; from the descriptor of option --NAME-fd if that is
 * given. ERROR_INVALID when there is neither. secret_free(). */
char *cli_ask(const Cli *cli, const char *name, const char *question, bool secret, GError **error);
#define CLI_PASSWORD_FD                                                                            \
    {"password-fd", 0, "N", "Read the password from this descriptor (0: standard input)", NULL, false}
/* The code of the second factor: --code-fd, or asked. */
#define CLI_CODE_FD {"code-fd", 0, "N", "Read the code of the second factor from this descriptor", NULL, false}

#endif
