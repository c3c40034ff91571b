/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The leaves are read tile by tile and the tree is grown again over them: each higher tile must be
 * what comes out, each partial tile left beside a full one must be its beginning, the root must be
 * the signed one. An older checkpoint is met on the way: at its size the root must be its root.
 */
#include "audit/verify.h"

#include "audit/tiles.h"
#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define VERIFY_BATCH 4096
#define VERIFY_PENDING_MAX 100000   /* bodies missing, their records of erasure still to come */

/* --- tiles --- */

typedef struct Verify {
    const char *folder;
    const Checkpoint *checkpoint;
    const Checkpoint *since;
    VerifyReport *report;
    TreeEdge edge;
} Verify;

static bool verify_differs(const char *path, GError **error)
{
    return error_set(error, ERROR_CONFLICT, "audit.altered",
                     "The tile %s was altered: it does not agree with the tiles below it.", path);
}

/* A running server removes the partial forms of a tile that became full, maybe just now. */
static bool verify_partial(const char *path, const TreeHash *hashes, int width, GError **error)
{
    TreeHash found[TILE_WIDTH];
    g_autoptr(GError) problem = NULL;
    if (tile_read_file(path, width, width, found, &problem))
        return memcmp(found, hashes, (size_t)width * TREE_HASH_SIZE) == 0 ||
               verify_differs(path, error);
    if (error_is(problem, ERROR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* The partial forms of a tile, of any width, are its beginning. Those wider than what is signed
 * were written by a server that was stopped before it signed them. */
static bool verify_partials(const char *folder, int level, int64_t index, const TreeHash *hashes,
                            int width, GError **error)
{
    g_autofree char *full = tile_path(folder, level, index, TILE_WIDTH);
    g_autofree char *path = g_strconcat(full, ".p", NULL);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return errno == ENOENT ||
               error_set_errno(error, errno, "audit.read", "Cannot list %s", path);
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(dir)) != NULL) {
        g_autofree char *file = g_build_filename(path, entry->d_name, NULL);
        int64_t partial = g_ascii_strtoll(entry->d_name, NULL, 10);
        g_autofree char *canonical = g_strdup_printf("%" G_GINT64_FORMAT, partial);
        if (strcmp(canonical, entry->d_name) != 0 || partial < 1 || partial > width)
            continue;
        ok = verify_partial(file, hashes, (int)partial, error);
    }
    closedir(dir);
    return ok;
}

static void verify_tell(const VerifyReport *report)
{
    if (report->tell != NULL)
        report->tell(report->tiles, report->rows, report->user);
}

/* A tile above the leaves must be what the tiles below it give. */
static bool verify_tile(Verify *verify, int level, int64_t index, const TreeHash *hashes,
                        int width, GError **error)
{
    verify->report->tiles++;
    verify_tell(verify->report);
    if (level > 0) {
        TreeHash found[TILE_WIDTH];
        g_autofree char *path = tile_path(verify->folder, level, index, width);
        if (!tile_read(verify->folder, level, index, width, found, error))
            return false;
        if (memcmp(found, hashes, (size_t)width * TREE_HASH_SIZE) != 0)
            return verify_differs(path, error);
    }
    return verify_partials(verify->folder, level, index, hashes, width, error);
}

static bool verify_full(void *user, int level, int64_t index, const TreeHash *hashes,
                        GError **error)
{
    return verify_tile(user, level, index, hashes, TILE_WIDTH, error);
}

static bool verify_since(Verify *verify, GError **error)
{
    if (verify->since == NULL || verify->since->size != verify->edge.size)
        return true;
    TreeHash root = tree_edge_root(&verify->edge);
    return tree_hash_equal(&root, &verify->since->root) ||
           error_set(error, ERROR_CONFLICT, "audit.forked",
                     "The log is not a continuation of the older checkpoint: its first %"
                     G_GINT64_FORMAT " entries are not the same. It was rewritten.",
                     verify->since->size);
}

static bool verify_leaves(Verify *verify, GError **error)
{
    TreeHash hashes[TILE_WIDTH];
    int64_t size = verify->checkpoint->size;
    for (int64_t index = 0; index << TILE_HEIGHT < size; index++) {
        int width = (int)MIN(size - (index << TILE_HEIGHT), TILE_WIDTH);
        if (!tile_read(verify->folder, 0, index, width, hashes, error))
            return false;
        for (int i = 0; i < width; i++) {
            if (!tree_edge_add(&verify->edge, &hashes[i], verify_full, verify, error) ||
                !verify_since(verify, error))
                return false;
        }
    }
    return true;
}

static bool verify_edge(Verify *verify, GError **error)
{
    for (int l = 0; l < TILE_LEVELS; l++) {
        const TreeLevel *level = &verify->edge.levels[l];
        if (level->count > 0 &&
            !verify_tile(verify, l, verify->edge.size >> (TILE_HEIGHT * (l + 1)), level->hashes,
                         level->count, error))
            return false;
    }
    return true;
}

bool verify_tiles(const char *folder, const Checkpoint *checkpoint, const Checkpoint *since,
                  VerifyReport *report, GError **error)
{
    g_autofree Verify *verify = g_new0(Verify, 1);
    *verify = (Verify){.folder = folder, .checkpoint = checkpoint, .since = since,
                       .report = report};
    if (since != NULL && since->size > checkpoint->size)
        return error_set(error, ERROR_CONFLICT, "audit.rolled_back",
                         "The log was rolled back: it holds %" G_GINT64_FORMAT " entries, and held %"
                         G_GINT64_FORMAT " at the older checkpoint.", checkpoint->size,
                         since->size);
    if (!verify_since(verify, error) || !verify_leaves(verify, error))
        return false;
    TreeHash root = tree_edge_root(&verify->edge);
    if (!tree_hash_equal(&root, &checkpoint->root))
        return error_set(error, ERROR_CONFLICT, "audit.altered",
                         "The log was altered: its leaves do not give the root that was signed.");
    report->size = checkpoint->size;
    return verify_edge(verify, error);
}

/* --- rows --- */

typedef struct VerifyRows {
    const char *folder;
    int64_t size;            /* of the checkpoint; rows after it are not in tiles yet */
    int64_t next;
    TreeHash tile[TILE_WIDTH];
    GHashTable *pending;     /* sequence numbers of bodies that are missing */
    VerifyReport *report;
} VerifyRows;

static bool verify_row_altered(int64_t sequence, GError **error)
{
    return error_set(error, ERROR_CONFLICT, "audit.row_altered",
                     "The row of entry %" G_GINT64_FORMAT " was altered: it does not agree with the "
                     "log.", sequence);
}

/* An erasure that was recorded is in order. */
static bool verify_note_erasure(VerifyRows *verify, const LogRow *row, GError **error)
{
    g_autoptr(json_t) entry = json_parse(row->entry, strlen(row->entry), NULL);
    const char *verb = json_string_value(json_object_get(entry, "verb"));
    const json_t *details = json_object_get(entry, "details");
    const json_t *sequence = json_object_get(details, "sequence");
    if (g_strcmp0(verb, "audit.erase") == 0 && json_is_integer(sequence)) {
        int64_t erased = json_integer_value(sequence);
        g_hash_table_remove(verify->pending, &erased);
    }
    return true;
}

static bool verify_body(VerifyRows *verify, const LogRow *row, GError **error)
{
    uint8_t hash[AUDIT_HASH_SIZE];
    if (row->has_body) {
        row_body_hash(row->salt, row->entry, hash);
        if (memcmp(hash, row->body_hash, sizeof hash) != 0)
            return verify_row_altered(row->sequence, error);
        return verify_note_erasure(verify, row, error);
    }
    if (g_hash_table_size(verify->pending) >= VERIFY_PENDING_MAX)
        return error_set(error, ERROR_CONFLICT, "audit.erased_silently",
                         "Over %d bodies are missing without a record of their erasure.",
                         VERIFY_PENDING_MAX);
    g_hash_table_add(verify->pending, g_memdup2(&row->sequence, sizeof row->sequence));
    verify->report->erased++;
    return true;
}

static bool verify_row(void *user, const LogRow *row, GError **error)
{
    VerifyRows *verify = user;
    int64_t at = row->sequence & (TILE_WIDTH - 1);
    g_autofree char *leaf_data = row_leaf_data(row->sequence, row->time_ms, row->body_hash);
    TreeHash leaf = tree_hash_leaf(leaf_data, strlen(leaf_data));
    if (at == 0 && row->sequence < verify->size &&
        !tile_read(verify->folder, 0, row->sequence >> TILE_HEIGHT,
                   (int)MIN(verify->size - row->sequence, TILE_WIDTH), verify->tile, error))
        return false;
    if (!tree_hash_equal(&leaf, &row->leaf_hash) ||
        (row->sequence < verify->size && !tree_hash_equal(&leaf, &verify->tile[at])))
        return verify_row_altered(row->sequence, error);
    verify->next++;
    verify->report->rows++;
    return verify_body(verify, row, error);
}

static bool verify_batch(StoreTx *tx, void *data, GError **error)
{
    VerifyRows *verify = data;
    return row_each(tx, verify->next, VERIFY_BATCH, verify_row, verify, error);
}

static bool verify_pending(VerifyRows *verify, GError **error)
{
    GHashTableIter iter;
    void *sequence;
    g_hash_table_iter_init(&iter, verify->pending);
    if (!g_hash_table_iter_next(&iter, &sequence, NULL))
        return true;
    return error_set(error, ERROR_CONFLICT, "audit.erased_silently",
                     "The body of entry %" G_GINT64_FORMAT " is missing without a record of its "
                     "erasure (%u such).", *(int64_t *)sequence,
                     g_hash_table_size(verify->pending));
}

bool verify_rows(const char *folder, const Checkpoint *checkpoint, Store *store,
                 VerifyReport *report, GError **error)
{
    g_autoptr(GHashTable) pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                                          NULL);
    g_autofree VerifyRows *verify = g_new0(VerifyRows, 1);
    *verify = (VerifyRows){.folder = folder, .size = checkpoint->size, .pending = pending,
                           .report = report};
    for (int64_t before = -1; before != verify->next;) {
        before = verify->next;
        if (!store_read(store, verify_batch, verify, error))
            return false;
        verify_tell(report);
    }
    if (verify->next < checkpoint->size)
        return error_set(error, ERROR_CONFLICT, "audit.dropped",
                         "The database holds %" G_GINT64_FORMAT " entries and the log %"
                         G_GINT64_FORMAT ": the last ones were dropped from the database.",
                         verify->next, checkpoint->size);
    return verify_pending(verify, error);
}
