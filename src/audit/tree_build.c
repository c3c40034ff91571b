/* SPDX-License-Identifier: Apache-2.0 */
/* The edge of a growing tree: see the header. */
#include "audit/tree_build.h"

bool tree_edge_add(TreeEdge *edge, const TreeHash *leaf, TreeFull full, void *user,
                   GError **error)
{
    TreeHash hash = *leaf;
    int64_t index = edge->size >> TILE_HEIGHT;   /* of the tile at this level */
    for (int l = 0; l < TILE_LEVELS; l++) {
        TreeLevel *level = &edge->levels[l];
        level->hashes[level->count++] = hash;
        if (level->count < TILE_WIDTH)
            break;
        if (full != NULL && !full(user, l, index, level->hashes, error))
            return false;
        hash = tree_hash_list(level->hashes, TILE_WIDTH);
        level->count = 0;
        index >>= TILE_HEIGHT;
    }
    edge->size++;
    return true;
}

/* At each level, the root of what lies below the last whole subtree is one more, last element:
 * RFC 6962 splits at the same places. */
TreeHash tree_edge_root(const TreeEdge *edge)
{
    TreeHash root = tree_hash_empty();
    bool has_root = false;
    for (int l = 0; l < TILE_LEVELS; l++) {
        const TreeLevel *level = &edge->levels[l];
        TreeHash hashes[TILE_WIDTH];
        size_t count = 0;
        for (; count < (size_t)level->count; count++)
            hashes[count] = level->hashes[count];
        if (has_root)
            hashes[count++] = root;
        if (count > 0)
            root = tree_hash_list(hashes, count);
        has_root = has_root || count > 0;
    }
    return root;
}
