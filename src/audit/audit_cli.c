/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `darse audit ...`: what an auditor does with the files of a state directory, beside a running
 * server or without one.
 */
#include "audit/audit.h"

#include "audit/log.h"
#include "audit/verify.h"
#include "base/config.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT_BATCH 1000

/* Options of every verb here; each verb offers some of them. */
typedef struct AuditOptions {
    char *state;
    char *key;
    char *since;
    char *reason;
    char *from, *to;
    gboolean files;
} AuditOptions;

static void audit_options_clear(AuditOptions *options)
{
    g_free(options->state);
    g_free(options->key);
    g_free(options->since);
    g_free(options->reason);
    g_free(options->from);
    g_free(options->to);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AuditOptions, audit_options_clear)

/* Parses by the options that VERB's usage names; COUNT words must remain. */
static bool cli_parse(const Verb *verb, int argc, char **argv, AuditOptions *options, guint count,
                      GStrv *ret_words)
{
    const GOptionEntry all[] = {
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &options->state, "State directory", "DIR"},
        {"key", 0, 0, G_OPTION_ARG_STRING, &options->key,
         "Verifier key kept elsewhere, or a file that holds it", "KEY"},
        {"since", 0, 0, G_OPTION_ARG_FILENAME, &options->since, "Older checkpoint", "FILE"},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &options->reason, "Why", "TEXT"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &options->from, "First time", "TIME"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options->to, "End, excluded", "TIME"},
        {"files", 0, 0, G_OPTION_ARG_NONE, &options->files, "Check the files alone", NULL},
    };
    GOptionEntry chosen[G_N_ELEMENTS(all) + 1] = {0};
    for (size_t i = 0, n = 0; i < G_N_ELEMENTS(all); i++) {
        g_autofree char *flag = g_strconcat("--", all[i].long_name, NULL);
        if (strstr(verb->usage, flag) != NULL)
            chosen[n++] = all[i];
    }
    if (!verb_parse(verb, argc, argv, chosen, ret_words))
        return false;
    if (g_strv_length(*ret_words) == count)
        return true;
    fprintf(stderr, "usage: darse %s %s\n", verb->name, verb->usage);
    return false;
}

/* The database that the configuration names. NULL without error: SQLite, and no file yet. */
static Store *cli_open_store(const char *state_dir, GError **error)
{
    g_autoptr(Config) config = config_load(state_dir, error);
    if (config == NULL)
        return NULL;
    char *password = NULL;
    const char *url = config_text(config, "store.url");
    const char *password_file = config_text(config, "store.password_file");
    g_autofree char *path = g_build_filename(state_dir, "darse.db", NULL);
    g_autofree char *local = g_strconcat("sqlite:", path, NULL);
    if (*url == '\0' && !g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    if (*password_file != '\0' && !file_read(password_file, 4096, &password, NULL, error))
        return NULL;
    if (password != NULL)
        g_strchomp(password);
    Store *store = store_open(*url != '\0' ? url : local, password, 1, error);
    secret_free(password);
    return store;
}

static Store *cli_require_store(const char *state_dir, GError **error)
{
    GError *failure = NULL;
    Store *store = cli_open_store(state_dir, &failure);
    if (store == NULL && failure == NULL)
        error_set(&failure, ERROR_NOT_FOUND, "audit.no_database",
                  "There is no database in %s; name the state directory with --state.", state_dir);
    if (store == NULL)
        g_propagate_error(error, failure);
    return store;
}

/* --key KEY or FILE, else the state directory's own. */
static bool cli_verifier(const AuditOptions *options, const char *state_dir, char **ret_key,
                         GError **error)
{
    if (options->key == NULL)
        return log_load_verifier(state_dir, ret_key, error);
    if (!g_file_test(options->key, G_FILE_TEST_EXISTS)) {
        *ret_key = g_strdup(options->key);
        return true;
    }
    if (!file_read(options->key, 4096, ret_key, NULL, error))
        return false;
    g_strchomp(*ret_key);
    return true;
}

static bool cli_sequence(const char *text, int64_t *ret_sequence, GError **error)
{
    size_t length = strlen(text);
    if (length < 1 || length > 16 || strspn(text, "0123456789") != length)
        return error_set(error, ERROR_INVALID, "audit.sequence",
                         "\"%s\" is not the number of an entry.", text);
    *ret_sequence = g_ascii_strtoll(text, NULL, 10);
    return true;
}

/* --- verify --- */

static bool cli_verify_rows(const char *state_dir, const char *folder,
                            const Checkpoint *checkpoint, VerifyReport *report, GError **error)
{
    GError *failure = NULL;
    g_autoptr(Store) store = cli_open_store(state_dir, &failure);
    if (failure != NULL) {
        g_propagate_error(error, failure);
        return false;
    }
    if (store == NULL) {
        printf("rows     not checked: there is no database in %s\n", state_dir);
        return true;
    }
    if (!verify_rows(folder, checkpoint, store, report, error))
        return false;
    printf("rows     %" G_GINT64_FORMAT " agree with the tiles, %" G_GINT64_FORMAT
           " bodies erased on record\n", report->rows, report->erased);
    return true;
}

static bool cli_load_since(const AuditOptions *options, const char *key, Checkpoint *ret_since,
                           GError **error)
{
    g_autofree char *note = NULL;
    if (options->since == NULL)
        return true;
    if (!file_read(options->since, NOTE_SIZE_MAX, &note, NULL, error))
        return false;
    if (checkpoint_open(note, key, ret_since, error))
        return true;
    g_prefix_error(error, "%s: ", options->since);
    return false;
}

static bool cli_verify(const AuditOptions *options, GError **error)
{
    g_autofree char *state_dir = verb_state_dir(options->state);
    g_autofree char *folder = log_folder(state_dir);
    g_autofree char *key = NULL;
    g_auto(Checkpoint) checkpoint = {0};
    g_auto(Checkpoint) since = {0};
    VerifyReport report = {0};
    int64_t start_ms = time_monotonic_ms();
    bool has_since = options->since != NULL;
    if (!cli_verifier(options, state_dir, &key, error) ||
        !log_load_checkpoint(folder, key, NULL, &checkpoint, error) ||
        !cli_load_since(options, key, &since, error) ||
        !verify_tiles(folder, &checkpoint, has_since ? &since : NULL, &report, error))
        return false;
    printf("log      %s\nentries  %" G_GINT64_FORMAT "\ntiles    %" G_GINT64_FORMAT
           " agree with the signed checkpoint\n", checkpoint.origin, report.size, report.tiles);
    if (has_since)
        printf("since    %" G_GINT64_FORMAT " entries: the log continues that checkpoint\n",
               since.size);
    if (!options->files && !cli_verify_rows(state_dir, folder, &checkpoint, &report, error))
        return false;
    printf("time     %" G_GINT64_FORMAT " ms\n", time_monotonic_ms() - start_ms);
    if (options->key == NULL)
        printf("note     the key came from the same machine; an auditor gives the key kept "
               "elsewhere with --key\n");
    printf("The log is intact.\n");
    return true;
}

static const Verb *cli_verb(const char *name)
{
    for (const Verb *verb = audit_verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, name) == 0)
            return verb;
    }
    g_assert_not_reached();
}

static int audit_verify_run(int argc, char **argv)
{
    const Verb *verb = cli_verb("audit verify");
    g_auto(AuditOptions) options = {0};
    g_auto(GStrv) words = NULL;
    GError *error = NULL;
    if (!cli_parse(verb, argc, argv, &options, 0, &words))
        return EXIT_USAGE;
    return cli_verify(&options, &error) ? EXIT_OK : verb_fail(verb, error);
}

/* --- prove, check --- */

typedef struct CliProve {
    int64_t sequence;
    const char *folder, *note, *key;
    int64_t size;
    json_t *proof;
} CliProve;

static bool cli_prove_row(StoreTx *tx, void *data, GError **error)
{
    CliProve *prove = data;
    g_auto(LogRow) row = {0};
    if (!row_read(tx, prove->sequence, &row, error))
        return false;
    prove->proof = log_prove(prove->folder, prove->note, prove->size, prove->key, &row, error);
    return prove->proof != NULL;
}

static bool cli_prove(const AuditOptions *options, const char *word, GError **error)
{
    g_autofree char *state_dir = verb_state_dir(options->state);
    g_autofree char *folder = log_folder(state_dir);
    g_autofree char *key = NULL;
    g_autofree char *note = NULL;
    g_auto(Checkpoint) checkpoint = {0};
    CliProve prove = {.folder = folder};
    if (!cli_sequence(word, &prove.sequence, error) ||
        !log_load_verifier(state_dir, &key, error) ||
        !log_load_checkpoint(folder, key, &note, &checkpoint, error))
        return false;
    prove.note = note;
    prove.key = key;
    prove.size = checkpoint.size;
    g_autoptr(Store) store = cli_require_store(state_dir, error);
    if (store == NULL || !store_read(store, cli_prove_row, &prove, error))
        return false;
    json_dumpf(prove.proof, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    putchar('\n');
    json_decref(prove.proof);
    return true;
}

static int audit_prove_run(int argc, char **argv)
{
    const Verb *verb = cli_verb("audit prove");
    g_auto(AuditOptions) options = {0};
    g_auto(GStrv) words = NULL;
    GError *error = NULL;
    if (!cli_parse(verb, argc, argv, &options, 1, &words))
        return EXIT_USAGE;
    return cli_prove(&options, words[0], &error) ? EXIT_OK : verb_fail(verb, error);
}

static bool cli_check(const AuditOptions *options, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *key = NULL;
    g_autofree char *state_dir = verb_state_dir(options->state);
    size_t size = 0;
    if (!cli_verifier(options, state_dir, &key, error) ||
        !file_read(path, 1024 * 1024, &text, &size, error))
        return false;
    g_autoptr(json_t) proof = json_parse(text, size, error);
    if (proof == NULL) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    g_autoptr(json_t) entry = NULL;
    bool has_body = json_object_get(proof, "entry") != NULL;
    if (!audit_verify_proof(proof, key, has_body ? &entry : NULL, error))
        return false;
    if (has_body)
        json_dumpf(entry, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    printf("%sThe entry is in the signed log%s.\n", has_body ? "\n" : "",
           has_body ? "" : "; its content was erased");
    return true;
}

static int audit_check_run(int argc, char **argv)
{
    const Verb *verb = cli_verb("audit check");
    g_auto(AuditOptions) options = {0};
    g_auto(GStrv) words = NULL;
    GError *error = NULL;
    if (!cli_parse(verb, argc, argv, &options, 1, &words))
        return EXIT_USAGE;
    return cli_check(&options, words[0], &error) ? EXIT_OK : verb_fail(verb, error);
}

/* --- export --- */

typedef struct CliExport {
    int64_t from_ms, to_ms;
    int64_t next;
} CliExport;

static bool export_row(void *user, const LogRow *row, GError **error)
{
    CliExport *export = user;
    g_autoptr(json_t) object = NULL;
    export->next++;
    if (row->time_ms < export->from_ms || row->time_ms >= export->to_ms)
        return true;
    if (!row_json(row->sequence, row->time_ms, row->entry, &object, error))
        return false;
    g_autofree char *leaf = hex_encode(row->leaf_hash.bytes, TREE_HASH_SIZE);
    json_object_set_new(object, "leaf_hash", json_string(leaf));
    bool ok = json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    return ok || error_set(error, ERROR_INTERNAL, "audit.output", "Cannot write the output.");
}

static bool export_batch(StoreTx *tx, void *data, GError **error)
{
    CliExport *export = data;
    return row_each(tx, export->next, EXPORT_BATCH, export_row, export, error);
}

/* The first entry at or after the time; clocks may go back a little, so each row is compared too. */
static bool export_begin(StoreTx *tx, void *data, GError **error)
{
    CliExport *export = data;
    int64_t count;
    return row_count(tx, &count, error) &&
           store_query_integer(tx, &export->next, count, error,
                               "SELECT COALESCE(MIN(sequence), $2) FROM audit_leaf "
                               "WHERE time_ms >= $1", store_integer(export->from_ms),
                               store_integer(count));
}

static bool cli_export(const AuditOptions *options, GError **error)
{
    g_autofree char *state_dir = verb_state_dir(options->state);
    CliExport export = {.to_ms = INT64_MAX};
    if ((options->from != NULL && !time_parse(options->from, &export.from_ms, error)) ||
        (options->to != NULL && !time_parse(options->to, &export.to_ms, error)))
        return false;
    g_autoptr(Store) store = cli_require_store(state_dir, error);
    if (store == NULL || !store_read(store, export_begin, &export, error))
        return false;
    for (int64_t before = -1; before != export.next;) {
        before = export.next;
        if (!store_read(store, export_batch, &export, error))
            return false;
    }
    return fflush(stdout) == 0 ||
           error_set(error, ERROR_INTERNAL, "audit.output", "Cannot write the output.");
}

static int audit_export_run(int argc, char **argv)
{
    const Verb *verb = cli_verb("audit export");
    g_auto(AuditOptions) options = {0};
    g_auto(GStrv) words = NULL;
    GError *error = NULL;
    if (!cli_parse(verb, argc, argv, &options, 0, &words))
        return EXIT_USAGE;
    return cli_export(&options, &error) ? EXIT_OK : verb_fail(verb, error);
}

/* --- checkpoint, key --- */

static int audit_checkpoint_run(int argc, char **argv)
{
    const Verb *verb = cli_verb("audit checkpoint");
    g_auto(AuditOptions) options = {0};
    g_auto(GStrv) words = NULL;
    g_auto(Checkpoint) checkpoint = {0};
    g_autofree char *key = NULL;
    g_autofree char *note = NULL;
    GError *error = NULL;
    if (!cli_parse(verb, argc, argv, &options, 0, &words))
        return EXIT_USAGE;
    g_autofree char *state_dir = verb_state_dir(options.state);
    g_autofree char *folder = log_folder(state_dir);
    if (!log_load_verifier(state_dir, &key, &error) ||
        !log_load_checkpoint(folder, key, &note, &checkpoint, &error))
        return verb_fail(verb, error);
    fputs(note, stdout);
    return EXIT_OK;
}

static int audit_key_run(int argc, char **argv)
{
    const Verb *verb = cli_verb("audit key");
    g_auto(AuditOptions) options = {0};
    g_auto(GStrv) words = NULL;
    g_autofree char *key = NULL;
    GError *error = NULL;
    if (!cli_parse(verb, argc, argv, &options, 0, &words))
        return EXIT_USAGE;
    g_autofree char *state_dir = verb_state_dir(options.state);
    if (!log_load_verifier(state_dir, &key, &error))
        return verb_fail(verb, error);
    puts(key);
    return EXIT_OK;
}

/* --- erase --- */

typedef struct CliErase {
    int64_t sequence, record;
    const char *reason;
} CliErase;

static bool cli_erase_body(StoreTx *tx, void *data, GError **error)
{
    CliErase *erase = data;
    return audit_erase_body(tx, erase->sequence, "system", erase->reason, &erase->record, error);
}

static bool cli_erase(const AuditOptions *options, const char *word, GError **error)
{
    g_autofree char *state_dir = verb_state_dir(options->state);
    CliErase erase = {.reason = options->reason};
    if (erase.reason == NULL)
        return error_set(error, ERROR_INVALID, "audit.reason",
                         "Say why with --reason; it is recorded.");
    if (!cli_sequence(word, &erase.sequence, error))
        return false;
    g_autoptr(Store) store = cli_require_store(state_dir, error);
    if (store == NULL || !store_write(store, cli_erase_body, &erase, error))
        return false;
    printf("The body of entry %" G_GINT64_FORMAT " is erased; entry %" G_GINT64_FORMAT
           " records it.\n", erase.sequence, erase.record);
    return true;
}

static int audit_erase_run(int argc, char **argv)
{
    const Verb *verb = cli_verb("audit erase");
    g_auto(AuditOptions) options = {0};
    g_auto(GStrv) words = NULL;
    GError *error = NULL;
    if (!cli_parse(verb, argc, argv, &options, 1, &words))
        return EXIT_USAGE;
    return cli_erase(&options, words[0], &error) ? EXIT_OK : verb_fail(verb, error);
}

const Verb audit_verbs[] = {
    {"audit verify", "[--state DIR] [--key KEY] [--since FILE] [--files]",
     "Check the whole audit log, also against a checkpoint kept elsewhere", audit_verify_run,
     false},
    {"audit prove", "[--state DIR] NUMBER", "Print the proof of one entry, to be checked offline",
     audit_prove_run, false},
    {"audit check", "[--state DIR] [--key KEY] FILE", "Check a proof with nothing but the key",
     audit_check_run, false},
    {"audit export", "[--state DIR] [--from TIME] [--to TIME]",
     "Print entries as lines of JSON, oldest first", audit_export_run, false},
    {"audit checkpoint", "--state DIR", "The newest signed checkpoint of a state on this machine",
     audit_checkpoint_run, false},
    {"audit key", "[--state DIR]", "Print the key that verifies this log, to keep elsewhere",
     audit_key_run, false},
    {"audit erase", "[--state DIR] --reason TEXT NUMBER",
     "Erase the content of one entry, on record; its proof remains", audit_erase_run, false},
    {NULL, NULL, NULL, NULL, false},
};
