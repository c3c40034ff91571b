/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles as files: paths, writing, reading, and proofs made of them. */
#include "audit/tiles.h"

#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TILE_BYTES (TILE_WIDTH * TREE_HASH_SIZE)

/* Groups of three digits, all but the last behind an x: 1234067 is x001/x234/067. */
static void tile_append_index(GString *path, int64_t index)
{
    char groups[8][8];
    int count = 0;
    do {
        g_snprintf(groups[count++], sizeof groups[0], "%03d", (int)(index % 1000));
        index /= 1000;
    } while (index > 0);
    while (count-- > 0)
        g_string_append_printf(path, "/%s%s", count > 0 ? "x" : "", groups[count]);
}

char *tile_path(const char *folder, int level, int64_t index, int width)
{
    GString *path = g_string_new(folder);
    g_string_append_printf(path, "/tile/%d", level);
    tile_append_index(path, index);
    if (width < TILE_WIDTH)
        g_string_append_printf(path, ".p/%d", width);
    return g_string_free(path, FALSE);
}

/* Makes FOLDER and what is missing above it; each new name is made durable in its parent. */
static bool tile_make_folder(const char *folder, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(folder);
    if (mkdir(folder, 0750) == 0)
        return folder_sync(parent, error);
    if (errno == EEXIST)
        return true;
    if (errno != ENOENT)
        return error_set_errno(error, errno, "audit.folder", "Cannot make %s", folder);
    return tile_make_folder(parent, error) && tile_make_folder(folder, error);
}

static bool tile_write_lazily(const char *path, const TreeHash *hashes, size_t size,
                              GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".tmp", NULL);
    FD_AUTO int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return error_set_errno(error, errno, "audit.write", "Cannot create %s", temporary);
    if (!fd_write_all(fd, hashes, size, error))
        return false;
    if (rename(temporary, path) < 0)
        return error_set_errno(error, errno, "audit.write", "Cannot put %s in place", path);
    return true;
}

bool tile_write(const char *folder, int level, int64_t index, const TreeHash *hashes, int width,
                bool is_durable, GError **error)
{
    size_t size = (size_t)width * TREE_HASH_SIZE;
    g_autofree char *path = tile_path(folder, level, index, width);
    g_autofree char *parent = g_path_get_dirname(path);
    if (!tile_make_folder(parent, error))
        return false;
    if (is_durable)
        return file_write(path, hashes, size, 0640, error);
    return tile_write_lazily(path, hashes, size, error);
}

bool tiles_sync(const char *folder, GError **error)
{
    FD_AUTO int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) < 0)
        return error_set_errno(error, errno, "audit.sync", "Cannot sync %s", folder);
    return true;
}

bool tile_read_file(const char *path, int file_width, int width, TreeHash *ret_hashes,
                    GError **error)
{
    char bytes[TILE_BYTES + 1];
    size_t size = 0;
    FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return error_set(error, ERROR_NOT_FOUND, "audit.tile_missing", "The tile %s is missing.",
                         path);
    if (fd < 0)
        return error_set_errno(error, errno, "audit.read", "Cannot open %s", path);
    for (ssize_t n = 1; n > 0 && size < sizeof bytes; size += (size_t)n) {
        n = read(fd, bytes + size, sizeof bytes - size);
        if (n < 0)
            return error_set_errno(error, errno, "audit.read", "Cannot read %s", path);
    }
    size_t wanted = (size_t)file_width * TREE_HASH_SIZE;
    if (size != wanted)
        return error_set(error, ERROR_CONFLICT, "audit.tile_size",
                         "The tile %s has %zu bytes; it must have %zu.", path, size, wanted);
    memcpy(ret_hashes, bytes, (size_t)width * TREE_HASH_SIZE);
    return true;
}

bool tile_read(const char *folder, int level, int64_t index, int width, TreeHash *ret_hashes,
               GError **error)
{
    g_autoptr(GError) missing = NULL;
    g_autofree char *full = tile_path(folder, level, index, TILE_WIDTH);
    if (width == TILE_WIDTH)
        return tile_read_file(full, TILE_WIDTH, width, ret_hashes, error);
    g_autofree char *partial = tile_path(folder, level, index, width);
    if (tile_read_file(partial, width, width, ret_hashes, &missing))
        return true;
    if (error_is(missing, ERROR_NOT_FOUND) &&
        tile_read_file(full, TILE_WIDTH, width, ret_hashes, NULL))
        return true;
    g_propagate_error(error, g_steal_pointer(&missing));
    return false;
}

bool tile_prune(const char *folder, int level, int64_t index, GError **error)
{
    g_autofree char *full = tile_path(folder, level, index, TILE_WIDTH);
    g_autofree char *partial = g_strconcat(full, ".p", NULL);
    return tree_remove(partial, error);
}

bool tiles_write_edge(const char *folder, const TreeEdge *edge, const TreeEdge *before,
                      bool is_durable, GError **error)
{
    for (int l = 0; l < TILE_LEVELS; l++) {
        const TreeLevel *level = &edge->levels[l];
        int64_t index = edge->size >> (TILE_HEIGHT * (l + 1));
        bool is_same = level->count == before->levels[l].count &&
                       index == before->size >> (TILE_HEIGHT * (l + 1));
        if (level->count > 0 && !is_same &&
            !tile_write(folder, l, index, level->hashes, level->count, is_durable, error))
            return false;
    }
    return true;
}

bool tiles_read_edge(const char *folder, int64_t size, TreeEdge *ret_edge, GError **error)
{
    for (int l = 0; l < TILE_LEVELS; l++) {
        TreeLevel *level = &ret_edge->levels[l];
        int64_t above = size >> (TILE_HEIGHT * l);   /* whole subtrees of this level */
        level->count = (int)(above & (TILE_WIDTH - 1));
        if (level->count > 0 && !tile_read(folder, l, above >> TILE_HEIGHT, level->count,
                                           level->hashes, error))
            return false;
    }
    ret_edge->size = size;
    return true;
}

/* --- proofs --- */

/* One tile of each level is kept while a proof is made: neighbours fall in the same one. */
typedef struct TileReader {
    const char *folder;
    int64_t size;
    int64_t index[TILE_LEVELS];
    int width[TILE_LEVELS];            /* 0: nothing read */
    TreeHash hashes[TILE_LEVELS][TILE_WIDTH];
} TileReader;

static const TreeHash *tile_reader_get(TileReader *reader, int level, int64_t at, GError **error)
{
    int64_t index = at >> TILE_HEIGHT;
    int64_t whole = reader->size >> (TILE_HEIGHT * level);
    int width = (int)MIN(whole - (index << TILE_HEIGHT), TILE_WIDTH);
    if (reader->width[level] == 0 || reader->index[level] != index) {
        reader->width[level] = 0;
        if (!tile_read(reader->folder, level, index, width, reader->hashes[level], error))
            return NULL;
        reader->width[level] = width;
        reader->index[level] = index;
    }
    return &reader->hashes[level][at & (TILE_WIDTH - 1)];
}

/* MTH of the leaves from START to END (excluded), a range that RFC 6962's splitting makes. */
static bool tile_reader_range(TileReader *reader, int64_t start, int64_t end, TreeHash *ret_hash,
                              GError **error)
{
    int64_t count = end - start;
    if ((count & (count - 1)) == 0) {
        int height = __builtin_ctzll((unsigned long long)count);
        int level = height / TILE_HEIGHT;
        const TreeHash *hashes = tile_reader_get(reader, level, start >> (TILE_HEIGHT * level),
                                                 error);
        if (hashes != NULL)
            *ret_hash = tree_hash_list(hashes, (size_t)1 << (height % TILE_HEIGHT));
        return hashes != NULL;
    }
    TreeHash left, right;
    int64_t split = tree_split(count);
    if (!tile_reader_range(reader, start, start + split, &left, error) ||
        !tile_reader_range(reader, start + split, end, &right, error))
        return false;
    *ret_hash = tree_hash_node(&left, &right);
    return true;
}

/* PATH of RFC 6962, deepest hash first. */
static bool tile_reader_path(TileReader *reader, int64_t index, int64_t start, int64_t end,
                             TreeProof *proof, GError **error)
{
    if (end - start <= 1)
        return true;
    int64_t middle = start + tree_split(end - start);
    bool is_left = index < middle;
    if (!tile_reader_path(reader, index, is_left ? start : middle, is_left ? middle : end, proof,
                          error))
        return false;
    g_assert(proof->count < TREE_PROOF_MAX);
    return tile_reader_range(reader, is_left ? middle : start, is_left ? end : middle,
                             &proof->hashes[proof->count++], error);
}

bool tiles_prove(const char *folder, int64_t index, int64_t size, TreeHash *ret_leaf,
                 TreeProof *ret_proof, GError **error)
{
    g_autofree TileReader *reader = g_new0(TileReader, 1);
    g_autofree TreeProof *proof = g_new0(TreeProof, 1);
    TreeHash leaf;
    reader->folder = folder;
    reader->size = size;
    if (index < 0 || index >= size)
        return error_set(error, ERROR_NOT_FOUND, "audit.not_found",
                         "The log has no entry %" G_GINT64_FORMAT " yet.", index);
    if (!tile_reader_range(reader, index, index + 1, &leaf, error) ||
        !tile_reader_path(reader, index, 0, size, proof, error))
        return false;
    *ret_leaf = leaf;
    *ret_proof = *proof;
    return true;
}
