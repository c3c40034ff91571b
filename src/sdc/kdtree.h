/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points that are taken away one by one, with the nearest and the farthest of those left. A tree of boxes
 * halved at the median: exact, since a box is left out only when its bound is worse than what is held, and
 * bounds are computed by the same operations, in the same order, as distances (rounding is monotone).
 * Ties go to the lowest point. Private to src/sdc.
 */
#ifndef DARSE_SDC_KDTREE_H
#define DARSE_SDC_KDTREE_H

#include "sdc/scope.h"

typedef struct SdcKdNode {
    uint32_t start, end;       /* places of its points; those left come first in leaves */
    uint32_t left;             /* points left in it */
    uint32_t lowest;           /* least id of these */
    uint32_t parent;
    uint32_t children;         /* the first of two, 0 for a leaf */
} SdcKdNode;

typedef struct SdcKdTree {
    size_t points, dimensions;
    double *coordinates;       /* POINTS x DIMENSIONS, in tree order */
    uint32_t *ids;             /* point at each place */
    uint32_t *places;          /* place of each point */
    uint32_t *leaves;          /* leaf of each point */
    SdcKdNode *nodes;
    double *boxes;             /* for each node DIMENSIONS low, then DIMENSIONS high, of points left */
    uint32_t node_count;
} SdcKdTree;

/* VALUES: POINTS x DIMENSIONS, finite; POINTS >= 1. Everything lives in SCOPE. */
bool sdc_kd_build(SdcScope *scope, const double *values, size_t points, size_t dimensions,
                  SdcKdTree *ret_tree, SdcError *ret_error);
void sdc_kd_remove(SdcKdTree *tree, uint32_t point);
static inline size_t sdc_kd_left(const SdcKdTree *tree)
{
    return tree->nodes[0].left;
}
static inline const double *sdc_kd_point(const SdcKdTree *tree, uint32_t point)
{
    return tree->coordinates + (size_t)tree->places[point] * tree->dimensions;
}
/* The point left that is farthest from CENTRE; there must be one. */
uint32_t sdc_kd_farthest(const SdcKdTree *tree, const double *centre);
/* The WANTED points left that are nearest to CENTRE, nearest first, fewer if fewer are left. RET_POINTS
 * and DISTANCES (working space) have WANTED places. */
size_t sdc_kd_nearest(const SdcKdTree *tree, const double *centre, size_t wanted, uint32_t *ret_points,
                      double *distances);

#endif
