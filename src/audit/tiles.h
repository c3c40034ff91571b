/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree on the disk, as C2SP tlog-tiles: <folder>/tile/<level>/<index>[.p/<width>], each file
 * the hashes of up to 256 subtrees of 256^level leaves. Nothing beyond the signed checkpoint is
 * ever trusted, so a tile may be written again after a crash.
 */
#ifndef DARSE_AUDIT_TILES_H
#define DARSE_AUDIT_TILES_H

#include "audit/tree_build.h"

/* WIDTH: TILE_WIDTH for a full tile. Caller frees. */
char *tile_path(const char *folder, int level, int64_t index, int width);
/* IS_DURABLE false: the caller ends with tiles_sync(). */
bool tile_write(const char *folder, int level, int64_t index, const TreeHash *hashes, int width,
                bool is_durable, GError **error);
/* The first WIDTH hashes. ERROR_NOT_FOUND if there is neither that partial tile nor the full one.*/
bool tile_read(const char *folder, int level, int64_t index, int width, TreeHash *ret_hashes,
               GError **error);
/* The first WIDTH hashes of the file PATH, which must have exactly FILE_WIDTH. */
bool tile_read_file(const char *path, int file_width, int width, TreeHash *ret_hashes,
                    GError **error);
/* Removes the partial forms of a tile that is full now. */
bool tile_prune(const char *folder, int level, int64_t index, GError **error);
bool tiles_sync(const char *folder, GError **error);

/* The tile that is not full yet, of each level whose width differs from BEFORE's. */
bool tiles_write_edge(const char *folder, const TreeEdge *edge, const TreeEdge *before,
                      bool is_durable, GError **error);
bool tiles_read_edge(const char *folder, int64_t size, TreeEdge *ret_edge, GError **error);

/* Proof that leaf INDEX is in the tree of SIZE, and its hash. */
bool tiles_prove(const char *folder, int64_t index, int64_t size, TreeHash *ret_leaf,
                 TreeProof *ret_proof, GError **error);

#endif
