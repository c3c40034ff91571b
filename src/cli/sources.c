/* SPDX-License-Identifier: Apache-2.0 */
/* Sources and their datasets. */
#include "cli/internal.h"

#include "base/files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLES_BYTES_MAX (1024 * 1024)

static const CliColumn dataset_columns[] = {
    {"DATASET", "slug", CLI_TEXT},  {"TITLE", "title", CLI_TEXT}, {"VINTAGE", "vintage", CLI_TEXT},
    {"LEVEL", "level", CLI_TEXT},   {"STATE", "state", CLI_TEXT}, {"ROWS", "rows", CLI_NUMBER},
    {"ID", "id", CLI_TEXT},         {0}};
static const CliColumn dataset_fields[] = {
    {"Dataset", "slug", CLI_TEXT},     {"Identifier", "id", CLI_TEXT},
    {"Title", "title", CLI_TEXT},      {"Source", "source.title", CLI_TEXT},
    {"Vintage", "vintage", CLI_TEXT},  {"Version", "version", CLI_NUMBER},
    {"Level", "level", CLI_TEXT},      {"State", "state", CLI_TEXT},
    {"Failure", "failure", CLI_TEXT},  {"Rows", "rows", CLI_NUMBER},
    {"Size", "file_size", CLI_SIZE},   {"SHA-256", "file_sha256", CLI_TEXT},
    {"In a bubble", "path", CLI_TEXT}, {"Published", "published", CLI_TIME}, {0}};

static bool act_list(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"SOURCE", "slug", CLI_TEXT}, {"TITLE", "title", CLI_TEXT},
        {"PRODUCER", "organisation.name", CLI_TEXT}, {"PURPOSES", "purposes", CLI_WORDS}, {0}};
    const char *search = cli_option(cli, "search");
    g_autofree char *words = search != NULL ? cli_escape(search) : NULL;
    g_autofree char *path = words != NULL ? cli_path("/sources?limit=200&q=%s", words)
                                          : g_strdup("/sources?limit=200");
    return cli_show_list(cli, path, columns, error);
}

static const CliColumn source_fields[] = {
    {"Source", "slug", CLI_TEXT},   {"Identifier", "id", CLI_TEXT}, {"Title", "title", CLI_TEXT},
    {"Summary", "summary", CLI_TEXT}, {"Producer", "organisation.name", CLI_TEXT},
    {"Legal basis", "legal_basis", CLI_TEXT}, {"Routes", "routes", CLI_WORDS},
    {"Purposes", "purposes", CLI_WORDS}, {"Rule pack", "rule_pack", CLI_TEXT},
    {"Theme", "theme", CLI_TEXT},   {"Stewards", "stewards", CLI_WORDS}, {0}};

static bool act_show(Cli *cli, GError **error)
{
    g_autofree char *id = NULL;
    g_autoptr(json_t) source = NULL;
    if (!cli_find_source(cli, cli_word(cli, 0), &id, error))
        return false;
    g_autofree char *path = cli_path("/sources/%s", id);
    if (!cli_get(cli, path, &source, error))
        return false;
    cli_print_object(cli, source, source_fields);
    if (!cli->json) {
        printf("\n");
        cli_print_items(cli, json_object_get(source, "datasets"), dataset_columns);
    }
    return true;
}

/* The words of a repeated option; NULL when it was not given. */
static json_t *words_of(const Cli *cli, const char *name)
{
    GStrv words = cli_options(cli, name);
    if (words == NULL)
        return NULL;
    json_t *array = json_array();
    for (char **word = words; *word != NULL; word++)
        json_array_append_new(array, json_string(*word));
    return array;
}

/* What the options say of a source, in the form of the API; what was not given is left out. */
static json_t *described(const Cli *cli)
{
    static const char *const texts[][2] = {{"title", "title"}, {"summary", "summary"},
                                           {"legal-basis", "legal_basis"},
                                           {"rule-pack", "rule_pack"}, {"theme", "theme"}};
    static const char *const lists[][2] = {{"route", "routes"}, {"purpose", "purposes"},
                                           {"steward", "stewards"}};
    json_t *body = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *value = cli_option(cli, texts[i][0]);
        if (value != NULL)
            json_object_set_new(body, texts[i][1], json_string(value));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        json_t *words = words_of(cli, lists[i][0]);
        if (words != NULL)
            json_object_set_new(body, lists[i][1], words);
    }
    return body;
}

static bool print_source(Cli *cli, const char *method, const char *path, json_t *body,
                         GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!cli_call(cli, method, path, body, &answer, error))
        return false;
    cli_print_object(cli, answer, source_fields);
    return true;
}

static bool act_source_create(Cli *cli, GError **error)
{
    static const char *const needed[] = {"title", "summary", "legal-basis", "route", "purpose",
                                         "rule-pack", NULL};
    for (size_t i = 0; needed[i] != NULL; i++) {
        if (!cli_has(cli, needed[i]))
            return error_set(error, ERROR_INVALID, "cli.usage", "--%s is needed.", needed[i]);
    }
    json_t *body = described(cli);
    json_object_set_new(body, "slug", json_string(cli_word(cli, 0)));
    return print_source(cli, "POST", "/sources", body, error);
}

static bool act_source_edit(Cli *cli, GError **error)
{
    g_autofree char *id = NULL;
    if (!cli_find_source(cli, cli_word(cli, 0), &id, error))
        return false;
    g_autofree char *path = cli_path("/sources/%s", id);
    return print_source(cli, "PATCH", path, described(cli), error);
}

static bool act_dataset(Cli *cli, GError **error)
{
    static const CliColumn columns[] = {
        {"VARIABLE", "name", CLI_TEXT}, {"LABEL", "label", CLI_TEXT}, {"TYPE", "type", CLI_TEXT},
        {"MISSING", "missing", CLI_NUMBER}, {"DISTINCT", "distinct", CLI_NUMBER}, {0}};
    g_autofree char *id = NULL;
    g_autoptr(json_t) dataset = NULL;
    if (!cli_find_dataset(cli, cli_word(cli, 0), &id, error))
        return false;
    g_autofree char *path = cli_path("/datasets/%s", id);
    if (!cli_get(cli, path, &dataset, error))
        return false;
    cli_print_object(cli, dataset, dataset_fields);
    if (!cli->json) {
        printf("\n");
        cli_print_items(cli, json_object_get(dataset, "variables"), columns);
    }
    return true;
}

static bool read_variables(const char *path, json_t **ret_variables, GError **error)
{
    g_autofree char *text = NULL;
    size_t size = 0;
    if (!file_read(path, VARIABLES_BYTES_MAX, &text, &size, error))
        return false;
    *ret_variables = json_parse(text, size, error);
    return *ret_variables != NULL;
}

static bool act_create(Cli *cli, GError **error)
{
    const char *title = NULL, *slug = NULL, *vintage = NULL, *level = NULL, *file = NULL;
    g_autofree char *source = NULL;
    g_autoptr(json_t) variables = NULL;
    g_autoptr(json_t) answer = NULL;
    if (!cli_option_needed(cli, "title", &title, error) ||
        !cli_option_needed(cli, "slug", &slug, error) ||
        !cli_option_needed(cli, "vintage", &vintage, error) ||
        !cli_option_needed(cli, "level", &level, error) ||
        !cli_option_needed(cli, "variables", &file, error) ||
        !read_variables(file, &variables, error) ||
        !cli_find_source(cli, cli_word(cli, 0), &source, error))
        return false;
    g_autofree char *path = cli_path("/sources/%s/datasets", source);
    if (!cli_call(cli, "POST", path,
                  json_pack("{s:s, s:s, s:s, s:s, s:O}", "title", title, "slug", slug, "vintage",
                            vintage, "level", level, "variables", variables),
                  &answer, error))
        return false;
    cli_print_object(cli, answer, dataset_fields);
    return true;
}

static bool act_publish(Cli *cli, GError **error)
{
    const char *file = cli_word(cli, 1);
    g_autofree char *id = NULL, *base = g_path_get_basename(file);
    g_autofree char *name = cli_escape(base), *path = NULL;
    g_autoptr(json_t) answer = NULL;
    struct stat st;
    int status = 0;
    FD_AUTO int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return error_set(error, ERROR_INVALID, "cli.file", "\"%s\" is not a file to read.", file);
    if (!cli_find_dataset(cli, cli_word(cli, 0), &id, error))
        return false;
    path = cli_path("/api/v1/datasets/%s/file?name=%s", id, name);
    const char *type = g_str_has_suffix(base, ".parquet") ? "application/vnd.apache.parquet"
                                                          : "text/csv";
    CliProgress progress = {.label = base, .total = st.st_size,
                            .started_us = g_get_monotonic_time()};
    HttpClient *client = cli_client(cli, error);
    bool sent = client != NULL &&
                http_client_send(client, "PUT", path, type, fd, 0, st.st_size, cli_progress,
                                 &progress, &status, &answer, error);
    cli_progress_end(&progress);
    if (!sent)
        return false;
    if (status != 200)
        return cli_problem(status, answer, error);
    cli_print_object(cli, answer, dataset_fields);
    return true;
}

/* ---- the table ---- */

static const VerbOption list_options[] = {
    {"search", 0, "WORDS", "Words of titles, summaries and variables", NULL, false}, CLI_COMMON};
#define SOURCE_OPTIONS                                                                             \
    {"title", 0, "TITLE", "Its title", NULL, false},                                               \
    {"summary", 0, "TEXT", "What it holds", NULL, false},                                          \
    {"legal-basis", 0, "TEXT", "On what law its collection rests", NULL, false},                   \
    {"route", 0, "ROUTE", "Of projects that may use it", "research own_administration", true},     \
    {"purpose", 0, "PURPOSE", "Of projects that may use it",                                       \
     "official_statistics research evaluation management control enforcement", true},              \
    {"rule-pack", 0, "PACK", "The rules that its exports obey", NULL, false},                      \
    {"theme", 0, "THEME", "What it is filed under", NULL, false},                                  \
    {"steward", 0, "LOGIN", "Who answers for it; of a new one, you by default", NULL, true}
static const VerbOption source_options[] = {SOURCE_OPTIONS, CLI_COMMON};
static const VerbOption create_options[] = {
    {"title", 0, "TITLE", "Its title", NULL, false},
    {"slug", 0, "NAME", "Its short name", NULL, false},
    {"vintage", 0, "WORD", "Its year or date", NULL, false},
    {"level", 0, "LEVEL", "public, scientific or secure", "public scientific secure", false},
    {"variables", 0, "FILE", "JSON: [{\"name\": ..., \"label\": ...}]", NULL, false}, CLI_COMMON};

const Verb cli_source_verbs[] = {
    {"source list", "", "What producers offer", .act = act_list, .options = list_options,
     .examples = "darse source list --search insurance"},
    {"source show", "SOURCE", "One source and its datasets", .act = act_show},
    {"source create", "SLUG", "Describe a source", .act = act_source_create,
     .options = source_options,
     .examples = "darse source create health-survey --title 'Health survey' --summary 'Visits and costs' "
                 "--legal-basis 'Law 51-711' --route research --purpose research --rule-pack fr-persons"},
    {"source edit", "SOURCE", "Change what it declares", .act = act_source_edit,
     .options = source_options,
     .about = "A list that is given replaces the one that is there."},
    {"dataset show", "DATASET", "One dataset and its variables", .act = act_dataset,
     .examples = "darse dataset show health-insurance/person-years-fpr"},
    {"dataset create", "SOURCE", "Describe a dataset, or a new version of one", .act = act_create,
     .options = create_options},
    {"dataset publish", "DATASET FILE", "Send its file: checked, sealed, published",
     .act = act_publish},
    {0},
};
