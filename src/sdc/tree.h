/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hierarchy of one dimension of a table as a tree of nodes: every category that is shown, total
 * included, is a node; records stand at the leaves. Branches may have different lengths, and there may
 * be several roots (a dimension without a total).
 */
#ifndef DARSE_SDC_TREE_H
#define DARSE_SDC_TREE_H

#include "sdc/core.h"

#define SDC_NO_PARENT UINT32_MAX

/* Node i has the parent parents[i], in any order. LABELS may be NULL. Borrowed. */
typedef struct SdcTree {
    uint32_t nodes;
    const uint32_t *parents;
    const char *const *labels;
} SdcTree;

/* Is it a forest? SDC_ERROR_DATA names the node that is not: a parent that is not there, or a circle. */
bool sdc_tree_check(const SdcContext *context, const SdcTree *tree, SdcError *ret_error);

/* The levels of HIERARCHY as one tree: the nodes of level 0 first, then those of level 1 and so on. With
 * ADD_TOTAL, a last node above the last level, where that level has more than one category. */
bool sdc_tree_from_hierarchy(const SdcContext *context, const SdcHierarchy *hierarchy,
                             bool add_total, SdcTree *ret_tree, SdcError *ret_error);
/* CATEGORIES leaves (nodes 0 .. CATEGORIES - 1) and their total (node CATEGORIES). */
bool sdc_tree_flat(const SdcContext *context, uint32_t categories, SdcTree *ret_tree,
                   SdcError *ret_error);
/* For a tree made by the functions above; its labels were borrowed from the hierarchy. */
void sdc_tree_clear(const SdcContext *context, SdcTree *tree);

#endif
