/* SPDX-License-Identifier: Apache-2.0 */
/* audit: the log as a whole. Appending, publishing, proving; each attack must be seen. */
#include "database.h"

#include "audit/audit.h"
#include "audit/log.h"
#include "audit/tiles.h"
#include "audit/verify.h"
#include "base/error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define ORIGIN "darse.test/audit"

/* --- a log to play with --- */

typedef struct Log {
    char *state;
    char *folder;
    char *url;
    char *key;
    Store *store;
    Audit *audit;
} Log;

static void log_open(Log *log)
{
    g_autoptr(GError) error = NULL;
    log->store = open_store(log->url);
    g_assert_true(store_migrate(log->store, 0, &error));
    log->audit = audit_open(log->state, log->store, &error);
    g_assert_no_error(error);
}

static void log_close(Log *log)
{
    g_clear_pointer(&log->audit, audit_close);
    g_clear_pointer(&log->store, store_close);
}

static void log_new(Log *log, Kind kind)
{
    g_autoptr(GError) error = NULL;
    log->state = g_strdup_printf("%s/state-%d", world.folder, world.databases);
    log->folder = log_folder(log->state);
    g_assert_cmpint(g_mkdir(log->state, 0700), ==, 0);
    g_assert_true(audit_init(log->state, ORIGIN, &error));
    g_assert_no_error(error);
    log->url = kind == SQLITE ? g_strdup_printf("sqlite:%s/darse.db", log->state)
                              : new_database(kind);
    world.databases++;
    g_assert_true(log_load_verifier(log->state, &log->key, NULL));
    log_open(log);
}

static void log_clear(Log *log)
{
    log_close(log);
    g_free(log->state);
    g_free(log->folder);
    g_free(log->url);
    g_free(log->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Log, log_clear)

typedef struct Batch {
    int64_t first;
    int count;
    const char *actor;
    int64_t last;       /* sequence number of the last one */
} Batch;

static bool append_batch(StoreTx *tx, void *data, GError **error)
{
    Batch *batch = data;
    for (int i = 0; i < batch->count; i++) {
        g_autofree char *object = g_strdup_printf("thing-%" G_GINT64_FORMAT, batch->first + i);
        AuditEntry entry = {.verb = i % 2 == 0 ? "thing.make" : "thing.see", .outcome = "done",
                            .actor = batch->actor, .object = object,
                            .project = i % 3 == 0 ? "prj-a" : ""};
        if (!audit_append(tx, &entry, &batch->last, error))
            return false;
    }
    return true;
}

static int64_t append(Log *log, int count, const char *actor)
{
    g_autoptr(GError) error = NULL;
    Batch batch = {.count = count, .actor = actor};
    g_assert_true(store_write(log->store, append_batch, &batch, &error));
    g_assert_no_error(error);
    return batch.last;
}

static void append_published(Log *log, int count)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(audit_wait(log->audit, append(log, count, "per-a"), 20000, &error));
    g_assert_no_error(error);
}

typedef struct Sql {
    const char *statement;
} Sql;

static bool run_sql(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, ((Sql *)data)->statement);
}

static void sql(Log *log, const char *statement)
{
    g_autoptr(GError) error = NULL;
    Sql run = {statement};
    g_assert_true(store_write(log->store, run_sql, &run, &error));
    g_assert_no_error(error);
}

/* Reason of the first thing found wrong, or NULL. */
static const char *verify(Log *log, const Checkpoint *since)
{
    g_autoptr(GError) error = NULL;
    g_auto(Checkpoint) checkpoint = {0};
    VerifyReport report = {0};
    bool ok = log_load_checkpoint(log->folder, log->key, NULL, &checkpoint, &error) &&
              verify_tiles(log->folder, &checkpoint, since, &report, &error) &&
              (log->store == NULL ||
               verify_rows(log->folder, &checkpoint, log->store, &report, &error));
    return ok ? NULL : error_reason(error);
}

static void copy_tree(const char *from, const char *to)
{
    const char *argv[] = {"cp", "-a", from, to, NULL};
    int status = -1;
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, &status, NULL));
    g_assert_cmpint(status, ==, 0);
}

/* --- the ordinary life --- */

static void test_init_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *state = g_build_filename(world.folder, "init", NULL);
    g_assert_false(audit_init(state, "bad name", &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.name");
    g_clear_error(&error);
    g_assert_true(audit_init(state, ORIGIN, &error));
    g_assert_false(audit_init(state, ORIGIN, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.exists");
    GStatBuf status;
    g_autofree char *key = g_build_filename(state, "instance", "audit.key", NULL);
    g_assert_cmpint(g_stat(key, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
}

static void check_proof(Log *log, int64_t sequence)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) proof = audit_prove(log->audit, sequence, &error);
    g_assert_no_error(error);
    g_autoptr(json_t) entry = NULL;
    g_assert_true(audit_verify_proof(proof, log->key, &entry, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(json_string_value(json_object_get(entry, "actor")), ==, "per-a");
}

static void test_publish_and_prove(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    static const int counts[] = {1, 1, 3, 250, 1, 1, 300, 143, 400};
    g_auto(Log) log = {0};
    g_autoptr(GError) error = NULL;
    log_new(&log, (Kind)GPOINTER_TO_INT(data));
    g_assert_null(verify(&log, NULL));
    g_assert_null(audit_prove(log.audit, 0, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.not_found");
    int64_t size = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        append_published(&log, counts[i]);
        size += counts[i];
        g_autofree char *note = audit_checkpoint(log.audit, NULL);
        g_auto(Checkpoint) checkpoint = {0};
        g_assert_true(checkpoint_open(note, log.key, &checkpoint, NULL));
        g_assert_cmpint(checkpoint.size, ==, size);
        g_assert_null(verify(&log, NULL));
        for (int64_t s = 0; s < size; s += 1 + size / 17)
            check_proof(&log, s);
        check_proof(&log, size - 1);
    }
}

/* Enough leaves for a tile of the third level, appended in one go: the bulk path. */
static void test_many(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    append_published(&log, 65536 + 300);
    append_published(&log, 1);
    g_assert_null(verify(&log, NULL));
    static const int64_t some[] = {0, 255, 256, 65535, 65536, 65836};
    for (size_t i = 0; i < G_N_ELEMENTS(some); i++)
        check_proof(&log, some[i]);
    g_autofree char *path = tile_path(log.folder, 2, 0, 1);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(g_str_has_suffix(path, "tile/2/000.p/1"));
    g_autofree char *far = tile_path("x", 0, 1234067, TILE_WIDTH);
    g_assert_cmpstr(far, ==, "x/tile/0/x001/x234/067");
}

static void test_proof_changed(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    append_published(&log, 300);
    g_autofree char *stranger_key = note_new_key(ORIGIN);
    g_autoptr(NoteSigner) stranger = note_signer_new(stranger_key, NULL);
    g_autofree char *stranger_verifier = note_verifier_key(stranger);
    g_autoptr(json_t) proof = audit_prove(log.audit, 77, NULL);
    g_autoptr(json_t) other = audit_prove(log.audit, 78, NULL);
    g_assert_true(audit_verify_proof(proof, log.key, NULL, NULL));
    g_assert_false(audit_verify_proof(proof, stranger_verifier, NULL, NULL));
    static const char *const keys[] = {"checkpoint", "leaf_data", "index", "proof", "salt",
                                       "entry"};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autoptr(json_t) entry = NULL;
        /* Another entry's part, nonsense, nothing. */
        g_autoptr(json_t) mixed = json_deep_copy(proof);
        json_object_set(mixed, keys[i], json_object_get(other, keys[i]));
        g_assert_true(audit_verify_proof(mixed, log.key, &entry, NULL) ==
                      (strcmp(keys[i], "checkpoint") == 0));
        g_clear_pointer(&entry, json_decref);
        json_object_set_new(mixed, keys[i], json_pack("[i,s]", 1, "x"));
        g_assert_false(audit_verify_proof(mixed, log.key, &entry, NULL));
        json_object_del(mixed, keys[i]);
        g_assert_false(audit_verify_proof(mixed, log.key, &entry, NULL));
        g_assert_null(entry);
    }
    g_autoptr(json_t) nothing = json_null();
    g_assert_false(audit_verify_proof(nothing, log.key, NULL, NULL));
}

static void test_entry_refused(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    g_autoptr(GError) error = NULL;
    Batch bad = {.count = 1, .actor = "\xff"};
    g_assert_false(store_write(log.store, append_batch, &bad, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.entry");
    g_clear_error(&error);
    g_autofree char *huge = g_strnfill(70000, 'x');
    Batch large = {.count = 1, .actor = huge};
    g_assert_false(store_write(log.store, append_batch, &large, &error));
    g_assert_true(error_is(error, ERROR_TOO_LARGE));
    append_published(&log, 1);
    g_assert_null(verify(&log, NULL));
}

/* --- searching --- */

typedef struct Search {
    AuditFilter filter;
    int64_t before, limit;
    json_t *found;
} Search;

static bool run_search(StoreTx *tx, void *data, GError **error)
{
    Search *search = data;
    return audit_search(tx, &search->filter, search->before, search->limit, &search->found, error);
}

static json_t *search(Log *log, AuditFilter filter, int64_t before, int64_t limit)
{
    g_autoptr(GError) error = NULL;
    Search run = {filter, before, limit, NULL};
    g_assert_true(store_read(log->store, run_search, &run, &error));
    g_assert_no_error(error);
    return run.found;
}

static void test_search(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_auto(Log) log = {0};
    log_new(&log, (Kind)GPOINTER_TO_INT(data));
    append(&log, 6, "per-a");
    append(&log, 4, "per-b");
    const struct {
        AuditFilter filter;
        int64_t before, limit;
        size_t count;
        int64_t first;
    } rows[] = {
        {{0}, -1, 100, 10, 9},
        {{0}, -1, 3, 3, 9},
        {{0}, 7, 3, 3, 6},
        {{0}, 0, 3, 0, 0},
        {{.actor = "per-a"}, -1, 100, 6, 5},
        {{.actor = "per-a"}, 3, 100, 3, 2},
        {{.actor = "per-x"}, -1, 100, 0, 0},
        {{.object = "thing-1"}, -1, 100, 2, 7},
        {{.project = "prj-a"}, -1, 100, 4, 9},
        {{.verb = "thing.see"}, -1, 100, 5, 9},
        {{.actor = "per-b", .verb = "thing.make", .project = "prj-a"}, -1, 100, 1, 6},
        {{.from_ms = 1}, -1, 100, 10, 9},
        {{.to_ms = 1}, -1, 100, 0, 0},
        {{.actor = "x' OR '1'='1"}, -1, 100, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(json_t) found = search(&log, rows[i].filter, rows[i].before, rows[i].limit);
        g_assert_cmpuint(json_array_size(found), ==, rows[i].count);
        if (rows[i].count == 0)
            continue;
        const json_t *first = json_array_get(found, 0);
        g_assert_cmpint(json_integer_value(json_object_get(first, "sequence")), ==,
                        rows[i].first);
        g_assert_nonnull(json_string_value(json_object_get(first, "time")));
        g_assert_true(json_is_false(json_object_get(first, "erased")));
    }
}

/* --- erasing --- */

typedef struct Erase {
    int64_t sequence, record;
    const char *reason;
} Erase;

static bool run_erase(StoreTx *tx, void *data, GError **error)
{
    Erase *erase = data;
    return audit_erase_body(tx, erase->sequence, "per-officer", erase->reason, &erase->record,
                            error);
}

static void test_erase(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_auto(Log) log = {0};
    log_new(&log, (Kind)GPOINTER_TO_INT(data));
    append_published(&log, 10);
    g_autoptr(GError) error = NULL;
    Erase erase = {.sequence = 4, .reason = ""};
    g_assert_false(store_write(log.store, run_erase, &erase, NULL));
    erase.reason = "Request of the person";
    g_assert_true(store_write(log.store, run_erase, &erase, &error));
    g_assert_cmpint(erase.record, ==, 10);
    g_assert_false(store_write(log.store, run_erase, &erase, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.no_body");
    g_clear_error(&error);
    Erase record = {.sequence = 10, .reason = "Hide it"};
    g_assert_false(store_write(log.store, run_erase, &record, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.erase_record");
    g_clear_error(&error);
    g_assert_true(audit_wait(log.audit, 10, 10000, NULL));
    g_assert_null(verify(&log, NULL));
    /* The proof remains; the content does not. */
    g_autoptr(json_t) proof = audit_prove(log.audit, 4, NULL);
    g_assert_null(json_object_get(proof, "entry"));
    g_assert_true(audit_verify_proof(proof, log.key, NULL, NULL));
    g_autoptr(json_t) entry = NULL;
    g_assert_false(audit_verify_proof(proof, log.key, &entry, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.erased");
    g_autoptr(json_t) found = search(&log, (AuditFilter){0}, 5, 1);
    g_assert_true(json_is_true(json_object_get(json_array_get(found, 0), "erased")));
}

static bool file_holds(const char *path, const char *text)
{
    g_autofree char *bytes = NULL;
    size_t size = 0;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    return memmem(bytes, size, text, strlen(text)) != NULL;
}

/* Erased means gone from the disk too. */
static void test_erased_from_disk(void)
{
    static const char *const reason = "Request of the person";
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    append(&log, 50, "per-a");
    int64_t sequence = append(&log, 1, "per-the-one-to-forget");
    append(&log, 50, "per-a");
    log_close(&log);
    g_autofree char *path = g_build_filename(log.state, "darse.db", NULL);
    g_assert_true(file_holds(path, "per-the-one-to-forget"));
    log_open(&log);
    Erase erase = {.sequence = sequence, .reason = reason};
    g_assert_true(store_write(log.store, run_erase, &erase, NULL));
    log_close(&log);
    g_assert_true(file_holds(path, reason));
    g_assert_false(file_holds(path, "per-the-one-to-forget"));
}

/* --- attacks on the files --- */

static void flip(const char *path, size_t at)
{
    g_autofree char *bytes = NULL;
    size_t size = 0;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    bytes[at % size] ^= 0x20;
    g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
}

static void list_files(const char *folder, GPtrArray *files)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            list_files(path, files);
            g_free(path);
        } else {
            g_ptr_array_add(files, path);
        }
    }
}

/* Every file, partial tiles of older checkpoints included: at its ends and in between. */
static void test_flipped_byte(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    for (int i = 0; i < 6; i++)
        append_published(&log, 1 + i * 130);
    log_close(&log);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    list_files(log.folder, files);
    g_assert_cmpuint(files->len, >=, 12);
    g_assert_null(verify(&log, NULL));
    for (guint i = 0; i < files->len; i++) {
        const char *path = g_ptr_array_index(files, i);
        static const size_t places[] = {0, 1, 31, 32, 100, 8191};
        for (size_t p = 0; p < G_N_ELEMENTS(places); p++) {
            flip(path, places[p]);
            g_assert_nonnull(verify(&log, NULL));
            flip(path, places[p]);
        }
    }
    g_assert_null(verify(&log, NULL));
}

static void test_tile_cut_or_missing(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    append_published(&log, 600);
    log_close(&log);
    const struct {
        int level, width;
        int64_t index;
    } rows[] = {{0, TILE_WIDTH, 0}, {0, TILE_WIDTH, 1}, {0, 600 - 512, 2}, {1, 2, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = tile_path(log.folder, rows[i].level, rows[i].index,
                                          rows[i].width);
        g_autofree char *bytes = NULL;
        size_t size = 0;
        g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
        g_assert_true(g_file_set_contents(path, bytes, (gssize)size - 32, NULL));
        g_assert_cmpstr(verify(&log, NULL), ==, "audit.tile_size");
        g_assert_cmpint(g_unlink(path), ==, 0);
        g_assert_cmpstr(verify(&log, NULL), ==, "audit.tile_missing");
        g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    }
    g_assert_null(verify(&log, NULL));
}

/* --- attacks on the rows --- */

static void test_row_attacks(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    static const struct {
        const char *attack, *repair, *reason;
    } rows[] = {
        {"UPDATE audit_leaf SET time_ms = time_ms + 1 WHERE sequence = 7",
         "UPDATE audit_leaf SET time_ms = time_ms - 1 WHERE sequence = 7", "audit.row_altered"},
        {"UPDATE audit_body SET entry = '{}' || entry WHERE sequence = 300",
         "UPDATE audit_body SET entry = SUBSTR(entry, 3) WHERE sequence = 300",
         "audit.row_altered"},
        {"UPDATE audit_leaf SET leaf_hash = body_hash, body_hash = leaf_hash WHERE sequence = 0",
         "UPDATE audit_leaf SET leaf_hash = body_hash, body_hash = leaf_hash WHERE sequence = 0",
         "audit.row_altered"},
        {"UPDATE audit_body SET sequence = -1 WHERE sequence = 5", NULL, NULL},
    };
    g_auto(Log) log = {0};
    log_new(&log, (Kind)GPOINTER_TO_INT(data));
    append_published(&log, 301);
    for (size_t i = 0; rows[i].repair != NULL; i++) {
        sql(&log, rows[i].attack);
        g_assert_cmpstr(verify(&log, NULL), ==, rows[i].reason);
        sql(&log, rows[i].repair);
        g_assert_null(verify(&log, NULL));
    }
    /* A body that goes without its record. */
    sql(&log, "DELETE FROM audit_body WHERE sequence = 3");
    g_assert_cmpstr(verify(&log, NULL), ==, "audit.erased_silently");
}

static void test_dropped_leaf(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    static const struct {
        const char *leaf, *body, *reason, *open_reason;
    } rows[] = {
        {"DELETE FROM audit_leaf WHERE sequence = 100",
         "DELETE FROM audit_body WHERE sequence = 100", "audit.gap", NULL},
        {"DELETE FROM audit_leaf WHERE sequence = 299",
         "DELETE FROM audit_body WHERE sequence = 299", "audit.dropped", "audit.ahead"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Log) log = {0};
        log_new(&log, (Kind)GPOINTER_TO_INT(data));
        append_published(&log, 300);
        g_clear_pointer(&log.audit, audit_close);
        sql(&log, rows[i].body);
        sql(&log, rows[i].leaf);
        g_assert_cmpstr(verify(&log, NULL), ==, rows[i].reason);
        g_autoptr(GError) error = NULL;
        g_autoptr(Audit) audit = audit_open(log.state, log.store, &error);
        g_assert_true((audit == NULL) == (rows[i].open_reason != NULL));
        if (audit == NULL)
            g_assert_cmpstr(error_reason(error), ==, rows[i].open_reason);
    }
}

/* Rows deleted and others put in their place: the last tile tells at start, the rest by verify. */
static void test_rewritten_rows(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    append_published(&log, 300);
    g_clear_pointer(&log.audit, audit_close);
    sql(&log, "DELETE FROM audit_body WHERE sequence >= 290");
    sql(&log, "DELETE FROM audit_leaf WHERE sequence >= 290");
    append(&log, 15, "per-liar");
    g_autoptr(GError) error = NULL;
    g_assert_null(audit_open(log.state, log.store, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.disagree");
    g_assert_cmpstr(verify(&log, NULL), ==, "audit.row_altered");
}

/* --- attacks that need a checkpoint kept elsewhere --- */

static void test_fork_and_rollback(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    append_published(&log, 300);
    log_close(&log);
    g_autofree char *backup = g_strconcat(log.state, "-backup", NULL);
    g_autofree char *honest = g_strconcat(log.state, "-honest", NULL);
    copy_tree(log.state, backup);
    log_open(&log);
    append_published(&log, 100);
    g_auto(Checkpoint) kept = {0};
    g_assert_true(log_load_checkpoint(log.folder, log.key, NULL, &kept, NULL));
    g_assert_cmpint(kept.size, ==, 400);
    g_assert_null(verify(&log, &kept));
    append_published(&log, 100);
    g_assert_null(verify(&log, &kept));
    log_close(&log);

    /* The whole machine is set back to the backup: everything agrees, but it is too short. */
    g_assert_cmpint(g_rename(log.state, honest), ==, 0);
    g_assert_cmpint(g_rename(backup, log.state), ==, 0);
    log_open(&log);
    g_assert_null(verify(&log, NULL));
    g_assert_cmpstr(verify(&log, &kept), ==, "audit.rolled_back");
    /* It goes on otherwise, past the size that was seen. */
    append_published(&log, 150);
    g_assert_null(verify(&log, NULL));
    g_assert_cmpstr(verify(&log, &kept), ==, "audit.forked");
}

/* --- crashes --- */

static void test_crash_before_tiles(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    append_published(&log, 200);
    g_clear_pointer(&log.audit, audit_close);
    /* Committed, and no sequencer saw it. */
    append(&log, 500, "per-a");
    log_close(&log);
    log_open(&log);
    g_assert_null(verify(&log, NULL));
    check_proof(&log, 699);
    /* The tiles were written, the checkpoint was not. */
    log_close(&log);
    g_autofree char *path = g_build_filename(log.folder, "checkpoint", NULL);
    g_autofree char *note = NULL;
    g_assert_true(g_file_get_contents(path, &note, NULL, NULL));
    log_open(&log);
    append_published(&log, 400);
    log_close(&log);
    g_assert_true(g_file_set_contents(path, note, -1, NULL));
    g_assert_null(verify(&log, NULL));
    log_open(&log);
    g_assert_null(verify(&log, NULL));
    check_proof(&log, 1099);
}

static void test_rebuild(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_auto(Log) log = {0};
    log_new(&log, (Kind)GPOINTER_TO_INT(data));
    append_published(&log, 5000);
    log_close(&log);
    g_autofree char *tiles = g_build_filename(log.folder, "tile", NULL);
    g_assert_true(tree_remove(tiles, NULL));
    log_open(&log);
    g_assert_null(verify(&log, NULL));
    check_proof(&log, 4999);
    /* Rows that no longer give the signed root rebuild nothing. */
    g_clear_pointer(&log.audit, audit_close);
    g_assert_true(tree_remove(tiles, NULL));
    sql(&log, "UPDATE audit_leaf SET leaf_hash = body_hash WHERE sequence = 17");
    g_autoptr(GError) error = NULL;
    g_assert_null(audit_open(log.state, log.store, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.disagree");
}

static void test_foreign_key_refused(void)
{
    g_auto(Log) log = {0};
    g_auto(Log) other = {0};
    log_new(&log, SQLITE);
    log_new(&other, SQLITE);
    append_published(&log, 3);
    log_close(&log);
    g_autofree char *ours = g_build_filename(log.state, "instance", "audit.key", NULL);
    g_autofree char *theirs = g_build_filename(other.state, "instance", "audit.key", NULL);
    g_assert_cmpint(g_rename(theirs, ours), ==, 0);
    g_autoptr(GError) error = NULL;
    log.store = open_store(log.url);
    g_assert_null(audit_open(log.state, log.store, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.signature");
}

typedef struct Crowd {
    Log *log;
    int number;
} Crowd;

static void *crowd_member(void *data)
{
    Crowd *crowd = data;
    for (int i = 0; i < 20; i++) {
        int64_t sequence = append(crowd->log, 1 + i % 3, "per-a");
        if (i % 5 == crowd->number % 5)
            g_assert_true(audit_wait(crowd->log->audit, sequence, 20000, NULL));
    }
    return NULL;
}

static void test_crowd(gconstpointer data)
{
    if (!has_kind((Kind)GPOINTER_TO_INT(data)))
        return;
    g_auto(Log) log = {0};
    log_new(&log, (Kind)GPOINTER_TO_INT(data));
    Crowd crowd[8];
    GThread *threads[8];
    for (int i = 0; i < 8; i++) {
        crowd[i] = (Crowd){&log, i};
        threads[i] = g_thread_new("crowd", crowd_member, &crowd[i]);
    }
    for (int i = 0; i < 8; i++)
        g_thread_join(threads[i]);
    log_close(&log);
    log_open(&log);
    g_autofree char *note = audit_checkpoint(log.audit, NULL);
    g_auto(Checkpoint) checkpoint = {0};
    g_assert_true(checkpoint_open(note, log.key, &checkpoint, NULL));
    g_assert_cmpint(checkpoint.size, ==, 8 * 39);
    g_assert_null(verify(&log, NULL));
}

static G_NORETURN void append_until_killed(Log *log, int pipe_fd)
{
    log_open(log);
    for (;;) {
        append(log, 1 + (int)g_random_int_range(0, 40), "per-a");
        if (write(pipe_fd, "+", 1) != 1)
            _exit(3);
    }
}

/* Killed while it appends and publishes: what was acknowledged is there, and all agrees, each time
 * against the checkpoint seen before. */
static void test_killed(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    append_published(&log, 1);
    for (int round = 0; round < 12; round++) {
        g_auto(Checkpoint) kept = {0};
        g_assert_true(log_load_checkpoint(log.folder, log.key, NULL, &kept, NULL));
        log_close(&log);
        int ends[2];
        char byte;
        g_assert_cmpint(pipe(ends), ==, 0);
        pid_t child = fork();
        if (child == 0)
            append_until_killed(&log, ends[1]);
        close(ends[1]);
        int64_t acknowledged = read(ends[0], &byte, 1) == 1;
        g_usleep((gulong)g_random_int_range(1, 150) * 1000);
        g_assert_cmpint(kill(child, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
        while (read(ends[0], &byte, 1) == 1)
            acknowledged++;
        close(ends[0]);
        log_open(&log);
        g_assert_null(verify(&log, &kept));
        g_auto(Checkpoint) now = {0};
        g_assert_true(log_load_checkpoint(log.folder, log.key, NULL, &now, NULL));
        g_assert_cmpint(now.size, >=, kept.size + acknowledged);
    }
}

/* No room for tiles: the action is done all the same, whoever waits is told, and the log goes on
 * once there is room. */
static void test_disk_full(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    log_close(&log);
    if (mount("tmpfs", log.folder, "tmpfs", 0, "size=256k") != 0) {
        g_test_skip("mounting a small file system needs root");
        return;
    }
    g_autofree char *ballast = g_build_filename(log.folder, "ballast", NULL);
    g_autofree char *filler = g_malloc0(220 * 1024);
    g_assert_true(g_file_set_contents(ballast, filler, 220 * 1024, NULL));
    log_open(&log);
    g_autoptr(GError) error = NULL;
    int64_t sequence = append(&log, 2000, "per-a");
    g_assert_false(audit_wait(log.audit, sequence, 10000, &error));
    g_assert_cmpstr(error_reason(error), ==, "audit.failed");
    g_assert_cmpint(g_unlink(ballast), ==, 0);
    g_clear_error(&error);
    bool ok = false;
    for (int i = 0; i < 50 && !ok; i++) {
        g_usleep(100 * 1000);
        ok = audit_wait(log.audit, sequence, 1000, NULL);
    }
    g_assert_true(ok);
    g_assert_null(verify(&log, NULL));
    log_close(&log);
    g_assert_cmpint(umount(log.folder), ==, 0);
}

/* --- command line --- */

static int run_verb(const char *name, ...)
{
    va_list args;
    va_start(args, name);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, (char *)name);
    for (const char *word = va_arg(args, const char *); word != NULL;
         word = va_arg(args, const char *))
        g_ptr_array_add(argv, (char *)word);
    va_end(args);
    int argc = (int)argv->len;
    g_ptr_array_add(argv, NULL);
    for (const Verb *verb = audit_verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, name) == 0)
            return verb->run(argc, (char **)argv->pdata);
    }
    g_assert_not_reached();
}

/* What VERB prints goes to FILE. */
static int run_verb_to(const char *file, const char *name, const char *state, const char *word)
{
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    int fd = g_open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_assert_cmpint(dup2(fd, STDOUT_FILENO), >=, 0);
    close(fd);
    int status = run_verb(name, "--state", state, word, NULL);
    fflush(stdout);
    g_assert_cmpint(dup2(saved, STDOUT_FILENO), >=, 0);
    close(saved);
    return status;
}

static void test_verbs(void)
{
    g_auto(Log) log = {0};
    log_new(&log, SQLITE);
    append_published(&log, 300);
    log_close(&log);
    g_autofree char *kept = g_build_filename(world.folder, "kept", NULL);
    g_autofree char *proof = g_build_filename(world.folder, "proof", NULL);
    g_autofree char *lines = g_build_filename(world.folder, "lines", NULL);
    g_autofree char *report = g_build_filename(world.folder, "report", NULL);
    g_assert_cmpint(run_verb_to(kept, "audit checkpoint", log.state, NULL), ==, EXIT_OK);
    g_assert_cmpint(run_verb_to(proof, "audit prove", log.state, "299"), ==, EXIT_OK);
    g_assert_cmpint(run_verb_to(report, "audit prove", log.state, "300"), ==, EXIT_FAILED);
    g_assert_cmpint(run_verb_to(report, "audit prove", log.state, "-1"), !=, EXIT_OK);
    g_assert_cmpint(run_verb_to(report, "audit check", log.state, proof), ==, EXIT_OK);
    g_assert_cmpint(run_verb_to(report, "audit check", log.state, kept), ==, EXIT_FAILED);
    g_assert_cmpint(run_verb_to(report, "audit verify", log.state, NULL), ==, EXIT_OK);
    g_assert_cmpint(run_verb_to(report, "audit verify", "/nonexistent", NULL), ==, EXIT_FAILED);
    g_assert_cmpint(run_verb_to(report, "audit verify", log.state, "word"), ==, EXIT_USAGE);
    g_assert_cmpint(run_verb_to(report, "audit erase", log.state, "4"), ==, EXIT_FAILED);
    g_assert_cmpint(run_verb_to(lines, "audit export", log.state, NULL), ==, EXIT_OK);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(lines, &text, NULL, NULL));
    g_auto(GStrv) split = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(split), ==, 301);
    g_autoptr(json_t) last = json_parse(split[299], strlen(split[299]), NULL);
    g_assert_cmpint(json_integer_value(json_object_get(last, "sequence")), ==, 299);
    g_autofree char *since = g_strconcat("--since=", kept, NULL);
    g_assert_cmpint(run_verb_to(report, "audit verify", log.state, since), ==, EXIT_OK);
    g_autofree char *first = tile_path(log.folder, 0, 0, TILE_WIDTH);
    flip(first, 1000);
    g_assert_cmpint(run_verb_to(report, "audit verify", log.state, NULL), ==, EXIT_FAILED);
}

/* --- all --- */

static const struct {
    const char *name;
    void (*run)(gconstpointer kind);
} cases[] = {
    {"publish-and-prove", test_publish_and_prove},
    {"search", test_search},
    {"erase", test_erase},
    {"row-attacks", test_row_attacks},
    {"dropped-leaf", test_dropped_leaf},
    {"rebuild", test_rebuild},
    {"crowd", test_crowd},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    world_begin();
    g_test_add_func("/audit/init-refused", test_init_refused);
    g_test_add_func("/audit/many", test_many);
    g_test_add_func("/audit/proof-changed", test_proof_changed);
    g_test_add_func("/audit/entry-refused", test_entry_refused);
    g_test_add_func("/audit/erased-from-disk", test_erased_from_disk);
    g_test_add_func("/audit/flipped-byte", test_flipped_byte);
    g_test_add_func("/audit/tile-cut-or-missing", test_tile_cut_or_missing);
    g_test_add_func("/audit/rewritten-rows", test_rewritten_rows);
    g_test_add_func("/audit/fork-and-rollback", test_fork_and_rollback);
    g_test_add_func("/audit/crash-before-tiles", test_crash_before_tiles);
    g_test_add_func("/audit/foreign-key-refused", test_foreign_key_refused);
    g_test_add_func("/audit/killed", test_killed);
    g_test_add_func("/audit/disk-full", test_disk_full);
    g_test_add_func("/audit/verbs", test_verbs);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (int kind = 0; kind < KINDS; kind++) {
            g_autofree char *path = g_strdup_printf("/audit/%s/%s", kind_names[kind],
                                                    cases[i].name);
            g_test_add_data_func(path, GINT_TO_POINTER(kind), cases[i].run);
        }
    }
    int status = g_test_run();
    world_end();
    return status;
}
