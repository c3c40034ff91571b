/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `darse sdc run`: a recipe applied to a file, with its report; `darse sdc risk`: the measures alone. The
 * file is read and written by the worker; here are names, folders and what people see.
 */
#include "worker/sdc_cli.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "protect/protect.h"
#include "sdc/sdc.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The recipe travels to the worker in one message. */
#define RECIPE_BYTES_MAX (900 * 1024)
#define KEY_BYTES_MAX 4096

static int run_recipe(int argc, char **argv);
static int run_risk(int argc, char **argv);
static int run_steps(int argc, char **argv);

enum { VERB_RUN, VERB_RISK, VERB_STEPS };

const Verb sdc_verbs[] = {
    [VERB_RUN] = {"sdc run", "RECIPE --in FILE --out DIR [--key FILE] [--parquet] [--language en|fr]",
                  "Protect a file of records, or tables, by a recipe, with a report", run_recipe},
    [VERB_RISK] = {"sdc risk", "FILE --keys A,B,... [--weight COLUMN] [--household COLUMN] "
                   "[--missing wildcard|category] [-k N]",
                   "Measure the risk of a file of records", run_risk},
    [VERB_STEPS] = {"sdc steps", "", "List the steps that a recipe can take", run_steps},
    {NULL},
};

/* --- files ---------------------------------------------------------------------------------------------- */

int sdc_open_input(const char *path, const char **ret_format, GError **error)
{
    *ret_format = worker_format_of(path);
    if (*ret_format == NULL) {
        error_set(error, ERROR_UNSUPPORTED, "table.format",
                  "%s is neither .csv nor .parquet; no other type is read.", path);
        return -1;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        error_set(error, ERROR_NOT_FOUND, "files.open", "%s cannot be opened: %s.", path,
                  g_strerror(errno));
    return fd;
}

json_t *sdc_read_json(const char *path, char **ret_hash, GError **error)
{
    g_autofree char *text = NULL;
    size_t size;
    if (!file_read(path, RECIPE_BYTES_MAX, &text, &size, error))
        return NULL;
    json_error_t problem;
    g_autoptr(json_t) recipe = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    if (recipe == NULL) {
        error_set(error, ERROR_INVALID, "recipe.json", "%s, line %d: %s.", path, problem.line,
                  problem.text);
        return NULL;
    }
    *ret_hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, size);
    return g_steal_pointer(&recipe);
}

static void key_clear(char **key)
{
    secret_free(*key);   /* wiped */
}

/* The secret of pseudonyms, without the end of its line. */
static bool read_key(const char *path, char **ret_key, GError **error)
{
    *ret_key = NULL;
    size_t size;
    if (path == NULL)
        return true;
    if (!file_read(path, KEY_BYTES_MAX, ret_key, &size, error))
        return false;
    g_strchomp(*ret_key);
    return g_utf8_validate(*ret_key, -1, NULL) ||
           error_set(error, ERROR_INVALID, "protect.key", "The key in %s is not text.", path);
}

typedef struct Output {
    char *folder;
    char *part, *final;    /* of the protected file */
    int fd;
    bool is_new;           /* the folder was made for this */
} Output;

static void output_clear(Output *output)
{
    if (output->fd >= 0)
        close(output->fd);
    if (output->part != NULL)
        unlink(output->part);   /* still there only when something failed */
    if (output->part != NULL && output->is_new)
        rmdir(output->folder);
    g_free(output->folder);
    g_free(output->part);
    g_free(output->final);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Output, output_clear)

static bool output_begin(const char *folder, const char *format, Output *ret_output, GError **error)
{
    g_autofree char *final = g_strdup_printf("%s/protected.%s", folder, format);
    bool is_new = !g_file_test(folder, G_FILE_TEST_EXISTS);
    if (!folder_make(folder, 0700, error))
        return false;
    if (g_file_test(final, G_FILE_TEST_EXISTS))
        return error_set(error, ERROR_CONFLICT, "files.exists",
                         "%s is there already; name another folder or remove it.", final);
    g_autofree char *part = g_strdup_printf("%s/.protected.part", folder);
    unlink(part);
    int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set_errno(error, errno, "files.write", "%s cannot be written", part);
    *ret_output = (Output){g_strdup(folder), g_steal_pointer(&part), g_steal_pointer(&final), fd, is_new};
    return true;
}

static bool write_beside(const Output *output, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(output->folder, name, NULL);
    return file_write(path, text, strlen(text), 0600, error);
}

/* The report and its page first, the data last: a folder with protected data has its report. */
static bool output_commit(Output *output, const json_t *report, const json_t *recipe,
                          const char *language, GError **error)
{
    g_autofree char *json = json_dumps(report, JSON_INDENT(2));
    g_autofree char *again = json_dumps(recipe, JSON_INDENT(2));
    g_autofree char *html = protect_report_html(report, language, NULL);
    if (!write_beside(output, "report.json", json, error) ||
        !write_beside(output, "report.html", html, error) ||
        !write_beside(output, "recipe.json", again, error))
        return false;
    if (fsync(output->fd) < 0 || rename(output->part, output->final) < 0)
        return error_set_errno(error, errno, "files.write", "%s cannot be written", output->final);
    g_clear_pointer(&output->part, g_free);
    return folder_sync(output->folder, error);
}

/* --- the work -------------------------------------------------------------------------------------------- */

void sdc_show_progress(void *user, double done, const char *what)
{
    (void)user;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3.0f %%  %-40.40s", 100 * done, what);
    else
        fprintf(stderr, "%3.0f %%  %s\n", 100 * done, what);
}

void sdc_end_progress(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%60s\r", "");
}

static json_t *protect_file(int input_fd, const char *format, const json_t *recipe, const char *key,
                            const char *output_format, int output_fd, GError **error)
{
    g_autoptr(json_t) arguments = json_pack("{s:s, s:O, s:s}", "format", format, "recipe", recipe, "output",
                                            output_format);
    json_t *result = NULL;
    if (key != NULL)
        json_object_set_new(arguments, "key", json_string(key));
    worker_run_watched(NULL, NULL, WORKER_PROTECT, arguments, input_fd, output_fd, sdc_show_progress, NULL,
                       &result, error);
    sdc_end_progress();
    return result;
}

/* What must be the same for the result to be the same, and what came out of it. */
static bool describe_files(json_t *report, const char *recipe_hash, int input_fd, int output_fd,
                           GError **error)
{
    g_autofree char *input = NULL, *output = NULL;
    int64_t size;
    if (!fd_hash(input_fd, &input, &size, error) || !fd_hash(output_fd, &output, &size, error))
        return false;
    protect_report_files(report, recipe_hash, input, output);
    return true;
}

static json_int_t whole(const json_t *report, const char *when, const char *first, const char *second)
{
    const json_t *value = json_object_get(json_object_get(report, when), first);
    return json_integer_value(second != NULL ? json_object_get(value, second) : value);
}

static void print_line(const json_t *report, const char *label, const char *first, const char *second,
                       bool both)
{
    printf("%-44s %12" JSON_INTEGER_FORMAT, label, whole(report, "before", first, second));
    if (both)
        printf(" %12" JSON_INTEGER_FORMAT, whole(report, "after", first, second));
    printf("\n");
}

/* What a person should look at before anything else. */
static void print_identifiers(const json_t *report, const char *when, const char *sentence)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(json_object_get(report, when), "identifiers"), i, row) {
        const char *column = json_string_value(json_object_get(row, "column"));
        const char *kind = json_string_value(json_object_get(row, "kind"));
        printf("note: the column \"%s\" looks like a direct identifier (%s) %s\n", column, kind, sentence);
    }
}

static void print_summary(const json_t *report, bool both)
{
    printf("%-44s %12s %12s\n", "", both ? "before" : "", both ? "after" : "");
    print_line(report, "records", "records", NULL, both);
    print_line(report, "combinations of keys", "category", "keys", both);
    print_line(report, "unique records (missing is a value)", "category", "uniques", both);
    print_line(report, "unique records (missing matches everything)", "wildcard", "uniques", both);
    print_line(report, "below k (missing is a value)", "category", "below_k", both);
    print_line(report, "below k (missing matches everything)", "wildcard", "below_k", both);
    const char *const when[] = {"before", "after"};
    printf("%-44s", "expected re-identifications");
    for (int w = 0; w < (both ? 2 : 1); w++) {
        const json_t *risk = json_object_get(json_object_get(report, when[w]), "individual");
        printf(" %12.3f", json_number_value(json_object_get(risk, "expected")));
    }
    printf("\n");
}

typedef struct RunOptions {
    char **in;
    char *out, *key, *language;
    gboolean parquet;
} RunOptions;

static bool run_with(const RunOptions *options, const json_t *recipe, const char *recipe_hash, GError **error)
{
    __attribute__((cleanup(key_clear))) char *key = NULL;
    const char *format, *output_format = options->parquet ? "parquet" : "csv";
    if (!protect_check_recipe(recipe, error) || !read_key(options->key, &key, error))
        return false;
    if (g_strv_length(options->in) != 1)
        return error_set(error, ERROR_INVALID, "recipe.inputs", "A recipe of records reads one file.");
    FD_AUTO int input_fd = sdc_open_input(options->in[0], &format, error);
    g_auto(Output) output = {.fd = -1};
    if (input_fd < 0 || !output_begin(options->out, output_format, &output, error))
        return false;
    g_autoptr(json_t) result =
        protect_file(input_fd, format, recipe, key, output_format, output.fd, error);
    if (result == NULL)
        return false;
    json_t *report = json_object_get(result, "report");
    if (!describe_files(report, recipe_hash, input_fd, output.fd, error) ||
        !output_commit(&output, report, recipe, options->language, error))
        return false;
    print_summary(report, true);
    print_identifiers(report, "after", "and is still there");
    printf("%s and its report.html, report.json and recipe.json are in %s\n", output.final, options->out);
    return true;
}

static int run_recipe(int argc, char **argv)
{
    const Verb *verb = &sdc_verbs[VERB_RUN];
    g_auto(GStrv) in = NULL;
    g_autofree char *out = NULL, *key = NULL, *language = NULL;
    gboolean parquet = FALSE;
    const GOptionEntry entries[] = {
        {"in", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &in, "file of records, CSV or Parquet; of cells, one a table",
         "FILE"},
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &out, "folder for the protected file and the report", "DIR"},
        {"key", 0, 0, G_OPTION_ARG_FILENAME, &key, "file with the key of pseudonyms", "FILE"},
        {"parquet", 0, 0, G_OPTION_ARG_NONE, &parquet, "write Parquet instead of CSV", NULL},
        {"language", 0, 0, G_OPTION_ARG_STRING, &language, "of the report: en (default) or fr", "CODE"},
        {NULL},
    };
    g_auto(GStrv) rest = NULL;
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return EXIT_USAGE;
    bool speaks = language == NULL || strcmp(language, "en") == 0 || strcmp(language, "fr") == 0;
    if (g_strv_length(rest) != 1 || in == NULL || out == NULL || !speaks) {
        fprintf(stderr, "darse %s: give a recipe, --in and --out\nusage: darse %s %s\n", verb->name,
                verb->name, verb->usage);
        return EXIT_USAGE;
    }
    GError *error = NULL;
    g_autofree char *hash = NULL;
    g_autoptr(json_t) recipe = sdc_read_json(rest[0], &hash, &error);
    if (recipe == NULL)
        return verb_fail(verb, error);
    if (json_object_get(recipe, "darse_tables") != NULL)
        return sdc_tables_run(&(SdcTablesRun){verb, recipe, hash, in, out, language, "suppress", parquet, false});
    RunOptions options = {in, out, key, language, parquet};
    if (run_with(&options, recipe, hash, &error))
        return EXIT_OK;
    g_prefix_error(&error, "%s: ", rest[0]);
    return verb_fail(verb, error);
}

/* --- sdc risk -------------------------------------------------------------------------------------------- */

/* A recipe without a step: the measure before is the answer. The protected copy is thrown away. */
static json_t *risk_recipe(const char *keys, const char *weight, const char *household,
                           const char *missing, int k)
{
    g_auto(GStrv) names = g_strsplit(keys, ",", -1);
    json_t *list = json_array();
    for (char **name = names; *name != NULL; name++)
        json_array_append_new(list, json_string(g_strstrip(*name)));
    json_t *recipe = json_pack("{s:i, s:s, s:i, s:o, s:s, s:i, s:[]}", "darse_recipe", 1, "title", "risk",
                               "seed", 0, "keys", list, "missing",
                               missing != NULL ? missing : "wildcard", "k", k, "steps");
    if (recipe != NULL && weight != NULL)
        json_object_set_new(recipe, "weight", json_string(weight));
    if (recipe != NULL && household != NULL)
        json_object_set_new(recipe, "household", json_string(household));
    return recipe;
}

static bool risk_of_file(const char *path, const json_t *recipe, bool as_json, GError **error)
{
    const char *format;
    if (!protect_check_recipe(recipe, error))
        return false;
    FD_AUTO int input_fd = sdc_open_input(path, &format, error);
    if (input_fd < 0)
        return false;
    g_autofree char *scratch = NULL;
    FD_AUTO int output_fd = g_file_open_tmp("darse-risk-XXXXXX", &scratch, error);
    if (output_fd < 0)
        return false;
    unlink(scratch);
    g_autoptr(json_t) result = protect_file(input_fd, format, recipe, NULL, "csv", output_fd, error);
    if (result == NULL)
        return false;
    const json_t *report = json_object_get(result, "report");
    if (as_json) {
        json_dumpf(json_object_get(report, "before"), stdout, JSON_INDENT(2));
        printf("\n");
    } else {
        print_summary(report, false);
        print_identifiers(report, "before", "");
    }
    return true;
}

static int run_risk(int argc, char **argv)
{
    const Verb *verb = &sdc_verbs[VERB_RISK];
    g_autofree char *keys = NULL, *weight = NULL, *household = NULL, *missing = NULL;
    gboolean as_json = FALSE;
    int k = 3;
    const GOptionEntry entries[] = {
        {"keys", 0, 0, G_OPTION_ARG_STRING, &keys, "columns that could identify a record", "A,B,..."},
        {"weight", 0, 0, G_OPTION_ARG_STRING, &weight, "column of weights", "COLUMN"},
        {"household", 0, 0, G_OPTION_ARG_STRING, &household, "column of households", "COLUMN"},
        {"missing", 0, 0, G_OPTION_ARG_STRING, &missing, "wildcard (default) or category", "WORD"},
        {"k", 'k', 0, G_OPTION_ARG_INT, &k, "records alike that are aimed at (default 3)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "print everything as JSON", NULL},
        {NULL},
    };
    g_auto(GStrv) rest = NULL;
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return EXIT_USAGE;
    if (g_strv_length(rest) != 1 || keys == NULL) {
        fprintf(stderr, "darse %s: give one file and --keys\nusage: darse %s %s\n", verb->name, verb->name,
                verb->usage);
        return EXIT_USAGE;
    }
    GError *error = NULL;
    g_autoptr(json_t) recipe = risk_recipe(keys, weight, household, missing, k);
    if (recipe == NULL)
        error_set(&error, ERROR_INVALID, "recipe.field", "The names of columns are not UTF-8 text.");
    return recipe != NULL && risk_of_file(rest[0], recipe, as_json, &error) ? EXIT_OK
                                                                          : verb_fail(verb, error);
}

static int run_steps(int argc, char **argv)
{
    if (!verb_parse(&sdc_verbs[VERB_STEPS], argc, argv, NULL, NULL))
        return EXIT_USAGE;
    for (const ProtectStepSummary *row = protect_step_kinds(); row->name != NULL; row++)
        printf("%-16s %s\n", row->name, row->summary);
    return EXIT_OK;
}
