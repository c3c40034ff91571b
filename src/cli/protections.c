/* SPDX-License-Identifier: Apache-2.0 */
/* From a raw file to a use file, and the keys of pseudonyms. */
#include "cli/internal.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECIPE_BYTES_MAX (900 * 1024)
#define PAGE_BYTES_MAX (8 * 1024 * 1024)
#define LOOK_EVERY_US 300000

static const CliColumn columns[] = {
    {"PROTECTION", "id", CLI_TEXT}, {"DATASET", "slug", CLI_TEXT}, {"LEVEL", "level", CLI_TEXT},
    {"STATE", "state", CLI_TEXT},   {"RECIPE", "recipe_title", CLI_TEXT},
    {"BY", "created_by", CLI_TEXT}, {"SINCE", "created", CLI_TIME}, {0}};
static const CliColumn fields[] = {
    {"Protection", "id", CLI_TEXT},  {"Dataset to come", "slug", CLI_TEXT},
    {"Title", "title", CLI_TEXT},    {"Level", "level", CLI_TEXT},
    {"Recipe", "recipe_title", CLI_TEXT}, {"Keys of", "domains", CLI_WORDS},
    {"State", "state", CLI_TEXT},    {"Failure", "failure", CLI_TEXT},
    {"Raw file", "file_name", CLI_TEXT}, {"Records before", "summary.before.records", CLI_NUMBER},
    {"Records after", "summary.after.records", CLI_NUMBER},
    {"Unique before", "summary.before.uniques", CLI_NUMBER},
    {"Unique after", "summary.after.uniques", CLI_NUMBER},
    {"Below k before", "summary.before.below_k", CLI_NUMBER},
    {"Below k after", "summary.after.below_k", CLI_NUMBER},
    {"Below k after, missing alike", "summary.after.below_k_wildcard", CLI_NUMBER},
    {"Identifiers left", "summary.after.identifiers", CLI_NUMBER},
    {"Published as", "dataset", CLI_TEXT}, {0}};

static char *at(const char *id, const char *below)
{
    g_autofree char *escaped = cli_escape(id);
    return cli_path("/protections/%s%s", escaped, below);
}

static bool print(Cli *cli, const char *method, const char *path, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_call(cli, method, path, NULL, &answer, error))
        return false;
    cli_print_object(cli, answer, fields);
    return true;
}

static bool act_list(Cli *cli, GError **error)
{
    g_autofree char *source = NULL;
    if (!cli_find_source(cli, cli_word(cli, 0), &source, error))
        return false;
    g_autofree char *path = cli_path("/sources/%s/protections", source);
    return cli_show_list(cli, path, columns, error);
}

static bool act_show(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli_word(cli, 0), "");
    return print(cli, "GET", path, error);
}

static bool act_publish(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli_word(cli, 0), "/publish");
    return print(cli, "POST", path, error);
}

static bool act_discard(Cli *cli, GError **error)
{
    g_autofree char *path = at(cli_word(cli, 0), "/discard");
    return print(cli, "POST", path, error);
}

/* ---- protecting ---- */

static bool read_recipe(const char *path, json_t **ret_recipe, GError **error)
{
    g_autofree char *text = NULL;
    size_t size = 0;
    if (!file_read(path, RECIPE_BYTES_MAX, &text, &size, error))
        return false;
    *ret_recipe = json_parse(text, size, error);
    return *ret_recipe != NULL;
}

static bool begin(Cli *cli, char **ret_id, GError **error)
{
    static const char *const names[] = {"title", "slug", "vintage", "level"};
    const char *recipe_path = NULL, *value = NULL;
    g_autofree char *source = NULL, *project = NULL;
    g_autoptr(json_t) body = json_object();
    g_autoptr(json_t) recipe = NULL;
    g_autoptr(json_t) answer = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!cli_option_needed(cli, names[i], &value, error))
            return false;
        json_object_set_new(body, names[i], json_string(value));
    }
    if (!cli_option_needed(cli, "recipe", &recipe_path, error) ||
        !read_recipe(recipe_path, &recipe, error) ||
        !cli_find_source(cli, cli_word(cli, 0), &source, error) ||
        (cli_has(cli, "project") && !cli_given_project(cli, &project, error)))
        return false;
    json_object_set(body, "recipe", recipe);
    if (project != NULL)
        json_object_set_new(body, "project", json_string(project));
    g_autofree char *path = cli_path("/sources/%s/protections", source);
    if (!cli_call(cli, "POST", path, json_incref(body), &answer, error))
        return false;
    *ret_id = g_strdup(cli_text(answer, "id"));
    return true;
}

static bool send_raw(Cli *cli, const char *id, const char *file, int fd, int64_t size, GError **error)
{
    g_autofree char *base = g_path_get_basename(file);
    g_autofree char *name = cli_escape(base);
    g_autofree char *path = cli_path("/api/v1/protections/%s/file?name=%s", id, name);
    const char *type = g_str_has_suffix(base, ".parquet") ? "application/vnd.apache.parquet" : "text/csv";
    CliProgress progress = {.label = base, .total = size, .started_us = g_get_monotonic_time()};
    HttpClient *client = cli_client(cli, error);
    g_autoptr(json_t) answer = NULL;
    int status = 0;
    bool sent = client != NULL && http_client_send(client, "PUT", path, type, fd, 0, size, cli_progress,
                                                   &progress, &status, &answer, error);
    cli_progress_end(&progress);
    return sent && (status == 202 || cli_problem(status, answer, error));
}

static void show_step(const json_t *now)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3.0f %%  %-40.40s", 100 * json_number_value(json_object_get(now, "done")),
                cli_text(now, "step"));
}

/* Until the recipe has been applied. */
static bool wait_made(Cli *cli, const char *id, json_t **ret_now, GError **error)
{
    g_autofree char *path = at(id, "");
    for (;;) {
        g_autoptr(json_t) now = NULL;
        if (!cli_get(cli, path, &now, error))
            return false;
        if (strcmp(cli_text(now, "state"), "running") != 0) {
            if (isatty(STDERR_FILENO))
                fprintf(stderr, "\r%60s\r", "");
            *ret_now = g_steal_pointer(&now);
            return true;
        }
        show_step(now);
        g_usleep(LOOK_EVERY_US);
    }
}

/* With --publish, what came out is published when the recipe went well. */
static bool act_protect(Cli *cli, GError **error)
{
    const char *file = cli_word(cli, 1);
    g_autofree char *id = NULL;
    g_autoptr(json_t) now = NULL;
    struct stat st;
    FD_AUTO int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return error_set(error, ERROR_INVALID, "cli.file", "\"%s\" is not a file to read.", file);
    if (!begin(cli, &id, error) || !send_raw(cli, id, file, fd, st.st_size, error) ||
        !wait_made(cli, id, &now, error))
        return false;
    bool ready = strcmp(cli_text(now, "state"), "ready") == 0;
    if (ready && cli_has(cli, "publish")) {
        g_autofree char *path = at(id, "/publish");
        return print(cli, "POST", path, error);
    }
    cli_print_object(cli, now, fields);
    cli->ended_badly = !ready;
    if (ready)
        cli_say(cli, "Read it, then: darse protection publish %s", id);
    return true;
}

/* ---- reports ---- */

static bool write_page(Cli *cli, const char *path, const char *file, GError **error)
{
    g_autoptr(GBytes) page = NULL;
    int status = 0;
    HttpClient *client = cli_client(cli, error);
    if (client == NULL || !http_client_download(client, path, PAGE_BYTES_MAX, &status, &page, error))
        return false;
    gsize size;
    const char *bytes = g_bytes_get_data(page, &size);
    if (status != 200) {
        g_autoptr(json_t) problem = json_parse(bytes, size, NULL);
        return cli_problem(status, problem, error);
    }
    return file_write(file, bytes, size, 0600, error);
}

/* DATASET: a published one; or a protection that is ready. */
static bool act_report(Cli *cli, GError **error)
{
    const char *word = cli_word(cli, 0), *page = cli_option(cli, "page");
    const char *language = cli_option(cli, "language");
    g_autofree char *id = NULL, *base = NULL;
    g_autoptr(json_t) answer = NULL;
    if (g_str_has_prefix(word, "prt-"))
        base = at(word, "/report");
    else if (!cli_find_dataset(cli, word, &id, error))
        return false;
    else
        base = cli_path("/datasets/%s/report", id);
    if (page != NULL) {
        g_autofree char *path = cli_path("/api/v1%s.html?language=%s", base,
                                         language != NULL ? language : "en");
        if (!write_page(cli, path, page, error))
            return false;
        cli_say(cli, "The report is in %s", page);
        return true;
    }
    if (!cli_get(cli, base, &answer, error))
        return false;
    cli_print_json(answer);
    return true;
}

/* ---- keys ---- */

static const CliColumn key_columns[] = {
    {"KEY", "id", CLI_TEXT}, {"DOMAIN", "domain", CLI_TEXT}, {"PROJECT", "project.title", CLI_TEXT},
    {"PRODUCER", "organisation.name", CLI_TEXT}, {"MADE", "created", CLI_TIME},
    {"DESTROYED", "destroyed", CLI_TIME}, {"BY", "destroyed_by", CLI_TEXT}, {0}};

static bool act_keys(Cli *cli, GError **error)
{
    return cli_show_list(cli, "/pseudonym-keys", key_columns, error);
}

static bool act_destroy(Cli *cli, GError **error)
{
    const char *reason = NULL;
    g_autoptr(json_t) answer = NULL;
    if (!cli_option_needed(cli, "reason", &reason, error))
        return false;
    char *code = cli_ask(cli, "code", "Code of your second factor (the key is destroyed for good): ", true,
                         error);
    if (code == NULL)
        return false;
    g_autofree char *key = cli_escape(cli_word(cli, 0));
    g_autofree char *path = cli_path("/pseudonym-keys/%s/destroy", key);
    bool ok = cli_call(cli, "POST", path, json_pack("{s:s, s:s}", "reason", reason, "code", code), &answer,
                       error);
    secret_free(code);
    if (!ok)
        return false;
    static const CliColumn key_fields[] = {
        {"Key", "id", CLI_TEXT}, {"Domain", "domain", CLI_TEXT}, {"Destroyed", "destroyed", CLI_TIME},
        {"By", "destroyed_by", CLI_TEXT}, {"Reason", "reason", CLI_TEXT}, {0}};
    cli_print_object(cli, answer, key_fields);
    return true;
}

/* ---- the table ---- */

static const VerbOption protect_options[] = {
    {"recipe", 0, "FILE", "The recipe: docs/sdc/recipes.md", NULL, false},
    {"title", 0, "TITLE", "Of the dataset to come", NULL, false},
    {"slug", 0, "NAME", "Its short name; that of an earlier version for a new one", NULL, false},
    {"vintage", 0, "WORD", "Its year or date", NULL, false},
    {"level", 0, "LEVEL", "public, scientific or secure", "public scientific secure", false},
    {"project", 'p', "PROJECT", "Whose keys of pseudonyms; else those of files for every project", NULL,
     false},
    {"publish", 0, NULL, "Publish at once, without looking at the report", NULL, false}, CLI_COMMON};
static const VerbOption report_options[] = {
    {"page", 0, "FILE", "Write it as a page for a browser", NULL, false},
    {"language", 0, "CODE", "Of the page: en (by default) or fr", "en fr", false}, CLI_COMMON};
static const VerbOption destroy_options[] = {
    {"reason", 0, "TEXT", "Why; it stays on record", NULL, false}, CLI_CODE_FD, CLI_COMMON};

const Verb cli_protection_verbs[] = {
    {"dataset protect", "SOURCE FILE", "Apply a recipe to a raw file, which is erased afterwards",
     .act = act_protect, .options = protect_options,
     .examples = "darse dataset protect employees raw.csv --recipe secure.json --title 'Employees, secure "
                 "use file' --slug employees-secure --vintage 2026 --level secure"},
    {"dataset report", "DATASET", "How a version was made, or what a protection would publish",
     .act = act_report, .options = report_options,
     .examples = "darse dataset report employees/employees-secure --page report.html"},
    {"protection list", "SOURCE", "Raw files on their way to being use files", .act = act_list},
    {"protection show", "PROTECTION", "One of them: its state and its risk", .act = act_show},
    {"protection publish", "PROTECTION", "Publish what came out", .act = act_publish},
    {"protection discard", "PROTECTION", "Throw it away", .act = act_discard},
    {"key list", "", "Keys of pseudonyms, without any secret", .act = act_keys},
    {"key destroy", "KEY", "Destroy a key for good", .act = act_destroy, .options = destroy_options,
     .examples = "darse key destroy key-2f6x4mqh3n7ctd5e --reason 'End of the agreement'"},
    {0},
};
