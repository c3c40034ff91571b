/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs: the hidden `worker`, and `sdc`, the checks that a scientist can run before asking for
 * an export. */
#include "worker/worker_cli.h"

#include "base/declare.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "sdc/sdc.h"
#include "worker/child.h"
#include "worker/rules.h"
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int run_worker(int argc, char **argv);
static int run_check(int argc, char **argv);
static int run_packs(int argc, char **argv);

enum { VERB_WORKER, VERB_CHECK, VERB_PACKS };

const Verb worker_verbs[] = {
    [VERB_WORKER] = {"worker", "", "reads one file of a person in a sandbox", run_worker, true},
    [VERB_CHECK] = {"sdc check", "FILE [--count COLUMN] [--total COLUMN] [--largest COLUMN] "
                   "[--next COLUMNS] [--dimensions COLUMNS] [--pack NAME] [--json]",
                    "check a table (CSV or Parquet) by the primary disclosure rules", run_check},
    [VERB_PACKS] = {"sdc packs", "[--json]", "list the rule packs with their sources", run_packs},
    {NULL},
};

static int run_worker(int argc, char **argv)
{
    (void)argv;
    struct stat st;
    if (argc != 1 || fstat(CHILD_SOCKET_FD, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        fprintf(stderr, "darse worker: this verb is for the server, which hands it a socket\n");
        return EXIT_USAGE;
    }
    return worker_main();
}

/* --- sdc check --------------------------------------------------------------------------------- */

static void print_names(const char *title, const json_t *names)
{
    size_t i;
    json_t *name;
    if (json_array_size(names) == 0)
        return;
    printf("%s", title);
    json_array_foreach (names, i, name)
        printf("%s%s", i > 0 ? ", " : " ", json_string_value(name));
    printf("\n");
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void print_structure(const json_t *structure)
{
    const char *state = json_string_value(json_object_get(structure, "state"));
    if (g_strcmp0(state, "checked") == 0)
        printf("subtraction: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " hidden values "
               "follow from what is shown\n", number_of(structure, "recomputable"),
               number_of(structure, "hidden"));
    else if (g_strcmp0(state, "not_declared") == 0)
        printf("subtraction: not tried, no dimension was declared (--dimensions)\n");
}

static void print_result(const json_t *result, const SdcPack *pack)
{
    const json_t *summary = json_object_get(result, "summary");
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(result, "flags"), i, row) {
        const char *value = json_string_value(json_object_get(row, "value"));
        const json_t *measure = json_object_get(row, "measure");
        printf("row %-8" JSON_INTEGER_FORMAT " %-20s %s = %s", number_of(row, "row"),
               json_string_value(json_object_get(row, "rule")),
               json_string_value(json_object_get(row, "column")),
               value != NULL ? value : "(missing)");
        if (json_is_number(measure))
            printf("  (%.4g, limit %.4g)", json_number_value(measure),
                   json_number_value(json_object_get(row, "limit")));
        printf("\n");
    }
    if (json_is_false(json_object_get(result, "flags_listed_all")))
        printf("(more cells are flagged; the list stops here)\n");
    json_array_foreach (json_object_get(result, "notes"), i, row)
        printf("note: %s\n", json_string_value(row));
    print_names("rules applied:", json_object_get(summary, "applied"));
    print_names("rules not applied, their columns were not declared:",
                json_object_get(summary, "not_applied"));
    print_names("rules that lacked contributors for some cells:",
                json_object_get(summary, "short_of"));
    print_structure(json_object_get(result, "structure"));
    printf("%s: %" JSON_INTEGER_FORMAT " cells, %" JSON_INTEGER_FORMAT " flagged, %"
           JSON_INTEGER_FORMAT " safe, %" JSON_INTEGER_FORMAT " suppressed (pack %s, on the "
           "author's declaration)\n",
           json_string_value(json_object_get(result, "verdict")), number_of(summary, "cells"),
           number_of(summary, "flagged"), number_of(summary, "safe"),
           number_of(summary, "suppressed"), pack->name);
}

static bool check_file(const char *path, const json_t *declaration, json_t **ret_result,
                       GError **error)
{
    const char *format = worker_format_of(path);
    if (format == NULL)
        return error_set(error, ERROR_UNSUPPORTED, "table.format",
                         "%s is neither .csv nor .parquet; no other type is checked.", path);
    FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(error, ERROR_NOT_FOUND, "files.open", "%s cannot be opened: %s.", path,
                         g_strerror(errno));
    g_autoptr(json_t) arguments = json_deep_copy(declaration);
    json_object_set_new(arguments, "format", json_string(format));
    return worker_run(NULL, NULL, WORKER_LINT, arguments, fd, -1, ret_result, error);
}

typedef struct CheckOptions {
    char *count, *contributors, *total, *absolute, *largest, *next, *dimensions, *nested, *pack;
    gboolean as_json;
} CheckOptions;

static void check_options_clear(CheckOptions *o)
{
    char *texts[] = {o->count, o->contributors, o->total, o->absolute, o->largest, o->next,
                     o->dimensions, o->nested, o->pack};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CheckOptions, check_options_clear)

static bool check_parse(const Verb *verb, int argc, char **argv, CheckOptions *o, GStrv *ret_rest)
{
    const GOptionEntry entries[] = {
        {"count", 0, 0, G_OPTION_ARG_STRING, &o->count, "column of numbers of units", "COLUMN"},
        {"contributors", 0, 0, G_OPTION_ARG_STRING, &o->contributors,
         "column of respondents, or groups of enterprises", "COLUMN"},
        {"total", 0, 0, G_OPTION_ARG_STRING, &o->total, "column of totals", "COLUMN"},
        {"absolute", 0, 0, G_OPTION_ARG_STRING, &o->absolute,
         "column of sums of absolute values, where some are negative", "COLUMN"},
        {"largest", 0, 0, G_OPTION_ARG_STRING, &o->largest, "column of largest contributions",
         "COLUMN"},
        {"next", 0, 0, G_OPTION_ARG_STRING, &o->next,
         "columns of the second largest, third... (between commas)", "COLUMNS"},
        {"dimensions", 0, 0, G_OPTION_ARG_STRING, &o->dimensions,
         "how cells add up: COLUMN[=TOTAL] between commas", "COLUMNS"},
        {"nested", 0, 0, G_OPTION_ARG_STRING, &o->nested,
         "dimensions whose codes begin with that of the whole they are a part of", "COLUMNS"},
        {"pack", 0, 0, G_OPTION_ARG_STRING, &o->pack, "rule pack (default fr-enterprise)", "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &o->as_json, "print the whole result as JSON", NULL},
        {NULL},
    };
    return verb_parse(verb, argc, argv, entries, ret_rest);
}

static json_t *check_declaration(const CheckOptions *o, const SdcPack *pack)
{
    return json_pack("{s:o, s:s?, s:s?, s:s?, s:s?, s:s?, s:o, s:o}", "rules",
                     rules_json(&pack->rules), "count_column", o->count, "contributors_column",
                     o->contributors, "total_column", o->total, "absolute_column", o->absolute,
                     "largest_column", o->largest, "next_columns", declare_names(o->next),
                     "dimensions", declare_dimensions(o->dimensions, o->nested));
}

static int run_check(int argc, char **argv)
{
    const Verb *verb = &worker_verbs[VERB_CHECK];
    g_auto(CheckOptions) options = {0};
    g_auto(GStrv) rest = NULL;
    if (!check_parse(verb, argc, argv, &options, &rest))
        return EXIT_USAGE;
    const SdcPack *pack = sdc_pack_find(options.pack != NULL ? options.pack : "fr-enterprise");
    if (g_strv_length(rest) != 1 || pack == NULL) {
        fprintf(stderr, "darse %s: %s\nusage: darse %s %s\n", verb->name,
                pack == NULL ? "there is no such rule pack; see darse sdc packs"
                             : "give one file", verb->name, verb->usage);
        return EXIT_USAGE;
    }
    g_autoptr(json_t) declaration = check_declaration(&options, pack);
    g_autoptr(json_t) result = NULL;
    GError *error = NULL;
    if (declaration == NULL || !check_file(rest[0], declaration, &result, &error))
        return verb_fail(verb, error);
    if (options.as_json) {
        json_dumpf(result, stdout, JSON_INDENT(2));
        printf("\n");
    } else {
        print_result(result, pack);
    }
    const char *verdict = json_string_value(json_object_get(result, "verdict"));
    return g_strcmp0(verdict, "pass") == 0 ? EXIT_OK : EXIT_FAILED;
}

/* --- sdc packs --------------------------------------------------------------------------------- */

static json_t *pack_json(const SdcPack *pack)
{
    return json_pack("{s:s, s:i, s:s, s:s, s:o}", "name", pack->name, "version",
                     (int)pack->version, "title", pack->title, "reference", pack->reference, "rules", rules_json(&pack->rules));
}

static int run_packs(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "print as JSON", NULL},
        {NULL},
    };
    g_auto(GStrv) rest = NULL;
    if (!verb_parse(&worker_verbs[VERB_PACKS], argc, argv, entries, &rest))
        return EXIT_USAGE;
    g_autoptr(json_t) all = json_array();
    for (const SdcPack *p = sdc_packs(); p->name != NULL; p++) {
        json_array_append_new(all, pack_json(p));
        if (!as_json)
            printf("%-14s %s\n               %s\n", p->name, p->title, p->reference);
    }
    if (as_json) {
        json_dumpf(all, stdout, JSON_INDENT(2));
        printf("\n");
    }
    return EXIT_OK;
}
