/* SPDX-License-Identifier: Apache-2.0 */
/* A checked tree with the height of each node (0 for a leaf). Private to src/sdc. */
#ifndef DARSE_SDC_NODES_H
#define DARSE_SDC_NODES_H

#include "sdc/tree.h"

typedef struct SdcNodes {
    uint32_t count, height;         /* HEIGHT: the largest */
    const uint32_t *parents;        /* the tree's */
    uint32_t *heights;
} SdcNodes;

/* False with the tree's fault; *NODES is then empty. */
bool sdc_nodes_init(const SdcContext *context, SdcNodes *nodes, const SdcTree *tree,
                    SdcError *ret_error);
void sdc_nodes_clear(const SdcContext *context, SdcNodes *nodes);

#endif
