/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequencer: one thread that, after commits, reads the new leaves from their rows, writes
 * tiles, and then the signed checkpoint that covers them. It reads committed rows alone, so tiles
 * never run ahead of what is durable. It keeps only the edge of the tree in memory.
 *
 * A round costs a few fsyncs of the same disk that the writer needs: without anyone waiting there
 * are at most two rounds a second; whoever waits gets one at once.
 */
#include "audit/audit.h"

#include "audit/log.h"
#include "audit/tiles.h"
#include "audit/verify.h"
#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/times.h"

#include <string.h>

#define AUDIT_BATCH 4096              /* rows read in one snapshot */
#define AUDIT_ROUND_BATCHES 256       /* then a checkpoint, even if there is more */
#define AUDIT_LAZY_LEAVES 2048        /* beyond, one sync of the file system replaces many */
#define AUDIT_PACE_MS 500
#define AUDIT_RETRY_MS 1000
#define AUDIT_POLL_MS 2000            /* other programs also append rows */

struct Audit {
    Store *store;
    char *folder;
    NoteSigner *signer;
    char *verifier_key;
    TreeEdge *edge;           /* of the published tree; the sequencer's own */

    GMutex mutex;             /* guards what follows */
    GCond wake;               /* the sequencer's */
    GCond published;
    bool is_woken, is_stopping;
    int waiters;
    char *note;
    int64_t size;
    int64_t published_ms;     /* when the newest checkpoint was written */
    GError *failure;          /* of the last round, or NULL */
    GThread *thread;
};

/* --- one round --- */

typedef struct AuditFullTile {
    int level;
    int64_t index;
} AuditFullTile;

typedef struct AuditRound {
    Audit *audit;
    TreeEdge *edge;
    bool is_durable;          /* each tile is synced by itself */
    GArray *full;             /* AuditFullTile: their partial forms go once all is published */
    int64_t read;             /* rows of the last batch */
} AuditRound;

static bool round_write_full(void *user, int level, int64_t index, const TreeHash *hashes,
                             GError **error)
{
    AuditRound *round = user;
    AuditFullTile tile = {level, index};
    g_array_append_val(round->full, tile);
    return tile_write(round->audit->folder, level, index, hashes, TILE_WIDTH, round->is_durable,
                      error);
}

static bool round_add_leaf(void *user, const TreeHash *leaf, GError **error)
{
    AuditRound *round = user;
    return tree_edge_add(round->edge, leaf, round_write_full, round, error);
}

static bool round_read_batch(StoreTx *tx, void *data, GError **error)
{
    AuditRound *round = data;
    return row_each_leaf(tx, round->edge->size, AUDIT_BATCH, round_add_leaf, round, &round->read,
                         error);
}

static bool round_begin(StoreTx *tx, void *data, GError **error)
{
    AuditRound *round = data;
    int64_t count;
    if (!row_count(tx, &count, error))
        return false;
    if (count < round->edge->size)
        return error_set(error, ERROR_CONFLICT, "audit.ahead",
                         "The audit log holds %" G_GINT64_FORMAT " entries and the database %"
                         G_GINT64_FORMAT ": the database was rolled back.", round->edge->size,
                         count);
    round->is_durable = count - round->edge->size <= AUDIT_LAZY_LEAVES;
    round->read = count - round->edge->size;
    return true;
}

static void audit_publish(Audit *audit, TreeEdge *edge, char *note)
{
    g_mutex_lock(&audit->mutex);
    memcpy(audit->edge, edge, sizeof *edge);
    g_free(audit->note);
    audit->note = note;
    audit->size = edge->size;
    audit->published_ms = time_now_ms();
    g_cond_broadcast(&audit->published);
    g_mutex_unlock(&audit->mutex);
}

static bool round_finish(AuditRound *round, GError **error)
{
    Audit *audit = round->audit;
    g_autofree char *path = g_build_filename(audit->folder, "checkpoint", NULL);
    TreeHash root = tree_edge_root(round->edge);
    g_autofree char *note = checkpoint_sign(audit->signer, round->edge->size, &root);
    if (!tiles_write_edge(audit->folder, round->edge, audit->edge, round->is_durable, error) ||
        (!round->is_durable && !tiles_sync(audit->folder, error)) ||
        !file_write(path, note, strlen(note), 0644, error))
        return false;
    audit_publish(audit, round->edge, g_steal_pointer(&note));
    for (guint i = 0; i < round->full->len; i++) {
        const AuditFullTile *tile = &g_array_index(round->full, AuditFullTile, i);
        if (!tile_prune(audit->folder, tile->level, tile->index, error))
            return false;
    }
    return true;
}

/* Publishes what is new. MUST_PUBLISH: a checkpoint even if nothing is. */
static bool audit_round(Audit *audit, bool must_publish, bool *ret_more, GError **error)
{
    g_autofree TreeEdge *edge = g_memdup2(audit->edge, sizeof *audit->edge);
    g_autoptr(GArray) full = g_array_new(FALSE, FALSE, sizeof(AuditFullTile));
    AuditRound round = {.audit = audit, .edge = edge, .full = full};
    if (!store_read(audit->store, round_begin, &round, error))
        return false;
    int batches = 0;
    for (bool more = round.read > 0; more && batches < AUDIT_ROUND_BATCHES; batches++) {
        if (!store_read(audit->store, round_read_batch, &round, error))
            return false;
        more = round.read == AUDIT_BATCH;
    }
    *ret_more = batches == AUDIT_ROUND_BATCHES;
    if (edge->size == audit->edge->size && !must_publish)
        return true;
    return round_finish(&round, error);
}

/* --- the thread --- */

static void audit_wake(void *user)
{
    Audit *audit = user;
    g_mutex_lock(&audit->mutex);
    if (!audit->is_woken)
        g_cond_signal(&audit->wake);
    audit->is_woken = true;
    g_mutex_unlock(&audit->mutex);
}

/* A failure is told once, when it begins, and to everyone who waits. */
static void audit_note_failure(Audit *audit, GError *failure)
{
    if (failure != NULL && audit->failure == NULL)
        log_error("audit.failed", "reason", error_reason(failure), "detail", failure->message);
    if (failure == NULL && audit->failure != NULL)
        log_info("audit.recovered");
    g_clear_error(&audit->failure);
    audit->failure = failure;
    if (failure != NULL)
        metric_add(METRIC_AUDIT_FAILURES, NULL, NULL, 1);
    if (failure != NULL)
        g_cond_broadcast(&audit->published);
}

/* Holding the mutex. */
static void audit_wait_for_work(Audit *audit, int64_t pace_end_us)
{
    int64_t poll_end_us = g_get_monotonic_time() + AUDIT_POLL_MS * 1000;
    while (!audit->is_stopping && !audit->is_woken) {
        if (!g_cond_wait_until(&audit->wake, &audit->mutex, poll_end_us))
            break;
    }
    while (!audit->is_stopping && (audit->waiters == 0 || audit->failure != NULL)) {
        if (!g_cond_wait_until(&audit->wake, &audit->mutex, pace_end_us))
            break;
    }
    audit->is_woken = false;
}

static void *audit_main(void *data)
{
    Audit *audit = data;
    bool more = false;
    int64_t pace_end_us = 0;
    g_mutex_lock(&audit->mutex);
    for (;;) {
        if (!more)
            audit_wait_for_work(audit, pace_end_us);
        bool is_last = audit->is_stopping;
        g_mutex_unlock(&audit->mutex);
        GError *failure = NULL;
        more = false;
        bool ok = audit_round(audit, false, &more, &failure);
        pace_end_us = g_get_monotonic_time() + (ok ? AUDIT_PACE_MS : AUDIT_RETRY_MS) * 1000;
        g_mutex_lock(&audit->mutex);
        audit_note_failure(audit, failure);
        if (is_last && !more)
            break;
    }
    g_mutex_unlock(&audit->mutex);
    return NULL;
}

/* --- opening --- */

typedef struct AuditCompare {
    const TreeHash *hashes;
    int64_t at, count;
} AuditCompare;

static bool compare_leaf(void *user, const TreeHash *leaf, GError **error)
{
    AuditCompare *compare = user;
    if (!tree_hash_equal(leaf, &compare->hashes[compare->at++]))
        return error_set(error, ERROR_CONFLICT, "audit.disagree",
                         "The audit log and the database disagree; run `darse audit verify`.");
    return true;
}

typedef struct AuditTail {
    Audit *audit;
    int64_t size;
} AuditTail;

/* The last tile of leaves must be the rows'. The rest is for `darse audit verify`: a start may not
 * take longer as the log grows. */
static bool audit_compare_tail(StoreTx *tx, void *data, GError **error)
{
    AuditTail *tail = data;
    int64_t count, read = 0;
    if (!row_count(tx, &count, error))
        return false;
    if (count < tail->size)
        return error_set(error, ERROR_CONFLICT, "audit.ahead",
                         "The audit log holds %" G_GINT64_FORMAT " entries and the database %"
                         G_GINT64_FORMAT ": the database was rolled back, or is not the one of "
                         "this log. Put the right one in place.", tail->size, count);
    if (tail->size == 0)
        return true;
    int64_t tile = (tail->size - 1) >> TILE_HEIGHT, from = tile << TILE_HEIGHT;
    TreeHash hashes[TILE_WIDTH];
    AuditCompare compare = {.hashes = hashes, .count = tail->size - from};
    return tile_read(tail->audit->folder, 0, tile, (int)compare.count, hashes, error) &&
           row_each_leaf(tx, from, compare.count, compare_leaf, &compare, &read, error);
}

typedef struct AuditRebuild {
    AuditRound round;
    int64_t goal;
} AuditRebuild;

static bool rebuild_batch(StoreTx *tx, void *data, GError **error)
{
    AuditRebuild *rebuild = data;
    AuditRound *round = &rebuild->round;
    int64_t limit = MIN(AUDIT_BATCH, rebuild->goal - round->edge->size);
    return row_each_leaf(tx, round->edge->size, limit, round_add_leaf, round, &round->read, error);
}

/* Tiles are missing: they are made again of the rows, which must give the root that was signed. */
static bool audit_rebuild(Audit *audit, int64_t goal, GError **error)
{
    g_autofree TreeEdge *nothing = g_new0(TreeEdge, 1);
    g_autoptr(GArray) full = g_array_new(FALSE, FALSE, sizeof(AuditFullTile));
    AuditRebuild rebuild = {.round = {.audit = audit, .edge = audit->edge, .full = full},
                            .goal = goal};
    memset(audit->edge, 0, sizeof *audit->edge);
    while (audit->edge->size < goal) {
        if (!store_read(audit->store, rebuild_batch, &rebuild, error))
            return false;
        if (rebuild.round.read == 0)
            return error_set(error, ERROR_CONFLICT, "audit.ahead",
                             "The audit log holds %" G_GINT64_FORMAT " entries and the database %"
                             G_GINT64_FORMAT ": the database was rolled back.", goal,
                             audit->edge->size);
    }
    return tiles_write_edge(audit->folder, audit->edge, nothing, false, error) &&
           tiles_sync(audit->folder, error);
}

static bool audit_load_edge(Audit *audit, const Checkpoint *checkpoint, GError **error)
{
    g_autoptr(GError) missing = NULL;
    if (!tiles_read_edge(audit->folder, checkpoint->size, audit->edge, &missing)) {
        if (!error_is(missing, ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&missing));
            return false;
        }
        log_warning("audit.rebuild", "detail", missing->message);
        if (!audit_rebuild(audit, checkpoint->size, error))
            return false;
    }
    TreeHash root = tree_edge_root(audit->edge);
    if (!tree_hash_equal(&root, &checkpoint->root))
        return error_set(error, ERROR_CONFLICT, "audit.disagree",
                         "The audit log's tiles do not give the root that was signed; run `darse "
                         "audit verify`.");
    return true;
}

/* From the disk, where there is a log already. */
static bool audit_load(Audit *audit, GError **error)
{
    g_auto(Checkpoint) checkpoint = {0};
    g_autoptr(GError) problem = NULL;
    bool has_checkpoint = log_load_checkpoint(audit->folder, audit->verifier_key, &audit->note,
                                              &checkpoint, &problem);
    if (!has_checkpoint && !error_is(problem, ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    AuditTail tail = {audit, checkpoint.size};
    if (has_checkpoint && (!audit_load_edge(audit, &checkpoint, error) ||
                           !store_read(audit->store, audit_compare_tail, &tail, error)))
        return false;
    audit->size = checkpoint.size;
    audit->published_ms = log_checkpoint_time(audit->folder);
    bool more = true;
    for (bool must_publish = !has_checkpoint; more; must_publish = false) {
        if (!audit_round(audit, must_publish, &more, error))
            return false;
    }
    return true;
}

static void audit_free(Audit *audit)
{
    g_mutex_clear(&audit->mutex);
    g_cond_clear(&audit->wake);
    g_cond_clear(&audit->published);
    g_clear_error(&audit->failure);
    note_signer_free(audit->signer);
    g_free(audit->verifier_key);
    g_free(audit->folder);
    g_free(audit->edge);
    g_free(audit->note);
    g_free(audit);
}

Audit *audit_open(const char *state_dir, Store *store, GError **error)
{
    Audit *audit = g_new0(Audit, 1);
    g_mutex_init(&audit->mutex);
    g_cond_init(&audit->wake);
    g_cond_init(&audit->published);
    audit->store = store;
    audit->edge = g_new0(TreeEdge, 1);
    audit->folder = log_folder(state_dir);
    audit->signer = log_load_signer(state_dir, error);
    if (audit->signer != NULL)
        audit->verifier_key = note_verifier_key(audit->signer);
    if (audit->signer == NULL || !audit_load(audit, error)) {
        audit_free(audit);
        return NULL;
    }
    store_set_commit_hook(store, audit_wake, audit);
    audit->thread = g_thread_new("audit", audit_main, audit);
    return audit;
}

void audit_close(Audit *audit)
{
    if (audit == NULL)
        return;
    store_set_commit_hook(audit->store, NULL, NULL);
    g_mutex_lock(&audit->mutex);
    audit->is_stopping = true;
    g_cond_signal(&audit->wake);
    g_mutex_unlock(&audit->mutex);
    g_thread_join(audit->thread);
    audit_free(audit);
}

/* --- asking --- */

bool audit_wait(Audit *audit, int64_t sequence, int timeout_ms, GError **error)
{
    int64_t end_us = g_get_monotonic_time() + (int64_t)timeout_ms * 1000;
    bool in_time = true;
    g_mutex_lock(&audit->mutex);
    audit->waiters++;
    audit->is_woken = true;
    g_cond_signal(&audit->wake);
    while (audit->size <= sequence && in_time && audit->failure == NULL)
        in_time = g_cond_wait_until(&audit->published, &audit->mutex, end_us);
    audit->waiters--;
    bool ok = audit->size > sequence;
    if (!ok && audit->failure != NULL)
        error_set(error, ERROR_UNAVAILABLE, "audit.failed", "The audit log cannot be written: %s",
                  audit->failure->message);
    else if (!ok)
        error_set(error, ERROR_UNAVAILABLE, "audit.late",
                  "The audit log has not published entry %" G_GINT64_FORMAT " in time.", sequence);
    g_mutex_unlock(&audit->mutex);
    return ok;
}

char *audit_checkpoint(Audit *audit, GError **error)
{
    g_mutex_lock(&audit->mutex);
    char *note = g_strdup(audit->note);
    g_mutex_unlock(&audit->mutex);
    return note;
}

void audit_measure(Audit *audit)
{
    g_mutex_lock(&audit->mutex);
    int64_t size = audit->size;
    int64_t age_us = (time_now_ms() - audit->published_ms) * 1000;
    g_mutex_unlock(&audit->mutex);
    metric_set(METRIC_AUDIT_ENTRIES, NULL, NULL, size);
    metric_set(METRIC_AUDIT_CHECKPOINT_AGE, NULL, NULL, age_us);
}

const char *audit_verifier_key(const Audit *audit)
{
    return audit->verifier_key;
}

typedef struct AuditRead {
    int64_t sequence;
    LogRow row;
} AuditRead;

static bool audit_read_row(StoreTx *tx, void *data, GError **error)
{
    AuditRead *read = data;
    return row_read(tx, read->sequence, &read->row, error);
}

json_t *audit_prove(Audit *audit, int64_t sequence, GError **error)
{
    AuditRead read = {.sequence = sequence};
    g_mutex_lock(&audit->mutex);
    g_autofree char *note = g_strdup(audit->note);
    int64_t size = audit->size;
    g_mutex_unlock(&audit->mutex);
    if (!store_read(audit->store, audit_read_row, &read, error))
        return NULL;
    json_t *proof = log_prove(audit->folder, note, size, audit->verifier_key, &read.row, error);
    log_row_clear(&read.row);
    return proof;
}

/* --- verification of a running log --- */

#define VERIFY_TRIES 3

bool audit_size(Audit *audit, int64_t *ret_size, GError **error)
{
    g_auto(Checkpoint) checkpoint = {0};
    g_autofree char *note = audit_checkpoint(audit, error);
    if (note == NULL || !checkpoint_open(note, audit_verifier_key(audit), &checkpoint, error))
        return false;
    *ret_size = checkpoint.size;
    return true;
}

static bool audit_verify_once(Audit *audit, VerifyReport *report, GError **error)
{
    g_auto(Checkpoint) checkpoint = {0};
    g_autofree char *note = audit_checkpoint(audit, error);
    return note != NULL &&
           checkpoint_open(note, audit_verifier_key(audit), &checkpoint, error) &&
           verify_tiles(audit->folder, &checkpoint, NULL, report, error) &&
           verify_rows(audit->folder, &checkpoint, audit->store, report, error);
}

/* The log grows meanwhile, and a partial tile that was read about may be replaced by its full one. What
 * is really wrong is so at every checkpoint; what was only in passing is not found again. */
bool audit_verify(Audit *audit, AuditTell tell, void *user, AuditVerified *ret_verified,
                  GError **error)
{
    g_autoptr(GError) problem = NULL;
    for (int i = 0; i < VERIFY_TRIES; i++) {
        VerifyReport report = {.tell = tell, .user = user};
        g_clear_error(&problem);
        if (audit_verify_once(audit, &report, &problem)) {
            *ret_verified = (AuditVerified){report.size, report.tiles, report.rows, report.erased};
            return true;
        }
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}
