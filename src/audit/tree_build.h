/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing a tree leaf by leaf in constant memory: for each level, the hashes of the tile that is
 * not full yet. This is all that is needed to give the root at any moment.
 */
#ifndef DARSE_AUDIT_TREE_BUILD_H
#define DARSE_AUDIT_TREE_BUILD_H

#include "audit/tree.h"

#define TILE_HEIGHT 8
#define TILE_WIDTH 256
#define TILE_LEVELS 7   /* 2^56 leaves: a thousand a millisecond for two thousand years */

/* SHA-256 of A followed by B, by the same fast road as the tree's. */
TreeHash tree_hash_pair(const void *a, size_t a_size, const void *b, size_t b_size);
TreeHash tree_hash_empty(void);
bool tree_hash_equal(const TreeHash *a, const TreeHash *b);
/* Largest power of two smaller than SIZE (over 1). */
int64_t tree_split(int64_t size);
/* MTH over COUNT (over 0) subtrees of equal size, given by their hashes. */
TreeHash tree_hash_list(const TreeHash *hashes, size_t count);

typedef struct TreeLevel {
    TreeHash hashes[TILE_WIDTH];
    int count;                   /* 0..255 between calls */
} TreeLevel;

typedef struct TreeEdge {
    int64_t size;
    TreeLevel levels[TILE_LEVELS];
} TreeEdge;

/* Called with each tile that becomes full: its LEVEL, its INDEX, 256 hashes. */
typedef bool (*TreeFull)(void *user, int level, int64_t index, const TreeHash *hashes,
                         GError **error);

/* FULL may be NULL. After a failure EDGE is of no more use. */
bool tree_edge_add(TreeEdge *edge, const TreeHash *leaf, TreeFull full, void *user,
                   GError **error);
TreeHash tree_edge_root(const TreeEdge *edge);

#endif
