/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of magnitudes and frequencies over several hierarchical dimensions, with what the primary rules
 * and the cell-key method need of each cell. Margins are rolled up from the leaves.
 *
 * Formulas. Of the records i of a cell, with weight w (1 without weights), value x and record key r:
 *   count = sum w, total = sum w x, absolute = sum w |x|, cell key = (sum r) mod 1 (unweighted).
 * Contributors: with holdings, the records of one holding are one contributor of value sum w x and
 * weight 1; without, each record is one, of value x and weight w. The top values are those of the
 * contributors that are largest in absolute value; ties do not show.
 * UNITS is the number of contributors, COUNT that of units represented.
 *
 * Missing: a record without a category or with a NaN value, weight or key is refused, naming the row;
 * whether it is left out or has a category of its own is the caller's decision. No record: no cell, or
 * with EMPTY_CELLS all of them with zeros.
 * Sums are taken in the order of the rows in a cell of leaves, then of cells: the same bits whatever the
 * threads. Cell keys are exact to 2^-64 and independent of the order of rows.
 * Tables of up to 2^24 cells, empty ones included, are made as an array where at least every second row
 * could have a cell of its own or EMPTY_CELLS are asked for (and there are no holdings), others as
 * a hash table. Complexity: O(rows x dimensions + cells x dimensions); memory: the cube and 8 (fields) a
 * cell, empty ones included, and 40 MB; or 12 bytes a row and 24 + 8 (fields) a cell, twice.
 * Reference: Hundepool et al., "Statistical Disclosure Control", Wiley 2012, chapter 4 (holdings too).
 */
#ifndef DARSE_SDC_TABULATE_H
#define DARSE_SDC_TABULATE_H

#include "sdc/tree.h"

#define SDC_DIMENSIONS_MAX 8
#define SDC_TOP_MAX 10
#define SDC_CELLS_MAX ((size_t)1 << 28)

typedef struct SdcTabulation {
    size_t rows;
    unsigned dimensions;                /* 1 to SDC_DIMENSIONS_MAX */
    const SdcTree *trees;               /* one a dimension */
    const uint32_t *const *codes;       /* one array a dimension: 1 + the node of each row, a leaf */
    const double *values;               /* NULL: frequencies only */
    const double *weights;              /* NULL: 1; finite, not negative */
    const uint32_t *holdings;           /* NULL: every record is a contributor */
    const double *record_keys;          /* NULL: none; in [0, 1) */
    unsigned top;                       /* contributors kept, 0 to SDC_TOP_MAX; needs VALUES */
    bool empty_cells;                   /* also the cells without records */
} SdcTabulation;

/* Cells in the order of their nodes, the first dimension slowest. Owned; arrays of CELLS values. */
typedef struct SdcCube {
    unsigned dimensions, top;
    size_t cells;
    uint32_t *nodes[SDC_DIMENSIONS_MAX];
    double *count, *units;
    double *total, *absolute;           /* NULL without values */
    double *cell_key;                   /* NULL without record keys */
    double *top_values[SDC_TOP_MAX];    /* largest first, 0 where there are fewer contributors */
    double *top_weights[SDC_TOP_MAX];
    uint32_t *first;                    /* row or holding of the largest contributor; NULL if TOP is 0 */
} SdcCube;

bool sdc_tabulate(const SdcContext *context, const SdcTabulation *tabulation, SdcCube *ret_cube,
                  SdcError *ret_error);
void sdc_cube_clear(const SdcContext *context, SdcCube *cube);

#endif
