/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `darse sdc tabulate`, `suppress`, `audit` and `compare`. A recipe of tables comes from a file, or is made of
 * options; the worker reads, computes and writes one stream that is cut into files here.
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

/* Done, and the audit found cells that are not protected. */
#define EXIT_UNSAFE 3
#define FAILURES_SHOWN 20

static int run_tabulate(int argc, char **argv);
static int run_suppress(int argc, char **argv);
static int run_audit(int argc, char **argv);
static int run_compare(int argc, char **argv);

enum { VERB_TABULATE, VERB_SUPPRESS, VERB_AUDIT, VERB_COMPARE };

const Verb sdc_table_verbs[] = {
    [VERB_TABULATE] = {"sdc tabulate", "[RECIPE | --by A,B,...] --in FILE --out DIR [OPTIONS]",
                       "Tabulate records over hierarchies, with what the rules say of each cell", run_tabulate},
    [VERB_SUPPRESS] = {"sdc suppress", "[RECIPE | --by A,B,...] --in FILE... --out DIR [OPTIONS]",
                       "Suppress the unsafe cells of tables and those that would give them away; audit the result "
                       "(exit 3: a cell is not protected)",
                       run_suppress},
    [VERB_AUDIT] = {"sdc audit", "[RECIPE | --by A,B,...] --in FILE... [--out DIR] [OPTIONS]",
                    "Compute between which bounds an attacker can put each suppressed cell (exit 3: a cell is not "
                    "protected)", run_audit},
    [VERB_COMPARE] = {"sdc compare", "ORIGINAL PROTECTED [--by A,B,... --value COLUMN] [--key A,...] [--ways N]",
                      "Measure what a protected file lost", run_compare},
    {NULL},
};

/* --- the recipe of options -------------------------------------------------------------------------------- */

typedef struct TableOptions {
    char **in;
    char *out, *by, *value, *weight, *holding, *count, *largest, *marks, *hierarchies, *total, *pack, *dominance;
    char *missing, *method, *name, *language;
    double minimum, p_percent, width, tolerance;
    gboolean cells, parquet, as_json;
} TableOptions;

static void options_clear(TableOptions *o)
{
    char *all[] = {o->out, o->by, o->value, o->weight, o->holding, o->count, o->largest, o->marks,
                   o->hierarchies, o->total, o->pack, o->dominance, o->missing, o->method, o->name, o->language};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        g_free(all[i]);
    g_strfreev(o->in);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TableOptions, options_clear)

static json_t *names_of(const char *list)
{
    g_auto(GStrv) names = g_strsplit(list, ",", -1);
    json_t *texts = json_array();
    for (char **name = names; *name != NULL; name++)
        json_array_append_new(texts, json_string(g_strstrip(*name)));
    return texts;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, name, json_string(text));
}

/* "1,85": the largest contributor, 85 %. */
static bool set_dominance(json_t *rules, const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text != NULL ? text : "", ",", -1);
    if (text == NULL)
        return true;
    char *end = NULL;
    double percent = g_strv_length(parts) == 2 ? g_ascii_strtod(parts[1], &end) : 0;
    if (end == NULL || *end != '\0' || *parts[0] == '\0')
        return error_set(error, ERROR_INVALID, "recipe.field", "--dominance is N,K as in 1,85: the N largest "
                         "contributors may have K percent.");
    json_object_set_new(rules, "dominance", json_pack("[{s:i, s:f}]", "contributors", atoi(parts[0]), "percent",
                                                      percent));
    return true;
}

static bool set_rules(json_t *recipe, const TableOptions *o, GError **error)
{
    g_autoptr(json_t) rules = json_object();
    set_text(rules, "pack", o->pack);
    if (o->minimum > 0)
        json_object_set_new(rules, "minimum_count", json_real(o->minimum));
    if (o->p_percent > 0)
        json_object_set_new(rules, "p_percent", json_real(o->p_percent));
    if (!set_dominance(rules, o->dominance, error))
        return false;
    if (json_object_size(rules) > 0)
        json_object_set(recipe, "rules", rules);
    return true;
}

static bool set_hierarchies(json_t *recipe, const char *path, GError **error)
{
    g_autofree char *hash = NULL;
    if (path == NULL)
        return true;
    json_t *hierarchies = sdc_read_json(path, &hash, error);
    if (hierarchies != NULL)
        json_object_set_new(recipe, "hierarchies", hierarchies);
    return hierarchies != NULL;
}

static json_t *recipe_of(const TableOptions *o, bool cells, GError **error)
{
    const char *name = o->name != NULL ? o->name : "table";
    g_autoptr(json_t) recipe = json_pack("{s:i, s:s, s:s, s:[{s:s, s:o}]}", "darse_tables", 1, "title", name, "input",
                                         cells ? "cells" : "records", "tables", "name", name, "dimensions",
                                         names_of(o->by));
    if (recipe == NULL) {
        error_set(error, ERROR_INVALID, "recipe.field", "The names of columns are not UTF-8 text.");
        return NULL;
    }
    set_text(recipe, "value", o->value);
    set_text(recipe, "weight", o->weight);
    set_text(recipe, "holding", o->holding);
    set_text(recipe, "count", o->count);
    set_text(recipe, "marks", o->marks);
    set_text(recipe, "total", o->total);
    set_text(recipe, "missing", o->missing);
    if (o->largest != NULL)
        json_object_set_new(recipe, "largest", names_of(o->largest));
    if (o->method != NULL)
        json_object_set_new(recipe, "method", json_pack("{s:s}", "name", o->method));
    if (o->width > 0 || o->tolerance > 0)
        json_object_set_new(recipe, "audit", json_pack("{s:f, s:f}", "width_percent", o->width, "tolerance",
                                                       o->tolerance));
    return set_rules(recipe, o, error) && set_hierarchies(recipe, o->hierarchies, error)
               ? g_steal_pointer(&recipe)
               : NULL;
}

/* --- files ------------------------------------------------------------------------------------------------ */

typedef struct Inputs {
    size_t count;
    int fds[WORKER_INPUTS_MAX];
    json_t *formats;
} Inputs;

static void inputs_clear(Inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        close(inputs->fds[i]);
    json_decref(inputs->formats);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Inputs, inputs_clear)

static bool inputs_open(char *const *paths, Inputs *inputs, GError **error)
{
    inputs->formats = json_array();
    for (; *paths != NULL; paths++) {
        const char *format;
        if (inputs->count == WORKER_INPUTS_MAX)
            return error_set(error, ERROR_INVALID, "recipe.inputs", "At most %d files can be read.",
                             WORKER_INPUTS_MAX);
        int fd = sdc_open_input(*paths, &format, error);
        if (fd < 0)
            return false;
        inputs->fds[inputs->count++] = fd;
        json_array_append_new(inputs->formats, json_string(format));
    }
    return true;
}

/* What was made on the way: gone again unless it is kept. */
typedef struct Folder {
    const char *path;
    GPtrArray *parts, *finals;   /* of files that wait for their names */
    bool is_new, is_kept;
} Folder;

static void folder_clear(Folder *folder)
{
    for (guint i = 0; !folder->is_kept && folder->parts != NULL && i < folder->parts->len; i++)
        unlink(folder->parts->pdata[i]);
    if (folder->is_new && !folder->is_kept)
        rmdir(folder->path);
    g_clear_pointer(&folder->parts, g_ptr_array_unref);
    g_clear_pointer(&folder->finals, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Folder, folder_clear)

static bool folder_begin(const char *path, Folder *folder, GError **error)
{
    *folder = (Folder){path, g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func(g_free),
                       !g_file_test(path, G_FILE_TEST_EXISTS), false};
    g_autofree char *report = g_build_filename(path, "report.json", NULL);
    if (g_file_test(report, G_FILE_TEST_EXISTS))
        return error_set(error, ERROR_CONFLICT, "files.exists", "%s is there already; name another folder or remove "
                         "it.", report);
    return folder_make(path, 0700, error);
}

/* A new file of the folder that gets the name NAME when all is done. */
static int folder_file(Folder *folder, const char *name, GError **error)
{
    g_autofree char *part = g_strdup_printf("%s/.%s.part", folder->path, name);
    unlink(part);
    int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        error_set_errno(error, errno, "files.write", "%s cannot be written", part);
        return -1;
    }
    g_ptr_array_add(folder->parts, g_steal_pointer(&part));
    g_ptr_array_add(folder->finals, g_build_filename(folder->path, name, NULL));
    return fd;
}

static bool folder_text(Folder *folder, const char *name, const char *text, GError **error)
{
    FD_AUTO int fd = folder_file(folder, name, error);
    return fd >= 0 && fd_write_all(fd, text, strlen(text), error) &&
           (fsync(fd) == 0 || error_set_errno(error, errno, "files.sync", "%s cannot be synced", name));
}

/* The report, which is the last part, gets its name first: a folder with tables has their report. */
static bool folder_commit(Folder *folder, GError **error)
{
    for (guint i = folder->parts->len; i-- > 0;) {
        if (rename(folder->parts->pdata[i], folder->finals->pdata[i]) < 0)
            return error_set_errno(error, errno, "files.write", "%s cannot be written",
                                   (const char *)folder->finals->pdata[i]);
    }
    folder->is_kept = true;
    return folder_sync(folder->path, error);
}

static bool copy_range(int from_fd, off_t at, int64_t bytes, int to_fd, GError **error)
{
    g_autofree char *block = g_malloc(1024 * 1024);
    while (bytes > 0) {
        ssize_t n = pread(from_fd, block, (size_t)MIN(bytes, 1024 * 1024), at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set_errno(error, n < 0 ? errno : EIO, "files.read", "The result cannot be read again");
        if (!fd_write_all(to_fd, block, (size_t)n, error))
            return false;
        at += n;
        bytes -= n;
    }
    return fsync(to_fd) == 0 || error_set_errno(error, errno, "files.sync", "A file cannot be synced");
}

static int scratch_file(GError **error)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("darse-tables-XXXXXX", &path, error);
    if (fd >= 0)
        unlink(path);
    return fd;
}

/* The worker that reads a CSV file of ours writes it as Parquet. */
static bool convert(int csv_fd, int parquet_fd, GError **error)
{
    g_autoptr(json_t) arguments = json_pack("{s:s}", "format", "csv");
    g_autoptr(json_t) result = NULL;
    return worker_run(NULL, NULL, WORKER_CONVERT, arguments, csv_fd, parquet_fd, &result, error);
}

static bool put_file(Folder *folder, const SdcTablesRun *run, const json_t *file, int from_fd, off_t at,
                     json_t *digests, GError **error)
{
    const char *name = json_string_value(json_object_get(file, "name"));
    int64_t bytes = json_integer_value(json_object_get(file, "bytes"));
    const char *end = run->as_json ? "json" : run->parquet ? "parquet" : "csv";
    g_autofree char *full = g_strdup_printf("%s.%s", name, end);
    FD_AUTO int fd = folder_file(folder, full, error);
    FD_AUTO int csv_fd = fd >= 0 && run->parquet && !run->as_json ? scratch_file(error) : -1;
    if (fd < 0 || (run->parquet && !run->as_json && csv_fd < 0) ||
        !copy_range(from_fd, at, bytes, csv_fd >= 0 ? csv_fd : fd, error) ||
        (csv_fd >= 0 && !convert(csv_fd, fd, error)))
        return false;
    g_autofree char *digest = NULL;
    int64_t size;
    if (!fd_hash(fd, &digest, &size, error))
        return false;
    g_autofree char *label = g_strdup_printf("%s SHA-256", full);
    json_object_set_new(digests, label, json_string(digest));
    return true;
}

/* The names come from the worker, which read a file of somebody's. */
static bool check_file(const json_t *file, int64_t left, GError **error)
{
    const char *name = json_string_value(json_object_get(file, "name"));
    int64_t bytes = json_integer_value(json_object_get(file, "bytes"));
    bool ok = name != NULL && *name != '.' && *name != '\0' && strlen(name) < 100 && bytes >= 0 && bytes <= left &&
              name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")] == '\0';
    return ok || error_set(error, ERROR_UNPROCESSABLE, "worker.answer", "The worker answered nonsense.");
}

static bool put_files(Folder *folder, const SdcTablesRun *run, const json_t *result, int from_fd, json_t *digests,
                      GError **error)
{
    struct stat st;
    off_t at = 0;
    size_t i;
    json_t *file;
    if (fstat(from_fd, &st) < 0)
        return error_set_errno(error, errno, "files.read", "The result cannot be read again");
    json_array_foreach (json_object_get(result, "files"), i, file) {
        if (!check_file(file, st.st_size - at, error) || !put_file(folder, run, file, from_fd, at, digests, error))
            return false;
        at += json_integer_value(json_object_get(file, "bytes"));
    }
    return true;
}

static bool hash_inputs(const Inputs *inputs, json_t *digests, GError **error)
{
    for (size_t i = 0; i < inputs->count; i++) {
        g_autofree char *digest = NULL;
        int64_t size;
        g_autofree char *label = inputs->count == 1 ? g_strdup("input SHA-256")
                                                    : g_strdup_printf("input %zu SHA-256", i + 1);
        if (!fd_hash(inputs->fds[i], &digest, &size, error))
            return false;
        json_object_set_new(digests, label, json_string(digest));
    }
    return true;
}

static bool write_folder(const SdcTablesRun *run, const Inputs *inputs, const json_t *result, int from_fd,
                         GError **error)
{
    g_auto(Folder) folder = {0};
    json_t *report = json_object_get(result, "report"), *digests = json_object();
    json_object_set_new(report, "files", digests);
    if (!folder_begin(run->out, &folder, error))
        return false;
    if (run->recipe_hash != NULL)
        json_object_set_new(digests, "recipe SHA-256", json_string(run->recipe_hash));
    g_autofree char *program = g_strdup_printf("%s (sdc ABI %u)", DARSE_VERSION, sdc_abi());
    if (!hash_inputs(inputs, digests, error) || !put_files(&folder, run, result, from_fd, digests, error))
        return false;
    json_object_set_new(digests, "darse", json_string(program));
    g_autofree char *json = json_dumps(report, JSON_INDENT(2));
    g_autofree char *again = json_dumps(run->recipe, JSON_INDENT(2));
    g_autofree char *html = protect_tables_html(report, run->language);
    return folder_text(&folder, "recipe.json", again, error) &&
           folder_text(&folder, "report.html", html, error) &&
           folder_text(&folder, "report.json", json, error) && folder_commit(&folder, error);
}

/* --- what people see -------------------------------------------------------------------------------------- */

static json_int_t whole(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* A text of somebody's file, without what would move a terminal. Caller frees. */
static char *printable(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *at = text != NULL ? text : ""; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(out, g_unichar_iscntrl(c) ? '?' : c);
    }
    return g_string_free(out, false);
}

static void print_tables(const json_t *report)
{
    size_t i;
    json_t *row;
    bool is_audit = g_strcmp0(json_string_value(json_object_get(report, "job")), "audit") == 0;
    printf("%-24s %10s %10s %10s %22s\n", "table", "cells", is_audit ? "to protect" : "unsafe", "secondary",
           "value suppressed");
    json_array_foreach (json_object_get(report, "tables"), i, row) {
        double value = json_number_value(json_object_get(row, "value"));
        double lost = json_number_value(json_object_get(row, "value_suppressed"));
        g_autofree char *name = printable(json_string_value(json_object_get(row, "name")));
        printf("%-24s %10lld %10lld %10lld %15.6g (%4.1f %%)\n", name, (long long)whole(row, "cells"),
               (long long)whole(row, "primary"), (long long)whole(row, "secondary"), lost,
               value > 0 ? 100 * lost / value : 0);
    }
}

static void print_list(const json_t *names, const char *sentence)
{
    size_t i;
    json_t *name;
    json_array_foreach (names, i, name) {
        g_autofree char *text = printable(json_string_value(name));
        printf("%s: %s\n", sentence, text);
    }
}

static void print_bound(const json_t *row, const char *name)
{
    const json_t *bound = json_object_get(row, name);
    if (json_is_number(bound))
        printf("%.10g", json_number_value(bound));
    else
        printf("unbounded");
}

/* Cells that are not protected, with what an attacker knows of them. */
static void print_failures(const json_t *report)
{
    size_t i, failures = 0;
    json_t *row;
    json_array_foreach (json_object_get(report, "cells"), i, row) {
        const char *state = json_string_value(json_object_get(row, "state"));
        if (g_strcmp0(state, "safe") == 0 ||
            g_strcmp0(json_string_value(json_object_get(row, "role")), "primary") != 0)
            continue;
        if (++failures > FAILURES_SHOWN)
            continue;
        g_autofree char *cell = printable(json_string_value(json_object_get(row, "cell")));
        g_autofree char *shown_state = printable(state);
        printf("%s: %s is between ", shown_state, cell);
        print_bound(row, "low");
        printf(" and ");
        print_bound(row, "high");
        printf("\n");
    }
    if (failures > FAILURES_SHOWN)
        printf("(and %zu more, in the report)\n", failures - FAILURES_SHOWN);
}

static void print_audit(const json_t *report)
{
    const json_t *audit = json_object_get(report, "audit"), *primary = json_object_get(audit, "primary");
    if (audit == NULL)
        return;
    print_failures(report);
    print_list(json_object_get(report, "unsafe_shown"), "unsafe and shown");
    print_list(json_object_get(report, "shown_elsewhere"), "suppressed, and shown in another table");
    printf("audit: %lld suppressed cells, %lld programs; of those to protect %lld safe, %lld insufficient, "
           "%lld exact\n", (long long)whole(audit, "cells"), (long long)whole(audit, "programs"),
           (long long)whole(primary, "safe"), (long long)whole(primary, "insufficient"),
           (long long)whole(primary, "exact"));
    const json_t *method = json_object_get(report, "method");
    if (json_object_get(method, "proven") != NULL)
        printf("cost %.10g, %s\n", json_number_value(json_object_get(method, "cost")),
               json_is_true(json_object_get(method, "proven")) ? "proven to be the least"
                                                               : "not proven to be the least: time ended");
}

/* --- the work --------------------------------------------------------------------------------------------- */

static bool tables_work(const SdcTablesRun *run, json_t **ret_report, GError **error)
{
    g_auto(Inputs) inputs = {0};
    bool tabulate = strcmp(run->job, "tabulate") == 0;
    if (!protect_check_tables(run->recipe, error) || !inputs_open(run->inputs, &inputs, error))
        return false;
    g_autoptr(json_t) arguments = json_pack("{s:O, s:O, s:b}", "formats", inputs.formats, "recipe", run->recipe,
                                            "json", (int)run->as_json);
    if (!tabulate)
        json_object_set_new(arguments, "job", json_string(run->job));
    FD_AUTO int output_fd = scratch_file(error);
    if (output_fd < 0)
        return false;
    g_autoptr(json_t) result = NULL;
    bool ok = worker_run_files(NULL, NULL, tabulate ? WORKER_TABULATE : WORKER_SUPPRESS, arguments, inputs.fds,
                               inputs.count, output_fd, sdc_show_progress, NULL, &result, error);
    sdc_end_progress();
    if (!ok || (run->out != NULL && !write_folder(run, &inputs, result, output_fd, error)))
        return false;
    *ret_report = json_incref(json_object_get(result, "report"));
    return true;
}

int sdc_tables_run(const SdcTablesRun *run)
{
    GError *error = NULL;
    g_autoptr(json_t) report = NULL;
    if (!tables_work(run, &report, &error))
        return verb_fail(run->verb, error);
    print_tables(report);
    print_list(json_object_get(report, "rules_not_applied"), "note: a rule in force was not applied, for a column "
               "that it needs is not there");
    print_audit(report);
    const char *verdict = json_string_value(json_object_get(report, "verdict"));
    bool unsafe = g_strcmp0(verdict, "unsafe") == 0;
    if (g_strcmp0(verdict, "none") != 0)
        printf("verdict: %s\n", unsafe ? "unsafe" : "safe");
    if (run->out != NULL)
        printf("the files and report.html, report.json and recipe.json are in %s\n", run->out);
    return unsafe ? EXIT_UNSAFE : EXIT_OK;
}

/* --- the verbs -------------------------------------------------------------------------------------------- */

static int tables_verb(const Verb *verb, const char *job, int argc, char **argv)
{
    g_auto(TableOptions) o = {0};
    bool is_audit = strcmp(job, "audit") == 0;
    const GOptionEntry entries[] = {
        {"in", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.in, "file, CSV or Parquet; of cells, one a table", "FILE"},
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &o.out, "folder for the tables and the report", "DIR"},
        {"by", 0, 0, G_OPTION_ARG_STRING, &o.by, "columns of the table's dimensions, instead of a recipe", "A,B,..."},
        {"cells", 0, 0, G_OPTION_ARG_NONE, &o.cells, "the file has cells, not records", NULL},
        {"value", 0, 0, G_OPTION_ARG_STRING, &o.value, "column that is added up", "COLUMN"},
        {"weight", 0, 0, G_OPTION_ARG_STRING, &o.weight, "column of weights", "COLUMN"},
        {"holding", 0, 0, G_OPTION_ARG_STRING, &o.holding, "column that says whose a record is", "COLUMN"},
        {"count", 0, 0, G_OPTION_ARG_STRING, &o.count, "of cells: column of numbers of units", "COLUMN"},
        {"largest", 0, 0, G_OPTION_ARG_STRING, &o.largest, "of cells: columns of largest contributions", "A,..."},
        {"marks", 0, 0, G_OPTION_ARG_STRING, &o.marks, "of cells: column that says which are not shown", "COLUMN"},
        {"hierarchies", 0, 0, G_OPTION_ARG_FILENAME, &o.hierarchies, "JSON file of hierarchies by column", "FILE"},
        {"total", 0, 0, G_OPTION_ARG_STRING, &o.total, "what totals are called (default Total)", "LABEL"},
        {"missing", 0, 0, G_OPTION_ARG_STRING, &o.missing, "refuse (default), leave_out or category", "WORD"},
        {"pack", 0, 0, G_OPTION_ARG_STRING, &o.pack, "rule pack; see darse sdc packs", "NAME"},
        {"minimum", 0, 0, G_OPTION_ARG_DOUBLE, &o.minimum, "smallest safe number of units", "N"},
        {"dominance", 0, 0, G_OPTION_ARG_STRING, &o.dominance, "the N largest may have K percent", "N,K"},
        {"p-percent", 0, 0, G_OPTION_ARG_DOUBLE, &o.p_percent, "nobody may come closer to the largest", "P"},
        {"method", 0, 0, G_OPTION_ARG_STRING, &o.method, "gauss (default), optimal or none", "NAME"},
        {"width", 0, 0, G_OPTION_ARG_DOUBLE, &o.width, "audit: least width of an interval, in % of its end", "P"},
        {"tolerance", 0, 0, G_OPTION_ARG_DOUBLE, &o.tolerance, "audit: by how much rounded sums may differ", "X"},
        {"name", 0, 0, G_OPTION_ARG_STRING, &o.name, "of the table", "NAME"},
        {"parquet", 0, 0, G_OPTION_ARG_NONE, &o.parquet, "write Parquet instead of CSV", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &o.as_json, "write JSON instead of CSV", NULL},
        {"language", 0, 0, G_OPTION_ARG_STRING, &o.language, "of the report: en (default) or fr", "CODE"},
        {NULL},
    };
    g_auto(GStrv) rest = NULL;
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return EXIT_USAGE;
    bool speaks = o.language == NULL || strcmp(o.language, "en") == 0 || strcmp(o.language, "fr") == 0;
    bool has_recipe = g_strv_length(rest) == 1;
    if (g_strv_length(rest) > 1 || has_recipe == (o.by != NULL) || o.in == NULL || (o.out == NULL && !is_audit) ||
        !speaks || (o.parquet && o.as_json)) {
        fprintf(stderr, "darse %s: give a recipe or --by, and %s\nusage: darse %s %s\n", verb->name,
                is_audit ? "--in" : "--in and --out", verb->name, verb->usage);
        return EXIT_USAGE;
    }
    GError *error = NULL;
    g_autofree char *hash = NULL;
    g_autoptr(json_t) recipe = has_recipe ? sdc_read_json(rest[0], &hash, &error)
                                          : recipe_of(&o, o.cells || is_audit, &error);
    if (recipe == NULL)
        return verb_fail(verb, error);
    return sdc_tables_run(&(SdcTablesRun){verb, recipe, hash, o.in, o.out, o.language, job, o.parquet, o.as_json});
}

static int run_tabulate(int argc, char **argv)
{
    return tables_verb(&sdc_table_verbs[VERB_TABULATE], "tabulate", argc, argv);
}

static int run_suppress(int argc, char **argv)
{
    return tables_verb(&sdc_table_verbs[VERB_SUPPRESS], "suppress", argc, argv);
}

static int run_audit(int argc, char **argv)
{
    return tables_verb(&sdc_table_verbs[VERB_AUDIT], "audit", argc, argv);
}

/* --- sdc compare ------------------------------------------------------------------------------------------ */

static void print_measures(const char *prefix, const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        g_autofree char *name = g_strdup_printf("%s%s", prefix, key);
        g_autofree char *below = g_strdup_printf("%s%s ", prefix, key);
        if (json_is_integer(value))
            printf("%-40s %15lld\n", name, (long long)json_integer_value(value));
        else if (json_is_real(value))
            printf("%-40s %15.6g\n", name, json_real_value(value));
        else if (json_is_null(value))
            printf("%-40s %15s\n", name, "-");
        else if (json_is_object(value))
            print_measures(below, value);
    }
}

static void print_comparison(const json_t *report)
{
    const json_t *utility = json_object_get(report, "utility");
    size_t i;
    json_t *row;
    print_measures("", utility != NULL ? utility : report);
    json_array_foreach (json_object_get(utility, "tables"), i, row) {
        g_autofree char *prefix = g_strdup_printf("%lld-way ", (long long)whole(row, "ways"));
        json_object_del(row, "ways");
        print_measures(prefix, row);
    }
}

static json_t *compare_files(char *const *paths, const json_t *options, GError **error)
{
    g_auto(Inputs) inputs = {0};
    json_t *result = NULL;
    if (!inputs_open(paths, &inputs, error))
        return NULL;
    g_autoptr(json_t) arguments = json_pack("{s:O, s:O}", "formats", inputs.formats, "options", options);
    worker_run_files(NULL, NULL, WORKER_COMPARE, arguments, inputs.fds, inputs.count, -1, sdc_show_progress, NULL,
                     &result, error);
    return result;
}

static int run_compare(int argc, char **argv)
{
    const Verb *verb = &sdc_table_verbs[VERB_COMPARE];
    g_autofree char *by = NULL, *value = NULL, *key = NULL;
    int ways = 2;
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        {"by", 0, 0, G_OPTION_ARG_STRING, &by, "the files have cells of these dimensions", "A,B,..."},
        {"value", 0, 0, G_OPTION_ARG_STRING, &value, "column of the cells' values", "COLUMN"},
        {"key", 0, 0, G_OPTION_ARG_STRING, &key, "columns that say which record is which", "A,..."},
        {"ways", 0, 0, G_OPTION_ARG_INT, &ways, "tables of up to so many columns (default 2)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "print everything as JSON", NULL},
        {NULL},
    };
    g_auto(GStrv) rest = NULL;
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return EXIT_USAGE;
    if (g_strv_length(rest) != 2 || (by != NULL) != (value != NULL) || (by != NULL && key != NULL) || ways < 1 ||
        ways > 4) {
        fprintf(stderr, "darse %s: give two files; of cells, --by and --value; 1 to 4 ways\nusage: darse %s %s\n",
                verb->name, verb->name, verb->usage);
        return EXIT_USAGE;
    }
    GError *error = NULL;
    g_autoptr(json_t) options = json_pack("{s:i}", "ways", ways);
    if (by != NULL) {
        json_object_set_new(options, "by", names_of(by));
        json_object_set_new(options, "value", json_string(value));
    }
    if (key != NULL)
        json_object_set_new(options, "key", names_of(key));
    g_autoptr(json_t) result = compare_files(rest, options, &error);
    if (result == NULL)
        return verb_fail(verb, error);
    const json_t *report = json_object_get(result, "report");
    if (as_json) {
        json_dumpf(report, stdout, JSON_INDENT(2));
        printf("\n");
    } else {
        print_comparison(report);
    }
    return EXIT_OK;
}
