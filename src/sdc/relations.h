/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The linear structure of published tables: which cells are the sum of which. It is what an attacker
 * knows besides the values that are shown.
 *
 * In each dimension, a cell is the sum of those cells that differ from it in that dimension alone and
 * whose nearest published ancestor it is. Linked tables are given together; cells that they share have
 * one number. Complexity: O(cells x dimensions x depth).
 * Reference: Fischetti, Salazar, "Solving the cell suppression problem on tabular data with linear
 * constraints", Management Science 47(7), 2001, pp. 1008-1027; linked tables: de Wolf, Giessing, "Adjusting the
 * tau-argus modular approach to deal with linked tables", Data & Knowledge Engineering 68 (2009).
 */
#ifndef DARSE_SDC_RELATIONS_H
#define DARSE_SDC_RELATIONS_H

#include "sdc/tree.h"

/* One table: cell i stands at node nodes[d][i] (0-based) of the tree of dimension d. IDS gives each cell
 * its number among all cells of the linked tables; NULL: its own index. */
typedef struct SdcTableShape {
    unsigned dimensions;
    const SdcTree *trees;
    size_t cells;
    const uint32_t *const *nodes;
    const uint32_t *ids;
} SdcTableShape;

/* Relation r: the sum over k in starts[r] .. starts[r + 1] - 1 of signs[k] * value[columns[k]] is 0. The
 * first term is the total (-1), the others its parts (+1). Owned. */
typedef struct SdcRelations {
    size_t cells, count, terms;
    size_t *starts;      /* COUNT + 1 */
    uint32_t *columns;   /* TERMS */
    int8_t *signs;
} SdcRelations;

/* CELLS: how many there are in all tables together. SDC_ERROR_DATA where a table has two cells at one
 * place, or a cell at a node that is not there. */
bool sdc_relations_from_tables(const SdcContext *context, const SdcTableShape *tables, size_t count,
                               size_t cells, SdcRelations *ret_relations, SdcError *ret_error);
void sdc_relations_clear(const SdcContext *context, SdcRelations *relations);

/* Do VALUES add up? SDC_ERROR_DATA names the first total that is further from its parts than TOLERANCE
 * times the sum of their absolute values: a part is missing, or values were rounded. */
bool sdc_relations_check(const SdcRelations *relations, const double *values, double tolerance,
                         SdcError *ret_error);

#endif
