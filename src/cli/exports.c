/* SPDX-License-Identifier: Apache-2.0 */
/* The airlock: exports by their authors, reviews by checkers. */
#include "cli/internal.h"

#include "base/declare.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define WAIT_EVERY_US 2000000

static const CliColumn columns[] = {
    {"EXPORT", "id", CLI_TEXT},   {"TITLE", "title", CLI_TEXT}, {"PROJECT", "project.title", CLI_TEXT},
    {"AUTHOR", "author.login", CLI_TEXT}, {"STATE", "state", CLI_TEXT},
    {"ROUND", "round", CLI_NUMBER}, {"SUBMITTED", "submitted", CLI_TIME}, {0}};
static const CliColumn fields[] = {
    {"Export", "id", CLI_TEXT},      {"Title", "title", CLI_TEXT},
    {"Context", "context", CLI_TEXT}, {"Project", "project.title", CLI_TEXT},
    {"Author", "author.login", CLI_TEXT}, {"State", "state", CLI_TEXT},
    {"Round", "round", CLI_NUMBER},  {"Reviews needed", "checkers_needed", CLI_NUMBER},
    {"Reviews given", "reviews_given", CLI_NUMBER}, {"Submitted", "submitted", CLI_TIME},
    {"Decided", "decided", CLI_TIME}, {"Released", "released", CLI_TIME}, {0}};
static const CliColumn file_columns[] = {
    {"FILE", "id", CLI_TEXT},        {"NAME", "name", CLI_TEXT}, {"SIZE", "size", CLI_SIZE},
    {"VERDICT", "verdict", CLI_TEXT}, {"FLAGGED", "lint.summary.flagged", CLI_NUMBER}, {0}};
static const CliColumn review_columns[] = {
    {"CHECKER", "checker.login", CLI_TEXT}, {"DECISION", "decision", CLI_TEXT},
    {"ROUND", "round", CLI_NUMBER}, {"COMMENT", "comment", CLI_TEXT}, {0}};

static char *at(const Cli *cli, const char *below)
{
    g_autofree char *id = cli_escape(cli_word(cli, 0));
    return cli_path("/exports/%s%s", id, below);
}

static void print_export(const Cli *cli, const json_t *answer)
{
    cli_print_object(cli, answer, fields);
    if (cli->json)
        return;
    if (json_array_size(json_object_get(answer, "files")) > 0) {
        printf("\n");
        cli_print_items(cli, json_object_get(answer, "files"), file_columns);
    }
    if (json_array_size(json_object_get(answer, "reviews")) > 0) {
        printf("\n");
        cli_print_items(cli, json_object_get(answer, "reviews"), review_columns);
    }
}

static bool print(Cli *cli, const char *method, const char *path, json_t *body, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_call(cli, method, path, body, &answer, error))
        return false;
    print_export(cli, answer);
    return true;
}

/* ---- authors ---- */

static bool act_list(Cli *cli, GError **error)
{
    g_autofree char *project = NULL;
    if (!cli_find_project(cli, cli_word(cli, 0), &project, error))
        return false;
    g_autofree char *path = cli_path("/projects/%s/exports?limit=200", project);
    return cli_show_list(cli, path, columns, error);
}

static bool act_edit(Cli *cli, GError **error)
{
    g_autofree char *id = cli_escape(cli_word(cli, 0));
    g_autofree char *path = cli_path("/exports/%s", id);
    return print(cli, "PATCH", path,
                 json_pack("{s:s*, s:s*}", "title", cli_option(cli, "title"), "context",
                           cli_option(cli, "context")),
                 error);
}

static bool act_create(Cli *cli, GError **error)
{
    const char *title = NULL, *context = NULL;
    g_autofree char *project = NULL;
    if (!cli_option_needed(cli, "title", &title, error) ||
        !cli_option_needed(cli, "context", &context, error) ||
        !cli_find_project(cli, cli_word(cli, 0), &project, error))
        return false;
    g_autofree char *path = cli_path("/projects/%s/exports", project);
    return print(cli, "POST", path, json_pack("{s:s, s:s}", "title", title, "context", context),
                 error);
}

static bool act_add(Cli *cli, GError **error)
{
    static const CliColumn file_fields[] = {
        {"File", "id", CLI_TEXT},         {"Name", "name", CLI_TEXT}, {"Size", "size", CLI_SIZE},
        {"Verdict", "verdict", CLI_TEXT}, {"Cells", "lint.summary.cells", CLI_NUMBER},
        {"Flagged", "lint.summary.flagged", CLI_NUMBER}, {"SHA-256", "sha256", CLI_TEXT}, {0}};
    static const CliColumn flags[] = {{"ROW", "row", CLI_NUMBER}, {"RULE", "rule", CLI_TEXT},
                                      {"COLUMN", "column", CLI_TEXT}, {"VALUE", "value", CLI_TEXT},
                                      {"MEASURE", "measure", CLI_NUMBER}, {"LIMIT", "limit", CLI_NUMBER},
                                      {0}};
    g_autofree char *path = at(cli, "/files");
    g_autoptr(json_t) answer = NULL;
    json_t *declaration =
        json_pack("{s:s*, s:s*, s:s*, s:s*, s:s*, s:o, s:o}", "count", cli_option(cli, "count"),
                  "contributors", cli_option(cli, "contributors"), "total",
                  cli_option(cli, "total"), "absolute", cli_option(cli, "absolute"), "largest",
                  cli_option(cli, "largest"), "next", declare_names(cli_option(cli, "next")),
                  "dimensions",
                  declare_dimensions(cli_option(cli, "dimensions"), cli_option(cli, "nested")));
    if (!cli_call(cli, "POST", path,
                  json_pack("{s:s, s:s*, s:o}", "path", cli_word(cli, 1), "name",
                            cli_option(cli, "name"), "declaration", declaration),
                  &answer, error))
        return false;
    cli_print_object(cli, answer, file_fields);
    const json_t *list = json_object_get(json_object_get(answer, "lint"), "flags");
    if (!cli->json && json_array_size(list) > 0) {
        printf("\n");
        cli_print_items(cli, list, flags);
    }
    return true;
}

static bool act_remove(Cli *cli, GError **error)
{
    g_autofree char *file = cli_escape(cli_word(cli, 1));
    g_autofree char *below = g_strconcat("/files/", file, NULL);
    g_autofree char *path = at(cli, below);
    return cli_call(cli, "DELETE", path, NULL, NULL, error);
}

static bool act_submit(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli, "/submit");
    return print(cli, "POST", path, NULL, error);
}

static bool act_withdraw(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli, "/withdraw");
    return print(cli, "POST", path, NULL, error);
}

/* With --wait: until the checkers have decided. */
static bool act_status(Cli *cli, GError **error)
{
    static const char *const bad[] = {"returned", "rejected", "withdrawn", NULL};
    g_autofree char *path = at(cli, "");
    for (;;) {
        g_autoptr(json_t) answer = NULL;
        if (!cli_get(cli, path, &answer, error))
            return false;
        const char *state = cli_text(answer, "state");
        if (!cli_has(cli, "wait") || strcmp(state, "submitted") != 0) {
            cli->ended_badly = cli_has(cli, "wait") && g_strv_contains(bad, state);
            print_export(cli, answer);
            return true;
        }
        g_usleep(WAIT_EVERY_US);
    }
}

static bool download(Cli *cli, const char *path, const char *file, GError **error)
{
    g_autofree char *full = g_strconcat("/api/v1", path, NULL);
    g_autoptr(json_t) answer = NULL;
    int status = 0;
    HttpClient *client = cli_client(cli, error);
    if (client == NULL)
        return false;
    FD_AUTO int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return error_set(error, errno == EEXIST ? ERROR_CONFLICT : ERROR_INVALID, "cli.file",
                         "\"%s\" cannot be made: %s.", file, g_strerror(errno));
    CliProgress progress = {.label = file, .total = -1, .started_us = g_get_monotonic_time()};
    bool ok = http_client_fetch(client, full, fd, cli_progress, &progress, &status, &answer, error);
    cli_progress_end(&progress);
    if (ok && status != 200)
        ok = cli_problem(status, answer, error);
    if (!ok)
        unlink(file);
    else
        cli_say(cli, "%s", file);
    return ok;
}

static bool act_download(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli, "/release");
    g_autofree char *normal = g_strconcat(cli_word(cli, 0), ".zip", NULL);
    const char *file = cli_word(cli, 1);
    if (strchr(cli_word(cli, 0), '/') != NULL)
        return error_set(error, ERROR_INVALID, "cli.usage", "An export is named exp-....");
    return download(cli, path, file != NULL ? file : normal, error);
}

/* ---- checkers ---- */

static bool act_reviews(Cli *cli, GError **error)
{
    return cli_show_list(cli, "/exports?queue=review&limit=200", columns, error);
}

static char *file_at(const Cli *cli, const char *what)
{
    g_autofree char *file = cli_escape(cli_word(cli, 1));
    g_autofree char *below = cli_path("/files/%s/%s", file, what);
    return at(cli, below);
}

static bool act_preview(Cli *cli, GError **error)
{
    g_autofree char *path = file_at(cli, "preview");
    g_autoptr(json_t) shown = NULL;
    if (!cli_get(cli, path, &shown, error))
        return false;
    if (cli->json) {
        cli_print_json(shown);
        return true;
    }
    cli_print_rows(cli, shown);
    return true;
}

static bool act_review_download(Cli *cli, GError **error)
{
    g_autofree char *path = file_at(cli, "content");
    const char *to = cli_word(cli, 2);
    if (to == NULL && strchr(cli_word(cli, 1), '/') != NULL)
        return error_set(error, ERROR_INVALID, "cli.usage", "A file is named fil-....");
    return download(cli, path, to != NULL ? to : cli_word(cli, 1), error);
}

static bool act_decide(Cli *cli, GError **error)
{
    static const char *const decisions[] = {"approve", "return", "reject", NULL};
    const char *decision = cli_word(cli, 1);
    g_autofree char *path = at(cli, "/reviews");
    if (!g_strv_contains(decisions, decision))
        return error_set(error, ERROR_INVALID, "cli.usage",
                         "A decision is approve, return or reject.");
    char *code = cli_ask(cli, "code", "Code of your second factor", true, error);
    if (code == NULL)
        return false;
    json_t *body = json_pack("{s:s, s:s, s:s*}", "decision", decision, "code", code, "comment",
                             cli_option(cli, "comment"));
    secret_free(code);
    return print(cli, "POST", path, body, error);
}

/* ---- the table ---- */

static const VerbOption create_options[] = {
    {"title", 0, "TITLE", "What it is", NULL, false},
    {"context", 0, "TEXT", "What the tables are: population, variables, method", NULL, false},
    CLI_COMMON};
static const VerbOption add_options[] = {
    {"count", 0, "COLUMN", "The column that counts the units behind each row", NULL, false},
    {"total", 0, "COLUMN", "The column of totals", NULL, false},
    {"contributors", 0, "COLUMN", "The column of respondents, or groups of enterprises", NULL, false},
    {"absolute", 0, "COLUMN", "The column of sums of absolute values", NULL, false},
    {"largest", 0, "COLUMN", "The column of largest contributions; it does not leave", NULL, false},
    {"next", 0, "COLUMNS", "Those of the second largest, third..., between commas", NULL, false},
    {"dimensions", 0, "COLUMNS", "How cells add up: COLUMN[=TOTAL] between commas", NULL, false},
    {"nested", 0, "COLUMNS", "Dimensions whose codes begin with that of the whole", NULL, false},
    {"name", 0, "NAME", "Its name in the package; else its own", NULL, false}, CLI_COMMON};
static const VerbOption status_options[] = {
    {"wait", 'w', NULL, "Wait until the checkers have decided", NULL, false}, CLI_COMMON};
static const VerbOption decide_options[] = {
    {"comment", 0, "TEXT", "Told to the author", NULL, false}, CLI_CODE_FD, CLI_COMMON};

const Verb cli_export_verbs[] = {
    {"export list", "PROJECT", "Exports of a project, newest first", .act = act_list},
    {"export create", "PROJECT", "Begin an export", .act = act_create, .options = create_options},
    {"export edit", "EXPORT", "Change the title or context of a draft", .act = act_edit,
     .options = create_options},
    {"export add", "EXPORT PATH", "Copy a file of /project into it, and check it", .act = act_add,
     .options = add_options,
     .examples = "darse export create care-use --title Visits --context 'Visits by state of health'\n"
                 "darse export add exp-... results/visits.csv --count persons\n"
                 "darse export submit exp-... && darse export status exp-... --wait\n"
                 "darse export download exp-..."},
    {"export remove", "EXPORT FILE", "Take a file out of a draft", .act = act_remove},
    {"export submit", "EXPORT", "Submit it to the checkers", .act = act_submit},
    {"export withdraw", "EXPORT", "Withdraw it", .act = act_withdraw},
    {"export status", "EXPORT", "An export, its files and its reviews", .act = act_status,
     .options = status_options},
    {"export download", "EXPORT [FILE]", "Fetch the package of an approved export",
     .act = act_download},
    {"review list", "", "Exports that await your review", .act = act_reviews},
    {"review show", "EXPORT", "One of them", .act = act_status},
    {"review preview", "EXPORT FILE", "The first rows of a file", .act = act_preview},
    {"review download", "EXPORT FILE [TO]", "Fetch a file, to check it elsewhere",
     .act = act_review_download},
    {"review decide", "EXPORT DECISION", "approve, return or reject, signed with a code",
     .act = act_decide, .options = decide_options,
     .examples = "darse review decide exp-... return --comment 'Row 3 counts four persons'"},
    {0},
};
