/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs `release verify`, which needs nothing but the package, and `release keys`. */
#include "airlock/release.h"

#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_FILE_MAX 65536

static int run_verify(int argc, char **argv);
static int run_keys(int argc, char **argv);

enum { VERB_VERIFY, VERB_KEYS };

const Verb release_verbs[] = {
    [VERB_VERIFY] = {"release verify", "FILE [--key FILE] [--json]",
                     "check a release package offline", run_verify},
    [VERB_KEYS] = {"release keys", "[--state DIR]",
                   "print the keys to keep for `release verify --key`", run_keys},
    {NULL},
};

/* One verifier key a line; empty lines and those that begin with # are skipped. */
static bool keys_load(const char *path, GStrv *ret_keys, GError **error)
{
    g_autofree char *text = NULL;
    if (!file_read(path, KEYS_FILE_MAX, &text, NULL, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GStrvBuilder) keys = g_strv_builder_new();
    int count = 0;
    for (char **line = lines; *line != NULL; line++) {
        g_strstrip(*line);
        if (**line == '\0' || **line == '#')
            continue;
        g_strv_builder_add(keys, *line);
        count++;
    }
    if (count == 0)
        return error_set(error, ERROR_INVALID, "release.keys", "%s holds no key.", path);
    *ret_keys = g_strv_builder_end(keys);
    return true;
}

static void print_report(const ReleaseReport *report)
{
    size_t i;
    json_t *row;
    const json_t *files = json_object_get(report->manifest, "files");
    printf("decided %s\n", json_string_value(json_object_get(report->manifest, "decided")));
    json_array_foreach ((json_t *)files, i, row)
        printf("file %s, %" JSON_INTEGER_FORMAT " bytes, sha256 %s\n",
               json_string_value(json_object_get(row, "path")),
               json_integer_value(json_object_get(row, "size")),
               json_string_value(json_object_get(row, "sha256")));
    json_array_foreach (report->reviews, i, row) {
        char *text = json_canonical(row);
        printf("review %s\n", text);
        free(text);
    }
    printf("rules applied: %zu records\n", json_array_size(report->rules));
    printf("signed by %s\nlogged by %s\n", report->attest_key, report->audit_key);
    printf("%s\n", report->are_keys_known
                       ? "whole, and made by the keys that you keep"
                       : "whole; its keys were not compared with keys that you keep (--key)");
}

static void print_json(const ReleaseReport *report)
{
    g_autoptr(json_t) all = json_pack(
        "{s:O, s:O, s:O, s:O, s:s, s:s, s:b}", "manifest", report->manifest, "reviews",
        report->reviews, "rules", report->rules, "entry", report->entry, "attest_key",
        report->attest_key, "audit_key", report->audit_key, "are_keys_known",
        (int)report->are_keys_known);
    json_dumpf(all, stdout, JSON_INDENT(2));
    printf("\n");
}

static bool verify_path(const char *path, const char *keys_path, ReleaseReport **ret_report,
                        GError **error)
{
    g_auto(GStrv) keys = NULL;
    if (keys_path != NULL && !keys_load(keys_path, &keys, error))
        return false;
    FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(error, ERROR_NOT_FOUND, "files.open", "%s cannot be opened: %s.", path,
                         g_strerror(errno));
    return release_verify(fd, (const char *const *)keys, ret_report, error);
}

static int run_verify(int argc, char **argv)
{
    const Verb *verb = &release_verbs[VERB_VERIFY];
    g_autofree char *keys_path = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        {"key", 0, 0, G_OPTION_ARG_FILENAME, &keys_path,
         "file of keys kept from the instance, one a line", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "print everything that was checked", NULL},
        {NULL},
    };
    g_auto(GStrv) rest = NULL;
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return EXIT_USAGE;
    if (g_strv_length(rest) != 1) {
        fprintf(stderr, "usage: darse %s %s\n", verb->name, verb->usage);
        return EXIT_USAGE;
    }
    g_autoptr(ReleaseReport) report = NULL;
    GError *error = NULL;
    if (!verify_path(rest[0], keys_path, &report, &error))
        return verb_fail(verb, error);
    if (as_json)
        print_json(report);
    else
        print_report(report);
    return EXIT_OK;
}

static int run_keys(int argc, char **argv)
{
    static const char *const files[] = {"instance/attest.pub", "instance/audit.pub"};
    const Verb *verb = &release_verbs[VERB_KEYS];
    g_autofree char *given = NULL;
    const GOptionEntry entries[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &given, "state directory", "DIR"},
        {NULL},
    };
    g_auto(GStrv) rest = NULL;
    if (!verb_parse(verb, argc, argv, entries, &rest))
        return EXIT_USAGE;
    g_autofree char *state = verb_state_dir(given);
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(state, files[i], NULL);
        g_autofree char *text = NULL;
        GError *error = NULL;
        if (!file_read(path, 4096, &text, NULL, &error))
            return verb_fail(verb, error);
        printf("%s\n", g_strstrip(text));
    }
    return EXIT_OK;
}
