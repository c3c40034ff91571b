/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of dimensions. The labels of a tree made from a hierarchy are not carried over: they belong to
 * the caller's levels. */
#include "sdc/tree.h"

#include "sdc/failure.h"
#include "sdc/memory.h"
#include "sdc/nodes.h"

#include <string.h>

/* Walks up from every node, each walk stopping at a node that was settled before: O(nodes). Heights are
 * those of the longest way down. */
static bool settle_heights(const SdcTree *tree, uint32_t *heights, uint32_t *waiting,
                           uint32_t *queue, SdcError *ret_error)
{
    uint32_t ready = 0, done = 0;
    for (uint32_t i = 0; i < tree->nodes; i++) {
        uint32_t parent = tree->parents[i];
        if (parent != SDC_NO_PARENT && parent >= tree->nodes)
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Node %u has the parent %u; there are %u nodes.",
                               i + 1, parent + 1, tree->nodes);
        if (parent != SDC_NO_PARENT)
            waiting[parent]++;
    }
    for (uint32_t i = 0; i < tree->nodes; i++) {
        if (waiting[i] == 0)
            queue[ready++] = i;
    }
    for (; done < ready; done++) {
        uint32_t parent = tree->parents[queue[done]];
        if (parent == SDC_NO_PARENT)
            continue;
        uint32_t height = heights[queue[done]] + 1;
        heights[parent] = height > heights[parent] ? height : heights[parent];
        if (--waiting[parent] == 0)
            queue[ready++] = parent;
    }
    for (uint32_t i = 0; i < tree->nodes; i++) {
        if (waiting[i] != 0)
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Node %u is among its own ancestors: the "
                               "hierarchy is not a tree.", i + 1);
    }
    return true;
}

bool sdc_nodes_init(const SdcContext *context, SdcNodes *nodes, const SdcTree *tree,
                    SdcError *ret_error)
{
    *nodes = (SdcNodes){.count = tree->nodes, .parents = tree->parents};
    if (tree->nodes == 0)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "A dimension has no category.");
    size_t n = tree->nodes;
    nodes->heights = sdc_alloc(context, n, sizeof(uint32_t), ret_error);
    uint32_t *waiting = sdc_alloc(context, n, sizeof(uint32_t), ret_error);
    uint32_t *queue = sdc_alloc(context, n, sizeof(uint32_t), ret_error);
    bool ok = nodes->heights != NULL && waiting != NULL && queue != NULL &&
              settle_heights(tree, nodes->heights, waiting, queue, ret_error);
    sdc_release(context, waiting, n, sizeof(uint32_t));
    sdc_release(context, queue, n, sizeof(uint32_t));
    for (uint32_t i = 0; ok && i < tree->nodes; i++)
        nodes->height = nodes->heights[i] > nodes->height ? nodes->heights[i] : nodes->height;
    if (!ok)
        sdc_nodes_clear(context, nodes);
    return ok;
}

void sdc_nodes_clear(const SdcContext *context, SdcNodes *nodes)
{
    sdc_release(context, nodes->heights, nodes->count, sizeof(uint32_t));
    *nodes = (SdcNodes){0};
}

bool sdc_tree_check(const SdcContext *context, const SdcTree *tree, SdcError *ret_error)
{
    SdcNodes nodes;
    if (!sdc_nodes_init(context, &nodes, tree, ret_error))
        return false;
    sdc_nodes_clear(context, &nodes);
    return true;
}

bool sdc_tree_from_hierarchy(const SdcContext *context, const SdcHierarchy *hierarchy,
                             bool add_total, SdcTree *ret_tree, SdcError *ret_error)
{
    if (!sdc_hierarchy_check(hierarchy, ret_error))
        return false;
    uint64_t count = 0;
    unsigned last = hierarchy->levels - 1;
    for (unsigned l = 0; l <= last; l++)
        count += hierarchy->sizes[l];
    add_total = add_total && hierarchy->sizes[last] > 1;
    count += add_total;
    if (count > SDC_CATEGORIES_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "A hierarchy has more than %u nodes.",
                           SDC_CATEGORIES_MAX);
    if (count == 0)
        return sdc_failure(ret_error, SDC_ERROR_DATA, "A hierarchy without any category makes no tree.");
    uint32_t *parents = sdc_alloc(context, (size_t)count, sizeof *parents, ret_error);
    if (parents == NULL)
        return false;
    uint32_t at = 0;
    for (unsigned l = 0; l <= last; l++) {
        uint32_t above = at + hierarchy->sizes[l];
        for (uint32_t c = 0; c < hierarchy->sizes[l]; c++)
            parents[at + c] = l < last ? above + hierarchy->parents[l][c]
                                       : add_total ? above : SDC_NO_PARENT;
        at = above;
    }
    if (add_total)
        parents[at] = SDC_NO_PARENT;
    *ret_tree = (SdcTree){(uint32_t)count, parents, NULL};
    return true;
}

bool sdc_tree_flat(const SdcContext *context, uint32_t categories, SdcTree *ret_tree,
                   SdcError *ret_error)
{
    uint32_t sizes[] = {categories};
    const uint32_t *parents[1] = {NULL};
    SdcHierarchy flat = {1, sizes, parents, NULL};
    return sdc_tree_from_hierarchy(context, &flat, true, ret_tree, ret_error);
}

void sdc_tree_clear(const SdcContext *context, SdcTree *tree)
{
    sdc_release(context, (void *)(uintptr_t)tree->parents, tree->nodes, sizeof(uint32_t));
    *tree = (SdcTree){0};
}
