/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of which lowest cells a table's cells are made, and how often: what a change of one lowest cell changes.
 * Private to src/sdc.
 *
 * A leaf is a cell that no relation defines as a total. Where tables are linked, a total has parts in
 * several tables, and one relation defines it; what a change breaks of the others is a column like a cell.
 * Columns: the cells, then the relations.
 */
#ifndef DARSE_SDC_PARTS_H
#define DARSE_SDC_PARTS_H

#include "sdc/modular.h"
#include "sdc/relations.h"

typedef struct SdcPart {
    uint64_t value;         /* modulo the prime */
    uint32_t to;            /* a column, or a leaf */
} SdcPart;

typedef struct SdcParts {
    const SdcContext *context;
    size_t cells, columns, leaves, entries, room;
    size_t *up_starts;      /* of a leaf: its columns in UP, up to UP_ENDS, which the owner may lower */
    size_t *up_ends;
    size_t *down_starts;    /* of a column: its leaves in DOWN */
    SdcPart *up, *down;
} SdcParts;

/* SDC_ERROR_DATA where the relations go in a circle. */
bool sdc_parts_init(const SdcContext *context, SdcParts *parts, const SdcRelations *relations,
                    SdcPrime prime, SdcError *ret_error);
void sdc_parts_clear(SdcParts *parts);

#endif
